//! Logs of real meetings are read for `gavel replay`: what counts as a
//! message, when it was, and what is said about a file that is no log.

use std::fs;
use std::path::Path;
use std::time::Duration;

use gavel::replay::{LogLine, ParseError, Unreadable, parse, parse_bytes};

fn seconds(log: &[LogLine]) -> Vec<u64> {
    log.iter().map(|line| line.at.as_secs()).collect()
}

#[test]
fn each_form_is_read() {
    let log = parse(
        "19:00:05 <ada> hello\n\
         [19:00:06] <@bob> hi, **all**\n\
         19:01 <+cleo> good evening\n\
         [19:02] < dora> am I late?\n\
         19:02:30 * ada shakes her head\n",
    )
    .unwrap();
    let read: Vec<_> = log.lines.iter().map(|l| (l.nick.as_str(), l.action, l.text.as_str(), l.number)).collect();
    assert_eq!(
        read,
        [
            ("ada", false, "hello", 1),
            ("bob", false, "hi, **all**", 2),
            ("cleo", false, "good evening", 3),
            ("dora", false, "am I late?", 4),
            ("ada", true, "shakes her head", 5),
        ]
    );
    assert_eq!(seconds(&log.lines), [0, 1, 55, 115, 145]);
    assert_eq!(log.nicks(), ["ada", "bob", "cleo", "dora"]);
    assert_eq!(log.length(), Duration::from_secs(145));
    assert_eq!(log.skipped, 0);
}

#[test]
fn text_with_a_slash_stays_as_it_is() {
    let log = parse("19:00 <ada> /topic boats\n19:00 <ada> /me waves").unwrap();
    assert_eq!(log.lines[0].text, "/topic boats");
    assert_eq!(log.lines[1].text, "/me waves");
    assert!(!log.lines[1].action);
}

#[test]
fn a_line_without_a_time_goes_on_with_the_message_before() {
    let log = parse(
        "18:24 < _aj_> a long line that \n              a client has wrapped\n\
         18:25 <ada> a list:\n  - one\n    - one and a half\n\n  - two\n\n\
         18:26 <bob> ok\nthen\n",
    )
    .unwrap();
    assert_eq!(log.lines[0].text, "a long line that\na client has wrapped");
    assert_eq!(log.lines[1].text, "a list:\n- one\n  - one and a half\n\n- two");
    assert_eq!(log.lines[2].text, "ok\nthen");
    assert_eq!(log.lines[2].number, 9);
    assert_eq!(log.skipped, 0);
}

#[test]
fn what_is_no_message_is_skipped_and_counted() {
    let log = parse(
        "--- Log opened Mon Jun 10 17:00:00 2013\n\
         17:00 -!- ada [~ada@example.org] has joined #boats\n\
         17:01 <ada> hello\n\
         17:02 -!- bob has quit [a long reason that\n\
         \u{20}         was wrapped]\n\
         17:02 <ada>\n\
         17:02:10 --> cleo has joined\n\
         17:03 <ada> bye\n",
    )
    .unwrap();
    let texts: Vec<_> = log.lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["hello", "bye"], "a wrapped quit is no part of what was said");
    assert_eq!(log.skipped, 6);
}

#[test]
fn past_midnight_is_the_next_day_and_other_steps_back_are_no_pause() {
    let log = parse("23:59:50 <ada> a\n00:00:10 <ada> b\n00:00:30 <ada> c\n00:00:20 <ada> d\n00:00:25 <ada> e").unwrap();
    assert_eq!(seconds(&log.lines), [0, 20, 40, 40, 45]);
    // Clocks set back in autumn: an hour twice, but less than half a day.
    let log = parse("02:59 <ada> a\n02:00 <ada> b\n02:01 <ada> c").unwrap();
    assert_eq!(seconds(&log.lines), [0, 0, 60]);
}

#[test]
fn line_ends_marks_and_colours_of_other_programs_are_no_text() {
    let log = parse("\u{feff}19:00 <\u{3}04ada\u{3}> \u{2}hi\u{f}\r\n19:01 <bob> 10,5 \u{3}m\r\n").unwrap();
    assert_eq!(log.lines[0].nick, "ada");
    assert_eq!(log.lines[0].text, "hi");
    assert_eq!(log.lines[1].text, "10,5 m");
}

#[test]
fn a_file_without_a_message_is_an_error_with_line_and_reason() {
    let error = |text| parse(text).unwrap_err();
    let none = |line, reason| ParseError::NoMessage { line, reason };
    assert_eq!(error(""), none(1, Unreadable::Empty));
    assert_eq!(error("\n \n"), none(1, Unreadable::Empty));
    assert_eq!(error("\nDear all,\n"), none(2, Unreadable::NoTime));
    assert_eq!(error("19:00 -!- ada joined"), none(1, Unreadable::UnknownForm));
    assert_eq!(error("19:00 <ada> "), none(1, Unreadable::NoText));
    let said = error("2013-06-10 19:00 <ada> hello").to_string();
    assert!(said.contains("line 1") && said.contains("begin with a time"), "{said}");
}

#[test]
fn a_file_in_another_encoding_is_an_error_with_its_line() {
    let error = parse_bytes(b"19:00 <ada> hello\n19:01 <ada> caf\xe9\n").unwrap_err();
    assert_eq!(error, ParseError::NotUtf8 { line: 2 });
    assert!(error.to_string().starts_with("Line 2 is not UTF-8"), "{error}");
    assert_eq!(parse_bytes("19:00 <ada> café".as_bytes()).unwrap().lines[0].text, "café");
}

#[test]
fn the_logs_of_real_meetings_are_read_whole() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/meetings");
    let Ok(files) = fs::read_dir(&folder) else {
        println!("skipped: the real meetings are not there ({})", folder.display());
        return;
    };
    let mut logs = 0;
    for path in files.map(|file| file.unwrap().path()) {
        let Some(name) = path.to_str().and_then(|path| path.strip_suffix(".log.txt")) else {
            continue;
        };
        let log = parse_bytes(&fs::read(&path).unwrap()).unwrap();
        let rows = fs::read_to_string(format!("{name}.jsonl")).unwrap();
        let rows: Vec<serde_json::Value> = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
        assert_eq!(log.lines.len(), rows.len(), "messages of {name}");
        assert_eq!(log.skipped, 0, "{name}");
        for (line, row) in log.lines.iter().zip(&rows) {
            let place = format!("{name}, line {}", line.number);
            assert_eq!(line.nick, row["nick"], "{place}");
            assert_eq!(line.action, row["kind"] == "me", "{place}");
            // The rows have the lines that a client wrapped joined by a space.
            assert_eq!(line.text.replace('\n', " "), row["text"], "{place}");
            let at = row["t"].as_u64().unwrap() - rows[0]["t"].as_u64().unwrap();
            assert_eq!(line.at.as_secs(), at, "{place}");
        }
        logs += 1;
    }
    assert!(logs > 0, "there is a folder of real meetings, but no log in it");
}
