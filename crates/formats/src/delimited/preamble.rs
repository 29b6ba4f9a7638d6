//! Settings in the text before the first row.

use std::collections::BTreeMap;

use regex::Captures;

use crate::Value;
use crate::local_time::calendar_day;
use crate::manifest::{Manifest, MetadataKind, MetadataRule};
use crate::number::{DecimalMark, parse_number};
use crate::text::excerpt;

/// Bytes of the text before the rows that are searched.
const LONGEST: usize = 64 << 10;
/// Characters of a value that are kept: every measurement of a file repeats them.
const LONGEST_VALUE: usize = 1000;

/// The settings in the text before the rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Settings {
    pub metadata: BTreeMap<String, Value>,
    /// The number of points that the file announces.
    pub announced_points: Option<u64>,
}

/// The settings that the manifest looks for.
pub(super) fn settings(manifest: &Manifest, preamble: &str, decimal: DecimalMark) -> Settings {
    let end = (0..=LONGEST.min(preamble.len())).rev().find(|end| preamble.is_char_boundary(*end)).unwrap_or(0);
    let mut found = Settings::default();
    for rule in &manifest.metadata {
        if let Some(captures) = rule.pattern.captures(&preamble[..end]) {
            take(rule, &captures, decimal, &mut found);
        }
    }
    found
}

fn take(rule: &MetadataRule, captures: &Captures<'_>, decimal: DecimalMark, found: &mut Settings) {
    let is_date = captures.name("year").is_some();
    if is_date && let Some(started) = local_time(captures) {
        found.metadata.insert("started_at".to_owned(), Value::Text(started));
    }
    for name in rule.pattern.names() {
        if is_date && DATE_PARTS.contains(&name) {
            continue;
        }
        let Some(text) = captures.name(name).map(|group| group.as_str().trim()) else {
            continue;
        };
        if text.is_empty() || rule.unstated.iter().any(|unstated| unstated == text) {
            continue;
        }
        if name == "announced_points" {
            found.announced_points = text.parse().ok();
            continue;
        }
        let value = match rule.kind {
            _ if !rule.words.is_empty() => rule.words.get(text).cloned().map(Value::Text),
            // Programs pad their values with blanks to make columns.
            MetadataKind::Text => {
                Some(Value::Text(excerpt(&text.split_whitespace().collect::<Vec<_>>().join(" "), LONGEST_VALUE)))
            }
            MetadataKind::Number => {
                // A header may have the other mark than the rows, as some programs write it by locale.
                let other = if decimal == DecimalMark::Point { DecimalMark::Comma } else { DecimalMark::Point };
                let number = parse_number(text, decimal).or_else(|| parse_number(text, other));
                number.filter(|number| number.is_finite()).map(|number| Value::Number(number * rule.factor))
            }
        };
        if let Some(value) = value {
            found.metadata.insert(name.to_owned(), value);
        }
    }
}

const DATE_PARTS: [&str; 7] = ["year", "month", "day", "hour", "minute", "second", "half"];
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// The parts of a date as ISO 8601 without a zone; `None` where they are not a date.
fn local_time(captures: &Captures<'_>) -> Option<String> {
    let part = |name: &str| captures.name(name).map(|group| group.as_str().trim());
    let number = |name: &str| part(name).map(str::parse::<u32>);
    let year = number("year")?.ok()?;
    let month = match part("month")? {
        digits if digits.starts_with(|c: char| c.is_ascii_digit()) => digits.parse().ok()?,
        word => {
            let start: String = word.chars().take(3).flat_map(char::to_lowercase).collect();
            MONTHS.iter().position(|month| *month == start)? as u32 + 1
        }
    };
    let day = number("day")?.ok()?;
    let mut hour = number("hour").unwrap_or(Ok(0)).ok()?;
    match part("half").map(str::to_lowercase).as_deref() {
        Some("pm") if hour < 12 => hour += 12,
        Some("am") if hour == 12 => hour = 0,
        _ => {}
    }
    let (minute, second) = (number("minute").unwrap_or(Ok(0)).ok()?, number("second").unwrap_or(Ok(0)).ok()?);
    let date = calendar_day(year, month, day).filter(|_| (1970..=2199).contains(&year))?;
    let is_time = hour < 24 && minute < 60 && second < 60;
    is_time.then(|| format!("{date}T{hour:02}:{minute:02}:{second:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings_of(rules: &str, preamble: &str) -> Settings {
        let head = "name = \"x\"\ntitle = \"X\"\ntechnique = \"impedance_spectroscopy\"\ntable = \"impedance_spectra\"\nsource = \"none\"\n";
        let manifest = Manifest::from_toml("x", &format!("{head}{rules}")).unwrap();
        settings(&manifest, preamble, DecimalMark::Point)
    }

    #[test]
    fn a_date_in_words_becomes_local_time() {
        let rules = r"
            [[metadata]]
            pattern = '(?m)^(?P<month>[A-Z][a-z]{2})\. (?P<day>\d+), (?P<year>\d{4})\s+(?P<hour>\d+):(?P<minute>\d+):(?P<second>\d+)'
        ";
        let found = settings_of(rules, "Feb. 20, 2020   15:55:08\n");
        assert_eq!(found.metadata["started_at"], Value::Text("2020-02-20T15:55:08".to_owned()));
        assert_eq!(found.metadata.len(), 1);
    }

    #[test]
    fn words_are_replaced_as_the_manifest_states_and_others_are_left_out() {
        let rules = r"
            [[metadata]]
            pattern = 'Technique: (?P<method>.*)'
            words = { 'i - t Curve' = 'chronoamperometry' }
        ";
        let found = settings_of(rules, "Technique: i - t Curve\r\n");
        assert_eq!(found.metadata["method"], Value::Text("chronoamperometry".to_owned()));
        assert_eq!(settings_of(rules, "Technique: knitting\n"), Settings::default());
    }

    #[test]
    fn a_placeholder_is_treated_as_not_stated() {
        let rules = r"
            [[metadata]]
            pattern = 'Area: (?P<electrode_area_cm2>\S+)'
            type = 'number'
            unstated = ['1']
        ";
        assert_eq!(settings_of(rules, "Area: 1\n"), Settings::default());
        assert_eq!(settings_of(rules, "Area: 0,5\n").metadata["electrode_area_cm2"], Value::Number(0.5));
    }
}
