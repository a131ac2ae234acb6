//! Minutes in words: as plain text, and in Markdown, where what people wrote stays as they wrote it.

use std::fmt::Write;

use super::transcript_forms::{as_written, escaped};
use crate::app::minutes::Made;
use crate::domain::minutes::{Item, Poll, Settled, Step, Tag, Whence};
use crate::domain::time::Timestamp;

/// What stands under a topic, in the order of the log.
enum Line<'m> {
    Item(&'m Item),
    Vote(&'m Poll),
}

/// The minutes as plain text.
pub(super) fn plain(made: &Made) -> String {
    let mut out = String::new();
    let at = |ts: Timestamp| ts.in_zone(made.event.zone).format("%H:%M");
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(out, "{}\n{}\n", title(made), hours(made));
    for section in made.minutes.sections() {
        if let Some(topic) = section.topic {
            let _ = writeln!(out, "{} {}", at(topic.ts), one_line(&topic.text));
        }
        for line in lines(&section) {
            let (ts, words) = said(&line);
            let _ = writeln!(out, "  {} {}: {words}", at(ts), label(&line));
        }
        out.push('\n');
    }
    if !made.minutes.settled.is_empty() {
        out.push_str("Done since last time\n");
        for settled in &made.minutes.settled {
            let (label, words) = ended(settled);
            let _ = writeln!(out, "  {} {label}: {words}", at(settled.ts));
        }
        out.push('\n');
    }
    if made.minutes.is_empty() {
        out.push_str("Nothing was noted.\n\n");
    }
    if !made.minutes.attendees.is_empty() {
        let _ = writeln!(out, "Present: {}", present(made).join(", "));
    }
    if let Some(note) = corrected(made) {
        let _ = writeln!(out, "{note}");
    }
    out
}

/// The minutes in Markdown.
pub(super) fn markdown(made: &Made) -> String {
    let mut out = String::new();
    let at = |ts: Timestamp| ts.in_zone(made.event.zone).format("%H:%M");
    let _ = writeln!(out, "# {}\n\n{}\n", escaped(&title(made)), escaped(&hours(made)));
    for section in made.minutes.sections() {
        let head = section.topic.map_or_else(|| "Before the first topic".to_owned(), |topic| as_written(&one_line(&topic.text)));
        let _ = writeln!(out, "## {head}\n");
        for line in lines(&section) {
            let (ts, words) = said(&line);
            let _ = writeln!(out, "- {} **{}** {}", at(ts), label(&line), as_written(&words));
        }
        out.push('\n');
    }
    if !made.minutes.settled.is_empty() {
        out.push_str("## Done since last time\n\n");
        for settled in &made.minutes.settled {
            let (label, words) = ended(settled);
            let _ = writeln!(out, "- {} **{label}** {words}", at(settled.ts));
        }
        out.push('\n');
    }
    if made.minutes.is_empty() {
        out.push_str("Nothing was noted.\n\n");
    }
    let people: Vec<String> = present(made).iter().map(|person| escaped(person)).collect();
    if !people.is_empty() {
        let _ = writeln!(out, "## Present\n\n{}", people.join(", "));
    }
    if let Some(note) = corrected(made) {
        let _ = writeln!(out, "\n{}", escaped(&note));
    }
    out
}

fn title(made: &Made) -> String {
    let so_far = if made.event.closed.is_some() { "Minutes" } else { "Minutes so far" };
    format!("{}: {so_far}", made.event.title)
}

fn hours(made: &Made) -> String {
    let event = &made.event;
    let opens = event.opens_at.in_zone(event.zone);
    format!("{}–{}", opens.format("%A %-d %B %Y, %H:%M"), event.closes_at.on_clocks(event.zone))
}

fn lines<'m>(section: &crate::domain::minutes::Section<'m>) -> Vec<Line<'m>> {
    let items = section.items.iter().map(|item| Line::Item(item));
    let mut lines: Vec<Line<'m>> = items.chain(section.votes.iter().map(|vote| Line::Vote(vote))).collect();
    lines.sort_by_key(|line| match line {
        Line::Item(item) => item.ts,
        Line::Vote(vote) => vote.ts,
    });
    lines
}

fn label(line: &Line<'_>) -> &'static str {
    match line {
        Line::Item(item) => item.tag.entry().label,
        Line::Vote(vote) if vote.is_motion => "Motion",
        Line::Vote(_) => "Vote",
    }
}

fn said(line: &Line<'_>) -> (Timestamp, String) {
    match line {
        Line::Item(item) => {
            let who = if item.tag == Tag::Action && !item.assignees.is_empty() {
                format!(" ({})", item.assignees.join(", "))
            } else {
                String::new()
            };
            let since = item.carried.as_ref().map(|carried| format!(", {}", since(&carried.from))).unwrap_or_default();
            let corrected = if item.was.is_some() { " [corrected]" } else { "" };
            (item.ts, format!("{}{who}{since}{corrected}", one_line(&item.text)))
        }
        Line::Vote(vote) => {
            let count = |count: &crate::domain::minutes::Count| match count.count {
                Some(votes) => format!("{} {votes}", count.option),
                None => count.option.clone(),
            };
            let counts = vote.options.iter().map(count).collect::<Vec<_>>().join(", ");
            let end = match (&vote.result, vote.ended) {
                (Some(result), _) => format!(": {result}"),
                (None, Some(_)) => String::new(),
                (None, None) => format!("; {} voted so far", vote.cast),
            };
            (vote.ts, format!("{} {counts}{end}", one_line(&vote.question)))
        }
    }
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

fn present(made: &Made) -> Vec<String> {
    let attendee = |it: &crate::domain::minutes::Attendee| match &it.alias {
        Some(alias) => format!("{} ({alias}), {}", it.nick, it.lines),
        None => format!("{}, {}", it.nick, it.lines),
    };
    made.minutes.attendees.iter().map(attendee).collect()
}

/// Who changed something after the close.
fn corrected(made: &Made) -> Option<String> {
    let last = made.minutes.corrections.last()?;
    let zone = made.event.zone;
    let at = format!("{}, {}", last.at.in_zone(zone).format("%-d %B %Y"), last.at.on_clocks(zone));
    let count = made.minutes.corrections.len();
    let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
    Some(format!("Corrected after the close {times}, last by {} on {at}.", last.by))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
