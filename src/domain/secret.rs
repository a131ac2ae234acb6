//! What cannot be guessed: ids, tokens, and the proof that a participant's token is ours.
//!
//! Owns all randomness and hashing but passwords (`organizer`). Keeps nothing.

use hmac::{Hmac, KeyInit, Mac};
use rand::distr::{Alphanumeric, SampleString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Lower-case letters and digits that nobody mistakes for one another when reading a link aloud.
const READABLE: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// `length` random characters of `a-z2-9`: five bits each, from the operating system's generator.
#[must_use]
pub fn readable(length: usize) -> String {
    let bytes: [u8; 64] = rand::random();
    bytes.iter().take(length.min(64)).map(|byte| char::from(READABLE[usize::from(byte % 32)])).collect()
}

/// A random number, for what only needs to differ each time.
#[must_use]
pub fn number() -> i64 {
    rand::random()
}

/// A new token: `prefix` and 40 random letters and digits (238 bits).
#[must_use]
pub fn token(prefix: &str) -> String {
    format!("{prefix}{}", Alphanumeric.sample_string(&mut rand::rng(), 40))
}

/// The hash under which a token is stored, so that a copy of the database signs nobody in.
#[must_use]
pub fn hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// Lower-case hexadecimal. By a table: each message has five hashes.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// Whether two secrets are equal, in a time that does not tell how much of them is.
#[must_use]
pub fn same(left: &str, right: &str) -> bool {
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

/// The key that signs participants' tokens.
///
/// A token is the participant's id with an HMAC-SHA-256 over it (RFC 2104), so that the same join
/// can be answered again with the same token although no token is stored anywhere.
#[derive(Clone)]
pub struct Signer(Hmac<Sha256>);

impl Signer {
    /// A signer for `key`, any bytes.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        let own = Sha256::digest([b"gavel participant token\0", key].concat());
        // RFC 2104, section 2: a short key is filled up with zeros to the hash's block of 64 bytes.
        let mut block = [0; 64];
        block[..own.len()].copy_from_slice(&own);
        Self(Hmac::new(&block.into()))
    }

    /// The token of the participant `id`.
    #[must_use]
    pub fn sign(&self, id: &str) -> String {
        let mut mac = self.0.clone();
        mac.update(id.as_bytes());
        format!("{id}.{}", hex(&mac.finalize().into_bytes()[..20]))
    }

    /// The secret of the link that makes the first account: the same on every node with this key.
    #[must_use]
    pub fn set_up(&self) -> String {
        // No participant's id is like this.
        let mut mac = self.0.clone();
        mac.update(b"set-up");
        hex(&mac.finalize().into_bytes()[..16])
    }

    /// The secret in the address of an organizer's private feed: their id, and what only this key makes of
    /// it and the feed's version.
    #[must_use]
    pub fn feed(&self, organizer: &str, version: i64) -> String {
        // No participant's id begins like this.
        let mut mac = self.0.clone();
        mac.update(format!("feed {version} {organizer}").as_bytes());
        format!("{organizer}-{}", hex(&mac.finalize().into_bytes()[..20]))
    }

    /// The key in a meeting's chair link, for this version of it.
    #[must_use]
    pub fn chair(&self, meeting: &str, version: i64) -> String {
        // No participant's id begins like this, nor what feeds are made of.
        let mut mac = self.0.clone();
        mac.update(format!("chair {version} {meeting}").as_bytes());
        hex(&mac.finalize().into_bytes()[..20])
    }

    /// The seal of a line that takes a change of a meeting back.
    #[must_use]
    pub fn before(&self, meeting: &str, line: &str) -> String {
        // No participant's id begins like this, nor what feeds and chair links are made of.
        let mut mac = self.0.clone();
        mac.update(format!("before {meeting} {line}").as_bytes());
        hex(&mac.finalize().into_bytes()[..20])
    }

    /// The last part of a link in a mail: what it is for is `purpose`, whom it is for `id`, and only this key
    /// makes the rest. Neither has a hyphen.
    #[must_use]
    pub fn mailed(&self, purpose: &str, id: &str) -> String {
        // No participant's id begins like this.
        let mut mac = self.0.clone();
        mac.update(format!("mailed {purpose} {id}").as_bytes());
        format!("{id}-{}", hex(&mac.finalize().into_bytes()[..20]))
    }

    /// The id in such a part of a link, where this key made it for this purpose.
    #[must_use]
    pub fn of_mailed<'t>(&self, purpose: &str, token: &'t str) -> Option<&'t str> {
        let (id, _) = token.split_once('-')?;
        same(&self.mailed(purpose, id), token).then_some(id)
    }

    /// The participant's id in `token`, where the signature is ours.
    #[must_use]
    pub fn verify<'t>(&self, token: &'t str) -> Option<&'t str> {
        let (id, _) = token.split_once('.')?;
        same(&self.sign(id), token).then_some(id)
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_has_two_digits_a_byte() {
        assert_eq!(hex(&[0, 9, 10, 0xa0, 0xff]), "00090aa0ff");
    }

    #[test]
    fn a_token_is_verified_by_its_own_key_only() {
        let token = Signer::new(b"one").sign("p_abc");
        assert_eq!(Signer::new(b"one").verify(&token), Some("p_abc"));
        assert_eq!(Signer::new(b"two").verify(&token), None);
        assert_eq!(Signer::new(b"one").verify(&token.replace("abc", "abd")), None);
        assert_eq!(Signer::new(b"one").verify("p_abc"), None);
    }

    #[test]
    fn a_chair_link_has_a_key_for_each_meeting_and_version() {
        let one = Signer::new(b"one").chair("m_abc", 0);
        assert_eq!((&one, one.len()), (&Signer::new(b"one").chair("m_abc", 0), 40));
        for other in [Signer::new(b"two").chair("m_abc", 0), Signer::new(b"one").chair("m_abc", 1), Signer::new(b"one").chair("m_abd", 0)] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn a_link_in_a_mail_holds_for_its_purpose_and_key_only() {
        let (one, two) = (Signer::new(b"one"), Signer::new(b"two"));
        let token = one.mailed("stop", "r_abc");
        assert_eq!(one.of_mailed("stop", &token), Some("r_abc"));
        for (signer, purpose, token) in [
            (&one, "confirm", token.clone()),
            (&two, "stop", token.clone()),
            (&one, "stop", token.replace("abc", "abd")),
            (&one, "stop", format!("{token}0")),
            (&one, "stop", "r_abc".to_owned()),
        ] {
            assert_eq!(signer.of_mailed(purpose, &token), None, "{token}");
        }
    }

    #[test]
    fn a_feed_has_an_address_for_each_key_organizer_and_version() {
        let one = Signer::new(b"one").feed("o_abc", 0);
        assert_eq!(one, Signer::new(b"one").feed("o_abc", 0));
        assert!(one.starts_with("o_abc-") && one.len() == "o_abc-".len() + 40);
        for other in [Signer::new(b"two").feed("o_abc", 0), Signer::new(b"one").feed("o_abc", 1), Signer::new(b"one").feed("o_abd", 0)] {
            assert_ne!(one, other);
        }
    }
}
