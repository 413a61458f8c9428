#!/usr/bin/env python3
"""geosc beside PyTorch, in one run: make bench

    compare.py GEOSC [--json FILE] [--rounds N] [--size seed|small] [--dataset all|peer|none]

Each line is a job that geosc and PyTorch do in turn, round by round, on the same threads; medians and their ratios are printed.
Two ways of PyTorch: "seed" is the method as its authors wrote it down (eager network, IMD by bmm and gather);
"peer" is the fastest that was found (traced and frozen network, plain matrix product and max, masked rows only).
Needs torch and h5py (Debian: python3-torch, python3-h5py, and libopenblas0-pthread for a fast matrix product).
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import h5py
import numpy as np
import torch
import torch.nn as nn

import aggregation

POSES = {'none': lambda x: x, 'hflip': lambda x: x.flip(-1), 'rot90': lambda x: torch.rot90(x, 1, (-2, -1)),
         'rot270': lambda x: torch.rot90(x, 3, (-2, -1))}


class Block(nn.Module):
    def __init__(self, c, hidden):
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(c, hidden, 1, bias=False), nn.BatchNorm2d(hidden), nn.ReLU(inplace=True),
                                 nn.Conv2d(hidden, hidden, 3, padding=1, bias=False), nn.BatchNorm2d(hidden),
                                 nn.ReLU(inplace=True), nn.Conv2d(hidden, c, 1, bias=False), nn.BatchNorm2d(c))
        self.act = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.act(x + self.net(x))


class Network(nn.Module):
    def __init__(self, path):
        super().__init__()
        with h5py.File(path) as f:
            state = {}
            f.visititems(lambda name, node: state.__setitem__(name, torch.from_numpy(np.asarray(node[()])))
                         if isinstance(node, h5py.Dataset) else None)
        count = 1 + max(int(key.split('.')[1]) for key in state)
        hidden, channels = state['blocks.0.net.0.weight'].shape[:2]
        self.blocks = nn.Sequential(*[Block(channels, hidden) for _ in range(count)])
        self.load_state_dict(state)
        self.eval()

    def forward(self, x):
        return self.blocks(x)


def normalise(x):
    return x / (x.norm(dim=1, keepdim=True) + 1e-6)


def seed_imd(source, target, mask):
    C = source.shape[1]
    m = mask.reshape(1, -1)
    s = (source * mask).reshape(1, C, -1).transpose(1, 2)
    t = target.reshape(1, C, -1)
    nearest = torch.bmm(s, t).argmax(dim=-1)
    found = torch.gather(t, 2, nearest.unsqueeze(1).expand(-1, C, -1)).transpose(1, 2)
    return (((s - found) ** 2).sum(-1) * m).sum(1) / (m.sum(1) + 1e-6)


def peer_imd(source, target, mask):
    """Scores masked rows only; on unit vectors the distance follows from the similarity."""
    C = source.shape[1]
    rows = source.reshape(C, -1).T[mask.reshape(-1) != 0]
    best = (rows @ target.reshape(C, -1)).max(1).values
    return (2 - 2 * best).mean()


def soft_argmax(similarity, window=15, temperature=.02):
    H, W = similarity.shape
    peak = int(similarity.reshape(-1).argmax())
    y, x, r = peak // W, peak % W, window // 2
    y0, y1, x0, x1 = max(0, y - r), min(H, y + r + 1), max(0, x - r), min(W, x + r + 1)
    p = torch.softmax((similarity[y0:y1, x0:x1] / temperature).reshape(-1), 0).reshape(y1 - y0, x1 - x0)
    return float((p.sum(0) * torch.arange(x0, x1)).sum()), float((p.sum(1) * torch.arange(y0, y1)).sum())


def torch_pair(network, imd, source, target, mask, keypoints):
    """One pair: refine the target and each pose of the source, choose by IMD, match."""
    refined = normalise(network(target))
    posed = [normalise(network(pose(source).contiguous())) for pose in POSES.values()]
    scores = [float(imd(p, refined, pose(mask).contiguous())) for p, pose in zip(posed, POSES.values())]
    best = posed[int(np.argmin(scores))]
    H, W = best.shape[-2:]
    C = best.shape[1]
    return [soft_argmax((best[0, :, min(int(y), H - 1), min(int(x), W - 1)] @ refined.reshape(C, -1)).reshape(H, W))
            for x, y in keypoints if np.isfinite(x)]


class Data:
    """An input file of geosc as PyTorch reads it, pair by pair."""

    def __init__(self, path):
        self.file = h5py.File(path)
        self.stacked = 'source' in self.file

    def pair(self, p):
        f = self.file
        if self.stacked:
            source, target, mask, points = f['source'][p], f['target'][p], f['mask'][p] if 'mask' in f else None, f['keypoints'][p]
        else:
            i, j = int(f['pairs/source'][p]), int(f['pairs/target'][p])
            source, target = f['images/features'][i], f['images/features'][j]
            mask, points = f['images/mask'][i] if 'images/mask' in f else None, f['pairs/keypoints'][p]
        source, target = (torch.from_numpy(x.astype('f4'))[None] for x in (source, target))
        mask = torch.ones(1, 1, *source.shape[-2:]) if mask is None else torch.from_numpy(mask.astype('f4'))[None, None]
        return source, target, mask, points

    def __len__(self):
        return len(self.file['source' if self.stacked else 'pairs/source'])


def blas():
    """The library that multiplies PyTorch's matrices. Debian's plain one is some 30 times slower than OpenBLAS: no peer."""
    with open('/proc/self/maps') as maps:
        loaded = {os.path.realpath(line.split()[-1]) for line in maps if '/' in line and 'blas' in line}
    return next((path for path in loaded if any(name in path for name in ('openblas', 'mkl', 'blis', 'atlas'))), None)


def seconds(job):
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def geosc_pairs(geosc, data, model, *options):
    """A whole run of the command."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([geosc, 'match', data, '-m', model, '-o', folder + '/o.h5', '-q', *options], check=True)


def add_boxes(source, target):
    """A copy of a stacked input whose mask is one box on a quarter of the cells."""
    with h5py.File(source) as f, h5py.File(target, 'w') as o:
        for name in ('source', 'target'):
            f.copy(name, o)
        P, _, H, W = f['source'].shape
        mask = np.zeros((P, H, W), 'u1')
        mask[:, H // 4:H // 4 + H // 2, W // 4:W // 4 + W // 2] = 1
        o['mask'] = mask
        points = f['keypoints'][:]
        points[...] = np.random.default_rng(0).uniform([W // 4, H // 4], [W // 4 + W // 2 - 1, H // 4 + H // 2 - 1], points.shape)
        o['keypoints'] = points


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('geosc')
    parser.add_argument('--json'), parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--size', choices=['seed', 'small'], default='seed'), parser.add_argument('--dataset', choices=['all', 'peer', 'none'], default='all')
    parser.add_argument('--threads', type=int, default=len(os.sched_getaffinity(0)))
    a = parser.parse_args()
    torch.set_grad_enabled(False)
    torch.set_num_threads(a.threads)
    if not (torch.backends.mkl.is_available() or blas()):
        sys.exit("compare.py: PyTorch's matrix product is that of the plain reference BLAS, beside which all looks fast: install a tuned one "
                 '(Debian: libopenblas0-pthread)')
    C, N, hidden = (1536, 60, 768) if a.size == 'seed' else (256, 24, 128)
    sizes = ['--channels', str(C), '--height', str(N), '--width', str(N)]
    work = tempfile.TemporaryDirectory()
    path = lambda name: os.path.join(work.name, name)
    run = lambda *args: subprocess.run([a.geosc, *args], check=True, stdout=subprocess.PIPE).stdout
    run('synth', '-o', path('one.h5'), '--model-out', path('model.h5'), *sizes, '--hidden', str(hidden), '--blocks', '4', '--pairs', '1',
        '--keypoints', '20')
    run('synth', '-o', path('set.h5'), *sizes, '--pairs', '40', '--images', '8', '--layout', 'indexed', '--keypoints', '20')
    for name, mask in (('one.h5', 'mask'), ('set.h5', 'images/mask')):
        with h5py.File(path(name), 'r+') as f:         # all cells take part; the masked line makes its own
            del f[mask]
    # Several copies of one pair: what a pair costs is the difference to a run over one.
    repeat(path('one.h5'), path('pairs.h5'), 4)
    add_boxes(path('one.h5'), path('box1.h5'))
    repeat(path('box1.h5'), path('boxes.h5'), 4)

    network = Network(path('model.h5'))
    frozen = torch.jit.freeze(torch.jit.trace(network, torch.zeros(1, C, N, N)))
    source, target, mask, points = Data(path('one.h5')).pair(0)
    box = Data(path('box1.h5')).pair(0)
    a_map, b_map = normalise(network(source)), normalise(network(target))
    stage = json.loads(run('bench', '--json', '--rounds', '3', '-j', str(a.threads), '--channels', str(C), '--height', str(N), '--width',
                           str(N), '--hidden', str(hidden)))

    def stages(name):
        def job():
            got = json.loads(run('bench', '--json', '--rounds', '3', '-j', str(a.threads), '--channels', str(C), '--height', str(N),
                                 '--width', str(N), '--hidden', str(hidden)))
            return got['stages'][name]['seconds']
        return job

    def pairs(first, many, count):
        def job():
            one = seconds(lambda: geosc_pairs(a.geosc, first, path('model.h5'), '-j', str(a.threads)))
            all_of_them = seconds(lambda: geosc_pairs(a.geosc, many, path('model.h5'), '-j', str(a.threads)))
            return (all_of_them - one) / (count - 1)
        return job

    timed = lambda job: lambda: seconds(job)
    one = (source, target, mask, points)
    jobs = [
        ('post-processor, one image', stages('refine'), timed(lambda: frozen(source)), timed(lambda: network(source))),
        ('IMD, one pose', stages('imd'), timed(lambda: peer_imd(a_map, b_map, mask)), timed(lambda: seed_imd(a_map, b_map, mask))),
        ('independent pair, 4 poses', pairs(path('one.h5'), path('pairs.h5'), 4), timed(lambda: torch_pair(frozen, peer_imd, *one)),
         timed(lambda: torch_pair(network, seed_imd, *one))),
        ('the same, masks on 25 % of the cells', pairs(path('box1.h5'), path('boxes.h5'), 4),
         timed(lambda: torch_pair(frozen, peer_imd, *box)), timed(lambda: torch_pair(network, seed_imd, *box))),
    ] + aggregation.jobs(a.geosc, work.name, a.size, a.threads, timed)
    result = {}
    report('', 'geosc', 'peer', 'seed', 'peer/geosc', 'seed/geosc')
    for name, *ways in jobs:
        for way in ways:
            way()                                      # the first one warms up
        times = [[way() for way in ways] for _ in range(a.rounds)]
        enter(result, name, [statistics.median(t) for t in zip(*times)])
    if a.dataset != 'none':
        data = Data(path('set.h5'))
        loop = lambda network, imd: lambda: [torch_pair(network, imd, *data.pair(p)) for p in range(len(data))]
        enter(result, '40 pairs of 8 images, whole process',
              [seconds(lambda: geosc_pairs(a.geosc, path('set.h5'), path('model.h5'), '-j', str(a.threads))),
               seconds(loop(frozen, peer_imd)), seconds(loop(network, seed_imd)) if a.dataset == 'all' else float('nan')])
    print(f'\n{a.threads} threads, {stage["isa"]}; measured peaks: {stage["peak_fma"] / 1e9:.0f} GFLOP/s, '
          f'{stage["peak_memory"] / 1e9:.1f} GB/s; PyTorch {torch.__version__}')
    if a.json:
        with open(a.json, 'w') as f:
            json.dump({'threads': a.threads, 'isa': stage['isa'], 'peak_fma': stage['peak_fma'], 'torch': torch.__version__,
                       'seconds': result}, f, indent=1)


def repeat(source, target, count):
    """A stacked input with its one pair `count` times."""
    with h5py.File(source) as f, h5py.File(target, 'w') as o:
        for name in ('source', 'target', 'mask', 'keypoints'):
            if name in f:
                o[name] = np.repeat(f[name][:], count, axis=0)


def report(*columns):
    print('{:<38} {:>10} {:>10} {:>10} {:>11} {:>11}'.format(*columns), flush=True)


def enter(result, name, times):
    geosc, peer, seed = times
    result[name] = {'geosc': geosc, 'peer': peer, 'seed': seed, 'peer_over_geosc': peer / geosc, 'seed_over_geosc': seed / geosc}
    report(name, *(f'{t * 1e3:.1f} ms' if t < 10 else f'{t:.1f} s' for t in times), f'{peer / geosc:.2f}', f'{seed / geosc:.2f}')


if __name__ == '__main__':
    sys.exit(main())
