//! The cookies of our pages. Each is sealed, and bounded whatever its browser did before: all of them together stay
//! under 2 KB, for proxies and the live door refuse requests whose heads are too large.
//!
//! With https their names begin with `__Host-`, so that no other host of the domain can set one (RFC 6265bis,
//! section 4.1.3.2).

use std::sync::{MutexGuard, PoisonError};

use rocket::http::{Cookie, SameSite};
use rocket::time::Duration as Age;

use super::guards::Caller;
use super::memberships::{self, Memberships};
use crate::app::people::accounts::{SignedIn, Visitor};
use crate::app::{App, Error};
use crate::domain::people::device::Device;
use crate::domain::schedule::event::EventId;
use crate::domain::talk::participant::ParticipantId;

/// The name of a cookie: without and with https.
#[derive(Clone, Copy, Debug)]
pub struct Name {
    plain: &'static str,
    host: &'static str,
}

impl Name {
    /// Its name, which depends on whether people use https.
    #[must_use]
    pub const fn of(self, https: bool) -> &'static str {
        if https { self.host } else { self.plain }
    }
}

macro_rules! names {
    ($($(#[$said:meta])* $name:ident = $text:literal;)+) => {
        $($(#[$said])* pub const $name: Name = Name { plain: $text, host: concat!("__Host-", $text) };)+
    };
}

names! {
    /// The secret of the browser's forms.
    CSRF = "gavel_csrf";
    /// The notice for the next page.
    FLASH = "gavel_flash";
    /// The secret of a sign-in.
    SESSION = "gavel_session";
    /// The organizers who signed in with this browser before.
    DEVICE = "gavel_device";
    /// The rooms that the browser is in, and the chair links that it followed.
    ROOMS = "gavel_rooms";
}

/// The time for which browsers keep cookies that have no set end. The server ends them earlier.
const YEAR: Age = Age::days(365);
/// The time for which a browser keeps its rooms and chair links after their last change.
const ROOMS_AGE: Age = Age::days(90);
/// Old cookies that one answer takes back: each takes a header, and proxies bound the heads of answers as well.
const AT_ONCE: usize = 8;

impl Caller<'_> {
    /// Returns the content of a sealed cookie.
    #[must_use]
    pub fn sealed(&self, name: Name) -> Option<String> {
        self.jar.get_private(name.of(self.https)).map(|cookie| cookie.value().to_owned())
    }

    /// Has the browser keep a sealed cookie.
    pub fn seal(&self, name: Name, value: String, age: Age) {
        let cookie = Cookie::build((name.of(self.https), value)).path("/").http_only(true).same_site(SameSite::Lax);
        self.jar.add_private(cookie.secure(self.https).max_age(age));
    }

    /// Has the browser forget a cookie. A browser takes no word about a `__Host-` name without its attributes.
    pub fn unseal(&self, name: Name) {
        self.jar.remove_private(Cookie::build(name.of(self.https)).path("/").secure(self.https));
    }

    /// The secret of the browser's sign-in.
    #[must_use]
    pub fn session(&self) -> Option<String> {
        self.sealed(SESSION)
    }

    /// The browser that a sign-in comes from.
    #[must_use]
    pub fn visitor(&self) -> Visitor {
        let device = self.sealed(DEVICE).and_then(|device| Device::parse(&device));
        Visitor { network: self.network, device, session: self.session() }
    }

    /// Has the browser keep its sign-in, which the server ends after 30 days without use, and that it is a known
    /// device from now on.
    pub fn keep_sign_in(&self, signed_in: SignedIn) {
        self.seal(SESSION, signed_in.session, YEAR);
        self.seal(DEVICE, signed_in.device.to_string(), YEAR);
    }

    /// The participant who this browser is in the event.
    #[must_use]
    pub fn member(&self, event: &EventId) -> Option<ParticipantId> {
        let kept = self.memberships().participant(event);
        kept.or_else(|| memberships::of_token(self.jar.get_private(&memberships::old_name(event))?.value()))
    }

    /// Has the browser keep who it is in the event.
    pub fn keep_member(&self, event: &EventId, who: ParticipantId) {
        self.change(|it| it.join(event, who));
        self.forget_old(event);
    }

    /// Has the browser forget who it was in the event.
    pub fn drop_member(&self, event: &EventId) {
        self.change(|it| it.leave(event));
        self.forget_old(event);
    }

    /// The version of the meeting's chair link that this browser followed.
    #[must_use]
    pub fn chair_version(&self, meeting: &str) -> Option<i64> {
        self.memberships().chair(meeting)
    }

    /// Returns whether the browser followed any chair link.
    #[must_use]
    pub fn has_chairs(&self) -> bool {
        self.memberships().has_chairs()
    }

    /// Has the browser keep that it followed this version of the meeting's chair link.
    pub fn keep_chair(&self, meeting: &str, version: i64) {
        self.change(|it| it.seat(meeting, version));
    }

    /// Takes over some cookies of an older Gavel, which had one for each event and each chair link.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn take_over_old(&self, app: &App) -> Result<(), Error> {
        let old: Vec<String> =
            self.jar.iter().map(|it| it.name().to_owned()).filter(|name| memberships::is_old(name)).take(AT_ONCE).collect();
        for name in old {
            let value = self.jar.get_private(&name).map(|cookie| cookie.value().to_owned()).unwrap_or_default();
            if let Some(event) = memberships::event_of(&name) {
                let who = memberships::of_token(&value);
                if let Some(who) = who
                    && self.memberships().participant(&event).is_none()
                    && app.is_member(&event, &who).await?
                {
                    self.change(|it| it.join(&event, who));
                }
            } else if let Some(meeting) = memberships::meeting_of(&name)
                && let Some(version) = app.chair_version(meeting, &value).await?
            {
                self.change(|it| it.seat(meeting, version));
            }
            self.jar.remove(Cookie::build(name).path("/"));
        }
        Ok(())
    }

    fn forget_old(&self, event: &EventId) {
        let name = memberships::old_name(event);
        if self.jar.get(&name).is_some() {
            self.jar.remove(Cookie::build(name).path("/"));
        }
    }

    fn memberships(&self) -> MutexGuard<'_, Memberships> {
        let kept = self.memberships.get_or_init(|| self.sealed(ROOMS).map(|it| Memberships::parse(&it)).unwrap_or_default().into());
        kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what the browser keeps. What the same request changed before is in it.
    fn change(&self, change: impl FnOnce(&mut Memberships)) {
        let mut kept = self.memberships();
        let before = kept.to_string();
        change(&mut kept);
        let after = kept.to_string();
        if after != before {
            self.seal(ROOMS, after, ROOMS_AGE);
        }
    }
}
