"""Compares the mirror partners of a symmetry file with the keypoints of a data set.

A mirrored image of an object is the image of a mirrored object: with partners swapped, its keypoints must lie like those of other images of the
category. So each image is mirrored, its keypoints renamed, and laid over the images that it fits best (moved, turned and scaled, by least
squares); where a keypoint comes to lie, the other image must have its partner. The fit leaves out both of them, so that they do not decide.
"""

import numpy as np

from . import stop
from .text import printable

FEWEST = 4  # keypoints of a fit
CLOSEST = 5  # images that each one is laid over
MOST_IMAGES = 400  # of a category, the first ones
FEWEST_VOTES = 3  # against a row, before it counts as wrong


def points_of_images(scene):
    """{category: [images, K] complex numbers} of the keypoints of each image, NaN if absent."""
    found = {}
    for pair, category, *sides in zip(scene.pairs, scene.categories, scene.keypoints, scene.target_keypoints):
        for image, points in zip(pair, sides):
            found.setdefault(category, {}).setdefault(image, points)
    count = max(len(points) for images in found.values() for points in images.values())
    out = {}
    for category, images in sorted(found.items()):
        rows = np.full((min(len(images), MOST_IMAGES), count), np.nan, complex)
        for row, points in zip(rows, images.values()):
            row[: len(points)] = points[:, 0] + 1j * points[:, 1]
        out[category] = rows
    return out


class Fit:
    """a and b of the similarity a z + b that lays keypoints over others [..., K] best, and its error, for all rows at once."""

    def __init__(self, points, others, leave_out=()):
        used = np.isfinite(points) & np.isfinite(others)
        used[..., list(leave_out)] = False
        self.count = used.sum(-1)
        z, w = np.where(used, points, 0), np.where(used, others, 0)
        n = np.maximum(self.count, 1)
        z_mean, w_mean = z.sum(-1) / n, w.sum(-1) / n
        z, w = np.where(used, z - z_mean[..., None], 0), np.where(used, w - w_mean[..., None], 0)
        spread, self.scale = (abs(z) ** 2).sum(-1), np.sqrt((abs(w) ** 2).sum(-1) / n)
        with np.errstate(divide="ignore", invalid="ignore"):
            self.a = (z.conj() * w).sum(-1) / spread
            self.b = w_mean - self.a * z_mean
            error = np.sqrt((abs(np.where(used, self.a[..., None] * z - w, 0)) ** 2).sum(-1) / n) / self.scale
        self.error = np.where((self.count >= FEWEST) & np.isfinite(error), error, np.inf)


def votes_of(points, partner):
    """[K, K]: how often the mirrored keypoint k comes to lie next to l, in the images that an image fits best and that have k's partner."""
    mirrored = -points.conj()
    renamed = np.full_like(mirrored, np.nan)
    renamed[:, partner] = mirrored
    nearest = np.argsort(Fit(renamed[:, None], points[None]).error, 1, kind="stable")[:, :CLOSEST]
    votes = np.zeros((len(partner), len(partner)), int)
    for k, other in enumerate(partner):
        stop.check()
        fit = Fit(renamed[:, None], points[nearest], (k, other))
        place = fit.a * mirrored[:, k, None] + fit.b
        good = np.isfinite(place) & (fit.error < np.inf) & np.isfinite(points[nearest, other])
        distance = abs(points[nearest[good]] - place[good][:, None])
        np.add.at(votes[k], np.argmin(np.where(np.isfinite(distance), distance, np.inf), -1), 1)
    return votes


def check_category(points, partner):
    """(confirmed, not seen, contradicted) keypoints of a category: the last as (keypoint, its partner, votes, the better one, votes)."""
    votes, confirmed, unseen, wrong = votes_of(points, partner), 0, 0, []
    for k in np.flatnonzero(np.isfinite(points).any(0)):
        own, best = votes[k, partner[k]], int(np.argmax(votes[k]))
        if votes[k, best] > own and votes[k, best] >= FEWEST_VOTES:
            wrong.append((k, partner[k], own, best, votes[k, best]))
        elif own:
            confirmed += 1
        else:
            unseen += 1
    return confirmed, unseen, wrong


def check_symmetry(scene, symmetry):
    """The lines of a table, a row for each category, and of what contradicts the file."""
    lines, against = ["category images confirmed unseen contradicted"], []
    for category, points in points_of_images(scene).items():
        _, partner = symmetry.of(category, points.shape[1])
        confirmed, unseen, wrong = check_category(points, partner)
        lines.append(f"{printable(category)} {len(points)} {confirmed} {unseen} {len(wrong)}")
        against += [f"{printable(category)}: keypoint {k}, mirrored, lies on {best} in {more} images, on its partner {own} in {votes}"
                    for k, own, votes, best, more in wrong]
    return lines, against
