//! Standard output or standard error that cannot be written: a closed pipe, a full disk.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::program::{AT_MOST, Home};

/// A writer for a pipe that nobody reads.
fn closed_pipe() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

/// A device on which every write fails, as on a full disk.
fn full_disk() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

/// Starts this server and stops it once it serves; it must end well. Returns what it wrote to standard error.
fn serves(mut command: Command, port: u16) -> String {
    let mut child = command.env("ROCKET_PORT", port.to_string()).spawn().unwrap();
    let began = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(child.try_wait().unwrap().is_none(), "the server ended");
        assert!(began.elapsed() < AT_MOST, "the server does not start");
        sleep(Duration::from_millis(20));
    }
    let pid = child.id().to_string();
    // Once it has tried to print, it listens for signals.
    let mut said = String::new();
    if let Some(stderr) = child.stderr.take() {
        let mut lines = BufReader::new(stderr);
        lines.read_line(&mut said).unwrap();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        lines.read_to_string(&mut said).unwrap();
    }
    assert!(child.wait().unwrap().success(), "{said}");
    said
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn a_server_whose_output_cannot_be_written_goes_on_and_says_so() {
    for (output, reason) in [(closed_pipe as fn() -> Stdio, "Nobody reads standard output any more."), (full_disk, "No space left")] {
        let home = Home::new();
        let mut command = home.command(&[]);
        command.stdout(output());
        let said = serves(command, free_port());
        assert!(said.contains(reason) && said.contains("The server goes on.") && !said.contains("panicked"), "{said}");
    }
}

#[test]
fn a_command_whose_output_cannot_be_written_fails_with_a_sentence() {
    for output in [closed_pipe as fn() -> Stdio, full_disk] {
        for arguments in [["organizer", "add", "olga"].as_slice(), &["verify"]] {
            let home = Home::new();
            let done = home.command(arguments).stdout(output()).output().unwrap();
            let said = String::from_utf8(done.stderr).unwrap();
            assert_eq!(done.status.code(), Some(1), "{said}");
            assert!(said.contains("tandard output") && !said.contains("panicked"), "{arguments:?}: {said}");
        }
    }
}

#[test]
fn an_error_that_cannot_be_written_is_an_exit_code() {
    for output in [closed_pipe as fn() -> Stdio, full_disk] {
        let home = Home::new();
        let done = home.command(&["token", "add", "nobody"]).stdout(output()).stderr(output()).status().unwrap();
        // A panic ends with 101.
        assert_eq!(done.code(), Some(1));
    }
}
