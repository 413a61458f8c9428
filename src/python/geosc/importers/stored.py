"""Reads datasets of an HDF5 file, in a process of its own (apart.py).

Links that lead out of the file, data stored elsewhere, virtual datasets and plugins are refused. Nothing is read that does not fit into
memory: arrays may take as much as those of other files (source.py).
"""

import h5py
import numpy as np

from . import ImportFailure, apart, reason
from .entry import check_shape, widen
from .source import Source
from .text import printable

SIGNATURE = b"\x89HDF\r\n\x1a\n"
MOST_NAMES = 1024
ORDER = "levels"  # the attribute with the names of levels in order
BFLOAT16, BFLOAT16_ATTRIBUTES = "bf16", ("dtype", "type", "original_dtype", "torch_dtype")
FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32, h5py.h5z.FILTER_LZF}

class Stored:
    """The open file, in its own process."""

    def __init__(self, file, room):
        self.file, self.room = file, room

    def is_here(self, path):
        """Whether a path exists; refuses links out of the file on the way."""
        at = "/"
        for name in path.strip("/").split("/"):
            group = self.file[at]
            if not isinstance(group, h5py.Group) or name not in group:
                return False
            at = at.rstrip("/") + "/" + name
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise ImportFailure(f"{at}: is a link; copy the data into the file")
        return True

    def is_group(self, path):
        return isinstance(self.file[path], h5py.Group)

    def names(self, path, most=MOST_NAMES):
        group = self.file[path]
        if len(group) > most:
            raise ImportFailure(f"{path}: has {len(group)} entries; {most} are the most allowed")
        return list(group)

    def dataset(self, path):
        """A dataset that may be read: its numbers are in this file, and fit."""
        if not self.is_here(path):
            raise ImportFailure(f"{path}: is missing")
        found = self.file[path]
        if not isinstance(found, h5py.Dataset) or found.shape is None:
            raise ImportFailure(f"{path}: is not a dataset")
        creation = found.id.get_create_plist()
        if found.is_virtual or creation.get_external_count():
            raise ImportFailure(f"{path}: its data are in other files; copy them into this one")
        if any(creation.get_filter(k)[0] not in FILTERS for k in range(creation.get_nfilters())):
            raise ImportFailure(f"{path}: is packed by a filter other than deflate, shuffle, fletcher32 and LZF; store it without")
        size = int(np.prod(check_shape(found.shape), dtype=object)) * max(found.id.get_type().get_size(), 1)
        if size > self.room:
            raise ImportFailure(f"{path}: needs {size} bytes, too many for this file")
        return found

    def array(self, path):
        """(array, its kind): numbers, or bits of bfloat16."""
        found = self.dataset(path)
        kind = found.id.get_type()
        if is_bfloat16(kind, found.attrs):
            bits = np.zeros(found.shape, kind_of_bits(kind))
            found.id.read(h5py.h5s.ALL, h5py.h5s.ALL, bits, kind)
            return self.counted(bits), BFLOAT16
        if found.dtype.kind not in "biuf" or found.dtype.hasobject:
            raise ImportFailure(f"{path}: has the type {printable(found.dtype, 60)}, expected numbers")
        array = np.zeros(found.shape, found.dtype)
        if array.size:
            found.read_direct(array)
        return self.counted(array), array.dtype.str

    def described(self, path):
        """{"shape", "kind"} of a dataset that is not read."""
        found = self.dataset(path)
        kind = BFLOAT16 if is_bfloat16(found.id.get_type(), found.attrs) else found.dtype.str
        if kind != BFLOAT16 and found.dtype.kind not in "biuf":
            raise ImportFailure(f"{path}: has the type {printable(found.dtype, 60)}, expected numbers")
        return {"shape": list(found.shape), "kind": kind}

    def texts(self, path):
        found = self.dataset(path)
        if found.dtype.kind not in "OS" or found.ndim > 1:
            raise ImportFailure(f"{path}: is not a list of texts")
        values = found[()] if found.ndim else [found[()]]
        values = [value if isinstance(value, bytes) else str(value).encode() for value in values]
        self.room -= sum(map(len, values))
        if self.room < 0:
            raise ImportFailure(f"{path}: needs more memory than this file may")
        return values

    def counted(self, array):
        self.room -= array.nbytes
        if self.room < 0:
            raise ImportFailure("its arrays need more memory than this file may")
        return array

    def attribute_texts(self, path, name):
        """A list of texts; None if there is none."""
        value = self.file[path].attrs.get(name)
        if value is None:
            return None
        value = np.asarray(value)
        if value.ndim != 1 or value.size > MOST_NAMES or value.dtype.kind not in "OSU":
            raise ImportFailure(f"attribute {name}: is not a list of names")
        return [one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in value]

    def attribute(self, path, name):
        """A number or text; None if there is none."""
        if name not in self.file[path].attrs:
            return None
        value = np.asarray(self.file[path].attrs[name])
        if value.size != 1 or value.nbytes > 4096:
            return None
        value = value.reshape(-1)[0]
        value = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        return value if isinstance(value, str) else value.item() if isinstance(value, (np.bool_, np.number)) else str(value)


def is_bfloat16(kind, attributes):
    """Whether a type is one of three spellings of bfloat16: a float of 8 exponent and 7 mantissa bits, opaque bytes (NumPy's V2), or 16-bit
    integers with an attribute that says so."""
    if kind.get_size() != 2:
        return False
    if isinstance(kind, h5py.h5t.TypeFloatID):
        return kind.get_fields() == (15, 7, 8, 0, 7) and kind.get_ebias() == 127
    if isinstance(kind, h5py.h5t.TypeOpaqueID):
        return True
    if isinstance(kind, h5py.h5t.TypeIntegerID):
        return any(says_bfloat16(attributes.get(name)) for name in BFLOAT16_ATTRIBUTES)
    return False


def says_bfloat16(value):
    value = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return isinstance(value, str) and value.lower().removeprefix("torch.") in ("bfloat16", "bf16")


def kind_of_bits(kind):
    order = kind.get_order() if not isinstance(kind, h5py.h5t.TypeOpaqueID) else h5py.h5t.ORDER_LE
    return ">u2" if order == h5py.h5t.ORDER_BE else "<u2"


def read_apart(path, read):
    """What read(Stored) returns for the HDF5 file, see apart.run."""
    try:
        with Source(path) as source:
            room = source.room
            if source.start(8) != SIGNATURE:
                raise ImportFailure("is not an HDF5 file")
        return apart.run(lambda: read_open(path, room, read), room, "HDF5")
    except ImportFailure as failure:
        raise ImportFailure(f"{path}: {failure}") from None
    except OSError as error:
        raise ImportFailure(f"{path}: cannot be read: {reason(error)}") from None


def read_open(path, room, read):
    with h5py.File(path, "r") as file:
        return read(Stored(file, room))


def load(path, names):
    """The datasets of the file, or the only one, as tensors.load gives them."""
    def read(file):
        found = {}
        for name in file.names("/"):
            if file.is_here("/" + name) and isinstance(file.file[name], h5py.Dataset):
                found[name] = file.array("/" + name) if names is None or name in names else file.described("/" + name)
        found[ORDER] = file.attribute_texts("/", ORDER)
        return found

    return in_order(path, read_apart(path, read))


def in_order(path, found):
    """Tensors by name, those that an attribute `levels` lists first, in its order."""
    order = found.pop(ORDER, None) or []
    missing = [name for name in order if name not in found]
    if missing or len(set(order)) < len(order):
        raise ImportFailure(f"{path}: attribute {ORDER}: lists {printable((missing or order)[0], 60)}, which is not there or listed twice")
    return {name: as_tensor(found[name]) for name in [*order, *(name for name in found if name not in order)]}


def as_tensor(value):
    """What was sent, as an array, or a stand-in for one that was not read."""
    if isinstance(value, tuple):
        array, kind = value
        return widen(array, kind).astype("<f4", copy=False) if kind == BFLOAT16 else array
    shape, kind = value["shape"], value["kind"]
    return np.broadcast_to(np.zeros((), "<f4" if kind == BFLOAT16 else kind), check_shape(shape))
