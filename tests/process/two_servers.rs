//! Two servers on one SQLite database: the second one refuses to start and names the first. Commands work next to it.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::http::Api;
use crate::program::{Home, Said, Server};

/// The start failed, and said which process is using the database.
#[track_caller]
fn names(said: &Said, server: &Server) {
    assert_eq!(said.status.code(), Some(1), "{said:?}");
    assert!(said.out.is_empty() && said.err.lines().count() == 1, "{said:?}");
    assert!(said.err.starts_with("gavel: Another Gavel is using the database "), "{said:?}");
    assert!(said.err.contains(&format!("process {}", server.id())), "{} is not named: {said:?}", server.id());
}

#[test]
fn a_second_server_is_refused_and_names_the_first_one() {
    let home = Home::new();
    let server = home.serve();
    let said = home.run(&[]);
    names(&said, &server);
    assert!(said.err.contains(&format!(", at {}", server.base)) && said.err.contains(", since 20"), "{said:?}");
    assert!(said.err.contains("GAVEL_DATA_DIR"), "{said:?}");
    names(&home.run(&["demo"]), &server);
    names(&home.run(&["serve"]), &server);
    server.stop();
    home.serve().stop();
}

#[test]
fn another_name_of_the_same_database_is_the_same_database() {
    let home = Home::new();
    let server = home.serve();
    let file = home.data.join("gavel.db");
    let at = |path: &Path| path.to_str().unwrap().to_owned();
    let elsewhere = || {
        let home = Home::new();
        fs::create_dir(&home.data).unwrap();
        home
    };

    // By its URL, from another data folder: in full, and relative to the folder that the program runs in.
    names(&elsewhere().with("GAVEL_DATABASE_URL", format!("sqlite:{}", file.display())).run(&[]), &server);
    names(&elsewhere().with("GAVEL_DATABASE_URL", format!("sqlite://{}?mode=rwc", file.display())).run(&[]), &server);
    let beside = home.work().join("..").join("data");
    names(&elsewhere().with("GAVEL_DATABASE_URL", format!("sqlite:{}/gavel.db", at(&beside))).run(&[]), &server);
    let mut relative = home.command(&[]);
    relative.env("GAVEL_DATA_DIR", "../data");
    names(&crate::program::ended(relative, ""), &server);

    // By links: to the folder, to the file, and a second name of the file itself.
    let other = elsewhere();
    fs::remove_dir(&other.data).unwrap();
    symlink(&home.data, &other.data).unwrap();
    names(&other.run(&[]), &server);
    let other = elsewhere();
    symlink(&file, other.data.join("gavel.db")).unwrap();
    names(&other.run(&[]), &server);
    let other = elsewhere();
    fs::hard_link(&file, other.data.join("gavel.db")).unwrap();
    names(&other.run(&[]), &server);

    // A copy is another database.
    let copy = elsewhere();
    fs::copy(&file, copy.data.join("gavel.db")).unwrap();
    copy.serve().stop();
    server.stop();
    other.serve().stop();
}

#[test]
fn a_server_that_was_killed_keeps_nobody_out() {
    let home = Home::new();
    let first = home.serve();
    let killed = first.id();
    first.kill();
    let record = fs::read_to_string(home.data.join("gavel.db.claim")).unwrap();
    assert!(record.contains(&killed.to_string()), "what it left: {record}");
    let server = home.serve();
    names(&home.run(&[]), &server);
    server.stop();
    // Nor does a file that says anything else.
    fs::write(home.data.join("gavel.db.claim"), "\u{0}nonsense").unwrap();
    home.serve().stop();
}

#[test]
fn of_servers_that_start_at_the_same_moment_exactly_one_serves() {
    const STARTS: usize = 4;
    for fresh in [true, false] {
        let home = Home::new();
        if !fresh {
            home.serve().stop();
        }
        let mut started: Vec<_> = (0..STARTS).map(|_| home.command(&[]).spawn().unwrap()).collect();
        // Each says one thing: that it serves, or, at its end, that it does not.
        let serving: Vec<bool> = started
            .iter_mut()
            .map(|child| {
                let mut line = String::new();
                BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
                line.starts_with("Gavel serves ")
            })
            .collect();
        assert_eq!(serving.iter().filter(|serves| **serves).count(), 1, "{serving:?}");
        for (child, serves) in started.iter_mut().zip(serving) {
            if serves {
                child.kill().unwrap();
            } else {
                let mut said = String::new();
                child.stderr.as_mut().unwrap().read_to_string(&mut said).unwrap();
                assert!(said.starts_with("gavel: Another Gavel is using the database "), "{said}");
            }
            child.wait().unwrap();
        }
    }
}

#[tokio::test]
async fn commands_work_next_to_a_server() {
    let home = Home::new();
    let server = home.serve();
    let token = home.organizer("olga");
    let api = Api::new(&server.base);
    let event = api.open_event(&token, "weekly").await;
    let ada = api.join(&event, "ada").await;
    assert_eq!(Api::send(api.saying(&event, &ada, "hello", "n1")).await.unwrap().0, 201);

    let log = home.path().join("2024-03-05.log");
    fs::write(&log, "19:00:00 <ada> hello\n19:00:05 <bob> good evening\n").unwrap();
    let play = home.path().join("play.log");
    fs::write(&play, "19:00:00 <carol> hello\n").unwrap();
    let file = home.path().join("gavel.jsonl");
    let (log, play, file) = (log.to_str().unwrap(), play.to_str().unwrap(), file.to_str().unwrap());
    for command in [
        &["verify"][..],
        &["verify", &event],
        &["import-log", log, "--slug", "history", "--title", "History", "--zone", "UTC", "--organizer", "olga"],
        &["replay", play, "--event", &event, "--speed", "inf", "--server", &server.base],
        &["export", file],
        &["export", "-"],
    ] {
        let said = home.run(command);
        assert!(said.status.success(), "{command:?}: {said:?}");
    }
    // An import would pull the rows away from under the server.
    let said = home.run(&["import", "--replace", file]);
    assert!(!said.status.success() && said.err.contains(&format!("process {}", server.id())), "{said:?}");
    // And the server has the claim still.
    names(&home.run(&[]), &server);
    assert_eq!(Api::send(api.saying(&event, &ada, "still here", "n2")).await.unwrap().0, 201);
    server.stop();
}
