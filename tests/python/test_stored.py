"""Own features in HDF5 and Zarr, bfloat16 in each spelling, pictures, one numbering of keypoints, categories from folders."""

import gzip
import json
import os
import shutil
import zlib

import h5py
import numpy as np
from geoaware_folder import write_json
from PIL import Image
from support import Scratch
from test_odd import Odd

from geosc.importers import ImportFailure, zarr


def bits_of(array):
    """bfloat16, cut off."""
    return (np.ascontiguousarray(array, "<f4").view("<u4") >> 16).astype("<u2")


def rounded(array):
    """The float32 that these bits are."""
    return (bits_of(array).astype("<u4") << 16).view("<f4")


def write_zarr(path, array, chunk, version=2, kind=None, pack=None, **more):
    """As zarr does it, in as few words as possible; packers are functions of bytes."""
    os.makedirs(path)
    kind = kind or array.dtype.str
    compressor = {None: None, gzip.compress: {"id": "gzip", "level": 5}, zlib.compress: {"id": "zlib", "level": 1}}.get(pack, pack)
    if version == 2:
        write_json(f"{path}/.zarray", {"zarr_format": 2, "shape": list(array.shape), "chunks": list(chunk), "dtype": kind, "compressor": compressor,
                                       "fill_value": 0, "order": "C", "filters": None, **more})
    else:
        codecs = [{"name": "bytes", "configuration": {"endian": "little"}}] + [{"name": "gzip", "configuration": {"level": 5}}] * bool(pack)
        write_json(f"{path}/zarr.json", {"zarr_format": 3, "node_type": "array", "shape": list(array.shape), "data_type": kind,
                                         "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(chunk)}},
                                         "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}}, "fill_value": 0,
                                         "codecs": codecs, **more})
    counts = [-(-n // step) for n, step in zip(array.shape, chunk)]
    for at in np.ndindex(*counts):
        part = np.zeros(chunk, array.dtype)
        inside = array[tuple(slice(k * step, (k + 1) * step) for k, step in zip(at, chunk))]
        part[tuple(map(slice, inside.shape))] = inside
        file = ".".join(map(str, at)) if version == 2 else "/".join(["c", *map(str, at)])
        os.makedirs(os.path.dirname(f"{path}/{file}"), exist_ok=True)
        data = part.tobytes(order=more.get("order", "C"))
        with open(f"{path}/{file}", "wb") as out:
            out.write(pack(data) if callable(pack) else data)


def write_bfloat16(path, array, spelling):
    """The dataset `features` in one of three spellings."""
    with h5py.File(path, "w") as file:
        if spelling == "float":
            kind = h5py.h5t.IEEE_F32LE.copy()
            kind.set_fields(15, 7, 8, 0, 7)
            kind.set_size(2)
            kind.set_ebias(127)
            made = h5py.h5d.create(file.id, b"features", kind, h5py.h5s.create_simple(array.shape))
            made.write(h5py.h5s.ALL, h5py.h5s.ALL, bits_of(array), kind)
        elif spelling == "V2":
            file["features"] = bits_of(array).view("V2")
        else:
            file["features"] = bits_of(array)
            file["features"].attrs["dtype"] = "torch.bfloat16"


class Forms(Scratch):
    WORDS = "features", ".", "-o", "in.h5", "-f", "--pairs", "pairs.txt"

    def setUp(self):
        super().setUp()
        self.array = np.random.default_rng(3).normal(size=(6, 5, 7)).astype("f4")
        np.save("b.npy", self.array)
        with open("pairs.txt", "w", encoding="utf-8") as file:
            file.write("a b\n")

    def imported(self, *options):
        self.geosc_import(*self.WORDS, *options)
        with h5py.File("in.h5") as file:
            features = file["images/features"]
            return features[0] if isinstance(features, h5py.Dataset) else {name: features[name][0] for name in features}

    def refused(self, reason):
        lines = [line for line in self.geosc_import(*self.WORDS, status=1).stderr.splitlines() if " images, " not in line]
        self.assertEqual(len(lines), 1)
        self.assertRegex(lines[0], "^geosc-import: .*" + reason)

    def test_hdf5(self):
        for more in ({}, {"chunks": (4, 3, 5), "compression": "gzip", "shuffle": True}, {"chunks": (6, 5, 7), "compression": "lzf"}):
            for ending in (".h5", ".hdf5", ".HDF5"):
                with h5py.File("a" + ending, "w") as file:
                    file.create_dataset("anything", data=self.array, **more)
                np.testing.assert_array_equal(self.imported(), self.array)
                os.unlink("a" + ending)
        with h5py.File("a.h5", "w") as file:
            file["fine"], file["coarse"], file["mask"] = self.array, self.array[:2, ::2, ::2], np.ones((5, 7), "?")
        os.unlink("b.npy")
        np.savez("b.npz", fine=self.array, coarse=self.array[:2, ::2, ::2], mask=np.ones((5, 7)))
        self.refused(r"a.h5: mask: is bool \[5, 7\], expected \[3, 4\]|other levels")  # by name, coarse is the first
        with h5py.File("a.h5", "a") as file:
            file.attrs["levels"] = ["fine", "coarse"]
        found = self.imported()
        np.testing.assert_array_equal(found["fine"], self.array)
        np.testing.assert_array_equal(found["coarse"], self.array[:2, ::2, ::2])

    def test_bfloat16(self):
        """Wherever somebody may have put it."""
        expected = rounded(self.array)
        for spelling in ("float", "V2", "attribute"):
            write_bfloat16("a.h5", self.array, spelling)
            np.testing.assert_array_equal(self.imported(), expected, spelling)
        os.unlink("a.h5")
        for descr in ("|V2", "<V2"):
            np.save("a.npy", bits_of(self.array))
            with open("a.npy", "rb") as file:
                data = file.read()
            with open("a.npy", "wb") as file:
                file.write(data.replace(b"'<u2'", f"'{descr}'".encode()))
            np.testing.assert_array_equal(self.imported(), expected)
        np.save("a.npy", bits_of(self.array))
        self.refused("is uint16")  # who says that these are floats?
        os.unlink("a.npy")
        for version, kind, more in ((2, "|V2", {}), (3, "bfloat16", {}), (3, "r16", {}), (3, "uint16", {"attributes": {"dtype": "bfloat16"}})):
            write_zarr("a.zarr", bits_of(self.array), (4, 5, 3), version, kind, **more)
            np.testing.assert_array_equal(self.imported(), expected)
            os.rename("a.zarr", f"old{version}{kind.strip('|')}")
        write_zarr("a.zarr", bits_of(self.array), (4, 5, 3))
        write_json("a.zarr/.zattrs", {"torch_dtype": "torch.bfloat16"})
        np.testing.assert_array_equal(self.imported(), expected)

    def test_a_fill_that_the_type_does_not_hold(self):
        for fill in ("NaN", "-Infinity", 0.5, 1e30):
            write_zarr("a.zarr", np.ones((6, 5, 7), "<i4"), (6, 5, 7), fill_value=fill)
            with self.assertRaisesRegex(ImportFailure, "fill_value: is .*, which its type does not hold"):
                zarr.Array("a.zarr").read(1 << 20)
            shutil.rmtree("a.zarr")

    def test_zarr(self):
        number = 0
        for version in (2, 3):
            for chunk in ((6, 5, 7), (4, 3, 5), (8, 8, 8), (1, 1, 1)):
                for pack in (None, gzip.compress, *([zlib.compress] if version == 2 else [])):
                    kind = None if version == 2 else "float32"
                    write_zarr("a.zarr", self.array, chunk, version, kind, pack)
                    np.testing.assert_array_equal(self.imported(), self.array)
                    number += 1
                    os.rename("a.zarr", f"old{number}")
        write_zarr("a.zarr", self.array, (4, 3, 5), order="F")
        np.testing.assert_array_equal(self.imported(), self.array)
        os.rename("a.zarr", "old")
        write_zarr("a.zarr", self.array, (6, 3, 7), fill_value="NaN")
        os.unlink("a.zarr/0.1.0")
        found = self.imported()
        np.testing.assert_array_equal(found[:, :3], self.array[:, :3])
        self.assertTrue(np.isnan(found[:, 3:]).all())

    def test_zarr_groups(self):
        for version in (2, 3):
            os.makedirs(f"{version}/a.zarr")
            order = {"levels": ["fine", "coarse"]}
            write_json(f"{version}/a.zarr/" + (".zgroup" if version == 2 else "zarr.json"),
                       {"zarr_format": version, "node_type": "group", "attributes": order})
            if version == 2:
                write_json(f"{version}/a.zarr/.zattrs", order)
            for name, part in (("fine", self.array), ("coarse", self.array[:2, ::2, ::2].copy()), ("mask", np.ones((5, 7), "u1"))):
                write_zarr(f"{version}/a.zarr/{name}", part, part.shape, version, None if version == 2 else {"f4": "float32", "u1": "uint8"}[part.dtype.str[1:]])
            os.rename(f"{version}/a.zarr", "a.zarr")
            with open("pairs.txt", "w", encoding="utf-8") as file:
                file.write("a a\n")
            found = self.imported()
            np.testing.assert_array_equal(found["fine"], self.array)
            np.testing.assert_array_equal(found["coarse"], self.array[:2, ::2, ::2])
            with h5py.File("in.h5") as file:
                self.assertTrue((file["images/mask"][0] == 1).all())
            os.rename("a.zarr", f"old{version}")

    def test_as_zarr_writes_it(self):
        try:
            import zarr
        except ImportError:
            self.skipTest("no python3-zarr")
        zarr.save_array("a.zarr", self.array)  # blosc
        np.testing.assert_array_equal(self.imported(), self.array)
        with open("a.zarr/0.0.0", "rb") as file:
            data = file.read()
        for wrong in (data[:20], data[:-5], data[:4] + b"\xff" * 4 + data[8:], b""):
            with open("a.zarr/0.0.0", "wb") as file:
                file.write(wrong)
            self.refused("a.zarr: ")

    def test_goes_on_with_changed_chunks(self):
        """A chunk that has changed is read again."""
        write_zarr("a.zarr", self.array, (6, 5, 7))
        np.save("b_mask.npy", np.zeros((3, 3)))
        np.save("a_mask.npy", np.ones((5, 7)))
        self.refused(r"b_mask.npy: mask: is float64 \[3, 3\]")
        with open("a.zarr/0.0.0", "r+b") as file:
            file.write((2 * self.array).tobytes())
        np.save("b_mask.npy", np.ones((5, 7)))
        np.testing.assert_array_equal(self.imported(), 2 * self.array)


class HostileStores(Odd):
    """One line that says what and where; nothing is left behind."""

    WORDS = "features", ".", "-o", "out.h5", "--pairs", "pairs.txt"

    def setUp(self):
        super().setUp()
        self.array = np.ones((6, 5, 7), "f4")
        with open("pairs.txt", "w", encoding="utf-8") as file:
            file.write("a a\n")

    def test_descriptions_of_zarr(self):
        write_zarr("a.zarr", self.array, (6, 5, 7))
        with open("a.zarr/.zarray", encoding="utf-8") as file:
            good = json.load(file)
        for change, reason in (
            ({"shape": [1 << 40, 5, 7]}, "size does not fit|too many"), ({"shape": [6, 5, -7]}, "shape: is"), ({"shape": "x"}, "shape: is"),
            ({"shape": [True, 5, 7]}, "shape: is"), ({"shape": [10**30, 1, 1]}, "shape: is"), ({"shape": [1] * 40, "chunks": [1] * 40}, "40 dimensions"),
            ({"chunks": [0, 5, 7]}, "chunks: is"), ({"chunks": [6, 5]}, "another rank"), ({"chunks": [1 << 30, 1 << 17, 1]}, "too many for its files"),
            ({"shape": [1 << 21, 1, 1], "chunks": [1, 1, 1]}, "has 2097152 chunks; 1048576 are"), ({"dtype": "|O"}, 'dtype: is "|O"'),
            ({"dtype": [["a", "<f4"]]}, "dtype: is"), ({"dtype": "<M8[s]"}, "dtype: is"), ({"dtype": "<f16"}, "dtype: is"),
            ({"compressor": {"id": "\x1bx"}}, r'is packed by .*u001bx.*, which geosc cannot undo'), ({"compressor": 3}, "is packed by null"),
            ({"compressor": {"id": "zlib"}}, "cannot read it: Error -3"), ({"filters": [{"id": "delta"}]}, "filters: has"),
            ({"order": "X"}, "order: is"), ({"fill_value": {}}, "fill_value: is"), ({"fill_value": "x"}, "fill_value: is"),
            ({"dimension_separator": "/../"}, "separator"), ({"dtype": "<f8"}, "0.0.0: has 840 bytes, expected 1680"),
        ):
            with self.subTest(reason):
                write_json("a.zarr/.zarray", {**good, **change})
                self.refused("a.zarr: .*(" + reason + ")", *self.WORDS)
        for text in (b"", b"[]", b"{", b"[" * 100000, b"\xff", b"x" * (1 << 21)):
            with open("a.zarr/.zarray", "wb") as file:
                file.write(text)
            self.refused("a.zarr: .zarray: is (not a description of Zarr|not a regular file)", *self.WORDS)
        os.unlink("a.zarr/.zarray")
        self.refused("a.zarr: has no array of Zarr", *self.WORDS)
        os.mkfifo("a.zarr/.zarray")
        self.refused("a.zarr: .zarray: is not a regular file", *self.WORDS)

    def test_newer_descriptions(self):
        write_zarr("a.zarr", self.array, (6, 5, 7), 3, "float32")
        with open("a.zarr/zarr.json", encoding="utf-8") as file:
            good = json.load(file)
        for change, reason in (
            ({"chunk_grid": {"name": "x"}}, "chunk_grid: is"), ({"data_type": {"name": "x"}}, "data_type: is"), ({"data_type": "complex64"}, "data_type: is"),
            ({"codecs": [{"name": "sharding_indexed"}]}, "stored in shards"), ({"codecs": [{"name": "transpose", "configuration": {"order": [0, 0, 1]}}]},
                                                                                "transpose has the order"),
            ({"codecs": [3]}, "is packed by null"), ({"node_type": "x"}, "has no array of Zarr"), ({"fill_value": [1]}, "fill_value: is")):
            with self.subTest(reason):
                write_json("a.zarr/zarr.json", {**good, **change})
                self.refused("a.zarr: .*" + reason, *self.WORDS)
        write_json("a.zarr/zarr.json", {**good, "codecs": [{"name": "transpose", "configuration": {"order": [2, 1, 0]}}, *good["codecs"]]})
        self.assertIsNone(self.good_or_refused(*self.WORDS))

    def test_lists_of_levels(self):
        for wrong in (["x"], ["one", "one"], "one", [3], {"a": 1}):
            os.makedirs("a.zarr", exist_ok=True)
            write_json("a.zarr/.zgroup", {"zarr_format": 2})
            write_json("a.zarr/.zattrs", {"levels": wrong})
            if not os.path.exists("a.zarr/one"):
                write_zarr("a.zarr/one", self.array, (6, 5, 7))
            self.refused("a.zarr: attribute levels: ", *self.WORDS)
        os.rename("a.zarr", "old")
        for wrong in (["x"], ["one", "one"], "one", [3]):
            with h5py.File("a.h5", "w") as file:
                file["one"], file.attrs["levels"] = self.array, wrong
            self.refused("a.h5: attribute levels: ", *self.WORDS)

    def test_bombs(self):
        write_zarr("a.zarr", np.zeros((6, 500, 700), "f4"), (6, 500, 700), pack=gzip.compress)
        with open("a.zarr/0.0.0", "wb") as file:
            file.write(gzip.compress(bytes(1 << 28)))
        self.refused("a.zarr: 0.0.0: has 8400001 bytes, expected 8400000", *self.WORDS)

    def test_hdf5(self):
        def write(change):
            with h5py.File("a.h5", "w") as file:
                change(file)

        with h5py.File("other.h5", "w") as file:
            file["x"] = self.array
        layout = h5py.VirtualLayout((6, 5, 7), "f4")
        layout[:] = h5py.VirtualSource("other.h5", "x", (6, 5, 7))
        for change, reason in (
            (lambda file: file.__setitem__("x", h5py.ExternalLink("other.h5", "/x")), "/x: is a link"),
            (lambda file: file.create_virtual_dataset("x", layout), "/x: its data are in other files"),
            (lambda file: file.create_dataset("x", (6, 5, 7), "f4", external=[("/etc/passwd", 0, 840)]), "/x: its data are in other files"),
            (lambda file: file.create_dataset("x", (1 << 20, 1 << 10, 1 << 10), "f4", chunks=(1, 1, 1)), "/x: needs .* bytes, too many"),
            (lambda file: file.__setitem__("x", ["text"]), "/x: has the type"), (lambda file: file.create_group("x"), "has neither an array nor"),
            (lambda file: file.__setitem__("x", h5py.Empty("f4")), "/x: is not a dataset"), (lambda file: None, "has neither an array nor"),
            (lambda file: file.__setitem__("x", np.ones((6, 5, 7), "i4")), "expected floats"),
            (lambda file: file.__setitem__("x", np.ones((6, 5, 7), "c8")), "has the type complex64|/x: has the type"),
            (lambda file: file.create_dataset("x", data=self.array, scaleoffset=3), "packed by a filter other than"),
        ):
            with self.subTest(reason):
                write(change)
                self.refused("a.h5: .*(" + reason + ")", *self.WORDS)
        with open("a.h5", "wb") as file:
            file.write(b"text")
        self.refused("a.h5: is not an HDF5 file", *self.WORDS)

    def test_damaged_hdf5(self):
        """HDF5 may do as it likes: the import stays, and says so."""
        with h5py.File("a.h5", "w") as file:
            file.create_dataset("x", data=self.array, chunks=(2, 5, 7), compression="gzip")
        with open("a.h5", "rb") as file:
            good = file.read()
        dice, refused = np.random.default_rng(6), 0
        for _ in range(60):
            data = bytearray(good)
            for at in dice.integers(0, len(data), 8):
                data[at] = dice.integers(0, 256)
            with open("a.h5", "wb") as file:
                file.write(data[: len(data) if dice.random() < 0.8 else dice.integers(1, len(data))])
            refused += self.good_or_refused(*self.WORDS) is not None
        self.assertGreater(refused, 20)

    def test_process_that_dies(self):
        from geosc.importers import ImportFailure, apart

        def hang():
            os.kill(os.getpid(), 11)

        with self.assertRaisesRegex(ImportFailure, "is damaged: HDF5 crashed or took too long"):
            apart.run(hang, 1 << 20, "HDF5")
        with self.assertRaisesRegex(ImportFailure, "does not fit into memory"):
            apart.run(lambda: {"x": (np.ones(1 << 33, "u1"), "|u1")}, 1 << 20, "HDF5")
        with self.assertRaisesRegex(ImportFailure, "needs more memory than it may"):
            apart.run(lambda: {"x": (np.ones(1 << 21, "u1"), "|u1")}, 1 << 20, "HDF5")
        found = apart.run(lambda: {"x": (np.ones((2, 3), "<f2"), "<f2"), "t": [b"a", b"\xff"], "v": {"k": 1}}, 1 << 20, "HDF5")
        self.assertEqual((found["x"][0].tolist(), found["x"][1], found["t"], found["v"]), ([[1] * 3] * 2, "<f2", ["a", "\ufffd"], {"k": 1}))


class OneNumbering(Scratch):
    def setUp(self):
        super().setUp()
        random = np.random.default_rng(9)
        self.points = {}
        for number, name in enumerate(("cat/1", "cat/2", "dog/1", "dog/2")):
            os.makedirs(os.path.dirname(name), exist_ok=True)
            np.save(name + ".npy", random.normal(size=(6, 5, 7)).astype("f4"))
            self.points[name] = random.uniform(0, 4, (4 - number % 2, 2))
            self.points[name][1] = np.nan if number == 2 else 1
            np.save(name + "_keypoints.npy", self.points[name])
        self.write_pairs("cat/1 cat/2", "dog/2 dog/1", "dog/1 dog/2")

    def write_pairs(self, *lines):
        with open("pairs.txt", "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def import_all(self, *options, status=0):
        return self.geosc_import("features", ".", "-o", "in.h5", "-f", "--pairs", "pairs.txt", *options, status=status)

    def test_targets(self):
        """What is the truth for eval: without the option, none."""
        self.import_all()
        with h5py.File("in.h5") as file:
            self.assertNotIn("target_keypoints", file["pairs"])
        for layout in ("indexed", "grouped"):
            self.import_all("--same-keypoints", "--layout", layout)
            with h5py.File("in.h5") as file:
                for p, (source, target) in enumerate((("cat/1", "cat/2"), ("dog/2", "dog/1"), ("dog/1", "dog/2"))):
                    for name, side in (("keypoints", source), ("target_keypoints", target)):
                        own = self.points[side]
                        np.testing.assert_array_equal(file["pairs/" + name][p][: len(own)], own)
                        self.assertTrue(np.isnan(file["pairs/" + name][p][len(own) :]).all())
                self.assertEqual(file["pairs/target_keypoints"].attrs["units"], "cell")
            self.geosc("match", "in.h5", "-o", "out.h5", "-q", "-f", "--poses", "none")
            told = json.loads(self.geosc("eval", "in.h5", "out.h5", "--json").stdout)
            self.assertEqual(told["all"]["points"], 3 + 2 + 2)
        os.unlink("dog/1_keypoints.npy")
        self.assertIn("dog/1 has no keypoints, but other images have (1 of 4 have none)", self.import_all("--same-keypoints", status=1).stderr)
        for name in self.points:
            if os.path.exists(name + "_keypoints.npy"):
                os.unlink(name + "_keypoints.npy")
        self.assertIn("--same-keypoints needs the keypoints of each image", self.import_all("--same-keypoints", status=1).stderr)

    def test_categories(self):
        self.import_all("--categories", "--same-keypoints")
        with h5py.File("in.h5") as file:
            self.assertEqual(file["pairs/category"][:].tolist(), [b"cat", b"dog", b"dog"])
        self.geosc("match", "in.h5", "-o", "out.h5", "-q", "--poses", "none")
        told = json.loads(self.geosc("eval", "in.h5", "out.h5", "--json").stdout)
        self.assertEqual([entry["name"] for entry in told["categories"]], ["cat", "dog"])
        self.write_pairs("cat/1 dog/1")
        self.assertIn("cat/1 and dog/1 are not in one folder, which --categories takes", self.import_all("--categories", status=1).stderr)
        os.rename("cat/1.npy", "one.npy")
        os.rename("cat/1_keypoints.npy", "one_keypoints.npy")
        self.write_pairs("one one")
        self.assertIn("one and one are not in one folder", self.import_all("--categories", status=1).stderr)

    def test_symmetry(self):
        write_json("symmetry.json", {"format": "geosc-symmetry", "categories": {"*": {"mirror": [[0, 2]], "groups": [[0, 2]]}}})
        self.import_all("--same-keypoints", "--symmetry", "symmetry.json")
        with h5py.File("in.h5") as file:
            self.assertEqual(file["pairs/mirror_index"][:].tolist(), [[2, 1, 0, 3]] * 3)
        self.import_all("--same-keypoints", "--symmetry", "symmetry.json", "--partners", "both")
        with h5py.File("in.h5") as file:
            self.assertEqual(file["pairs/mirror_index"][0].tolist(), [2, 1, 0, -1])
            self.assertEqual(file["pairs/mirror_index"][1].tolist(), [2, -1, 0, -1])
        self.assertIn("--symmetry needs --same-keypoints", self.import_all("--symmetry", "symmetry.json", status=2).stderr)
        self.assertIn("ap10k.json: names 17 keypoints, but the data set has 4",
                      self.import_all("--same-keypoints", "--symmetry", "ap10k", status=1).stderr)

    def test_pictures(self):
        """Beside the features; black where there is none."""
        os.makedirs("cat", exist_ok=True)
        Image.new("RGB", (70, 50), (200, 100, 50)).save("cat/1.JPEG")
        picture = np.zeros((50, 70, 3), "u1")
        picture[:, :35] = (0, 0, 255)
        Image.fromarray(picture).save("dog/1.png")
        self.assertIn("pictures", self.import_all().stdout)
        with h5py.File("in.h5") as file:
            rows = {name.decode(): file["images/rgb"][row].astype(int) for row, name in enumerate(file["images/name"])}
        self.assertTrue((abs(rows["cat/1"] - (200, 100, 50)) < 8).all())
        self.assertTrue((abs(rows["dog/1"][:, :115] - (0, 0, 255)) < 8).all() and (rows["dog/1"][:, 125:] < 8).all())
        self.assertEqual((rows["cat/2"].max(), rows["cat/1"].shape), (0, (240, 240, 3)))
        self.import_all("--thumbnail", 0)
        with h5py.File("in.h5") as file:
            self.assertNotIn("rgb", file["images"])
        self.write_pairs("cat/1.JPEG cat/1", "dog/1 dog/1.png")
        self.import_all("--layout", "grouped", "--thumbnail", 20)
        with h5py.File("in.h5") as file:
            for name in ("cat/1.JPEG", "cat/1", "dog/1", "dog/1.png"):
                self.assertGreater(file[f"images/{name}/rgb"][:].max(), 100, name)
        self.geosc("inspect", "in.h5")
        for name in ("dog/1.5", "dog/1.6"):  # no ending of a picture: dog/1.png is another's
            np.save(name + ".npy", np.ones((6, 5, 7), "f4"))
            np.save(name + "_keypoints.npy", np.ones((1, 2)))
        self.write_pairs("dog/1.5 dog/1.6")
        self.assertNotIn("pictures", self.import_all().stdout)
        self.write_pairs("cat/1.JPEG cat/1")
        with open("cat/1.JPEG", "wb") as file:
            file.write(b"no picture")
        self.assertIn("cat/1.JPEG: cannot be read: it is not a picture", self.import_all(status=1).stderr)

    def test_a_picture_in_its_place(self):
        for name in self.points:
            np.save(name + "_size.npy", [80, 40])
            np.save(name + "_placement.npy", [0.5, 20, 10])
            Image.new("RGB", (60, 40), (200, 100, 50)).save(name + ".png")
        self.import_all("--thumbnail", 80)
        with h5py.File("in.h5") as file:
            rgb = file["images/rgb"][0].astype(int)
        self.assertTrue((abs(rgb[22:58, 22:48] - (200, 100, 50)) < 8).all())
        self.assertTrue((rgb[:18] == 0).all() and (rgb[62:] == 0).all() and (rgb[:, :18] == 0).all() and (rgb[:, 52:] == 0).all())

    def test_sizes_from_pictures(self):
        for name in self.points:
            Image.new("RGB", (70, 50)).save(name + ".png")
        self.import_all("--units", "cell")
        with h5py.File("in.h5") as file:
            self.assertNotIn("size", file["images"])
        for words in ((), ("--units", "pixel")):
            self.import_all(*words)
            with h5py.File("in.h5") as file:
                self.assertTrue((file["images/size"][:] == (70, 50)).all())
                self.assertEqual(file["pairs/keypoints"].attrs["units"], "pixel")
        os.unlink("dog/2.png")
        self.assertIn("dog/2 has no size, but other images have (1 of 4 have none)", self.import_all("--units", "pixel", status=1).stderr)
