//! The schedule's lists and month where there is more than fits, and what publishing does to a link.

use serde_json::{Value, json};

use super::exceptions::Desk;
use crate::calendar::icalendar::{at, make};
use crate::calendar::pages::between;

async fn crowd(app: &crate::support::TestApp, count: usize, zone: &str, starts: &str) {
    for n in 1..=count {
        make(app, json!({"title": format!("Watch {n}"), "timezone": zone, "starts": starts})).await;
    }
}

/// How many rows the table of events has.
fn rows(page: &str) -> usize {
    between(page, "<tbody>", "</tbody>").matches("<tr").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_of_the_month_says_how_many_more_it_has_and_leads_to_all_of_them() {
    let app = at("2027-03-10T00:00:00Z").await;
    // Of one day there, and of two days of the world's clock.
    crowd(&app, 9, "Australia/Sydney", "2027-03-17T09:00").await;
    crowd(&app, 3, "Australia/Sydney", "2027-03-17T19:00").await;
    make(&app, json!({"title": "Board", "timezone": "Pacific/Honolulu", "starts": "2027-03-17T23:00"})).await;
    let desk = Desk::new(&app).await;
    let month = desk.see("/schedule?month=2027-03").await;
    let link = "<a class=\"rest\" href=\"/schedule?day=2027-03-17\">and 8 more<span class=\"unseen\"> on Wed 17 Mar</span></a>";
    assert!(month.contains(link), "{month}");
    assert_eq!(month.matches("class=\"rest\"").count(), 1, "{month}");
    let day = desk.see("/schedule?day=2027-03-17").await;
    assert!(day.contains("<h2 id=\"events\"><time datetime=\"2027-03-17\">Wed 17 Mar 2027</time></h2>"), "{day}");
    assert_eq!(rows(&day), 13);
    assert!(day.contains("href=\"/schedule?day=2027-03-18\"") && day.contains("href=\"/schedule?month=2027-03\""), "{day}");
    // A search holds for the number, and for the list.
    let month = desk.see("/schedule?month=2027-03&q=watch").await;
    assert!(month.contains("href=\"/schedule?day=2027-03-17&q=watch\">and 7 more"), "{month}");
    assert_eq!(rows(&desk.see("/schedule?day=2027-03-17&q=watch").await), 12);
    assert!(desk.see("/schedule?day=2027-03-18").await.contains("There are no events on this day."));
    assert!(desk.see("/schedule?day=2027-02-31").await.contains(">Next events</h2>"), "no day is no filter");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_behind_the_last_one_is_the_last_one() {
    let app = at("2027-03-10T00:00:00Z").await;
    crowd(&app, 27, "UTC", "2027-03-16T09:00").await;
    let desk = Desk::new(&app).await;
    let shown = async |query: &str, list: &str| {
        let page = desk.see(&format!("/schedule?{query}")).await;
        let count = if list == "events" { rows(&page) } else { page.matches("<li id=\"m-").count() };
        (count, page.contains("Page 2</span>"))
    };
    for (query, list) in [("page=2", "events"), ("page=3", "events"), ("page=9999999", "events"), ("meetings=40", "meetings")] {
        assert_eq!(shown(query, list).await, (2, true), "{query}");
    }
    assert_eq!(shown("day=2027-03-16&page=7", "events").await, (2, true));
    assert_eq!(shown("page=7&q=watch+2", "events").await, (9, false), "a list of one page");
    assert!(desk.see("/schedule?when=past&page=7").await.contains("Nothing is over yet."));
    app.clock.step(8 * 24 * crate::support::HOUR);
    assert_eq!(shown("when=past&page=7", "events").await, (2, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_of_a_link_is_said_before_a_meeting_is_made_unlisted_and_after() {
    let app = at("2027-03-10T00:00:00Z").await;
    make(&app, json!({"visibility": "draft"})).await;
    let desk = Desk::new(&app).await;
    for path in ["/m/weekly", "/m/weekly/2027-03-16"] {
        let page = desk.see(path).await;
        assert!(
            page.contains("value=\"unlisted\" aria-describedby=\"unlisted-link\"") && page.contains("/m/weekly will lead nowhere."),
            "{page}"
        );
    }
    assert!(desk.see("/schedule/weekly/edit").await.contains("to share instead of /m/weekly, which will lead nowhere"));
    let (there, _, page) = desk.send("/schedule/weekly/publish", &[("visibility", "unlisted")]).await;
    assert!(there.starts_with("/m/weekly-") && there.len() == "/m/weekly-".len() + 16, "{there}");
    assert!(page.contains(&format!("is published. Share its link: {}{there}", app.base)), "{page}");
    // Once it has such a link, nothing more is said.
    let slug = there.trim_start_matches("/m/");
    let form = desk.see(&format!("/schedule/{slug}/edit")).await;
    assert!(!form.contains("unlisted-link"), "{form}");
    let gone: Value = app.get("/meetings/weekly").await.problem(404, "not-found");
    assert_eq!(gone["status"], 404);
}
