//! Calendars (`.ics`), one file each, and Atom feeds (`atom`). What they have in common, the answer with its
//! validators and the names of files, is here and in `answer`.

mod answer;
mod atom;
mod event;
mod meeting;
mod private;
mod site;

use rocket::request::{FromParam, FromRequest, Outcome};
use rocket::{Request, Route, routes};

pub(super) use answer::has_match;

use super::{Site, origin};

/// The routes of all calendars and feeds. They come before pages, whose paths would match theirs.
#[must_use]
pub fn routes() -> Vec<Route> {
    let mut calendars = routes![site::all, private::all, meeting::all, event::one];
    for route in &mut calendars {
        route.rank = -50;
    }
    // Their names are fixed, and would be taken for dates.
    let mut feeds = routes![atom::site, atom::meeting];
    for route in &mut feeds {
        route.rank = -51;
    }
    calendars.append(&mut feeds);
    calendars
}

/// The last part of a calendar's path, without its `.ics`. Other paths go on to other routes.
struct File<'r>(&'r str);

impl<'r> FromParam<'r> for File<'r> {
    type Error = ();

    fn from_param(param: &'r str) -> Result<Self, Self::Error> {
        param.strip_suffix(".ics").map(Self).ok_or(())
    }
}

/// The address people use, for links: one that is known to be ours, whatever the request says.
pub struct Origin(pub(super) String);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Origin {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        match request.rocket().state::<Site>() {
            Some(site) => Outcome::Success(Self(origin::absolute(request, site))),
            None => Outcome::Forward(rocket::http::Status::InternalServerError),
        }
    }
}
