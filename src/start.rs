//! The start: settings from file and environment, the data folder, the secret key, and clear words
//! where one of them is not to be had.

use std::fmt;
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rocket::figment::providers::{Env, Format, Toml};
use rocket::figment::value::Value;
use rocket::figment::{Figment, Profile};

use crate::config::{Config, ConfigProblem};
use crate::domain::zone::Zone;
use crate::domain::{secret, text};
use crate::store::db::database_lock::{Claim, ClaimProblem, Kind};
use crate::store::schedule::tz_update::{InLine, Zones};
use crate::store::{Clock, OpenProblem, Store};

/// What kept the program from serving.
#[derive(Debug)]
pub enum StartProblem {
    Setting(ConfigProblem),
    /// A folder or file of the data folder cannot be made, read or written.
    Folder(PathBuf, io::Error),
    /// The database at this URL cannot be used.
    Database(String, OpenProblem),
    /// The database at this URL belongs to another process, or cannot be locked.
    Claim(String, ClaimProblem),
    /// The address cannot be served on.
    Address(String),
    Other(String),
}

impl fmt::Display for StartProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting(problem) => problem.fmt(f),
            Self::Folder(path, cause) => write!(
                f,
                "“{}” cannot be made or written ({cause}). Point the setting GAVEL_DATA_DIR (data_dir) to a folder that is yours to write.",
                path.display()
            ),
            Self::Database(url, problem) => write!(f, "The database of the setting GAVEL_DATABASE_URL ({url}) cannot be used: {problem}"),
            Self::Claim(url, ClaimProblem::Taken(holder)) => match holder.kind {
                Some(Kind::Import) => {
                    write!(f, "An import is using the database. Start the server again when it is done ({holder}).")
                }
                _ => write!(
                    f,
                    "Another Gavel is using the database {url} ({holder}). Stop that one first, or choose another folder with GAVEL_DATA_DIR (data_dir)."
                ),
            },
            Self::Claim(url, problem) => write!(f, "The database {url} cannot be locked for this server: {problem}."),
            Self::Address(detail) | Self::Other(detail) => f.write_str(detail),
        }
    }
}

impl std::error::Error for StartProblem {}

/// The settings: defaults, then `Rocket.toml` of the working folder, then the environment.
#[must_use]
pub fn figment() -> Figment {
    Figment::from(rocket::Config::default())
        // Rocket would believe any X-Real-IP. Who has a proxy in front names its header.
        .merge(("ip_header", false))
        .merge(("log_level", "critical"))
        // No answer needs to say what serves it.
        .merge(("ident", false))
        .merge(("limits.form", "64KiB"))
        .merge(Toml::file(Env::var_or("ROCKET_CONFIG", "Rocket.toml")).nested())
        .merge(Env::prefixed("ROCKET_").ignore(&["PROFILE", "CONFIG"]).global())
        .merge(
            Env::prefixed("GAVEL_")
                .map(|key| match key.as_str().to_ascii_lowercase().as_str() {
                    "database_url" => "databases.gavel.url".into(),
                    other => format!("gavel.{other}").into(),
                })
                .global(),
        )
        .select(Profile::from_env_or("ROCKET_PROFILE", rocket::Config::DEFAULT_PROFILE))
}

/// How many threads Rocket's settings ask for: workers, and at most how many for what blocks. Reads
/// all of them, for Rocket itself ends with a panic where one cannot be used.
///
/// # Errors
/// [`StartProblem::Setting`].
pub fn threads(figment: &Figment) -> Result<(usize, usize), StartProblem> {
    let config = rocket::Config::try_from(figment).map_err(|problem| StartProblem::Setting(ConfigProblem::of(&problem)))?;
    for (threads, name) in [(config.workers, "ROCKET_WORKERS (workers)"), (config.max_blocking, "ROCKET_MAX_BLOCKING (max_blocking)")] {
        if threads == 0 {
            return Err(StartProblem::Setting(ConfigProblem(format!("The setting {name} takes a number from 1 on."))));
        }
    }
    Ok((config.workers, config.max_blocking))
}

/// Names the threads of a runtime with so many `workers`, so that tools such as `top -H` tell the workers from the threads
/// on which something may block, such as a commit. A runtime starts all its workers before any other thread. Linux keeps
/// 15 letters of a name, and Rocket expects `rocket-worker` at its beginning.
pub fn thread_names(workers: usize) -> impl Fn() -> String + Send + Sync + 'static {
    let started = AtomicUsize::new(0);
    move || {
        let is_worker = started.fetch_add(1, Ordering::Relaxed) < workers;
        if is_worker { "rocket-worker-thread" } else { "rocket-worker-blocking" }.to_owned()
    }
}

/// The database's URL: the setting, else a file in the data folder.
///
/// # Errors
/// [`StartProblem::Setting`] where the setting is no text.
pub fn database_url(figment: &Figment, config: &Config) -> Result<String, StartProblem> {
    match figment.extract_inner("databases.gavel.url") {
        Err(problem) if problem.missing() => Ok(format!("sqlite:{}", config.data_dir.join("gavel.db").display())),
        other => other.map_err(|problem| StartProblem::Setting(ConfigProblem::of(&problem))),
    }
}

/// Makes the data folder and the secret key, and completes the settings. Gives the key as well.
///
/// # Errors
/// [`StartProblem::Folder`].
pub(crate) fn prepare(figment: Figment, config: &Config) -> Result<(Figment, Vec<u8>), StartProblem> {
    let key = secret_key(&figment, config)?;
    let url = database_url(&figment, config)?;
    let figment =
        figment.merge(("secret_key", key.clone())).merge(("databases.gavel.url", url)).merge(("databases.gavel.readers", config.readers));
    Ok((figment, key.into_bytes()))
}

/// The secret key: the setting, else a file in the data folder, made with it where it is missing.
fn secret_key(figment: &Figment, config: &Config) -> Result<String, StartProblem> {
    make_folder(&config.data_dir)?;
    match figment.find_value("secret_key") {
        // Rocket says whether it is one. By default the value is no text, but zeros.
        Ok(Value::String(_, key)) => Ok(key),
        _ => key_file(&config.data_dir.join("secret.key")),
    }
}

/// Sees to it that all nodes of a database have one secret key: else each would take those who joined on
/// the others for strangers.
///
/// # Errors
/// [`StartProblem::Other`], saying what to do.
pub async fn agree_on_key(figment: &Figment, store: &Store) -> Result<(), StartProblem> {
    if !store.is_shared() {
        return Ok(());
    }
    let config = Config::read(figment).map_err(StartProblem::Setting)?;
    let key = secret_key(figment, &config)?;
    match store.agrees("secret_key", &secret::hash(&format!("gavel node {key}"))).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(StartProblem::Other(
            "The other nodes of this database have another secret key. Give all of them the same ROCKET_SECRET_KEY (secret_key), \
             or copy secret.key from the data folder of one to that of each."
                .into(),
        )),
        Err(problem) => Err(StartProblem::Other(format!("The secret key of the other nodes could not be read: {problem}."))),
    }
}

/// Moves future events to the instants of this program's time zone data, before anybody is served: a new release of that data may
/// change when a wall time is. Logs what it moved. If the schedule was made with newer data, it moves nothing and logs a warning.
///
/// # Errors
/// [`StartProblem::Other`]. What is done stays done, and the next start continues from there.
pub async fn bring_in_line(store: &Store) -> Result<(), StartProblem> {
    let release = Zone::release();
    let said = |InLine { from, meetings, events }: InLine| {
        let (meetings, events) = (text::counted(meetings, "meeting"), text::counted(events, "event"));
        format!("The time zones are now IANA {release} (before: {from}): {events} of {meetings} moved to the new instants of their times.")
    };
    match store.bring_in_line(release).await {
        Ok(Zones::Same) => {}
        Ok(Zones::Newer(done)) if done.events == 0 => log::info!("{}", said(done)),
        Ok(Zones::Newer(done)) => log::warn!("{}", said(done)),
        Ok(Zones::Older(newer)) => log::warn!(
            "The schedule was made with newer time zone data (IANA {newer}) than this program has (IANA {release}). Its events stay where \
             they are, and this node makes no events ahead. Update Gavel, or the system's time zone data."
        ),
        Err(problem) => {
            return Err(StartProblem::Other(format!(
                "Events could not be moved to the times of today's time zones: {problem}. Start again."
            )));
        }
    }
    Ok(())
}

/// Opens the database once before the program serves, so that what is wrong with it is said in one
/// sentence.
///
/// # Errors
/// [`StartProblem`], naming the setting.
pub async fn open_store(figment: &Figment) -> Result<Store, StartProblem> {
    let config = Config::read(figment).map_err(StartProblem::Setting)?;
    make_folder(&config.data_dir)?;
    let url = database_url(figment, &config)?;
    Store::open(&url, config.readers, Clock::default()).await.map_err(|problem| StartProblem::Database(without_password(&url), problem))
}

/// Claims the database for this server, and opens it like [`open_store`]. A database file is claimed before it is opened: a
/// server that may not have it does not touch its tables.
///
/// # Errors
/// [`StartProblem`], naming the setting, or the process that is using the database.
pub async fn open_to_serve(figment: &Figment) -> Result<(Store, Claim), StartProblem> {
    let config = Config::read(figment).map_err(StartProblem::Setting)?;
    make_folder(&config.data_dir)?;
    let url = database_url(figment, &config)?;
    let claim = |problem| StartProblem::Claim(without_password(&url), problem);
    let early = match Claim::file_to_serve(&url) {
        Err(taken @ ClaimProblem::Taken(_)) => return Err(claim(taken)),
        // A file that cannot be made: opening it says so better.
        other => other,
    };
    let store = open_store(figment).await?;
    let claimed = match early.map_err(claim)? {
        Some(claimed) => claimed,
        None => store.claim_to_serve().await.map_err(claim)?,
    };
    Ok((store, claimed))
}

impl StartProblem {
    /// What Rocket says of a failed start, as a sentence.
    #[must_use]
    pub fn launch(error: &rocket::Error) -> Self {
        match error.kind() {
            rocket::error::ErrorKind::Bind(cause) => Self::Address(format!(
                "The address cannot be served on ({cause}); another program may be there already. Choose another one with ROCKET_PORT (port) or ROCKET_ADDRESS (address)."
            )),
            rocket::error::ErrorKind::Config(cause) => Self::Setting(ConfigProblem::of(cause)),
            other => Self::Other(format!("The program cannot start: {other}.")),
        }
    }
}

fn make_folder(path: &Path) -> Result<(), StartProblem> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|cause| StartProblem::Folder(path.to_owned(), cause))?;
    restrict(path, 0o700);
    Ok(())
}

/// Takes a file or folder that was there already from everyone but its owner. A folder in which everybody may make files, such as
/// `/tmp`, is left as it is: it is not ours alone.
fn restrict(path: &Path, mode: u32) {
    const STICKY: u32 = 0o1000;
    let Ok(found) = fs::metadata(path) else { return };
    let is_private = matches!(found.permissions().mode() & 0o077, 0);
    if is_private || found.permissions().mode() & STICKY != 0 {
        return;
    }
    if let Err(problem) = fs::set_permissions(path, Permissions::from_mode(mode)) {
        log::warn!("Other users may read “{}”, and its mode cannot be changed: {problem}", path.display());
    }
}

/// Reads the secret key, or makes one that only this user may read.
fn key_file(path: &Path) -> Result<String, StartProblem> {
    let problem = |cause| StartProblem::Folder(path.to_owned(), cause);
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => {
            // 256 bits in hexadecimal, as Rocket reads a key.
            let key = secret::hex(&rand::random::<[u8; 32]>());
            file.write_all(key.as_bytes()).and_then(|()| file.sync_all()).map_err(problem)?;
            Ok(key)
        }
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
            restrict(path, 0o600);
            let mut key = String::new();
            fs::File::open(path).and_then(|mut file| file.read_to_string(&mut key)).map_err(problem)?;
            let key = key.trim().to_owned();
            if key.len() != 64 || !key.bytes().all(|b| b.is_ascii_hexdigit()) {
                return Err(StartProblem::Other(format!(
                    "“{}” holds no secret key. Move the file away and start again: everybody then has to sign in and join anew.",
                    path.display()
                )));
            }
            Ok(key)
        }
        Err(cause) => Err(problem(cause)),
    }
}

/// A database URL as it may be shown.
fn without_password(url: &str) -> String {
    let shown = match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}://…@{}", &url[..scheme], &url[at + 1..]),
        _ => url.to_owned(),
    };
    // PostgreSQL's may have a password among its parameters as well.
    match shown.split_once('?') {
        Some((url, _)) if url.starts_with("postgres") => format!("{url}?…"),
        _ => shown,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Barrier};
    use std::thread;

    use super::thread_names;

    #[test]
    fn workers_and_threads_that_block_have_names_of_their_own() {
        const WORKERS: usize = 3;
        let name = || thread::current().name().map(|name| name.chars().take(15).collect::<String>());
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).thread_name_fn(thread_names(WORKERS)).build().unwrap();
        // Each worker waits for the others here, so that every one of them is asked.
        let all = Arc::new(Barrier::new(WORKERS));
        let workers = (0..WORKERS).map(|_| {
            let all = Arc::clone(&all);
            runtime.spawn(async move {
                all.wait();
                name()
            })
        });
        for worker in workers.collect::<Vec<_>>() {
            assert_eq!(runtime.block_on(worker).unwrap().as_deref(), Some("rocket-worker-t"));
        }
        let blocking = runtime.spawn_blocking(name);
        assert_eq!(runtime.block_on(blocking).unwrap().as_deref(), Some("rocket-worker-b"));
    }
}
