//! What events say of actions: taken from the logs of those that closed, kept, and found again by the meeting; and the row by
//! which something is decided on one. `migrations/0012_actions.sql` says when the table is right.

use std::collections::HashSet;

use sqlx::AnyConnection;

use super::source_rows;
use crate::domain::minutes::{Assignee, Fold, Step, Tag, Whence, Word};
use crate::domain::schedule::event::{ChatEvent, EventId, EventProblem, Phase};
use crate::domain::talk::message::{ChatData, Kind};
use crate::domain::talk::participant::{ParticipantId, ParticipantState};
use crate::domain::time::Timestamp;
use crate::domain::transcript::digest;
use crate::domain::{minutes as rules, text};
use crate::store::db::row::{Record, undecodable};
use crate::store::log::transaction::LogTransaction;
use crate::store::schedule::events::{event, select_event};
use crate::store::talk::messages;
use crate::store::talk::participant_action::Refusal;
use crate::store::{Error, Store};

/// An action stays open without a word for so many events that closed.
pub const EVENTS: usize = 12;
/// So many events, the newest first, are taken in for one who asks; for the next one more.
const AT_ONCE: i64 = 64;

/// What somebody decides on an action of an earlier event.
#[derive(Clone, Debug)]
pub struct Decided {
    pub given: Timestamp,
    /// `None`: what this event decided is taken back.
    pub step: Option<Step>,
    /// Which action it is, for the row to tell.
    pub words: String,
    /// Who decides, where it is somebody in the event.
    pub who: Option<ParticipantId>,
}

/// Words with their events.
macro_rules! select_words {
    ($rest:literal) => {
        select_event!(
            ", a.ts, a.given_ts, a.step, a.text, a.assignees, \
             (SELECT d.nick FROM chat_data d WHERE d.event_id = a.event_id AND d.ts = a.ts) AS said_by",
            concat!("JOIN action_word a ON a.event_id = e.id WHERE e.meeting_id = $1 AND ", $rest)
        )
    };
}
/// All that was said of the actions of which something was said lately.
const FIND_RECENT: &str = select_words!(
    "a.given_ts IN (SELECT w.given_ts FROM action_word w WHERE w.event_id IN \
     (SELECT id FROM chat_event WHERE meeting_id = $1 AND closed_ts IS NOT NULL ORDER BY opens_at DESC LIMIT $2))"
);
const FIND_GIVEN: &str = select_words!("a.given_ts = $2");
const FIND_ALL: &str = select_words!("a.given_ts > 0");
/// All that was said of the actions of which one event says something.
const FIND_ABOUT: &str = select_words!("a.given_ts IN (SELECT w.given_ts FROM action_word w WHERE w.event_id = $2)");
const FIND_UNMADE: &str = "SELECT id FROM chat_event WHERE meeting_id = $1 AND closed_ts IS NOT NULL AND actions_made IS NULL \
     ORDER BY opens_at DESC LIMIT $2";
/// Events that have not closed and have something in their minutes: the one that is open, and those in whose lobby
/// something was decided.
const FIND_LIVE: &str = select_event!(
    "WHERE e.meeting_id = $1 AND e.closed_ts IS NULL \
     AND EXISTS (SELECT 1 FROM chat_data d WHERE d.event_id = e.id AND d.tag IS NOT NULL)"
);

impl Store {
    /// What was said of the actions that came up in a meeting lately: all of it, however old.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn recent_words(&self, meeting: &str) -> Result<Vec<(Whence, Word)>, Error> {
        // In this order: what closes in between is among the live ones, and perhaps among the kept ones as well.
        let live = self.live_words(meeting).await?;
        self.take_words_in(meeting).await?;
        let find = sqlx::query(FIND_RECENT).bind(meeting.to_owned()).bind(i64::try_from(EVENTS).unwrap_or(i64::MAX));
        let mut words = find.fetch_all(&self.readers).await?.iter().map(word).collect::<Result<Vec<_>, _>>()?;
        // What goes on in an event that is open may be what was said of it last a long time ago.
        let known = |words: &[(Whence, Word)], given| words.iter().any(|(_, word)| word.given == given);
        for (_, Word { given, .. }) in &live {
            if !known(&words, *given) {
                words.extend(self.kept_words(meeting, *given).await?);
            }
        }
        words.extend(live);
        Ok(words)
    }

    /// All that was said of these actions of a meeting.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn words_on(&self, meeting: &str, given: &[Timestamp]) -> Result<Vec<(Whence, Word)>, Error> {
        let mut words = self.live_words(meeting).await?;
        self.take_words_in(meeting).await?;
        words.retain(|(_, word)| given.contains(&word.given));
        for given in given {
            words.extend(self.kept_words(meeting, *given).await?);
        }
        Ok(words)
    }

    /// All that was ever said of the actions of a meeting.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn all_words(&self, meeting: &str) -> Result<Vec<(Whence, Word)>, Error> {
        let live = self.live_words(meeting).await?;
        while self.take_words_in(meeting).await? > 0 {}
        let find = sqlx::query(FIND_ALL).bind(meeting.to_owned());
        let mut words = find.fetch_all(&self.readers).await?.iter().map(word).collect::<Result<Vec<_>, _>>()?;
        words.extend(live);
        Ok(words)
    }

    /// All that was said of the actions of which this event, which has closed, says something.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn words_about(&self, event: &ChatEvent) -> Result<Vec<(Whence, Word)>, Error> {
        let live = self.live_words(&event.meeting).await?;
        self.take_words_in(&event.meeting).await?;
        let find = sqlx::query(FIND_ABOUT).bind(event.meeting.clone()).bind(event.id.as_str());
        let mut words = find.fetch_all(&self.readers).await?.iter().map(word).collect::<Result<Vec<_>, _>>()?;
        let known: HashSet<Timestamp> = words.iter().map(|(_, word)| word.given).collect();
        words.extend(live.into_iter().filter(|(_, word)| known.contains(&word.given)));
        Ok(words)
    }

    /// The events of a meeting that closed last, the last one first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn closed_last(&self, meeting: &str, limit: usize) -> Result<Vec<ChatEvent>, Error> {
        let find = sqlx::query(select_event!("WHERE e.meeting_id = $1 AND e.closed_ts IS NOT NULL ORDER BY e.opens_at DESC LIMIT $2"));
        let find = find.bind(meeting.to_owned()).bind(i64::try_from(limit).unwrap_or(i64::MAX));
        find.fetch_all(&self.readers).await?.iter().map(event).collect()
    }

    async fn kept_words(&self, meeting: &str, given: Timestamp) -> Result<Vec<(Whence, Word)>, Error> {
        let find = sqlx::query(FIND_GIVEN).bind(meeting.to_owned()).bind(given.micros());
        find.fetch_all(&self.readers).await?.iter().map(word).collect()
    }

    /// What events say that have not closed, as they are now.
    async fn live_words(&self, meeting: &str) -> Result<Vec<(Whence, Word)>, Error> {
        let mut found = Vec::new();
        for row in sqlx::query(FIND_LIVE).bind(meeting.to_owned()).fetch_all(&self.readers).await? {
            let event = event(&row)?;
            let words = self.of_one_moment(async |on| said_in(on, &event.id).await).await?;
            found.extend(words.into_iter().map(|word| (whence(&event), word)));
        }
        Ok(found)
    }

    /// Takes in what the events say that closed meanwhile, and gives of how many.
    async fn take_words_in(&self, meeting: &str) -> Result<usize, Error> {
        let find = sqlx::query_scalar(FIND_UNMADE).bind(meeting.to_owned()).bind(AT_ONCE);
        let unmade: Vec<String> = find.fetch_all(&self.readers).await?;
        for id in &unmade {
            let id = EventId::parse(id).ok_or_else(|| undecodable("id", id))?;
            // Locked like for a redaction: what changes the minutes comes before this, or takes it back.
            let mut tx = LogTransaction::begin(self, Some(&id), false, None).await?;
            let kept = tx.keep_words(&id).await;
            tx.end(kept).await?;
        }
        Ok(unmade.len())
    }
}

impl LogTransaction {
    async fn keep_words(&mut self, id: &EventId) -> Result<(), Error> {
        let now = self.now();
        self.forget_words(id).await?;
        for word in said_in(self.connection(), id).await? {
            sqlx::query("INSERT INTO action_word (event_id, ts, given_ts, step, text, assignees) VALUES ($1, $2, $3, $4, $5, $6)")
                .bind(id.as_str())
                .bind(word.ts.micros())
                .bind(word.given.micros())
                .bind(word.step.as_str())
                .bind(word.text)
                .bind(listed(&word.assignees))
                .execute(self.connection())
                .await?;
        }
        let done = sqlx::query("UPDATE chat_event SET actions_made = $1 WHERE id = $2 AND closed_ts IS NOT NULL");
        done.bind(now.micros()).bind(id.as_str()).execute(self.connection()).await?;
        Ok(())
    }

    /// Has the words of an event taken in anew where somebody asks: its minutes change. What is redacted does not stay here either.
    pub(in crate::store) async fn forget_words(&mut self, id: &EventId) -> Result<(), Error> {
        sqlx::query("DELETE FROM action_word WHERE event_id = $1").bind(id.as_str()).execute(self.connection()).await?;
        sqlx::query("UPDATE chat_event SET actions_made = NULL WHERE id = $1").bind(id.as_str()).execute(self.connection()).await?;
        Ok(())
    }

    /// Writes the row that decides on an action, or takes back all that the event decided on it.
    pub(in crate::store) async fn decide(&mut self, id: &EventId, phase: Phase, what: &Decided) -> Result<Result<(), Refusal>, Error> {
        match phase {
            Phase::Closed => return Ok(Err(Refusal::Event(EventProblem::Closed))),
            Phase::Cancelled => return Ok(Err(Refusal::Event(EventProblem::Cancelled))),
            Phase::Scheduled | Phase::Open => {}
        }
        let last = Fold::over(&messages::tagged(self.connection(), id).await?).decision(what.given).map(|(_, last)| last);
        // Said once is enough.
        if last != what.step {
            self.put_decision(id, what.step.and_then(Tag::of_step).unwrap_or(Tag::Strike), what);
            self.settle(id);
        }
        Ok(Ok(()))
    }

    fn put_decision(&mut self, id: &EventId, tag: Tag, what: &Decided) {
        let known = what.who.as_ref().and_then(|who| self.known(id, who));
        let who = known.filter(|who| who.standing != ParticipantState::Gone).cloned();
        let (told, said) = (rules::told(tag, &what.words, what.given), rules::said(tag, &what.words));
        let row = ChatData {
            from: who.as_ref().map(|who| who.id.clone()),
            nick: who.map(|who| who.nick),
            // It repeats what somebody wrote, so it can be redacted like that.
            salt: Some(digest::salt()),
            tag: Some(tag),
            ..ChatData::bare(self.next_ts(id), Kind::Action, told, text::inline(&said))
        };
        self.push(id, row);
    }
}

/// What an event says of actions, as it is now.
async fn said_in(on: &mut AnyConnection, id: &EventId) -> Result<Vec<Word>, Error> {
    let rows = messages::tagged(&mut *on, id).await?;
    let (people, corrections) = (source_rows::names(on, id).await?, source_rows::corrections(on, id).await?);
    Ok(Fold::over(&rows).words(&people, &corrections))
}

/// A line each: the nickname, and behind a tab the other name.
fn listed(assignees: &[Assignee]) -> String {
    let plain = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = |who: &Assignee| match &who.alias {
        Some(alias) => format!("{}\t{}", plain(&who.nick), plain(alias)),
        None => plain(&who.nick),
    };
    assignees.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn assignee(line: &str) -> Assignee {
    let (nick, alias) = line.split_once('\t').map_or((line, None), |(nick, alias)| (nick, Some(alias.to_owned())));
    Assignee { nick: nick.to_owned(), alias }
}

fn whence(event: &ChatEvent) -> Whence {
    Whence { event: event.id.clone(), url: event.url(), opens_at: event.opens_at, zone: event.zone }
}

fn word(row: &sqlx::any::AnyRow) -> Result<(Whence, Word), Error> {
    let step = row.text("step")?;
    let word = Word {
        ts: Timestamp::from_micros(row.number("ts")?),
        given: Timestamp::from_micros(row.number("given_ts")?),
        step: Step::parse(&step).ok_or_else(|| undecodable("step", &step))?,
        nick: row.text_or_null("said_by")?,
        text: row.text_or_null("text")?,
        assignees: row.text("assignees")?.lines().map(assignee).collect(),
    };
    Ok((whence(&event(row)?), word))
}
