//! Forms as browsers send them, read within bounds of size and time.

use std::time::Duration;

use rocket::Request;
use rocket::data::{Data, FromData, Outcome, ToByteUnit};
use rocket::form::{Form, FromForm};
use rocket::http::{ContentType, RawStr, Status};
use rocket::tokio::time::timeout;

use crate::http::problem::Problem;

/// How long a form may take to arrive, as in `guards::json`.
const BODY: Duration = Duration::from_secs(10);

/// A form that came in. Take it as `Result<Sent<T>, Problem>`, so that its problems are told.
#[derive(Debug)]
pub struct Sent<T>(pub T);

#[rocket::async_trait]
impl<'r, T: for<'f> FromForm<'f> + Send + 'static> FromData<'r> for Sent<T> {
    type Error = Problem;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        match read(request, data).await {
            Ok(form) => Outcome::Success(Self(form)),
            Err(problem) => Outcome::Error((problem.status, problem)),
        }
    }
}

async fn read<T: for<'f> FromForm<'f> + 'static>(request: &Request<'_>, data: Data<'_>) -> Result<T, Problem> {
    if request.content_type() != Some(&ContentType::Form) {
        let status = Status::UnsupportedMediaType.code;
        return Err(Problem::new(status, "not-a-form", "This is not a form", "Send it from the page that has the form."));
    }
    let most = request.limits().get("form").unwrap_or_else(|| 64.kibibytes());
    let bytes = timeout(BODY, data.open(most).into_bytes())
        .await
        .map_err(|_| Problem::new(408, "too-slow", "The form took too long to arrive", "Send it again."))?
        .map_err(|problem| Problem::bad_request(format!("The form broke off: {problem}.")))?;
    if !bytes.is_complete() {
        return Err(Problem::new(
            413,
            "too-large",
            "The form is too large",
            format!("A form may have up to {most}. Shorten it and send it again."),
        ));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| Problem::bad_request("The form is not UTF-8."))?;
    Form::<T>::parse_encoded(RawStr::new(text))
        .map_err(|_| Problem::bad_request("The form has fields that cannot be read. Reload its page and fill it in anew."))
}

/// A form of nothing but a button.
#[derive(Debug, FromForm)]
pub struct Button {
    #[field(default = "")]
    pub csrf: String,
    #[field(default = "")]
    pub back: String,
}
