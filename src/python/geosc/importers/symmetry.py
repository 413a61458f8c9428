"""Symmetry files: keypoints that look alike, and keypoints that a mirror swaps. geosc-import(1) describes the format."""

import os
import re

import numpy as np

from . import ImportFailure
from .files import read_json
from .text import printable

FORMAT = "geosc-symmetry"
HERE = os.path.dirname(os.path.realpath(__file__))
SHIPPED = [os.path.join(HERE, folder) for folder in ("../../../../data/symmetry", "../symmetry")]  # sources, pip
try:
    from .._installed import SYMMETRY

    SHIPPED.append(os.path.join(HERE, "..", SYMMETRY))
except ImportError:
    pass

SIDES = {"left": "right", "right": "left", "l": "r", "r": "l"}
PLACES = {*SIDES, "front", "back", "top", "bottom"}


def words_of(name):
    """The words of a keypoint's name, such as left_eye, LeftEye or "left eye"."""
    apart = re.sub("(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return tuple(word.lower() for word in re.findall(r"[^\W\d_]+|\d+", apart))


def by_names(names):
    """The groups and mirror partners of keypoints with these names: partners differ in left and right alone; members of a group differ in
    left, right, front, back, top and bottom alone."""
    numbers, parts = {}, {}
    for k, words in enumerate(map(words_of, names)):
        numbers.setdefault(words, []).append(k)
        parts.setdefault(tuple(word for word in words if word not in PLACES), []).append(k)
    mirror = []
    for words, own in numbers.items():
        other = numbers.get(tuple(SIDES.get(word, word) for word in words), own)
        if len(own) == len(other) == 1 and own < other:
            mirror.append(own + other)
    return {"groups": [members for part, members in parts.items() if part and len(members) > 1], "mirror": mirror}


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


def read_file(path):
    content = read_json(path)
    if not isinstance(content, dict) or content.get("format") != FORMAT or not isinstance(content.get("categories"), dict):
        raise ImportFailure(f'{path}: is not a symmetry file: it needs "format": "{FORMAT}" and "categories"')
    return content


class Symmetry:
    def __init__(self, path, content=None):
        """content: of a symmetry file; None: path's."""
        content = content or read_file(path)
        self.path, self.kind = path, content.get("dataset")
        self.categories, self.names = content["categories"], content.get("names")

    def check_kind(self, kind):
        """Refuses a file that numbers the keypoints of another data set."""
        if self.kind is not None and self.kind != kind:
            raise ImportFailure(f"{self.path}: is for the keypoints of {shown(self.kind)}, which {kind} numbers in another way")

    def all_names(self):
        """{category: names of its keypoints}; None for all others. Other things than names are left out."""
        lists = {category: entry.get("names") for category, entry in self.categories.items() if isinstance(entry, dict)}
        lists = {None: self.names, **{None if category == "*" else category: names for category, names in lists.items() if names}}
        return {category: names for category, names in lists.items() if isinstance(names, list) and names and
                all(isinstance(name, str) and name.isprintable() and name for name in names)}

    def of(self, category, keypoints):
        """(symmetry_group [K], mirror_index [K]) of a category."""
        entry = self.categories.get(category, self.categories.get("*"))
        if not isinstance(entry, dict):
            raise ImportFailure(f'{self.path}: has no category "{category}", and no "*" for all others')
        if isinstance(self.names, list) and len(self.names) != keypoints:
            raise ImportFailure(f"{self.path}: names {len(self.names)} keypoints, but the data set has {keypoints}: use this data set's own file")
        if isinstance(entry.get("names"), list) and len(entry["names"]) > keypoints:
            raise ImportFailure(f"{self.path}: {category}: names {len(entry['names'])} keypoints, but the data set has {keypoints}: use this "
                                "data set's own file")
        unknown = sorted(set(entry) - {"groups", "mirror", "names", "source"})  # a misspelt key must not pass silently
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


def without_hidden(partners, *images):
    """mirror_index [P, K] with -1 where a keypoint's partner is absent in one of the images' keypoints [P, K, 2]."""
    there = np.all([np.isfinite(points).all(-1) for points in images], 0)
    return np.where(np.take_along_axis(there, partners, 1), partners, -1).astype(partners.dtype)
