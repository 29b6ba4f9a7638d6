//! When the folder of a source is read, and the time zone of its instrument.

use std::str::FromStr;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Local, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use croner::Cron;

/// Time between two rounds of a source that states none.
const USUAL: Duration = Duration::from_secs(300);
/// Shortest and longest time between two rounds.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_hours(24 * 31);

/// When a source is read.
#[derive(Debug, Clone)]
pub struct Schedule {
    when: When,
}

#[derive(Debug, Clone)]
enum When {
    Every(Duration),
    Cron { cron: Box<Cron>, zone: Option<Tz> },
}

impl Default for Schedule {
    fn default() -> Self {
        Self { when: When::Every(USUAL) }
    }
}

impl Schedule {
    /// A schedule with this time between two rounds.
    ///
    /// # Errors
    ///
    /// In words, if it is not a duration from 1 s to 31 days.
    pub(crate) fn every(text: &str) -> Result<Self, String> {
        let duration = duration(text)?;
        if !(SHORTEST..=LONGEST).contains(&duration) {
            return Err(format!("expected 1 s to 31 days, found `{text}`"));
        }
        Ok(Self { when: When::Every(duration) })
    }

    /// A schedule in the notation of cron, in a time zone; in that of the computer where none is given.
    ///
    /// # Errors
    ///
    /// In words, if it is none, or never comes.
    pub(crate) fn cron(text: &str, zone: Option<Tz>) -> Result<Self, String> {
        let wrong = |error: &dyn std::fmt::Display| {
            format!("expected five fields (minute hour day month weekday) as in `0 */2 * * *`, found `{text}`: {error}")
        };
        let cron = Cron::from_str(text).map_err(|error| wrong(&error))?;
        let schedule = Self { when: When::Cron { cron: Box::new(cron), zone } };
        match schedule.next(SystemTime::now()) {
            Some(_) => Ok(schedule),
            None => Err(format!("`{text}` never comes")),
        }
    }

    fn next(&self, time: SystemTime) -> Option<SystemTime> {
        match &self.when {
            When::Every(duration) => time.checked_add(*duration),
            When::Cron { cron, zone: Some(zone) } => {
                let now: DateTime<Tz> = DateTime::<Utc>::from(time).with_timezone(zone);
                cron.find_next_occurrence(&now, false).ok().map(SystemTime::from)
            }
            When::Cron { cron, zone: None } => {
                cron.find_next_occurrence(&DateTime::<Local>::from(time), false).ok().map(SystemTime::from)
            }
        }
    }

    /// The next round after this time.
    #[must_use]
    pub fn next_after(&self, time: SystemTime) -> SystemTime {
        self.next(time).unwrap_or(time + LONGEST)
    }

    /// Time between the two rounds after this time.
    #[must_use]
    pub fn period(&self, time: SystemTime) -> Duration {
        let first = self.next_after(time);
        self.next_after(first).duration_since(first).unwrap_or(USUAL)
    }
}

/// A duration such as `30 s`, `5 min`, `2 h` or `1 day`.
///
/// # Errors
///
/// In words, if it is none.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("expected a duration as `30 s`, `5 min`, `2 h` or `1 day`, found `{text}`");
    let text = text.trim();
    let unit_at = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(unit_at);
    let seconds = match unit.trim() {
        "s" | "second" | "seconds" => 1.0,
        "min" | "minute" | "minutes" => 60.0,
        "h" | "hour" | "hours" => 3600.0,
        "d" | "day" | "days" => 86400.0,
        _ => return Err(wrong()),
    };
    let number: f64 = number.parse().map_err(|_| wrong())?;
    Duration::try_from_secs_f64(number * seconds).map_err(|_| wrong())
}

/// A time zone by its name in the IANA database.
///
/// # Errors
///
/// In words, if there is none of that name.
pub(crate) fn time_zone(text: &str) -> Result<Tz, String> {
    Tz::from_str(text)
        .map_err(|_| format!("expected the name of a time zone as `Europe/Brussels` or `UTC`, found `{text}`"))
}

/// The instant (µs since 1970, UTC) of a local time without a zone (ISO 8601), in this zone; in that of the computer where none is
/// given. Of an hour that the clock goes through twice the first is taken; one that it skips is that after the jump.
pub(crate) fn instant(local: &str, zone: Option<&str>) -> Option<i64> {
    let local = local.trim().replace(' ', "T");
    let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
    let day = |text: &str| format!("{text}T00:00");
    let naive = formats
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(&local, format).ok())
        .or_else(|| NaiveDateTime::parse_from_str(&day(&local), formats[1]).ok());
    let Some(naive) = naive else {
        return DateTime::parse_from_rfc3339(&local).ok().map(|time| time.timestamp_micros());
    };
    fn of<Z: TimeZone>(zone: &Z, naive: NaiveDateTime) -> Option<i64> {
        let at = |naive: NaiveDateTime| zone.from_local_datetime(&naive).earliest();
        at(naive).or_else(|| at(naive + TimeDelta::hours(1))).map(|time| time.timestamp_micros())
    }
    match zone.and_then(|name| Tz::from_str(name).ok()) {
        Some(zone) => of(&zone, naive),
        None => of(&Local, naive),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SystemTime {
        SystemTime::from(DateTime::parse_from_rfc3339(text).unwrap())
    }

    #[test]
    fn a_source_is_read_at_its_times() {
        let start = at("2026-01-05T10:07:00Z");
        let minutes = |schedule: &Schedule| schedule.next_after(start).duration_since(start).unwrap().as_secs() / 60;
        assert_eq!(minutes(&Schedule::default()), 5);
        assert_eq!(minutes(&Schedule::every("1.5 h").unwrap()), 90);
        let zone = time_zone("Europe/Brussels").unwrap();
        // 11:07 in Brussels.
        let cron = Schedule::cron("0 */2 * * *", Some(zone)).unwrap();
        assert_eq!((minutes(&cron), cron.period(start)), (53, Duration::from_hours(2)));
        assert_eq!(minutes(&Schedule::cron("30 10 * * *", Some(Tz::UTC)).unwrap()), 23);
    }

    #[test]
    fn a_schedule_that_is_none_says_what_is_expected() {
        let of = |found: Result<Schedule, String>| found.unwrap_err();
        let expected = "expected a duration as `30 s`, `5 min`, `2 h` or `1 day`, found `5`";
        assert_eq!(of(Schedule::every("5")), expected);
        assert_eq!(of(Schedule::every("0 s")), "expected 1 s to 31 days, found `0 s`");
        assert!(of(Schedule::cron("every day", None)).starts_with("expected five fields"));
        assert!(of(Schedule::cron("0 0 31 2 *", Some(Tz::UTC))).contains("0 0 31 2 *"));
        assert_eq!(
            time_zone("Brussels").unwrap_err(),
            "expected the name of a time zone as `Europe/Brussels` or `UTC`, found `Brussels`"
        );
    }

    #[test]
    fn a_local_time_becomes_an_instant() {
        let utc = |local: &str, zone: &str| {
            let micros = instant(local, Some(zone)).unwrap();
            DateTime::<Utc>::from_timestamp_micros(micros).unwrap().to_rfc3339()
        };
        assert_eq!(utc("2026-01-05T11:07:00", "Europe/Brussels"), "2026-01-05T10:07:00+00:00");
        assert_eq!(utc("2026-07-05T11:07:00.5", "Europe/Brussels"), "2026-07-05T09:07:00.500+00:00");
        assert_eq!(utc("2026-07-05", "UTC"), "2026-07-05T00:00:00+00:00");
        // The hour that is there twice, and the one that is skipped.
        assert_eq!(utc("2026-10-25T02:30:00", "Europe/Brussels"), "2026-10-25T00:30:00+00:00");
        assert_eq!(utc("2026-03-29T02:30:00", "Europe/Brussels"), "2026-03-29T01:30:00+00:00");
        assert_eq!(instant("yesterday", None), None);
    }
}
