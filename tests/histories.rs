//! The checker of histories is itself checked: each rule of its verdict finds the one bad history that breaks it, and
//! what it reads from the wire it reads rightly.

#[path = "histories/mod.rs"]
mod histories;

#[path = "histories/proofs/verdict.rs"]
mod verdict;
#[path = "histories/proofs/wire.rs"]
mod wire;
