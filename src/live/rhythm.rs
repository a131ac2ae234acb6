//! When to write and when to show: the pauses in which more comes together and gets cheaper by that.
//!
//! Rules only, without a task or a clock of their own: times are handed in. `writer.rs` and `room.rs`
//! do the waiting.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;

use crate::domain::talk::participant::ParticipantId;

/// How much of a pause each poll is worth: a few times what waking and answering it costs, so that a big
/// room leaves most of a core to others.
const PER_POLL: Duration = Duration::from_micros(90);
/// The longest pause that polls make: what people do not feel yet.
const LONGEST: Duration = Duration::from_millis(100);

/// How long a room that has woken so many polls shows nothing further. A pace of zero is no pause.
pub(super) fn pause(pace: Duration, woken: usize) -> Duration {
    if pace.is_zero() {
        return pace;
    }
    let polls = u32::try_from(woken).map_or(LONGEST, |woken| PER_POLL.saturating_mul(woken).min(LONGEST));
    pace.max(polls)
}

/// Whoever writes again this soon after an answer is a script that waits for its answers. Gathering
/// would only slow it down, as nothing else comes while it waits.
const SOON: Duration = Duration::from_millis(50);

/// When the next batch is written.
#[derive(Debug)]
pub(super) struct Rhythm {
    /// From the end of a commit to the next batch, at the most; zero: no pause.
    gather: Duration,
    /// When the last commit ended.
    ended: Option<Instant>,
    /// Who was answered when: everyone of the last [`SOON`], and nobody of before twice that.
    answered: HashMap<ParticipantId, Instant, RandomState>,
    /// When those of long ago were last forgotten.
    forgot: Option<Instant>,
}

impl Rhythm {
    pub fn new(gather: Duration) -> Self {
        Self { gather, ended: None, answered: HashMap::default(), forgot: None }
    }

    /// Until when a batch that began at `now` takes in more; `None` after quiet: it is written at once.
    pub fn until(&self, now: Instant) -> Option<Instant> {
        self.ended.map(|ended| ended + self.gather).filter(|until| now < *until)
    }

    /// Whether whoever writes at `now` waits for answers.
    pub fn hurries(&self, who: &ParticipantId, now: Instant) -> bool {
        self.answered.get(who).is_some_and(|at| now.saturating_duration_since(*at) < SOON)
    }

    /// Notes that a commit ended at `now`, and who is answered by it.
    pub fn wrote<'w>(&mut self, now: Instant, answered: impl Iterator<Item = &'w ParticipantId>) {
        self.ended = Some(now);
        if self.gather.is_zero() {
            return;
        }
        // Once in a while, so that it costs nothing for each batch.
        if self.forgot.is_none_or(|at| now.saturating_duration_since(at) >= SOON) {
            self.answered.retain(|_, at| now.saturating_duration_since(*at) < SOON);
            self.forgot = Some(now);
        }
        self.answered.extend(answered.map(|who| (who.clone(), now)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GATHER: Duration = Duration::from_millis(5);

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn a_room_pauses_for_its_pace_or_for_its_polls() {
        for (pace, woken, longer) in [
            (ms(25), 0, ms(25)),
            (ms(25), 277, ms(25)),
            (ms(25), 500, ms(45)),
            (ms(25), 1_000, ms(90)),
            (ms(25), 10_000, ms(100)),
            (ms(25), usize::MAX, ms(100)),
            (ms(1_000), 10_000, ms(1_000)),
            (ms(0), 10_000, ms(0)),
        ] {
            assert_eq!(pause(pace, woken), longer, "{pace:?}, {woken} polls");
        }
    }

    #[test]
    fn a_batch_gathers_until_a_moment_after_the_last_commit_and_not_after_quiet() {
        let mut rhythm = Rhythm::new(GATHER);
        let start = Instant::now();
        assert_eq!(rhythm.until(start), None, "nothing was written yet");
        rhythm.wrote(start, std::iter::empty());
        assert_eq!(rhythm.until(start), Some(start + GATHER));
        assert_eq!(rhythm.until(start + ms(4)), Some(start + GATHER));
        assert_eq!(rhythm.until(start + GATHER), None);
    }

    #[test]
    fn without_a_pause_nothing_waits_and_nobody_is_noted() {
        let mut rhythm = Rhythm::new(Duration::ZERO);
        let (start, ada) = (Instant::now(), ParticipantId::random());
        rhythm.wrote(start, [&ada].into_iter());
        assert_eq!(rhythm.until(start), None);
        assert!(rhythm.answered.is_empty());
    }

    #[test]
    fn whoever_writes_soon_after_an_answer_hurries() {
        let mut rhythm = Rhythm::new(GATHER);
        let (start, ada, bob) = (Instant::now(), ParticipantId::random(), ParticipantId::random());
        rhythm.wrote(start, [&ada].into_iter());
        assert!(rhythm.hurries(&ada, start + ms(49)) && !rhythm.hurries(&bob, start));
        assert!(!rhythm.hurries(&ada, start + SOON));
        rhythm.wrote(start + ms(30), [&ada].into_iter());
        assert!(rhythm.hurries(&ada, start + ms(79)), "the last answer counts");
    }

    #[test]
    fn people_are_forgotten() {
        let mut rhythm = Rhythm::new(GATHER);
        let start = Instant::now();
        for n in 0..10_000 {
            rhythm.wrote(start + ms(n), [&ParticipantId::random()].into_iter());
            assert!(rhythm.answered.len() <= 100, "{} after {n} ms", rhythm.answered.len());
        }
    }
}
