"""A checkpoint as a model file: one dataset per key of the state_dict."""

import os

import numpy as np

from . import ImportFailure, reason, tensors
from .disk import new_file

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


def import_model(checkpoint, output, force):
    state = find_state(tensors.load(checkpoint), checkpoint)
    if os.path.exists(output) and not force:
        raise ImportFailure(f"{output}: is there already; choose another name, or replace it with --force")
    partial = output + ".partial"
    try:
        with new_file(partial) as file:
            for key, value in state.items():
                file[key] = value
        os.replace(partial, output)
    except OSError as error:
        raise ImportFailure(f"{output}: cannot be written: {reason(error)}") from None
    finally:
        if os.path.exists(partial):
            os.unlink(partial)
    return len(state), sum(value.size for value in state.values())
