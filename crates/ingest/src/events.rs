//! An `[[event]]` of a sheet: what was done to a reactor or to an instrument between runs.

use crate::entry::{Entry, Mistakes, quoted};

/// What an event can be.
pub(crate) const KINDS: [&str; 4] = ["refill", "maintenance", "calibration", "remark"];

/// An `[[event]]`, or a row of a CSV file with the columns `kind` and `at`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// One of [`KINDS`].
    pub(crate) kind: String,
    /// Local time, ISO 8601 to the second, without a zone.
    pub(crate) at: String,
    /// The time as written, by which an entry with a mistake is known.
    pub(crate) written_at: String,
    pub(crate) reactor: Option<String>,
    pub(crate) precursor: Option<String>,
    pub(crate) line: Option<String>,
    pub(crate) note: Option<String>,
}

impl Event {
    pub(crate) fn of(mut entry: Entry, mistakes: &mut Mistakes) -> Self {
        let (kind_line, at_line, entry_line) = (entry.line("kind"), entry.line("at"), entry.line(""));
        let mut event = Self {
            kind: entry.required("kind"),
            at: String::new(),
            written_at: entry.required("at"),
            reactor: entry.text("reactor"),
            precursor: entry.text("precursor"),
            line: entry.text("line"),
            note: entry.text("note"),
        };
        entry.finish("event", mistakes);
        if !event.kind.is_empty() && !KINDS.contains(&event.kind.as_str()) {
            mistakes.push(kind_line, format!("`kind`: expected {}, found `{}`", quoted(&KINDS), event.kind));
        }
        if event.kind == "refill" && event.precursor.is_none() {
            mistakes.push(entry_line, "a refill without `precursor`: expected which precursor was refilled".to_owned());
        }
        match local_time(&event.written_at) {
            Some(at) => event.at = at,
            None if event.written_at.is_empty() => {}
            None => mistakes.push(
                at_line,
                format!(
                    "`at`: expected a date, or a date and local time, such as `2026-03-02T09:30`, found `{}`",
                    event.written_at
                ),
            ),
        }
        event
    }

    /// An identifier that does not change with the note: the same time, kind, reactor, precursor and line are one event.
    pub(crate) fn event_id(&self) -> String {
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        let all = [self.at.clone(), self.kind.clone(), part(&self.reactor), part(&self.precursor), part(&self.line)]
            .join("\n");
        aldb_lake::file_id(all.as_bytes())[..32].to_owned()
    }

    /// For people.
    pub(crate) fn shown(&self) -> String {
        let of = self.precursor.as_ref().or(self.line.as_ref()).map(|what| format!(" of {what}")).unwrap_or_default();
        format!("{}{of} at {}", self.kind, self.at)
    }
}

/// A date, or a date and a time, to the second; `None` if it is none.
fn local_time(text: &str) -> Option<String> {
    let (date, time) = text.trim().split_once(['T', 't', ' ']).unwrap_or((text.trim(), "00:00:00"));
    let [year, month, day] = numbers(date, '-', &[4, 2, 2])?.try_into().ok()?;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    let time = time.split_once('.').map_or(time, |(whole, _)| whole);
    let mut time = numbers(time, ':', &[2, 2, 2]).or_else(|| numbers(time, ':', &[2, 2]))?;
    time.resize(3, 0);
    let is_time = time[0] < 24 && time[1] < 60 && time[2] < 60;
    (1..=days).contains(&day).then_some(())?;
    is_time.then(|| format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", time[0], time[1], time[2]))
}

/// Numbers of these many digits between separators.
fn numbers(text: &str, separator: char, digits: &[usize]) -> Option<Vec<u32>> {
    let parts: Vec<&str> = text.split(separator).collect();
    let is_number = |part: &str, n: usize| part.len() == n && part.bytes().all(|byte| byte.is_ascii_digit());
    if parts.len() != digits.len() || !parts.iter().zip(digits).all(|(part, n)| is_number(part, *n)) {
        return None;
    }
    parts.iter().map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_date_or_a_date_with_a_time_and_no_other_day() {
        let times = [
            ("2026-03-02", Some("2026-03-02T00:00:00")),
            ("2026-03-02 09:30", Some("2026-03-02T09:30:00")),
            ("2026-03-02T09:30:05", Some("2026-03-02T09:30:05")),
            ("2024-02-29T23:59:59.5", Some("2024-02-29T23:59:59")),
            ("2026-02-29", None),
            ("2026-13-01", None),
            ("2026-03-02T24:00", None),
            ("02.03.2026", None),
            ("2026-03-02T09:30:00Z", None),
            ("soon", None),
        ];
        for (text, expected) in times {
            assert_eq!(local_time(text).as_deref(), expected, "{text}");
        }
    }
}
