"""libgeosc through ctypes: finds the library, declares what geosc.h declares, and turns its statuses into exceptions.

The structs here must be those of geosc.h; tests/python/test_geosc.py compares them with a C compiler's. A later library has more fields at
their end: `later` is room for them, which the library sets and reads by the size.
"""

import ctypes as c
import os
import sys
import threading
import warnings
import weakref
from concurrent.futures import ThreadPoolExecutor

NAME = "libgeosc.0.dylib" if sys.platform == "darwin" else "libgeosc.so.0"
OK, FAILED, BAD_USAGE, PAIRS_FAILED, STOPPED = 0, 1, 2, 3, 75
POSES = 8
UNDECIDED = 255


class Error(Exception):
    """What libgeosc refuses or cannot do: one line that says what is wrong, where, and what to do."""


class UsageError(Error, ValueError):
    """An argument or option is invalid, or shapes do not fit."""


class _Progress(c.Structure):
    _fields_ = [(name, c.c_size_t) for name in ("pairs_done", "pairs", "pairs_failed", "pairs_resumed", "maps_refined", "maps_to_refine",
                                                "maps_reused")] + [("seconds", c.c_double), ("seconds_left", c.c_double)]


ProgressFunction = c.CFUNCTYPE(None, c.c_void_p, c.POINTER(_Progress))
WarningFunction = c.CFUNCTYPE(None, c.c_void_p, c.c_char_p)


class Options(c.Structure):
    """struct geosc_options. The fields that shape the result are set by name, with geosc_options_set."""

    _fields_ = [
        ("size", c.c_size_t), ("summary_size", c.c_size_t),
        ("poses", c.c_int * POSES), ("pose_count", c.c_size_t), ("pose_source", c.c_int), ("imd", c.c_int), ("conv", c.c_int),
        ("restrict_target", c.c_bool), ("window", c.c_int), ("temperature", c.c_double), ("confidence", c.c_bool), ("pairs", c.c_char_p),
        ("format", c.c_int), ("threads", c.c_int), ("workers", c.c_int), ("isa", c.c_char_p), ("shard", c.c_size_t), ("shards", c.c_size_t),
        ("memory", c.c_size_t), ("force", c.c_bool), ("restart", c.c_bool), ("same_input", c.c_bool), ("strict", c.c_bool),
        ("allow_links", c.c_bool), ("allow_plugins", c.c_bool), ("progress", ProgressFunction), ("warning", WarningFunction),
        ("user", c.c_void_p), ("stop", c.POINTER(c.c_int)),
        ("restrict_use", c.c_int), ("query", c.c_int), ("similarity", c.c_int), ("window_kind", c.c_int), ("window_sigma", c.c_double),
        ("outside", c.c_int), ("top", c.c_int), ("kap", c.c_double * 8), ("kap_count", c.c_size_t),
        ("later", c.c_uint64 * 64),
    ]  # fmt: skip


class Summary(c.Structure):
    """struct geosc_summary."""

    _fields_ = [
        ("pairs", c.c_size_t), ("status", c.c_size_t * 16), ("chosen", c.c_size_t * POSES), ("pairs_resumed", c.c_size_t),
        ("maps_refined", c.c_size_t), ("maps_reused", c.c_size_t), ("bytes_read", c.c_size_t), ("cells_in_int8", c.c_size_t),
        ("candidates", c.c_size_t), ("candidates_most", c.c_size_t), ("cells_in_fp32", c.c_size_t), ("threads", c.c_int),
        ("isa", c.c_char * 16), ("already_done", c.c_bool), ("seconds_wait", c.c_double), ("seconds_decode", c.c_double),
        ("seconds_refine", c.c_double), ("seconds_score", c.c_double), ("seconds_match", c.c_double), ("seconds_write", c.c_double),
        ("seconds", c.c_double), ("workers", c.c_int),
        ("later", c.c_uint64 * 64),
    ]  # fmt: skip


class Tensor(c.Structure):
    _fields_ = [("key", c.c_char_p), ("rank", c.c_size_t), ("dims", c.c_size_t * 4), ("data", c.c_void_p)]


class Norms(c.Structure):
    _fields_ = [("bn_eps", c.c_double), ("gn_eps", c.c_double), ("gn_groups", c.c_size_t)]


class Level(c.Structure):
    _fields_ = [("data", c.c_void_p), ("type", c.c_int), ("channels", c.c_size_t), ("height", c.c_size_t), ("width", c.c_size_t),
                ("norm_group", c.POINTER(c.c_int))]


class Features(c.Structure):
    _fields_ = [("levels", c.POINTER(Level)), ("level_count", c.c_size_t), ("mask", c.c_void_p), ("mask_type", c.c_int)]


class Image(c.Structure):
    _fields_ = [("pose", Features * POSES), ("size", c.c_double * 2), ("placement", c.c_double * 3)]


class Keypoints(c.Structure):
    _fields_ = [("xy", c.c_void_p), ("count", c.c_size_t), ("units", c.c_int), ("mirror_index", c.c_void_p), ("truth", c.c_void_p),
                ("threshold", c.c_double)]


class Answers(c.Structure):
    _fields_ = [(name, c.c_void_p) for name in ("xy", "score", "peak", "second", "mutual", "cycle", "top_xy", "top_score")]


class PairAnswer(c.Structure):
    _fields_ = [("answers", Answers), ("imd", c.c_void_p), ("chosen", c.c_size_t), ("status", c.c_int)] + [
        (name, c.c_void_p) for name in ("kap_in", "kap_out", "kap_max", "kap_range")]


STRUCTS = {
    "geosc_progress": _Progress, "geosc_options": Options, "geosc_summary": Summary, "geosc_tensor": Tensor, "geosc_norms": Norms,
    "geosc_level": Level, "geosc_features": Features, "geosc_image": Image, "geosc_keypoints": Keypoints, "geosc_answers": Answers,
    "geosc_pair_answer": PairAnswer,
}  # fmt: skip

_P, _S = c.c_void_p, c.c_char_p
_O = c.POINTER(Options)
FUNCTIONS = {
    "geosc_create": (_P,),
    "geosc_destroy": (None, _P),
    "geosc_message": (_S, _P),
    "geosc_configure": (c.c_int, _P, c.c_int, _S),
    "geosc_version": (_S,),
    "geosc_pose_name": (_S, c.c_int),
    "geosc_imd_name": (_S, c.c_int),
    "geosc_pair_status_name": (_S, c.c_int),
    "geosc_pose_point": (None, c.c_int, c.c_double, c.c_double, c.POINTER(c.c_double), c.POINTER(c.c_double)),
    "geosc_options_init_sized": (None, _O, c.c_size_t, c.c_size_t),
    "geosc_options_set": (c.c_int, _P, _O, _S, _S),
    "geosc_match_file": (c.c_int, _P, _S, _S, _S, _O, c.POINTER(Summary)),
    "geosc_model_load_with": (c.c_int, _P, _S, _O, c.POINTER(_P)),
    "geosc_model_from_tensors_with": (c.c_int, _P, c.POINTER(Tensor), c.c_size_t, c.POINTER(Norms), _O, c.POINTER(_P)),
    "geosc_model_free": (None, _P),
    "geosc_model_channels": (c.c_size_t, _P),
    "geosc_model_parameters": (c.c_size_t, _P),
    "geosc_map_size": (None, _P, c.POINTER(c.c_size_t), c.POINTER(c.c_size_t), c.POINTER(c.c_size_t)),
    "geosc_map_copy": (None, _P, _P),
    "geosc_refine_image": (c.c_int, _P, _P, c.POINTER(Image), _O, c.POINTER(Keypoints), c.POINTER(_P)),
    "geosc_refined_free": (None, _P),
    "geosc_refined_size": (None, _P, c.POINTER(c.c_size_t), c.POINTER(c.c_size_t), c.POINTER(c.c_size_t)),
    "geosc_refined_status": (c.c_int, _P),
    "geosc_refined_map": (_P, _P, c.c_int),
    "geosc_match_images": (c.c_int, _P, _P, _P, c.POINTER(Keypoints), _O, c.POINTER(PairAnswer)),
}


def _candidates():
    """Where the library may be: beside the modules (a wheel, a build folder), where it was installed, where the system looks."""
    here = os.path.dirname(os.path.abspath(__file__))
    yield os.path.join(here, NAME)
    try:
        from ._installed import LIBRARY

        yield os.path.join(here, LIBRARY)
    except ImportError:
        pass
    yield NAME


def _load():
    reasons = []
    for path in _candidates():
        if os.path.isabs(path) and not os.path.exists(path):
            continue
        try:
            return c.CDLL(path)
        except OSError as error:
            reasons.append(str(error))
    raise ImportError(f"geosc: {'; '.join(reasons)}: install libgeosc (make install, then ldconfig) or build geosc with shared libraries")


lib = _load()
for _name, (_result, *_arguments) in FUNCTIONS.items():
    try:
        _function = getattr(lib, _name)
    except AttributeError:
        raise ImportError(f"geosc: {lib._name} lacks {_name}: it belongs to another version of geosc") from None
    _function.restype, _function.argtypes = _result, _arguments

__version__ = lib.geosc_version().decode()
POSE_NAMES = tuple(lib.geosc_pose_name(i).decode() for i in range(POSES))


def status_name(status):
    return lib.geosc_pair_status_name(status).decode()


def default_options():
    options = Options()
    lib.geosc_options_init_sized(c.byref(options), c.sizeof(Options), c.sizeof(Summary))
    return options


class Owner:
    """Owns what a pointer points to, in libgeosc."""

    def _own(self, pointer, free):
        self._pointer = pointer
        weakref.finalize(self, free, pointer)

    def __reduce__(self):
        raise TypeError(f"a geosc.{type(self).__name__} cannot be pickled: it is memory of this process")


class LoadedModel(Owner):
    """A geosc_model."""


def warn(line):
    """A warning of the library, told of the line outside of this package that made the call."""
    home, frame, level = os.path.dirname(os.path.abspath(__file__)) + os.sep, sys._getframe(1), 2
    while frame.f_back and os.path.abspath(frame.f_code.co_filename).startswith(home):
        frame, level = frame.f_back, level + 1
    warnings.warn(line, stacklevel=level)


# ---- contexts, threads and Ctrl-C ------------------------------------------------------------------


class Context:
    """A geosc_context, for one thread at a time."""

    def __init__(self):
        self.pointer = lib.geosc_create()
        if not self.pointer:
            raise MemoryError("geosc: cannot create a context")
        weakref.finalize(self, lib.geosc_destroy, self.pointer)
        self.configured = None

    def configure(self, threads, isa):
        if self.configured != (threads, isa):
            self.check(lib.geosc_configure(self.pointer, threads, isa))
            self.configured = threads, isa

    def message(self):
        return lib.geosc_message(self.pointer).decode(errors="replace")

    def check(self, status):
        """Raises what a status means; returns OK or PAIRS_FAILED."""
        if status in (OK, PAIRS_FAILED):
            return status
        if status == STOPPED:
            raise KeyboardInterrupt(self.message())
        raise (UsageError if status == BAD_USAGE else Error)(self.message())


_local = threading.local()
_helper = None
_helper_lock = threading.Lock()


def context():
    """The context of this thread."""
    if not hasattr(_local, "context"):
        _local.context = Context()
    return _local.context


def _take_helper():
    global _helper
    with _helper_lock:
        if _helper is None:
            _helper = ThreadPoolExecutor(1, thread_name_prefix="geosc")
        return _helper


def _forget_helper():
    """In the child of a fork the thread is missing, and the locks may be held."""
    global _helper, _helper_lock, _local
    _helper, _helper_lock, _local = None, threading.Lock(), threading.local()


os.register_at_fork(after_in_child=_forget_helper)


def interruptible(work, wait=None):
    """work(stop) in a way that Ctrl-C can end: Python runs signal handlers in the main thread alone, and only between its own instructions.

    There a helper thread does the work while this one waits; a signal's exception sets stop, a c_int, and comes out once the work has ended.
    wait(done), if given, is called in turn until done(seconds) is true.
    """
    stop = c.c_int(0)
    if threading.current_thread() is not threading.main_thread() and wait is None:
        return work(stop)
    executor = _take_helper() if wait is None else ThreadPoolExecutor(1, thread_name_prefix="geosc")
    future = executor.submit(work, stop)
    finished = threading.Event()
    future.add_done_callback(lambda _: finished.set())
    try:
        if wait:
            wait(finished.wait)
        return future.result()
    except BaseException:
        stop.value = 1
        _wait_despite_signals(finished)
        raise
    finally:
        if wait:
            executor.shutdown()


def _wait_despite_signals(finished):
    """The arrays of the work must stay until it has ended, however often Ctrl-C is pressed."""
    while not finished.is_set():
        try:
            finished.wait()
        except KeyboardInterrupt:
            pass
