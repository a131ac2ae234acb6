//! What cannot be scheduled, by the forms: the message stands at its field, what was typed is kept, nothing is half saved.

use std::fmt::Write as _;

use gavel::domain::time::Timestamp;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::raw_database::Raw;

/// The fields of a form, by name.
type Fields = Vec<(&'static str, String)>;

/// A form of a weekly meeting that would be taken.
fn fine(app: &TestApp) -> Fields {
    let date = Timestamp::from_micros(app.now()).plus_days(2).utc().format("%Y-%m-%d").to_string();
    let chosen =
        [("title", "Board"), ("slug", ""), ("description", "What we *do*"), ("agenda", "- Tea"), ("time", "12:10"), ("minutes", "61")];
    let more =
        [("timezone", "Europe/Berlin"), ("repeat", "every"), ("every", "1"), ("unit", "week"), ("monthly", "date"), ("ends", "never")];
    let last = [("until", ""), ("times", "7"), ("dates", ""), ("rrule", ""), ("visibility", "public"), ("date", date.as_str())];
    [chosen, more, last].concat().into_iter().map(|(name, value)| (name, value.to_owned())).collect()
}

fn with(mut fields: Fields, changes: &[(&'static str, &str)]) -> Fields {
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push((name, (*value).to_owned()));
    }
    fields
}

/// As pages write it.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#x27;"),
            '/' => out.push_str("&#x2f;"),
            c => write!(out, "{c}").unwrap(),
        }
    }
    out
}

struct Desk {
    app: TestApp,
    browser: Client,
    raw: Raw,
}

impl Desk {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let (browser, raw) = (app.signed_in().await, Raw::open(app.data()).await);
        Self { app, browser, raw }
    }

    async fn see(&self, path: &str) -> String {
        let page = self.browser.get(format!("{}{path}", self.app.base)).send().await.unwrap();
        assert_eq!(page.status(), 200, "{path}");
        page.text().await.unwrap()
    }

    /// Sends a form; gives its status, where that led, and the page there.
    async fn send(&self, path: &str, fields: &Fields) -> (u16, String, String) {
        let page = self.see("/schedule/new").await;
        let csrf = page.split_once("name=\"csrf\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
        let form: Vec<(&str, String)> = [("csrf", csrf)].into_iter().chain(fields.iter().cloned()).collect();
        let page = self.browser.post(format!("{}{path}", self.app.base)).form(&form).send().await.unwrap();
        (page.status().as_u16(), page.url().path().to_owned(), page.text().await.unwrap())
    }

    /// Everything that a schedule is made of, as rows.
    async fn rows(&self) -> [Vec<String>; 3] {
        let read = async |query: &'static str| sqlx::query_scalar::<_, String>(query).fetch_all(&self.raw.0).await.unwrap();
        [
            read("SELECT id || slug || title || description || timezone || starts || coalesce(rrule, '') || changed_at FROM meeting ORDER BY id").await,
            read("SELECT id || opens_at || ' ' || closes_at || ' ' || coalesce(title, '') FROM chat_event ORDER BY id").await,
            read("SELECT slug FROM old_slug ORDER BY slug").await,
        ]
    }
}

/// The fields that have a message, in the order of the page.
fn told(page: &str) -> Vec<&str> {
    page.split("<p class=\"problem\" id=\"").skip(1).map(|rest| rest.split_once("-problem\">").unwrap().0).collect()
}

/// What a field has in it.
fn kept(page: &str, name: &str) -> String {
    let at = |mark: String| page.split_once(&mark).map(|(_, rest)| rest);
    if let Some(rest) =
        at(format!("<textarea class=\"w32\" id=\"{name}\"")).or_else(|| at(format!("<textarea class=\"w16\" id=\"{name}\"")))
    {
        return rest.split_once('>').unwrap().1.split_once("</textarea>").unwrap().0.to_owned();
    }
    let input = at(format!(" id=\"{name}\" name=\"{name}\"")).unwrap_or_else(|| panic!("no {name} in {page}")).split_once('>').unwrap().0;
    input.split_once("value=\"").unwrap().1.split('"').next().unwrap().to_owned()
}

/// What is wrong, and the one field that says so.
const WRONG: [(&[(&str, &str)], &str); 49] = [
    (&[("repeat", "rule"), ("rrule", "FREQ=SECONDLY")], "rrule"),
    (&[("repeat", "rule"), ("rrule", "FREQ=MINUTELY;INTERVAL=5")], "rrule"),
    (&[("repeat", "rule"), ("rrule", "FREQ=HOURLY")], "rrule"),
    (&[("repeat", "rule"), ("rrule", "every tuesday")], "rrule"),
    (&[("repeat", "rule"), ("rrule", "")], "rrule"),
    // A million of them, by number and by end.
    (&[("repeat", "rule"), ("rrule", "FREQ=DAILY;COUNT=1000000")], "rrule"),
    (&[("ends", "after"), ("times", "1000000")], "times"),
    (&[("ends", "after"), ("times", "0")], "times"),
    (&[("repeat", "rule"), ("rrule", "FREQ=DAILY;COUNT=99999999999999999999")], "rrule"),
    // An end before the start, or no day at all.
    (&[("repeat", "rule"), ("rrule", "FREQ=DAILY;UNTIL=20200101")], "rrule"),
    (&[("repeat", "rule"), ("rrule", "FREQ=DAILY;UNTIL=20260231")], "rrule"),
    (&[("ends", "on"), ("until", "2020-01-01")], "until"),
    (&[("ends", "on"), ("until", "")], "until"),
    (&[("ends", "on"), ("until", "2027-02-31")], "until"),
    // Parts out of range.
    (&[("repeat", "rule"), ("rrule", "FREQ=MONTHLY;BYMONTHDAY=32")], "rrule"),
    (&[("repeat", "rule"), ("rrule", "FREQ=MONTHLY;BYMONTHDAY=0")], "rrule"),
    (&[("repeat", "rule"), ("rrule", "FREQ=YEARLY;BYMONTH=13")], "rrule"),
    (&[("repeat", "rule"), ("rrule", "FREQ=YEARLY;BYYEARDAY=-367")], "rrule"),
    (&[("repeat", "rule"), ("rrule", "FREQ=YEARLY;BYWEEKNO=54")], "rrule"),
    (&[("repeat", "rule"), ("rrule", "FREQ=MONTHLY;BYDAY=6MO")], "rrule"),
    (&[("repeat", "rule"), ("rrule", "FREQ=YEARLY;BYDAY=54MO")], "rrule"),
    (&[("repeat", "rule"), ("rrule", "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=367")], "rrule"),
    (&[("repeat", "rule"), ("rrule", "FREQ=WEEKLY;BYDAY=XX")], "rrule"),
    (&[("repeat", "rule"), ("rrule", "FREQ=WEEKLY;INTERVAL=0")], "rrule"),
    (&[("repeat", "rule"), ("rrule", "FREQ=DAILY;BYHOUR=25")], "rrule"),
    (&[("every", "0")], "every"),
    (&[("unit", "month"), ("monthly", "day"), ("day", "32")], "monthly"),
    // Zones that nobody knows.
    (&[("timezone", "Mars/Olympus")], "timezone"),
    (&[("timezone", "+02:00")], "timezone"),
    (&[("timezone", "")], "timezone"),
    // 31 February, wherever a date stands.
    (&[("date", "2027-02-31")], "date"),
    (&[("repeat", "rule"), ("rrule", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31")], "rrule"),
    (&[("repeat", "dates"), ("dates", "2027-02-31")], "dates"),
    // What would be over before it began.
    (&[("date", "2020-01-01"), ("repeat", "once")], "date"),
    (&[("date", "2020-01-01"), ("ends", "on"), ("until", "2020-02-01")], "until"),
    (&[("minutes", "0")], "minutes"),
    (&[("minutes", "-60")], "minutes"),
    (&[("minutes", "1441")], "minutes"),
    (&[("time", "25:00")], "time"),
    // Titles that turn the direction of writing, or hold what nobody sees.
    (&[("title", "Board\u{202e}draoB")], "title"),
    (&[("title", "<b>Board</b>\u{2066}")], "title"),
    (&[("title", "Board\u{7}")], "title"),
    (&[("title", " ")], "title"),
    // Links of anything but a-z, 0-9 and hyphens.
    (&[("slug", "Board")], "slug"),
    (&[("slug", "board room")], "slug"),
    (&[("slug", "b_oard")], "slug"),
    (&[("slug", "bo\u{e4}rd")], "slug"),
    (&[("slug", "../etc")], "slug"),
    (&[("slug", "<script>")], "slug"),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_wrong_field_of_a_meetings_form_says_so_keeps_what_was_typed_and_saves_nothing() {
    let desk = Desk::new().await;
    let (status, _, page) = desk.send("/schedule/new", &with(fine(&desk.app), &[("slug", "standing"), ("time", "18:40")])).await;
    assert!(status == 200 && page.contains("is on the schedule"), "{page}");
    let before = desk.rows().await;
    assert_eq!([before[0].len(), before[1].len()], [1, 12]);
    // At other times no overlap is asked about, and at the same ones no move.
    for (path, slug, time) in [("/schedule/new", "another", "12:10"), ("/schedule/standing/edit", "standing", "18:40")] {
        for (changes, field) in WRONG {
            let fields = with(with(fine(&desk.app), &[("slug", slug), ("time", time)]), changes);
            let (status, there, page) = desk.send(path, &fields).await;
            assert_eq!((status, there.as_str(), told(&page)), (422, path, vec![field]), "{changes:?}");
            for (name, value) in
                fields.iter().filter(|(name, _)| !["repeat", "unit", "monthly", "ends", "visibility", "day"].contains(name))
            {
                assert_eq!(kept(&page, name), escaped(value), "{path} {changes:?}: {name}");
            }
            for (name, value) in fields.iter().filter(|(name, _)| ["repeat", "monthly", "ends", "visibility"].contains(name)) {
                let chosen = page.split(&format!("name=\"{name}\" value=\"{value}\"")).nth(1).unwrap().split('>').next().unwrap();
                assert!(chosen.contains("checked"), "{path} {changes:?}: {name} {value}");
            }
        }
    }
    assert_eq!(desk.rows().await, before, "nothing is half saved");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_without_end_makes_the_events_of_the_coming_weeks_alone() {
    let desk = Desk::new().await;
    for (slug, rule, count) in
        [("daily", "FREQ=DAILY", 84), ("long", "FREQ=DAILY;UNTIL=22501231", 84), ("rare", "FREQ=YEARLY;INTERVAL=4", 1)]
    {
        let fields = with(fine(&desk.app), &[("slug", slug), ("title", slug), ("repeat", "rule"), ("rrule", rule), ("seen", "")]);
        let (_, mut there, page) = desk.send("/schedule/new", &fields).await;
        if there == "/schedule/new" {
            // It overlaps with those before it: that is asked once.
            let seen = page.split_once("name=\"seen\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
            there = desk.send("/schedule/new", &with(fields, &[("seen", &seen)])).await.1;
        }
        assert_eq!(there, format!("/m/{slug}"));
        let made: i64 = sqlx::query_scalar("SELECT count(*) FROM chat_event e JOIN meeting m ON m.id = e.meeting_id WHERE m.slug = $1")
            .bind(slug)
            .fetch_one(&desk.raw.0)
            .await
            .unwrap();
        assert!((count - 2..=count + 1).contains(&made), "{rule}: {made}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn html_in_a_title_is_text_on_every_page() {
    let desk = Desk::new().await;
    let title = "<script>alert(1)</script> & \"Board\" <img src=x onerror=alert(1)>";
    let (_, there, page) = desk.send("/schedule/new", &with(fine(&desk.app), &[("title", title), ("slug", "board")])).await;
    assert_eq!(there, "/m/board");
    let event = desk.app.get("/meetings/board").await.expect(200)["next"].clone();
    assert_eq!(event["title"], title);
    let (lobby, edit) = (event["url"].as_str().unwrap().to_owned(), format!("/schedule/events/{}/edit", event["id"].as_str().unwrap()));
    let month = format!("/schedule?month={}", &event["key"].as_str().unwrap()[..7]);
    let mut pages = vec![("the notice".to_owned(), page)];
    for path in ["/", "/schedule", &month, "/schedule/board/edit", &edit, &lobby, "/search?q=board"] {
        pages.push((path.to_owned(), desk.see(path).await));
    }
    for (path, page) in pages {
        assert!(!page.contains("<script>alert") && !page.contains("<img src=x"), "{path}: {page}");
        assert!(
            path.starts_with("/search") || page.contains("&lt;script&gt;alert(1)&lt;&#x2f;script&gt; &amp; &quot;Board&quot;"),
            "{path}: {page}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_wrong_field_of_one_more_event_says_so_keeps_what_was_typed_and_saves_nothing() {
    let desk = Desk::new().await;
    desk.send("/schedule/new", &with(fine(&desk.app), &[("slug", "board")])).await;
    let before = desk.rows().await;
    let fine =
        [("date", "2199-03-01"), ("time", "10:10"), ("minutes", "61"), ("title", "Planning")].map(|(name, value)| (name, value.to_owned()));
    for (name, value) in [
        ("date", "2199-02-31"),
        ("date", "2020-01-01"),
        ("date", ""),
        ("time", "24:30"),
        ("minutes", "0"),
        ("minutes", "1441"),
        ("minutes", "an hour"),
        ("title", "Plan\u{202e}ning"),
    ] {
        let fields = with(fine.to_vec(), &[(name, value)]);
        let (status, _, page) = desk.send("/schedule/board/events", &fields).await;
        assert_eq!((status, told(&page)), (422, vec![format!("{name}-board").as_str()]), "{name} {value:?}");
        for (name, value) in &fields {
            let input = page.split_once(&format!(" id=\"{name}-board\" ")).unwrap().1.split_once('>').unwrap().0;
            assert!(input.contains(&format!("value=\"{}\"", escaped(value))), "{name} {value:?}: {input}");
        }
    }
    assert_eq!(desk.rows().await, before, "nothing is half saved");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_the_api_refuses_changes_nothing() {
    let desk = Desk::new().await;
    desk.send("/schedule/new", &with(fine(&desk.app), &[("slug", "board")])).await;
    let before = desk.rows().await;
    let rules = WRONG.iter().filter_map(|(changes, _)| changes.iter().find(|(name, value)| *name == "rrule" && !value.is_empty()));
    let mut bodies: Vec<(&str, Value)> = rules.map(|(_, rule)| ("rrule", json!({"title": "New", "rrule": rule}))).collect();
    for (field, value) in
        [("timezone", json!("Mars/Olympus")), ("slug", json!("Bo ard")), ("duration_minutes", json!(0)), ("title", json!("a\u{202e}b"))]
    {
        bodies.push((field, json!({"description": "New", field: value})));
    }
    bodies.push(("starts", json!({"title": "New", "starts": "2027-02-31T10:00"})));
    for (field, body) in bodies {
        let problem = desk.app.organize(Method::PATCH, "/meetings/board", Some(body.clone())).await.problem(422, "invalid");
        assert_eq!(
            problem["errors"].as_array().unwrap().iter().map(|it| it["field"].as_str().unwrap()).collect::<Vec<_>>(),
            [field],
            "{body}"
        );
    }
    assert_eq!(desk.rows().await, before, "nothing is half saved");
}
