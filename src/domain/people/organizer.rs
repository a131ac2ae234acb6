//! Accounts of those who schedule meetings: names, and passwords as argon2id.

use std::fmt;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

use crate::domain::talk::participant::Nick;

/// A signed-in account that owns meetings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organizer {
    pub id: String,
    pub name: String,
}

/// Why an account cannot be made as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountProblem {
    /// Empty, over 40 characters, or not to be seen.
    Name,
    /// Under 10 characters.
    PasswordShort,
    /// Over 1,000 bytes.
    PasswordLong,
}

impl fmt::Display for AccountProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "The name needs 1 to 40 characters that can be seen.",
            Self::PasswordShort => "The password needs at least 10 characters. A few words in a row are easy to remember.",
            Self::PasswordLong => "The password may have up to 1,000 characters.",
        })
    }
}

/// Reads an organizer's name: the rules of a nickname, and the key under which it is unique.
///
/// # Errors
/// [`AccountProblem::Name`].
pub fn name(text: &str) -> Result<Nick, AccountProblem> {
    Nick::parse(text).map_err(|_| AccountProblem::Name)
}

/// Checks a new password. Only its length counts (NIST SP 800-63B, section 5.1.1).
///
/// # Errors
/// Too short or too long.
pub fn check_password(password: &str) -> Result<(), AccountProblem> {
    match password {
        long if long.len() > 1_000 => Err(AccountProblem::PasswordLong),
        short if short.chars().count() < 10 => Err(AccountProblem::PasswordShort),
        _ => Ok(()),
    }
}

/// Hashes a password with argon2id and a random salt, as a PHC string. Takes tens of milliseconds
/// and 19 MiB on purpose: call it off the async threads.
///
/// # Errors
/// A sentence, where the operating system gave no randomness or no memory.
pub fn hash_password(password: &str) -> Result<String, String> {
    Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(|problem| problem.to_string())
}

/// Whether `password` is the one of `hash`. As slow as [`hash_password`].
#[must_use]
pub fn verify_password(password: &str, hash: &str) -> bool {
    PasswordVerifier::<str>::verify_password(&Argon2::default(), password.as_bytes(), hash).is_ok()
}

/// Returns whether this is a hash that a password can be verified against at a cost that a server can bear: up to 64 MiB, 10 passes, and
/// 8 lanes.
#[must_use]
pub fn is_hash(hash: &str) -> bool {
    let params = argon2::PasswordHash::new(hash).ok().and_then(|hash| argon2::Params::try_from(&hash).ok());
    params.is_some_and(|it| it.m_cost() <= 65_536 && it.t_cost() <= 10 && it.p_cost() <= 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_verified_against_its_argon2id_hash() {
        let hash = hash_password("correct horse").unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(verify_password("correct horse", &hash));
        assert!(!verify_password("correct hors", &hash));
        assert!(!verify_password("correct horse", "no hash"));
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        assert_eq!(check_password("123456789"), Err(AccountProblem::PasswordShort));
        assert_eq!(check_password(&"x".repeat(1_001)), Err(AccountProblem::PasswordLong));
        assert_eq!(check_password("ten signs!"), Ok(()));
    }
}
