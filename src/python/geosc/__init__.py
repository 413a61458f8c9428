"""geosc: geometry-aware semantic correspondence, with the speed and the answers of the command.

    import geosc

    model = geosc.Model.load("model.h5")               # or geosc.Model(net.state_dict())
    m = geosc.match(a, b, keypoints, model=model)      # a, b: [C, H, W] arrays or CPU tensors; keypoints: [K, 2] as (x, y)
    m.xy, m.score, m.pose                              # where the keypoints are in b

    source = geosc.refine(a, model=model)              # refined once, then in many pairs
    geosc.match(source, geosc.refine(b, model=model, poses="none"), keypoints)

    geosc.run("pairs.h5", "matches.h5", model="model.h5", progress=True)
    geosc.read("matches.h5").to_pandas()

Cells: (0, 0) is the centre of the top-left cell, x the column, y the row. All functions may run in many threads at once; libgeosc runs without
Python's lock. Nothing reads the environment. numpy is required; h5py for read and Writer, pandas for to_pandas, PyTorch for nothing.
"""

from importlib import import_module

# The library is loaded when it is first needed: geosc.importers, the command geosc-import, does without it.
_HOMES = {
    "_job": ("Progress", "Report", "run"),
    "_library": ("Error", "UsageError", "__version__"),
    "_match": ("Match", "Refined", "match", "refine"),
    "_model": ("Model",),
    "_results": ("Results", "read"),
    "_show": ("Drawing",),
    "_writer": ("Writer",),
}
__all__ = sorted(name for names in _HOMES.values() for name in names if not name.startswith("_"))


def __getattr__(name):
    for module, names in _HOMES.items():
        if name in names:
            value = globals()[name] = getattr(import_module("." + module, __name__), name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return [*__all__, *globals()]

