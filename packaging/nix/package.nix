# geosc for Nix: pkgs/by-name/ge/geosc/package.nix of nixpkgs, or of a checkout, with its make dist tarball:
#   nix-build -E '(import <nixpkgs> {}).callPackage ./package.nix { }'
# Tried by tests/python/test_recipes.py: nix evaluates it with a stand-in for nixpkgs. Not tried: nixpkgs itself, a build.
{
  lib,
  stdenv,
  fetchurl,
  pkg-config,
  cairo,
  hdf5,
  lz4,
  zlib,
  python3,
  llvmPackages,
  versionCheckHook,
  withCairo ? true,
  withLz4 ? true,
}:

let
  python = python3.withPackages (packages: [
    packages.h5py
    packages.numpy
  ]);
in
stdenv.mkDerivation (finalAttrs: {
  pname = "geosc";
  version = "0.2.0";

  src = fetchurl {
    url = "https://geosc.example/releases/geosc-${finalAttrs.version}.tar.gz";
    hash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  };

  outputs = [
    "out"
    "dev"
  ];

  strictDeps = true;

  nativeBuildInputs = [ pkg-config ];

  buildInputs = [
    hdf5
    python
    zlib
  ]
  ++ lib.optional withCairo cairo
  ++ lib.optional withLz4 lz4
  ++ lib.optional stdenv.cc.isClang llvmPackages.openmp;

  configureFlags = [
    "--disable-static"
    (lib.withFeature withCairo "cairo")
    (lib.withFeature withLz4 "lz4")
    "--with-python-dir=${placeholder "out"}/${python3.sitePackages}"
    "PYTHON3=${python.interpreter}"
  ];

  enableParallelBuilding = true;

  nativeInstallCheckInputs = [ versionCheckHook ];
  doInstallCheck = true;

  meta = {
    description = "Geometry-aware semantic correspondence on CPUs";
    longDescription = ''
      A batch command and a C library with a package for Python. From dense feature maps of image pairs in HDF5,
      geosc finds for each pair the pose of the source that fits the target best, and for each keypoint of the
      source the matching point in the target.
    '';
    homepage = "https://geosc.example";
    license = lib.licenses.mit;
    platforms = lib.platforms.unix;
    maintainers = [ ];
    mainProgram = "geosc";
  };
})
