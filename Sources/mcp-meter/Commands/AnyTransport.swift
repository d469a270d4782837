import Delivery
import Posix

/// Sends by whatever the URL needs.
struct AnyTransport: Transport {
    init(stop: Latch) {}
    mutating func send(_ request: HTTPRequest) -> Result<HTTPResponse, TransportError> {
        .failure(.noLibrary("no transport"))
    }
}
