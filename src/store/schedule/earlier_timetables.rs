//! The timetables that a meeting had before its last one, as the one column of text that keeps them:
//! `migrations/0006_exceptions.sql` says why.

use crate::domain::schedule::recurrence::EarlierTimetable;
use crate::store::Error;
use crate::store::db::row::undecodable;

/// The column's text; NULL where there is none.
pub(in crate::store) fn write(parts: &[EarlierTimetable]) -> Option<String> {
    (!parts.is_empty()).then(|| parts.iter().map(EarlierTimetable::line).collect::<Vec<_>>().join("\n"))
}

/// Reads the column's text.
///
/// # Errors
/// [`Error::Unavailable`] for what [`write()`] did not write.
pub(in crate::store) fn read(text: &str) -> Result<Vec<EarlierTimetable>, Error> {
    text.lines().map(|line| EarlierTimetable::of_line(line).ok_or_else(|| undecodable("earlier", line))).collect()
}
