//! Minutes and transcripts as files that somebody keeps or passes on: they tell all that the page tells, lead back to it by whole
//! addresses, need nothing around them, and do no harm where they are opened.

use reqwest::Method;
use serde_json::{Value, json};

use super::pages::{brought, long, page};
use crate::minutes::recorded::{minutes, room};
use crate::support::{Someone, TestApp};

async fn close(app: &TestApp, event: &str) {
    app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
}

async fn file(app: &TestApp, event: &str, name: &str) -> String {
    let reply = app.get(&format!("/events/{event}/{name}")).await;
    assert_eq!(reply.status, 200, "{name}");
    reply.text.replace("&#x2f;", "/")
}

/// A closed event with a topic, a corrected action, two votes and names; gives its path and the rows of what was noted.
async fn noted(app: &TestApp) -> (String, String, Vec<Value>) {
    let (event, ada, bob): (String, Someone, Someone) = room(app).await;
    let mut rows = Vec::new();
    for (who, text) in [
        (&ada, "#topic The **harbour** fund"),
        (&bob, "#action ada asks\nthe bank"),
        (&bob, "#action paint the hull"),
        (&ada, "#startvote Lunch? Soup, Bread"),
        (&bob, "#vote soup"),
        (&ada, "#endvote"),
        (&ada, "#startvote (secret) Chair? Ada, Bob"),
        (&bob, "#vote ada"),
        (&ada, "#endvote"),
        (&bob, "#here Robert"),
        (&bob, "#here Bobby"),
        (&ada, "#topic Nothing to say"),
    ] {
        rows.push(app.say(&event, who, text).await);
    }
    close(app, &event).await;
    let correction = json!({"ts": rows[2]["ts"], "text": "bob paints the hull"});
    app.post(&format!("/events/{event}/minutes/corrections"), correction).await.expect(204);
    let topic = json!({"ts": rows[0]["ts"], "text": "The harbour funds"});
    app.post(&format!("/events/{event}/minutes/corrections"), topic).await.expect(204);
    let path = app.look(&event).await["url"].as_str().unwrap().to_owned();
    (event, path, rows)
}

#[tokio::test(flavor = "multi_thread")]
async fn minutes_tell_in_words_what_the_page_tells() {
    let app = TestApp::start().await;
    let (event, path, rows) = noted(&app).await;
    let line = |row: usize| format!("{}{path}?at={1}#t{1}", app.base, rows[row]["ts"]);
    let text = file(&app, &event, "minutes.txt").await;
    let lines: Vec<&str> =
        text.lines().map(|line| line.trim().trim_start_matches(|c: char| c.is_ascii_digit() || c == ':').trim()).collect();
    let expected = [
        "The harbour funds [corrected]",
        "before: The **harbour** fund",
        "Action: ada asks the bank (ada)",
        "Action: bob paints the hull (bob) [corrected]",
        "before: paint the hull",
        "Vote: Lunch?",
        "- Soup: 1 (bob)",
        "- Bread: 0",
        "Result: Soup, 1 voted",
        "Vote: Chair?",
        "- Ada: 1",
        "- Bob: 0",
        "Result: Ada, 1 voted, in secret",
        "Nothing to say",
        "Actions",
        "ada",
        "- ada asks the bank",
        "bob",
        "- bob paints the hull",
        "Present",
        "ada: 6 lines",
        "bob (Robert, Bobby): 5 lines",
    ];
    let from = lines.iter().position(|line| *line == expected[0]).unwrap_or_else(|| panic!("{text}"));

    let told = lines[from..].iter().copied().filter(|line| !line.is_empty());
    assert_eq!(told.take(expected.len()).collect::<Vec<_>>(), expected, "{text}");
    for row in [0, 1, 2, 3, 6, 11] {
        assert!(text.contains(&line(row)), "{row}: {text}");
    }
    let markdown = file(&app, &event, "minutes.md").await;
    for (row, words) in [
        (0, "The harbour funds \\[corrected\\]\n\nBefore: The **harbour** fund\n"),
        (1, "**Action** ada asks the bank (ada)\n"),
        (3, "**Vote** Lunch?\n  - Soup: 1 (bob)\n  - Bread: 0\n  - Result: Soup, 1 voted\n"),
        (6, "**Vote** Chair?\n  - Ada: 1\n  - Bob: 0\n  - Result: Ada, 1 voted, in secret\n"),
    ] {
        let words = words.replace("\\[", "[").replace("\\]", "]");
        assert!(markdown.contains(&format!("]({}) {words}", line(row))), "{words}: {markdown}");
    }
    for piece in
        ["\n## Actions\n\n- ada\n  - [", "\n## Present\n\n- ada: 6 lines\n- bob (Robert, Bobby): 5 lines\n", "  - before: paint the hull\n"]
    {
        assert!(markdown.contains(piece), "{piece}: {markdown}");
    }
    let attendee = &minutes(&app, &event).await["attendees"][1];
    assert_eq!((&attendee["alias"], &attendee["aliases"]), (&json!("Bobby"), &json!(["Robert", "Bobby"])));
    for form in ["html", "part.html"] {
        assert!(!file(&app, &event, &format!("minutes.{form}")).await.contains("Nothing noted yet"), "{form}: these minutes are final");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn minutes_as_a_page_are_one_file_with_a_name_and_whole_addresses() {
    let app = TestApp::start().await;
    let (event, path, rows) = noted(&app).await;
    let html = file(&app, &event, "minutes.html").await;
    assert!(html.contains("<style>") && !html.contains("<link") && !html.contains("<script"), "{html}");
    for link in html.split(" href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(link.starts_with(&format!("{}/", app.base)), "{link}");
    }
    assert!(html.contains(&format!("{}{path}?at={1}#t{1}\"", app.base, rows[1]["ts"])), "{html}");
    assert!(
        html.contains("<li><b><bdi>ada</bdi></b><ul><li><bdi>ada asks<br>the bank</bdi> ")
            && html.contains("<bdi>bob</bdi> (<bdi>Robert</bdi>, <bdi>Bobby</bdi>)"),
        "{html}"
    );
    let [slug, key] = [2, 3].map(|part| path.split('/').nth(part).unwrap());
    for form in ["html", "txt", "md", "json"] {
        let reply = app.get(&format!("/events/{event}/minutes.{form}")).await;
        assert_eq!(reply.headers["content-disposition"], format!("inline; filename=\"{slug}-{key}-minutes.{form}\""));
        let policy = reply.headers.get("content-security-policy").and_then(|it| it.to_str().ok()).unwrap_or_default();
        assert_eq!(policy.starts_with("default-src 'none'; style-src 'unsafe-inline'"), form == "html", "{form}: {policy}");
    }
    // Asked for by another name of the machine, the links lead there; by a name that is not known, to the address served.
    let port = app.base.rsplit(':').next().unwrap();
    let by = async |host: &str| {
        let page = app.client.get(app.api(&format!("/events/{event}/minutes.html"))).header("Host", host).send().await.unwrap();
        page.text().await.unwrap().replace("&#x2f;", "/")
    };
    assert!(by(&format!("localhost:{port}")).await.contains(&format!("http://localhost:{port}{path}")));
    let forged = by("other.example:99").await;
    assert!(forged.contains(&format!("{}{path}", app.base)) && !forged.contains("other.example"));
}

#[tokio::test(flavor = "multi_thread")]
async fn markdown_files_hand_no_tags_pictures_or_scripts_on() {
    let app = TestApp::start().await;
    let (event, ada, _) = room(&app).await;
    for text in
        ["<script>alert(1)</script>", "<img src=x onerror=alert(2)>", "[x](javascript:alert(3))", "**fine** [too](https://example.org)"]
    {
        app.say(&event, &ada, text).await;
        app.say(&event, &ada, &format!("#info {text}")).await;
        app.say(&event, &ada, &format!("#topic {text}")).await;
    }
    app.say(&event, &ada, "#startvote <b>Now</b>? <i>yes</i>, no").await;
    for name in ["minutes.md", "transcript.md"] {
        let markdown = file(&app, &event, name).await;
        for parsed in pulldown_cmark::Parser::new(&markdown) {
            use pulldown_cmark::{Event, Tag};
            let bad = match &parsed {
                Event::Html(_) | Event::InlineHtml(_) | Event::Start(Tag::HtmlBlock | Tag::Image { .. }) => true,
                Event::Start(Tag::Link { dest_url, .. }) => !dest_url.starts_with("http"),
                _ => false,
            };
            assert!(!bad, "{name}: {parsed:?} in {markdown}");
        }
        assert!(markdown.contains("**fine** [too](https://example.org)"), "{name}");
    }
    // In the room it is no link, so it stays as it was typed.
    let row = app.log(&event).await.into_iter().find(|row| row["text"] == "[x](javascript:alert(3))").unwrap();
    assert_eq!(row["html"], row["text"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_of_a_long_log_are_reached_without_script_from_wherever_they_are_told() {
    let app = TestApp::start().await;
    let (event, path) =
        brought(&app, &format!("{}23:00:00 <ada> #startmeeting\n23:00:01 <ada> #topic The last **word**\n", long(1_200))).await;
    let topic = app.log(&event).await.into_iter().find(|row| row["tag"] == "topic").unwrap();
    let address = format!("{path}?at={0}#t{0}", topic["ts"]);
    let first = page(&app, &path).await;
    let [minutes, chart] = ["id=\"minutes\"", "class=\"chart\""].map(|from| first.split_once(from).unwrap().1);
    assert!(minutes.split("</section>").next().unwrap().contains(&format!("href=\"{address}\"")), "the minutes of the page");
    assert!(chart.split("</section>").next().unwrap().contains("href=\"/m/archive/2020-11-24?at="), "its chart");
    let feed = page(&app, "/m/archive/feed.atom").await;
    let whole = format!("http:&amp;#x2f;&amp;#x2f;{}{address}", &app.base[7..]).replace('/', "&amp;#x2f;");
    assert!(feed.contains(&whole), "{whole} is not in {feed}");
    for form in ["html", "txt", "md"] {
        assert!(file(&app, &event, &format!("minutes.{form}")).await.contains(&format!("{}{address}", app.base)), "{form}");
    }
    let store = app.store().await;
    let mut behind = store.unindexed().await.unwrap();
    while !behind.is_empty() {
        behind = store.index(&behind).await.unwrap();
    }
    let found = page(&app, "/search?q=last+word").await;
    assert!(found.contains(&format!("href=\"{address}\"")), "{found}");
    let there = page(&app, address.split('#').next().unwrap()).await;
    assert!(there.contains(&format!("id=\"t{}\"", topic["ts"])) && there.contains("Page 2 of 2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn days_of_other_years_are_told_with_them_and_a_zone_only_once() {
    let app = TestApp::start().await;
    let (event, path) = brought(&app, "19:00:05 <ada> hello\n19:09:00 <ada> bye\n").await;
    let home = page(&app, "/").await;
    assert!(home.contains(">24 Nov 2020</time>"), "{home}");
    let html = page(&app, &path).await;
    assert!(html.contains(" UTC</span>") && !html.contains("UTC, UTC") && !html.contains(", UTC</span>"), "{html}");
    let transcript = file(&app, &event, "transcript.html").await;
    assert!(transcript.contains("19:00–19:09 UTC</p>"), "{transcript}");
}
