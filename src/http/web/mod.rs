//! Pages: one file a page. HTML only; what they show comes from one operation of `app` each.

use rocket::http::ContentType;
use rocket_dyn_templates::{Template, context};

use super::error::Problem;

/// The page that says what went wrong.
pub(super) fn error_page(problem: &Problem) -> (ContentType, Template) {
    (ContentType::HTML, Template::render("error.html.j2", context! { status: problem.status.code }))
}

/// The routes of all pages.
#[must_use]
pub fn routes() -> Vec<rocket::Route> {
    Vec::new()
}
