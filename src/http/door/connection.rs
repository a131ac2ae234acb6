//! One connection: its socket, its HTTP, and its end when the door closes.
//!
//! Whatever it keeps is kept ten thousand times: no task or channel of its own beside hyper's, and one timer.

use std::future::{Future, poll_fn};
use std::io;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::idle::Idle;
use super::peers::ConnectionSlot;
use super::{House, Stage, service};
use crate::app::App;

/// Serves a client until it leaves, is too slow, or the door closes.
pub(super) fn serve(
    house: &Arc<House>,
    app: &App,
    stream: TcpStream,
    peer: IpAddr,
    place: ConnectionSlot,
) -> impl Future<Output = ()> + Send + use<> {
    let ready = prepare(&stream, house.times.write);
    let (owned, app, idle) = (Arc::clone(house), app.clone(), Idle::new());
    let its = Arc::clone(&idle);
    let service = service_fn(move |request| service::answer(&owned, &app, peer, its.busy(), request));
    // Made here, not in the future: what that captures is kept once, what it moves twice.
    let mut connection = house.http.serve_connection(TokioIo::new(stream), service);
    let house = Arc::clone(house);
    async move {
        if ready.is_err() {
            // The client has left already.
            return;
        }
        let mut bell = pin!(house.bell.notified());
        let mut timer = pin!(sleep(house.times.head));
        let (mut heard, mut listening) = (Stage::Open, false);
        poll_fn(|cx| {
            // This is the task's outermost future, whose waker stays the same: bell and timer are told of
            // it once, and a wake-up for a delivery does not touch what all connections share.
            if !listening || timer.is_elapsed() {
                while timer.as_mut().poll(cx).is_ready() {
                    let now = Instant::now();
                    let until = idle.until(house.times.head, now);
                    if until <= now {
                        return Poll::Ready(());
                    }
                    timer.as_mut().reset(until.into());
                }
            }
            if !listening || house.stage() != heard {
                while bell.as_mut().poll(cx).is_ready() {
                    bell.set(house.bell.notified());
                }
                listening = true;
                heard = house.stage();
                match heard {
                    Stage::Open => {}
                    Stage::Closing => Pin::new(&mut connection).graceful_shutdown(),
                    Stage::Over => return Poll::Ready(()),
                }
            }
            // An error here is the client's: it left in the middle, was too slow, or spoke no HTTP.
            Pin::new(&mut connection).poll(cx).map(drop)
        })
        .await;
        drop(place);
    }
}

/// Has the kernel send at once, and drop a client that takes nothing of what it was sent.
fn prepare(stream: &TcpStream, write: Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    #[cfg(target_os = "linux")]
    socket2::SockRef::from(stream).set_tcp_user_timeout(Some(write))?;
    #[cfg(not(target_os = "linux"))]
    let _ = write;
    Ok(())
}
