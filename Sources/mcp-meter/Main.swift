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
        case .wrap(let options): WrapCommand.run(options)
        case .unwrap(let options): UnwrapCommand.run(options)
        case .route(let options): RouteCommand.run(options)
        case .importLogs(let options): ImportCommand.run(options)
        case .sampleServer: SampleServer.run()
        case .version: Console.finish(Build.line)
        case .completions(let shell): Console.finish(Completions.script(shell))
        case .manual: Console.finish(Manual.page)
        case .help(let topic): HelpCommand.run(topic)
        case .nothing: HelpCommand.nothing()
        case .misuse(let reason): HelpCommand.misuse(reason)
        }
    }
}
