"""The network that makes features of pictures: of torch.hub, a TorchScript file, or a Python function. What it runs is what the user names."""

import contextlib
import importlib
import io
import math
import os
import re
import sys

import numpy as np
import torch

from ..importers import ImportFailure, state
from ..importers.axes import EXTRA_TOKENS
from ..importers.files import check_storable
from ..importers.levels import MOST
from ..importers.text import printable

REPOSITORIES = {"dinov2_": "facebookresearch/dinov2:main", "dinov3_": "facebookresearch/dinov3:main"}
REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+(:[\w./-]+)?")
FILE_ENDINGS = (".pt", ".pth", ".ts", ".jit", ".torchscript")
PATCHES = "x_norm_patchtokens"  # where DINOv2 has the patches' tokens
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet


@contextlib.contextmanager
def foreign(what):
    """Code that is not ours may print, and fail in any way: then one line says so."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    except (ImportFailure, MemoryError):
        raise
    except Exception as error:  # pylint: disable=broad-except
        raise ImportFailure(f"{what}: {type(error).__name__}: {printable(error, 300)}") from None


def load_hub(name, hub, weights):
    where = hub or next((own for start, own in REPOSITORIES.items() if name.startswith(start)), None)
    if where is None:
        raise ImportFailure(f"--backbone {name}: is neither a file nor MODULE:FUNCTION, nor a name of DINOv2 or DINOv3; --hub tells where other "
                            "names are")
    local = os.path.isdir(where)
    if local and not os.path.isfile(os.path.join(where, "hubconf.py")):
        raise ImportFailure(f"{where}: has no hubconf.py: it is not a folder for torch.hub")
    if not local and not REPOSITORY.fullmatch(where):
        raise ImportFailure(f"--hub {where}: is neither a folder nor OWNER/REPOSITORY on GitHub")
    how = {"source": "local"} if local else {"source": "github", "trust_repo": True}
    with foreign(f"--backbone {name}: {where} cannot load it"):
        model = torch.hub.load(where, name, verbose=False, **how, **({"pretrained": False} if weights else {}))
    if weights:
        arrays, _ = state.read(weights)
        with foreign(f"{weights}: does not fit {name}"):
            model.load_state_dict({key: torch.from_numpy(np.array(array)) for key, array in arrays.items()})
    return model


def load_function(name):
    module, function = name.split(":", 1)
    sys.path.insert(0, os.getcwd())
    with foreign(f"--backbone {name}: cannot be imported"):
        found = importlib.import_module(module)
        for part in function.split("."):
            found = getattr(found, part)
        if not callable(found):
            raise TypeError(f"{function} is {type(found).__name__}, not a function")
    return found


def choose_device(name):
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return name


def parts_of(out, name):
    """[(level's name, tensor)] of what a backbone gives."""
    if isinstance(out, dict) and PATCHES in out:
        out = out[PATCHES]
    if isinstance(out, dict):
        parts = [(str(key), part) for key, part in out.items()]
    elif isinstance(out, (tuple, list)):
        parts = [(f"level{k}", part) for k, part in enumerate(out)]
    else:
        parts = [("", out)]
    parts = [("", parts[0][1])] if len(parts) == 1 else parts
    for _, part in parts:
        if not isinstance(part, torch.Tensor):
            raise ImportFailure(f"--backbone {name}: gives {type(out).__name__} with {type(part).__name__}, expected tensors [B, C, H, W] or tokens "
                                "[B, T, C]")
    if not 1 <= len(parts) <= MOST:
        raise ImportFailure(f"--backbone {name}: gives {len(parts)} levels; geosc reads 1 to {MOST}")
    return parts


class Backbone:
    """The loaded network. patch: its pixels, None if unknown; strides: pixels of a cell of each level, after probe()."""

    def __init__(self, name, hub=None, weights=None, device="auto", mean=MEAN, spread=SPREAD):
        self.name, self.files, self.layers = name, [], False
        with foreign(f"--device {device}"):
            self.device = torch.device(choose_device(device))
        if os.path.isfile(name):
            self.files = [name]
            with foreign(f"{name}: is not a TorchScript file"):
                self.model = torch.jit.load(name, map_location=self.device)
        elif ":" in name:
            self.model = load_function(name)
        elif os.sep in name or name.endswith(FILE_ENDINGS):
            raise ImportFailure(f"--backbone {name}: no such file")
        else:
            self.model, self.files = load_hub(name, hub, weights), [weights] * bool(weights)
            self.layers = hasattr(self.model, "get_intermediate_layers")
        if isinstance(self.model, torch.nn.Module):
            with foreign(f"--device {device}"):
                self.model.eval().to(self.device)
        self.mean, self.spread = (torch.tensor(values, device=self.device).reshape(1, 3, 1, 1) for values in (mean, spread))
        own = getattr(self.model, "patch_size", None)
        own = own[0] if isinstance(own, (tuple, list)) and own else own
        self.patch, self.extra, self.shapes = own if type(own) is int and own > 0 else None, None, None

    def run(self, frames):
        """[(level's name, array [B, C, H, W] float32)] of frames [B, height, width, 3] uint8."""
        with foreign(f"--backbone {self.name}: fails on {frames.shape[2]} x {frames.shape[1]} pixels"), torch.inference_mode():
            batch = torch.from_numpy(np.ascontiguousarray(frames)).to(self.device).permute(0, 3, 1, 2).float() / 255
            batch = (batch - self.mean) / self.spread
            out = self.model.get_intermediate_layers(batch, n=1, reshape=True) if self.layers else self.model(batch)
        return [(name, self.as_map(part, *frames.shape[:3]).float().cpu().numpy()) for name, part in parts_of(out, self.name)]

    def as_map(self, part, count, height, width):
        """[B, C, H, W] of a map, or of tokens [B, T, C]."""
        if part.ndim == 3 and part.shape[0] == count:
            part = self.as_grid(part, height, width)
        if part.ndim != 4 or part.shape[0] != count or 0 in part.shape:
            raise ImportFailure(f"--backbone {self.name}: gives {list(part.shape)} for {count} pictures, expected [B, C, H, W] or tokens [B, T, C]")
        return part

    def as_grid(self, tokens, height, width):
        count = tokens.shape[1]
        if self.extra is None:
            self.find_patch(count, height, width)
        rows, columns = height // self.patch, width // self.patch
        if count != rows * columns + self.extra:
            raise ImportFailure(f"--backbone {self.name}: gives {count} tokens for {width} x {height} pixels, expected {rows} x {columns}, and "
                                f"{self.extra} before them")
        return tokens[:, self.extra :].reshape(tokens.shape[0], rows, columns, -1).permute(0, 3, 1, 2)

    def find_patch(self, count, height, width):
        """The pixels of a patch, and the number of tokens before the patches, from those of a square."""
        for extra in EXTRA_TOKENS:
            side = math.isqrt(max(count - extra, 0))
            if side and side * side == count - extra and height == width and height % side == 0 and self.patch in (None, height // side):
                self.patch, self.extra = height // side, extra
                return
        raise ImportFailure(f"--backbone {self.name}: gives {count} tokens for {width} x {height} pixels: they are no square of patches, with 0, 1 "
                            "or 5 tokens before them; choose another --size")

    def probe(self, side):
        """Looks at the features of a black square."""
        self.check_size(side)
        found = self.run(np.zeros((1, side, side, 3), np.uint8))
        self.shapes = [(name, array.shape[1:]) for name, array in found]
        for name, _ in self.shapes:
            check_storable(name, f"--backbone {self.name}", "the name of a level")

    def check_size(self, side):
        if self.patch and side % self.patch:
            below = max(side // self.patch, 1) * self.patch
            raise ImportFailure(f"--size {side}: is no multiple of the patches of {self.name}, which are {self.patch} pixels large; take {below} or "
                                f"{below + self.patch}")

    def multiple(self, side):
        """The pixels of which the sides of all frames must be multiples, so that each level has whole cells."""
        strides = []
        for _, (_, height, width) in self.shapes:
            if side % height or side % width:
                raise ImportFailure(f"--aspect: {self.name} gives {height} x {width} cells for {side} x {side} pixels; choose a --size that they "
                                    "divide")
            strides += [side // height, side // width]
        return math.lcm(*strides)

    def shapes_of(self, frame, side):
        """(name, shape, type, norm_group) of the levels of a frame."""
        return [(name, (channels, height * frame.height // side, width * frame.width // side), "<f4", None)
                for name, (channels, height, width) in self.shapes]
