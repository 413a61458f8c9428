"""The order of a feature array's axes. geosc stores [C, H, W]; transformers give tokens [T, C], other networks [H, W, C]."""

import re

from . import ImportFailure

CHANNELS = 64  # the fewest that learned features have
EXTRA_TOKENS = (0, 1, 5)  # before the patches: none, the class token, the class token and four registers
CHW, HWC = "chw", "hwc"
EXPECTED = "expected floats [C, H, W] or [1, C, H, W]"
OPTION = "--axes {}"  # how the command names what helps


def parse(text):
    """The value of --axes: chw, hwc, or (h, w) of a grid of tokens. ValueError for anything else."""
    if text.lower() in (CHW, HWC):
        return text.lower()
    sides = re.fullmatch(r"([1-9][0-9]{0,5})x([1-9][0-9]{0,5})", text)
    if not sides:
        raise ValueError(text)
    return int(sides[1]), int(sides[2])


def arrange_tokens(array, grid, where):
    """[T, C] as [C, h, w], without the tokens before the patches."""
    height, width = grid
    while array.ndim > 2 and array.shape[0] == 1:
        array = array[0]
    extra = array.shape[0] - height * width if array.ndim == 2 else -1
    if extra not in EXTRA_TOKENS:
        raise ImportFailure(f"{where}: is {list(array.shape)}, expected the tokens of {height} x {width} patches: [{height * width}, C], "
                            "optionally after 1 or 5 other tokens")
    return array[extra:].reshape(height, width, array.shape[1]).transpose(2, 0, 1)


def is_never_meant(channels, height, width):
    """Whether geosc refuses this [C, H, W] in any case: too many columns for so few rows and channels."""
    return width > 2 * height and ((channels == height and width >= 2 * CHANNELS) or
                                   (width >= 6 * CHANNELS and width % CHANNELS == 0 and width > 4 * height and width > 4 * channels))


def check_looks(array, where, insisted, option):
    """Refuses shapes that are valid as [C, H, W], but probably are tokens (one channel) or have channels last (many columns).
    insisted: --axes chw was given, which accepts a shape that is only unlikely."""
    channels, height, width = array.shape
    if channels == 1 and height > 1 and width >= CHANNELS:
        raise ImportFailure(f"{where}: looks like {height} ViT tokens of {width} channels, [1, 1, T, C]; for h x w patches, store x.reshape(h, w, "
                            f"C).transpose(2, 0, 1), or use {option.format('HxW')}")
    if is_never_meant(channels, height, width) or (not insisted and width >= CHANNELS and width > 2 * height and width > 2 * channels):
        other = "" if is_never_meant(channels, height, width) else f" (or {option.format(CHW)} for {channels} channels of {height} x {width} cells)"
        raise ImportFailure(f"{where}: looks like [H, W, C]: {channels} x {height} cells of {width} channels; store x.transpose(2, 0, 1), or use "
                            f"{option.format(HWC)}{other}")


def arrange(array, axes, where, option=OPTION):
    """The array as [C, H, W]. axes: as parse returns them, or None to go by the shape. option: how the caller's users say them."""
    if isinstance(axes, tuple):
        return arrange_tokens(array, axes, where)
    shape = list(array.shape)
    if array.ndim == 4 and shape[0] == 1:
        array = array[0]
    if array.ndim == 2 and 0 not in shape:
        raise ImportFailure(f"{where}: is {array.dtype} {shape}, {EXPECTED}; if these are ViT tokens [T, C] of h x w patches, store "
                            f"x.reshape(h, w, C).transpose(2, 0, 1), or use {option.format('HxW')}")
    if array.ndim != 3 or 0 in shape:
        raise ImportFailure(f"{where}: is {array.dtype} {shape}, {EXPECTED}")
    if axes != HWC:
        check_looks(array, where, axes == CHW, option)
    return array.transpose(2, 0, 1) if axes == HWC else array
