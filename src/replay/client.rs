//! Requests to Gavel's HTTP API, repeated until an answer counts. Every write
//! goes out with the same body each time, so that a nonce in it makes it safe
//! to repeat. What to say and when is not decided here.

use std::thread;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::http::Response;
use ureq::{Agent, Body};

use super::ReplayError;
use super::problem::{Problem, Trouble};
use super::progress::Progress;
use super::retry::Tries;

/// For one try: to connect, and all of it. No request here is a long poll.
const CONNECT: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(15);

/// Where requests go.
pub(super) struct Client {
    agent: Agent,
    server: String,
    patience: Duration,
}

/// One request; `path` comes after `/api/v1`.
pub(super) enum Ask<'a> {
    Get { path: &'a str, token: Option<&'a str> },
    Post { path: &'a str, token: Option<&'a str>, body: &'a Value },
    Delete { path: &'a str, token: &'a str },
}

/// Why one try came to nothing.
enum Setback {
    /// It may have reached the server or not: ask again.
    Failed {
        cause: String,
        asked: Option<Duration>,
    },
    /// Too fast: ask again later.
    Paced {
        asked: Option<Duration>,
        problem: Problem,
    },
    Final(Trouble),
}

impl Client {
    /// A client of the server at this address, which gives a request up when
    /// it has failed for `patience`.
    pub(super) fn new(server: &str, patience: Duration) -> Result<Self, ReplayError> {
        let server = server.trim().trim_end_matches('/');
        let host = server.strip_prefix("http://").or_else(|| server.strip_prefix("https://"));
        if host.is_none_or(|host| host.is_empty() || host.contains(char::is_whitespace)) {
            return Err(ReplayError::Server(server.to_owned()));
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(WHOLE))
            .user_agent(concat!("gavel-replay/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self { agent: config.into(), server: server.to_owned(), patience })
    }

    /// Asks until there is an answer that counts, and reads it. `progress`
    /// hears of every pause.
    pub(super) fn ask<T: DeserializeOwned>(&self, ask: &Ask<'_>, progress: &mut dyn FnMut(Progress<'_>)) -> Result<T, Trouble> {
        let mut tries = Tries::new(self.patience);
        loop {
            let (pause, why) = match self.attempt(ask) {
                Ok(value) => {
                    return serde_json::from_value(value).map_err(|e| Trouble::Odd(e.to_string()));
                }
                Err(Setback::Final(trouble)) => return Err(trouble),
                Err(Setback::Failed { cause, asked }) => match tries.after_failure(asked) {
                    Ok(pause) => (pause, cause),
                    Err(spent) => {
                        return Err(Trouble::Unreachable { cause, tried: spent });
                    }
                },
                Err(Setback::Paced { asked, problem }) => match tries.after_pacing(asked) {
                    Some(pause) => (pause, problem.reason()),
                    None => return Err(Trouble::Refused(problem)),
                },
            };
            progress(Progress::Waiting { pause, why: &why });
            thread::sleep(pause);
        }
    }

    /// Asks once; whether the server was there is all that comes back.
    pub(super) fn reaches(&self, ask: &Ask<'_>) -> bool {
        !matches!(self.attempt(ask), Err(Setback::Failed { .. }))
    }

    /// The trouble as the error that a caller of the crate sees; `line` is the
    /// line of the log that it was about.
    pub(super) fn error(&self, trouble: Trouble, line: Option<usize>) -> ReplayError {
        let server = self.server.clone();
        match trouble {
            Trouble::Refused(problem) => ReplayError::Refused { line, status: problem.status, detail: problem.reason() },
            Trouble::Unreachable { cause, tried } => ReplayError::Unreachable { line, server, cause, tried },
            Trouble::Odd(what) => ReplayError::Odd { server, what },
        }
    }

    fn attempt(&self, ask: &Ask<'_>) -> Result<Value, Setback> {
        let mut response = self.send(ask).map_err(|error| setback(&error))?;
        let status = response.status().as_u16();
        let asked =
            response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.trim().parse().ok()).map(Duration::from_secs);
        let moved_to = response.headers().get("location").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body = response.body_mut().read_to_string().map_err(|error| setback(&error))?;
        match status {
            204 => Ok(Value::Null),
            // A cut answer may look whole when its length is not announced.
            200..=299 => serde_json::from_str(&body).map_err(|_| failed("the answer is not whole JSON".to_owned())),
            300..=399 => {
                let to = moved_to.unwrap_or_default();
                let what = format!("it leads elsewhere, to {to:?}");
                Err(Setback::Final(Trouble::Odd(what)))
            }
            429 => Err(Setback::Paced { asked, problem: Problem::read(status, &body) }),
            // 502 and 504 come from a proxy whose server is away just now.
            502..=504 => {
                let cause = format!("status {status}: {}", Problem::read(status, &body).reason());
                Err(Setback::Failed { cause, asked })
            }
            _ => Err(Setback::Final(Trouble::Refused(Problem::read(status, &body)))),
        }
    }

    fn send(&self, ask: &Ask<'_>) -> Result<Response<Body>, ureq::Error> {
        let url = |path: &str| format!("{}/api/v1{path}", self.server);
        let bearer = |token: &str| format!("Bearer {token}");
        // A followed redirect turns a POST into a GET, so only reads follow.
        match *ask {
            Ask::Get { path, token } => {
                let request = self.agent.get(url(path));
                match token {
                    Some(token) => request.header("authorization", bearer(token)).call(),
                    None => request.call(),
                }
            }
            Ask::Post { path, token, body } => {
                let request = self.agent.post(url(path)).config().max_redirects(0).build();
                match token {
                    Some(token) => request.header("authorization", bearer(token)).send_json(body),
                    None => request.send_json(body),
                }
            }
            Ask::Delete { path, token } => {
                let request = self.agent.delete(url(path)).config().max_redirects(0).build();
                request.header("authorization", bearer(token)).call()
            }
        }
    }
}

fn failed(cause: String) -> Setback {
    Setback::Failed { cause, asked: None }
}

/// Only what another try can mend is worth one.
fn setback(error: &ureq::Error) -> Setback {
    match error {
        ureq::Error::Io(_)
        | ureq::Error::Timeout(_)
        | ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::Protocol(_) => failed(error.to_string()),
        _ => Setback::Final(Trouble::Odd(error.to_string())),
    }
}
