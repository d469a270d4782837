import Posix
import Records

/// `mcp-meter prices`: the prices in force, and whether a file of prices can be used.
enum PricesCommand {
    static func run(_ options: PricesOptions) -> Never {
        if let path = options.check { check(path) }
        let configuration = Configuration(Environment.current())
        let table = ConfigurationFiles.prices(configuration) ?? .builtIn
        let listing = table.listing(filter: options.filter)
        guard !listing.isEmpty else {
            Console.fail(
                "no price for a model like `\(options.filter ?? "")`; its calls would be "
                    + "`unpriced`.", ExitCode.unavailable)
        }
        Console.finish(listing)
    }

    private static func check(_ path: String) -> Never {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try readWholeFile(path, atMost: ConfigurationFiles.bytesMax)
        } catch {
            Console.fail("\(path): \(error).", ExitCode.noInput)
        }
        do throws(JSONError) {
            let table = try PriceTable(overriding: bytes)
            let own = table.entries.count - PriceTable.builtIn.entries.count
            Console.finish("\(path): \(own) models, ready for MCP_METER_PRICES\n")
        } catch {
            Console.fail("\(path):\(error)", ExitCode.dataError)
        }
    }
}
