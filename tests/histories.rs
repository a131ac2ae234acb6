//! The checker of histories is itself checked: each rule of its verdict finds the one bad history that breaks it, and
//! what it reads from the wire it reads rightly.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

#[path = "histories/mod.rs"]
mod histories;

#[path = "histories/proofs/verdict.rs"]
mod verdict;
#[path = "histories/proofs/wire.rs"]
mod wire;
