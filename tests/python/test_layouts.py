"""The same scene in each layout gives the same matches."""

import h5py
import numpy as np
from support import Scratch

NAMES = ("matches/xy", "matches/score", "matches/peak", "matches/second", "matches/mutual", "poses/imd", "poses/chosen", "pairs/status")


class Layouts(Scratch):
    def test_stacked_and_indexed(self):
        random = np.random.default_rng(11)
        features = random.normal(size=(5, 24, 9, 11)).astype("f4")
        flipped = features[:, :, :, ::-1] + random.normal(size=features.shape).astype("f4") * 0.1
        masks = (random.random((5, 9, 11)) < 0.7).astype("u1")
        source, target = np.array([0, 1, 2, 3, 0, 4]), np.array([1, 2, 0, 4, 4, 0])
        keypoints = random.uniform(-0.5, 8.4, (6, 7, 2))
        keypoints[0, 3] = np.nan
        with h5py.File("indexed.h5", "w") as file:
            file["images/features"], file["images/mask"] = features, masks
            file["images/poses/hflip/features"] = flipped
            file["pairs/source"], file["pairs/target"], file["pairs/keypoints"] = source, target, keypoints
        with h5py.File("stacked.h5", "w") as file:
            file["source"], file["target"], file["mask"] = features[source], features[target], masks[source][:, None]
            file["target_mask"], file["keypoints"] = masks[target], keypoints
            file["poses/hflip/source"] = flipped[source]
        for options in ((), ("--restrict-target", "--imd", "mutual"), ("--poses", "hflip,none,vflip")):
            with self.subTest(options):
                for name in ("indexed", "stacked"):
                    self.geosc("match", name + ".h5", "-o", name + "-out.h5", "--confidence", "-q", "-f", *options)
                with h5py.File("indexed-out.h5") as a, h5py.File("stacked-out.h5") as b:
                    for name in NAMES:
                        np.testing.assert_array_equal(a[name][:], b[name][:], err_msg=name)
