//! The address that links lead to. A request's `Host` may say anything, and links go into calendars, feeds, minutes and
//! search engines: so it is believed only where it is an address that this program serves.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

use rocket::Request;

use super::Site;

/// The address that people use, without a slash at its end: the setting, or what the request was sent to if that is
/// known to be this program. `None` for any other `Host`: pages then have links without a host.
#[must_use]
pub fn of(request: &Request<'_>, site: &Site) -> Option<String> {
    if let Some(url) = &site.public_url {
        return Some(url.clone());
    }
    let (config, host) = (request.rocket().config(), request.host()?);
    known(host.domain().as_str(), host.port(), config.address, config.port)
}

/// The same where a link needs a host: else that of the address served.
#[must_use]
pub fn absolute(request: &Request<'_>, site: &Site) -> String {
    of(request, site).unwrap_or_else(|| {
        let config = request.rocket().config();
        let address = match config.address {
            IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
            address => address,
        };
        url(&written(address), config.port)
    })
}

/// The address of a host that is served at `address` and `port`. Only so many answers are possible, however many hosts
/// are made up: caches are keyed by it.
fn known(host: &str, host_port: Option<u16>, address: IpAddr, port: u16) -> Option<String> {
    if host_port.unwrap_or(80) != port {
        return None;
    }
    if host.eq_ignore_ascii_case("localhost") {
        return Some(url("localhost", port));
    }
    let bare = host.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(host);
    // An IPv4 address in an IPv6 one is nothing that people type.
    let asked: IpAddr = bare.parse().ok().filter(|it: &IpAddr| it.to_canonical() == *it)?;
    let loopback = asked == Ipv4Addr::LOCALHOST || asked == Ipv6Addr::LOCALHOST;
    let served = loopback || asked == address || (address.is_unspecified() && is_of_this_machine(asked));
    served.then(|| url(&written(asked), port))
}

/// Returns whether an address is one of this machine's: then, and only then, a socket can have it.
fn is_of_this_machine(address: IpAddr) -> bool {
    let is_broadcast = address == IpAddr::V4(Ipv4Addr::BROADCAST);
    !is_broadcast && !address.is_loopback() && !address.is_unspecified() && !address.is_multicast() && UdpSocket::bind((address, 0)).is_ok()
}

fn written(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

fn url(host: &str, port: u16) -> String {
    if port == 80 { format!("http://{host}") } else { format!("http://{host}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(host: &str, host_port: Option<u16>, address: &str, port: u16) -> Option<String> {
        known(host, host_port, address.parse().unwrap(), port)
    }

    #[test]
    fn loopback_names_and_the_address_served_are_known() {
        for (host, address, url) in [
            ("localhost", "127.0.0.1", "http://localhost:8000"),
            ("LocalHost", "127.0.0.1", "http://localhost:8000"),
            ("127.0.0.1", "192.0.2.7", "http://127.0.0.1:8000"),
            ("[::1]", "127.0.0.1", "http://[::1]:8000"),
            ("[0:0::1]", "::", "http://[::1]:8000"),
            ("192.0.2.7", "192.0.2.7", "http://192.0.2.7:8000"),
            ("[2001:db8::7]", "2001:db8::7", "http://[2001:db8::7]:8000"),
        ] {
            assert_eq!(at(host, Some(8000), address, 8000).as_deref(), Some(url), "{host} {address}");
        }
        assert_eq!(at("localhost", None, "0.0.0.0", 80).as_deref(), Some("http://localhost"));
    }

    #[test]
    fn no_other_host_and_no_other_port_is_known() {
        for (host, port) in [
            ("evil.example", Some(8000)),
            ("localhost", Some(8001)),
            ("localhost", None),
            ("localhost.evil.example", Some(8000)),
            ("evil.localhost", Some(8000)),
            ("127.0.0.2", Some(8000)),
            ("192.0.2.7", Some(8000)),
            ("[::ffff:127.0.0.1]", Some(8000)),
            ("2130706433", Some(8000)),
            ("255.255.255.255", Some(8000)),
            ("", Some(8000)),
        ] {
            assert_eq!(at(host, port, "0.0.0.0", 8000), None, "{host} {port:?}");
        }
    }
}
