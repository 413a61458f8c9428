"""Signals that stop an import. The first signal raises Stopped at once, or after the part of the import that is `held`. The second signal
ends the process."""

import contextlib
import os
import signal

STOPPING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGXCPU"))


class Stopped(BaseException):
    """Not an Exception, so that no handler of errors catches it."""


class State:
    number = 0  # of the signal received
    holds = 0  # nested parts that no exception may leave
    ignored = False


def on_signal(number, _):
    if State.number:
        os._exit(128 + number)
    State.number = number
    if not State.holds:
        check()


def catch():
    """Sets the handlers; a signal that was ignored at the start stays ignored."""
    for number in STOPPING:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, on_signal)


def check():
    if State.number and not State.ignored:
        raise Stopped()


def ignore():
    """From here on, no signal stops the import."""
    check()
    State.ignored = True


@contextlib.contextmanager
def held():
    """Delays Stopped to the end of this context: HDF5 does not survive an exception from the Python functions that it calls. check() may
    still raise it."""
    State.holds += 1
    try:
        yield
    finally:
        State.holds -= 1
    check()


def name():
    return signal.Signals(State.number).name
