//! What a page's handler gives back: a page with its status, or the way to another one.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use rocket::Request;
use rocket::http::uri::Reference;
use rocket::http::{ContentType, Header, Method, RawStr, Status};
use rocket::response::{self, Redirect, Responder};
use rocket_dyn_templates::Template;
use serde::Serialize;

use crate::http::problem::Problem;

/// A page, or the way to another one.
#[derive(Debug)]
pub struct Answer {
    body: Body,
    header: Option<Header<'static>>,
    /// True if it has a secret, so that nobody may store it.
    is_secret: bool,
}

#[derive(Debug)]
enum Body {
    Page(Status, Box<Template>),
    Go(Box<Redirect>),
}

impl Answer {
    /// A page.
    pub fn page(status: Status, template: Template) -> Self {
        Self { body: Body::Page(status, Box::new(template)), header: None, is_secret: false }
    }

    /// A part of a page, for its script or a frame. Not rendered as pages are: that would use up the notice that the page around it
    /// is to show.
    pub fn fragment(status: Status, template: &'static str, own: impl Serialize) -> Self {
        Self::page(status, Template::render(template, own))
    }

    /// To a page of ours, after something was done or because it is the page to see (303).
    pub fn go(path: impl Into<String>) -> Self {
        Self { body: Body::Go(Box::new(Redirect::to(as_uri(path.into())))), header: None, is_secret: false }
    }

    /// To where a link leads from now on; a form is sent again there (308).
    pub fn moved(path: String) -> Self {
        Self { body: Body::Go(Box::new(Redirect::permanent(as_uri(path)))), header: None, is_secret: false }
    }

    /// To the sign-in, and from there back to `path`.
    pub fn sign_in(path: &str) -> Self {
        Self::go(format!("/sign-in?back={}", RawStr::new(path).percent_encode()))
    }

    /// The same with one more header.
    pub fn with(self, name: &'static str, value: String) -> Self {
        Self { header: Some(Header::new(name, value)), ..self }
    }

    /// The same, kept by no browser: it has a link that is as good as a password.
    pub fn secret(self) -> Self {
        Self { is_secret: true, ..self }
    }

    /// The same, and how long to wait where the problem says so.
    pub fn after(self, problem: &Problem) -> Self {
        match problem.retry_after {
            Some(wait) => self.with("Retry-After", (wait.as_secs() + 1).to_string()),
            None => self,
        }
    }
}

impl<'r> Responder<'r, 'static> for Answer {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut response = match self.body {
            Body::Page(status, template) => {
                let mut page = (status, (ContentType::HTML, *template)).respond_to(request)?;
                if request.method() == Method::Post && !self.is_secret {
                    // A browser that may not keep it cannot go back to it: it would have to send the form again.
                    page.set_raw_header("Cache-Control", "private, no-cache");
                }
                page
            }
            Body::Go(redirect) => redirect.respond_to(request)?,
        };
        if let Some(header) = self.header {
            response.set_header(header);
        }
        Ok(response)
    }
}

/// Encodes what no URI may have in it, such as a space of a path that was decoded: a redirect to it would be refused, and the
/// answer be 500. What is encoded already stays as it is.
fn as_uri(path: String) -> String {
    /// All that is not allowed in any part of a URI (RFC 3986, section 2).
    const STRANGE: &AsciiSet =
        &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');
    if Reference::parse(&path).is_ok() {
        return path;
    }
    let encoded = utf8_percent_encode(&path, STRANGE).to_string();
    if Reference::parse(&encoded).is_ok() { encoded } else { RawStr::new(&path).percent_encode().to_string().replace("%2F", "/") }
}

/// A path of this site that a form or a link asked to be led back to; nothing that another site
/// could be reached by.
pub fn local(back: &str) -> Option<&str> {
    let ours = back.starts_with('/') && !back.starts_with("//") && !back.starts_with("/\\");
    (ours && Reference::parse(back).is_ok()).then_some(back)
}

#[cfg(test)]
mod tests {
    use rocket::http::uri::Reference;

    use super::{as_uri, local};

    #[test]
    fn whatever_a_path_holds_a_redirect_can_lead_to_it() {
        for path in ["/schedule", "/m/weekly/2026-11-24?all=1#t17", "/m/a%20b"] {
            assert_eq!(as_uri(path.to_owned()), path);
        }
        assert_eq!(as_uri("/m/weekly/run/a b".to_owned()), "/m/weekly/run/a%20b");
        for path in ["/m/ä", "/m/%zz", "/m/%", "/m/a b%", "/m/\u{0}", "/m/a\r\nb", "/m/[x]", "/m/{x}|^`", "/m/😀?q= #"] {
            let encoded = as_uri(path.to_owned());
            assert!(Reference::parse(&encoded).is_ok() && encoded.starts_with("/m/"), "{path:?}: {encoded}");
        }
    }

    #[test]
    fn only_paths_of_this_site_are_followed() {
        for path in ["/", "/schedule", "/m/weekly/2026-11-24?all=1#t17"] {
            assert_eq!(local(path), Some(path));
        }
        for path in ["", "schedule", "//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "/a\r\nb"] {
            assert_eq!(local(path), None, "{path:?}");
        }
    }
}
