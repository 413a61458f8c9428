"""Inputs, written image by image (geosc-files(5), grouped)."""

import os
import tempfile

import numpy as np

from . import _arrays
from ._library import POSE_NAMES, Error, UsageError
from ._results import _h5py

UNITS = ("cell", "pixel", "original")


def _check_name(name):
    if not isinstance(name, str):
        raise TypeError(f"an image's name is {type(name).__name__}, expected text")
    parts = name.split("/")
    if "" in parts or "." in parts or ".." in parts or "\0" in name or parts[0] in ("features", "poses"):
        raise UsageError(f"{name!r} cannot be the name of an image: it is a path below /images, such as cat/1.jpg")


class Writer:
    """Writes an input file: with geosc.Writer("pairs.h5") as w: w.image("a.jpg", features); w.image(...); w.pair("a.jpg", "b.jpg").

    The file appears under its name when the block ends without an exception; nothing is left otherwise. An existing file is refused without
    overwrite. units: of all keypoints: "cell", "pixel" (images need a size) or "original" (and a placement). Needs h5py.
    """

    def __init__(self, output, *, units="cell", overwrite=False):
        if units not in UNITS:
            raise UsageError(f"units: {units!r} is none of {', '.join(UNITS)}")
        self._h5py, self._output, self._units, self._overwrite = _h5py(), os.fspath(output), units, overwrite
        if not overwrite and os.path.lexists(self._output):
            raise UsageError(f"{self._output}: exists; overwrite=True replaces it")
        folder, name = os.path.split(os.path.abspath(self._output))
        descriptor, self._partial = tempfile.mkstemp(prefix=name + ".", suffix=".partial", dir=folder)
        os.close(descriptor)
        self._file, self._images, self._pairs = self._h5py.File(self._partial, "w"), {}, []

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.close()
        else:
            self.discard()

    def image(self, name, features, *, mask=None, posed=None, norm_groups=None, axes=None, size=None, placement=None, keypoints=None, rgb=None):
        """Adds an image. features: [C, H, W] or [1, C, H, W] of any float type, or a list of levels; axes: as in geosc.refine.

        mask: [H, W]. posed: {pose: features} or {pose: (features, mask)}, extracted from the posed image. norm_groups: a number or None for each
        level. size: (width, height) in pixels; placement: (scale, x, y). keypoints: [K, 2], of every pair whose source this is.
        rgb: [h, w, 3] uint8, shown by geosc render and report.
        """
        self._open()
        _check_name(name)
        if name in self._images:
            raise UsageError(f"there is an image {name!r} already")
        for other in self._images:
            if (other + "/").startswith(name + "/") or (name + "/").startswith(other + "/"):
                raise UsageError(f"{name!r} and {other!r}: no image may be inside another")
        order = _arrays.axes(axes)
        parts = self._take(features, mask, norm_groups, "features", order)
        for pose, given in ({} if posed is None else posed).items():
            if pose not in POSE_NAMES[1:]:
                raise UsageError(f"posed: {pose!r} is none of {', '.join(POSE_NAMES[1:])}")
            features_of_pose, mask_of_pose = _arrays.with_mask(given)
            own = norm_groups if _arrays.is_levels(features_of_pose, order) else None
            taken = self._take(features_of_pose, mask_of_pose, own, f"posed[{pose!r}]", order)
            parts += [(f"poses/{pose}/{path}", *rest) for path, *rest in taken]
        for fact, value, shape in (("size", size, (2,)), ("placement", placement, (3,)), ("keypoints", keypoints, (None, 2))):
            if value is not None:
                parts.append((fact, _arrays.doubles(value, shape, fact), {"units": self._units} if fact == "keypoints" else {}))
        if rgb is not None:
            parts.append(("rgb", self._picture(rgb), {}))
        self._images[name] = keypoints is not None
        for path, array, attributes in parts:
            dataset = self._file.create_dataset(f"images/{name}/{path}", data=array)
            dataset.attrs.update(attributes)
        for folder in {path.rsplit("/", 1)[0] for path, *_ in parts if "features/" in path}:
            group = self._file[f"images/{name}/{folder}"]
            group.attrs["levels"] = sorted(group, key=lambda level: int(level[5:]))

    def _take(self, features, mask, groups, name, order):
        """[(path, array, attributes)] of features and mask."""
        arrays, levels = _arrays.levels(features, name, order), _arrays.is_levels(features, order)
        groups = [None] * len(arrays) if groups is None else groups
        if len(groups) != len(arrays):
            raise UsageError(f"norm_groups has {len(groups)} groups for {len(arrays)} levels")
        parts = [
            (f"features/level{i}" if levels else "features", array, {} if group is None else {"norm_group": np.int32(group)})
            for i, (array, group) in enumerate(zip(arrays, groups))
        ]
        if mask is not None:
            parts.append(("mask", _arrays.mask(mask, arrays[0].shape[1:], "mask"), {}))
        return parts

    @staticmethod
    def _picture(rgb):
        picture = _arrays.to_numpy(rgb, "rgb")
        if picture.dtype != np.uint8:
            raise TypeError(f"rgb has elements of type {picture.dtype}, expected uint8")
        if picture.ndim != 3 or picture.shape[2] != 3:
            raise UsageError(f"rgb has shape {list(picture.shape)}, expected [h, w, 3]")
        return picture

    def pair(self, source, target, *, keypoints=None, target_keypoints=None, mirror_index=None, threshold=None, category=None):
        """Adds a pair of images by name. keypoints, target_keypoints: [K, 2]; mirror_index: [K]; threshold: length for PCK; category: text.

        What one pair has, all have; keypoints are those of the pair or those of its source image.
        """
        self._open()
        for name in (source, target):
            _check_name(name)
        if keypoints is None and (target_keypoints is not None or mirror_index is not None):
            raise UsageError("target_keypoints and mirror_index need the pair's keypoints")
        given = {"threshold": threshold, "category": category}
        if keypoints is not None:
            given["keypoints"] = _arrays.doubles(keypoints, (None, 2), "keypoints")
        count = len(given.get("keypoints", ()))
        if target_keypoints is not None:
            given["target_keypoints"] = _arrays.doubles(target_keypoints, (count, 2), "target_keypoints")
        if mirror_index is not None:
            given["mirror_index"] = _arrays.integers(mirror_index, count, "mirror_index")
        self._pairs.append((source, target, {name: value for name, value in given.items() if value is not None}))

    def _write_pairs(self):
        kinds = {name for *_, given in self._pairs for name in given}
        for source, target, given in self._pairs:
            for name in (source, target):
                if name not in self._images:
                    raise UsageError(f"a pair names the image {name!r}, which was not written")
            if kinds - set(given):
                raise UsageError(f"the pair of {source!r} and {target!r} has no {min(kinds - set(given))}, which others have")
        text = self._h5py.string_dtype()
        for i, side in enumerate(("source", "target")):
            self._file.create_dataset("pairs/" + side, data=[pair[i] for pair in self._pairs], dtype=text)
        for kind in kinds:
            values = [given[kind] for *_, given in self._pairs]
            if kind == "category":
                self._file.create_dataset("pairs/category", data=[str(value) for value in values], dtype=text)
            elif kind == "threshold":
                self._file["pairs/threshold"] = np.array(values, np.float64)
            else:
                self._write_padded(kind, values)

    def _write_padded(self, kind, values):
        """Rows of different lengths, filled up with NaN, or -1 for indices."""
        most = max(max(map(len, values)), 1)
        fill = -1 if kind == "mirror_index" else np.nan
        rows = np.full((len(values), most, *values[0].shape[1:]), fill, values[0].dtype)
        for row, value in zip(rows, values):
            row[: len(value)] = value
        self._file["pairs/" + kind] = rows
        if kind != "mirror_index":
            self._file["pairs/" + kind].attrs["units"] = self._units

    def _open(self):
        if self._file is None:
            raise Error(f"{self._output}: the writer is closed")

    def close(self):
        """Completes the file under its name."""
        self._open()
        try:
            if not self._pairs:
                raise UsageError(f"{self._output}: no pair was written")
            self._write_pairs()
            self._file.close()
            os.chmod(self._partial, 0o666 & ~_umask())
            if self._overwrite:
                os.replace(self._partial, self._output)
            else:
                os.link(self._partial, self._output)
        finally:
            self.discard()

    def discard(self):
        """Ends without a file."""
        if self._file is None:
            return
        self._file.close()
        self._file = None
        if os.path.exists(self._partial):
            os.unlink(self._partial)


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask
