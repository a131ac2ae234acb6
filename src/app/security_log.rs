//! The security log: one line for each event that an operator, or a program such as fail2ban, wants to know of.
//!
//! The format is documented in `docs/security.md`, and stable: `security: event=… key=value …`. Texts that people
//! typed are quoted and escaped, so that a line stays one line, and no line has a password, a token or a link that is
//! as good as one.

use std::fmt::{self, Write};
use std::num::NonZeroU32;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use crate::domain::network::Network;

/// Lines of one kind: in a burst, and a second in the long run. What is over is counted, not written.
const BURST: NonZeroU32 = some(50);
const RATE: NonZeroU32 = some(1);
/// The most characters of a text that someone typed.
const TYPED: usize = 80;

const fn some(n: u32) -> NonZeroU32 {
    match NonZeroU32::new(n) {
        Some(n) => n,
        None => NonZeroU32::MIN,
    }
}

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// An organizer signed in. `known_device`: with a browser that had done so before.
    SignIn {
        organizer: &'a str,
        known_device: bool,
    },
    /// A sign-in failed. `organizer` is `None` where nobody has the name: what was typed there may be a password.
    SignInFailed {
        organizer: Option<&'a str>,
        known_device: bool,
    },
    SignOut,
    /// An account was made.
    AccountCreated {
        organizer: &'a str,
    },
    /// An API token was made.
    TokenCreated {
        organizer: &'a str,
    },
    /// A meeting's chair link was renewed.
    ChairLinkRenewed {
        organizer: &'a str,
        meeting: &'a str,
    },
    /// An organizer's private calendar got a new address.
    CalendarRenewed {
        organizer: &'a str,
    },
    /// A participant was removed from an event.
    ParticipantRemoved {
        organizer: &'a str,
        participant: &'a str,
    },
    /// A write was refused because another site's page may have sent it, or because its form was too old. `route` is
    /// the name of the handler; paths may contain secrets.
    CsrfRefused {
        route: &'a str,
    },
    /// A limit was reached.
    LimitReached {
        route: &'a str,
    },
}

/// The number of kinds.
const KINDS: usize = 10;

impl Event<'_> {
    /// Its word in the log, and its number.
    const fn kind(&self) -> (&'static str, usize) {
        match self {
            Self::SignIn { .. } => ("sign-in", 0),
            Self::SignInFailed { .. } => ("sign-in-failed", 1),
            Self::SignOut => ("sign-out", 2),
            Self::AccountCreated { .. } => ("account-created", 3),
            Self::TokenCreated { .. } => ("token-created", 4),
            Self::ChairLinkRenewed { .. } => ("chair-link-renewed", 5),
            Self::CalendarRenewed { .. } => ("calendar-renewed", 6),
            Self::ParticipantRemoved { .. } => ("participant-removed", 7),
            Self::CsrfRefused { .. } => ("csrf-refused", 8),
            Self::LimitReached { .. } => ("limit-reached", 9),
        }
    }
}

/// A text that someone typed, in quotes: control characters, quotes and what is not printable are escaped.
struct Typed<'a>(&'a str);

impl fmt::Display for Typed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(TYPED) {
            Some((end, _)) => write!(f, "{:?}…", &self.0[..end]),
            None => write!(f, "{:?}", self.0),
        }
    }
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event={}", self.kind().0)?;
        match self {
            Self::SignIn { organizer, known_device } => write!(f, " organizer={} known_device={known_device}", Typed(organizer)),
            Self::SignInFailed { organizer: Some(organizer), known_device } => {
                write!(f, " organizer={} known_device={known_device}", Typed(organizer))
            }
            Self::SignInFailed { organizer: None, .. } => f.write_str(" organizer=unknown known_device=false"),
            Self::SignOut => Ok(()),
            Self::AccountCreated { organizer } | Self::TokenCreated { organizer } | Self::CalendarRenewed { organizer } => {
                write!(f, " organizer={}", Typed(organizer))
            }
            Self::ChairLinkRenewed { organizer, meeting } => write!(f, " organizer={} meeting={}", Typed(organizer), Typed(meeting)),
            Self::ParticipantRemoved { organizer, participant } => {
                write!(f, " organizer={} participant={}", Typed(organizer), Typed(participant))
            }
            Self::CsrfRefused { route } | Self::LimitReached { route } => write!(f, " route={route}"),
        }
    }
}

/// Counts the lines of each kind.
struct Gates([Gate; KINDS]);

struct Gate {
    limiter: DefaultDirectRateLimiter,
    suppressed: AtomicU64,
}

static GATES: LazyLock<Gates> = LazyLock::new(Gates::new);

impl Gates {
    fn new() -> Self {
        let gate = || Gate { limiter: RateLimiter::direct(Quota::per_second(RATE).allow_burst(BURST)), suppressed: AtomicU64::new(0) };
        Self(std::array::from_fn(|_| gate()))
    }

    /// The line to write, if one more may be written.
    fn line(&self, event: &Event<'_>, network: Option<Network>) -> Option<String> {
        let gate = &self.0[event.kind().1];
        if gate.limiter.check().is_err() {
            gate.suppressed.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        let mut line = format!("security: {event}");
        // Writing to a String cannot fail.
        if let Some(network) = network {
            let _ = write!(line, " network={network}");
        }
        let suppressed = gate.suppressed.swap(0, Ordering::Relaxed);
        if suppressed > 0 {
            let _ = write!(line, " suppressed={suppressed}");
        }
        Some(line)
    }
}

/// Writes an event to the log, with the network that it came from.
pub fn note(event: Event<'_>, network: Option<Network>) {
    if let Some(line) = GATES.line(&event, network) {
        log::warn!(target: "gavel::security", "{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_one_line_whatever_a_name_is() {
        for name in ["x\nsecurity: event=sign-in", "x\r\n", "\u{2028}", "\u{85}", "\u{202e}", "\u{1b}[2J", "a\" b=\"c", "\\", "\0"] {
            let line = Gates::new().line(&Event::SignIn { organizer: name, known_device: false }, None).unwrap();
            assert!(!line.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202e}')), "{line:?}");
            let quoted = line.strip_prefix("security: event=sign-in organizer=\"").and_then(|it| it.strip_suffix("\" known_device=false"));
            let quoted = quoted.unwrap_or_else(|| panic!("{line}"));
            let mut escaped = false;
            assert!(
                quoted.chars().all(|c| {
                    let bare = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    !bare
                }),
                "{line}"
            );
        }
        let line = Gates::new().line(&Event::AccountCreated { organizer: &"é".repeat(500) }, None).unwrap();
        assert!(line.chars().count() < 150, "{line}");
    }

    #[test]
    fn each_kind_has_its_place_and_its_network() {
        let network = Network::of("2001:db8::1".parse().unwrap());
        let line = |event: Event<'_>| Gates::new().line(&event, Some(network)).unwrap();
        assert_eq!(line(Event::SignOut), "security: event=sign-out network=2001:db8::/64");
        assert_eq!(
            line(Event::SignInFailed { organizer: None, known_device: false }),
            "security: event=sign-in-failed organizer=unknown known_device=false network=2001:db8::/64"
        );
        assert_eq!(line(Event::LimitReached { route: "join" }), "security: event=limit-reached route=join network=2001:db8::/64");
    }

    #[test]
    fn lines_over_the_limit_are_counted_in_the_next_one_and_do_not_crowd_out_others() {
        let gates = Gates::new();
        let refused = Event::CsrfRefused { route: "say" };
        let written = (0..10_000).filter_map(|_| gates.line(&refused, None)).count();
        assert!((50..100).contains(&written), "{written}");
        assert!(gates.line(&Event::SignOut, None).is_some());
        let kept = gates.0[refused.kind().1].suppressed.load(Ordering::Relaxed);
        assert_eq!(kept + written as u64, 10_000);
        let fresh = Gates::new();
        fresh.0[refused.kind().1].suppressed.store(7, Ordering::Relaxed);
        assert_eq!(fresh.line(&refused, None).as_deref(), Some("security: event=csrf-refused route=say suppressed=7"));
        assert_eq!(fresh.line(&refused, None).as_deref(), Some("security: event=csrf-refused route=say"));
    }
}
