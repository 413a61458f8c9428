"""The layout of an input file, and the datasets of each image: indexed (arrays of all images) or grouped (a group for each image)."""

import numpy as np

from . import ImportFailure, levels
from .poses import POSES, pose_grid

PATH_BYTES, DEPTH = 255, 16  # of the names that geosc reads


def name_kind(kind, pose):
    """What the images of a pose have, in words."""
    if pose in ("none", "hflip"):
        return ("flipped " if pose == "hflip" else "") + {"features": "features", "masks": "mask"}[kind]
    return f"{kind} of the pose {pose}"


def check_all_or_none(scene, kind, pose, have, way_out):
    """Whether all images have such files; an error if only some have."""
    lacking = [image.name for image in scene.images if pose not in getattr(image, kind)]
    if have and lacking and len(lacking) < len(scene.images):
        raise ImportFailure(f"{scene.folder}: {lacking[0]} has no {name_kind(kind, pose)}, but other images have ({len(lacking)} of "
                            f"{len(scene.images)} have none): add them, or omit all with {way_out}")
    return have and not lacking


def describe_levels(image):
    return ", ".join(f"{name or 'features'} {np.dtype(kind).name} {list(dims)}" for name, dims, kind, _ in image.shapes)


def find_another(scene):
    """An image whose features have another shape than the first image's; None if there is none, or only the first shape is known."""
    known = [image for image in scene.images if image.shapes]
    return next((image for image in known if image.shapes != known[0].shapes), None)


def check_channels(scene):
    """Refuses images with different numbers of channels, all levels together."""
    counts = [sum(dims[0] for _, dims, _, _ in image.shapes) for image in scene.images]
    for image, count in zip(scene.images, counts):
        if count != counts[0]:
            raise ImportFailure(f"{image.features['none'][0]}: has {count} channels, but {scene.images[0].name} has {counts[0]}: all images "
                                "must have the same number")


class Form:
    def __init__(self, scene, settings):
        first = scene.images[0]
        first.shapes = first.shapes or levels.shapes(first.features["none"], settings.axes)
        for image in scene.images:
            if settings.dtype and image.shapes:
                image.shapes = [(name, dims, np.dtype(settings.dtype).str, group) for name, dims, _, group in image.shapes]
        another = find_another(scene)
        self.grouped = settings.layout == "grouped" or (settings.layout == "auto" and another is not None)
        if another and not self.grouped:
            raise ImportFailure(f"{another.features['none'][0]}: is {describe_levels(another)}, but the first image has "
                                f"{describe_levels(first)}: the images of an indexed file must be alike; omit --layout indexed")
        self.first = first
        self.poses = ["none"] + [pose for pose in POSES[1:] if check_all_or_none(scene, "features", pose, settings.flip, "--no-flip")]
        half = next((image.half for image in scene.images if image.half), None)
        if settings.flip and "hflip" not in self.poses and half:
            raise ImportFailure(f"{half}: is missing, but other flipped features exist: add it, or omit all with --no-flip")
        self.masks = [pose for pose in self.poses if check_all_or_none(scene, "masks", pose, settings.masks, "--no-masks")]
        if "none" not in self.masks:
            self.masks = []
        self.resize, self.axes = settings.resize_masks, settings.axes
        self.mask_type = "u1" if scene.side and not self.resize else "<f4"
        self.thumbnail = settings.thumbnail if any(image.picture for image in scene.images) else 0
        if self.grouped:
            check_channels(scene)
            self.check_names(scene)
        for image in self.described(scene):
            if max(len(path.encode()) for path in self.stored(image)) > PATH_BYTES:
                raise ImportFailure(f"{image.features['none'][0]}: its name, or the name of a level, is too long for geosc "
                                    f"(at most {PATH_BYTES} bytes for the path in the file)")

    def check_names(self, scene):
        """Refuses names that cannot be groups in the file: within another image's group, or reserved by the indexed layout."""
        names = {image.name for image in scene.images}
        for image in scene.images:
            parts = image.name.split("/")
            above = ["/".join(parts[:count]) for count in range(1, len(parts))]
            if "" in parts or "." in parts or len(parts) > DEPTH or parts[0] in ("features", "poses"):
                raise ImportFailure(f"{image.name}: cannot be the name of an image in a grouped file, where it names a group; rename it")
            if names.intersection(above):
                raise ImportFailure(f"{image.name}: cannot be in a grouped file together with the image {names.intersection(above).pop()}; "
                                    "rename one")

    def levels(self, image, pose="none"):
        """(name, shape, type, norm_group) of each level of the image in this pose."""
        shapes = (image if self.grouped else self.first).shapes
        return [(name, (dims[0], *pose_grid(dims[1:], pose)), kind, group) for name, dims, kind, group in shapes]

    def grid(self, image, pose="none"):
        return self.levels(image, pose)[0][1][1:]

    def path(self, image, pose, name):
        return "/images" + ("/" + image.name if self.grouped else "") + ("" if pose == "none" else "/poses/" + pose) + "/" + name

    def level_path(self, image, pose, name):
        return self.path(image, pose, "features") + ("/" + name if name else "")

    def stored(self, image):
        """Paths of the arrays that are written image by image."""
        paths = [self.level_path(image, pose, name) for pose in self.poses for name, *_ in self.levels(image)]
        paths += [self.path(image, pose, "mask") for pose in self.masks]
        return paths + [self.path(image, "none", "rgb")] * bool(self.thumbnail)

    def described(self, scene):
        """The images for which arrays are created: every image, or one for all."""
        return scene.images if self.grouped else scene.images[:1]

    def what_counts(self, pose):
        """The features whose shape an image's features must have."""
        if not self.grouped:
            return "the first image"
        return "the features of the picture as it is" if pose != "none" else "this image at the start of the import"

    def describe(self, scene):
        return {"layout": self.grouped, "levels": [self.levels(image) for image in self.described(scene)], "poses": self.poses,
                "masks": self.masks, "resize": self.resize, "axes": self.axes, "thumbnail": self.thumbnail}
