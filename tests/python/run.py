"""Runs the tests of this folder, each module in a process of its own, as many at a time as there are CPUs; or, in this process, those whose
names hold a given word. The last line is "N passed, N failed"; before it, what failed is said once more."""

import os
import re
import signal
import subprocess
import sys
import unittest
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import chain

HERE = os.path.dirname(os.path.abspath(__file__))
COUNT = re.compile(r"^(\d+) passed, (\d+) failed$", re.M)


def flatten(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flatten(test)
        else:
            yield test


def run_those_with(word):
    # What tests begin heeds these signals, also where nohup or a shell's background had this ignore them.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    sys.path.insert(0, HERE)
    own = f"{word}py"  # "test_model." is a whole module: the others need not be read
    pattern = own if os.path.exists(os.path.join(HERE, own)) else "test*.py"
    tests = [test for test in flatten(unittest.TestLoader().discover(HERE, pattern)) if word in test.id()]
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(unittest.TestSuite(tests))
    wrong = len({str(test) for test, _ in result.failures + result.errors})
    failed = wrong + (not tests)
    print(f"{result.testsRun - wrong} passed, {failed} failed")
    return failed > 0


def run_module(name):
    """What the module's tests print."""
    command = [sys.executable, *(f"-W{option}" for option in sys.warnoptions), os.path.abspath(__file__), f"{name}."]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace").stdout


def installs(name):
    """Whether a module's tests run make install: for that moment the programs in the build folder are those of another place."""
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return '"make", "-s", "install"' in file.read()


def run_side_by_side(names, count):
    with ThreadPoolExecutor(count) as pool:
        for future in as_completed([pool.submit(run_module, name[:-3]) for name in names]):
            yield future.result()


def run_all():
    """Modules that install first, one by one; of the others, large ones first: they are likely to take longest."""
    files = sorted((name for name in os.listdir(HERE) if re.fullmatch(r"test_\w+\.py", name)),
                   key=lambda name: -os.path.getsize(os.path.join(HERE, name)))  # fmt: skip
    passed, failed, faults = 0, 0, []
    alone, others = [name for name in files if installs(name)], [name for name in files if not installs(name)]
    for said in chain(run_side_by_side(alone, 1), run_side_by_side(others, len(os.sched_getaffinity(0)))):
        print(said, end="", flush=True)
        counts = COUNT.findall(said)
        here = [int(number) for number in counts[-1]] if counts else [0, 1]
        passed, failed = passed + here[0], failed + here[1]
        if here[1]:
            faults.append(said[said.find("\n======") + 1 :] if "\n======" in said else said[-4000:])
    if failed:
        print("== failed", *faults, sep="\n")
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(run_those_with(sys.argv[1]) if sys.argv[1:] else run_all())
