//! One line of a log: is it a message, what time does it carry, whose words
//! are they? It knows the forms in which IRC clients write and nothing of the
//! lines around it; `log.rs` puts lines together.

use std::borrow::Cow;

/// Marks that IRC clients put before a nickname for ranks in the channel.
const RANKS: [char; 6] = ['~', '&', '@', '%', '+', '!'];

/// What one line turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Shape<'a> {
    /// Somebody said or did something.
    Message {
        /// Seconds since midnight.
        seconds: u32,
        nick: &'a str,
        action: bool,
        text: &'a str,
        /// Characters before the text: a hard-wrapping client indents what
        /// follows by as many.
        column: usize,
    },
    /// A message without any text, which no server would take.
    Wordless,
    /// A time, then something that is no message: a join, a quit, a notice.
    Other {
        /// Seconds since midnight.
        seconds: u32,
        /// What stands behind the time.
        rest: &'a str,
    },
    /// No time: the rest of the message before it.
    Loose,
    /// Written by the client about the log itself, as when a day begins.
    Remark,
    /// Nothing but blanks.
    Blank,
}

/// Says what `line` is. Control characters must be out of it already (see
/// [`clean`]), or the colour of a nickname becomes a part of it.
pub(crate) fn read(line: &str) -> Shape<'_> {
    if line.trim().is_empty() {
        return Shape::Blank;
    }
    if line.starts_with("--- Log ") || line.starts_with("--- Day ") {
        return Shape::Remark;
    }
    let Some((seconds, rest)) = clock(line) else {
        return Shape::Loose;
    };
    let Some((nick, action, after)) = said(rest).or_else(|| done(rest)) else {
        return Shape::Other { seconds, rest };
    };
    if after.trim().is_empty() {
        return Shape::Wordless;
    }
    let text = after.trim_start();
    // `text` is a tail of `line`, so the difference falls between characters.
    let column = line[..line.len() - text.len()].chars().count();
    Shape::Message { seconds, nick, action, text: text.trim_end(), column }
}

/// Takes `HH:MM`, `HH:MM:SS` or either in brackets off the front of a line:
/// seconds since midnight and what follows.
fn clock(line: &str) -> Option<(u32, &str)> {
    let (time, rest) = match line.strip_prefix('[') {
        Some(inner) => inner.split_once(']')?,
        None => line.split_at(line.find(char::is_whitespace).unwrap_or(line.len())),
    };
    let mut parts = time.split(':');
    let hours = two_digits(parts.next()?, 23)?;
    let minutes = two_digits(parts.next()?, 59)?;
    // A leap second is written as 60.
    let seconds = parts.next().map_or(Some(0), |part| two_digits(part, 60))?;
    if parts.next().is_some() {
        return None;
    }
    Some((hours * 3600 + minutes * 60 + seconds, rest.trim_start()))
}

/// What stands where a time would, off the front of a line that has none and goes on as one that has: `12:60:00 <nick>`,
/// `[24:00] * nick`, `2026-02-30 19:00 <nick>`, or indented. Such a line is no rest of the one before it.
pub(crate) fn mistimed(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let is_of_times = |c: char| {
        c.is_ascii_digit() || c.is_whitespace() || matches!(c, ':' | '.' | ',' | '-' | '/' | 'T' | 'Z' | '+' | '[' | ']' | '(' | ')')
    };
    let (time, rest) = line.split_at(line.find(|c| !is_of_times(c))?);
    let begins = time.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '[' | '('));
    let speaks = rest.starts_with("* ") || (rest.starts_with('<') && rest.contains('>')) || (time.ends_with('\t') && rest.contains('\t'));
    (begins && speaks && time.contains(':')).then(|| time.trim())
}

fn two_digits(part: &str, most: u32) -> Option<u32> {
    let plain = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    let number = plain.then(|| part.parse().ok())??;
    (number <= most).then_some(number)
}

/// `<nick> text`, also `< nick>` as irssi writes where nobody has a rank. A
/// nickname of Gavel's own transcripts may have a space inside.
fn said(rest: &str) -> Option<(&str, bool, &str)> {
    let (inside, after) = rest.strip_prefix('<')?.split_once('>')?;
    Some((bare(inside)?, false, after))
}

/// `* nick action`.
fn done(rest: &str) -> Option<(&str, bool, &str)> {
    let rest = rest.strip_prefix("* ")?.trim_start();
    let (nick, after) = rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()));
    Some((bare(nick)?, true, after))
}

/// The nickname without its rank; `None` where nothing usable remains.
fn bare(nick: &str) -> Option<&str> {
    let nick = nick.trim().trim_start_matches(RANKS).trim_start();
    (!nick.is_empty()).then_some(nick)
}

/// Takes off the indent that a continued line got: as far as the text of its
/// message where a client wrapped it, else the two spaces of a transcript of
/// Gavel's. What is left is the writer's own (a pasted piece of a program).
pub(crate) fn outdent(line: &str, column: usize) -> &str {
    let indent = line.len() - line.trim_start_matches(' ').len();
    let added = if indent >= column { column } else { indent.min(2) };
    &line[added..]
}

/// Takes the codes for bold, colour and the like out of a line (the server
/// refuses control characters). Tabs stay.
pub(crate) fn clean(line: &str) -> Cow<'_, str> {
    if !line.contains(char::is_control) {
        return Cow::Borrowed(line);
    }
    let mut plain = String::with_capacity(line.len());
    let mut chars = line.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\u{3}' => {
                // A colour: up to two digits, and for the background a comma
                // with up to two more. A comma without a digit is text.
                for _ in 0..2 {
                    chars.next_if(char::is_ascii_digit);
                }
                let mut ahead = chars.clone();
                if ahead.next() == Some(',') && ahead.next().is_some_and(|c| c.is_ascii_digit()) {
                    chars.next();
                    for _ in 0..2 {
                        chars.next_if(char::is_ascii_digit);
                    }
                }
            }
            char if char.is_control() && char != '\t' => {}
            char => plain.push(char),
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(line: &str) -> (u32, &str, bool, &str) {
        match read(line) {
            Shape::Message { seconds, nick, action, text, .. } => (seconds, nick, action, text),
            other => panic!("{line:?} was read as {other:?}"),
        }
    }

    #[test]
    fn every_known_form_is_a_message() {
        let said = (68_405, "ada", false, "hello there");
        for line in ["19:00:05 <ada> hello there", "[19:00:05] <ada> hello there", "[19:00:05] <@ada>  hello there "] {
            assert_eq!(message(line), said, "{line}");
        }
        let whole_minute = (68_400, "ada", false, "hello there");
        for line in ["19:00 <ada> hello there", "[19:00] <+ada> hello there", "19:00 < ada> hello there"] {
            assert_eq!(message(line), whole_minute, "{line}");
        }
        let done = (68_405, "ada", true, "waves to all");
        for line in ["19:00:05 * ada waves to all", "[19:00:05] * ada waves to all", "19:00:05  * @ada waves to all"] {
            assert_eq!(message(line), done, "{line}");
        }
    }

    #[test]
    fn brackets_in_a_nickname_and_in_the_text_stay() {
        assert_eq!(message("02:06:12 <[m]> a > b"), (7572, "[m]", false, "a > b"));
        assert_eq!(message("19:00 <ada lovelace> hm"), (68_400, "ada lovelace", false, "hm"));
        assert_eq!(message("02:06:12 <ken[> <bob> said so"), (7572, "ken[", false, "<bob> said so"));
    }

    #[test]
    fn what_is_no_message_is_told_apart() {
        for line in
            ["19:00 -!- ada [~ada@host] has joined #boats", "19:00:01 --> ada joins", "19:00 *** ada has quit", "19:00", "19:00 <@> hm"]
        {
            assert!(matches!(read(line), Shape::Other { .. }), "{line}");
        }
        for line in ["19:00 <ada>", "19:00 <ada>   ", "19:00 * ada"] {
            assert_eq!(read(line), Shape::Wordless, "{line}");
        }
        for line in ["and so on", "   19:00 <ada> quoted", "24:00 <ada> hm", "1:00 <ada> hm", "19:00:00:00 x", "[note] <ada> hm"] {
            assert_eq!(read(line), Shape::Loose, "{line}");
        }
        assert_eq!(read("--- Day changed Wed Jun 12 2013"), Shape::Remark);
        assert_eq!(read(" "), Shape::Blank);
    }

    #[test]
    fn a_line_with_something_like_a_time_and_a_speaker_is_told_from_words() {
        for (line, time) in [
            ("12:60:00 <ada> hm", "12:60:00"),
            ("  [24:00] <@ada> hm", "[24:00]"),
            ("9:01 * ada waves", "9:01"),
            ("2026-02-30T19:00:00Z <ada> hm", "2026-02-30T19:00:00Z"),
            ("24:00:00\tada\thm", "24:00:00"),
        ] {
            assert_eq!(mistimed(line), Some(time), "{line}");
        }
        for line in ["at 12:60:00 <ada> said", "12 <ada>", "10:30 is fine", "12:30 < 13:00", "", "<ada> hm", "1. * a"] {
            assert_eq!(mistimed(line), None, "{line}");
        }
    }

    #[test]
    fn codes_for_colour_and_weight_are_taken_out() {
        assert_eq!(clean("\u{2}bold\u{f} and \u{3}04,12red\u{3} \u{3}7, blue"), "bold and red , blue");
        assert_eq!(clean("a\tb\r"), "a\tb");
    }
}
