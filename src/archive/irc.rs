//! Logs of IRC: of irssi, WeeChat, ZNC, supybot and MeetBot, and of whatever writes `19:00 <nick> text`.
//!
//! The event begins with the first words and ends a second behind the last. Whoever speaks without having come, came
//! just then: most logs begin in the middle of a day.

use super::days::Days;
use super::presence::{self, Presence};
use super::tale::{Tale, nick};
use super::{Known, Problem, Reason, date};
use crate::domain::message::Kind;
use crate::domain::own;
use crate::domain::past::Past;
use crate::domain::time::Timestamp;
use crate::replay::line::{self, Shape, outdent};

/// So far into a log MeetBot may say when it began.
const HEAD: usize = 200;
/// Marks of WeeChat, where others have a nickname, for who comes and goes and for what servers say.
const NOTES: [&str; 5] = ["-->", "<--", "--", "=!=", ""];
const RANKS: [char; 6] = ['~', '&', '@', '%', '+', '!'];

pub(super) fn read(lines: &[(usize, &str)], known: &Known<'_>) -> Result<Past, Problem> {
    let mut days = Days::new(known.zone, known.date);
    for day in lines.iter().take(HEAD).find_map(|(_, line)| date::of_bot(line)).into_iter().chain(date::of_name(known.name)) {
        days.suppose(day);
    }
    let mut reader = Reader { tale: Tale::new(days), open: None };
    for (number, line) in lines {
        reader.take(*number, &line::clean(line))?;
    }
    reader.close()?;
    let mut tale = reader.tale;
    tale.end_with_the_last_words();
    tale.tell(Timestamp::from_seconds(tale.last().micros() / 1_000_000 + 1), Kind::Closed, own::CLOSED);
    tale.end(false).ok_or(Problem::whole(Reason::Nothing))
}

/// A message whose end is not known yet: the lines behind it may go on with it.
struct Open {
    number: usize,
    ts: Timestamp,
    kind: Kind,
    nick: String,
    text: String,
    /// Where its text begins in its line.
    column: usize,
}

struct Reader {
    tale: Tale,
    open: Option<Open>,
}

impl Reader {
    fn take(&mut self, number: usize, line: &str) -> Result<(), Problem> {
        if line.starts_with("--- ") {
            self.close()?;
            return date::of_remark(line).map_or(Ok(()), |day| self.tale.days.begin(number, day));
        }
        let dated = date::in_front(line);
        if let Some((day, _)) = &dated {
            self.close()?;
            self.tale.days.begin(number, *day)?;
        }
        let line = dated.as_ref().map_or(line, |(_, rest)| rest);
        match line::read(line) {
            Shape::Message { seconds, nick, action, text, column } => self.hear(number, seconds, nick, action, text, column),
            Shape::Other { seconds, rest } => match rest.split_once('\t') {
                Some((mark, text)) => self.columns(number, seconds, mark.trim(), text.trim()),
                None => self.note(number, seconds, rest),
            },
            Shape::Wordless | Shape::Remark => self.close(),
            Shape::Blank => {
                if let Some(open) = &mut self.open {
                    open.text.push('\n');
                }
                Ok(())
            }
            // Words without a time are somebody's only where a client shows by the indent that it wrapped them.
            Shape::Loose => {
                if let Some(time) = line::mistimed(line) {
                    return Err(Problem::at(number, Reason::BadTime(time.to_owned())));
                }
                let open = self.open.as_mut().ok_or(Problem::at(number, Reason::NoTime))?;
                if !line.starts_with("  ") && !line.starts_with('\t') {
                    return Err(Problem::at(number, Reason::Stray));
                }
                open.text.push('\n');
                open.text.push_str(outdent(line, open.column).trim_end());
                Ok(())
            }
        }
    }

    /// A line in columns, as WeeChat writes them.
    fn columns(&mut self, number: usize, seconds: u32, mark: &str, text: &str) -> Result<(), Problem> {
        if NOTES.contains(&mark) {
            return self.note(number, seconds, &format!("-- {text}"));
        }
        let (nick, action, text) = if mark == "*" {
            let (nick, text) = text.split_once(' ').unwrap_or((text, ""));
            (nick, true, text.trim_start())
        } else {
            (mark.trim_start_matches(RANKS), false, text)
        };
        if text.is_empty() { self.close() } else { self.hear(number, seconds, nick, action, text, 0) }
    }

    fn hear(&mut self, number: usize, seconds: u32, by: &str, action: bool, text: &str, column: usize) -> Result<(), Problem> {
        self.close()?;
        let name = nick(number, by)?;
        let mut ts = self.tale.days.at(number, seconds)?;
        if !self.tale.has_opened() {
            self.tale.tell(ts, Kind::Opened, own::OPENED);
            ts = self.tale.days.next();
        }
        if !self.tale.is_here(name.as_str()) {
            self.tale.join(ts, name.clone());
            ts = self.tale.days.next();
        }
        let kind = if action { Kind::Emote } else { Kind::Said };
        self.open = Some(Open { number, ts, kind, nick: name.as_str().to_owned(), text: text.to_owned(), column });
        Ok(())
    }

    /// What is no message: somebody comes or goes, or nothing that concerns anybody.
    fn note(&mut self, number: usize, seconds: u32, rest: &str) -> Result<(), Problem> {
        self.close()?;
        let presence = presence::read(rest);
        if presence.is_none() && rest.starts_with(char::is_alphanumeric) {
            return Err(Problem::at(number, Reason::UnknownForm));
        }
        // Before the first words it is no event yet.
        if !self.tale.has_opened() {
            return Ok(());
        }
        let (goes, comes) = match presence {
            Some(Presence::Comes(who)) => (None, Some(who)),
            Some(Presence::Goes(who)) => (Some(who), None),
            Some(Presence::Renamed(from, to)) => (Some(from).filter(|from| self.tale.is_here(from)), Some(to)),
            None => (None, None),
        };
        if let Some(name) = goes.filter(|who| self.tale.is_here(who)) {
            let ts = self.tale.days.at(number, seconds)?;
            self.tale.leave(ts, nick(number, name)?);
        }
        if let Some(name) = comes.filter(|who| !self.tale.is_here(who)) {
            let ts = self.tale.days.at(number, seconds)?;
            self.tale.join(ts, nick(number, name)?);
        }
        Ok(())
    }

    /// Nothing goes on with the message before.
    fn close(&mut self) -> Result<(), Problem> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let name = nick(open.number, &open.nick)?;
        self.tale.say(open.number, open.ts, open.kind, name, open.text.trim_end().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message;
    use crate::domain::zone::Zone;

    fn past(text: &str) -> Result<Past, Problem> {
        super::super::read(text.as_bytes(), &Known { name: "boats-2026-11-24.log", date: None, zone: Zone::utc() })
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
            00:09 -!- ada [~ada@host] has quit [gone]\n";
        let expected = [
            "24 23:58:00 opened The room opened.",
            "24 23:58:00 joined ada joined",
            "24 23:58:00 said hello",
            "24 23:59:00 joined bob joined",
            "24 23:59:00 emote waves",
            "25 00:01:00 said and\nmore",
            "25 00:02:00 left bob left",
            "25 00:02:00 joined bob_ joined",
            "25 00:02:00 said bye",
            "25 00:02:01 closed The room closed.",
        ];
        assert_eq!(told(log), expected);
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
        for (text, line, reason) in [
            ("", None, Reason::Nothing),
            ("19:00 -!- ada [a@b] has joined #x\n", None, Reason::Nothing),
            ("Dear all,\n", Some(1), Reason::NoTime),
            ("19:00 <ada> hi\n19:01 hello there\n", Some(2), Reason::UnknownForm),
            ("19:00 <ada> hi\nhello there\n", Some(2), Reason::Stray),
            ("19:00 <ada> hi\n\nhello there\n", Some(3), Reason::Stray),
            ("12:00:00 <ada> hi\n12:60:00 <bob> I resign\n12:01:00 <ada> ok", Some(2), Reason::BadTime("12:60:00".into())),
            ("23:59:00 <ada> hi\n[24:00:01] <bob> I resign", Some(2), Reason::BadTime("[24:00:01]".into())),
            ("19:00 <ada> hi\n           9:01 * bob resigns", Some(2), Reason::BadTime("9:01".into())),
            ("19:00 <ada> hi\n  19:01 <bob> I resign", Some(2), Reason::BadTime("19:01".into())),
            ("2026-02-28 19:00 <ada> hi\n2026-02-29 19:00 <bob> I resign", Some(2), Reason::BadTime("2026-02-29 19:00".into())),
            ("2026-02-28 19:00:00\tada\thi\n2026-02-28 24:00:00\tbob\tI resign", Some(2), Reason::BadTime("24:00:00".into())),
            (long.as_str(), Some(2), Reason::LongText),
            ("19:00 <a\u{202e}b> hi", Some(1), Reason::Nick("a\u{202e}b".into(), crate::domain::participant::NickProblem::Controls)),
        ] {
            assert_eq!(past(text), Err(Problem { line, reason }), "{text:.40}");
        }
        let bytes = |bytes: &[u8]| super::super::read(bytes, &Known { name: "", date: None, zone: Zone::utc() });
        assert_eq!(bytes(b"19:00 <ada> hi\n19:01 <ada> \xff"), Err(Problem::at(2, Reason::NotUtf8)));
        assert_eq!(bytes(&b"x".repeat(10_000_000)), Err(Problem::at(1, Reason::LongLine)));
        assert_eq!(bytes(b"19:00 <ada> hi"), Err(Problem::whole(Reason::NoDate)));
        let named = |name| super::super::read(b"19:00 <ada> hi", &Known { name, date: None, zone: Zone::utc() });
        assert_eq!(named("x-2020-02-31.log"), Err(Problem::whole(Reason::NoSuchDay("2020-02-31".into()))));
    }

    #[test]
    fn a_transcript_of_what_was_read_is_read_as_the_same() {
        let log = "18:00 <ada lovelace> hi\n18:00 * ada_l waves\n18:05 <a>b> ok";
        let first = past(log).unwrap();
        let row = |row: &crate::domain::past::PastRow| message::ChatData {
            nick: row.nick.as_ref().map(|nick| nick.as_str().to_owned()),
            ..message::ChatData::bare(row.ts, row.kind, row.text.clone(), String::new())
        };
        let transcript: String = first.rows.iter().map(|it| message::line(&row(it), Zone::utc())).collect();
        assert_eq!(past(&transcript).unwrap(), Past { is_ours: true, ..first });
    }
}
