# geosc for Homebrew: Formula/g/geosc.rb of homebrew-core, or Formula/geosc.rb of a tap.
# Tried by tests/python/test_recipes.py: ruby runs its install and its test with a stand-in for Homebrew. Not tried: Homebrew itself, macOS.
class Geosc < Formula
  desc "Geometry-aware semantic correspondence on CPUs"
  homepage "https://geosc.example"
  url "https://geosc.example/releases/geosc-0.2.0.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license "MIT"

  depends_on "pkgconf" => :build
  depends_on "cairo"
  depends_on "hdf5"
  depends_on "lz4"

  uses_from_macos "zlib"

  on_macos do
    depends_on "libomp"
  end

  def install
    args = %W[
      --disable-silent-rules
      --disable-static
      --with-hdf5=#{Formula["hdf5"].opt_prefix}
      --with-cairo
      --with-lz4
    ]
    system "./configure", *args, *std_configure_args
    system "make"
    # The Python that runs geosc-import is the one that the user has then, with numpy and h5py.
    system "make", "install", "PYTHON3=python3"
  end

  test do
    system bin/"geosc", "synth", "-o", "pairs.h5", "--model-out", "model.h5", "--pairs", "4"
    system bin/"geosc", "match", "pairs.h5", "-m", "model.h5", "-o", "matches.h5"
    assert_match "PCK", shell_output("#{bin}/geosc eval pairs.h5 matches.h5")
    assert_match version.to_s, shell_output("#{bin}/geosc --version")
  end
end
