//! Follows people through changes of nickname: one person stays one person, and nobody gets the words of another.
//!
//! A nickname that somebody gave up while they are there under another is free: anyone who takes it is another person. One
//! whose last owner has left belongs to that owner again, as everywhere in Gavel.

use std::collections::{HashMap, HashSet};

use super::reader::{LogEntry, Name};

/// The effect of a change of nickname.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rename {
    /// The same person goes on under the new name.
    Same(usize),
    /// One person leaves, and another, whose name this was, comes back: from, to.
    Swap(usize, usize),
}

#[derive(Debug, Default)]
pub(super) struct People {
    count: usize,
    /// The person who last had each nickname.
    owners: HashMap<String, usize>,
    /// The nickname that each person who is there has now.
    present: HashMap<usize, String>,
    /// Nicknames that were given up in a line that somebody could have typed, with the line.
    doubtful: HashMap<String, usize>,
}

impl People {
    /// Returns the person who has this nickname now, and comes if nobody has.
    pub fn with(&mut self, nick: &str) -> usize {
        let free = self.owners.get(nick).copied().filter(|owner| self.present.get(owner).is_none_or(|now| now == nick));
        let person = free.unwrap_or_else(|| {
            self.count += 1;
            self.count - 1
        });
        self.own(person, nick);
        person
    }

    /// The person with this nickname, if one is there.
    pub fn present(&self, nick: &str) -> Option<usize> {
        let owner = *self.owners.get(nick)?;
        (self.present.get(&owner)? == nick).then_some(owner)
    }

    /// Somebody leaves.
    pub fn leave(&mut self, nick: &str) -> Option<usize> {
        let person = self.present(nick)?;
        self.present.remove(&person);
        self.doubtful.remove(nick);
        Some(person)
    }

    /// Somebody changes their nickname, in this line. `is_doubtful` says that the line could be an action.
    pub fn rename(&mut self, from: &str, to: &str, line: usize, is_doubtful: bool) -> Rename {
        let person = self.with(from);
        if is_doubtful {
            self.doubtful.insert(from.to_owned(), line);
        }
        let owner = self.owners.get(to).copied().filter(|owner| *owner != person);
        // Free: nobody's before, or left behind by somebody who is there under another name.
        if let Some(owner) = owner.filter(|owner| self.present.get(owner).is_none_or(|now| now == to)) {
            self.present.remove(&person);
            self.own(owner, to);
            return Rename::Swap(person, owner);
        }
        self.own(person, to);
        Rename::Same(person)
    }

    /// The line in which this nickname was given up, when it is used again although nobody came under it: then that
    /// line was perhaps an action, and who said what since is not known.
    pub fn was_given_up(&self, nick: &str) -> Option<usize> {
        self.doubtful.get(nick).copied().filter(|_| self.present(nick).is_none())
    }

    /// Somebody came under this nickname, so that it is in use again.
    pub fn came(&mut self, nick: &str) {
        self.doubtful.remove(nick);
    }

    fn own(&mut self, person: usize, nick: &str) {
        self.owners.insert(nick.to_owned(), person);
        self.present.insert(person, nick.to_owned());
    }
}

/// Gives each person of a meeting one nickname, the first one they had in it that nobody else has. Returns the other nicknames that
/// they alone had, in the meeting or by a change anywhere in the log: from, to.
pub(super) fn settle(entries: &mut [LogEntry], changes: &[Name]) -> HashMap<String, String> {
    let mut names: Vec<(usize, Vec<String>)> = Vec::new();
    let mut places: HashMap<usize, usize> = HashMap::new();
    for entry in entries.iter() {
        let place = *places.entry(entry.person).or_insert_with(|| {
            names.push((entry.person, Vec::new()));
            names.len() - 1
        });
        let known = &mut names[place].1;
        if !known.contains(&entry.nick) {
            known.push(entry.nick.clone());
        }
    }
    // Those with one nickname have no choice, so they choose first.
    let mut taken: HashSet<&str> = HashSet::new();
    let mut chosen: HashMap<usize, &str> = HashMap::new();
    for has_one in [true, false] {
        for (person, names) in names.iter().filter(|(_, names)| (names.len() == 1) == has_one) {
            if let Some(name) = names.iter().find(|name| !taken.contains(name.as_str())) {
                taken.insert(name);
                chosen.insert(*person, name);
            }
        }
    }
    let held = names.iter().flat_map(|(person, names)| names.iter().map(|name| (*person, name.as_str())));
    let held: HashSet<(usize, &str)> = held.chain(changes.iter().map(|change| (change.person, change.nick.as_str()))).collect();
    let mut holders: HashMap<&str, usize> = HashMap::new();
    for (_, name) in &held {
        *holders.entry(name).or_default() += 1;
    }
    let mut aliases = HashMap::new();
    for (person, name) in &held {
        let Some(chosen) = chosen.get(person) else { continue };
        if name != chosen && holders.get(name) == Some(&1) {
            aliases.insert((*name).to_owned(), (*chosen).to_owned());
        }
    }
    let chosen: HashMap<usize, String> = chosen.into_iter().map(|(person, name)| (person, name.to_owned())).collect();
    // Without a name of their own, people keep those of the log, line by line.
    for entry in entries {
        if let Some(name) = chosen.get(&entry.person).filter(|name| **name != entry.nick) {
            entry.nick.clone_from(name);
        }
    }
    aliases
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_of_renames_is_one_person() {
        let mut people = People::default();
        let ada = people.with("ada");
        assert_eq!(people.rename("ada", "ada_", 1, false), Rename::Same(ada));
        assert_eq!(people.rename("ada_", "ada|away", 2, false), Rename::Same(ada));
        assert_eq!(people.with("ada|away"), ada);
        assert_eq!(people.rename("ada|away", "ada", 3, false), Rename::Same(ada));
        assert_eq!(people.with("ada"), ada);
        // Leaving and coming back under an old name.
        assert_eq!(people.rename("ada", "ada_", 4, false), Rename::Same(ada));
        assert_eq!(people.leave("ada_"), Some(ada));
        assert_eq!(people.leave("ada_"), None);
        assert_eq!(people.with("ada"), ada);
    }

    #[test]
    fn a_name_that_was_left_behind_is_free() {
        let mut people = People::default();
        let ada = people.with("guest");
        people.rename("guest", "ada", 1, false);
        let other = people.with("guest");
        assert_ne!(other, ada);
        assert_eq!(people.with("ada"), ada);
    }

    #[test]
    fn a_name_that_another_has_does_not_change_hands() {
        let mut people = People::default();
        let (ada, bob) = (people.with("ada"), people.with("bob"));
        assert_eq!(people.rename("bob", "ada", 1, false), Rename::Swap(bob, ada));
        assert_eq!(people.with("ada"), ada);
        // Of somebody who is gone it is their own again.
        people.leave("ada");
        let bob = people.with("bob");
        assert_eq!(people.rename("bob", "ada", 1, false), Rename::Swap(bob, ada));
    }

    #[test]
    fn a_rename_that_somebody_could_have_typed_is_doubted_when_the_old_name_goes_on() {
        let mut people = People::default();
        people.rename("mallory", "bob", 7, true);
        assert_eq!(people.was_given_up("mallory"), Some(7));
        people.came("mallory");
        assert_eq!(people.was_given_up("mallory"), None);
    }
}
