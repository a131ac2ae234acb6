//! Text for calendars, which show it as it is: Markdown without its signs, and nothing that could turn or
//! break the lines around it.

use std::fmt::Write;

use pulldown_cmark::{Event, Tag, TagEnd};

use crate::domain::text::plain_events;

/// What each of description and agenda takes of an entry, in characters. The rest is at its link.
const MOST: usize = 1_500;

/// One line: a title.
pub(super) fn line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Paragraphs of plain text from Markdown; a long one is cut.
pub(super) fn paragraphs(markdown: &str) -> String {
    let mut out = String::new();
    let mut lists: Vec<Option<u64>> = Vec::new();
    let mut links: Vec<(usize, String)> = Vec::new();
    for event in plain_events(markdown) {
        match event {
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => out.push_str(&text),
            Event::SoftBreak | Event::HardBreak => out.push('\n'),
            Event::Start(Tag::List(first)) => {
                end_line(&mut out);
                lists.push(first);
            }
            Event::End(TagEnd::List(_)) => {
                lists.pop();
                out.push('\n');
            }
            Event::Start(Tag::Item) => {
                end_line(&mut out);
                out.push_str(&"  ".repeat(lists.len().saturating_sub(1)));
                match lists.last_mut() {
                    Some(Some(n)) => {
                        // Writing to a String cannot fail.
                        let _ = write!(out, "{n}. ");
                        *n += 1;
                    }
                    _ => out.push_str("- "),
                }
            }
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => links.push((out.len(), dest_url.to_string())),
            Event::End(TagEnd::Link | TagEnd::Image) => {
                if let Some((from, url)) = links.pop().filter(|(from, url)| out.get(*from..) != Some(url.as_str())) {
                    out.push_str(if out.len() == from { "" } else { " " });
                    let _ = write!(out, "<{url}>");
                }
            }
            Event::Start(Tag::Paragraph | Tag::Heading { .. } | Tag::CodeBlock(_) | Tag::BlockQuote(_)) if lists.is_empty() => {
                end_paragraph(&mut out);
            }
            Event::Rule => end_paragraph(&mut out),
            _ => {}
        }
    }
    cut(clean(out.trim()))
}

fn end_line(out: &mut String) {
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
}

fn end_paragraph(out: &mut String) {
    let held = out.trim_end().len();
    out.truncate(held);
    if !out.is_empty() {
        out.push_str("\n\n");
    }
}

/// Without controls, a carriage return among them, and without what turns the direction of the text behind it.
fn clean(text: &str) -> String {
    let fine = |c: &char| {
        (!c.is_control() || matches!(c, '\n' | '\t')) && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().filter(fine).collect()
}

fn cut(text: String) -> String {
    if text.chars().count() <= MOST {
        return text;
    }
    let short: String = text.chars().take(MOST - 1).collect();
    format!("{}…", short.rsplit_once(char::is_whitespace).map_or(short.as_str(), |(words, _)| words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_reads_as_it_would_be_typed() {
        for (markdown, text) in [
            ("Hello **all** of `you`", "Hello all of you"),
            ("# Tides\n\nOne\ntwo\n\n- a\n- b\n  - c\n\n1. x\n2. y", "Tides\n\nOne\ntwo\n- a\n- b\n  - c\n\n1. x\n2. y"),
            ("See [the plan](https://example.org/p).", "See the plan <https://example.org/p>."),
            ("<https://example.org/p>", "https://example.org/p"),
            ("a <b>c</b>", "a <b>c</b>"),
            ("", ""),
            ("¯\\_(ツ)_/¯ and __init__.py", "¯\\_(ツ)_/¯ and __init__.py"),
            ("&lt;b&gt; \\\\files\\new *x*", "&lt;b&gt; \\\\files\\new x"),
            ("https://example.org/_drafts_/plan, www.example.org", "https://example.org/_drafts_/plan, www.example.org"),
            ("- see [a](https://example.org/a) ~~b~~\n- **c**", "- see a <https://example.org/a> b\n- c"),
            ("```rust\nlet a = 1;\n  b();\n```", "let a = 1;\n  b();"),
        ] {
            assert_eq!(paragraphs(markdown), text, "{markdown}");
        }
    }

    #[test]
    fn nothing_turns_or_breaks_the_lines_around_it() {
        assert_eq!(line("a\r\nb\u{202e}c\u{0}\td"), "a bc d");
        assert_eq!(paragraphs("a\u{2067}b\u{7}c"), "abc");
        let long = paragraphs(&"word ".repeat(2_000));
        assert!(long.ends_with("word…") && long.chars().count() <= MOST);
    }
}
