//! Looks at the characters around marks: are they at the edge of words, or inside a word, a path or an address?

use icu_properties::props::{EnumeratedProperty, GeneralCategory, GeneralCategoryGroup};

use crate::domain::text::visible::is_ignorable;

/// The meaning of a character for the marks next to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Words begin and end here.
    Edge,
    /// Nothing: look further.
    Through,
    /// A word, a path or an address goes on over it.
    Inside,
}

/// Judges a character in front of marks, or after them.
pub(super) fn side(c: char, is_after: bool) -> Side {
    use Side::{Edge, Inside, Through};
    match c {
        ' ' | '\t' => Edge,
        // “*Ada*’s book”
        '\'' | '’' if is_after => Edge,
        '*' | '_' | '~' | '`' | '"' | '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | '.' | ',' | ';' | ':' | '!' | '?' | '|' | '\''
        | '’' => Through,
        '!'..='~' => Inside,
        _ if c.is_whitespace() || is_unspaced(c) => Edge,
        _ if is_ignorable(c) => Through,
        _ => {
            let category = GeneralCategory::for_char(c);
            let is_edge = GeneralCategoryGroup::Punctuation.contains(category) || category == GeneralCategory::OtherSymbol;
            if is_edge { Edge } else { Inside }
        }
    }
}

/// Returns whether a character is of a script that puts no spaces between words: each one can begin or end a word.
pub(super) const fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9d}' | '\u{20000}'..='\u{3ffff}')
}

/// Returns whether a sign such as the arm in `¯\_(ツ)_/¯` is next to a backslash.
pub(super) fn is_of_a_face(before: Option<char>, after: Option<char>) -> bool {
    before.is_some_and(|c| !c.is_ascii() && GeneralCategory::for_char(c) == GeneralCategory::ModifierSymbol) || after == Some('(')
}

/// For each byte of a line, whether what begins there is at the edge of words.
pub(super) fn edges_after(line: &str) -> Vec<bool> {
    let mut edges = vec![true; line.len() + 1];
    let mut is_edge = true;
    for (at, c) in line.char_indices().rev() {
        match side(c, true) {
            Side::Edge => is_edge = true,
            Side::Inside => is_edge = false,
            Side::Through => {}
        }
        edges[at] = is_edge;
    }
    edges
}
