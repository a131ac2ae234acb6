//! The table of `docs/search.md` that says which words find which messages, and what happens when its rules change.

use reqwest::Method;
use serde_json::json;

use super::queries::{found, indexed, look, meeting, said};
use crate::nodes::two_nodes::until;
use crate::support::desk::Desk;
use crate::support::raw_database::Raw;

/// A row of the table: what is typed, a message, and whether it is found.
struct Pair<'t> {
    typed: &'t str,
    message: &'t str,
    is_found: bool,
}

fn pairs() -> Vec<Pair<'static>> {
    let docs = include_str!("../../../docs/search.md");
    let rows = docs.lines().skip_while(|line| !line.starts_with("| typed | message |")).skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert!(matches!(cells[3], "yes" | "no"), "{row}");
        Pair { typed: cells[1].trim_matches('`'), message: cells[2], is_found: cells[3] == "yes" }
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_of_words_that_match_is_true() {
    let pairs = pairs();
    assert!(pairs.len() >= 60 && pairs.iter().filter(|pair| !pair.is_found).count() >= 15);
    let messages: Vec<&str> = pairs.iter().map(|pair| pair.message).collect();
    let (app, slug, _) = said(&messages).await;
    let mut wrong = Vec::new();
    for Pair { typed, message, is_found } in pairs {
        // The space keeps the last word from being the beginning of one.
        let answer = look(&app, &[("q", &format!("{typed} ")), ("meeting", &slug)], None).await;
        let hit = answer["results"].as_array().unwrap().iter().find(|hit| hit["row"]["text"] == message).cloned();
        if hit.is_some() != is_found {
            wrong.push(format!("{typed} · {message}: {}", if is_found { "not found" } else { "found" }));
        }
        if let Some(hit) = hit {
            // The mark is around characters of the original, and taking it away leaves the message as it was.
            let snippet = hit["snippet"].as_str().unwrap();
            assert!(snippet.contains("<mark>"), "{typed}: {snippet}");
            assert_eq!(snippet.replace("<mark>", "").replace("</mark>", "").replace("&#39;", "'"), message);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snippet_marks_the_original_characters() {
    let (app, ..) = said(&["読む ｶﾞｲﾄﾞ だけ", "die Straße heute", "sie aß \u{fb01}sh"]).await;
    for (typed, marked) in
        [("ガイド", "読む <mark>ｶﾞｲﾄﾞ</mark> だけ"), ("strasse", "die <mark>Straße</mark> heute"), ("fish", "sie aß <mark>\u{fb01}sh</mark>")]
    {
        assert_eq!(look(&app, &[("q", typed)], None).await["results"][0]["snippet"], marked, "{typed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nickname_is_found_by_the_same_rules() {
    let (app, ..) = said(&["noon tide"]).await;
    assert_eq!(found(&app, &[("q", "noon from:\"ADA LOF\"")]).await, ["noon tide"]);
    assert_eq!(found(&app, &[("q", "noon"), ("nick", "ada løf")]).await, ["noon tide"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_with_older_rules_is_built_again_at_the_start() {
    let (app, slug, event) = said(&["an old tide"]).await;
    let raw = Raw::open(app.data()).await;
    raw.run("UPDATE search_cursor SET folding = folding - 1").await;
    raw.run("DELETE FROM search_row").await;
    let app = app.restart().await;
    indexed(&app, &slug, "zzlast").await;
    assert_eq!(found(&app, &[("q", "tide")]).await, ["an old tide"]);
    until("the search no longer says that it is being built", async || look(&app, &[("q", "tide")], None).await["notes"] == json!([]))
        .await;
    let ada = app.join(&event, "grace").await;
    app.say(&event, &ada, "a new tide").await;
    indexed(&app, &slug, "a new tide").await;
    assert_eq!(found(&app, &[("q", "tide")]).await, ["a new tide", "an old tide"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn new_messages_are_found_while_the_index_is_being_built() {
    let (app, ..) = said(&["an old tide"]).await;
    let raw = Raw::open(app.data()).await;
    // An event that nobody can finish as long as its head is hidden.
    raw.run("UPDATE chat_event SET last_ts = -last_ts").await;
    raw.run("UPDATE search_cursor SET ts = 0").await;
    let (slug, event) = meeting(&app, "Elsewhere", "public").await;
    let ada = app.join(&event, "ada").await;
    app.say(&event, &ada, "a fresh tide").await;
    indexed(&app, &slug, "a fresh tide").await;
    let answer = look(&app, &[("q", "fresh")], None).await;
    assert!(answer["notes"][0].as_str().unwrap().contains("search index is being built"), "{answer}");
    raw.run("UPDATE chat_event SET last_ts = -last_ts WHERE last_ts < 0").await;
    app.call(Method::GET, "/search?q=tide", None, None).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn building_again_continues_after_a_crash_and_notices_what_an_older_node_wrote() {
    let desk = Desk::new().await;
    let (event, ts) = (desk.open_event().await, desk.now());
    // More than one transaction indexes, on either engine.
    let insert = "INSERT INTO chat_data (event_id, ts, kind, nick, text, html) \
         WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 1499) \
         SELECT $1, $2 + n, 'said', 'ada', 'Straße ' || n, '' FROM n";
    sqlx::query(insert).bind(event.as_str()).bind(ts).execute(&desk.raw.0).await.unwrap();
    let head = sqlx::query("UPDATE chat_event SET last_ts = $1 WHERE id = $2").bind(ts + 1_499).bind(event.as_str());
    head.execute(&desk.raw.0).await.unwrap();
    let events = [event];
    let finish = async || while !desk.store.index(&events).await.unwrap().is_empty() {};
    let hits = async |typed: &str| {
        let query = gavel::domain::search::Query::parse(typed);
        desk.store.search(&gavel::store::search::Search { query, limit: 2_000, ..Default::default() }).await.unwrap().len()
    };
    finish().await;
    assert_eq!((hits("strasse ").await, desk.store.note_outdated().await.unwrap()), (1_500, 0));

    // As an older program left it: its cursor is complete, and nobody set it back yet.
    desk.raw.run("UPDATE search_cursor SET folding = 1").await;
    desk.raw.run("DELETE FROM search_row").await;
    // Another node is faster: it begins at the first row, not where the older program ended.
    assert_eq!(desk.store.index(&events).await.unwrap(), events);
    let first = hits("strasse ").await;
    assert!(0 < first && first < 1_500, "{first}");
    // A crash here: the next start notes nothing anew, and continues.
    assert_eq!(desk.store.note_outdated().await.unwrap(), 0);
    assert!(desk.store.search_is_behind().await.unwrap());
    assert_eq!(desk.store.count_unindexed().await.unwrap(), 1);
    finish().await;
    assert_eq!((hits("strasse ").await, desk.store.count_unindexed().await.unwrap()), (1_500, 0));

    // An older node knows `ts` alone.
    desk.raw.run("UPDATE search_cursor SET ts = ts + 1").await;
    assert_eq!(desk.store.note_outdated().await.unwrap(), 1);
    assert!(desk.store.search_is_behind().await.unwrap());
    finish().await;
    assert_eq!((hits("strasse ").await, desk.store.note_outdated().await.unwrap()), (1_500, 0));
}
