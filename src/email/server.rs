//! The server that takes our mails, read from a URL. What it says of itself never shows the password.

use std::net::IpAddr;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, TlsParameters};
use percent_encoding::percent_decode_str;
use url::Url;

/// How the way to the server is kept from being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Not at all: it is on this machine.
    Plain,
    /// By STARTTLS (RFC 3207), without which nothing is sent.
    StartTls,
    /// By TLS from the beginning (RFC 8314).
    Tls,
}

/// A server of mail.
#[derive(Clone, Debug)]
pub struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) credentials: Option<Credentials>,
    /// Authorities that are trusted beside Mozilla's.
    pub(super) authorities: Option<Certificate>,
}

impl Server {
    /// Reads `smtp://user:password@host:587` or `smtps://…:465`; the ports are the usual ones where none is
    /// given, user and password may be missing, and signs with a meaning in URLs are written as `%40` and so on.
    ///
    /// # Errors
    /// What is wrong with it, to stand behind “cannot be used:”. It tells nothing of the URL itself.
    pub fn parse(text: &str) -> Result<Self, String> {
        let form = "write smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465";
        let url = Url::parse(text.trim()).map_err(|cause| format!("it is no URL ({cause}); {form}"))?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| format!("it names no host; {form}"))?;
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(format!("something stands behind the host that it has no use for; {form}"));
        }
        let (security, port) = match url.scheme() {
            "smtps" => (Security::Tls, 465),
            "smtp" if is_here(host) => (Security::Plain, 587),
            "smtp" => (Security::StartTls, 587),
            _ => return Err(format!("it begins with neither smtp:// nor smtps://; {form}")),
        };
        let plain = |part: &str| {
            let decoded = percent_decode_str(part).decode_utf8().map(std::borrow::Cow::into_owned);
            decoded.map_err(|_| format!("its user or password is not UTF-8; {form}"))
        };
        let credentials = match (plain(url.username())?, url.password()) {
            (user, None) if user.is_empty() => None,
            (user, Some(password)) if !user.is_empty() => Some(Credentials::new(user, plain(password)?)),
            _ => return Err(format!("it has only one of user and password; {form}")),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { host, port: url.port().unwrap_or(port), security, credentials, authorities: None })
    }

    /// The same, whose certificate may also come from authorities in this PEM. Who names one for a server has a
    /// server with a certificate: the way to it is encrypted on this machine, too.
    ///
    /// # Errors
    /// What is wrong with the PEM, to stand behind “cannot be used:”.
    pub fn trusting(mut self, pem: &[u8]) -> Result<Self, String> {
        const MARK: &[u8] = b"-----BEGIN CERTIFICATE-----";
        if !pem.windows(MARK.len()).any(|at| at == MARK) {
            return Err("there is no certificate in it, in PEM".into());
        }
        let broken = |_| "a certificate in it cannot be read".to_owned();
        self.authorities = Some(Certificate::from_pem(pem).map_err(broken)?);
        if self.security == Security::Plain {
            self.security = Security::StartTls;
        }
        // What it says of each is only known once they are put to use.
        self.tls().map_err(broken)?;
        Ok(self)
    }

    /// What a connection to it is encrypted with.
    pub(super) fn tls(&self) -> Result<TlsParameters, Error> {
        let parameters = TlsParameters::builder(self.host.clone());
        match &self.authorities {
            Some(authorities) => parameters.add_root_certificate(authorities.clone()).build(),
            None => parameters.build(),
        }
    }

    /// Where it is, for logs.
    pub(super) fn name(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// Whether a host is this machine, so that nobody reads along.
fn is_here(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|it| it.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_is_plain_on_this_machine_only() {
        for (url, host, port, security, user) in [
            ("smtp://127.0.0.1:2525", "127.0.0.1", 2525, Security::Plain, false),
            ("smtp://localhost", "localhost", 587, Security::Plain, false),
            ("smtp://[::1]:25", "::1", 25, Security::Plain, false),
            ("smtp://ada:pass%40word@mail.example.org", "mail.example.org", 587, Security::StartTls, true),
            ("smtp://127.0.0.1.example.org", "127.0.0.1.example.org", 587, Security::StartTls, false),
            ("smtps://ada%40example.org:x@mail.example.org/", "mail.example.org", 465, Security::Tls, true),
        ] {
            let server = Server::parse(url).unwrap();
            let found = (server.host.as_str(), server.port, server.security, server.credentials.is_some());
            assert_eq!(found, (host, port, security, user), "{url}");
        }
        let server = Server::parse("smtp://ada:pass%40word@mail.example.org").unwrap();
        assert_eq!(server.credentials, Some(Credentials::new("ada".into(), "pass@word".into())));
    }

    #[test]
    fn what_is_wrong_is_said_without_the_password() {
        for (url, said) in [
            ("sesame", "no URL"),
            ("http://ada:sesame@host", "neither smtp:// nor smtps://"),
            ("smtp://ada:sesame@host:port", "no URL"),
            ("smtp:sesame", "names no host"),
            ("smtp://ada@host", "only one of"),
            ("smtp://:sesame@host", "only one of"),
            ("smtp://ada:sesame@host/?tls=none", "behind the host"),
            ("smtp://ada:sesame%ff@host", "not UTF-8"),
        ] {
            let problem = Server::parse(url).map(|_| ()).unwrap_err();
            assert!(problem.contains(said) && !problem.contains("sesame"), "{url}: {problem}");
        }
        assert!(!format!("{:?}", Server::parse("smtp://ada:sesame@host")).contains("sesame"));
    }
}
