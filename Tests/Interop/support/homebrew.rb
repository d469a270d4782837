# A formula without Homebrew: homebrew.rb FORMULA PREFIX. The words that mcp-meter.rb uses, as Homebrew's
# Formula documents them, over plain files: installs from the current directory into PREFIX, then runs its test.
require "fileutils"
require "open3"
require "pathname"
require "tmpdir"

FORMULA = Pathname(ARGV.fetch(0)).realpath
PREFIX = Pathname(ARGV.fetch(1)).expand_path

class Pathname
  def install(*sources)
    mkpath
    sources.flatten.each { |source| FileUtils.cp_r(source, self) }
  end

  def install_symlink(target)
    (self/target.basename).make_symlink(target)
  end

  alias plain_write write
  def write(text)
    dirname.mkpath
    plain_write(text)
  end
end

module OS
  def self.linux? = RUBY_PLATFORM.include?("linux")
end

module Utils
  def self.safe_popen_read(*command)
    output, status = Open3.capture2(*command.map(&:to_s))
    status.success? ? output : raise("#{command}: #{status}")
  end
end

class Formula
  class << self
    attr_reader :tested, :facts

    def fact(name, *values)
      (@facts ||= {})[name] = values
    end

    %i[desc homepage url sha256 license depends_on uses_from_macos].each do |name|
      define_method(name) { |*values, **options| fact(name, *values, options) }
    end

    def on_macos = yield
    def service(&block) = fact(:service, block)
    def test(&block) = @tested = block
  end

  def version = self.class.facts.fetch(:url).first[/-(\d+(?:\.\d+)+)\.tar\.gz\z/, 1]
  def bin = PREFIX/"bin"
  def opt_bin = bin
  def man1 = PREFIX/"share/man/man1"
  def pkgshare = PREFIX/"share/mcp-meter"
  def doc = PREFIX/"share/doc/mcp-meter"
  def testpath = @testpath ||= Pathname(Dir.mktmpdir).realpath

  def run = nil

  def system(*command)
    Kernel.system(*command.map(&:to_s)) || raise("#{command}: #{$CHILD_STATUS}")
  end

  def generate_completions_from_executable(*command)
    { bash: "etc/bash_completion.d/mcp-meter", zsh: "share/zsh/site-functions/_mcp-meter",
      fish: "share/fish/vendor_completions.d/mcp-meter.fish" }.each do |shell, file|
      (PREFIX/file).write Utils.safe_popen_read(*command, shell.to_s)
    end
  end

  def shell_output(command, expected = 0)
    pipe_output(command, nil, expected)
  end

  def pipe_output(command, input, expected)
    output, status = Open3.capture2(command, stdin_data: input)
    raise "#{command}: #{status}" if status.exitstatus != expected

    output
  end

  def assert_equal(wanted, found)
    raise "#{found.inspect} is not #{wanted.inspect}" if wanted != found
  end

  def assert_match(wanted, found)
    raise "no #{wanted.inspect} in #{found.inspect}" unless found.match?(Regexp.new(Regexp.escape(wanted)))
  end
end

module ENVPathnames
  def []=(name, value)
    super(name, value.to_s)
  end
end
ENV.singleton_class.prepend(ENVPathnames)

load FORMULA.to_s
formula = McpMeter.new
formula.install
begin
  formula.instance_eval(&McpMeter.tested)
ensure
  formula.testpath.rmtree
end
puts "installed and tested #{formula.version}"
