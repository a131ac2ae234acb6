//! A browser in which someone has signed in before.

use std::fmt;

use crate::domain::secret;

/// The most accounts that one browser is known for.
const ACCOUNTS: usize = 4;

/// A known device: its own id, and the organizers who signed in with it. Sealed in a cookie, so that nobody makes one up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    id: String,
    /// The ids of organizers, the latest last.
    organizers: Vec<String>,
}

impl Device {
    /// A new device that nobody has signed in with.
    #[must_use]
    pub fn random() -> Self {
        Self { id: secret::readable(20), organizers: Vec::new() }
    }

    /// Reads what [`fmt::Display`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(str::to_owned);
        let id = parts.next().filter(|id| !id.is_empty())?;
        Some(Self { id, organizers: parts.take(ACCOUNTS).collect() })
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns whether this organizer signed in with it.
    #[must_use]
    pub fn knows(&self, organizer: &str) -> bool {
        self.organizers.iter().any(|it| it == organizer)
    }

    /// Notes that an organizer signed in. With too many of them, the one that was longest ago is forgotten.
    #[must_use]
    pub fn with(mut self, organizer: &str) -> Self {
        self.organizers.retain(|it| it != organizer);
        self.organizers.push(organizer.to_owned());
        let over = self.organizers.len().saturating_sub(ACCOUNTS);
        self.organizers.drain(..over);
        self
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)?;
        self.organizers.iter().try_for_each(|it| write!(f, ".{it}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_knows_the_latest_who_signed_in_and_stays_small() {
        let device = (0..20).fold(Device::random(), |device, n| device.with(&format!("o_{n:016}")));
        assert!(device.knows("o_0000000000000019") && device.knows("o_0000000000000016") && !device.knows("o_0000000000000015"));
        assert_eq!(Device::parse(&device.to_string()).as_ref(), Some(&device));
        assert!(device.to_string().len() < 100);
        assert_eq!(Device::parse(""), None);
    }
}
