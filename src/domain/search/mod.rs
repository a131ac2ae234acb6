//! What is searched by: the language of queries, and the words by which rows are found.
//!
//! Whatever is typed is a query: what breaks the language is read as words. An engine never sees what was
//! typed, only the words that are made of it here.

pub mod fold;
pub mod row_kinds;
pub mod snippet;
mod width;
pub mod words;

use chrono::{NaiveDate, NaiveTime};

use super::talk::message::ChatData;
use super::time::Timestamp;
use row_kinds::{Noted, SORTS, Sort};
use words::words;

/// What of a longer query counts, in characters and in parts.
const LONGEST: usize = 500;
const PARTS: usize = 16;

/// Words that follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// Folded; at least one.
    pub words: Vec<String>,
    /// Whether the last word may go on.
    pub is_prefix: bool,
}

/// What somebody searches for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// All of these are there.
    pub wanted: Vec<Phrase>,
    /// None of these is.
    pub unwanted: Vec<Phrase>,
    /// Words of the nickname.
    pub nicks: Vec<Phrase>,
    /// The slug of the meeting, as it was typed.
    pub meeting: Option<String>,
    pub sort: Option<&'static Sort>,
    /// Said at this moment or later.
    pub from: Option<Timestamp>,
    /// Said before this moment.
    pub until: Option<Timestamp>,
    /// What was not read as somebody may have meant it, in sentences.
    pub notes: Vec<String>,
}

/// Words of the index that no text has, for they hold a colon: of everything, of a nickname, a meeting, a label.
pub const EVERYTHING: &str = "a:";
const NICK: &str = "n:";
const MEETING: &str = "m:";
const LABEL: &str = "k:";

/// The words by which a row of a meeting is found, in order; none where it is not to be found.
#[must_use]
pub fn index(row: &ChatData, meeting: &str, noted: &Noted) -> Vec<String> {
    if !row_kinds::is_found(row) {
        return Vec::new();
    }
    let labels = noted.labels(row).map(|label| format!("{LABEL}{label}"));
    let said = words(&row.text).into_iter().map(|word| word.folded);
    let nick = words(row.nick.as_deref().unwrap_or_default()).into_iter().map(|word| format!("{NICK}{}", word.folded));
    said.chain(nick).chain(labels).chain([in_meeting(meeting), EVERYTHING.to_owned()]).collect()
}

/// The word that all rows of a meeting have.
#[must_use]
pub fn in_meeting(id: &str) -> String {
    format!("{MEETING}{id}")
}

/// What an engine is to look for: in each of `all` one of the phrases, and none of `none`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needle {
    pub all: Vec<Vec<Phrase>>,
    pub none: Vec<Phrase>,
}

impl Phrase {
    fn of(text: &str, is_prefix: bool) -> Option<Self> {
        let words: Vec<String> = words(text).into_iter().map(|word| word.folded).collect();
        // One letter begins half of all words.
        let is_prefix = is_prefix && words.last().is_some_and(|last| last.chars().nth(1).is_some());
        (!words.is_empty()).then_some(Self { words, is_prefix })
    }

    /// A word of the index alone.
    fn word(word: String) -> Self {
        Self { words: vec![word], is_prefix: false }
    }
}

impl Query {
    /// Reads what was typed: words, `"quoted phrases"`, `-without`, `from:nick`, `in:slug`, `kind:said`,
    /// `before:2026-11-01`, `after:2026-11`. The last word may be the beginning of one, unless a space follows it.
    #[must_use]
    pub fn parse(typed: &str) -> Self {
        let mut this = Self::default();
        let cut = typed.char_indices().nth(LONGEST).map_or(typed, |(at, _)| &typed[..at]);
        if cut.len() < typed.len() {
            this.notes.push(format!("This search is long: its first {LONGEST} characters count."));
        }
        let mut rest = cut.trim_start();
        for n in 0.. {
            if rest.is_empty() {
                break;
            }
            if n == PARTS {
                this.notes.push(format!("This search has many parts: the first {PARTS} count."));
                break;
            }
            let (part, after) = QueryPart::split(rest);
            this.take(&part, after.is_empty());
            rest = after.trim_start();
        }
        if !cut.trim().is_empty() && this == (Self { notes: this.notes.clone(), ..Self::default() }) {
            this.notes.push("There is no word in this to search for. Type letters or digits.".into());
        }
        this
    }

    /// Whether nothing is asked for.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.wanted.is_empty()
            && self.unwanted.is_empty()
            && self.nicks.is_empty()
            && self.meeting.is_none()
            && self.sort.is_none()
            && self.from.is_none()
            && self.until.is_none()
    }

    /// Asks for a nickname besides.
    pub fn add_nick(&mut self, nick: &str) {
        match Phrase::of(nick, false) {
            Some(phrase) => self.nicks.push(phrase),
            None => self.notes.push(format!("The nickname “{nick}” has no letter or digit to search by.")),
        }
    }

    /// Asks for a sort of rows, if there is one of this name.
    pub fn set_sort(&mut self, name: &str) -> bool {
        let found = SORTS.iter().find(|sort| sort.name.eq_ignore_ascii_case(name));
        self.sort = found.or(self.sort);
        found.is_some()
    }

    /// Says which sorts there are to somebody who asked for another.
    pub fn note_unknown_sort(&mut self, name: &str) {
        let names = SORTS.each_ref().map(|sort| sort.name).join(", ");
        self.notes.push(format!("There is no kind “{name}”: write kind: and one of {names}."));
    }

    /// What an engine is to look for, in one of `meetings` where there are any.
    #[must_use]
    pub fn needle(&self, meetings: &[String]) -> Needle {
        let mut all: Vec<Vec<Phrase>> = self.wanted.iter().map(|phrase| vec![phrase.clone()]).collect();
        let named = |phrase: &Phrase| Phrase { words: phrase.words.iter().map(|word| format!("{NICK}{word}")).collect(), ..*phrase };
        all.extend(self.nicks.iter().map(|phrase| vec![named(phrase)]));
        all.extend(self.sort.map(|sort| sort.labels.iter().map(|label| Phrase::word(format!("{LABEL}{label}"))).collect()));
        if !meetings.is_empty() {
            all.push(meetings.iter().map(|id| Phrase::word(in_meeting(id))).collect());
        }
        if all.is_empty() {
            all.push(vec![Phrase::word(EVERYTHING.to_owned())]);
        }
        Needle { all, none: self.unwanted.clone() }
    }

    /// Reads a part by its field; what is not understood so is words.
    fn take(&mut self, part: &QueryPart<'_>, is_last: bool) {
        let is_understood = match part.field {
            "from" => {
                let nick = Phrase::of(part.text, false);
                let is_some = nick.is_some();
                self.nicks.extend(nick);
                is_some
            }
            "in" => {
                self.meeting = Some(part.text.to_lowercase());
                true
            }
            "kind" => {
                let is_known = self.set_sort(part.text);
                if !is_known {
                    self.note_unknown_sort(part.text);
                }
                is_known
            }
            "before" | "after" => self.take_date(part),
            _ => false,
        };
        if is_understood {
            return;
        }
        let may_go_on = !part.is_quoted && (is_last || part.text.ends_with('*'));
        if part.is_unwanted {
            self.unwanted.extend(Phrase::of(part.whole, false));
        } else {
            self.wanted.extend(Phrase::of(part.whole, may_go_on));
        }
    }

    fn take_date(&mut self, part: &QueryPart<'_>) -> bool {
        let day = first_day(part.text);
        match (day, part.field) {
            (None, field) => {
                self.notes.push(format!("“{field}:{}” is searched for as words. A date is written like {field}:2026-11-30.", part.text));
            }
            (Some(_), "before") => self.until = day,
            (Some(_), _) => self.from = day,
        }
        day.is_some()
    }
}

/// The beginning, in UTC, of a day, a month or a year: `2026-11-30`, `2026-11`, `2026`.
fn first_day(text: &str) -> Option<Timestamp> {
    let mut numbers = text.split('-').map(|number| number.parse::<u32>().ok().filter(|_| number.bytes().all(|b| b.is_ascii_digit())));
    let year = i32::try_from(numbers.next()??).ok().filter(|year| (1970..=2200).contains(year))?;
    let month = numbers.next().unwrap_or(Some(1))?;
    let day = numbers.next().unwrap_or(Some(1))?;
    let date = NaiveDate::from_ymd_opt(year, month, day).filter(|_| numbers.next().is_none())?;
    Some(date.and_time(NaiveTime::MIN).and_utc().into())
}

/// A part of what was typed.
#[derive(Debug)]
struct QueryPart<'t> {
    is_unwanted: bool,
    /// What stands before the colon, if that is a word of the language.
    field: &'t str,
    /// What stands behind it, else everything.
    text: &'t str,
    is_quoted: bool,
    /// Field and text, to be read as words.
    whole: &'t str,
}

const FIELDS: [&str; 5] = ["from", "in", "kind", "before", "after"];

impl<'t> QueryPart<'t> {
    /// The first part of a text that begins with no space, and what follows.
    fn split(typed: &'t str) -> (Self, &'t str) {
        let minus = typed.strip_prefix('-').filter(|rest| !rest.is_empty() && !rest.starts_with(char::is_whitespace));
        let typed = minus.unwrap_or(typed);
        let field = FIELDS.into_iter().find(|field| {
            let (before, after) = typed.split_at_checked(field.len()).unwrap_or(("", ""));
            minus.is_none()
                && before.eq_ignore_ascii_case(field)
                && after.starts_with(':')
                && !after[1..].trim_start().is_empty()
                && !after[1..].starts_with(char::is_whitespace)
        });
        let begin = field.map_or(0, |field| field.len() + 1);
        let (text, after) = match typed[begin..].strip_prefix('"') {
            // A quote that is left open goes on to the end.
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => typed[begin..].find(char::is_whitespace).map_or((&typed[begin..], ""), |end| typed[begin..].split_at(end)),
        };
        let is_quoted = typed[begin..].starts_with('"');
        let whole = &typed[..typed.len() - after.len()];
        (Self { is_unwanted: minus.is_some(), field: field.unwrap_or(""), text, is_quoted, whole }, after)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A query as one line: phrases with their words joined by `_`, `*` behind a beginning.
    fn read(typed: &str) -> String {
        let query = Query::parse(typed);
        let phrase = |sign: &str, phrase: &Phrase| format!("{sign}{}{}", phrase.words.join("_"), if phrase.is_prefix { "*" } else { "" });
        let phrases = |sign: &'static str, of: &[Phrase]| of.iter().map(|it| phrase(sign, it)).collect::<Vec<_>>();
        let mut parts = [phrases("", &query.wanted), phrases("-", &query.unwanted), phrases("@", &query.nicks)].concat();
        parts.extend(query.meeting.map(|slug| format!("in {slug}")));
        parts.extend(query.sort.map(|sort| format!("kind {}", sort.name)));
        let day = |at: Timestamp| at.utc().format("%Y-%m-%d").to_string();
        parts.extend(query.from.map(|at| format!("from {}", day(at))));
        parts.extend(query.until.map(|at| format!("until {}", day(at))));
        parts.extend((!query.notes.is_empty()).then(|| format!("({})", query.notes.len())));
        parts.join(" ")
    }

    #[test]
    fn a_query_is_words_phrases_and_fields() {
        for (typed, wanted) in [
            ("", ""),
            ("Tide", "tide*"),
            ("Tide ", "tide"),
            ("tide table", "tide table*"),
            ("tide \"High Water\"", "tide high_water"),
            ("tide -table", "tide -table"),
            ("-\"high water\" tide", "tide* -high_water"),
            ("well-known", "well_known*"),
            ("from:Ada tide", "tide* @ada"),
            ("FROM:\"Ada L.\" in:Weekly", "@ada_l in weekly"),
            ("kind:emote x", "x kind emote"),
            ("before:2026-11-01 after:2025", "from 2025-01-01 until 2026-11-01"),
            ("after:2026-11", "from 2026-11-01"),
            ("Ångström 会議", "angstrom 会_議"),
        ] {
            assert_eq!(read(typed), wanted, "{typed}");
        }
    }

    #[test]
    fn what_breaks_the_language_is_words() {
        for (typed, wanted) in [
            ("\"open", "open"),
            ("\"", "(1)"),
            ("-", "(1)"),
            ("*", "(1)"),
            ("a AND b", "a and b"),
            ("NEAR(tide", "near_tide*"),
            ("tide* x ", "tide* x"),
            ("100%", "100*"),
            ("a\\b ", "a_b"),
            ("from:", "from*"),
            ("from: ada", "from ada*"),
            ("from:* x", "from* x"),
            ("kind:song x", "kind_song x (1)"),
            ("before:soon x", "before_soon x (1)"),
            ("before:2026-02-30 x", "before_2026_02_30 x (1)"),
            ("before:+2026 x", "before_2026 x (1)"),
            ("-from:ada x", "x -from_ada"),
            ("http://a.b/c ", "http_a_b_c"),
        ] {
            assert_eq!(read(typed), wanted, "{typed}");
        }
    }

    #[test]
    fn of_a_long_query_the_beginning_counts() {
        let query = Query::parse(&"tide ".repeat(2_000));
        assert_eq!((query.wanted.len(), query.notes.len()), (PARTS, 2));
        assert_eq!(Query::parse(&"x".repeat(10_000)).notes.len(), 1);
    }

    proptest! {
        #[test]
        fn anything_is_a_query_of_plain_words(typed in r#"(\PC|["\-*:%\\() ]|from:|in:|kind:|before:|AND |NEAR\()*"#) {
            let query = Query::parse(&typed);
            prop_assert!(query.wanted.len() + query.unwanted.len() + query.nicks.len() <= PARTS);
            prop_assert!(!query.is_empty() || typed.trim().is_empty() || !query.notes.is_empty());
            let needle = query.needle(&[]);
            prop_assert!(!needle.all.is_empty() && needle.all.iter().all(|any| !any.is_empty()));
            for word in needle.all.iter().flatten().chain(&needle.none).flat_map(|phrase| &phrase.words) {
                let plain = word.strip_prefix(NICK).or(word.strip_prefix(LABEL)).unwrap_or(if word == EVERYTHING { "a" } else { word });
                prop_assert!(!plain.is_empty() && plain.chars().all(|c| c.is_alphanumeric() || fold::is_mark(c)), "{word}");
            }
        }

        #[test]
        fn what_was_said_is_found_by_each_of_its_words(text in any::<String>()) {
            for word in words(&text) {
                let query = Query::parse(&format!("{} ", &text[word.at.clone()]));
                // A single character may stand for several words.
                prop_assert!(query.wanted[0].words.contains(&word.folded));
            }
        }
    }
}
