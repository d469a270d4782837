import Ledger
import Posix
import Testing

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The disk, until it fails. For one thread.
struct FaultyDisk: Disk {
    enum Fault: CaseIterable, CustomTestStringConvertible {
        case inputOutput, noSpace, tooLarge, readOnly
        /// The first half of a write arrives, the next operation fails.
        case shortWrite
        /// Half of a write arrives, then nothing works any more.
        case crash

        var testDescription: String { "\(self)" }

        var code: CInt {
            switch self {
            case .inputOutput: EIO
            case .noSpace, .shortWrite, .crash: ENOSPC
            case .tooLarge: EFBIG
            case .readOnly: EROFS
            }
        }
    }

    final class Plan {
        var operations = 0
        /// The numbers of the operations that fail, from 1.
        var failing: Range<Int> = 0..<0
        var fault = Fault.inputOutput
        var log: [String] = []
    }

    let plan: Plan
    private let disk = SystemDisk()

    init(_ plan: Plan) { self.plan = plan }

    private func count(_ call: StaticString) throws(SystemError) {
        plan.operations += 1
        plan.log.append("\(call)")
        if plan.failing.contains(plan.operations) {
            throw SystemError(call: call, code: plan.fault.code)
        }
    }

    func createDirectories(_ path: String) throws(SystemError) {
        try count("mkdir")
        try disk.createDirectories(path)
    }

    func createFile(_ name: String, in directory: String) throws(SystemError) -> Descriptor {
        try count("openat")
        return try disk.createFile(name, in: directory)
    }

    func write(
        _ bytes: UnsafeRawBufferPointer, to file: borrowing Descriptor
    ) throws(SystemError) -> Int {
        let half = UnsafeRawBufferPointer(rebasing: bytes.prefix(bytes.count / 2))
        let isFirst = plan.operations + 1 == plan.failing.lowerBound
        if isFirst, plan.fault == .shortWrite || plan.fault == .crash, !half.isEmpty {
            plan.operations += 1
            plan.log.append("short write")
            return try disk.write(half, to: file)
        }
        try count("write")
        return try disk.write(bytes, to: file)
    }

    func status(of file: borrowing Descriptor) throws(SystemError) -> FileStatus {
        try count("fstat")
        return try disk.status(of: file)
    }

    func truncate(_ file: borrowing Descriptor, to size: UInt64) throws(SystemError) {
        try count("ftruncate")
        try disk.truncate(file, to: size)
    }

    func synchronize(_ file: borrowing Descriptor) throws(SystemError) {
        try count("fsync")
        try disk.synchronize(file)
    }

    func synchronizeDirectory(_ path: String) throws(SystemError) {
        try count("fsync")
        try disk.synchronizeDirectory(path)
    }

    func rename(_ from: String, to: String) throws(SystemError) {
        try count("rename")
        try disk.rename(from, to: to)
    }

    func remove(_ path: String) throws(SystemError) {
        try count("unlink")
        try disk.remove(path)
    }
}
