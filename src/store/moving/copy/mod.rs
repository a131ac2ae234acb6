//! All rows of all tables, as values: read in one moment, written in one transaction. For those who
//! move a whole Gavel, from one engine to another too.
//!
//! Knows tables by their columns and nothing of what they mean, so that nothing is lost that the rest
//! of the program does not look at. What a file of them looks like is not said here.

mod read;
mod write;

use std::fmt;

pub use read::Moment;
pub use write::Filling;

/// What a column holds; the schema knows no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Integer,
}

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    /// Whether it may be NULL.
    pub optional: bool,
    /// The version of the format in which it came. In older files it is missing: [`Self::lacking`].
    pub since: u64,
}

impl Column {
    /// What a row has here that comes from before the column did.
    #[must_use]
    pub const fn lacking(&self) -> Value {
        match self.kind {
            _ if self.optional => Value::Null,
            Kind::Text => Value::Text(String::new()),
            Kind::Integer => Value::Integer(0),
        }
    }
}

/// A table. The first `key` of its columns are its primary key.
#[derive(Debug)]
pub struct Table {
    pub name: &'static str,
    pub columns: &'static [Column],
    key: usize,
    /// What people call one of its rows, and several.
    called: [&'static str; 2],
}

/// What a row has in a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Null,
    Text(String),
    Integer(i64),
}

/// The values of a row, in the order of its table's columns.
pub type Row = Vec<Value>;

const fn text(name: &'static str) -> Column {
    Column { name, kind: Kind::Text, optional: false, since: 1 }
}

const fn integer(name: &'static str) -> Column {
    Column { name, kind: Kind::Integer, optional: false, since: 1 }
}

const fn or_null(column: Column) -> Column {
    Column { optional: true, ..column }
}

const fn since(version: u64, column: Column) -> Column {
    Column { since: version, ..column }
}

/// Every table that is written by people, those first that others refer to. Sign-ins are among them: a
/// move with its secret key is nothing that organizers should notice, and without the key no
/// cookie leads to them any more.
pub static TABLES: [Table; 12] = [
    Table {
        name: "organizer",
        columns: &[text("id"), text("name"), text("name_key"), text("password"), integer("created_at"), since(2, integer("feed_version"))],
        key: 1,
        called: ["organizer", "organizers"],
    },
    Table {
        name: "session",
        columns: &[text("hash"), text("organizer_id"), integer("created_at"), integer("used_at")],
        key: 1,
        called: ["sign-in", "sign-ins"],
    },
    Table {
        name: "api_token",
        columns: &[text("hash"), text("organizer_id"), integer("created_at")],
        key: 1,
        called: ["API token", "API tokens"],
    },
    Table {
        name: "meeting",
        columns: &[
            text("id"),
            text("slug"),
            text("organizer_id"),
            text("title"),
            text("description"),
            text("description_html"),
            text("timezone"),
            text("starts"),
            integer("duration_minutes"),
            or_null(text("rrule")),
            text("visibility"),
            integer("created_at"),
            or_null(integer("deleted_at")),
            since(2, integer("revision")),
            since(2, integer("changed_at")),
            since(3, integer("chair_version")),
            since(3, or_null(text("earlier"))),
            since(3, text("agenda")),
            since(3, text("agenda_html")),
        ],
        key: 1,
        called: ["meeting", "meetings"],
    },
    Table { name: "old_slug", columns: &[text("slug"), text("meeting_id")], key: 1, called: ["old link", "old links"] },
    Table {
        name: "chat_event",
        columns: &[
            text("id"),
            text("meeting_id"),
            text("key"),
            or_null(text("title")),
            or_null(text("agenda")),
            integer("opens_at"),
            integer("closes_at"),
            integer("original_start"),
            or_null(integer("opened_ts")),
            or_null(integer("closed_ts")),
            or_null(integer("cancelled_at")),
            or_null(integer("cancelled_with_meeting")),
            integer("last_ts"),
            integer("row_count"),
            or_null(text("digest")),
            since(2, integer("revision")),
            since(2, integer("changed_at")),
            since(3, integer("warned_ts")),
            since(3, or_null(text("cancel_reason"))),
            since(3, or_null(text("agenda_html"))),
            since(4, or_null(text("wall"))),
            since(4, or_null(text("agenda_before"))),
        ],
        key: 1,
        called: ["event", "events"],
    },
    Table {
        name: "participant",
        columns: &[
            text("id"),
            text("event_id"),
            text("nick"),
            text("nick_key"),
            or_null(text("join_nonce")),
            integer("joined_ts"),
            or_null(integer("away_ts")),
            or_null(integer("gone_ts")),
            since(3, or_null(integer("chair_ts"))),
            since(5, or_null(text("also"))),
        ],
        key: 1,
        called: ["participant", "participants"],
    },
    Table {
        name: "chat_data",
        columns: &[
            text("event_id"),
            integer("ts"),
            text("kind"),
            or_null(text("participant_id")),
            or_null(text("nick")),
            text("text"),
            text("html"),
            or_null(text("nonce")),
            or_null(text("audience")),
            or_null(text("salt")),
            or_null(text("hash")),
            since(3, or_null(text("tag"))),
        ],
        key: 2,
        called: ["message", "messages"],
    },
    Table {
        name: "reminder",
        columns: &[
            text("id"),
            text("meeting_id"),
            text("email"),
            integer("created_at"),
            or_null(integer("confirmed_at")),
            or_null(integer("day_from")),
            or_null(integer("hour_from")),
        ],
        key: 1,
        called: ["reminder", "reminders"],
    },
    Table {
        name: "announced",
        columns: &[
            text("event_id"),
            text("meeting_id"),
            text("title"),
            integer("opens_at"),
            integer("closes_at"),
            or_null(integer("cancelled_at")),
            or_null(integer("day_at")),
            or_null(integer("hour_at")),
        ],
        key: 1,
        called: ["announced event", "announced events"],
    },
    Table {
        name: "mail",
        columns: &[
            text("id"),
            text("reminder_id"),
            text("what"),
            or_null(text("event_id")),
            or_null(text("detail")),
            integer("due_at"),
            integer("until_at"),
            integer("tries"),
            or_null(integer("sent_at")),
            or_null(integer("failed_at")),
        ],
        key: 1,
        called: ["mail", "mails"],
    },
    Table {
        name: "minutes_correction",
        columns: &[text("event_id"), integer("ts"), integer("made_at"), text("organizer_id"), or_null(text("text"))],
        key: 3,
        called: ["correction", "corrections"],
    },
];

impl Table {
    /// Its place in [`TABLES`].
    #[must_use]
    pub fn place(name: &str) -> Option<usize> {
        TABLES.iter().position(|table| table.name == name)
    }

    /// The names of these columns, with a comma between them.
    fn list(columns: &[Column]) -> String {
        columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
    }
}

/// How many rows there are of each table, in the order of [`TABLES`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts(pub [u64; TABLES.len()]);

impl Counts {
    /// Of all tables together.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.0.iter().sum()
    }
}

/// "2 organizers, 1 meeting", without those of which there is none.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let some = TABLES.iter().zip(self.0).filter(|(_, count)| *count > 0);
        let words = some.map(|(table, count)| format!("{count} {}", table.called[usize::from(count != 1)])).collect::<Vec<_>>();
        f.write_str(if words.is_empty() { "nothing" } else { "" })?;
        f.write_str(&words.join(", "))
    }
}
