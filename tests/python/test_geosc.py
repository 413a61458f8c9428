"""The package geosc: the command's answers, bit for bit; wrong calls raise; threads, memory, Ctrl-C, other libraries in the process."""

import ctypes
import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import unittest
import warnings

import h5py
import numpy as np

from support import BUILD, SOURCE, Scratch, environment, small_model

try:
    import geosc
    from geosc import _arrays, _library
except ImportError:  # a build without a shared library
    geosc = None

PARTS = ("xy", "score", "peak", "second", "mutual", "cycle", "top_xy", "top_score", "kap_in", "kap_out", "kap_max", "kap_range")


def same(a, b):
    """Equal to the last bit, NaN too."""
    a, b = np.ascontiguousarray(a), np.ascontiguousarray(b)
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def make_features(random, channels=8, height=7, width=9, dtype="f4"):
    return random.normal(size=(channels, height, width)).astype(dtype)


class Case:
    """A random input: images, pairs and options, for the command and for Python."""

    channels = 8

    def __init__(self, seed):
        self.random = random = np.random.default_rng(seed)
        self.units = str(random.choice(["cell", "pixel", "original"]))
        self.model, self.count = random.random() < 0.6, int(random.integers(1, 7))
        self.dense, self.mirrored = random.random() < 0.15, random.random() < 0.4
        self.images = [self.make_image() for _ in range(3)]
        self.pairs = [self.make_pair(int(random.integers(3)), int(random.integers(3))) for _ in range(2)]
        self.options = self.make_options()
        self.truth, self.threshold = [None] * 2, [None] * 2
        if not self.dense and seed % 3 == 0:
            self.add_truth(np.random.default_rng([seed, 1]))

    def make_image(self):
        random, dtype = self.random, str(self.random.choice(["f2", "f4", "f8"]))
        height, width = map(int, random.integers(2, 10, 2))
        image = {"features": make_features(random, self.channels, height, width, dtype), "size": random.integers(30, 200, 2), "placement": None}
        if random.random() < 0.3:
            parts = [make_features(random, 3, height, width), make_features(random, 5, *map(int, random.integers(1, 10, 2)))]
            image.update(features=parts, norm_groups=[0, None] if random.random() < 0.5 else None)
        image["placement"] = [float(random.uniform(0.5, 2)), *map(float, random.integers(0, 9, 2))]
        if random.random() < 0.5:
            image["mask"] = (random.random((height, width)) < 0.7).astype(random.choice(["f4", "u1", "?"]))
        if random.random() < 0.3:
            image["posed"] = {"hflip": make_features(random, self.channels, height, width), "rot90": make_features(random, self.channels, width, height)}
        if random.random() < 0.05:
            first = image["features"][0] if isinstance(image["features"], list) else image["features"]
            first.reshape(-1)[0] = np.nan
        return image

    def make_pair(self, source, target):
        image, random = self.images[source], self.random
        height, width = image["mask"].shape if "mask" in image else np.shape(image["features"][0] if isinstance(image["features"], list) else
                                                                            image["features"])[-2:]  # fmt: skip
        part = random.uniform(0, 1, (self.count, 2)) * (1.2 if random.random() < 0.1 else 1)
        points = part * [width, height] - 0.5 if self.units == "cell" else part * image["size"]
        if self.units == "original":
            points = (points - image["placement"][1:]) / image["placement"][0]
        points[random.random(self.count) < 0.2] = np.nan
        mirror = random.integers(-1, self.count, self.count) if self.mirrored else None
        return source, target, None if self.dense else points, None if self.dense else mirror

    def make_options(self):
        choices = {
            "poses": ["none,hflip,rot90,rot270", "all", "none", "hflip,transpose"], "imd": ["squared", "euclidean", "mutual"],
            "query": ["cell", "bilinear"], "similarity": ["cosine", "dot"], "window": ["15", "3", "gauss:2", "all"],
            "outside": ["drop", "zero"], "temperature": ["0.02", "0.5"], "pose_source": ["auto", "derived"],
        }  # fmt: skip
        options = {name: str(self.random.choice(values)) for name, values in choices.items()}
        if self.random.random() < 0.4:
            options["restrict_target"] = str(self.random.choice(["imd", "match", "both"]))
        if self.random.random() < 0.4:
            options["top"] = 3
        if self.random.random() < 0.5:
            options["confidence"] = True
        return options

    def add_truth(self, random):
        self.options["kap"] = [0.1, 0.35]
        self.truth = [random.uniform(0, 9, (self.count, 2)) for _ in self.pairs]
        for truth in self.truth:
            truth[random.random(self.count) < 0.2] = np.nan
        self.threshold = [float(random.uniform(1, 20)) for _ in self.pairs]

    def words(self):
        """The options for the command."""
        shown = [(name.replace("_", "-"), value) for name, value in self.options.items()]
        shown = [(name, ",".join(map(str, value)) if isinstance(value, list) else value) for name, value in shown]
        return [f"--{name}" if value is True else f"--{name}={value}" for name, value in shown]

    def write(self, path):
        with geosc.Writer(path, units=self.units, overwrite=True) as writer:
            for i, image in enumerate(self.images):
                writer.image(f"cat/{i}.jpg", **image)
            for (source, target, points, mirror), truth, threshold in zip(self.pairs, self.truth, self.threshold):
                writer.pair(f"cat/{source}.jpg", f"cat/{target}.jpg", keypoints=points, mirror_index=mirror, target_keypoints=truth,
                            threshold=threshold)  # fmt: skip

    def match(self, pair, model, refined):
        """In memory: from arrays, or from images that are refined beforehand."""
        source, target, points, mirror = pair
        a, b = self.images[source], self.images[target]
        rest = dict(self.options, mirror_index=mirror, units="cell" if self.dense else self.units)
        if "kap" in rest:
            number = next(i for i, other in enumerate(self.pairs) if other is pair)
            rest.update(target_keypoints=self.truth[number], threshold=self.threshold[number])
        if not refined:
            groups = a.get("norm_groups")
            if groups != b.get("norm_groups") or isinstance(a["features"], list) != isinstance(b["features"], list):
                return self.match(pair, model, True)
            return geosc.match(a["features"], b["features"], points, model=model, mask=a.get("mask"), target_mask=b.get("mask"), posed=a.get("posed"),
                               norm_groups=groups, sizes=(a["size"], b["size"]), placements=(a["placement"], b["placement"]), **rest)  # fmt: skip
        poses, pose_source = rest.pop("poses"), rest.pop("pose_source")
        maps = [geosc.refine(model=model, poses=list, pose_source=pose_source, **image) for image, list in ((a, poses), (b, "none"))]
        return geosc.match(*maps, points, **rest)


class Quiet(Scratch):
    def setUp(self):
        super().setUp()
        if geosc is None:
            self.skipTest("libgeosc is not built as a shared library")
        caught = warnings.catch_warnings()
        caught.__enter__()
        self.addCleanup(caught.__exit__, None, None, None)
        warnings.simplefilter("ignore", UserWarning)

    def make_model(self, channels=8, hidden=6):
        random = np.random.default_rng(5)
        state = {key: (value * random.uniform(0.5, 1.5, value.shape)).astype("f4") for key, value in small_model(channels, hidden).items()}
        for key in state:
            if "running" not in key and state[key].ndim == 4:
                state[key] = random.normal(size=state[key].shape).astype("f4")
        with h5py.File("model.h5", "w") as file:
            for key, value in state.items():
                file[key] = value
        return state

    def images(self):
        random = np.random.default_rng(1)
        return make_features(random), make_features(random, height=8, width=6), np.array([[1, 2], [3.3, 4], [8, 6]])


class Answers(Quiet):
    def test_equal_to_the_command(self):
        state, statuses = self.make_model(), set()
        models = geosc.Model.load("model.h5"), geosc.Model(state)
        for seed in range(50):
            case, output = Case(seed), f"out{seed}.h5"
            case.write(f"in{seed}.h5")
            words = ["--model", "model.h5"] if case.model else []
            done = subprocess.run([os.path.join(BUILD, "geosc"), "match", f"in{seed}.h5", "-o", output, "-q", *words, *case.words()],
                                  env=environment(), capture_output=True, text=True)  # fmt: skip
            self.assertIn(done.returncode, (0, 3), done.stderr)
            with h5py.File(output) as file:
                for i, pair in enumerate(case.pairs):
                    found = case.match(pair, models[seed % 2] if case.model else None, refined=(seed + i) % 3 == 0)
                    statuses.add(found.status)
                    self.compare(file, i, found, f"seed {seed}, pair {i}")
        self.assertGreaterEqual(statuses, {"ok", "bad_features", "bad_keypoint"})

    def test_parts_of_masked_images(self):
        """Of a masked source that is no target, the pairs of a file need only a part, and so does a pair of arrays: the same bits. An image that
        is refined for any pair is whole: the same bits for direct convolution, and but for rounding for Winograd's, whose tiles lie elsewhere."""
        self.make_model(hidden=32)
        self.assertEqual(sum(self.whole_differs(seed, "direct") for seed in range(4)), 0)
        self.assertGreater(sum(self.whole_differs(seed, "auto") for seed in range(4)), 0, "docs/notebooks.md says so")

    def whole_differs(self, seed, conv):
        """Whether an image that is refined whole gives other bits than the file, from which a pair of arrays never differs."""
        random, model = np.random.default_rng(seed), geosc.Model.load("model.h5", conv=conv)
        a, b, mask = make_features(random, height=23, width=21), make_features(random, height=19, width=22), np.zeros((23, 21), "u1")
        x, y = random.integers(5, 9, 2)
        mask[y : y + 7, x : x + 6] = 1
        points = [x, y] + random.uniform(0, 5, (4, 2))
        options, refining = {"confidence": True, "window": 5}, {"poses": "all" if seed % 2 else "none", "pose_source": "derived"}
        with geosc.Writer("in.h5", overwrite=True) as writer:
            writer.image("a", a, mask=mask)
            writer.image("b", b)
            writer.pair("a", "b", keypoints=points)
        geosc.run("in.h5", "out.h5", model="model.h5", force=True, conv=conv, **options, **refining)
        found = geosc.match(a, b, points, model=model, mask=mask, **options, **refining)
        with h5py.File("out.h5") as file:
            self.compare(file, 0, found, f"{conv}, seed {seed}")
        whole = geosc.match(geosc.refine(a, model=model, mask=mask, **refining), geosc.refine(b, model=model, poses="none"), points, **options)
        self.assertEqual(whole.pose, found.pose)
        for name, tolerance in (("imd", 1e-5), ("score", 1e-5), ("xy", 1e-3)):
            np.testing.assert_allclose(getattr(whole, name), getattr(found, name), rtol=0, atol=tolerance)
        return not (same(whole.score, found.score) and same(whole.xy, found.xy) and same(whole.imd, found.imd))

    def compare(self, file, i, found, what):
        for name in PARTS:
            ours = getattr(found, name)
            self.assertEqual("matches/" + name in file, ours is not None, what)
            if ours is not None:
                theirs = file["matches/" + name][i]
                theirs = theirs[: ours.shape[0], : ours.shape[1]] if len(ours.shape) == len(theirs.shape) and file["matches/score"].ndim == 3 else theirs
                self.assertTrue(same(theirs, ours.view("u1") if name == "mutual" else ours), f"{what}: {name}")
        self.assertTrue(same(file["poses/imd"][i], found.imd), what)
        chosen = int(file["poses/chosen"][i])
        self.assertEqual(found.pose, None if chosen == 255 else found.poses[chosen], what)
        self.assertEqual(_library.status_name(int(file["pairs/status"][i])), found.status, what)
        self.assertEqual(found.reason is None, found.ok)

    def test_run_and_read(self):
        self.make_model()
        for seed in (3, 7):
            case = Case(seed)
            case.write("in.h5")
            words = ["--model", "model.h5"] if case.model else []
            subprocess.run([os.path.join(BUILD, "geosc"), "match", "in.h5", "-o", "a.h5", "-f", "-q", *words, *case.words()], env=environment())
            told = []
            report = geosc.run("in.h5", "b.h5", model="model.h5" if case.model else None, progress=told.append, force=True, **case.options)
            with open("a.h5", "rb") as a, open("b.h5", "rb") as b:
                self.assertEqual(a.read(), b.read())
            self.assertEqual((report.pairs, told[-1].pairs_done), (2, 2))
            self.assertEqual(report.failed, sum(count for name, count in report.status.items() if name != "ok"))
            self.assertTrue(geosc.run("in.h5", "b.h5", model="model.h5" if case.model else None, **case.options).already_done)
            results = geosc.read("b.h5")
            with h5py.File("b.h5") as file:
                self.assertTrue(same(results.xy, file["matches/xy"][...]))
            self.assertEqual(None if results.kap is None else list(results.kap), case.options.get("kap"))
            self.assertEqual(list(results.source), [f"cat/{pair[0]}.jpg" for pair in case.pairs])
            self.assertEqual((results.units, len(results)), ("cell" if case.dense else case.units, 2))
            try:
                import pandas  # noqa: F401
            except ImportError:
                continue
            table = results.to_pandas()
            self.assertEqual(len(table), results.score.size)
            self.assertTrue(same(table["x"].to_numpy(), np.ascontiguousarray(results.xy.reshape(-1, 2)[:, 0])))
            self.assertEqual(table["target"].iloc[-1], f"cat/{case.pairs[1][1]}.jpg")

    def test_presets(self):
        """By name, as the command takes them; what is given by itself wins, and several poses over a preset's imd none get a distance."""
        self.make_model()
        case = Case(7)
        for image in case.images:
            image.update(posed={"hflip": image["features"]}, norm_groups=None)
        case.write("in.h5")
        model, (source, target, points, mirror) = geosc.Model.load("model.h5"), case.pairs[0]
        a, b = case.images[source], case.images[target]
        calls = [(preset, {}) for preset in ("geoaware", "geoaware-zero-shot", "marco", "diy-sc")]
        calls += [("geoaware-zero-shot", {"window": "3", "pose_source": "derived"}), ("geoaware", {"poses": "all", "pose_source": "derived"})]
        for preset, own in calls:
            words = [f"--{name.replace('_', '-')}={value}" for name, value in {"preset": preset, **own}.items()]
            self.geosc("match", "in.h5", "--model", "model.h5", "-o", "a.h5", "-f", "-q", *words)
            geosc.run("in.h5", "b.h5", model="model.h5", preset=preset, force=True, **own)
            with open("a.h5", "rb") as expected, open("b.h5", "rb") as found:
                self.assertEqual(expected.read(), found.read())
            sizes, placements = ((a["size"], b["size"]), (a["placement"], b["placement"]))
            found = geosc.match(a["features"], b["features"], points, model=model, mask=a.get("mask"), target_mask=b.get("mask"), posed=a["posed"],
                                sizes=sizes, placements=placements, units=case.units, mirror_index=mirror, preset=preset, **own)  # fmt: skip
            refined = model.refine(a["features"], mask=a.get("mask"), posed=a["posed"], size=a["size"], placement=a["placement"], preset=preset,
                                   **{name: own[name] for name in own if name.startswith("pose")})  # fmt: skip
            other = model.refine(b["features"], mask=b.get("mask"), size=b["size"], placement=b["placement"], poses="none")
            again = geosc.match(refined, other, points, units=case.units, mirror_index=mirror, preset=preset,
                                **{name: value for name, value in own.items() if name != "pose_source"})  # fmt: skip
            with h5py.File("a.h5") as file:
                for answer in (found, again):
                    self.compare(file, 0, answer, f"{preset} {own}")

    def test_torch(self):
        try:
            import torch
        except ImportError:
            self.skipTest("no torch")
        a, b, points = self.images()
        state = {key: torch.tensor(value) for key, value in self.make_model().items()}
        model = geosc.Model({**state, "blocks.0.net.1.num_batches_tracked": torch.tensor(3)})
        expected = geosc.match(a, b, points, model=geosc.Model.load("model.h5"))
        found = geosc.match(torch.tensor(a, requires_grad=True), torch.tensor(b), torch.tensor(points), model=model, mask=torch.ones(7, 9))
        self.assertTrue(same(expected.xy, found.xy))
        self.assertTrue(geosc.match(torch.tensor(a).bfloat16(), torch.tensor(b).half()).ok)

    def test_shapes_of_memory(self):
        """Views, other byte orders and read-only arrays give the same; what serves as it is is not copied."""
        a, b, points = self.images()
        expected = geosc.match(a, b, points)
        turned = np.ascontiguousarray(a.transpose(1, 2, 0)).transpose(2, 0, 1)
        locked = b.copy()
        locked.flags.writeable = False
        for source, target, where in ((turned, locked, points.tolist()), (a.astype(">f4"), b.astype("f8"), np.asfortranarray(points))):
            self.assertTrue(same(geosc.match(source, target, where).xy, expected.xy))
        for dtype in ("f2", "f4", "f8"):
            array = a.astype(dtype)
            self.assertTrue(np.shares_memory(_arrays.features(array, "a"), array))
        self.assertTrue(np.shares_memory(_arrays.doubles(points, (None, 2), "points"), points))

    def test_order_of_axes(self):
        """Channels last and tokens are refused as geosc-import refuses them, and taken if axes says what they are; likewise by Writer."""
        channels_last, tokens = (r'looks like \[H, W, C\]: .*x.transpose\(2, 0, 1\), or use axes="hwc"', 'ViT tokens .*or use axes="HxW"')
        random = np.random.default_rng(4)
        for shape, reason in (((24, 24, 384), channels_last), ((24, 24, 64), channels_last), ((1, 24, 24, 64), channels_last), ((576, 64), tokens),
                              ((1, 577, 64), tokens)):
            wrong = random.normal(size=shape).astype("f4")
            right = random.normal(size=(shape[-1], 24, 24))
            for call in (lambda: geosc.match(wrong, wrong, [[1, 2]]), lambda: geosc.match(right, wrong, [[1, 2]]), lambda: geosc.refine([wrong[...]]),
                         lambda: geosc.refine(right, posed={"hflip": wrong}), lambda: self.written(wrong)):
                with self.subTest(shape), self.assertRaisesRegex(geosc.UsageError, reason):
                    call()
        maps = random.normal(size=(2, 64, 24, 24)).astype("f4")
        expected = geosc.match(*maps, [[1, 2]], poses="none,hflip")
        for axes, turn in ((None, lambda a: a[None]), ("chw", lambda a: a), ("hwc", lambda a: a.transpose(1, 2, 0)),
                           ("24x24", lambda a: a.reshape(64, -1).T), ("24x24", lambda a: [np.concatenate([a[:, 0, :1].T, a.reshape(64, -1).T])])):
            given = [turn(a) for a in maps]
            found = geosc.match(*given, [[1, 2]], poses="none,hflip", axes=axes)
            self.assertTrue(same(found.xy, expected.xy) and same(found.imd, expected.imd))
            if not isinstance(given[0], list):
                self.assertEqual(found.show(*given).svg, expected.show(*maps).svg)
            mixed = geosc.match(geosc.refine(given[0], axes=axes, poses="none,hflip"), given[1], [[1, 2]], axes=axes)
            self.assertTrue(same(mixed.xy, expected.xy))
            self.assertTrue(same(self.written(given[0], axes), maps[0]))
        flat = random.normal(size=(5, 6, 96)).astype("f4")  # unlikely, but possible
        self.assertEqual(geosc.refine(flat, axes="chw").channels, 5)

    def written(self, features, axes=None):
        """What Writer writes."""
        with geosc.Writer("axes.h5", overwrite=True) as writer:
            writer.image("x", features, axes=axes)
            writer.pair("x", "x")
        with h5py.File("axes.h5") as file:
            stored = file["images/x/features"]
            return (stored["level0"] if isinstance(stored, h5py.Group) else stored)[...]

    def test_place_of_warnings(self):
        """They name the caller's line, however deep in the package they come up."""
        a, b, points = self.images()
        model = geosc.Model(self.make_model())
        with geosc.Writer("in.h5") as writer:
            for name, features in (("a", a), ("b", b)):
                writer.image(name, features, keypoints=points)
            writer.pair("a", "b")
        names = {"geosc": geosc, "a": a, "b": b, "points": points, "model": model, "poses": "none,hflip"}
        for call in ("geosc.refine(a, model=model, poses=poses)", "model.refine(a, poses=poses)", "geosc.match(a, b, points, model=model, poses=poses)",
                     "geosc.run('in.h5', 'out.h5', model='model.h5', poses=poses)"):
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                eval(compile(call, "caller.py", "eval"), names)
            self.assertEqual([(one.category, one.filename) for one in told], [(UserWarning, "caller.py")], call)

    def test_reason(self):
        """Of a pair without an answer: nothing of files and their programs."""
        a, b, _ = self.images()
        self.assertEqual(geosc.match(a, b, [[9, 2]]).reason, "bad_keypoint: keypoint 0 at (9, 2) is outside the source's 9 x 7 cells (W x H); "
                                                             "keypoints are (x, y), in cells unless units is pixel")

    def test_no_keypoints(self):
        a, b, _ = self.images()
        found = geosc.match(a, b, np.zeros((0, 2)), top=2, confidence=True)
        self.assertEqual((found.xy.shape, found.top_xy.shape, found.mutual.shape, found.status), ((0, 2), (0, 2, 2), (0,), "ok"))
        self.assertEqual(geosc.match(a, b).xy.shape, (7, 9, 2))

    def test_refined(self):
        a, _, _ = self.images()
        refined = geosc.refine(a, poses="all")
        self.assertEqual((refined.channels, refined.height, refined.width, len(refined.poses), refined.status), (8, 7, 9, 8, "ok"))
        expected = a / (np.linalg.norm(a.astype("f8"), axis=0) + 1e-6)
        self.assertLess(np.abs(refined.map() - expected).max(), 1e-6)
        self.assertEqual(geosc.refine(np.zeros((2, 3, 3), "f4")).status, "empty_features")
        model = geosc.Model(self.make_model())
        self.assertEqual((model.channels, model.refine(a, poses=["none", "hflip"]).map("hflip").shape), (8, (8, 7, 9)))


class Mallinfo(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks",
                                                     "fordblks", "keepcost")]


def allocated():
    """The bytes that are allocated by malloc and by Python."""
    gc.collect()
    mallinfo = ctypes.CDLL(None).mallinfo2
    mallinfo.restype = Mallinfo
    info = mallinfo()
    return info.uordblks + info.hblkhd + 64 * sys.getallocatedblocks()


class Process(Quiet):
    """What the package does to its process."""

    def test_structs_are_those_of_the_header(self):
        compiler = os.environ.get("TEST_CC", "cc").split()
        lines = []
        for name, struct in _library.STRUCTS.items():
            fields = [field for field, _ in struct._fields_ if field != "later"]
            lines += [f'printf("{name} {field} %zu\\n", offsetof(struct {name}, {field}));' for field in fields]
            lines.append(f'printf("{name} - %zu\\n", sizeof(struct {name}));')
        with open("show.c", "w") as file:
            file.write('#include <geosc.h>\n#include <stdio.h>\nint main(void)\n{\n' + "\n".join(lines) + "\n}\n")
        self.run_command(*compiler, "-I", os.path.join(SOURCE, "include"), "-o", "show", "show.c")
        found = dict(line.rsplit(" ", 1) for line in self.run_command("./show").stdout.splitlines())
        for name, struct in _library.STRUCTS.items():
            for field, *_ in struct._fields_:
                if field != "later":
                    self.assertEqual(int(found[f"{name} {field}"]), getattr(struct, field).offset, f"{name}.{field}")
            later = getattr(struct, "later", None)
            # where the header has grown, its new fields lie in `later`
            least, most = (later.offset, _library.c.sizeof(struct)) if later else (_library.c.sizeof(struct),) * 2
            self.assertTrue(least <= int(found[name + " -"]) <= most, name)

    def test_overhead(self):
        random = np.random.default_rng(0)
        source, target = (geosc.refine(make_features(random, 4, 2, 2), poses="none", threads=1) for _ in range(2))
        times = []
        for _ in range(300):
            since = time.perf_counter()
            geosc.match(source, target, [[0, 0]], threads=1)
            times.append(time.perf_counter() - since)
        self.assertLess(min(times), 1e-3)

    def test_nothing_leaks(self):
        a, b, points = self.images()
        state = self.make_model()

        def call():
            model = geosc.Model(state)
            geosc.match(a, b, points, model=model, confidence=True, top=3, threads=1)
            for wrong in ({"window": 4}, {"posed": {"hflip": b}}):
                with self.assertRaises(geosc.UsageError):
                    geosc.match(a, b, points, threads=1, **wrong)

        # What the system holds for the process tells little: freed memory stays there for the next allocation.
        for _ in range(100):
            call()
        before = allocated()
        for _ in range(1000):
            call()
        self.assertLess(allocated() - before, 1 << 17)

    def test_threads(self):
        cases = [Case(seed) for seed in range(8)]
        model = geosc.Model(self.make_model())
        expected = [case.match(case.pairs[0], model, False) for case in cases]
        shared, found, faults = geosc.refine(cases[0].images[0]["features"], poses="all"), {}, []

        def work(i):
            try:
                for _ in range(3):
                    found[i] = cases[i].match(cases[i].pairs[0], model, False)
                    geosc.match(shared, shared, [[0, 0]], threads=1)
            except Exception as error:
                faults.append(error)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(faults, [])
        for i, answer in enumerate(expected):
            self.assertTrue(same(answer.xy, found[i].xy))

    def test_fork(self):
        """A process that a fork made has none of the threads."""
        a, b, points = self.images()
        expected = geosc.match(a, b, points)
        with multiprocessing.get_context("fork").Pool(2) as pool:
            for xy in pool.map(_match_in_child, [(a, b, points)] * 4):
                self.assertTrue(same(xy, expected.xy))

    def python(self, code, **more):
        """Runs code in a process of its own."""
        own = {**environment(), **more}
        return subprocess.Popen([sys.executable, "-c", code], env=own, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def ends(self, process, status=0):
        try:
            out, error = process.communicate(timeout=300)
        finally:
            process.kill()
        self.assertEqual(process.returncode, status, out + error)
        return out

    def test_without_h5py_or_environment(self):
        code = ("import sys\nsys.modules.update(h5py=None, torch=None, pandas=None)\nimport geosc, numpy as np\n"
                "m = geosc.match(np.ones((2, 3, 3), 'f4'), np.ones((2, 3, 3), 'f4'), [[1, 1]], poses='none')\nprint(m.status)\n"
                "try:\n    geosc.read('x.h5')\nexcept ImportError as error:\n    print(error)\n")  # fmt: skip
        out = self.ends(self.python(code, GEOSC_ISA="nonsense"))
        self.assertEqual(out, "ok\ngeosc.read and geosc.Writer need h5py (Debian: python3-h5py)\n")

    def test_stop_of_a_run(self):
        """Ctrl-C stops a job, which continues; an exception of the progress function comes out."""
        self.geosc("synth", "-o", "in.h5", "--model-out", "model.h5", "--pairs", 100, "--channels", 128, "--height", 24, "--width", 24, "--hidden", 64)
        code = ("import geosc, sys\ntold = lambda p: (print(p.pairs_done, p.pairs_resumed), sys.stdout.flush())\n"
                "try:\n    geosc.run('in.h5', 'out.h5', model='model.h5', progress=told, threads=1)\n"
                "except KeyboardInterrupt:\n    print('stopped')\n")  # fmt: skip
        process = self.python(code)
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        self.assertTrue(self.ends(process).endswith("stopped\n"))
        self.assertFalse(os.path.exists("out.h5"))
        report = geosc.run("in.h5", "out.h5", model="model.h5")
        self.assertGreater(report.pairs_resumed, 0)

        def fails(_):
            raise ZeroDivisionError

        with self.assertRaises(ZeroDivisionError):
            geosc.run("in.h5", "out2.h5", model="model.h5", progress=fails, threads=1)
        self.assertFalse(os.path.exists("out2.h5"))

    def test_stop_of_a_match(self):
        code = ("import geosc, numpy as np, time\na = np.random.default_rng(0).normal(size=(64, 100, 100)).astype('f4')\n"
                "print('begun', flush=True)\nsince = time.monotonic()\n"
                "try:\n    while True: geosc.match(a, a, poses='none', window='all', confidence=True, threads=1)\n"
                "except KeyboardInterrupt:\n    print('stopped')\n")  # fmt: skip
        process = self.python(code)
        process.stdout.readline()
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        self.assertEqual(self.ends(process), "stopped\n")


def _match_in_child(arguments):
    return geosc.match(*arguments).xy


class Wrong(Quiet):
    """A table of wrong calls: each raises, in a process that goes on."""

    def refuses(self, calls):
        for kind, call in calls:
            with self.subTest(call=call):
                try:
                    eval(call, self.names)
                except kind as error:
                    self.assertTrue(str(error))
                    self.assertNotIn("\n", str(error))
                except BaseException as error:
                    self.fail(f"{type(error).__name__}: {error}")
                else:
                    self.fail("it did not raise")

    def setUp(self):
        super().setUp()
        a, b, points = self.images()
        self.names = {"geosc": geosc, "np": np, "a": a, "b": b, "k": points, "state": self.make_model(), "r": geosc.refine(a, poses="none")}

    def test_match(self):
        usage, kind = geosc.UsageError, TypeError
        wrong_features = ["None", "3", "'a'", "b'a'", "{}", "[]", "object()", "a.astype('i4')", "a.astype('c8')", "a.astype('?')", "[[1, 2], [3]]",
                          "np.array(['a'])", "np.array([None])", "a.astype(np.longdouble)"]  # fmt: skip
        wrong_shapes = ["a[0]", "a[None, None]", "np.stack([a, a])", "np.zeros((0, 3, 3), 'f4')", "np.zeros((3, 0, 3), 'f4')", "a[:4]", "np.float32(3)", "[a] * 9", "[a, a[0]]"]
        calls = [(kind if text != "[]" else (kind, usage), f"geosc.match({text}, b, k)") for text in wrong_features]
        calls += [(kind if text != "[]" else (kind, usage), f"geosc.match(a, {text}, k)") for text in wrong_features]
        calls += [(usage, f"geosc.match({text}, b, k)") for text in wrong_shapes] + [(usage, f"geosc.match(a, {text}, k)") for text in wrong_shapes]
        calls += [((kind, usage), f"geosc.match(a, b, {text})") for text in ("3", "'k'", "k[0]", "k.T", "k[None]", "k.astype(str)", "[[1, 2], [3]]", "{}")]
        calls += [(usage, f"geosc.match(a, b, k, {text})") for text in (
            "window=4", "window='x'", "window='gauss:-1'", "temperature=0", "temperature=float('nan')", "poses='none,none'", "poses='left'", "imd='none'",
            "imd='far'", "top=101", "top=-1", "threads=-1", "threads=2**40", "isa='sse9'", "units='inch'", "units='pixel'", "units='original'",
            "mask=np.ones((2, 2))", "mask=-np.ones(3)", "mirror_index=[0, 1]", "mirror_index=[0, 1, 3]", "mirror_index=[0, 1, -2]",
            "sizes=((0, 0), (1, 1))", "sizes=((1, -1), (1, 1))", "sizes=((1, 2, 3), (1, 1))", "placements=((1, 2), (1, 2))", "posed={'up': a}",
            "posed={'hflip': b}", "posed={'none': a}", "pose_source='stored'", "norm_groups=[1, 2]", "query='far'", "outside='in'", "poses=''",
            "poses='a\\0b'", "similarity='l2'", "axes='cwh'", "axes='3x3'", "restrict_target='x'", "preset='geosc'", "preset=''", "kap=0.1", "kap=0, target_keypoints=k", "kap=[0.1] * 9, target_keypoints=k",
            "kap='x', target_keypoints=k", "kap=0.1, target_keypoints=k[:2]", "kap=0.1, target_keypoints=k * np.inf", "target_keypoints=k",
            "kap=0.1, target_keypoints=k, threshold=-1", "kap=0.1, target_keypoints=k, threshold=0", "threshold=3",
            "kap=0.1, target_keypoints=k, threshold=float('nan')")]  # fmt: skip
        calls += [(kind, f"geosc.match(a, b, k, {text})") for text in (
            "windw=3", "window=[]", "window=object()", "poses=3.5j", "poses=[1, 2]", "top='x'", "top=1.5", "threads=1.5", "threads='1'", "threads=True",
            "isa=3", "axes=3", "sizes=3", "sizes=[1]", "placements='ab'", "posed=[a]", "model='model.h5'", "model=3", "mask='m'", "mirror_index=[0.5, 1, 2]",
            "mirror_index='abc'", "preset=object()", "norm_groups=3", "norm_groups=['a']", "mask=object()", "kap=[[0.1]], target_keypoints=k",
            "kap={}, target_keypoints=k", "kap=0.1, target_keypoints='k'", "kap=0.1, target_keypoints=k, threshold='x'")]  # fmt: skip
        calls += [(kind, "geosc.match()"), (kind, "geosc.match(a)"), (usage, "geosc.match(a, b, mirror_index=[0])")]
        self.assertGreater(len(calls), 100)
        self.refuses(calls)

    def test_refined(self):
        usage = geosc.UsageError
        self.refuses([(usage, f"geosc.match({text})") for text in (
            "r, r, k, poses='all'", "r, r, k, model=None, mask=np.ones((7, 9))", "r, r, k, target_mask=np.ones((7, 9))", "r, r, k, posed={}",
            "r, r, k, sizes=((1, 1), (1, 1))", "r, geosc.refine(a[:4], poses='none'), k", "r, geosc.refine(a, model=geosc.Model(state)), k",
            "r, r, k, units='pixel'", "r, r, k, pose_source='auto'", "r, r, k, axes='hwc'")] + [(usage, "r.map('hflip')"), (usage, "r.map('up')"), (usage, "r.map(None)"),
            (TypeError, "__import__('pickle').dumps(r)")])  # fmt: skip

    def test_models(self):
        error = geosc.Error
        self.refuses([
            (error, "geosc.Model({})"), (TypeError, "geosc.Model(3)"), (TypeError, "geosc.Model({1: a})"), (TypeError, "geosc.Model({'a': 'b'})"),
            (error, "geosc.Model({'a\\0': a})"), (error, "geosc.Model({**state, 'more': a})"), (error, "geosc.Model({'x': np.zeros((1,) * 5)})"),
            (error, "geosc.Model(state, bn_eps=-1)"), (TypeError, "geosc.Model(state, bn_eps='x')"), (error, "geosc.Model(state, gn_groups=0)"),
            (error, "geosc.Model(state, conv='fft')"), (TypeError, "geosc.Model(state, gn_groups=1.5)"), (TypeError, "geosc.Model()"),
            (error, "geosc.Model({**state, 'blocks.0.net.0.weight': state['blocks.0.net.0.weight'] * np.nan})"),
            (error, "geosc.Model.load('nowhere.h5')"), (TypeError, "geosc.Model.load(3)"), (error, "geosc.Model.load('')"), (error, "geosc.Model.load('.')"),
            (TypeError, "__import__('pickle').dumps(geosc.Model(state))"), (error, "geosc.refine(a[:4], model=geosc.Model(state))")])  # fmt: skip

    def test_files(self):
        error = geosc.Error
        with geosc.Writer("in.h5") as writer:
            for name in "ab":
                writer.image(name, self.names[name])
            writer.pair("a", "b", keypoints=[[0, 0]])
        geosc.run("in.h5", "later.h5", poses="none")
        with h5py.File("later.h5", "a") as file:
            file.attrs.modify("format_version", 2)
        self.refuses([
            (error, "geosc.read('later.h5')"),
            (error, "geosc.run('nowhere.h5', 'out.h5')"), (error, "geosc.run('in.h5', 'in.h5')"), (TypeError, "geosc.run('in.h5')"),
            (TypeError, "geosc.run(3, 'out.h5')"), (TypeError, "geosc.run('in.h5', 'out.h5', model=geosc.Model(state))"),
            (error, "geosc.run('in.h5', 'out.h5', window=2)"), (TypeError, "geosc.run('in.h5', 'out.h5', windw=3)"),
            (TypeError, "geosc.run('in.h5', 'out.h5', progress=3)"), (TypeError, "geosc.run('in.h5', 'out.h5', shard=3)"),
            (error, "geosc.run('in.h5', 'out.h5', shard=(2, 2))"), (error, "geosc.run('in.h5', 'out.h5', format='csv')"),
            (TypeError, "geosc.run('in.h5', 'out.h5', memory='4G')"), (error, "geosc.run('in.h5', 'out.h5', memory=1)"),
            (error, "geosc.read('in.h5')"), (error, "geosc.read('nowhere.h5')"), (TypeError, "geosc.read(3)"), (error, "geosc.read('model.h5')"),
            (error, "geosc.Writer('in.h5')"), (error, "geosc.Writer('x.h5', units='inch')")])  # fmt: skip

    def test_reading_what_is_no_output(self):
        """What is wrong, where, and what to do."""
        with geosc.Writer("in.h5") as writer:
            writer.image("a", self.names["a"])
            writer.pair("a", "a")
        geosc.run("in.h5", "out.h5", poses="none")
        with open("out.h5", "rb") as file:
            whole = file.read()
        for name, content in (("text.h5", b"hello"), ("cut.h5", whole[: len(whole) // 2]), ("empty.h5", b"")):
            with open(name, "wb") as file:
                file.write(content)
        with h5py.File("out.h5", "a") as file:
            del file["poses/imd"]
        os.mkdir("folder")
        match = "name an output of geosc match"
        for name, reason in (("nowhere.h5", "does not exist; " + match), ("folder", "is a folder; " + match), ("text.h5", "is not an HDF5 file; " + match),
                             ("empty.h5", "is not an HDF5 file; " + match), ("cut.h5", "is damaged or not complete: .*truncated.*; run geosc match again"),
                             ("out.h5", "is not complete: .*imd.*; run geosc match again"), ("in.h5", "is no output of geosc match")):
            with self.subTest(name), self.assertRaisesRegex(geosc.Error, f"^{name}: {reason}"):
                geosc.read(name)

    def test_writer(self):
        wrong = {
            "w.image('', a)": geosc.UsageError, "w.image('/a', a)": geosc.UsageError, "w.image('x', a)": geosc.UsageError, "w.image(3, a)": TypeError,
            "w.image('x/y', a)": geosc.UsageError, "w.image('y', a[0])": geosc.UsageError, "w.image('y', a, mask=a)": geosc.UsageError,
            "w.image('y', a, rgb=a)": TypeError, "w.image('y', a, rgb=np.zeros((3, 3), 'u1'))": geosc.UsageError, "w.pair('x', 'y')": geosc.UsageError,
            "w.image('features', a)": geosc.UsageError, "w.pair('x', 'x', mirror_index=[0])": geosc.UsageError, "w.image('y', 'a')": TypeError,
            "w.image('y', a, posed={'up': a})": geosc.UsageError, "w.close()": geosc.UsageError,
        }  # fmt: skip
        for call, kind in wrong.items():
            with self.subTest(call=call), self.assertRaises(kind):
                with geosc.Writer("out.h5") as writer:
                    writer.image("x", self.names["a"])
                    eval(call, {**self.names, "w": writer})
            self.assertEqual([name for name in os.listdir(".") if name.startswith("out.h5")], [], call)
        with geosc.Writer("out.h5", overwrite=True) as writer:
            writer.image("x", self.names["a"], keypoints=[[1, 1]], rgb=np.zeros((4, 5, 3), "u1"))
            writer.pair("x", "x")
        self.geosc("inspect", "out.h5")
        with self.assertRaises(geosc.Error):
            writer.image("y", self.names["a"])


if __name__ == "__main__":
    unittest.main()
