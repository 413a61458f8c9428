"""Makes a data set as GeoAware-SC's scripts leave it, small: .pt files, PNG masks, pictures and annotations.

Features are smooth functions of the place on the object, of which an image shows a moved and sometimes a mirrored view, so that
there are right matches and a right pose.
"""

import json
import os

import numpy as np
import torch
from PIL import Image

SIDE, MASK_SIDE = 840, 960
GRID = 12
LEVELS = {"s3": (16, 12), "s4": (12, 6), "s5": (8, 3), "dino": (10, 12)}  # channels, cells; more of these with `scale`
KEYPOINTS = 30


class View:
    """One image: which part of the object it shows, and its size in pixels."""

    def __init__(self, random, width, height, mirrored):
        self.width, self.height, self.mirrored = width, height, mirrored
        self.shift = random.uniform(-0.08, 0.08, 2)

    def to_object(self, points):
        """Places in the square, in 0..1, as places on the object."""
        points = np.array(points, float)
        if self.mirrored:
            points[..., 0] = 1 - points[..., 0]
        return points + self.shift

    def from_object(self, points):
        points = np.array(points, float) - self.shift
        if self.mirrored:
            points[..., 0] = 1 - points[..., 0]
        return points

    def to_pixels(self, points):
        """Places in the square as pixels of the picture itself."""
        scale = SIDE / max(self.width, self.height)
        left = int((SIDE - int(np.around(self.width * scale))) / 2)
        top = int((SIDE - int(np.around(self.height * scale))) / 2)
        return (points * SIDE - (left, top)) / scale


def feature_functions(random, mirror_gain=0.35):
    """For each level weights of waves over the object. Left and right look alike, but for a part."""
    functions = {}
    for name, (channels, _) in LEVELS.items():
        waves = random.normal(0, 5, (channels, 2))
        functions[name] = waves, random.uniform(0, 2 * np.pi, channels), random.normal(0, mirror_gain, channels)
    return functions


def level_features(function, cells, view, flipped, random):
    axis = (np.arange(cells) + 0.5) / cells
    places = np.stack(np.meshgrid(axis, axis), -1)
    if flipped:
        places[..., 0] = 1 - places[..., 0]
    on_object = view.to_object(places)
    waves, phases, gains = function
    across = on_object * np.array([1.0, 1.0])
    values = np.cos(across @ waves.T + phases) + gains * (on_object[..., :1] - 0.5)
    if view.mirrored != flipped:
        values = values + 0.5 * np.sin(3 * phases)  # the view itself shows in the features
    values = values + random.normal(0, 0.02, values.shape)
    return torch.tensor(values.transpose(2, 0, 1)[None].astype(np.float32))


def save_features(folder, stem, functions, view, random, scale=1):
    os.makedirs(folder, exist_ok=True)
    for end, flipped in (("", False), ("_flip", True)):
        parts = {name: level_features(functions[name], scale * cells, view, flipped, random) for name, (_, cells) in LEVELS.items()}
        torch.save({name: parts[name] for name in ("s5", "s4", "s3")}, f"{folder}/{stem}_sd{end}.pt")
        torch.save(parts["dino"], f"{folder}/{stem}_dino{end}.pt")


def save_mask(folder, stem, view):
    y, x = np.mgrid[0:MASK_SIDE, 0:MASK_SIDE] / MASK_SIDE
    places = view.to_object(np.stack([x, y], -1))
    inside = ((places - 0.5) ** 2).sum(-1) < 0.4**2
    pixels = (inside * 255).astype(np.uint8)
    Image.fromarray(pixels).save(f"{folder}/{stem}_mask.png")
    Image.fromarray(pixels[:, ::-1]).save(f"{folder}/{stem}_mask_flip.png")


def write_json(path, value):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file)


def make_category(root, category, random, sizes, scale, partners=()):
    """Images of one category: {stem: (view, pixels of the keypoints)}."""
    functions, images = feature_functions(random), {}
    on_object = random.uniform(0.25, 0.75, (KEYPOINTS, 2))
    for number, (width, height) in enumerate(sizes):
        stem, view = f"2008_00{number:04d}", View(random, width, height, number % 3 == 1)
        save_features(f"{root}/features/{category}", stem, functions, view, random, scale)
        save_mask(f"{root}/features/{category}", stem, view)
        os.makedirs(f"{root}/JPEGImages/{category}", exist_ok=True)
        noise = random.integers(0, 255, (height, width, 3)).astype(np.uint8)
        Image.fromarray(noise).save(f"{root}/JPEGImages/{category}/{stem}.jpg")
        names = list(range(KEYPOINTS))
        for a, b in partners if view.mirrored else ():
            names[a], names[b] = b, a
        images[stem] = view, view.to_pixels(view.from_object(on_object[names]))
    return images


def make_spair(root, seed=1, scale=1, partners=()):
    """A folder like SPair-71k's: two categories of four images, all pairs within a category. In mirrored views, partners have changed places:
    it is the other side of the object that is seen."""
    random = np.random.default_rng(seed)
    sizes = [(500, 375), (333, 500), (400, 400), (500, 281)]
    for category in ("cat", "aeroplane"):
        images = make_category(root, category, random, sizes, scale, partners)
        seen = {stem: random.random(KEYPOINTS) < 0.6 for stem in images}
        for stem, (view, points) in images.items():
            kps = {str(k): [float(v) for v in points[k]] if seen[stem][k] else None for k in range(KEYPOINTS)}
            write_json(f"{root}/ImageAnnotation/{category}/{stem}.json", {"kps": kps, "bndbox": box_of(view), "filename": stem + ".jpg"})
        for number, (a, b) in enumerate((a, b) for a in images for b in images if a != b):
            write_json(f"{root}/PairAnnotation/test/{number:06d}-{a}-{b}:{category}.json", pair_entry(category, images, a, b))


def box_of(view):
    return [20, 30, view.width - 40, view.height - 60]


def pair_entry(category, images, a, b):
    entry = {"category": category}
    for which, stem in (("src", a), ("trg", b)):
        view = images[stem][0]
        entry[which + "_imname"] = stem + ".jpg"
        entry[which + "_imsize"] = [view.width, view.height, 3]
        entry[which + "_bndbox"] = box_of(view)
    return entry


def make_symmetry(path, random_pairs=((0, 1), (2, 3), (4, 5), (8, 9))):
    """Groups and partners for all categories, as a user would write them."""
    pairs = [list(pair) for pair in random_pairs]
    write_json(path, {"format": "geosc-symmetry", "categories": {"*": {"groups": pairs[:2] + [[4, 5, 8, 9]], "mirror": pairs}}})
