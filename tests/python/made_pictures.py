"""Drawn animals, whose parts have colours of their own; their labels in COCO's format; and a small random ViT that tells colours apart, as a
TorchScript file and as a folder for torch.hub."""

import os

import numpy as np
import torch
from geoaware_folder import write_json
from PIL import Image, ImageDraw

PARTS = {"left_ear": (230, 30, 30), "right_ear": (30, 200, 40), "nose": (30, 60, 240), "left_paw": (240, 220, 20), "right_paw": (220, 40, 220)}
SHAPE = np.array([[0.3, 0.2], [0.7, 0.2], [0.5, 0.45], [0.3, 0.8], [0.7, 0.8]])
SKELETON = [[1, 3], [2, 3], [3, 4], [3, 5]]
RADIUS = 0.06  # of the smaller side

HUB = '''"""A folder for torch.hub."""
import torch

dependencies = ["torch"]


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.patch_size = 14
        self.embed = torch.nn.Conv2d(3, 24, 14, 14)
        self.norm = torch.nn.LayerNorm(24)

    def get_intermediate_layers(self, x, n=1, reshape=False, norm=True):
        tokens = self.norm(self.embed(x).flatten(2).transpose(1, 2))
        if not reshape:
            return (tokens,)
        return (tokens.transpose(1, 2).reshape(len(x), 24, x.shape[2] // 14, x.shape[3] // 14),)

    def forward(self, x):
        raise RuntimeError("the class token is of no use here")


def dinov2_vitb14(pretrained=True):
    torch.manual_seed(5 if pretrained else 6)
    return Network()


def broken():
    import package_that_nobody_has
'''


class Vit(torch.nn.Module):
    """A class token, one block, no positions: tokens [B, 1 + T, C]."""

    def __init__(self, channels=16, patch=14):
        super().__init__()
        self.embed = torch.nn.Conv2d(3, channels, patch, patch)
        self.token = torch.nn.Parameter(torch.randn(1, 1, channels))
        self.mix = torch.nn.Linear(channels, channels)
        self.norm = torch.nn.LayerNorm(channels)

    def forward(self, x):
        patches = self.embed(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(patches.shape[0], -1, -1), patches], 1)
        attention = torch.softmax(self.mix(x) @ x.transpose(1, 2) / 16.0, -1)
        return self.norm(x + 0.2 * (attention @ x))


def save_vit(path, channels=16, patch=14):
    """Writes the TorchScript file; returns the network."""
    torch.manual_seed(3)
    network = Vit(channels, patch).eval()
    torch.jit.script(network).save(path)
    return network


def save_hub(folder):
    os.makedirs(folder)
    with open(os.path.join(folder, "hubconf.py"), "w", encoding="utf-8") as file:
        file.write(HUB)


def draw(path, points, size, dice):
    """A picture with a disc of its colour at each part."""
    noise = dice.integers(90, 130, (size[1] // 6 + 1, size[0] // 6 + 1, 3)).astype("u1")
    picture = Image.fromarray(noise).resize(size)
    pen, radius = ImageDraw.Draw(picture), RADIUS * min(size)
    for (x, y), colour in zip(points, PARTS.values()):
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    picture.save(path)


def draw_animals(folder, count, seed=0, sizes=((240, 180), (180, 240), (220, 200))):
    """{name: (size, points [K, 2])} of the pictures drawn."""
    dice, found = np.random.default_rng(seed), {}
    for number in range(count):
        size = sizes[number % len(sizes)]
        points = (SHAPE * dice.uniform(0.7, 1, 2) + dice.uniform(0, 0.15, 2) + dice.normal(0, 0.02, SHAPE.shape)).clip(0.08, 0.92) * size
        name = f"cat{number:02d}.png"
        draw(os.path.join(folder, name), points, size, dice)
        found[name] = size, points
    return found


def label(path, animals, names, listed=None):
    """Writes the labels of these pictures; listed: the pictures in the file."""
    listed = list(names if listed is None else listed)
    content = {"info": {"description": "made"}, "licenses": [], "images": [], "annotations": [],
               "categories": [{"id": 1, "name": "cat", "supercategory": "animal", "keypoints": list(PARTS), "skeleton": SKELETON}]}
    for number, name in enumerate(listed):
        (width, height), points = animals[name]
        content["images"].append({"id": number + 1, "file_name": name, "width": width, "height": height})
        if name in names:
            low, high = points.min(0), points.max(0)
            content["annotations"].append({
                "id": 10 + number, "image_id": number + 1, "category_id": 1, "iscrowd": 0, "segmentation": [], "num_keypoints": len(points),
                "keypoints": np.round(np.c_[points, np.full(len(points), 2)], 2).reshape(-1).tolist(),
                "bbox": np.round([*low, *(high - low)], 1).tolist(), "area": round(float(np.prod(high - low)), 1)})
    write_json(path, content)
    return content
