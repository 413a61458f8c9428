#!/usr/bin/env python3
"""Creates the symmetry files of this folder from the keypoints' names, by the rule of geosc.importers.symmetry.by_names. Usage: make.py FOLDER

A name stands for two where a word is a/b: right/left_ear is right_ear, left_ear. A part with an own look is one word, so that the rule does
not take it for another's place: a wingtip, not the front of a wing.
"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src", "python"))
from geosc.importers.symmetry import FORMAT, by_names  # noqa: E402

# In the order of AP-10K's annotations, which are in COCO's format.
AP10K = """left_eye right_eye nose neck root_of_tail left_shoulder left_elbow left_front_paw right_shoulder right_elbow
right_front_paw left_hip left_knee left_back_paw right_hip right_knee right_back_paw"""

# SPair-71k has numbers alone. What each stands for: the names that the authors of probe3d gave them after looking at the pictures
# (github.com/mbanani/probe3d, data_processing/spair_keypoint_names.csv, MIT licence; a column for each category). The words here are our own.
# For the three keypoints of an aeroplane's fin, other sources have another order, which makes no difference to the rule.
SPAIR_SOURCE = "github.com/mbanani/probe3d: data_processing/spair_keypoint_names.csv (MIT licence), column "
WHEELS = "{0}_wheelarchrear {0}_wheel {0}_wheelarchfore"
SIDE = WHEELS.format("back_{0}") + " " + WHEELS.format("front_{0}")
HEAD = "right/left_earbase right/left_eartip right/left_eye right/left_nostril mouth"
FEET = "front_right/left_{0} back_right/left_{0}"
TAIL = "tailtip tailbase"
WOOL = f"{HEAD} {FEET.format('hoof')} {TAIL} {FEET.format('knee')} right/left_horn"
SCREEN = "top_right_{0}corner top_{0}edge top_left_{0}corner left_{0}edge bottom_left_{0}corner bottom_{0}edge bottom_right_{0}corner right_{0}edge"
SPAIR = {
    "aeroplane": "nose windshield cockpit nosewheel right/left_wheel right/left_engineintake right/left_wingtip right/left_engineexhaust "
                 "right/left_wingrootleading right/left_wingroottrailing right/left_stabilizertip right/left_stabilizerleading "
                 "right/left_stabilizertrailing fin1 fin2 fin3",
    "bicycle": "front/back_wheel right/left_handlebar stem saddlenose right/left_saddle seatpost right/left_pedal unused11 unused12 chainring",
    "bird": "crown right/left_wing beak right/left_cheek forehead right/left_eye nape right/left_foot right/left_knee right/left_hip tail",
    "boat": "deckbow right/left_deckfore right/left_deckmid right/left_deckaft right/left_hullfore right/left_hullmid right/left_hullaft hullbow",
    "bottle": "right/left_cap right/left_neck right/left_shoulder right/left_body right/left_base",
    "bus": f"right/left_mirror right/left_headlight front_plate right/left_taillight back_plate unused8 unused9 {SIDE.format('right')} "
           f"front_right/left_lowercorner front_right/left_uppercorner {SIDE.format('left')} back_right/left_lowercorner "
           "back_right/left_uppercorner",
    "car": f"right/left_mirror right/left_headlight front_plate front_emblem right/left_taillight back_plate back_emblem {SIDE.format('right')} "
           f"front_right/left_lowercorner front_right/left_uppercorner {SIDE.format('left')} back_right/left_lowercorner "
           "back_right/left_uppercorner",
    "cat": f"{HEAD} {FEET.format('paw')} {TAIL}",
    "chair": "right/left_seatfore right/left_seatrear front_right/left_leg back_right/left_leg right/left_backrest right/left_armrestfore "
             "right/left_armrestrear",
    "cow": WOOL,
    "dog": f"right/left_earbase right/left_eartip right/left_eye nose forehead mouth {FEET.format('paw')} {TAIL} nape",
    "horse": f"{HEAD} forehead {FEET.format('hoof')} {TAIL} {FEET.format('knee')}",
    "motorbike": "right/left_mirror right/left_handlebar headlight taillight front/back_wheel plate tail exhaust front/back_hub",
    "person": "right/left_eye right/left_ear nose chin nape mouth right/left_shoulder right/left_elbow right/left_hand right/left_knee "
              "right/left_ankle right/left_foot",
    "pottedplant": "right_rim back_rim left_rim front_rim right/left_wall right_base basecentre left_base",
    "sheep": WOOL,
    "train": "left/right_frontroof left/right_frontfoot left/right_rearroof left/right_rearfoot left/right_windshieldouterupper "
             "left/right_windshieldouterlower left/right_windshieldinnerupper left/right_windshieldinnerlower left/right_headlight",
    "tvmonitor": f"{SCREEN.format('frame')} {SCREEN.format('screen')}",
}


def spell_out(row):
    """The names of a row, in order."""
    names = []
    for entry in row.split():
        words = [word.split("/") for word in entry.split("_")]
        count = max(map(len, words))
        names += ["_".join(word[min(k, len(word) - 1)] for word in words) for k in range(count)]
    return names


def ap10k():
    names = spell_out(AP10K)
    return {"format": FORMAT, "dataset": "ap10k", "names": names, "categories": {"*": by_names(names)}}


def spair():
    categories = {}
    for category, row in SPAIR.items():
        names = spell_out(row)
        categories[category] = {"source": SPAIR_SOURCE + category, "names": names, **by_names(names)}
    return {"format": FORMAT, "dataset": "spair", "categories": categories}


def main():
    for name, content in (("ap10k", ap10k()), ("spair", spair())):
        with open(os.path.join(sys.argv[1], name + ".json"), "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
