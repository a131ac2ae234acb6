//! Keeps forms of other sites out: a secret in an encrypted cookie, and a proof of it in each form's hidden field `csrf`
//! (double submit). In addition, `guards` checks the request's origin.
//!
//! The proof differs in every answer, so that nobody can guess it from the length of compressed pages (BREACH).

use rocket::time::Duration;

use crate::domain::secret;
use crate::http::cookies::CSRF;
use crate::http::guards::Caller;
use crate::http::problem::Problem;

/// The name of the problem, by which forms know that they may be sent again.
pub const PROBLEM: &str = "csrf";
/// The lengths of what a proof is made of: random characters (60 bits), and hexadecimal digits of a SHA-256 over them and the secret.
const NONCE: usize = 12;
const PROOF: usize = 32;
/// What a form says that is shown again, now with the right secret.
pub const AGAIN: &str = "This form was too old. Send it again; if that does not help, let your browser keep cookies of this site.";

/// The secret for this browser's forms; made where it has none.
pub fn token(caller: &Caller<'_>) -> String {
    caller.sealed(CSRF).unwrap_or_else(|| {
        let token = secret::token("");
        caller.seal(CSRF, token.clone(), Duration::days(365));
        token
    })
}

/// Returns a fresh proof of the secret for the forms of one answer. All proofs of a secret are valid.
pub fn masked(token: &str) -> String {
    let nonce = secret::readable(NONCE);
    let proof = proof(&nonce, token);
    nonce + &proof
}

fn proof(nonce: &str, token: &str) -> String {
    let mut hash = secret::hash(&format!("{nonce} {token}"));
    hash.truncate(PROOF);
    hash
}

/// Checks that a form carries a proof of its browser's secret.
///
/// # Errors
/// 403 with what to do.
pub fn check(token: &str, sent: &str) -> Result<(), Problem> {
    if let Some((nonce, sent)) = sent.split_at_checked(NONCE)
        && secret::same(&proof(nonce, token), sent)
    {
        return Ok(());
    }
    let detail = "Reload the page and send the form again. If that does not help, let your browser keep cookies of this site.";
    Err(Problem::new(403, PROBLEM, "This form is too old", detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_has_another_proof_and_all_of_them_are_valid() {
        let (token, other) = (secret::token(""), secret::token(""));
        let (one, two) = (masked(&token), masked(&token));
        assert!(one != two && !one.contains(&token) && one.len() == NONCE + PROOF);
        assert!(check(&token, &one).is_ok() && check(&token, &two).is_ok());
        let changed = one.replace(&one[NONCE..], &two[NONCE..]);
        for bad in ["", &one[..NONCE], &one[1..], &format!("{one}0"), &changed, &token, &masked(&other), "ééééééééééééééé"] {
            assert!(check(&token, bad).is_err(), "{bad}");
        }
    }
}
