"""The frame of a picture: what the backbone sees. The picture is scaled and lies in it; the rest is black."""

import numpy as np

from ..importers.square import Square, cells_of, pillow, read_pixels
from ..importers.square import average as average_cells


class Frame:
    """width, height in pixels; scale, left, top: of the picture in it; inner: (width, height) of the scaled picture."""

    def __init__(self, size, side, multiple=None):
        """size: (width, height) of the picture. Without `multiple`: a square of `side`, the picture centred; else the longer side is `side`, the
        picture lies in the top left corner, and both sides are the next multiples."""
        if multiple is None:
            square = Square(*size, side)
            self.width = self.height = side
            self.scale, self.left, self.top, self.inner = square.scale, square.left, square.top, (square.width, square.height)
        else:
            self.scale, self.left, self.top = side / max(size), 0, 0
            self.inner = tuple(max(1, round(length * self.scale)) for length in size)
            self.width, self.height = (-(-length // multiple) * multiple for length in self.inner)
        self.inner = tuple(max(1, length) for length in self.inner)

    def facts(self):
        """As geosc-files(5) has them."""
        return {"size": np.array([self.width, self.height], float), "placement": np.array([self.scale, self.left, self.top], float)}

    def place(self, small):
        """The scaled picture, an array [h, w] or [h, w, 3], in its place."""
        canvas = np.zeros((self.height, self.width, *small.shape[2:]), small.dtype)
        canvas[self.top : self.top + small.shape[0], self.left : self.left + small.shape[1]] = small
        return canvas

    def picture(self, path):
        """[height, width, 3] uint8."""
        return self.place(np.asarray(read_pixels(path, "RGB", upright=True).resize(self.inner)))

    def mask(self, mask, grid, averaged):
        """Weights of the cells [height, width] of a mask of the picture, of any size: its value at their centres, or its mean."""
        small = pillow().fromarray(np.asarray(mask, np.float32)).resize(self.inner, pillow().BOX if averaged else pillow().NEAREST)
        return (average_cells if averaged else cells_of)(self.place(np.asarray(small)), *grid)
