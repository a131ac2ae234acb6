//! The part of a text that shows why it was found, with the matches marked.

use std::fmt::Write as _;
use std::ops::Range;

use super::words::{Word, words};
use super::{Phrase, Query};
use crate::domain::minutes::{self, Read, Tag};
use crate::domain::talk::message::ChatData;
use crate::domain::text;

/// How much of a text is shown, and how much of it before the first match, in characters.
const LENGTH: usize = 240;
const BEFORE: usize = 80;

/// A piece of a snippet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece<'t> {
    pub text: &'t str,
    /// Whether it is one of the matches.
    pub marked: bool,
}

/// The part of what a row says around the first match of the query, as inline HTML: what is to be read of it, without a
/// command's word and signs of emphasis. Where it is these that match, as the address of a link may, the text as it was written.
#[must_use]
pub fn of_row(row: &ChatData, query: &Query) -> String {
    let read = read(row);
    let matching = |text: &str| {
        let found = words(text);
        query.wanted.iter().filter(|phrase| (0..found.len()).any(|n| begins(&found[n..], phrase))).count()
    };
    let shows_all = !read.is_empty() && matching(&read) >= matching(&row.text);
    html(if shows_all { &read } else { &row.text }, query)
}

/// What is to be read of a row.
fn read(row: &ChatData) -> String {
    let (Some(tag), Read::Command(command)) = (row.tag, minutes::read(&row.text)) else { return text::unmarked(&row.text) };
    let argument = command.argument.as_str();
    let is_of_another = matches!(tag, Tag::Edit | Tag::Strike);
    text::unmarked(if is_of_another { argument.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start() } else { argument })
}

/// The part of `text` around the first match of the query, as inline HTML: escaped first, then marked.
#[must_use]
pub fn html(text: &str, query: &Query) -> String {
    let mut out = String::new();
    for piece in pieces(text, query) {
        let (before, after) = if piece.marked { ("<mark>", "</mark>") } else { ("", "") };
        out.push_str(before);
        for c in piece.text.chars() {
            match c {
                '&' | '<' | '>' | '"' | '\'' => _ = write!(out, "&#{};", u32::from(c)),
                '\n' | '\t' => out.push(' '),
                _ => out.push(c),
            }
        }
        out.push_str(after);
    }
    out
}

/// The same in pieces that are not escaped.
#[must_use]
pub fn pieces<'t>(text: &'t str, query: &Query) -> Vec<Piece<'t>> {
    let found = words(text);
    let marks = marks(&found, &query.wanted);
    let shown = window(text, &found, marks.first().map_or(0, |mark| mark.start));
    let mut pieces = Vec::new();
    let mut push = |text: &'t str, marked| {
        if !text.is_empty() {
            pieces.push(Piece { text, marked });
        }
    };
    push(if shown.start > 0 { "… " } else { "" }, false);
    let mut at = shown.start;
    for mark in marks.into_iter().filter(|mark| mark.end <= shown.end) {
        push(&text[at..mark.start], false);
        push(&text[mark.clone()], true);
        at = mark.end;
    }
    push(&text[at..shown.end], false);
    push(if shown.end < text.len() { " …" } else { "" }, false);
    pieces
}

/// Where the phrases stand, in order, those that meet made one.
fn marks(found: &[Word], phrases: &[Phrase]) -> Vec<Range<usize>> {
    let mut marks: Vec<Range<usize>> = Vec::new();
    for (n, word) in found.iter().enumerate() {
        let longest = phrases.iter().filter(|phrase| begins(&found[n..], phrase)).map(|phrase| phrase.words.len()).max();
        let Some(longest) = longest else { continue };
        let end = found[n + longest - 1].at.end;
        match marks.last_mut() {
            Some(last) if word.at.start <= last.end => last.end = last.end.max(end),
            _ => marks.push(word.at.start..end),
        }
    }
    marks
}

fn begins(found: &[Word], phrase: &Phrase) -> bool {
    let last = phrase.words.len().saturating_sub(1);
    found.len() > last
        && phrase
            .words
            .iter()
            .zip(found)
            .enumerate()
            .all(|(n, (wanted, word))| if phrase.is_prefix && n == last { word.folded.starts_with(wanted) } else { word.folded == *wanted })
}

/// Up to [`LENGTH`] characters around the match that begins at `first`, from and to the ends of words.
fn window(text: &str, found: &[Word], first: usize) -> Range<usize> {
    let nth = |from: usize, n: usize| text[from..].char_indices().nth(n).map_or(text.len(), |(at, _)| from + at);
    if nth(0, LENGTH) == text.len() {
        return 0..text.len();
    }
    let earliest = text[..first].char_indices().rev().nth(BEFORE).map_or(0, |(at, _)| at);
    let start =
        if earliest == 0 { 0 } else { found.iter().map(|word| word.at.start).find(|at| *at >= earliest).unwrap_or(first).min(first) };
    let latest = nth(start, LENGTH);
    if latest == text.len() {
        return start..latest;
    }
    // A word that is longer than all of it is cut.
    let end = found.iter().rev().map(|word| word.at.end).find(|end| *end <= latest).filter(|end| *end > first);
    start..end.unwrap_or(latest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::talk::message::Kind;
    use crate::domain::time::Timestamp;

    fn of(text: &str, query: &str) -> String {
        html(text, &Query::parse(query))
    }

    #[test]
    fn matches_are_marked_and_everything_else_is_text() {
        assert_eq!(of("Tides & tide", "tide"), "<mark>Tides</mark> &#38; <mark>tide</mark>");
        assert_eq!(of("<script>alert(1)</script>", "script "), "&#60;<mark>script</mark>&#62;alert(1)&#60;/<mark>script</mark>&#62;");
        assert_eq!(of("a café\nat the\tquay", "\"cafe at\""), "a <mark>café at</mark> the quay");
        assert_eq!(of("tide", "-tide from:ada"), "tide");
    }

    #[test]
    fn a_row_is_shown_as_it_is_read_unless_it_is_its_signs_that_match() {
        let shown = |text: &str, tag, query: &str| {
            let bare = ChatData::bare(Timestamp::ZERO, Kind::Said, text.into(), String::new());
            of_row(&ChatData { tag, ..bare }, &Query::parse(query))
        };
        let info = Some(Tag::Info);
        assert_eq!(shown("#info **last** before end", info, "last"), "<mark>last</mark> before end");
        assert_eq!(shown("#info **last** before end", None, "last"), "#info <mark>last</mark> before end");
        assert_eq!(shown("#info the end", info, "info"), "#<mark>info</mark> the end");
        assert_eq!(shown("#Edit 1795550400001234 *new* words", Some(Tag::Edit), "words"), "new <mark>words</mark>");
        assert_eq!(shown("#undo", Some(Tag::Undo), ""), "#undo");
        assert_eq!(shown("see [the docs](https://example.org)", None, "docs"), "see the <mark>docs</mark>");
        assert_eq!(shown("see [docs](https://example.org)", None, "example"), "see [docs](https://<mark>example</mark>.org)");
        assert_eq!(shown("**<script>**", None, "-x"), "&#60;script&#62;");
    }

    #[test]
    fn a_long_text_is_shown_around_its_first_match() {
        let text = format!("{} needle {}", "hay ".repeat(200), "hay ".repeat(200));
        let shown = of(&text, "needle");
        assert!(shown.starts_with("… hay") && shown.contains("<mark>needle</mark>") && shown.ends_with(" …"), "{shown}");
        assert!(shown.chars().count() < LENGTH + 30);
    }

    proptest! {
        #[test]
        fn a_snippet_of_anything_is_a_part_of_it(text in any::<String>(), query in any::<String>()) {
            let shown: String = pieces(&text, &Query::parse(&query)).into_iter().map(|piece| piece.text).collect();
            let shown = shown.strip_prefix("… ").filter(|_| !text.starts_with("… ")).unwrap_or(&shown);
            let shown = shown.strip_suffix(" …").filter(|_| !text.ends_with(" …")).unwrap_or(shown);
            prop_assert!(text.contains(shown), "{shown:?}");
        }
    }
}
