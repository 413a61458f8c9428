"""The square around an image for which features are extracted: the image is scaled to fit and centred, the rest is black.

Keypoints and thresholds are in pixels of a square of 840, as in GeoAware-SC, for any size of the extractor.
"""

import contextlib
import warnings

import numpy as np

from . import ImportFailure, reason

SIDE = 840
SIDES = 1, 1 << 24  # of an image, smallest and largest, in pixels
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "PPM")  # of pictures: others may start programs, as EPS does
ORIENTATION, TURNED = 0x0112, (5, 6, 7, 8)  # EXIF's tag, and its values for pictures that lie on a side
PICTURES = (".jpg", ".JPG", ".jpeg", ".JPEG", ".png", ".PNG")  # endings of a picture's name
MASK_THRESHOLD = 127


class Square:
    """The place of an image of width x height in a square of `side`."""

    def __init__(self, width, height, side=SIDE):
        self.side, self.scale = side, side / max(width, height)
        self.width = side if width >= height else int(np.around(side * width / height))
        self.height = side if height >= width else int(np.around(side * height / width))
        self.left, self.top = (side - self.width) // 2, (side - self.height) // 2

    def points(self, points):
        """Converts points [K, 2] from the image's pixels to the square's."""
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
    """Turns every exception about a picture into an ImportFailure: each format has its own, and Pillow refuses huge pictures."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (ImportFailure, MemoryError):
        raise
    except Exception as error:  # pylint: disable=broad-except
        kind = type(error).__name__
        what = {"UnidentifiedImageError": "it is not a picture in a format that is read here (JPEG, PNG, WebP, TIFF, BMP, GIF, PPM)",
                "DecompressionBombError": "it has more pixels than Pillow allows; make it smaller"}.get(kind, reason(error))
        raise ImportFailure(f"{path}: cannot be read: {what}") from None


def picture_size(path, upright=False):
    """(width, height); upright: as people see it, turned as EXIF says."""
    with picture_faults(path), pillow().open(path, formats=FORMATS) as picture:
        return picture.size[::-1] if upright and picture.getexif().get(ORIENTATION) in TURNED else picture.size


def read_pixels(path, mode, upright=False):
    """A picture with its pixels, which may be damaged even if its size can be read; upright: turned as EXIF says."""
    with picture_faults(path), pillow().open(path, formats=FORMATS) as picture:
        if upright:
            from PIL import ImageOps

            picture = ImageOps.exif_transpose(picture)
        if picture.mode.startswith("I"):  # 16 bits, which Pillow would clip at 255
            picture = pillow().fromarray((np.asarray(picture).astype(np.uint32) + 256 >> 8).clip(0, 255).astype(np.uint8))
        return picture.convert(mode)


def inside(pixels, path):
    """A binary mask: values above 127 are inside."""
    if 0 < pixels.max() <= MASK_THRESHOLD:  # 0 and 1, or labels: nothing would be inside
        raise ImportFailure(f"{path}: has no value above {pixels.max()}, but only values above {MASK_THRESHOLD} are inside: save the mask as "
                            "0 and 255")
    return pixels > MASK_THRESHOLD


def read_mask(path, height, width, resize):
    """A PNG as a mask [height, width]: its value at each cell's centre, 0 or 1; with `resize`, the share of each cell inside."""
    mask = inside(np.asarray(read_pixels(path, "L")), path)
    return average(mask, height, width) if resize else cells_of(mask, height, width).astype(np.uint8)


def cells_of(mask, height, width):
    """[height, width]: the mask's value at each cell's centre."""
    rows = (np.arange(height) + 0.5) * mask.shape[0] / height
    columns = (np.arange(width) + 0.5) * mask.shape[1] / width
    return mask[rows.astype(int)[:, None], columns.astype(int)[None, :]]


def shares(pixels, cells):
    """[cells, pixels]: the share of each cell that each pixel covers, along one axis."""
    edges = np.arange(cells + 1)[:, None] * pixels  # a unit of 1 / cells of a pixel keeps this in integers
    starts = np.arange(pixels) * cells
    return (np.minimum(edges[1:], starts + cells) - np.maximum(edges[:-1], starts)).clip(0) / pixels


def average(mask, height, width):
    """[height, width] in 0..1: the mean over the area of each cell; a pixel counts for the share that lies in the cell."""
    return (shares(mask.shape[0], height) @ mask @ shares(mask.shape[1], width).T).clip(0, 1).astype("<f4")


def squared_thumbnail(path, side):
    """The picture in its square, [side, side, 3]."""
    canvas = np.zeros((side, side, 3), np.uint8)
    picture = read_pixels(path, "RGB")
    square = Square(*picture.size, side)
    small = picture.resize((max(square.width, 1), max(square.height, 1)))
    canvas[square.top : square.top + small.height, square.left : square.left + small.width] = np.asarray(small)
    return canvas


def placed_thumbnail(path, side, size, placement):
    """The frame from which features were made, [side, side, 3] whatever its form: size as (width, height), and the picture at its placement
    (scale, x, y) in it; None: the picture is the frame."""
    picture = read_pixels(path, "RGB")
    if size is None or placement is None:
        return np.asarray(picture.resize((side, side)))
    scale, left, top = placement
    across, down = (float(length) / (side * scale) for length in size)  # pixels of the picture in one of the thumbnail
    place = (across, 0, -left / scale, 0, down, -top / scale)
    if not all(abs(number) < 1e9 for number in place):
        return np.zeros((side, side, 3), np.uint8)  # nothing of the picture is to be seen
    small = picture.resize([max(1, min(own, round(own / step))) for own, step in zip(picture.size, (across, down))])
    steps = [own / new for own, new in zip(picture.size, small.size)]
    place = tuple(number / steps[0] for number in place[:3]) + tuple(number / steps[1] for number in place[3:])
    return np.asarray(small.transform((side, side), pillow().AFFINE, place, resample=pillow().BILINEAR))
