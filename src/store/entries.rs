//! Group commit: what people do in rooms, many at once, in one transaction.
//!
//! An entry that breaks a rule is refused by itself and never fails its batch.

use sqlx::Row;

use super::log::{Committed, LogTx};
use super::{Error, Store};
use crate::domain::digest;
use crate::domain::event::{EventId, EventProblem, Phase};
use crate::domain::message::{ChatData, Kind, Utterance};
use crate::domain::participant::{Nick, Participant, ParticipantId, Standing};
use crate::domain::time::Timestamp;

/// What somebody, or the clock, does to an event's log.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A participant says or does something.
    Say { event: EventId, who: ParticipantId, what: Utterance, nonce: Option<String> },
    /// A nickname comes in, for the first time.
    Join { event: EventId, nick: Nick, nonce: Option<String> },
    /// A participant leaves for good.
    Leave { event: EventId, who: ParticipantId },
    /// A participant gave no sign of life for too long.
    TimeOut { event: EventId, who: ParticipantId },
    /// A participant that had timed out is back.
    Return { event: EventId, who: ParticipantId },
    /// A set time has come: write what is due, if anything is.
    Tick { event: EventId },
}

impl Entry {
    /// The event whose log it is about.
    #[must_use]
    pub const fn event(&self) -> &EventId {
        match self {
            Self::Say { event, .. }
            | Self::Join { event, .. }
            | Self::Leave { event, .. }
            | Self::TimeOut { event, .. }
            | Self::Return { event, .. }
            | Self::Tick { event } => event,
        }
    }

    fn nonce(&self) -> Option<(&ParticipantId, &str)> {
        match self {
            Self::Say { who, nonce: Some(nonce), .. } => Some((who, nonce)),
            _ => None,
        }
    }

    const fn who(&self) -> Option<&ParticipantId> {
        match self {
            Self::Say { who, .. } | Self::Leave { who, .. } | Self::TimeOut { who, .. } | Self::Return { who, .. } => Some(who),
            Self::Join { .. } | Self::Tick { .. } => None,
        }
    }
}

/// What came of an entry.
#[derive(Clone, Debug)]
pub enum Done {
    /// The row stands; `fresh` is false where the same nonce had it written before.
    Said { row: ChatData, fresh: bool },
    /// The participant is in; `cursor` is the `ts` of its first `joined` row.
    Joined { who: Participant, cursor: Timestamp, fresh: bool },
    /// Nothing to tell.
    Noted,
}

/// Why an entry was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    NoEvent,
    /// The participant is gone, or of another event.
    NoParticipant,
    NickTaken,
    /// No message of a person has this `ts`.
    NoMessage,
    SlugTaken,
    /// It was deleted too long ago.
    UndoOver,
    Event(EventProblem),
}

/// What a batch did: an outcome for each entry, in order, and the changes to announce.
pub type Batch = (Vec<Result<Done, Refusal>>, Vec<Committed>);

impl Store {
    /// Writes a batch in one transaction and commits it.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: nothing of the batch may be taken as written or as not written, the
    /// commit itself may have been what failed. Read back before announcing anything.
    pub async fn write(&self, entries: &[Entry]) -> Result<Batch, Error> {
        let (outcomes, tx) = self.prepare(entries).await?;
        Ok((outcomes, tx.commit().await?))
    }

    /// The same, telling of the changes before they are committed.
    ///
    /// # Errors
    /// As for [`Self::write`].
    #[cfg(feature = "planted")]
    pub async fn write_too_loud(&self, entries: &[Entry], tell: impl Fn(Vec<Committed>)) -> Result<Batch, Error> {
        let (outcomes, tx) = self.prepare(entries).await?;
        tell(tx.changes());
        tx.commit().await?;
        Ok((outcomes, Vec::new()))
    }

    /// Begins the transaction of a batch and does everything but commit it.
    async fn prepare(&self, entries: &[Entry]) -> Result<(Vec<Result<Done, Refusal>>, LogTx), Error> {
        let nonces = entries.iter().filter_map(Entry::nonce);
        let mut tx = LogTx::begin(self, entries.iter().map(Entry::event), entries.iter().filter_map(Entry::who), nonces).await?;
        let mut outcomes = Vec::with_capacity(entries.len());
        for entry in entries {
            match tx.enter(entry).await {
                Ok(outcome) => outcomes.push(outcome),
                Err(problem) => {
                    tx.rollback().await;
                    return Err(problem);
                }
            }
        }
        Ok((outcomes, tx))
    }
}

impl LogTx {
    async fn enter(&mut self, entry: &Entry) -> Result<Result<Done, Refusal>, Error> {
        let id = entry.event();
        let Some(phase) = self.settle(id) else { return Ok(Err(Refusal::NoEvent)) };
        if let Entry::Tick { .. } = entry {
            return Ok(Ok(Done::Noted));
        }
        if let Entry::Join { nick, nonce, .. } = entry {
            return self.join(id, phase, nick, nonce.as_deref()).await;
        }
        let known = entry.who().and_then(|who| self.known(id, who)).filter(|it| it.standing != Standing::Gone);
        let Some(mut person) = known.cloned() else { return Ok(Err(Refusal::NoParticipant)) };
        match entry {
            Entry::Say { who, what, nonce, .. } => {
                // The same nonce is the same row: also after the close, also with another text.
                if let Some(row) = nonce.as_ref().and_then(|nonce| self.said(who, nonce)) {
                    return Ok(Ok(Done::Said { row: row.clone(), fresh: false }));
                }
                if let Err(refusal) = admitted(phase) {
                    return Ok(Err(refusal));
                }
                if person.standing == Standing::Away {
                    self.comes(id, &mut person).await?;
                }
                // Coming back took a timestamp; at the very end of the event that may have been the last.
                if let Err(refusal) = self.settle(id).map_or(Err(Refusal::NoEvent), admitted) {
                    return Ok(Err(refusal));
                }
                #[cfg(not(feature = "planted"))]
                let ts = self.next_ts(id);
                #[cfg(feature = "planted")]
                let ts = super::planted::stamped(who, nonce.as_deref()).unwrap_or_else(|| self.next_ts(id));
                let row = ChatData {
                    ts,
                    kind: what.kind,
                    from: Some(person.id.clone()),
                    nick: Some(person.nick.clone()),
                    text: what.text.clone(),
                    html: what.html.clone(),
                    nonce: nonce.clone(),
                    audience: None,
                    salt: Some(digest::salt()),
                    hash: None,
                };
                self.push(id, row.clone());
                Ok(Ok(Done::Said { row, fresh: true }))
            }
            Entry::Leave { .. } => {
                let was_here = person.standing == Standing::Here;
                let ts = self.next_ts(id);
                person.standing = Standing::Gone;
                sqlx::query("UPDATE participant SET gone_ts = $1 WHERE id = $2")
                    .bind(ts.micros())
                    .bind(person.id.as_str())
                    .execute(self.connection())
                    .await?;
                self.person(id, person.clone());
                if was_here && phase == Phase::Open {
                    self.append_about(id, ts, Kind::Left, &person, &format!("{} left", person.nick));
                }
                Ok(Ok(Done::Noted))
            }
            Entry::TimeOut { .. } => {
                if person.standing == Standing::Here && phase == Phase::Open {
                    let ts = self.next_ts(id);
                    person.standing = Standing::Away;
                    sqlx::query("UPDATE participant SET away_ts = $1 WHERE id = $2")
                        .bind(ts.micros())
                        .bind(person.id.as_str())
                        .execute(self.connection())
                        .await?;
                    self.person(id, person.clone());
                    self.append_about(id, ts, Kind::Left, &person, &format!("{} left", person.nick));
                }
                Ok(Ok(Done::Noted))
            }
            Entry::Return { .. } => {
                if person.standing == Standing::Away && phase == Phase::Open {
                    self.comes(id, &mut person).await?;
                }
                Ok(Ok(Done::Noted))
            }
            Entry::Join { .. } | Entry::Tick { .. } => Ok(Ok(Done::Noted)),
        }
    }

    /// Somebody who had timed out is here again.
    async fn comes(&mut self, id: &EventId, person: &mut Participant) -> Result<(), Error> {
        person.standing = Standing::Here;
        sqlx::query("UPDATE participant SET away_ts = NULL WHERE id = $1").bind(person.id.as_str()).execute(self.connection()).await?;
        self.person(id, person.clone());
        let ts = self.next_ts(id);
        self.append_about(id, ts, Kind::Joined, person, &format!("{} joined", person.nick));
        Ok(())
    }

    async fn join(&mut self, id: &EventId, phase: Phase, nick: &Nick, nonce: Option<&str>) -> Result<Result<Done, Refusal>, Error> {
        if let Some(nonce) = nonce {
            let known =
                sqlx::query("SELECT id, nick, away_ts, gone_ts, joined_ts FROM participant WHERE event_id = $1 AND join_nonce = $2")
                    .bind(id.as_str())
                    .bind(nonce)
                    .fetch_optional(self.connection())
                    .await?;
            if let Some(row) = known {
                let who = super::participants::participant(&row)?;
                return Ok(Ok(Done::Joined { who, cursor: Timestamp::from_micros(row.try_get("joined_ts")?), fresh: false }));
            }
        }
        if let Err(refusal) = admitted(phase) {
            return Ok(Err(refusal));
        }
        let who = Participant { id: ParticipantId::random(), nick: nick.as_str().to_owned(), standing: Standing::Here };
        let ts = self.next_ts(id);
        let made = sqlx::query(
            "INSERT INTO participant (id, event_id, nick, nick_key, join_nonce, joined_ts) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (event_id, nick_key) WHERE gone_ts IS NULL DO NOTHING",
        )
        .bind(who.id.as_str())
        .bind(id.as_str())
        .bind(&who.nick)
        .bind(nick.key())
        .bind(nonce.map(str::to_owned))
        .bind(ts.micros())
        .execute(self.connection())
        .await?;
        if made.rows_affected() == 0 {
            return Ok(Err(Refusal::NickTaken));
        }
        self.append_about(id, ts, Kind::Joined, &who, &format!("{} joined", who.nick));
        self.person(id, who.clone());
        Ok(Ok(Done::Joined { who, cursor: ts, fresh: true }))
    }
}

const fn admitted(phase: Phase) -> Result<(), Refusal> {
    match phase {
        Phase::Open => Ok(()),
        Phase::Scheduled => Err(Refusal::Event(EventProblem::NotOpen)),
        Phase::Closed => Err(Refusal::Event(EventProblem::Closed)),
        Phase::Cancelled => Err(Refusal::Event(EventProblem::Cancelled)),
    }
}
