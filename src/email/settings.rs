//! What emails are sent with: the server, the sender, and where links lead.

use std::str::FromStr;

use lettre::message::Mailbox;

use super::server::Server;

/// What emails are sent with.
#[derive(Clone, Debug)]
pub struct Settings {
    pub server: Server,
    pub from: Author,
    /// The address people use, without a slash at its end: links lead there, whatever a request says.
    pub origin: String,
    /// The name of this site.
    pub site: String,
}

/// The sender that emails name.
#[derive(Clone, Debug)]
pub struct Author(pub(super) Mailbox);

impl Author {
    /// Reads an address such as `Gavel <gavel@example.org>`.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence “… cannot be used:”.
    pub fn parse(text: &str) -> Result<Self, String> {
        Mailbox::from_str(text).map(Self).map_err(|cause| format!("it is not an email address ({cause})"))
    }
}
