//! The process that has a database: what it writes down about itself, and how another one reads that.

use std::fmt;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;

/// The use that a process makes of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Server,
    Import,
}

/// A process that uses the database, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Holder {
    pub kind: Option<Kind>,
    /// Its number on its host.
    pub process: Option<u32>,
    /// The time at which it claimed the database.
    pub since: Option<Timestamp>,
    pub host: Option<String>,
    /// The address that a server is reached at.
    pub address: Option<String>,
}

impl Holder {
    /// This process.
    pub(super) fn this(kind: Kind, now: Timestamp) -> Self {
        Self { kind: Some(kind), process: Some(std::process::id()), since: Some(now), host: host(), address: None }
    }

    /// Reads who has locked the file at `locked`, from the record at `record` and from the system's list of locks. The
    /// list decides: a record may be left from a process that was killed, or belong to another name of the database.
    pub(super) fn find(record: &Path, locked: &Path) -> Self {
        let written = read(record);
        match (process_with(locked), written) {
            (None, written) => written.unwrap_or_default(),
            (Some(process), Some(written)) if written.process == Some(process) => written,
            (Some(process), _) => Self { process: Some(process), ..Self::default() },
        }
    }

    pub(super) fn to_line(&self) -> String {
        serde_json::json!(self).to_string() + "\n"
    }
}

impl fmt::Display for Holder {
    /// Such as "process 4242, since 2026-11-30 21:13:39 UTC, at `http://127.0.0.1:8000`".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.process {
            Some(process) => write!(f, "process {process}")?,
            None => f.write_str("a process that is not visible from here")?,
        }
        if let Some(elsewhere) = self.host.as_ref().filter(|it| host().as_ref() != Some(*it)) {
            write!(f, " on {elsewhere}")?;
        }
        if let Some(since) = self.since {
            write!(f, ", since {}", since.utc().format("%Y-%m-%d %H:%M:%S UTC"))?;
        }
        if let Some(address) = &self.address {
            write!(f, ", at {address}")?;
        }
        Ok(())
    }
}

fn read(record: &Path) -> Option<Holder> {
    let mut text = String::new();
    File::open(record).and_then(|file| file.take(4_096).read_to_string(&mut text)).ok()?;
    serde_json::from_str(&text).ok()
}

fn host() -> Option<String> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// The process that has locked this file, as Linux lists it; `None` on other systems, and for processes that are not
/// visible from here, such as in another container.
fn process_with(file: &Path) -> Option<u32> {
    let inode = fs::metadata(file).ok()?.ino().to_string();
    let locks = fs::read_to_string("/proc/locks").ok()?;
    locks.lines().find_map(|line| {
        // 1: FLOCK  ADVISORY  WRITE 4242 fe:00:393227 0 EOF
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [_, "FLOCK", _, "WRITE", process, place, ..] = fields[..] else { return None };
        let its = place.rsplit(':').next() == Some(inode.as_str());
        if its { process.parse().ok().filter(|process| *process > 0) } else { None }
    })
}
