//! How long to wait before asking again, and when to give up. It only counts;
//! `client.rs` asks and sleeps.

use std::time::{Duration, Instant};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// What a server may ask for by `Retry-After` for one request, all in all.
const LONGEST_PACING: Duration = Duration::from_mins(10);

/// The tries of one request.
pub(super) struct Tries {
    patience: Duration,
    failing_since: Option<Instant>,
    failures: u32,
    paced: Duration,
}

impl Tries {
    /// Tries that end when `patience` has passed since the first failure.
    pub(super) fn new(patience: Duration) -> Self {
        Self { patience, failing_since: None, failures: 0, paced: Duration::ZERO }
    }

    /// The pause after a failure, twice as long each time, of which a random
    /// part of up to a half is left out so that many clients do not come back
    /// in step. `asked` is what the server wants. `Err` has the time since the
    /// first failure: it is time to give up.
    pub(super) fn after_failure(&mut self, asked: Option<Duration>) -> Result<Duration, Duration> {
        let elapsed = self.failing_since.get_or_insert_with(Instant::now).elapsed();
        let full = FIRST_PAUSE.saturating_mul(1 << self.failures.min(10)).min(LONGEST_PAUSE);
        self.failures += 1;
        let pause = full.mul_f64(rand::random_range(0.5..=1.0));
        let pause = pause.max(asked.unwrap_or_default().min(LONGEST_PAUSE));
        if elapsed + pause > self.patience { Err(elapsed) } else { Ok(pause) }
    }

    /// The pause after the server said that this is too fast. It does not
    /// count against the patience, since the server is there and means it.
    /// `None` where it asks for too long.
    pub(super) fn after_pacing(&mut self, asked: Option<Duration>) -> Option<Duration> {
        let pause = asked.unwrap_or(Duration::from_secs(1)).max(FIRST_PAUSE);
        self.paced = self.paced.saturating_add(pause);
        self.failing_since = None;
        self.failures = 0;
        (self.paced <= LONGEST_PACING).then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_limit() {
        let mut tries = Tries::new(Duration::MAX / 2);
        let pauses: Vec<_> = (0..40).map(|_| tries.after_failure(None).unwrap()).collect();
        assert!(pauses[0] >= FIRST_PAUSE / 2 && pauses[0] <= FIRST_PAUSE);
        assert!(pauses[4] >= FIRST_PAUSE * 8 && pauses[4] <= FIRST_PAUSE * 16);
        assert!(pauses[39] >= LONGEST_PAUSE / 2 && pauses[39] <= LONGEST_PAUSE);
    }

    #[test]
    fn patience_ends() {
        let mut tries = Tries::new(Duration::from_millis(10));
        assert!(tries.after_failure(None).is_err(), "the pause alone would be longer");
    }

    #[test]
    fn pacing_is_obeyed_within_reason() {
        let mut tries = Tries::new(Duration::ZERO);
        let minute = Duration::from_mins(1);
        assert_eq!(tries.after_pacing(Some(minute)), Some(minute));
        assert_eq!(tries.after_pacing(None), Some(Duration::from_secs(1)));
        assert_eq!(tries.after_pacing(Some(LONGEST_PACING)), None);
    }
}
