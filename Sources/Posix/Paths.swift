#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The path of the program this process runs.
package func executablePath() throws(SystemError) -> String {
    #if canImport(Darwin)
        var size: UInt32 = 0
        _ = _NSGetExecutablePath(nil, &size)
        var name = [CChar](repeating: 0, count: Int(size) + 1)
        guard _NSGetExecutablePath(&name, &size) == 0 else {
            throw SystemError(call: "_NSGetExecutablePath", code: ENAMETOOLONG)
        }
        return name.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    #else
        var name = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let length = try retrying("readlink") {
            name.withUnsafeMutableBytes { buffer in
                guard let start = buffer.baseAddress else { return 0 }
                return readlink(
                    "/proc/self/exe", start.assumingMemoryBound(to: CChar.self), buffer.count)
            }
        }
        return String(decoding: name[..<min(length, name.count)], as: UTF8.self)
    #endif
}

/// The working directory. The C function is `getcwd`.
package func currentDirectory() throws(SystemError) -> String {
    guard let path = getcwd(nil, 0) else { throw SystemError(call: "getcwd", code: currentErrno()) }
    defer { free(path) }
    return String(cString: path)
}

/// Makes a directory that nobody else can enter, in `TMPDIR` or `/tmp`.
///
/// - Parameter name: what its name begins with.
package func makeTemporaryDirectory(named name: String) throws(SystemError) -> String {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    let template = (parent.hasPrefix("/") ? parent : "/tmp") + "/\(name).XXXXXX"
    guard let copy = strdup(template) else { throw SystemError(call: "strdup", code: ENOMEM) }
    defer { free(copy) }
    guard mkdtemp(copy) != nil else { throw SystemError(call: "mkdtemp", code: currentErrno()) }
    return String(cString: copy)
}

/// Removes a directory of ours with everything in it, as far as that can be done.
package func removeTree(_ path: String) {
    for entry in (try? directoryEntries(path)) ?? [] {
        let child = path + "/" + entry
        do throws(SystemError) {
            // Not a directory, or a link to one: `unlink` takes it.
            try removeFile(child)
        } catch {
            removeTree(child)
        }
    }
    try? removeDirectory(path)
}
