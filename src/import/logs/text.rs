//! From the bytes of a file to clean lines: the encoding of each line, line ends, and the codes for colours that
//! clients write into logs. Nothing here knows what a line means.

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::Chars;

use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::report::{Kind, Report};
use super::{Problem, Reason};

/// The longest line in bytes: four times as many as a message has characters, and some for time and nickname.
const LINE: usize = 20_000;

/// A line without its end, its encoding and its colours.
#[derive(Debug)]
pub struct SourceLine<'b> {
    /// Its number in the file, from 1.
    pub number: usize,
    /// Its content, without control characters except tabs.
    pub text: Cow<'b, str>,
    /// Says that control characters which are not codes of a client were removed.
    pub had_controls: bool,
}

/// Returns the encoding of this name, such as `latin1`, `windows-1251` or `shift_jis`: a label of the WHATWG Encoding
/// Standard.
#[must_use]
pub fn encoding(name: &str) -> Option<&'static Encoding> {
    Encoding::for_label(name.trim().as_bytes())
}

/// Decodes a file line by line: what is not UTF-8 is in `fallback`, or in Windows-1252 (Latin-1) when nobody named one.
/// A file in UTF-16 with a byte order mark, or one in an encoding that switches with escape codes, is decoded as a whole.
///
/// # Errors
/// The first line that is too long, or that is neither UTF-8 nor in `fallback`.
pub fn lines<'b>(bytes: &'b [u8], fallback: Option<&'static Encoding>, report: &mut Report) -> Result<Vec<SourceLine<'b>>, Problem> {
    let (bytes, whole) = match Encoding::for_bom(bytes) {
        Some((encoding, length)) if encoding == UTF_8 => (&bytes[length..], None),
        Some((encoding, length)) => (&bytes[length..], Some(encoding)),
        None => (bytes, fallback.filter(|it| [ISO_2022_JP, UTF_16BE, UTF_16LE].contains(it))),
    };
    if let Some(encoding) = whole {
        let (text, is_broken) = encoding.decode_without_bom_handling(bytes);
        if is_broken {
            return Err(Problem::whole(Reason::NotEncoded(encoding.name())));
        }
        report.decoded(1, encoding.name());
        let lines = pieces(text.as_bytes()).enumerate();
        return lines.map(|(index, line)| Ok(cleaned(index + 1, &String::from_utf8_lossy(line)).into_owned())).collect();
    }
    let fallback_or_latin = fallback.unwrap_or(WINDOWS_1252);
    let mut lines = Vec::new();
    for (index, line) in pieces(bytes).enumerate() {
        let number = index + 1;
        if line.len() > LINE {
            return Err(Problem::at(number, Reason::LongLine));
        }
        let text = if let Ok(text) = std::str::from_utf8(line) {
            Cow::Borrowed(text)
        } else {
            let decoded = fallback_or_latin.decode_without_bom_handling_and_without_replacement(line);
            let decoded = decoded.filter(|_| fallback_or_latin != UTF_8);
            report.decoded(number, fallback_or_latin.name());
            decoded.ok_or(Problem::at(number, Reason::NotEncoded(fallback_or_latin.name())))?
        };
        let line = match text {
            Cow::Borrowed(text) => cleaned(number, text),
            Cow::Owned(text) => cleaned(number, &text).into_owned(),
        };
        if line.had_controls {
            report.count(Kind::Controls, number);
        }
        lines.push(line);
    }
    Ok(lines)
}

/// The lines of a file. One that has only carriage returns, as old Macs wrote, is cut at these.
fn pieces(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let end = if bytes.contains(&b'\n') { b'\n' } else { b'\r' };
    bytes.split(move |byte| *byte == end)
}

fn cleaned(number: usize, line: &str) -> SourceLine<'_> {
    let (text, had_controls) = clean(line.trim_end_matches('\r'));
    SourceLine { number, text, had_controls }
}

impl SourceLine<'_> {
    fn into_owned(self) -> SourceLine<'static> {
        SourceLine { number: self.number, text: Cow::Owned(self.text.into_owned()), had_controls: self.had_controls }
    }
}

/// Takes the codes for bold, colour and the like out of a line, and all other control characters except tabs; says
/// whether there were any of these others.
fn clean(line: &str) -> (Cow<'_, str>, bool) {
    if !line.contains(char::is_control) {
        return (Cow::Borrowed(line), false);
    }
    let mut plain = String::with_capacity(line.len());
    let mut had_controls = false;
    let mut chars = line.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            // mIRC: a colour of one or two digits, a comma and another for the background.
            '\u{3}' => colour(&mut chars, 1, 2, char::is_ascii_digit),
            // The same with six hexadecimal digits.
            '\u{4}' => colour(&mut chars, 6, 6, char::is_ascii_hexdigit),
            '\u{1b}' => escape(&mut chars),
            '\t' => plain.push('\t'),
            // Bold, italic, underline, strike, monospace, reverse, plain.
            '\u{2}' | '\u{1d}' | '\u{1f}' | '\u{1e}' | '\u{11}' | '\u{16}' | '\u{12}' | '\u{f}' => {}
            char if char.is_control() => had_controls = true,
            char => plain.push(char),
        }
    }
    (Cow::Owned(plain), had_controls)
}

/// Passes over the digits of a colour: at least `least` or none. A comma without such digits is text.
fn colour(chars: &mut Peekable<Chars<'_>>, least: usize, most: usize, is_digit: fn(&char) -> bool) {
    let digits = |chars: &Peekable<Chars<'_>>| chars.clone().take(most).take_while(is_digit).count();
    let count = digits(chars);
    if count < least {
        return;
    }
    chars.by_ref().take(count).for_each(drop);
    let mut ahead = chars.clone();
    if ahead.next() == Some(',') {
        let count = digits(&ahead);
        if count >= least {
            chars.by_ref().take(count + 1).for_each(drop);
        }
    }
}

/// Passes over an escape sequence of a terminal: `ESC [ … letter` (ECMA-48 CSI), `ESC ] … BEL` (OSC), or `ESC` and one more.
fn escape(chars: &mut Peekable<Chars<'_>>) {
    match chars.peek() {
        Some('[') => {
            chars.next();
            while chars.next_if(|c| matches!(c, ' '..='?')).is_some() {}
            chars.next_if(|c| matches!(c, '@'..='~'));
        }
        Some(']') => {
            // It ends with BEL or with ESC \.
            while let Some(char) = chars.next() {
                if char == '\u{7}' || (char == '\u{1b}' && chars.next_if_eq(&'\\').is_some()) {
                    break;
                }
            }
        }
        Some('(' | ')') => drop(chars.by_ref().take(2).count()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], name: Option<&str>) -> Result<Vec<String>, Problem> {
        let fallback = name.map(|name| encoding(name).unwrap());
        lines(bytes, fallback, &mut Report::default()).map(|lines| lines.into_iter().map(|line| line.text.into_owned()).collect())
    }

    #[test]
    fn codes_for_colour_and_weight_are_taken_out() {
        for (line, plain) in [
            ("\u{2}bold\u{f} and \u{3}04,12red\u{3} \u{3}7, blue", "bold and red , blue"),
            ("\u{3}123 \u{3}4,x \u{3},5", "3 ,x ,5"),
            ("\u{4}FF0000red\u{4} \u{4}00ff00,0000FFon blue \u{4}beef", "red on blue beef"),
            ("\u{4}FF0000,more", ",more"),
            ("\u{1b}[1;31mred\u{1b}[0m \u{1b}[38;5;208morange\u{1b}[m", "red orange"),
            ("\u{1b}]0;title\u{7}text \u{1b}]8;;x\u{1b}\\link \u{1b}(Bplain", "text link plain"),
            ("\u{1b}[", ""),
            ("\u{1d}i\u{1f}u\u{1e}s\u{11}m\u{16}r a\tb", "iusmr a\tb"),
        ] {
            assert_eq!(clean(line), (Cow::<str>::Owned(plain.to_owned()), false), "{line:?}");
        }
        assert_eq!(clean("a\u{0}b\u{7}"), (Cow::<str>::Owned("ab".to_owned()), true));
    }

    #[test]
    fn each_line_has_its_own_encoding() {
        let mixed = b"caf\xc3\xa9\ncaf\xe9 \x80\n\xef\xbb\xbf";
        assert_eq!(decoded(mixed, None).unwrap()[..2], ["café", "café €"]);
        assert_eq!(decoded(b"\xef\xbb\xbfa\r\nb\r\n", None).unwrap(), ["a", "b", ""]);
        assert_eq!(decoded(b"\xcc\xb0\xf0", Some("windows-1251")).unwrap(), ["М°р"]);
        assert_eq!(decoded("a é".as_bytes(), Some("windows-1251")).unwrap(), ["a é"], "what is UTF-8 stays UTF-8");
        assert_eq!(decoded(b"ok\ncaf\xe9", Some("utf-8")), Err(Problem::at(2, Reason::NotEncoded("UTF-8"))));
        assert_eq!(decoded(b"\x1b$B$\"\x1b(B!", Some("iso-2022-jp")).unwrap(), ["あ!"]);
        assert_eq!(decoded(b"\xff\xfea\x00\n\x00b\x00", None).unwrap(), ["a", "b"]);
        assert_eq!(decoded(b"old\rmac\r", None).unwrap(), ["old", "mac", ""]);
        assert!(encoding("no such encoding").is_none());
    }
}
