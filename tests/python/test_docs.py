"""The pages of docs/ do what they say: their blocks are run, in order, in one folder and one Python."""

import csv
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import warnings

import h5py
import numpy as np
from geoaware_folder import make_spair
from made_pictures import PARTS, draw_animals, label, save_hub
from readme import run_example
from support import BUILD, SOURCE, Scratch, environment
from test_show import Drawn

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


class Pages(Scratch):
    def run_page(self, name, names=None, **variables):
        """Python blocks share their names; sh blocks run with -e; text blocks are what the one before printed; a c block is program.c."""
        with open(os.path.join(SOURCE, "docs", name), encoding="utf-8") as file:
            blocks = BLOCK.findall(file.read())
        self.assertTrue(blocks)
        names, said = names or {}, ""
        for language, code in blocks:
            if language == "python":
                exec(compile(textwrap.dedent(code), name, "exec"), names)
            elif language == "sh":
                result = subprocess.run(["sh", "-e", "-c", code], env={**environment(), **variables}, capture_output=True, text=True, timeout=300)
                self.assertEqual(result.returncode, 0, code + result.stdout + result.stderr)
                said = result.stdout
            elif language == "text":
                self.assertEqual(said, code)
            elif language == "c":
                with open("program.c", "w", encoding="utf-8") as file:
                    file.write(code)
        return names

    def test_arrays(self):
        names = self.run_page("own-features.md")
        self.assertEqual(names["xy"].shape, (8, 5, 2))
        unit = []
        for features in (names["source"], names["target"]):
            y = np.einsum("dc,pchw->pdhw", names["w"].astype("f8"), features.numpy().astype("f8") - names["mean"][:, None, None])
            unit.append((y / (np.linalg.norm(y, axis=1, keepdims=True) + 1e-6)).reshape(8, 16, -1))
        cells = np.floor(names["keypoints"].numpy() + 0.5).astype(int)
        expected = [[unit[0][p, :, y * 24 + x] @ unit[1][p] for x, y in cells[p]] for p in range(8)]
        with h5py.File("projected.h5") as file:
            np.testing.assert_allclose(file["matches/score"][:], np.max(expected, -1), atol=1e-5)
        self.assertTrue(os.path.exists("matches.h5"))

    def needs(self, *modules):
        for name in modules:
            try:
                importlib.import_module(name)
            except ImportError as error:
                self.skipTest(str(error))  # not installed; geosc._library: a build without a shared library

    def test_python(self):
        self.needs("geosc._library", "pandas")
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            names = self.run_page("notebooks.md")
        self.assertEqual([answer.pose for answer in names["answers"]], ["hflip", names["answers"][1].pose])
        self.assertLess(np.abs(names["answers"][0].xy[0] - [20, 4]).max(), 0.5)
        self.assertEqual(len(names["table"]), 3)

    def test_readme(self):
        self.needs("geosc._library", "pandas")
        names = run_example(os.path.join(SOURCE, "README.md"), os.path.join(BUILD, "geosc"))
        self.assertTrue(names["m"].ok and names["source"].poses)

    def test_notebook(self):
        """Its cells run, and show pictures."""
        self.needs("geosc._library", "nbconvert", "ipykernel", "PIL")
        shutil.copy(os.path.join(SOURCE, "examples", "notebook.ipynb"), "notebook.ipynb")
        self.run_command(sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--output", "done.ipynb", "notebook.ipynb")
        with open("done.ipynb", encoding="utf-8") as file:
            cells = [cell for cell in json.load(file)["cells"] if cell["cell_type"] == "code"]
        pictures = ["".join(out["data"]["image/svg+xml"]) for cell in cells for out in cell["outputs"] if "image/svg+xml" in out.get("data", {})]
        self.assertEqual(len(pictures), 3)
        for picture in pictures:
            self.assertGreater(len(Drawn(picture).lines), 7)
            self.assertEqual(len(Drawn(picture).pictures), 2)
        self.assertIn("rot90", str(cells[2]["outputs"]))

    def test_cluster(self):
        self.run_page("cluster.md")

    def test_files(self):
        names = self.run_page("files.md")
        self.assertEqual(names["xy"].shape, (3, 4, 2))
        self.assertTrue(names["ok"].all())

    def test_c_library(self):
        """With geosc installed below a prefix of its own."""
        if not os.path.exists(os.path.join(BUILD, ".libs", "libgeosc.so")):
            self.skipTest("a build without a shared library")
        prefix = os.path.abspath("installed")
        subprocess.run(["make", "-s", "install", f"prefix={prefix}"], cwd=BUILD, stdout=subprocess.DEVNULL, check=True)
        self.run_page("c-library.md", SOURCE=SOURCE, LD_LIBRARY_PATH=f"{prefix}/lib", PKG_CONFIG_PATH=f"{prefix}/lib/pkgconfig")
        self.assertTrue(os.path.exists("matches.h5"))

    def test_computation(self):
        """The lines of numpy that repeat geosc eval's intervals."""
        data = os.path.join(SOURCE, "data")
        self.geosc("match", os.path.join(data, "pairs.h5"), "-m", os.path.join(data, "model.h5"), "-o", "matches.h5", "-q")
        said = json.loads(self.geosc("eval", os.path.join(data, "pairs.h5"), "matches.h5", "--intervals", "--json").stdout)
        with h5py.File(os.path.join(data, "pairs.h5")) as file, h5py.File("matches.h5") as matches:
            errors = np.linalg.norm(matches["matches/xy"][:] - file["pairs/target_keypoints"][:], axis=-1)
            there = ~np.isnan(file["pairs/keypoints"][:] + file["pairs/target_keypoints"][:]).any(-1)
            right = (there & (errors < 0.05 * file["pairs/threshold"][:][:, None])).sum(1)
        names = self.run_page("computation.md", {"np": np, "right": right, "points": there.sum(1)})
        interval = [said["all"][end]["per_point"][said["alphas"].index(0.05)] for end in ("low", "high")]
        np.testing.assert_allclose(interval, [names["low"], names["high"]], rtol=1e-12)

    def test_every_page(self):
        """Each page that has blocks to run has a test, and the list of pages names it."""
        with open(__file__, encoding="utf-8") as file:
            tests = file.read()
        with open(os.path.join(SOURCE, "docs", "README.md"), encoding="utf-8") as file:
            index = file.read()
        for name in os.listdir(os.path.join(SOURCE, "docs")):
            with open(os.path.join(SOURCE, "docs", name), encoding="utf-8") as file:
                if BLOCK.search(file.read()):
                    self.assertIn(f'run_page("{name}"', tests)
            self.assertTrue(name == "README.md" or f"({name})" in index, name)

    def make_photos(self, count, labelled):
        """Pictures, labels of the first ones, and what torch.hub has downloaded; returns what is on the pictures."""
        animals = draw_animals("photos", count)
        label("labels.json", animals, list(animals)[:labelled])
        save_hub("home/hub/facebookresearch_dinov2_main")
        return animals

    def far_off(self, animals, rows):
        """Distances of rows of geosc-export's table to the parts of the animals."""
        parts = list(PARTS)
        return [np.hypot(*(animals[row["image"]][1][parts.index(row["keypoint"])] - [float(row["x"]), float(row["y"])])) for row in rows]

    def test_photographs(self):
        self.make_photos(4, 1)
        names = self.run_page("photographs.md", TORCH_HOME="home")
        self.assertEqual(names["xy"].shape, (3, 2, 2))
        self.assertTrue(np.isfinite(names["xy"]).all())
        with h5py.File("own.h5") as file:
            self.assertEqual(file["images/cat00.png/features"].shape, (32, 30, 30))

    def test_label_transfer(self):
        """The labels are where the parts are."""
        animals = self.make_photos(33, 3)
        names = self.run_page("label-transfer.md", TORCH_HOME="home")
        self.assertEqual(len(names["found"]), 30 * 5)
        errors = self.far_off(animals, names["found"])
        self.assertLess(np.median(errors), 3)
        self.assertLess(np.mean(errors), 6)
        self.assertEqual(len(names["root"].findall("image/skeleton")), 33)

    def test_readme_from_photographs(self):
        animals = self.make_photos(5, 1)
        with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as file:
            section = file.read().split("## From photographs")[1].split("\n## ")[0]
        commands = "\n".join(line for line in section.splitlines() if line.startswith("    "))
        self.assertEqual(commands.count("geosc"), 6)
        self.run_command("env", "TORCH_HOME=home", "sh", "-e", "-c", commands)
        self.geosc_export("csv", "pairs.h5", "matches.h5", "-o", "labels.csv")
        with open("labels.csv", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["score"]]
        self.assertEqual(len(rows), 4 * 5)
        self.assertLess(np.median(self.far_off(animals, rows)), 4)

    def test_manual(self):
        """The example of the grouped layout in geosc-files(5) makes an input."""
        with open(os.path.join(SOURCE, "man", "geosc-files.5"), encoding="utf-8") as file:
            section = file.read().split(".SH INPUT, GROUPED")[1].split(".SH ")[0]
        code = textwrap.dedent(re.search(r"\.nf\n(.*?)\.fi", section, re.S)[1])
        maps = {"a/1": np.ones((4, 6, 5), "f4"), "b": np.ones((4, 7, 9), "f4")}
        exec(code, {"h5py": h5py, "maps": maps, "sizes": {"a/1": (50, 60), "b": (90, 70)}, "pairs": [("b", "a/1"), ("a/1", "b")],
                    "points": {"a/1": [[1, 2], [3, 4]], "b": [[5, 6]]}})
        said = self.geosc("inspect", "pairs.h5").stdout
        for fact in (r"layout +grouped", r"keypoints +2", r"units +pixel", r"max_width +9"):
            self.assertRegex(said, fact)

    def test_geoaware(self):
        make_spair("data/SPair-71k")
        import torch
        from test_geoaware import LEVELS, aggregation_state

        state = aggregation_state([channels for channels, _ in LEVELS.values()], 32, 64)
        os.makedirs("results_spair")
        torch.save(state, "results_spair/best_856.PTH")
        names = self.run_page("geoaware.md")
        self.assertTrue(0 <= names["pck"] <= 1)
        self.assertTrue(os.path.exists(os.path.join(BUILD, "geosc")))
