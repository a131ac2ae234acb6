//! Extracts what a text says to people: without code and addresses, in which a name is not a person.

use std::borrow::Cow;

use super::markup::{self, Piece};

/// Stands for what was left out, so that the words around it do not touch.
const GAP: char = '\u{fffc}';

/// Returns a text without code, links that show their address, and email addresses.
#[must_use]
pub fn spoken(text: &str) -> Cow<'_, str> {
    let may_have = |with: &str| text.contains(with);
    if !(may_have("`") || may_have("@") || may_have("://") || text.to_ascii_lowercase().contains("www.")) {
        return Cow::Borrowed(text);
    }
    let (mut out, mut link) = (String::with_capacity(text.len()), None::<(String, usize)>);
    for piece in markup::message(text) {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Marks(marks) => out.push_str(marks.left),
            Piece::Code(_) | Piece::Block(_) => out.push(GAP),
            Piece::Break => out.push('\n'),
            Piece::Link(href) => link = Some((href, out.len())),
            Piece::EndLink => {
                if let Some((href, begins)) = link.take().filter(|(href, begins)| href.ends_with(&out[*begins..])) {
                    debug_assert!(!href.is_empty());
                    out.truncate(begins);
                    out.push(GAP);
                }
            }
        }
    }
    Cow::Owned(without_emails(&out))
}

/// Leaves out `name@host`, on both sides of the sign. `@name` alone calls somebody.
fn without_emails(text: &str) -> String {
    let is_local = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-');
    let is_host = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('@') {
        let local = rest[..at].trim_end_matches(is_local).len();
        let host = rest[at + 1..].find(|c| !is_host(c)).map_or(rest.len(), |length| at + 1 + length);
        if local < at && host > at + 1 {
            out.push_str(&rest[..local]);
            out.push(GAP);
        } else {
            out.push_str(&rest[..host.max(at + 1)]);
        }
        rest = &rest[host.max(at + 1)..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_code_and_addresses_are_not_said() {
        for (text, said) in [
            ("ada books", "ada books"),
            ("see https://example.org/ada now", "see \u{fffc} now"),
            ("see www.ada.example, ok", "see \u{fffc}, ok"),
            ("mail ada@example.org and bob+ada@host", "mail \u{fffc} and \u{fffc}"),
            ("@ada: run `ada --help`", "@ada: run \u{fffc}"),
            ("a\n```\nada\n```\nbob", "a\u{fffc}bob"),
            ("[ada](https://example.org/bob) writes", "ada writes"),
            ("<mailto:ada@example.org>", "\u{fffc}"),
            ("@ @ada @", "@ @ada @"),
        ] {
            assert_eq!(spoken(text), said, "{text}");
        }
    }
}
