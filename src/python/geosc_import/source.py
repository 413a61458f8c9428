"""A file of others, opened once: its bytes, each asked for only where it is there, and how much may come out of them."""

import os
import re
import stat

from . import ImportFailure

# Arrays may take more than the file that describes them: views of one storage, expanded tensors, packed zeros. No file of tensors
# that people made has needed more than this many times its size; small ones may unfold to that many bytes.
MOST_UNFOLDED = 16
ALWAYS_UNFOLDED = 256 << 20


def recognise(start):
    """What a file is that is taken for one of tensors by mistake; None for any other."""
    if not start:
        return "is empty; get it again"
    if start.startswith(b"version https://git-lfs.github.com/spec"):
        return "is a pointer of Git LFS, which stands in for the file; get the file itself with: git lfs pull"
    if re.match(rb"(\xef\xbb\xbf)?\s*<(!doctype|html|\?xml|!--)", start, re.IGNORECASE):
        return "is a page of the web, not the file that it is named after; download that again (it may need a login)"
    if start.startswith(b"\x89HDF\r\n\x1a\n"):
        return "is an HDF5 file already; if geosc inspect knows it, geosc takes it as it is"
    if start.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")):
        return "is packed; unpack it first"
    if start[257:262] == b"ustar":
        return "is a tar archive; unpack it, or save the checkpoint again with a PyTorch of today"
    return None


class Source:
    """As a context. Raises ImportFailure without the file's name."""

    def __init__(self, path):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe must not hold it up
        try:
            facts = os.fstat(descriptor)
            if stat.S_ISDIR(facts.st_mode):
                raise ImportFailure("is a folder; name a file")
            if not stat.S_ISREG(facts.st_mode):
                raise ImportFailure("is no regular file")
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
            raise ImportFailure("is damaged, or cut off: it should go on where it ends")

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
        """Whether `count` bytes may come out of the file; they are not counted."""
        if count > self.room:
            raise ImportFailure(f"would take {count} bytes, more than may come out of a file of {self.size}: refused")

    def unfold(self, count):
        """Counts bytes that come out of the file."""
        self.check_room(count)
        self.room -= count
