"""Pictures of matches: each point of the drawing lies on what it lies on in the images, under each pose, in each unit."""

import base64
import io
import re
import xml.etree.ElementTree as tree

import numpy as np

from support import SOURCE
from test_geosc import Quiet, geosc

SVG = "{http://www.w3.org/2000/svg}"


def read_image(element):
    """The pixels of an <image>."""
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(base64.b64decode(element.get("href").split(",", 1)[1]))))


class Drawn:
    """What is in an SVG: boxes and pictures of both images, marks by colour, lines."""

    def __init__(self, svg):
        self.root = tree.fromstring(svg)
        self.texts = ["".join(text.itertext()) for text in self.root.iter(SVG + "text")]
        self.boxes = [[float(box.get(name)) for name in ("x", "y", "width", "height")] for box in self.root.iter(SVG + "rect") if box.get("x")]
        self.pictures = [read_image(image) for image in self.root.iter(SVG + "image")]
        self.marks = [self.middle(mark.get("points")) + (mark.get("fill"),) for mark in self.root.iter(SVG + "polygon")]
        self.circles = list(self.root.iter(SVG + "circle"))
        self.lines = [[float(line.get(name)) for name in ("x1", "y1", "x2", "y2")] for line in self.root.iter(SVG + "line")]

    @staticmethod
    def middle(corners):
        return tuple(round(sum(axis) / 4, 1) for axis in zip(*(map(float, corner.split(",")) for corner in corners.split())))

    def colour_at(self, side, x, y):
        """Of the picture of a side, where a point of the drawing is; x, y may be rounded to 0.1."""
        left, top, width, height = self.boxes[side]
        picture = self.pictures[side]
        share_x, share_y = (x - left) / width, (y - top) / height
        return picture[min(int(share_y * picture.shape[0]), picture.shape[0] - 1), min(int(share_x * picture.shape[1]), picture.shape[1] - 1)]


class Show(Quiet):
    height, width = 6, 9

    def setUp(self):
        super().setUp()
        random = np.random.default_rng(2)
        self.features = random.normal(size=(16, self.height, self.width)).astype("f4")
        # a colour of its own for each cell, of 20 x 20 pixels
        self.colours = random.permutation(np.arange(self.height * self.width)).reshape(self.height, self.width).astype("u1")
        self.picture = np.repeat(np.repeat(np.stack([self.colours, self.colours * 4, 255 - self.colours], -1), 20, 0), 20, 1)

    def turned(self, pose):
        """Features and picture of the target: the source under this pose."""
        y, x = np.mgrid[: self.height, : self.width]
        places = np.array([self.point(pose, *at) for at in zip(x.reshape(-1), y.reshape(-1))]).astype(int)
        features = np.empty((16, *places.max(0)[::-1] + 1), "f4")
        colours = np.empty(features.shape[1:], "u1")
        for (u, v), row, column in zip(places, y.reshape(-1), x.reshape(-1)):
            features[:, v, u], colours[v, u] = self.features[:, row, column], self.colours[row, column]
        return features, np.repeat(np.repeat(np.stack([colours, colours * 4, 255 - colours], -1), 20, 0), 20, 1)

    def point(self, pose, x, y):
        from geosc._library import POSE_NAMES, c, lib

        x, y = c.c_double(x), c.c_double(y)
        lib.geosc_pose_point(POSE_NAMES.index(pose), self.width, self.height, c.byref(x), c.byref(y))
        return x.value, y.value

    def test_same_thing_under_each_pose(self):
        try:
            import PIL  # noqa: F401
        except ImportError:
            self.skipTest("no Pillow")
        keypoints = np.array([[0, 0], [8, 1], [3, 5], [float("nan"), 2], [5, 2]])
        for number, pose in enumerate(("none", "hflip", "vflip", "rot180", "rot90", "rot270", "transpose", "antitranspose")):
            features, picture = self.turned(pose)
            units = ("cell", "pixel", "original")[number % 3]
            points, shapes = keypoints, ((180, 120), picture.shape[1::-1])
            if units != "cell":
                points = (keypoints + 0.5) * 20
            if units == "original":
                points = (points - [3, 5]) / 0.5
            found = geosc.match(self.features, features, points, poses=pose, units=units, sizes=shapes, placements=((0.5, 3, 5), (0.5, 3, 5)),
                                window=1)  # fmt: skip
            drawn = Drawn(found.show(self.picture, picture).svg)
            self.assertEqual((len(drawn.marks), len(drawn.lines)), (8, 4))
            wanted = [self.colours[int(y), int(x)] for x, y in keypoints[[0, 1, 2, 4]]]
            for i, value in enumerate(wanted):
                (x, y, own), (u, v, other) = drawn.marks[2 * i : 2 * i + 2]
                self.assertEqual((drawn.colour_at(0, x, y)[0], drawn.colour_at(1, u, v)[0], own), (value, value, other), pose)
                self.assertEqual(drawn.lines[i], [x, y, u, v])
            self.assertEqual(len({own for *_, own in drawn.marks}), 4)
            self.assertTrue(np.array_equal(drawn.pictures[0], drawn.pictures[1]), pose)

    def test_kinds_of_pictures(self):
        found = geosc.match(self.features, self.features, [[1, 2]], poses="none")
        drawing = found.show()
        self.assertEqual((len(Drawn(drawing.svg).pictures), len(Drawn(drawing.svg).boxes), drawing._repr_svg_()), (0, 2, drawing.svg))
        drawing.save("match.svg")
        with open("match.svg", encoding="utf-8") as file:
            self.assertEqual(file.read(), drawing.svg)
        refined = geosc.refine(self.features, poses="none")
        for given in (self.features, refined):
            drawn = Drawn(found.show(given, given).svg)
            self.assertEqual(drawn.pictures[0].shape, (self.height, self.width, 3))
            self.assertTrue(np.array_equal(*drawn.pictures))
            self.assertGreater(len(np.unique(drawn.pictures[0].reshape(-1, 3), axis=0)), 40)
            self.assertTrue(any("features as colours" in text for text in drawn.texts))
        # photographs of any size and type; those with more pixels than can be seen are embedded smaller
        large = np.zeros((1800, 2700, 4))
        large[:, 1350:, 0] = 1
        shrunk = Drawn(found.show(large, self.picture).svg).pictures[0]
        self.assertLess(max(shrunk.shape), 900)
        self.assertEqual((shrunk[0, 0, 0], shrunk[0, -1, 0], shrunk.shape[2]), (0, 255, 3))
        one = np.arange(54, dtype="f4").reshape(1, 6, 9)  # a single channel, too
        self.assertEqual(len(Drawn(found.show(one, one).svg).pictures), 2)

    def test_wrong_pictures(self):
        found = geosc.match(self.features, self.features, [[1, 2]], poses="none")
        for error, given in ((geosc.UsageError, (self.picture,)), (geosc.UsageError, (self.picture, self.features)), (TypeError, ("a", "b")),
                             (geosc.UsageError, (self.picture[0], self.picture)), (geosc.UsageError, (self.features, self.features[:4])),
                             (geosc.UsageError, (self.picture[:0], self.picture))):  # fmt: skip
            with self.subTest(given=[getattr(array, "shape", array) for array in given]), self.assertRaises(error):
                found.show(*given)

    def test_what_has_no_answer(self):
        bad = self.features.copy()
        bad[0, 0, 0] = np.nan
        drawn = Drawn(geosc.match(bad, self.features, [[1, 2], [3, 3]]).show(bad, self.features).svg)
        self.assertTrue(any("bad_features" in text for text in drawn.texts), drawn.texts)
        self.assertEqual((len(drawn.lines), [own for *_, own in drawn.marks]), (0, ["none", "none"]))
        empty = Drawn(geosc.match(self.features, self.features, np.zeros((0, 2))).show().svg)
        self.assertEqual((empty.marks, empty.lines), ([], []))

    def test_marks_are_those_of_render(self):
        """The same colours, none twice; circles, which are right matches there, for none."""
        from geosc import _show

        with open(f"{SOURCE}/src/draw/marks.c", encoding="utf-8") as file:
            numbers = [int(number, 16) for number in re.findall("0x([0-9a-f]{2})", file.read())]
        palette = [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in zip(numbers[0:36:3], numbers[1:36:3], numbers[2:36:3])]
        self.assertEqual((_show.PALETTE, np.array(_show.GRID).reshape(-1).tolist(), len(numbers)), (palette, numbers[36:54], 57))
        points = np.random.default_rng(4).uniform(0, 5, (60, 2))
        for count in (5, 60):
            drawn = Drawn(geosc.match(self.features, self.features, points[:count], poses="none").show().svg)
            self.assertEqual((len({own for *_, own in drawn.marks}), drawn.circles), (count, []))
        # the first and the last from left to right, of four rows
        corners = _show.colours(np.array([[x, y] for y in range(4) for x in range(4)], "f8"))
        self.assertEqual((corners[0], corners[-1]), ("#5ac8ff", "#8c6400"))

    def test_dense(self):
        found = geosc.match(self.features, self.features, poses="none", window=1)
        drawn = Drawn(found.show().svg)
        self.assertEqual(len(drawn.lines), 54)
        (ax, *_), (bx, *_) = drawn.boxes
        for x, y, u, v in drawn.lines:
            self.assertAlmostEqual(x - ax, u - bx, delta=0.2)
            self.assertAlmostEqual(y, v, delta=0.2)
        large = np.random.default_rng(3).normal(size=(8, 60, 40)).astype("f4")
        self.assertEqual(len(Drawn(geosc.match(large, large, poses="none").show().svg).lines), 12 * 8)
