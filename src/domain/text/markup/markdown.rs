//! Pieces as Markdown for other programs.

use super::{Piece, Style};

/// Writes pieces as Markdown within an item of a list whose lines are indented by `indent`: code as code, addresses as they are.
/// `escape` keeps text from being read as marks.
#[must_use]
pub fn markdown(pieces: &[Piece<'_>], indent: &str, escape: impl Fn(&str) -> String) -> String {
    let (mut out, mut is_after_block) = (String::new(), false);
    let mut rest = pieces.iter();
    while let Some(piece) = rest.next() {
        if std::mem::replace(&mut is_after_block, matches!(piece, Piece::Block(_))) {
            out.push('\n');
            out.push_str(indent);
        }
        match piece {
            Piece::Block(code) => put_block(code, indent, &mut out),
            Piece::Break => {
                out.push_str("  \n");
                out.push_str(indent);
            }
            Piece::Link(href) => {
                if let [Piece::Text(words), Piece::EndLink, ..] = rest.as_slice()
                    && href == words
                {
                    put_address(href, &mut out);
                    rest.nth(1);
                } else {
                    out.push('[');
                    for piece in rest.by_ref().take_while(|piece| !matches!(piece, Piece::EndLink)) {
                        put_words(piece, &escape, &mut out);
                    }
                    for part in ["](<", href, ">)"] {
                        out.push_str(part);
                    }
                }
            }
            words => put_words(words, &escape, &mut out),
        }
    }
    out
}

const fn sign(style: Style) -> &'static str {
    match style {
        Style::Strong => "**",
        Style::Emphasis => "*",
        Style::Deleted => "~~",
    }
}

/// Writes a piece that stands within a line: text, code, or marks.
fn put_words(piece: &Piece<'_>, escape: &impl Fn(&str) -> String, out: &mut String) {
    match piece {
        Piece::Text(text) => out.push_str(&escape(text)),
        Piece::Code(code) => put_code(code, out),
        Piece::Marks(marks) => {
            marks.ends.iter().for_each(|style| out.push_str(sign(*style)));
            out.push_str(&escape(marks.left));
            marks.begins.iter().rev().for_each(|style| out.push_str(sign(*style)));
        }
        Piece::Block(_) | Piece::Break | Piece::Link(_) | Piece::EndLink => {}
    }
}

/// Writes an address as it is, or in angle brackets if Markdown would read marks in it.
fn put_address(href: &str, out: &mut String) {
    let is_plain = !href.contains(['*', '_', '&', '[', ']', '~', '!', '\\', '`']);
    let (begin, end) = if is_plain { ("", "") } else { ("<", ">") };
    out.push_str(begin);
    out.push_str(href);
    out.push_str(end);
}

fn put_code(code: &str, out: &mut String) {
    let ticks = "`".repeat(longest_run(code) + 1);
    let is_at_end = code.starts_with('`') || code.ends_with('`') || (code.starts_with(' ') && code.ends_with(' '));
    let space = if is_at_end { " " } else { "" };
    for part in [&ticks, space, code, space, &ticks] {
        out.push_str(part);
    }
}

fn put_block(code: &str, indent: &str, out: &mut String) {
    let ticks = "`".repeat((longest_run(code) + 1).max(3));
    let line_begin = format!("\n{indent}");
    out.truncate(out.trim_end().len());
    out.push('\n');
    for line in std::iter::once(ticks.as_str()).chain(code.split('\n')).chain([ticks.as_str()]) {
        out.push_str(&line_begin);
        out.push_str(line);
    }
}

/// The length of the longest run of backticks.
fn longest_run(code: &str) -> usize {
    code.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}
