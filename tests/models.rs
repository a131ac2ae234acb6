//! Every order in which a poll that parks, a writer that announces, a newer poll of the same tab, the
//! alarm and the end of the program can meet: tried out by loom, on the very modules of `live/`.
//!
//! A poll that is never woken is a deadlock to loom, and fails.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]
#![allow(dead_code, reason = "the models use a part of each module")]

use std::future::poll_fn;
use std::task::Poll;

use loom::future::block_on;
use loom::sync::atomic::AtomicBool;
use loom::sync::{Arc, Mutex, Notify};
use loom::thread;

mod sync {
    pub use loom::sync::atomic::{AtomicU64, Ordering};
}

#[path = "../src/live/alarm.rs"]
mod alarm;
#[path = "../src/live/waiting.rs"]
mod waiting;

use alarm::Alarm;
use sync::Ordering;
use waiting::{Seat, Waiting};

/// A room with as much of a log as its head.
#[derive(Default)]
struct Room {
    head: u64,
    waiting: Waiting,
    tab: Option<Seat>,
}

#[derive(Debug, PartialEq, Eq)]
enum Woken {
    Row(u64),
    Stopped,
    Replaced,
    Over,
}

/// A poll as `live/wait.rs` does it: look and park in one hold of the lock.
async fn poll(room: &Mutex<Room>, stopping: &AtomicBool, clock: &AtomicBool, tab: bool, seated: impl Fn()) -> Woken {
    let mut seat = None;
    let woken = poll_fn(|context| {
        let mut it = room.lock().unwrap();
        if it.head > 0 {
            return Poll::Ready(Woken::Row(it.head));
        }
        if stopping.load(Ordering::SeqCst) {
            return Poll::Ready(Woken::Stopped);
        }
        let Some(mine) = seat else {
            let mine = it.waiting.sit(10, 1);
            let older = if tab { it.tab.replace(mine).and_then(|older| it.waiting.replace(older)) } else { None };
            it.waiting.park(mine, context.waker());
            drop(it);
            seat = Some(mine);
            if let Some(older) = older {
                older.wake();
            }
            seated();
            return Poll::Pending;
        };
        if it.waiting.is_replaced(mine) {
            return Poll::Ready(Woken::Replaced);
        }
        if clock.load(Ordering::SeqCst) {
            return Poll::Ready(Woken::Over);
        }
        it.waiting.park(mine, context.waker());
        Poll::Pending
    })
    .await;
    if let Some(seat) = seat {
        room.lock().unwrap().waiting.rise(seat);
    }
    woken
}

fn wake(wakers: impl IntoIterator<Item = std::task::Waker>) {
    for waker in wakers {
        waker.wake();
    }
}

fn announce(room: &Mutex<Room>) {
    let woken = {
        let mut it = room.lock().unwrap();
        it.head += 1;
        it.waiting.wake_all()
    };
    wake(woken);
}

#[test]
fn a_poll_that_parks_while_a_row_is_announced_is_woken() {
    // Two polls and a writer: with more than three preemptions it takes minutes.
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let room = Arc::new(Mutex::new(Room::default()));
        let polls: Vec<_> = (0..2)
            .map(|_| {
                let room = Arc::clone(&room);
                thread::spawn(move || block_on(poll(&room, &AtomicBool::new(false), &AtomicBool::new(false), false, || {})))
            })
            .collect();
        announce(&room);
        for poll in polls {
            assert_eq!(poll.join().unwrap(), Woken::Row(1));
        }
        assert_eq!(room.lock().unwrap().waiting.count(), 0);
    });
}

#[test]
fn a_poll_that_parks_while_the_program_stops_is_woken() {
    loom::model(|| {
        let (room, stopping) = (Arc::new(Mutex::new(Room::default())), Arc::new(AtomicBool::new(false)));
        let (its_room, its_mark) = (Arc::clone(&room), Arc::clone(&stopping));
        let poll = thread::spawn(move || block_on(poll(&its_room, &its_mark, &AtomicBool::new(false), false, || {})));
        stopping.store(true, Ordering::SeqCst);
        let woken = room.lock().unwrap().waiting.wake_all();
        wake(woken);
        assert_eq!(poll.join().unwrap(), Woken::Stopped);
    });
}

#[test]
fn of_two_polls_of_a_tab_exactly_one_is_replaced_and_the_other_gets_the_row() {
    loom::model(|| {
        let room = Arc::new(Mutex::new(Room::default()));
        let polls: Vec<_> = (0..2)
            .map(|_| {
                let room = Arc::clone(&room);
                thread::spawn(move || {
                    let woken = block_on(poll(&room, &AtomicBool::new(false), &AtomicBool::new(false), true, || {}));
                    if woken == Woken::Replaced {
                        // The newer one has its seat by now, so it is the one to be told.
                        announce(&room);
                    }
                    woken
                })
            })
            .collect();
        let woken: Vec<_> = polls.into_iter().map(|poll| poll.join().unwrap()).collect();
        assert!(woken.contains(&Woken::Replaced) && woken.contains(&Woken::Row(1)), "{woken:?}");
    });
}

#[test]
fn whoever_sits_down_while_the_alarm_is_set_is_woken_by_it() {
    loom::model(|| {
        let room = Arc::new(Mutex::new(Room::default()));
        let (alarm, told, clock) = (Arc::new(Alarm::default()), Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
        assert!(alarm.by(5));
        let poll = {
            let (room, alarm, told, clock) = (Arc::clone(&room), Arc::clone(&alarm), Arc::clone(&told), Arc::clone(&clock));
            thread::spawn(move || {
                let seated = || {
                    if alarm.by(10) {
                        told.notify();
                    }
                };
                block_on(poll(&room, &AtomicBool::new(false), &clock, false, seated))
            })
        };
        // The keeper: an earlier alarm has just gone off, so whoever sits down for longer before it looks
        // has no reason to tell it. Where nobody is due it sleeps until it is told.
        let mut now = 5;
        loop {
            let next = alarm.next(|| {
                let (woken, next) = room.lock().unwrap().waiting.wake_due(now);
                wake(woken);
                next
            });
            match next {
                _ if now >= 10 => break,
                Some(next) => {
                    // It slept until then.
                    now = next;
                    clock.store(now >= 10, Ordering::SeqCst);
                }
                None => told.wait(),
            }
        }
        assert_eq!(poll.join().unwrap(), Woken::Over);
    });
}

#[test]
fn a_seat_that_was_given_up_is_nobody_elses() {
    loom::model(|| {
        let room = Arc::new(Mutex::new(Room::default()));
        let old = room.lock().unwrap().waiting.sit(10, 1);
        let other = Arc::clone(&room);
        let leaving = thread::spawn(move || other.lock().unwrap().waiting.rise(old));
        let mine = room.lock().unwrap().waiting.sit(20, 1);
        leaving.join().unwrap();
        let mut it = room.lock().unwrap();
        // Late words to the old seat must not reach the new one.
        assert!(it.waiting.replace(old).is_none() && !it.waiting.is_replaced(mine));
        it.waiting.rise(old);
        assert_eq!(it.waiting.count(), 1);
    });
}

#[test]
fn of_two_polls_of_somebody_who_may_have_one_at_most_the_older_ends_and_the_newer_stays() {
    loom::model(|| {
        let room = Arc::new(Mutex::new(Room::default()));
        let older = {
            let room = Arc::clone(&room);
            thread::spawn(move || block_on(poll(&room, &AtomicBool::new(false), &AtomicBool::new(false), false, || {})))
        };
        // As `live/admission.rs` does it: first the oldest poll ends, then the newer one takes its seat.
        let ended = room.lock().unwrap().waiting.replace_oldest(1, 1);
        let found = ended.is_some();
        wake(ended);
        let newer = room.lock().unwrap().waiting.sit(10, 1);
        if found {
            assert_eq!(older.join().unwrap(), Woken::Replaced);
        } else {
            // It had no seat yet, and so is not the older one.
            announce(&room);
            assert_eq!(older.join().unwrap(), Woken::Row(1));
        }
        let mut it = room.lock().unwrap();
        assert!(!it.waiting.is_replaced(newer));
        assert_eq!(it.waiting.count(), 1);
    });
}
