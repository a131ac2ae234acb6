//! Reminders by mail as readers meet them: asking, confirming, ending.

use std::time::{Duration, Instant};

use reqwest::redirect::Policy;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::support::raw_database::Raw;
use crate::support::smtp_server::{Mail, ORIGIN, Smtp};
use crate::support::{HOUR, MINUTE, Reply, TestApp};

/// Wednesday, six days before the first event.
const START: &str = "2027-03-10T00:00:00Z";

/// A server that sends mail, with a weekly meeting in Sydney, and the server that takes it.
pub struct Site {
    pub app: TestApp,
    pub smtp: Smtp,
    pub raw: Raw,
}

pub fn micros(instant: &str) -> i64 {
    chrono::DateTime::parse_from_rfc3339(instant).unwrap().timestamp_micros()
}

impl Site {
    pub async fn open() -> Self {
        Self::open_with(&[]).await
    }

    pub async fn open_with(more: &[(&'static str, Value)]) -> Self {
        let smtp = Smtp::start().await;
        let app = TestApp::start_with(&[&smtp.settings()[..], more].concat()).await;
        let raw = Raw::open(app.data()).await;
        let site = Self { app, smtp, raw };
        site.clock_at(START);
        site.make(json!({"title": "Weekly", "starts": "2027-03-16T19:00", "rrule": "FREQ=WEEKLY"})).await;
        site
    }

    /// Turns the clock to this instant.
    pub fn clock_at(&self, instant: &str) {
        self.app.clock.step(micros(instant) - self.app.now());
    }

    pub async fn make(&self, more: Value) -> Value {
        let mut body = json!({"timezone": "Australia/Sydney", "duration_minutes": 60});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.app.post("/meetings", body).await.expect(201)
    }

    /// The id of the event of this day.
    pub async fn event(&self, slug: &str, key: &str) -> String {
        let meeting = self.app.get(&format!("/meetings/{slug}")).await.expect(200);
        let event = meeting["upcoming"].as_array().unwrap().iter().find(|event| event["key"] == key).unwrap();
        event["id"].as_str().unwrap().to_owned()
    }

    /// Asks the server for a page, or sends a form, without cookies.
    pub async fn plain(&self, method: Method, path: &str, form: &[(&str, &str)]) -> Reply {
        send(&browser(false), method, &format!("{}{path}", self.app.base), form).await
    }

    /// Fills in the form of a meeting's page as a browser does.
    pub async fn ask(&self, slug: &str, fields: &[(&str, &str)]) -> Reply {
        let browser = browser(true);
        let page = send(&browser, Method::GET, &format!("{}/m/{slug}", self.app.base), &[]).await;
        let csrf = page.text.split_once("name=\"csrf\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
        let form = [&[("csrf", csrf.as_str())], fields].concat();
        let reply = send(&browser, Method::POST, &format!("{}/reminders/{slug}", self.app.base), &form).await;
        if reply.status != 303 {
            return reply;
        }
        let to = reply.headers["location"].to_str().unwrap().to_owned();
        send(&browser, Method::GET, &format!("{}{to}", self.app.base), &[]).await
    }

    /// Has somebody ask and confirm; `mails` is how many there are then. Gives the mail that asked.
    pub async fn sign_up(&self, slug: &str, email: &str, when: &[&str], mails: usize) -> Mail {
        let mut fields = vec![("email", email)];
        fields.extend(when.iter().map(|when| (*when, "yes")));
        assert!(self.ask(slug, &fields).await.text.contains("A mail is on its way to "));
        let mail = self.smtp.mail(mails).await;
        assert_eq!(mail.to, email);
        let done = self.plain(Method::POST, &mail.path("/reminders/confirm/"), &[]).await;
        assert!(done.status == 200 && done.text.contains("<h1>You will be reminded</h1>"), "{done:?}");
        mail
    }

    /// Waits until what the query counts is as many.
    pub async fn counts(&self, query: &'static str, count: i64) {
        let began = Instant::now();
        loop {
            let found: i64 = sqlx::query_scalar(query).fetch_one(&self.raw.0).await.unwrap();
            if found == count {
                return;
            }
            assert!(began.elapsed() < Duration::from_mins(1), "{found}, not {count}: {query}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until readers know so many events, from which on changes are news.
    pub async fn announced(&self, count: i64) {
        self.counts("SELECT count(*) FROM announced", count).await;
    }

    pub async fn change(&self, event: &str, change: Value) {
        self.app.organize(Method::PATCH, &format!("/events/{event}"), Some(change)).await.expect(200);
    }

    pub async fn does(&self, event: &str, verb: &str) {
        self.app.post(&format!("/events/{event}/{verb}"), json!({})).await.expect(200);
    }
}

fn browser(cookies: bool) -> Client {
    Client::builder().cookie_store(cookies).redirect(Policy::none()).build().unwrap()
}

async fn send(browser: &Client, method: Method, url: &str, form: &[(&str, &str)]) -> Reply {
    let mut request = browser.request(method, url);
    if !form.is_empty() {
        request = request.form(form);
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    Reply { status, headers, text: response.text().await.unwrap() }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_button_confirms_and_only_for_two_days() {
    let site = Site::open().await;
    site.ask("weekly", &[("email", "ada@example.com"), ("day", "yes")]).await;
    let path = site.smtp.mail(1).await.path("/reminders/confirm/");
    for method in [Method::GET, Method::HEAD, Method::GET] {
        let page = site.plain(method, &path, &[]).await;
        assert_eq!(page.status, 200);
        assert!(!page.text.contains("ada@example.com"), "whoever sees the link need not see the address");
    }
    let page = site.plain(Method::GET, &path, &[]).await.text;
    assert!(page.contains("a…@example.com") && page.contains("<button class=\"button primary\">Yes, remind me</button>"));
    site.counts("SELECT count(*) FROM reminder WHERE confirmed_at IS NOT NULL", 0).await;
    for wrong in [path.replace(".d-", ".dh-"), path.replace("confirm", "stop"), format!("{path}0"), "/reminders/confirm/x".into()] {
        for method in [Method::GET, Method::POST] {
            let reply = site.plain(method, &wrong, &[]).await;
            assert!(reply.status == 404 && reply.text.contains("This link has ended"), "{wrong} {reply:?}");
        }
    }
    site.app.clock.step(47 * HOUR);
    assert_eq!(site.plain(Method::GET, &path, &[]).await.status, 200);
    site.app.clock.step(HOUR + MINUTE);
    assert_eq!(site.plain(Method::GET, &path, &[]).await.status, 404);
    assert_eq!(site.plain(Method::POST, &path, &[]).await.status, 404);
    site.counts("SELECT count(*) FROM reminder", 0).await;
    site.counts("SELECT count(*) FROM mail", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_steps_back_does_not_keep_unconfirmed_addresses_longer() {
    let site = Site::open().await;
    site.ask("weekly", &[("email", "ada@example.com"), ("day", "yes")]).await;
    site.counts("SELECT count(*) FROM reminder", 1).await;
    site.app.clock.step(72 * HOUR);
    site.counts("SELECT count(*) FROM reminder", 0).await;
    site.app.clock.step(-72 * HOUR);
    site.ask("weekly", &[("email", "bob@example.com"), ("day", "yes")]).await;
    site.counts("SELECT count(*) FROM reminder", 1).await;
    site.app.clock.step(48 * HOUR + MINUTE);
    site.counts("SELECT count(*) FROM reminder", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_click_without_cookies_ends_it_and_erases_the_address() {
    let site = Site::open().await;
    let ada = site.sign_up("weekly", "ada@example.com", &["day", "hour"], 1).await;
    let bob = site.sign_up("weekly", "bob@example.com", &["day", "hour"], 2).await;
    let path = |mail: &Mail| mail.header("List-Unsubscribe").trim_matches(['<', '>']).strip_prefix(ORIGIN).unwrap().to_owned();
    let page = site.plain(Method::GET, &path(&ada), &[]).await;
    assert!(page.status == 200 && page.text.contains("<button class=\"button danger\">End the reminders</button>"));
    assert_eq!(site.plain(Method::HEAD, &path(&ada), &[]).await.status, 200);
    site.counts("SELECT count(*) FROM reminder", 2).await;
    // As a program of mail sends it: no cookie, no origin; and it follows no redirect.
    let click = [("List-Unsubscribe", "One-Click")];
    for _ in 0..2 {
        let done = site.plain(Method::POST, &path(&ada), &click).await;
        assert!(done.status == 200 && done.text.contains("<h1>Your reminders have ended</h1>"), "{done:?}");
        site.counts("SELECT count(*) FROM reminder", 1).await;
    }
    let form = reqwest::multipart::Form::new().text("List-Unsubscribe", "One-Click");
    let carol = site.sign_up("weekly", "carol@example.com", &["day"], 3).await;
    let sent = browser(false).post(format!("{}{}", site.app.base, path(&carol))).multipart(form).send().await.unwrap();
    assert_eq!(sent.status(), 200);
    assert!(site.plain(Method::GET, &path(&carol), &[]).await.text.contains("Your reminders have ended"));
    site.counts("SELECT count(*) FROM reminder WHERE email <> 'bob@example.com'", 0).await;
    site.counts("SELECT count(*) FROM mail m JOIN reminder r ON r.id = m.reminder_id WHERE r.email <> 'bob@example.com'", 0).await;
    site.announced(1).await;
    site.clock_at("2027-03-15T08:00:01Z");
    assert_eq!(site.smtp.mail(4).await.to, bob.to);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_does_not_tell_who_is_reminded_already_and_the_organizer_sees_a_number() {
    let site = Site::open().await;
    site.sign_up("weekly", "ada@example.com", &["day"], 1).await;
    let known = site.ask("weekly", &[("email", "ada@example.com"), ("hour", "yes")]).await;
    let unknown = site.ask("weekly", &[("email", "eve@example.com"), ("hour", "yes")]).await;
    // But for the time on the server's clock and the secrets of forms.
    let stripped = |reply: &Reply, email: &str| {
        let mut text = reply.text.replace(email, "X");
        for before in ["data-now=\"", "name=\"csrf\" value=\""] {
            let mut parts = text.split(before);
            let first = parts.next().unwrap().to_owned();
            text = parts.fold(first, |text, part| format!("{text}{before}{}", &part[part.find('"').unwrap()..]));
        }
        text
    };
    assert!(known.text.contains("A mail is on its way to ada@example.com."));
    assert_eq!(stripped(&known, "ada@example.com"), stripped(&unknown, "eve@example.com"));
    let mails = site.smtp.mails(3).await;
    let subjects: Vec<String> = mails[1..].iter().map(|mail| mail.header("Subject")).collect();
    assert_eq!(subjects, ["Confirm reminders of Weekly", "Confirm reminders of Weekly"]);
    assert!(!known.text.contains("reader is reminded"), "the number is the organizer's");
    let browser = browser(true);
    let base = &site.app.base;
    let form = send(&browser, Method::GET, &format!("{base}/sign-in"), &[]).await.text;
    let csrf = form.split_once("name=\"csrf\" value=\"").unwrap().1.split('"').next().unwrap();
    send(&browser, Method::POST, &format!("{base}/sign-in"), &[("csrf", csrf), ("name", "olga"), ("password", "correct horse")]).await;
    let page = send(&browser, Method::GET, &format!("{base}/m/weekly"), &[]).await.text;
    assert!(page.contains("1 reader is reminded of this meeting") && !page.contains("ada@"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_an_address_or_a_choice_is_said_at_its_field_and_kept_as_typed() {
    let site = Site::open().await;
    for (email, when, said) in [
        ("", "day", "Type the address"),
        ("ada", "day", "This is no e-mail address."),
        ("ada@example.com, eve@example.com", "day", "This is no e-mail address."),
        ("<b>ada</b>@example.com", "day", "This is no e-mail address."),
        ("ada@exämple.com", "hour", "An address may have the letters a to z"),
        ("ada@example.com", "never", "Choose when the mail is to come"),
    ] {
        let reply = site.ask("weekly", &[("email", email), (when, "yes")]).await;
        assert!(reply.status == 422 && reply.text.contains(said), "{email}: {reply:?}");
        let typed = email.replace('<', "&lt;").replace('>', "&gt;").replace('/', "&#x2f;");
        assert!(reply.text.contains(&format!("value=\"{typed}\"")), "{email}: {}", reply.text);
        assert_eq!(reply.text.contains("name=\"day\" value=\"yes\" checked"), when == "day");
    }
    let long = format!("{}@example.com", "a".repeat(300));
    assert_eq!(site.ask("weekly", &[("email", long.as_str()), ("day", "yes")]).await.status, 422);
    let stranger = site.plain(Method::POST, "/reminders/weekly", &[("email", "ada@example.com"), ("day", "yes")]).await;
    assert!(stranger.status == 403 && stranger.text.contains("value=\"ada@example.com\""));
    site.counts("SELECT count(*) FROM reminder", 0).await;
    assert_eq!(site.plain(Method::GET, "/reminders/nothing", &[]).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_an_address_nor_a_visitor_gets_more_mails_asked_for_than_is_fair() {
    let site = Site::open_with(&[("gavel.reminder_rate", json!(3)), ("gavel.reminder_burst", json!(30))]).await;
    let ask = async |email: &str| site.ask("weekly", &[("email", email), ("day", "yes")]).await;
    for _ in 0..5 {
        assert_eq!(ask("ada@example.com").await.status, 200);
    }
    let refused = ask("ADA@example.com").await;
    assert!(refused.status == 429 && refused.text.contains("That were too many mails."), "{refused:?}");
    let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=3_600).contains(&wait));
    assert!(refused.text.contains("value=\"ADA@example.com\""));
    // Thirty are free, including those above, and three more each minute that the test takes.
    let mut others = 0;
    let refused = loop {
        assert!(others < 1_000, "there is no limit");
        let reply = ask(&format!("reader{others}@example.com")).await;
        if reply.status != 200 {
            break reply;
        }
        others += 1;
    };
    assert!(refused.status == 429 && others >= 24, "{others}");
    assert!(refused.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() <= 60);
    site.counts("SELECT count(*) FROM reminder", others + 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_server_of_mail_nothing_is_offered_and_no_page_is_there() {
    let app = TestApp::start().await;
    let body = json!({"title": "Weekly", "timezone": "UTC", "starts": "2200-01-01T12:00", "duration_minutes": 60});
    app.post("/meetings", body).await.expect(201);
    let browser = browser(false);
    for path in ["/m/weekly", "/m/weekly/2200-01-01"] {
        let page = send(&browser, Method::GET, &format!("{}{path}", app.base), &[]).await;
        assert!(page.status == 200 && !page.text.contains("/reminders"), "{path}");
    }
    for (method, path) in [
        (Method::GET, "/reminders/weekly"),
        (Method::POST, "/reminders/weekly"),
        (Method::GET, "/reminders/confirm/x"),
        (Method::POST, "/reminders/confirm/x"),
        (Method::GET, "/reminders/stop/x"),
        (Method::POST, "/reminders/stop/x"),
    ] {
        let reply = send(&browser, method.clone(), &format!("{}{path}", app.base), &[]).await;
        assert!(reply.status == 404 && reply.text.contains("There is nothing here"), "{method} {path}: {reply:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lobby_leads_to_the_form_and_back_and_an_unlisted_link_stays_with_its_readers() {
    let site = Site::open().await;
    let made = site.make(json!({"title": "Tide & ünï", "starts": "2027-03-16T19:00", "visibility": "unlisted"})).await;
    let slug = made["slug"].as_str().unwrap();
    let lobby = site.plain(Method::GET, &format!("/m/{slug}/2027-03-16"), &[]).await.text;
    let to = format!("/reminders/{slug}?back=/m/{slug}/2027-03-16");
    assert!(lobby.replace("&#x2f;", "/").contains(&format!("href=\"{to}\"")), "{lobby}");
    let form = site.plain(Method::GET, &to, &[]).await;
    assert!(form.status == 200 && form.text.contains("<meta name=\"robots\" content=\"noindex\">"));
    let back = format!("/m/{slug}/2027-03-16");
    let page = site.ask(slug, &[("email", "ada@example.com"), ("day", "yes"), ("back", back.as_str())]).await;
    assert!(page.text.contains("data-phase=\"scheduled\"") && page.text.contains("A mail is on its way"));
    let mail = site.smtp.mail(1).await;
    assert_eq!(mail.header("Subject"), format!("Confirm reminders of Tide & {}", encoded("ünï")));
    assert!(mail.header("List-ID").starts_with("<m_") && !mail.header("List-ID").contains("tide"));
    let foreign = site.ask(slug, &[("email", "bob@example.com"), ("day", "yes"), ("back", "https://evil.example/")]).await;
    assert!(foreign.text.contains("<h1><bdi>Tide &amp; ünï</bdi></h1>"));
}

fn encoded(word: &str) -> String {
    use base64::Engine as _;
    format!("=?utf-8?b?{}?=", base64::prelude::BASE64_STANDARD.encode(word))
}
