//! The database itself: opening it, its connections, its lock, and notifications between nodes.
//!
//! Knows engines and connections, but no feature.

pub mod clock;
pub(super) mod cluster_settings;
pub mod database_lock;
pub(super) mod engine;
pub(super) mod files;
pub mod listen;
pub mod notification;
pub mod open;
pub(super) mod postgres_connection;
pub(super) mod read_pool;
pub(super) mod row;
pub(super) mod sqlite_connection;
pub(super) mod synchronous;
pub(super) mod write_connection;
