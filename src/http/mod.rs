//! HTTP only: parse, call one operation of `app`, render. `api` speaks JSON, `web` pages; `door` is
//! the second listener, for polls and streams alone.

pub mod api;
pub mod assets;
pub mod door;
pub mod error;
pub mod guards;
pub mod security;
pub mod templates;
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
    /// Whether people come by https, so that cookies must too.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}
