//! `cargo bench --bench search`: what a search takes among a million messages, on SQLite.
//!
//! Fills a database with meetings, events and messages of varied words, takes them into the index as the program does,
//! and asks typical questions 20 times each. `-- 100000` takes as many messages. `-- 1000000 postgres` asks PostgreSQL, in a
//! cluster that is started for it and removed again, and `-- 1000000 URL` a database that is there and empty. Taking a million
//! in is more than 20,000 transactions, so it lasts some minutes, and says how far it is. No figure is asserted:
//! `docs/search.md` says what they mean.
#![forbid(unsafe_code)]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "counts up to a few millions, shares and milliseconds"
)]

#[path = "../tests/support/postgres/mod.rs"]
mod postgres;

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gavel::domain::search::Query;
use gavel::store::search::Search;
use gavel::store::{Clock, Store};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const MEETINGS: usize = 100;
/// Of one meeting.
const EVENTS: usize = 50;
const WORDS: usize = 30_000;
const NICKS: usize = 400;
/// The first message was said then; one follows each ten seconds.
const FIRST: i64 = 1_600_000_000_000_000;
const STEP: i64 = 10_000_000;
const TIMES: usize = 20;
/// Messages that one statement writes.
const AT_ONCE: usize = 500;
/// How often the taking in says how far it is.
const NEWS: Duration = Duration::from_secs(30);

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|it| !it.starts_with("--")).collect();
    let messages = arguments.first().map_or(Ok(1_000_000), |count| count.parse())?;
    let folder = tempfile::tempdir()?;
    // Kept to the end: with it the cluster goes.
    let cluster = (arguments.get(1).map(String::as_str) == Some("postgres")).then(postgres::Cluster::try_start).transpose()?.map(Arc::new);
    let database = cluster.as_ref().map(postgres::Cluster::database);
    let url = match (&database, arguments.get(1)) {
        (Some(database), _) => database.url(),
        (None, Some(url)) => url.clone(),
        (None, None) => format!("sqlite:{}", folder.path().join("gavel.db").display()),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(measure(&url, messages))
}

async fn measure(url: &str, messages: usize) -> Outcome<()> {
    let store = Store::open(url, 2, Clock::default()).await?;
    let mut connection = AnyConnection::connect(url).await?;
    let began = Instant::now();
    fill(&mut connection, messages).await?;
    println!("{messages} messages in {MEETINGS} meetings, written in {:.0} s", began.elapsed().as_secs_f64());
    take_in(&store, messages).await?;
    if url.starts_with("postgres") {
        connection.execute("ANALYZE").await?;
    }
    println!("{:<44} {:>6} {:>9} {:>9}", "question", "found", "p50 ms", "p95 ms");
    let everything = |text: &str| Search { query: Query::parse(text), limit: 26, ..Search::default() };
    let within = |text: &str, meeting: &str| Search { meeting: Some(meeting.into()), ..everything(text) };
    let mine = |text: &str| Search { organizer: Some("o1".into()), ..everything(text) };
    for (what, search) in [
        ("a word in every fourth message", everything("w0 ")),
        ("the beginning of one, two letters", everything("w1")),
        ("the beginning of a rare one", everything("w2999")),
        ("a rare word", everything("w29000 ")),
        ("a word that nobody said", everything("nowhere ")),
        ("two common words", everything("w0 w1 ")),
        ("a common and a rare word", everything("w0 w29000 ")),
        ("a phrase of two common words", everything("\"w0 w1\"")),
        ("a common word without another", everything("w0 -w1 ")),
        ("a common word by one person", everything("w0 from:nick7")),
        ("all by one person", everything("from:nick7")),
        ("a common word within one meeting", within("w0 ", "m5")),
        ("a common word within an old small meeting", within("w0 ", "old")),
        ("a rare word within one meeting", within("w29000 ", "m5")),
        ("a common word, the oldest month", everything("w0 before:2020-10-01 ")),
        ("a common word, unlisted ones too", mine("w0 ")),
        ("everything but a common word", everything("-w0 ")),
    ] {
        let mut took: Vec<Duration> = Vec::new();
        let mut found = 0;
        for _ in 0..TIMES {
            let began = Instant::now();
            found = store.search(&search).await?.len();
            took.push(began.elapsed());
        }
        took.sort_unstable();
        let ms = |at: usize| took[at].as_secs_f64() * 1_000.0;
        println!("{what:<44} {found:>6} {:>9.2} {:>9.2}", ms(TIMES / 2), ms(TIMES * 95 / 100 - 1));
    }
    store.close().await;
    Ok(())
}

/// How many events one transaction takes in, as the program does it.
const TOGETHER: usize = 16;

/// Takes all rows into the index.
async fn take_in(store: &Store, messages: usize) -> Outcome<()> {
    let (began, mut each) = (Instant::now(), Vec::new());
    let mut news = began + NEWS;
    loop {
        let events = store.unindexed().await?;
        if events.is_empty() {
            break;
        }
        for some in events.chunks(TOGETHER) {
            let mut some = some.to_vec();
            while !some.is_empty() {
                let one = Instant::now();
                some = store.index(&some).await?;
                each.push(one.elapsed());
                if Instant::now() > news {
                    println!("… {} transactions in {:.0} s", each.len(), began.elapsed().as_secs_f64());
                    news += NEWS;
                }
            }
        }
    }
    let took = began.elapsed();
    each.sort_unstable();
    let ms = |share: usize| each[(each.len() - 1) * share / 1_000].as_secs_f64() * 1e3;
    println!(
        "taken into the index in {:.0} s, {:.0} µs a message; ms of a transaction: p50 {:.1}, p95 {:.1}, p99.9 {:.1}, longest {:.1}",
        took.as_secs_f64(),
        took.as_secs_f64() * 1e6 / messages as f64,
        ms(500),
        ms(950),
        ms(999),
        ms(1_000)
    );
    Ok(())
}

/// Writes meetings, their events, and messages whose words are as common as in a language (Zipf's law). The last
/// meeting is small and lies before all others.
async fn fill(on: &mut AnyConnection, messages: usize) -> Outcome<()> {
    let mut random = StdRng::seed_from_u64(7);
    on.execute("BEGIN").await?;
    for organizer in ["o1", "o2"] {
        sqlx::query("INSERT INTO organizer (id, name, name_key, password, created_at) VALUES ($1, $1, $1, '', 0)")
            .bind(organizer)
            .execute(&mut *on)
            .await?;
    }
    for n in 0..=MEETINGS {
        let (id, visibility) = (meeting(n), if n % 10 == 3 { "unlisted" } else { "public" });
        sqlx::query(
            "INSERT INTO meeting (id, slug, organizer_id, title, description, description_html, timezone, starts, duration_minutes, \
             visibility, created_at) VALUES ($1, $1, 'o1', $1, '', '', 'UTC', '2020-01-01T12:00:00', 60, $2, 0)",
        )
        .bind(&id)
        .bind(visibility)
        .execute(&mut *on)
        .await?;
        for event in 0..EVENTS {
            sqlx::query(
                "INSERT INTO chat_event (id, meeting_id, key, opens_at, closes_at, original_start, last_ts, row_count) \
                 VALUES ($1, $2, $3, $4, $5, $4, $6, 0)",
            )
            .bind(event_id(n, event))
            .bind(&id)
            .bind(event.to_string())
            .bind(FIRST + event as i64)
            .bind(FIRST + event as i64 + 1)
            .bind(FIRST + STEP * messages as i64)
            .execute(&mut *on)
            .await?;
        }
    }
    let numbers: Vec<usize> = (0..messages).collect();
    for some in numbers.chunks(AT_ONCE) {
        let place = |row: usize| format!("(${}, ${}, 'said', ${}, ${}, '')", row * 4 + 1, row * 4 + 2, row * 4 + 3, row * 4 + 4);
        let places = (0..some.len()).map(place).collect::<Vec<_>>().join(", ");
        let insert = format!("INSERT INTO chat_data (event_id, ts, kind, nick, text, html) VALUES {places}");
        let mut query = sqlx::query(AssertSqlSafe(insert));
        for n in some {
            let (of, event) = if *n < 200 { (MEETINGS, 0) } else { (n % MEETINGS, n * EVENTS / messages) };
            let words: Vec<String> = (0..random.random_range(3..16)).map(|_| format!("w{}", zipf(&mut random))).collect();
            query = query
                .bind(event_id(of, event))
                .bind(FIRST + STEP * *n as i64)
                .bind(format!("nick{}", random.random_range(0..NICKS)))
                .bind(words.join(" "));
        }
        query.execute(&mut *on).await?;
    }
    on.execute("COMMIT").await?;
    Ok(())
}

fn meeting(n: usize) -> String {
    if n == MEETINGS { "old".to_owned() } else { format!("m{n}") }
}

fn event_id(meeting: usize, event: usize) -> String {
    format!("e_{meeting:012}{event:012}")
}

/// A word's number; the first is the most common one.
fn zipf(random: &mut StdRng) -> usize {
    let place: f64 = random.random_range(0.0..1.0);
    ((WORDS as f64).powf(place) - 1.0) as usize
}
