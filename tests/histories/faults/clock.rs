//! The system's clock steps an hour back and an hour forward, then over the end of the event and back before it: by the
//! clock that tests turn, and for real, under libfaketime. Where the database has the clock of all nodes, the system's
//! moves nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::super::history::History;
use super::super::host::{Host, ready};
use super::super::program::Home;
use super::super::run::{Cast, Run};
use super::super::site::{Doors, Site};
use super::super::support::data::Engine;
use super::super::support::{HOUR, TestApp};
use super::super::verdict::{Verdict, judge};
use super::{Outcome, Size};

/// Offsets from the true time, one after the other, while the event goes on. It lasts for three hours.
const STEPS: [i64; 4] = [-HOUR, 0, HOUR, -HOUR];
const LASTS: Duration = Duration::from_hours(3);
/// Past the end of the event, and before it again: what is closed stays closed.
const OVER: [i64; 2] = [4 * HOUR, -HOUR];

pub async fn in_process(seed: u64, size: &Size) -> Verdict {
    let limits = ["post_rate", "post_burst", "join_rate", "join_burst", "address_post_rate", "event_post_rate", "read_rate"];
    let limits = limits.map(|name| format!("gavel.{name}"));
    let settings = limits.each_ref().map(|name| (name.as_str(), 1_000_000.into()));
    let app = TestApp::start_with(&settings).await;
    let place = Site::new(Doors::of(&app.base, None), &app.token);
    let mut offset = 0;
    let history = through(&place, seed, size, true, |to| {
        app.clock.step(to - offset);
        offset = to;
    })
    .await;
    judged(history)
}

/// Debian's `libfaketime`, in the form for programs with threads.
pub fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.flatten().map(|it| it.path().join("faketime"));
    let mut found = folders.chain(["/usr/lib/faketime".into(), "/usr/local/lib/faketime".into()]).map(|it| it.join("libfaketimeMT.so.1"));
    found.find(|it| it.exists())
}

pub async fn under_libfaketime(seed: u64, size: &Size) -> Outcome {
    let Some(library) = library() else { return Outcome::Skipped("libfaketime is not installed") };
    let home = Home::new();
    let file = home.path().join("offset");
    set(&file, 0);
    let mut host = Host::start_in(ready(turned(home, &library, &file)));
    let follows = Engine::tested() == Engine::Sqlite;
    let history = through(&host.site, seed, size, follows, |to| set(&file, to)).await;
    let mut verdict = judged(history);
    host.signal("TERM");
    if let Some(problem) = host.ended() {
        verdict.object(problem);
    }
    Outcome::Judged(verdict)
}

/// A home for a program whose clock is off by what the file says: the library reads that anew at each call, and leaves
/// the clock alone by which the program waits.
pub fn turned(home: Home, library: &Path, file: &Path) -> Home {
    let home = home.with("LD_PRELOAD", library).with("FAKETIME_TIMESTAMP_FILE", file);
    home.with("FAKETIME_NO_CACHE", "1").with("FAKETIME_DONT_FAKE_MONOTONIC", "1").with("DONT_FAKE_MONOTONIC", "1")
}

/// Puts the offset in place at once, for the library may read it at any moment.
pub fn set(file: &Path, micros: i64) {
    let new = file.with_extension("new");
    fs::write(&new, format!("{:+}\n", micros / 1_000_000)).unwrap();
    fs::rename(new, file).unwrap();
}

/// A history through all steps, and what was wrong with the server's time, which `follows` them or is another's.
async fn through(place: &Site, seed: u64, size: &Size, follows: bool, mut step: impl FnMut(i64)) -> (History, Vec<String>) {
    let cast = Cast { lasts: LASTS, ..size.cast() };
    let mut problems = Vec::new();
    let start = place.now().await;
    let mut run = Run::begin(place, seed, &cast).await;
    let (steps, over, phase) =
        if follows { (STEPS.to_vec(), OVER.to_vec(), "closed") } else { ([&STEPS[..], &OVER].concat(), Vec::new(), "open") };
    for (n, to) in steps.iter().enumerate() {
        run.reaches((n + 1) * size.rows / (steps.len() + 1)).await;
        step(*to);
        let (off, shall) = (place.now().await - start, if follows { *to } else { 0 });
        if !(shall..shall + HOUR / 2).contains(&off) {
            problems.push(format!("the clock is off by {off} µs and not by {shall}"));
        }
    }
    run.reaches(size.rows).await;
    for to in over {
        step(to);
        run.written_out().await;
    }
    let event = place.event(&run.event).await;
    if event["phase"] != phase {
        problems.push(format!("it shall be {phase}, and is {}", event["phase"]));
    }
    (run.finish(place).await, problems)
}

fn judged((history, problems): (History, Vec<String>)) -> Verdict {
    let mut verdict = judge(&history);
    for problem in problems {
        verdict.object(problem);
    }
    verdict
}
