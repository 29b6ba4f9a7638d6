//! Times in cyclers' files: durations such as `0d 01:02:03.5`, and clock times as seconds, to compare them.

use crate::local_time::{DateOrder, parse_local_time};

/// Seconds of a duration: `hh:mm:ss`, with or without a fraction, with or without days before it (`3d 01:02:03.5`).
/// Hours may exceed 24.
pub(super) fn duration_s(cell: &str) -> Option<f64> {
    let bytes = cell.trim_ascii().as_bytes();
    let (days, rest) = match memchr::memchr(b'd', bytes) {
        Some(at) => (digits(bytes[..at].trim_ascii())?, bytes[at + 1..].trim_ascii()),
        None => (0, bytes),
    };
    let first = memchr::memchr(b':', rest)?;
    let second = first + 1 + memchr::memchr(b':', rest.get(first + 1..)?)?;
    let hours = digits(&rest[..first])?;
    let minutes = digits(&rest[first + 1..second]).filter(|minutes| *minutes < 60)?;
    let seconds = &rest[second + 1..];
    let (seconds, fraction) = match memchr::memchr2(b'.', b',', seconds) {
        Some(at) => (&seconds[..at], &seconds[at + 1..]),
        None => (seconds, &seconds[seconds.len()..]),
    };
    let seconds = digits(seconds).filter(|seconds| *seconds < 60)?;
    let whole = (days * 24 + hours) * 3600 + minutes * 60 + seconds;
    if fraction.is_empty() {
        return Some(whole as f64);
    }
    let scale = 10_u64.pow(u32::try_from(fraction.len()).ok()?.min(9));
    // Whole numbers of the last digit, so that 0.1 s is the nearest number to 0.1 and not a sum.
    Some((whole * scale + digits(fraction.get(..9).unwrap_or(fraction))?) as f64 / scale as f64)
}

/// A number of one to nine digits.
fn digits(bytes: &[u8]) -> Option<u64> {
    if bytes.is_empty() || bytes.len() > 9 {
        return None;
    }
    bytes.iter().try_fold(0_u64, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u64::from(byte - b'0')))
}

/// A clock time of a file, one cell for date and time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Clock {
    /// ISO 8601, local time.
    pub iso: String,
    /// Seconds since 1970-01-01, as if local time were UTC.
    pub seconds: f64,
    /// Whether month and day may be swapped.
    pub is_ambiguous: bool,
}

/// Reads a cell such as `06/05/2021 11:23:46`.
pub(super) fn clock(cell: &str, usual: DateOrder) -> Option<Clock> {
    let cell = cell.trim();
    let (date, time) = cell.split_once([' ', 'T']).unwrap_or((cell, ""));
    let parsed = parse_local_time(date, time.trim(), usual)?;
    Some(Clock { seconds: seconds(&parsed.iso)?, iso: parsed.iso, is_ambiguous: parsed.is_ambiguous })
}

/// Seconds since 1970-01-01 of ISO 8601 without a zone.
pub(super) fn seconds(iso: &str) -> Option<f64> {
    let (date, time) = iso.split_once('T').unwrap_or((iso, "00:00:00"));
    let date: jiff::civil::Date = date.parse().ok()?;
    let since_1970 = date.duration_since(jiff::civil::date(1970, 1, 1));
    Some(since_1970.as_secs() as f64 + duration_s(time)?)
}

/// The time of a file's start, and the order of month and day, where the file determines it.
///
/// `later` is a later clock time of the file and the seconds that passed until then: the order that fits is taken.
pub(super) fn start(cell: &str, later: Option<(&str, f64)>) -> Option<(Clock, Decided)> {
    let month_first = clock(cell, DateOrder::MonthFirst)?;
    if !month_first.is_ambiguous {
        return Some((month_first, Decided::ByItself));
    }
    let day_first = clock(cell, DateOrder::DayFirst)?;
    if let Some((later, passed)) = later {
        let error = |start: &Clock, order| {
            clock(later, order).map_or(f64::INFINITY, |later| (later.seconds - start.seconds - passed).abs())
        };
        let errors = [error(&month_first, DateOrder::MonthFirst), error(&day_first, DateOrder::DayFirst)];
        // An hour for pauses and for the hour that summer time moves.
        match errors.map(|error| error < 3700.0) {
            [true, false] => return Some((month_first, Decided::ByItself)),
            [false, true] => return Some((day_first, Decided::ByItself)),
            _ => {}
        }
    }
    Some((month_first, Decided::Taken))
}

/// Whether the order of month and day is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decided {
    /// The file determines it.
    ByItself,
    /// Month first was taken.
    Taken,
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values are exact in binary or copied")]
mod tests {
    use super::*;

    #[test]
    fn durations_are_seconds() {
        for (cell, seconds) in [
            ("00:01:00", 60.0),
            ("144:02:18", 518_538.0),
            ("08:16:08.100", 29_768.1),
            ("  0d 00:00:01.50", 1.5),
            ("3d 01:02:03,25", 262_923.25),
            ("0:00:00.1", 0.1),
        ] {
            assert_eq!(duration_s(cell), Some(seconds), "{cell}");
        }
        for cell in ["", "1", "1:2", "00:60:00", "00:00:60", "a:b:c", "-1:00:00", "99999999999:00:00", "1d", "::"] {
            assert_eq!(duration_s(cell), None, "{cell}");
        }
    }

    #[test]
    fn clock_times_are_seconds_since_1970() {
        assert_eq!(clock("2024-02-01 20:24:23", DateOrder::MonthFirst).unwrap().seconds, 1_706_819_063.0);
        assert_eq!(clock("03/01/2000 00:00:00", DateOrder::MonthFirst).unwrap().seconds, 951_868_800.0);
    }

    #[test]
    fn a_later_time_determines_the_order_of_month_and_day() {
        let order = |later, passed| start("06/05/2021 11:00:00", Some((later, passed))).unwrap();
        assert_eq!(order("06/06/2021 11:00:00", 86_400.0).0.iso, "2021-06-05T11:00:00");
        assert_eq!(order("07/05/2021 11:00:00", 2.0 * 86_400.0).1, Decided::Taken);
        let (day_first, decided) = order("07/05/2021 11:00:00", 2.0 * 86_400.0);
        assert_eq!((day_first.iso.as_str(), decided), ("2021-06-05T11:00:00", Decided::Taken));
        assert_eq!(order("07/05/2021 11:00:00", 86_400.0 * 2.0 / 2.0).0.iso, "2021-05-06T11:00:00");
        assert_eq!(order("06/05/2021 12:00:00", 3600.0).1, Decided::Taken);
    }
}
