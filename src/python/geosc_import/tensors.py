"""Tensors out of files of PyTorch, safetensors and NumPy.

A pickle is a program. Here it runs on an interpreter that knows nothing but the few names of which a file of tensors is made
(find_class below), and none of these does more than to note what is asked: nothing in a file can run anything.
"""

import collections
import io
import json
import math
import os
import pickle
import struct
import zipfile

import numpy as np

from . import ImportFailure

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
}
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
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
LEGACY_PROTOCOL = 1001


def item_size(kind):
    return 2 if kind == "bf16" else np.dtype(kind).itemsize


def stand_in(shape, kind):
    """An array of which nothing but shape and type was read; it takes no memory."""
    return np.broadcast_to(np.zeros((), "<f4" if kind == "bf16" else kind), shape)


def as_array(data, kind):
    """Bytes as a flat array; bfloat16 as float32, which holds it exactly."""
    if kind == "bf16":
        return (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4")
    return np.frombuffer(data, kind)


# ---- the pickle ---------------------------------------------------------------------------------------------------------


class Storage:
    """A storage that a pickle names: its bytes are elsewhere in the file."""

    __slots__ = ("kind", "key", "count", "data")

    def __init__(self, kind, key, count):
        self.kind, self.key, self.count, self.data = kind, key, count, None


class Tensor:
    """A tensor as a pickle describes it."""

    __slots__ = ("storage", "offset", "size", "stride")

    def __init__(self, storage, offset, size, stride):
        self.storage, self.offset, self.size, self.stride = storage, offset, size, stride


class StorageType:
    __slots__ = ("kind",)

    def __init__(self, kind):
        self.kind = kind


class RebuildTensor:
    """Stands for torch._utils._rebuild_tensor(_v2). Without attributes, a pickle has nothing to set on it."""

    __slots__ = ()

    def __call__(self, storage, offset, size, stride, *_):
        if not isinstance(storage, Storage):
            raise pickle.UnpicklingError("a tensor without storage")
        return Tensor(storage, offset, tuple(size), tuple(stride))


class RebuildParameter:
    __slots__ = ()

    def __call__(self, data, *_):
        return data


NAMES = {
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("torch._utils", "_rebuild_tensor"): RebuildTensor(),
    ("torch._utils", "_rebuild_tensor_v2"): RebuildTensor(),
    ("torch._utils", "_rebuild_parameter"): RebuildParameter(),
}
NAMES.update({("torch", name): StorageType(kind) for name, kind in STORAGE_TYPES.items()})


class Reader(pickle.Unpickler):
    """Knows tensors, containers, numbers and strings, and refuses every other name."""

    def __init__(self, file):
        super().__init__(file, encoding="utf-8")
        self.storages = {}

    def find_class(self, module, name):
        if (module, name) not in NAMES:
            raise ImportFailure(f"asks for {module}.{name}, which is no tensor: refused, nothing of it was run")
        return NAMES[module, name]

    def persistent_load(self, pid):
        if not isinstance(pid, tuple) or len(pid) < 5 or pid[0] != "storage" or not isinstance(pid[1], StorageType):
            raise ImportFailure("refers to something that is no tensor's storage: refused")
        if len(pid) > 5 and pid[5] is not None:
            raise ImportFailure("has storages that are views of others; open it with PyTorch and save it again")
        key, count = str(pid[2]), int(pid[4])
        return self.storages.setdefault(key, Storage(pid[1].kind, key, count))


def read_pickle(file, storages=None):
    reader = Reader(file)
    if storages is not None:
        reader.storages = storages
    try:
        return reader.load()
    except ImportFailure:
        raise
    except Exception as error:  # a pickle can fail in any way
        raise ImportFailure(f"is damaged, or no file of tensors: {type(error).__name__}: {error}") from None


def tensor_array(tensor):
    """The array that a tensor describes, looked at twice: sizes come from the file."""
    size, stride, offset, storage = tensor.size, tensor.stride, tensor.offset, tensor.storage
    whole = all(isinstance(n, int) and n >= 0 for n in (*size, *stride, offset)) and len(size) == len(stride)
    if not whole or math.prod(size) > storage.count:
        raise ImportFailure("holds a tensor whose size does not fit its data")
    last = offset + sum((n - 1) * step for n, step in zip(size, stride))
    if 0 not in size and last >= storage.count:
        raise ImportFailure("holds a tensor that reaches beyond its data")
    if storage.data is None or 0 in size:
        return stand_in(size, storage.kind)
    flat = as_array(storage.data, storage.kind)
    steps = [step * flat.itemsize for step in stride]
    return np.ascontiguousarray(np.lib.stride_tricks.as_strided(flat[offset:], size, steps, writeable=False)).reshape(size)


def resolve(value):
    if isinstance(value, Tensor):
        return tensor_array(value)
    if isinstance(value, dict):
        return {key: resolve(part) for key, part in dict.items(value)}
    if isinstance(value, (list, tuple)):
        return [resolve(part) for part in value]
    return value


# ---- files --------------------------------------------------------------------------------------------------------------


def wanted(name, names):
    return names is None or name in names


def wanted_storages(value, names):
    """The storages of the tensors of a pickle, or of those that have one of the names."""
    if isinstance(value, Tensor):
        return {value.storage} if names is None else set()
    if isinstance(value, dict):
        parts = [wanted_storages(part, None if wanted(key, names) else ()) for key, part in dict.items(value)]
        return set().union(*parts)
    if isinstance(value, (list, tuple)):
        return set().union(*(wanted_storages(part, names) for part in value))
    return set()


def set_data(storage, data):
    if len(data) != storage.count * item_size(storage.kind):
        raise ImportFailure(f"storage {storage.key} has {len(data)} bytes, expected {storage.count} numbers")
    storage.data = data


def read_torch_zip(path, names):
    """As torch.save writes since 1.6: a zip file, uncompressed, of one pickle and one record per storage."""
    with zipfile.ZipFile(path) as archive:
        records = {info.filename: info for info in archive.infolist()}
        pickles = [name for name in records if name == "data.pkl" or name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise ImportFailure("is a zip file, but none of PyTorch: it has no data.pkl")
        folder = pickles[0][: -len("data.pkl")]

        def record(name):
            if name not in records:
                raise ImportFailure(f"has no {name}: it is damaged")
            if records[name].compress_type != zipfile.ZIP_STORED:
                raise ImportFailure(f"{name} is compressed, which PyTorch never does")
            return archive.read(records[name])

        if folder + "byteorder" in records and record(folder + "byteorder") != b"little":
            raise ImportFailure("was written on a big-endian machine; save it again on another")
        storages = {}
        value = read_pickle(io.BytesIO(record(pickles[0])), storages)
        for storage in wanted_storages(value, names):
            set_data(storage, record(f"{folder}data/{storage.key}"))
        return resolve(value)


def read_torch_legacy(path, names):
    """As torch.save wrote before 1.6: pickles one after the other, then the storages."""
    with open(path, "rb") as file:
        if read_pickle(file) != LEGACY_MAGIC or read_pickle(file) != LEGACY_PROTOCOL:
            raise ImportFailure("is no file of PyTorch")
        facts = read_pickle(file)
        if isinstance(facts, dict) and not facts.get("little_endian", True):
            raise ImportFailure("was written on a big-endian machine; save it again on another")
        storages = {}
        value = read_pickle(file, storages)
        needed = wanted_storages(value, names)
        for key in read_pickle(file):
            storage = storages.get(str(key))
            (count,) = struct.unpack("<q", file.read(8))
            if storage is None or count != storage.count:
                raise ImportFailure(f"storage {key} is not as announced: the file is damaged")
            if storage in needed:
                set_data(storage, file.read(count * item_size(storage.kind)))
            else:
                file.seek(count * item_size(storage.kind), os.SEEK_CUR)
        if any(storage.data is None for storage in needed):
            raise ImportFailure("lacks a storage: the file is damaged")
        return resolve(value)


def read_safetensors(path, names):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        file.seek(0, 2)
        room = file.tell() - 8 - length
        if room < 0:
            raise ImportFailure("is no safetensors file, or cut off")
        file.seek(8)
        header = json.loads(file.read(length))
        out = {}
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            kind, shape, (begin, end) = SAFETENSORS_TYPES.get(entry["dtype"]), entry["shape"], entry["data_offsets"]
            if kind is None:
                raise ImportFailure(f"{name}: type {entry['dtype']} is not known")
            if not 0 <= begin <= end <= room or math.prod(shape) * item_size(kind) != end - begin:
                raise ImportFailure(f"{name}: its place in the file does not fit its shape")
            if not wanted(name, names):
                out[name] = stand_in(shape, kind)
                continue
            file.seek(8 + length + begin)
            out[name] = as_array(file.read(end - begin), kind).reshape(shape)
        return out


def read_npy_header(file):
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, kind = read(file)
    return stand_in(shape, kind)


def read_npz(path, names):
    with np.load(path, allow_pickle=False) as archive:
        out = {}
        for name in archive.files:
            if wanted(name, names):
                out[name] = archive[name]
                continue
            inside = name if name in archive.zip.namelist() else name + ".npy"
            with archive.zip.open(inside) as file:
                out[name] = read_npy_header(file)
        return out


def load(path, names=None):
    """Arrays in the dicts and lists in which the file has them. With `names`, only those of these names in a dict are read; all
    others are stand-ins of their shape and type."""
    path = str(path)
    try:
        with open(path, "rb") as file:
            start = file.read(8)
            if path.endswith(".npy") and names is not None:
                file.seek(0)
                return read_npy_header(file)
        if path.endswith(".safetensors"):
            return read_safetensors(path, names)
        if path.endswith(".npz"):
            return read_npz(path, names)
        if path.endswith(".npy"):
            return np.load(path, allow_pickle=False)
        return read_torch_zip(path, names) if start[:2] == b"PK" else read_torch_legacy(path, names)
    except ImportFailure as failure:
        raise ImportFailure(f"{path}: {failure}") from None
    except OSError as error:
        raise ImportFailure(f"{path}: cannot be read: {error.strerror or error}") from None
    except Exception as error:  # damaged files fail in as many ways as there are bytes
        raise ImportFailure(f"{path}: is damaged: {type(error).__name__}: {error}") from None
