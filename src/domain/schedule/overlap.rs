//! Whether a meeting that is being written would have two events at one time, by its own rule and dates. Where events
//! of several meetings meet is no fault; `app` says so.

use super::meeting::MeetingDraft;
use crate::domain::form::FieldProblem;
use crate::domain::time::Timestamp;

impl MeetingDraft {
    /// What is wrong with its length where two of its own events from `from` on would overlap; looks at so many starts
    /// that no change of the clocks is missed.
    #[must_use]
    pub fn overlap(&self, from: Timestamp) -> Option<FieldProblem> {
        const STARTS: u16 = 400;
        let table = &self.timetable;
        let mut starts = table.next_starts(from, STARTS);
        starts.extend(self.dates.iter().filter(|start| **start >= from));
        starts.sort_unstable();
        starts.dedup();
        let meets = |two: &&[Timestamp]| two[0].plus_minutes(table.minutes) > two[1];
        let [first, second] = starts.windows(2).find(meets)?.try_into().ok()?;
        let say = |at: Timestamp| at.in_full(table.zone);
        let detail = format!(
            "The event of {} would still run when that of {} begins. Make them shorter, or leave more time between them.",
            say(first),
            say(second)
        );
        Some(FieldProblem { field: "duration_minutes", detail })
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::schedule::meeting::MeetingInput;
    use crate::domain::time::Timestamp;

    fn input() -> MeetingInput {
        MeetingInput {
            title: "Weekly".into(),
            timezone: "Europe/Berlin".into(),
            starts: "2026-11-24T18:00".into(),
            duration_minutes: "60".into(),
            ..MeetingInput::default()
        }
    }

    fn now() -> Timestamp {
        Timestamp::from_seconds(1_795_000_000)
    }

    #[test]
    fn events_of_one_meeting_that_overlap_are_found_also_where_the_clocks_bring_them_together() {
        let said = |input: &MeetingInput| input.check(now()).unwrap().overlap(now()).map(|it| it.detail).unwrap_or_default();
        let dates =
            |minutes: &str, date: &str| said(&MeetingInput { duration_minutes: minutes.into(), dates: vec![date.into()], ..input() });
        assert_eq!((dates("60", "2026-11-24 19:00"), dates("60", "2026-11-24 18:00")), (String::new(), String::new()));
        assert!(
            dates("61", "2026-11-24 19:00")
                .starts_with("The event of Tue 24 Nov 2026, 18:00 CET would still run when that of Tue 24 Nov 2026, 19:00 CET begins.")
        );
        let daily = |minutes: &str| said(&MeetingInput { duration_minutes: minutes.into(), rrule: "FREQ=DAILY".into(), ..input() });
        assert_eq!(daily("1380"), "");
        assert!(daily("1440").contains("Sat 27 Mar 2027, 18:00 CET") && daily("1440").contains("Sun 28 Mar 2027, 18:00 CEST"));
    }
}
