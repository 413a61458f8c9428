"""data/portraits.py, which makes the input of the README's picture: with drawn photographs and, where Debian's packages are, with the real ones."""

import os
import runpy
import subprocess
import sys

import h5py
import numpy as np
from support import SOURCE, Scratch

REAL = ("/usr/lib/python3/dist-packages/skimage/data/astronaut.png", "/usr/share/matplotlib/mpl-data/sample_data/grace_hopper.jpg")
SCRIPT = os.path.join(SOURCE, "data", "portraits.py")


class Portraits(Scratch):
    def make(self, *paths):
        subprocess.run([sys.executable, SCRIPT, *paths, "portraits.h5"], check=True)
        self.geosc("match", "portraits.h5", "-o", "faces.h5", "-q", "-f", "--poses", "none")

    def test_drawn(self):
        """The same face in both photographs, with the points at the same places: each is found."""
        try:
            from PIL import Image
        except ImportError:
            self.skipTest("no Pillow")
        script = runpy.run_path(SCRIPT)
        face = Image.fromarray(np.random.default_rng(5).integers(0, 256, (40, 40, 3), "u1")).resize((400, 400), Image.BICUBIC)
        for path, (left, top, side) in zip(("a.png", "b.png"), script["CROPS"]):
            whole = Image.new("RGB", (512, 600))
            whole.paste(face.resize((side, side), Image.LANCZOS), (left, top))
            whole.save(path)
        self.make("a.png", "b.png")
        with h5py.File("portraits.h5") as made, h5py.File("faces.h5") as found:
            self.assertEqual(made["images/features"].shape, (2, 384, 50, 50))
            self.assertLess(np.abs(found["matches/xy"][:] - made["pairs/keypoints"][:]).max(), 12)

    def test_real(self):
        if not all(map(os.path.exists, REAL)):
            self.skipTest("no python3-skimage and python-matplotlib-data")
        self.make(*REAL)
        with h5py.File("portraits.h5") as made, h5py.File("faces.h5") as found:
            error = np.hypot(*(found["matches/xy"][0] - made["pairs/target_keypoints"][0]).T) / made["pairs/threshold"][0]
        self.assertEqual((error < 0.1).sum(), 10)  # as the README says
