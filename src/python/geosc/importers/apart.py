"""Runs a reader in a process of its own: a library in C may crash or hang on a damaged file, and then only that process ends.

The process sends arrays as their description and their bytes, and texts as UTF-8; what it sends is looked at before it is believed.
"""

import contextlib
import json
import os
import resource
import signal
import struct

import numpy as np

from . import ImportFailure, reason
from .entry import check_shape
from .text import printable

SECONDS = 600  # of work for one file, then it counts as damaged
MOST_HEADER = 1 << 20
ROOM_BESIDE = 2 << 30  # bytes of memory that the process may take beside the arrays
TEXT, VALUE = "text", "value"


def send(pipe, data):
    view = memoryview(data)
    while view:
        view = view[os.write(pipe, view) :]


def send_all(pipe, found):
    """found: {name: (array, kind), list of texts, or a plain value}."""
    parts, header = [], []
    for name, value in found.items():
        if isinstance(value, tuple):
            array, kind = value
            parts.append(np.ascontiguousarray(array).reshape(-1).view("u1").data if array.size else b"")
            header.append([name, kind, list(array.shape), array.dtype.str])
        elif isinstance(value, list):
            texts = [one.encode("utf-8", "replace") if isinstance(one, str) else one for one in value]
            parts += texts
            header.append([name, TEXT, [len(one) for one in texts], None])
        else:
            header.append([name, VALUE, value, None])
    text = json.dumps(header).encode()
    send(pipe, struct.pack("<bQ", 0, len(text)) + text)
    for part in parts:
        send(pipe, part)


def limit(room):
    """No more memory than the arrays and what the library needs; no core file; no endless loop; no signal handler of the import."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGXCPU, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, ValueError):
        with open("/proc/self/statm", encoding="ascii") as file:
            own = int(file.read().split()[0]) * resource.getpagesize()
        most = own + 3 * room + ROOM_BESIDE
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    signal.alarm(SECONDS)


def work(read, room, what, pipe):
    """The process: reads and sends, or sends what is wrong."""
    limit(room)
    try:
        send_all(pipe, read())
        return
    except ImportFailure as failure:
        said = str(failure)
    except MemoryError:
        said = "does not fit into memory"
    except Exception as error:  # pylint: disable=broad-except
        said = f"{what} cannot read it: {printable(reason(error), 200)}"
    said = said.encode("utf-8", "backslashreplace")[:4096]
    send(pipe, struct.pack("<bQ", 1, len(said)) + said)


def take(file, count, room):
    if type(count) is not int or not 0 <= count <= room:
        raise ImportFailure("needs more memory than it may")
    data = file.read(count)
    if len(data) < count:
        raise EOFError
    return data


def receive(file, room):
    failed, length = struct.unpack("<bQ", take(file, 9, room))
    text = take(file, length, MOST_HEADER if failed else max(room, MOST_HEADER))
    if failed:
        raise ImportFailure(text.decode("utf-8", "replace"))
    found = {}
    for name, kind, shape, dtype in json.loads(text):
        if kind == VALUE:
            found[name] = shape
        elif kind == TEXT:
            found[name] = [take(file, count, room).decode("utf-8", "replace") for count in shape]
        else:
            dtype, shape = np.dtype(dtype), check_shape(shape)
            if dtype.kind not in "biuf":
                raise ValueError(dtype)
            data = take(file, int(np.prod(shape, dtype=object)) * dtype.itemsize, room)
            found[name] = np.frombuffer(data, dtype).reshape(shape), kind
    return found


def run(read, room, what):
    """What read() returns, {name: (array, its kind) or list of texts or a plain value}. room: bytes of all arrays; what: the library."""
    out, into = os.pipe()
    child = os.fork()
    if not child:
        with contextlib.suppress(BaseException):
            os.close(out)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            work(read, room, what, into)
        os._exit(0)
    os.close(into)
    try:
        with os.fdopen(out, "rb") as file:
            return receive(file, room)
    except (EOFError, TypeError, ValueError, struct.error):
        raise ImportFailure(f"is damaged: {what} crashed or took too long while it read it") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
