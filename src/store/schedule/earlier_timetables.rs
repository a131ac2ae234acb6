//! The timetables that a meeting had before its last one, as the one column of text that keeps them:
//! `migrations/0006_exceptions.sql` says why.

use crate::domain::schedule::recurrence::Part;
use crate::store::Error;
use crate::store::db::row::undecodable;

/// The column's text; NULL where there is none.
pub(in crate::store) fn write(parts: &[Part]) -> Option<String> {
    (!parts.is_empty()).then(|| parts.iter().map(Part::line).collect::<Vec<_>>().join("\n"))
}

/// Reads the column's text.
///
/// # Errors
/// [`Error::Unavailable`] for what [`write()`] did not write.
pub(in crate::store) fn read(text: &str) -> Result<Vec<Part>, Error> {
    text.lines().map(|line| Part::of_line(line).ok_or_else(|| undecodable("earlier", line))).collect()
}
