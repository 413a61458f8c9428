"""AP-10K and PF-Pascal as their folders are, and what may be wrong with a folder."""

import json
import os
import shutil
import subprocess
import sys

import h5py
import numpy as np
import torch
from geoaware_folder import LEVELS, make_spair, make_symmetry, write_json
from PIL import Image
from support import SOURCE, Scratch

from geosc.importers.symmetry import by_names


def save_image(root, name, width, height, masks=True, flip=True):
    """Features, masks and a picture for JPEGImages/NAME.jpg."""
    for folder in ("JPEGImages", "features"):
        os.makedirs(os.path.dirname(f"{root}/{folder}/{name}"), exist_ok=True)
    for end in ("", "_flip") if flip else ("",):
        parts = {level: torch.randn(1, channels, cells, cells) for level, (channels, cells) in LEVELS.items()}
        torch.save({level: parts[level] for level in ("s3", "s4", "s5")}, f"{root}/features/{name}_sd{end}.pt")
        torch.save(parts["dino"], f"{root}/features/{name}_dino{end}.pt")
        if masks:
            Image.new("L", (960, 960), 255).save(f"{root}/features/{name}_mask{end}.png")
    Image.new("RGB", (width, height), (200, 100, 50)).save(f"{root}/JPEGImages/{name}.jpg")


class AP10K(Scratch):
    def setUp(self):
        super().setUp()
        self.points = {}
        for number, (width, height) in ((1, (640, 480)), (2, (300, 600))):
            name = f"Felidae/cat/{number:012d}"
            save_image("ap-10k", name, width, height)
            points = [[10 * k + number, 20 + k, 2 if k % 4 else 0] for k in range(17)]
            self.points[number] = np.array(points, float)
            write_json(f"ap-10k/ImageAnnotation/{name}.json", {"keypoints": sum(points, []), "width": width, "height": height,
                                                              "bbox": [5, 6, 100, 200], "id": number, "num_keypoints": 12})
        paths = {which: f"data/ap-10k/ImageAnnotation/Felidae/cat/{number:012d}.json" for which, number in (("src", 1), ("trg", 2))}
        entry = {which + "_json_path": path for which, path in paths.items()}
        write_json("ap-10k/PairAnnotation/test/000000000001-000000000002:cat.json", entry)
        write_json("ap-10k/PairAnnotation/test_cross_family/000000000001-000000000002:all.json", entry)

    def test_pairs(self):
        self.geosc_import("dataset", "ap10k", "ap-10k", "-o", "in.h5", "--symmetry", "ap10k")
        with h5py.File("in.h5") as file:
            self.assertEqual(file["images/name"][:].tolist(), [b"Felidae/cat/000000000001.jpg", b"Felidae/cat/000000000002.jpg"])
            scale = 840 / 600
            self.assertAlmostEqual(file["pairs/threshold"][0], 200 * scale)
            np.testing.assert_allclose(file["pairs/target_box"][0], (5 * scale + 210, 6 * scale, 100 * scale, 200 * scale))
            self.assertEqual(file["pairs/keypoint_name"][2:4].tolist(), [b"nose", b"neck"])
            there = self.points[2][:, 2] > 0
            expected = self.points[2][:, :2] * scale + ((840 - 420) // 2, 0)
            np.testing.assert_allclose(file["pairs/target_keypoints"][0][there], expected[there])
            self.assertTrue(np.isnan(file["pairs/target_keypoints"][0][~there]).all())
            scale, top = 840 / 640, (840 - 630) // 2
            np.testing.assert_allclose(file["pairs/keypoints"][0][there], (self.points[1][:, :2] * scale + (0, top))[there])
            group, mirror = file["pairs/symmetry_group"][0], file["pairs/mirror_index"][0]
            self.assertEqual((group[5], mirror[5], mirror[8], mirror[2], group[2]), (group[8], 8, 5, 2, -1))
            self.assertEqual(len({group[k] for k in (7, 10, 13, 16)}), 1)
            np.testing.assert_allclose(file["images/placement"][:], [(840 / 640, 0, 105), (840 / 600, 210, 0)])
            rgb = file["images/rgb"][1]
            self.assertTrue((rgb[:, :59] == 0).all() and (rgb[:, 61:179] > 20).all() and (rgb[:, 181:] == 0).all())
        self.geosc("match", "in.h5", "-o", "out.h5", "-q")
        self.assertEqual(json.loads(self.geosc("eval", "in.h5", "out.h5", "--json").stdout)["all"]["points"], int(there.sum()))

    def test_other_split(self):
        self.geosc_import("dataset", "ap10k", "ap-10k", "-o", "in.h5", "--split", "test_cross_family", "--dtype", "f2", "--thumbnail", 0)
        with h5py.File("in.h5") as file:
            self.assertEqual(file["pairs/category"][0], b"all")
            self.assertEqual(file["images/features/dino"].dtype, np.float16)
            self.assertNotIn("rgb", file["images"])

    def test_shipped_symmetry_is_made_from_the_names(self):
        subprocess.run([sys.executable, f"{SOURCE}/data/symmetry/make.py", "."], check=True)
        for name in ("ap10k.json", "spair.json"):
            with open(name, "rb") as made, open(f"{SOURCE}/data/symmetry/{name}", "rb") as shipped:
                self.assertEqual(made.read(), shipped.read())


class PFPascal(Scratch):
    def test_pairs(self):
        root = "PF-dataset-PASCAL"
        save_image(root, "2008_006325", 500, 400, masks=False)
        save_image(root, "2008_004704", 400, 500, masks=False)
        with open(f"{root}/test_pairs_pf_pascal.csv", "w", encoding="utf-8") as file:
            file.write("source_image,target_image,class,XA,YA,XB,YB\n")
            file.write(f"{root}/JPEGImages/2008_006325.jpg,{root}/JPEGImages/2008_004704.jpg,8,10;20;30,40;50;60.5,1;2;3,4;5;6\n")
        self.geosc_import("dataset", "pfpascal", root, "-o", "in.h5")
        with h5py.File("in.h5") as file:
            self.assertEqual(file["pairs/category"][0], b"cat")
            self.assertNotIn("threshold", file["pairs"])
            self.assertNotIn("mask", file["images"])
            np.testing.assert_allclose(file["pairs/keypoints"][0][2], (30 * 840 / 500, 60.5 * 840 / 500 + 84))
            np.testing.assert_allclose(file["pairs/target_keypoints"][0][0], (1 * 840 / 500 + 84, 4 * 840 / 500))
            self.assertTrue(np.isnan(file["pairs/keypoints"][0][3:]).all())
        self.geosc("match", "in.h5", "-o", "out.h5", "-q")
        self.assertIn("larger side", self.geosc("eval", "in.h5", "out.h5").stdout)
        with open(f"{root}/test_pairs_pf_pascal.csv", "a", encoding="utf-8") as file:
            file.write("\n")  # an empty line says nothing
        self.geosc_import("dataset", "pfpascal", root, "-o", "in.h5", "-f")
        for content in ("", "source_image,target_image,class,XA,YA,XB,YB\n"):
            with open(f"{root}/none_pairs_pf_pascal.csv", "w", encoding="utf-8") as file:
                file.write(content)
            said = self.geosc_import("dataset", "pfpascal", root, "-o", "none.h5", "--split", "none", status=1).stderr
            self.assertIn("none_pairs_pf_pascal.csv: has no pair", said)

    def test_rows_that_say_nothing_sure(self):
        """A class that there is not is no other one, and a number that is left out does not move those behind it."""
        save_image("P", "a", 50, 40, masks=False)
        for rest, reason in (("0,1;2,4;5,1;2,4;5", "no class 0"), ("-1,1;2,4;5,1;2,4;5", "no class -1"), ("21,1;2,4;5,1;2,4;5", "no class 21"),
                             ("8,1;;3,4;5;6,1;2;3,4;5;6", "float"), ("8,1;2;3,4;5,1;2;3,4;5;6", "3, 2, 3, 3 numbers"),
                             ("8,1;2;3,4;5;6,1;2,4;5", "3, 3, 2, 2 numbers"), (",".join(["8"] + [";".join("1" * 21)] * 4), "21, 21, 21, 21 numbers")):
            with open("P/test_pairs_pf_pascal.csv", "w", encoding="utf-8") as file:
                file.write(f"source_image,target_image,class,XA,YA,XB,YB\nP/JPEGImages/a.jpg,P/JPEGImages/a.jpg,{rest}\n")
            said = self.geosc_import("dataset", "pfpascal", "P", "-o", "in.h5", status=1).stderr
            self.assertRegex(said, "csv: line 2: is not source,target.*" + reason)


class BadFolders(Scratch):
    def setUp(self):
        super().setUp()
        make_spair("S")

    def fail(self, reason, *options):
        result = self.geosc_import("dataset", "spair", "S", "-o", "in.h5", *options, status=1)
        self.assertRegex(result.stderr, "geosc-import: .*" + reason)
        self.assertNotIn("Traceback", result.stderr)
        self.assertFalse(os.path.exists("in.h5"))

    def test_missing_things(self):
        os.unlink("S/features/cat/2008_000001_dino_flip.pt")
        self.fail("cat/2008_000001.jpg has no flipped features, but other images have .1 of 8 have none.*--no-flip")
        os.unlink("S/features/cat/2008_000002_mask.png")
        self.fail("cat/2008_000002.jpg has no mask.*--no-masks", "--no-flip")
        os.unlink("S/features/cat/2008_000003_sd.pt")
        self.fail("2008_000003_sd.pt: cannot be read: No such file", "--no-flip", "--no-masks")
        self.fail("PairAnnotation/val: cannot be listed", "--split", "val")
        self.geosc_import("dataset", "spair", "nowhere", "-o", "in.h5", status=1)

    def test_half_of_the_flipped_features(self):
        """Not taken for none: a zero-shot run would derive the pose, and its numbers would be others."""
        for image in os.listdir("S/ImageAnnotation/cat") + os.listdir("S/ImageAnnotation/aeroplane"):
            for category in ("cat", "aeroplane"):
                path = f"S/features/{category}/{os.path.splitext(image)[0]}_dino_flip.pt"
                if os.path.exists(path):
                    os.unlink(path)
        self.fail("_dino_flip.pt: is missing.*--no-flip")
        self.geosc_import("dataset", "spair", "S", "-o", "in.h5", "--no-flip")

    def test_sizes_that_are_none(self):
        path = "S/PairAnnotation/test/000000-2008_000000-2008_000001:cat.json"
        with open(path, encoding="utf-8") as file:
            right = json.load(file)
        for wrong, reason in (({"trg_bndbox": [5, 5, 5, 5]}, "box is 0"), ({"trg_bndbox": [50, 50, 5, 5]}, "box is -45"),
                              ({"trg_bndbox": [float("nan")] * 4}, "box is nan"), ({"trg_imsize": [-5, -10, 3]}, "has -5 x -10 pixels")):
            write_json(path, {**right, **wrong})
            self.fail(path + ": .*" + reason)

    def import_masks(self, *options):
        self.geosc_import("dataset", "spair", "S", "-o", "in.h5", *options)
        with h5py.File("in.h5") as file:
            return file["images/mask"][:]

    def test_masks_of_16_bits(self):
        """Twice as bright as half of white is white, and half of that is out."""
        path = "S/features/cat/2008_000001_mask.png"
        with Image.open(path) as mask:
            inside = np.asarray(mask) > 127
        expected = self.import_masks()
        Image.fromarray(np.where(inside, 40000, 20000).astype(np.uint16)).save(path)
        np.testing.assert_array_equal(self.import_masks("-f"), expected)

    def test_masks_of_labels(self):
        """0 and 1 look like a mask, but nothing of it is above 127."""
        path = "S/features/cat/2008_000001_mask.png"
        with Image.open(path) as mask:
            ones = (np.asarray(mask) > 0).astype(np.uint8)
        Image.fromarray(ones).save(path)
        self.fail(path + ": has no value above 1, but only values above 127 are inside")
        Image.fromarray(0 * ones).save(path)  # nothing was found: a matter of its pairs
        self.geosc_import("dataset", "spair", "S", "-o", "in.h5", "--restart")

    def test_outputs_that_cannot_be(self):
        os.mkdir("folder.h5")
        self.assertIn("folder.h5: cannot be written: it is a folder",
                      self.geosc_import("dataset", "spair", "S", "-o", "folder.h5", "-f", status=1).stderr)
        self.assertEqual([name for name in os.listdir() if "partial" in name], [])
        self.fail("--thumbnail: expected a number of pixels from 0 to", "--thumbnail", 100000)

    def test_wrong_things(self):
        sd = torch.load("S/features/cat/2008_000001_sd.pt")
        torch.save({**sd, "s4": torch.zeros(1, 12, 5, 5)}, "S/features/cat/2008_000001_sd.pt")
        self.fail("2008_000001_sd.pt: s4 is .12, 5, 5., expected .12, 6, 6. as in the first image")
        torch.save({"s3": sd["s3"]}, "S/features/cat/2008_000001_sd.pt")
        self.fail("2008_000001_sd.pt: is not a dict with s3, s4 and s5")
        shutil.copy("S/features/cat/2008_000001_dino.pt", "S/features/cat/2008_000001_mask.png")
        torch.save(sd, "S/features/cat/2008_000001_sd.pt")
        self.fail("2008_000001_mask.png: cannot be read")
        shutil.copy("S/features/cat/2008_000002_mask.png", "S/features/cat/2008_000001_mask.png")
        os.truncate("S/JPEGImages/cat/2008_000001.jpg", 3000)
        self.fail("JPEGImages/cat/2008_000001.jpg: cannot be read: image file is truncated")
        with open("S/ImageAnnotation/cat/2008_000001.json", "w", encoding="utf-8") as file:
            file.write("{")
        self.fail("2008_000001.json: cannot be read")

    def test_annotations_that_are_not_of_their_form(self):
        """The message names the one of thousands that is to blame."""
        image, pair = "S/ImageAnnotation/cat/2008_000001.json", "S/PairAnnotation/test/000000-2008_000000-2008_000001:cat.json"
        for path, contents in ((image, ({"kps": {"1": [1, 2]}}, {"kps": {"0": [1, 2, 3], "1": [4, 5, 6]}}, {"kps": None})),
                               (pair, ({"src_imname": 3}, {"src_imname": "2008_000000.jpg", "src_imsize": [0, 0, 3]}))):
            with open(path, encoding="utf-8") as file:
                right = json.load(file)
            for content in contents:
                write_json(path, content)
                self.fail(path + ": does not have its data set's form")
            write_json(path, right)

    def test_fewer_keypoints_in_some_images(self):
        with open("S/ImageAnnotation/cat/2008_000001.json", encoding="utf-8") as file:
            points = json.load(file)["kps"]
        write_json("S/ImageAnnotation/cat/2008_000001.json", {"kps": {str(k): points[str(k)] for k in range(7)}})
        self.geosc_import("dataset", "spair", "S", "-o", "in.h5")
        with h5py.File("in.h5") as file:
            row = list(file["images/name"]).index(b"cat/2008_000001.jpg")
            own = file["pairs/keypoints"][:][file["pairs/source"][:] == row]
            self.assertEqual(own.shape[1:], (30, 2))
            self.assertTrue(np.isnan(own[:, 7:]).all() and not np.isnan(own[:, :7]).all())

    def test_wrong_symmetry(self):
        for categories, reason in (({"cat": {}}, 'no category "aeroplane"'), ({"*": {"mirror": [[0, 30]]}}, "30 is not a keypoint"),
                                   ({"*": {"groups": [[0, 1], [1, 2]]}}, "has keypoint 1 twice"),
                                   ({"*": {"mirror": [[0, 1, 2]]}}, "is not a list of two"),
                                   ({"*": {"groups": None}}, "groups: None is not a list"),
                                   ({"*": {"group": [[0, 1]]}}, "has group, expected groups")):
            write_json("symmetry.json", {"format": "geosc-symmetry", "categories": categories})
            self.fail(reason, "--symmetry", "symmetry.json")
        self.fail("nor the name", "--symmetry", "nothing")
        self.fail("ap10k.json: is for the keypoints of ap10k, which spair numbers in another way", "--symmetry", "ap10k")
        with open(f"{SOURCE}/data/symmetry/ap10k.json", encoding="utf-8") as file:
            content = json.load(file)
        del content["dataset"]
        for wrong, reason in ((content, "names 17 keypoints, but the data set has 30"),
                              ({**content, "names": None, "categories": {"*": {"names": ["x"] * 31}}}, "names 31 keypoints, but the data set has 30")):
            write_json("symmetry.json", wrong)
            self.fail(reason, "--symmetry", "symmetry.json")


class OtherFolders(Scratch):
    """Folders of DIY-SC, SPair-U and other spellings of the same."""

    def setUp(self):
        super().setUp()
        make_spair("S")
        self.stems = sorted(f"{category}/{os.path.splitext(name)[0]}" for category in ("aeroplane", "cat")
                            for name in os.listdir(f"S/JPEGImages/{category}"))

    def names(self, *options, kind="spair"):
        """Imports; returns the file's images' names, and what was said."""
        said = self.geosc_import("dataset", kind, "S", "-o", "in.h5", "-f", *options).stderr
        with h5py.File("in.h5") as file:
            return [name.decode() for name in file["images/name"]], said

    def test_names_keep_their_ending(self):
        """hloc looks pictures up by them."""
        self.assertEqual(sorted(self.names()[0]), [stem + ".jpg" for stem in self.stems])
        with h5py.File("in.h5") as file:
            self.assertNotIn("keypoint_name", file["pairs"])
            target = file["images/placement"][file["pairs/target"][0]]
            sides = file["pairs/target_box"][0]
            np.testing.assert_allclose(sides[:2], target[0] * np.array((20, 30)) + target[1:])
            self.assertAlmostEqual(max(sides[2:]), file["pairs/threshold"][0])
        self.geosc("inspect", "in.h5")

    def test_names_of_keypoints(self):
        """A list for each category, from the symmetry file."""
        self.names("--symmetry", "spair")
        with open(f"{SOURCE}/data/symmetry/spair.json", encoding="utf-8") as file:
            known = json.load(file)["categories"]
        with h5py.File("in.h5") as file:
            names = {category.decode(): [name.decode() for name in row if name] for category, row in
                     zip(file["categories/name"], file["categories/keypoint_name"])}
            self.assertEqual(file["categories/keypoint_name"].shape[1], file["pairs/keypoints"].shape[1])
        self.assertEqual(names, {category: known[category]["names"] for category in ("aeroplane", "cat")})
        self.geosc("inspect", "in.h5")

    def test_dino_alone(self):
        names, said = self.names("--only-dino")
        self.assertNotIn("Stable Diffusion", said)
        with h5py.File("in.h5") as file:
            self.assertEqual(file["images/features"].shape, (8, 10, 12, 12))
            self.assertNotIn("norm_group", file["images/features"].attrs)
            own, flipped = file["images/features"][:], file["images/poses/hflip/features"][:]
        for row, name in enumerate(names):
            for array, end in ((own, ""), (flipped, "_flip")):
                np.testing.assert_array_equal(array[row], torch.load(f"S/features/{name[:-4]}_dino{end}.pt")[0].numpy())
        for stem in self.stems:
            for end in ("", "_flip"):
                os.unlink(f"S/features/{stem}_sd{end}.pt")
        first = names[0][:-4]
        self.assertIn(f"S: has no features of Stable Diffusion, such as S/features/{first}_sd.pt: imports DINO's alone", self.names()[1])
        with h5py.File("in.h5") as file:
            np.testing.assert_array_equal(file["images/features"][:], own)
        self.geosc("match", "in.h5", "-o", "out.h5", "-q", "--poses", "none,hflip")
        os.unlink(f"S/features/{first}_dino.pt")
        said = self.geosc_import("dataset", "spair", "S", "-o", "in.h5", "-f", status=1).stderr
        self.assertIn(f"{first}_sd.pt: cannot be read: No such file", said)  # neither: no guess
        said = self.geosc_import("dataset", "spair", "S", "-o", "in.h5", "-f", "--only-dino", status=1).stderr
        self.assertIn(f"{first}_dino.pt: cannot be read: No such file", said)

    def test_suffixes(self):
        self.names()
        with h5py.File("in.h5") as file:
            expected = {name: file["images/features"][name][:] for name in LEVELS}
            mask = file["images/mask"][:]
        for stem in self.stems:
            for end in ("", "_flip"):
                for old, new, kind in (("_sd", "_sd2", "pt"), ("_dino", "_v2_x", "pt"), ("_mask", ".m", "png")):
                    os.rename(f"S/features/{stem}{old}{end}.{kind}", f"S/features/{stem}{new}{end}.{kind}")
        self.names("--sd-suffix", "_sd2", "--dino-suffix", "_v2_x", "--mask-suffix", ".m")
        with h5py.File("in.h5") as file:
            for name, array in expected.items():
                np.testing.assert_array_equal(file["images/features"][name][:], array)
            np.testing.assert_array_equal(file["images/mask"][:], mask)

    def test_pictures_of_other_endings(self):
        """As ImageNet's and MP-100's have them; the annotation says jpg."""
        for stem, ending in zip(self.stems, (".JPEG", ".JPG", ".png", ".PNG")):
            os.rename(f"S/JPEGImages/{stem}.jpg", f"S/JPEGImages/{stem}{ending}")
        names, _ = self.names()
        self.assertEqual(sorted(names), [stem + ".jpg" for stem in self.stems])
        with h5py.File("in.h5") as file:
            self.assertTrue((file["images/rgb"][:].reshape(8, -1).max(1) > 0).all())
        entry = "S/PairAnnotation/test/000000-2008_000000-2008_000001:aeroplane.json"
        with open(entry, encoding="utf-8") as file:
            pair = json.load(file)
        for path in os.listdir("S/PairAnnotation/test"):
            os.unlink("S/PairAnnotation/test/" + path)
        write_json(entry, {**pair, "src_imname": "2008_000000.JPEG"})
        self.assertEqual(self.names()[0], ["aeroplane/2008_000000.JPEG", "aeroplane/2008_000001.jpg"])

    def test_keypoints_of_spair_u(self):
        """The same pictures with other keypoints, wherever they are unpacked."""
        def keypoints(*options, kind="spair-u"):
            self.names(*options, kind=kind)
            with h5py.File("in.h5") as file:
                return file["pairs/keypoints"][:]

        old = keypoints(kind="spair")
        said = self.geosc_import("dataset", "spair-u", "S", "-o", "in.h5", "-f", status=1).stderr
        self.assertIn("S: has no ExtraPairAnnotation: put SPair-U's annotations there, or name their folder with --annotations", said)
        for kind in ("Pair", "Image"):
            shutil.copytree(f"S/{kind}Annotation", f"U/{kind}Annotation")
        for stem in self.stems:
            with open(f"U/ImageAnnotation/{stem}.json", encoding="utf-8") as file:
                entry = json.load(file)
            points = {str(k): [3 * k, 2 * k] if k < 4 else None for k in range(30)}
            write_json(f"U/ImageAnnotation/{stem}.json", {**entry, "kps": points})
        new = keypoints("--annotations", "U")
        self.assertEqual(new.shape, old.shape)
        self.assertTrue(np.isfinite(new[:, :4]).all() and np.isnan(new[:, 4:]).all())
        for kind in ("Pair", "Image"):
            os.rename(f"U/{kind}Annotation", f"U/Extra{kind}Annotation")
        np.testing.assert_array_equal(keypoints("--annotations", "U"), new)
        for kind in ("Pair", "Image"):
            os.rename(f"U/Extra{kind}Annotation", f"S/Extra{kind}Annotation")
        np.testing.assert_array_equal(keypoints(), new)
        np.testing.assert_array_equal(keypoints(kind="spair"), old)
        said = self.geosc_import("dataset", "spair-u", "S", "-o", "in.h5", "-f", "--symmetry", "spair", status=1).stderr
        self.assertIn("spair.json: is for the keypoints of spair, which spair-u numbers in another way", said)
        self.assertIn("nowhere: is not a folder",
                      self.geosc_import("dataset", "spair", "S", "-o", "in.h5", "-f", "--annotations", "nowhere", status=1).stderr)


class Partners(Scratch):
    """Symmetry files, and what they do to a pair."""

    def test_names(self):
        names = ["left_eye", "right_eye", "nose", "LeftFrontPaw", "RightFrontPaw", "left back paw", "right back paw", "l-ear", "r-ear", "top", "left"]
        self.assertEqual(by_names(names), {"groups": [[0, 1], [3, 4, 5, 6], [7, 8]], "mirror": [[0, 1], [3, 4], [5, 6], [7, 8]]})
        self.assertEqual(by_names(["left_a", "left_a", "right_a", "", "\u0661"]), {"groups": [[0, 1, 2]], "mirror": []})  # of whom is it the partner?

    def test_partners_in_both(self):
        make_spair("S")
        make_symmetry("symmetry.json")
        words = "dataset", "spair", "S", "--symmetry", "symmetry.json"
        self.geosc_import(*words, "-o", "source.h5")
        self.geosc_import(*words, "-o", "both.h5", "--partners", "both")
        with h5py.File("source.h5") as source, h5py.File("both.h5") as both:
            partner, own = source["pairs/mirror_index"][:], both["pairs/mirror_index"][:]
            there = [np.isfinite(source["pairs/" + name][:]).all(-1) for name in ("keypoints", "target_keypoints")]
            np.testing.assert_array_equal(source["pairs/symmetry_group"][:], both["pairs/symmetry_group"][:])
        for p in range(len(own)):
            for k in range(30):
                j = partner[p, k]
                self.assertEqual(own[p, k], j if there[0][p, j] and there[1][p, j] else -1)
        self.assertTrue(0 < (own != partner).sum() < own.size)
        said = self.geosc_import("dataset", "spair", "S", "-o", "x.h5", "--partners", "both", status=2).stderr
        self.assertIn("--partners both needs --symmetry", said)


class CheckedSymmetry(Scratch):
    """Keypoints of symmetric solids, seen from everywhere, against symmetry files."""

    IMAGES = 30

    def setUp(self):
        super().setUp()
        with open(f"{SOURCE}/data/symmetry/spair.json", encoding="utf-8") as file:
            self.symmetry = json.load(file)["categories"]
        self.random = np.random.default_rng(4)
        for category in ("cat", "bus", "chair"):
            self.write_category(category)

    def write_category(self, category):
        names, mirror = (self.symmetry[category][name] for name in ("names", "mirror"))
        solid = self.random.uniform(-1, 1, (len(names), 3))
        solid[:, 0] = 0
        for a, b in mirror:
            solid[b] = solid[a]
            solid[a, 0], solid[b, 0] = self.random.uniform(0.3, 1) * np.array([1, -1])
        for number in range(self.IMAGES):
            turn, nod = self.random.uniform(-1.1, 1.1), self.random.uniform(-0.3, 0.3)
            x = np.cos(turn) * solid[:, 0] + np.sin(turn) * solid[:, 2]
            z = np.cos(turn) * solid[:, 2] - np.sin(turn) * solid[:, 0]
            y = np.cos(nod) * solid[:, 1] - np.sin(nod) * z
            seen = (self.random.random(len(names)) < 0.85) & ~np.array([name.startswith("unused") for name in names])
            points = np.stack([x, y], -1) * self.random.uniform(60, 120) + self.random.uniform(150, 250, 2) + self.random.normal(0, 1, (len(names), 2))
            kps = {str(k): list(points[k]) if k < len(names) and seen[k] else None for k in range(30)}
            write_json(f"S/ImageAnnotation/{category}/{number}.json", {"kps": kps})
            other = (number + 1) % self.IMAGES
            sides = {"src_imname": f"{number}.jpg", "trg_imname": f"{other}.jpg", "trg_bndbox": [0, 0, 100, 90]}
            write_json(f"S/PairAnnotation/test/{number:03d}:{category}.json", {**sides, "src_imsize": [400, 400, 3], "trg_imsize": [400, 400, 3]})

    def check(self, *options, status=0):
        result = self.geosc_import("dataset", "spair", "S", "--check-symmetry", *options, status=status)
        self.assertEqual(os.listdir("."), ["S"] if not options else sorted(["S", "symmetry.json"]) if os.path.exists("symmetry.json") else ["S"])
        return result

    def table(self, said):
        lines = said.splitlines()
        self.assertEqual(lines[0], "category images confirmed unseen contradicted")
        return {words[0]: list(map(int, words[1:])) for words in map(str.split, lines[1:4])}, lines[4:]

    def test_the_shipped_file(self):
        table, against = self.table(self.check().stdout)
        self.assertEqual(against, [])
        for category, row in table.items():
            used = sum(not name.startswith("unused") for name in self.symmetry[category]["names"])
            self.assertEqual(row, [self.IMAGES, used, 0, 0], category)

    def test_wrong_files(self):
        """Each wrong row is named, and no other."""
        cat = self.symmetry["cat"]
        for wrong, expected in (([pair for pair in cat["mirror"] if pair != [9, 10]], {(9, 10, 9), (10, 9, 10)}),
                                ([[0, 1], [2, 3], [4, 5], [6, 7], [9, 12], [11, 10]], {(9, 10, 12), (10, 9, 11), (11, 12, 10), (12, 11, 9)}),
                                (cat["mirror"] + [[8, 13]], {(8, 8, 13), (13, 13, 8)})):
            content = {"format": "geosc-symmetry", "categories": {**self.symmetry, "cat": {**cat, "mirror": wrong}}}
            write_json("symmetry.json", content)
            result = self.check("--symmetry", "symmetry.json", status=1)
            table, against = self.table(result.stdout)
            found = {tuple(int(word.rstrip(",")) for word in line.split() if word.rstrip(",").isdigit()) for line in against}
            found = {(k, best, own) for k, best, more, own, votes in found}
            self.assertEqual({frozenset((k, own)) for k, _, own in found}, {frozenset((k, own)) for k, _, own in expected})
            self.assertGreaterEqual(len(found & expected), len(expected) / 2)  # near another keypoint, that one may win
            self.assertEqual(table["cat"][3], len(against))
            self.assertTrue(all(line.startswith("cat: keypoint ") for line in against))
            self.assertIn(f"S: the keypoints contradict symmetry.json in {len(against)} places", result.stderr)

    def test_options(self):
        said = self.geosc_import("dataset", "spair", "S", "--check-symmetry", "-o", "x.h5", status=2).stderr
        self.assertIn("--check-symmetry writes nothing: omit -o", said)
        self.assertIn("-o/--output", self.geosc_import("dataset", "spair", "S", status=2).stderr)
        self.assertIn("pfpascal: is neither a file nor",
                      self.geosc_import("dataset", "pfpascal", "S", "--check-symmetry", status=1).stderr)
