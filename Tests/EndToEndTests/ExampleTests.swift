import Foundation
import Metering
import Records
import Testing

/// The files of `examples/` that a user would copy.
struct ExampleTests {
    private func bytes(of name: String) throws -> [UInt8] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return try Array(Data(contentsOf: root.appendingPathComponent("examples/" + name)))
    }

    @Test func `the profile shown can be used as it is`() throws {
        let profiles = try ProfileFile.read(bytes(of: "profiles.json"))
        #expect(profiles.map(\.servers) == [["acme-gemini", "acme-gemini-mcp"]])
        #expect(profiles[0].tools["count_tokens"]?.callsModel == false)
        #expect(profiles[0].tools["deep_review"]?.model == "gemini-2.5-pro")
        #expect(profiles[0].tools["deep_review"]?.modelCalls?.plus == 1)
        #expect(profiles[0].tools["deep_review"]?.gone?.messages == ["no such session"])
    }

    @Test func `the prices shown can be used as they are`() throws {
        let table = try PriceTable(overriding: bytes(of: "prices.json"))
        #expect(table.entries.count > PriceTable.builtIn.entries.count)
    }
}
