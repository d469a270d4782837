/// The version of this program, which whoever it sends something to is told.
package enum Version {
    package static let text = "0.1.0"
}
