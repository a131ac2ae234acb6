//! Plays a log from the first joining to the last leaving, and says how it
//! goes. Who is on stage and how a line gets to the server is in `stage.rs`.

use std::fmt;
use std::time::{Duration, Instant};

use super::progress::Progress;
use super::stage::Stage;
use super::{Log, ReplayError, Target};

/// The longest a log may take, in seconds: a year, which is far from what a clock can hold.
const LONGEST_PLAY: f64 = 365.0 * 24.0 * 60.0 * 60.0;

/// What was played. As text: a sentence or two that say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// Lines of the log.
    pub lines: usize,
    /// Messages they became: more, where a text was too long for one.
    pub messages: usize,
    /// Participants.
    pub people: usize,
    /// Lines of the file that were no messages.
    pub skipped: usize,
    /// How long it took, with joining and leaving.
    pub took: Duration,
}

impl fmt::Display for Played {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lines, people, skipped, .. } = *self;
        let of = |number: usize, one, more| if number == 1 { one } else { more };
        write!(
            f,
            "Played {lines} {} of {people} {} in {:.1} seconds.",
            of(lines, "line", "lines"),
            of(people, "person", "people"),
            self.took.as_secs_f64(),
        )?;
        if skipped > 0 {
            let is = of(skipped, "line of the file is no message and was", "lines of the file are no messages and were");
            write!(f, " {skipped} {is} left out.")?;
        }
        Ok(())
    }
}

/// Plays a log into an open event. `speed` divides the pauses: 1 keeps them,
/// 10 is ten times as fast, and infinity does without them.
///
/// # Errors
/// Where a nickname is refused (before the first line), the event is not open
/// or closes, or the server is away for longer than the target's patience.
/// Whoever joined has then left, as far as the server allowed it.
pub fn play(log: &Log, target: &Target, speed: f64, progress: &mut dyn FnMut(Progress<'_>)) -> Result<Played, ReplayError> {
    let begun = Instant::now();
    let length = log.length().as_secs_f64() / speed;
    // Not-a-number compares as false, and so is refused as well.
    if !(speed > 0.0 && length <= LONGEST_PLAY) {
        return Err(ReplayError::Speed(speed));
    }
    let mut stage = Stage::new(target)?;
    let messages = match stage.perform(log, speed, progress) {
        Ok(messages) => messages,
        Err(error) => {
            if !target.stay && !matches!(error, ReplayError::Unreachable { .. }) {
                stage.abandon();
            }
            return Err(error);
        }
    };
    if !target.stay {
        stage.leave(progress)?;
    }
    Ok(Played { lines: log.lines.len(), messages, people: stage.people(), skipped: log.skipped, took: begun.elapsed() })
}
