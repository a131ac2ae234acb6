//! What is done to people in an event and to what they said: removed, made chairs, redacted.

use sqlx::Row;

use super::messages;
use super::participant_action::Refusal;
use crate::domain::minutes::Fold;
use crate::domain::schedule::event::{EventId, Phase};
use crate::domain::talk::message::Kind;
use crate::domain::talk::participant::{ParticipantId, ParticipantState};
use crate::domain::time::Timestamp;
use crate::domain::transcript::digest;
use crate::store::Error;
use crate::store::log::transaction::LogTransaction;
use crate::store::schedule::organizer_action::{OrganizerOutcome, not_open};

impl LogTransaction {
    pub(in crate::store) fn remove(&mut self, id: &EventId, phase: Phase, who: &ParticipantId) -> Result<OrganizerOutcome, Refusal> {
        let known = self.known(id, who).filter(|it| it.standing != ParticipantState::Gone).cloned();
        let mut person = known.ok_or(Refusal::NoParticipant)?;
        let ts = self.next_ts(id);
        self.set_state(id, &mut person, ParticipantState::Gone, ts);
        if phase == Phase::Open {
            self.append_about(id, ts, Kind::Left, &person, &format!("{} was removed", person.nick));
        }
        Ok(OrganizerOutcome::Nothing)
    }

    pub(in crate::store) fn chair(
        &mut self,
        id: &EventId,
        phase: Phase,
        who: &ParticipantId,
        on: bool,
    ) -> Result<OrganizerOutcome, Refusal> {
        if phase != Phase::Open {
            return Err(Refusal::Event(not_open(phase)));
        }
        let known = self.known(id, who).filter(|it| it.standing != ParticipantState::Gone).cloned();
        let mut person = known.ok_or(Refusal::NoParticipant)?;
        self.seat(id, &mut person, on);
        Ok(OrganizerOutcome::Nothing)
    }

    /// Empties a message, and what the rows of commands repeat of it.
    pub(in crate::store) async fn redact(
        &mut self,
        id: &EventId,
        phase: Phase,
        ts: Timestamp,
    ) -> Result<Result<OrganizerOutcome, Refusal>, Error> {
        let tagged = messages::tagged(self.connection(), id).await?;
        for by in Fold::over(&tagged).repeating(ts) {
            if let Err(refusal) = self.empty(id, phase, by).await? {
                return Ok(Err(refusal));
            }
        }
        self.empty(id, phase, ts).await
    }

    async fn empty(&mut self, id: &EventId, phase: Phase, ts: Timestamp) -> Result<Result<OrganizerOutcome, Refusal>, Error> {
        let message =
            sqlx::query("SELECT text, salt FROM chat_data WHERE event_id = $1 AND ts = $2 AND kind IN ('said', 'emote', 'action')")
                .bind(id.as_str())
                .bind(ts.micros())
                .fetch_optional(self.connection())
                .await?;
        let Some(message) = message else { return Ok(Err(Refusal::NoMessage)) };
        let (text, salt): (String, Option<String>) = (message.try_get("text")?, message.try_get("salt")?);
        if text.is_empty() {
            // Emptied before: once is enough.
            return Ok(Ok(OrganizerOutcome::Nothing));
        }
        sqlx::query("UPDATE chat_data SET text = '', html = '', salt = NULL, hash = $1 WHERE event_id = $2 AND ts = $3")
            .bind(digest::content(salt.as_deref(), &text))
            .bind(id.as_str())
            .bind(ts.micros())
            .execute(self.connection())
            .await?;
        self.take_from_index(id, ts).await?;
        self.redacted(id, ts);
        if phase == Phase::Closed {
            self.forget_words(id).await?;
        } else {
            let at = self.next_ts(id);
            self.append(id, at, Kind::Redacted, &ts.to_string());
        }
        Ok(Ok(OrganizerOutcome::Nothing))
    }
}
