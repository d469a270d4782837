import Delivery
import Posix
import Records

/// Sends by what the URL asks for: libcurl, or a file.
struct AnyTransport: Transport {
    private let network: CurlTransport
    private var file = FileTransport()

    init(environment: [String: String], stop: StopFlag) {
        network = CurlTransport(version: Version.text, environment: environment, stop: stop)
    }

    mutating func send(_ request: HTTPRequest) -> Result<HTTPResponse, TransportError> {
        FileTransport.handles(request.url) ? file.send(request) : network.send(request)
    }
}
