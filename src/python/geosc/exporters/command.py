"""The command line of geosc-export."""

import math
import os
import sys

from ..importers import ImportFailure, place, reason
from ..importers.command import Parser
from ..importers.resume import Log, check_nothing_to_lose
from ..importers.text import printable, say
from . import forms, predict
from .answers import Answers
from .kept import Kept

STDOUT = "-"
FORMS = {
    "coco": "COCO's format for keypoints, JSON",
    "cvat": "CVAT for images 1.1, XML: a skeleton for each object",
    "dlc": "DeepLabCut's CollectedData, CSV: a row for each picture",
    "csv": "a line for each keypoint",
}
NOT_THERE = {"coco": "visibility 0", "cvat": 'outside="1"', "dlc": "empty cells", "csv": "visibility 0 and outside 1"}


def finite(text):
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def make_parser(version):
    parser = Parser(prog="geosc-export", description="Write the labels of an input, or those that geosc match found, for other programs.",
                    epilog="See geosc-export(1).")
    parser.add_argument("-V", "--version", action="version", version=f"geosc-export {version}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="FORM")
    for form, what in FORMS.items():
        own = commands.add_parser(form, help=what, description=f"Write labels as {what}.")
        own.add_argument("input", metavar="INPUT.h5", help="an input that geosc-import coco wrote")
        own.add_argument("matches", metavar="MATCHES.h5", nargs="?",
                         help="an output of geosc match for it: write the keypoints that it found; without it, the labels that there were")
        own.add_argument("-o", "--output", required=True, metavar="FILE", help="the file to write; -: standard output")
        own.add_argument("-f", "--force", action="store_true", help="replace an existing output")
        own.add_argument("--present", type=finite, default=0.0, metavar="SCORE", help="a score below it gives the visibility 0 (default: 0)")
        own.add_argument("--visible", type=finite, default=0.0, metavar="SCORE",
                         help="a score below it gives the visibility 1, others 2 (default: 0)")
        own.add_argument("--keep", action="store_true", help="of targets that have keypoints, add only those that they lack")
        if form == "coco":
            own.add_argument("--results", action="store_true", help="write results, as COCO's evaluation reads them, instead of annotations")
        if form == "dlc":
            own.add_argument("--scorer", default="geosc", metavar="NAME", help="in the first row (default: geosc)")
            own.add_argument("--folder", metavar="NAME",
                             help="the folder in labeled-data (default: the picture's own folder, or images if it has none)")
            own.add_argument("--category", metavar="NAME", help="write only this category")
            own.add_argument("--likelihood", action="store_true", help="write scores, too, as in tables of predictions")
        own.set_defaults(fail=own.error)
    return parser


def parse(version):
    settings = make_parser(version).parse_args()
    if settings.command == "coco" and settings.results and not settings.matches:
        settings.fail("--results needs MATCHES.h5")
    if settings.keep and getattr(settings, "results", False):
        settings.fail("--keep does not go with --results, which are those of geosc alone")
    if settings.visible < settings.present:
        settings.visible = settings.present
    return settings


def is_resumable(_):
    """Whether the same command goes on after a stop."""
    return False


def write_text(settings, text):
    """Writes the file, whole or not at all; - is standard output, which gets the same bytes."""
    if settings.output == STDOUT:
        if sys.__stdout__ is not None:
            sys.__stdout__.reconfigure(encoding="utf-8")
        print(text, end="")  # start.main keeps it until the end
        return
    with place.claim(settings.output) as claim:
        log = Log(claim)
        check_nothing_to_lose(log)
        try:
            with place.new_output(claim, settings.force) as (descriptor, _):
                data = text.encode()
                while data:
                    data = data[os.write(descriptor, data) :]
        except OSError as error:
            raise ImportFailure(f"{settings.output}: cannot be written: {reason(error)}") from None
        finally:
            log.remove()


def in_form(settings, content):
    try:
        if settings.command == "dlc":
            return forms.dlc(content, settings.scorer, settings.folder, settings.category, settings.likelihood)
        return {"coco": forms.coco, "cvat": forms.cvat, "csv": forms.csv_table}[settings.command](content)
    except ImportFailure as failure:
        raise ImportFailure(f"{settings.input}: {failure}") from None


def tell_outside(settings, found):
    """Warns of answers in the padding around pictures."""
    outside = sum(sum(entry["keypoint_outside"]) for entry in found.values())
    every = sum(sum(supports > 0 for supports in entry["keypoint_supports"]) for entry in found.values())
    if outside:
        say(f"{settings.matches}: {outside} of {every} keypoints were found outside of their picture, in the padding of its frame: they are not "
            f"there, {NOT_THERE[settings.command]}")


def tell(settings, what):
    """The line about what was written, where the file is not in its way."""
    if settings.output == STDOUT:
        say(what)
    else:
        print(f"{printable(settings.output)}: {what}")


def run(settings):
    if settings.output != STDOUT:
        place.check_name(settings.output, settings.force)
        place.check_inputs(settings.output, [settings.input] + [settings.matches] * bool(settings.matches))
    kept, rule = Kept(settings.input), predict.Rule(settings.present, settings.visible, settings.keep)
    found = predict.predictions(kept, Answers(settings.matches, kept), rule) if settings.matches else None
    if found:
        tell_outside(settings, found)
    if getattr(settings, "results", False):
        content = predict.results(found)
        write_text(settings, forms.coco(content))
        tell(settings, f"{len(content)} results")
        return
    ones, new, had = predict.labels(kept, found, rule) if settings.matches else (None, 0, 0)
    if had and not settings.keep:
        say(f"{settings.input}: {had} of {new} targets had keypoints, which are replaced; --keep adds only those that they lack")
    content = kept.content(ones)
    write_text(settings, in_form(settings, content))
    told = f", keypoints found in {new}" * bool(settings.matches)
    tell(settings, f"{len(content['annotations'])} annotations in {len(content['images'])} images{told}")
