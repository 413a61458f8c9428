"""Odd and hostile inputs: geosc-import says in one line what is wrong, or geosc takes what it writes. It never prints a traceback."""

import contextlib
import json
import os
import pty
import shutil
import struct
import subprocess
import sys
import unicodedata
import unittest.mock
import zlib

import h5py
import numpy as np
import torch
from geoaware_folder import make_spair, write_json
from PIL import Image
from support import BUILD, Scratch, environment, small_model


PAIR = "S/PairAnnotation/test/000000-2008_000000-2008_000001:cat.json"
IMAGE = "S/ImageAnnotation/cat/2008_000001.json"
DEEP = "[" * 200000
TEXTS = [b"", b"{", DEEP.encode(), b'{"a":' * 100000, b"\xff\xfe{\0}\0", b"\xef\xbb\xbf{}", b"\xfe\xff\0{\0}", b'{"kps": "caf\xe9"}', b"\0" * 9,
         b"null", b"[]",
         b"3", b'"x"', b"NaN", b"9" * 5000, b'{"kps": {}, "kps": {}}', b"\x1b]0;title\x07", b'{"\xe2\x80\xae": 1}']


class Odd(Scratch):
    def start(self, *words):
        """In this process: (status, stderr), each line of it harmless."""
        status, out, text = self.run_here("geosc-import", *words)
        self.assertTrue(all(c == "\n" or c.isprintable() for c in text + out), repr(text))
        return status, [line for line in text.splitlines() if " images, " not in line and " resuming: " not in line]

    def refused(self, reason, *words):
        status, lines = self.start(*words)
        self.assertEqual((status, len(lines)), (1, 1), lines)
        self.assertRegex(lines[0], "^geosc-import: .*" + reason)
        self.assertEqual([name for name in os.listdir(".") if name.startswith("out.h5")], [])

    def good_or_refused(self, *words):
        """Returns the line, or None where geosc takes what was written."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink("out.h5")
        status, lines = self.start(*words)
        if status:
            self.assertEqual((status, len(lines)), (1, 1), lines)
            self.assertFalse(os.path.exists("out.h5"))
            return lines[0]
        self.geosc("inspect", "out.h5")
        return None


class OddFeatures(Odd):
    WORDS = "features", ".", "-o", "out.h5", "--pairs", "pairs.txt"

    def setUp(self):
        super().setUp()
        with open("pairs.txt", "w", encoding="utf-8") as file:
            file.write("a b\n")
        self.save(np.ones((4, 5, 6), "f4"))

    def save(self, array, end=""):
        for name in "ab":
            np.save(name + end + ".npy", array)

    def test_types(self):
        taken = []
        for kind in ("f2", "f4", "f8", ">f2", ">f4", ">f8", "f16", "c8", "c16", "?", "i1", "u1", "i8", "u8", "S3", "U3", "M8[s]", "V4", "f4,f4", "O"):
            with self.subTest(kind):
                self.save(np.zeros((4, 5, 6), kind))
                if self.good_or_refused(*self.WORDS) is None:
                    taken.append(kind)
        self.assertEqual(taken, ["f2", "f4", "f8", ">f2", ">f4", ">f8"])

    def test_shapes(self):
        taken = []
        for shape in ((), (5,), (5, 6), (4, 5, 6), (1, 4, 5, 6), (2, 4, 5, 6), (1, 1, 4, 5, 6), (0, 5, 6), (4, 0, 6), (4, 5, 0), (0,), (1, 1, 1)):
            with self.subTest(shape):
                self.save(np.ones(shape, "f4"))
                if self.good_or_refused(*self.WORDS) is None:
                    taken.append(shape)
        self.assertEqual(taken, [(4, 5, 6), (1, 4, 5, 6), (1, 1, 1)])

    def test_tokens(self):
        """With what helps: a reshape, or an option that does it."""
        for shape in ((1, 1, 30, 96), (1, 30, 96), (30, 96), (1, 31, 96), (1, 35, 96)):
            self.save(np.ones(shape, "f4"))
            self.refused(r"tokens.*x.reshape\(h, w, C\).transpose\(2, 0, 1\).*--axes HxW", *self.WORDS)
        for shape in ((5, 6, 96), (1, 5, 6, 96)):
            self.save(np.ones(shape, "f4"))
            self.refused(r"looks like \[H, W, C\].*x.transpose\(2, 0, 1\).*--axes hwc", *self.WORDS)

    def test_axes(self):
        x = np.random.default_rng(1).normal(size=(96, 5, 6)).astype("f4")
        tokens = x.transpose(1, 2, 0).reshape(30, 96)
        for axes, array in (("chw", x), ("hwc", x.transpose(1, 2, 0)), ("hwc", x.transpose(1, 2, 0)[None]), ("5x6", tokens),
                            ("5x6", tokens[None, None]),
                            ("5x6", np.concatenate([np.zeros((1, 96), "f4"), tokens])),
                            ("5x6", np.concatenate([np.zeros((5, 96), "f4"), tokens])[None])):
            self.save(array)
            self.assertIsNone(self.good_or_refused(*self.WORDS, "--axes", axes))
            with h5py.File("out.h5") as file:
                np.testing.assert_array_equal(file["images/features"][1], x)
        os.unlink("out.h5")
        for axes in ("6x6", "5x5"):
            self.refused("expected the tokens of", *self.WORDS, "--axes", axes)
        for shape, taken in (((1, 30, 96), False), ((5, 6, 96), True), ((6, 6, 128), False), ((3, 5, 384), False), ((3, 5, 400), True)):
            self.save(np.ones(shape, "f4"))
            self.assertEqual(self.good_or_refused(*self.WORDS, "--axes", "chw") is None, taken, shape)
        for axes in ("cwh", "0x5", "5x", "1x\u0665", "9999999x1", "\x1b[m"):
            self.assertEqual(self.start(*self.WORDS, "--axes", axes)[0], 2)

    def test_masks(self):
        taken = []
        masks = {"own": np.ones((5, 6)), "channel": np.ones((1, 5, 6)), "bytes": np.full((5, 6), 255, "u1"), "longdouble": np.ones((5, 6), "f16"),
                 "bool": np.ones((5, 6), "?"), "complex": np.ones((5, 6), "c8"), "text": np.full((5, 6), "x"), "empty": np.ones((0, 6)),
                 "scalar": np.ones(()), "picture": np.ones((50, 60)), "nan": np.full((5, 6), np.nan), "huge": np.full((5, 6), 1e300),
                 "none": np.zeros(0)}
        for name, mask in masks.items():
            with self.subTest(name):
                self.save(mask, "_mask")
                if self.good_or_refused(*self.WORDS) is None:
                    taken.append(name)
        self.assertEqual(taken, ["own", "channel", "bytes", "bool", "nan"])
        self.save(masks["picture"], "_mask")
        os.unlink("out.h5") if os.path.exists("out.h5") else None
        self.refused(r"a_mask.npy: mask: is float64 \[50, 60\], expected \[5, 6\].*--resize-masks", *self.WORDS)

    def test_facts(self):
        for end, arrays in (("_size", ([60, 50], [np.inf, 5], [0, 5], [-1, 5], [1e308, 1e308], [[6, 5]], [])),
                            ("_keypoints", (np.ones((2, 2)), np.ones((0, 2)), np.full((2, 2), np.nan), np.full((2, 2), np.inf), np.ones((2, 3)),
                                            np.ones(2))),
                            ("_placement", ([1, 0, 0], [np.nan, 0, 0], [0, 0, 0], [1, np.inf, 0]))):
            for array in arrays:
                for kind in ("f8", "f4", "f16", "f2", "i8", "u1", "c8", "?", "O"):
                    with self.subTest((end, kind, array)), np.errstate(all="ignore"):
                        try:
                            self.save(np.array(array).astype(kind), end)
                        except (OverflowError, ValueError):
                            continue
                        self.good_or_refused(*self.WORDS)
            for name in "ab":
                os.unlink(name + end + ".npy")

    def test_names_of_levels(self):
        for names in (("a", "b"), ("a/b", "c"), ("a", "a/b"), ("", "a"), ("a\0b", "c"), ("\ud800", "c"), ("x" * 300, "c"), ("\x1b[2J", "c"),
                      ("é", "c"),
                      tuple(map(str, range(9))), ("mask",), (1, 2), ((1, 2), "c"), ("levels", "features")):
            with self.subTest(names):
                for name in "ab":
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(name + ".npy")
                    torch.save({level: torch.ones(4, 5, 6) for level in names}, name + ".pt")
                for layout in ("indexed", "grouped"):
                    self.good_or_refused(*self.WORDS, "--layout", layout)

    def test_lists(self):
        wide = "a b\n"
        good = [wide.encode("utf-8-sig"), wide.encode("utf-16"), b"\xfe\xff" + wide.encode("utf-16-be"), b"a b\r\n", b"a b\r", b"a\tb  \t \n\n\n",
                b"\n#\xc3\xa9\n a b"]
        for content in good:
            with self.subTest(content), open("pairs.txt", "wb") as file:
                file.write(content)
                file.flush()
                self.assertIsNone(self.good_or_refused(*self.WORDS))
        os.unlink("out.h5")
        for content, reason in ((b"", "has no pair"), (b"a b\xe9", r"is not UTF-8 text \(byte 3 is 0xe9\); save it as UTF-8"),
                                (b"a b\0", "zero bytes"),
                                (b"a \x1b[31mb\n", r"no features of \\x1b\[31mb"), (b"a " + b"b" * 5000, "no features of"),
                                ("a \u202eb".encode(), r"no features of \\u202eb"), (b"a,b", "1 names, expected two"),
                                (wide.encode("utf-16-le"), "zero bytes")):
            with open("pairs.txt", "wb") as file:
                file.write(content)
            self.refused(reason, *self.WORDS)
        os.unlink("pairs.txt")
        os.mkdir("pairs.txt")
        self.refused("pairs.txt: cannot be read: Is a directory", *self.WORDS)

    def test_pairs_that_are_there_twice(self):
        with open("pairs.txt", "w", encoding="utf-8") as file:
            file.write("a b\nb a\na b\n")
        status, lines = self.start(*self.WORDS)
        self.assertEqual((status, lines), (0, ["geosc-import: .: 1 pair repeats an earlier one, such as a with b: each counts"]))

    def test_accents(self):
        """A list says é in one way, and the folder in the other."""
        for listed, there in (("NFC", "NFD"), ("NFD", "NFC")):
            name = unicodedata.normalize(there, "caf\u00e9")
            np.save(name + ".npy", np.ones((4, 5, 6), "f4"))
            with open("pairs.txt", "w", encoding="utf-8") as file:
                file.write(unicodedata.normalize(listed, "a caf\u00e9.png\n"))
            self.assertIsNone(self.good_or_refused(*self.WORDS))
            os.unlink(name + ".npy")

    def test_endings_in_capitals(self):
        for name in "ab":
            os.rename(name + ".npy", name + ".NPY")
            Image.new("L", (6, 5), 255).save(name + "_mask.PNG")
        self.assertIsNone(self.good_or_refused(*self.WORDS))
        with h5py.File("out.h5") as file:
            self.assertTrue((file["images/mask"][:] == 1).all())

    def test_names_of_images(self):
        """Of the grouped layout they are paths."""
        names = ["x" * 250, "x/" * 20 + "x", "./a", "../" + os.path.basename(self.folder) + "/a", self.folder + "/a", "poses", "features/a",
                 "\u00e9", "a.jpg"]
        for name in names:
            with contextlib.suppress(OSError):
                os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
                np.save(name + ".npy", np.ones((4, 5, 6), "f4"))
            with open("pairs.txt", "w", encoding="utf-8") as file:
                file.write(f"a {name}\n")
            for layout in ("indexed", "grouped"):
                with self.subTest((name, layout)):
                    self.good_or_refused(*self.WORDS, "--layout", layout)


class OddDataSets(Odd):
    WORDS = "dataset", "spair", "S", "-o", "out.h5", "--thumbnail", "0"

    def setUp(self):
        super().setUp()
        make_spair("S")
        for name in os.listdir("S/PairAnnotation/test"):  # a pair is enough
            if name != os.path.basename(PAIR):
                os.unlink("S/PairAnnotation/test/" + name)

    def test_right(self):
        self.assertIsNone(self.good_or_refused(*self.WORDS))

    def test_texts(self):
        """In place of each annotation, and of a symmetry file."""
        for path in (PAIR, IMAGE, "symmetry.json"):
            right = None
            if os.path.exists(path):
                with open(path, "rb") as file:
                    right = file.read()
            for text in TEXTS:
                with self.subTest((path, text[:30])):
                    with open(path, "wb") as file:
                        file.write(text)
                    self.refused(f"{path}: ", *self.WORDS, *(() if right else ("--symmetry", path)))
            if right:
                for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
                    with open(path, "wb") as file:
                        file.write(mark + right.decode().encode(encoding))
                    self.assertIsNone(self.good_or_refused(*self.WORDS))
                os.unlink("out.h5")
                with open(path, "wb") as file:
                    file.write(right)

    def test_values(self):
        with open(PAIR, encoding="utf-8") as file:
            pair = json.load(file)
        odd = (None, True, -1, 0, 10**400, 1e308, float("inf"), float("nan"), "x", "\ud800", "a\0b", "../../x", [], {}, [[]], [1] * 3, [1e308] * 4,
               ["1"] * 4, [10**400] * 4)
        for key in pair:
            for value in odd:
                with self.subTest((key, value)):
                    write_json(PAIR, {**pair, key: value})
                    self.good_or_refused(*self.WORDS)
        write_json(PAIR, pair)
        with open(IMAGE, encoding="utf-8") as file:
            image = json.load(file)
        for value in odd:
            for points in (value, {**image["kps"], "3": value}, {**image["kps"], "3": [value, 5]}, {"0": value}, [value]):
                with self.subTest(points):
                    write_json(IMAGE, {**image, "kps": points})
                    self.good_or_refused(*self.WORDS)

    def test_no_keypoint_at_all(self):
        for points in ({}, {str(k): None for k in range(30)}):
            for image in ("2008_000000", "2008_000001"):
                write_json(f"S/ImageAnnotation/cat/{image}.json", {"kps": points})
            with contextlib.suppress(FileNotFoundError):
                os.unlink("out.h5")
            status, lines = self.start(*self.WORDS)
            self.assertEqual((status, lines), (0, ["geosc-import: S: no image has a keypoint: geosc match will match nothing"]))
            self.geosc("inspect", "out.h5")
            self.geosc("match", "out.h5", "-o", "matches.h5", "-q", "-f", "--poses", "none")

    def test_names_of_annotations(self):
        """As systems without colons in names, and those that hide things beside each file, leave them."""
        for name in ("000000-2008_000000-2008_000001_cat.json", "000000-2008_000000-2008_000001%3Acat.json",
                     "000000-2008_000000-2008_000001\uf03acat.json",
                     "000000-2008_000000-2008_000001:cat.JSON"):
            os.rename(PAIR, "S/PairAnnotation/test/" + name)
            for hidden in (".DS_Store", "._" + name, "Thumbs.db", "README"):
                with open("S/PairAnnotation/test/" + hidden, "wb") as file:
                    file.write(b"\0\5\x16\7")
            self.assertIsNone(self.good_or_refused(*self.WORDS))
            with h5py.File("out.h5") as file:
                self.assertEqual(file["pairs/category"][:].tolist(), [b"cat"])
            os.rename("S/PairAnnotation/test/" + name, PAIR)
        os.unlink("out.h5")
        os.rename(PAIR, "S/PairAnnotation/test/000000-2008_000000-2008_000001.json")
        self.refused("has no NAME:CATEGORY.json", *self.WORDS)
        os.rename("S/PairAnnotation/test/000000-2008_000000-2008_000001.json", b"S/PairAnnotation/test/1:\xe9\x1b.json")
        self.refused(r"S/ImageAnnotation/\\xe9\\x1b/", *self.WORDS)

    def test_symmetry(self):
        odd = (None, 3, "x", [], {}, [[]], [[0]], [["a", "b"]], [[0, 10**400]], [[True, 1]], [[0.5, 1]], [[[0], [1]]], [["\x1b[2J"] * 2],
               ["x" * 10**6])
        for value in odd:
            for content in (value, {"format": "geosc-symmetry", "categories": value}, {"format": "geosc-symmetry", "categories": {"*": value}},
                            *({"format": "geosc-symmetry", "categories": {"*": {kind: value}}} for kind in ("groups", "mirror", "\x1b[2J"))):
                with self.subTest(str(content)[:60]):
                    write_json("symmetry.json", content)
                    line = self.good_or_refused(*self.WORDS, "--symmetry", "symmetry.json")
                    self.assertLess(len(line or ""), 400)

    def test_pictures(self):
        picture, mask = "S/JPEGImages/cat/2008_000001.jpg", "S/features/cat/2008_000001_mask.png"
        words = self.WORDS[:-1] + ("32",)

        def chunk(kind, data):
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

        def png(width, height, *more):
            return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) + b"".join(more)

        data, end = chunk(b"IDAT", zlib.compress(b"\0" * 10**6)), chunk(b"IEND", b"")
        odd = {"empty": b"", "text": b"<html>", "huge": png(60000, 60000, data, end), "warned": png(12000, 9000, data, end),
               "no data": png(9, 9, end),
               "zip bomb": png(9, 9, chunk(b"zTXt", b"a\0\0" + zlib.compress(b"\0" * 10**8)), data, end), "none": png(0, 9, data, end),
               "damaged": png(9, 9, chunk(b"IDAT", b"xxxx"), end), "cut": png(9, 9, data)[:40], "negative": png(1 << 31, 1 << 31, data, end)}
        for path in (picture, mask):
            shutil.copy(path, "kept")
            for name, content in odd.items():
                with self.subTest((path, name)):
                    with open(path, "wb") as file:
                        file.write(content)
                    line = self.good_or_refused(*words)
                    self.assertTrue(line is None or path in line, line)
            for mode in ("1", "L", "P", "RGB", "RGBA", "I", "F", "CMYK", "LA"):
                with self.subTest((path, mode)):
                    Image.new("L", (64, 48), 255).convert(mode).save(path, "TIFF")
                    self.good_or_refused(*words)
            shutil.copy("kept", path)


class PFPascal(Odd):
    WORDS = "dataset", "pfpascal", "P", "-o", "out.h5", "--thumbnail", "0"
    HEADER = "source_image,target_image,class,XA,YA,XB,YB"
    ROWS = ["P/JPEGImages/a.jpg,P/JPEGImages/b.jpg,8,1;2;3,4;5;6,1;2;3,4;5;6", "P/JPEGImages/b.jpg,P/JPEGImages/a.jpg,8,1;2;3,4;5;6,1;2;3,4;5;6"]

    def setUp(self):
        super().setUp()
        from test_datasets import save_image

        for name in "ab":
            save_image("P", name, 50, 40, masks=False, flip=False)

    def write(self, data):
        with open("P/test_pairs_pf_pascal.csv", "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())

    def test_lists(self):
        """With and without a header, as different systems write them: no pair is lost."""
        for header in ([], [self.HEADER], [self.HEADER.upper()], ["", self.HEADER.replace(",", " , ")]):
            for end in ("\n", "\r\n", "\r", "  \n\n"):
                for encoding in ("utf-8", "utf-8-sig", "utf-16"):
                    with self.subTest((header, end, encoding)):
                        self.write("".join(line + end for line in header + self.ROWS).encode(encoding))
                        self.assertIsNone(self.good_or_refused(*self.WORDS))
                        with h5py.File("out.h5") as file:
                            self.assertEqual(file["pairs/source"][:].tolist(), [0, 1])

    def test_what_may_be_wrong(self):
        row = self.ROWS[0]
        for data, reason in (("", "has no pair"), (self.HEADER, "has no pair"), (row + "\n" + self.HEADER, "line 2: is not source,target"),
                             ("x,y,cat\n" + row, "line 1: is not source,target"),
                             (row.replace("1;2;3", "1;" * 200000), "line 1: cannot be read: field larger"),
                             (row + '\n"' + "x" * 200000, "cannot be read: field larger"), (b"\xe9," + row.encode(), "is not UTF-8 text"),
                             (row + "\0", "zero bytes"), (row.replace("1;2;3", "1;2;inf"), "line 1.*infinite"),
                             (row.replace("1;2;3", "1;2;1e308"), "line 1.*infinite"),
                             (row.replace("a.jpg", "../a.jpg"), "is not a path below"), (row.replace("a.jpg", "c.jpg"), "c.jpg: cannot be read"),
                             (row.replace("8,", "9" * 5000 + ",", 1), "line 1: is not"),
                             (row.replace("a.jpg", "\x1b[2J.jpg"), r"\\x1b\[2J.jpg: cannot be read")):
            with self.subTest(reason):
                self.write(data)
                self.refused(reason, *self.WORDS)

    def test_endings(self):
        os.rename("P/JPEGImages/a.jpg", "P/JPEGImages/a.JPG")
        self.write("\n".join(self.ROWS))
        self.assertIsNone(self.good_or_refused(*self.WORDS))


class Streams(Odd):
    """The command itself: what it prints may have nowhere to go."""

    def setUp(self):
        super().setUp()
        np.savez("w.npz", **small_model())

    def shell(self, code, **more):
        return subprocess.run(["sh", "-c", code, "sh", os.path.join(BUILD, "geosc-import")], env={**environment(), **more}, capture_output=True,
                              text=True,
                              errors="backslashreplace", timeout=300)

    def test_full_and_closed(self):
        for words in ("model w.npz x.h5 -f", "--help", "--version"):
            for more in ({}, {"PYTHONUNBUFFERED": "1"}):
                result = self.shell(f'"$1" {words} >/dev/full', **more)
                self.assertEqual((result.returncode, result.stderr),
                                 (1, "geosc-import: standard output: cannot be written: No space left on device\n"))
                result = self.shell(f'(trap "" PIPE; "$1" {words}; echo $? >status) | true', **more)
                self.assertEqual(result.stderr, "")
                result = self.shell(f'"$1" {words} >&- 2>&- <&-', **more)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
        result = self.shell('"$1" model no.npz y.h5 2>/dev/full')
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.geosc("inspect", "x.h5")

    def test_ascii(self):
        for more in ({"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
                     {"PYTHONIOENCODING": "latin-1:strict"}):
            result = self.shell('"$1" model w.npz "$(printf "\\303\\251\\342\\202\\254.h5")" -f', **more)
            self.assertEqual((result.returncode, result.stderr), (0, ""), more)
            result = self.shell('"$1" model "$(printf "\\303\\251\\342\\202\\254\\351\\033.pth")" y.h5', **more)
            self.assertEqual((result.returncode, len(result.stderr.splitlines())), (1, 1), result.stderr)
            self.assertNotIn("Traceback", result.stderr)

    def test_terminal(self):
        """What is said after a line of progress stands on its own line."""
        np.save("a.npy", np.ones((4, 5, 6), "f4"))
        np.save("b.npy", np.full((4, 5, 6), 1e6, "f4"))
        with open("pairs.txt", "w", encoding="utf-8") as file:
            file.write("a b\n")
        ours, theirs = pty.openpty()
        result = subprocess.run([os.path.join(BUILD, "geosc-import"), "features", ".", "-o", "x.h5", "--pairs", "pairs.txt", "--dtype", "f2"],
                                env=environment(), stderr=theirs, timeout=300)
        self.assertEqual(result.returncode, 1)
        os.close(theirs)
        said = os.read(ours, 1 << 16).decode()
        os.close(ours)
        self.assertRegex(said, "^\r\033\\[K1 of 2 images, 50 %, [0-9]+ s left\r\ngeosc-import: ./b.npy: has numbers too large for float16.*\r\n$")

    def test_usage(self):
        result = self.shell('"$1" "$(printf "no\\033[2Jpe")"')
        self.assertEqual(result.returncode, 2)
        self.assertIn(r"no\x1b[2Jpe", result.stderr)

    def test_missing_packages(self):
        for package, debian in (("h5py", "python3-h5py"), ("numpy", "python3-numpy")):
            with open(package + ".py", "w", encoding="utf-8") as file:
                file.write(f"raise ModuleNotFoundError(\"No module named '{package}'\", name='{package}')\n")
            more = {"PYTHONPATH": self.folder + os.pathsep + environment()["PYTHONPATH"]}
            result = self.shell('"$1" model w.npz y.h5', **more)
            self.assertEqual((result.returncode, result.stderr), (1, f"geosc-import: needs the Python package {package} (Debian: {debian})\n"))
            os.unlink(package + ".py")
        with open("h5py.py", "w", encoding="utf-8") as file:
            file.write("raise ImportError('libhdf5.so.310: cannot open\\nshared object file')\n")
        self.assertEqual(self.shell('"$1" model w.npz y.h5', **more).stderr,
                         "geosc-import: a Python package cannot be loaded: libhdf5.so.310: cannot open\\x0ashared object file\n")

    def test_no_memory(self):
        with unittest.mock.patch("geosc.importers.command.run", side_effect=MemoryError):
            self.refused("not enough memory", "model", "w.npz", "y.h5")

    def test_not_foreseen(self):
        """One line, with the place, for whoever is to mend it."""
        code = "import sys\nfrom geosc.importers import start, command\ncommand.run = lambda _: {}['x']\nsys.exit(start.main('0'))"
        for more in ({}, {"GEOSC_IMPORT_TRACEBACK": "1"}):
            result = subprocess.run([sys.executable, "-c", code, "model", "a", "b"], env={**environment(), **more}, capture_output=True, text=True,
                                    timeout=300)
            self.assertEqual(result.returncode, 1)
            self.assertRegex(result.stderr.splitlines()[-1], r"^geosc-import: bug in geosc-import: KeyError: 'x' \(<string>:3\); please report")
            self.assertEqual(len(result.stderr.splitlines()) > 1, bool(more))
