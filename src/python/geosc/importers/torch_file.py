"""Files of PyTorch: finds the tensors in a pickle and their numbers in the file."""

import io
import struct

import numpy as np

from . import ImportFailure, pickles
from .entry import MOST_NUMBERS, SHOWN_NAME, Entry, Other, as_array, check_shape, item_size, widen
from .pickles import Object
from .text import printable

STORAGE_TYPES = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "BFloat16Storage": "bf16",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "|i1",
    "ByteStorage": "|u1",
    "BoolStorage": "|b1",
    "QInt8Storage": "V1",  # types V are not read, but their size is needed to find others
    "QUInt8Storage": "V1",
    "QInt32Storage": "V4",
    "QUInt4x2Storage": "V1",
    "QUInt2x4Storage": "V1",
    "ComplexFloatStorage": "V8",
    "ComplexDoubleStorage": "V16",
}
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
LEGACY_PROTOCOL = 1001
LARGEST_INTEGER = 1 << 62  # of sizes and strides
SAVE_WEIGHTS = 'torch.save(net.state_dict(), "weights.pth")'
REBUILD = ("_rebuild_tensor", "_rebuild_tensor_v2")
PARAMETERS = ("_rebuild_parameter", "_rebuild_parameter_with_state")
UNREAD = {
    "_rebuild_sparse_tensor": "a sparse tensor",
    "_rebuild_sparse_csr_tensor": "a sparse tensor",
    "_rebuild_qtensor": "a quantized tensor",
    "_rebuild_nested_tensor": "a nested tensor",
    "_rebuild_meta_tensor_no_storage": "a tensor without numbers",
    "_rebuild_wrapper_subclass": "a tensor of a subclass",
    "_rebuild_tensor_v3": "a tensor of a type that geosc cannot read",
    "_rebuild_device_tensor_from_numpy": "a tensor of another device",
    "_rebuild_from_type": "a tensor of a subclass",
    "_load_from_bytes": "a storage within a pickle",
}


def describe(value):
    """Describes a value that is not a tensor, for a message."""
    if isinstance(value, Other):
        return value.what
    if isinstance(value, Entry):
        return "an array"
    if isinstance(value, Object):
        maker, arguments = value.maker, value.arguments
        if maker is not None and maker.module in ("copyreg", "copy_reg") and arguments and isinstance(arguments[0], pickles.Name):
            maker = arguments[0]  # the class, in old protocols
        if maker is None:
            return "the result of a call"
        if maker.module.startswith("torch") and maker.name in UNREAD:
            return UNREAD[maker.name]
        if maker.module.startswith("torch") and maker.name in REBUILD + PARAMETERS:
            return "a tensor"
        plain = maker.module in ("builtins", "__builtin__", "collections")
        return printable(maker.name if plain else f"{maker.module}.{maker.name}", SHOWN_NAME)
    if isinstance(value, pickles.Name):
        return "the name " + printable(value, SHOWN_NAME)
    if isinstance(value, pickles.Persistent):
        return "a storage"
    return "nothing" if value is None else type(value).__name__


def is_unread_tensor(value):
    return isinstance(value, Other) or (isinstance(value, Object) and value.maker is not None and value.maker.module.startswith("torch")
                                        and value.maker.name in UNREAD)


def pairs_of(value):
    """The (key, value) pairs of a dict or a similar object; None for anything else."""
    if not isinstance(value, Object):
        return None
    if value.pairs is not None:
        return value.pairs
    maker = value.maker
    if maker is pickles.DICT or (maker is not None and (maker.module, maker.name) == ("collections", "OrderedDict")):
        given = parts_of(value.arguments[0]) if value.arguments else ()
        found = [parts_of(part) for part in given]
        return [tuple(part) for part in found if len(part) == 2]
    return None


def parts_of(value):
    """The elements of a list, tuple or set; () for anything else."""
    if isinstance(value, tuple):
        return value
    if not isinstance(value, Object):
        return ()
    if value.parts is None and value.maker is not None and value.maker.name in ("set", "frozenset", "list") and value.arguments:
        return parts_of_list(value.arguments[0])
    return value.parts or ()


def parts_of_list(value):
    return value if isinstance(value, tuple) else getattr(value, "parts", None) or ()


class Storage:
    """Numbers that tensors share: place() reads them, `data` keeps them once read. Without a place, `fault` is the reason."""

    __slots__ = ("kind", "count", "place", "data", "fault")

    def __init__(self, kind, count):
        self.kind, self.count, self.place, self.data, self.fault = kind, count, None, None, "is missing"


class Tensors:
    """Finds the tensors in a value, and their numbers in the file."""

    def __init__(self, source, storages=None):
        self.source, self.storages = source, storages or {}

    def storage(self, reference):
        identity = reference.identity if isinstance(reference, pickles.Persistent) else None
        if not isinstance(identity, tuple) or len(identity) < 5 or identity[0] != "storage" or not isinstance(identity[1], pickles.Name):
            raise ImportFailure("is a tensor without a storage")
        _, name, key, _, count, *view = identity
        if name.module not in ("torch", "torch.cuda") or STORAGE_TYPES.get(name.name, "V").startswith("V"):
            raise ImportFailure(f"is a tensor of type {printable(name, SHOWN_NAME)}, which geosc cannot read")
        if view and view[0] is not None:
            raise ImportFailure("has a storage that is a view of another; load it with PyTorch and save it again")
        storage = self.storages.get(key) if isinstance(key, str) else None
        if storage is None or type(count) is not int or (storage.kind, storage.count) != (STORAGE_TYPES[name.name], count):
            raise ImportFailure("is a tensor whose size does not fit its data")
        if not storage.place:
            raise ImportFailure(f"is damaged: storage {printable(key, 20)} {storage.fault}")
        return storage

    def described(self, value):
        """The description of a tensor, unchecked: an Entry, or the call that rebuilds it; None for anything else."""
        for _ in range(4):  # a parameter wraps a tensor
            if isinstance(value, Entry):
                return value
            if not isinstance(value, Object) or value.maker is None or value.maker.module not in ("torch._utils", "torch._tensor"):
                return None
            name, arguments = value.maker.name, value.arguments
            if name in REBUILD:
                return value
            if name == "_rebuild_from_type_v2" and len(arguments) > 2 and isinstance(arguments[0], pickles.Name):
                value = Object(arguments[0], arguments[2] if isinstance(arguments[2], tuple) else ())
            elif name in PARAMETERS and arguments:
                value = arguments[0]
            else:
                return None
        return None

    def entry(self, value):
        """The Entry of a tensor; None for anything else."""
        found = self.described(value)
        return self.make(found) if isinstance(found, Object) else found

    def make(self, value):
        if len(value.arguments) < 4:
            raise ImportFailure("is a tensor without a shape")
        reference, offset, size, stride = value.arguments[:4]
        storage = self.storage(reference)
        if isinstance(size, Object) and size.maker is not None and size.maker.name == "Size" and size.arguments:
            size = size.arguments[0]
        size = check_shape(size)
        if not isinstance(stride, tuple) or len(stride) != len(size) or any(type(n) is not int for n in (*stride, offset)):
            raise ImportFailure("is a tensor with invalid strides")
        if not all(0 <= n < LARGEST_INTEGER for n in (*stride, offset)):
            raise ImportFailure("is a tensor that reaches beyond its data")
        if 0 not in size and offset + sum((n - 1) * step for n, step in zip(size, stride)) >= storage.count:
            raise ImportFailure("is a tensor that reaches beyond its data")
        return Entry(self.source, size, storage.kind, lambda: self.read(storage, offset, size, stride))

    def read(self, storage, offset, size, stride):
        if 0 in size:
            return np.zeros(size, "<f4" if storage.kind == "bf16" else storage.kind)
        if storage.data is None:
            storage.data = storage.place()
        flat = as_array(storage.data, storage.kind)
        steps = [step * flat.itemsize if n > 1 else 0 for n, step in zip(size, stride)]
        view = np.lib.stride_tricks.as_strided(flat[offset:], size, steps, writeable=False)
        return widen(np.ascontiguousarray(view).reshape(size), storage.kind)


def list_storages(references):
    """{key: Storage} of all storages with a known type."""
    storages = {}
    for reference in references:
        if not isinstance(reference.identity, tuple) or len(reference.identity) < 5:
            continue
        _, name, key, _, count = reference.identity[:5]
        kind = STORAGE_TYPES.get(name.name) if isinstance(name, pickles.Name) else None
        if kind is None or not isinstance(key, str) or type(count) is not int or not 0 <= count <= MOST_NUMBERS:
            continue
        if key in storages and (storages[key].kind, storages[key].count) != (kind, count):
            raise ImportFailure(f"is damaged: storage {printable(key, 20)} has two types or sizes")
        storages.setdefault(key, Storage(kind, count))
    return storages


def read_torch_zip(source, members, pickle):
    """Reads the format of torch.save since 1.6: an uncompressed zip file of one pickle and one record for each storage."""
    folder = pickle[: -len("data.pkl")]
    if folder + "constants.pkl" in members.members:
        raise ImportFailure(f"is a TorchScript network; load it with torch.jit.load and save only its weights: {SAVE_WEIGHTS}")
    if folder + "byteorder" in members.members and members.read_stored(folder + "byteorder") != b"little":
        raise ImportFailure("was written on a big-endian machine; save it again on a little-endian one")
    data = members.read_stored(pickle)
    value, references, _ = pickles.read(io.BytesIO(data), len(data))
    tensors = Tensors(source, list_storages(references))
    for key, storage in tensors.storages.items():
        member = members.members.get(f"{folder}data/{key}")
        if member is None or member.size != storage.count * item_size(storage.kind):
            storage.fault = "is missing" if member is None else f"has {member.size} bytes, expected {storage.count} numbers"
        else:
            storage.place = lambda name=member.name: members.read_stored(name)
    return tensors, value


def read_torch_legacy(source):
    """Reads the format of torch.save before 1.6: pickles one after the other, then the storages."""
    file = source.file
    file.seek(0)
    left, found = source.size, []
    for expected in (LEGACY_MAGIC, LEGACY_PROTOCOL, None, None, None):
        value, references, left = pickles.read(file, left)
        if expected is not None and value != expected:
            raise ImportFailure(f"is a pickle, but not a file of PyTorch; in PyTorch, save the weights: {SAVE_WEIGHTS}")
        found.append((value, references))
    (facts, _), (value, references), (keys, _) = found[2:]
    if ("little_endian", False) in (pairs_of(facts) or ()):
        raise ImportFailure("was written on a big-endian machine; save it again on a little-endian one")
    tensors, at = Tensors(source, list_storages(references)), source.size - left
    for key in parts_of(keys):
        storage = tensors.storages.get(key) if isinstance(key, str) else None
        (count,) = struct.unpack("<q", source.at(at, 8))
        if storage is None or count != storage.count or storage.place:
            raise ImportFailure("is damaged, or has types that geosc cannot read: a storage differs from its description")
        size = count * item_size(storage.kind)
        source.check_there(at + 8, size)
        storage.place = lambda at=at + 8, size=size: source.at(at, size)
        at += 8 + size
    return tensors, value
