import Metering
import Policy
import Posix
import Records

/// The files that variables name. A bad one is said in one line, and what it would have changed
/// stays as it is.
enum ConfigurationFiles {
    /// More than any price list or set of profiles there is.
    static let bytesMax = 64 << 20

    /// `MCP_METER_PROFILES`
    static func profiles(_ configuration: Configuration) -> [Profile] {
        guard let path = configuration.profilesPath else { return [] }
        do {
            return try ProfileFile.read(readWholeFile(path, atMost: bytesMax))
        } catch {
            Console.complain(
                "MCP_METER_PROFILES (\(path)): \(error). It is left out; expected a JSON file of "
                    + "server profiles.")
            return []
        }
    }

    /// `MCP_METER_ROUTES`; nil for no routes, and for those that cannot be read.
    static func routes(_ path: String?) -> Router? {
        guard let path else { return nil }
        do {
            return Router(rules: try RouteFile.read(readWholeFile(path, atMost: bytesMax)))
        } catch {
            Console.complain(
                "MCP_METER_ROUTES (\(path)): \(error). No call is routed; `mcp-meter help route` "
                    + "tells what is expected.")
            return nil
        }
    }

    /// `MCP_METER_PRICES`; nil for the built-in prices, which are read when first asked for.
    static func prices(_ configuration: Configuration) -> PriceTable? {
        guard let path = configuration.pricesPath else { return nil }
        do {
            return try PriceTable(overriding: readWholeFile(path, atMost: bytesMax))
        } catch {
            Console.complain(
                "MCP_METER_PRICES (\(path)): \(error). The built-in prices are used; "
                    + "`mcp-meter prices --check \(path)` tells more.")
            return nil
        }
    }
}
