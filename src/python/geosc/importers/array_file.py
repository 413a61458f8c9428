"""Files of safetensors and NumPy: arrays after a text that describes them."""

import json
import math
import re
import struct

import numpy as np

from . import ImportFailure, pickles
from .entry import SHOWN_NAME, Entry, Other, as_array, check_shape, item_size, widen
from .pickles import Object
from .text import printable
from .torch_file import Tensors, pairs_of

SAFETENSORS_TYPES = {
    "F32": "<f4",
    "F64": "<f8",
    "F16": "<f2",
    "BF16": "bf16",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "|i1",
    "U8": "|u1",
    "BOOL": "|b1",
}
NUMPY_TYPES = re.compile("[<>|=]?(b1|[iu][1248]|f[248])|[?]")
NUMPY_BFLOAT16 = re.compile("[<|]?V2")  # NumPy knows no such type, and saves bytes
MOST_HEADER = 4 << 20  # bytes of JSON; a tensor has about 150
MOST_NPY_HEADER = 4096  # bytes; an array of numbers has 128


# ---- safetensors --------------------------------------------------------------------------------------------------------


def parse_integer(text):
    if len(text) > 19:
        raise ImportFailure("is damaged: a number in its header is too long")
    return int(text)


def make_object(pairs):
    return Object(pickles.DICT, (), pairs)


def read_header(source):
    (length,) = struct.unpack("<Q", source.at(0, 8))
    if length > min(MOST_HEADER, source.size - 8):
        raise ImportFailure("is not a safetensors file, or is cut off")
    try:
        text = source.at(8, length).decode("utf-8")
        header = json.loads(text, parse_int=parse_integer, object_pairs_hook=make_object)
    except (ValueError, RecursionError) as error:
        raise ImportFailure(f"has a header that is not JSON: {type(error).__name__}") from None
    if not isinstance(header, Object):
        raise ImportFailure("has a header that is not of safetensors")
    return 8 + length, header


def safetensors_entry(source, begin, name, described):
    fields = dict(pairs_of(described) or ())
    kind, shape, span = (fields.get(name) for name in ("dtype", "shape", "data_offsets"))
    if not isinstance(kind, str) or not isinstance(span, list) or len(span) != 2 or any(type(n) is not int for n in span):
        raise ImportFailure(f"{printable(name, SHOWN_NAME)}: has no type, shape or offsets")
    if kind not in SAFETENSORS_TYPES:
        return Other(f"a tensor of type {printable(kind, 20)}, which geosc cannot read")
    kind, shape, size = SAFETENSORS_TYPES[kind], check_shape(shape), span[1] - span[0]
    if span[0] < 0 or size != math.prod(shape) * item_size(kind):
        raise ImportFailure(f"{printable(name, SHOWN_NAME)}: its offsets in the file do not fit its shape")
    source.check_there(begin + span[0], size)
    return Entry(source, shape, kind, lambda: widen(as_array(source.at(begin + span[0], size), kind), kind).reshape(shape))


def read_safetensors(source):
    begin, header = read_header(source)
    pairs = [(name, safetensors_entry(source, begin, name, entry)) for name, entry in header.pairs or () if name != "__metadata__"]
    return Tensors(source), Object(pickles.DICT, (), pairs)


# ---- NumPy --------------------------------------------------------------------------------------------------------------

NPY_FIELD = re.compile(r"\s*(['\"])(descr|fortran_order|shape)\1\s*:\s*(?:(['\"])([^'\"]*)\3|(True|False)|\(([0-9L,\s]*)\))\s*(?:,|(?=\}))")


def parse_npy_header(text):
    """(shape, type, whether in Fortran's order) of a header, a dict as Python prints it; an Other for a type that cannot be read."""
    found, at = {}, 1
    while text.startswith("{") and (field := NPY_FIELD.match(text, at)):
        found[field[2]] = field[4] if field[3] else field[5] == "True" if field[5] else field[6]
        at = field.end()
    descr, fortran, shape = (found.get(name) for name in ("descr", "fortran_order", "shape"))
    if not re.fullmatch(r"\s*\}\s*", text[at:]) or not isinstance(fortran, bool) or not isinstance(shape, str) or not isinstance(descr, str):
        return Other("an array of records, or with an unknown header")
    if "O" in descr:
        return Other("an array of Python objects, which geosc cannot read")
    if NUMPY_BFLOAT16.fullmatch(descr):
        descr = "bf16"
    elif not NUMPY_TYPES.fullmatch(descr):
        return Other(f"an array of type {printable(descr, 20)}, which geosc cannot read")
    sizes = [n.strip().rstrip("L") for n in shape.split(",") if n.strip()]
    if any(not re.fullmatch("[0-9]{1,19}", n) for n in sizes):
        raise ImportFailure("is an array with an invalid shape")
    return check_shape([int(n) for n in sizes]), descr, fortran


def read_npy(source, start, size, read):
    """The array of an .npy file or member of `size` bytes, which begins with `start`; read() returns all of it."""
    if not start.startswith(b"\x93NUMPY") or len(start) < 12 or start[6] not in (1, 2, 3):
        return Other("not an array of NumPy")
    begin, form = (10, "<H") if start[6] == 1 else (12, "<I")
    (length,) = struct.unpack_from(form, start, 8)
    if length > MOST_NPY_HEADER or begin + length > min(len(start), size):
        raise ImportFailure("is damaged or cut off: it has no NumPy header")
    header = parse_npy_header(start[begin : begin + length].decode("latin-1"))
    if isinstance(header, Other):
        return header
    shape, kind, fortran = header
    count, begin = math.prod(shape), begin + length
    if count * item_size(kind) > size - begin:
        raise ImportFailure("is damaged or cut off: it has fewer numbers than its header says")

    def array():
        flat = widen(as_array(read()[begin : begin + count * item_size(kind)], kind), kind)
        return np.ascontiguousarray(flat.reshape(shape[::-1]).T).reshape(shape) if fortran else flat.reshape(shape)

    return Entry(source, shape, kind, array)


def read_npz(source, members):
    pairs = []
    for member in members.members.values():
        if not member.name.endswith(".npy"):
            continue
        source.check_room(member.size)
        start = members.read(member.name, MOST_NPY_HEADER + 12)
        entry = read_npy(source, start, member.size, lambda name=member.name: members.read(name))
        if isinstance(entry, Entry) and member.size > entry.bytes + len(start):
            raise ImportFailure(f"is damaged: {printable(member.name, SHOWN_NAME)} has more numbers than its header says")
        pairs.append((member.name[: -len(".npy")], entry))
    return Tensors(source), Object(pickles.DICT, (), pairs)
