//! Turns the times that instruments write into ISO 8601 without a zone: local time, as the instrument's
//! computer had it.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, date};

/// An OLE automation date (days since 1899-12-30) as ISO 8601, with milliseconds where they are not zero.
///
/// `None` outside 1982 to 2119, where no measurement of these instruments can be.
pub(crate) fn ole_to_iso(days: f64) -> Option<String> {
    if !(30_000.0..80_000.0).contains(&days) {
        return None;
    }
    let milliseconds = (days * 86_400_000.0).round() as i64;
    date(1899, 12, 30).at(0, 0, 0, 0).checked_add(milliseconds.milliseconds()).ok().map(iso)
}

/// ISO 8601, with milliseconds where they are not zero.
fn iso(time: DateTime) -> String {
    let format = if time.millisecond() == 0 { "%Y-%m-%dT%H:%M:%S" } else { "%Y-%m-%dT%H:%M:%S.%3f" };
    time.strftime(format).to_string()
}

/// A day of the calendar; `None` where there is no such day.
pub(crate) fn calendar_day(year: u32, month: u32, day: u32) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// Whether the month or the day comes first in a date of slashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateOrder {
    /// `4/23/2018`
    MonthFirst,
    /// `23.4.2018`
    DayFirst,
}

/// A time that an instrument wrote as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LocalTime {
    /// ISO 8601, local time.
    pub iso: String,
    /// Whether month and day may be swapped.
    pub is_ambiguous: bool,
}

/// Reads a date and a time such as `03/26/2018` and `12:10:53.000` or `4:43:15 PM`.
///
/// The date determines its order where it can: a year that comes first, a number above 12, equal numbers.
/// Else `usual` is taken, and the result is marked ambiguous. `None` when it is not a calendar date.
pub(crate) fn parse_local_time(date: &str, time: &str, usual: DateOrder) -> Option<LocalTime> {
    let (year, [one, other], leads) = date_parts(date)?;
    let order = match (leads, one > 12, other > 12) {
        (true, _, _) => DateOrder::MonthFirst,
        (_, true, false) => DateOrder::DayFirst,
        (_, false, true) => DateOrder::MonthFirst,
        _ => usual,
    };
    let (month, day) = if order == DateOrder::MonthFirst { (one, other) } else { (other, one) };
    if !(1980..2120).contains(&year) {
        return None;
    }
    let day = calendar_day(year, month, day)?;
    let is_ambiguous = !leads && one <= 12 && other <= 12 && one != other;
    let clock = if time.is_empty() { String::new() } else { format!("T{}", clock(time)?) };
    Some(LocalTime { iso: format!("{day}{clock}"), is_ambiguous })
}

/// A time such as `2006-07-18T10:45:40.25+10:00`: ISO 8601 without its zone, and the zone.
pub(crate) fn zoned(text: &str) -> Option<(String, Option<String>)> {
    let (date, time) = text.trim().split_once('T')?;
    let zone_at = time.find(['Z', '+', '-']);
    let (clock, zone) = zone_at.map_or((time, None), |at| (&time[..at], Some(time[at..].to_owned())));
    Some((parse_local_time(date, clock, DateOrder::MonthFirst)?.iso, zone))
}

/// The year, the other two numbers in their order, and whether the year comes first.
fn date_parts(date: &str) -> Option<(u32, [u32; 2], bool)> {
    let mut parts = date.split(['/', '.', '-']).map(|part| part.trim().parse::<u32>().ok());
    let parts = [parts.next()??, parts.next()??, parts.next()??];
    match parts {
        [year, one, other] if year >= 1000 => Some((year, [one, other], true)),
        [one, other, year] if year >= 1000 => Some((year, [one, other], false)),
        // Two digits, as in the heads of `.mpr` modules: this century from 00 to 79.
        [one, other, year] if year < 100 => Some((if year < 80 { 2000 } else { 1900 } + year, [one, other], false)),
        _ => None,
    }
}

/// A time of day as ISO 8601, its fraction of a second cut to milliseconds and left out when zero.
fn clock(time: &str) -> Option<String> {
    let mut words = time.split_ascii_whitespace();
    let mut parts = words.next()?.splitn(3, ':');
    let mut hour: u32 = parts.next()?.parse().ok()?;
    let minute: u32 = parts.next()?.parse().ok()?;
    let (second, fraction) = parts.next().map_or(("0", ""), |s| s.split_once(['.', ',']).unwrap_or((s, "")));
    let second: u32 = second.parse().ok()?;
    match words.next().map(str::to_ascii_uppercase).as_deref() {
        None => {}
        Some("AM") if hour <= 12 => hour %= 12,
        Some("PM") if hour <= 12 => hour = hour % 12 + 12,
        Some(_) => return None,
    }
    if hour > 23 || minute > 59 || second > 60 || !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let milliseconds = format!("{:0<3}", &fraction[..fraction.len().min(3)]);
    let fraction = if milliseconds == "000" { String::new() } else { format!(".{milliseconds}") };
    Some(format!("{hour:02}:{minute:02}:{second:02}{fraction}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ole_dates_are_local_times() {
        assert_eq!(ole_to_iso(44_257.679_155_092_59).unwrap(), "2021-03-02T16:17:59");
        assert_eq!(ole_to_iso(45_792.054_697_534_724).unwrap(), "2025-05-15T01:18:45.867");
        assert_eq!(ole_to_iso(36_585.0).unwrap(), "2000-02-29T00:00:00");
        assert_eq!(ole_to_iso(f64::NAN), None);
        assert_eq!(ole_to_iso(-1.9e111), None);
    }

    #[test]
    fn a_date_with_one_reading_determines_its_order() {
        let iso =
            |date, time| parse_local_time(date, time, DateOrder::MonthFirst).map(|time| (time.iso, time.is_ambiguous));
        let some = |text: &str, is_ambiguous| Some((text.to_owned(), is_ambiguous));
        assert_eq!(iso("03/26/2018", "12:10:53.000"), some("2018-03-26T12:10:53", false));
        assert_eq!(iso("16/11/2023", "9:59:48"), some("2023-11-16T09:59:48", false));
        assert_eq!(iso("01-01-2022", "00:00:01"), some("2022-01-01T00:00:01", false));
        assert_eq!(iso("2024-02-29", "21:09:58.727375"), some("2024-02-29T21:09:58.727", false));
        assert_eq!(iso("03.26.18", ""), some("2018-03-26", false));
        assert_eq!(iso("03/02/2021", "4:43:15 PM"), some("2021-03-02T16:43:15", true));
        assert_eq!(iso("DD/MM/YYYY", "HH:MM:SS"), None);
        assert_eq!(iso("02/30/2021", "10:00:00"), None);
        assert_eq!(iso("03/26/2018", "25:10:53"), None);
    }

    #[test]
    fn a_zone_is_kept_beside_its_time() {
        assert_eq!(
            zoned("2006-07-18T10:45:40+10:00"),
            Some(("2006-07-18T10:45:40".to_owned(), Some("+10:00".to_owned())))
        );
    }

    #[test]
    fn the_usual_order_is_taken_where_both_fit() {
        let parsed = parse_local_time("2.7.2020", "18:22:48", DateOrder::DayFirst).unwrap();
        assert_eq!(parsed, LocalTime { iso: "2020-07-02T18:22:48".to_owned(), is_ambiguous: true });
    }
}
