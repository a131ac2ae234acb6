//! What agendas are held to.

use super::*;

fn told(text: &str) -> Vec<(String, bool)> {
    items(text).into_iter().map(|item| (item.title, item.done)).collect()
}

fn list(items: &[(&str, bool)]) -> Vec<(String, bool)> {
    items.iter().map(|(title, done)| ((*title).to_owned(), *done)).collect()
}

#[test]
fn the_items_of_outermost_lists_are_what_is_to_be_talked_about() {
    let text = "Hello\n\n1. Last **week**\n   - notes\n   - [x] more\n2. [x] Budget `2027`\n\n## Later\n\n- [ ] Tea\n  and cake\n-\n* Rest\n\n> - quoted";
    assert_eq!(told(text), list(&[("Last week", false), ("Budget 2027", true), ("Tea and cake", false), ("Rest", false)]));
    assert_eq!(told("no list\n\n    - code"), Vec::new());
    assert_eq!(told("- [ ]\n- [X] big"), list(&[("", false), ("big", true)]));
}

#[test]
fn titles_keep_what_is_no_markup_here_as_it_was_typed() {
    for (typed, title) in [
        ("__init__.py", "__init__.py"),
        (r"¯\_(ツ)_/¯", r"¯\_(ツ)_/¯"),
        (r"\\files\new", r"\\files\new"),
        ("&lt;b&gt; &amp; AT&T &copy;", "&lt;b&gt; &amp; AT&T &copy;"),
        ("snake_case_name and 2*3*4", "snake_case_name and 2*3*4"),
        ("https://example.org/_drafts_/plan", "https://example.org/_drafts_/plan"),
        ("<b>Tea</b>", "<b>Tea</b>"),
        ("**Budget** of _2027_ with `a_b`", "Budget of 2027 with a_b"),
        ("[the plan](https://example.org/_x_)", "the plan"),
        ("~~Tea~~ Coffee", "Tea Coffee"),
    ] {
        for (before, done) in [("- ", false), ("1. [x] ", true), ("* [ ]   ", false)] {
            assert_eq!(told(&format!("{before}{typed}\n    - more\n")), list(&[(title, done)]), "{before}");
            // In a list with blank lines, its items are paragraphs.
            assert_eq!(told(&format!("{before}{typed}\n\n    more\n")), list(&[(title, done)]), "{before}");
        }
    }
}

#[test]
fn a_tick_changes_the_mark_of_one_item_and_nothing_else() {
    let text = "- [ ] one\n- two\n  - deep\n10. three\n\n    more\n";
    for (n, ticked) in [
        (0, "- [x] one\n- two\n  - deep\n10. three\n\n    more\n"),
        (1, "- [ ] one\n- [x] two\n  - deep\n10. three\n\n    more\n"),
        (2, "- [ ] one\n- two\n  - deep\n10. [x] three\n\n    more\n"),
    ] {
        let item = items(text).remove(n);
        let (changed, done) = tick(text, &item.key, true).unwrap();
        assert_eq!((changed.as_str(), done.done), (ticked, true));
        let (back, _) = tick(&changed, &item.key, false).unwrap();
        assert_eq!(
            items(&back).iter().map(|it| (&it.title, it.done)).collect::<Vec<_>>(),
            items(text).iter().map(|it| (&it.title, it.done)).collect::<Vec<_>>()
        );
    }
}

#[test]
fn an_item_is_found_again_by_its_words() {
    let key = items("- one\n- two").remove(1).key;
    assert_eq!(tick("- new\n- one\n- [ ] Two", &key, true).unwrap().0, "- new\n- one\n- [x] Two");
    assert_eq!(tick("- one\n- three", &key, true), None);
    assert_eq!(tick("- two\n- zero\n- two", &key, true), None, "which of them?");
    assert_eq!(tick("- two", "", true), None);
}

#[test]
fn what_is_unfinished_goes_over_once() {
    let from = "- [x] done\n- [ ] Budget\n   with notes\n- tea\n- Tea";
    let carried = carry(from, "Hello\n\n1. Minutes").unwrap();
    assert_eq!(carried, "Hello\n\n1. Minutes\n2. [ ] Budget\n   with notes\n3. [ ] tea", "a list goes on as it is");
    assert_eq!(carry(from, &carried).unwrap(), carried);
    assert_eq!(carry(from, "* a").unwrap(), "* a\n* [ ] Budget\n   with notes\n* [ ] tea");
    // Where its numbers would tear apart what belongs to an item, there are bullets.
    assert_eq!(carry("- tea\n  - green", "9) a").unwrap(), "9) a\n- [ ] tea\n  - green");
    assert_eq!(carry(from, "").unwrap(), "- [ ] Budget\n   with notes\n- [ ] tea");
    assert_eq!(carry(from, "- [x] TEA\n").unwrap(), "- [x] TEA\n- [ ] Budget\n   with notes");
    assert_eq!(carry(from, "```\nopen").unwrap(), "- [ ] Budget\n   with notes\n- [ ] tea\n\n```\nopen");
    assert_eq!(carry("- [x] done", "- a"), Some("- a".into()));
}

#[test]
fn the_html_has_a_place_for_the_mark_of_each_item() {
    let out = html("Hi\n\n- [x] **one**\n- two\n  - [ ] deep\n\n1. three");
    let marks: Vec<Option<bool>> = parts(&out).map(|(done, _)| done).collect();
    assert_eq!(marks, [None, Some(true), Some(false), Some(false)]);
    let whole: String = parts(&out).map(|(_, html)| html).collect();
    for part in ["<p>Hi</p>", "<li class=\"done\"><div><strong>one</strong></div></li>", "☐ deep", "<ol>\n<li><div>three</div></li>"] {
        assert!(whole.contains(part), "{part} in {whole}");
    }
    assert_eq!(parts("").count(), 0);
    assert_eq!(with_signs(&html("- [x] a\n- b")), "<ul>\n<li class=\"done\"><div>☑ a</div></li>\n<li><div>☐ b</div></li>\n</ul>\n");
}

#[test]
fn a_mark_that_makes_a_paragraph_takes_in_nothing_behind_its_item() {
    for text in [
        "- *\n[\n  - x",
        "- >\nafter\n  - x",
        "- #\nafter\n  * x",
        "1. -\nafter\n   - x",
        "- ```\n  ```\nafter\n  - x",
        "- ---\nafter\n - x",
        "-  \n  - deep\n- x",
    ] {
        let (before, key) = (told(text), items(text)[0].key.clone());
        let (changed, _) = tick(text, &key, true).unwrap();
        let after = told(&changed);
        assert_eq!(after.len(), before.len(), "{changed:?}");
        assert_eq!((after[0].1, &after[1..]), (true, &before[1..]), "{changed:?}");
    }
}

#[test]
fn nothing_dangerous_passes() {
    for text in ["- <script>alert(1)</script>", "- [x](javascript:alert(1))", "- [ ] <li class=\"done\"><button>", "<div onclick=\"a\">"] {
        let out = html(text).to_lowercase();
        assert!(
            !out.contains("<script") && !out.contains("href=\"javascript") && !out.contains("<button") && !out.contains("<div onclick"),
            "{out}"
        );
    }
}

#[test]
fn deep_nesting_is_quick() {
    for bomb in
        ["- ".repeat(5_000), "> ".repeat(5_000), "[".repeat(10_000), "*a ".repeat(3_300), "- [ ] ".repeat(1_600), "1. ".repeat(3_300)]
    {
        assert!(html(&bomb).len() < 1_000_000);
        assert!(items(&bomb).len() < 2);
    }
}

#[test]
fn agendas_that_break_a_rule_are_refused() {
    assert_eq!(check("  \r\n"), Ok(String::new()));
    assert_eq!(check("\n- a\r\n- \u{e001}b\r\n"), Ok("- a\n- b".into()));
    assert_eq!(check("a\u{0}"), Err(AgendaProblem::Controls));
    assert_eq!(check(&"x".repeat(10_001)), Err(AgendaProblem::TooLong));
}

proptest::proptest! {
    #[test]
    fn a_ticked_item_is_done_and_the_others_stay(text in "([-*+>#` \\[\\]x1.a\n]|- |\\[ \\] |\n){0,60}") {
        let before = items(&text);
        for (n, item) in before.iter().enumerate() {
            let (changed, _) = tick(&text, &item.key, !item.done).unwrap();
            let after = items(&changed);
            proptest::prop_assert_eq!(after.len(), before.len(), "{:?}", changed);
            for (m, (one, other)) in before.iter().zip(&after).enumerate() {
                proptest::prop_assert_eq!(one.done != other.done, m == n, "{:?}", changed);
            }
        }
        let marks: Vec<bool> = parts(&html(&text)).filter_map(|(done, _)| done).collect();
        proptest::prop_assert_eq!(marks, before.iter().map(|item| item.done).collect::<Vec<_>>());
    }

    #[test]
    fn carrying_twice_is_carrying_once(from in "([-*> `x\n]|- |\\[[ x]\\] |a|b|\n){0,40}", onto in "([-*> `x\n]|- |a|b|\n){0,40}") {
        if let Some(once) = carry(&from, &onto) {
            proptest::prop_assert!(unfinished(&from, &once).is_empty());
            proptest::prop_assert_eq!(carry(&from, &once), Some(once.trim_end().to_owned()));
        }
    }
}
