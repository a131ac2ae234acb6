//! The timetables that a meeting has had one after another, taken as one: what they ask for together, and
//! which of them a start belongs to.
//!
//! A change for "this and following" ends one timetable at an instant and begins the next there. Each start
//! belongs to the first one whose end lies behind it, so none is asked for twice.

use super::Timetable;
use crate::domain::limits;
use crate::domain::time::Timestamp;

/// The most events that one meeting has ahead: four a day for twelve weeks.
const MOST_AHEAD: u16 = 400;

/// A timetable that another one followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierTimetable {
    /// From this instant on starts are those of the next one.
    pub until: Timestamp,
    pub timetable: Timetable,
}

/// The timetables of a meeting, first to last.
#[derive(Clone, Copy, Debug)]
pub struct TimetableHistory<'t> {
    earlier: &'t [EarlierTimetable],
    last: &'t Timetable,
}

/// One of them with the starts that are its own: from `from` to before `until`.
#[derive(Clone, Copy, Debug)]
pub struct Span<'t> {
    pub from: Timestamp,
    /// `None`: it is the last one.
    pub until: Option<Timestamp>,
    pub table: &'t Timetable,
}

impl<'t> TimetableHistory<'t> {
    /// What held before, oldest first, and what holds from then on.
    #[must_use]
    pub const fn new(earlier: &'t [EarlierTimetable], last: &'t Timetable) -> Self {
        Self { earlier, last }
    }

    /// Each timetable with its time, first to last.
    pub fn spans(self) -> impl Iterator<Item = Span<'t>> {
        let begins = std::iter::once(Timestamp::ZERO).chain(self.earlier.iter().map(|part| part.until));
        let tables = self.earlier.iter().map(|part| (Some(part.until), &part.timetable)).chain([(None, self.last)]);
        begins.zip(tables).map(|(from, (until, table))| Span { from, until, table })
    }

    /// Whether any of them has a rule.
    #[must_use]
    pub fn repeats(self) -> bool {
        self.spans().any(|span| span.table.rule.is_some())
    }

    /// The timetable to which a start belongs.
    #[must_use]
    pub fn table_of(self, start: Timestamp) -> &'t Timetable {
        self.earlier.iter().find(|part| start < part.until).map_or(self.last, |part| &part.timetable)
    }

    /// The timetable that holds at `now`: that of the next start.
    #[must_use]
    pub fn present(self, now: Timestamp) -> &'t Timetable {
        self.next_starts(now, 1).first().map_or(self.last, |start| self.table_of(*start))
    }

    /// Those that come after the one of `now`.
    pub fn later(self, now: Timestamp) -> impl Iterator<Item = Span<'t>> {
        let next = self.next_starts(now, 1).first().copied();
        self.spans().filter(move |span| next.is_some_and(|next| span.from > next))
    }

    /// Up to `most` starts from `from` to `until`, both counted in.
    #[must_use]
    pub fn starts_between(self, from: Timestamp, until: Timestamp, most: u16) -> Vec<Timestamp> {
        self.spans().flat_map(|span| span.starts_between(from, until, most)).take(most.into()).collect()
    }

    /// The first `most` starts from `from` on, however far ahead they are.
    #[must_use]
    pub fn next_starts(self, from: Timestamp, most: u16) -> Vec<Timestamp> {
        let of = |span: Span<'t>| match span.until {
            Some(until) => span.starts_between(from, until, most),
            None => span.table.next_starts(from.max(span.from), most),
        };
        self.spans().flat_map(of).take(most.into()).collect()
    }

    /// Whether one of them gives this start.
    #[must_use]
    pub fn asks_for(self, start: Timestamp) -> bool {
        !self.table_of(start).starts_between(start, start, 1).is_empty()
    }

    /// The starts for which events are made at `now`: up to the horizon, and at least the next one.
    #[must_use]
    pub fn starts_ahead(self, now: Timestamp) -> Vec<Timestamp> {
        let until = now.plus_days(limits::AHEAD_DAYS);
        let of = |span: Span<'t>| span.starts_between(span.table.running_from(now), until, MOST_AHEAD);
        let mut starts: Vec<Timestamp> = self.spans().flat_map(of).take(MOST_AHEAD.into()).collect();
        if !starts.iter().any(|start| *start > now) {
            starts.extend(self.next_starts(now.plus_micros(1), 1));
        }
        starts
    }

    /// The timetables before `begin`, once `next` holds from there on. One that `next` would continue as if
    /// nothing had changed is left out: `next` stands for it as well.
    #[must_use]
    pub fn before(self, begin: Timestamp, next: &Timetable) -> Vec<EarlierTimetable> {
        let ended =
            |span: Span<'t>| EarlierTimetable { until: span.until.map_or(begin, |until| until.min(begin)), timetable: span.table.clone() };
        let mut parts: Vec<EarlierTimetable> = self.spans().filter(|span| span.from < begin).map(ended).collect();
        while let Some(last) = parts.last() {
            let from = parts.iter().rev().nth(1).map_or(Timestamp::ZERO, |part| part.until);
            let span = |table| Span { from, until: Some(last.until), table };
            let [old, new] = [&last.timetable, next].map(|table| span(table).starts_between(from, last.until, u16::MAX));
            let alike = (last.timetable.minutes, last.timetable.zone) == (next.minutes, next.zone);
            if old != new || !(alike || old.is_empty()) {
                break;
            }
            parts.pop();
        }
        parts
    }
}

impl Span<'_> {
    /// Up to `most` of its own starts from `from` to `until`, both counted in.
    #[must_use]
    pub fn starts_between(self, from: Timestamp, until: Timestamp, most: u16) -> Vec<Timestamp> {
        let end = self.until.map_or(until, |end| until.min(end.plus_micros(-1)));
        let from = from.max(self.from);
        if from > end { Vec::new() } else { self.table.starts_between(from, end, most) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::schedule::recurrence::Recurrence;
    use crate::domain::time;
    use crate::domain::zone::Zone;

    fn table(starts: &str, rule: &str) -> Timetable {
        let starts = time::local(starts).unwrap();
        let rule = Recurrence::parse(rule, starts, Zone::utc()).ok();
        Timetable { starts, zone: Zone::utc(), minutes: 60, rule }
    }

    fn at(wall: &str) -> Timestamp {
        time::instant(time::local(wall).unwrap(), Zone::utc())
    }

    fn days(starts: &[Timestamp]) -> Vec<String> {
        starts.iter().map(|at| at.utc().format("%m-%d").to_string()).collect()
    }

    #[test]
    fn one_timetable_goes_on_where_the_other_ends() {
        let earlier = [EarlierTimetable { until: at("2027-03-20T00:00"), timetable: table("2027-03-02T18:00", "FREQ=WEEKLY") }];
        let last = table("2027-03-03T18:00", "FREQ=WEEKLY");
        let course = TimetableHistory::new(&earlier, &last);
        let all = course.starts_between(Timestamp::ZERO, at("2027-04-01T00:00"), 50);
        assert_eq!(days(&all), ["03-02", "03-09", "03-16", "03-24", "03-31"]);
        assert_eq!(days(&course.next_starts(at("2027-03-10T00:00"), 3)), ["03-16", "03-24", "03-31"]);
        assert!(course.asks_for(at("2027-03-16T18:00")) && !course.asks_for(at("2027-03-17T18:00")));
        // The day before the change all that is to come is of the last one already.
        assert_eq!(course.present(at("2027-03-16T18:00")), &earlier[0].timetable);
        assert_eq!(course.present(at("2027-03-17T00:00")), &last);
        assert_eq!(course.later(at("2027-03-10T00:00")).count(), 1);
    }

    #[test]
    fn what_the_next_one_would_tell_as_well_needs_no_part() {
        let first = table("2027-03-02T18:00", "FREQ=WEEKLY;COUNT=4");
        let course = TimetableHistory::new(&[], &first);
        let begin = at("2027-03-10T00:00");
        assert_eq!(course.before(begin, &table("2027-03-02T18:00", "FREQ=WEEKLY;COUNT=9")), []);
        assert_eq!(
            course.before(begin, &table("2027-03-02T19:00", "FREQ=WEEKLY")),
            [EarlierTimetable { until: begin, timetable: first.clone() }]
        );
        assert_eq!(course.before(begin, &Timetable { minutes: 45, ..first.clone() }).len(), 1);
        // Nothing of it had begun.
        assert_eq!(course.before(at("2027-03-01T00:00"), &table("2027-03-03T18:00", "FREQ=DAILY")), []);
    }

    #[test]
    fn a_part_that_lies_ahead_is_cut_or_gone() {
        let earlier = [
            EarlierTimetable { until: at("2027-03-10T00:00"), timetable: table("2027-03-02T18:00", "FREQ=WEEKLY") },
            EarlierTimetable { until: at("2027-03-24T00:00"), timetable: table("2027-03-11T18:00", "FREQ=WEEKLY") },
        ];
        let last = table("2027-03-26T18:00", "FREQ=WEEKLY");
        let next = table("2027-03-02T20:00", "FREQ=DAILY");
        let parts = TimetableHistory::new(&earlier, &last).before(at("2027-03-18T00:00"), &next);
        assert_eq!(parts.iter().map(|part| part.until).collect::<Vec<_>>(), [earlier[0].until, at("2027-03-18T00:00")]);
    }
}
