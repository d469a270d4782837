import CPlatform

extension CurlTransport {
    /// What the libcurl on this machine says of itself, `libcurl/8.5.0 OpenSSL/3.0.13 …`, or that
    /// there is none. Loads it.
    package static func libraryVersion() -> Result<String, TransportError> {
        guard let library = CurlLibrary(CurlLibrary.names) else {
            return .failure(.noLibrary(CurlLibrary.missing(CurlLibrary.names)))
        }
        return .success(String(cString: cplatform_curl_version(library.pointer)))
    }
}
