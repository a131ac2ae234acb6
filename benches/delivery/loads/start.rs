//! Measures the time from the start of the process to its first answer, on `/health`.

use std::path::Path;
use std::time::Instant;

use crate::Outcome;
use crate::client::http::{self, Connection};
use crate::options::Options;
use crate::servers::gavel;
use crate::servers::process::Pinning;

/// In milliseconds.
pub async fn once(options: &Options, pinning: &Pinning, data: &Path) -> Outcome<f64> {
    let started = Instant::now();
    let server = gavel::serve(options, pinning, data, false)?;
    let mut connection = Connection::open(server.address).await?;
    connection.exchange(&http::get("/health", "")).await?.success()?;
    Ok(started.elapsed().as_secs_f64() * 1e3)
}
