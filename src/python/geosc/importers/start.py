"""The start and end of geosc-import, geosc-export and geosc-extract: streams, signals, and one line for each error.

An unexpected exception is a bug of the program: GEOSC_IMPORT_TRACEBACK=1 in the environment prints its traceback.
"""

import contextlib
import importlib
import io
import os
import sys
import traceback
import warnings

from . import ImportFailure, stop
from .text import Screen, printable, say

STOPPED = 75
PACKAGES = {"h5py": "python3-h5py", "numpy": "python3-numpy", "PIL": "python3-pil", "torch": "python3-torch"}
HOMES = {"geosc-import": "geosc.importers.command", "geosc-export": "geosc.exporters.command", "geosc-extract": "geosc.extractors.command"}


def open_streams():
    """Opens /dev/null for closed streams, so that no file gets their numbers; makes streams escape characters they cannot encode."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_WRONLY if number == 0 else os.O_RDONLY)  # gets the lowest free number
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(errors="backslashreplace")
    warnings.simplefilter("ignore")  # libraries print lines of their source
    sys.unraisablehook = lambda _: None


def put_out(text):
    """Writes to standard output; returns whether it took all. After an error, /dev/null replaces it, so that Python does not try again,
    and complain, when it exits. A closed pipe is no error to report."""
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
    return (f"bug in {Screen.program}: {type(error).__name__}: {printable(error, 200)} ({os.path.basename(place.filename)}:{place.lineno}); "
            "please report this line and the command")


def describe_missing(error):
    package = (error.name or "").split(".")[0]
    if package == "geosc":
        return f"its module {error.name} is missing: install geosc again"
    if package not in PACKAGES:
        return f"a Python package cannot be loaded: {printable(error, 200)}"
    return f"needs the Python package {package} (Debian: {PACKAGES[package]})"


def run(version):
    """Runs the command and returns its exit status. Only this function turns exceptions into lines."""
    resumable = False
    try:
        stop.catch()
        os.environ["HDF5_PLUGIN_PRELOAD"] = "::"  # HDF5 loads no plugin that a file asks for
        command = importlib.import_module(HOMES[Screen.program])  # here, because packages may be missing
        settings = command.parse(version)
        resumable = command.is_resumable(settings)
        command.run(settings)
        return 0
    except stop.Stopped:
        say(f"stopped by {stop.name()}" + "; repeat the command to resume" * resumable)
        return STOPPED
    except SystemExit as end:  # argparse has printed its message
        return end.code or 0
    except ImportFailure as failure:
        say(failure)
    except ImportError as error:
        say(describe_missing(error))
    except MemoryError:
        say("not enough memory: the largest file that the import reads must fit into memory")
    except Exception as error:  # pylint: disable=broad-except
        if os.environ.get("GEOSC_IMPORT_TRACEBACK") == "1":
            traceback.print_exc()
        say(describe_unforeseen(error))
    return 1


def main(version, program="geosc-import"):
    Screen.program = program
    open_streams()
    with contextlib.redirect_stdout(io.StringIO()) as said:
        try:
            status = run(version)
            stop.State.ignored = True
        except stop.Stopped:  # while run printed another message
            say(f"stopped by {stop.name()}")
            status = STOPPED
    return status if put_out(said.getvalue()) or status else 1


def script():
    """The program of this name, where pip installed it."""
    from importlib.metadata import version

    return main(version("geosc"), os.path.basename(sys.argv[0]))
