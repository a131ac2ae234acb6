//! A forwarder of TCP between a node and its database, which can be cut, held up and turned elsewhere.
//!
//! It runs on a thread of its own, so that tests with and without a runtime use it alike.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Open,
    /// Connections stay and new ones are taken, but no byte goes on: a network that swallows everything.
    Held,
    /// Connections end, and so does each new one at once: a server that is not there.
    Cut,
}

/// What the forwarder goes by.
#[derive(Clone, Copy, Debug)]
struct Sign {
    way: Way,
    to: SocketAddr,
    /// Connections before this one are stranded.
    stranded: usize,
}

impl Sign {
    fn carries(&self, number: usize) -> bool {
        self.way != Way::Held && number >= self.stranded
    }
}

#[derive(Debug)]
pub struct Forward {
    address: SocketAddr,
    sign: watch::Sender<Sign>,
    count: Arc<Count>,
    runtime: Option<Runtime>,
}

impl Forward {
    /// A forwarder to this address, on a free port.
    pub fn to(to: SocketAddr) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_io().build().expect("a thread");
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a socket");
        let address = listener.local_addr().expect("an address");
        let (sign, count) = (watch::Sender::new(Sign { way: Way::Open, to, stranded: 0 }), Arc::new(Count::default()));
        runtime.spawn(accept(listener, sign.subscribe(), Arc::clone(&count)));
        Self { address, sign, count, runtime: Some(runtime) }
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends all connections. When this returns, nothing goes to the other side any more.
    pub fn cut(&self) {
        self.sign.send_modify(|sign| sign.way = Way::Cut);
        self.count.wait_for_none();
    }

    /// Holds everything up, and keeps it: after [`Self::mend`] it goes on where it was.
    pub fn hold(&self) {
        self.sign.send_modify(|sign| sign.way = Way::Held);
    }

    /// Leaves the connections that there are without a word for good, as when a machine is gone: nothing goes on, and
    /// neither side hears of the other's end. New ones are carried.
    pub fn strand(&self) {
        let next = self.count.taken.load(Ordering::SeqCst);
        self.sign.send_modify(|sign| sign.stranded = next);
    }

    /// Lets everything through again, but for what is stranded.
    pub fn mend(&self) {
        self.sign.send_modify(|sign| sign.way = Way::Open);
    }

    /// Where connections go from now on; those that there are stay where they are.
    pub fn turn(&self, to: SocketAddr) {
        self.sign.send_modify(|sign| sign.to = to);
    }

    /// How many connections it carries.
    pub fn connections(&self) -> usize {
        *self.count.number()
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        // Not waited for: a test may be in a runtime of its own, where that is not allowed.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn accept(listener: std::net::TcpListener, sign: watch::Receiver<Sign>, count: Arc<Count>) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    loop {
        // One that was given up before it was taken is nothing to end for.
        let Ok((client, _)) = listener.accept().await else { continue };
        if sign.borrow().way == Way::Cut {
            continue;
        }
        let (sign, place) = (sign.clone(), Place::of(&count));
        let number = count.taken.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(async move {
            // However a connection ends: both of its sides see that, and nobody else has to.
            let _ = carry(client, number, sign).await;
            drop(place);
        });
    }
}

/// Carries one connection until it ends or is cut.
async fn carry(client: TcpStream, number: usize, mut sign: watch::Receiver<Sign>) -> io::Result<()> {
    let mut held = sign.clone();
    let both = async move {
        passes(number, &mut held).await;
        let to = held.borrow().to;
        let server = TcpStream::connect(to).await?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let ((mut up, mut down), (mut back, mut on)) = (client.into_split(), server.into_split());
        let mut also_held = held.clone();
        tokio::try_join!(pour(&mut up, &mut on, number, &mut held), pour(&mut back, &mut down, number, &mut also_held))?;
        Ok(())
    };
    tokio::select! {
        biased;
        _ = sign.wait_for(|sign| sign.way == Way::Cut) => Ok(()),
        ended = both => ended,
    }
}

/// Pours one direction out, up to its end.
async fn pour(
    from: &mut (impl AsyncReadExt + Unpin),
    to: &mut (impl AsyncWriteExt + Unpin),
    number: usize,
    sign: &mut watch::Receiver<Sign>,
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        passes(number, sign).await;
        if length == 0 {
            return to.shutdown().await;
        }
        to.write_all(&buffer[..length]).await?;
    }
}

async fn passes(number: usize, sign: &mut watch::Receiver<Sign>) {
    // Without a sender there is no forwarder any more, and its tasks are about to be dropped.
    let _ = sign.wait_for(|sign| sign.carries(number)).await;
}

/// How many connections there are.
#[derive(Debug, Default)]
struct Count {
    number: Mutex<usize>,
    fewer: Condvar,
    /// How many there were in all.
    taken: AtomicUsize,
}

impl Count {
    fn number(&self) -> std::sync::MutexGuard<'_, usize> {
        self.number.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_for_none(&self) {
        let number = self.number();
        drop(self.fewer.wait_while(number, |number| *number > 0).unwrap_or_else(PoisonError::into_inner));
    }
}

/// One of them.
struct Place(Arc<Count>);

impl Place {
    fn of(count: &Arc<Count>) -> Self {
        *count.number() += 1;
        Self(Arc::clone(count))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *self.0.number() -= 1;
        self.0.fewer.notify_all();
    }
}
