"""The images and pairs to import, before any feature is read."""

import os

import numpy as np

from . import levels
from .square import placed_thumbnail, squared_thumbnail
from .text import say


SIZES = {"cell": "a grid of {} cells", "pixel": "an image of {} pixels", "original": "in a frame of {} pixels"}  # by the units of keypoints


def find_half(paths):
    """Of an image's two files of flipped features, the missing one if the other exists; else None."""
    lacking = [path for path in paths if not os.path.isfile(path)]
    return lacking[0] if len(lacking) == 1 else None


def stack_points(points, count):
    """[P, count, 2], filled up with NaN."""
    out = np.full((len(points), count, 2), np.nan)
    for row, own in zip(out, points):
        row[: len(own)] = own
    return out


class Image:
    """One image: its name, its files, and its size in pixels if known."""

    def __init__(self, name, features, masks=None, picture=None, size=None):
        self.name, self.picture, self.size = name, picture, size
        self.features = features  # {"none": [paths of the levels' files], "hflip": ...}
        self.masks = masks or {}  # {"none": path, "hflip": path}, if they exist
        self.shapes = None  # levels.shapes, if the layout depends on them
        self.half = None  # the missing one of its two files of flipped features
        self.facts = {}  # "size", "placement" and "keypoints" of an image with a size of its own
        self.files = []  # the files of these facts
        self.squared = False  # its features are those of a square around the picture, black elsewhere

    def paths(self):
        pictures = [self.picture] if self.picture else []
        return [path for paths in self.features.values() for path in paths] + list(self.masks.values()) + pictures

    def read_levels(self, pose, axes):
        """The features of the picture in this pose, a levels.Level each."""
        return levels.read(self.features[pose], axes=axes)

    def read_mask(self, pose, grid, resize):
        """Weights of the cells, [height, width]; resize: a mask of another size is averaged."""
        return levels.read_cell_mask(self.masks[pose], *grid, resize)

    def read_thumbnail(self, side):
        """What the features show, [side, side, 3]."""
        if self.squared:
            return squared_thumbnail(self.picture, side)
        return placed_thumbnail(self.picture, side, self.facts.get("size"), self.facts.get("placement"))


class Scene:
    def __init__(self, folder):
        self.folder = folder
        self.images = []
        self.files = []  # other files read: lists, annotations
        self.pairs = []  # (source, target) image numbers
        self.keypoints, self.target_keypoints = [], []  # [K, 2] of each pair, in the pixels of `side`, NaN if absent
        self.thresholds, self.categories = [], []
        self.boxes = []  # (left, top, width, height) of each target's object, in the units of the keypoints
        self.keypoint_names = {}  # {category: names of its keypoints}; None for all others
        self.placements = []  # (scale, left, top) of each image in its square
        self.side = None  # side of the square that contains each image; None: images have sizes of their own, or none
        self.units = "pixel"  # of the keypoints
        self.units_advice = ""  # what to do if they are in others
        self.extras = {}  # datasets of /coco by name, which geosc does not read: arrays, or lists of texts
        self.identity = None  # what else makes the features what they are, for JSON

    def sources(self):
        """All files that the import reads."""
        return self.files + [path for image in self.images for path in image.paths() + image.files]

    def tell_doubts(self):
        """Warns of likely mistakes."""
        sides = [points or [np.zeros(0)] * len(self.pairs) for points in (self.keypoints, self.target_keypoints)]
        points = [(own.tobytes(), other.tobytes()) for own, other in zip(*sides)]
        seen, first, count = set(), None, 0
        for pair, own in zip(self.pairs, points):
            if (pair, own) in seen:
                first, count = first or pair, count + 1
            seen.add((pair, own))
        if count:
            source, target = (self.images[number].name for number in first)
            say(f"{self.folder}: {count} {'pairs repeat earlier ones' if count > 1 else 'pair repeats an earlier one'}, such as {source} with "
                f"{target}: each counts")
        if self.keypoints and not any(np.isfinite(own).any() for own in self.keypoints):
            say(f"{self.folder}: no image has a keypoint: geosc match will match nothing")
        self.tell_outside()

    def frame(self, image):
        """(low, high, scale, shift) of an image's coordinates: points * scale + shift are from low to high; None if its size is not known."""
        size = (self.side, self.side) if self.side else image.facts.get("size")
        if self.units == "cell":
            return (-0.5, np.array(image.shapes[0][1][:0:-1]) - 0.5, 1, 0) if image.shapes else None
        if size is None:
            return None
        scale, shift = (image.facts["placement"][0], image.facts["placement"][1:]) if self.units == "original" else (1, 0)
        return 0, np.asarray(size, float), scale, shift

    def tell_outside(self):
        """Warns of keypoints outside their image, which geosc match cannot search for, and of targets that no match can hit."""
        own = dict.fromkeys(source for source, _ in self.pairs) if not self.keypoints else ()
        sources = [(number, self.images[number].facts["keypoints"]) for number in own if "keypoints" in self.images[number].facts]
        sources += [(source, points) for (source, _), points in zip(self.pairs, self.keypoints)]
        targets = [(target, points) for (_, target), points in zip(self.pairs, self.target_keypoints)]
        frames = [self.frame(image) for image in self.images]
        for what, listed, then in (("keypoints", sources, "geosc match fails their pairs"), ("target keypoints", targets, "no match can hit them")):
            first, count, every = None, 0, 0
            for number, points in listed:
                there = points[np.isfinite(points).all(-1)]
                every += len(there)
                if frames[number] is None or not len(there):
                    continue
                low, high, scale, shift = frames[number]
                placed = there * scale + shift
                outside = ((placed < low) | (placed > high)).any(-1)
                count += int(outside.sum())
                if first is None and outside.any():
                    first = number, there[outside][0]
            if first:
                number, (x, y) = first
                width, height = frames[number][1] + (0.5 if self.units == "cell" else 0)
                size = SIZES[self.units].format(f"{width:g} x {height:g}")
                say(f"{self.folder}: {count} of {every} {what} are outside their image, such as ({x:g}, {y:g}) in {self.images[number].name}, {size}: "
                    f"{then}{self.units_advice}")

    def name_tables(self, count):
        """The names of `count` keypoints: one list, or one for each category that has some."""
        used = dict.fromkeys(self.categories or [None])
        lists = {category: self.keypoint_names.get(category, self.keypoint_names.get(None)) for category in used}
        known = {category: [name.encode() for name in names][:count] for category, names in lists.items() if names}
        if not known:
            return {}
        if len(known) == len(used) and len({tuple(names) for names in known.values()}) == 1:
            names = next(iter(known.values()))
            return {"keypoint_name": np.array(names + [b""] * (count - len(names)))}
        return {"/categories/name": np.array([category.encode() for category in known]),
                "/categories/keypoint_name": np.array([names + [b""] * (count - len(names)) for names in known.values()])}

    def tables(self, symmetry):
        """The datasets of /pairs in the input, by name."""
        tables = {
            "source": np.array([source for source, _ in self.pairs], np.int32),
            "target": np.array([target for _, target in self.pairs], np.int32),
        }
        if self.keypoints:
            count = max(1, *map(len, self.keypoints + self.target_keypoints))  # geosc does not read empty arrays
            tables["keypoints"] = stack_points(self.keypoints, count)
        if self.target_keypoints:
            tables["target_keypoints"] = stack_points(self.target_keypoints, count)
        if self.thresholds:
            tables["threshold"] = np.array(self.thresholds)
        if self.boxes:
            tables["target_box"] = np.array(self.boxes, float)
        if self.keypoints:
            tables.update(self.name_tables(tables["keypoints"].shape[1]))
        if self.categories:
            tables["category"] = np.array([name.encode() for name in self.categories])
        if symmetry:
            tables.update(symmetry.tables(self.categories or ["*"] * len(self.pairs), tables["keypoints"].shape[1]))
        return tables
