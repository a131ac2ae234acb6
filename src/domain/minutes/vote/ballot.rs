//! A vote while the fold goes through its rows: the question as it was asked, and what each voter chose last.

use std::collections::HashMap;

use super::{CastVote, Manner, Poll, Question};
use crate::domain::minutes::command::table::Tag;
use crate::domain::minutes::fold::Noted;
use crate::domain::minutes::people::names::folded;
use crate::domain::time::Timestamp;

/// What was asked; nothing to choose from where the row was redacted.
pub(in crate::domain::minutes) fn asked(start: &Noted) -> Question {
    let nothing = || Question { text: String::new(), options: Vec::new(), manner: Manner::Secret };
    if start.argument.is_empty() { nothing() } else { Question::parse(start.tag, &start.argument).unwrap_or_else(|_| nothing()) }
}

/// The counts of these options that the row at a vote's end tells, as [`Poll::in_words`] does.
pub(in crate::domain::minutes) fn told(text: &str, options: &[String]) -> Option<Vec<usize>> {
    let mut rest = text.strip_suffix(')')?;
    let mut counts = Vec::with_capacity(options.len());
    for (place, option) in options.iter().enumerate().rev() {
        let digits = rest.len() - rest.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let (head, count) = rest.split_at(rest.len() - digits);
        counts.push(count.parse().ok()?);
        let before = if place == 0 { " (" } else { ", " };
        rest = head.strip_suffix(": ")?.strip_suffix(option.as_str())?.strip_suffix(before)?;
    }
    counts.reverse();
    (!counts.is_empty()).then_some(counts)
}

/// A vote while its rows are read.
pub(in crate::domain::minutes) struct Ballot<'n> {
    pub start: &'n Noted,
    pub question: Question,
    /// The row that gave the question other words.
    pub edited: Option<Timestamp>,
    /// Whether any ballot is in the log, if only one that was emptied since.
    is_heard: bool,
    choices: Vec<CastVote>,
    /// Where each voter's choice is, by nickname.
    places: HashMap<String, usize>,
}

impl<'n> Ballot<'n> {
    pub fn of(start: &'n Noted) -> Self {
        Self { start, question: asked(start), edited: None, is_heard: false, choices: Vec::new(), places: HashMap::new() }
    }

    /// Takes a vote; somebody's last one counts.
    pub fn take(&mut self, noted: &Noted) {
        self.is_heard = true;
        let Some(option) = self.question.choose(&noted.argument) else { return };
        let place = *self.places.entry(folded(&noted.nick)).or_insert(self.choices.len());
        match self.choices.get_mut(place) {
            Some(choice) => choice.option = option,
            None => self.choices.push(CastVote { nick: noted.nick.clone(), option }),
        }
    }

    /// The vote with its counts, or with those that its end tells where no ballot is there; none where its question was redacted.
    pub fn count(self, ended: Option<Timestamp>, told: Option<&[usize]>) -> Option<Poll> {
        if self.question.options.is_empty() {
            return None;
        }
        let told = told.filter(|_| self.question.manner == Manner::Secret && !self.is_heard);
        let poll = Poll::new(self.start.ts, self.question, self.start.tag == Tag::Motion, &self.choices, ended);
        let poll = Poll { nick: Some(self.start.nick.clone()), edited: self.edited, ..poll };
        Some(told.into_iter().fold(poll, Poll::told))
    }
}
