"""Measures of geosc eval against their definitions (docs/computation.md, Evaluation) in plain numpy."""

import csv
import io
import json
import warnings

import h5py
import numpy as np
from support import Scratch

PAIRS, KEYPOINTS, HEIGHT, WIDTH = 40, 5, 9, 11
ALPHAS = (0.05, 0.1, 0.2)
FORMS = ("per_point", "per_image", "dagger_per_point", "dagger_per_image")


def drawn(resampling, pairs):
    """The pairs of a resampling."""
    z = np.arange(resampling * pairs + 1, (resampling + 1) * pairs + 1, dtype="u8") * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return ((z >> np.uint64(32)) * np.uint64(pairs) >> np.uint64(32)).astype(int)


class Measured:
    """right[form kind][alpha][pair, keypoint] of one output, and which keypoints count."""

    def __init__(self, file, output, compare="lt", threshold=None):
        self.source, self.truth = file["pairs/keypoints"][:].astype("f8"), file["pairs/target_keypoints"][:].astype("f8")
        self.xy = output["matches/xy"][:].astype("f8")
        self.category = file["pairs/category"].asstr()[:]
        self.point = ~np.isnan(self.source).any(2) & ~np.isnan(self.truth).any(2)
        self.threshold = file["pairs/threshold"][:] if threshold is None else threshold
        self.error = np.hypot(*np.moveaxis(self.xy - self.truth, 2, 0))
        group = file["pairs/symmetry_group"][:]
        there = ~np.isnan(self.truth).any(2)
        members = ((group[:, :, None] == group[:, None, :]) & there[:, None, :]).sum(2)
        self.geometry = self.point & (group >= 0) & (members >= 2)
        distance = np.hypot(*np.moveaxis(self.xy[:, :, None] - self.truth[:, None], 3, 0))
        distance = np.where(self.point[:, None, :], distance, np.inf)
        self.nearest = distance.argmin(2) == np.arange(KEYPOINTS)
        below = np.less if compare == "lt" else np.less_equal
        right = np.array([below(self.error, alpha * self.threshold[:, None]) for alpha in ALPHAS])
        self.right = {False: right, True: right & self.nearest}

    def pck(self, chosen, subset, form):
        """Of the chosen pairs, with repetitions."""
        count = subset[chosen].sum(1)
        right = (self.right["dagger" in form] & subset)[:, chosen].sum(2)
        if not count.any():
            return np.full(len(ALPHAS), np.nan)
        if form.endswith("point"):
            return right.sum(1) / count.sum()
        return (right[:, count > 0] / count[count > 0]).mean(1)

    def scores(self, chosen=np.arange(PAIRS)):
        """{(place, subset, form): one for each alpha}"""
        found = {}
        for subset, points in (("all", self.point), ("geometry", self.geometry)):
            for form in FORMS:
                names = np.unique(self.category)
                each = [self.pck(chosen[self.category[chosen] == name], points, form) for name in names]
                found["micro", subset, form] = self.pck(chosen, points, form)
                found["macro", subset, form] = np.nanmean(each, axis=0)
                found.update({(name, subset, form): one for name, one in zip(names, each)})
        return found


class Measures(Scratch):
    def setUp(self):
        super().setUp()
        random = np.random.default_rng(7)
        with h5py.File("in.h5", "w") as file:
            file["images/features"] = random.normal(size=(2 * PAIRS, 6, HEIGHT, WIDTH)).astype("f4")
            file["pairs/source"], file["pairs/target"] = np.arange(PAIRS), np.arange(PAIRS) + PAIRS
            file["pairs/keypoints"] = random.uniform(0, (WIDTH - 1, HEIGHT - 1), (PAIRS, KEYPOINTS, 2))
        for name, window in (("out.h5", 5), ("other.h5", 3)):
            self.geosc("match", "in.h5", "-o", name, "--imd", "none", "--poses", "none", "--window", window, "--confidence")
        with h5py.File("in.h5", "a") as file, h5py.File("out.h5") as output:
            truth = output["matches/xy"][:] + random.normal(scale=1.2, size=(PAIRS, KEYPOINTS, 2))
            truth[random.random((PAIRS, KEYPOINTS)) < 0.2] = np.nan
            truth[3] = np.nan
            file["pairs/target_keypoints"] = np.clip(truth, 0, (WIDTH - 1, HEIGHT - 1))
            file["pairs/threshold"] = random.uniform(5, 12, PAIRS)
            file["pairs/category"] = np.array(["rare" if p == 5 else "cat" if p % 3 else "dog" for p in range(PAIRS)], "S5")
            file["pairs/symmetry_group"] = random.integers(-1, 2, (PAIRS, KEYPOINTS))
            file["pairs/target_box"] = random.uniform(1, 9, (PAIRS, 4))
            file["pairs/keypoint_name"] = np.array([f"point, {k}" for k in range(KEYPOINTS)], "S12")
            file["pairs/mirror_index"] = random.integers(-1, KEYPOINTS, (PAIRS, KEYPOINTS))

    def measured(self, name="out.h5", compare="lt", threshold=None):
        with h5py.File("in.h5") as file, h5py.File(name) as output:
            return Measured(file, output, compare, threshold)

    def evaluated(self, *words):
        return self.geosc("eval", "in.h5", *words, "--alpha", ",".join(map(str, ALPHAS))).stdout

    def near(self, found, expected, what):
        found = np.array([np.nan if one is None else one for one in found])
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9, err_msg=str(what))

    def places(self, evaluated):
        """(place, subset), with its object."""
        yield ("micro", "all"), evaluated["all"]
        yield ("micro", "geometry"), evaluated["geometry"]
        yield ("macro", "all"), evaluated["macro"]
        yield ("macro", "geometry"), evaluated["geometry_macro"]
        for category in evaluated["categories"]:
            yield (category["name"], "all"), category["all"]
            yield (category["name"], "geometry"), category["geometry"]

    def agree(self, evaluated, scores, bound=None):
        seen = 0
        for place, pck in self.places(evaluated):
            for form in FORMS:
                self.near((pck[bound] if bound else pck)[form], scores[(*place, form)], (place, form, bound))
                seen += 1
        self.assertEqual(seen, len(scores))

    def intervals(self, resampled):
        """Bounds of what each resampling gave."""
        for place in resampled[0]:
            values = np.array([one[place] for one in resampled])
            yield place, *np.nanpercentile(values, [2.5, 97.5], axis=0)

    def agree_intervals(self, evaluated, resampled):
        bounds = list(self.intervals(resampled))
        self.agree(evaluated, {place: low for place, low, _ in bounds}, "low")
        self.agree(evaluated, {place: high for place, _, high in bounds}, "high")

    def test_pck(self):
        """PCK and PCK-dagger, with both comparisons."""
        for compare in ("lt", "le"):
            measured = self.measured(compare=compare)
            scores = measured.scores()
            self.agree(json.loads(self.evaluated("out.h5", "--json", "--compare", compare)), scores)
            self.assertTrue((scores["micro", "all", "dagger_per_point"] < scores["micro", "all", "per_point"]).any())

    def test_intervals(self):
        """Intervals by the same draws; a category of one pair is missing from some of them."""
        measured = self.measured()
        resampled = [measured.scores(drawn(r, PAIRS)) for r in range(1000)]
        self.assertTrue(any(np.isnan(one["rare", "all", "per_point"][0]) for one in resampled))
        evaluated = json.loads(self.evaluated("out.h5", "--json", "--intervals"))
        self.assertIn("1000 resamplings, drawn by splitmix64 from seed 0", evaluated["protocol"])
        self.agree(evaluated, measured.scores())
        self.agree_intervals(evaluated, resampled)

    def test_two_outputs(self):
        """The second minus the first, by the same draws for both."""
        first, second = self.measured(), self.measured("other.h5")
        both = [(first.scores(drawn(r, PAIRS)), second.scores(drawn(r, PAIRS))) for r in range(1000)]
        evaluated = json.loads(self.evaluated("out.h5", "other.h5", "--json"))
        self.agree(evaluated["first"], first.scores())
        self.agree(evaluated["second"], second.scores())
        self.agree(evaluated["difference"], {place: one - first.scores()[place] for place, one in second.scores().items()})
        self.agree_intervals(evaluated["first"], [one for one, _ in both])
        self.agree_intervals(evaluated["second"], [one for _, one in both])
        self.agree_intervals(evaluated["difference"], [{place: two[place] - one[place] for place in one} for one, two in both])

    def test_csv(self):
        """The table has the same numbers as the object."""
        evaluated = json.loads(self.evaluated("out.h5", "other.h5", "--json"))
        lines = list(csv.DictReader(io.StringIO(self.evaluated("out.h5", "other.h5", "--csv"))))
        found = {}
        for line in lines:
            if line["measure"] in ("pck", "pck_dagger"):
                place = line["category"] if line["mean"] == "category" else line["mean"]
                form = ("dagger_" if line["measure"] == "pck_dagger" else "") + "per_" + line["per"]
                found[line["output"], place, line["subset"], form, float(line["alpha"])] = line
        seen = 0
        for output in ("first", "second", "difference"):
            for place, pck in self.places(evaluated[output]):
                for form in FORMS:
                    for a, alpha in enumerate(ALPHAS):
                        line = found[(output, *place, form, alpha)]
                        numbers = [pck[form][a], pck["low"][form][a], pck["high"][form][a]]
                        self.assertEqual([float(line[name]) if line[name] else None for name in ("value", "low", "high")], numbers)
                        self.assertEqual([int(line[name]) for name in ("points", "pairs", "pairs_without")],
                                         [pck[name] for name in ("points", "pairs", "pairs_without")])
                        self.assertIn("alpha times /pairs/threshold", line["protocol"])
                        seen += 1
        self.assertEqual(seen, len(found))

    def test_thresholds(self):
        """By image, box or keypoints."""
        with h5py.File("in.h5") as file:
            truth, box = file["pairs/target_keypoints"][:], file["pairs/target_box"][:]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a pair without keypoints
            sides = np.nan_to_num(np.nanmax(truth, 1) - np.nanmin(truth, 1)).max(1)
        for name, threshold in (("image", np.full(PAIRS, float(WIDTH))), ("box", box[:, 2:].max(1)), ("keypoints", sides), ("stored", None)):
            evaluated = json.loads(self.evaluated("out.h5", "--json", "--threshold", name))
            self.assertEqual(evaluated["threshold"], name)
            self.agree(evaluated, self.measured(threshold=threshold).scores())
        with h5py.File("in.h5", "a") as file:
            file["pairs/target_box"][7, 2:] = np.nan
        self.assertIn("in.h5: /pairs/target_box: pair 7 (", self.geosc("eval", "in.h5", "out.h5", status=1).stderr)
        with h5py.File("in.h5", "a") as file:
            del file["pairs/target_box"]
        said = self.geosc("eval", "in.h5", "out.h5", "--threshold", "box", status=1).stderr
        self.assertIn("in.h5: /pairs/target_box: missing; store the boxes of the targets there", said)

    def test_keypoints(self):
        """Each keypoint in each category."""
        measured = self.measured()
        evaluated = json.loads(self.evaluated("out.h5", "--json", "--keypoints"))["keypoints"]
        lines = [line for line in csv.DictReader(io.StringIO(self.evaluated("out.h5", "--csv", "--keypoints"))) if line["mean"] == "keypoint"]
        expected = [(name, k) for name in np.unique(measured.category) for k in range(KEYPOINTS) if measured.point[measured.category == name, k].any()]
        self.assertEqual([(one["category"], one["keypoint"]) for one in evaluated], expected)
        for one in evaluated:
            k, own = one["keypoint"], measured.category == one["category"]
            points = measured.point[own, k]
            self.assertEqual((one["name"], one["points"]), (f"point, {k}", points.sum()))
            for dagger, form in ((False, "per_point"), (True, "dagger_per_point")):
                self.near(one[form], measured.right[dagger][:, own, k][:, points].mean(1), one)
                values = [line["value"] for line in lines if (line["category"], line["keypoint"], line["keypoint_name"], line["measure"]) ==
                          (one["category"], str(k), f"point, {k}", "pck_dagger" if dagger else "pck")]
                self.near(list(map(float, values)), one[form], one)

    def keypoint_shares(self, measured, chosen):
        """{(category, keypoint, form): one for each alpha} of the chosen pairs; NaN without points."""
        found = {}
        for name, k in {(name, k) for name in measured.category for k in range(KEYPOINTS)}:
            own = chosen[(measured.category[chosen] == name) & measured.point[chosen, k]]
            for form in ("per_point", "dagger_per_point"):
                right = measured.right["dagger" in form][:, own, k]
                found[name, k, form] = right.mean(1) if len(own) else np.full(len(ALPHAS), np.nan)
        return found

    def test_keypoint_intervals(self):
        """Intervals of each keypoint in each category, of two outputs and of their differences; also as a table."""
        first, second, chosen = self.measured(), self.measured("other.h5"), [drawn(r, PAIRS) for r in range(1000)]
        one, two = ([self.keypoint_shares(measured, some) for some in chosen] for measured in (first, second))
        difference = [{place: b[place] - a[place] for place in a} for a, b in zip(one, two)]
        evaluated = json.loads(self.evaluated("out.h5", "other.h5", "--json", "--keypoints"))
        alone = json.loads(self.evaluated("out.h5", "--json", "--keypoints", "--intervals"))
        self.assertEqual(alone["keypoints"], evaluated["first"]["keypoints"])
        lines = {(line["output"], line["category"], line["keypoint"], line["measure"], line["alpha"]): line
                 for line in csv.DictReader(io.StringIO(self.evaluated("out.h5", "other.h5", "--csv", "--keypoints"))) if line["mean"] == "keypoint"}
        for output, resampled in (("first", one), ("second", two), ("difference", difference)):
            for row in evaluated[output]["keypoints"]:
                for form, measure in (("per_point", "pck"), ("dagger_per_point", "pck_dagger")):
                    values = np.array([some[row["category"], row["keypoint"], form] for some in resampled])
                    for bound, percent in (("low", 2.5), ("high", 97.5)):
                        self.near(row[bound][form], np.nanpercentile(values, percent, axis=0), (output, row))
                    for a, alpha in enumerate(ALPHAS):
                        line = lines.pop((output, row["category"], str(row["keypoint"]), measure, str(alpha)))
                        self.assertEqual([float(line[name]) for name in ("value", "low", "high")], [row[form][a], row["low"][form][a], row["high"][form][a]])
        self.assertEqual(lines, {})

    def swapped(self, measured):
        """Whether an answer is nearer to the partner's target keypoint than to its own."""
        with h5py.File("in.h5") as file:
            partner = file["pairs/mirror_index"][:]
        truth = np.take_along_axis(measured.truth, np.maximum(partner, 0)[:, :, None], 1)
        with np.errstate(invalid="ignore"):
            return (partner >= 0) & (np.hypot(*np.moveaxis(measured.xy - truth, 2, 0)) < measured.error)

    def test_partners(self):
        """Errors that are nearer to the mirrored partner."""
        measured = self.measured()
        swapped = self.swapped(measured)
        evaluated = json.loads(self.evaluated("out.h5", "--json"))
        lines = csv.DictReader(io.StringIO(self.evaluated("out.h5", "--csv")))
        shares = {(line["mean"], line["category"], line["subset"], float(line["alpha"])): float(line["value"])
                  for line in lines if line["measure"] == "partner_errors" and line["value"]}
        for (place, subset), pck in self.places(evaluated):
            if place == "macro":
                self.assertNotIn("errors", pck)
                continue
            points = (measured.point if subset == "all" else measured.geometry) & \
                (True if place == "micro" else (measured.category == place)[:, None])
            errors = [(points & ~right).sum() for right in measured.right[False]]
            nearer = [(points & ~right & swapped).sum() for right in measured.right[False]]
            self.assertEqual((pck["errors"], pck["nearer_to_partner"]), (errors, nearer), (place, subset))
            for alpha, all_errors, some in zip(ALPHAS, errors, nearer):
                key = ("micro", "", subset, alpha) if place == "micro" else ("category", place, subset, alpha)
                if all_errors:
                    self.assertAlmostEqual(shares[key], some / all_errors, delta=1e-9)
        self.assertGreater(evaluated["all"]["nearer_to_partner"][0], 0)

    def test_risk(self):
        """Accuracy against each confidence, with ties."""
        measured = self.measured()
        with h5py.File("out.h5") as output:
            score, second, cycle = (output["matches"][name][:] for name in ("score", "second", "cycle"))
        evaluated = json.loads(self.evaluated("out.h5", "--json", "--risk"))["risk"]
        lines = [line for line in csv.DictReader(io.StringIO(self.evaluated("out.h5", "--csv", "--risk"))) if line["confidence"]]
        for name, confidence in (("score", score), ("margin", score - second), ("cycle", -cycle)):
            found, values = evaluated[name], confidence[measured.point]
            count = len(values)
            self.assertEqual(found["points"], count)
            for a, right in enumerate(one[measured.point] for one in measured.right[False]):
                kept = np.array([(values >= one).sum() for one in values])  # with all ties
                share = np.array([right[values >= one].mean() for one in values])
                self.near([found["aurc"][a]], (1 - share).mean(), name)
                above = values[right][:, None] - values[~right][None]
                self.near([found["auroc"][a]], ((above > 0) + 0.5 * (above == 0)).mean(), name)
                expected = [share[kept == kept[kept * 10 >= tenth * count].min()][0] for tenth in range(1, 11)]
                self.near(found["accuracy"][a], expected, name)
                own = [line for line in lines if line["confidence"] == name and float(line["alpha"]) == ALPHAS[a]]
                self.near([float(line["value"]) for line in own if line["measure"] == "accuracy"], expected, name)
                self.assertEqual([line["coverage"] for line in own][2:], ["0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1"])
        self.assertGreater(count, len(np.unique(cycle[measured.point])))

    def test_points(self):
        """A line for each source keypoint."""
        measured = self.measured()
        swapped = self.swapped(measured)
        self.evaluated("out.h5", "--points", "points.csv")
        with open("points.csv", newline="") as file:
            lines = list(csv.DictReader(file))
        self.assertEqual(len(lines), PAIRS * KEYPOINTS)
        with h5py.File("out.h5") as output:
            matches = {name: values[:] for name, values in output["matches"].items()}
        for place, line in enumerate(lines):
            p, k = place // KEYPOINTS, place % KEYPOINTS
            self.assertEqual(line["keypoint_name"], f"point, {k}")
            self.assertEqual([line[name] for name in ("pair", "source", "target", "category", "keypoint", "pose")],
                             [str(p), str(p), str(p + PAIRS), measured.category[p], str(k), "none"])
            numbers = [line[name] for name in ("source_x", "source_y", "x", "y", "score", "second", "mutual", "cycle")]
            expected = [*measured.source[p, k], *matches["xy"][p, k], *(matches[name][p, k] for name in ("score", "second", "mutual", "cycle"))]
            self.near([float(one) for one in numbers[:2]], expected[:2], line)
            self.assertEqual([np.float32(one) for one in numbers[2:]], [np.float32(one) for one in expected[2:]], line)
            judged = [line[name] for name in ("error", "threshold", "geometry_aware", "nearest", "nearer_to_partner", "right_0.05", "right_0.1", "right_0.2")]
            if not measured.point[p, k]:
                self.assertEqual([*judged, line["true_x"]], [""] * 9)
                continue
            self.near([float(line["true_x"]), float(line["true_y"])], measured.truth[p, k], line)
            self.near([float(judged[0]), float(judged[1])], [measured.error[p, k], measured.threshold[p]], line)
            truths = [measured.geometry[p, k], measured.nearest[p, k], swapped[p, k], *measured.right[False][:, p, k]]
            self.assertEqual(judged[2:], [str(int(one)) for one in truths], line)
