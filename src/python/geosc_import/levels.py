"""The features of one image: its levels, from the files that hold them."""

import numpy as np

from . import ImportFailure, tensors
from .square import read_mask

BESIDE = ("mask", "size", "placement", "keypoints")  # what a dict of arrays may hold of an image beside its levels

MOST = 8  # levels of an image that geosc reads

# What GeoAware-SC saves for an image, in the order in which it is fused. SD and DINO are normalised apart when there is no model.
FUSED = (("s3", 0), ("s4", 0), ("s5", 0), ("dino", 1))


class Level:
    def __init__(self, name, array, norm_group, path):
        if array.ndim == 4 and array.shape[0] == 1:
            array = array[0]
        if array.ndim != 3 or array.dtype.kind != "f" or 0 in array.shape:
            where = f"{path}: {name}" if name else path  # an .npy file's array has no name
            raise ImportFailure(f"{where}: is {array.dtype} {list(array.shape)}, expected floats [C, H, W] or [1, C, H, W]")
        self.name, self.array, self.norm_group = name, array, norm_group


def read_fused(sd_path, dino_path, names):
    sd = tensors.load(sd_path, names)
    parts = {"dino": tensors.load(dino_path, names)}
    if not isinstance(sd, dict) or any(name not in sd for name in ("s3", "s4", "s5")):
        raise ImportFailure(f"{sd_path}: is no dict with s3, s4 and s5")
    parts.update({name: sd[name] for name in ("s3", "s4", "s5")})
    for name, part in parts.items():
        if not isinstance(part, np.ndarray):
            raise ImportFailure(f"{dino_path if name == 'dino' else sd_path}: {name}: is no tensor")
    return [Level(name, parts[name], group, dino_path if name == "dino" else sd_path) for name, group in FUSED]


def read(paths, names=None):
    """Levels in order; a single nameless one where the file holds one array. names: as tensors.load takes it."""
    if len(paths) == 2:
        return read_fused(*paths, names)
    value = tensors.load(paths[0], names)
    if isinstance(value, np.ndarray):
        return [Level("", value, None, paths[0])]
    if isinstance(value, dict):
        value = {name: part for name, part in value.items() if name not in BESIDE}
    if not isinstance(value, dict) or not value or not all(isinstance(part, np.ndarray) for part in value.values()):
        raise ImportFailure(f"{paths[0]}: holds neither an array nor named ones")
    if len(value) == 1:
        return [Level("", next(iter(value.values())), None, paths[0])]
    return [Level(str(name), part, None, paths[0]) for name, part in value.items()]


def check_names(levels, path):
    """Names of levels are paths in the file."""
    names = {level.name for level in levels} if len(levels) > 1 else ()
    for name in names:
        parts = name.split("/")
        if "" in parts or "." in parts or names.intersection("/".join(parts[:count]) for count in range(1, len(parts))):
            raise ImportFailure(f"{path}: {name!r}: can't be the name of a level beside {', '.join(map(repr, sorted(names - {name})))}")


def shapes(paths):
    """(name, shape, type, norm_group) of each level; no feature is read."""
    levels = read(paths, ())
    check_names(levels, paths[0])
    if len(levels) > MOST:
        raise ImportFailure(f"{paths[0]}: has {len(levels)} levels ({', '.join(level.name for level in levels)}); geosc reads 1 to {MOST}")
    return [(level.name, level.array.shape, level.array.dtype.str, level.norm_group) for level in levels]


def beside(paths):
    """Names of the arrays that stand beside the levels in a file."""
    if len(paths) == 2 or paths[0].endswith(".npy"):
        return []
    value = tensors.load(paths[0], ())
    return [name for name in BESIDE if isinstance(value, dict) and isinstance(value.get(name), np.ndarray)]


def read_cell_mask(path, height, width):
    if path.endswith(".png"):
        return read_mask(path, height, width)
    mask = tensors.load(path, None if path.endswith(".npy") else {"mask"})
    mask = mask["mask"] if isinstance(mask, dict) else mask
    if mask.dtype.kind not in "biuf" or mask.shape[-2:] != (height, width) or mask.size != height * width:
        raise ImportFailure(f"{path}: mask: is {mask.dtype} {list(mask.shape)}, expected [{height}, {width}]")
    return mask.reshape(height, width)
