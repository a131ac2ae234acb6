//! Finds the program that wrote a file: the one whose format reads most of its lines.

use super::body::{self, Body};
use super::format::{FORMATS, Format};
use super::problem::beginning;
use super::status::Status;
use super::text::SourceLine;
use super::timestamps::date::{Day, Order};
use super::timestamps::stamp;
use super::{Problem, Reason};

/// Returns the format of the whole file, `None` when no format reads any line of it.
///
/// # Errors
/// Two formats read it equally well and differ about who somebody is.
pub(super) fn detect(lines: &[SourceLine<'_>], order: Option<Order>) -> Result<Option<&'static Format>, Problem> {
    let mut scores = vec![0_usize; FORMATS.len()];
    // A rename for one format that is an action for another, and the line in which it was.
    let mut doubtful: Vec<(usize, &str, &SourceLine<'_>)> = Vec::new();
    let mut speakers: std::collections::HashMap<&str, usize> = std::collections::HashMap::new();
    for line in lines {
        let rest = stamp::take(&line.text, order).map(|(_, rest)| rest);
        for (index, (format, score)) in FORMATS.iter().zip(&mut scores).enumerate() {
            let Some(rest) = rest else {
                *score += usize::from(format.headings.iter().any(|heading| line.text.starts_with(heading)));
                continue;
            };
            let Some((body, is_sure)) = body::read(format, rest) else { continue };
            *score += 1 + usize::from(is_sure);
            match body {
                Body::Status(Status::Renamed(_, to), true) => doubtful.push((index, to, line)),
                Body::Says(by, _) => _ = speakers.insert(by, line.number),
                _ => {}
            }
        }
    }
    let best = scores.iter().copied().max().unwrap_or(0);
    if best == 0 {
        return Ok(None);
    }
    let is_best = |index: &usize| scores[*index] == best;
    let Some(first) = (0..FORMATS.len()).find(is_best) else { return Ok(None) };
    // It matters only if somebody speaks under the new name later on.
    let speaks_later = |to: &str, line: &SourceLine<'_>| speakers.get(to).is_some_and(|last| *last > line.number);
    let unclear = doubtful.iter().find(|(index, to, line)| *index != first && is_best(index) && speaks_later(to, line));
    match unclear {
        Some((other, _, line)) => {
            let reason = Reason::Unclear(FORMATS[first].name, FORMATS[*other].name, beginning(&line.text));
            Err(Problem::at(line.number, reason))
        }
        None => Ok(Some(&FORMATS[first])),
    }
}

/// Returns the order of the numbers in dates, when some of them can be read in only one.
pub(super) fn order(lines: &[SourceLine<'_>]) -> Option<Order> {
    let is_unclear = |line: &SourceLine<'_>| stamp::take(&line.text, None).is_some_and(|(stamp, _)| stamp.day == Some(Day::Unclear));
    if !lines.iter().any(is_unclear) {
        return None;
    }
    let fits = |order: &Order| {
        !lines.iter().filter_map(|line| stamp::take(&line.text, Some(*order))).any(|(stamp, _)| stamp.day == Some(Day::None))
    };
    let mut fitting = [Order::DayMonthYear, Order::MonthDayYear, Order::YearMonthDay].into_iter().filter(fits);
    fitting.next().filter(|_| fitting.next().is_none())
}
