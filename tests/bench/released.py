#!/usr/bin/env python3
"""tests/bench/released.py [SEEDS [SCALE]]: what each difference between geosc and the released code of GeoAware-SC moves.

Makes folders as GeoAware-SC's scripts leave them (tests/python/geoaware_folder.py: two categories of four images, 12 x SCALE cells in a row;
SCALE is 5, as there are 60), one for each of SEEDS seeds (3), and evaluates them by the definitions in tests/python/released.py with one
difference at a time. Prints the table of docs/differences.md: means over the seeds, and the smallest and largest. Needs PyTorch.
"""

import os
import sys
import tempfile

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))
from geoaware_folder import KEYPOINTS, make_spair  # noqa: E402
from released import SIDE, Folder, Settings, answer, cell_of, number_by_place, pck, run  # noqa: E402

MIRROR = ((0, 1), (2, 3), (4, 5), (8, 9))
GROUPS = ((0, 1), (2, 3, 5, 6), (4, 7), (8, 9))  # in a bus, lamps 2, 3, 5, 6 and plates 4, 7
DOUBTFUL = 0.1  # share of points that are annotated, but hidden


def rectified(part):
    """As a network leaves features: half of them are exactly zero."""
    return np.maximum(part - np.median(part), 0)


def moved(base, other, **more):
    """Points of PCK@0.1 by which the difference moves it."""
    return 100 * float(pck(other, **more)[2] - pck(base, **more)[2])


def turned(base, other):
    return sum(bool(a.flips != b.flips) for a, b in zip(base, other)), len(base)


def border_moves(folder):
    """How far the answer to a point on the right border lies from that of the cell beside it, in parts of the pair's threshold."""
    lengths = []
    for entry in folder.pairs():
        source, target = (folder.features(f"{entry['category']}/{entry[which + '_imname'][:-4]}", False) for which in ("src", "trg"))
        cells = target.shape[-1]
        for y in np.linspace(0.2, 0.8, 7) * SIDE:
            both = [answer(source.reshape(len(source), -1)[:, cell_of((SIDE, y), cells, False, Settings(wraps=wraps))], target, Settings())
                    for wraps in (False, True)]
            box = entry["trg_bndbox"]
            threshold = max(box[2] - box[0], box[3] - box[1]) * SIDE / max(entry["trg_imsize"][:2])
            lengths.append(np.hypot(*np.subtract(*both)) / threshold)
    return 100 * float((np.array(lengths) > 0.1).mean())


def measure(seed, scale):
    """{difference: figures} of one seed."""
    with tempfile.TemporaryDirectory() as root:
        make_spair(root, seed, scale, MIRROR)
        folder, network = Folder(root), Folder(root, rectified)
        random = np.random.default_rng(seed)
        doubtful = {f"{entry['category']}/{entry['src_imname'][:-4]}": None for entry in folder.pairs()}
        doubtful = {name: set(np.flatnonzero(random.random(KEYPOINTS) < DOUBTFUL)) for name in doubtful}
        base, refined = run(folder, MIRROR, Settings()), run(network, MIRROR, Settings())
        grid, zeros = run(folder, MIRROR, Settings(grid=64)), run(network, MIRROR, Settings(zeros=True))
        found = {"IMD on 64 x 64 cells, poses": turned(base, grid), "IMD on 64 x 64 cells, PCK@0.1": moved(base, grid),
                 "exact zeros in IMD, poses": turned(refined, zeros), "exact zeros in IMD, PCK@0.1": moved(refined, zeros),
                 "partners both, alike, PCK@0.1": moved(base, run(folder, MIRROR, Settings(both=True))),
                 "halved coordinates, PCK@0.1": moved(base, run(folder, MIRROR, Settings(halved=True), doubtful)),
                 "groups by place, geometry-aware PCK@0.1 per point": 100 * float(
                     pck(base, number_by_place(GROUPS, KEYPOINTS))[2] - pck(base, GROUPS)[2]),
                 "points on the border: answers moved by more than 0.1": border_moves(folder)}
    with tempfile.TemporaryDirectory() as root:
        make_spair(root, seed, scale)
        folder = Folder(root)
        found["partners both, not alike, PCK@0.1"] = moved(run(folder, MIRROR, Settings()), run(folder, MIRROR, Settings(both=True)))
    return found


def tell(found):
    """The figures of all seeds, a line for each difference."""
    for name, first in found[0].items():
        values = [one[name] for one in found]
        if isinstance(first, tuple):
            print(f"{name}: {sum(count for count, _ in values)} of {sum(of for _, of in values)} others")
        else:
            sign = "" if name.startswith("points") else "+"
            print(f"{name}: {np.mean(values):{sign}.1f} ({min(values):{sign}.1f} to {max(values):{sign}.1f})")


if __name__ == "__main__":
    seeds, scale = (int(word) for word in (sys.argv[1:] + ["3", "5"][len(sys.argv) - 1 :]))
    tell([measure(seed, scale) for seed in range(1, seeds + 1)])
