//! Saying something: the row, its text, nonces, many at once.

use std::collections::BTreeSet;

use reqwest::Method;
use rocket::futures::future::join_all;
use serde_json::{Value, json};

use crate::support::{HOUR, TestApp, kinds, said};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_answered_with_its_row_as_everyone_sees_it() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let row = app.try_say(&event, &ada, "hello", Some("n-1")).await.expect(201);
    assert_eq!((&row["kind"], &row["from"], &row["nick"]), (&json!("said"), &json!(ada.id), &json!("ada")));
    assert_eq!((&row["text"], &row["html"], &row["nonce"]), (&json!("hello"), &json!("hello"), &json!("n-1")));
    assert!(row["ts"].as_i64().unwrap() > ada.cursor);
    assert_eq!(app.log(&event).await.last(), Some(&row));
}

#[tokio::test(flavor = "multi_thread")]
async fn text_keeps_its_indentation_its_line_ends_made_one_and_its_html_inline() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let row = app.say(&event, &ada, "  one\r\ntwo <b>\n ").await;
    assert_eq!((&row["text"], &row["html"]), (&json!("  one\ntwo <b>"), &json!("  one<br>two &lt;b&gt;")));
    let row = app.say(&event, &ada, "/me waves").await;
    assert_eq!((&row["kind"], &row["text"]), (&json!("emote"), &json!("waves")));
    let row = app.say(&event, &ada, "**so** `x` https://example.org").await;
    let html = row["html"].as_str().unwrap();
    assert!(html.contains("<strong>so</strong>") && html.contains("<code>x</code>") && html.contains("href="), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn four_thousand_characters_are_the_most() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let most = "é".repeat(4_000);
    assert_eq!(app.say(&event, &ada, &most).await["text"], most.as_str());
    // What is trimmed does not count, and a CRLF is one character.
    app.say(&event, &ada, &format!("\n {most} \n")).await;
    app.say(&event, &ada, &format!("{}é", "é\r\n".repeat(1_999))).await;
    app.try_say(&event, &ada, &format!("{most}é"), None).await.problem(413, "text-too-long");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_nonce_is_the_same_row_also_with_another_text_and_after_the_close() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let (ada, bob) = (app.join(&event, "ada").await, app.join(&event, "bob").await);
    let first = app.try_say(&event, &ada, "hello", Some("n-1")).await.expect(201);
    app.say(&event, &bob, "between").await;
    assert_eq!(app.try_say(&event, &ada, "hello", Some("n-1")).await.expect(200), first);
    assert_eq!(app.try_say(&event, &ada, "another text", Some("n-1")).await.expect(200), first);
    // A nonce belongs to its participant.
    let bobs = app.try_say(&event, &bob, "mine", Some("n-1")).await.expect(201);
    assert_ne!(bobs["ts"], first["ts"]);
    app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
    assert_eq!(app.try_say(&event, &ada, "too late", Some("n-1")).await.expect(200), first);
    app.try_say(&event, &ada, "too late", Some("n-2")).await.problem(410, "event-closed");
    let log = app.log(&event).await;
    assert_eq!(said(&log), ["hello", "between", "mine"]);
    assert_eq!(app.look(&event).await["count"], log.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn posts_with_one_nonce_at_the_same_time_are_one_row() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let texts: Vec<String> = (0..20).map(|n| format!("try {n}")).collect();
    let replies = join_all(texts.iter().map(|text| app.try_say(&event, &ada, text, Some("n-1")))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    let first = replies[0].json();
    assert!(replies.iter().all(|reply| reply.json() == first));
    assert_eq!(kinds(&app.log(&event).await), ["opened", "joined", "said"]);
    assert_eq!(app.look(&event).await["count"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_who_talk_at_once_see_everything_in_one_order() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let nicks: Vec<String> = (0..100).map(|n| format!("guest {n}")).collect();
    let people = join_all(nicks.iter().map(|nick| app.join(&event, nick))).await;
    let readers = people.iter().map(|one| async {
        let (mut after, mut seen) = (0, Vec::new());
        while said(&seen).len() < 300 {
            let answer = app.try_poll(&event, &format!("after={after}&wait=50&limit=500"), Some(one)).await.expect(200);
            after = answer["cursor"].as_i64().unwrap();
            seen.extend(answer["messages"].as_array().unwrap().iter().cloned());
        }
        seen
    });
    let writers = people.iter().enumerate().map(|(n, one)| {
        let (app, event) = (&app, &event);
        async move {
            let mut last = 0;
            for turn in 0..3 {
                let ts = app.say(event, one, &format!("{n}: {turn}")).await["ts"].as_i64().unwrap();
                assert!(ts > last, "what one person says keeps its order");
                last = ts;
            }
        }
    });
    let (views, _) = tokio::join!(join_all(readers), join_all(writers));
    let log = app.log(&event).await;
    let times: Vec<i64> = log.iter().map(|row| row["ts"].as_i64().unwrap()).collect();
    assert!(times.is_sorted_by(|one, next| one < next), "timestamps increase strictly");
    assert_eq!(said(&log).into_iter().collect::<BTreeSet<_>>().len(), 300);
    for view in views {
        assert_eq!(view, log);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_floods_is_asked_to_wait_and_others_are_not() {
    let app = TestApp::start_with(&[("gavel.post_burst", json!(1)), ("gavel.post_rate", json!(1))]).await;
    let event = app.open_event().await;
    let (ada, bob) = (app.join(&event, "ada").await, app.join(&event, "bob").await);
    let replies = join_all((0..20).map(|_| app.try_say(&event, &ada, "me! me!", None))).await;
    let refused: Vec<_> = replies.into_iter().filter(|reply| reply.status != 201).collect();
    assert!(!refused.is_empty());
    for reply in refused {
        assert!(reply.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 1);
        reply.problem(429, "too-many");
    }
    app.say(&event, &bob, "may I?").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_there_after_a_restart() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let row = app.try_say(&event, &ada, "hello", Some("n-1")).await.expect(201);
    let app = app.restart().await;
    assert_eq!(app.log(&event).await.last(), Some(&row));
    assert_eq!(app.try_say(&event, &ada, "hello", Some("n-1")).await.expect(200), row);
    let next = app.say(&event, &ada, "still me").await;
    assert!(next["ts"].as_i64() > row["ts"].as_i64());
    assert_eq!(kinds(&app.log(&event).await), ["opened", "joined", "said", "said"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_posts_before_the_opening_after_the_close_or_in_a_cancelled_event() {
    let app = TestApp::start().await;
    let (cancelled, over) = (app.open_event().await, app.event(-60, 600).await);
    let (ada, bob) = (app.join(&cancelled, "ada").await, app.join(&over, "bob").await);
    app.organize(Method::POST, &format!("/events/{cancelled}/cancel"), None).await.expect(200);
    app.try_say(&cancelled, &ada, "hello", None).await.problem(403, "event-cancelled");
    app.clock.step(600_000_000);
    app.try_say(&over, &bob, "hello", None).await.problem(410, "event-closed");
    let ahead = app.event(3_600, 7_200).await;
    app.call(Method::POST, &format!("/events/{ahead}/messages"), None, Some(json!({"text": "first!"}))).await.problem(401, "bad-token");
    assert_eq!(app.log(&ahead).await, Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn timestamps_go_on_forward_when_the_clock_steps_back() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let before = app.say(&event, &ada, "before").await["ts"].as_i64().unwrap();
    app.clock.step(-2 * HOUR);
    for text in ["after", "and on"] {
        app.say(&event, &ada, text).await;
    }
    let times: Vec<i64> = app.log(&event).await.iter().map(|row| row["ts"].as_i64().unwrap()).collect();
    assert_eq!(times[times.len() - 2..], [before + 1, before + 2]);
    assert_eq!(app.look(&event).await["phase"], "open");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plain_transcript_has_a_line_a_row() {
    let app = TestApp::start().await;
    // Over midnight, the transcript would also have a line with the new day.
    app.step_to_noon();
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    app.say(&event, &ada, "one\ntwo").await;
    app.say(&event, &ada, "/me waves").await;
    let text = app.get(&format!("/events/{event}/transcript.txt")).await;
    assert!(text.headers["content-type"].to_str().unwrap().starts_with("text/plain"));
    let lines: Vec<&str> = text
        .text
        .lines()
        .map(|line| line.split_at_checked(9).map_or(line, |(time, rest)| if time.starts_with("  ") { line } else { rest }))
        .collect();
    assert_eq!(lines, ["* The room opened.", "* ada joined", "<ada> one", "  two", "* ada waves"]);
}
