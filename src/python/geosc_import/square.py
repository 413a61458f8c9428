"""The square that an image is put into before features are extracted: scaled to fit, centred, the rest black.

GeoAware-SC states keypoints and thresholds in a square of 840 pixels, whatever the extractor's own size is; so does this.
"""

import contextlib
import warnings

import numpy as np

from . import ImportFailure, reason

SIDE = 840
MASK_THRESHOLD = 127


class Square:
    """Where an image of width x height lies in a square of `side`."""

    def __init__(self, width, height, side=SIDE):
        self.side, self.scale = side, side / max(width, height)
        self.width = side if width >= height else int(np.around(side * width / height))
        self.height = side if height >= width else int(np.around(side * height / width))
        self.left, self.top = (side - self.width) // 2, (side - self.height) // 2

    def points(self, points):
        """[K, 2] pixels of the image as pixels of the square."""
        with np.errstate(over="ignore"):
            return np.asarray(points, float) * self.scale + (self.left, self.top)


def pillow():
    try:
        from PIL import Image
    except ImportError:
        raise ImportFailure("pictures need Pillow (Debian: python3-pil; elsewhere pip install pillow)") from None
    return Image


@contextlib.contextmanager
def picture_faults(path):
    """Damaged pictures fail in as many ways as there are formats, and Pillow refuses some that would unfold to gigabytes."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (ImportFailure, MemoryError):
        raise
    except Exception as error:  # pylint: disable=broad-except
        kind = type(error).__name__
        what = {"UnidentifiedImageError": "it is no picture of a kind that Pillow knows",
                "DecompressionBombError": "it has more pixels than Pillow takes; make it smaller"}.get(kind, reason(error))
        raise ImportFailure(f"{path}: cannot be read: {what}") from None


def picture_size(path):
    with picture_faults(path), pillow().open(path) as picture:
        return picture.size


def read_pixels(path, mode):
    """A picture with all its pixels, which may be damaged though its size could be told."""
    with picture_faults(path), pillow().open(path) as picture:
        if picture.mode.startswith("I"):  # of 16 bits, which Pillow would cut off at 255
            picture = pillow().fromarray((np.asarray(picture).astype(np.uint32) + 256 >> 8).clip(0, 255).astype(np.uint8))
        return picture.convert(mode)


def inside(pixels, path):
    """What is above 127."""
    if 0 < pixels.max() <= MASK_THRESHOLD:  # of 0 and 1, or of labels: all of it would be out
        raise ImportFailure(f"{path}: is nowhere brighter than {pixels.max()}; above {MASK_THRESHOLD} is in: save it with 0 and 255")
    return pixels > MASK_THRESHOLD


def read_mask(path, height, width, resize):
    """A PNG as [height, width]: what it shows at each cell's centre, 0 or 1; with `resize` the part of each cell that is in."""
    mask = inside(np.asarray(read_pixels(path, "L")), path)
    return average(mask, height, width) if resize else cells_of(mask, height, width)


def cells_of(mask, height, width):
    rows = (np.arange(height) + 0.5) * mask.shape[0] / height
    columns = (np.arange(width) + 0.5) * mask.shape[1] / width
    return mask[rows.astype(int)[:, None], columns.astype(int)[None, :]].astype(np.uint8)


def shares(pixels, cells):
    """[cells, pixels]: the share of each cell that each pixel covers, along one axis."""
    edges = np.arange(cells + 1)[:, None] * pixels  # in parts of a pixel, of which it has `cells`
    starts = np.arange(pixels) * cells
    return (np.minimum(edges[1:], starts + cells) - np.maximum(edges[:-1], starts)).clip(0) / pixels


def average(mask, height, width):
    """[height, width] in 0..1: the mean over the area of each cell, pixels that lie in several with their parts."""
    return (shares(mask.shape[0], height) @ mask @ shares(mask.shape[1], width).T).clip(0, 1).astype("<f4")


def thumbnail(path, side):
    """[side, side, 3]: the picture in its square."""
    canvas = np.zeros((side, side, 3), np.uint8)
    picture = read_pixels(path, "RGB")
    square = Square(*picture.size, side)
    small = picture.resize((max(square.width, 1), max(square.height, 1)))
    canvas[square.top : square.top + small.height, square.left : square.left + small.width] = np.asarray(small)
    return canvas
