//! Cuts a long log into its meetings, each from `#startmeeting` to the `#endmeeting` of a chair.

use std::collections::{HashMap, HashSet};

use super::reader::{Event, LogEntry, Name};
use super::report::{Kind, Report};
use super::{Problem, Reason};
use crate::domain::minutes::{self, Read, Tag};

/// Returns the meetings; messages between them are counted in the report. A meeting that nobody ended goes on to the end
/// of the log. Chairs stay chairs under other nicknames: `names` has the changes, in the order of their lines.
///
/// # Errors
/// A log in which nobody began a meeting.
pub(super) fn at_meetings(entries: Vec<LogEntry>, names: &[Name], report: &mut Report) -> Result<Vec<Vec<LogEntry>>, Problem> {
    let mut meetings: Vec<Vec<LogEntry>> = Vec::new();
    let mut is_open = false;
    let mut chairs = Chairs::default();
    let mut names = names.iter().peekable();
    for entry in entries {
        while let Some(name) = names.next_if(|name| name.number < entry.number) {
            chairs.see(name.person, &name.nick);
        }
        chairs.see(entry.person, &entry.nick);
        let command = match &entry.event {
            Event::Says(text) => match minutes::read(text) {
                Read::Command(command) => Some(command),
                _ => None,
            },
            _ => None,
        };
        let person = entry.person;
        if !is_open && command.as_ref().is_some_and(|command| command.tag == Tag::StartMeeting) {
            is_open = true;
            chairs.begin(person);
            meetings.push(Vec::new());
        }
        let Some(meeting) = meetings.last_mut().filter(|_| is_open) else {
            if matches!(entry.event, Event::Says(_) | Event::Does(_)) {
                report.count(Kind::Outside, entry.number);
            }
            continue;
        };
        meeting.push(entry);
        let Some(command) = command.filter(|_| chairs.has(person)) else { continue };
        let people = command.argument.split([' ', ',']).filter(|name| !name.is_empty()).map(str::to_lowercase);
        match command.tag {
            Tag::Chair => people.for_each(|name| chairs.add(name)),
            Tag::Unchair => people.for_each(|name| chairs.remove(&name)),
            Tag::EndMeeting => is_open = false,
            _ => {}
        }
    }
    if meetings.is_empty() { Err(Problem::whole(Reason::NoMeeting)) } else { Ok(meetings) }
}

/// The chairs of a meeting, and the nicknames by which people name them. Nicknames are in lower case, as logs without
/// status lines do not say that “Ada” is “ada”.
#[derive(Default)]
struct Chairs {
    people: HashSet<usize>,
    /// Nicknames that a chair named before anybody had them.
    awaited: HashSet<String>,
    /// The latest nickname of each person.
    nicks: HashMap<usize, String>,
    /// The person who last had each nickname.
    owners: HashMap<String, usize>,
}

impl Chairs {
    /// Notes that this person has this nickname now.
    fn see(&mut self, person: usize, nick: &str) {
        let nick = nick.to_lowercase();
        if self.awaited.remove(&nick) {
            self.people.insert(person);
        }
        self.owners.insert(nick.clone(), person);
        self.nicks.insert(person, nick);
    }

    /// Begins a meeting with one chair.
    fn begin(&mut self, person: usize) {
        self.awaited.clear();
        self.people = HashSet::from([person]);
    }

    fn has(&self, person: usize) -> bool {
        let nick = self.nicks.get(&person);
        self.people.iter().any(|chair| *chair == person || self.nicks.get(chair) == nick)
    }

    fn add(&mut self, nick: String) {
        match self.owners.get(&nick) {
            Some(owner) => _ = self.people.insert(*owner),
            None => _ = self.awaited.insert(nick),
        }
    }

    fn remove(&mut self, nick: &str) {
        self.awaited.remove(nick);
        let owner = self.owners.get(nick);
        let nicks = &self.nicks;
        self.people.retain(|chair| Some(chair) != owner && nicks.get(chair).is_none_or(|now| now != nick));
    }
}
