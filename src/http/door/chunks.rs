//! A stream of the program as a body of hyper: what is asked for by `await` there is polled here.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use crate::app::talk::stream::Stream;

/// Chunks that come when they come; dropping them ends the stream.
pub(super) trait Chunks: Send {
    /// The next chunk; `None` at the end, after which nobody asks again.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>>;
}

/// The chunks of a stream.
pub(super) fn of(stream: Stream) -> Box<dyn Chunks> {
    Box::new(Steps { step: Box::pin(step(stream)), next: step })
}

async fn step(mut stream: Stream) -> (Option<Bytes>, Stream) {
    let chunk = stream.next().await;
    (chunk, stream)
}

/// One step after the other, each in the place of the last: a chunk allocates no future.
struct Steps<F> {
    step: Pin<Box<F>>,
    next: fn(Stream) -> F,
}

impl<F: Future<Output = (Option<Bytes>, Stream)> + Send> Chunks for Steps<F> {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let (chunk, stream) = ready!(self.step.as_mut().poll(cx));
        if chunk.is_some() {
            self.step.set((self.next)(stream));
        }
        Poll::Ready(chunk)
    }
}
