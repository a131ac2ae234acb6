//! What readers are told by mail, and when: before events, and of changes; each of it once.

use gavel::domain::reminders::{Email, ReminderTimes};
use reqwest::Method;
use serde_json::json;

use super::subscriptions::{Site, micros};
use crate::support::HOUR;
use crate::support::smtp_server::ORIGIN;

const DAY: i64 = 24 * HOUR;

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_asks_confirms_and_is_reminded_a_day_and_an_hour_before_each_event() {
    let site = Site::open().await;
    let asked = site.sign_up("weekly", "ada@example.com", &["day", "hour"], 1).await;
    assert_eq!((asked.header("Subject").as_str(), asked.from.as_str()), ("Confirm reminders of Weekly", "gavel@example.org"));
    site.announced(1).await;
    site.clock_at("2027-03-15T08:00:01Z");
    let day = site.smtp.mail(2).await;
    assert_eq!(day.header("Subject"), "Weekly, Tue 16 Mar 2027, 19:00 (UTC+11:00)");
    assert!(day.text().contains("\n  Tuesday 16 March 2027, 19:00 to 20:00 (Australia/Sydney, UTC+11:00)\n"), "{}", day.text());
    assert_eq!(day.path("/m/weekly/"), "/m/weekly/2027-03-16");
    assert_eq!(day.header("Auto-Submitted"), "auto-generated");
    assert_eq!(day.header("List-Unsubscribe"), format!("<{ORIGIN}{}>", day.path("/reminders/stop/")));
    assert_eq!(day.header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    assert!(day.header("List-ID").ends_with(".reminders.meet.example.org>"));
    assert!(day.header("Date").starts_with("Mon, 15 Mar 2027 08:0") && day.header("Date").ends_with(" +0000"), "{}", day.header("Date"));
    site.clock_at("2027-03-16T07:00:01Z");
    let hour = site.smtp.mail(3).await;
    assert_eq!((hour.header("Subject"), &hour.to), (day.header("Subject"), &day.to));
    assert_ne!(hour.header("Message-ID"), day.header("Message-ID"));
    site.clock_at("2027-03-22T08:00:01Z");
    assert_eq!(site.smtp.mail(4).await.header("Subject"), "Weekly, Tue 23 Mar 2027, 19:00 (UTC+11:00)");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_reader_gets_what_was_chosen_and_a_new_choice_takes_the_place_of_the_old() {
    let site = Site::open().await;
    site.sign_up("weekly", "day@example.com", &["day"], 1).await;
    site.sign_up("weekly", "hour@example.com", &["hour"], 2).await;
    site.sign_up("weekly", "other@example.com", &["day"], 3).await;
    site.ask("weekly", &[("email", "Other@Example.com"), ("hour", "yes")]).await;
    let again = site.smtp.mail(4).await;
    assert_eq!(again.to, "other@example.com");
    assert_eq!(site.plain(Method::POST, &again.path("/reminders/confirm/"), &[]).await.status, 200);
    site.announced(1).await;
    site.clock_at("2027-03-15T08:00:01Z");
    assert_eq!(site.smtp.mail(5).await.to, "day@example.com");
    // Who comes now has seen the event, and is reminded of it an hour before only.
    site.sign_up("weekly", "late@example.com", &["day", "hour"], 6).await;
    site.clock_at("2027-03-16T07:00:01Z");
    let mut to: Vec<String> = site.smtp.mails(9).await.split_off(6).into_iter().map(|mail| mail.to).collect();
    to.sort_unstable();
    assert_eq!(to, ["hour@example.com", "late@example.com", "other@example.com"]);
    site.counts("SELECT count(*) FROM reminder", 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_moved_cancelled_or_restored_is_told_once_it_settled() {
    let site = Site::open().await;
    site.sign_up("weekly", "ada@example.com", &["day"], 1).await;
    site.announced(1).await;
    let event = site.event("weekly", "2027-03-16").await;
    let hour = |at: &str| json!({"opens_at": format!("2027-03-17T{at}:00"), "closes_at": format!("2027-03-17T{at}:30")});
    site.change(&event, hour("10")).await;
    site.app.clock.step(40_000_000);
    site.change(&event, hour("20")).await;
    site.app.clock.step(61_000_000);
    let moved = site.smtp.mail(2).await;
    assert_eq!(moved.header("Subject"), "Moved: Weekly, now Wed 17 Mar 2027, 20:00 (UTC+11:00)");
    assert!(moved.text().contains("  Old: Tuesday 16 March 2027, 19:00 to 20:00 (Australia/Sydney, UTC+11:00)\n"), "{}", moved.text());
    assert!(moved.text().contains("  New: Wednesday 17 March 2027, 20:00 to 20:30 (Australia/Sydney, UTC+11:00)\n"));
    assert_eq!(moved.path("/m/weekly/"), "/m/weekly/2027-03-16");
    site.app.post(&format!("/events/{event}/cancel"), json!({"reason": "The hall is flooded"})).await.expect(200);
    site.app.clock.step(61_000_000);
    assert!(site.smtp.mail(3).await.text().contains("\n  Reason: The hall is flooded\n"));
    assert_eq!(site.smtp.mail(3).await.header("Subject"), "Cancelled: Weekly, Wed 17 Mar 2027, 20:00 (UTC+11:00)");
    site.does(&event, "restore").await;
    site.app.clock.step(61_000_000);
    assert_eq!(site.smtp.mail(4).await.header("Subject"), "Not cancelled any more: Weekly, Wed 17 Mar 2027, 20:00 (UTC+11:00)");
    // What is taken back in time is no news, nor is another title.
    site.does(&event, "cancel").await;
    site.does(&event, "restore").await;
    site.change(&event, json!({"title": "Another name"})).await;
    site.app.clock.step(61_000_000);
    site.clock_at("2027-03-16T09:00:01Z");
    assert_eq!(site.smtp.mail(5).await.header("Subject"), "Another name, Wed 17 Mar 2027, 20:00 (UTC+11:00)");
    // After the reminder a move goes on being told, and the reminder comes again before the new day.
    site.change(&event, json!({"opens_at": "2027-03-19T20:00", "closes_at": "2027-03-19T21:00"})).await;
    site.app.clock.step(61_000_000);
    assert_eq!(site.smtp.mail(6).await.header("Subject"), "Moved: Another name, now Fri 19 Mar 2027, 20:00 (UTC+11:00)");
    site.clock_at("2027-03-18T09:00:01Z");
    assert_eq!(site.smtp.mail(7).await.header("Subject"), "Another name, Fri 19 Mar 2027, 20:00 (UTC+11:00)");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_changes_of_a_meeting_are_one_mail() {
    let site = Site::open().await;
    site.make(json!({"title": "Daily", "starts": "2027-03-11T12:00", "rrule": "FREQ=DAILY"})).await;
    site.sign_up("daily", "ada@example.com", &["hour"], 1).await;
    site.announced(7).await;
    let later = json!({"starts": "2027-03-11T13:30"});
    site.app.organize(Method::PATCH, "/meetings/daily", Some(later)).await.expect(200);
    site.app.clock.step(61_000_000);
    let moved = site.smtp.mail(2).await;
    assert_eq!(moved.header("Subject"), "Daily: 7 events changed");
    assert_eq!(moved.text().matches("An event is moved.").count(), 7);
    assert!(
        moved.text().contains("  Old: Friday 12 March 2027, 12:00 to 13:00") && moved.text().contains("  New: Friday 12 March 2027, 13:30")
    );
    // Some days of the new rule have no event any more.
    site.app.organize(Method::PATCH, "/meetings/daily", Some(json!({"rrule": "FREQ=DAILY;INTERVAL=2"}))).await.expect(200);
    site.app.clock.step(61_000_000);
    let cancelled = site.smtp.mail(3).await;
    assert_eq!((cancelled.header("Subject").as_str(), cancelled.text().matches("is cancelled").count()), ("Daily: 3 events changed", 3));
    site.app.organize(Method::DELETE, "/meetings/daily", None).await.expect(204);
    site.app.clock.step(61_000_000);
    let gone = site.smtp.mail(4).await;
    assert_eq!((gone.header("Subject").as_str(), gone.text().matches("is cancelled").count()), ("Daily: 4 events changed", 4));
    let deleted = site.plain(Method::GET, "/reminders/daily", &[]).await;
    assert_eq!(deleted.status, 410);
    assert_eq!(site.plain(Method::GET, &gone.path("/reminders/stop/"), &[]).await.status, 200);
    // As long as it can come back its readers are known; then their addresses go.
    site.app.clock.step(29 * DAY);
    site.counts("SELECT count(*) FROM announced", 0).await;
    site.counts("SELECT count(*) FROM reminder", 1).await;
    site.app.clock.step(2 * DAY);
    site.counts("SELECT count(*) FROM reminder", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_opened_early_or_runs_longer_is_no_news() {
    let site = Site::open().await;
    site.sign_up("weekly", "ada@example.com", &["hour"], 1).await;
    site.announced(1).await;
    let event = site.event("weekly", "2027-03-16").await;
    site.clock_at("2027-03-16T07:00:01Z");
    site.smtp.mail(2).await;
    site.clock_at("2027-03-16T07:50:00Z");
    site.does(&event, "open").await;
    site.change(&event, json!({"closes_at": "2027-03-16T20:30"})).await;
    site.app.clock.step(61_000_000);
    site.counts(
        "SELECT count(*) FROM announced a JOIN chat_event e ON e.id = a.event_id AND e.closes_at = a.closes_at AND e.opens_at = a.opens_at",
        2,
    )
    .await;
    site.clock_at("2027-03-23T07:00:01Z");
    assert_eq!(site.smtp.mail(3).await.header("Subject"), "Weekly, Tue 23 Mar 2027, 19:00 (UTC+11:00)");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_send_each_mail_once() {
    only_on_postgres!();
    let site = Site::open().await;
    let other = site.app.beside_with(&site.smtp.settings()).await;
    other.clock.step(site.app.now() - other.now());
    let store = site.app.store().await;
    let meeting = store.find_meeting("weekly").await.unwrap().unwrap();
    for n in 0..40 {
        let email = Email::parse(&format!("reader{n}@example.com")).unwrap();
        store.ask_for_reminders(&meeting.id, &email, ReminderTimes::new(true, true).unwrap()).await.unwrap();
    }
    for mail in site.smtp.mails(40).await {
        assert_eq!(site.plain(Method::POST, &mail.path("/reminders/confirm/"), &[]).await.status, 200);
    }
    site.announced(1).await;
    let event = site.event("weekly", "2027-03-16").await;
    site.change(&event, json!({"opens_at": "2027-03-16T20:00", "closes_at": "2027-03-16T21:00"})).await;
    for clock in [&site.app.clock, &other.clock] {
        clock.step(61_000_000);
    }
    site.smtp.mails(80).await;
    site.counts("SELECT count(*) FROM mail WHERE sent_at IS NULL", 0).await;
    for clock in [&site.app.clock, &other.clock] {
        clock.step(micros("2027-03-15T09:00:01Z") - site.app.now().min(other.now()));
    }
    site.smtp.mails(120).await;
    site.counts("SELECT count(*) FROM mail WHERE sent_at IS NULL", 0).await;
    let mut ids: Vec<String> = site.smtp.mails(120).await.iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(ids.len(), 120);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 120);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_series_that_moves_to_another_day_names_the_new_one() {
    let site = Site::open().await;
    site.sign_up("weekly", "ada@example.com", &["day"], 1).await;
    site.announced(1).await;
    let wednesdays = json!({"starts": "2027-03-17T19:00", "rrule": "FREQ=WEEKLY"});
    site.app.organize(Method::PATCH, "/meetings/weekly", Some(wednesdays)).await.expect(200);
    site.app.clock.step(61_000_000);
    let moved = site.smtp.mail(2).await;
    assert_eq!(moved.header("Subject"), "Moved: Weekly, now Wed 17 Mar 2027, 19:00 (UTC+11:00)");
    assert!(moved.text().contains("  Old: Tuesday 16 March 2027, 19:00 to 20:00"), "{}", moved.text());
    assert_eq!(moved.path("/m/weekly/"), "/m/weekly/2027-03-17");
    // A rule with other days: what has no new date is cancelled, with the one that comes next.
    let monthly = json!({"starts": "2027-03-29T19:00", "rrule": "FREQ=MONTHLY;BYDAY=-1MO"});
    site.app.organize(Method::PATCH, "/meetings/weekly", Some(monthly)).await.expect(200);
    site.app.clock.step(61_000_000);
    let farther = site.smtp.mail(3).await;
    assert_eq!(farther.header("Subject"), "Moved: Weekly, now Mon 29 Mar 2027, 19:00 (UTC+11:00)");
    // The new day is reminded of, the old ones are not.
    site.clock_at("2027-03-28T08:00:01Z");
    assert_eq!(site.smtp.mail(4).await.header("Subject"), "Weekly, Mon 29 Mar 2027, 19:00 (UTC+11:00)");
}

#[tokio::test(flavor = "multi_thread")]
async fn new_dates_of_a_meeting_that_readers_follow_are_told_once() {
    let site = Site::open().await;
    // Made before anybody followed the meeting: no news.
    let early = json!({"opens_at": "2027-03-12T12:00", "closes_at": "2027-03-12T13:00"});
    site.app.post("/meetings/weekly/events", early).await.expect(201);
    site.sign_up("weekly", "ada@example.com", &["day"], 1).await;
    site.announced(2).await;
    site.app.clock.step(2_000_000);
    let more = json!({"opens_at": "2027-03-13T12:00", "closes_at": "2027-03-13T13:00"});
    site.app.post("/meetings/weekly/events", more).await.expect(201);
    site.app.clock.step(61_000_000);
    let told = site.smtp.mail(2).await;
    assert_eq!(told.header("Subject"), "New date: Weekly, Sat 13 Mar 2027, 12:00 (UTC+11:00)");
    assert_eq!(told.path("/m/weekly/"), "/m/weekly/2027-03-13");
    // A change that is taken back within the minute is none, although its events were made again.
    for rule in ["FREQ=MONTHLY", "FREQ=WEEKLY"] {
        site.app.organize(Method::PATCH, "/meetings/weekly", Some(json!({"rrule": rule, "starts": "2027-03-16T19:00"}))).await.expect(200);
    }
    let added = json!({"rrule": "FREQ=WEEKLY;BYDAY=TU,WE"});
    site.app.organize(Method::PATCH, "/meetings/weekly", Some(added)).await.expect(200);
    site.app.clock.step(61_000_000);
    let wednesdays = site.smtp.mail(3).await;
    assert_eq!(wednesdays.header("Subject"), "New date: Weekly, Wed 17 Mar 2027, 19:00 (UTC+11:00)");
    // What comes near with time is no news: the reminders are all that follows.
    site.clock_at("2027-03-11T01:00:01Z");
    assert_eq!(site.smtp.mail(4).await.header("Subject"), "Weekly, Fri 12 Mar 2027, 12:00 (UTC+11:00)");
    site.clock_at("2027-03-12T01:00:01Z");
    assert_eq!(site.smtp.mail(5).await.header("Subject"), "Weekly, Sat 13 Mar 2027, 12:00 (UTC+11:00)");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_near_by_hand_is_told_and_a_cancellation_names_the_next() {
    let site = Site::open().await;
    site.sign_up("weekly", "ada@example.com", &["day"], 1).await;
    site.announced(1).await;
    site.app.clock.step(2_000_000);
    let far = site.event("weekly", "2027-04-06").await;
    site.change(&far, json!({"opens_at": "2027-03-15T10:00", "closes_at": "2027-03-15T11:00"})).await;
    site.app.clock.step(61_000_000);
    assert_eq!(site.smtp.mail(2).await.header("Subject"), "New date: Weekly, Mon 15 Mar 2027, 10:00 (UTC+11:00)");
    site.app.post(&format!("/events/{far}/cancel"), json!({"reason": "Illness"})).await.expect(200);
    site.app.clock.step(61_000_000);
    let cancelled = site.smtp.mail(3).await;
    assert_eq!(cancelled.header("Subject"), "Cancelled: Weekly, Mon 15 Mar 2027, 10:00 (UTC+11:00)");
    assert!(
        cancelled.text().contains("The next event of this meeting:\n\n  Tuesday 16 March 2027, 19:00 to 20:00"),
        "{}",
        cancelled.text()
    );
}
