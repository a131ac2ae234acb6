//! Answers in the coding that a client asks for, and those that stay as they are. Counted and decoded as they are on the wire.

use std::collections::BTreeSet;

use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder, ZstdDecoder};
use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::calendar::pages::{csrf, signed_in};
use crate::support::wire::AT_MOST;
use crate::support::{Door, Someone, TestApp};

const CODINGS: [&str; 3] = ["br", "zstd", "gzip"];

/// An answer, and how many bytes it took.
struct Sent {
    wire: usize,
    status: u16,
    head: String,
    /// Without the chunks' frames, but still in its coding.
    body: Vec<u8>,
}

impl Sent {
    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    /// The text, decoded as its header says.
    async fn text(&self) -> String {
        let (body, mut text) = (&*self.body, Vec::new());
        match self.header("content-encoding") {
            Some("br") => BrotliDecoder::new(body).read_to_end(&mut text).await,
            Some("zstd") => ZstdDecoder::new(body).read_to_end(&mut text).await,
            Some("gzip") => GzipDecoder::new(body).read_to_end(&mut text).await,
            None => Ok(text.write(body).await.unwrap()),
            Some(other) => panic!("{other} is not a coding"),
        }
        .unwrap();
        String::from_utf8(text).unwrap()
    }
}

/// Asks for a path or an address of the server, with further header lines that each end in `\r\n`.
async fn ask(app: &TestApp, method: &str, path: &str, headers: &str) -> Sent {
    ask_at(&app.base, method, path.strip_prefix(&app.base).unwrap_or(path), headers).await
}

/// Asks one of the server's doors.
async fn ask_at(base: &str, method: &str, path: &str, headers: &str) -> Sent {
    let exchange = async {
        let host = base.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).await.unwrap();
        let request = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        bytes
    };
    let bytes = timeout(AT_MOST, exchange).await.unwrap();
    let end = bytes.windows(4).position(|it| it == b"\r\n\r\n").unwrap() + 4;
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let is_chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let body = if is_chunked && method != "HEAD" { unchunked(&bytes[end..]) } else { bytes[end..].to_vec() };
    Sent { wire: bytes.len(), status: head[9..12].parse().unwrap(), head, body }
}

fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|it| it == b"\r\n").unwrap();
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
        if length == 0 {
            return body;
        }
        body.extend_from_slice(&rest[line + 2..line + 2 + length]);
        rest = &rest[line + 2 + length + 2..];
    }
}

async fn get(app: &TestApp, path: &str, accept: &str) -> Sent {
    ask(app, "GET", path, &format!("Accept-Encoding: {accept}\r\n")).await
}

/// An open event in which much was said; gives its id and its path.
async fn talked(app: &TestApp) -> (String, String, Someone) {
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    for n in 0..60 {
        app.say(&event, &ada, &format!("#info the tide table of day {n} hangs in the harbour office, next to the clock")).await;
    }
    let path = app.look(&event).await["url"].as_str().unwrap().to_owned();
    (event, path, ada)
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_json_exports_feeds_and_files_come_in_the_coding_that_is_asked_for() {
    let app = TestApp::start().await;
    let (event, path, _) = talked(&app).await;
    let meeting = path.rsplit_once('/').unwrap().0;
    let api = format!("/api/v1/events/{event}");
    let page = get(&app, &path, "identity").await;
    assert_eq!(page.header("content-encoding"), None);
    let text = page.text().await;
    let css = linked(&text).into_iter().find(|link| link.ends_with("/gavel.css")).unwrap();
    let js = linked(&text).into_iter().find(|link| link.contains("/js/")).unwrap();
    let mut paths = vec![path.clone(), css, js, "/api/v1/meetings".to_owned(), format!("{api}/catch-up?after=0")];
    paths.extend(["transcript.json", "transcript.txt", "transcript.md", "transcript.html", "minutes.html"].map(|it| format!("{api}/{it}")));
    paths.push(format!("{meeting}.ics"));
    for path in &paths {
        let plain = get(&app, path, "identity").await;
        assert_eq!((plain.status, plain.header("content-encoding")), (200, None), "{path}");
        if plain.body.len() < 1_024 {
            continue;
        }
        assert_eq!(plain.header("vary"), Some("Accept-Encoding"), "{path}: {}", plain.head);
        for coding in CODINGS {
            let coded = get(&app, path, coding).await;
            assert_eq!((coded.status, coded.header("content-encoding")), (200, Some(coding)), "{path}");
            assert_eq!(coded.header("vary"), Some("Accept-Encoding"), "{path}");
            assert_eq!(coded.header("content-type"), plain.header("content-type"));
            assert!(coded.body.len() * 10 < plain.body.len() * 9, "{path}: {} of {}", coded.body.len(), plain.body.len());
            if let Some(length) = coded.header("content-length") {
                assert_eq!(length, coded.body.len().to_string());
            }
            let text = coded.text().await;
            // Times and masks differ from answer to answer.
            let varies =
                text.contains("name=\"csrf\"") || text.contains("\"now\":") || text.contains("DTSTAMP") || text.contains("data-now");
            assert!(varies || text == plain.text().await, "{path}");
            let head = ask(&app, "HEAD", path, &format!("Accept-Encoding: {coding}\r\n")).await;
            assert_eq!((head.status, head.body.len(), head.header("content-encoding")), (200, 0, Some(coding)), "{path}");
        }
    }
    assert!(paths.len() > 10);
    // The one that is liked best.
    for (accept, coding) in [
        ("gzip, deflate, br, zstd", Some("br")),
        ("gzip;q=1.0, br;q=0.5", Some("gzip")),
        ("br;q=0, *", Some("zstd")),
        ("*;q=0", None),
        ("deflate", None),
        ("", None),
        ("identity;q=0, gzip", Some("gzip")),
    ] {
        assert_eq!(get(&app, &path, accept).await.header("content-encoding"), coding, "{accept}");
    }
    assert_eq!(ask(&app, "GET", &path, "").await.header("content-encoding"), None);
    assert_eq!(
        ask(&app, "GET", &path, "Accept-Encoding: gzip;q=0\r\nAccept-Encoding: br\r\n").await.header("content-encoding"),
        Some("br")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_of_a_poll_that_does_not_wait_is_compressed_at_both_doors() {
    let app = TestApp::start_at(Door::Live).await;
    let (event, ..) = talked(&app).await;
    let path = format!("/api/v1/events/{event}/messages?after=0&wait=0");
    for base in [&app.base, &app.polls] {
        let plain = ask_at(base, "GET", &path, "").await;
        assert!(plain.header("content-encoding").is_none(), "{}", plain.head);
        let rows = |sent: &str| serde_json::from_str::<serde_json::Value>(sent).unwrap()["messages"].clone();
        let said = rows(&plain.text().await);
        for coding in CODINGS {
            let packed = ask_at(base, "GET", &path, &format!("Accept-Encoding: {coding}\r\n")).await;
            assert_eq!(
                (packed.header("content-encoding"), packed.header("vary")),
                (Some(coding), Some("Accept-Encoding")),
                "{}",
                packed.head
            );
            assert_eq!(packed.header("content-length"), Some(packed.body.len().to_string().as_str()));
            assert!(packed.body.len() < plain.body.len() / 2, "{coding}: {} bytes", packed.body.len());
            assert_eq!(rows(&packed.text().await), said);
        }
        // Less than a packet.
        let end = app.log(&event).await.last().unwrap()["ts"].clone();
        let none = ask_at(base, "GET", &format!("/api/v1/events/{event}/messages?after={end}&wait=0"), "Accept-Encoding: br\r\n").await;
        assert!(none.status == 200 && none.header("content-encoding").is_none(), "{}", none.head);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn small_answers_shared_polls_and_streams_stay_as_they_are() {
    let app = TestApp::start().await;
    let (event, ..) = talked(&app).await;
    let all = "br, zstd, gzip";
    // Other polls of the room share the bytes of one that waits.
    let poll = get(&app, &format!("/api/v1/events/{event}/messages?after=0&wait=50"), all).await;
    assert!(poll.body.len() > 4_096 && poll.header("content-encoding").is_none() && poll.header("vary").is_none(), "{}", poll.head);
    assert_eq!(poll.header("content-length"), Some(poll.body.len().to_string().as_str()));
    for path in ["/health".to_owned(), format!("/api/v1/events/{event}"), "/api/v1/nowhere".to_owned()] {
        let small = get(&app, &path, all).await;
        assert!(small.body.len() < 1_024 && small.header("content-encoding").is_none(), "{path}: {}", small.head);
    }
    // Unless the client takes nothing else.
    let forced = get(&app, "/api/v1/nowhere", "gzip, identity;q=0").await;
    assert_eq!((forced.status, forced.header("content-encoding")), (404, Some("gzip")));
    assert!(forced.text().await.contains("\"status\":404"));
    // A stream: its head and first event come though it goes on.
    let mut stream = TcpStream::connect(app.base.strip_prefix("http://").unwrap()).await.unwrap();
    let request = format!("GET /api/v1/events/{event}/stream?after=0 HTTP/1.1\r\nHost: gavel\r\nAccept-Encoding: {all}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut seen = String::new();
    while !seen.contains("day 59") {
        let mut piece = vec![0; 8_192];
        let n = timeout(AT_MOST, stream.read(&mut piece)).await.unwrap().unwrap();
        assert!(n > 0, "{seen}");
        seen.push_str(&String::from_utf8_lossy(&piece[..n]));
    }
    assert!(seen.contains("text/event-stream") && !seen.to_ascii_lowercase().contains("content-encoding"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_has_a_document_in_some_coding_is_told_so() {
    let app = TestApp::start().await;
    let (event, path, _) = talked(&app).await;
    let text = get(&app, &path, "identity").await.text().await;
    let css = linked(&text).into_iter().find(|link| link.ends_with("/gavel.css")).unwrap();
    let calendar = format!("{}.ics", path.rsplit_once('/').unwrap().0);
    app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
    for path in [css, calendar, format!("/api/v1/events/{event}/minutes.html")] {
        let mut tags = BTreeSet::new();
        for accept in ["identity", "br", "zstd", "gzip"] {
            let sent = get(&app, &path, accept).await;
            let tag = sent.header("etag").unwrap_or_else(|| panic!("{path}: {}", sent.head)).to_owned();
            // A strong tag is of these bytes alone. A short document has no other ones.
            let is_other = sent.header("content-encoding").is_some() || accept == "identity";
            assert!(tag.starts_with("W/") || !is_other || tags.insert(tag.clone()), "{path}: {tag} is of several codings");
            assert!(accept != "identity" || !tag.starts_with("W/"), "{path}");
            for asked in [tag.clone(), format!("\"other\", {tag}"), "*".to_owned()] {
                let known = ask(&app, "GET", &path, &format!("Accept-Encoding: {accept}\r\nIf-None-Match: {asked}\r\n")).await;
                assert_eq!((known.status, known.body.len()), (304, 0), "{path} {accept} {asked}");
                assert!(asked == "*" || known.header("etag") == Some(tag.as_str()), "{path}: {tag}: {}", known.head);
            }
            let other = ask(&app, "GET", &path, &format!("Accept-Encoding: {accept}\r\nIf-None-Match: \"other\"\r\n")).await;
            assert_eq!(other.status, 200);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_in_pages_cannot_be_guessed_from_their_length() {
    let app = TestApp::start().await;
    let (_, path, _) = talked(&app).await;
    let browser = signed_in(&app).await;
    let meeting = path.rsplit_once('/').unwrap().0.to_owned();
    // Forms: another proof in each answer, and all of them are valid, the older one too.
    let load = async |path: &str| browser.get(format!("{}{path}", app.base)).header("Accept-Encoding", "gzip").send().await.unwrap();
    let plain = async |path: &str| browser.get(format!("{}{path}", app.base)).send().await.unwrap().text().await.unwrap();
    let (one, two) = (plain(&path).await, plain(&path).await);
    assert_ne!(csrf(&one), csrf(&two));
    assert_eq!(one.matches(csrf(&one)).count(), one.matches("name=\"csrf\"").count(), "one proof in an answer");
    for page in [&two, &one] {
        let form = [("csrf", csrf(page)), ("back", "/schedule")];
        let answer = browser.post(format!("{}{meeting}/chair", app.base)).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(answer.text().await.unwrap().contains("new chair link"));
    }
    let forged = [("csrf", "guessed")];
    assert_eq!(browser.post(format!("{}{meeting}/chair", app.base)).form(&forged).send().await.unwrap().status(), 403);
    assert!(load(&path).await.headers().contains_key("content-encoding"), "a page with forms is compressed");
    // Links that people copy cannot differ from answer to answer: pages with such a one are not compressed.
    let owned = plain(&meeting).await;
    assert!(owned.contains("chair&#x2f;") || owned.contains("/chair/"), "the chair link is there");
    let schedule = plain("/schedule").await;
    assert!(schedule.contains("calendar&#x2f;o_") || schedule.contains("/calendar/o_"), "the private calendar is there");
    for path in [&meeting, "/schedule", "/search?q=tide", "/search/results?q=tide"] {
        assert!(!load(path).await.headers().contains_key("content-encoding"), "{path}");
    }
    // The same pages have no secret for others.
    for path in [&*meeting, "/search?q=tide"] {
        assert_eq!(get(&app, path, "gzip").await.header("content-encoding"), Some("gzip"), "{path}");
    }
}

/// The style sheets and scripts that a page links.
fn linked(page: &str) -> Vec<String> {
    let page = page.replace("&#x2f;", "/");
    let after = |before: &str| page.split(before).skip(1).map(|it| it.split('"').next().unwrap().to_owned()).collect::<Vec<_>>();
    let mut links: Vec<String> = [after("href=\""), after("src=\"")].concat();
    links.retain(|link| link.starts_with("/static/") && !link.contains(' ') && (link.contains("/js/") || link.contains(".css")));
    links
}

/// The bytes of joining a room with nothing in the cache, heads included: the page, its style, its scripts with those
/// that they import, and the first poll.
async fn cold(app: &TestApp, path: &str, event: &str, accept: &str) -> usize {
    let page = get(app, path, accept).await;
    let text = page.text().await;
    // What is for browsers without script comes to no others.
    let scripted: String = text.split("<noscript>").map(|part| part.split_once("</noscript>").map_or(part, |(_, rest)| rest)).collect();
    let (mut bytes, mut links, mut seen) = (page.wire, linked(&scripted), BTreeSet::new());
    while let Some(link) = links.pop() {
        if !seen.insert(link.clone()) {
            continue;
        }
        let file = get(app, &link, accept).await;
        assert_eq!(file.status, 200, "{link}");
        bytes += file.wire;
        let folder = link.rsplit_once('/').unwrap().0.to_owned();
        // Not those that come when they are needed, by `import()`.
        let text = file.text().await;
        let imports =
            text.lines().filter(|line| line.starts_with("import ")).filter_map(|line| line.split_once("\".")?.1.strip_suffix("\";"));
        links.extend(imports.map(|name| match name.strip_prefix("./") {
            Some(name) => format!("{}/{name}", folder.rsplit_once('/').unwrap().0),
            None => format!("{folder}{name}"),
        }));
    }
    assert!(seen.iter().any(|it| it.ends_with("/gavel.css")) && seen.iter().any(|it| it.ends_with("/poll.js")), "{seen:?}");
    let after = app.log(event).await.last().unwrap()["ts"].clone();
    let poll = get(app, &format!("/api/v1/events/{event}/messages?after={after}&wait=0"), accept).await;
    assert_eq!(poll.status, 200);
    bytes + poll.wire
}

/// The most that joining a room may take, in bytes: with br, as browsers have it over https, and with the other codings.
const MOST: usize = 45_000;
const MOST_OTHERWISE: usize = 48_000;

/// What people say in a room.
const SAID: [&str; 7] = [
    "Good morning everyone, can you all read this?",
    "Yes, loud and clear",
    "I have put the tide table of next week into the shared folder, please have a look before Thursday",
    "#info The harbour office is closed on Monday",
    "Does anybody know who has the key of the boat house? https://example.org/boats/42",
    "+1",
    "Then let us decide that next time, when the others are back",
];

#[tokio::test(flavor = "multi_thread")]
async fn joining_a_room_cold_takes_less_than_45_000_bytes() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let mut people = Vec::new();
    for nick in ["ada", "bob", "grace", "李雷", "Zoë", "ivan"] {
        people.push(app.join(&event, nick).await);
    }
    for n in 0..20 {
        let text = format!("{} ({n})", SAID[n % SAID.len()]);
        app.say(&event, &people[n % people.len()], &text).await;
    }
    let path = app.look(&event).await["url"].as_str().unwrap().to_owned();
    for coding in CODINGS {
        let bytes = cold(&app, &path, &event, coding).await;
        // For docs/performance.md; shown with --nocapture.
        println!("joining cold, {coding}: {bytes} bytes");
        assert!(bytes > 10_000 && bytes < if coding == "br" { MOST } else { MOST_OTHERWISE }, "{coding}: {bytes} bytes");
    }
    let bytes = cold(&app, &path, &event, "identity").await;
    println!("joining cold, uncompressed: {bytes} bytes");
    assert!(bytes > 2 * MOST);
}
