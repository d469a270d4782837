import CPlatform

/// Memory that survives the relay's death by any cause, because the guardian holds it too.
///
/// A line claimed here is appended to the file at the path given if the relay dies before it is
/// released: it makes good for the moment between a call's begin and its line in the ledger.
/// Mapped for the life of the process; copying the value copies a reference.
package struct BlackBox: @unchecked Sendable {
    // Sendable: the C functions below use atomics for what threads share.

    /// The length of the longest line that fits, in bytes.
    package static let lineBytesMax = Int(CPLATFORM_SLOT_BYTES)
    /// The number of lines that fit.
    package static let slotCount = Int(CPLATFORM_SLOTS)

    let memory: OpaquePointer

    /// Maps an empty box. It reaches only processes forked afterwards.
    package init() throws(SystemError) {
        guard let memory = cplatform_box_create() else {
            throw SystemError(call: "mmap", code: currentErrno())
        }
        self.memory = memory
    }

    /// Names the file that lines are appended to; created (mode 0600) if it is not there.
    ///
    /// May be called again, by one thread at a time; the new path takes effect as a whole.
    /// - Returns: false when the path has 4096 bytes or more; the path before stays in force.
    @discardableResult
    package func setPath(_ path: String) -> Bool {
        path.withCString { cplatform_box_set_path(memory, $0) }
    }

    /// Copies a line into a free slot. Any thread; never blocks.
    ///
    /// - Parameter line: 1…`lineBytesMax` bytes; a missing final newline is added when written.
    /// - Returns: the slot to release, or nil when no slot is free or the line does not fit.
    package func claim(_ line: UnsafeRawBufferPointer) -> Int? {
        guard let start = line.baseAddress else { return nil }
        let slot = cplatform_box_claim(memory, start, line.count)
        return slot < 0 ? nil : Int(slot)
    }

    /// Empties a slot, once its line is in the ledger. Any thread.
    package func release(_ slot: Int) {
        guard let slot = Int32(exactly: slot) else { return }
        cplatform_box_release(memory, slot)
    }

    /// Enters the process group that the guardian ends if we die; 0 for none.
    package func setGroup(_ group: Int32) { cplatform_box_set_group(memory, group) }

    /// Says that the lines still here are not to be appended any more.
    package func seal() { cplatform_box_seal(memory) }
}
