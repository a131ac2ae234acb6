//! `gavel import-log`: logs of meetings that took place elsewhere, brought in as past events.

use std::error::Error;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use clap::Args;
use gavel::app::App;
use gavel::app::archive::{Archived, Shelf};
use gavel::archive::{self, Known};
use gavel::domain::time;
use gavel::domain::zone::Zone;
use indicatif::{ProgressBar, ProgressStyle};

use super::{Outcome, Signals};

/// No log of a meeting of a day is nearly as long.
const LONGEST: u64 = 64 * 1_024 * 1_024;

#[derive(Args)]
pub struct ImportLog {
    /// Logs: transcripts of Gavel's (transcript.txt), or what irssi, WeeChat, ZNC or MeetBot wrote; one event each
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

pub fn run(wanted: &ImportLog) -> Outcome {
    let zone = wanted.zone.as_deref().map(time::zone).transpose().map_err(|problem| format!("--zone: {problem}"))?;
    let bar = ProgressBar::new(wanted.files.len() as u64)
        .with_style(ProgressStyle::with_template("{msg} {wide_bar} {pos} of {len}, {eta} left")?);
    let outcome = super::with_app(async |app| {
        let mut signals = Signals::listen();
        for file in &wanted.files {
            bar.set_message(name(file));
            // A log that is being written then is taken back: each is a transaction of its own.
            let said = tokio::select! {
                said = import(app, wanted, zone, file) => said.map_err(|problem| format!("“{}” was not imported. {problem}", file.display()))?,
                () = signals.any() => return Err(format!("It was interrupted. “{}” and what follows it is not imported.", file.display()).into()),
            };
            bar.suspend(|| println!("{said}"));
            bar.inc(1);
        }
        Ok(())
    });
    bar.finish_and_clear();
    outcome
}

/// Brings one log in; says what became of it.
async fn import(app: &App, wanted: &ImportLog, zone: Option<Zone>, file: &Path) -> Result<String, Box<dyn Error + Send + Sync>> {
    let shelf = app.shelf(&wanted.slug, wanted.title.as_deref(), zone.unwrap_or_else(Zone::utc), wanted.organizer.as_deref()).await?;
    let there = match &shelf {
        Shelf::Meeting(meeting) => meeting.timetable.zone,
        Shelf::New { zone, .. } => *zone,
    };
    let bytes = read(file)?;
    let past = archive::read(&bytes, &Known { name: &name(file), date: wanted.date, zone: zone.unwrap_or(there) })?;
    Ok(match app.archive(&shelf, &past).await? {
        Archived::New(event) => format!(
            "Imported {}: {} lines, {} rows, from {}.",
            event.url(),
            past.said(),
            event.count,
            event.opens_at.in_zone(event.zone).format("%-d %B %Y, %H:%M %Z")
        ),
        Archived::Known(event) => format!("{} is there already, with the same rows.", event.url()),
    })
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
