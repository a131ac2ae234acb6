//! What pages offer of calendars: links into those of others, and an organizer's private one.

use reqwest::{Client, Method};
use serde_json::json;

use super::icalendar::{NOON, at, calendar, fetch, fetch_with, id, make};
use crate::support::TestApp;

/// A browser of the organizer.
pub async fn signed_in(app: &TestApp) -> Client {
    app.signed_in().await
}

pub fn csrf(page: &str) -> &str {
    between(page, "name=\"csrf\" value=\"", "\"")
}

/// Sends a form of the page at `url` to a path below it, and gives what the answer says.
pub async fn send_form(browser: &Client, url: &str, path: &str, fields: &[(&str, &str)]) -> String {
    let page = browser.get(url).send().await.unwrap().text().await.unwrap();
    let form = [&[("csrf", csrf(&page))], fields].concat();
    let answer = browser.post(format!("{url}/{path}")).form(&form).send().await.unwrap();
    assert!([200, 422].contains(&answer.status().as_u16()), "{}", answer.status());
    answer.text().await.unwrap()
}

pub fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    text.split_once(before).unwrap_or_else(|| panic!("no {before}")).1.split_once(after).unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organizer_has_a_private_calendar_whose_address_can_be_renewed() {
    let app = at(NOON).await;
    make(&app, json!({"title": "Open talk"})).await;
    make(&app, json!({"title": "Board", "visibility": "unlisted"})).await;
    let other = app.organizer("emil").await;
    let body = json!({"title": "Elsewhere", "timezone": "UTC", "starts": "2027-03-16T18:00", "duration_minutes": 60});
    app.call(Method::POST, "/meetings", Some(&other), Some(body)).await.expect(201);
    let browser = signed_in(&app).await;
    let schedule =
        || async { browser.get(format!("{}/schedule", app.base)).send().await.unwrap().text().await.unwrap().replace("&#x2f;", "/") };
    let address = |page: &str| {
        let host = app.base.strip_prefix("http://").unwrap();
        format!("/calendar/{}", between(page, &format!("href=\"webcal://{host}/calendar/"), "\""))
    };
    let page = schedule().await;
    let path = address(&page);
    let text = calendar(&app, &path).await;
    assert!(text.contains("SUMMARY:Open talk") && text.contains("SUMMARY:Board") && !text.contains("Elsewhere"));
    assert!(text.contains("X-WR-CALNAME:Gavel\\, olga\r\n"));
    assert_eq!(fetch(&app, &path).await.headers["cache-control"], "private, max-age=300");
    let form = [("csrf", "wrong")];
    let refused = browser.post(format!("{}/schedule/calendar/renew", app.base)).form(&form).send().await.unwrap();
    assert_eq!((refused.status().as_u16(), fetch(&app, &path).await.status.as_u16()), (403, 200));
    let form = [("csrf", csrf(&page))];
    let renewed = browser.post(format!("{}/schedule/calendar/renew", app.base)).form(&form).send().await.unwrap();
    assert_eq!(renewed.status(), 200);
    assert!(renewed.text().await.unwrap().contains("Your calendar has a new address."));
    assert_eq!(fetch(&app, &path).await.status, 404);
    let new = address(&schedule().await);
    assert_ne!(new, path);
    assert!(calendar(&app, &new).await.contains("SUMMARY:Board"));
    let forged = new.replace(new.get(new.len() - 8..new.len() - 4).unwrap(), "0000");
    for wrong in [forged.as_str(), "/calendar/o_nobody-00.ics", "/calendar/x.ics", "/calendar/.ics"] {
        assert_eq!(fetch(&app, wrong).await.status, 404, "{wrong}");
    }
    let stranger =
        fetch_with(&app, Method::POST, "/schedule/calendar/renew", &[("Content-Type", "application/x-www-form-urlencoded")]).await;
    assert_eq!((stranger.status.as_u16(), fetch(&app, &new).await.status.as_u16()), (403, 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_offer_the_event_to_every_common_calendar() {
    let app = at(NOON).await;
    let meeting = make(&app, json!({"title": "Tea & talk + more", "slug": "weekly", "rrule": "FREQ=WEEKLY"})).await;
    let host = app.base.strip_prefix("http://").unwrap();
    for path in ["/m/weekly", "/m/weekly/2027-03-16"] {
        let page = fetch(&app, path).await.text.replace("&amp;", "&").replace("&#x2f;", "/");
        for link in ["/m/weekly/2027-03-16.ics".to_owned(), format!("webcal://{host}/m/weekly.ics"), format!("{}/m/weekly.ics", app.base)] {
            assert!(page.contains(&format!("href=\"{link}\"")), "{link} on {path}");
        }
        let query = |address: &str| -> Vec<(String, String)> {
            let url = reqwest::Url::parse(&format!("{address}{}", between(&page, &format!("href=\"{address}"), "\""))).unwrap();
            url.query_pairs().into_owned().collect()
        };
        let link = format!("{}/m/weekly/2027-03-16", app.base);
        let pairs =
            |pairs: &[(&str, &str)]| pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>();
        let title = "Tea & talk + more";
        assert_eq!(
            query("https://calendar.google.com/calendar/render"),
            pairs(&[
                ("action", "TEMPLATE"),
                ("text", title),
                ("dates", "20270316T170000Z/20270316T180000Z"),
                ("ctz", "Europe/Berlin"),
                ("details", &link)
            ])
        );
        assert_eq!(
            query("https://outlook.live.com/calendar/0/action/compose"),
            pairs(&[
                ("rru", "addevent"),
                ("subject", title),
                ("startdt", "2027-03-16T17:00:00Z"),
                ("enddt", "2027-03-16T18:00:00Z"),
                ("body", &link),
                ("allday", "false")
            ])
        );
        let yahoo = pairs(&[("v", "60"), ("title", title), ("st", "20270316T170000Z"), ("et", "20270316T180000Z"), ("desc", &link)]);
        assert_eq!(query("https://calendar.yahoo.com/"), yahoo);
    }
    // What does not take place is not offered, all the others are.
    app.post(&format!("/events/{}/cancel", id(&meeting, 0)), json!({})).await.expect(200);
    let page = fetch(&app, "/m/weekly/2027-03-16").await.text;
    assert!(!page.contains("calendar.google.com"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_of_many_meetings_is_kept_until_anything_changes_whatever_the_clock_does() {
    let app = at(NOON).await;
    let meeting = make(&app, json!({"title": "First", "slug": "weekly", "rrule": "FREQ=WEEKLY"})).await;
    let path = "/calendar.ics";
    let before = fetch(&app, path).await;
    assert_eq!(fetch(&app, path).await.headers["etag"], before.headers["etag"]);
    // By a clock that was set back this change is older than what was before it.
    for (step, title) in [(-5 * 3_600_000_000, "Second"), (-3_600_000_000, "Third"), (9 * 3_600_000_000, "Fourth")] {
        app.clock.step(step);
        app.organize(Method::PATCH, "/meetings/weekly", Some(json!({"title": title}))).await.expect(200);
        assert!(calendar(&app, path).await.contains(&format!("SUMMARY:{title}\r\n")), "{title}");
    }
    // By another name of the machine, links lead there; a name that is not known is in no link.
    let host = format!("localhost:{}", app.base.rsplit(':').next().unwrap());
    let named = fetch_with(&app, Method::GET, path, &[("Host", &host)]).await.text;
    assert!(named.contains(&format!("http://{host}/m/weekly")) && !calendar(&app, path).await.contains("localhost"));
    let forged = fetch_with(&app, Method::GET, path, &[("Host", "meet.example.org")]).await.text;
    assert!(forged.contains(&format!("{}/m/weekly", app.base)) && !forged.contains("meet.example.org"));
    app.post(&format!("/events/{}/cancel", id(&meeting, 1)), json!({})).await.expect(200);
    assert!(calendar(&app, path).await.contains("STATUS:CANCELLED"));
    app.organize(Method::DELETE, "/meetings/weekly", None).await.expect(204);
    assert!(!calendar(&app, path).await.contains("BEGIN:VEVENT"));
}
