//! The unit for systemd and the image, as far as their tools and this machine can tell.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Command;

use crate::histories::program::{Home, Server};
use crate::proxy::{file, has};

#[test]
fn proxies_wait_longer_than_a_poll() {
    for (name, setting) in [("nginx.conf", "proxy_read_timeout"), ("Caddyfile", "response_header_timeout")] {
        let text = fs::read_to_string(file(name)).unwrap();
        let waits: Vec<u32> = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix(setting))
            .map(|value| value.trim().trim_end_matches(';').trim_end_matches('s').parse().unwrap())
            .collect();
        assert!(!waits.is_empty() && waits.iter().all(|wait| *wait > 50), "{name}: {waits:?}");
    }
}

#[test]
fn the_unit_is_one_that_systemd_takes_and_finds_locked_up_well() {
    if !has("systemd-analyze", "--version") {
        println!("not tested: there is no systemd-analyze on this machine");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("gavel.service");
    let text = fs::read_to_string(file("gavel.service")).unwrap();
    assert!(text.contains("ExecStart=/usr/local/bin/gavel\n"));
    fs::write(&unit, text.replace("/usr/local/bin/gavel", env!("CARGO_BIN_EXE_gavel"))).unwrap();
    // The threshold is ten times the exposure, which goes from 0 to 10; most services have more than 9.
    for arguments in [&["verify", "--man=no"][..], &["security", "--offline=true", "--threshold=15"]] {
        let said = Command::new("systemd-analyze").args(arguments).arg(&unit).output().unwrap();
        let words = String::from_utf8_lossy(&said.stderr);
        assert!(said.status.success() && !words.contains("gavel.service"), "{arguments:?}: {words}");
    }
}

/// Runs the image's check of health for a server on this port.
fn healthy(port: &str) -> bool {
    Command::new(file("healthy")).env("ROCKET_PORT", port).output().unwrap().status.success()
}

#[test]
fn the_check_of_health_tells_a_server_from_none_and_from_a_broken_one() {
    let server = Home::new().serve();
    let port = server.base.rsplit(':').next().unwrap().trim_end_matches('/').to_owned();
    assert!(healthy(&port));
    server.stop();
    assert!(!healthy(&port));

    let broken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = broken.local_addr().unwrap().port().to_string();
    let answers = std::thread::spawn(move || {
        let (client, _) = broken.accept().unwrap();
        let asked: Vec<String> = BufReader::new(&client).lines().map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
        (&client).write_all(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n").unwrap();
        asked
    });
    assert!(!healthy(&port));
    assert_eq!(answers.join().unwrap()[0], "GET /health HTTP/1.1");
}

/// The lines of the image's file with this instruction, without it.
fn instructions(name: &str) -> Vec<String> {
    let text = fs::read_to_string(file("Containerfile")).unwrap();
    text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned)).collect()
}

#[test]
fn the_image_is_built_of_all_that_the_program_needs() {
    let (root, copy) = (Path::new(env!("CARGO_MANIFEST_DIR")), tempfile::tempdir().unwrap());
    let copies = instructions("COPY");
    for line in copies.iter().filter(|line| !line.starts_with("--from")) {
        let mut words: Vec<&str> = line.split(' ').collect();
        let to = copy.path().join(words.pop().unwrap().trim_start_matches('/'));
        for from in words {
            if to.starts_with(copy.path().join("usr")) {
                assert!(root.join(from).is_file());
                continue;
            }
            let done = Command::new("cp").arg("-r").arg(root.join(from)).arg(&to).status().unwrap();
            assert!(done.success(), "{line}");
        }
    }
    // All that Cargo.toml names is there, and every folder that the source takes in at compile time. Cargo looks for a workspace
    // in all folders above, where somebody may have left anything: this is one of its own.
    let mut manifest = fs::OpenOptions::new().append(true).open(copy.path().join("Cargo.toml")).unwrap();
    manifest.write_all(b"\n[workspace]\n").unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--offline", "--locked", "--no-deps", "--format-version=1"]).current_dir(copy.path());
    let said = cargo.output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    for folder in ["src", "templates", "static", "migrations"] {
        assert!(copy.path().join(folder).is_dir(), "{folder} is not copied");
    }
}

#[test]
fn the_settings_of_unit_and_image_are_ones_that_the_program_takes() {
    let unit = fs::read_to_string(file("gavel.service")).unwrap();
    let of_unit = unit.lines().filter_map(|line| line.strip_prefix("Environment=").map(str::to_owned));
    let of_image = instructions("ENV").into_iter().flat_map(|line| line.split(' ').map(str::to_owned).collect::<Vec<_>>());
    for settings in [of_unit.collect::<Vec<_>>(), of_image.collect()] {
        assert!(settings.iter().any(|it| it.starts_with("GAVEL_DATA_DIR=")), "{settings:?}");
        let home = Home::new();
        let mut command = home.command(&[]);
        for (name, value) in settings.iter().map(|it| it.split_once('=').unwrap()) {
            match name {
                // Those of this test stay.
                "GAVEL_DATA_DIR" | "ROCKET_PORT" => assert!(value.starts_with('/') || value == "8000"),
                _ => drop(command.env(name, value)),
            }
        }
        Server::of(command).stop();
    }
}

#[test]
#[ignore = "builds an image: minutes, gigabytes and the network"]
fn the_image_can_be_built() {
    let Some(builder) = ["podman", "docker"].into_iter().find(|it| has(it, "--version")) else {
        println!("not tested: there is neither podman nor docker on this machine");
        return;
    };
    let mut build = Command::new(builder);
    build.args(["build", "-t", "gavel-test", "-f"]).arg(file("Containerfile")).arg(".").current_dir(env!("CARGO_MANIFEST_DIR"));
    assert!(build.status().unwrap().success());
}
