//! What people type into a search, and how fast: everything gets an answer in words, and whoever is too fast loses nothing.

use serde_json::json;

use super::queries::{found, look, said};
use crate::support::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_typed_gets_an_answer_in_words() {
    let (app, ..) = said(&["AND the NEAR shore, OR not"]).await;
    let long = "shore ".repeat(2_000);
    for odd in [
        "",
        " ",
        "\"",
        "\"\"",
        "*",
        "-",
        "--",
        "-*",
        "AND",
        "OR",
        "NOT",
        "NEAR(",
        "NEAR(shore, 2)",
        "shore NEAR/",
        "shore NEAR/2 near",
        "AND AND",
        "NOT shore",
        "(((",
        "((shore",
        "\"shore\" \"",
        "sho*re \"*",
        "-\"",
        "from:\"*",
        "shore AND",
        "\\",
        "%",
        "_",
        "'",
        "';--",
        "(",
        ")",
        "shore)",
        "shore:",
        "words:shore",
        "^shore",
        "{a b}: c",
        "a + b",
        "from:",
        "from:\"",
        "in:",
        "in:%F0%28",
        "in:../x",
        "kind:",
        "kind:x",
        "before:",
        "before:soon",
        "after:2026-02-30",
        "before:99999999999",
        "a:",
        "k:said",
        "n:ada",
        "\u{0}",
        "\u{feff}",
        "👍",
        "<mark>",
        "!shore",
        "shore & ! |",
        "'a':*",
        "<->",
        &long,
    ] {
        look(&app, &[("q", odd)], None).await;
        let url = reqwest::Url::parse_with_params(&format!("{}/search", app.base), [("q", odd)]).unwrap();
        let page = app.client.get(url).send().await.unwrap();
        assert_eq!(page.status(), 200, "{odd:?}");
    }
    let shore = ["AND the NEAR shore, OR not"];
    for understood in
        ["NEAR(shore", "shore AND", "((near", "shore NEAR/", "\"near shore", "OR not", "shore -\"near or\"", "shore*", "^shore"]
    {
        assert_eq!(found(&app, &[("q", understood)]).await, shore, "{understood}");
    }
    for (odd, note) in [
        ("before:soon", "A date is written like"),
        ("kind:x", "There is no kind"),
        ("***", "There is no word"),
        (&long, "This search is long"),
    ] {
        let notes = look(&app, &[("q", odd)], None).await["notes"].to_string();
        assert!(notes.contains(note), "{notes}");
    }
    // Nothing that the index alone has is found by its name.
    assert_eq!(found(&app, &[("q", "k:said ")]).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_searches_too_fast_is_told_to_wait_and_keeps_what_was_typed() {
    let app = TestApp::start_with(&[("gavel.search_rate", json!(1)), ("gavel.search_burst", json!(3))]).await;
    let (slug, _) = app.meeting().await;
    // To look at the page, and to ask for nothing, is no search.
    for path in ["/search", "/search/results?q=%20", "/api/v1/search?meeting=weekly"].repeat(5) {
        assert_eq!(app.client.get(format!("{}{path}", app.base)).send().await.unwrap().status(), 200, "{path}");
    }
    for path in ["/search?q=tide", "/search/results?q=tide", "/api/v1/search?nick=ada"] {
        assert_eq!(app.client.get(format!("{}{path}", app.base)).send().await.unwrap().status(), 200, "{path}");
    }
    let paths = [format!("/search?q=tide%22%3E&meeting={slug}"), "/search/results?q=tide".into(), "/api/v1/search?q=tide".into()];
    let mut refused = Vec::new();
    for path in &paths {
        // The clock of the limit cannot be turned, and gives one back each second.
        for _ in 0..100 {
            let answer = app.client.get(format!("{}{path}", app.base)).send().await.unwrap();
            if answer.status() == 429 {
                let wait: u32 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
                assert!((1..=3).contains(&wait), "{path}: {wait}");
                refused.push(answer.text().await.unwrap());
                break;
            }
            assert_eq!(answer.status(), 200, "{path}");
        }
    }
    let [page, part, answer] = &refused[..] else { panic!("not all of them are refused: {refused:?}") };
    for words in ["what you typed is still here", "value=\"tide&quot;&gt;\"", &format!("name=\"meeting\" value=\"{slug}\"")] {
        assert!(page.contains(words), "{page}");
    }
    assert!(part.contains("Too much at once"), "{part}");
    assert_eq!(serde_json::from_str::<serde_json::Value>(answer).unwrap()["type"], "/problems/too-many");
}
