//! Messages that look like a command and are not one: `/nick ada`, `/action …`, `#acton …`.

use super::hint::Hint;
use super::table::{TABLE, Tag};

/// Folders that paths begin with. `/tmp is full` is about one of them.
const FOLDERS: [&str; 24] = [
    "bin", "boot", "data", "dev", "etc", "home", "lib", "lib64", "media", "mnt", "nix", "opt", "private", "proc", "root", "run", "sbin",
    "snap", "srv", "sys", "tmp", "usr", "var", "Users",
];

/// Returns what its writer may have meant by a message that is sent as chat, if it looks like a command.
#[must_use]
pub fn doubt(text: &str) -> Option<Hint> {
    let text = text.trim();
    let word = text.split(char::is_whitespace).next()?;
    let first = word.chars().next()?;
    let rest = &word[first.len_utf8()..];
    match first {
        '/' | '／' => slash(rest),
        '#' => hash(rest),
        // A fullwidth sign makes no command, so its word may be a command's as well.
        '＃' => hash(rest).or_else(|| same(rest).map(|tag| Hint::NoSuchCommand(word.into(), Some(tag)))),
        _ => None,
    }
}

/// The command of this word.
fn same(word: &str) -> Option<Tag> {
    TABLE.iter().find(|entry| entry.words.iter().any(|known| known.eq_ignore_ascii_case(word))).map(|entry| entry.tag)
}

/// A path has another slash, a dot or a digit in it, or names a folder.
fn slash(word: &str) -> Option<Hint> {
    let is_word = !word.is_empty() && word.chars().all(|c| c.is_alphabetic() || c == '_' || c == '-');
    if !is_word || word.eq_ignore_ascii_case("me") || FOLDERS.contains(&word) {
        return None;
    }
    Some(Hint::NoSuchCommand(format!("/{word}").into(), same(word).or_else(|| nearest(word))))
}

fn hash(word: &str) -> Option<Hint> {
    if same(word).is_some() {
        return None;
    }
    // "#voteA": the space was forgotten.
    let joined = || word.get(..4).filter(|start| start.eq_ignore_ascii_case("vote")).map(|_| Tag::Vote);
    let meant = nearest(word).or_else(joined)?;
    Some(Hint::NoSuchCommand(format!("#{word}").into(), Some(meant)))
}

/// The command that a word nearly is: one typing error away, of a long one two.
#[must_use]
pub(in crate::domain::minutes) fn nearest(word: &str) -> Option<Tag> {
    let word = word.to_lowercase();
    if !(4..=20).contains(&word.chars().count()) || !word.chars().all(char::is_alphabetic) {
        return None;
    }
    let known = TABLE.iter().flat_map(|entry| entry.words.iter().map(|known| (entry.tag, *known)));
    let near = known.map(|(tag, known)| (errors(&word, known), known.len(), tag));
    near.filter(|(errors, length, _)| *errors > 0 && *errors <= if *length > 7 { 2 } else { 1 })
        .min_by_key(|(errors, ..)| *errors)
        .map(|it| it.2)
}

/// Counts the letters that are missing, added, wrong or exchanged with the next one (optimal string alignment).
fn errors(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut rows = vec![vec![0; other.len() + 1]; one.len() + 1];
    for i in 0..=one.len() {
        for j in 0..=other.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let wrong = rows[i - 1][j - 1] + usize::from(one[i - 1] != other[j - 1]);
                let best = wrong.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                let is_exchange = i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1];
                if is_exchange { best.min(rows[i - 2][j - 2] + 1) } else { best }
            };
        }
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(text: &str) -> String {
        match doubt(text) {
            Some(Hint::NoSuchCommand(_, Some(tag))) => format!("#{}", tag.as_str()),
            Some(Hint::NoSuchCommand(_, None)) => "nothing".into(),
            _ => "chat".into(),
        }
    }

    #[test]
    fn what_looks_like_a_command_is_doubted_with_what_may_be_meant() {
        for (text, command) in [
            ("#acton ada books", Some("#action")),
            ("#Aciton ada books", Some("#action")),
            ("#actions ada books", Some("#action")),
            ("#agred on soup", Some("#agreed")),
            ("#tpoic Soup", Some("#topic")),
            ("#startvoet Lunch?", Some("#startvote")),
            ("#stratvoet Lunch?", Some("#startvote")),
            ("#votee yes", Some("#vote")),
            ("#endmeting", Some("#endmeeting")),
            ("/action ada books", Some("#action")),
            ("/topic Soup", Some("#topic")),
            ("/acton ada", Some("#action")),
            ("/nick ada", Some("#nick")),
            ("/join #channel", None),
            ("/quit", None),
            ("/whois bob\nand so on", None),
            ("/привет", None),
        ] {
            assert_eq!(meant(text), command.unwrap_or("nothing"), "{text}");
        }
    }

    #[test]
    fn paths_numbers_and_channels_are_chat() {
        for text in [
            "/usr/bin",
            "/etc/hosts is wrong",
            "/tmp is full",
            "/",
            "/ is full",
            "//",
            "// comment",
            "/24 is too small",
            "/a/b",
            "/etc",
            "/README.md",
            "/me waves",
            "/ME waves",
            "/* x */",
            "#1234",
            "#channel",
            "#",
            "##",
            "# heading",
            "#action ada",
            "#ACTION ada",
            "#close",
            "#rust",
            "#hi",
            "see /nick",
            "see #acton",
            "\\#acton",
            "",
            "#ok",
            "#art",
            "#the",
            "#team",
        ] {
            assert_eq!(doubt(text), None, "{text}");
        }
    }
}
