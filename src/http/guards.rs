//! Who asks: tokens, cookies, addresses, and whether a browser sent this from our own pages.
//!
//! The guard itself never fails, so that each failure is told in the words of `problem.rs`.

use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use rocket::Request;
use rocket::data::{ByteUnit, Data};
use rocket::http::CookieJar;
use rocket::request::{FromRequest, Outcome};
use rocket::tokio::io::AsyncReadExt;
use rocket::tokio::time::timeout;
use serde::de::DeserializeOwned;

use super::memberships::Memberships;
use super::problem::Problem;
use super::{Site, security};
use crate::app::security_log::{self, Event};
use crate::app::{App, Error};
use crate::domain::network::Network;
use crate::domain::people::organizer::Organizer;
use crate::domain::schedule::event::EventId;
use crate::domain::talk::participant::ParticipantId;

/// How long a body may take to arrive. Rocket itself would wait for ever.
const BODY: Duration = Duration::from_secs(10);
/// What most bodies have room in.
const USUAL: usize = 512;

/// Whoever sent the request.
#[derive(Debug)]
pub struct Caller<'r> {
    bearer: Option<&'r str>,
    pub(super) jar: &'r CookieJar<'r>,
    pub(super) https: bool,
    /// Read when it is first asked for.
    pub(super) memberships: OnceLock<Mutex<Memberships>>,
    origin: Origin,
    is_json: bool,
    /// The name of the handler, for the log.
    route: &'r str,
    /// The network of the client: of the connection's address, or of the one in the trusted proxy's header.
    pub network: Option<Network>,
}

/// What a browser says of where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Ours,
    Foreign,
    Unsaid,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Caller<'r> {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let site = request.rocket().state::<Site>();
        let headers = request.headers();
        Outcome::Success(Self {
            bearer: headers.get_one("Authorization").and_then(bearer),
            jar: request.cookies(),
            memberships: OnceLock::new(),
            https: site.is_some_and(Site::is_https),
            origin: origin(request, site),
            is_json: headers.get_one("Content-Type").is_some_and(|it| it.trim_start().to_ascii_lowercase().starts_with("application/json")),
            route: security::route(request),
            network: request.client_ip().map(Network::of),
        })
    }
}

/// The credentials of `Authorization: Bearer …` (RFC 6750, section 2.1). An empty token is a bad one,
/// not none: a script whose variable is unset must hear of it.
pub(super) fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn origin(request: &Request<'_>, site: Option<&Site>) -> Origin {
    // A page cannot forge these two; a program that has no cookies to abuse does not send them.
    if let Some(fetch_site) = request.headers().get_one("Sec-Fetch-Site") {
        return if matches!(fetch_site, "same-origin" | "none") { Origin::Ours } else { Origin::Foreign };
    }
    let Some(origin) = request.headers().get_one("Origin") else { return Origin::Unsaid };
    let host = origin.split_once("://").map_or("", |(_, host)| host);
    let ours = request.host().is_some_and(|it| *it == *host) || site.and_then(|it| it.public_url.as_deref()) == Some(origin);
    if ours { Origin::Ours } else { Origin::Foreign }
}

impl<'r> Caller<'r> {
    /// The token of the header, if there is one.
    #[must_use]
    pub const fn bearer(&self) -> Option<&'r str> {
        self.bearer
    }

    /// The participant whose token came along, by header or by the page's cookie.
    ///
    /// # Errors
    /// [`Error::BadToken`] for a token that is not ours.
    pub fn participant(&self, app: &App, event: &EventId) -> Result<Option<ParticipantId>, Error> {
        if let Some(token) = self.bearer {
            return app.authenticate(token).map(Some);
        }
        Ok(self.member(event))
    }

    /// The participant on whose behalf something is to be written.
    ///
    /// # Errors
    /// 401 without a token, 403 where a foreign page sent its visitor's cookie.
    pub fn writer(&self, app: &App, event: &EventId) -> Result<ParticipantId, Problem> {
        let who = self.participant(app, event)?.ok_or(Error::BadToken)?;
        self.check_write()?;
        Ok(who)
    }

    /// The participant who wants to leave. Such a request has no body, so none is asked to be JSON.
    ///
    /// # Errors
    /// As for [`Self::writer`].
    pub fn leaver(&self, app: &App, event: &EventId) -> Result<ParticipantId, Problem> {
        let who = self.participant(app, event)?.ok_or(Error::BadToken)?;
        if self.bearer.is_none() && self.origin != Origin::Ours {
            return Err(self.cross_site());
        }
        Ok(who)
    }

    /// The organizer of the API token, or who is signed in. For writes.
    ///
    /// # Errors
    /// 401, or 403 where a foreign page sent its visitor's cookie.
    pub async fn organizer(&self, app: &App) -> Result<Organizer, Problem> {
        if let Some(token) = self.bearer {
            return Ok(app.organizer_of_token(token).await?);
        }
        let organizer = self.signed_in(app).await?.ok_or(Error::NotSignedIn)?;
        self.check_write()?;
        Ok(organizer)
    }

    /// The organizer who looks, by API token or sign-in; any other token is a participant's.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn viewer(&self, app: &App) -> Result<Option<Organizer>, Error> {
        let Some(token) = self.bearer else { return self.signed_in(app).await };
        match app.organizer_of_token(token).await {
            Ok(organizer) => Ok(Some(organizer)),
            Err(Error::NotSignedIn) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Who is signed in, for pages.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn signed_in(&self, app: &App) -> Result<Option<Organizer>, Error> {
        match self.session() {
            Some(session) => app.organizer_of_session(&session).await,
            None => Ok(None),
        }
    }

    /// The organizer of the API token, or who is signed in, if anybody. For reading.
    ///
    /// # Errors
    /// 401 for a token that is no organizer's: a script must not take what everybody may read for all.
    pub async fn reader(&self, app: &App) -> Result<Option<Organizer>, Error> {
        match self.bearer {
            Some(token) => app.organizer_of_token(token).await.map(Some),
            None => self.signed_in(app).await,
        }
    }

    /// Writes by cookie come from our own pages, as JSON: a form of another site can send neither.
    ///
    /// # Errors
    /// 403, 415.
    pub fn check_write(&self) -> Result<(), Problem> {
        if self.bearer.is_some() {
            return Ok(());
        }
        if self.origin != Origin::Ours {
            return Err(self.cross_site());
        }
        if self.is_json {
            Ok(())
        } else {
            Err(Problem::new(415, "not-json", "This is not JSON", "Send it with Content-Type: application/json."))
        }
    }

    /// Whether a form may be taken: not from a page of another site.
    ///
    /// # Errors
    /// 403.
    pub fn check_form(&self) -> Result<(), Problem> {
        if self.origin == Origin::Foreign { Err(self.cross_site()) } else { Ok(()) }
    }

    fn cross_site(&self) -> Problem {
        self.note_csrf();
        cross_site()
    }

    /// Notes that a write was refused because another page than ours may have sent it.
    pub fn note_csrf(&self) {
        security_log::note(Event::CsrfRefused { route: self.route }, self.network);
    }

    /// Returns whether one of our own pages sent this.
    #[must_use]
    pub fn is_our_page(&self) -> bool {
        self.origin == Origin::Ours
    }
}

fn cross_site() -> Problem {
    Problem::new(
        403,
        "cross-site",
        "This came from another site",
        "Do it on the page itself. Programs send a token as Authorization: Bearer.",
    )
}

/// Reads a JSON body of at most `most` bytes.
///
/// # Errors
/// 400 for what is no JSON, 422 for JSON of another shape, 413 and 408.
pub async fn json<T: DeserializeOwned>(data: Data<'_>, most: ByteUnit) -> Result<T, Problem> {
    parse(&body(data, most).await?)
}

/// The same where a body may be missing.
///
/// # Errors
/// As for [`json`].
pub async fn json_or_nothing<T: DeserializeOwned + Default>(data: Data<'_>, most: ByteUnit) -> Result<T, Problem> {
    match body(data, most).await? {
        nothing if nothing.is_empty() => Ok(T::default()),
        bytes => parse(&bytes),
    }
}

async fn body(data: Data<'_>, most: ByteUnit) -> Result<Vec<u8>, Problem> {
    // One byte more tells whether it is too large. Rocket's `into_bytes` would copy by way of a fresh
    // buffer of 8 KiB.
    let mut bytes = Vec::with_capacity(USUAL);
    timeout(BODY, data.open(most + 1).read_to_end(&mut bytes))
        .await
        .map_err(|_| Problem::new(408, "too-slow", "The request took too long to arrive", "Send it again."))?
        .map_err(|problem| Problem::bad_request(format!("The body broke off: {problem}.")))?;
    if bytes.len() as u64 > most {
        return Err(Problem::new(413, "too-large", "The request is too large", format!("The body of this call may have up to {most}.")));
    }
    Ok(bytes)
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::bad_request("The body is not UTF-8."))?;
    serde_json::from_str(text).map_err(|problem| {
        // A wrong type may be met before the place where the JSON breaks off.
        if problem.is_data() && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
            Problem::new(422, "invalid", "Some values break a rule", format!("The JSON has another shape than this call takes: {problem}."))
        } else {
            Problem::bad_request(format!("The body is not JSON: {problem}."))
        }
    })
}
