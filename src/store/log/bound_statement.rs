//! How rows, heads, events and people become the values of their statements.

use super::statements;
use crate::domain::minutes::Tag;
use crate::domain::schedule::event::{ChatEvent, EventId};
use crate::domain::talk::message::ChatData;
use crate::domain::talk::participant::{Nick, ParticipantId};
use crate::domain::text::confusable::Looks;
use crate::domain::time::Timestamp;

/// A statement, and its values in the order of their numbers.
pub(in crate::store) type Writing<'l> = (&'static str, Vec<Value<'l>>);

/// A value of a statement; NULL where there is none.
#[derive(Clone, Debug)]
pub(in crate::store) enum Value<'l> {
    Text(Option<&'l str>),
    Own(String),
    Number(Option<i64>),
}

impl Value<'_> {
    /// The text; `None` for NULL.
    pub(in crate::store) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => *text,
            Self::Own(text) => Some(text),
            Self::Number(_) => None,
        }
    }

    /// The number; `None` for NULL.
    pub(in crate::store) const fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => *number,
            Self::Text(_) | Self::Own(_) => None,
        }
    }
}

impl<'l> From<&'l str> for Value<'l> {
    fn from(text: &'l str) -> Self {
        Self::Text(Some(text))
    }
}

impl<'l> From<Option<&'l str>> for Value<'l> {
    fn from(text: Option<&'l str>) -> Self {
        Self::Text(text)
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(ts: Timestamp) -> Self {
        Self::Number(Some(ts.micros()))
    }
}

impl From<Option<Timestamp>> for Value<'_> {
    fn from(ts: Option<Timestamp>) -> Self {
        Self::Number(ts.map(Timestamp::micros))
    }
}

/// What somebody did that is kept beside the log.
pub(in crate::store) enum Move {
    /// Somebody new comes in.
    Arrives { event: EventId, who: ParticipantId, nick: Nick, nonce: Option<String>, ts: Timestamp },
    /// Away since then, or here.
    IsAway { who: ParticipantId, since: Option<Timestamp> },
    /// Gone for good.
    Goes { who: ParticipantId, ts: Timestamp },
    /// A chair since then, or none.
    IsChair { who: ParticipantId, since: Option<Timestamp> },
}

impl Move {
    pub(in crate::store) fn writing(&self) -> Writing<'_> {
        match self {
            Self::Arrives { event, who, nick, nonce, ts } => {
                let Looks { folded, written } = nick.looks();
                let keys = [Value::Own(folded), Value::Own(written)];
                let mut values = vec![who.as_str().into(), event.as_str().into(), nick.as_str().into()];
                values.extend(keys.into_iter().chain([nonce.as_deref().into(), (*ts).into()]));
                (statements::INSERT_PERSON, values)
            }
            Self::IsAway { who, since } => (statements::SET_AWAY, vec![(*since).into(), who.as_str().into()]),
            Self::Goes { who, ts } => (statements::SET_GONE, vec![(*ts).into(), who.as_str().into()]),
            Self::IsChair { who, since } => (statements::SET_CHAIR, vec![(*since).into(), who.as_str().into()]),
        }
    }
}

/// A new row of an event.
pub(in crate::store) fn insert_row<'l>(event: &'l EventId, row: &'l ChatData) -> Writing<'l> {
    let values = vec![
        event.as_str().into(),
        row.ts.into(),
        row.kind.as_str().into(),
        row.from.as_ref().map(ParticipantId::as_str).into(),
        row.nick.as_deref().into(),
        row.text.as_str().into(),
        row.html.as_str().into(),
        row.nonce.as_deref().into(),
        row.audience.as_ref().map(ParticipantId::as_str).into(),
        row.salt.as_deref().into(),
        row.tag.map(Tag::as_str).into(),
    ];
    (statements::INSERT_ROW, values)
}

/// The head of an event as it is now.
pub(in crate::store) fn update_head(event: &ChatEvent) -> Writing<'_> {
    (
        statements::UPDATE_HEAD,
        vec![event.last.into(), Value::Number(Some(event.count)), event.digest.as_deref().into(), event.id.as_str().into()],
    )
}

/// All of an event that may change, as it is now, in a transaction that began at `now`.
pub(in crate::store) fn update_event(event: &ChatEvent, now: Timestamp) -> Writing<'_> {
    let values = vec![
        event.own_title.then_some(event.title.as_str()).into(),
        event.agenda.as_deref().into(),
        event.opens_at.into(),
        event.closes_at.into(),
        event.original_start.into(),
        event.opened.into(),
        event.closed.into(),
        event.cancelled_at.into(),
        event.cancelled_at.filter(|_| event.cancelled_with_meeting).into(),
        event.last.into(),
        Value::Number(Some(event.count)),
        event.digest.as_deref().into(),
        event.reason.as_deref().into(),
        event.warned.into(),
        now.into(),
        event.id.as_str().into(),
    ];
    (statements::UPDATE_EVENT, values)
}
