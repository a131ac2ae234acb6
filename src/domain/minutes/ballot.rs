//! A vote while the fold goes through its rows: the question as it was asked, and what each voter chose last.

use std::collections::HashMap;

use super::fold::Noted;
use super::names::folded;
use super::table::Tag;
use super::vote::{Choice, Manner, Poll, Question};
use crate::domain::time::Timestamp;

/// What was asked; nothing to choose from where the row was redacted.
pub(super) fn asked(start: &Noted) -> Question {
    let nothing = || Question { text: String::new(), options: Vec::new(), manner: Manner::Secret };
    if start.argument.is_empty() { nothing() } else { Question::parse(start.tag, &start.argument).unwrap_or_else(|_| nothing()) }
}

/// A vote while its rows are read.
pub(super) struct Ballot<'n> {
    pub start: &'n Noted,
    pub question: Question,
    /// The row that gave the question other words.
    pub edited: Option<Timestamp>,
    choices: Vec<Choice>,
    /// Where each voter's choice is, by nickname.
    places: HashMap<String, usize>,
}

impl<'n> Ballot<'n> {
    pub fn of(start: &'n Noted) -> Self {
        Self { start, question: asked(start), edited: None, choices: Vec::new(), places: HashMap::new() }
    }

    /// Takes a vote; somebody's last one counts.
    pub fn take(&mut self, noted: &Noted) {
        let Some(option) = self.question.choose(&noted.argument) else { return };
        let place = *self.places.entry(folded(&noted.nick)).or_insert(self.choices.len());
        match self.choices.get_mut(place) {
            Some(choice) => choice.option = option,
            None => self.choices.push(Choice { nick: noted.nick.clone(), option }),
        }
    }

    /// The vote with its counts; none where its question was redacted.
    pub fn count(self, ended: Option<Timestamp>) -> Option<Poll> {
        if self.question.options.is_empty() {
            return None;
        }
        let poll = Poll::new(self.start.ts, self.question, self.start.tag == Tag::Motion, &self.choices, ended);
        Some(Poll { nick: Some(self.start.nick.clone()), edited: self.edited, ..poll })
    }
}
