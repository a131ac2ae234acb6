//! One row of an event's log: what it can be, and how a text becomes one.

use std::fmt;

use crate::domain::zone::Zone;
use serde::{Serialize, Serializer};

use super::participant::ParticipantId;
use crate::domain::limits;
use crate::domain::minutes::{self, Command, Hint, Read, Tag};
use crate::domain::text::{self, visible};
use crate::domain::time::Timestamp;
use crate::domain::transcript::system_text;

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Somebody said something.
    Said,
    /// Somebody did something (`/me`).
    Emote,
    Joined,
    Left,
    Opened,
    /// The last row of its event, for ever.
    Closed,
    Cancelled,
    Restored,
    /// The event's times or title changed.
    Rescheduled,
    /// An earlier row was emptied; the text is its `ts`.
    Redacted,
    /// Somebody may run the event from now on.
    Chair,
    /// Somebody may do so no longer.
    Unchair,
    /// The room closes soon.
    Warning,
    /// The agenda changed, or an item of it was ticked.
    Agenda,
    /// Something was decided on an action of an earlier event.
    Action,
}

impl Kind {
    const ALL: [Self; 15] = [
        Self::Said,
        Self::Emote,
        Self::Joined,
        Self::Left,
        Self::Opened,
        Self::Closed,
        Self::Cancelled,
        Self::Restored,
        Self::Rescheduled,
        Self::Redacted,
        Self::Chair,
        Self::Unchair,
        Self::Warning,
        Self::Agenda,
        Self::Action,
    ];

    /// The word in JSON and in the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Said => "said",
            Self::Emote => "emote",
            Self::Joined => "joined",
            Self::Left => "left",
            Self::Opened => "opened",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
            Self::Restored => "restored",
            Self::Rescheduled => "rescheduled",
            Self::Redacted => "redacted",
            Self::Chair => "chair",
            Self::Unchair => "unchair",
            Self::Warning => "warning",
            Self::Agenda => "agenda",
            Self::Action => "action",
        }
    }

    /// Whether it says how somebody stands to the event from now on.
    #[must_use]
    pub const fn is_about_somebody(self) -> bool {
        matches!(self, Self::Joined | Self::Left | Self::Chair | Self::Unchair)
    }

    /// Reads the word of the table.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// One row of an event's log (the model's CHATDATA). Its JSON is the contract's row shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChatData {
    pub ts: Timestamp,
    pub kind: Kind,
    /// Who wrote it or whom it is about; `None` on the program's own rows.
    pub from: Option<ParticipantId>,
    pub nick: Option<String>,
    pub text: String,
    pub html: String,
    pub nonce: Option<String>,
    /// The only participant who may see it; `None`: everyone who may read the event. Its JSON is `room`: `"me"` for that
    /// participant, null for everyone, and only the latter are part of the count and the digest.
    #[serde(rename = "room", serialize_with = "room")]
    pub audience: Option<ParticipantId>,
    /// What its text is hashed with for the digest: on rows that people wrote, until they are redacted.
    pub salt: Option<String>,
    /// The hash of a redacted row's text ([`crate::domain::transcript::digest::content`]).
    pub hash: Option<String>,
    /// What it is to the minutes ([`minutes`]).
    pub tag: Option<Tag>,
}

/// Writes who may see a row. Rows with an audience are sent to nobody else, so their reader is always "me".
#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
fn room<S: Serializer>(audience: &Option<ParticipantId>, to: S) -> Result<S::Ok, S::Error> {
    audience.as_ref().map(|_| "me").serialize(to)
}

impl ChatData {
    /// A row of nobody that everyone may see, with nothing beside its text.
    #[must_use]
    pub const fn bare(ts: Timestamp, kind: Kind, text: String, html: String) -> Self {
        Self { ts, kind, from: None, nick: None, text, html, nonce: None, audience: None, salt: None, hash: None, tag: None }
    }
}

/// What somebody wants to say, checked and rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Utterance {
    pub kind: Kind,
    pub text: String,
    pub html: String,
    /// The command that it is, if it may be given.
    pub command: Option<Command>,
    /// The command that it nearly is.
    pub near: Option<Tag>,
    /// What its writer is to be told, whatever becomes of the command.
    pub hint: Option<Hint>,
}

/// Why a text is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextProblem {
    Empty,
    /// More than [`limits::TEXT`] characters.
    TooLong,
    /// Control characters other than newline and tab.
    Controls,
}

impl fmt::Display for TextProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("There is nothing in this message. Write something first."),
            Self::TooLong => write!(f, "This message is too long: one may have up to {} characters. Send it in parts.", limits::TEXT),
            Self::Controls => f.write_str("This message holds control characters. Remove them and send it again."),
        }
    }
}

impl Utterance {
    /// Reads what somebody typed: CRLF made LF, white space at the end and empty lines at the beginning dropped, `/me` an emote. The
    /// first line of chat keeps its indentation, as all others do.
    ///
    /// # Errors
    /// The rule broken.
    pub fn parse(typed: &str) -> Result<Self, TextProblem> {
        let typed = typed.replace("\r\n", "\n").replace('\r', "\n");
        let (typed, indented) = (typed.trim(), without_empty_lines(&typed));
        // Indentation does not make a message too long.
        let indented = if indented.chars().count() > limits::TEXT { typed } else { indented };
        if typed.chars().count() > limits::TEXT {
            return Err(TextProblem::TooLong);
        }
        if visible::has_controls(indented) {
            return Err(TextProblem::Controls);
        }
        let (kind, said) = match typed.strip_prefix("/me") {
            Some(rest) if rest.is_empty() || rest.starts_with(char::is_whitespace) => (Kind::Emote, rest.trim()),
            _ => (Kind::Said, typed),
        };
        if !text::shows_something(said) {
            return Err(TextProblem::Empty);
        }
        let read = if kind == Kind::Said { minutes::read(said) } else { Read::Chat };
        let (said, command, fault) = match read {
            Read::Chat => (if kind == Kind::Said { indented } else { said }, None, None),
            Read::Escaped(said) => (said, None, None),
            Read::Command(command) => (said, Some(command), None),
            Read::Faulty(tag, hint) => (said, None, Some((tag, hint))),
        };
        let (near, hint) = fault.or_else(|| minutes::passed_over(said).map(|tag| (tag, Hint::Inside(tag)))).unzip();
        let is_plain = kind == Kind::Said && command.is_none() && !typed.starts_with('\\');
        let doubt = Some(said).filter(|_| is_plain && near.is_none()).and_then(minutes::doubt);
        // A line that was meant to be a vote counts as one here too: nobody may read what was meant to be secret.
        let near = near.or_else(|| doubt.as_ref().filter(|doubt| doubt.means(Tag::Vote)).map(|_| Tag::Vote));
        let hint = command.as_ref().and_then(Command::remark).or(hint).or(doubt);
        Ok(Self { kind, text: said.to_owned(), html: text::inline(said), command, near, hint })
    }

    /// The text of its row with this tag, where that says more than was typed: which action it decides on.
    #[must_use]
    pub fn told(&self, tag: Option<Tag>) -> Option<String> {
        let command = self.command.as_ref().filter(|command| tag == Some(command.tag))?;
        Some(minutes::typed(&self.text, command.action()?))
    }

    /// Returns what its writer is asked before it is sent, if it looks like a command and is not one.
    #[must_use]
    pub fn doubt(&self) -> Option<&Hint> {
        let is_command = self.command.is_some() && !matches!(self.hint, Some(Hint::Inside(_)));
        self.hint.as_ref().filter(|_| !is_command)
    }

    /// Whether it votes, or was perhaps meant to.
    #[must_use]
    pub fn votes(&self) -> bool {
        self.near == Some(Tag::Vote) || self.command.as_ref().is_some_and(|command| command.tag == Tag::Vote)
    }
}

/// Leaves out white space at the end, and empty lines at the beginning.
fn without_empty_lines(text: &str) -> &str {
    let text = text.trim_end();
    let indent = text.len() - text.trim_start().len();
    &text[text[..indent].rfind('\n').map_or(0, |newline| newline + 1)..]
}

/// Returns whether a nonce is long enough to be a secret: nobody gets a token by guessing one.
#[must_use]
pub fn nonce_is_strong(nonce: &str) -> bool {
    nonce.len() >= limits::STRONG_NONCE
}

/// Checks a client's nonce: 1 to [`limits::NONCE`] visible ASCII characters.
#[must_use]
pub fn nonce_is_fine(nonce: &str) -> bool {
    (1..=limits::NONCE).contains(&nonce.len()) && nonce.bytes().all(|b| b.is_ascii_graphic())
}

/// A row as one line of a plain transcript, `HH:MM:SS <nick> text` in the meeting's zone. What is no command does not look like one,
/// and what somebody does not like a row of the program's own.
#[must_use]
pub fn line(row: &ChatData, zone: Zone) -> String {
    let time = row.ts.in_zone(zone).format("%H:%M:%S");
    let is_chat = row.kind == Kind::Said && row.tag.is_none();
    let text = if is_chat { minutes::escaped(&row.text) } else { row.text.as_str().into() };
    let text = text.replace('\n', "\n  ");
    match (row.kind, &row.nick) {
        (Kind::Said, Some(nick)) => format!("{time} <{nick}> {text}\n"),
        (Kind::Emote, Some(nick)) => format!("{time} * {}\n", system_text::action(nick, &text)),
        _ => format!("{time} * {text}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_text_is_trimmed_and_its_line_ends_made_one() {
        let said = Utterance::parse(" \r\n\nhello\r\nworld \n").unwrap();
        assert_eq!((said.kind, said.text.as_str(), said.html.as_str()), (Kind::Said, "hello\nworld", "hello<br>world"));
    }

    #[test]
    fn the_first_line_of_chat_keeps_its_indentation() {
        for (typed, text) in [
            ("   indented first line", "   indented first line"),
            ("\n \n    a\n  b\n", "    a\n  b"),
            ("\tfn main() {\r\n\t}", "\tfn main() {\n\t}"),
            ("\u{3000}段落", "\u{3000}段落"),
            ("  ```\n  a\n  ```", "  ```\n  a\n  ```"),
            ("  #info a", "#info a"),
            ("  #topic", "#topic"),
            ("  \\#info a", "#info a"),
            ("  /me waves", "waves"),
            ("  https://example.org", "https://example.org"),
        ] {
            assert_eq!(Utterance::parse(typed).map(|it| it.text), Ok(text.to_owned()), "{typed}");
        }
    }

    #[test]
    fn texts_that_show_nothing_are_refused_whatever_marks_are_around_them() {
        for nothing in
            ["`\u{200b}`", "**\u{200b}**", "_\u{2800}_", "```\n\u{200b}\n```", "```\n\n```", "/me *\u{200b}*", "` `", "*`\u{ad}`*"]
        {
            assert_eq!(Utterance::parse(nothing), Err(TextProblem::Empty), "{nothing:?}");
        }
        for (text, hint) in [
            ("#action `\u{200b}`", Hint::Empty(Tag::Action)),
            ("#topic **\u{200b}**", Hint::Empty(Tag::Topic)),
            ("#startvote `\u{2060}`? a, b", Hint::Empty(Tag::StartVote)),
            ("#startvote Which? `\u{2060}`, b", Hint::Options),
            ("#edit 17 _\u{feff}_", Hint::NoWords),
        ] {
            assert_eq!(Utterance::parse(text).map(|it| (it.command, it.hint)), Ok((None, Some(hint))), "{text:?}");
        }
        for seen in ["****", "`.`", "**\u{200b}a**", "*", "_", "\\", "[\u{200b}](https://example.org)", "``", "[]"] {
            assert!(Utterance::parse(seen).is_ok(), "{seen:?}");
        }
        assert!(Utterance::parse("[\u{200b}](https://example.org)").unwrap().html.contains(">https://example.org</a>"));
    }

    #[test]
    fn what_looks_like_a_command_is_asked_about() {
        for asked in [
            "#action:bob",
            "#action: bob",
            "#topic",
            "#done",
            "#nick",
            "#undo that",
            "hi\n#action bob x",
            "hi\n  #topic",
            "#acton x",
            "/nick x",
        ] {
            assert!(Utterance::parse(asked).unwrap().doubt().is_some(), "{asked}");
        }
        assert!(Utterance::parse("#info a\n#idea b").unwrap().doubt().is_some());
        for fine in ["hi", "#action bob x", "\\#topic", "#1234", "#startvote soup, bread", "hi\n#1234", "/me #topic", "https://example.org"]
        {
            assert_eq!(Utterance::parse(fine).unwrap().doubt(), None, "{fine}");
        }
    }

    #[test]
    fn me_is_an_emote_only_as_a_word() {
        assert_eq!(Utterance::parse("/me waves").map(|u| (u.kind, u.text)), Ok((Kind::Emote, "waves".into())));
        assert_eq!(Utterance::parse("/meeting").map(|u| u.kind), Ok(Kind::Said));
        assert_eq!(Utterance::parse("/me  "), Err(TextProblem::Empty));
    }

    #[test]
    fn texts_that_break_a_rule_are_refused() {
        assert_eq!(Utterance::parse(" \n\t "), Err(TextProblem::Empty));
        assert_eq!(Utterance::parse("a\u{0}"), Err(TextProblem::Controls));
        assert_eq!(Utterance::parse("a\u{85}b"), Err(TextProblem::Controls));
        assert_eq!(Utterance::parse(&"ü".repeat(4_001)), Err(TextProblem::TooLong));
        assert!(Utterance::parse(&format!("{}\r\n", "ü".repeat(4_000))).is_ok());
    }

    #[test]
    fn a_plain_line_keeps_its_continuation_indented() {
        let ts = Timestamp::from_seconds(1_795_550_400);
        let row = |kind, text: &str| ChatData { nick: Some("ada".into()), ..ChatData::bare(ts, kind, text.into(), String::new()) };
        assert_eq!(line(&row(Kind::Said, "a\nb"), Zone::utc()), "20:00:00 <ada> a\n  b\n");
        assert_eq!(line(&row(Kind::Emote, "waves"), Zone::utc()), "20:00:00 * ada waves\n");
        assert_eq!(line(&row(Kind::Joined, "ada joined"), Zone::utc()), "20:00:00 * ada joined\n");
    }

    #[test]
    fn a_plain_line_of_chat_that_looks_like_a_command_has_a_backslash() {
        let chat = |text: &str| ChatData {
            nick: Some("ada".into()),
            ..ChatData::bare(Timestamp::from_seconds(1_795_550_400), Kind::Said, text.into(), String::new())
        };
        let text = |row: &ChatData| line(row, Zone::utc()).trim_end().trim_start_matches("20:00:00 <ada> ").to_owned();
        for like in ["#action ada books", "#undo → #info a", "\\#Topic x", "\\\\#vote yes", "https://example.org", "\\http://[::1]/ x"] {
            let told = text(&chat(like));
            assert_eq!((told.as_str(), minutes::unescaped(&told)), (format!("\\{like}").as_str(), Some(like)));
            assert_eq!(text(&ChatData { tag: Some(Tag::Info), ..chat(like) }), like, "a command stays as it is");
        }
        for other in ["#1234", "#action", "\\#channel", "\\", "\\o/", "see #action x", "httpd is up"] {
            assert_eq!((text(&chat(other)).as_str(), minutes::unescaped(other)), (other, None));
        }
        assert_eq!(text(&ChatData { kind: Kind::Emote, ..chat("#action x") }), "20:00:00 * ada #action x");
    }
}
