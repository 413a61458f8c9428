"""An HDF5 file on a disk that may be full. It is opened by its descriptor, so that HDF5 asks for no lock of its own."""

import contextlib
import io

import h5py

from . import stop


class Disk(io.FileIO):
    """What HDF5 writes to. It crashes as it closes a file of which a write has failed, so it hears of no failure: the first one is kept."""

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
    """A new h5py.File in an empty file, as a context; what could not be written is an OSError at its end."""
    with stop.held(), Disk(descriptor, "r+", closefd=False) as disk:
        try:
            with h5py.File(disk, "w") as file:
                yield file
        finally:  # also in place of what HDF5 makes of bytes that are not there
            if disk.failure:
                raise disk.failure


@contextlib.contextmanager
def old_file(descriptor):
    """An h5py.File to read."""
    with stop.held(), Disk(descriptor, "r", closefd=False) as disk, h5py.File(disk, "r") as file:
        yield file
