//! Reminders by mail: the address they go to, when a reader wants them, and what the mails are about.
//!
//! `letter` writes the emails, `change` decides which changes of an event readers learn of, and `pairing` which new dates.

pub mod change;
pub mod email_text;
pub mod pairing;

use std::fmt;

use super::secret;

/// The longest address that a path of SMTP has room for, in characters (RFC 5321, section 4.5.3.1.3).
const ADDRESS: usize = 254;
/// The longest part before the `@` (RFC 5321, section 4.5.3.1.1).
const LOCAL: usize = 64;

/// How long somebody has to confirm a reminder, in hours; then the address is forgotten.
pub const CONFIRM_HOURS: i64 = 48;

/// An e-mail address as people have them. Quoted parts and bare IP addresses, which standards allow, are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

/// Why a text is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailProblem {
    Empty,
    Shape,
    Letters,
    Long,
}

impl fmt::Display for EmailProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "Type the address that the reminders are to go to.",
            Self::Shape => "This is no e-mail address. Write one such as ada@example.org.",
            Self::Letters => {
                "An address may have the letters a to z here. If its domain has others, write it as it is for machines, beginning with xn--."
            }
            Self::Long => "This address is too long: 254 characters are the most, 64 of them before the @.",
        })
    }
}

impl Email {
    /// Reads an address; white space around it is passed over, and the domain is taken in lower case.
    ///
    /// # Errors
    /// [`EmailProblem`].
    pub fn parse(text: &str) -> Result<Self, EmailProblem> {
        let text = text.trim();
        if text.is_empty() {
            return Err(EmailProblem::Empty);
        }
        if !text.is_ascii() {
            return Err(EmailProblem::Letters);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(EmailProblem::Shape)?;
        if text.len() > ADDRESS || local.len() > LOCAL {
            return Err(EmailProblem::Long);
        }
        // The atoms of RFC 5322, section 3.2.3, with dots between them.
        let atom = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b));
        let label = |part: &str| {
            (1..=63).contains(&part.len())
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !part.starts_with('-')
                && !part.ends_with('-')
        };
        let top = domain.rsplit('.').next().unwrap_or_default();
        let named = domain.contains('.') && !top.bytes().all(|b| b.is_ascii_digit());
        if !local.split('.').all(atom) || !domain.split('.').all(label) || !named {
            return Err(EmailProblem::Shape);
        }
        Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase())))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address as a page or a log may show it: `a…@example.org`.
    #[must_use]
    pub fn masked(&self) -> String {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or_default();
        format!("{}…@{domain}", &local[..local.len().min(1)])
    }
}

/// When before an event a reader wants a mail: at least once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReminderTimes {
    pub day: bool,
    pub hour: bool,
}

impl ReminderTimes {
    /// A choice; `None` where nothing was chosen.
    #[must_use]
    pub const fn new(day: bool, hour: bool) -> Option<Self> {
        if day || hour { Some(Self { day, hour }) } else { None }
    }

    /// The choice as it stands in links and in the table.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match (self.day, self.hour) {
            (true, true) => "dh",
            (true, false) => "d",
            _ => "h",
        }
    }

    /// Reads [`Self::code`].
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        match code {
            "dh" => Self::new(true, true),
            "d" => Self::new(true, false),
            "h" => Self::new(false, true),
            _ => None,
        }
    }

    /// "24 hours and 1 hour before each event".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match (self.day, self.hour) {
            (true, true) => "24 hours and 1 hour before each event",
            (true, false) => "24 hours before each event",
            _ => "1 hour before each event",
        }
    }
}

/// Somebody who wants to be reminded of the events of a meeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminder {
    pub id: String,
    /// The id of the meeting.
    pub meeting: String,
    pub email: Email,
    /// Whether the owner of the address said so.
    pub confirmed: bool,
}

impl Reminder {
    /// A new id: `r_` and 24 characters.
    #[must_use]
    pub fn new_id() -> String {
        format!("r_{}", secret::readable(24))
    }
}

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Asks the owner of an address whether the reminders are wanted.
    Confirm,
    /// 24 hours before an event.
    Day,
    /// One hour before an event.
    Hour,
    /// Events were moved, cancelled or restored.
    Changed,
}

impl What {
    /// The word in the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Changed => "changed",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Confirm, Self::Day, Self::Hour, Self::Changed].into_iter().find(|it| it.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_people_have_them_are_read() {
        for (text, read) in [
            (" ada@example.org ", "ada@example.org"),
            ("Ada.Lovelace+gavel@Mail.Example.ORG", "Ada.Lovelace+gavel@mail.example.org"),
            ("o'brien@xn--bcher-kva.example", "o'brien@xn--bcher-kva.example"),
        ] {
            assert_eq!(Email::parse(text).map(|it| it.0), Ok(read.to_owned()));
        }
        assert_eq!(Email::parse("ada@example.org").unwrap().masked(), "a…@example.org");
    }

    #[test]
    fn nothing_that_could_end_a_line_or_an_address_is_one() {
        for bad in [
            "ada",
            "@example.org",
            "ada@",
            "ada@localhost",
            "a@b@example.org",
            "ada@127.0.0.1",
            "ada@[127.0.0.1]",
            "\"a b\"@example.org",
            "ada@example.org\r\nBcc: eve@example.org",
            "ada@example.org,eve@example.org",
            "<ada@example.org>",
            "a..b@example.org",
            ".a@example.org",
            "ada@-example.org",
            "ada@example..org",
            "ada @example.org",
            "ada@exam\0ple.org",
        ] {
            assert_eq!(Email::parse(bad), Err(EmailProblem::Shape), "{bad:?}");
        }
        assert_eq!(Email::parse("  "), Err(EmailProblem::Empty));
        assert_eq!(Email::parse("ada@bücher.example"), Err(EmailProblem::Letters));
        assert_eq!(Email::parse(&format!("{}@example.org", "a".repeat(65))), Err(EmailProblem::Long));
        assert_eq!(Email::parse(&format!("a@{}.org", "long.".repeat(60))), Err(EmailProblem::Long));
    }

    #[test]
    fn choices_and_kinds_of_mail_are_read_as_they_are_written() {
        for choice in [ReminderTimes::new(true, true), ReminderTimes::new(true, false), ReminderTimes::new(false, true)] {
            assert_eq!(choice.map(ReminderTimes::code).and_then(ReminderTimes::of_code), choice);
        }
        assert_eq!((ReminderTimes::new(false, false), ReminderTimes::of_code("x")), (None, None));
        assert_eq!(What::parse("changed"), Some(What::Changed));
    }
}
