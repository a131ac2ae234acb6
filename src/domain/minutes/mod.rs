//! Minutes: the commands that people type, and what becomes of them.
//!
//! A row of a log that carries a command has a tag, given when it is written. The minutes are a fold over the tagged rows in the
//! order of their `ts` and are kept nowhere: the log is the only truth. What events of a meeting say of the same action is put
//! together in `action_item`.

mod action_item;
mod command;
mod decision;
mod fold;
mod imported_log;
mod model;
pub mod people;
mod undo;
mod vote;

#[cfg(test)]
mod tests;

pub use action_item::{Action, Assignee, Step, Task, Whence, Word, by_person, trace};
pub use command::hint::Hint;
pub use command::near_miss::doubt;
pub use command::table::{Argument, CommandEntry, TABLE, Tag, Who};
pub use command::{Command, Read, escaped, named_row, passed_over, read, unescaped, words};
pub use decision::{in_words, said, told, typed};
pub use fold::Fold;
pub use imported_log::tag_past;
pub use model::{Attendee, Carried, Correction, Item, Minutes, Person, Section, Settled, Struck};
pub use undo::{NOW, Undone, renamed, tells_title};
pub use vote::{CastVote, Count, Manner, Poll, Question};
