//! A disk that is full: by a limit on the size of files, which needs no rights at all, and for real, on a small tmpfs in
//! a mount namespace of its own.
//!
//! Posts get 503 with a problem, polls go on, and when there is room again so do posts.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use rand::RngExt;
use serde_json::json;
use tokio::task::block_in_place;
use tokio::time::{sleep, timeout};

use super::super::history::{Attempt, History, Post, Row};
use super::super::host::{Host, ready};
use super::super::http::request;
use super::super::program::{Home, Server};
use super::super::run::Run;
use super::super::site::Person;
use super::super::support::data::Engine;
use super::super::verdict::{Verdict, judge};
use super::{Outcome, Size};

/// How long it may take until a full disk shows.
const SHOWS_WITHIN: Duration = Duration::from_secs(20);
/// No file may be written past here: not the database, and not its log, which is longer after the first rows.
const LIMIT: &str = "8192:";

const ELSEWHERE: &str = "the disk is that of PostgreSQL";

pub async fn by_limit(seed: u64, size: &Size) -> Outcome {
    if Engine::tested() == Engine::Postgres {
        return Outcome::Skipped(ELSEWHERE);
    }
    let Some(host) = limited(ready(Home::new())) else { return Outcome::Skipped("prlimit of util-linux is missing") };
    let history = limited_history(&host, seed, size).await;
    Outcome::Judged(judged(host, history))
}

/// A server whose files can be kept from growing; `None` where the system has no tool for that.
pub fn limited(home: Home) -> Option<Host> {
    if !succeeds(Command::new("prlimit").arg("--version")) {
        return None;
    }
    block_in_place(|| {
        let token = home.organizer("olga");
        // The signal that goes with the limit would end the program; a full disk sends none.
        let server = Server::of(in_shell(&home, &[], "trap '' XFSZ; exec \"$0\""));
        Some(Host::of(home, server, &token))
    })
}

/// One event through times in which no file can grow, and what was wrong with the answers then.
pub async fn limited_history(host: &Host, seed: u64, size: &Size) -> (History, Vec<String>) {
    let limit = |to: &str| {
        let id = host.id().to_string();
        assert!(succeeds(Command::new("prlimit").args(["--pid", &id, &format!("--fsize={to}")])), "the limit is set");
    };
    through(host, seed, size, || limit(LIMIT), || limit("unlimited:")).await
}

pub async fn by_tmpfs(seed: u64, size: &Size) -> Outcome {
    if Engine::tested() == Engine::Postgres {
        return Outcome::Skipped(ELSEWHERE);
    }
    let mounts = "mount -t tmpfs -o size=1m gavel /tmp";
    if !succeeds(Command::new("unshare").args(["-rm", "sh", "-c", mounts])) {
        return Outcome::Skipped("a tmpfs cannot be mounted in a namespace here");
    }
    let home = ready(Home::new());
    fs::create_dir(&home.data).unwrap();
    let token = home.path().join("token");
    let script = "set -e; mount -t tmpfs -o size=96m,mode=700 gavel \"$GAVEL_DATA_DIR\"; \
                  echo 'correct horse battery' | \"$0\" organizer add olga; \"$0\" token add olga > \"$1\"; exec \"$0\"";
    let mut command = Command::new("unshare");
    let shell = in_shell(&home, &[token.to_str().unwrap()], script);
    command.args(["-rm", "sh"]).args(shell.get_args()).env_clear().current_dir(home.work());
    command.envs(shell.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let server = block_in_place(|| Server::of(command));
    let token = fs::read_to_string(token).unwrap().trim().to_owned();
    let host = Host::of(home, server, &token);
    // The folder as the server sees it.
    let ballast = PathBuf::from(format!("/proc/{}/root{}/ballast", host.id(), host.data().display()));
    let fill = || {
        let mut file = OpenOptions::new().create(true).append(true).open(&ballast).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
    };
    let history = through(&host, seed, size, fill, || fs::remove_file(&ballast).unwrap()).await;
    Outcome::Judged(judged(host, history))
}

/// The program, started by a shell with this home's environment; `$0` is the program, `$1` on are `more`.
fn in_shell(home: &Home, more: &[&str], script: &str) -> Command {
    let plain = home.command(&[]);
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).arg(plain.get_program()).args(more).env_clear().current_dir(home.work());
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    // For the shell itself, and the tools in it.
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn succeeds(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|it| it.success())
}

async fn through(host: &Host, seed: u64, size: &Size, fill: impl Fn(), empty: impl Fn()) -> (History, Vec<String>) {
    let mut run = Run::begin(&host.site, seed, &size.cast()).await;
    let prober = host.site.join(&run.event, "prober").await;
    let mut dice = run.stage.dice(0);
    let mut problems = Vec::new();
    for blow in 1..=size.blows {
        run.reaches(size.before(blow)).await;
        fill();
        match timeout(SHOWS_WITHIN, refused(&mut run, &prober, blow)).await {
            Ok(wrong) => problems.extend(wrong),
            Err(_) => problems.push("a full disk did not show".into()),
        }
        let (status, _) = host.site.call("GET", &format!("/events/{}/messages?wait=0", run.event), "", None).await;
        if status != 200 {
            problems.push(format!("with a full disk a poll got {status}"));
        }
        // How long it is full is a matter of chance.
        sleep(Duration::from_millis(dice.random_range(0..500))).await;
        empty();
        let now = run.stage.acknowledged();
        if !run.stage.reaches(now + 10).await {
            problems.push("with room again posts were not taken".into());
        }
    }
    run.reaches(size.rows).await;
    (run.finish(&host.site).await, problems)
}

fn judged(mut host: Host, (history, problems): (History, Vec<String>)) -> Verdict {
    let mut verdict = judge(&history);
    for problem in problems {
        verdict.object(problem);
    }
    host.signal("TERM");
    // What it said of the full disk is for whoever reads its log.
    if !host.ends_well() {
        verdict.object("it did not end well");
    }
    verdict
}

/// Posts until the disk is full, and says what is wrong with the answer to that.
async fn refused(run: &mut Run, who: &Person, blow: usize) -> Option<String> {
    for n in 0.. {
        let (nonce, path) = (format!("probe-{blow}-{n}"), run.stage.path("messages"));
        let request = request("POST", &path, &who.token, "", Some(&json!({"text": nonce, "nonce": nonce})));
        let sent = run.stage.now();
        let mut post =
            Post { who: who.id.clone(), text: nonce.clone(), nonce, kind: "said", sent, acknowledged: None, attempts: Vec::new() };
        let reply = run.stage.line(0).exchange(&request).await;
        let Ok(reply) = reply else {
            post.attempts.push(Attempt::Lost { cut: false });
            run.posts.push(post);
            return Some("with a full disk a post was not answered".into());
        };
        if reply.status() == 201 {
            let row: Row = serde_json::from_slice(&reply.body).unwrap();
            post.attempts.push(Attempt::Row { fresh: true, row: run.stage.share(row) });
            post.acknowledged = Some(run.stage.now());
            run.posts.push(post);
            continue;
        }
        post.attempts.push(Attempt::Status(reply.status()));
        run.posts.push(post);
        let problem = reply.json();
        let clear = reply.status() == 503
            && problem["type"] == "/problems/unavailable"
            && problem["detail"].as_str().is_some_and(|it| !it.is_empty())
            && reply.head.header("retry-after").is_some_and(|it| it.parse::<u32>().is_ok());
        return (!clear).then(|| format!("with a full disk a post got {}: {problem}", reply.status()));
    }
    None
}
