//! The method of a request is the one that it was sent with, whatever is in its body.

use reqwest::Method;
use reqwest::multipart::Form;

use crate::support::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn a_field_of_a_form_does_not_change_its_method() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let row = app.say(&event, &ada, "hello").await;
    let slug = app.look(&event).await["meeting"].as_str().unwrap().to_owned();
    let targets = [
        format!("/meetings/{slug}"),
        format!("/events/{event}/participants/{}", ada.id),
        format!("/events/{event}/participants/me"),
        format!("/events/{event}/messages/{}", row["ts"]),
    ];
    for path in &targets {
        for body in ["_method=DELETE", "_method=delete", "&_method=delete", "&&_method=PUT", "_method=PATCH&x=1", "_method=get"] {
            for token in [&app.token, &ada.token] {
                let sent = app.client.post(app.api(path)).bearer_auth(token).header("Content-Type", "application/x-www-form-urlencoded");
                let status = sent.body(body).send().await.unwrap().status().as_u16();
                assert!(matches!(status, 404 | 405), "POST {path} with {body}: {status}");
            }
        }
        let parts = Form::new().text("_method", "DELETE");
        let status = app.client.post(app.api(path)).bearer_auth(&app.token).multipart(parts).send().await.unwrap().status().as_u16();
        assert!(matches!(status, 404 | 405), "POST {path} in parts: {status}");
    }
    // A form of a page stays one: the field means nothing there.
    let page = app.client.post(format!("{}/m/{slug}", app.base)).form(&[("_method", "get")]).send().await.unwrap().status().as_u16();
    assert!(matches!(page, 404 | 405), "{page}");
    let form = [("_method", "put"), ("nick", "bob"), ("csrf", "x")];
    let event_page = app.look(&event).await["url"].as_str().map_or_else(|| format!("/m/{slug}/x"), str::to_owned);
    let joined = app.client.post(format!("{}{event_page}/join", app.base)).form(&form).send().await.unwrap().status().as_u16();
    assert_ne!(joined, 500);

    let meeting = app.get(&format!("/meetings/{slug}")).await.expect(200);
    assert!(meeting["deleted_at"].is_null(), "{meeting}");
    app.say(&event, &ada, "still here").await;
    let rows = app.poll(&event, "after=0&wait=0").await;
    assert!(rows["messages"].as_array().unwrap().iter().any(|it| it["text"] == "hello"), "{rows}");
    // The method itself works.
    app.organize(Method::DELETE, &format!("/meetings/{slug}"), None).await.expect_any(&[200, 204]);
}
