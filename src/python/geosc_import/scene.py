"""What is to be imported, before any feature is read: images, and pairs of them by number."""

import os

import numpy as np

from .text import say


def find_half(paths):
    """Of the two files of an image's flipped features the one that is missing beside the other; None where both are, or neither is."""
    lacking = [path for path in paths if not os.path.isfile(path)]
    return lacking[0] if len(lacking) == 1 else None


def stack_points(points, count):
    """[P, count, 2]: NaN where there are fewer."""
    out = np.full((len(points), count, 2), np.nan)
    for row, own in zip(out, points):
        row[: len(own)] = own
    return out


class Image:
    """One image: its name, its files, and its size in pixels where that is known."""

    def __init__(self, name, features, masks=None, picture=None, size=None):
        self.name, self.picture, self.size = name, picture, size
        self.features = features  # {"none": [paths of the levels' files], "hflip": ...}
        self.masks = masks or {}  # {"none": path, "hflip": path}, as far as they exist
        self.shapes = None  # levels.shapes, where the layout depends on them
        self.half = None  # the one file of its flipped features that is missing
        self.facts = {}  # "size", "placement" and "keypoints" of an image of its own size
        self.files = []  # that these were read from

    def paths(self):
        pictures = [self.picture] if self.picture else []
        return [path for paths in self.features.values() for path in paths] + list(self.masks.values()) + pictures


class Scene:
    def __init__(self, folder):
        self.folder = folder
        self.images = []
        self.files = []  # that were read for the rest: lists, annotations
        self.pairs = []  # (source, target) image numbers
        self.keypoints, self.target_keypoints = [], []  # [K, 2] of each pair, in the pixels of `side`, NaN where absent
        self.thresholds, self.categories = [], []
        self.placements = []  # (scale, left, top) of each image in its square
        self.side = None  # of the square that all images are put into; None: they have sizes of their own, or none
        self.units = "pixel"  # of the keypoints

    def sources(self):
        """All files that the import reads."""
        return self.files + [path for image in self.images for path in image.paths() + image.files]

    def tell_doubts(self):
        """What is likely to be a mistake, but may be meant."""
        points = [(own.tobytes(), other.tobytes()) for own, other in zip(self.keypoints, self.target_keypoints)] or [None] * len(self.pairs)
        seen, first, count = set(), None, 0
        for pair, own in zip(self.pairs, points):
            if (pair, own) in seen:
                first, count = first or pair, count + 1
            seen.add((pair, own))
        if count:
            source, target = (self.images[number].name for number in first)
            say(f"{self.folder}: {count} {'pairs are' if count > 1 else 'pair is'} there more than once, as {source} with {target}: each time counts")
        if self.keypoints and not any(np.isfinite(own).any() for own in self.keypoints):
            say(f"{self.folder}: no image has a keypoint: geosc match will have nothing to look for")

    def tables(self, symmetry):
        """What goes to /pairs of the input, by dataset."""
        tables = {
            "source": np.array([source for source, _ in self.pairs], np.int32),
            "target": np.array([target for _, target in self.pairs], np.int32),
        }
        if self.keypoints:
            count = max(1, *map(len, self.keypoints + self.target_keypoints))  # geosc reads no arrays of none
            tables["keypoints"] = stack_points(self.keypoints, count)
            tables["target_keypoints"] = stack_points(self.target_keypoints, count)
        if self.thresholds:
            tables["threshold"] = np.array(self.thresholds)
        if self.categories:
            tables["category"] = np.array([name.encode() for name in self.categories])
        if symmetry:
            tables.update(symmetry.tables(self.categories, tables["keypoints"].shape[1]))
        return tables
