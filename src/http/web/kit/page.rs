//! What every page needs: who looks at it, the notice, the secret of its forms, the site's name.
//!
//! A request guard, so that a handler has all of it in one argument.

use chrono::Weekday;
use rocket::http::uri::Absolute;
use rocket::http::{ContentType, Method, RawStr, Status};
use rocket::request::{FromRequest, Outcome, Request};
use rocket_dyn_templates::{Template, context};
use serde::Serialize;

use super::answer::Answer;
use super::flash::Flash;
use super::{csrf, reader};
use crate::app::people::chairs::Papers;
use crate::app::{App, Error};
use crate::domain::people::organizer::Organizer;
use crate::domain::schedule::event::ChatEvent;
use crate::domain::schedule::meeting::Meeting;
use crate::domain::time::Timestamp;
use crate::domain::zone::Zone;
use crate::http::compression::Plain;
use crate::http::guards::Caller;
use crate::http::problem::Problem;
use crate::http::{Site, origin};

/// The request of a page.
#[derive(Debug)]
pub struct Page<'r> {
    pub app: &'r App,
    pub caller: Caller<'r>,
    /// Who is signed in.
    pub me: Option<Organizer>,
    pub now: Timestamp,
    /// The time zone of the reader's browser, if it said so.
    pub zone: Option<Zone>,
    /// The first day of the week where the reader is.
    pub week_start: Weekday,
    /// The path and query of this page.
    pub path: String,
    /// A notice for this very answer; it goes before one that was kept.
    pub notice: Option<Flash>,
    /// The address people use, without a slash at its end; empty where the request's `Host` is not known to be ours.
    pub origin: String,
    /// The secret of this browser's forms.
    secret: String,
    /// The proof of it in the forms of this answer.
    csrf: String,
    plain: &'r Plain,
    title: &'r str,
    live: Option<&'r str>,
}

/// The keys that every template gets.
#[derive(Debug, Serialize)]
struct Base<'b> {
    site: SiteView<'b>,
    me: Option<Me<'b>>,
    csrf: &'b str,
    flash: Option<Flash>,
    path: &'b str,
    now: Timestamp,
}

#[derive(Debug, Serialize)]
struct SiteView<'b> {
    title: &'b str,
    host: &'b str,
    /// Where polls and streams go, if not here.
    live: Option<&'b str>,
}

#[derive(Debug, Serialize)]
struct Me<'b> {
    name: &'b str,
}

#[derive(Debug, Serialize)]
struct Whole<'b, T> {
    #[serde(flatten)]
    base: Base<'b>,
    #[serde(flatten)]
    own: T,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Page<'r> {
    type Error = Problem;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let rocket = request.rocket();
        let caller = Caller::from_request(request).await.succeeded();
        let (Some(app), Some(site), Some(caller)) = (rocket.state::<App>(), rocket.state::<Site>(), caller) else {
            let problem = Problem::new(500, "internal", "Something went wrong in the program", "Tell whoever runs it.");
            return Outcome::Error((problem.status, problem));
        };
        let me = match caller.signed_in(app).await {
            Ok(me) => me,
            Err(error) => {
                let problem = Problem::from(error);
                return Outcome::Error((problem.status, problem));
            }
        };
        if let Err(error) = caller.take_over_old(app).await {
            let problem = Problem::from(error);
            return Outcome::Error((problem.status, problem));
        }
        let origin = origin::of(request, site).unwrap_or_default();
        let at = request.host().map(ToString::to_string).unwrap_or_default();
        let secret = csrf::token(&caller);
        Outcome::Success(Self {
            app,
            me,
            now: app.now(),
            zone: reader::zone(request),
            week_start: reader::week_start(request),
            path: request.uri().to_string(),
            notice: None,
            live: site.live_for(if origin.is_empty() { &at } else { host(&origin) }),
            origin,
            csrf: csrf::masked(&secret),
            secret,
            plain: Plain::of(request),
            title: &site.title,
            caller,
        })
    }
}

impl Page<'_> {
    /// The page made of `template` and of what it needs beyond the common keys.
    pub fn render(&self, template: &'static str, own: impl Serialize) -> Answer {
        self.render_as(Status::Ok, template, own)
    }

    /// The same with another status.
    pub fn render_as(&self, status: Status, template: &'static str, own: impl Serialize) -> Answer {
        let base = Base {
            site: SiteView { title: self.title, host: host(&self.origin), live: self.live },
            me: self.me.as_ref().map(|me| Me { name: &me.name }),
            csrf: &self.csrf,
            flash: self.notice.clone().or_else(|| Flash::take(&self.caller, &self.path)),
            path: &self.path,
            now: self.now,
        };
        Answer::page(status, Template::render(template, Whole { base, own }))
    }

    /// The signed-in organizer.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`].
    pub fn organizer(&self) -> Result<&Organizer, Error> {
        self.me.as_ref().ok_or(Error::NotSignedIn)
    }

    /// Whether the signed-in organizer owns the meeting.
    pub fn owns(&self, meeting: &Meeting) -> bool {
        self.me.as_ref().is_some_and(|me| me.id == meeting.organizer)
    }

    /// What the visitor shows for the right to run an event.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn papers(&self, event: &ChatEvent) -> Result<Papers, Error> {
        self.caller.papers(self.app, &event.id).await
    }

    /// Whether the visitor may run an event.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn may_run(&self, event: &ChatEvent) -> Result<bool, Error> {
        let papers = self.papers(event).await?;
        Ok(papers.is_any() && self.app.find_right(&papers, event).await?.is_some())
    }

    /// Whether a form comes from one of our pages, shown to this browser.
    ///
    /// # Errors
    /// 403: from another site, or (named [`csrf::PROBLEM`]) without this browser's secret.
    pub fn check(&self, sent: &str) -> Result<(), Problem> {
        self.caller.check_form()?;
        csrf::check(&self.secret, sent).inspect_err(|_| self.caller.note_csrf())
    }

    /// The proof for the forms of this answer, for templates without the common keys.
    pub fn csrf(&self) -> &str {
        &self.csrf
    }

    /// Says that this page shows a secret that people copy, such as a private link: it is not compressed then.
    pub fn holds_secret(&self) {
        self.plain.keep();
    }

    /// Shows a notice on the next page, and leads there.
    pub fn go_with(&self, flash: &Flash, path: impl Into<String>) -> Answer {
        flash.keep(&self.caller);
        Answer::go(path)
    }
}

fn host(origin: &str) -> &str {
    origin.split_once("://").map_or(origin, |(_, host)| host)
}

/// A link on the error page.
#[derive(Debug, Serialize)]
pub struct Link {
    pub url: String,
    pub label: String,
}

/// The page that says what went wrong. It is made outside of handlers too, so it does not know who
/// is signed in.
pub(in crate::http) fn error_page(problem: &Problem, request: &Request<'_>) -> (ContentType, Template) {
    let rocket = request.rocket();
    let (address, title) = rocket
        .state::<Site>()
        .map_or_else(|| (String::new(), "Gavel"), |site| (origin::of(request, site).unwrap_or_default(), site.title.as_str()));
    let path = request.uri().to_string();
    let base = Base {
        site: SiteView { title, host: host(&address), live: None },
        me: None,
        csrf: "",
        flash: None,
        path: &path,
        now: rocket.state::<App>().map_or(Timestamp::ZERO, App::now),
    };
    let own = context! { status: problem.status.code, title: problem.title, detail: sentence(problem), links: links(problem, request) };
    (ContentType::HTML, Template::render("kit/error.html.j2", Whole { base, own }))
}

fn links(problem: &Problem, request: &Request<'_>) -> Vec<Link> {
    let mut links = Vec::new();
    let before = came_from(request);
    if problem.name == "not-signed-in" {
        let back = if request.method() == Method::Get { Some(request.uri().to_string()) } else { before.clone() };
        let query = back.map(|back| format!("?back={}", RawStr::new(&back).percent_encode())).unwrap_or_default();
        links.push(Link { url: format!("/sign-in{query}"), label: "Sign in".into() });
    }
    if problem.name == "set-up-over" {
        links.push(Link { url: "/sign-in".into(), label: "Sign in".into() });
    }
    if let Some(before) = before.filter(|_| request.method() != Method::Get) {
        links.push(Link { url: before, label: "Back to the page".into() });
    }
    links
}

/// The path of our page that sent a form here.
fn came_from(request: &Request<'_>) -> Option<String> {
    let referer = Absolute::parse(request.headers().get_one("Referer")?).ok()?;
    let ours = referer.authority().map(ToString::to_string) == request.host().map(ToString::to_string);
    let query = referer.query().map(|query| format!("?{query}")).unwrap_or_default();
    ours.then(|| format!("{}{query}", referer.path()))
}

/// All that a problem says, for a notice: its title too, unless its fields say enough.
pub fn in_full(problem: &Problem) -> String {
    if problem.fields.is_empty() { format!("{}. {}", problem.title, problem.detail) } else { sentence(problem) }
}

/// What a problem says, without the names that fields have in JSON.
pub fn sentence(problem: &Problem) -> String {
    if problem.fields.is_empty() {
        return problem.detail.clone();
    }
    problem.fields.iter().map(|field| field.detail.as_str()).collect::<Vec<_>>().join(" ")
}
