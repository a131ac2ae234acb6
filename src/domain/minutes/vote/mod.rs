//! Votes: a question with its options, what somebody chooses, and how it came out.

use serde::Serialize;

use super::command::hint::Hint;
use super::command::table::Tag;
use super::people::names::folded;
use crate::domain::text::confusable::are_alike;
use crate::domain::text::shows_something;
use crate::domain::time::Timestamp;

/// As many options as a vote may have.
const OPTIONS: std::ops::RangeInclusive<usize> = 2..=20;
const USUAL: [&str; 3] = ["Yes", "No", "Abstain"];
const OF_A_MOTION: [&str; 3] = ["+1", "0", "-1"];

/// What is seen of a vote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Manner {
    /// Everybody's vote; the counts at the end.
    #[default]
    Open,
    /// Everybody's vote, and the counts so far.
    Live,
    /// The counts at the end, and nothing else.
    Secret,
}

/// What is voted on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub text: String,
    pub options: Vec<String>,
    pub manner: Manner,
}

impl Question {
    /// Reads what follows `#startvote`, `(secret) Question? A, B, C`, or `#motion`, which has options of its own.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(tag: Tag, argument: &str) -> Result<Self, Hint> {
        let (manner, argument) = manner(argument)?;
        if tag == Tag::Motion {
            if argument.is_empty() {
                return Err(Hint::Empty(tag));
            }
            let options = OF_A_MOTION.map(str::to_owned).into();
            return Ok(Self { text: argument.to_owned(), options, manner });
        }
        let (text, rest) = split(argument).unwrap_or((argument, ""));
        if !shows_something(text.trim_matches(QUESTION_MARKS)) {
            return Err(Hint::Empty(tag));
        }
        let mut options: Vec<String> = Vec::new();
        for option in split_options(rest) {
            if !options.iter().any(|known| folded(known) == folded(option)) {
                options.push(option.to_owned());
            }
        }
        if options.is_empty() {
            options = USUAL.map(str::to_owned).into();
        }
        if !OPTIONS.contains(&options.len()) {
            return Err(Hint::Options);
        }
        Ok(Self { text: text.trim().to_owned(), options, manner })
    }

    /// Reads a question that somebody asks now. Its options must not look alike: nobody could tell what they vote for. Votes in
    /// logs are read by [`Self::parse`], which keeps such options.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn ask(tag: Tag, argument: &str) -> Result<Self, Hint> {
        let question = Self::parse(tag, argument)?;
        let list = split(argument).filter(|_| tag == Tag::StartVote).map_or("", |(_, list)| list);
        let options: Vec<&str> = split_options(list).take(*OPTIONS.end() + 1).collect();
        for (place, one) in options.iter().enumerate() {
            if let Some(other) = options[..place].iter().find(|other| are_alike(other, one)) {
                return Err(Hint::OptionsAlike((*other).into(), (*one).into()));
            }
        }
        Ok(question)
    }

    /// The option that somebody names.
    #[must_use]
    pub fn choose(&self, typed: &str) -> Option<usize> {
        let zero = matches!(typed, "+0" | "-0");
        let typed = folded(if zero { "0" } else { typed });
        self.options.iter().position(|option| folded(option) == typed)
    }
}

/// The question marks of Latin, full-width, Arabic, Greek and Ethiopic text.
pub(super) const QUESTION_MARKS: [char; 5] = ['?', '？', '؟', '\u{37e}', '፧'];

/// Splits a question from its options, after the first question mark that ends a word.
pub(super) fn split(argument: &str) -> Option<(&str, &str)> {
    let ends = |(at, mark): (usize, &str)| {
        let end = at + mark.len();
        argument[end..].chars().next().is_none_or(char::is_whitespace).then(|| argument.split_at(end))
    };
    argument.match_indices(QUESTION_MARKS).find_map(ends)
}

/// Returns whether a character separates two options.
pub(super) const fn separates(c: char) -> bool {
    matches!(c, ',' | '、' | '，' | '､' | '،' | '፣' | '\n')
}

/// Quotation marks, by how they begin.
const QUOTES: [(char, &[char]); 16] = [
    ('"', &['"']),
    ('\'', &['\'']),
    ('“', &['”']),
    ('‘', &['’']),
    ('”', &['”']),
    ('’', &['’']),
    ('„', &['“', '”']),
    ('‚', &['‘', '’']),
    ('«', &['»']),
    ('»', &['«']),
    ('‹', &['›']),
    ('›', &['‹']),
    ('「', &['」']),
    ('『', &['』']),
    ('《', &['》']),
    ('＂', &['＂']),
];

/// The options in a list, without empty ones. Quotation marks at the beginning of one protect what is between them, and are not a part of it.
fn split_options(list: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(list);
    let parts = std::iter::from_fn(move || {
        let text = rest?.trim_start();
        let (option, behind) = quoted(text).unwrap_or_else(|| match text.find(separates) {
            Some(end) => (&text[..end], Some(&text[end..])),
            None => (text, None),
        });
        rest = behind.map(|behind| behind.trim_start_matches([' ', '\t', '\u{3000}'])).and_then(|behind| {
            let mut chars = behind.chars();
            chars.next().map(|_| chars.as_str())
        });
        Some(option.trim())
    });
    parts.filter(|option| shows_something(option))
}

/// An option in quotation marks at the beginning of a list, and what follows it. What follows has to be the next option.
fn quoted(text: &str) -> Option<(&str, Option<&str>)> {
    let open = text.chars().next()?;
    let (_, closing) = QUOTES.iter().find(|(begins, _)| *begins == open)?;
    let inside = &text[open.len_utf8()..];
    inside.match_indices(*closing).find_map(|(at, mark)| {
        let behind = inside[at + mark.len()..].trim_start_matches([' ', '\t', '\u{3000}']);
        let is_end = behind.chars().next().is_none_or(separates);
        (is_end && at > 0).then(|| (&inside[..at], Some(behind).filter(|behind| !behind.is_empty())))
    })
}

/// A bracket before the question says the manner; any other bracket is a part of the question.
fn manner(argument: &str) -> Result<(Manner, &str), Hint> {
    let (mut secret, mut live, mut rest) = (false, false, argument);
    while let Some((words, behind)) = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        let words = words.to_ascii_lowercase();
        let mut words = words.split([',', ' ']).filter(|word| !word.is_empty());
        if !words.clone().all(|word| matches!(word, "secret" | "live" | "open")) {
            break;
        }
        secret |= words.clone().any(|word| word == "secret");
        live |= words.any(|word| word == "live");
        rest = behind.trim_start();
    }
    match (secret, live) {
        (true, true) => Err(Hint::SecretAndLive),
        (true, false) => Ok((Manner::Secret, rest)),
        (false, true) => Ok((Manner::Live, rest)),
        (false, false) => Ok((Manner::Open, rest)),
    }
}

/// What somebody voted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CastVote {
    pub nick: String,
    pub option: usize,
}

/// What an option got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Count {
    pub option: String,
    /// `None` while it is not to be seen, and where the log does not tell it.
    pub count: Option<usize>,
    /// Who, in the order of their votes; empty where that is not to be seen.
    pub voters: Vec<String>,
}

/// A vote as the minutes show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Poll {
    pub ts: Timestamp,
    pub question: String,
    pub nick: Option<String>,
    /// The topic to which it belongs.
    pub topic: Option<Timestamp>,
    pub manner: Manner,
    pub is_motion: bool,
    pub options: Vec<Count>,
    /// How many have voted; `None` where the log does not tell it.
    pub cast: Option<usize>,
    /// When it ended: with `#endvote`, or with the event.
    pub ended: Option<Timestamp>,
    /// Of a motion `accepted`, `rejected` or `inconclusive`; else the option that got the most, where it is one.
    pub result: Option<String>,
    /// The row that gave the question other words.
    pub edited: Option<Timestamp>,
    /// What the question was before it was corrected.
    pub was: Option<String>,
    /// Whether the row at its end tells the counts.
    #[serde(skip)]
    pub(super) is_told: bool,
    /// What each voted last: for nobody but them while that is not to be seen.
    #[serde(skip)]
    pub(super) choices: Vec<CastVote>,
}

impl Poll {
    /// A vote with these choices, each voter's last.
    pub(super) fn new(ts: Timestamp, question: Question, is_motion: bool, choices: &[CastVote], ended: Option<Timestamp>) -> Self {
        let seen = ended.is_some() || question.manner == Manner::Live;
        let counts: Vec<usize> = (0..question.options.len()).map(|n| choices.iter().filter(|it| it.option == n).count()).collect();
        let result = ended.and_then(|_| outcome(is_motion, question.options.iter(), &counts));
        let option = |(n, option): (usize, String)| {
            let by_name = seen && question.manner != Manner::Secret;
            let voters = choices.iter().filter(|it| by_name && it.option == n).map(|it| it.nick.clone()).collect();
            Count { option, count: seen.then_some(counts[n]), voters }
        };
        Self {
            ts,
            question: question.text,
            nick: None,
            topic: None,
            manner: question.manner,
            is_motion,
            options: question.options.into_iter().enumerate().map(option).collect(),
            cast: Some(choices.len()),
            ended,
            result,
            edited: None,
            was: None,
            is_told: false,
            choices: choices.to_vec(),
        }
    }

    /// The same with what the row at its end tells, where no ballot is in the log: those of a secret vote are in no transcript.
    pub(super) fn told(mut self, counts: &[usize]) -> Self {
        (self.cast, self.is_told) = (Some(counts.iter().sum()), true);
        self.result = outcome(self.is_motion, self.options.iter().map(|it| &it.option), counts);
        for (option, count) in self.options.iter_mut().zip(counts) {
            option.count = Some(*count);
        }
        self
    }

    /// Makes unknown of nobody where what was voted in secret is not in the log: one of elsewhere, that tells no counts either.
    pub(super) fn leave_untold(&mut self) {
        if self.manner == Manner::Secret && self.cast == Some(0) && !self.is_told {
            (self.cast, self.result) = (None, None);
            self.options.iter_mut().for_each(|option| option.count = None);
        }
    }

    /// What somebody has voted, for them alone.
    #[must_use]
    pub fn chosen_by(&self, nick: &str) -> Option<&str> {
        let choice = self.choices.iter().find(|choice| folded(&choice.nick) == folded(nick))?;
        Some(&self.options.get(choice.option)?.option)
    }

    /// How it came out, in one line: question, result, counts.
    #[must_use]
    pub(super) fn in_words(&self) -> String {
        let counts: Vec<String> = self.options.iter().filter_map(|it| Some(format!("{}: {}", it.option, it.count?))).collect();
        let result = match &self.result {
            _ if self.cast == Some(0) => "nobody voted",
            Some(result) => result,
            None => "no majority",
        };
        let between = if self.question.ends_with(QUESTION_MARKS) { "" } else { ":" };
        format!("{}{between} {result} ({})", self.question, counts.join(", "))
    }
}

fn outcome<'o>(is_motion: bool, options: impl Iterator<Item = &'o String>, counts: &[usize]) -> Option<String> {
    if is_motion { Some(verdict(counts).to_owned()) } else { leading(options, counts) }
}

/// How a motion comes out; those for it are counted first, those against it last.
fn verdict(counts: &[usize]) -> &'static str {
    match (counts.first(), counts.last()) {
        (Some(pro), Some(con)) if pro > con => "accepted",
        (Some(pro), Some(con)) if pro < con => "rejected",
        _ => "inconclusive",
    }
}

fn leading<'o>(options: impl Iterator<Item = &'o String>, counts: &[usize]) -> Option<String> {
    let most = *counts.iter().max().filter(|most| **most > 0)?;
    let mut first = options.zip(counts).filter(|(_, count)| **count == most);
    let (option, _) = first.next()?;
    first.next().is_none().then(|| option.clone())
}

pub(super) mod ballot;
#[cfg(test)]
mod tests;
