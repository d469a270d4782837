# A Homebrew formula that builds mcp-meter from source. As it stands it leads nowhere: formula.sh
# fills in where a source archive is, its checksum and its commit.
class McpMeter < Formula
  desc "Meter usage and cost of the models behind MCP servers"
  homepage "https://example.invalid/mcp-meter"
  url "https://example.invalid/mcp-meter-0.0.0.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license "MIT"

  depends_on xcode: ["26.0", :build]
  uses_from_macos "swift" => :build

  on_macos do
    depends_on macos: :tahoe
  end

  def install
    # What `mcp-meter --version` names; an archive does not tell it.
    ENV["MCP_METER_COMMIT"] = "unreleased"
    options = %w[--configuration release --product mcp-meter --disable-sandbox]
    options += %w[--static-swift-stdlib --disable-local-rpath] if OS.linux?
    system "swift", "build", *options
    bin.install ".build/release/mcp-meter"

    generate_completions_from_executable(bin/"mcp-meter", "completions")
    (man1/"mcp-meter.1").write Utils.safe_popen_read(bin/"mcp-meter", "man")
    pkgshare.install "wrappers"
    # Where the wrappers look first: a client's PATH need not hold mcp-meter.
    (pkgshare/"wrappers").install_symlink opt_bin/"mcp-meter"
    doc.install "examples"
  end

  service do
    run [opt_bin/"mcp-meter", "serve"]
    keep_alive crashed: true
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/mcp-meter --version")

    answer = '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"Paris."}]}}'
    (testpath/"server.sh").write "read -r request\necho '#{answer}'\n"
    ENV["MCP_METER"] = "on"
    ENV["MCP_METER_STATE_DIR"] = testpath/"state"
    call = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask"}}'
    output = pipe_output("#{bin}/mcp-meter sh #{testpath}/server.sh", "#{call}\n", 0)
    assert_equal "#{answer}\n", output
    records = Dir[testpath/"state/ledger/*/*.jsonl"].map { |file| File.read(file) }.join
    assert_match '"tool":"ask"', records
  end
end
