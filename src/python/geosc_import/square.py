"""The square that an image is put into before features are extracted: scaled to fit, centred, the rest black.

GeoAware-SC states keypoints and thresholds in a square of 840 pixels, whatever the extractor's own size is; so does this.
"""

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
        return np.asarray(points, float) * self.scale + (self.left, self.top)


def pillow():
    try:
        from PIL import Image
    except ImportError:
        raise ImportFailure("pictures need Pillow (Debian: python3-pil; elsewhere pip install pillow)") from None
    return Image


def open_picture(path):
    try:
        return pillow().open(path)
    except OSError as error:
        raise ImportFailure(f"{path}: cannot be read: {reason(error)}") from None


def picture_size(path):
    with open_picture(path) as picture:
        return picture.size


def read_pixels(path, mode):
    """A picture with all its pixels, which may be damaged though its size could be told."""
    try:
        with open_picture(path) as picture:
            if picture.mode.startswith("I"):  # of 16 bits, which Pillow would cut off at 255
                picture = pillow().fromarray((np.asarray(picture).astype(np.uint32) + 256 >> 8).clip(0, 255).astype(np.uint8))
            return picture.convert(mode)
    except (OSError, SyntaxError, ValueError) as error:
        raise ImportFailure(f"{path}: cannot be read: {reason(error)}") from None


def read_mask(path, height, width):
    """A PNG of the square, as [height, width] of 0 and 1: what it shows at each cell's centre."""
    pixels = np.asarray(read_pixels(path, "L"))
    if 0 < pixels.max() <= MASK_THRESHOLD:  # of 0 and 1, or of labels: all of it would be out
        raise ImportFailure(f"{path}: is nowhere brighter than {pixels.max()}; above {MASK_THRESHOLD} is in: save it with 0 and 255")
    return cells_of(pixels > MASK_THRESHOLD, height, width)


def cells_of(mask, height, width):
    rows = (np.arange(height) + 0.5) * mask.shape[0] / height
    columns = (np.arange(width) + 0.5) * mask.shape[1] / width
    return mask[rows.astype(int)[:, None], columns.astype(int)[None, :]].astype(np.uint8)


def thumbnail(path, side):
    """[side, side, 3]: the picture in its square."""
    canvas = np.zeros((side, side, 3), np.uint8)
    picture = read_pixels(path, "RGB")
    square = Square(*picture.size, side)
    small = picture.resize((max(square.width, 1), max(square.height, 1)))
    canvas[square.top : square.top + small.height, square.left : square.left + small.width] = np.asarray(small)
    return canvas
