//! A row that a database gave, whichever library read it: the columns that our tables have.

use sqlx::Row;
use sqlx::any::AnyRow;
use sqlx::postgres::PgRow;

use crate::domain::schedule::event::EventId;
use crate::domain::talk::participant::ParticipantId;
use crate::store::Error;

/// Columns by name. Tables have texts and whole numbers, either may be NULL.
pub(in crate::store) trait Record {
    /// # Errors
    /// [`Error::Unavailable`], also for a column that is not there or of another type.
    fn text(&self, column: &str) -> Result<String, Error>;
    /// # Errors
    /// As for [`Self::text`].
    fn text_or_null(&self, column: &str) -> Result<Option<String>, Error>;
    /// # Errors
    /// As for [`Self::text`].
    fn number(&self, column: &str) -> Result<i64, Error>;
    /// # Errors
    /// As for [`Self::text`].
    fn number_or_null(&self, column: &str) -> Result<Option<i64>, Error>;

    /// # Errors
    /// As for [`Self::text`], also for what is no id of an event.
    fn event_id(&self, column: &str) -> Result<EventId, Error> {
        let id = self.text(column)?;
        EventId::parse(&id).ok_or_else(|| undecodable(column, &id))
    }

    /// # Errors
    /// As for [`Self::text`], also for what is no id of a participant.
    fn participant_id(&self, column: &str) -> Result<ParticipantId, Error> {
        let id = self.text(column)?;
        ParticipantId::parse(&id).ok_or_else(|| undecodable(column, &id))
    }
}

macro_rules! record {
    ($row:ty, $get:ident) => {
        impl Record for $row {
            fn text(&self, column: &str) -> Result<String, Error> {
                Ok(self.$get(column)?)
            }

            fn text_or_null(&self, column: &str) -> Result<Option<String>, Error> {
                Ok(self.$get(column)?)
            }

            fn number(&self, column: &str) -> Result<i64, Error> {
                Ok(self.$get(column)?)
            }

            fn number_or_null(&self, column: &str) -> Result<Option<i64>, Error> {
                Ok(self.$get(column)?)
            }
        }
    };
}

record!(AnyRow, try_get);
record!(PgRow, try_get);
record!(rusqlite::Row<'_>, get);

/// A value that this program did not write, or that a newer one did.
pub(in crate::store) fn undecodable(column: &str, value: &str) -> Error {
    Error::Unavailable(format!("the column {column} has “{value}”, which is unknown here").into())
}
