//! The sides of a comparison: servers on which the same rooms are made and the same loads are put.
//!
//! A side knows where to poll, where to post, and which processes' CPU counts. It does not know the scenarios.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::Outcome;
use crate::client::http::{self, Connection};
use crate::client::poll::{Place, Words, Writer};
use crate::servers::gavel;
use crate::servers::gavel::Site;
use crate::servers::process::Server;

pub const ROUTE: &str = "Rocket's route";
pub const DOOR: &str = "live door";
pub const WAITING: &str = "waiting handler";
pub const NCHAN: &str = "nchan";
/// nchan with its messages in a Redis that syncs each of them.
pub const DURABLE: &str = "durable nchan";
pub const SOCKET_IO: &str = "socket.io";
pub const TORNADO: &str = "Tornado";
/// In the order in which they are measured.
pub const ALL: [&str; 7] = [ROUTE, DOOR, WAITING, DURABLE, NCHAN, SOCKET_IO, TORNADO];

/// The first `ts` that writers of an nchan channel give: as many digits as Gavel's have.
const FIRST: i64 = 1_700_000_000_000_000;
/// How many rooms are made at the same time.
const AT_ONCE: usize = 16;
/// Every channel of nchan has a number of its own.
static CHANNEL: AtomicU32 = AtomicU32::new(0);

pub struct Side {
    pub name: &'static str,
    backend: Backend,
    /// How many rooms were made on a server that numbers them.
    rooms: AtomicU32,
}

enum Backend {
    /// Gavel, polled at the one or the other of its addresses.
    Gavel(Arc<Site>, SocketAddr),
    /// The waiting reference or Tornado's chat, which have the same API.
    Chat(Server),
    Nchan(Server),
    SocketIo(Server),
}

/// A room of a side, with people who may write in it.
pub struct Room {
    polls: SocketAddr,
    posts: SocketAddr,
    kind: Kind,
}

enum Kind {
    /// The path of a poll up to the value of the cursor, and the requests that post.
    Cursor(Arc<str>, Vec<Vec<u8>>),
    /// The path at which a session of socket.io begins, and the requests that post.
    Session(Arc<str>, Vec<Vec<u8>>),
    /// As many writers on a channel that is new each time it is entered, as nchan's polls begin at the oldest message.
    Channel(u16),
}

impl Side {
    const fn new(name: &'static str, backend: Backend) -> Self {
        Self { name, backend, rooms: AtomicU32::new(0) }
    }

    /// Rocket's route of Gavel, and its live door where it has one.
    pub fn of_gavel(site: &Arc<Site>) -> Vec<Self> {
        let mut sides = vec![Self::new(ROUTE, Backend::Gavel(Arc::clone(site), site.server.address))];
        sides.extend(site.server.door.map(|door| Self::new(DOOR, Backend::Gavel(Arc::clone(site), door))));
        sides
    }

    pub const fn chat(name: &'static str, server: Server) -> Self {
        Self::new(name, Backend::Chat(server))
    }

    pub const fn nchan(name: &'static str, server: Server) -> Self {
        Self::new(name, Backend::Nchan(server))
    }

    pub const fn socketio(server: Server) -> Self {
        Self::new(SOCKET_IO, Backend::SocketIo(server))
    }

    /// The Gavel of this side, if it is one.
    pub fn site(&self) -> Option<&Site> {
        match &self.backend {
            Backend::Gavel(site, _) => Some(site),
            _ => None,
        }
    }

    /// The server whose CPU and memory count.
    pub fn server(&self) -> &Server {
        match &self.backend {
            Backend::Gavel(site, _) => &site.server,
            Backend::Chat(server) | Backend::Nchan(server) | Backend::SocketIo(server) => server,
        }
    }

    /// Returns whether the server numbers messages itself. nchan keeps the order of arrival, in which the numbers that several
    /// writers count are not sorted.
    pub const fn counts_itself(&self) -> bool {
        !matches!(self.backend, Backend::Nchan(_))
    }

    pub async fn rooms(&self, count: u16, writers: u16) -> Outcome<Vec<Room>> {
        stream::iter(0..count).map(|_| self.room(writers)).buffered(AT_ONCE).try_collect().await
    }

    pub async fn room(&self, writers: u16) -> Outcome<Room> {
        let posts = self.server().address;
        match &self.backend {
            Backend::Gavel(site, polls) => {
                let event = site.open_event("Delivery").await?;
                let mut requests = Vec::with_capacity(writers.into());
                for number in 1..=writers {
                    requests.push(site.join(&event, &format!("writer{number}")).await?.say());
                }
                Ok(Room { polls: *polls, posts, kind: Kind::Cursor(format!("{event}/messages?wait=50&after=").into(), requests) })
            }
            Backend::Chat(_) | Backend::SocketIo(_) => {
                let number = self.rooms.fetch_add(1, Ordering::Relaxed);
                let say = http::post(&format!("/rooms/{number}/messages"), "", &serde_json::json!({"text": gavel::TEXT}));
                let words = vec![say; writers.into()];
                let kind = if matches!(self.backend, Backend::SocketIo(_)) {
                    Kind::Session(format!("/socket.io/?EIO=4&transport=polling&room={number}").into(), words)
                } else {
                    Kind::Cursor(format!("/rooms/{number}/messages?after=").into(), words)
                };
                Ok(Room { polls: posts, posts, kind })
            }
            Backend::Nchan(_) => Ok(Room { polls: posts, posts, kind: Kind::Channel(writers) }),
        }
    }
}

impl Room {
    /// Connects the writers, and lets the first of them post what says where the polls begin.
    pub async fn enter(&self) -> Outcome<(Vec<Writer>, Entrance)> {
        let (words, path) = match &self.kind {
            Kind::Cursor(path, requests) | Kind::Session(path, requests) => {
                (requests.iter().cloned().map(Words::Fixed).collect(), Arc::clone(path))
            }
            Kind::Channel(writers) => {
                let number = CHANNEL.fetch_add(1, Ordering::Relaxed);
                let words = Words::Counted(format!("/pub?id={number}"), Arc::new(AtomicI64::new(FIRST)));
                (vec![words; (*writers).into()], format!("/sub?id={number}").into())
            }
        };
        let mut writers = Vec::with_capacity(words.len());
        for words in words {
            writers.push(Writer { connection: Connection::open(self.posts).await?, words });
        }
        let first = writers.first_mut().ok_or("a room needs a writer")?.say().await?;
        let (place, repeats) = match self.kind {
            Kind::Cursor(..) => (Place::Cursor(path, first), None),
            Kind::Session(..) => (Place::Session(path), None),
            Kind::Channel(_) => (Place::Channel(path, String::new(), String::new()), Some(first)),
        };
        Ok((writers, Entrance { polls: self.polls, place, repeats }))
    }
}

/// The position at which the polls of a room begin.
#[derive(Clone)]
pub struct Entrance {
    pub polls: SocketAddr,
    pub place: Place,
    /// The message that was posted before them, if they get it all the same.
    pub repeats: Option<i64>,
}
