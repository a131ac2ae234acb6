//! The markup of messages: links, `code`, fenced code, **bold** and *italic*. Everything else is text, to the last character.
//!
//! Written by hand, since the Markdown libraries know more than rooms want (entities, HTML, escapes of every sign, emphasis
//! inside words), and can only be told to forget blocks. Output is safe by construction: every piece is escaped where it is
//! written. The work grows with the length of the text, whatever is in it.

mod delimiters;
mod html;
mod markdown;
mod nearby;
mod scan;

pub use html::{html, is_its_address, plain_text, text_with_addresses};
pub use markdown::markdown;
pub use scan::{line, message};

/// One piece of a text; the pieces come in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'t> {
    Text(&'t str),
    Code(&'t str),
    /// Lines of code.
    Block(String),
    /// The next line begins.
    Break,
    Link(String),
    EndLink,
    /// A run of marks, of which some begin or end emphasis.
    Marks(Marks<'t>),
}

/// A run of the same mark, such as `**`. What is left of it is text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks<'t> {
    pub left: &'t str,
    /// The emphasis that it ends, in order.
    pub ends: Vec<Style>,
    /// The emphasis that it begins, the innermost first.
    pub begins: Vec<Style>,
}

/// A way to emphasize text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Strong,
    Emphasis,
    Deleted,
}

/// Which marks a text may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Of messages.
    Message,
    /// Of descriptions and agendas, in which `~~` deletes, and a backslash keeps a line from being a block.
    Document,
}
