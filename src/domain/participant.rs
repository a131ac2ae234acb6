//! A nickname in one event, and when two nicknames are too alike.

use std::fmt;

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};
use unicode_security::confusable_detection::skeleton;

use super::{limits, secret};

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
    pub standing: Standing,
    /// Whether they may run the event.
    pub chair: bool,
}

/// How a participant stands to the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
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
            Self::Empty => f.write_str("Pick a nickname: a letter, a digit or a sign that others can see."),
            Self::TooLong => write!(f, "This nickname is too long: it may have up to {} characters.", limits::NICK),
            Self::Controls => f.write_str("This nickname holds characters that cannot be seen. Use letters, digits and signs."),
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
        if nick.chars().any(is_hidden) {
            return Err(NickProblem::Controls);
        }
        if nick.chars().count() > limits::NICK {
            return Err(NickProblem::TooLong);
        }
        let seen = |c: char| !matches!(c.general_category_group(), GeneralCategoryGroup::Mark | GeneralCategoryGroup::Separator);
        if !nick.chars().any(seen) || fold(&nick).is_empty() {
            return Err(NickProblem::Empty);
        }
        Ok(Self(nick))
    }

    /// The nickname as it is shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two nicknames share when people could take one for the other: case, width and
    /// look-alikes folded (NFKC; the skeleton of UTS 39, section 4).
    #[must_use]
    pub fn key(&self) -> String {
        fold(&self.0)
    }
}

fn fold(nick: &str) -> String {
    let plain: String = nick.nfkc().flat_map(char::to_lowercase).collect();
    // The skeleton maps some small letters to capitals (`0` and `o` meet at `O`), so fold twice.
    let bones: String = skeleton(&plain).flat_map(char::to_lowercase).collect();
    skeleton(&bones).filter(|c| !c.is_whitespace()).collect()
}

/// Whether `c` is a control, or a character that hides or turns what stands beside it.
pub(super) fn is_hidden(c: char) -> bool {
    // Emoji families and flags are held together by these two.
    c != '\u{200d}' && c != '\u{fe0f}' && c.general_category_group() == GeneralCategoryGroup::Other
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nick(text: &str) -> Nick {
        Nick::parse(text).unwrap()
    }

    #[test]
    fn nicknames_of_real_logs_are_fine() {
        for text in ["ada", "_aj_", "unknown_lamer", "t8m|away", "Zoë", "^_^", "李雷", "ada lovelace", "👩‍🚀"] {
            assert_eq!(nick(text).as_str(), text);
        }
        assert_eq!(nick("  ada \t lovelace ").as_str(), "ada lovelace");
    }

    #[test]
    fn nobody_sees_some_nicknames() {
        for text in ["", "   ", "\u{200d}", "\u{301}", "\u{3000}"] {
            assert_eq!(Nick::parse(text), Err(NickProblem::Empty), "{text:?}");
        }
        for text in ["a\u{0}b", "\u{202e}ada", "ada\u{200b}", "\u{feff}ada", "a\u{7f}"] {
            assert_eq!(Nick::parse(text), Err(NickProblem::Controls), "{text:?}");
        }
        assert_eq!(Nick::parse(&"a".repeat(41)), Err(NickProblem::TooLong));
        assert_eq!(Nick::parse(&"é".repeat(40)).map(|n| n.as_str().chars().count()), Ok(40));
    }

    #[test]
    fn look_alikes_share_a_key() {
        for (one, other) in
            [("ada", "ADA"), ("ada", "аdа"), ("ada", "ａｄａ"), ("bob", "b0b"), ("paul", "pau1"), ("Zoë", "zoe\u{308}"), ("x y", "xy")]
        {
            assert_eq!(nick(one).key(), nick(other).key(), "{one} {other}");
        }
        assert_ne!(nick("ada").key(), nick("adam").key());
        assert_ne!(nick("zoe").key(), nick("zoë").key());
    }
}
