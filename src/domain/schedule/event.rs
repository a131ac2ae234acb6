//! One sitting of a meeting, the phase that the clock gives it, and when its room warns of its end.

use std::fmt;

use crate::domain::zone::Zone;
use serde::Serialize;

use crate::domain::text::visible;
use crate::domain::time::{self, Timestamp};
use crate::domain::{limits, secret};

/// The unguessable id of an event; who knows it may read the event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct EventId(String);

impl EventId {
    /// A new id: `e_` and 24 characters (120 random bits).
    #[must_use]
    pub fn random() -> Self {
        Self(format!("e_{}", secret::readable(24)))
    }

    /// Reads an id; `None` for what no event can have.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("e_")?;
        (rest.len() == 24 && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())).then(|| Self(text.into()))
    }

    /// The id as it stands in links.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Not open yet: the lobby.
    Scheduled,
    /// People talk: the room.
    Open,
    /// Over for ever: the transcript.
    Closed,
    /// Called off; may be restored while it never closed.
    Cancelled,
}

impl Phase {
    /// The word in JSON, templates and the badge.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// How many rows a page of a transcript has.
pub const SHEET: i64 = 1_000;

/// One sitting of a meeting (the model's CHATEVENT).
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of its row")]
pub struct ChatEvent {
    pub id: EventId,
    /// The meeting's id, not its slug: slugs change.
    pub meeting: String,
    /// The meeting's slug.
    pub slug: String,
    /// The event's own title, else the meeting's.
    pub title: String,
    /// Whether the title is the event's own.
    pub own_title: bool,
    /// What stands in the link: the date in the meeting's zone at creation. Never changes.
    pub key: String,
    pub zone: Zone,
    /// Markdown ([`crate::domain::agenda`]); a copy of the meeting's template until somebody edits it.
    pub agenda: Option<String>,
    pub opens_at: Timestamp,
    pub closes_at: Timestamp,
    /// Where the recurrence put it; a moved event keeps it and so is not made again.
    pub original_start: Timestamp,
    /// True if a timetable of its meeting asked for it, now or before a change; else somebody added it by hand.
    pub is_by_timetable: bool,
    /// The `ts` of its `opened` row; `None` until that is written.
    pub opened: Option<Timestamp>,
    /// The `ts` of its `closed` row; `None` until that is written.
    pub closed: Option<Timestamp>,
    pub cancelled_at: Option<Timestamp>,
    /// Whether it was cancelled because its meeting was deleted.
    pub cancelled_with_meeting: bool,
    /// Why it was cancelled, in the words of whoever did.
    pub reason: Option<String>,
    /// Up to then warnings of its end are done with: from when it was made here on, at the least.
    pub warned: Timestamp,
    /// The `ts` of the last row, [`Timestamp::ZERO`] before the first.
    pub last: Timestamp,
    /// How many rows everyone may see.
    pub count: i64,
    /// True if its meeting is a draft: then only the meeting's organizer can see it.
    pub draft: bool,
    /// The digest over those rows ([`crate::domain::transcript::digest`]); `None` before the first.
    pub digest: Option<String>,
}

impl ChatEvent {
    /// Whether it took place elsewhere and was brought in when it was over: before that there was nothing here to warn of.
    #[must_use]
    pub fn was_brought_in(&self) -> bool {
        self.closed.is_some_and(|closed| closed <= self.warned)
    }

    /// The phase at `clock`.
    ///
    /// What decides is the timestamp that a row would get now, not the bare clock: where the clock
    /// stepped back, an event that went on stays where it was.
    #[must_use]
    pub fn phase(&self, clock: Timestamp) -> Phase {
        let now = clock.after(self.last);
        if self.closed.is_some() {
            Phase::Closed
        } else if self.cancelled_at.is_some() {
            Phase::Cancelled
        } else if now >= self.closes_at {
            Phase::Closed
        } else if self.opened.is_some() || now >= self.opens_at {
            Phase::Open
        } else {
            Phase::Scheduled
        }
    }

    /// Returns whether participants' tokens have ended at `now`: [`limits::TOKEN_HOURS`] after the close, or after the
    /// set end of an event that was cancelled.
    #[must_use]
    pub fn tokens_have_ended(&self, now: Timestamp) -> bool {
        (self.closed.is_some() || self.cancelled_at.is_some()) && now >= self.closes_at.plus_minutes(60 * limits::TOKEN_HOURS)
    }

    /// The last warning of its end whose moment has come at `clock`, unless it is done with. Those before it are
    /// left out: a server that slept does not warn three times at once.
    #[must_use]
    pub fn warning(&self, clock: Timestamp) -> Option<Warning> {
        let now = clock.after(self.last);
        let mut moments = WARNINGS.iter().rev().map(|minutes| (*minutes, self.closes_at.plus_minutes(-minutes)));
        let (minutes, at) = moments.find(|(_, at)| *at <= now)?;
        let late = now > at.plus_seconds(LATE);
        (at > self.opens_at && at > self.warned).then_some(Warning { at, minutes, late })
    }

    /// The path of its page.
    #[must_use]
    pub fn url(&self) -> String {
        format!("/m/{}/{}", self.slug, self.key)
    }

    /// The path of a line: of a log that has closed, on the page that has it.
    #[must_use]
    pub fn line_url(&self, ts: Timestamp) -> String {
        self.line_at(&self.url(), ts)
    }

    /// The address of a line where the event's page is at `page`, which is empty on that page itself: there a log of one page
    /// needs only the line's place. The server knows by it which page to send, so that nobody needs a script to get there.
    #[must_use]
    pub fn line_at(&self, page: &str, ts: Timestamp) -> String {
        match (self.closed.is_some(), page) {
            (true, "") if self.count > SHEET => self.line_url(ts),
            (false, page) | (true, page @ "") => format!("{page}#t{ts}"),
            (true, page) => format!("{page}?at={ts}#t{ts}"),
        }
    }

    /// "18:00–19:00 CET", "23:00–Wed 01:00 CET": its times on the meeting's clock.
    #[must_use]
    pub fn hours(&self) -> String {
        time::hours(self.opens_at, self.closes_at, self.zone)
    }

    /// Its end in a sentence: "19:00 CET", "01:00 CET on Wednesday".
    #[must_use]
    pub fn end(&self) -> String {
        let (opens, closes) = (self.opens_at.in_zone(self.zone), self.closes_at.in_zone(self.zone));
        let day = if opens.date_naive() == closes.date_naive() { String::new() } else { closes.format(" on %A").to_string() };
        format!("{}{day}", self.closes_at.on_clocks(self.zone))
    }

    /// From when on it may be opened by hand. Its end stays then, so not so early that it would last more than a day;
    /// and by a chair only shortly before its set start.
    #[must_use]
    pub fn may_open_from(&self, by_chair: bool) -> Timestamp {
        let longest = self.closes_at.plus_minutes(-limits::MINUTES);
        if by_chair { longest.max(self.opens_at.plus_minutes(-EARLY)) } else { longest }
    }

    /// Whether the event stands where its meeting's recurrence put it.
    #[must_use]
    pub fn is_moved(&self) -> bool {
        self.opens_at != self.original_start
    }
}

/// How long before its end a room warns, in minutes, the first warning first.
pub const WARNINGS: [i64; 3] = [10, 5, 1];
/// From how many minutes before the set start on chairs may open a room.
pub const EARLY: i64 = 30;
/// How long after its moment a warning is still worth telling, in seconds; less than from one to the next.
const LATE: i64 = 30;

/// A warning that the room closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Its set moment.
    pub at: Timestamp,
    /// How long before the end that is.
    pub minutes: i64,
    /// Whether that moment is too long ago for the warning to be true.
    pub late: bool,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "The room closes in {} {}.", self.minutes, if self.minutes == 1 { "minute" } else { "minutes" })
    }
}

/// Reads why an event is cancelled: one line, `None` where nothing is said.
///
/// # Errors
/// A sentence for its field.
pub fn reason(text: &str) -> Result<Option<String>, String> {
    let text = text.trim();
    if text.chars().count() > limits::REASON {
        return Err(format!("The reason may have up to {} characters. Say the rest in a message.", limits::REASON));
    }
    if text.contains(['\n', '\r']) {
        return Err("The reason is one line. Remove the line breaks.".into());
    }
    if !visible::is_visible(text) {
        return Ok(None);
    }
    match visible::find_hidden(text) {
        Some(hidden) => Err(visible::refusal("The reason", hidden)),
        None => Ok(Some(text.to_owned())),
    }
}

/// Why an event does not take what was asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventProblem {
    /// It has not opened yet.
    NotOpen,
    /// It has closed, for ever.
    Closed,
    /// It was cancelled.
    Cancelled,
    /// It has not closed yet.
    NotClosed,
    /// It is open already, so its start is fixed.
    AlreadyOpen,
    /// It is not cancelled, so there is nothing to restore.
    NotCancelled,
    /// The new end does not lie ahead.
    EndBehind,
    /// The end does not come after the start.
    EndBeforeStart,
    /// It would last more than 24 hours.
    TooLong,
    /// The meeting has another event with this start.
    SameStart,
    /// Its meeting is deleted; the meeting has to be restored first.
    MeetingDeleted,
    /// It would go on into the next event of its meeting, which begins then.
    IntoNext(Timestamp, Zone),
    /// It would overlap another event of its meeting, which is from then to then.
    Overlaps(Timestamp, Timestamp, Zone),
    /// It may be opened by hand from then on, by a chair or by the organizer.
    TooEarly { from: Timestamp, zone: Zone, by_chair: bool },
    /// The times of its meeting are not those any more that a change is to be taken back from.
    TimesChanged,
    /// Its agenda is not the one any more that was to be changed.
    AgendaChanged,
    /// Its agenda cannot take more, or takes no items at its end.
    AgendaFull,
}

/// Checks the times of an event that lies ahead or runs: it ends after `now` and after its start,
/// and lasts no more than 24 hours.
///
/// # Errors
/// The first rule broken.
pub fn check_times(opens: Timestamp, closes: Timestamp, now: Timestamp) -> Result<(), EventProblem> {
    if closes <= opens {
        return Err(EventProblem::EndBeforeStart);
    }
    if closes <= now {
        return Err(EventProblem::EndBehind);
    }
    if closes > opens.plus_minutes(limits::MINUTES) {
        return Err(EventProblem::TooLong);
    }
    Ok(())
}

/// The key for an event that starts at `opens` in `zone`, given the keys its meeting has already:
/// the date, with `-2`, `-3` … for more events of one day.
#[must_use]
pub fn key(opens: Timestamp, zone: Zone, taken: impl Fn(&str) -> bool) -> String {
    let date = opens.in_zone(zone).format("%Y-%m-%d").to_string();
    if !taken(&date) {
        return date;
    }
    (2..=u32::MAX).map(|n| format!("{date}-{n}")).find(|key| !taken(key)).unwrap_or(date)
}

#[cfg(test)]
pub(crate) mod tests;
