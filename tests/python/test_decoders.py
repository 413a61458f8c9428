"""Decoders of whole runs against their definitions (docs/computation.md, Matching) in numpy and float64."""

import itertools

import h5py
import numpy as np
from support import Scratch

PAIRS, CHANNELS, HEIGHT, WIDTH, KEYPOINTS = 3, 12, 9, 13, 6
SIZE = np.array([WIDTH * 7.0, HEIGHT * 5.0])  # of each picture, in pixels


def radius(window):
    if window == "all":
        return 7
    return int(np.ceil(2 * float(window[6:]))) if window.startswith("gauss:") else int(window) // 2


def bilinear(features, x, y):
    x, y = np.clip(x, 0, features.shape[2] - 1), np.clip(y, 0, features.shape[1] - 1)
    x0, y0 = int(x), int(y)
    x1, y1, u, v = min(x0 + 1, features.shape[2] - 1), min(y0 + 1, features.shape[1] - 1), x - x0, y - y0
    return (1 - v) * ((1 - u) * features[:, y0, x0] + u * features[:, y0, x1]) + v * ((1 - u) * features[:, y1, x0] + u * features[:, y1, x1])


class Decoder:
    """One combination of options, and what it finds for one query."""

    def __init__(self, window, outside, query, similarity, temperature):
        self.window, self.outside, self.query, self.similarity, self.temperature = window, outside, query, similarity, temperature

    def options(self):
        return [f"--{name}={value}" for name, value in vars(self).items()]

    def features(self, raw):
        return raw if self.similarity == "dot" else raw / (np.linalg.norm(raw, axis=0) + 1e-6)

    def weighed(self, similarity, peak):
        """What the softmax is taken of."""
        y, x = np.mgrid[: similarity.shape[0], : similarity.shape[1]]
        dy, dx = abs(y - peak[0]), abs(x - peak[1])
        if self.window.startswith("gauss:"):
            factor = np.exp(-(dx**2 + dy**2) / (2 * float(self.window[6:]) ** 2))
            return np.where(np.isinf(similarity), similarity, similarity * factor)
        if self.window == "all":
            return similarity
        inside = np.maximum(dx, dy) <= radius(self.window)
        return np.where(inside | np.isinf(similarity), similarity, 0 if self.outside == "zero" else -np.inf)

    def best(self, similarity, count):
        """Cells (x, y) and similarities; NaN where none is left."""
        left, found = similarity.copy(), []
        for _ in range(count):
            y, x = np.unravel_index(left.argmax(), left.shape)
            there = np.isfinite(left[y, x])
            found.append((x, y, left[y, x]) if there else (np.nan, np.nan, np.nan))
            r = radius(self.window)
            left[max(y - r, 0) : y + r + 1, max(x - r, 0) : x + r + 1] = -np.inf
        return np.array(found)

    def ask(self, source, own, point, source_mask, target, target_mask):
        """own: the query's cell (x, y); point: where it is."""
        query = source[:, own[1], own[0]]
        if self.query == "bilinear":
            query = bilinear(source, *point)
            if self.similarity == "cosine":
                query = query / (np.linalg.norm(query) + 1e-6)
        similarity = np.where(target_mask, np.tensordot(query, target, 1), -np.inf)
        peak = np.unravel_index(similarity.argmax(), similarity.shape)
        weighed = self.weighed(similarity, peak)
        weight = np.exp((weighed - weighed.max()) / self.temperature)
        y, x = np.mgrid[: similarity.shape[0], : similarity.shape[1]]
        xy = np.array([(weight * x).sum(), (weight * y).sum()]) / weight.sum()
        allowed = source_mask.astype(bool).copy()
        allowed[own[1], own[0]] = True

        def back(cell):
            similar = np.where(allowed, np.tensordot(target[:, cell[0], cell[1]], source, 1), -np.inf)
            return np.array(np.unravel_index(similar.argmax(), similar.shape))[::-1]

        nearest = np.floor(xy[::-1] + 0.5).astype(int)
        return {
            "xy": xy, "score": similarity[peak], "peak": np.array(peak)[::-1], "second": self.best(similarity, 2)[1, 2],
            "mutual": (back(peak) == own).all(), "cycle": np.hypot(*(back(nearest) - own)), "top": self.best(similarity, 4),
        }


class Decoders(Scratch):
    def scene(self, keypoints):
        random = np.random.default_rng(3)
        self.raw = random.normal(size=(2 * PAIRS, CHANNELS, HEIGHT, WIDTH)).astype("f4")
        self.raw[PAIRS:] = self.raw[:PAIRS, :, :, ::-1] + 0.8 * random.normal(size=self.raw[PAIRS:].shape)
        self.masks = (random.random((2 * PAIRS, HEIGHT, WIDTH)) < 0.6).astype("u1")
        self.points = random.uniform(0, SIZE, (PAIRS, KEYPOINTS, 2))
        self.points[1, 2] = np.nan
        self.partners = random.integers(-1, KEYPOINTS, (PAIRS, KEYPOINTS))
        with h5py.File("in.h5", "w") as file:
            file["images/features"], file["images/mask"] = self.raw, self.masks
            file["images/size"] = np.tile(SIZE, (2 * PAIRS, 1))
            file["pairs/source"], file["pairs/target"] = np.arange(PAIRS), np.arange(PAIRS) + PAIRS
            if keypoints:
                file["pairs/keypoints"], file["pairs/mirror_index"] = self.points, self.partners
                file["pairs/keypoints"].attrs["units"] = "pixel"

    def queries(self, pair, pose):
        """(place in the output, mirrored, x, y in cells of the unposed source)"""
        for k, point in enumerate(self.points[pair]):
            if np.isnan(point).any():
                continue
            mirrored, other = pose == "hflip", int(self.partners[pair, k])
            if mirrored and (other < 0 or np.isnan(self.points[pair, other]).any()):
                mirrored = False
            elif mirrored:
                point = self.points[pair, other]
            yield k, mirrored, *(point * (WIDTH, HEIGHT) / SIZE - 0.5)

    def cells(self, pair, pose):
        for y, x in zip(*np.nonzero(self.masks[pair])):
            yield (y, x), pose == "hflip", float(x), float(y)

    def expect(self, decoder, pose, restricted, dense, found):
        pixels = (lambda xy: xy) if dense else (lambda xy: (xy + 0.5) * SIZE / (WIDTH, HEIGHT))
        scale = 50 if decoder.similarity == "dot" else 1
        for pair in range(PAIRS):
            target = decoder.features(self.raw[pair + PAIRS].astype("f8"))
            target_mask = self.masks[pair + PAIRS] if restricted else np.ones((HEIGHT, WIDTH))
            for place, mirrored, x, y in (self.cells if dense else self.queries)(pair, pose):
                own = np.array([min(int(np.floor(x + 0.5)), WIDTH - 1), min(int(np.floor(y + 0.5)), HEIGHT - 1)])
                source, mask, point = decoder.features(self.raw[pair].astype("f8")), self.masks[pair], (x, y)
                if mirrored:
                    source, mask = source[:, :, ::-1], mask[:, ::-1]
                    own, point = np.array([WIDTH - 1 - own[0], own[1]]), (WIDTH - 1 - x, y)
                right = decoder.ask(source, own, point, mask, target, target_mask.astype(bool))
                got = {name: found[name][pair][place] for name in found}
                np.testing.assert_allclose(got["xy"], pixels(right["xy"]), atol=1e-2, err_msg=f"{pair} {place}")
                for name in ("score", "second", "cycle"):
                    np.testing.assert_allclose(got[name], right[name], atol=1e-5 * scale, err_msg=f"{name} {pair} {place}")
                for name in ("peak", "mutual"):
                    np.testing.assert_array_equal(got[name], right[name], err_msg=f"{name} {pair} {place}")
                np.testing.assert_allclose(got["top_score"], right["top"][:, 2], atol=1e-5 * scale)
                np.testing.assert_allclose(got["top_xy"], pixels(right["top"][:, :2]), atol=1e-4)

    def check(self, decoder, pose, restricted, dense):
        words = ["--poses", pose, "--imd", "none", "--top", "4", "--confidence", "-q", "-f"] + decoder.options()
        self.geosc("match", "in.h5", "-o", "out.h5", *words, *(["--restrict-target", "match"] if restricted else []))
        with h5py.File("out.h5") as file:
            found = {name: data[:] for name, data in file["matches"].items()}
        self.expect(decoder, pose, restricted, dense, found)
        unasked = np.isnan(found["score"])
        self.assertTrue(np.isnan(found["top_xy"][unasked]).all() and np.isnan(found["cycle"][unasked]).all())
        self.assertEqual(unasked.sum(), (self.masks[:PAIRS] == 0).sum() if dense else 1)

    def test_all_combinations(self):
        for dense in (False, True):
            self.scene(not dense)
            kinds = itertools.product(("5", "gauss:1.5", "all"), ("drop", "zero"), ("cell", "bilinear"), ("cosine", "dot"))
            for number, (window, outside, query, similarity) in enumerate(kinds):
                decoder = Decoder(window, outside, query, similarity, 0.1 if similarity == "cosine" else 2.0)
                with self.subTest(dense=dense, **vars(decoder)):
                    self.check(decoder, ("hflip", "none")[number % 2 if dense else 0], number % 3 == 0, dense)
