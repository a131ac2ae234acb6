//! Which characters people can see, for every field that people fill in.
//!
//! Lines (nicknames, account names, titles, reasons) refuse characters that hide or turn text, and name them. Prose (messages,
//! descriptions, agendas) keeps them, since scripts written from right to left need some; it only has to show something.

use icu_properties::props::{BinaryProperty, DefaultIgnorableCodePoint, EnumeratedProperty, GeneralCategory, PrependedConcatenationMark};

/// Begins the flags of England, Scotland and Wales, which are spelled with tags (UTS #51, section 2.8).
const BLACK_FLAG: char = '\u{1f3f4}';
/// Ends such a flag.
const CANCEL_TAG: char = '\u{e007f}';

/// Returns whether software may leave `c` out where it cannot show it (`Default_Ignorable_Code_Point` in Unicode).
#[must_use]
pub fn is_ignorable(c: char) -> bool {
    !c.is_ascii() && DefaultIgnorableCodePoint::for_char(c)
}

/// Returns whether `c` leaves nothing, or only empty space, on the screen.
fn is_blank(c: char) -> bool {
    match c {
        ' '..='~' => c == ' ',
        // Characters that Unicode counts as symbols or letters, although they have no ink: the empty Braille pattern, the
        // placeholder of an object, a note without a head, and the blanks of Khitan and Egyptian.
        '\u{2800}' | '\u{fffc}' | '\u{1d159}' | '\u{16fe4}' | '\u{13441}' | '\u{13442}' => true,
        _ => c.is_whitespace() || c.is_control() || is_ignorable(c) || is_format(c),
    }
}

/// Returns whether `c` only steers the text around it. Signs such as U+0600 ARABIC NUMBER SIGN are of this category, and seen.
fn is_format(c: char) -> bool {
    GeneralCategory::for_char(c) == GeneralCategory::Format && !PrependedConcatenationMark::for_char(c)
}

/// Returns whether `c` needs another character to combine with.
fn is_mark(c: char) -> bool {
    use GeneralCategory::{EnclosingMark, NonspacingMark, SpacingMark};
    !c.is_ascii() && matches!(GeneralCategory::for_char(c), EnclosingMark | NonspacingMark | SpacingMark)
}

/// Returns whether a text shows anything at all. Marks alone, without a letter to carry them, do not count.
#[must_use]
pub fn is_visible(text: &str) -> bool {
    text.chars().any(|c| !is_blank(c) && !is_mark(c))
}

/// Finds a character that a line may not have, since it hides, turns or imitates what is next to it: controls, marks of
/// direction, blanks other than spaces, unassigned and private code points. Allowed are what words and emoji are joined with:
/// ZWNJ (Persian), ZWJ, variation selectors, and the tags of a flag.
#[must_use]
pub fn find_hidden(line: &str) -> Option<char> {
    if line.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return None;
    }
    let mut in_flag = false;
    line.chars().find(|&c| {
        let is_tag = ('\u{e0020}'..=CANCEL_TAG).contains(&c);
        if is_tag && in_flag {
            in_flag = c != CANCEL_TAG;
            return false;
        }
        in_flag = c == BLACK_FLAG;
        !is_joining(c) && (c != ' ' && is_blank(c) || is_unassigned(c))
    })
}

/// Returns whether `c` is invisible, but changes how its neighbors are written.
const fn is_joining(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' | '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{34f}')
}

fn is_unassigned(c: char) -> bool {
    use GeneralCategory::{PrivateUse, Surrogate, Unassigned};
    !c.is_ascii() && matches!(GeneralCategory::for_char(c), PrivateUse | Surrogate | Unassigned)
}

/// Returns whether a text of several lines has a control character other than newline and tab.
#[must_use]
pub fn has_controls(text: &str) -> bool {
    text.chars().any(|c| c.is_control() && c != '\n' && c != '\t')
}

/// Says what [`find_hidden`] found, and what to do, for the person who wrote it.
#[must_use]
pub fn refusal(what: &str, hidden: char) -> String {
    format!("{what} contains a character that nobody can see (U+{:04X}). Remove it, or type the text again.", u32::from(hidden))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_blanks_are_not_visible() {
        for blank in [
            "",
            " ",
            "\u{200b}",
            "\u{fffc}",
            "\u{2800}",
            "\u{3164}",
            "\u{115f}",
            "\u{1160}",
            "\u{ffa0}",
            "\u{200c}",
            "\u{200d}",
            "\u{2060}",
            "\u{feff}",
            "\u{ad}",
            "\u{61c}",
            "\u{202e}",
            "\u{2066}",
            "\u{200e}",
            "\u{e0041}",
            "\u{e007f}",
            "\u{fe0f}",
            "\u{301}",
            "\u{3000}",
            "\u{1d159}",
            "\u{13441}",
            "\u{180e}",
            "\u{17b4}",
            "\u{34f}",
            "\u{2028}",
            "\u{fff9}",
            "\u{1bca0}",
            "\u{2062}",
            "\u{16fe4}",
        ] {
            assert!(!is_visible(blank), "{blank:?}");
            assert!(!is_visible(&format!("{blank}\u{200b} \u{2800}\n{blank}")), "{blank:?}");
            assert!(is_visible(&format!("{blank}a")), "{blank:?}");
        }
    }

    #[test]
    fn letters_signs_and_emoji_are_visible() {
        for seen in ["a", ".", "李", "ي", "👍", "👩\u{200d}🚀", "\u{600}", "⠁", "می\u{200c}خواهم", "ि a", "\u{e000}"] {
            assert!(is_visible(seen), "{seen:?}");
        }
    }

    #[test]
    fn lines_refuse_what_hides_or_turns_text() {
        for hidden in [
            '\u{61c}',
            '\u{2060}',
            '\u{200b}',
            '\u{200e}',
            '\u{200f}',
            '\u{202a}',
            '\u{202e}',
            '\u{2066}',
            '\u{2069}',
            '\u{feff}',
            '\u{ad}',
            '\u{2800}',
            '\u{fffc}',
            '\u{3164}',
            '\u{115f}',
            '\u{180e}',
            '\u{2028}',
            '\u{2029}',
            '\u{0}',
            '\u{7f}',
            '\u{85}',
            '\n',
            '\t',
            '\u{a0}',
            '\u{3000}',
            '\u{e0041}',
            '\u{e000}',
            '\u{fff9}',
            '\u{2064}',
            '\u{206f}',
            '\u{ffff}',
        ] {
            assert_eq!(find_hidden(&format!("ada{hidden}lovelace")), Some(hidden), "{hidden:?}");
        }
        assert!(refusal("The title", '\u{61c}').contains("U+061C"));
    }

    #[test]
    fn lines_keep_what_joins_words_and_emoji() {
        for fine in [
            "ada lovelace",
            "علی\u{200c}رضا",
            "👩\u{200d}🚀",
            "❤\u{fe0f}",
            "1\u{fe0f}\u{20e3}",
            "👩🏽\u{200d}❤\u{fe0f}\u{200d}💋\u{200d}👨🏿",
            "葛\u{e0100}",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "🇫🇷",
            "Zoe\u{308}",
            "नमस्ते",
            "\u{600}12",
        ] {
            assert_eq!(find_hidden(fine), None, "{fine:?}");
        }
        assert_eq!(find_hidden("🏴\u{e0067}\u{e007f}\u{e0067}"), Some('\u{e0067}'), "a tag after the end of its flag");
    }
}
