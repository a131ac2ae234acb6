//! Ending a series: the form of the meeting, filled so that its rule ends with a chosen event. What that does is shown, saved and
//! undone like any other change of times.

use chrono::NaiveDate;

use super::edit_scope::{Scope, owned};
use super::meeting_values::Values;
use crate::app::{Error, Thing};
use crate::domain::people::organizer::Organizer;
use crate::domain::schedule::event::EventId;
use crate::domain::schedule::recurrence::{ChoiceEnd, RepetitionChoice};
use crate::http::web::kit::page::Page;

/// Returns the form of a meeting whose last event is to be the one with the id `last`.
///
/// # Errors
/// [`Error::Invalid`] at `from` if no rule asks for that event or it has begun, [`Error::NotFound`] if the meeting has no such event;
/// else as for [`owned`].
pub async fn form(page: &Page<'_>, me: &Organizer, slug: &str, last: &str) -> Result<(Scope, Values), Error> {
    let id = EventId::parse(last.trim()).ok_or(Error::NotFound(Thing::Event))?;
    let meeting = owned(page, me, slug).await?;
    let start = page.app.first_to_change(&meeting, Some(&id)).await?.ok_or(Error::NotFound(Thing::Event))?;
    let of_event = meeting.course().table_of(start).clone();
    // Times for everything ahead replace what begins later. Only where the event is of such later times do they change from it on.
    let scope = if meeting.timetable_for(None, page.now) == of_event {
        Scope::all(meeting)
    } else {
        Scope { from: Some(id), start: Some(start), meeting }
    };
    let table = scope.timetable(page.now);
    let mut values = scope.values(page.now);
    if let Some(rule) = &table.rule {
        let day = table.wall_of(start).date();
        values.last = day.to_string();
        match RepetitionChoice::of(rule, table.starts, table.zone) {
            Some(choice) => values.choose(&RepetitionChoice { end: ChoiceEnd::On(day), ..choice }),
            None => rule.until(day).as_str().clone_into(&mut values.rrule),
        }
    }
    Ok((scope, values))
}

/// Returns the day after which a form ends the series, if it is one that does and nobody chose another end in it.
pub fn ends_after(values: &Values) -> Option<NaiveDate> {
    let day = NaiveDate::parse_from_str(&values.last, "%Y-%m-%d").ok()?;
    let is_end = match values.repeat.as_str() {
        "every" => values.ends == "on" && values.until.trim() == values.last,
        "rule" => values.rrule.contains(&format!("UNTIL={}", day.format("%Y%m%d"))),
        _ => false,
    };
    is_end.then_some(day)
}
