//! Complete logs: their digest, their verification, and the plain text form that can be read back.

pub mod clock;
pub mod digest;
pub mod system_text;
pub mod verify;
