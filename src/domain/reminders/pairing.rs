//! New dates of a meeting: which of them take the place of an event that is off the schedule, and which are simply new.
//!
//! When a series moves to another day, its events of the old days go and others are made. To a reader these have moved.

use super::change::{Change, Happened, Span};

/// The farthest that a new date may be from the old one and still take its place, in microseconds: four weeks.
const FARTHEST: u64 = 28 * 86_400_000_000;

/// An event that readers have not heard of and that came with a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDate {
    pub event: String,
    pub title: String,
    pub key: String,
    pub span: Span,
    /// True if it is so near that readers learn of it in any case.
    pub is_near: bool,
}

/// Turns cancellations without a reason into moves to the nearest new dates, and adds the near dates that are left. Returns the
/// events of the dates that readers know of from now on.
pub fn pair(changes: &mut Vec<Change>, mut dates: Vec<NewDate>) -> Vec<NewDate> {
    let mut told = Vec::new();
    changes.retain_mut(|change| {
        if change.happened != Happened::Cancelled || change.reason.is_some() {
            return true;
        }
        let far = |date: &NewDate| date.span.opens.micros().abs_diff(change.was.opens.micros());
        let nearest = dates.iter().enumerate().filter(|(_, date)| far(date) <= FARTHEST).min_by_key(|(_, date)| far(date));
        let Some((n, _)) = nearest else { return true };
        let date = dates.remove(n);
        // A change that was taken back made the event again, as it was.
        let is_another = date.span != change.was;
        *change = Change {
            happened: Happened::Moved,
            title: date.title.clone(),
            reason: None,
            key: Some(date.key.clone()),
            is: date.span,
            ..change.clone()
        };
        told.push(date);
        is_another
    });
    for date in dates.into_iter().filter(|date| date.is_near) {
        changes.push(Change {
            happened: Happened::Added,
            title: date.title.clone(),
            reason: None,
            key: Some(date.key.clone()),
            was: date.span,
            is: date.span,
        });
        told.push(date);
    }
    changes.sort_by_key(|change| change.is.opens);
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    const fn span(day: i64) -> Span {
        let opens = Timestamp::from_seconds(day * 86_400);
        Span { opens, closes: opens.plus_minutes(60) }
    }

    fn cancelled(day: i64, reason: Option<&str>) -> Change {
        let reason = reason.map(str::to_owned);
        Change { happened: Happened::Cancelled, title: "Weekly".into(), reason, key: None, was: span(day), is: span(day) }
    }

    fn date(day: i64, is_near: bool) -> NewDate {
        NewDate { event: format!("e{day}"), title: "Weekly".into(), key: format!("d{day}"), span: span(day), is_near }
    }

    /// Returns the result as text: `16>17` a move, `-16` a cancellation, `+17` a new date.
    fn paired(mut changes: Vec<Change>, dates: Vec<NewDate>) -> (Vec<String>, usize) {
        let told = pair(&mut changes, dates).len();
        let day = |span: Span| span.opens.micros() / 86_400_000_000;
        let words = changes.iter().map(|it| match it.happened {
            Happened::Moved => format!("{}>{}", day(it.was), day(it.is)),
            Happened::Added => format!("+{}", day(it.is)),
            _ => format!("-{}", day(it.was)),
        });
        (words.collect(), told)
    }

    #[test]
    fn what_is_off_the_schedule_moves_to_the_nearest_new_date() {
        let weeks = || vec![date(17, true), date(24, false), date(31, false)];
        assert_eq!(paired(vec![cancelled(16, None)], weeks()), (vec!["16>17".into()], 1));
        // The second of the old days is paired with a date that is farther off than what readers hear of otherwise.
        assert_eq!(paired(vec![cancelled(16, None), cancelled(18, None)], weeks()), (vec!["16>17".into(), "18>24".into()], 2));
        assert_eq!(paired(vec![], weeks()), (vec!["+17".into()], 1));
        assert_eq!(paired(vec![cancelled(16, None)], vec![date(99, false)]), (vec!["-16".into()], 0));
        // A reason is about this day.
        assert_eq!(paired(vec![cancelled(16, Some("Illness"))], weeks()), (vec!["-16".into(), "+17".into()], 1));
        // Made again as it was: no news, but known.
        assert_eq!(paired(vec![cancelled(17, None)], weeks()), (vec![], 1));
    }
}
