//! The conversation of `gavel demo`: a short weekly meeting of a small open
//! project, played into an event by [`crate::replay`]. Starting a server and
//! making the event is the caller's.

use std::path::PathBuf;
use std::time::Duration;

use crate::replay::{Log, ReplayError, Target, parse, play};

/// What is said, as a log; its times give the rhythm.
const CONVERSATION: &str = include_str!("demo/conversation.txt");

/// Plays the conversation once into the open event `event_id` of the server at
/// `base_url`. `pace` is the mean pause between two lines; with zero there is
/// none. Comes back when everyone has said goodbye and left.
///
/// # Errors
/// As [`play`].
pub fn converse(base_url: &str, event_id: &str, pace: Duration) -> Result<(), ReplayError> {
    let log = conversation()?;
    let speed = mean_pause(&log) / pace.as_secs_f64();
    play(&log, &Target::new(base_url, event_id), speed, &mut |_| {}).map(|_| ())
}

fn conversation() -> Result<Log, ReplayError> {
    parse(CONVERSATION).map_err(|cause| ReplayError::Log { path: PathBuf::from("the conversation"), cause })
}

/// Seconds from one line of the log to the next, on average.
fn mean_pause(log: &Log) -> f64 {
    let pauses = log.lines.len().saturating_sub(1).max(1);
    #[expect(clippy::cast_precision_loss, reason = "a log has far fewer than 2^52 lines")]
    let pauses = pauses as f64;
    log.length().as_secs_f64() / pauses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_conversation_is_a_log_without_a_stray_line() {
        let log = conversation().unwrap();
        assert!((25..=30).contains(&log.lines.len()), "{} lines", log.lines.len());
        assert!((4..=5).contains(&log.nicks().len()), "{:?}", log.nicks());
        assert_eq!(log.skipped, 0);
        assert!(log.lines.iter().all(|line| !line.text.contains('\n')));
        assert!(log.lines.iter().any(|line| line.action));
        assert!(log.lines.is_sorted_by(|a, b| a.at < b.at), "the rhythm goes forward");
    }
}
