"""Reads tensors from files of PyTorch, safetensors and NumPy, recognised by their first bytes, and from HDF5 and Zarr by their names.

Text, lengths, shapes and offsets are checked before they reach NumPy; memory is limited by the file's size: see source, archive and pickles,
which runs nothing. Each tensor is first an Entry: shape, type, and a function that reads its numbers. Nothing here needs PyTorch.
"""

import os

import numpy as np

from . import ImportFailure, archive, reason, stored, zarr
from .array_file import MOST_NPY_HEADER, read_npy, read_npz, read_safetensors
from .entry import Other, check_count, naming
from .source import Source, recognise
from .torch_file import Tensors, describe, pairs_of, read_torch_legacy, read_torch_zip

HDF5_ENDINGS, ZARR_ENDING = (".h5", ".hdf5"), ".zarr"


def read_zip(source):
    members = archive.Archive(source)
    found = [name for name in members.members if name == "data.pkl" or name.endswith("/data.pkl")]
    if len(found) == 1:
        return read_torch_zip(source, members, found[0])
    if not found and any(name.endswith(".npy") for name in members.members):
        return read_npz(source, members)
    raise ImportFailure("is a zip file, but not of PyTorch or NumPy: it has no data.pkl and no array")


def read_source(source):
    """(Tensors, value): the file's inert value, and Tensors, whose entry() finds the tensors in it."""
    start = source.start(MOST_NPY_HEADER + 12)
    known = recognise(start)
    if known:
        raise ImportFailure(known)
    if start.startswith(b"\x93NUMPY"):
        return Tensors(source), read_npy(source, start, source.size, lambda: source.at(0, source.size))
    if start.startswith(b"PK"):
        return read_zip(source)
    if start[8:9] == b"{":
        return read_safetensors(source)
    if start.startswith(b"\x80"):
        return read_torch_legacy(source)
    raise ImportFailure("is not a file of PyTorch, safetensors or NumPy")


class File:
    """A tensor file, open within the context, which puts the file's name in front of errors."""

    def __init__(self, path):
        self.path, self.source = str(path), None

    def __enter__(self):
        try:
            self.source = Source(self.path)
            self.tensors, self.value = read_source(self.source)
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(self, kind, error, _):
        if self.source:
            self.source.__exit__()
        if isinstance(error, ImportFailure):
            raise ImportFailure(f"{self.path}: {error}") from None
        if isinstance(error, OSError):
            raise ImportFailure(f"{self.path}: cannot be read: {reason(error)}") from None
        if isinstance(error, MemoryError):
            raise ImportFailure(f"{self.path}: does not fit into memory") from None

    def array(self, entry):
        """Reads an entry's numbers and counts them against the file's limit."""
        self.source.unfold(entry.bytes)
        return entry.read()


def load(path, names=None):
    """The file's array, or dict of arrays. With `names`, only arrays of these names in a dict are read; others are stand-ins of the same shape
    and type. Values that are not tensors are Others."""
    ending = os.path.splitext(path)[1].lower()
    if ending in HDF5_ENDINGS:
        return stored.load(path, names)
    if ending == ZARR_ENDING:
        return zarr.load(path, names)
    with File(path) as file:

        def get(value, wanted):
            entry = file.tensors.entry(value)
            if entry is None:
                return Other(describe(value))
            return file.array(entry) if wanted else entry.stand_in()

        pairs = pairs_of(file.value)
        if pairs is None:
            return get(file.value, names is None)
        check_count(pairs)
        found = {}
        for key, value in pairs:
            if isinstance(key, (str, int)):
                with naming(key):
                    found[str(key)] = get(value, names is None or key in names)
        return found


def load_array(path, name=None):
    """The only array of a file, or the array of a name."""
    found = load(path, None if name is None else {name})
    if isinstance(found, dict):
        found = found.get(name)
    if not isinstance(found, np.ndarray):
        raise ImportFailure(f"{path}: {f'{name}: ' if name else ''}is {found if isinstance(found, Other) else 'no array'}, expected an array")
    return found
