//! `gavel import-log`: logs of meetings that took place elsewhere, brought in as past events.

use std::error::Error;
use std::fmt::Display;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use clap::Args;
use gavel::app::App;
use gavel::app::archive::{Archived, Problem, Shelf, steps};
use gavel::archive::{self, Known};
use gavel::domain::time;
use gavel::domain::zone::Zone;
use indicatif::{ProgressBar, ProgressStyle};

use super::{Outcome, Signals};

/// No log of a meeting of a day is nearly as long.
const LONGEST: u64 = 64 * 1_024 * 1_024;

#[derive(Args)]
pub struct ImportLog {
    /// Logs: transcripts of Gavel's (transcript.txt), or what irssi, WeeChat, ZNC or MeetBot wrote; one event each. One that
    /// cannot be read is told and passed over
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The meeting they belong to; it is made where there is none
    #[arg(long, value_name = "SLUG")]
    slug: String,
    /// The title of a new meeting; without it one is made of the slug
    #[arg(long, value_name = "TITLE")]
    title: Option<String>,
    /// On whose clocks the times of the logs are: the meeting's zone, UTC for a new one
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// The day of the first line, where the log does not say it and its name has no date
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<NaiveDate>,
    /// Whose a new meeting is; not needed where there is one organizer
    #[arg(long, value_name = "NAME")]
    organizer: Option<String>,
}

/// What became of the logs.
#[derive(Default)]
struct Tally {
    new: usize,
    known: usize,
    refused: usize,
}

/// Why a log did not come in.
enum Trouble {
    /// It is this log's own: others may do.
    Log(String),
    /// No other would do better.
    All(Box<dyn Error + Send + Sync>),
}

pub fn run(wanted: &ImportLog) -> Outcome {
    let zone = wanted.zone.as_deref().map(time::zone).transpose().map_err(|problem| format!("--zone: {problem}"))?;
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template("{msg} {wide_bar} {percent} %, {eta} left")?);
    let outcome = super::with_app(async |app| {
        let (mut signals, mut tally) = (Signals::listen(), Tally::default());
        for (n, file) in wanted.files.iter().enumerate() {
            let which = if wanted.files.len() > 1 { format!(" ({} of {})", n + 1, wanted.files.len()) } else { String::new() };
            bar.set_message(format!("{}{which}", name(file)));
            // A log that is being written then is taken back: each is a transaction of its own.
            let said = tokio::select! {
                said = import(app, wanted, zone, file, &bar) => said,
                () = signals.any() => return Err(format!("It was interrupted. “{}” and what follows it is not imported.", file.display()).into()),
            };
            let refused = |problem: &dyn Display| format!("“{}” was not imported. {problem}", file.display());
            match said {
                Ok((archived, lines)) => bar.suspend(|| println!("{}", tally.count(&archived, lines))),
                Err(Trouble::Log(problem)) if wanted.files.len() > 1 => {
                    tally.refused += 1;
                    bar.suspend(|| eprintln!("gavel: {}", refused(&problem)));
                }
                Err(Trouble::Log(problem)) => return Err(refused(&problem).into()),
                Err(Trouble::All(problem)) => return Err(refused(&problem).into()),
            }
        }
        tally.outcome(wanted.files.len())
    });
    bar.finish_and_clear();
    outcome
}

impl Tally {
    /// Counts a log of so many lines that is in, and says so.
    fn count(&mut self, archived: &Archived, lines: usize) -> String {
        match archived {
            Archived::New(event) => {
                self.new += 1;
                let called = if event.own_title { format!(", “{}”", event.title) } else { String::new() };
                let from = event.opens_at.in_zone(event.zone).format("%-d %B %Y, %H:%M %Z");
                format!("Imported {}{called}: {lines} lines, {} rows, from {from}.", event.url(), event.count)
            }
            Archived::Known(event) => {
                self.known += 1;
                format!("{} is there already, with the same rows.", event.url())
            }
        }
    }

    /// The sum of several logs; an error where one of them is not in.
    fn outcome(&self, files: usize) -> Outcome {
        let Self { new, known, refused } = self;
        let sum = format!("Of {files} logs {new} are new, {known} were there already, {refused} were refused.");
        if *refused > 0 {
            return Err(format!("{sum} Mend those and run the same again: what is in already is passed over.").into());
        }
        if files > 1 {
            println!("{sum}");
        }
        Ok(())
    }
}

/// Brings one log in; with how many lines people wrote in it.
async fn import(app: &App, wanted: &ImportLog, zone: Option<Zone>, file: &Path, bar: &ProgressBar) -> Result<(Archived, usize), Trouble> {
    let shelf = app.shelf(&wanted.slug, wanted.title.as_deref(), zone.unwrap_or_else(Zone::utc), wanted.organizer.as_deref());
    // Where they go is the same for all of them.
    let shelf = shelf.await.map_err(|problem| Trouble::All(problem.into()))?;
    let there = match &shelf {
        Shelf::Meeting(meeting) => meeting.timetable.zone,
        Shelf::New { zone, .. } => *zone,
    };
    let bytes = read(file).map_err(Trouble::Log)?;
    let past = archive::read(&bytes, &Known { name: &name(file), date: wanted.date, zone: zone.unwrap_or(there) });
    let past = past.map_err(|problem| Trouble::Log(problem.to_string()))?;
    // The bar is that of one log: the work is in its lines, and how many the next one has is not known yet.
    bar.reset();
    bar.set_length(steps(&past) as u64);
    let archived = app.archive_with(&shelf, &past, &|done| bar.inc(done as u64)).await.map_err(|problem| match problem {
        Problem::NotOver | Problem::Other(_) => Trouble::Log(problem.to_string()),
        other => Trouble::All(other.into()),
    })?;
    Ok((archived, past.said()))
}

fn name(file: &Path) -> String {
    file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = File::open(file).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes));
    read.map_err(|cause| format!("It cannot be read: {cause}."))?;
    if bytes.len() as u64 > LONGEST {
        return Err("It is larger than 64 MiB: this is no log of one meeting.".to_owned());
    }
    Ok(bytes)
}
