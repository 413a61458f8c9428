"""Features as h5py, hdf5plugin and PyTorch users store them: LZF, bitshuffle with LZ4, bfloat16 in each spelling; geosc match reads them itself."""

import importlib
import importlib.util
import struct
import unittest

import h5py
import numpy as np
from support import Scratch
from test_stored import bits_of, rounded

LZF, BITSHUFFLE, LZ4 = 32000, 32008, 2
PAIRS, CHANNELS, SIDE = 3, 12, 9


def found(module):
    return importlib.util.find_spec(module) is not None


def has_plugin():
    """Whether HDF5 itself can pack by bitshuffle: by a plugin that is installed (Debian: bitshuffle), or that hdf5plugin brings."""
    if found("hdf5plugin"):
        importlib.import_module("hdf5plugin")
    return h5py.h5z.filter_avail(BITSHUFFLE)


def bit_rows(elements):
    """The bits of elements, n / 8 bytes for each, as bitshuffle describes it."""
    octets = elements.view(np.uint8).reshape(len(elements), -1)
    bits = np.unpackbits(octets, axis=1, bitorder="little")  # [element][bit]
    return np.packbits(bits.T.copy(), axis=1, bitorder="little").tobytes()


def bitshuffled(chunk, block):
    """A chunk as bitshuffle stores it with LZ4."""
    import lz4.block

    flat, out = np.ascontiguousarray(chunk).reshape(-1), b""
    whole = len(flat) // 8 * 8
    for begin in range(0, whole, block):
        packed = lz4.block.compress(bit_rows(flat[begin : min(begin + block, whole)]), store_size=False)
        out += struct.pack(">I", len(packed)) + packed
    return struct.pack(">QI", flat.nbytes, block * flat.itemsize) + out + flat[whole:].tobytes()


class Packed(Scratch):
    def setUp(self):
        super().setUp()
        random = np.random.default_rng(5)
        self.arrays = {name: random.normal(size=(PAIRS, CHANNELS, SIDE, SIDE)) for name in ("source", "target")}
        self.mask = random.random((PAIRS, SIDE, SIDE)) < 0.7
        self.keypoints = random.uniform(0, SIDE - 1, (PAIRS, 4, 2))

    def write(self, store, kind="f4"):
        """in.h5, whose features `store` writes: a function of the file, the name and the array."""
        with h5py.File("in.h5", "w") as file:
            for name, array in self.arrays.items():
                store(file, name, array.astype(kind))
            file["mask"], file["keypoints"] = self.mask, self.keypoints

    def answers(self, *options):
        self.geosc("match", "in.h5", "-o", "out.h5", "-f", "-q", *options)
        with h5py.File("out.h5") as file:
            return [file[path][:].tobytes() for path in ("matches/xy", "matches/score", "poses/imd", "pairs/status")]

    def expect(self, kind="f4"):
        self.write(lambda file, name, array: file.create_dataset(name, data=array), kind)
        return self.answers()

    def has_lz4(self):
        return "none" not in self.geosc("--version").stdout.split("LZ4: ")[1].split("\n")[0]

    def inspected(self):
        return self.geosc("inspect", "in.h5").stdout

    def test_lzf(self):
        for kind in ("f2", "f4", ">f4", "f8"):
            expected = self.expect(kind)
            for chunks in ((1, CHANNELS, SIDE, SIDE), (2, 5, SIDE, 4)):
                for more in ({}, {"shuffle": True}, {"shuffle": True, "fletcher32": True}, {"fletcher32": True}):
                    self.write(lambda file, name, array: file.create_dataset(name, data=array, chunks=chunks, compression="lzf", **more), kind)
                    self.assertEqual(self.answers("-j", 2), expected)
        self.assertRegex(self.inspected(), r"lzf, fletcher32|fletcher32, lzf")

    def test_zeros_and_noise_in_lzf(self):
        """Long repetitions, and chunks that do not shrink: these are stored as they are."""
        self.arrays = {name: np.where(np.arange(CHANNELS)[:, None, None] % 3 == 0, array, 0) for name, array in self.arrays.items()}
        expected = self.expect()
        self.write(lambda file, name, array: file.create_dataset(name, data=array, chunks=(1, 1, SIDE, SIDE), compression="lzf"))
        self.assertEqual(self.answers(), expected)

    def by_hand(self, block):
        """Stores by h5py's direct writes, without the plugin."""
        def store(file, name, array):
            create = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            create.set_chunk((1, *array.shape[1:]))
            values = (block, LZ4) if has_plugin() else (0, 4, array.itemsize, block, LZ4)  # a plugin puts three before its own
            create.set_filter(BITSHUFFLE, h5py.h5z.FLAG_OPTIONAL, values)
            made = h5py.h5d.create(file.id, name.encode(), h5py.h5t.py_create(array.dtype), h5py.h5s.create_simple(array.shape), create)
            for row, image in enumerate(array):
                made.write_direct_chunk((row, 0, 0, 0), bitshuffled(image, block or 8192 // array.itemsize // 8 * 8))

        return store

    @unittest.skipUnless(found("lz4"), "no python3-lz4")
    def test_bitshuffle_by_hand(self):
        for kind in ("f2", "f4", "f8"):
            expected = self.expect(kind)
            for block in (0, 64, 128, 4096):
                self.write(self.by_hand(block), kind)
                if not self.has_lz4():
                    self.assertIn("was built without liblz4", self.geosc("match", "in.h5", "-o", "out.h5", status=1).stderr)
                    return
                self.assertEqual(self.answers(), expected)
        self.assertIn("bitshuffle-lz4", self.inspected())

    @unittest.skipUnless(has_plugin(), "no plugin for bitshuffle")
    def test_bitshuffle_of_the_plugin(self):
        if not self.has_lz4():
            self.skipTest("built without liblz4")
        for kind in ("f2", "f4", ">f4", "f8"):
            expected = self.expect(kind)
            for block in (0, 1024):
                for chunks in ((1, CHANNELS, SIDE, SIDE), (2, 5, SIDE, 4)):
                    for more in ({}, {"fletcher32": True}):
                        self.write(lambda file, name, array: file.create_dataset(name, data=array, chunks=chunks, **more,
                                                                                 compression=BITSHUFFLE, compression_opts=(block, LZ4)), kind)
                        self.assertEqual(self.answers("-j", 2), expected)
        self.write(lambda file, name, array: file.create_dataset(name, data=array, chunks=True, compression=BITSHUFFLE, compression_opts=(0, 0)))
        self.assertIn("only shuffle, deflate, fletcher32, lzf and bitshuffle with lz4", self.geosc("match", "in.h5", "-o", "x.h5", status=1).stderr)

    @unittest.skipUnless(has_plugin() and found("lz4"), "no plugin for bitshuffle, or no python3-lz4")
    def test_our_bitshuffle_is_the_plugins(self):
        self.write(self.by_hand(64))
        with h5py.File("in.h5") as file:
            np.testing.assert_array_equal(file["source"][:], self.arrays["source"].astype("f4"))

    def bfloat16(self, spelling, order="<"):
        def store(file, name, array):
            bits = bits_of(array)
            if spelling == "float":
                kind = (h5py.h5t.IEEE_F32LE if order == "<" else h5py.h5t.IEEE_F32BE).copy()
                kind.set_fields(15, 7, 8, 0, 7)
                kind.set_size(2)
                made = h5py.h5d.create(file.id, name.encode(), kind, h5py.h5s.create_simple(array.shape))
                made.write(h5py.h5s.ALL, h5py.h5s.ALL, bits.astype(order + "u2"), kind)
            elif spelling == "V2":
                file[name] = bits.view("V2")
            else:
                file.create_dataset(name, data=bits.astype(order + "u2"), chunks=(1, 5, SIDE, 4), compression="lzf", shuffle=True)
                file[name].attrs[spelling] = "torch.bfloat16"

        return store

    def test_bfloat16(self):
        whole = self.arrays
        self.arrays = {name: rounded(array) for name, array in whole.items()}
        expected = self.expect()
        self.arrays = whole
        sets = self.instruction_sets()
        for spelling in ("float", "V2", "dtype", "type", "original_dtype", "torch_dtype"):
            for order in "<>":
                for isa in sets:
                    self.write(self.bfloat16(spelling, order))
                    found = self.answers("--isa", isa)
                    self.assertTrue(isa == "c" or found == expected, (spelling, order, isa))
                    self.assertEqual(found[3], expected[3])
            self.assertIn("bfloat16", self.inspected())

    def test_bfloat16_and_import_agree(self):
        """What geosc-import takes from a file is what geosc match takes."""
        for spelling in ("float", "V2", "dtype"):
            with h5py.File("a.h5", "w") as file:
                self.bfloat16(spelling)(file, "features", self.arrays["source"][:1])
            with h5py.File("a.h5") as file:
                np.testing.assert_array_equal(self.direct("a.h5"), rounded(self.arrays["source"][:1]))

    def direct(self, path):
        from geosc.importers import stored

        return stored.load(path, None)["features"]

    def test_infinite_bfloat16(self):
        self.arrays["source"][1, 0, 0, 0] = np.inf
        self.write(self.bfloat16("V2"))
        self.geosc("match", "in.h5", "-o", "out.h5", "-q", status=3)
        with h5py.File("out.h5") as file:
            status = file["pairs/status"]
            names = {value: name for name, value in h5py.check_enum_dtype(status.dtype).items()}
            self.assertEqual([names[value] for value in status[:]], ["ok", "bad_features", "ok"])

    def test_damaged_chunks(self):
        """A pair whose chunk is damaged fails; the others have their answers."""
        expected = self.expect()
        self.write(lambda file, name, array: file.create_dataset(name, data=array, chunks=(1, *array.shape[1:]), compression="lzf"))
        with h5py.File("in.h5", "a") as file:
            mask, chunk = file["source"].id.read_direct_chunk((1, 0, 0, 0))
            file["source"].id.write_direct_chunk((1, 0, 0, 0), chunk[: len(chunk) // 2], filter_mask=0)
        self.geosc("match", "in.h5", "-o", "out.h5", "-q", "-f", status=3)
        with h5py.File("out.h5") as file:
            status, xy = file["pairs/status"][:], file["matches/xy"][:]
        self.assertEqual(list(np.frombuffer(expected[3], status.dtype) == status), [True, False, True])
        np.testing.assert_array_equal(xy[[0, 2]], np.frombuffer(expected[0], "f4").reshape(xy.shape)[[0, 2]])
