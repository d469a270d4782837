import Records
import Start

@main
struct Main {
    static func main() {
        start_become_server_if_off(CommandLine.argc, CommandLine.unsafeArgv)
        let words = Array(CommandLine.arguments.dropFirst())
        switch Arguments.parse(words) {
        case .relay(let command):
            // By index, so that arguments that are not valid UTF-8 reach the server as they are.
            RelayCommand.run(from: CommandLine.arguments.count - command.count)
        case .inspect(let options): InspectCommand.run(options)
        case .demo(let options): DemoCommand.run(options)
        case .prices(let options): PricesCommand.run(options)
        case .doctor(let options): DoctorCommand.run(options)
        case .serve(let options): ServeCommand.run(options)
        case .report(let options): ReportCommand.run(options)
        case .deliver(let options): DeliverCommand.run(options)
        case .route(let options): RouteCommand.run(options)
        case .importLogs(let options): ImportCommand.run(options)
        case .sampleServer: SampleServer.run()
        case .version: Console.print("mcp-meter \(Version.text)\n")
        case .help(let topic): help(topic)
        case .nothing:
            Console.write(2, Help.overview())
            Console.fail("no command was given.", ExitCode.usage)
        case .misuse(let reason): misuse(reason)
        }
    }

    private static func help(_ topic: String?) {
        guard let topic else {
            Console.print(Help.overview())
            return
        }
        guard let command = CommandTable.command(topic) else {
            misuse(
                "There is no command `\(topic)`."
                    + Arguments.suggestion(topic, CommandTable.commands.map(\.name)))
        }
        Console.print(Help.page(command))
    }

    private static func misuse(_ reason: String) -> Never {
        Console.fail(reason + " `mcp-meter --help` shows what there is.", ExitCode.usage)
    }
}
