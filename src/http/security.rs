//! The headers that keep pages safe, on pages; the API and static files carry the least.

use rocket::fairing::{Fairing, Info, Kind};
use rocket::{Request, Response};

/// Sets security headers on HTML.
#[derive(Debug)]
pub struct SecurityHeaders {
    policy: String,
}

impl SecurityHeaders {
    /// Nothing but our own files, no inline script or style, no page of another site around ours.
    /// Pages may also call the live door, where it has an address of its own.
    #[must_use]
    pub fn new(live_url: Option<&str>) -> Self {
        let live = live_url.map(|url| format!(" {url}")).unwrap_or_default();
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'{live}; \
             frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'; manifest-src 'self'"
        );
        Self { policy }
    }
}

#[rocket::async_trait]
impl Fairing for SecurityHeaders {
    fn info(&self) -> Info {
        Info { name: "security headers", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, _: &'r Request<'_>, response: &mut Response<'r>) {
        // Not as a parsed `ContentType`: that would cost every answer of the API more than its own headers.
        if response.headers().get_one("Content-Type").is_some_and(|it| it.starts_with("text/html")) {
            // A file that carries its style inside says so itself.
            if response.headers().get_one("Content-Security-Policy").is_none() {
                response.set_raw_header("Content-Security-Policy", self.policy.clone());
            }
            response.set_raw_header("X-Content-Type-Options", "nosniff");
            // Links of unlisted meetings are secrets.
            response.set_raw_header("Referrer-Policy", "same-origin");
        }
        // Tokens, chair keys and drafts are among the answers: only what says so is kept.
        if response.headers().get_one("Cache-Control").is_none() {
            response.set_raw_header("Cache-Control", "no-store");
        }
    }
}
