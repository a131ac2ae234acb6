//! The fold from rows to minutes. Rows are taken in the order of their `ts`; what cannot be at its place is passed over, so
//! that any log makes some minutes.

use std::collections::HashMap;

use super::action_item::{Action, Assignee, Step, Word, assigned};
use super::command::hint::Hint;
use super::command::table::Tag;
use super::command::{self, Command, Read};
use super::decision::{self, Decision};
use super::model::{self, Attendee, Correction, Item, Minutes, Person};
use super::people::names::{Names, folded};
use super::vote::ballot::{self, Ballot, asked};
use super::vote::{Poll, Question};
use crate::domain::talk::message::{ChatData, Kind};
use crate::domain::time::Timestamp;
use crate::domain::{limits, text};

/// A command that holds.
#[derive(Clone, Debug)]
pub(super) struct Noted {
    pub ts: Timestamp,
    pub tag: Tag,
    pub nick: String,
    /// Empty where the row was redacted: what it was still has its place, for `#undo`.
    pub argument: String,
    /// The title that the event had before, where it got another one.
    pub before: Option<String>,
    /// The counts that its row tells, of what ended a vote.
    pub counts: Option<Vec<usize>>,
    /// Whether it is a row of the program's own, for a button or a call.
    pub pressed: bool,
}

impl Noted {
    /// Whose row it is, where it is somebody's.
    fn by(&self) -> Option<String> {
        Some(self.nick.clone()).filter(|nick| !nick.is_empty())
    }

    /// The row that its argument begins with.
    pub fn names(&self) -> Option<Timestamp> {
        command::edit(&self.argument).map(|(ts, _)| ts)
    }
}

/// The commands of an event that hold, as far as its rows were taken.
#[derive(Clone, Debug, Default)]
pub struct Fold {
    pub(super) noted: Vec<Noted>,
    /// Rows whose words are repeated, each with the row that does so.
    pub(super) repeated: Vec<(Timestamp, Timestamp)>,
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
        if row.kind == Kind::Rescheduled {
            // Written right behind the command that gave the title.
            if let Some(last) = self.noted.last_mut().filter(|last| matches!(last.tag, Tag::MeetingName | Tag::StartMeeting)) {
                last.before = last.title_before(&row.text);
            }
            return;
        }
        let pressed = row.kind == Kind::Action;
        let argument = match command::read(&row.text) {
            _ if pressed => decision::argument(&row.text),
            Read::Command(command) if command.tag == tag => command.argument,
            _ => String::new(),
        };
        if tag == Tag::Undo {
            if let Some(last) = self.taken_back_by(&row.text) {
                self.take_back(last, row.ts);
            }
            return;
        }
        let command = Command { tag, argument };
        // What a button does takes the place of what was decided before.
        if !pressed && self.cannot_be(&command).is_some() {
            return;
        }
        let mut counts = None;
        if tag == Tag::EndVote
            && let Some(start) = self.vote_that_is_on()
        {
            counts = ballot::told(&row.text, &asked(start).options);
            self.repeated.push((start.ts, row.ts));
        }
        let nick = row.nick.clone().unwrap_or_default();
        let noted = Noted { ts: row.ts, tag, nick, argument: command.argument, before: None, counts, pressed };
        if pressed {
            self.repeated.extend(self.taken_out(&noted).into_iter().map(|ts| (ts, noted.ts)));
        }
        self.noted.push(noted);
    }

    /// The rows that a strike takes out: one that a button wrote, all that the event decided on its action.
    fn taken_out(&self, strike: &Noted) -> Vec<Timestamp> {
        let Some((struck, _)) = command::edit(&strike.argument).filter(|_| strike.tag == Tag::Strike) else { return Vec::new() };
        let on_it = |noted: &&Noted| strike.pressed && noted.tag.step().is_some() && noted.names() == Some(struck);
        self.noted.iter().filter(|noted| noted.ts == struck || on_it(noted)).map(|noted| noted.ts).collect()
    }

    fn take_back(&mut self, last: usize, by: Timestamp) {
        // Votes behind it were cast in the vote that it began.
        let begins = is_start(self.noted[last].tag);
        let taken = self.noted.remove(last);
        let mut place = 0;
        self.noted.retain(|noted| {
            place += 1;
            !(begins && place > last && noted.tag == Tag::Vote)
        });
        let mut told = self.taken_out(&taken);
        told.push(taken.ts);
        if taken.tag == Tag::EndVote {
            told.extend(self.ended_by(taken.ts).map(|start| start.ts));
        }
        self.repeated.extend(told.into_iter().map(|ts| (ts, by)));
    }

    /// Why a command is none behind the rows taken so far, if that is so: it cannot be, or would do nothing.
    #[must_use]
    pub fn refuses(&self, command: &Command) -> Option<Hint> {
        let named = || folded(&command.argument);
        let is_vain = match command.tag {
            Tag::Edit | Tag::Strike if command::edit(&command.argument).is_some_and(|(ts, _)| self.is_struck(ts)) => Some(Hint::Struck),
            Tag::Nick if self.noted.iter().any(|noted| noted.tag == Tag::Nick && folded(&noted.argument) == named()) => Some(Hint::IsHere),
            _ => None,
        };
        self.cannot_be(command).or(is_vain)
    }

    /// Why a command cannot be behind the rows taken so far, if it cannot. What did nothing has its place in logs that are older
    /// than the rules against it.
    fn cannot_be(&self, command: &Command) -> Option<Hint> {
        match command.tag {
            Tag::StartVote | Tag::Motion => self.vote_that_is_on().map(|_| Hint::VoteIsOn),
            Tag::EndVote if self.vote_that_is_on().is_none() => Some(Hint::NoVote),
            Tag::Vote => match self.question() {
                None => Some(Hint::NoVote),
                // A redacted one chooses nothing, but has its place.
                Some(question) if !command.argument.is_empty() && question.choose(&command.argument).is_none() => {
                    Some(Hint::NoOption(question.options))
                }
                Some(_) => None,
            },
            Tag::Undo if self.last_effect().is_none() => Some(Hint::NothingToUndo),
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

    pub(super) fn vote_that_is_on(&self) -> Option<&Noted> {
        let last = self.noted.iter().rfind(|noted| is_start(noted.tag) || noted.tag == Tag::EndVote);
        last.filter(|noted| is_start(noted.tag) && !self.is_struck(noted.ts))
    }

    /// A vote, with its counts if it ended now.
    pub(super) fn poll(&self, ts: Timestamp, now: Timestamp) -> Option<Poll> {
        self.gather(Some(now)).votes.into_iter().find(|vote| vote.ts == ts)
    }

    fn is_struck(&self, ts: Timestamp) -> bool {
        self.noted.iter().any(|noted| noted.tag == Tag::Strike && noted.names() == Some(ts))
    }

    /// Whether `#edit` or `#strike` names an item; a redacted one of them does nothing, but has its place.
    fn has_item(&self, command: &Command) -> bool {
        // What ended an action has no words of its own to change.
        let fits = |tag: Tag| tag.is_text() || is_start(tag) || tag == Tag::Carry || (command.tag == Tag::Strike && tag.step().is_some());
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
            Word { ts: item.ts, given: item.ts, step: Step::Given, nick: item.nick, text: Some(item.text), assignees }
        });
        let decided = self.gather(None).decisions.into_iter().filter_map(|decision| {
            let Decision { ts, given, step, nick, mut text, .. } = decision;
            if let Some(last) = corrections.iter().rfind(|it| it.ts == ts && step == Step::Carried) {
                text = Some(last.text.clone()?);
            }
            let assignees = text.as_deref().map(&who).unwrap_or_default();
            Some(Word { ts, given, step, nick, text, assignees })
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
        let Gathered { mut items, mut votes, decisions } = self.gather(ended);
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
        let struck = model::correct(corrections, &mut items, &mut votes);
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
        Minutes { items, votes, settled, attendees, corrections: corrections.to_vec(), struck }
    }

    /// Items, votes and decisions, as edits and strikes left them.
    fn gather(&self, ended: Option<Timestamp>) -> Gathered {
        let Gathered { mut items, mut votes, mut decisions } = Gathered::default();
        let mut ballot: Option<Ballot<'_>> = None;
        for noted in &self.noted {
            match noted.tag {
                Tag::StartVote | Tag::Motion => {
                    ballot = Some(Ballot::of(noted));
                }
                Tag::Vote => {
                    if let Some(ballot) = &mut ballot {
                        ballot.take(noted);
                    }
                }
                Tag::EndVote => {
                    votes.extend(ballot.take().and_then(|ballot| ballot.count(Some(noted.ts), noted.counts.as_deref())));
                }
                Tag::Edit => {
                    let Some((ts, words)) = command::edit(&noted.argument) else { continue };
                    let item = items.iter_mut().find(|item| item.ts == ts).map(|it| (&mut it.text, &mut it.edited));
                    let vote = votes.iter_mut().find(|vote| vote.ts == ts).map(|it| (&mut it.question, &mut it.edited));
                    let ballot = ballot.as_mut().filter(|ballot| ballot.start.ts == ts).map(|it| (&mut it.question.text, &mut it.edited));
                    if let Some((text, edited)) = item.or(vote).or(ballot) {
                        words.clone_into(text);
                        *edited = Some(noted.ts);
                    } else if let Some(decision) = decisions.iter_mut().find(|decision| decision.ts == ts) {
                        decision.text = Some(words.to_owned());
                        decision.edited = Some(noted.ts);
                    }
                }
                Tag::Strike => {
                    let struck = noted.names();
                    items.retain(|item| Some(item.ts) != struck);
                    decisions.retain(|it| Some(it.ts) != struck && !(noted.pressed && Some(it.given) == struck));
                    votes.retain(|vote| Some(vote.ts) != struck);
                    ballot = ballot.filter(|ballot| Some(ballot.start.ts) != struck);
                }
                tag if tag.step().is_some() => decisions.extend(Decision::read(noted.ts, noted.by(), tag, &noted.argument)),
                tag if tag.is_text() && !noted.argument.is_empty() => items.push(item(noted)),
                _ => {}
            }
        }
        votes.extend(ballot.and_then(|ballot| ballot.count(ended, None)));
        Gathered { items, votes, decisions }
    }

    /// Everybody who was there, and the names by which they are called.
    fn attendees(&self, people: &[Person]) -> (Vec<Attendee>, Names) {
        let (mut attendees, mut names, mut places) = (Vec::<Attendee>::new(), Names::default(), HashMap::new());
        let mut add = |nick: &str, attendees: &mut Vec<Attendee>, names: &mut Names| {
            *places.entry(folded(nick)).or_insert_with(|| {
                names.add(nick, attendees.len());
                attendees.push(Attendee { nick: nick.to_owned(), alias: None, aliases: Vec::new(), lines: 0, here: false });
                attendees.len() - 1
            })
        };
        for person in people {
            let place = add(&person.nick, &mut attendees, &mut names);
            attendees[place].lines += person.lines;
        }
        for person in people {
            let place = add(&person.nick, &mut attendees, &mut names);
            person.also.iter().for_each(|also| names.add(also, place));
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
                    let attendee = &mut attendees[place];
                    attendee.alias = Some(noted.argument.clone());
                    // Given once more it is the last, not another one.
                    attendee.aliases.retain(|known| folded(known) != folded(&noted.argument));
                    attendee.aliases.push(noted.argument.clone());
                    names.add(&noted.argument, place);
                }
            }
        }
        for (place, attendee) in attendees.iter().enumerate() {
            names.add_first_word(&attendee.nick, place);
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

pub(super) const fn is_start(tag: Tag) -> bool {
    matches!(tag, Tag::StartVote | Tag::Motion)
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
