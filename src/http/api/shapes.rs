//! The JSON shapes of the contract. Every key of a shape is always there, but `overlaps` of an event.

use serde_json::{Value, json};

use crate::app::schedule::meetings::MeetingView;
use crate::app::talk::join::{Person, Ticket};
use crate::domain::schedule::event::ChatEvent;
use crate::domain::schedule::meeting::Meeting;
use crate::domain::schedule::recurrence::{Recurrence, Span};
use crate::domain::time::{self, Timestamp};

pub fn event(event: &ChatEvent, now: Timestamp) -> Value {
    json!({
        "id": event.id,
        "meeting": event.slug,
        "title": event.title,
        "key": event.key,
        "url": event.url(),
        "phase": event.phase(now),
        "opens_at": event.opens_at,
        "closes_at": event.closes_at,
        "cancelled_at": event.cancelled_at,
        "cancel_reason": event.reason,
        "agenda": event.agenda,
        "count": event.count,
        "digest": event.digest,
    })
}

/// An event, and where it overlaps `others` of its meeting, these.
pub fn placed(it: &ChatEvent, others: &[ChatEvent], now: Timestamp) -> Value {
    let mut shape = event(it, now);
    if !others.is_empty() {
        let brief = |it: &ChatEvent| json!({"id": it.id, "opens_at": it.opens_at, "closes_at": it.closes_at});
        shape["overlaps"] = others.iter().map(brief).collect();
    }
    shape
}

/// A meeting without its events, which stand in for null and empty lists. Its times are those that hold at `now`;
/// `later` has those that will.
fn bare(meeting: &Meeting, now: Timestamp) -> Value {
    let course = meeting.course();
    let table = course.present(now);
    let later = |span: Span<'_>| {
        json!({
            "from": span.from,
            "timezone": span.table.zone.name(),
            "starts": time::instant(span.table.starts, span.table.zone),
            "duration_minutes": span.table.minutes,
            "rrule": span.table.rule.as_ref().map(Recurrence::as_str),
        })
    };
    json!({
        "slug": meeting.slug,
        "url": meeting.url(),
        "title": meeting.title,
        "description": meeting.description,
        "agenda": meeting.template(),
        "timezone": table.zone.name(),
        "starts": time::instant(table.starts, table.zone),
        "duration_minutes": table.minutes,
        "rrule": table.rule.as_ref().map(Recurrence::as_str),
        "later": course.later(now).map(later).collect::<Vec<_>>(),
        "visibility": meeting.visibility,
        "current": null,
        "next": null,
        "upcoming": [],
        "past": [],
    })
}

pub fn meeting(view: &MeetingView, now: Timestamp) -> Value {
    let mut shape = bare(&view.meeting, now);
    let list = |events: &[ChatEvent]| Value::Array(events.iter().map(|it| event(it, now)).collect());
    shape["current"] = view.current.as_ref().map_or(Value::Null, |it| event(it, now));
    shape["next"] = view.next.as_ref().map_or(Value::Null, |it| event(it, now));
    shape["upcoming"] = list(&view.upcoming);
    shape["past"] = list(&view.past);
    shape
}

pub fn ticket(ticket: &Ticket) -> Value {
    json!({"id": ticket.who.id, "nick": ticket.who.nick, "token": ticket.token, "cursor": ticket.cursor, "chair": ticket.who.chair})
}

pub fn person(person: &Person) -> Value {
    json!({"id": person.id, "nick": person.nick, "present": person.present, "chair": person.chair})
}
