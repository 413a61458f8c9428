#!/usr/bin/env python3
"""tests/bench/left.py GEOSC [ROUNDS]: how true the time left is that a run tells, alone on the machine and beside others.

For each of four kinds of work it runs ROUNDS matches (3) with two threads, alone and then while four endless loops compete for the CPUs.
Prints the error of the time left that was told after 5, 10, 20 and 50 % of each run, in per cent of the true one, and from when on it was
within 20 % or half a second until the end. Needs two CPUs. Keep the machine idle: loads that change during a run are not foreseen.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

from busy import LOOPS, busy

KINDS = (
    ("900 pairs of 450 images, 256 x 40 x 40, three poses",
     "--layout indexed --pairs 900 --images 450 --channels 256 --height 40 --width 40 --hidden 128 --blocks 3",
     "--poses none,hflip,rot180 --pose-source derived"),
    ("1000 pairs of 40 images, 256 x 40 x 40, all poses, so that most images come first",
     "--layout indexed --pairs 1000 --images 40 --channels 256 --height 40 --width 40 --hidden 512 --blocks 4",
     "--poses all --pose-source derived"),
    ("100 pairs that share no image, 768 x 60 x 60",
     "--pairs 100 --channels 768 --height 60 --width 60 --hidden 256 --blocks 3", ""),
    ("600 pairs of 300 images of two sizes, 512 x 60 x 40",
     "--layout grouped --pairs 600 --images 300 --channels 512 --height 60 --width 40 --hidden 256 --blocks 4",
     "--poses none,hflip --pose-source derived"),
)
MOMENTS = (5, 10, 20, 50)


def told(geosc, options):
    """Runs a match; returns the seconds since its start and the seconds left of each line of its progress, and the whole time."""
    began = time.monotonic()
    process = subprocess.Popen([geosc, "match", "in.h5", "-m", "model.h5", "-o", "out.h5", "-f", "-j", "2", "--progress", "json",
                                *options.split()], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    lines = []
    for line in process.stderr:
        if line.startswith("{"):
            left = json.loads(line)["seconds_left"]
            lines += [(time.monotonic() - began, left)] if left is not None else []
    if process.wait():
        sys.exit("left.py: a run failed")
    return lines, time.monotonic() - began


def show(name, lines, whole):
    errors = {moment: next(((left / (whole - at) - 1) * 100 for at, left in lines if at >= whole * moment / 100), None) for moment in MOMENTS}
    last = max((at for at, left in lines if abs(left - (whole - at)) > max(0.2 * (whole - at), 0.5)), default=0)
    cells = "  ".join(f"{moment} %: " + ("none" if error is None else f"{error:+.0f} %") for moment, error in errors.items())
    print(f"  {name:<22} {whole:6.1f} s   {cells}   within 20 % from {last / whole:.0%} on", flush=True)
    return errors[10]


def main():
    geosc = os.path.abspath(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    errors = []
    with tempfile.TemporaryDirectory(dir=".") as folder:
        os.chdir(folder)
        for name, shape, options in KINDS:
            subprocess.run([geosc, "synth", "-f", "-o", "in.h5", "--model-out", "model.h5", *shape.split()], check=True)
            print(f"{name}:", flush=True)
            for _ in range(rounds):
                show("alone", *told(geosc, options))
            with busy():
                errors += [show(f"beside {LOOPS} loops", *told(geosc, options)) for _ in range(rounds)]
        os.chdir("..")
    errors = [abs(error) for error in errors if error is not None]
    print(f"after a tenth, beside {LOOPS} loops: median {statistics.median(errors):.0f} %, at most {max(errors):.0f} %, "
          f"{sum(error <= 20 for error in errors)} of {len(errors)} within 20 %")


main()
