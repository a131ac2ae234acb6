//! Every format by its examples, and the promise: nobody gets the words of another, and nothing disappears without a word.

use super::body::{self, Body};
use super::format::{FORMATS, Meaning};
use super::report::Kind;
use super::status::Status;
use super::*;

fn read_with(bytes: &[u8], options: &Options) -> Result<Log, Problem> {
    let known = Known { name: "boats-2026-03-06.log", date: None, zone: Zone::utc() };
    let mut report = Report::default();
    let lines = text::lines(bytes, options.encoding, &mut report)?;
    read(&lines, &known, options, report)
}

fn read_all(log: &str) -> Result<Log, Problem> {
    read_with(log.as_bytes(), &Options::default())
}

/// Returns the words and actions of people, each as `day time nick: text`.
fn messages(log: &Log) -> Vec<String> {
    let entries = log.meetings.iter().flat_map(|meeting| &meeting.entries);
    let message = |entry: &LogEntry| {
        let (Event::Says(text) | Event::Does(text)) = &entry.event else { return None };
        Some(format!("{} {}: {text}", entry.at.utc().format("%d %H:%M:%S"), entry.nick))
    };
    entries.filter_map(message).collect()
}

fn said(log: &str) -> Vec<String> {
    messages(&read_all(log).unwrap_or_else(|problem| panic!("{problem}\n{log}")))
}

/// The line of a refusal.
fn refused(log: &str) -> usize {
    match read_all(log) {
        Err(problem) => problem.line.unwrap_or(0),
        Ok(log) => panic!("{:?}", messages(&log)),
    }
}

#[test]
fn every_example_means_what_its_row_says() {
    for format in FORMATS {
        for (line, meaning) in format.examples {
            let place = format!("{}: {line}", format.name);
            let Some((_, rest)) = super::timestamps::stamp::take(line, None) else {
                assert_eq!(*meaning, Meaning::Day, "{place}");
                let day = "2026-03-07".parse().unwrap();
                assert_eq!(super::timestamps::date::in_text(line, None), super::timestamps::date::Day::Full(day), "{place}");
                assert!(format.headings.iter().any(|heading| line.starts_with(heading)), "{place}");
                continue;
            };
            let Some((body, _)) = body::read(format, rest) else { panic!("{place} is not read") };
            let is_right = match (&body, meaning) {
                (Body::Says("ada", "hi"), Meaning::Says)
                | (Body::Does("ada", "waves"), Meaning::Does)
                | (Body::Status(Status::Renamed("ada", "ada_"), _), Meaning::Renamed)
                | (Body::Status(Status::Other(_), _) | Body::Other(_), Meaning::Other) => true,
                (Body::Status(Status::Comes(who), _), Meaning::Comes)
                | (Body::Status(Status::Goes(Kind::Leave, who), _), Meaning::Goes) => who[..] == ["ada"],
                (Body::Status(Status::Goes(Kind::Kick, who), _), Meaning::Kicked) => who[..] == ["bob"],
                _ => false,
            };
            assert!(is_right, "{place} is read as {body:?}");
        }
    }
}

#[test]
fn the_documentation_shows_every_format_and_example() {
    let docs = include_str!("../../../docs/archive.md");
    for format in FORMATS {
        let lines: Vec<&str> = format.examples.iter().map(|(line, _)| *line).collect();
        let shown = format!("**{}** (`--format {}`)\n\n```text\n{}\n```\n", format.name, format.key, lines.join("\n"));
        assert!(docs.contains(&shown), "docs/archive.md lacks:\n{shown}");
    }
}

#[test]
fn a_file_of_each_format_is_read_without_being_told_which() {
    for format in FORMATS {
        let wanted = |(line, meaning): &&(&str, Meaning)| *meaning != Meaning::Day && super::timestamps::stamp::take(line, None).is_some();
        let lines: Vec<&str> = format.examples.iter().filter(wanted).map(|(line, _)| *line).collect();
        let log = lines.join("\n");
        // The times of the examples go back and forth; only the words count here.
        let options = Options { backwards: Backwards::SameDay, slack: 60 * 60 * 24 * 36_500, ..Options::default() };
        let read = read_with(log.as_bytes(), &options).unwrap_or_else(|problem| panic!("{}: {problem}", format.name));
        let count = |wanted: Meaning| format.examples.iter().filter(|(_, meaning)| *meaning == wanted).count();
        assert_eq!(messages(&read).len(), count(Meaning::Says) + count(Meaning::Does), "{}", format.name);
        assert_eq!(read.report.of(Kind::Rename), count(Meaning::Renamed), "{}", format.name);
        assert_eq!(read.report.of(Kind::Kick), count(Meaning::Kicked), "{}", format.name);
    }
}

#[test]
fn times_with_fractions_and_zones_are_exact() {
    assert_eq!(said("2026-03-03 18:00:04.000123Z\tada\thi\n"), ["03 18:00:04 ada: hi"]);
    assert_eq!(said("18:00:05 +0100\tada\thi\n18:00:06 +0100\tbob\tho\n"), ["06 17:00:05 ada: hi", "06 17:00:06 bob: ho"]);
    assert_eq!(said("2026-03-07T00:30:00+0200 <ada> hi\n2026-03-06T23:00:00Z <bob> ho\n"), ["06 22:30:00 ada: hi", "06 23:00:00 bob: ho"]);
    assert_eq!(said("11:59 PM <ada> a\n12:01 AM <ada> b\n"), ["06 23:59:00 ada: a", "07 00:01:00 ada: b"]);
    assert_eq!(said("18:00:05< ada> hi\n18:00:06<@bob> ho\n"), ["06 18:00:05 ada: hi", "06 18:00:06 bob: ho"]);
    let log = read_all("2026-03-03 18:00:04.000123Z\tada\thi\n").unwrap();
    assert_eq!(log.meetings[0].entries[0].at.micros() % 1_000_000, 123);
    assert_eq!(log.format, "WeeChat");
}

#[test]
fn symbols_that_somebody_chose_are_nobodys_nickname() {
    let log = "18:00\t→\tada (~a@h) has joined #boats\n18:01\tada\thi\n18:02\t⚙\tMode #boats [+o ada] by ChanServ\n18:03\t←\tada (~a@h) has quit (bye)\n";
    assert_eq!(said(log), ["06 18:01:00 ada: hi"]);
    for mark in ["⚡", "|", "***", "=>", "☺"] {
        assert_eq!(refused(&format!("18:00\tada\thi\n18:01\t{mark}\tada waves\n")), 2, "{mark}");
    }
}

#[test]
fn what_is_not_in_the_format_of_the_file_is_refused_and_never_passed_over() {
    for line in [
        "18:01 [bob] I object",
        "18:01 (dan) me too",
        "18:01 bob: I object",
        "18:01 <> hm",
        "18:01 <@> hm",
        "18:01\tbob\thm",
        "18:01 bob | hm",
        "18:01",
        "18:01 ℹ  something new",
        "<bob> hm",
        "bob> hm",
        "   <bob> hm",
        "hm",
        "18:61 <bob> hm",
        "2026-02-30 18:01 <bob> hm",
        "18:01 ⚡ bob waves",
    ] {
        assert_eq!(refused(&format!("18:00 <ada> hi\n{line}\n18:02 <ada> ok\n")), 2, "{line}");
    }
    let problem = read_all("18:00 <ada> hi\n18:01 [bob] I object").unwrap_err().to_string();
    for part in ["Line 2 ", "“18:01 [bob] I object”", "looks like irssi", "WeeChat", "dircproxy", "Textual", "Quassel"] {
        assert!(problem.contains(part), "{problem}");
    }
    assert!(read_all("18:00 #ada says hi").unwrap_err().to_string().contains("Known formats: "));
    for log in ["", "\n\n", "18:00 -!- ada [a@h] has joined #boats\n", "--- Log opened Sat Mar 07 18:00:00 2026\n"] {
        let problem = read_all(log).unwrap_err();
        assert!(problem.reason == Reason::Nothing || problem.line == Some(1), "{log:?}: {problem}");
    }
}

#[test]
fn everything_that_is_not_a_message_is_counted() {
    let log = "--- Log opened Fri Mar 06 18:00:00 2026\n18:00 -!- ada [a@h] has joined #boats\n18:01 < ada> hi\n18:02 -!- mode/#boats [+o ada] by x\n\
        18:03 < ada> \n18:04 -!- bob [b@h] has quit [a reason\n           that goes on]\n18:05 -!- Irssi: something\n18:06 -bob- a notice\n\
        18:07 -!- ada changed the topic of #boats to: Tides\n18:08 < ada> b\x07ye\n18:07 < ada> late\n";
    let log = read_all(log).unwrap();
    assert_eq!(messages(&log), ["06 18:01:00 ada: hi", "06 18:08:00 ada: bye", "06 18:08:00 ada: late"]);
    for kind in [Kind::Heading, Kind::Join, Kind::Mode, Kind::Wordless, Kind::Leave, Kind::Wrapped, Kind::Server, Kind::Notice, Kind::Topic]
    {
        assert_eq!(log.report.of(kind), 1, "{kind:?}");
    }
    assert_eq!((log.report.skipped(), log.report.of(Kind::Controls), log.report.of(Kind::ClockBack)), (9, 1, 1));
    let text = log.report.to_string();
    assert!(text.contains("1 continuation of a skipped line (first: line 7)"), "{text}");
    assert!(text.contains("1 change of modes (first: line 4)") && text.contains("1 notice (first: line 9)"), "{text}");
}

#[test]
fn days_begin_in_every_language() {
    for heading in [
        "Day changed Sa Mär 07 2026",
        "Day changed sam. mars 07 2026",
        "Day changed sáb mar 07 2026",
        "Day changed Сб мар 07 2026",
        "Day changed 土  3月 07 2026",
        "Tag geändert Sa Mär 07 2026",
        "Day changed 2026-03-07",
    ] {
        assert_eq!(
            said(&format!("18:00 < ada> a\n--- {heading}\n18:01 < ada> b\n")),
            ["06 18:00:00 ada: a", "07 18:01:00 ada: b"],
            "{heading}"
        );
    }
    // In Latin-1.
    let log = read_with(b"18:00 < ada> a\n--- Day changed Sa M\xe4r 07 2026\n18:01 < ada> b\n", &Options::default()).unwrap();
    assert_eq!(messages(&log), ["06 18:00:00 ada: a", "07 18:01:00 ada: b"]);
    assert_eq!(refused("18:00 < ada> a\n--- Day changed Xx Yyy 07 2026\n18:01 < ada> b\n"), 2);
    assert_eq!(refused("18:00 < ada> a\n--- Day changed Thu Mar 05 2026\n18:01 < ada> b\n"), 2);
}

#[test]
fn dates_that_can_be_read_in_two_ways_need_an_order() {
    let log = "[03/04/2026 18:00] <ada> hi\n";
    assert_eq!(read_all(log).unwrap_err(), Problem::at(1, Reason::UnclearDate));
    let ordered = |order: &str| {
        let options = Options { date_order: Some(order.parse().unwrap()), ..Options::default() };
        read_with(log.as_bytes(), &options).unwrap().meetings[0].entries[0].at.utc().date_naive().to_string()
    };
    assert_eq!([ordered("dmy"), ordered("%m/%d/%Y")], ["2026-04-03", "2026-03-04"]);
    // Another line decides for the whole file.
    assert_eq!(said("[12/04/2026 18:00] <ada> a\n[13/04/2026 18:00] <ada> b\n"), ["12 18:00:00 ada: a", "13 18:00:00 ada: b"]);
    // The year is in the name of the file.
    assert_eq!(said("[14 Jan 10:36] <ada> hi\n"), ["14 10:36:00 ada: hi"]);
}

#[test]
fn a_time_that_goes_back_by_hours_is_not_guessed() {
    let log = "22:00 <ada> a\n12:00 <ada> b\n";
    assert_eq!(refused(log), 2);
    let with = |backwards| messages(&read_with(log.as_bytes(), &Options { backwards, ..Options::default() }).unwrap());
    assert_eq!(with(Backwards::NextDay), ["06 22:00:00 ada: a", "07 12:00:00 ada: b"]);
    assert_eq!(with(Backwards::SameDay), ["06 22:00:00 ada: a", "06 22:00:00 ada: b"]);
    assert_eq!(said("22:00 <ada> a\n09:00 <ada> b\n"), ["06 22:00:00 ada: a", "07 09:00:00 ada: b"]);
}

#[test]
fn colours_leave_nothing_behind() {
    for line in [
        "<\u{3}04,01ada\u{3}> \u{2}hi\u{f}",
        "<\u{4}FF0000ada\u{4}> \u{4}00FF00,0000FFhi",
        "\u{1b}[31m<ada>\u{1b}[0m \u{1b}[1;38;5;9mhi\u{1b}[m",
    ] {
        assert_eq!(said(&format!("18:00 {line}\r\n")), ["06 18:00:00 ada: hi"], "{line:?}");
    }
    assert_eq!(said("\u{feff}18:00 <ada> 10,5 \u{3}m\0\r\n"), ["06 18:00:00 ada: 10,5 m"]);
}

#[test]
fn lines_without_a_time_go_on_with_a_message_only_if_that_is_certain() {
    let log = "18:24 < ada> a long line\n             that goes on\n18:25 < bob> ok\n";
    assert_eq!(said(log), ["06 18:24:00 ada: a long line\nthat goes on", "06 18:25:00 bob: ok"]);
    let with = |log: &str, continuation| {
        read_with(log.as_bytes(), &Options { continuation: Some(continuation), ..Options::default() }).map(|log| messages(&log))
    };
    assert_eq!(with(log, Continuation::Refuse), Err(Problem::at(2, Reason::Stray)));
    let log = "18:24 <ada> one\ntwo\n\n  three\n";
    assert_eq!(refused(log), 2);
    assert_eq!(with(log, Continuation::Join).unwrap(), ["06 18:24:00 ada: one\ntwo\n\nthree"]);
    assert_eq!(with("18:24 -!- ada [a@h] has quit [x\ny]\n18:25 <bob> hi\n", Continuation::Join).unwrap(), ["06 18:25:00 bob: hi"]);
    let bars = "18:00:05      ada | one\n                  | two\n18:00:06      bob | three\n";
    assert_eq!(said(bars), ["06 18:00:05 ada: one\ntwo", "06 18:00:06 bob: three"]);
}

#[test]
fn one_person_stays_one_person() {
    let chain = "18:00 <ada> a\n18:01 -!- ada is now known as ada_\n18:02 <ada_> b\n18:03 -!- ada_ is now known as ada|away\n18:04 * ada|away c\n\
        18:05 -!- ada|away [a@h] has quit [x]\n18:06 -!- ada [a@h] has joined #b\n18:07 <ada> d\n";
    assert_eq!(said(chain), ["06 18:00:00 ada: a", "06 18:02:00 ada: b", "06 18:04:00 ada: c", "06 18:07:00 ada: d"]);
    let log = read_all(chain).unwrap();
    assert!(log.report.to_string().contains("ada → ada_ (line 2), ada_ → ada|away (line 4)"));
    // A name that was given up is free, and anyone who takes it is another person.
    let guests = "18:00 <guest> a\n18:01 *** guest is now known as ada\n18:02 <ada> b\n18:03 *** Joins: guest (g@h)\n18:04 <guest> c\n18:05 <ada> d\n";
    assert_eq!(said(guests), ["06 18:00:00 ada: a", "06 18:02:00 ada: b", "06 18:04:00 guest: c", "06 18:05:00 ada: d"]);
    // Nobody takes over somebody who is there.
    let taken = "18:00 <ada> a\n18:00 <bob> b\n18:01 *** bob is now known as ada\n18:02 <ada> c\n";
    assert_eq!(said(taken), ["06 18:00:00 ada: a", "06 18:00:00 bob: b", "06 18:02:00 ada: c"]);
}

/// In every format that tells of renames: words and commands under either name are those of one person, and both names mean that
/// person.
#[test]
fn in_every_format_both_nicknames_mean_the_same_person() {
    let mut formats = 0;
    for format in FORMATS {
        let examples = |wanted: Meaning| format.examples.iter().filter(move |(_, meaning)| *meaning == wanted).map(|(line, _)| *line);
        let Some(renamed) = examples(Meaning::Renamed).next() else { continue };
        // Of several ways to write a time, the one that both have.
        let alike = |line: &&str| line.bytes().zip(renamed.bytes()).take_while(|(one, other)| one == other).count();
        let Some(says) = examples(Meaning::Says).max_by_key(alike) else { continue };
        let line = |nick: &str, words: &str| says.replacen("ada", nick, 1).replace("hi", words);
        let text = [
            line("ada", "#startmeeting"),
            line("bob", "#action ada writes"),
            renamed.to_owned(),
            line("bob", "#action ada_ writes"),
            line("ada_", "#topic Tides"),
            line("ada_", "#endmeeting"),
        ]
        .join("\n");
        for cut in [false, true] {
            let options = Options { format: Some(format), cut, ..Options::default() };
            let read = read_with(text.as_bytes(), &options).unwrap_or_else(|problem| panic!("{}: {problem}\n{text}", format.name));
            let meeting = &read.meetings[0];
            let nicks: Vec<&str> = meeting.entries.iter().map(|entry| entry.nick.as_str()).collect();
            assert_eq!(nicks, ["ada", "bob", "bob", "ada", "ada"], "{}", format.name);
            assert_eq!(meeting.aliases.get("ada_").map(String::as_str), Some("ada"), "{}", format.name);
        }
        formats += 1;
    }
    assert!(formats >= 9, "{formats}");
}

#[test]
fn a_nickname_from_before_or_after_the_meeting_means_the_same_person_unless_somebody_else_had_it() {
    let log = "18:00 <guest> a\n18:01 -!- guest is now known as ada\n18:02 <ada> #startmeeting\n18:03 <bob> #action guest writes\n\
        18:04 <ada> #endmeeting\n18:05 -!- ada is now known as ada|away\n";
    let aliases = |log: &str| {
        let read = read_with(log.as_bytes(), &Options { cut: true, ..Options::default() }).unwrap();
        let mut aliases: Vec<(String, String)> = read.meetings[0].aliases.clone().into_iter().collect();
        aliases.sort();
        aliases
    };
    let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    assert_eq!(aliases(log), [pair("ada|away", "ada"), pair("guest", "ada")]);
    let others = format!("{log}18:06 -!- guest [g@h] has joined #b\n18:06 -!- guest is now known as cyd\n18:07 <cyd> hi\n");
    assert_eq!(aliases(&others), [pair("ada|away", "ada")], "two people were called guest");
}

#[test]
fn a_rename_that_anybody_could_have_typed_is_not_believed() {
    // In ZNC's logs this is an action, since status lines have three stars.
    let log = "18:00 *** Joins: eve (e@h)\n18:01 <eve> a\n18:01 * eve is now known as bob\n18:02 <bob> b\n";
    assert_eq!(said(log), ["06 18:01:00 eve: a", "06 18:01:00 eve: is now known as bob", "06 18:02:00 bob: b"]);
    // In mIRC's they look the same.
    let log = "18:00 * eve (e@h) has joined #boats\n18:01 <eve> a\n18:01 * eve is now known as bob\n18:02 <bob> b\n";
    assert_eq!(said(log), ["06 18:01:00 eve: a", "06 18:02:00 eve: b"]);
    assert_eq!(refused(&format!("{log}18:03 <eve> c\n")), 5, "eve goes on under the name that she gave up");
    // Without anything else nobody knows.
    let log = "18:01 <eve> a\n18:01 * eve is now known as bob\n18:02 <bob> b\n";
    assert!(matches!(read_all(log).unwrap_err(), Problem { line: Some(2), reason: Reason::Unclear("irssi", "mIRC", _) }));
    let told = |key| messages(&read_with(log.as_bytes(), &Options { format: format::format(key), ..Options::default() }).unwrap());
    assert_eq!(told("mirc"), ["06 18:01:00 eve: a", "06 18:02:00 eve: b"]);
    assert_eq!(told("znc").len(), 3);
    assert_eq!(said("18:01 <eve> a\n18:01 * eve is now known as bob\n18:02 <eve> b\n").len(), 3, "an action, since bob never speaks");
}

#[test]
fn a_long_log_is_cut_at_its_meetings() {
    let log = "2026-03-06 18:00 <ada> early\n2026-03-06 18:01 <ada> #startmeeting\n2026-03-06 18:02 <bob> #endmeeting\n2026-03-06 18:03 <bob> hi\n\
        2026-03-06 18:04 <ada> #endmeeting\n2026-03-06 18:05 <bob> between\n2026-03-09 18:00 <bob> #startmeeting Tides\n2026-03-09 18:01 <ada> hi\n";
    let read = read_with(log.as_bytes(), &Options { cut: true, ..Options::default() }).unwrap();
    assert_eq!(read.meetings.iter().map(Meeting::messages).collect::<Vec<_>>(), [4, 2]);
    assert_eq!(read.report.of(Kind::Outside), 2);
    let none = read_with(b"18:00 <ada> hi\n", &Options { cut: true, ..Options::default() });
    assert_eq!(none.unwrap_err(), Problem::whole(Reason::NoMeeting));
    let part = |from: &str, to: &str| {
        let bound = |text: &str| Some(text).filter(|text| !text.is_empty()).map(|text| Bound::parse(text, Zone::utc()).unwrap());
        read_with(log.as_bytes(), &Options { from: bound(from), to: bound(to), ..Options::default() }).map(|log| messages(&log).len())
    };
    assert_eq!(part("2026-03-06 18:03", "2026-03-06 18:04"), Ok(2));
    assert_eq!(
        [part("18:03", ""), part("", "2026-03-06"), part("2026-03-09", "2026-03-09"), part("2026-03-09T18:01:00Z", "")],
        [Ok(5), Ok(6), Ok(2), Ok(1)]
    );
    assert_eq!(part("2026-04-01", ""), Err(Problem::whole(Reason::NothingInRange)));
    assert!(Bound::parse("soon", Zone::utc()).is_err());
}

/// The numbers of messages in the meetings of a log, and the number outside of them.
fn cut(log: &str) -> (Vec<usize>, usize) {
    let read = read_with(log.as_bytes(), &Options { cut: true, ..Options::default() }).unwrap();
    (read.meetings.iter().map(Meeting::messages).collect(), read.report.of(Kind::Outside))
}

#[test]
fn a_chair_under_another_nickname_ends_the_meeting() {
    let after = "18:07 < bob> private talk\n19:00 < cat> #startmeeting\n19:01 < cat> second\n19:02 < cat> #endmeeting\n";
    let ended_by = |lines: &str| cut(&format!("18:00 < ada> #startmeeting\n18:01 < bob> hello\n{lines}{after}"));
    assert_eq!(ended_by("18:03 -!- ada is now known as ada_\n18:06 < ada_> #endmeeting\n"), (vec![3, 3], 1));
    // Without a line about it, the same nickname in other letters is the same person.
    assert_eq!(ended_by("18:06 < Ada> #endmeeting\n"), (vec![3, 3], 1));
    // Named by the chair, and renamed before or after.
    assert_eq!(ended_by("18:02 < ada> #chair bob\n18:03 -!- bob is now known as bob_\n18:06 < bob_> #endmeeting\n"), (vec![4, 3], 1));
    assert_eq!(ended_by("18:02 -!- bob is now known as bob_\n18:03 < ada> #chair bob_\n18:06 < bob_> #endmeeting\n"), (vec![4, 3], 1));
    // Somebody who was silent until then, and somebody who was named before they came.
    assert_eq!(ended_by("18:02 < ada> #chair dan\n18:03 -!- dan is now known as dan_\n18:06 < dan_> #endmeeting\n"), (vec![4, 3], 1));
    assert_eq!(ended_by("18:02 < ada> #chair dan\n18:06 < dan> #endmeeting\n"), (vec![4, 3], 1));
}

#[test]
fn nobody_ends_a_meeting_under_the_old_nickname_of_its_chair() {
    let log = |lines: &str| format!("18:00 < ada> #startmeeting\n18:01 < ada> #chair bob\n18:01 < bob> hi\n{lines}18:07 < cat> late\n");
    let renamed = log("18:03 -!- ada is now known as ada_\n18:04 -!- ada [x@y] has joined #boats\n18:05 < ada> #endmeeting\n");
    assert_eq!(cut(&renamed), (vec![5], 0));
    let removed = log("18:03 -!- bob is now known as bob_\n18:04 < ada> #unchair bob_\n18:05 < bob_> #endmeeting\n");
    assert_eq!(cut(&removed), (vec![6], 0));
}

#[test]
fn somebody_who_was_renamed_before_the_part_is_the_same_in_it() {
    let log = "18:00 <ada> a\n18:01 -!- ada is now known as ada_\n18:02 <ada_> b\n18:03 -!- ada_ is now known as ada\n18:04 <ada> c\n";
    let from = Some(Bound::parse("18:02", Zone::utc()).unwrap());
    let read = read_with(log.as_bytes(), &Options { from, ..Options::default() }).unwrap();
    assert_eq!(messages(&read), ["06 18:02:00 ada_: b", "06 18:04:00 ada_: c"]);
    assert_eq!(read.meetings[0].aliases.get("ada").map(String::as_str), Some("ada_"));
}

#[test]
fn a_file_of_two_hundred_thousand_lines_is_read() {
    use std::fmt::Write;
    let log = (0..200_000).fold(String::new(), |mut log, n| {
        let (minute, second) = (n / 60, n % 60);
        writeln!(log, "2026-03-{:02} {:02}:{:02}:{second:02} <nick{}> line {n}", 6 + minute / 1_440, minute / 60 % 24, minute % 60, n % 40)
            .unwrap();
        log
    });
    let read = read_all(&log).unwrap();
    assert_eq!(read.meetings[0].messages(), 200_000);
    // A part of it holds only that part.
    let (from, to) = (Bound::parse("2026-03-07 00:00", Zone::utc()).ok(), Bound::parse("2026-03-07 00:59:59", Zone::utc()).ok());
    let read = read_with(log.as_bytes(), &Options { from, to, ..Options::default() }).unwrap();
    assert_eq!((read.meetings[0].messages(), read.report.of(Kind::Outside)), (3_600, 196_400));
}
