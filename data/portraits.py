#!/usr/bin/env python3
"""data/portraits.py ASTRONAUT HOPPER OUTPUT.h5: the input of the README's picture, two people and fourteen points of their faces.

The photographs are in the public domain: Eileen Collins by NASA, skimage/data/astronaut.png of Debian's python3-skimage, and Grace
Hopper by the US Navy, sample_data/grace_hopper.jpg of python-matplotlib-data. The points were set by hand. The features are no network's:
they are histograms of gradients around each cell, at three scales (as in SIFT: Lowe, 2004), so that geosc has something honest to match.
"""

import sys

import h5py
import numpy as np
from PIL import Image

SIDE, GRID = 400, 50  # pixels and cells along each side
CROPS = ((100, 5, 240), (65, 10, 400))  # left, top and side of the square that is shown, in pixels of each photograph
DIRECTIONS, SCALES = 8, (12, 24, 48)  # of gradients; pixels from one histogram of a descriptor to the next
POINTS = {  # x and y in each photograph
    "right eye": ((203, 101), (223, 189)),
    "left eye": ((246, 103), (307, 186)),
    "bridge of the nose": ((225, 103), (265, 187)),
    "tip of the nose": ((222, 127), (268, 239)),
    "right nostril": ((212, 129), (243, 243)),
    "left nostril": ((236, 129), (293, 242)),
    "right corner of the mouth": ((204, 140), (229, 279)),
    "left corner of the mouth": ((247, 139), (307, 277)),
    "upper lip": ((225, 140), (268, 275)),
    "lower lip": ((224, 151), (268, 295)),
    "chin": ((224, 177), (268, 330)),
    "right ear lobe": ((179, 131), (183, 268)),
    "left ear lobe": ((270, 136), (344, 267)),
    "forehead": ((216, 81), (265, 134)),
}


def blur(image, deviation):
    """Along the last two axes, by a Gaussian; the border's values go on beyond it."""
    reach = int(3 * deviation + 0.5)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
    weights /= weights.sum()
    for axis in (-2, -1):
        size = image.shape[axis]
        padded = np.take(image, np.clip(np.arange(-reach, size + reach), 0, size - 1), axis)
        image = sum(weight * np.take(padded, np.arange(i, i + size), axis) for i, weight in enumerate(weights))
    return image


def gradients(grey, scale):
    """[DIRECTIONS, SIDE, SIDE]: how strong the gradients of each direction are around a pixel, for their neighbourhood."""
    down, across = np.gradient(blur(grey, max(1, scale / 8)))
    strength = np.hypot(across, down)
    strength /= blur(strength, 1.5 * scale) + 0.01
    turn = np.arctan2(down, across) - 2 * np.pi * np.arange(DIRECTIONS)[:, None, None] / DIRECTIONS
    return blur(strength * np.maximum(np.cos(turn), 0) ** 3, scale / 2)


def describe(picture):
    """[C, GRID, GRID]: at each scale, the histograms of 4 x 4 places around a cell, of length 1 without values above 0.2."""
    grey, centres = picture @ (0.299, 0.587, 0.114) / 255, (np.arange(GRID) + 0.5) * SIDE / GRID
    parts = []
    for scale in SCALES:
        around = gradients(grey, scale)
        rows, columns = (
            [np.clip((centres + step * scale).astype(int), 0, SIDE - 1) for step in (-1.5, -0.5, 0.5, 1.5)] for _ in range(2)
        )
        part = np.concatenate([around[:, y][:, :, x] for y in rows for x in columns])
        part = np.minimum(part / (np.linalg.norm(part, axis=0) + 1e-6), 0.2)
        parts.append(part / (np.linalg.norm(part, axis=0) + 1e-6))
    return np.concatenate(parts)


def main(paths, output):
    pictures, points = [], []
    for i, (path, (left, top, side)) in enumerate(zip(paths, CROPS)):
        shown = Image.open(path).convert("RGB").crop((left, top, left + side, top + side))
        pictures.append(np.asarray(shown.resize((SIDE, SIDE), Image.LANCZOS)))
        points.append((np.array([places[i] for places in POINTS.values()]) - (left, top)) * SIDE / side)
    with h5py.File(output, "w") as file:
        file["images/features"] = np.stack([describe(picture) for picture in pictures]).astype("f2")
        file["images/rgb"] = np.stack(pictures)
        file["images/size"] = np.full((2, 2), SIDE)
        file["images/name"] = ["Eileen Collins", "Grace Hopper"]
        file["pairs/source"], file["pairs/target"] = [0], [1]
        file["pairs/keypoints"], file["pairs/target_keypoints"] = points[:1], points[1:]
        file["pairs/keypoints"].attrs["units"] = "pixel"
        file["pairs/keypoint_name"] = list(POINTS)
        file["pairs/threshold"] = [np.ptp(points[1], axis=0).max()]  # the larger side of the points' box


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(sys.argv[1:3], sys.argv[3])
