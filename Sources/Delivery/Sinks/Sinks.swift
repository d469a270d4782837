/// Every sink there is.
package enum Sinks {
    /// Those the environment configures, in the order they are shown.
    ///
    /// - Parameters:
    ///   - environment: the variables by name; an empty value is the same as none.
    ///   - complain: gets a line for each variable with a bad value: which, and what was expected.
    package static func configured(
        _ environment: [String: String], complain: (String) -> Void
    ) -> [any Sink] {
        let values = environment.filter { !$0.value.isEmpty }
        var sinks: [any Sink] = []
        sinks += EvalOps.read(values, complain: complain)
        sinks += OTLP.read(values, complain: complain)
        sinks += MosaicSink.read(values, complain: complain)
        sinks += HarperSink.read(values, complain: complain)
        return sinks
    }
}
