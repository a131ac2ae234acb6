//! Minutes: the commands that people type, and what becomes of them.
//!
//! A row of a log that carries a command has a tag, given when it is written. The minutes are a fold over the tagged rows in the
//! order of their `ts` and are kept nowhere: the log is the only truth. What events of a meeting say of the same action is put
//! together in `action`.

mod action;
mod archive;
mod ballot;
mod command;
mod decision;
mod effect;
mod fold;
mod hint;
mod made;
pub mod mention;
mod names;
mod near;
mod table;
mod vote;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod series;
#[cfg(test)]
mod telling;
#[cfg(test)]
mod tests;

pub use action::{Action, Assignee, Step, Task, Whence, Word, by_person, trace};
pub use archive::tag_past;
pub use command::{Command, Read, escaped, named_row, passed_over, read, unescaped, words};
pub use decision::{in_words, said, told, typed};
pub use effect::{NOW, Undone, renamed, tells_title};
pub use fold::Fold;
pub use hint::Hint;
pub use made::{Attendee, Carried, Correction, Item, Minutes, Person, Section, Settled, Struck};
pub use near::doubt;
pub use table::{Argument, Entry, TABLE, Tag, Who};
pub use vote::{Choice, Count, Manner, Poll, Question};
