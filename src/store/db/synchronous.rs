//! When a commit waits for the disk.

/// When a commit waits for the disk (`PRAGMA synchronous` of SQLite, `synchronous_commit` of PostgreSQL).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Synchronous {
    /// Each commit is on disk when it returns.
    Full,
    /// A commit may be lost when the machine fails, unless a later one of any connection waited for the disk.
    Normal,
}
