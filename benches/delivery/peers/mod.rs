//! Which of the servers that were asked for beside Gavel can be started here, and how one gets those that cannot.

mod nchan;
mod tornado;

use std::ffi::OsString;

use self::nchan::Nchan;
use crate::Outcome;
use crate::options::{Options, Peer};
use crate::servers::process::Pinning;
use crate::servers::side::{self, Side};

#[derive(Default)]
pub struct Peers {
    nchan: Option<Nchan>,
    tornado: Option<OsString>,
}

impl Peers {
    pub fn find(options: &Options) -> Outcome<Self> {
        let mut peers = Self::default();
        for peer in &options.peer {
            let missing = match peer {
                Peer::Nchan => {
                    peers.nchan = Nchan::find(options)?;
                    peers.nchan.is_none().then(|| format!("nchan is not installed: {}", nchan::HOW))
                }
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

    /// Each in a process of its own, started now.
    pub async fn start(&self, pinning: &Pinning) -> Outcome<Vec<Side>> {
        let mut sides = Vec::new();
        if let Some(nchan) = &self.nchan {
            sides.push(Side::nchan(nchan.start(pinning).await?));
        }
        if let Some(python) = &self.tornado {
            sides.push(Side::chat(side::TORNADO, tornado::start(python, pinning)?));
        }
        Ok(sides)
    }
}
