//! By what somebody proves that they may run an event: an API token, a sign-in, a participant's token, the key
//! of a chair link; as a header of a program, or in the cookies of our own pages.

use super::error::Problem;
use super::guards::Caller;
use crate::app::chairs::Papers;
use crate::app::{App, Error};
use crate::domain::event::EventId;
use crate::domain::meeting::Meeting;

/// What a chair link's key begins with where it is sent as a token.
pub const CHAIR: &str = "gct_";
/// What the names of cookies begin with that keep such a key.
const COOKIE: &str = "gavel_chair_";
/// How long a browser keeps one, in days.
const DAYS: i64 = 90;

impl Caller<'_> {
    /// What came along for the right to run this event. A header goes before all cookies.
    ///
    /// # Errors
    /// [`Error::BadToken`], [`Error::NotSignedIn`] for a token that is nobody's; [`Error::Unavailable`].
    pub async fn papers(&self, app: &App, event: &EventId) -> Result<Papers, Error> {
        if let Some(token) = self.bearer() {
            return if let Some(key) = token.strip_prefix(CHAIR) {
                Ok(Papers { key: Some(key.to_owned()), ..Papers::default() })
            } else if token.starts_with("p_") {
                Ok(Papers { participant: Some(app.authenticate(token)?), ..Papers::default() })
            } else {
                Ok(Papers::from(&app.organizer_of_token(token).await?))
            };
        }
        // One that has died by now proves nothing.
        let participant = self.token_cookie(event).and_then(|token| app.authenticate(&token).ok());
        let key = if self.jar().iter().any(|cookie| cookie.name().starts_with(COOKIE)) {
            self.chair_cookie(&app.event(event).await?.meeting)
        } else {
            None
        };
        Ok(Papers { organizer: self.signed_in(app).await?, participant, key })
    }

    /// The same for somebody who writes by it.
    ///
    /// # Errors
    /// As for [`Self::papers`]; 403 where a foreign page sent its visitor's cookie.
    pub async fn writing_papers(&self, app: &App, event: &EventId) -> Result<Papers, Problem> {
        let papers = self.papers(app, event).await?;
        if !papers.is_any() {
            return Err(Error::NotSignedIn.into());
        }
        self.check_write()?;
        Ok(papers)
    }

    /// The key of the meeting's chair link, where this browser came by it.
    pub fn chair_cookie(&self, meeting: &str) -> Option<String> {
        self.jar().get_private(&cookie(meeting)).map(|cookie| cookie.value().to_owned())
    }

    /// Has the browser keep the key of a meeting's chair link.
    pub fn keep_chair_key(&self, meeting: &Meeting, key: &str) {
        self.jar().add_private(self.cookie(cookie(&meeting.id), key.to_owned(), DAYS));
    }
}

fn cookie(meeting: &str) -> String {
    [COOKIE, meeting].concat()
}
