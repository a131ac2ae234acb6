//! What commands mean, line by line.

#[cfg(test)]
pub(super) mod action_items;
#[cfg(test)]
pub(super) mod properties;
#[cfg(test)]
pub(super) mod system_text;

use super::*;
use crate::domain::talk::message::{ChatData, Kind};
use crate::domain::time::Timestamp;

/// A log of one person a line, as a chair writes it: tagged where the fold takes it.
#[derive(Default)]
pub(super) struct Log {
    pub fold: Fold,
    pub rows: Vec<ChatData>,
    /// The number of its first row.
    first: usize,
}

impl Log {
    /// A log without rows, whose first will have this number.
    pub fn from(first: usize) -> Self {
        Self { first, ..Self::default() }
    }

    pub fn of(lines: &[(&str, &str)]) -> Self {
        let mut log = Self::default();
        for (nick, text) in lines {
            log.write(nick, text);
        }
        log
    }

    /// Writes a line, and gives why it stayed chat, if it looked like a command.
    pub fn write(&mut self, nick: &str, text: &str) -> Option<Hint> {
        let (tag, hint) = match read(text) {
            Read::Command(command) => match self.fold.refuses(&command) {
                None => (Some(command.tag), None),
                hint => (None, hint),
            },
            Read::Faulty(_, hint) => (None, Some(hint)),
            Read::Chat | Read::Escaped(_) => (None, None),
        };
        let now = self.first + self.rows.len();
        let told = tag.and_then(|tag| self.fold.told(tag, ts(now)));
        self.put(row(now, nick, told.as_deref().unwrap_or(text), tag));
        hint
    }

    /// Takes a row, which comes next.
    pub fn put(&mut self, row: ChatData) {
        let row = ChatData { ts: ts(self.first + self.rows.len()), ..row };
        self.fold.take(&row);
        self.rows.push(row);
    }

    pub fn people(&self) -> Vec<Person> {
        let mut people: Vec<Person> = Vec::new();
        for nick in self.rows.iter().filter_map(|row| row.nick.as_ref()) {
            match people.iter_mut().find(|person| person.nick == *nick) {
                Some(person) => person.lines += 1,
                None => people.push(Person { nick: nick.clone(), also: Vec::new(), lines: 1 }),
            }
        }
        people
    }

    pub fn minutes(&self) -> Minutes {
        self.fold.minutes(&self.people(), &[], None)
    }
}

pub(super) fn row(n: usize, nick: &str, text: &str, tag: Option<Tag>) -> ChatData {
    ChatData { nick: Some(nick.into()), tag, ..ChatData::bare(ts(n), Kind::Said, text.into(), String::new()) }
}

/// The `ts` of the row at this place.
pub(super) fn ts(n: usize) -> Timestamp {
    Timestamp::from_micros(1_795_550_400_000_000).plus_micros(i64::try_from(n).unwrap())
}

fn texts(minutes: &Minutes, tag: Tag) -> Vec<&str> {
    minutes.of(tag).map(|item| item.text.as_str()).collect()
}

/// Who is to do what.
fn actions(minutes: &Minutes) -> Vec<Vec<&str>> {
    minutes.of(Tag::Action).map(|item| item.assignees.iter().map(String::as_str).collect()).collect()
}

fn command(text: &str) -> Option<(Tag, String)> {
    match read(text) {
        Read::Command(command) => Some((command.tag, command.argument)),
        _ => None,
    }
}

#[test]
fn the_table_has_every_command_once() {
    let mut words: Vec<&str> = TABLE.iter().flat_map(|entry| entry.words.iter().copied()).collect();
    for entry in &TABLE {
        assert_eq!((entry.tag.entry().tag, Tag::parse(entry.tag.as_str())), (entry.tag, Some(entry.tag)));
        assert_eq!(
            command(&format!("#{} {} 1", entry.words[0], ts(0))).is_none(),
            entry.argument == Argument::None || entry.tag == Tag::Strike
        );
        assert!(!entry.help.is_empty() && !entry.label.is_empty());
    }
    let count = words.len();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), count);
    assert!(words.iter().all(|word| word.bytes().all(|b| b.is_ascii_lowercase())));
}

#[test]
fn a_command_begins_its_message_in_any_case() {
    assert_eq!(command("#ACTION ada\tbooks  the room \nand asks"), Some((Tag::Action, "ada\tbooks  the room \nand asks".into())));
    assert_eq!(command("#agree to all"), Some((Tag::Agreed, "to all".into())));
    assert_eq!(command("#here"), Some((Tag::Here, String::new())));
    for chat in ["#1234", "#channel is quiet", "# topic x", "say #action x", " #info", "#", "##info x", "#actions x", "#infox", "", "ünï"]
    {
        assert_eq!(read(chat), Read::Chat, "{chat:?}");
    }
    assert_eq!(read("\\#action is how one notes tasks"), Read::Escaped("#action is how one notes tasks"));
}

#[test]
fn a_line_that_begins_with_an_address_is_a_link() {
    assert_eq!(command("https://example.org/a?b is it"), Some((Tag::Link, "https://example.org/a?b is it".into())));
    assert_eq!(command("HTTP://[::1]/"), Some((Tag::Link, "HTTP://[::1]/".into())));
    for chat in ["https://", "http:// x", "httpx://y", "ftp://example.org", "see https://example.org", "hello", "h"] {
        assert_eq!(read(chat), Read::Chat, "{chat:?}");
    }
    let log = Log::of(&[("ada", "#link Agenda at https://example.org/a, as always"), ("ada", "#link none")]);
    let urls: Vec<_> = log.minutes().of(Tag::Link).map(|item| item.url.clone()).collect();
    assert_eq!(urls, [Some("https://example.org/a".to_owned()), None]);
}

#[test]
fn what_is_nearly_a_command_stays_chat_with_a_word_for_its_writer() {
    for (text, hint) in [
        ("#action", Hint::Empty(Tag::Action)),
        ("#topic  ", Hint::Empty(Tag::Topic)),
        ("#undo that, please", Hint::Alone(Tag::Undo)),
        ("#close the window", Hint::Alone(Tag::EndVote)),
        ("#startvote Lunch? Soup", Hint::Options),
        ("#startvote Lunch? Soup, SOUP ,", Hint::Options),
        ("#startvote (secret, live) Lunch?", Hint::SecretAndLive),
        ("#startvote (secret)", Hint::Empty(Tag::StartVote)),
        ("#startvote ?", Hint::Empty(Tag::StartVote)),
        ("#startvote (secret) (live) Lunch?", Hint::SecretAndLive),
        ("#topic: Lunch", Hint::Signed(Tag::Topic)),
        ("#VOTE, bob", Hint::Signed(Tag::Vote)),
        ("#edit the last one", Hint::NoItem),
        ("#edit 17", Hint::NoWords),
        ("#edit -17 x", Hint::NoItem),
        ("#strike 17 x", Hint::NoItem),
        ("#strike 99999999999999999999", Hint::NoItem),
    ] {
        assert!(matches!(read(text), Read::Faulty(_, known) if known == hint), "{text}");
        assert!(hint.to_string().ends_with("was sent as a message."), "{hint}");
    }
}

#[test]
fn items_stand_under_their_topics() {
    let log = Log::of(&[
        ("ada", "#info before all"),
        ("ada", "#topic One"),
        ("bob", "#idea a"),
        ("ada", "#subtopic One and a half"),
        ("ada", "#agreed b"),
        ("ada", "#topic Two"),
        ("bob", "#help c"),
        ("ada", "#accepted d"),
        ("ada", "#rejected e"),
    ]);
    let minutes = log.minutes();
    assert_eq!(texts(&minutes, Tag::Topic), ["One", "Two"]);
    assert_eq!(texts(&minutes, Tag::Subtopic), ["One and a half"]);
    let topics: Vec<_> = minutes.items.iter().filter(|item| item.tag != Tag::Topic).map(|item| item.topic).collect();
    assert_eq!(topics, [None, Some(ts(1)), Some(ts(1)), Some(ts(1)), Some(ts(5)), Some(ts(5)), Some(ts(5))]);
    assert_eq!(minutes.topic().map(|item| item.text.as_str()), Some("Two"));
    let sections: Vec<_> = minutes.sections().iter().map(|section| section.items.len()).collect();
    assert_eq!(sections, [1, 3, 3]);
}

#[test]
fn an_action_is_of_everybody_whose_name_stands_in_it_as_a_word() {
    let people = [
        ("ada", "hi"),
        ("Bob", "hi"),
        ("ken", "hi"),
        ("[ken", "hi"),
        ("zoë", "hi"),
        ("ada lovelace", "hi"),
        ("李雷", "hi"),
        ("ann-mary", "hi"),
    ];
    for (text, meant) in [
        ("ada and BOB do it", &["ada", "Bob"][..]),
        ("adam does it", &[]),
        ("bob: ask ada's friends, @ken!", &["Bob", "ada", "ken"]),
        ("not you too, [ken", &["[ken"]),
        ("[ken and ken", &["[ken", "ken"]),
        ("ADA  Lovelace counts", &["ada lovelace"]),
        ("ZOE\u{308} sings", &["zoë"]),
        ("请李雷写", &["李雷"]),
        ("ann does, ann-mary too", &["ann-mary"]),
        ("bob_by does", &[]),
        ("ask ada\u{2019}s cat", &["ada"]),
    ] {
        let mut log = Log::of(&people);
        log.write("ada", &format!("#action {text}"));
        assert_eq!(actions(&log.minutes()), [meant], "{text}");
    }
}

#[test]
fn who_comes_later_or_is_named_by_a_chair_or_by_another_name_is_meant_as_well() {
    let log = Log::of(&[
        ("ada", "#here Countess Ada"),
        ("bob", "#here bob"),
        ("ada", "#action the countess ada writes to cleo and dora"),
        ("ada", "#nick cleo"),
        ("ada", "#nick CLEO"),
        ("dora", "hello"),
    ]);
    let minutes = log.minutes();
    assert_eq!(actions(&minutes), [["ada", "cleo", "dora"]]);
    let there: Vec<_> = minutes.attendees.iter().map(|it| (it.nick.as_str(), it.alias.as_deref(), it.lines, it.here)).collect();
    assert_eq!(there, [("ada", Some("Countess Ada"), 4, true), ("bob", None, 1, true), ("dora", None, 1, false), ("cleo", None, 0, true)]);
}

#[test]
fn a_vote_counts_the_last_choice_of_each() {
    let mut log = Log::of(&[("ada", "#startvote Shall we (really)? Yes, no , Perhaps")]);
    for (nick, text) in [("bob", "#vote yes"), ("cleo", "#vote NO"), ("bob", "#vote Perhaps"), ("dora", "#vote no")] {
        assert_eq!(log.write(nick, text), None);
    }
    let options = ["Yes", "no", "Perhaps"].map(str::to_owned);
    assert_eq!(log.write("eve", "#vote maybe"), Some(Hint::NoOption(options.into())));
    assert_eq!(log.write("ada", "#startvote Another?"), Some(Hint::VoteIsOn));
    let running = log.minutes().votes.remove(0);
    assert_eq!((running.cast, running.ended, running.result), (Some(3), None, None));
    assert!(running.options.iter().all(|it| it.count.is_none() && it.voters.is_empty()));
    assert_eq!(log.write("ada", "#endvote"), None);
    let vote = log.minutes().votes.remove(0);
    assert_eq!((vote.question.as_str(), vote.result.as_deref(), vote.cast), ("Shall we (really)?", Some("no"), Some(3)));
    let counts: Vec<_> = vote.options.iter().map(|it| (it.count, it.voters.join(" "))).collect();
    assert_eq!(counts, [(Some(0), String::new()), (Some(2), "cleo dora".into()), (Some(1), "bob".into())]);
    assert_eq!(log.write("bob", "#vote yes"), Some(Hint::NoVote));
    assert_eq!(log.write("ada", "#endvote"), Some(Hint::NoVote));
}

#[test]
fn a_vote_without_options_is_on_yes_no_and_abstain_and_ends_with_the_event() {
    let log = Log::of(&[("ada", "#startvote Lunch now"), ("bob", "#vote yes"), ("cleo", "#vote no")]);
    let vote = log.fold.minutes(&[], &[], Some(ts(9))).votes.remove(0);
    assert_eq!(vote.options.iter().map(|it| it.option.as_str()).collect::<Vec<_>>(), ["Yes", "No", "Abstain"]);
    assert_eq!((vote.ended, vote.result), (Some(ts(9)), None));
}

#[test]
fn a_live_vote_shows_its_counts_and_a_secret_one_never_who() {
    let of = |manner: &str, end: &str| {
        let log = Log::of(&[("ada", &format!("#startvote ({manner}) Lunch?")), ("bob", "#vote yes"), ("ada", end)]);
        let vote = log.minutes().votes.remove(0);
        (vote.options[0].count, vote.options[0].voters.len(), vote.cast.unwrap())
    };
    assert_eq!(of("live", "wait"), (Some(1), 1, 1));
    assert_eq!(of("SECRET", "wait"), (None, 0, 1));
    assert_eq!(of("secret", "#endvote"), (Some(1), 0, 1));
    assert_eq!(of("open", "#endvote"), (Some(1), 1, 1));
    let log = Log::of(&[("ada", "#startvote (why not) Lunch?")]);
    assert_eq!(log.minutes().votes[0].question, "(why not) Lunch?");
}

#[test]
fn a_motion_is_accepted_rejected_or_neither() {
    let result = |votes: &[&str]| {
        let mut log = Log::of(&[("ada", "#motion Paint it green?, really")]);
        for (n, vote) in votes.iter().enumerate() {
            assert_eq!(log.write(&format!("guest {n}"), &format!("#vote {vote}")), None);
        }
        log.write("ada", "#close");
        log.minutes().votes.remove(0).result.unwrap()
    };
    assert_eq!(result(&["+1", "+1", "-1", "+0"]), "accepted");
    assert_eq!(result(&["-1", "0"]), "rejected");
    assert_eq!(result(&["+1", "-1"]), "inconclusive");
    assert_eq!(result(&[]), "inconclusive");
    let log = Log::of(&[("ada", "#motion (Secret) Paint it")]);
    assert_eq!((log.minutes().votes[0].question.as_str(), log.minutes().votes[0].manner), ("Paint it", Manner::Secret));
    assert_eq!(Log::of(&[]).write("ada", "#motion (secret)"), Some(Hint::Empty(Tag::Motion)));
}

#[test]
fn undo_takes_items_back_one_by_one() {
    let mut log = Log::of(&[("ada", "#info a"), ("bob", "#here Robert"), ("ada", "#topic b"), ("ada", "#undo")]);
    assert_eq!(log.minutes().items.len(), 1);
    let told = |log: &Log| log.rows.last().map(|row| row.text.clone());
    assert_eq!(told(&log).as_deref(), Some("#undo → #topic b"));
    assert_eq!((log.write("ada", "#undo"), told(&log).as_deref()), (None, Some("#undo → #here Robert")));
    assert_eq!(log.minutes().attendees[1].alias, None);
    assert_eq!((log.write("ada", "#undo"), log.minutes().is_empty()), (None, true));
    assert_eq!(log.write("ada", "#undo"), Some(Hint::NothingToUndo));
}

#[test]
fn undo_of_a_vote_takes_its_choices_along_and_of_its_end_opens_it_again() {
    let mut log = Log::of(&[("ada", "#startvote One?"), ("bob", "#vote yes"), ("ada", "#endvote")]);
    let ended = log.minutes();
    for (nick, text) in [("ada", "#startvote Two?"), ("cleo", "#vote yes"), ("ada", "#undo")] {
        assert_eq!(log.write(nick, text), None);
    }
    assert_eq!(log.minutes().votes, ended.votes);
    assert_eq!(log.write("ada", "#undo"), None);
    assert_eq!(log.write("dora", "#vote yes"), None);
    assert_eq!(log.write("ada", "#endvote"), None);
    let votes = log.minutes().votes;
    assert_eq!((votes.len(), votes[0].options[0].voters.join(" ")), (1, "bob dora".into()));
}

#[test]
fn chairs_change_and_strike_items_and_the_log_keeps_both() {
    let mut log = Log::of(&[("ada", "#info a"), ("ada", "#action bob paints")]);
    assert_eq!(log.write("bob", &format!("#edit {} ada does", ts(1))), None);
    assert_eq!(actions(&log.minutes()), [["ada"]]);
    assert_eq!(log.minutes().items[1].edited, Some(ts(2)));
    assert_eq!(log.write("ada", &format!("#strike {}", ts(0))), None);
    assert_eq!(texts(&log.minutes(), Tag::Info), [""; 0]);
    assert_eq!(log.write("ada", &format!("#strike {}", ts(2))), Some(Hint::NoItem), "an edit is no item");
    for again in ["strike", "edit"] {
        assert_eq!(log.write("ada", &format!("#{again} {}{}", ts(0), if again == "edit" { " b" } else { "" })), Some(Hint::Struck));
    }
    assert_eq!(log.write("ada", "#undo"), None);
    assert_eq!(texts(&log.minutes(), Tag::Info), ["a"]);
    assert_eq!((log.write("ada", "#undo"), actions(&log.minutes())), (None, vec![vec!["bob"]]));
}

#[test]
fn a_correction_lies_over_the_item_and_keeps_what_it_was() {
    let log = Log::of(&[("ada", "#info a"), ("ada", "#idea b"), ("bob", "hi")]);
    let correction = |n: usize, text: Option<&str>| Correction { ts: ts(n), text: text.map(str::to_owned), by: "olga".into(), at: ts(99) };
    let corrections = [correction(0, Some("x")), correction(1, None), correction(0, Some("y")), correction(7, Some("z"))];
    let minutes = log.fold.minutes(&log.people(), &corrections, Some(ts(50)));
    let items: Vec<_> = minutes.items.iter().map(|item| (item.text.as_str(), item.was.as_deref())).collect();
    assert_eq!(items, [("y", Some("a"))]);
    let struck = [Struck { ts: ts(1), tag: Tag::Idea, text: "b".into(), by: "olga".into(), at: ts(99) }];
    assert_eq!(minutes.struck, struck);
    assert_eq!([0, 1, 2].map(|n| minutes.has(ts(n))), [true, true, false]);
    // With words it is back; with its own it is as if nothing had been.
    let back = |words| log.fold.minutes(&[], &[correction(1, None), correction(1, Some(words))], None);
    let said =
        |minutes: Minutes| (minutes.struck.len(), minutes.of(Tag::Idea).map(|it| (it.text.clone(), it.was.clone())).collect::<Vec<_>>());
    assert_eq!(said(back("b")), (0, vec![("b".into(), None)]));
    assert_eq!(said(back("c")), (0, vec![("c".into(), Some("b".into()))]));
}

#[test]
fn a_redacted_row_keeps_its_place_and_shows_nothing() {
    let mut log = Log::of(&[
        ("ada", "#info a"),
        ("ada", "#info b"),
        ("ada", "#undo"),
        ("ada", "#startvote Lunch?"),
        ("bob", "#vote yes"),
        ("ada", "#endvote"),
        ("bob", "#here Robert"),
    ]);
    for place in [1, 2, 3, 4, 6] {
        log.rows[place].text.clear();
    }
    let minutes = Fold::over(&log.rows).minutes(&log.people(), &[], None);
    assert_eq!((texts(&minutes, Tag::Info), minutes.votes.len(), minutes.attendees[1].alias.as_deref()), (vec!["a"], 0, None));
    log.rows[0].text.clear();
    assert!(Fold::over(&log.rows).minutes(&log.people(), &[], None).is_empty());
}
