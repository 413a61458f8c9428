"""Post-processors."""

import math

import numpy as np

from . import _arrays
from ._library import LoadedModel, Norms, Tensor, UsageError, c, context, interruptible, lib
from ._match import refine
from ._options import make_options, path, whole


def _tensors(state):
    """Structs of a state_dict, and what must stay while they are used."""
    if not hasattr(state, "items"):
        raise TypeError(f"state is {type(state).__name__}, expected a dict of arrays such as net.state_dict()")
    kept, structs = [], []
    for key, value in state.items():
        if not isinstance(key, str):
            raise TypeError(f"state has the key {key!r}, expected text")
        array = _arrays.to_numpy(value, key)
        with np.errstate(over="ignore"):
            array = np.ascontiguousarray(array, np.float32).reshape(array.shape)
        if array.ndim > 4:
            raise UsageError(f"{key} has {array.ndim} dimensions, expected at most 4")
        if "\0" in key:
            raise UsageError(f"the key {key!r} has a null character")
        name = key.encode()
        kept += [array, name]
        structs.append(Tensor(name, array.ndim, (c.c_size_t * 4)(*array.shape), array.ctypes.data))
    return (Tensor * len(structs))(*structs), kept


def _norm(name, value):
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} is {type(value).__name__}, expected a number")
    if not (value > 0 and math.isfinite(value)):
        raise UsageError(f"{name} is {value}: above 0")
    return value


class Model(LoadedModel):
    """A post-processor: read-only, usable by any number of threads at once.

    Model(state) takes a dict of arrays or tensors with PyTorch's keys, such as net.state_dict(); keys and shapes as in geosc-files(5).
    bn_eps, gn_eps and gn_groups are those of its norms, where they are not PyTorch's. conv: "auto", "direct" or "winograd".
    Nothing of the state is kept. Raises Error where the state is no model that geosc knows.
    """

    def __init__(self, state, *, bn_eps=None, gn_eps=None, gn_groups=None, conv=None):
        structs, kept = _tensors(state)
        groups = 0 if gn_groups is None else whole("gn_groups", gn_groups, 1)
        norms = Norms(_norm("bn_eps", bn_eps), _norm("gn_eps", gn_eps), groups)
        options, pointer = make_options({"conv": conv}), c.c_void_p()

        def work(_):
            here = context()
            here.check(lib.geosc_model_from_tensors_with(here.pointer, structs, len(structs), c.byref(norms), c.byref(options), c.byref(pointer)))

        interruptible(work)
        del kept
        self._own(pointer.value, lib.geosc_model_free)

    @classmethod
    def load(cls, model, *, conv=None):
        """Reads a model file (geosc-files(5)): a path."""
        name, options, pointer = path("model", model), make_options({"conv": conv}), c.c_void_p()

        def work(_):
            here = context()
            here.check(lib.geosc_model_load_with(here.pointer, name, c.byref(options), c.byref(pointer)))

        interruptible(work)
        self = cls.__new__(cls)
        self._own(pointer.value, lib.geosc_model_free)
        return self

    @property
    def channels(self):
        """Channels of the features that it takes."""
        return lib.geosc_model_channels(self._pointer)

    @property
    def parameters(self):
        """Number of its weights, without running statistics."""
        return lib.geosc_model_parameters(self._pointer)

    def refine(self, features, **arguments):
        """geosc.refine with this model."""
        return refine(features, model=self, **arguments)

    def __repr__(self):
        return f"<geosc.Model of {self.channels} channels, {self.parameters} parameters>"
