"""Outputs, read whole."""

import os

import numpy as np

from ._library import UNDECIDED, Error, status_name
from ._options import path

FORMAT_VERSION = 1  # OUTPUT_VERSION of the library
_PARTS = ("peak", "second", "mutual", "cycle", "top_xy", "top_score", "kap_in", "kap_out", "kap_max", "kap_range", "heat")


def _h5py():
    try:
        import h5py
    except ImportError:
        raise ImportError("geosc.read and geosc.Writer need h5py (Debian: python3-h5py)") from None
    return h5py


def _text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def _names(values):
    return np.array([_text(value) for value in values], dtype=object)


class Results:
    """The answers of a job (geosc-files(5), Output).

    xy: [P, K, 2] float32 in `units`, dense [P, H, W, 2]; score: [P, K] or [P, H, W]; NaN where there is no answer.
    pose: [P] names, None where none could be chosen; poses: the candidates; imd: [P, Q]; status: [P] names.
    source, target: [P] image names or numbers; None for the stacked layout. index: [P] places in the input, of a shard; else None.
    peak, second, mutual, cycle, top_xy, top_score, kap_in, kap_out, kap_max, kap_range, heat: as far as they were asked for; else None.
    kap: the alphas of the kap arrays; None without them.
    options: what shaped the answers, as one line. units: "cell", "pixel" or "original".
    """

    def __init__(self, file, where):
        if _text(file.attrs.get("format", "")) != "geosc-matches":
            raise Error(f"{where}: is no output of geosc match in its own form; --format geosc writes that")
        if file.attrs.get("format_version") != FORMAT_VERSION:
            raise Error(f"{where}: its attribute format_version is one that this version of geosc cannot read; update geosc, or match again")
        self.options = _text(file.attrs["options"])
        self.units = _text(file["matches/xy"].attrs["units"])
        self.xy, self.score, self.imd = (file[name][...] for name in ("matches/xy", "matches/score", "poses/imd"))
        self.poses = tuple(_names(file["poses/name"][...]))
        chosen = np.asarray(file["poses/chosen"][...], np.uint8)
        self.pose = np.array([None if place == UNDECIDED else self.poses[place] for place in chosen], dtype=object)
        self.status = np.array([status_name(int(status)) for status in file["pairs/status"][...]], dtype=object)
        for name in _PARTS:
            setattr(self, name, file["matches/" + name][...] if "matches/" + name in file else None)
        self.kap = None if self.kap_in is None else file["matches/kap_in"].attrs["alpha"]
        if self.mutual is not None:
            self.mutual = self.mutual.astype(bool)
        self.index = file["pairs/index"][...] if "pairs/index" in file else None
        names = _names(file["images/name"][...]) if "images/name" in file else None
        for side in ("source", "target"):
            numbers = file["pairs/" + side][...] if "pairs/" + side in file else None
            setattr(self, side, numbers if names is None or numbers is None else names[numbers])

    def __len__(self):
        return len(self.status)

    def __repr__(self):
        return f"<geosc.Results of {len(self)} pairs, {'x'.join(map(str, self.score.shape[1:]))} answers each>"

    def to_pandas(self):
        """A pandas.DataFrame with a row for each keypoint of each pair; dense: for each cell, numbered row by row.

        Columns: pair, source and target (if known), keypoint, x, y, score, pose, status; peak_x, peak_y, second, mutual, cycle if there.
        """
        try:
            import pandas
        except ImportError:
            raise ImportError("to_pandas needs pandas (Debian: python3-pandas)") from None
        pairs, each = len(self), int(np.prod(self.score.shape[1:]))
        columns = {"pair": np.repeat(np.arange(pairs) if self.index is None else self.index, each)}
        for side in ("source", "target"):
            if getattr(self, side) is not None:
                columns[side] = np.repeat(getattr(self, side), each)
        columns["keypoint"] = np.tile(np.arange(each), pairs)
        columns["x"], columns["y"] = self.xy.reshape(-1, 2).T
        columns["score"] = self.score.reshape(-1)
        columns["pose"], columns["status"] = np.repeat(self.pose, each), np.repeat(self.status, each)
        if self.peak is not None:
            columns["peak_x"], columns["peak_y"] = self.peak.reshape(-1, 2).T
            for name in ("second", "mutual", "cycle"):
                columns[name] = getattr(self, name).reshape(-1)
        return pandas.DataFrame(columns)


def _line(error):
    """What h5py says, in one line."""
    return " ".join(str(error.args[0] if error.args else error).split())


def _reason(name, error):
    """Why a file cannot be opened, and what to do: h5py has only HDF5's words."""
    if os.path.isdir(name):
        return "is a folder; name an output of geosc match"
    try:
        with open(name, "rb"):
            pass
    except FileNotFoundError:
        return "does not exist; name an output of geosc match"
    except OSError as refused:
        return f"cannot be read: {refused.strerror}"
    if not _h5py().is_hdf5(name):
        return "is not an HDF5 file; name an output of geosc match"
    return f"is damaged or not complete: {_line(error)}; run geosc match again"


def read(output):
    """Reads an output of geosc match into memory: geosc.Results. Needs h5py. Raises geosc.Error where it is not there or cannot be read."""
    h5py, where = _h5py(), os.fsdecode(path("output", output))
    try:
        with h5py.File(where, "r") as file:
            return Results(file, where)
    except (KeyError, RuntimeError) as error:
        raise Error(f"{where}: is not complete: {_line(error)}; run geosc match again") from None
    except OSError as error:
        raise Error(f"{where}: {_reason(where, error)}") from None
