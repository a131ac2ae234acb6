//! The log of a real meeting, said again line by line in a room, makes the minutes that its bot wrote. What differs differs on
//! purpose, and stands in a table.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use gavel::app::moving::import_log::Archived;
use gavel::domain::zone::Zone;
use gavel::import::{self, Known};
use reqwest::Method;
use serde_json::{Value, json};
use support::{Someone, TestApp};

const MEETING: &str = "hcoop-2021-04-13";

/// Where our minutes and the bot's differ, and why.
const DIFFERENCES: [(&str, &str); 7] = [
    ("lines of attendees", "the bot's counts are of a longer log than the one that was published"),
    ("hey k[n", "the bot's file has other words here than its own log: it was mended by hand"),
    ("k[n", "#nick names somebody who is there; the bot forgets them at once, here they are an attendee and can be given actions"),
    ("bhkl", "is counted by the bot, and not in the log that was published"),
    ("votes", "the bot lists each vote as an item; here a vote is one, with its counts and who voted what"),
    ("Prologue", "the bot makes a topic of what comes before the first one; here that has no topic"),
    ("Cross-site Scripting", "is a topic in the bot's log, and left out of its events: that file was mended by hand"),
];

/// A file of the meeting; says why where there is none.
fn read(name: &str) -> Option<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/meetings");
    if !folder.exists() {
        println!("skipped: the real meetings are not there ({})", folder.display());
        return None;
    }
    Some(fs::read_to_string(folder.join(name)).unwrap())
}

/// Says the whole log in a room whose chair is the one who was it, and gives the event.
async fn replay(app: &TestApp, log: &str, chair: &str) -> String {
    let event = app.open_event().await;
    let mut people: BTreeMap<String, Someone> = BTreeMap::new();
    for line in log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let (nick, text) = (line["nick"].as_str().unwrap(), line["text"].as_str().unwrap());
        if !people.contains_key(nick) {
            // Whose meeting it is comes in as a chair.
            let token = (nick == chair).then_some(app.token.as_str());
            let path = format!("/events/{event}/participants");
            let made = app.call(Method::POST, &path, token, Some(json!({"nick": nick}))).await.expect(201);
            people.insert(
                nick.to_owned(),
                Someone {
                    id: made["id"].as_str().unwrap().into(),
                    token: made["token"].as_str().unwrap().into(),
                    cursor: made["cursor"].as_i64().unwrap(),
                },
            );
        }
        app.say(&event, &people[nick], text).await;
    }
    event
}

/// The texts of a list of the minutes.
fn texts<'m>(minutes: &'m Value, list: &str) -> Vec<&'m str> {
    minutes[list].as_array().unwrap().iter().map(|item| item["text"].as_str().unwrap()).collect()
}

/// What the bot noted of one kind.
fn noted<'b>(bot: &'b Value, kind: &str) -> Vec<&'b str> {
    let events = bot["events"].as_array().unwrap().iter().filter(|event| event["event_type"] == kind);
    events.map(|event| event["operand"].as_str().unwrap()).collect()
}

/// Who is to do what, as the bot's page lists it: a person's name on a line of its own, their actions below.
fn by_attendee(page: &str) -> BTreeMap<String, Vec<String>> {
    let list = page.split("<h3>Action Items by Attendee</h3>").nth(1).unwrap();
    let mut actions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut who = String::new();
    for line in list.lines().map(str::trim).take_while(|line| *line != "</ul>" && !line.starts_with("<span")) {
        if let Some(rest) = line.strip_prefix("<li>")
            && let Some((text, _)) = rest.split_once(" (<a")
        {
            actions.entry(who.clone()).or_default().push(text.to_owned());
        } else if !line.starts_with('<') && !line.is_empty() {
            line.clone_into(&mut who);
        }
    }
    actions
}

/// That minutes say what the bot noted, but for the differences.
fn are_those_of(bot: &Value, page: &str, minutes: &Value) {
    assert_eq!(minutes["final"], true);
    for (list, kind) in [("topics", "TOPIC"), ("info", "INFO"), ("ideas", "IDEA"), ("links", "LINK")] {
        let (mut ours, theirs) = (texts(minutes, list), noted(bot, kind));
        ours.retain(|text| *text != DIFFERENCES[6].0);
        assert_eq!(ours, theirs, "{list}");
    }
    assert_eq!(minutes["topics"].as_array().unwrap().len(), noted(bot, "TOPIC").len() + 1);
    assert_eq!(minutes["links"][0]["url"], "https://whatever/agenda.html");

    let (ours, theirs) = (texts(minutes, "actions"), noted(bot, "ACTION"));
    assert_eq!(ours.len(), theirs.len());
    let other: Vec<_> = ours.iter().zip(&theirs).filter(|(ours, theirs)| ours != theirs).collect();
    assert!(other.len() == 1 && other[0].0.starts_with(DIFFERENCES[1].0), "{other:?}");

    let mut assigned: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for action in minutes["actions"].as_array().unwrap() {
        for who in action["assignees"].as_array().unwrap() {
            assigned.entry(who.as_str().unwrap().into()).or_default().push(action["text"].as_str().unwrap().into());
        }
    }
    let of_the_named = assigned.remove(DIFFERENCES[2].0).unwrap();
    assert_eq!(of_the_named, ["hey k[n, your nick has special chars"]);
    assert_eq!(assigned, by_attendee(page));

    assert_eq!(minutes["votes"].as_array().unwrap().len(), 1);
    let vote = &minutes["votes"][0];
    assert_eq!(vec![vote["question"].as_str().unwrap()], noted(bot, "MOTION"));
    let count = |option: &str| vote["options"].as_array().unwrap().iter().find(|it| it["option"] == option).unwrap()["count"].clone();
    let result = format!("Motion {}: {} in favor to {} opposed", vote["result"].as_str().unwrap(), count("+1"), count("-1"));
    assert_eq!(vec![result.as_str()], noted(bot, "ACCEPTED"));
    let cast = noted(bot, "VOTE");
    assert_eq!((&vote["cast"], count("+1")), (&json!(cast.len()), json!(cast.iter().filter(|it| **it == "+1").count())));

    let mut there: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for attendee in minutes["attendees"].as_array().unwrap() {
        there.insert(attendee["nick"].as_str().unwrap(), attendee["alias"].as_str());
    }
    assert_eq!(there.remove(DIFFERENCES[2].0), Some(None));
    let aliases = bot["aliases"].as_object().unwrap();
    assert_eq!(there, aliases.iter().map(|(nick, alias)| (nick.as_str(), alias.as_str())).collect());
    let counted: BTreeSet<&str> =
        bot["nicks"].as_object().unwrap().keys().map(String::as_str).filter(|nick| *nick != DIFFERENCES[3].0).collect();
    assert_eq!(counted, there.into_keys().collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_minutes_of_a_real_meeting_are_those_that_its_bot_wrote() {
    let Some(log) = read(&format!("{MEETING}.jsonl")) else { return };
    let bot: Value = serde_json::from_str(&read(&format!("{MEETING}.minutes.raw.json")).unwrap()).unwrap();
    let page = read(&format!("{MEETING}.minutes.html")).unwrap();
    let app = TestApp::start().await;
    let event = replay(&app, &log, bot["chair"].as_str().unwrap()).await;
    // #endmeeting closed it.
    assert_eq!(app.look(&event).await["phase"], "closed");
    let minutes = app.get(&format!("/events/{event}/minutes.json")).await.expect(200);
    are_those_of(&bot, &page, &minutes);
    for (what, why) in DIFFERENCES {
        println!("{what}: {why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_that_is_imported_makes_the_same_minutes() {
    let Some(log) = read(&format!("{MEETING}.log.txt")) else { return };
    let bot: Value = serde_json::from_str(&read(&format!("{MEETING}.minutes.raw.json")).unwrap()).unwrap();
    let page = read(&format!("{MEETING}.minutes.html")).unwrap();
    let app = TestApp::start().await;
    let known = Known { name: MEETING, date: None, zone: Zone::utc() };
    let shelf = app.operations.shelf("hcoop", None, Zone::utc(), None).await.unwrap();
    let archived = app.operations.archive(&shelf, &import::read(log.as_bytes(), &known).unwrap()).await.unwrap();
    let Archived::New(event) = archived else { panic!("{archived:?}") };
    let minutes = app.get(&format!("/events/{}/minutes.json", event.id)).await.expect(200);
    are_those_of(&bot, &page, &minutes);
}
