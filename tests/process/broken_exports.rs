//! Files that `gavel import` refuses: half ones, changed ones, foreign ones; each with the line and the reason.

use std::collections::BTreeMap;
use std::fs;

use gavel::domain::secret;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::commands::{fine, refused};
use crate::moving::{everything, held, path, rows_of};
use crate::program::Home;

/// These lines with an end made for them, as somebody who knows the format could.
fn sealed(lines: &[String]) -> String {
    let mut text = lines.join("\n") + "\n";
    let mut rows: BTreeMap<String, u64> = BTreeMap::new();
    for line in &lines[1..] {
        let line: Value = serde_json::from_str(line).unwrap();
        *rows.entry(line["table"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    let sha256 = secret::hex(&Sha256::digest(&text));
    text.push_str(&json!({"end": {"rows": rows, "sha256": sha256}}).to_string());
    text.push('\n');
    text
}

/// What somebody does to the lines of an export.
type Change<'c> = &'c dyn Fn(&mut Vec<String>);

#[tokio::test]
async fn a_file_that_is_not_as_it_was_written_is_refused_with_the_line_and_the_reason() {
    let held = held().await;
    let file = path(&held.home, "gavel.jsonl");
    fine(&held.home.run(&["export", &file]));
    held.server.stop();
    let whole = fs::read_to_string(&file).unwrap();
    let lines: Vec<String> = whole.lines().map(str::to_owned).collect();
    let place = |part: &str| lines.iter().position(|line| line.contains(part)).unwrap();
    let (hello, organizer, end) = (place("\"text\":\"hello\""), place("\"table\":\"organizer\""), lines.len() - 1);

    let other = Home::new();
    let try_it = |bytes: &[u8], words: &str| {
        let bad = path(&other, "bad.jsonl");
        fs::write(&bad, bytes).unwrap();
        refused(&other.run(&["import", &bad]), words);
        assert_eq!(rows_of(&everything(&other)), 0, "{words}");
    };
    // Half of it, wherever it ends.
    let half = |upto: usize| &whole.as_bytes()[..upto];
    let upto_line = |n: usize| lines[..n].iter().map(|line| line.len() + 1).sum::<usize>();
    try_it(half(upto_line(hello)), &format!("It breaks off behind line {hello}, without its last line"));
    try_it(half(upto_line(hello) + 20), &format!("It breaks off behind line {hello}, without its last line"));
    try_it(half(whole.len() - 3), &format!("It breaks off behind line {end}, without its last line"));
    try_it(half(upto_line(1)), "It breaks off behind line 1");
    // Something else altogether.
    for foreign in [&b""[..], b"\n", b"{}", b"[1]\n", b"\x1f\x8b\0\xff", b"{\"format\":\"other\",\"version\":1}\n", b"Dear all\n"] {
        try_it(foreign, "It does not begin as an export of Gavel does.");
    }
    try_it(&[b'x'].repeat(17 << 20), "Line 1: it is longer than any that Gavel writes.");
    try_it(b"{\"format\":\"gavel\",\"version\":6}\n", "It is an export of version 6, which this Gavel does not know");

    let line = |n: usize, reason: &str| format!("Line {}: {reason}.", n + 1);
    let swap = |n: usize, from: &'static str, to: &'static str| {
        move |lines: &mut Vec<String>| {
            assert!(lines[n].contains(from), "{}", lines[n]);
            lines[n] = lines[n].replace(from, to);
        }
    };
    let not_json = "expected value (at byte 1)";
    let changes: [(String, Change<'_>); 16] = [
        ("its hash is".into(), &swap(hello, "hello", "hellp")),
        ("its hash is".into(), &swap(end, "\"sha256\":\"", "\"sha256\":\"0")),
        ("its hash is".into(), &|lines| lines.swap(hello, hello - 1)),
        ("of the table “organizer” it has 1 rows and tells of 2".into(), &swap(end, "\"organizer\":1", "\"organizer\":2")),
        ("of the table “chat_data” it has ".into(), &|lines| drop(lines.remove(hello))),
        (line(hello, not_json), &|lines| lines[hello] = "word".into()),
        (line(hello, "it is neither a row nor the end"), &|lines| lines[hello] = "{}".into()),
        (line(hello, "unknown field `rows`, expected one of `table`, `row`, `end` (at byte 27)"), &swap(hello, "\"row\":", "\"rows\":")),
        (line(hello, "the table “chat_date” is unknown here"), &swap(hello, "chat_data", "chat_date")),
        (line(hello, "the table “chat_data” has no column “mood” here"), &swap(hello, "\"text\":", "\"mood\":1,\"text\":")),
        (line(hello, "“kind” of the table “chat_data” is missing"), &swap(hello, "\"kind\":\"said\",", "")),
        (line(hello, "“kind” of the table “chat_data” is not a text"), &swap(hello, "\"kind\":\"said\"", "\"kind\":null")),
        (
            line(organizer, "“created_at” of the table “organizer” is not a number"),
            &swap(organizer, "\"created_at\":", "\"created_at\":\"\",\"x\":"),
        ),
        (
            line(organizer, "“created_at” of the table “organizer” is 0.5, and no whole number of 64 bits"),
            &swap(organizer, "\"created_at\":", "\"created_at\":0.5,\"x\":"),
        ),
        (line(end, "the table “x” is unknown here"), &swap(end, "\"rows\":{", "\"rows\":{\"x\":0,")),
        (line(end + 1, "it stands behind the end"), &|lines| lines.push("{}".into())),
    ];
    for (words, change) in changes {
        let mut lines = lines.clone();
        change(&mut lines);
        try_it((lines.join("\n") + "\n").as_bytes(), &words);
    }
    // Changed by somebody who makes the end anew: it is the rows that do not go together.
    let rows: Vec<String> = lines[..end].to_vec();
    let resealed: [(&str, Change<'_>); 4] = [
        ("Its rows do not make its digests: the event e_", &swap(hello, "hello", "hellp")),
        ("Its rows do not make its digests: the event e_", &|lines| drop(lines.remove(hello))),
        ("do not go into the table “organizer”: another row stands in the way.", &|lines| {
            lines.insert(organizer, lines[organizer].clone());
        }),
        ("do not go into the table “session”: the database failed", &|lines| drop(lines.remove(organizer))),
    ];
    for (words, change) in resealed {
        let mut rows = rows.clone();
        change(&mut rows);
        try_it(sealed(&rows).as_bytes(), words);
    }
    fine(&other.run_with(&["import", "-"], &sealed(&rows)));
}

/// The columns that came after the first version.
const LATER: [&str; 13] = [
    "feed_version",
    "revision",
    "changed_at",
    "chair_version",
    "warned_ts",
    "cancel_reason",
    "chair_ts",
    "agenda_html",
    "earlier",
    "tag",
    "agenda_before",
    "wall",
    "also",
];

#[tokio::test]
async fn a_file_of_the_first_version_is_read_and_what_it_lacks_is_nothing() {
    let held = held().await;
    let file = path(&held.home, "gavel.jsonl");
    fine(&held.home.run(&["export", &file]));
    held.server.stop();
    let whole = fs::read_to_string(&file).unwrap();
    let mut lines = vec![json!({"format": "gavel", "version": 1}).to_string()];
    for line in whole.lines().skip(1).filter(|line| !line.starts_with("{\"end\"")) {
        let mut line: Value = serde_json::from_str(line).unwrap();
        let row = line["row"].as_object_mut().unwrap();
        for later in LATER {
            row.remove(later);
        }
        if row.contains_key("rrule") {
            row.remove("agenda");
        }
        lines.push(line.to_string());
    }
    let other = Home::new();
    fine(&other.run_with(&["import", "-"], &sealed(&lines)));
    let again = path(&other, "again.jsonl");
    fine(&other.run(&["export", &again]));
    let unchanged = |text: &str| {
        let rows = text.lines().skip(1).map(|line| serde_json::from_str::<Value>(line).unwrap()).filter(|line| line["row"].is_object());
        rows.map(|mut line| {
            for later in LATER {
                line["row"].as_object_mut().unwrap().remove(later);
            }
            line
        })
        .collect::<Vec<_>>()
    };
    let read = fs::read_to_string(&again).unwrap();
    assert!(read.starts_with("{\"format\":\"gavel\",\"version\":5}\n"));
    for lacking in ["\"feed_version\":0", "\"changed_at\":0", "\"cancel_reason\":null", "\"chair_ts\":null"] {
        assert!(read.contains(lacking), "{lacking}");
    }
    assert_eq!(unchanged(&read), unchanged(&whole));
}

/// What is done to fields of rows that have this in their lines, and what is said of it.
const FIELDS: [(&str, &str, &str, &str); 77] = [
    ("organizer", "password", "\"plain\"", "it is not an Argon2 hash"),
    ("organizer", "password", "\"$argon2id$v=19$x$y$z\"", "it is not an Argon2 hash"),
    (
        "organizer",
        "password",
        "\"$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$c29tZWhhc2hzb21laGFzaHNvbWVoYXNoc29tZWhhc2g\"",
        "it is not an Argon2 hash",
    ),
    ("meeting", "title", "\"\\u200b\"", "it has only characters that nobody can see"),
    ("organizer", "name", "\"\"", "it is empty"),
    ("organizer", "created_at", "-1", "it is from 0 to 9007199254740991"),
    ("api_token", "hash", "\"a\\u0000b\"", "contains the character U+0000"),
    ("meeting", "rrule", "\"FREQ=HOURLY\"", "cannot be used"),
    ("meeting", "rrule", "\"nonsense\"", "cannot be used"),
    ("meeting", "rrule", "\"FREQ=DAILY;COUNT=0\"", "cannot be used"),
    ("meeting", "rrule", "\"\"", "cannot be used"),
    ("meeting", "starts", "\"tomorrow\"", "it is not a time such as"),
    ("meeting", "starts", "\"9999-12-31T00:00:00\"", "it is not a time such as"),
    ("meeting", "starts", "\"2026-02-30T10:00:00\"", "it is not a time such as"),
    ("meeting", "visibility", "\"secret\"", "it is public, unlisted or draft"),
    ("meeting", "visibility", "\"\"", "it is public, unlisted or draft"),
    ("meeting", "timezone", "\"Mars/Olympus\"", "No such time zone is known"),
    ("meeting", "slug", "\"../etc\"", "cannot be used"),
    ("meeting", "slug", "\"A B\"", "cannot be used"),
    ("meeting", "title", "\"a\\nb\"", "it contains control characters"),
    ("meeting", "duration_minutes", "0", "an event lasts from 1 to 1440 minutes"),
    ("meeting", "duration_minutes", "100000", "an event lasts from 1 to 1440 minutes"),
    ("meeting", "deleted_at", "9223372036854775807", "it is from 0 to 9007199254740991"),
    ("meeting", "earlier", "\"1 UTC soon 60 -\"", "it is not a list of earlier timetables"),
    ("meeting", "description", "\"<script>\\u0000\"", "contains the character U+0000"),
    ("old_slug", "slug", "\"schedule/new\"", "cannot be used"),
    ("chat_event", "id", "\"e_1\"", "it is not the id of an event"),
    ("chat_event", "key", "\"../x\"", "it is not a date such as"),
    ("chat_event", "opens_at", "-5", "it is from 0 to 9007199254740991"),
    ("chat_event", "closes_at", "1", "before the event opens at"),
    ("chat_event", "digest", "\"abc\"", "it is not a SHA-256 in hexadecimal"),
    ("chat_event", "wall", "\"18:00\"", "it is not a time such as"),
    ("participant", "id", "\"p_1\"", "it is not the id of a participant"),
    ("participant", "nick", "\"\\u0007\"", "cannot be used"),
    ("participant", "nick", "\"a\\u202eb\"", "characters that nobody can see"),
    ("participant", "nick", "\"two  spaces\"", "not in the form in which names are stored"),
    ("participant", "nick", "\"e\\u0301va\"", "not in the form in which names are stored"),
    ("organizer", "name", "\"ol\\u2060ga\"", "characters that nobody can see"),
    ("organizer", "id", "\"o_<script>\"", "it is not an id or a hash"),
    ("organizer", "id", "\"a.b\"", "it is not an id or a hash"),
    ("organizer", "feed_version", "2147483648", "it is at most 2147483647"),
    ("session", "organizer_id", "\"a b\"", "it is not an id or a hash"),
    ("api_token", "organizer_id", "\"\"", "it is not an id or a hash"),
    ("meeting", "chair_version", "2147483648", "it is at most 2147483647"),
    ("meeting", "revision", "2147483648", "it is at most 2147483647"),
    ("meeting", "title", "\"Tide\\u061ctalk\"", "U+061C"),
    ("meeting", "description", "\"a\\u0007b\"", "it contains control characters"),
    ("meeting", "agenda", "\"a\\u0007b\"", "it contains control characters"),
    ("meeting", "agenda", "\"- a\\ue000b\"", "characters that no agenda can have"),
    ("meeting", "visibility", "\"PUBLIC\"", "it is public, unlisted or draft"),
    ("old_slug", "meeting_id", "\"../x\"", "it is not an id or a hash"),
    ("chat_event", "agenda", "\"- a\\ue001b\"", "characters that no agenda can have"),
    ("chat_event", "agenda_before", "\"a\\u0000b\"", "contains the character U+0000"),
    ("chat_event", "agenda_before", "\"a\\u0007b\"", "it contains control characters"),
    ("chat_event", "key", "\"edit\"", "it is not a date such as"),
    ("chat_event", "key", "\"2026-02-30\"", "it is not a date such as"),
    ("chat_event", "key", "\"2026-11-24-x\"", "it is not a date such as"),
    ("chat_event", "closes_at", "9007199254740991", "more than 24 hours after"),
    ("chat_event", "cancel_reason", "\"two\\nlines\"", "one line"),
    ("chat_data", "text", "\"a\\u0007b\"", "it contains control characters"),
    ("chat_data", "nick", "\"a\\u202eb\"", "characters that nobody can see"),
    ("chat_data", "salt", "\"a b\"", "it is not an id or a hash"),
    ("chat_data", "participant_id", "\"p_1\"", "it is not the id of a participant"),
    ("reminder", "id", "\"r.a\"", "it is not an id or a hash"),
    ("announced", "closes_at", "0", "before the event opens at"),
    ("mail", "detail", "\"x\"", "is not used by such an email"),
    ("minutes_correction", "text", "\"\\u200b\"", "characters that nobody can see"),
    ("participant", "also", "\"ada_\\n\\u202e\"", "only characters that nobody can see"),
    ("participant", "join_nonce", "\"two words\"", "it is not a nonce"),
    ("chat_data", "kind", "\"shouted\"", "there is no such kind of message"),
    ("chat_data", "tag", "\"hashtag\"", "there is no such command"),
    ("chat_data", "audience", "\"everyone\"", "it is not the id of a participant"),
    ("chat_data", "hash", "\"ABC\"", "it is not a SHA-256 in hexadecimal"),
    ("chat_data", "ts", "-1", "it is from 0 to 9007199254740991"),
    ("reminder", "email", "\"nobody\"", "cannot be used"),
    ("mail", "what", "\"spam\"", "there is no such email"),
    ("announced", "title", "\"\"", "it is empty"),
];

/// The lines with a field of the first row of a table replaced, and the number of that line.
fn with_field(lines: &[String], table: &str, field: &str, value: &str) -> (Vec<String>, usize) {
    let place = lines.iter().position(|line| line.starts_with(&format!("{{\"table\":\"{table}\""))).unwrap();
    let mut line: Value = serde_json::from_str(&lines[place]).unwrap();
    assert!(line["row"].as_object().unwrap().contains_key(field), "{table} has no {field}");
    line["row"][field] = serde_json::from_str(value).unwrap();
    let mut lines = lines.to_vec();
    lines[place] = line.to_string();
    (lines, place + 1)
}

#[tokio::test]
async fn every_field_is_checked_and_html_is_never_taken_from_a_file() {
    let held = held().await;
    let file = path(&held.home, "gavel.jsonl");
    fine(&held.home.run(&["export", &file]));
    held.server.stop();
    let whole = fs::read_to_string(&file).unwrap();
    let lines: Vec<String> = whole.lines().filter(|line| !line.starts_with("{\"end\"")).map(str::to_owned).collect();
    let other = Home::new();
    for (table, field, value, reason) in FIELDS {
        let (changed, line) = with_field(&lines, table, field, value);
        let said = other.run_with(&["import", "-"], &sealed(&changed));
        assert!(!said.status.success(), "{table}.{field} = {value} was taken");
        assert!(
            said.err.contains(&format!("Line {line}: “{field}” of the table “{table}” ")) && said.err.contains(reason),
            "{table}.{field} = {value}: {said:?}"
        );
        assert_eq!(rows_of(&everything(&other)), 0, "{table}.{field} = {value}");
    }

    // An email that could never be written, or that names times that nobody can print, would stop all others.
    let change = |ends: i64| {
        json!([{"happened": "moved", "title": "T", "reason": null, "key": null,
        "was": {"opens": 0, "closes": 1}, "is": {"opens": 0, "closes": ends}}])
    };
    let (changed, line) = with_field(&lines, "mail", "what", "\"changed\"");
    for (detail, reason) in [
        (Value::Null, "is missing: this email cannot be written without it"),
        (json!("{}"), "it is not a list of changes"),
        (json!(change(i64::MAX).to_string()), "it has a time that no event can have"),
        (json!(change(-1).to_string()), "it has a time that no event can have"),
        (json!(change(2).to_string().replace('T', "T\\nBcc: x")), "it contains control characters"),
    ] {
        let mut changed = changed.clone();
        let mut row: Value = serde_json::from_str(&changed[line - 1]).unwrap();
        row["row"]["detail"].clone_from(&detail);
        changed[line - 1] = row.to_string();
        let said = other.run_with(&["import", "-"], &sealed(&changed));
        assert!(!said.status.success(), "{detail} was taken");
        assert!(
            said.err.contains(&format!("Line {line}: “detail” of the table “mail” ")) && said.err.contains(reason),
            "{detail}: {said:?}"
        );
    }

    // A row that says that its text was removed, and has one: its digest would not show that.
    let removed = lines.iter().position(|line| line.starts_with("{\"table\":\"chat_data\"") && !line.contains("\"hash\":null")).unwrap();
    let mut changed = lines.clone();
    changed[removed] = changed[removed].replace("\"text\":\"\"", "\"text\":\"forged\"");
    refused(&other.run_with(&["import", "-"], &sealed(&changed)), "“text” of the table “chat_data” cannot be used: the row has a hash");
    // A row that says which one was removed, and names none.
    let redacted = lines.iter().position(|line| line.contains("\"kind\":\"redacted\"")).unwrap();
    let mut row: Value = serde_json::from_str(&lines[redacted]).unwrap();
    row["row"]["text"] = json!("all of them");
    let mut changed = lines.clone();
    changed[redacted] = row.to_string();
    refused(&other.run_with(&["import", "-"], &sealed(&changed)), "it is not the timestamp of a row");
    // A head that is ahead of the log: no message could follow it.
    let (changed, _) = with_field(&lines, "chat_event", "last_ts", "9007199254740991");
    refused(&other.run_with(&["import", "-"], &sealed(&changed)), "Its rows do not make its digests");
    assert_eq!(rows_of(&everything(&other)), 0);

    // Texts that are longer than the forms take.
    for (table, field, most) in [
        ("meeting", "description", 10_000),
        ("meeting", "agenda", 10_000),
        ("chat_event", "agenda", 10_000),
        ("chat_event", "agenda_before", 10_000),
        ("chat_event", "title", 120),
        ("chat_event", "cancel_reason", 200),
        ("chat_data", "text", 12_000),
        ("minutes_correction", "text", 4_000),
        ("organizer", "name", 40),
        ("organizer", "name_key", 720),
        ("participant", "nick", 40),
        ("participant", "join_nonce", 64),
    ] {
        let (changed, line) = with_field(&lines, table, field, &json!("é".repeat(most + 1)).to_string());
        let said = other.run_with(&["import", "-"], &sealed(&changed));
        assert!(!said.status.success(), "{table}.{field} was taken");
        assert!(said.err.contains(&format!("Line {line}: “{field}” of the table “{table}” ")), "{table}.{field}: {said:?}");
    }

    // Keys that would let somebody take a name that is taken: they are made again.
    let (keyed, _) = with_field(&lines, "organizer", "name_key", "\"somebody else\"");
    let (keyed, _) = with_field(&keyed, "participant", "nick_key", "\"somebody else\"");
    let third = Home::new();
    fine(&third.run_with(&["import", "-"], &sealed(&keyed)));
    let kept = path(&third, "kept.jsonl");
    fine(&third.run(&["export", &kept]));
    assert_eq!(fs::read_to_string(&kept).unwrap(), whole, "keys are those of the names");

    // Somebody else's HTML, in every column that has any.
    let mut forged = lines.clone();
    for line in forged.iter_mut().skip(1) {
        let mut read: Value = serde_json::from_str(line).unwrap();
        for (name, value) in read["row"].as_object_mut().unwrap() {
            if name.ends_with("html") && value.is_string() {
                *value = json!("<script>alert(1)</script>");
            }
        }
        *line = read.to_string();
    }
    assert!(forged.iter().any(|line| line.contains("script")));
    fine(&other.run_with(&["import", "-"], &sealed(&forged)));
    let again = path(&other, "again.jsonl");
    fine(&other.run(&["export", &again]));
    assert_eq!(fs::read_to_string(&again).unwrap(), whole, "it is as it was rendered at first");
    // And what is taken is served.
    other.serve().stop();
}
