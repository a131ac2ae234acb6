//! Finds web addresses in a text, and their ends.
//!
//! Like GitHub's autolinks, with what people write in other scripts: fullwidth and CJK punctuation and quotation marks end an
//! address, hosts may be internationalized, and closing brackets belong to it only as far as they were opened in it.

use icu_properties::props::{EnumeratedProperty, GeneralCategory};
use url::Url;

use super::visible::is_ignorable;

/// An address in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address<'t> {
    /// As it is written.
    pub words: &'t str,
    /// The target: what is written, with a scheme.
    pub href: String,
}

/// Reads the address that begins at `at`, if one does: `http://`, `https://` or `www.`, not in the middle of a word.
#[must_use]
pub fn address_at(text: &str, at: usize) -> Option<Address<'_>> {
    let rest = &text[at..];
    let scheme = scheme(rest)?;
    let before = text[..at].chars().next_back();
    if before.is_some_and(|c| c.is_ascii_alphanumeric() || (scheme == 0 && matches!(c, '.' | '/' | '@' | '-' | '_' | ':'))) {
        return None;
    }
    let words = &rest[..end(rest, scheme, &text[..at])];
    let href = if scheme == 0 { format!("http://{words}") } else { words.to_owned() };
    let url = Url::parse(&href).ok()?;
    let host = url.host_str().filter(|host| host.contains(|c: char| c.is_ascii_alphanumeric()))?;
    // `www.` needs a name and a domain after it.
    (scheme > 0 || host.trim_end_matches('.').matches('.').count() >= 2).then_some(Address { words, href })
}

/// Finds the first address in a text.
#[must_use]
pub fn first_address(text: &str) -> Option<Address<'_>> {
    starts(text).find_map(|at| address_at(text, at))
}

/// Finds where addresses could begin.
fn starts(text: &str) -> impl Iterator<Item = usize> {
    text.bytes().enumerate().filter(|(_, byte)| matches!(byte, b'h' | b'H' | b'w' | b'W')).map(|(at, _)| at)
}

/// The length of the scheme that a text begins with; 0 for `www.`.
fn scheme(text: &str) -> Option<usize> {
    let begins = |with: &str| text.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with));
    match text.as_bytes().first()? {
        b'h' | b'H' => ["https://", "http://"].into_iter().find(|scheme| begins(scheme)).map(str::len),
        b'w' | b'W' => begins("www.").then_some(0),
        _ => None,
    }
}

/// The length of the address at the beginning of a text. `before` is the text before it.
fn end(text: &str, scheme: usize, before: &str) -> usize {
    let authority = authority(text, scheme);
    if authority.is_complete {
        return authority.end;
    }
    let (mut round, mut square, mut end) = (0_i32, 0_i32, text.len());
    for (at, c) in text.char_indices().skip_while(|(at, _)| *at < scheme) {
        match c {
            '(' => round += 1,
            ')' => round -= 1,
            '[' => square += 1,
            ']' => square -= 1,
            _ => {}
        }
        let next = &text[at + c.len_utf8()..];
        let another = matches!(c, ',' | ';' | ')' | ']' | '|') && self::scheme(next).is_some();
        if !may_have(c, next) || round < 0 || square < 0 || another {
            end = at;
            break;
        }
    }
    trimmed(&text[..end], before)
}

/// The end of the part before the path.
struct Authority {
    end: usize,
    /// The address ends there, whatever follows.
    is_complete: bool,
}

/// A domain is in one script at its end. So letters of another one right after `.org` are the next word: Japanese has no spaces.
fn authority(text: &str, scheme: usize) -> Authority {
    let rest = &text[scheme..];
    let length = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let length = rest[..length].char_indices().find(|(at, c)| !may_have(*c, &rest[at + c.len_utf8()..])).map_or(length, |(at, _)| at);
    let host = &rest[..length];
    let label = host.rfind('.').map_or(0, |dot| dot + 1);
    let mixed = host[label..].char_indices().find(|(_, c)| !c.is_ascii()).map(|(at, _)| label + at);
    match mixed.filter(|at| *at > label && label > 0) {
        Some(at) if host[label..at].len() >= 2 => Authority { end: scheme + at, is_complete: true },
        _ => Authority { end: scheme + length, is_complete: false },
    }
}

/// Returns whether an address may have this character in it, when `next` follows.
fn may_have(c: char, next: &str) -> bool {
    match c {
        ' '..='~' => !matches!(c, ' ' | '<' | '>' | '"' | '`' | '|' | '\\' | '^' | '{' | '}'),
        // Between letters, these two are a part of words: `col·lectiu`, `ジョン・スミス`.
        '·' | '・' => next.starts_with(char::is_alphanumeric),
        // Joiners of Persian words and of emoji.
        '\u{200c}' | '\u{200d}' | '\u{fe0f}' => next.starts_with(|c: char| !c.is_ascii() && !c.is_whitespace()),
        _ if c.is_ascii() || is_ignorable(c) => false,
        _ => is_of_words(c),
    }
}

fn is_of_words(c: char) -> bool {
    use GeneralCategory::{
        DecimalNumber, EnclosingMark, LetterNumber, LowercaseLetter, ModifierLetter, NonspacingMark, OtherLetter, OtherNumber, OtherSymbol,
        SpacingMark, TitlecaseLetter, UppercaseLetter,
    };
    matches!(
        GeneralCategory::for_char(c),
        UppercaseLetter
            | LowercaseLetter
            | TitlecaseLetter
            | ModifierLetter
            | OtherLetter
            | NonspacingMark
            | SpacingMark
            | EnclosingMark
            | DecimalNumber
            | LetterNumber
            | OtherNumber
            | OtherSymbol
    )
}

/// Without what belongs to the sentence around an address.
fn trimmed(address: &str, before: &str) -> usize {
    let open = |bracket: char| address.matches(bracket).count();
    let (mut round, mut square) = (open('(').abs_diff(open(')')), open('[').abs_diff(open(']')));
    let has_begun = ['*', '_'].map(|mark| before.contains(mark));
    let mut end = address.len();
    while let Some(last) = address[..end].chars().next_back() {
        match last {
            '.' | ',' | ':' | ';' | '!' | '?' | '\'' => {}
            // It ends emphasis that began before the address, rather than something in the address.
            '*' | '_' if before.ends_with(last) => {}
            '*' | '_' if has_begun[usize::from(last == '_')] && address[..end].matches(last).count() % 2 == 1 => {}
            // Opened here, and closed after the end.
            '(' if round > 0 => round -= 1,
            '[' if square > 0 => square -= 1,
            _ => break,
        }
        end -= last.len_utf8();
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<&str> {
        let (mut found, mut from) = (Vec::new(), 0);
        for at in starts(text) {
            if at >= from
                && let Some(address) = address_at(text, at)
            {
                found.push(address.words);
                from = at + address.words.len();
            }
        }
        found
    }

    #[test]
    fn addresses_end_where_the_sentence_goes_on() {
        for (text, found) in [
            ("见 https://example.org/a。再见", &["https://example.org/a"][..]),
            ("（https://example.org/a）", &["https://example.org/a"]),
            ("https://example.org/a、https://example.org/b", &["https://example.org/a", "https://example.org/b"]),
            ("https://example.org/a，https://example.org/b；x", &["https://example.org/a", "https://example.org/b"]),
            ("「https://example.org/a」と『https://example.org/b』", &["https://example.org/a", "https://example.org/b"]),
            (
                "«https://example.org/a» “https://example.org/b” ‘https://example.org/c’",
                &["https://example.org/a", "https://example.org/b", "https://example.org/c"],
            ),
            ("\"https://example.org/a\" 'https://example.org/b'", &["https://example.org/a", "https://example.org/b"]),
            ("„https://example.org/a“ ‹https://example.org/b›", &["https://example.org/a", "https://example.org/b"]),
            ("https://example.org/a！https://example.org/b？", &["https://example.org/a", "https://example.org/b"]),
            (
                "see https://example.org/a, https://example.org/b; or (https://example.org/c).",
                &["https://example.org/a", "https://example.org/b", "https://example.org/c"],
            ),
            ("https://example.org/a,https://example.org/b", &["https://example.org/a", "https://example.org/b"]),
            ("https://example.org/a?!…", &["https://example.org/a"]),
            ("https://example.org/a…", &["https://example.org/a"]),
            ("(https://example.org/x_(y))", &["https://example.org/x_(y)"]),
            ("[https://example.org/x] and https://example.org/[y]", &["https://example.org/x", "https://example.org/[y]"]),
            ("https://example.org/a(b", &["https://example.org/a(b"]),
            ("https://example.org/a(", &["https://example.org/a"]),
            ("<https://example.org/a>", &["https://example.org/a"]),
            ("*https://example.org/a* _https://example.org/b_", &["https://example.org/a", "https://example.org/b"]),
            ("https://example.org/_drafts_", &["https://example.org/_drafts_"]),
            ("https://example.org/__init__", &["https://example.org/__init__"]),
            ("https://example.org/*x*", &["https://example.org/*x*"]),
            ("https://example.org/wiki/C*", &["https://example.org/wiki/C*"]),
            ("https://example.org/~", &["https://example.org/~"]),
            ("https://example.org/a\u{200b}b https://example.org/c\u{202c}", &["https://example.org/a", "https://example.org/c"]),
            ("https://example.org/a — b https://example.org/c—d", &["https://example.org/a", "https://example.org/c"]),
        ] {
            assert_eq!(all(text), found, "{text}");
        }
    }

    #[test]
    fn addresses_of_every_script_are_found_whole() {
        for address in [
            "https://münchen.example/straße",
            "https://例え.テスト/道",
            "https://пример.испытание/путь",
            "https://ja.wikipedia.org/wiki/ジョン・スミス",
            "https://ca.wikipedia.org/wiki/Paral·lel",
            "https://example.org/می\u{200c}خواهم",
            "https://i❤.example/",
            "http://localhost:8000/a",
            "http://[::1]:80/a",
            "https://example.org/a?x=1&y=[2]#t-3",
            "https://example.org/_drafts_/plan",
            "https://example.org/*x*/y",
            "HTTPS://EXAMPLE.ORG/A",
            "https://web.archive.org/web/2020/https://example.org/",
            "https://example.org/it's",
            "www.example.org/a",
            "https://example.org",
        ] {
            assert_eq!(all(&format!("see {address}。")), [address]);
            assert_eq!(all(&format!("({address}).")), [address]);
        }
        assert_eq!(all("https://example.orgを見て"), ["https://example.org"]);
        assert_eq!(all("見てhttps://example.org/aを。"), ["https://example.org/aを"]);
    }

    #[test]
    fn emphasis_that_began_long_before_an_address_ends_after_it() {
        for mark in ["*", "_"] {
            let words = "many words ".repeat(300);
            assert_eq!(all(&format!("{mark}{words}https://example.org/a{mark}")), ["https://example.org/a"]);
            assert_eq!(all(&format!("{words}https://example.org/a{mark}")), [format!("https://example.org/a{mark}")]);
        }
    }

    #[test]
    fn other_texts_are_no_addresses() {
        for text in [
            "https://",
            "http://.",
            "xhttps://example.org",
            "www.",
            "www.example",
            "a.www.example.org",
            "ftp://example.org",
            "https//x",
            "http:/x",
            "hwww.a.b",
        ] {
            assert_eq!(all(text), [""; 0], "{text}");
        }
        assert_eq!(address_at("www.example.org.", 0).unwrap().href, "http://www.example.org");
    }
}
