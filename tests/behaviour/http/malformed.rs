//! All routes, with segments, queries, forms and JSON that nobody should send: whoever sends them, the answer is never a 5xx.

use reqwest::{Client, Method};
use rocket::Route;
use serde_json::{Value, json};

use crate::support::TestApp;

/// What no segment of a path should be, as it is written in a URL.
const SEGMENTS: [&str; 16] = [
    "a%20b",
    "%00",
    "%FF%FE",
    "e_x",
    "e_aaaaaaaaaaaaaaaaaaaaaaaa",
    "p_x",
    "..%2F..%2Fetc",
    "%E2%80%AE",
    "-1",
    "99999999999999999999",
    "2026-99-99",
    "%25zz",
    "%7Bx%7D%5B%5D%3C%3E%22",
    "a%0D%0Ab",
    "%3Fa%3Db%23c",
    "%F0%9F%98%80",
];

const QUERIES: [&str; 5] = [
    "wait=0&after=x&limit=-1&tab=%00&nick=%00",
    "wait=0&month=2026-99&day=2026-02-30&q=%00&when=%FF&page=-1&meetings=99999999999",
    "wait=0&from=e_x&like=a%20b&state=%00&back=%2F%2Fevil.example&of=%7B%7D",
    "wait=0&after=9223372036854775808&since=-9223372036854775809&all=2&seen=%FF&page=4294967296&before=x",
    "wait=0&page=0&page=1&after=-1&after=2&q=a&q=b&%zz=%&&&==&month=9999-12&day=9999-12-31&event=e_x&meeting=%00",
];

/// What no field should hold, encoded for a form.
const VALUES: [&str; 9] =
    ["e_x", "%00", "%FF", "-9223372036854775809", "9999-12-31", "99:99", "a+b%2Fc", "%E2%80%AE%EF%BF%BC", "%2F%2Fevil"];

/// Fields of the forms, with values that are taken. A form has those of all: it reads its own.
const FIELDS: [(&str, &str); 49] = [
    ("title", "Another"),
    ("slug", ""),
    ("description", "about"),
    ("agenda", "-+one"),
    ("agenda_undo", ""),
    ("date", "2199-01-01"),
    ("time", "12:00"),
    ("minutes", "60"),
    ("timezone", "UTC"),
    ("repeat", "every"),
    ("every", "1"),
    ("unit", "week"),
    ("days", "Mon"),
    ("monthly", "date"),
    ("day", "1"),
    ("nth", "1"),
    ("weekday", "Mon"),
    ("ends", "after"),
    ("until", ""),
    ("times", "3"),
    ("dates", ""),
    ("rrule", ""),
    ("visibility", "unlisted"),
    ("of", ""),
    ("from", ""),
    ("show", "1"),
    ("seen", ""),
    ("was", ""),
    ("back", ""),
    ("nick", "zoe"),
    ("nonce", "1234567890123456789012"),
    ("text", "hello"),
    ("participant", "p_x"),
    ("ts", "1"),
    ("reason", ""),
    ("name", "olga"),
    ("password", "wrong horse"),
    ("email", "ada@example.org"),
    ("when", ""),
    ("q", ""),
    ("before", ""),
    ("carry", ""),
    ("done", ""),
    ("drop", ""),
    ("meeting", ""),
    ("open", ""),
    ("page", "1"),
    ("seat", ""),
    ("unseat", ""),
];

/// A site with one of everything, and those who ask.
struct Walk {
    app: TestApp,
    browser: Client,
    csrf: String,
    participant: String,
    names: Vec<(&'static str, String)>,
    failed: Vec<String>,
    asked: usize,
}

fn api_routes() -> Vec<(String, Route)> {
    gavel::http::api::routes().into_iter().map(|route| (format!("/api/v1{}", route.uri.path()), route)).collect()
}

fn page_routes() -> Vec<(String, Route)> {
    let others = [gavel::http::web::routes(), gavel::http::feeds::routes(), gavel::http::api::health_routes()];
    others.into_iter().flatten().map(|route| (route.uri.path().to_owned(), route)).collect()
}

impl Walk {
    async fn begin() -> Self {
        let app = TestApp::start().await;
        let event = app.open_event().await;
        let ada = app.join(&event, "ada").await;
        let row = app.say(&event, &ada, "hello").await;
        let browser = app.signed_in().await;
        let look = app.look(&event).await;
        let word = |name: &str| look[name].as_str().unwrap().to_owned();
        let page = browser.get(format!("{}/schedule/new", app.base)).send().await.unwrap().text().await.unwrap();
        let csrf = page.split_once("name=\"csrf\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
        let names = vec![
            ("id", event.clone()),
            ("slug", word("meeting")),
            ("key", word("key")),
            ("pid", ada.id.clone()),
            ("ts", row["ts"].to_string()),
            ("act", "extend".to_owned()),
            ("file", "transcript.json".to_owned()),
        ];
        Self { app, browser, csrf, participant: ada.token, names, failed: Vec::new(), asked: 0 }
    }

    /// The path with this value in the place of one dynamic segment, or of all of them.
    fn path(&self, route: &str, bad: Option<(usize, &str)>) -> String {
        let mut dynamic = 0;
        let parts = route.split('/').map(|part| {
            let Some(name) = part.strip_prefix('<') else { return part.to_owned() };
            let name = name.trim_end_matches('>').trim_end_matches("..");
            dynamic += 1;
            match bad {
                Some((place, value)) if place == dynamic - 1 || place == usize::MAX => value.to_owned(),
                _ => self.names.iter().find(|(known, _)| *known == name).map_or_else(|| "x".to_owned(), |(_, value)| value.clone()),
            }
        });
        parts.collect::<Vec<_>>().join("/")
    }

    async fn ask(&mut self, request: reqwest::RequestBuilder, what: impl FnOnce() -> String) {
        self.asked += 1;
        let status = request.send().await.unwrap().status();
        if status.is_server_error() {
            self.failed.push(format!("{status}: {}", what()));
        }
    }

    /// A stranger, somebody who is signed in, an organizer's script and a participant's.
    async fn everybody(&mut self, method: &Method, path: &str, body: Option<(&str, &str)>) {
        let address = format!("{}{path}", self.app.base);
        let (browser, client) = (self.browser.clone(), self.app.client.clone());
        for who in 0..4 {
            let mut request = match who {
                1 => browser.request(method.clone(), &address).header("Sec-Fetch-Site", "same-origin"),
                _ => client.request(method.clone(), &address),
            };
            match who {
                2 => request = request.bearer_auth(&self.app.token),
                3 => request = request.bearer_auth(&self.participant),
                _ => {}
            }
            if let Some((kind, body)) = body {
                request = request.header("Content-Type", kind).body(body.to_owned());
            }
            self.ask(request, || format!("{method} {path} by {who} with {body:?}")).await;
        }
    }

    fn end(self) {
        assert!(self.failed.is_empty(), "{} of {}:\n{}", self.failed.len(), self.asked, self.failed.join("\n"));
        assert!(self.asked > 1_000, "{}", self.asked);
    }
}

fn places(path: &str) -> usize {
    path.split('/').filter(|part| part.starts_with('<')).count()
}

fn method(route: &Route) -> Method {
    route.method.as_str().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_segment_or_query_of_any_route_makes_the_server_fail() {
    let mut walk = Walk::begin().await;
    for (path, route) in api_routes().into_iter().chain(page_routes()) {
        let (method, count) = (method(&route), places(&path));
        let body = if method == Method::GET || method == Method::HEAD { None } else { Some(("application/json", "{}")) };
        let form = format!("csrf={}", walk.csrf);
        let body = if path.starts_with("/api/") { body } else { body.map(|_| ("application/x-www-form-urlencoded", form.as_str())) };
        for value in SEGMENTS {
            for place in (0..count).chain((count > 1).then_some(usize::MAX)) {
                let asked = walk.path(&path, Some((place, value)));
                walk.everybody(&method, &format!("{asked}?wait=0"), body).await;
            }
        }
        if method == Method::GET || method == Method::HEAD {
            let asked = walk.path(&path, None);
            for query in QUERIES {
                walk.everybody(&method, &format!("{asked}?{query}"), None).await;
            }
        }
    }
    walk.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_form_makes_the_server_fail() {
    let mut walk = Walk::begin().await;
    for (path, route) in page_routes() {
        if method(&route) != Method::POST || path == "/sign-out" {
            continue;
        }
        let asked = walk.path(&path, None);
        let address = format!("{}{asked}", walk.app.base);
        for (n, (field, _)) in FIELDS.iter().enumerate() {
            for value in [VALUES[n % VALUES.len()], VALUES[(n / 2 + 4) % VALUES.len()]] {
                let fields = FIELDS.iter().map(|(name, good)| format!("{name}={}", if name == field { value } else { good }));
                let body = format!("csrf={}&{}", walk.csrf, fields.collect::<Vec<_>>().join("&"));
                for browser in [walk.browser.clone(), walk.app.client.clone()] {
                    let request = browser.post(&address).header("Content-Type", "application/x-www-form-urlencoded").body(body.clone());
                    walk.ask(request, || format!("POST {asked} with {field}={value}")).await;
                }
            }
        }
        for (kind, body) in [
            ("application/x-www-form-urlencoded", "%zz=%&&&=="),
            ("application/x-www-form-urlencoded", "csrf=\u{0}&from[a].b=1&from.x=2"),
            ("application/x-www-form-urlencoded; charset=utf-7", "csrf=x"),
            ("multipart/form-data", "no boundary"),
            ("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nx\r\n--x--\r\n"),
            ("application/json", "{}"),
            ("no/such;;type=", "x"),
        ] {
            walk.everybody(&Method::POST, &asked, Some((kind, body))).await;
        }
    }
    walk.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_json_makes_the_server_fail() {
    let good = json!({
        "title": "Another", "slug": null, "description": "", "agenda": "", "timezone": "UTC", "starts": "2199-01-01T12:00",
        "duration_minutes": 60, "rrule": null, "dates": [], "visibility": "unlisted", "from": null, "opens_at": "2199-01-01T12:00:00Z",
        "closes_at": "2199-01-01T13:00:00Z", "minutes": 5, "reason": "", "nick": "zoe", "nonce": "1234567890123456789012",
        "text": "hello", "state": "done", "ts": 1, "seen": ""
    });
    let bad: Vec<Value> = vec![
        json!(null),
        json!(-1),
        json!(i64::MAX),
        json!(1.5e300),
        json!("\u{0}"),
        json!("e_x"),
        json!([["x"]]),
        json!({"a": {}}),
        json!("9".repeat(5_000)),
        json!("\u{202e}\u{fffc}"),
    ];
    let deep = "[".repeat(20_000);
    let mut walk = Walk::begin().await;
    for (path, route) in api_routes() {
        let method = method(&route);
        // Deleting takes no body.
        if method == Method::GET || method == Method::HEAD || method == Method::DELETE {
            continue;
        }
        let asked = walk.path(&path, None);
        for body in ["", "{", "null", "[]", "\"x\"", "1e999", "{\"text\":\"\\ud800\"}", "\u{feff}{}", &deep] {
            walk.everybody(&method, &asked, Some(("application/json", body))).await;
        }
        for (n, field) in good.as_object().unwrap().keys().enumerate() {
            for value in [&bad[n % bad.len()], &bad[(n + 5) % bad.len()]] {
                let mut body = good.clone();
                body[field] = value.clone();
                walk.everybody(&method, &asked, Some(("application/json", &body.to_string()))).await;
            }
        }
    }
    walk.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_that_is_unknown_is_not_found_also_at_an_old_link() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let look = app.look(&event).await;
    let (slug, key) = (look["meeting"].as_str().unwrap(), look["key"].as_str().unwrap());
    let browser = app.signed_in().await;
    let page = browser.get(format!("{}/m/{slug}/{key}", app.base)).send().await.unwrap().text().await.unwrap();
    let csrf = page.split_once("name=\"csrf\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    app.organize(Method::PATCH, &format!("/meetings/{slug}"), Some(json!({"slug": "renamed"}))).await.expect(200);
    for slug in [slug, "renamed"] {
        for act in ["a%20b", "%00", "%E2%82%AC", "open%2F..%2F..", "%25", "%23x%3Fy"] {
            let address = format!("{}/m/{slug}/{key}/run/{act}", app.base);
            assert_eq!(browser.post(&address).form(&[("csrf", &csrf)]).send().await.unwrap().status(), 404, "{address}");
            let stranger = app.client.post(&address).form(&[("csrf", "x")]).send().await.unwrap().status();
            assert!(stranger == 403 || stranger == 404, "{stranger}: {address}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_of_a_new_meeting_changes_none_that_is_there() {
    let app = TestApp::start().await;
    let (slug, _) = app.meeting().await;
    let browser = app.signed_in().await;
    let page = browser.get(format!("{}/schedule/new", app.base)).send().await.unwrap().text().await.unwrap();
    let csrf = page.split_once("name=\"csrf\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    for from in ["e_x", "e_aaaaaaaaaaaaaaaaaaaaaaaa", "\u{0}", "x y"] {
        for of in ["", &slug, "no-such-meeting"] {
            let form = [("csrf", csrf.as_str()), ("from", from), ("of", of), ("was", "nonsense"), ("title", "")];
            let sent = browser.post(format!("{}/schedule/new", app.base)).form(&form).send().await.unwrap();
            assert_eq!(sent.status(), 422, "{from:?} {of:?}");
        }
    }
}
