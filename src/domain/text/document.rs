//! Texts with blocks: descriptions and agendas. A Markdown library finds paragraphs, lists, headings and code; what is in them
//! is read as in messages, so that the same words mean the same everywhere. A sanitizer has the last word.

use std::ops::Range;
use std::sync::LazyLock;

use ammonia::Builder;
use pulldown_cmark::{Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, html};

use super::{markup, sanitizer};

/// The deepest that lists and quotes may be nested. An HTML parser looks at each paragraph through all that is open around it: the work
/// for a thousand quotes in each other is that for a million lines.
const DEEPEST: u32 = 16;

/// The elements of a text with blocks.
pub(in crate::domain) const BLOCK_TAGS: [&str; 15] =
    ["a", "code", "strong", "em", "br", "p", "ul", "ol", "li", "blockquote", "pre", "h3", "h4", "hr", "del"];

static BLOCKS: LazyLock<Builder<'static>> = LazyLock::new(|| sanitizer(&BLOCK_TAGS));

/// Renders the Markdown of a description with its paragraphs, lists and small headings.
#[must_use]
pub fn blocks(text: &str) -> String {
    let mut out = String::new();
    html::push_html(&mut out, tamed(text, Options::ENABLE_STRIKETHROUGH).into_iter());
    BLOCKS.clean(&out).to_string()
}

/// Reads what a text with blocks is made of: headings small, and the words in each block as HTML by the rules of messages.
pub(in crate::domain) fn tamed(text: &str, options: Options) -> Vec<Event<'_>> {
    read(text, options, markup::html)
}

/// Reads what a text with blocks is made of, with the words in each block as plain text.
pub(in crate::domain) fn plain_events(text: &str) -> Vec<Event<'_>> {
    read(text, Options::ENABLE_STRIKETHROUGH, markup::text_with_addresses)
}

/// Reads what a text with blocks is made of, with the words in each block as people read them, links without their addresses.
pub(in crate::domain) fn plain_words(text: &str, options: Options) -> Vec<Event<'_>> {
    read(text, options, markup::plain_text)
}

/// Writes the pieces of a line.
type Write = fn(&[markup::Piece<'_>]) -> String;

/// Reads the blocks of a text, and writes the words in each.
fn read(text: &str, options: Options, write: Write) -> Vec<Event<'_>> {
    let (mut events, mut words): (Vec<Event<'_>>, Vec<(Event<'_>, Range<usize>)>) = (Vec::new(), Vec::new());
    let mut is_code = false;
    for (event, range) in shallow(Parser::new_ext(text, options).into_offset_iter()) {
        if !is_code && is_of_words(&event) {
            words.push((event, range));
            continue;
        }
        put_words(text, std::mem::take(&mut words), write, &mut events);
        is_code = match event {
            Event::Start(Tag::CodeBlock(_)) => true,
            Event::End(TagEnd::CodeBlock) => false,
            _ => is_code,
        };
        events.push(match event {
            Event::Start(Tag::Heading { id, classes, attrs, .. }) => {
                Event::Start(Tag::Heading { level: HeadingLevel::H3, id, classes, attrs })
            }
            Event::End(TagEnd::Heading(_)) => Event::End(TagEnd::Heading(HeadingLevel::H3)),
            // Tags that somebody typed are text.
            Event::Html(html) => Event::Text(html),
            other => other,
        });
    }
    put_words(text, words, write, &mut events);
    events
}

/// Returns whether an event is of the words in a block, and not a block.
fn is_of_words(event: &Event<'_>) -> bool {
    match event {
        Event::Text(_) | Event::Code(_) | Event::InlineHtml(_) | Event::SoftBreak | Event::HardBreak => true,
        Event::Start(tag) => matches!(tag, Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. }),
        Event::End(tag) => matches!(tag, TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link | TagEnd::Image),
        _ => false,
    }
}

/// Reads the words of a block anew, line by line, from where they are in the text.
fn put_words<'t>(text: &'t str, words: Vec<(Event<'t>, Range<usize>)>, write: Write, events: &mut Vec<Event<'t>>) {
    let is_of_others = |(event, range): &(Event<'_>, Range<usize>)| match event {
        // Its target is written elsewhere in the text.
        Event::Start(Tag::Link { link_type, .. } | Tag::Image { link_type, .. }) => {
            !matches!(link_type, LinkType::Inline | LinkType::Autolink | LinkType::Email) || text[range.clone()].contains('\n')
        }
        Event::Code(_) | Event::Start(_) => text[range.clone()].contains('\n'),
        _ => false,
    };
    if words.iter().any(is_of_others) {
        events.extend(words.into_iter().map(|(event, _)| match event {
            Event::InlineHtml(html) => Event::Text(html),
            other => other,
        }));
        return;
    }
    let mut line: Option<Range<usize>> = None;
    let put_line = |line: Option<Range<usize>>, events: &mut Vec<Event<'t>>| {
        if let Some(range) = line {
            events.push(Event::InlineHtml(write(&markup::line(&text[range])).into()));
        }
    };
    for (event, range) in words {
        if matches!(event, Event::SoftBreak | Event::HardBreak) {
            put_line(line.take(), events);
            events.push(event);
            continue;
        }
        // The parser leaves out the backslash before a character that it escapes.
        let is_escaped = text[..range.start].ends_with('\\') && line.as_ref().is_none_or(|line| line.end < range.start);
        let begins = range.start - usize::from(is_escaped);
        line = Some(line.map_or(begins..range.end, |line| line.start..range.end.max(line.end)));
    }
    put_line(line, events);
}

/// Leaves out the lists and quotes that are too deep in others; what is in them stays.
fn shallow<'t>(parsed: impl Iterator<Item = (Event<'t>, Range<usize>)>) -> impl Iterator<Item = (Event<'t>, Range<usize>)> {
    let mut depth = 0_u32;
    parsed.filter(move |(event, _)| match event {
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
