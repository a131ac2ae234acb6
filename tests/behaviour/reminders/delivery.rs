//! Mails and the server that takes them: what is tried again, what is given up, and that none is lost.

use gavel::domain::reminders::{Email, ReminderTimes};
use gavel::store::reminders::queue::LEASE;

use super::subscriptions::Site;
use crate::support::smtp_server::{Manner, Smtp};
use crate::support::{HOUR, TestApp};

const SECOND: i64 = 1_000_000;

async fn ask(site: &Site, email: &str) {
    assert_eq!(site.ask("weekly", &[("email", email), ("day", "yes")]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_taken_now_is_tried_again_under_the_same_message_id() {
    let site = Site::open().await;
    site.smtp.next(Manner::Text(451));
    site.smtp.next(Manner::Break);
    ask(&site, "ada@example.com").await;
    let first = site.smtp.refused(1).await.remove(0);
    site.counts("SELECT count(*) FROM mail WHERE tries = 1 AND sent_at IS NULL", 1).await;
    put_off(&site, 30).await;
    site.app.clock.step(31 * SECOND);
    let second = site.smtp.refused(2).await.remove(1);
    put_off(&site, 60).await;
    site.app.clock.step(61 * SECOND);
    let taken = site.smtp.mail(1).await;
    assert_eq!([first.header("Message-ID"), second.header("Message-ID")], [taken.header("Message-ID"), taken.header("Message-ID")]);
    site.counts("SELECT count(*) FROM mail WHERE tries = 3 AND sent_at IS NOT NULL", 1).await;
}

/// Waits until the one mail is put off by up to so many seconds, rather than taken for longer.
async fn put_off(site: &Site, seconds: i64) {
    let began = std::time::Instant::now();
    loop {
        let due: i64 = sqlx::query_scalar("SELECT min(due_at) FROM mail WHERE sent_at IS NULL AND failed_at IS NULL")
            .fetch_one(&site.raw.0)
            .await
            .unwrap();
        if due <= site.app.now() + seconds * SECOND {
            return;
        }
        assert!(began.elapsed().as_secs() < 60, "due in {} s", (due - site.app.now()) / SECOND);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_lets_nobody_in_is_asked_again() {
    let site = Site::open().await;
    site.smtp.next(Manner::Greet(554));
    ask(&site, "ada@example.com").await;
    site.smtp.refused(1).await;
    put_off(&site, 30).await;
    site.app.clock.step(31 * SECOND);
    assert_eq!(site.smtp.mail(1).await.to, "ada@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_good_is_given_up_and_keeps_nothing_else_back() {
    let site = Site::open().await;
    site.smtp.next(Manner::Recipient(550));
    ask(&site, "ada@example.com").await;
    site.counts("SELECT count(*) FROM mail WHERE failed_at IS NOT NULL AND sent_at IS NULL", 1).await;
    ask(&site, "bob@example.com").await;
    assert_eq!(site.smtp.mail(1).await.to, "bob@example.com");
    site.app.clock.step(HOUR);
    ask(&site, "carol@example.com").await;
    assert_eq!(site.smtp.mail(2).await.to, "carol@example.com");
    let said = site.smtp.said();
    assert_eq!(said.iter().filter(|line| line.starts_with("RCPT TO:<ada@example.com>")).count(), 1, "{said:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_come_too_late_is_given_up() {
    let site = Site::open().await;
    site.sign_up("weekly", "ada@example.com", &["day", "hour"], 1).await;
    site.announced(1).await;
    site.smtp.next(Manner::Text(450));
    site.clock_at("2027-03-16T07:00:01Z");
    // Late, and so an hour before, only one of the two is sent.
    site.smtp.refused(1).await;
    put_off(&site, 30).await;
    site.clock_at("2027-03-16T08:00:01Z");
    site.counts("SELECT count(*) FROM mail WHERE failed_at IS NOT NULL", 1).await;
    site.clock_at("2027-03-22T08:00:01Z");
    assert_eq!(site.smtp.mail(2).await.header("Subject"), "Weekly, Tue 23 Mar 2027, 19:00 (UTC+11:00)");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_that_has_become_untrue_is_not_sent() {
    let site = Site::open().await;
    site.sign_up("weekly", "ada@example.com", &["day"], 1).await;
    site.announced(1).await;
    let event = site.event("weekly", "2027-03-16").await;
    site.smtp.next(Manner::Text(450));
    site.clock_at("2027-03-15T08:00:01Z");
    site.smtp.refused(1).await;
    put_off(&site, 30).await;
    site.app.post(&format!("/events/{event}/cancel"), serde_json::json!({})).await.expect(200);
    site.app.clock.step(61 * SECOND);
    assert_eq!(site.smtp.mail(2).await.header("Subject"), "Cancelled: Weekly, Tue 16 Mar 2027, 19:00 (UTC+11:00)");
    site.counts("SELECT count(*) FROM mail WHERE what = 'day'", 0).await;
}

/// As when a node is killed between the two.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_a_node_took_and_never_sent_is_sent_by_another() {
    let before = TestApp::start().await;
    let (slug, _) = before.meeting().await;
    let store = before.store().await;
    let meeting = store.find_meeting(&slug).await.unwrap().unwrap();
    let choice = ReminderTimes::new(true, false).unwrap();
    store.ask_for_reminders(&meeting.id, &Email::parse("ada@example.com").unwrap(), choice).await.unwrap();
    let taken = store.take_mail().await.unwrap().unwrap();
    assert_eq!((taken.tries, store.take_mail().await.unwrap().is_none()), (1, true));
    let smtp = Smtp::start().await;
    let after = before.beside_with(&smtp.settings()).await;
    store.ask_for_reminders(&meeting.id, &Email::parse("bob@example.com").unwrap(), choice).await.unwrap();
    assert_eq!(smtp.mail(1).await.to, "bob@example.com", "the other one is being sent, for all this node knows");
    after.clock.step((LEASE + 1) * SECOND);
    assert_eq!(smtp.mail(2).await.to, "ada@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_the_mail_that_is_on_its_way() {
    let mut site = Site::open().await;
    ask(&site, "ada@example.com").await;
    site.smtp.mails(1).await;
    site.app.stop().await;
    site.counts("SELECT count(*) FROM mail WHERE sent_at IS NOT NULL", 1).await;
}
