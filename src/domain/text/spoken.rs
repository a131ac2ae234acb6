//! Extracts what a text says to people: without code and addresses, in which a name is not a person.

use std::borrow::Cow;

use super::markup::{self, Piece};

/// Stands for what was left out, so that the words around it do not touch.
const GAP: char = '\u{fffc}';

/// Folders that paths begin with: `src/ada` is a file, while `ada/bob` are two people.
const FOLDERS: [&str; 26] = [
    "bin", "boot", "data", "dev", "docs", "etc", "feature", "home", "lib", "lib64", "media", "mnt", "opt", "origin", "proc", "refs",
    "root", "sbin", "src", "srv", "test", "tests", "tmp", "users", "usr", "var",
];

/// Returns a text without code, addresses of every scheme, email addresses, and paths of files.
#[must_use]
pub fn spoken(text: &str) -> Cow<'_, str> {
    if !text.contains(['`', '@', '/', '\\', '／', '＠']) && !text.to_ascii_lowercase().contains("www.") {
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
                if let Some((href, begins)) = link.take().filter(|(href, begins)| markup::is_its_address(href, &out[*begins..])) {
                    debug_assert!(!href.is_empty());
                    out.truncate(begins);
                    out.push(GAP);
                }
            }
        }
    }
    Cow::Owned(without_emails(&without_paths(&out)))
}

/// Leaves out the words that are addresses or paths, up to the next white space, bracket, or quotation mark.
fn without_paths(text: &str) -> String {
    let ends = |c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '<' | '>'
                    | '('
                    | ')'
                    | '['
                    | ']'
                    | '"'
                    | '|'
                    | ','
                    | ';'
                    | '“'
                    | '”'
                    | '„'
                    | '«'
                    | '»'
                    | '‹'
                    | '›'
                    | '「'
                    | '」'
                    | '『'
                    | '』'
                    | '（'
                    | '）'
                    | '。'
                    | '、'
                    | '，'
                    | '；'
                    | '！'
                    | '？'
                    | '،'
                    | '؛'
                    | GAP
            )
    };
    let mut out = String::with_capacity(text.len());
    for part in text.split_inclusive(ends) {
        let word = part.trim_end_matches(ends);
        if is_path(word) {
            out.push(GAP);
            out.push_str(&part[word.len()..]);
        } else {
            out.push_str(part);
        }
    }
    out
}

/// Returns whether a word is an address (`irc://host/ada`) or the path of a file (`/home/ada`, `C:\ada`, `src/ada.rs`).
fn is_path(word: &str) -> bool {
    let word = word.trim_start_matches(['\'', '’', '‘', '*', '_']).trim_end_matches(['\'', '’', '‘', '*', '_', '.', ':', '!', '?']);
    let is_of_name = |c: char| c.is_alphanumeric() || matches!(c, '\\' | '_' | '~' | '.' | '-');
    if word.match_indices('\\').any(|(at, _)| word[at + 1..].starts_with(is_of_name)) {
        return true;
    }
    let Some((first, rest)) = word.split_once('/') else { return false };
    let has_scheme = first.ends_with(':') && rest.starts_with('/');
    let is_anchored = matches!(first, "" | "." | ".." | "~") || (first.starts_with(['~', '$', '%']) && first.len() > 1);
    let is_drive = first.len() == 2 && first.as_bytes()[0].is_ascii_alphabetic() && first.ends_with(':');
    let is_known = FOLDERS.iter().any(|folder| folder.eq_ignore_ascii_case(first));
    has_scheme || is_drive || (is_anchored && rest.starts_with(is_of_name)) || is_known || word.split('/').any(has_inner_dot)
}

/// Returns whether a dot is between letters or digits, as in the name of a file or a host.
fn has_inner_dot(name: &str) -> bool {
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    name.match_indices('.').any(|(at, _)| is_letter(name[..at].chars().next_back()) && is_letter(name[at + 1..].chars().next()))
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
            ("[ada](https://example.org/ada) writes", "ada writes"),
            ("<mailto:ada@example.org>", "\u{fffc}"),
            ("@ @ada @", "@ @ada @"),
            ("irc://h/bob and ircs://h:6697/bob,isnick", "\u{fffc} and \u{fffc},isnick"),
            ("see /home/bob, ada", "see \u{fffc}, ada"),
            ("(~/bob) ~bob/x ./bob ../bob $HOME/bob", "(\u{fffc}) \u{fffc} \u{fffc} \u{fffc} \u{fffc}"),
            ("C:\\bob C:/bob \\\\files\\bob work\\bob", "\u{fffc} \u{fffc} \u{fffc} \u{fffc}"),
            ("src/bob docs/bob.txt github.com/bob/x a/bob.rs.", "\u{fffc} \u{fffc} \u{fffc} \u{fffc}"),
            ("file:///home/bob \"/home/bob\"", "\u{fffc} \"\u{fffc}\""),
            ("*/home/bob*", "\u{fffc}"),
            ("ada/bob: yes, w/ bob and/or ada / bob", "ada/bob: yes, w/ bob and/or ada / bob"),
            ("bob \\o/ 1/2 ada...bob", "bob \u{fffc} 1/2 ada...bob"),
        ] {
            assert_eq!(spoken(text), said, "{text}");
        }
    }
}
