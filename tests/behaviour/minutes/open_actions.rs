//! What pages show of the actions that go on from event to event, in lobbies and on the meeting's page, and their forms without script.

use reqwest::{Client, Method, StatusCode};
use serde_json::json;

use super::action_items::Series;
use super::recorded::minutes;
use crate::calendar::pages::{csrf, signed_in};
use crate::support::{HOUR, MINUTE};

#[tokio::test(flavor = "multi_thread")]
async fn without_script_the_organizer_decides_in_the_lobby_and_on_the_meetings_page() {
    let series = Series::new().await;
    let rows = series
        .over(&["#here Ada L.", "#action ada writes **it**", "#action ada and bob sing", "#action who cooks?", "#agreed on <b>soup</b>"])
        .await
        .1;
    let lobby = series.add(HOUR, 2 * HOUR).await;
    let (path, meeting) = (series.path(&lobby).await, format!("/m/{}", series.slug));
    let (guest, browser) = (Client::new(), signed_in(&series.app).await);
    for page in [series.page(&guest, &path).await, series.page(&guest, &meeting).await] {
        assert!(page.contains("ada writes <strong>it</strong>") && !page.contains("name=\"done\""), "{page}");
        assert!(page.contains(&format!("#t{}\"", rows[1]["ts"])), "linked to the line");
    }
    let page = series.page(&guest, &meeting).await;
    let order = [
        "Open actions",
        "<h3><bdi>ada</bdi></h3>",
        "ada and bob sing",
        "<h3><bdi>Nobody yet</bdi></h3>",
        "who cooks?",
        "Decisions",
        "<b>Agreed</b> <bdi>on ",
    ];
    let places: Vec<usize> = order.iter().map(|piece| page.find(piece).unwrap_or_else(|| panic!("{piece} in {page}"))).collect();
    assert!(places.is_sorted() && !page.contains("<b>soup</b>"), "{places:?}");
    let page = series.page(&browser, &path).await;
    assert!(page.find("Still open from last time").unwrap() < page.find("id=\"agenda\"").unwrap(), "first in the lobby");

    let send = async |fields: &[(&str, &str)]| {
        let page = series.page(&browser, &path).await;
        let form = [&[("csrf", csrf(&page))], fields].concat();
        browser.post(format!("{}{path}/actions", series.app.base)).form(&form).send().await.unwrap()
    };
    let ts = rows[1]["ts"].to_string();
    let answer = send(&[("done", &ts)]).await;
    assert_eq!(answer.url().path(), path);
    let shown = answer.text().await.unwrap();
    assert!(shown.contains("Done: ada writes **it**") && shown.contains("name=\"open\""), "{shown}");
    assert_eq!(series.open(&lobby).await, ["ada and bob sing", "who cooks?"]);
    let answer = send(&[("open", &ts), ("back", &meeting)]).await;
    assert_eq!(answer.url().path(), meeting);
    assert!(answer.text().await.unwrap().contains("Open again: ada writes"));
    assert_eq!(series.open(&lobby).await.len(), 3);
    assert!(series.page(&browser, &meeting).await.contains(&format!("action=\"{path}/actions\"")));
    // A button that is out of date, and a foreign form.
    assert!(send(&[("done", "17")]).await.text().await.unwrap().contains("No action that an earlier event left open has this timestamp"));
    let forged =
        browser.post(format!("{}{path}/actions?part", series.app.base)).form(&[("csrf", "guessed"), ("done", &ts)]).send().await.unwrap();
    assert_eq!(forged.status(), 403);
    assert!(forged.text().await.unwrap().contains("id=\"left\""), "as a part");
    let strange =
        guest.post(format!("{}{path}/actions?part", series.app.base)).form(&[("csrf", "guessed"), ("done", &ts)]).send().await.unwrap();
    assert!(strange.status().is_client_error());
    assert_eq!(series.open(&lobby).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_without_actions_says_so_and_a_draft_says_nothing() {
    let series = Series::new().await;
    let (guest, meeting) = (Client::new(), format!("/m/{}", series.slug));
    let page = series.page(&guest, &meeting).await;
    assert!(page.contains("Nothing is open.") && page.contains("No decision is on record yet."), "{page}");
    let lobby = series.add(HOUR, 2 * HOUR).await;
    let page = series.page(&guest, &series.path(&lobby).await).await;
    let left = page.split("id=\"left\"").nth(1).unwrap().split('>').next().unwrap();
    assert!(left.ends_with(" hidden"), "{left}");
    let body = json!({"title": "Draft", "timezone": "UTC", "starts": "2200-01-01T12:00", "duration_minutes": 60, "visibility": "draft"});
    let slug = series.app.post("/meetings", body).await.expect(201)["slug"].as_str().unwrap().to_owned();
    series.app.get(&format!("/meetings/{slug}/actions")).await.problem(404, "not-found");
    series.app.organize(Method::GET, &format!("/meetings/{slug}/actions"), None).await.expect(200);
    let moved = series.app.organize(Method::PATCH, &format!("/meetings/{}", series.slug), Some(json!({"slug": "tides"}))).await;
    moved.expect(200);
    let answer = guest.get(series.app.api(&format!("/meetings/{}/actions", series.slug))).send().await.unwrap();
    assert_eq!((answer.status(), answer.url().path()), (StatusCode::OK, "/api/v1/meetings/tides/actions"));
}

#[tokio::test(flavor = "multi_thread")]
async fn days_of_other_years_are_told_with_their_year() {
    let series = Series::new().await;
    let (first, rows) = series.over(&["#action ada writes"]).await;
    let opened = series.app.look(&first).await["opens_at"].as_i64().unwrap();
    let year = chrono::DateTime::from_timestamp_micros(opened).unwrap().format("%Y").to_string();
    series.app.clock.step(400 * 24 * 60 * MINUTE);
    let (second, ada) = series.begin().await;
    let guest = Client::new();
    let left = async || {
        let page = series.page(&guest, &series.path(&second).await).await;
        page.split_once("id=\"left\"").unwrap().1.split_once("</section>").unwrap().0.to_owned()
    };
    assert!(left().await.contains(&format!(" {year}</time></a>")), "{}", left().await);
    series.decide(&second, &ada.token, &rows[0]["ts"], "carried").await.expect(200);
    assert!(left().await.contains(&format!(" {year}</time></a>")));
    let part = series.app.get(&format!("/events/{second}/minutes.part.html")).await.text;
    assert!(part.contains(&format!(" {year}</time></a>")), "{part}");
    // Within a year it is not told.
    series.app.say(&second, &ada, "#action ada sings").await;
    series.close(&second).await;
    let third = series.begin().await.0;
    let page = series.page(&guest, &series.path(&third).await).await;
    assert!(page.split_once("ada sings").unwrap().1.split_once("</time>").unwrap().0.ends_with(|c: char| c.is_ascii_alphabetic()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_settled_says_of_each_whether_it_was_done_or_dropped() {
    let series = Series::new().await;
    let app = &series.app;
    let rows = series.over(&["#action ada writes", "#action ada sings"]).await.1;
    let (event, ada) = series.begin().await;
    series.decide(&event, &ada.token, &rows[0]["ts"], "dropped").await.expect(200);
    let forms = async |last: &str, words: &[&str]| {
        for form in ["txt", "md", "html", "part.html"] {
            let told = app.get(&format!("/events/{event}/minutes.{form}")).await.text;
            let (_, list) = told.split_once("Settled since last time").unwrap_or_else(|| panic!("{form}: {told}"));
            let places: Vec<usize> =
                words.iter().map(|word| list.find(word).unwrap_or_else(|| panic!("{word} in {form}: {told}"))).collect();
            assert!(places.is_sorted() && !told.contains(last), "{form}: {told}");
        }
    };
    forms("Done", &["Dropped", "ada writes"]).await;
    series.decide(&event, &ada.token, &rows[1]["ts"], "done").await.expect(200);
    forms("Carried", &["Dropped", "ada writes", "Done", "ada sings"]).await;
    assert_eq!(minutes(app, &event).await["dropped"][0]["text"], json!("ada writes"));
}
