"""Options by name, as geosc match has them."""

import os

from ._library import UsageError, c, context, default_options, lib


def as_text(name, value):
    """An option's value as the command's text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (str, int, float)):
        return str(value)
    if hasattr(value, "tolist") and getattr(value, "ndim", 2) < 2:
        return as_text(name, value.tolist())
    word = (int, float) if name == "kap" else str
    if isinstance(value, (list, tuple)) and value and all(isinstance(one, word) for one in value):
        return ",".join(map(str, value))
    raise TypeError(f"{name} is {type(value).__name__}: {value!r:.60}")


def _set(options, name, value):
    here, text = context(), as_text(name, value).encode()
    if b"\0" in text:
        raise UsageError(f"{name}: has a null character")
    status = lib.geosc_options_set(here.pointer, c.byref(options), name.replace("_", "-").encode(), text)
    if status and here.message().startswith("unknown option"):
        raise TypeError(here.message().replace("-", "_"))
    here.check(status)


def make_options(given):
    """struct geosc_options with its defaults, or a preset's, changed by {name: value}. None leaves a default."""
    options, given = default_options(), {name: value for name, value in given.items() if value is not None}
    preset = given.pop("preset", None)
    if preset is not None:
        _set(options, "preset", preset)
    for name, value in given.items():
        _set(options, name, value)
    if preset is not None and "imd" not in given and options.pose_count > 1 and lib.geosc_imd_name(options.imd) == b"none":
        options.imd = default_options().imd  # as geosc match has it: several poses need a distance
    return options


def whole(name, value, least=0):
    """A number of threads or the like, as C can hold it."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} is {type(value).__name__}, expected a whole number")
    value = value.__index__()
    if not least <= value < 2**31:
        raise UsageError(f"{name} is {value}: {least} or more")
    return value


def path(name, value):
    """A path as bytes."""
    try:
        text = os.fsencode(value)
    except TypeError:
        raise TypeError(f"{name} is {type(value).__name__}, expected a path") from None
    if b"\0" in text or not text:
        raise UsageError(f"{name}: {value!r} is no path")
    return text


def isa_name(isa):
    if isa is not None and not isinstance(isa, str):
        raise TypeError(f"isa is {type(isa).__name__}, expected a name")
    return None if isa is None else isa.encode()
