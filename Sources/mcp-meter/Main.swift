@main
struct Main {
    static func main() {
        switch Arguments.parse(Array(CommandLine.arguments.dropFirst())) {
        case .help(let topic): help(topic)
        default: break
        }
    }

    private static func help(_ topic: String?) {
        Console.print(topic.flatMap(CommandTable.command).map(Help.page) ?? Help.overview())
    }
}
