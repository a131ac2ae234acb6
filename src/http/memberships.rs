//! The content of one cookie: the rooms that a browser is in and the chair links that it followed, the latest few,
//! each in a few characters. The cookie is sealed, so it needs no tokens and no keys.

use std::fmt;

use crate::domain::schedule::event::EventId;
use crate::domain::talk::participant::ParticipantId;

/// The most rooms: more than anyone is in at a time. A room more, and the one that was joined first is forgotten.
const ROOMS: usize = 16;
/// The most chair links.
const CHAIRS: usize = 8;
/// The number of characters of an id that tell it apart from the few others: 40 random bits.
const SHORT: usize = 8;
/// The length of what follows `p_` in a participant's id.
const PARTICIPANT: usize = 20;
/// The beginning of the names of an older Gavel's cookies: one for each event, one for each chair link.
const OLD: &str = "gavel_";
const OLD_CHAIR: &str = "gavel_chair_";

/// The rooms and chair links of a browser, the latest last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memberships {
    rooms: Vec<(String, ParticipantId)>,
    chairs: Vec<(String, i64)>,
}

/// The part of an id that is kept: `e_`, `m_` and the like say nothing.
fn short(id: &str) -> &str {
    let id = id.split_once('_').map_or(id, |(_, id)| id);
    id.get(..SHORT).unwrap_or(id)
}

/// Puts an entry at the end, in place of an earlier one of the same id, and forgets the first where there are too many.
fn put<T>(list: &mut Vec<(String, T)>, id: &str, value: T, most: usize) {
    list.retain(|(it, _)| it != short(id));
    list.push((short(id).to_owned(), value));
    let over = list.len().saturating_sub(most);
    list.drain(..over);
}

impl Memberships {
    /// Reads what [`fmt::Display`] writes; what is in no such form is left out.
    pub fn parse(text: &str) -> Self {
        let (rooms, chairs) = text.split_once('~').unwrap_or((text, ""));
        let room = |entry: &str| {
            let (event, who) = entry.split_at_checked(entry.len().checked_sub(PARTICIPANT)?)?;
            Some((event.to_owned(), ParticipantId::parse(&format!("p_{who}"))?))
        };
        let chair = |entry: &str| {
            let (meeting, version) = entry.split_once(':')?;
            Some((meeting.to_owned(), version.parse().ok()?))
        };
        Self { rooms: rooms.split('.').filter_map(room).collect(), chairs: chairs.split('.').filter_map(chair).collect() }
    }

    /// Returns who the browser is in the event. Looks through the text without reading all of it: every poll asks this.
    pub fn find(text: &str, event: &EventId) -> Option<ParticipantId> {
        let (rooms, _) = text.split_once('~').unwrap_or((text, ""));
        let who = rooms.split('.').find_map(|entry| entry.strip_prefix(short(event.as_str())))?;
        ParticipantId::parse(&format!("p_{who}"))
    }

    /// Returns who the browser is in the event.
    pub fn participant(&self, event: &EventId) -> Option<ParticipantId> {
        self.rooms.iter().find(|(id, _)| id == short(event.as_str())).map(|(_, who)| who.clone())
    }

    /// Notes who the browser is in the event.
    pub fn join(&mut self, event: &EventId, who: ParticipantId) {
        put(&mut self.rooms, event.as_str(), who, ROOMS);
    }

    /// Forgets who the browser was in the event.
    pub fn leave(&mut self, event: &EventId) {
        self.rooms.retain(|(id, _)| id != short(event.as_str()));
    }

    /// The version of the meeting's chair link that the browser followed.
    pub fn chair(&self, meeting: &str) -> Option<i64> {
        self.chairs.iter().find(|(id, _)| id == short(meeting)).map(|(_, version)| *version)
    }

    /// Returns whether the browser followed any chair link.
    pub fn has_chairs(&self) -> bool {
        !self.chairs.is_empty()
    }

    /// Notes that the browser followed this version of the meeting's chair link.
    pub fn seat(&mut self, meeting: &str, version: i64) {
        put(&mut self.chairs, meeting, version, CHAIRS);
    }
}

impl fmt::Display for Memberships {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (event, who)) in self.rooms.iter().enumerate() {
            write!(f, "{}{event}{}", if n == 0 { "" } else { "." }, who.as_str().trim_start_matches("p_"))?;
        }
        for (n, (meeting, version)) in self.chairs.iter().enumerate() {
            write!(f, "{}{meeting}:{version}", if n == 0 { "~" } else { "." })?;
        }
        Ok(())
    }
}

/// The name that an older Gavel gave the cookie with a participant's token.
pub fn old_name(event: &EventId) -> String {
    [OLD, event.as_str()].concat()
}

/// Returns whether a cookie is one of an older Gavel.
pub fn is_old(name: &str) -> bool {
    event_of(name).is_some() || meeting_of(name).is_some()
}

/// The event of an older Gavel's cookie.
pub fn event_of(name: &str) -> Option<EventId> {
    EventId::parse(name.strip_prefix(OLD)?)
}

/// The meeting of an older Gavel's cookie.
pub fn meeting_of(name: &str) -> Option<&str> {
    name.strip_prefix(OLD_CHAIR)
}

/// The participant of a token from a sealed cookie.
pub fn of_token(token: &str) -> Option<ParticipantId> {
    ParticipantId::parse(token.split_once('.')?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_rooms_and_chair_links_are_kept_in_a_bounded_text() {
        let mut kept = Memberships::default();
        let all: Vec<_> = (0..500).map(|_| (EventId::random(), ParticipantId::random())).collect();
        for (event, who) in &all {
            kept.join(event, who.clone());
            kept.seat(EventId::random().as_str(), i64::MAX);
        }
        let text = kept.to_string();
        assert!(text.len() < 700, "{}", text.len());
        assert_eq!(Memberships::parse(&text), kept);
        for (n, (event, who)) in all.iter().enumerate() {
            let expected = (n >= 484).then_some(who);
            assert_eq!((kept.participant(event).as_ref(), Memberships::find(&text, event).as_ref()), (expected, expected), "{n}");
        }
    }

    #[test]
    fn joining_again_makes_a_room_the_latest_and_leaving_forgets_it() {
        let (event, who) = (EventId::random(), ParticipantId::random());
        let mut kept = Memberships::default();
        kept.join(&event, ParticipantId::random());
        for _ in 0..ROOMS - 1 {
            kept.join(&EventId::random(), ParticipantId::random());
        }
        kept.join(&event, who.clone());
        kept.join(&EventId::random(), ParticipantId::random());
        assert_eq!(kept.participant(&event), Some(who));
        kept.leave(&event);
        assert_eq!((kept.participant(&event), kept.rooms.len()), (None, ROOMS - 1));
    }

    #[test]
    fn what_is_no_such_text_is_nothing() {
        for text in ["", "~", ".", "x", "~x", "é.é~é:é", "~a:b", "abcdefghé234567890123456789"] {
            assert_eq!(Memberships::parse(text), Memberships::default(), "{text}");
            assert_eq!(Memberships::find(text, &EventId::random()), None);
        }
    }
}
