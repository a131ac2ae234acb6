//! Exports whose clients stop reading: each keeps its place, and there are only so many.

use gavel::domain::schedule::event::EventId;
use gavel::domain::talk::participant::ParticipantId;
use gavel::store::talk::participant_action::ParticipantAction;

use crate::support::TestApp;
use crate::support::desk::say;
use crate::support::wire::Wire;

/// How many exports one address may read at once.
const AT_ONCE: usize = 8;

/// An event with a log that is larger than what the kernels of both sides keep.
async fn long_event(app: &TestApp) -> String {
    let event = app.open_event().await;
    let (id, ada) = (EventId::parse(&event).unwrap(), app.join(&event, "ada").await);
    let who = ParticipantId::parse(&ada.id).unwrap();
    let store = app.store().await;
    for _ in 0..10 {
        let entries: Vec<ParticipantAction> = (0..400).map(|_| say(&id, &who, &"words ".repeat(600), None)).collect();
        store.write(entries).await.unwrap();
    }
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_stop_reading_exports_keep_so_many_places_and_no_more() {
    let app = TestApp::start().await;
    let event = long_event(&app).await;
    let path = format!("/api/v1/events/{event}/transcript.json");
    let mut stalled = Vec::new();
    for _ in 0..AT_ONCE {
        let mut client = Wire::to(&app.base).await;
        client.get(&path, "").await;
        // Its head comes, and then nobody reads on.
        assert!(client.reads("HTTP/1.1 200 ").await);
        stalled.push(client);
    }
    for form in ["transcript.json", "transcript.txt", "transcript.md", "transcript.html", "actions.csv"] {
        let refused = app.get(&format!("/events/{event}/{form}")).await;
        assert!(refused.headers["retry-after"].to_str().unwrap().parse::<u32>().is_ok());
        refused.problem(429, "too-many");
    }
    // Other answers do not wait for them.
    assert_eq!(app.get(&format!("/events/{event}")).await.status, 200);
    drop(stalled);
    // Their places are given back as soon as the connections are seen to have ended.
    let began = std::time::Instant::now();
    while app.get(&format!("/events/{event}/actions.csv")).await.status != 200 {
        assert!(began.elapsed() < crate::support::wire::AT_MOST, "the places are not given back");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
