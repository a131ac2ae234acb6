//! Organizers' accounts: set-up, sign-in, API tokens.

use crate::app::limits::Source;
use crate::app::security_log::{self, Event};
use crate::app::{App, Error};
use crate::domain::network::Network;
use crate::domain::people::device::Device;
use crate::domain::people::organizer::{self, AccountProblem, Organizer};
use crate::domain::secret;
use crate::domain::talk::participant::Nick;
use crate::store;

/// The hash of a password that nobody has: checked for unknown names, so that they take as long.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$Z2F2ZWwtbm9ib2R5LWhlcg$4uG0RrS5Qf0nq0r3F1yS8v2l1JH9m7mT0mG3z8xkq2c";

/// The browser that a sign-in comes from.
#[derive(Clone, Debug, Default)]
pub struct Visitor {
    pub network: Option<Network>,
    /// The cookie that it got at an earlier sign-in.
    pub device: Option<Device>,
    /// The secret of the sign-in that it has now.
    pub session: Option<String>,
}

/// The cookies that a browser keeps of a sign-in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The secret of the sign-in.
    pub session: String,
    pub device: Device,
}

impl App {
    /// Makes an account with a password. Takes tens of milliseconds on a thread of its own.
    ///
    /// # Errors
    /// [`Error::Account`], [`Error::NameTaken`], [`Error::Busy`], [`Error::Unavailable`].
    pub async fn add_organizer(&self, name: &str, password: String) -> Result<Organizer, Error> {
        let (name, hash) = self.new_account(name, password).await?;
        self.store.add_organizer(&name, &hash).await.map_err(taken)
    }

    /// Makes an API token of an organizer, to be shown once.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`] where nobody has this name, [`Error::Unavailable`].
    pub async fn add_token(&self, name: &str) -> Result<String, Error> {
        let name = organizer::name(name).map_err(Error::Account)?;
        let (organizer, _) = self.store.find_organizer(&name).await?.ok_or(Error::NotSignedIn)?;
        let token = secret::token("gavel_");
        self.store.add_token(&organizer, &secret::hash(&token)).await?;
        security_log::note(Event::TokenCreated { organizer: &organizer.name }, None);
        Ok(token)
    }

    /// The organizer of this name.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn organizer_named(&self, name: &str) -> Result<Option<Organizer>, Error> {
        let name = organizer::name(name).map_err(Error::Account)?;
        Ok(self.store.find_organizer(&name).await?.map(|(organizer, _)| organizer))
    }

    /// The organizer of an API token.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`], [`Error::Unavailable`].
    pub async fn organizer_of_token(&self, token: &str) -> Result<Organizer, Error> {
        self.store.find_token(&secret::hash(token)).await?.ok_or(Error::NotSignedIn)
    }

    /// The organizer who is signed in with this secret.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn organizer_of_session(&self, session: &str) -> Result<Option<Organizer>, Error> {
        Ok(self.store.find_session(&secret::hash(session)).await?)
    }

    /// Signs an organizer in, and ends the sign-in that the browser had before.
    ///
    /// Only failures are limited: by name and network together, and by network alone over all names. A device with
    /// which this organizer signed in before has a limit of its own, so that others' attempts never block it.
    ///
    /// # Errors
    /// [`Error::WrongPassword`], [`Error::TooMany`], [`Error::Busy`], [`Error::Unavailable`].
    pub async fn sign_in(&self, name: &str, password: String, visitor: &Visitor) -> Result<SignedIn, Error> {
        let Ok(name) = organizer::name(name) else {
            // Nobody has such a name: there is nothing to guess.
            security_log::note(Event::SignInFailed { organizer: None, known_device: false }, visitor.network);
            return Err(Error::WrongPassword);
        };
        let found = self.store.find_organizer(&name).await?;
        let known = found.as_ref().and_then(|(organizer, _)| visitor.device.as_ref().filter(|it| it.knows(&organizer.id)));
        let source =
            known.map_or_else(|| Source::Network(name.key(), visitor.network), |it| Source::Device(it.id().to_owned(), name.key()));
        self.limits.check_sign_in(&source)?;
        let core = self.passwords.core(known.is_some()).await?;
        let attempt = self.limits.sign_in(&source)?;
        let hash = found.as_ref().map_or_else(|| NOBODY.to_owned(), |(_, hash)| hash.clone());
        let right = core.run(move || password.len() <= 1_000 && organizer::verify_password(&password, &hash)).await?;
        let known_device = matches!(source, Source::Device(..));
        let Some((organizer, _)) = found.as_ref().filter(|_| right) else {
            let organizer = found.as_ref().map(|(organizer, _)| organizer.name.as_str());
            security_log::note(Event::SignInFailed { organizer, known_device }, visitor.network);
            return Err(Error::WrongPassword);
        };
        attempt.give_back();
        security_log::note(Event::SignIn { organizer: &organizer.name, known_device }, visitor.network);
        self.signed_in(organizer, visitor).await
    }

    /// Ends a sign-in.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn sign_out(&self, session: &str, from: Option<Network>) -> Result<(), Error> {
        self.store.drop_session(&secret::hash(session)).await?;
        security_log::note(Event::SignOut, from);
        Ok(())
    }

    /// The secret of the one-time set-up link, as long as there is no organizer.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn set_up_token(&self) -> Result<Option<String>, Error> {
        if self.store.has_organizers().await? {
            return Ok(None);
        }
        Ok(Some(self.set_up.clone()))
    }

    /// Whether a set-up link still holds.
    ///
    /// # Errors
    /// [`Error::SetUpOver`], [`Error::Unavailable`].
    pub async fn check_set_up(&self, token: &str) -> Result<(), Error> {
        let fits = secret::same(&self.set_up, token) && !self.store.has_organizers().await?;
        if fits { Ok(()) } else { Err(Error::SetUpOver) }
    }

    /// Makes the first organizer's account by the set-up link, and signs in.
    ///
    /// # Errors
    /// [`Error::SetUpOver`], [`Error::Account`], [`Error::Busy`], [`Error::Unavailable`].
    pub async fn set_up(&self, token: &str, name: &str, password: String, visitor: &Visitor) -> Result<SignedIn, Error> {
        self.check_set_up(token).await?;
        let (name, hash) = self.new_account(name, password).await?;
        let organizer = self.store.add_first_organizer(&name, &hash).await.map_err(|problem| match problem {
            store::Error::Conflict => Error::SetUpOver,
            other => other.into(),
        })?;
        security_log::note(Event::AccountCreated { organizer: &organizer.name }, visitor.network);
        self.signed_in(&organizer, visitor).await
    }

    async fn signed_in(&self, organizer: &Organizer, visitor: &Visitor) -> Result<SignedIn, Error> {
        let session = secret::token("s_");
        self.store.add_session(organizer, &secret::hash(&session)).await?;
        if let Some(before) = &visitor.session {
            self.store.drop_session(&secret::hash(before)).await?;
        }
        Ok(SignedIn { session, device: visitor.device.clone().unwrap_or_else(Device::random).with(&organizer.id) })
    }

    async fn new_account(&self, name: &str, password: String) -> Result<(Nick, String), Error> {
        let name = organizer::name(name).map_err(Error::Account)?;
        organizer::check_password(&password).map_err(Error::Account)?;
        let core = self.passwords.core(false).await?;
        let hash = core.run(move || organizer::hash_password(&password)).await?.map_err(Error::Unavailable)?;
        Ok((name, hash))
    }
}

fn taken(problem: store::Error) -> Error {
    match problem {
        store::Error::Conflict => Error::NameTaken,
        other => other.into(),
    }
}

/// What is wrong with a new account, for the field it belongs to.
#[must_use]
pub const fn account_field(problem: AccountProblem) -> &'static str {
    match problem {
        AccountProblem::Name => "name",
        AccountProblem::PasswordShort | AccountProblem::PasswordLong => "password",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything of a PHC string that the time of verifying depends on.
    fn costs(hash: &str) -> (&str, usize, usize) {
        let parts: Vec<&str> = hash.rsplitn(3, '$').collect();
        (parts[2], parts[1].len(), parts[0].len())
    }

    #[test]
    fn an_unknown_name_takes_as_long_as_a_known_one() {
        assert_eq!(costs(NOBODY), costs(&organizer::hash_password("correct horse").unwrap()));
        assert!(organizer::is_hash(NOBODY));
    }
}
