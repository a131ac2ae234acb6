//! Logs that other programs wrote, as events: from what `logs` found in them to rows.
//!
//! The event begins with the first words and ends a second after the last. Anyone who speaks without having come, came
//! just then: most logs begin in the middle of a day.

use super::event_rows::{Tale, nick};
use super::logs::timestamps::days::Days;
use super::logs::{Event, Meeting};
use super::{Known, Problem, Reason};
use crate::domain::moving::imported_event::ImportedEvent;
use crate::domain::talk::message::Kind;
use crate::domain::time::Timestamp;
use crate::domain::transcript::system_text;

pub(super) fn read(meeting: &Meeting, known: &Known<'_>) -> Result<ImportedEvent, Problem> {
    let mut tale = Tale::new(Days::of_gavel(known.zone, known.date));
    for entry in &meeting.entries {
        let (kind, text) = match &entry.event {
            Event::Says(text) => (Kind::Said, text),
            Event::Does(text) => (Kind::Emote, text),
            // Before the first words it is not an event yet.
            Event::Comes | Event::Goes if !tale.has_opened() => continue,
            Event::Comes => {
                if !tale.is_here(&entry.nick) {
                    let name = nick(entry.number, &entry.nick)?;
                    let ts = tale.next(entry.number, entry.at)?;
                    tale.join(ts, name);
                }
                continue;
            }
            Event::Goes => {
                if tale.is_here(&entry.nick) {
                    let name = nick(entry.number, &entry.nick)?;
                    let ts = tale.next(entry.number, entry.at)?;
                    tale.leave(ts, name);
                }
                continue;
            }
        };
        let name = nick(entry.number, &entry.nick)?;
        let mut ts = tale.next(entry.number, entry.at)?;
        if !tale.has_opened() {
            tale.tell(ts, Kind::Opened, system_text::OPENED);
            ts = tale.next(entry.number, entry.at)?;
        }
        if !tale.is_here(name.as_str()) {
            tale.join(ts, name.clone());
            ts = tale.next(entry.number, entry.at)?;
        }
        tale.say(entry.number, ts, kind, name, text.clone())?;
    }
    tale.end_with_the_last_words();
    tale.tell(Timestamp::from_seconds(tale.last().micros() / 1_000_000 + 1), Kind::Closed, system_text::CLOSED);
    let past = tale.end(false).ok_or(Problem::whole(Reason::Nothing))?;
    let aliases = meeting.aliases.iter().map(|(from, to)| (from.to_lowercase(), to.to_lowercase())).collect();
    Ok(ImportedEvent { aliases, ..past })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::talk::message;
    use crate::domain::zone::Zone;

    fn past(text: &str) -> Result<ImportedEvent, Problem> {
        crate::import::read(text.as_bytes(), &Known { name: "boats-2026-11-24.log", date: None, zone: Zone::utc() })
    }

    /// What a transcript of it looks like, in one line a row.
    fn told(text: &str) -> Vec<String> {
        let past = past(text).unwrap();
        assert!(past.rows.windows(2).all(|two| two[0].ts < two[1].ts));
        assert_eq!((past.rows[0].kind, past.rows[0].ts), (Kind::Opened, past.opens_at));
        past.rows.iter().map(|row| format!("{} {} {}", row.ts.utc().format("%d %H:%M:%S"), row.kind.as_str(), row.text)).collect()
    }

    #[test]
    fn irssi_tells_of_days_and_of_who_comes_and_goes() {
        let log = "--- Log opened Tue Nov 24 23:50:00 2026\n\
            23:50 -!- bob [~bob@host] has joined #boats\n\
            23:58 < ada> hello\n\
            23:59 -!- bob [~bob@host] has joined #boats\n\
            23:59  * bob waves\n\
            --- Day changed Wed Nov 25 2026\n\
            00:01 <@bob> and\n             more\n\
            00:02 -!- bob is now known as bob_\n\
            00:02 < bob_> bye\n\
            00:02 -!- bob_ was kicked from #boats by ada [out]\n\
            00:03 < ada> ok\n\
            00:09 -!- ada [~ada@host] has quit [gone]\n";
        let expected = [
            "24 23:58:00 opened The room opened.",
            "24 23:58:00 joined ada joined",
            "24 23:58:00 said hello",
            "24 23:59:00 joined bob joined",
            "24 23:59:00 emote waves",
            "25 00:01:00 said and\nmore",
            "25 00:02:00 said bye",
            "25 00:02:00 left bob left",
            "25 00:03:00 said ok",
            "25 00:03:01 closed The room closed.",
        ];
        assert_eq!(told(log), expected);
        let past = past(log).unwrap();
        assert_eq!(past.rows[6].nick.as_ref().unwrap().as_str(), "bob", "one person stays one person");
        assert_eq!(past.aliases.get("bob_").map(String::as_str), Some("bob"));
    }

    #[test]
    fn weechat_writes_in_columns() {
        let log = "2026-11-24 18:00:05\t-->\tada (~ada@host) has joined #boats\n\
            2026-11-24 18:00:06\t@ada\thello: there\n\
            2026-11-24 18:00:07\t *\tada waves\n\
            2026-11-24 18:00:08\t--\tMode #boats [+o ada] by ChanServ\n\
            2026-11-25 00:00:09\t<--\tada (~ada@host) has quit (bye)\n\
            2026-11-25 00:00:10\tbob\tlate\n";
        let expected = [
            "24 18:00:06 opened The room opened.",
            "24 18:00:06 joined ada joined",
            "24 18:00:06 said hello: there",
            "24 18:00:07 emote waves",
            "25 00:00:09 left ada left",
            "25 00:00:10 joined bob joined",
            "25 00:00:10 said late",
            "25 00:00:11 closed The room closed.",
        ];
        assert_eq!(told(log), expected);
    }

    #[test]
    fn meetbot_says_the_day_before_the_name_of_the_file_does() {
        let log = "19:00:31 <ada> #startmeeting\n19:00:31 <bot> Meeting started Thu Jun 13 19:00:31 2013 UTC.  The chair is ada.\n";
        assert_eq!(past(log).unwrap().opens_at.utc().to_rfc3339(), "2013-06-13T19:00:31+00:00");
    }

    #[test]
    fn what_is_no_log_is_refused_with_the_number_of_the_line() {
        let long = format!("19:00 <ada> hi\n19:00 <ada> {}", "a".repeat(4_001));
        let irssi = Some("irssi");
        for (text, line, reason) in [
            ("", None, Reason::Nothing),
            ("19:00 -!- ada [a@b] has joined #x\n", None, Reason::Nothing),
            ("Dear all,\n", Some(1), Reason::NoTime("Dear all,".into())),
            ("19:00 <ada> hi\n19:01 hello there\n", Some(2), Reason::UnknownForm("19:01 hello there".into(), irssi)),
            ("19:00 <ada> hi\n19:01 [bob] I object\n", Some(2), Reason::UnknownForm("19:01 [bob] I object".into(), irssi)),
            ("19:00 <ada> hi\n19:01 (dan) me too\n", Some(2), Reason::UnknownForm("19:01 (dan) me too".into(), irssi)),
            ("19:00 <ada> hi\n19:01 <> I object\n", Some(2), Reason::UnknownForm("19:01 <> I object".into(), irssi)),
            ("19:00 <ada> hi\nhello there\n", Some(2), Reason::Stray),
            ("19:00 <ada> hi\n\nhello there\n", Some(3), Reason::Stray),
            ("19:00 <ada> hi\n   <bob> I object\n", Some(2), Reason::Stray),
            ("12:00:00 <ada> hi\n12:60:00 <bob> I resign\n12:01:00 <ada> ok", Some(2), Reason::BadTime("12:60:00".into())),
            ("23:59:00 <ada> hi\n[24:00:01] <bob> I resign", Some(2), Reason::BadTime("[24:00:01]".into())),
            ("19:00 <ada> hi\n           9:01 * bob resigns", Some(2), Reason::BadTime("9:01".into())),
            ("19:00 <ada> hi\n  19:01 <bob> I resign", Some(2), Reason::BadTime("19:01".into())),
            ("2026-02-28 19:00 <ada> hi\n2026-02-29 19:00 <bob> I resign", Some(2), Reason::NoSuchDate),
            ("2026-02-28 19:00:00\tada\thi\n2026-02-28 24:00:00\tbob\tI resign", Some(2), Reason::BadTime("24:00:00".into())),
            (long.as_str(), Some(2), Reason::LongText),
            ("19:00 <a\u{202e}b> hi", Some(1), Reason::Nick("a\u{202e}b".into(), crate::domain::talk::participant::NickProblem::Controls)),
        ] {
            assert_eq!(past(text), Err(Problem { line, reason }), "{text:.40}");
        }
        let bytes = |bytes: &[u8]| crate::import::read(bytes, &Known { name: "", date: None, zone: Zone::utc() });
        assert_eq!(bytes(&b"x".repeat(10_000_000)), Err(Problem::at(1, Reason::LongLine)));
        assert_eq!(bytes(b"19:00 <ada> hi"), Err(Problem::whole(Reason::NoDate)));
        let named = |name| crate::import::read(b"19:00 <ada> hi", &Known { name, date: None, zone: Zone::utc() });
        assert_eq!(named("x-2020-02-31.log"), Err(Problem::whole(Reason::NoSuchDay("2020-02-31".into()))));
    }

    #[test]
    fn an_event_cannot_last_longer_than_a_day() {
        let log = "2026-11-24 19:30 <ada> hi\n2026-11-26 00:00 <ada> still here";
        assert_eq!(past(log), Err(Problem::at(2, Reason::TooLong)));
    }

    #[test]
    fn a_transcript_of_what_was_read_is_read_as_the_same() {
        let log = "18:00 <ada lovelace> hi\n18:00 * ada_l waves\n18:05 <a>b> ok";
        let first = past(log).unwrap();
        let row = |row: &crate::domain::moving::imported_event::PastRow| message::ChatData {
            nick: row.nick.as_ref().map(|nick| nick.as_str().to_owned()),
            ..message::ChatData::bare(row.ts, row.kind, row.text.clone(), String::new())
        };
        let transcript: String = first.rows.iter().map(|it| message::line(&row(it), Zone::utc())).collect();
        assert_eq!(past(&transcript).unwrap(), ImportedEvent { is_ours: true, ..first });
    }
}
