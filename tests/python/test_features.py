"""Own features: every form of file, and the list of pairs."""

import os
import shutil

import h5py
import numpy as np
import torch
from PIL import Image
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

    def fail(self, reason, *options):
        self.assertRegex(self.geosc_import("features", ".", "-o", "bad.h5", "--pairs", "pairs.txt", *options, status=1).stderr, reason)

    def test_version(self):
        """Both commands are of one."""
        self.assertEqual(self.geosc_import("--version").stdout.split()[1], self.geosc("--version").stdout.split()[1])

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

    def test_numbers_that_a_type_does_not_hold(self):
        self.features["a"][0, 0, 0] = np.inf  # as it was
        np.save("a.npy", self.features["a"])
        np.savez("b.npz", features=self.features["b"] * 1e5)
        self.fail("b.npz: has numbers too large for float16.*--dtype\n$", "--dtype", "f2")
        self.geosc_import("features", ".", "-o", "in.h5", "--pairs", "pairs.txt", "--dtype", "f4")
        self.write_pairs("a c")
        self.geosc_import("features", ".", "-o", "in.h5", "--pairs", "pairs.txt", "--dtype", "f2", "-f")

    def test_what_may_be_wrong(self):
        self.write_pairs("a b c")
        self.fail("pairs.txt: line 1: has 3 names")
        self.write_pairs("a d")
        self.fail("no features of d: d.npy")
        self.write_pairs("a d.jpg")
        self.fail("no features of d.jpg: d.npy")
        np.save("d.npy", np.zeros((6, 5, 8), "i4"))
        self.fail(r"d.npy: is int32 \[6, 5, 8\], expected floats")
        os.unlink("pairs.txt")
        self.fail("pairs.txt: cannot be read: No such file or directory\n$")
        self.assertIn("nothing: is not a folder",
                      self.geosc_import("features", "nothing", "-o", "bad.h5", "--pairs", "pairs.txt", status=1).stderr)
        self.write_pairs("#")
        self.fail("has no pair")
        np.save("d.npy", np.zeros((6, 5, 8), "f4"))
        self.write_pairs("a d")
        self.fail(r"d.npy: is features float32 \[6, 5, 8\], but the first image has features float32 \[6, 5, 7\]: .*--layout", "--layout", "indexed")
        np.save("d.npy", np.zeros((7, 5, 8), "f4"))
        self.fail("d.npy: has 7 channels, but a has 6")
        np.save("d.npy", np.zeros((6, 5, 7), "i4"))
        self.fail("expected floats")
        os.unlink("d.npy")
        np.savez("d.npz", **{f"layer{i}": np.zeros((6, 5, 7), "f4") for i in range(9)})
        self.fail(r"d.npz: has 9 levels \(layer0, .*, layer8\); geosc reads 1 to 8")
        for shape in ((0, 5, 7), (6, 0, 7)):
            np.savez("d.npz", np.zeros(shape, "f4"))
            self.fail(r"d.npz: arr_0: is float32|d.npz: is float32")
        os.unlink("d.npz")
        for names in ((".", "a"), ("", "a"), ("a", "a/b")):
            torch.save({name: torch.zeros(6, 5, 7) for name in names}, "d.pt")
            self.fail("d.pt: '.*': cannot be the name of a level beside '")
        torch.save({"a": torch.zeros(6, 5, 7), "mask": torch.zeros(7, 5)}, "d.pt")
        self.write_pairs("d d")
        self.fail(r"d.pt: mask: is float32 \[7, 5\], expected \[5, 7\]")

    def test_a_row_of_cells(self):
        """What a mask's shape is, is not told by its sides above 1."""
        mask = np.array([[0, 1, 1, 0, 1]], "u1")
        for name, own in (("a", mask), ("b", mask[None])):
            np.save(name + ".npy", np.ones((6, 1, 5), "f4"))
            np.save(name + "_mask.npy", own)
        self.write_pairs("a b")
        self.geosc_import("features", ".", "-o", "in.h5", "--pairs", "pairs.txt")
        with h5py.File("in.h5") as file:
            np.testing.assert_array_equal(file["images/mask"][:], [mask, mask])

    def test_half_of_the_flipped_features(self):
        torch.save({name: torch.ones(1, 6, 5, 7) for name in ("s3", "s4", "s5")}, "d_sd.pt")
        torch.save(torch.ones(1, 6, 5, 7), "d_dino.pt")
        shutil.copy("d_sd.pt", "d_sd_flip.pt")
        self.write_pairs("d d")
        self.fail("d_dino_flip.pt: is missing.*--no-flip")
        self.geosc_import("features", ".", "-o", "in.h5", "--pairs", "pairs.txt", "--no-flip")

    def test_no_keypoint(self):
        """In an image, or in all: a file that geosc reads, and no answer."""
        np.save("a_keypoints.npy", np.zeros((0, 2)))
        self.write_pairs("a b", "b a")
        for count in (0, 3):
            np.save("b_keypoints.npy", np.ones((count, 2)))
            for layout in ("indexed", "grouped"):
                self.geosc_import("features", ".", "-o", "in.h5", "--pairs", "pairs.txt", "--layout", layout, "-f")
                self.geosc("match", "in.h5", "-o", "out.h5", "-q", "-f", "--poses", "none")
                with h5py.File("out.h5") as file:
                    self.assertEqual((~np.isnan(file["matches/xy"][:])).all(-1).sum(-1).tolist(), [0, count])


class Units(Scratch):
    """Of keypoints of own features: what the files beside them tell."""

    def setUp(self):
        super().setUp()
        random = np.random.default_rng(6)
        for name in "ab":
            np.save(f"{name}.npy", random.normal(size=(6, 5, 7)).astype("f4"))
            np.save(f"{name}_keypoints.npy", [[20.0, 30.0], [119.5, 12.0], [np.nan, np.nan]])
        with open("pairs.txt", "w", encoding="utf-8") as file:
            file.write("a b\nb a\n")

    def draw(self, names="ab"):
        for name in names:
            Image.new("RGB", (120, 80)).save(name + ".png")

    def convert(self, *words, status=0):
        """(units in the file, what was said, statuses of the pairs)."""
        said = self.geosc_import("features", ".", "-o", "in.h5", "-f", "--pairs", "pairs.txt", *words, status=status)
        if status:
            return said.stderr
        self.geosc("match", "in.h5", "-o", "out.h5", "-q", "-f", "--poses", "none", status=None)
        with h5py.File("in.h5") as file, h5py.File("out.h5") as matches:
            units = file["pairs/keypoints"].attrs["units"]
            self.assertIn(f", keypoints in units of {units}\n", said.stdout)
            warnings = [line + "\n" for line in said.stderr.splitlines() if " images, " not in line]
            return units, "".join(warnings), matches["pairs/status"][:].tolist()

    def test_pictures_tell_the_size(self):
        self.draw("a")
        self.assertEqual(self.convert()[0], "cell")  # of one image alone
        self.draw()
        self.assertEqual(self.convert(), ("pixel", "", [0, 0]))
        with h5py.File("in.h5") as file:
            self.assertEqual(file["images/size"][:].tolist(), [[120, 80]] * 2)
        self.assertEqual(self.convert("--thumbnail", "0"), ("pixel", "", [0, 0]))
        self.assertEqual(self.convert("--units", "cell")[0], "cell")
        for name in "ab":
            np.save(f"{name}_size.npy", [240, 160])
        self.convert()
        with h5py.File("in.h5") as file:
            self.assertEqual(file["images/size"][:].tolist(), [[240, 160]] * 2)

    def test_keypoints_outside(self):
        """The import says so, and what to do; so does geosc inspect."""
        units, said, failed = self.convert()
        self.assertEqual(units, "cell")
        self.assertNotIn(0, failed)
        self.assertEqual(said, "geosc-import: .: 4 of 4 keypoints are outside their image, such as (20, 30) in a, a grid of 7 x 5 cells: "
                               "geosc match fails their pairs; if keypoints are in pixels, say --units pixel\n")
        inspected = self.geosc("inspect", "in.h5").stdout
        self.assertRegex(inspected, r"keypoints_outside +4\n.*\nfirst_outside .*--units pixel.*\n(.*\n)*valid +yes, but see keypoints_outside\n")
        self.draw()
        np.save("b_keypoints.npy", [[121.0, 3.0], [5.0, 5.0], [120.0, 80.0]])  # the edge itself is inside
        _, said, failed = self.convert("--same-keypoints")
        self.assertEqual([failed[0], failed[1] > 0], [0, True])
        self.assertRegex(said, r"^geosc-import: .: 1 of 5 keypoints are outside their image, such as \(121, 3\) in b, an image of 120 x 80 pixels: .*"
                               r"see --units\n"
                               r"geosc-import: .: 1 of 5 target keypoints are outside .*: no match can hit them; .*\n$")
        np.save("b_keypoints.npy", [[-0.5, 4.5], [6.5, -0.5], [6.6, 1]])
        np.save("a_keypoints.npy", [[0, 0.0]])
        self.assertRegex(self.convert("--units", "cell")[1], r"^geosc-import: .: 1 of 4 keypoints are .*\(6.6, 1\) in b, a grid of 7 x 5 cells")

    def test_original(self):
        """It needs the frame, which the picture does not tell."""
        self.draw()
        self.assertIn("NAME_placement.npy, (scale, x, y), the picture's place in the frame", self.convert("--units", "original", status=1))
        for name in "ab":
            np.save(f"{name}_placement.npy", [0.5, 0, 10])
        for units in ("original", "pixel"):
            self.assertIn(f"--units {units} needs the size of each image: NAME_size.npy, width and height of the frame",
                          self.convert("--units", units, status=1))
        self.assertEqual(self.convert()[0], "cell")
        for name in "ab":
            np.save(f"{name}_size.npy", [60, 60])
        self.assertEqual(self.convert("--units", "original"), ("original", "", [0, 0]))
        np.save("b_keypoints.npy", [[20.0, 101.0]])
        self.assertRegex(self.convert("--units", "original")[1], r"1 of 3 keypoints are .* such as \(20, 101\) in b, in a frame of 60 x 60 pixels: ")


class ImagesByName(Scratch):
    """Images of different sizes."""

    SHAPES = {"cat/1.png": (6, 5, 7), "cat/2.png": (6, 7, 5), "dog": (6, 4, 4)}
    PAIRS = [("cat/1.png", "cat/2.png"), ("dog", "cat/1.png"), ("cat/2.png", "dog")]

    def setUp(self):
        super().setUp()
        random = np.random.default_rng(8)
        self.features = {name: random.normal(size=shape).astype("f4") for name, shape in self.SHAPES.items()}
        self.masks = {name: (random.random(shape[1:]) < 0.8).astype("f4") for name, shape in self.SHAPES.items()}
        self.points = {name: random.uniform(1, 30, (count, 2)) for count, name in enumerate(self.SHAPES, 1)}
        os.mkdir("cat")
        self.write_features()
        self.write_pairs(self.PAIRS)

    def write_features(self):
        """Each in another form of file."""
        np.save("cat/1.npy", self.features["cat/1.png"])
        np.save("cat/1_mask.npy", self.masks["cat/1.png"])
        np.save("cat/1_size.npy", np.array([70, 50]))
        np.save("cat/1_keypoints.npy", self.points["cat/1.png"])
        np.savez("cat/2.npz", features=self.features["cat/2.png"], mask=self.masks["cat/2.png"], size=[50, 70], keypoints=self.points["cat/2.png"])
        torch.save({"map": torch.tensor(self.features["dog"]), "mask": torch.tensor(self.masks["dog"]), "size": torch.tensor([40, 40])}, "dog.pt")
        np.save("dog_keypoints.npy", self.points["dog"])

    def write_pairs(self, pairs):
        with open("pairs.txt", "w", encoding="utf-8") as file:
            file.write("".join(" ".join(names) + "\n" for names in pairs))

    def import_all(self, *options, output="in.h5", status=0):
        return self.geosc_import("features", ".", "-o", output, "--pairs", "pairs.txt", *options, status=status)

    def test_everything_is_there(self):
        self.assertIn("a group for each image, masks", self.import_all().stdout)
        with h5py.File("in.h5") as file:
            for name in self.SHAPES:
                image = file["images/" + name]
                np.testing.assert_array_equal(image["features"][:], self.features[name])
                np.testing.assert_array_equal(image["mask"][:], self.masks[name])
                np.testing.assert_array_equal(image["keypoints"][:], self.points[name])
                self.assertEqual(image["size"][:].tolist(), [image["features"].shape[2] * 10, image["features"].shape[1] * 10])
                self.assertEqual(image["keypoints"].attrs["units"], "pixel")
            self.assertEqual([tuple(map(bytes.decode, pair)) for pair in zip(file["pairs/source"], file["pairs/target"])], self.PAIRS)
        self.assertIn("grouped", self.geosc("inspect", "in.h5").stdout)

    def test_matches_are_those_of_each_pair_alone(self):
        self.import_all("--no-masks")
        self.geosc("match", "in.h5", "-o", "out.h5", "-q")
        with h5py.File("out.h5") as out:
            answers = out["matches/xy"][:]
        self.assertEqual(answers.shape, (3, 3, 2))
        for p, (source, target) in enumerate(self.PAIRS):
            points = self.points[source]
            with h5py.File("one.h5", "w") as file:
                file["source"], file["target"] = self.features[source][None], self.features[target][None]
                file["source_size"], file["target_size"] = [[self.SHAPES[name][i] * 10 for i in (2, 1)] for name in (source,)], \
                    [[self.SHAPES[name][i] * 10 for i in (2, 1)] for name in (target,)]
                file["keypoints"] = points[None]
                file["keypoints"].attrs["units"] = "pixel"
            self.geosc("match", "one.h5", "-o", "one-out.h5", "-q", "-f")
            with h5py.File("one-out.h5") as out:
                np.testing.assert_array_equal(out["matches/xy"][0], answers[p, : len(points)])
            self.assertTrue(np.isnan(answers[p, len(points) :]).all())

    def test_layouts_give_the_same(self):
        """Images that are alike can be stored in both ways."""
        for name in ("cat/2.npz", "dog.pt", "dog_keypoints.npy", "cat/1_size.npy"):
            os.unlink(name)
        same = np.random.default_rng(9).normal(size=(2, 6, 5, 7)).astype("f2")
        for name, features in zip(("cat/2", "dog"), same):
            np.savez(name + ".npz", fine=features, coarse=features[:2, ::2, ::2], mask=np.ones((5, 7)), keypoints=self.points["cat/2.png"] / 10)
            np.savez(name + "_flip.npz", fine=features[:, :, ::-1], coarse=features[:2, ::2, ::-2])
        self.write_pairs([("cat/2.png", "dog"), ("dog", "cat/2.png")])
        self.import_all()
        self.import_all("--layout", "grouped", output="grouped.h5")
        with h5py.File("in.h5") as file, h5py.File("grouped.h5") as grouped:
            self.assertEqual(file["images/features/fine"].shape, (2, 6, 5, 7))
            self.assertEqual(list(grouped["images/dog/poses/hflip/features"].attrs["levels"]), ["fine", "coarse"])
            self.assertEqual(grouped["images/dog/keypoints"].attrs["units"], "cell")
        for name in ("in", "grouped"):
            self.geosc("match", name + ".h5", "-o", name + "-out.h5", "-q")
        with h5py.File("in-out.h5") as a, h5py.File("grouped-out.h5") as b:
            for name in ("matches/xy", "matches/score", "poses/imd", "poses/chosen"):
                np.testing.assert_array_equal(a[name][:], b[name][:])
            self.assertEqual(a["matches/xy"].shape, (2, 2, 2))

    def test_goes_on_after_a_kill(self):
        self.import_all(output="whole.h5")
        os.rename("dog.pt", "kept.pt")
        torch.save({"map": torch.tensor(self.features["dog"]), "mask": torch.zeros(3, 3), "size": torch.tensor([40, 40])}, "dog.pt")
        self.assertIn(r"expected [4, 4]", self.import_all(status=1).stderr)
        self.assertFalse(os.path.exists("in.h5"))
        os.rename("kept.pt", "dog.pt")
        self.assertIn("resuming: 2 of 3", self.import_all().stderr)
        with open("whole.h5", "rb") as whole, open("in.h5", "rb") as file:
            self.assertEqual(whole.read(), file.read())

    def test_a_list_given_to_match(self):
        """The pairs of a file can be replaced by those of another list."""
        self.import_all("--no-masks")
        self.write_pairs(self.PAIRS[:0:-1])
        self.geosc("match", "in.h5", "-o", "some.h5", "-q", "--pairs", "pairs.txt")
        self.geosc("match", "in.h5", "-o", "all.h5", "-q")
        with h5py.File("some.h5") as some, h5py.File("all.h5") as all_pairs:
            np.testing.assert_array_equal(some["poses/imd"][:], all_pairs["poses/imd"][:][:0:-1])

    def test_what_may_be_wrong(self):
        def fail(reason, *options):
            self.assertRegex(self.import_all(*options, status=1).stderr, reason)
            self.assertEqual([name for name in os.listdir(".") if name.startswith("in.h5")], [])

        fail("--units original needs the placement of each image", "--units", "original")
        os.rename("dog_keypoints.npy", "kept.npy")
        fail("dog has no keypoints, but other images have \\(1 of 3 have none\\)")
        np.save("dog_keypoints.npy", np.zeros((2, 3)))
        fail(r"dog_keypoints.npy: keypoints: is float64 \[2, 3\], expected numbers \[K, 2\]")
        os.rename("kept.npy", "dog_keypoints.npy")
        np.save("cat/1_size.npy", np.array([0, 7]))
        fail("cat/1_size.npy: size: is .*width, height and scale above 0")
        os.unlink("cat/1_size.npy")
        fail("cat/1.png has no size, but other images have")
        np.save("cat.npy", self.features["dog"])
        self.write_pairs([("cat", "cat/1.png")])
        fail("cat/1.png: cannot be in a grouped file together with the image cat", "--no-masks")
        np.save("features.npy", self.features["dog"])
        self.write_pairs([("features", "cat"), ("features", "cat/1.png")])
        fail("features: cannot be the name of an image in a grouped file", "--no-masks", "--layout", "grouped")
        self.write_pairs([("cat/../dog", "cat//2.png")])
        fail("cat//2.png: cannot be the name", "--no-masks")


class ResizedMasks(Scratch):
    """A cell's weight is the part of it that is in the mask, whatever sides they have."""

    SIZES = ((5, 7, 50, 70), (5, 7, 13, 17), (5, 7, 7, 5), (5, 7, 3, 2), (6, 4, 6, 4), (1, 3, 10, 10), (5, 7, 1, 1))

    def brute_force(self, mask, height, width):
        """In float64: for each cell, the parts of all pixels that lie in it, one by one."""
        out = np.zeros((height, width))
        for i, j, p, q in np.ndindex(height, width, *mask.shape):
            down = min((i + 1) / height, (p + 1) / mask.shape[0]) - max(i / height, p / mask.shape[0])
            across = min((j + 1) / width, (q + 1) / mask.shape[1]) - max(j / width, q / mask.shape[1])
            if down > 0 and across > 0:
                out[i, j] += mask[p, q] * down * height * across * width
        return out

    def import_masks(self, mask, height, width, save):
        for name in "ab":
            np.save(name + ".npy", np.ones((4, height, width), "f4"))
            save(name + "_mask", mask)
        with open("pairs.txt", "w", encoding="utf-8") as file:
            file.write("a b\n")
        self.geosc_import("features", ".", "-o", "in.h5", "--pairs", "pairs.txt", "--resize-masks", "-f")
        with h5py.File("in.h5") as file:
            return file["images/mask"][0]

    def test_weights(self):
        from geosc.importers.square import average

        random = np.random.default_rng(4)
        for height, width, *shape in self.SIZES:
            mask = random.random(shape)
            np.testing.assert_allclose(average(mask, height, width), self.brute_force(mask, height, width), atol=1e-6)
            self.assertTrue((average(np.ones(shape), height, width) == 1).all())

    def test_files(self):
        """Of every kind: yes and no as an array, as bytes, and as a picture; weights as they are."""
        from PIL import Image

        random = np.random.default_rng(5)
        inside = random.random((23, 31)) < 0.6
        expected = self.brute_force(inside, 5, 7)
        self.assertTrue(((expected > 0) & (expected < 1)).any())
        for kind, mask in (("?", inside), ("u1", inside), ("f4", inside), ("u1", inside * 255), ("i4", inside * 200 + 50), ("f2", inside[None])):
            found = self.import_masks(mask.astype(kind), 5, 7, lambda name, own: np.save(name + ".npy", own))
            np.testing.assert_allclose(found, expected, atol=1e-6)
        np.testing.assert_allclose(self.import_masks(random.random((10, 14)) * 0 + 0.25, 5, 7, lambda name, own: np.save(name + ".npy", own)), 0.25)
        for name in "ab":
            os.unlink(name + "_mask.npy")
        found = self.import_masks(inside, 5, 7, lambda name, own: Image.fromarray(np.uint8(own * 255)).save(name + ".png"))
        np.testing.assert_allclose(found, expected, atol=1e-6)
        self.geosc("match", "in.h5", "-o", "out.h5", "-q", "--poses", "none")

    def test_what_may_be_wrong(self):
        for mask, reason in ((np.full((9, 9), 2.0), "values outside 0..1"), (np.full((9, 9), np.nan), "values outside"),
                             (np.full((9, 9), -1.0), "values outside"),
                             (np.full((9, 9), 3), "no value above 3"), (np.ones((2, 9, 9)), "expected"), (np.ones((9, 0)), "expected")):
            for name in "ab":
                np.save(name + ".npy", np.ones((4, 5, 7), "f4"))
                np.save(name + "_mask.npy", mask)
            with open("pairs.txt", "w", encoding="utf-8") as file:
                file.write("a b\n")
            said = self.geosc_import("features", ".", "-o", "in.h5", "--pairs", "pairs.txt", "--resize-masks", status=1).stderr
            self.assertRegex(said, "a_mask.npy.*" + reason)

    def test_data_set(self):
        from geoaware_folder import make_spair

        make_spair("S")
        self.geosc_import("dataset", "spair", "S", "-o", "in.h5", "--resize-masks")
        with h5py.File("in.h5") as file:
            masks = file["images/mask"]
            self.assertEqual(masks.dtype, "<f4")
            self.assertTrue(((masks[:] > 0) & (masks[:] < 1)).any())
        self.geosc("match", "in.h5", "-o", "out.h5", "-q", "--poses", "none")
