import Records
extension PriceTable { init(overriding: [UInt8]) throws { self = .builtIn } }
