//! Minutes as they are shown: items in the order of the log, votes, and who was there.

use std::collections::HashMap;

use serde::Serialize;

use super::action_item::{Step, Task, Whence};
use super::command::table::Tag;
use super::vote::Poll;
use crate::domain::time::Timestamp;

/// Somebody who took part, as the log's other rows tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub nick: String,
    /// Other nicknames that they had, as a log from elsewhere tells.
    pub also: Vec<String>,
    /// How often they said or did something that everyone may see.
    pub lines: i64,
}

/// What an organizer changed after the close.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// The item.
    pub ts: Timestamp,
    /// Its new words; `None`: it is taken out.
    pub text: Option<String>,
    /// The organizer's name.
    pub by: String,
    pub at: Timestamp,
}

/// Something that was noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its row.
    pub ts: Timestamp,
    pub tag: Tag,
    pub text: String,
    /// Who noted it.
    pub nick: Option<String>,
    /// The topic under which it stands.
    pub topic: Option<Timestamp>,
    /// Who is to do it, of an action.
    pub assignees: Vec<String>,
    /// The first address in it, of a link.
    pub url: Option<String>,
    /// The row that gave it these words last.
    pub edited: Option<Timestamp>,
    /// What it said before it was corrected.
    pub was: Option<String>,
    /// Where it comes from, of an action of an earlier event.
    pub carried: Option<Carried>,
}

impl Task for Item {
    fn people(&self) -> impl Iterator<Item = &str> {
        self.assignees.iter().map(String::as_str)
    }
}

/// Which action of an earlier event goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    pub given: Timestamp,
    pub from: Whence,
}

/// An action of an earlier event that was ended in this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The row that ended it.
    pub ts: Timestamp,
    pub step: Step,
    /// Who did, where somebody in the event did.
    pub nick: Option<String>,
    pub text: String,
    pub assignees: Vec<String>,
    pub given: Timestamp,
    pub from: Whence,
}

/// Something that was taken out after the close. It can be brought back by a correction with words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Struck {
    /// Its row.
    pub ts: Timestamp,
    pub tag: Tag,
    /// What it said last.
    pub text: String,
    /// The organizer who took it out.
    pub by: String,
    pub at: Timestamp,
}

impl Struck {
    /// What its line is marked with: a vote is no vote on anything any more.
    #[must_use]
    pub fn label(&self) -> &'static str {
        if self.tag == Tag::StartVote { "Vote" } else { self.tag.entry().label }
    }
}

/// Somebody who was there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attendee {
    pub nick: String,
    /// The other name that they gave last.
    pub alias: Option<String>,
    /// All the other names that they gave: each of them counts.
    pub aliases: Vec<String>,
    pub lines: i64,
    /// Whether they said that they are there, or a chair named them.
    pub here: bool,
}

/// The minutes of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Minutes {
    /// In the order of their rows, topics among them.
    pub items: Vec<Item>,
    pub votes: Vec<Poll>,
    /// What was ended of what earlier events left, in the order of the rows.
    pub settled: Vec<Settled>,
    pub attendees: Vec<Attendee>,
    /// In the order in which they were made; the last one of an item holds.
    pub corrections: Vec<Correction>,
    /// What corrections took out, in the order of its rows.
    pub struck: Vec<Struck>,
}

/// A topic and what stands under it.
#[derive(Clone, Debug, Default)]
pub struct Section<'m> {
    /// `None`: what was noted before the first topic.
    pub topic: Option<&'m Item>,
    pub items: Vec<&'m Item>,
    pub votes: Vec<&'m Poll>,
}

impl Minutes {
    /// The items of one kind.
    pub fn of(&self, tag: Tag) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(move |item| item.tag == tag)
    }

    /// Says of votes in secret that their counts are unknown, where a log of elsewhere does not tell them.
    #[must_use]
    pub fn of_elsewhere(mut self) -> Self {
        self.votes.iter_mut().for_each(Poll::leave_untold);
        self
    }

    /// Whether corrections can be about this row: an item or a vote, taken out or not.
    #[must_use]
    pub fn has(&self, ts: Timestamp) -> bool {
        let mut rows = self.items.iter().map(|it| it.ts).chain(self.votes.iter().map(|it| it.ts)).chain(self.struck.iter().map(|it| it.ts));
        rows.any(|row| row == ts)
    }

    /// The topic that is on.
    #[must_use]
    pub fn topic(&self) -> Option<&Item> {
        self.items.iter().rfind(|item| item.tag == Tag::Topic)
    }

    /// The vote that is on.
    #[must_use]
    pub fn vote(&self) -> Option<&Poll> {
        self.votes.iter().find(|vote| vote.ended.is_none())
    }

    /// Whether nothing was noted.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.items.is_empty() && self.votes.is_empty() && self.settled.is_empty()
    }

    /// Everything by topic.
    #[must_use]
    pub fn sections(&self) -> Vec<Section<'_>> {
        let mut sections = vec![Section::default()];
        for item in &self.items {
            match sections.last_mut() {
                Some(section) if item.tag != Tag::Topic => section.items.push(item),
                _ => sections.push(Section { topic: Some(item), ..Section::default() }),
            }
        }
        for vote in &self.votes {
            let place = sections.iter().position(|section| section.topic.map(|topic| topic.ts) == vote.topic);
            sections[place.unwrap_or(0)].votes.push(vote);
        }
        sections.retain(|section| section.topic.is_some() || !section.items.is_empty() || !section.votes.is_empty());
        sections
    }
}

/// Lays what was corrected over items and votes, the last correction of each; gives what was taken out.
pub(super) fn correct(corrections: &[Correction], items: &mut Vec<Item>, votes: &mut Vec<Poll>) -> Vec<Struck> {
    let last: HashMap<Timestamp, &Correction> = corrections.iter().map(|correction| (correction.ts, correction)).collect();
    let mut struck = Vec::new();
    let mut stays = |ts: Timestamp, tag: Tag, text: &mut String, was: &mut Option<String>| {
        let Some(correction) = last.get(&ts) else { return true };
        if let Some(words) = &correction.text {
            let before = std::mem::replace(text, words.clone());
            *was = Some(before).filter(|before| before != words);
            return true;
        }
        let said = corrections.iter().rfind(|it| it.ts == ts && it.text.is_some()).and_then(|it| it.text.clone());
        let text = said.unwrap_or_else(|| text.clone());
        struck.push(Struck { ts, tag, text, by: correction.by.clone(), at: correction.at });
        false
    };
    items.retain_mut(|item| stays(item.ts, item.tag, &mut item.text, &mut item.was));
    votes.retain_mut(|vote| stays(vote.ts, if vote.is_motion { Tag::Motion } else { Tag::StartVote }, &mut vote.question, &mut vote.was));
    struck.sort_by_key(|it| it.ts);
    struck
}
