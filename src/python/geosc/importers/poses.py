"""The symmetries of the square: geosc-files(5), POSES."""

import numpy as np

POSES = ("none", "hflip", "vflip", "rot180", "rot90", "rot270", "transpose", "antitranspose")
TURNED = POSES[4:]  # height and width change places


def pose_array(array, pose):
    """An array [..., H, W] in this pose."""
    if pose in TURNED:
        array = np.swapaxes(array, -2, -1)  # each of them is the transpose, with axes reversed
    if pose in ("hflip", "rot180", "rot270", "antitranspose"):
        array = array[..., ::-1]
    if pose in ("vflip", "rot180", "rot90", "antitranspose"):
        array = array[..., ::-1, :]
    return array


def pose_grid(grid, pose):
    """(height, width) after the pose."""
    return tuple(grid[::-1]) if pose in TURNED else tuple(grid)
