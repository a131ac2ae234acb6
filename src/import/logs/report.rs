//! Counts the lines of a file that are not messages by kind, so that nothing disappears without a word.

use std::collections::BTreeMap;
use std::fmt;

/// The kind of a line that is not a message, or of a repair that a line needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Join,
    Leave,
    Kick,
    Rename,
    Mode,
    Topic,
    Notice,
    /// Words of a client or a server.
    Server,
    /// A nickname without any text.
    Wordless,
    /// A line at which a client opened or closed its log, or a day began.
    Heading,
    /// Goes on with a line that is not a message.
    Wrapped,
    /// Outside of `--from` and `--to`, or of a meeting.
    Outside,
    /// Control characters were removed.
    Controls,
    /// The clock went back a little; the line keeps its place.
    ClockBack,
}

/// The counts of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    counts: BTreeMap<Kind, (usize, usize)>,
    decoded: Option<(usize, usize, &'static str)>,
    /// Changes of nickname: from, to, and the line.
    renamed: Vec<(String, String, usize)>,
}

impl Report {
    /// Counts a line.
    pub(crate) fn count(&mut self, kind: Kind, line: usize) {
        self.counts.entry(kind).or_insert((0, line)).0 += 1;
    }

    /// Counts a line that is not in UTF-8.
    pub(crate) fn decoded(&mut self, line: usize, encoding: &'static str) {
        self.decoded.get_or_insert((0, line, encoding)).0 += 1;
    }

    /// Notes that somebody goes on under another name.
    pub(crate) fn renamed(&mut self, from: &str, to: &str, line: usize) {
        self.renamed.push((from.to_owned(), to.to_owned(), line));
    }

    /// Returns the number of lines of the kind.
    #[must_use]
    pub fn of(&self, kind: Kind) -> usize {
        self.counts.get(&kind).map_or(0, |(count, _)| *count)
    }

    /// Returns the number of lines that are not messages.
    #[must_use]
    pub fn skipped(&self) -> usize {
        let is_line = |kind: &Kind| !matches!(kind, Kind::Controls | Kind::ClockBack);
        self.counts.iter().filter(|(kind, _)| is_line(kind)).map(|(_, (count, _))| count).sum()
    }
}

/// The number of renames that are listed one by one.
const LISTED: usize = 10;

/// Sentences for a person at a terminal; nothing when the file has only messages.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = |wanted: &dyn Fn(Kind) -> bool| -> Vec<String> {
            let kinds = self.counts.iter().filter(|(kind, _)| wanted(**kind));
            kinds.map(|(kind, (count, first))| format!("{count} {} (first: line {first})", kind.words(*count))).collect()
        };
        let mut sentences = Vec::new();
        let other = listed(&|kind| !matches!(kind, Kind::Controls | Kind::ClockBack | Kind::Outside));
        if !other.is_empty() {
            sentences.push(format!("Lines that are not messages: {}.", other.join(", ")));
        }
        let left_out = listed(&|kind| kind == Kind::Outside);
        if !left_out.is_empty() {
            sentences.push(format!("Left out: {}.", left_out.join(", ")));
        }
        if let Some((count, first, encoding)) = self.decoded {
            let is = if count == 1 { "line is" } else { "lines are" };
            sentences.push(format!("{count} {is} not in UTF-8 and was read as {encoding} (first: line {first})."));
        }
        let repaired = listed(&|kind| matches!(kind, Kind::Controls | Kind::ClockBack));
        sentences.extend(repaired.into_iter().map(|it| format!("{it}.")));
        let renamed: Vec<String> =
            self.renamed.iter().take(LISTED).map(|(from, to, line)| format!("{from} → {to} (line {line})")).collect();
        if !renamed.is_empty() {
            let more = self.renamed.len().saturating_sub(LISTED);
            let more = if more > 0 { format!(", and {more} more") } else { String::new() };
            sentences.push(format!("Renamed, and still the same person: {}{more}.", renamed.join(", ")));
        }
        f.write_str(&sentences.join("\n"))
    }
}

impl Kind {
    const fn words(self, count: usize) -> &'static str {
        let (one, more) = match self {
            Self::Join => ("join", "joins"),
            Self::Leave => ("leave", "leaves"),
            Self::Kick => ("kick", "kicks"),
            Self::Rename => ("change of nickname", "changes of nickname"),
            Self::Mode => ("change of modes", "changes of modes"),
            Self::Topic => ("topic line", "topic lines"),
            Self::Notice => ("notice", "notices"),
            Self::Server => ("line of a client or server", "lines of a client or server"),
            Self::Wordless => ("nickname without text", "nicknames without text"),
            Self::Heading => ("heading", "headings"),
            Self::Wrapped => ("continuation of a skipped line", "continuations of skipped lines"),
            Self::Outside => ("message outside of the part to import", "messages outside of the part to import"),
            Self::Controls => ("line had control characters, which were removed", "lines had control characters, which were removed"),
            Self::ClockBack => (
                "line is a little earlier than the one before and keeps its place",
                "lines are a little earlier than the one before and keep their place",
            ),
        };
        if count == 1 { one } else { more }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_counted_and_the_first_of_each_kind_is_named() {
        let mut report = Report::default();
        assert_eq!(report.to_string(), "");
        for (kind, line) in [(Kind::Mode, 9), (Kind::Join, 3), (Kind::Join, 4), (Kind::Controls, 7)] {
            report.count(kind, line);
        }
        report.decoded(5, "windows-1252");
        report.renamed("ada", "ada_", 8);
        let text = "Lines that are not messages: 2 joins (first: line 3), 1 change of modes (first: line 9).\n\
            1 line is not in UTF-8 and was read as windows-1252 (first: line 5).\n\
            1 line had control characters, which were removed (first: line 7).\n\
            Renamed, and still the same person: ada → ada_ (line 8).";
        assert_eq!(report.to_string(), text);
        assert_eq!((report.skipped(), report.of(Kind::Join)), (3, 2));
    }
}
