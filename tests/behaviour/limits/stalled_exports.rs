//! Exports whose clients stop reading: others wait for their places, and get them.

use gavel::domain::schedule::event::EventId;
use gavel::domain::talk::participant::ParticipantId;
use gavel::store::talk::participant_action::ParticipantAction;
use rocket::futures::future::{Either, join_all, select};

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

async fn stall(app: &TestApp, path: &str) -> Wire {
    let mut client = Wire::to(&app.base).await;
    client.get(path, "").await;
    // Its head comes, and then nobody reads on.
    assert!(client.reads("HTTP/1.1 200 ").await);
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_stop_reading_exports_refuse_nobody() {
    let app = TestApp::start().await;
    let event = long_event(&app).await;
    let path = format!("/api/v1/events/{event}/transcript.json");
    let mut stalled = Vec::new();
    for _ in 1..AT_ONCE {
        stalled.push(stall(&app, &path).await);
    }
    let paused = app.client.get(format!("{}{path}", app.base)).send().await.unwrap();
    assert_eq!(paused.status(), 200);
    // Exports wait until these have given their places up. All other answers are given meanwhile, though more exports wait than one
    // address may read pages at once.
    let forms = (0..2 * AT_ONCE).map(|_| "actions.csv").chain(["transcript.json", "transcript.txt", "transcript.md", "transcript.html"]);
    let exports = forms.map(async |form| {
        let answer = app.client.get(format!("{}/api/v1/events/{event}/{form}", app.base)).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    });
    let mut exports = std::pin::pin!(join_all(exports));
    let others = async {
        for _ in 0..AT_ONCE {
            assert_eq!(app.get(&format!("/events/{event}")).await.status, 200);
        }
    };
    match select(std::pin::pin!(others), &mut exports).await {
        Either::Left(_) => {}
        Either::Right(_) => panic!("the exports did not wait"),
    }
    for (status, text) in exports.await {
        assert_eq!(status, 200, "{text}");
        assert!(!text.contains("The rest could not be read"));
    }
    // A client that reads on gets the rest, since places are free again.
    assert!(paused.text().await.unwrap().ends_with("]}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_end_give_their_places_back() {
    let app = TestApp::start().await;
    let event = long_event(&app).await;
    let path = format!("/api/v1/events/{event}/transcript.json");
    // Each would wait for those before it until they count as stalled, and no more than 32 of them do.
    for _ in 0..8 * AT_ONCE {
        drop(stall(&app, &path).await);
    }
    assert_eq!(app.get(&format!("/events/{event}/actions.csv")).await.status, 200);
}
