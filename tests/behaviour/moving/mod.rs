//! Transcripts that are brought in again.

pub(super) mod transcript_import;
