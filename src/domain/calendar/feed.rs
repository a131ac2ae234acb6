//! A calendar as a file. Folding and escaping are the `icalendar` crate's; it has no VTIMEZONE, so those
//! are put in as text.

use std::collections::BTreeMap;

use crate::domain::zone::Zone;
use chrono::Duration;
use icalendar::{Calendar, Component, Event, EventStatus, Property};

use super::series::{Layout, Series, layout};
use super::times::{at_instants, at_wall, is_utc};
use super::zones::{vtimezone, year};
use super::{Scheduled, Sitting, plain_text};
use crate::domain::schedule::meeting::Meeting;
use crate::domain::time::Timestamp;

const PRODID: &str = "-//Gavel//Gavel//EN";
/// How often calendars are asked to look again.
const AGAIN: Duration = Duration::hours(1);
/// How many years beyond the last event zones are told: a calendar goes on with the rule by itself.
const YEARS: i32 = 10;

/// A calendar that is being written.
#[derive(Debug)]
pub struct Feed<'f> {
    calendar: Calendar,
    /// Where its links lead, without a slash at the end.
    origin: &'f str,
    /// The first and the last instant that is told in each zone.
    zones: BTreeMap<&'static str, (Zone, Timestamp, Timestamp)>,
}

impl<'f> Feed<'f> {
    /// An empty calendar of this name, to be asked for again and again.
    #[must_use]
    pub fn new(name: &str, origin: &'f str) -> Self {
        let mut this = Self::file(origin);
        let name = plain_text::line(name);
        // The crate escapes what it knows as text; NAME (RFC 7986, section 5.1) has to say so.
        this.calendar.append_property(Property::new("NAME", &name).add_parameter("VALUE", "TEXT").done());
        this.calendar.append_property(Property::new("X-WR-CALNAME", &name));
        this.calendar.ttl(&AGAIN);
        this
    }

    /// An empty calendar without a name, to be taken into another.
    #[must_use]
    pub fn file(origin: &'f str) -> Self {
        let mut calendar = Calendar::empty();
        calendar.append_property(("VERSION", "2.0")).append_property(("PRODID", PRODID)).append_property(("CALSCALE", "GREGORIAN"));
        Self { calendar, origin, zones: BTreeMap::new() }
    }

    /// Adds a meeting with all of its events.
    pub fn add(&mut self, of: &Scheduled) {
        let Layout { series, alone } = layout(of);
        for sitting in &of.sittings {
            for at in [sitting.event.opens_at, sitting.event.closes_at, sitting.event.original_start] {
                self.cover(sitting.event.zone, at);
            }
            // The meeting may have had another zone before.
            for series in &series {
                self.cover(series.zone, sitting.event.original_start);
            }
        }
        for series in series {
            let uid = uid_of_series(&of.meeting, &series);
            self.push(self.master(of, &series, &uid));
            for (place, sitting) in series.changed {
                let mut entry = self.entry(of, sitting, &uid);
                entry.append_property(at_wall("RECURRENCE-ID", place, series.zone));
                self.push(entry);
            }
        }
        for sitting in alone {
            let entry = self.entry(of, sitting, &uid_of(sitting));
            self.push(entry);
        }
    }

    /// Adds one event of a meeting, as an entry of its own.
    pub fn add_one(&mut self, of: &Scheduled, sitting: &Sitting) {
        self.cover(sitting.event.zone, sitting.event.opens_at);
        self.cover(sitting.event.zone, sitting.event.closes_at);
        let entry = self.entry(of, sitting, &uid_of(sitting));
        self.push(entry);
    }

    fn push(&mut self, event: Event) {
        self.calendar.push(event);
    }

    fn cover(&mut self, zone: Zone, at: Timestamp) {
        let (_, first, last) = self.zones.entry(zone.name()).or_insert((zone, at, at));
        (*first, *last) = ((*first).min(at), (*last).max(at));
    }

    /// The entry that a rule repeats.
    fn master(&self, of: &Scheduled, series: &Series<'_>, uid: &str) -> Event {
        let (meeting, zone) = (&of.meeting, series.zone);
        let changed = of.change.at.max(of.created_at);
        let mut event = Event::with_uid(uid);
        event
            .summary(&plain_text::line(&meeting.title))
            .description(&about(None, meeting, meeting.template(), &self.link(&meeting.url())))
            .url(&self.link(&meeting.url()))
            .status(EventStatus::Confirmed)
            .timestamp(changed.utc())
            .last_modified(changed.utc())
            .created(of.created_at.utc())
            .append_property(sequence(of.change.revision))
            .append_property(at_wall("DTSTART", series.starts, zone))
            .append_property(at_wall("DTEND", series.ends, zone))
            .append_property(("RRULE", series.rule.as_str()));
        for wall in &series.except {
            event.append_multi_property(at_wall("EXDATE", *wall, zone));
        }
        event
    }

    /// The entry of one event.
    fn entry(&self, of: &Scheduled, sitting: &Sitting, uid: &str) -> Event {
        let event = &sitting.event;
        let changed = sitting.change.at.max(of.change.at).max(of.created_at);
        let link = self.link(&event.url());
        let status = if event.cancelled_at.is_some() { EventStatus::Cancelled } else { EventStatus::Confirmed };
        let mut entry = Event::with_uid(uid);
        entry
            .summary(&plain_text::line(&event.title))
            .description(&about(event.reason.as_deref(), &of.meeting, event.agenda.as_deref(), &link))
            .url(&link)
            .status(status)
            .timestamp(changed.utc())
            .last_modified(changed.utc())
            // An event shows what its meeting says, too; and an exception is not to look older than its series.
            .append_property(sequence(of.change.revision + sitting.change.revision));
        for property in at_instants(event.opens_at, event.closes_at, event.zone) {
            entry.append_property(property);
        }
        entry
    }

    fn link(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }
}

/// The file, its zones in front of its entries.
impl std::fmt::Display for Feed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = self.calendar.to_string();
        // Behind a line's end: a title may be called so, too.
        let entries = text.find("\r\nBEGIN:VEVENT\r\n").map(|end| end + 2);
        let (head, entries) = text.split_at(entries.unwrap_or_else(|| text.len().saturating_sub("END:VCALENDAR\r\n".len())));
        f.write_str(head)?;
        for (zone, first, last) in self.zones.values().filter(|(zone, ..)| !is_utc(*zone)) {
            // A day of December may be one of January there.
            f.write_str(&vtimezone(*zone, year(first.plus_days(-1)), year(last.plus_days(1)) + YEARS))?;
        }
        if self.calendar.components.is_empty() && self.zones.values().all(|(zone, ..)| is_utc(*zone)) {
            // A calendar has at least one component (RFC 5545, section 3.6).
            f.write_str(&vtimezone(Zone::utc(), 1970, 1970))?;
        }
        f.write_str(entries)
    }
}

/// What an event is about, in plain text: why it is cancelled, the meeting's description, the agenda, the link.
fn about(reason: Option<&str>, meeting: &Meeting, agenda: Option<&str>, link: &str) -> String {
    let agenda = agenda.map(plain_text::paragraphs).filter(|text| !text.is_empty()).map(|text| format!("Agenda\n{text}"));
    let reason = reason.map(|why| format!("Cancelled: {}", plain_text::line(why)));
    let parts = [reason, Some(plain_text::paragraphs(&meeting.description)), agenda, Some(link.to_owned())];
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// The first series has the meeting's name, each that followed the second in which it began as well. So what was
/// told of the days before a change stays as it was.
fn uid_of_series(meeting: &Meeting, series: &Series<'_>) -> String {
    match series.since.micros() / 1_000_000 {
        0 => format!("{}@gavel", meeting.id),
        since => format!("{}-{since}@gavel", meeting.id),
    }
}

fn uid_of(sitting: &Sitting) -> String {
    format!("{}@gavel", sitting.event.id)
}

fn sequence(revision: i64) -> Property {
    Property::new("SEQUENCE", revision.to_string())
}
