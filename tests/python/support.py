"""What the tests share: a scratch folder for each, and the commands under test."""

import contextlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

SOURCE = os.path.abspath(os.environ.get("srcdir", "."))
BUILD = os.path.abspath(os.environ.get("builddir", "."))
# The built package geosc has the library beside it.
FOLDERS = [os.path.join(BUILD, "src", "python"), os.path.join(SOURCE, "src", "python")]
sys.path[:0] = FOLDERS


def environment():
    own = dict(os.environ)
    own["PATH"] = BUILD + os.pathsep + own.get("PATH", "")
    own["PYTHONPATH"] = os.pathsep.join(FOLDERS)
    own["OMP_NUM_THREADS"] = "2"
    return own


def small_model(channels=64, hidden=16):
    """{key: array} of one block, which geosc takes."""
    import numpy as np

    state = {}
    for place, (out, into, side) in ((0, (hidden, channels, 1)), (3, (hidden, hidden, 3)), (6, (channels, hidden, 1))):
        state[f"blocks.0.net.{place}.weight"] = np.ones((out, into, side, side), "f4")
        for name in ("weight", "bias", "running_mean", "running_var"):
            state[f"blocks.0.net.{place + 1}.{name}"] = np.ones(out, "f4")
    return state


class Scratch(unittest.TestCase):
    """Runs in a folder of its own, which goes with it."""

    def setUp(self):
        self.before = os.getcwd()
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="geosc-python."))
        os.chdir(self.folder)
        self.addCleanup(self.leave)

    def leave(self):
        os.chdir(self.before)
        shutil.rmtree(self.folder)

    def run_command(self, *words, status=0):
        """The completed process of a command; its exit status is looked at. status None: all done, or some pairs failed."""
        result = subprocess.run(list(map(str, words)), env=environment(), capture_output=True, text=True, timeout=300)
        self.assertIn(result.returncode, (0, 3) if status is None else (status,), f"{' '.join(map(str, words))}\n{result.stdout}{result.stderr}")
        return result

    def run_here(self, program, *words):
        """Runs a program of geosc's package in this process, which is faster: (status, stdout, stderr)."""
        from geosc.importers import start, stop
        from geosc.importers.text import Screen

        kept = {number: signal.getsignal(number) for number in stop.STOPPING}
        out, said = io.StringIO(), io.StringIO()
        stop.State.ignored = False
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said), unittest.mock.patch.object(Screen, "program", program), \
                unittest.mock.patch.object(sys, "argv", [program, *map(str, words)]):
            status = start.run("0")
        for number, handler in kept.items():
            signal.signal(number, handler)
        self.assertNotIn("Traceback", said.getvalue())
        self.assertNotIn("bug in geosc-", said.getvalue())
        return status, out.getvalue(), said.getvalue()

    def geosc(self, *words, status=0):
        return self.run_command(os.path.join(BUILD, "geosc"), *words, status=status)

    def instruction_sets(self):
        """Those that this machine can use."""
        listed = re.search("^instruction sets:(.*)", self.geosc("--version").stdout, re.M)[1]
        return re.sub(r"\S+ \(not on this machine\)", "", listed).split()

    def geosc_import(self, *words, status=0):
        return self.run_command(os.path.join(BUILD, "geosc-import"), *words, status=status)

    def geosc_export(self, *words, status=0):
        return self.run_command(os.path.join(BUILD, "geosc-export"), *words, status=status)

    def geosc_extract(self, *words, status=0):
        return self.run_command(os.path.join(BUILD, "geosc-extract"), *words, status=status)
