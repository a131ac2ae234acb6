//! Normalizes text to NFKC piece by piece, and remembers which part of the original each character came from.
//!
//! A snippet marks the original text, and normalizing changes lengths: `ｶﾞ` becomes `ガ`, `㈱` becomes `(株)`.

use std::iter;
use std::ops::Range;
use std::vec;

use unicode_normalization::char::decompose_compatible;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick, is_nfkc_quick};

use super::fold::{is_ignored, is_mark};

/// The characters of a text in NFKC, without those that are ignored. A piece is a character and those after it that may
/// combine with it, so normalizing the pieces one by one gives the same as normalizing the whole text.
pub struct Pieces<'t> {
    text: &'t str,
    /// The place where the next piece begins.
    next: usize,
    /// The piece that is being given out, and its place.
    piece: iter::Peekable<vec::IntoIter<char>>,
    at: Range<usize>,
}

impl<'t> Pieces<'t> {
    pub fn of(text: &'t str) -> Self {
        Self { text, next: 0, piece: Vec::new().into_iter().peekable(), at: 0..0 }
    }

    /// Finds and normalizes the next piece.
    fn load(&mut self) -> Option<()> {
        let rest = &self.text[self.next..];
        let mut chars = rest.char_indices();
        let (_, first) = chars.next()?;
        let end = chars.find(|(_, c)| !combines(*c)).map_or(rest.len(), |(at, _)| at);
        let piece = &rest[..end];
        let is_plain =
            end == first.len_utf8() && !is_ignored(first) && (first.is_ascii() || is_nfkc_quick(iter::once(first)) == IsNormalized::Yes);
        let normal: Vec<char> = if is_plain { vec![first] } else { piece.chars().filter(|c| !is_ignored(*c)).nfkc().collect() };
        self.piece = normal.into_iter().peekable();
        self.at = self.next..self.next + end;
        self.next = self.at.end;
        Some(())
    }
}

impl Iterator for Pieces<'_> {
    /// The place in the original, the character, and the one after it where that is known without normalizing.
    type Item = (Range<usize>, char, Option<char>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(c) = self.piece.next() {
                let next = self.piece.peek().copied().or_else(|| self.text[self.next..].chars().next());
                return Some((self.at.clone(), c, next));
            }
            self.load()?;
        }
    }
}

/// Returns whether a character may combine with the one before it.
fn combines(c: char) -> bool {
    if c.is_ascii() || is_ignored(c) {
        return !c.is_ascii();
    }
    let mut first = None;
    decompose_compatible(c, |part| first = first.or(Some(part)));
    first.is_some_and(|first| is_mark(first) || is_nfc_quick(iter::once(first)) != IsNormalized::Yes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn piece_by_piece_is_the_same_as_at_once(text in "(\\PC|[e\u{301}\u{327}\u{1100}-\u{11ff}\u{ff66}-\u{ffdc}\u{9c7}\u{9be}\u{16d63}-\u{16d6a}\u{e01}-\u{e4d}\u{200d}\u{fe0f}])*") {
            let pieces: String = Pieces::of(&text).map(|(_, c, _)| c).collect();
            prop_assert_eq!(pieces, text.chars().filter(|c| !is_ignored(*c)).nfkc().collect::<String>());
        }
    }
}
