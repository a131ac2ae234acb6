//! Reads the part of a line after its time, in one format: the words of a person, or a note of the client.

use super::format::{Format, Layout};
use super::report::Kind;
use super::status::{self, Status};

/// Characters that IRC clients put before a nickname for ranks in the channel.
const RANKS: [char; 6] = ['~', '&', '@', '%', '+', '!'];

/// The content of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Body<'l> {
    Says(&'l str, &'l str),
    Does(&'l str, &'l str),
    /// `true` when an action would look the same.
    Status(Status<'l>, bool),
    /// A line of this kind, which nobody says.
    Other(Kind),
}

/// Reads what comes after the time; `None` when this format has no such line. `true` comes with lines that hardly anybody
/// could have typed as an action.
pub(super) fn read<'l>(format: &Format, rest: &'l str) -> Option<(Body<'l>, bool)> {
    match format.layout {
        Layout::Tabs => {
            let (prefix, text) = rest.strip_prefix('\t')?.split_once('\t')?;
            in_columns(format, prefix.trim(), text)
        }
        Layout::Bars => {
            let (prefix, text) = rest.split_once(" | ").or_else(|| rest.split_once(" │ ")).or_else(|| rest.trim_end().split_once(" |"))?;
            let prefix = prefix.trim();
            // Elsewhere a bar may be a part of the text.
            let is_one_word = format.statuses.contains(&prefix) || !prefix.contains([' ', '\t', '<', '>', ':', ',']);
            if is_one_word { in_columns(format, prefix, text) } else { None }
        }
        Layout::Brackets | Layout::BracketsAndTab => in_brackets(format, rest.trim_start()),
    }
}

fn in_brackets<'l>(format: &Format, rest: &'l str) -> Option<(Body<'l>, bool)> {
    let after_mark = |mark: &str| -> Option<&'l str> {
        let after = rest.strip_prefix(mark)?;
        let is_apart = match format.layout {
            Layout::BracketsAndTab => after.starts_with('\t'),
            _ => after.starts_with(' '),
        };
        is_apart.then(|| after.trim())
    };
    if let Some(text) = format.statuses.iter().find_map(|mark| after_mark(mark)) {
        let is_action_too = format.actions.iter().any(|mark| after_mark(mark).is_some());
        if !is_action_too {
            // A star is the mark of actions elsewhere, so the words must say that they are not one.
            let status = status::read(text).or_else(|| (!rest.starts_with("* ")).then_some(Status::Other(Kind::Server)))?;
            return Some((Body::Status(status, false), false));
        }
        if let Some((status, is_sure)) = status::read_strictly(text) {
            return Some((Body::Status(status, true), is_sure));
        }
    }
    if let Some(text) = format.actions.iter().find_map(|mark| after_mark(mark)) {
        let (by, text) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let by = if rest.starts_with('•') { by.trim_end_matches(':') } else { by };
        return Some((worded(Body::Does, nick(by)?, text), false));
    }
    if let Some(inside) = rest.strip_prefix('<')
        && let Some((by, text)) = inside.split_once('>')
        && let Some(by) = nick(by)
    {
        return Some((worded(Body::Says, by, text), false));
    }
    if let Some((by, text)) = rest.strip_prefix('[').and_then(|rest| rest.split_once("] ACTION ")) {
        return Some((worded(Body::Does, nick(by).filter(|_| by.contains('!'))?, text), false));
    }
    if is_notice(rest) {
        return Some((Body::Other(Kind::Notice), false));
    }
    if format.is_bare
        && let Some((status, is_sure)) = status::read_strictly(rest)
    {
        return Some((Body::Status(status, false), is_sure));
    }
    let (mark, text) = rest.split_once([' ', '\t'])?;
    // Clients that put status lines after the same mark as actions have no others.
    let is_own = format.statuses.iter().any(|mark| format.actions.contains(mark)) && mark.is_ascii();
    if is_own || mark == "*" || !is_symbol(mark) { None } else { marked(text) }
}

/// A mark or a nickname, and then the text.
fn in_columns<'l>(format: &Format, prefix: &'l str, text: &'l str) -> Option<(Body<'l>, bool)> {
    if format.actions.contains(&prefix) {
        let text = text.trim();
        let (by, text) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        return Some((worded(Body::Does, nick(by)?, text), false));
    }
    if format.statuses.contains(&prefix) {
        let text = text.trim();
        let status = status::read(text).unwrap_or_else(|| {
            // In a language that is not known, the mark still says who comes or leaves.
            let who = text
                .split_once(" (")
                .filter(|(who, rest)| !who.contains(' ') && rest.split(')').next().is_some_and(|host| host.contains('@')));
            match (prefix, who) {
                ("-->", Some((who, _))) => Status::Comes(vec![who]),
                ("<--", Some((who, _))) => Status::Goes(Kind::Leave, vec![who]),
                _ => Status::Other(if text.starts_with("Notice(") { Kind::Notice } else { Kind::Server }),
            }
        });
        return Some((Body::Status(status, false), false));
    }
    // A mark that somebody chose in their settings is nobody's nickname.
    if is_symbol(prefix) {
        return marked(text);
    }
    let prefix = prefix.strip_prefix('<').and_then(|inside| inside.strip_suffix('>')).unwrap_or(prefix);
    let by = nick(prefix).filter(|by| !by.contains(['<', '>', '\t']) && !by.ends_with('+'))?;
    Some((worded(Body::Says, by, text), false))
}

/// The words after a mark that the format does not know: only what is certainly a status line.
fn marked(text: &str) -> Option<(Body<'_>, bool)> {
    status::read(text).map(|status| (Body::Status(status, false), false))
}

fn worded<'l>(body: fn(&'l str, &'l str) -> Body<'l>, by: &'l str, text: &'l str) -> Body<'l> {
    let text = text.trim();
    if text.is_empty() { Body::Other(Kind::Wordless) } else { body(by, text) }
}

/// Neither a letter nor a digit in it, and no bracket that a nickname could be in.
fn is_symbol(mark: &str) -> bool {
    // Unicode counts some symbols as letters, such as ℹ and ⓘ.
    let is_letter = |c: char| c.is_alphanumeric() && !matches!(c, '\u{2100}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}');
    !mark.is_empty() && !mark.contains(is_letter) && !mark.starts_with(['[', '('])
}

/// `-ChanServ- text`, `-ada:#boats- text`, `-ChanServ(ChanServ@services.)- text`.
fn is_notice(rest: &str) -> bool {
    let Some((by, _)) = rest.strip_prefix('-').and_then(|rest| rest.split_once("- ").or_else(|| rest.split_once("-\t"))) else {
        return false;
    };
    by.starts_with(char::is_alphanumeric) && !by.contains(' ')
}

/// The nickname without its rank and without `!user@host`; `None` when nothing usable remains. No nickname of IRC begins
/// with a hyphen, while arrows do.
fn nick(text: &str) -> Option<&str> {
    let nick = text.trim().trim_start_matches(RANKS).trim_start();
    let nick = nick.split_once('!').filter(|(_, host)| host.contains('@')).map_or(nick, |(nick, _)| nick);
    (!nick.is_empty() && !nick.starts_with('-')).then_some(nick)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::logs::format::{FORMATS, format};

    fn says(key: &str, rest: &str) -> Option<(String, String)> {
        match read(format(key).unwrap(), rest)?.0 {
            Body::Says(by, text) => Some((by.to_owned(), text.to_owned())),
            other => panic!("{rest:?} was read as {other:?}"),
        }
    }

    #[test]
    fn nicknames_lose_their_rank_and_keep_all_else() {
        for (rest, by, text) in [
            ("<@ada> hi", "ada", "hi"),
            ("<+ada> hi", "ada", "hi"),
            ("<~ada>  hi ", "ada", "hi"),
            ("<@+ada> hi", "ada", "hi"),
            ("< ada> hi", "ada", "hi"),
            ("<[m]> a > b", "[m]", "a > b"),
            ("<ken[> <bob> said so", "ken[", "<bob> said so"),
            ("<ada|away> hi", "ada|away", "hi"),
            ("<ada lovelace> hi", "ada lovelace", "hi"),
            ("<^_^> hi", "^_^", "hi"),
            ("<a>b> ok", "a", "b> ok"),
            ("<ada!~a@h> hi", "ada", "hi"),
        ] {
            assert_eq!(says("irssi", rest), Some((by.into(), text.into())), "{rest}");
        }
        for rest in ["\tada|away\thi", "\t@ada|away\thi", "\t<ada|away>\thi"] {
            assert_eq!(says("weechat", rest), Some(("ada|away".into(), "hi".into())), "{rest}");
        }
        assert_eq!(says("weechat-copied", "  ada|away | a | b"), Some(("ada|away".into(), "a | b".into())));
    }

    #[test]
    fn what_nobody_can_tell_is_not_read() {
        for (key, rest) in [
            ("irssi", "<> hi"),
            ("irssi", "<@> hi"),
            ("irssi", "[bob] I object"),
            ("irssi", "(dan) me too"),
            ("irssi", "bob: I object"),
            ("irssi", "ℹ something else"),
            ("irssi", "*ada waves"),
            ("weechat", "\t⚡\tada waves"),
            ("weechat", "\t|\thi"),
            ("weechat", "ada\thi"),
            ("weechat", "\tada hi"),
            ("weechat", "\tverylongnick+\thi"),
            ("weechat-copied", " <ada> this | that"),
            ("weechat-copied", " ada: this | that"),
            ("mirc", "*** ada is now known as bob"),
        ] {
            assert_eq!(read(format(key).unwrap(), rest), None, "{key}: {rest}");
        }
    }

    #[test]
    fn an_action_of_one_program_is_a_status_line_of_another() {
        let rest = "* ada is now known as ada_";
        assert_eq!(read(format("znc").unwrap(), rest), Some((Body::Does("ada", "is now known as ada_"), false)));
        assert_eq!(read(format("mirc").unwrap(), rest), Some((Body::Status(Status::Renamed("ada", "ada_"), true), false)));
        assert_eq!(
            read(format("mirc").unwrap(), "* ada has joined the dark side"),
            Some((Body::Does("ada", "has joined the dark side"), false))
        );
    }

    #[test]
    fn keys_of_formats_are_different() {
        let mut keys: Vec<&str> = FORMATS.iter().map(|format| format.key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), FORMATS.len());
    }
}
