//! Answers with secrets in them: no browser and no proxy keeps one.

use reqwest::{Client, Method, Response};

use crate::support::TestApp;
use crate::support::raw_database::Raw;

/// A nonce as clients make one.
const NONCE: &str = "q7Zc0vN4mB1xK8dR5tY2aw";

#[track_caller]
fn assert_not_stored(what: &str, headers: &reqwest::header::HeaderMap) {
    assert_eq!(headers.get("cache-control").and_then(|it| it.to_str().ok()), Some("no-store"), "{what}");
}

fn browser() -> Client {
    Client::builder().cookie_store(true).redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// The secret of a page's forms.
fn csrf(page: &str) -> String {
    page.split_once("name=\"csrf\" value=\"").unwrap().1.split('"').next().unwrap().to_owned()
}

/// What a page says, with slashes as people see them.
async fn text(page: Response) -> String {
    page.text().await.unwrap().replace("&#x2f;", "/")
}

async fn get(client: &Client, url: String) -> Response {
    client.get(url).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_the_api_with_tokens_and_chair_keys_are_not_stored() {
    let app = TestApp::start().await;
    let (slug, _) = app.meeting().await;
    let event = app.open_event().await;
    for status in [201, 200] {
        let joined = app.try_join(&event, "ada", Some(NONCE)).await;
        assert_eq!(joined.status, status);
        assert_not_stored("a join", &joined.headers);
    }
    let refused = app.try_join(&event, "mallory", Some(NONCE)).await;
    assert_eq!(refused.status, 409);
    assert_not_stored("a refused join", &refused.headers);
    for method in [Method::GET, Method::POST] {
        let key = app.organize(method, &format!("/meetings/{slug}/chair"), None).await;
        assert!(key.json()["token"].as_str().unwrap().starts_with("gct_"));
        assert_not_stored("a chair key", &key.headers);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_with_secret_addresses_are_not_stored() {
    let app = TestApp::start().await;
    let (slug, _) = app.meeting().await;
    let key = app.organize(Method::GET, &format!("/meetings/{slug}/chair"), None).await.json();
    let signed_in = app.signed_in().await;
    let (schedule, meeting) = (format!("{}/schedule", app.base), format!("{}/m/{slug}", app.base));
    let page = get(&signed_in, schedule.clone()).await;
    assert_not_stored("the schedule with the private calendar", page.headers());
    let csrf = csrf(&page.text().await.unwrap());
    let page = get(&signed_in, meeting).await;
    assert_not_stored("a meeting with its chair link", page.headers());
    assert!(text(page).await.contains("/chair/"));
    // A form that is shown again has the same addresses.
    let wrong =
        signed_in.post(format!("{schedule}/{slug}/events")).form(&[("csrf", csrf.as_str()), ("date", "no date")]).send().await.unwrap();
    assert_eq!(wrong.status(), 422);
    assert_not_stored("the schedule after a form", wrong.headers());
    assert!(text(wrong).await.contains("/calendar/o_"));
    let entered = get(&browser(), format!("{}{}", app.base, key["url"].as_str().unwrap())).await;
    assert_eq!((entered.status().as_u16(), entered.headers().contains_key("set-cookie")), (303, true));
    assert_not_stored("a chair link", entered.headers());
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_set_a_cookie_of_a_session_or_a_participant_are_not_stored() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let url = app.look(&event).await["url"].as_str().unwrap().to_owned();
    let client = browser();
    let page = get(&client, format!("{}{url}", app.base)).await.text().await.unwrap();
    let (secret, nonce) = (csrf(&page), page.split_once("name=\"nonce\" value=\"").unwrap().1.split('"').next().unwrap().to_owned());
    assert!(nonce.len() >= 22, "{nonce}");
    let form = [("csrf", secret.as_str()), ("nick", "ada"), ("nonce", nonce.as_str())];
    for is_first in [true, false] {
        let joined = client.post(format!("{}{url}/join", app.base)).form(&form).send().await.unwrap();
        assert_eq!((joined.status().as_u16(), joined.headers().contains_key("set-cookie")), (303, is_first));
        assert_not_stored("a join by form", joined.headers());
    }
    let form = [("csrf", secret.as_str()), ("name", "olga"), ("password", "correct horse")];
    let signed_in = client.post(format!("{}/sign-in", app.base)).form(&form).send().await.unwrap();
    assert_eq!(signed_in.status(), 303);
    assert_not_stored("a sign-in", signed_in.headers());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_cannot_join_twice_is_shown_with_a_new_nonce() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let url = app.look(&event).await["url"].as_str().unwrap().to_owned();
    app.try_join(&event, "ada", Some(NONCE)).await.expect(201);
    let client = browser();
    let page = get(&client, format!("{}{url}", app.base)).await.text().await.unwrap();
    let secret = csrf(&page);
    let join = async |nick: &str, nonce: &str| {
        let form = [("csrf", secret.as_str()), ("nick", nick), ("nonce", nonce)];
        client.post(format!("{}{url}/join", app.base)).form(&form).send().await.unwrap()
    };
    let refused = join("bob", NONCE).await;
    assert_eq!(refused.status(), 409);
    let page = refused.text().await.unwrap();
    let nonce = page.split_once("name=\"nonce\" value=\"").unwrap().1.split('"').next().unwrap();
    assert!(nonce != NONCE && nonce.len() >= 22, "{nonce}");
    assert_eq!(join("bob", nonce).await.status(), 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_set_up_link_is_not_stored() {
    let app = TestApp::start().await;
    let raw = Raw::open(app.data()).await;
    raw.run("DELETE FROM api_token").await;
    raw.run("DELETE FROM organizer").await;
    let link = app.operations.set_up_token().await.unwrap().unwrap();
    let client = browser();
    let page = get(&client, format!("{}/set-up/{link}", app.base)).await;
    assert_not_stored("the set-up page", page.headers());
    let secret = csrf(&page.text().await.unwrap());
    let set_up = async |password: &str| {
        let form = [("csrf", secret.as_str()), ("name", "oscar"), ("password", password)];
        client.post(format!("{}/set-up/{link}", app.base)).form(&form).send().await.unwrap()
    };
    let short = set_up("short").await;
    assert_eq!(short.status(), 422);
    assert_not_stored("the set-up page after a form", short.headers());
    let made = set_up("correct horse").await;
    assert_eq!(made.status(), 303);
    assert_not_stored("the first sign-in", made.headers());
    assert_eq!(app.operations.set_up_token().await.unwrap(), None);
}
