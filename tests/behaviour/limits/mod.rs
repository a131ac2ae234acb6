//! What one address, one event, and one server take.

pub(super) mod behind_one_address;
pub(super) mod budgets;
pub(super) mod stalled_exports;
