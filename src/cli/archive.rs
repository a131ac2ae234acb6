//! `gavel import-log`: imports logs of meetings that took place elsewhere as past events.

use std::collections::HashSet;
use std::error::Error;
use std::fmt::Display;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use gavel::app::App;
use gavel::app::moving::import_log::{Archived, Problem, TargetMeeting, steps};
use gavel::domain::moving::imported_event::ImportedEvent;
use gavel::domain::talk::participant::Nick;
use gavel::domain::time::{self, Timestamp};
use gavel::domain::zone::Zone;
use gavel::import::{self, Archive, Known, Options};
use indicatif::{ProgressBar, ProgressStyle};

use super::out::{complain, print};
use super::reading::Reading;
use super::{Outcome, Signals};

/// No log of a meeting of a day is nearly as long.
const LONGEST: u64 = 64 * 1_024 * 1_024;

#[derive(Args)]
pub struct ImportLog {
    /// Logs: transcript.txt of Gavel, or what an IRC client, a bouncer or a bot wrote. Each becomes one event. A log that cannot be read is reported, and the others are imported
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The meeting that the events belong to; it is created if it does not exist
    #[arg(long, value_name = "SLUG")]
    slug: String,
    /// The title of a new meeting [default: made from the slug]
    #[arg(long, value_name = "TITLE")]
    title: Option<String>,
    #[command(flatten)]
    reading: Reading,
    /// Cut each log into its meetings, from #startmeeting to #endmeeting; each becomes an event
    #[arg(long)]
    cut: bool,
    /// Show what would be imported, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// The owner of a new meeting; not needed when there is only one organizer
    #[arg(long, value_name = "NAME")]
    organizer: Option<String>,
}

/// What to do when only a part was imported.
const AGAIN: &str = "Run the command again to import the rest: meetings that are there are skipped.";

/// What became of the logs.
#[derive(Default)]
struct Tally {
    /// Events of the log at hand that are there, and of how many.
    of_log: (usize, usize),
    new: usize,
    known: usize,
    refused: usize,
}

/// Why a log did not come in.
enum Trouble {
    /// It is this log's own; others may be imported.
    Log(String),
    /// The others would fail as well.
    All(Box<dyn Error + Send + Sync>),
}

impl Trouble {
    fn of(problem: Problem) -> Self {
        match problem {
            Problem::NotOver | Problem::Other(_) => Self::Log(problem.to_string()),
            other => Self::All(other.into()),
        }
    }

    /// Returns why nothing more can be printed.
    fn unread(problem: String) -> Self {
        Self::All(problem.into())
    }
}

pub fn run(wanted: &ImportLog) -> Outcome {
    let zone = wanted.reading.zone.as_deref().map(time::zone).transpose().map_err(|problem| format!("--zone: {problem}"))?;
    // A mistake in the options is reported before anything is read.
    wanted.reading.options(&Options::default(), zone.unwrap_or_else(Zone::utc))?;
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template("{msg} {wide_bar} {percent} %, {eta} left")?);
    let outcome = super::with_app(async |app| {
        let (mut signals, mut tally) = (Signals::listen(), Tally::default());
        for (n, file) in wanted.files.iter().enumerate() {
            let which = if wanted.files.len() > 1 { format!(" ({} of {})", n + 1, wanted.files.len()) } else { String::new() };
            bar.set_message(format!("{}{which}", name(file)));
            tally.of_log = (0, 0);
            // An event that is being written at that moment is taken back: each is a transaction of its own.
            let said = tokio::select! {
                said = import(app, wanted, zone, file, &bar, &mut tally) => Some(said),
                () = signals.any() => None,
            };
            let Some(said) = said else { return Err(tally.interrupted(file).into()) };
            let refused = |problem: &dyn Display| tally.refusal(file, problem);
            match said {
                Ok(()) => {}
                Err(Trouble::Log(problem)) if wanted.files.len() > 1 => {
                    bar.suspend(|| complain(format_args!("{}", refused(&problem))));
                    tally.refused += 1;
                }
                Err(Trouble::Log(problem)) => return Err(refused(&problem).into()),
                Err(Trouble::All(problem)) => return Err(refused(&problem).into()),
            }
        }
        if wanted.dry_run { tally.dry_outcome() } else { tally.outcome(wanted.files.len()) }
    });
    bar.finish_and_clear();
    outcome
}

impl Tally {
    /// Says that a log was not imported, or which part of it was.
    fn refusal(&self, file: &Path, problem: &dyn Display) -> String {
        match self.of_log {
            (0, _) => format!("“{}” was not imported. {problem}", file.display()),
            (done, all) => format!("Of “{}” only the first {done} of {all} meetings are imported. {problem} {AGAIN}", file.display()),
        }
    }

    /// Says that the command was interrupted, and what was imported by then.
    fn interrupted(&self, file: &Path) -> String {
        match self.of_log {
            (0, _) => format!("It was interrupted. “{}” and what follows it is not imported.", file.display()),
            (done, all) => {
                format!(
                    "It was interrupted. Of “{}” the first {done} of {all} meetings are imported, and nothing after them. {AGAIN}",
                    file.display()
                )
            }
        }
    }

    /// Counts an event that is in, and returns a sentence about it.
    fn count(&mut self, archived: &Archived, messages: usize) -> String {
        match archived {
            Archived::New(event) => {
                self.new += 1;
                let called = if event.own_title { format!(", “{}”", event.title) } else { String::new() };
                let from = event.opens_at.in_zone(event.zone).format("%-d %B %Y, %H:%M %Z");
                format!("Imported {}{called}: {messages} lines, {} rows, from {from}.", event.url(), event.count)
            }
            Archived::Known(event) => {
                self.known += 1;
                format!("{} is there already, with the same rows.", event.url())
            }
        }
    }

    /// Prints the sum of several logs; an error when one of them is not in.
    fn outcome(&self, files: usize) -> Outcome {
        let Self { new, known, refused, .. } = self;
        let sum = format!("Of {files} logs {new} are new, {known} were there already, {refused} were refused.");
        if *refused > 0 {
            return Err(format!("{sum} Fix those and run the command again. Imported logs are skipped.").into());
        }
        if files > 1 {
            print(format_args!("{sum}"))?;
        }
        Ok(())
    }

    fn dry_outcome(&self) -> Outcome {
        print(format_args!("Nothing was imported (--dry-run)."))?;
        if self.refused > 0 { Err(format!("{} logs cannot be read.", self.refused).into()) } else { Ok(()) }
    }
}

/// Imports the events of one log, and prints what became of each.
async fn import(
    app: &App,
    wanted: &ImportLog,
    zone: Option<Zone>,
    file: &Path,
    bar: &ProgressBar,
    tally: &mut Tally,
) -> Result<(), Trouble> {
    let log = read(app, wanted, zone, file).await?;
    tally.of_log = (0, log.pasts.len());
    if !wanted.dry_run {
        // So that a log of which one meeting cannot be imported leaves nothing.
        let to = shelf(app, wanted, zone).await?;
        for past in &log.pasts {
            app.find_archived(&to, past).await.map_err(Trouble::of)?;
        }
    }
    for past in &log.pasts {
        if wanted.dry_run {
            bar.suspend(|| print(format_args!("{}", found(&log, past, zone.unwrap_or_else(Zone::utc))))).map_err(Trouble::unread)?;
            continue;
        }
        // After the first event of a new meeting the meeting is there.
        let shelf = shelf(app, wanted, zone).await?;
        // The bar is that of one event: how much work the next log has is not known yet.
        bar.reset();
        bar.set_length(steps(past) as u64);
        let archived = app.archive_with(&shelf, past, &|done| bar.inc(done as u64)).await.map_err(Trouble::of)?;
        tally.of_log.0 += 1;
        let sentence = tally.count(&archived, past.said());
        bar.suspend(|| print(format_args!("{sentence}"))).map_err(Trouble::unread)?;
    }
    let report = log.report.to_string();
    if !report.is_empty() {
        bar.suspend(|| print(format_args!("  {}", report.replace('\n', "\n  ")))).map_err(Trouble::unread)?;
    }
    Ok(())
}

/// Returns a sentence about an event that would be imported.
fn found(log: &Archive, past: &ImportedEvent, zone: Zone) -> String {
    let people: HashSet<&str> = past.rows.iter().filter_map(|row| row.nick.as_ref().map(Nick::as_str)).collect();
    let time = |at: Timestamp| at.in_zone(zone).format("%-d %B %Y, %H:%M %Z").to_string();
    let (from, to) = (time(past.opens_at), time(past.closes_at));
    let of = |count: usize, one: &str, more: &str| format!("{count} {}", if count == 1 { one } else { more });
    let (lines, people) = (of(past.said(), "line", "lines"), of(people.len(), "person", "people"));
    format!("Format {}: {lines} of {people}, from {from} to {to}.", log.format)
}

async fn shelf(app: &App, wanted: &ImportLog, zone: Option<Zone>) -> Result<TargetMeeting, Trouble> {
    let shelf = app.shelf(&wanted.slug, wanted.title.as_deref(), zone.unwrap_or_else(Zone::utc), wanted.organizer.as_deref());
    // Where they go is the same for all of them.
    shelf.await.map_err(|problem| Trouble::All(problem.into()))
}

/// Reads a log on the clocks of its meeting.
async fn read(app: &App, wanted: &ImportLog, zone: Option<Zone>, file: &Path) -> Result<Archive, Trouble> {
    let there = match &shelf(app, wanted, zone).await? {
        TargetMeeting::Meeting(meeting) => meeting.timetable.zone,
        TargetMeeting::New { zone, .. } => *zone,
    };
    let zone = zone.unwrap_or(there);
    let options = Options { cut: wanted.cut, ..wanted.reading.options(&Options::default(), zone).map_err(Trouble::Log)? };
    let bytes = bytes(file).map_err(Trouble::Log)?;
    let known = Known { name: &name(file), date: wanted.reading.date, zone };
    import::read_with(&bytes, &known, &options).map_err(|problem| Trouble::Log(problem.to_string()))
}

fn name(file: &Path) -> String {
    file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn bytes(file: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = File::open(file).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes));
    read.map_err(|cause| format!("It cannot be read: {cause}."))?;
    if bytes.len() as u64 > LONGEST {
        return Err("It is larger than 64 MiB: this is not the log of one meeting.".to_owned());
    }
    Ok(bytes)
}
