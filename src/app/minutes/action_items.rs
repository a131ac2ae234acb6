//! Actions that go on from one event of a meeting to the next: which are open, and deciding on one.
//!
//! A decision is a row of the event in which it is made, so everybody there hears of it, and the minutes follow from the log.

use std::fmt;
use std::sync::Arc;

use super::current_minutes::Made;
use crate::app::people::chairs::Papers;
use crate::app::{App, Error, Thing};
use crate::domain::minutes::{self, Action, Hint, Minutes, Step, Whence, trace};
use crate::domain::schedule::event::{ChatEvent, EventId, EventProblem, Phase};
use crate::domain::schedule::meeting::Meeting;
use crate::domain::talk::message::Utterance;
use crate::domain::time::Timestamp;
use crate::store::minutes::action_items::Decided;
use crate::store::schedule::organizer_action::OrganizerAction;
use crate::store::talk::catch_up::AT_ONCE;

pub use crate::store::minutes::action_items::EVENTS;

/// So many decisions a meeting's page tells at most.
const DECISIONS: usize = 10;

/// What earlier events left to one that is ahead or open.
#[derive(Clone, Debug, Default)]
pub struct Left {
    /// What nobody has decided on here.
    pub open: Vec<Action>,
    /// What is decided here, in the order of the decisions.
    pub decided: Vec<Action>,
    /// What another event ended meanwhile, likewise.
    pub elsewhere: Vec<Elsewhere>,
}

/// An action that another event ended.
#[derive(Clone, Debug)]
pub struct Elsewhere {
    pub action: Action,
    /// The title of that event, and who ended it, where it was somebody in it.
    pub title: String,
    pub nick: Option<String>,
}

impl fmt::Display for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Whence { opens_at, zone, .. } = &self.action.by;
        let day = opens_at.in_zone(*zone).format("%-d %B %Y");
        let who = self.nick.as_deref().unwrap_or("somebody who runs that event");
        write!(f, "It was {} in “{}” of {day}, by {who}.", self.action.step.as_str(), self.title)
    }
}

/// Minutes with the decisions of one event.
#[derive(Clone, Debug)]
pub struct Decisions {
    /// The events that have any, the newest first, each with its minutes.
    pub of: Vec<Arc<Made>>,
    /// Whether there may be more than are told.
    pub more: bool,
}

impl App {
    /// The actions of a meeting on which something was said in one of its last [`EVENTS`] events that closed, or in one that
    /// goes on: in the order in which they were given, ended ones among them.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn actions(&self, meeting: &str) -> Result<Vec<Action>, Error> {
        Ok(trace(self.store.recent_words(meeting).await?))
    }

    /// What earlier events left to this one; nothing, where nothing can be decided any more.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn left(&self, event: &ChatEvent) -> Result<Left, Error> {
        let (mut left, ended) = self.parted(event).await?;
        left.elsewhere = self.meanwhile(event, ended).await?;
        Ok(left)
    }

    /// What is open for this event and what it decided, and apart what other events ended.
    async fn parted(&self, event: &ChatEvent) -> Result<(Left, Vec<Action>), Error> {
        let (mut left, mut ended) = (Left::default(), Vec::new());
        if !matches!(event.phase(self.now()), Phase::Scheduled | Phase::Open) {
            return Ok((left, ended));
        }
        for action in self.actions(&event.meeting).await?.into_iter().filter(|action| action.from.event != event.id) {
            if action.by.event == event.id {
                left.decided.push(action);
            } else if action.step.ends() {
                ended.push(action);
            } else {
                left.open.push(action);
            }
        }
        left.decided.sort_by_key(|action| action.at);
        Ok((left, ended))
    }

    /// Of what other events ended, what they ended since this one opened; in a lobby, since the one opened that is on.
    async fn meanwhile(&self, event: &ChatEvent, mut ended: Vec<Action>) -> Result<Vec<Elsewhere>, Error> {
        if ended.is_empty() {
            return Ok(Vec::new());
        }
        let since = match event.opened {
            Some(opened) => Some(opened),
            None => self.store.current_or_next(&event.meeting, self.now()).await?.and_then(|current| current.opened),
        };
        ended.retain(|action| since.is_some_and(|since| action.at >= since));
        ended.sort_by_key(|action| action.at);
        self.told_of(ended).await
    }

    /// The same actions, with who ended them where.
    async fn told_of(&self, ended: Vec<Action>) -> Result<Vec<Elsewhere>, Error> {
        let mut told: Vec<Elsewhere> = Vec::with_capacity(ended.len());
        for actions in ended.chunk_by(|one, next| one.by.event == next.by.event) {
            let there = self.event(&actions[0].by.event).await?;
            for actions in actions.chunks(AT_ONCE) {
                let rows = self.store.rows_at(&there.id, &actions.iter().map(|action| action.at).collect::<Vec<_>>()).await?;
                told.extend(actions.iter().map(|action| Elsewhere {
                    action: action.clone(),
                    title: there.title.clone(),
                    nick: rows.iter().find(|row| row.ts == action.at).and_then(|row| row.nick.clone()),
                }));
            }
        }
        Ok(told)
    }

    /// An action of the meeting that another event than this one ended, however long ago.
    async fn ended_elsewhere(&self, event: &ChatEvent, given: Timestamp) -> Result<Option<Elsewhere>, Error> {
        let mut found = trace(self.store.words_on(&event.meeting, &[given]).await?);
        found.retain(|action| action.step.ends() && action.by.event != event.id);
        Ok(self.told_of(found).await?.pop())
    }

    /// Decides in this event on an action of an earlier one; without a step the decision is taken back. Done twice it is
    /// done once.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such action, [`Error::Settled`] where another event ended it, [`Error::Conflict`],
    /// those of [`Self::right`].
    pub async fn decide(&self, by: impl Into<Papers>, id: &EventId, given: Timestamp, step: Option<Step>) -> Result<Action, Error> {
        let (by, event) = (by.into(), self.event(id).await?);
        self.right(&by, &event).await?;
        match event.phase(self.now()) {
            Phase::Closed => return Err(Error::Conflict(EventProblem::Closed)),
            Phase::Cancelled => return Err(Error::Conflict(EventProblem::Cancelled)),
            Phase::Scheduled | Phase::Open => {}
        }
        let (Left { open, decided, .. }, _) = self.parted(&event).await?;
        let Some(mut found) = open.into_iter().chain(decided).find(|action| action.given == given) else {
            let elsewhere = self.ended_elsewhere(&event, given).await?;
            return Err(elsewhere.map_or(Error::NotFound(Thing::Action), |it| Error::Settled(Box::new(it))));
        };
        let (who, words) = (by.participant, minutes::in_words(&found));
        self.act(OrganizerAction::Decide { event: event.id.clone(), what: Decided { given, step, words, who } }).await?;
        if let Some(now) = trace(self.store.words_on(&event.meeting, &[given]).await?).pop() {
            found = now;
        }
        Ok(found)
    }

    /// Has a command on an action tell which one that is, and makes chat of it where that is not open: what other events say is
    /// not for the writing transaction to read. That this one has not decided on it already is.
    pub(in crate::app) async fn check_action(&self, id: &EventId, mut what: Utterance) -> Result<Utterance, Error> {
        let Some((command, given)) = what.command.as_mut().and_then(|command| command.given().map(|given| (command, given))) else {
            return Ok(what);
        };
        let event = self.event(id).await?;
        let (Left { open, decided, .. }, _) = self.parted(&event).await?;
        if let Some(action) = open.iter().chain(&decided).find(|action| action.given == given) {
            command.say_action(given, &minutes::in_words(action));
        } else {
            let elsewhere = self.ended_elsewhere(&event, given).await?;
            let hint = elsewhere.map_or(Hint::NoAction, |it| Hint::SettledElsewhere(it.to_string()));
            (what.command, what.hint) = (None, Some(hint));
        }
        Ok(what)
    }

    /// The actions on which an event decides, as those before it left them.
    pub(in crate::app) async fn actions_before(&self, event: &ChatEvent, given: &[Timestamp]) -> Result<Vec<Action>, Error> {
        if given.is_empty() {
            return Ok(Vec::new());
        }
        let mut words = self.store.words_on(&event.meeting, given).await?;
        // What was said later is nothing to an event that is over.
        words.retain(|(whence, word)| whence.event != event.id && event.closed.is_none_or(|closed| word.ts < closed));
        Ok(trace(words))
    }

    /// The event of a meeting in which its organizer decides on actions from outside: the one that is open, else the next one.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn where_to_decide(&self, meeting: &str) -> Result<Option<ChatEvent>, Error> {
        Ok(self.store.current_or_next(meeting, self.now()).await?)
    }

    /// Returns what was agreed, accepted, rejected and voted on in a meeting, the newest event first: that of the event that is
    /// open now, then as many closed events as it takes to show ten decisions, of the last [`EVENTS`].
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn decisions(&self, meeting: &Meeting, open: Option<&ChatEvent>) -> Result<Decisions, Error> {
        let (mut of, mut found, mut more) = (Vec::new(), 0, false);
        let closed = self.store.closed_last(&meeting.id, EVENTS + 1).await?;
        for event in open.into_iter().chain(&closed) {
            if found >= DECISIONS || of.len() >= EVENTS {
                more = true;
                break;
            }
            let made = self.minutes(&event.id).await?;
            let count = decided_in(&made.minutes);
            found += count;
            if count > 0 {
                of.push(made);
            }
        }
        Ok(Decisions { of, more })
    }
}

/// How many decisions there are in these minutes.
fn decided_in(minutes: &Minutes) -> usize {
    let words = minutes.items.iter().filter(|item| item.tag.decides()).count();
    words + minutes.votes.iter().filter(|vote| vote.ended.is_some()).count()
}
