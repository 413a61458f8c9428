"""Builds the sdist and the wheel of geosc for pip (PEP 517), with the project's own configure and make. It needs nothing but Python.

The sdist is what make dist makes, so it has configure, and a PKG-INFO. The wheel is what make install installs: the shared library goes into
the package, the command geosc into the scripts. The environment has configure's variables: CC, CFLAGS, PKG_CONFIG_PATH and so on.
"""

import base64
import contextlib
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
TAG = "py3-none-" + re.sub("[-.]", "_", sysconfig.get_platform())
LIBRARY = "libgeosc.0.dylib" if sys.platform == "darwin" else "libgeosc.so.0"
MAKE = os.environ.get("MAKE") or ("gmake" if shutil.which("gmake") else "make")  # GNU's
# Below the prefix of an installation: (folder or file, where it goes in a wheel). {data}: what pip installs below its own prefix.
PLACES = (
    ("share/geosc/python", ""),
    (f"lib/{LIBRARY}", f"geosc/{LIBRARY}"),
    ("share/geosc/symmetry", "geosc/symmetry"),
    ("bin/geosc", "{data}/scripts/geosc"),
    ("share/man", "{data}/data/share/man"),
)
LEFT_OUT = ("_installed.py", "METADATA")  # where the library is, which is beside the modules here; what info_files has, too
PROGRAMS = ("geosc-import", "geosc-export", "geosc-extract")
ENTRY_POINTS = "[console_scripts]\n" + "".join(f"{name} = geosc.importers.start:script\n" for name in PROGRAMS)
SINCE = int(os.environ.get("SOURCE_DATE_EPOCH", 315532800))  # of every file; the first that a zip file can say


def version():
    return re.search(r"^AC_INIT\(\[geosc\], \[(.*)\]\)$", (ROOT / "configure.ac").read_text(), re.M)[1]


def metadata():
    return (HERE / "METADATA.in").read_text().replace("@VERSION@", version()) + (ROOT / "README.md").read_text()


def wheel():
    return f"Wheel-Version: 1.0\nGenerator: geosc {version()}\nRoot-Is-Purelib: false\nTag: {TAG}\n"


def run(*words, cwd):
    """A command, whose output goes where pip keeps it."""
    done = subprocess.run(list(map(str, words)), cwd=cwd, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
    if done.returncode:
        raise SystemExit(f"geosc: {words[0]} failed in {cwd}")


def sources(work):
    """The folder of the sources and their configure: this one if it was distributed with one, else a copy, which can be changed."""
    if not (ROOT / ".git").exists() and (ROOT / "configure").exists():
        if (ROOT / "config.status").exists():
            raise SystemExit(f"geosc: {ROOT} is configured, which a build elsewhere cannot use: run make distclean there")
        return ROOT
    copy = work / "sources"
    if (ROOT / ".git").exists():
        names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
        for name in filter(None, names.decode().split("\0")):
            if (ROOT / name).exists():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, copy / name)
    else:
        shutil.copytree(ROOT, copy, symlinks=True)
    run("autoreconf", "-fi", cwd=copy)
    return copy


@contextlib.contextmanager
def build_folder():
    """A configured build folder, which goes in the end."""
    with tempfile.TemporaryDirectory(prefix="geosc-build.") as work:
        build = Path(work) / "build"
        build.mkdir()
        run(sources(Path(work)) / "configure", "-q", "--prefix=/geosc", "--libdir=/geosc/lib", "--disable-static", "PYTHON3=python3", cwd=build)
        yield build


# ---- the sdist -------------------------------------------------------------------------------------


def plain(member):
    """As anyone would have packed it, at any time."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = SINCE
    return member


def build_sdist(sdist_directory, config_settings=None):
    name = f"geosc-{version()}"
    with build_folder() as build:
        run(MAKE, "-s", "distdir", f"distdir={name}", cwd=build)
        (build / name / "PKG-INFO").write_text(metadata())
        with tarfile.open(Path(sdist_directory) / f"{name}.tar.gz", "w:gz", format=tarfile.PAX_FORMAT) as archive:
            archive.add(build / name, name, filter=plain)
    return f"{name}.tar.gz"


# ---- the wheel -------------------------------------------------------------------------------------


class Wheel:
    """A wheel that is written: its files, and the list of them."""

    def __init__(self, path):
        self.archive, self.record = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED), io.StringIO()
        self.info, self.data = (f"geosc-{version()}.{kind}" for kind in ("dist-info", "data"))

    def add(self, name, content, mode=0o644):
        entry = zipfile.ZipInfo(name, time.gmtime(SINCE)[:6])
        entry.external_attr, entry.compress_type = (0o100000 | mode) << 16, zipfile.ZIP_DEFLATED
        self.archive.writestr(entry, content)
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        self.record.write(f"{name},sha256={digest},{len(content)}\n")

    def add_tree(self, tree, place):
        """A file, or all files of a folder."""
        for path in sorted(tree.rglob("*")) if tree.is_dir() else [tree]:
            if path.is_file() and path.name not in LEFT_OUT:
                name = place.format(data=self.data) + str(path)[len(str(tree)) :]
                self.add(name.lstrip("/"), path.read_bytes(), 0o755 if os.access(path, os.X_OK) else 0o644)

    def close(self):
        for name, content in info_files().items():
            self.add(f"{self.info}/{name}", content.encode())
        self.archive.writestr(f"{self.info}/RECORD", self.record.getvalue() + f"{self.info}/RECORD,,\n")
        self.archive.close()


def info_files():
    return {"METADATA": metadata(), "WHEEL": wheel(), "entry_points.txt": ENTRY_POINTS, "COPYING": (ROOT / "COPYING").read_text()}


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    name = f"geosc-{version()}.dist-info"
    (Path(metadata_directory) / name).mkdir()
    for file, content in info_files().items():
        (Path(metadata_directory) / name / file).write_text(content)
    return name


def cpus():
    """CPUs of this process, or of the machine, on a system that does not tell."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = f"geosc-{version()}-{TAG}.whl"
    with build_folder() as build:
        run(MAKE, "-s", f"-j{cpus()}", cwd=build)
        run(MAKE, "-s", "install-strip", f"DESTDIR={build}/installed", cwd=build)
        made = Wheel(Path(wheel_directory) / name)
        for place, goal in PLACES:
            made.add_tree(build / "installed/geosc" / place, goal)
        made.close()
    return name
