"""Runs the tests of this folder, or those whose names hold a given word. The last line is "N passed, N failed"."""

import os
import sys
import unittest


def flatten(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flatten(test)
        else:
            yield test


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path.insert(0, here)
    tests = [test for test in flatten(unittest.TestLoader().discover(here)) if not sys.argv[1:] or sys.argv[1] in test.id()]
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(unittest.TestSuite(tests))
    failed = len({str(test) for test, _ in result.failures + result.errors}) + (not tests)
    print(f"{result.testsRun - len({str(test) for test, _ in result.failures + result.errors})} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
