//! The keys of names, which an older Gavel made by other rules, or which came in a file.

use sqlx::{AnyConnection, Row as _};

use super::Error;
use crate::domain::text::confusable::{Looks, fold_name};

/// Makes the keys of accounts anew, and those of everyone who is in an event that has not closed: nobody joins any other. Rows
/// whose keys are right stay as they are.
pub(super) async fn refresh(connection: &mut AnyConnection) -> Result<(), Error> {
    for row in sqlx::query("SELECT id, name, name_key FROM organizer").fetch_all(&mut *connection).await? {
        let (id, key): (String, String) = (row.try_get("id")?, row.try_get("name_key")?);
        let made = fold_name(row.try_get("name")?);
        if key != made {
            sqlx::query("UPDATE organizer SET name_key = $1 WHERE id = $2").bind(made).bind(id).execute(&mut *connection).await?;
        }
    }
    let present = "SELECT p.id, p.nick, p.nick_key, p.nick_written FROM chat_event e JOIN participant p ON p.event_id = e.id \
         WHERE e.closed_ts IS NULL AND p.gone_ts IS NULL";
    for row in sqlx::query(present).fetch_all(&mut *connection).await? {
        let (id, nick): (String, String) = (row.try_get("id")?, row.try_get("nick")?);
        let stored = Looks { folded: row.try_get("nick_key")?, written: row.try_get("nick_written")? };
        let looks = Looks::of(&nick);
        if stored != looks {
            sqlx::query("UPDATE participant SET nick_key = $1, nick_written = $2 WHERE id = $3")
                .bind(looks.folded)
                .bind(looks.written)
                .bind(id)
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}
