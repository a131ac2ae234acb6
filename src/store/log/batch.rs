//! What a transaction over event logs has read and will write: where timestamps are given and phases
//! decided.
//!
//! Everything that writes a row of CHATDATA goes through [`LogBatch`], so that the promises hold in one
//! place: the clock is read after the events are locked, each row's `ts` is `max(clock, last + 1)` and
//! is also what its phase is judged by, `opened` and `closed` are written once and before anything that
//! comes after them. No I/O: who holds the connection reads for it and writes what it lists.

use std::collections::BTreeMap;

use super::bound_statement::{Move, Writing, insert_row, update_event, update_head};
use crate::domain::minutes::Fold;
use crate::domain::schedule::event::{ChatEvent, EventId, Phase, Warning};
use crate::domain::talk::message::{ChatData, Kind};
use crate::domain::talk::participant::{Nick, Participant, ParticipantId, ParticipantState};
use crate::domain::text;
use crate::domain::text::confusable::Looks;
use crate::domain::time::Timestamp;
use crate::domain::transcript::{digest, system_text};
use crate::store::talk::participants::Joined;

/// What a committed transaction changed in one event, for the rooms.
#[derive(Clone, Debug)]
pub struct Committed {
    /// The event as it is now.
    pub event: ChatEvent,
    /// The head before this transaction: a room whose head differs has missed something.
    pub before: Timestamp,
    /// The new rows, in `ts` order.
    pub rows: Vec<ChatData>,
    /// Earlier rows whose text was emptied.
    pub redacted: Vec<Timestamp>,
    /// People whose standing changed, or who are new.
    pub people: Vec<Participant>,
    /// The event exists no more.
    pub dropped: bool,
}

/// The logs of some locked events, with what is to change in them.
#[derive(Default)]
pub(in crate::store) struct LogBatch {
    now: Timestamp,
    events: BTreeMap<EventId, Committed>,
    /// Whether more than the head of an event may have changed.
    edited: bool,
    /// The people who were looked up, as they are by now.
    known: BTreeMap<(EventId, ParticipantId), Participant>,
    /// The rows that were asked for by participant and nonce, and those of this transaction.
    said: BTreeMap<(ParticipantId, String), ChatData>,
    /// Who joined with this nonce, and when.
    joined: BTreeMap<(EventId, String), (ParticipantId, Timestamp)>,
    /// The people who were looked up, by both keys of their nicknames: those who may look like one another are together.
    holders: BTreeMap<(EventId, String), Vec<ParticipantId>>,
    /// The commands so far, of events in which one is given that depends on them.
    folds: BTreeMap<EventId, Fold>,
    /// What people did, in order: a nickname is free for the next one as soon as somebody is gone.
    moves: Vec<Move>,
}

impl LogBatch {
    /// Takes somebody of a locked event.
    pub(in crate::store) fn take_person(&mut self, event: &EventId, who: Participant) {
        self.known.entry((event.clone(), who.id.clone())).or_insert(who);
    }

    /// Takes what a participant wrote with a nonce.
    pub(in crate::store) fn take_said(&mut self, row: ChatData) {
        if let (Some(who), Some(nonce)) = (&row.from, &row.nonce) {
            self.said.insert((who.clone(), nonce.clone()), row);
        }
    }

    /// Takes somebody of a locked event who has the nickname, or had the nonce, of one who joins now.
    pub(in crate::store) fn take_joined(&mut self, event: &EventId, joined: Joined) {
        let Joined { who, nonce, ts } = joined;
        if who.standing != ParticipantState::Gone {
            self.hold(event, &Looks::of(&who.nick), &who.id);
        }
        if let Some(nonce) = nonce {
            self.joined.insert((event.clone(), nonce), (who.id.clone(), ts));
        }
        self.take_person(event, who);
    }

    /// Takes the rows of a locked event that are something to its minutes.
    pub(in crate::store) fn take_tagged(&mut self, event: &EventId, rows: &[ChatData]) {
        self.folds.insert(event.clone(), Fold::over(rows));
    }

    /// The commands of this event so far, where they were asked for.
    pub(in crate::store) fn fold(&self, event: &EventId) -> Option<&Fold> {
        self.folds.get(event)
    }

    /// The keys of the nicknames whose owners `#undo` may make chairs again.
    pub(in crate::store) fn unchaired(&self, event: &EventId) -> Vec<Looks> {
        self.fold(event).into_iter().flat_map(Fold::unchaired).map(|nick| nick.looks()).collect()
    }

    /// Finds the person who has this nickname, or one that looks like it, and is not gone, among those who were looked up. The
    /// same spelling goes first, then the same name in another case.
    pub(in crate::store) fn holder(&self, event: &EventId, nick: &Nick) -> Option<&Participant> {
        let Looks { folded, written } = nick.looks();
        let by_key = |key: String| self.holders.get(&(event.clone(), key)).into_iter().flatten();
        let people = by_key(folded).chain(by_key(written)).filter_map(|who| self.known(event, who));
        let alike = people.filter(|who| who.standing != ParticipantState::Gone && nick.is_like(&who.nick));
        alike.max_by_key(|who| nick.closeness(&who.nick))
    }

    /// Notes who has a nickname with these keys.
    fn hold(&mut self, event: &EventId, looks: &Looks, who: &ParticipantId) {
        for key in [&looks.folded, &looks.written] {
            let holders = self.holders.entry((event.clone(), key.clone())).or_default();
            if !holders.contains(who) {
                holders.push(who.clone());
            }
        }
    }

    /// Takes what the clock says, read after the events were locked.
    pub(in crate::store) const fn start(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// What this participant wrote with this nonce, before or in this transaction.
    pub(in crate::store) fn said(&self, who: &ParticipantId, nonce: &str) -> Option<&ChatData> {
        self.said.get(&(who.clone(), nonce.to_owned()))
    }

    /// Who joined with this nonce, as they are now, and when that was.
    pub(in crate::store) fn joined(&self, event: &EventId, nonce: &str) -> Option<(&Participant, Timestamp)> {
        let (who, ts) = self.joined.get(&(event.clone(), nonce.to_owned()))?;
        Some((self.known(event, who)?, *ts))
    }

    /// Whether somebody who is not gone has this nickname, or one that looks the same.
    pub(in crate::store) fn is_taken(&self, event: &EventId, nick: &Nick) -> bool {
        self.holder(event, nick).is_some()
    }

    /// Somebody of this event, as this transaction knows them.
    pub(in crate::store) fn known(&self, event: &EventId, who: &ParticipantId) -> Option<&Participant> {
        self.known.get(&(event.clone(), who.clone()))
    }

    /// Everybody of this event whom this transaction has looked up.
    pub(in crate::store) fn people(&self, event: &EventId) -> impl Iterator<Item = &Participant> {
        self.known.iter().filter(move |((of, _), _)| of == event).map(|(_, who)| who)
    }

    /// Takes an event that this transaction has made or read itself.
    pub(in crate::store) fn adopt(&mut self, event: ChatEvent) {
        self.events.entry(event.id.clone()).or_insert_with(|| Committed {
            before: event.last,
            event,
            rows: Vec::new(),
            redacted: Vec::new(),
            people: Vec::new(),
            dropped: false,
        });
    }

    /// The clock as this transaction read it.
    pub(in crate::store) const fn now(&self) -> Timestamp {
        self.now
    }

    /// The event in its present state.
    pub(in crate::store) fn event(&self, id: &EventId) -> Option<&ChatEvent> {
        self.events.get(id).filter(|it| !it.dropped).map(|it| &it.event)
    }

    /// The event to change.
    pub(in crate::store) fn event_mut(&mut self, id: &EventId) -> Option<&mut ChatEvent> {
        self.edited = true;
        self.events.get_mut(id).filter(|it| !it.dropped).map(|it| &mut it.event)
    }

    /// The `ts` that the next row of this event gets.
    pub(in crate::store) fn next_ts(&self, id: &EventId) -> Timestamp {
        self.events.get(id).map_or(self.now, |it| self.now.after(it.event.last))
    }

    /// Writes the `opened`, `warning` and `closed` rows that are due, and says the phase that the next row
    /// falls into. Call it before each row.
    pub(in crate::store) fn settle(&mut self, id: &EventId) -> Option<Phase> {
        let event = self.event(id)?;
        let phase = event.phase(self.now);
        if matches!(phase, Phase::Open | Phase::Closed) && event.cancelled_at.is_none() && event.closed.is_none() {
            if event.opened.is_none() {
                let ts = event.opens_at.after(event.last);
                self.append(id, ts, Kind::Opened, system_text::OPENED);
                self.event_mut(id)?.opened = Some(ts);
            }
            if phase == Phase::Open
                && let Some(warning) = self.event(id)?.warning(self.now)
            {
                self.warn(id, warning);
            }
            if phase == Phase::Closed {
                let event = self.event(id)?;
                let ts = event.closes_at.after(event.last);
                self.append(id, ts, Kind::Closed, system_text::CLOSED);
                self.event_mut(id)?.closed = Some(ts);
            }
        }
        // A row at the very end of the event may have moved it over its end.
        let event = self.event(id)?;
        Some(event.phase(self.now))
    }

    /// Tells that the room closes soon, unless that would no longer be true. Either way it is done with.
    fn warn(&mut self, id: &EventId, warning: Warning) {
        if !warning.late
            && let Some(event) = self.event(id)
        {
            let ts = warning.at.after(event.last);
            self.append(id, ts, Kind::Warning, &warning.to_string());
        }
        if let Some(event) = self.event_mut(id) {
            event.warned = warning.at;
        }
    }

    /// Adds a row of the program's own.
    pub(in crate::store) fn append(&mut self, id: &EventId, ts: Timestamp, kind: Kind, text: &str) {
        self.push(id, own_row(ts, kind, None, text));
    }

    /// Adds a row about a participant, such as `joined` and `left`.
    pub(in crate::store) fn append_about(&mut self, id: &EventId, ts: Timestamp, kind: Kind, who: &Participant, text: &str) {
        self.push(id, own_row(ts, kind, Some(who), text));
    }

    /// Adds a row. Its `ts` comes from [`Self::next_ts`], or is a set time after the last row.
    pub(in crate::store) fn push(&mut self, id: &EventId, row: ChatData) {
        if let Some(it) = self.events.get_mut(id) {
            debug_assert!(row.ts > it.event.last || cfg!(feature = "planted"), "timestamps of an event increase strictly");
            it.event.last = row.ts.max(it.event.last);
            if row.audience.is_none() {
                it.event.count += 1;
                it.event.digest = Some(digest::next(it.event.digest.as_deref(), id, &row));
            }
            if let (Some(who), Some(nonce)) = (&row.from, &row.nonce) {
                self.said.insert((who.clone(), nonce.clone()), row.clone());
            }
            if let Some(fold) = self.folds.get_mut(id) {
                fold.take(&row);
            }
            it.rows.push(row);
        }
    }

    /// Adds somebody new, under a nickname that is not taken.
    pub(in crate::store) fn arrive(&mut self, id: &EventId, nick: &Nick, nonce: Option<&str>, ts: Timestamp) -> Participant {
        let who =
            Participant { id: ParticipantId::random(), nick: nick.as_str().to_owned(), standing: ParticipantState::Here, chair: false };
        self.hold(id, &nick.looks(), &who.id);
        if let Some(nonce) = nonce {
            self.joined.insert((id.clone(), nonce.to_owned()), (who.id.clone(), ts));
        }
        self.moves.push(Move::Arrives { event: id.clone(), who: who.id.clone(), nick: nick.clone(), nonce: nonce.map(str::to_owned), ts });
        self.note(id, who.clone());
        who
    }

    /// Changes how somebody stands to the event, from `ts` on.
    pub(in crate::store) fn set_state(&mut self, id: &EventId, who: &mut Participant, standing: ParticipantState, ts: Timestamp) {
        who.standing = standing;
        self.moves.push(match standing {
            ParticipantState::Here => Move::IsAway { who: who.id.clone(), since: None },
            ParticipantState::Away => Move::IsAway { who: who.id.clone(), since: Some(ts) },
            ParticipantState::Gone => Move::Goes { who: who.id.clone(), ts },
        });
        self.note(id, who.clone());
    }

    /// Makes somebody a chair, or takes that from them, and tells everyone. Nothing where it is so already.
    pub(in crate::store) fn seat(&mut self, id: &EventId, who: &mut Participant, chair: bool) {
        if who.chair == chair {
            return;
        }
        who.chair = chair;
        let ts = self.next_ts(id);
        self.moves.push(Move::IsChair { who: who.id.clone(), since: chair.then_some(ts) });
        self.note(id, who.clone());
        let (kind, words) = if chair { (Kind::Chair, system_text::CHAIR) } else { (Kind::Unchair, system_text::UNCHAIR) };
        self.append_about(id, ts, kind, who, &format!("{}{words}", who.nick));
    }

    fn note(&mut self, id: &EventId, who: Participant) {
        if let Some(it) = self.events.get_mut(id) {
            it.people.retain(|known| known.id != who.id);
            self.known.insert((id.clone(), who.id.clone()), who.clone());
            it.people.push(who);
        }
    }

    /// Notes that an earlier row was emptied.
    pub(in crate::store) fn redacted(&mut self, id: &EventId, ts: Timestamp) {
        if let Some(it) = self.events.get_mut(id) {
            it.redacted.push(ts);
        }
    }

    /// Notes that the event's row is deleted.
    pub(in crate::store) fn dropped(&mut self, id: &EventId) {
        if let Some(it) = self.events.get_mut(id) {
            it.dropped = true;
            it.rows.clear();
        }
    }

    /// The statements that write all of this, each with its values, in order.
    pub(in crate::store) fn writings(&self) -> Vec<Writing<'_>> {
        let rows = self.events.values().flat_map(|it| it.rows.iter().map(|row| insert_row(&it.event.id, row)));
        // Without rows an event's head stays where it is.
        let heads = self.events.values().filter(|it| !self.edited && !it.rows.is_empty()).map(|it| update_head(&it.event));
        let edits = self.edits().filter(|_| self.edited);
        self.moves.iter().map(Move::writing).chain(rows).chain(heads).chain(edits).collect()
    }

    /// The statements that write all of the events as they are by now.
    pub(in crate::store) fn edits(&self) -> impl Iterator<Item = Writing<'_>> {
        self.events.values().filter(|it| !it.dropped).map(|it| update_event(&it.event, self.now))
    }

    /// What is to be announced once it is committed.
    pub(in crate::store) fn into_changes(self) -> Vec<Committed> {
        self.events.into_values().collect()
    }

    /// What a commit would change.
    pub(in crate::store) fn changes(&self) -> impl Iterator<Item = &Committed> {
        self.events.values()
    }
}

/// A row that nobody wrote.
fn own_row(ts: Timestamp, kind: Kind, about: Option<&Participant>, text: &str) -> ChatData {
    let bare = ChatData::bare(ts, kind, text.to_owned(), text::plain(text));
    ChatData { from: about.map(|who| who.id.clone()), nick: about.map(|who| who.nick.clone()), ..bare }
}
