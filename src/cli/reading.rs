//! The options of `gavel import-log` and `gavel replay` for what a log does not say itself.

use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use gavel::domain::zone::Zone;
use gavel::import::Options;
use gavel::import::logs::timestamps::date;
use gavel::import::logs::{self, Backwards, Bound, Continuation, format, text};

#[derive(Args)]
pub struct Reading {
    /// The time zone of the log's times, such as Europe/Berlin; lines with a zone of their own keep it [default: the
    /// meeting's zone, or UTC]
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
    /// The day of the first line, when neither the log nor its file name has a date
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub date: Option<NaiveDate>,
    /// The encoding of lines that are not UTF-8, such as latin1 or windows-1251; `utf-8` refuses such lines [default: latin1]
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// What to do with a line without a time: `join` adds it to the message before it, `refuse` refuses the log [default:
    /// join indented lines, refuse others]
    #[arg(long, value_name = "join|refuse")]
    continuation: Option<OnContinuation>,
    /// The order of dates written in numbers: dmy, mdy, ymd, or a pattern such as %d/%m/%Y
    #[arg(long, value_name = "FORMAT")]
    date_format: Option<String>,
    /// The program that wrote the log, when it cannot be detected
    #[arg(long, value_name = "PROGRAM")]
    format: Option<String>,
    /// The meaning of a time without a date that is hours before the last one: the next day after a long silence, or a clock
    /// that was set back [default: refuse the log]
    #[arg(long, value_name = "refuse|next-day|same-day")]
    backwards: Option<OnBackwards>,
    /// Leave out messages before this time, such as "2026-03-07 19:00" or 19:00
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Leave out messages after this time
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum OnContinuation {
    Join,
    Refuse,
}

#[derive(Clone, Copy, ValueEnum)]
enum OnBackwards {
    Refuse,
    NextDay,
    SameDay,
}

impl Reading {
    /// Returns these options on top of `base`; times without a zone are in `zone`.
    ///
    /// # Errors
    /// A sentence that names the option and says what it takes.
    pub fn options(&self, base: &Options, zone: Zone) -> Result<Options, String> {
        if self.date.is_some_and(|date| date::sensible(date).is_none()) {
            return Err(format!("--date: Choose a day from {} to {}.", date::YEARS.start(), date::YEARS.end()));
        }
        let encoding = self.encoding.as_deref().map(|name| {
            text::encoding(name).ok_or_else(|| {
                format!("--encoding: “{name}” is not a known encoding. Use a name such as latin1, windows-1251 or shift_jis.")
            })
        });
        let date_order = self.date_format.as_deref().map(|order| order.parse().map_err(|problem| format!("--date-format: {problem}")));
        let format = self.format.as_deref().map(|name| {
            let keys = || format::FORMATS.iter().map(|format| format.key).collect::<Vec<_>>().join(", ");
            logs::format::format(name).ok_or_else(|| format!("--format: “{name}” is not a known format. Use one of {}.", keys()))
        });
        let bound = |name: &str, text: &Option<String>| {
            text.as_deref().map(|text| Bound::parse(text, zone).map_err(|problem| format!("--{name}: {problem}"))).transpose()
        };
        let continuation = self.continuation.map(|it| match it {
            OnContinuation::Join => Continuation::Join,
            OnContinuation::Refuse => Continuation::Refuse,
        });
        let backwards = match self.backwards {
            Some(OnBackwards::NextDay) => Backwards::NextDay,
            Some(OnBackwards::SameDay) => Backwards::SameDay,
            Some(OnBackwards::Refuse) => Backwards::Refuse,
            None => base.backwards,
        };
        Ok(Options {
            encoding: encoding.transpose()?,
            continuation,
            date_order: date_order.transpose()?,
            format: format.transpose()?,
            backwards,
            from: bound("from", &self.from)?,
            to: bound("to", &self.to)?,
            ..base.clone()
        })
    }
}
