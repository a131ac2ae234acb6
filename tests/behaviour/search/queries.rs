//! Searching what was said: words in every script, what is never found, and by whom.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::nodes::two_nodes::{two, until};
use crate::support::desk::Desk;
use crate::support::{MINUTE, TestApp};

/// The parameters of a search.
type Asked<'a> = &'a [(&'a str, &'a str)];

/// The texts that a search finds, newest first.
pub async fn found(app: &TestApp, query: &[(&str, &str)]) -> Vec<String> {
    texts(&look(app, query, None).await)
}

fn texts(answer: &Value) -> Vec<String> {
    answer["results"].as_array().unwrap().iter().map(|it| it["row"]["text"].as_str().unwrap().to_owned()).collect()
}

pub async fn look(app: &TestApp, query: &[(&str, &str)], token: Option<&str>) -> Value {
    let mut url = reqwest::Url::parse("http://x/search").unwrap();
    url.query_pairs_mut().extend_pairs(query);
    app.call(Method::GET, &format!("/search?{}", url.query().unwrap_or_default()), token, None).await.expect(200)
}

/// Waits until the last thing said is found: the index takes rows in by their order.
pub async fn indexed(app: &TestApp, slug: &str, last: &str) {
    until("the index is up to date", async || found(app, &[("q", last), ("meeting", slug)]).await.iter().any(|text| text == last)).await;
}

/// A meeting with an open event; gives its slug and the event's id.
pub async fn meeting(app: &TestApp, title: &str, visibility: &str) -> (String, String) {
    let body = json!({"title": title, "timezone": "UTC", "starts": "2200-01-01T12:00", "duration_minutes": 60, "visibility": visibility});
    let made = app.post("/meetings", body).await.expect(201);
    let slug = made["slug"].as_str().unwrap().to_owned();
    let body = json!({"opens_at": app.now() - MINUTE, "closes_at": app.now() + 60 * MINUTE});
    let event = app.post(&format!("/meetings/{slug}/events"), body).await.expect(201);
    (slug, event["id"].as_str().unwrap().to_owned())
}

/// A public meeting in which ada said these, in this order.
pub async fn said(texts: &[&str]) -> (TestApp, String, String) {
    let app = TestApp::start().await;
    let (slug, event) = meeting(&app, "Tidewater", "public").await;
    let ada = app.join(&event, "Ada Löf").await;
    for text in texts {
        app.say(&event, &ada, text).await;
    }
    app.say(&event, &ada, "zzlast").await;
    indexed(&app, &slug, "zzlast").await;
    (app, slug, event)
}

#[tokio::test(flavor = "multi_thread")]
async fn words_are_found_in_every_script_and_case_with_their_beginnings_and_in_phrases() {
    let (app, ..) = said(&SAID).await;
    let cases: [(&str, &[usize]); 19] = [
        ("bridge", &[1, 0]),
        ("BRIDGE noon", &[1, 0]),
        ("bri", &[1, 0]),
        ("bri ", &[]),
        ("bri*", &[1, 0]),
        ("\"harbour bridge\"", &[0]),
        ("\"bridge harb", &[]),
        ("bridge -opens", &[1]),
        ("-bridge noon", &[]),
        ("CAFE angstrom", &[2]),
        ("cafe\u{301}", &[2]),
        ("会議", &[3]),
        ("議会", &[]),
        ("москве", &[4]),
        ("don't", &[5]),
        ("example.org/a_b", &[5]),
        ("noon from:\"ada löf\"", &[1, 0]),
        ("noon from:bob", &[]),
        ("100%", &[5]),
    ];
    for (query, wanted) in cases {
        let wanted: Vec<&str> = wanted.iter().map(|n| SAID[*n]).collect();
        assert_eq!(found(&app, &[("q", query)]).await, wanted, "{query}");
    }
}

/// What is said where words are looked for.
const SAID: [&str; 6] = [
    "The harbour bridge opens at noon",
    "At noon the BRIDGE harbour",
    "Ein schönes Café in Ångström",
    "明日の会議室は三階です",
    "Встреча в Москве",
    "don't stop: 100% of example.org/a_b",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_result_says_where_it_stands_and_marks_what_matches_as_text() {
    let (app, slug, event) = said(&["<script>alert('tide')</script> & **tides**"]).await;
    let answer = look(&app, &[("q", "tid")], None).await;
    let result = &answer["results"][0];
    assert_eq!((&result["event"]["id"], &result["event"]["meeting"]), (&json!(event), &json!(slug)));
    assert_eq!(result["row"], app.log(&event).await[2]);
    let snippet = "&#60;script&#62;alert(&#39;<mark>tide</mark>&#39;)&#60;/script&#62; &#38; <mark>tides</mark>";
    assert_eq!((&result["snippet"], &answer["more"], &answer["page"]), (&json!(snippet), &json!(false), &json!(null)));
    let page = app.client.get(format!("{}/search?q=tid", app.base)).send().await.unwrap().text().await.unwrap();
    let link = format!("{}#t{}", result["event"]["url"].as_str().unwrap().replace('/', "&#x2f;"), result["row"]["ts"]);
    assert!(page.contains(snippet) && page.contains(&link) && !page.contains("<script>alert"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn results_are_bounded_by_kind_person_meeting_and_dates() {
    let (app, slug, event) = said(&["noon tide", "/me waits for the tide"]).await;
    let (other, second) = meeting(&app, "Elsewhere", "public").await;
    let bob = app.join(&second, "bob").await;
    let row = app.say(&second, &bob, "ebb tide").await;
    indexed(&app, &other, "ebb tide").await;
    let (ts, day) = (row["ts"].to_string(), chrono::DateTime::from_timestamp_micros(row["ts"].as_i64().unwrap()).unwrap());
    let (today, tomorrow) = (day.format("%Y-%m-%d").to_string(), (day + chrono::TimeDelta::days(1)).format("%Y-%m-%d").to_string());
    let in_other = format!("tide in:{other}");
    let (since, before) = (format!("tide after:{today}"), format!("tide before:{tomorrow}"));
    let (future, past) = (format!("tide after:{tomorrow}"), "tide before:2026".to_owned());
    let all = vec!["ebb tide", "waits for the tide", "noon tide"];
    let cases: [(Asked<'_>, Vec<&str>); 15] = [
        (&[("q", "tide kind:emote")], vec!["waits for the tide"]),
        (&[("q", "tide"), ("kind", "emote")], vec!["waits for the tide"]),
        (&[("q", "tide"), ("kind", "said")], vec!["ebb tide", "noon tide"]),
        (&[("q", "tide"), ("kind", "nonsense")], vec![]),
        (&[("q", "tide"), ("nick", "bob")], vec!["ebb tide"]),
        (&[("nick", "BOB")], vec!["ebb tide"]),
        (&[("q", &in_other)], vec!["ebb tide"]),
        (&[("q", "tide"), ("meeting", &slug)], all[1..].to_vec()),
        (&[("q", "tide"), ("meeting", "nothing")], vec![]),
        (&[("q", "tide"), ("from", &ts)], vec!["ebb tide"]),
        (&[("q", "tide"), ("until", &ts)], all[1..].to_vec()),
        (&[("q", &since)], all.clone()),
        (&[("q", &before)], all.clone()),
        (&[("q", &future)], vec![]),
        (&[("q", &past)], vec![]),
    ];
    for (query, wanted) in cases {
        assert_eq!(found(&app, query).await, wanted, "{query:?}");
    }
    for bad in ["from=soon", "until=-", "page=next"] {
        app.get(&format!("/search?q=tide&{bad}")).await.problem(400, "bad-request");
    }
    // Rows of the program are none that people wrote.
    assert_eq!(found(&app, &[("q", "joined")]).await, [""; 0]);
    assert_eq!(app.look(&event).await["phase"], "open");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unlisted_meeting_is_for_its_organizer_and_for_whoever_knows_its_slug() {
    let app = TestApp::start().await;
    let other = app.organizer("otto").await;
    let (slug, event) = meeting(&app, "Hidden", "unlisted").await;
    let ada = app.join(&event, "ada").await;
    app.say(&event, &ada, "the secret tide").await;
    indexed(&app, &slug, "the secret tide").await;
    for query in ["secret", "from:ada", "kind:said", "-nothing", "after:2020"] {
        assert_eq!(found(&app, &[("q", query)]).await, [""; 0], "{query}");
        assert_eq!(texts(&look(&app, &[("q", query)], Some(&other)).await), [""; 0], "{query}");
        assert_eq!(texts(&look(&app, &[("q", query)], Some(&app.token)).await), ["the secret tide"], "{query}");
        assert_eq!(found(&app, &[("q", query), ("meeting", &slug)]).await, ["the secret tide"], "{query}");
    }
    assert_eq!(found(&app, &[("q", &format!("secret in:{slug}"))]).await, ["the secret tide"]);
    app.call(Method::GET, "/search?q=secret", Some(&ada.token), None).await.problem(401, "not-signed-in");
    // What becomes public is everybody's, and what is deleted nobody's until that is undone.
    let path = format!("/meetings/{slug}");
    app.organize(Method::PATCH, &path, Some(json!({"visibility": "public"}))).await.expect(200);
    assert_eq!(found(&app, &[("q", "secret")]).await, ["the secret tide"]);
    app.organize(Method::DELETE, &path, None).await.expect(204);
    for query in [&[("q", "secret")][..], &[("q", "secret"), ("meeting", &slug)]] {
        assert_eq!(texts(&look(&app, query, Some(&app.token)).await), [""; 0]);
    }
    app.post(&format!("{path}/restore"), json!({})).await.expect(200);
    assert_eq!(found(&app, &[("q", "secret")]).await, ["the secret tide"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_redacted_is_found_no_more_before_and_after_the_close() {
    let (app, slug, event) = said(&["a confidential tide", "another confidential tide"]).await;
    let rows = app.log(&event).await;
    let word = [("q", "confidential")];
    app.organize(Method::DELETE, &format!("/events/{event}/messages/{}", rows[2]["ts"]), None).await.expect(204);
    assert_eq!(found(&app, &word).await, ["another confidential tide"]);
    app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
    app.organize(Method::DELETE, &format!("/events/{event}/messages/{}", rows[3]["ts"]), None).await.expect(204);
    assert_eq!(found(&app, &word).await, [""; 0]);
    // Nor when the index is made anew.
    let app = app.restart().await;
    indexed(&app, &slug, "zzlast").await;
    assert_eq!(found(&app, &word).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_go_on_where_the_one_before_ended_whatever_was_said_since() {
    let texts: Vec<String> = (0..60).map(|n| format!("tide {n}")).collect();
    let (app, slug, event) = said(&texts.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let ada = app.join(&event, "bea").await;
    let (mut seen, mut page) = (Vec::new(), String::new());
    for n in 0..3 {
        let answer = look(&app, &[("q", "tide"), ("page", &page)], None).await;
        seen.extend(self::texts(&answer));
        assert_eq!(answer["more"], n < 2);
        page = answer["page"].as_str().unwrap_or_default().to_owned();
        let more = format!("tide more {n}");
        app.say(&event, &ada, &more).await;
        indexed(&app, &slug, &more).await;
    }
    let newest_first: Vec<String> = texts.into_iter().rev().collect();
    assert_eq!(seen, newest_first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_for_one_alone_is_never_found_and_rows_of_the_same_moment_all_are() {
    let desk = Desk::new().await;
    let ts = desk.now();
    let mut events = Vec::new();
    for n in 0..30 {
        let event = desk.open_event().await;
        for (at, audience) in [(ts, None), (ts + 1, Some("p_aaaaaaaaaaaaaaaaaaaa"))] {
            let insert =
                "INSERT INTO chat_data (event_id, ts, kind, nick, text, html, audience) VALUES ($1, $2, 'said', 'ada', $3, '', $4)";
            let query = sqlx::query(insert).bind(event.as_str()).bind(at).bind(format!("tide {n}")).bind(audience);
            query.execute(&desk.raw.0).await.unwrap();
        }
        let moved = sqlx::query("UPDATE chat_event SET last_ts = $1 WHERE id = $2").bind(ts + 1).bind(event.as_str());
        moved.execute(&desk.raw.0).await.unwrap();
        events.push(event);
    }
    assert_eq!(desk.store.unindexed().await.unwrap().len(), 30);
    // Half of them together and half one by one, as at different moments.
    assert_eq!(desk.store.index(&events[..15]).await.unwrap(), []);
    for event in &events[15..] {
        assert_eq!(desk.store.index(std::slice::from_ref(event)).await.unwrap(), []);
    }
    assert_eq!(desk.store.unindexed().await.unwrap(), []);
    let query = gavel::domain::search::Query::parse("tide");
    let search = gavel::store::search::Search { query, limit: 100, ..Default::default() };
    let hits = desk.store.search(&search).await.unwrap();
    assert!(hits.is_sorted_by(|one, next| one.place.0 > next.place.0));
    let mut texts: Vec<&str> = hits.iter().map(|hit| hit.row.text.as_str()).collect();
    texts.sort_unstable();
    let mut wanted: Vec<String> = (0..30).map(|n| format!("tide {n}")).collect();
    wanted.sort_unstable();
    assert_eq!(texts, wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_while_no_index_was_kept_is_found_after_the_next_start() {
    let (app, slug, _) = said(&["an old tide"]).await;
    let raw = crate::support::raw_database::Raw::open(app.data()).await;
    raw.run("DELETE FROM search_cursor").await;
    raw.run("DELETE FROM search_row").await;
    assert_eq!(found(&app, &[("q", "tide")]).await, [""; 0]);
    let app = app.restart().await;
    indexed(&app, &slug, "zzlast").await;
    assert_eq!(found(&app, &[("q", "tide")]).await, ["an old tide"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_node_wrote_is_found_on_the_other() {
    only_on_postgres!();
    let (one, other) = two().await;
    let (slug, event) = meeting(&one, "Tidewater", "public").await;
    let ada = one.join(&event, "ada").await;
    let bob = other.join(&event, "bob").await;
    one.say(&event, &ada, "written here").await;
    other.say(&event, &bob, "written there").await;
    for node in [&other, &one] {
        indexed(node, &slug, "written here").await;
        indexed(node, &slug, "written there").await;
    }
    // One node redacts what the other one took in.
    let row = one.log(&event).await.into_iter().find(|row| row["text"] == "written there").unwrap();
    one.organize(Method::DELETE, &format!("/events/{event}/messages/{}", row["ts"]), None).await.expect(204);
    assert_eq!(found(&other, &[("q", "written")]).await, ["written here"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_answers_without_script_and_says_what_to_do() {
    let (app, slug, _) = said(&["noon tide"]).await;
    let page = async |path: &str| {
        let reply = app.client.get(format!("{}{path}", app.base)).timeout(Duration::from_secs(20)).send().await.unwrap();
        assert_eq!(reply.status(), 200, "{path}");
        reply.text().await.unwrap()
    };
    for (path, wanted) in [
        ("/search".to_owned(), "Search what was said"),
        ("/search?q=nowhere".to_owned(), "Nothing was found"),
        ("/search?q=tide".to_owned(), "<mark>tide</mark>"),
        ("/search/results?q=tide".to_owned(), "<mark>tide</mark>"),
        ("/search?q=%22tide%22%3E%3Cscript%3E".to_owned(), "value=\"&quot;tide&quot;&gt;&lt;script&gt;\""),
        (format!("/search?q=tide&meeting={slug}"), "Search in this meeting"),
        ("/search?q=tide&meeting=nothing".to_owned(), "There is no meeting “nothing”."),
        ("/".to_owned(), "href=\"/search\""),
    ] {
        let text = page(&path).await;
        assert!(text.contains(wanted), "{path}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn items_of_the_minutes_are_found_by_their_kind() {
    let app = TestApp::start().await;
    let (slug, event) = meeting(&app, "Tidewater", "public").await;
    let ada = app.join_as_chair(&event, "ada").await;
    for text in ["#agreed We sail at dawn", "#action ada mends the sail", "The sail is torn"] {
        app.say(&event, &ada, text).await;
    }
    indexed(&app, &slug, "The sail is torn").await;
    for (kind, texts) in [
        ("decision", &["#agreed We sail at dawn"][..]),
        ("action", &["#action ada mends the sail"]),
        ("idea", &[]),
        ("said", &["The sail is torn", "#action ada mends the sail", "#agreed We sail at dawn"]),
    ] {
        assert_eq!(found(&app, &[("q", "sail"), ("kind", kind)]).await, texts, "{kind}");
    }
}
