import Ledger
import Posix
import Records

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

// What the tests of the ledger do in a process of its own, because they kill it, limit it, or fill
// the disk under it. It says on standard output what it was told is safe, one line at a time.

@main
struct LedgerProbe {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count >= 3 else {
            fail("usage: ledger-probe append|limited|commands|cursors|read|bench STATE [ARGUMENT]")
        }
        let directory = LedgerDirectory(state: arguments[2])
        let argument = arguments.count > 3 ? arguments[3] : ""
        do {
            switch arguments[1] {
            case "append": append(directory, seed: UInt64(argument) ?? 0)
            case "limited": limited(directory, bytes: UInt64(argument) ?? 0)
            case "commands": commands(directory)
            case "cursors": try saveCursors(directory)
            case "read": try read(directory)
            case "bench": try bench(directory, lines: Int(argument) ?? 1_000_000)
            default: fail("unknown command \(arguments[1])")
            }
        } catch {
            fail("\(error)")
        }
    }

    /// Appends for ever. The id of a line is said when `append` returned for it, never before.
    private static func append(_ directory: LedgerDirectory, seed: UInt64) {
        var random = SplitMix64(state: seed)
        var writer = LedgerWriter(directory)
        for number in 0... {
            let id = "\(getpid())-\(number)"
            let padding = Int.random(in: 0...3_000, using: &random)
            do throws(LedgerError) {
                try writer.append(line(id: id, padding: padding), at: now())
                say(id)
            } catch {
                fail("\(error)")
            }
        }
    }

    /// Appends 200 lines under a limit on the size of a file.
    private static func limited(_ directory: LedgerDirectory, bytes: UInt64) {
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit()
        #if canImport(Glibc)
            let fileSize = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
        #else
            let fileSize = RLIMIT_FSIZE
        #endif
        _ = getrlimit(fileSize, &limit)
        limit.rlim_cur = rlim_t(bytes)
        guard setrlimit(fileSize, &limit) == 0 else { fail("setrlimit") }
        var writer = LedgerWriter(directory)
        for number in 0..<200 {
            let id = "\(getpid())-\(number)"
            do throws(LedgerError) {
                try writer.append(line(id: id, padding: number), at: now())
                say(id)
            } catch {
                say("failed \(error)")
            }
        }
        say("lost \(writer.linesLost)")
    }

    /// Appends on command: each line of standard input is how many lines of 1 KB to append.
    private static func commands(_ directory: LedgerDirectory) {
        var writer = LedgerWriter(directory)
        var number = 0
        while let command = readLine(), let count = Int(command) {
            var acknowledged = 0
            var failures: Set<String> = []
            for _ in 0..<count {
                number += 1
                do throws(LedgerError) {
                    try writer.append(line(id: "\(number)", padding: 1_000), at: now())
                    acknowledged += 1
                } catch {
                    failures.insert(error.cause.reason)
                }
            }
            let why = failures.sorted().joined(separator: ", ")
            say("acknowledged \(acknowledged) lost \(writer.linesLost) \(why)")
        }
    }

    /// Saves ever larger cursors, three segments at a time, and says each once it is saved.
    private static func saveCursors(_ directory: LedgerDirectory) throws {
        var store = try CursorStore(of: "probe", in: directory)
        let segments = (1...3).map {
            SegmentName(
                openedAt: Timestamp(microseconds: $0),
                by: WriterIdentity(pid: 1, random: UInt32($0)))
        }
        for offset in (store.cursors.first?.offset ?? 0)... {
            try store.save(segments.map { Cursor(segment: $0, offset: offset) })
            say("\(offset)")
        }
    }

    private static func read(_ directory: LedgerDirectory) throws {
        let reader = LedgerReader(directory)
        let reading = try reader.forEachLine { _ in .goOn }
        let lost = try reader.lostCalls { _ in }
        say(
            "lines \(reading.lines) skipped \(reading.skipped) torn \(reading.torn) "
                + "alive \(reading.alive) lost \(lost.lost)")
    }
}

func line(id: String, padding: Int, kind: String = "call") -> [UInt8] {
    var bytes = Array(#"{"v":1,"kind":"\#(kind)","id":"\#(id)","padding":""#.utf8)
    bytes.append(contentsOf: repeatElement(UInt8(ascii: "x"), count: padding))
    bytes.append(contentsOf: "\"}\n".utf8)
    return bytes
}

func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
}

func say(_ text: String) { put(text + "\n", on: 1) }

func fail(_ text: String) -> Never {
    put("ledger-probe: \(text)\n", on: 2)
    exit(1)
}

private func put(_ text: String, on descriptor: CInt) {
    var text = text
    text.withUTF8 { bytes in try? writeAll(descriptor, UnsafeRawBufferPointer(bytes)) }
}

/// Sebastiano Vigna's splitmix64: the same numbers for the same seed, everywhere.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
