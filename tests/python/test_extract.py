"""geosc-extract: features of pictures, by a random network, against the same computed here; where a pixel lies; runs that were killed."""

import csv
import importlib
import os
import shutil
import signal
import subprocess
import sys
import time
import types

import h5py
import numpy as np
import torch
from geoaware_folder import write_json
from made_pictures import PARTS, draw_animals, label, save_hub, save_vit
from PIL import Image
from support import BUILD, Scratch, environment

MEAN, SPREAD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def frame_of(path, width, height, inner, left=0, top=0):
    """The picture scaled to `inner`, in its place in a black frame."""
    canvas = np.zeros((height, width, 3), "u1")
    canvas[top : top + inner[1], left : left + inner[0]] = np.asarray(Image.open(path).convert("RGB").resize(inner))
    return canvas


def tokens_of(network, canvas):
    """[C, h, w] of the frame."""
    x = torch.tensor(((canvas / 255 - MEAN) / SPREAD).transpose(2, 0, 1)[None].astype("f4"))
    with torch.no_grad():
        tokens = network(x)[0, 1:]
    return tokens.T.reshape(-1, canvas.shape[0] // 14, canvas.shape[1] // 14).numpy()


class Case(Scratch):
    COUNT = 3

    def setUp(self):
        super().setUp()
        torch.set_num_threads(2)
        self.animals = draw_animals("photos", self.COUNT)
        self.network = save_vit("vit.pt")

    def extract(self, *words, backbone="vit.pt", size=140, status=0, pictures=("photos",), output="f.h5"):
        found, out, said = self.run_here("geosc-extract", *pictures, "-o", output, "--backbone", backbone, "--size", size, *words)
        self.assertEqual(found, status, out + said)
        return types.SimpleNamespace(stdout=out, stderr=said)

    def write_module(self, body):
        sys.modules.pop("own", None)
        importlib.invalidate_caches()
        with open("own.py", "w", encoding="utf-8") as file:
            file.write("import os, time, torch\n\n" + body)


class Values(Case):
    def test_square(self):
        said = self.extract().stdout
        self.assertEqual(said, "f.h5: 3 images, 16 channels, pictures\n")
        with h5py.File("f.h5") as file:
            self.assertEqual(list(file["images"]), ["cat00.png", "cat01.png", "cat02.png"])
            for name, (size, _) in self.animals.items():
                image = file["images/" + name]
                scale = 140 / max(size)
                inner = [round(side * scale) for side in size]
                left, top = (140 - inner[0]) // 2, (140 - inner[1]) // 2
                self.assertEqual(image["features"].dtype, np.float16)
                expected = tokens_of(self.network, frame_of("photos/" + name, 140, 140, inner, left, top))
                np.testing.assert_allclose(image["features"][:], expected, atol=4e-3)
                self.assertEqual(image["size"][:].tolist(), [140, 140])
                np.testing.assert_allclose(image["placement"][:], [scale, left, top])
                self.assertEqual(image["picture_size"][:].tolist(), list(size))
                self.assertEqual(image["rgb"].shape, (240, 240, 3))
                seen = image["rgb"][:].astype(int)
                edge = seen[0] if size[0] > size[1] else seen[:, 0]
                self.assertTrue((edge == 0).all() and (seen[120, 120] > 20).any())
        with open("pairs.txt", "w", encoding="utf-8") as file:
            file.write("cat00.png cat01.png\n")
        self.geosc("inspect", "f.h5", "--pairs", "pairs.txt")
        self.geosc("match", "f.h5", "--pairs", "pairs.txt", "-o", "m.h5", "-q")
        self.geosc("render", "f.h5", "m.h5", "--pair", 0, "-o", "pair.png")

    def test_aspect_and_types(self):
        self.extract("--aspect", "--dtype", "f4", "--thumbnail", 0)
        with h5py.File("f.h5") as file:
            for name, (size, _) in self.animals.items():
                image, scale = file["images/" + name], 140 / max(size)
                inner = [round(side * scale) for side in size]
                width, height = (-(-side // 14) * 14 for side in inner)
                self.assertEqual((image["size"][:].tolist(), image["placement"][:].tolist()), ([width, height], [scale, 0, 0]))
                self.assertEqual(image["features"].shape, (16, height // 14, width // 14))
                expected = tokens_of(self.network, frame_of("photos/" + name, width, height, inner))
                np.testing.assert_allclose(image["features"][:], expected, atol=1e-5)
                self.assertNotIn("rgb", image)

    def test_poses(self):
        """Features of the posed picture; rot90 is torch's. In every form of frame."""
        for options in ((), ("--aspect",)):
            said = self.extract("--poses", "none,hflip,rot90,antitranspose", "-f", "--dtype", "f4", *options).stdout
            self.assertIn("features of the poses none, hflip, rot90, antitranspose", said)
            with h5py.File("f.h5") as file:
                for name, (size, _) in self.animals.items():
                    image, scale = file["images/" + name], 140 / max(size)
                    inner = [round(side * scale) for side in size]
                    frame = [-(-side // 14) * 14 for side in inner] if options else [140, 140]
                    left, top = (0, 0) if options else ((140 - inner[0]) // 2, (140 - inner[1]) // 2)
                    canvas = frame_of("photos/" + name, *frame, inner, left, top)
                    for pose, posed in (("hflip", canvas[:, ::-1]), ("rot90", np.rot90(canvas)),
                                        ("antitranspose", canvas[::-1, ::-1].transpose(1, 0, 2))):
                        np.testing.assert_allclose(image[f"poses/{pose}/features"][:], tokens_of(self.network, posed.copy()), atol=1e-5)
            with open("pairs.txt", "w", encoding="utf-8") as file:
                file.write("cat00.png cat01.png\ncat01.png cat02.png\n")
            said = self.geosc("match", "f.h5", "--pairs", "pairs.txt", "-o", "m.h5", "-f", "--poses", "none,hflip,rot90,antitranspose", "-v").stderr
            self.assertNotIn("derive", said)
        self.extract("--poses", "all", "-f")
        with h5py.File("f.h5") as file:
            self.assertEqual(len(file["images/cat00.png/poses"]), 7)

    def test_batches(self):
        """Any size of batches, and pictures of any forms in them."""
        found = []
        for batch in (1, 2, 8):
            self.extract("--aspect", "--batch", batch, "-f", "--dtype", "f4")
            with h5py.File("f.h5") as file:
                found.append([file[f"images/{name}/features"][:] for name in self.animals])
        for other in found[1:]:
            for a, b in zip(found[0], other):
                np.testing.assert_allclose(a, b, atol=1e-5)

    def test_masks(self):
        """Of the picture, in its place: its share of each cell, or its value in the middle."""
        for name, (size, _) in self.animals.items():
            mask = np.zeros(size[::-1], "u1")
            mask[: size[1] // 2] = 255
            Image.fromarray(mask).save(f"photos/{name[:-4]}_mask.png")
        self.assertIn("masks", self.extract("--resize-masks").stdout)
        with h5py.File("f.h5") as file:
            self.assertEqual(len(file["images"]), 3)  # masks are no pictures
            wide = file["images/cat00.png/mask"][:]  # 140 x 105 from row 17 on
            ends = np.arange(1, 11) * 14
            np.testing.assert_allclose(wide.mean(1), np.clip((ends - 17) / 14, 0, 1) - np.clip((ends - 69.5) / 14, 0, 1), atol=0.06)
        self.extract("-f")
        with h5py.File("f.h5") as file:
            self.assertEqual(file["images/cat00.png/mask"][:, 0].tolist(), [0, 1, 1, 1, 1, 0, 0, 0, 0, 0])
        np.save("photos/cat00_mask.npy", np.full((3, 5), 0.5))
        os.unlink("photos/cat00_mask.png")
        self.extract("-f")
        with h5py.File("f.h5") as file:
            self.assertEqual(set(file["images/cat00.png/mask"][1:8].reshape(-1)), {0.5})
        os.unlink("photos/cat00_mask.npy")
        self.assertIn("photos: cat00.png has no mask, but other images have (1 of 3 have none)", self.extract("-f", status=1).stderr)
        self.assertNotIn("masks", self.extract("-f", "--no-masks").stdout)

    def test_turned_by_exif(self):
        """As people see it."""
        picture = Image.open("photos/cat00.png").convert("RGB")
        upright = picture.transpose(Image.ROTATE_90)
        facts = Image.Exif()
        facts[0x0112] = 6  # to be turned clockwise
        os.makedirs("turned")
        picture.transpose(Image.ROTATE_180).save("turned/a.png", exif=facts)
        upright.save("turned/b.png")
        self.extract(pictures=("turned",))
        with h5py.File("f.h5") as file:
            a, b = file["images/a.png"], file["images/b.png"]
            self.assertEqual(a["picture_size"][:].tolist(), [180, 240])
            for name in ("features", "rgb", "placement"):
                np.testing.assert_array_equal(a[name][:], b[name][:])


class Coordinates(Case):
    COUNT = 4

    def errors(self, *words):
        """[pictures, K] distances of the parts found to those drawn."""
        self.geosc("match", "in.h5", "-o", "m.h5", "-q", "-f", *words)
        self.geosc_export("csv", "in.h5", "m.h5", "-o", "labels.csv", "-f")
        with open("labels.csv", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["score"]]
        self.assertEqual(len(rows), 3 * len(PARTS))
        return [np.hypot(*(self.animals[row["image"]][1][list(PARTS).index(row["keypoint"])] - [float(row["x"]), float(row["y"])]))
                for row in rows]

    def test_pixels_of_the_photograph(self):
        """From the label in one picture to the part in the others, whatever the frame."""
        label("labels.json", self.animals, ["cat00.png"])
        for options in ((), ("--aspect",)):
            self.extract("-f", "--poses", "none,hflip", *options, size=420)
            self.geosc_import("coco", "labels.json", "--features", "f.h5", "-o", "in.h5", "-f", "--shots", 1, "--unlisted")
            with h5py.File("in.h5") as file:
                self.assertEqual("images" in file and "name" in file["images"], not options)  # indexed only where all have one form
            errors = self.errors("--poses", "none,hflip")
            self.assertLess(np.median(errors), 4, errors)
            self.assertLess(max(errors), 12, errors)

    def test_annotations_of_another_picture(self):
        """A picture that was turned or made smaller since is refused."""
        self.extract()
        content = label("labels.json", self.animals, ["cat00.png"])
        for size in ((180, 240), (120, 90)):
            content["images"][0].update(width=size[0], height=size[1])
            write_json("labels.json", content)
            said = self.geosc_import("coco", "labels.json", "--features", "f.h5", "-o", "in.h5", "--shots", 1, "--unlisted", status=1).stderr
            self.assertIn(f"f.h5: cat00.png: was 240 x 180 pixels large, turned as its EXIF data say, but is {size[0]} x {size[1]} in the", said)

    def test_files_that_are_none_of_ours(self):
        self.extract()
        label("labels.json", self.animals, ["cat00.png"])
        changes = {
            "has no features of cat01.png": lambda file: file["images"].pop("cat01.png"),
            "features: is <i4": lambda file: (file["images/cat01.png"].pop("features"),
                                              file["images/cat01.png"].__setitem__("features", np.ones((3, 4, 5), "i4"))),
            "cat01.png/size: is damaged": lambda file: file["images/cat01.png/size"].__setitem__(0, np.nan),
            "cat01.png/rgb: is float64": lambda file: (file["images/cat01.png"].pop("rgb"),
                                                       file["images/cat01.png"].__setitem__("rgb", np.ones((3, 4, 3)))),
            "cat01.png: is a link": lambda file: (file["images"].pop("cat01.png"),
                                                  file["images"].__setitem__("cat01.png", h5py.ExternalLink("f.h5", "/images/cat00.png"))),
            "has the images in one array": lambda file: file["images"].__setitem__("features", np.ones((2, 3, 4, 5))),
            "has no /images": lambda file: file.pop("images"),
        }
        label("listed.json", self.animals, ["cat00.png"], self.animals)
        for reason, change in changes.items():
            shutil.copy("f.h5", "bad.h5")
            with h5py.File("bad.h5", "a") as file:
                change(file)
            status, _, said = self.run_here("geosc-import", "coco", "listed.json", "--features", "bad.h5", "-o", "in.h5", "--shots", "1")
            self.assertEqual(status, 1, reason)
            self.assertRegex(said, f"(?m)^geosc-import: bad.h5: .*{reason}")
            self.assertFalse(os.path.exists("in.h5"))
        self.assertIn("--pictures does not go with f.h5", self.geosc_import("coco", "listed.json", "--features", "f.h5", "--pictures", "photos",
                                                                             "-o", "in.h5", status=1).stderr)


class Backbones(Case):
    COUNT = 2

    def test_hub(self):
        """A folder, what torch.hub has in its cache for the default name, a checkpoint, and what goes wrong there."""
        save_hub("hub")
        self.assertIn("24 channels", self.extract("--hub", "hub", backbone="dinov2_vitb14").stdout)
        with h5py.File("f.h5") as file:
            first = file["images/cat00.png/features"][:]
        save_hub("home/hub/facebookresearch_dinov2_main")
        self.run_command("env", "TORCH_HOME=home", os.path.join(BUILD, "geosc-extract"), "photos", "-o", "g.h5", "--backbone", "dinov2_vitb14",
                         "--size", 140)
        with h5py.File("g.h5") as file:
            np.testing.assert_array_equal(file["images/cat00.png/features"][:], first)
        names = {}
        exec(compile(open("hub/hubconf.py", encoding="utf-8").read(), "hubconf", "exec"), names)
        torch.save(names["dinov2_vitb14"](False).state_dict(), "own.pth")
        self.extract("--hub", "hub", "--weights", "own.pth", "-f", backbone="dinov2_vitb14")
        with h5py.File("f.h5") as file:
            self.assertGreater(abs(file["images/cat00.png/features"][:] - first).max(), 0.1)
        torch.save({"w": torch.zeros(3)}, "other.pth")
        for words, reason in ((("--hub", "hub", "--weights", "other.pth"), "other.pth: does not fit dinov2_vitb14: RuntimeError"),
                              (("--hub", "photos"), "photos: has no hubconf.py"), (("--hub", "a b"), "--hub a b: is neither a folder nor OWNER/REPO")):
            self.assertIn(reason, self.extract(*words, "-f", backbone="dinov2_vitb14", status=1).stderr)
        self.assertIn("hub cannot load it: ModuleNotFoundError: No module named 'package_that_nobody_has'",
                      self.extract("--hub", "hub", "-f", backbone="broken", status=1).stderr)
        self.assertIn("hub cannot load it: RuntimeError: Cannot find callable nothing",
                      self.extract("--hub", "hub", "-f", backbone="nothing", status=1).stderr)
        self.assertIn("--size 150: is no multiple of the patches of dinov2_vitb14, which are 14 pixels large; take 140 or 154",
                      self.extract("--hub", "hub", "-f", backbone="dinov2_vitb14", size=150, status=1).stderr)

    def test_default_size(self):
        save_hub("hub")
        self.run_here("geosc-extract", "photos/cat00.png", "-o", "f.h5", "--backbone", "dinov2_vitb14", "--hub", "hub")
        with h5py.File("f.h5") as file:
            self.assertEqual(file["images/cat00.png/features"].shape, (24, 60, 60))

    def test_functions(self):
        """Maps, tokens, levels and dicts; and what is none of these."""
        self.write_module("def maps(x): return x[:, :, ::10, ::10]\n"
                          "def levels(x): return [x[:, :2, ::10, ::10], x[:, :, ::20, ::20]]\n"
                          "def named(x): return {'fine': x[:, :, ::10, ::10], 'coarse': x[:, :1, ::20, ::20]}\n"
                          "def patches(x): return {'x_norm_patchtokens': x[:, :, ::14, ::14].flatten(2).transpose(1, 2), 'more': 3}\n"
                          "def registers(x): return torch.cat([x[:, :, 0, :5], x[:, :, ::14, ::14].flatten(2)], 2).transpose(1, 2)\n"
                          "def text(x): return 'no'\n"
                          "def flat(x): return x.mean((2, 3))\n"
                          "def odd(x): return x[:, :, 0, :7].transpose(1, 2)\n"
                          "def fails(x): raise ValueError('no\\nmore')\n"
                          "def half(x): return x[: len(x) // 2]\n"
                          "def large(x): return x[:, :, ::10, ::10] * 1e6 + 1e6\n"
                          "number = 3\n")
        shapes = {"maps": (3, 14, 14), "patches": (3, 10, 10), "registers": (3, 10, 10)}
        for name, shape in shapes.items():
            self.extract("-f", "--mean", "0,0,0", "--std", "1,1,1", backbone="own:" + name)
            with h5py.File("f.h5") as file:
                found = file["images/cat01.png/features"][:]
                self.assertEqual(found.shape, shape)
                self.assertTrue((found >= 0).all() and found.max() <= 1)
        for name, levels in (("levels", {"level0": (2, 14, 14), "level1": (3, 7, 7)}), ("named", {"fine": (3, 14, 14), "coarse": (1, 7, 7)})):
            self.extract("-f", backbone="own:" + name)
            with h5py.File("f.h5") as file:
                group = file["images/cat01.png/features"]
                self.assertEqual({level: group[level].shape for level in group.attrs["levels"]}, levels)
                self.assertEqual(list(group.attrs["levels"]), list(levels))
        self.extract("-f", "--aspect", backbone="own:levels", size=160)
        with h5py.File("f.h5") as file:
            self.assertEqual(file["images/cat00.png/features/level1"].shape, (3, 6, 8))
        for name, reason in (("text", "gives str with str, expected tensors"), ("flat", r"gives [1, 3] for 1 pictures"),
                             ("odd", "gives 7 tokens for 140 x 140 pixels: they are no square"), ("fails", r"ValueError: no\x0amore"),
                             ("half", "gives [0, 3, 140, 140] for 1 pictures"), ("number", "number is int, not a function"),
                             ("missing", "cannot be imported: AttributeError"), ("large", "has numbers too large for float16")):
            said = self.extract("-f", backbone="own:" + name, status=1).stderr
            self.assertIn(reason, said)
            self.assertNotIn("Traceback", said)
        self.assertIn("ModuleNotFoundError", self.extract("-f", backbone="nowhere:f", status=1).stderr)

    def test_that_cannot_be(self):
        with open("text.pt", "w", encoding="utf-8") as file:
            file.write("text")
        for name, reason in (("text.pt", "text.pt: is not a TorchScript file"), ("no.pt", "--backbone no.pt: no such file"),
                             ("resnet50", "--backbone resnet50: is neither a file nor MODULE:FUNCTION")):
            said = self.extract(backbone=name, status=1).stderr
            self.assertIn(reason, said)
            self.assertEqual(len(said.splitlines()), 1, said)
        self.assertIn("--device", self.extract("--device", "nothing", status=1).stderr)
        self.assertEqual(sorted(os.listdir(".")), ["photos", "text.pt", "vit.pt"])

    def test_without_torch(self):
        os.makedirs("none")
        with open("none/torch.py", "w", encoding="utf-8") as file:
            file.write("raise ModuleNotFoundError(\"No module named 'torch'\", name='torch')\n")
        own = dict(environment(), PYTHONPATH="none")
        result = subprocess.run([os.path.join(BUILD, "geosc-extract"), "photos", "-o", "f.h5", "--backbone", "vit.pt"], env=own, capture_output=True,
                                text=True, timeout=100)
        self.assertEqual((result.returncode, result.stderr), (1, "geosc-extract: needs the Python package torch (Debian: python3-torch)\n"))


class Pictures(Case):
    def test_names(self):
        draw_animals("photos/dogs", 1, 5)
        for words, names in ((("photos",), ["cat00.png", "cat01.png", "cat02.png", "dogs/cat00.png"]),
                             (("photos/cat00.png", "photos/dogs"), ["cat00.png", "dogs/cat00.png"]),
                             (("photos/dogs",), ["cat00.png"]), (("photos/dogs/cat00.png", "--root", "photos"), ["dogs/cat00.png"])):
            self.extract("-f", pictures=words)
            found = []
            with h5py.File("f.h5") as file:
                file["images"].visititems(lambda name, item: found.append(name) if "features" in item and isinstance(item, h5py.Group) else None)
            self.assertEqual(sorted(found), names)
        for words, reason in ((("photos/dogs", "--root", "vit.pt"), "is not below"),
                              (("photos/cat00.png", "photos"), "photos/cat00.png: is there twice"),
                              (("nothing.jpg",), "nothing.jpg: cannot be read: No such file"),
                              (("vit.pt",), "vit.pt: cannot be read: it is not a picture")):
            self.assertIn(reason, self.extract("-f", pictures=words, status=1).stderr)
        os.makedirs("empty")
        self.assertIn("empty: has no picture", self.extract("-f", pictures=("empty",), status=1).stderr)
        self.assertIn("photos/cat00.png: is an input", self.extract("-f", output="photos/cat00.png", status=1).stderr)

    def test_hostile_pictures(self):
        """Of other kinds than their names say, damaged, or of more pixels than there can be."""
        with open("photos/cat01.png", "rb") as file:
            data = file.read()
        bomb = Image.new("1", (30000, 30000))
        bomb.save("bomb.png")
        with open("bomb.png", "rb") as file:
            bomb = file.read()
        script = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n(touched) (w) file closefile\n"
        for content in (data[: len(data) // 2], b"", b"text", bomb, script, data[:30]):
            with open("photos/cat01.png", "wb") as file:
                file.write(content)
            said = self.extract(status=1).stderr
            self.assertRegex(said, "(?m)^geosc-extract: photos/cat01.png: cannot be read: [ -~]+$")
            self.assertTrue(content is not script or "not a picture in a format that is read here" in said, said)
            self.assertFalse(os.path.exists("f.h5") or os.path.exists("touched"))
            self.extract("--restart", "-f", pictures=("photos/cat00.png",))
            os.unlink("f.h5")

    def test_changed_meanwhile(self):
        """Another picture than was computed is not stored."""
        self.write_module("def maps(x):\n"
                          "    if len(x) > 1: os.utime('photos/cat02.png', ns=(5, 5))\n"
                          "    return x[:, :, ::14, ::14]\n")
        said = self.extract("--batch", 3, backbone="own:maps", status=1).stderr
        self.assertIn("photos/cat02.png: was changed while it was read; repeat the command", said)
        self.assertIn("resuming: ", self.extract("--batch", 3, backbone="own:maps").stderr)

    def test_numbers(self):
        for words in (("--batch", 0), ("--size", 0), ("--threads", 0), ("--poses", "hflip,hflip"), ("--poses", "turned"), ("--mean", "1,2"),
                      ("--std", "1,1,0"), ("--mean", "1,2,nan"), ("--size", 10**9)):
            self.extract(*words, status=2)


class Resuming(Case):
    COUNT = 9

    def setUp(self):
        super().setUp()
        # What it gives depends on all pictures of a batch, and it stops for ever where a file says so.
        self.write_module("count = 0\n"
                          "def backbone(x):\n"
                          "    global count\n"
                          "    count += len(x)\n"
                          "    while os.path.exists('hang') and count > int(open('hang').read()):\n"
                          "        time.sleep(0.01)\n"
                          "    found = x[:, :, ::14, ::14]\n"
                          "    return found - found.mean(0)\n")
        self.words = ("photos", "--backbone", "own:backbone", "--size", "140", "--batch", "3", "--poses", "none,hflip")
        self.geosc_extract(*self.words, "-o", "whole.h5")
        with open("whole.h5", "rb") as file:
            self.whole = file.read()

    def stop_after(self, count, number):
        """Stops a run by a signal in the batch after `count` pictures."""
        with open("hang", "w", encoding="utf-8") as file:
            file.write(str(count * 2 + 1))  # in two poses, and one picture to look at
        process = subprocess.Popen([os.path.join(BUILD, "geosc-extract"), *self.words, "-o", "f.h5"], env=environment(), stderr=subprocess.PIPE,
                                   text=True)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and process.poll() is None:
            if os.path.exists("f.h5.partial.log"):
                with open("f.h5.partial.log", encoding="utf-8") as file:
                    if len(file.read().splitlines()) > count:
                        break
            time.sleep(0.05)
        process.send_signal(number)
        try:
            said = process.communicate(timeout=120)[1]
        finally:
            process.kill()
            os.unlink("hang")
        return process.returncode, said

    def check_resumed(self, count, *words):
        said = self.geosc_extract(*self.words, "-o", "f.h5", *words).stderr
        self.assertIn(f"resuming: {count} of 9 images are finished", said)
        with open("f.h5", "rb") as file:
            self.assertEqual(file.read(), self.whole)
        self.assertEqual([name for name in os.listdir(".") if "partial" in name], [])
        os.unlink("f.h5")

    def test_killed(self):
        """The same bytes, also where a batch was half done."""
        for kept in (6, 5, 4, 1):
            self.assertEqual(self.stop_after(6, signal.SIGKILL)[0], -signal.SIGKILL)
            with open("f.h5.partial.log", encoding="utf-8") as file:
                lines = file.readlines()
            with open("f.h5.partial.log", "w", encoding="utf-8") as file:
                file.writelines(lines[: 1 + kept])
            self.check_resumed(kept)

    def test_signals(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            status, said = self.stop_after(3, number)
            self.assertEqual((status, said.splitlines()[-1]),
                             (75, f"geosc-extract: stopped by {signal.Signals(number).name}; repeat the command to resume"))
            self.check_resumed(3)

    def test_other_run(self):
        """Another size of batches, pose or picture makes other features."""
        self.stop_after(3, signal.SIGKILL)
        for words in (("--batch", "4"), ("--poses", "none"), ("--size", "154"), ("--mean", "0,0,0")):
            self.assertIn("belongs to another import", self.geosc_extract(*self.words, "-o", "f.h5", *words, status=1).stderr)
        draw_animals("photos/more", 1)
        self.assertIn("belongs to another import", self.geosc_extract(*self.words, "-o", "f.h5", status=1).stderr)
        os.unlink("photos/more/cat00.png")
        self.check_resumed(3)
