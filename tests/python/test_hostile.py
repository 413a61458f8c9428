"""Checkpoints and archives that lie: refused in a line, within 20 s and a gigabyte, and what was not in them is in no output."""

import functools
import os
import re
import struct
import subprocess
import sys
import zlib

from file_code import (Member, call, group, legacy_file, legacy_pickles, made, mapping, name, npy_file, number, safetensors_file, sequence, storage,
                       tensor, text, torch_file, whole, zip_file)
from support import SOURCE, Scratch, environment

from geosc.importers import ImportFailure, own, pickles, source, state

DATA = bytes(16)
WEIGHT = tensor()


def one(code, storages=(("0", DATA),)):
    return torch_file(mapping(w=code), storages)


def many(code):
    """Of a value, in a tuple."""
    return torch_file(b"(" + code + b"t")


def doubled(levels):
    """A list of two lists of two lists: 2^levels in all, if each is followed wherever it stands."""
    code = b"]q\x00"
    for k in range(levels):
        code += b"](h" + bytes([k]) + b"h" + bytes([k]) + b"eq" + bytes([k + 1])
    return code


def doubled_module(levels):
    code = made(name("a", "Net"), mapping(_parameters=b"}", _modules=b"}")) + b"q\x00"
    for k in range(levels):
        code = made(name("a", "Net"), mapping(_parameters=b"}", _modules=mapping(a=code, b=b"h" + bytes([k])))) + b"q" + bytes([k + 1])
    return code


STRIDE_BIG = tensor((1,), (1 << 80,))
BUILT = (b"ctorch\nFloatStorage\n" + b"(N" + mapping(kind=text("<i4")) + b"tb")
@functools.cache
def cases():
    """{name: (file, what is said of it as a checkpoint)}"""
    return {
        # pickles
        "dimensions": (one(tensor((1,) * 70, (1,) * 70)), "w: is a tensor of 70 dimensions"),
        "size": (one(tensor((5,))), "reaches beyond its data"),
        "size-huge": (one(tensor((1 << 62,), (0,))), "size does not fit"),
        "size-product": (one(tensor((1 << 40, 1 << 40), (0, 0))), "size does not fit"),
        "size-empty": (one(tensor((0, 1 << 62), (1, 1))), "size does not fit"),
        "size-negative": (one(tensor((-1,))), "invalid shape"),
        "size-bool": (one(tensor().replace(b"(K\x04t", b"(\x88t")), "invalid shape"),
        "size-float": (one(tensor().replace(b"(K\x04t", b"(G" + bytes(8) + b"t")), "invalid shape"),
        "stride": (one(tensor((2, 2), (3, 1))), "reaches beyond its data"),
        "stride-negative": (one(tensor((2,), (-1,), 1)), "reaches beyond its data"),
        "stride-huge": (one(STRIDE_BIG), "reaches beyond its data"),
        "strides-fewer": (one(tensor((2, 2), (1,))), "invalid strides"),
        "offset": (one(tensor((4,), (1,), 1)), "reaches beyond its data"),
        "offset-negative": (one(tensor((4,), (1,), -1)), "reaches beyond its data"),
        "expanded": (one(tensor((1 << 20, 1 << 10), (0, 0))), "needs 4294967296 bytes"),
        "expanded-bfloat16": (one(tensor((1 << 17, 1 << 10), (0, 0), kind="BFloat16Storage", count=8)), "needs 536870912 bytes"),
        "count": (one(tensor(count=1 << 40)), "storage 0 has 16 bytes"),
        "count-infinite": (one(tensor().replace(b"K\x04tQ", b"G" + struct.pack(">d", float("inf")) + b"tQ")), "size does not fit"),
        "count-negative": (one(tensor(count=-4)), "size does not fit"),
        "storage-missing": (one(tensor(), ()), "storage 0 is missing"),
        "storage-two-types": (torch_file(mapping(a=tensor(), b=tensor(kind="IntStorage")), [("0", DATA)]), "has two types or sizes"),
        "storage-none": (one(call(name("torch._utils", "_rebuild_tensor_v2"), number(1), number(0), group(number(1)), group(number(1)))),
                         "without a storage"),
        "complex": (one(tensor(kind="ComplexFloatStorage", count=2)), "is a tensor of type torch.ComplexFloatStorage"),
        "quantized": (one(call(name("torch._utils", "_rebuild_qtensor"), storage("QInt8Storage"))), "w: is a quantized tensor"),
        "sparse": (one(call(name("torch._utils", "_rebuild_sparse_tensor"), number(0), group(WEIGHT, WEIGHT))), "w: is a sparse tensor"),
        "built": (one(tensor().replace(b"ctorch\nFloatStorage\n", BUILT)), "adds contents to a plain value"),
        "built-rebuild": (torch_file(name("torch._utils", "_rebuild_tensor_v2") + mapping(__call__=number(1)) + b"b"), "adds contents to"),
        "memo": (torch_file(b"}r" + struct.pack("<I", 1 << 27)), "an empty one"),
        "memo-text": (torch_file(b"}p99999999999999999999\n"), "an empty one"),
        "laughs": (many(doubled(60)), "but tuple"),
        "laughs-module": (torch_file(doubled_module(60)), "too many modules, or too deeply nested"),
        "itself": (torch_file(b"}q\x01" + text("model") + b"h\x01s"), "in the first 16 levels"),
        "module-itself": (torch_file(b"ca\nNet\n)\x81q\x05" + mapping(_parameters=b"}", _modules=mapping(a=b"h\x05")) + b"b"),
                          "too many modules, or too deeply nested"),
        "instructions": (many(b"N" * 2_100_000), "more than 2000000 instructions"),
        "lists": (many(b"]" * 1_990_000), "but tuple"),
        "nested": (torch_file(b"]" * 990_000 + b"a" * 989_999), "but list"),
        "nested-tuples": (torch_file(b")" + b"\x85" * 500_000), "but tuple"),
        "entries": (torch_file(b"}(" + text("k") + WEIGHT + b"q\x09" + b"".join(text(f"k{k}") + b"h\x09" for k in range(70_000)) + b"u",
                               [("0", DATA)]), "has 70001 entries"),
        "views": (torch_file(b"}(" + text("k") + tensor((1 << 20,), count=1 << 20) + b"q\x09"
                             + b"".join(text(f"k{k}") + b"h\x09" for k in range(90)) + b"u", [("0", bytes(1 << 22))]), "needs 4194304 bytes"),
        "long-text": (torch_file(mapping(a=b"X" + struct.pack("<I", 1 << 31) + b"a")), "ends in the middle of a pickle"),
        "long-name": (torch_file(b"c" + b"a" * 100_000 + b"\nb\n"), "a line of a pickle has no end"),
        "long-number": (torch_file(b"\x8b" + struct.pack("<i", 1 << 20) + b"\1" * (1 << 20)), "but int"),
        "long-number-text": (torch_file(b"L" + b"9" * 1000 + b"L\n"), "but int"),
        "length-negative": (torch_file(b"\x8b" + struct.pack("<i", -5)), "a negative length"),
        "extension": (torch_file(b"\x82\x01"), "an extension"),
        "key-escape": (torch_file(b"}" + text("a\n\x1b[31mfake: all is well\n") + number(3) + b"s"),
                       r"a\\x0a\\x1b\[31mfake: all is well\\x0a is not a tensor"),
        "key-surrogate": (torch_file(b"}" + text("a\ud800") + WEIGHT + b"s", [("0", DATA)]), r"'a\\ud800': cannot be the name"),
        "key-nul": (torch_file(b"}" + text("a\0b") + WEIGHT + b"s", [("0", DATA)]), r"'a\\x00b': cannot be the name"),
        "key-slash": (torch_file(b"}" + text("a/b") + WEIGHT + b"s", [("0", DATA)]), "'a/b': cannot be the name"),
        "key-dot": (torch_file(b"}" + text(".") + WEIGHT + b"s", [("0", DATA)]), "'.': cannot be the name"),
        "key-empty": (torch_file(b"}" + text("") + WEIGHT + b"s", [("0", DATA)]), "'': cannot be the name"),
        "key-long": (torch_file(b"}" + text("k" * 10_000) + WEIGHT + b"s", [("0", DATA)]), "'k+[.][.][.]': cannot be the name"),
        "key-number": (torch_file(b"}" + number(7) + WEIGHT + b"s", [("0", DATA)]), "7: is not a name"),
        # the old form
        "legacy-count-negative": (legacy_file(mapping(w=WEIGHT), [("0", -4, b"")]), "differs from its description"),
        "legacy-count": (legacy_file(mapping(w=WEIGHT), [("0", 5, bytes(20))]), "differs from its description"),
        "legacy-twice": (legacy_file(mapping(w=WEIGHT), [("0", 4, DATA), ("0", 4, DATA)]), "differs from its description"),
        "legacy-cut": (legacy_file(mapping(w=WEIGHT), [("0", 4, DATA[:-1])]), "ends too early"),
        "legacy-count-huge": (legacy_file(mapping(w=tensor(count=1 << 40)), [("0", 1 << 40, DATA)]), "ends too early"),
        "legacy-missing": (legacy_file(mapping(w=WEIGHT), []), "storage 0 is missing"),
        "legacy-built": (legacy_file(mapping(w=tensor((1 << 20,)).replace(b"ctorch\nFloatStorage\n", BUILT)), [("0", 4, DATA)]), "adds contents to"),
        "legacy-quantized": (legacy_file(mapping(w=call(name("torch._utils", "_rebuild_qtensor"), storage("QInt8Storage"))), [("0", 4, bytes(4))]),
                             "w: is a quantized tensor"),
        # archives
        "zip-compressed": (zip_file([Member("a/data.pkl", whole(mapping(w=WEIGHT)), deflate=True)]), "which PyTorch never does"),
        "zip-compressed-storage": (zip_file([Member("a/data.pkl", whole(mapping(w=WEIGHT))), Member("a/data/0", DATA, deflate=True)]),
                                   "PyTorch never does"),
        "zip-twice": (zip_file([Member("a/data.pkl", whole(b"}")), Member("a/data.pkl", whole(b"}"))]), "a/data.pkl twice"),
        "zip-overlap": (zip_file([Member("a/data.pkl", whole(b"}")), Member("b", b"", offset=1)]), "overlaps with the next member"),
        "zip-beyond": (zip_file([Member("a/data.pkl", whole(b"}"), packed=1 << 30, size=1 << 30)]), "overlaps with the next member"),
        "zip-offset": (zip_file([Member("a/data.pkl", whole(b"}"), offset=1 << 30)]), "overlaps with the next member"),
        "zip-size": (zip_file([Member("a/data.pkl", whole(b"}"), size=1 << 30)]), "PyTorch never does"),
        "zip-checksum": (zip_file([Member("a/data.pkl", whole(b"}"), crc=1)]), "checksum of a/data.pkl is wrong"),
        "zip-encrypted": (zip_file([Member("a/data.pkl", whole(b"}"), flags=1)]), "encrypted"),
        "zip-count": (zip_file([Member("a/data.pkl", whole(b"}"))], count=60000), "directory is incomplete"),
        "zip-directory": (zip_file([Member("a/data.pkl", whole(b"}"))], bytes=1 << 31), "directory is incomplete"),
        "zip64-missing": (zip_file([Member("a/data.pkl", whole(b"}"), offset=0xFFFFFFFF)]), "directory is incomplete"),
        "zip-name": (zip_file([Member("\x1b[31m/data.pkl", whole(b"}"), deflate=True)]), r"^\\x1b\[31m/data.pkl is compressed"),
        "zip-none": (zip_file([Member("readme", b"x")]), "not of PyTorch or NumPy"),
        "torchscript": (zip_file([Member("a/data.pkl", whole(b"}")), Member("a/constants.pkl", whole(b")"))]), "TorchScript network"),
        "big-endian": (zip_file([Member("a/data.pkl", whole(b"}")), Member("a/byteorder", b"big")]), "big-endian"),
        # arrays
        "npz-bomb": (zip_file([Member("w.npy", npy_file("'<f4'", "(75, 1000, 1000)", bytes(300_000_000)), deflate=True)]), "needs 3000000.. bytes"),
        "npz-claims": (zip_file([Member("w.npy", npy_file(), deflate=True, size=200_000_000)]), "too short for its size"),
        "npz-more": (zip_file([Member("w.npy", npy_file("'<f4'", "(2,)", bytes(100_000)), deflate=True)]), "more numbers than its header says"),
        "npz-method": (zip_file([Member("w.npy", npy_file(), method=14)]), "an unknown method"),
        "npz-torn": (zip_file([Member("w.npy", b"\xff\xff\xff", method=8, size=128)]), "is damaged"),
        "npy-fewer": (npy_file("'<f4'", "(250, 1000, 1000)", bytes(1000)), "fewer numbers than its header says"),
        "npy-huge": (npy_file("'<f4'", "(9999999999999, 9999999999999)"), "size does not fit"),
        "npy-huge-empty": (npy_file("'<f4'", "(0, 9223372036854775807)"), "size does not fit"),
        "npy-dimensions": (npy_file("'<f4'", "(" + "1," * 70 + ")"), "70 dimensions"),
        "npy-objects": (npy_file("'|O'", "()", b"\x80\x02cos\nsystem\n."), "an array of Python objects"),
        "npy-records": (npy_file("[('a', '<f4')]", "(1,)"), "an array of records"),
        "npy-nested": (npy_file("'<f4'", "(" * 3000), "unknown header"),
        "npy-code": (npy_file("__import__('os').getcwd()", "(1,)"), "unknown header"),
        "npy-strings": (npy_file("'<U99'", "(1,)"), "type <U99"),
        "npy-header": (b"\x93NUMPY\x02\x00\xff\xff\xff\x7f" + bytes(100), "no NumPy header"),
        "safetensors-length": (struct.pack("<Q", 1 << 60) + b"{}", "not a safetensors file, or is cut off"),
        "safetensors-nested": (safetensors_file(b'{"a":' + b"[" * 1_900_000), "RecursionError"),
        "safetensors-number": (safetensors_file(b'{"a":' + b"9" * 1_000_000 + b"}"), "a number in its header is too long"),
        "safetensors-lists": (safetensors_file(b'{"a":[' + b"{}," * 1_300_000 + b"{}]}"), "no type, shape or offsets"),
        "safetensors-place": (safetensors_file({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}, bytes(7)), "ends too early"),
        "safetensors-before": (safetensors_file({"a": {"dtype": "F32", "shape": [2], "data_offsets": [-8, 0]}}, bytes(8)), "do not fit its shape"),
        "safetensors-shape": (safetensors_file({"a": {"dtype": "F32", "shape": [1 << 61, 8], "data_offsets": [0, 0]}}), "size does not fit"),
        "safetensors-type": (safetensors_file({"a": {"dtype": "F8_E4M3", "shape": [1], "data_offsets": [0, 1]}}, b"\0"), "of type F8_E4M3"),
        # no tensors at all
        "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 3\n", "is a Git LFS pointer.*git lfs pull"),
        "html": (b"\n<!DOCTYPE html><html>404</html>", "is a web page"),
        "empty": (b"", "is empty"),
        "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(100), "is already an HDF5 file"),
        "gzip": (b"\x1f\x8b" + bytes(100), "is compressed"),
        "text": (b"some text", "is not a file of PyTorch, safetensors or NumPy"),
        "pickle": (whole(b"}"), "is a pickle, but not a file of PyTorch"),
    }


class HostileFiles(Scratch):
    def try_files(self, names):
        """{name: what is said of it}, under limits of memory and time, all in one process."""
        fuzzer = os.path.join(SOURCE, "tests", "python", "fuzz_import.py")
        result = subprocess.run([sys.executable, fuzzer, *names], env=environment(), capture_output=True, text=True, timeout=600, check=False)
        self.assertEqual((result.returncode, result.stderr), (0, ""), result.stdout[-300:])
        return dict(line.split(": ", 1) for line in result.stdout.splitlines())

    def test_refused(self):
        for case, (data, _) in cases().items():
            with open(case, "wb") as file:
                file.write(data)
        said = self.try_files(cases())
        for case, (_, reason) in cases().items():
            with self.subTest(case):
                checkpoint, features = said[case].split(" | ")
                self.assertRegex(checkpoint, reason)
                self.assertNotIn("needs more memory", checkpoint + features)
                self.assertNotEqual(features, "read")
                self.assertLess(len(checkpoint), 400)

    def test_by_the_command(self):
        """The same, as people get to see it: one line, and no output."""
        for case in ("dimensions", "stride-huge", "laughs", "memo", "key-surrogate", "key-escape", "legacy-built", "npz-bomb", "lfs"):
            with open("bad.pth", "wb") as file:
                file.write(cases()[case][0])
            said = self.geosc_import("model", "bad.pth", "model.h5", status=1).stderr
            self.assertRegex(said, "^geosc-import: bad.pth: [ -~]+\n$")
            self.assertFalse(os.path.exists("model.h5"))

    def test_features_through_the_same_door(self):
        with open("pairs.txt", "w", encoding="utf-8") as file:
            file.write("a a\n")
        for ending, case in ((".npy", "lfs"), (".npy", "npy-objects"), (".npz", "npz-bomb"), (".pt", "dimensions"), (".pt", "html")):
            with open("a" + ending, "wb") as file:
                file.write(cases()[case][0])
            with self.assertRaisesRegex(ImportFailure, cases()[case][1].lstrip("^").split(" bytes")[0]):
                own.read(".", "pairs.txt")
            os.unlink("a" + ending)
        with open("a.npy", "wb") as file:
            file.write(npy_file("'<f4'", "(1, 2, 3)"))
        for fact, data in (("size", cases()["lfs"][0]), ("size", zip_file([Member("x.npy", npy_file())])), ("keypoints", npy_file("'|O'", "()"))):
            with open(f"a_{fact}.npy", "wb") as file:
                file.write(data)
            with self.assertRaisesRegex(ImportFailure, f"a_{fact}.npy: "):
                own.read(".", "pairs.txt")
            os.unlink(f"a_{fact}.npy")

    def test_no_regular_file(self):
        os.mkfifo("pipe.pth")
        for path, reason in (("pipe.pth", "not a regular file"), (".", "is a folder"), ("/dev/zero", "not a regular file"), ("missing", "No such file")):
            with self.assertRaisesRegex(ImportFailure, f"{re.escape(path)}: .*{reason}"):
                state.read(path)

    def test_every_cut_and_every_byte(self):
        """Of small files: cut off anywhere, or with any byte changed, they are read or refused."""
        seeds = {"new": one(WEIGHT), "old": legacy_file(mapping(w=WEIGHT), [("0", 4, DATA)]), "npy": npy_file(),
                 "npz": zip_file([Member("w.npy", npy_file(), deflate=True)])}
        for seed, data in seeds.items():
            for at in range(len(data)):
                for changed in (data[:at], data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :], data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]):
                    with open(seed, "wb") as file:
                        file.write(changed)
                    try:
                        state.read(seed)
                    except ImportFailure:
                        pass

    def test_one_file_leaves_the_next_alone(self):
        with open("good.pth", "wb") as file:
            file.write(one(WEIGHT, [("0", struct.pack("<4f", 1, 2, 3, 4))]))
        for case in ("built", "built-rebuild", "storage-two-types", "legacy-built"):
            with open("bad.pth", "wb") as file:
                file.write(cases()[case][0])
            with self.assertRaises(ImportFailure):
                state.read("bad.pth")
            self.assertEqual(state.read("good.pth")[0]["w"].tolist(), [1, 2, 3, 4])
        self.assertEqual([value.state for value in (pickles.BYTES, pickles.TEXT, pickles.INTEGER)], [None] * 3)

    def test_a_few_thousand_mutations(self):
        fuzzer = os.path.join(SOURCE, "tests", "python", "fuzz_import.py")
        own_environment = dict(environment(), FUZZ_RUNS="3000", FUZZ_SEED="12")
        result = subprocess.run([sys.executable, fuzzer], env=own_environment, capture_output=True, text=True, timeout=600, check=False)
        self.assertIn("3000 executions", result.stdout)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)


class GoodFiles(Scratch):
    def read(self, data):
        with open("good", "wb") as file:
            file.write(data)
        return state.read("good")

    def test_zip64_and_comment(self):
        """A directory as archives of more than 4 GB have it."""
        data = one(WEIGHT, [("0", DATA)])
        end = data.rindex(b"PK\5\6")
        count, size, at = struct.unpack_from("<HII", data, end + 10)
        record = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, size, at)
        locator = b"PK\6\7" + struct.pack("<IQI", 0, end, 1)
        full = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 3) + b"end"
        self.assertEqual(self.read(data[:end] + record + locator + full)[0]["w"].tolist(), [0] * 4)

    def test_alike_and_packed(self):
        """What honest files have: expanded tensors, shared storages, masks that pack well."""
        weights, _ = self.read(torch_file(mapping(a=tensor((1000, 1000), (0, 0)), b=tensor((2,), (2,), 1), c=tensor((2, 2), (1, 2))),
                                          [("0", struct.pack("<4f", 1, 2, 3, 4))]))
        self.assertEqual((weights["a"].shape, weights["a"].sum()), ((1000, 1000), 1e6))
        self.assertEqual((weights["b"].tolist(), weights["c"].tolist()), ([2, 4], [[1, 3], [2, 4]]))
        mask = npy_file("'|u1'", "(4000, 4000)", bytes(16_000_000))
        numbers = npy_file("'>f8'", "(3,)", struct.pack(">3d", 1, 2, 3))
        packed = zip_file([Member("mask.npy", mask, deflate=True), Member("x.npy", numbers, deflate=True)])
        weights, _ = self.read(packed)
        self.assertEqual((weights["mask"].shape, weights["x"].tolist()), ((4000, 4000), [1, 2, 3]))
        rows = npy_file("'<i2'", "(2, 3)", struct.pack("<6h", *range(6)), fortran="True", version=2)
        self.assertEqual(self.read(zip_file([Member("x.npy", rows)]))[0]["x"].tolist(), [[0, 2, 4], [1, 3, 5]])

    def test_packed_arrays_count_once(self):
        self.addCleanup(setattr, source, "ALWAYS_UNFOLDED", source.ALWAYS_UNFOLDED)
        source.ALWAYS_UNFOLDED = 100_000
        packed = npy_file("'|u1'", "(80000,)", bytes(80_000))
        self.assertEqual(self.read(zip_file([Member("a.npy", packed, deflate=True)]))[0]["a"].shape, (80_000,))
        with self.assertRaisesRegex(ImportFailure, "b: needs 80000 bytes"):
            self.read(zip_file([Member("a.npy", packed, deflate=True), Member("b.npy", packed, deflate=True)]))

    def test_shared_modules_and_sets(self):
        layer = made(name("torch.nn", "Linear"), mapping(_parameters=mapping(weight=WEIGHT, bias=b"N"), _modules=b"}",
                                                         _buffers=mapping(mean=WEIGHT, passing=WEIGHT),
                                                         _non_persistent_buffers_set=call(name("__builtin__", "set"), sequence(text("passing")))))
        net = made(name("own", "Net"), mapping(_parameters=b"}", _modules=mapping(first=layer + b"q\x07", second=b"h\x07", none=b"N")))
        for data in (torch_file(mapping(net=net, epoch=number(3)), [("0", DATA)]), legacy_file(mapping(net=net, epoch=number(3)), [("0", 4, DATA)])):
            weights, ignored = self.read(data)
            self.assertEqual(list(weights), ["first.weight", "first.mean", "second.weight", "second.mean"])
            self.assertEqual(ignored, ["epoch (int)"])

    def test_all_but_the_value_is_as_pytorch_writes_it(self):
        pickled = legacy_pickles(mapping(w=WEIGHT), ["0"])
        self.assertEqual(len(pickled), 5)
        self.assertEqual(zlib.crc32(pickled[0]), zlib.crc32(b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."))
