//! The command line: what `gavel` can be told, and what each of it calls.

mod archive;
mod moving;
pub mod out;
mod reading;
mod verify;

use std::convert::Infallible;
use std::error::Error;
use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use gavel::app::{self, App};
use gavel::config::Config;
use gavel::console;
use gavel::domain::zone::Zone;
use gavel::domain::{secret, time};
use gavel::http::Site;
use gavel::http::door::Door;
use gavel::replay::{self, Options, Room};
use gavel::start;
use rocket::fairing::AdHoc;
use rocket::figment::Figment;
use rocket::{Build, Orbit, Rocket, Shutdown};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use out::{complain, print, tell};

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// Meetings in text that open and close on time.
#[derive(Parser)]
#[command(version, long_version = long_version(), about)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve (also without a command)
    Serve,
    /// Accounts of those who schedule meetings
    #[command(subcommand)]
    Organizer(Organizer),
    /// Tokens for scripts
    #[command(subcommand)]
    Token(Token),
    /// Play the log of a real meeting into an open event
    Replay(Replay),
    /// Check that logs are whole: one, an exported one, or all
    Verify {
        /// An event's id, link or path; or a transcript.json. Without it every event is verified
        #[arg(value_name = "EVENT or FILE.json")]
        what: Option<String>,
    },
    /// Write everything in the database to a file, also beside a running server
    Export {
        /// A file that is not there yet; `-` for standard output
        file: PathBuf,
    },
    /// Put everything from an exported file into the database, while no server runs
    Import {
        /// What `gavel export` wrote; `-` for standard input
        file: PathBuf,
        /// Delete what is in the database first
        #[arg(long)]
        replace: bool,
    },
    /// Bring logs of meetings that took place elsewhere in as past events, also beside a running server
    ImportLog(archive::ImportLog),
    /// Serve with a meeting that is open now, in which a short conversation takes place
    Demo(Demo),
}

#[derive(Subcommand)]
enum Organizer {
    /// Make an account; the password is read from standard input, else one is made and printed
    Add { name: String },
}

#[derive(Subcommand)]
enum Token {
    /// Print a new API token of this organizer
    Add { organizer: String },
}

#[derive(Args)]
struct Replay {
    /// The log, in any format that `gavel import-log` reads
    log: PathBuf,
    #[command(flatten)]
    reading: reading::Reading,
    #[command(flatten)]
    room: RoomArgs,
    /// How many times as fast as it was; `inf` for no pauses
    #[arg(long, default_value_t = 1.0, value_name = "N")]
    speed: f64,
    /// The server's address
    #[arg(long, default_value = "http://127.0.0.1:8000", value_name = "URL")]
    server: String,
    /// Let the participants stay at the end
    #[arg(long)]
    stay: bool,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct RoomArgs {
    /// The event, by its id
    #[arg(long, value_name = "ID")]
    event: Option<String>,
    /// The open event of the meeting with this slug
    #[arg(long, value_name = "SLUG")]
    slug: Option<String>,
}

#[derive(Args)]
struct Demo {
    /// Seconds between two lines of the conversation, on average
    #[arg(long, default_value_t = 3.0)]
    pace: f64,
}

/// The version with the release of the time zones: `gavel --version`.
fn long_version() -> String {
    format!("{}\nTime zones: {}", env!("CARGO_PKG_VERSION"), Zone::source())
}

/// Does what the command line says.
pub fn run() -> Outcome {
    // Before anything looks up a zone.
    if let Err(problem) = gavel::zoneinfo::prefer_newer() {
        complain(format_args!("{problem}"));
    }
    match Cli::parse().command.unwrap_or(Command::Serve) {
        Command::Serve => serve(start::figment(), |rocket| rocket),
        Command::Organizer(Organizer::Add { name }) => add_organizer(&name),
        Command::Token(Token::Add { organizer }) => add_token(&organizer),
        Command::Replay(replay) => {
            let room = match (replay.room.event, replay.room.slug) {
                (Some(id), _) => Room::Event(id),
                (None, slug) => Room::Meeting(slug.unwrap_or_default()),
            };
            let zone = replay.reading.zone.as_deref().map(time::zone).transpose().map_err(|problem| format!("--zone: {problem}"))?;
            let zone = zone.unwrap_or_else(Zone::utc);
            let options = Options {
                reading: replay.reading.options(&replay::options(), zone)?,
                zone,
                date: replay.reading.date,
                log: replay.log,
                room,
                speed: replay.speed,
                server: replay.server,
                stay: replay.stay,
            };
            Ok(print(format_args!("{}", replay::run(&options)?))?)
        }
        Command::Verify { what } => verify::run(what.as_deref()),
        Command::Export { file } => moving::export(&file),
        Command::Import { file, replace } => moving::import(&file, replace),
        Command::ImportLog(wanted) => archive::run(&wanted),
        Command::Demo(args) => demo(&args),
    }
}

/// Serves with what `more` adds to the program.
fn serve(figment: Figment, more: impl FnOnce(Rocket<Build>) -> Rocket<Build> + Send) -> Outcome {
    let (workers, max_blocking) = start::threads(&figment)?;
    console::install(&figment);
    // Each parked poll is an open file. What systems allow at first, 1,024, is for programs without.
    if let Err(problem) = rlimit::increase_nofile_limit(u64::MAX) {
        log::warn!("The limit of open files could not be raised: {problem}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_name_fn(start::thread_names(workers))
        .worker_threads(workers)
        .max_blocking_threads(max_blocking)
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(async {
        outlive_file_limits();
        // Before Rocket says anything: the database's own problems in one sentence.
        let (store, claimed) = start::open_to_serve(&figment).await?;
        start::agree_on_key(&figment, &store).await?;
        store.close().await;
        let claimed = Arc::new(claimed);
        let known = Arc::clone(&claimed);
        let figment = figment.merge(("shutdown.ctrlc", false)).merge(("shutdown.signals", Vec::<String>::new()));
        let (lifted, off) = oneshot::channel();
        let settings = figment.clone();
        let rocket = gavel::rocket(figment)?
            .attach(AdHoc::on_liftoff("signals", |rocket| {
                Box::pin(async {
                    // Nobody waits for it only where the program is at its end already.
                    let _ = lifted.send((rocket.shutdown(), Signals::listen()));
                })
            }))
            .attach(AdHoc::on_liftoff("claim", move |rocket| Box::pin(async move { known.serves_at(local_url(rocket)) })))
            .attach(AdHoc::on_liftoff("greeting", |rocket| Box::pin(greet(rocket))));
        console::begin(&settings);
        // In one task, not in two. Rocket asks whether it shall stop and then, in the same turn, whether its server has
        // ended; stopped between the two from another thread, it takes the server for ended by itself, and leaves at
        // once without a word to whoever waits.
        let outcome = tokio::select! {
            outcome = gavel::serve(more(rocket)) => outcome,
            never = heed_signals(off) => match never {},
        };
        drop(claimed);
        Ok(outcome?)
    });
    // What still runs belongs to clients that went silent, or is the demo's talk.
    runtime.shutdown_timeout(Duration::from_millis(500));
    outcome
}

/// Has a write past the limit of file sizes (`ulimit -f`, setrlimit(2)) fail like one to a full disk. Its signal would else
/// end the process. What catches it stays for as long as the process does.
fn outlive_file_limits() {
    if let Err(problem) = signal(SignalKind::from_raw(libc::SIGXFSZ)) {
        log::warn!("A write past the limit of file sizes will end the program: {problem}");
    }
}

/// The signals that end the program in good order.
struct Signals(Vec<Signal>);

impl Signals {
    fn listen() -> Self {
        let kinds = [SignalKind::terminate(), SignalKind::interrupt()];
        Self(
            kinds
                .into_iter()
                .filter_map(|kind| signal(kind).map_err(|problem| log::warn!("A signal is not heard: {problem}")).ok())
                .collect(),
        )
    }

    async fn any(&mut self) {
        std::future::poll_fn(
            |context| {
                if self.0.iter_mut().any(|it| it.poll_recv(context).is_ready()) { Poll::Ready(()) } else { Poll::Pending }
            },
        )
        .await;
    }
}

/// Stops in good order from the moment on that the address is told; until then a signal ends the program at once.
async fn heed_signals(off: oneshot::Receiver<(Shutdown, Signals)>) -> Infallible {
    if let Ok((shutdown, mut signals)) = off.await {
        signals.any().await;
        shutdown.notify();
    }
    std::future::pending().await
}

/// Prints the addresses to open.
async fn greet(rocket: &Rocket<Orbit>) {
    let (Some(app), Some(site)) = (rocket.state::<App>(), rocket.state::<Site>()) else { return };
    let base = site.public_url.clone().unwrap_or_else(|| local_url(rocket));
    let mut lines = vec![format!("Gavel serves {}", local_url(rocket))];
    lines.extend(rocket.state::<Door>().map(|door| format!("Live door: http://{}", door.address())));
    lines.extend([format!("Time zones: {}", Zone::source()), format!("Open {base}/")]);
    match app.set_up_token().await {
        Ok(Some(token)) => lines.push(format!("There is no organizer yet. Make the first account here, once: {base}/set-up/{token}")),
        Ok(None) => {}
        Err(problem) => complain(format_args!("whether there is an organizer cannot be read: {problem}")),
    }
    tell(format_args!("{}", lines.join("\n")));
}

fn local_url(rocket: &Rocket<Orbit>) -> String {
    let (address, port) = (rocket.config().address, rocket.config().port);
    let host = if address.is_ipv6() { format!("[{address}]") } else { address.to_string() };
    format!("http://{host}:{port}")
}

fn add_organizer(name: &str) -> Outcome {
    let mut given = String::new();
    if !io::stdin().is_terminal() {
        io::stdin().take(4_096).read_to_string(&mut given).map_err(|problem| format!("The password cannot be read: {problem}."))?;
    }
    let given = given.trim_end_matches(['\r', '\n']).to_owned();
    let made = given.is_empty().then(|| secret::readable(20));
    with_app(async |app| {
        let password = made.clone().unwrap_or(given);
        app.add_organizer(name, password).await.map_err(|problem| said(problem, name))?;
        if let Some(password) = &made {
            print(format_args!("{password}"))?;
        }
        Ok(())
    })
}

fn add_token(organizer: &str) -> Outcome {
    with_app(async |app| {
        print(format_args!("{}", app.add_token(organizer).await.map_err(|problem| said(problem, organizer))?))?;
        Ok(())
    })
}

/// Opens the database for one operation; a server may be running beside.
fn with_app(operation: impl AsyncFnOnce(&App) -> Outcome) -> Outcome {
    let figment = start::figment();
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        outlive_file_limits();
        let store = start::open_store(&figment).await?;
        let app = App::tool(store, &gavel::rates(&Config::read(&figment)?));
        let outcome = operation(&app).await;
        app.finish().await;
        outcome
    })
}

/// An error of an operation, for the shell.
fn said(problem: app::Error, name: &str) -> String {
    match problem {
        app::Error::NameTaken => format!("An organizer “{name}”, or one whose name looks like it, exists already."),
        app::Error::NotSignedIn => format!("There is no organizer “{name}”. Make the account first: gavel organizer add {name}"),
        app::Error::Account(problem) => problem.to_string(),
        app::Error::Unavailable(cause) => format!("The database does not do this now: {cause}"),
        other => other.to_string(),
    }
}

/// Serves a meeting that is open now, and talks in it.
fn demo(args: &Demo) -> Outcome {
    let pace = Duration::try_from_secs_f64(args.pace).map_err(|_| "--pace takes a number of seconds, such as 3 or 0.5.")?;
    serve(start::figment(), |rocket| {
        rocket.attach(AdHoc::on_liftoff("demo", move |rocket| {
            Box::pin(async move {
                let Some(app) = rocket.state::<App>() else { return };
                match gavel::app::schedule::demo::open_meeting(app).await {
                    Ok(event) => {
                        let (base, id) = (local_url(rocket), event.id.to_string());
                        tell(format_args!("Watch the demo, and join in: {base}{}", event.url()));
                        // A thread of its own: the conversation is a plain, blocking client.
                        std::thread::spawn(move || match gavel::demo::converse(&base, &id, pace) {
                            Ok(()) => tell(format_args!("The conversation is over. The room stays open; Ctrl+C ends the program.")),
                            Err(problem) => complain(format_args!("the conversation broke off: {problem}")),
                        });
                    }
                    Err(problem) => complain(format_args!("the demo's meeting cannot be made: {problem}")),
                }
            })
        }))
    })
}
