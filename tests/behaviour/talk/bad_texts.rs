//! Texts that want to be more than text, in every place that shows what somebody wrote; and ones that are made to be slow.

use gavel::app::moving::import_log::Archived;
use gavel::domain::minutes::{Argument, TABLE};
use gavel::domain::zone::Zone;
use gavel::import::{self, Known};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::cell::RefCell;

use crate::nodes::two_nodes::until;
use crate::support::{MINUTE, TestApp};

/// Each would do something in a place that takes it for more than it is.
const EVIL: [&str; 10] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>",
    "' onmouseover='alert(1)",
    "<a href=\"javascript:alert(1)\">x</a>",
    "[x](javascript:alert(1)) [y](JaVaScRiPt:alert(1)) [z](data:text/html,<script>alert(1)</script>) ![p](vbscript:x)",
    "</textarea></title></style><script>alert(1)</script>",
    "]]><!--<script>alert(1)</script><![CDATA[",
    "&lt;script&gt;alert(1)&lt;/script&gt; &#60;img src=x onerror=alert(1)&#62;",
    "{{ 7 * 7 }}{% raw %}<iframe srcdoc='<script>alert(1)</script>'>",
];

/// What turns the text around it.
const TURNED: &str = "file\u{202e}gnp.exe\u{2066}";

/// Collects the tags that somebody's text has no business to make.
#[derive(Default)]
struct Dangers(RefCell<Vec<String>>);

impl TokenSink for Dangers {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        if let Token::TagToken(tag) = token
            && tag.kind == TagKind::StartTag
        {
            let value = |name: &str| tag.attrs.iter().find(|it| &*it.name.local == name).map(|it| it.value.to_string());
            let comes_from = |folder: &str| value("src").is_some_and(|address| address.starts_with(folder));
            let is_bad = match &*tag.name {
                "script" => !comes_from("/static/"),
                // The log of a room without script.
                "iframe" => !comes_from("/m/") || value("srcdoc").is_some(),
                "base" => value("href").is_some(),
                "img" | "object" | "embed" => true,
                _ => tag.attrs.iter().any(|it| {
                    let leads = it.value.trim().to_lowercase();
                    it.name.local.starts_with("on")
                        || matches!(&*it.name.local, "srcdoc" | "style")
                        || ["javascript:", "data:", "vbscript:"].iter().any(|scheme| leads.starts_with(scheme)) && &*it.name.local == "href"
                }),
            };
            if is_bad {
                self.0.borrow_mut().push(format!("{tag:?}"));
            }
        }
        TokenSinkResult::Continue
    }
}

#[track_caller]
fn is_harmless(what: &str, html: &str) {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(Dangers::default(), TokenizerOpts::default());
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    let found = tokenizer.sink.0.into_inner();
    assert!(found.is_empty(), "{what}: {found:?}");
}

#[test]
fn the_check_of_this_file_finds_what_it_looks_for() {
    for evil in
        ["<script>x</script>", "<p onclick=x>", "<a href=' JavaScript:x'>", "<img src=x>", "<b style='x'>", "<script src='//x'></script>"]
    {
        assert!(std::panic::catch_unwind(|| is_harmless("", evil)).is_err(), "{evil}");
    }
    is_harmless("", "<a href='https://x'>javascript:x</a><script src='/static/x.js'></script>");
}

async fn read(browser: &Client, address: String) -> String {
    let answer = browser.get(&address).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{address}");
    answer.text().await.unwrap()
}

/// Each page and part of a page that shows something of this event and its meeting.
async fn look_everywhere(app: &TestApp, browser: &Client, slug: &str, event: &str, evil: &str) {
    let look = app.look(event).await;
    let (page, files) = (look["url"].as_str().unwrap(), format!("/api/v1/events/{event}"));
    let mut places = vec![
        "/".to_owned(),
        "/schedule".into(),
        format!("/m/{slug}"),
        format!("/schedule/{slug}/edit"),
        page.to_owned(),
        format!("{page}?all=1"),
        format!("{page}/log"),
        format!("{files}/minutes.html"),
        format!("{files}/minutes.part.html"),
        format!("{files}/transcript.html"),
    ];
    let query: String = reqwest::Url::parse_with_params("http://x/", [("q", evil)]).unwrap().query().unwrap().to_owned();
    places.extend([format!("/search?{query}"), format!("/search/results?{query}"), "/search?q=alert&meeting=".to_owned() + slug]);
    for place in places {
        is_harmless(&format!("{place} with {evil}"), &read(browser, format!("{}{place}", app.base)).await);
    }
    let feed = read(browser, format!("{}/m/{slug}/feed.atom", app.base)).await;
    let feed = roxmltree::Document::parse(&feed).unwrap();
    for content in feed.descendants().filter(|node| node.attribute("type") == Some("html")) {
        is_harmless(&format!("feed with {evil}"), content.text().unwrap_or_default());
    }
    let found = app.get(&format!("/search?{query}")).await.expect(200);
    for result in found["results"].as_array().unwrap() {
        is_harmless("snippet", result["snippet"].as_str().unwrap());
    }
    for row in app.log(event).await {
        is_harmless("row", row["html"].as_str().unwrap());
    }
    for name in ["transcript.md", "minutes.md"] {
        let markdown = app.get(&format!("/events/{event}/{name}")).await.text;
        let mut html = String::new();
        pulldown_cmark::html::push_html(&mut html, pulldown_cmark::Parser::new(&markdown));
        is_harmless(&format!("{name} with {evil}"), &html);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_is_more_than_text_wherever_it_is_shown() {
    let app = TestApp::start().await;
    let browser = app.signed_in().await;
    for (n, evil) in EVIL.into_iter().enumerate() {
        let slug = format!("evil-{n}");
        let short: String = evil.chars().take(40).collect();
        let body = json!({"title": evil, "slug": slug, "description": evil, "agenda": format!("- {evil}\n\n{evil}"), "timezone": "UTC",
                          "starts": "2200-01-01T12:00", "duration_minutes": 60});
        app.post("/meetings", body).await.expect(201);
        let body = json!({"opens_at": app.now() - MINUTE, "closes_at": app.now() + 60 * MINUTE, "title": evil});
        let event = app.post(&format!("/meetings/{slug}/events"), body).await.expect(201)["id"].as_str().unwrap().to_owned();
        let ada = app.join_as_chair(&event, &short).await;
        let mut item = Value::Null;
        for words in ["", "/me ", "#topic ", "#info ", "#action ", "#link ", "#here ", "#nick ", "#meetingname ", "#startvote "] {
            item = app.say(&event, &ada, &format!("{words}{evil}")).await;
        }
        app.say(&event, &ada, &format!("#startvote (live) {evil}? {evil}, B{evil}")).await;
        app.say(&event, &ada, &format!("#vote {evil}")).await;
        let info = app.say(&event, &ada, "#info for a correction").await;
        app.say(&event, &ada, &format!("#edit {} {evil}", info["ts"])).await;
        app.organize(Method::POST, &format!("/events/{event}/cancel"), Some(json!({"reason": short}))).await.expect(200);
        look_everywhere(&app, &browser, &slug, &event, evil).await;
        app.organize(Method::POST, &format!("/events/{event}/restore"), None).await.expect(200);
        look_everywhere(&app, &browser, &slug, &event, evil).await;
        app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
        app.post(&format!("/events/{event}/minutes/corrections"), json!({"ts": info["ts"], "text": evil})).await.expect(204);
        until("the last line is found", async || {
            let found = app.get(&format!("/search?meeting={slug}&q=correction")).await.expect(200);
            found["results"].as_array().is_some_and(|found| !found.is_empty())
        })
        .await;
        look_everywhere(&app, &browser, &slug, &event, evil).await;
        assert_eq!(item["kind"], "said");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_line_of_an_imported_log_is_more_than_text() {
    let app = TestApp::start().await;
    let browser = app.signed_in().await;
    let mut log = String::from("19:00:00 <ada> #startmeeting\n");
    for evil in EVIL.into_iter().chain([TURNED]) {
        for line in ["<ada> ", "* ada ", "<ada> #topic ", "<ada> #action ", "<ada> #meetingname ", "<ada> #startvote Which? A, "] {
            log.extend(["19:00:01 ", line, evil, "\n"]);
        }
    }
    log.push_str("19:00:02 <<b>bob</b>> hi\n");
    let past = import::read(log.as_bytes(), &Known { name: "2020-11-24.log", date: None, zone: Zone::utc() }).unwrap();
    let shelf = app.operations.shelf("archive", None, Zone::utc(), None).await.unwrap();
    let Archived::New(event) = app.operations.archive(&shelf, &past).await.unwrap() else { panic!("it was there") };
    assert_eq!(event.title, EVIL[9], "the last of these that is a title");
    look_everywhere(&app, &browser, "archive", event.id.as_str(), TURNED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_turns_text_is_refused_in_names_and_titles() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    app.try_join(&event, TURNED, None).await.problem(422, "nick-invalid");
    let body = json!({"title": TURNED, "timezone": "UTC", "starts": "2200-01-01T12:00", "duration_minutes": 60});
    app.post("/meetings", body).await.problem(422, "invalid");
    app.organize(Method::PATCH, &format!("/events/{event}"), Some(json!({"title": TURNED}))).await.problem(422, "invalid");
    let ada = app.join_as_chair(&event, "ada").await;
    for command in ["#meetingname", "#nick"] {
        let row = app.say(&event, &ada, &format!("{command} {TURNED}")).await;
        assert!(row["hint"].is_string() && row["tag"].is_null(), "{row}");
    }
    // In a message it is a part of somebody's own words, and in no place where others' follow in the same line.
    assert_eq!(app.say(&event, &ada, TURNED).await["text"], TURNED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_with_nothing_behind_it_and_a_vote_for_nothing_stay_chat() {
    let app = TestApp::start().await;
    let (event, ada, bob) = crate::minutes::recorded::room(&app).await;
    for entry in TABLE.iter().filter(|entry| matches!(entry.argument, Argument::Must(_))) {
        for word in entry.words {
            let row = app.say(&event, &ada, &format!("#{word}  ")).await;
            assert!(row["tag"].is_null() && row["hint"].is_string(), "{row}");
        }
    }
    app.say(&event, &ada, "#startvote Lunch? Soup, Bread").await;
    for vote in ["#vote Water", "#vote Soup, Bread", "#vote <b>Soup</b>", "#vote \u{202e}Soup", "#vote Sou"] {
        let row = app.say(&event, &bob, vote).await;
        assert!(row["tag"].is_null() && row["hint"].as_str().unwrap().contains("Soup"), "{row}");
    }
    for vote in ["#vote Soup", "#vote Soup", "#VOTE  bread "] {
        assert_eq!(app.say(&event, &bob, vote).await["tag"], "vote", "{vote}");
    }
    app.say(&event, &ada, "#endvote").await;
    let minutes = crate::minutes::recorded::minutes(&app, &event).await;
    let vote = &minutes["votes"][0];
    assert_eq!((&vote["cast"], &vote["options"][0]["count"], &vote["options"][1]["voters"]), (&json!(1), &json!(0), &json!(["bob"])));
    assert_eq!(minutes["votes"].as_array().map(Vec::len), Some(1));
}

/// Signs that nest, repeated up to so many characters.
fn bombs(length: usize) -> Vec<String> {
    let signs =
        ["*", "**_", "[", "![", "](", "> ", "- ", "1. ", "`", "<b>", "<", "~~", "\u{202e}a", "a*b_", "# ", "(", "\\", "$", "#action "];
    signs.iter().map(|sign| sign.repeat(length / sign.chars().count())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nests_as_deep_as_it_can_becomes_no_more_than_a_page() {
    let app = TestApp::start().await;
    let (slug, _) = app.meeting().await;
    let event = app.open_event().await;
    let ada = app.join_as_chair(&event, "ada").await;
    for bomb in bombs(4_000) {
        let row = app.say(&event, &ada, &bomb).await;
        // Each sign is an element at most.
        assert!(row["html"].as_str().unwrap().len() < 4_000 * 64, "{bomb:.20}");
    }
    for bomb in bombs(10_000) {
        let body = json!({"description": bomb, "agenda": bomb});
        app.organize(Method::PATCH, &format!("/meetings/{slug}"), Some(body.clone())).await.expect(200);
        app.organize(Method::PATCH, &format!("/events/{event}"), Some(json!({"agenda": bomb}))).await.expect(200);
        let page = app.client.get(format!("{}/m/{slug}", app.base)).send().await.unwrap();
        assert_eq!(page.status(), 200);
        assert!(page.text().await.unwrap().len() < 10_000 * 64 + 60_000, "{bomb:.20}");
    }
    for form in ["transcript.html", "transcript.md", "minutes.html", "minutes.md", "minutes.txt"] {
        assert_eq!(app.get(&format!("/events/{event}/{form}")).await.status, 200, "{form}");
    }
    let stars = "*".repeat(100_000);
    app.try_say(&event, &ada, &stars, None).await.problem(413, "text-too-long");
    app.try_join(&event, &stars, None).await.problem(422, "nick-invalid");
    for field in ["title", "description", "agenda"] {
        app.organize(Method::PATCH, &format!("/meetings/{slug}"), Some(json!({field: stars}))).await.problem(422, "invalid");
    }
    // A search as long as an address may be, and one that is longer.
    app.get(&format!("/search?q={}", &stars[..50_000])).await.expect(200);
    let longer = app.client.get(app.api(&format!("/search?q={stars}"))).send().await;
    assert!(longer.is_err() || longer.is_ok_and(|it| it.status().is_client_error()));
    let log = format!("19:00 <ada> hi\n19:00 <ada> {stars}");
    let read = import::read(log.as_bytes(), &Known { name: "2020-11-24", date: None, zone: Zone::utc() });
    assert!(read.is_err_and(|problem| problem.line == Some(2)));
}
