"""Symmetry files: keypoints that look alike, and keypoints that a mirror swaps. geosc-import(1) describes the format."""

import os

import numpy as np

from . import ImportFailure
from .files import read_json
from .text import printable

FORMAT = "geosc-symmetry"
HERE = os.path.dirname(os.path.abspath(__file__))
SHIPPED = (os.path.join(HERE, "..", "..", "symmetry"), os.path.join(HERE, "..", "..", "..", "data", "symmetry"))  # installed, sources


def find_file(name):
    """The file of a path, or of the name of a symmetry file that comes with geosc."""
    for path in [name, *(os.path.join(folder, name + ".json") for folder in SHIPPED)]:
        if os.path.isfile(path):
            return path
    raise ImportFailure(f"{name}: is neither a file nor the name of a symmetry file that comes with geosc")


def shown(value):
    """The beginning of any value, for a message."""
    return printable(value, 60)


def check_sets(path, category, kind, sets, keypoints):
    """Refuses anything but lists of keypoint numbers, each number once."""
    seen = set()
    if not isinstance(sets, list):
        raise ImportFailure(f"{path}: {category}: {kind}: {shown(sets)} is not a list")
    for members in sets:
        if not isinstance(members, list) or len(members) < 2 or (kind == "mirror" and len(members) != 2):
            raise ImportFailure(f"{path}: {category}: {kind}: {shown(members)} is not a list of " + ("two" if kind == "mirror" else "two or more"))
        for k in members:
            if not isinstance(k, int) or isinstance(k, bool) or not 0 <= k < keypoints:
                raise ImportFailure(f"{path}: {category}: {kind}: {shown(k)} is not a keypoint; they are 0 to {keypoints - 1}")
            if k in seen:
                raise ImportFailure(f"{path}: {category}: {kind}: has keypoint {k} twice")
            seen.add(k)


class Symmetry:
    def __init__(self, path):
        self.path = path
        content = read_json(path)
        if not isinstance(content, dict) or content.get("format") != FORMAT or not isinstance(content.get("categories"), dict):
            raise ImportFailure(f'{path}: is not a symmetry file: it needs "format": "{FORMAT}" and "categories"')
        self.categories, self.names = content["categories"], content.get("names")

    def of(self, category, keypoints):
        """(symmetry_group [K], mirror_index [K]) of a category."""
        entry = self.categories.get(category, self.categories.get("*"))
        if not isinstance(entry, dict):
            raise ImportFailure(f'{self.path}: has no category "{category}", and no "*" for all others')
        if isinstance(self.names, list) and len(self.names) != keypoints:
            raise ImportFailure(f"{self.path}: names {len(self.names)} keypoints, but the data set has {keypoints}: use this data set's own file")
        unknown = sorted(set(entry) - {"groups", "mirror"})  # a misspelt key must not pass silently
        if unknown:
            raise ImportFailure(f"{self.path}: {category}: has {shown(unknown[0])}, expected groups and mirror")
        groups, mirror = entry.get("groups", []), entry.get("mirror", [])
        check_sets(self.path, category, "groups", groups, keypoints)
        check_sets(self.path, category, "mirror", mirror, keypoints)
        group, partner = np.full(keypoints, -1, np.int32), np.arange(keypoints, dtype=np.int32)
        for number, members in enumerate(groups):
            group[members] = number
        for a, b in mirror:
            partner[a], partner[b] = b, a
        return group, partner

    def tables(self, categories, keypoints):
        """The datasets of /pairs, from the category of each pair."""
        known = {category: self.of(category, keypoints) for category in set(categories)}
        groups = np.stack([known[category][0] for category in categories])
        partners = np.stack([known[category][1] for category in categories])
        return {"symmetry_group": groups, "mirror_index": partners}
