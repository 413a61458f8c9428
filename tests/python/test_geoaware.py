"""A folder as GeoAware-SC leaves it, all the way: geosc-import, match, eval, against reference.py and released.py."""

import csv
import io
import json
import os
import re
import sys

import h5py
import numpy as np
import released
import torch
from geoaware_folder import LEVELS, make_spair, make_symmetry
from reference import Folder, aggregate, cell_mask, pck
from released import run
from support import SOURCE, Scratch

MIRROR, GROUPS = ((0, 1), (2, 3), (4, 5), (8, 9)), ((0, 1), (2, 3), (4, 5, 8, 9))  # make_symmetry's
ALPHAS = (0.01, 0.05, 0.1, 0.15)
WINDOW, TEMPERATURE = 5, 0.02


def aggregation_state(widths, hidden, out, seed=3):
    """A state_dict of the published network, small."""
    random = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=random)

    state = {"logit_scale": torch.tensor(2.6593), "self_logit_scale": torch.tensor(2.6593), "mixing_weights": normal(len(widths)) * 0.3}
    for i, width in enumerate(widths):
        for name, shape in (("conv1", (hidden, width, 1, 1)), ("conv2", (hidden, hidden, 3, 3)), ("conv3", (out, hidden, 1, 1)),
                            ("shortcut", (out, width, 1, 1))):
            key = f"bottleneck_layers.{i}.0.{name}"
            state[key + ".weight"] = normal(*shape) / (shape[1] * shape[2] * shape[3]) ** 0.5
            state[key + ".norm.weight"] = 1 + 0.1 * normal(shape[0])
            state[key + ".norm.bias"] = 0.1 * normal(shape[0])
    return state


class GeoAwareFolder(Scratch):
    def setUp(self):
        super().setUp()
        make_spair("SPair-71k")
        make_symmetry("symmetry.json")
        self.geosc_import("dataset", "spair", "SPair-71k", "-o", "spair.h5", "--symmetry", "symmetry.json")
        with open("symmetry.json", encoding="utf-8") as file:
            self.symmetry = json.load(file)["categories"]["*"]

    def check_csv(self, told):
        """The table has a field for each name, and says what JSON says."""
        names, *lines = csv.reader(io.StringIO(self.geosc("eval", "spair.h5", "out.h5", "--csv").stdout), strict=True)
        self.assertEqual({len(line) for line in lines}, {len(names)})
        rows = [dict(zip(names, line)) for line in lines]
        shares = [row for row in rows if row["measure"] == "pck"]
        self.assertEqual({row["protocol"] for row in shares}, {told["protocol"]})
        entries = {("all", "micro", ""): told["all"], ("geometry", "micro", ""): told["geometry"],
                   ("all", "macro", ""): told["macro"], ("geometry", "macro", ""): told["geometry_macro"]}
        for entry in told["categories"]:
            entries.update({(subset, "category", entry["name"]): entry[subset] for subset in ("all", "geometry")})
        self.assertEqual(len(shares), len(entries) * 2 * len(told["alphas"]))
        for row in shares:
            entry = entries[row["subset"], row["mean"], row["category"]]
            self.assertEqual(float(row["value"]), entry["per_" + row["per"]][told["alphas"].index(float(row["alpha"]))])
            self.assertEqual([int(row[name]) for name in ("points", "pairs", "pairs_without")],
                             [entry[name] for name in ("points", "pairs", "pairs_without")])
        elsewhere = ("pck", "pck_dagger", "partner_errors")  # the latter two: in test_measures
        others = {(row["measure"], row["pose"]): float(row["value"]) for row in rows if row["measure"] not in elsewhere}
        poses = told["poses"]
        expected = {("pose_chosen", pose): count for pose, count in poses["chosen"].items()}
        expected.update({("failed", ""): told["failed"], ("targets_outside", ""): told["targets_outside"],
                         ("pose_undecided", ""): poses["undecided"],
                         ("pose_ties", ""): poses["ties"], ("pose_margin_median", ""): poses["margin_median"]})
        self.assertEqual(others, expected)

    def check(self, network, *model):
        self.geosc("match", "spair.h5", *model, "-o", "out.h5", "--poses", "none,hflip", "--window", WINDOW, "--temperature", TEMPERATURE,
                   "-q")
        told = json.loads(self.geosc("eval", "spair.h5", "out.h5", "--json").stdout)
        shares, flips = pck(Folder("SPair-71k", network), self.symmetry, ALPHAS, WINDOW, TEMPERATURE)
        self.assertEqual(told["alphas"], list(ALPHAS))
        self.assertEqual(told["poses"]["chosen"]["hflip"], flips)
        self.assertTrue(0 < flips < told["pairs"])
        entries = [(None, told)] + [(entry["name"], entry) for entry in told["categories"]]
        self.assertEqual(len(entries), 3)
        for category, entry in entries:
            for kind, geometry in (("all", False), ("geometry", True)):
                for per, per_point in (("per_point", True), ("per_image", False)):
                    for alpha, share in zip(ALPHAS, entry[kind][per]):
                        self.assertAlmostEqual(share, shares[category, per_point, geometry, alpha], delta=1e-6,
                                               msg=f"{category} {kind} {per} {alpha}")
        for kind, macro in (("all", "macro"), ("geometry", "geometry_macro")):
            for per in ("per_point", "per_image"):
                means = np.mean([entry[kind][per] for entry in told["categories"]], 0)
                np.testing.assert_allclose(told[macro][per], means, atol=1e-6)
        self.check_csv(told)
        return told

    def test_zero_shot(self):
        told = self.check(None)
        self.assertGreater(told["all"]["per_point"][2], 0.3)
        self.assertLess(told["all"]["per_point"][0], told["all"]["per_point"][3])

    def test_published_network(self):
        state = aggregation_state([channels for channels, _ in LEVELS.values()], 32, 64)
        torch.save(state, "best_856.PTH")
        self.geosc_import("model", "best_856.PTH", "model.h5")
        self.check(lambda features: aggregate(features, state), "-m", "model.h5")

    def test_what_is_written(self):
        with h5py.File("spair.h5") as file:
            self.assertEqual(list(file["images/features"].attrs["levels"]), ["s3", "s4", "s5", "dino"])
            self.assertEqual([int(file["images/features"][name].attrs["norm_group"]) for name in LEVELS], [0, 0, 0, 1])
            self.assertEqual([int(file["images/poses/hflip/features"][name].attrs["norm_group"]) for name in LEVELS], [0, 0, 0, 1])
            names = [name.decode().removesuffix(".jpg") for name in file["images/name"]]
            for row, name in enumerate(names):
                sd, flipped = (torch.load(f"SPair-71k/features/{name}_sd{end}.pt") for end in ("", "_flip"))
                np.testing.assert_array_equal(file["images/features/s4"][row], sd["s4"][0].numpy())
                np.testing.assert_array_equal(file["images/poses/hflip/features/s5"][row], flipped["s5"][0].numpy())
            self.assertEqual(file["images/rgb"].shape, (8, 240, 240, 3))
            self.assertEqual(file["pairs/keypoints"].attrs["units"], "pixel")
            self.assertTrue((file["images/size"][:] == 840).all())
            self.assertEqual(file["pairs/category"][0], b"aeroplane")
            for pose, end in (("", ""), ("/poses/hflip", "_flip")):
                for row, name in enumerate(names):
                    expected = cell_mask(f"SPair-71k/features/{name}_mask{end}.png", 12).numpy()
                    np.testing.assert_array_equal(file["images" + pose + "/mask"][row], expected)
        self.assertIn("valid", self.geosc("inspect", "spair.h5").stdout)

    def test_confidence(self):
        arguments = ("spair.h5", "--poses", "none,hflip", "--window", WINDOW, "-q")
        self.geosc("match", *arguments, "-o", "plain.h5")
        self.geosc("match", *arguments, "-o", "sure.h5", "--confidence", "-j", 1)
        self.geosc("match", *arguments, "-o", "again.h5", "--confidence", "-j", 2, "--memory", "64M")
        with h5py.File("plain.h5") as plain, h5py.File("sure.h5") as sure:
            self.assertNotIn("peak", plain["matches"])
            np.testing.assert_array_equal(plain["matches/xy"][:], sure["matches/xy"][:])
            self.assertIn("confidence=no", plain.attrs["options"].decode())
            self.assertIn("confidence=yes", sure.attrs["options"].decode())
            score, second, peak, mutual = (sure["matches/" + name][:] for name in ("score", "second", "peak", "mutual"))
            present = ~np.isnan(score)
            self.assertTrue((second[present] <= score[present]).all())
            self.assertTrue((peak[~present] == -1).all() and (peak[present] >= 0).all() and (peak < 12).all())
            self.assertTrue(np.isnan(second[~present]).all() and (mutual[~present] == 0).all() and 0 < mutual.mean() < 1)
            cells = sure["matches/xy"][:] / 70 - 0.5
            self.assertTrue((abs(cells - peak)[present] <= WINDOW // 2).all())
        with open("sure.h5", "rb") as a, open("again.h5", "rb") as b:
            self.assertEqual(a.read(), b.read())
        self.assertIn("confidence", self.geosc("inspect", "sure.h5").stdout)


class Released(Scratch):
    """The preset for the released code's zero-shot evaluation, against released.py, which computes it from its definitions."""

    def start(self, seed, partners):
        make_spair("SPair-71k", seed, partners=MIRROR)
        make_symmetry("symmetry.json")
        self.geosc_import("dataset", "spair", "SPair-71k", "-o", "spair.h5", "--symmetry", "symmetry.json", "--partners", partners, "-f")
        self.geosc("match", "spair.h5", "-o", "out.h5", "--preset", "geoaware-zero-shot", "-q", "-f")
        with h5py.File("spair.h5") as given, h5py.File("out.h5") as out:
            names = [name.decode().removesuffix(".jpg") for name in given["images/name"]]
            pairs = list(zip(*([names[k] for k in given["pairs/" + which]] for which in ("source", "target"))))
            return {pair: (xy, imd, chosen) for pair, xy, imd, chosen in zip(pairs, out["matches/xy"][:], out["poses/imd"][:], out["poses/chosen"][:])}

    def check(self, seed, partners):
        found = self.start(seed, partners)
        pairs = run(released.Folder("SPair-71k"), MIRROR, released.Settings(both=partners == "both"))
        self.assertEqual(len(pairs), len(found))
        for pair in pairs:
            xy, imd, chosen = found[pair.names]
            np.testing.assert_allclose(imd, pair.distances, atol=1e-5)
            self.assertGreater(abs(pair.distances[0] - pair.distances[1]), 2e-5)
            self.assertEqual(chosen == 1, pair.flips)
            judged = [k for k, (a, t) in enumerate(zip(pair.answers, pair.truth)) if a and t]
            np.testing.assert_allclose(xy[judged], [pair.answers[k] for k in judged], atol=1e-3 * 840 / 12)
        flips = sum(pair.flips for pair in pairs)
        self.assertTrue(0 < flips < len(pairs))
        told = json.loads(self.geosc("eval", "spair.h5", "out.h5", "--json", "--alpha", ",".join(map(str, released.ALPHAS))).stdout)
        for entry in [told, *told["categories"]]:
            own = [pair for pair in pairs if entry.get("name", pair.category) == pair.category]
            for kind, groups in (("all", None), ("geometry", GROUPS)):
                for per in ("point", "image"):
                    np.testing.assert_allclose(entry[kind]["per_" + per], released.pck(own, groups, per == "point"), atol=1e-6)
        return pairs

    def test_zero_shot(self):
        for seed in (1, 2, 3):
            for partners in ("source", "both"):
                self.check(seed, partners)

    def test_the_grid_moves_poses_alone(self):
        """The released code compares poses on 64 x 64 cells; what it does beside that is settings of released.py, of which the preset has the
        window, the mask of the target, and the cells outside the window."""
        pairs = self.check(1, "both")
        on_grid = run(released.Folder("SPair-71k"), MIRROR, released.Settings(both=True, grid=64))
        for ours, theirs in zip(pairs, on_grid):
            self.assertGreater(abs(np.subtract(ours.distances, theirs.distances)).max(), 1e-3)
            if ours.flips == theirs.flips:
                self.assertEqual(ours.answers, theirs.answers)

    def test_differences(self):
        """The measurements of the tutorial run, on few cells."""
        said = self.run_command(sys.executable, os.path.join(SOURCE, "tests", "bench", "released.py"), 2, 1).stdout.splitlines()
        self.assertEqual(len(said), 9)
        self.assertTrue(all(re.search(r": (-?\d+ of \d+ others|[-+]?\d+\.\d \([-+]?\d+\.\d to [-+]?\d+\.\d\))$", line) for line in said), said)
