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

from ._job import Progress, Report, run
from ._library import Error, UsageError, lib
from ._match import Match, Refined, match, refine
from ._model import Model
from ._results import Results, read
from ._writer import Writer

__version__ = lib.geosc_version().decode()
__all__ = ["Error", "Match", "Model", "Progress", "Refined", "Report", "Results", "UsageError", "Writer", "match", "read", "refine", "run"]
