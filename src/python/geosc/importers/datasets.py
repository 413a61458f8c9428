"""The images and pairs of SPair-71k, SPair-U, AP-10K and PF-Pascal, with features from the scripts of GeoAware-SC or DIY-SC.

All have JPEGImages/ and beside it features/ with, for each picture NAME, NAME_sd.pt and NAME_dino.pt (or the latter alone), both with _flip,
NAME_mask.png and NAME_mask_flip.png. Keypoints and thresholds are converted to the square of square.py.
"""

import contextlib
import os
import re

import numpy as np

from . import ImportFailure, stop
from .files import check_storable, is_hidden, read_json, read_rows
from .scene import Image, Scene, find_half
from .square import PICTURES, SIDE, SIDES, Square, picture_size
from .text import say

# The classes of PASCAL VOC in alphabetical order; PF-Pascal's lists number them from 1.
VOC_CLASSES = """aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person pottedplant
sheep sofa train tvmonitor""".split()
PASCAL_KEYPOINTS = 20
SUFFIXES = {"none": "", "hflip": "_flip"}
# In an annotation's name, the category follows a colon, or its replacement on systems without colons in names. It is not a number.
COLON = re.compile("(?:.*(?::|%3A|\uf03a|\uff1a)|.*_(?![^_]*_|[0-9]+$))(.+)", re.S)


def field(entry, name, path):
    if not isinstance(entry, dict) or name not in entry:
        raise ImportFailure(f'{path}: has no "{name}"')
    return entry[name]


@contextlib.contextmanager
def annotation(path):
    """Reports an unexpected form with the file's name: there are thousands of them."""
    stop.check()
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise ImportFailure(f"{path}: does not have its data set's form: {type(error).__name__}: {error}") from None


def below(folder, path):
    """The part after folder/ of a path that a script wrote relative to the project's root."""
    parts = path.replace("\\", "/").split("/")
    if folder not in parts or ".." in parts:
        raise ValueError(f"{path} is not a path below {folder}/")
    return "/".join(parts[parts.index(folder) + 1 :])


class Folders:
    """Where a data set's files are: options of the command line."""

    def __init__(self, root, settings=None):
        def given(name, default):
            return getattr(settings, name, None) or default

        self.root = root
        self.features = given("features", "features")
        self.annotations = given("annotations", root)
        self.suffixes = given("sd_suffix", "_sd"), given("dino_suffix", "_dino")
        self.mask_suffix = given("mask_suffix", "_mask")
        self.only_dino = given("only_dino", False)

    def picture(self, stem):
        """The name of a picture below JPEGImages, with its ending, and its path; the stem and None if there is none."""
        base = os.path.join(self.root, "JPEGImages", stem)
        ending = next((ending for ending in PICTURES if os.path.exists(base + ending)), None)
        return (stem + ending, base + ending) if ending else (stem, None)

    def feature_files(self, stem):
        """{pose: [SD's file, DINO's file]}, which need not exist."""
        base = os.path.join(self.root, self.features, stem)
        return {pose: [f"{base}{suffix}{end}.pt" for suffix in self.suffixes] for pose, end in SUFFIXES.items()}

    def masks(self, stem):
        base = os.path.join(self.root, "features", stem) + self.mask_suffix
        paths = {pose: f"{base}{end}.png" for pose, end in SUFFIXES.items()}
        return {pose: path for pose, path in paths.items() if os.path.exists(path)}


class Builder:
    """Collects a scene from a data set's folder."""

    def __init__(self, folders):
        self.folders, self.root = folders, folders.root
        self.scene = Scene(self.root)
        self.scene.side = SIDE
        self.numbers = {}

    def image(self, stem, size, name=None):
        """The number of the image JPEGImages/STEM.jpg; name: as the annotation spells it, with its ending."""
        if stem not in self.numbers:
            check_storable(stem, self.root, "the name of an image")
            if not (np.isfinite(size).all() and SIDES[0] <= min(size) <= max(size) <= SIDES[1]):
                raise ValueError(f"{stem} has {size[0]} x {size[1]} pixels")
            square = Square(*size)
            self.scene.placements.append((square.scale, square.left, square.top))
            self.numbers[stem] = len(self.scene.images)
            found, picture = self.folders.picture(stem)
            own = name or found
            check_storable(own, self.root, "the name of an image")
            self.scene.images.append(Image(own, self.folders.feature_files(stem), self.folders.masks(stem), picture, size))
            self.scene.images[-1].squared = True
        return self.numbers[stem]

    def finish(self):
        """The scene, its images with the feature files that there are."""
        choose_features(self.scene, self.folders.only_dino)
        return self.scene

    def square(self, image):
        return Square(*self.scene.images[image].size)

    def pair(self, source, target, points, target_points, category, box=None):
        """box: left, top, width and height of the target's object."""
        self.scene.pairs.append((source, target))
        for image, own, out in (
            (source, points, self.scene.keypoints),
            (target, target_points, self.scene.target_keypoints),
        ):
            out.append(self.square(image).points(own))
            if np.isinf(out[-1]).any():  # geosc refuses such a file
                raise ValueError("a keypoint is infinite")
        check_storable(category, self.root, "a category")
        self.scene.categories.append(category)
        if box is not None:
            left, top, width, height = box
            length = max(width, height) * self.square(target).scale
            if not (np.isfinite(length) and length > 0):  # no match could be correct
                raise ValueError(f"the larger side of the target's box is {max(width, height)}")
            self.scene.thresholds.append(length)
            place, scale = self.square(target).points([[left, top]])[0], self.square(target).scale
            if not np.isfinite([*place, width, height]).all():
                raise ValueError("the target's box is not finite")
            self.scene.boxes.append((*place, width * scale, height * scale))


def choose_features(scene, only_dino):
    """Leaves of each image's feature files DINO's alone if asked, or if no image has Stable Diffusion's; and flipped ones only if complete."""
    if not only_dino and scene.images and not any(os.path.isfile(image.features["none"][0]) for image in scene.images):
        only_dino = os.path.isfile(scene.images[0].features["none"][1])
        if only_dino:
            say(f"{scene.folder}: has no features of Stable Diffusion, such as {scene.images[0].features['none'][0]}: imports DINO's alone")
    for image in scene.images:
        files = {pose: paths[only_dino:] for pose, paths in image.features.items()}
        image.features = {pose: paths for pose, paths in files.items() if pose == "none" or all(map(os.path.exists, paths))}
        image.half = find_half(files["hflip"]) if not only_dino else None


def pair_files(annotations, kind, split):
    """(category, path) of each KIND/SPLIT/NAME:CATEGORY.json, sorted by category, then name. On systems without colons in names, it is
    NAME_CATEGORY.json."""
    folder = os.path.join(annotations, kind, split)
    try:
        names = [name for name in os.listdir(folder) if name.lower().endswith(".json") and not is_hidden(name)]
    except OSError as error:
        raise ImportFailure(f"{folder}: cannot be listed: {error.strerror}") from None
    found = [(COLON.fullmatch(name[: -len(".json")]), os.path.join(folder, name)) for name in names]
    if not any(match for match, _ in found):
        raise ImportFailure(f"{folder}: has no NAME:CATEGORY.json")
    return sorted((match[1], path) for match, path in found if match)


def spair(folders, split, kinds=("PairAnnotation", "ImageAnnotation")):
    builder, annotations = Builder(folders), {}

    def side(category, entry, which, path):
        picture = os.path.basename(field(entry, which + "_imname", path))
        stem = os.path.splitext(picture)[0]
        name = f"{category}/{stem}"
        if name not in annotations:
            file = os.path.join(folders.annotations, kinds[1], category, stem + ".json")
            builder.scene.files.append(file)
            with annotation(file):
                points = field(read_json(file), "kps", file)
                listed = [points[str(k)] or (np.nan, np.nan) for k in range(len(points))]
                annotations[name] = np.array(listed, float).reshape(len(listed), 2)
        return builder.image(name, tuple(field(entry, which + "_imsize", path)[:2]), f"{category}/{picture}"), annotations[name]

    for category, path in pair_files(folders.annotations, kinds[0], split):
        builder.scene.files.append(path)
        with annotation(path):
            entry = read_json(path)
            source, points = side(category, entry, "src", path)
            target, target_points = side(category, entry, "trg", path)
            left, top, right, bottom = field(entry, "trg_bndbox", path)
            builder.pair(source, target, points, target_points, category, (left, top, right - left, bottom - top))
    return builder.finish()


def spair_u(folders, split):
    """SPair-71k's pictures with the keypoints of SPair-U: in folders named as the code of its authors does, or as SPair-71k's."""
    extra = ("ExtraPairAnnotation", "ExtraImageAnnotation")
    if os.path.isdir(os.path.join(folders.annotations, extra[0])):
        return spair(folders, split, extra)
    if folders.annotations == folders.root:
        raise ImportFailure(f"{folders.root}: has no {extra[0]}: put SPair-U's annotations there, or name their folder with --annotations")
    return spair(folders, split)


def ap10k(folders, split):
    builder, annotations = Builder(folders), {}

    def side(entry, which, path):
        name = below("ImageAnnotation", field(entry, which + "_json_path", path))
        name = os.path.splitext(name)[0]
        if name not in annotations:
            file = os.path.join(folders.annotations, "ImageAnnotation", name + ".json")
            builder.scene.files.append(file)
            annotations[name] = (read_json(file), file)
        own, file = annotations[name]
        with annotation(file):
            points = np.array(field(own, "keypoints", file), float).reshape(-1, 3)
            points[points[:, 2] <= 0] = np.nan
            number = builder.image(name, (field(own, "width", file), field(own, "height", file)))
            box = field(own, "bbox", file)
            return number, points[:, :2], box

    for category, path in pair_files(folders.annotations, "PairAnnotation", split):
        builder.scene.files.append(path)
        with annotation(path):
            entry = read_json(path)
            source, points, _ = side(entry, "src", path)
            target, target_points, box = side(entry, "trg", path)
            builder.pair(source, target, points, target_points, category, box)
    return builder.finish()


def is_header(row):
    """Whether the first line names the columns: it may be a pair already."""
    return row[0].lower().startswith("source") or "class" in [field.lower() for field in row[2:3]]


def read_row(row):
    """(source, target, category, points, target's points) of source,target,class,XA,YA,XB,YB; each of the last four is such as "1;2;3"."""
    place = int(row[2])
    if not 1 <= place <= len(VOC_CLASSES):
        raise ValueError(f"there is no class {place}")
    texts = [text.rstrip("; ") for text in (row[3], row[4], row[5], row[6])]
    lists = [[float(value) for value in text.split(";")] if text else [] for text in texts]
    if len({len(values) for values in lists}) > 1 or len(lists[0]) > PASCAL_KEYPOINTS:
        raise ValueError(f"{', '.join(str(len(values)) for values in lists)} numbers for keypoints")
    points = np.full((2, PASCAL_KEYPOINTS, 2), np.nan)
    for number, values in enumerate(lists):
        points[number // 2, : len(values), number % 2] = values
    return row[0], row[1], VOC_CLASSES[place - 1], *points


def pfpascal(folders, split):
    builder, sizes = Builder(folders), {}
    path = os.path.join(folders.annotations, f"{split}_pairs_pf_pascal.csv")
    builder.scene.files.append(path)

    def side(listed):
        name = below("JPEGImages", listed)
        stem = os.path.splitext(name)[0]
        if stem not in sizes:
            sizes[stem] = picture_size(folders.picture(stem)[1] or os.path.join(folders.root, "JPEGImages", name))
        return builder.image(stem, sizes[stem], name)

    rows = read_rows(path)
    for line, row in rows[bool(rows) and is_header(rows[0][1]) :]:
        stop.check()
        try:
            source, target, category, points, target_points = read_row(row)
            builder.pair(side(source), side(target), points, target_points, category)
        except (ArithmeticError, IndexError, ValueError) as error:
            raise ImportFailure(f"{path}: line {line}: is not source,target,class,XA,YA,XB,YB ({error}); lists for training cannot be "
                                "read: they have no keypoints") from None
    if not builder.scene.pairs:
        raise ImportFailure(f"{path}: has no pair")
    return builder.finish()


READERS = {"spair": spair, "spair-u": spair_u, "ap10k": ap10k, "pfpascal": pfpascal}


def read(kind, folders, split):
    for folder in (folders.root, folders.annotations):
        if not os.path.isdir(folder):
            raise ImportFailure(f"{folder}: is not a folder")
    return READERS[kind](folders, split)
