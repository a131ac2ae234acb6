//! Cuts a long log into its meetings, each from `#startmeeting` to the `#endmeeting` of a chair.

use std::collections::HashSet;

use super::reader::{Entry, Event};
use super::report::{Kind, Report};
use super::{Problem, Reason};
use crate::domain::minutes::{self, Read, Tag};

/// Returns the meetings; messages between them are counted in the report. A meeting that nobody ended goes on to the end
/// of the log.
///
/// # Errors
/// When nobody began a meeting.
pub(super) fn at_meetings(entries: Vec<Entry>, report: &mut Report) -> Result<Vec<Vec<Entry>>, Problem> {
    let mut meetings: Vec<Vec<Entry>> = Vec::new();
    let mut is_open = false;
    let mut chairs: HashSet<String> = HashSet::new();
    for entry in entries {
        let command = match &entry.event {
            Event::Says(text) => match minutes::read(text) {
                Read::Command(command) => Some(command),
                _ => None,
            },
            _ => None,
        };
        let tag = command.as_ref().map(|command| command.tag);
        let by = entry.nick.to_lowercase();
        if !is_open && tag == Some(Tag::StartMeeting) {
            is_open = true;
            chairs = HashSet::from([by.clone()]);
            meetings.push(Vec::new());
        }
        let Some(meeting) = meetings.last_mut().filter(|_| is_open) else {
            if matches!(entry.event, Event::Says(_) | Event::Does(_)) {
                report.count(Kind::Outside, entry.number);
            }
            continue;
        };
        meeting.push(entry);
        let Some(command) = command.filter(|_| chairs.contains(&by)) else { continue };
        let names = command.argument.split([' ', ',']).filter(|name| !name.is_empty()).map(str::to_lowercase);
        match command.tag {
            Tag::Chair => chairs.extend(names),
            Tag::Unchair => names.for_each(|name| _ = chairs.remove(&name)),
            Tag::EndMeeting => is_open = false,
            _ => {}
        }
    }
    if meetings.is_empty() { Err(Problem::whole(Reason::NoMeeting)) } else { Ok(meetings) }
}
