//! A nickname in one event, and when two nicknames are too alike.

use std::fmt;

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

use crate::domain::text::confusable::{self, Looks};
use crate::domain::text::visible;
use crate::domain::{limits, secret};

/// The public id of a participant: `p_` and 20 characters. The token proves it, see [`secret::Signer`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ParticipantId(String);

impl ParticipantId {
    /// A new id.
    #[must_use]
    pub fn random() -> Self {
        Self(format!("p_{}", secret::readable(20)))
    }

    /// Reads an id; `None` for what no participant can have.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("p_")?;
        (rest.len() == 20 && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())).then(|| Self(text.into()))
    }

    /// The id as it stands in JSON and tokens.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ParticipantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Somebody in an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    pub id: ParticipantId,
    pub nick: String,
    pub standing: ParticipantState,
    /// Whether they may run the event.
    pub chair: bool,
}

/// How a participant stands to the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParticipantState {
    /// In the room.
    Here,
    /// Timed out: a `left` row is written, the token lives, and its next use writes `joined`.
    Away,
    /// Left or removed: the token is dead, the nickname free.
    Gone,
}

/// A nickname as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nick(String);

/// Why a text is no nickname.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NickProblem {
    /// Nothing in it that can be seen.
    Empty,
    /// More than [`limits::NICK`] characters.
    TooLong,
    /// Control characters, or ones that turn or hide text.
    Controls,
}

impl fmt::Display for NickProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Choose a nickname that others can see. A letter or a digit is enough."),
            Self::TooLong => write!(f, "This nickname is too long. It may have up to {} characters.", limits::NICK),
            Self::Controls => {
                f.write_str("This nickname contains characters that nobody can see. Use letters, digits, punctuation and emoji.")
            }
        }
    }
}

impl Nick {
    /// Reads a nickname: NFC, white space at the ends dropped and inside it made single spaces.
    ///
    /// # Errors
    /// The rule broken.
    pub fn parse(text: &str) -> Result<Self, NickProblem> {
        // Bound the work before normalizing: no character of a nickname needs more than a few marks.
        if text.len() > limits::NICK * 16 {
            return Err(NickProblem::TooLong);
        }
        let nick = text.nfc().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
        if !visible::is_visible(&nick) && nick.chars().all(|c| !c.is_control()) {
            return Err(NickProblem::Empty);
        }
        if visible::find_hidden(&nick).is_some() {
            return Err(NickProblem::Controls);
        }
        if nick.chars().count() > limits::NICK {
            return Err(NickProblem::TooLong);
        }
        Ok(Self(nick))
    }

    /// The nickname as it is shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same text for nicknames that differ only in case, width or invisible characters.
    #[must_use]
    pub fn key(&self) -> String {
        confusable::fold_name(&self.0)
    }

    /// The keys by which nicknames that may look like this one are found.
    #[must_use]
    pub fn looks(&self) -> Looks {
        Looks::of(&self.0)
    }

    /// Returns whether people could take this nickname for the other.
    #[must_use]
    pub fn is_like(&self, other: &str) -> bool {
        confusable::are_alike(&self.0, other)
    }

    /// Returns how well a similar nickname fits this one as a name that somebody typed: higher is better.
    #[must_use]
    pub fn closeness(&self, other: &str) -> u8 {
        if self.0 == other { 2 } else { u8::from(confusable::fold_name(&self.0) == confusable::fold_name(other)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nick(text: &str) -> Nick {
        Nick::parse(text).unwrap()
    }

    #[test]
    fn nicknames_of_real_logs_are_fine() {
        for text in ["ada", "_aj_", "unknown_lamer", "t8m|away", "Zoë", "^_^", "李雷", "ada lovelace", "👩‍🚀", "علی\u{200c}رضا", "❤\u{fe0f}"]
        {
            assert_eq!(nick(text).as_str(), text);
        }
        assert_eq!(nick("  ada \t lovelace ").as_str(), "ada lovelace");
    }

    #[test]
    fn nobody_sees_some_nicknames() {
        for text in [
            "",
            "   ",
            "\u{200d}",
            "\u{301}",
            "\u{3000}",
            "\u{200b}",
            "\u{fffc}",
            "\u{2800}",
            "\u{3164}",
            "\u{115f}",
            "\u{e0041}",
            "\u{202e}",
        ] {
            assert_eq!(Nick::parse(text), Err(NickProblem::Empty), "{text:?}");
        }
        for text in ["a\u{0}b", "\u{202e}ada", "ada\u{200b}", "\u{feff}ada", "a\u{7f}", "\u{0}", "ada\u{3164}", "a\u{2800}b", "ada\u{61c}"]
        {
            assert_eq!(Nick::parse(text), Err(NickProblem::Controls), "{text:?}");
        }
        assert_eq!(Nick::parse(&"a".repeat(41)), Err(NickProblem::TooLong));
        assert_eq!(Nick::parse(&"é".repeat(40)).map(|n| n.as_str().chars().count()), Ok(40));
    }

    #[test]
    fn look_alikes_are_found_and_told_from_the_same_name() {
        for (one, other) in
            [("ada", "ADA"), ("ada", "аdа"), ("ada", "ａｄａ"), ("bob", "b0b"), ("paul", "pau1"), ("Zoë", "zoe\u{308}"), ("x y", "X  Y")]
        {
            assert!(nick(one).is_like(other) && nick(one).looks().meet(&nick(other).looks()), "{one} {other}");
        }
        assert!(!nick("x y").is_like("xy") && !nick("ada").is_like("adam") && !nick("zoe").is_like("zoë"));
        assert_eq!(["Ian", "ian", "lan"].map(|other| nick("Ian").closeness(other)), [2, 1, 0]);
    }
}
