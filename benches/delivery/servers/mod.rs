//! The servers under test, started as child processes, and the rooms on them.

pub mod gavel;
pub mod process;
pub mod references;
pub mod side;
