"""Writes COCO's format from an input that geosc-import coco made: its annotations, or the answers of geosc match as results of keypoints.

Coordinates are pixels of the photographs, as in the annotations. Results are a list of objects as COCO's evaluation reads them: image_id,
category_id, keypoints (x, y, 1 for each; 0, 0, 0 without an answer) and score, the mean of the answers' similarities.
"""

import json
import os

import numpy as np

from . import ImportFailure, place, reason, stop
from .resume import Log, check_nothing_to_lose
from .stored import read_apart

NUMBERS = ("image_id", "image_size", "annotation_id", "annotation_image", "annotation_category", "annotation_bbox", "annotation_area",
           "annotation_keypoints", "category_id", "pair_annotations")
TEXTS = ("image_name", "image_others", "annotation_others", "category_name", "category_keypoints", "category_skeleton", "category_others",
         "others")


def read_input(file):
    """What an input has in /coco, and what its coordinates are."""
    if not file.is_here("/coco"):
        raise ImportFailure("has no /coco: it is not an input that geosc-import coco wrote")
    found = {name: file.array("/coco/" + name) for name in NUMBERS}
    found.update({name: file.texts("/coco/" + name) for name in TEXTS})
    found["units"] = file.attribute("/pairs/keypoints", "units") if file.is_here("/pairs/keypoints") else None
    return found


def read_matches(file):
    if not file.is_here("/matches/xy"):
        raise ImportFailure("has no /matches/xy: it is not an output of geosc match")
    return {"xy": file.array("/matches/xy"), "score": file.array("/matches/score")}


def plain(number):
    """A number as JSON should have it: whole ones without a point."""
    value = float(number)
    return int(value) if value.is_integer() else value


class Kept:
    """The annotations that an input keeps, checked: the file may be anything."""

    def __init__(self, path):
        self.path = path
        found = read_apart(path, read_input)
        for name in NUMBERS:
            setattr(self, name, np.asarray(found[name][0], float if name in ("annotation_bbox", "annotation_area", "annotation_keypoints") else int))
        for name in TEXTS:
            setattr(self, name, found[name])
        self.units = found["units"]
        images, ones, categories, count = (len(self.image_id), len(self.annotation_id), len(self.category_id), self.annotation_keypoints.shape[-2:-1])
        shapes = {"image_id": (images,), "image_size": (images, 2), "annotation_id": (ones,), "annotation_image": (ones,),
                  "annotation_category": (ones,), "annotation_bbox": (ones, 4), "annotation_area": (ones,),
                  "annotation_keypoints": (ones, *count, 3), "category_id": (categories,), "pair_annotations": (len(self.pair_annotations), 2),
                  **{name: ({"i": images, "a": ones, "c": categories}[name[0]],) for name in TEXTS[:-1]}, "others": (1,)}
        for name, shape in shapes.items():
            own = getattr(self, name)
            if (own.shape if isinstance(own, np.ndarray) else (len(own),)) != shape:
                raise self.damage(name)
        for name, below in (("annotation_image", images), ("annotation_category", categories)):
            if not ((getattr(self, name) >= 0) & (getattr(self, name) < below)).all():
                raise self.damage(name)
        if not np.isin(self.pair_annotations, self.annotation_id).all():
            raise self.damage("pair_annotations")

    def damage(self, name):
        return ImportFailure(f"{self.path}: /coco/{name}: is damaged; import the annotations again")

    def unpack(self, name, row, kind):
        try:
            value = json.loads(getattr(self, name)[row])
        except (ValueError, RecursionError):
            raise self.damage(name) from None
        if value is not None and not isinstance(value, kind):
            raise self.damage(name)
        return value

    def keypoint_count(self, row):
        """How many keypoints an annotation has: the rest of its row is NaN."""
        return int((~np.isnan(self.annotation_keypoints[row, :, 2])).sum())

    def annotation(self, row):
        stop.check()
        entry = {"id": int(self.annotation_id[row]), "image_id": int(self.image_id[self.annotation_image[row]]),
                 "category_id": int(self.category_id[self.annotation_category[row]])}
        entry["keypoints"] = [plain(value) for value in self.annotation_keypoints[row, : self.keypoint_count(row)].reshape(-1)]
        if np.isfinite(self.annotation_bbox[row]).all():
            entry["bbox"] = [plain(value) for value in self.annotation_bbox[row]]
        if np.isfinite(self.annotation_area[row]):
            entry["area"] = plain(self.annotation_area[row])
        return {**entry, **(self.unpack("annotation_others", row, dict) or {})}

    def image(self, row):
        width, height = map(int, self.image_size[row])
        return {"id": int(self.image_id[row]), "file_name": self.image_name[row], "width": width, "height": height,
                **(self.unpack("image_others", row, dict) or {})}

    def category(self, row):
        lists = {name: self.unpack("category_" + name, row, list) for name in ("keypoints", "skeleton")}
        return {"id": int(self.category_id[row]), "name": self.category_name[row],
                **{name: value for name, value in lists.items() if value is not None}, **(self.unpack("category_others", row, dict) or {})}

    def content(self):
        if not np.isfinite(np.nan_to_num(self.annotation_keypoints)).all():
            raise self.damage("annotation_keypoints")
        return {**(self.unpack("others", 0, dict) or {}), "images": [self.image(row) for row in range(len(self.image_id))],
                "annotations": [self.annotation(row) for row in range(len(self.annotation_id))],
                "categories": [self.category(row) for row in range(len(self.category_id))]}


def results(kept, matches):
    """A result for each pair: the answers in its target."""
    found = read_apart(matches, read_matches)
    xy, score = (np.asarray(found[name][0], float) for name in ("xy", "score"))
    count = len(kept.pair_annotations)
    if xy.ndim != 3 or xy.shape[2] != 2 or score.shape != xy.shape[:2] or len(xy) != count:
        raise ImportFailure(f"{matches}: has the answers {list(xy.shape)}, but {kept.path} has {count} pairs: it is not its output")
    rows, out = {one: row for row, one in enumerate(kept.annotation_id.tolist())}, []
    for points, scores, (source, target) in zip(xy, score, kept.pair_annotations.tolist()):
        stop.check()
        row = rows[target]
        count = kept.keypoint_count(row)
        if count > len(points):
            raise ImportFailure(f"{matches}: has {len(points)} answers for a pair, but annotation {target} has {count} keypoints: it is not the "
                                f"output of {kept.path}")
        there = np.isfinite(points[:count]).all(-1)
        keypoints = np.where(there[:, None], np.c_[points[:count], np.ones(count)], 0)
        out.append({"image_id": int(kept.image_id[kept.annotation_image[row]]), "category_id": int(kept.category_id[kept.annotation_category[row]]),
                    "keypoints": [plain(value) for value in keypoints.reshape(-1)],
                    "score": float(scores[:count][there].mean()) if there.any() else 0.0,
                    "source_annotation_id": source, "target_annotation_id": target})
    return out


def export(path, matches, output, force):
    """Writes the file; returns how many annotations or results it has."""
    kept = Kept(path)
    content = results(kept, matches) if matches else kept.content()
    text = json.dumps(content, indent=1, allow_nan=False) + "\n"
    with place.claim(output) as claim:
        log = Log(claim)
        check_nothing_to_lose(log)
        try:
            with place.new_output(claim, force) as (descriptor, _):
                data = text.encode()
                while data:
                    data = data[os.write(descriptor, data) :]
        except OSError as error:
            raise ImportFailure(f"{output}: cannot be written: {reason(error)}") from None
        finally:
            log.remove()
    return len(content) if matches else len(content["annotations"])
