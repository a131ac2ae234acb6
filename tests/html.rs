//! Every page is HTML that a strict parser has nothing to say against, each id stands on it once, and
//! what refers to another element finds it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something is not as it must be")]

#[path = "support/mod.rs"]
mod support;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tokenizer::TokenizerOpts;
use html5ever::tree_builder::TreeBuilderOpts;
use html5ever::{Attribute, ExpandedName, ParseOpts, QualName, parse_document};
use reqwest::Client;
use serde_json::{Value, json};

use support::{MINUTE, TestApp};

/// The attributes that name elements by their ids, one or several.
const REFERENCES: [&str; 6] = ["for", "form", "list", "aria-labelledby", "aria-describedby", "aria-controls"];

/// Takes what the parser says and every element that it meets. The tree is nobody's business here.
#[derive(Default)]
struct Faults {
    found: RefCell<Vec<String>>,
    elements: RefCell<Vec<(String, Vec<Attribute>)>>,
    line: Cell<u64>,
}

impl TreeSink for Faults {
    type Handle = Rc<Option<QualName>>;
    type Output = Self;
    type ElemName<'n> = ExpandedName<'n>;

    fn finish(self) -> Self {
        self
    }

    fn parse_error(&self, fault: Cow<'static, str>) {
        self.found.borrow_mut().push(format!("line {}: {fault}", self.line.get()));
    }

    fn set_current_line(&self, line: u64) {
        self.line.set(line);
    }

    fn get_document(&self) -> Self::Handle {
        Rc::new(None)
    }

    fn elem_name<'n>(&'n self, of: &'n Self::Handle) -> ExpandedName<'n> {
        of.as_ref().as_ref().expect("an element").expanded()
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> Self::Handle {
        self.elements.borrow_mut().push((name.local.to_string(), attributes));
        Rc::new(Some(name))
    }

    fn create_comment(&self, _: StrTendril) -> Self::Handle {
        Rc::new(None)
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Self::Handle {
        Rc::new(None)
    }

    fn get_template_contents(&self, _: &Self::Handle) -> Self::Handle {
        Rc::new(None)
    }

    fn same_node(&self, one: &Self::Handle, other: &Self::Handle) -> bool {
        Rc::ptr_eq(one, other)
    }

    fn append(&self, _: &Self::Handle, _: NodeOrText<Self::Handle>) {}
    fn append_based_on_parent_node(&self, _: &Self::Handle, _: &Self::Handle, _: NodeOrText<Self::Handle>) {}
    fn append_before_sibling(&self, _: &Self::Handle, _: NodeOrText<Self::Handle>) {}
    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}
    fn set_quirks_mode(&self, _: QuirksMode) {}
    fn add_attrs_if_missing(&self, _: &Self::Handle, _: Vec<Attribute>) {}
    fn remove_from_parent(&self, _: &Self::Handle) {}
    fn reparent_children(&self, _: &Self::Handle, _: &Self::Handle) {}
}

/// What is wrong with a page, as readers with script or without get it.
fn complaints(page: &str, script: bool) -> Vec<String> {
    let options = ParseOpts {
        tokenizer: TokenizerOpts { exact_errors: true, ..TokenizerOpts::default() },
        tree_builder: TreeBuilderOpts { exact_errors: true, scripting_enabled: script, ..TreeBuilderOpts::default() },
    };
    let Faults { found, elements, .. } = parse_document(Faults::default(), options).one(page);
    let (mut found, mut ids, mut named) = (found.into_inner(), BTreeSet::new(), Vec::new());
    for (element, attributes) in elements.into_inner() {
        for Attribute { name, value } in attributes {
            let name = &*name.local;
            if name == "id" && !ids.insert(value.to_string()) {
                found.push(format!("the id “{value}” stands twice"));
            }
            if REFERENCES.contains(&name) {
                named.extend(value.split_whitespace().map(|id| (format!("{name} of <{element}>"), id.to_owned())));
            }
            // Lines of the log may be on another page.
            if name == "href" && value.starts_with('#') && !value.starts_with("#t") {
                named.push((format!("{name} of <{element}>"), value[1..].to_owned()));
            }
        }
    }
    found.extend(named.into_iter().filter(|(_, id)| !ids.contains(id)).map(|(what, id)| format!("{what} leads to no “{id}”")));
    found
}

async fn read(browser: &Client, app: &TestApp, path: &str) -> String {
    browser.get(format!("{}{path}", app.base)).send().await.unwrap().text().await.unwrap()
}

fn csrf(page: &str) -> &str {
    page.split_once("name=\"csrf\" value=\"").unwrap().1.split_once('"').unwrap().0
}

/// A browser of the organizer.
async fn signed_in(app: &TestApp) -> Client {
    let browser = Client::builder().cookie_store(true).build().unwrap();
    let page = read(&browser, app, "/sign-in").await;
    let form = [("csrf", csrf(&page)), ("name", "olga"), ("password", "correct horse"), ("back", "/schedule")];
    let page = browser.post(format!("{}/sign-in", app.base)).form(&form).send().await.unwrap();
    assert_eq!((page.status().as_u16(), page.url().path()), (200, "/schedule"));
    browser
}

/// Events in every phase, with all that people may write.
async fn fill(app: &TestApp) -> Vec<Value> {
    let text = "# Tides & <b>more</b>\n\nSee **all** of [it](https://example.org/?a=1&b=2).\n\n- one\n  - two\n\n> quoted\n\n    code\n\n---\n\n1. last";
    let body = json!({"title": "Tea \"&\" <talk>", "slug": "weekly", "description": text, "agenda": format!("{text}\n- [x] done\n- [ ] open"),
                      "timezone": "Europe/Berlin", "starts": "2200-01-01T12:00", "duration_minutes": 60, "rrule": "FREQ=WEEKLY;COUNT=2"});
    app.post("/meetings", body).await.expect(201);
    let (now, mut events) = (app.now(), Vec::new());
    for (opens, closes) in [(-1, 60), (90, 150), (200, 260), (-30, 30)] {
        let body = json!({"opens_at": now + opens * MINUTE, "closes_at": now + closes * MINUTE, "title": "An <event> & more"});
        events.push(app.post("/meetings/weekly/events", body).await.expect(201));
    }
    let id = |n: usize| events[n]["id"].as_str().unwrap();
    for room in [id(0), id(3)] {
        let (ada, bob) = (app.join(room, "ada & <co>").await, app.join(room, "bob").await);
        for text in
            ["hello **all** <b>", "/me waves & \"leaves\"", "```\nlet a = 1 < 2;\n```", "https://example.org/?a=1&b=2", "two\nlines"]
        {
            app.say(room, &ada, text).await;
        }
        let gone = app.say(room, &bob, "oops").await["ts"].to_string();
        app.organize(reqwest::Method::DELETE, &format!("/events/{room}/messages/{gone}"), None).await.expect(204);
        app.organize(reqwest::Method::DELETE, &format!("/events/{room}/participants/{}", bob.id), None).await.expect(204);
    }
    app.post(&format!("/events/{}/cancel", id(2)), json!({})).await.expect(200);
    app.post(&format!("/events/{}/close", id(3)), json!({})).await.expect(200);
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_html_without_a_fault() {
    let app = TestApp::start().await;
    let (visitor, organizer) = (Client::builder().cookie_store(true).build().unwrap(), signed_in(&app).await);
    let mut pages: Vec<(String, String)> = Vec::new();
    for path in ["/", "/schedule", "/schedule?when=past", "/schedule?month=now"] {
        pages.push((format!("{path} with nothing in it"), read(&organizer, &app, path).await));
    }
    let events = fill(&app).await;
    let mut paths: Vec<String> =
        ["/", "/sign-in", "/m/weekly", "/m/nothing", "/m/weekly/2001-01-01", "/nowhere", "/set-up?key=wrong"].map(str::to_owned).into();
    paths.extend(["/search", "/search?q=a%3Cb%3E+before:soon", "/search?meeting=weekly&q=-nothing"].map(str::to_owned));
    for event in &events {
        let (url, id) = (event["url"].as_str().unwrap(), event["id"].as_str().unwrap());
        paths.extend([url.to_owned(), format!("{url}/log"), format!("/api/v1/events/{id}/transcript.html")]);
    }
    for path in &paths {
        pages.push((path.clone(), read(&visitor, &app, path).await));
        pages.push((format!("{path} for the organizer"), read(&organizer, &app, path).await));
    }
    for path in [
        "/schedule",
        "/schedule?when=past",
        "/schedule?month=now",
        "/schedule?q=nothing",
        "/schedule/new",
        "/schedule/new?like=weekly",
        "/schedule/weekly/edit",
    ] {
        pages.push((path.to_owned(), read(&organizer, &app, path).await));
    }
    // What somebody has to correct, in every form.
    let (room, form) = (events[0]["url"].as_str().unwrap(), read(&organizer, &app, "/schedule/new").await);
    let long = "x".repeat(10_001);
    let sent = [
        ("/schedule/new".to_owned(), vec![("repeat", "every"), ("ends", "later")]),
        ("/sign-in".to_owned(), vec![("name", "olga"), ("password", "wrong")]),
        (format!("{room}/join"), vec![("nick", "ada & <co>")]),
        (format!("{room}/agenda"), vec![("agenda", long.as_str())]),
        (format!("{room}/agenda/tick"), vec![("done", "9-00000000")]),
    ];
    for (path, mut fields) in sent {
        fields.push(("csrf", csrf(&form)));
        let answer = organizer.post(format!("{}{path}", app.base)).form(&fields).send().await.unwrap();
        assert!(answer.status().is_client_error(), "{path} gave {}", answer.status());
        pages.push((format!("{path} with a problem"), answer.text().await.unwrap()));
    }
    let joined = organizer.post(format!("{}{room}/join", app.base)).form(&[("nick", "olga"), ("csrf", csrf(&form))]).send().await.unwrap();
    pages.push((format!("{room} from inside"), joined.text().await.unwrap()));

    let mut broken = Vec::new();
    for (path, page) in &pages {
        assert!(page.starts_with("<!doctype html>"), "{path}: {}", &page[..page.len().min(200)]);
        for script in [true, false] {
            broken.extend(
                complaints(page, script).into_iter().map(|what| format!("{path}{}: {what}", if script { "" } else { ", no script" })),
            );
        }
    }
    assert!(pages.len() > 40);
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_parser_finds_what_is_wrong() {
    let page = |body: &str| format!("<!doctype html><html lang=\"en\"><head><title>x</title></head><body>{body}</body></html>");
    assert_eq!(complaints(&page("<p id=\"a\">fine</p><label for=\"b\">b</label><input id=\"b\">"), true), Vec::<String>::new());
    for wrong in [
        "<p>a<div>b</div></p>",
        "<p id=\"a\">a</p><p id=\"a\">b</p>",
        "<label for=\"c\">c</label>",
        "<a href=\"x\" href=\"y\">a</a>",
        "</section>",
    ] {
        assert!(!complaints(&page(wrong), true).is_empty(), "{wrong}");
    }
}
