//! What pages show of the actions that go on from event to event, in lobbies and on the meeting's page, and their forms without script.

use reqwest::{Client, Method, StatusCode};
use serde_json::json;

use crate::calendar_pages::{csrf, signed_in};
use crate::minutes_series::Series;
use crate::support::HOUR;

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
    let order = ["Open actions", "<h3>ada</h3>", "ada and bob sing", "<h3>Nobody yet</h3>", "who cooks?", "Decisions", "<b>Agreed</b> on "];
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
