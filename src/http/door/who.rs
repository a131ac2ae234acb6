//! Who asks: the token of a request's head, or the one in a cookie that Rocket sealed, and from
//! which address. The rules are those of `http/guards.rs`, read from hyper's headers.

use std::net::IpAddr;
use std::str;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use cookie::{Cookie, CookieJar, Key};
use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, COOKIE};

use crate::app::{App, Error};
use crate::domain::event::EventId;
use crate::domain::participant::ParticipantId;
use crate::http::guards::{bearer, participant_cookie};

/// The key of the private cookies: made of the secret key as Rocket makes it.
pub(super) struct CookieKey(Key);

impl CookieKey {
    /// 256 bits in hexadecimal or base64, or 512 in base64: what Rocket's setting takes.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes = match text.len() {
            64 => unhex(text)?,
            44 | 88 => BASE64_STANDARD.decode(text).ok()?,
            _ => return None,
        };
        // Like Rocket: a whole key is one, half of one is material to make one of.
        let key = if bytes.len() >= 64 { Key::from(&bytes) } else { Key::derive_from(&bytes) };
        Some(Self(key))
    }

    /// The participant's token that this browser keeps for the event. Of two cookies of one name
    /// the last counts, as with Rocket; one that is not ours is none.
    fn token(&self, headers: &HeaderMap, event: &EventId) -> Option<String> {
        let name = participant_cookie(event);
        let lines = headers.get_all(COOKIE).iter().filter_map(|line| str::from_utf8(line.as_bytes()).ok());
        let ours = lines.flat_map(|line| line.split(';')).filter(|pair| pair.trim_start().starts_with(&name));
        let sealed = ours.filter_map(|pair| Cookie::parse_encoded(pair.trim()).ok()).rfind(|cookie| cookie.name() == name)?;
        let cookie = CookieJar::new().private(&self.0).decrypt(sealed.into_owned())?;
        Some(cookie.value().to_owned())
    }
}

/// The participant whose token came along, by header or by the page's cookie.
///
/// # Errors
/// [`Error::BadToken`] for a token that is not ours.
pub(super) fn participant(app: &App, key: &CookieKey, headers: &HeaderMap, event: &EventId) -> Result<Option<ParticipantId>, Error> {
    let header = headers.get(AUTHORIZATION).map(|value| String::from_utf8_lossy(value.as_bytes()));
    if let Some(token) = header.as_deref().and_then(bearer) {
        return app.authenticate(token).map(Some);
    }
    key.token(headers, event).map(|token| app.authenticate(&token)).transpose()
}

/// The client's address: the peer's, or what the trusted header says of it.
pub(super) fn address(headers: &HeaderMap, trusted: Option<&str>, peer: IpAddr) -> IpAddr {
    let said = trusted.and_then(|name| headers.get(name)).and_then(|value| value.to_str().ok());
    said.and_then(|text| text.parse().ok()).unwrap_or(peer)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(16)).collect();
    digits?.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok()).collect()
}
