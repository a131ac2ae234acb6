//! What counts as a word, for what is searched and for what is searched by alike: each engine gets words that
//! were taken apart and folded here, so that both find the same in every language.

use std::ops::Range;

use unicode_normalization::char::decompose_compatible;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// What of a longer word counts, in characters.
const LONGEST: usize = 64;

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// In lower case, without accents and forms of width.
    pub folded: String,
    /// Where it stands in the text, in bytes.
    pub at: Range<usize>,
}

/// The words of a text, in order. A character of a script that is written without spaces is a word of its own.
#[must_use]
pub fn words(text: &str) -> Vec<Word> {
    let mut found: Vec<Word> = Vec::new();
    // Where the word ended that the next character may go on with.
    let mut open = None;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        if !is_of_words(c) {
            open = None;
            continue;
        }
        let goes_on = open == Some(at) && !stands_alone(c);
        match found.last_mut() {
            Some(word) if goes_on => {
                fold(c, &mut word.folded);
                word.at.end = end;
            }
            _ => {
                let mut folded = String::new();
                fold(c, &mut folded);
                // An accent without its letter, or a sign that is none.
                if folded.is_empty() {
                    continue;
                }
                found.push(Word { folded, at: at..end });
            }
        }
        open = (!stands_alone(c)).then_some(end);
    }
    for word in &mut found {
        if let Some((cut, _)) = word.folded.char_indices().nth(LONGEST) {
            word.folded.truncate(cut);
        }
    }
    found
}

fn is_of_words(c: char) -> bool {
    c.is_alphanumeric() || (!c.is_ascii() && c.general_category_group() == GeneralCategoryGroup::Mark)
}

/// Whether a script that sets no spaces between words has this letter: Thai to Myanmar, Khmer, kana, Han.
const fn stands_alone(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3fffd}')
}

fn fold(c: char, into: &mut String) {
    if c.is_ascii() {
        into.push(c.to_ascii_lowercase());
        return;
    }
    decompose_compatible(c, |part| {
        let lower = part.to_lowercase().filter(|c| c.is_alphanumeric() && c.general_category() != GeneralCategory::NonspacingMark);
        into.extend(lower);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> Vec<String> {
        words(text).into_iter().map(|word| word.folded).collect()
    }

    #[test]
    fn words_are_folded_alike_however_they_are_written() {
        assert_eq!(folded("Café CAFE\u{301} ｃａｆｅ"), ["cafe", "cafe", "cafe"]);
        assert_eq!(folded("İstanbul Ökonomie Ψυχή"), ["istanbul", "okonomie", "ψυχη"]);
        assert_eq!(folded("don't snake_case #1234 a.b"), ["don", "t", "snake", "case", "1234", "a", "b"]);
        assert_eq!(folded("*** \u{301} — 👍"), [""; 0]);
    }

    #[test]
    fn scripts_without_spaces_have_a_word_a_character() {
        assert_eq!(folded("会議abc室"), ["会", "議", "abc", "室"]);
    }

    #[test]
    fn a_word_knows_where_it_stands() {
        let text = "über — Straße!";
        let found: Vec<&str> = words(text).iter().map(|word| &text[word.at.clone()]).collect();
        assert_eq!(found, ["über", "Straße"]);
    }

    #[test]
    fn of_an_endless_word_the_beginning_counts() {
        assert_eq!(folded(&"ä".repeat(5_000)), ["a".repeat(LONGEST)]);
    }
}
