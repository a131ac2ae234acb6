//! Which lines of a plain transcript are the program's own: by how they begin and end. An action in whose line that would be read has
//! two spaces and a backslash behind the nickname, so that nobody who reads the transcript need guess.
//!
//! `line` in `message.rs` writes by this, and an archive reads by it.

use chrono::NaiveDate;

use crate::domain::talk::participant::Nick;

pub const OPENED: &str = "The room opened.";
pub const CLOSED: &str = "The room closed.";

/// The beginning of the row with the new times of an event that has not opened yet.
pub const MOVED: &str = "This event is now on ";

/// How rows of nobody begin, beside those two.
const BEGINNINGS: [&str; 8] = [
    "The room closes in ",
    "The room now closes at ",
    "The agenda ",
    "The last change of the agenda ",
    "This event is now ",
    "This event was cancelled.",
    "This event was cancelled: ",
    "This event takes place after all.",
];

/// What stands behind the nickname in rows about somebody.
const ABOUT: [&str; 4] = [JOINED, LEFT, CHAIR, UNCHAIR];
pub const JOINED: &str = " joined";
pub const LEFT: &str = " left";
pub const CHAIR: &str = " is a chair now";
pub const UNCHAIR: &str = " is no chair any more";

/// The line before the rows that tells how the event is called, where none of them does. Other programs pass it over: it begins as
/// remarks in the logs of IRC clients do.
#[must_use]
pub fn head(title: &str) -> String {
    format!("{HEAD}{title}{HEAD_END}")
}

/// The title in such a line.
#[must_use]
pub fn titled(line: &str) -> Option<&str> {
    line.strip_prefix(HEAD)?.strip_suffix(HEAD_END)
}

const HEAD: &str = "--- Log of “";
const HEAD_END: &str = "”";

/// The line before the first row of another day, as irssi writes it.
#[must_use]
pub fn day(day: NaiveDate) -> String {
    format!("{DAY}{}", day.format("%a %b %d %Y"))
}

/// Returns the day in such a line.
#[must_use]
pub fn day_begun(line: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(line.strip_prefix(DAY)?, "%a %b %d %Y").ok()
}

/// The line before a row in the second of two hours that the clocks show, when the times alone do not tell which it is;
/// the offset is in seconds east of Greenwich.
#[must_use]
pub fn clock(offset: i32) -> String {
    let sign = if offset < 0 { '-' } else { '+' };
    let minutes = offset.abs() / 60;
    format!("{CLOCK}{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Returns the offset in such a line.
#[must_use]
pub fn clock_changed(line: &str) -> Option<i32> {
    let offset = line.strip_prefix(CLOCK)?;
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let seconds = hours.parse::<u16>().ok().map(i32::from)? * 3_600 + minutes.parse::<u16>().ok().map(i32::from)? * 60;
    match offset.as_bytes().first()? {
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

const DAY: &str = "--- Day changed ";
const CLOCK: &str = "--- Clock changed to UTC";

/// Whether a row of nobody has these words.
#[must_use]
pub fn is_of_nobody(words: &str) -> bool {
    words == OPENED || words == CLOSED || BEGINNINGS.iter().any(|beginning| words.starts_with(beginning))
}

/// The nickname in `ada joined`.
#[must_use]
pub fn about(words: &str, verb: &str) -> Option<Nick> {
    let name = words.strip_suffix(verb)?;
    Nick::parse(name).ok().filter(|nick| nick.as_str() == name)
}

/// Stands between a nickname and the words of an action that reads as a row of the program's own. Nicknames have no two spaces in them,
/// and what people write begins with none.
const MARK: &str = "  \\";

/// An action as a transcript in text has it.
#[must_use]
pub fn action(nick: &str, text: &str) -> String {
    let plain = format!("{nick} {text}");
    let is_alike = is_of_nobody(&plain) || ABOUT.iter().any(|verb| about(&plain, verb).is_some());
    if is_alike { format!("{nick}{MARK}{text}") } else { plain }
}

/// The words behind that mark, of an action of this nickname.
#[must_use]
pub fn marked<'t>(words: &'t str, nick: &str) -> Option<&'t str> {
    words.strip_prefix(nick)?.strip_prefix(MARK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_that_reads_as_a_row_of_the_program_is_marked() {
        for (nick, text) in [
            ("The room", "closed."),
            ("The", "room closes in 1 minute."),
            ("This event", "is now called “Mine”."),
            ("This event is now", "here"),
            ("ada", "left"),
            ("ada", "and bob joined"),
            ("ada", "is a chair now"),
            ("ada", "\\and bob left"),
        ] {
            let words = action(nick, text);
            assert_eq!((words.as_str(), marked(&words, nick)), (format!("{nick}  \\{text}").as_str(), Some(text)));
            assert!(ABOUT.iter().all(|verb| about(&words, verb).is_none()), "{words}");
        }
        let long = format!("{} left", "x".repeat(100));
        for (nick, text) in [("ada", "waves"), ("The room", "closed"), ("ada", "\\o/"), ("ada", "has left the boat"), ("ada", &long)] {
            let words = action(nick, text);
            assert_eq!((&words, marked(&words, nick)), (&format!("{nick} {text}"), None));
        }
    }
}
