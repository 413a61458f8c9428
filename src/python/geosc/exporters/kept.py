"""The annotations that an input of geosc-import coco keeps, in its group /coco: geosc-files(5), INPUT, LABELS."""

import json

import numpy as np

from ..importers import ImportFailure, stop
from ..importers.coco import OWN_KEYS
from ..importers.stored import read_apart

NUMBERS = ("image_id", "image_size", "image_made", "annotation_id", "annotation_image", "annotation_category", "annotation_bbox",
           "annotation_area", "annotation_keypoints", "annotation_made", "category_id", "pair_annotations")
FLOATS = ("annotation_bbox", "annotation_area", "annotation_keypoints")
TEXTS = ("image_name", "image_others", "annotation_others", "category_name", "category_keypoints", "category_skeleton", "category_others",
         "others")


def read_input(file):
    """What an input has in /coco, and what its coordinates are."""
    if not file.is_here("/coco"):
        raise ImportFailure("has no /coco: it is not an input that geosc-import coco wrote")
    found = {name: file.array("/coco/" + name) for name in NUMBERS}
    found.update({name: file.texts("/coco/" + name) for name in TEXTS})
    found["asked"] = file.array("/pairs/keypoints")
    found["order"] = file.texts("/images/name") if file.is_here("/images/name") else None
    return found


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
            setattr(self, name, np.asarray(found[name][0], float if name in FLOATS else int))
        for name in TEXTS:
            setattr(self, name, found[name])
        self.asked = np.isfinite(np.asarray(found["asked"][0], float)).all(-1)  # [P, K]: the support's keypoints that were searched for
        self.order = found["order"]  # names of the images by their numbers in /pairs, of the indexed layout
        self.check_shapes()
        for name, below in (("annotation_image", len(self.image_id)), ("annotation_category", len(self.category_id))):
            if not ((getattr(self, name) >= 0) & (getattr(self, name) < below)).all():
                raise self.damage(name)
        if not np.isin(self.pair_annotations, self.annotation_id).all():
            raise self.damage("pair_annotations")
        if np.isinf(self.annotation_keypoints).any() or not np.isin(np.nan_to_num(self.annotation_keypoints[:, :, 2]), (0, 1, 2)).all():
            raise self.damage("annotation_keypoints")

    def check_shapes(self):
        images, ones, categories, count = (len(self.image_id), len(self.annotation_id), len(self.category_id), self.annotation_keypoints.shape[-2:-1])
        lists = {name: ({"i": images, "a": ones, "c": categories}[name[0]],) for name in (*NUMBERS[:-1], *TEXTS[:-1])}
        shapes = {**lists, "image_size": (images, 2), "annotation_bbox": (ones, 4), "annotation_keypoints": (ones, *count, 3),
                  "pair_annotations": (len(self.pair_annotations), 2), "others": (1,)}
        for name, shape in shapes.items():
            own = getattr(self, name)
            if (own.shape if isinstance(own, np.ndarray) else (len(own),)) != shape:
                raise self.damage(name)
        if self.asked.ndim != 2 or len(self.asked) != len(self.pair_annotations):
            raise ImportFailure(f"{self.path}: /pairs/keypoints: does not go with /coco/pair_annotations")

    def damage(self, name):
        return ImportFailure(f"{self.path}: /coco/{name}: is damaged; import the annotations again")

    def unpack(self, name, row, kind):
        def refuse(text):
            raise ValueError(text)  # NaN and infinity, which JSON does not have

        try:
            value = json.loads(getattr(self, name)[row], parse_constant=refuse)
        except (ValueError, RecursionError):
            raise self.damage(name) from None
        if value is not None and not isinstance(value, kind):
            raise self.damage(name)
        return value

    def others_of(self, kind, row):
        """What an entry has beside the keys of the format."""
        name = {"images": "image", "annotations": "annotation", "categories": "category"}[kind] + "_others"
        found = self.unpack(name, row, dict) or {}
        if set(found) & set(OWN_KEYS[kind]):
            raise self.damage(name)
        return found

    def keypoint_count(self, row):
        """How many keypoints an annotation has: the rest of its row is NaN."""
        return int((~np.isnan(self.annotation_keypoints[row, :, 2])).sum())

    def annotation(self, row):
        stop.check()
        entry = {"id": int(self.annotation_id[row]), "image_id": int(self.image_id[self.annotation_image[row]]),
                 "category_id": int(self.category_id[self.annotation_category[row]])}
        if self.keypoint_count(row):
            entry["keypoints"] = [plain(value) for value in self.annotation_keypoints[row, : self.keypoint_count(row)].reshape(-1)]
        if np.isfinite(self.annotation_bbox[row]).all():
            entry["bbox"] = [plain(value) for value in self.annotation_bbox[row]]
        if np.isfinite(self.annotation_area[row]):
            entry["area"] = plain(self.annotation_area[row])
        return {**entry, **self.others_of("annotations", row)}

    def image(self, row):
        width, height = map(int, self.image_size[row])
        return {"id": int(self.image_id[row]), "file_name": self.image_name[row], "width": width, "height": height,
                **self.others_of("images", row)}

    def category(self, row):
        lists = {name: self.unpack("category_" + name, row, list) for name in ("keypoints", "skeleton")}
        return {"id": int(self.category_id[row]), "name": self.category_name[row],
                **{name: value for name, value in lists.items() if value is not None}, **self.others_of("categories", row)}

    def content(self, annotations=None):
        """A file in COCO's format: the annotations that there were, or these for all pictures, those that were added, too."""
        if annotations is None:
            annotations = [self.annotation(row) for row in np.flatnonzero(self.annotation_made == 0)]
            images = np.flatnonzero(self.image_made == 0)
        else:
            images = range(len(self.image_id))
        return {**(self.unpack("others", 0, dict) or {}), "images": [self.image(row) for row in images], "annotations": annotations,
                "categories": [self.category(row) for row in range(len(self.category_id))]}
