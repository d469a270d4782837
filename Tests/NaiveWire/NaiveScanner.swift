import Wire

/// The scanner's twin: parses a whole message, then keeps what the rules say. For tests only.
package enum NaiveScanner {}
