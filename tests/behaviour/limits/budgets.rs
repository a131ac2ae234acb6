//! What one address may write and read, and what one event takes: more gets 429 and a time to come again.

use reqwest::Method;
use rocket::futures::future::join_all;
use serde_json::json;

use crate::support::{Reply, TestApp};

/// The header in which the proxy of these tests says the client's address.
const HEADER: &str = "X-Real-IP";

/// `GET` of a path, from an address.
async fn get_from(app: &TestApp, path: &str, address: &str) -> Reply {
    let response = app.client.get(format!("{}{path}", app.base)).header(HEADER, address).send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    Reply { status, headers, text: response.text().await.unwrap() }
}

fn asked_to_wait(reply: Reply) {
    let wait: u64 = reply.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    reply.problem(429, "too-many");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_nicknames_of_one_address_share_its_budget_of_messages() {
    let app = TestApp::start_with(&[("gavel.address_post_burst", json!(5)), ("gavel.address_post_rate", json!(1))]).await;
    let event = app.open_event().await;
    let mut refused = 0;
    for n in 0..12 {
        let who = app.join(&event, &format!("guest {n}")).await;
        let reply = app.try_say(&event, &who, "hello", None).await;
        if reply.status != 201 {
            refused += 1;
            asked_to_wait(reply);
        }
    }
    assert!(refused > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_takes_so_many_rows_of_people_and_other_events_go_on() {
    let app = TestApp::start_with(&[("gavel.event_post_burst", json!(5)), ("gavel.event_post_rate", json!(1))]).await;
    let (flooded, other) = (app.open_event().await, app.open_event().await);
    let ada = app.join(&flooded, "ada").await;
    let replies = join_all((0..20).map(|_| app.try_say(&flooded, &ada, "me!", None))).await;
    let refused: Vec<_> = replies.into_iter().filter(|reply| reply.status != 201).collect();
    assert!(!refused.is_empty());
    refused.into_iter().for_each(asked_to_wait);
    // A join is a row as well.
    let joins = join_all((0..5).map(|n| app.try_join(&flooded, ["ann", "ben", "cem", "dan", "eve"][n], None))).await;
    joins.into_iter().filter(|reply| reply.status != 201).for_each(asked_to_wait);
    let bob = app.join(&other, "bob").await;
    app.say(&other, &bob, "may I?").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_read_counts_but_polls_and_files_of_the_program_do_not() {
    let settings = [("gavel.read_burst", json!(4)), ("gavel.read_rate", json!(1)), ("ip_header", json!(HEADER))];
    let app = TestApp::start_with(&settings).await;
    let event = app.open_event().await;
    app.join(&event, "ada").await;
    let url = app.look(&event).await["url"].as_str().unwrap().to_owned();
    let paths = [
        "/".to_owned(),
        "/api/v1/meetings".to_owned(),
        "/calendar.ics".to_owned(),
        "/feed.atom".to_owned(),
        "/search?q=hello".to_owned(),
        "/api/v1/search?q=hello".to_owned(),
        url.clone(),
        format!("{url}/log"),
        format!("/api/v1/events/{event}"),
        format!("/api/v1/events/{event}/participants"),
        format!("/api/v1/events/{event}/transcript.json"),
        format!("/api/v1/events/{event}/minutes.md"),
        format!("/api/v1/events/{event}/actions.csv"),
    ];
    for (n, path) in paths.iter().enumerate() {
        let address = format!("192.0.2.{n}");
        let mut limited = None;
        for _ in 0..40 {
            let reply = get_from(&app, path, &address).await;
            if reply.status == 429 {
                limited = Some(reply);
                break;
            }
        }
        let reply = limited.unwrap_or_else(|| panic!("{path} has no limit"));
        assert!(reply.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 1, "{path}");
        if path.starts_with("/api/") {
            reply.problem(429, "too-many");
        } else {
            assert!(reply.headers["content-type"].to_str().unwrap().starts_with("text/html"), "{path}");
            assert!(reply.text.contains("Wait ") && reply.text.contains("<h1"), "{path}: {}", reply.text);
        }
        // What an address may read has nothing to do with its polls, or with the health of the program.
        get_from(&app, &format!("/api/v1/events/{event}/messages?after=0&wait=0"), &address).await.expect(200);
        assert_eq!(get_from(&app, "/health", &address).await.status, 200);
        // Nor with another address.
        assert_eq!(get_from(&app, "/api/v1/meetings", &format!("198.51.100.{n}")).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_that_are_answered_with_a_page_count_as_reads() {
    let app = TestApp::start_with(&[("gavel.read_burst", json!(3)), ("gavel.read_rate", json!(1))]).await;
    let event = app.open_event().await;
    let url = format!("{}{}", app.base, app.look(&event).await["url"].as_str().unwrap());
    let post =
        async |form: &str| app.client.post(format!("{url}/{form}")).form(&[("nick", ""), ("text", "x")]).send().await.unwrap().status();
    let answers = [post("join").await, post("say").await, post("join").await, post("say").await, post("join").await, post("say").await];
    assert!(answers.iter().any(|status| *status == 429) && answers[0] != 429, "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ipv6_network_is_one_address_and_a_mapped_one_is_that_of_ipv4() {
    let settings = [("gavel.read_burst", json!(4)), ("gavel.read_rate", json!(1)), ("ip_header", json!(HEADER))];
    let app = TestApp::start_with(&settings).await;
    for addresses in [
        (0..40).map(|n| format!("2001:db8:1:2::{n:x}")).collect::<Vec<_>>(),
        (0..40).map(|n| if n % 2 == 0 { "192.0.2.1".into() } else { "::ffff:192.0.2.1".into() }).collect(),
    ] {
        let mut refused = 0;
        for address in &addresses {
            refused += i32::from(get_from(&app, "/api/v1/meetings", address).await.status == 429);
        }
        assert!(refused > 0, "{addresses:?}");
    }
    assert_eq!(get_from(&app, "/api/v1/meetings", "2001:db8:1:3::1").await.status, 200);
    assert_eq!(get_from(&app, "/api/v1/meetings", "::ffff:192.0.2.2").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn joins_and_searches_count_by_network_too() {
    let settings = [
        ("gavel.join_burst", json!(2)),
        ("gavel.join_rate", json!(1)),
        ("gavel.search_burst", json!(2)),
        ("gavel.search_rate", json!(1)),
        ("ip_header", json!(HEADER)),
    ];
    let app = TestApp::start_with(&settings).await;
    let event = app.open_event().await;
    let join = async |address: String, nick: String| {
        let request = app.client.request(Method::POST, app.api(&format!("/events/{event}/participants")));
        request.header(HEADER, address).json(&json!({"nick": nick})).send().await.unwrap().status().as_u16()
    };
    let (mut joins, mut searches) = (Vec::new(), Vec::new());
    for n in 0..20 {
        let address = format!("2001:db8:1:2:{n:x}::1");
        joins.push(join(address.clone(), format!("guest {n}")).await);
        searches.push(get_from(&app, "/api/v1/search?q=hello", &address).await.status.as_u16());
    }
    assert!(joins.contains(&201) && joins.contains(&429), "{joins:?}");
    assert!(searches.contains(&200) && searches.contains(&429), "{searches:?}");
    assert_eq!(join("2001:db8:1:3::1".into(), "neighbour".into()).await, 201);
}
