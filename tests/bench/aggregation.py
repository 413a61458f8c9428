"""The published GeoAware-SC network in PyTorch, on levels as Stable Diffusion and DINOv2 give them, and the same as files of
geosc: lines of compare.py. Both begin with float32 in memory: geosc's time is that of refining, PyTorch's that of resizing,
concatenation and the network.
"""
import json
import os
import subprocess
import tempfile
import warnings

import h5py
import torch
import torch.nn as nn
import torch.nn.functional as F

SIZES = {'seed': ([(640, 60), (1280, 30), (1280, 15), (768, 60)], 768), 'small': ([(64, 24), (256, 12), (256, 6), (128, 24)], 128)}
GROUPS, IMAGES = 32, 4


class Convolution(nn.Conv2d):
    def __init__(self, inputs, outputs, side=1):
        super().__init__(inputs, outputs, side, padding=side // 2, bias=False)
        self.norm = nn.GroupNorm(GROUPS, outputs)

    def forward(self, x):
        return self.norm(super().forward(x))


class Bottleneck(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        hidden = outputs // 4
        self.conv1, self.conv2, self.conv3 = Convolution(inputs, hidden), Convolution(hidden, hidden, 3), Convolution(hidden, outputs)
        self.shortcut = Convolution(inputs, outputs) if inputs != outputs else nn.Identity()

    def forward(self, x):
        return F.relu(self.conv3(F.relu(self.conv2(F.relu(self.conv1(x))))) + self.shortcut(x))


class Network(nn.Module):
    """Takes levels, each on its own grid; returns features of length 1."""

    def __init__(self, widths, outputs):
        super().__init__()
        self.widths = widths
        self.bottleneck_layers = nn.ModuleList([nn.Sequential(Bottleneck(width, outputs)) for width in widths])
        self.mixing_weights = nn.Parameter(torch.ones(len(widths)))
        self.eval()

    def fuse(self, *levels):
        grid = levels[0].shape[-2:]
        return levels[0] if len(levels) == 1 else torch.cat([level if level.shape[-2:] == grid else F.interpolate(level, grid, mode='bilinear', align_corners=False)
                          for level in levels], 1)

    def forward(self, *levels):
        parts = torch.split(self.fuse(*levels), self.widths, 1)
        x = sum(weight * layer(part) for weight, layer, part in zip(F.softmax(self.mixing_weights, 0), self.bottleneck_layers, parts))
        return x / (x.norm(dim=1, keepdim=True) + 1e-6)


def write_model(path, network):
    with h5py.File(path, 'w') as f:
        for key, value in network.state_dict().items():
            f[key] = value.numpy()


def write_input(path, levels):
    """A ring of pairs, in which all images are one."""
    with h5py.File(path, 'w') as f:
        for i, level in enumerate(levels):
            f[f'images/features/{i}'] = level.expand(IMAGES, -1, -1, -1).half().numpy()
        f['pairs/source'], f['pairs/target'] = list(range(IMAGES)), [(i + 1) % IMAGES for i in range(IMAGES)]
        f['pairs/keypoints'] = [[[0., 0.]]] * IMAGES


def refining(geosc, data, model, threads):
    """Seconds for one image in one pose."""
    with tempfile.TemporaryDirectory() as folder:
        told = json.loads(subprocess.run([geosc, 'match', data, '-m', model, '-o', folder + '/o.h5', '--poses', 'none', '-q', '--json',
                                          '-j', str(threads)], check=True, stdout=subprocess.PIPE).stdout)
    assert told['maps_refined'] == IMAGES
    return told['stages']['refine'] / IMAGES


def jobs(geosc, folder, size, threads, timed):
    """(name, geosc, peer, as written) of compare.py; timed: makes a job of a function."""
    shapes, outputs = SIZES[size]
    warnings.filterwarnings('ignore', category=torch.jit.TracerWarning)  # a trace for these sizes is what is wanted
    torch.manual_seed(0)
    network = Network([channels for channels, _ in shapes], outputs)
    stored = [F.interpolate(torch.randn(1, channels, side // 3, side // 3), (side, side), mode='bicubic', align_corners=False)
              for channels, side in shapes]
    model = os.path.join(folder, 'aggregation.h5')
    write_model(model, network)
    result = []
    for name, levels in (('aggregation network, one image', [network.fuse(*stored)]), ('the same, levels as stored', stored)):
        data = os.path.join(folder, f'levels{len(levels)}.h5')
        write_input(data, levels)
        frozen = torch.jit.freeze(torch.jit.trace(network, levels))
        result.append((name, lambda data=data: refining(geosc, data, model, threads), timed(lambda f=frozen, x=levels: f(*x)),
                       timed(lambda x=levels: network(*x))))
    return result
