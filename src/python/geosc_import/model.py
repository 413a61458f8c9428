"""A checkpoint as a model file: one dataset per key of the state_dict."""

import os

import h5py
import numpy as np

from . import ImportFailure, tensors

WRAPPERS = ("state_dict", "model_state_dict", "model", "net")


def find_state(value, path):
    """The state_dict in a checkpoint, which may hold an optimizer's too."""
    for name in WRAPPERS:
        if isinstance(value, dict) and isinstance(value.get(name), dict):
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
        with h5py.File(partial, "w") as file:
            for key, value in state.items():
                file[key] = value
        os.replace(partial, output)
    except OSError as error:
        raise ImportFailure(f"{output}: cannot be written: {error}") from None
    finally:
        if os.path.exists(partial):
            os.unlink(partial)
    return len(state), sum(value.size for value in state.values())
