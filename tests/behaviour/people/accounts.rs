//! Organizers: API tokens, sign-ins, the set-up link. Pages have tests of their own.

use gavel::app::people::accounts::Visitor;
use gavel::app::{App, Error};
use gavel::config::Config;
use gavel::domain::people::organizer::AccountProblem;
use reqwest::Method;
use serde_json::json;

use crate::support::desk::Desk;
use crate::support::{HOUR, TestApp};

const DAY: i64 = 24 * HOUR;

#[tokio::test(flavor = "multi_thread")]
async fn an_organizer_may_have_several_tokens_and_only_hashes_are_kept() {
    let app = TestApp::start().await;
    let desk = app.store().await;
    let tool = App::tool(desk, &gavel::rates(&Config::default()));
    let second = tool.add_token("OLGA").await.unwrap();
    let (slug, _) = app.meeting().await;
    for token in [&app.token, &second] {
        app.call(Method::PATCH, &format!("/meetings/{slug}"), Some(token), Some(json!({"title": "x"}))).await.expect(200);
    }
    assert!(matches!(tool.add_token("nobody").await, Err(Error::NotSignedIn)));
    let kept = app.data().bytes();
    let found = |word: &str| kept.windows(word.len()).any(|it| it == word.as_bytes());
    assert!(found("olga") && !found(&app.token) && !found(&second));
    tool.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_with_a_wrong_one_or_a_participants_nobody_organizes() {
    let app = TestApp::start().await;
    let (slug, _) = app.meeting().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let path = format!("/meetings/{slug}");
    for token in [None, Some(""), Some("gavel_wrong"), Some(ada.token.as_str()), Some("gavel_' OR 1=1 --")] {
        let reply = app.call(Method::PATCH, &path, token, Some(json!({"title": "x"}))).await;
        assert_eq!(reply.headers["www-authenticate"], "Bearer");
        reply.problem(401, "not-signed-in");
    }
    // Nor does an organizer's token speak in a room.
    let body = Some(json!({"text": "hello"}));
    app.call(Method::POST, &format!("/events/{event}/messages"), Some(&app.token), body).await.problem(401, "bad-token");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_organizers_are_unique_and_passwords_long_enough() {
    let desk = Desk::new().await;
    let app = App::tool(desk.store.clone(), &gavel::rates(&Config::default()));
    app.add_organizer("oscar", "correct horse".into()).await.unwrap();
    for alike in ["oscar", "OSCAR", "оscar"] {
        assert!(matches!(app.add_organizer(alike, "correct horse".into()).await, Err(Error::NameTaken)), "{alike}");
    }
    let short = app.add_organizer("otto", "too short".into()).await;
    assert!(matches!(short, Err(Error::Account(AccountProblem::PasswordShort))));
    assert!(matches!(app.add_organizer(" ", "correct horse".into()).await, Err(Error::Account(AccountProblem::Name))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_lasts_thirty_days_from_its_last_use() {
    let desk = Desk::new().await;
    let app = App::tool(desk.store.clone(), &gavel::rates(&Config::default()));
    app.add_organizer("oscar", "correct horse".into()).await.unwrap();
    assert!(matches!(app.sign_in("oscar", "wrong horse".into(), &Visitor::default()).await, Err(Error::WrongPassword)));
    assert!(matches!(app.sign_in("nobody", "correct horse".into(), &Visitor::default()).await, Err(Error::WrongPassword)));
    let session = app.sign_in("Oscar", "correct horse".into(), &Visitor::default()).await.unwrap().session;
    let name = async || app.organizer_of_session(&session).await.unwrap().map(|it| it.name);
    for _ in 0..3 {
        desk.clock.step(29 * DAY);
        assert_eq!(name().await.as_deref(), Some("oscar"));
    }
    desk.clock.step(31 * DAY);
    assert_eq!(name().await, None);
    let session = app.sign_in("oscar", "correct horse".into(), &Visitor::default()).await.unwrap().session;
    assert!(app.organizer_of_session(&session).await.unwrap().is_some());
    app.sign_out(&session, None).await.unwrap();
    assert!(app.organizer_of_session(&session).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_passwords_is_stopped_and_so_is_a_right_guess_after_that() {
    let desk = Desk::new().await;
    let config = Config { sign_in_attempts: std::num::NonZeroU32::new(3).unwrap(), ..Config::default() };
    let app = App::tool(desk.store.clone(), &gavel::rates(&config));
    app.add_organizer("oscar", "correct horse".into()).await.unwrap();
    app.add_organizer("paula", "correct horse".into()).await.unwrap();
    for _ in 0..3 {
        assert!(matches!(app.sign_in("oscar", "wrong horse".into(), &Visitor::default()).await, Err(Error::WrongPassword)));
    }
    let Err(Error::TooMany(wait)) = app.sign_in("OSCAR", "correct horse".into(), &Visitor::default()).await else {
        panic!("a fourth guess passed")
    };
    assert!(wait.as_secs() <= 600);
    app.sign_in("paula", "correct horse".into(), &Visitor::default()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_set_up_link_makes_the_first_organizer_and_no_other() {
    let desk = Desk::new().await;
    desk.raw.run("DELETE FROM meeting").await;
    desk.raw.run("DELETE FROM organizer").await;
    let app = App::tool(desk.store.clone(), &gavel::rates(&Config::default()));
    assert!(matches!(app.set_up("guess", "oscar", "correct horse".into(), &Visitor::default()).await, Err(Error::SetUpOver)));
    let link = app.set_up_token().await.unwrap().unwrap();
    assert_eq!(app.set_up_token().await.unwrap().as_ref(), Some(&link));
    assert!(matches!(app.set_up("guess", "oscar", "correct horse".into(), &Visitor::default()).await, Err(Error::SetUpOver)));
    let visitor = Visitor::default();
    let tries = ["oscar", "paula", "otto"].map(|name| app.set_up(&link, name, "correct horse".into(), &visitor));
    let made = rocket::futures::future::join_all(tries).await;
    assert_eq!(made.iter().filter(|it| it.is_ok()).count(), 1);
    assert!(matches!(app.check_set_up(&link).await, Err(Error::SetUpOver)));
    assert_eq!(app.set_up_token().await.unwrap(), None);
}
