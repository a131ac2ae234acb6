//! By what somebody proves that they may run an event: an API token, a sign-in, a participant's token, the key
//! of a chair link; as a header of a program, or in the cookies of our own pages.

use super::guards::Caller;
use super::problem::Problem;
use crate::app::people::chairs::Papers;
use crate::app::{App, Error};
use crate::domain::schedule::event::EventId;

/// What a chair link's key begins with where it is sent as a token.
pub const CHAIR: &str = "gct_";

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
        let version = if self.has_chairs() { self.chair_version(&app.event(event).await?.meeting) } else { None };
        // A participant who has left by now proves nothing.
        Ok(Papers { organizer: self.signed_in(app).await?, participant: self.member(event), version, key: None })
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
}
