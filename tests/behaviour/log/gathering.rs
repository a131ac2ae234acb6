//! How the writer gathers: behind a commit the next batch waits for more, but not where somebody
//! waits for answers, an organizer acts or the program stops.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gavel::live::node::Node;
use gavel::live::rooms::Rooms;
use gavel::live::writer::Writer;
use gavel::store::schedule::organizer_action::OrganizerAction;
use tokio::time::timeout;

use crate::support::desk::{Desk, say};

fn writer(desk: &Desk, gather: Duration) -> Writer {
    let rooms = Arc::new(Rooms::new(Node::new(desk.clock.clone(), Duration::ZERO)));
    Writer::start(desk.store.clone(), rooms, Arc::default(), gather)
}

const LONG: Duration = Duration::from_hours(1);
const AT_MOST: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_message_after_quiet_is_written_at_once_and_one_just_behind_it_gathers() {
    let desk = Desk::new().await;
    let event = desk.open_event().await;
    let (ada, bob) = (desk.join(&event, "ada").await, desk.join(&event, "bob").await);
    timeout(AT_MOST, writer(&desk, LONG).enter(say(&event, &ada, "one", None))).await.unwrap().unwrap().unwrap();

    let gather = Duration::from_secs(1);
    let writer = writer(&desk, gather);
    let began = Instant::now();
    writer.enter(say(&event, &ada, "two", None)).await.unwrap().unwrap();
    writer.enter(say(&event, &bob, "three", None)).await.unwrap().unwrap();
    assert!(began.elapsed() >= gather, "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_for_answers_is_not_slowed_down_and_takes_the_others_along() {
    let desk = Desk::new().await;
    let event = desk.open_event().await;
    let (ada, bob) = (desk.join(&event, "ada").await, desk.join(&event, "bob").await);
    let writer = writer(&desk, Duration::from_secs(10));
    let began = Instant::now();
    writer.enter(say(&event, &ada, "0", None)).await.unwrap().unwrap();
    let others = writer.submit(say(&event, &bob, "takes part", None)).unwrap();
    for n in 1..20 {
        writer.enter(say(&event, &ada, &n.to_string(), None)).await.unwrap().unwrap();
    }
    others.outcome().await.unwrap().unwrap();
    // With a pause for each message, it would take 190 s. A busy machine may add a few pauses.
    assert!(began.elapsed() < Duration::from_secs(100), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gathered_is_written_as_soon_as_an_organizer_acts_or_the_program_stops() {
    let desk = Desk::new().await;
    let event = desk.open_event().await;
    let (ada, bob) = (desk.join(&event, "ada").await, desk.join(&event, "bob").await);
    let writer = writer(&desk, LONG);
    timeout(AT_MOST, async {
        writer.enter(say(&event, &ada, "one", None)).await.unwrap().unwrap();
        let gathered = writer.submit(say(&event, &bob, "two", None)).unwrap();
        writer.act(OrganizerAction::Close { event: desk.open_event().await }).await.unwrap().unwrap();
        gathered.outcome().await.unwrap().unwrap();
        let gathered = writer.submit(say(&event, &bob, "three", None)).unwrap();
        writer.drain().await;
        gathered.outcome().await.unwrap().unwrap();
    })
    .await
    .unwrap();
    assert_eq!(desk.look(&event).await.count, 6);
}
