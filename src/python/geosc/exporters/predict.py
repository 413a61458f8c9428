"""Labels from answers: for each target, the keypoints that its supports found."""

import numpy as np

from ..importers import stop
from .fusion import Fused
from .kept import plain

MARGIN = 0.1  # of the larger side of the box around the keypoints, added on each side
DIGITS = 3  # of a pixel
SCORE_DIGITS = 5


class Rule:
    """The user's: a score below `present` gives the visibility 0, one below `visible` 1, others 2; keep: a target's own keypoints stay."""

    def __init__(self, present=0.0, visible=0.0, keep=False):
        self.present, self.visible, self.keep = present, visible, keep

    def visibility(self, fused, size):
        """An answer outside of the picture, in the padding of its frame, is not there."""
        there = np.isfinite(fused.xy).all(-1) & ~is_outside(fused.xy, size) & (np.nan_to_num(fused.score) >= self.present)
        return np.where(there, np.where((np.nan_to_num(fused.score) >= self.visible) & ~fused.hidden, 2, 1), 0)


def is_outside(xy, size):
    """[K]: which answers [K, 2] lie outside of a picture of this size, as they are written."""
    with np.errstate(invalid="ignore"):
        return ((np.round(xy, DIGITS) < 0) | (np.round(xy, DIGITS) > size)).any(-1)


def number(value, digits):
    return plain(round(float(value), digits))


def box_around(points, size):
    """The box [x, y, width, height] of points [N, 2], with a margin, within a picture of this size; the picture itself without points."""
    if not len(points):
        return [0, 0, *map(plain, size)]
    low, high = points.min(0), points.max(0)
    margin = MARGIN * max(high - low) or 1
    low, high = np.maximum(low - margin, 0), np.minimum(high + margin, size)
    return [number(value, DIGITS) for value in (*low, *(high - low))]


def complete(entry, size):
    """The entry with what importers of COCO's format ask of each, if it is not there."""
    points = np.array(entry.get("keypoints", []), float).reshape(-1, 3)
    points = points[points[:, 2] > 0, :2]
    entry.setdefault("num_keypoints", len(points))
    entry.setdefault("bbox", box_around(points, size))
    entry.setdefault("area", plain(round(entry["bbox"][2] * entry["bbox"][3], DIGITS)))
    entry.setdefault("iscrowd", 0)
    entry.setdefault("segmentation", [])
    entry.setdefault("score", 1)
    return entry


def own_keypoints(kept, row, count):
    """[count, 3] of a target before, with visibility 0 where it has none."""
    own = np.zeros((count, 3))
    found = kept.annotation_keypoints[row, : min(count, kept.keypoint_count(row))]
    own[: len(found)] = found
    return own


def label(kept, row, fused, rule):
    """The annotation of a target with its new keypoints."""
    size = kept.image_size[kept.annotation_image[row]]
    own = own_keypoints(kept, row, len(fused.xy)) if rule.keep else np.zeros((len(fused.xy), 3))
    stays = own[:, 2] > 0
    seen, xy = np.where(stays, own[:, 2], rule.visibility(fused, size)), np.nan_to_num(fused.xy).clip(0, size)
    xy[stays] = own[stays, :2]
    entry = kept.annotation(row)
    entry["keypoints"] = [number(value, DIGITS) for value in np.where(seen[:, None] > 0, np.c_[xy, seen], 0).reshape(-1)]
    entry["num_keypoints"] = int((seen > 0).sum())
    scores = np.where(stays, 1, np.where(np.isfinite(fused.xy).all(-1), np.nan_to_num(fused.score), 0))
    entry["score"] = number(scores[seen > 0].mean() if (seen > 0).any() else 0, SCORE_DIGITS)
    entry["keypoint_scores"] = [number(value, SCORE_DIGITS) for value in scores]
    entry["keypoint_supports"] = np.where(stays, 0, fused.supports).tolist()
    entry["keypoint_spread"] = [number(value, DIGITS) for value in np.where(stays, 0, np.nan_to_num(fused.spread))]
    entry["keypoint_outside"] = (is_outside(fused.xy, size) & ~stays).astype(int).tolist()
    return complete(entry, size)


def predictions(kept, answers, rule):
    """{row of an annotation that is a target: its new label}."""
    rows = {one: row for row, one in enumerate(kept.annotation_id.tolist())}
    pairs_of = {}
    for pair, (_, target) in enumerate(kept.pair_annotations.tolist()):
        pairs_of.setdefault(rows[target], []).append(pair)
    found = {}
    for row, pairs in pairs_of.items():
        stop.check()
        sources = [rows[one] for one in kept.pair_annotations[pairs, 0].tolist()]
        count = min(max(kept.keypoint_count(source) for source in sources), kept.asked.shape[1])
        seen = np.where(kept.asked[pairs, :count], np.nan_to_num(kept.annotation_keypoints[sources, :count, 2]), 0)
        fused = Fused(answers.xy[pairs, :count], answers.score[pairs, :count], answers.mutual[pairs, :count], seen)
        found[row] = label(kept, row, fused, rule)
    return found


def labels(kept, found, rule):
    """(all annotations: the new ones, of predictions, and others as they were; the number of new ones, and of those that had keypoints before). A
    made one without a keypoint is left out, and one whose own keypoints all stay is as it was."""
    found = {row: entry for row, entry in found.items()
             if (entry["num_keypoints"] or not kept.annotation_made[row]) and (not rule.keep or any(entry["keypoint_supports"]))}
    out = []
    for row in range(len(kept.annotation_id)):
        if row in found:
            out.append(found[row])
        elif not kept.annotation_made[row]:
            out.append(complete(kept.annotation(row), kept.image_size[kept.annotation_image[row]]))
    return out, len(found), sum((kept.annotation_keypoints[row, :, 2] > 0).any() for row in found)


def results(found):
    """What COCO's evaluation of keypoints reads, of predictions."""
    return [{name: entry[name] for name in ("image_id", "category_id", "keypoints", "score")} for entry in found.values()]
