"""geosc-import from its first to its last moment: the streams, the signals, and one line for whatever goes wrong.

Whatever is not foreseen is a fault of geosc-import: then GEOSC_IMPORT_TRACEBACK=1 in the environment shows where it happened.
"""

import contextlib
import io
import os
import sys
import traceback
import warnings

from . import ImportFailure, stop
from .text import printable, say

STOPPED = 75
PACKAGES = {"h5py": "python3-h5py", "numpy": "python3-numpy", "PIL": "python3-pil"}


def open_streams():
    """No file that is opened later takes the place of a closed stream, and what a stream cannot show is escaped."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_WRONLY if number == 0 else os.O_RDONLY)  # the lowest number that is free
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(errors="backslashreplace")
    warnings.simplefilter("ignore")  # libraries print lines of their source
    sys.unraisablehook = lambda _: None


def put_out(text):
    """On standard output, which may be full, or a pipe that nobody reads. Returns whether all of it went there. Nothing is left for Python
    to try again, and complain of, at its end."""
    try:
        if sys.stdout is not None:
            sys.stdout.write(text)
            sys.stdout.flush()
        return True
    except OSError as error:
        if not isinstance(error, BrokenPipeError):
            say(f"standard output: cannot be written: {error.strerror}")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False


def describe_unforeseen(error):
    place = traceback.extract_tb(error.__traceback__)[-1]
    return (f"fault of geosc-import: {type(error).__name__}: {printable(error, 200)} ({os.path.basename(place.filename)}:{place.lineno}); "
            "please report this line, with the command")


def describe_missing(error):
    package = (error.name or "").split(".")[0]
    if package.startswith("geosc_import"):
        return f"its module {error.name} is missing: install geosc again"
    if package not in PACKAGES:
        return f"a Python package cannot be loaded: {printable(error, 200)}"
    return f"needs the Python package {package} (Debian: {PACKAGES[package]})"


def run(version):
    """The exit status. Only here is an exception turned into a line."""
    resumable = False
    try:
        stop.catch()
        from . import command  # with all the packages that may be missing

        settings = command.parse(version)
        resumable = settings.command != "model"
        command.run(settings)
        return 0
    except stop.Stopped:
        say(f"stopped by {stop.name()}" + "; the same command goes on from there" * resumable)
        return STOPPED
    except SystemExit as end:  # of argparse, which has said why
        return end.code or 0
    except ImportFailure as failure:
        say(failure)
    except ImportError as error:
        say(describe_missing(error))
    except MemoryError:
        say("there is not enough memory for this import; the largest file that it reads must fit into it")
    except Exception as error:  # pylint: disable=broad-except
        if os.environ.get("GEOSC_IMPORT_TRACEBACK") == "1":
            traceback.print_exc()
        say(describe_unforeseen(error))
    return 1


def main(version):
    open_streams()
    with contextlib.redirect_stdout(io.StringIO()) as said:
        try:
            status = run(version)
            stop.State.ignored = True
        except stop.Stopped:  # while something else was told
            say(f"stopped by {stop.name()}")
            status = STOPPED
    return status if put_out(said.getvalue()) or status else 1
