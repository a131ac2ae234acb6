//! `gavel import-log`: logs of elsewhere become past events, each once, beside a running server, or nothing does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::commands::{fine, refused};
use crate::http::{Api, rows, said};
use crate::moving::everything;
use crate::program::{Home, Server};

const LOG: &str = "19:00:05 <ada> hello\n19:00:07 * bob waves\n19:01:00 <ada> **bye**\n";

/// A home with an organizer and, in its folder, a log of this name.
fn home_with(name: &str, log: impl AsRef<[u8]>) -> (Home, String) {
    let home = Home::new();
    home.organizer("olga");
    let file = home.path().join(name);
    fs::write(&file, log).unwrap();
    (home, file.to_str().unwrap().to_owned())
}

async fn event(api: &Api, path: &str) -> Value {
    api.get(path).await
}

/// The newest past event of a meeting, with its transcript.
async fn newest(api: &Api, slug: &str) -> (Value, Value) {
    let meeting = event(api, &format!("/meetings/{slug}")).await;
    let past = meeting["past"][0].clone();
    let whole = api.get(&format!("/events/{}/transcript.json", past["id"].as_str().unwrap())).await;
    (past, whole)
}

async fn text(server: &Server, id: &str) -> String {
    let address = format!("{}/api/v1/events/{id}/transcript.txt", server.base);
    reqwest::get(address).await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn a_log_becomes_a_past_event_beside_a_running_server_and_only_once() {
    let (home, file) = home_with("tidewater-2020-11-24.log", LOG);
    let server = home.serve();
    let api = Api::new(&server.base);
    let import = ["import-log", &file, "--slug", "tidewater", "--title", "Tidewater weekly", "--zone", "Europe/Berlin"];
    let first = home.run(&import);
    fine(&first);
    assert!(first.out.starts_with("Imported /m/tidewater/2020-11-24: 3 lines, 7 rows, from 24 November 2020, 19:00 CET."), "{first:?}");

    let (past, whole) = newest(&api, "tidewater").await;
    assert_eq!((&past["phase"], &past["title"], &past["key"]), (&"closed".into(), &"Tidewater weekly".into(), &"2020-11-24".into()));
    let rows = rows(&whole);
    let kinds: Vec<&str> = rows.iter().map(|row| row["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["opened", "joined", "said", "joined", "emote", "said", "closed"]);
    assert_eq!((said(&rows), &rows[5]["html"]), (vec!["hello", "**bye**"], &"<strong>bye</strong>".into()));
    assert_eq!(rows[0]["ts"], past["opens_at"]);
    assert_eq!(past["opens_at"], 1_606_240_805_000_000_i64);
    assert_eq!(rows[6]["ts"], past["closes_at"]);

    let before = everything(&home);
    let again = home.run(&["import-log", &file, "--slug", "tidewater"]);
    fine(&again);
    assert_eq!(again.out, "/m/tidewater/2020-11-24 is there already, with the same rows.\n");
    assert_eq!(everything(&home), before);
    fine(&home.run(&["verify"]));

    // A longer one of the same event.
    fs::write(&file, format!("{LOG}19:02:00 <bob> wait\n")).unwrap();
    refused(&home.run(&["import-log", &file, "--slug", "tidewater"]), "has other lines (7 rows)");
    assert_eq!(everything(&home), before);
}

#[tokio::test]
async fn a_transcript_that_is_imported_elsewhere_comes_out_the_same() {
    let (here, file) = home_with("weekly-2020-11-24.log", format!("{LOG}     and more of it\n"));
    let (there, _) = home_with("unused", "");
    let (server, other) = (here.serve(), there.serve());
    fine(&here.run(&["import-log", &file, "--slug", "weekly"]));
    let (past, _) = newest(&Api::new(&server.base), "weekly").await;
    let transcript = text(&server, past["id"].as_str().unwrap()).await;
    assert_eq!(transcript.lines().count(), 8, "{transcript}");

    let file = there.path().join("weekly.txt");
    fs::write(&file, &transcript).unwrap();
    let imported = there.run(&["import-log", file.to_str().unwrap(), "--slug", "weekly", "--date", "2020-11-24"]);
    fine(&imported);
    let (past, _) = newest(&Api::new(&other.base), "weekly").await;
    assert_eq!(text(&other, past["id"].as_str().unwrap()).await, transcript);
    fine(&there.run(&["verify"]));
}

#[tokio::test]
async fn the_minutes_of_a_transcript_are_the_same_elsewhere() {
    let (here, there) = (Home::new(), Home::new());
    let (server, other) = (here.serve(), there.serve());
    let (token, theirs) = (here.organizer("olga"), there.organizer("olga"));
    let (api, abroad) = (Api::new(&server.base), Api::new(&other.base));
    let event = api.open_event(&token, "weekly").await;
    let joined = api.post(&format!("/events/{event}/participants"), &token, &json!({"nick": "ada"})).await;
    let (ada, bob) = (joined.1["token"].as_str().unwrap().to_owned(), api.join(&event, "bob").await.token);
    for (who, text) in [
        (&ada, "#topic Tides"),
        (&bob, "#agreed on nothing"),
        (&ada, "#action bob reads"),
        (&ada, "#agreed on all"),
        (&ada, "#startmeeting"),
    ] {
        let (status, row) = api.post(&format!("/events/{event}/messages"), who, &json!({"text": text})).await;
        assert_eq!(status, 201, "{row}");
    }
    let (status, closed) = api.post(&format!("/events/{event}/close"), &token, &Value::Null).await;
    assert_eq!(status, 200, "{closed}");
    let day = closed["key"].as_str().unwrap()[..10].to_owned();
    let noted = async |api: &Api, id: &str| {
        let minutes = api.get(&format!("/events/{id}/minutes.json")).await;
        let texts = |list: &str| minutes[list].as_array().unwrap().iter().map(|item| item["text"].clone()).collect::<Vec<_>>();
        ["topics", "agreed", "actions"].map(texts)
    };
    let minutes = noted(&api, &event).await;
    assert_eq!(minutes, [[json!("Tides")], [json!("on all")], [json!("bob reads")]]);

    let file = there.path().join("weekly.txt");
    fs::write(&file, text(&server, &event).await).unwrap();
    let meeting = json!({"title": "Weekly", "slug": "weekly", "timezone": "UTC", "starts": "2200-01-01T12:00", "duration_minutes": 60});
    assert_eq!(abroad.post("/meetings", &theirs, &meeting).await.0, 201);
    fine(&there.run(&["import-log", file.to_str().unwrap(), "--slug", "weekly", "--date", &day]));
    let (past, _) = newest(&abroad, "weekly").await;
    assert_eq!(noted(&abroad, past["id"].as_str().unwrap()).await, minutes);
}

#[tokio::test]
async fn what_is_imported_while_a_server_runs_is_found_by_its_search() {
    let (home, file) = home_with("weekly-2020-11-24.log", LOG);
    let server = home.serve();
    fine(&home.run(&["import-log", &file, "--slug", "weekly"]));
    let (api, began) = (Api::new(&server.base), Instant::now());
    // Nothing told the server but the database. A look at everything comes once a minute.
    while api.get("/search?q=hello").await["results"] == json!([]) {
        assert!(began.elapsed() < Duration::from_mins(3), "it is not found");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[test]
fn what_cannot_be_read_is_refused_by_its_line_and_leaves_nothing() {
    let (home, file) = home_with("weekly-2020-11-24.log", "");
    let before = everything(&home);
    let long = format!("19:00 <ada> hi\n19:01 <ada> {}\n", "x".repeat(10_000_000));
    let broken = [
        (b"".as_slice(), "has no message"),
        (b"Dear all,\nwe met", "Line 1 does not begin with a time"),
        (b"19:00 <ada> hi\n18:00 <ada> back", "Line 2 goes back from 19:00:00 to 18:00:00"),
        (b"19:00 <ada> hi\n19:01 what is this", "Line 2 is not in a known format: “19:01 what is this”"),
        (b"19:00 <ada> hi\n19:01 [bob] I object", "Known formats: Gavel's transcript.txt, irssi, ZNC"),
        (b"--- Day changed Xx Yyy 07 2020\n19:00 <ada> hi", "Line 1 may begin a new day"),
        (b"[03/04/2020 19:00] <ada> hi", "--date-format"),
        (b"2020-11-24 19:00 <ada> hi\n2020-11-26 19:00 <ada> hi", "--cut"),
        (b"12:00:00 <ada> first\n12:60:00 <bob> I resign\n12:01:00 <ada> ok", "Line 2 begins with “12:60:00”, which is not a time of day"),
        (b"19:00 <ada> hi\nI resign", "Line 2 has no time, and no indent"),
        (long.as_bytes(), "Line 2 is longer than any message"),
    ];
    for (log, words) in broken {
        fs::write(&file, log).unwrap();
        refused(&home.run(&["import-log", &file, "--slug", "weekly"]), words);
    }
    fs::write(&file, LOG).unwrap();
    let undated = home.path().join("weekly.log");
    fs::write(&undated, LOG).unwrap();
    let undated = undated.to_str().unwrap();
    let transcript = home.path().join("transcript-2020-11-24.txt");
    fs::write(&transcript, "18:00:00 * The room opened.\n18:00:00 * ada joined\n18:00:01 <ada> hi\n18:00:02 * The room closed.\n").unwrap();
    let transcript = transcript.to_str().unwrap();
    for (arguments, words) in [
        (vec!["import-log", &file, "--slug", "Not a slug"], "--slug: "),
        (vec!["import-log", &file, "--slug", "weekly", "--zone", "Nowhere/Here"], "--zone: "),
        (vec!["import-log", &file, "--slug", "weekly", "--organizer", "nobody"], "no organizer “nobody”"),
        (vec!["import-log", &file, "--slug", "weekly", "--date", "2199-01-01"], "ends in the future"),
        (vec!["import-log", &file, "--slug", "weekly", "--date", "0001-01-01"], "--date: Choose a day from 1970 to 2255"),
        (vec!["import-log", undated, "--slug", "weekly"], "on which day it was"),
        (vec!["import-log", transcript, "--slug", "weekly", "--from", "19:00"], "It is a transcript of Gavel's, which is one event."),
        (vec!["import-log", transcript, "--slug", "weekly", "--to", "19:00"], "Remove --from, --to, and --cut."),
        (vec!["import-log", transcript, "--slug", "weekly", "--cut"], "Remove --from, --to, and --cut."),
        (vec!["import-log", &file, "--slug", "weekly", "--encoding", "klingon"], "--encoding: "),
        (vec!["import-log", &file, "--slug", "weekly", "--date-format", "x"], "--date-format: "),
        (vec!["import-log", &file, "--slug", "weekly", "--format", "x"], "--format: "),
        (vec!["import-log", &file, "--slug", "weekly", "--from", "soon"], "--from: "),
        (vec!["import-log", &file, "--slug", "weekly", "--from", "23:00"], "no message between --from and --to"),
        (vec!["import-log", &file, "--slug", "weekly", "--cut"], "no #startmeeting"),
        (vec!["import-log", "/nowhere/at-all.log", "--slug", "weekly"], "cannot be read"),
    ] {
        refused(&home.run(&arguments), words);
    }
    assert_eq!(everything(&home), before);
    home.organizer("omar");
    refused(&home.run(&["import-log", &file, "--slug", "weekly"]), "--organizer");
    fine(&home.run(&["import-log", &file, "--slug", "weekly", "--organizer", "omar"]));
    refused(&home.run(&["import-log", &file, "--slug", "weekly", "--organizer", "olga"]), "belongs to another organizer");
}

#[tokio::test]
async fn what_was_left_out_is_listed_and_a_dry_run_changes_nothing() {
    let log = "18:00 -!- ada [a@h] has joined #boats\n18:01 < ada> #startmeeting\n18:02 -!- ada is now known as ada_\n18:03 < ada_> #topic Caf\u{e9}\n\
               18:04 -!- mode/#boats [+o bob] by x\n18:05 < bob> #topic not a chair\n18:06 -!- bob was kicked from #boats by ada_ [out]\n18:07 < ada_> bye\n";
    let latin: Vec<u8> = log.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let (home, file) = home_with("weekly-2020-11-24.log", latin);
    let before = everything(&home);
    let dry = home.run(&["import-log", &file, "--slug", "weekly", "--dry-run"]);
    fine(&dry);
    assert!(dry.out.starts_with("Format irssi: 4 lines of 2 people, from 24 November 2020, 18:01 UTC to "), "{dry:?}");
    let listed = [
        "1 join (first: line 1)",
        "1 kick",
        "1 change of modes (first: line 5)",
        "read as windows-1252 (first: line 4)",
        "ada → ada_ (line 3)",
    ];
    for words in listed.iter().chain(&["Nothing was imported (--dry-run)."]) {
        assert!(dry.out.contains(words), "{words}: {dry:?}");
    }
    assert_eq!(everything(&home), before);
    refused(&home.run(&["import-log", &file, "--slug", "weekly", "--encoding", "utf-8"]), "Line 4 is not UTF-8");
    assert_eq!(everything(&home), before);

    let server = home.serve();
    let import = home.run(&["import-log", &file, "--slug", "weekly"]);
    fine(&import);
    assert!(listed.iter().all(|words| import.out.contains(words)), "{import:?}");
    let (past, whole) = newest(&Api::new(&server.base), "weekly").await;
    let rows = rows(&whole);
    let told: Vec<String> =
        rows.iter().map(|row| format!("{} {}", row["kind"].as_str().unwrap(), row["nick"].as_str().unwrap_or_default())).collect();
    let expected = ["opened ", "joined ada", "said ada", "said ada", "joined bob", "said bob", "left bob", "said ada", "closed "];
    assert_eq!(told, expected);
    let tags: Vec<&Value> = rows.iter().map(|row| &row["tag"]).collect();
    assert_eq!((tags[3], tags[5]), (&json!("topic"), &Value::Null), "a chair stays one under another nickname");
    // One person is one participant.
    assert_eq!(rows[2]["from"], rows[3]["from"]);
    assert_eq!(past["title"], "Weekly");
}

#[test]
fn a_continuous_log_is_cut_into_its_meetings() {
    let log = "2020-11-24 17:00:00\tbob\tearly\n2020-11-24 18:00:00\tada\t#startmeeting One\n2020-11-24 18:30:00\tada\t#endmeeting\n\
               2020-12-01 18:00:00\tada\t#startmeeting Two\n2020-12-01 18:01:00\tbob\thi\n2020-12-01 18:30:00\tada\t#endmeeting\n";
    let (home, file) = home_with("boats.weechatlog", log);
    refused(&home.run(&["import-log", &file, "--slug", "weekly"]), "Line 4 is more than 24 hours after the first");
    let cut = ["import-log", &file, "--slug", "weekly", "--cut"];
    let first = home.run(&cut);
    fine(&first);
    for words in [
        "Imported /m/weekly/2020-11-24, “One”: 2 lines",
        "Imported /m/weekly/2020-12-01, “Two”: 3 lines",
        "1 message outside of the part to import (first: line 1)",
    ] {
        assert!(first.out.contains(words), "{first:?}");
    }
    let before = everything(&home);
    let again = home.run(&cut);
    fine(&again);
    assert_eq!(again.out.matches("is there already, with the same rows.").count(), 2, "{again:?}");
    assert_eq!(everything(&home), before);
    let part = home.run(&["import-log", &file, "--slug", "other", "--from", "2020-12-01 18:01", "--to", "2020-12-01"]);
    fine(&part);
    assert!(part.out.starts_with("Imported /m/other/2020-12-01: 2 lines"), "{part:?}");
    fine(&home.run(&["verify"]));
}

#[test]
fn a_meeting_ends_with_its_chair_under_another_nickname() {
    let log = "18:00 < ada> #startmeeting\n18:01 < bob> hello\n18:03 -!- ada is now known as ada_\n18:06 < ada_> #endmeeting\n\
               18:07 < bob> private talk\n19:00 < cat> #startmeeting\n19:01 < cat> second\n19:02 < cat> #endmeeting\n";
    let (home, file) = home_with("boats-2020-11-24.log", log);
    let dry = home.run(&["import-log", &file, "--slug", "weekly", "--cut", "--dry-run"]);
    fine(&dry);
    assert_eq!(dry.out.matches("Format irssi: 3 lines of ").count(), 2, "{dry:?}");
    assert!(dry.out.contains("Left out: 1 message outside of the part to import (first: line 5)."), "{dry:?}");
}

/// A log of this many meetings, each of some messages.
fn many_meetings(meetings: usize, messages: usize) -> String {
    use std::fmt::Write;
    let mut log = String::new();
    for day in 1..=meetings {
        let mut say = |n: usize, words: &str| {
            writeln!(log, "2020-{:02}-{:02} 18:{:02}:{:02}\tada\t{words}", 1 + day / 28, 1 + day % 28, n / 60, n % 60).unwrap();
        };
        say(0, "#startmeeting");
        for n in 1..=messages {
            say(n, &format!("message {n} of {day}"));
        }
        say(messages + 1, "#endmeeting");
    }
    log
}

#[test]
fn a_log_of_which_one_meeting_cannot_be_imported_leaves_nothing() {
    let (home, file) = home_with("boats.weechatlog", many_meetings(3, 2));
    // The second meeting is there, with other words.
    let other = home.path().join("other.weechatlog");
    fs::write(&other, "2020-01-03 18:00:00\tbob\t#startmeeting\n2020-01-03 18:00:01\tbob\tsomething else\n").unwrap();
    fine(&home.run(&["import-log", other.to_str().unwrap(), "--slug", "weekly"]));
    let before = everything(&home);
    refused(
        &home.run(&["import-log", &file, "--slug", "weekly", "--cut"]),
        "was not imported. /m/weekly/2020-01-03 began at the same moment",
    );
    assert_eq!(everything(&home), before);
    // A meeting that has not ended yet, after others that have.
    let future = many_meetings(2, 2).replace("2020-01-03", "2120-01-03");
    fs::write(&file, future).unwrap();
    refused(&home.run(&["import-log", &file, "--slug", "other", "--cut"]), "was not imported. It ends in the future");
    assert_eq!(everything(&home), before);
}

#[test]
fn an_import_that_is_interrupted_says_what_is_imported_and_goes_on_when_it_is_run_again() {
    const MEETINGS: usize = 60;
    let (home, file) = home_with("boats.weechatlog", many_meetings(MEETINGS, 200));
    let cut = ["import-log", &file, "--slug", "weekly", "--cut"];
    let mut child = home.command(&cut).spawn().unwrap();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut printed = String::new();
    std::io::BufRead::read_line(&mut out, &mut printed).unwrap();
    assert!(printed.starts_with("Imported /m/weekly/2020-01-02"), "{printed}");
    assert!(std::process::Command::new("kill").arg("-TERM").arg(child.id().to_string()).status().unwrap().success());
    std::io::Read::read_to_string(&mut out, &mut printed).unwrap();
    let said = child.wait_with_output().unwrap();
    let done = printed.matches("Imported ").count();
    let problem = String::from_utf8(said.stderr).unwrap();
    // On a machine where the signal comes late, all may be imported.
    if !said.status.success() {
        assert!(problem.starts_with("gavel: It was interrupted. Of “"), "{problem}");
        assert!(problem.contains(&format!("the first {done} of {MEETINGS} meetings are imported")), "{done}: {problem}");
        assert!(problem.contains("Run the command again to import the rest"), "{problem}");
    }
    let again = home.run(&cut);
    fine(&again);
    assert_eq!(again.out.matches("is there already, with the same rows.").count(), done);
    assert_eq!(again.out.matches("Imported ").count(), MEETINGS - done);
    assert_eq!(everything(&home)["chat_event"].1.len(), MEETINGS);
    fine(&home.run(&["verify"]));
}

#[tokio::test]
async fn an_action_item_for_a_former_or_a_later_nickname_is_that_persons() {
    let log = "18:00 <guest> hello\n18:01 -!- guest is now known as ada\n18:02 <ada> #startmeeting\n18:03 <bob> #action guest writes\n\
               18:04 <bob> #action ada reads\n18:05 -!- ada is now known as ada_\n18:06 <bob> #action ada_ sings\n\
               18:07 <ada_> #topic Tides\n18:08 <ada_> #chair bob\n18:09 <bob> #agreed on all\n18:10 <ada_> #endmeeting\n";
    let (home, file) = home_with("boats-2020-11-24.log", log);
    let server = home.serve();
    let api = Api::new(&server.base);
    for (slug, more) in [("weekly", vec![]), ("part", vec!["--cut"])] {
        fine(&home.run(&[vec!["import-log", &file, "--slug", slug], more].concat()));
        let (past, _) = newest(&api, slug).await;
        let minutes = api.get(&format!("/events/{}/minutes.json", past["id"].as_str().unwrap())).await;
        let assigned: Vec<&Value> = minutes["actions"].as_array().unwrap().iter().map(|item| &item["assignees"]).collect();
        let person = if slug == "part" { "ada" } else { "guest" };
        assert_eq!(assigned, vec![&json!([person]); 3], "{slug}: {minutes}");
        assert_eq!((minutes["topics"].as_array().unwrap().len(), minutes["agreed"].as_array().unwrap().len()), (1, 1), "{slug}: {minutes}");
        // What is open is listed under that person as well.
        let page = reqwest::get(format!("{}/m/{slug}", server.base)).await.unwrap().text().await.unwrap();
        let open = page.split_once("id=\"open-actions\"").map_or(page.as_str(), |(_, rest)| rest);
        assert!(open.contains(person), "{slug}: {page}");
    }
    // It moves with everything else.
    let moved = home.path().join("everything.jsonl");
    fine(&home.run(&["export", moved.to_str().unwrap()]));
    let there = Home::new();
    fine(&there.run(&["import", moved.to_str().unwrap()]));
    assert_eq!(everything(&there), everything(&home));
}

#[test]
fn of_many_logs_a_bad_one_is_told_and_the_others_are_imported() {
    let (home, _) = home_with("unused", "");
    let logs = [
        ("a-2020-11-24.log", LOG.to_owned()),
        ("b-2020-12-01.log", format!("{LOG}what is this\n18:00 <ada> back\n")),
        ("c-2020-12-08.log", LOG.replace("hello", "#startmeeting Neap tides")),
        ("d-2020-11-24.log", LOG.replace("hello", "another of this start")),
        ("e-2020-12-15.log", "\u{feff}23:59:58 <ada> late\n00:00:03 <ada> later\n".to_owned()),
    ];
    let mut import = vec!["import-log".to_owned(), "--slug".to_owned(), "tidewater".to_owned()];
    for (name, log) in &logs {
        let file = home.path().join(name);
        fs::write(&file, log).unwrap();
        import.push(file.to_str().unwrap().to_owned());
    }
    import.push(home.path().to_str().unwrap().to_owned());
    let import: Vec<&str> = import.iter().map(String::as_str).collect();
    let first = home.run(&import);
    assert_eq!(first.status.code(), Some(1), "{first:?}");
    let told: Vec<&str> = first.out.lines().collect();
    assert_eq!(told.len(), 3, "{first:?}");
    assert!(told[1].starts_with("Imported /m/tidewater/2020-12-08, “Neap tides”: 3 lines, 7 rows, from "), "{first:?}");
    assert!(told[2].starts_with("Imported /m/tidewater/2020-12-15: 2 lines, 5 rows, from 15 December 2020, 23:59 UTC."), "{first:?}");
    let problems: Vec<&str> = first.err.lines().collect();
    for (problem, words) in problems.iter().zip([
        "/b-2020-12-01.log” was not imported. Line 4 has no time, and no indent that shows it",
        "/d-2020-11-24.log” was not imported. /m/tidewater/2020-11-24 began at the same moment and has other lines",
        "was not imported. It cannot be read: Is a directory",
        "gavel: Of 6 logs 3 are new, 0 were there already, 3 were refused. Fix those and run the command again. Imported logs are skipped.",
    ]) {
        assert!(problem.starts_with("gavel: ") && problem.contains(words), "{problem}");
    }
    assert_eq!(problems.len(), 4);
    let before = everything(&home);
    let again = home.run(&import);
    assert!(again.err.contains("0 are new, 3 were there already, 3 were refused") && again.status.code() == Some(1), "{again:?}");
    assert_eq!(everything(&home), before);
    // What no log can help is told once.
    let mut elsewhere = import.clone();
    elsewhere.extend(["--organizer", "nobody"]);
    refused(&home.run(&elsewhere), "no organizer “nobody”");
    fine(&home.run(&["verify"]));
}

#[test]
fn killed_in_the_middle_it_leaves_nothing_or_everything() {
    use std::fmt::Write;
    let log = (0..20_000).fold(String::new(), |mut log, n| {
        writeln!(log, "{:02}:{:02}:{:02} <nick{}> line {n}", 1 + n / 3_600, n / 60 % 60, n % 60, n % 40).unwrap();
        log
    });
    let (home, file) = home_with("long-2020-11-24.log", log);
    let before = everything(&home);
    let mut left_out = 0;
    for wait in [5, 150, 300, 450, 600] {
        let mut child = home.command(&["import-log", &file, "--slug", "long"]).stdout(Stdio::null()).spawn().unwrap();
        // Anywhere: before, within or after the transaction. What is there is judged, not when.
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
        let now = everything(&home);
        let rows = now["chat_data"].1.len();
        if rows == 0 {
            assert_eq!(now, before);
            left_out += 1;
        } else {
            assert_eq!(rows, 20_000 + 40 + 2);
        }
    }
    assert!(left_out > 0, "none was killed in time");
    fine(&home.run(&["import-log", &file, "--slug", "long"]));
    assert_eq!(everything(&home)["chat_data"].1.len(), 20_042);
    fine(&home.run(&["verify"]));
}

#[test]
fn all_real_logs_are_imported_and_a_second_time_changes_nothing() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/meetings");
    let Ok(found) = fs::read_dir(&folder) else {
        println!("passed over: there are no logs of real meetings beside the project");
        return;
    };
    let mut logs: Vec<PathBuf> =
        found.map(|entry| entry.unwrap().path()).filter(|path| path.to_string_lossy().ends_with(".log.txt")).collect();
    logs.sort();
    assert!(!logs.is_empty(), "there is a folder of real meetings, but no log in it");
    let home = Home::new();
    home.organizer("olga");
    let mut import = vec!["import-log", "--slug", "archive"];
    import.extend(logs.iter().map(|path| path.to_str().unwrap()));
    let first = home.run(&import);
    fine(&first);
    assert_eq!(first.out.matches("Imported /m/archive/").count(), logs.len(), "{first:?}");
    // As their chairs called them.
    for title in ["“Fedora Project Board Elections Town Hall”", "“Fedora 20 elections: FAmSCo townhall”", "“FESCo townhall”"] {
        assert!(first.out.contains(title), "{first:?}");
    }
    let before = everything(&home);
    let again = home.run(&import);
    fine(&again);
    assert_eq!(again.out.matches("is there already, with the same rows.").count(), logs.len(), "{again:?}");
    assert_eq!(everything(&home), before);
    let verified = home.run(&["verify"]);
    fine(&verified);
    assert!(verified.out.contains(&format!("{} whole, 0 not", logs.len())), "{verified:?}");
}
