//! The first start, the next one, and where the program finds its things.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::http::Api;
use crate::program::{Home, Server};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn the_first_start_makes_all_it_needs_and_says_where_to_go() {
    let home = Home::new();
    let server = home.serve();
    let port: u16 = server.base.strip_prefix("http://127.0.0.1:").unwrap().parse().unwrap();
    assert_ne!(port, 0);
    assert_eq!(server.line("Open "), format!("{}/", server.base));
    let link = server.line("There is no organizer yet. Make the first account here, once: ");
    let secret = link.strip_prefix(&format!("{}/set-up/", server.base)).unwrap();
    assert!(secret.len() >= 26 && secret.chars().all(|c| c.is_ascii_alphanumeric()), "{link}");

    let health = Api::new(&server.base).client.get(format!("{}/health", server.base)).send().await.unwrap();
    assert_eq!(health.text().await.unwrap(), r#"{"status":"ok"}"#);

    assert_eq!(mode(&home.data), 0o700);
    assert_eq!(mode(&home.data.join("secret.key")), 0o600);
    assert_eq!(fs::read_to_string(home.data.join("secret.key")).unwrap().trim().len(), 64);
    assert!(home.data.join("gavel.db").is_file());
    let left: Vec<_> = fs::read_dir(home.work()).unwrap().collect();
    assert!(left.is_empty(), "nothing is written where the program was started: {left:?}");
}

/// Gives everybody the right to read a file or folder.
fn open_to_all(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn nobody_else_may_read_what_is_kept() {
    const FILES: [&str; 4] = ["gavel.db", "gavel.db-wal", "gavel.db-shm", "gavel.db.claim"];
    let home = Home::new();
    // Where new files would be readable by all.
    let mut command = Command::new("sh");
    let plain = home.command(&[]);
    command.args(["-c", "umask 022; exec \"$0\""]).arg(plain.get_program()).current_dir(home.work()).env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let server = Server::of(command);
    for name in FILES {
        assert_eq!(mode(&home.data.join(name)), 0o600, "{name}");
    }
    server.kill();

    // What an older Gavel left is closed at the next start; a killed server has left all of its files.
    open_to_all(&home.data, 0o755);
    for name in FILES.iter().chain(&["secret.key"]) {
        open_to_all(&home.data.join(name), 0o644);
    }
    let server = home.serve();
    assert_eq!(mode(&home.data), 0o700);
    for name in FILES.iter().chain(&["secret.key"]) {
        assert_eq!(mode(&home.data.join(name)), 0o600, "{name}");
    }
    server.stop();

    // Commands alone do the same.
    open_to_all(&home.data.join("gavel.db"), 0o666);
    home.organizer("olga");
    assert_eq!(mode(&home.data.join("gavel.db")), 0o600);
    let file = home.path().join("all.jsonl");
    assert!(home.run(&["export", file.to_str().unwrap()]).status.success());
    assert_eq!(mode(&file), 0o600);
}

#[test]
fn nothing_in_the_temporary_folder_prevents_the_start() {
    let home = Home::new();
    let temporary = home.path().join("tmp");
    fs::create_dir(&temporary).unwrap();
    fs::write(temporary.join("gavel-no-templates"), "in the way").unwrap();
    let home = home.with("TMPDIR", &temporary);
    home.serve().stop();
    let left: Vec<_> = fs::read_dir(&temporary).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(left, ["gavel-no-templates"], "what it makes it removes");
    // Also where nothing can be made there.
    fs::remove_dir_all(&temporary).unwrap();
    fs::write(&temporary, "no folder").unwrap();
    home.serve().stop();
}

#[tokio::test]
async fn requests_do_not_fill_the_console() {
    let home = Home::new();
    let server = home.serve();
    let token = home.organizer("olga");
    let api = Api::new(&server.base);
    let event = api.open_event(&token, "weekly").await;
    for path in ["/m/weekly", "/m/nothing", "/wp-admin.php", "/m/weekly/2026-99-99", "/search?q=%FF", "/%00", "/schedule?page=x"] {
        api.client.get(format!("{}{path}", server.base)).send().await.unwrap();
    }
    for file in ["transcript.json", "minutes.json", "nothing.json"] {
        api.client.get(format!("{}/api/v1/events/{event}/{file}", server.base)).send().await.unwrap();
    }
    api.client.post(format!("{}/sign-in", server.base)).body("x").send().await.unwrap();
    let said = server.stop();
    let strange: Vec<&String> = said.iter().filter(|line| line.starts_with("   >>") || line.contains("forwarding")).collect();
    assert!(strange.is_empty(), "{strange:?}");
    // Who asks for them gets all of Rocket's lines.
    let home = Home::new().with("ROCKET_LOG_LEVEL", "normal");
    let server = home.serve();
    Api::new(&server.base).client.get(format!("{}/wp-admin.php", server.base)).send().await.unwrap();
    server.logs("No matching routes for GET /wp-admin.php");
    server.stop();
}

#[test]
fn as_many_files_may_be_open_as_the_system_allows() {
    let home = Home::new();
    let plain = home.command(&[]);
    let mut limited = Command::new("prlimit");
    limited.arg("--nofile=200:").arg(plain.get_program()).current_dir(home.work()).env_clear();
    limited.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    limited.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if Command::new("prlimit").arg("--version").output().is_err() {
        println!("skipped: prlimit of util-linux is missing");
        return;
    }
    let server = Server::of(limited);
    let limits = fs::read_to_string(format!("/proc/{}/limits", server.id())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let [soft, hard] = [3, 4].map(|n| line.split_whitespace().nth(n).unwrap());
    assert_eq!(soft, hard, "{line}");
    assert_ne!(soft, "200");
    server.stop();
}

#[tokio::test]
async fn the_next_start_keeps_data_and_key() {
    let home = Home::new();
    let server = home.serve();
    let first_link = server.line("There is no organizer yet. Make the first account here, once: ");
    server.stop();
    let key = fs::read(home.data.join("secret.key")).unwrap();

    // Without an organizer there is a new link: the old one was of that run.
    let server = home.serve();
    let second_link = server.line("There is no organizer yet. Make the first account here, once: ");
    let first_secret = first_link.rsplit('/').next().unwrap();
    assert_ne!(second_link.rsplit('/').next(), Some(first_secret));
    let api = Api::new(&server.base);
    let status = async |link: &str| api.client.get(link).send().await.unwrap().status().as_u16();
    assert_eq!(status(&second_link).await, 200);
    let stale = status(&format!("{}/set-up/{first_secret}", server.base)).await;
    assert!((400..500).contains(&stale), "{stale}");
    let token = home.organizer("olga");
    let over = status(&second_link).await;
    assert!((400..500).contains(&over), "there is an organizer now: {over}");
    let event = api.open_event(&token, "weekly").await;
    let ada = api.join(&event, "ada").await;
    let (status, row) = Api::send(api.saying(&event, &ada, "hello", "n1")).await.unwrap();
    assert_eq!(status, 201, "{row}");
    server.stop();

    let server = home.serve();
    let api = Api::new(&server.base);
    assert_eq!(fs::read(home.data.join("secret.key")).unwrap(), key);
    assert_eq!(api.rows(&event).await.last(), Some(&row));
    // The key still holds what it signed, the organizer's token what it opened.
    let (status, row) = Api::send(api.saying(&event, &ada, "still here", "n2")).await.unwrap();
    assert_eq!(status, 201, "{row}");
    api.open_event(&token, "another").await;
    let said = server.stop();
    assert!(!said.iter().any(|line| line.contains("/set-up/")), "there is an organizer: {said:?}");
}

#[tokio::test]
async fn a_data_folder_that_was_copied_opens_elsewhere() {
    let home = Home::new();
    let server = home.serve();
    let token = home.organizer("olga");
    let api = Api::new(&server.base);
    let event = api.open_event(&token, "weekly").await;
    let ada = api.join(&event, "ada").await;
    for n in 0..20 {
        let (status, _) = Api::send(api.saying(&event, &ada, &format!("line {n}"), &format!("n{n}"))).await.unwrap();
        assert_eq!(status, 201);
    }
    let before = api.rows(&event).await;
    server.stop();

    let elsewhere = Home::new();
    fs::create_dir(&elsewhere.data).unwrap();
    for file in fs::read_dir(&home.data).unwrap().map(Result::unwrap) {
        fs::copy(file.path(), elsewhere.data.join(file.file_name())).unwrap();
    }
    drop(home);
    let server = elsewhere.serve();
    let api = Api::new(&server.base);
    assert_eq!(api.rows(&event).await, before);
    let (status, row) = Api::send(api.saying(&event, &ada, "moved", "moved")).await.unwrap();
    assert_eq!(status, 201, "the key came along: {row}");
    api.open_event(&token, "another").await;
    server.stop();
}

#[tokio::test]
async fn it_runs_from_any_folder_and_the_environment_goes_before_the_file() {
    // Nothing but the binary: pages, their files and migrations are inside it.
    let home = Home::new();
    let mut command = home.command(&["serve"]);
    command.env_remove("GAVEL_DATA_DIR");
    let server = Server::of(command);
    assert!(home.work().join("gavel-data/gavel.db").is_file(), "the default, beside the working folder's files");
    let token = {
        let elsewhere = Home::new().with("GAVEL_DATA_DIR", home.work().join("gavel-data"));
        elsewhere.organizer("olga")
    };
    let api = Api::new(&server.base);
    let event = api.open_event(&token, "weekly").await;
    let page = api.client.get(format!("{}/api/v1/events/{event}/transcript.html", api.base)).send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("Weekly"));
    server.stop();

    fs::write(home.work().join("Rocket.toml"), "[default]\nport = 1\n[default.gavel]\ndata_dir = \"of-the-file\"\n").unwrap();
    let mut command = home.command(&[]);
    command.env_remove("GAVEL_DATA_DIR");
    Server::of(command).stop();
    assert!(home.work().join("of-the-file/gavel.db").is_file());
    home.serve().stop();
    assert!(home.data.join("gavel.db").is_file());
}
