#!/usr/bin/env python3
"""Creates the symmetry files of this folder from the keypoints' names.

Two keypoints are mirror partners if their names differ in left and right. Keypoints are in one symmetry group if their names differ only in
left, right, front and back. Usage: make.py FOLDER
"""

import json
import os
import sys

# In the order of AP-10K's annotations, which are in COCO's format.
AP10K = """left_eye right_eye nose neck root_of_tail left_shoulder left_elbow left_front_paw right_shoulder right_elbow
right_front_paw left_hip left_knee left_back_paw right_hip right_knee right_back_paw""".split()

SIDES = {"left": "right", "right": "left"}
PLACES = {"left", "right", "front", "back"}


def partner(name):
    return "_".join(SIDES.get(word, word) for word in name.split("_"))


def part(name):
    return "_".join(word for word in name.split("_") if word not in PLACES)


def symmetry(names):
    mirror = [[i, names.index(partner(name))] for i, name in enumerate(names) if name.startswith("left_")]
    parts = list(dict.fromkeys(map(part, names)))
    groups = [[i for i, name in enumerate(names) if part(name) == own] for own in parts]
    return {"groups": [group for group in groups if len(group) > 1], "mirror": mirror}


def main():
    content = {"format": "geosc-symmetry", "names": AP10K, "categories": {"*": symmetry(AP10K)}}
    with open(os.path.join(sys.argv[1], "ap10k.json"), "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
