"""Reads datasets of an HDF5 file in a process of its own: HDF5 may crash or hang on a damaged file, and then only that process ends.

The process sends arrays as their description and their bytes, and texts as UTF-8; the reader believes neither without a look. Links that
lead out of the file, data stored elsewhere, virtual datasets and plugins are refused. Nothing is read that does not fit into memory: arrays
may take as much as those of other files (source.py).
"""

import contextlib
import json
import os
import resource
import signal
import stat
import struct

import h5py
import numpy as np

from . import ImportFailure, reason
from .entry import check_shape
from .source import Source
from .text import printable

SECONDS = 600  # of work for one file, then it counts as damaged
MOST_HEADER = 1 << 20
MOST_NAMES = 65536
BFLOAT16 = "bf16"
FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32, h5py.h5z.FILTER_LZF}
TEXT = "text"


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

    def names(self, path):
        group = self.file[path]
        if len(group) > MOST_NAMES:
            raise ImportFailure(f"{path}: has {len(group)} entries; {MOST_NAMES} are the most allowed")
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
        return any(says_bfloat16(attributes, name) for name in ("dtype", "type", "original_dtype", "torch_dtype"))
    return False


def says_bfloat16(attributes, name):
    value = attributes.get(name)
    value = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return isinstance(value, str) and value.lower().removeprefix("torch.") in ("bfloat16", "bf16")


def kind_of_bits(kind):
    order = kind.get_order() if not isinstance(kind, h5py.h5t.TypeOpaqueID) else h5py.h5t.ORDER_LE
    return ">u2" if order == h5py.h5t.ORDER_BE else "<u2"


# ---- the two processes --------------------------------------------------------------------------------------------------


def send(pipe, data):
    view = memoryview(data)
    while view:
        view = view[os.write(pipe, view) :]


def send_all(pipe, found):
    """found: {name: (array, kind), list of bytes, or a plain value}."""
    parts, header = [], []
    for name, value in found.items():
        if isinstance(value, tuple):
            array, kind = value
            parts.append(np.ascontiguousarray(array).reshape(-1).view("u1").data if array.size else b"")
            header.append([name, kind, list(array.shape), array.dtype.str])
        elif isinstance(value, list):
            parts += value
            header.append([name, TEXT, [len(part) for part in value], None])
        else:
            header.append([name, "value", value, None])
    text = json.dumps(header).encode()
    send(pipe, struct.pack("<bQ", 0, len(text)) + text)
    for part in parts:
        send(pipe, part)


def work(path, room, read, pipe):
    """The child: reads and sends, or sends what is wrong."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGXCPU, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(SECONDS)
    try:
        with h5py.File(path, "r") as file:
            send_all(pipe, read(Stored(file, room)))
        return
    except ImportFailure as failure:
        said = str(failure)
    except MemoryError:
        said = "does not fit into memory"
    except Exception as error:  # pylint: disable=broad-except
        said = f"HDF5 cannot read it: {printable(reason(error), 200)}"
    said = said.encode("utf-8", "backslashreplace")[:4096]
    send(pipe, struct.pack("<bQ", 1, len(said)) + said)


def take(file, count, room):
    if not 0 <= count <= room:
        raise ImportFailure("needs more memory than it may")
    data = file.read(count)
    if len(data) < count:
        raise EOFError
    return data


def receive(file, room):
    failed, length = struct.unpack("<bQ", take(file, 9, room))
    text = take(file, length, MOST_HEADER if failed else max(room, MOST_HEADER))
    if failed:
        raise ImportFailure(text.decode("utf-8", "replace"))
    found = {}
    for name, kind, shape, dtype in json.loads(text):
        if kind == "value":
            found[name] = shape
        elif kind == TEXT:
            found[name] = [take(file, count, room).decode("utf-8", "replace") for count in shape]
        else:
            dtype, shape = np.dtype(dtype), check_shape(shape)
            if dtype.kind not in "biuf":
                raise ImportFailure("has an unexpected type")
            data = take(file, int(np.prod(shape, dtype=object)) * dtype.itemsize, room)
            found[name] = np.frombuffer(data, dtype).reshape(shape), kind
    return found


def read_apart(path, read):
    """What read(Stored) returns for the HDF5 file: {name: (array, kind) or list of texts or a plain value}."""
    try:
        with Source(path) as source:
            room = source.room
            if not source.start(8) == b"\x89HDF\r\n\x1a\n":
                raise ImportFailure("is not an HDF5 file")
    except (ImportFailure, OSError) as error:
        raise ImportFailure(f"{path}: {error if isinstance(error, ImportFailure) else 'cannot be read: ' + str(reason(error))}") from None
    out, into = os.pipe()
    child = os.fork()
    if not child:
        with contextlib.suppress(BaseException):
            os.close(out)
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 2)
            work(path, room, read, into)
        os._exit(0)
    os.close(into)
    try:
        with os.fdopen(out, "rb") as file:
            return receive(file, room)
    except (EOFError, ValueError, struct.error):
        raise ImportFailure(f"{path}: is damaged: HDF5 crashed or took too long while it read it") from None
    except ImportFailure as failure:
        raise ImportFailure(f"{path}: {failure}") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def is_hdf5(path):
    """Whether a file begins as HDF5 files do."""
    try:
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):
            return False
        with open(path, "rb") as file:
            return file.read(8) == b"\x89HDF\r\n\x1a\n"
    except OSError:
        return False
