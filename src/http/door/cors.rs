//! Which pages may read the door's answers: those of the site itself, from whichever port, with
//! their cookies. Other sites' pages get no word of it, so their browsers keep the answers from them.

use hyper::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HOST, HeaderMap, HeaderValue, ORIGIN, VARY,
};

use crate::http::host_name;

/// What a request says of the page that sent it. Small, as it is kept while a poll waits.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// No browser, or a page that the door itself need not name.
    Unsaid,
    Foreign,
    /// One of ours, by its origin.
    Ours(Box<str>),
}

impl Page {
    /// Reads who sent this. Without `public_url` a page is ours where its host is the one that it
    /// reached the door by, on any port.
    pub(super) fn of(headers: &HeaderMap, public_url: Option<&str>) -> Self {
        let Some(origin) = headers.get(ORIGIN) else { return Self::Unsaid };
        let Ok(origin) = origin.to_str() else { return Self::Foreign };
        let ours = match public_url {
            Some(url) => url.eq_ignore_ascii_case(origin),
            None => match (origin.split_once("://"), headers.get(HOST).and_then(|host| host.to_str().ok())) {
                (Some(("http" | "https", page)), Some(host)) => !page.is_empty() && host_name(page).eq_ignore_ascii_case(host_name(host)),
                _ => false,
            },
        };
        if ours { Self::Ours(origin.into()) } else { Self::Foreign }
    }

    /// Adds what the browser has to know to an answer.
    pub(super) fn allow(&self, headers: &mut HeaderMap) {
        if *self == Self::Unsaid {
            return;
        }
        headers.append(VARY, HeaderValue::from_static("Origin"));
        if let Self::Ours(origin) = self
            && let Ok(origin) = HeaderValue::from_str(origin)
        {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            if headers.contains_key(hyper::header::RETRY_AFTER) {
                headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("Retry-After"));
            }
        }
    }

    /// The same for the question that a browser asks before it sends a token.
    pub(super) fn allow_asked(&self, headers: &mut HeaderMap) {
        self.allow(headers);
        if matches!(self, Self::Ours(_)) {
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD"));
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("Authorization, Last-Event-ID"));
            // A day; browsers cut it to what they think right.
            headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(origin: &str, host: &str, public_url: Option<&str>) -> Page {
        let mut headers = HeaderMap::new();
        headers.insert(ORIGIN, origin.parse().unwrap());
        headers.insert(HOST, host.parse().unwrap());
        Page::of(&headers, public_url)
    }

    #[test]
    fn a_page_is_ours_by_its_host_on_any_port() {
        for (origin, host) in [
            ("http://127.0.0.1:8000", "127.0.0.1:8001"),
            ("https://meet.example.org", "MEET.example.org:8001"),
            ("http://[::1]:8000", "[::1]:8001"),
            ("http://[::1]", "[::1]"),
        ] {
            assert_eq!(page(origin, host, None), Page::Ours(origin.into()), "{origin} at {host}");
        }
        for (origin, host) in [
            ("http://evil.example", "127.0.0.1:8001"),
            ("null", "null"),
            ("file://", "127.0.0.1"),
            ("http://127.0.0.1.evil.example", "127.0.0.1:8001"),
            ("http://[::2]:8000", "[::1]:8001"),
            ("http://", ""),
        ] {
            assert_eq!(page(origin, host, None), Page::Foreign, "{origin} at {host}");
        }
    }

    #[test]
    fn with_an_address_of_the_site_only_that_is_ours() {
        let site = Some("https://meet.example.org");
        assert_eq!(page("https://meet.example.org", "live.example.org", site), Page::Ours("https://meet.example.org".into()));
        for origin in ["http://meet.example.org", "https://meet.example.org:8443", "https://live.example.org"] {
            assert_eq!(page(origin, "live.example.org", site), Page::Foreign, "{origin}");
        }
    }
}
