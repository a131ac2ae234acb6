//! What a test sees of a server from outside and waits for: parked polls, the log, a row of some kind.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::TestApp;

impl TestApp {
    /// How many polls wait in an event.
    pub fn waiting(&self, event: &str) -> usize {
        self.rooms.all().iter().find(|room| room.id.as_str() == event).map_or(0, |room| room.waiting())
    }

    /// Waits until so many polls are parked in an event.
    pub async fn parked(&self, event: &str, polls: usize) {
        let began = Instant::now();
        while self.waiting(event) < polls {
            assert!(began.elapsed() < Duration::from_mins(1), "{} of {polls} polls are parked", self.waiting(event));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until no more polls than these are parked in an event.
    pub async fn parked_at_most(&self, event: &str, polls: usize) {
        let began = Instant::now();
        while self.waiting(event) > polls {
            assert!(began.elapsed() < Duration::from_mins(1), "{} polls are parked", self.waiting(event));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Everything an event's log shows to everyone, by polling from the start.
    pub async fn log(&self, event: &str) -> Vec<Value> {
        let (mut rows, mut after) = (Vec::new(), 0);
        loop {
            let answer = self.poll(event, &format!("after={after}&wait=0&limit=500")).await;
            rows.extend(answer["messages"].as_array().unwrap().iter().cloned());
            after = answer["cursor"].as_i64().unwrap();
            if answer["more"] == false {
                return rows;
            }
        }
    }

    /// Polls until a row of this kind comes; gives that row and the cursor behind it. Ends with a
    /// panic after `most`.
    pub async fn until(&self, event: &str, kind: &str, most: Duration) -> (Value, i64) {
        let began = Instant::now();
        let mut after = 0;
        while began.elapsed() < most {
            let answer = self.poll(event, &format!("after={after}&wait=2")).await;
            after = answer["cursor"].as_i64().unwrap();
            if let Some(row) = answer["messages"].as_array().unwrap().iter().find(|row| row["kind"] == kind) {
                return (row.clone(), after);
            }
        }
        panic!("no {kind} within {most:?}");
    }
}
