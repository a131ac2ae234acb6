//! Folds letters, so that a word is found however it is written.
//!
//! Case never counts. Marks do not count in Latin, Greek, and Cyrillic, where people leave them out when they type in a
//! hurry or on a foreign keyboard. In other scripts a mark makes another word: `パパ` (dad) is not `ハハ`
//! (mother), and `कुल` (total) is not `कल` (tomorrow). `docs/search.md` lists pairs that match and pairs that do not; tests read them.

use unicode_normalization::char::decompose_canonical;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};
use unicode_script::{Script, UnicodeScript};

/// The version of these rules. Raise it with every change to what [`super::words::words`] gives: then the next start
/// makes every index again that was made by an older version.
pub const VERSION: i64 = 2;

/// The treatment of the marks after a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marks {
    Kept,
    Dropped,
}

/// Returns what becomes of marks after this letter or digit.
pub fn marks_after(c: char) -> Marks {
    if c.is_ascii() || drops_marks(c) || !c.is_alphabetic() { Marks::Dropped } else { Marks::Kept }
}

fn drops_marks(c: char) -> bool {
    matches!(c.script(), Script::Latin | Script::Greek | Script::Cyrillic)
}

/// Returns whether this is a mark: a vowel sign, an accent, a virama.
pub fn is_mark(c: char) -> bool {
    !c.is_ascii() && c.general_category_group() == GeneralCategoryGroup::Mark
}

/// Returns whether a character is invisible and does not divide words: the soft hyphen, joiners, direction marks,
/// variation selectors. The zero-width space is not one of them: it marks the end of a word. The Arabic tatweel only
/// stretches a line.
pub const fn is_ignored(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{640}' | '\u{180b}'..='\u{180f}' | '\u{200c}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{e0100}'..='\u{e01ef}')
}

/// Appends a letter or digit of NFKC text as it is compared.
pub fn fold(c: char, into: &mut String) {
    if c.is_ascii() {
        into.push(c.to_ascii_lowercase());
        return;
    }
    for lower in c.to_lowercase() {
        // Not и with a mark: Russians, Ukrainians, and Bulgarians type й wherever they mean it.
        if lower == 'й' || !(drops_marks(lower) || is_mark(lower)) {
            into.push(lower);
        } else {
            decompose_canonical(lower, |part| {
                if !is_mark(part) {
                    push_plain(part, into);
                }
            });
        }
    }
}

/// Appends a letter without a mark, as the letters that people type instead of it: those of CLDR's transform Latin-ASCII.
fn push_plain(c: char, into: &mut String) {
    let plain = match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ø' | 'ɵ' => "o",
        'đ' | 'ð' | 'ɖ' | 'ɗ' => "d",
        'ł' | 'ƚ' => "l",
        'ı' | 'ɨ' => "i",
        'ħ' => "h",
        'ŋ' | 'ɲ' => "n",
        'ŧ' | 'ƭ' | 'ʈ' => "t",
        'ƀ' | 'ɓ' => "b",
        'ƈ' => "c",
        'ƒ' => "f",
        'ǥ' | 'ɠ' => "g",
        'ȷ' | 'ɉ' => "j",
        'ƙ' => "k",
        'ƥ' => "p",
        'ʉ' => "u",
        'ƴ' => "y",
        'ƶ' | 'ȥ' => "z",
        'ς' => "σ",
        _ => return into.push(c),
    };
    into.push_str(plain);
}
