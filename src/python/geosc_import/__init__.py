"""geosc-import: brings checkpoints, data sets and features into the HDF5 files that geosc reads.

A module for each concern: tensors (files of others, read without running anything of them), model, square (the frame that
images are put into), datasets and own (which images and pairs there are), symmetry, form (where what of an image stands in the
input file), disk (an HDF5 file on a disk that may be full), writer (the file, streamed and resumable), text (of files, as people
get to see it), command. Nothing here needs PyTorch.
"""


class ImportFailure(Exception):
    """What stands against it, in one line: file, reason, and what to do where that helps."""


def reason(error):
    """What an exception says, without a number, and without the path: that stands in front of it already."""
    return getattr(error, "strerror", None) or error
