"""Converts a checkpoint to a model file: one dataset for each key of the state_dict."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np

from . import ImportFailure, place, reason, rename, state, stop
from .disk import new_file
from .resume import Log, check_nothing_to_lose
from .text import printable, say

SHOWN_PARTS = 6
UNKNOWN = "is not a model: "  # what geosc inspect says of one that has none of the keys it knows
PROJECTION = ("projection.weight", "projection.mean", "projection.bias")


def tell_ignored(checkpoint, ignored):
    if ignored:
        more = f" and {len(ignored) - SHOWN_PARTS} more" if len(ignored) > SHOWN_PARTS else ""
        say(f"{checkpoint}: read the weights; ignored: {', '.join(ignored[:SHOWN_PARTS])}{more}")


def find_geosc():
    """The path of geosc: beside this command, or on the PATH."""
    own = os.path.dirname(os.path.realpath(sys.argv[0]))
    return shutil.which("geosc", path=own) or shutil.which("geosc")


def explain(problem, weights):
    """What geosc says of a model, without repeating that it is none; of one with unknown keys also what these are and what changes them."""
    if not problem.startswith(UNKNOWN):
        return problem
    said, mark, reason_name = problem.removeprefix(UNKNOWN).replace("dataset with a name", "key").partition(" [")
    return f"{said}; its first keys are {rename.first_keys(weights)}, and --rename changes keys, see geosc-import(1){mark}{reason_name}"


def check_model(path, checkpoint, weights):
    """Refuses a model that geosc refuses. It asks geosc, which alone has the rules."""
    command, path = find_geosc(), os.path.abspath(path)
    if not command:
        say("geosc is not beside this command or on the PATH: the model was not checked")
        return
    own = {name: value for name, value in os.environ.items() if not name.startswith("GEOSC_")}
    result = subprocess.run([command, "inspect", "--json", path], env=own, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if result.returncode == 0:
        return
    try:
        problems = json.loads(result.stdout)["problems"]
        first = explain(problems[0].removeprefix(f"{path}: "), weights)
    except (ValueError, LookupError, TypeError, AttributeError):
        raise ImportFailure(f"{checkpoint}: {command} inspect cannot check the model (exit status {result.returncode})") from None
    more = f"; and {len(problems) - 1} more" if len(problems) > 1 else ""
    raise ImportFailure(f"{checkpoint}: is not a model for geosc: {first}{more}")


def write_tensors(descriptor, weights, groups):
    with new_file(descriptor) as file:
        for key, value in weights.items():
            stop.check()
            file[key] = value
        if groups is not None:
            file.attrs["gn_groups"] = np.int32(groups)


def add_projection(weights, path):
    """Adds the arrays of a file, projection.weight and so on, which geosc computes in front of the network."""
    own, _ = state.read(path)
    for key, value in own.items():
        if key not in PROJECTION:
            raise ImportFailure(f"{path}: has {printable(key, 60)}, expected {', '.join(PROJECTION)}")
        if key in weights:
            raise ImportFailure(f"{path}: {key} is in the checkpoint, too")
        weights[key] = value


class Settings:
    """What the command line says of a checkpoint."""

    def __init__(self, changes=(), groups=None, projection=None):
        self.changes, self.groups, self.projection = changes, groups, projection


def read_weights(checkpoint, settings):
    """(weights by their keys in geosc, number of groups or None, folded biases, descriptions of ignored parts)."""
    weights, finder = state.read_all(checkpoint)
    try:
        weights = rename.rename(weights, settings.changes)
        for key in weights if settings.changes else ():
            state.check_name(key)
        folded = rename.fold_biases(weights)
        groups = rename.groups_of(weights, settings.groups, finder.groups)
    except ImportFailure as failure:
        raise ImportFailure(f"{checkpoint}: {failure}") from None
    if settings.projection:
        add_projection(weights, settings.projection)
    return weights, groups, folded, finder.ignored


def describe(weights, groups, folded):
    parts = [f"{len(weights)} tensors, {sum(value.size for value in weights.values())} numbers"]
    parts += [f"{folded} biases of convolutions folded into BatchNorm"] * bool(folded)
    if any("bottleneck_layers." in key for key in weights):
        parts.append(f"GroupNorm of {groups} groups" if groups else "GroupNorm taken to have 32 groups, see --gn-groups")
    return ", ".join(parts)


def import_model(checkpoint, output, force, settings):
    """Writes the model; returns a line about it."""
    weights, groups, folded, ignored = read_weights(checkpoint, settings)
    with place.claim(output) as claim:
        log = Log(claim)
        check_nothing_to_lose(log)
        try:
            with place.new_output(claim, force) as (descriptor, temporary):
                write_tensors(descriptor, weights, groups)
                check_model(temporary, checkpoint, weights)
        except OSError as error:
            raise ImportFailure(f"{output}: cannot be written: {reason(error)}") from None
        finally:
            log.remove()
    tell_ignored(checkpoint, ignored)
    return describe(weights, groups, folded)
