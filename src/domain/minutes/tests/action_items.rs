//! What holds of actions through several events.

use proptest::prelude::*;

use super::{Log, row, ts};
use crate::domain::minutes::*;
use crate::domain::schedule::event::EventId;
use crate::domain::talk::message::{ChatData, Kind};
use crate::domain::time::Timestamp;
use crate::domain::zone::Zone;

/// The events of a meeting, each with its log and the row at which it begins.
struct Series {
    logs: Vec<(Whence, Log)>,
}

impl Series {
    /// Events of these lines, one after another.
    fn of(events: &[&[(&str, &str)]]) -> Self {
        let mut series = Self { logs: Vec::new() };
        for lines in events {
            series.begin();
            for (nick, text) in *lines {
                series.say(nick, text);
            }
        }
        series
    }

    fn begin(&mut self) {
        let number = self.logs.len();
        let event = EventId::random();
        let whence = Whence { event, url: format!("/m/weekly/{number}"), opens_at: ts(number * 1_000), zone: Zone::utc() };
        self.logs.push((whence, Log::from(number * 1_000)));
    }

    fn say(&mut self, nick: &str, text: &str) -> Option<Hint> {
        self.logs.last_mut().unwrap().1.write(nick, text)
    }

    /// What a button does in the last event, with words of the action; without a step it takes back what was decided.
    fn press(&mut self, step: Option<Step>, given: Timestamp) -> String {
        let action = self.actions().into_iter().find(|action| action.given == given).unwrap();
        let log = &mut self.logs.last_mut().unwrap().1;
        let tag = step.and_then(Tag::of_step).unwrap_or(Tag::Strike);
        let told = told(tag, &in_words(&action), given);
        log.put(ChatData { kind: Kind::Action, ..row(0, "olga", &told, Some(tag)) });
        told
    }

    /// What the row of the last event says that was written last.
    fn last(&self) -> &str {
        &self.logs.last().unwrap().1.rows.last().unwrap().text
    }

    fn words(&self) -> Vec<(Whence, Word)> {
        let of = |(whence, log): &(Whence, Log)| {
            let words = log.fold.words(&log.people(), &[]);
            words.into_iter().map(|word| (whence.clone(), word)).collect::<Vec<_>>()
        };
        self.logs.iter().flat_map(of).collect()
    }

    fn actions(&self) -> Vec<Action> {
        trace(self.words())
    }

    /// "ada writes (ada)" of what is open.
    fn open(&self) -> Vec<String> {
        let open = self.actions().into_iter().filter(|action| !action.step.ends());
        open.map(|action| format!("{} ({})", action.text, action.nicks().join(", "))).collect()
    }

    /// The minutes of an event, as its page has them.
    fn minutes(&self, number: usize) -> Minutes {
        let (whence, log) = &self.logs[number];
        let mut words = self.words();
        words.retain(|(other, word)| other != whence && word.ts < ts((number + 1) * 1_000));
        log.fold.minutes_after(&log.people(), &[], None, &trace(words))
    }
}

fn shown(minutes: &Minutes) -> Vec<String> {
    minutes.of(Tag::Action).map(|item| format!("{} ({})", item.text, item.assignees.join(", "))).collect()
}

/// The number of a row, as a command names it.
fn n(row: usize) -> String {
    ts(row).to_string()
}

#[test]
fn what_is_done_in_the_third_event_is_not_open_in_the_fourth() {
    let mut series = Series::of(&[&[("ada", "#action ada writes"), ("bob", "#action bob reads")], &[("ada", "hello")], &[]]);
    assert_eq!(series.open(), ["ada writes (ada)", "bob reads (bob)"]);
    assert_eq!(series.say("ada", &format!("#done {}", n(0))), None);
    series.begin();
    assert_eq!(series.open(), ["bob reads (bob)"]);
    let minutes = series.minutes(2);
    let settled = &minutes.settled[0];
    assert_eq!((settled.text.as_str(), settled.step, settled.given), ("ada writes", Step::Done, ts(0)));
    assert_eq!((settled.assignees.as_slice(), settled.from.url.as_str()), (["ada".to_owned()].as_slice(), "/m/weekly/0"));
    assert!(shown(&minutes).is_empty() && series.minutes(1).settled.is_empty());
}

#[test]
fn what_goes_on_stands_in_the_minutes_once_with_those_who_are_to_do_it() {
    let mut series = Series::of(&[&[("bob", "#here Robert"), ("ada", "#action ROBERT reads")], &[("ada", "hello")]]);
    let carry = format!("#carry {}", n(1));
    assert_eq!((series.say("ada", &carry), series.say("ada", &carry)), (None, Some(Hint::Decided)));
    assert_eq!(shown(&series.minutes(1)), ["ROBERT reads (bob)"], "also where bob is not there");
    assert_eq!(series.open(), ["ROBERT reads (bob)"]);
    series.begin();
    assert_eq!(series.say("ada", &carry), None);
    assert_eq!((series.open(), shown(&series.minutes(2))), (vec!["ROBERT reads (bob)".to_owned()], vec!["ROBERT reads (bob)".to_owned()]));
    // What goes on may be done yet, in the same event: then it is not to be done any more.
    assert_eq!(series.say("ada", &format!("#done {}", n(1))), None);
    let minutes = series.minutes(2);
    assert_eq!((shown(&minutes).len(), minutes.settled.len(), series.open().len()), (0, 1, 0));
    assert_eq!(series.say("ada", &format!("#drop {}", n(1))), Some(Hint::Decided));
}

#[test]
fn undo_and_strike_bring_back_what_was_ended() {
    let mut series = Series::of(&[&[("ada", "#action ada writes")], &[("ada", "hello")]]);
    let was = series.actions();
    for (word, back) in [("done", "#undo".to_owned()), ("drop", format!("#strike {}", n(1_003))), ("carry", "#undo".to_owned())] {
        assert_eq!(series.say("ada", &format!("#{word} {}", n(0))), None);
        assert_ne!(series.actions(), was);
        assert_eq!(series.say("ada", &back), None);
        assert_eq!(series.actions(), was, "{word}");
    }
    assert_eq!(series.say("ada", &format!("#done {}", n(0))), None);
    assert_eq!(series.say("ada", &format!("#edit {} x", n(1_007))), Some(Hint::NoItem), "what ended has no words of its own");
}

#[test]
fn other_words_go_with_the_action_and_keep_whoever_still_stands_in_them() {
    let mut series = Series::of(&[
        &[("bob", "hi"), ("ada", "#action ada writes"), ("ada", &format!("#edit {} bob writes", n(1)))],
        &[("cyd", "hi"), ("ada", &format!("#carry {}", n(1)))],
    ]);
    assert_eq!(series.open(), ["bob writes (bob)"]);
    series.say("ada", &format!("#edit {} bob and cyd write", n(1_001)));
    assert_eq!((series.open(), shown(&series.minutes(1))), (vec!["bob and cyd write (cyd, bob)".to_owned()], series.open()));
    series.begin();
    series.say("ada", &format!("#carry {}", n(1)));
    assert_eq!(shown(&series.minutes(2)), ["bob and cyd write (cyd, bob)"]);
}

#[test]
fn an_action_whose_row_is_emptied_struck_or_taken_back_is_gone_from_all_events() {
    let given = [("ada", "#action ada writes")];
    let carried = ("ada", format!("#carry {}", n(0)));
    let later = [(carried.0, carried.1.as_str())];
    let mut struck = Series::of(&[&given, &later]);
    assert_eq!((struck.open().len(), shown(&struck.minutes(1)).len()), (1, 1));
    struck.logs[0].1.write("ada", &format!("#strike {}", n(0)));
    let mut undone = Series::of(&[&given, &later]);
    undone.logs[0].1.write("ada", "#undo");
    let mut emptied = Series::of(&[&given, &later]);
    let log = &mut emptied.logs[0].1;
    log.rows[0].text.clear();
    log.fold = Fold::over(&log.rows);
    for series in [struck, undone, emptied] {
        assert_eq!((series.open().len(), shown(&series.minutes(1)).len()), (0, 0));
    }
}

#[test]
fn a_row_of_the_programs_own_names_the_action_behind_its_words() {
    let words = "ada writes (#t17) to bob: (now)";
    let own =
        |row, tag, names| ChatData { tag: Some(tag), ..ChatData::bare(ts(row), Kind::Action, told(tag, words, names), String::new()) };
    let done = own(5, Tag::Done, ts(1));
    assert_eq!(done.text, format!("Done: ada writes (#t17) to bob: (now) (#t{})", n(1)));
    // Older logs name the decision that is taken back.
    for names in [ts(1), ts(5)] {
        let mut fold = Fold::over([&done]);
        assert_eq!(fold.decision(ts(1)), Some((ts(5), Step::Done)));
        fold.take(&own(6, Tag::Strike, names));
        assert_eq!(fold.decision(ts(1)), None);
        assert_eq!(fold.told(Tag::Undo, ts(7)).as_deref(), Some("#undo → “open again: ada writes (#t17) to bob: (now)”"));
    }
    // Somebody's message of the same words is no such row.
    let forged = ChatData { kind: Kind::Said, ..own(7, Tag::Done, ts(1)) };
    assert_eq!(Fold::over([&forged]).decision(ts(1)), None);
}

#[test]
fn one_person_is_one_however_the_name_is_written() {
    let mut series = Series::of(&[
        &[
            ("zoe", "#action zoe asks"),
            ("Ada", "#action ada writes"),
            ("bob", "#action bob and ada sing"),
            ("bob", "#action somebody cooks"),
        ],
        &[("ＡＤＡ", "#action ada draws")],
    ]);
    let actions = series.actions();
    let people: Vec<(Option<&str>, Vec<&str>)> =
        by_person(&actions).into_iter().map(|(nick, theirs)| (nick, theirs.iter().map(|it| it.text.as_str()).collect())).collect();
    let all = [
        (Some("zoe"), vec!["zoe asks"]),
        (Some("ＡＤＡ"), vec!["ada writes", "bob and ada sing", "ada draws"]),
        (Some("bob"), vec!["bob and ada sing"]),
        (None, vec!["somebody cooks"]),
    ];
    assert_eq!(people, all, "in the order in which they are named first");
    // Minutes of one event: what goes on may have the name in another writing.
    series.say("ＡＤＡ", &format!("#carry {}", n(1)));
    let minutes = series.minutes(1);
    let people: Vec<(Option<&str>, usize)> =
        by_person(minutes.of(Tag::Action)).iter().map(|(nick, theirs)| (*nick, theirs.len())).collect();
    assert_eq!(people, [(Some("Ada"), 2)]);
}

#[test]
fn a_button_writes_one_row_that_says_which_action_and_whose_and_so_does_what_takes_it_back() {
    let mut series = Series::of(&[&[("bob", "#here Robert"), ("ada", "#action Robert and\n ada write")], &[("ada", "hello")]]);
    let given = ts(1);
    let which = "Robert and ada write (bob, ada)";
    for (step, label) in [(Step::Carried, "Carried on"), (Step::Done, "Done"), (Step::Dropped, "Dropped"), (Step::Done, "Done")] {
        assert_eq!(series.press(Some(step), given), format!("{label}: {which} (#t{given})"));
        assert_eq!(series.actions()[0].step, step, "in the place of what was decided before");
    }
    assert_eq!((series.say("ada", "#undo"), series.last().to_owned()), (None, format!("#undo → “done: {which}”")));
    assert_eq!(series.actions()[0].step, Step::Dropped);
    // All that was decided is taken back by one row, and that by the next.
    series.press(None, given);
    assert_eq!((series.actions()[0].step, series.minutes(1).is_empty()), (Step::Given, true));
    assert_eq!((series.say("ada", "#undo"), series.last().to_owned()), (None, format!("#undo → “open again: {which}”")));
    assert_eq!((series.actions()[0].step, series.minutes(1).settled.len()), (Step::Dropped, 1));
    // What repeats the words goes with any row that has them.
    let log = &series.logs[1].1;
    let rows: Vec<Timestamp> = log.rows.iter().map(|row| row.ts).collect();
    assert_eq!(log.fold.repeating(rows[3]).collect::<Vec<_>>(), [rows[6], rows[7]]);
}

#[test]
fn a_command_on_an_action_is_taken_back_in_its_words() {
    let mut series = Series::of(&[&[("ada", "#action ada writes")], &[("ada", "hello")]]);
    let done = format!("#done {} at last → ada writes (ada)", n(0));
    assert_eq!((series.say("ada", &done), series.actions()[0].step), (None, Step::Done));
    assert_eq!(series.say("ada", &format!("#strike {}", n(1_001))), None);
    assert_eq!((series.say("ada", "#undo"), series.last()), (None, "#undo → “open again: ada writes (ada)”"));
    assert_eq!((series.say("ada", "#undo"), series.last()), (None, "#undo → “done: ada writes (ada)”"));
    assert_eq!(series.say("ada", &format!("#drop {}", n(0))), None);
    assert_eq!((series.say("ada", "#undo"), series.last()), (None, "#undo → #drop"), "older rows tell no words");
    let long = Series::of(&[&[("ada", &format!("#action ada {}", "x ".repeat(1_900)))]]);
    let words = in_words(&long.actions()[0]);
    assert!(words.chars().count() < 250 && words.ends_with("… (ada)"), "{words}");
}

proptest! {
    /// Whatever is decided: what is open is what nobody ended last, each action once; and the minutes of each event say what
    /// the last word in it says.
    #[test]
    fn an_action_is_open_until_its_last_word_ends_it(
        events in prop::collection::vec(prop::collection::vec((0..4_usize, 0..6_usize), 0..8), 1..6)
    ) {
        let mut series = Series::of(&[&[("ada", "#action a"), ("ada", "#action b"), ("ada", "#action c"), ("ada", "#action d")]]);
        let mut open: Vec<Option<Timestamp>> = vec![None; 4];
        for decisions in events {
            series.begin();
            // What was decided here, and what each decision took the place of.
            let mut here: Vec<(usize, Option<Timestamp>)> = Vec::new();
            for (action, what) in decisions {
                let was = open[action];
                let word = ["done", "carry", "drop", "undo", "done", "carry"][what];
                let line = if word == "undo" { "#undo".to_owned() } else { format!("#{word} {}", n(action)) };
                // What another event ended is not offered here: the operation sees to that.
                if word != "undo" && was.is_some() && !here.iter().any(|(known, _)| *known == action) {
                    continue;
                }
                if series.say("ada", &line).is_some() {
                    continue;
                }
                let at = series.logs.last().unwrap().1.rows.last().unwrap().ts;
                match word {
                    "undo" => if let Some((action, was)) = here.pop() { open[action] = was; },
                    "carry" => { here.push((action, was)); open[action] = None; }
                    _ => { here.push((action, was)); open[action] = Some(at); }
                }
            }
            let still: Vec<Timestamp> = series.actions().iter().filter(|it| !it.step.ends()).map(|it| it.given).collect();
            let expected: Vec<Timestamp> = open.iter().enumerate().filter(|(_, end)| end.is_none()).map(|(row, _)| ts(row)).collect();
            prop_assert_eq!(still, expected);
            let minutes = series.minutes(series.logs.len() - 1);
            let mut told: Vec<Timestamp> = minutes.of(Tag::Action).filter_map(|it| it.carried.as_ref()).map(|it| it.given).collect();
            told.extend(minutes.settled.iter().map(|it| it.given));
            let mut decided: Vec<Timestamp> = here.iter().map(|(action, _)| ts(*action)).collect();
            for list in [&mut told, &mut decided] {
                list.sort();
            }
            decided.dedup();
            prop_assert_eq!(told, decided);
        }
    }
}
