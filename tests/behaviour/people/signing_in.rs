//! Limits of sign-ins: guesses are stopped, and nobody is locked out by the guesses of others.

use std::num::NonZeroU32;

use gavel::app::people::accounts::Visitor;
use gavel::app::{App, Error};
use gavel::config::Config;
use gavel::domain::network::Network;
use reqwest::{Client, RequestBuilder, Response};
use rocket::futures::future::join_all;
use serde_json::json;

use crate::support::TestApp;
use crate::support::desk::Desk;

const RIGHT: &str = "correct horse";
const WRONG: &str = "wrong horse battery";

fn from(address: &str) -> Visitor {
    Visitor { network: Some(Network::of(address.parse().unwrap())), ..Visitor::default() }
}

/// Operations that allow `most` failures, with the organizers `oscar` and `paula`.
async fn operations(desk: &Desk, most: u32) -> App {
    let config = Config { sign_in_attempts: NonZeroU32::new(most).unwrap(), ..Config::default() };
    let app = App::tool(desk.store.clone(), &gavel::rates(&config));
    for name in ["oscar", "paula"] {
        app.add_organizer(name, RIGHT.into()).await.unwrap();
    }
    app
}

async fn outcome(app: &App, name: &str, password: &str, visitor: &Visitor) -> &'static str {
    match app.sign_in(name, password.into(), visitor).await {
        Ok(_) => "in",
        Err(Error::WrongPassword) => "wrong",
        Err(Error::TooMany(_)) => "wait",
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_from_one_address_block_the_name_there_and_nowhere_else() {
    let desk = Desk::new().await;
    let app = operations(&desk, 3).await;
    let (here, elsewhere) = (from("192.0.2.1"), from("192.0.2.2"));
    for name in ["oscar", "OSCAR", "oscar"] {
        assert_eq!(outcome(&app, name, WRONG, &here).await, "wrong");
    }
    assert_eq!(outcome(&app, "oscar", RIGHT, &here).await, "wait");
    assert_eq!(outcome(&app, "oscar", RIGHT, &from("::ffff:192.0.2.1")).await, "wait");
    assert_eq!(outcome(&app, "oscar", RIGHT, &elsewhere).await, "in");
    assert_eq!(outcome(&app, "paula", RIGHT, &here).await, "in");
    // All of an IPv6 /64 is one client.
    for n in 1..=3 {
        assert_eq!(outcome(&app, "oscar", WRONG, &from(&format!("2001:db8::{n}"))).await, "wrong");
    }
    assert_eq!(outcome(&app, "oscar", RIGHT, &from("2001:db8::4")).await, "wait");
    assert_eq!(outcome(&app, "oscar", RIGHT, &from("2001:db8:0:1::4")).await, "in");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_tries_one_password_with_many_names_is_stopped() {
    let desk = Desk::new().await;
    let app = operations(&desk, 1).await;
    let here = from("192.0.2.1");
    for n in 0..10 {
        assert_eq!(outcome(&app, &format!("name {n}"), WRONG, &here).await, "wrong");
    }
    assert_eq!(outcome(&app, "oscar", RIGHT, &here).await, "wait");
    assert_eq!(outcome(&app, "oscar", RIGHT, &from("192.0.2.2")).await, "in");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_failures_count() {
    let desk = Desk::new().await;
    let app = operations(&desk, 2).await;
    let here = from("192.0.2.1");
    for _ in 0..6 {
        assert_eq!(outcome(&app, "oscar", RIGHT, &here).await, "in");
    }
    assert_eq!(outcome(&app, "oscar", WRONG, &here).await, "wrong");
    assert_eq!(outcome(&app, "oscar", RIGHT, &here).await, "in");
    assert_eq!(outcome(&app, "oscar", WRONG, &here).await, "wrong");
    assert_eq!(outcome(&app, "oscar", RIGHT, &here).await, "wait");
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_that_come_all_at_once_are_stopped_as_well() {
    let desk = Desk::new().await;
    let app = operations(&desk, 3).await;
    let here = from("192.0.2.1");
    let tries = join_all((0..12).map(|_| app.sign_in("oscar", WRONG.into(), &here))).await;
    assert_eq!(tries.iter().filter(|it| matches!(it, Err(Error::WrongPassword))).count(), 3, "{tries:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_device_is_not_blocked_by_others_and_has_a_limit_of_its_own() {
    let desk = Desk::new().await;
    let app = operations(&desk, 2).await;
    let here = from("192.0.2.1");
    let device = app.sign_in("oscar", RIGHT.into(), &here).await.unwrap().device;
    let known = Visitor { device: Some(device), ..here.clone() };
    // Both limits of the address are used up by others.
    for n in 0..20 {
        assert_eq!(outcome(&app, if n < 2 { "oscar".to_owned() } else { format!("name {n}") }.as_str(), WRONG, &here).await, "wrong");
    }
    assert_eq!(outcome(&app, "oscar", RIGHT, &here).await, "wait");
    assert_eq!(outcome(&app, "oscar", RIGHT, &known).await, "in");
    // It is known for oscar alone, and guesses from it are stopped.
    assert_eq!(outcome(&app, "paula", RIGHT, &known).await, "wait");
    for _ in 0..2 {
        assert_eq!(outcome(&app, "oscar", WRONG, &known).await, "wrong");
    }
    assert_eq!(outcome(&app, "oscar", RIGHT, &known).await, "wait");
}

/// A browser on the sign-in page, with the secret of its form.
struct Browser {
    client: Client,
    base: String,
    csrf: String,
}

impl Browser {
    async fn open(app: &TestApp) -> Self {
        let client = Client::builder().cookie_store(true).redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let page = client.get(format!("{}/sign-in", app.base)).send().await.unwrap().text().await.unwrap();
        let csrf = page.split_once("name=\"csrf\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
        Self { client, base: app.base.clone(), csrf }
    }

    fn form(&self, password: &str) -> RequestBuilder {
        self.client.post(format!("{}/sign-in", self.base)).form(&[("csrf", self.csrf.as_str()), ("name", "olga"), ("password", password)])
    }

    async fn sign_in(&self, password: &str) -> Response {
        self.form(password).send().await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organizers_own_browser_signs_in_while_others_guess() {
    let app = TestApp::start_with(&[("gavel.sign_in_attempts", json!(2))]).await;
    let (own, other) = (Browser::open(&app).await, Browser::open(&app).await);
    assert_eq!(own.sign_in(RIGHT).await.status(), 303);
    for _ in 0..2 {
        assert_eq!(other.sign_in(WRONG).await.status(), 401);
    }
    let refused = other.sign_in(RIGHT).await;
    assert_eq!(refused.status(), 429);
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=301).contains(&wait), "{wait}");
    assert!(refused.text().await.unwrap().contains("Too many sign-ins failed."));
    assert_eq!(own.sign_in(RIGHT).await.status(), 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_sign_ins_at_once_are_answered_and_most_of_them_refused() {
    let app = TestApp::start_with(&[("gavel.sign_in_attempts", json!(10_000))]).await;
    let browser = Browser::open(&app).await;
    let answers = join_all((0..300).map(|_| browser.sign_in(WRONG))).await;
    let (mut wrong, mut busy) = (0, 0);
    for answer in answers {
        match answer.status().as_u16() {
            401 => wrong += 1,
            503 => {
                assert!(answer.headers().contains_key("retry-after"));
                assert!(answer.text().await.unwrap().contains("Too many people are signing in at the same time."));
                busy += 1;
            }
            other => panic!("{other}"),
        }
    }
    assert!(wrong > 0 && busy > 0 && wrong + busy == 300, "{wrong} {busy}");
    assert_eq!(browser.sign_in(RIGHT).await.status(), 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_ends_the_browsers_sign_in_before_it() {
    let desk = Desk::new().await;
    let app = operations(&desk, 10).await;
    let first = app.sign_in("oscar", RIGHT.into(), &Visitor::default()).await.unwrap();
    let other = app.sign_in("oscar", RIGHT.into(), &Visitor::default()).await.unwrap();
    let visitor = Visitor { session: Some(first.session.clone()), ..Visitor::default() };
    let second = app.sign_in("paula", RIGHT.into(), &visitor).await.unwrap();
    let name = async |session: &str| app.organizer_of_session(session).await.unwrap().map(|it| it.name);
    assert_eq!(name(&first.session).await, None);
    assert_eq!(name(&second.session).await.as_deref(), Some("paula"));
    assert_eq!(name(&other.session).await.as_deref(), Some("oscar"), "another browser stays signed in");
}
