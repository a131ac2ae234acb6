//! Commands in a log that ended elsewhere: what each would have been here.

use std::collections::HashSet;

use super::{Command, Fold, Read, Tag, Who, read};
use crate::domain::message::{ChatData, Kind};

/// Tags the rows of a whole log, in their order. A chair is who began the meeting by `#startmeeting`, and whom a chair named;
/// in a log that nobody began so, whoever gave a chair's command was one.
pub fn tag_past(rows: &mut [ChatData]) {
    let begun = rows.iter().filter_map(command).any(|command| command.tag == Tag::StartMeeting);
    let (mut fold, mut chairs) = (Fold::default(), HashSet::new());
    for row in rows {
        let Some(command) = command(row) else { continue };
        let nick = row.nick.as_deref().unwrap_or_default().to_lowercase();
        if command.tag == Tag::StartMeeting && chairs.is_empty() {
            chairs.insert(nick.clone());
        }
        let may = !begun || command.tag.entry().who != Who::Chairs || chairs.contains(&nick);
        // What names a row of another event names none here.
        if !may || command.tag.step().is_some() || fold.refuses(&command).is_some() {
            continue;
        }
        let names = command.argument.split([' ', ',']).filter(|name| !name.is_empty()).map(str::to_lowercase);
        match command.tag {
            Tag::Chair => chairs.extend(names),
            Tag::Unchair => names.for_each(|name| {
                chairs.remove(&name);
            }),
            _ => {}
        }
        row.tag = Some(command.tag);
        fold.take(row);
    }
}

fn command(row: &ChatData) -> Option<Command> {
    match read(&row.text) {
        Read::Command(command) if row.kind == Kind::Said => Some(command),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::row;
    use super::*;

    fn tags(lines: &[(&str, &str)]) -> Vec<Option<Tag>> {
        let mut rows: Vec<ChatData> = lines.iter().enumerate().map(|(n, (nick, text))| row(n, nick, text, None)).collect();
        tag_past(&mut rows);
        rows.iter().map(|row| row.tag).collect()
    }

    #[test]
    fn chairs_are_who_began_and_whom_they_named() {
        let lines = [
            ("ada", "#topic early"),
            ("ada", "#startmeeting"),
            ("bob", "#topic not yet"),
            ("bob", "#action bob writes"),
            ("ada", "#chair Bob, cyd"),
            ("bob", "#topic now"),
            ("ada", "#unchair bob"),
            ("bob", "#agreed no more"),
            ("cyd", "#undo"),
        ];
        let [start, action, chair, topic, unchair, undo] =
            [Tag::StartMeeting, Tag::Action, Tag::Chair, Tag::Topic, Tag::Unchair, Tag::Undo].map(Some);
        assert_eq!(tags(&lines), [None, start, None, action, chair, topic, unchair, None, undo]);
    }

    #[test]
    fn in_a_log_that_nobody_began_all_commands_hold_that_fit() {
        let lines = [("ada", "#topic a"), ("bob", "#agreed b"), ("bob", "#vote yes"), ("cyd", "#1234"), ("cyd", "https://example.org")];
        assert_eq!(tags(&lines), [Some(Tag::Topic), Some(Tag::Agreed), None, None, Some(Tag::Link)]);
    }
}
