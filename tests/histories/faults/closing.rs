//! An event that closes while a hundred people post: by its set time, or because the organizer closes it. Each post is
//! before `closed`, or refused.

use std::time::Duration;

use super::super::history::{Attempt, Fate};
use super::super::host::Host;
use super::super::run::Run;
use super::super::verdict::{Verdict, judge};
use super::{Size, well_ended};

const PEOPLE: u64 = 100;

pub async fn run(seed: u64, size: &Size) -> Verdict {
    let mut host = Host::start();
    let mut cast = size.cast();
    cast.writers = PEOPLE.max(size.writers);
    // So many at once keep the server busy as it is; rows that only lengthen the log say nothing of its end.
    (cast.hand.burst, cast.hand.pause, cast.readers) = (2, Duration::from_millis(100), size.readers.min(16));
    let mut whole = Verdict::default();
    // Each is an event of its own with many rows: fewer of them say as much.
    let events = (size.blows / 5).max(2);
    for blow in 1..=events {
        let mut run = Run::begin(&host.site, seed + blow as u64, &cast).await;
        // Until then everybody has posted, and has the next post on its way.
        run.reaches(size.rows / events).await;
        if (seed + blow as u64).is_multiple_of(2) {
            host.site.close(&run.event).await;
        } else {
            // A busy machine may take longer than that to hear of it.
            for micros in (0..).map(|n| 200_000 << n) {
                let end = host.site.now().await + micros;
                if host.site.move_end(&run.event, end).await {
                    break;
                }
            }
        }
        run.written_out().await;
        let history = run.finish(&host.site).await;
        let refused = history.posts.iter().filter(|it| matches!(it.attempts.last(), Some(Attempt::Status(410)))).count();
        let mut verdict = if blow == events { well_ended(&mut host, &history) } else { judge(&history) };
        if refused < usize::try_from(PEOPLE).unwrap() / 2 || history.posts.iter().all(|it| it.fate() == Fate::Refused) {
            verdict.object(format!("nothing was in flight: {refused} posts were refused"));
        }
        whole.add(verdict);
    }
    whole
}
