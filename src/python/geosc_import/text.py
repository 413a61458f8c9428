"""Text of files, as it may reach a terminal or a log."""

import contextlib
import os
import re
import sys

# C0, DEL and C1; marks that turn the direction of text; separators that break lines; halves of surrogate pairs.
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def escape(match):
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8, as Python has it in paths
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def printable(text, most=None):
    """One line, in which everything that isn't harmless to look at stands as \\x1b or \\u202e; cut off beyond `most` characters."""
    text = str(text)
    if most is not None and len(text) > most:
        text = text[:most] + "..."
    return UNSAFE.sub(escape, text)


class Screen:
    """stderr, of which nobody hears where it cannot be written."""

    unfinished = False  # a line that is to be written over


def put(text):
    with contextlib.suppress(OSError, ValueError, AttributeError):
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except OSError:  # Python would try again at its end, and make it the exit status
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def say(text):
    """A line, on a line of its own."""
    put("\n" * Screen.unfinished + f"geosc-import: {printable(text)}\n")
    Screen.unfinished = False


def say_progress(text, last):
    """A line that the next one is written over, on a terminal."""
    put(f"\r\033[K{printable(text)}" + "\n" * last)
    Screen.unfinished = not last
