//! The formats that are known: one row of a table each, with lines as the program writes them. The documentation and the
//! tests are made from these rows. How a row is applied to a line is in `body.rs`.

/// The way in which the parts of a line are separated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// `<nick> text`, `* nick action`, a mark before status lines.
    Brackets,
    /// `<nick>` and text separated by a tab.
    BracketsAndTab,
    /// A tab after the time, and one after the nickname or mark.
    Tabs,
    /// `nick | text`.
    Bars,
}

/// A format.
#[derive(Debug)]
pub struct Format {
    /// The name of the program, as people know it.
    pub name: &'static str,
    /// The name that `--format` takes.
    pub key: &'static str,
    pub(super) layout: Layout,
    /// The marks before an action.
    pub(super) actions: &'static [&'static str],
    /// The marks before a status line.
    pub(super) statuses: &'static [&'static str],
    /// Says that status lines have no mark at all.
    pub(super) is_bare: bool,
    /// The beginnings of headings without a time.
    pub(super) headings: &'static [&'static str],
    /// Lines as the program writes them, with what each means.
    pub examples: &'static [(&'static str, Meaning)],
}

/// The meaning of an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// `ada` says `hi`.
    Says,
    /// `ada` does `waves`.
    Does,
    /// `ada` comes.
    Comes,
    /// `ada` leaves.
    Goes,
    /// `bob` is kicked.
    Kicked,
    /// `ada` is `ada_` now.
    Renamed,
    /// Nothing that concerns who is there.
    Other,
    /// 7 March 2026 begins.
    Day,
}

use Meaning::{Comes, Day, Does, Goes, Kicked, Other, Renamed, Says};

const STARS: &[&str] = &["***", "-->", "<--", "---", "--", "-!-"];
const IRSSI_HEADINGS: &[&str] = &["--- "];

/// All formats except Gavel's own transcript, which `import/transcript.rs` reads. Of two that read a file equally well and
/// in the same way, the first counts.
pub static FORMATS: &[Format] = &[
    Format {
        name: "irssi",
        key: "irssi",
        layout: Layout::Brackets,
        actions: &["*"],
        statuses: &["-!-", "-->", "<--", "---", "--", "***"],
        is_bare: false,
        headings: IRSSI_HEADINGS,
        examples: &[
            ("--- Log opened Sat Mar 07 18:00:00 2026", Day),
            ("--- Day changed Sa Mär 07 2026", Day),
            ("19:05 < ada> hi", Says),
            ("19:05 <@ada> hi", Says),
            ("19:05:10< ada> hi", Says),
            ("19:05  * ada waves", Does),
            ("19:05 -!- ada [~ada@example.org] has joined #boats", Comes),
            ("19:05 -!- ada [~ada@example.org] has quit [Ping timeout]", Goes),
            ("19:05 -!- bob was kicked from #boats by ada [out]", Kicked),
            ("19:05 -!- ada is now known as ada_", Renamed),
            ("19:05 ℹ  ada is now known as ada_", Renamed),
            ("19:05 -!- mode/#boats [+o ada] by ChanServ", Other),
            ("19:05 -ChanServ:#boats- hello", Other),
        ],
    },
    Format {
        name: "ZNC",
        key: "znc",
        layout: Layout::Brackets,
        actions: &["*"],
        statuses: STARS,
        is_bare: false,
        headings: &[],
        examples: &[
            ("[19:05:10] <ada> hi", Says),
            ("[19:05:10] * ada waves", Does),
            ("[19:05:10] *** Joins: ada (~ada@example.org)", Comes),
            ("[19:05:10] *** Parts: ada (~ada@example.org) (bye)", Goes),
            ("[19:05:10] *** Quits: ada (~ada@example.org) (bye)", Goes),
            ("[19:05:10] *** bob was kicked by ada (out)", Kicked),
            ("[19:05:10] *** ada is now known as ada_", Renamed),
            ("[19:05:10] *** ada sets mode: +o bob", Other),
            ("[19:05:10] *** ada changes topic to 'Tides'", Other),
            ("[19:05:10] -ada- a notice", Other),
        ],
    },
    Format {
        name: "MeetBot, supybot",
        key: "meetbot",
        layout: Layout::Brackets,
        actions: &["*"],
        statuses: STARS,
        is_bare: false,
        headings: &[],
        examples: &[
            ("19:05:10 <ada> hi", Says),
            ("2026-03-07T19:05:10Z <ada> hi", Says),
            ("2026-03-07T19:05:10  <ada> hi", Says),
            ("19:05:10 * ada waves", Does),
            ("2026-03-07T19:05:10  *** ada <~ada@example.org> has joined #boats", Comes),
        ],
    },
    Format {
        name: "The Lounge",
        key: "thelounge",
        layout: Layout::Brackets,
        actions: &["*"],
        statuses: &["***"],
        is_bare: false,
        headings: &[],
        examples: &[
            ("[2026-03-07T19:05:10.123Z] <ada> hi", Says),
            ("[2026-03-07T19:05:10.123Z] * ada waves", Does),
            ("[2026-03-07T19:05:10.123Z] *** ada (~ada@example.org) joined", Comes),
            ("[2026-03-07T19:05:10.123Z] *** ada (~ada@example.org) quit (bye)", Goes),
            ("[2026-03-07T19:05:10.123Z] *** ada kicked bob (out)", Kicked),
            ("[2026-03-07T19:05:10.123Z] *** ada changed nick to ada_", Renamed),
            ("[2026-03-07T19:05:10.123Z] *** ada set mode +o bob", Other),
        ],
    },
    Format {
        name: "Textual",
        key: "textual",
        layout: Layout::Brackets,
        actions: &["•", "*"],
        statuses: &[],
        is_bare: true,
        headings: &[],
        examples: &[
            ("[2021-04-22T07:36:50+0200] <ada> hi", Says),
            ("[2021-04-22T07:36:50+0200] • ada: waves", Does),
            ("[2021-04-22T07:36:50+0200] ada (~ada@example.org) joined the channel", Comes),
            ("[2021-04-22T07:36:50+0200] ada (~ada@example.org) left IRC (bye)", Goes),
            ("[2021-04-22T07:36:50+0200] ada kicked bob from the channel. (out)", Kicked),
            ("[2021-04-22T07:36:50+0200] ada is now known as ada_", Renamed),
        ],
    },
    Format {
        name: "dircproxy",
        key: "dircproxy",
        layout: Layout::Brackets,
        actions: &["*"],
        statuses: &["-dircproxy-", "***", "-->", "<--", "---"],
        is_bare: false,
        headings: &[],
        examples: &[
            ("[14 Jan 10:36] <ada> hi", Says),
            ("[14 Jan 10:36] <ada!~ada@example.org> hi", Says),
            ("[14 Jan 10:36] [ada!~ada@example.org] ACTION waves", Does),
            ("[14 Jan 10:36] *** ada is now known as ada_", Renamed),
            ("1772564405 -dircproxy- ada (~ada@example.org) has joined #boats", Comes),
        ],
    },
    Format {
        name: "mIRC",
        key: "mirc",
        layout: Layout::Brackets,
        actions: &["*"],
        statuses: &["*"],
        is_bare: false,
        headings: &["Session "],
        examples: &[
            ("Session Start: Sat Mar 07 18:00:00 2026", Day),
            ("Session Time: Sat Mar 07 00:00:00 2026", Day),
            ("[19:05] <@ada> hi", Says),
            ("[19:05] * ada waves", Does),
            ("[19:05] * ada (~ada@example.org) has joined #boats", Comes),
            ("[19:05] * ada (~ada@example.org) Quit (bye)", Goes),
            ("[19:05] * bob was kicked by ada (out)", Kicked),
            ("[19:05] * ada is now known as ada_", Renamed),
            ("[19:05] * Now talking in #boats", Other),
            ("[19:05] * ada sets mode: +o bob", Other),
        ],
    },
    Format {
        name: "HexChat, XChat",
        key: "hexchat",
        layout: Layout::BracketsAndTab,
        actions: &["*"],
        statuses: &["*", "-->", "<--", "---"],
        is_bare: false,
        headings: &["**** "],
        examples: &[
            ("**** BEGIN LOGGING AT Sat Mar  7 18:00:00 2026", Day),
            ("Mar 07 19:05:10 <ada>\thi", Says),
            ("Mar 07 19:05:10 *\tada waves", Does),
            ("Mar 07 19:05:10 *\tada (~ada@example.org) has joined", Comes),
            ("Mar 07 19:05:10 *\tada has quit (bye)", Goes),
            ("Mar 07 19:05:10 *\tada has kicked bob from #boats (out)", Kicked),
            ("Mar 07 19:05:10 *\tada is now known as ada_", Renamed),
            ("Mar 07 19:05:10 -->\tada (~ada@example.org) has joined #boats", Comes),
            ("Mar 07 19:05:10 -ChanServ-\ta notice", Other),
        ],
    },
    Format {
        name: "Quassel",
        key: "quassel",
        layout: Layout::Brackets,
        actions: &["-*-"],
        statuses: &["-->", "<--", "<->", "<-*", "***", "=>", "<=", "*", "-"],
        is_bare: false,
        headings: &["-{", "- {"],
        examples: &[
            ("-{Day changed to Saturday, March 7, 2026}-", Day),
            ("[19:05:10] <ada> hi", Says),
            ("[19:05:10] -*- ada waves", Does),
            ("[19:05:10] --> ada (~ada@example.org) has joined #boats", Comes),
            ("[19:05:10] <-- ada (~ada@example.org) has quit (bye)", Goes),
            ("[19:05:10] <-* ada has kicked bob from #boats (out)", Kicked),
            ("[19:05:10] <-> ada is now known as ada_", Renamed),
            ("[19:05:10] *** Mode #boats +o ada by bob", Other),
        ],
    },
    Format {
        name: "WeeChat",
        key: "weechat",
        layout: Layout::Tabs,
        actions: &["*"],
        statuses: &["-->", "<--", "--", "=!=", ""],
        is_bare: false,
        headings: &[],
        examples: &[
            ("2026-03-03 18:00:04.000123Z\tada\thi", Says),
            ("2026-03-07 19:05:10\t@ada\thi", Says),
            ("19:05:10 +0100\tada\thi", Says),
            ("2026-03-07 19:05:10\t *\tada waves", Does),
            ("2026-03-07 19:05:10\t-->\tada (~ada@example.org) has joined #boats", Comes),
            ("2026-03-07 19:05:10\t<--\tada (~ada@example.org) has quit (bye)", Goes),
            ("2026-03-07 19:05:10\t<--\tada has kicked bob (out)", Kicked),
            ("2026-03-07 19:05:10\t--\tada is now known as ada_", Renamed),
            ("2026-03-07 19:05:10\t▬▬▶\tada (~ada@example.org) has joined #boats", Comes),
            ("2026-03-07 19:05:10\t--\tMode #boats [+o ada] by ChanServ", Other),
        ],
    },
    Format {
        name: "WeeChat (copied from its window)",
        key: "weechat-copied",
        layout: Layout::Bars,
        actions: &["*"],
        statuses: &["-->", "<--", "--", "=!=", ""],
        is_bare: false,
        headings: &["-- "],
        examples: &[
            ("-- Sat, 07 Mar 2026 --", Day),
            ("19:05:10      ada | hi", Says),
            ("19:05:10     @ada │ hi", Says),
            ("19:05:10        * | ada waves", Does),
            ("19:05:10      --> | ada (~ada@example.org) has joined #boats", Comes),
            ("19:05:10      <-- | ada (~ada@example.org) has left #boats", Goes),
            ("19:05:10      <-- | ada has kicked bob (out)", Kicked),
            ("19:05:10       -- | ada is now known as ada_", Renamed),
        ],
    },
];

/// Returns the format with this key.
#[must_use]
pub fn format(key: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.key.eq_ignore_ascii_case(key))
}

/// The formats, for a sentence.
#[must_use]
pub fn known() -> String {
    let names: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
    format!("Gavel's transcript.txt, {}", names.join(", "))
}
