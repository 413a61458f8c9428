"""The answers of geosc match for an input of labels."""

import numpy as np

from ..importers import ImportFailure
from ..importers.stored import read_apart

FORMAT_VERSION = 1  # of an output; OUTPUT_VERSION of the library
NEAR = 1.5  # cells: those around one


def read_matches(file):
    if not file.is_here("/matches/xy"):
        raise ImportFailure("has no /matches/xy: it is not an output of geosc match")
    if file.attribute("/", "format_version") != FORMAT_VERSION:
        raise ImportFailure("its attribute format_version is one that this version of geosc cannot read")
    if file.is_here("/pairs/index"):
        raise ImportFailure("is a shard: join all shards with geosc merge first")
    found = {"xy": file.array("/matches/xy"), "score": file.array("/matches/score")}
    for name in ("source", "target"):
        found[name] = file.array("/pairs/" + name)
    if file.is_here("/matches/cycle"):
        found["cycle"] = file.array("/matches/cycle")
    found["names"] = file.texts("/images/name") if file.is_here("/images/name") else None
    return found


class Answers:
    """xy [P, K, 2] in pixels of the photographs, NaN without an answer; score [P, K]; mutual [P, K]: the way back ends at the query's cell or a
    neighbour, or it was not asked for (--confidence)."""

    def __init__(self, path, kept):
        found = read_apart(path, read_matches)
        self.path = path
        self.xy, self.score = (np.asarray(found[name][0], float) for name in ("xy", "score"))
        self.mutual = found["cycle"][0] <= NEAR if "cycle" in found else np.ones(self.score.shape, bool)
        if self.xy.shape != (*kept.asked.shape, 2) or self.score.shape != kept.asked.shape or self.mutual.shape != kept.asked.shape:
            raise ImportFailure(f"{path}: has the answers {list(self.xy.shape)}, but {kept.path} has {kept.asked.shape[0]} pairs of "
                                f"{kept.asked.shape[1]} keypoints: it is not its output")
        self.check_images(found, kept)

    def check_images(self, found, kept):
        """Refuses the output of an input with other pairs."""
        names = found["names"] if found["names"] is not None else kept.order
        rows = {one: row for row, one in enumerate(kept.annotation_id.tolist())}
        for side, ones in zip(("source", "target"), kept.pair_annotations.T.tolist()):
            numbers = np.asarray(found[side][0], int)
            if names is None or numbers.shape != (len(ones),) or not ((numbers >= 0) & (numbers < len(names))).all():
                raise ImportFailure(f"{self.path}: /pairs/{side}: does not go with {kept.path}: it is not its output")
            if any(names[number] != kept.image_name[kept.annotation_image[rows[one]]] for number, one in zip(numbers.tolist(), ones)):
                raise ImportFailure(f"{self.path}: has other pairs than {kept.path}: it is not its output")
