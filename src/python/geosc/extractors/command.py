"""The command line of geosc-extract."""

import math

from ..importers import place
from ..importers.command import Parser, add_output, add_thumbnail, check_thumbnail, describe_parts
from ..importers.poses import POSES
from ..importers.text import printable

CELLS = 60  # of a square, if --size does not say: as in GeoAware-SC
PATCH = 14  # if the backbone does not say
MOST_SIZE, MOST_BATCH, MOST_THREADS = 1 << 14, 1 << 12, 1 << 12
RESUMING = """Repeat the command to resume an interrupted run: OUTPUT.partial.log lists the finished pictures and the file that holds them. OUTPUT
itself appears when it is complete. --restart starts again. See geosc-extract(1)."""


def poses(text):
    """A list of poses; "none" is always there, first."""
    words = POSES if text == "all" else tuple(text.split(","))
    if not set(words) <= set(POSES) or len(set(words)) < len(words):
        raise ValueError(text)
    return [pose for pose in POSES if pose in words or pose == "none"]


def colour(text):
    values = tuple(float(word) for word in text.split(","))
    if len(values) != 3 or not all(map(math.isfinite, values)):
        raise ValueError(text)
    return values


def deviation(text):
    values = colour(text)
    if min(values) <= 0:
        raise ValueError(text)
    return values


def make_parser(version):
    parser = Parser(prog="geosc-extract", description="Extract features from pictures with a network of PyTorch.", epilog=RESUMING)
    parser.add_argument("-V", "--version", action="version", version=f"geosc-extract {version}")
    parser.add_argument("pictures", nargs="+", metavar="PICTURE", help="a picture, or a folder: all .jpg, .jpeg and .png below it")
    parser.add_argument("--backbone", required=True, metavar="NAME",
                        help="a name in torch.hub such as dinov2_vitb14, a TorchScript file, or MODULE:FUNCTION")
    parser.add_argument("--hub", metavar="WHERE", help="a folder with hubconf.py, or OWNER/REPOSITORY on GitHub (default: that of DINOv2 or DINOv3)")
    parser.add_argument("--weights", metavar="FILE", help="a checkpoint for the network of torch.hub (default: it gets its own)")
    parser.add_argument("--size", type=int, metavar="PIXELS",
                        help=f"side of the square that each picture is scaled to fit (default: {CELLS} patches, {CELLS * PATCH} for patches of "
                             f"{PATCH})")
    parser.add_argument("--aspect", action="store_true", help="keep each picture's form: no square, --size is the longer side")
    parser.add_argument("--poses", type=poses, default=["none"], metavar="LIST",
                        help="also extract from the picture in these poses, such as none,hflip,rot90,rot270, or all (default: none)")
    parser.add_argument("--batch", type=int, default=8, metavar="N", help="pictures at a time (default: 8)")
    parser.add_argument("--device", default="auto", metavar="NAME", help="cpu, cuda, cuda:1 (default: cuda if there is one, else cpu)")
    parser.add_argument("-j", "--threads", type=int, metavar="N", help="threads of PyTorch (default: it decides)")
    parser.add_argument("--mean", type=colour, metavar="R,G,B", help="subtracted from colours in 0..1 (default: ImageNet's)")
    parser.add_argument("--std", type=deviation, metavar="R,G,B", help="then divides them (default: ImageNet's)")
    parser.add_argument("--root", metavar="DIR", help="the folder below which a picture's path is its name (default: the one that all share)")
    add_output(parser, True, dtype="f2")
    add_thumbnail(parser)
    parser.set_defaults(fail=parser.error, flip=True, layout="grouped", axes=None)
    return parser


def parse(version):
    settings = make_parser(version).parse_args()
    for name, most in (("size", MOST_SIZE), ("batch", MOST_BATCH), ("threads", MOST_THREADS)):
        number = getattr(settings, name)
        if number is not None and not 1 <= number <= most:
            settings.fail(f"--{name}: expected a number from 1 to {most}")
    return settings


def is_resumable(_):
    """Whether the same command goes on after a stop."""
    return True


def load(settings):
    """(the Backbone, the side of squares)."""
    import torch

    from .backbone import MEAN, SPREAD, Backbone

    if settings.threads:
        torch.set_num_threads(settings.threads)
    backbone = Backbone(settings.backbone, settings.hub, settings.weights, settings.device, settings.mean or MEAN, settings.std or SPREAD)
    side = settings.size or CELLS * (backbone.patch or PATCH)
    backbone.probe(side)
    return backbone, side


def run(settings):
    from ..importers.writer import write_input
    from .batches import Batches
    from .pictures import find, make_scene

    place.check_name(settings.output, settings.force)
    check_thumbnail(settings)
    found = find(settings.pictures, settings.root)
    backbone, side = load(settings)
    scene = make_scene(found, settings.poses, side, backbone.multiple(side) if settings.aspect else None, settings.masks)
    for image in scene.images:
        image.shapes, image.beside = backbone.shapes_of(image.frame, side), backbone.files
    scene.identity = [settings.backbone, settings.hub, settings.weights, side, settings.aspect, settings.batch, str(backbone.device),
                      settings.mean, settings.std]
    Batches(backbone, scene.images, settings.batch)
    place.check_inputs(settings.output, scene.sources())
    form = write_input(scene, {}, settings)
    channels = sum(shape[0] for _, shape in backbone.shapes)
    parts = [f"{len(scene.images)} images", f"{channels} channels"] + describe_parts(form)
    print(f"{printable(settings.output)}: {', '.join(parts)}")
