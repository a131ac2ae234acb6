//! The network that a client's address belongs to: what limits per address count by.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The first 96 bits of `64:ff9b::/96`, by which translators carry IPv4 addresses in IPv6 (RFC 6052, section 2.1).
const TRANSLATED: [u16; 6] = [0x64, 0xff9b, 0, 0, 0, 0];

/// The network of one client: a single IPv4 address, or an IPv6 /64.
///
/// Limits use this instead of the address, because one client has all 2^64 addresses of its /64 (RFC 4291, section
/// 2.5.1), and because the same IPv4 client has an IPv6 address when it reaches a listener that serves both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Network(IpAddr);

impl Network {
    /// The network of an address. IPv4-mapped addresses (`::ffff:192.0.2.1`, RFC 4291, section 2.5.5.2) and
    /// translated ones (`64:ff9b::192.0.2.1`) are the IPv4 address that they contain.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        let IpAddr::V6(v6) = address.to_canonical() else { return Self(address.to_canonical()) };
        let segments = v6.segments();
        if segments[..6] == TRANSLATED {
            let [.., a, b, c, d] = v6.octets();
            return Self(Ipv4Addr::new(a, b, c, d).into());
        }
        let [a, b, c, d, ..] = segments;
        Self(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into())
    }
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        Self::of(address)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => address.fmt(f),
            IpAddr::V6(address) => write!(f, "{address}/64"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> String {
        Network::of(address.parse().unwrap()).to_string()
    }

    #[test]
    fn an_ipv4_client_is_one_network_however_its_address_is_written() {
        for address in ["192.0.2.1", "::ffff:192.0.2.1", "::ffff:c000:201", "64:ff9b::192.0.2.1"] {
            assert_eq!(network(address), "192.0.2.1", "{address}");
        }
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        assert_ne!(network("64:ff9b::192.0.2.1"), network("64:ff9b::192.0.2.2"));
    }

    #[test]
    fn all_addresses_of_an_ipv6_64_are_one_network() {
        for address in ["2001:db8:1:2::", "2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"] {
            assert_eq!(network(address), "2001:db8:1:2::/64", "{address}");
        }
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        // A network of its own that a site chose for its translators, so it says nothing about the last 32 bits.
        assert_eq!(network("64:ff9b:1::192.0.2.1"), "64:ff9b:1::/64");
        assert_eq!(network("::1"), "::/64");
    }
}
