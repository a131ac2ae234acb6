//! Splits text into words, the same way for messages and for queries.
//!
//! Both engines get words that were split and folded here, so that they find the same messages in every language.

use std::ops::Range;

use super::fold::{Marks, fold, is_ignored, is_mark, marks_after};
use super::width::Pieces;

/// The longest word that is indexed, in characters. Of a longer one only the beginning counts.
const LONGEST: usize = 64;

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word as it is compared: see [`super::fold`].
    pub folded: String,
    /// The bytes of the original text that the word was made from.
    pub at: Range<usize>,
}

/// Returns the words of a text, in order. In a script that is written without spaces, each letter is a word.
#[must_use]
pub fn words(text: &str) -> Vec<Word> {
    let mut found = if text.is_ascii() { of_ascii(text) } else { of_unicode(text) };
    for word in &mut found {
        if let Some((cut, _)) = word.folded.char_indices().nth(LONGEST) {
            word.folded.truncate(cut);
        }
    }
    found
}

/// Most messages are ASCII: nothing in them needs a look into the tables of Unicode.
fn of_ascii(text: &str) -> Vec<Word> {
    let mut found = Vec::new();
    let mut rest = 0;
    while let Some(start) = text[rest..].find(|c: char| c.is_ascii_alphanumeric()).map(|at| rest + at) {
        let end = text[start..].find(|c: char| !c.is_ascii_alphanumeric()).map_or(text.len(), |at| start + at);
        found.push(Word { folded: text[start..end].to_ascii_lowercase(), at: start..end });
        rest = end;
    }
    found
}

fn of_unicode(text: &str) -> Vec<Word> {
    let mut found: Vec<Word> = Vec::new();
    let mut last = Last::Gap;
    for (at, c, next) in Pieces::of(text) {
        if is_ignored(c) {
            continue;
        }
        if is_mark(c) {
            if let (Last::Letter { marks: Marks::Kept, .. }, Some(word)) = (last, found.last_mut()) {
                word.folded.push(c);
                word.at.end = at.end;
            }
            continue;
        }
        if is_dot_within(c, last, next) {
            continue;
        }
        if !c.is_alphanumeric() {
            last = Last::Gap;
            continue;
        }
        let alone = stands_alone(c);
        match found.last_mut() {
            Some(word) if !alone && matches!(last, Last::Letter { ends: false, .. }) => {
                fold(c, &mut word.folded);
                word.at.end = at.end;
            }
            _ => {
                let mut folded = String::new();
                fold(c, &mut folded);
                found.push(Word { folded, at });
            }
        }
        last = Last::Letter { c, ends: alone, marks: marks_after(c) };
    }
    found
}

/// The kind of character before the one that is looked at.
#[derive(Clone, Copy)]
enum Last {
    /// Nothing that a word can continue.
    Gap,
    /// A letter or digit. `ends`: the next letter begins a new word.
    Letter { c: char, ends: bool, marks: Marks },
}

/// Returns whether `c` is the dot of a Catalan l·l, which does not divide the word.
fn is_dot_within(c: char, last: Last, next: Option<char>) -> bool {
    let is_l = |c: char| c.eq_ignore_ascii_case(&'l');
    c == '·' && matches!(last, Last::Letter { c, .. } if is_l(c)) && next.is_some_and(is_l)
}

/// Returns whether this is a letter of a script that sets no spaces between words: Thai to Myanmar, Khmer, kana, Han.
const fn stands_alone(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3005}'..='\u{3007}'
        | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3fffd}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn folded(text: &str) -> Vec<String> {
        words(text).into_iter().map(|word| word.folded).collect()
    }

    #[test]
    fn words_are_folded_however_they_are_written() {
        assert_eq!(folded("Café CAFE\u{301} ｃａｆｅ"), ["cafe", "cafe", "cafe"]);
        assert_eq!(folded("İstanbul Ökonomie Ψυχή"), ["istanbul", "okonomie", "ψυχη"]);
        assert_eq!(folded("don't snake_case #1234 a.b"), ["don", "t", "snake", "case", "1234", "a", "b"]);
        assert_eq!(folded("*** \u{301} — 👍"), [""; 0]);
    }

    #[test]
    fn scripts_without_spaces_have_a_word_for_each_letter() {
        assert_eq!(folded("会議abc室"), ["会", "議", "abc", "室"]);
        assert_eq!(folded("ｶﾞｷﾞ人々"), ["ガ", "ギ", "人", "々"]);
        assert_eq!(folded("ข่าว"), ["ข่", "า", "ว"]);
    }

    #[test]
    fn marks_are_kept_outside_latin_greek_and_cyrillic() {
        assert_eq!(folded("कुल क्षण"), ["कुल", "क्षण"]);
        assert_eq!(folded("ё й Ё\u{301}"), ["е", "й", "е"]);
        assert_eq!(folded("и\u{306}"), ["й"]);
        assert_eq!(folded("1\u{fe0f}\u{20e3} 2\u{302}"), ["1", "2"]);
    }

    #[test]
    fn characters_that_nobody_sees_do_not_divide_words() {
        assert_eq!(folded("Tide\u{ad}water می\u{200c}خواهم"), ["tidewater", "میخواهم"]);
        assert_eq!(folded("a\u{200b}é"), ["a", "e"]);
        assert_eq!(folded("col·lega l·x paraŀlel"), ["collega", "l", "x", "parallel"]);
    }

    #[test]
    fn a_word_knows_its_place_in_the_original_text() {
        for (text, places) in [
            ("über — Straße!", &["über", "Straße"][..]),
            ("ﬁsh CAFE\u{301}x", &["ﬁsh", "CAFE\u{301}x"]),
            ("ｶﾞｷ", &["ｶﾞ", "ｷ"]),
            ("㈱会", &["㈱", "会"]),
            ("น้ำ", &["น้ำ", "น้ำ"]),
            ("soft\u{ad}ware é", &["soft\u{ad}ware", "é"]),
        ] {
            let found: Vec<&str> = words(text).iter().map(|word| &text[word.at.clone()]).collect();
            assert_eq!(found, places);
        }
    }

    #[test]
    fn of_an_endless_word_the_beginning_counts() {
        assert_eq!(folded(&"ä".repeat(5_000)), ["a".repeat(LONGEST)]);
        assert_eq!(folded(&"A".repeat(5_000)), ["a".repeat(LONGEST)]);
    }

    proptest! {
        #[test]
        fn ascii_has_the_same_words_on_both_ways(text in "[ -~\\n\\t]*") {
            prop_assert_eq!(of_ascii(&text), of_unicode(&text));
        }

        #[test]
        fn places_are_in_order_and_words_fold_to_themselves(text in r"(\PC|[áß가ガｶﾞข่ากำ۰])*") {
            let found = words(&text);
            prop_assert!(found.iter().all(|word| !word.folded.is_empty() && text.get(word.at.clone()).is_some_and(|it| !it.is_empty())));
            prop_assert!(found.is_sorted_by_key(|word| word.at.start));
            for word in found {
                let again: String = words(&word.folded).into_iter().map(|word| word.folded).collect();
                prop_assert_eq!(&again, &word.folded);
            }
        }
    }
}
