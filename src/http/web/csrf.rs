//! Keeps forms of other sites out: a secret in an encrypted cookie, repeated in each form's hidden
//! field `csrf` (double submit). Beside it stands the check of the request's origin in `guards`.

use rocket::time::Duration;

use crate::domain::secret;
use crate::http::cookies::CSRF;
use crate::http::error::Problem;
use crate::http::guards::Caller;

/// The name of the problem, by which forms know that they may be sent again.
pub const PROBLEM: &str = "csrf";
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

/// Whether a form carries the secret of its browser.
///
/// # Errors
/// 403 with what to do.
pub fn check(token: &str, sent: &str) -> Result<(), Problem> {
    if secret::same(token, sent) {
        return Ok(());
    }
    let detail = "Reload the page and send the form again. If that does not help, let your browser keep cookies of this site.";
    Err(Problem::new(403, PROBLEM, "This form is too old", detail))
}
