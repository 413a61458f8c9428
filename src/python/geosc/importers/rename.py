"""Changes the keys of a checkpoint to those that geosc knows, and what they stand for where geosc has no such layer."""

import argparse
import re

import numpy as np

from . import ImportFailure
from .text import printable

SHOWN_KEYS = 4
# A convolution of a residual block, whose BatchNorm is the next of its layers; see geosc-files(5), MODEL.
BIASED = re.compile(r"((?:.*\.)?net\.)([036])\.bias", re.S)


def first_keys(state):
    return ", ".join(printable(key, 60) for key in list(state)[:SHOWN_KEYS])


def parse(text):
    """(old, new) of --rename OLD=NEW: parts of keys between points."""
    old, equals, new = text.partition("=")
    if not equals or "" in old.split(".") or (new and "" in new.split(".")):
        raise argparse.ArgumentTypeError(f"{text!r} is not OLD=NEW, parts of keys between points, such as conv1=net.0")
    return old, new


def replace(parts, old, new):
    """Replaces each run of parts by others, which None marks until the end; returns whether there was one."""
    found, at = False, 0
    while at + len(old) <= len(parts):
        if [part[0] if not part[1] else None for part in parts[at : at + len(old)]] == old:
            parts[at : at + len(old)] = [(part, True) for part in new]
            found, at = True, at + len(new)
        else:
            at += 1
    return found


def rename(state, changes):
    """The state with other keys. What one change has put in place, no other changes again."""
    used, renamed = set(), {}
    for key, value in state.items():
        parts = [(part, False) for part in key.split(".")]
        for old, new in changes:
            if replace(parts, old.split("."), new.split(".") if new else []):
                used.add((old, new))
        name = ".".join(part for part, _ in parts)
        if name in renamed or not name:
            raise ImportFailure(f"{printable(key, 60)}: --rename leaves " + ("two tensors of the name " + printable(name, 60) if name else "no name"))
        renamed[name] = value
    for old, new in changes:
        if (old, new) not in used:
            raise ImportFailure(f"--rename {printable(old, 60)}={printable(new, 60)}: no key has the part {printable(old, 60)}; the first keys are "
                                f"{first_keys(state)}")
    return renamed


def fold_biases(state):
    """Takes the bias of a convolution from the running mean of the BatchNorm behind it, which is the same: returns how many there were."""
    folded = 0
    for key in list(state):
        found = BIASED.fullmatch(key)
        mean = f"{found[1]}{int(found[2]) + 1}.running_mean" if found else None
        if found and key[: -len("bias")] + "weight" in state and mean in state and state[mean].shape == state[key].shape:
            with np.errstate(all="ignore"):
                state[mean] = state[mean].astype("<f8") - state.pop(key).astype("<f8")
            folded += 1
    return folded


def groups_of(state, given, found):
    """The number of groups of the GroupNorms, and whether it is known; None if there are none. given: by --gn-groups; found: in a network
    that was saved as a whole."""
    if not any("bottleneck_layers." in key for key in state):
        if given:
            raise ImportFailure("--gn-groups: the model has no GroupNorm")
        return None
    if len(found) > 1 and not given:
        raise ImportFailure(f"has GroupNorms of {', '.join(map(str, sorted(found)))} groups; geosc knows one number for all")
    if given and found and found != {given}:
        raise ImportFailure(f"--gn-groups {given}: the network has GroupNorms of {', '.join(map(str, sorted(found)))} groups")
    return given or next(iter(found), None)
