"""KAP against its definition (docs/computation.md, KAP) in plain numpy: what geosc match --kap keeps, and what geosc eval makes of it."""

import csv
import io
import itertools
import json

import h5py
import numpy as np
from support import Scratch
from test_decoders import Decoder, bilinear
from test_measures import drawn

PAIRS, CHANNELS, HEIGHT, WIDTH, KEYPOINTS = 30, 6, 7, 9, 5
SIZE = np.array([WIDTH * 7.0, HEIGHT * 5.0])  # of each picture, in pixels
ALPHAS = (0.1, 0.25)
NO_TRUTH, OUTSIDE, FAILED, EQUAL, TINY, HUGE = 3, 4, 7, 9, 11, 13  # pairs that are special
NAMES = ("kap_in", "kap_out", "kap_max", "kap_range")


def precision(similarity, positive):
    """Step by step, equal values together; NaN without positives."""
    if not positive.any():
        return np.nan
    order = np.argsort(-similarity, kind="stable")
    similarity, positive = similarity[order], positive[order]
    last = np.append(np.flatnonzero(np.diff(similarity)), len(similarity) - 1)
    right = np.cumsum(positive)[last]
    return (np.diff(right, prepend=0) * right / (last + 1)).sum() / right[-1]


class Measured:
    """KAP of an output, from the truth and the arrays of geosc match --kap."""

    def __init__(self, file, output):
        there = ~np.isnan(file["pairs/keypoints"][:]).any(2)
        truth = ~np.isnan(file["pairs/target_keypoints"][:]).any(2)
        self.category = file["pairs/category"].asstr()[:]
        inside, outside, largest, limits = (output[f"matches/{name}"][:].astype("f8") for name in NAMES)
        self.entries = []  # [alpha][pair] (similarities, which are positive)
        for a in range(len(ALPHAS)):
            self.entries.append([])
            for p in range(PAIRS):
                low, high = limits[p]
                points, absent = there[p] & truth[p], there[p] & ~truth[p]
                negatives = np.concatenate([outside[p, points, a], largest[p, absent]])
                values = np.concatenate([inside[p, points, a], negatives[~np.isnan(negatives)]])
                scaled = (values - low) / (high - low) if high > low else 0 * values
                self.entries[a].append((np.nan_to_num(scaled), np.arange(len(values)) < points.sum()))
        self.own = np.array([[precision(*entry) for entry in entries] for entries in self.entries])

    def pooled(self, chosen, a):
        parts = [self.entries[a][p] for p in chosen]
        return precision(np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])) if parts else np.nan

    def averaged(self, chosen, a):
        own = self.own[a][chosen]
        return own[~np.isnan(own)].mean() if not np.isnan(own).all() else np.nan

    def scores(self, chosen=np.arange(PAIRS)):
        """{(place, form): one for each alpha}"""
        found, names = {}, np.unique(self.category)
        for form, of in (("per_point", self.pooled), ("per_image", self.averaged)):
            each = np.array([[of(chosen[self.category[chosen] == name], a) for a in range(len(ALPHAS))] for name in names])
            found["all", form] = np.array([of(chosen, a) for a in range(len(ALPHAS))])
            found["macro", form] = np.nanmean(each, axis=0)
            found.update({(name, form): one for name, one in zip(names, each)})
        return found


class Kap(Scratch):
    def setUp(self):
        super().setUp()
        random = np.random.default_rng(11)
        self.raw = random.normal(size=(2 * PAIRS, CHANNELS, HEIGHT, WIDTH)).astype("f4")
        self.raw[PAIRS:] = self.raw[:PAIRS] + random.normal(size=self.raw[PAIRS:].shape)
        self.raw[FAILED, 0, 0, 0] = np.nan
        self.raw[EQUAL] = self.raw[EQUAL + PAIRS] = 1
        self.masks = (random.random((2 * PAIRS, HEIGHT, WIDTH)) < 0.6).astype("u1")
        self.points = random.uniform(0, SIZE, (PAIRS, KEYPOINTS, 2))
        self.truth = self.points + random.normal(scale=4, size=self.points.shape)
        self.points[random.random((PAIRS, KEYPOINTS)) < 0.15] = np.nan
        self.truth[random.random((PAIRS, KEYPOINTS)) < 0.25] = np.nan
        self.points[OUTSIDE, 1], self.truth[NO_TRUTH] = (SIZE[0] + 9, 3), np.nan
        self.truth[OUTSIDE, 1] = self.truth[EQUAL, 0] = self.points[EQUAL, 0] = self.points[FAILED, 0] = self.truth[FAILED, 0] = (9, 9)
        self.partners = random.integers(-1, KEYPOINTS, (PAIRS, KEYPOINTS))
        self.threshold = random.uniform(20, 60, PAIRS)
        self.threshold[[TINY, HUGE]] = 1e-3, 1e4
        with h5py.File("in.h5", "w") as file:
            file["images/features"], file["images/mask"] = self.raw, self.masks
            file["images/size"] = np.tile(SIZE, (2 * PAIRS, 1))
            file["pairs/source"], file["pairs/target"] = np.arange(PAIRS), np.arange(PAIRS) + PAIRS
            file["pairs/keypoints"], file["pairs/target_keypoints"] = self.points, self.truth
            file["pairs/keypoints"].attrs["units"] = file["pairs/target_keypoints"].attrs["units"] = "pixel"
            file["pairs/mirror_index"], file["pairs/threshold"] = self.partners, self.threshold
            file["pairs/category"] = np.array(["rare" if p == 5 else "cat" if p % 3 else "dog" for p in range(PAIRS)], "S5")

    def match(self, name, *words, status=3):
        return self.geosc("match", "in.h5", "-o", name, "--kap", ",".join(map(str, ALPHAS)), "-f", "-q", *words, status=status)

    # ---- geosc match ---------------------------------------------------------------------------------

    def is_query(self, pair, k):
        return not np.isnan(self.points[pair, k]).any() and (self.points[pair, k] < SIZE + 1).all()

    def maps(self, decoder, pair, pose, restricted):
        """{keypoint: similarity [H, W]}, -inf where there is no target."""
        target, found = decoder.features(self.raw[pair + PAIRS].astype("f8")), {}
        for k in range(KEYPOINTS):
            mirrored, other = pose == "hflip", int(self.partners[pair, k])
            mirrored = mirrored and other >= 0 and not np.isnan(self.points[pair, other]).any()
            asked = other if mirrored else k
            if np.isnan(self.points[pair, k]).any() or not self.is_query(pair, asked):
                continue
            x, y = self.points[pair, asked] * (WIDTH, HEIGHT) / SIZE - 0.5
            cell = np.array([min(int(np.floor(x + 0.5)), WIDTH - 1), min(int(np.floor(y + 0.5)), HEIGHT - 1)])
            source = decoder.features(self.raw[pair].astype("f8"))
            if mirrored:
                source, cell, x = source[:, :, ::-1], np.array([WIDTH - 1 - cell[0], cell[1]]), WIDTH - 1 - x
            query = source[:, cell[1], cell[0]]
            if decoder.query == "bilinear":
                query = bilinear(source, x, y)
                query = query / (np.linalg.norm(query) + 1e-6) if decoder.similarity == "cosine" else query
            allowed = self.masks[pair + PAIRS] if restricted else np.ones((HEIGHT, WIDTH))
            found[k] = np.where(allowed, np.tensordot(query, target, 1), -np.inf)
        return found

    def expected(self, decoder, pair, pose, restricted):
        inside, outside = np.full((2, KEYPOINTS, len(ALPHAS)), np.nan)
        largest, limits = np.full(KEYPOINTS, np.nan), np.full(2, np.nan)
        if pair == FAILED:
            return inside, outside, largest, limits
        maps = self.maps(decoder, pair, pose, restricted)
        centre = np.moveaxis(np.mgrid[:HEIGHT, :WIDTH][::-1], 0, 2)
        for k, similarity in maps.items():
            largest[k], there = similarity.max(), np.isfinite(similarity)
            if np.isnan(self.truth[pair, k]).any():
                continue
            distance = np.hypot(*np.moveaxis((centre + 0.5) * SIZE / (WIDTH, HEIGHT) - self.truth[pair, k], 2, 0))
            for a, alpha in enumerate(ALPHAS):
                near, beyond = there & (distance <= alpha * self.threshold[pair]), there & (distance > alpha * self.threshold[pair])
                inside[k, a] = similarity[near].max() if near.any() else similarity[there][distance[there].argmin()]
                outside[k, a] = similarity[beyond].max() if beyond.any() else np.nan
        values = [similarity[np.isfinite(similarity)] for similarity in maps.values()]
        return inside, outside, largest, np.array([np.concatenate(values).min(), np.concatenate(values).max()]) if maps else limits

    def test_match(self):
        """What is kept, with all decoders, masks, mirrored partners, failed pairs and bad keypoints."""
        kinds = itertools.product(("cell", "bilinear"), ("cosine", "dot"), ("none", "hflip"), (False, True))
        for query, similarity, pose, restricted in kinds:
            decoder = Decoder("5", "drop", query, similarity, 0.1)
            with self.subTest(query=query, similarity=similarity, pose=pose, restricted=restricted):
                words = ["--poses", pose, "--imd", "none", *decoder.options(), *(["--restrict-target", "match"] if restricted else [])]
                self.match("out.h5", *words)
                with h5py.File("out.h5") as file:
                    found = [file[f"matches/{name}"][:] for name in NAMES]
                    np.testing.assert_array_equal(file["matches/kap_in"].attrs["alpha"], ALPHAS)
                    np.testing.assert_array_equal(file["matches/kap_out"].attrs["alpha"], ALPHAS)
                    np.testing.assert_array_equal(file["matches/score"][:], found[2])
                    self.assertIn(f"kap={ALPHAS[0]},{ALPHAS[1]}", file.attrs["options"].decode())
                for pair in range(PAIRS):
                    right = self.expected(decoder, pair, pose, restricted)
                    for name, got, want in zip(NAMES, found, right):
                        np.testing.assert_allclose(got[pair], want, rtol=0, atol=2e-5, err_msg=f"{name} {pair}")
        self.assertTrue(np.isnan(found[1][HUGE]).all() and not np.isnan(found[0][TINY][:, 0]).all())

    def pictures(self, similarity, side):
        """The largest similarity of each part, in 0..255 of the map's range."""
        there = similarity[np.isfinite(similarity)]
        low, high = there.min(), there.max()
        parts = [[np.arange(i * n // side, max((i + 1) * n // side, i * n // side + 1)) for i in range(side)] for n in similarity.shape]
        largest = np.array([[similarity[np.ix_(rows, columns)].max() for columns in parts[1]] for rows in parts[0]])
        return 255 * np.clip((largest - low) / (high - low), 0, 1) if high - low > 1e-6 else np.where(np.isfinite(largest), 255, 0)

    def test_heat(self):
        """Pictures of similarities, of fewer and of more parts than the target has cells, with masks and mirrored partners."""
        decoder = Decoder("5", "drop", "cell", "cosine", 0.1)
        for side, pose, restricted in ((4, "none", False), (5, "hflip", True), (12, "hflip", False)):
            words = ["--poses", pose, "--imd", "none", *decoder.options(), *(["--restrict-target", "match"] if restricted else [])]
            self.match("out.h5", "--heat", side, *words)
            with h5py.File("out.h5") as file:
                found = file["matches/heat"][:].astype("f8")
            for pair in set(range(PAIRS)) - {EQUAL}:
                right = np.zeros((KEYPOINTS, side, side))
                for k, similarity in ({} if pair == FAILED else self.maps(decoder, pair, pose, restricted)).items():
                    right[k] = self.pictures(similarity, side)
                np.testing.assert_allclose(found[pair], right, rtol=0, atol=0.51, err_msg=f"pair {pair}, side {side}")
        self.assertIn("heat: format hloc has no place for pictures", self.geosc("match", "in.h5", "-o", "x.h5", "--heat", 4, "--format", "hloc", status=2).stderr)

    def test_same_bytes(self):
        """Any number of threads, shards, other output beside it, and a run that continues."""
        words = ["--top", "2", "--heat", "3", "--confidence", "--poses", "all"]
        self.match("whole.h5", *words, "-j", "1")
        whole = open("whole.h5", "rb").read()
        self.match("out.h5", *words, "-j", "2", "--workers", "1")
        self.assertEqual(open("out.h5", "rb").read(), whole)
        for shard in range(3):
            self.match(f"s{shard}.h5", *words, "--shard", f"{shard}/3", status=None)
        self.geosc("merge", "-o", "merged.h5", "s2.h5", "s0.h5", "s1.h5", "-q", status=3)
        self.assertEqual(open("merged.h5", "rb").read(), whole)
        self.match("resumed.h5", *words, "--strict", "-j", "1", status=1)
        self.assertGreater(json.loads(self.match("resumed.h5", *words, "--json").stdout)["pairs_resumed"], 2)
        self.assertEqual(open("resumed.h5", "rb").read(), whole)
        shown = json.loads(self.geosc("inspect", "whole.h5", "--json").stdout)
        self.assertEqual(shown["kap"], "0.1,0.25")
        self.match("other.h5", "--top", "2", "--heat", "3", "--confidence", "--poses", "all", "--kap", "0.1", "--shard", "1/3", status=None)
        said = self.geosc("merge", "-o", "merged.h5", "-f", "s2.h5", "s0.h5", "other.h5", status=1).stderr
        self.assertIn("its options differs", said)

    def test_refusals(self):
        """Without truth, with a bad one, and in hloc's form."""
        self.assertIn("kap: format hloc has no place for what KAP needs", self.match("out.h5", "--format", "hloc", status=2).stderr)
        self.assertIn("--kap '0,1': expected up to 8 numbers above 0", self.geosc("match", "in.h5", "-o", "out.h5", "--kap=0,1", status=2).stderr)
        with h5py.File("in.h5", "a") as file:
            file["pairs/threshold"][2] = np.inf
        self.assertIn("in.h5: /pairs/threshold: pair 2", self.match("out.h5", status=1).stderr)
        with h5py.File("in.h5", "a") as file:
            del file["pairs/target_keypoints"]
        said = "in.h5: /pairs/target_keypoints: missing, which --kap needs: store the true positions there, or match without --kap"
        self.assertIn(said, self.match("out.h5", status=1).stderr)

    # ---- geosc eval ----------------------------------------------------------------------------------

    def near(self, found, expected, what):
        found = np.array([np.nan if one is None else one for one in found])
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9, err_msg=str(what))

    def places(self, kap):
        yield "all", kap["all"]
        yield "macro", kap["macro"]
        for category in kap["categories"]:
            yield category["name"], category

    def agree(self, kap, scores, bound=None):
        seen = 0
        self.assertEqual(kap["alphas"], list(ALPHAS))
        for place, found in self.places(kap):
            for form in ("per_point", "per_image"):
                self.near((found[bound] if bound else found)[form], scores[place, form], (place, form, bound))
                seen += 1
        self.assertEqual(seen, len(scores))

    def agree_intervals(self, kap, resampled):
        low, high = {}, {}
        for place in resampled[0]:
            low[place], high[place] = np.nanpercentile([one[place] for one in resampled], [2.5, 97.5], axis=0)
        self.agree(kap, low, "low")
        self.agree(kap, high, "high")

    def measured(self, name):
        with h5py.File("in.h5") as file, h5py.File(name) as output:
            return Measured(file, output)

    def evaluated(self, *words):
        return json.loads(self.geosc("eval", "in.h5", *words, "--json").stdout)

    def test_eval(self):
        """KAP and its intervals; the options of PCK do not change it."""
        self.match("out.h5", "--poses", "none,hflip")
        measured = self.measured("out.h5")
        scores = measured.scores()
        evaluated = self.evaluated("out.h5", "--intervals")
        self.assertIn("; KAP is the average precision of the best similarities at most alpha times /pairs/threshold; intervals", evaluated["protocol"])
        self.agree(evaluated["kap"], scores)
        self.agree(self.evaluated("out.h5", "--alpha", "0.3", "--threshold", "image", "--compare", "le")["kap"], scores)
        self.agree_intervals(evaluated["kap"], [measured.scores(drawn(r, PAIRS)) for r in range(1000)])
        both = ~np.isnan(self.points).any(2) & ~np.isnan(self.truth).any(2)
        self.assertEqual([evaluated["kap"]["all"][name] for name in ("points", "pairs", "pairs_without")],
                         [both.sum(), both.any(1).sum(), (~both.any(1)).sum()])
        self.assertTrue(np.isnan(measured.own[:, NO_TRUTH]).all() and measured.own[0, FAILED] == 1)
        self.assertIn("\nKAP in % at alpha                         0.1   0.25\nall (micro)                  per point", self.geosc("eval", "in.h5", "out.h5").stdout)

    def test_two_outputs(self):
        """Differences by the same draws, as JSON and as a table; not between outputs of other alphas."""
        self.match("out.h5", "--poses", "none")
        self.match("other.h5", "--poses", "none", "--query", "bilinear")
        first, second = self.measured("out.h5"), self.measured("other.h5")
        resampled = [(first.scores(chosen), second.scores(chosen)) for chosen in (drawn(r, PAIRS) for r in range(1000))]
        evaluated = self.evaluated("out.h5", "other.h5")
        self.agree(evaluated["second"]["kap"], second.scores())
        self.agree(evaluated["difference"]["kap"], {place: one - first.scores()[place] for place, one in second.scores().items()})
        self.agree_intervals(evaluated["first"]["kap"], [one for one, _ in resampled])
        self.agree_intervals(evaluated["difference"]["kap"], [{place: two[place] - one[place] for place in one} for one, two in resampled])
        lines = csv.DictReader(io.StringIO(self.geosc("eval", "in.h5", "out.h5", "other.h5", "--csv").stdout))
        lines = {(line["output"], line["category"] or line["mean"], line["per"], float(line["alpha"])): line for line in lines if line["measure"] == "kap"}
        for output in ("first", "second", "difference"):
            for place, found in self.places(evaluated[output]["kap"]):
                for form, a in itertools.product(("point", "image"), range(len(ALPHAS))):
                    line = lines.pop((output, "micro" if place == "all" else place, form, ALPHAS[a]))
                    values = [found[f"per_{form}"][a], found["low"][f"per_{form}"][a], found["high"][f"per_{form}"][a]]
                    self.assertEqual([float(line[name]) if line[name] else None for name in ("value", "low", "high")], values)
                    self.assertEqual(int(line["points"]), found["points"])
        self.assertEqual(lines, {})
        self.geosc("match", "in.h5", "-o", "none.h5", "-q", "--kap", "0.3", "--poses", "none", status=3)
        evaluated = self.evaluated("out.h5", "none.h5")
        self.assertEqual(evaluated["second"]["kap"]["alphas"], [0.3])
        self.assertNotIn("kap", evaluated["difference"])
