//! Weekly meetings in zones whose clocks change, over two years as they go by: the pages, the API, the calendars and
//! Python's dateutil name the same instants. `tests/data/calendar/instants.py` makes the table of the latter.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate};
use reqwest::Client;
use serde_json::json;

use super::support::TestApp;
use super::{DAY, expand, make, patch, python};

const TABLE: &str = include_str!("../data/calendar/instants.tsv");
const START: &str = "2024-11-04T00:00:00Z";
/// How long each event is, in seconds.
const LENGTH: i64 = 3_600;
/// Days from one look to the next: fewer than the twelve weeks of which events are made ahead.
const STEP: i64 = 56;
/// The first, and those of two years.
const LOOKS: i64 = 14;
/// How many events that are over a meeting's page has.
const PAST: usize = 50;

/// Instants in seconds, each as a clock of the meeting's zone shows it.
type Starts = BTreeMap<i64, String>;

struct Meeting {
    slug: String,
    title: &'static str,
    /// By dateutil.
    starts: Starts,
}

fn seconds(instant: &str) -> i64 {
    DateTime::parse_from_rfc3339(instant).unwrap().timestamp()
}

impl Meeting {
    fn between(&self, from: i64, until: i64) -> Starts {
        self.starts.range(from..=until).map(|(at, shown)| (*at, shown.clone())).collect()
    }

    /// Instants that come without their zone.
    fn shown(&self, instants: impl Iterator<Item = i64>) -> Starts {
        let shown = |at| self.starts.get(&at).cloned().unwrap_or_else(|| "dateutil does not name it".into());
        instants.map(|at| (at, shown(at))).collect()
    }

    /// The starts that a page of this meeting alone names, as it has them. It names ends as well, and from when on one can be opened early:
    /// a day before its end.
    async fn on_page(&self, app: &TestApp, browser: &Client, path: &str) -> Starts {
        let page = browser.get(format!("{}{path}", app.base)).send().await.unwrap();
        assert_eq!((page.status().as_u16(), page.url().path()), (200, path.split('?').next().unwrap()));
        let text = page.text().await.unwrap();
        let named = text.split("<time datetime=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
        let instants = named.filter(|at| at.contains('T')).map(|at| (seconds(at), at.to_owned()));
        let is_other = |at: i64| [at - LENGTH, at - LENGTH + DAY / 1_000_000].iter().any(|start| self.starts.contains_key(start));
        instants.filter(|(at, _)| !is_other(*at)).collect()
    }

    /// The page of the meeting: what is ahead, and the last of what is over.
    fn of_page(&self, now: i64, until: i64) -> Starts {
        let over = self.starts.range(..now).rev().take(PAST).map(|(at, shown)| (*at, shown.clone()));
        over.chain(self.between(now, until)).collect()
    }
}

/// How much was compared.
#[derive(Default)]
struct Compared {
    instants: usize,
    lists: usize,
}

impl Compared {
    #[track_caller]
    fn same(&mut self, what: &str, found: &Starts, wanted: &Starts) {
        let extra: Vec<_> = found.iter().filter(|(at, shown)| wanted.get(at) != Some(shown)).collect();
        let missing: Vec<_> = wanted.iter().filter(|(at, _)| !found.contains_key(at)).collect();
        assert!(extra.is_empty() && missing.is_empty(), "{what}: extra {extra:?}, missing {missing:?}");
        assert!(!found.is_empty(), "{what}: nothing is compared");
        self.instants += found.len();
        self.lists += 1;
    }
}

async fn meetings(app: &TestApp) -> Vec<Meeting> {
    let mut meetings = Vec::new();
    for line in TABLE.lines() {
        let [title, zone, starts, rule, instants] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let slug = make(app, title, zone, starts, LENGTH / 60, rule).await;
        let starts = instants.split(' ').map(|shown| (seconds(shown), shown.to_owned())).collect();
        meetings.push(Meeting { slug, title, starts });
    }
    meetings
}

/// The month's page of this month and the three after it: all that is made lies there, and what is over of this one.
async fn months(app: &TestApp, browser: &Client, meeting: &Meeting, until: i64, compared: &mut Compared) {
    let today = DateTime::from_timestamp_micros(app.now()).unwrap().date_naive();
    let first = today.with_day(1).unwrap();
    let weekday = |day: NaiveDate| u64::from(day.weekday().num_days_from_monday());
    let mut found = Starts::new();
    for n in 0..4 {
        let month = (first + Months::new(n)).format("%Y-%m");
        let query = meeting.title.replace(' ', "+");
        found.extend(meeting.on_page(app, browser, &format!("/schedule?month={month}&q={query}")).await);
    }
    // Whole weeks are shown, by the day in the meeting's zone.
    let (begin, after) = (first - Days::new(weekday(first)), first + Months::new(4));
    let end = after + Days::new((7 - weekday(after)) % 7);
    let days = begin.to_string()..end.to_string();
    let mut wanted = meeting.between(0, until);
    wanted.retain(|_, shown| days.contains(&shown[..10].to_owned()));
    compared.same(&format!("the months of {}, {today}", meeting.title), &found, &wanted);
}

/// The calendars of all meetings, expanded up to `until`, in seconds.
async fn calendars(app: &TestApp, packages: &Path, meetings: &[Meeting], until: i64, compared: &mut Compared) {
    let folder = tempfile::tempdir().unwrap();
    let (mut asked, first) = (String::new(), seconds(START));
    let own = meetings.iter().map(|meeting| (format!("/m/{}.ics", meeting.slug), ["known", "told"].as_slice()));
    for (n, (path, ways)) in own.chain([("/calendar.ics".to_owned(), ["known"].as_slice())]).enumerate() {
        let file = folder.path().join(format!("{n}.ics"));
        std::fs::write(&file, app.client.get(format!("{}{path}", app.base)).send().await.unwrap().text().await.unwrap()).unwrap();
        for how in ways {
            writeln!(asked, "{} {first} {} {how}", file.display(), until + 1).unwrap();
        }
    }
    let mut found = expand(packages, &asked).into_iter();
    for meeting in meetings {
        for how in ["known", "told"] {
            let starts = meeting.shown(found.next().unwrap().iter().map(|it| it.0));
            compared.same(&format!("{}.ics, zones {how}", meeting.slug), &starts, &meeting.between(first, until));
        }
    }
    // That of the site leaves out what was over before the month of 90 days ago.
    let (site, now) = (found.next().unwrap(), app.now() / 1_000_000);
    for meeting in meetings {
        let ahead = site.iter().filter(|it| it.3 == meeting.title && it.0 >= now).map(|it| it.0);
        compared.same(&format!("{} in calendar.ics", meeting.slug), &meeting.shown(ahead), &meeting.between(now, until));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_the_api_calendars_and_dateutil_name_the_same_instants_over_two_years() {
    let packages = python();
    match &packages {
        Ok(packages) => {
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/calendar/instants.py");
            let said = Command::new("python3").arg(script).env("PYTHONPATH", packages.path()).output().unwrap();
            assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
            assert!(said.stdout == TABLE.as_bytes(), "the table is not what dateutil says: look why, or make it anew by its script");
        }
        Err(why) => println!("skipped: the calendars were not compared, and of dateutil only what its table keeps ({why})"),
    }
    let app = TestApp::start_with(&[("gavel.sign_in_attempts", json!(100))]).await;
    app.clock.step(seconds(START) * 1_000_000 - app.now());
    let meetings = meetings(&app).await;
    let mut compared = Compared::default();
    for look in 0..LOOKS {
        if look > 0 {
            app.clock.step(STEP * DAY);
        }
        // A sign-in lasts 30 days.
        let (browser, now, mut all_made) = (app.signed_in().await, app.now() / 1_000_000, i64::MAX);
        for meeting in &meetings {
            let Meeting { slug, title, .. } = meeting;
            // Events are made ahead once an hour, and with every change.
            patch(&app, &format!("/meetings/{slug}"), json!({"description": format!("Look {look}")})).await;
            let upcoming = app.get(&format!("/meetings/{slug}")).await.expect(200)["upcoming"].as_array().unwrap().clone();
            let opens: Vec<i64> = upcoming.iter().map(|event| event["opens_at"].as_i64().unwrap() / 1_000_000).collect();
            let until = *opens.last().unwrap();
            assert!(until > now + STEP * DAY / 1_000_000, "no event is passed over from one look to the next");
            let ahead = meeting.between(now, until);
            compared.same(&format!("the API, {title}, look {look}"), &meeting.shown(opens.into_iter()), &ahead);
            let page = meeting.on_page(&app, &browser, &format!("/m/{slug}")).await;
            compared.same(&format!("the page of {title}, look {look}"), &page, &meeting.of_page(now, until));
            let schedule = meeting.on_page(&app, &browser, &format!("/schedule?q={}", title.replace(' ', "+"))).await;
            compared.same(&format!("the schedule of {title}, look {look}"), &schedule, &ahead);
            months(&app, &browser, meeting, until, &mut compared).await;
            all_made = all_made.min(until);
        }
        if let Ok(packages) = &packages {
            calendars(&app, packages.path(), &meetings, all_made, &mut compared).await;
        }
    }
    let (now, count) = (app.now() / 1_000_000, |until| meetings.iter().map(|it| it.between(0, until).len()).sum::<usize>());
    assert_eq!(count(now), 6 * 104, "each of them took place");
    println!("{} instants compared in {} lists; {} meetings met {} times", compared.instants, compared.lists, meetings.len(), count(now));
}
