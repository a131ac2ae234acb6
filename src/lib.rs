#![forbid(unsafe_code)]
//! Gavel: meetings in text that open and close on time.
//!
//! An organizer schedules a meeting and shares one link; people join its events with a nickname;
//! the room opens and closes at its set times; the transcript stays.
//!
//! # A message's way
//! `http/api/messages.rs` reads who and what → `app/say.rs` checks and renders the text →
//! `live/writer.rs` takes everything queued into one transaction → `store/entries.rs` gives each row
//! its timestamp under the event's lock and commits → `live/room.rs` makes bytes of the rows and
//! wakes who waits → 201.
//!
//! # A poll's way
//! `http/api/messages.rs` → `app/messages_after.rs` → `live/room.rs`: look, and park in the same hold of its lock.
//! Rows after the cursor are answered at once, from the ring or from one page of the database; with
//! none the poll waits for the room's next announcement, a newer poll of its tab, the end of its
//! wait, or the program's.

pub mod app;
pub mod config;
mod database;
pub mod demo;
pub mod domain;
pub mod http;
pub mod live;
pub mod replay;
pub mod start;
pub mod store;

use std::fs;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use rocket::fairing::AdHoc;
use rocket::figment::Figment;
use rocket::{Build, Rocket};
use rocket_db_pools::Database;

use crate::app::{App, Rates};
use crate::config::Config;
use crate::database::Db;
use crate::http::Site;
use crate::live::admission::Caps;
use crate::start::StartProblem;

/// Puts the program together: the only place where that happens. `figment` comes from
/// [`start::figment`], or from a test with its own data folder and port 0.
///
/// # Errors
/// A setting that cannot be used, a data folder that cannot be made.
pub fn rocket(figment: Figment) -> Result<Rocket<Build>, StartProblem> {
    let config = Config::read(&figment).map_err(StartProblem::Setting)?;
    let (figment, key) = start::prepare(figment, &config)?;
    let site = Site { title: config.site_title.clone(), public_url: config.public_url.clone() };
    let rates = rates(&config);
    let figment = figment.merge(("template_dir", empty_folder()?));
    Ok(rocket::custom(figment)
        .attach(Db::init())
        .attach(AdHoc::try_on_ignite("operations", move |rocket| async move {
            match Db::fetch(&rocket).map(|db| (**db).clone()) {
                Some(store) => Ok(rocket.manage(App::start(store, &key, &rates))),
                None => Err(rocket),
            }
        }))
        .attach(AdHoc::on_shutdown("parked polls", |rocket| {
            Box::pin(async move {
                if let Some(app) = rocket.state::<App>() {
                    app.begin_stop();
                }
            })
        }))
        .attach(http::templates::fairing())
        .attach(http::security::SecurityHeaders)
        .manage(site)
        // Its headers are for pages: `SecurityHeaders` puts them there and nowhere else.
        .attach(rocket::shield::Shield::new())
        .mount("/", http::web::routes())
        .mount("/", http::api::health_routes())
        .mount("/", rocket::routes![http::assets::asset, http::assets::favicon])
        .mount("/api/v1", http::api::routes())
        .register("/", http::error::catchers()))
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
        joins_per_minute: config.join_rate,
        joins_burst: config.join_burst,
        sign_ins: config.sign_in_attempts,
        polls: Caps {
            all: most(config.polls),
            room: most(config.room_polls),
            person: most(config.person_polls),
            address: most(config.address_polls),
        },
        pace: Duration::from_millis(config.pace_ms),
    }
}

/// Serves until the program is told to stop; then every parked poll is answered, every accepted
/// message is finished, and the database closed.
///
/// # Errors
/// What kept the program from serving, in words for whoever started it.
pub async fn serve(rocket: Rocket<Build>) -> Result<(), StartProblem> {
    let ended = rocket.launch().await.map_err(|error| StartProblem::launch(&error))?;
    if let Some(app) = ended.state::<App>() {
        app.finish().await;
    }
    Ok(())
}

/// Templates are embedded, but their engine wants a folder to look into: one without templates.
fn empty_folder() -> Result<PathBuf, StartProblem> {
    let folder = std::env::temp_dir().join("gavel-no-templates");
    fs::create_dir_all(&folder).map_err(|cause| StartProblem::Folder(folder.clone(), cause))?;
    Ok(folder)
}
