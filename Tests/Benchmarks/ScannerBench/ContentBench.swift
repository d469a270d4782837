import Policy

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Speed of the look at a call's arguments that routes by content take: MB/s of processor time on
/// kinds of text, each one frame whose prompt is a MB of it.
enum ContentBench {
    struct Sample {
        let name: String
        let text: String
        /// Every scalar as `\uXXXX`, as some writers of JSON have all that is not ASCII.
        var isEscapedWhole = false
    }

    static let samples = [
        Sample(
            name: "prose",
            text: """
                The relay forwards every byte before it looks at it, and whatever it then finds in
                the text is counted, never kept. A line ends every eighty characters or so, and a
                paragraph, like this one, has a few sentences: some short, some (rather) longer.

                Why that is so, and what the alternatives are, was explained in Friday's meeting.

                """),
        Sample(
            name: "code",
            text: #"""
                func merge<T: Comparable>(_ left: [T], _ right: [T]) -> [T] {
                    var result: [T] = []
                    var i = 0, j = 0
                    while i < left.count && j < right.count {
                        if left[i] <= right[j] {
                            result.append(left[i]); i += 1
                        } else {
                            result.append(right[j]); j += 1
                        }
                    }
                    // What is left over goes behind the rest.
                    print("merged \(i) and \(j) of \(left.count + right.count)")
                    return result + left[i...] + right[j...]
                }

                """#),
        Sample(
            name: "mathematics",
            text: #"""
                Let $f(x) = x^2 + 3x - 10$ and evaluate $$\int_0^1 \frac{x^2}{\sqrt{1+x}} \, dx$$.
                Solve for x: x^2 + 3x - 10 = 0, with a_1 = 2, a_2 = 7, and 2*(3+4)^2 <= 98.
                By induction, $\sum_{k=1}^{n} k = n(n+1)/2$ for all $n \geq 1$; hence 1+2+3 = 6.

                """#),
        Sample(
            name: "dense JSON, escaped",
            text: #"""
                {"id":17,"ok":true,"name":"row","x":[1,2,3.5],"tag":null},
                {"id":18,"ok":false,"path":"C:\\tmp\\a.txt","x":[],"sub":{"a":"b","n":-1e5}},

                """#),
        Sample(
            name: "numbers",
            text: """
                0.0023064255,-0.009327292,0.015797377,-0.0077416943,0.028404047,0.0109340353
                2026-11-21T10:00:00.123456Z 18342.1 18341.9 2890 640 10012500 812 9120

                """),
        Sample(
            name: "signs only", text: "!!! ??? ... --- *** ~~~ ((())) [[{}]] <<>> ==== ++ && ||\n"),
        Sample(
            name: "identifiers",
            text: "userName = user_name.firstName + self.last_name; callTheFunction(withValue)\n"),
        Sample(
            name: "German",
            text: "Fasse den Text für Ärzte bitte in zwei Sätzen zusammen, größer.\n"),
        Sample(
            name: "Russian",
            text: "Реши уравнение и найди производную, а потом объясни, почему небо голубое.\n"),
        Sample(
            name: "Chinese", text: "请写一个函数来解析这段代码，并逐步推理，为什么天空是蓝色的。\n"),
        Sample(
            name: "Russian as \\u",
            text: "Реши уравнение и найди производную, а потом объясни, почему небо голубое.\n",
            isEscapedWhole: true),
        Sample(
            name: "base64", text: String(repeating: "QUJDREVGR0hJSktMTU5PUA+/", count: 40) + "==\n"),
    ]

    static func run(_ megabytes: Int, _ filter: String?) {
        for sample in samples where filter.map({ sample.name.hasPrefix($0) }) ?? true {
            var best = 0.0
            var facts = ContentFacts()
            let frame = frame(sample)
            for _ in 0..<3 {
                let (speed, found) = speed(frame, megabytes)
                best = max(best, speed)
                facts = found
            }
            print(
                "\(sample.name.padded(to: 24)) \(Int(best.rounded())) MB/s, \(facts.classes.names)")
        }
    }

    private static func frame(_ sample: Sample) -> [UInt8] {
        let unit = escaped(sample)
        var frame = Array(
            #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask","arguments":{"prompt":""#
                .utf8)
        while frame.count < 1 << 20 { frame += unit }
        return frame + Array(#""}}}"#.utf8)
    }

    private static func escaped(_ sample: Sample) -> [UInt8] {
        var bytes: [UInt8] = []
        for unit in sample.text.utf16 where sample.isEscapedWhole {
            let digits = String(unit, radix: 16)
            bytes += Array((#"\u"# + String(repeating: "0", count: 4 - digits.count) + digits).utf8)
        }
        if sample.isEscapedWhole { return bytes }
        for byte in sample.text.utf8 {
            switch byte {
            case UInt8(ascii: "\n"): bytes += Array(#"\n"#.utf8)
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            default: bytes.append(byte)
            }
        }
        return bytes
    }

    private static func speed(_ frame: [UInt8], _ megabytes: Int) -> (Double, ContentFacts) {
        let rounds = max(1, (megabytes << 20) / frame.count)
        var facts = ContentFacts()
        let begin = clock()
        for _ in 0..<rounds {
            guard let found = ContentFacts(argumentsOf: frame.span) else {
                preconditionFailure("a sample is no JSON")
            }
            facts = found
        }
        let seconds = Double(clock() - begin) / Double(CLOCKS_PER_SEC)
        return (Double(rounds * frame.count) / seconds / 1e6, facts)
    }
}
