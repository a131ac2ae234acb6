//! Taking connections: up to the cap, one task each, through every shortage of the machine.

use std::io::{self, Write};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::peers::ConnectionSlot;
use super::{House, Stage, connection};
use crate::app::App;
use crate::app::security_log::{self, Event};
use crate::domain::network::Network;

/// How long nothing is taken where the machine has no file or memory left for a connection.
const PAUSE: Duration = Duration::from_millis(500);

/// Takes connections until the door closes.
pub(super) async fn run(house: Arc<House>, app: App, listener: TcpListener) {
    loop {
        // First listen for the bell, then look at the stage: no change is missed in between.
        let bell = house.bell.notified();
        if house.stage() != Stage::Open {
            return;
        }
        tokio::select! {
            biased;
            () = bell => {}
            taken = listener.accept() => match taken {
                Ok((stream, peer)) => {
                    if let Some(place) = place(&house, peer.ip()) {
                        tokio::spawn(connection::serve(&house, &app, stream, peer.ip(), place));
                    } else {
                        security_log::note(Event::LimitReached { route: "door" }, Some(Network::of(peer.ip())));
                        turn_away(stream, &house.full);
                    }
                }
                Err(problem) if is_of_the_client(&problem) => {}
                Err(problem) => {
                    log::error!("The live door takes no connections for a moment: {problem}");
                    // Those that it has free what they have; or the door closes.
                    let _ = timeout(PAUSE, house.bell.notified()).await;
                }
            }
        }
    }
}

/// A place for one more connection. Behind a proxy all come from the proxy, which bounds its own clients.
fn place(house: &House, from: IpAddr) -> Option<ConnectionSlot> {
    let permit = Arc::clone(&house.places).try_acquire_owned().ok()?;
    if house.ip_header.is_some() { Some(ConnectionSlot::of_proxy(permit)) } else { house.peers.place(Network::of(from), permit) }
}

/// Whether a connection only was gone before it was taken.
fn is_of_the_client(problem: &io::Error) -> bool {
    matches!(problem.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused)
}

/// Says that the door is full, as far as that is possible without waiting, and closes.
fn turn_away(stream: TcpStream, answer: &[u8]) {
    // A client that is gone, or whose kernel takes nothing, learns it by the close alone.
    let _ = stream.into_std().and_then(|mut stream| stream.write_all(answer));
}
