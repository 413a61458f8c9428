"""geosc-import: the command."""

import argparse
import os
import sys

from . import ImportFailure, datasets, own
from .symmetry import Symmetry, find_file

MOST_PIXELS = 4096  # of a thumbnail's side

RESUMING = """A run that is killed goes on where it was when the same command is given again: OUTPUT.partial holds the images that are
finished, OUTPUT.partial.log names them. OUTPUT itself appears when all is there. --restart begins anew."""


def add_output(parser, streamed):
    parser.add_argument("-f", "--force", action="store_true", help="replace an existing output")
    if not streamed:
        return
    parser.add_argument("-o", "--output", required=True, metavar="INPUT.h5", help="the file to write, an input of geosc match")
    parser.add_argument("--restart", action="store_true", help="begin anew where an interrupted import could go on")
    parser.add_argument("--dtype", choices=("f2", "f4"), help="store features as float16 or float32 (default: as they are)")
    parser.add_argument("--no-flip", dest="flip", action="store_false", help="leave out flipped features")
    parser.add_argument("--no-masks", dest="masks", action="store_false", help="leave out masks")


def make_parser(version):
    parser = argparse.ArgumentParser(
        prog="geosc-import", description="Bring checkpoints, data sets and features into the HDF5 files that geosc reads.",
        epilog=RESUMING + " See geosc-import(1).")
    parser.add_argument("-V", "--version", action="version", version=f"geosc-import {version}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    model = commands.add_parser("model", help="a checkpoint of PyTorch or safetensors as a model file",
                                description="Turn a checkpoint into a model file. Nothing in a checkpoint is run.")
    model.add_argument("checkpoint", metavar="CHECKPOINT", help="a .PTH, .pth, .pt or .safetensors file with a state_dict")
    model.add_argument("output", metavar="MODEL.h5", help="the file to write")
    add_output(model, False)
    dataset = commands.add_parser("dataset", help="a data set as GeoAware-SC's scripts leave it",
                                  description="Turn a data set with extracted features into an input file.", epilog=RESUMING)
    dataset.add_argument("kind", choices=sorted(datasets.READERS), help="which data set it is")
    dataset.add_argument("root", metavar="ROOT", help="its folder: data/SPair-71k, data/ap-10k, data/PF-dataset-PASCAL")
    add_output(dataset, True)
    dataset.add_argument("--split", default="test", help="which pairs, as the folder or list of pairs is named (default: test)")
    dataset.add_argument("--features", default="features", metavar="FOLDER",
                         help="the folder beside JPEGImages that holds the features (default: features; features_ensemble8, say)")
    dataset.add_argument("--symmetry", metavar="FILE",
                         help="symmetry groups and mirrored partners of the keypoints: a file, or ap10k, which comes with geosc")
    dataset.add_argument("--thumbnail", type=int, default=240, metavar="SIDE",
                         help="side of the small pictures for geosc render, in pixels; 0: none (default: 240)")
    features = commands.add_parser("features", help="own features: .npy, .npz or .pt files, and a list of pairs",
                                   description="Turn a folder of own features into an input file.", epilog=RESUMING)
    features.add_argument("folder", metavar="DIR",
                          help="holds NAME.npy, .npz, .pt, or NAME_sd.pt and NAME_dino.pt; NAME_flip.*, NAME_mask.png, NAME_keypoints.npy")
    add_output(features, True)
    features.add_argument("--pairs", required=True, metavar="FILE", help="a source's and a target's name on each line")
    features.add_argument("--layout", choices=("auto", "indexed", "grouped"), default="auto",
                          help="indexed: arrays of all images, which are alike; grouped: a group for each image, of any size "
                               "(default: indexed where all images are alike)")
    features.add_argument("--units", choices=("cell", "pixel", "original"),
                          help="of the keypoints (default: pixel where the images' sizes are known, else cell)")
    return parser


def read_scene(settings):
    if settings.command == "features":
        settings.thumbnail = 0
        scene = own.read(settings.folder, settings.pairs, settings.units)
        return scene, scene.tables(None)
    settings.layout = "indexed"
    symmetry = Symmetry(find_file(settings.symmetry)) if settings.symmetry else None
    scene = datasets.read(settings.kind, settings.root, settings.split, settings.features)
    return scene, scene.tables(symmetry)


def run(settings):
    if settings.command == "model":
        from .model import import_model

        keys, numbers = import_model(settings.checkpoint, settings.output, settings.force)
        print(f"{settings.output}: {keys} tensors, {numbers} numbers")
        return
    from .writer import write_input

    if settings.command == "dataset" and not 0 <= settings.thumbnail <= MOST_PIXELS:
        raise ImportFailure(f"--thumbnail: a number of pixels, 0 to {MOST_PIXELS}")
    scene, tables = read_scene(settings)
    form = write_input(scene, tables, settings.output, settings)
    parts = [f"{len(scene.images)} images", f"{len(scene.pairs)} pairs"] + ["a group for each image"] * form.grouped
    parts += ["flipped features"] * form.flipped + ["masks"] * bool(form.masks) + ["pictures"] * bool(form.thumbnail)
    print(f"{settings.output}: {', '.join(parts)}")


def main(version):
    """Returns the exit status."""
    settings = make_parser(version).parse_args()
    try:
        run(settings)
    except ImportFailure as failure:
        print(f"geosc-import: {failure}", file=sys.stderr)
        return 1
    except ImportError as error:
        print(f"geosc-import: needs the Python package {error.name} (Debian: python3-{error.name})", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ngeosc-import: stopped; the same command goes on from here", file=sys.stderr)
        return 75
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0
