//! The method of a request is the one that it was sent with. Rocket lets a form change it by a first field `_method`, so that a
//! form which was checked as a `POST` would delete; this turns that off.

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::{ContentType, Method};
use rocket::{Data, Request};

/// Takes back what Rocket made of a form's field `_method` before any fairing or route is asked.
#[derive(Debug)]
pub struct OwnMethod;

/// The number of bytes of a body that Rocket looks at for this (0.5, `Rocket::preprocess_request`).
const PEEKED: usize = "_method=delete".len();

#[rocket::async_trait]
impl Fairing for OwnMethod {
    fn info(&self) -> Info {
        Info { name: "the method that was sent", kind: Kind::Request }
    }

    async fn on_request(&self, request: &mut Request<'_>, data: &mut Data<'_>) {
        // Only a POST is changed, so whatever else such a form is now, it was one. No client of ours sends another method
        // with such a body, and it would find no route that reads it.
        if request.method() != Method::Post && request.content_type() == Some(&ContentType::Form) {
            let body = data.peek(PEEKED).await;
            let first = body.split(|byte| *byte == b'&').find(|field| !field.is_empty()).unwrap_or_default();
            if first.starts_with(b"_method") {
                request.set_method(Method::Post);
            }
        }
    }
}
