/// A report as one page, fit to be mailed.
package struct HTMLReport {
    private let report: Report

    package init(_ report: Report) { self.report = report }

    package var text: String { "" }
}
