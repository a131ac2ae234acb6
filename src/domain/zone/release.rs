//! Releases of the IANA time zone database and their order: `2026f` comes before `2027a`.

use std::fmt;
use std::str::FromStr;

/// A release of the IANA time zone database: a year, then letters that count up within it (`2026a` … `2026z`, `2026za`).
///
/// Ordered by time. Anything else, such as the development version `2026f-12-gabcdef`, is not a release and cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release {
    year: u16,
    /// Compared before the letters: `2026z` < `2026za`.
    letters: usize,
    name: String,
}

impl FromStr for Release {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (year, letters) = text.split_at_checked(4).ok_or(())?;
        let is_release =
            year.bytes().all(|b| b.is_ascii_digit()) && (1..=3).contains(&letters.len()) && letters.bytes().all(|b| b.is_ascii_lowercase());
        if !is_release {
            return Err(());
        }
        Ok(Self { year: year.parse().map_err(|_| ())?, letters: letters.len(), name: text.to_owned() })
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Returns whether events that were made with the data of `before` may be brought to those of `now`: only forward.
///
/// A `before` that cannot be read is from a Gavel that noted nothing, so it counts as old. A `now` that cannot be read is never newer
/// than a release.
#[must_use]
pub fn is_newer(now: &str, before: &str) -> bool {
    match (now.parse::<Release>(), before.parse::<Release>()) {
        (Ok(now), Ok(before)) => now > before,
        (_, Err(())) => now != before,
        (Err(()), Ok(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_ordered_by_year_and_then_by_letters() {
        let ordered = ["1996a", "2025z", "2026a", "2026e", "2026f", "2026z", "2026za", "2026zb", "2027a", "2100a"];
        for (n, earlier) in ordered.iter().enumerate() {
            assert!(!is_newer(earlier, earlier), "{earlier}");
            for later in &ordered[n + 1..] {
                assert!(is_newer(later, earlier) && !is_newer(earlier, later), "{earlier} {later}");
            }
        }
    }

    #[test]
    fn unknown_texts_are_older_than_every_release() {
        for unknown in
            ["", "unknown", "2026", "2026F", "2026f ", "2026f-dirty", "2026f-12-gabcdef", "26f", "２０２６f", "2026abcd", "20é6f"]
        {
            assert!(unknown.parse::<Release>().is_err(), "{unknown}");
            assert!(is_newer("2026f", unknown) && !is_newer(unknown, "2026f"), "{unknown}");
            assert!(!is_newer(unknown, unknown), "{unknown}");
        }
    }
}
