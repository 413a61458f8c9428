"""Checkpoints as people have them: the weights are read, what stands beside them is named, and nothing that geosc refuses is written."""

import argparse
import collections
import dataclasses
import enum
import functools
import json
import os
import pathlib
import shutil
import subprocess
import types

import h5py
import numpy as np
import torch
from support import BUILD, Scratch, environment

from geosc.importers import ImportFailure, state


class Colour(enum.Enum):
    RED = 1


@dataclasses.dataclass
class Settings:
    rate: float = 0.1


def beside(optimizer):
    """What training scripts save with the weights, and how it is named."""
    return {
        "args": (argparse.Namespace(lr=1, out=pathlib.Path("/x")), "argparse.Namespace"), "acc": (np.float64(3), "numpy.*scalar"),
        "array": (np.arange(5.0), "numpy.*"), "device": (torch.device("cuda:0"), "torch.device"), "size": (torch.Size([1, 2]), "torch.Size"),
        "counts": (collections.defaultdict(list, {1: [2]}), "defaultdict"), "colour": (Colour.RED, "getattr|.*Colour"),
        "settings": (Settings(), ".*Settings"),
        "optimizer": (optimizer.state_dict(), "dict"), "partial": (functools.partial(print, 1), "functools.partial"),
        "path": (pathlib.PurePosixPath("/a"), "pathlib.*PurePosixPath"), "dtype": (torch.float16, "the name torch.float16"),
        "rng": (torch.get_rng_state(), "a tensor"), "set": ({1, 2}, "set"), "complex": (3j, "complex"), "bytes": (b"ab", "bytes|_codecs.encode"),
        "space": (types.SimpleNamespace(x=1), "types.*"),
        "deque": (collections.deque([1]), "deque"), "big": (2**600, "int"), "random": (np.random.get_state(), "tuple"), "none": (None, "nothing"),
    }


def make_net():
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 1), torch.nn.BatchNorm2d(4))
    optimizer = torch.optim.AdamW(net.parameters())
    net(torch.ones(2, 3, 2, 2)).sum().backward()
    optimizer.step()
    return net, optimizer


FORMS = ({}, {"_use_new_zipfile_serialization": False}, {"pickle_protocol": 4}, {"pickle_protocol": 5})


class InTheWild(Scratch):
    def assert_weights(self, expected):
        weights, ignored = state.read("c.pth")
        self.assertEqual(list(weights), list(expected))
        for key, tensor in expected.items():
            np.testing.assert_array_equal(weights[key], tensor.detach().numpy())
        return ignored

    def test_beside_the_weights(self):
        net, optimizer = make_net()
        extra = beside(optimizer)
        for form in FORMS:
            torch.save({"state_dict": net.state_dict(), **{key: value for key, (value, _) in extra.items()}}, "c.pth", **form)
            ignored = self.assert_weights(net.state_dict())
            self.assertEqual(len(ignored), len(extra))
            for said, (key, (_, what)) in zip(ignored, extra.items()):
                self.assertRegex(said, rf"^{key} \(({what})\)$")

    def test_among_the_weights(self):
        net, optimizer = make_net()
        extra = {key: value for key, (value, _) in beside(optimizer).items() if key != "rng"}
        torch.save({**net.state_dict(), **extra}, "c.pth")
        self.assertEqual(len(self.assert_weights(net.state_dict())), len(extra))

    def test_newer_numpy(self):
        """Its modules have another name since 2.0."""
        torch.save({"model": {"w": torch.ones(2)}, "acc": np.float64(3)}, "c.pth", _use_new_zipfile_serialization=False)
        with open("c.pth", "rb") as file:
            data = file.read()
        with open("c.pth", "wb") as file:
            file.write(data.replace(b"cnumpy.core.multiarray\n", b"cnumpy._core.multiarray\n"))
        self.assertEqual(self.assert_weights({"w": torch.ones(2)}), ["acc (numpy._core.multiarray.scalar)"])

    def test_networks_as_a_whole(self):
        net, _ = make_net()
        for whole in (net, torch.nn.DataParallel(net), {"model": net, "epoch": 3}, {"epoch": 3, "network": net}):
            expected = (whole if isinstance(whole, torch.nn.Module) else net).state_dict()
            for form in FORMS:
                torch.save(whole, "c.pth", **form)
                self.assert_weights(expected)

    def test_tensors_of_all_kinds(self):
        marked = torch.ones(3)
        marked.mark = 1
        values = {"own": torch.ones(3).as_subclass(torch.nn.Parameter), "marked": marked, "expanded": torch.ones(1).expand(100, 100),
                  "transposed": torch.arange(6.0).reshape(2, 3).t(), "scalar": torch.tensor(3.0), "part": torch.arange(9.0)[2:7:2]}
        for form in FORMS:
            torch.save(values, "c.pth", **form)
            self.assert_weights(values)
        for bad, reason in ((torch.eye(3).to_sparse(), "sparse"), (torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8), "quantized"),
                            (torch.ones(2, dtype=torch.complex64), "ComplexFloatStorage"), (torch.ones(2, device="meta"), "without numbers")):
            for form in FORMS:
                torch.save({"w": torch.ones(2), "bad": bad}, "c.pth", **form)
                with self.assertRaisesRegex(ImportFailure, f"c.pth: bad: is a.*{reason}"):
                    state.read("c.pth")

    def test_advice(self):
        net, _ = make_net()
        torch.jit.script(net).save("c.pth")
        with self.assertRaisesRegex(ImportFailure, r"TorchScript network; .*torch.save\(net.state_dict"):
            state.read("c.pth")
        for checkpoint in (argparse.Namespace(net=1), [net.state_dict()], {"epoch": 3}):
            torch.save(checkpoint, "c.pth")
            with self.assertRaisesRegex(ImportFailure, r'has no state_dict.*in PyTorch, save only the weights: torch.save\(net.state_dict\(\), "'):
                state.read("c.pth")


class Verdicts(Scratch):
    """What the import says of a model is what geosc says."""

    def setUp(self):
        super().setUp()
        self.states = {}
        for arch in ("residual-bottleneck", "aggregation"):
            self.geosc("synth", "-o", "in.h5", "--model-out", "model.h5", "--pairs", "2", "--channels", "64", "--height", "4", "--width", "4",
                       "--hidden", "32", "--arch", arch, "-f")
            with h5py.File("model.h5") as file:
                self.states[arch] = {key: torch.from_numpy(file[key][()]) if file[key].shape else torch.tensor(file[key][()]) for key in file}

    def models(self):
        """(name, state_dict)"""
        for arch, good in self.states.items():
            yield arch, good
            yield arch + " in a wrapper's names", {"module." + key: tensor for key, tensor in good.items()}
            for key in (list(good)[0], list(good)[-1]):
                yield arch + " lacks " + key, {name: tensor for name, tensor in good.items() if name != key}
                for what, bad in (("nan", good[key].clone().fill_(float("nan"))), ("inf", good[key].clone().fill_(float("inf"))),
                                  ("integers", good[key].long()), ("halves", good[key].half()), ("doubles", good[key].double()),
                                  ("another shape", torch.zeros(3, 5)), ("no number", torch.zeros(0)),
                                  ("six dimensions", good[key].reshape(1, 1, 1, 1, 1, -1))):
                    yield f"{arch} {key} {what}", {**good, key: bad}
            yield arch + " and more", {**good, "head.weight": torch.zeros(2, 2)}
            yield arch + " batches", {**good, "blocks.0.net.1.num_batches_tracked": torch.tensor(3)}
        residual = self.states["residual-bottleneck"]
        variance = next(key for key in residual if key.endswith("running_var"))
        yield "negative variance", {**residual, variance: -residual[variance]}
        yield "linear", {"projection.weight": torch.eye(4)}
        yield "no network", {"w": torch.zeros(3)}

    def test_the_same_as_geosc(self):
        seen = collections.Counter()
        for what, weights in self.models():
            with self.subTest(what):
                torch.save(weights, "c.pth")
                with h5py.File("direct.h5", "w") as file:
                    for key, tensor in weights.items():
                        file[key] = tensor.numpy()
                inspected = self.run_any("geosc", "inspect", "--json", "direct.h5")
                imported = self.run_any("geosc-import", "model", "-f", "c.pth", "out.h5")
                self.assertIn(inspected.returncode, (0, 1))
                self.assertEqual(imported.returncode, inspected.returncode, imported.stderr + inspected.stdout)
                seen[inspected.returncode] += 1
                if inspected.returncode:
                    problem = json.loads(inspected.stdout)["problems"][0].removeprefix("direct.h5: ")
                    if problem.startswith("is not a model"):  # said once, with what helps
                        problem = problem.removeprefix("is not a model: ").replace("dataset with a name", "key").removesuffix(" [not-ours]")
                    self.assertIn(f"geosc-import: c.pth: is not a model for geosc: {problem}", imported.stderr)
                    self.assertEqual(len(imported.stderr.splitlines()), 1)
                else:
                    self.geosc("inspect", "out.h5")
                self.assertEqual(os.path.exists("out.h5"), not inspected.returncode)
                if os.path.exists("out.h5"):
                    os.unlink("out.h5")
        self.assertTrue(seen[0] > 5 and seen[1] > 20, seen)

    def run_any(self, command, *words):
        return subprocess.run([os.path.join(BUILD, command), *words], env=environment(), capture_output=True, text=True, timeout=300, check=False)

    def test_without_geosc(self):
        """The import alone, moved elsewhere: it says that nobody looked."""
        os.mkdir("bin")
        shutil.copy(os.path.join(BUILD, "geosc-import"), "bin/geosc-import")
        torch.save(self.states["aggregation"], "c.pth")
        result = self.run_command("env", "PATH=/nowhere", os.path.abspath("bin/geosc-import"), "model", "c.pth", "out.h5")
        self.assertRegex(result.stderr, "^geosc-import: geosc is not beside this command or on the PATH: .*\n$")
        self.assertTrue(os.path.exists("out.h5"))

    def test_ignored_parts_in_a_line(self):
        extra = {"args": argparse.Namespace(a=1), "\x1b[31mred": 1, **{f"x{k}": k for k in range(9)}}
        torch.save({"state_dict": self.states["aggregation"], **extra}, "c.pth")
        said = self.geosc_import("model", "c.pth", "out.h5").stderr
        self.assertEqual(said, "geosc-import: c.pth: read the weights; ignored: args (argparse.Namespace), \\x1b[31mred (int), "
                               "x0 (int), x1 (int), x2 (int), x3 (int) and 5 more\n")
