//! The last part of a meeting's link: which texts it may be, and what is made of a title.

use std::fmt;

use any_ascii::any_ascii_char;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::domain::{limits, secret};

const RESERVED: [&str; 14] =
    ["admin", "api", "calendar", "edit", "feed", "health", "m", "new", "schedule", "search", "set-up", "sign-in", "sign-out", "static"];

/// The longest slug that is made from a title: it leaves room for `-999`, where others have it already.
const MADE: usize = limits::SLUG - 4;
/// The slug where a title has nothing to make one of.
const FALLBACK: &str = "meeting";

/// Why a text is no slug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlugProblem {
    Characters,
    Length,
    Reserved,
    /// Another meeting has it.
    Taken,
}

impl fmt::Display for SlugProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Characters => "A link is made of a-z, 0-9 and hyphens, and neither starts nor ends with a hyphen.",
            Self::Length => "A link has 1 to 63 characters.",
            Self::Reserved => "Gavel needs this link for itself. Choose another one.",
            Self::Taken => "Another meeting already has this link. Choose another one.",
        })
    }
}

/// Checks a slug: 1 to 63 of `a-z0-9-`, no hyphen at the ends, no reserved word.
///
/// # Errors
/// The rule broken.
pub fn check(slug: &str) -> Result<(), SlugProblem> {
    if !(1..=limits::SLUG).contains(&slug.len()) {
        return Err(SlugProblem::Length);
    }
    let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if !slug.bytes().all(fine) || slug.starts_with('-') || slug.ends_with('-') {
        return Err(SlugProblem::Characters);
    }
    if RESERVED.contains(&slug) {
        return Err(SlugProblem::Reserved);
    }
    Ok(())
}

/// Makes a slug from a title. Letters of every script become those of `a-z` that people write instead (`ß` `ss`, `ё` `e`,
/// `會` `hui`); everything that is neither letter nor digit, such as an emoji, divides words. `meeting` where nothing is left.
///
/// Changing this never changes the link of a meeting that exists: slugs are stored.
#[must_use]
pub fn from_title(title: &str) -> String {
    let mut slug = String::new();
    for c in title.nfkc() {
        if c.is_alphanumeric() || is_combining_mark(c) {
            // Some letters become several, or have an apostrophe with them (ь, ʻ), which divides no word.
            let plain = any_ascii_char(c).bytes().filter(u8::is_ascii_alphanumeric).map(|b| char::from(b.to_ascii_lowercase()));
            slug.extend(plain);
        } else if !slug.is_empty() && !slug.ends_with('-') && !is_within_words(c) {
            slug.push('-');
        }
    }
    let slug = shortened(&slug, MADE);
    if check(slug).is_ok() { slug.to_owned() } else { FALLBACK.into() }
}

/// Returns whether a character other than a letter may be within a word: apostrophes, and what nobody sees.
const fn is_within_words(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | '\u{ad}' | '\u{200c}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// The beginning of a slug, at most `most` bytes long. It ends at the end of a word, unless a single word is longer.
fn shortened(slug: &str, most: usize) -> &str {
    let slug = slug.trim_matches('-');
    let Some(cut) = slug.get(..most).filter(|_| slug.len() > most) else { return slug };
    let ends_a_word = slug.as_bytes()[most] == b'-';
    let words = if ends_a_word { cut } else { cut.rsplit_once('-').map_or(cut, |(words, _)| words) };
    words.trim_matches('-')
}

/// The slug of an unlisted meeting: always ends in 16 random characters (80 bits).
#[must_use]
pub fn unguessable(slug: &str) -> String {
    format!("{}-{}", shortened(slug, limits::SLUG - 17), secret::readable(16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_becomes_letters_of_a_link() {
        for (title, slug) in [
            ("Straße", "strasse"),
            ("STRAẞE", "strasse"),
            ("København møde", "kobenhavn-mode"),
            ("Планёрка", "planerka"),
            ("Ελλάδα", "ellada"),
            ("Łódź, środa", "lodz-sroda"),
            ("Œuvre & æther", "oeuvre-aether"),
            ("Đà Nẵng", "da-nang"),
            ("Þing á Íslandi", "thing-a-islandi"),
            ("İstanbul ığdır", "istanbul-igdir"),
            ("Объявление: 5 мая", "obyavlenie-5-maya"),
            ("Cafe\u{301} crème", "cafe-creme"),
            ("李雷 會議", "lilei-huiyi"),
            ("カタカナ ｶﾅ", "katakana-kana"),
            ("서울 회의", "seoul-hoeui"),
            ("हिन्दी सभा", "hindi-sbha"),
            ("ข่าว", "khaw"),
            ("مرحبا ٣", "mrhb-3"),
            ("שלום", "slvm"),
            ("Hawaiʻi’s hour", "hawaiis-hour"),
            ("№ 5 ½", "no-5-1-2"),
            ("Tide\u{ad}water", "tidewater"),
        ] {
            assert_eq!(from_title(title), slug, "{title}");
        }
    }

    #[test]
    fn a_long_title_is_cut_at_the_end_of_a_word() {
        let slug = from_title(&"long title ".repeat(20));
        assert_eq!((slug.as_str(), slug.len()), ("long-title-long-title-long-title-long-title-long-title-long", 59));
        assert_eq!(from_title(&"Ж".repeat(200)).len(), 59);
        assert_eq!(from_title(&format!("weekly {}", "x".repeat(90))), "weekly");
        let secret = unguessable(&from_title(&"long title ".repeat(20)));
        assert!(
            check(&secret).is_ok() && secret.starts_with("long-title-long-title-long-title-long-title-") && secret.len() <= 63,
            "{secret}"
        );
    }

    #[test]
    fn slugs_are_made_from_titles() {
        for (title, slug) in [
            ("Tidewater weekly", "tidewater-weekly"),
            ("Ä Ö ü!", "a-o-u"),
            ("Newcomers’ hour", "newcomers-hour"),
            ("new", "meeting"),
            ("--x--", "x"),
            // Titles without letters, and those that become a reserved word.
            ("🎉🎊", "meeting"),
            ("…!?", "meeting"),
            ("ＡＰＩ", "meeting"),
            ("Ädmin", "meeting"),
            ("🎉 Party 🎉", "party"),
        ] {
            assert_eq!(from_title(title), slug, "{title}");
        }
        assert!(check(&from_title(&"long title ".repeat(20))).is_ok());
        let secret = unguessable("board");
        assert!(check(&secret).is_ok() && secret.len() == 22, "{secret}");
        for (bad, problem) in [
            ("", SlugProblem::Length),
            ("A", SlugProblem::Characters),
            ("-a", SlugProblem::Characters),
            ("a_b", SlugProblem::Characters),
            ("api", SlugProblem::Reserved),
        ] {
            assert_eq!(check(bad), Err(problem));
        }
    }
}
