"""geosc-import: brings checkpoints, data sets and features into the HDF5 files that geosc reads.

A module for each concern: tensors (files of others), from source (their bytes), archive (zip), pickles (read without running anything of
them), torch_file, array_file and entry (an array before it is read); state (the weights in a checkpoint), model, square (the frame that
images are put into, and masks), axes (of arrays), files (texts), datasets and own (which images and pairs there are), symmetry, scene
(what they give), form (where what of an image stands in the input file), place (the output's name, and the lock on it), resume (the
log), disk (an HDF5 file on a disk that may be full), writer (the file, streamed and resumable), stop (signals), text (what may be
shown), command (options), start (what goes wrong, as one line). Nothing here needs PyTorch.
"""


class ImportFailure(Exception):
    """What stands against it, in one line: file, reason, and what to do where that helps."""


def reason(error):
    """What an exception says, without a number, and without the path: that stands in front of it already."""
    return getattr(error, "strerror", None) or error
