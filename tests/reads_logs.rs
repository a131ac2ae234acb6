//! Logs of real meetings are read for `gavel replay`: what counts as a message, when it was, and why a file is refused.

use std::fs;
use std::path::Path;
use std::time::Duration;

use gavel::domain::zone::Zone;
use gavel::import::logs::{Bound, Continuation};
use gavel::import::{Known, Options, Problem, Reason, read_with};
use gavel::replay::{LogLine, options, parse, parse_bytes, parse_with};

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
    let text = "18:24 < _aj_> a long line that \n              a client has wrapped\n\
         18:25 <ada> a list:\n  - one\n    - one and a half\n\n  - two\n\n\
         18:26 <bob> ok\nthen\n";
    // The last line is not indented, so whose words it has must be said.
    assert_eq!(parse(text).unwrap_err(), Problem { line: Some(10), reason: Reason::Stray });
    let known = Known { name: "", date: None, zone: Zone::utc() };
    let joined = Options { continuation: Some(Continuation::Join), ..options() };
    let log = parse_with(text.as_bytes(), &known, &joined).unwrap();
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
    let whole = |reason| Problem { line: None, reason };
    assert_eq!(error(""), whole(Reason::Nothing));
    assert_eq!(error("\n \n"), whole(Reason::Nothing));
    assert_eq!(error("\nDear all,\n"), Problem { line: Some(2), reason: Reason::NoTime("Dear all,".into()) });
    assert_eq!(error("19:00 -!- ada joined"), whole(Reason::Nothing));
    assert_eq!(error("19:00 <ada> "), whole(Reason::Nothing));
    let said = error("19:00 ada: hello").to_string();
    assert!(said.contains("Line 1") && said.contains("Known formats"), "{said}");
}

#[test]
fn each_line_may_have_an_encoding_of_its_own() {
    let log = parse_bytes(b"19:00 <ada> caf\xc3\xa9\n19:01 <ada> caf\xe9\n").unwrap();
    assert_eq!(log.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["café", "café"]);
    let strict = Options { encoding: gavel::import::logs::text::encoding("utf-8"), ..options() };
    let error =
        parse_with(b"19:00 <ada> hello\n19:01 <ada> caf\xe9\n", &Known { name: "", date: None, zone: Zone::utc() }, &strict).unwrap_err();
    assert_eq!(error, Problem { line: Some(2), reason: Reason::NotEncoded("UTF-8") });
    assert!(error.to_string().starts_with("Line 2 is not UTF-8"), "{error}");
}

#[test]
fn long_silence_is_not_squeezed() {
    let log = parse("--- Log opened Sat Mar 07 18:00:00 2026\n20:00 <ada> a\n--- Day changed So Mär 08 2026\n19:00 <ada> b\n").unwrap();
    assert_eq!(seconds(&log.lines), [0, 23 * 3_600]);
    assert_eq!(parse("20:00 <ada> a\n12:00 <ada> b\n").unwrap_err().line, Some(2));
}

#[test]
fn a_transcript_of_gavels_is_played_without_what_the_program_tells() {
    let log = parse(
        "09:00:00 * The room opened.\n09:00:00 * ada joined\n09:00:01 <ada> hi\n  there\n08:00:00 * ada waves\n08:00:01 * ada left\n\
         08:00:02 * The room closed.\n",
    )
    .unwrap();
    let read: Vec<_> = log.lines.iter().map(|l| (l.nick.as_str(), l.action, l.text.as_str(), l.number)).collect();
    assert_eq!(read, [("ada", false, "hi\nthere", 3), ("ada", true, "waves", 5)]);
    assert_eq!((seconds(&log.lines), log.skipped), (vec![0, 23 * 3_600 - 1], 4));
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

#[test]
fn a_part_of_a_transcript_of_gavels_is_refused() {
    let text = "18:00:00 * The room opened.\n18:00:00 * ada joined\n18:00:01 <ada> hi\n18:00:02 * The room closed.\n";
    let known = Known { name: "weekly-2026-11-24.txt", date: None, zone: Zone::utc() };
    let bound = Bound::parse("18:00", Zone::utc()).ok();
    let plain = options();
    assert_eq!(parse_with(text.as_bytes(), &known, &plain).unwrap().lines.len(), 1);
    for part in [Options { from: bound, ..plain.clone() }, Options { to: bound, ..plain.clone() }, Options { cut: true, ..plain }] {
        let refused = Problem { line: None, reason: Reason::OneEvent };
        assert_eq!(parse_with(text.as_bytes(), &known, &part).unwrap_err(), refused);
        assert_eq!(read_with(text.as_bytes(), &known, &part).unwrap_err(), refused);
    }
}

#[test]
fn problems_of_a_transcript_are_plain_sentences() {
    let text = |more: &str| format!("18:00:00 * The room opened.\n18:00:00 * ada joined\n18:00:01 * The room closed.\n{more}");
    let known = Known { name: "weekly-2026-11-24.txt", date: None, zone: Zone::utc() };
    let refused = |text: &str| read_with(text.as_bytes(), &known, &Options::default()).unwrap_err().to_string();
    assert_eq!(refused(&text("18:00:02 <ada> hi\n")), "Line 4 is after the room closed.");
    assert_eq!(refused(&text("").replace("ada joined", "ada\0 joined")), "Line 2 contains control characters: remove them first.");
    let back = "--- Day changed Wed Nov 25 2026\n18:00 <ada> a\n--- Day changed Tue Nov 24 2026\n18:01 <ada> b\n";
    assert_eq!(refused(back), "Line 3 has an earlier day than the line before.");
}
