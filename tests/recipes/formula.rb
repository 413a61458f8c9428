# A stand-in for Homebrew: ruby formula.rb GEOSC.rb PREFIX prints as JSON what the formula says, and what its install calls; then it runs
# the formula's test on the geosc that is installed below PREFIX.
require "json"
require "pathname"

class Formula
  SAID = {}
  PREFIX = Pathname.new(ARGV[1])
  class << self
    %i[desc homepage url sha256 license].each { |name| define_method(name) { |value| SAID[name] = value } }
    def self.[](_) = nil
    def depends_on(what) = (SAID[:depends] ||= []).push(what.to_s)
    def uses_from_macos(what) = depends_on(what)
    def on_macos = yield
    def test(&block) = define_method(:run_test, &block)
    def [](name) = Struct.new(:opt_prefix).new("/opt/#{name}")
  end
  attr_reader :calls

  def initialize = @calls = []
  def prefix = PREFIX
  def bin = PREFIX/"bin"
  def version = SAID[:url][/geosc-([0-9.]+)\.tar\.gz$/, 1]
  def std_configure_args = ["--disable-dependency-tracking", "--prefix=#{prefix}", "--libdir=#{prefix}/lib"]
  def system(*words) = @calls.push(words.map(&:to_s))
  def shell_output(command) = `#{command}`.tap { raise command unless $?.success? }
  def assert_match(expected, actual) = actual[expected] || raise("no #{expected} in #{actual}")
end

load ARGV[0]
formula = Geosc.new
formula.install
said = { said: Formula::SAID, calls: formula.calls }
def formula.system(*words) = Kernel.system(*words.map(&:to_s), out: $stderr) || raise(words.join(" "))
formula.run_test
puts JSON.generate(said)
