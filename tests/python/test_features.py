"""Own features: every form of file, and the list of pairs."""

import os

import h5py
import numpy as np
import torch
from support import Scratch


class OwnFeatures(Scratch):
    def setUp(self):
        super().setUp()
        random = np.random.default_rng(5)
        self.features = {name: random.normal(size=(6, 5, 7)).astype("f4") for name in ("a", "b", "c")}
        np.save("a.npy", self.features["a"])
        np.savez("b.npz", features=self.features["b"])
        torch.save(torch.tensor(self.features["c"])[None], "c.pt")
        self.write_pairs("a b", "# a comment", "", "c.jpg a", "b c.jpg")

    def write_pairs(self, *lines):
        with open("pairs.txt", "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def fail(self, reason):
        self.assertRegex(self.geosc_import("features", ".", "-o", "bad.h5", "--pairs", "pairs.txt", status=1).stderr, reason)

    def test_all_forms(self):
        self.geosc_import("features", ".", "-o", "in.h5", "--pairs", "pairs.txt")
        with h5py.File("in.h5") as file:
            self.assertEqual(file["images/name"][:].tolist(), [b"a", b"b", b"c.jpg"])
            self.assertEqual(list(zip(file["pairs/source"][:], file["pairs/target"][:])), [(0, 1), (2, 0), (1, 2)])
            np.testing.assert_array_equal(file["images/features"][:], np.stack(list(self.features.values())))
        self.geosc("match", "in.h5", "-o", "out.h5", "-q", "--poses", "none")
        with h5py.File("out.h5") as file:
            self.assertEqual(file["matches/xy"].shape, (3, 5, 7, 2))

    def test_levels_flips_and_masks(self):
        for name, own in self.features.items():
            for end in ("", "_flip"):
                np.savez(f"{name}{end}.npz", fine=own, coarse=own[:2, ::2, ::2])
            np.save(name + "_mask.npy", (own[0] > 0).astype("f4"))
        for name in ("a.npy", "c.pt"):
            os.unlink(name)
        self.geosc_import("features", ".", "-o", "in.h5", "--pairs", "pairs.txt")
        with h5py.File("in.h5") as file:
            self.assertEqual(list(file["images/features"].attrs["levels"]), ["fine", "coarse"])
            self.assertEqual(file["images/poses/hflip/features/coarse"].shape, (3, 2, 3, 4))
            np.testing.assert_array_equal(file["images/mask"][1], self.features["b"][0] > 0)
        self.geosc("inspect", "in.h5")

    def test_what_may_be_wrong(self):
        self.write_pairs("a b c")
        self.fail("pairs.txt: line 1: 3 names")
        self.write_pairs("a d")
        self.fail("no features of d")
        self.write_pairs("#")
        self.fail("names no pair")
        np.save("d.npy", np.zeros((6, 5, 8), "f4"))
        self.write_pairs("a d")
        self.fail(r"d.npy: features is \[6, 5, 8\], the first image's \[6, 5, 7\]")
        np.save("d.npy", np.zeros((6, 5, 7), "i4"))
        self.fail("expected floats")
