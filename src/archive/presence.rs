//! Who comes to a channel and who leaves it, in the words of irssi, WeeChat, ZNC and their like.

/// What a line says of somebody's presence.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Presence<'l> {
    Comes(&'l str),
    Goes(&'l str),
    /// From one name to another.
    Renamed(&'l str, &'l str),
}

/// What stands behind the time of a line, read so; `None` for all else that clients and servers note.
pub(super) fn read(rest: &str) -> Option<Presence<'_>> {
    let plain = rest.trim_start_matches(['-', '*', '<', '>', '!', '=', ' ', '\t']);
    let mut words = plain.split_whitespace();
    let first = words.next()?;
    match first {
        "Joins:" => return Some(Presence::Comes(words.next()?)),
        "Parts:" | "Quits:" => return Some(Presence::Goes(words.next()?)),
        _ => {}
    }
    // Behind the nickname clients put who that is, in brackets of either kind.
    let does: Vec<&str> = words.filter(|word| !(word.starts_with(['(', '[']) && word.contains('@'))).take(5).collect();
    match does[..] {
        ["has", "joined", ..] | ["joined", ..] => Some(Presence::Comes(first)),
        ["has", "left" | "quit", ..] | ["left" | "quit", ..] => Some(Presence::Goes(first)),
        ["is", "now", "known", "as", to, ..] => Some(Presence::Renamed(first, to)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_say_in_their_own_ways_who_comes_and_goes() {
        for line in ["-!- ada [~ada@example.org] has joined #boats", "*** Joins: ada (~ada@host)", "ada (~ada@host) has joined #boats"] {
            assert_eq!(read(line), Some(Presence::Comes("ada")), "{line}");
        }
        for line in [
            "-!- ada [~ada@example.org] has quit [Ping timeout]",
            "-!- ada [~a@b] has left #boats []",
            "*** Quits: ada (~a@b) (bye)",
            "<-- ada (~a@b) has quit (bye)",
        ] {
            assert_eq!(read(line), Some(Presence::Goes("ada")), "{line}");
        }
        for line in ["-!- ada is now known as bob", "-- ada is now known as bob", "*** ada is now known as bob"] {
            assert_eq!(read(line), Some(Presence::Renamed("ada", "bob")), "{line}");
        }
        for line in ["-!- mode/#boats [+o ada] by ChanServ", "-ChanServ(ChanServ@services.)- hello", "", "---"] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
