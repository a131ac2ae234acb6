//! Commands in a log that ended elsewhere: what each would have been here, and how the event is called for them.

use std::collections::HashSet;

use super::command::TOLD;
use super::undo::{Undone, title_before, title_given, titles};
use super::{Command, Fold, Read, Tag, Who, read};
use crate::domain::moving::imported_event::{ImportedEvent, PastRow};
use crate::domain::schedule::meeting;
use crate::domain::talk::message::{ChatData, Kind};

/// Tags the rows of a whole log, in their order, and gives the title of the event: the one in the log's head, or else what its chairs
/// gave it, if they did.
///
/// A chair is who began the meeting by `#startmeeting`, and whom a chair named; in a log that nobody began so, whoever gave a
/// chair's command was one. Where the log tells who is a chair, as Gavel's own transcripts do, that holds and nothing else: there
/// nobody became one by a command. Behind `#endmeeting` nothing is noted until somebody begins again: in a room nobody could have
/// spoken there, and a channel goes on.
///
/// Where Gavel wrote the log, all that looks like a command held, and the row of one that stands alone tells what came of it. Elsewhere
/// such words are whoever's, and their line is chat, as with anything else behind such a command.
///
/// `rows` are those of `log`, one for one.
pub fn tag_past(log: &ImportedEvent, rows: &mut [ChatData]) -> Option<String> {
    let told = rows.iter().any(|row| row.kind == Kind::Chair);
    let begun = told || commands(log).any(|command| command.tag == Tag::StartMeeting);
    let nicks: HashSet<String> = rows.iter().filter_map(|row| row.nick.as_deref()).map(str::to_lowercase).collect();
    let (mut fold, mut chairs, mut titled, mut is_over) = (Fold::default(), HashSet::new(), None, false);
    // The title that the last command brought back, and whether a command about titles, or one that was emptied, is the row before.
    let (mut restored, mut is_behind): (Option<String>, bool) = (None, false);
    for (told_row, row) in log.rows.iter().zip(rows) {
        let nick = row.nick.as_deref().unwrap_or_default().to_lowercase();
        match row.kind {
            Kind::Chair => _ = chairs.insert(nick.clone()),
            Kind::Unchair => _ = chairs.remove(&nick),
            Kind::Rescheduled => {
                let title = if let Some((tag, title)) = fold.renamed_by(&row.text) {
                    row.tag = Some(tag);
                    fold.take(row);
                    Some(title)
                } else if let Some(title) = restored.take_if(|title| title_before(&row.text, title).is_some()) {
                    Some(title)
                } else {
                    let of_command = titles(&row.text).filter(|_| is_behind).map(|(title, _)| title);
                    of_command.or_else(|| title_given(&row.text)).map(str::to_owned)
                };
                titled = title.map(|title| (row.ts, title)).or(titled);
            }
            _ => {}
        }
        is_behind = row.kind == Kind::Said && row.text.is_empty();
        let Some(command) = command(log, told_row) else { continue };
        is_behind = matches!(command.tag, Tag::MeetingName | Tag::StartMeeting | Tag::Undo);
        restored = match fold.undone() {
            Some(Undone::Title(title)) if command.tag == Tag::Undo => Some(title),
            _ => None,
        };
        if !told && command.tag == Tag::StartMeeting && (chairs.is_empty() || is_over) {
            chairs = HashSet::from([nick.clone()]);
            is_over = false;
        }
        let may = !begun || command.tag.entry().who != Who::Chairs || chairs.contains(&nick);
        // Nobody is called by the nickname of somebody else.
        let is_of_another = command.tag == Tag::Here && !log.is_ours && {
            let called = command.argument.to_lowercase();
            called != nick && nicks.contains(&called)
        };
        // What names a row of another event names none here, and does nothing.
        let is_vain = match command.tag {
            Tag::Undo => fold.taken_back_by(&row.text).is_none(),
            Tag::MeetingName => meeting::title(&command.argument).is_err(),
            tag if log.is_ours && tag.names_a_row() => false,
            tag => tag.step().is_some() || fold.refuses(&command).is_some(),
        };
        if is_over || !may || is_of_another || is_vain {
            continue;
        }
        let names = command.argument.split([' ', ',']).filter(|name| !name.is_empty()).map(str::to_lowercase);
        let names = names.map(|name| log.aliases.get(&name).cloned().unwrap_or(name));
        match command.tag {
            Tag::Chair if !told => chairs.extend(names),
            Tag::Unchair if !told => names.for_each(|name| {
                chairs.remove(&name);
            }),
            Tag::EndMeeting => is_over = true,
            _ => {}
        }
        row.tag = Some(command.tag);
        fold.take(row);
    }
    if log.title.is_some() {
        return log.title.clone();
    }
    // What was taken back names nothing, and where rows of the program's own tell of titles, the last of all holds.
    [fold.title(), titled].into_iter().flatten().max_by_key(|(ts, _)| *ts).map(|(_, title)| title)
}

fn commands(log: &ImportedEvent) -> impl Iterator<Item = Command> {
    log.rows.iter().filter_map(|row| command(log, row))
}

fn command(log: &ImportedEvent, row: &PastRow) -> Option<Command> {
    match read(&row.text) {
        _ if row.kind != Kind::Said || row.is_chat => None,
        Read::Command(Command { tag, .. }) if tag.repeats() && !log.is_ours && row.text.contains(TOLD) => None,
        Read::Command(command) => Some(command),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::domain::minutes::tests::{row, ts};
    use crate::domain::talk::participant::Nick;

    /// Tags these rows as those of a log that Gavel wrote, or somebody else.
    fn tag_as(rows: &mut [ChatData], is_ours: bool) -> Option<String> {
        let told = |row: &ChatData| PastRow {
            ts: row.ts,
            kind: row.kind,
            nick: row.nick.as_deref().and_then(|nick| Nick::parse(nick).ok()),
            text: row.text.clone(),
            is_chat: row.text == "#info is chat",
        };
        let log = ImportedEvent {
            opens_at: ts(0),
            closes_at: ts(99),
            is_ours,
            title: None,
            aliases: HashMap::new(),
            rows: rows.iter().map(told).collect(),
        };
        tag_past(&log, rows)
    }

    fn past(lines: &[(&str, &str)]) -> (Vec<Option<Tag>>, Option<String>) {
        let mut rows: Vec<ChatData> = lines.iter().enumerate().map(|(n, (nick, text))| row(n, nick, text, None)).collect();
        let title = tag_as(&mut rows, false);
        (rows.iter().map(|row| row.tag).collect(), title)
    }

    fn tags(lines: &[(&str, &str)]) -> Vec<Option<Tag>> {
        past(lines).0
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
    fn where_the_log_tells_who_is_a_chair_nobody_becomes_one_otherwise() {
        let lines = [
            ("bob", "#startmeeting"),
            ("ada", "ada is a chair now"),
            ("ada", "#topic Tides"),
            ("bob", "#agreed on nothing"),
            ("ada", "#chair bob"),
            ("bob", "bob is a chair now"),
            ("bob", "#agreed on all"),
            ("ada", "ada is no chair any more"),
            ("ada", "#topic hers no more"),
            ("ada", "#info for all"),
        ];
        let mut rows: Vec<ChatData> = lines.iter().enumerate().map(|(n, (nick, text))| row(n, nick, text, None)).collect();
        (rows[1].kind, rows[5].kind, rows[7].kind) = (Kind::Chair, Kind::Chair, Kind::Unchair);
        tag_as(&mut rows, false);
        let [topic, chair, agreed, info] = [Tag::Topic, Tag::Chair, Tag::Agreed, Tag::Info].map(Some);
        let tags: Vec<Option<Tag>> = rows.iter().map(|row| row.tag).collect();
        assert_eq!(tags, [None, None, topic, None, chair, None, agreed, None, None, info]);
    }

    #[test]
    fn in_a_log_that_nobody_began_all_commands_hold_that_fit() {
        let lines = [("ada", "#topic a"), ("bob", "#agreed b"), ("bob", "#vote yes"), ("cyd", "#1234"), ("cyd", "https://example.org")];
        assert_eq!(tags(&lines), [Some(Tag::Topic), Some(Tag::Agreed), None, None, Some(Tag::Link)]);
    }
    #[test]
    fn what_a_command_that_stands_alone_tells_is_believed_of_gavel_alone() {
        let lines = [("ada", "#startvote Lunch?"), ("ada", "#endvote → Lunch? Yes (Yes: 9, No: 0, Abstain: 0)"), ("ada", "#undo → x")];
        let tagged = |is_ours| {
            let mut rows: Vec<ChatData> = lines.iter().enumerate().map(|(n, (nick, text))| row(n, nick, text, None)).collect();
            tag_as(&mut rows, is_ours);
            rows.into_iter().map(|row| row.tag).collect::<Vec<_>>()
        };
        assert_eq!(tagged(true), [Tag::StartVote, Tag::EndVote, Tag::Undo].map(Some));
        assert_eq!(tagged(false), [Some(Tag::StartVote), None, None]);
    }

    #[test]
    fn of_gavels_own_log_what_looks_like_a_command_held_and_the_rest_is_chat() {
        let lines =
            [("bob", "#info is chat"), ("ada", "#here bob"), ("ada", "#done 1795550400000000"), ("ada", "#strike 1795550400000009")];
        let tagged = |is_ours| {
            let mut rows: Vec<ChatData> = lines.iter().enumerate().map(|(n, (nick, text))| row(n, nick, text, None)).collect();
            tag_as(&mut rows, is_ours);
            rows.into_iter().map(|row| row.tag).collect::<Vec<_>>()
        };
        assert_eq!(tagged(true), [None, Some(Tag::Here), Some(Tag::Done), Some(Tag::Strike)]);
        assert_eq!(tagged(false), [None, None, None, None]);
    }

    #[test]
    fn a_chair_names_the_event_and_nobody_else_does() {
        let begun = ("ada", "#startmeeting  Tide\ttables ");
        for (lines, title) in [
            (&[begun][..], Some("Tide tables")),
            (&[begun, ("ada", "#meetingname Neap tides"), ("bob", "#meetingname bob's")], Some("Neap tides")),
            (&[begun, ("ada", "#endmeeting"), ("ada", "#meetingname too late")], Some("Tide tables")),
            (&[begun, ("ada", "#startmeeting"), ("ada", "#meetingname x\u{202e}y")], Some("Tide tables")),
            (&[("ada", "#meetingname Spring tides"), ("ada", "hello")], Some("Spring tides")),
            (&[("ada", "#startmeeting"), ("ada", "hello")], None),
            (&[begun, ("ada", "#meetingname Neap tides"), ("ada", "#undo")], Some("Tide tables")),
            (&[begun, ("ada", "#meetingname Neap tides"), ("ada", "#topic a"), ("ada", "#undo")], Some("Neap tides")),
            (&[begun, ("ada", "#meetingname Neap tides"), ("ada", "#undo"), ("ada", "#undo")], None),
            (&[begun, ("bob", "#undo"), ("ada", "#info a"), ("ada", "#save"), ("ada", "#undo"), ("ada", "#undo")], None),
        ] {
            assert_eq!(past(lines).1.as_deref(), title, "{lines:?}");
        }
        let long = "x".repeat(121);
        let lines = [("ada", format!("#startmeeting {long}")), ("ada", format!("#meetingname {long}"))];
        assert_eq!(past(&lines.each_ref().map(|(nick, text)| (*nick, text.as_str()))), (vec![Some(Tag::StartMeeting), None], None));
    }

    #[test]
    fn titles_that_the_program_told_are_taken_back_as_it_tells() {
        let called = |title: &str, before: &str| crate::domain::minutes::renamed(title, before);
        let lines = [
            ("ada", "#info a".to_owned()),
            ("ada", "#meetingname Neap tides".to_owned()),
            ("", called("Neap tides", "Weekly")),
            ("ada", "#undo → #meetingname Neap tides".to_owned()),
            ("", called("Weekly", "Neap tides")),
            ("ada", "#undo → #info a".to_owned()),
        ];
        let tagged = |count: usize| {
            let row = |(n, (nick, text)): (usize, &(&str, String))| row(n, nick, text, None);
            let mut rows: Vec<ChatData> = lines[..count].iter().enumerate().map(row).collect();
            for row in rows.iter_mut().filter(|row| row.nick.as_deref() == Some("")) {
                (row.kind, row.nick) = (Kind::Rescheduled, None);
            }
            let title = tag_as(&mut rows, true);
            (title, rows[2].tag, Fold::over(&rows).minutes(&[], &[], None).items.len())
        };
        assert_eq!(tagged(3), (Some("Neap tides".into()), Some(Tag::MeetingName), 1));
        assert_eq!(tagged(5), (Some("Weekly".into()), Some(Tag::MeetingName), 1), "the title alone was taken back");
        assert_eq!(tagged(6), (Some("Weekly".into()), Some(Tag::MeetingName), 0));
    }

    #[test]
    fn titles_may_read_as_what_the_program_tells_of_titles() {
        let (tricky, before) = ("B”, no longer “C", "D”, no longer “E");
        let command = format!("#meetingname {tricky}");
        let told = crate::domain::minutes::renamed;
        let title = |lines: &[(&str, &str)]| {
            let mut rows: Vec<ChatData> = lines.iter().enumerate().map(|(n, (nick, text))| row(n, nick, text, None)).collect();
            for row in rows.iter_mut().filter(|row| row.nick.as_deref() == Some("")) {
                (row.kind, row.nick) = (Kind::Rescheduled, None);
            }
            tag_as(&mut rows, true)
        };
        let (given, back) = (told(tricky, before), told(before, tricky));
        let undo = format!("#undo → {command}");
        let begin = [("ada", command.as_str()), ("", given.as_str())];
        assert_eq!(title(&begin).as_deref(), Some(tricky));
        assert_eq!(title(&[begin[0], begin[1], ("ada", undo.as_str()), ("", back.as_str())]).as_deref(), Some(before));
        let by_organizer = format!("This event is now called “{tricky}”.");
        for behind in [("ada", "hello"), ("ada", "#info a"), ("", "This event takes place after all.")] {
            assert_eq!(title(&[behind, ("", by_organizer.as_str())]).as_deref(), Some(tricky), "{behind:?}");
        }
        // Of a command that was emptied there is what the program told.
        let plain = told("Neap tides", "Weekly");
        assert_eq!(title(&[("ada", ""), ("", plain.as_str())]).as_deref(), Some("Neap tides"));
    }

    #[test]
    fn behind_the_end_nothing_is_noted_until_somebody_begins_again() {
        let lines = [
            ("ada", "#startmeeting"),
            ("bob", "#endmeeting"),
            ("ada", "#endmeeting"),
            ("ada", "#topic late"),
            ("bob", "#info late"),
            ("bob", "#startmeeting"),
            ("ada", "#topic not hers"),
            ("bob", "#topic his"),
        ];
        let [start, end, topic] = [Tag::StartMeeting, Tag::EndMeeting, Tag::Topic].map(Some);
        assert_eq!(tags(&lines), [start, None, end, None, None, start, None, topic]);
        // Whoever ends what nobody began.
        assert_eq!(tags(&[("ada", "#topic a"), ("bob", "#endmeeting"), ("bob", "#info b")]), [topic, end, None]);
    }
}
