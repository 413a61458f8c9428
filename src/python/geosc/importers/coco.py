"""Annotations in COCO's format for keypoints, as MP-100 and many others have them: their images, and pairs of annotations of one category.

What an annotation says goes to the group /coco of the input, from which geosc-export writes labels: geosc does not read it.
"""

import json
import os
import random
import re

import numpy as np

from . import ImportFailure, extracted, own, stop, support
from .files import check_storable, read_json
from .scene import Scene
from .square import SIDE, SIDES, Square, picture_size
from .symmetry import Symmetry, by_names
from .text import printable, say

LARGEST = 1e9  # of a number in pixels
MOST_LISTED = 1 << 22  # pairs of a category that are listed; of more, pairs are drawn
MOST_TRIES = 100  # for each pair that is drawn
OWN_KEYS = {  # of the format; all others are kept as they are
    "images": ("id", "file_name", "width", "height"),
    "annotations": ("id", "image_id", "category_id", "keypoints", "bbox", "area"),
    "categories": ("id", "name", "keypoints", "skeleton"),
}
SHOWN = 60


class Entry:
    """One object of a list in the file, whose faults are reported with its place."""

    def __init__(self, path, kind, number, content):
        self.where, self.number = f"{path}: {kind}[{number}]", number
        if not isinstance(content, dict):
            raise self.fault(f"is {type(content).__name__}, expected an object")
        self.content, self.id = content, content.get("id")
        if type(self.id) is not int or not 0 <= self.id < 1 << 62:
            raise self.fault(f"id: is {printable(json.dumps(self.id), SHOWN)}, expected a whole number")
        self.others = {key: value for key, value in content.items() if key not in OWN_KEYS[kind]}

    def fault(self, what):
        return ImportFailure(f"{self.where}: {what}")

    def text(self, name):
        value = self.content.get(name)
        if not isinstance(value, str) or not value:
            raise self.fault(f"{name}: is {printable(json.dumps(value), SHOWN)}, expected a text")
        check_storable(value, self.where, f"the {name}")
        return value

    def numbers(self, name, count=None):
        """A list of finite numbers; None if the entry has none. count: as many as it must have."""
        values = self.content.get(name)
        if values is None:
            return None
        if not isinstance(values, list) or (count is not None and len(values) != count):
            raise self.fault(f"{name}: is not a list of {count or 'numbers'}" + " numbers" * (count is not None))
        for value in values:
            if type(value) not in (int, float) or not abs(value) <= LARGEST:
                raise self.fault(f"{name}: has {printable(json.dumps(value), SHOWN)}, expected numbers up to {LARGEST:g}")
        return np.array(values, float)


def entries(path, content, kind, form):
    """{id: entry} of a list in the file."""
    listed = content.get(kind)
    if not isinstance(listed, list):
        raise ImportFailure(f'{path}: has no list "{kind}": it is not a file of COCO\'s keypoints')
    found = {}
    for number, one in enumerate(listed):
        entry = form(path, kind, number, one)
        if found.setdefault(entry.id, entry) is not entry:
            raise entry.fault(f"has the id {entry.id} of another entry")
    return found


class Picture(Entry):
    made = False  # by us: the file does not list it

    def describe(self):
        self.name = self.text("file_name")
        if self.name.startswith("/") or ".." in re.split(r"[/\\]", self.name):
            raise self.fault(f"file_name: {self.name}: leads out of the folder")
        sizes = [self.content.get(name) for name in ("width", "height")]
        if any(type(side) is not int or not SIDES[0] <= side <= SIDES[1] for side in sizes):
            raise self.fault(f"width and height: are {printable(json.dumps(sizes), SHOWN)}, expected numbers of pixels")
        self.size = tuple(sizes)


class Category(Entry):
    def describe(self):
        self.name = self.text("name")
        self.names, self.skeleton = self.content.get("keypoints"), self.content.get("skeleton")
        if self.names is not None and not (isinstance(self.names, list) and all(isinstance(name, str) for name in self.names)):
            raise self.fault("keypoints: is not a list of names")
        count = None if self.names is None else len(self.names)
        for edge in self.skeleton if isinstance(self.skeleton, list) else () if self.skeleton is None else (None,):
            if not (isinstance(edge, list) and len(edge) == 2 and all(type(k) is int and 1 <= k <= (count or 1 << 30) for k in edge)):
                raise self.fault(f"skeleton: has {printable(json.dumps(edge), SHOWN)}, expected pairs of keypoints, counted from 1")


class Annotation(Entry):
    made = False  # by us: the file has none for this picture
    image = category = None

    def describe(self, images, categories):
        """Reads the fields; False if it has no keypoint list, as those of other tasks."""
        values = self.numbers("keypoints")
        for name, known in (("image_id", images), ("category_id", categories)):
            value = self.content.get(name)
            if type(value) is not int or value not in known:
                if values is None:
                    return False
                raise self.fault(f"{name}: there is no {printable(json.dumps(value), SHOWN)}")
        self.image, self.category = images[self.content["image_id"]], categories[self.content["category_id"]]
        if values is None:
            return False
        count = len(values) // 3 if self.category.names is None else len(self.category.names)
        if not count or len(values) != 3 * count:
            raise self.fault(f"keypoints: has {len(values)} numbers, expected x, y and visibility of "
                             + (f"{count} keypoints" if self.category.names is not None else "each keypoint"))
        self.keypoints = values.reshape(-1, 3)
        if not np.isin(self.keypoints[:, 2], (0, 1, 2)).all():
            raise self.fault("keypoints: has a visibility other than 0, 1 and 2")
        self.describe_box()
        return True

    def describe_box(self):
        self.box, area = self.numbers("bbox", 4), self.content.get("area")
        if area is not None and (type(area) not in (int, float) or not 0 <= area <= LARGEST**2):
            raise self.fault(f"area: is {printable(json.dumps(area), SHOWN)}, expected a number from 0")
        self.area = np.nan if area is None else float(area)

    def without_keypoints(self, count):
        """This annotation, which has no keypoint list, with absent ones."""
        self.describe_box()
        self.keypoints = np.full((count, 3), np.nan)
        return self

    def points(self, visible):
        """[K, 2]; NaN where a keypoint is less visible."""
        return np.where(self.keypoints[:, 2:] >= visible, self.keypoints[:, :2], np.nan)

    def larger_side(self):
        side = self.box[2:].max()
        if not side > 0:
            raise self.fault(f"bbox: is {self.box[2]:g} x {self.box[3]:g} large: no match could be correct")
        return side

    def is_crowd(self):
        return self.content.get("iscrowd") not in (None, 0)


class Annotations:
    """A file's images, categories, and annotations with keypoints, each checked."""

    def __init__(self, path):
        self.path, self.where, content = path, path, read_json(path)
        if not isinstance(content, dict):
            raise ImportFailure(f"{path}: is {type(content).__name__}, expected an object with annotations, images and categories")
        self.images, self.categories = (entries(path, content, kind, form) for kind, form in (("images", Picture), ("categories", Category)))
        for entry in [*self.images.values(), *self.categories.values()]:
            entry.describe()
        for kind, found in (("images", self.images), ("categories", self.categories)):
            named = {}
            for entry in found.values():
                if named.setdefault(entry.name, entry) is not entry:
                    raise entry.fault(f"has the name of another of the {kind}: {printable(entry.name, SHOWN)}")
        every = entries(path, content, "annotations", Annotation)
        self.annotations = {key: one for key, one in every.items() if one.describe(self.images, self.categories)}
        if not self.annotations:
            raise ImportFailure(f"{path}: has no annotation with keypoints")
        self.unlabelled = [one for one in every.values() if one.image and one.id not in self.annotations]
        self.next_id = max(every) + 1
        self.others = {key: value for key, value in content.items() if key not in OWN_KEYS}

    def by_name(self):
        """{name of a picture, with and without its ending: its annotations with keypoints}."""
        found = {}
        for one in self.annotations.values():
            for name in dict.fromkeys((one.image.name, os.path.splitext(one.image.name)[0])):
                found.setdefault(name, []).append(one)
        return found

    def add_picture(self, name, size):
        """Adds a picture that the file does not list."""
        number = max(self.images) + 1
        picture = Picture(self.path, "images", len(self.images), {"id": number, "file_name": name, "width": size[0], "height": size[1]})
        picture.describe()
        picture.made, self.images[number] = True, picture

    def make_annotation(self, image, category, count):
        """A new annotation without keypoints, for a picture that has none."""
        number, self.next_id = self.next_id, self.next_id + 1
        one = Annotation(self.path, "annotations", number, {"id": number, "image_id": image.id, "category_id": category.id})
        one.made, one.image, one.category = True, image, category
        return one.without_keypoints(count)


# ---- pairs --------------------------------------------------------------------------------------------------------------


def is_storable(name):
    """Whether a keypoint's name can be text in the file: unlike other names, it is left out if it cannot."""
    try:
        return bool(name) and b"\0" not in name.encode()
    except UnicodeEncodeError:
        return False


def find_annotation(annotations, by_name, word, where):
    """The annotation that a word of the list names: by its id, or by its picture, if that has one only."""
    found = by_name.get(word)
    if found is None and re.fullmatch("[0-9]{1,18}", word):
        one = annotations.annotations.get(int(word))
        found = [one] if one else None
    if not found:
        raise ImportFailure(f"{where}: {word}: is neither a picture with keypoints nor the id of an annotation")
    if len(found) > 1:
        ids = ", ".join(str(one.id) for one in found[:4])
        raise ImportFailure(f"{where}: {word}: has {len(found)} annotations; write the id of one of them: {ids}" + ", ..." * (len(found) > 4))
    return found[0]


def listed_pairs(annotations, path):
    """Pairs of a list of two names or ids on each line."""
    by_name, pairs = annotations.by_name(), []
    for number, words in own.read_lines(path):
        where = f"{path}: line {number}"
        source, target = (find_annotation(annotations, by_name, word, where) for word in words)
        if source.category is not target.category:
            raise ImportFailure(f"{where}: pairs a {source.category.name} with a {target.category.name}: their keypoints are not the same")
        pairs.append((source, target))
    return pairs


def pairs_of_category(members, most, dice):
    """Pairs of annotations of different pictures, in order: all, or `most` of them drawn at random."""
    count = len(members)
    if count * (count - 1) <= MOST_LISTED:
        every = [(a, b) for a in range(count) for b in range(count) if members[a].image is not members[b].image]
        return every if len(every) <= most else sorted(dice.sample(every, most)), len(every)
    drawn = set()
    for _ in range(MOST_TRIES * most):
        a, b = dice.randrange(count), dice.randrange(count)
        if members[a].image is not members[b].image:
            drawn.add((a, b))
        if len(drawn) == most:
            break
    return sorted(drawn), count * (count - 1)


def all_pairs(annotations, most, seed, visible):
    """Up to `most` pairs of each category, of annotations that have a keypoint and are no crowd."""
    pairs, cut = [], 0
    for category in annotations.categories.values():
        stop.check()
        members = [one for one in annotations.annotations.values()
                   if one.category is category and not one.is_crowd() and np.isfinite(one.points(visible)).any()]
        chosen, there = pairs_of_category(members, most, random.Random(f"{seed} {category.id}"))
        cut += there > len(chosen)
        pairs += [(members[a], members[b]) for a, b in chosen]
    if not pairs:
        raise ImportFailure(f"{annotations.path}: no category has keypoints in two pictures")
    if cut:
        say(f"{annotations.path}: {cut} of {len(annotations.categories)} categories have more than {most} pairs: {most} of each are drawn with "
            f"the seed {seed}")
    return pairs


# ---- the scene ----------------------------------------------------------------------------------------------------------


class Folder:
    """Features in a folder, which have the names of the pictures, and the pictures."""

    def __init__(self, path, pictures, axes):
        self.path, self.pictures, self.axes = path, pictures or path, axes
        for given in (self.path, self.pictures):
            if not os.path.isdir(given):
                raise ImportFailure(f"{given}: is not a folder")

    def image(self, name):
        image = own.find_image(self.path, name, self.axes)
        image.facts.pop("keypoints", None)  # the annotations have them
        image.picture = own.find_picture(self.pictures, name)
        return image

    def sizes(self):
        """{name: (width, height)} of all pictures."""
        return {name: picture_size(os.path.join(self.pictures, name)) for name in own.picture_names(self.pictures)}


def open_features(settings, default):
    """Where the features are: a Folder, or a file that geosc-extract wrote."""
    path = settings.features or default
    if not os.path.isfile(path):
        return Folder(path, settings.pictures, settings.axes)
    if settings.pictures:
        raise ImportFailure(f"--pictures does not go with {path}, which is a file: it has the pictures")
    return extracted.File(path)


def check_sizes(scene, entries_of_images):
    """Refuses features of a picture of another size: it was turned, or made smaller."""
    for image, entry in zip(scene.images, entries_of_images):
        size = image.facts.pop("picture_size", None)
        if size is not None and tuple(size) != entry.size:
            raise ImportFailure(f"{scene.folder}: {image.name}: was {size[0]:g} x {size[1]:g} pixels large, turned as its EXIF data say, but is "
                                f"{entry.size[0]} x {entry.size[1]} in the annotations")


def place_images(scene, entries_of_images, square):
    """Gives each image its size, and the square its place, if any; sets the units of the keypoints."""
    placed = own.check_fact(scene, "placement", scene.images)
    if square and placed:
        raise ImportFailure(f"{scene.folder}: --square does not go with NAME_placement.npy, which says where the picture is")
    for image, entry in zip(scene.images, entries_of_images):
        if square:
            place = Square(*entry.size)
            image.facts = {"size": np.array([SIDE, SIDE], float), "placement": np.array([place.scale, place.left, place.top], float)}
            image.squared = True
        elif not placed:
            size = image.facts.setdefault("size", np.array(entry.size, float))
            if tuple(size) != entry.size:
                raise ImportFailure(f"{scene.folder}: {image.name}: its size is {size[0]:g} x {size[1]:g} here, but {entry.size[0]} x "
                                    f"{entry.size[1]} in the annotations; features of a padded picture need NAME_placement.npy")
    if placed:
        own.check_fact(scene, "size", scene.images)
    scene.units = "original" if square or placed else "pixel"


def read(path, settings):
    """(the Scene of pairs of annotations, the annotations). settings: features, pictures, pairs, support, shots, unlisted, most, seed, visible,
    square, axes."""
    try:
        return make_scene(path, settings)
    except RecursionError:
        raise ImportFailure(f"{path}: is nested too deeply") from None


def choose_pairs(annotations, settings, features):
    if settings.pairs:
        return listed_pairs(annotations, settings.pairs)
    if not settings.support and not settings.shots:
        return all_pairs(annotations, settings.most, settings.seed, settings.visible)
    if settings.unlisted:
        known = {image.name for image in annotations.images.values()}
        for name, size in features.sizes().items():
            if name not in known:
                annotations.add_picture(name, size)
    return support.pairs(annotations, settings)


def add_truth(scene, pairs, visible):
    """The targets' keypoints, and what PCK is measured by; nothing if no target has a keypoint."""
    truth, boxes = [target.points(visible) for _, target in pairs], sum(target.box is not None for _, target in pairs)
    if not any(np.isfinite(points).any() for points in truth):
        return
    scene.target_keypoints = truth
    if boxes == len(pairs):
        scene.thresholds, scene.boxes = [target.larger_side() for _, target in pairs], [target.box for _, target in pairs]
    elif boxes:
        say(f"{scene.files[0]}: {len(pairs) - boxes} of {len(pairs)} targets have no bbox: the threshold of PCK is the picture's larger side for all")


def make_scene(path, settings):
    annotations, features = Annotations(path), open_features(settings, os.path.dirname(path) or ".")
    pairs = choose_pairs(annotations, settings, features)
    scene, numbers, used = Scene(features.path), {}, []
    scene.files = [path] + [settings.pairs] * bool(settings.pairs)
    for pair in pairs:
        for one in pair:
            if one.image.id not in numbers:
                numbers[one.image.id] = len(scene.images)
                used.append(one.image)
                scene.images.append(features.image(one.image.name))
    check_sizes(scene, used)
    place_images(scene, used, settings.square)
    for source, target in pairs:
        scene.pairs.append((numbers[source.image.id], numbers[target.image.id]))
        scene.keypoints.append(source.points(settings.visible))
        scene.categories.append(source.category.name)
    add_truth(scene, pairs, settings.visible)
    lists = {one.category.name: one.category.names for one, _ in pairs}
    scene.keypoint_names = {name: own for name, own in lists.items() if own and all(map(is_storable, own))}
    scene.extras = keep(annotations, pairs)
    return scene, annotations


def symmetry_of(annotations, name, find_file):
    """The Symmetry that --symmetry names: a file, or "names" for the rule by the names of the keypoints."""
    if name != "names":
        return Symmetry(find_file(name))
    lacking = [category.name for category in annotations.categories.values() if not category.names]
    if lacking:
        raise ImportFailure(f"{annotations.path}: {lacking[0]}: has no names of keypoints, which --symmetry names needs")
    return Symmetry(annotations.path, {"categories": {one.name: by_names(one.names) for one in annotations.categories.values()}})


# ---- what geosc does not read --------------------------------------------------------------------------------------------


def pack(value, entry):
    """A value as it is kept: as JSON."""
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)
    except ValueError:  # NaN, infinity
        raise ImportFailure(f"{entry.where}: has a number that JSON does not have: NaN or infinity") from None


def listed(entries_used):
    """Entries, each once, in the order of the file."""
    return sorted({entry.id: entry for entry in entries_used}.values(), key=lambda entry: entry.number)


def keep(annotations, pairs):
    """The datasets of /coco, by name: arrays, and lists of texts."""
    ones = listed(one for pair in pairs for one in pair)
    images, categories = listed(one.image for one in ones), listed(one.category for one in ones)
    image_rows, category_rows = ({entry.id: row for row, entry in enumerate(found)} for found in (images, categories))
    count = max(len(one.keypoints) for one in ones)
    keypoints = np.full((len(ones), count, 3), np.nan)
    for row, one in zip(keypoints, ones):
        row[: len(one.keypoints)] = one.keypoints
    boxes = np.array([np.full(4, np.nan) if one.box is None else one.box for one in ones])
    return {
        "image_id": np.array([image.id for image in images]), "image_name": [image.name for image in images],
        "image_size": np.array([image.size for image in images]), "image_others": [pack(image.others, image) for image in images],
        "image_made": np.array([image.made for image in images], "u1"),
        "annotation_id": np.array([one.id for one in ones]), "annotation_image": np.array([image_rows[one.image.id] for one in ones]),
        "annotation_category": np.array([category_rows[one.category.id] for one in ones]), "annotation_bbox": boxes,
        "annotation_area": np.array([one.area for one in ones]), "annotation_keypoints": keypoints,
        "annotation_others": [pack(one.others, one) for one in ones], "annotation_made": np.array([one.made for one in ones], "u1"),
        "category_id": np.array([one.id for one in categories]), "category_name": [one.name for one in categories],
        "category_keypoints": [pack(one.names, one) for one in categories],
        "category_skeleton": [pack(one.skeleton, one) for one in categories],
        "category_others": [pack(one.others, one) for one in categories], "others": [pack(annotations.others, annotations)],
        "pair_annotations": np.array([[source.id, target.id] for source, target in pairs]),
    }
