"""The command line of geosc-import, and its commands."""

import argparse

from . import ImportFailure, axes, datasets, own, place
from .symmetry import Symmetry, find_file, without_hidden
from .text import printable

MOST_PIXELS = 4096  # of a thumbnail's side

RESUMING = """Repeat the command to resume an interrupted import: OUTPUT.partial.log lists the finished images and the file that holds
them. OUTPUT itself appears when it is complete. --restart starts again."""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        super().error(printable(message))  # the message repeats words of the command line


def add_output(parser, streamed, checks=False):
    """streamed: an input, written image by image; checks: the command may also only look, without output."""
    parser.add_argument("-f", "--force", action="store_true", help="replace an existing output")
    if not streamed:
        return
    parser.add_argument("-o", "--output", required=not checks, metavar="INPUT.h5", help="the file to write, an input of geosc match")
    parser.add_argument("--restart", action="store_true", help="start again instead of resuming an interrupted import")
    parser.add_argument("--dtype", choices=("f2", "f4"), help="store features as float16 or float32 (default: their own type)")
    parser.add_argument("--no-flip", dest="flip", action="store_false", help="omit flipped features")
    parser.add_argument("--no-masks", dest="masks", action="store_false", help="omit masks")
    parser.add_argument("--resize-masks", action="store_true",
                        help="average masks of any size over the area of each cell: weights in 0..1")


def make_parser(version):
    parser = Parser(
        prog="geosc-import", description="Convert checkpoints, data sets and features to the HDF5 files that geosc reads.",
        epilog=RESUMING + " See geosc-import(1).")
    parser.add_argument("-V", "--version", action="version", version=f"geosc-import {version}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    model = commands.add_parser("model", help="convert a checkpoint of PyTorch or safetensors to a model file",
                                description="Convert a checkpoint to a model file. No code in the checkpoint is run.")
    model.add_argument("checkpoint", metavar="CHECKPOINT", help="a .PTH, .pth, .pt or .safetensors file with a state_dict")
    model.add_argument("output", metavar="MODEL.h5", help="the file to write")
    add_output(model, False)
    dataset = commands.add_parser("dataset", help="convert a data set with features from GeoAware-SC's scripts",
                                  description="Convert a data set with extracted features to an input file.", epilog=RESUMING)
    dataset.add_argument("kind", choices=sorted(datasets.READERS), help="the data set")
    dataset.add_argument("root", metavar="ROOT", help="its folder: data/SPair-71k, data/ap-10k, data/PF-dataset-PASCAL")
    add_output(dataset, True, True)
    dataset.add_argument("--split", default="test", help="the folder or list of pairs, such as trn, val or test (default: test)")
    dataset.add_argument("--features", default="features", metavar="FOLDER",
                         help="the folder of the features, beside JPEGImages, such as features_ensemble8 (default: features)")
    dataset.add_argument("--annotations", metavar="FOLDER", help="the folder of the annotations (default: ROOT)")
    dataset.add_argument("--only-dino", action="store_true", help="take DINO's features alone (default if there are no others)")
    for part, what in (("sd", "Stable Diffusion's features"), ("dino", "DINO's features"), ("mask", "masks")):
        dataset.add_argument(f"--{part}-suffix", default="_" + part, metavar="TEXT",
                             help=f"what the names of {what} have after the picture's (default: _{part})")
    dataset.add_argument("--symmetry", metavar="FILE",
                         help="symmetry groups and mirror partners of the keypoints: a file, or spair or ap10k, which come with geosc")
    dataset.add_argument("--partners", choices=("source", "both"), default="source",
                         help="take a mirrored partner where it is in the source, or only where it is in source and target, as "
                              "GeoAware-SC does, which looks at the truth (default: source)")
    dataset.add_argument("--check-symmetry", action="store_true",
                         help="write nothing, but compare the mirror partners with the annotated keypoints")
    dataset.set_defaults(fail=dataset.error)
    dataset.add_argument("--thumbnail", type=int, default=240, metavar="SIDE",
                         help="side of the thumbnails for geosc render, in pixels; 0: none (default: 240)")
    features = commands.add_parser("features", help="convert your own features: .npy, .npz or .pt files, and a list of pairs",
                                   description="Convert a folder of your own features to an input file.", epilog=RESUMING)
    features.add_argument("folder", metavar="DIR",
                          help="holds NAME.npy, .npz, .pt, or NAME_sd.pt and NAME_dino.pt; NAME_flip.*, NAME_mask.png, NAME_keypoints.npy")
    add_output(features, True)
    features.add_argument("--pairs", required=True, metavar="FILE", help="a text file: the names of a source and a target on each line")
    features.add_argument("--layout", choices=("auto", "indexed", "grouped"), default="auto",
                          help="indexed: arrays of all images, which have one shape; grouped: a group for each image, of any shape "
                               "(default: indexed if all images have one shape)")
    features.add_argument("--axes", type=axes.parse, metavar="AXES",
                          help="axes of the arrays: chw, hwc, or HxW for ViT tokens, where HxW is the number of patches, such as 30x30 "
                               "(default: chw; an unlikely shape is an error)")
    features.add_argument("--units", choices=("cell", "pixel", "original"),
                          help="units of the keypoints (default: pixel if the images' sizes are known, else cell)")
    return parser


def read_dataset(settings):
    """(scene, symmetry or None)."""
    settings.layout, settings.axes = "indexed", None
    symmetry = Symmetry(find_file(settings.symmetry)) if settings.symmetry else None
    if symmetry:
        symmetry.check_kind(settings.kind)
    scene = datasets.read(settings.kind, datasets.Folders(settings.root, settings), settings.split)
    if symmetry:
        scene.files.append(symmetry.path)
    return scene, symmetry


def read_scene(settings):
    if settings.command == "features":
        settings.thumbnail = 0
        scene = own.read(settings.folder, settings.pairs, settings.units, settings.axes)
        return scene, scene.tables(None)
    scene, symmetry = read_dataset(settings)
    tables = scene.tables(symmetry)
    if symmetry and settings.partners == "both":
        tables["mirror_index"] = without_hidden(tables["mirror_index"], tables["keypoints"], tables["target_keypoints"])
    return scene, tables


def run_check(settings):
    from .check import check_symmetry

    settings.symmetry = settings.symmetry or settings.kind
    lines, against = check_symmetry(*read_dataset(settings))
    print("\n".join(lines + against))
    if against:
        raise ImportFailure(f"{settings.root}: the keypoints contradict {settings.symmetry} in {len(against)} places")


def run_model(settings):
    from .model import import_model

    place.check_inputs(settings.output, [settings.checkpoint])
    keys, numbers = import_model(settings.checkpoint, settings.output, settings.force)
    print(f"{printable(settings.output)}: {keys} tensors, {numbers} numbers")


def run_scene(settings):
    from .writer import write_input

    if settings.command == "dataset" and not 0 <= settings.thumbnail <= MOST_PIXELS:
        raise ImportFailure(f"--thumbnail: expected a number of pixels from 0 to {MOST_PIXELS}")
    scene, tables = read_scene(settings)
    place.check_inputs(settings.output, scene.sources())
    scene.tell_doubts()
    form = write_input(scene, tables, settings)
    parts = [f"{len(scene.images)} images", f"{len(scene.pairs)} pairs"] + ["a group for each image"] * form.grouped
    parts += ["flipped features"] * form.flipped + ["masks"] * bool(form.masks) + ["pictures"] * bool(form.thumbnail)
    print(f"{printable(settings.output)}: {', '.join(parts)}")


def run(settings):
    if getattr(settings, "check_symmetry", False):
        run_check(settings)
        return
    place.check_name(settings.output, settings.force)
    (run_model if settings.command == "model" else run_scene)(settings)


def check_dataset_options(settings):
    """Refuses options that do not go together."""
    if settings.check_symmetry and settings.output is not None:
        settings.fail("--check-symmetry writes nothing: omit -o")
    if not settings.check_symmetry and settings.output is None:
        settings.fail("the following arguments are required: -o/--output")
    if settings.partners == "both" and not settings.symmetry:
        settings.fail("--partners both needs --symmetry, which says what the partners are")


def parse(version):
    settings = make_parser(version).parse_args()
    if settings.command == "dataset":
        check_dataset_options(settings)
    return settings
