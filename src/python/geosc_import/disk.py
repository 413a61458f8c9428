"""An HDF5 file that is written, on a disk that may be full."""

import contextlib
import io

import h5py


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
def new_file(path):
    """A new h5py.File, as a context; what could not be written is an OSError at its end."""
    with Disk(path, "w+") as disk:
        try:
            with h5py.File(disk, "w") as file:
                yield file
        finally:  # also in place of what HDF5 makes of bytes that are not there
            if disk.failure:
                raise disk.failure
