"""Values that can't be meant: told by inspect, eval and match, and the status of the pairs that need them."""

import json

import h5py
import numpy as np
from support import Scratch
from test_report import Page

STATUS = {name: i for i, name in enumerate(
    ("ok", "bad_features", "bad_mask", "empty_mask", "bad_keypoint", "no_mutual", "unreadable", "empty_features"))}


class Values(Scratch):
    def setUp(self):
        super().setUp()
        self.geosc("synth", "-o", "in.h5", "--model-out", "m.h5", "--hidden", "4", "--pairs", "6", "--channels", "8", "--height", "6",
                   "--width", "7", "--keypoints", "4", "--layout", "indexed")

    def change(self, path, change):
        """Has a function change an array of the input, or give another."""
        with h5py.File("in.h5", "r+") as file:
            array = file[path][()]
            changed = change(array)
            file[path][...] = array if changed is None else changed

    def facts(self, status=0):
        return json.loads(self.geosc("inspect", "in.h5", "--json", status=status).stdout)

    def match(self, *options, status=0):
        result = self.geosc("match", "in.h5", "-o", "out.h5", "-f", "--poses", "none", "--progress", "none", *options, status=status)
        with h5py.File("out.h5") as file:
            self.assertEqual(h5py.check_enum_dtype(file["pairs/status"].dtype), STATUS)
            return result.stderr, file["pairs/status"][()], file["matches/score"][()], file["poses/imd"][()]

    def test_empty_features(self):
        def clear(features):
            features[-2:] = 0
        self.change("images/features", clear)
        with h5py.File("in.h5") as file:
            images = len(file["images/features"])
            empty = [max(pair) >= images - 2 for pair in zip(file["pairs/source"], file["pairs/target"])]
        self.assertTrue(any(empty) and not all(empty))
        for model in ((), ("-m", "m.h5")):
            said, status, score, imd = self.match(*model, status=3)
            self.assertEqual(list(status), [STATUS["empty_features"] if e else 0 for e in empty])
            self.assertEqual([bool(np.isnan(row).all()) for row in np.hstack((score, imd))], empty)
            self.assertIn("empty_features: features of one of its images are zero in every cell", said)
            self.assertIn(f"({sum(empty)} empty_features)", said)
        self.assertIn(f"empty_features {sum(empty)}", json.loads(self.geosc("inspect", "out.h5", "--json").stdout)["status"])
        self.geosc("report", "in.h5", "out.h5", "-o", "page.html")
        page = Page("page.html")
        self.assertEqual([page.data["statuses"][number] for number in page.columns["status"]], ["empty_features" if e else "ok" for e in empty])

    def test_shards_with_empty_features(self):
        self.change("images/features", lambda features: features * 0)
        _, whole, _, _ = self.match(status=3)
        for shard in range(2):
            self.geosc("match", "in.h5", "-o", f"s{shard}.h5", "--poses", "none", "-q", "--shard", f"{shard}/2", status=3)
        self.geosc("merge", "-o", "merged.h5", "s0.h5", "s1.h5", status=3)
        with h5py.File("merged.h5") as file:
            self.assertEqual(list(file["pairs/status"]), list(whole))

    def test_weights_beyond_float32(self):
        with h5py.File("in.h5", "r+") as file:
            shape = file["images/features"].shape
            if "mask" in file["images"]:
                del file["images/mask"]
            mask = np.ones((shape[0], *shape[2:]), "f4")
            mask[int(file["pairs/source"][0])] = 1e30
            file["images/mask"] = mask
            bad = file["pairs/source"][()] == file["pairs/source"][0]
        said, status, _, imd = self.match(status=3)
        self.assertEqual(list(status), [STATUS["bad_mask"] if b else 0 for b in bad])
        self.assertTrue(np.isnan(imd[bad]).all() and np.isfinite(imd[~bad]).all())
        self.assertIn("weights too large for a float32 IMD", said)

    def test_targets(self):
        for value, outside in ((-1, 4), (1e9, 4), (np.nan, 0)):
            self.geosc("synth", "-f", "-o", "in.h5", "--pairs", "6", "--channels", "8", "--height", "6", "--width", "7", "--keypoints",
                       "4", "--layout", "indexed")

            def put(points, value=value):
                points[1:3, 2:] = value
            self.change("pairs/target_keypoints", put)
            facts = self.facts()
            self.assertEqual(facts.get("targets_outside", 0), outside)
            self.match()
            result = self.geosc("eval", "in.h5", "out.h5", "--json")
            self.assertEqual(json.loads(result.stdout)["targets_outside"], outside)
            self.assertEqual("4 of 24 target keypoints are outside their image, the first in pair 1" in result.stderr, outside > 0)
            self.assertEqual("keypoint 2 at" in facts.get("first_target_outside", ""), outside > 0)
        self.change("pairs/target_keypoints", lambda points: np.where(np.isnan(points), np.inf, points))
        self.match()  # does not look
        self.assertIn("pair 1 (", self.facts(1)["problems"][0])
        self.assertIn("keypoint 2 is at (inf, inf)", self.geosc("eval", "in.h5", "out.h5", status=1).stderr)

    def test_several_targets_at_zero(self):
        """One keypoint may lie there; several of a pair are the absent ones of someone who did not know of NaN."""
        def put(points):
            points[2, 1:] = points[4, 3] = 0
        self.change("pairs/target_keypoints", put)
        self.assertEqual(self.facts()["targets_at_zero"], 3)
        self.match()
        self.assertIn("3 target keypoints lie at (0, 0), several of one pair", self.geosc("eval", "in.h5", "out.h5").stderr)

    def test_sources(self):
        def put(points):
            points[3, 1:] = 99
        self.change("pairs/keypoints", put)
        facts = self.facts()
        self.assertEqual((facts["keypoints_outside"], facts["pairs_outside"]), (3, 1))

    def rename(self, *pairs):
        with h5py.File("in.h5", "r+") as file:
            for old, new in pairs:
                file.move(old, new)

    def test_mistyped_optional_names(self):
        """What is missing because it is mistyped is asked after, by all commands that would have used it."""
        with h5py.File("in.h5", "r+") as file:
            units = file["pairs/keypoints"].attrs
            units["Unit"] = units["units"]
            del units["units"]
            file["pairs/target_keypoints"].attrs.pop("units", None)
            file["pairs/keypoints"][...] = 1
        self.rename(("pairs/threshold", "pairs/thresholds"), ("pairs/category", "pairs/Categories"), ("images/name", "images/file_name"))
        said, *_ = self.match()
        self.geosc("render", "in.h5", "out.h5", "--pair", "0", "-o", "pair.svg")
        for line in (said, self.geosc("eval", "in.h5", "out.h5").stderr, self.geosc("report", "in.h5", "out.h5", "-o", "r.html").stderr,
                     self.facts()["unused"]):
            self.assertIn("/pairs/thresholds (is /pairs/threshold meant?)", line)
            self.assertIn("/pairs/Categories (is /pairs/category meant?)", line)
            self.assertIn("/images/file_name (is /images/name meant?)", line)
            self.assertIn("attribute Unit of /pairs/keypoints (is units meant?)", line)

    def test_names_of_others_are_no_warning(self):
        with h5py.File("in.h5", "r+") as file:
            file["notes"] = file["pairs/split"] = [1]
            file["pairs/keypoints"].attrs["source"] = "x"
        self.assertNotIn("unused:", self.match()[0])
        self.assertEqual(self.facts()["unused"], "/notes, /pairs/split")

    def test_mistyped_keypoints(self):
        self.geosc("synth", "-f", "-o", "in.h5", "--pairs", "2", "--channels", "4", "--keypoints", "2", "--layout", "stacked")
        self.rename(("keypoints", "keypoint"), ("target_keypoints", "mine"))
        said = self.match()[0]
        self.assertIn("unused: /keypoint (is /keypoints meant?), /mine; there are no keypoints: every cell is matched", said)

    def test_mistyped_names_that_must_be_there(self):
        for old, new, said in (("pairs/source", "pairs/sources", "/pairs/source: missing; is /pairs/sources meant?"),
                               ("images/features", "images/feats", "/images/features: missing; is /images/feats meant?"),
                               ("pairs/keypoints", "pairs/keypoint", "which is missing; is /pairs/keypoint meant?"),
                               ("images/size", "images/sizes", "; is /images/sizes meant?")):
            if old == "images/size":
                with h5py.File("in.h5", "r+") as file:
                    file["pairs/keypoints"].attrs["units"] = "pixel"
                    file["pairs/target_keypoints"].attrs["units"] = "pixel"
            self.rename((old, new))
            self.assertIn(said, self.facts(1)["problems"][0])
            self.assertIn(said, self.geosc("match", "in.h5", "-o", "new.h5", status=1).stderr)
            self.rename((new, old))
        self.rename(("images", "image"), ("pairs", "Pair"))
        self.assertIn("is /image meant?", self.facts(1)["problems"][0])
        self.assertIn("is /image meant?", self.geosc("match", "in.h5", "-o", "new.h5", status=1).stderr)

    def test_images_without_groups(self):
        with h5py.File("in.h5", "w") as file:
            for name in ("a.jpg", "b.jpg"):
                file["images/" + name] = np.ones((8, 6, 6), "f4")
            file["pairs/source"], file["pairs/target"] = ["a.jpg"], ["b.jpg"]
        said = "/images/a.jpg: is a dataset, expected an image's group: store it as /images/a.jpg/features"
        self.assertIn(said, self.facts(1)["problems"][0])
        self.assertIn(said, self.geosc("match", "in.h5", "-o", "new.h5", status=1).stderr)

    def test_tokens(self):
        """Tokens of a transformer are no map, however they are stored; what is advised makes one of them."""
        for shape, advice in (((2, 900, 384), "x.reshape(-1, 30, 30, 384).transpose(0, 3, 1, 2)"),
                              ((2, 1, 900, 384), "x.reshape(-1, 30, 30, 384).transpose(0, 3, 1, 2)"),
                              ((2, 1, 257, 768), "x[..., 1:, :].reshape(-1, 16, 16, 768).transpose(0, 3, 1, 2)"),
                              ((2, 1, 261, 128), "x[..., 5:, :].reshape(-1, 16, 16, 128).transpose(0, 3, 1, 2)"),
                              ((2, 30, 30, 384), "x.transpose(0, 3, 1, 2)"),
                              ((2, 20, 30, 768), "x.transpose(0, 3, 1, 2)")):
            x = np.random.default_rng(0).random(shape, dtype="f4")
            for fixed in (False, True):
                with h5py.File("in.h5", "w") as file:
                    file["images/features"] = eval(advice) if fixed else x  # pylint: disable=eval-used
                    file["pairs/source"], file["pairs/target"], file["pairs/keypoints"] = [0], [1], np.ones((1, 2, 2))
                if fixed:
                    self.assertTrue(self.facts()["valid"])
                    continue
                self.assertIn(advice, self.facts(1)["problems"][0])
                self.assertIn(advice, self.geosc("match", "in.h5", "-o", "new.h5", status=1).stderr)
                with h5py.File("in.h5", "w") as file:  # the same image by image
                    for name, one in zip("ab", x):
                        file[f"images/{name}/features"] = one
                    file["pairs/source"], file["pairs/target"] = ["a"], ["b"]
                alone = advice.replace("-1, ", "").replace("0, 3, 1, 2", "2, 0, 1")
                self.assertIn(alone, self.facts(1)["problems"][0])

    def test_maps_that_are_no_tokens(self):
        for shape in ((2, 1, 40, 60), (2, 3, 64, 64), (2, 16, 32, 128), (2, 64, 96, 384), (2, 12, 16, 64)):
            with h5py.File("in.h5", "w") as file:
                file["images/features"] = np.ones(shape, "f4")
                file["pairs/source"], file["pairs/target"], file["pairs/keypoints"] = [0], [1], np.ones((1, 2, 2))
            self.assertTrue(self.facts()["valid"], shape)

    def test_masks_in_the_size_of_the_picture(self):
        for shape in ((84, 98), (1, 84, 98), (500, 300)):
            with h5py.File("in.h5", "r+") as file:
                file["images"].pop("mask", None)
                file["images/mask"] = np.ones((len(file["images/features"]), *shape), "u1")
            said = "resize a mask of the picture's size by area, as geosc-import --resize-masks does"
            self.assertIn(said, self.facts(1)["problems"][0])
            self.assertIn(said, self.geosc("match", "in.h5", "-o", "new.h5", status=1).stderr)

    def test_what_was_never_written(self):
        for chunks in (None, True):
            with h5py.File("in.h5", "r+") as file:
                features = file["images/features"][()]
                del file["images/features"]
                new = file.create_dataset("images/features", features.shape, "f4", chunks=(1, *features.shape[1:]) if chunks else None)
                if chunks:
                    new[:2] = features[:2]
            facts = self.facts()
            rest = len(features) - (2 if chunks else 0)
            self.assertEqual(facts["images_unwritten"], rest)
            self.assertIn(f"image {len(features) - rest} (", facts["unwritten"])
            self.assertIn("of /images/features", facts["unwritten"])
            self.assertEqual(f" and {rest - 4} more" in facts["unwritten"], rest > 4)
            with h5py.File("in.h5") as file:
                bad = [max(pair) >= len(features) - rest for pair in zip(file["pairs/source"], file["pairs/target"])]
            self.assertEqual(list(self.match(status=3)[1]), [STATUS["unreadable"] if b else 0 for b in bad])
            with h5py.File("in.h5", "r+") as file:
                del file["images/features"]
                file["images/features"] = features

    def test_thresholds(self):
        for value in (0, -1, np.nan, np.inf):
            def put(thresholds, value=value):
                thresholds[4] = value
            self.change("pairs/threshold", put)
            self.match()
            self.assertIn("/pairs/threshold: pair 4 (", self.facts(1)["problems"][0])
            self.assertIn("/pairs/threshold: pair 4 (", self.geosc("eval", "in.h5", "out.h5", status=1).stderr)
