//! Renders messages as Gavel did before the markup of rooms had a grammar of its own: as Markdown without its blocks.
//!
//! Messages keep the HTML that they were stored with, and `gavel verify` has to tell that from HTML that somebody changed.

use std::fmt::Write as _;
use std::sync::LazyLock;

use ammonia::Builder;
use linkify::{LinkFinder, LinkKind};
use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, TagEnd, TextMergeStream, html};
use url::Url;

use super::{SCHEMES, plain, sanitizer};

/// Begins every line that is given to the Markdown parser. No text of a message can hold it (it is
/// a control character), blocks cannot begin after it, so `1.`, `#`, `>` and fences stay text, and
/// as white space it leaves `*` and `_` at a line's start what they are.
const START: char = '\u{85}';

static INLINE: LazyLock<Builder<'static>> = LazyLock::new(|| sanitizer(&["a", "code", "strong", "em", "br"]));

/// Renders the text of a message as it used to be.
#[must_use]
pub fn inline(text: &str) -> String {
    if text.chars().all(is_of_words) { text.to_owned() } else { rendered(text) }
}

/// Returns whether a character, among others like it in one line, meant nothing to Markdown, links or HTML.
fn is_of_words(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, ' ' | '.' | ',' | ';' | '?' | '\'' | '(' | ')' | '-')
}

/// A text as it is given to the Markdown parser.
fn by_lines(text: &str) -> String {
    let mut source = String::with_capacity(text.len() + 16);
    for line in text.split('\n') {
        source.push(START);
        source.push_str(line);
        source.push('\n');
    }
    source
}

fn rendered(text: &str) -> String {
    let source = by_lines(text);
    let mut events = Vec::new();
    let (mut linked, mut leads) = (0_u32, false);
    for event in TextMergeStream::new(Parser::new_ext(&source, Options::empty())) {
        match event {
            Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph) => {}
            // A picture becomes the link to it; what leads to none of our schemes stays words.
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                linked += 1;
                if linked == 1 {
                    leads = may_lead(&dest_url);
                    if leads {
                        events.push(open_link(dest_url));
                    }
                }
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                if linked == 1 && leads {
                    events.push(Event::End(TagEnd::Link));
                }
                linked = linked.saturating_sub(1);
            }
            Event::SoftBreak | Event::HardBreak => events.push(Event::InlineHtml("<br>".into())),
            Event::Code(code) => events.push(Event::InlineHtml(code_html(&code).into())),
            Event::Text(text) if linked == 0 => find_links(&bare(&text), &mut events),
            // Tags that somebody typed are text.
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => events.push(Event::Text(bare(&text).into())),
            other => events.push(other),
        }
    }
    let mut out = String::with_capacity(text.len() * 2);
    html::push_html(&mut out, events.into_iter());
    let clean = INLINE.clean(&out).to_string();
    clean.trim_end_matches("<br>").to_owned()
}

fn is_of_web(address: &str) -> bool {
    address.starts_with("http://") || address.starts_with("https://")
}

fn bare(text: &str) -> String {
    text.chars().filter(|&c| c != START).collect()
}

/// Markdown joins the lines of a code span with spaces; here they stay lines, for pasted code.
fn code_html(code: &str) -> String {
    let marked = code.replace([' ', '\n'], " ").replace(&format!(" {START}"), "\n");
    let lines = bare(&marked);
    let mut out = String::from("<code>");
    let _ = write!(out, "{}", plain(lines.trim_matches('\n')));
    out.push_str("</code>");
    out
}

/// Returns whether the sanitizer would let an address pass: it and browsers read addresses the same way.
fn may_lead(address: &str) -> bool {
    let here = Url::parse("https://here.invalid/");
    here.and_then(|here| here.join(address)).is_ok_and(|url| SCHEMES.contains(&url.scheme()))
}

fn open_link(dest_url: CowStr<'_>) -> Event<'_> {
    Event::Start(Tag::Link { link_type: LinkType::Inline, dest_url, title: "".into(), id: "".into() })
}

fn find_links(text: &str, events: &mut Vec<Event<'_>>) {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    for span in finder.spans(text) {
        let words = || CowStr::from(span.as_str().to_owned());
        if span.kind() == Some(&LinkKind::Url) && is_of_web(span.as_str()) {
            events.extend([open_link(words()), Event::Text(words()), Event::End(TagEnd::Link)]);
        } else {
            events.push(Event::Text(words()));
        }
    }
}
