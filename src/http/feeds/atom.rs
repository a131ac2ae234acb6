//! Atom feeds (RFC 4287) of a meeting and of the site. Templates write them; here they are given what the
//! format asks for: ids that outlive addresses, and text that XML can hold.

use rocket::request::{FromRequest, Outcome};
use rocket::{Orbit, Request, Rocket, get};
use rocket_dyn_templates::{Template, context};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Origin;
use super::answer::{Answer, Document};
use crate::app::App;
use crate::app::calendar::atom::{Closed, Feed, FeedLookup};
use crate::app::minutes::current_minutes::Made;
use crate::domain::agenda;
use crate::domain::schedule::meeting::{Meeting, Visibility};
use crate::domain::secret::hex;
use crate::domain::text::unmarked;
use crate::domain::time::Timestamp;
use crate::http::Site;
use crate::http::problem::Problem;
use crate::http::web::Minutes;

/// What feeds are made with.
pub struct Press<'r> {
    rocket: &'r Rocket<Orbit>,
    site: &'r Site,
    app: &'r App,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Press<'r> {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let rocket = request.rocket();
        match (rocket.state::<Site>(), rocket.state::<App>()) {
            (Some(site), Some(app)) => Outcome::Success(Self { rocket, site, app }),
            _ => Outcome::Forward(rocket::http::Status::InternalServerError),
        }
    }
}

/// The feed of all public meetings.
#[get("/feed.atom")]
pub async fn site(press: Press<'_>, origin: Origin) -> Result<Answer, Problem> {
    let feed = press.app.site_feed().await?;
    press.print(&feed, &origin.0)
}

/// The feed of one meeting.
#[get("/m/<slug>/feed.atom")]
pub async fn meeting(slug: &str, press: Press<'_>, origin: Origin) -> Result<Answer, Problem> {
    match press.app.meeting_feed(slug).await? {
        FeedLookup::Here(feed) => press.print(&feed, &origin.0),
        FeedLookup::Moved(slug) => Ok(Answer::moved(format!("/m/{slug}/feed.atom"))),
    }
}

/// An event that closed, as the template sees it.
#[derive(Serialize)]
struct AtomEntry {
    id: String,
    title: String,
    url: String,
    published: String,
    updated: String,
    /// HTML, to be escaped once more.
    content: String,
}

impl Press<'_> {
    fn print(&self, feed: &Feed, origin: &str) -> Result<Answer, Problem> {
        let entries = feed.entries.iter().zip(&feed.minutes).map(|(closed, made)| {
            let event = &closed.event;
            let url = format!("{origin}{}", event.url());
            let day = event.opens_at.in_zone(event.zone).format("%-d %B %Y");
            Ok(AtomEntry {
                id: urn("event", event.id.as_str()),
                title: text(&format!("{}, {day}", unmarked(&event.title))),
                published: rfc3339(event.closed.unwrap_or(event.closes_at)),
                updated: rfc3339(closed.updated),
                content: text(&self.content(closed, made, &url)?),
                url,
            })
        });
        let entries = entries.collect::<Result<Vec<_>, Problem>>()?;
        let host = origin.split_once("://").map_or(origin, |(_, host)| host);
        let title = feed.meeting.as_ref().map_or(&self.site.title, |meeting| &meeting.title);
        let page = feed.meeting.as_ref().map(Meeting::url).unwrap_or_default();
        let own = context! {
            // A site is its address; meetings and events are the same wherever they are moved to.
            id: feed.meeting.as_ref().map_or_else(|| format!("tag:{host},2026:gavel"), |meeting| urn("meeting", &meeting.id)),
            title: text(&unmarked(title)),
            author: text(&self.site.title),
            updated: rfc3339(feed.entries.first().map_or(feed.changed, |newest| newest.updated)),
            page: if page.is_empty() { format!("{origin}/") } else { format!("{origin}{page}") },
            own: format!("{origin}{page}/feed.atom"),
            entries,
        };
        let document = Document {
            text: self.render("calendar/feed.atom.j2", own)?,
            content_type: "application/atom+xml; charset=utf-8",
            changed: feed.changed,
            public: feed.meeting.as_ref().is_none_or(|meeting| meeting.visibility == Visibility::Public),
        };
        Ok(Answer::new(document, self.app.now()))
    }

    /// What an entry says of its event, whose page is at `url`.
    fn content(&self, closed: &Closed, made: &Made, url: &str) -> Result<String, Problem> {
        let agenda = agenda::with_signs(&closed.agenda);
        let minutes = Minutes::of(made, url);
        let own = context! { people: &closed.people, others: closed.others, lines: closed.event.count, agenda, minutes };
        self.render("calendar/feed_entry.html.j2", own)
    }

    fn render(&self, template: &'static str, own: impl Serialize) -> Result<String, Problem> {
        Template::show(self.rocket, template, own)
            .ok_or_else(|| Problem::new(500, "internal", "Something went wrong in the program", "Tell whoever runs it."))
    }
}

fn rfc3339(at: Timestamp) -> String {
    at.utc().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// A name for ever, made of an id of ours without telling it (RFC 9562, section 5.8).
fn urn(kind: &str, id: &str) -> String {
    let mut hash: Vec<u8> = Sha256::digest(format!("gavel {kind} {id}").as_bytes())[..16].to_vec();
    hash[6] = (hash[6] & 0x0f) | 0x80;
    hash[8] = (hash[8] & 0x3f) | 0x80;
    let digits = hex(&hash);
    format!("urn:uuid:{}-{}-{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..])
}

/// Without the characters that XML cannot hold, however they are written (XML 1.0, section 2.2).
fn text(text: &str) -> String {
    text.chars().filter(|&c| (c >= ' ' || matches!(c, '\t' | '\n')) && !matches!(c, '\u{fffe}' | '\u{ffff}')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_uuid_and_stays_the_same() {
        let name = urn("event", "e_1");
        assert_eq!(name, urn("event", "e_1"));
        assert_ne!(name, urn("meeting", "e_1"));
        let parts: Vec<&str> = name.strip_prefix("urn:uuid:").unwrap().split('-').collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(parts[2].starts_with('8') && parts[3].starts_with(['8', '9', 'a', 'b']), "{name}");
    }

    #[test]
    fn what_xml_cannot_hold_is_left_out() {
        assert_eq!(text("a\u{0}\u{b}b\tc\n\u{fffe}\u{ffff}ü\u{1f99c}"), "ab\tc\nü\u{1f99c}");
    }
}
