//! The binary under test: a home of its own, what it prints, and its end.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The most that anything here may take: for machines that are busy, not for the program.
pub const AT_MOST: Duration = Duration::from_mins(1);

/// A folder to work in, without a `Rocket.toml`, and beside it the data folder.
pub struct Home {
    folder: TempDir,
    pub data: PathBuf,
    settings: Vec<(String, String)>,
}

/// What a command that ended has said.
#[derive(Debug)]
pub struct Said {
    pub status: ExitStatus,
    pub out: String,
    pub err: String,
}

impl Home {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir(folder.path().join("work")).unwrap();
        Self { folder, data, settings: Vec::new() }
    }

    /// The same with a setting in the environment.
    pub fn with(mut self, name: &str, value: impl AsRef<Path>) -> Self {
        self.settings.push((name.to_owned(), value.as_ref().to_str().unwrap().to_owned()));
        self
    }

    /// The same without limits for those who write much.
    pub fn unlimited(self) -> Self {
        self.with("GAVEL_POST_RATE", "1000")
            .with("GAVEL_POST_BURST", "10000")
            .with("GAVEL_ADDRESS_POST_RATE", "10000")
            .with("GAVEL_EVENT_POST_RATE", "10000")
            .with("GAVEL_JOIN_BURST", "10000")
    }

    /// Everything that belongs to this home.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The folder that the program runs in.
    pub fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// The program with these arguments and no environment but this home's.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gavel"));
        command.args(arguments).current_dir(self.work()).env_clear();
        command.env("GAVEL_DATA_DIR", &self.data).env("ROCKET_PORT", "0");
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Starts the server and waits until it serves.
    pub fn serve(&self) -> Server {
        Server::of(self.command(&[]))
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Said {
        ended(self.command(arguments), "")
    }

    /// The same with `input` on standard input.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> Said {
        ended(self.command(arguments), input)
    }

    /// An organizer's API token; makes the organizer.
    pub fn organizer(&self, name: &str) -> String {
        let made = self.run_with(&["organizer", "add", name], "correct horse battery\n");
        assert!(made.status.success(), "{made:?}");
        let token = self.run(&["token", "add", name]);
        assert!(token.status.success(), "{token:?}");
        token.out.trim().to_owned()
    }
}

/// Runs a command to its end with `input` on standard input.
pub fn ended(mut command: Command, input: &str) -> Said {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A command that fails early may not read it.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let (out, err) = (read(child.stdout.take().unwrap()), read(child.stderr.take().unwrap()));
    let status = wait(&mut child);
    Said { status, out: out.join().unwrap(), err: err.join().unwrap() }
}

fn read(mut from: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut all = String::new();
        from.read_to_string(&mut all).unwrap();
        all
    })
}

/// Waits for the end of a process, and kills it where that does not come.
fn wait(child: &mut Child) -> ExitStatus {
    let began = Instant::now();
    while began.elapsed() < AT_MOST {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    panic!("the program did not end");
}

/// A server that runs; killed at the latest when this goes.
pub struct Server {
    child: Child,
    pub base: String,
    out: Lines,
    err: Lines,
}

impl Server {
    /// Starts this command and waits until it serves.
    pub fn of(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let (out, err) = (Lines::of(child.stdout.take().unwrap()), Lines::of(child.stderr.take().unwrap()));
        let mut server = Self { child, base: String::new(), out, err };
        server.base = server.line("Gavel serves ");
        server
    }

    /// Waits for a line that begins so, and gives the rest of it.
    #[track_caller]
    pub fn line(&self, beginning: &str) -> String {
        match self.out.find(|line| line.strip_prefix(beginning).map(str::to_owned)) {
            Some(rest) => rest,
            None => panic!("no line “{beginning}…” came. stdout: {:?}, stderr: {:?}", self.out.all(), self.err.all()),
        }
    }

    /// The rest of a line that begins so, where one has been printed by now.
    pub fn printed(&self, beginning: &str) -> Option<String> {
        self.out.all().iter().find_map(|line| line.strip_prefix(beginning).map(str::to_owned))
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until its log, which is on standard output, says this.
    #[track_caller]
    pub fn logs(&self, words: &str) {
        let found = self.out.find(|line| line.contains(words).then_some(()));
        assert!(found.is_some(), "it does not say “{words}”: {:?}", self.out.all());
    }

    /// Sends a signal such as `TERM`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status().unwrap();
        assert!(sent.success(), "kill -{name}");
    }

    /// Kills it in the middle of whatever it does, and waits until it is gone.
    pub fn kill(mut self) {
        self.signal("KILL");
        wait(&mut self.child);
    }

    /// Waits for its end: how it ended, and what it said to standard error.
    pub fn end(self) -> (ExitStatus, String) {
        let said = self.finish();
        (said.status, said.err)
    }

    /// Waits for its end: how it ended, and all that it said.
    pub fn finish(mut self) -> Said {
        let status = wait(&mut self.child);
        Said { status, out: self.out.rest().join("\n"), err: self.err.rest().join("\n") }
    }

    /// Stops it in good order; all that it has printed.
    #[track_caller]
    pub fn stop(mut self) -> Vec<String> {
        self.signal("TERM");
        let status = wait(&mut self.child);
        assert!(status.success(), "{status}: {:?}", self.err.rest());
        self.out.rest()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of a stream as they come.
#[derive(Clone, Default)]
struct Lines(Arc<Shared>);

#[derive(Default)]
struct Shared {
    /// And whether these are all.
    lines: Mutex<(Vec<String>, bool)>,
    more: Condvar,
}

impl Lines {
    fn of(stream: impl Read + Send + 'static) -> Self {
        let lines = Self::default();
        let here = lines.clone();
        thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                here.0.lines.lock().unwrap().0.push(line);
                here.0.more.notify_all();
            }
            here.0.lines.lock().unwrap().1 = true;
            here.0.more.notify_all();
        });
        lines
    }

    fn all(&self) -> Vec<String> {
        self.0.lines.lock().unwrap().0.clone()
    }

    /// All lines, when the stream has ended.
    fn rest(&self) -> Vec<String> {
        let _: Option<()> = self.find(|_| None);
        self.all()
    }

    /// What `pick` makes of the first line that it takes; `None` where the stream ends without.
    fn find<T>(&self, pick: impl Fn(&str) -> Option<T>) -> Option<T> {
        let began = Instant::now();
        let mut state = self.0.lines.lock().unwrap();
        loop {
            if let Some(found) = state.0.iter().find_map(|line| pick(line)) {
                return Some(found);
            }
            if state.1 || began.elapsed() > AT_MOST {
                return None;
            }
            state = self.0.more.wait_timeout(state, Duration::from_secs(1)).unwrap().0;
        }
    }
}
