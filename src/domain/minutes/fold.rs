//! The fold from rows to minutes. Rows are taken in the order of their `ts`; what cannot be at its place is passed over, so
//! that any log makes some minutes.

use std::collections::HashMap;

use super::command::{self, Command, Read};
use super::hint::Hint;
use super::made::{Attendee, Correction, Item, Minutes, Person};
use super::names::{Names, folded};
use super::table::Tag;
use super::vote::{Choice, Manner, Poll, Question};
use crate::domain::limits;
use crate::domain::message::ChatData;
use crate::domain::text;
use crate::domain::time::Timestamp;

/// A command that holds.
#[derive(Clone, Debug)]
struct Noted {
    ts: Timestamp,
    tag: Tag,
    nick: String,
    /// Empty where the row was redacted: what it was still has its place, for `#undo`.
    argument: String,
}

/// The commands of an event that hold, as far as its rows were taken.
#[derive(Clone, Debug, Default)]
pub struct Fold {
    noted: Vec<Noted>,
}

impl Fold {
    /// Takes all rows of a log.
    pub fn over<'r>(rows: impl IntoIterator<Item = &'r ChatData>) -> Self {
        let mut fold = Self::default();
        for row in rows {
            fold.take(row);
        }
        fold
    }

    /// Takes the next row; one without a tag is nothing to the minutes.
    pub fn take(&mut self, row: &ChatData) {
        let Some(tag) = row.tag else { return };
        let argument = match command::read(&row.text) {
            Read::Command(command) if command.tag == tag => command.argument,
            _ => String::new(),
        };
        let command = Command { tag, argument };
        if self.refuses(&command).is_some() {
            return;
        }
        if tag == Tag::Undo {
            if let Some(last) = self.last_item() {
                // Votes behind it were cast in the vote that it began.
                let begins = is_start(self.noted[last].tag);
                self.noted.remove(last);
                let mut place = 0;
                self.noted.retain(|noted| {
                    place += 1;
                    !(begins && place > last && noted.tag == Tag::Vote)
                });
            }
            return;
        }
        self.noted.push(Noted { ts: row.ts, tag, nick: row.nick.clone().unwrap_or_default(), argument: command.argument });
    }

    /// Why a command cannot stand behind the rows taken so far, if it cannot.
    #[must_use]
    pub fn refuses(&self, command: &Command) -> Option<Hint> {
        match command.tag {
            Tag::StartVote | Tag::Motion => self.vote_that_is_on().map(|_| Hint::VoteIsOn),
            Tag::EndVote if self.vote_that_is_on().is_none() => Some(Hint::NoVote),
            Tag::Vote => match self.question() {
                None => Some(Hint::NoVote),
                Some(question) if question.choose(&command.argument).is_none() => Some(Hint::NoOption(question.options)),
                Some(_) => None,
            },
            Tag::Undo if self.last_item().is_none() => Some(Hint::NothingToUndo),
            Tag::Edit | Tag::Strike if !self.has_item(&command.argument) => Some(Hint::NoItem),
            _ => None,
        }
    }

    /// The vote that is on: a question without options where its row was redacted.
    #[must_use]
    pub fn question(&self) -> Option<Question> {
        self.vote_that_is_on().map(asked)
    }

    fn last_item(&self) -> Option<usize> {
        self.noted.iter().rposition(|noted| noted.tag.is_item())
    }

    fn vote_that_is_on(&self) -> Option<&Noted> {
        self.noted.iter().rfind(|noted| is_start(noted.tag) || noted.tag == Tag::EndVote).filter(|noted| is_start(noted.tag))
    }

    /// Whether `#edit` or `#strike` names an item; a redacted one of them does nothing, but has its place.
    fn has_item(&self, argument: &str) -> bool {
        let is_there = |ts| self.noted.iter().any(|noted| noted.ts == ts && noted.tag.is_text());
        argument.is_empty() || command::edit(argument).is_some_and(|(ts, _)| is_there(ts))
    }

    /// The minutes: with everybody who took part, what was corrected, and when the event ended, if it has.
    #[must_use]
    pub fn minutes(&self, people: &[Person], corrections: &[Correction], ended: Option<Timestamp>) -> Minutes {
        let (mut items, votes) = self.gather(ended);
        let (attendees, names) = self.attendees(people);
        for correction in corrections {
            match (&correction.text, items.iter().position(|item| item.ts == correction.ts)) {
                (None, Some(place)) => drop(items.remove(place)),
                (Some(text), Some(place)) => {
                    let item = &mut items[place];
                    let was = std::mem::replace(&mut item.text, text.clone());
                    item.was.get_or_insert(was);
                }
                (_, None) => {}
            }
        }
        let mut topic = None;
        for item in &mut items {
            match item.tag {
                Tag::Topic => topic = Some(item.ts),
                _ => item.topic = topic,
            }
            if item.tag == Tag::Action {
                item.assignees = names.in_text(&item.text).into_iter().map(|who| attendees[who].nick.clone()).collect();
            }
            if item.tag == Tag::Link {
                item.url = text::first_address(&item.text);
            }
        }
        let under = |ts| items.iter().rfind(|item| item.tag == Tag::Topic && item.ts < ts).map(|item| item.ts);
        let votes = votes.into_iter().map(|vote| Poll { topic: under(vote.ts), ..vote }).collect();
        Minutes { items, votes, attendees, corrections: corrections.to_vec() }
    }

    /// Items and votes, as edits and strikes left them.
    fn gather(&self, ended: Option<Timestamp>) -> (Vec<Item>, Vec<Poll>) {
        let (mut items, mut votes): (Vec<Item>, Vec<Poll>) = (Vec::new(), Vec::new());
        let mut ballot: Option<Ballot<'_>> = None;
        for noted in &self.noted {
            match noted.tag {
                Tag::StartVote | Tag::Motion => {
                    ballot = Some(Ballot { start: noted, question: asked(noted), choices: Vec::new(), places: HashMap::new() });
                }
                Tag::Vote => {
                    if let Some(ballot) = &mut ballot {
                        ballot.take(noted);
                    }
                }
                Tag::EndVote => votes.extend(ballot.take().and_then(|ballot| ballot.count(Some(noted.ts)))),
                Tag::Edit => {
                    if let Some((ts, words)) = command::edit(&noted.argument)
                        && let Some(item) = items.iter_mut().find(|item| item.ts == ts)
                    {
                        words.clone_into(&mut item.text);
                        item.edited = Some(noted.ts);
                    }
                }
                Tag::Strike => {
                    let struck = command::edit(&noted.argument).map(|(ts, _)| ts);
                    items.retain(|item| Some(item.ts) != struck);
                }
                tag if tag.is_text() && !noted.argument.is_empty() => items.push(item(noted)),
                _ => {}
            }
        }
        votes.extend(ballot.and_then(|ballot| ballot.count(ended)));
        (items, votes)
    }

    /// Everybody who was there, and the names by which they are called.
    fn attendees(&self, people: &[Person]) -> (Vec<Attendee>, Names) {
        let (mut attendees, mut names, mut places) = (Vec::<Attendee>::new(), Names::default(), HashMap::new());
        let mut add = |nick: &str, attendees: &mut Vec<Attendee>, names: &mut Names| {
            *places.entry(folded(nick)).or_insert_with(|| {
                names.add(nick, attendees.len());
                attendees.push(Attendee { nick: nick.to_owned(), alias: None, lines: 0, here: false });
                attendees.len() - 1
            })
        };
        for person in people {
            let place = add(&person.nick, &mut attendees, &mut names);
            attendees[place].lines += person.lines;
        }
        for noted in &self.noted {
            if noted.tag == Tag::Nick && !noted.argument.is_empty() {
                let place = add(&noted.argument, &mut attendees, &mut names);
                attendees[place].here = true;
            }
            if noted.tag == Tag::Here && !noted.nick.is_empty() {
                let place = add(&noted.nick, &mut attendees, &mut names);
                attendees[place].here = true;
                // What is longer than a name is none.
                let is_name = (1..=limits::NICK).contains(&noted.argument.chars().count());
                if is_name && folded(&noted.argument) != folded(&noted.nick) {
                    attendees[place].alias = Some(noted.argument.clone());
                    names.add(&noted.argument, place);
                }
            }
        }
        (attendees, names)
    }
}

const fn is_start(tag: Tag) -> bool {
    matches!(tag, Tag::StartVote | Tag::Motion)
}

/// What was asked; nothing to choose from where the row was redacted.
fn asked(start: &Noted) -> Question {
    let nothing = || Question { text: String::new(), options: Vec::new(), manner: Manner::Secret };
    if start.argument.is_empty() { nothing() } else { Question::parse(start.tag, &start.argument).unwrap_or_else(|_| nothing()) }
}

/// A vote while its rows are read.
struct Ballot<'n> {
    start: &'n Noted,
    question: Question,
    choices: Vec<Choice>,
    /// Where each voter's choice is, by nickname.
    places: HashMap<String, usize>,
}

impl Ballot<'_> {
    /// Takes a vote; somebody's last one counts.
    fn take(&mut self, noted: &Noted) {
        let Some(option) = self.question.choose(&noted.argument) else { return };
        let place = *self.places.entry(folded(&noted.nick)).or_insert(self.choices.len());
        match self.choices.get_mut(place) {
            Some(choice) => choice.option = option,
            None => self.choices.push(Choice { nick: noted.nick.clone(), option }),
        }
    }

    /// The vote with its counts; none where its question was redacted.
    fn count(self, ended: Option<Timestamp>) -> Option<Poll> {
        if self.question.options.is_empty() {
            return None;
        }
        let poll = Poll::new(self.start.ts, self.question, self.start.tag == Tag::Motion, &self.choices, ended);
        Some(Poll { nick: Some(self.start.nick.clone()), ..poll })
    }
}

fn item(noted: &Noted) -> Item {
    Item {
        ts: noted.ts,
        tag: noted.tag,
        text: noted.argument.clone(),
        nick: Some(noted.nick.clone()).filter(|nick| !nick.is_empty()),
        topic: None,
        assignees: Vec::new(),
        url: None,
        edited: None,
        was: None,
    }
}
