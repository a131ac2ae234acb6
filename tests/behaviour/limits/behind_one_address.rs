//! 200 people behind one address do what people do around a meeting, with the limits that are published: nobody is refused.

use std::future::Future;

use gavel::config::Config;
use reqwest::Method;
use rocket::futures::future::join_all;
use serde_json::{Value, json};

use crate::support::smtp_server::Smtp;
use crate::support::{Reply, Someone, TestApp};

const PEOPLE: usize = 200;
/// Requests that the test sends at the same time. What counts is how many there are, not how fast this machine answers.
const AT_ONCE: usize = 20;

/// The names of settings, and their values.
type Settings = Vec<(&'static str, Value)>;

/// The published limits, which the tests' own server lifts.
fn published() -> Settings {
    let Ok(Value::Object(all)) = serde_json::to_value(Config::default()) else { panic!("settings are an object") };
    let is_limit = |name: &str| ["_rate", "_burst", "polls", "_connections", "address_reads"].iter().any(|end| name.ends_with(end));
    let limits: Settings = all
        .into_iter()
        .filter(|(name, _)| is_limit(name))
        .map(|(name, value)| (&*Box::leak(format!("gavel.{name}").into_boxed_str()), value))
        .collect();
    assert!(limits.len() >= 16, "{limits:?}");
    limits
}

/// Lets all of them do something, some at a time.
async fn all<T, F: Future<Output = T>>(one: impl Fn(usize) -> F) -> Vec<T> {
    let mut done = Vec::with_capacity(PEOPLE);
    for first in (0..PEOPLE).step_by(AT_ONCE) {
        done.extend(join_all((first..PEOPLE.min(first + AT_ONCE)).map(&one)).await);
    }
    done
}

struct Class {
    app: TestApp,
    event: String,
    /// The path of its page.
    url: String,
}

impl Class {
    async fn page(&self, path: &str) -> Reply {
        let response = self.app.client.get(format!("{}{path}", self.app.base)).send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let reply = Reply { status, headers, text: response.text().await.unwrap() };
        assert!(reply.status.is_success(), "{path}: {reply:?}");
        reply
    }

    /// Everyone gets all of these.
    async fn all_read(&self, paths: &[String]) {
        all(async |_| {
            for path in paths {
                self.page(path).await;
            }
        })
        .await;
    }

    /// Everyone says this.
    async fn all_say(&self, people: &[Someone], text: &str) {
        all(async |n| self.app.try_say(&self.event, &people[n], text, None).await.expect(201)).await;
    }

    /// Everyone asks to be reminded of the next events.
    async fn all_ask_for_reminders(&self, slug: &str) {
        let browser = reqwest::Client::builder().cookie_store(true).redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let page = browser.get(format!("{}/m/{slug}", self.app.base)).send().await.unwrap().text().await.unwrap();
        let csrf = page.split_once("name=\"csrf\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
        let statuses = all(async |n| {
            let form = [("csrf", csrf.clone()), ("email", format!("pupil{n}@example.com")), ("day", "yes".to_owned())];
            browser.post(format!("{}/reminders/{slug}", self.app.base)).form(&form).send().await.unwrap().status().as_u16()
        })
        .await;
        assert!(statuses.iter().all(|status| *status == 303), "{statuses:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_behind_one_address_meets_no_limit() {
    let smtp = Smtp::start().await;
    let app = TestApp::start_with(&[published(), smtp.settings()].concat()).await;
    let event = app.open_event().await;
    let look = app.look(&event).await;
    let url = look["url"].as_str().unwrap().to_owned();
    let slug = url.split('/').nth(2).unwrap().to_owned();
    let class = Class { app, event, url };
    let (app, event, url) = (&class.app, class.event.as_str(), class.url.as_str());
    let part = format!("/api/v1/events/{event}/minutes.part.html");

    // All load the page and its parts, and join.
    class.all_read(&[url.to_owned(), format!("{url}/around"), format!("{url}/catch-up?after=0"), part.clone()]).await;
    let people = all(async |n| app.join(event, &format!("pupil {n}")).await).await;
    // All wait for the next message in two tabs each, and get it.
    let cursor = people.iter().map(|who| who.cursor).max().unwrap();
    let polls: Vec<_> =
        people.iter().flat_map(|who| [who, who]).map(|who| app.park(event, &format!("after={cursor}&wait=50"), Some(who))).collect();
    app.parked(event, 2 * PEOPLE).await;
    app.say(event, &people[0], "hello").await;
    for poll in polls {
        poll.await.unwrap().0.expect(200);
    }
    // They talk, vote all at once, see the minutes change, and search while they type.
    for text in ["I am here", "+1", "#info noted"] {
        class.all_say(&people, text).await;
    }
    class.all_read(std::slice::from_ref(&part)).await;
    class.all_read(&["/search/results?q=no".to_owned(), "/search/results?q=noted".to_owned(), "/search?q=noted".to_owned()]).await;
    // The room closes: every page gets the summary. Many take the transcript along, and all ask to be reminded of the next event.
    app.organize(Method::POST, &format!("/events/{event}/close"), Some(json!({}))).await.expect(200);
    class.all_read(&[format!("{url}/closing"), format!("/api/v1/events/{event}/transcript.txt"), format!("/m/{slug}.ics")]).await;
    class.all_ask_for_reminders(&slug).await;
}
