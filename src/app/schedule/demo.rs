//! The meeting that `gavel demo` shows: open now, for two hours.

use crate::app::{App, Error};
use crate::domain::people::organizer::Organizer;
use crate::domain::schedule::event::ChatEvent;
use crate::domain::schedule::meeting::MeetingInput;
use crate::domain::secret;

use super::events::EventInput;

const NAME: &str = "demo";
const SLUG: &str = "demo";

/// Finds or makes the demo's meeting, and an event of it that is open now.
///
/// # Errors
/// [`Error::Unavailable`], or whatever keeps a meeting from being made.
pub async fn open_meeting(app: &App) -> Result<ChatEvent, Error> {
    let organizer = demo_organizer(app).await?;
    let now = app.now();
    if app.owned_meeting(&organizer, SLUG).await.is_err() {
        let input = MeetingInput {
            title: "Chart table, a demo".into(),
            slug: SLUG.into(),
            description: "A short conversation, so that you see a room alive. **Join in** with any nickname.".into(),
            timezone: "UTC".into(),
            starts: now.utc().format("%Y-%m-%dT%H:%M").to_string(),
            duration_minutes: "120".into(),
            ..MeetingInput::default()
        };
        app.create_meeting(&organizer, &input).await?;
    }
    let meeting = app.owned_meeting(&organizer, SLUG).await?;
    if let Some(event) = app.view_meeting(meeting, None).await?.current {
        return Ok(event);
    }
    let input = EventInput { closes_at: Some(now.plus_minutes(120).to_string()), ..EventInput::default() };
    app.add_event(&organizer, SLUG, &input).await
}

async fn demo_organizer(app: &App) -> Result<Organizer, Error> {
    match app.organizer_named(NAME).await? {
        Some(organizer) => Ok(organizer),
        None => app.add_organizer(NAME, secret::readable(24)).await,
    }
}
