//! Names that look alike, and texts that show nothing, in every field that people fill in.

use reqwest::Method;
use serde_json::json;

use crate::support::TestApp;
use crate::support::raw_database::Raw;

#[tokio::test(flavor = "multi_thread")]
async fn a_nickname_that_looks_like_one_in_the_event_is_refused_and_one_that_does_not_is_free() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    for (first, alike) in [
        ("Paul", "PauI"),
        ("Tom", "Тom"),
        ("Will", "WiII"),
        ("Nina", "Νіna"),
        ("ısıl", "ISIL"),
        ("Zoë", "ZOE\u{308}"),
        ("علیرضا", "علی\u{200c}رضا"),
        ("❤", "❤\u{fe0f}"),
    ] {
        app.join(&event, first).await;
        app.try_join(&event, alike, None).await.problem(409, "nick-taken");
    }
    for other in
        ["torn", "modem", "modern", "burns", "bums", "clan", "dan", "vvera", "wera", "Zoé", "paui", "to m", "to-m", "to_m", "to.m", "Zo ë"]
    {
        app.join(&event, other).await;
    }
}

/// "Ian" is like both, and they are not like each other.
#[tokio::test(flavor = "multi_thread")]
async fn a_nickname_between_two_others_is_refused_for_either() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    app.join(&event, "ian").await;
    let lan = app.join(&event, "lan").await;
    app.try_join(&event, "Ian", None).await.problem(409, "nick-taken");
    app.call(Method::DELETE, &format!("/events/{event}/participants/me"), Some(&lan.token), None).await.expect(204);
    app.try_join(&event, "Ian", None).await.problem(409, "nick-taken");
    app.join(&event, "lan").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_look_alikes_that_join_at_the_same_time_one_gets_in() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let names = ["Will", "WiII", "Wi11", "wil|", "Wіll", "Ｗill", "𝐖ill", "WiIl", "wiLL", "Wi\u{200d}ll"];
    let replies = rocket::futures::future::join_all(names.map(|name| app.try_join(&event, name, None))).await;
    let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![201], vec![409; names.len() - 1]].concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_messages_that_show_nothing_are_refused() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    for blank in [
        "\u{200b}",
        "\u{fffc}",
        "\u{2800}",
        "\u{3164}",
        "\u{115f}",
        "\u{e0041}",
        "\u{2060}",
        "\u{61c}",
        "\u{ad}",
        "\u{feff}\u{2800} \u{200b}",
    ] {
        app.try_join(&event, blank, None).await.problem(422, "nick-invalid");
        for text in [blank.to_owned(), format!("/me {blank}")] {
            app.try_say(&event, &ada, &text, None).await.problem(422, "text-invalid");
        }
        let said = app.try_say(&event, &ada, &format!("#topic {blank}"), None).await.expect(201);
        assert!(said["tag"].is_null() && said["hint"].is_string(), "{said}");
    }
    for seen in ["👩\u{200d}🚀", "علی\u{200c}رضا", "1\u{fe0f}\u{20e3}", "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}"]
    {
        assert_eq!(app.try_join(&event, seen, None).await.expect(201)["nick"], seen);
        assert_eq!(app.try_say(&event, &ada, seen, None).await.expect(201)["text"], seen);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn titles_and_reasons_refuse_what_hides_or_turns_text_and_say_which_character() {
    let app = TestApp::start().await;
    let meeting = |title: &str| json!({"title": title, "timezone": "UTC", "starts": "2200-01-01T18:00", "duration_minutes": 60});
    for (hidden, code) in
        [('\u{61c}', "U+061C"), ('\u{2060}', "U+2060"), ('\u{200e}', "U+200E"), ('\u{2067}', "U+2067"), ('\u{fffc}', "U+FFFC")]
    {
        let refused = app.organize(Method::POST, "/meetings", Some(meeting(&format!("Tide{hidden}talk")))).await;
        let problem = refused.problem(422, "invalid");
        assert!(problem.to_string().contains(code), "{problem}");
        let event = app.open_event().await;
        let why = json!({"reason": format!("No{hidden}quorum")});
        let problem = app.organize(Method::POST, &format!("/events/{event}/cancel"), Some(why)).await.problem(422, "invalid");
        assert!(problem.to_string().contains(code), "{problem}");
    }
    let kept = app.organize(Method::POST, "/meetings", Some(meeting("جلسه\u{200c}ها ❤\u{fe0f}"))).await.expect(201);
    assert_eq!(kept["title"], "جلسه\u{200c}ها ❤\u{fe0f}");
    app.organize(Method::POST, "/meetings", Some(meeting("\u{2800}\u{200b}"))).await.problem(422, "invalid");
}

/// Their keys were made by the rules of an older Gavel.
#[tokio::test(flavor = "multi_thread")]
async fn names_in_a_database_of_an_older_gavel_get_keys_by_the_rules_of_this_one() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    app.join(&event, "Tom").await;
    app.organizer("Paul").await;
    let raw = Raw::open(app.data()).await;
    raw.run("UPDATE participant SET nick_key = 'torn', nick_written = ''").await;
    raw.run("UPDATE organizer SET name_key = 'an older key' WHERE name = 'Paul'").await;
    let app = app.restart().await;
    for alike in ["tom", "Тоm"] {
        app.try_join(&event, alike, None).await.problem(409, "nick-taken");
    }
    app.join(&event, "torn").await;
    let key: String = sqlx::query_scalar("SELECT name_key FROM organizer WHERE name = 'Paul'").fetch_one(&raw.0).await.unwrap();
    assert_eq!(key, "paul");
}

/// An older Gavel told these accounts apart. Both must still be able to sign in, and nobody may take either name.
#[tokio::test(flavor = "multi_thread")]
async fn two_accounts_with_one_key_are_both_found_by_their_names() {
    let app = TestApp::start().await;
    app.organizer("Ada").await;
    app.organizer("adb").await;
    let raw = Raw::open(app.data()).await;
    raw.run("UPDATE organizer SET name_key = 'older ' || name").await;
    raw.run("UPDATE organizer SET name = 'ADA', created_at = created_at + 1000000000 WHERE name = 'adb'").await;
    // Keys that are exchanged: each is free only after the other account has got its own.
    app.organizer("Bea").await;
    app.organizer("Cyd").await;
    raw.run("UPDATE organizer SET name_key = 'x' WHERE name = 'Bea'").await;
    raw.run("UPDATE organizer SET name_key = 'bea' WHERE name = 'Cyd'").await;
    let app = app.restart().await;
    let keys = sqlx::query_as::<_, (String, String)>("SELECT name, name_key FROM organizer WHERE name <> 'olga' ORDER BY name_key");
    let keys = keys.fetch_all(&raw.0).await.unwrap();
    let keys: Vec<(&str, &str)> = keys.iter().map(|(name, key)| (name.as_str(), key.as_str())).collect();
    assert_eq!(keys, [("Ada", "ada"), ("Bea", "bea"), ("Cyd", "cyd"), ("ADA", "older adb")]);
    let store = app.store().await;
    let nick = |name: &str| gavel::domain::talk::participant::Nick::parse(name).unwrap();
    for (typed, found) in [("Ada", "Ada"), ("ADA", "ADA"), ("ada", "Ada"), ("Cyd", "Cyd"), ("bea", "Bea")] {
        assert_eq!(store.find_organizer(&nick(typed)).await.unwrap().unwrap().0.name, found, "{typed}");
    }
    for taken in ["Ada", "ADA", "ada", "Adа", "bea", "CYD"] {
        assert!(store.add_organizer(&nick(taken), "a hash").await.is_err(), "{taken}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_that_look_alike_are_refused_also_at_the_same_time() {
    let app = TestApp::start().await;
    let store = app.store().await;
    let names = ["PauI", "Paul", "Раul", "paul", "Pau1"].map(|name| gavel::domain::talk::participant::Nick::parse(name).unwrap());
    let made = rocket::futures::future::join_all(names.iter().map(|name| store.add_organizer(name, "a hash"))).await;
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1, "{made:?}");
    for apart in ["torn", "tom", "to m", "to-m"] {
        store.add_organizer(&gavel::domain::talk::participant::Nick::parse(apart).unwrap(), "a hash").await.unwrap();
    }
}
