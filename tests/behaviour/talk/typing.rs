//! What people type: formatting, links, names in texts, votes, and messages that look like commands.

use reqwest::Method;
use serde_json::json;

use crate::calendar::pages::{send_form, signed_in};
use crate::minutes::recorded::minutes;
use crate::support::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn fenced_code_stays_a_block_and_words_stay_as_they_were_typed() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    for (text, html) in [
        ("¯\\_(ツ)_/¯ \\\\files\\new", "¯\\_(ツ)_/¯ \\\\files\\new"),
        ("&lt;b&gt; __init__.py", "&amp;lt;b&amp;gt; __init__.py"),
        ("see:\n```rust\nfn a() {\n    b();\n}\n```", "see:<pre><code>fn a() {\n    b();\n}</code></pre>"),
    ] {
        let row = app.say(&event, &ada, text).await;
        assert_eq!((&row["text"], &row["html"]), (&json!(text), &json!(html)));
    }
    let url = app.look(&event).await["url"].as_str().unwrap().to_owned();
    let page = app.client.get(format!("{}{url}", app.base)).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("<pre><code>fn a() {\n    b();\n}</code></pre>"), "lines and indentation reach the page");
    let ada = app.join_as_chair(&event, "cleo").await;
    app.say(&event, &ada, "#info see https://example.org/a\n```\n  *x*\n```").await;
    app.say(&event, &ada, "#info a*b*c https://example.org/a-b").await;
    for form in ["transcript.md", "minutes.md"] {
        let exported = app.get(&format!("/events/{event}/{form}")).await.text;
        assert!(exported.contains("https://example.org/a\n\n  ```\n    *x*\n  ```\n"), "{exported}");
        assert!(exported.contains("a\\*b\\*c https://example.org/a-b\n"), "{exported}");
    }
    for form in ["transcript.html", "minutes.html"] {
        let exported = app.get(&format!("/events/{event}/{form}")).await.text;
        assert!(exported.contains("<pre><code>  *x*</code></pre>") && exported.contains("pre code { padding: 0;"), "{exported}");
    }
    let exported = app.get(&format!("/events/{event}/transcript.md")).await.text;
    assert!(exported.contains("\n\n  ```\n  fn a() {\n      b();\n  }\n  ```\n"), "{exported}");
    assert!(exported.contains("&amp;lt;") || exported.contains("\\&lt\\;") || exported.contains("\\&lt;"), "{exported}");
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_from_right_to_left_have_a_direction_of_their_own_in_pages_and_exports() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let dana = app.join_as_chair(&event, "دانا").await;
    app.organize(Method::PATCH, &format!("/events/{event}"), Some(json!({"title": "פגישה", "agenda": "- שלום"})))
        .await
        .expect_any(&[200, 409]);
    app.say(&event, &dana, "שלום, room").await;
    app.say(&event, &dana, "#topic תקציב").await;
    app.say(&event, &dana, "#info שני דברים").await;
    let url = app.look(&event).await["url"].as_str().unwrap().to_owned();
    let page = app.client.get(format!("{}{url}", app.base)).send().await.unwrap().text().await.unwrap();
    for part in [
        "dir=\"auto\">دانا</p>",
        "<div dir=\"auto\">שלום, room</div>",
        "<h3 class=\"said\"><bdi>תקציב</bdi></h3>",
        "<bdi>שני דברים</bdi>",
        "<span dir=\"auto\">دانا</span>",
    ] {
        assert!(page.contains(part), "{part} is missing");
    }
    let minutes = app.get(&format!("/events/{event}/minutes.html")).await.text;
    assert!(minutes.contains("<bdi>שני דברים</bdi>") && minutes.contains("<h1><bdi>"), "{minutes}");
    let transcript = app.get(&format!("/events/{event}/transcript.html")).await.text;
    assert!(transcript.contains("<b dir=\"auto\">دانا</b><div dir=\"auto\">שלום, room</div>"), "{transcript}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nickname_in_an_address_or_in_code_assigns_nothing_and_the_writer_is_told() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join_as_chair(&event, "ada").await;
    app.join(&event, "Grace Hopper").await;
    app.join(&event, "linus 🐧").await;
    for (text, assigned) in [
        ("#action read https://example.org/ada/plan", &[][..]),
        ("#action mail ada@example.org", &[]),
        ("#action run `ada --help`", &[]),
        ("#action somebody cooks", &[]),
        ("#action ada cooks", &["ada"]),
        ("#action grace writes it down", &["Grace Hopper"]),
        ("#action GRACE HOPPER reads it", &["Grace Hopper"]),
        ("#action linus and @ada: look at https://example.org/grace", &["ada", "linus 🐧"]),
    ] {
        let row = app.say(&event, &ada, text).await;
        let hint = row["hint"].as_str().unwrap_or_default();
        assert_eq!(hint.contains("assigned to nobody"), assigned.is_empty(), "{text}: {hint}");
        let made = minutes(&app, &event).await;
        let action = made["actions"].as_array().unwrap().iter().find(|it| it["ts"] == row["ts"]).unwrap();
        let mut named: Vec<&str> = action["assignees"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
        named.sort_unstable();
        let mut assigned = assigned.to_vec();
        assigned.sort_unstable();
        assert_eq!(named, assigned, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn options_of_a_vote_may_have_commas_in_quotation_marks_and_a_question_may_have_an_address() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join_as_chair(&event, "ada").await;
    app.say(&event, &ada, "#startvote Take https://example.org/?x=1 now？ \"Yes, today\"、No，Later").await;
    app.say(&event, &ada, "#vote yes, today").await;
    let vote = minutes(&app, &event).await["votes"][0].clone();
    assert_eq!(vote["question"], "Take https://example.org/?x=1 now？");
    let options: Vec<&str> = vote["options"].as_array().unwrap().iter().map(|it| it["option"].as_str().unwrap()).collect();
    assert_eq!((options, &vote["cast"]), (vec!["Yes, today", "No", "Later"], &json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_looks_like_a_command_is_sent_with_a_hint_or_asked_about_first() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let path = format!("/events/{event}/messages");
    for (text, meant) in [
        ("#acton ada books", "#action"),
        ("/nick bob", "#nick"),
        ("/quit", "not a command"),
        ("/topic x", "#topic"),
        ("#action:bob", "“#action”"),
        ("#action", "Write “#action who does what”"),
        ("#undo that", "#undo"),
        ("hi\n#action bob x", "“#action”"),
        ("hi\n\n  #topic", "“#topic”"),
    ] {
        let row = app.say(&event, &ada, text).await;
        assert!(row["tag"].is_null() && row["text"] == text && row["hint"].as_str().unwrap().contains(meant), "{row}");
        let asked = json!({"text": text, "ask": true});
        let problem = app.call(Method::POST, &path, Some(&ada.token), Some(asked)).await.problem(422, "text-doubtful");
        assert!(problem["detail"].as_str().unwrap().contains(meant), "{problem}");
    }
    let before = app.log(&event).await.len();
    for text in ["/usr/bin", "/etc/hosts is wrong", "/tmp is full", "/me waves", "#1234", "#channel", "#action ada books"] {
        let row = app.call(Method::POST, &path, Some(&ada.token), Some(json!({"text": text, "ask": true}))).await.expect(201);
        assert!(row["hint"].is_null(), "{row}");
    }
    assert_eq!(app.log(&event).await.len(), before + 7, "what was asked about was not written");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_script_a_doubtful_message_is_sent_only_after_send_anyway() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let browser = signed_in(&app).await;
    let url = format!("{}{}", app.base, app.look(&event).await["url"].as_str().unwrap());
    let send = async |form: &[(&str, &str)]| send_form(&browser, &url, "say", form).await;
    send_form(&browser, &url, "join", &[("nick", "ada")]).await;
    let before = app.log(&event).await.len();
    for (n, text) in ["#action:bob", "#topic", "#done", "#nick", "hi\n#action bob x", "#acton ada", "/nick x"].into_iter().enumerate() {
        let asked = send(&[("text", text)]).await;
        assert!(asked.contains("Send anyway</button>") && asked.contains("name=\"sure\" value=\"true\""), "{text}: {asked}");
        assert!(asked.contains("once more to send it as it is."), "{text}: {asked}");
        assert_eq!(app.log(&event).await.len(), before + n, "{text} was sent unasked");
        // Another text is another question.
        let other = send(&[("text", "#info"), ("sure", "true"), ("asked", text)]).await;
        assert!(other.contains("Send anyway</button>"), "{other}");
        let crlf = text.replace('\n', "\r\n");
        let page = send(&[("text", &crlf), ("sure", "true"), ("asked", text)]).await;
        assert!(!page.contains("Send anyway</button>"), "{page}");
        let log = app.log(&event).await;
        assert_eq!((log.len(), &log.last().unwrap()["text"]), (before + n + 1, &json!(text)));
    }
    let page = send(&[("text", "see #action and\n#1234")]).await;
    assert!(!page.contains("Send anyway</button>"));
    assert_eq!(app.log(&event).await.len(), before + 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_paths_and_apostrophes_are_told_from_names() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join_as_chair(&event, "ada").await;
    for nick in ["bob", "O\u{2019}Neil", "🦊 Fox"] {
        app.join(&event, nick).await;
    }
    for (text, assigned) in [
        ("#action open irc://h/bob", &[][..]),
        ("#action read /home/bob", &[]),
        ("#action copy C:\\bob", &[]),
        ("#action send bob.txt", &[]),
        ("#action ask O'Neil", &["O\u{2019}Neil"]),
        ("#action ask O\u{2019}Neil and bob.", &["O\u{2019}Neil", "bob"]),
        ("#action 🦊 Fox cooks", &["🦊 Fox"]),
        ("#action fox cooks", &["🦊 Fox"]),
    ] {
        let row = app.say(&event, &ada, text).await;
        let made = minutes(&app, &event).await;
        let action = made["actions"].as_array().unwrap().iter().find(|it| it["ts"] == row["ts"]).unwrap();
        let named: Vec<&str> = action["assignees"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
        assert_eq!(named, assigned, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_show_nothing_are_refused_and_indentation_is_kept() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join_as_chair(&event, "ada").await;
    for text in ["`\u{200b}`", "**\u{200b}**", "```\n\u{2800}\n```"] {
        app.try_say(&event, &ada, text, None).await.problem(422, "text-invalid");
    }
    let topic = app.say(&event, &ada, "#topic _\u{200b}_").await;
    assert!(topic["tag"].is_null() && topic["hint"].is_string(), "{topic}");
    let row = app.say(&event, &ada, "   indented first line\n  second").await;
    assert_eq!(row["text"], "   indented first line\n  second");
    let exported = app.get(&format!("/events/{event}/transcript.txt")).await.text;
    assert!(exported.contains("<ada>    indented first line\n    second\n"), "{exported}");
}

#[tokio::test(flavor = "multi_thread")]
async fn votes_refuse_options_that_look_alike_and_read_arabic() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join_as_chair(&event, "ada").await;
    let refused = app.say(&event, &ada, "#startvote Who? Paul, PauI").await;
    assert!(refused["tag"].is_null() && refused["hint"].as_str().unwrap().contains("look alike"), "{refused}");
    let hinted = app.say(&event, &ada, "#startvote Lunch?! Soup, Bread").await;
    assert!(hinted["hint"].as_str().unwrap().contains("a question mark with a space after it"), "{hinted}");
    app.say(&event, &ada, "#undo").await;
    app.say(&event, &ada, "#startvote أين؟ 'هنا، الآن'، هناك").await;
    let vote = minutes(&app, &event).await["votes"][0].clone();
    let options: Vec<&str> = vote["options"].as_array().unwrap().iter().map(|it| it["option"].as_str().unwrap()).collect();
    assert_eq!((&vote["question"], options), (&json!("أين؟"), vec!["هنا، الآن", "هناك"]));
}
