//! What the program says of commands: in their rows, to their writers, and of votes that were changed.

use super::{Log, row, ts};
use crate::domain::minutes::*;
use crate::domain::talk::message::{ChatData, Utterance};

#[test]
fn undo_of_older_logs_takes_back_items_alone() {
    let mut log = Log::of(&[("ada", "#info a"), ("bob", "#here Robert"), ("ada", "#info b")]);
    let older = row(3, "ada", "#undo", Some(Tag::Undo));
    log.rows.extend([older.clone(), ChatData { ts: ts(4), ..older }]);
    let minutes = Fold::over(&log.rows).minutes(&log.people(), &[], None);
    assert_eq!((minutes.is_empty(), minutes.attendees[1].alias.as_deref()), (true, Some("Robert")));
}

#[test]
fn the_row_that_ends_a_vote_says_how_it_came_out() {
    let ends = |start: &str, votes: &[&str]| {
        let mut log = Log::of(&[("ada", start)]);
        for (n, vote) in votes.iter().enumerate() {
            assert_eq!(log.write(&format!("guest {n}"), &format!("#vote {vote}")), None);
        }
        log.write("ada", "#close");
        assert!(log.fold.vote_that_is_on().is_none());
        log.rows.pop().unwrap().text
    };
    let lunch = "#startvote (secret) Lunch? Soup, Bread";
    assert_eq!(ends(lunch, &["soup", "bread", "Bread"]), "#endvote → Lunch? Bread (Soup: 1, Bread: 2)");
    assert_eq!(ends(lunch, &["soup", "bread"]), "#endvote → Lunch? no majority (Soup: 1, Bread: 1)");
    assert_eq!(ends(lunch, &[]), "#endvote → Lunch? nobody voted (Soup: 0, Bread: 0)");
    assert_eq!(ends("#motion Paint it green", &["+1"]), "#endvote → Paint it green: accepted (+1: 1, 0: 0, -1: 0)");
}

#[test]
fn of_a_vote_in_secret_the_row_at_its_end_tells_the_counts_where_no_ballot_is_in_the_log() {
    let start = "#startvote (secret) Where (if at all)? Here, (There), 2: 1";
    let of = |manner: &str, end: &str| {
        let rows = [row(0, "ada", &start.replace("secret", manner), Some(Tag::StartVote)), row(1, "ada", end, Some(Tag::EndVote))];
        let minutes = Fold::over(&rows).minutes(&[], &[], Some(ts(9))).of_elsewhere();
        let vote = &minutes.votes[0];
        assert!(vote.options.iter().all(|option| option.voters.is_empty()));
        (vote.options.iter().map(|option| option.count).collect::<Vec<_>>(), vote.cast, vote.result.clone())
    };
    let told = "#endvote → Where (if at all)? (There) (Here: 1, (There): 12, 2: 1: 0)";
    assert_eq!(of("secret", told), (vec![Some(1), Some(12), Some(0)], Some(13), Some("(There)".into())));
    let nobody = "#endvote → Where? nobody voted (Here: 0, (There): 0, 2: 1: 0)";
    assert_eq!(of("secret", nobody), (vec![Some(0); 3], Some(0), None));
    for silent in ["#endvote", "", "#endvote → Where? Here (Here: 1, There: 0)", "#endvote → Where? Here (Here: 1, (There): x, 2: 1: 0)"]
    {
        assert_eq!(of("secret", silent), (vec![None; 3], None, None), "{silent:?}");
    }
    // Who voted in the open stands in the log.
    assert_eq!(of("open", told), (vec![Some(0); 3], Some(0), None));
}

#[test]
fn a_ballot_that_is_in_the_log_goes_before_what_the_end_tells() {
    let mut log = Log::of(&[("ada", "#startvote (secret) Lunch? Soup, Bread"), ("bob", "#vote soup"), ("cyd", "#vote bread")]);
    log.write("ada", "#endvote");
    for (emptied, counts) in [(None, [1, 1]), (Some(1), [0, 1]), (Some(2), [0, 0])] {
        if let Some(n) = emptied {
            log.rows[n].text.clear();
        }
        let minutes = Fold::over(&log.rows).minutes(&[], &[], Some(ts(9)));
        let found: Vec<usize> = minutes.votes[0].options.iter().filter_map(|option| option.count).collect();
        assert_eq!(found, counts);
        assert_eq!(minutes.votes[0].cast, Some(counts.iter().sum()));
    }
}

#[test]
fn the_question_of_a_vote_is_changed_struck_and_corrected_like_an_item() {
    let mut log = Log::of(&[("ada", "#startvote Lunhc? Soup, Bread"), ("bob", "#vote soup")]);
    assert_eq!(log.write("ada", &format!("#edit {} Lunch?", ts(0))), None);
    log.write("ada", "#endvote");
    let correction = |text: Option<&str>| Correction { ts: ts(0), text: text.map(str::to_owned), by: "olga".into(), at: ts(99) };
    let corrected = |text| log.fold.minutes(&[], &[correction(text)], None);
    let vote = &corrected(Some("Dinner?")).votes[0];
    assert_eq!((vote.question.as_str(), vote.was.as_deref(), vote.edited, vote.cast), ("Dinner?", Some("Lunch?"), Some(ts(2)), Some(1)));
    let (votes, struck) = (corrected(None).votes.len(), corrected(None).struck);
    assert_eq!((votes, struck[0].tag, struck[0].text.as_str()), (0, Tag::StartVote, "Lunch?"));
    log.write("ada", "#startvote Now?");
    assert_eq!((log.write("ada", &format!("#strike {}", ts(4))), log.minutes().votes.len()), (None, 1));
    assert_eq!(log.write("bob", "#vote yes"), Some(Hint::NoVote), "what was taken out is not on");
    assert_eq!((log.write("ada", "#undo"), log.write("bob", "#vote yes")), (None, None));
}

#[test]
fn what_a_message_holds_beside_its_command_is_told_to_its_writer() {
    let read = |text: &str| Utterance::parse(text).map(|it| (it.command.is_some(), it.votes(), it.hint)).unwrap();
    assert_eq!(read("so be it\n #action ada paints\n#1234"), (false, false, Some(Hint::Inside(Tag::Action))));
    assert_eq!(read("#info a\n#idea b\n#vote c"), (true, true, Some(Hint::Inside(Tag::Vote))));
    assert_eq!(read("#info a\nb #idea c\n\\#idea d"), (true, false, None));
    assert_eq!(read("#startvote soup, bread"), (true, false, Some(Hint::AllQuestion)));
    for hint in [Hint::Inside(Tag::Action), Hint::AllQuestion] {
        assert!(!hint.to_string().contains("was sent as a message"), "{hint}");
    }
}

#[test]
fn what_repeats_words_goes_with_them() {
    let mut log = Log::of(&[("ada", "#info a"), ("ada", "#undo"), ("ada", "#startvote Lunch?"), ("ada", "#endvote")]);
    log.write("ada", "#undo");
    let repeating = |n: usize| log.fold.repeating(ts(n)).collect::<Vec<_>>();
    assert_eq!([repeating(0), repeating(2), repeating(3)], [vec![ts(1)], vec![ts(3), ts(4)], vec![ts(4)]]);
}
