"""Mutated checkpoints, archives, annotations, HDF5 files and folders of Zarr through geosc-import's reader: fuzz_import.py [FILE]...

FUZZ_RUNS of them (default: as many as FUZZ_SECONDS, 60, allow), FUZZ_SEED for others. An input may be read,
or refused with ImportFailure; any other exception, a process that dies, more than a gigabyte over what the process began with, and
more than 20 s are findings: the input is left in fuzz/found, and with FILE these are tried instead. How many executions there were
stands before the last line, which is "N passed, N failed". Mutations know instructions of pickles, members of zip archives (whose checksums
are then right), descriptions and chunks of Zarr, and numbers in text; some change any bytes. FUZZ_KINDS (zip, legacy, bytes, npz, json, hdf5,
zarr, with commas) are the only kinds of inputs; with it, FILE may be of any kind, else it is a checkpoint or an archive. HDF5 files go to the
reader's own process, in which the library may crash: that is an answer, but a fault of our own in it is a finding. Needs srcdir.
"""

import bz2
import gzip
import io
import json
import os
import pickletools
import random
import re
import resource
import shutil
import signal
import struct
import sys
import tempfile
import time
import traceback
import zlib

import h5py
import numpy as np
from file_code import (Member, call, group, legacy_file, legacy_pickles, made, mapping, name, npy_file, number, numbers, safetensors_file, sequence,
                       storage, tensor, text, whole, zip_file)
from support import SOURCE  # also the path to geosc

from geosc.importers import ImportFailure, apart, coco, levels, state, stored, tensors, zarr

ROOM = 1 << 30  # bytes over what the process has when it starts
LONGEST = 20  # seconds of an input
BATCH = 4000  # inputs of a process
ENOUGH = 20  # findings, then it stops
FOUND = os.path.join("fuzz", "found")
FAULT = "a mistake of the reader: "
NO_MEMORY = "does not fit into memory"  # what the reader makes of a MemoryError; here it is a finding
INTERESTING = [0, 1, 2, 3, 4, 7, 8, 31, 32, 33, 64, 65, 66, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 1 << 20, 1 << 24, (1 << 31) - 1, 1 << 31,
               (1 << 32) - 1, 1 << 32, 1 << 40, 1 << 48, 1 << 61, 1 << 62, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, 1 << 64, 1 << 80, 1 << 600]


# ---- seeds: what people's files hold ----------------------------------------------------------------------

FLOATS = struct.pack("<16f", *range(16))
STORAGES = [("0", FLOATS[:16]), ("1", FLOATS)]


def values():
    """Codes of values. Their storages are those of STORAGES."""
    wide = dict(key="1", count=16)
    weights = dict(w=tensor(), v=tensor((4, 4), (1, 4), **wide), e=tensor((3, 5), (0, 1), 2, **wide), n=tensor((0, 3), (3, 1)), s=tensor((), ()),
                   same=tensor((2, 3), (0, 0)))
    yield mapping(**weights)
    yield tensor((2, 2), (2, 1))
    half = tensor((8,), (1,), kind="HalfStorage", key="0", count=8)
    brain = tensor((2, 4), (4, 1), kind="BFloat16Storage", key="1", count=32)
    yield mapping(half=half, brain=brain)
    ordered = call(name("collections", "OrderedDict")) + b"(" + text("a.weight") + tensor() + text("a.bias") + tensor((1,), (1,), 3) + b"u"
    metadata = ordered + mapping(_metadata=call(name("collections", "OrderedDict"))) + b"b"
    beside = dict(
        args=made(name("argparse", "Namespace"), mapping(lr=number(1e-3), path=call(name("pathlib", "PosixPath"), text("/a"), text("b")))),
        best=call(name("numpy.core.multiarray", "scalar"), call(name("numpy", "dtype"), text("f8"), b"\x89\x88"), b"C\x08" + bytes(8)),
        array=call(name("numpy.core.multiarray", "_reconstruct"), name("numpy", "ndarray"), numbers((0,)), b"C\x01b")
        + group(number(1), numbers((2,)), call(name("numpy", "dtype"), text("f4"), b"\x89\x88"), b"\x89", b"C\x08" + bytes(8)) + b"b",
        device=call(name("torch", "device"), text("cuda"), number(0)),
        size=call(name("torch", "Size"), numbers((3, 4))),
        counts=call(name("collections", "defaultdict"), name("builtins", "int")) + text("x") + number(3) + b"s",
        optimizer=mapping(state=b"}" + number(0) + mapping(step=number(10), exp_avg=tensor()) + b"s", param_groups=sequence(mapping(lr=number(0.1)))),
        partial=call(name("functools", "partial"), name("builtins", "print")), some=b"\x8f(" + number(1) + text("two") + b"\x90")
    yield mapping(state_dict=metadata, **beside)
    yield mapping(model=mapping(net=metadata), epoch=number(3))
    parameter = call(name("torch._utils", "_rebuild_parameter"), tensor(), b"\x88", call(name("collections", "OrderedDict")))
    derived = call(name("torch._tensor", "_rebuild_from_type_v2"), name("torch._utils", "_rebuild_tensor_v2"), name("torch.nn", "Buffer"),
                   group(storage(), number(0), numbers((4,)), numbers((1,)), b"\x89", b"}"), b"}")
    layer = made(name("torch.nn.modules.linear", "Linear"), mapping(_parameters=mapping(weight=parameter, bias=b"N"), _modules=b"}",
                                                                    _buffers=mapping(mean=derived, passing=tensor()),
                                                                    _non_persistent_buffers_set=call(name("__builtin__", "set"),
                                                                                                     sequence(text("passing")))))
    yield made(name("own", "Net"), mapping(_parameters=b"}", _buffers=b"}", _modules=mapping(first=layer + b"q\x07", second=b"h\x07")))
    yield mapping(sparse=call(name("torch._utils", "_rebuild_sparse_tensor"), number(0), group(tensor(), tensor())),
                  quantized=call(name("torch._utils", "_rebuild_qtensor"), storage("QInt8Storage", "2", 4)))
    levels_of_one = dict(s3=tensor((1, 1, 2, 2), (4, 4, 2, 1)), s4=tensor((1, 2, 2, 2), (8, 4, 2, 1), **wide))
    yield mapping(mask=tensor((2, 2), (2, 1)), size=tensor((2,), (1,)), **levels_of_one)
    laughs = b"]q\x00" + b"".join(b"](h" + bytes([k]) + b"h" + bytes([k]) + b"eq" + bytes([k + 1]) for k in range(20))
    yield mapping(w=tensor(), laughs=laughs)
    yield b"}q\x01" + text("model") + b"h\x01s" + text("w") + tensor() + b"s"


def split(code):
    """The instructions of a pickle, apart."""
    places = [at for _, _, at in pickletools.genops(code)]
    return [code[begin:end] for begin, end in zip(places, places[1:] + [len(code)])]


def announce(code):
    """(key, count, bytes) of the storages that a value refers to."""
    for key, data in STORAGES:
        found = re.search(re.escape(text(key) + text("cpu")) + b"K(.)t", code, re.DOTALL)
        if found:
            yield key, found[1][0], data


def annotations(count):
    """Of COCO's form."""
    return {"images": [{"id": k, "file_name": f"{k}.jpg", "width": 64, "height": 48} for k in range(count)],
            "annotations": [{"id": 7 + k, "image_id": k, "category_id": 3, "keypoints": [1, 2.5, 2, 0, 0, 0], "bbox": [0, 0, 5, 6.5],
                             "area": 1e3, "iscrowd": 0, "segmentation": [[1, 2, 3, 4]]} for k in range(count)],
            "categories": [{"id": 3, "name": "cat", "keypoints": ["left eye", "right eye"], "skeleton": [[1, 2]]}]}


BRAIN = (np.arange(24, dtype="<f4").reshape(2, 3, 4).view("<u4") >> 16).astype("<u2")


def hdf5_files():
    """Features in HDF5: bfloat16 in each spelling, packed, in levels."""
    float16 = h5py.h5t.IEEE_F32LE.copy()
    float16.set_fields(15, 7, 8, 0, 7)
    float16.set_size(2)
    wholes = dict(x=np.arange(24, dtype="f4").reshape(2, 3, 4), mask=np.ones((3, 4), "?"))

    def brain(file, kind):
        made = h5py.h5d.create(file.id, b"x", kind, h5py.h5s.create_simple(BRAIN.shape))
        made.write(h5py.h5s.ALL, h5py.h5s.ALL, BRAIN, kind)

    def said(file, text):
        file["x"] = BRAIN
        file["x"].attrs["torch_dtype"] = text

    def levels_of(file):
        for name, array in wholes.items():
            file.create_dataset(name, data=array, chunks=tuple(max(1, n - 1) for n in array.shape), compression="lzf", shuffle=True, fletcher32=True)
        file.attrs["levels"] = ["x"]

    makers = (lambda file: brain(file, float16), lambda file: file.create_dataset("x", data=BRAIN.view("V2")), lambda file: said(file, "bfloat16"),
              lambda file: said(file, np.bytes_("torch.bfloat16")), levels_of)
    for make in makers:
        whole = io.BytesIO()
        with h5py.File(whole, "w") as file:
            make(file)
        yield whole.getvalue()


def zarr_folders():
    """{path: bytes} of arrays of Zarr, in both versions, with each packer that needs no package, and in a group."""
    array = np.arange(24, dtype="<f4").reshape(2, 3, 4)
    parts = {at: np.ascontiguousarray(np.pad(array[:, :2, 3 * at :], ((0, 0), (0, 0), (0, 2 * at)))).tobytes() for at in (0, 1)}
    packers = {None: bytes, "zlib": zlib.compress, "gzip": gzip.compress, "bz2": bz2.compress}
    for name, pack in packers.items():
        text = {"zarr_format": 2, "shape": [2, 3, 4], "chunks": [2, 2, 3], "dtype": "<f4", "compressor": name and {"id": name, "level": 1},
                "fill_value": 0.5, "order": "CF"[name == "zlib"], "filters": None, "dimension_separator": "."}
        yield {".zarray": json.dumps(text).encode(), **{f"0.0.{at}": pack(part) for at, part in parts.items()}}
    codecs = [{"name": "transpose", "configuration": {"order": [2, 0, 1]}}, {"name": "bytes", "configuration": {"endian": "big"}},
              {"name": "gzip", "configuration": {"level": 5}}, {"name": "crc32c"}]
    for kind, codecs, data in (("float32", codecs[:2], parts[0]), ("float32", codecs[1:], gzip.compress(parts[0]) + b"1234"),
                               ("bfloat16", [], BRAIN[:, :2, :3].tobytes()), ("uint16", codecs[1:2], BRAIN[:, :2, :3].tobytes())):
        text = {"zarr_format": 3, "node_type": "array", "shape": [2, 3, 4], "data_type": kind, "fill_value": "NaN" if kind == "float32" else 0,
                "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 2, 3]}}, "codecs": codecs,
                "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}}, "attributes": {"dtype": "bf16"}}
        yield {"zarr.json": json.dumps(text).encode(), "c/0/0/0": data, "c/0/1/1": data}
    one = {"zarr_format": 2, "shape": [2, 2], "chunks": [2, 2], "dtype": "|V2", "compressor": None, "fill_value": None, "order": "C", "filters": None}
    described, data = json.dumps(one).encode(), BRAIN.tobytes()[:8]
    yield {".zgroup": b'{"zarr_format": 2}', ".zattrs": b'{"levels": ["b", "a"]}', "a/.zarray": described, "a/0.0": data, "b/.zarray": described,
           "b/.zattrs": b'{"type": "bfloat16"}', "b/0.0": data}


def make_seeds():
    """(kind, parts) of each."""
    seeds = [("hdf5", data) for data in hdf5_files()] + [("zarr", files) for files in zarr_folders()]
    for code in values():
        members = [Member("archive/data/" + key, data) for key, data in STORAGES]
        members += [Member("archive/byteorder", b"little"), Member("archive/.data/serialization_id", b"17")]
        seeds.append(("zip", (split(whole(code)), members)))
        storages = list(announce(code))
        pickles = legacy_pickles(code, [key for key, *_ in storages])
        seeds.append(("legacy", (list(map(split, pickles)), legacy_file(code, storages)[len(b"".join(pickles)) :])))
    arrays = [npy_file(), npy_file("'>f8'", "(3,)", fortran="True"), npy_file("'<f2'", "(1, 3, 4)", version=2), npy_file("'|O'", "()"),
              npy_file("[('a', '<f4')]", "(6,)")]
    seeds += [("bytes", array) for array in arrays]
    for deflate in (False, True):
        for some in (arrays, arrays[:3]):
            seeds.append(("npz", [Member(word + ".npy", array, deflate) for word, array in zip("abcde", some)]))
        masks = npy_file("'|u1'", "(64, 64)", bytes(4096)), npy_file("'<f4'", "(2, 64, 64)", bytes(32768))
        seeds.append(("npz", [Member(word + ".npy", array, deflate) for word, array in zip(("mask", "x"), masks)]))
    header = {"__metadata__": {"format": "pt"}, "a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]},
              "b": {"dtype": "BF16", "shape": [4], "data_offsets": [16, 24]}}
    strange = dict(header, c={"dtype": "F8_E4M3", "shape": [8], "data_offsets": [16, 24]})
    seeds += [("bytes", safetensors_file(some, bytes(24))) for some in (header, header, strange)]
    seeds += [("json", json.dumps(annotations(count)).encode()) for count in (1, 2)]
    return seeds + [("bytes", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n")]


# ---- mutations --------------------------------------------------------------------------------------------


class Mutator:
    def __init__(self, dice, seeds):
        kinds = (os.environ.get("FUZZ_KINDS") or "").split(",")
        self.dice, self.seeds = dice, [seed for seed in seeds if not kinds[0] or seed[0] in kinds]
        self.runs = [parts[0] for kind, parts in seeds if kind == "zip"]
        self.pool = [code for run in self.runs for code in run]
        self.pool += [code for kind, parts in seeds if kind == "legacy" for run in parts[0] for code in run]
        self.pool += [bytes([code]) + bytes(dice.randrange(9)) for code in range(256)]

    def number(self):
        value = self.dice.choice(INTERESTING) + self.dice.choice((0, 0, 0, 1, -1))
        return -value if self.dice.random() < 0.2 else value

    def instructions(self, codes):
        """One to eight changes."""
        dice, codes = self.dice, list(codes)
        for _ in range(dice.choice((1, 1, 1, 1, 2, 2, 3, 8))):
            at, act = dice.randrange(len(codes)), dice.randrange(20)
            if act < 6:
                places = [k for k, code in enumerate(codes) if code[:1] in b"KMJ\x8aG"] or [at]
                value = self.number()
                codes[dice.choice(places)] = number(value if dice.random() < 0.9 else dice.choice((float("inf"), float("nan"), 0.5)))
            elif act < 11:  # another of the same kind
                codes[at] = dice.choice([code for code in self.pool if code[:1] == codes[at][:1]])
            elif act == 11:
                del codes[at : at + dice.choice((1, 1, 2, 4))]
            elif act == 12:
                codes.insert(at, dice.choice(self.pool))
            elif act == 13:
                codes[at] = dice.choice(self.pool)
            elif act < 16:
                codes[at:at] = codes[at : at + dice.randrange(1, 30)] * dice.choice((1, 1, 2, 50))
            elif act == 16:
                other = dice.choice(self.runs)
                begin = dice.randrange(len(other))
                codes[at:at] = other[begin : begin + dice.randrange(1, 40)]
            elif act == 17:
                other = dice.randrange(len(codes))
                codes[at], codes[other] = codes[other], codes[at]
            elif act == 18:  # a value in place of another
                codes[at] = dice.choice((b"]", b"}", b")", b"N", b"\x8f", b"h\x01", b"2", b"](2e", b"}(22u", b"K\x01q\x05"))
            else:
                codes[at] = codes[at][:1] + self.bytes(codes[at][1:])
            codes = codes or [b"."]
        return b"".join(codes)

    def bytes(self, data):
        """One to eight changes of any bytes."""
        dice, data = self.dice, bytearray(data)
        for _ in range(dice.choice((1, 1, 2, 4, 8))):
            at, act = dice.randrange(len(data) + 1), dice.randrange(7)
            if act == 0 and at < len(data):
                data[at] ^= 1 << dice.randrange(8)
            elif act == 1 and at < len(data):
                data[at] = dice.randrange(256)
            elif act == 2:
                del data[at : at + dice.randrange(1, 9)]
            elif act == 3:
                data[at:at] = bytes(dice.randrange(256) for _ in range(dice.randrange(1, 9)))
            elif act == 4:
                data[at:at] = data[at : at + dice.randrange(1, 200)]
            elif act == 5:
                size = dice.choice((1, 2, 4, 8))
                data[at : at + size] = (self.number() & ((1 << 8 * size) - 1)).to_bytes(size, dice.choice(("little", "little", "big")))
            elif dice.random() < 0.3:
                del data[at:]
        return bytes(data)

    def header(self, data):
        """Something in the text at the beginning of an array or of safetensors is changed, and its length is right again."""
        if len(data) < 12:
            return self.bytes(data)
        if data[:1] == b"\x93":
            at, form = 8, "<H" if data[6] == 1 else "<I"
        else:
            at, form = 0, "<Q"
        begin = at + struct.calcsize(form)
        end = begin + struct.unpack_from(form, data, at)[0]
        text = data[begin:end]
        text = self.bytes(text) if self.dice.random() < 0.3 else self.digits(text)
        return data[:at] + struct.pack(form, len(text) & 0xFFFF) + text + data[end:]

    def digits(self, data):
        """A number in text becomes another."""
        places = list(re.finditer(rb"[0-9]+", data[:400]))
        if not places:
            return data
        place = self.dice.choice(places)
        return data[: place.start()] + str(self.number()).encode() + data[place.end() :]

    def json(self, data):
        """One to four values of JSON become others, or any bytes are changed."""
        others = (b"null", b"[]", b"{}", b"true", b'"\\ud800"', b'"x"', b"1e999", b"-1", b"NaN", b"[" * 2000, b"9" * 5000, b"0.5")
        for _ in range(self.dice.choice((1, 1, 2, 4))):
            places = list(re.finditer(rb'-?[0-9.]+|"[a-z_ .0-9]*"|\[[^][]*\]|\{[^{}]*\}|: ', data))
            if not places or self.dice.random() < 0.1:
                return self.bytes(data)
            place = self.dice.choice(places)
            new = self.dice.choice(others) if self.dice.random() < 0.5 else str(self.number()).encode()
            data = data[: place.start()] + new + data[place.end() :]
        return data

    def members(self, members):
        dice, members = self.dice, list(members)
        for _ in range(dice.choice((0, 1, 1, 2))):
            at, act = dice.randrange(len(members)), dice.randrange(8)
            old = members[at]
            if act == 0 and len(members) > 1:
                del members[at]
            elif act == 1:
                members.append(old)
            elif act == 2:
                other = ("data.pkl", "constants.pkl", "x", "", "\x1b.npy") if dice.random() < 0.3 else [member.name for member in members]
                members[at] = Member(dice.choice(other), old.data)
            elif act == 3:
                members[at] = Member(old.name, self.bytes(old.data), old.deflate)
            elif act == 4:
                members[at] = Member(old.name, old.data, not old.deflate)
            elif act == 5:
                field = dice.choice(("method", "crc", "packed", "size", "offset", "flags"))
                value = abs(self.number()) & (0xFFFF if field in ("method", "flags") else 0xFFFFFFFF)
                members[at] = Member(old.name, old.data, old.deflate, **{field: value})
            elif act == 6:
                members[at] = Member(old.name, old.data[: dice.randrange(len(old.data) + 1)], old.deflate)
            elif old.data.startswith(b"\x93"):
                members[at] = Member(old.name, self.header(old.data), old.deflate)
        whole_fields = {}
        if dice.random() < 0.05:
            field = dice.choice(("count", "bytes", "at"))
            whole_fields[field] = abs(self.number()) & (0xFFFF if field == "count" else 0xFFFFFFFF)
        return zip_file(members, **whole_fields)

    def folder(self, files):
        """One to three files of a folder are changed, removed or doubled."""
        dice, files = self.dice, dict(files)
        for _ in range(dice.choice((1, 1, 2, 3))):
            path, act = dice.choice(list(files)), dice.randrange(12)
            if act == 0 and len(files) > 1:
                del files[path]
            elif act == 1:
                files[dice.choice((".zarray", "zarr.json", ".zattrs", ".zgroup", "0.0.1", "c/0/0/1", "a/zarr.json"))] = files[path]
            elif files[path][:1] == b"{":
                files[path] = self.json(files[path])
            else:
                files[path] = self.bytes(files[path])
        return files

    def make(self):
        """The bytes of a file, or {path: bytes} of a folder."""
        dice = self.dice
        kind, parts = dice.choice(self.seeds)
        if kind == "zarr":
            return self.folder(parts)
        calm = dice.random() < 0.25  # the container alone is changed
        if kind == "zip":
            code = b"".join(parts[0]) if calm else self.instructions(parts[0])
            members = [Member("archive/data.pkl", code)] + parts[1]
            data = self.members(members) if calm else zip_file(members)
        elif kind == "legacy":
            which = dice.randrange(2, 5) if dice.random() < 0.5 else 3
            pickles = [self.instructions(codes) if k == which and not calm else b"".join(codes) for k, codes in enumerate(parts[0])]
            data = b"".join(pickles) + (self.bytes(parts[1]) if calm else parts[1])
        elif kind == "npz":
            data = self.members(parts)
        elif kind == "json":
            data = self.json(parts)
        elif kind == "hdf5":
            data = self.bytes(parts)
        else:
            data = parts if dice.random() < 0.3 or parts.startswith(b"version") else self.header(parts)
        if dice.random() < 0.15 or data is parts:
            data = self.bytes(data)
        return data


# ---- running ------------------------------------------------------------------------------------------------


READS = (state.read, lambda path: levels.read([path]), lambda path: levels.shapes([path]), lambda path: levels.beside([path]),
         lambda path: tensors.load_array(path, "mask"))


def read_annotations(path):
    found = coco.Annotations(path)
    pairs = coco.all_pairs(found, 10, 1, 1)
    coco.keep(found, pairs)
    coco.symmetry_of(found, "names", None).tables([one.category.name for one, _ in pairs], 4)


def read_hdf5(path):
    """In the reader's process any exception is caught; one that only our own mistakes raise is marked, see mark_faults."""
    try:
        stored.load(path, None)
    except ImportFailure as failure:
        assert FAULT not in str(failure), str(failure)
        raise


def mark_faults():
    """Of the exceptions that the reader's process tells as text."""
    tell = apart.reason
    apart.reason = lambda error: FAULT * isinstance(error, (AssertionError, AttributeError, IndexError, NameError, RecursionError)) + tell(error)


def read_zarr(path):
    """As zarr.load does, but here, where what is not foreseen is seen; and what comes out is what was promised."""
    try:
        found = zarr.read_arrays(path, None, zarr.folder_room(path))
    except (zlib.error, EOFError, OSError):
        return
    order = found.pop(stored.ORDER)
    assert order is None or all(isinstance(name, str) for name in order)
    for array, kind in found.values():
        assert array.dtype == np.dtype("<u2" if kind == stored.BFLOAT16 else kind) and array.dtype.kind in "biuf", (array.dtype, kind)


def reads_of(path, reads=READS):
    """The ways in which the import reads a folder, a file of tensors, or one of text."""
    if os.path.isdir(path):
        return (read_zarr,)
    with open(path, "rb") as file:
        start = file.read(8)
    return (read_hdf5,) if start == stored.SIGNATURE else (read_annotations,) if start[:1] == b"{" else reads


def read_all(path, reads=READS):
    for read in reads_of(path, reads):
        try:
            read(path)
        except ImportFailure as failure:
            if NO_MEMORY in str(failure):
                raise MemoryError from failure


def store(path, data):
    """Writes the file or folder, in place of the one before."""
    if os.path.isdir(path):
        shutil.rmtree(path)
    if isinstance(data, dict):
        if os.path.exists(path):
            os.unlink(path)
        os.makedirs(path)
        for name, content in data.items():
            os.makedirs(os.path.dirname(os.path.join(path, name)), exist_ok=True)
            with open(os.path.join(path, name), "wb") as file:
                file.write(content)
    else:
        with open(path, "wb") as file:
            file.write(data)


def watch_strides():
    """NumPy believes strides; here they are held to the bytes that are there."""
    believe = np.lib.stride_tricks.as_strided

    def look(flat, shape, strides, **more):
        last = sum((n - 1) * step for n, step in zip(shape, strides))
        assert min((*strides, 0)) >= 0 and (0 in shape or last + flat.itemsize <= flat.nbytes), (shape, strides, flat.nbytes)
        return believe(flat, shape, strides, **more)

    np.lib.stride_tricks.as_strided = look


def limit_memory():
    with open("/proc/self/statm", encoding="ascii") as file:
        most = int(file.read().split()[0]) * resource.getpagesize() + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_time():
    """LONGEST seconds of work from now on; on a busy machine these take longer, but not for ever."""
    signal.setitimer(signal.ITIMER_PROF, LONGEST)
    signal.alarm(10 * LONGEST)


def work(seed, count, folder, pipe):
    """A process' inputs: the number of those that are done, and the slowest one's seconds, go into the pipe."""
    limit_memory()
    watch_strides()
    mark_faults()
    mutator, path, slowest = Mutator(random.Random(seed), make_seeds()), os.path.join(folder, "input.pt"), 0
    for done in range(count):
        store(path, mutator.make())
        limit_time()
        before = time.monotonic()
        try:
            read_all(path, (*READS[:2], READS[2 + done % 3]))
        except BaseException as error:
            os.write(pipe, f"{done + 1} {slowest} {type(error).__name__}: {error}".encode("ascii", "backslashreplace"))
            os._exit(1)
        slowest = max(slowest, time.monotonic() - before)
    os.write(pipe, f"{done + 1} {slowest}".encode())
    os._exit(0)


def keep(path, why, seed):
    os.makedirs(FOUND, exist_ok=True)
    kept = os.path.join(FOUND, f"import-{seed}")
    if os.path.isdir(kept):
        shutil.rmtree(kept)
    os.replace(path, kept)
    print(f"{kept}: {why}", flush=True)


def run_batch(seed, count, folder):
    """(executions, seconds of the slowest one, whether there was a finding)."""
    out, into = os.pipe()
    child = os.fork()
    if not child:
        os.close(out)
        try:
            work(seed, count, folder, into)
        except BaseException:  # a fault of this program
            traceback.print_exc()
        os._exit(2)
    os.close(into)
    with os.fdopen(out, "rb") as file:
        done, slowest, why = parse(file.read())
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status:
        slow = " (too slow)" * (status in (-signal.SIGALRM, -signal.SIGPROF))
        keep(os.path.join(folder, "input.pt"), why or f"the process ended with {status}{slow}", seed)
    return done, slowest, status != 0


def parse(line):
    words = line.decode().split(" ", 2)
    return (int(words[0]), float(words[1]), words[2] if len(words) > 2 else "") if len(words) > 1 else (1, 0.0, "")


def fuzz(seed, runs, seconds):
    """(executions, seconds of the slowest one, findings) of one job."""
    total, slowest, findings, end = 0, 0, 0, time.monotonic() + seconds
    with tempfile.TemporaryDirectory(prefix="geosc-fuzz.") as folder:
        while findings < ENOUGH and (total < runs if runs else time.monotonic() < end):
            done, slow, found = run_batch(seed, min(BATCH, runs - total) if runs else BATCH // 10, folder)
            total, slowest, findings, seed = total + done, max(slowest, slow), findings + found, seed + 1
    return total, slowest, findings


def try_files(paths):
    """Each file under the same limits: what the import says of it as a checkpoint, and then as features."""
    limit_memory()
    watch_strides()
    for path in paths:
        said = []
        for read in reads_of(path, READS[:2]) if os.environ.get("FUZZ_KINDS") else READS[:2]:
            limit_time()
            try:
                read(path)
                said.append("read")
            except ImportFailure as failure:
                said.append(str(failure).removeprefix(f"{path}: "))
        print(f"{path}: " + " | ".join(said), flush=True)


def main():
    if sys.argv[1:]:
        return try_files(sys.argv[1:])
    runs, seconds = int(os.environ.get("FUZZ_RUNS") or 0), float(os.environ.get("FUZZ_SECONDS") or 60)
    seed = int(os.environ.get("FUZZ_SEED") or time.time()) * 1_000_000
    total, slowest, findings = fuzz(seed, runs, seconds)
    print(f"{total} executions, the slowest took {slowest:.2f} s; seed {seed // 1_000_000}, modules of {SOURCE}")
    print(f"{0 if findings else 1} passed, {findings} failed")
    return findings > 0


if __name__ == "__main__":
    sys.exit(main())
