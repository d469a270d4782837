import CPlatform

/// The instructions and constants of the program and its libraries, as far as they are in memory.
package enum ProgramText {
    /// Gives them back to the system, which maps them again where they are used: of a process that
    /// has started and now waits, what only its start needed does not stay resident. Whatever it
    /// does next takes a few tenths of a millisecond longer, once.
    package static func giveBack() { cplatform_give_back_text() }
}
