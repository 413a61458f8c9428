"""Images in an HDF5 file, an input of the grouped layout as geosc-extract writes it, as features of another input."""

import numpy as np

from . import ImportFailure, stop
from .form import DEPTH
from .levels import Level, mask_weights
from .poses import POSES
from .scene import Image
from .square import average, pillow
from .stored import BFLOAT16, as_tensor, read_apart
from .text import printable

MOST_IMAGES = 1 << 20
FACTS = {"size": 2, "placement": 3, "picture_size": 2}


def describe_features(file, path):
    """[(level's name, shape, kind, norm_group)] of features, in order."""
    if not file.is_group(path):
        return [("", *describe(file, path))]
    names = file.names(path)
    order = file.attribute_texts(path, "levels") or sorted(names)
    if sorted(order) != sorted(names):
        raise ImportFailure(f"{path}: attribute levels: lists other levels than there are")
    return [(name, *describe(file, f"{path}/{name}")) for name in order]


def describe(file, path):
    found, group = file.described(path), file.attribute(path, "norm_group")
    kind = "<f4" if found["kind"] == BFLOAT16 else found["kind"]
    if len(found["shape"]) != 3 or np.dtype(kind).kind != "f":
        raise ImportFailure(f"{path}: is {found['kind']} {found['shape']}, expected floats [C, H, W]")
    return found["shape"], kind, group if type(group) is int else None


def describe_image(file, group):
    """What an image has, for JSON."""
    folders = {pose: group if pose == "none" else f"{group}/poses/{pose}" for pose in POSES}
    poses = {pose: describe_features(file, folder + "/features") for pose, folder in folders.items() if file.is_here(folder + "/features")}
    masks = [pose for pose in poses if file.is_here(folders[pose] + "/mask")]
    facts = {}
    for name, count in FACTS.items():
        if file.is_here(f"{group}/{name}"):
            values = file.array(f"{group}/{name}")[0].astype(float)
            if values.shape != (count,) or not np.isfinite(values).all() or not (values[: 1 if name == "placement" else 2] > 0).all():
                raise ImportFailure(f"{group}/{name}: is damaged")
            facts[name] = values.tolist()
    return {"poses": poses, "masks": masks, "facts": facts, "rgb": file.is_here(group + "/rgb")}


def describe_images(file):
    """{"images": {name: what it has}}."""
    if not file.is_here("/images"):
        raise ImportFailure("has no /images: it is not a file that geosc-extract wrote")
    if file.is_here("/images/features"):
        raise ImportFailure("has the images in one array; a group for each, as geosc-extract writes it, is needed here")
    found, groups = {}, ["/images"]
    while groups:
        group = groups.pop()
        for name in file.names(group, MOST_IMAGES):
            path = f"{group}/{name}"
            if not file.is_here(path) or not file.is_group(path):
                continue
            if file.is_here(path + "/features"):
                found[path.removeprefix("/images/")] = describe_image(file, path)
            elif path.count("/") > DEPTH:
                raise ImportFailure(f"{path}: is nested too deeply")
            else:
                groups.append(path)
        if len(found) > MOST_IMAGES:
            raise ImportFailure(f"has more than {MOST_IMAGES} images")
    return {"images": found}


class Member(Image):
    """An image in the file."""

    def __init__(self, path, name, has):
        self.path, self.group = path, f"/images/{name}"
        where = f"{path}: {self.group}"
        super().__init__(name, {pose: [where] for pose in has["poses"]}, {pose: where for pose in has["masks"]}, path if has["rgb"] else None)
        self.of_pose = has["poses"]
        self.shapes = [(level, tuple(shape), kind, group) for level, shape, kind, group in has["poses"]["none"]]
        self.facts = {fact: np.array(values) for fact, values in has["facts"].items()}

    def paths(self):
        return [self.path]

    def within(self, pose, name):
        return f"{self.group}/{name}" if pose == "none" else f"{self.group}/poses/{pose}/{name}"

    def read(self, *names):
        """Arrays of the file."""
        found = read_apart(self.path, lambda file: {name: file.array(name) for name in names})
        return [as_tensor(found[name]) for name in names]

    def read_levels(self, pose, axes):
        levels, base = self.of_pose[pose], self.within(pose, "features")
        arrays = self.read(*(f"{base}/{level}".rstrip("/") for level, *_ in levels))
        return [Level(level, array, group, self.features[pose][0], "chw") for (level, *_, group), array in zip(levels, arrays)]

    def read_mask(self, pose, grid, resize):
        mask = self.read(self.within(pose, "mask"))[0]
        if mask.ndim < 2 or mask.size != mask.shape[-2] * mask.shape[-1] or (not resize and mask.shape[-2:] != tuple(grid)):
            raise ImportFailure(f"{self.masks[pose]}: mask: is {list(mask.shape)}, expected {list(grid)}")
        mask = mask.reshape(mask.shape[-2:])
        return mask if mask.shape == tuple(grid) else average(mask_weights(mask, self.masks[pose]), *grid)

    def read_thumbnail(self, side):
        rgb = self.read(self.group + "/rgb")[0]
        if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or not rgb.size:
            raise ImportFailure(f"{self.path}: {self.group}/rgb: is {rgb.dtype} {list(rgb.shape)}, expected uint8 [h, w, 3]")
        return rgb if rgb.shape[:2] == (side, side) else np.asarray(pillow().fromarray(np.ascontiguousarray(rgb)).resize((side, side)))


class File:
    """The file, by the names of its images."""

    def __init__(self, path):
        self.path = path
        self.has = read_apart(path, describe_images)["images"]
        if not self.has:
            raise ImportFailure(f"{path}: has no image with features")

    def image(self, name):
        stop.check()
        if name not in self.has:
            raise ImportFailure(f"{self.path}: has no features of {printable(name, 200)}")
        return Member(self.path, name, self.has[name])

    def sizes(self):
        """{name: (width, height)} of all pictures."""
        lacking = next((name for name in sorted(self.has) if "picture_size" not in self.has[name]["facts"]), None)
        if lacking is not None:
            raise ImportFailure(f"{self.path}: {printable(lacking, 200)}: has no picture_size, which geosc-extract writes")
        return {name: tuple(int(side) for side in self.has[name]["facts"]["picture_size"]) for name in sorted(self.has)}
