//! The PostgreSQL that tests use does what they are told it does: each operation on it, and its end.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

#[path = "support/postgres/mod.rs"]
mod postgres;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use postgres::tools::Tools;
use postgres::{Cluster, Database, Forward, shared};
use sqlx::{Connection, Executor, PgConnection, Row};
use tokio::task::block_in_place;

/// For machines that are busy.
const AT_MOST: Duration = Duration::from_mins(1);

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}

async fn add(connection: &mut PgConnection, number: i64) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO kept VALUES ($1)").bind(number).execute(connection).await.map(|_| ())
}

async fn kept(connection: &mut PgConnection) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar("SELECT number FROM kept ORDER BY number").fetch_all(connection).await
}

/// A database with a table, and a connection.
async fn table(database: &Database) -> PgConnection {
    let mut connection = connect(&database.url()).await;
    connection.execute("CREATE TABLE kept (number BIGINT NOT NULL)").await.unwrap();
    connection
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < AT_MOST, "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[tokio::test]
async fn each_test_has_a_database_of_its_own() {
    let (one, other) = (shared().database(), shared().database());
    assert_eq!(one.cluster.address(), other.cluster.address(), "one cluster serves the process");
    let (mut here, mut there) = (table(&one).await, table(&other).await);
    add(&mut here, 1).await.unwrap();
    assert_eq!((kept(&mut here).await.unwrap(), kept(&mut there).await.unwrap()), (vec![1], vec![]));
    let what = here.fetch_one("SELECT current_setting('fsync'), current_setting('is_superuser'), current_setting('server_encoding')");
    let what = what.await.unwrap();
    assert_eq!([what.get::<&str, _>(0), what.get(1), what.get(2)], ["on", "off", "UTF8"]);

    let (cluster, name) = (one.cluster.clone(), one.name.clone());
    drop(one);
    assert!(here.ping().await.is_err(), "with its test a database goes, whoever is connected");
    assert_eq!(cluster.sql("postgres", &format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'")), "0");
}

#[tokio::test]
async fn roles_have_the_rights_that_their_urls_promise() {
    let database = shared().database();
    let sealed = database.url_with("sesame");
    table(&database).await.close().await.unwrap();
    add(&mut connect(&sealed).await, 1).await.unwrap();
    let wrong = PgConnection::connect(&sealed.replace("sesame", "mellon")).await.unwrap_err();
    assert!(wrong.to_string().contains("password authentication failed"), "{wrong}");
    let mut stranger = connect(&database.url_without_rights()).await;
    stranger.ping().await.unwrap();
    for statement in ["CREATE TABLE mine (n BIGINT)", "SELECT * FROM kept"] {
        let refused = stranger.execute(statement).await.unwrap_err();
        assert!(refused.to_string().contains("permission denied"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_as_in_a_crash_keeps_what_was_committed_and_nothing_else() {
    let cluster = Cluster::start();
    let database = cluster.database();
    let mut connection = table(&database).await;
    add(&mut connection, 1).await.unwrap();
    let mut open = connection.begin().await.unwrap();
    add(&mut open, 2).await.unwrap();
    block_in_place(|| cluster.restart());
    assert!(add(&mut open, 3).await.is_err(), "its connection has ended");
    drop(open);
    assert_eq!(kept(&mut connect(&database.url()).await).await.unwrap(), [1]);
    let log = std::fs::read_to_string(cluster.folder().join("log")).unwrap();
    assert!(log.contains("received immediate shutdown request") && log.contains("automatic recovery in progress"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_it_is_stopped_nobody_gets_in() {
    let cluster = Cluster::start();
    let database = cluster.database();
    block_in_place(|| cluster.stop());
    assert!(PgConnection::connect(&database.url()).await.is_err());
    block_in_place(|| cluster.resume());
    connect(&database.url()).await.ping().await.unwrap();
}

#[tokio::test]
async fn all_connections_of_one_database_are_cut_and_no_other() {
    let (one, other) = (shared().database(), shared().database());
    let mut cut = [connect(&one.url()).await, connect(&one.url()).await, connect(&one.url()).await];
    let mut spared = connect(&other.url()).await;
    assert_eq!(one.connections(), 3);
    assert_eq!(one.terminate(), 3);
    assert_eq!((one.connections(), one.terminate()), (0, 0));
    for connection in &mut cut {
        assert!(connection.ping().await.is_err());
    }
    spared.ping().await.unwrap();
    connect(&one.url()).await.ping().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forwarder_that_is_cut_ends_connections_until_it_is_mended() {
    let database = shared().database();
    let forward = Forward::to(database.cluster.address());
    let url = database.url_at(forward.address());
    let mut connection = connect(&url).await;
    connection.ping().await.unwrap();
    assert_eq!(forward.connections(), 1);
    block_in_place(|| forward.cut());
    assert_eq!(forward.connections(), 0);
    assert!(connection.ping().await.is_err());
    assert!(PgConnection::connect(&url).await.is_err());
    until("the server sees it as well", || database.connections() == 0);
    connect(&database.url()).await.ping().await.unwrap();
    forward.mend();
    connect(&url).await.ping().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forwarder_that_holds_lets_nothing_through_and_loses_nothing() {
    let database = shared().database();
    let forward = Forward::to(database.cluster.address());
    let url = database.url_at(forward.address());
    let (mut held, mut direct) = (table(&database).await, connect(&database.url()).await);
    held.close().await.unwrap();
    held = connect(&url).await;
    forward.hold();
    let said = tokio::spawn(async move { add(&mut held, 1).await.map(|()| held) });
    let came = tokio::spawn(async move { connect(&url).await });
    until("both wait at the forwarder", || forward.connections() == 2);
    // Whoever goes straight there gets all this done meanwhile.
    for number in 2..50 {
        add(&mut direct, number).await.unwrap();
    }
    assert_eq!(kept(&mut direct).await.unwrap().first(), Some(&2));
    assert!(!said.is_finished() && !came.is_finished());
    assert_eq!(database.connections(), 2, "the new one is not there yet");
    forward.mend();
    let mut held = said.await.unwrap().unwrap();
    assert_eq!(kept(&mut held).await.unwrap(), (1..50).collect::<Vec<_>>());
    came.await.unwrap().ping().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forwarder_that_strands_connections_says_nothing_to_them_and_takes_new_ones() {
    let database = shared().database();
    let forward = Forward::to(database.cluster.address());
    let url = database.url_at(forward.address());
    let mut stranded = connect(&url).await;
    stranded.ping().await.unwrap();
    forward.strand();
    let waits = tokio::spawn(async move { stranded.ping().await });
    // The server's end is one more thing that it does not hear of.
    assert_eq!(database.terminate(), 1);
    connect(&url).await.ping().await.unwrap();
    assert!(!waits.is_finished());
    block_in_place(|| forward.cut());
    assert!(waits.await.unwrap().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_has_every_acknowledged_commit_and_takes_over() {
    let primary = Cluster::start();
    let database = primary.database();
    let mut connection = table(&database).await;
    add(&mut connection, 1).await.unwrap();
    let standby = block_in_place(|| primary.standby());
    let forward = Forward::to(primary.address());
    let mut through = connect(&database.url_at(forward.address())).await;
    for number in 2..=100 {
        add(&mut through, number).await.unwrap();
    }
    let refused = add(&mut connect(&database.url_at(standby.address())).await, 0).await.unwrap_err();
    assert!(refused.to_string().contains("read-only transaction"), "{refused}");

    block_in_place(|| primary.stop());
    assert!(add(&mut through, 0).await.is_err());
    block_in_place(|| standby.promote());
    block_in_place(|| forward.cut());
    forward.turn(standby.address());
    forward.mend();
    let mut through = connect(&database.url_at(forward.address())).await;
    assert_eq!(kept(&mut through).await.unwrap(), (1..=100).collect::<Vec<_>>());
    add(&mut through, 101).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_standby_a_primary_acknowledges_nothing() {
    let primary = Cluster::start();
    let database = primary.database();
    let mut connection = table(&database).await;
    let standby = block_in_place(|| primary.standby());
    block_in_place(|| standby.stop());
    let said = tokio::spawn(async move { add(&mut connection, 1).await });
    until("the commit waits for the standby", || {
        primary.sql("postgres", "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") == "1"
    });
    assert!(!said.is_finished());
    block_in_place(|| standby.resume());
    said.await.unwrap().unwrap();
}

/// Started by the test below, in a process of its own.
#[test]
#[ignore = "a part of the test below"]
fn a_process_that_is_killed() {
    let standby = shared().standby();
    println!("\nfolders {} {}", shared().folder().display(), standby.folder().display());
    // It ends here only where nobody kills it.
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

#[test]
fn nothing_is_left_when_the_process_of_the_tests_is_killed() {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "a_process_that_is_killed", "--nocapture"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let folders = lines.find_map(|line| line.strip_prefix("folders ").map(str::to_owned));
    let servers: Vec<(String, String)> = folders
        .expect("it starts two clusters")
        .split(' ')
        .map(|folder| {
            let said = std::fs::read_to_string(Path::new(folder).join("data/postmaster.pid")).unwrap();
            (folder.to_owned(), format!("/proc/{}", said.lines().next().unwrap()))
        })
        .collect();
    assert!(servers.len() == 2 && servers.iter().all(|(_, process)| Path::new(process).exists()), "{servers:?}");
    child.kill().unwrap();
    child.wait().unwrap();
    for (folder, process) in servers {
        until(&format!("{folder} is removed"), || !Path::new(&folder).exists());
        assert!(!Path::new(&process).exists(), "the server of {folder} has ended");
    }
}

#[test]
fn where_it_is_missing_a_test_says_what_installs_it() {
    let empty = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(empty.path().join("15/bin")).unwrap();
    for folder in [empty.path().to_owned(), empty.path().join("nowhere")] {
        let problem = Tools::find_in(&folder).unwrap_err();
        assert_eq!(problem, "PostgreSQL's server is not on this machine: scripts/test installs it (Debian: postgresql).");
    }
}
