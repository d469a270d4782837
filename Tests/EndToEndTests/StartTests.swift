import Start
import Testing

@testable import mcp_meter

/// Which first words are commands is known in two places: in the table, and where "off" is decided
/// before the table can be read.
struct StartTests {
    @Test func `every command is no server's`() {
        let names = CommandTable.commands.map(\.name)
        for name in names where name != "run" {
            #expect(start_is_own_word(name), "\(name)")
        }
        #expect(start_is_own_word(SampleServer.command))
    }

    @Test(arguments: ["run", "npx", "node", "inspector", "dem", "./demo", ""])
    func `other words may begin a server's command`(word: String) {
        #expect(!start_is_own_word(word))
        guard !word.isEmpty else { return }
        #expect(Arguments.parse([word, "x"]) == .relay([word, "x"]))
    }
}
