import Reports
import Testing

struct FormatTests {
    @Test func `an amount has cents`() { #expect(Figures.dollars(12_340_000_000) == "$12.34") }
}
