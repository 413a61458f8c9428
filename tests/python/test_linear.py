"""Linear models: PCA, whitening, projections, alone and in front of the others, against float64."""

import json
import os

import h5py
import numpy as np
import torch
from reference import aggregate
from support import Scratch
from test_geoaware import aggregation_state


def project(features, arrays):
    """[C, H, W] in double."""
    weight = arrays["projection.weight"].astype("f8").reshape(arrays["projection.weight"].shape[:2])
    mean, bias = (arrays.get("projection." + name, np.zeros(count)) for name, count in (("mean", weight.shape[1]), ("bias", weight.shape[0])))
    return np.einsum("dc,chw->dhw", weight, features.astype("f8") - mean[:, None, None]) + np.asarray(bias, "f8")[:, None, None]


def residual_state(channels, hidden, seed=3):
    random = np.random.default_rng(seed)
    state = {}
    for place, (out, into, side) in ((0, (hidden, channels, 1)), (3, (hidden, hidden, 3)), (6, (channels, hidden, 1))):
        state[f"blocks.0.net.{place}.weight"] = (random.normal(size=(out, into, side, side)) / (into * side * side) ** 0.5).astype("f4")
        for name in ("weight", "bias", "running_mean", "running_var"):
            state[f"blocks.0.net.{place + 1}.{name}"] = random.uniform(0.5, 1.5, out).astype("f4")
    return state


def residual(x, state):
    x = torch.tensor(x)[None]
    y = x
    for place in (0, 3, 6):
        y = torch.nn.functional.conv2d(y, torch.tensor(state[f"blocks.0.net.{place}.weight"]).double(), padding=int(place == 3))
        norm = {name: torch.tensor(state[f"blocks.0.net.{place + 1}.{name}"]).double() for name in ("weight", "bias", "running_mean", "running_var")}
        y = torch.nn.functional.batch_norm(y, norm["running_mean"], norm["running_var"], norm["weight"], norm["bias"])
        y = torch.relu(y) if place < 6 else y
    return torch.relu(x + y)[0].numpy()


class Linear(Scratch):
    LEVELS = {"fine": (9, 8, 10), "coarse": (5, 4, 5)}

    def setUp(self):
        super().setUp()
        random = np.random.default_rng(6)
        self.levels = {name: (random.normal(size=(2, *shape)) + 3).astype("f4") for name, shape in self.LEVELS.items()}
        with h5py.File("in.h5", "w") as file:
            for name, array in self.levels.items():
                file["images/features/" + name] = array
            file["images/features"].attrs["levels"] = list(self.LEVELS)
            file["pairs/source"], file["pairs/target"] = [0, 1], [1, 0]
        self.arrays = {"projection.weight": random.normal(size=(6, 14)).astype("f4"), "projection.mean": random.normal(size=14).astype("f4") + 3,
                       "projection.bias": random.normal(size=6).astype("f4")}
        self.arrays["projection.mean"] = self.arrays["projection.mean"].astype("f4")

    def fused(self, grouped=False):
        """[2, C, H, W] in double."""
        height, width = self.LEVELS["fine"][1:]
        parts = [torch.nn.functional.interpolate(torch.tensor(array).double(), size=(height, width), mode="bilinear", align_corners=False).numpy()
                 for array in self.levels.values()]
        return np.concatenate([part / (np.linalg.norm(part, axis=1, keepdims=True) + 1e-6) if grouped else part for part in parts], 1)

    def write_model(self, **arrays):
        np.savez("model.npz", **arrays)
        return self.geosc_import("model", "model.npz", "model.h5", "-f")

    def check(self, refined, *options):
        """The best answers of both pairs are those of these features."""
        self.geosc("match", "in.h5", "-m", "model.h5", "-o", "out.h5", "-q", "-f", "--poses", "none", "--window", 1, *options)
        unit = [one.reshape(len(one), -1) / (np.linalg.norm(one.reshape(len(one), -1), axis=0) + 1e-6) for one in refined]
        with h5py.File("out.h5") as file:
            for p, (source, target) in enumerate(((0, 1), (1, 0))):
                similarity = unit[source].T @ unit[target]
                np.testing.assert_allclose(file["matches/score"][p].reshape(-1), similarity.max(1), atol=3e-6)
                best = similarity.argmax(1)
                np.testing.assert_array_equal(file["matches/xy"][p].reshape(-1, 2), np.stack([best % 10, best // 10], -1))

    def test_alone(self):
        full = self.arrays
        for lacking in ((), ("projection.mean",), ("projection.bias",), ("projection.mean", "projection.bias")):
            arrays = {key: value for key, value in full.items() if key not in lacking}
            self.write_model(**arrays)
            self.check([project(one, arrays) for one in self.fused()])
        self.write_model(**{**full, "projection.weight": full["projection.weight"][:, :, None, None]})
        self.check([project(one, full) for one in self.fused()])
        said = self.geosc("inspect", "model.h5").stdout
        self.assertRegex(said, "architecture +linear\n")
        self.assertRegex(said, "channels +14\n.*projected +6\n")

    def test_groups_are_normalised_first(self):
        """As without a model."""
        with h5py.File("in.h5", "a") as file:
            for number, name in enumerate(self.LEVELS):
                file["images/features/" + name].attrs["norm_group"] = number
        self.write_model(**self.arrays)
        self.check([project(one, self.arrays) for one in self.fused(True)])
        self.write_model(**self.arrays, **residual_state(6, 5))
        self.check([residual(project(one, self.arrays), residual_state(6, 5)) for one in self.fused()])

    def test_in_front_of_others(self):
        state = residual_state(6, 5)
        self.write_model(**self.arrays, **state)
        self.assertRegex(self.geosc("inspect", "model.h5").stdout, "architecture +linear, residual-bottleneck\n")
        self.check([residual(project(one, self.arrays), state) for one in self.fused()])
        arrays = {**self.arrays, "projection.weight": np.random.default_rng(2).normal(size=(12, 14)).astype("f4"),
                  "projection.bias": np.zeros(12, "f4")}
        state = aggregation_state([9, 3], 32, 32)
        self.write_model(**arrays, **{key: value.numpy() for key, value in state.items()})
        self.assertRegex(self.geosc("inspect", "model.h5").stdout, "architecture +linear, aggregation\n")
        self.check([aggregate(torch.tensor(project(one, arrays)), state).numpy() for one in self.fused()])

    def test_projection_of_its_own_file(self):
        """The same bytes as from one file."""
        state = {key: torch.tensor(value) for key, value in residual_state(6, 5).items()}
        torch.save(state, "net.pth")
        np.savez("pca.npz", **self.arrays)
        self.geosc_import("model", "net.pth", "two.h5", "--projection", "pca.npz")
        self.write_model(**residual_state(6, 5), **self.arrays)
        with open("two.h5", "rb") as a, open("model.h5", "rb") as b:
            self.assertEqual(a.read(), b.read())
        np.savez("bad.npz", weight=np.ones((6, 14), "f4"))
        self.assertIn("bad.npz: has weight, expected projection.weight, projection.mean, projection.bias",
                      self.geosc_import("model", "net.pth", "x.h5", "--projection", "bad.npz", status=1).stderr)
        np.savez("net.npz", **self.arrays)
        self.assertIn("pca.npz: projection.weight is in the checkpoint, too",
                      self.geosc_import("model", "net.npz", "x.h5", "--projection", "pca.npz", status=1).stderr)
        self.assertIn("is an input of this import", self.geosc_import("model", "net.pth", "pca.npz", "-f", "--projection", "pca.npz", status=1).stderr)

    def test_poses_only_permute(self):
        """A linear model alone cannot tell poses apart: said once."""
        self.write_model(**self.arrays)
        result = self.geosc("match", "in.h5", "-m", "model.h5", "-o", "out.h5", "--poses", "hflip,none", "--progress", "none")
        self.assertEqual(result.stderr.count("with a linear model alone, applying a pose"), 1)
        with h5py.File("out.h5") as file:
            np.testing.assert_array_equal(file["poses/imd"][:, 0], file["poses/imd"][:, 1])
            self.assertTrue((file["poses/chosen"][:] == 0).all())
        self.write_model(**self.arrays, **residual_state(6, 5))
        result = self.geosc("match", "in.h5", "-m", "model.h5", "-o", "out.h5", "-f", "--poses", "hflip,none", "--progress", "none")
        self.assertNotIn("applying a pose", result.stderr)
        with h5py.File("out.h5") as file:
            self.assertTrue((file["poses/imd"][:, 0] != file["poses/imd"][:, 1]).all())

    def test_same_bytes(self):
        """Whatever the threads and the memory."""
        for more in ({}, residual_state(6, 5)):
            self.write_model(**self.arrays, **more)
            made = []
            for number, options in enumerate((("-j", 1), ("-j", 2), ("-j", 5), ("-j", 2, "--memory", "40M"))):
                self.geosc("match", "in.h5", "-m", "model.h5", "-o", f"{number}.h5", "-q", "-f", *options)
                with open(f"{number}.h5", "rb") as file:
                    made.append(file.read())
            self.assertEqual(len(set(made)), 1)

    def foretold(self):
        return json.loads(self.geosc("match", "in.h5", "-m", "model.h5", "-o", "out.h5", "--dry-run", "--json", "--pose-source", "derived").stdout)["all"]["flop"]["refine"]

    def test_the_work_of_masked_images(self):
        """Is that of whole ones for a matrix alone, which a run computes for all cells, and less for a network."""
        for more, less in (({}, False), (residual_state(6, 5), True)):
            self.write_model(**self.arrays, **more)
            with h5py.File("in.h5", "a") as file:
                del file["pairs"]
                file["pairs/source"], file["pairs/target"] = [0], [1]
                if "images/mask" in file:
                    del file["images/mask"]
            whole = self.foretold()
            with h5py.File("in.h5", "a") as file:
                file["images/mask"] = np.zeros((2, 8, 10), "u1")
                file["images/mask"][:, 2:4, 3:5] = 1
            self.assertEqual(self.foretold() < whole, less)

    def test_what_geosc_refuses(self):
        good = self.arrays
        for change, reason in (
            ({"projection.weight": None, "net.weight": np.ones(3, "f4")}, "/projection.weight: missing"), ({"projection.weight": np.ones((6, 14, 3, 3), "f4")}, r"has shape \[6, 14, 3, 3\]"),
            ({"projection.weight": np.ones(14, "f4")}, r"has shape \[14\]"), ({"projection.mean": np.ones(6, "f4")}, r"has shape \[6\], expected \[14\]"),
            ({"projection.bias": np.ones(14, "f4")}, r"has shape \[14\], expected \[6\]"), ({"projection.scale": np.ones(6, "f4")}, "is not part of this model"),
            ({"projection.bias": np.full(6, np.nan, "f4")}, "/projection.bias: element 0 is nan"),
            ({"projection.weight": np.full((6, 14), np.inf, "f4")}, "/projection.weight: element 0 is inf"),
            ({"projection.mean": np.ones(14, "i4")}, "has type int32"),
            (residual_state(7, 5), "/projection.weight: has 6 outputs, but the network behind it takes 7 channels"),
        ):
            with self.subTest(reason):
                np.savez("model.npz", **{key: value for key, value in {**good, **change}.items() if value is not None})
                said = self.geosc_import("model", "model.npz", "x.h5", status=1).stderr
                self.assertRegex(said, "is not a model for geosc: .*" + reason)
                self.assertFalse(os.path.exists("x.h5"))
        self.write_model(**{**good, "projection.weight": good["projection.weight"][:, :9], "projection.mean": good["projection.mean"][:9]})
        self.assertIn("the model takes 9 channels", self.geosc("match", "in.h5", "-m", "model.h5", "-o", "out.h5", status=1).stderr)
