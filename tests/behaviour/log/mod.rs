//! The promises that every log keeps, whatever happens.

pub(super) mod gathering;
pub(super) mod properties;
pub(super) mod rules;
pub(super) mod rules_of_delivery;
