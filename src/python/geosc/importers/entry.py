"""An array described in a file, before its numbers are read, and other contents of a file."""

import contextlib
import math

import numpy as np

from . import ImportFailure
from .text import printable

MOST_DIMENSIONS = 32  # of NumPy and of HDF5
MOST_NUMBERS = 1 << 48  # of an array; a size of 0 does not count
MOST_ENTRIES = 65536  # of a file
SHOWN_NAME = 80  # characters


class Entry:
    """An array described in a file; read() returns its numbers."""

    __slots__ = ("shape", "dtype", "read")

    def __init__(self, source, shape, kind, read):
        """kind: NumPy's name of the type, or bf16, which becomes float32. read() returns an array of this shape and type."""
        self.shape, self.dtype, self.read = shape, np.dtype("<f4" if kind == "bf16" else kind), read
        source.check_room(self.bytes)

    @property
    def bytes(self):
        return math.prod(self.shape) * self.dtype.itemsize

    def stand_in(self):
        """An array of zeros with the same shape and type; it takes no memory."""
        return np.broadcast_to(np.zeros((), self.dtype), self.shape)


class Other:
    """Contents of a file that are not a readable tensor; `what` describes them."""

    __slots__ = ("what",)

    def __init__(self, what):
        self.what = what

    def __str__(self):
        return self.what


def item_size(kind):
    return 2 if kind == "bf16" else np.dtype(kind).itemsize


def as_array(data, kind):
    """Bytes as a flat array; bfloat16 as bits, for widen."""
    return np.frombuffer(data, "<u2" if kind == "bf16" else kind)


def widen(array, kind):
    """Converts bfloat16 to float32, without loss."""
    if kind != "bf16":
        return array
    bits = array.astype("<u4")
    bits <<= 16
    return bits.view("<f4")


def check_shape(shape):
    """The shape as a tuple that is safe for NumPy."""
    if not isinstance(shape, (tuple, list)) or any(type(n) is not int or n < 0 for n in shape):
        raise ImportFailure("is a tensor with an invalid shape")
    if len(shape) > MOST_DIMENSIONS:
        raise ImportFailure(f"is a tensor of {len(shape)} dimensions; {MOST_DIMENSIONS} are the most")
    if math.prod(n or 1 for n in shape) > MOST_NUMBERS:
        raise ImportFailure("is a tensor whose size does not fit its data")
    return tuple(shape)


def check_count(entries):
    if len(entries) > MOST_ENTRIES:
        raise ImportFailure(f"has {len(entries)} entries; {MOST_ENTRIES} are the most allowed")


@contextlib.contextmanager
def naming(key):
    """Puts the tensor's name in front of its errors."""
    try:
        yield
    except ImportFailure as failure:
        raise ImportFailure(f"{printable(key, SHOWN_NAME)}: {failure}") from None
