"""Reads arrays of Zarr, versions 2 and 3: a folder with a description in JSON and a file for each chunk; or a folder of such folders.

Chunks that are not packed, or packed by zlib, gzip or bzip2, need nothing more; blosc, zstd and lz4 need the Python package numcodecs. All is
read in a process of its own (apart.py). Sizes are checked before anything is read.
"""

import bz2
import itertools
import json
import math
import os
import stat
import zlib

import numpy as np

from . import ImportFailure, apart, reason
from .entry import MOST_NUMBERS, as_array, check_shape, item_size
from .source import ALWAYS_UNFOLDED, MOST_UNFOLDED
from .stored import BFLOAT16, BFLOAT16_ATTRIBUTES, ORDER, in_order, says_bfloat16
from .text import printable

MOST_TEXT = 1 << 20  # bytes of a description
MOST_FILES = 1 << 20
MOST_ARRAYS = 64
NUMPY_KINDS = {f"{order}{kind}" for order in "<>|" for kind in ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")}
NAMED_KINDS = {"bool": "|b1", "int8": "|i1", "int16": "i2", "int32": "i4", "int64": "i8", "uint8": "|u1", "uint16": "u2", "uint32": "u4",
               "uint64": "u8", "float16": "f2", "float32": "f4", "float64": "f8", "bfloat16": BFLOAT16, "r16": BFLOAT16}
FILLS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
OF_NUMCODECS = ("blosc", "zstd", "lz4")
GZIP, ZLIB = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS


def shown(value):
    return printable(json.dumps(value), 60)


def read_file(path, most):
    """The bytes of a regular file; None if it is missing."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > most:
            raise ImportFailure(f"{os.path.basename(path)}: is not a regular file, or is too large")
        return file.read(most)


def read_text(path):
    """The object in a JSON file; None if there is no file."""
    data = read_file(path, MOST_TEXT)
    if data is None:
        return None
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ImportFailure(f"{os.path.basename(path)}: is not a description of Zarr")
    return found


def check_list(values, name, least):
    if not isinstance(values, list) or any(type(n) is not int or not least <= n <= MOST_NUMBERS for n in values):
        raise ImportFailure(f"{name}: is {shown(values)}, expected a list of sizes")
    return tuple(values)


# ---- packed chunks ------------------------------------------------------------------------------------------------------


def inflate(data, size, form):
    return zlib.decompressobj(form).decompress(data, size + 1)


def by_numcodecs(name, settings, data):
    try:
        import numcodecs
    except ImportError:
        raise ImportFailure(f"is packed by {name}, which needs the Python package numcodecs (Debian: python3-numcodecs); or store it without "
                            "a compressor") from None
    if name == "blosc" and (len(data) < 16 or int.from_bytes(data[12:16], "little") != len(data)):
        raise ImportFailure("has a chunk that is cut off")
    return bytes(numcodecs.get_codec({"id": name} if name != "blosc" else {"id": name, **settings}).decode(data))


def unpack(name, data, size):
    """A chunk's bytes; `size` of them are expected."""
    if name in ("zlib", "gzip"):
        data = inflate(data, size, ZLIB if name == "zlib" else GZIP)
    elif name == "bz2":
        data = bz2.BZ2Decompressor().decompress(data, size + 1)
    elif name in OF_NUMCODECS:
        data = by_numcodecs(name, {}, data)
    elif name == "crc32c":
        data = data[:-4]
    return data


# ---- descriptions -------------------------------------------------------------------------------------------------------


class Array:
    """An array's description: shape, kind, chunks, and how they are named and packed."""

    def __init__(self, folder):
        self.folder, self.order = folder, None
        old, new = read_text(os.path.join(folder, ".zarray")), read_text(os.path.join(folder, "zarr.json"))
        if old is not None:
            self.describe_old(old, read_text(os.path.join(folder, ".zattrs")) or {})
        elif new is not None and new.get("node_type") == "array":
            self.describe_new(new)
        else:
            raise ImportFailure("has no array of Zarr: neither .zarray nor zarr.json of an array")
        if len(self.chunk) != len(self.shape):
            raise ImportFailure("has chunks of another rank than the array")

    def describe_old(self, text, attributes):
        self.shape, self.chunk = check_shape(check_list(text.get("shape"), "shape", 0)), check_list(text.get("chunks"), "chunks", 1)
        kind, packer = text.get("dtype"), text.get("compressor")
        if text.get("filters"):
            raise ImportFailure(f"filters: has {shown(text['filters'])}, which geosc cannot undo; store it without filters")
        self.kind = BFLOAT16 if kind in ("|V2", "<V2", "bfloat16") else kind
        if not isinstance(kind, str) or self.kind != BFLOAT16 and self.kind not in NUMPY_KINDS:
            raise ImportFailure(f"dtype: is {shown(kind)}, which geosc cannot read")
        self.packers = [self.packer(packer, "id")] if packer is not None else []
        if text.get("order", "C") not in ("C", "F"):
            raise ImportFailure(f"order: is {shown(text['order'])}, expected C or F")
        if text.get("order") == "F":
            self.order = tuple(range(len(self.chunk)))[::-1]
        self.separator, self.prefix = text.get("dimension_separator", "."), ""
        self.finish(attributes, text.get("fill_value"))

    def describe_new(self, text):
        grid, names = text.get("chunk_grid"), text.get("chunk_key_encoding")
        self.shape = check_shape(check_list(text.get("shape"), "shape", 0))
        if not isinstance(grid, dict) or grid.get("name") != "regular" or not isinstance(grid.get("configuration"), dict):
            raise ImportFailure(f"chunk_grid: is {shown(grid)}, expected a regular one")
        self.chunk = check_list(grid["configuration"].get("chunk_shape"), "chunk_shape", 1)
        kind = text.get("data_type")
        if not isinstance(kind, str) or kind not in NAMED_KINDS:
            raise ImportFailure(f"data_type: is {shown(kind)}, which geosc cannot read")
        self.kind = NAMED_KINDS[kind]
        names = names if isinstance(names, dict) else {}
        settings = names.get("configuration") if isinstance(names.get("configuration"), dict) else {}
        newer = names.get("name", "default") == "default"
        self.separator, self.prefix = settings.get("separator", "/" if newer else "."), "c" if newer else ""
        self.packers = []
        self.read_codecs(text.get("codecs"))
        attributes = text.get("attributes")
        self.finish(attributes if isinstance(attributes, dict) else {}, text.get("fill_value"))

    def read_codecs(self, codecs):
        for codec in codecs if isinstance(codecs, list) else ():
            name = codec.get("name") if isinstance(codec, dict) else None
            settings = codec.get("configuration") if isinstance(codec, dict) and isinstance(codec.get("configuration"), dict) else {}
            if name == "transpose":
                order = settings.get("order")
                if not isinstance(order, list) or sorted(map(str, order)) != sorted(map(str, range(len(self.chunk)))) or self.order:
                    raise ImportFailure(f"codecs: transpose has the order {shown(order)}")
                self.order = tuple(map(int, order))
            elif name == "bytes":
                if self.kind == BFLOAT16 and settings.get("endian") == "big":
                    raise ImportFailure("is bfloat16 with the high byte first, which geosc cannot read")
                if self.kind[0] not in "|b":
                    self.kind = (">" if settings.get("endian") == "big" else "<") + self.kind
            elif name == "sharding_indexed":
                raise ImportFailure("is stored in shards, which geosc cannot read; store it without sharding")
            else:
                self.packers.append(self.packer(codec, "name"))

    def packer(self, given, key):
        name = given.get(key) if isinstance(given, dict) else None
        if name not in ("zlib", "gzip", "bz2", "crc32c", *OF_NUMCODECS):
            raise ImportFailure(f"is packed by {shown(name)}, which geosc cannot undo; store it with gzip, or without a compressor")
        return name

    def finish(self, attributes, fill):
        if self.separator not in (".", "/"):
            raise ImportFailure(f"has the separator {shown(self.separator)}, expected a point or a slash")
        if self.kind in ("<u2", "u2") and any(says_bfloat16(attributes.get(name)) for name in BFLOAT16_ATTRIBUTES):
            self.kind = BFLOAT16
        fill = FILLS.get(fill, fill) if isinstance(fill, str) else 0 if fill is None else fill
        if type(fill) not in (bool, int, float):
            raise ImportFailure(f"fill_value: is {shown(fill)}, expected a number")
        self.fill = fill

    @property
    def bytes(self):
        return math.prod(self.shape) * item_size(self.kind)

    def chunk_file(self, at):
        """A chunk's path from its indices."""
        names = [self.prefix] * bool(self.prefix) + list(map(str, at))
        return os.path.join(self.folder, self.separator.join(names) or "0")

    def read_chunk(self, path, room):
        """The chunk as an array of its full shape; None if it is not stored."""
        size = math.prod(self.chunk) * item_size(self.kind)
        data = read_file(path, room)
        if data is None:
            return None
        for name in reversed(self.packers):
            data = unpack(name, data, size)
        if len(data) != size:
            raise ImportFailure(f"{os.path.basename(path)}: has {len(data)} bytes, expected {size}")
        flat = as_array(data, self.kind)
        if self.order is None:
            return flat.reshape(self.chunk)
        return flat.reshape([self.chunk[k] for k in self.order]).transpose(np.argsort(self.order))

    def read(self, room):
        """(array, its kind)."""
        counts = [-(-n // step) for n, step in zip(self.shape, self.chunk)]
        if self.bytes > room or math.prod(self.chunk) * item_size(self.kind) > room:
            raise ImportFailure(f"needs {max(self.bytes, math.prod(self.chunk) * item_size(self.kind))} bytes, too many for its files")
        if math.prod(counts) > MOST_FILES:
            raise ImportFailure(f"has {math.prod(counts)} chunks; {MOST_FILES} are the most allowed")
        try:
            if self.kind != BFLOAT16 and np.dtype(self.kind).kind in "iu":
                limits = np.iinfo(self.kind)
                if not limits.min <= self.fill <= limits.max or self.fill != int(self.fill):
                    raise ValueError
            fill = np.float32(self.fill).view("u4") >> 16 if self.kind == BFLOAT16 else self.fill
            out = np.full(self.shape, fill, "<u2" if self.kind == BFLOAT16 else self.kind)
        except (OverflowError, ValueError):
            raise ImportFailure(f"fill_value: is {shown(self.fill)}, which its type does not hold") from None
        for at in itertools.product(*map(range, counts)):
            chunk = self.read_chunk(self.chunk_file(at), room)
            if chunk is not None:
                place = tuple(slice(k * step, min((k + 1) * step, n)) for k, step, n in zip(at, self.chunk, self.shape))
                out[place] = chunk[tuple(slice(0, part.stop - part.start) for part in place)]
        return out, self.kind


def folder_room(path):
    """How many bytes its arrays may take, as for a file: by the bytes of all files."""
    total, count = 0, 0
    for folder, _, names in os.walk(path):
        for name in names:
            total, count = total + os.lstat(os.path.join(folder, name)).st_size, count + 1
        if count > 2 * MOST_FILES:
            raise ImportFailure(f"has more than {2 * MOST_FILES} files")
    return max(ALWAYS_UNFOLDED, MOST_UNFOLDED * total)


def is_group(path):
    new = read_text(os.path.join(path, "zarr.json"))
    return os.path.exists(os.path.join(path, ".zgroup")) or (new is not None and new.get("node_type") == "group")


def find_arrays(path):
    """{name: Array}; "" if the folder itself is the array."""
    if not is_group(path):
        return {"": Array(path)}
    names = sorted(name for name in os.listdir(path) if os.path.isdir(os.path.join(path, name)))
    names = [name for name in names if any(os.path.exists(os.path.join(path, name, text)) for text in (".zarray", "zarr.json"))
             and not is_group(os.path.join(path, name))]
    if len(names) > MOST_ARRAYS:
        raise ImportFailure(f"has {len(names)} arrays; {MOST_ARRAYS} are the most allowed")
    found = {}
    for name in names:
        try:
            found[name] = Array(os.path.join(path, name))
        except ImportFailure as failure:
            raise ImportFailure(f"{printable(name, 60)}: {failure}") from None
    return found


def listed_levels(path):
    """The names in the attribute levels of a group; None if there is none."""
    new = read_text(os.path.join(path, "zarr.json"))
    attributes = read_text(os.path.join(path, ".zattrs")) if new is None else new.get("attributes")
    order = attributes.get(ORDER) if isinstance(attributes, dict) else None
    if order is not None and not (isinstance(order, list) and all(isinstance(name, str) for name in order)):
        raise ImportFailure(f"attribute {ORDER}: is not a list of names")
    return order


def read_arrays(path, names, room):
    found = {ORDER: listed_levels(path)}
    for name, array in find_arrays(path).items():
        if names is not None and name not in names:
            if array.bytes > room:
                raise ImportFailure(f"needs {array.bytes} bytes, too many for its files")
            found[name] = {"shape": list(array.shape), "kind": array.kind}
            continue
        try:
            found[name] = array.read(room)
        except ImportFailure as failure:
            raise ImportFailure((f"{printable(name, 60)}: " if name else "") + str(failure)) from None
        room -= array.bytes
    return found


def load(path, names):
    """The array, or the arrays by name, as tensors.load gives them."""
    try:
        room = folder_room(path)
        found = apart.run(lambda: read_arrays(path, names, room), room, "Zarr's reader")
    except ImportFailure as failure:
        raise ImportFailure(f"{path}: {failure}") from None
    except OSError as error:
        raise ImportFailure(f"{path}: cannot be read: {reason(error)}") from None
    arrays = in_order(path, found if is_group(path) else {"": found[""]})
    return arrays[""] if list(arrays) == [""] else arrays
