//! How much processor time another process has used, in nanoseconds.
//!
//! `/proc/PID/stat` counts in ticks of 10 ms, a few per cent of a round, but covers threads that have ended. The
//! `schedstat` of each thread is exact but goes with its thread. Both are read, and the exact one counts unless it
//! lost something.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::Duration;

use crate::Outcome;

/// One look at the counters of a process.
pub struct Reading {
    threads: BTreeMap<String, u64>,
    ticks: u64,
}

impl Reading {
    pub fn of(process: u32) -> Outcome<Self> {
        let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
        // The name of the program may hold spaces and brackets, so count from behind it.
        let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let ticks = after_name.split_whitespace().skip(11).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
        let mut threads = BTreeMap::new();
        for entry in fs::read_dir(format!("/proc/{process}/task"))? {
            let entry = entry?;
            // A thread may end between the listing and the reading; then the ticks speak for it.
            let Ok(line) = fs::read_to_string(entry.path().join("schedstat")) else { continue };
            if let Some(Ok(nanoseconds)) = line.split_whitespace().next().map(str::parse) {
                threads.insert(entry.file_name().to_string_lossy().into_owned(), nanoseconds);
            }
        }
        Ok(Self { threads, ticks })
    }

    /// The time used since the reading `before`.
    pub fn since(&self, before: &Self) -> Outcome<Duration> {
        let exact = self.threads.iter().map(|(id, now)| now.saturating_sub(before.threads.get(id).copied().unwrap_or(0)));
        let exact = Duration::from_nanos(exact.sum());
        let all_there = !self.threads.is_empty() && before.threads.keys().all(|id| self.threads.contains_key(id));
        let tick = tick()?;
        let ticks = tick.saturating_mul(u32::try_from(self.ticks.saturating_sub(before.ticks))?);
        // Threads that both began and ended in between are in neither listing; more than rounding shows them.
        if all_there && exact + tick * 3 + ticks / 50 >= ticks { Ok(exact) } else { Ok(ticks) }
    }
}

fn tick() -> Outcome<Duration> {
    let answer = Command::new("getconf").arg("CLK_TCK").output()?;
    let per_second: u32 = String::from_utf8(answer.stdout)?.trim().parse()?;
    Ok(Duration::from_secs(1) / per_second.max(1))
}
