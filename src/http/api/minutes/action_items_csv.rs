//! The actions of an event, or of a whole meeting, as a table for spreadsheets: CSV as RFC 4180 has it, written while it is
//! read. What is noted is anybody's text, so no cell is one that a spreadsheet would take for a formula.

use std::error::Error;

use chrono::SecondsFormat;
use csv::{IntoInnerError, Terminator, WriterBuilder};
use rocket::futures::stream::{self, StreamExt};
use rocket::response::stream::TextStream;
use rocket::response::{self, Redirect, Responder, Response};
use rocket::{Request, State, get};

use crate::app::App;
use crate::app::minutes::action_item_list::{ActionItemList, ActionItemsLookup, Task};
use crate::app::transcript::export_limits::Place;
use crate::domain::minutes::{Action, Step, Whence};
use crate::domain::schedule::event::ChatEvent;
use crate::domain::time::Timestamp;
use crate::domain::zone::Zone;
use crate::http::draft_access::seen;
use crate::http::guards::Caller;
use crate::http::problem::Problem;
use crate::http::{Site, origin};

const COLUMNS: usize = 12;
const HEAD: &str = "event,date,ts,text,assignees,link,state,settled_by,settled_at,settled_link,given_date,given_link\r\n";
/// Stands where the rest would.
const BROKEN: &str = ",,,The rest could not be read. Load this file again.,,,,,,,,\r\n";

#[get("/events/<id>/actions.csv")]
pub async fn export_event_actions(id: &str, caller: Caller<'_>, app: &State<App>) -> Result<Csv, Problem> {
    let place = app.take_export(caller.network).await?;
    let event = seen(id, &caller, app).await?;
    let (event, sheet) = app.actions_of_event(&event).await?;
    Ok(Csv::File { place, sheet: Box::new(sheet), name: format!("{}-{}-actions.csv", event.slug, event.key) })
}

#[get("/meetings/<slug>/actions.csv")]
pub async fn export_meeting_actions(slug: &str, caller: Caller<'_>, app: &State<App>) -> Result<Csv, Problem> {
    let place = app.take_export(caller.network).await?;
    Ok(match app.actions_of_meeting(slug, caller.viewer(app).await?.as_ref()).await? {
        ActionItemsLookup::Here(meeting, sheet) => Csv::File { place, sheet, name: format!("{}-actions.csv", meeting.slug) },
        ActionItemsLookup::Moved(slug) => Csv::Moved(Box::new(Redirect::permanent(format!("/api/v1/meetings/{slug}/actions.csv")))),
    })
}

/// A file that is written while it is read, or the way to where it is now.
pub enum Csv {
    File { place: Place, sheet: Box<ActionItemList>, name: String },
    Moved(Box<Redirect>),
}

impl<'r> Responder<'r, 'r> for Csv {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'r> {
        let (place, sheet, name) = match self {
            Self::File { place, sheet, name } => (place, sheet, name),
            Self::Moved(redirect) => return redirect.respond_to(request),
        };
        let address = request.rocket().state::<Site>().map(|site| origin::absolute(request, site)).unwrap_or_default();
        // The place is kept until the answer has been sent or its connection has ended, as long as the client reads.
        let pieces = stream::unfold((place, Some(sheet), address), |(mut place, sheet, origin)| async move {
            let mut sheet = sheet?;
            if let Err(problem) = place.keep().await {
                log::warn!("A table of actions broke off because its client had stopped reading: {problem}");
                return Some((BROKEN.to_owned(), (place, None, origin)));
            }
            match piece(&mut sheet, &origin).await {
                Ok(Some(text)) => Some((text, (place, Some(sheet), origin))),
                Ok(None) => None,
                Err(problem) => {
                    log::error!("A table of actions broke off: {problem}");
                    Some((BROKEN.to_owned(), (place, None, origin)))
                }
            }
        });
        let head = stream::once(async { HEAD.to_owned() });
        let mut answer = Response::build_from(TextStream(head.chain(pieces).boxed()).respond_to(request)?);
        answer.raw_header("Content-Type", "text/csv; charset=utf-8; header=present");
        answer.raw_header("Content-Disposition", format!("attachment; filename=\"{name}\""));
        answer.raw_header("X-Content-Type-Options", "nosniff");
        answer.ok()
    }
}

/// The records of the next event; `None` behind the last.
async fn piece(sheet: &mut ActionItemList, origin: &str) -> Result<Option<String>, Box<dyn Error + Send + Sync>> {
    let Some((event, actions)) = sheet.next().await? else { return Ok(None) };
    Ok(Some(table(actions.iter().map(|task| row(&event, task, origin)))?))
}

fn row(event: &ChatEvent, task: &Task, origin: &str) -> [String; COLUMNS] {
    let item = &task.item;
    let link = |at: &Whence, ts: Timestamp| format!("{origin}{}", at.line(ts));
    // Given and not spoken of since, it is open.
    let said = task.now.as_ref().filter(|now| now.step != Step::Given);
    let of_said = |cell: &dyn Fn(&Action) -> String| said.map(cell).unwrap_or_default();
    let given = task.now.as_ref().map(|now| (day(now.from.opens_at, now.from.zone), link(&now.from, now.given)));
    let own = (day(event.opens_at, event.zone), format!("{origin}{}", event.line_url(item.ts)));
    let (given_date, given_link) = given.unwrap_or_else(|| own.clone());
    [
        event.title.clone(),
        own.0,
        instant(item.ts),
        item.text.clone(),
        item.assignees.join(", "),
        own.1,
        said.map_or("open", |now| now.step.as_str()).to_owned(),
        of_said(&|now| now.nick.clone().unwrap_or_default()),
        of_said(&|now| instant(now.at)),
        of_said(&|now| link(&now.by, now.at)),
        given_date,
        given_link,
    ]
}

fn day(at: Timestamp, zone: Zone) -> String {
    at.in_zone(zone).format("%Y-%m-%d").to_string()
}

fn instant(at: Timestamp) -> String {
    at.utc().to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Records, each cell made harmless.
fn table(rows: impl Iterator<Item = [String; COLUMNS]>) -> Result<String, Box<dyn Error + Send + Sync>> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.map(harmless))?;
    }
    Ok(String::from_utf8(writer.into_inner().map_err(IntoInnerError::into_error)?)?)
}

/// What a cell may hold: spreadsheets calculate what begins with one of these signs, and leave what has a `'` before it.
fn harmless(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> String {
        let mut row = [(); COLUMNS].map(|()| String::new());
        text.clone_into(&mut row[3]);
        table([row].into_iter()).unwrap()
    }

    #[test]
    fn a_cell_is_quoted_where_it_has_to_be_and_ends_as_the_standard_says() {
        assert_eq!(HEAD.split(',').count(), COLUMNS);
        assert_eq!(line("ada says \"no\", twice"), ",,,\"ada says \"\"no\"\", twice\",,,,,,,,\r\n");
        assert_eq!(line("one\ntwo"), ",,,\"one\ntwo\",,,,,,,,\r\n");
        assert_eq!(line(BROKEN.trim_matches([',', '\r', '\n'])), BROKEN);
    }

    #[test]
    fn no_cell_is_a_formula() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "＝1+1", "=HYPERLINK(\"http://x\")"] {
            assert!(line(text).trim_start_matches([',', '"']).starts_with('\''), "{text}");
        }
        for text in ["1=1", "'quoted", "ada: =1", "–"] {
            assert_eq!(line(text), format!(",,,{text},,,,,,,,\r\n"));
        }
    }
}
