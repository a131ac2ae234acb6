//! Minutes as pages show them, and the help made of the parser's table. What is shown is the same for everybody.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::app::minutes::current_minutes::Made;
use crate::domain::minutes::{self, Argument, Attendee, Item, Poll, Section, Settled, Step, Struck, TABLE, Tag, Whence, Who};
use crate::domain::schedule::event::SHEET;
use crate::domain::text;
use crate::domain::time::Timestamp;
use crate::domain::zone::Zone;
use crate::http::web::kit::instants::Instant;

/// The minutes of an event.
#[derive(Debug, Serialize)]
pub struct MinutesView<'m> {
    /// The address of the event's page; empty on that page itself.
    here: &'m str,
    /// The event's page.
    url: String,
    sections: Vec<Topic>,
    /// The topic that is on, in plain words.
    topic: Option<String>,
    vote: Option<Vote>,
    /// The title of the event.
    title: &'m str,
    /// Whether something was taken out that can be brought back.
    struck: bool,
    attendees: &'m [Attendee],
    /// What each has to do; an action of nobody's is under nobody, at the end.
    actions: Vec<Task>,
    /// What was ended of what earlier events left.
    settled: Vec<Ended>,
    is_final: bool,
    /// The query that leads to the page of a line, but for its `ts`; empty where the log has one page.
    to_line: &'static str,
    corrected: bool,
    /// Rows of the log whose item was undone or struck, and those whose item has other words: their timestamps, with spaces
    /// between, for the page's script.
    taken_back: String,
    edited: String,
    /// The year of the event: days of other years are told with theirs.
    year: String,
}

/// A topic and what stands under it.
#[derive(Debug, Serialize)]
struct Topic {
    head: Option<MinutesLine>,
    /// What it is called in lists and links: its words without marks.
    words: Option<String>,
    lines: Vec<MinutesLine>,
}

/// Somebody, or nobody, with what is to be done.
#[derive(Debug, Serialize)]
struct Task {
    nick: Option<String>,
    lines: Vec<MinutesLine>,
}

/// An item, or a vote.
#[derive(Debug, Serialize)]
pub struct MinutesLine {
    ts: Timestamp,
    /// Where it stands in the log.
    url: String,
    at: Instant,
    tag: &'static str,
    pub label: &'static str,
    text: String,
    html: String,
    nick: Option<String>,
    assignees: Vec<String>,
    is_edited: bool,
    /// Who corrected it, when, and what it said before.
    corrected: Option<Corrected>,
    /// The line that gave an action that goes on, and the day of its event.
    carried: Option<Given>,
    vote: Option<Vote>,
}

/// A vote, its words as HTML beside those that are typed.
#[derive(Debug, Serialize)]
struct Vote {
    #[serde(flatten)]
    poll: Poll,
    html: String,
    options_html: Vec<String>,
    /// The same without links, for buttons.
    labels: Vec<String>,
    result_html: Option<String>,
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
    /// Where it was ended in the log.
    url: String,
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
    /// It was taken out.
    struck: bool,
}

impl<'m> MinutesView<'m> {
    /// What is shown of these minutes where the event's page is at `here`; empty: on that page itself.
    pub fn of(made: &'m Made, here: &'m str) -> Self {
        let (minutes, zone) = (&made.minutes, made.event.zone);
        let mut sections = sections(minutes, zone);
        let mut settled: Vec<Ended> = minutes.settled.iter().map(|settled| ended(settled, made, here)).collect();
        // A file is somewhere else than the site to which its links lead.
        let origin = here.strip_suffix(&made.event.url()).unwrap_or_default();
        let carried = sections.iter_mut().flat_map(|section| &mut section.lines).filter_map(|line| line.carried.as_mut());
        for given in carried.chain(settled.iter_mut().map(|it| &mut it.given)) {
            given.line.insert_str(0, origin);
        }
        for line in sections.iter_mut().flat_map(|section| section.head.iter_mut().chain(&mut section.lines)) {
            line.url = made.event.line_at(here, line.ts);
        }
        Self {
            here,
            url: made.event.url(),
            sections,
            topic: minutes.topic().map(|topic| text::unmarked(&topic.text)),
            vote: minutes.vote().map(vote),
            title: &made.event.title,
            struck: !minutes.struck.is_empty(),
            attendees: &minutes.attendees,
            actions: tasks(made, here),
            settled,
            is_final: made.event.closed.is_some(),
            to_line: match (made.event.closed.is_some(), made.event.count > SHEET) {
                (true, _) => "at=",
                (false, true) => "all=1&at=",
                (false, false) => "",
            },
            corrected: !minutes.corrections.is_empty(),
            taken_back: spaced(&made.outcomes.taken_back),
            edited: spaced(&made.outcomes.edited),
            year: made.event.opens_at.in_zone(zone).format("%Y").to_string(),
        }
    }
}

fn spaced(rows: &BTreeSet<Timestamp>) -> String {
    rows.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Everything by topic; what was taken out stands where it was.
fn sections(minutes: &minutes::Minutes, zone: Zone) -> Vec<Topic> {
    let mut sections: Vec<Topic> = minutes.sections().iter().map(|section| topic(section, minutes, zone)).collect();
    for item in &minutes.struck {
        let above = |section: &Topic| section.head.as_ref().is_none_or(|head| head.ts < item.ts);
        let place = sections.iter().rposition(above).unwrap_or_else(|| {
            sections.insert(0, Topic { head: None, words: None, lines: Vec::new() });
            0
        });
        sections[place].lines.push(struck(item, zone));
        sections[place].lines.sort_by_key(|line| line.ts);
    }
    sections
}

fn tasks(made: &Made, here: &str) -> Vec<Task> {
    let one = |item: &Item| MinutesLine { url: made.event.line_at(here, item.ts), ..line(item, &made.minutes, made.event.zone) };
    let task =
        |(nick, items): (Option<&str>, Vec<&Item>)| Task { nick: nick.map(str::to_owned), lines: items.into_iter().map(one).collect() };
    minutes::by_person(made.minutes.of(Tag::Action)).into_iter().map(task).collect()
}

fn topic(section: &Section<'_>, minutes: &minutes::Minutes, zone: Zone) -> Topic {
    let items = section.items.iter().map(|item| line(item, minutes, zone));
    let mut lines: Vec<MinutesLine> = items.chain(section.votes.iter().map(|vote| ballot(vote, minutes, zone))).collect();
    lines.sort_by_key(|line| line.ts);
    let words = section.topic.map(|item| text::unmarked(&item.text));
    Topic { head: section.topic.map(|item| line(item, minutes, zone)), words, lines }
}

pub fn line(item: &Item, minutes: &minutes::Minutes, zone: Zone) -> MinutesLine {
    MinutesLine {
        ts: item.ts,
        url: String::new(),
        at: Instant::new(item.ts, zone),
        tag: item.tag.as_str(),
        label: item.tag.entry().label,
        html: text::inline(&item.text),
        text: item.text.clone(),
        nick: item.nick.clone(),
        assignees: item.assignees.clone(),
        is_edited: item.edited.is_some(),
        corrected: corrected(item.ts, item.was.as_ref(), minutes, zone),
        carried: item.carried.as_ref().map(|carried| given(carried.given, &carried.from)),
        vote: None,
    }
}

/// What was agreed, accepted, rejected and voted on, in the order of the log.
pub fn decisions(made: &Made) -> Vec<MinutesLine> {
    let (minutes, zone) = (&made.minutes, made.event.zone);
    let items = minutes.items.iter().filter(|item| item.tag.decides()).map(|item| line(item, minutes, zone));
    let mut lines: Vec<MinutesLine> =
        items.chain(minutes.votes.iter().filter(|vote| vote.ended.is_some()).map(|vote| ballot(vote, minutes, zone))).collect();
    lines.sort_by_key(|line| line.ts);
    for line in &mut lines {
        line.url = made.event.line_url(line.ts);
    }
    lines
}

fn ended(settled: &Settled, made: &Made, here: &str) -> Ended {
    let zone = made.event.zone;
    Ended {
        url: made.event.line_at(here, settled.ts),
        at: Instant::new(settled.ts, zone),
        is_done: settled.step == Step::Done,
        html: text::inline(&settled.text),
        assignees: settled.assignees.clone(),
        given: given(settled.given, &settled.from),
    }
}

fn given(ts: Timestamp, from: &Whence) -> Given {
    Given { line: from.line(ts), day: Instant::new(from.opens_at, from.zone) }
}

/// Who corrected an item last, where it said something else before.
fn corrected(ts: Timestamp, was: Option<&String>, minutes: &minutes::Minutes, zone: Zone) -> Option<Corrected> {
    let (was, last) = (was?.clone(), minutes.corrections.iter().rfind(|correction| correction.ts == ts)?);
    Some(Corrected { by: last.by.clone(), at: Instant::new(last.at, zone), was, struck: false })
}

fn struck(item: &Struck, zone: Zone) -> MinutesLine {
    MinutesLine {
        ts: item.ts,
        url: String::new(),
        at: Instant::new(item.ts, zone),
        tag: item.tag.as_str(),
        label: item.label(),
        text: item.text.clone(),
        html: String::new(),
        nick: None,
        assignees: Vec::new(),
        is_edited: false,
        corrected: Some(Corrected { by: item.by.clone(), at: Instant::new(item.at, zone), was: item.text.clone(), struck: true }),
        carried: None,
        vote: None,
    }
}

pub fn ballot(poll: &Poll, minutes: &minutes::Minutes, zone: Zone) -> MinutesLine {
    let vote = vote(poll);
    MinutesLine {
        ts: poll.ts,
        url: String::new(),
        at: Instant::new(poll.ts, zone),
        tag: "vote",
        label: if poll.is_motion { "Motion" } else { "Vote" },
        html: vote.html.clone(),
        text: poll.question.clone(),
        nick: poll.nick.clone(),
        assignees: Vec::new(),
        is_edited: poll.edited.is_some(),
        corrected: corrected(poll.ts, poll.was.as_ref(), minutes, zone),
        carried: None,
        vote: Some(vote),
    }
}

fn vote(poll: &Poll) -> Vote {
    let options_html: Vec<String> = poll.options.iter().map(|it| text::inline(&it.option)).collect();
    Vote {
        html: text::inline(&poll.question),
        labels: options_html.iter().map(|html| unlinked(html)).collect(),
        options_html,
        result_html: poll.result.as_deref().map(text::inline),
        poll: poll.clone(),
    }
}

/// What [`text::inline`] made without its links: what they are made of stays.
fn unlinked(html: &str) -> String {
    let mut pieces = html.split("<a ");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| text + piece.split_once('>').map_or("", |(_, inside)| inside)).replace("</a>", "")
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
    let entry = |entry: &'static minutes::CommandEntry| Help {
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
