//! Minutes in words: as plain text, and in Markdown, where what people wrote stays as they wrote it. What pages show stands here too:
//! votes with their counts and who voted what, actions by person, what corrected items said before, where each line is.

use std::fmt::Write;

use crate::app::minutes::current_minutes::Made;
use crate::domain::minutes::{Attendee, Count, Item, Manner, Poll, Section, Settled, Step, Tag, Whence, by_person};
use crate::domain::text;
use crate::domain::time::Timestamp;
use crate::http::api::transcript::formats::{as_written, escaped};

/// What stands under a topic, in the order of the log.
#[derive(Clone, Copy)]
enum TopicEntry<'m> {
    Item(&'m Item),
    Vote(&'m Poll),
}

impl<'m> TopicEntry<'m> {
    const fn ts(self) -> Timestamp {
        match self {
            Self::Item(item) => item.ts,
            Self::Vote(vote) => vote.ts,
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Item(item) => item.tag.entry().label,
            Self::Vote(vote) if vote.is_motion => "Motion",
            Self::Vote(_) => "Vote",
        }
    }

    fn words(self) -> String {
        match self {
            Self::Item(item) => words(item),
            Self::Vote(vote) => marked(one_line(&vote.question), vote.was.as_ref()),
        }
    }

    /// The same for Markdown, in which code keeps its lines.
    fn typed(self) -> String {
        match self {
            Self::Item(item) if text::has_code_block(&item.text) => described(item, item.text.clone()),
            line => line.words(),
        }
    }

    /// What it said before it was corrected.
    const fn was(self) -> Option<&'m String> {
        match self {
            Self::Item(item) => item.was.as_ref(),
            Self::Vote(vote) => vote.was.as_ref(),
        }
    }
}

/// The minutes as plain text; the event's page is at `url`.
pub(in crate::http::api) fn plain(made: &Made, url: &str) -> String {
    let mut out = String::new();
    let at = |ts: Timestamp| ts.in_zone(made.event.zone).format("%H:%M");
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(out, "{}\n{}\n{url}\n", title(made), hours(made));
    let mut places = String::new();
    for section in made.minutes.sections() {
        if let Some(topic) = section.topic {
            let _ = writeln!(out, "{} {}", at(topic.ts), words(topic));
            before(&mut out, topic.was.as_ref(), "      ");
            let _ = writeln!(places, "  {} Topic: {}", at(topic.ts), made.event.line_at(url, topic.ts));
        }
        for line in lines(&section) {
            let _ = writeln!(out, "  {} {}: {}", at(line.ts()), line.label(), line.words());
            before(&mut out, line.was(), "        ");
            if let TopicEntry::Vote(vote) = line {
                for option in &vote.options {
                    let _ = writeln!(out, "        - {}", counted(option, str::to_owned));
                }
                let _ = writeln!(out, "        {}", outcome(vote, str::to_owned));
            }
            let _ = writeln!(places, "  {} {}: {}", at(line.ts()), line.label(), made.event.line_at(url, line.ts()));
        }
        out.push('\n');
    }
    if !made.minutes.settled.is_empty() {
        out.push_str("Settled since last time\n");
        for settled in &made.minutes.settled {
            let (label, words) = ended(settled);
            let _ = writeln!(out, "  {} {label}: {words}", at(settled.ts));
        }
        out.push('\n');
    }
    if !made.minutes.struck.is_empty() {
        out.push_str("Struck after the close\n");
        for struck in &made.minutes.struck {
            let _ =
                writeln!(out, "  {} {}: {}, {}", at(struck.ts), struck.label(), one_line(&struck.text), by(made, &struck.by, struck.at));
            let _ = writeln!(places, "  {} {}: {}", at(struck.ts), struck.label(), made.event.line_at(url, struck.ts));
        }
        out.push('\n');
    }
    if made.minutes.is_empty() && made.minutes.struck.is_empty() {
        out.push_str("Nothing was noted.\n\n");
    }
    let people = by_person(made.minutes.of(Tag::Action));
    if !people.is_empty() {
        out.push_str("Actions\n");
        for (nick, items) in people {
            let _ = writeln!(out, "  {}", nick.unwrap_or(NOBODY));
            for item in items {
                let _ = writeln!(out, "    - {}", one_line(&item.text));
            }
        }
        out.push('\n');
    }
    if !made.minutes.attendees.is_empty() {
        out.push_str("Present\n");
        for person in &made.minutes.attendees {
            let _ = writeln!(out, "  {}", present(person));
        }
        out.push('\n');
    }
    if let Some(note) = corrected(made) {
        let _ = writeln!(out, "{note}\n");
    }
    if !places.is_empty() {
        let _ = write!(out, "In the log\n{places}");
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// The minutes in Markdown; the event's page is at `url`.
pub(in crate::http::api) fn markdown(made: &Made, url: &str) -> String {
    let mut out = String::new();
    let at = |ts: Timestamp| format!("[{}]({})", ts.in_zone(made.event.zone).format("%H:%M"), made.event.line_at(url, ts));
    let _ = writeln!(out, "# {}\n\n{}, [in full]({url})\n", escaped(&title(made)), escaped(&hours(made)));
    for section in made.minutes.sections() {
        match section.topic {
            Some(topic) => {
                let _ = writeln!(out, "## {} {}\n", at(topic.ts), as_written(&words(topic)));
                if let Some(was) = &topic.was {
                    let _ = writeln!(out, "Before: {}\n", as_written(&one_line(was)));
                }
            }
            None => out.push_str("## Before the first topic\n\n"),
        }
        let lines = lines(&section);
        for line in &lines {
            let _ = writeln!(out, "- {} **{}** {}", at(line.ts()), line.label(), as_written(&line.typed()));
            if let Some(was) = line.was() {
                let _ = writeln!(out, "  - before: {}", as_written(&one_line(was)));
            }
            if let TopicEntry::Vote(vote) = line {
                for option in &vote.options {
                    let _ = writeln!(out, "  - {}", counted(option, escaped));
                }
                let _ = writeln!(out, "  - {}", outcome(vote, escaped));
            }
        }
        if !lines.is_empty() {
            out.push('\n');
        }
    }
    if !made.minutes.settled.is_empty() {
        out.push_str("## Settled since last time\n\n");
        for settled in &made.minutes.settled {
            let (label, words) = ended(settled);
            let _ = writeln!(out, "- {} **{label}** {}", at(settled.ts), as_written(&words));
        }
        out.push('\n');
    }
    if !made.minutes.struck.is_empty() {
        out.push_str("## Struck after the close\n\n");
        for struck in &made.minutes.struck {
            let (words, by) = (as_written(&one_line(&struck.text)), escaped(&by(made, &struck.by, struck.at)));
            let _ = writeln!(out, "- {} **{}** {words}, {by}", at(struck.ts), struck.label());
        }
        out.push('\n');
    }
    if made.minutes.is_empty() && made.minutes.struck.is_empty() {
        out.push_str("Nothing was noted.\n\n");
    }
    let people = by_person(made.minutes.of(Tag::Action));
    if !people.is_empty() {
        out.push_str("## Actions\n\n");
        for (nick, items) in people {
            let _ = writeln!(out, "- {}", escaped(nick.unwrap_or(NOBODY)));
            for item in items {
                let _ = writeln!(out, "  - {} {}", at(item.ts), as_written(&one_line(&item.text)));
            }
        }
        out.push('\n');
    }
    if !made.minutes.attendees.is_empty() {
        out.push_str("## Present\n\n");
        for person in &made.minutes.attendees {
            let _ = writeln!(out, "- {}", escaped(&present(person)));
        }
    }
    if let Some(note) = corrected(made) {
        let _ = writeln!(out, "\n{}", escaped(&note));
    }
    out
}

/// Under whom actions stand that name nobody.
const NOBODY: &str = "Nobody yet";

fn title(made: &Made) -> String {
    let so_far = if made.event.closed.is_some() { "Minutes" } else { "Minutes so far" };
    format!("{}: {so_far}", made.event.title)
}

fn hours(made: &Made) -> String {
    let event = &made.event;
    format!("{}, {}", event.opens_at.in_zone(event.zone).format("%A %-d %B %Y"), event.hours())
}

fn lines<'m>(section: &Section<'m>) -> Vec<TopicEntry<'m>> {
    let items = section.items.iter().map(|item| TopicEntry::Item(item));
    let mut lines: Vec<TopicEntry<'m>> = items.chain(section.votes.iter().map(|vote| TopicEntry::Vote(vote))).collect();
    lines.sort_by_key(|line| line.ts());
    lines
}

/// An item, with those who are to do it, and whether it was corrected.
fn words(item: &Item) -> String {
    described(item, one_line(&item.text))
}

fn described(item: &Item, mut words: String) -> String {
    if item.tag == Tag::Action && !item.assignees.is_empty() {
        let _ = write!(words, " ({})", item.assignees.join(", "));
    }
    if let Some(carried) = &item.carried {
        let _ = write!(words, ", {}", since(&carried.from));
    }
    marked(words, item.was.as_ref())
}

fn marked(words: String, was: Option<&String>) -> String {
    if was.is_some() { words + " [corrected]" } else { words }
}

/// What an item said before it was corrected, on a line of its own.
fn before(out: &mut String, was: Option<&String>, indent: &str) {
    if let Some(was) = was {
        let _ = writeln!(out, "{indent}before: {}", one_line(was));
    }
}

/// An option with its count and whoever chose it, as far as these are to be seen. `written` is for what people typed.
fn counted(option: &Count, written: impl Fn(&str) -> String) -> String {
    let mut words = written(&option.option);
    if let Some(count) = option.count {
        let _ = write!(words, ": {count}");
    }
    if !option.voters.is_empty() {
        let _ = write!(words, " ({})", option.voters.iter().map(|nick| written(nick)).collect::<Vec<_>>().join(", "));
    }
    words
}

/// What became of an action of an earlier event, and which one it was.
fn ended(settled: &Settled) -> (&'static str, String) {
    let label = if settled.step == Step::Done { "Done" } else { "Dropped" };
    let who = if settled.assignees.is_empty() { String::new() } else { format!(" ({})", settled.assignees.join(", ")) };
    (label, format!("{}{who}, {}", one_line(&settled.text), since(&settled.from)))
}

fn since(from: &Whence) -> String {
    format!("since {}", from.opens_at.in_zone(from.zone).format("%-d %B %Y"))
}

fn outcome(vote: &Poll, written: impl Fn(&str) -> String) -> String {
    let manner = if vote.manner == Manner::Secret { ", in secret" } else { "" };
    let Some(cast) = vote.cast else { return format!("Result: not in the log{manner}") };
    let end = match (&vote.result, vote.ended) {
        _ if cast == 0 && vote.ended.is_some() => return format!("Nobody voted{manner}"),
        (Some(result), _) => format!("Result: {}", written(result)),
        (None, Some(_)) => "No majority".to_owned(),
        (None, None) => "Still on".to_owned(),
    };
    format!("{end}, {cast} voted{manner}")
}

fn present(person: &Attendee) -> String {
    let names = if person.aliases.is_empty() { String::new() } else { format!(" ({})", person.aliases.join(", ")) };
    format!("{}{names}: {}", person.nick, text::counted(person.lines, "line"))
}

/// Who changed something after the close.
fn corrected(made: &Made) -> Option<String> {
    let last = made.minutes.corrections.last()?;
    let count = made.minutes.corrections.len();
    let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
    Some(format!("Corrected after the close {times}, last {}.", by(made, &last.by, last.at)))
}

/// Who did something after the close, and when.
fn by(made: &Made, who: &str, at: Timestamp) -> String {
    let zone = made.event.zone;
    format!("by {who} on {}, {}", at.in_zone(zone).format("%-d %B %Y"), at.on_clocks(zone))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
