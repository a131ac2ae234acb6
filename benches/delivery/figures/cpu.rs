//! How much processor time other processes have used, and which kinds of their threads used it.
//!
//! `/proc/PID/stat` counts in ticks of 10 ms, a few per cent of a round, but covers threads that have ended. The
//! `schedstat` of each thread is exact, in nanoseconds, but disappears with its thread. Both are read, and the exact one
//! counts unless it lost something.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::Outcome;

/// The start of the names of threads, of which Linux keeps 15 letters, and what each kind of thread does.
const KINDS: [(&str, &str); 7] = [
    ("rocket-worker-b", "blocking pool: commits"),
    ("rocket-worker", "runtime workers"),
    (INDEX_THREAD, INDEX),
    ("sqlx-sqlite", SQLX),
    ("nginx", "nginx"),
    ("redis-server", "redis"),
    ("bio_", "redis, background"),
];
/// A thread that only takes messages into the search index.
const INDEX_THREAD: &str = "search-index";
pub const INDEX: &str = "search index";
/// In a Gavel without a thread for the search index, these take messages into it, and read.
pub const SQLX: &str = "sqlx: index and reads";

/// One look at the counters of some processes.
pub struct Reading {
    threads: BTreeMap<String, Thread>,
    ticks: u64,
}

struct Thread {
    kind: String,
    nanoseconds: u64,
}

impl Reading {
    pub fn of(processes: &[u32]) -> Outcome<Self> {
        let (mut threads, mut ticks) = (BTreeMap::new(), 0);
        for process in processes {
            let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
            // The name of the program may hold spaces and brackets, so count from after it.
            let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
            ticks += after_name.split_whitespace().skip(11).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
            for entry in fs::read_dir(format!("/proc/{process}/task"))? {
                let entry = entry?;
                // A thread may end between the listing and the reading; then the ticks account for it.
                if let Some(thread) = Thread::read(&entry.path()) {
                    threads.insert(entry.file_name().to_string_lossy().into_owned(), thread);
                }
            }
        }
        Ok(Self { threads, ticks })
    }

    /// The time used since the reading `before`.
    pub fn since(&self, before: &Self) -> Outcome<Duration> {
        let exact = self.threads_since(before).map(|(_, used)| used).sum();
        let all_there = !self.threads.is_empty() && before.threads.keys().all(|id| self.threads.contains_key(id));
        let tick = tick()?;
        let ticks = tick.saturating_mul(u32::try_from(self.ticks.saturating_sub(before.ticks))?);
        // Threads that both began and ended in between are in neither listing; more than rounding shows them.
        if all_there && exact + tick * 3 + ticks / 50 >= ticks { Ok(exact) } else { Ok(ticks) }
    }

    /// The same for each kind of thread, without threads that have ended.
    pub fn kinds_since(&self, before: &Self) -> BTreeMap<String, Duration> {
        let mut kinds = BTreeMap::new();
        for (kind, used) in self.threads_since(before) {
            *kinds.entry(kind.to_owned()).or_default() += used;
        }
        kinds
    }

    fn threads_since<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = (&'a str, Duration)> {
        self.threads.iter().map(|(id, now)| {
            let used = now.nanoseconds.saturating_sub(before.threads.get(id).map_or(0, |thread| thread.nanoseconds));
            (now.kind.as_str(), Duration::from_nanos(used))
        })
    }
}

impl Thread {
    fn read(folder: &Path) -> Option<Self> {
        let line = fs::read_to_string(folder.join("schedstat")).ok()?;
        let nanoseconds = line.split_whitespace().next()?.parse().ok()?;
        Some(Self { kind: kind(fs::read_to_string(folder.join("comm")).ok()?.trim()), nanoseconds })
    }
}

/// The kind of a thread, by its name; threads that are numbered are of one kind.
fn kind(name: &str) -> String {
    let known = KINDS.iter().find(|(start, _)| name.starts_with(start)).map(|(_, kind)| *kind);
    known.unwrap_or_else(|| name.trim_end_matches(|letter: char| letter.is_ascii_digit() || "-_/:".contains(letter))).to_owned()
}

fn tick() -> Outcome<Duration> {
    let answer = Command::new("getconf").arg("CLK_TCK").output()?;
    let per_second: u32 = String::from_utf8(answer.stdout)?.trim().parse()?;
    Ok(Duration::from_secs(1) / per_second.max(1))
}
