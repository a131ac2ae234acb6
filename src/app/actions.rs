//! Actions that go on from one event of a meeting to the next: which are open, and deciding on one.
//!
//! A decision is a row of the event in which it is made, so everybody there hears of it, and the minutes follow from the log.

use std::sync::Arc;

use super::chairs::Papers;
use super::minutes::Made;
use super::{App, Error, Thing};
use crate::domain::event::{ChatEvent, EventId, EventProblem, Phase};
use crate::domain::meeting::Meeting;
use crate::domain::message::Utterance;
use crate::domain::minutes::{self, Action, Command, Hint, Minutes, Step, trace};
use crate::domain::time::Timestamp;
use crate::store::actions::Decided;
use crate::store::acts::Act;

pub use crate::store::actions::EVENTS;

/// So many decisions a meeting's page tells at most.
const DECISIONS: usize = 10;

/// What earlier events left to one that is ahead or open.
#[derive(Clone, Debug, Default)]
pub struct Left {
    /// What nobody has decided on here.
    pub open: Vec<Action>,
    /// What is decided here, in the order of the decisions.
    pub decided: Vec<Action>,
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
        if !matches!(event.phase(self.now()), Phase::Scheduled | Phase::Open) {
            return Ok(Left::default());
        }
        let mut left = Left::default();
        for action in self.actions(&event.meeting).await?.into_iter().filter(|action| action.from.event != event.id) {
            if action.by.event == event.id {
                left.decided.push(action);
            } else if !action.step.ends() {
                left.open.push(action);
            }
        }
        left.decided.sort_by_key(|action| action.at);
        Ok(left)
    }

    /// Decides in this event on an action of an earlier one; without a step the decision is taken back. Done twice it is
    /// done once.
    ///
    /// # Errors
    /// [`Error::NotFound`] where no such action is open, [`Error::Conflict`], those of [`Self::right`].
    pub async fn decide(&self, by: impl Into<Papers>, id: &EventId, given: Timestamp, step: Option<Step>) -> Result<Action, Error> {
        let (by, event) = (by.into(), self.event(id).await?);
        self.right(&by, &event).await?;
        match event.phase(self.now()) {
            Phase::Closed => return Err(Error::Conflict(EventProblem::Closed)),
            Phase::Cancelled => return Err(Error::Conflict(EventProblem::Cancelled)),
            Phase::Scheduled | Phase::Open => {}
        }
        let Left { open, decided } = self.left(&event).await?;
        let mut found = open.into_iter().chain(decided).find(|action| action.given == given).ok_or(Error::NotFound(Thing::Action))?;
        let (who, words) = (by.participant, minutes::in_words(&found));
        self.act(Act::Decide { event: event.id.clone(), what: Decided { given, step, words, who } }).await?;
        if let Some(now) = trace(self.store.words_on(&event.meeting, &[given]).await?).pop() {
            found = now;
        }
        Ok(found)
    }

    /// Has a command on an action tell which one that is, and makes chat of it where that is not open: what other events say is
    /// not for the writing transaction to read. That this one has not decided on it already is.
    pub(super) async fn check_action(&self, id: &EventId, mut what: Utterance) -> Result<Utterance, Error> {
        let Some(given) = what.command.as_ref().and_then(Command::given) else { return Ok(what) };
        let Left { open, decided } = self.left(&self.event(id).await?).await?;
        match open.iter().chain(&decided).find(|action| action.given == given) {
            Some(action) => what.told = Some(minutes::typed(&what.text, &minutes::in_words(action))),
            None => (what.command, what.hint) = (None, Some(Hint::NoAction)),
        }
        Ok(what)
    }

    /// The actions on which an event decides, as those before it left them.
    pub(super) async fn actions_before(&self, event: &ChatEvent, given: &[Timestamp]) -> Result<Vec<Action>, Error> {
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

    /// What was agreed, accepted, rejected and voted on in a meeting, the newest event first: as many events as it takes to tell
    /// ten decisions, of the last [`EVENTS`].
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn decisions(&self, meeting: &Meeting) -> Result<Decisions, Error> {
        let (mut of, mut found, mut more) = (Vec::new(), 0, false);
        for event in self.store.closed_last(&meeting.id, EVENTS + 1).await? {
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
