"""Images and pairs in memory."""

import numpy as np

from . import _arrays
from ._library import (
    PAIRS_FAILED, POSE_NAMES, UNDECIDED, Image, Keypoints, Level, LoadedModel, Owner, PairAnswer, UsageError, WarningFunction, c,
    context, interruptible, lib, status_name, warn,
)  # fmt: skip
from ._options import isa_name, make_options, whole
from ._show import Side, draw

UNITS = ("cell", "pixel", "original")
_NAN = float("nan")


# ---- an image --------------------------------------------------------------------------------------


def _fill_features(given, mask, groups, name, order, struct, kept):
    """struct geosc_features of an array or a list of levels; returns their grid."""
    levels = _arrays.levels(given, name, order)
    if len(groups) not in (0, len(levels)):
        raise UsageError(f"norm_groups has {len(groups)} groups for {len(levels)} levels")
    structs = (Level * len(levels))()
    for i, array in enumerate(levels):
        structs[i] = Level(array.ctypes.data, _arrays.type_of(array), *array.shape)
        if groups and groups[i] is not None:
            structs[i].norm_group = c.pointer(c.c_int(whole("norm_groups", groups[i], -(2**31) + 1)))
    struct.levels, struct.level_count = structs, len(levels)
    grid = levels[0].shape[1:]
    if mask is not None:
        weights = _arrays.mask(mask, grid, "mask" if name == "features" else f"the mask of {name}")
        struct.mask, struct.mask_type = weights.ctypes.data, _arrays.type_of(weights)
        kept.append(weights)
    kept += [levels, structs]
    return grid


def _fill_posed(posed, groups, order, image, kept):
    if not hasattr(posed, "items"):
        raise TypeError(f"posed is {type(posed).__name__}, expected a dict of features by pose")
    for pose, given in posed.items():
        if pose not in POSE_NAMES[1:]:
            raise UsageError(f"posed: {pose!r} is none of {', '.join(POSE_NAMES[1:])}")
        features, mask = _arrays.with_mask(given)
        own = groups if _arrays.is_levels(features, order) else ()
        _fill_features(features, mask, own, f"posed[{pose!r}]", order, image.pose[POSE_NAMES.index(pose)], kept)


def make_image(features, mask, posed, norm_groups, axes, size, placement):
    """struct geosc_image, and what must stay while it is used."""
    image, kept = Image(), []
    groups = () if norm_groups is None else norm_groups
    if not isinstance(groups, (list, tuple)):
        raise TypeError(f"norm_groups is {type(groups).__name__}, expected a list")
    order = _arrays.axes(axes)
    _fill_features(features, mask, groups, "features", order, image.pose[0], kept)
    if posed is not None:
        _fill_posed(posed, groups, order, image, kept)
    if size is not None:
        image.size[:] = _numbers(size, 2, "size")
    if placement is not None:
        image.placement[:] = _numbers(placement, 3, "placement")
    return image, kept


def _numbers(given, count, name):
    numbers = _arrays.doubles(given, (count,), name)
    if not numbers[0]:
        raise UsageError(f"{name} begins with 0")
    return numbers


class Refined(Owner):
    """An image with the refined maps of its poses: made once by geosc.refine, used in any number of pairs and threads.

    channels, height, width: of the refined map without a pose; the grid of dense answers.
    poses: the names of the poses for which it was refined. size, placement: as given, or None.
    status: "ok", or what in its values fails every pair in which it is ("bad_features", "empty_mask", ...).
    """

    def __init__(self, pointer, poses, size, placement):
        self._own(pointer, lib.geosc_refined_free)
        self.poses, self.size, self.placement = poses, size, placement
        sizes = [c.c_size_t() for _ in range(3)]
        lib.geosc_refined_size(pointer, *map(c.byref, sizes))
        self.channels, self.height, self.width = (size.value for size in sizes)
        self.status = status_name(lib.geosc_refined_status(pointer))

    def map(self, pose="none"):
        """The refined features under a pose, [C, H', W'] float32, a new array; each cell has length 1."""
        if pose not in POSE_NAMES:
            raise UsageError(f"pose: {pose!r} is none of {', '.join(POSE_NAMES)}")
        pointer = lib.geosc_refined_map(self._pointer, POSE_NAMES.index(pose))
        if not pointer:
            raise UsageError(f"there is no refined map of the whole image for the pose {pose}")
        sizes = [c.c_size_t() for _ in range(3)]
        lib.geosc_map_size(pointer, *map(c.byref, sizes))
        out = np.empty([size.value for size in sizes], np.float32)
        lib.geosc_map_copy(pointer, out.ctypes.data)
        return out

    def __repr__(self):
        return f"<geosc.Refined of {self.channels} x {self.height} x {self.width}, poses {','.join(self.poses)}, {self.status}>"


def _pointer_of(model):
    if model is None:
        return None
    if not isinstance(model, LoadedModel):
        raise TypeError(f"model is {type(model).__name__}, expected geosc.Model: geosc.Model.load(path) or geosc.Model(state_dict)")
    return model._pointer


def _refine(image, kept, model, options, asked, threads, isa):
    """Refines under these options; warnings of the library become Python's."""
    pointer, told, chosen = c.c_void_p(), [], _pointer_of(model)
    options.warning = WarningFunction(lambda _, line: told.append(line.decode(errors="replace")))

    def work(stop):
        here = context()
        here.configure(threads, isa)
        options.stop = c.pointer(stop)
        here.check(lib.geosc_refine_image(here.pointer, chosen, c.byref(image), c.byref(options), asked and c.byref(asked), c.byref(pointer)))

    interruptible(work)
    del kept
    for line in told:
        warn(line)
    size, placement = (tuple(given) if given[0] else None for given in (image.size, image.placement))
    return Refined(pointer.value, tuple(POSE_NAMES[pose] for pose in options.poses[: options.pose_count]), size, placement)


def _settings(threads, isa):
    return whole("threads", threads), isa_name(isa)


def refine(features, *, model=None, mask=None, poses=None, pose_source=None, posed=None, norm_groups=None, axes=None, size=None,
           placement=None, preset=None, threads=0, isa=None):
    """Refines an image for any pairs.

    features: [C, H, W] or [1, C, H, W] of any float type, a numpy array or a PyTorch tensor on the CPU; or a list of up to 8 levels
    [Ci, Hi, Wi], which are resized to the grid of the first one and joined. Not copied unless strides or byte order need it, and not kept.
    axes: of features that are stored otherwise: "hwc", or "HxW", such as "30x30", for tokens [T, C] of a grid. By default, what looks like one
    of these is refused; "chw" takes it as it is.
    model: geosc.Model; None: no post-processor.
    mask: [H, W], weights; 0 is out.
    poses: candidate poses if this is a source: a list of names, or text such as "none,hflip" or "all". Default: as geosc match.
    posed: {pose: features}, or {pose: (features, mask)}, extracted from the image under that pose, at the size after it.
    pose_source: "auto" (posed features where there are some), "stored" or "derived".
    norm_groups: without a model, a number or None for each level: levels with equal numbers are normalised together.
    size: (width, height) in pixels, of the image that the features were extracted from; for keypoints in pixels.
    placement: (scale, x, y): pixel = scale * original pixel + (x, y); for keypoints in original pixels.
    preset: the poses of geosc match --preset, where none are given: "geoaware", "geoaware-zero-shot", "marco", "diy-sc".
    threads: 0 means all CPUs of this process. isa: "c", "avx2", "avx512", "neon", "neon-dotprod"; None means the best.

    Returns geosc.Refined. Raises TypeError, geosc.UsageError (a ValueError) or geosc.Error.
    """
    threads, isa = _settings(threads, isa)
    image, kept = make_image(features, mask, posed, norm_groups, axes, size, placement)
    options = make_options({"preset": preset, "poses": poses, "pose_source": pose_source})
    return _refine(image, kept, model, options, None, threads, isa)


# ---- a pair ----------------------------------------------------------------------------------------


class Match:
    """The answer for a pair.

    xy: [K, 2] float32, where the keypoints are in the target, in their units; dense: [H, W, 2]. NaN: no keypoint, or no answer.
    score: [K] float32, the similarity at the most similar target cell.
    pose: name of the chosen pose of the source; None if none could be chosen.
    poses, imd: the candidates, and the Instance Matching Distance of each, [Q] float32.
    status: "ok", or why there is no answer, as in a file: "bad_features", "empty_mask", ... After "bad_keypoint" (one is outside the
    source) the other keypoints have answers. reason: the same as a sentence; None if all is well. ok: status == "ok".
    With confidence=True: peak [K, 2] int32, column and row of the most similar target cell (-1: none); second [K] float32, the largest
    similarity outside the window; mutual [K] bool, the way back from the peak ends at the query; cycle [K] float32, the distance in cells
    between the query and the end of the way back from the answer. With top=N: top_xy [K, N, 2] and top_score [K, N], the best cells.
    With kap=alphas: kap_in and kap_out [K, A], the largest similarity to the target cells at most alpha times the threshold from the target
    keypoint, and to the others; kap_max [K], the largest of all; kap_range [2], the smallest and largest of all keypoints.
    Else they are None.
    """

    xy = score = peak = second = mutual = cycle = top_xy = top_score = kap_in = kap_out = kap_max = kap_range = None

    @property
    def ok(self):
        return self.status == "ok"

    def show(self, source=None, target=None):
        """A picture of the pair as SVG, which a notebook shows, and which has save(path): both images, the source in its chosen pose, and a
        line from each keypoint to its answer; of a dense match, some of the cells.

        source, target: pictures of what the features cover, [h, w, 3] of uint8 or of floats of 0 to 1, of any size; or the features that were
        matched, or geosc.Refined, which are shown as colours. None: empty frames.
        """
        if (source is None) != (target is None):
            raise UsageError("show takes pictures of both images, or of none")
        given = None if source is None else [source, target]
        for i, image in enumerate(given or ()):
            refined = isinstance(image, Refined)
            given[i], self._sides[i].order = (image.map(), None) if refined else (image, self._order)
        return draw(self, self._sides, self._keypoints, given)

    def __repr__(self):
        return f"<geosc.Match of {self.score.shape} points, pose {self.pose}, {self.status}>"


_OF_KEYPOINTS = ("xy", "score", "peak", "second", "mutual", "cycle", "top_xy", "top_score", "kap_in", "kap_out", "kap_max")


def _prepare(shape, candidates, confidence, top, kaps):
    """Arrays for an answer of this shape, and the struct that points to them."""
    match, answer = Match(), PairAnswer()
    kinds = {"xy": ((*shape, 2), np.float32), "score": (shape, np.float32)}
    if confidence:
        kinds.update(peak=((*shape, 2), np.int32), second=(shape, np.float32), mutual=(shape, np.bool_), cycle=(shape, np.float32))
    if top:
        kinds.update(top_xy=((*shape, top, 2), np.float32), top_score=((*shape, top), np.float32))
    if kaps:
        kinds.update(kap_in=((*shape, kaps), np.float32), kap_out=((*shape, kaps), np.float32), kap_max=(shape, np.float32),
                     kap_range=((2,), np.float32))  # fmt: skip
    for name, (dims, dtype) in kinds.items():
        array = np.empty(dims, dtype)
        setattr(match, name, array)
        setattr(answer if name.startswith("kap") else answer.answers, name, array.ctypes.data)
    match.imd = np.empty(candidates, np.float32)
    answer.imd = match.imd.ctypes.data
    return match, answer


def _threshold(given):
    """A length; 0: not given."""
    if given is None:
        return 0
    if isinstance(given, (bool, str, bytes)) or not hasattr(given, "__float__"):
        raise TypeError(f"threshold is {type(given).__name__}, expected a number")
    length = float(given)
    if not length > 0:
        raise UsageError(f"threshold is {length}, expected a length above 0")
    return length


class _Points:
    """Keypoints of a source as a struct. An array without any is asked as one absent keypoint: for C, none would mean dense."""

    def __init__(self, keypoints, units, mirror_index, truth, threshold):
        if units not in UNITS:
            raise UsageError(f"units: {units!r} is none of {', '.join(UNITS)}")
        self.dense, self.units = keypoints is None, units
        if self.dense and mirror_index is not None:
            raise UsageError("mirror_index needs keypoints")
        self.xy = np.empty((0, 2)) if self.dense else _arrays.doubles(keypoints, (None, 2), "keypoints")
        self.count = len(self.xy)
        self.mirror = None if mirror_index is None else _arrays.integers(mirror_index, self.count, "mirror_index")
        self.truth = None if truth is None else _arrays.doubles(truth, (self.count, 2), "target_keypoints")
        if not self.dense and not self.count:
            self.xy, self.mirror = np.full((1, 2), _NAN), None
            self.truth = None if truth is None else self.xy
        self.struct = Keypoints(self.xy.ctypes.data, len(self.xy), UNITS.index(units))
        self.struct.mirror_index = None if self.mirror is None else self.mirror.ctypes.data
        self.struct.truth = None if self.truth is None else self.truth.ctypes.data
        self.struct.threshold = _threshold(threshold)


def _pick(given, i, name):
    """One of two values, for source and target."""
    if given is None:
        return None
    if not isinstance(given, (list, tuple)) or len(given) != 2:
        raise TypeError(f"{name} is {given!r:.60}, expected two: of the source and of the target")
    return given[i]


def _refuse(refined, name, **arguments):
    """What belongs to an image that is not refined yet."""
    for argument, value in arguments.items():
        if value is not None:
            raise UsageError(f"{argument}: {name} is refined already; give it to geosc.refine")


def match(source, target, keypoints=None, *, model=None, mask=None, target_mask=None, poses=None, pose_source=None, posed=None,
          norm_groups=None, axes=None, units="cell", sizes=None, placements=None, mirror_index=None, preset=None, confidence=False, top=0,
          kap=None, target_keypoints=None, threshold=None, threads=0, isa=None, **options):
    """Chooses the pose of the source and matches its keypoints in the target: the answer that geosc match gives, bit for bit.

    source, target: features as geosc.refine takes them, or geosc.Refined images. Arrays are refined for this call alone: of a masked source
    only what mask and keypoints need. An image that is in several pairs is refined once with geosc.refine.
    keypoints: [K, 2] as (x, y) in the source; NaN: absent. None: every cell of the source in its mask is matched (dense).
    units: of keypoints and answers: "cell" (0, 0 is the centre of the first cell), "pixel" (needs sizes) or "original" (needs placements).
    sizes, placements: of the source and of the target, two each, as size and placement of geosc.refine.
    mask, posed, norm_groups, axes: as in geosc.refine, mask and posed of the source. target_mask: where restrict_target counts.
    mirror_index: [K] integers: of each keypoint, the one that takes its place in a mirrored image; -1: none.
    preset: the options of another system, as geosc match --preset has them: "geoaware", "geoaware-zero-shot", "marco", "diy-sc"; what is given
    by itself wins.
    poses: the candidates; by default the preset's, or those of a refined source, or as geosc match.
    confidence: also compute peak, second, mutual and cycle. top: also the best `top` cells, up to 100.
    kap: alphas, one or up to 8: also compute what the average precision of keypoints is made of, kap_in, kap_out, kap_max and kap_range. Needs
    target_keypoints: [K, 2], where the keypoints are in the target, in the same units; NaN: absent. threshold: the length that alpha
    multiplies; by default the larger side of the target.
    options: imd, restrict_target, query, similarity, window, outside and temperature, as geosc match takes them: window=11, window="gauss:7".
    model, threads, isa: as in geosc.refine.

    Returns geosc.Match. A failed pair has a status; only wrong usage and impossible shapes raise TypeError or geosc.UsageError (a ValueError).
    """
    threads, isa = _settings(threads, isa)
    if kap is None and (target_keypoints is not None or threshold is not None):
        raise UsageError("target_keypoints and threshold are for kap, which is missing")
    points, top = _Points(keypoints, units, mirror_index, target_keypoints, threshold), whole("top", top)
    if isinstance(source, Refined):
        _refuse(source, "the source", mask=mask, posed=posed, pose_source=pose_source)
        poses = source.poses if poses is None and preset is None else poses
    options.update(preset=preset, poses=poses, pose_source=pose_source, confidence=bool(confidence), top=top or None, kap=kap)
    settings = make_options(options)
    if isinstance(source, Refined) and isinstance(target, Refined):
        _refuse(source, "each image", model=model, sizes=sizes, placements=placements, norm_groups=norm_groups, axes=axes)
    if not isinstance(source, Refined):
        image, kept = make_image(source, mask, posed, norm_groups, axes, _pick(sizes, 0, "sizes"), _pick(placements, 0, "placements"))
        source = _refine(image, kept, model, settings, points.struct, threads, isa)
    if isinstance(target, Refined):
        _refuse(target, "the target", target_mask=target_mask)
    else:
        image, kept = make_image(target, target_mask, None, norm_groups, axes, _pick(sizes, 1, "sizes"), _pick(placements, 1, "placements"))
        target = _refine(image, kept, model, make_options({"poses": "none"}), None, threads, isa)
    found = _match(source, target, points, settings, bool(confidence), top, threads, isa)
    found._order = _arrays.axes(axes)
    return found


def _match(source, target, points, options, confidence, top, threads, isa):
    shape = (source.height, source.width) if points.dense else (len(points.xy),)
    found, answer = _prepare(shape, options.pose_count, confidence, top, options.kap_count)

    def work(stop):
        here = context()
        here.configure(threads, isa)
        options.stop = c.pointer(stop)
        status = here.check(
            lib.geosc_match_images(here.pointer, source._pointer, target._pointer, c.byref(points.struct), c.byref(options), c.byref(answer))
        )
        return here.message() if status == PAIRS_FAILED else None

    found.reason = interruptible(work)
    found._sides = Side(source, "cell" if points.dense else points.units), Side(target, points.units)
    found._keypoints = None if points.dense else points.xy[: points.count].copy()
    found.status = status_name(answer.status)
    found.poses = tuple(POSE_NAMES[pose] for pose in options.poses[: options.pose_count])
    found.pose = None if answer.chosen == UNDECIDED else found.poses[answer.chosen]
    if not points.dense and not points.count:
        for name in _OF_KEYPOINTS:
            array = getattr(found, name)
            setattr(found, name, None if array is None else array[:0])
    return found
