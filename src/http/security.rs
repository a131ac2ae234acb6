//! The headers that keep pages safe, and what every answer needs; refuses what cannot be told apart safely. Reached
//! limits are noted here, where all answers pass.

use std::net::IpAddr;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::{Method, Status};
use rocket::{Data, Request, Response, uri};

use super::problem::Problem;
use super::respond;
use crate::app::security_log::{self, Event};
use crate::domain::network::Network;

/// A year. Only for the host itself: what other hosts of the domain do is not for this program to say.
pub const HSTS: &str = "max-age=31536000";

/// Sets security headers.
#[derive(Clone, Debug)]
pub struct SecurityHeaders {
    policy: String,
    https: bool,
}

impl SecurityHeaders {
    /// Nothing but our own files, no inline script or style, no page of another site around ours.
    /// Pages may also call the live door, where it has an address of its own. `https`: people come by it.
    #[must_use]
    pub fn new(live_url: Option<&str>, https: bool) -> Self {
        let live = live_url.map(|url| format!(" {url}")).unwrap_or_default();
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'{live}; \
             frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'; manifest-src 'self'"
        );
        Self { policy, https }
    }
}

impl SecurityHeaders {
    /// Sets the headers of an answer. Rocket calls no fairing for a request that it cannot read, so the catcher does this itself.
    pub fn secure(&self, request: &Request<'_>, response: &mut Response<'_>) {
        // Not as a parsed `ContentType`: that would cost every answer of the API more than its own headers.
        if response.headers().get_one("Content-Type").is_some_and(|it| it.starts_with("text/html")) {
            // A file that carries its style inside says so itself.
            if response.headers().get_one("Content-Security-Policy").is_none() {
                response.set_raw_header("Content-Security-Policy", self.policy.clone());
            }
            // Links of unlisted meetings are secrets.
            response.set_raw_header("Referrer-Policy", "same-origin");
            if self.https || is_loopback(request) {
                response.set_raw_header("Cross-Origin-Opener-Policy", "same-origin");
            }
        }
        response.set_raw_header("X-Content-Type-Options", "nosniff");
        response.set_raw_header("Cross-Origin-Resource-Policy", "same-origin");
        if self.https {
            response.set_raw_header("Strict-Transport-Security", HSTS);
        }
        // Tokens, chair keys and drafts are among the answers: only what says so is kept.
        if response.headers().get_one("Cache-Control").is_none() {
            response.set_raw_header("Cache-Control", "no-store");
        }
    }
}

#[rocket::async_trait]
impl Fairing for SecurityHeaders {
    fn info(&self) -> Info {
        Info { name: "security headers", kind: Kind::Request | Kind::Response }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        // Two programs in a row may each believe another one of them (RFC 9112, section 3.2).
        if request.headers().get("Host").nth(1).is_some() {
            request.set_method(Method::Get);
            request.set_uri(if respond::is_api(request) { uri!("/api/v1/-/two-hosts") } else { uri!("/-/two-hosts") });
        }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        self.secure(request, response);
        let limited = match response.status().code {
            429 => true,
            503 => respond::named(request) == "crowded",
            _ => false,
        };
        if limited {
            security_log::note(Event::LimitReached { route: route(request) }, request.client_ip().map(Network::of));
        }
    }
}

/// Returns whether the client asked for this machine itself: browsers trust that as they trust https, and complain about a policy
/// for openers from any other origin.
fn is_loopback(request: &Request<'_>) -> bool {
    let host = request.host().map(|host| host.domain().as_str()).unwrap_or_default();
    host.eq_ignore_ascii_case("localhost") || host.trim_matches(['[', ']']).parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// The name of the handler of a request. Its path may contain secrets, so it is not for logs.
pub fn route<'r>(request: &'r Request<'_>) -> &'r str {
    request.route().and_then(|route| route.name.as_deref()).unwrap_or("none")
}

#[rocket::get("/-/two-hosts")]
fn two_hosts() -> (Status, Problem) {
    let problem = Problem::bad_request("The request has more than one Host header.");
    (problem.status, problem)
}

/// The routes that answer requests with two hosts.
#[must_use]
pub fn routes() -> Vec<rocket::Route> {
    rocket::routes![two_hosts]
}
