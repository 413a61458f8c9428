"""The pictures: their names in the file, and what belongs to them."""

import os

import numpy as np

from ..importers import ImportFailure, levels, stop
from ..importers.files import check_storable
from ..importers.own import mask_file, picture_names
from ..importers.scene import Image, Scene
from ..importers.square import inside, picture_size, pillow, read_pixels
from ..importers.tensors import load_array
from .frame import Frame


def find(words, root):
    """[(name, path)] of the pictures, which words name, or folders that hold them. A name is the path below the root; without one, below the
    folder that all pictures share."""
    paths = []
    for word in words:
        if os.path.isdir(word):
            inner = [os.path.join(word, name) for name in picture_names(word)]
            if not inner:
                raise ImportFailure(f"{word}: has no picture: no .jpg, .jpeg or .png")
            paths += inner
        else:
            paths.append(word)
    if root is None and len(words) == 1 and os.path.isdir(words[0]):
        root = words[0]
    folders = {os.path.dirname(os.path.abspath(path)) for path in paths}
    root = os.path.abspath(root) if root is not None else os.path.commonpath(folders)
    found = {}
    for path in paths:
        name = os.path.relpath(os.path.abspath(path), root)
        if name.startswith(".."):
            raise ImportFailure(f"{path}: is not below {root}, the --root of names")
        check_storable(name, path, "the name of an image")
        if found.setdefault(name, path) is not path:
            raise ImportFailure(f"{path}: is there twice")
    return list(found.items())


class Picture(Image):
    """A picture whose features `batches` computes."""

    def __init__(self, name, path, poses, frame, masks):
        mask = mask_file(os.path.splitext(path)[0], "", [path], ()) if masks else None
        super().__init__(name, {pose: [path] for pose in poses}, {"none": mask} if mask else {}, path)
        self.frame, self.batches, self.beside = frame, None, []

    def paths(self):
        return [self.picture, *self.masks.values(), *self.beside]

    def read_levels(self, pose, axes):
        return [levels.Level(name, array, None, self.picture, "chw") for name, array in self.batches.features(self, pose)]

    def read_mask(self, pose, grid, resize):
        path = self.masks[pose]
        if path.lower().endswith(".png"):
            mask = inside(np.asarray(read_pixels(path, "L", upright=True)), path)
        else:
            mask = load_array(path)
            if mask.dtype.kind not in "biuf" or mask.ndim < 2 or not mask.size or mask.size != mask.shape[-2] * mask.shape[-1]:
                raise ImportFailure(f"{path}: mask: is {mask.dtype} {list(mask.shape)}, expected [H, W]")
            mask = levels.mask_weights(mask.reshape(mask.shape[-2:]), path)
        return self.frame.mask(mask, grid, resize)

    def read_thumbnail(self, side):
        return np.asarray(pillow().fromarray(self.frame.picture(self.picture)).resize((side, side)))


def make_scene(found, poses, side, multiple, masks):
    """The Scene of pictures [(name, path)]; multiple: of the sides of frames, None for squares."""
    scene = Scene(os.path.dirname(found[0][1]) or ".")
    for name, path in found:
        stop.check()
        size = picture_size(path, upright=True)
        frame = Frame(size, side, multiple)
        image = Picture(name, path, poses, frame, masks)
        image.facts = {**frame.facts(), "picture_size": np.array(size, float)}
        scene.images.append(image)
    scene.units = "original"
    return scene
