//! `cargo bench --bench schedule`: what the pages of the schedule take among 2,000 meetings and 100,000 events of one
//! organizer, on SQLite.
//!
//! Fills a database, starts the program on it and asks each page 20 times, as a browser that is signed in. What is
//! measured is the time from the request to the last byte of its answer, inside the process. `-- URL` asks a database
//! on PostgreSQL, which has to be empty. No figure is asserted: `docs/performance.md` says what they mean.
#![forbid(unsafe_code)]
#![expect(clippy::cast_precision_loss, reason = "lengths of pages")]

use std::error::Error;
use std::time::{Duration, Instant};

use chrono::{Datelike, Days, NaiveDateTime};
use gavel::app::App;
use gavel::config::Config;
use gavel::domain::schedule::recurrence::{Recurrence, Timetable};
use gavel::domain::time::{self, Timestamp};
use gavel::store::{Clock, Store};
use rocket::figment::Figment;
use rocket::http::{ContentType, Status};
use rocket::local::asynchronous::Client;
use sqlx::{AnyConnection, Connection, Executor};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const MEETINGS: usize = 2_000;
/// Of one meeting; the last twelve lie ahead.
const EVENTS: u16 = 50;
const AHEAD: u64 = 12;
const TIMES: usize = 20;
const ZONES: [&str; 6] = ["Europe/Berlin", "Australia/Sydney", "America/New_York", "Africa/Casablanca", "Asia/Tokyo", "UTC"];
const HOUR: i64 = 3_600_000_000;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Outcome<()> {
    let url = std::env::args().skip(1).find(|it| !it.starts_with("--"));
    let folder = tempfile::tempdir()?;
    let url = url.unwrap_or_else(|| format!("sqlite:{}", folder.path().join("gavel.db").display()));
    let figment = Figment::from(rocket::Config::default())
        .merge(("log_level", "off"))
        .merge(("gavel.data_dir", folder.path()))
        .merge(("databases.gavel.url", &url));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(measure(&url, figment))
}

async fn measure(url: &str, figment: Figment) -> Outcome<()> {
    let store = Store::open(url, 1, Clock::default()).await?;
    let now = store.clock().now();
    let tool = App::tool(store, &gavel::rates(&Config::default()));
    tool.add_organizer("olga", "correct horse".into()).await?;
    tool.finish().await;
    let mut connection = AnyConnection::connect(url).await?;
    let began = Instant::now();
    let some = fill(&mut connection, now).await?;
    println!("{MEETINGS} meetings with {} events, written in {:.0} s", MEETINGS * usize::from(EVENTS), began.elapsed().as_secs_f64());
    if url.starts_with("postgres") {
        connection.execute("ANALYZE").await?;
    }
    connection.close().await?;

    let browser = Client::tracked(gavel::rocket(figment)?).await?;
    let csrf = |page: &str| page.split_once("name=\"csrf\" value=\"").and_then(|(_, rest)| rest.split('"').next()).map(str::to_owned);
    let page = browser.get("/sign-in").dispatch().await.into_string().await.unwrap_or_default();
    let form = format!("csrf={}&name=olga&password=correct+horse&back=/schedule", csrf(&page).ok_or("no form")?);
    let signed_in = browser.post("/sign-in").header(ContentType::Form).body(form).dispatch().await;
    if signed_in.status() != Status::SeeOther {
        return Err(format!("not signed in: {}", signed_in.status()).into());
    }
    let page = browser.get("/schedule").dispatch().await.into_string().await.unwrap_or_default();
    let csrf = csrf(&page).ok_or("no form")?;
    let day = now.utc().date_naive();
    let form = |fields: &str| {
        let first = day + Days::new(2);
        let common = "minutes=60&timezone=Europe/Berlin&repeat=every&every=1&unit=week&monthly=date&ends=never&visibility=public";
        format!("csrf={csrf}&title=Meeting&date={first}&time=19:00&{common}&{fields}")
    };
    settled().await?;
    let month = format!("/schedule?month={}-{:02}", day.year(), day.month());
    println!("{:<52} {:>9} {:>9} {:>9} {:>9}", "page", "kB", "p50 ms", "p95 ms", "worst ms");
    for (what, path, body) in [
        ("the front page", "/".to_owned(), None),
        ("the schedule", "/schedule".into(), None),
        ("its last page of events", "/schedule?page=400".into(), None),
        ("its 80th page of meetings", "/schedule?meetings=80".into(), None),
        ("a search that finds one meeting", "/schedule?q=number+1234".into(), None),
        ("a search that finds all", "/schedule?q=meeting".into(), None),
        ("a search that finds none", "/schedule?q=nowhere".into(), None),
        ("past events", "/schedule?when=past".into(), None),
        ("the last page of past events", "/schedule?when=past&page=400".into(), None),
        ("a month", month.clone(), None),
        ("a month, searched", format!("{month}&q=number+1234"), None),
        ("a meeting's page", format!("/m/{}", some.slug), None),
        ("an event's page", some.event.clone(), None),
        ("the form of a new meeting", "/schedule/new".into(), None),
        ("the same with its dates", "/schedule/new".into(), Some(form("show=yes"))),
        ("its dates while one types", "/schedule/preview".into(), Some(form(""))),
        ("the form of a meeting", format!("/schedule/{}/edit", some.slug), None),
        ("the same with what saving does", format!("/schedule/{}/edit", some.slug), Some(form("show=yes"))),
        ("the form of an event", format!("/schedule/events/{}/edit", some.id), None),
        ("the calendar of a meeting", format!("/m/{}.ics", some.slug), None),
        ("the calendar of the site", "/calendar.ics".into(), None),
        ("the API's list of meetings", "/api/v1/meetings?offset=1900".into(), None),
        ("the API's meeting", format!("/api/v1/meetings/{}", some.slug), None),
    ] {
        let (mut each, mut length): (Vec<Duration>, _) = (Vec::new(), 0);
        for _ in 0..TIMES {
            let request = match &body {
                Some(body) => browser.post(path.clone()).header(ContentType::Form).body(body),
                None => browser.get(path.clone()),
            };
            let began = Instant::now();
            let answer = request.dispatch().await;
            let status = answer.status();
            length = answer.into_bytes().await.unwrap_or_default().len();
            each.push(began.elapsed());
            if status != Status::Ok {
                return Err(format!("{path}: {status}").into());
            }
        }
        each.sort_unstable();
        let ms = |at: usize| each[at].as_secs_f64() * 1_000.0;
        let kilobytes = length as f64 / 1_000.0;
        println!("{what:<52} {kilobytes:>9.0} {:>9.2} {:>9.2} {:>9.2}", ms(TIMES / 2), ms(TIMES * 95 / 100 - 1), ms(TIMES - 1));
    }
    Ok(())
}

/// Waits until the program has looked after its 2,000 meetings, as it does when it starts: until it uses next to no time
/// of a processor for half a second.
async fn settled() -> Outcome<()> {
    for _ in 0..600 {
        let before = ticks()?;
        tokio::time::sleep(Duration::from_millis(500)).await;
        if ticks()? - before <= 2 {
            return Ok(());
        }
    }
    Err("the program has not come to rest in five minutes".into())
}

/// How much time of processors this process has used, in hundredths of a second.
fn ticks() -> Outcome<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // What stands before the bracket is the program's name, which may have spaces.
    let fields = stat.rsplit_once(") ").ok_or("no such file as was expected")?.1;
    let times = fields.split(' ').skip(11).take(2).map(str::parse::<u64>);
    Ok(times.sum::<Result<u64, _>>()?)
}

/// A meeting to ask for, and an event of it that lies ahead.
struct Sample {
    slug: String,
    id: String,
    event: String,
}

/// Writes weekly meetings at all hours of the week. Events that are over have closed, and count 100 rows each; lists
/// ask for no more of a log.
async fn fill(on: &mut AnyConnection, now: Timestamp) -> Outcome<Sample> {
    on.execute("BEGIN").await?;
    let organizer: String = sqlx::query_scalar("SELECT id FROM organizer").fetch_one(&mut *on).await?;
    let mut some = None;
    for n in 0..MEETINGS {
        let (id, slug) = (format!("m_{n:020}"), format!("meeting-number-{n}"));
        let table = weekly(n, now)?;
        let rule = table.rule.as_ref().map(|rule| rule.as_str().to_owned());
        sqlx::query(
            "INSERT INTO meeting (id, slug, organizer_id, title, description, description_html, timezone, starts, duration_minutes, \
             rrule, visibility, created_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 60, $9, $10, $11, $11)",
        )
        .bind(&id)
        .bind(&slug)
        .bind(&organizer)
        .bind(format!("Meeting number {n}"))
        .bind("What we do, and what comes next.")
        .bind("<p>What we do, and what comes next.</p>")
        .bind(table.zone.name())
        .bind(table.starts.format("%Y-%m-%dT%H:%M:%S").to_string())
        .bind(rule)
        .bind(if n % 10 == 3 { "unlisted" } else { "public" })
        .bind(now.micros() - 400 * 24 * HOUR)
        .execute(&mut *on)
        .await?;
        for (event, opens) in table.next_starts(Timestamp::ZERO, EVENTS).into_iter().enumerate() {
            let key = opens.in_zone(table.zone).format("%Y-%m-%d").to_string();
            let (opens, closes) = (opens.micros(), opens.micros() + HOUR);
            let is_over = closes <= now.micros();
            let event_id = format!("e_{n:012}{event:012}");
            sqlx::query(
                "INSERT INTO chat_event (id, meeting_id, key, opens_at, closes_at, original_start, opened_ts, closed_ts, last_ts, row_count, \
                 changed_at) VALUES ($1, $2, $3, $4, $5, $4, $6, $7, $8, $9, $10)",
            )
            .bind(&event_id)
            .bind(&id)
            .bind(&key)
            .bind(opens)
            .bind(closes)
            .bind(is_over.then_some(opens))
            .bind(is_over.then_some(closes))
            .bind(if is_over { closes } else { 0 })
            .bind(if is_over { 100_i64 } else { 0 })
            .bind(now.micros() - 400 * 24 * HOUR)
            .execute(&mut *on)
            .await?;
            if n == MEETINGS / 2 && opens > now.micros() && some.is_none() {
                some = Some(Sample { slug: slug.clone(), id: event_id, event: format!("/m/{slug}/{key}") });
            }
        }
    }
    on.execute("COMMIT").await?;
    some.ok_or_else(|| "nothing lies ahead".into())
}

/// The times of one: twelve of its events lie ahead.
fn weekly(n: usize, now: Timestamp) -> Outcome<Timetable> {
    let zone = time::zone(ZONES[n % ZONES.len()]).map_err(|problem| problem.to_string())?;
    let weeks = u64::from(EVENTS) - AHEAD;
    let first = now.utc().date_naive() - Days::new(weeks * 7) + Days::new(n as u64 % 7);
    let (hour, minute) = (n / 7 % 24, n / 168 % 12 * 5);
    let (hour, minute) = (u32::try_from(hour)?, u32::try_from(minute)?);
    let starts: NaiveDateTime = first.and_hms_opt(hour, minute, 0).ok_or("no such time")?;
    let rule = Recurrence::parse("FREQ=WEEKLY", starts, zone).map_err(|problem| problem.to_string())?;
    Ok(Timetable { starts, zone, minutes: 60, rule: Some(rule) })
}
