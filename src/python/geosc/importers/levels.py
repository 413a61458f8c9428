"""The levels of one image's features, read from its files."""

import numpy as np

from . import ImportFailure, tensors
from .axes import arrange
from .files import check_storable
from .square import average, inside, read_mask
from .text import printable

BESIDE = ("mask", "size", "placement", "keypoints")  # arrays that a dict may have beside an image's levels

MOST_WEIGHT = np.finfo("f4").max
MOST = 8  # levels of an image that geosc reads

# GeoAware-SC's features of an image, in the order of their fusion. Without a model, SD and DINO are normalised separately.
FUSED = (("s3", 0), ("s4", 0), ("s5", 0), ("dino", 1))


FLOATS = (2, 4, 8)  # bytes of the float types that geosc reads


class Level:
    def __init__(self, name, array, norm_group, path, axes=None):
        where = f"{path}: {name}" if name else path  # an .npy file's array has no name
        if array.dtype.kind != "f" or array.dtype.itemsize not in FLOATS:
            raise ImportFailure(f"{where}: is {array.dtype} {list(array.shape)}, expected floats [C, H, W] or [1, C, H, W]: float16, float32 "
                                "or float64")
        self.name, self.array, self.norm_group = name, arrange(array, axes, where), norm_group


def read_fused(sd_path, dino_path, names, axes):
    sd = tensors.load(sd_path, names)
    parts = {"dino": tensors.load(dino_path, names)}
    if not isinstance(sd, dict) or any(name not in sd for name in ("s3", "s4", "s5")):
        raise ImportFailure(f"{sd_path}: is not a dict with s3, s4 and s5")
    parts.update({name: sd[name] for name in ("s3", "s4", "s5")})
    for name, part in parts.items():
        if not isinstance(part, np.ndarray):
            raise ImportFailure(f"{dino_path if name == 'dino' else sd_path}: {name}: is not a tensor, but {tensors.describe(part)}")
    return [Level(name, parts[name], group, dino_path if name == "dino" else sd_path, axes) for name, group in FUSED]


def read(paths, names=None, axes=None):
    """Levels in order; a file with one array has one level without a name. names: as for tensors.load; axes: as for arrange."""
    if len(paths) == 2:
        return read_fused(*paths, names, axes)
    value = tensors.load(paths[0], names)
    if isinstance(value, np.ndarray):
        return [Level("", value, None, paths[0], axes)]
    if isinstance(value, dict):
        value = {name: part for name, part in value.items() if name not in BESIDE}
    if not isinstance(value, dict) or not value:
        raise ImportFailure(f"{paths[0]}: has neither an array nor a dict of arrays, but {tensors.describe(value)}")
    for name, part in value.items():
        if not isinstance(part, np.ndarray):
            raise ImportFailure(f"{paths[0]}: {name}: is not a tensor, but {tensors.describe(part)}")
    if len(value) == 1:
        return [Level("", next(iter(value.values())), None, paths[0], axes)]
    return [Level(str(name), part, None, paths[0], axes) for name, part in value.items()]


def check_names(levels, path):
    """Refuses names of levels that cannot be paths in the file."""
    names = {level.name for level in levels} if len(levels) > 1 else ()
    for name in names:
        check_storable(name, path, "the name of a level")
        parts = name.split("/")
        if "" in parts or "." in parts or names.intersection("/".join(parts[:count]) for count in range(1, len(parts))):
            raise ImportFailure(f"{path}: {name!r}: cannot be the name of a level beside {', '.join(map(repr, sorted(names - {name})))}; "
                                "rename it")


def shapes(paths, axes=None):
    """(name, shape, type, norm_group) of each level, without reading any feature."""
    levels = read(paths, (), axes)
    if len(levels) > MOST:
        names = printable(", ".join(level.name for level in levels), 200)
        raise ImportFailure(f"{paths[0]}: has {len(levels)} levels ({names}); geosc reads 1 to {MOST}")
    check_names(levels, paths[0])
    return [(level.name, level.array.shape, level.array.dtype.str, level.norm_group) for level in levels]


def beside(paths):
    """Names of the arrays beside the levels in a file."""
    if len(paths) == 2 or paths[0].lower().endswith(".npy"):
        return []
    value = tensors.load(paths[0], ())
    found = [name for name in BESIDE if isinstance(value, dict) and name in value]
    for name in found:
        if not isinstance(value[name], np.ndarray):
            raise ImportFailure(f"{paths[0]}: {name}: is not a tensor, but {tensors.describe(value[name])}")
    return found


def mask_weights(mask, path):
    """The numbers of a mask to be resized as weights in 0..1; integers above 1 must have a binary form (inside)."""
    if mask.size and mask.dtype.kind in "biu" and mask.max() > 1:
        return inside(mask, path).astype(float)
    weights = mask.astype(float)
    if not ((weights >= 0) & (weights <= 1)).all():
        raise ImportFailure(f"{path}: mask: has values outside 0..1; a mask to be resized has weights in 0..1, or integers, where values above "
                            "127 are inside")
    return weights


def read_cell_mask(path, height, width, resize):
    """[height, width]: weights of the cells."""
    if path.lower().endswith(".png"):
        return read_mask(path, height, width, resize)
    mask = tensors.load_array(path, None if path.lower().endswith(".npy") else "mask")
    what = f"{path}: mask: is {mask.dtype} {list(mask.shape)}, expected [{height}, {width}]"
    if mask.dtype.kind not in "biuf" or mask.ndim < 2 or mask.size != mask.shape[-2] * mask.shape[-1] or not mask.size:
        raise ImportFailure(what)
    if (np.isfinite(mask) & (np.abs(mask) > MOST_WEIGHT)).any():
        raise ImportFailure(f"{path}: mask: has weights too large for float32")
    if mask.shape[-2:] == (height, width):
        return mask.reshape(height, width)
    if not resize:
        raise ImportFailure(what + ": a value for each cell; --resize-masks averages a mask of another size, such as the picture's, over each "
                            "cell")
    return average(mask_weights(mask.reshape(mask.shape[-2:]), path), height, width)
