"""A folder of the user's features: NAME.npy, NAME.npz, NAME.pt, NAME.h5, NAME.zarr, or NAME_sd.pt and NAME_dino.pt; files of facts of each image beside them;
and a list of pairs, two names on each line."""

import os
import re

import numpy as np

from . import ImportFailure, levels, stop, tensors
from .files import check_storable, is_hidden, read_text, spellings
from .scene import Image, Scene, find_half, stack_points
from .square import PICTURES, picture_size

ENDINGS = (".npy", ".npz", ".pt", ".pth", ".safetensors", *tensors.HDF5_ENDINGS, tensors.ZARR_ENDING)
FLIPS = {"none": "", "hflip": "_flip"}
ADVICE = {
    "cell": "; if keypoints are in pixels, say --units pixel",
    "pixel": "; keypoints were taken as (x, y) in pixels of the image, see --units",
    "original": "; keypoints were taken as (x, y) in pixels of the picture before it was placed in a frame, see --units",
}
FACTS = {"size": (2,), "placement": (3,), "keypoints": (None, 2)}  # of an image; None: any number


def find_file(base, endings):
    """The first file, or folder of Zarr, that exists, or None. Endings may be in capitals."""
    names = ((base + own, ending) for ending in endings for own in (ending, ending.upper()))
    return next((path for path, ending in names if (os.path.isdir if ending == tensors.ZARR_ENDING else os.path.isfile)(path)), None)


def find_picture(folder, name):
    """The picture of this name, which may lack its ending; None if there is none."""
    plain, ending = os.path.splitext(name)
    bases = spellings(name) + (spellings(plain) if ending in PICTURES else [])
    names = spellings(name) + [base + ending for base in bases for ending in PICTURES]
    paths = (os.path.join(folder, own) for own in names if own.endswith(PICTURES))
    return next(filter(os.path.isfile, paths), None)


def picture_names(folder):
    """The pictures below a folder, by their paths in it, sorted; without masks of others, NAME_mask.png."""
    names = sorted(os.path.relpath(os.path.join(own, name), folder) for own, _, names in os.walk(folder) for name in names
                   if name.endswith(PICTURES) and not is_hidden(name))
    plain = {os.path.splitext(name)[0] for name in names}
    return [name for name in names if os.path.splitext(name)[0].removesuffix("_mask") not in plain or not name.endswith("_mask.png")]


def feature_files(base, flip):
    """The files of an image's features, or None."""
    alone = find_file(base + flip, ENDINGS)
    if alone:
        return [alone]
    fused = [f"{base}_{part}{flip}.pt" for part in ("sd", "dino")]
    return fused if all(map(os.path.isfile, fused)) else None


def mask_file(base, flip, features, beside):
    """The mask's own file, or the file of the features if it has a mask, too."""
    return find_file(f"{base}_mask{flip}", (".npy", ".png")) or (features[0] if "mask" in beside else None)


def read_fact(base, name, features, beside):
    """A small array of an image, from its own file or from the file of the features; None if neither has it."""
    path = f"{base}_{name}.npy"
    if os.path.isfile(path):
        array = tensors.load_array(path)
    elif name in beside:
        path = features[0]
        array = tensors.load_array(path, name)
    else:
        return None
    shape = FACTS[name]
    if array.dtype.kind not in "iuf" or len(array.shape) != len(shape) or array.shape[-1] != shape[-1]:
        expected = ", ".join("K" if n is None else str(n) for n in shape)
        raise ImportFailure(f"{path}: {name}: is {array.dtype} {list(array.shape)}, expected numbers [{expected}]")
    if name != "keypoints" and not (np.isfinite(array).all() and ((array if name == "size" else array[:1]) > 0).all()):
        raise ImportFailure(f"{path}: {name}: is {array.tolist()}; numbers must be finite, and width, height and scale above 0")
    if np.isinf(array).any():
        raise ImportFailure(f"{path}: {name}: has an infinity; store NaN for an absent keypoint")
    return array.astype("<f8") if len(array) else np.full((1, 2), np.nan)  # no keypoint: stored as an absent one


def describe_image(base, name, axes):
    """The image whose files begin with base, without its features and masks; None if it has no features."""
    features = {pose: feature_files(base, flip) for pose, flip in FLIPS.items()}
    features = {pose: files for pose, files in features.items() if files}
    if "none" not in features:
        return None
    beside = {pose: levels.beside(files) for pose, files in features.items()}
    masks = {pose: mask_file(base, FLIPS[pose], files, beside[pose]) for pose, files in features.items()}
    image = Image(name, features, {pose: path for pose, path in masks.items() if path})
    facts = {fact: read_fact(base, fact, features["none"], beside["none"]) for fact in FACTS}
    image.facts = {fact: array for fact, array in facts.items() if array is not None}
    image.files = [path for path in (f"{base}_{fact}.npy" for fact in FACTS) if os.path.isfile(path)]
    image.shapes = levels.shapes(features["none"], axes)
    image.half = None if "hflip" in features else find_half([f"{base}_{part}_flip.pt" for part in ("sd", "dino")])
    return image


def find_image(folder, name, axes):
    """The image of this name, which may have the ending of its picture."""
    stop.check()
    check_storable(name, folder, "the name of an image")
    plain = os.path.splitext(name)[0]
    for stem in spellings(name) + spellings(plain):
        image = describe_image(os.path.join(folder, stem), name, axes)
        if image:
            return image
    raise ImportFailure(f"{folder}: has no features of {name}: {plain}.npy, .npz, .pt, .h5, .zarr, or {plain}_sd.pt and {plain}_dino.pt")


def read_lines(path):
    """[(number of the line, (source, target))] names of images, separated by blanks and tabs: names may contain other spaces."""
    lines = [re.findall("[^ \t]+", line) for line in re.split("\r\n?|\n", read_text(path))]
    pairs = []
    for number, names in enumerate(lines, 1):
        if not names or names[0].startswith("#"):
            continue
        if len(names) != 2:
            raise ImportFailure(f"{path}: line {number}: has {len(names)} names, expected two: a source and a target")
        pairs.append((number, names))
    if not pairs:
        raise ImportFailure(f"{path}: has no pair")
    return pairs


def check_fact(scene, fact, images):
    """Whether these images have a fact; an error if only some have."""
    lacking = [image.name for image in images if fact not in image.facts]
    if lacking and len(lacking) < len(images):
        raise ImportFailure(f"{scene.folder}: {lacking[0]} has no {fact}, but other images have ({len(lacking)} of {len(images)} have none)")
    return not lacking


def check_facts(scene, targets):
    """Refuses a size that only some images have; likewise placements, and keypoints of sources. targets: keypoints of targets count, too."""
    asked = {source for source, _ in scene.pairs}
    for fact in FACTS:
        check_fact(scene, fact, scene.images if fact != "keypoints" or targets else [scene.images[number] for number in sorted(asked)])


def take_sizes(scene, units):
    """Gives images without a size that of the pictures beside them, where keypoints may be in pixels of these: with --units pixel, or without
    --units if there are keypoints and each image has a picture. A picture that was placed in a frame does not tell the frame's size."""
    facts = {fact for image in scene.images for fact in image.facts}
    if facts & {"size", "placement"} or units not in (None, "pixel"):
        return
    if units is None and ("keypoints" not in facts or not all(image.picture for image in scene.images)):
        return
    for image in scene.images:
        if image.picture:
            image.facts["size"] = np.array(picture_size(image.picture), float)


def choose_units(scene, units):
    """The units asked for, if the images have the facts that they need; by default pixel if the images have sizes, else cell."""
    known = scene.images[0].facts
    needed = {"cell": (), "pixel": ("size",), "original": ("placement", "size")}.get(units, ())
    meant = {"placement": ", (scale, x, y), the picture's place in the frame that the features show; keypoints in pixels of a picture without a "
                          "frame are --units pixel",
             "size": ", width and height of the frame that the features show, which the picture does not tell" if "placement" in known else ""}
    for fact in needed:
        if fact not in known:
            raise ImportFailure(f"{scene.folder}: --units {units} needs the {fact} of each image: NAME_{fact}.npy{meant[fact]}")
    return units or ("pixel" if "size" in known else "cell")


def number_alike(scene):
    """Keypoint k is the same point in all images: those of the target are the truth."""
    if "keypoints" not in scene.images[0].facts:
        raise ImportFailure(f"{scene.folder}: --same-keypoints needs the keypoints of each image: NAME_keypoints.npy")
    points = [image.facts["keypoints"] for image in scene.images]
    every = stack_points(points, max(map(len, points)))
    scene.keypoints = [every[source] for source, _ in scene.pairs]
    scene.target_keypoints = [every[target] for _, target in scene.pairs]


def categorise(scene):
    """The category of a pair is the folder of its images."""
    folders = [os.path.dirname(image.name) for image in scene.images]
    for source, target in scene.pairs:
        if folders[source] != folders[target] or not folders[source]:
            raise ImportFailure(f"{scene.folder}: {scene.images[source].name} and {scene.images[target].name} are not in one folder, which "
                                "--categories takes for their category")
        scene.categories.append(folders[source])


def read(folder, pairs, units=None, axes=None, same_keypoints=False, categories=False):
    scene, numbers = Scene(folder), {}
    if not os.path.isdir(folder):
        raise ImportFailure(f"{folder}: is not a folder")
    scene.files.append(pairs)
    for _, names in read_lines(pairs):
        for name in names:
            if name not in numbers:
                numbers[name] = len(scene.images)
                scene.images.append(find_image(folder, name, axes))
                scene.images[-1].picture = find_picture(folder, name)
        scene.pairs.append((numbers[names[0]], numbers[names[1]]))
    take_sizes(scene, units)
    check_facts(scene, same_keypoints)
    scene.units = choose_units(scene, units)
    scene.units_advice = ADVICE[scene.units]
    if same_keypoints:
        number_alike(scene)
    if categories:
        categorise(scene)
    return scene
