//! Minutes as pages show them, the help made of the parser's table, and the form by which an organizer corrects them after the
//! close. What is shown is the same for everybody.

use std::collections::BTreeMap;

use rocket::form::FromForm;
use rocket::post;
use serde::Serialize;

use super::actions;
use super::answer::Answer;
use super::event::{Place, find};
use super::flash::Flash;
use super::form::Sent;
use super::page::{Page, in_full};
use super::view::Instant;
use crate::app::minutes::Made;
use crate::app::{Error, Thing};
use crate::domain::event::{ChatEvent, Phase};
use crate::domain::minutes::{self, Argument, Attendee, Item, Poll, Section, Settled, Step, TABLE, Whence, Who};
use crate::domain::text;
use crate::domain::time::Timestamp;
use crate::domain::zone::Zone;
use crate::http::error::Problem;

/// The minutes of an event.
#[derive(Debug, Serialize)]
pub struct View<'m> {
    /// What stands before the `#` of links to lines.
    here: &'m str,
    sections: Vec<Topic>,
    /// The topic that is on.
    topic: Option<&'m str>,
    vote: Option<&'m Poll>,
    attendees: &'m [Attendee],
    /// Each with those who are to do it; an action of nobody's is under nobody.
    actions: Vec<Line>,
    /// What was ended of what earlier events left.
    settled: Vec<Ended>,
    is_final: bool,
    corrected: bool,
}

/// A topic and what stands under it.
#[derive(Debug, Serialize)]
struct Topic {
    head: Option<Line>,
    lines: Vec<Line>,
}

/// An item, or a vote.
#[derive(Debug, Serialize)]
pub struct Line {
    ts: Timestamp,
    at: Instant,
    tag: &'static str,
    label: &'static str,
    text: String,
    html: String,
    nick: Option<String>,
    assignees: Vec<String>,
    is_edited: bool,
    /// Who corrected it, when, and what it said before.
    corrected: Option<Corrected>,
    /// The line that gave an action that goes on, and the day of its event.
    carried: Option<Given>,
    vote: Option<Poll>,
}

/// Where an action of an earlier event was given.
#[derive(Debug, Serialize)]
struct Given {
    line: String,
    day: Instant,
}

/// An action that was ended.
#[derive(Debug, Serialize)]
struct Ended {
    ts: Timestamp,
    at: Instant,
    is_done: bool,
    html: String,
    assignees: Vec<String>,
    given: Given,
}

#[derive(Debug, Serialize)]
struct Corrected {
    by: String,
    at: Instant,
    was: String,
}

impl<'m> View<'m> {
    /// What is shown of these minutes; `here` stands before the `#` of links to lines.
    pub fn of(made: &'m Made, here: &'m str) -> Self {
        let (minutes, zone) = (&made.minutes, made.event.zone);
        Self {
            here,
            sections: minutes.sections().iter().map(|section| topic(section, minutes, zone)).collect(),
            topic: minutes.topic().map(|topic| topic.text.as_str()),
            vote: minutes.vote(),
            attendees: &minutes.attendees,
            actions: minutes.of(minutes::Tag::Action).map(|item| line(item, minutes, zone)).collect(),
            settled: minutes.settled.iter().map(|settled| ended(settled, zone)).collect(),
            is_final: made.event.closed.is_some(),
            corrected: !minutes.corrections.is_empty(),
        }
    }
}

fn topic(section: &Section<'_>, minutes: &minutes::Minutes, zone: Zone) -> Topic {
    let items = section.items.iter().map(|item| line(item, minutes, zone));
    let mut lines: Vec<Line> = items.chain(section.votes.iter().map(|vote| ballot(vote, zone))).collect();
    lines.sort_by_key(|line| line.ts);
    Topic { head: section.topic.map(|item| line(item, minutes, zone)), lines }
}

fn line(item: &Item, minutes: &minutes::Minutes, zone: Zone) -> Line {
    let last = minutes.corrections.iter().rfind(|correction| correction.ts == item.ts);
    let corrected = last.zip(item.was.clone()).map(|(correction, was)| Corrected {
        by: correction.by.clone(),
        at: Instant::new(correction.at, zone),
        was,
    });
    Line {
        ts: item.ts,
        at: Instant::new(item.ts, zone),
        tag: item.tag.as_str(),
        label: item.tag.entry().label,
        html: text::inline(&item.text),
        text: item.text.clone(),
        nick: item.nick.clone(),
        assignees: item.assignees.clone(),
        is_edited: item.edited.is_some(),
        corrected,
        carried: item.carried.as_ref().map(|carried| given(carried.given, &carried.from)),
        vote: None,
    }
}

/// What was agreed, accepted, rejected and voted on, in the order of the log.
pub fn decisions(made: &Made) -> Vec<Line> {
    let (minutes, zone) = (&made.minutes, made.event.zone);
    let items = minutes.items.iter().filter(|item| item.tag.decides()).map(|item| line(item, minutes, zone));
    let mut lines: Vec<Line> =
        items.chain(minutes.votes.iter().filter(|vote| vote.ended.is_some()).map(|vote| ballot(vote, zone))).collect();
    lines.sort_by_key(|line| line.ts);
    lines
}

fn ended(settled: &Settled, zone: Zone) -> Ended {
    Ended {
        ts: settled.ts,
        at: Instant::new(settled.ts, zone),
        is_done: settled.step == Step::Done,
        html: text::inline(&settled.text),
        assignees: settled.assignees.clone(),
        given: given(settled.given, &settled.from),
    }
}

fn given(ts: Timestamp, from: &Whence) -> Given {
    Given { line: actions::address_of(ts, from), day: Instant::new(from.opens_at, from.zone) }
}

fn ballot(vote: &Poll, zone: Zone) -> Line {
    Line {
        ts: vote.ts,
        at: Instant::new(vote.ts, zone),
        tag: "vote",
        label: if vote.is_motion { "Motion" } else { "Vote" },
        html: text::inline(&vote.question),
        text: vote.question.clone(),
        nick: vote.nick.clone(),
        assignees: Vec::new(),
        is_edited: false,
        corrected: None,
        carried: None,
        vote: Some(vote.clone()),
    }
}

/// A command in the help.
#[derive(Debug, Serialize)]
pub struct Help {
    word: &'static str,
    label: &'static str,
    argument: &'static str,
    does: &'static str,
    for_chairs: bool,
}

/// The help, made of the parser's own table.
pub fn help() -> Vec<Help> {
    let entry = |entry: &'static minutes::Entry| Help {
        word: entry.words[0],
        label: entry.label,
        argument: match entry.argument {
            Argument::None => "",
            Argument::May(what) | Argument::Must(what) => what,
        },
        does: entry.help,
        for_chairs: entry.who == Who::Chairs,
    };
    TABLE.iter().map(entry).collect()
}

/// What each command's line is marked with, for the page's script.
pub fn labels() -> BTreeMap<&'static str, &'static str> {
    TABLE.iter().map(|entry| (entry.words[0], entry.label)).collect()
}

#[derive(Debug, FromForm)]
pub struct Change {
    #[field(default = "")]
    csrf: String,
    #[field(default = "")]
    nonce: String,
    /// The item.
    #[field(default = "")]
    ts: String,
    #[field(default = "")]
    text: String,
    /// `strike`, or else the item gets the text.
    #[field(default = "")]
    act: String,
}

/// Changes an item: in a room as a chair's command, in a transcript as the organizer's correction.
#[post("/m/<slug>/<key>/minutes", data = "<sent>")]
pub async fn change(slug: &str, key: &str, page: Page<'_>, sent: Result<Sent<Change>, Problem>) -> Result<Answer, Problem> {
    let Sent(form) = sent?;
    page.check(&form.csrf)?;
    let event = match find(&page, slug, key, "/minutes").await? {
        Place::Here(_, event) => event,
        Place::Elsewhere(answer) => return Ok(*answer),
    };
    let flash = match apply(&page, &event, &form).await {
        Ok(flash) => flash,
        // The page that asked is out of date, or the words were no words: led back, it shows how things stand.
        Err(problem) if matches!(problem.status.code, 401 | 403 | 404 | 409 | 410 | 413 | 422) => Flash::bad(in_full(&problem)),
        Err(problem) => return Err(problem),
    };
    Ok(page.go_with(&flash, event.url()))
}

async fn apply(page: &Page<'_>, event: &ChatEvent, form: &Change) -> Result<Flash, Problem> {
    let (words, struck) = (form.text.trim(), form.act == "strike");
    if words.is_empty() && !struck {
        return Ok(Flash::bad("Nothing was changed: type the new words of the item first, or strike it."));
    }
    if event.phase(page.now) == Phase::Open {
        let token = page.caller.token_cookie(&event.id).ok_or(Error::BadToken)?;
        let line = if struck { format!("#strike {}", form.ts) } else { format!("#edit {} {words}", form.ts) };
        let nonce = (!form.nonce.is_empty()).then(|| form.nonce.clone());
        let said = page.app.say(&event.id, page.app.authenticate(&token)?, &line, nonce).await?;
        return Ok(said.hint.map_or_else(|| Flash::plain("The minutes were changed."), |hint| Flash::warn(hint.to_string())));
    }
    let item = form.ts.parse().map(Timestamp::from_micros).map_err(|_| Error::NotFound(Thing::Item))?;
    page.app.correct_minutes(page.organizer()?, &event.id, item, if struck { "" } else { words }).await?;
    Ok(Flash::plain("The minutes were corrected. The log stays as it was."))
}
