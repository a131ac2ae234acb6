//! The region of the reader of a page: the time zone that the browser's script left in a cookie, and the day on which weeks start in
//! the region of the preferred language.

use chrono::Weekday;
use rocket::request::Request;

use super::view_models::Event;
use crate::domain::schedule::event::ChatEvent;
use crate::domain::zone::Zone;

/// The cookie that `ui.js` writes.
const COOKIE: &str = "zone";

/// Returns the zone of the reader's browser; `None` without script, and if the name is not known.
pub fn zone(request: &Request<'_>) -> Option<Zone> {
    Zone::find(request.cookies().get(COOKIE)?.value())
}

/// Returns the first day of the week for the reader.
pub fn week_start(request: &Request<'_>) -> Weekday {
    request.headers().get_one("Accept-Language").map_or(Weekday::Mon, first_day)
}

/// Regions where weeks start on Sunday and on Saturday, from `weekData` of Unicode CLDR 48. In the Maldives they start on Friday,
/// everywhere else on Monday.
const SUNDAY: &str = "AG AS BD BR BS BT BW BZ CA CO DM DO ET GT GU HK HN ID IL IN IS JM JP KE KH KR LA MH MM MO MT MX MZ NI NP PA PE PH \
                      PK PR PT PY SA SG SV TH TT TW UM US VE VI WS YE ZA ZW";
const SATURDAY: &str = "AF BH DJ DZ EG IQ IR JO KW LY OM QA SD SY";
const FRIDAY: &str = "MV";

/// The first day of the week in the region of the language that is preferred, such as `en-US,en;q=0.9` (RFC 9110, section 12.5.4). A language
/// without a region does not say where its reader is: Monday (ISO 8601).
fn first_day(languages: &str) -> Weekday {
    let weighted = languages.split(',').take(20).filter_map(|part| {
        let (tag, rest) = part.trim().split_once(';').unwrap_or((part.trim(), ""));
        let weight: f32 = rest.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse).ok()?;
        (weight > 0.0).then_some((tag, weight))
    });
    // Of several with the same weight the first.
    let best = weighted.reduce(|best, next| if next.1 > best.1 { next } else { best });
    let is_region = |part: &&str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_alphabetic());
    let region = best.and_then(|(tag, _)| tag.split('-').skip(1).find(is_region)).map(str::to_ascii_uppercase).unwrap_or_default();
    let is_among = |list: &str| !region.is_empty() && list.split_ascii_whitespace().any(|it| it == region);
    match () {
        () if is_among(SUNDAY) => Weekday::Sun,
        () if is_among(SATURDAY) => Weekday::Sat,
        () if is_among(FRIDAY) => Weekday::Fri,
        () => Weekday::Mon,
    }
}

/// The zone by whose days a list is ordered: the reader's, else the one that most of the events have.
pub fn zone_of_list(reader: Option<Zone>, events: &[ChatEvent]) -> Zone {
    let most = |zone: Zone| events.iter().filter(|event| event.zone == zone).count();
    // Of several the one of the earliest event.
    let common = events.iter().map(|event| event.zone).rev().max_by_key(|zone| most(*zone));
    reader.or(common).unwrap_or_else(Zone::utc)
}

/// The same events with all their times in one zone.
pub fn in_zone(events: &[ChatEvent], zone: Zone) -> Vec<ChatEvent> {
    events.iter().map(|event| ChatEvent { zone, ..event.clone() }).collect()
}

/// Notes the times of the events' own zones next to those of the list, where they are others. `events` are as they were.
pub fn note_own_times(views: &mut [Event], events: &[ChatEvent], zone: Zone) {
    for (view, event) in views.iter_mut().zip(events) {
        let (own, here) = (event.opens_at.in_zone(event.zone), event.opens_at.in_zone(zone));
        if own.naive_local() != here.naive_local() {
            view.there = Some(format!("{}, {} in {}", own.format("%a %-d %b"), event.hours(), event.zone.name()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_start_as_in_the_region_of_the_preferred_language() {
        for (languages, day) in [
            ("en-US,en;q=0.9", Weekday::Sun),
            ("en-GB,en-US;q=0.9,en;q=0.8", Weekday::Mon),
            ("de;q=0.5, pt-BR", Weekday::Sun),
            ("de-DE, ar-EG;q=0.3", Weekday::Mon),
            ("ar-EG", Weekday::Sat),
            ("fa-IR;q=1.0", Weekday::Sat),
            ("dv-MV", Weekday::Fri),
            ("zh-Hant-TW", Weekday::Sun),
            ("ar-AE", Weekday::Mon),
            // Nothing says where.
            ("en", Weekday::Mon),
            ("es-419", Weekday::Mon),
            ("*", Weekday::Mon),
            ("", Weekday::Mon),
            ("en-US;q=0, fr", Weekday::Mon),
            ("en-US;q=x", Weekday::Mon),
            ("en-us", Weekday::Sun),
        ] {
            assert_eq!(first_day(languages), day, "{languages}");
        }
    }
}
