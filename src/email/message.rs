//! A mail as its bytes: headers that say who it is from, what it is, and how to end such mails.
//!
//! All of a header but its fixed parts is written by the library, which encodes whatever could end a line.

use std::str::FromStr;
use std::time::{Duration, SystemTime};

use lettre::address::Envelope;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, SinglePart};
use lettre::{Address, Message};

use super::settings::Settings;
use crate::domain::reminders::email_text::Letter;
use crate::domain::reminders::{Email, Reminder};
use crate::domain::secret;
use crate::domain::time::Timestamp;

/// A mail for a reader, as it goes to the server.
pub(super) struct Written {
    pub envelope: Envelope,
    pub bytes: Vec<u8>,
}

/// Writes `letter` to the reader. `id` makes the Message-ID: the same for each try, so that whoever gets the mail
/// twice can tell. `stop` is the path of the reader's way out.
pub(super) fn write(
    settings: &Settings,
    to: &Reminder,
    letter: Letter,
    id: &str,
    stop: &str,
    now: Timestamp,
) -> Result<Written, Box<dyn std::error::Error + Send + Sync>> {
    let from = &settings.from.0;
    let header = |name: &'static str, value: String| HeaderValue::new(HeaderName::new_from_ascii_str(name), value);
    let host = settings.origin.split_once("://").map_or("", |(_, host)| host);
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let sent = SystemTime::UNIX_EPOCH + Duration::from_micros(now.micros().unsigned_abs());
    let message = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, address(&to.email)?))
        .subject(letter.subject)
        .date(sent)
        .message_id(Some(format!("<{}@{}>", &secret::hash(id)[..32], from.email.domain())))
        // RFC 3834: no answer by a machine, such as of somebody on holiday.
        .raw_header(header("Auto-Submitted", "auto-generated".to_owned()))
        // RFC 2919: by this, programs sort.
        .raw_header(header("List-ID", format!("<{}.reminders.{host}>", to.meeting)))
        // RFC 8058: a POST there ends the reminders at once, without cookies or questions.
        .raw_header(header("List-Unsubscribe", format!("<{}{stop}>", settings.origin)))
        .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()))
        .singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(body(letter.text)))?;
    Ok(Written { envelope: message.envelope().clone(), bytes: message.formatted() })
}

/// The text as it is, where mail can have it so (RFC 5322, section 2.1.1). The library would already encode a line of
/// 77 characters, and whoever reads the source would find no link whole.
fn body(text: String) -> Body {
    const LINE: usize = 998;
    if text.is_ascii() && text.lines().all(|line| line.len() <= LINE) {
        Body::dangerous_pre_encoded(text.replace('\n', "\r\n").into_bytes(), ContentTransferEncoding::SevenBit)
    } else {
        Body::new(text)
    }
}

fn address(email: &Email) -> Result<Address, lettre::address::AddressError> {
    Address::from_str(email.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::email::server::Server;
    use crate::email::settings::Author;

    fn bytes(subject: &str) -> String {
        let settings = Settings {
            server: Server::parse("smtp://localhost").unwrap(),
            from: Author::parse("Gavel <gavel@example.org>").unwrap(),
            origin: "https://meet.example.org:8443".into(),
            site: "Gavel".into(),
        };
        let email = Email::parse("ada@example.com").unwrap();
        let to = Reminder { id: "r_a".into(), meeting: "m_b".into(), email, confirmed: true };
        let letter = Letter { subject: subject.into(), text: "One\nTwo\n".into() };
        let written = write(&settings, &to, letter, "id", "/reminders/stop/r_a-0", Timestamp::from_seconds(1_795_507_200)).unwrap();
        String::from_utf8(written.bytes).unwrap()
    }

    #[test]
    fn a_mail_says_what_it_is_and_how_to_end_it() {
        let text = bytes("Weekly");
        for line in [
            "To: ada@example.com",
            "Subject: Weekly",
            "Date: Tue, 24 Nov 2026 08:00:00 +0000",
            "Auto-Submitted: auto-generated",
            "List-ID: <m_b.reminders.meet.example.org>",
            "List-Unsubscribe: <https://meet.example.org:8443/reminders/stop/r_a-0>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
        ] {
            assert!(text.contains(&format!("{line}\r\n")), "{line}\n{text}");
        }
        assert!(text.contains("@example.org>\r\n") && text.trim_end().ends_with("\r\n\r\nOne\r\nTwo"), "{text}");
        assert_eq!(bytes("Weekly"), text);
    }

    #[test]
    fn nothing_in_a_subject_makes_another_header() {
        let text = bytes("Weekly\r\nBcc: eve@example.org\r\n\r\nBody");
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.lines().all(|line| !line.starts_with("Bcc")) && text.trim_end().ends_with("\r\n\r\nOne\r\nTwo"), "{text}");
    }
}
