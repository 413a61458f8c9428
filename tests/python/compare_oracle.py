"""Random decoders and networks against a reference implementation in float64: compare_oracle.py ORACLE.py [COUNT [SEED]].

ORACLE.py is a program with `case`, which makes an input and a model, and `match`, which computes the definitions; see
make check-oracle. Each combination runs with every instruction set of this machine, on float16 or float32 features.
Answers must agree within docs/computation.md, Precision; near-ties, which may go either way, are counted and left out.
"""
import importlib.util, itertools, os, random, re, subprocess, sys, tempfile
from argparse import Namespace

import h5py
import numpy as np

GEOSC = os.path.join(os.environ.get("builddir", "."), "geosc")
POSES = ["none", "hflip", "vflip", "rot180", "rot90", "rot270", "transpose", "antitranspose"]
POSE_MARGIN, PEAK_MARGIN, IMD_TOLERANCE, SCORE_TOLERANCE, XY_TOLERANCE = 2e-5, 1e-5, 1e-5, 1e-5, 1e-3
STEEP = 50  # similarity over temperature up to which coordinates have that tolerance: 1 over 0.02


def load(path):
    spec = importlib.util.spec_from_file_location("oracle", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.torch.set_grad_enabled(False)
    return module


def choose(rng):
    """A combination: what the case is made of, and the options of the match."""
    dot = rng.random() < 0.5
    window = rng.choice(["1", "3", "11", "15", "41", "gauss:7", "gauss:2", "gauss:0.7", "all"])
    imd = rng.choice(["squared", "euclidean", "mutual", "none"])
    count = 1 if imd == "none" else rng.randint(1, 4)
    height, width = rng.randint(5, 24), rng.randint(5, 24)
    case = dict(
        seed=rng.randrange(10**6), pairs=3, channels=rng.choice([16, 40, 64]), hidden=rng.choice([32, 64]), blocks=2, depth=rng.choice([1, 2, 3]),
        height=height, width=width if rng.random() < 0.5 else height, keypoints=rng.choice([0, 7, 12]),
        arch=rng.choice(["none", "linear", "residual", "aggregation", "aggregation"]), mask=rng.random() < 0.6, target_mask=rng.random() < 0.6,
        gzip=rng.random() < 0.3, dtype=rng.choice(["f2", "f4"]),
    )
    options = dict(
        poses=",".join(rng.sample(POSES, count)), imd=imd, window=window, outside=rng.choice(["drop", "zero"]),
        query=rng.choice(["cell", "bilinear"]), similarity="dot" if dot else "cosine",
        temperature=rng.choice([0.5, 2.0, 10.0]) if dot else rng.choice([0.02, 0.1, 1.0]),
        restrict_target=rng.choice(["", "both", "imd", "match"]),
    )
    return case, options, rng.random() < 0.5


def deepen(path, channels, outputs, rng):
    """Replaces a model by an aggregation network of one to three bottlenecks a level, one or two time steps, and first convolutions of either
    size, on three levels."""
    random, steps, groups = np.random.default_rng(rng.randrange(10**6)), rng.choice([1, 2]), 8
    widths = [channels // steps // 2, channels // steps // 4, channels // steps - channels // steps // 2 - channels // steps // 4]
    with h5py.File(path, "w") as file:
        def add(key, out, into, side):
            file[key + ".weight"] = (random.normal(size=(out, into, side, side)) * (2 / (into * side * side)) ** 0.5).astype("f4")
            file[key + ".norm.weight"] = random.uniform(0.5, 1.5, out).astype("f4")
            file[key + ".norm.bias"] = (0.2 * random.normal(size=out)).astype("f4")

        for i, width in enumerate(widths):
            side, depth, inputs = rng.choice([1, 3]), rng.choice([1, 2, 3]), width
            for j in range(depth):
                place, hidden = f"bottleneck_layers.{i}.{j}.", outputs // 4
                add(place + "conv1", hidden, inputs, side)
                add(place + "conv2", hidden, hidden, 3)
                add(place + "conv3", outputs, hidden, 1)
                if inputs != outputs or rng.random() < 0.3:
                    add(place + "shortcut", outputs, inputs, 1)
                inputs = outputs
        file["mixing_weights"] = random.normal(size=len(widths) * steps).astype("f4")
        file.attrs["gn_groups"] = groups


def index_layout(stacked, path, rng):
    """The same pairs in the layout of data sets, with partners of mirrored keypoints."""
    with h5py.File(stacked) as f, h5py.File(path, "w") as o:
        pairs, shape = len(f["source"]), f["source"].shape
        if f["target"].shape != shape:
            return False
        o["images/features"] = np.concatenate([f["source"][:], f["target"][:]])
        masks = [f[n][:] if n in f else np.ones((pairs,) + shape[2:], "u1") for n in ("mask", "target_mask")]
        if "mask" in f or "target_mask" in f:
            o["images/mask"] = np.concatenate(masks)
        o["pairs/source"], o["pairs/target"] = np.arange(pairs), np.arange(pairs) + pairs
        if "keypoints" in f:
            count = f["keypoints"].shape[1]
            o["pairs/keypoints"] = f["keypoints"][:]
            o["pairs/mirror_index"] = np.array([[rng.randrange(-1, count) for _ in range(count)] for _ in range(pairs)])
    return True


class Recorder:
    """Notes how clear each peak of the reference is, and the largest similarity, while it computes."""

    def __init__(self, oracle):
        self.torch, self.compute, self.margins, self.largest = oracle.torch, oracle.softargmax, [], 0.0

    def __call__(self, sim, *rest):
        best = self.torch.topk(sim.reshape(-1), min(2, sim.numel())).values.tolist()
        self.margins.append(best[0] - best[1] if len(best) == 2 else np.inf)
        seen = sim[self.torch.isfinite(sim)]
        self.largest = max(self.largest, float(seen.abs().max()))
        return self.compute(sim, *rest)


def reference(oracle, source, output, model, options):
    recorder = Recorder(oracle)
    oracle.softargmax = recorder
    try:
        oracle.match(Namespace(input=source, output=output, model=model, **options))
    finally:
        oracle.softargmax = recorder.compute
    return recorder


def run(source, output, model, options, isa):
    words = ["--" + name.replace("_", "-") + "=" + str(value) for name, value in options.items() if value != ""]
    command = [GEOSC, "match", source, "-o", output, "-q", "-f", "--isa", isa] + words + (["-m", model] if model else [])
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")


def compare(output, expected, recorder, options):
    """Faults, and the number of near-ties. Answers of the reference were computed in the order of the file."""
    faults, ties = [], 0
    with h5py.File(output) as o, h5py.File(expected) as r:
        imd, its = o["poses/imd"][:], r["poses/imd"][:]
        found, wanted = o["poses/chosen"][:], r["poses/chosen"][:]
        xy, right_xy = o["matches/xy"][:], r["matches/xy"][:]
        score, right = o["matches/score"][:], r["matches/score"][:]
    if not np.allclose(imd, its, rtol=0, atol=IMD_TOLERANCE, equal_nan=True):
        faults.append(f"imd: {np.nanmax(abs(imd - its)):.3g}")
    scale = max(1.0, recorder.largest) if options["similarity"] == "dot" else 1.0
    steep = max(1.0, recorder.largest / options["temperature"] / STEEP)
    margins = iter(recorder.margins)
    for p in range(len(xy)):
        asked = ~np.isnan(right[p])
        clear = np.zeros(right[p].shape)
        clear[asked] = [next(margins) for _ in range(asked.sum())]
        if found[p] != wanted[p]:
            best = np.sort(its[p][~np.isnan(its[p])])
            ties += 1
            if len(best) < 2 or best[1] - best[0] > POSE_MARGIN:
                faults.append(f"pair {p}: pose {found[p]} instead of {wanted[p]}")
            continue
        if (np.isnan(score[p]) != ~asked).any() or (np.isnan(xy[p]).any(-1) != ~asked).any():
            faults.append(f"pair {p}: other keypoints are answered")
            continue
        ties += int((asked & (clear <= PEAK_MARGIN * scale)).sum())
        sure = asked & (clear > PEAK_MARGIN * scale)
        for name, error, limit in (
            ("score", abs(score[p] - right[p])[asked], SCORE_TOLERANCE * scale),
            ("xy", abs(xy[p] - right_xy[p])[sure], XY_TOLERANCE * steep),
        ):
            if error.size and error.max() > limit:
                faults.append(f"pair {p}: {name}: {error.max():.3g}, limit {limit:.3g}")
    return faults, ties


def usable_sets():
    version = subprocess.run([GEOSC, "--version"], capture_output=True, text=True).stdout
    listed = re.search("^instruction sets:(.*)", version, re.M)[1]
    return re.sub(r"\S+ \(not on this machine\)", "", listed).split()


def main(path, count=200, seed=1):
    oracle, rng, failed, ties, sets = load(path), random.Random(int(seed)), 0, 0, usable_sets()
    with tempfile.TemporaryDirectory() as folder:
        stacked, indexed, model, expected, output = (
            os.path.join(folder, name + ".h5") for name in ("stacked", "indexed", "model", "expected", "output"))
        for number in range(int(count)):
            case, options, as_data_set = choose(rng)
            oracle.case(Namespace(output=stacked, model_out=model, **case))
            if case["arch"] == "aggregation" and rng.random() < 0.75:
                deepen(model, case["channels"], case["hidden"], rng)
            source = indexed if as_data_set and index_layout(stacked, indexed, rng) else stacked
            network = None if case["arch"] == "none" else model
            recorder = reference(oracle, source, expected, network, options)
            for isa in sets:
                run(source, output, network, options, isa)
                faults, near = compare(output, expected, recorder, options)
                ties += near
                failed += bool(faults)
                for fault in faults:
                    print(f"{number} {isa}: {fault}: {case} {options}")
            for name in (stacked, indexed, model):
                if os.path.exists(name):
                    os.unlink(name)
    print(f"{ties} near-ties left out, with {', '.join(sets)}")
    print(f"{int(count) * len(sets) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
