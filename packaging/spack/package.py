# SPDX-License-Identifier: MIT

# geosc for Spack: packages/geosc/package.py of spack-packages, or of a repository of your own.
# Tried by tests/python/test_recipes.py with a stand-in for Spack: each set of variants passes what
# configure knows, and its test passes. Not tried: Spack itself.

from spack_repo.builtin.build_systems.autotools import AutotoolsPackage

from spack.package import *


class Geosc(AutotoolsPackage):
    """Geometry-aware semantic correspondence on CPUs: from dense feature maps of image pairs in
    HDF5, the pose of the source that fits the target best, and the matching point of each
    keypoint."""

    homepage = "https://geosc.example"
    url = "https://geosc.example/releases/geosc-0.2.0.tar.gz"

    license("MIT")

    version("0.2.0", sha256="0000000000000000000000000000000000000000000000000000000000000000")

    variant("cairo", default=True, description="Draw pictures: geosc render")
    variant("lz4", default=True, description="Read chunks packed by bitshuffle with LZ4")
    variant("python", default=True, description="import geosc, geosc-import, geosc-extract and geosc-export")

    depends_on("c", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("hdf5@1.10.7:")
    depends_on("mpi", when="^hdf5+mpi")
    depends_on("zlib-api")
    depends_on("lz4", when="+lz4")
    depends_on("cairo@1.16:+png+pdf+svg", when="+cairo")
    depends_on("llvm-openmp", when="%apple-clang")
    depends_on("cmocka", type="test")

    extends("python", when="+python")
    with when("+python"):
        depends_on("python@3.9:", type=("build", "run"))
        depends_on("py-numpy", type="run")
        depends_on("py-h5py", type="run")

    def configure_args(self):
        args = ["--disable-static", f"--with-hdf5={self.spec['hdf5'].prefix}"]
        args += self.with_or_without("cairo")
        args += self.with_or_without("lz4")
        if self.spec.satisfies("+python"):
            args.append(f"--with-python-dir={python_platlib}")
            args.append(f"PYTHON3={self.spec['python'].command.path}")
        return args

    def test_match(self):
        """synth, match and eval of four pairs"""
        geosc = which(self.prefix.bin.geosc)
        geosc("synth", "-o", "pairs.h5", "--model-out", "model.h5", "--pairs", "4")
        geosc("match", "pairs.h5", "-m", "model.h5", "-o", "matches.h5")
        assert "PCK" in geosc("eval", "pairs.h5", "matches.h5", output=str)
