//! A client reads an event from its first row, page by page, from a database that was just opened.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::Outcome;
use crate::client::http::{self, Connection};
use crate::figures::ledger::Ledger;
use crate::servers::process::Server;

pub const TOTAL: &str = "total ms";
pub const LONGEST: &str = "longest request ms";
pub const BEFORE: &str = "MiB before";
pub const AFTER: &str = "MiB after";

#[derive(Deserialize)]
struct Page<'a> {
    cursor: i64,
    more: bool,
    #[serde(borrow)]
    messages: Vec<Row<'a>>,
}

#[derive(Deserialize)]
struct Row<'a> {
    ts: i64,
    kind: &'a str,
}

/// A client, and what it reads.
pub struct Reader<'a> {
    pub at: SocketAddr,
    /// The server whose memory is measured.
    pub server: &'a Server,
    /// The path of the poll.
    pub messages: &'a str,
    pub limit: u16,
    /// How many messages there are.
    pub rows: usize,
}

/// Reads the event once, and checks that every message comes in order.
pub async fn round(name: &'static str, reader: &Reader<'_>, ledger: &mut Ledger) -> Outcome<()> {
    let Reader { at, server, messages, limit, rows } = *reader;
    let before = server.resident_at_rest().await?;
    let mut connection = Connection::open(at).await?;
    let (mut longest, mut said, mut cursor, mut more) = (Duration::ZERO, 0, 0, true);
    let started = Instant::now();
    while more {
        let sent = Instant::now();
        let answer = connection.exchange(&http::get(&format!("{messages}?wait=0&limit={limit}&after={cursor}"), "")).await?;
        longest = longest.max(sent.elapsed());
        let page: Page<'_> = serde_json::from_slice(answer.success()?)?;
        for row in &page.messages {
            if row.ts <= cursor {
                return Err(format!("row {} came twice or out of order", row.ts).into());
            }
            cursor = row.ts;
            said += usize::from(row.kind == "said");
        }
        (cursor, more) = (page.cursor, page.more);
    }
    let total = started.elapsed();
    if said != rows {
        return Err(format!("{said} messages were read where {rows} were posted").into());
    }
    ledger.add(name, TOTAL, total.as_secs_f64() * 1e3);
    ledger.add(name, LONGEST, longest.as_secs_f64() * 1e3);
    ledger.add(name, BEFORE, before / 1024.0);
    ledger.add(name, AFTER, server.resident_at_rest().await? / 1024.0);
    Ok(())
}
