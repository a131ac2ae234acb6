//! How questions and options are read.

use super::*;

fn read(argument: &str) -> (String, Vec<String>) {
    let question = Question::parse(Tag::StartVote, argument).unwrap();
    (question.text, question.options)
}

#[test]
fn a_question_ends_at_the_first_question_mark_that_ends_a_word() {
    for (argument, text, options) in [
        ("Lunch? Soup, Bread", "Lunch?", &["Soup", "Bread"][..]),
        ("Use https://example.org/?a=1&b=2 today? Yes, No", "Use https://example.org/?a=1&b=2 today?", &["Yes", "No"]),
        ("Is a?b fine? a, b", "Is a?b fine?", &["a", "b"]),
        ("Really?! No? a, b", "Really?! No?", &["a", "b"]),
        ("昼は？ 汁、麺，飯", "昼は？", &["汁", "麺", "飯"]),
        ("昼は？\n汁\n麺", "昼は？", &["汁", "麺"]),
        ("Lunch?? Soup, Bread", "Lunch??", &["Soup", "Bread"]),
        ("Lunch?", "Lunch?", &["Yes", "No", "Abstain"]),
        ("Lunch", "Lunch", &["Yes", "No", "Abstain"]),
        ("昼は？", "昼は？", &["Yes", "No", "Abstain"]),
        ("أين نأكل؟ هنا، هناك", "أين نأكل؟", &["هنا", "هناك"]),
        ("کجا؟ \"اینجا، الان\"، آنجا", "کجا؟", &["اینجا، الان", "آنجا"]),
        ("Πού\u{37e} Εδώ, εκεί", "Πού\u{37e}", &["Εδώ", "εκεί"]),
        ("昼は？ 汁､麺", "昼は？", &["汁", "麺"]),
        ("Q?! A, B", "Q?! A, B", &["Yes", "No", "Abstain"]),
    ] {
        assert_eq!(read(argument), (text.to_owned(), options.iter().map(|it| (*it).to_owned()).collect()), "{argument}");
    }
    assert_eq!(Question::parse(Tag::StartVote, "？ a, b").err(), Some(Hint::Empty(Tag::StartVote)));
}

#[test]
fn quotation_marks_protect_what_separates_options() {
    for (list, options) in [
        ("\"Soup, hot\", Bread", &["Soup, hot", "Bread"][..]),
        ("“Soup, hot”, „Brot, kalt“ , «riz, blanc»", &["Soup, hot", "Brot, kalt", "riz, blanc"]),
        ("「汁、麺」、飯", &["汁、麺", "飯"]),
        ("'Soup, hot', Bread", &["Soup, hot", "Bread"]),
        ("‘Soup, hot’, ’Bröd, kallt’, ‚Brot, kalt‘", &["Soup, hot", "Bröd, kallt", "Brot, kalt"]),
        ("'It's hot, isn't it', No", &["It's hot, isn't it", "No"]),
        ("don't, won't", &["don't", "won't"]),
        ("'tis, 'twas", &["'tis", "'twas"]),
        ("the boys', the girls'", &["the boys'", "the girls'"]),
        ("’tis, ’twas", &["’tis", "’twas"]),
        ("»Suppe, heiß«, ‹riz, blanc›", &["Suppe, heiß", "riz, blanc"]),
        ("the \"best\" one, another", &["the \"best\" one", "another"]),
        ("\"best\" one, another", &["\"best\" one", "another"]),
        ("\"open, b", &["\"open", "b"]),
        ("a,, b, ,c,", &["a", "b", "c"]),
        ("\"\", a, b", &["\"\"", "a", "b"]),
        ("\u{200b}, a, b", &["a", "b"]),
    ] {
        let expected = options.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        assert_eq!(read(&format!("What? {list}")).1, expected, "{list}");
    }
}

#[test]
fn options_that_look_alike_are_refused_and_stay_readable_in_logs() {
    for list in ["Paul, PauI", "Тom, Tom", "1, l", "O, 0", "Soup, soup, Bread", "caf\u{435}, cafe", "x, y, \"X\""] {
        let argument = format!("Which? {list}");
        let refused = Question::ask(Tag::StartVote, &argument);
        assert!(matches!(refused, Err(Hint::OptionsAlike(..))), "{list}: {refused:?}");
    }
    for list in ["A, a", "café, cafe\u{301}", "＋1, +1"] {
        assert_eq!(Question::ask(Tag::StartVote, &format!("Which? {list}")), Err(Hint::Options), "{list}: only one option is left");
    }
    assert!(Question::ask(Tag::StartVote, "Which? a b, ab").is_ok());
    assert_eq!(read("Which? Paul, PauI").1, ["Paul", "PauI"]);
    for list in ["modern, modem", "+1, 0, -1", "1, 2, 3", "Soup, Soups", "👍, 👎", "I, II, III", "здесь, там", "昨日, 今日"]
    {
        assert!(Question::ask(Tag::StartVote, &format!("Which? {list}")).is_ok(), "{list}");
    }
    assert!(Question::ask(Tag::Motion, "we go home").is_ok());
}

#[test]
fn an_option_is_chosen_however_its_apostrophes_and_hyphens_are_typed() {
    let question = Question::parse(Tag::StartVote, "What? \"Soup, hot\", don't, -1").unwrap();
    for (typed, option) in [("soup, HOT", 0), ("don’t", 1), ("−1", 2)] {
        assert_eq!(question.choose(typed), Some(option), "{typed}");
    }
    assert_eq!(question.choose("\"Soup\", hot"), None);
}
