"""An HDF5 file on a disk that may be full. It is opened by its descriptor, so that HDF5 takes no lock of its own."""

import contextlib
import io

import h5py

from . import stop


class Disk(io.FileIO):
    """The file that HDF5 writes to. HDF5 crashes when it closes a file after a failed write: so it sees none, and `failure` keeps the first."""

    failure = None

    def write(self, data):
        rest = memoryview(data).cast("B")
        try:
            while rest:
                rest = rest[super().write(rest) :]
        except OSError as error:
            self.failure = self.failure or error
        return len(data)

    def truncate(self, size=None):
        try:
            super().truncate(size)
        except OSError as error:
            self.failure = self.failure or error
        return size


@contextlib.contextmanager
def new_file(descriptor):
    """A context with a new h5py.File in an empty file. At its end, it raises the OSError of a failed write."""
    with stop.held(), Disk(descriptor, "r+", closefd=False) as disk:
        try:
            with h5py.File(disk, "w") as file:
                yield file
        finally:  # also replaces HDF5's errors about the missing bytes
            if disk.failure:
                raise disk.failure


@contextlib.contextmanager
def old_file(descriptor):
    """An h5py.File to read."""
    with stop.held(), Disk(descriptor, "r", closefd=False) as disk, h5py.File(disk, "r") as file:
        yield file
