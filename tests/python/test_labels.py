"""Labels for the other pictures: pairs from supports, answers fused, and files that other programs read, read back."""

import csv
import io
import json
import os
import shutil
import subprocess
import xml.etree.ElementTree

import h5py
import numpy as np
from geoaware_folder import write_json
from PIL import Image
from support import BUILD, Scratch, environment
from test_coco import SCHEMA

PARTS = ["left_ear", "right_ear", "nose", "left_paw", "right_paw", "tail"]
CHANNELS, CELL, GRID = 24, 8, 20
SIDE = CELL * GRID
SHAPE = np.array([[0.3, 0.2], [0.7, 0.2], [0.5, 0.4], [0.3, 0.8], [0.7, 0.8], [0.85, 0.5]])


class Animals(Scratch):
    """Features in which each part has a vector of its own, with noise; labels that are not exact either."""

    COUNT, SUPPORTS, JITTER, NOISE, TARGET_NOISE = 24, 3, 5, 0.9, 0.2

    def setUp(self):
        super().setUp()
        dice = self.dice = np.random.default_rng(11)
        vectors = dice.normal(size=(len(PARTS), CHANNELS))
        self.truth, self.content = {}, {
            "info": {"year": 2026}, "licenses": [], "images": [], "annotations": [],
            "categories": [{"id": 4, "name": "cat", "supercategory": "animal", "keypoints": PARTS, "skeleton": [[1, 2], [2, 3]]}]}
        rows, columns = np.mgrid[:GRID, :GRID] * CELL + CELL / 2
        os.makedirs("f")
        for number in range(self.COUNT):
            points = (SHAPE * dice.uniform(0.75, 1, 2) + dice.uniform(0, 0.1, 2) + dice.normal(0, 0.01, SHAPE.shape)).clip(0.05, 0.95) * SIDE
            near = np.exp(-((columns - points[:, 0, None, None]) ** 2 + (rows - points[:, 1, None, None]) ** 2) / (2 * 14**2))
            noise = self.NOISE if number < self.SUPPORTS else self.TARGET_NOISE
            features = np.einsum("kc,khw->chw", vectors, near) + noise * dice.normal(size=(CHANNELS, GRID, GRID)) * near.max(0) ** 0.5
            name = f"{number:02d}.jpg"
            np.save(f"f/{number:02d}.npy", features.astype("f4"))
            self.truth[name] = points
            self.content["images"].append({"id": 50 + number, "file_name": name, "width": SIDE, "height": SIDE})
            if number < self.SUPPORTS:
                self.content["annotations"].append(self.annotation(number, points + dice.normal(0, self.JITTER, points.shape)))
        write_json("a.json", self.content)

    def annotation(self, number, points):
        points = np.round(points.clip(1, SIDE - 1), 2)
        return {"id": 7 + number, "image_id": 50 + number, "category_id": 4, "iscrowd": 0, "segmentation": [], "num_keypoints": len(points),
                "keypoints": np.c_[points, np.full(len(points), 2)].reshape(-1).tolist(), "bbox": [3.0, 4.5, 100, 90], "area": 900,
                "note": "by hand"}

    def change(self):
        write_json("a.json", self.content)

    def convert(self, *words, status=0, name="in.h5"):
        return self.geosc_import("coco", "a.json", "-o", name, "--features", "f", "-f", *words, status=status)

    def match(self, *words):
        self.geosc("match", "in.h5", "-o", "m.h5", "-q", "-f", "--poses", "none", "--confidence", *words)

    def export(self, form, *words, output="out", status=0):
        return self.geosc_export(form, "in.h5", *words, "-o", output, "-f", status=status)

    def read(self, *words, form="coco"):
        self.export(form, "m.h5", *words)
        with open("out", encoding="utf-8") as file:
            return json.load(file) if form == "coco" else file.read()

    def pairs(self, name="in.h5"):
        with h5py.File(name) as file:
            return file["coco/pair_annotations"][:].tolist()


class Fusing(Animals):
    def errors(self, content):
        """{picture: [K] distances to the truth} of annotations made by geosc."""
        names, found = {image["id"]: image["file_name"] for image in content["images"]}, {}
        for one in content["annotations"]:
            if "keypoint_scores" in one:
                points = np.array(one["keypoints"]).reshape(-1, 3)
                found[names[one["image_id"]]] = np.hypot(*(points[:, :2] - self.truth[names[one["image_id"]]]).T)
        return found

    def test_better_than_the_best_support(self):
        self.convert("--support", "00.jpg,01.jpg,02.jpg")
        self.match()
        with h5py.File("m.h5") as file:
            xy = file["matches/xy"][:]
        alone = {}
        for (source, target), points in zip(self.pairs(), xy):
            self.assertIn(source, (7, 8, 9))
            number = next(image for image in range(self.COUNT) if self.target_of(target) == f"{image:02d}.jpg")
            alone.setdefault(source, []).append(np.hypot(*(points - self.truth[f"{number:02d}.jpg"]).T))
        alone = {source: np.mean(errors) for source, errors in alone.items()}
        content = self.read()
        fused = self.errors(content)
        self.assertEqual(len(fused), self.COUNT - 3)
        mean = np.mean(list(fused.values()))
        self.assertLess(mean, 0.9 * min(alone.values()), (mean, alone))
        self.assertTrue(all(one["keypoint_supports"] == [3] * 6 for one in content["annotations"] if "keypoint_scores" in one))

    def target_of(self, annotation):
        with h5py.File("in.h5") as file:
            row = file["coco/annotation_id"][:].tolist().index(annotation)
            return file["coco/image_name"].asstr()[file["coco/annotation_image"][row]]

    def test_median(self):
        """Against a plain one, and what it says of single values."""
        from geosc.exporters.fusion import weighted_median

        values, weights = self.dice.normal(size=(7, 40)), self.dice.uniform(size=(7, 40)) * (self.dice.uniform(size=(7, 40)) > 0.3)
        weights[:, 0] = 0
        weights[:, 1] = 1
        weights[6, 1] = 0  # an even number of equals
        found = weighted_median(values, weights)
        self.assertTrue(np.isnan(found[0]))
        self.assertAlmostEqual(found[1], np.median(values[:6, 1]))
        for k in range(2, 40):
            there = sorted((v, w) for v, w in zip(values[:, k], weights[:, k]) if w > 0)
            total, reached = sum(w for _, w in there), 0
            for value, weight in there:
                reached += weight
                if reached >= total / 2:
                    break
            self.assertEqual(found[k], value)

    def test_who_counts(self):
        from geosc.exporters.fusion import Fused

        xy = np.array([[[0.0, 0], [1, 1], [5, 5]], [[10, 10], [2, 2], [np.nan, 1]], [[12, 8], [3, 3], [7, 7]]])
        score, mutual = np.full((3, 3), 0.8), np.ones((3, 3), bool)
        seen = np.array([[0, 1, 2], [2, 1, 2], [2, 1, 1]])
        fused = Fused(xy, score, mutual, seen)
        np.testing.assert_array_equal(fused.xy, [[11, 9], [2, 2], [5, 5]])  # without the absent one; all hidden; one shows it
        self.assertEqual((fused.supports.tolist(), fused.hidden.tolist()), ([2, 3, 1], [False, True, False]))
        score[1, 0] = 0.9
        np.testing.assert_array_equal(Fused(xy, score, mutual, seen).xy[0], [10, 10])  # the more similar one
        mutual[:2, 1], mutual[2, 1] = False, True
        np.testing.assert_array_equal(Fused(xy, score, mutual, seen).xy[1], [2.5, 2.5])  # the only mutual one weighs as much as both others
        nothing = Fused(np.full((2, 1, 2), np.nan), np.full((2, 1), np.nan), np.zeros((2, 1), bool), np.full((2, 1), 2))
        self.assertTrue(np.isnan(nothing.xy).all() and nothing.supports[0] == 0)
        self.assertTrue(np.isfinite(Fused(xy[:, :1], np.full((3, 1), -0.5), mutual[:, :1], seen[:, :1]).xy).all())

    def test_rule(self):
        """The user's numbers decide what is visible."""
        self.convert("--shots", 2, "--seed", 3)
        self.match()
        every = self.read()
        scores = np.array([one["keypoint_scores"] for one in every["annotations"] if "keypoint_scores" in one])
        low, high = np.quantile(scores, (0.2, 0.6))
        content = self.read("--present", low, "--visible", high)
        seen = [np.array(one["keypoints"]).reshape(-1, 3) for one in content["annotations"] if "keypoint_scores" in one]
        for own, points in zip(scores, seen):
            np.testing.assert_array_equal(points[:, 2], np.where(own < low, 0, np.where(own < high, 1, 2)))
            self.assertTrue((points[own < low] == 0).all() and (points[own >= low, :2] > 0).all())
        # Those without any keypoint are left out; those that the file had stay.
        content = self.read("--present", 2)
        self.assertEqual(len(content["annotations"]), 2 + 1)
        self.assertEqual(len(content["images"]), self.COUNT)
        for one in self.content["annotations"]:  # of hidden points
            one["keypoints"][2::3] = [1] * 6
        self.change()
        self.convert("--shots", 2, "--seed", 3)
        self.match()
        found = [one for one in self.read()["annotations"] if "keypoint_scores" in one]
        self.assertEqual({seen for one in found for seen in one["keypoints"][2::3]}, {1})


class Pairs(Animals):
    COUNT = 8

    def test_supports(self):
        """By names, ids and chance; all others are targets."""
        for words in (("--support", "00.jpg,01"), ("--support", "00", "--support", "8"), ("--support", "7,8")):
            self.convert(*words)
            pairs = self.pairs()
            self.assertEqual({source for source, _ in pairs}, {7, 8})
            self.assertEqual(len(pairs), 2 * 6)
            with h5py.File("in.h5") as file:
                self.assertNotIn("threshold", file["pairs"])
                self.assertEqual(np.isfinite(file["pairs/target_keypoints"][:]).any((1, 2)).sum(), 2)  # those of 02.jpg
                self.assertEqual(file["coco/annotation_made"][:].sum(), 5)
        self.convert("--shots", 2)
        first = self.pairs()
        self.convert("--shots", 2, "--seed", 0)
        self.assertEqual(self.pairs(), first)
        sets = set()
        for seed in range(12):
            self.convert("--shots", 1, "--seed", seed)
            sets.update(source for source, _ in self.pairs())
        self.assertEqual(sets, {7, 8, 9})
        self.convert("--shots", 9)
        self.assertEqual(len(self.pairs()), 3 * 5)
        with h5py.File("in.h5") as file:
            self.assertNotIn("target_keypoints", file["pairs"])
        for words, reason in ((("--support", "03.jpg"), "--support 03.jpg: is neither a picture with keypoints nor the id"),
                              (("--support", "7", "--partners", "both", "--symmetry", "names", "--shots", "2"), "not allowed with"),
                              (("--unlisted",), "--unlisted needs --support or --shots"), (("--shots", "0"), "--shots: expected a number")):
            said = self.convert(*words, status=2 if words[0] != "--support" or "--shots" in words else 1).stderr
            self.assertIn(reason, said)
        said = self.convert("--support", "7,8,9", "--partners", "both", "--symmetry", "names", status=1).stderr
        self.assertIn("--partners both looks at the keypoints of targets, which have none", said)

    def test_what_targets_have(self):
        """A box without keypoints stays; a category that is there twice is left out; other categories are none of ours."""
        def add(number, image, **more):
            self.content["annotations"].append({"id": number, "image_id": 50 + image, "category_id": 4, "bbox": [10, 20, 30, 40], "area": 77,
                                                "iscrowd": 0, "segmentation": [], **more})

        self.content["categories"].append({"id": 9, "name": "chair", "supercategory": "thing"})
        add(100, 3, note="a box")
        add(101, 4)
        add(102, 4)
        add(103, 5, category_id=9)
        add(104, 6, iscrowd=1)
        add(105, 7, image_id=999)  # of another task: no such picture
        self.change()
        said = self.convert("--support", "00,01,02")
        self.assertIn("a.json: 1 pictures have a category more than once", said.stderr)
        self.assertEqual([target for _, target in self.pairs()][::3], [100, 106])
        self.match()
        found = {one["id"]: one for one in self.read()["annotations"]}
        self.assertEqual(sorted(found), [7, 8, 9, 100, 106])
        self.assertEqual({name: found[100][name] for name in ("bbox", "area", "note", "image_id")},
                         {"bbox": [10, 20, 30, 40], "area": 77, "note": "a box", "image_id": 53})
        points = np.array(found[106]["keypoints"]).reshape(-1, 3)[:, :2]
        left, top, width, height = found[106]["bbox"]
        self.assertTrue((points >= [left, top]).all() and (points <= [left + width, top + height]).all())
        self.assertAlmostEqual(found[106]["area"], width * height, places=1)
        self.content["annotations"] = self.content["annotations"][:3]
        self.content["images"] = self.content["images"][:3]
        self.change()
        self.assertIn("there is no other picture", self.convert("--support", "00,01,02", status=1).stderr)
        self.content["annotations"][0]["keypoints"] = [0] * 18
        self.change()
        self.assertIn("--support 00.jpg: has no keypoint", self.convert("--support", "00", status=1).stderr)
        self.convert("--shots", 3)
        self.assertEqual({source for source, _ in self.pairs()}, {8, 9})

    def test_labelled_targets(self):
        """Their keypoints are replaced, which a line says, or stay."""
        own = self.annotation(3, SHAPE * SIDE)
        for k in (1, 4):
            own["keypoints"][3 * k : 3 * k + 3] = [0, 0, 0]
        full = self.annotation(4, SHAPE * SIDE)
        self.content["annotations"] += [own, full]
        self.change()
        self.convert("--support", "00,01,02")
        self.match()
        said = self.export("coco", "m.h5").stderr
        self.assertIn("in.h5: 2 of 5 targets had keypoints, which are replaced; --keep adds only those that they lack", said)
        new = {one["id"]: one for one in self.read()["annotations"]}
        kept = {one["id"]: one for one in self.read("--keep")["annotations"]}
        self.assertEqual(kept[11], {**full, "score": 1})
        points = {name: np.array(one["keypoints"]).reshape(-1, 3) for name, one in (("own", own), ("new", new[10]), ("kept", kept[10]))}
        for k in range(6):
            np.testing.assert_array_equal(points["kept"][k], points["new" if k in (1, 4) else "own"][k])
            self.assertEqual(kept[10]["keypoint_scores"][k], new[10]["keypoint_scores"][k] if k in (1, 4) else 1)
        self.assertEqual((kept[10]["num_keypoints"], kept[10]["keypoint_supports"]), (6, [0, 3, 0, 0, 3, 0]))
        self.assertEqual(kept[13], new[13])
        self.assertIn("--keep does not go with --results", self.export("coco", "m.h5", "--keep", "--results", status=2).stderr)

    def test_unlisted(self):
        for number in range(self.COUNT):
            Image.new("RGB", (SIDE, SIDE), (40, 90, 20)).save(f"f/{number:02d}.jpg")
        Image.new("L", (SIDE, SIDE), 255).save("f/00_mask.png")
        self.content["images"] = self.content["images"][:4]
        self.change()
        self.convert("--support", "00,01,02", "--unlisted", "--no-masks")
        self.assertEqual(len(self.pairs()), 3 * 5)
        self.match()
        content = self.read()
        self.assertEqual([(image["id"], image["file_name"], image["width"]) for image in content["images"]],
                         [(50 + number, f"{number:02d}.jpg", SIDE) for number in range(8)])
        self.assertEqual(len({one["id"] for one in content["annotations"]}), 8)
        self.export("coco")  # what there was
        with open("out", encoding="utf-8") as file:
            self.assertEqual(json.load(file), self.content)


class Files(Animals):
    COUNT = 6

    def setUp(self):
        super().setUp()
        self.convert("--support", "00,01,02")
        self.match()

    def test_coco(self):
        """What COCO publishes, what importers ask for; once imported again, all is as it was."""
        content = self.read()
        try:
            import jsonschema

            jsonschema.validate(content, SCHEMA, cls=jsonschema.Draft7Validator)
        except ImportError:
            pass
        for name in ("categories", "images", "info"):
            self.assertEqual(content[name], self.content[name])
        by_id = {one["id"]: one for one in content["annotations"]}
        for own in self.content["annotations"]:
            self.assertEqual(by_id[own["id"]], {**own, "score": 1})
        for one in content["annotations"]:
            self.assertTrue(0 < one["score"] <= 1 and len(one["keypoints"]) == 18 and one["bbox"][2] > 0 and one["area"] > 0)
            self.assertTrue(all(0 <= value <= SIDE for value in one["bbox"] + one["keypoints"]))
        os.rename("out", "a.json")
        self.convert("--most", 100)
        self.export("coco")
        with open("out", encoding="utf-8") as file:
            self.assertEqual(json.load(file), content)
        os.rename("out", "a.json")
        before = self.pairs()
        self.convert("--most", 100, name="again.h5")
        self.assertEqual(self.pairs("again.h5"), before)

    def test_results(self):
        every, content = self.read("--results"), self.read()
        made = [one for one in content["annotations"] if "keypoint_scores" in one]
        self.assertEqual(every, [{name: one[name] for name in ("image_id", "category_id", "keypoints", "score")} for one in made])
        self.assertIn("--results needs MATCHES.h5", self.export("coco", "--results", status=2).stderr)

    def table(self, *words, form="csv"):
        return list(csv.reader(io.StringIO(self.read(*words, form=form))))

    def test_csv(self):
        rows, content = self.table("--present", 0.8), self.read("--present", 0.8)
        self.assertEqual(rows[0], "image category annotation keypoint x y visibility score supports spread outside".split())
        self.assertEqual(len(rows), 1 + 6 * 6)
        expected = []
        for image in content["images"]:
            one = next(one for one in content["annotations"] if one["image_id"] == image["id"])
            for k, name in enumerate(PARTS):
                x, y, seen = one["keypoints"][3 * k : 3 * k + 3]
                more = [one["keypoint_" + part][k] for part in ("scores", "supports", "spread", "outside")] if "keypoint_scores" in one else [""] * 4
                expected.append([image["file_name"], "cat", one["id"], name, *((x, y) if seen else ("", "")), seen, *more])
        self.assertEqual(rows[1:], [[str(value) for value in row] for row in expected])

    def test_deeplabcut(self):
        """As pandas and DeepLabCut read it."""
        try:
            import pandas
        except ImportError:
            self.skipTest("no python3-pandas")
        content = self.read("--present", 0.8)
        keypoints = {one["image_id"]: np.array(one["keypoints"]).reshape(-1, 3) for one in content["annotations"]}
        points = {image["file_name"]: keypoints[image["id"]] for image in content["images"]}
        for words, columns in (((), ["x", "y"]), (("--likelihood", "--scorer", "anna", "--folder", "walk"), ["x", "y", "likelihood"])):
            table = pandas.read_csv(io.StringIO(self.read("--present", 0.8, *words, form="dlc")), index_col=0, header=[0, 1, 2])
            self.assertEqual(list(table.columns.names), ["scorer", "bodyparts", "coords"])
            self.assertEqual(table.columns.tolist(), [("anna" if words else "geosc", part, column) for part in PARTS for column in columns])
            self.assertEqual(list(table.index), [f"labeled-data/{'walk' if words else 'images'}/{name}" for name in points])
            for (name, own), (_, row) in zip(points.items(), table.iterrows()):
                own = np.where(own[:, 2:] > 0, own[:, :2], np.nan)
                found = row.to_numpy().reshape(len(PARTS), -1)
                np.testing.assert_array_equal(found[:, :2], own)
                self.assertTrue((np.isnan(found) == np.isnan(own[:, :1])).all())

    def test_deeplabcut_has_one_animal(self):
        self.content["categories"].append({"id": 5, "name": "dog", "keypoints": PARTS})
        for number in (0, 1):
            self.content["annotations"].append(dict(self.annotation(number, SHAPE * SIDE), id=200 + number, category_id=5))
        self.change()
        self.convert("--support", "00,01,02")
        self.match()
        self.assertIn("in.h5: cat, dog to write, but DeepLabCut's table has one: name it with --category",
                      self.export("dlc", "m.h5", status=1).stderr)
        self.assertEqual(len(self.table("--category", "dog", form="dlc")), 3 + 5)
        self.content["annotations"].append(dict(self.annotation(0, SHAPE * SIDE), id=300))
        self.change()
        self.convert("--support", "00,01,02")
        self.match()
        self.assertIn("labeled-data/images/00.jpg: is there twice", self.export("dlc", "m.h5", "--category", "cat", status=1).stderr)

    def test_cvat(self):
        """A skeleton for each annotation, with all its points."""
        scores = [score for one in self.read()["annotations"] for score in one.get("keypoint_scores", ())]
        rule = ("--present", np.quantile(scores, 0.2), "--visible", np.quantile(scores, 0.6))
        content, root = self.read(*rule), xml.etree.ElementTree.fromstring(self.read(*rule, form="cvat"))
        self.assertEqual((root.tag, root.find("version").text), ("annotations", "1.1"))
        labels = [(label.find("name").text, label.find("type").text, getattr(label.find("parent"), "text", None)) for label in root.iter("label")]
        self.assertEqual(labels, [("cat", "skeleton", None), *((part, "points", "cat") for part in PARTS)])
        self.assertEqual([(image.get("id"), image.get("name"), image.get("width"), image.get("height")) for image in root.iter("image")],
                         [(str(number), f"{number:02d}.jpg", str(SIDE), str(SIDE)) for number in range(6)])
        kinds = set()
        for image, entry in zip(root.iter("image"), content["images"]):
            own = next(one for one in content["annotations"] if one["image_id"] == entry["id"])["keypoints"]
            (skeleton,) = image
            self.assertEqual((skeleton.tag, skeleton.get("label"), [point.get("label") for point in skeleton]), ("skeleton", "cat", PARTS))
            for k, point in enumerate(skeleton):
                x, y = map(float, point.get("points").split(","))
                seen = own[3 * k + 2]
                kinds.add(seen)
                self.assertEqual((point.tag, point.get("outside"), point.get("occluded")), ("points", str(int(seen == 0)), str(int(seen == 1))))
                np.testing.assert_allclose((x, y), own[3 * k : 3 * k + 2], atol=0.006)
        self.assertEqual(kinds, {0, 1, 2})

    def test_outside_of_the_picture(self):
        """An answer in the padding is no label in any form, whatever its score; a line says how many there are. One on the edge is one."""
        places = [[80, -7], [SIDE + 3, 20], [0, SIDE], [-0.0004, 5], [9, SIDE + 0.001], [50, 60]]
        with h5py.File("m.h5", "a") as file:
            file["matches/xy"][:3] = places
        made = next(image for image in self.content["images"] if image["file_name"] == "03.jpg")["id"]
        for form, mark in (("coco", "visibility 0"), ("cvat", 'outside="1"'), ("dlc", "empty cells"), ("csv", "visibility 0 and outside 1")):
            said = self.export(form, "m.h5").stderr
            self.assertEqual(said, "geosc-export: m.h5: 3 of 18 keypoints were found outside of their picture, in the padding of its frame: they are "
                                   f"not there, {mark}\n")
        one = next(one for one in self.read()["annotations"] if one["image_id"] == made)
        self.assertEqual(np.reshape(one["keypoints"], (6, 3)).tolist(), [[0] * 3, [0] * 3, [0, SIDE, 2], [0, 5, 2], [0] * 3, [50, 60, 2]])
        self.assertEqual((one["keypoint_outside"], one["num_keypoints"]), ([1, 1, 0, 0, 1, 0], 3))
        self.assertEqual(self.read("--results")[0]["keypoints"], one["keypoints"])
        rows = [row for row in self.table() if row[0] == "03.jpg"]
        self.assertEqual([row[4:7] + row[-1:] for row in rows], [["", "", "0", "1"]] * 2 + [["0", str(SIDE), "2", "0"], ["0", "5", "2", "0"],
                                                                 ["", "", "0", "1"], ["50", "60", "2", "0"]])  # fmt: skip
        image = next(image for image in xml.etree.ElementTree.fromstring(self.read(form="cvat")).iter("image") if image.get("name") == "03.jpg")
        self.assertEqual([point.get("outside") for point in image[0]], ["1", "1", "0", "0", "1", "0"])
        self.assertEqual(self.table(form="dlc")[3 + 3][1:], ["", "", "", "", "0", str(SIDE), "0", "5", "", "", "50", "60"])
        self.content["annotations"].append(self.annotation(3, SHAPE * SIDE))  # what a person labelled stays, and is not counted
        self.change()
        self.convert("--support", "00,01,02")
        self.match()
        with h5py.File("m.h5", "a") as file:
            file["matches/xy"][:3] = places
        self.assertEqual(self.export("coco", "m.h5", "--keep").stderr, "")

    def test_standard_output(self):
        """Gets the bytes of the file, in any locale; what is said goes to stderr."""
        self.content["categories"][0]["keypoints"] = ["\u00e9t\u00e9", *PARTS[1:]]
        self.change()
        self.convert("--support", "00,01,02")
        self.match()
        for form in ("coco", "cvat", "dlc", "csv"):
            told = self.export(form, "m.h5").stdout
            with open("out", "rb") as file:
                expected = file.read()
            result = subprocess.run([os.path.join(BUILD, "geosc-export"), form, "in.h5", "m.h5", "-o", "-"], capture_output=True,
                                    env={**environment(), "PYTHONIOENCODING": "ascii"}, check=True)
            self.assertEqual(result.stdout, expected)
            self.assertEqual(result.stderr.decode(), "geosc-export: " + told.removeprefix("out: "))
            self.assertFalse(os.path.exists("-"))

    def test_hostile_names(self):
        """Are text in every form: no formula, no tag, no end of a line."""
        bad = '=1+2<b>"&\x1b[31m\n'
        self.content["categories"][0]["keypoints"] = [bad, "@x", *PARTS[2:]]
        self.content["categories"][0]["name"] = bad
        self.change()
        self.convert("--support", "00,01,02")
        self.match()
        shown = '=1+2<b>"&\\x1b[31m\\x0a'
        rows = self.table()
        self.assertEqual((rows[1][1], rows[1][3], rows[2][3]), ("'" + shown, "'" + shown, "'@x"))
        root = xml.etree.ElementTree.fromstring(self.read(form="cvat"))
        self.assertEqual(next(root.iter("skeleton")).get("label"), shown)
        self.assertEqual(self.table(form="dlc")[1][1], "'" + shown)
        self.assertEqual(self.read()["categories"][0]["name"], bad)

    def test_what_does_not_go_together(self):
        self.convert("--support", "00", name="other.h5")
        self.geosc("match", "other.h5", "-o", "om.h5", "-q")
        self.assertIn("om.h5: has the answers [5, 6, 2], but in.h5 has 9 pairs of 6 keypoints: it is not its output",
                      self.geosc_export("coco", "in.h5", "om.h5", "-o", "x", status=1).stderr)
        self.convert("--support", "03,04,05", status=1)
        self.content["annotations"] += [self.annotation(number, SHAPE * SIDE) for number in (3, 4, 5)]
        self.change()
        with open("pairs.txt", "w", encoding="utf-8") as file:
            file.write("10 7\n11 8\n12 9\n7 10\n8 11\n9 12\n10 8\n11 9\n12 7\n")
        self.geosc_import("coco", "a.json", "-o", "turned.h5", "--features", "f", "--pairs", "pairs.txt")
        self.assertIn("m.h5: has other pairs than turned.h5: it is not its output",
                      self.geosc_export("csv", "turned.h5", "m.h5", "-o", "x", status=1).stderr)
        self.geosc("match", "in.h5", "-o", "s.h5", "-q", "--shard", "0/2")
        self.assertIn("s.h5: is a shard", self.export("coco", "s.h5", status=1).stderr)
        self.assertIn("a.json: is not an HDF5 file", self.export("coco", "a.json", status=1).stderr)
        self.assertIn("in.h5: has no /matches/xy", self.export("csv", "in.h5", status=1).stderr)
        shutil.copy("om.h5", "later.h5")
        with h5py.File("later.h5", "a") as file:
            file.attrs.modify("format_version", 2)
        self.assertIn("later.h5: its attribute format_version is one", self.export("csv", "later.h5", status=1).stderr)
        self.assertIn("m.h5: has no /coco", self.geosc_export("coco", "m.h5", "-o", "x", status=1).stderr)
        self.assertIn("is an input", self.export("csv", "m.h5", output="m.h5", status=1).stderr)
        self.assertFalse(os.path.exists("x"))

    def test_hostile_files(self):
        """A group /coco that lies is refused in one line."""
        changes = {
            "others": lambda file: file["coco/annotation_others"].__setitem__(0, b'{"image_id": 3}'),
            "number": lambda file: file["coco/annotation_others"].__setitem__(0, b'{"note": NaN}'),
            "infinity": lambda file: file["coco/annotation_keypoints"].__setitem__((0, 0, 0), np.inf),
            "visibility": lambda file: file["coco/annotation_keypoints"].__setitem__((0, 0, 2), 7),
            "made": lambda file: (file["coco"].pop("annotation_made"), file["coco"].__setitem__("annotation_made", np.zeros(2, "u1"))),
            "asked": lambda file: (file["pairs"].pop("keypoints"), file["pairs"].__setitem__("keypoints", np.zeros((2, 6, 2)))),
            "none": lambda file: file["pairs"].pop("keypoints"),
            "names": lambda file: file["coco/category_keypoints"].__setitem__(0, b"{}"),
        }
        for name, change in changes.items():
            with open("in.h5", "rb") as file, open("bad.h5", "wb") as copy:
                copy.write(file.read())
            with h5py.File("bad.h5", "a") as file:
                change(file)
            for form in ("coco", "cvat", "dlc", "csv"):
                said = self.geosc_export(form, "bad.h5", "m.h5", "-o", "x", status=1).stderr
                self.assertRegex(said, "^geosc-export: bad.h5: [ -~]+\n$", name)
            self.assertFalse(os.path.exists("x"))
