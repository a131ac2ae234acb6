//! A store, its clock and its database without a server, for rules that HTTP does not reach:
//! batches, private rows, boundaries that fall between two rows.

use std::num::NonZeroU32;

use gavel::app::App;
use gavel::app::talk::poll::Poll;
use gavel::config::Config;
use gavel::domain::schedule::event::{ChatEvent, EventId};
use gavel::domain::talk::message::{ChatData, Utterance};
use gavel::domain::talk::participant::{Nick, ParticipantId};
use gavel::domain::time::Timestamp;
use gavel::store::talk::participant_action::{ParticipantAction, ParticipantOutcome};
use gavel::store::{Clock, Store};
use serde_json::Value;

use super::data::Data;
use super::raw_database::Raw;
use super::{HOUR, MINUTE};

/// A store of one's own.
pub struct Desk {
    pub store: Store,
    pub clock: Clock,
    pub raw: Raw,
    data: Data,
}

impl Desk {
    /// An empty database with one meeting.
    pub async fn new() -> Self {
        let (data, clock) = (Data::new(), Clock::default());
        let store = open(&data, clock.clone()).await;
        let raw = Raw::open(&data).await;
        raw.run("INSERT INTO organizer (id, name, name_key, password, created_at) VALUES ('o', 'olga', 'olga', '', 0)").await;
        raw.run(
            "INSERT INTO meeting (id, slug, organizer_id, title, description, description_html, timezone, starts, duration_minutes, \
             visibility, created_at) VALUES ('m', 'weekly', 'o', 'Weekly', '', '', 'UTC', '2200-01-01T12:00:00', 60, 'public', 0)",
        )
        .await;
        Self { store, clock, raw, data }
    }

    /// The server's time.
    pub fn now(&self) -> i64 {
        self.clock.now().micros()
    }

    /// Another store on the same data and the same clock, as a second process has it.
    pub async fn second(&self) -> Store {
        open(&self.data, self.clock.clone()).await
    }

    /// The operations on this store, with the tasks of a server.
    pub fn app(&self) -> App {
        // Tests talk faster than people.
        let much = NonZeroU32::MAX;
        let config = Config { post_rate: much, post_burst: much, event_post_rate: much, event_post_burst: much, ..Config::default() };
        App::start(self.store.clone(), b"key", &gavel::rates(&config))
    }

    /// An event with these times.
    pub async fn event(&self, opens_at: i64, closes_at: i64) -> EventId {
        self.raw.event(opens_at, closes_at).await
    }

    /// An event that opened a minute ago and is open for an hour.
    pub async fn open_event(&self) -> EventId {
        self.event(self.now() - MINUTE, self.now() + HOUR).await
    }

    /// Writes one entry.
    pub async fn enter(&self, entry: ParticipantAction) -> Result<ParticipantOutcome, gavel::store::talk::participant_action::Refusal> {
        let (mut outcomes, _) = self.store.write(vec![entry]).await.unwrap();
        outcomes.remove(0)
    }

    /// Has somebody join.
    pub async fn join(&self, event: &EventId, nick: &str) -> ParticipantId {
        match self.enter(join(event, nick, None)).await {
            Ok(ParticipantOutcome::Joined { who, .. }) => who.id,
            other => panic!("{nick} did not join: {other:?}"),
        }
    }

    /// The event as it stands in the database.
    pub async fn look(&self, event: &EventId) -> ChatEvent {
        self.store.find_event(event).await.unwrap().unwrap()
    }

    /// Every row of an event, private ones too.
    pub async fn rows(&self, event: &EventId) -> Vec<ChatData> {
        self.store.rows_after(event, Timestamp::ZERO, 100_000).await.unwrap()
    }
}

async fn open(data: &Data, clock: Clock) -> Store {
    Store::open(&data.url(), 2, clock).await.unwrap()
}

/// Somebody says something.
pub fn say(event: &EventId, who: &ParticipantId, text: &str, nonce: Option<&str>) -> ParticipantAction {
    let what = Utterance::parse(text).unwrap();
    ParticipantAction::Say { event: event.clone(), who: who.clone(), what, nonce: nonce.map(str::to_owned) }
}

/// Somebody joins.
pub fn join(event: &EventId, nick: &str, nonce: Option<&str>) -> ParticipantAction {
    ParticipantAction::Join { event: event.clone(), nick: Nick::parse(nick).unwrap(), nonce: nonce.map(str::to_owned), chair: false }
}

/// A tick of the keeper.
pub fn tick(event: &EventId) -> ParticipantAction {
    ParticipantAction::Tick { event: event.clone() }
}

/// One poll that does not wait, as JSON.
pub async fn poll(app: &App, event: &EventId, who: Option<&ParticipantId>, after: i64, limit: usize) -> Value {
    let wait = std::time::Duration::ZERO;
    let poll = Poll { after: Timestamp::from_micros(after), wait, limit, tab: None, from: None, insider: false };
    let answer = app.messages_after(event, who, &poll).await.unwrap();
    serde_json::from_str(&format!("{{\"now\":{},{}", answer.now, std::str::from_utf8(&answer.tail).unwrap())).unwrap()
}

/// What was said, and `None` for each refusal.
pub fn stamps(outcomes: &[Result<ParticipantOutcome, gavel::store::talk::participant_action::Refusal>]) -> Vec<Option<i64>> {
    let stamp = |done: &Result<ParticipantOutcome, _>| match done {
        Ok(ParticipantOutcome::Said { row, .. }) => Some(row.ts.micros()),
        _ => None,
    };
    outcomes.iter().map(stamp).collect()
}

/// The `ts` of rows.
pub fn times(rows: &[ChatData]) -> Vec<i64> {
    rows.iter().map(|row| row.ts.micros()).collect()
}

/// The kinds of rows.
pub fn kinds_of(rows: &[ChatData]) -> Vec<&'static str> {
    rows.iter().map(|row| row.kind.as_str()).collect()
}
