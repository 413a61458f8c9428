"""The caller's arrays as C sees them: numpy arrays and PyTorch tensors on the CPU, without a copy where their memory serves as it is."""

import numpy as np

from ._library import UsageError
from .importers import ImportFailure
from .importers import axes as orders

_TYPES = {
    np.dtype(name): number
    for number, name in enumerate(("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"))
}
_TYPES[np.dtype(bool)] = _TYPES[np.dtype("u1")]
_FLOATS = (np.dtype("f2"), np.dtype("f4"), np.dtype("f8"))


def is_tensor(given):
    return type(given).__module__.split(".")[0] == "torch" and hasattr(given, "detach")


def to_numpy(given, name):
    """A numpy array that shares the memory of an array or tensor if it can."""
    if is_tensor(given):
        if given.device.type != "cpu":
            raise TypeError(f"{name} is on {given.device}: give {name}.cpu()")
        given = given.detach()
        given = given.float() if str(given.dtype) == "torch.bfloat16" else given
        given = given.numpy()
    if given is None or isinstance(given, (str, bytes, dict, set, bool, int, float, complex)):
        raise TypeError(f"{name} is {type(given).__name__}, expected an array")
    try:
        array = np.asarray(given)
    except ValueError as error:
        raise TypeError(f"{name} is no array: {error}") from None
    if array.dtype == object or array.dtype.kind not in "biuf":
        raise TypeError(f"{name} has elements of type {array.dtype}, expected numbers")
    return array


def plain(array, dtypes, name):
    """The array, contiguous and of one of these types in this machine's byte order; a copy only where it is not so."""
    native = array.dtype.newbyteorder("=")
    if native not in dtypes:
        raise TypeError(f"{name} has elements of type {array.dtype}, expected {', '.join(dtype.name for dtype in dtypes)}")
    return np.ascontiguousarray(array, native)


def axes(given):
    """The order of features' axes: None, or text as for geosc-import --axes."""
    if given is not None and not isinstance(given, str):
        raise TypeError(f"axes is {type(given).__name__}, expected text such as \"hwc\"")
    try:
        return None if given is None else orders.parse(given)
    except ValueError:
        raise UsageError(f"axes: {given!r} is none of \"chw\", \"hwc\" and \"HxW\", a grid of tokens such as \"30x30\"") from None


def is_levels(given, order=None):
    """Whether features are a list of levels; order: as axes returns it."""
    ranks = (2, 3, 4) if isinstance(order, tuple) else (3, 4)
    return isinstance(given, (list, tuple)) and len(given) > 0 and getattr(given[0], "ndim", 0) in ranks


def with_mask(given):
    """(features, mask) of posed features, which may be such a pair."""
    pair = isinstance(given, tuple) and len(given) == 2 and getattr(given[1], "ndim", 0) == 2
    return given if pair else (given, None)


def features(given, name, order=None):
    """[C, H, W], of any float type."""
    array = to_numpy(given, name)
    if array.dtype.newbyteorder("=") in _FLOATS:  # else plain says so
        try:
            array = orders.arrange(array, order, name, 'axes="{}"')
        except ImportFailure as failure:
            raise UsageError(str(failure)) from None
    return plain(array, _FLOATS, name)


def levels(given, name, order=None):
    """The levels of an image, one or several."""
    if not is_levels(given, order):
        return [features(given, name, order)]
    return [features(level, f"{name}[{i}]", order) for i, level in enumerate(given)]


def mask(given, grid, name):
    """[H, W] of any type of number, with the size of a grid."""
    array = to_numpy(given, name)
    if array.shape != grid:
        raise UsageError(f"{name} has shape {list(array.shape)}, expected {list(grid)}, the grid of its features")
    return plain(array, list(_TYPES), name)


def doubles(given, shape, name):
    """float64, with a shape in which None stands for any number."""
    array = to_numpy(given, name)
    if array.ndim != len(shape) or any(want not in (None, got) for want, got in zip(shape, array.shape)):
        expected = ", ".join("K" if want is None else str(want) for want in shape)
        raise UsageError(f"{name} has shape {list(array.shape)}, expected [{expected}]")
    return np.ascontiguousarray(array, np.float64)


def integers(given, count, name):
    array = to_numpy(given, name)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} has elements of type {array.dtype}, expected integers")
    if array.shape != (count,):
        raise UsageError(f"{name} has shape {list(array.shape)}, expected [{count}]")
    return np.ascontiguousarray(array, np.int64)


def type_of(array):
    """enum geosc_type of a plain array."""
    return _TYPES[array.dtype]
