//! Organizers' accounts: set-up, sign-in, API tokens.

use super::{App, Error};
use crate::domain::network::Network;
use crate::domain::organizer::{self, AccountProblem, Organizer};
use crate::domain::secret;
use crate::store;

/// The hash of a password that nobody has: checked for unknown names, so that they take as long.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$Z2F2ZWwtbm9ib2R5LWhlcmU$4uG0RrS5Qf0nq0r3F1yS8v2l1JH9m7mT0mG3z8xkq2c";

impl App {
    /// Makes an account with a password. Takes tens of milliseconds on a thread of its own.
    ///
    /// # Errors
    /// [`Error::Account`], [`Error::NameTaken`], [`Error::Unavailable`].
    pub async fn add_organizer(&self, name: &str, password: String) -> Result<Organizer, Error> {
        let (name, hash) = new_account(name, password).await?;
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

    /// Signs an organizer in and gives the secret for the browser's cookie.
    ///
    /// # Errors
    /// [`Error::WrongPassword`], [`Error::TooMany`], [`Error::Unavailable`].
    pub async fn sign_in(&self, name: &str, password: String, from: Option<Network>) -> Result<String, Error> {
        let name = organizer::name(name).map_err(|_| Error::WrongPassword)?;
        self.limits.sign_in(&name.key(), from)?;
        let found = self.store.find_organizer(&name).await?;
        let hash = found.as_ref().map_or_else(|| NOBODY.to_owned(), |(_, hash)| hash.clone());
        let right = blocking(move || password.len() <= 1_000 && organizer::verify_password(&password, &hash)).await?;
        match found {
            Some((organizer, _)) if right => self.session(&organizer).await,
            _ => Err(Error::WrongPassword),
        }
    }

    /// Ends a sign-in.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn sign_out(&self, session: &str) -> Result<(), Error> {
        Ok(self.store.drop_session(&secret::hash(session)).await?)
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
    /// [`Error::SetUpOver`], [`Error::Account`], [`Error::Unavailable`].
    pub async fn set_up(&self, token: &str, name: &str, password: String) -> Result<String, Error> {
        self.check_set_up(token).await?;
        let (name, hash) = new_account(name, password).await?;
        let organizer = self.store.add_first_organizer(&name, &hash).await.map_err(|problem| match problem {
            store::Error::Conflict => Error::SetUpOver,
            other => other.into(),
        })?;
        self.session(&organizer).await
    }

    async fn session(&self, organizer: &Organizer) -> Result<String, Error> {
        let session = secret::token("s_");
        self.store.add_session(organizer, &secret::hash(&session)).await?;
        Ok(session)
    }
}

async fn new_account(name: &str, password: String) -> Result<(crate::domain::participant::Nick, String), Error> {
    let name = organizer::name(name).map_err(Error::Account)?;
    organizer::check_password(&password).map_err(Error::Account)?;
    let hash = blocking(move || organizer::hash_password(&password)).await?.map_err(Error::Unavailable)?;
    Ok((name, hash))
}

/// Runs what takes long and waits for nothing on a thread of its own.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|problem| Error::Unavailable(problem.to_string()))
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
