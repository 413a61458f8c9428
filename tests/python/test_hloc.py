"""Matches in hloc's form: what its aggregation of keypoints reads."""

import os

import h5py
import numpy as np
from support import Scratch

IMAGES = ["db/1.jpg", "db/2.jpg", "query-1.jpg"]
PAIRS = [(2, 0), (2, 1), (0, 1)]


class Hloc(Scratch):
    def write(self, keypoints=None, images=IMAGES):
        random = np.random.default_rng(5)
        shapes = [(6, 8), (9, 5), (7, 7)]
        with h5py.File("in.h5", "w") as file:
            for name, (height, width) in zip(images, shapes):
                group = file.create_group("images/" + name)
                group["features"] = random.normal(size=(12, height, width)).astype("f4")
                group["mask"] = random.random((height, width)) < 0.8
                group["size"], group["placement"] = (width * 16, height * 16), (0.5, 3, -2)
                if keypoints is not None:
                    group["keypoints"] = random.uniform(0, 4, (keypoints, 2))
        with open("pairs.txt", "w") as text:
            text.writelines(f"{images[a]} {images[b]}\n" for a, b in PAIRS)
        return shapes

    def match(self, name, *options, **more):
        return self.geosc("match", "in.h5", "-o", name, "--pairs", "pairs.txt", "--confidence", "-q", *options, **more).stderr

    def check(self, shapes, points_of):
        self.match("out.h5")
        self.match("matches.h5", "--format", "hloc")
        with h5py.File("out.h5") as out, h5py.File("matches.h5") as matches:
            found = []
            matches.visititems(lambda name, item: found.append(item.parent.name.strip("/")) if isinstance(item, h5py.Dataset) else None)
            expected = {"/".join(IMAGES[i].replace("/", "-") for i in pair) for pair in PAIRS}
            self.assertEqual(set(found), expected)
            for p, (a, b) in enumerate(PAIRS):
                group = matches["/".join(IMAGES[i].replace("/", "-") for i in (a, b))]
                answered = ~np.isnan(out["matches/score"][p])
                self.assertGreater(answered.sum(), 0)
                points = points_of(out, p, a)[answered]
                for name, cells, image in (("keypoints0", points, a), ("keypoints1", out["matches/xy"][p][answered], b)):
                    pixels = ((cells + 0.5) * 16 - (3, -2)) / 0.5 - 0.5
                    np.testing.assert_allclose(group[name][:], pixels, atol=1e-3)
                for name, there in (("scores", "score"), ("second", "second"), ("mutual", "mutual")):
                    np.testing.assert_array_equal(group[name][:], out["matches/" + there][p][answered])

    def test_dense(self):
        shapes = self.write()

        def cells(out, p, image):
            height, width = out["matches/score"].shape[1:]
            return np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).astype("f4")

        self.check(shapes, cells)

    def test_keypoints(self):
        shapes = self.write(keypoints=5)
        with h5py.File("in.h5") as file:
            points = [file["images"][name]["keypoints"][:] for name in IMAGES]
        self.check(shapes, lambda out, p, image: points[image])

    def test_again(self):
        """A file that is complete is not made again; one that hloc has added to is not taken for it."""
        self.write()
        self.match("matches.h5", "--format", "hloc")
        before = open("matches.h5", "rb").read()
        os.utime("matches.h5", (1, 1))
        self.match("matches.h5", "--format", "hloc")
        self.assertEqual(os.stat("matches.h5").st_mtime, 1)
        self.match("matches.h5", "--format", "hloc", "-f", "-j", "1")
        self.assertEqual(open("matches.h5", "rb").read(), before)
        with h5py.File("matches.h5", "a") as file:
            file["db-1.jpg/db-2.jpg/matches0"] = np.zeros(4, "i4")
        self.assertIn("already exists", self.match("matches.h5", "--format", "hloc", status=1))

    def test_names_that_begin_alike(self):
        """What comes next may stand before or after the slash that ends a shorter one."""
        for images in (["a", "b", "a-b"], ["a", "b", "a.b"], ["a", "b", "ab"]):
            self.write(images=images)
            self.match("matches.h5", "--format", "hloc", "-f")
            self.geosc("inspect", "matches.h5")
            self.match("matches.h5", "--format", "hloc")

    def test_refusals(self):
        self.write()
        with h5py.File("in.h5", "a") as file:
            file.copy("images/db/1.jpg", "images/db-1.jpg")
        with open("pairs.txt", "a") as text:
            text.write("query-1.jpg db-1.jpg\n")
        self.assertIn("both /query-1.jpg/db-1.jpg", self.match("a.h5", "--format", "hloc", status=1))
        with h5py.File("in.h5", "a") as file:
            del file["images/db-1.jpg/size"], file["images/db-1.jpg/placement"]
        self.assertIn("has no size", self.match("a.h5", "--format", "hloc", status=1))

    def test_failed_pair(self):
        self.write()
        with h5py.File("in.h5", "a") as file:
            file["images/db/2.jpg/features"][0, 0, 0] = np.nan
        self.match("matches.h5", "--format", "hloc", status=3)
        with h5py.File("matches.h5") as file:
            self.assertEqual(file["db-1.jpg/db-2.jpg/keypoints0"].shape, (0, 2))
            self.assertGreater(len(file["query-1.jpg/db-1.jpg/scores"]), 0)
        self.geosc("inspect", "matches.h5")
        self.match("matches.h5", "--format", "hloc")
        self.match("part-%s.h5", "--shard", "0/1", status=3)
        self.geosc("merge", "--format", "hloc", "--input", "in.h5", "-o", "merged.h5", "part-0-of-1.h5", status=3)
        self.assertEqual(open("merged.h5", "rb").read(), open("matches.h5", "rb").read())
