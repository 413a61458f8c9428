"""Supports: annotated pictures whose keypoints are searched for in all other pictures, and the pairs of both."""

import random
import re

import numpy as np

from . import ImportFailure
from .text import say


def annotations_of(annotations, by_name, word):
    """The annotations of a picture's name, or the one of an id; none if it is neither."""
    one = annotations.annotations.get(int(word)) if re.fullmatch("[0-9]{1,18}", word) else None
    return by_name.get(word) or ([one] if one else [])


def named(annotations, given):
    """The annotations of pictures by name, or by their own ids; given: words, or several between commas."""
    by_name, found = annotations.by_name(), {}
    for words in given:
        for word in [words] if annotations_of(annotations, by_name, words) else filter(None, words.split(",")):
            own = annotations_of(annotations, by_name, word)
            if not own:
                raise ImportFailure(f"{annotations.path}: --support {word}: is neither a picture with keypoints nor the id of an annotation")
            found.update((one.id, one) for one in own)
    return list(found.values())


def drawn(annotations, count, seed, visible):
    """Up to `count` annotations of each category, drawn at random from those that have a keypoint and are no crowd."""
    found = []
    for category in annotations.categories.values():
        members = [one for one in annotations.annotations.values()
                   if one.category is category and not one.is_crowd() and np.isfinite(one.points(visible)).any()]
        dice = random.Random(f"{seed} {category.id}")
        found += sorted(dice.sample(members, min(count, len(members))), key=lambda one: one.number)
    return found


def targets_in(annotations, image, there, wanted):
    """(annotations of a picture that get keypoints, whether some category is there more than once). there: the picture's annotations; wanted:
    {category's id: (category, number of keypoints)}."""
    found, several = [], False
    for category, count in wanted.values():
        same = [one for one in there if one.category is category and not one.is_crowd()]
        several |= len(same) > 1
        if len(same) == 1:
            found.append(same[0] if same[0].id in annotations.annotations else same[0].without_keypoints(count))
        elif not there:
            found.append(annotations.make_annotation(image, category, count))
    return found, several


def pairs(annotations, settings):
    """[(support, target)]: each support with each other picture of its category. settings: support, shots, seed, visible."""
    supports = named(annotations, settings.support) if settings.support else drawn(annotations, settings.shots, settings.seed, settings.visible)
    for one in supports:
        if not np.isfinite(one.points(settings.visible)).any():
            raise ImportFailure(f"{annotations.path}: --support {one.image.name}: has no keypoint")
    if not supports:
        raise ImportFailure(f"{annotations.path}: no annotation has a keypoint")
    there, wanted = {}, {one.category.id: (one.category, len(one.keypoints)) for one in supports}
    for one in [*annotations.annotations.values(), *annotations.unlabelled]:
        there.setdefault(one.image.id, []).append(one)
    taken, targets, crowded = {one.image.id for one in supports}, [], 0
    for image in annotations.images.values():
        if image.id not in taken:
            found, several = targets_in(annotations, image, there.get(image.id, []), wanted)
            targets += found
            crowded += several
    if crowded:
        say(f"{annotations.path}: {crowded} pictures have a category more than once: it gets no keypoints there, because a picture's features do "
            "not tell which is which")
    if not targets:
        raise ImportFailure(f"{annotations.path}: there is no other picture that the supports' keypoints could go to")
    return [(one, target) for target in targets for one in supports if one.category is target.category]
