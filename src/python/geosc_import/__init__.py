"""geosc-import: brings checkpoints, data sets and features into the HDF5 files that geosc reads.

A module for each concern: tensors (files of others, read without running anything of them), model, square (the frame that
images are put into), datasets and own (which images and pairs there are), symmetry, writer (the input file, streamed and
resumable), command. Nothing here needs PyTorch.
"""


class ImportFailure(Exception):
    """What stands against it, in one line: file, reason, and what to do where that helps."""
