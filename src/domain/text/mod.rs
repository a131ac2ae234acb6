//! What people write, read and rendered once: inline HTML for messages, blocks for descriptions.
//!
//! A Markdown library reads, a sanitizer has the last word, and nothing here is done per reader.

pub mod confusable;
pub mod visible;

use std::collections::{HashMap, HashSet};
use std::fmt::{Display, Write as _};
use std::sync::LazyLock;

use ammonia::Builder;
use linkify::{LinkFinder, LinkKind};
use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, TagEnd, TextMergeStream, html};
use url::Url;

/// Begins every line that is given to the Markdown parser. No text of a message can hold it (it is
/// a control character), blocks cannot begin behind it, so `1.`, `#`, `>` and fences stay text, and
/// as white space it leaves `*` and `_` at a line's start what they are.
const START: char = '\u{85}';

/// How deep lists and quotes may stand in each other. Whoever reads HTML looks at each paragraph through all that is open around
/// it: the work for a thousand quotes in each other is that for a million lines.
const DEEPEST: u32 = 16;

/// Where links may lead.
const SCHEMES: [&str; 3] = ["http", "https", "mailto"];

static INLINE: LazyLock<Builder<'static>> = LazyLock::new(|| sanitizer(&["a", "code", "strong", "em", "br"]));
static BLOCKS: LazyLock<Builder<'static>> = LazyLock::new(|| sanitizer(&BLOCK_TAGS));

/// The elements of a text with blocks.
pub(super) const BLOCK_TAGS: [&str; 15] =
    ["a", "code", "strong", "em", "br", "p", "ul", "ol", "li", "blockquote", "pre", "h3", "h4", "hr", "del"];

/// What lets these elements pass, and nothing else.
pub(super) fn sanitizer(tags: &[&'static str]) -> Builder<'static> {
    let mut builder = Builder::default();
    builder
        .tags(tags.iter().copied().collect())
        .tag_attributes(HashMap::from([("a", HashSet::from(["href"]))]))
        .generic_attributes(HashSet::new())
        .url_schemes(HashSet::from(SCHEMES))
        .link_rel(Some("nofollow noopener noreferrer"))
        .set_tag_attribute_value("a", "target", "_blank");
    builder
}

/// A number of things: “1 line”, “2 lines”.
#[must_use]
pub fn counted<N: Display + PartialEq + From<u8>>(number: N, what: &str) -> String {
    let s = if number == N::from(1) { "" } else { "s" };
    format!("{number} {what}{s}")
}

/// Renders the text of a message: links, `code`, **bold**, *italic*, and a `<br>` for each newline.
#[must_use]
pub fn inline(text: &str) -> String {
    // Most of what people say is words alone, and parsing and cleaning would give them back as they are.
    if text.chars().all(is_of_words) { text.to_owned() } else { rendered(text) }
}

/// Whether a character, among others like it in one line, means nothing to Markdown, links or HTML.
fn is_of_words(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, ' ' | '.' | ',' | ';' | '?' | '\'' | '(' | ')' | '-')
}

/// What is to be read of a message, without the signs that mark it up: of a link its words.
#[must_use]
pub fn unmarked(text: &str) -> String {
    if text.chars().all(is_of_words) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for event in Parser::new_ext(&by_lines(text), Options::empty()) {
        match event {
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) | Event::Code(text) => out.push_str(&bare(&text)),
            Event::SoftBreak | Event::HardBreak => out.push('\n'),
            _ => {}
        }
    }
    out.truncate(out.trim_end().len());
    out
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

/// Renders the Markdown of a description with its paragraphs, lists and small headings.
#[must_use]
pub fn blocks(text: &str) -> String {
    let mut out = String::new();
    html::push_html(&mut out, tamed(Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH)).into_iter());
    BLOCKS.clean(&out).to_string()
}

/// What a text with blocks is made of: headings small, addresses made links, tags that somebody typed text.
pub(super) fn tamed<'t>(parsed: impl Iterator<Item = Event<'t>>) -> Vec<Event<'t>> {
    let mut events = Vec::new();
    let mut linked = 0_u32;
    for event in TextMergeStream::new(shallow(parsed)) {
        match event {
            Event::Start(Tag::Heading { id, classes, attrs, .. }) => {
                events.push(Event::Start(Tag::Heading { level: pulldown_cmark::HeadingLevel::H3, id, classes, attrs }));
            }
            Event::End(TagEnd::Heading(_)) => events.push(Event::End(TagEnd::Heading(pulldown_cmark::HeadingLevel::H3))),
            Event::Html(text) | Event::InlineHtml(text) => events.push(Event::Text(text)),
            Event::Start(tag @ Tag::Link { .. }) => {
                linked += 1;
                events.push(Event::Start(tag));
            }
            Event::End(TagEnd::Link) => {
                linked = linked.saturating_sub(1);
                events.push(Event::End(TagEnd::Link));
            }
            Event::Text(text) if linked == 0 => find_links(&text, &mut events),
            other => events.push(other),
        }
    }
    events
}

/// Without the lists and quotes that stand too deep in others; what is in them stays.
fn shallow<'t>(parsed: impl Iterator<Item = Event<'t>>) -> impl Iterator<Item = Event<'t>> {
    let mut depth = 0_u32;
    parsed.filter(move |event| match event {
        Event::Start(Tag::List(_) | Tag::BlockQuote(_)) => {
            depth += 1;
            depth <= DEEPEST
        }
        Event::End(TagEnd::List(_) | TagEnd::BlockQuote(_)) => {
            depth = depth.saturating_sub(1);
            depth < DEEPEST
        }
        Event::Start(Tag::Item) | Event::End(TagEnd::Item) => depth <= DEEPEST,
        _ => true,
    })
}

/// The first address of the web in a text.
#[must_use]
pub fn first_address(text: &str) -> Option<String> {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    finder.links(text).map(|link| link.as_str()).find(|link| is_of_web(link)).map(str::to_owned)
}

fn is_of_web(address: &str) -> bool {
    address.starts_with("http://") || address.starts_with("https://")
}

/// Escapes text for HTML, newlines as `<br>`: for the program's own rows.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push_str("<br>"),
            other => out.push(other),
        }
    }
    out
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

/// Whether the sanitizer would let an address pass: it and browsers read addresses alike.
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

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "target=\"_blank\" rel=\"nofollow noopener noreferrer\"";

    #[test]
    fn the_four_inline_forms_are_rendered() {
        assert_eq!(inline("**bold** *it* `a<b`"), "<strong>bold</strong> <em>it</em> <code>a&lt;b</code>");
        let link = inline("see https://example.org/a_b_c?x=1&y=2.");
        assert!(link.contains("href=\"https://example.org/a_b_c?x=1&amp;y=2\""), "{link}");
        assert!(link.ends_with("</a>."), "{link}");
        assert!(inline("[docs](https://example.org)").contains(LINK));
        assert_eq!(inline("**\"quoted\"**"), "<strong>\"quoted\"</strong>");
    }

    #[test]
    fn what_is_to_be_read_has_no_marks() {
        for (text, read) in [
            ("**bold** *it* `a<b` [docs](https://example.org)", "bold it a<b docs"),
            ("2 * 3 * 4 = <b>24</b> & more", "2 * 3 * 4 = <b>24</b> & more"),
            ("one\n**two**\n", "one\ntwo"),
            ("words alone", "words alone"),
        ] {
            assert_eq!(unmarked(text), read);
        }
    }

    #[test]
    fn blocks_stay_text() {
        for text in ["# head", "> quote", "1. one", "- item", "* item", "---", "    indented", "| a | b |", "[x]: http://y"] {
            let out = inline(text);
            for tag in ["<h1", "<blockquote", "<ol", "<ul", "<li", "<hr", "<pre", "<table"] {
                assert!(!out.contains(tag), "{text} gave {out}");
            }
            assert_eq!(out.trim_start().chars().next(), text.trim_start().chars().next().map(|c| if c == '>' { '&' } else { c }), "{out}");
        }
        assert_eq!(inline("a\n===\nb"), "a<br>===<br>b");
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(inline("one\ntwo\n\nthree"), "one<br>two<br><br>three");
        assert_eq!(inline("```\nlet a = 1;\n  b();\n```"), "<code>let a = 1;<br>  b();</code>");
    }

    #[test]
    fn nothing_dangerous_passes() {
        for text in [
            "<script>alert(1)</script>",
            "[x](javascript:alert(1))",
            "![x](data:text/html,<script>)",
            "<img src=x onerror=alert(1)>",
            "<a href=\"javascript:alert(1)\">x</a>",
            "`</code><script>`",
        ] {
            for out in [inline(text), blocks(text), plain(text)] {
                let lower = out.to_lowercase();
                assert!(!lower.contains("<script") && !lower.contains("<img"), "{out}");
                assert!(!lower.contains("<a href=\"javascript") && !lower.contains("<a href=\"data"), "{out}");
            }
        }
    }

    #[test]
    fn a_link_that_may_not_lead_anywhere_is_words() {
        for address in ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x"] {
            for text in [format!("a [x]({address}) b"), format!("a ![x]({address}) b")] {
                assert_eq!(inline(&text), "a x b", "{text}");
            }
        }
        assert_eq!(inline("[x](javascript:alert(1)) [y](javascript:)"), "x y");
        assert_eq!(inline("[x](/m/weekly) [y](mailto:a@example.org)").matches("<a href=").count(), 2);
    }

    #[test]
    fn deep_nesting_is_quick() {
        for bomb in ["*a ".repeat(1_300), "[".repeat(4_000), "![".repeat(2_000), "`".repeat(4_000), "<".repeat(4_000), "**_".repeat(1_300)]
        {
            assert!(inline(&bomb).len() < 200_000);
        }
    }

    #[test]
    fn lists_and_quotes_in_each_other_end_at_some_depth() {
        for (sign, tag) in [("> ", "<blockquote"), ("1. ", "<ol"), ("> 1. ", "<ol")] {
            let deep = blocks(&format!("{}the end", sign.repeat(3_000)));
            assert!((1..=16).contains(&deep.matches(tag).count()) && deep.contains("the end"), "{deep}");
            assert_eq!(deep.matches("<blockquote").count(), deep.matches("</blockquote>").count());
            assert_eq!(deep.matches("<li").count(), deep.matches("<ol").count());
        }
        let fine = blocks(&format!("{}the end", "> ".repeat(16)));
        assert_eq!(fine.matches("<blockquote").count(), 16);
    }

    #[test]
    fn descriptions_have_paragraphs_and_lists() {
        let out = blocks("# Title\n\nHello **all**\n\n- one\n- two\n\nhttps://example.org");
        for part in ["<h3>Title</h3>", "<p>Hello <strong>all</strong></p>", "<li>one</li>", "href=\"https://example.org\""] {
            assert!(out.contains(part), "{out}");
        }
    }

    proptest::proptest! {
        #[test]
        fn words_alone_come_out_as_they_are_by_either_way(text in "[\\p{L}\\p{N} .,;?'()-]{0,60}") {
            let text = text.trim();
            proptest::prop_assert!(text.chars().all(is_of_words));
            proptest::prop_assert_eq!(rendered(text), text);
        }
    }
}
