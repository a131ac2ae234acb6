//! The fold from rows to minutes. Rows are taken in the order of their `ts`; what cannot be at its place is passed over, so
//! that any log makes some minutes.

use std::collections::HashMap;

use super::action::{Action, Assignee, Step, Word, assigned};
use super::command::{self, Command, Read};
use super::decision::{Decision, named};
use super::hint::Hint;
use super::made::{Attendee, Correction, Item, Minutes, Person};
use super::names::{Names, folded};
use super::table::Tag;
use super::vote::{Choice, Manner, Poll, Question};
use crate::domain::limits;
use crate::domain::message::{ChatData, Kind};
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

impl Noted {
    /// Whose row it is, where it is somebody's.
    fn by(&self) -> Option<String> {
        Some(self.nick.clone()).filter(|nick| !nick.is_empty())
    }
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
            _ if row.kind == Kind::Action => named(&row.text).to_owned(),
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
            Tag::Edit | Tag::Strike if !self.has_item(command) => Some(Hint::NoItem),
            tag => {
                // What goes on may end yet; what has ended does nothing more.
                let (step, given) = tag.step().zip(command.given())?;
                self.decision(given).filter(|(_, last)| last.ends() || *last == step).map(|_| Hint::Decided)
            }
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
    fn has_item(&self, command: &Command) -> bool {
        // What ended an action has no words of its own to change.
        let fits = |tag: Tag| tag.is_text() || tag == Tag::Carry || (command.tag == Tag::Strike && tag.step().is_some());
        let is_there = |ts| self.noted.iter().any(|noted| noted.ts == ts && fits(noted.tag));
        command.argument.is_empty() || command::edit(&command.argument).is_some_and(|(ts, _)| is_there(ts))
    }

    /// What this event says last of an action of an earlier one, and by which row.
    #[must_use]
    pub fn decision(&self, given: Timestamp) -> Option<(Timestamp, Step)> {
        self.gather(None).decisions.iter().rfind(|decision| decision.given == given).map(|decision| (decision.ts, decision.step))
    }

    /// The actions of earlier events on which this one decides, by the rows that gave them.
    #[must_use]
    pub fn decided(&self) -> Vec<Timestamp> {
        let mut given: Vec<Timestamp> = self.gather(None).decisions.iter().map(|decision| decision.given).collect();
        given.sort();
        given.dedup();
        given
    }

    /// What this event says of actions: of those that it gives, and of earlier ones.
    #[must_use]
    pub fn words(&self, people: &[Person], corrections: &[Correction]) -> Vec<Word> {
        let given = self.minutes(people, corrections, None).items.into_iter().filter(|item| item.tag == Tag::Action);
        let (attendees, names) = self.attendees(people);
        let who = |text: &str| names.in_text(text).into_iter().map(|who| assignee(&attendees[who])).collect();
        let given = given.map(|item| {
            let assignees = who(&item.text);
            Word { ts: item.ts, given: item.ts, step: Step::Given, text: Some(item.text), assignees }
        });
        let decided = self.gather(None).decisions.into_iter().filter_map(|decision| {
            let Decision { ts, given, step, mut text, .. } = decision;
            for correction in corrections.iter().filter(|it| it.ts == ts && step == Step::Carried) {
                text = Some(correction.text.clone()?);
            }
            let assignees = text.as_deref().map(&who).unwrap_or_default();
            Some(Word { ts, given, step, text, assignees })
        });
        given.chain(decided).collect()
    }

    /// The minutes: with everybody who took part, what was corrected, and when the event ended, if it has.
    #[must_use]
    pub fn minutes(&self, people: &[Person], corrections: &[Correction], ended: Option<Timestamp>) -> Minutes {
        self.minutes_after(people, corrections, ended, &[])
    }

    /// The same with the actions on which this event decides, as those before it left them. One that is not among them is
    /// not there any more.
    #[must_use]
    pub fn minutes_after(&self, people: &[Person], corrections: &[Correction], ended: Option<Timestamp>, before: &[Action]) -> Minutes {
        let Gathered { mut items, votes, decisions } = self.gather(ended);
        let (attendees, names) = self.attendees(people);
        let known = |given| before.iter().find(|action| action.given == given);
        let mut settled = Vec::new();
        for (place, decision) in decisions.iter().enumerate() {
            // The last one holds.
            let holds = !decisions[place + 1..].iter().any(|later| later.given == decision.given);
            match known(decision.given).filter(|_| holds) {
                Some(action) if decision.step.ends() => settled.push(decision.settled(action)),
                Some(action) => items.push(decision.item(action)),
                None => {}
            }
        }
        items.sort_by_key(|item| item.ts);
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
                let here: Vec<Assignee> = names.in_text(&item.text).into_iter().map(|who| assignee(&attendees[who])).collect();
                let who = match item.carried.as_ref().and_then(|carried| known(carried.given)) {
                    Some(action) if action.text == item.text => action.assignees.clone(),
                    Some(action) => assigned(&item.text, here, &action.assignees),
                    None => here,
                };
                item.assignees = who.into_iter().map(|who| who.nick).collect();
            }
            if item.tag == Tag::Link {
                item.url = text::first_address(&item.text);
            }
        }
        let under = |ts| items.iter().rfind(|item| item.tag == Tag::Topic && item.ts < ts).map(|item| item.ts);
        let votes = votes.into_iter().map(|vote| Poll { topic: under(vote.ts), ..vote }).collect();
        Minutes { items, votes, settled, attendees, corrections: corrections.to_vec() }
    }

    /// Items, votes and decisions, as edits and strikes left them.
    fn gather(&self, ended: Option<Timestamp>) -> Gathered {
        let Gathered { mut items, mut votes, mut decisions } = Gathered::default();
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
                    let Some((ts, words)) = command::edit(&noted.argument) else { continue };
                    if let Some(item) = items.iter_mut().find(|item| item.ts == ts) {
                        words.clone_into(&mut item.text);
                        item.edited = Some(noted.ts);
                    } else if let Some(decision) = decisions.iter_mut().find(|decision| decision.ts == ts) {
                        decision.text = Some(words.to_owned());
                        decision.edited = Some(noted.ts);
                    }
                }
                Tag::Strike => {
                    let struck = command::edit(&noted.argument).map(|(ts, _)| ts);
                    items.retain(|item| Some(item.ts) != struck);
                    decisions.retain(|decision| Some(decision.ts) != struck);
                }
                tag if tag.step().is_some() => decisions.extend(Decision::read(noted.ts, noted.by(), tag, &noted.argument)),
                tag if tag.is_text() && !noted.argument.is_empty() => items.push(item(noted)),
                _ => {}
            }
        }
        votes.extend(ballot.and_then(|ballot| ballot.count(ended)));
        Gathered { items, votes, decisions }
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

/// What the commands of an event come to.
#[derive(Default)]
struct Gathered {
    items: Vec<Item>,
    votes: Vec<Poll>,
    decisions: Vec<Decision>,
}

fn assignee(who: &Attendee) -> Assignee {
    Assignee { nick: who.nick.clone(), alias: who.alias.clone() }
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
        nick: noted.by(),
        topic: None,
        assignees: Vec::new(),
        url: None,
        edited: None,
        was: None,
        carried: None,
    }
}
