//! The table of `docs/formatting.md`, and texts that are made to break it.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const ATTRIBUTES: &str = " target=\"_blank\" rel=\"nofollow noopener noreferrer\"";

/// The tables of `docs/formatting.md`: what is typed, and what is shown.
fn table() -> Vec<(String, String)> {
    let page = include_str!("../../../docs/formatting.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix("` |"));
    let rows = rows.map(|row| {
        let (typed, shown) = row.split_once("` | `").expect("a row has two cells");
        (cell(&format!("`{typed}`")), cell(&format!("`{shown}`")))
    });
    rows.collect()
}

/// Returns the content of a cell, without the backticks around it.
fn cell(cell: &str) -> String {
    let ticks = cell.bytes().take_while(|byte| *byte == b'`').count();
    let inside = &cell[ticks..cell.len() - ticks];
    let is_padded = inside.starts_with(" `") || inside.ends_with("` ");
    let inside = if is_padded { inside[1..inside.len() - 1].to_owned() } else { inside.to_owned() };
    inside.replace("\\|", "|").replace('⏎', "\n")
}

#[test]
fn messages_are_shown_as_the_documentation_says() {
    let rows = table();
    assert!(rows.len() >= 60, "{} rows", rows.len());
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(typed, shown)| {
            let html = inline(typed).replace(ATTRIBUTES, "");
            (html != *shown).then(|| format!("typed   {typed}\nshown   {html}\ndocs    {shown}\n"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn links_open_apart_and_say_nothing_of_where_they_were() {
    assert_eq!(inline("[docs](https://example.org)"), format!("<a href=\"https://example.org\"{ATTRIBUTES}>docs</a>"));
}

#[test]
fn what_is_to_be_read_has_no_marks() {
    for (text, read) in [
        ("**bold** *it* `a<b` [docs](https://example.org)", "bold it a<b docs"),
        ("2 * 3 * 4 = <b>24</b> & more", "2 * 3 * 4 = <b>24</b> & more"),
        ("one\n**two**\n", "one\ntwo"),
        ("words alone", "words alone"),
        ("a\n```rust\n  b\n```\nc", "a\n  b\nc"),
    ] {
        assert_eq!(unmarked(text), read);
    }
}

#[test]
fn nothing_dangerous_passes() {
    for text in [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](JavaScript:alert(1)) ![x](vbscript:x) [x](//example.org) [x](/\\example.org)",
        "![x](data:text/html,<script>)",
        "<img src=x onerror=alert(1)>",
        "<a href=\"javascript:alert(1)\">x</a>",
        "<javascript:alert(1)>",
        "`</code><script>`",
        "```\n</code></pre><script>\n```",
        "[x](https://example.org/\"onclick=alert(1)//)",
        "https://example.org/\"onclick=alert(1)//",
        "https://example.org/'><script>alert(1)</script>",
    ] {
        for out in [inline(text), blocks(text), plain(text)] {
            let lower = out.to_lowercase();
            assert!(!lower.contains("<script") && !lower.contains("<img") && !lower.contains("<a href=\"javascript"), "{out}");
            assert!(!lower.contains("<a href=\"data") && !lower.contains("<a href=\"//"), "{out}");
            let mut tags = lower.split('<').skip(1).map(|tag| tag.split('>').next().unwrap_or_default());
            assert!(!tags.any(|tag| tag.contains("onclick")), "{out}");
        }
    }
}

/// The tags of some HTML, and the text between them. Knows only the HTML that this module writes.
fn parse(html: &str) -> (Vec<String>, String) {
    let (mut tags, mut open, mut text) = (Vec::new(), Vec::new(), String::new());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        let end = at + rest[at..].find('>').expect("a tag ends");
        let tag = &rest[at + 1..end];
        let name = tag.split(' ').next().unwrap_or_default().to_owned();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop().as_deref(), Some(name), "{html}"),
            None if name == "br" => text.push('\n'),
            None => open.push(name.clone()),
        }
        if name == "pre" || name == "/pre" {
            text.push('\n');
        }
        tags.push(name);
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty(), "{html} leaves {open:?} open");
    text.push_str(rest);
    assert!(!text.contains('>') && !text.contains('"'), "{html}");
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    (tags, text)
}

/// Checks that HTML has no other elements than a message may have, and that nothing of the text is lost but marks.
fn check(text: &str) {
    let html = inline(text);
    let (tags, shown) = parse(&html);
    let allowed: BTreeSet<&str> = BTreeSet::from(["a", "code", "strong", "em", "br", "pre"]);
    assert!(tags.iter().all(|tag| allowed.contains(tag.trim_start_matches('/'))), "{text:?} gave {html}");
    // The shown text is the typed text, without some of the marks: every other character, in order.
    let is_mark = |c: char| "*_`\\<>[]()!#\n ".contains(c);
    let mut typed = text.chars();
    for c in shown.chars().filter(|c| *c != '\n') {
        assert!(typed.any(|it| it == c), "{text:?} gave {html}");
    }
    let is_whole = !tags.iter().any(|tag| tag == "a" || tag == "pre");
    if is_whole {
        let words = |text: &str| text.chars().filter(|c| !is_mark(*c)).collect::<String>();
        assert_eq!(words(&shown), words(text), "{html}");
    }
    assert!(html.len() <= text.len() * 64 + 64);
}

#[test]
fn the_worst_texts_are_read_in_one_walk() {
    for sign in [
        "*_",
        "*_*_*_",
        "`",
        "``` ",
        "[",
        "](",
        "![",
        "[](",
        "[a](",
        "[a](http://a.b",
        "<",
        "<h",
        "<https://",
        "**_",
        "*a ",
        "_a_",
        "a*b_",
        "\\",
        "\\_",
        "\\`",
        "`a``b```c",
        "```\n",
        "```a\n",
        "http://",
        "www.",
        "https://a.b/(",
        "https://a.b/),",
        "(",
        "*a**b***c",
        "~~",
        "a\n",
        "- ",
        "> ",
        "1. ",
        "&lt;",
        "\u{e0}*",
        "の*",
        "[a](https://a.b/)",
        "https://a.b/\u{200d}",
        "\n```\n",
        "*[a](https://a.b/*",
    ] {
        let text = sign.repeat(4_000 / sign.chars().count());
        let text = text.trim();
        check(text);
        check(&format!("{text}{}", "*_`)]>".repeat(20)));
        let _ = blocks(text);
    }
    check(&format!("{}x{}", "`".repeat(1_999), "`".repeat(2_000)));
    check(&format!("{}x{}", "*".repeat(1_999), "*".repeat(2_000)));
    check(&(1..80).map(|n| "`".repeat(n)).collect::<Vec<_>>().join("\n"));
}

#[test]
fn descriptions_have_paragraphs_and_lists() {
    let out = blocks("# Title\n\nHello **all**\n\n- one\n- two\n\nhttps://example.org");
    for part in ["<h3>Title</h3>", "<p>Hello <strong>all</strong></p>", "<li>one</li>", "href=\"https://example.org\""] {
        assert!(out.contains(part), "{out}");
    }
}

#[test]
fn words_in_blocks_are_read_as_in_messages() {
    for (text, shown) in [
        ("- ¯\\_(ツ)_/¯\n- `__init__`\n- __init__.py", "<ul><li>¯\\_(ツ)_/¯</li><li><code>__init__</code></li><li>__init__.py</li></ul>"),
        ("\\\\files\\new", "<p>\\\\files\\new</p>"),
        ("&lt;b&gt; <b>x</b>", "<p>&amp;lt;b&amp;gt; &lt;b&gt;x&lt;/b&gt;</p>"),
        (
            "> *a*\n> https://example.org/_b_/c",
            "<blockquote><p><em>a</em>\n<a href=\"https://example.org/_b_/c\">https://example.org/_b_/c</a></p></blockquote>",
        ),
        ("~~old~~ a[i](j)", "<p><del>old</del> a[i](j)</p>"),
        ("one  \ntwo", "<p>one<br>\ntwo</p>"),
        ("\\- no list", "<p>- no list</p>"),
        ("1\\. no list", "<p>1. no list</p>"),
        ("\\# no heading", "<p># no heading</p>"),
        ("\\*not italic\\*", "<p>*not italic*</p>"),
        ("## A _b_ `c`", "<h3>A <em>b</em> <code>c</code></h3>"),
        ("[docs][1]\n\n[1]: https://example.org", "<p><a href=\"https://example.org\">docs</a></p>"),
        ("```rust\nfn a() {\n    *b\n}\n```", "<pre><code>fn a() {\n    *b\n}\n</code></pre>"),
        ("    *code*\n", "<pre><code>*code*\n</code></pre>"),
        ("`a\nb`", "<p><code>a b</code></p>"),
        ("- a\n  *b*\n\n  c", "<ul><li><p>a\n<em>b</em></p><p>c</p></li></ul>"),
        ("<div>\n*x*\n</div>", "&lt;div&gt;\n*x*\n&lt;/div&gt;"),
    ] {
        let out = blocks(text).replace(ATTRIBUTES, "");
        let out = out.replace(">\n<", "><").trim_end().replace(">\n</", "></");
        assert_eq!(out, shown.replace(">\n<", "><"), "{text}");
    }
}

#[test]
fn lists_and_quotes_in_each_other_end_at_some_depth() {
    for (sign, tag) in [("> ", "<blockquote"), ("1. ", "<ol"), ("> 1. ", "<ol")] {
        let deep = blocks(&format!("{}the end", sign.repeat(3_000)));
        assert!((1..=16).contains(&deep.matches(tag).count()) && deep.contains("the end"), "{deep}");
        assert_eq!(deep.matches("<blockquote").count(), deep.matches("</blockquote>").count());
        assert_eq!(deep.matches("<li").count(), deep.matches("<ol").count());
    }
    let fine = blocks(&format!("{}the end", "> ".repeat(16)));
    assert_eq!(fine.matches("<blockquote").count(), 16);
}

#[test]
fn messages_of_before_are_told_from_changed_ones() {
    assert_eq!(former_markup::inline("**bold** *it* `a<b`"), "<strong>bold</strong> <em>it</em> <code>a&lt;b</code>");
    assert_eq!(former_markup::inline("```\nlet a = 1;\n  b();\n```"), "<code>let a = 1;<br>  b();</code>");
    assert_eq!(former_markup::inline("¯\\_(ツ)_/¯"), "¯_(ツ)_/¯");
}

proptest! {
    #[test]
    fn any_text_keeps_its_words_and_makes_no_other_elements(
        pieces in prop::collection::vec("(\\*|_|`|``|```|\\\\|<|>|\\[|\\]|\\(|\\)|!|\n|\n```\n| |https://example.org/|www\\.a\\.b|[a-z]{1,3}|の|é|👍|&lt;|\"|')", 0..30),
    ) {
        check(pieces.concat().trim());
    }

    #[test]
    fn words_alone_come_out_as_they_are_by_either_way(text in "[\\p{L}\\p{N} .,;?'()-]{0,60}") {
        if is_words_alone(&text) {
            prop_assert_eq!(markup::html(&markup::message(&text)), text);
        }
    }

    #[test]
    fn any_document_is_harmless(text in "([-*_`<>\\[\\]()#\n 1.~\\\\&;]|https://a\\.b/|[a-z]){0,60}") {
        let html = blocks(&text);
        prop_assert!(!html.contains("<img") && !html.contains("<script"));
    }
}
