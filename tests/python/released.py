"""What the released code of GeoAware-SC computes without a network, in plain numpy: from its definitions, on a folder as its scripts leave it.

Each thing in which geosc differs is a setting, so that its effect can be measured: Settings() is geosc, RELEASED the released code.
Nothing of it is shared with the code under test.
"""

import dataclasses
import glob
import json
import math

import numpy as np
import torch
from PIL import Image

SIDE, FAR = 840, -100000.0
ALPHAS = (0.01, 0.05, 0.1)


@dataclasses.dataclass(frozen=True)
class Settings:
    grid: int = 0  # cells in a row when poses are compared; 0: those of the features
    zeros: bool = False  # a channel that is exactly zero lies far away then, in masked cells or not
    both: bool = False  # a mirrored partner counts only where both images show it
    wraps: bool = False  # a point on the far border is in the first cell of the next row
    halved: bool = False  # points of visibility 1 (AP-10K) lie halfway to the corner
    numbered: bool = False  # groups take numbers by their place in the list (per point)
    window: int = 5  # cells on each side of the peak
    temperature: float = 0.02


RELEASED = Settings(grid=64, zeros=True, both=True, wraps=True, halved=True, numbered=True)


# ---- features --------------------------------------------------------------------------------------------------------


def resize_axis(array, size, axis):
    """Bilinear, without aligned corners, along one axis."""
    n = array.shape[axis]
    at = np.clip((np.arange(size) + 0.5) * n / size - 0.5, 0, None)
    low = np.minimum(at.astype(int), n - 1)
    part = (at - low).reshape([-1 if d == axis else 1 for d in range(array.ndim)])
    return array.take(low, axis) * (1 - part) + array.take(np.minimum(low + 1, n - 1), axis) * part


def resize(array, size):
    return resize_axis(resize_axis(array, size, 1), size, 2)


def unit(array):
    return array / (np.sqrt((array**2).sum(0)) + 1e-10)


class Folder:
    """Features, masks and annotations of a folder, each read once. change: what is done to fused features before they are normalised."""

    def __init__(self, root, change=None):
        self.root, self.change, self.known, self.masks, self.points, self.measured = root, change, {}, {}, {}, {}

    def features(self, name, flip):
        """[C, H, W]: SD and DINO normalised apart, then together."""
        if (name, flip) not in self.known:
            base, end = f"{self.root}/features/{name}", "_flip" if flip else ""
            sd, dino = torch.load(f"{base}_sd{end}.pt"), torch.load(f"{base}_dino{end}.pt")
            parts = [sd[level][0].numpy().astype(float) for level in ("s3", "s4", "s5")]
            parts = [np.concatenate([resize(part, parts[0].shape[-1]) for part in parts]), dino[0].numpy().astype(float)]
            parts = [self.change(part) for part in parts] if self.change else parts
            self.known[name, flip] = unit(np.concatenate([unit(part) for part in parts]))
        return self.known[name, flip]

    def mask(self, name, flip):
        """[H, W] pixels."""
        if (name, flip) not in self.masks:
            path = f"{self.root}/features/{name}_mask{'_flip' if flip else ''}.png"
            self.masks[name, flip] = np.asarray(Image.open(path).convert("L")) > 127
        return self.masks[name, flip]

    def distance(self, source, flip, target, settings):
        """Of the images of these names, see distance."""
        key = source, flip, target, settings.grid, settings.zeros
        if key not in self.measured:
            self.measured[key] = distance(self.features(source, flip), self.mask(source, flip), self.features(target, False),
                                          self.mask(target, False), settings)
        return self.measured[key]

    def keypoints(self, name):
        if name not in self.points:
            with open(f"{self.root}/ImageAnnotation/{name}.json", encoding="utf-8") as file:
                kps = json.load(file)["kps"]
            self.points[name] = [kps[str(k)] for k in range(len(kps))]
        return self.points[name]

    def pairs(self):
        for path in sorted(glob.glob(f"{self.root}/PairAnnotation/test/*.json")):
            with open(path, encoding="utf-8") as file:
                yield json.load(file)


# ---- poses -----------------------------------------------------------------------------------------------------------


def mask_cells(pixels, size, centred):
    """A cell's pixel: the one at its centre, or its first one, as nearest-neighbour resizing takes it."""
    rows = [int((i + 0.5 * centred) * len(pixels) / size) for i in range(size)]
    return pixels[np.ix_(rows, rows)].reshape(-1)


def distance(source, source_mask, target, target_mask, settings):
    """Mean distance of the source's masked cells to the nearest cells in the target's mask."""
    size = settings.grid or source.shape[-1]
    source, target = (resize(part, size) if settings.grid else part for part in (source, target))
    s, t = (part.reshape(len(part), -1).T for part in (source, target))
    inside, within = (mask_cells(pixels, size, not settings.grid) for pixels in (source_mask, target_mask))
    s, t = s[inside], t[within]
    squares = (s**2).sum(1)[:, None] + (t**2).sum(1) - 2 * s @ t.T
    if settings.zeros:  # (FAR - v)^2 where one is zero and the other is v; its large part apart, so that the small one keeps its digits
        empty, void = (s == 0).astype(float), (t == 0).astype(float)
        squares += FAR**2 * (empty @ (1 - void).T + (1 - empty) @ void.T) - 2 * FAR * (empty @ t.T + s @ void.T)
        return np.sqrt(np.maximum(squares.min(1), 0)).mean()
    return np.sqrt(((s - t[squares.argmin(1)]) ** 2).sum(1)).mean()


# ---- matches ---------------------------------------------------------------------------------------------------------


def in_square(points, size):
    """Keypoints of an image in the square; None stays None."""
    width, height = size
    scale = SIDE / max(width, height)
    left = int((SIDE - int(np.around(SIDE * width / height))) / 2) if width < height else 0
    top = int((SIDE - int(np.around(SIDE * height / width))) / 2) if height < width else 0
    return [None if p is None else (p[0] * scale + left, p[1] * scale + top) for p in points], scale


def cell_of(point, cells, flip, settings):
    """The flat index of a keypoint's cell."""
    x, y = point
    if settings.wraps:
        x = SIDE - x if flip else x
        column, row = (int(cells / SIDE * v) for v in (x, y))
        return min(cells * row + column, cells * cells - 1)
    column, row = (min(math.floor(v * cells / SIDE), cells - 1) for v in (x, y))
    return cells * row + (cells - 1 - column if flip else column)


def answer(query, target, settings):
    """The soft-argmax over all cells, of which those outside the window have similarity 0."""
    similarity = np.tensordot(query, target, 1)
    cells = len(similarity)
    row, column = np.unravel_index(similarity.argmax(), similarity.shape)
    y, x = np.mgrid[:cells, :cells]
    window = (abs(y - row) <= settings.window) & (abs(x - column) <= settings.window)
    weights = np.where(window, similarity, 0) / settings.temperature
    weights = np.exp(weights - weights.max())
    weights /= weights.sum()
    stride = SIDE / cells
    return tuple((weights * at).sum() * stride + stride / 2 for at in (x, y))


def halve(points, doubtful):
    """Points whose visibility is 1 are multiplied by it, halved."""
    return [p if p is None or k not in doubtful else (p[0] / 2, p[1] / 2) for k, p in enumerate(points)]


@dataclasses.dataclass
class Pair:
    """What becomes of a pair: answers [K] and truth [K] in the square, None where there is none, and both distances."""

    category: str
    names: tuple
    answers: list
    truth: list
    threshold: float
    distances: tuple

    @property
    def flips(self):
        return self.distances[1] < self.distances[0]


def match(folder, entry, partners, settings, doubtful=None):
    """partners: of each keypoint; doubtful: {image: keypoints of visibility 1}."""
    names = tuple(f"{entry['category']}/{entry[which + '_imname'][:-4]}" for which in ("src", "trg"))
    target = folder.features(names[1], False)
    sources = [folder.features(names[0], flip) for flip in (False, True)]
    distances = tuple(folder.distance(names[0], flip, names[1], settings) for flip in (False, True))
    points, _ = in_square(folder.keypoints(names[0]), entry["src_imsize"][:2])
    truth, scale = in_square(folder.keypoints(names[1]), entry["trg_imsize"][:2])
    if settings.halved and doubtful:
        points, truth = (halve(given, doubtful.get(name, ())) for given, name in zip((points, truth), names))
    cells, answers = target.shape[-1], []
    for k, point in enumerate(points):
        if point is None or truth[k] is None and settings.both:
            answers.append(None)
            continue
        partner = points[partners[k]]
        flip = distances[1] < distances[0] and partner is not None and (truth[partners[k]] is not None or not settings.both)
        cell = cell_of(partner if flip else point, cells, flip, settings)
        answers.append(answer(sources[flip].reshape(len(target), -1)[:, cell], target, settings))
    box = entry["trg_bndbox"]
    return Pair(entry["category"], names, answers, truth, max(box[2] - box[0], box[3] - box[1]) * scale, distances)


# ---- PCK -------------------------------------------------------------------------------------------------------------


def number_by_place(groups, count):
    """Groups and single keypoints as a list in order of their first; then numbers by place, which are others where a group is no run."""
    listed = sorted([list(group) for group in groups] + [[k] for k in range(count) if not any(k in group for group in groups)])
    numbers, made = iter(range(count)), []
    for group in listed:
        made.append([next(numbers) for _ in group])
    return made


def judged(pair, groups):
    """Whether each keypoint that both images show is right, for each of ALPHAS; of the geometry-aware ones alone if there are groups."""
    shown = [k for k, (a, t) in enumerate(zip(pair.answers, pair.truth)) if a is not None and t is not None]
    if groups is not None:
        aware = {k for group in groups if sum(pair.truth[k] is not None for k in group) >= 2 for k in group}
        shown = [k for k in shown if k in aware]
    errors = np.array([math.dist(pair.answers[k], pair.truth[k]) for k in shown])
    return errors[:, None] < np.array(ALPHAS) * pair.threshold


def pck(pairs, groups=None, per_point=True):
    """[len(ALPHAS)] over all pairs; pairs without such a keypoint count nowhere."""
    tables = [table for table in (judged(pair, groups) for pair in pairs) if len(table)]
    return np.concatenate(tables).mean(0) if per_point else np.mean([table.mean(0) for table in tables], 0)


def partners_of(mirror, count):
    partners = list(range(count))
    for a, b in mirror:
        partners[a], partners[b] = b, a
    return partners


def run(folder, mirror, settings, doubtful=None):
    """All pairs of a folder."""
    return [match(folder, entry, partners_of(mirror, len(folder.keypoints(f"{entry['category']}/{entry['src_imname'][:-4]}"))), settings, doubtful)
            for entry in folder.pairs()]
