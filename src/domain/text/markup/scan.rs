//! From a text to its pieces, in one walk.

use std::cell::Cell;

use url::Url;

use super::delimiters::{Can, Delimiters};
use super::nearby::{Side, edges_after, is_of_a_face, side};
use super::{Dialect, Piece};
use crate::domain::text::links::address_at;
use crate::domain::text::visible::is_visible;

/// The most marks next to each other that are looked through for a word.
const NEAR: usize = 8;

/// Reads the text of a message.
#[must_use]
pub fn message(text: &str) -> Vec<Piece<'_>> {
    let ticks = Ticks::of(text);
    let (mut pieces, mut at) = (Vec::new(), 0);
    loop {
        if let Some((code, end)) = fence(text, at, &ticks) {
            // The lines before and after a block end with it.
            if pieces.last() == Some(&Piece::Break) {
                pieces.pop();
            }
            pieces.push(Piece::Block(code));
            if end >= text.len() {
                break;
            }
            at = end + 1;
            continue;
        }
        let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
        let mut reader = Reader::new(text, at..end, Dialect::Message, &ticks);
        let before = pieces.len();
        reader.read(&mut pieces);
        if reader.at >= text.len() {
            break;
        }
        // A newline after code of several lines is the end of that.
        if pieces.len() == before || !matches!(pieces.last(), Some(Piece::Block(_))) {
            pieces.push(Piece::Break);
        }
        at = reader.at + 1;
    }
    while pieces.last() == Some(&Piece::Break) {
        pieces.pop();
    }
    pieces
}

/// Reads a line of a document.
#[must_use]
pub fn line(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    Reader::new(text, 0..text.len(), Dialect::Document, &Ticks::of(text)).read(&mut pieces);
    pieces
}

/// The runs of backticks in a text.
struct Ticks {
    /// The place where each begins, and its length.
    runs: Vec<(usize, usize)>,
    /// For each, the next one of the same length.
    next: Vec<Option<usize>>,
    /// The shortest fence that is known to stay open from where it was last read to the end.
    unclosed: Cell<Option<usize>>,
}

impl Ticks {
    fn of(text: &str) -> Self {
        let (bytes, mut runs, mut at) = (text.as_bytes(), Vec::new(), 0);
        while let Some(begins) = bytes[at..].iter().position(|byte| *byte == b'`').map(|length| at + length) {
            let length = bytes[begins..].iter().take_while(|byte| **byte == b'`').count();
            runs.push((begins, length));
            at = begins + length;
        }
        let mut later = std::collections::HashMap::new();
        let mut next: Vec<Option<usize>> = runs.iter().rev().map(|(begins, length)| later.insert(*length, *begins)).collect();
        next.reverse();
        Self { runs, next, unclosed: Cell::new(None) }
    }

    /// The length of the run that begins at `at`, and where the next one of this length is.
    fn at(&self, at: usize) -> Option<(usize, Option<usize>)> {
        let place = self.runs.binary_search_by_key(&at, |run| run.0).ok()?;
        Some((self.runs[place].1, self.next[place]))
    }
}

/// Reads a block of code that begins with the line at `at`: its lines, and where the line of its end ends. Without an end
/// there is no block, and nothing is lost.
fn fence(text: &str, at: usize, ticks: &Ticks) -> Option<(String, usize)> {
    let indent = text[at..].bytes().take_while(|byte| *byte == b' ').count();
    let (length, _) = ticks.at(at + indent).filter(|(length, _)| indent < 4 && *length >= 3)?;
    let first_end = at + text[at..].find('\n')?;
    if text[at + indent + length..first_end].contains('`') {
        return None;
    }
    // If nothing closes a fence of this length, nothing closes an equal or longer one that begins later.
    if ticks.unclosed.get().is_some_and(|unclosed| length >= unclosed) {
        return None;
    }
    let from = ticks.runs.partition_point(|run| run.0 < first_end);
    for (begins, other) in ticks.runs[from..].iter().filter(|(_, other)| *other >= length) {
        let line = text[..*begins].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[*begins..].find('\n').map_or(text.len(), |length| begins + length);
        let is_alone = text[begins + other..end].trim().is_empty() && text[line..*begins].bytes().all(|byte| byte == b' ');
        if is_alone && begins - line < 4 {
            let inside = if line > first_end + 1 { &text[first_end + 1..line - 1] } else { "" };
            let spaces = |line: &str| line.bytes().take_while(|byte| *byte == b' ').count().min(indent);
            let lines: Vec<&str> = inside.split('\n').map(|line| &line[spaces(line)..]).collect();
            return Some((lines.join("\n"), end));
        }
    }
    ticks.unclosed.set(Some(length));
    None
}

/// Reads a line, or the words of a link.
struct Reader<'t, 'a> {
    text: &'t str,
    at: usize,
    end: usize,
    dialect: Dialect,
    ticks: &'a Ticks,
    /// Text that is not yet a piece begins here.
    pending: usize,
    begin: usize,
    is_in_link: bool,
    /// True if marks would be at the edge of words here.
    is_edge: bool,
    /// True if the word that is read is a path on Windows.
    is_path: bool,
    /// The amount of text and pieces so far.
    said: usize,
    edges: Vec<bool>,
    brackets: Brackets,
    delimiters: Delimiters,
}

impl<'t, 'a> Reader<'t, 'a> {
    fn new(text: &'t str, range: std::ops::Range<usize>, dialect: Dialect, ticks: &'a Ticks) -> Self {
        let line = &text[range.clone()];
        Self {
            text,
            at: range.start,
            end: range.end,
            dialect,
            ticks,
            pending: range.start,
            begin: range.start,
            is_in_link: false,
            is_edge: true,
            is_path: false,
            said: 0,
            edges: if line.contains(['*', '_', '~']) { edges_after(line) } else { Vec::new() },
            brackets: if line.contains("](") { Brackets::of(line, range.start) } else { Brackets::default() },
            delimiters: Delimiters::default(),
        }
    }

    fn read(&mut self, pieces: &mut Vec<Piece<'t>>) {
        while let Some(c) = self.text[self.at..self.end].chars().next() {
            let next = self.at + c.len_utf8();
            if self.at == self.begin || self.before().is_some_and(char::is_whitespace) {
                self.is_path = is_path(self.text[self.at..self.end].split(char::is_whitespace).next().unwrap_or_default());
            }
            match c {
                '\\' if self.escapes(next) => {
                    self.flush(pieces);
                    self.pending = next;
                    // The run of backticks after an escaped one is text, too.
                    let ticks = self.text[next..self.end].bytes().take_while(|byte| *byte == b'`').count();
                    self.pass(next + ticks.max(1), Side::Inside);
                }
                '`' => self.code(pieces),
                '*' | '_' => self.marks(pieces),
                '~' if self.dialect == Dialect::Document => self.marks(pieces),
                '<' if !self.is_in_link && self.autolink(pieces) => {}
                '[' if !self.is_in_link && self.link(self.at, pieces) => {}
                '!' if !self.is_in_link && self.text[next..self.end].starts_with('[') && self.link(next, pieces) => {}
                'h' | 'H' | 'w' | 'W' if !self.is_in_link && self.address(pieces) => {}
                _ => self.pass(next, side(c, false)),
            }
        }
        self.flush(pieces);
    }

    fn before(&self) -> Option<char> {
        self.text[self.begin..self.at].chars().next_back()
    }

    /// Moves past something that is text.
    fn pass(&mut self, to: usize, side: Side) {
        self.said += to - self.at;
        self.at = to;
        match side {
            Side::Edge => self.is_edge = true,
            Side::Inside => self.is_edge = false,
            Side::Through => {}
        }
    }

    /// Makes a piece of the text before `at`.
    fn flush(&mut self, pieces: &mut Vec<Piece<'t>>) {
        if self.pending < self.at {
            pieces.push(Piece::Text(&self.text[self.pending..self.at]));
        }
        self.pending = self.at;
    }

    /// Moves past something that is one piece, or several.
    fn skip(&mut self, to: usize) {
        self.said += 1;
        (self.at, self.pending, self.is_edge) = (to, to, false);
    }

    /// Returns whether the backslash here takes away the meaning of what is at `next`. In paths and faces it is itself.
    fn escapes(&self, next: usize) -> bool {
        let mut after = self.text[next..self.end].chars();
        let is_mark = match after.next() {
            Some('#' | '*' | '_' | '`') => true,
            Some('~') => self.dialect == Dialect::Document,
            // Without it the line would be a block of its own.
            Some('-' | '+' | '>' | '=') => self.dialect == Dialect::Document && self.at == self.begin,
            Some('.' | ')') => {
                let head = &self.text[self.begin..self.at];
                self.dialect == Dialect::Document && !head.is_empty() && head.bytes().all(|byte| byte.is_ascii_digit())
            }
            _ => false,
        };
        is_mark && !self.is_path && !is_of_a_face(self.before(), after.next())
    }

    /// Reads code, of a line, or, between three and more backticks, of several.
    fn code(&mut self, pieces: &mut Vec<Piece<'t>>) {
        let Some((length, next)) = self.ticks.at(self.at) else {
            return self.pass(self.at + 1, Side::Through);
        };
        let from = self.at + length;
        let limit = if length < 3 || self.is_in_link || self.dialect == Dialect::Document { self.end } else { self.text.len() };
        let Some(until) = next.filter(|next| *next + length <= limit) else {
            return self.pass(from.min(self.end), Side::Through);
        };
        self.flush(pieces);
        let code = &self.text[from..until];
        if code.contains('\n') {
            let lines = code.strip_prefix('\n').unwrap_or(code);
            pieces.push(Piece::Block(lines.strip_suffix('\n').unwrap_or(lines).to_owned()));
            let end = self.text[until..].find('\n').map_or(self.text.len(), |length| until + length);
            // The rest of the last line is scanned as a line of its own.
            let rest = Self::new(self.text, until + length..end, self.dialect, self.ticks);
            *self = rest;
        } else {
            let is_padded = code.len() > 2 && code.starts_with(' ') && code.ends_with(' ') && !code.trim().is_empty();
            pieces.push(Piece::Code(if is_padded { &code[1..code.len() - 1] } else { code }));
            self.skip(until + length);
        }
    }

    fn marks(&mut self, pieces: &mut Vec<Piece<'t>>) {
        let mark = self.text.as_bytes()[self.at];
        let length = self.text[self.at..self.end].bytes().take_while(|byte| *byte == mark).count();
        let until = self.at + length;
        let is_mark = |c: &char| matches!(c, '*' | '_' | '~');
        let touches = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace());
        let edge_after = self.edges.get(until - self.begin).copied().unwrap_or(true);
        let can = Can {
            begin: self.is_edge && touches(self.text[until..self.end].chars().take(NEAR).find(|c| !is_mark(c))),
            end: edge_after && touches(self.text[self.begin..self.at].chars().rev().take(NEAR).find(|c| !is_mark(c))),
        };
        self.flush(pieces);
        self.delimiters.take(&self.text[self.at..until], can, self.said, pieces);
        (self.at, self.pending) = (until, until);
    }

    /// Reads `<https://example.org>`.
    fn autolink(&mut self, pieces: &mut Vec<Piece<'t>>) -> bool {
        let from = self.at + 1;
        let Some(length) = self.text[from..self.end].find(['<', '>', ' ', '\t']) else { return false };
        let inside = &self.text[from..from + length];
        if !self.text[from + length..].starts_with('>') || inside.starts_with('/') || !may_lead(inside) {
            return false;
        }
        self.put_link(inside.to_owned(), inside, from + length + 1, pieces);
        true
    }

    fn address(&mut self, pieces: &mut Vec<Piece<'t>>) -> bool {
        let Some(address) = address_at(&self.text[self.begin..self.end], self.at - self.begin) else { return false };
        let until = self.at + address.words.len();
        let words = &self.text[self.at..until];
        self.put_link(address.href, words, until, pieces);
        true
    }

    fn put_link(&mut self, href: String, words: &'t str, until: usize, pieces: &mut Vec<Piece<'t>>) {
        self.flush(pieces);
        pieces.extend([Piece::Link(href), Piece::Text(words), Piece::EndLink]);
        self.skip(until);
    }

    /// Reads `[words](https://example.org)` that begins at `bracket`. A picture becomes the link to it.
    fn link(&mut self, bracket: usize, pieces: &mut Vec<Piece<'t>>) -> bool {
        let Some((words_end, end)) = self.brackets.link(bracket) else { return false };
        let (words, dest) = (bracket + 1..words_end, &self.text[words_end + 2..end]);
        if !may_lead(dest) {
            return false;
        }
        self.flush(pieces);
        pieces.push(Piece::Link(dest.to_owned()));
        if is_visible(&self.text[words.clone()]) {
            let mut inside = Self::new(self.text, words, self.dialect, self.ticks);
            inside.is_in_link = true;
            inside.read(pieces);
        } else {
            pieces.push(Piece::Text(dest));
        }
        pieces.push(Piece::EndLink);
        self.skip(end + 1);
        true
    }
}

/// Returns whether a link may lead there: to the web, to an address of email, or to a page of this server.
fn may_lead(dest: &str) -> bool {
    let begins = |with: &str| dest.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with));
    if dest.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '\\')) {
        return false;
    }
    let is_of_web = || Url::parse(dest).is_ok_and(|url| url.has_host());
    (dest.starts_with('/') && !dest.starts_with("//"))
        || ((begins("https://") || begins("http://")) && is_of_web())
        || (begins("mailto:") && dest.contains('@'))
}

/// Returns whether a word is a path such as `C:\work` or `\\files\new`: it has backslashes that escape nothing.
fn is_path(word: &str) -> bool {
    let bytes = word.as_bytes();
    let is_plain = |at: usize| bytes.get(at + 1).is_some_and(|next| next.is_ascii_alphanumeric() || *next == b'\\');
    word.contains(":\\") || (0..bytes.len()).any(|at| bytes[at] == b'\\' && is_plain(at))
}

/// The brackets of a line that belong together.
#[derive(Default)]
struct Brackets {
    /// For each `[`, in order: where it is, where its `]` is, and where the `)` of the address after it is.
    links: Vec<(usize, usize, usize)>,
}

impl Brackets {
    fn of(line: &str, offset: usize) -> Self {
        let (mut square, mut round, mut ends) = (Vec::new(), Vec::new(), std::collections::HashMap::new());
        let mut pairs = Vec::new();
        for (at, byte) in line.bytes().enumerate() {
            match byte {
                b'[' => square.push(at),
                b']' => pairs.extend(square.pop().map(|open| (open, at))),
                b'(' => round.push(at),
                b')' => {
                    if let Some(open) = round.pop() {
                        ends.insert(open, at);
                    }
                }
                _ => {}
            }
        }
        let with_dest = |(open, close): (usize, usize)| Some((offset + open, offset + close, offset + *ends.get(&(close + 1))?));
        let mut links: Vec<_> = pairs.into_iter().filter_map(with_dest).collect();
        links.sort_unstable();
        Self { links }
    }

    /// Returns where the words of the link whose `[` is here end, and where the link ends.
    fn link(&self, bracket: usize) -> Option<(usize, usize)> {
        let place = self.links.binary_search_by_key(&bracket, |link| link.0).ok()?;
        Some((self.links[place].1, self.links[place].2))
    }
}
