//! What went by in an event since somebody looked last: decisions, actions, votes, the topic, and where they were called by name.
//!
//! What is noted comes from the minutes, which all share. The lines are read once for all as well, piece by piece as the log grows;
//! only whether somebody's name stands in them is looked up for each who asks.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::app::minutes::current_minutes::Made;
use crate::app::{App, Error};
use crate::domain::minutes::people::mention::{Heard, Names};
use crate::domain::minutes::{Item, Poll, Tag};
use crate::domain::schedule::event::{ChatEvent, EventId};
use crate::domain::talk::message::ChatData;
use crate::domain::talk::participant::{Nick, ParticipantId};
use crate::domain::time::Timestamp;
use crate::store::talk::catch_up::{AT_ONCE, LogLine};

/// So many lines of an event are looked through, and so many bytes of them: the newest.
const LINES: usize = 5_000;
const BYTES: usize = 1 << 20;
/// So many of a kind are listed: the newest.
const LISTED: usize = 50;
/// Who comes when so much was said, or so long after the opening with something noted, comes late.
const SCREENFUL: usize = 30;
const LATE_MINUTES: i64 = 10;

/// What went by.
#[derive(Debug)]
pub struct CatchUp {
    /// With the minutes that it was taken from.
    pub made: Arc<Made>,
    /// As of when.
    pub event: ChatEvent,
    pub after: Timestamp,
    /// How many lines people wrote since; at least so many, where there is `more` than is looked through.
    pub lines: usize,
    pub more: bool,
    /// When who asks came in first, and how many of the lines were there by then: where they ask from the beginning.
    came: Option<Timestamp>,
    before: usize,
    /// The topic that is on.
    pub topic: Option<Item>,
    pub decisions: Newest<Item>,
    pub actions: Newest<Item>,
    /// Those that are on, and those that ended since.
    pub votes: Newest<Poll>,
    pub mentions: Newest<ChatData>,
}

/// How many there are, and the newest of them in the order of the log.
#[derive(Debug, Default)]
pub struct Newest<T> {
    pub count: usize,
    pub list: Vec<T>,
}

impl<T: Clone> Newest<T> {
    fn of<'t>(all: impl Iterator<Item = &'t T>) -> Self
    where
        T: 't,
    {
        let all: Vec<&T> = all.collect();
        Self { count: all.len(), list: all[all.len().saturating_sub(LISTED)..].iter().map(|&it| it.clone()).collect() }
    }
}

impl CatchUp {
    /// Whether there is anything to tell but how much was said.
    #[must_use]
    pub const fn has_news(&self) -> bool {
        self.topic.is_some() || self.decisions.count + self.actions.count + self.votes.count + self.mentions.count > 0
    }

    /// Whether who comes at `now`, and was never here, comes late; of somebody in the room, whether they did.
    #[must_use]
    pub fn is_late(&self, now: Timestamp) -> bool {
        let began = self.event.opened.unwrap_or(self.event.opens_at);
        let is_later = began.plus_minutes(LATE_MINUTES) <= self.came.unwrap_or(now);
        self.before >= SCREENFUL || (self.before > 0 && self.has_news() && is_later)
    }
}

/// Who asks, and since when.
#[derive(Clone, Debug, Default)]
pub struct CatchUpRequest<'a> {
    pub after: Timestamp,
    /// A participant of the event.
    pub who: Option<ParticipantId>,
    /// By which name somebody who is not in it is called.
    pub nick: Option<&'a str>,
}

impl App {
    /// What went by in an event after a cursor.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::BadToken`] where `who` is not in the event, [`Error::Nick`], [`Error::Unavailable`].
    pub async fn catch_up(&self, id: &EventId, asked: &CatchUpRequest<'_>) -> Result<CatchUp, Error> {
        let event = self.event(id).await?;
        let nick = match (&asked.who, asked.nick) {
            (Some(who), _) => Some(self.find_member(&event, who).await?.ok_or(Error::BadToken)?.nick),
            (None, Some(nick)) => Some(Nick::parse(nick).map_err(Error::Nick)?.as_str().to_owned()),
            (None, None) => None,
        };
        let made = self.minutes(id).await?;
        let mut names = Names::of(nick.as_deref());
        // By the other name that somebody gave they are called as well.
        let alias = made.minutes.attendees.iter().find(|it| names.has(&it.nick)).and_then(|it| it.alias.as_deref());
        if alias.is_some() {
            names = Names::of(nick.as_deref().into_iter().chain(alias));
        }
        let came = match &asked.who {
            Some(who) if asked.after == Timestamp::ZERO => self.store.came(who).await?,
            _ => None,
        };
        let place = self.lines.place(id);
        let (lines, before, more, count, newest) = {
            let mut kept = place.lock().await;
            let fresh = self.store.lines_after(id, kept.known, LINES).await?;
            kept.take(fresh);
            let mut mentions: Vec<Timestamp> = Vec::new();
            if !names.is_empty() {
                let meant = |line: &&Kept| (asked.who.is_none() || line.from != asked.who) && names.are_in(&line.heard);
                mentions.extend(kept.after(asked.after).filter(meant).map(|line| line.ts));
            }
            let newest = mentions.split_off(mentions.len().saturating_sub(AT_ONCE));
            let lines = kept.after(asked.after).count();
            let before = lines - came.map_or(0, |came| kept.after(came).count());
            (lines, before, asked.after < kept.cut, mentions.len() + newest.len(), newest)
        };
        let mut list = if newest.is_empty() { Vec::new() } else { self.store.rows_at(id, &newest).await? };
        // What was redacted after the close is told by no row.
        list.retain(|row| !row.html.is_empty());
        let mentions = Newest { count: count - (newest.len() - list.len()), list };
        let items = |tags: &'static [Tag]| {
            Newest::of(made.minutes.items.iter().filter(|it| tags.contains(&it.tag) && it.edited.unwrap_or(it.ts) > asked.after))
        };
        Ok(CatchUp {
            topic: made.minutes.topic().cloned(),
            decisions: items(&[Tag::Agreed, Tag::Accepted, Tag::Rejected]),
            actions: items(&[Tag::Action]),
            votes: Newest::of(made.minutes.votes.iter().filter(|it| it.ended.is_none_or(|ended| ended > asked.after))),
            after: asked.after,
            mentions,
            event,
            lines,
            more,
            came,
            before,
            made,
        })
    }

    /// Since when somebody in an event is away, by what the server saw of them.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn away_since(&self, who: &ParticipantId) -> Result<Option<Timestamp>, Error> {
        Ok(self.store.away_since(who).await?)
    }
}

/// What is kept of an event's log: its newest lines.
#[derive(Debug, Default)]
pub(in crate::app) struct Ear {
    lines: VecDeque<Kept>,
    bytes: usize,
    /// The log is read up to here.
    known: Timestamp,
    /// What was said up to here is not kept.
    cut: Timestamp,
}

#[derive(Debug)]
struct Kept {
    ts: Timestamp,
    from: Option<ParticipantId>,
    heard: Heard,
}

impl Ear {
    /// Takes what follows on what is known: all of it, or the newest [`LINES`].
    fn take(&mut self, fresh: Vec<LogLine>) {
        if let Some(first) = fresh.first().filter(|_| fresh.len() >= LINES) {
            *self = Self { cut: first.ts.plus_micros(-1), ..Self::default() };
        }
        for line in fresh {
            self.known = line.ts;
            if let Some(redacted) = line.redacts {
                if let Ok(place) = self.lines.binary_search_by_key(&redacted, |kept| kept.ts) {
                    self.drop_line(place);
                }
            } else if !line.text.is_empty() {
                // Nobody is called by what is told once more.
                let heard = Heard::of(if line.repeats { "" } else { &line.text });
                self.bytes += heard.len();
                self.lines.push_back(Kept { ts: line.ts, from: line.from, heard });
            }
        }
        while self.lines.len() > LINES || self.bytes > BYTES {
            self.cut = self.lines[0].ts;
            self.drop_line(0);
        }
    }

    fn drop_line(&mut self, place: usize) {
        self.bytes -= self.lines.remove(place).map_or(0, |line| line.heard.len());
    }

    fn after(&self, ts: Timestamp) -> impl Iterator<Item = &Kept> {
        self.lines.range(self.lines.partition_point(|line| line.ts <= ts)..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(ts: i64, text: &str) -> LogLine {
        LogLine { ts: Timestamp::from_micros(ts), from: None, text: text.into(), repeats: false, redacts: None }
    }

    fn counted(lines: &Ear, after: i64) -> (usize, bool) {
        let after = Timestamp::from_micros(after);
        (lines.after(after).count(), after < lines.cut)
    }

    #[test]
    fn lines_are_counted_behind_the_cursor_without_those_that_were_redacted() {
        let mut lines = Ear::default();
        lines.take(vec![said(10, "one"), said(20, "two"), said(30, "")]);
        lines.take(vec![said(40, "four"), LogLine { redacts: Some(Timestamp::from_micros(20)), ..said(50, "20") }]);
        assert_eq!([0, 10, 20, 40].map(|after| counted(&lines, after)), [(2, false), (1, false), (1, false), (0, false)]);
        assert_eq!((lines.known.micros(), lines.bytes), (50, 7));
    }

    #[test]
    fn of_a_long_log_the_newest_are_kept_and_that_there_is_more_is_known() {
        let mut lines = Ear::default();
        lines.take(vec![said(1, "first")]);
        let count = i64::try_from(LINES).unwrap();
        lines.take((0..count).map(|n| said(100 + n, "x")).collect());
        assert_eq!((counted(&lines, 0), counted(&lines, 99)), ((LINES, true), (LINES, false)));
        lines.take(vec![said(10_000, "y")]);
        assert_eq!((counted(&lines, 99), counted(&lines, 100)), ((LINES, true), (LINES, false)));
        lines.take((0..3).map(|n| said(20_000 + n, &"long ".repeat(BYTES / 10))).collect());
        assert_eq!((counted(&lines, 0), counted(&lines, 20_000)), ((2, true), (2, false)));
    }
}
