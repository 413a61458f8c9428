"""The features of one image: its levels, from the files that hold them."""

import numpy as np

from . import ImportFailure, tensors
from .square import read_mask

# What GeoAware-SC saves for an image, in the order in which it is fused. SD and DINO are normalised apart when there is no model.
FUSED = (("s3", 0), ("s4", 0), ("s5", 0), ("dino", 1))


class Level:
    def __init__(self, name, array, norm_group, path):
        if array.ndim == 4 and array.shape[0] == 1:
            array = array[0]
        if array.ndim != 3 or array.dtype.kind != "f":
            raise ImportFailure(f"{path}: {name}: is {array.dtype} {list(array.shape)}, expected floats [C, H, W] or [1, C, H, W]")
        self.name, self.array, self.norm_group = name, array, norm_group


def read_fused(sd_path, dino_path):
    sd = tensors.load(sd_path)
    parts = {"dino": tensors.load(dino_path)}
    if not isinstance(sd, dict) or any(name not in sd for name in ("s3", "s4", "s5")):
        raise ImportFailure(f"{sd_path}: is no dict with s3, s4 and s5")
    parts.update({name: sd[name] for name in ("s3", "s4", "s5")})
    for name, part in parts.items():
        if not isinstance(part, np.ndarray):
            raise ImportFailure(f"{dino_path if name == 'dino' else sd_path}: {name}: is no tensor")
    return [Level(name, parts[name], group, dino_path if name == "dino" else sd_path) for name, group in FUSED]


def read(paths):
    """Levels in order; a single nameless one where the file holds one array."""
    if len(paths) == 2:
        return read_fused(*paths)
    value = tensors.load(paths[0])
    if isinstance(value, np.ndarray):
        return [Level("", value, None, paths[0])]
    if not isinstance(value, dict) or not value or not all(isinstance(part, np.ndarray) for part in value.values()):
        raise ImportFailure(f"{paths[0]}: holds neither an array nor named ones")
    if len(value) == 1:
        return [Level("", next(iter(value.values())), None, paths[0])]
    return [Level(str(name), part, None, paths[0]) for name, part in value.items()]


def read_cell_mask(path, height, width):
    if not path.endswith(".npy"):
        return read_mask(path, height, width)
    mask = tensors.load(path)
    if mask.squeeze().shape != (height, width):
        raise ImportFailure(f"{path}: is {list(mask.shape)}, expected [{height}, {width}]")
    return mask.reshape(height, width)
