"""The log of a resumable import: the import's identity, the file with the finished images, and their list.

It is OUTPUT.partial.log, which is also the lock (place.py). Its first line is "geosc-import IDENTITY FILE"; each further line has the number
of an image and the signature of its files. The last line may be incomplete. Lines after an invalid one do not count.
"""

import contextlib
import os
import re

from . import ImportFailure, place, stop

FIRST = re.compile(rb"geosc-import ([0-9a-f]{64}|-) (.*)", re.S)
LINE = re.compile(rb"([0-9]{1,18}) ([0-9a-f]{16})")
MARK = b"geosc-import "


class Log:
    """The log of a claimed output. A new log has neither identity nor partial: they are None."""

    def __init__(self, claim):
        self.file, self.output, self.claim = claim.log, claim.output, claim
        self.identity, self.partial, self.done = None, None, {}
        content = self.file.readall()
        lines = content.split(b"\n")[:-1]
        first = FIRST.fullmatch(lines[0]) if lines else None
        if content and not MARK.startswith(content[: len(MARK)]):
            raise ImportFailure(f"{self.path()}: is not a log of geosc-import, but is needed beside the output; move it away")
        if first and self.is_own(os.fsdecode(first[2])):
            self.identity, self.partial = first[1].decode(), place.beside(self.output, os.fsdecode(first[2]))
            for line in lines[1:]:
                found = LINE.fullmatch(line)
                if not found:
                    break
                self.done[int(found[1])] = found[2].decode()

    def path(self):
        return self.output + place.LOG_ENDING

    def is_own(self, name):
        """Whether a name in the log is a partial file of this output: no other file is opened or removed."""
        return re.fullmatch(re.escape(place.shorten(self.output)) + r"\.[0-9a-f]{8}\.partial", name) is not None

    def append(self, data):
        while data:
            data = data[self.file.write(data) :]

    def begin(self, identity):
        """Starts again. Returns a descriptor of the new, empty file for finished images."""
        self.forget()
        with stop.held():
            descriptor, self.partial = place.make_new(self.output, place.shorten(self.output) + ".", ".partial")
            self.append(MARK + identity.encode() + b" " + os.fsencode(os.path.basename(self.partial)) + b"\n")
        return descriptor

    def add(self, number, signature):
        self.append(f"{number} {signature}\n".encode())
        self.done[number] = signature

    def forget(self):
        if self.partial:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.partial)
        self.partial, self.identity, self.done = None, None, {}
        self.file.truncate(0)

    def remove(self):
        self.forget()
        self.claim.release()


def check_nothing_to_lose(log):
    """Protects another import's finished images from an import that does not resume."""
    if log.partial and log.done:
        raise ImportFailure(f"{log.path()}: belongs to an interrupted import of another kind; choose another name, or remove it and "
                            f"{log.partial}")
