//! What every request and every answer keeps to, on both listeners.

pub(super) mod bad_input;
pub(super) mod compression;
pub(super) mod cookie_size;
pub(super) mod cookies;
pub(super) mod hosts;
pub(super) mod live_door;
pub(super) mod live_door_limits;
pub(super) mod malformed;
pub(super) mod no_store;
pub(super) mod own_method;
pub(super) mod safe_headers;
pub(super) mod shutdown;
