//! The last part of a meeting's link: which texts it may be, and what is made of a title.

use std::fmt;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::{limits, secret};

const RESERVED: [&str; 14] =
    ["admin", "api", "calendar", "edit", "feed", "health", "m", "new", "schedule", "search", "set-up", "sign-in", "sign-out", "static"];

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

/// A slug made from a title: letters without their accents, everything else a hyphen.
#[must_use]
pub fn from_title(title: &str) -> String {
    let mut slug = String::new();
    for c in title.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') && c != '\'' && c != '’' {
            slug.push('-');
        }
    }
    // Room for `-` and a suffix of 16.
    slug.truncate(limits::SLUG - 17);
    let slug = slug.trim_matches('-').to_owned();
    if check(&slug).is_ok() { slug } else { "meeting".into() }
}

/// The slug of an unlisted meeting: always ends in 16 random characters (80 bits).
#[must_use]
pub fn unguessable(slug: &str) -> String {
    let stem: String = slug.chars().take(limits::SLUG - 17).collect();
    format!("{}-{}", stem.trim_end_matches('-'), secret::readable(16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_made_from_titles() {
        for (title, slug) in [
            ("Tidewater weekly", "tidewater-weekly"),
            ("Ä Ö ü!", "a-o-u"),
            ("Newcomers’ hour", "newcomers-hour"),
            ("李雷", "meeting"),
            ("new", "meeting"),
            ("--x--", "x"),
        ] {
            assert_eq!(from_title(title), slug);
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
