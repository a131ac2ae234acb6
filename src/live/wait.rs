//! The wait of a poll: a future that looks, and parks in the same hold of the room's lock.
//!
//! Nothing can be announced between the look and the parking, so nothing is missed. Small on
//! purpose: what a parked poll takes decides what waking a thousand of them costs.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

#[cfg(feature = "planted")]
use super::planted;
use super::room::{Ask, Look, Room, wake};
use super::waiting::Seat;
use crate::domain::time::Timestamp;

/// How a wait ended.
#[derive(Debug)]
pub enum Woken {
    /// There is something to see, or something to do first.
    Look(Look),
    /// Nothing came in time, or the program is stopping; scanned up to here.
    Over(Timestamp),
    /// A newer poll of the same tab took over, or a newer one of a person who had as many as one may have.
    Replaced(Timestamp),
}

/// A poll that waits; gives up its seat when dropped.
#[derive(Debug)]
pub struct Wait<'r> {
    room: &'r Room,
    ask: Ask<'r>,
    after: Timestamp,
    until: u64,
    owner: u64,
    tab: Option<u64>,
    seat: Option<Seat>,
}

impl<'r> Wait<'r> {
    pub(super) const fn new(room: &'r Room, after: Timestamp, ask: Ask<'r>, until: u64, owner: u64, tab: Option<u64>) -> Self {
        Self { room, ask, after, until, owner, tab, seat: None }
    }
}

impl Future for Wait<'_> {
    type Output = Woken;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Woken> {
        let this = &mut *self;
        let node = &this.room.node;
        let mut inner = this.room.inner();
        match inner.look(this.after, &this.ask, &node.clock) {
            Look::Nothing(cursor) => this.after = cursor,
            look => return Poll::Ready(Woken::Look(look)),
        }
        // `stop` sets its mark before it comes for this lock, so it is seen here or wakes this seat.
        if node.is_stopping() || (this.seat.is_some() && node.time() >= this.until) {
            // The answer says how many rows there are: so it has those that are not shown yet.
            return Poll::Ready(match inner.look(this.after, &Ask { waits: false, ..this.ask }, &node.clock) {
                Look::Nothing(cursor) => Woken::Over(cursor),
                look => Woken::Look(look),
            });
        }
        #[cfg(feature = "planted")]
        if planted::bug(planted::Bug::ReadBeforeSubscribe) {
            // What the one hold of the lock is for: a row that comes here wakes nobody.
            drop(inner);
            std::thread::sleep(std::time::Duration::from_millis(2));
            inner = this.room.inner();
        }
        let Some(seat) = this.seat else {
            let seat = inner.waiting.sit(this.until, this.owner);
            let older = this.tab.and_then(|tab| {
                let older = inner.take_over(tab);
                inner.tabs.insert(tab, seat);
                older
            });
            inner.waiting.park(seat, context.waker());
            drop(inner);
            this.seat = Some(seat);
            wake(older);
            node.alarm_by(this.until);
            return Poll::Pending;
        };
        if inner.waiting.is_replaced(seat) {
            return Poll::Ready(Woken::Replaced(this.after));
        }
        inner.waiting.park(seat, context.waker());
        Poll::Pending
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        let Some(seat) = self.seat else { return };
        let mut inner = self.room.inner();
        inner.waiting.rise(seat);
        if let Some(tab) = self.tab
            && inner.tabs.get(&tab) == Some(&seat)
        {
            inner.tabs.remove(&tab);
        }
    }
}
