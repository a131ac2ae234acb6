#![forbid(unsafe_code)]
//! Gavel: meetings in text that open and close on time.
//!
//! An organizer schedules a meeting and shares one link; people join its events with a nickname;
//! the room opens and closes at its set times; the transcript stays.
//!
//! # A message's way
//! `http/api/talk/messages.rs` reads who and what → `app/talk/say.rs` checks and renders the text →
//! `live/writer.rs` takes everything queued into one transaction → `store/talk/participant_action.rs` gives each row
//! its timestamp under the event's lock and commits → `live/room.rs` makes bytes of the rows and
//! wakes who waits → 201.
//!
//! # A poll's way
//! `http/api/talk/messages.rs` → `app/talk/poll.rs` → `live/room.rs`: look, and park in the same hold of its lock.
//! Rows after the cursor are answered at once, from the ring or from one page of the database; with
//! none the poll waits for the room's next announcement, a newer poll of its tab, the end of its
//! wait, or the program's.

pub mod app;
pub mod config;
pub mod console;
mod database;
pub mod demo;
pub mod domain;
pub mod email;
pub mod http;
pub mod import;
pub mod live;
pub mod replay;
pub mod start;
pub mod store;
pub mod zoneinfo;

use std::fs;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use rocket::fairing::AdHoc;
use rocket::figment::Figment;
use rocket::http::Method;
use rocket::{Build, Rocket};
use rocket_db_pools::Database;
use tempfile::TempDir;

use crate::app::budgets::Budget;
use crate::app::{App, Rates};
use crate::config::{Config, ConfigProblem};
use crate::database::Db;
use crate::http::Site;
use crate::http::door::{Door, DoorProblem, Settings, Times};
use crate::live::admission::Caps;
use crate::start::StartProblem;

/// The open files that the live door leaves to everything else, at the least.
const RESERVED_FILES: u32 = 48;

/// Puts the program together: the only place where that happens. `figment` comes from
/// [`start::figment`], or from a test with its own data folder and port 0. Call it inside a tokio
/// runtime: the live door listens from here on.
///
/// # Errors
/// A setting that cannot be used, a data folder that cannot be made.
pub fn rocket(figment: Figment) -> Result<Rocket<Build>, StartProblem> {
    let config = Config::read(&figment).map_err(StartProblem::Setting)?;
    let (figment, key) = start::prepare(figment, &config)?;
    let site = Site { title: config.site_title.clone(), public_url: config.public_url.clone(), live_url: config.live_url.clone() };
    let door = live_door(&figment, &config)?;
    let (rates, mail) = (rates(&config), post(&config)?);
    let no_templates = empty_folder(&config)?;
    let figment = figment.merge(("template_dir", no_templates.path()));
    let security = http::security::SecurityHeaders::new(config.live_url.as_deref(), site.is_https());
    let rocket = rocket::custom(figment)
        .attach(Db::init())
        .attach(AdHoc::try_on_ignite("operations", move |rocket| async move {
            let Some(store) = Db::fetch(&rocket).map(|db| (**db).clone()) else { return Err(rocket) };
            if let Err(problem) = start::bring_in_line(&store).await {
                log::error!("{problem}");
                return Err(rocket);
            }
            Ok(rocket.manage(App::start_with(store, &key, &rates, mail)))
        }))
        .attach(AdHoc::on_shutdown("parked polls", |rocket| {
            Box::pin(async move {
                if let Some(app) = rocket.state::<App>() {
                    app.begin_stop();
                }
            })
        }))
        .attach(http::method::OwnMethod)
        .attach(http::templates::fairing())
        .attach(security.clone())
        .manage(security)
        .attach(http::compression::Compression)
        .manage(site)
        // Kept, and removed with the server.
        .manage(no_templates)
        // Its headers are for pages: `SecurityHeaders` puts them there and nowhere else.
        .attach(rocket::shield::Shield::new())
        .mount("/", http::turns::taking_turns(http::web::routes(), &[Method::Get, Method::Post]))
        .mount("/", http::turns::taking_turns(http::feeds::routes(), &[Method::Get]))
        .mount("/", http::security::routes())
        .mount("/api/v1", http::security::routes())
        .mount("/", http::api::health_routes())
        .mount("/", rocket::routes![http::assets::asset, http::assets::favicon])
        .mount("/api/v1", http::turns::taking_turns(http::api::routes(), &[Method::Get]))
        .register("/", crate::http::respond::catchers());
    Ok(match door {
        Some(door) => with_door(rocket, door),
        None => rocket,
    })
}

/// Has the live door open and close with Rocket's.
fn with_door(rocket: Rocket<Build>, door: Door) -> Rocket<Build> {
    rocket
        .manage(door)
        .attach(AdHoc::on_liftoff("live door opens", |rocket| {
            Box::pin(async move {
                if let (Some(door), Some(app)) = (rocket.state::<Door>(), rocket.state::<App>()) {
                    door.open(app);
                }
            })
        }))
        .attach(AdHoc::on_shutdown("live door closes", |rocket| {
            Box::pin(async move {
                if let Some(door) = rocket.state::<Door>() {
                    door.stop();
                }
            })
        }))
}

/// The live door, where the settings want one, at Rocket's address.
fn live_door(figment: &Figment, config: &Config) -> Result<Option<Door>, StartProblem> {
    let Some(port) = config.live_port else { return Ok(None) };
    let setting = |problem| StartProblem::Setting(ConfigProblem::of(&problem));
    let rocket = rocket::Config::try_from(figment).map_err(setting)?;
    let connections = connections(config.live_connections);
    let settings = Settings {
        address: SocketAddr::new(rocket.address, port),
        connections,
        // No client alone can take all places, whatever is set.
        address_connections: config.address_connections.get().min((connections / 4 * 3).max(1)),
        times: Times::default(),
        ip_header: rocket.ip_header.map(|name| name.to_string()),
        public_url: config.public_url.clone(),
        secret_key: figment.extract_inner("secret_key").map_err(setting)?,
    };
    let address = settings.address;
    Door::bind(settings).map(Some).map_err(|problem| match problem {
        DoorProblem::Bind(cause) => StartProblem::Address(format!(
            "The live door cannot be served on {address} ({cause}); another program may be there already. Choose another port with GAVEL_LIVE_PORT (live_port)."
        )),
        DoorProblem::Key => StartProblem::Setting(ConfigProblem(
            "The setting ROCKET_SECRET_KEY (secret_key) cannot be used: it is no key of 256 bits in hexadecimal or base64.".into(),
        )),
    })
}

/// Limits the connections of the live door: each is an open file, and the main port, the database, and mail need some
/// as well. A quarter of all files, and never less than [`RESERVED_FILES`], is kept for them.
fn connections(wanted: u32) -> u32 {
    let Ok(files) = rlimit::Resource::NOFILE.get_soft() else { return wanted };
    let files = u32::try_from(files).unwrap_or(u32::MAX);
    let most = files.saturating_sub((files / 4).max(RESERVED_FILES)).max(1);
    if most < wanted {
        log::warn!(
            "The live door takes up to {most} connections instead of {wanted}: the system allows this process {files} open files. \
             Raise LimitNOFILE= of the systemd unit, or “ulimit -n”."
        );
    }
    most.min(wanted)
}

/// The server of mail, where the settings name one. Mails have links, and a request is not to be trusted with
/// where those lead: so the public address has to be known.
fn post(config: &Config) -> Result<Option<crate::email::Settings>, StartProblem> {
    const SERVER: &str = "GAVEL_SMTP_URL (smtp_url)";
    const FROM: &str = "GAVEL_MAIL_FROM (mail_from)";
    const AUTHORITIES: &str = "GAVEL_SMTP_CA (smtp_ca)";
    let problem = |said: String| StartProblem::Setting(ConfigProblem(said));
    let unusable = |setting: &str, why: &str| problem(format!("The setting {setting} cannot be used: {why}."));
    let (url, from) = match (&config.smtp_url, &config.mail_from) {
        (None, None) if config.smtp_ca.is_none() => return Ok(None),
        (None, None) => {
            return Err(problem(format!(
                "The setting {AUTHORITIES} needs the setting {SERVER} beside it: the server that they vouch for."
            )));
        }
        (Some(url), Some(from)) => (url, from),
        (Some(_), None) => return Err(problem(format!("The setting {SERVER} needs the setting {FROM} beside it: whom mails come from."))),
        (None, Some(_)) => {
            return Err(problem(format!("The setting {FROM} needs the setting {SERVER} beside it: the server that takes mails.")));
        }
    };
    let Some(origin) = config.public_url.clone() else {
        let detail = "the address that links in mails lead to";
        return Err(problem(format!("The setting {SERVER} needs the setting GAVEL_PUBLIC_URL (public_url) beside it: {detail}.")));
    };
    let mut server = crate::email::server::Server::parse(&url.0).map_err(|why| unusable(SERVER, &why))?;
    if let Some(file) = &config.smtp_ca {
        let read = fs::read(file).map_err(|cause| cause.to_string());
        let trusting = read.and_then(|pem| server.trusting(&pem));
        server = trusting.map_err(|why| unusable(AUTHORITIES, &format!("{}: {why}", file.display())))?;
    }
    let from = crate::email::Author::parse(from).map_err(|why| unusable(FROM, &why))?;
    Ok(Some(crate::email::Settings { server, from, origin, site: config.site_title.clone() }))
}

/// The limits that the settings name.
#[must_use]
pub const fn rates(config: &Config) -> Rates {
    const fn most(n: NonZeroU32) -> usize {
        n.get() as usize
    }
    Rates {
        posts_per_second: config.post_rate,
        posts_burst: config.post_burst,
        network_posts: Budget { rate: config.address_post_rate, burst: config.address_post_burst },
        event_posts: Budget { rate: config.event_post_rate, burst: config.event_post_burst },
        reads: Budget { rate: config.read_rate, burst: config.read_burst },
        reads_at_once: config.address_reads,
        joins_per_minute: config.join_rate,
        joins_burst: config.join_burst,
        reminders_per_minute: config.reminder_rate,
        reminders_burst: config.reminder_burst,
        searches_per_second: config.search_rate,
        searches_burst: config.search_burst,
        sign_ins: config.sign_in_attempts,
        polls: Caps {
            all: most(config.polls),
            room: most(config.room_polls),
            person: most(config.person_polls),
            address: most(config.address_polls),
        },
        pace: Duration::from_millis(config.pace_ms),
        gather: Duration::from_millis(config.gather_ms),
    }
}

/// Serves until the program is told to stop; then every parked poll is answered, every accepted
/// message is finished, and the database closed.
///
/// # Errors
/// What kept the program from serving, in words for whoever started it.
pub async fn serve(rocket: Rocket<Build>) -> Result<(), StartProblem> {
    let ended = rocket.launch().await.map_err(|error| StartProblem::launch(&error))?;
    if let Some(door) = ended.state::<Door>() {
        let shutdown = &ended.config().shutdown;
        door.finish(Duration::from_secs(u64::from(shutdown.grace) + u64::from(shutdown.mercy))).await;
    }
    if let Some(app) = ended.state::<App>() {
        app.finish().await;
    }
    Ok(())
}

/// Makes a folder of its own for this server: templates are embedded, but their engine needs a folder to look into. Its name
/// cannot be taken by others beforehand; in the data folder if there is no temporary one to write to.
fn empty_folder(config: &Config) -> Result<TempDir, StartProblem> {
    let mut folder = tempfile::Builder::new();
    folder.prefix("gavel-");
    folder.tempdir().or_else(|_| folder.tempdir_in(&config.data_dir)).map_err(|cause| StartProblem::Folder(config.data_dir.clone(), cause))
}
