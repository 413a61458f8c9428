"""The log of an import that can go on: which import it is, the file that holds what is finished, and which images that is.

OUTPUT.partial.log, which is also the lock (place.py). Its first line is "geosc-import IDENTITY FILE"; each other one names an image
and the signature of its files. The last line may be torn, and what follows a line that is none is not believed.
"""

import contextlib
import os
import re

from . import ImportFailure, place, stop

FIRST = re.compile(rb"geosc-import ([0-9a-f]{64}|-) (.*)", re.S)
LINE = re.compile(rb"([0-9]{1,18}) ([0-9a-f]{16})")
MARK = b"geosc-import "


class Log:
    """Of a claimed output. identity and partial are None in a new one."""

    def __init__(self, claim):
        self.file, self.output, self.claim = claim.log, claim.output, claim
        self.identity, self.partial, self.done = None, None, {}
        content = self.file.readall()
        lines = content.split(b"\n")[:-1]
        first = FIRST.fullmatch(lines[0]) if lines else None
        if content and not MARK.startswith(content[: len(MARK)]):
            raise ImportFailure(f"{self.path()}: is needed beside the output, but is a file of another kind; move it away")
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
        """Nothing else is opened, or removed, whatever the log says."""
        return re.fullmatch(re.escape(place.shorten(self.output)) + r"\.[0-9a-f]{8}\.partial", name) is not None

    def append(self, data):
        while data:
            data = data[self.file.write(data) :]

    def begin(self, identity):
        """Forgets what there was. Returns a descriptor of the new, empty file for what is finished."""
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
    """For an import that writes its output in one go."""
    if log.partial and log.done:
        raise ImportFailure(f"{log.path()}: is of an import of another kind that was interrupted; choose another name, or remove it and "
                            f"{log.partial}")
