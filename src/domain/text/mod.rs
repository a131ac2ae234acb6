//! Reads and renders, once, what people write: the markup of messages, and blocks for descriptions and agendas.

pub mod confusable;
mod document;
pub mod former_markup;
mod links;
mod markup;
mod spoken;
pub mod visible;

use std::collections::{HashMap, HashSet};
use std::fmt::Display;

use ammonia::Builder;

pub use document::blocks;
pub(super) use document::{BLOCK_TAGS, plain_events, plain_words, tamed};
pub use spoken::spoken;

/// The schemes that links may have.
const SCHEMES: [&str; 3] = ["http", "https", "mailto"];

/// Makes a sanitizer that lets these elements pass, and nothing else.
pub(super) fn sanitizer(tags: &[&'static str]) -> Builder<'static> {
    let mut builder = Builder::default();
    builder
        .tags(tags.iter().copied().collect())
        .tag_attributes(HashMap::from([("a", HashSet::from(["href"]))]))
        .generic_attributes(HashSet::new())
        .url_schemes(HashSet::from(SCHEMES))
        .link_rel(Some("nofollow noopener noreferrer"))
        .set_tag_attribute_value("a", "target", "_blank");
    builder
}

/// Writes a number of things: “1 line”, “2 lines”.
#[must_use]
pub fn counted<N: Display + PartialEq + From<u8>>(number: N, what: &str) -> String {
    let s = if number == N::from(1) { "" } else { "s" };
    format!("{number} {what}{s}")
}

/// Renders the text of a message, by the table in `docs/formatting.md`.
#[must_use]
pub fn inline(text: &str) -> String {
    // Most of what people say is words alone.
    if is_words_alone(text) { text.to_owned() } else { markup::html(&markup::message(text)) }
}

/// Returns what is to be read of a message, without the marks in it: of a link its words.
#[must_use]
pub fn unmarked(text: &str) -> String {
    if is_words_alone(text) { text.to_owned() } else { markup::plain_text(&markup::message(text)) }
}

/// Writes a message with code of several lines or bare addresses as Markdown, within an item of a list whose lines are indented by
/// `indent`; `None` if it has neither. `escape` keeps text from being read as marks.
#[must_use]
pub fn markdown(text: &str, indent: &str, escape: impl Fn(&str) -> String) -> Option<String> {
    let pieces = markup::message(text);
    let is_bare = |three: &[markup::Piece<'_>]| matches!(three, [markup::Piece::Link(href), markup::Piece::Text(words), markup::Piece::EndLink] if href == words);
    let is_wanted = has_block(&pieces) || pieces.windows(3).any(is_bare);
    is_wanted.then(|| markup::markdown(&pieces, indent, escape))
}

/// Returns whether a message has code of several lines.
#[must_use]
pub fn has_code_block(text: &str) -> bool {
    text.contains("```") && has_block(&markup::message(text))
}

fn has_block(pieces: &[markup::Piece<'_>]) -> bool {
    pieces.iter().any(|piece| matches!(piece, markup::Piece::Block(_)))
}

/// Returns whether there is anything to see of a message, without the marks in it.
#[must_use]
pub fn shows_something(text: &str) -> bool {
    let has_marks = text.contains(['*', '_', '`', '[', '\\']);
    visible::is_visible(text) && (!has_marks || is_words_alone(text) || visible::is_visible(&unmarked(text)))
}

/// Returns whether a text is one line in which nothing means anything to markup, links or HTML.
fn is_words_alone(text: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '.' | ',' | ';' | '?' | '\'' | '(' | ')' | '-');
    // `www.example.org` is words and a link.
    text.chars().all(is_plain) && links::first_address(text).is_none()
}

/// Finds the first address of the web in a text.
#[must_use]
pub fn first_address(text: &str) -> Option<String> {
    links::first_address(text).map(|address| address.href)
}

/// Escapes text for HTML, newlines as `<br>`: for the program's own rows.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push_str("<br>"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests;
