package import Metering
package import Records

/// Puts a model into a held `tools/call`, and changes nothing else of it.
package enum FrameEdit {
    /// Why a frame stays as it is.
    package struct Obstacle: Error, Sendable, Equatable {
        package var reason: PolicyNote.Reason
        /// For people, without the frame's own words.
        package var text: String
    }

    /// A frame with one value in it that is new.
    package struct Edited: Sendable, Equatable {
        package var line: [UInt8]
        /// Where in `line` the new bytes are.
        package var changed: Range<Int>
        /// How many bytes of the old line they stand for, from the same place on.
        package var replaced: Int
    }

    /// The frame with `value` as its model.
    ///
    /// The value's bytes are replaced; where there is none, or `null`, a member is put in, as the
    /// last one and spaced like the one before it. All other bytes are the same.
    ///
    /// - Parameter line: one frame, with its line end or without.
    /// - Throws: for what is no JSON-RPC request of one well-formed object, is nested too deep,
    ///   names a member on the way twice, or has something else than a name where the model
    ///   stands.
    package static func setModel(
        _ value: String, at argument: ModelArgument, in line: Span<UInt8>
    ) throws(Obstacle) -> Edited {
        let places = try FramePlaces(argument.paths, in: line)
        let place: FramePlaces.Place
        if let present = try places.present() {
            place = present
        } else {
            guard argument.isKnown else {
                throw Obstacle(
                    reason: .route,
                    text: "the call names no model, and its tool is not known to take one")
            }
            place = try places.missing()
        }
        var insert: [UInt8] = []
        place.write(value, into: &insert)
        var edited: [UInt8] = []
        edited.reserveCapacity(line.count + insert.count)
        line.withUnsafeBufferPointer { bytes in
            let range = place.range.clamped(to: 0..<bytes.count)
            edited.append(contentsOf: bytes[..<range.lowerBound])
            edited.append(contentsOf: insert)
            edited.append(contentsOf: bytes[range.upperBound...])
        }
        let start = place.range.lowerBound
        return Edited(
            line: edited, changed: start..<start + insert.count, replaced: place.range.count)
    }
}
