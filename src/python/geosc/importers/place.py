"""A file that appears under its name only when it is complete, like geosc's own outputs (src/lib/base/place.h).

It is written under a temporary name in the same folder, synced, then renamed. Only --force replaces an existing file: a regular file, or a
symbolic link itself. OUTPUT.partial.log is the lock on the name: only one import at a time writes an output.
"""

import contextlib
import errno
import fcntl
import os
import re
import secrets
import stat
import zlib

from . import ImportFailure, stop
from .text import say

SYSTEM_FOLDERS = ("/dev", "/proc", "/sys")  # names in these are devices, processes and settings
MEMORY = "/dev/shm"  # names in this are files
LOG_ENDING = ".partial.log"
NAME_KEPT, MOST_LINKS, ATTEMPTS = 180, 40, 100
LONGEST_NAME = 255
KINDS = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a FIFO"), (stat.S_ISSOCK, "a socket"), (stat.S_ISREG, None))


def fail(path, what):
    return ImportFailure(f"{path}: {what}")


# ---- names --------------------------------------------------------------------------------------------------------------


def is_within(path, folder):
    return path == folder or path.startswith(folder + "/")


def system_folder(path):
    """The system folder that contains the path, or a target of its chain of links; None if there is none."""
    for _ in range(MOST_LINKS):
        real = os.path.realpath(os.path.dirname(path) or ".")
        if not is_within(real, MEMORY):
            for folder in SYSTEM_FOLDERS:
                if is_within(real, folder):
                    return folder
        try:
            path = os.path.join(real, os.readlink(path))
        except OSError:
            return None
    return None


def kind_of(path):
    """The kind of the file at a path, links followed, if it cannot be replaced; None if it can."""
    try:
        mode = os.stat(path).st_mode
    except OSError:  # a dangling link can be replaced
        return None
    return next((kind for test, kind in KINDS if test(mode)), "a device")


def check_name(path, force):
    """Refuses a path where the output cannot be put, as far as the path tells."""
    name = os.path.basename(path)
    if path == "-":
        raise ImportFailure("-: an HDF5 file cannot be written to stdout; name a file")
    if not name:
        raise fail(path, "is the name of a folder; name the file to write") if path else ImportFailure("the name of the output file is empty")
    if len(os.fsencode(name)) + len(LOG_ENDING) > LONGEST_NAME:
        raise fail(path, f"cannot be written: its name is too long for the file NAME{LOG_ENDING} beside it; choose a shorter name")
    folder = system_folder(path)
    if folder:
        raise fail(path, f"cannot be written: it is in {folder}, or leads there, which holds devices and processes; name a file elsewhere")
    try:
        there = os.lstat(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise fail(path, f"cannot be written: {error.strerror}") from None
    link, kind = stat.S_ISLNK(there.st_mode), kind_of(path)
    if kind:
        raise fail(path, f"cannot be written: it is {'a link that leads to ' * link}{kind}; name a regular file")
    if not force:
        raise fail(path, f"{'is a symbolic link and ' if link else ''}already exists; choose another name, or replace it with --force")


def check_inputs(output, inputs):
    """Refuses an output that is one of the inputs, which --force would overwrite."""
    try:
        there = os.stat(output)
    except OSError:
        return
    for path in inputs:
        with contextlib.suppress(OSError):
            if os.path.samestat(os.stat(path), there):
                raise fail(output, "is an input of this import; choose another name for the output"
                           + ("" if path == output else f" (it is the same file as {path})"))


# ---- the lock -----------------------------------------------------------------------------------------------------------


def open_regular(path, flags):
    """A descriptor of a regular file, not a link; does not wait for a FIFO. The umask sets the mode."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | flags, 0o666)
    except FileNotFoundError:
        raise fail(path, "cannot be written: its folder does not exist; create it first") from None
    except OSError as error:
        raise fail(path, f"cannot be written: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise fail(path, "is not a regular file, but is needed beside the output; move it away")
    return descriptor


def lock(descriptor, path):
    """Whether the file is locked. Only one error means that another import has the lock; others mean that locks do not work here."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EAGAIN):
            raise fail(path, "another import is writing this output") from None
        say(f"{path}: cannot be locked ({error.strerror}): make sure that no other import writes this output")
        return False
    return True


def is_still(descriptor, path):
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    return False


class Claim:
    """The name of an output, held by one import."""

    def __init__(self, output):
        self.output, self.path, self.log = output, output + LOG_ENDING, None
        self.owned = self.locked = False  # owned: no other import has it, as far as known

    def open(self):
        """False if the previous holder has removed the file meanwhile."""
        self.log = os.fdopen(open_regular(self.path, os.O_CREAT | os.O_APPEND), "r+b", buffering=0)
        self.locked = lock(self.log.fileno(), self.path)
        self.owned = not self.locked or is_still(self.log.fileno(), self.path)
        if not self.owned:
            self.log.close()
        return self.owned

    def release(self):
        """Removes the log while it is locked, so that an import that has it open sees that it is gone."""
        if self.owned and is_still(self.log.fileno(), self.path):
            os.unlink(self.path)

    def close(self):
        """Closes the log; removes it if it is empty."""
        if self.log is not None and not self.log.closed:
            if os.fstat(self.log.fileno()).st_size == 0:
                self.release()
            self.log.close()


@contextlib.contextmanager
def claim(output):
    """A context that holds the output's name. Its log, an unbuffered file to read and append to, stays unless empty or released."""
    claimed = Claim(output)
    try:
        for _ in range(ATTEMPTS):
            with stop.held():
                claimed.open()
            if claimed.owned:
                break
        else:
            raise fail(claimed.path, "appears and disappears: other imports are writing this output")
        yield claimed
    finally:
        claimed.close()


# ---- the file -----------------------------------------------------------------------------------------------------------


def shorten(path):
    """The output's name as part of other names: a long name becomes its beginning and a checksum of all of it."""
    name = os.fsencode(os.path.basename(path))
    if len(name) > NAME_KEPT:
        name = name[: NAME_KEPT - 9].decode("utf-8", "ignore").encode() + b"-%08x" % zlib.crc32(name)
    return os.fsdecode(name)


def beside(path, name):
    return os.path.join(os.path.dirname(path), name)


def make_new(output, begin, end):
    """(descriptor, path) of a new file in the output's folder, with random digits in its name."""
    for _ in range(ATTEMPTS):
        path = beside(output, begin + secrets.token_hex(4) + end)
        try:
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666), path
        except FileExistsError:
            continue
        except OSError as error:
            raise fail(output, f"cannot be written: no file can be created in its folder: {error.strerror}") from None
    raise fail(output, "cannot be written: no file can be created in its folder: all names are taken")


def sync_folder(path):
    """Syncs the folder of a path. A file system that cannot sync folders does not need it."""
    try:
        descriptor = os.open(os.path.dirname(path) or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except PermissionError:  # the folder may be writable, but not readable
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EROFS):
            raise fail(path, f"is written, but its folder cannot be synced: {error.strerror}") from None
    finally:
        os.close(descriptor)


def rename_new(temporary, output):
    """Renames without replacing a file: link() never overwrites, but rename() does. Without hard links, checks the name a last time."""
    try:
        os.link(temporary, output)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK):
            raise
        check_name(output, False)
        os.rename(temporary, output)
    else:
        os.unlink(temporary)


def put_in_place(descriptor, temporary, output, force):
    """Gives a finished file its name and syncs file and folder. After the first sync, no signal stops the import."""
    os.fsync(descriptor)  # a failure is final: a second try may succeed without the data
    stop.ignore()
    check_name(output, force)
    if force:
        os.rename(temporary, output)
    else:
        rename_new(temporary, output)
    sync_folder(output)


def sweep(output):
    """Removes temporary files of killed imports; only for the import that has the lock."""
    ours = re.compile(r"\." + re.escape(shorten(output)) + r"\.\d+\.[0-9a-f]{8}\.import\.tmp")
    with contextlib.suppress(OSError):
        for name in os.listdir(os.path.dirname(output) or "."):
            if ours.fullmatch(name):
                os.unlink(beside(output, name))


@contextlib.contextmanager
def new_output(claimed, force):
    """A context with (descriptor, path) of a file that gets the claimed name at the end, and is removed after any failure."""
    output = claimed.output
    if claimed.locked:
        sweep(output)
    temporary = None
    try:
        with stop.held():
            descriptor, temporary = make_new(output, f".{shorten(output)}.{os.getpid()}.", ".import.tmp")
        yield descriptor, temporary
        put_in_place(descriptor, temporary, output, force)
    finally:
        if temporary:
            os.close(descriptor)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
