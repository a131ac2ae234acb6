//! Other servers for the same work: which of those that were asked for can be started here, and how to install the rest.

mod nchan;
mod redis;
mod socketio;
mod tornado;

use std::ffi::OsString;
use std::path::PathBuf;

use self::nchan::Nchan;
use self::redis::Redis;
use self::socketio::SocketIo;
use crate::Outcome;
use crate::options::{Options, Peer};
use crate::servers::process::Pinning;
use crate::servers::side::{self, Side};

#[derive(Default)]
pub struct Peers {
    nchan: Option<Nchan>,
    durable: Option<Nchan>,
    socketio: Option<SocketIo>,
    tornado: Option<OsString>,
}

impl Peers {
    pub fn find(options: &Options) -> Outcome<Self> {
        let mut peers = Self::default();
        for peer in &options.peer {
            let missing = match peer {
                Peer::Nchan => {
                    peers.nchan = Nchan::find(options, None)?;
                    peers.nchan.is_none().then(|| format!("nchan is not installed: {}", nchan::HOW))
                }
                Peer::Durable => match Redis::find(options)? {
                    None => Some(format!("Redis is not installed: {}", redis::HOW)),
                    found => {
                        peers.durable = Nchan::find(options, found)?;
                        peers.durable.is_none().then(|| format!("nchan is not installed: {}", nchan::HOW))
                    }
                },
                Peer::Socketio => match SocketIo::install() {
                    Ok(installed) => {
                        peers.socketio = Some(installed);
                        None
                    }
                    Err(problem) => Some(format!("socket.io cannot be installed: {problem}")),
                },
                Peer::Tornado => {
                    peers.tornado = tornado::find();
                    peers.tornado.is_none().then(|| format!("Tornado is not installed: {}", tornado::how()))
                }
            };
            if let Some(missing) = missing {
                println!("- left out: {missing}");
            }
        }
        Ok(peers)
    }

    /// Starts each of them now.
    pub async fn start(&self, pinning: &Pinning) -> Outcome<Vec<Side>> {
        let mut sides = Vec::new();
        if let Some(durable) = &self.durable {
            sides.push(Side::nchan(side::DURABLE, durable.start(pinning).await?));
        }
        if let Some(nchan) = &self.nchan {
            sides.push(Side::nchan(side::NCHAN, nchan.start(pinning).await?));
        }
        if let Some(socketio) = &self.socketio {
            sides.push(Side::socketio(socketio.start(pinning)?));
        }
        if let Some(python) = &self.tornado {
            sides.push(Side::chat(side::TORNADO, tornado::start(python, pinning)?));
        }
        Ok(sides)
    }
}

/// The first of these paths at which there is a program.
fn installed(paths: &[&str]) -> Option<PathBuf> {
    paths.iter().map(PathBuf::from).find(|path| path.exists())
}
