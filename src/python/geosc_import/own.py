"""A folder of own features: NAME.npy, NAME.npz, NAME.pt, or NAME_sd.pt and NAME_dino.pt; and pairs.txt, a pair of names a line."""

import os

from . import ImportFailure
from .scene import Image, Scene

ENDINGS = (".npy", ".npz", ".pt", ".pth", ".safetensors")


def feature_files(base, flip):
    """The files that hold an image's features, or None."""
    for ending in ENDINGS:
        if os.path.isfile(base + flip + ending):
            return [base + flip + ending]
    fused = [f"{base}_{part}{flip}.pt" for part in ("sd", "dino")]
    return fused if all(map(os.path.isfile, fused)) else None


def mask_file(base, flip):
    for ending in (".npy", ".png"):
        if os.path.isfile(f"{base}_mask{flip}{ending}"):
            return f"{base}_mask{flip}{ending}"
    return None


def find_image(folder, name):
    """Names may be those of pictures, with their ending."""
    for stem in (name, os.path.splitext(name)[0]):
        base = os.path.join(folder, stem)
        features = {pose: feature_files(base, flip) for pose, flip in (("none", ""), ("hflip", "_flip"))}
        if features["none"]:
            masks = {pose: mask_file(base, flip) for pose, flip in (("none", ""), ("hflip", "_flip"))}
            return Image(
                name,
                {pose: files for pose, files in features.items() if files},
                {pose: path for pose, path in masks.items() if path},
            )
    raise ImportFailure(f"{folder}: holds no features of {name}: {name}.npy, .npz, .pt, or {name}_sd.pt and {name}_dino.pt")


def read(folder, pairs):
    scene, numbers = Scene(folder), {}
    try:
        with open(pairs, encoding="utf-8") as file:
            lines = [line.split() for line in file]
    except (OSError, UnicodeDecodeError) as error:
        raise ImportFailure(f"{pairs}: cannot be read: {error}") from None
    for number, names in enumerate(lines, 1):
        if not names or names[0].startswith("#"):
            continue
        if len(names) != 2:
            raise ImportFailure(f"{pairs}: line {number}: {len(names)} names, expected two: a source and a target")
        for name in names:
            if name not in numbers:
                numbers[name] = len(scene.images)
                scene.images.append(find_image(folder, name))
        scene.pairs.append((numbers[names[0]], numbers[names[1]]))
    if not scene.pairs:
        raise ImportFailure(f"{pairs}: names no pair")
    return scene
