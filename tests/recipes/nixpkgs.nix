# What packaging/nix/package.nix asks of nixpkgs, each answer its own name: prints what mkDerivation is called with.
{ withCairo, withLz4, clang }:
let
  named = name: { inherit name; };
  lib = {
    optional = condition: value: if condition then [ value ] else [ ];
    withFeature = flag: name: "--${if flag then "with" else "without"}-${name}";
    licenses.mit = "MIT";
    platforms.unix = [ "unix" ];
  };
  made = (import ../../packaging/nix/package.nix) {
    inherit lib withCairo withLz4;
    stdenv = {
      cc.isClang = clang;
      mkDerivation = function: let final = function final; in final;
    };
    fetchurl = arguments: arguments;
    pkg-config = named "pkg-config";
    cairo = named "cairo";
    hdf5 = named "hdf5";
    lz4 = named "lz4";
    zlib = named "zlib";
    versionCheckHook = named "versionCheckHook";
    llvmPackages.openmp = named "openmp";
    python3 = {
      sitePackages = "lib/python3/site-packages";
      withPackages = choose: {
        name = builtins.concatStringsSep " " (map (package: package.name) (choose { h5py = named "h5py"; numpy = named "numpy"; }));
        interpreter = "/usr/bin/python3";
      };
    };
  };
in
{
  inherit (made) pname version src outputs configureFlags meta;
  inputs = map (package: package.name) (made.nativeBuildInputs ++ made.buildInputs ++ made.nativeInstallCheckInputs);
}
