//! The live door: a second listener, for polls and streams alone, on hyper 1 and HTTP/1.1.
//!
//! It calls the same operations as Rocket's routes and answers with the same bytes. What it adds: the
//! wait of a client that left ends, connections have time-outs and a cap, and a parked poll takes a
//! fraction of the memory. It owns its listener and connections; `docs/live-door.md` says its figures.

mod accept;
mod answer;
mod chunks;
mod connection;
mod cors;
mod idle;
mod peers;
mod service;
mod who;

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hyper::server::conn::http1::Builder;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::app::App;
use peers::Peers;
use who::CookieKey;

use super::cookies::{ROOMS, SESSION};

/// Connections that the kernel keeps ready for the accept loop.
const BACKLOG: u32 = 4_096;
/// hyper's least: what a connection keeps for reading, and most of what a parked poll takes.
const BUFFER: usize = 8_192;

/// How long the door waits for clients.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// For a whole request head, from the moment on that one may come: so also what an idle
    /// connection is kept.
    pub head: Duration,
    /// For the client's side to take what was sent to it.
    pub write: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self { head: Duration::from_secs(30), write: Duration::from_secs(30) }
    }
}

/// What the door is made of.
#[derive(Debug)]
pub struct Settings {
    pub address: SocketAddr,
    /// Connections side by side.
    pub connections: u32,
    /// Connections side by side from one network. Not used with `ip_header`: then they all come from the proxy.
    pub address_connections: u32,
    pub times: Times,
    /// The header in which a trusted proxy says the client's address.
    pub ip_header: Option<String>,
    /// The address of the site, whose pages may call the door: scheme and host.
    pub public_url: Option<String>,
    /// Rocket's secret key in its written form, for the cookies that Rocket sealed.
    pub secret_key: String,
}

/// What kept the door from being made.
#[derive(Debug)]
pub enum DoorProblem {
    /// The address cannot be listened on.
    Bind(io::Error),
    /// The secret key is in none of the forms that Rocket takes.
    Key,
}

impl fmt::Display for DoorProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind(cause) => cause.fmt(f),
            Self::Key => f.write_str("the secret key cannot be read"),
        }
    }
}

impl std::error::Error for DoorProblem {}

/// The live door of a program.
pub struct Door {
    address: SocketAddr,
    /// Taken when the door opens.
    listener: Mutex<Option<TcpListener>>,
    house: Arc<House>,
    stopped: OnceLock<Instant>,
}

/// What all connections share.
struct House {
    http: Builder,
    times: Times,
    cookies: CookieKey,
    /// True if people use https.
    https: bool,
    /// The name of the cookie with a browser's rooms.
    rooms: &'static str,
    /// The name of the cookie with a browser's sign-in.
    session: &'static str,
    ip_header: Option<String>,
    public_url: Option<String>,
    /// One permit a connection.
    places: Arc<Semaphore>,
    most: u32,
    peers: Arc<Peers>,
    stage: AtomicU8,
    /// Rings at each change of the stage.
    bell: Notify,
    /// What a connection over the cap is sent.
    full: Bytes,
}

/// How far the door's life has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Stage {
    Open,
    /// Answers what it has begun, and takes nothing new.
    Closing,
    /// Drops what is left.
    Over,
}

impl House {
    fn stage(&self) -> Stage {
        match self.stage.load(Ordering::Acquire) {
            0 => Stage::Open,
            1 => Stage::Closing,
            _ => Stage::Over,
        }
    }

    fn enter(&self, stage: Stage) {
        // First the stage, then the bell: who hears it sees the stage.
        self.stage.fetch_max(stage as u8, Ordering::AcqRel);
        self.bell.notify_waiters();
    }
}

impl Door {
    /// Listens, so that a port in use is known at the start. Nothing is answered before
    /// [`Self::open`]. Call it inside a tokio runtime.
    ///
    /// # Errors
    /// [`DoorProblem`].
    pub fn bind(settings: Settings) -> Result<Self, DoorProblem> {
        let listener = listen(settings.address).map_err(DoorProblem::Bind)?;
        let address = listener.local_addr().map_err(DoorProblem::Bind)?;
        let mut http = Builder::new();
        // The time for a head is kept by `idle`: hyper's is a timer set and cleared for each request.
        http.header_read_timeout(None).max_buf_size(BUFFER);
        let https = settings.public_url.as_deref().is_some_and(super::is_https);
        let house = House {
            http,
            times: settings.times,
            cookies: CookieKey::parse(&settings.secret_key).ok_or(DoorProblem::Key)?,
            rooms: ROOMS.of(https),
            session: SESSION.of(https),
            https,
            ip_header: settings.ip_header,
            public_url: settings.public_url,
            places: Arc::new(Semaphore::new(settings.connections as usize)),
            most: settings.connections,
            peers: Peers::new(settings.address_connections),
            stage: AtomicU8::new(Stage::Open as u8),
            bell: Notify::new(),
            full: answer::full(https),
        };
        Ok(Self { address, listener: Mutex::new(Some(listener)), house: Arc::new(house), stopped: OnceLock::new() })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections it has at this moment.
    #[must_use]
    pub fn connections(&self) -> usize {
        (self.house.most as usize).saturating_sub(self.house.places.available_permits())
    }

    /// Begins to answer, with the operations of `app`.
    pub fn open(&self, app: &App) {
        let listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(listener) = listener {
            tokio::spawn(accept::run(Arc::clone(&self.house), app.clone(), listener));
        }
    }

    /// Takes nothing new: idle connections end at once, the others with their answer. That parked
    /// polls are answered is for [`App::begin_stop`] to see to.
    pub fn stop(&self) {
        self.stopped.get_or_init(Instant::now);
        self.house.enter(Stage::Closing);
    }

    /// Waits until all connections have ended, at most until `grace` after [`Self::stop`]; then drops
    /// those that are left.
    pub async fn finish(&self, grace: Duration) {
        self.stop();
        let until = *self.stopped.get_or_init(Instant::now) + grace;
        let ended = timeout_at(until, self.house.places.acquire_many(self.house.most)).await;
        self.house.enter(Stage::Over);
        if ended.is_err() {
            // They drop their connections by themselves, without waiting for a client.
            let _ = self.house.places.acquire_many(self.house.most).await;
        }
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").field("address", &self.address).finish_non_exhaustive()
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address.ip() {
        IpAddr::V4(_) => TcpSocket::new_v4()?,
        IpAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A restart need not wait until the kernel has forgotten the connections of the last run.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
