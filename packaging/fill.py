"""Writes a release into the recipes of this folder: its version, where it is, its checksum.

    python3 packaging/fill.py geosc-X.Y.Z.tar.gz HOMEPAGE FOLDER    HOMEPAGE and FOLDER, the tarball's, are URLs
    python3 packaging/fill.py --next X.Y.Z                          a version that is not released yet, without checksums
    python3 packaging/fill.py --check                               names what is still to fill in
"""

import base64
import hashlib
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# What stands in a recipe before there is a release; and what only the person who submits it knows.
HOME, SUM, SRI, PERSON = "https://geosc.example", "0" * 64, "sha256-" + "A" * 43 + "=", "SUBMITTER"
NUMBER, LINK = r"\d+\.\d+\.\d+", r"[a-z]+://[^\s\"';]+?"

# File, what stands before and after a value, what the value looks like, and which it is.
PLACES = [
    ("conda/recipe.yaml", r'^  version: "', r'"$', NUMBER, "{version}"),
    ("conda/recipe.yaml", r"^  url: ", r"/geosc-\$\{\{ version \}\}\.tar\.gz$", LINK, "{folder}"),
    ("conda/recipe.yaml", r'^  sha256: "', r'"$', "[0-9a-f]{64}", "{sha256}"),
    ("conda/recipe.yaml", r"^  homepage: ", "$", LINK, "{home}"),
    ("spack/package.py", r'^    homepage = "', r'"$', LINK, "{home}"),
    ("spack/package.py", r'^    url = "', r'"$', LINK, "{folder}/geosc-{version}.tar.gz"),
    ("spack/package.py", r'^    version\("', r'", sha256', NUMBER, "{version}"),
    ("spack/package.py", r', sha256="', r'"\)$', "[0-9a-f]{64}", "{sha256}"),
    ("easybuild/geosc-*.eb", r"^version = '", "'$", NUMBER, "{version}"),
    ("easybuild/geosc-*.eb", r"^homepage = '", "'$", LINK, "{home}"),
    ("easybuild/geosc-*.eb", r"^source_urls = \['", r"'\]$", LINK, "{folder}"),
    ("easybuild/geosc-*.eb", r"^checksums = \['", r"'\]$", "[0-9a-f]{64}", "{sha256}"),
    ("homebrew/geosc.rb", r'^  homepage "', '"$', LINK, "{home}"),
    ("homebrew/geosc.rb", r'^  url "', '"$', LINK, "{folder}/geosc-{version}.tar.gz"),
    ("homebrew/geosc.rb", r'^  sha256 "', '"$', "[0-9a-f]{64}", "{sha256}"),
    ("nix/package.nix", r'^  version = "', '";$', NUMBER, "{version}"),
    ("nix/package.nix", r'^    url = "', r'/geosc-\$\{finalAttrs\.version\}\.tar\.gz";$', LINK, "{folder}"),
    ("nix/package.nix", r'^    hash = "', '";$', r"sha256-[\w+/]{43}=", "{sri}"),
    ("nix/package.nix", r'^    homepage = "', '";$', LINK, "{home}"),
    ("apptainer/geosc.def", "^    VERSION=", "$", NUMBER, "{version}"),
    ("workflows/snakemake/match/environment.yaml", "^  - geosc =", "$", r"\d+\.\d+", "{series}"),
    ("workflows/snakemake/match/meta.yaml", "^url: ", "$", LINK, "{home}"),
]
for module in ("match", "merge"):
    folder = f"workflows/nextflow/modules/geosc/{module}"
    PLACES += [
        (f"{folder}/environment.yml", "^  - conda-forge::geosc=", "$", NUMBER, "{version}"),
        (f"{folder}/meta.yml", '^      homepage: "', '"$', LINK, "{home}"),
        (f"{folder}/meta.yml", '^      documentation: "', '"$', LINK, "{home}"),
    ]


def file_of(pattern):
    (found,) = HERE.glob(pattern)
    return found


def version_of(text, pattern):
    found = re.fullmatch(pattern, text)
    if not found:
        sys.exit(f"{text}: is not of the form {pattern}")
    return found[1]


def release(tarball, home, folder):
    """What the places hold once there is a tarball."""
    digest = hashlib.sha256(Path(tarball).read_bytes())
    return {"version": version_of(Path(tarball).name, rf"geosc-({NUMBER})\.tar\.gz"), "home": home.rstrip("/"), "folder": folder.rstrip("/"),
            "sha256": digest.hexdigest(), "sri": "sha256-" + base64.b64encode(digest.digest()).decode()}  # fmt: skip


def planned(version):
    """What they hold before there is one: addresses stay."""
    return {"version": version_of(version, f"({NUMBER})"), "home": "", "folder": "", "sha256": SUM, "sri": SRI}


def fill(values):
    for pattern, before, after, value, new in PLACES:
        path = file_of(pattern)
        found = re.findall(f"({before})({value})({after})", path.read_text(), re.M)
        if len(found) != 1:
            sys.exit(f"{path}: has {len(found)} places that look like {before}...{after}, not one: mend PLACES in {__file__}")
        before, old, after = found[0]
        kept = re.sub(r"/geosc-[$\d][^/]*$", "", old)  # the address that stands there
        own = {name: value or kept for name, value in values.items()}
        new = new.format(**own, series=values["version"].rsplit(".", 1)[0])
        path.write_text(path.read_text().replace(before + old + after, before + new + after))
    recipe = file_of("easybuild/geosc-*.eb")
    recipe.rename(recipe.with_name(re.sub(NUMBER, values["version"], recipe.name, count=1)))


def check():
    """What a recipe still holds that stands for something."""
    found = 0
    for path in sorted({file_of(pattern) for pattern, *_ in PLACES}):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if any(word in line for word in (HOME, SUM, SRI, PERSON)):
                found += 1
                print(f"{path.relative_to(HERE)}:{number}:{line}")
    return found > 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(check())
    if len(sys.argv) == 3 and sys.argv[1] == "--next":
        fill(planned(sys.argv[2]))
    elif len(sys.argv) == 4:
        fill(release(*sys.argv[1:]))
    else:
        sys.exit(__doc__)
