//! The ways in which a history can break the promise, in words and by the column of the table that counts them.

use std::fmt;

/// One broken promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// A reader lacks a row of the log.
    Missed { reader: String, ts: i64 },
    /// A row was acknowledged, and is not in the log.
    Lost { nonce: String, ts: i64 },
    /// A reader received a row that the log does not have.
    Vanished { reader: String, ts: i64 },
    /// A reader waited for a row long after others had it.
    Late { reader: String, ts: i64, micros: u64 },
    /// A reader received a row again.
    Doubled { reader: String, ts: i64 },
    /// One post has two rows.
    Twice { nonce: String, first: i64, second: i64 },
    /// A retry of a post was answered with another row, or with 201 although the row stood.
    Retry { nonce: String, told: String },
    /// A reader, or the log, has a row at or before the cursor, or before an earlier row.
    Disordered { reader: String, ts: i64, after: i64 },
    /// A post that was sent after another one was acknowledged has the smaller `ts`.
    Overtaken { nonce: String, ts: i64, by: String },
    /// A person's row lies before the event or after its end.
    Outside { ts: i64 },
    /// A row comes after `closed`.
    AfterClosed { reader: String, ts: i64 },
    /// The log does not end with `closed`.
    Unclosed,
    /// A row that nobody sent, or with another text.
    Unsaid { ts: i64 },
    /// A post was refused, and its row is there.
    Refused { nonce: String, ts: i64 },
    /// Two readers were shown different rows of one `ts`.
    Unlike { reader: String, ts: i64 },
    /// A reader was told to start anew, without a backup being restored.
    Reset { reader: String },
    /// The count that came with an answer does not fit the rows.
    Count { reader: String, told: i64, rows: usize },
    /// The digest that came with an answer is not that of so many rows.
    Digest { reader: String, count: i64 },
    /// An answer broke the protocol in another way, or a fault showed what it must not.
    Odd { reader: String, what: String },
}

/// Where the table counts a violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Missed,
    Doubled,
    Disordered,
    AfterClose,
    Other,
}

impl Violation {
    pub const fn column(&self) -> Column {
        match self {
            Self::Missed { .. } | Self::Lost { .. } | Self::Vanished { .. } | Self::Late { .. } => Column::Missed,
            Self::Doubled { .. } | Self::Twice { .. } | Self::Retry { .. } => Column::Doubled,
            Self::Disordered { .. } | Self::Overtaken { .. } => Column::Disordered,
            Self::Outside { .. } | Self::AfterClosed { .. } | Self::Unclosed => Column::AfterClose,
            Self::Unsaid { .. }
            | Self::Refused { .. }
            | Self::Unlike { .. }
            | Self::Reset { .. }
            | Self::Count { .. }
            | Self::Digest { .. }
            | Self::Odd { .. } => Column::Other,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missed { reader, ts } => write!(f, "{reader} missed the row {ts}"),
            Self::Lost { nonce, ts } => write!(f, "the post {nonce} was acknowledged as {ts}, which is not there"),
            Self::Vanished { reader, ts } => write!(f, "{reader} was shown the row {ts}, which is not there"),
            Self::Late { reader, ts, micros } => write!(f, "{reader} waited for {ts} and got it {micros} µs after others knew of it"),
            Self::Doubled { reader, ts } => write!(f, "{reader} got the row {ts} twice"),
            Self::Twice { nonce, first, second } => write!(f, "the post {nonce} is there twice, as {first} and {second}"),
            Self::Retry { nonce, told } => write!(f, "the retry of {nonce} was answered wrongly: {told}"),
            Self::Disordered { reader, ts, after } => write!(f, "{reader} got {ts} after {after}"),
            Self::Overtaken { nonce, ts, by } => write!(f, "{nonce} ({ts}) was acknowledged before {by} was sent, which lies before it"),
            Self::Outside { ts } => write!(f, "the row {ts} of a person lies outside of the event"),
            Self::AfterClosed { reader, ts } => write!(f, "{reader} has the row {ts} after `closed`"),
            Self::Unclosed => f.write_str("the log does not end with `closed`"),
            Self::Unsaid { ts } => write!(f, "nobody sent the row {ts}"),
            Self::Refused { nonce, ts } => write!(f, "the post {nonce} was refused and is there as {ts}"),
            Self::Unlike { reader, ts } => write!(f, "{reader} was shown {ts} unlike the log has it"),
            Self::Reset { reader } => write!(f, "{reader} was told that its cursor lies ahead"),
            Self::Count { reader, told, rows } => write!(f, "{reader} was told a count of {told} with {rows} rows"),
            Self::Digest { reader, count } => write!(f, "{reader} was told a digest that is not that of the first {count} rows"),
            Self::Odd { reader, what } => write!(f, "{reader}: {what}"),
        }
    }
}
