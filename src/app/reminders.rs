//! Reminders by mail: asking for them, confirming, ending. Without a server of mail there are none.

use super::schedule::meetings::Found;
use super::{App, Error, Thing};
use crate::domain::form::Problems;
use crate::domain::network::Network;
use crate::domain::reminders::{Email, Reminder, ReminderTimes};
use crate::domain::schedule::meeting::Meeting;
use crate::email;

/// What came in of somebody who wants to be reminded.
#[derive(Clone, Debug)]
pub struct ReminderInput {
    pub email: String,
    pub day: bool,
    pub hour: bool,
}

/// What a link in a mail leads to.
#[derive(Clone, Debug)]
pub struct SubscriptionPage {
    pub meeting: Meeting,
    pub reminder: Reminder,
    pub choice: ReminderTimes,
}

impl App {
    /// Whether reminders can be had here.
    #[must_use]
    pub fn has_reminders(&self) -> bool {
        self.post.is_some()
    }

    /// The meeting with this slug as one to be reminded of.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Deleted`], [`Error::Unavailable`].
    pub async fn meeting_to_remind_of(&self, slug: &str) -> Result<Found, Error> {
        match self.find_meeting(slug, None).await? {
            Found::Meeting(meeting) if meeting.deleted_at.is_some() => Err(Error::Deleted),
            found => Ok(found),
        }
    }

    /// Has a mail be sent to this address that asks its owner to confirm. Whether the address has reminders
    /// already makes no difference that could be seen.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::TooMany`], [`Error::Unavailable`].
    pub async fn ask_for_reminders(&self, meeting: &Meeting, input: &ReminderInput, from: Option<Network>) -> Result<Email, Error> {
        let mut problems = Problems::default();
        let email = problems.take("email", Email::parse(&input.email));
        if email.as_ref().is_some_and(|email| !email::can_be_sent_to(email)) {
            problems.add("email", "No mail can be sent to this address. Check how it is written.");
        }
        let choice =
            problems.take("when", ReminderTimes::new(input.day, input.hour).ok_or("Choose when the mail is to come, once at least."));
        let (email, choice) = problems.finish(email.zip(choice)).map_err(Error::Invalid)?;
        self.limits.remind(&email, from)?;
        self.store.ask_for_reminders(&meeting.id, &email, choice).await?;
        Ok(email)
    }

    /// What is to be confirmed by the link with this token.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a token that is not ours, or whose time is over; [`Error::Unavailable`].
    pub async fn asked(&self, token: &str) -> Result<SubscriptionPage, Error> {
        let over = || Error::NotFound(Thing::Reminder);
        let signed = self.signer.of_mailed("confirm", token).ok_or_else(over)?;
        let (id, code) = signed.split_once('.').ok_or_else(over)?;
        let choice = ReminderTimes::of_code(code).ok_or_else(over)?;
        let reminder = self.store.find_reminder(id).await?.ok_or_else(over)?;
        let meeting = self.store.get_meeting(&reminder.meeting).await?;
        if meeting.deleted_at.is_some() {
            return Err(Error::Deleted);
        }
        Ok(SubscriptionPage { meeting, reminder, choice })
    }

    /// Confirms the reminders of a link; to do so again changes nothing.
    ///
    /// # Errors
    /// As for [`Self::asked`].
    pub async fn confirm_reminders(&self, token: &str) -> Result<SubscriptionPage, Error> {
        let asked = self.asked(token).await?;
        if self.store.confirm_reminder(&asked.reminder.id, asked.choice).await? { Ok(asked) } else { Err(Error::NotFound(Thing::Reminder)) }
    }

    /// Whose reminders the link with this token ends, and of what meeting; `None` where they have ended already.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a token that is not ours, [`Error::Unavailable`].
    pub async fn to_stop(&self, token: &str) -> Result<Option<(Meeting, Reminder)>, Error> {
        let id = self.signer.of_mailed("stop", token).ok_or(Error::NotFound(Thing::Reminder))?;
        let Some(reminder) = self.store.find_reminder(id).await? else { return Ok(None) };
        Ok(Some((self.store.get_meeting(&reminder.meeting).await?, reminder)))
    }

    /// Ends reminders and erases their address.
    ///
    /// # Errors
    /// As for [`Self::to_stop`].
    pub async fn stop_reminders(&self, token: &str) -> Result<(), Error> {
        let id = self.signer.of_mailed("stop", token).ok_or(Error::NotFound(Thing::Reminder))?;
        Ok(self.store.drop_reminder(id).await?)
    }

    /// How many readers of a meeting are reminded: all that its organizer is told of them.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn count_reminders(&self, meeting: &Meeting) -> Result<i64, Error> {
        Ok(self.store.count_reminders(&meeting.id).await?)
    }
}
