//! Starts that fail: a sentence or two that name the setting, and nothing of Rocket's or Rust's.

use std::fs;
use std::net::TcpListener;

use sqlx::{Connection, Executor};

use crate::postgres::shared;
use crate::program::{Home, Said};

/// The start failed in words.
#[track_caller]
fn told(said: &Said, words: &[&str]) {
    assert_eq!(said.status.code(), Some(1), "{said:?}");
    assert!(said.out.is_empty(), "{said:?}");
    let words_of_it = said.err.strip_prefix("gavel: ").unwrap_or_else(|| panic!("{said:?}"));
    let line = words_of_it.strip_suffix('\n').unwrap();
    assert!(!line.contains('\n') && line.ends_with('.'), "{said:?}");
    let sentences = 1 + line.matches(". ").count() + line.matches("? ").count();
    assert!(sentences <= 2, "{sentences} sentences: {line}");
    for strange in ["panick", "Rocket failed", "Error:", "RUST_BACKTRACE", "abort"] {
        assert!(!line.contains(strange), "{line}");
    }
    for word in words {
        assert!(line.contains(word), "“{word}” is not in: {line}");
    }
}

#[test]
fn a_file_that_is_no_database() {
    let home = Home::new();
    fs::create_dir(&home.data).unwrap();
    let file = home.data.join("gavel.db");
    let letter = "Dear all, this is a letter and no database. ".repeat(200);
    fs::write(&file, &letter).unwrap();
    told(&home.run(&[]), &["GAVEL_DATABASE_URL", file.to_str().unwrap(), "no SQLite database"]);
    told(&home.run(&["token", "add", "olga"]), &["GAVEL_DATABASE_URL"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), letter, "it is left as it was");
}

#[tokio::test]
async fn a_database_of_a_newer_gavel() {
    let home = Home::new();
    home.serve().stop();
    let file = home.data.join("gavel.db");
    sqlx::any::install_default_drivers();
    let database = sqlx::AnyPool::connect(&format!("sqlite:{}", file.display())).await.unwrap();
    sqlx::query("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', 1, $1, 1)")
        .bind(vec![0_u8; 48])
        .execute(&database)
        .await
        .unwrap();
    database.close().await;
    told(&home.run(&[]), &["GAVEL_DATABASE_URL", "newer Gavel", "9999"]);
    told(&home.run(&["organizer", "add", "olga"]), &["GAVEL_DATABASE_URL", "newer Gavel"]);
}

#[tokio::test]
async fn a_database_of_another_program() {
    let home = Home::new();
    fs::create_dir(&home.data).unwrap();
    let file = home.data.join("gavel.db");
    let database = sqlx::SqlitePool::connect(&format!("sqlite:{}?mode=rwc", file.display())).await.unwrap();
    sqlx::query("CREATE TABLE organizer (something TEXT)").execute(&database).await.unwrap();
    database.close().await;
    told(&home.run(&[]), &["GAVEL_DATABASE_URL", "another program"]);
}

#[test]
fn an_engine_that_this_build_lacks() {
    let home = Home::new().with("GAVEL_DATABASE_URL", "postgres://gavel:hunter2@db.example.org/gavel");
    let said = home.run(&[]);
    told(&said, &["GAVEL_DATABASE_URL", "postgres", "db.example.org"]);
    assert!(!said.err.contains("hunter2"), "a password is not shown: {said:?}");
    told(&Home::new().with("GAVEL_DATABASE_URL", "12").run(&[]), &["GAVEL_DATABASE_URL"]);
}

#[test]
fn mail_that_cannot_be_sent_as_set() {
    const URL: (&str, &str) = ("GAVEL_SMTP_URL", "smtp://ada:hunter2@mail.example.org:587");
    const FROM: (&str, &str) = ("GAVEL_MAIL_FROM", "Gavel <gavel@example.org>");
    const PUBLIC: (&str, &str) = ("GAVEL_PUBLIC_URL", "https://meet.example.org");
    for (settings, words) in [
        (&[URL][..], &["GAVEL_SMTP_URL", "needs", "GAVEL_MAIL_FROM"][..]),
        (&[FROM], &["GAVEL_MAIL_FROM", "needs", "GAVEL_SMTP_URL"]),
        (&[URL, FROM], &["GAVEL_SMTP_URL", "needs", "GAVEL_PUBLIC_URL", "links"]),
        (&[("GAVEL_SMTP_URL", "mail:hunter2@host"), FROM, PUBLIC], &["GAVEL_SMTP_URL", "smtp://USER:PASSWORD@HOST:587"]),
        (&[("GAVEL_SMTP_CA", "/nowhere.pem")], &["GAVEL_SMTP_CA", "needs", "GAVEL_SMTP_URL"]),
        (&[URL, FROM, PUBLIC, ("GAVEL_SMTP_CA", "/nowhere.pem")], &["GAVEL_SMTP_CA", "/nowhere.pem", "No such file"]),
        (&[URL, FROM, PUBLIC, ("GAVEL_SMTP_CA", "/dev/null")], &["GAVEL_SMTP_CA", "/dev/null", "no certificate"]),
        (&[URL, ("GAVEL_MAIL_FROM", "Gavel"), PUBLIC], &["GAVEL_MAIL_FROM", "not an email address"]),
    ] {
        let home = settings.iter().fold(Home::new().with("ROCKET_LOG_LEVEL", "debug"), |home, (name, value)| home.with(name, *value));
        let said = home.run(&[]);
        told(&said, words);
        assert!(!said.err.contains(SECRET) && !said.out.contains(SECRET), "{said:?}");
    }
}

/// The program on this database cannot start, and says so without the password, also in a log that tells everything.
#[track_caller]
fn refuses(url: &str, words: &[&str]) {
    for level in ["critical", "debug"] {
        let home = Home::new().with("GAVEL_DATABASE_URL", url).with("ROCKET_LOG_LEVEL", level);
        for command in [&[][..], &["organizer", "add", "olga"], &["export", "-"], &["verify"]] {
            let said = home.run(command);
            told(&said, &[&["GAVEL_DATABASE_URL"], words].concat());
            assert!(!said.err.contains(SECRET), "{said:?}");
        }
    }
}

const SECRET: &str = "hunter2";

#[test]
fn a_server_of_databases_that_is_not_there() {
    refuses(&format!("postgres://gavel:{SECRET}@no-such-host.invalid/gavel"), &["no-such-host.invalid/gavel", "host"]);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    refuses(&format!("postgres://gavel:{SECRET}@{closed}/gavel"), &[&closed.to_string(), "refused", "port"]);
    // A password with what has a meaning in a URL, as people write it who do not know that.
    for password in [format!("{SECRET}@x"), format!("{SECRET}/x"), format!("{SECRET}#x"), format!("{SECRET}?x"), format!("a:{SECRET}")] {
        refuses(&format!("postgres://gavel:{password}@{closed}/gavel"), &[]);
    }
    refuses(&format!("postgres://gavel@{closed}/gavel?password={SECRET}"), &[]);
    refuses(&format!("postgres://gavel:{SECRET}@{closed}/gavel?sslmode=strange"), &[]);
}

#[test]
fn a_server_of_databases_that_says_nothing() {
    // The kernel takes the connection, and nobody ever answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://gavel:{SECRET}@{}/gavel", silent.local_addr().unwrap());
    let said = Home::new().with("GAVEL_DATABASE_URL", url).run(&[]);
    told(&said, &["GAVEL_DATABASE_URL", "did not answer", "firewall"]);
    assert!(!said.err.contains(SECRET), "{said:?}");
}

#[test]
fn a_server_of_databases_that_does_not_let_in() {
    let database = shared().database();
    let url = database.url_with(SECRET);
    Home::new().with("GAVEL_DATABASE_URL", &url).serve().stop();
    let wrong = url.replace(SECRET, &format!("{SECRET}x"));
    refuses(&wrong, &["password"]);
    let missing = url.replace(&format!("/{}", database.name), "/not_there");
    refuses(&missing, &["not_there", "does not exist"]);
}

#[test]
fn a_role_without_rights() {
    let database = shared().database();
    refuses(&database.url_without_rights(), &["permission denied", "GRANT"]);
    // Likewise where there are tables, but of somebody else.
    Home::new().with("GAVEL_DATABASE_URL", database.url()).serve().stop();
    let stranger = format!("postgres://{}_stranger@{}/{}", database.name, database.cluster.address(), database.name);
    refuses(&stranger, &["permission denied", "GRANT"]);
}

#[tokio::test]
async fn more_reading_than_connections_for_it() {
    let database = shared().database();
    let home = Home::new().with("GAVEL_DATABASE_URL", database.url_with(SECRET)).with("GAVEL_READERS", "1");
    let server = home.with("ROCKET_LOG_LEVEL", "debug").serve();
    // Whoever reads an event waits for this, with the one connection that there is.
    let superuser = format!("postgres://postgres@{}/{}", database.cluster.address(), database.name);
    let mut lock = sqlx::PgConnection::connect(&superuser).await.unwrap();
    lock.execute("BEGIN; LOCK TABLE chat_event IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let read = || reqwest::get(format!("{}/api/v1/events/e_{}", server.base, "a".repeat(24)));
    let answers = tokio::join!(read(), read(), read(), read());
    for answer in [answers.0, answers.1, answers.2, answers.3].map(Result::unwrap) {
        assert_eq!(answer.status(), 503);
        assert!(answer.headers().contains_key("retry-after"), "{answer:?}");
    }
    server.logs("GAVEL_READERS");
    lock.execute("ROLLBACK").await.unwrap();
    assert_eq!(read().await.unwrap().status(), 404);
    let said = server.stop().join("\n");
    assert!(!said.contains(SECRET), "{said}");
}

#[test]
fn a_database_on_a_server_of_a_newer_gavel_or_of_another_program() {
    let newer = shared().database();
    Home::new().with("GAVEL_DATABASE_URL", newer.url()).serve().stop();
    newer.sql(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', true, '\\x00', 1)",
    );
    refuses(&newer.url_with(SECRET), &["newer Gavel", "9999"]);
    let other = shared().database();
    other.sql("CREATE TABLE organizer (something TEXT)");
    refuses(&other.url_with(SECRET), &["another program"]);
}

#[test]
fn a_port_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    told(&Home::new().with("ROCKET_PORT", &port).run(&[]), &["ROCKET_PORT", "ddress"]);
    // The demo serves as well.
    told(&Home::new().with("ROCKET_PORT", &port).run(&["demo"]), &["ROCKET_PORT"]);
    // What only works on the database does not need the port.
    Home::new().with("ROCKET_PORT", &port).organizer("olga");
}

#[test]
fn a_data_folder_that_cannot_be_made() {
    let home = Home::new();
    let file = home.path().join("file");
    fs::write(&file, "a file").unwrap();
    let home = home.with("GAVEL_DATA_DIR", file.join("data"));
    let path = file.join("data");
    told(&home.run(&[]), &["GAVEL_DATA_DIR", path.to_str().unwrap()]);
    told(&home.run(&["organizer", "add", "olga"]), &["GAVEL_DATA_DIR", path.to_str().unwrap()]);
}

#[test]
fn a_key_file_without_a_key() {
    let home = Home::new();
    home.serve().stop();
    let file = home.data.join("secret.key");
    fs::write(&file, "not a key").unwrap();
    told(&home.run(&[]), &[file.to_str().unwrap(), "secret key"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "not a key");
}

#[test]
fn settings_of_the_environment() {
    let cases = [
        ("GAVEL_PUBLIC_URL", "meet.example.org"),
        ("GAVEL_PUBLIC_URL", "https://meet.example.org/path"),
        ("GAVEL_PUBLIC_URL", "ftp://meet.example.org"),
        ("GAVEL_POST_RATE", "fast"),
        ("GAVEL_POST_BURST", "0"),
        ("GAVEL_READERS", "0"),
        ("GAVEL_GATHER_MS", "101"),
        ("ROCKET_PORT", "eighty"),
        ("ROCKET_PORT", "70000"),
        ("ROCKET_ADDRESS", "here"),
        ("ROCKET_WORKERS", "many"),
        ("ROCKET_WORKERS", "0"),
        ("ROCKET_MAX_BLOCKING", "0"),
        ("ROCKET_SECRET_KEY", "short"),
        ("ROCKET_LOG_LEVEL", "loud"),
    ];
    for (name, value) in cases {
        let home = Home::new().with(name, value);
        told(&home.run(&[]), &[name]);
    }
}

#[test]
fn settings_of_the_file() {
    let home = Home::new();
    let file = home.work().join("Rocket.toml");
    fs::write(&file, "[default]\nport = \"eighty\n").unwrap();
    for command in [&[][..], &["token", "add", "olga"]] {
        told(&home.run(command), &["Rocket.toml", "line 2"]);
    }
    fs::write(&file, "[default.gavel]\nreaders = \"x\"\n").unwrap();
    told(&home.run(&[]), &["GAVEL_READERS (readers)", "Rocket.toml"]);
    fs::write(&file, "[default]\nworkers = \"x\"\n").unwrap();
    told(&home.run(&[]), &["workers", "Rocket.toml"]);
    fs::write(&file, "[default.databases.gavel]\nurl = 3\n").unwrap();
    told(&home.run(&[]), &["GAVEL_DATABASE_URL", "Rocket.toml"]);
}
