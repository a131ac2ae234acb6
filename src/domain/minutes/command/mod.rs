//! Reading one message: is it a command, and of what?

pub(super) mod hint;
pub(super) mod near_miss;
pub(super) mod table;

use std::borrow::Cow;

use super::decision;
use super::vote::{self, Question};
use crate::domain::talk::participant::Nick;
use crate::domain::text::shows_something;
use crate::domain::time::{LATEST, Timestamp};
use hint::Hint;
use table::{Argument, CommandEntry, TABLE, Tag};

/// Stands before what the program says in the row of a command that stands alone.
pub(super) const TOLD: char = '→';

/// A command as it was typed, good in itself. Whether it may be given is for the log to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    pub tag: Tag,
    /// What stands behind its word, without white space at the ends.
    pub argument: String,
}

impl Command {
    /// The nickname that it is about, of commands that name people.
    #[must_use]
    pub fn names(&self) -> Option<Nick> {
        matches!(self.tag, Tag::Chair | Tag::Unchair | Tag::Here | Tag::Nick).then(|| Nick::parse(&self.argument).ok())?
    }

    /// What its writer is told although it holds: that it may mean something else than they meant.
    #[must_use]
    pub fn remark(&self) -> Option<Hint> {
        let lists = self.argument.contains(vote::separates) && vote::split(&self.argument).is_none();
        (self.tag == Tag::StartVote && lists).then_some(Hint::AllQuestion)
    }

    /// The item of the same event that it is about, by its row, of `#edit` and `#strike`.
    #[must_use]
    pub fn item(&self) -> Option<Timestamp> {
        matches!(self.tag, Tag::Edit | Tag::Strike).then(|| edit(&self.argument).map(|(ts, _)| ts))?
    }

    /// The action that it is about, by the row that gave it, of `#done`, `#carry` and `#drop`.
    #[must_use]
    pub fn given(&self) -> Option<Timestamp> {
        self.tag.step()?;
        edit(&self.argument).map(|(ts, _)| ts)
    }

    /// Has it say which action that is, in these words.
    pub fn say_action(&mut self, given: Timestamp, words: &str) {
        self.argument = decision::typed(&given.to_string(), words);
    }

    /// Which action that is, where it says so.
    #[must_use]
    pub fn action(&self) -> Option<&str> {
        self.tag.step().map(|_| decision::words(&self.argument)).filter(|words| !words.is_empty())
    }
}

/// What a message turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read<'t> {
    Chat,
    /// Chat that began with `\#`: here without the backslash.
    Escaped(&'t str),
    Command(Command),
    /// Nearly this command: it stays chat, and its writer gets a hint.
    Faulty(Tag, Hint),
}

/// Reads a message, trimmed as it is kept. Most are told apart by their first byte.
#[must_use]
pub fn read(text: &str) -> Read<'_> {
    match text.as_bytes() {
        [b'#', ..] => command(text),
        [b'\\', b'#', ..] => Read::Escaped(&text[1..]),
        [b'h' | b'H', ..] if begins_with_address(text) => Read::Command(Command { tag: Tag::Link, argument: text.to_owned() }),
        _ => Read::Chat,
    }
}

/// Chat as a transcript in text has it: behind a backslash where it would be read as a command. What begins with backslashes and
/// would be one without them gets one more, so that the first can be taken off again.
#[must_use]
pub fn escaped(text: &str) -> Cow<'_, str> {
    if is_command_behind_backslashes(text) { format!("\\{text}").into() } else { text.into() }
}

/// The chat that stands behind such a backslash.
#[must_use]
pub fn unescaped(text: &str) -> Option<&str> {
    text.strip_prefix('\\').filter(|_| is_command_behind_backslashes(text))
}

fn is_command_behind_backslashes(text: &str) -> bool {
    matches!(read(text.trim_start_matches('\\')), Read::Command(_))
}

fn command(text: &str) -> Read<'_> {
    let (word, argument) = text[1..].split_once(char::is_whitespace).unwrap_or((&text[1..], ""));
    let Some(entry) = entry(word) else { return signed(word).map_or(Read::Chat, |tag| Read::Faulty(tag, Hint::Signed(tag))) };
    let tag = entry.tag;
    let argument = match (entry.argument, argument.trim()) {
        // What the program said behind a command that stands alone is not of the command.
        (Argument::None, told) if told.starts_with(TOLD) => "",
        (_, argument) if !shows_something(argument) => "",
        (_, argument) => argument,
    };
    let hint = match entry.argument {
        Argument::None if !argument.is_empty() => Some(Hint::Alone(tag)),
        Argument::Must(_) if argument.is_empty() => Some(Hint::Empty(tag)),
        _ => fault(tag, argument),
    };
    hint.map_or_else(|| Read::Command(Command { tag, argument: argument.to_owned() }), |hint| Read::Faulty(tag, hint))
}

fn entry(word: &str) -> Option<&'static CommandEntry> {
    TABLE.iter().find(|entry| entry.words.iter().any(|it| it.eq_ignore_ascii_case(word)))
}

/// The command that a word would be without the sign behind it. Of votes any sign counts: nobody is to read what was meant to be
/// a secret one.
fn signed(word: &str) -> Option<Tag> {
    let (name, rest) = word.split_at(word.find(|c: char| !c.is_ascii_alphabetic())?);
    let tag = entry(name)?.tag;
    (rest.starts_with(':') || (tag == Tag::Vote && !rest.starts_with(char::is_alphanumeric))).then_some(tag)
}

/// The command with which a later line of a message begins, where it does nothing: one that votes before all others.
#[must_use]
pub fn passed_over(text: &str) -> Option<Tag> {
    let nearly = |line: &str| match command(line) {
        Read::Command(Command { tag, .. }) | Read::Faulty(tag, _) => Some(tag),
        Read::Chat | Read::Escaped(_) => None,
    };
    let mut tags = text.lines().skip(1).map(str::trim).filter(|line| line.starts_with('#')).filter_map(nearly);
    let first = tags.next()?;
    Some(if tags.any(|tag| tag == Tag::Vote) { Tag::Vote } else { first })
}

/// What is wrong with an argument in itself.
fn fault(tag: Tag, argument: &str) -> Option<Hint> {
    match tag {
        Tag::Nick => Nick::parse(argument).err().map(Hint::Nick),
        Tag::StartVote | Tag::Motion => Question::ask(tag, argument).err(),
        Tag::Edit => match edit(argument) {
            None => Some(Hint::NoItem),
            Some((_, words)) => (!shows_something(words)).then_some(Hint::NoWords),
        },
        Tag::Strike if edit(argument).is_none_or(|(_, words)| !words.is_empty()) => Some(Hint::NoItem),
        tag if tag.step().is_some() && edit(argument).is_none() => Some(Hint::NoAction),
        _ => None,
    }
}

/// The row that `#edit`, `#strike`, `#done` and their like name, and the words behind it.
pub(super) fn edit(argument: &str) -> Option<(Timestamp, &str)> {
    let (ts, words) = argument.split_once(char::is_whitespace).unwrap_or((argument, ""));
    let digits = ts.bytes().all(|b| b.is_ascii_digit());
    let micros = ts.parse().ok().filter(|micros| digits && *micros <= LATEST)?;
    Some((Timestamp::from_micros(micros), words.trim()))
}

/// The row that a command names, as it was typed: `1795550400000000` of `#strike 1795550400000000`.
#[must_use]
pub fn named_row(tag: Tag, text: &str) -> Option<&str> {
    let argument = text.split_once(char::is_whitespace).filter(|_| tag.names_a_row())?.1.trim_start();
    let digits = argument.bytes().take_while(u8::is_ascii_digit).count();
    Some(&argument[..digits]).filter(|digits| !digits.is_empty())
}

/// The HTML of a command's line without its word, and the item that it names: both come through rendering as they are.
/// `static/js/talk/log.js` does the same.
#[must_use]
pub fn words(tag: Tag, html: &str) -> &str {
    let Some(rest) = html.strip_prefix('#') else { return html };
    let mut rest = rest.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    loop {
        rest = rest.trim_start();
        match rest.strip_prefix("<br>") {
            Some(behind) => rest = behind,
            None if tag.names_a_row() => return rest.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start(),
            None => return rest,
        }
    }
}

fn begins_with_address(text: &str) -> bool {
    let rest = ["https://", "http://"].into_iter().find_map(|scheme| {
        let head = text.get(..scheme.len())?;
        head.eq_ignore_ascii_case(scheme).then(|| &text[scheme.len()..])
    });
    rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || c == '['))
}
