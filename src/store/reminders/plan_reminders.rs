//! Planning mails: events of the coming days beside what readers know of them. Every mail is planned once,
//! on however many nodes: what a statement marks as planned, no other one finds unmarked.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use super::new_dates::{self, AHEAD_DAYS, came_near};
use crate::domain::reminders::change::{Change, EventState, Happened, Span, news};
use crate::domain::reminders::{What, pairing};
use crate::domain::time::Timestamp;
use crate::store::db::row::Record as _;
use crate::store::{Error, Store};

/// How long nothing has to change before readers are told, in seconds: several changes become one mail.
const SETTLED: i64 = 60;
const DAY: i64 = 24 * 60;
const HOUR: i64 = 60;

/// The events that came near with time, of meetings with readers who were not told of them; and what is wanted of them.
macro_rules! unannounced {
    ($wanted:literal, $rest:literal) => {
        concat!(
            $wanted,
            " FROM chat_event e JOIN meeting m ON m.id = e.meeting_id \
             WHERE e.closed_ts IS NULL AND e.cancelled_at IS NULL AND e.opens_at > $1 AND e.opens_at <= $2 \
             AND e.meeting_id IN (SELECT meeting_id FROM reminder WHERE confirmed_at IS NOT NULL) \
             AND NOT EXISTS (SELECT 1 FROM announced a WHERE a.event_id = e.id) AND NOT (",
            came_near!(),
            ")",
            $rest
        )
    };
}

/// What is wanted of the events that are not, or no longer, as they were announced.
macro_rules! different {
    ($wanted:literal, $rest:literal) => {
        concat!(
            $wanted,
            " FROM announced a JOIN meeting m ON m.id = a.meeting_id LEFT JOIN chat_event e ON e.id = a.event_id \
             WHERE (e.id IS NULL OR e.opens_at <> a.opens_at OR e.closes_at <> a.closes_at \
             OR (e.cancelled_at IS NULL) <> (a.cancelled_at IS NULL))",
            $rest
        )
    };
}

/// Plans mails before one event for those who want them since before their time, or since before the event
/// was changed; the others saw the event as it is when they asked.
macro_rules! plan {
    ($from:literal, $but:literal) => {
        concat!(
            "INSERT INTO mail (id, reminder_id, what, event_id, due_at, until_at, tries) \
             SELECT r.id || $1, r.id, $2, e.id, $3, e.opens_at, 0 FROM chat_event e JOIN reminder r ON r.meeting_id = e.meeting_id \
             WHERE e.id = $4 AND (",
            $from,
            " <= $5 OR ",
            $from,
            " < e.changed_at)",
            $but,
            " ON CONFLICT (id) DO NOTHING"
        )
    };
}

/// An event that readers have to be reminded of.
struct Due {
    event: String,
    opens: Timestamp,
    day: bool,
    hour: bool,
}

impl Store {
    /// Plans every mail that is due.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; what was not planned is planned the next time.
    pub async fn plan_mails(&self) -> Result<(), Error> {
        let now = self.clock.now();
        self.announce(now).await?;
        for meeting in self.meetings_with_news(now).await? {
            self.tell_news(&meeting, now).await?;
        }
        for due in self.to_remind_of(now).await? {
            if due.hour {
                self.remind(&due, What::Hour, now).await?;
            }
            if due.day {
                self.remind(&due, What::Day, now).await?;
            }
        }
        Ok(())
    }

    /// Notes how events stand that come near, or whose meeting has its first reader.
    async fn announce(&self, now: Timestamp) -> Result<(), Error> {
        let until = now.plus_days(AHEAD_DAYS);
        // Nearly always there is none, and then nobody has to wait for the writer.
        let any = sqlx::query(unannounced!("SELECT e.id", " LIMIT 1")).bind(now.micros()).bind(until.micros());
        if any.fetch_optional(&self.readers).await?.is_none() {
            return Ok(());
        }
        let query = sqlx::query(unannounced!(
            "INSERT INTO announced (event_id, meeting_id, title, opens_at, closes_at) \
             SELECT e.id, e.meeting_id, coalesce(e.title, m.title), e.opens_at, e.closes_at",
            " ON CONFLICT (event_id) DO NOTHING"
        ));
        self.writer.execute(query.bind(now.micros()).bind(until.micros())).await?;
        Ok(())
    }

    /// The meetings in which something changed, and nothing more lately.
    async fn meetings_with_news(&self, now: Timestamp) -> Result<Vec<String>, Error> {
        let query = sqlx::query_scalar(different!(
            "SELECT a.meeting_id",
            " GROUP BY a.meeting_id HAVING max(coalesce(e.changed_at, m.changed_at)) <= $1"
        ));
        let settled = now.plus_seconds(-SETTLED);
        let mut meetings: Vec<String> = query.bind(settled.micros()).fetch_all(&self.readers).await?;
        meetings.extend(self.meetings_with_new_dates(now, settled).await?);
        meetings.sort_unstable();
        meetings.dedup();
        Ok(meetings)
    }

    /// Plans one mail for each reader of a meeting about all that changed in it.
    async fn tell_news(&self, meeting: &str, now: Timestamp) -> Result<(), Error> {
        self.in_one(async |on| {
            sqlx::query(self.engine.lock_meeting()).bind(meeting).fetch_optional(&mut *on).await?;
            let rows = sqlx::query(different!(
                "SELECT a.event_id, a.title, a.opens_at, a.closes_at, a.cancelled_at, a.day_at, a.hour_at, e.key, \
                 coalesce(e.title, m.title) AS title_is, e.opens_at AS opens_is, e.closes_at AS closes_is, \
                 e.cancelled_at AS cancelled_is, e.cancel_reason, e.opened_ts",
                " AND a.meeting_id = $1 ORDER BY a.opens_at, a.event_id"
            ))
            .bind(meeting)
            .fetch_all(&mut *on)
            .await?;
            let mut changes: Vec<Change> = Vec::new();
            for row in &rows {
                changes.extend(take_over(on, row, now).await?);
            }
            let dates = new_dates::of_meeting(on, meeting, now).await?;
            for date in pairing::pair(&mut changes, dates) {
                let planned = |minutes: i64| (date.span.opens <= now.plus_minutes(minutes)).then_some(now.micros());
                new_dates::note(on, meeting, &date, planned(DAY), planned(HOUR)).await?;
            }
            let Some(until) = changes.iter().map(Change::ends).max() else { return Ok(()) };
            let detail = serde_json::to_string(&changes).map_err(|cause| Error::Unavailable(cause.into()))?;
            let plan = "INSERT INTO mail (id, reminder_id, what, detail, due_at, until_at, tries) \
                        SELECT r.id || $1, r.id, 'changed', $2, $3, $4, 0 FROM reminder r \
                        WHERE r.meeting_id = $5 AND r.confirmed_at IS NOT NULL ON CONFLICT (id) DO NOTHING";
            sqlx::query(plan)
                .bind(format!(".changed.{now}"))
                .bind(detail)
                .bind(now.micros())
                .bind(until.micros())
                .bind(meeting)
                .execute(on)
                .await?;
            Ok(())
        })
        .await
    }

    /// The events whose readers are to be reminded by now.
    async fn to_remind_of(&self, now: Timestamp) -> Result<Vec<Due>, Error> {
        let (in_a_day, in_an_hour) = (now.plus_minutes(DAY).micros(), now.plus_minutes(HOUR).micros());
        let rows = sqlx::query(
            "SELECT a.event_id, e.opens_at, a.day_at, a.hour_at FROM announced a JOIN chat_event e ON e.id = a.event_id \
             WHERE e.cancelled_at IS NULL AND e.closed_ts IS NULL AND e.opened_ts IS NULL AND e.opens_at > $1 AND e.opens_at <= $2 \
             AND (a.day_at IS NULL OR (a.hour_at IS NULL AND e.opens_at <= $3)) ORDER BY e.opens_at",
        )
        .bind(now.micros())
        .bind(in_a_day)
        .bind(in_an_hour)
        .fetch_all(&self.readers)
        .await?;
        let due = |row: &AnyRow| {
            let opens = row.number("opens_at")?;
            Ok(Due {
                event: row.text("event_id")?,
                opens: Timestamp::from_micros(opens),
                day: row.number_or_null("day_at")?.is_none() && opens <= in_a_day,
                hour: row.number_or_null("hour_at")?.is_none() && opens <= in_an_hour,
            })
        };
        rows.iter().map(due).collect()
    }

    /// Plans the mails of one kind before an event. Late, as after a pause of the program, nobody gets both.
    async fn remind(&self, due: &Due, what: What, now: Timestamp) -> Result<(), Error> {
        let (mark, plan, minutes) = match what {
            What::Hour => ("UPDATE announced SET hour_at = $1 WHERE event_id = $2 AND hour_at IS NULL", plan!("r.hour_from", ""), HOUR),
            _ if due.opens <= now.plus_minutes(HOUR) => (
                "UPDATE announced SET day_at = $1 WHERE event_id = $2 AND day_at IS NULL",
                plan!("r.day_from", " AND r.hour_from IS NULL"),
                DAY,
            ),
            _ => ("UPDATE announced SET day_at = $1 WHERE event_id = $2 AND day_at IS NULL", plan!("r.day_from", ""), DAY),
        };
        self.in_one(async |on| {
            let marked = sqlx::query(mark).bind(now.micros()).bind(&due.event).execute(&mut *on).await?;
            if marked.rows_affected() > 0 {
                sqlx::query(plan)
                    .bind(format!(".{}.{}.{}", due.event, what.as_str(), due.opens))
                    .bind(what.as_str())
                    .bind(now.micros())
                    .bind(&due.event)
                    .bind(due.opens.plus_minutes(-minutes).micros())
                    .execute(on)
                    .await?;
            }
            Ok(())
        })
        .await
    }
}

/// Notes an event as it stands now, and says what is to be told of that.
async fn take_over(on: &mut AnyConnection, row: &AnyRow, now: Timestamp) -> Result<Option<Change>, Error> {
    let instant = |column: &str| -> Result<Option<Timestamp>, Error> { Ok(row.number_or_null(column)?.map(Timestamp::from_micros)) };
    let at = |column: &str| -> Result<Timestamp, Error> { Ok(Timestamp::from_micros(row.number(column)?)) };
    let event = row.text("event_id")?;
    let was = Span { opens: at("opens_at")?, closes: at("closes_at")? };
    let known = EventState { span: was, cancelled: instant("cancelled_at")?.is_some(), opened: false };
    let key = row.text_or_null("key")?;
    let stands = match instant("opens_is")? {
        None => None,
        Some(opens) => Some(EventState {
            span: Span { opens, closes: at("closes_is")? },
            cancelled: instant("cancelled_is")?.is_some(),
            opened: instant("opened_ts")?.is_some(),
        }),
    };
    let happened = news(known, stands, now);
    let Some(stands) = stands else {
        sqlx::query("DELETE FROM announced WHERE event_id = $1").bind(event).execute(on).await?;
        let title = row.text("title")?;
        return Ok(happened.map(|happened| Change { happened, title, reason: None, key, was, is: was }));
    };
    let title = row.text("title_is")?;
    // What is said in this mail need not be said in another one soon after.
    let planned = |column: &str, minutes: i64| -> Result<Option<i64>, Error> {
        let before = row.number_or_null(column)?;
        Ok(if stands.span.opens > now.plus_minutes(minutes) { None } else { before.or(Some(now.micros())) })
    };
    sqlx::query(
        "UPDATE announced SET title = $1, opens_at = $2, closes_at = $3, cancelled_at = $4, day_at = $5, hour_at = $6 WHERE event_id = $7",
    )
    .bind(&title)
    .bind(stands.span.opens.micros())
    .bind(stands.span.closes.micros())
    .bind(row.try_get::<Option<i64>, _>("cancelled_is")?)
    .bind(planned("day_at", DAY)?)
    .bind(planned("hour_at", HOUR)?)
    .bind(event)
    .execute(on)
    .await?;
    let reason = row.text_or_null("cancel_reason")?.filter(|_| happened == Some(Happened::Cancelled));
    Ok(happened.map(|happened| Change { happened, title, reason, key, was, is: stands.span }))
}
