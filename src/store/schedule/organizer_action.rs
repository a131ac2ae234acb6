//! What an organizer can do to one event, as values. `perform_action` carries it out.

use crate::domain::schedule::event::{ChatEvent, EventId, EventProblem, Phase};
use crate::domain::schedule::meeting::{Meeting, MeetingDraft};
use crate::domain::schedule::undo_reschedule::Before;
use crate::domain::talk::participant::ParticipantId;
use crate::domain::time::Timestamp;
use crate::domain::transcript::system_text;
use crate::store::agenda::AgendaEdit;
use crate::store::minutes::action_items::Decided;

/// What an organizer does.
#[derive(Clone, Debug)]
pub enum OrganizerAction {
    /// Opens a scheduled event at once, from [`ChatEvent::may_open_from`] on; its end stays.
    Open {
        event: EventId,
        by_chair: bool,
    },
    /// Closes an open event at once.
    Close {
        event: EventId,
    },
    /// Moves the end of an event that has not closed, by minutes.
    Extend {
        event: EventId,
        minutes: i64,
    },
    /// Changes times, title, agenda.
    Change {
        event: EventId,
        patch: EventPatch,
    },
    /// Writes, ticks or carries over what is on the agenda.
    Agenda {
        event: EventId,
        edit: AgendaEdit,
    },
    /// Decides on an action of an earlier event.
    Decide {
        event: EventId,
        what: Decided,
    },
    Cancel {
        event: EventId,
        reason: Option<String>,
    },
    /// Takes a cancellation back.
    Restore {
        event: EventId,
    },
    /// Ends somebody's participation.
    Remove {
        event: EventId,
        who: ParticipantId,
    },
    /// Makes somebody a chair, or takes that from them.
    Chair {
        event: EventId,
        who: ParticipantId,
        on: bool,
    },
    /// Empties what somebody said.
    Redact {
        event: EventId,
        ts: Timestamp,
    },
    /// Adds one more event to a meeting; opens now where no start is given.
    AddEvent {
        meeting: String,
        opens_at: Option<Timestamp>,
        closes_at: Timestamp,
        title: Option<String>,
        /// Refused where it would overlap another event of the meeting.
        apart: bool,
    },
    CreateMeeting {
        organizer: String,
        draft: MeetingDraft,
    },
    /// Changes a meeting; its times for all that lies ahead, or from one start on.
    EditMeeting {
        meeting: String,
        draft: MeetingDraft,
        from: Option<Timestamp>,
    },
    /// Takes a change of a meeting's times back.
    UndoRetiming {
        meeting: String,
        before: Before,
    },
    DeleteMeeting {
        meeting: String,
    },
    RestoreMeeting {
        meeting: String,
    },
    /// Makes the events of the coming weeks that are not made yet.
    TopUp {
        meeting: String,
    },
}

impl OrganizerAction {
    /// The one event it is about; `None` where it is about a meeting.
    #[must_use]
    pub const fn event(&self) -> Option<&EventId> {
        match self {
            Self::Open { event, .. }
            | Self::Close { event }
            | Self::Extend { event, .. }
            | Self::Change { event, .. }
            | Self::Agenda { event, .. }
            | Self::Decide { event, .. }
            | Self::Cancel { event, .. }
            | Self::Restore { event }
            | Self::Remove { event, .. }
            | Self::Chair { event, .. }
            | Self::Redact { event, .. } => Some(event),
            _ => None,
        }
    }

    /// Whether it may bring an event to where another one of its meeting is. Of those that do, one comes after the other.
    pub(super) const fn is_scheduling(&self) -> bool {
        match self {
            Self::Extend { .. } => true,
            Self::Change { patch, .. } => patch.moves(),
            _ => false,
        }
    }

    /// The participant it is about, if about one.
    pub(super) const fn who(&self) -> Option<&ParticipantId> {
        match self {
            Self::Remove { who, .. } | Self::Chair { who, .. } => Some(who),
            Self::Decide { what, .. } => what.who.as_ref(),
            _ => None,
        }
    }
}

/// New values for an event; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventPatch {
    pub opens_at: Option<Timestamp>,
    pub closes_at: Option<Timestamp>,
    /// `Some(None)`: the meeting's title again.
    pub title: Option<Option<String>>,
    /// Empty: none.
    pub agenda: Option<String>,
    /// The version of the agenda whose change is taken back.
    pub agenda_undo: Option<String>,
    /// Times at which it would overlap another event of its meeting are refused.
    pub apart: bool,
}

impl EventPatch {
    /// Whether it is about times.
    pub(in crate::store) const fn moves(&self) -> bool {
        self.opens_at.is_some() || self.closes_at.is_some()
    }
}

/// What an act made.
#[derive(Clone, Debug)]
pub enum OrganizerOutcome {
    Event(Box<ChatEvent>),
    Meeting(Box<Meeting>),
    Nothing,
}

/// What a row tells of an event that was cancelled, or gone, and is not any more.
pub(in crate::store) const RESTORED: &str = "This event takes place after all.";

pub(in crate::store) const fn not_open(phase: Phase) -> EventProblem {
    match phase {
        Phase::Scheduled | Phase::Open => EventProblem::NotOpen,
        Phase::Closed => EventProblem::Closed,
        Phase::Cancelled => EventProblem::Cancelled,
    }
}

/// The text of the row that tells an event's new times, and which they were, to everyone who waits or talks in it.
pub(in crate::store) fn moved_text(before: &ChatEvent, event: &ChatEvent, phase: Phase) -> String {
    if phase == Phase::Open {
        return format!("The room now closes at {}.", event.end());
    }
    let times = |event: &ChatEvent| format!("{}, {}", event.opens_at.in_zone(event.zone).format("%A %-d %B %Y"), event.hours());
    format!("{}{}. It was on {}.", system_text::MOVED, times(event), times(before))
}
