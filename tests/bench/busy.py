"""Endless loops that compete for the CPUs, as other programs do."""

import contextlib
import subprocess
import sys

LOOPS = 4


@contextlib.contextmanager
def busy():
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(LOOPS)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
