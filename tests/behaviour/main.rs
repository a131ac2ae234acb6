//! What Gavel does, over HTTP on a real port: one file a field, one sentence a test.

#[path = "../support/mod.rs"]
mod support;

mod polling;
