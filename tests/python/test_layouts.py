"""The same scene in each layout gives the same matches."""

import h5py
import numpy as np
from support import Scratch

NAMES = ("matches/xy", "matches/score", "matches/peak", "matches/second", "matches/mutual", "matches/cycle", "poses/imd", "poses/chosen", "pairs/status")
IMAGES = ["cat/1.png", "cat/2.png", "dog-2", "dog/a/b.jpg", "zebra"]  # in order, as a grouped file counts them
SOURCE, TARGET = np.array([0, 1, 2, 3, 0, 4]), np.array([1, 2, 0, 4, 4, 0])


class Layouts(Scratch):
    def scene(self):
        random = np.random.default_rng(11)
        self.features = random.normal(size=(5, 24, 9, 11)).astype("f4")
        self.flipped = self.features[:, :, :, ::-1] + random.normal(size=self.features.shape).astype("f4") * 0.1
        self.masks = (random.random((5, 9, 11)) < 0.7).astype("u1")
        self.keypoints = random.uniform(-0.5, 8.4, (6, 7, 2))
        self.keypoints[0, 3] = np.nan

    def write(self, keypoints):
        """The scene in three layouts, with keypoints or without."""
        with h5py.File("indexed.h5", "w") as file:
            file["images/features"], file["images/mask"] = self.features, self.masks
            file["images/poses/hflip/features"] = self.flipped
            file["pairs/source"], file["pairs/target"] = SOURCE, TARGET
            if keypoints:
                file["pairs/keypoints"] = self.keypoints
        with h5py.File("stacked.h5", "w") as file:
            file["source"], file["target"], file["mask"] = self.features[SOURCE], self.features[TARGET], self.masks[SOURCE][:, None]
            file["target_mask"] = self.masks[TARGET]
            file["poses/hflip/source"] = self.flipped[SOURCE]
            if keypoints:
                file["keypoints"] = self.keypoints
        with h5py.File("grouped.h5", "w") as file:
            for i, name in enumerate(IMAGES):
                group = file.create_group("images/" + name)
                # All ways to store an image in one file.
                how = ({}, {"chunks": (5, 4, 3), "compression": 4, "shuffle": True}, {"chunks": (24, 9, 11), "fletcher32": True}, {}, {})[i]
                group.create_dataset("features", data=self.features[i], **how)
                group["mask"] = self.masks[i] if i % 2 else self.masks[i][None]
                group.create_dataset("poses/hflip/features", data=self.flipped[i], **how)
            file["pairs/source"] = [IMAGES[i] for i in SOURCE]
            file["pairs/target"] = np.array([IMAGES[i] for i in TARGET], "S")
            if keypoints:
                file["pairs/keypoints"] = self.keypoints

    def match(self, name, *options):
        self.geosc("match", name + ".h5", "-o", name + "-out.h5", "--confidence", "-q", "-f", *options)

    def assert_same(self, a, b):
        with h5py.File(a + "-out.h5") as a, h5py.File(b + "-out.h5") as b:
            for name in NAMES:
                np.testing.assert_array_equal(a[name][:], b[name][:], err_msg=name)

    def test_same_matches(self):
        self.scene()
        for options in ((), ("--restrict-target", "--imd", "mutual"), ("--poses", "hflip,none,vflip")):
            for keypoints in (True, False):
                with self.subTest(options=options, keypoints=keypoints):
                    self.write(keypoints)
                    for name in ("indexed", "stacked", "grouped"):
                        self.match(name, *options)
                    self.assert_same("indexed", "stacked")
                    self.assert_same("indexed", "grouped")

    def test_list_of_pairs(self):
        """A text file of names gives what the same pairs in the file give."""
        self.scene()
        self.write(False)
        with open("pairs.txt", "w") as text:
            text.write("# source, target\n\n" + "".join(f"{IMAGES[s]}\t {IMAGES[t]} \r\n" for s, t in zip(SOURCE, TARGET)))
        self.match("indexed")
        with h5py.File("grouped.h5", "a") as file:
            del file["pairs"]
        self.match("grouped", "--pairs", "pairs.txt")
        self.assert_same("indexed", "grouped")
        with h5py.File("grouped-out.h5") as out:
            self.assertEqual([name.decode() for name in out["images/name"]], IMAGES)
            np.testing.assert_array_equal(out["pairs/source"][:], SOURCE)
        with h5py.File("indexed.h5", "a") as file:  # the file's own pairs are others
            file["images/name"] = IMAGES
            file["pairs/source"][:] = 0
        self.match("indexed", "--pairs", "pairs.txt")
        self.assert_same("indexed", "grouped")

    def test_images_of_different_sizes(self):
        """Each pair is matched as if it were alone; answers of smaller images fill their corner."""
        random = np.random.default_rng(12)
        shapes = [(9, 7), (5, 11), (9, 7), (8, 8)]
        features = [random.normal(size=(16, *shape)).astype("f4") for shape in shapes]
        with h5py.File("grouped.h5", "w") as file:
            for i, feature in enumerate(features):
                file[f"images/{i}/features"] = feature
            file["pairs/source"], file["pairs/target"] = ["0", "1", "3", "2"], ["1", "2", "0", "3"]
        self.match("grouped")
        with h5py.File("grouped-out.h5") as out:
            xy, peak, imd = out["matches/xy"][:], out["matches/peak"][:], out["poses/imd"][:]
        self.assertEqual(xy.shape, (4, 9, 11, 2))
        for p, (s, t) in enumerate(((0, 1), (1, 2), (3, 0), (2, 3))):
            with h5py.File("one.h5", "w") as file:
                file["source"], file["target"] = features[s][None], features[t][None]
            self.match("one")
            height, width = shapes[s]
            with h5py.File("one-out.h5") as out:
                np.testing.assert_array_equal(out["matches/xy"][0], xy[p, :height, :width])
                np.testing.assert_array_equal(out["poses/imd"][0], imd[p])
            self.assertTrue(np.isnan(xy[p, height:]).all() and np.isnan(xy[p, :, width:]).all())
            self.assertTrue((peak[p, height:] == -1).all())

    def test_keypoints_of_images(self):
        """Keypoints that belong to images are asked in every pair; those with fewer leave the rest absent."""
        self.scene()
        self.write(False)
        random = np.random.default_rng(13)
        points = [random.uniform(0, 8, (count, 2)) for count in (3, 1, 7, 2, 5)]
        keypoints = np.full((6, 7, 2), np.nan)
        for p, s in enumerate(SOURCE):
            keypoints[p, : len(points[s])] = points[s]
        with h5py.File("grouped.h5", "a") as file, h5py.File("indexed.h5", "a") as indexed:
            for name, own in zip(IMAGES, points):
                file[f"images/{name}/keypoints"] = own
            indexed["pairs/keypoints"] = keypoints
        for name in ("grouped", "indexed"):
            self.match(name)
        self.assert_same("indexed", "grouped")
