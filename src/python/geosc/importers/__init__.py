"""geosc-import: converts checkpoints, data sets and features to the HDF5 files that geosc reads.

A module for each concern: tensors (reads tensor files), with source (their bytes), archive (zip), pickles (read without running them),
torch_file, array_file and entry (an array before it is read); state (the weights in a checkpoint), rename, model, square (the square around an
image, and masks), axes (of arrays), files (text files), datasets, own and coco (find images and
pairs), symmetry, check (a symmetry file against keypoints), scene (their result), form
(the layout of the input file), place (the output's name and its lock), resume (the log), disk (an HDF5 file on a disk that may be full),
writer (the file, streamed and resumable), stored and zarr (HDF5 and Zarr, read in a process of their
own by apart), support (pairs of coco's annotations with other pictures), extracted (features in a file of geosc-extract), poses, stop (signals),
text (escapes what is shown), command (options), start (errors as one line).
Nothing here needs PyTorch.
"""


class ImportFailure(Exception):
    """An error as one line: file, reason, and what to do if that helps."""


def reason(error):
    """The text of an exception, without error number and path: the message has the path already."""
    return getattr(error, "strerror", None) or error
