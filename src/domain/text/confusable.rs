//! Which names people could take for one another.
//!
//! Two rules. Two names in ASCII are alike if they differ only in case, in `I l 1 |`, or in `O 0`: "modern" and "modem" are
//! two people, and so are "ab" and "a b". Any other pair is compared by its skeletons (UTS #39, section 4), before and after
//! case folding. White space of any kind and length counts as one space, because pages show it like that.
//!
//! This relation is not transitive: "Ian" is like "ian" and like "lan", which are not like each other. So no single key can
//! decide it. [`Looks`] are keys that all names alike share at least one of; [`are_alike`] decides.

use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton;

use super::visible::is_ignorable;

/// Two keys of a name, to find the names that may be like it. Names that are alike share the first or the second.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Looks {
    /// The skeleton of the name after case folding.
    pub folded: String,
    /// The skeleton of the name as it is written.
    pub written: String,
}

impl Looks {
    /// Makes the keys of a name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let shown = shown(name);
        // `i` meets `I` by case, and `I` meets `l` by looks: as keys they are the same.
        let wide = |bones: String| fold(&bones).replace('i', "l");
        Self { folded: wide(after_folding(&shown)), written: wide(before_folding(&shown)) }
    }

    /// Returns whether names with these keys may be alike.
    #[must_use]
    pub fn meet(&self, other: &Self) -> bool {
        self.folded == other.folded || self.written == other.written
    }
}

/// Returns whether people could take one name for the other.
#[must_use]
pub fn are_alike(one: &str, other: &str) -> bool {
    let (one, other) = (shown(one), shown(other));
    if one.is_ascii() && other.is_ascii() {
        return one.len() == other.len() && one.chars().zip(other.chars()).all(|(one, other)| look_alike(one, other));
    }
    before_folding(&one) == before_folding(&other) || after_folding(&one) == after_folding(&other)
}

/// Returns the same text for names that differ only in case, width, invisible characters, or the length of white space.
#[must_use]
pub fn fold_name(name: &str) -> String {
    fold(&shown(name).nfkc().collect::<String>()).nfkc().collect()
}

/// Leaves out characters that nobody sees, and makes white space single spaces.
fn shown(name: &str) -> String {
    let seen: String = name.chars().filter(|c| !is_ignorable(*c)).collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The skeleton of a name as it is written. What that skeleton shows is folded in turn: Cyrillic "ТОМ" is "TOM", which is "tom".
fn before_folding(shown: &str) -> String {
    bones(&fold(&bones(shown)))
}

/// The skeleton of a name in lower case and normal width.
fn after_folding(shown: &str) -> String {
    bones(&fold(&shown.nfkc().collect::<String>()))
}

/// The skeleton, in which an `i` with its dot added once more is an `i`.
fn bones(text: &str) -> String {
    skeleton(text).collect::<String>().replace("i\u{307}", "i").replace("j\u{307}", "j")
}

/// Folds case in full: `ß`, `ẞ` and `SS` become `ss`, `Σ` and `ς` become `σ`.
fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// Returns whether two characters of ASCII are the same letter, or look like it in either case.
fn look_alike(one: char, other: char) -> bool {
    let in_group = |group: &str| group.contains(one) && group.contains(other);
    one.eq_ignore_ascii_case(&other) || in_group("IlL1|") || in_group("Oo0")
}

#[cfg(test)]
mod tests;
