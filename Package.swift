// swift-tools-version:6.2
// One executable over small libraries. Data flows one way; each arrow below is a rule the
// compiler holds (`swift build --explicit-target-dependency-import-check error`).
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// No release says where it was built, so that one commit built anywhere is the same byte for byte
/// (examples/packaging/reproducible.sh proves it). Debug builds keep the whole paths, for debuggers.
let nowhere = Context.packageDirectory + "=."

let anywhere: [CSetting] = [
    .unsafeFlags(["-ffile-prefix-map=" + nowhere], .when(configuration: .release))
]

/// What the executable is made of.
let lean: [SwiftSetting] =
    strict + [
        // Module cache paths and the hashes that say what need not be compiled again hold the path
        // in ways that no map reaches.
        .unsafeFlags(
            [
                "-file-prefix-map", nowhere, "-Xfrontend", "-no-clang-module-breadcrumbs",
                "-Xfrontend", "-disable-incremental-llvm-codegen",
            ], .when(configuration: .release)),
        // One `contains` of a string in a string would link the whole regular expression engine, a
        // megabyte that has to be relocated at every start.
        .unsafeFlags(["-Xfrontend", "-disable-implicit-string-processing-module-import"]),
        // Each function in a section of its own, which the linker can leave out, or put in order.
        .unsafeFlags(["-Xfrontend", "-function-sections"], .when(platforms: [.linux])),
    ]

/// Half of a static executable's start goes into loading libstdc++ and libgcc_s for the Swift
/// runtime's sake: with both linked in, only libc and libm are left to load. They stay shared, so
/// that libraries can still be loaded at run time.
let startFast = LinkerSetting.unsafeFlags(
    [
        "-L", Context.packageDirectory + "/Sources/CPlatform/link",
        "-Xclang-linker", "-static-libgcc", "-use-ld=lld",
        // Nobody looks our symbols up, and the linker may leave out what nobody uses.
        "-Xlinker", "--no-export-dynamic",
        // What a relay runs lies side by side; a list that is out of date only does less.
        "-Xlinker", "--no-warn-symbol-ordering", "-Xlinker",
        "--symbol-ordering-file=" + Context.packageDirectory + "/Sources/CPlatform/link/order.txt",
    ],
    .when(platforms: [.linux], configuration: .release))

/// The commit that `--version` names, from whoever builds for others: `MCP_METER_COMMIT=$(git
/// rev-parse --short HEAD) swift build`. It is not asked of git here: SwiftPM remembers the answer
/// for as long as this file stays the same, and a wrong commit is worse than none.
let commit = (Context.environment["MCP_METER_COMMIT"] ?? "")
    .filter { $0.isASCII && ($0.isLetter || $0.isNumber || "-+.".contains($0)) }

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: lean)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

let package = Package(
    name: "mcp-meter",
    platforms: [.macOS(.v26)],
    products: [.executable(name: "mcp-meter", targets: ["mcp-meter"])],
    targets: [
        .target(name: "CPlatform", exclude: ["link"], cSettings: anywhere),
        .target(
            name: "Start",
            cSettings: anywhere + [.define("MCP_METER_COMMIT", to: "\"\(commit)\"")]),
        library("Posix", ["CPlatform"]),
        library("Wire", []),
        library("Records", []),
        library("Relay", ["Posix"]),
        library("Metering", ["Wire", "Records"]),
        library("Ledger", ["Posix", "Records"]),
        library("SessionLogs", ["Posix", "Records", "Ledger"]),
        library("Reports", ["Posix", "Records", "Ledger"]),
        library("Policy", ["Posix", "Wire", "Records", "Metering", "Ledger", "Reports"]),
        library("Setup", ["Start", "Posix", "Records"]),
        library("Delivery", ["CPlatform", "Posix", "Records", "Ledger"]),
        .target(
            name: "Exporter", dependencies: ["Posix", "Records", "Ledger"],
            resources: [
                .embedInCode("Page/Document/page.html"), .embedInCode("Page/Document/style.css"),
                .embedInCode("Page/Document/script.js"),
            ], swiftSettings: lean),
        .executableTarget(
            name: "mcp-meter",
            dependencies: [
                "Start", "Posix", "Wire", "Records", "Relay", "Metering", "Ledger", "Delivery",
                "SessionLogs", "Exporter", "Reports", "Policy", "Setup",
            ],
            swiftSettings: lean, linkerSettings: [startFast]),
        .executableTarget(
            name: "scanner-bench", dependencies: ["Wire", "Policy"],
            path: "Tests/Benchmarks/ScannerBench", swiftSettings: strict),
        .executableTarget(
            name: "delivery-bench", dependencies: ["Delivery", "Ledger", "Records", "Posix"],
            path: "Tests/Benchmarks/DeliveryBench", swiftSettings: strict),
        tests("PosixTests", ["Posix"]),
        // The scanner's naive twin: slow, obvious, and the oracle of its tests.
        .target(
            name: "NaiveWire", dependencies: ["Wire"], path: "Tests/NaiveWire",
            swiftSettings: strict),
        tests("WireTests", ["Wire", "NaiveWire"], exclude: ["Fixtures"]),
        tests("RecordsTests", ["Records"], exclude: ["Fixtures"]),
        // A relay as a process of its own, which tests can kill.
        .executableTarget(
            name: "relay-probe", dependencies: ["Relay", "Posix"], path: "Tests/RelayProbe",
            swiftSettings: strict),
        tests("RelayTests", ["Relay", "Posix", "relay-probe"]),
        tests("MeteringTests", ["Metering", "Wire", "Records", "NaiveWire"]),
        // A process of its own that appends, reads or saves until it is killed.
        .executableTarget(
            name: "ledger-probe", dependencies: ["Ledger", "Records", "Posix"],
            path: "Tests/LedgerProbe", swiftSettings: strict),
        tests("LedgerTests", ["Ledger", "Records", "Posix", "ledger-probe"]),
        tests("ExporterTests", ["Exporter", "Ledger", "Records", "Posix"]),
        // Requests from a process of its own, whose environment and memory are its own too.
        .executableTarget(
            name: "delivery-probe", dependencies: ["Delivery", "Posix"],
            path: "Tests/DeliveryProbe", swiftSettings: strict),
        tests("DeliveryTests", ["Delivery", "Ledger", "Records", "Posix"]),
        // A relay's accounts in a process of its own, of which many share a budget, and which dies.
        .executableTarget(
            name: "policy-probe",
            dependencies: ["Policy", "Ledger", "Records", "Reports", "Posix"],
            path: "Tests/PolicyProbe", swiftSettings: strict),
        tests(
            "PolicyTests",
            ["Policy", "Metering", "Ledger", "Records", "Reports", "Posix", "policy-probe"]),
        tests("SessionLogsTests", ["SessionLogs", "Ledger", "Records", "Posix"]),
        tests("ReportsTests", ["Reports", "Ledger", "Records", "Posix"]),
        tests("SetupTests", ["Setup", "Posix"]),
        tests(
            "EndToEndTests",
            [
                "mcp-meter", "Delivery", "Ledger", "Metering", "Reports", "SessionLogs", "Start",
                "Records", "Setup",
                "Posix",
            ]),
    ],
    swiftLanguageModes: [.v6]
)
