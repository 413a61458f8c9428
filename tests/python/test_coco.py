"""Annotations in COCO's format: in, out, and in again; and files that are not what they should be."""

import collections
import json
import os

import h5py
import numpy as np
from geoaware_folder import write_json
from PIL import Image
from support import Scratch
from test_odd import Odd

NAMES = {"cat": ["left_eye", "right_eye", "nose", "left_paw", "right_paw"], "chair": ["back", "seat", "leg"]}
# What cocodataset.org publishes under "Data format", "Keypoint Detection", as a schema.
NUMBER, WHOLE = {"type": "number"}, {"type": "integer"}
BOX = {"type": "array", "items": NUMBER, "minItems": 4, "maxItems": 4}
SCHEMA = {
    "type": "object", "required": ["images", "annotations", "categories"],
    "properties": {
        "info": {"type": "object"}, "licenses": {"type": "array"},
        "images": {"type": "array", "items": {
            "type": "object", "required": ["id", "width", "height", "file_name"],
            "properties": {"id": WHOLE, "width": WHOLE, "height": WHOLE, "file_name": {"type": "string"}, "license": WHOLE}}},
        "annotations": {"type": "array", "items": {
            "type": "object", "required": ["id", "image_id", "category_id", "keypoints", "num_keypoints", "area", "bbox", "iscrowd", "segmentation"],
            "properties": {"id": WHOLE, "image_id": WHOLE, "category_id": WHOLE, "num_keypoints": WHOLE, "area": NUMBER, "bbox": BOX,
                           "iscrowd": {"enum": [0, 1]}, "segmentation": {"type": ["object", "array"]},
                           "keypoints": {"type": "array", "items": NUMBER}}}},
        "categories": {"type": "array", "items": {
            "type": "object", "required": ["id", "name", "supercategory", "keypoints", "skeleton"],
            "properties": {"id": WHOLE, "name": {"type": "string"}, "supercategory": {"type": "string"},
                           "keypoints": {"type": "array", "items": {"type": "string"}},
                           "skeleton": {"type": "array", "items": {"type": "array", "items": WHOLE, "minItems": 2, "maxItems": 2}}}}}}}
RESULTS = {"type": "array", "items": {"type": "object", "required": ["image_id", "category_id", "keypoints", "score"],
                                      "properties": {"image_id": WHOLE, "category_id": WHOLE, "score": NUMBER,
                                                     "keypoints": {"type": "array", "items": NUMBER}}}}


def make_annotations(random, sizes):
    """A file's content: pictures of these sizes, a cat in each, a chair in every second one."""
    content = {"info": {"year": 2026, "description": "made"}, "licenses": [{"id": 1, "name": "none"}], "images": [], "annotations": [],
               "categories": [{"id": 3 + 4 * k, "name": name, "supercategory": "thing", "keypoints": names, "skeleton": [[1, 2], [2, 3]]}
                              for k, (name, names) in enumerate(NAMES.items())]}
    for number, (width, height) in enumerate(sizes):
        content["images"].append({"id": 100 + number, "file_name": f"set{number % 2}/{number:03d}.jpg", "width": width, "height": height,
                                  "license": 1})
        for category in content["categories"][: 2 - number % 2]:
            count = len(category["keypoints"])
            seen = random.integers(0, 3, count)
            seen[0] = 2
            points = np.round(random.uniform(0.1, 0.9, (count, 2)) * (width, height), 2)
            keypoints = np.c_[np.where(seen[:, None] > 0, points, 0), seen]
            box = [5, 6.5, int(random.integers(20, width - 6)), int(random.integers(20, height - 7))]
            content["annotations"].append({
                "id": 1000 + len(content["annotations"]), "image_id": 100 + number, "category_id": category["id"], "iscrowd": 0,
                "keypoints": [int(v) if v == int(v) else float(v) for v in keypoints.reshape(-1)], "num_keypoints": int((seen > 0).sum()),
                "bbox": box, "area": box[2] * box[3] / 2, "segmentation": [[5, 6, 30, 6, 30, 40.5]]})
    return content


class Made(Scratch):
    SIZES = [(64, 48)] * 6

    def setUp(self):
        super().setUp()
        self.random = np.random.default_rng(8)
        self.content = make_annotations(self.random, self.SIZES)
        write_json("a.json", self.content)
        self.features = {}
        for image in self.content["images"]:
            name = os.path.splitext(image["file_name"])[0]
            os.makedirs(os.path.dirname(f"f/{name}"), exist_ok=True)
            self.features[image["id"]] = self.random.normal(size=(7, image["height"] // 8, image["width"] // 8)).astype("f4")
            np.save(f"f/{name}.npy", self.features[image["id"]])
            Image.new("RGB", (image["width"], image["height"]), (200, 100, 50)).save(f"f/{image['file_name']}")

    def convert(self, *options, name="in.h5", status=0):
        return self.geosc_import("coco", "a.json", "-o", name, "--features", "f", *options, status=status)

    def ones(self, category):
        number = next(one["id"] for one in self.content["categories"] if one["name"] == category)
        return [one for one in self.content["annotations"] if one["category_id"] == number]

    def points(self, one):
        keypoints = np.array(one["keypoints"], float).reshape(-1, 3)
        return np.where(keypoints[:, 2:] > 0, keypoints[:, :2], np.nan)


class InAndOut(Made):
    def test_everything_is_there(self):
        said = self.convert()
        self.assertIn("in.h5: 6 images, 36 pairs, pictures", said.stdout)
        with h5py.File("in.h5") as file:
            expected = [(a, b) for category in NAMES for a in self.ones(category) for b in self.ones(category) if a is not b]
            names = [name.decode() for name in file["images/name"]]
            files = {image["id"]: image["file_name"] for image in self.content["images"]}
            self.assertEqual(len(file["pairs/source"]), len(expected))
            self.assertEqual(file["pairs/keypoints"].attrs["units"], "pixel")
            for row, name in enumerate(names):
                number = next(key for key, value in files.items() if value == name)
                np.testing.assert_array_equal(file["images/features"][row], self.features[number])
                self.assertEqual(file["images/size"][row].tolist(), [64, 48])
            for p, (source, target) in enumerate(expected):
                for side, one, points in (("source", source, "keypoints"), ("target", target, "target_keypoints")):
                    self.assertEqual(names[file["pairs/" + side][p]], files[one["image_id"]])
                    own = self.points(one)
                    np.testing.assert_array_equal(file["pairs/" + points][p][: len(own)], own)
                    self.assertTrue(np.isnan(file["pairs/" + points][p][len(own) :]).all())
                self.assertEqual(file["pairs/threshold"][p], max(target["bbox"][2:]))
                self.assertEqual(file["pairs/target_box"][p].tolist(), target["bbox"])
                self.assertEqual(file["pairs/category"][p].decode(), "cat" if p < 30 else "chair")
            self.assertTrue((abs(file["images/rgb"][:].astype(int) - (200, 100, 50)) < 8).all())
        self.geosc("match", "in.h5", "-o", "out.h5", "-q", "--poses", "none")
        told = json.loads(self.geosc("eval", "in.h5", "out.h5", "--json").stdout)
        both = sum(int((np.isfinite(self.points(a)) & np.isfinite(self.points(b))).all(1).sum()) for a, b in expected)
        with h5py.File("in.h5") as file:
            self.assertNotIn("keypoint_name", file["pairs"])  # two categories, two lists
            names = {category.decode(): [name.decode() for name in row] for category, row in
                     zip(file["categories/name"], file["categories/keypoint_name"])}
            count = file["pairs/keypoints"].shape[1]
        self.assertEqual(names, {category: [*own, *[""] * (count - len(own))] for category, own in NAMES.items()})
        listed = json.loads(self.geosc("eval", "in.h5", "out.h5", "--json", "--keypoints").stdout)["keypoints"]
        self.assertEqual([one["name"] for one in listed], [NAMES[one["category"]][one["keypoint"]] for one in listed])
        self.assertEqual({one["category"] for one in listed}, set(NAMES))
        self.assertEqual((told["all"]["points"], [entry["name"] for entry in told["categories"]]), (both, ["cat", "chair"]))

    def test_in_out_and_in_again(self):
        """The same annotations, and the same bytes from them; for each way in which features may be made."""
        for number, options in enumerate(((), ("--square",), ("--layout", "grouped"), ("--symmetry", "names", "--partners", "both"))):
            self.convert(*options, name=f"in{number}.h5")
            self.assertIn(f"out{number}.json: 9 annotations", self.geosc_export("coco", f"in{number}.h5", "-o", f"out{number}.json").stdout)
            with open(f"out{number}.json", encoding="utf-8") as file:
                self.assertEqual(json.load(file), self.content)
            os.rename(f"out{number}.json", "a.json")
            self.convert(*options, name="again.h5")
            with open(f"in{number}.h5", "rb") as first, open("again.h5", "rb") as second:
                self.assertEqual(first.read(), second.read())
            os.unlink("again.h5")

    def test_published_format(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("no python3-jsonschema")
        self.convert()
        self.geosc_export("coco", "in.h5", "-o", "out.json")
        self.geosc("match", "in.h5", "-o", "m.h5", "-q")
        self.geosc_export("coco", "in.h5", "m.h5", "-o", "results.json", "--results")
        for name, schema in (("out.json", SCHEMA), ("results.json", RESULTS)):
            jsonschema.Draft7Validator.check_schema(schema)
            with open(name, encoding="utf-8") as file:
                jsonschema.validate(json.load(file), schema, cls=jsonschema.Draft7Validator)

    def test_pandas(self):
        try:
            import pandas
        except ImportError:
            self.skipTest("no python3-pandas")
        self.convert()
        self.geosc_export("coco", "in.h5", "-o", "out.json")
        with open("out.json", encoding="utf-8") as file:
            content = json.load(file)
        for kind in ("images", "annotations", "categories"):
            before, after = (pandas.json_normalize(one[kind]).sort_values("id") for one in (self.content, content))
            pandas.testing.assert_frame_equal(before.reset_index(drop=True), after.reset_index(drop=True), check_like=True)

    def test_results(self):
        """Answers are pixels of the photograph, whatever the features were made from; here each target has one support."""
        lines = [f"{a['id']} {b['id']}" for name in NAMES for a, b in zip(self.ones(name), self.ones(name)[1:] + self.ones(name)[:1])]
        with open("pairs.txt", "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
        for options in ((), ("--square",)):
            padded = 0
            self.convert("-f", "--pairs", "pairs.txt", *options)
            self.geosc("match", "in.h5", "-o", "m.h5", "-q", "-f", "--poses", "none")
            self.geosc_export("coco", "in.h5", "m.h5", "-o", "results.json", "-f", "--results")
            with open("results.json", encoding="utf-8") as file, h5py.File("m.h5") as matches, h5py.File("in.h5") as source:
                found = json.load(file)
                self.assertEqual(len(found), 9)
                for p, line in enumerate(lines):
                    own, target = (next(a for a in self.content["annotations"] if a["id"] == int(word)) for word in line.split())
                    one = next(one for one in found if (one["image_id"], one["category_id"]) == (target["image_id"], target["category_id"]))
                    there = np.isfinite(self.points(own)).all(1)
                    keypoints = np.array(one["keypoints"]).reshape(-1, 3)
                    self.assertEqual(len(keypoints), len(there))
                    size = source["images/size"][0] if not options else (64, 48)
                    answers = matches["matches/xy"][p][: len(there)]
                    inside = ((np.round(answers, 3) >= 0) & (np.round(answers, 3) <= size)).all(1)  # and not in the square's padding
                    padded += (there & ~inside).sum()
                    scores, seen = matches["matches/score"][p][: len(there)], np.array(own["keypoints"])[2::3]
                    there &= (scores >= 0) & inside
                    np.testing.assert_array_equal(keypoints[:, 2], np.where(there, seen, 0))
                    np.testing.assert_allclose(keypoints[there, :2], answers[there], atol=6e-4)
                    self.assertTrue((keypoints[~there] == 0).all())
                    self.assertAlmostEqual(one["score"], scores[there].mean() if there.any() else 0, places=4)
            self.assertEqual(padded > 0, bool(options))

    def test_files_that_are_no_input_of_coco(self):
        self.convert()
        for name, change in (("none", lambda file: file.pop("coco")), ("text", lambda file: file["coco/category_others"].__setitem__(0, b"{")),
                             ("row", lambda file: file["coco/annotation_image"].__setitem__(0, 99)),
                             ("pair", lambda file: file["coco/pair_annotations"].__setitem__((0, 0), 5)),
                             ("lacks", lambda file: file["coco"].pop("image_id")),
                             ("soft", lambda file: file["coco"].__setitem__("link", h5py.SoftLink("/coco/image_id"))),
                             ("outside", lambda file: (file["coco"].pop("image_id"),
                                                       file["coco"].__setitem__("image_id", h5py.ExternalLink("in.h5", "/coco/image_id"))))):
            with open("in.h5", "rb") as file, open("bad.h5", "wb") as copy:
                copy.write(file.read())
            with h5py.File("bad.h5", "a") as file:
                change(file)
            expected = {"none": "has no /coco", "text": "/coco/category_others: is damaged", "row": "/coco/annotation_image: is damaged",
                        "pair": "/coco/pair_annotations: is damaged", "lacks": "/coco/image_id: is missing", "soft": None,
                        "outside": "/coco/image_id: is a link; copy the data into the file"}[name]
            said = self.geosc_export("coco", "bad.h5", "-f", "-o", "x.json" if expected else "good.json", status=1 if expected else 0).stderr
            if expected:
                self.assertRegex(said, "^geosc-export: bad.h5: " + expected)
                self.assertFalse(os.path.exists("x.json"))
        for name, reason in (("a.json", "is not an HDF5 file"), ("missing.h5", "No such file"), ("f", "is a folder")):
            self.assertIn(reason, self.geosc_export("coco", name, "-o", "y.json", status=1).stderr)
        self.assertIn("is an input of this import", self.geosc_export("coco", "in.h5", "-o", "in.h5", "-f", status=1).stderr)
        with open("bad.h5", "rb") as file:
            data = file.read()
        for cut in range(0, len(data), len(data) // 25):  # HDF5 may crash on what is left
            with open("cut.h5", "wb") as file:
                file.write(data[: cut or 9])
            said = self.geosc_export("coco", "cut.h5", "-o", "y.json", status=1).stderr
            self.assertRegex(said, "^geosc-export: cut.h5: [ -~]+\n$")
            self.assertFalse(os.path.exists("y.json"))


class Square(Made):
    SIZES = [(64, 48), (48, 64), (64, 64), (64, 40)]

    def test_square(self):
        for image in self.content["images"]:
            np.save(f"f/{os.path.splitext(image['file_name'])[0]}.npy", self.random.normal(size=(7, 6, 6)).astype("f4"))
        self.convert("--square")
        with h5py.File("in.h5") as file:
            self.assertEqual(file["pairs/keypoints"].attrs["units"], "original")
            self.assertTrue((file["images/size"][:] == 840).all())
            placed = {name.decode(): row.tolist() for name, row in zip(file["images/name"], file["images/placement"])}
            self.assertEqual(placed["set1/001.jpg"], [840 / 64, (840 - 630) // 2, 0])
            self.assertEqual(placed["set0/000.jpg"], [840 / 64, 0, (840 - 630) // 2])
            self.assertTrue((file["images/rgb"][0][:28] == 0).all() and (file["images/rgb"][0][32:-32] > 20).all())
        # The same by the user's own words.
        for image in self.content["images"]:
            name = os.path.splitext(image["file_name"])[0]
            np.save(f"f/{name}_size.npy", [840, 840])
            np.save(f"f/{name}_placement.npy", placed[image["file_name"]])
        self.convert(name="own.h5")
        for name in ("in", "own"):
            self.geosc("match", name + ".h5", "-o", name + "-out.h5", "-q")
        with h5py.File("in-out.h5") as a, h5py.File("own-out.h5") as b, h5py.File("in.h5") as c, h5py.File("own.h5") as d:
            np.testing.assert_array_equal(a["matches/xy"][:], b["matches/xy"][:])
            self.assertLess(abs(c["images/rgb"][:].astype(int) - d["images/rgb"][:]).mean(), 4)  # edges are laid by other means
        self.assertIn("--square does not go with NAME_placement.npy", self.convert("--square", "-f", status=1).stderr)

    def test_images_of_other_shapes(self):
        self.assertIn("a group for each image", self.convert().stdout)
        with h5py.File("in.h5") as file:
            self.assertEqual(file["images/set1/001.jpg/size"][:].tolist(), [48, 64])
            self.assertEqual(file["pairs/source"][0], b"set0/000.jpg")
        self.geosc("match", "in.h5", "-o", "out.h5", "-q")
        self.geosc("eval", "in.h5", "out.h5")
        np.save("f/set0/000_size.npy", [64, 64])
        self.assertIn("set0/000.jpg: its size is 64 x 64 here, but 64 x 48 in the annotations", self.convert("-f", status=1).stderr)


class Pairs(Made):
    def sides(self, name="in.h5"):
        with h5py.File(name) as file:
            return list(map(tuple, file["coco/pair_annotations"][:].tolist()))

    def write_list(self, *lines):
        with open("pairs.txt", "w", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in lines))

    def test_list(self):
        self.write_list("# source target", "", "set1/001.jpg set1/003.jpg", "set0/000.jpg 1002")
        said = self.convert("--pairs", "pairs.txt", status=1).stderr
        self.assertIn("pairs.txt: line 4: set0/000.jpg: has 2 annotations; write the id of one of them: 1000, 1001", said)
        ids = {image["file_name"]: image["id"] for image in self.content["images"]}
        cats = {one["image_id"]: one["id"] for one in self.ones("cat")}
        chairs = [one["id"] for one in self.ones("chair")]
        self.write_list("set1/001.jpg set1/003.jpg", f"{chairs[0]} {chairs[2]}", f"set1/005 {cats[100]}")
        self.convert("--pairs", "pairs.txt")
        self.assertEqual(self.sides(), [(cats[ids["set1/001.jpg"]], cats[ids["set1/003.jpg"]]), (chairs[0], chairs[2]),
                                        (cats[ids["set1/005.jpg"]], cats[100])])
        for line, reason in (("x.jpg 1001", "x.jpg: is neither a picture with keypoints nor the id"), ("77 1001", "77: is neither"),
                             (f"{chairs[0]} {cats[100]}", "pairs a chair with a cat"), ("a b c", "has 3 names"), ("9" * 30 + " 1001", "is neither")):
            self.write_list(line)
            self.assertIn(reason, self.convert("--pairs", "pairs.txt", "-f", status=1).stderr)

    def test_drawn(self):
        said = self.convert("--most", 7)
        self.assertIn("a.json: 1 of 2 categories have more than 7 pairs: 7 of each are drawn with the seed 0", said.stderr)
        first = self.sides()
        counted = collections.Counter(one["category_id"] for pair in first for one in self.content["annotations"] if one["id"] == pair[0])
        self.assertEqual((counted, len(set(first))), ({3: 7, 7: 6}, 13))
        self.convert("--most", 7, name="again.h5")
        self.convert("--most", 7, "--seed", 5, name="other.h5")
        self.assertEqual(self.sides("again.h5"), first)
        self.assertNotEqual(self.sides("other.h5"), first)
        images = {one["id"]: one["image_id"] for one in self.content["annotations"]}
        self.assertTrue(all(images[a] != images[b] for a, b in first))
        for number in (0, -1, 10**8):
            self.assertIn("--most: expected a number", self.convert("--most", number, "-f", status=2).stderr)

    def test_drawn_from_many(self):
        """Of too many to list."""
        from geosc.importers import coco
        from geosc.importers.coco import pairs_of_category

        self.addCleanup(setattr, coco, "MOST_LISTED", coco.MOST_LISTED)
        coco.MOST_LISTED = 10
        import random
        import types

        images = [object() for _ in range(5)]
        members = [types.SimpleNamespace(image=images[k % 5]) for k in range(40)]
        chosen, there = pairs_of_category(members, 30, random.Random("1"))
        self.assertEqual((len(chosen), len(set(chosen)), there), (30, 30, 40 * 39))
        self.assertTrue(all(members[a].image is not members[b].image for a, b in chosen))
        self.assertEqual(chosen, pairs_of_category(members, 30, random.Random("1"))[0])
        alone = [types.SimpleNamespace(image=images[0]) for _ in range(40)]
        self.assertEqual(pairs_of_category(alone, 3, random.Random("1"))[0], [])

    def test_visibility_and_crowds(self):
        def count(*options):
            self.convert("-f", *options)
            with h5py.File("in.h5") as file:
                return int(np.isfinite(file["pairs/keypoints"][:]).all(-1).sum())

        labelled = sum(np.isfinite(self.points(one)).all(1).sum() * (len(self.ones(name)) - 1) for name in NAMES for one in self.ones(name))
        seen = sum(np.sum(np.array(one["keypoints"])[2::3] == 2) * (len(self.ones(name)) - 1) for name in NAMES for one in self.ones(name))
        self.assertEqual((count(), count("--visible", 2)), (labelled, seen))
        self.assertLess(seen, labelled)
        for one in self.ones("chair"):
            one["iscrowd"] = 1
        write_json("a.json", self.content)
        self.convert("-f")
        self.assertEqual(len(self.sides()), 30)
        with h5py.File("in.h5") as file:
            self.assertEqual([name.decode() for name in file["pairs/keypoint_name"]], NAMES["cat"])
        self.content["categories"][0]["keypoints"][0] = "\ud800"
        write_json("a.json", self.content)
        self.convert("-f")
        with h5py.File("in.h5") as file:
            self.assertNotIn("keypoint_name", file["pairs"])

    def test_symmetry_from_names(self):
        self.convert("--symmetry", "names")
        with h5py.File("in.h5") as file:
            self.assertEqual(file["pairs/mirror_index"][0].tolist(), [1, 0, 2, 4, 3])
            self.assertEqual(file["pairs/symmetry_group"][0].tolist(), [0, 0, -1, 1, 1])
            self.assertEqual(file["pairs/mirror_index"][-1].tolist(), [0, 1, 2, 3, 4])
        del self.content["categories"][0]["keypoints"]
        write_json("a.json", self.content)
        self.assertIn("cat: has no names of keypoints, which --symmetry names needs", self.convert("--symmetry", "names", "-f", status=1).stderr)
        self.assertIn("--partners both needs --symmetry", self.convert("--partners", "both", "-f", status=2).stderr)


class Hostile(Made, Odd):
    """Each refused in one line that says what and where; nothing is left behind."""

    def change(self, *steps):
        """The content with another value at this place, or without it."""
        *way, value = steps
        content = json.loads(json.dumps(self.content))
        at = content
        for step in way[:-1]:
            at = at[step]
        if value is KeyError:
            del at[way[-1]]
        else:
            at[way[-1]] = value
        return content

    CASES = [
        (("images", KeyError), 'has no list "images": it is not a file of COCO\'s keypoints'),
        (("annotations", {}), 'has no list "annotations"'), (("categories", None), 'has no list "categories"'),
        (("images", 0, 3), r"images\[0\]: is int, expected an object"), (("images", 1, "id", 100), r"images\[1\]: has the id 100 of another"),
        (("images", 0, "id", True), r"images\[0\]: id: is true, expected a whole number"),
        (("images", 0, "id", "1"), "expected a whole number"), (("images", 0, "id", 1 << 80), "expected a whole number"),
        (("images", 0, "file_name", "../../etc/passwd"), "file_name: ../../etc/passwd: leads out of the folder"),
        (("images", 0, "file_name", "/etc/passwd"), "leads out"), (("images", 0, "file_name", "a\\..\\b"), "leads out"),
        (("images", 0, "file_name", "\ud800"), "cannot be the file_name"), (("images", 0, "file_name", "a\0b"), "cannot be the file_name"),
        (("images", 0, "file_name", ""), "file_name: is \"\", expected a text"),
        (("images", 0, "file_name", "x" * 300), "File name too long|has no features of x"),
        (("images", 0, "file_name", "set1/001.jpg"), "has the name of another of the images"),
        (("images", 0, "width", 0), r"width and height: are \[0, 48\]"), (("images", 0, "height", 1e999), "width and height"),
        (("images", 0, "width", 64.0), "width and height"), (("images", 0, "height", 1 << 40), "width and height"),
        (("annotations", 0, "keypoints", [1, 2]), r"annotations\[0\]: keypoints: has 2 numbers, expected x, y and visibility of 5 keypoints"),
        (("annotations", 0, "keypoints", [1] * 18), "has 18 numbers"), (("annotations", 0, "keypoints", "x"), "is not a list of numbers"),
        (("annotations", 0, "keypoints", [float("nan")] * 15), "keypoints: has NaN"), (("annotations", 0, "keypoints", [1e999] * 15), "has Infinity"),
        (("annotations", 0, "keypoints", [10**400] * 15), "has 1000"), (("annotations", 0, "keypoints", [True] * 15), "has true"),
        (("annotations", 0, "keypoints", [[1]] * 15), r"has \[1\]"), (("annotations", 0, "keypoints", [7] * 15), "visibility other than 0, 1 and 2"),
        (("annotations", 0, "image_id", 7), "image_id: there is no 7"), (("annotations", 0, "image_id", [1]), "image_id: there is no"),
        (("annotations", 0, "category_id", "cat"), 'category_id: there is no "cat"'),
        (("annotations", 0, "bbox", [1, 2, 3]), "bbox: is not a list of 4 numbers"), (("annotations", 0, "bbox", [1, 2, 0, 0]), "bbox: is 0 x 0 large"),
        (("annotations", 0, "bbox", [0, 0, -1, float("inf")]), "bbox: has Infinity"), (("annotations", 0, "area", "1"), "area: is \"1\""),
        (("annotations", 0, "area", float("nan")), "area: is NaN"), (("annotations", 0, "area", -1), "area: is -1"),
        (("annotations", 0, "score", float("nan")), r"annotations\[0\]: has a number that JSON does not have"),
        (("info", float("inf")), ": has a number that JSON does not have"),
        (("categories", 0, "name", 3), r"categories\[0\]: name: is 3"), (("categories", 1, "name", "cat"), "has the name of another of the categories"),
        (("categories", 0, "keypoints", [1, 2]), "keypoints: is not a list of names"), (("categories", 0, "keypoints", []), "expected x, y and vis"),
        (("categories", 0, "skeleton", [[0, 1]]), r"skeleton: has \[0, 1\], expected pairs of keypoints, counted from 1"),
        (("categories", 0, "skeleton", [[1, 9]]), "skeleton: has"), (("categories", 0, "skeleton", 3), "skeleton: has null"),
        (("annotations", []), "has no annotation with keypoints"),
    ]

    def test_contents(self):
        self.assertGreater(len(self.CASES), 40)
        for steps, reason in self.CASES:
            with self.subTest(reason):
                with open("a.json", "w", encoding="utf-8") as file:
                    json.dump(self.change(*steps), file)
                self.refused("a.json.*" + reason if "features of" not in reason else reason, "coco", "a.json", "-o", "out.h5", "--features", "f")

    def test_texts(self):
        deep = b'{"images": [], "categories": [], "annotations": ' + b"[" * 900 + b"]" * 900 + b"}"
        nested = json.dumps(self.change("annotations", 0, "segmentation", 1)).replace('"segmentation": 1', '"segmentation": ' + "[" * 900 + "]" * 900)
        for text in (b"", b"{", b"[" * 200000, b"\xff", b"null", b"3", b"[]", b'{"images": [], "images": []}', b"9" * 5000, deep,
                     b'{"images": [{"id": ' + b"9" * 5000 + b"}]}"):
            with open("a.json", "wb") as file:
                file.write(text)
            self.refused("a.json", "coco", "a.json", "-o", "out.h5", "--features", "f")
        with open("a.json", "w", encoding="utf-8") as file:
            file.write(nested)
        status, lines = self.start("coco", "a.json", "-o", "out.h5", "--features", "f")
        self.assertTrue(status == 0 or "nested too deeply" in lines[0], lines)

    def test_folders(self):
        os.unlink("f/set1/001.npy")
        self.refused("f: has no features of set1/001.jpg", "coco", "a.json", "-o", "out.h5", "--features", "f")
        for option in ("--features", "--pictures"):
            self.refused("nowhere: is not a folder", "coco", "a.json", "-o", "out.h5", "--features", "f", option, "nowhere")
        np.save("f/set1/001.npy", self.features[101])
        self.refused("a.json: is an input of this import", "coco", "a.json", "-o", "a.json", "-f", "--features", "f")
        with open("f/set0/000.jpg", "wb") as file:
            file.write(b"no picture")
        self.refused("set0/000.jpg: cannot be read", "coco", "a.json", "-o", "out.h5", "--features", "f")
