//! What templates see of the domain: plain values, every instant already written out in its
//! meeting's zone. Nothing here asks the store.

use serde::Serialize;

use super::instants::Instant;
use crate::app::minutes::current_minutes::Outcomes;
use crate::domain::minutes::{self, Tag};
use crate::domain::schedule::event::{ChatEvent, Phase};
use crate::domain::schedule::meeting;
use crate::domain::schedule::recurrence::Timetable;
use crate::domain::talk::message::{ChatData, Kind};
use crate::domain::text;
use crate::domain::time::{self, Timestamp};
use crate::domain::zone::Zone;
use crate::http::web::schedule::overlaps::Overlaps;

/// Why an event is there that its meeting's rule does not give.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Beside {
    /// Somebody added it by hand.
    Added,
    /// An earlier rule gave it.
    Left,
}

/// One event.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    id: String,
    meeting: String,
    meeting_title: String,
    title: String,
    /// Its title without marks, for those who link to it.
    plain: String,
    key: String,
    pub url: String,
    pub phase: Phase,
    pub opens: Instant,
    pub closes: Instant,
    /// Its end, with the day where that is another than the start's; and both in full.
    ends: String,
    hours: String,
    count: i64,
    /// How many people are in the room now.
    pub people: Option<usize>,
    digest: Option<String>,
    timezone: &'static str,
    can_restore: bool,
    /// Why it is cancelled.
    reason: Option<String>,
    early: Early,
    /// Who can find its meeting.
    visibility: &'static str,
    minutes: i64,
    /// Where its meeting's timetable put it, if it was moved from there.
    moved_from: Option<Instant>,
    /// Why it is there although the rule does not give it; `None` if it does.
    pub beside: Option<Beside>,
    /// On the day where it ends: it began the day before.
    pub continues: bool,
    /// Its day and hours on its own meeting's clock, where a list shows another one.
    pub there: Option<String>,
    /// The organizer's other events at the same time.
    pub overlaps: Overlaps,
    rule: Option<String>,
    about: Option<String>,
}

impl Event {
    /// An event of `meeting` as it stands at `now`.
    pub fn new(event: &ChatEvent, meeting: &meeting::Meeting, now: Timestamp) -> Self {
        let table = meeting.course().table_of(event.original_start);
        Self {
            id: event.id.to_string(),
            meeting: event.slug.clone(),
            meeting_title: meeting.title.clone(),
            title: event.title.clone(),
            plain: text::unmarked(&event.title),
            key: event.key.clone(),
            url: event.url(),
            phase: event.phase(now),
            opens: Instant::new(event.opens_at, event.zone),
            closes: Instant::new(event.closes_at, event.zone),
            ends: time::until(event.opens_at, event.closes_at, event.zone),
            hours: event.hours(),
            count: event.count,
            people: None,
            digest: event.digest.clone(),
            early: Early::of(event, false, now),
            timezone: event.zone.name(),
            can_restore: event.cancelled_at.is_some() && event.closed.is_none() && meeting.deleted_at.is_none(),
            reason: event.reason.clone(),
            visibility: meeting.visibility.as_str(),
            minutes: (event.closes_at.micros() - event.opens_at.micros()) / 60_000_000,
            moved_from: event.is_moved().then(|| Instant::new(event.original_start, event.zone)),
            beside: None,
            continues: false,
            there: None,
            overlaps: Overlaps::default(),
            rule: rule(table),
            about: about(&meeting.description),
        }
    }

    /// The same on the day where it ends, if it began the day before.
    pub fn continued(&self) -> Self {
        Self { continues: true, ..self.clone() }
    }

    /// The same for those who run it as its chairs.
    pub fn run_by_chairs(&mut self, event: &ChatEvent, now: Timestamp) {
        self.early = Early::of(event, true, now);
    }
}

/// From when on an event may be opened by hand.
#[derive(Clone, Debug, Serialize)]
struct Early {
    from: Instant,
    is_now: bool,
}

impl Early {
    fn of(event: &ChatEvent, by_chair: bool, now: Timestamp) -> Self {
        let from = event.may_open_from(by_chair);
        Self { from: Instant::new(from, event.zone), is_now: from <= now }
    }
}

/// A rhythm in words; `None` where nothing repeats.
fn rule(table: &Timetable) -> Option<String> {
    table.rule.as_ref().map(|_| table.words())
}

/// The first line of a description, where it is plain enough to stand alone.
fn about(description: &str) -> Option<String> {
    const MOST: usize = 140;
    let line = description.lines().map(str::trim).find(|line| !line.is_empty())?;
    let line = line.trim_start_matches('#').trim_start();
    if line.is_empty() || line.contains(['*', '_', '`', '[', ']', '<', '>', '|', '\\', '~']) {
        return None;
    }
    if line.chars().count() <= MOST {
        return Some(line.to_owned());
    }
    let cut: String = line.chars().take(MOST - 1).collect();
    let words = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
    Some(format!("{words}…"))
}

/// One meeting.
#[derive(Clone, Debug, Serialize)]
pub struct Meeting {
    slug: String,
    url: String,
    pub link: String,
    title: String,
    /// Its title without marks, for those who link to it.
    plain: String,
    /// What it is about in one plain line, for those who link to it.
    about: Option<String>,
    about_html: Option<String>,
    timezone: &'static str,
    rule: Option<String>,
    minutes: i64,
    visibility: &'static str,
    edit_url: String,
    /// Its next event, on the schedule.
    pub next: Option<Event>,
    /// What its times will be from some day on.
    later: Vec<Later>,
}

/// A timetable that is to come.
#[derive(Clone, Debug, Serialize)]
struct Later {
    from: Instant,
    /// "Every second Tuesday at 19:00, Australia/Sydney".
    rule: String,
    minutes: i64,
}

impl Meeting {
    /// A meeting; `origin` is the address people use.
    pub fn new(meeting: &meeting::Meeting, origin: &str) -> Self {
        Self {
            slug: meeting.slug.clone(),
            url: meeting.url(),
            link: format!("{origin}{}", meeting.url()),
            title: meeting.title.clone(),
            plain: text::unmarked(&meeting.title),
            about: about(&meeting.description),
            about_html: Some(meeting.description_html.clone()).filter(|html| !html.is_empty()),
            timezone: meeting.timetable.zone.name(),
            rule: rule(&meeting.timetable),
            minutes: meeting.timetable.minutes,
            visibility: meeting.visibility.as_str(),
            edit_url: format!("/schedule/{}/edit", meeting.slug),
            next: None,
            later: Vec::new(),
        }
    }

    /// The same with its times as they are at `now`, and as they will be.
    #[must_use]
    pub fn with_times(self, meeting: &meeting::Meeting, now: Timestamp) -> Self {
        let (course, table) = (meeting.course(), meeting.course().present(now));
        let later = course.later(now).map(|span| {
            let from = course.next_starts(span.from, 1).first().copied().unwrap_or(span.from);
            Later { from: Instant::new(from, span.table.zone), rule: span.table.sentence(), minutes: span.table.minutes }
        });
        Self { rule: rule(table), minutes: table.minutes, timezone: table.zone.name(), later: later.collect(), ..self }
    }
}

/// One row of a log.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    ts: Timestamp,
    kind: Kind,
    from: Option<String>,
    nick: Option<String>,
    text: String,
    html: String,
    at: Instant,
    tag: Option<Tag>,
    /// What a command's line is marked with, and its words alone.
    label: &'static str,
    words: String,
    /// The row that a command such as `#strike` names.
    named: Option<String>,
    /// True if its item in the minutes was undone, struck, or edited since.
    taken_back: bool,
    edited: bool,
}

impl Row {
    /// A row with its time in `zone`.
    pub fn new(row: ChatData, zone: Zone) -> Self {
        Self {
            ts: row.ts,
            taken_back: false,
            edited: false,
            kind: row.kind,
            from: row.from.map(|from| from.to_string()),
            nick: row.nick,
            named: row.tag.and_then(|tag| minutes::named_row(tag, &row.text)).map(str::to_owned),
            text: row.text,
            at: Instant::new(row.ts, zone),
            tag: row.tag,
            label: row.tag.map_or("", |tag| tag.entry().label),
            words: row.tag.map_or_else(String::new, |tag| minutes::words(tag, &row.html).to_owned()),
            html: row.html,
        }
    }

    /// The row with what became of it in the minutes.
    pub fn with_outcome(self, outcomes: &Outcomes) -> Self {
        Self { taken_back: outcomes.taken_back.contains(&self.ts), edited: outcomes.edited.contains(&self.ts), ..self }
    }
}

/// Somebody in an event.
#[derive(Clone, Debug, Serialize)]
pub struct Person {
    pub id: String,
    pub nick: String,
    pub present: bool,
    pub chair: bool,
    /// What there is to tell of them behind the close.
    pub note: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::zone;

    #[test]
    fn zones_without_a_name_are_said_as_offsets() {
        let at = Timestamp::from_seconds(1_795_536_000);
        for (place, said) in [
            ("Europe/Berlin", "CET"),
            ("Australia/Sydney", "AEDT"),
            ("America/Sao_Paulo", "UTC-03"),
            ("Asia/Kathmandu", "UTC+05:45"),
            ("Pacific/Noumea", "UTC+11"),
            ("UTC", "UTC"),
        ] {
            assert_eq!(Instant::new(at, zone(place).unwrap()).zone(), said);
        }
    }

    #[test]
    fn a_meeting_is_told_in_one_plain_line() {
        assert_eq!(about("\n# Tides\n\nMore"), Some("Tides".into()));
        assert_eq!(about("See [this](https://example.org)."), None);
        assert_eq!(about(" \n "), None);
        assert!(about(&"word ".repeat(60)).is_some_and(|line| line.ends_with("word…") && line.chars().count() <= 140));
    }
}
