//! The agenda of an event: Markdown in which the items of lists are what is to be talked about, `- [x]`
//! for a done one, and every other one open.
//!
//! An item is one of an outermost list; what stands below it in lists of its own belongs to it. The text is
//! the only truth: items are found in it, ticked in it, and carried from one to another.

use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

use ammonia::Builder;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};
use sha2::{Digest, Sha256};

use super::text::visible;
use super::{limits, secret, text};

const MARKDOWN: Options = Options::ENABLE_STRIKETHROUGH.union(Options::ENABLE_TASKLISTS);
/// Where the mark of an item stands in the HTML, of an open one and of a done one. Private to us: [`check`]
/// takes them out of what somebody typed.
const MARKS: [char; 2] = ['\u{e000}', '\u{e001}'];

static CLEAN: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = text::sanitizer(&text::BLOCK_TAGS);
    builder.add_tags(["div"]).add_allowed_classes("li", ["done"]);
    builder
});

/// Why a text is no agenda.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgendaProblem {
    /// More than [`limits::DESCRIPTION`] characters.
    TooLong,
    /// Control characters other than newline and tab.
    Controls,
}

impl fmt::Display for AgendaProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "The agenda may have up to {} characters.", limits::DESCRIPTION),
            Self::Controls => f.write_str("The agenda holds control characters. Remove them."),
        }
    }
}

/// Reads an agenda as somebody typed it; empty where there is nothing in it.
///
/// # Errors
/// The rule broken.
pub fn check(typed: &str) -> Result<String, AgendaProblem> {
    let text = typed.replace("\r\n", "\n").replace('\r', "\n").replace(MARKS, "");
    // The spaces in front of the first line may mean something to Markdown, empty lines do not.
    let text = text.trim_end().trim_start_matches('\n');
    if text.chars().count() > limits::DESCRIPTION {
        return Err(AgendaProblem::TooLong);
    }
    if visible::has_controls(text) {
        return Err(AgendaProblem::Controls);
    }
    Ok(if visible::is_visible(text) { text.to_owned() } else { String::new() })
}

/// Names a version of an agenda, so that nobody overwrites one that they have not seen.
#[must_use]
pub fn version(text: &str) -> String {
    short_hash(text)
}

/// Something to be talked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its first lines without the signs of Markdown; may be empty.
    pub title: String,
    pub done: bool,
    /// Its place and a hash of its words: finds it again in a text that changed meanwhile.
    pub key: String,
    /// Its first line as written, folded: what makes it the same item in another agenda.
    head: String,
    /// All of it, with what belongs to it.
    source: Range<usize>,
    /// Where its words begin in the text, behind bullet and mark.
    words: usize,
    mark: Option<Range<usize>>,
}

/// Follows how deep in lists and quotes a parser is.
#[derive(Default)]
struct Depth(u32);

/// What an event of the parser means for the items.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Begins,
    Ends,
    Other,
}

impl Depth {
    /// Takes an event; `next` is the one behind it. An item without anything in it is none.
    fn step(&mut self, event: &Event<'_>, next: Option<&Event<'_>>, in_item: bool) -> Step {
        match event {
            Event::Start(tag) => {
                self.0 += 1;
                let is_empty = matches!(next, Some(Event::End(TagEnd::Item)));
                if self.0 == 2 && matches!(tag, Tag::Item) && !is_empty { Step::Begins } else { Step::Other }
            }
            Event::End(tag) => {
                self.0 = self.0.saturating_sub(1);
                if self.0 == 1 && in_item && *tag == TagEnd::Item { Step::Ends } else { Step::Other }
            }
            _ => Step::Other,
        }
    }
}

/// The items of an agenda, in order.
#[must_use]
pub fn items(text: &str) -> Vec<Item> {
    let events: Vec<(Event<'_>, Range<usize>)> = Parser::new_ext(text, MARKDOWN).into_offset_iter().collect();
    let (mut depth, mut items, mut now): (Depth, Vec<Item>, Option<Found>) = (Depth::default(), Vec::new(), None);
    let mut titles = titles(text).into_iter();
    for (n, (event, range)) in events.iter().enumerate() {
        match depth.step(event, events.get(n + 1).map(|(event, _)| event), now.is_some()) {
            Step::Begins => now = Some(Found { source: range.clone(), mark: None }),
            Step::Ends => {
                let item = now.take().map(|found| found.item(text, items.len(), titles.next().unwrap_or_default()));
                items.extend(item);
            }
            Step::Other => {
                if let (Some(found), Event::TaskListMarker(done), 0..=3) = (&mut now, event, depth.0)
                    && found.mark.is_none()
                {
                    found.mark = Some((range.clone(), *done));
                }
            }
        }
    }
    items
}

/// Reads the title of each item: the words of its first block as the page shows them, without marks.
fn titles(text: &str) -> Vec<String> {
    let events = text::plain_words(text, MARKDOWN);
    let (mut depth, mut titles, mut now): (Depth, Vec<String>, Option<Title>) = (Depth::default(), Vec::new(), None);
    for (n, event) in events.iter().enumerate() {
        match depth.step(event, events.get(n + 1), now.is_some()) {
            Step::Begins => now = Some(Title::default()),
            Step::Ends => titles.extend(now.take().map(|title| title.words.split_whitespace().collect::<Vec<_>>().join(" "))),
            Step::Other => {
                if let Some(title) = &mut now {
                    title.take(event);
                }
            }
        }
    }
    titles
}

/// The words of an item's first block, while they are read.
#[derive(Default)]
struct Title {
    words: String,
    is_complete: bool,
}

impl Title {
    fn take(&mut self, event: &Event<'_>) {
        match event {
            _ if self.is_complete => {}
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => self.words.push_str(text),
            Event::SoftBreak | Event::HardBreak => self.words.push(' '),
            Event::End(TagEnd::Paragraph | TagEnd::Heading(_)) | Event::Start(Tag::List(_) | Tag::BlockQuote(_) | Tag::CodeBlock(_)) => {
                self.is_complete = !self.words.trim().is_empty();
            }
            _ => {}
        }
    }
}

/// The place of an item in the text, and of its mark.
struct Found {
    source: Range<usize>,
    mark: Option<(Range<usize>, bool)>,
}

impl Found {
    fn item(self, text: &str, place: usize, title: String) -> Item {
        let source = self.source.start..self.source.start + text[self.source.clone()].trim_end().len();
        let (mark, done) = self.mark.map_or((None, false), |(range, done)| (Some(range), done));
        let words = mark.as_ref().map_or_else(|| source.start + bullet(&text[source.clone()]), |mark| mark.end).min(source.end);
        let first = text[words..source.end].lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let head = folded(first);
        Item { title, done, key: format!("{place}-{}", short_hash(&head)), head, source, words, mark }
    }
}

/// How far the words of an item are from its beginning.
fn bullet(source: &str) -> usize {
    let rest = source.trim_start_matches([' ', '\t']);
    let sign = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()) + 1;
    let behind = rest.get(sign..).unwrap_or_default();
    let spaces = behind.len() - behind.trim_start_matches(' ').len();
    // Of more than four, all but the first indent code. An item whose first line is blank is indented by one.
    let is_blank = behind.lines().next().is_some_and(|line| line.trim().is_empty());
    let gap = if spaces > 4 || is_blank { spaces.min(1) } else { spaces.max(usize::from(behind.starts_with('\t'))) };
    source.len() - rest.len() + sign.min(rest.len()) + gap
}

/// Ticks an item, or opens it again, and returns the text and the item. `None` if the text has no such item (any more), or if a mark
/// would make something else of the text.
#[must_use]
pub fn tick(text: &str, key: &str, done: bool) -> Option<(String, Item)> {
    let items = items(text);
    let hash = key.split_once('-')?.1;
    let by_words = || {
        let mut same = items.iter().filter(|item| item.key.ends_with(&format!("-{hash}")));
        same.next().filter(|_| same.next().is_none())
    };
    let item = items.iter().find(|item| item.key == key).or_else(by_words)?.clone();
    if item.done == done {
        return Some((text.to_owned(), item));
    }
    let sign = if done { "[x]" } else { "[ ]" };
    if let Some(mark) = &item.mark {
        let begins = mark.start + text[mark.clone()].find('[')?;
        let mut changed = text.to_owned();
        changed.replace_range(begins..begins + sign.len(), sign);
        return Some((changed, Item { done, ..item }));
    }
    let (before, words, after) = (&text[..item.words], &text[item.words..item.source.end], &text[item.source.end..]);
    let gap = if before.ends_with([' ', '\t']) { "" } else { " " };
    // A mark makes a paragraph of an item's first line (of the empty list in `- *`, say), which goes on in the line after the item
    // unless an empty line ends it.
    let tries = [format!("{before}{gap}{sign} {words}{after}"), format!("{before}{gap}{sign} {words}\n{after}")];
    let changed = tries.into_iter().find(|changed| is_marked(changed, &items, &item, done))?;
    Some((changed, Item { done, ..item }))
}

/// Whether a text has the items that it had before one of them was ticked or opened again, and no other mark changed.
fn is_marked(changed: &str, before: &[Item], item: &Item, done: bool) -> bool {
    let after = items(changed);
    let is_as_due = |(old, new): (&Item, &Item)| new.done == if old.key == item.key { done } else { old.done };
    after.len() == before.len() && before.iter().zip(&after).all(is_as_due)
}

/// What is unfinished in one agenda and not yet an item of another.
#[must_use]
pub fn unfinished(from: &str, onto: &str) -> Vec<Item> {
    let mut known: Vec<String> = items(onto).into_iter().map(|item| item.head).collect();
    let mut open = items(from);
    open.retain(|item| {
        let new = !item.done && !item.head.is_empty() && !known.contains(&item.head);
        if new {
            known.push(item.head.clone());
        }
        new
    });
    open
}

/// The signs of items that go on with the list at the end of a text.
enum Signs {
    Bullet(char),
    /// The first number, and what stands behind each.
    Number(usize, char),
}

impl Signs {
    fn after(text: &str) -> Self {
        let items = items(text);
        let last = items.last().filter(|item| item.source.end == text.len()).map_or("", |item| text[item.source.clone()].trim_start());
        let digits = last.bytes().take_while(u8::is_ascii_digit).count();
        match (last[..digits].parse::<usize>(), last[digits..].chars().next()) {
            (Ok(number), Some(sign @ ('.' | ')'))) => Self::Number(number + 1, sign),
            (_, Some(sign @ ('*' | '+'))) => Self::Bullet(sign),
            _ => Self::Bullet('-'),
        }
    }

    fn nth(&self, n: usize) -> String {
        match self {
            Self::Bullet(sign) => format!("{sign} "),
            Self::Number(first, sign) => format!("{}{sign} ", first + n),
        }
    }
}

/// One agenda with what is unfinished in another at its end. `None` where its text is such that what is
/// added would be no item of it.
#[must_use]
pub fn carry(from: &str, onto: &str) -> Option<String> {
    let open = unfinished(from, onto);
    let onto = onto.trim_end();
    if open.is_empty() {
        return Some(onto.to_owned());
    }
    let added = |signs: &Signs| {
        let line = |(n, item): (usize, &Item)| format!("{}[ ] {}", signs.nth(n), from[item.words..item.source.end].trim_start());
        open.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
    };
    // Behind a list they go on with it. A text may also end in what swallows them, an open fence say.
    let (alike, plain) = (added(&Signs::after(onto)), added(&Signs::Bullet('-')));
    let list_ends_it = items(onto).last().is_some_and(|item| item.source.end == onto.len());
    let tries = match onto {
        "" => vec![plain],
        _ if list_ends_it => {
            vec![format!("{onto}\n{alike}"), format!("{onto}\n{plain}"), format!("{onto}\n\n{plain}"), format!("{plain}\n\n{onto}")]
        }
        _ => vec![format!("{onto}\n\n{plain}"), format!("{plain}\n\n{onto}")],
    };
    let fits = |text: &String| items(text).len() == items(onto).len() + open.len() && unfinished(from, text).is_empty();
    tries.into_iter().find(fits)
}

/// Renders an agenda. In each item a sign says where its mark is to stand: [`parts`] finds it.
#[must_use]
pub fn html(text: &str) -> String {
    let events = text::tamed(text, MARKDOWN);
    let (mut depth, mut out, mut in_item) = (Depth::default(), Vec::with_capacity(events.len()), false);
    for (n, event) in events.iter().enumerate() {
        match (depth.step(event, events.get(n + 1), in_item), event) {
            (Step::Begins, _) => {
                in_item = true;
                let first = events[n + 1..].iter().find(|it| !matches!(it, Event::Start(Tag::Paragraph)));
                let done = matches!(first, Some(Event::TaskListMarker(true)));
                let open = if done { "<li class=\"done\">\u{e001}<div>" } else { "<li>\u{e000}<div>" };
                out.push(Event::Html(open.into()));
            }
            (Step::Ends, _) => {
                in_item = false;
                out.push(Event::Html("</div></li>\n".into()));
            }
            // Those of an item stand in its mark.
            (_, Event::TaskListMarker(_)) if depth.0 <= 3 => {}
            (_, Event::TaskListMarker(done)) => {
                let sign = if *done { "☑ " } else { "☐ " };
                out.push(Event::Text(sign.into()));
            }
            _ => out.push(event.clone()),
        }
    }
    let mut written = String::with_capacity(text.len() * 2);
    html::push_html(&mut written, out.into_iter());
    CLEAN.clean(&written).to_string()
}

/// HTML of an agenda between the marks of its items: with what stands behind each goes whether it is of a
/// done one. The first part is behind none.
pub fn parts(html: &str) -> impl Iterator<Item = (Option<bool>, &str)> {
    html.split_inclusive(MARKS).scan(None, |before, part| {
        let mark = part.chars().next_back().filter(|c| MARKS.contains(c));
        let is_done = std::mem::replace(before, mark.map(|mark| mark == MARKS[1]));
        Some((is_done, part.trim_end_matches(MARKS)))
    })
}

/// HTML of an agenda with a sign for the mark of each item, for where no page draws one.
#[must_use]
pub fn with_signs(html: &str) -> String {
    let signed = |(done, part): (Option<bool>, &str)| match done {
        Some(done) => part.replacen("<div>", if done { "<div>☑ " } else { "<div>☐ " }, 1),
        None => part.to_owned(),
    };
    parts(html).map(signed).collect()
}

fn folded(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn short_hash(text: &str) -> String {
    secret::hex(&Sha256::digest(text.as_bytes())[..4])
}

#[cfg(test)]
mod tests;
