//! `gavel export` and `gavel import`: files, standard streams, and how far it is by now.

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write as _};
use std::path::{Path, PathBuf};

use gavel::app::App;
use gavel::app::moving::Step;
use indicatif::{ProgressBar, ProgressStyle};

use super::out::print;
use super::{Outcome, Signals};

/// How many bytes go between the program and a file at a time.
const BUFFER: usize = 256 * 1_024;

/// Writes everything to this file, which must not be there yet, or to standard output.
pub fn export(file: &Path) -> Outcome {
    let bar = Bar::new(None)?;
    if file == "-" {
        return super::with_app(async |app| {
            let to = BufWriter::with_capacity(BUFFER, io::stdout().lock());
            let written = app.export(to, |step| bar.show(step)).await.map_err(|problem| format!("The export broke off. {problem}"))?;
            bar.clear();
            // Standard output has the export.
            let _ = writeln!(io::stderr(), "Exported {written}.");
            Ok(())
        });
    }
    super::with_app(async |app| {
        to_file(app, file, &bar).await.map_err(|problem| format!("“{}” was not written. {problem}", file.display()).into())
    })
}

/// Under another name until it is whole and on disk: whatever has the name of an export is one.
async fn to_file(app: &App, file: &Path, bar: &Bar) -> Outcome {
    if fs::symlink_metadata(file).is_ok() {
        return Err("There is such a file already: choose another name, or move it away.".into());
    }
    let io = |cause: io::Error| format!("{cause}.");
    let folder = match file.parent() {
        Some(folder) if folder != "" => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    // Only this user may read it, for it holds what the database holds.
    let mut part = tempfile::Builder::new().prefix(".gavel-export-").suffix(".part").tempfile_in(&folder).map_err(io)?;
    let to = BufWriter::with_capacity(BUFFER, part.as_file_mut());
    let mut signals = Signals::listen();
    // Somebody who has seen enough finds nothing lying about. On a stream there is nothing, and a stream that
    // nobody reads would keep the program from hearing.
    let written = tokio::select! {
        written = app.export(to, |step| bar.show(step)) => written?,
        () = signals.any() => return Err("It was interrupted.".into()),
    };
    part.as_file().sync_all().map_err(io)?;
    part.persist_noclobber(file).map_err(|problem| io(problem.error))?;
    File::open(&folder).and_then(|folder| folder.sync_all()).map_err(io)?;
    bar.clear();
    print(format_args!("Exported {written}."))?;
    Ok(())
}

/// Reads everything from this file, or from standard input.
pub fn import(file: &Path, replace: bool) -> Outcome {
    let (name, from, size): (_, Box<dyn Read>, _) = if file == "-" {
        ("Standard input".to_owned(), Box::new(io::stdin().lock()), None)
    } else {
        let name = format!("“{}”", file.display());
        let opened = File::open(file).and_then(|file| Ok((file.metadata()?.len(), file)));
        let (size, opened) = opened.map_err(|cause| format!("{name} cannot be read: {cause}."))?;
        (name, Box::new(opened), Some(size))
    };
    let bar = Bar::new(size)?;
    super::with_app(async |app| {
        let from = BufReader::with_capacity(BUFFER, from);
        let done = app.import(from, replace, |step| bar.show(step)).await;
        let done = done.map_err(|problem| format!("{name} was not imported. {problem}"))?;
        bar.clear();
        if done.replaced.sum() > 0 {
            print(format_args!("Deleted what was there: {}.", done.replaced))?;
        }
        print(format_args!("Imported {}.", done.rows))?;
        Ok(())
    })
}

/// How far it is; says nothing where standard error is no terminal.
struct Bar {
    shown: ProgressBar,
    /// How many bytes there are to read, where that is known.
    size: Option<u64>,
    known: ProgressStyle,
    unknown: ProgressStyle,
}

impl Bar {
    fn new(size: Option<u64>) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let known = ProgressStyle::with_template("{msg} {wide_bar} {human_pos} of {human_len}, {eta} left")?;
        let unknown = ProgressStyle::with_template("{msg} {human_pos} {spinner}")?;
        Ok(Self { shown: ProgressBar::no_length(), size, known, unknown })
    }

    fn show(&self, step: Step) {
        let (doing, done, of) = match step {
            Step::Written { rows, of } => ("Writing rows", rows, Some(of)),
            Step::Read { bytes } => ("Reading bytes", bytes, self.size),
            Step::Compared { logs, of } => ("Comparing logs", logs, Some(of)),
        };
        if self.shown.message() != doing {
            self.shown.set_style(if of.is_some() { self.known.clone() } else { self.unknown.clone() });
            self.shown.set_length(of.unwrap_or_default());
            self.shown.set_message(doing);
            self.shown.reset();
        }
        self.shown.set_position(done);
    }

    fn clear(&self) {
        self.shown.finish_and_clear();
    }
}

/// What is said next begins its line also where the move broke off.
impl Drop for Bar {
    fn drop(&mut self) {
        self.clear();
    }
}
