/// The version of this program, which whoever it sends something to is told.
package enum Version {
    package static let text = "0.1.0"
    /// The day it was given that number, which its manual page bears.
    package static let day = "2026-11-21"
}
