//! The forms of an exported log: what stands before its rows, what a row becomes, and what stands behind them.

use std::fmt::Write;

use pulldown_cmark::{Event, Parser, Tag};
use rocket::http::ContentType;
use rocket_dyn_templates::{Metadata, context};
use serde::Serialize;
use serde_json::json;

use crate::domain::schedule::event::ChatEvent;
use crate::domain::talk::message::{ChatData, Kind, line};
use crate::domain::text::{self, unmarked};
use crate::domain::time::{Timestamp, zone_name};
use crate::domain::transcript::clock::TranscriptClock;
use crate::domain::transcript::system_text;
use crate::http::api::shapes;

/// Which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http::api) enum Form {
    Json,
    Text,
    Markdown,
    Html,
}

impl Form {
    /// By the ending of the file's name.
    pub(in crate::http::api) fn parse(ending: &str) -> Option<Self> {
        [Self::Json, Self::Text, Self::Markdown, Self::Html].into_iter().find(|form| form.ending() == ending)
    }

    pub(in crate::http::api) const fn ending(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Text => "txt",
            Self::Markdown => "md",
            Self::Html => "html",
        }
    }

    pub(in crate::http::api) fn content_type(self) -> ContentType {
        match self {
            Self::Json => ContentType::JSON,
            Self::Text => ContentType::Plain,
            Self::Markdown => ContentType::new("text", "markdown").with_params(("charset", "utf-8")),
            Self::Html => ContentType::HTML,
        }
    }
}

/// Writes one log, in order.
pub(in crate::http::api) struct Writer<'r> {
    form: Form,
    event: ChatEvent,
    /// The title that stands before a log in text.
    title: Option<String>,
    now: Timestamp,
    templates: Metadata<'r>,
    /// Whether a row is written already.
    begun: bool,
    /// In plain text, what the times of rows do not say.
    clock: TranscriptClock,
}

/// A row of the one page.
#[derive(Serialize)]
struct TranscriptLine<'l> {
    ts: i64,
    time: String,
    iso: String,
    kind: Kind,
    nick: Option<&'l str>,
    html: &'l str,
}

impl<'r> Writer<'r> {
    pub(in crate::http::api) fn new(form: Form, event: &ChatEvent, title: Option<String>, now: Timestamp, templates: Metadata<'r>) -> Self {
        let clock = TranscriptClock::new(event.zone, event.opens_at);
        Self { form, event: event.clone(), title, now, templates, begun: false, clock }
    }

    /// What stands before the rows.
    pub(in crate::http::api) fn head(&self) -> String {
        let event = &self.event;
        let opens = event.opens_at.in_zone(event.zone);
        match self.form {
            Form::Json => {
                let (slug, event) = (json!(event.slug), json!(shapes::event(event, self.now)));
                format!("{{\"version\":1,\"meeting\":{slug},\"event\":{event},\"messages\":[")
            }
            Form::Text => self.title.as_deref().map(|title| system_text::head(title) + "\n").unwrap_or_default(),
            Form::Markdown => {
                format!("# {}\n\n{}, {}\n\n", escaped(&event.title), opens.format("%A %-d %B %Y"), event.hours())
            }
            Form::Html => {
                let title = format!("{}, {}", event.title, opens.format("%A %-d %B %Y"));
                let closes = event.closes_at.in_zone(event.zone);
                // A zone that is called by its own name says it once.
                let zone = Some(event.zone.name()).filter(|name| *name != zone_name(&closes));
                self.rendered("transcript/transcript.html.j2", context! { title, hours: event.hours(), zone })
            }
        }
    }

    /// These rows.
    pub(in crate::http::api) fn rows(&mut self, rows: &[ChatData]) -> String {
        let event = &self.event;
        match self.form {
            Form::Json => rows.iter().fold(String::new(), |mut out, row| {
                // Writing to a String cannot fail, here and below.
                let _ = write!(out, "{}{}", if self.begun { "," } else { "" }, json!(row));
                self.begun = true;
                out
            }),
            Form::Text => rows.iter().fold(String::new(), |out, row| out + &self.clock.before(row.ts) + &line(row, event.zone)),
            Form::Markdown => rows.iter().fold(String::new(), |mut out, row| {
                let _ = writeln!(out, "- {}", entry(row, event));
                out
            }),
            Form::Html => {
                let shown = rows.iter().filter(|row| row.kind != Kind::Redacted);
                let lines: Vec<TranscriptLine<'_>> = shown.map(|row| self.line(row)).collect();
                self.rendered("transcript/_transcript_lines.html.j2", context! { lines })
            }
        }
    }

    /// What stands behind the rows.
    pub(in crate::http::api) fn end(&self) -> String {
        let event = &self.event;
        let digest = event.digest.as_deref().unwrap_or("none");
        match self.form {
            Form::Json => "]}".to_owned(),
            Form::Text => String::new(),
            Form::Markdown => format!("\n{} lines, digest {digest}\n", event.count),
            Form::Html => self.rendered("transcript/_transcript_end.html.j2", context! { count: event.count, digest, broken: false }),
        }
    }

    /// What stands there instead where the rest could not be read. JSON stays without its end, so that nobody takes it
    /// for a whole.
    pub(in crate::http::api) fn broken(&self) -> String {
        const SORRY: &str = "The rest could not be read. Load this file again.";
        match self.form {
            Form::Json => String::new(),
            Form::Text => format!("* {SORRY}\n"),
            Form::Markdown => format!("\n{SORRY}\n"),
            Form::Html => self.rendered("transcript/_transcript_end.html.j2", context! { count: 0, digest: SORRY, broken: true }),
        }
    }

    fn rendered(&self, template: &'static str, own: impl Serialize) -> String {
        let rendered = self.templates.render(template, own).map(|(_, text)| text);
        rendered.unwrap_or_else(|| {
            log::error!("The template {template} cannot be rendered.");
            String::new()
        })
    }

    fn line<'l>(&self, row: &'l ChatData) -> TranscriptLine<'l> {
        let at = row.ts.in_zone(self.event.zone);
        TranscriptLine {
            ts: row.ts.micros(),
            time: at.format("%H:%M:%S").to_string(),
            iso: at.to_rfc3339(),
            kind: row.kind,
            nick: row.nick.as_deref(),
            html: &row.html,
        }
    }
}

/// A row in Markdown.
fn entry(row: &ChatData, event: &ChatEvent) -> String {
    let time = row.ts.in_zone(event.zone).format("%H:%M:%S");
    let text = as_written(&row.text);
    match (row.kind, row.nick.as_deref().map(escaped)) {
        (Kind::Said, Some(nick)) => format!("{time} **{nick}**: {text}"),
        (Kind::Emote, Some(nick)) => format!("{time} *{nick}* {text}"),
        _ => format!("{time} {}", escaped(&row.text)),
    }
}

/// Writes what somebody wrote within an item of a list: as it is if Markdown reads it as rooms do. If it would find blocks, tags,
/// pictures, links that lead nowhere on the web, or marks where a room shows text, everything that Markdown could read is escaped, but
/// for code of several lines and bare addresses.
pub(in crate::http::api) fn as_written(text: &str) -> String {
    let lines = text.replace('\n', "  \n  ");
    if !text.contains(['<', '[', '\n', '*', '_', '\\', '`', '&']) {
        return lines;
    }
    let item = format!("- at: {lines}");
    if is_inline(&item) && words(&item) == format!("at: {}", unmarked(text)) {
        return lines;
    }
    // Line ends around code are the same in other places.
    let shown = |text: &str| text.split_whitespace().collect::<String>();
    let is_same = |written: &String| {
        let item = format!("- at: {written}");
        is_harmless(&item) && shown(&words(&item)) == shown(&format!("at: {}", unmarked(text)))
    };
    text::markdown(text, "  ", escaped).filter(is_same).unwrap_or_else(|| escaped(&lines))
}

/// Returns what Markdown shows of the item of a list.
fn words(item: &str) -> String {
    Parser::new(item).fold(String::new(), |mut words, event| {
        match event {
            Event::Text(text) | Event::Code(text) => words.push_str(&text),
            Event::SoftBreak | Event::HardBreak => words.push('\n'),
            _ => {}
        }
        words
    })
}

/// Returns whether there is nothing in the item of a list but words and links of the web.
fn is_inline(item: &str) -> bool {
    is_harmless(item) && !Parser::new(item).any(|event| matches!(event, Event::Start(Tag::CodeBlock(_))))
}

/// Returns whether there is nothing in the item of a list but words, code, and links of the web.
fn is_harmless(item: &str) -> bool {
    let mut lists = 0;
    Parser::new(item).all(|event| match event {
        Event::Start(Tag::List(_)) => {
            lists += 1;
            lists == 1
        }
        Event::Start(Tag::Link { dest_url, .. }) => ["http://", "https://", "mailto:"].iter().any(|scheme| dest_url.starts_with(scheme)),
        Event::Start(tag) => matches!(tag, Tag::Item | Tag::Paragraph | Tag::Strong | Tag::Emphasis | Tag::CodeBlock(_)),
        Event::Html(_) | Event::InlineHtml(_) | Event::Rule => false,
        _ => true,
    })
}

/// Text that Markdown must not read.
pub(in crate::http::api) fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        if c.is_ascii_punctuation() && !matches!(c, '.' | ',' | ':' | ';' | '\'' | '"' | '?' | '/' | '(' | ')' | '%') {
            out.push('\\');
        }
        out.push(c);
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reads_as_in_the_room_stays_as_it_was_written() {
        for text in ["**bold** `a<b`, 2 < 3", "[docs](https://example.org)", "`<script>`", "# no head here", "[ ] or [x]"] {
            assert_eq!(as_written(text), text);
        }
        assert_eq!(as_written("one\ntwo"), "one  \n  two");
    }

    #[test]
    fn what_markdown_would_read_otherwise_than_rooms_is_escaped() {
        for text in ["¯\\_(ツ)_/¯", "\\\\files\\new", "&lt;b&gt;", "__init__.py", "a*b*c", "https://example.org/_drafts_/plan"] {
            let written = as_written(text);
            assert_eq!(words(&format!("- at: {written}")), format!("at: {text}"), "{written}");
        }
    }

    #[test]
    fn code_of_several_lines_and_addresses_stay_what_they_are() {
        for (text, written) in [
            ("```rust\nfn a() {\n    b();\n}\n```", "\n\n  ```\n  fn a() {\n      b();\n  }\n  ```"),
            ("see:\n```\n*a*\n\n<b>\n```\n2*3*4", "see:\n\n  ```\n  *a*\n  \n  <b>\n  ```\n  2\\*3\\*4"),
            ("https://example.org/a-b#c", "https://example.org/a-b#c"),
            ("a*b*c https://example.org/a-b?x=1#c", "a\\*b\\*c https://example.org/a-b?x=1#c"),
            ("https://example.org/_drafts_/plan", "<https://example.org/_drafts_/plan>"),
            ("2*3*4 `a*b` https://example.org", "2\\*3\\*4 `a*b` https://example.org"),
            ("````\n```\n````", "\n\n  ````\n  ```\n  ````"),
        ] {
            assert_eq!(as_written(text), written, "{text}");
        }
    }

    #[test]
    fn nothing_that_markdown_would_make_of_a_text_passes() {
        for text in [
            "<script>alert(1)</script>",
            "<javascript:alert(1)>",
            "[x](javascript:alert(1))",
            "[x](data:text/html,x)",
            "![x](https://example.org/x.png)",
            "a\n# head",
            "a\n---",
            "a\n- b",
            "a\n> b",
            "a\n\n[x]: javascript:alert(1)\n\n[x]",
            "# a ` b\n`<script>`",
            "<a b=\"`\"> `<script>`",
        ] {
            let written = as_written(text);
            assert!(is_inline(&format!("- at: {written}")), "{written}");
            assert_eq!(written.replace('\\', ""), text.replace('\n', "  \n  "));
        }
    }
}
