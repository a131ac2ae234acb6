//! Who is meant: nicknames and other names that stand in a text as words.

use std::collections::{HashMap, HashSet};

use unicode_normalization::UnicodeNormalization;

use crate::domain::text::spoken;

/// Words that begin names, and sentences about other things: nobody is called by one of them alone.
const COMMON: [&str; 22] = [
    "an", "the", "mr", "mrs", "ms", "mx", "dr", "prof", "sir", "der", "die", "das", "dr.", "le", "la", "les", "el", "los", "las", "de",
    "van", "von",
];

/// Returns the word by which somebody is called whose nickname has spaces or emoji: its first one, folded.
pub(in crate::domain::minutes) fn first_word(nick: &str) -> Option<String> {
    let nick = folded(nick);
    let is_apart = |c: char| c.is_whitespace() || (!c.is_ascii() && !c.is_alphanumeric());
    let word = nick.split(is_apart).find(|word| word.contains(char::is_alphanumeric))?;
    let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '_');
    let is_name = word.chars().count() > 1 && word.len() < nick.len() && nick.contains(is_apart) && !COMMON.contains(&word);
    is_name.then(|| word.to_owned())
}

/// A text in which upper and lower case, wide and narrow letters, typographic and plain apostrophes and hyphens, and white space of
/// any length are the same.
pub(in crate::domain::minutes) fn folded(text: &str) -> String {
    let seen = text.chars().filter(|c| !matches!(c, '\u{200c}' | '\u{fe0e}' | '\u{fe0f}'));
    let plain: String = seen.map(typed_plainly).nfkc().flat_map(char::to_lowercase).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the apostrophe or hyphen of a keyboard for one that phones and word processors write instead.
const fn typed_plainly(c: char) -> char {
    match c {
        '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2bc}' | '\u{2032}' | '\u{b4}' | '\u{ff07}' | '\u{a78c}' => '\'',
        '\u{2010}'..='\u{2013}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}' => '-',
        other => other,
    }
}

/// Returns whether a place is inside a word, or inside the name of a file or host such as `ada.txt`. `before` are the characters
/// in front of it, the nearest first, and `after` those that follow.
pub(in crate::domain::minutes) fn is_inside_word(mut before: impl Iterator<Item = char>, mut after: impl Iterator<Item = char>) -> bool {
    let goes_on = |c: Option<char>| c.is_some_and(is_of_word);
    match (before.next(), after.next()) {
        (Some('.'), Some(next)) => is_of_word(next) && goes_on(before.next()),
        (Some(last), Some('.')) => is_of_word(last) && goes_on(after.next()),
        (last, next) => goes_on(last) && goes_on(next),
    }
}

/// Whether words go on with this character. Scripts that put no spaces between words have none that do.
pub(in crate::domain::minutes) fn is_of_word(c: char) -> bool {
    let unspaced = matches!(c, '\u{e00}'..='\u{eff}' | '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}');
    c == '_' || (c.is_alphanumeric() && !unspaced)
}

/// The names to look for, each of somebody by their number.
#[derive(Debug, Default)]
pub(in crate::domain::minutes) struct Names {
    all: Vec<(Vec<char>, Vec<usize>)>,
    /// Their places by the first word, or sign, of each.
    by_start: HashMap<String, Vec<usize>>,
    /// The places of names that are only the first words of nicknames.
    firsts: HashSet<usize>,
}

impl Names {
    pub fn add(&mut self, name: &str, who: usize) {
        let name: Vec<char> = folded(name).chars().collect();
        if name.is_empty() {
            return;
        }
        let alike = self.by_start.entry(start(&name)).or_default();
        if let Some(place) = alike.iter().find(|place| self.all[**place].0 == name) {
            self.all[*place].1.push(who);
        } else {
            alike.push(self.all.len());
            self.all.push((name, vec![who]));
        }
    }

    /// Calls somebody by the first word of their nickname, unless it is a name of somebody already.
    pub fn add_first_word(&mut self, nick: &str, who: usize) {
        let Some(word) = first_word(nick) else { return };
        let word: Vec<char> = word.chars().collect();
        if let Some(place) = self.all.iter().position(|(name, _)| *name == word) {
            if self.firsts.contains(&place) {
                self.all[place].1.push(who);
            }
            return;
        }
        self.firsts.insert(self.all.len());
        self.by_start.entry(start(&word)).or_default().push(self.all.len());
        self.all.push((word, vec![who]));
    }

    /// Those whose names stand in the text as words, in the order of the text. Where one name stands inside another,
    /// the longer is meant.
    pub fn in_text(&self, text: &str) -> Vec<usize> {
        let text: Vec<char> = folded(&spoken(text)).chars().collect();
        let inside_word = |at: usize| is_inside_word(text[..at].iter().rev().copied(), text[at..].iter().copied());
        let (mut meant, mut covered) = (Vec::new(), 0);
        for at in (0..text.len()).filter(|at| !inside_word(*at)) {
            let rest = &text[at..];
            let alike = self.by_start.get(&start(rest)).into_iter().flatten().map(|place| &self.all[*place]);
            let longest =
                alike.filter(|(name, _)| rest.starts_with(name) && !inside_word(at + name.len())).max_by_key(|(name, _)| name.len());
            let Some((name, who)) = longest.filter(|(name, _)| at + name.len() > covered) else { continue };
            covered = at + name.len();
            for who in who {
                if !meant.contains(who) {
                    meant.push(*who);
                }
            }
        }
        meant
    }
}

/// The first word of a text, or its first sign.
fn start(text: &[char]) -> String {
    let word = text.iter().take_while(|c| is_of_word(**c)).count();
    text.iter().take(word.max(1)).collect()
}
