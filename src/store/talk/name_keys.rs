//! The keys of names, which an older Gavel made by other rules, or which came in a file.

use sqlx::{AnyConnection, Row as _};

use crate::domain::text::confusable::{Looks, fold_name};
use crate::store::Error;

/// The participants whose keys are made again.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) enum Whose {
    /// Of those who are in an event that has not closed: nobody joins any other.
    Present,
    /// Of all, as in a file that was imported: files do not have all keys.
    Everyones,
}

/// Makes the keys of accounts and participants again. Rows whose keys are right stay as they are.
pub(in crate::store) async fn refresh(connection: &mut AnyConnection, whose: Whose) -> Result<(), Error> {
    // A key that is taken may be free after the account that has it got its own.
    while refresh_accounts(connection).await? {}
    let find = match whose {
        Whose::Present => {
            "SELECT p.id, p.nick, p.nick_key, p.nick_written FROM chat_event e JOIN participant p ON p.event_id = e.id \
             WHERE e.closed_ts IS NULL AND p.gone_ts IS NULL"
        }
        Whose::Everyones => "SELECT id, nick, nick_key, nick_written FROM participant",
    };
    for row in sqlx::query(find).fetch_all(&mut *connection).await? {
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

/// Makes the keys of accounts again, and returns whether any changed. An older Gavel may have told two accounts apart that have
/// one key now: then the first of them, by the time when it was made, has the key. The other one keeps its older key and is
/// found by its name as it is written.
async fn refresh_accounts(connection: &mut AnyConnection) -> Result<bool, Error> {
    let mut changed = false;
    for row in sqlx::query("SELECT id, name, name_key FROM organizer ORDER BY created_at, id").fetch_all(&mut *connection).await? {
        let (id, key): (String, String) = (row.try_get("id")?, row.try_get("name_key")?);
        let made = fold_name(row.try_get("name")?);
        if key != made {
            let free = "UPDATE organizer SET name_key = $1 WHERE id = $2 AND NOT EXISTS (SELECT 1 FROM organizer o WHERE o.name_key = $1)";
            changed |= sqlx::query(free).bind(made).bind(id).execute(&mut *connection).await?.rows_affected() > 0;
        }
    }
    Ok(changed)
}
