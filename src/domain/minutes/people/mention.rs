//! Who is called in a message: a nickname, or another name of the same person, that stands in it as a word.

use super::names::{first_word, folded, is_inside_word};
use crate::domain::text::spoken;

/// A text as it is searched for names: folded once, for all who ask whether they are meant.
#[derive(Clone, Debug)]
pub struct Heard(String);

impl Heard {
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(folded(&spoken(text)))
    }

    /// How many bytes it takes.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The names by which somebody is called.
#[derive(Clone, Debug, Default)]
pub struct Names {
    whole: Vec<String>,
    /// The first words of those with spaces or emoji.
    first: Vec<String>,
}

impl Names {
    pub fn of<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let names: Vec<&str> = names.into_iter().collect();
        Self {
            whole: names.iter().map(|name| folded(name)).filter(|name| !name.is_empty()).collect(),
            first: names.iter().filter_map(|name| first_word(name)).collect(),
        }
    }

    /// Whether nobody can be meant by them.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.whole.is_empty()
    }

    /// Whether one of them is this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.whole.contains(&folded(name))
    }

    /// Whether one of them stands in the text as a word.
    #[must_use]
    pub fn are_in(&self, text: &Heard) -> bool {
        self.whole
            .iter()
            .chain(&self.first)
            .any(|name| text.0.match_indices(name.as_str()).any(|(at, _)| stands_alone(&text.0, at, at + name.len())))
    }
}

/// Whether no word goes on over either end of this part of a text.
fn stands_alone(text: &str, from: usize, until: usize) -> bool {
    let goes_on = |at: usize| is_inside_word(text[..at].chars().rev(), text[at..].chars());
    !goes_on(from) && !goes_on(until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_called_where_it_stands_as_a_word_in_any_case_and_width() {
        let names = Names::of(["Ada", "the  Countess"]);
        for text in ["ada", "Thanks, ADA!", "ask (ada)", "@ada: yes", "Ａｄａ?", "the countess of it", "x adam ada"] {
            assert!(names.are_in(&Heard::of(text)), "{text}");
        }
        for text in ["adam", "Canada", "ad a", "ada_2", "the countesses", ""] {
            assert!(!names.are_in(&Heard::of(text)), "{text}");
        }
        for text in ["https://example.org/ada", "ada@example.org", "run `ada`", "```\nada\n```", "www.ada.example"] {
            assert!(!names.are_in(&Heard::of(text)), "{text}");
        }
        let spaced = Names::of(["Grace Hopper", "👩\u{200d}🚀", "linus 🐧", "❤\u{fe0f}"]);
        for text in ["grace: yes", "ask Grace Hopper", "👩\u{200d}🚀 flies", "LINUS", "we ❤ you"] {
            assert!(spaced.are_in(&Heard::of(text)), "{text}");
        }
        assert!(!spaced.are_in(&Heard::of("hopper, graceful, 🚀")));
        assert!(Names::of([" ", ""]).is_empty());
        for text in ["irc://h/ada", "/home/ada", "C:\\ada", "ada.txt", "my.ada", "see docs/ada.md", "~/ada", "ada.example.org"] {
            assert!(!names.are_in(&Heard::of(text)), "{text}");
        }
        for text in ["bob/ada: look", "ask Ada.", "Ada... yes", "(ada)/bob", "w/ ada", "“Ada”", "ada’s"] {
            assert!(names.are_in(&Heard::of(text)), "{text}");
        }
        let dotted = Names::of(["j.smith", "O’Neil", "Anne-Marie", "🦊 Fox", "a/b/c"]);
        for text in ["j.smith: yes", "ask O'Neil", "ask O’Neil", "oʼneil’s", "Anne‑Marie", "🦊 fox, look", "FOX?", "a/b/c"] {
            assert!(dotted.are_in(&Heard::of(text)), "{text}");
        }
        for text in ["smith", "o'neill", "foxes", "🦊"] {
            assert!(!dotted.are_in(&Heard::of(text)), "{text}");
        }
        assert!(Names::of(["学校"]).are_in(&Heard::of("私の学校です")), "scripts without spaces have words that touch");
    }
}
