#!/usr/bin/env python3
"""tests/bench/threads.py GEOSC [ROUNDS]: what threads gain, alone on the machine and beside others.

For each of three kinds of work it runs, in turn, one thread; two threads; eight; and two runs of one thread at the same time, each with half
of the pairs: what two cores can give. Then one and two threads again while four endless loops compete for the CPUs. Prints medians and
quartiles of ROUNDS rounds (5), as ratios to one thread in the same round. Needs two CPUs. Keep the machine idle.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time

from busy import LOOPS, busy

KINDS = (
    ("300 pairs of 60 images, 256 x 40 x 40, all poses",
     "--layout indexed --pairs 300 --images 60 --channels 256 --height 40 --width 40", "--poses all"),
    ("40 pairs of 22 images, 768 x 60 x 60, all poses",
     "--layout indexed --pairs 40 --channels 768 --height 60 --width 60", "--poses all"),
    ("6 pairs that share no image, 1536 x 60 x 60, the seed's network",
     "--pairs 6 --channels 1536 --height 60 --width 60 --hidden 768 --blocks 4 --dtype f2", ""),
)

def seconds(geosc, settings):
    """Runs the same match with each of the settings at the same time; returns the wall time of all."""
    began = time.monotonic()
    running = [subprocess.Popen([geosc, "match", "in.h5", "-m", "model.h5", "-o", f"out{i}-%s.h5" if "--shard" in words else f"out{i}.h5",
                                 "-f", "-q", *words.split()]) for i, words in enumerate(settings)]
    if any([process.wait() for process in running]):
        sys.exit("threads.py: a run failed")
    return time.monotonic() - began


def compare(geosc, rounds, poses, ways):
    times = [[] for _ in ways]
    for _ in range(rounds):
        for taken, (_, settings) in zip(times, ways):
            taken.append(seconds(geosc, [f"{words} {poses}" for words in settings]))
    for taken, (name, _) in zip(times, ways):
        ratios = sorted(a / b for a, b in zip(taken, times[0]))
        low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
        print(f"  {name:<40} {statistics.median(taken):8.2f} s  {middle:5.2f} of one thread's time ({low:.2f} to {high:.2f})", flush=True)


def main():
    geosc = os.path.abspath(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    one, two = ("one thread", ["-j 1"]), ("two threads", ["-j 2"])
    halves = ("two runs of one thread, half the pairs", ["-j 1 --shard 0/2", "-j 1 --shard 1/2"])
    with tempfile.TemporaryDirectory(dir=".") as folder:
        os.chdir(folder)
        for name, shape, poses in KINDS:
            subprocess.run([geosc, "synth", "-f", "-o", "in.h5", "--model-out", "model.h5", *shape.split()], check=True)
            print(f"{name}:", flush=True)
            compare(geosc, rounds, poses, [one, two, ("eight threads", ["-j 8"]), halves])
            print(f" beside {LOOPS} endless loops:")
            with busy():
                compare(geosc, rounds, poses, [one, two, halves])
        os.chdir("..")


main()
