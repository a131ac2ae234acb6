//! `gavel verify`: says of one log, of an exported transcript, or of every log whether it is whole.

use std::fs;
use std::path::Path;

use gavel::app::transcript::verify::{Checked, verify_transcript};
use gavel::app::{App, Error};
use gavel::domain::transcript::verify::rows;

use super::Outcome;
use super::out::print;

/// Verifies what is named, or everything.
pub fn run(what: Option<&str>) -> Outcome {
    match what {
        Some(file) if Path::new(file).extension().is_some_and(|it| it == "json") || Path::new(file).is_file() => {
            let json = fs::read(file).map_err(|cause| format!("“{file}” cannot be read: {cause}."))?;
            tell(&verify_transcript(&json).map_err(|problem| format!("“{file}” cannot be verified. {problem}"))?)
        }
        Some(name) => super::with_app(async |app| tell(&app.verify(name).await.map_err(|problem| said(problem, name))?)),
        None => super::with_app(all),
    }
}

/// The report on one log.
fn tell(log: &Checked) -> Outcome {
    if let Some(flaws) = flaws(log) {
        return Err(format!("The log of {} ({}) is not whole. {flaws}", log.url, log.event).into());
    }
    if let Some(first) = log.reworded.first() {
        return Err(format!(
            "The texts of {} ({}) are whole, but the “html” of {} (first {first}) is not what this Gavel makes of them: \
             somebody changed it, or another version wrote it. Go by “text”.",
            log.url,
            log.event,
            rows(i64::try_from(log.reworded.len()).unwrap_or(i64::MAX))
        )
        .into());
    }
    print(format_args!("The log of {} ({}) is whole: {}.", log.url, log.event, rows(log.verdict.count)))?;
    print(format_args!(
        "Count, order, hours and end are as promised; the digest is {}.",
        log.verdict.digest.as_deref().unwrap_or("none yet")
    ))?;
    Ok(())
}

/// A line for each event that has a log, or should have.
async fn all(app: &App) -> Outcome {
    let (mut whole, mut broken, mut empty, mut last) = (0, 0, 0, None);
    loop {
        let events = app.events_behind(last.as_ref()).await.map_err(|problem| said(problem, "any"))?;
        let Some(newest) = events.last() else { break };
        last = Some(newest.clone());
        for event in events {
            let name = format!("{} {}", event.id, event.url());
            match app.verify_log(event).await {
                Ok(log) if log.verdict.flaws.is_empty() && log.verdict.count == 0 => empty += 1,
                Ok(log) => match flaws(&log) {
                    None => {
                        whole += 1;
                        print(format_args!("{name} whole, {}", rows(log.verdict.count)))?;
                    }
                    Some(flaws) => {
                        broken += 1;
                        print(format_args!("{name} NOT WHOLE. {flaws}"))?;
                    }
                },
                // It was deleted between the two reads.
                Err(Error::NotFound(_)) => {}
                Err(problem) => {
                    broken += 1;
                    print(format_args!("{name} CANNOT BE READ. {}", said(problem, &name)))?;
                }
            }
        }
    }
    print(format_args!("{whole} whole, {broken} not, {empty} without rows."))?;
    if broken > 0 {
        return Err(format!("{broken} of {} logs are not whole. gavel verify EVENT says more of one.", whole + broken).into());
    }
    Ok(())
}

/// What is wrong with a log, in sentences; `None` where it is whole.
fn flaws(log: &Checked) -> Option<String> {
    let flaws: Vec<String> = log.verdict.flaws.iter().map(ToString::to_string).collect();
    (!flaws.is_empty()).then(|| flaws.join(" "))
}

fn said(problem: Error, name: &str) -> String {
    match problem {
        Error::NotFound(_) => format!("There is no event “{name}” here. Give its id (e_…), its link, or the path of its page."),
        Error::Unavailable(cause) => format!("The database does not do this now: {cause}."),
        other => other.to_string(),
    }
}
