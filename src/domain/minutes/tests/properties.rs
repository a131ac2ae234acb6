//! What holds for every sequence of commands, and for any text.

use proptest::prelude::*;

use super::{Log, row, ts};
use crate::domain::minutes::*;
use crate::domain::talk::message::ChatData;

/// Lines that are commands, nearly commands, and anything else.
fn lines() -> impl Strategy<Value = String> {
    let words = TABLE.iter().flat_map(|entry| entry.words.iter().copied()).collect::<Vec<_>>();
    prop_oneof![
        6 => (prop::sample::select(words), "( (ada|bob|yes|no|\\+1|x\\?|a, b|\\(secret\\))){0,3}").prop_map(|(word, rest)| format!("#{word}{rest}")),
        2 => (0..40_usize, prop::bool::ANY).prop_map(|(n, edit)| if edit { format!("#edit {} ada", ts(n)) } else { format!("#strike {}", ts(n)) }),
        1 => "\\PC{0,40}",
        1 => "[#\\\\h]\\PC{0,20}",
    ]
}

fn logs() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec((prop::sample::select(vec!["ada", "bob", "[ken"]).prop_map(str::to_owned), lines()), 0..40)
}

fn written(lines: &[(String, String)]) -> Log {
    let mut log = Log::default();
    for (nick, text) in lines {
        log.write(nick, text);
    }
    log
}

/// All but who was there, which no undo takes back.
fn noted(log: &Log) -> (Vec<Item>, Vec<Poll>) {
    let people = [Person { nick: "ada".into(), also: Vec::new(), lines: 0 }, Person { nick: "bob".into(), also: Vec::new(), lines: 0 }];
    let minutes = log.fold.minutes(&people, &[], None);
    (minutes.items, minutes.votes)
}

proptest! {
    #[test]
    fn undo_restores_the_minutes_from_before_each_item(lines in logs()) {
        let mut log = Log::default();
        let mut before: Vec<(Vec<Item>, Vec<Poll>)> = Vec::new();
        for (nick, text) in &lines {
            // Names change who is meant from then on; who is a chair is no item.
            if matches!(read(text), Read::Command(command) if matches!(command.tag, Tag::Here | Tag::Nick | Tag::Undo | Tag::Chair | Tag::Unchair)) {
                continue;
            }
            let now = noted(&log);
            log.write(nick, text);
            match log.rows.last().and_then(|row| row.tag) {
                Some(tag) if tag.is_item() => before.push(now),
                // What is cast in the vote that is on stays when a later item is taken back, and goes with the vote.
                Some(Tag::Vote) => {
                    let cast = noted(&log).1.into_iter().find(|vote| vote.ended.is_none()).unwrap();
                    for vote in before.iter_mut().flat_map(|known| &mut known.1).filter(|vote| vote.ts == cast.ts) {
                        *vote = Poll { question: vote.question.clone(), edited: vote.edited, ..cast.clone() };
                    }
                }
                _ => {}
            }
        }
        while let Some(known) = before.pop() {
            prop_assert_eq!(log.write("ada", "#undo"), None);
            prop_assert_eq!(noted(&log), known);
        }
        prop_assert_eq!(log.write("ada", "#undo"), Some(Hint::NothingToUndo));
    }

    #[test]
    fn any_beginning_of_any_rows_makes_minutes(lines in logs(), tags in prop::collection::vec(prop::option::of(0..TABLE.len()), 40)) {
        // Tags that fit their texts, and any others, as a newer program or a broken database may have them.
        let honest = written(&lines);
        let strange: Vec<ChatData> =
            lines.iter().zip(&tags).enumerate().map(|(n, ((nick, text), tag))| row(n, nick, text, tag.map(|tag| TABLE[tag].tag))).collect();
        for rows in [&honest.rows, &strange] {
            for end in 0..=rows.len() {
                let minutes = Fold::over(&rows[..end]).minutes(&honest.people(), &[], Some(ts(99)));
                let sections = minutes.sections();
                prop_assert_eq!(sections.iter().map(|it| it.items.len() + usize::from(it.topic.is_some())).sum::<usize>(), minutes.items.len());
                prop_assert_eq!(sections.iter().map(|it| it.votes.len()).sum::<usize>(), minutes.votes.len());
            }
        }
    }

    #[test]
    fn any_text_can_be_read(text in "\\PC*", tail in "(?s).{0,30}") {
        for text in [text.clone(), format!("#{text}"), format!("#startvote {text}{tail}"), format!("#action {text}{tail}")] {
            let minutes = Log::of(&[("ada", text.trim())]).minutes();
            match read(text.trim()) {
                Read::Command(command) if command.tag.is_text() => prop_assert_eq!(&minutes.items[0].text, &command.argument),
                _ => prop_assert!(minutes.items.is_empty()),
            }
        }
    }
}
