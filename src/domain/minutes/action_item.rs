//! Actions through the events of a meeting: one is given in an event, and what becomes of it is said in later ones, each time by a
//! row of theirs. Here is put together what the events say; none of them has to know the others.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::people::names;
use crate::domain::schedule::event::EventId;
use crate::domain::time::Timestamp;
use crate::domain::zone::Zone;

/// What an event says of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// It is to be done: said where it is given.
    Given,
    /// It is still to be done.
    Carried,
    Done,
    /// Nobody will do it.
    Dropped,
}

impl Step {
    /// The word in JSON and in the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Carried => "carried",
            Self::Done => "done",
            Self::Dropped => "dropped",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Given, Self::Carried, Self::Done, Self::Dropped].into_iter().find(|step| step.as_str() == word)
    }

    /// Whether there is nothing left to do.
    #[must_use]
    pub const fn ends(self) -> bool {
        matches!(self, Self::Done | Self::Dropped)
    }
}

/// Somebody who is to do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignee {
    pub nick: String,
    /// The other name that they gave, by which other words may call them.
    pub alias: Option<String>,
}

/// What a row says of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    pub ts: Timestamp,
    /// The row that gave the action: this one, where it does.
    pub given: Timestamp,
    pub step: Step,
    /// Who wrote the row, where somebody in the event did.
    pub nick: Option<String>,
    /// The words of the action, where this event gives it words.
    pub text: Option<String>,
    /// Those of this event whose names stand in these words.
    pub assignees: Vec<Assignee>,
}

/// The event in which something was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whence {
    pub event: EventId,
    /// The path of its page.
    pub url: String,
    pub opens_at: Timestamp,
    pub zone: Zone,
}

impl Whence {
    /// The path of a row of it, on whichever page of its log that is.
    #[must_use]
    pub fn line(&self, ts: Timestamp) -> String {
        format!("{}?at={ts}#t{ts}", self.url)
    }
}

/// An action, as all that was said of it leaves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// The row that gave it, by which it is called.
    pub given: Timestamp,
    pub from: Whence,
    pub text: String,
    pub assignees: Vec<Assignee>,
    /// What was said of it last, by which row of which event, and by whom, where that was somebody in the event.
    pub step: Step,
    pub at: Timestamp,
    pub by: Whence,
    pub nick: Option<String>,
}

impl Action {
    /// The nicknames of those who are to do it.
    #[must_use]
    pub fn nicks(&self) -> Vec<String> {
        self.assignees.iter().map(|who| who.nick.clone()).collect()
    }
}

/// Puts together what events say: the actions in the order in which they were given. One whose first row is gone is none.
#[must_use]
pub fn trace(mut words: Vec<(Whence, Word)>) -> Vec<Action> {
    words.sort_by_key(|(_, word)| (word.ts, word.step));
    let mut actions: BTreeMap<Timestamp, Action> = BTreeMap::new();
    for (whence, word) in words {
        let Word { ts, given, step, nick, text, assignees } = word;
        match (step, actions.get_mut(&given), text) {
            (Step::Given, None, Some(text)) => {
                let action = Action { given, from: whence.clone(), text, assignees, step, at: ts, by: whence, nick };
                actions.insert(given, action);
            }
            (Step::Given, ..) | (_, None, _) => {}
            (_, Some(action), text) => {
                if let Some(text) = text {
                    action.assignees = assigned(&text, assignees, &action.assignees);
                    action.text = text;
                }
                (action.step, action.at, action.by, action.nick) = (step, ts, whence, nick);
            }
        }
    }
    actions.into_values().collect()
}

/// Who is to do what this text says: those of the event in which it was written, and of those before whoever stands in it as well.
pub(super) fn assigned(text: &str, mut here: Vec<Assignee>, before: &[Assignee]) -> Vec<Assignee> {
    let mut known = names::Names::default();
    for (place, who) in before.iter().enumerate() {
        for name in [Some(&who.nick), who.alias.as_ref()].into_iter().flatten() {
            known.add(name, place);
        }
    }
    for who in known.in_text(text).into_iter().map(|place| &before[place]) {
        if !here.iter().any(|there| names::folded(&there.nick) == names::folded(&who.nick)) {
            here.push(who.clone());
        }
    }
    here
}

/// Something that people are to do.
pub trait Task {
    /// Their nicknames.
    fn people(&self) -> impl Iterator<Item = &str>;
}

impl Task for Action {
    fn people(&self) -> impl Iterator<Item = &str> {
        self.assignees.iter().map(|who| who.nick.as_str())
    }
}

/// Tasks by those who are to do them, each person once however the name is written, in the order in which they are named first; a
/// task of several stands with each of them. Those of nobody come last.
#[must_use]
pub fn by_person<'t, T: Task + 't>(tasks: impl IntoIterator<Item = &'t T>) -> Vec<(Option<&'t str>, Vec<&'t T>)> {
    let (mut people, mut places, mut nobodys) = (Vec::<(Option<&str>, Vec<&T>)>::new(), HashMap::new(), Vec::new());
    for task in tasks {
        let mut of_nobody = true;
        for nick in task.people() {
            of_nobody = false;
            let place = *places.entry(names::folded(nick)).or_insert(people.len());
            if place == people.len() {
                people.push((None, Vec::new()));
            }
            // The last way in which somebody wrote it.
            people[place].0 = Some(nick);
            people[place].1.push(task);
        }
        if of_nobody {
            nobodys.push(task);
        }
    }
    people.extend((!nobodys.is_empty()).then_some((None, nobodys)));
    people
}
