"""The recipes of packaging/, executed with stand-ins for the programs that they are for: configure and make know what they pass; what they
install is there, and their own tests pass on it."""

import base64
import contextlib
import hashlib
import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import types
import unittest
import unittest.mock

import h5py
from support import BUILD, SOURCE, Scratch, environment

PACKAGING = os.path.join(SOURCE, "packaging")
SPACK = os.path.join(PACKAGING, "spack", "package.py")
FILL = os.path.join(PACKAGING, "fill.py")
VARIANTS = ("cairo", "lz4", "python")


def read(*names):
    with open(os.path.join(*names), encoding="utf-8") as file:
        return file.read()


def version():
    return re.search(r"^AC_INIT\(\[geosc\], \[(.*)\]\)$", read(SOURCE, "configure.ac"), re.M)[1]


def easyconfig():
    """(file's name, what it sets)"""
    (name,) = os.listdir(os.path.join(PACKAGING, "easybuild"))
    said = {"SOURCE_TAR_GZ": "geosc-%(version)s.tar.gz", "SHLIB_EXT": "so"}
    exec(compile(read(PACKAGING, "easybuild", name), name, "exec"), said)
    return name, said


def needs(program):
    return unittest.skipUnless(shutil.which(program), f"{program} is not installed (./bootstrap deps all)")


class Spack:
    """A stand-in for spack.package: directives are written down, and a package of some variants is made."""

    def __init__(self):
        self.said = []
        module = types.ModuleType("spack.package")
        for name in ("license", "version", "variant", "depends_on", "extends"):
            setattr(module, name, lambda *words, _name=name, **more: self.said.append((_name, words, more)))
        module.when = lambda _: contextlib.nullcontext()
        module.join_path, module.python_platlib = os.path.join, "/spack/geosc/lib/python3/site-packages"
        module.which = lambda program: lambda *words, output=None: subprocess.run(
            [program, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout  # fmt: skip
        tools = types.ModuleType("spack_repo.builtin.build_systems.autotools")
        switch = lambda own, name: [f"--{'with' if name in own.on else 'without'}-{name}"]  # noqa: E731
        tools.AutotoolsPackage = type("AutotoolsPackage", (), {"with_or_without": switch})
        modules = {"spack": types.ModuleType("spack"), "spack.package": module, "spack_repo": types.ModuleType("spack_repo"),
                   "spack_repo.builtin": types.ModuleType("b"), "spack_repo.builtin.build_systems": types.ModuleType("s"),
                   tools.__name__: tools}  # fmt: skip
        with unittest.mock.patch.dict(sys.modules, modules):
            names = {"__name__": "package"}
            exec(compile(read(SPACK), SPACK, "exec"), names)
        self.package = names["Geosc"]

    def make(self, on, prefix=None):
        package = self.package()
        package.on = on
        prefixed = {name: types.SimpleNamespace(prefix=f"/spack/{name}", command=types.SimpleNamespace(path=f"/spack/bin/{name}"))
                    for name in ("hdf5", "python")}  # fmt: skip
        package.spec = type("Spec", (), {"__getitem__": lambda _, name: prefixed[name], "satisfies": lambda _, what: what.lstrip("+") in on})()
        package.prefix = types.SimpleNamespace(bin=types.SimpleNamespace(geosc=f"{prefix}/bin/geosc"))
        return package


class Known(unittest.TestCase):
    """What recipes pass is what configure and make take."""

    @classmethod
    def setUpClass(cls):
        cls.help = subprocess.run([os.path.join(SOURCE, "configure"), "--help"], capture_output=True, text=True, check=True).stdout
        cls.makefile = read(BUILD, "Makefile")

    def known(self, *words):
        for word in words:
            name = re.match(r"(--[a-z0-9-]*|\w+)", word)[0]
            if name.startswith("--"):
                name = re.sub("^--((with|without|enable|disable)-)?", "", name)
                self.assertRegex(self.help, rf"(?m)^  (-[a-z], )?--((with(out)?|enable|disable)-)?{name}(?![a-z0-9-])", word)
            else:
                self.assertRegex(self.help, rf"(?m)^  {name} ", word)

    def known_to_make(self, *words):
        for word in words:
            name, equals, _ = word.partition("=")
            if equals:
                self.assertRegex(self.makefile, rf"(?m)^{name} *=", word)

    def test_knowing(self):
        """The test itself: what is no option is found."""
        for word in ("--with-hdf", "--without-cair", "--with-python", "--enable-pictures", "PYTHON=x"):
            with self.assertRaises(AssertionError):
                self.known(word)
        with self.assertRaises(AssertionError):
            self.known_to_make("pythonplace=x")

    def test_spack(self):
        spack = Spack()
        self.assertEqual({words[0] for name, words, _ in spack.said if name == "variant"}, set(VARIANTS))
        for count in range(len(VARIANTS) + 1):
            for on in itertools.combinations(VARIANTS, count):
                package = spack.make(on)
                self.known(*package.configure_args())
                self.assertEqual("--with-cairo" in package.configure_args(), "cairo" in on)

    def test_easybuild(self):
        name, said = easyconfig()
        self.assertEqual(name, f"geosc-{said['version']}-{said['toolchain']['name']}-{said['toolchain']['version']}.eb")
        self.known(*shlex.split(said["configopts"]))

    def test_conda(self):
        yaml = self.yaml()
        configure = [shlex.split(line) for line in yaml["build"]["script"] if line.startswith("./configure ")]
        self.assertEqual(len(configure), 1)
        self.known(*configure[0][1:])

    def yaml(self):
        try:
            import yaml
        except ImportError as error:
            self.skipTest(f"{error} (Debian: python3-yaml)")
        return yaml.safe_load(read(PACKAGING, "conda", "recipe.yaml"))

    @needs("nix-instantiate")
    def test_nix(self):
        for cairo, lz4, clang in itertools.product(("true", "false"), repeat=3):
            said = json.loads(subprocess.run(
                ["nix-instantiate", "--store", "dummy://", "--eval", "--strict", "--json", f"{SOURCE}/tests/recipes/nixpkgs.nix", "--arg",
                  "withCairo", cairo, "--arg", "withLz4", lz4, "--arg", "clang", clang],
                capture_output=True, text=True, check=True, env={**os.environ, "HOME": "/nowhere"}).stdout)  # fmt: skip
            self.known(*said["configureFlags"])
            self.assertEqual("--with-cairo" in said["configureFlags"], cairo == "true")
            inputs = {"pkg-config", "hdf5", "zlib", "h5py numpy", "versionCheckHook"}
            inputs |= {name for name, there in (("cairo", cairo), ("lz4", lz4), ("openmp", clang)) if there == "true"}
            self.assertEqual(set(said["inputs"]), inputs)

    def test_versions(self):
        """One version everywhere, that of configure.ac; and the oldest HDF5, cairo and Python that they allow are those of configure.ac."""
        said = Spack().said
        self.assertEqual([words[0] for name, words, _ in said if name == "version"], [version()])
        self.assertEqual(easyconfig()[1]["version"], version())
        self.assertEqual(self.yaml()["context"]["version"], version())
        self.assertIn(f"/geosc-{version()}.tar.gz\"\n", read(PACKAGING, "homebrew", "geosc.rb"))
        self.assertIn(f'version = "{version()}";', read(PACKAGING, "nix", "package.nix"))
        self.assertIn(f"    VERSION={version()}\n", read(PACKAGING, "apptainer", "geosc.def"))
        wanted = [words[0] for name, words, _ in said if name == "depends_on"]
        hdf5 = ".".join(re.search(r"GEOSC_CHECK_HDF5\(\[(\d+)\], \[(\d+)\], \[(\d+)\]\)", read(SOURCE, "configure.ac")).groups())
        cairo = re.search(r"GEOSC_CHECK_CAIRO\(\[(.*?)\]", read(SOURCE, "configure.ac"))[1]
        python = re.search(r"Requires-Python: >=(.*)", read(PACKAGING, "wheel", "METADATA.in"))[1]
        for name in (f"hdf5@{hdf5}:", f"cairo@{cairo}:+png+pdf+svg", f"python@{python}:"):
            self.assertIn(name, wanted)


class Installed(Scratch):
    """The recipes' own tests, on a geosc installed as conda's and EasyBuild's recipes do it."""

    @classmethod
    def setUpClass(cls):
        if not os.path.exists(os.path.join(BUILD, ".libs", "libgeosc.so")):
            raise unittest.SkipTest("a build without a shared library")
        cls.prefix = os.path.realpath(tempfile.mkdtemp(prefix="geosc-installed."))
        cls.addClassCleanup(shutil.rmtree, cls.prefix)
        cls.site = f"{cls.prefix}/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
        subprocess.run(["make", "-s", "install", f"prefix={cls.prefix}", f"pythondir={cls.site}", f"PYTHON3={sys.executable}"], cwd=BUILD,
                       stdout=subprocess.DEVNULL, check=True)  # fmt: skip
        # The files in the build folder are for configure's prefix.
        subprocess.run(["make", "-s", "geosc-import", "geosc-export", "geosc-extract", "geosc.pc", "src/python/geosc/_installed.py"], cwd=BUILD,
                       stdout=subprocess.DEVNULL, check=True)  # fmt: skip
        # python3 is this one, whichever is the machine's.
        os.mkdir(f"{cls.prefix}/python")
        os.symlink(sys.executable, f"{cls.prefix}/python/python3")
        path = os.pathsep.join((f"{cls.prefix}/bin", f"{cls.prefix}/python", os.environ["PATH"]))
        cls.environment = {**environment(), "PATH": path, "PREFIX": cls.prefix, "PYTHONPATH": cls.site}

    def sh(self, command):
        result = subprocess.run(["sh", "-e", "-c", command], env=self.environment, capture_output=True, text=True, timeout=120)
        self.assertEqual(result.returncode, 0, command + result.stdout + result.stderr)
        return result.stdout

    def test_spack(self):
        Spack().make(VARIANTS, self.prefix).test_match()
        self.assertTrue(os.path.exists("matches.h5"))

    def test_easybuild(self):
        _, said = easyconfig()
        places = {"pyshortver": f"{sys.version_info.major}.{sys.version_info.minor}"}
        for name in said["sanity_check_paths"]["files"]:
            self.assertTrue(os.path.isfile(os.path.join(self.prefix, name % places)), name)
        for name in said["sanity_check_paths"]["dirs"]:
            self.assertTrue(os.path.isdir(os.path.join(self.prefix, name % places)), name)
        for command in said["sanity_check_commands"]:
            self.sh(command)

    def test_conda(self):
        for test in Known().yaml()["tests"]:
            for line in test.get("script", []):
                self.sh(line)
            for name in test.get("python", {}).get("imports", []):
                self.sh(f"{sys.executable} -c 'import {name}; {name}.Model'")
        with h5py.File("matches.h5") as file:
            self.assertEqual(file["pairs/status"].shape, (4,))

    @needs("ruby")
    def test_homebrew(self):
        said = json.loads(self.sh(f"ruby {SOURCE}/tests/recipes/formula.rb {PACKAGING}/homebrew/geosc.rb {self.prefix}"))
        Known.setUpClass()
        configure, build, install = said["calls"]
        self.assertEqual((configure[0], build, install[:2]), ("./configure", ["make"], ["make", "install"]))
        Known().known(*configure[1:])
        Known().known_to_make(*install)
        self.assertTrue({"cairo", "hdf5", "libomp", "lz4", "zlib"} < set(said["said"]["depends"]))


class Filled(Scratch):
    """packaging/fill.py writes a release wherever it stands, and the next one, too."""

    def test_fill(self):
        shutil.copytree(PACKAGING, "packaging", ignore=shutil.ignore_patterns("__pycache__"))
        self.run_command(sys.executable, "packaging/fill.py", "--check", status=1)
        for number, home in (("0.2.1", "https://one.org/geosc"), ("10.3.0", "https://two.org")):
            name = f"geosc-{number}.tar.gz"
            with open(name, "wb") as file:
                file.write(number.encode())
            digest = hashlib.sha256(number.encode())
            self.run_command(sys.executable, "packaging/fill.py", name, home, f"{home}/files/")
            text = {}
            for folder, _, files in os.walk("packaging"):
                text.update((os.path.relpath(os.path.join(folder, file), "packaging"), read(folder, file)) for file in files)
            self.assertIn(f"easybuild/geosc-{number}-gfbf-2025b.eb", text)
            recipes = [file for file in text if file.split("/")[0] in ("conda", "spack", "easybuild", "homebrew")]
            self.assertEqual(len(recipes), 4)
            for file in recipes:
                self.assertEqual(text[file].count(digest.hexdigest()), 1, file)
            self.assertIn("sha256-" + base64.b64encode(digest.digest()).decode(), text["nix/package.nix"])
            for file, what in text.items():
                if not file.endswith((".md", "fill.py")):
                    self.assertNotIn("geosc.example", what, file)
                    self.assertFalse(re.search("0{64}", what), file)
                    self.assertNotRegex(what, r"geosc[-@=\" ]*0\.2\.0", file)
            self.assertIn(f"  url: {home}/files/geosc-${{{{ version }}}}.tar.gz\n", text["conda/recipe.yaml"])
            self.assertIn(f'url "{home}/files/{name}"', text["homebrew/geosc.rb"])
        # The next version keeps the addresses.
        self.run_command(sys.executable, "packaging/fill.py", "--next", "11.0.0")
        self.assertIn('url "https://two.org/files/geosc-11.0.0.tar.gz"\n  sha256 "' + "0" * 64, read("packaging", "homebrew", "geosc.rb"))
        self.assertIn('homepage = "https://two.org";', read("packaging", "nix", "package.nix"))
        self.run_command(sys.executable, "packaging/fill.py", name, home, f"{home}/files/")
        said = self.run_command(sys.executable, "packaging/fill.py", "--check", status=1).stdout.splitlines()
        self.assertTrue(said and all("SUBMITTER" in line for line in said), said)
        os.rename(name, "geosc.tar.gz")
        self.run_command(sys.executable, "packaging/fill.py", "geosc.tar.gz", "a", "b", status=1)
