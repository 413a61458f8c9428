"""A checkpoint as a model file: one dataset per key of the state_dict."""

import numpy as np

from . import ImportFailure, place, reason, stop, tensors
from .disk import new_file
from .resume import Log, check_nothing_to_lose

WRAPPERS = ("state_dict", "model_state_dict", "model", "net")


def is_state(value):
    return isinstance(value, dict) and bool(value) and all(isinstance(part, np.ndarray) for part in value.values())


def find_inner(value, path):
    """The name below which a checkpoint holds its state_dict; None where it is one itself, or there is no telling."""
    parts = {name: part for name, part in value.items() if isinstance(part, dict)}
    states = [name for name, part in parts.items() if is_state(part)]  # an optimizer's dict is none: it holds dicts and lists
    known = [name for name in WRAPPERS if name in parts]
    if not known and len(states) > 1:
        raise ImportFailure(f"{path}: holds more than one state_dict: {', '.join(map(str, states))}; save the one that is meant alone")
    return next(iter(known + states), None)


def find_state(value, path):
    """The state_dict in a checkpoint, which may hold much else beside it."""
    while isinstance(value, dict) and (name := find_inner(value, path)) is not None:
        value = value[name]
    if not isinstance(value, dict) or not value:
        raise ImportFailure(f"{path}: holds no state_dict")
    for key, part in value.items():
        if not isinstance(key, str) or not isinstance(part, np.ndarray):
            raise ImportFailure(f"{path}: {key}: is no tensor, so this is no state_dict")
        if not key or "/" in key or key in (".", ".."):
            raise ImportFailure(f"{path}: {key!r}: is no name for a dataset")
    return value


def check_types(state, path):
    """geosc reads these; anything else is no weight, or one that it would refuse."""
    for key, value in state.items():
        if value.dtype.kind not in "fiub" or value.dtype.itemsize > 8:
            raise ImportFailure(f"{path}: {key}: is {value.dtype}; geosc reads weights of float16, float32 or float64")


def write_tensors(descriptor, state):
    with new_file(descriptor) as file:
        for key, value in state.items():
            stop.check()
            file[key] = value


def import_model(checkpoint, output, force):
    state = find_state(tensors.load(checkpoint), checkpoint)
    check_types(state, checkpoint)
    with place.claim(output) as claim:
        log = Log(claim)
        check_nothing_to_lose(log)
        try:
            with place.new_output(claim, force) as (descriptor, _):
                write_tensors(descriptor, state)
        except OSError as error:
            raise ImportFailure(f"{output}: cannot be written: {reason(error)}") from None
        finally:
            log.remove()
    return len(state), sum(value.size for value in state.values())
