//! HTTP only: parse, call one operation of `app`, render. `api` speaks JSON, `web` pages, `feeds` calendars and Atom; `door` is
//! the second listener, for polls and streams alone.

pub mod api;
pub mod assets;
pub mod compression;
pub mod cookies;
mod credentials;
pub mod door;
mod draft_access;
pub mod feeds;
pub mod guards;
mod memberships;
pub mod method;
pub mod origin;
pub mod problem;
pub mod respond;
pub mod security;
pub mod templates;
pub mod turns;
pub mod web;

/// What handlers need of the settings.
#[derive(Clone, Debug)]
pub struct Site {
    /// The name of this site.
    pub title: String,
    /// The address people use, without a slash at its end; `None`: the address served.
    pub public_url: Option<String>,
    /// Where pages poll, in the same form; `None`: where they come from.
    pub live_url: Option<String>,
}

impl Site {
    /// Where the pages at `host` poll. A door on another host than theirs is none of them: the cookie
    /// by which it would know them is not sent there, and they would be thought to have left.
    #[must_use]
    pub fn live_for(&self, host: &str) -> Option<&str> {
        let door = self.live_url.as_deref()?;
        let (_, door_host) = door.split_once("://")?;
        host_name(door_host).eq_ignore_ascii_case(host_name(host)).then_some(door)
    }

    /// True if people use https: then cookies are sent only with it.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.as_deref().is_some_and(is_https)
    }
}

/// Returns whether an address begins with `https://`.
fn is_https(url: &str) -> bool {
    url.starts_with("https://")
}

/// A host without its port; the colons of an IPv6 address stand in brackets.
fn host_name(host: &str) -> &str {
    match host.rfind(':') {
        Some(at) if !host[at..].contains(']') => &host[..at],
        _ => host,
    }
}
