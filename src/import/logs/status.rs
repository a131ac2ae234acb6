//! Reads status lines in the words of many clients: joins, leaves, changes of nickname, and by kind the other notes of
//! clients and servers.

use super::report::Kind;

/// The content of a status line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Status<'l> {
    Comes(Vec<&'l str>),
    /// The kind of leaving, and the people who leave.
    Goes(Kind, Vec<&'l str>),
    /// From one nickname to another.
    Renamed(&'l str, &'l str),
    /// Nobody comes or goes.
    Other(Kind),
}

/// The words between the two nicknames of a rename.
const RENAMES: [&str; 18] = [
    "is now known as",
    "are now known as",
    "now known as",
    "changed nick to",
    "changed nickname to",
    "changed their nick to",
    "changed their nickname to",
    "has changed nick to",
    "ist jetzt bekannt als",
    "heißt jetzt",
    "nennt sich jetzt",
    "est maintenant connu sous le nom de",
    "est maintenant connu sous le nom",
    "s'appelle maintenant",
    "ahora es conocido como",
    "ahora se llama",
    "теперь известен как",
    "è ora conosciuto come",
];

/// Reads the words after the mark of a status line; `None` for words that no client is known to use.
pub(super) fn read(text: &str) -> Option<Status<'_>> {
    parsed(text, false)
}

/// Reads a status line in a format in which such lines look like actions or have no mark: only complete sentences of a
/// client count. `true` comes with those that hold what a person hardly types, such as `(~ada@host)`.
pub(super) fn read_strictly(text: &str) -> Option<(Status<'_>, bool)> {
    let is_sure = text.split_whitespace().nth(1).is_some_and(is_host) || fixed(text).is_some();
    parsed(text, true).map(|status| (status, is_sure))
}

/// Returns whether this is an address as clients put it after the nickname: `(~ada@host)`, `[~ada@host]`, `<~ada@host>`.
fn is_host(word: &str) -> bool {
    word.starts_with(['(', '[', '<']) && word.ends_with([')', ']', '>']) && (word.contains('@') || word.contains('.') || word.contains(':'))
}

fn parsed(text: &str, strictly: bool) -> Option<Status<'_>> {
    let text = text.trim();
    if let Some(status) = fixed(text) {
        return Some(status);
    }
    let (first, rest) = text.split_once(char::is_whitespace)?;
    let after_host = rest.trim_start().split_once(char::is_whitespace).filter(|(host, _)| is_host(host));
    let (has_host, rest) = after_host.map_or((false, rest), |(_, rest)| (true, rest));
    let words: Vec<&str> = rest.split_whitespace().take(12).collect();
    // In brackets there is a reason, or the network.
    let is_end = |words: &[&str]| words.first().is_none_or(|word| word.starts_with(['(', '[', '"', '“']));
    let is_channel = |word: &str| word.starts_with(['#', '&', '+', '!', '(', '[']) || word == "the";
    let full = |rest: &[&str]| !strictly || has_host || (rest.first().is_some_and(|word| is_channel(word)) && rest.len() == 1);
    if let Some(to) = renamed(rest, strictly) {
        return Some(if ["You", "You're"].contains(&first) { Status::Other(Kind::Rename) } else { Status::Renamed(first, to) });
    }
    let goes = |kind| Some(Status::Goes(kind, vec![first]));
    match words[..] {
        ["has" | "have", "joined", ref rest @ ..] | ["joined" | "joins" | "enters" | "entered", ref rest @ ..] if full(rest) => {
            Some(Status::Comes(vec![first]))
        }
        ["has", "been", "kicked", ..] | ["was", "kicked", "by" | "from", _, ..] => goes(Kind::Kick),
        ["was" | "were", "kicked", ..] if !strictly => goes(Kind::Kick),
        ["has", "kicked", who, ref rest @ ..] | ["kicked" | "kicks", who, ref rest @ ..] => {
            let is_complete = is_end(rest) || matches!(rest, ["from" | "off", ..]);
            (!strictly || is_complete).then_some(Status::Goes(Kind::Kick, vec![who]))
        }
        ["has" | "have", "left" | "quit" | "parted", ref rest @ ..]
        | ["left" | "quit" | "Quit" | "parted" | "quits" | "parts" | "leaves", ref rest @ ..]
            if full(rest) || (strictly && is_end(rest) && !rest.is_empty()) =>
        {
            goes(Kind::Leave)
        }
        ["has", "disconnected", ..] | ["disconnected", ..] if !strictly => goes(Kind::Leave),
        ["sets" | "set", "mode" | "mode:" | "modes" | "modes:", ..]
        | ["has" | "have", "changed", "mode" | "mode:", ..]
        | ["gives" | "removes", "channel" | "voice", ..] => Some(Status::Other(Kind::Mode)),
        ["changed" | "changes" | "set" | "sets" | "unset", "the", "topic", ..]
        | ["changes" | "changed" | "sets" | "set", "topic" | "topic:", ..]
        | ["has" | "have", "changed" | "set" | "unset", "the" | "topic" | "topic:", ..] => Some(Status::Other(Kind::Topic)),
        _ => None,
    }
}

/// Sentences that do not begin with a nickname.
fn fixed(text: &str) -> Option<Status<'_>> {
    let mut words = text.split_whitespace();
    let first = words.next()?;
    match first {
        "Joins:" => return Some(Status::Comes(vec![words.next()?])),
        "Parts:" | "Quits:" => return Some(Status::Goes(Kind::Leave, vec![words.next()?])),
        "Netsplit" => return netsplit(text),
        _ => {}
    }
    let begins = |beginnings: &[&str]| beginnings.iter().any(|beginning| text.starts_with(beginning));
    let kind = if begins(&["mode/", "Mode ", "ServerMode/", "Mode change ", "Channel mode", "Channel modes", "Usermode"]) {
        Kind::Mode
    } else if begins(&["Topic ", "Topic:", "Home page for ", "URL for "]) {
        Kind::Topic
    } else if begins(&[
        "Now talking ",
        "Now talking:",
        "Disconnected",
        "Rejoined channel",
        "Attempting to rejoin",
        "Retrieving #",
        "Set by ",
        "Irssi: ",
        "Notice(",
        "Users on #",
        "Channel #",
        "Channel created",
        "Nicks #",
        "You have joined",
        "You have left",
    ]) {
        Kind::Server
    } else {
        return None;
    };
    Some(Status::Other(kind))
}

/// `Netsplit a.net <-> b.net quits: ada, bob` and `Netsplit over, joins: ada, bob`, as irssi and Quassel write.
fn netsplit(text: &str) -> Option<Status<'_>> {
    let (how, who) = text.split_once(": ")?;
    let who = who.split(" (+").next().unwrap_or(who);
    let who = who.split([',', ' ']).filter(|nick| !nick.is_empty() && !nick.starts_with('(')).collect();
    if how.ends_with("quits") { Some(Status::Goes(Kind::Leave, who)) } else { how.ends_with("joins").then_some(Status::Comes(who)) }
}

/// The new nickname, when that is what the words are and nothing follows.
fn renamed(rest: &str, strictly: bool) -> Option<&str> {
    let rest = rest.trim();
    let to = RENAMES.iter().find_map(|words| rest.strip_prefix(words)?.strip_prefix(' '))?.trim();
    let to = to.trim_end_matches('.');
    let is_one = !to.is_empty() && !to.contains(char::is_whitespace);
    (is_one && (!strictly || rest.starts_with("is now known as ") || rest.starts_with("changed "))).then_some(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_say_in_their_own_ways_who_comes_and_goes() {
        for line in [
            "ada [~ada@example.org] has joined #boats",
            "Joins: ada (~ada@host)",
            "ada (~ada@host) has joined #boats",
            "ada <~ada@host> has joined #boats",
            "ada (~ada@host) joined the channel",
            "ada joins",
            "ada has joined (~ada@host)",
        ] {
            assert_eq!(read(line), Some(Status::Comes(vec!["ada"])), "{line}");
        }
        for line in [
            "ada [~ada@example.org] has quit [Ping timeout]",
            "ada [~a@b] has left #boats []",
            "Quits: ada (~a@b) (bye)",
            "Parts: ada (~a@b)",
            "ada (~a@b) has quit (bye)",
            "ada (~a@b) Quit (bye)",
            "ada (~a@b) left IRC (Quit: ada is now known as bob)",
        ] {
            assert_eq!(read(line), Some(Status::Goes(Kind::Leave, vec!["ada"])), "{line}");
        }
        for line in [
            "bob was kicked from #boats by ada [out]",
            "bob was kicked by ada",
            "bob was kicked by ada (out)",
            "ada has kicked bob from #boats (out)",
            "ada kicked bob (out)",
            "ada kicked bob from the channel. (out)",
            "ada (~a@h) has kicked bob",
        ] {
            assert_eq!(read(line), Some(Status::Goes(Kind::Kick, vec!["bob"])), "{line}");
        }
        for line in ["ada is now known as bob", "ada changed nick to bob", "ada (~a@h) is now known as bob", "ada heißt jetzt bob"] {
            assert_eq!(read(line), Some(Status::Renamed("ada", "bob")), "{line}");
        }
        assert_eq!(read("Netsplit a.net <-> b.net quits: ada, bob"), Some(Status::Goes(Kind::Leave, vec!["ada", "bob"])));
        assert_eq!(read("Netsplit over, joins: ada, bob (+3 more)"), Some(Status::Comes(vec!["ada", "bob"])));
    }

    #[test]
    fn all_else_is_told_by_its_kind() {
        for (line, kind) in [
            ("mode/#boats [+o ada] by ChanServ", Kind::Mode),
            ("Mode #boats [+o ada] by ChanServ", Kind::Mode),
            ("ada sets mode: +o bob", Kind::Mode),
            ("ada set mode +o bob", Kind::Mode),
            ("ada changed the topic of #boats to: Tides", Kind::Topic),
            ("Topic for #boats: Tides", Kind::Topic),
            ("ada has changed topic for #boats from \"a\" to \"b\"", Kind::Topic),
            ("You are now known as ada_", Kind::Rename),
            ("Irssi: Join to #boats was synced in 0 secs", Kind::Server),
        ] {
            assert_eq!(read(line), Some(Status::Other(kind)), "{line}");
        }
        for line in ["ada hello", "", "-", "ada is now known as the king of boats", "I object"] {
            assert_eq!(read(line), None, "{line}");
        }
    }

    #[test]
    fn where_anybody_could_have_typed_it_only_complete_sentences_count() {
        for line in [
            "ada has joined the dark side",
            "ada has left a note",
            "ada left",
            "ada was kicked",
            "ada kicked the bucket",
            "ada quit smoking",
        ] {
            assert_eq!(read_strictly(line), None, "{line}");
        }
        for (line, is_sure) in [
            ("ada (~a@h) has joined #boats", true),
            ("ada has joined #boats", false),
            ("ada is now known as bob", false),
            ("ada has quit (bye)", false),
            ("ada (~a@h) has quit (a long reason)", true),
            ("bob was kicked by ada (out)", false),
            ("Now talking in #boats", true),
        ] {
            assert_eq!(read_strictly(line).map(|(_, sure)| sure), Some(is_sure), "{line}");
        }
    }
}
