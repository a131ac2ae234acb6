//! Why a request came to nothing, as the server or the network put it. What
//! it means for the replay is for others to say.

use std::time::Duration;

use serde::Deserialize;

/// What a server says when it refuses (RFC 9457; other members are ignored).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Problem {
    #[serde(rename = "type")]
    kind: String,
    title: String,
    detail: String,
    /// From the answer itself, whatever the body says.
    #[serde(skip)]
    pub(super) status: u16,
}

impl Problem {
    /// Reads the body of an answer; where that is no problem document (a
    /// proxy's page), only the status is known.
    pub(super) fn read(status: u16, body: &str) -> Self {
        let problem = serde_json::from_str::<Self>(body).unwrap_or_default();
        Self { status, ..problem }
    }

    /// Whether it is of this type, such as `nick-taken`.
    pub(super) fn is(&self, kind: &str) -> bool {
        self.kind.rsplit('/').next() == Some(kind)
    }

    /// The reason in the server's words.
    pub(super) fn reason(self) -> String {
        let Self { title, detail, status, .. } = self;
        [detail, title]
            .into_iter()
            .find(|text| !text.trim().is_empty())
            .unwrap_or_else(|| format!("The server answered with status {status}"))
    }
}

/// Why a request came to nothing.
#[derive(Debug)]
pub(super) enum Trouble {
    Refused(Problem),
    Unreachable { cause: String, tried: Duration },
    Odd(String),
}
