import Ledger
import Metering
import Policy
import Posix
import Records
import Reports

/// The policies of a session. Made only where one is set.
struct Policies {
    let accounts: (any Admitting)?
    let ruler: CallRuler
    /// The meter's, with what it shares with the ruler.
    let configuration: MeterConfiguration

    /// Nil where nothing is set, or nothing of it can be read.
    init?(_ plan: SessionPlan, _ base: MeterConfiguration, in directory: LedgerDirectory) {
        guard let settings = plan.configuration.policy else { return nil }
        let router = ConfigurationFiles.routes(settings.routesPath)
        if router == nil, settings.accounts == nil { return nil }
        var configuration = base
        // Two threads ask for prices, and the file is to be read and complained of once.
        configuration.prices = ConfigurationFiles.prices(plan.configuration)
        let findings = ServerFindings()
        configuration.findings = findings
        self.configuration = configuration
        let prices = configuration.prices
        accounts = settings.accounts.map { rules in
            let accounts = Accounts(
                rules, in: directory, session: base.session, prices: { prices },
                oracle: rules.budgets.isEmpty ? nil : EvalOpsOracle.make(plan.environment),
                complain: Console.complain)
            accounts.start()
            return accounts
        }
        ruler = CallRuler(
            CallPreviewer(configuration, findings: findings), accounts: accounts, router: router,
            zone: Self.zone)
    }

    /// What the time of day is here for as long as a session may last.
    private static var zone: Zone {
        let now = WallClock.now() / 1_000_000
        return Zone(nil, span: now &- 86_400...now &+ 2 * 366 * 86_400) ?? .utc
    }
}
