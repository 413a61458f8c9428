"""The page of geosc report: its columns against the files that they are made of, as numpy reads both; its pictures, as Pillow opens them."""

import base64
import io
import json
import re
import zlib

import h5py
import numpy as np
from support import Scratch

PAIRS, KEYPOINTS, HEIGHT, WIDTH = 7, 6, 8, 10
SIZE = np.array([100.0, 60.0])  # of each image, in pixels
TYPES = {"uint8": "u1", "uint16": "<u2", "uint32": "<u4", "float32": "<f4"}
PLACE = 3 / 65534  # what a place may be rounded by
FAILED = 3


class Page:
    def __init__(self, path):
        self.text = open(path, encoding="utf-8").read()
        self.data = json.loads(self.element("data"))
        packed, at = zlib.decompress(base64.b64decode(self.element("columns"))), 0
        self.columns = {}
        for column in self.data["columns"]:
            kind = np.dtype(TYPES[column["type"]])
            numbers = np.frombuffer(packed, kind, column["count"], at)
            at += numbers.nbytes
            if "low" in column:
                none = np.iinfo(kind).max
                share = numbers / (none - 1)
                numbers = np.where(numbers == none, np.nan, column["low"] + share * (column["high"] - column["low"]))
            self.columns[column["name"] + "2" * column.get("output", 0)] = numbers
        assert at == len(packed)

    def element(self, name):
        return re.search(f'id="{name}">([^<]*)<', self.text).group(1)

    def picture(self, number):
        from PIL import Image

        return np.asarray(Image.open(io.BytesIO(base64.b64decode(self.element(f"picture-{number}").split(",", 1)[1]))).convert("RGB"))


class Report(Scratch):
    def setUp(self):
        super().setUp()
        random = np.random.default_rng(4)
        features = random.normal(size=(2 * PAIRS, 5, HEIGHT, WIDTH)).astype("f4")
        features[PAIRS:] = features[:PAIRS] + 0.4 * random.normal(size=features[PAIRS:].shape)
        features[FAILED, 0, 0, 0] = np.nan
        self.points = random.uniform(0, SIZE, (PAIRS, KEYPOINTS, 2))
        self.truth = self.points + random.normal(scale=3, size=self.points.shape)
        self.points[random.random((PAIRS, KEYPOINTS)) < 0.15] = np.nan
        self.truth[random.random((PAIRS, KEYPOINTS)) < 0.2] = np.nan
        self.threshold = random.uniform(20, 60, PAIRS)
        smooth = np.linspace(0, 255, 96)[None, :, None] * np.array([1, 0.5, 0]) + np.linspace(0, 120, 64)[:, None, None] * np.array([0, 1, 1])
        self.rgb = np.clip(smooth + random.normal(scale=4, size=(2 * PAIRS, 64, 96, 1)), 0, 255).astype("u1")
        with h5py.File("in.h5", "w") as file:
            file["images/features"], file["images/size"] = features, np.tile(SIZE, (2 * PAIRS, 1))
            file["pairs/source"], file["pairs/target"] = np.arange(PAIRS), np.arange(PAIRS)[::-1] + PAIRS
            file["pairs/keypoints"], file["pairs/target_keypoints"] = self.points, self.truth
            file["pairs/keypoints"].attrs["units"] = file["pairs/target_keypoints"].attrs["units"] = "pixel"
            file["pairs/threshold"], file["images/rgb"] = self.threshold, self.rgb
        self.geosc("match", "in.h5", "-o", "a.h5", "--confidence", "--heat", 6, "-q", status=3)
        self.geosc("match", "in.h5", "-o", "b.h5", "--poses", "none", "--window", 3, "-q", status=3)
        self.there = ~np.isnan(self.points).any(2)

    def close(self, found, expected, within):
        np.testing.assert_allclose(found, expected, rtol=0, atol=within)

    def compare_points(self, page, mark, output):
        """What the page has of an output, against the output and the truth."""
        with h5py.File(output) as file:
            xy, score = file["matches/xy"][:].astype("f8"), file["matches/score"][:]
            status, chosen, imd = file["pairs/status"][:], file["poses/chosen"][:], file["poses/imd"][:]
        columns, there = page.columns, self.there
        np.testing.assert_array_equal(columns["status" + mark], status)
        np.testing.assert_array_equal(columns["chosen" + mark], chosen)
        self.close(columns["imd" + mark], imd.ravel(), 1e-3)
        self.close(np.stack([columns["x" + mark], columns["y" + mark]], 1), (xy / SIZE)[there], PLACE)
        error = (np.hypot(*np.moveaxis(xy - self.truth, 2, 0)) / self.threshold[:, None])[there]
        self.close(columns["error" + mark], error, 1e-6)
        right = np.array([(error < alpha).sum() for alpha in page.data["alphas"]])
        steps = columns["step" + mark]
        np.testing.assert_array_equal([((steps > 0) & (steps <= step)).sum() for step in range(1, 101)], right)
        self.close(columns["score" + mark], score[there], 1e-4)

    def test_columns(self):
        self.geosc("report", "in.h5", "a.h5", "b.h5", "-o", "page.html")
        page = Page("page.html")
        columns, there = page.columns, self.there
        np.testing.assert_array_equal(columns["source"], np.arange(PAIRS))
        np.testing.assert_array_equal(columns["target"], np.arange(PAIRS)[::-1] + PAIRS)
        np.testing.assert_array_equal(columns["points"], there.sum(1))
        np.testing.assert_array_equal(columns["k"], np.nonzero(there)[1])
        self.close(np.stack([columns["width"], columns["height"]], 1), np.tile(SIZE, (2 * PAIRS, 1)), 0)
        np.testing.assert_array_equal(columns["across"], np.full(2 * PAIRS, WIDTH))
        np.testing.assert_array_equal(columns["down"], np.full(2 * PAIRS, HEIGHT))
        self.close(np.stack([columns["reach_x"], columns["reach_y"]], 1), self.threshold[:, None] / SIZE, 1e-6)
        self.close(np.stack([columns["source_x"], columns["source_y"]], 1), (self.points / SIZE)[there], PLACE)
        self.close(np.stack([columns["true_x"], columns["true_y"]], 1), (self.truth / SIZE)[there], PLACE)
        self.compare_points(page, "", "a.h5")
        self.compare_points(page, "2", "b.h5")
        with h5py.File("a.h5") as file:
            self.close(columns["second"], file["matches/second"][:][there], 1e-4)
            self.close(columns["cycle"], file["matches/cycle"][:][there], 1e-3)
            np.testing.assert_array_equal(columns["marks"] & 2 > 0, file["matches/mutual"][:][there] > 0)

    def test_partners(self):
        """Where an answer lies nearer to the true place of the mirrored partner: from which alpha on it would be right there, and that place."""
        partner = np.arange(KEYPOINTS) ^ 1
        with h5py.File("in.h5", "a") as file:
            file["pairs/target_keypoints"][:] = self.truth = np.where(np.isnan(self.points), 30.0, self.points)[:, partner]
            file["pairs/mirror_index"] = np.tile(partner, (PAIRS, 1))
        self.geosc("match", "in.h5", "-o", "c.h5", "--poses", "none", "-q", status=3)
        self.geosc("report", "in.h5", "c.h5", "-o", "page.html", "--gallery", 0, "--alpha", 0.2)
        page = Page("page.html")
        with h5py.File("c.h5") as file:
            xy = file["matches/xy"][:].astype("f8")
        own, other = (np.hypot(*np.moveaxis(xy - truth, 2, 0)) / self.threshold[:, None] for truth in (self.truth, self.truth[:, partner]))
        nearer, there = (other < own)[self.there], self.there
        alphas = np.array(page.data["alphas"])
        steps = np.where(nearer & (other[there] < alphas[-1]), (alphas[None] <= other[there][:, None]).sum(1) + 1, 0)
        np.testing.assert_array_equal(page.columns["partner_step"], steps)
        np.testing.assert_array_equal(page.columns["mirror"], np.tile(partner, (PAIRS, 1))[self.there])
        self.assertGreater((steps > 0).sum(), 5)
        self.assertGreater((nearer & (steps == 0)).sum() + (~nearer).sum(), 0)
        place = np.where((steps > 0)[:, None], (self.truth[:, partner] / SIZE)[there], np.nan)
        self.close(np.stack([page.columns["partner_x"], page.columns["partner_y"]], 1), place, PLACE)

    def test_curves(self):
        """PCK is that of geosc eval, for both outputs and their difference."""
        self.geosc("report", "in.h5", "a.h5", "b.h5", "-o", "page.html", "--gallery", 0, "--alpha", 0.2)
        row, alphas = Page("page.html").data["pck"][0], "0.02,0.2,0.4"
        shown = json.loads(self.geosc("eval", "in.h5", "a.h5", "b.h5", "--alpha", alphas, "--json").stdout)
        for output, run in zip(row["outputs"], ("first", "second")):
            low, curve, high = (np.cumsum(output[name]) / 10000 for name in ("low", "image", "high"))
            self.close(curve[[4, 49, 99]], shown[run]["all"]["per_image"], 6e-5)
            self.close(output["point"], shown[run]["all"]["per_point"][1], 6e-5)
            self.close(low[[4, 49, 99]], shown[run]["all"]["low"]["per_image"], 6e-5)
            self.close(high[[4, 49, 99]], shown[run]["all"]["high"]["per_image"], 6e-5)
            self.assertEqual(len(low), 100)
            self.assertTrue(((low <= curve) & (curve <= high)).all())
        for bound in ("low", "high"):
            self.close(row[bound], shown["difference"]["all"][bound]["per_image"][1], 6e-5)

    def losses(self, output):
        """The share of wrong points of each pair, and the mean error of at most the threshold: what pairs are ranked by."""
        with h5py.File(output) as file:
            xy = file["matches/xy"][:].astype("f8")
        error = np.hypot(*np.moveaxis(xy - self.truth, 2, 0)) / self.threshold[:, None]
        points = self.there & ~np.isnan(self.truth).any(2)
        wrong, error = np.where(points, ~(error < 0.1), np.nan), np.where(points, np.fmin(np.where(np.isnan(error), 1, error), 1), np.nan)
        return np.stack([np.nanmean(wrong, 1), np.nanmean(error, 1)])

    def test_choice(self):
        """Of one output the pairs with the most wrong points have pictures, of two those in which they differ most."""
        first, second = self.losses("a.h5"), self.losses("b.h5")
        alive = [pair for pair in range(PAIRS) if pair != FAILED]
        for outputs, loss in ((("a.h5",), first), (("a.h5", "b.h5"), abs(first - second))):
            worst = sorted(alive, key=lambda pair: (*loss[:, pair], pair))[-2:]
            self.geosc("report", "in.h5", *outputs, "-o", "page.html", "--gallery", "2,0,0", "-f")
            found = [entry["pair"] for entry in Page("page.html").data["gallery"] if entry["kind"] == "worst"]
            self.assertEqual(found, sorted(worst))

    def test_all_of_few(self):
        """Of few pairs all have pictures, unless --gallery says otherwise."""
        self.geosc("report", "in.h5", "a.h5", "-o", "page.html")
        kinds = [entry["kind"] for entry in Page("page.html").data["gallery"]]
        self.assertEqual(kinds, ["failed" if pair == FAILED else "all" for pair in range(PAIRS)])

    def test_failures(self):
        """The words of geosc match: for a bad keypoint those of its pair, in the units of the input."""
        with h5py.File("in.h5", "a") as file:
            file["pairs/keypoints"][1, 2] = [130, 20]
        said = self.geosc("match", "in.h5", "-o", "c.h5", "--poses", "none", status=3).stderr
        self.geosc("report", "in.h5", "c.h5", "-o", "page.html")
        found = {entry["pair"]: entry["words"] for entry in Page("page.html").data["failures"]}
        self.assertEqual(sorted(found), [1, FAILED])
        self.assertIn("keypoint 2 at (130, 20) is outside the source, which is 100 x 60 (W x H); keypoints are (x, y), here in units of pixel", found[1])
        for words in found.values():
            self.assertIn(words, said)

    def test_pictures(self):
        """Photographs once each, as JPEG; similarities; features as colours, as PNG; a failed pair, too."""
        self.geosc("report", "in.h5", "a.h5", "-o", "page.html", "--gallery", 9)
        page = Page("page.html")
        self.assertEqual({entry["pair"]: entry["kind"] for entry in page.data["gallery"]}[FAILED], "failed")
        self.assertEqual([entry["pair"] for entry in page.data["gallery"]], list(range(PAIRS)))
        for entry in page.data["gallery"]:
            for side, image in (("source", entry["pair"]), ("target", 2 * PAIRS - 1 - entry["pair"])):
                found = page.picture(entry[side]).astype("f8")
                self.assertLess(np.abs(found - self.rgb[image]).mean(), 3)
                self.assertLess(np.abs(found.mean((0, 1)) - self.rgb[image].mean((0, 1))).max(), 0.6)
        with h5py.File("a.h5") as file:
            for pair in range(PAIRS):
                heat = [np.frombuffer(base64.b64decode(part), "u1").reshape(6, 6) for part in page.element(f"heat-0-{pair}").split()]
                np.testing.assert_array_equal(heat, file["matches/heat"][pair][self.there[pair]])
        with h5py.File("in.h5", "a") as file:
            del file["images/rgb"]
            file["images/rgb"] = np.tile(self.rgb, (1, 20, 12, 1))
        self.geosc("report", "in.h5", "a.h5", "-o", "large.html", "--gallery", 1)
        large = Page("large.html")
        self.assertEqual(large.picture(large.data["gallery"][0]["source"]).shape, (640, 576, 3))
        with h5py.File("in.h5", "a") as file:
            del file["images/rgb"]
        self.geosc("report", "in.h5", "a.h5", "-o", "colours.html", "--gallery", 1)
        colours = Page("colours.html")
        for entry in colours.data["gallery"]:
            self.assertEqual(colours.picture(entry["source"]).shape, (HEIGHT, WIDTH, 3))
            self.assertEqual(colours.picture(entry["source"]).std() > 20, entry["pair"] != FAILED)
