//! Atom feeds of what took place: valid, complete, sent once, and nothing of what is not for everybody.

use std::collections::BTreeSet;

use atom_syndication::{Feed, Text};
use reqwest::Method;
use roxmltree::{Document, Node};
use serde_json::{Value, json};

use super::icalendar::{fetch, fetch_with};
use crate::support::{MINUTE, TestApp};

const ATOM: &str = "http://www.w3.org/2005/Atom";

/// A feed that a strict reader of XML and one of Atom take, with everything in it that RFC 4287 asks for.
async fn feed(app: &TestApp, path: &str) -> Feed {
    let reply = fetch(app, path).await;
    assert_eq!((reply.status.as_u16(), &reply.headers["content-type"]), (200, &"application/atom+xml; charset=utf-8".parse().unwrap()));
    let xml = Document::parse(&reply.text).unwrap_or_else(|problem| panic!("{problem} in {}", reply.text));
    let root = xml.root_element();
    check(root, "feed", &["id", "title", "updated"]);
    assert_eq!(of(root, "author").count(), 1, "of the feed, so that entries need none (section 4.1.2)");
    let own = of(root, "link").find(|link| link.attribute("rel") == Some("self")).unwrap();
    assert_eq!(own.attribute("href"), Some(format!("{}{path}", app.base).as_str()));
    let mut ids = BTreeSet::new();
    for entry in of(root, "entry") {
        check(entry, "entry", &["id", "title", "updated", "published", "content"]);
        assert!(ids.insert(of(entry, "id").next().unwrap().text().unwrap().to_owned()), "ids are unique");
        assert_eq!(of(entry, "link").filter(|link| link.attribute("rel") == Some("alternate")).count(), 1);
    }
    Feed::read_from(reply.text.as_bytes()).unwrap()
}

fn of<'d, 'i: 'd>(node: Node<'d, 'i>, name: &'static str) -> impl Iterator<Item = Node<'d, 'i>> {
    node.children().filter(move |child| child.has_tag_name((ATOM, name)))
}

/// An element has each of these exactly once, with something in it.
fn check(node: Node<'_, '_>, name: &str, once: &[&'static str]) {
    assert!(node.has_tag_name((ATOM, name)));
    for part in once {
        let found: Vec<_> = of(node, part).collect();
        assert_eq!(found.len(), 1, "{part} of {name}");
        let text = found[0].text().unwrap_or_default();
        assert!(!text.trim().is_empty(), "{part} of {name}");
        if matches!(*part, "updated" | "published") {
            chrono::DateTime::parse_from_rfc3339(text).unwrap();
        }
    }
}

fn titles(feed: &Feed) -> Vec<&str> {
    feed.entries().iter().map(|entry| entry.title().as_str()).collect()
}

/// An event of a meeting in which two met, and which is closed.
async fn sitting(app: &TestApp, slug: &str, title: &str) -> Value {
    let now = app.now();
    let body = json!({"opens_at": now - MINUTE, "closes_at": now + 60 * MINUTE, "title": title});
    let event = app.post(&format!("/meetings/{slug}/events"), body).await.expect(201);
    let id = event["id"].as_str().unwrap();
    app.organize(Method::PATCH, &format!("/events/{id}"), Some(json!({"agenda": "- [x] Budget\n- Tea & <cake>"}))).await.expect(200);
    let (ada, _) = (app.join(id, "ada").await, app.join(id, "<b>bob</b>").await);
    app.say(id, &ada, "hello").await;
    app.post(&format!("/events/{id}/close"), json!({})).await.expect(200)
}

async fn meeting(app: &TestApp, title: &str, visibility: &str) -> String {
    let body = json!({"title": title, "timezone": "UTC", "starts": "2200-01-01T12:00", "duration_minutes": 60, "visibility": visibility});
    app.post("/meetings", body).await.expect(201)["slug"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_an_entry_from_its_close_on() {
    let app = TestApp::start().await;
    let slug = meeting(&app, "Tea & <i>talk</i>", "public").await;
    let path = format!("/m/{slug}/feed.atom");
    for path in [path.as_str(), "/feed.atom"] {
        assert_eq!(feed(&app, path).await.entries().len(), 0);
    }
    let first = sitting(&app, &slug, "Number one").await;
    app.clock.step(MINUTE);
    let second = sitting(&app, &slug, "Number two").await;
    app.event(-60, 3_600).await;
    for path in [path.as_str(), "/feed.atom"] {
        let feed = feed(&app, path).await;
        let told = titles(&feed);
        assert!(told.len() == 2 && told[0].starts_with("Number two, ") && told[1].starts_with("Number one, "), "{told:?}");
        for (entry, event) in feed.entries().iter().zip([&second, &first]) {
            assert_eq!(entry.links()[0].href(), format!("{}{}", app.base, event["url"].as_str().unwrap()));
            assert_eq!(entry.updated().timestamp(), event["closes_at"].as_i64().unwrap() / 1_000_000);
            let content = entry.content().unwrap();
            assert_eq!(content.content_type(), Some("html"));
            let html = content.value().unwrap();
            for part in ["<bdi>ada</bdi>, <bdi>&lt;b&gt;bob&lt;", "took part", "lines in the transcript", "☑ Budget", "☐ Tea &amp; "] {
                assert!(html.contains(part), "{part} in {html}");
            }
            assert!(!html.contains("<b>") && !html.contains("<cake>"), "{html}");
        }
        assert_eq!(feed.updated().timestamp(), second["closes_at"].as_i64().unwrap() / 1_000_000);
    }
    let own = feed(&app, &path).await;
    assert_eq!(own.title().as_str(), "Tea & <i>talk</i>");
    assert_eq!(own.title().r#type, Text::plain("").r#type);
    // Ids outlive the meeting's address, and are the same in either feed.
    let ids = |feed: &Feed| feed.entries().iter().map(|entry| entry.id().to_owned()).collect::<Vec<_>>();
    app.organize(Method::PATCH, &format!("/meetings/{slug}"), Some(json!({"slug": "moved"}))).await.expect(200);
    let moved = fetch(&app, &path).await;
    assert_eq!((moved.status.as_u16(), moved.headers["location"].to_str().unwrap()), (308, "/m/moved/feed.atom"));
    let (after, site) = (feed(&app, "/m/moved/feed.atom").await, feed(&app, "/feed.atom").await);
    assert_eq!((ids(&after), after.id()), (ids(&own), own.id()));
    assert_eq!((ids(&site), site.id().starts_with("tag:127.0.0.1")), (ids(&own), true));
    app.organize(Method::DELETE, "/meetings/moved", None).await.expect(204);
    assert_eq!(fetch(&app, "/m/moved/feed.atom").await.status, 410);
    assert_eq!(feed(&app, "/feed.atom").await.entries().len(), 0);
    assert_eq!(fetch(&app, "/m/nothing/feed.atom").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn titles_are_told_to_others_without_their_marks() {
    let app = TestApp::start().await;
    let slug = meeting(&app, "Tide *tables*", "public").await;
    let event = sitting(&app, &slug, "The **Budget** of `2027`").await;
    let feed = feed(&app, &format!("/m/{slug}/feed.atom")).await;
    assert_eq!(feed.title().as_str(), "Tide tables");
    assert!(titles(&feed)[0].starts_with("The Budget of 2027, "), "{feed:?}");
    for (path, title) in [(format!("/m/{slug}"), "Tide tables\""), (event["url"].as_str().unwrap().to_owned(), "The Budget of 2027, ")] {
        let page = fetch(&app, &path).await.text;
        assert!(page.contains(&format!("<meta property=\"og:title\" content=\"{title}")), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_is_sent_again_only_where_it_changed() {
    let app = TestApp::start().await;
    let slug = meeting(&app, "Weekly", "public").await;
    sitting(&app, &slug, "One").await;
    app.clock.step(2_000_000);
    for path in [format!("/m/{slug}/feed.atom"), "/feed.atom".into()] {
        let first = fetch(&app, &path).await;
        let (tag, date) = (first.headers["etag"].to_str().unwrap(), first.headers["last-modified"].to_str().unwrap());
        assert_eq!(first.headers["cache-control"], "public, max-age=300");
        for (header, status) in [
            (("If-None-Match", tag), 304),
            (("If-None-Match", "\"other\""), 200),
            (("If-Modified-Since", date), 304),
            (("If-Modified-Since", "Tue, 09 Mar 2010 23:59:59 GMT"), 200),
        ] {
            let reply = fetch_with(&app, Method::GET, &path, &[header]).await;
            assert_eq!((reply.status.as_u16(), reply.text.is_empty()), (status, status == 304), "{path} {header:?}");
        }
    }
    let before = fetch(&app, "/feed.atom").await;
    sitting(&app, &slug, "Two").await;
    app.clock.step(2_000_000);
    let (tag, date) = (before.headers["etag"].to_str().unwrap(), before.headers["last-modified"].to_str().unwrap());
    for header in [("If-None-Match", tag), ("If-Modified-Since", date)] {
        assert_eq!(fetch_with(&app, Method::GET, "/feed.atom", &[header]).await.status, 200, "{header:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn static_files_understand_every_form_of_a_known_tag() {
    let app = TestApp::start().await;
    let tag = fetch(&app, "/static/now/gavel.css").await.headers["etag"].to_str().unwrap().to_owned();
    for (known, status) in [(tag.clone(), 304), (format!("\"x\", W/{tag}"), 304), ("*".into(), 304), ("\"x\"".into(), 200)] {
        let reply = fetch_with(&app, Method::GET, "/static/now/gavel.css", &[("If-None-Match", &known)]).await;
        assert_eq!(reply.status.as_u16(), status, "{known}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unlisted_meetings_are_told_by_their_own_link_alone() {
    let app = TestApp::start().await;
    let (open, secret) = (meeting(&app, "Weekly", "public").await, meeting(&app, "Board", "unlisted").await);
    sitting(&app, &open, "Seen by all").await;
    let event = sitting(&app, &secret, "Seen by few").await;
    assert_eq!(titles(&feed(&app, "/feed.atom").await).len(), 1);
    let path = format!("/m/{secret}/feed.atom");
    assert_eq!(titles(&feed(&app, &path).await).len(), 1);
    let reply = fetch(&app, &path).await;
    assert_eq!(
        (&reply.headers["cache-control"], &reply.headers["x-robots-tag"]),
        (&"private, max-age=300".parse().unwrap(), &"noindex".parse().unwrap())
    );
    // Nor is anything told to those who make previews of links.
    for (path, told) in [(format!("/m/{secret}"), 0), (event["url"].as_str().unwrap().to_owned(), 0), (format!("/m/{open}"), 5)] {
        let page = fetch(&app, &path).await.text.replace("&#x2f;", "/");
        assert_eq!((page.matches("property=\"og:").count(), page.matches("rel=\"canonical\"").count()), (told, told / 5), "{path}");
        assert!(page.contains("type=\"application/atom+xml\""), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn public_pages_say_what_they_are_to_those_who_link_to_them() {
    let app = TestApp::start().await;
    let body = json!({"title": "Tea \"&\" talk", "slug": "tea", "description": "All about tides.\n\nMore", "timezone": "UTC",
                      "starts": "2200-01-01T12:00", "duration_minutes": 60});
    app.post("/meetings", body).await.expect(201);
    for (path, title, about) in [
        ("/m/tea", "Tea &quot;&amp;&quot; talk", "All about tides. A meeting in text, 60 minutes, UTC."),
        ("/m/tea/2200-01-01", "Tea &quot;&amp;&quot; talk, Wed 1 Jan 2200", "Wed 1 Jan 2200, 12:00–13:00 UTC. All about tides."),
    ] {
        let page = fetch(&app, path).await.text.replace("&#x2f;", "/");
        for (name, value) in [("title", title), ("description", about), ("url", &format!("{}{path}", app.base)), ("type", "website")] {
            let tag = format!("<meta property=\"og:{name}\" content=\"{value}\">");
            assert!(page.contains(&tag), "{tag} on {path}");
        }
        assert!(page.contains(&format!("<link rel=\"canonical\" href=\"{}{path}\">", app.base)));
        assert!(page.contains("href=\"/m/tea/feed.atom\""));
    }
    let home = fetch(&app, "/").await.text.replace("&#x2f;", "/");
    for link in ["href=\"/feed.atom\">", "<a href=\"/feed.atom\">", "<a href=\"/calendar.ics\">"] {
        assert!(home.contains(link), "{link}");
    }
}
