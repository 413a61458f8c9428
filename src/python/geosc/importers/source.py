"""A file to read, opened once: checked access to its bytes, and a limit on the arrays made from them."""

import os
import re
import stat

from . import ImportFailure

# Arrays may take more bytes than their file: views of one storage, expanded tensors, compressed zeros. They are limited to this multiple of
# the file's size, more than real tensor files need; a small file may reach the second number.
MOST_UNFOLDED = 16
ALWAYS_UNFOLDED = 256 << 20


def recognise(start):
    """The kind of a file that is often mistaken for a tensor file, and what to do; None for other files."""
    if not start:
        return "is empty; download it again"
    if start.startswith(b"version https://git-lfs.github.com/spec"):
        return "is a Git LFS pointer, not the file itself; get the file with: git lfs pull"
    if re.match(rb"(\xef\xbb\xbf)?\s*<(!doctype|html|\?xml|!--)", start, re.IGNORECASE):
        return "is a web page, not the file that its name says; download the file again (it may need a login)"
    if start.startswith(b"\x89HDF\r\n\x1a\n"):
        return "is already an HDF5 file; if geosc inspect accepts it, use it without geosc-import"
    if start.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")):
        return "is compressed; decompress it first"
    if start[257:262] == b"ustar":
        return "is a tar archive; unpack it, or save the checkpoint again with a recent PyTorch"
    return None


class Source:
    """An open file, as a context. Its ImportFailures do not have the file's name."""

    def __init__(self, path):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # does not wait for a FIFO
        try:
            facts = os.fstat(descriptor)
            if stat.S_ISDIR(facts.st_mode):
                raise ImportFailure("is a folder; name a file")
            if not stat.S_ISREG(facts.st_mode):
                raise ImportFailure("is not a regular file")
            self.size = facts.st_size
            self.room = max(ALWAYS_UNFOLDED, MOST_UNFOLDED * self.size)
            self.file = os.fdopen(descriptor, "rb")
        except BaseException:
            os.close(descriptor)
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def check_there(self, offset, count):
        if not 0 <= offset <= self.size or not 0 <= count <= self.size - offset:
            raise ImportFailure("is damaged or cut off: it ends too early")

    def at(self, offset, count):
        """`count` bytes."""
        self.check_there(offset, count)
        self.file.seek(offset)
        data = self.file.read(count)
        if len(data) < count:
            raise ImportFailure("became shorter while it was read")
        return data

    def start(self, count=512):
        return self.at(0, min(count, self.size))

    def check_room(self, count):
        """Refuses an array of `count` bytes if it exceeds the limit; does not count it."""
        if count > self.room:
            raise ImportFailure(f"needs {count} bytes, too many for a file of {self.size}")

    def unfold(self, count):
        """Counts the bytes of an array against the limit."""
        self.check_room(count)
        self.room -= count
