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
use crate::domain::schedule::event::EventId;
use crate::domain::talk::participant::ParticipantId;
use crate::http::guards::bearer;
use crate::http::memberships::{self, Memberships};

/// The key of the private cookies: made of the secret key as Rocket makes it.
pub(super) struct CookieKey {
    key: Key,
}

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
        Some(Self { key })
    }

    /// Finds out who this browser is in the event: by the cookie of its rooms, or by one of an older Gavel.
    fn member(&self, headers: &HeaderMap, rooms: &str, event: &EventId) -> Option<ParticipantId> {
        // Most have none; then nothing is looked for.
        headers.get(COOKIE)?;
        if let Some(who) = self.open(headers, rooms).and_then(|kept| Memberships::find(&kept, event)) {
            return Some(who);
        }
        memberships::of_token(&self.open(headers, &memberships::old_name(event))?)
    }

    /// The secret of the browser's sign-in: the organizer of a draft may follow its events.
    pub(super) fn session(&self, headers: &HeaderMap, name: &str) -> Option<Box<str>> {
        headers.get(COOKIE)?;
        self.open(headers, name).map(String::into_boxed_str)
    }

    /// Returns the content of a sealed cookie. Of two cookies with one name the last counts, as with Rocket; a foreign one is ignored.
    fn open(&self, headers: &HeaderMap, name: &str) -> Option<String> {
        let lines = headers.get_all(COOKIE).iter().filter_map(|line| str::from_utf8(line.as_bytes()).ok());
        let ours = lines.flat_map(|line| line.split(';')).filter(|pair| pair.trim_start().starts_with(name));
        let sealed = ours.filter_map(|pair| Cookie::parse_encoded(pair.trim()).ok()).rfind(|cookie| cookie.name() == name)?;
        let cookie = CookieJar::new().private(&self.key).decrypt(sealed.into_owned())?;
        Some(cookie.value().to_owned())
    }
}

/// The participant whose token came along, by header or by the page's cookie.
///
/// # Errors
/// [`Error::BadToken`] for a token that is not ours.
pub(super) fn participant(
    app: &App,
    (key, rooms): (&CookieKey, &str),
    headers: &HeaderMap,
    event: &EventId,
) -> Result<Option<ParticipantId>, Error> {
    let header = headers.get(AUTHORIZATION).map(|value| String::from_utf8_lossy(value.as_bytes()));
    if let Some(token) = header.as_deref().and_then(bearer) {
        return app.authenticate(token).map(Some);
    }
    Ok(key.member(headers, rooms, event))
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

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn a_key_is_one_in_each_form_that_rocket_takes() {
        let material: Vec<u8> = (0..64).collect();
        let hex = crate::domain::secret::hex(&material[..32]);
        let (event, who) = (EventId::random(), ParticipantId::random());
        let mut kept = Memberships::default();
        kept.join(&event, who.clone());
        for (text, key) in [
            (hex.to_uppercase(), Key::derive_from(&material[..32])),
            (BASE64_STANDARD.encode(&material[..32]), Key::derive_from(&material[..32])),
            (BASE64_STANDARD.encode(&material), Key::from(&material)),
        ] {
            for (name, value) in [("gavel_rooms".to_owned(), kept.to_string()), (memberships::old_name(&event), format!("{who}.0123"))] {
                let mut jar = CookieJar::new();
                jar.private_mut(&key).add(Cookie::new(name.clone(), value));
                let sealed = jar.get(&name).unwrap().encoded().to_string();
                let mut headers = HeaderMap::new();
                headers.insert(COOKIE, format!("theme=dark; {name}=old; {sealed}; x").parse().unwrap());
                let key = CookieKey::parse(&text).unwrap();
                assert_eq!(key.member(&headers, "gavel_rooms", &event), Some(who.clone()), "{text}");
                assert_eq!(key.member(&headers, "gavel_rooms", &EventId::random()), None);
            }
        }
        for text in ["", "short", &"x".repeat(64), &"é".repeat(32), &"=".repeat(44)] {
            assert!(CookieKey::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn an_address_is_believed_only_from_the_header_that_is_trusted() {
        let peer = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let said: IpAddr = "2001:db8::1".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("x-real-ip", "2001:db8::1".parse().unwrap());
        assert_eq!(address(&headers, None, peer), peer);
        assert_eq!(address(&headers, Some("X-Real-IP"), peer), said);
        assert_eq!(address(&headers, Some("X-Forwarded-For"), peer), peer);
        headers.insert("x-real-ip", "nobody".parse().unwrap());
        assert_eq!(address(&headers, Some("X-Real-IP"), peer), peer);
    }
}
