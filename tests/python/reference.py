"""The chain of docs/computation.md once more, in double and in the plainest way, from the folder that geosc-import
reads: nothing of it is shared with the code under test."""

import glob
import json
import math
import os

import numpy as np
import torch
from PIL import Image

EPS = 1e-6


def unit(features, dim=0):
    return features / (features.norm(dim=dim, keepdim=True) + EPS)


def fuse(sd, dino, grouped):
    size = sd["s3"].shape[-2:]
    up = [torch.nn.functional.interpolate(sd[name].double(), size=size, mode="bilinear", align_corners=False)[0] for name in ("s3", "s4", "s5")]
    sd_part, dino_part = torch.cat(up), dino.double()[0]
    return torch.cat([unit(sd_part), unit(dino_part)] if grouped else [sd_part, dino_part])


def aggregate(features, state, groups=32):
    """The published network (docs/computation.md, Post-processor) on [C, H, W]."""
    state = {key: value.double() for key, value in state.items()}
    weights = torch.softmax(state["mixing_weights"], 0)

    def convolution(x, name, padding=0):
        y = torch.nn.functional.conv2d(x, state[name + ".weight"], padding=padding)
        return torch.nn.functional.group_norm(y, groups, state[name + ".norm.weight"], state[name + ".norm.bias"], 1e-5)

    total, first = 0, 0
    for i in range(len(weights)):
        name = f"bottleneck_layers.{i}.0."
        width = state[name + "conv1.weight"].shape[1]
        x = features[None, first : first + width]
        first += width
        y = torch.relu(convolution(x, name + "conv1"))
        y = torch.relu(convolution(y, name + "conv2", 1))
        y = convolution(y, name + "conv3")
        short = convolution(x, name + "shortcut") if name + "shortcut.weight" in state else x
        total = total + weights[i] * torch.relu(y + short)
    return total[0]


def cell_mask(path, cells):
    pixels = np.asarray(Image.open(path))
    places = [int((i + 0.5) * pixels.shape[0] / cells) for i in range(cells)]
    return torch.tensor((pixels[np.ix_(places, places)] > 127).astype(float))


def imd(source, mask, target):
    s, t, m = source.flatten(1).T, target.flatten(1).T, mask.flatten()
    nearest = (s @ t.T).argmax(1)
    distance = ((m[:, None] * s - t[nearest]) ** 2).sum(1)
    return float((m * distance).sum() / (m.sum() + EPS))


def window_match(query, target, window, temperature):
    similarity = torch.einsum("c,chw->hw", query, target)
    height, width = similarity.shape
    peak = int(similarity.flatten().argmax())
    py, px, r = peak // width, peak % width, window // 2
    y0, y1, x0, x1 = max(0, py - r), min(height, py + r + 1), max(0, px - r), min(width, px + r + 1)
    patch = torch.softmax(similarity[y0:y1, x0:x1].flatten() / temperature, 0).reshape(y1 - y0, x1 - x0)
    x = float((patch.sum(0) * torch.arange(x0, x1)).sum())
    y = float((patch.sum(1) * torch.arange(y0, y1)).sum())
    return x, y


def square_points(points, size, side=840):
    """Keypoints of an image in the square, and the scale."""
    width, height = size
    scale = side / max(width, height)
    left = int((side - int(np.around(side * width / height))) / 2) if width < height else 0
    top = int((side - int(np.around(side * height / width))) / 2) if height < width else 0
    return [None if p is None else (p[0] * scale + left, p[1] * scale + top) for p in points], scale


class Folder:
    """A folder like SPair's, image by image."""

    def __init__(self, root, network=None):
        self.root, self.network, self.known = root, network, {}

    def features(self, name, flip):
        if (name, flip) not in self.known:
            base, end = f"{self.root}/features/{name}", "_flip" if flip else ""
            fused = fuse(torch.load(f"{base}_sd{end}.pt"), torch.load(f"{base}_dino{end}.pt"), self.network is None)
            refined = unit(self.network(fused) if self.network else fused)
            self.known[name, flip] = refined, cell_mask(f"{base}_mask{end}.png", fused.shape[-1])
        return self.known[name, flip]

    def keypoints(self, name):
        with open(f"{self.root}/ImageAnnotation/{name}.json", encoding="utf-8") as file:
            kps = json.load(file)["kps"]
        return [kps[str(k)] for k in range(len(kps))]

    def pairs(self):
        files = glob.glob(f"{self.root}/PairAnnotation/test/*.json")
        return sorted(files, key=lambda path: (path.rsplit(":", 1)[1], os.path.basename(path)))


def match_pair(folder, entry, partners, window, temperature, side=840):
    """Answers in the square, the truth there, the threshold, and whether the source was flipped."""
    names = [f"{entry['category']}/{entry[which + '_imname'][:-4]}" for which in ("src", "trg")]
    target = folder.features(names[1], False)[0]
    sources = [folder.features(names[0], flip) for flip in (False, True)]
    flip = imd(*sources[1], target) < imd(*sources[0], target)
    points, _ = square_points(folder.keypoints(names[0]), entry["src_imsize"][:2])
    truth, scale = square_points(folder.keypoints(names[1]), entry["trg_imsize"][:2])
    cells, answers = target.shape[-1], []
    for k, point in enumerate(points):
        flipped = flip and points[partners[k]] is not None
        point = points[partners[k]] if flipped else point
        if points[k] is None and not flipped or points[k] is None:
            answers.append(None)
            continue
        x, y = (min(math.floor(v * cells / side), cells - 1) for v in point)
        query = sources[flipped][0][:, y, cells - 1 - x if flipped else x]
        found = window_match(query, target, window, temperature)
        answers.append(tuple((v + 0.5) * side / cells for v in found))
    box = entry["trg_bndbox"]
    return points, answers, truth, max(box[2] - box[0], box[3] - box[1]) * scale, flip


def mean(values):
    return sum(values) / len(values) if values else None


def pck(folder, symmetry, alphas, window, temperature):
    """{(category or None, per point?, geometry?, alpha): share} and the number of flipped pairs."""
    shares, flips, rows = {}, 0, []
    for path in folder.pairs():
        with open(path, encoding="utf-8") as file:
            entry = json.load(file)
        partners = list(range(len(folder.keypoints(f"{entry['category']}/{entry['src_imname'][:-4]}"))))
        for a, b in symmetry["mirror"]:
            partners[a], partners[b] = b, a
        points, answers, truth, threshold, flip = match_pair(folder, entry, partners, window, temperature)
        flips += flip
        rows.append((entry["category"], points, answers, truth, threshold))
    for geometry in (False, True):
        for alpha in alphas:
            tallies = [(row[0], *tally(row, symmetry["groups"] if geometry else None, alpha)) for row in rows]
            for category in {row[0] for row in rows} | {None}:
                own = [(right, count) for name, right, count in tallies if count and category in (None, name)]
                shares[category, True, geometry, alpha] = mean_of(own)
                shares[category, False, geometry, alpha] = mean([right / count for right, count in own])
    return shares, flips


def mean_of(own):
    points = sum(count for _, count in own)
    return sum(right for right, _ in own) / points if points else None


def tally(row, groups, alpha):
    _, points, answers, truth, threshold = row
    right = count = 0
    for k, (point, answer, place) in enumerate(zip(points, answers, truth)):
        if point is None or place is None:
            continue
        if groups is not None and not any(k in group and sum(truth[i] is not None for i in group) >= 2 for group in groups):
            continue
        count += 1
        right += answer is not None and math.dist(answer, place) < alpha * threshold
    return right, count
