//! What commands tell and take back: secret votes that miss, `#undo` of titles and chairs, and what stays beside the log.

use reqwest::Method;
use serde_json::{Value, json};

use super::recorded::{minutes, room, texts};
use crate::calendar::pages::{csrf, send_form, signed_in};
use crate::support::{Someone, TestApp, kinds};

async fn hint(app: &TestApp, event: &str, who: &Someone, text: &str) -> String {
    let row = app.say(event, who, text).await;
    row["hint"].as_str().unwrap_or_else(|| panic!("no hint: {row}")).to_owned()
}

async fn close(app: &TestApp, event: &str) {
    app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_misses_a_secret_vote_is_written_nowhere() {
    let app = TestApp::start().await;
    let (event, ada, bob) = room(&app).await;
    app.say(&event, &ada, "#startvote (secret) Chair of the year? ada, bob").await;
    let before = app.log(&event).await;
    for text in [
        "#vote bobb",
        "#vote \"bob\"",
        "#vote bob.",
        "#vote bob\nbecause",
        "#vote",
        "#Vote: bob",
        "#vote,bob",
        "hello\n#vote bob",
        "#info x\n#vote bob",
        "#voet bob",
        "#voteBob",
        "/vote bob",
        "＃vote bob",
    ] {
        for who in [&ada, &bob] {
            let problem = app.try_say(&event, who, text, Some("n-1")).await.problem(422, "text-invalid");
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.ends_with("This vote is secret, so your line was not sent."), "{text}: {detail}");
        }
    }
    let problem = app.try_say(&event, &bob, "#vote bobb", None).await.problem(422, "text-invalid");
    assert!(problem["detail"].as_str().unwrap().starts_with("This is none of the options: ada, bob."), "{problem}");
    assert_eq!(app.log(&event).await, before);
    // What is no vote is said as ever, and the nonce of what was refused is free.
    assert_eq!(app.try_say(&event, &bob, "#vote bob", Some("n-1")).await.expect(201)["tag"], "vote");
    assert_eq!(app.say(&event, &bob, "#votes are fun").await["tag"], json!(null));
    app.say(&event, &ada, "#endvote").await;
    app.say(&event, &ada, "#startvote Lunch?").await;
    assert!(hint(&app, &event, &bob, "#vote maybe").await.contains("was sent as a message"), "of an open vote everybody sees it anyway");
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_takes_back_titles_and_chairs_and_its_row_says_so() {
    let app = TestApp::start().await;
    let (event, ada, bob) = room(&app).await;
    let undo = async || app.say(&event, &ada, "#undo").await["text"].as_str().unwrap().to_owned();
    let is_chair = async |who: &Someone| {
        let people = app.get(&format!("/events/{event}/participants")).await.expect(200);
        people["participants"].as_array().unwrap().iter().any(|it| it["id"] == who.id && it["chair"] == true)
    };
    app.say(&event, &ada, "#info stays").await;
    for title in ["Harbour", "The “harbour” fund"] {
        app.say(&event, &ada, &format!("#meetingname {title}")).await;
    }
    app.say(&event, &ada, "#save").await;
    assert_eq!(undo().await, "#undo → #meetingname The “harbour” fund");
    assert_eq!(app.look(&event).await["title"], "Harbour");
    assert_eq!(undo().await, "#undo → #meetingname Harbour");
    assert_eq!(app.look(&event).await["title"], "Weekly");
    app.say(&event, &ada, "#chair bob").await;
    assert!(is_chair(&bob).await);
    assert_eq!((undo().await.as_str(), is_chair(&bob).await), ("#undo → #chair bob", false));
    app.say(&event, &ada, "#chair bob").await;
    app.say(&event, &bob, "#unchair ada").await;
    assert!(!is_chair(&ada).await);
    assert_eq!(app.say(&event, &bob, "#undo").await["text"], "#undo → #unchair ada");
    assert!(is_chair(&ada).await && is_chair(&bob).await);
    app.say(&event, &bob, "#here Robert").await;
    assert_eq!(undo().await, "#undo → #here Robert");
    assert_eq!(minutes(&app, &event).await["attendees"][1]["alias"], json!(null));
    assert_eq!((undo().await.as_str(), undo().await.as_str()), ("#undo → #chair bob", "#undo → #info stays"));
    assert!(hint(&app, &event, &ada, "#undo").await.starts_with("There is nothing to take back."));
    let log = app.log(&event).await;
    let told: Vec<&Value> = log.iter().filter(|row| row["kind"] == "rescheduled").map(|row| &row["text"]).collect();
    assert_eq!(told.last().unwrap().as_str(), Some("This event is now called “Weekly”, no longer “Harbour”."));
    assert_eq!(
        log.iter().filter(|row| row["kind"] == "rescheduled").map(|row| &row["tag"]).collect::<Vec<_>>(),
        [&json!("meetingname"), &json!("meetingname"), &json!(null), &json!(null)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_of_one_batch_are_taken_back_in_turn() {
    use crate::support::desk::{Desk, say};
    use gavel::store::schedule::organizer_action::OrganizerAction;
    let desk = Desk::new().await;
    let event = desk.open_event().await;
    let (ada, bob) = (desk.join(&event, "ada").await, desk.join(&event, "bob").await);
    desk.store.act(OrganizerAction::Chair { event: event.clone(), who: ada.clone(), on: true }).await.unwrap().0.unwrap();
    let lines = ["#chair bob", "#meetingname Lunch", "#undo", "#undo", "#undo"];
    desk.store.write(lines.map(|text| say(&event, &ada, text, None)).to_vec()).await.unwrap();
    let rows = desk.rows(&event).await;
    let told: Vec<_> = rows[rows.len() - 9..].iter().map(|row| (row.kind.as_str(), row.tag.is_some())).collect();
    let said = |tagged| ("said", tagged);
    assert_eq!(
        told,
        [
            said(true),
            ("chair", false),
            said(true),
            ("rescheduled", true),
            said(true),
            ("rescheduled", false),
            said(true),
            ("unchair", false),
            said(false)
        ]
    );
    assert_ne!(desk.look(&event).await.title, "Lunch");
    assert_ne!(ada, bob);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_chair_stays_one() {
    let app = TestApp::start().await;
    let (event, ada, bob) = room(&app).await;
    assert!(hint(&app, &event, &ada, "#unchair ada").await.contains("make somebody a chair first"));
    app.say(&event, &ada, "#chair bob").await;
    assert_eq!(app.say(&event, &ada, "#unchair ada").await["tag"], "unchair");
    // Taking back what made the last one a chair is no way around.
    app.say(&event, &bob, "#undo").await;
    app.call(Method::DELETE, &format!("/events/{event}/participants/me"), Some(&ada.token), None).await.expect(204);
    assert!(hint(&app, &event, &bob, "#undo").await.contains("make somebody a chair first"));
    let cleo = app.join(&event, "cleo").await;
    app.organize(Method::PUT, &format!("/events/{event}/participants/{}/chair", cleo.id), None).await.expect(204);
    assert_eq!(app.say(&event, &bob, "#unchair cleo").await["tag"], "unchair");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_nothing_is_no_command_and_says_why() {
    let app = TestApp::start().await;
    let (event, ada, bob) = room(&app).await;
    let info = app.say(&event, &ada, "#info one").await["ts"].clone();
    app.say(&event, &ada, &format!("#strike {info}")).await;
    app.say(&event, &ada, "#nick cleo").await;
    for (who, text, word) in [
        (&ada, format!("#strike {info}"), "was taken out of the minutes"),
        (&ada, format!("#edit {info} two"), "was taken out of the minutes"),
        (&ada, format!("#edit {info}"), "no words behind the timestamp"),
        (&ada, "#nick bob".to_owned(), "here already"),
        (&ada, "#nick CLEO".to_owned(), "here already"),
        (&ada, "#meetingname Weekly".to_owned(), "called that already"),
        (&ada, "#chair ada".to_owned(), "They are a chair already."),
        (&ada, "#unchair bob".to_owned(), "They are no chair."),
        (&bob, "#here ADA".to_owned(), "has this nickname"),
        (&bob, "#edit 123".to_owned(), "Only chairs can use #edit."),
        (&bob, "#undo it".to_owned(), "Only chairs can use #undo."),
        (&bob, "#topic: x".to_owned(), "Only chairs can use #topic."),
        (&ada, "#topic: x".to_owned(), "write “#topic” without another sign"),
        (&ada, "#startvote ?".to_owned(), "nothing behind #startvote"),
    ] {
        let hint = hint(&app, &event, who, &text).await;
        assert!(hint.contains(word) && hint.ends_with("Your line was sent as a message."), "{text}: {hint}");
    }
    let row = app.say(&event, &bob, "so\n#action bob paints").await;
    assert!(row["tag"].is_null() && row["hint"].as_str().unwrap().contains("“#action” did nothing"), "{row}");
    let row = app.say(&event, &ada, "#startvote o0, o1, o2").await;
    assert!(row["tag"] == "startvote" && row["hint"].as_str().unwrap().contains("on Yes, No and Abstain"), "{row}");
    assert_eq!(app.say(&event, &bob, "#here bob").await["tag"], "here");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_struck_after_the_close_is_shown_and_comes_back_with_words() {
    let app = TestApp::start().await;
    let (event, ada, _) = room(&app).await;
    let idea = app.say(&event, &ada, "#idea paint **it**").await["ts"].clone();
    let vote = app.say(&event, &ada, "#startvote Lunhc? Soup, Bread").await["ts"].clone();
    close(&app, &event).await;
    let path = format!("/events/{event}/minutes/corrections");
    let correct = async |body: Value| app.organize(Method::POST, &path, Some(body)).await;
    for body in [json!({"ts": idea, "text": ""}), json!({"ts": idea, "text": " \n"}), json!({"ts": idea})] {
        correct(body).await.expect_any(&[422]);
    }
    assert_eq!(texts(&minutes(&app, &event).await, "ideas").len(), 1);
    correct(json!({"ts": idea, "text": null})).await.expect(204);
    correct(json!({"ts": vote, "text": "Lunch?"})).await.expect(204);
    let now = minutes(&app, &event).await;
    assert_eq!(
        (texts(&now, "ideas").len(), &now["struck"][0]["text"], &now["struck"][0]["by"]),
        (0, &json!("paint **it**"), &json!("olga"))
    );
    assert_eq!((&now["votes"][0]["question"], &now["votes"][0]["was"]), (&json!("Lunch?"), &json!("Lunhc?")));
    let browser = signed_in(&app).await;
    let url = format!("{}{}", app.base, app.look(&event).await["url"].as_str().unwrap());
    let page = browser.get(&url).send().await.unwrap().text().await.unwrap();
    assert!(
        page.contains("Struck by <bdi>olga</bdi>") && page.contains("<del>paint **it**</del>") && page.contains("Bring back"),
        "{page}"
    );
    let ts = idea.to_string();
    let send = async |act: &str, text: &str| {
        let page = browser.get(&url).send().await.unwrap().text().await.unwrap();
        let form = [("csrf", csrf(&page)), ("ts", &ts), ("act", act), ("text", text)];
        let answer = browser.post(format!("{url}/minutes")).form(&form).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (status, page) = send("strike", "").await;
    assert!(status == 422 && page.contains("This item is taken out already."), "{page}");
    assert_eq!(send("restore", "").await.0, 200);
    let now = minutes(&app, &event).await;
    assert_eq!(
        (texts(&now, "ideas"), &now["struck"], &now["ideas"][0]["was"]),
        (vec!["paint **it**".to_owned()], &json!([]), &json!(null))
    );
    // What was chosen and typed stays where it was wrong.
    let (status, page) = send("edit", " ").await;
    let chosen = format!("<option value=\"{ts}\" data-text=\"paint **it**\" selected>");
    assert!(status == 422 && page.contains("Type the new words of the item.") && page.contains(&chosen), "{page}");
    let (status, page) = send("edit", &"x".repeat(4_001)).await;
    assert!(status == 422 && page.contains("An item may have up to") && page.contains(&"x".repeat(4_001)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_message_is_gone_from_the_rows_that_repeat_it() {
    let app = TestApp::start().await;
    let (event, ada, _) = room(&app).await;
    let info = app.say(&event, &ada, "#info a secret").await["ts"].clone();
    app.say(&event, &ada, "#undo").await;
    app.say(&event, &ada, "#startvote A secret? Soup, Bread").await;
    app.say(&event, &ada, "#endvote").await;
    let vote = app.log(&event).await.into_iter().find(|row| row["tag"] == "startvote").unwrap()["ts"].clone();
    for ts in [info, vote] {
        app.organize(Method::DELETE, &format!("/events/{event}/messages/{ts}"), None).await.expect(204);
    }
    let text = app.get(&format!("/events/{event}/transcript.txt")).await.text.to_lowercase();
    assert!(!text.contains("secret") && !text.contains("soup"), "{text}");
    assert!(minutes(&app, &event).await["info"].as_array().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_script_a_vote_is_answered_and_the_end_is_asked_about() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let url = format!("{}{}", app.base, app.look(&event).await["url"].as_str().unwrap());
    let browser = signed_in(&app).await;
    let send = async |path: &str, fields: &[(&str, &str)]| send_form(&browser, &url, path, fields).await;
    send("join", &[("nick", "olga")]).await;
    send("say", &[("text", "#startvote (secret) **Lunch**? *Soup*, <b>")]).await;
    let refused = send("say", &[("text", "#vote soop")]).await;
    assert!(refused.contains("This is none of the options") && refused.contains("#vote soop</textarea>"), "{refused}");
    let voted = send("say", &[("text", "#vote *soup*")]).await;
    for piece in [
        "Your vote is counted.",
        "You voted “*Soup*”",
        "<legend><strong>Lunch</strong>?",
        "value=\"#vote *Soup*\" aria-pressed=\"true\"><em>Soup</em></button>",
        "aria-pressed=\"false\">&lt;b&gt;</button>",
        "End the vote</button>",
    ] {
        assert!(voted.contains(piece), "{piece}: {voted}");
    }
    let frame = browser.get(format!("{url}/log")).send().await.unwrap().text().await.unwrap();
    assert!(frame.contains("<b>Vote</b> <bdi><em>soup</em></bdi>"), "the voter sees the own line: {frame}");
    let stranger = app.client.get(&url).send().await.unwrap().text().await.unwrap();
    assert!(!stranger.contains("<em>soup</em>") && !stranger.contains("aria-pressed=\"true\""), "and nobody else: {stranger}");
    let asked = send("say", &[("text", "#ENDMEETING")]).await;
    assert!(asked.contains("Send it once more to close it.") && asked.contains("name=\"sure\" value=\"true\""), "{asked}");
    assert_eq!(app.look(&event).await["phase"], "open");
    send("say", &[("text", "#ENDMEETING"), ("sure", "true")]).await;
    assert_eq!(app.look(&event).await["phase"], "closed");
    let log = app.log(&event).await;
    assert_eq!(kinds(&log).last(), Some(&"closed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_row_that_ends_a_vote_gives_its_result() {
    let app = TestApp::start().await;
    let (event, ada, bob) = room(&app).await;
    let cleo = app.join_as_chair(&event, "cleo").await;
    app.say(&event, &ada, "#startvote (secret) Lunch? Soup, Bread").await;
    for (who, text) in [(&ada, "#vote soup"), (&bob, "#vote bread"), (&cleo, "#vote bread")] {
        app.say(&event, who, text).await;
    }
    let row = app.try_say(&event, &cleo, "#endvote", Some("n-1")).await.expect(201);
    assert_eq!((&row["text"], &row["tag"]), (&json!("#endvote → Lunch? Bread (Soup: 1, Bread: 2)"), &json!("endvote")));
    assert_eq!(app.log(&event).await.last(), Some(&row));
    assert_eq!(app.try_say(&event, &cleo, "#endvote", Some("n-1")).await.expect(200), row);
    // As an older program wrote it, and as bots do: it counts all the same.
    assert_eq!(app.say(&event, &ada, "#endvote → as if").await["tag"], json!(null));
}
