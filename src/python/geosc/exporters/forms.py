"""A file in COCO's format, as a dict, in the forms of other programs."""

import csv
import io
import json
import os
from xml.sax.saxutils import escape, quoteattr

from ..importers import ImportFailure
from ..importers.text import printable

COMPUTED = "=+-@\t\r"  # a spreadsheet would compute a cell that begins so


def cell(text):
    text = str(text)
    return printable("'" * text.startswith(tuple(COMPUTED)) + text)


def table(rows):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def coco(content):
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def keypoint_names(category, count):
    """The names of a category's keypoints, numbers from 1 if it has none."""
    return [str(name) for name in category.get("keypoints") or range(1, count + 1)][:count]


class Labels:
    """The annotations with keypoints, picture by picture."""

    def __init__(self, content):
        self.images, self.categories = content["images"], {one["id"]: one for one in content["categories"]}
        self.of_image = {image["id"]: [] for image in self.images}
        for one in content["annotations"]:
            if one.get("keypoints"):
                self.of_image.setdefault(one["image_id"], []).append(one)

    def of(self, image):
        """(annotation, its category, [(keypoint's name, (x, y, visibility))]) of a picture."""
        for one in self.of_image[image["id"]]:
            points = [one["keypoints"][k : k + 3] for k in range(0, len(one["keypoints"]), 3)]
            category = self.categories[one["category_id"]]
            yield one, category, list(zip(keypoint_names(category, len(points)), points))

    def each(self):
        for image in self.images:
            for found in self.of(image):
                yield (image, *found)


def of_keypoints(one, name, points, default):
    """What is told of each keypoint of an annotation, such as its score; the file may have anything by this name."""
    values = one.get("keypoint_" + name)
    good = isinstance(values, list) and len(values) == len(points) and all(isinstance(value, (int, float)) for value in values)
    return values if good else [default] * len(points)


def csv_table(content):
    """A line for each keypoint."""
    rows = [["image", "category", "annotation", "keypoint", "x", "y", "visibility", "score", "supports", "spread", "outside"]]
    for image, one, category, points in Labels(content).each():
        parts = [of_keypoints(one, name, points, "") for name in ("scores", "supports", "spread", "outside")]
        for (name, (x, y, seen)), *more in zip(points, *parts):
            rows.append([cell(image["file_name"]), cell(category["name"]), one["id"], cell(name), *((x, y) if seen else ("", "")), seen, *more])
    return table(rows)


def dlc(content, scorer, folder=None, category=None, likelihood=False):
    """DeepLabCut's table of one animal: three rows of headers, then a row for each picture. folder: that in labeled-data."""
    labels = Labels(content)
    every = [found for found in labels.each() if category in (None, found[2]["name"])]
    names = sorted({found[2]["name"] for found in every})
    if len(names) != 1:
        raise ImportFailure(f"{printable(', '.join(names), 200) or 'no category'} to write, but DeepLabCut's table has one: name it with --category")
    bodyparts = [name for name, _ in max((points for *_, points in every), key=len)]
    columns = ("x", "y", "likelihood") if likelihood else ("x", "y")
    each = [(part, column) for part in bodyparts for column in columns]
    rows = [["scorer"] + [cell(scorer)] * len(each), ["bodyparts", *(cell(part) for part, _ in each)], ["coords", *(column for _, column in each)]]
    taken = set()
    for image, one, _, points in every:
        path = dlc_path(image["file_name"], folder)
        if path in taken:
            raise ImportFailure(f"{printable(path, 200)}: is there twice, but DeepLabCut's table has one row for a picture")
        taken.add(path)
        row = [cell(path)]
        for (_, (x, y, seen)), score in zip(points, of_keypoints(one, "scores", points, 1)):
            row += [x, y, score][: len(columns)] if seen else [""] * len(columns)
        rows.append(row + [""] * (1 + len(each) - len(row)))
    return table(rows)


def dlc_path(name, folder):
    """Where DeepLabCut looks for a picture: labeled-data/FOLDER/NAME."""
    if folder is None and name.startswith("labeled-data/"):
        return name
    own = folder or os.path.basename(os.path.dirname(name)) or "images"
    return f"labeled-data/{own}/{os.path.basename(name)}"


def attributes(**given):
    return "".join(f" {name}={quoteattr(printable(value))}" for name, value in given.items())


def skeleton(category, points):
    """The lines of an annotation. Points without an answer are outside."""
    yield f"    <skeleton{attributes(label=category['name'], source='file', occluded=0, z_order=0)}>"
    for name, (x, y, seen) in points:
        own = attributes(label=name, source="file", outside=int(not seen), occluded=int(seen == 1), points=f"{x:.2f},{y:.2f}")
        yield f"      <points{own}></points>"
    yield "    </skeleton>"


def cvat(content):
    """CVAT for images 1.1: a skeleton for each annotation, whose points have the names of the keypoints."""
    labels, body, used = Labels(content), [], {}
    for number, image in enumerate(labels.images):
        size = {side: image[side] for side in ("width", "height")}
        body.append(f"  <image{attributes(id=number, name=image['file_name'], **size)}>")
        for _, category, points in labels.of(image):
            body += skeleton(category, points)
            used.setdefault(category["name"], {}).update((name, None) for name, _ in points)
        body.append("  </image>")
    meta = []
    for name, parts in used.items():
        own, end = escape(printable(name)), "<attributes></attributes>"
        meta.append(f"    <label><name>{own}</name><type>skeleton</type>{end}</label>")
        meta += [f"    <label><name>{escape(printable(part))}</name><type>points</type>{end}<parent>{own}</parent></label>" for part in parts]
    return "\n".join(['<?xml version="1.0" encoding="utf-8"?>', "<annotations>", "  <version>1.1</version>", "  <meta><task><labels>", *meta,
                      "  </labels></task></meta>", *body, "</annotations>", ""])
