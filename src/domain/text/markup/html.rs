//! Pieces as HTML, and as the text that is left to read.

use std::fmt::Write as _;

use super::{Piece, Style};

impl Style {
    const fn tag(self) -> &'static str {
        match self {
            Self::Strong => "strong",
            Self::Emphasis => "em",
            Self::Deleted => "del",
        }
    }
}

/// Writes pieces as HTML.
#[must_use]
pub fn html(pieces: &[Piece<'_>]) -> String {
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => escape(text, &mut out),
            Piece::Code(code) => {
                out.push_str("<code>");
                escape(code, &mut out);
                out.push_str("</code>");
            }
            Piece::Block(code) => {
                out.push_str("<pre><code>");
                // A newline right after <pre> is not shown (HTML, section 13.2.6.4.7), but here it comes after <code>.
                escape(code, &mut out);
                out.push_str("</code></pre>");
            }
            Piece::Break => out.push_str("<br>"),
            Piece::Link(href) => {
                out.push_str("<a href=\"");
                escape(href, &mut out);
                out.push_str("\" target=\"_blank\" rel=\"nofollow noopener noreferrer\">");
            }
            Piece::EndLink => out.push_str("</a>"),
            Piece::Marks(marks) => {
                // Writing to a String cannot fail.
                for style in &marks.ends {
                    let _ = write!(out, "</{}>", style.tag());
                }
                escape(marks.left, &mut out);
                for style in marks.begins.iter().rev() {
                    let _ = write!(out, "<{}>", style.tag());
                }
            }
        }
    }
    out
}

/// Writes pieces as the text that is left to read without marks: of a link its words.
#[must_use]
pub fn plain_text(pieces: &[Piece<'_>]) -> String {
    let mut out = String::new();
    for (n, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Text(text) | Piece::Code(text) => out.push_str(text),
            Piece::Block(code) => {
                // A block begins and ends its lines.
                out.push_str(if n > 0 { "\n" } else { "" });
                out.push_str(code);
                out.push_str(if n + 1 < pieces.len() { "\n" } else { "" });
            }
            Piece::Break => out.push('\n'),
            Piece::Link(_) | Piece::EndLink => {}
            Piece::Marks(marks) => out.push_str(marks.left),
        }
    }
    out
}

/// Writes a line as the text that is left to read, with the address of each link after its words.
#[must_use]
pub fn text_with_addresses(pieces: &[Piece<'_>]) -> String {
    let (mut out, mut link) = (String::new(), None);
    for piece in pieces {
        match piece {
            Piece::Text(text) | Piece::Code(text) => out.push_str(text),
            Piece::Block(code) => out.push_str(code),
            Piece::Break => out.push('\n'),
            Piece::Marks(marks) => out.push_str(marks.left),
            Piece::Link(href) => link = Some((href, out.len())),
            Piece::EndLink => {
                // An address that is its own words, perhaps without its scheme, is there already.
                if let Some((href, from)) = link.take().filter(|(href, from)| !is_its_address(href, &out[*from..])) {
                    let space = if out.len() == from { "" } else { " " };
                    let _ = write!(out, "{space}<{href}>");
                }
            }
        }
    }
    out
}

/// Returns whether the words of a link are its address, perhaps without the scheme.
#[must_use]
pub fn is_its_address(href: &str, words: &str) -> bool {
    let bare = ["http://", "https://", "mailto:"].into_iter().find_map(|scheme| href.strip_prefix(scheme));
    href == words || bare == Some(words)
}

fn escape(text: &str, out: &mut String) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let entity = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => continue,
        };
        out.push_str(&text[from..at]);
        out.push_str(entity);
        from = at + 1;
    }
    out.push_str(&text[from..]);
}
