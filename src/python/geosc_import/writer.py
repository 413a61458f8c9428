"""The input file, written image by image, so that a run that is killed goes on where it was.

OUTPUT.partial is made whole at the start: every dataset, contiguous, with its place in the file. What follows only fills bytes in
places that are known, past HDF5, so that no kill can damage the file's structure. OUTPUT.partial.log names the images that are
on the disk; its first line says which import it is.
"""

import fcntl
import hashlib
import json
import os
import sys
import time

import h5py
import numpy as np

from . import ImportFailure, levels
from .square import thumbnail

POSES = {"none": "/images", "hflip": "/images/poses/hflip"}


class Progress:
    """Life signs on stderr: a line that changes on a terminal, else a line per 10 % or minute."""

    def __init__(self, total, done):
        self.total, self.first, self.started = total, done, time.monotonic()
        self.told, self.told_at = -1, self.started
        self.terminal = sys.stderr.isatty()

    def tell(self, done):
        now, tenth = time.monotonic(), done * 10 // self.total
        if not self.terminal and tenth == self.told and now - self.told_at < 60:
            return
        self.told, self.told_at = tenth, now
        left = (now - self.started) / max(done - self.first, 1) * (self.total - done)
        text = f"{done} of {self.total} images, {100 * done // self.total} %, {left:.0f} s left"
        end = "\n" if not self.terminal or done == self.total else ""
        print(("\r\033[K" if self.terminal else "geosc-import: ") + text, end=end, file=sys.stderr, flush=True)


def check_all_or_none(scene, kind, pose, have, way_out):
    """Whether all images have something; an error where only some do."""
    lacking = [image.name for image in scene.images if pose not in getattr(image, kind)]
    if have and lacking and len(lacking) < len(scene.images):
        what = {"features": "flipped features", "masks": "mask" if pose == "none" else "flipped mask"}[kind]
        raise ImportFailure(f"{scene.folder}: {lacking[0]} has no {what}, though others have ({len(lacking)} of "
                            f"{len(scene.images)} lack one): make them, or leave all out with {way_out}")
    return have and not lacking


class Shape:
    """What every image of a file has in common; taken from the first one."""

    def __init__(self, scene, settings):
        first = scene.images[0]
        self.levels = levels.read(first.features["none"])
        if settings.dtype:
            for level in self.levels:
                level.array = level.array.astype(settings.dtype)
        self.levels = [(level.name, level.array.shape, level.array.dtype.str, level.norm_group) for level in self.levels]
        self.grid = self.levels[0][1][1:]
        self.flipped = check_all_or_none(scene, "features", "hflip", settings.flip, "--no-flip")
        self.masks = [pose for pose in ("none", "hflip") if (pose == "none" or self.flipped)
                      and check_all_or_none(scene, "masks", pose, settings.masks, "--no-masks")]
        if "none" not in self.masks:
            self.masks = []
        pictured = settings.thumbnail if any(image.picture for image in scene.images) else 0
        self.thumbnail = pictured

    def poses(self):
        return ["none", "hflip"] if self.flipped else ["none"]

    def describe(self):
        return {"levels": self.levels, "flipped": self.flipped, "masks": self.masks, "thumbnail": self.thumbnail}


class Place:
    """Where the rows of a dataset lie in the file."""

    def __init__(self, dataset):
        self.offset, self.shape, self.dtype = dataset.id.get_offset(), dataset.shape[1:], dataset.dtype
        self.row_bytes = int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize


def make_dataset(file, path, shape, dtype):
    """Contiguous, with its place in the file now and not at the first write."""
    creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    creation.set_layout(h5py.h5d.CONTIGUOUS)
    creation.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    creation.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    creation.set_obj_track_times(False)
    folder, name = path.rsplit("/", 1)
    group = file.require_group(folder)
    kind = h5py.h5t.py_create(np.dtype(dtype), logical=True)
    h5py.h5d.create(group.id, name.encode(), kind, h5py.h5s.create_simple(shape), creation)
    return file[path]


def level_path(pose, name):
    return POSES[pose] + "/features" + ("/" + name if name else "")


def make_file(path, scene, shape, tables):
    """All of the file but the images' bytes."""
    count = len(scene.images)
    with h5py.File(path, "w") as file:
        for pose in shape.poses():
            for name, dims, dtype, norm_group in shape.levels:
                dataset = make_dataset(file, level_path(pose, name), (count, *dims), dtype)
                if norm_group is not None:
                    dataset.attrs["norm_group"] = np.int32(norm_group)
            if shape.levels[0][0]:
                file[POSES[pose] + "/features"].attrs["levels"] = [name for name, *_ in shape.levels]
        for pose in shape.masks:
            make_dataset(file, POSES[pose] + "/mask", (count, *shape.grid), "u1" if scene.side else "<f4")
        if shape.thumbnail:
            make_dataset(file, "/images/rgb", (count, shape.thumbnail, shape.thumbnail, 3), "u1")
        file["/images/name"] = np.array([image.name.encode() for image in scene.images])
        if scene.side:
            file["/images/size"] = np.full((count, 2), scene.side, np.int32)
            file["/images/placement"] = np.array(scene.placements)
        for name, table in tables.items():
            file["/pairs/" + name] = table
            if name.endswith("keypoints"):
                file["/pairs/" + name].attrs["units"] = "pixel" if scene.side else "cell"


def read_places(path, shape):
    names = [level_path(pose, name) for pose in shape.poses() for name, *_ in shape.levels]
    names += [POSES[pose] + "/mask" for pose in shape.masks] + (["/images/rgb"] if shape.thumbnail else [])
    with h5py.File(path, "r") as file:
        return {name: Place(file[name]) for name in names}


def put(descriptor, place, row, array):
    data = np.ascontiguousarray(array, place.dtype).tobytes()
    offset = place.offset + row * place.row_bytes
    while data:
        written = os.pwrite(descriptor, data, offset)
        data, offset = data[written:], offset + written


def put_features(descriptor, places, row, image, pose, shape):
    found = levels.read(image.features[pose])
    if [level.name for level in found] != [name for name, *_ in shape.levels]:
        raise ImportFailure(f"{image.features[pose][0]}: has other levels than the first image")
    for level, (name, dims, _, _) in zip(found, shape.levels):
        if level.array.shape != dims:
            raise ImportFailure(f"{image.features[pose][-1 if name == 'dino' else 0]}: {name or 'features'} is {list(level.array.shape)}, the "
                                f"first image's {list(dims)}: the images of a file have one size")
        put(descriptor, places[level_path(pose, name)], row, level.array)


def put_image(descriptor, places, row, image, shape):
    for pose in shape.poses():
        put_features(descriptor, places, row, image, pose, shape)
    for pose in shape.masks:
        put(descriptor, places[POSES[pose] + "/mask"], row, levels.read_cell_mask(image.masks[pose], *shape.grid))
    if shape.thumbnail and image.picture:
        put(descriptor, places["/images/rgb"], row, thumbnail(image.picture, shape.thumbnail))
    os.fdatasync(descriptor)


def signature(image):
    """Changes with the image's files."""
    try:
        facts = [(os.stat(path).st_size, os.stat(path).st_mtime_ns) for path in image.paths()]
    except OSError as error:
        raise ImportFailure(f"{error.filename}: cannot be read: {error.strerror}") from None
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def import_identity(scene, shape, tables):
    text = json.dumps([[image.name, image.paths()] for image in scene.images] + [shape.describe()])
    sums = [hashlib.sha256(table.tobytes()).hexdigest() for table in tables.values()]
    return hashlib.sha256((text + repr(list(tables)) + repr(sums)).encode()).hexdigest()


def open_log(path):
    """The log, locked: one import at a time writes an output."""
    try:
        log = open(path, "a+", encoding="utf-8")
    except OSError as error:
        raise ImportFailure(f"{path}: cannot be written: {error.strerror}") from None
    try:
        fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise ImportFailure(f"{path}: another import is at work on this output") from None
    return log


def read_log(log, identity, partial, restart):
    """{image number: signature} of the images that are on the disk; None where all is to begin anew."""
    log.seek(0)
    lines = log.read().split("\n")[:-1]  # the last one may be torn
    if not lines or restart or not os.path.exists(partial):
        return None
    if lines[0] != identity:
        raise ImportFailure(f"{partial}: is of another import (other files, pairs or options): go on as before, or begin anew with "
                            "--restart")
    return dict(line.split(" ") for line in lines[1:])


def fill(scene, shape, partial, log, done):
    places = read_places(partial, shape)
    todo = [row for row, image in enumerate(scene.images) if done.get(str(row)) != signature(image)]
    progress = Progress(len(scene.images), len(scene.images) - len(todo))
    descriptor = os.open(partial, os.O_RDWR)
    try:
        for count, row in enumerate(todo):
            before = signature(scene.images[row])
            put_image(descriptor, places, row, scene.images[row], shape)
            log.write(f"{row} {before}\n")
            log.flush()
            progress.tell(len(scene.images) - len(todo) + count + 1)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_input(scene, tables, output, settings):
    """Writes the input file; it appears under its name when it is whole."""
    if os.path.exists(output) and not settings.force:
        raise ImportFailure(f"{output}: is there already; choose another name, or replace it with --force")
    partial = output + ".partial"
    shape = Shape(scene, settings)
    identity = import_identity(scene, shape, tables)
    log = open_log(partial + ".log")
    try:
        done = read_log(log, identity, partial, settings.restart)
        if done is None:
            log.truncate(0)
            make_file(partial, scene, shape, tables)
            log.write(identity + "\n")
            log.flush()
        elif done:
            print(f"geosc-import: going on: {len(done)} of {len(scene.images)} images are there", file=sys.stderr)
        fill(scene, shape, partial, log, done or {})
        os.replace(partial, output)
        os.unlink(log.name)
    except OSError as error:
        raise ImportFailure(f"{output}: cannot be written: {error}") from None
    finally:
        log.close()
    return shape
