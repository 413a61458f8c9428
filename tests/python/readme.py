"""Runs the README's example of import geosc, on a made input: readme.py README.md. The command geosc is on the PATH."""

import re
import subprocess
import sys

import h5py


def run_example(readme, command="geosc"):
    """Runs it in this folder; returns its names."""
    with open(readme, encoding="utf-8") as file:
        code = next(block for block in re.findall(r"^```python\n(.*?)^```$", file.read(), re.M | re.S) if "import geosc" in block)
    subprocess.run([command, "synth", "-f", "-o", "pairs.h5", "--model-out", "model.h5", "--layout", "indexed", "--images", "4", "--pairs", "5",
                    "--channels", "64", "--height", "12", "--width", "12", "--keypoints", "5", "--hidden", "16"], check=True, stdout=subprocess.DEVNULL)  # fmt: skip
    with h5py.File("pairs.h5") as file:
        a, b = file["images/features"][:2]
    names = {"a": a, "b": b, "keypoints": [[1, 2], [3.5, 4], [10, 11]]}
    exec(compile(code, readme, "exec"), names)
    return names


if __name__ == "__main__":
    found = run_example(sys.argv[1])["m"]
    print(found, found.xy.tolist())
