"""The command line of geosc-import, and its commands."""

import argparse

from . import ImportFailure, axes, coco, datasets, own, place, rename
from .symmetry import Symmetry, find_file, without_hidden
from .text import printable

MOST_PIXELS = 4096  # of a thumbnail's side
MOST_PAIRS = 10_000_000  # of a category
MOST_GROUPS = 1 << 20  # of a GroupNorm, in geosc

RESUMING = """Repeat the command to resume an interrupted import: OUTPUT.partial.log lists the finished images and the file that holds
them. OUTPUT itself appears when it is complete. --restart starts again."""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        super().error(printable(message))  # the message repeats words of the command line


def add_output(parser, streamed, checks=False, dtype=None):
    """streamed: an input, written image by image; checks: the command may also only look, without output; dtype: the default."""
    parser.add_argument("-f", "--force", action="store_true", help="replace an existing output")
    if not streamed:
        return
    parser.add_argument("-o", "--output", required=not checks, metavar="INPUT.h5", help="the file to write, an input of geosc match")
    parser.add_argument("--restart", action="store_true", help="start again instead of resuming an interrupted run")
    parser.add_argument("--dtype", choices=("f2", "f4"), default=dtype,
                        help=f"store features as float16 or float32 (default: {dtype or 'their own type'})")
    parser.add_argument("--no-masks", dest="masks", action="store_false", help="omit masks")
    parser.add_argument("--resize-masks", action="store_true",
                        help="average masks of any size over the area of each cell: weights in 0..1")


def add_flip(parser):
    parser.add_argument("--no-flip", dest="flip", action="store_false", help="omit flipped features, and those of other poses")


def add_form(parser):
    """Options of images that may differ in shape."""
    parser.add_argument("--layout", choices=("auto", "indexed", "grouped"), default="auto",
                        help="indexed: arrays of all images, which have one shape; grouped: a group for each image, of any shape "
                             "(default: indexed if all images have one shape)")
    parser.add_argument("--axes", type=axes.parse, metavar="AXES",
                        help="axes of the arrays: chw, hwc, or HxW for ViT tokens, where HxW is the number of patches, such as 30x30 "
                             "(default: chw; an unlikely shape is an error)")


def add_thumbnail(parser):
    parser.add_argument("--thumbnail", type=int, default=240, metavar="SIDE",
                        help="side of the thumbnails for geosc render, in pixels; 0: none (default: 240)")


def add_symmetry(parser, names):
    parser.add_argument("--symmetry", metavar="FILE", help=f"symmetry groups and mirror partners of the keypoints: a file, or {names}")
    parser.add_argument("--partners", choices=("source", "both"), default="source",
                        help="take a mirrored partner where it is in the source, or only where it is in source and target, as "
                             "GeoAware-SC does, which looks at the truth (default: source)")


def add_coco(commands):
    parser = commands.add_parser("coco", help="convert annotations in COCO's format for keypoints, and their features",
                                 description="Convert annotations in COCO's format, and your own features of their pictures, to an input file.",
                                 epilog=RESUMING)
    parser.add_argument("annotations", metavar="ANNOTATIONS.json", help="images, annotations with keypoints, and categories")
    add_output(parser, True)
    add_flip(parser)
    parser.add_argument("--features", metavar="WHERE",
                        help="a file that geosc-extract wrote, or a folder with NAME.npy and so on for each file_name, as for features (default: "
                             "the folder of ANNOTATIONS.json)")
    parser.add_argument("--pictures", metavar="DIR", help="the folder of the pictures (default: that of the features)")
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--pairs", metavar="FILE",
                      help="a text file: a source and a target on each line, as file_name or the annotation's id")
    ways.add_argument("--support", action="append", metavar="NAMES",
                      help="annotated pictures, by file_name or the annotation's id, between commas: pair them with all other pictures, annotated "
                           "or not; may be repeated")
    ways.add_argument("--shots", type=int, metavar="K", help="as --support, with K annotations of each category, drawn at random")
    ways.add_argument("--most", type=int, default=1000, metavar="N",
                      help="all pairs of a category, but at most N, drawn at random (default: 1000)")
    parser.add_argument("--unlisted", action="store_true",
                        help="with --support or --shots: also those pictures that ANNOTATIONS.json does not list")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of what is drawn at random (default: 0)")
    parser.add_argument("--visible", type=int, choices=(1, 2), default=1,
                        help="1: keypoints that are labelled; 2: only those that are visible (default: 1)")
    parser.add_argument("--square", action="store_true",
                        help="features are those of the picture scaled to fit a square and centred in it, as GeoAware-SC does")
    add_symmetry(parser, "names: derive them from left and right in the names of the keypoints")
    add_form(parser)
    add_thumbnail(parser)
    parser.set_defaults(fail=parser.error)


def add_features(commands):
    parser = commands.add_parser("features", help="convert your own features: .npy, .npz or .pt files, and a list of pairs",
                                 description="Convert a folder of your own features to an input file.", epilog=RESUMING)
    parser.add_argument("folder", metavar="DIR",
                        help="holds NAME.npy, .npz, .pt, or NAME_sd.pt and NAME_dino.pt; NAME_flip.*, NAME_mask.png, NAME_keypoints.npy; "
                             "NAME.jpg for pictures")
    add_output(parser, True)
    add_flip(parser)
    parser.add_argument("--pairs", required=True, metavar="FILE", help="a text file: the names of a source and a target on each line")
    parser.add_argument("--same-keypoints", action="store_true",
                        help="keypoint k is the same point in all images: the target's keypoints are the truth for geosc eval")
    parser.add_argument("--categories", action="store_true", help="the folder of a pair's images, below DIR, is its category")
    add_symmetry(parser, "the name of one that comes with geosc; needs --same-keypoints")
    add_form(parser)
    parser.add_argument("--units", choices=("cell", "pixel", "original"),
                        help="units of the keypoints: cell, from 0 at the centre of the first one; pixel of the image, whose size NAME_size.npy "
                             "or the picture beside it tells; original: of the picture before NAME_placement.npy (scale, x, y) put it in a frame, "
                             "whose size NAME_size.npy tells (default: pixel if the images' sizes are known from files or pictures, else cell)")
    add_thumbnail(parser)
    parser.set_defaults(fail=parser.error)


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
    model.add_argument("--gn-groups", type=int, metavar="N",
                       help="number of groups of each GroupNorm, which a state_dict does not say (default: 32)")
    model.add_argument("--rename", type=rename.parse, action="append", default=[], metavar="OLD=NEW",
                       help="change a part of the keys, between points, such as conv1=net.0; may be repeated")
    model.add_argument("--projection", metavar="FILE",
                       help="arrays projection.weight, projection.mean and projection.bias, computed in front of the network")
    model.set_defaults(fail=model.error)
    dataset = commands.add_parser("dataset", help="convert a data set with features from GeoAware-SC's scripts",
                                  description="Convert a data set with extracted features to an input file.", epilog=RESUMING)
    dataset.add_argument("kind", choices=sorted(datasets.READERS), help="the data set")
    dataset.add_argument("root", metavar="ROOT", help="its folder: data/SPair-71k, data/ap-10k, data/PF-dataset-PASCAL")
    add_output(dataset, True, True)
    add_flip(dataset)
    dataset.add_argument("--split", default="test", help="the folder or list of pairs, such as trn, val or test (default: test)")
    dataset.add_argument("--features", default="features", metavar="FOLDER",
                         help="the folder of the features, beside JPEGImages, such as features_ensemble8 (default: features)")
    dataset.add_argument("--annotations", metavar="FOLDER", help="the folder of the annotations (default: ROOT)")
    dataset.add_argument("--only-dino", action="store_true", help="take DINO's features alone (default if there are no others)")
    for part, what in (("sd", "Stable Diffusion's features"), ("dino", "DINO's features"), ("mask", "masks")):
        dataset.add_argument(f"--{part}-suffix", default="_" + part, metavar="TEXT",
                             help=f"what the names of {what} have after the picture's (default: _{part})")
    add_symmetry(dataset, "spair or ap10k, which come with geosc")
    dataset.add_argument("--check-symmetry", action="store_true",
                         help="write nothing, but compare the mirror partners with the annotated keypoints")
    dataset.set_defaults(fail=dataset.error)
    add_thumbnail(dataset)
    add_coco(commands)
    add_features(commands)
    return parser


def read_dataset(settings):
    """(scene, symmetry or None)."""
    settings.layout, settings.axes = "indexed", None
    symmetry = Symmetry(find_file(settings.symmetry)) if settings.symmetry else None
    if symmetry:
        symmetry.check_kind(settings.kind)
    return datasets.read(settings.kind, datasets.Folders(settings.root, settings), settings.split), symmetry


def read_features(settings):
    symmetry = Symmetry(find_file(settings.symmetry)) if settings.symmetry else None
    scene = own.read(settings.folder, settings.pairs, settings.units, settings.axes, settings.same_keypoints, settings.categories)
    return scene, symmetry


def read_coco(settings):
    scene, annotations = coco.read(settings.annotations, settings)
    return scene, coco.symmetry_of(annotations, settings.symmetry, find_file) if settings.symmetry else None


def read_scene(settings):
    scene, symmetry = {"dataset": read_dataset, "features": read_features, "coco": read_coco}[settings.command](settings)
    if symmetry and symmetry.path not in scene.files:
        scene.files.append(symmetry.path)
    if symmetry and not scene.keypoint_names:
        scene.keypoint_names = symmetry.all_names()
    tables = scene.tables(symmetry)
    if symmetry and settings.partners == "both":
        if "target_keypoints" not in tables:
            raise ImportFailure(f"{scene.files[0]}: --partners both looks at the keypoints of targets, which have none")
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
    from .model import Settings, import_model

    place.check_inputs(settings.output, [settings.checkpoint] + [settings.projection] * bool(settings.projection))
    own = Settings(settings.rename, settings.gn_groups, settings.projection)
    print(f"{printable(settings.output)}: {import_model(settings.checkpoint, settings.output, settings.force, own)}")


def check_thumbnail(settings):
    if not 0 <= settings.thumbnail <= MOST_PIXELS:
        raise ImportFailure(f"--thumbnail: expected a number of pixels from 0 to {MOST_PIXELS}")


def describe_parts(form):
    """What images have beside features, in words."""
    flipped = form.poses == ["none", "hflip"]
    parts = ["flipped features"] * flipped + [f"features of the poses {', '.join(form.poses)}"] * (len(form.poses) > 1 and not flipped)
    return parts + ["masks"] * bool(form.masks) + ["pictures"] * bool(form.thumbnail)


def run_scene(settings):
    from .writer import write_input

    check_thumbnail(settings)
    scene, tables = read_scene(settings)
    place.check_inputs(settings.output, scene.sources())
    scene.tell_doubts()
    form = write_input(scene, tables, settings)
    parts = [f"{len(scene.images)} images", f"{len(scene.pairs)} pairs"] + ["a group for each image"] * form.grouped + describe_parts(form)
    if settings.command == "features" and any("keypoints" in image.facts for image in scene.images):
        parts.append(f"keypoints in units of {scene.units}")
    print(f"{printable(settings.output)}: {', '.join(parts)}")


def run(settings):
    if getattr(settings, "check_symmetry", False):
        run_check(settings)
        return
    place.check_name(settings.output, settings.force)
    {"model": run_model}.get(settings.command, run_scene)(settings)


def check_options(settings):
    """Refuses options that do not go together."""
    if settings.command == "dataset" and settings.check_symmetry and settings.output is not None:
        settings.fail("--check-symmetry writes nothing: omit -o")
    if settings.output is None and not settings.check_symmetry:
        settings.fail("the following arguments are required: -o/--output")
    if getattr(settings, "partners", "source") == "both" and not settings.symmetry:
        settings.fail("--partners both needs --symmetry, which says what the partners are")
    if settings.command == "features" and settings.symmetry and not settings.same_keypoints:
        settings.fail("--symmetry needs --same-keypoints: it numbers the keypoints of all images")
    if settings.command == "model" and settings.gn_groups is not None and not 1 <= settings.gn_groups <= MOST_GROUPS:
        settings.fail(f"--gn-groups: expected a number from 1 to {MOST_GROUPS}")
    if settings.command == "coco":
        check_coco(settings)


def check_coco(settings):
    for name in ("most", "shots"):
        number = getattr(settings, name)
        if number is not None and not 1 <= number <= MOST_PAIRS:
            settings.fail(f"--{name}: expected a number from 1 to {MOST_PAIRS}")
    if settings.unlisted and not (settings.support or settings.shots):
        settings.fail("--unlisted needs --support or --shots: pictures without annotations can only be targets")


def is_resumable(settings):
    """Whether the same command goes on after a stop."""
    return settings.command != "model"


def parse(version):
    settings = make_parser(version).parse_args()
    check_options(settings)
    return settings
