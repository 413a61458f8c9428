"""Signals that stop an import. The first one is an exception, Stopped, wherever the import is; while it is `held`, at its end. The
second one ends the process at once."""

import contextlib
import os
import signal

STOPPING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGXCPU"))


class Stopped(BaseException):
    """No Exception: nothing that handles faults takes it for one."""


class State:
    number = 0  # of the signal that came
    holds = 0  # how deep in parts that no exception may come out of
    ignored = False


def on_signal(number, _):
    if State.number:
        os._exit(128 + number)
    State.number = number
    if not State.holds:
        check()


def catch():
    """Leaves alone what whoever started us wants ignored."""
    for number in STOPPING:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, on_signal)


def check():
    if State.number and not State.ignored:
        raise Stopped()


def ignore():
    """From here on the import ends well, whatever comes."""
    check()
    State.ignored = True


@contextlib.contextmanager
def held():
    """No exception of a signal comes out of HDF5's calls to Python, which it would not live through; check() may raise within."""
    State.holds += 1
    try:
        yield
    finally:
        State.holds -= 1
    check()


def name():
    return signal.Signals(State.number).name
