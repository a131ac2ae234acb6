//! What mails say: a subject and plain text of short lines, times on the meeting's clock with its zone.
//!
//! Knows nothing of SMTP. Links are made of `origin`, the address people use, and never of a request's.

use std::fmt::Write as _;

use super::change::{Change, Happened, Span};
use super::{CONFIRM_HOURS, ReminderTimes};
use crate::domain::schedule::event::ChatEvent;
use crate::domain::schedule::meeting::Meeting;
use crate::domain::time::Timestamp;
use crate::domain::zone::Zone;

/// How many events a mail about changes names; of more it tells the number.
const NAMED: usize = 12;

/// A mail to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub subject: String,
    pub text: String,
}

/// Who writes, and where links lead.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'s> {
    /// The name of the site.
    pub site: &'s str,
    /// The address people use, without a slash at its end.
    pub origin: &'s str,
}

impl Sender<'_> {
    /// Asks for a confirmation by `path`.
    #[must_use]
    pub fn confirmation(&self, meeting: &Meeting, choice: ReminderTimes, path: &str) -> Letter {
        let Self { site, origin } = self;
        let text = format!(
            "{site} was asked to send reminders of this meeting to this address:\n\n\
             \x20 {title}\n  {origin}{page}\n\n\
             A mail would come {when},\n\
             and whenever an event of the coming days is moved or cancelled.\n\n\
             If you want that, open this page within {CONFIRM_HOURS} hours and press its button:\n\n\
             \x20 {origin}{path}\n\n\
             If you do not, or did not ask, do nothing. No more mail comes, and the\n\
             address is forgotten.\n",
            title = meeting.title,
            page = meeting.url(),
            when = choice.words(),
        );
        Letter { subject: format!("Confirm reminders of {}", meeting.title), text }
    }

    /// Reminds of an event. `stop` is the path that ends the reminders.
    #[must_use]
    pub fn reminder(&self, meeting: &Meeting, event: &ChatEvent, stop: &str) -> Letter {
        let span = Span { opens: event.opens_at, closes: event.closes_at };
        let mut text = format!("{}\n", event.title);
        if event.own_title {
            let _ = writeln!(text, "An event of {}", meeting.title);
        }
        let _ = write!(
            text,
            "\n  {}\n\nThe page of the event, which turns into the room at that time:\n\n  {}{}\n",
            span_words(span, event.zone),
            self.origin,
            event.url()
        );
        Letter { subject: format!("{}, {}", event.title, start_words(span, event.zone)), text: self.signed(text, stop) }
    }

    /// Names changes, at least one, and after a cancellation the next event, if there is one. `stop` as for [`Self::reminder`].
    #[must_use]
    pub fn changes(&self, meeting: &Meeting, changes: &[Change], next: Option<Span>, stop: &str) -> Letter {
        let zone = meeting.timetable.zone;
        let subject = match changes {
            [one] => {
                let (start, title) = (start_words(one.was, zone), &one.title);
                match one.happened {
                    Happened::Moved => format!("Moved: {title}, now {}", start_words(one.is, zone)),
                    Happened::Cancelled => format!("Cancelled: {title}, {start}"),
                    Happened::Restored => format!("Not cancelled any more: {title}, {}", start_words(one.is, zone)),
                    Happened::Added => format!("New date: {title}, {}", start_words(one.is, zone)),
                }
            }
            many => format!("{}: {} events changed", meeting.title, many.len()),
        };
        let mut text = format!("{}\n", meeting.title);
        for change in changes.iter().take(NAMED) {
            text.push('\n');
            if change.title != meeting.title {
                let _ = writeln!(text, "{}", change.title);
            }
            let (was, is) = (span_words(change.was, zone), span_words(change.is, zone));
            let _ = match change.happened {
                Happened::Moved => writeln!(text, "An event is moved.\n\n  Old: {was}\n  New: {is}"),
                Happened::Cancelled => writeln!(text, "This event is cancelled.\n\n  {was}"),
                Happened::Restored => writeln!(text, "This event is back on.\n\n  {is}"),
                Happened::Added => writeln!(text, "There is a new date.\n\n  {is}"),
            };
            if let Some(reason) = &change.reason {
                let _ = writeln!(text, "  Reason: {reason}");
            }
            if let Some(key) = &change.key {
                let _ = writeln!(text, "\n  {}{}/{key}", self.origin, meeting.url());
            }
        }
        if changes.len() > NAMED {
            let _ = write!(text, "\nAnd {} more.", changes.len() - NAMED);
        }
        if let Some(next) = next.filter(|_| changes.iter().any(|change| change.happened == Happened::Cancelled)) {
            let _ = write!(text, "\nThe next event of this meeting:\n\n  {}\n", span_words(next, zone));
        }
        if changes.len() > NAMED || changes.iter().all(|change| change.key.is_none()) {
            let _ = write!(text, "\nAll events of this meeting:\n\n  {}{}\n", self.origin, meeting.url());
        }
        Letter { subject, text: self.signed(text, stop) }
    }

    /// With the lines that tell why the mail comes, and how to end that, behind the usual mark.
    fn signed(&self, mut text: String, stop: &str) -> String {
        let _ = write!(
            text,
            "\n-- \nThis mail comes from {}, because you asked to be reminded of this\nmeeting. To end that:\n\n  {}{stop}\n",
            self.site, self.origin
        );
        text
    }
}

/// "Tue 24 Nov 2026, 19:00 (UTC+11:00)".
fn start_words(span: Span, zone: Zone) -> String {
    span.opens.in_zone(zone).format("%a %-d %b %Y, %H:%M (UTC%:z)").to_string()
}

/// "Tuesday 24 November 2026, 19:00 to 20:00 (Australia/Sydney, UTC+11:00)"; the day of the end where it is another.
fn span_words(span: Span, zone: Zone) -> String {
    let day = |at: Timestamp| at.in_zone(zone).format("%A %-d %B %Y, %H:%M").to_string();
    let (opens, closes) = (span.opens.in_zone(zone), span.closes.in_zone(zone));
    let until = if opens.date_naive() == closes.date_naive() { closes.format("%H:%M").to_string() } else { day(span.closes) };
    format!("{} to {until} ({}, UTC{})", day(span.opens), zone.name(), opens.format("%:z"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::schedule::event::tests::event;
    use crate::domain::schedule::meeting::{MeetingInput, Visibility};

    const SENDER: Sender<'static> = Sender { site: "Gavel", origin: "https://meet.example.org" };

    fn meeting() -> Meeting {
        let input = MeetingInput {
            title: "Weekly".into(),
            timezone: "Australia/Sydney".into(),
            starts: "2026-11-24T19:00".into(),
            duration_minutes: "60".into(),
            ..MeetingInput::default()
        };
        let draft = input.check(Timestamp::ZERO).unwrap();
        Meeting {
            earlier: Vec::new(),
            id: "m".into(),
            slug: "weekly".into(),
            organizer: "o".into(),
            title: draft.title,
            description: String::new(),
            description_html: String::new(),
            agenda: String::new(),
            agenda_html: String::new(),
            timetable: draft.timetable,
            visibility: Visibility::Public,
            deleted_at: None,
        }
    }

    fn span(opens: i64, minutes: i64) -> Span {
        Span { opens: Timestamp::from_seconds(opens), closes: Timestamp::from_seconds(opens).plus_minutes(minutes) }
    }

    #[test]
    fn times_are_on_the_meetings_clock_and_name_its_zone() {
        let zone = meeting().timetable.zone;
        let start = 1_795_507_200;
        assert_eq!(span_words(span(start, 60), zone), "Tuesday 24 November 2026, 19:00 to 20:00 (Australia/Sydney, UTC+11:00)");
        assert_eq!(span_words(span(start, 360), Zone::utc()), "Tuesday 24 November 2026, 08:00 to 14:00 (UTC, UTC+00:00)");
        assert!(span_words(span(start, 360), zone).contains("19:00 to Wednesday 25 November 2026, 01:00 (Australia"));
        assert_eq!(start_words(span(start, 60), zone), "Tue 24 Nov 2026, 19:00 (UTC+11:00)");
    }

    #[test]
    fn a_reminder_has_time_link_and_the_way_out() {
        let event = event(1_795_507_200_000_000, 1_795_510_800_000_000);
        let letter = SENDER.reminder(&meeting(), &event, "/reminders/stop/x");
        assert_eq!(letter.subject, "Weekly, Tue 24 Nov 2026, 08:00 (UTC+00:00)");
        for part in ["\n  https://meet.example.org/m/weekly/2026-11-24\n", "\n-- \n", "\n  https://meet.example.org/reminders/stop/x\n"] {
            assert!(letter.text.contains(part), "{}", letter.text);
        }
    }

    #[test]
    fn a_mail_about_changes_tells_old_and_new_times() {
        let change = |happened| Change {
            happened,
            title: "Weekly".into(),
            reason: (happened == Happened::Cancelled).then(|| "Illness".into()),
            key: Some("2026-11-24".into()),
            was: span(1_795_507_200, 60),
            is: span(1_795_510_800, 60),
        };
        let next = span(1_796_112_000, 60);
        let one = |happened| SENDER.changes(&meeting(), &[change(happened)], Some(next), "/s");
        assert_eq!(one(Happened::Moved).subject, "Moved: Weekly, now Tue 24 Nov 2026, 20:00 (UTC+11:00)");
        assert!(one(Happened::Moved).text.contains("  Old: Tuesday 24 November 2026, 19:00 to 20:00"));
        assert!(one(Happened::Moved).text.contains("  New: Tuesday 24 November 2026, 20:00 to 21:00"));
        assert_eq!(one(Happened::Cancelled).subject, "Cancelled: Weekly, Tue 24 Nov 2026, 19:00 (UTC+11:00)");
        assert!(one(Happened::Cancelled).text.contains("20:00 (Australia/Sydney, UTC+11:00)\n  Reason: Illness\n"));
        assert_eq!(one(Happened::Restored).subject, "Not cancelled any more: Weekly, Tue 24 Nov 2026, 20:00 (UTC+11:00)");
        assert!(one(Happened::Cancelled).text.contains("\nThe next event of this meeting:\n\n  Tuesday 1 December 2026, 19:00 to 20:00"));
        assert_eq!(one(Happened::Added).subject, "New date: Weekly, Tue 24 Nov 2026, 20:00 (UTC+11:00)");
        assert!(one(Happened::Added).text.contains("There is a new date.\n\n  Tuesday 24 November 2026, 20:00 to 21:00"));
        assert!(!one(Happened::Added).text.contains("The next event"));
        let many = SENDER.changes(&meeting(), &vec![change(Happened::Moved); NAMED + 3], None, "/s");
        assert_eq!(many.subject, "Weekly: 15 events changed");
        assert!(many.text.contains("\nAnd 3 more.\n") && many.text.matches("  New: ").count() == NAMED);
    }
}
