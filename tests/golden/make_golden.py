#!/usr/bin/env python3
"""Small inputs, and their answers by the definitions of docs/computation.md, computed in float64 with PyTorch.

    make_golden.py [FOLDER [NUMBER]]        writes stacked.h5, indexed.h5, dense.h5, model.h5 and answers.h

answers.h holds a row for each case below: its options, and imd, chosen, xy, score. test_golden.c runs every case and
compares. Needs python3-torch and python3-h5py; `make check` needs neither. The same NUMBER gives the same.
No case may hang on a hair: a pose or a peak that is chosen by a small margin stops the script.
"""
import sys

import h5py
import numpy as np
import torch
import torch.nn.functional as nn

POSES = {  # new[y, x] = old[...], sides swapped or not, and where cell (x, y) of an H x W map goes
    'none': (lambda y, x, H, W: (y, x), False, lambda x, y, H, W: (x, y)),
    'hflip': (lambda y, x, H, W: (y, W - 1 - x), False, lambda x, y, H, W: (W - 1 - x, y)),
    'vflip': (lambda y, x, H, W: (H - 1 - y, x), False, lambda x, y, H, W: (x, H - 1 - y)),
    'rot180': (lambda y, x, H, W: (H - 1 - y, W - 1 - x), False, lambda x, y, H, W: (W - 1 - x, H - 1 - y)),
    'rot90': (lambda y, x, H, W: (x, W - 1 - y), True, lambda x, y, H, W: (y, W - 1 - x)),
    'rot270': (lambda y, x, H, W: (H - 1 - x, y), True, lambda x, y, H, W: (H - 1 - y, x)),
    'transpose': (lambda y, x, H, W: (x, y), True, lambda x, y, H, W: (y, x)),
    'antitranspose': (lambda y, x, H, W: (H - 1 - x, W - 1 - y), True, lambda x, y, H, W: (H - 1 - y, W - 1 - x)),
}
EIGHT = ','.join(POSES)
FOUR = 'none,hflip,rot90,rot270'
MIRRORED = ('hflip', 'vflip', 'transpose', 'antitranspose')
POSE_MARGIN, PEAK_MARGIN = 1e-4, 1e-4  # docs/computation.md, Precision, asks for 2e-5 and 1e-5

# name: input, model?, then what differs from the defaults
CASES = {
    'stacked_model': ('stacked', True, {}),
    'stacked_model_eight': ('stacked', True, dict(poses=EIGHT)),
    'stacked_derived': ('stacked', True, dict(poses=EIGHT, pose_source='derived')),
    'stacked_euclidean': ('stacked', True, dict(imd='euclidean', restrict_target=1)),
    'stacked_mutual': ('stacked', True, dict(imd='mutual', poses='rot90,vflip')),
    'stacked_zero_shot': ('stacked', False, dict(poses='none,hflip,rot90,vflip', window=3, temperature=1.0)),
    'stacked_restricted': ('stacked', False, dict(poses='rot90,none', restrict_target=1, window=5, temperature=0.1)),
    'indexed_model': ('indexed', True, {}),
    'indexed_mirrored': ('indexed', True, dict(poses='vflip,hflip,transpose,antitranspose', window=3)),
    'indexed_euclidean': ('indexed', True, dict(imd='euclidean', poses='rot180,hflip,none')),
    'indexed_mutual': ('indexed', True, dict(imd='mutual', restrict_target=1, poses=EIGHT)),
    'indexed_seed': ('indexed', True, dict(temperature=1.0)),
    'indexed_zero_shot': ('indexed', False, dict(window=1)),
    'dense_model': ('dense', True, dict(poses=EIGHT)),
    'dense_zero_shot': ('dense', False, dict(temperature=0.05, window=5)),
}
DEFAULTS = dict(poses=FOUR, imd='squared', window=15, temperature=0.02, restrict_target=0, pose_source='auto')

C, HIDDEN, BLOCKS = 6, 4, 2


# ---- definitions -----------------------------------------------------------------------------------
def posed(array, pose):
    """The last two axes of an array, cell by cell as the table says."""
    old, swaps, _ = POSES[pose]
    H, W = array.shape[-2:]
    new = torch.empty(array.shape[:-2] + ((W, H) if swaps else (H, W)), dtype=array.dtype)
    for y in range(new.shape[-2]):
        for x in range(new.shape[-1]):
            new[..., y, x] = array[(...,) + old(y, x, H, W)]
    return new


def refined(features, model):
    """[C, H, W] -> the same, through the residual bottlenecks (None: none) and to length 1."""
    f = features
    for block in range(BLOCKS if model else 0):
        def layer(x, conv, norm, padding):
            key = f'blocks.{block}.net.'
            x = nn.conv2d(x[None], model[f'{key}{conv}.weight'], padding=padding)[0]
            mean, var = model[f'{key}{norm}.running_mean'], model[f'{key}{norm}.running_var']
            x = (x - mean[:, None, None]) / torch.sqrt(var + 1e-5)[:, None, None]
            return x * model[f'{key}{norm}.weight'][:, None, None] + model[f'{key}{norm}.bias'][:, None, None]
        inner = layer(layer(layer(f, 0, 1, 0).clamp(min=0), 3, 4, 1).clamp(min=0), 6, 7, 0)
        f = (f + inner).clamp(min=0)
    return f / (f.pow(2).sum(0, keepdim=True).sqrt() + 1e-6)


def distance(source, mask, target, target_mask, kind):
    """IMD of [C, h, w] with weights [h, w] to [C, H, W]."""
    s, m = source.flatten(1).T, mask.flatten()
    t = target.flatten(1).T
    if target_mask is not None:
        t = t[target_mask.flatten() != 0]
    nearest = (s @ t.T).argmax(1)
    if kind == 'mutual':
        inside = torch.nonzero(m).flatten()
        back = inside[(s[inside] @ t.T).argmax(0)]
        mutual = [(s[i] - t[nearest[i]]).norm().item() for i in inside if back[nearest[i]] == i]
        return sum(mutual) / len(mutual) if mutual else float('nan')
    d = (m[:, None] * s - t[nearest]).norm(dim=1)
    return float((m * (d ** 2 if kind == 'squared' else d)).sum() / (m.sum() + 1e-6))


def located(query, target, target_mask, window, temperature):
    """Where [C] lies in [C, H, W]: (x, y), similarity at the peak."""
    H, W = target.shape[1:]
    sim = torch.einsum('c,chw->hw', query, target)
    allowed = torch.ones(H, W, dtype=torch.bool) if target_mask is None else target_mask != 0
    sim = torch.where(allowed, sim, torch.tensor(-float('inf'), dtype=sim.dtype))
    best = sim.flatten().sort(descending=True).values
    if len(best) > 1 and best[0] - best[1] < PEAK_MARGIN:
        sys.exit('a peak is chosen by a small margin: take another seed')
    peak, r = int(sim.argmax()), window // 2
    total = x = y = 0.0
    for j in range(max(0, peak // W - r), min(H, peak // W + r + 1)):
        for i in range(max(0, peak % W - r), min(W, peak % W + r + 1)):
            weight = float(torch.exp((sim[j, i] - best[0]) / temperature))
            total, x, y = total + weight, x + weight * i, y + weight * j
    return (x / total, y / total), float(best[0])


# ---- one case --------------------------------------------------------------------------------------
class Input:
    """An input file as tensors: images [N, C, H, W] by number, and the pairs."""

    def __init__(self, path):
        f = h5py.File(path)
        read = lambda name: torch.from_numpy(np.asarray(f[name][()], 'f8')) if name in f else None
        self.stacked = 'source' in f
        place = '' if self.stacked else 'images/'
        self.source = read('source' if self.stacked else 'images/features')
        self.target = read('target') if self.stacked else self.source
        H, W = self.source.shape[-2:]
        shaped = lambda m, like: None if m is None else m.reshape(len(like), *like.shape[-2:])
        self.mask = shaped(read(place + 'mask'), self.source)
        self.target_mask = shaped(read('target_mask'), self.target) if self.stacked else self.mask
        self.stored = {}
        for pose in f[place + 'poses'] if place + 'poses' in f else ():
            group = f'{place}poses/{pose}/'
            features = read(group + ('source' if self.stacked else 'features'))
            own = read(group + 'mask')
            self.stored[pose] = (features, shaped(own, features) if own is not None else None)
        count = len(self.source)
        self.pairs = [(i, i) for i in range(count)] if self.stacked else list(zip(f['pairs/source'][:], f['pairs/target'][:]))
        name = 'keypoints' if self.stacked else 'pairs/keypoints'
        self.keypoints = np.asarray(f[name][()], 'f8') if name in f else None
        self.pixel = name in f and f[name].attrs.get('units') == b'pixel'
        self.size = np.asarray(f['images/size'][()], 'f8') if 'images/size' in f else None
        self.mirror = f['pairs/mirror_index'][()] if 'pairs/mirror_index' in f else None

    def pose(self, image, pose, option):
        """Raw features, mask, and whether they are derived."""
        plain = self.source[image]
        mask = torch.ones(plain.shape[1:], dtype=plain.dtype) if self.mask is None else self.mask[image]
        if pose in self.stored and option != 'derived':
            features, own = self.stored[pose]
            return features[image], posed(mask, pose) if own is None else own[image], False
        return posed(plain, pose), posed(mask, pose), pose != 'none'


def answer(data, model, o):
    """imd [P, Q], chosen [P], xy and score of all pairs."""
    poses = o['poses'].split(',')
    H, W = data.source.shape[-2:]
    imds, chosen, all_xy, all_score = [], [], [], []
    for p, (source, target) in enumerate(data.pairs):
        to = refined(data.target[target], model)
        allowed = data.target_mask[target] if o['restrict_target'] and data.target_mask is not None else None
        maps = {}
        for pose in dict.fromkeys(poses + ['none']):
            raw, mask, derived = data.pose(source, pose, o['pose_source'])
            maps[pose] = refined(raw, model), mask, derived
        alias = distance(*maps['none'][:2], to, allowed, o['imd'])
        imd = [alias if not model and maps[q][2] else distance(*maps[q][:2], to, allowed, o['imd']) for q in poses]
        best = min(range(len(poses)), key=lambda q: imd[q])  # the first on a tie
        plain = [not model and (q == 'none' or maps[q][2]) for q in poses]  # share one IMD: no margin between them
        rest = [d for q, d in enumerate(imd) if q != best and not (plain[q] and plain[best])]
        if rest and min(rest) - imd[best] < POSE_MARGIN:
            sys.exit('a pose is chosen by a small margin: take another seed')

        def ask(pose, x, y):
            px, py = POSES[pose][2](x, y, H, W)
            return located(maps[pose][0][:, py, px], to, allowed, o['window'], o['temperature'])

        if data.keypoints is None:
            xy, score = np.full((H, W, 2), np.nan), np.full((H, W), np.nan)
            for y in range(H):
                for x in range(W):
                    if maps['none'][1][y, x] != 0:
                        xy[y, x], score[y, x] = ask(poses[best], x, y)
        else:
            points = data.keypoints[p]
            xy, score = np.full(points.shape, np.nan), np.full(len(points), np.nan)
            for k, point in enumerate(points):
                if np.isnan(point).any():
                    continue
                pose, at = poses[best], point
                if data.mirror is not None and pose in MIRRORED:
                    partner = data.mirror[p, k]
                    if partner >= 0 and not np.isnan(points[partner]).any():
                        at = points[partner]
                    else:
                        pose = 'none'
                v = [at[a] * (W, H)[a] / data.size[source][a] - 0.5 if data.pixel else at[a] for a in (0, 1)]
                x, y = (min(int(np.floor(v[a] + 0.5)), (W, H)[a] - 1) for a in (0, 1))
                xy[k], score[k] = ask(pose, x, y)
                if data.pixel:
                    xy[k] = (xy[k] + 0.5) * data.size[target] / to.shape[:0:-1]
        imds.append(imd), chosen.append(best), all_xy.append(xy), all_score.append(score)
    return np.array(imds), np.array(chosen, 'u1'), np.array(all_xy), np.array(all_score)


# ---- inputs ----------------------------------------------------------------------------------------
def smooth(g, n, h, w):
    coarse = torch.randn(n, C, h // 3 + 2, w // 3 + 2, generator=g, dtype=torch.float64)
    return nn.interpolate(coarse, size=(h, w), mode='bilinear') + 0.5 * torch.randn(n, C, h, w, generator=g, dtype=torch.float64)


def like(g, x):
    return x + 0.2 * torch.randn(x.shape, generator=g, dtype=x.dtype)


def small_type(x, kind):
    return x.numpy().astype(kind)


def keypoints(g, n, k, h, w):
    """In cells, some absent, two on the outermost borders."""
    p = torch.rand(n, k, 2, generator=g, dtype=torch.float64) * torch.tensor([w, h]) - 0.5
    p[0, 0], p[0, 1], p[-1, 2] = torch.tensor([w - 0.5, h - 0.5]), torch.tensor([-0.5, -0.5]), float('nan')
    return p.numpy()


def write_stacked(path, g):
    P, H, W = 3, 4, 5
    packed = dict(compression='gzip', shuffle=True, chunks=(1, 3, H, 2), fletcher32=True)
    source = smooth(g, P, H, W)
    truth = ['none', 'rot90', 'hflip']
    target = torch.stack([like(g, posed(s, t) if t != 'rot90' else s.flip(-1)) for s, t in zip(source, truth)])
    with h5py.File(path, 'w', libver='latest') as f:
        f.create_dataset('source', data=small_type(source, 'f4'), **packed)
        f.create_dataset('target', data=small_type(torch.cat([target, smooth(g, P, H, 1)], -1), '>f2'))
        f['mask'] = (torch.rand(P, 1, H, W, generator=g) > 0.3).numpy()
        f['target_mask'] = (torch.rand(P, H, W + 1, generator=g) > 0.3).numpy().astype('u1')
        f['keypoints'] = keypoints(g, P, 4, H, W).astype('f4')
        f['poses/hflip/source'] = small_type(like(g, source.flip(-1)), 'f8')
        f['poses/hflip/mask'] = (torch.rand(P, H, W, generator=g) > 0.3).numpy().astype('i2')
        f.create_dataset('poses/rot90/source', data=small_type(like(g, posed(source, 'rot90')), 'f2'), compression='gzip')


def write_indexed(path, g):
    M, P, H, W = 4, 5, 5, 4
    images = smooth(g, M, H, W)
    images[1], images[2] = like(g, images[0].flip(-1)), like(g, images[0].flip(-2))
    with h5py.File(path, 'w', libver='latest') as f:
        f.create_dataset('images/features', data=small_type(images, '>f4'), chunks=(2, C, 3, W), compression='gzip')
        mask = torch.rand(M, H, W, generator=g)
        f['images/mask'] = torch.where(mask < 0.3, torch.zeros(()), mask).numpy()
        f['images/size'] = np.array([[40, 55], [64, 80], [33, 47], [100, 50]], 'u2')
        f['pairs/source'], f['pairs/target'] = np.array([0, 0, 1, 3, 2], 'u1'), np.array([1, 2, 0, 0, 2], 'i8')
        points = (keypoints(g, P, 4, H, W) + 0.5) / [W, H] * f['images/size'][()][f['pairs/source'][()]][:, None]
        d = f.create_dataset('pairs/keypoints', data=points)
        d.attrs['units'] = np.bytes_('pixel')
        f['pairs/mirror_index'] = np.array([[1, 0, 3, 2], [1, 0, -1, -1], [2, 1, 0, 3], [3, 2, 1, 0], [1, 0, 3, 2]], 'i1')


def write_dense(path, g):
    P, N = 2, 4
    source = smooth(g, P, N, N)
    target = torch.stack([like(g, posed(s, t)) for s, t in zip(source, ('transpose', 'rot270'))])
    with h5py.File(path, 'w', libver='latest') as f:
        f['source'], f['target'] = small_type(source, 'f2'), small_type(target, '>f8')
        f['mask'] = (torch.rand(P, N, N, generator=g) > 0.4).numpy().astype('f2')


def write_model(path, g):
    normal = lambda *shape: torch.randn(*shape, generator=g, dtype=torch.float64)
    with h5py.File(path, 'w', libver='latest') as f:
        for block in range(BLOCKS):
            key = f'blocks.{block}.net.'
            for conv, (o, i, k) in {0: (HIDDEN, C, 1), 3: (HIDDEN, HIDDEN, 3), 6: (C, HIDDEN, 1)}.items():
                f[f'{key}{conv}.weight'] = small_type(normal(o, i, k, k) / (i * k * k) ** 0.5, 'f4')
            for norm, n in {1: HIDDEN, 4: HIDDEN, 7: C}.items():
                f[f'{key}{norm}.weight'], f[f'{key}{norm}.bias'] = small_type(1 + 0.2 * normal(n), 'f4'), small_type(0.3 * normal(n), 'f4')
                f[f'{key}{norm}.running_mean'] = small_type(0.3 * normal(n), 'f4')
                f[f'{key}{norm}.running_var'] = small_type(0.5 + normal(n).abs(), 'f4')
                f[f'{key}{norm}.num_batches_tracked'] = np.int64(7)


def write_array(f, name, values):
    """As C, in lines of some width."""
    f.write(f'static const double {name}[] = {{\n')
    words = ['NAN' if np.isnan(v) else f'{v:.10g}' for v in values.flatten()]
    line = '   '
    for word in words:
        if len(line) + len(word) > 115:
            f.write(line + '\n')
            line = '   '
        line += f' {word},'
    f.write(line + '\n};\n')


def main(folder, seed):
    g = torch.Generator().manual_seed(seed)
    for name, write in (('stacked', write_stacked), ('indexed', write_indexed), ('dense', write_dense), ('model', write_model)):
        write(f'{folder}/{name}.h5', g)
    with h5py.File(f'{folder}/model.h5') as f:
        model = {k: torch.from_numpy(np.asarray(v[()], 'f8')) for k, v in f.items()}
    with open(f'{folder}/answers.h', 'w') as f:
        f.write('/* Made by make_golden.py; see there. */\n')
        rows = []
        for name, (data, has_model, changes) in CASES.items():
            o = {**DEFAULTS, **changes}
            inputs = Input(f'{folder}/{data}.h5')
            cell = min((inputs.size / inputs.source.shape[:1:-1]).flatten()) if inputs.pixel else 1  # smallest, in units of xy
            try:
                imd, chosen, xy, score = answer(inputs, model if has_model else None, o)
            except SystemExit as e:
                sys.exit(f'{name}: {e}')
            for what, values in dict(imd=imd, chosen=chosen, xy=xy, score=score).items():
                write_array(f, f'{name}_{what}', values)
            rows.append(f'    {{"{name}", "{data}", {"true" if has_model else "false"}, "{o["poses"]}", "{o["imd"]}", '
                        f'"{o["pose_source"]}",\n     {o["window"]}, {o["temperature"]}, {"true" if o["restrict_target"] else "false"}, '
                        f'{len(chosen)}, {imd.shape[1]}, {score[0].size}, {cell:g}, {name}_imd, {name}_chosen, {name}_xy, {name}_score}},\n')
        source = Input(f'{folder}/stacked.h5').source[0]
        for pose in ('none', 'rot90'):
            write_array(f, f'refined_{pose}', refined(posed(source, pose), model).numpy())
        f.write('static const struct golden golden[] = {\n' + ''.join(rows) + '};\n')


if __name__ == '__main__':
    torch.set_grad_enabled(False)
    main(sys.argv[1] if len(sys.argv) > 1 else '.', int(sys.argv[2]) if len(sys.argv) > 2 else 1)
