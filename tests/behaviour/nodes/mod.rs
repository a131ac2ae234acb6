//! Several nodes on one database.

pub(super) mod lost_notices;
pub(super) mod two_nodes;
