"""Writes the input file image by image, so that an interrupted import can resume.

OUTPUT.RANDOM.partial gets its whole structure at the start: every dataset, contiguous, with its place in the file. Images are then written
to these places without HDF5, so that no kill damages the structure. resume.py finds the file again.
"""

import hashlib
import json
import os
import stat
import sys
import time

import h5py
import numpy as np

from . import ImportFailure, place, reason, stop
from .disk import new_file, old_file
from .form import Form
from .resume import Log
from .scene import stack_points
from .text import say, say_progress


class Progress:
    """Reports progress on stderr: one changing line on a terminal, else a line for each 10 % and each minute."""

    def __init__(self, total, done):
        self.total, self.first, self.started = total, done, time.monotonic()
        self.told, self.told_at = -1, self.started
        self.terminal = sys.stderr is not None and sys.stderr.isatty()

    def tell(self, done):
        now, tenth = time.monotonic(), done * 10 // self.total
        if not self.terminal and tenth == self.told and now - self.told_at < 60:
            return
        self.told, self.told_at = tenth, now
        left = (now - self.started) / max(done - self.first, 1) * (self.total - done)
        text = f"{done} of {self.total} images, {100 * done // self.total} %, {left:.0f} s left"
        if self.terminal:
            say_progress(text, done == self.total)
        else:
            say(text)


class Place:
    """The place of an array, or of its rows, in the file."""

    def __init__(self, dataset, rows):
        self.offset, self.dtype = dataset.id.get_offset(), dataset.dtype
        self.row_bytes = int(np.prod(dataset.shape[1:], dtype=np.int64)) * self.dtype.itemsize if rows else 0


def make_dataset(file, path, shape, dtype):
    """Creates a contiguous dataset that gets its place in the file now, not at the first write."""
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


def make_arrays(file, form, image, lead):
    """Creates the arrays of an image, or, with lead = (count,), of all images."""
    for pose in form.poses:
        levels_of_image = form.levels(image, pose)
        for name, dims, dtype, norm_group in levels_of_image:
            dataset = make_dataset(file, form.level_path(image, pose, name), (*lead, *dims), dtype)
            if norm_group is not None:
                dataset.attrs["norm_group"] = np.int32(norm_group)
        if levels_of_image[0][0]:
            file[form.path(image, pose, "features")].attrs["levels"] = [name for name, *_ in levels_of_image]
    for pose in form.masks:
        make_dataset(file, form.path(image, pose, "mask"), (*lead, *form.grid(image, pose)), form.mask_type)
    if form.thumbnail:
        make_dataset(file, form.path(image, "none", "rgb"), (*lead, form.thumbnail, form.thumbnail, 3), "u1")


def write_groups(file, form, scene, tables):
    """Creates a group for each image, and pairs by names, if any."""
    for image in scene.images:
        stop.check()
        make_arrays(file, form, image, ())
        for fact, array in image.facts.items():
            file[form.path(image, "none", fact)] = array
            if fact == "keypoints":
                file[form.path(image, "none", fact)].attrs["units"] = scene.units
    names = np.array([image.name.encode() for image in scene.images])
    if scene.pairs:
        write_tables(file, scene, {**tables, "source": names[tables["source"]], "target": names[tables["target"]]})


def gather_keypoints(scene):
    """The keypoints of each pair's source, [P, K, 2], filled up with NaN; None if there are none."""
    points = [scene.images[source].facts.get("keypoints") for source, _ in scene.pairs]
    if points[0] is None:
        return None
    return stack_points(points, max(map(len, points)))


def write_rows(file, form, scene, tables):
    """Creates arrays with a row for each image, and pairs by numbers."""
    count = len(scene.images)
    make_arrays(file, form, scene.images[0], (count,))
    file["/images/name"] = np.array([image.name.encode() for image in scene.images])
    if scene.side:
        file["/images/size"] = np.full((count, 2), scene.side, np.int32)
        file["/images/placement"] = np.array(scene.placements)
    for fact in ("size", "placement"):
        if fact in scene.images[0].facts:
            file["/images/" + fact] = np.stack([image.facts[fact] for image in scene.images])
    points = None if "keypoints" in tables else gather_keypoints(scene)
    write_tables(file, scene, tables if points is None else {**tables, "keypoints": points})


def write_tables(file, scene, tables):
    for name, table in tables.items():
        path = name if name.startswith("/") else "/pairs/" + name
        file[path] = table
        if name.endswith("keypoints"):
            file[path].attrs["units"] = scene.units


def make_file(descriptor, scene, form, tables):
    """Writes the whole file except the images' bytes."""
    with new_file(descriptor) as file:
        (write_groups if form.grouped else write_rows)(file, form, scene, tables)
        for name, values in scene.extras.items():
            stop.check()
            kind = h5py.string_dtype() if isinstance(values, list) else values.dtype
            file.create_dataset("/coco/" + name, data=values, dtype=kind)
    os.fsync(descriptor)


def read_places(descriptor, form, scene):
    with old_file(descriptor) as file:
        return {name: Place(file[name], not form.grouped) for image in form.described(scene) for name in form.stored(image)}


def put(descriptor, place, row, array):
    data = np.ascontiguousarray(array, place.dtype).tobytes()
    offset = place.offset + row * place.row_bytes
    while data:
        written = os.pwrite(descriptor, data, offset)
        data, offset = data[written:], offset + written


def as_stored(array, dtype, path):
    """Converts numbers to the file's type; refuses overflow to infinity, because geosc would skip all pairs of the image."""
    with np.errstate(over="ignore"):
        stored = array.astype(dtype)
    if dtype.itemsize < array.dtype.itemsize and np.isinf(stored).sum() > np.isinf(array).sum():
        raise ImportFailure(f"{path}: has numbers too large for {dtype.name}, the type of the stored features; choose another with --dtype")
    return stored


def put_features(descriptor, places, row, image, pose, form):
    found, expected = image.read_levels(pose, form.axes), form.levels(image, pose)
    if [level.name for level in found] != [name for name, *_ in expected]:
        raise ImportFailure(f"{image.features[pose][0]}: has other levels than {form.what_counts(pose)}")
    for level, (name, dims, _, _) in zip(found, expected):
        path, place = image.features[pose][-1 if name == "dino" else 0], places[form.level_path(image, pose, name)]
        if level.array.shape != dims:
            raise ImportFailure(f"{path}: {name or 'features'} is {list(level.array.shape)}, expected {list(dims)} as in {form.what_counts(pose)}")
        put(descriptor, place, row, as_stored(level.array, place.dtype, path))


def put_image(descriptor, places, row, image, form):
    for pose in form.poses:
        put_features(descriptor, places, row, image, pose, form)
    for pose in form.masks:
        put(descriptor, places[form.path(image, pose, "mask")], row, image.read_mask(pose, form.grid(image, pose), form.resize))
    if form.thumbnail and image.picture:
        put(descriptor, places[form.path(image, "none", "rgb")], row, image.read_thumbnail(form.thumbnail))
    os.fdatasync(descriptor)


def facts_of(path):
    """What changes with a file, or with any file in a folder."""
    there = os.stat(path)
    if not stat.S_ISDIR(there.st_mode):
        return there.st_size, there.st_mtime_ns
    inside = sorted(os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names)
    return [(name[len(path) :], *facts_of(name)) for name in inside]


def signature(image):
    """A text that changes with the image's files."""
    try:
        facts = [facts_of(path) for path in image.paths()]
    except OSError as error:
        raise ImportFailure(f"{error.filename}: cannot be read: {error.strerror}") from None
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def import_identity(scene, form, tables):
    images = [[image.name, image.paths(), {name: fact.tolist() for name, fact in image.facts.items()}] for image in scene.images]
    extras = [[name, values if isinstance(values, list) else values.tolist()] for name, values in scene.extras.items()]
    text = json.dumps([*images, scene.units, form.describe(scene), extras, scene.identity])
    sums = [hashlib.sha256(table.tobytes()).hexdigest() for table in tables.values()]
    return hashlib.sha256((text + repr(list(tables)) + repr(sums)).encode()).hexdigest()


def open_partial(log, identity, restart):
    """A descriptor of the partial file in the log; None to start again. Refuses another import's partial file if it has finished images."""
    if log.partial is None or restart or not os.path.lexists(log.partial):
        return None
    if log.identity != identity:
        if not log.done:
            return None
        raise ImportFailure(f"{log.partial}: belongs to another import (other files, pairs or options): repeat its command, or start again "
                            "with --restart")
    return place.open_regular(log.partial, 0)


def find_places(log, descriptor, form, scene):
    try:
        return read_places(descriptor, form, scene)
    except (OSError, KeyError, RuntimeError, ValueError):
        raise ImportFailure(f"{log.partial}: is damaged; start again with --restart") from None


def fill(scene, form, descriptor, log):
    places = find_places(log, descriptor, form, scene)
    todo = [row for row, image in enumerate(scene.images) if log.done.get(row) != signature(image)]
    progress = Progress(len(scene.images), len(scene.images) - len(todo))
    for count, row in enumerate(todo):
        before = signature(scene.images[row])
        put_image(descriptor, places, 0 if form.grouped else row, scene.images[row], form)
        log.add(row, before)
        progress.tell(len(scene.images) - len(todo) + count + 1)


def fill_file(scene, form, tables, log, settings):
    """Resumes or starts the import. Returns a descriptor of the complete file."""
    identity = import_identity(scene, form, tables)
    descriptor = open_partial(log, identity, settings.restart)
    begun = descriptor is None
    if begun:
        descriptor = log.begin(identity)
    try:
        if begun:
            make_file(descriptor, scene, form, tables)
        elif log.done:
            say(f"resuming: {len(log.done)} of {len(scene.images)} images are finished")
        fill(scene, form, descriptor, log)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def write_input(scene, tables, settings):
    """Writes the input file, which appears under its name when it is complete. After an error, finished images stay for the next run."""
    output, form = settings.output, Form(scene, settings)
    with place.claim(output) as claim:
        log = Log(claim)
        try:
            descriptor = fill_file(scene, form, tables, log, settings)
            try:
                place.put_in_place(descriptor, log.partial, output, settings.force)
            finally:
                os.close(descriptor)
            claim.release()
        except OSError as error:
            raise ImportFailure(f"{output}: cannot be written: {reason(error)}") from None
        finally:
            if not log.done:
                log.remove()
    return form
