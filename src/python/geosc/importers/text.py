"""Text from files, made safe for terminals and logs."""

import contextlib
import os
import re
import sys

# C0, DEL and C1; marks that change the direction of text; separators of lines; halves of surrogate pairs.
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def escape(match):
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # Python's code for a byte that is not UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def printable(text, most=None):
    """The text as one line, with unsafe characters as \\x1b or \\u202e, cut off after `most` characters."""
    text = str(text)
    if most is not None and len(text) > most:
        text = text[:most] + "..."
    return UNSAFE.sub(escape, text)


class Screen:
    """The state of stderr."""

    unfinished = False  # the last line is to be overwritten
    program = "geosc-import"  # what begins a line of its own


def put(text):
    with contextlib.suppress(OSError, ValueError, AttributeError):
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except OSError:  # Python would try again when it exits, and change the exit status
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def say(text):
    """Prints a line of its own on stderr."""
    put("\n" * Screen.unfinished + f"{Screen.program}: {printable(text)}\n")
    Screen.unfinished = False


def say_progress(text, last):
    """Prints a line on a terminal that the next call overwrites."""
    put(f"\r\033[K{printable(text)}" + "\n" * last)
    Screen.unfinished = not last
