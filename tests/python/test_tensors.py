"""Files of tensors: read as they are, and nothing in them is ever run."""

import collections
import inspect
import json
import os
import pickle
import struct
import zipfile

import h5py
import numpy as np
import torch
from support import Scratch

from geosc.importers import ImportFailure, levels, tensors
from geosc.importers import state as state_module


class Runs:
    """Unpickled anywhere else, this makes a file."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


HOSTILE = {  # no weights are in them, or such as no network has
    "system": lambda: Runs(os.system, "touch was-run"),
    "exec": lambda: Runs(exec, "open('was-run', 'w')"),
    "eval": lambda: Runs(eval, "open('was-run', 'w')"),
    "mkdir": lambda: Runs(os.mkdir, "was-run"),
    "torch.load": lambda: Runs(torch.load, "was-run"),
    "in a state_dict": lambda: collections.OrderedDict(weight=torch.zeros(3), extra=Runs(os.system, "touch was-run")),
    "a module": lambda: torch.nn.Linear(2, 2),
}
# Names with dots, and names below allowed modules: protocol 4 looks them up with STACK_GLOBAL.
DOTTED = [("torch", "os.system"), ("torch._utils", "torch.os.system"), ("collections", "_sys.modules"), ("builtins", "getattr"),
          ("torch.storage", "_load_from_bytes"), ("torch", "_utils"), ("numpy.core.multiarray", "scalar"), ("torch", "jit.load")]


def save_zip(path, data, members=()):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", data)
        for name, content in members:
            archive.writestr("archive/" + name, content)


class HostileFiles(Scratch):
    def refuse(self, path, reason):
        """Both by the command, as a model, and by the modules, as features."""
        result = self.geosc_import("model", path, "model.h5", status=1)
        self.assertRegex(result.stderr, f"^geosc-import: {path}: .*{reason}")
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        with self.assertRaises(ImportFailure):
            levels.shapes([path])
        self.assertFalse(os.path.exists("was-run"), "something of the file was run")
        self.assertFalse(os.path.exists("model.h5"))

    def test_pickles_that_call(self):
        for name, make in HOSTILE.items():
            with self.subTest(name):
                reason = "is not a model" if name in ("in a state_dict", "a module") else "has no state_dict"
                torch.save(make(), "bad.pth")
                self.refuse("bad.pth", reason)
                torch.save(make(), "bad.PTH", _use_new_zipfile_serialization=False)
                self.refuse("bad.PTH", reason)
                with open("plain.pt", "wb") as file:
                    pickle.dump(make(), file)
                self.refuse("plain.pt", "is a pickle, but not a file of PyTorch")

    def test_the_same_pickle_does_run_elsewhere(self):
        torch.save(HOSTILE["system"](), "bad.pth")
        # PyTorch 2.6 refuses it, too, unless it is told otherwise; before 1.13 it can't be told.
        all_of_it = {"weights_only": False} if "weights_only" in inspect.signature(torch.load).parameters else {}
        torch.load("bad.pth", **all_of_it)
        self.assertTrue(os.path.exists("was-run"))

    def test_dotted_names(self):
        for module, name in DOTTED:
            with self.subTest(name):
                strings = b"".join(b"\x8c" + bytes([len(text)]) + text.encode() for text in (module, name))
                code = b"\x80\x04" + strings + b"\x93" + b"\x8c\x0dtouch was-run\x85R."
                save_zip("bad.pth", code)
                self.refuse("bad.pth", "has no state_dict")

    def test_old_protocol_names(self):
        for code in (b"cos\nsystem\n(S'touch was-run'\ntR.", b"(S'touch was-run'\nios\nsystem\n.", b"(cos\nsystem\nS'touch was-run'\no."):
            save_zip("bad.pth", code)
            self.refuse("bad.pth", "has no state_dict, but os.system")
            with open("bad.pt", "wb") as file:
                file.write(code)
            self.refuse("bad.pt", "is not a file of PyTorch")

    def test_build_sets_nothing(self):
        # BUILD on what find_class gives must not change it for the next file.
        for attribute in (b"__call__", b"kind", b"module"):
            for what in (b"ctorch._utils\n_rebuild_tensor_v2\n", b"ctorch\nFloatStorage\n", b"K\x01", b"B\0\0\0\0"):
                save_zip("bad.pth", b"\x80\x02" + what + b"}U" + bytes([len(attribute)]) + attribute + b"K\x01sb.")
                self.refuse("bad.pth", "adds contents to a plain value")
        torch.save({"a": torch.ones(2)}, "good.pth")
        self.assertEqual(tensors.load("good.pth")["a"].tolist(), [1, 1])

    def test_sizes_that_lie(self):
        storage = b"U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x04tQ"
        for size, stride, offset in (((9,), (1,), 0), ((4,), (1,), 1), ((2, 2), (3, 1), 0), ((2,), (-1,), 1), ((1 << 62,), (0,), 0)):
            numbers = [b"(" + b"".join(pickle.dumps(n, 2)[2:-1] for n in group) + b"t" for group in (size, stride)]
            code = (b"\x80\x02}U\x01wctorch._utils\n_rebuild_tensor_v2\n((" + storage + pickle.dumps(offset, 2)[2:-1] + numbers[0] + numbers[1]
                    + b"\x89}tRs.")
            save_zip("bad.pth", code, [("data/0", b"\0" * 16)])
            self.refuse("bad.pth", "w: is a tensor")
        save_zip("bad.pth", code, [("data/0", b"\0" * 12)])
        self.refuse("bad.pth", "12 bytes")

    def test_damage(self):
        torch.save({"a": torch.arange(1000.0)}, "good.pth")
        torch.save({"a": torch.arange(1000.0)}, "good.PTH", _use_new_zipfile_serialization=False)
        for path in ("good.pth", "good.PTH"):
            with open(path, "rb") as file:
                content = file.read()
            for size in (0, 1, 7, 60, len(content) // 2, len(content) - 1):
                with open("cut.pth", "wb") as file:
                    file.write(content[:size])
                self.refuse("cut.pth", "")
        with open("text.pth", "w", encoding="utf-8") as file:
            file.write("<html>404</html>")
        self.refuse("text.pth", "")

    def test_numpy_pickles(self):
        np.save("bad.npy", np.array([Runs(os.system, "touch was-run")], object), allow_pickle=True)
        np.savez("bad.npz", a=np.array([Runs(os.system, "touch was-run")], object))
        self.refuse("bad.npy", "")
        self.refuse("bad.npz", "")


class GoodFiles(Scratch):
    def test_types_and_views(self):
        base = torch.arange(24.0).reshape(2, 3, 4)
        value = {"view": base.permute(2, 0, 1), "part": base[1:, :, ::2], "half": base.half(), "bf16": base.bfloat16(), "double": base.double(),
                 "scalar": torch.tensor(7), "empty": torch.zeros(0, 3), "bool": torch.tensor([True, False]),
                 "parameter": torch.nn.Parameter(torch.ones(2)), "same": base[0, 0, :1].expand(5, 4), "list": [torch.ones(1), {"x": 3}]}
        for new in (True, False):
            torch.save(value, "good.pth", _use_new_zipfile_serialization=new)
            found = tensors.load("good.pth")
            for name in ("view", "part", "half", "bf16", "double", "scalar", "empty", "bool", "parameter", "same"):
                expected = value[name].detach()
                expected = expected.float().numpy() if name == "bf16" else expected.numpy()
                np.testing.assert_array_equal(found[name], expected)
                self.assertEqual(found[name].shape, expected.shape)
                self.assertEqual(found[name].dtype, expected.dtype)
            self.assertEqual(str(found["list"]), "list")

    def test_safetensors(self):
        arrays = {"a": np.arange(6, dtype="<f4").reshape(2, 3), "b": np.array([1.5, -2], "<f2")}
        header, data = {"__metadata__": {"format": "pt"}}, b""
        for name, array in arrays.items():
            header[name] = {"dtype": "F32" if array.itemsize == 4 else "F16", "shape": list(array.shape),
                            "data_offsets": [len(data), len(data) + array.nbytes]}
            data += array.tobytes()
        text = json.dumps(header).encode()
        with open("good.safetensors", "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text + data)
        found = tensors.load("good.safetensors")
        for name, array in arrays.items():
            np.testing.assert_array_equal(found[name], array)
        some = tensors.load("good.safetensors", {"b"})
        np.testing.assert_array_equal(some["b"], arrays["b"])
        np.testing.assert_array_equal(some["a"], np.zeros((2, 3)))
        weights, ignored = state_module.read("good.safetensors")
        np.testing.assert_array_equal(weights["a"], arrays["a"])
        self.assertEqual(ignored, [])
        with open("bad.safetensors", "wb") as file:
            file.write(struct.pack("<Q", 1 << 60) + text + data)
        self.assertIn("bad.safetensors", self.geosc_import("model", "bad.safetensors", "x.h5", status=1).stderr)

    def test_some_of_a_file(self):
        """Of what isn't asked for, shape and type are known."""
        value = {"wide": torch.arange(24.0).reshape(4, 6).T, "size": torch.tensor([3, 4]), "bf16": torch.ones(2).bfloat16()}
        arrays = {name: tensor.float().numpy() if name == "bf16" else tensor.numpy() for name, tensor in value.items()}
        torch.save(value, "new.pt")
        torch.save(value, "old.pt", _use_new_zipfile_serialization=False)
        np.savez("arrays.npz", **arrays)
        np.savez_compressed("squeezed.npz", **arrays)
        for path in ("new.pt", "old.pt", "arrays.npz", "squeezed.npz"):
            found = tensors.load(path, {"size"})
            np.testing.assert_array_equal(found["size"], [3, 4])
            for name, array in arrays.items():
                self.assertEqual((found[name].shape, found[name].dtype), (array.shape, array.dtype), path)
                self.assertTrue(name == "size" or not found[name].any())
        np.save("one.npy", arrays["wide"])
        self.assertEqual(tensors.load("one.npy", ()).shape, (6, 4))

    def test_a_network_as_it_is_saved(self):
        block = torch.nn.Sequential(torch.nn.Conv2d(8, 4, 1, bias=False), torch.nn.BatchNorm2d(4), torch.nn.ReLU(),
                                    torch.nn.Conv2d(4, 4, 3, padding=1, bias=False), torch.nn.BatchNorm2d(4), torch.nn.ReLU(),
                                    torch.nn.Conv2d(4, 8, 1, bias=False), torch.nn.BatchNorm2d(8))
        network = torch.nn.ModuleDict({"blocks": torch.nn.ModuleList([torch.nn.ModuleDict({"net": block})])})
        optimizer = torch.optim.AdamW(network.parameters())
        torch.save({"state_dict": network.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}, "checkpoint.pth")
        self.geosc_import("model", "checkpoint.pth", "model.h5")
        self.assertIn("residual-bottleneck", self.geosc("inspect", "model.h5").stdout)
        with h5py.File("model.h5") as file:
            self.assertEqual(sorted(file), sorted(network.state_dict()))
        before = os.stat("model.h5").st_mtime_ns
        self.assertIn("--force", self.geosc_import("model", "checkpoint.pth", "model.h5", status=1).stderr)
        self.assertEqual(os.stat("model.h5").st_mtime_ns, before)
        self.geosc_import("model", "checkpoint.pth", "model.h5", "-f")

    def test_names_that_a_state_dict_stands_under(self):
        """The usual ones, in the others, or any other if there is one alone; what stands beside it does not matter."""
        state, beside = {"w": torch.ones(2)}, {"optimizer": {"state": {0: {"step": torch.ones(1)}}, "param_groups": [{"lr": 1}]}, "epoch": 3}
        average = {"w": torch.zeros(2)}
        for checkpoint in ({"aggregation_network": state, **beside}, {"net": {"state_dict": state}}, {"model": state, "average": average}):
            torch.save(checkpoint, "checkpoint.pth")
            weights, _ = state_module.read("checkpoint.pth")
            self.assertEqual({name: array.tolist() for name, array in weights.items()}, {"w": [1, 1]})
        torch.save({"teacher": state, "student": state, **beside}, "checkpoint.pth")
        self.assertIn("more than one state_dict: teacher, student", self.geosc_import("model", "checkpoint.pth", "no.h5", status=1).stderr)
        torch.save(beside, "checkpoint.pth")
        self.assertIn("is not a tensor", self.geosc_import("model", "checkpoint.pth", "no.h5", status=1).stderr)
