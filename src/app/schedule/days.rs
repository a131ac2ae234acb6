//! An organizer's events by the days that each has in its own meeting's zone: those of many days with how many each has, and
//! those of one day, page by page. An event that goes past midnight is on both days.

use std::collections::BTreeMap;

use chrono::{Days as Count, NaiveDate, NaiveTime};

use super::meetings::{ListPage, ON_A_PAGE, slice};
use crate::app::{App, Error};
use crate::domain::people::organizer::Organizer;
use crate::domain::schedule::event::ChatEvent;
use crate::domain::time::{self, Timestamp};
use crate::domain::zone::Zone;

/// The most days that an event may have begun before one that it is on.
const LONGEST: Count = Count::new(2);

/// The events of some days.
#[derive(Clone, Debug, Default)]
pub struct Days {
    /// The first few of each day, earliest first.
    pub events: Vec<ChatEvent>,
    /// How many each day has that has any.
    pub counts: BTreeMap<NaiveDate, usize>,
}

impl App {
    /// An organizer's events of the days from `begin` to before `end`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn days(&self, of: &Organizer, search: &str, begin: NaiveDate, end: NaiveDate) -> Result<Days, Error> {
        let ((from, until), slice) = (edges(begin - LONGEST, end), slice(search, 1));
        let found = self.store.organizers_days(&of.id, from, until, &slice).await?;
        let is_whole = found.iter().all(|(_, surplus)| !surplus);
        let mut days = Days::default();
        days.events.extend(found.into_iter().filter(|(_, surplus)| !surplus).map(|(event, _)| event));
        let mut count = |first: NaiveDate, last: NaiveDate, count: usize| {
            for day in first.iter_days().take_while(|day| *day <= last) {
                *days.counts.entry(day).or_default() += count;
            }
        };
        if is_whole {
            for event in &days.events {
                let (first, last) = days_of(event.opens_at, event.closes_at, event.zone);
                count(first, last, 1);
            }
        } else {
            for crowd in self.store.organizers_crowds(&of.id, from, until, &slice).await? {
                let (first, last) = days_of(crowd.opens, crowd.closes, crowd.zone);
                count(first, last, crowd.count);
            }
        }
        Ok(days)
    }

    /// A page of an organizer's events of one day, earliest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn events_on(&self, of: &Organizer, on: NaiveDate, search: &str, page: u32) -> Result<ListPage<ChatEvent>, Error> {
        let (from, until) = edges(on - LONGEST, on + Count::new(1));
        let mut starts = self.store.organizers_starts(&of.id, from, until, &slice(search, 1)).await?;
        starts.retain(|start| {
            let (first, last) = days_of(start.opens, start.closes, start.zone);
            (first..=last).contains(&on)
        });
        let size = usize::try_from(ON_A_PAGE).unwrap_or(usize::MAX);
        let pages = starts.chunks(size).len().max(1);
        let number = usize::try_from(page).unwrap_or(usize::MAX).clamp(1, pages);
        let ids: Vec<_> = starts.into_iter().map(|start| start.id).skip((number - 1) * size).take(size).collect();
        Ok(ListPage { rows: self.store.find_events(&ids).await?, number: u32::try_from(number).unwrap_or(1), more: number < pages })
    }
}

/// The first and the last day of an event in a zone. What ends at midnight is not on the day that begins then.
#[must_use]
pub fn days_of(opens: Timestamp, closes: Timestamp, zone: Zone) -> (NaiveDate, NaiveDate) {
    let first = day(opens, zone);
    (first, day(closes.plus_micros(-1), zone).max(first))
}

/// The day of an instant in a zone.
#[must_use]
pub fn day(at: Timestamp, zone: Zone) -> NaiveDate {
    at.in_zone(zone).date_naive()
}

/// Between which instants it is one of these days somewhere: a day begins at most 14 hours earlier, and ends at most 12 hours
/// later, than in UTC.
fn edges(begin: NaiveDate, end: NaiveDate) -> (Timestamp, Timestamp) {
    let edge = |day: NaiveDate, minutes: i64| time::instant(day.and_time(NaiveTime::MIN), Zone::utc()).plus_minutes(minutes);
    (edge(begin, -14 * 60), edge(end, 12 * 60))
}
