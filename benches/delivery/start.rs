//! From the start of the process to its first answer, which is that of `/health`.

use std::path::Path;
use std::time::Instant;

use crate::http::{self, Connection};
use crate::{Options, server::Pinning};
use crate::{Outcome, gavel};

/// In milliseconds.
pub async fn once(options: &Options, pinning: &Pinning, data: &Path) -> Outcome<f64> {
    let started = Instant::now();
    let server = gavel::serve(options, pinning, data, false)?;
    let mut connection = Connection::open(server.address).await?;
    connection.exchange(&http::get("/health", "")).await?.success()?;
    Ok(started.elapsed().as_secs_f64() * 1e3)
}
