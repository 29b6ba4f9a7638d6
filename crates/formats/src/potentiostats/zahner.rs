//! Reads files of Zahner's Thales: impedance spectra (`.ism`) and current-voltage curves (`.isc`).
//!
//! Both are big-endian without a signature: counts of 6 bytes, numbers of 8, integers of 2, and words with a length of
//! 2 bytes before them and their letters in the other case (`mea13` is MEA13). They are distinguished from other bytes in
//! that their counts, sizes and dates agree. [`ism`] and [`isc`] describe them.
//!
//! Source: zahner-analysis (Zahner-Elektrik, MIT), `IsmImport`, `IscImport` and `thales_file_utils`; a file of each.

pub(super) mod isc;
pub(super) mod ism;

use std::collections::BTreeMap;

use super::setting::text;
use crate::local_time::calendar_day;
use crate::number::{DecimalMark, parse_number};
use crate::text::counted;
use crate::unit::{Quantity, Unit};
use crate::{Place, ReadError, Value};

/// Goes through the bytes of a file.
struct Bytes<'a> {
    file: &'a [u8],
    at: usize,
}

impl<'a> Bytes<'a> {
    fn new(file: &'a [u8]) -> Self {
        Self { file, at: 0 }
    }

    fn take(&mut self, count: usize, what: &str) -> Result<&'a [u8], ReadError> {
        let found = self.at.checked_add(count).and_then(|end| self.file.get(self.at..end));
        let found = found.ok_or_else(|| {
            ReadError::malformed(
                Place::byte(self.at),
                format!("{what} ({count} bytes)"),
                format!("{} to the end of the file", counted(self.file.len().saturating_sub(self.at), "byte")),
            )
        })?;
        self.at += count;
        Ok(found)
    }

    fn count(&mut self, what: &str) -> Result<i64, ReadError> {
        let bytes = self.take(6, what)?;
        let unsigned = bytes.iter().fold(0_i64, |sum, byte| sum << 8 | i64::from(*byte));
        // Sign of 48 bits.
        Ok(if unsigned >= 1 << 47 { unsigned - (1 << 48) } else { unsigned })
    }

    fn integer(&mut self, what: &str) -> Result<i16, ReadError> {
        Ok(self.integers(1, what)?.first().copied().unwrap_or_default())
    }

    fn integers(&mut self, count: usize, what: &str) -> Result<Vec<i16>, ReadError> {
        let bytes = self.take(count.saturating_mul(2), what)?;
        Ok(bytes.chunks_exact(2).map(|pair| i16::from_be_bytes([pair[0], pair[1]])).collect())
    }

    fn numbers(&mut self, count: usize, what: &str) -> Result<Vec<f64>, ReadError> {
        let bytes = self.take(count.saturating_mul(8), what)?;
        let number = |bytes: &[u8]| bytes.try_into().map_or(f64::NAN, f64::from_be_bytes);
        Ok(bytes.chunks_exact(8).map(number).collect())
    }

    fn words(&mut self, what: &str) -> Result<String, ReadError> {
        let length = usize::try_from(self.integer(what)?).unwrap_or(0);
        let swapped = |byte: &u8| match byte {
            b'a'..=b'z' => byte.to_ascii_uppercase(),
            b'A'..=b'Z' => byte.to_ascii_lowercase(),
            other => *other,
        };
        let bytes: Vec<u8> = self.take(length, what)?.iter().map(swapped).collect();
        Ok(crate::text::decode(&bytes).text.trim().to_owned())
    }

    fn rest(&self) -> usize {
        self.file.len().saturating_sub(self.at)
    }
}

/// The number of points of which the file gives the last one's place, if the file can have `bytes_each` bytes for each.
fn points(last: i64, bytes_each: usize, rest: usize) -> Option<usize> {
    let points = usize::try_from(last.checked_add(1)?).ok()?;
    (points > 0 && points.checked_mul(bytes_each)? <= rest).then_some(points)
}

/// Day, month and year of `020725` as ISO 8601; years from 70 on are of the last century.
fn date(words: &str) -> Option<String> {
    let digits = words.get(..6).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let part = |range| digits.get(range).and_then(|part: &str| part.parse::<u32>().ok());
    let (day, month, year) = (part(0..2)?, part(2..4)?, part(4..6)?);
    let year = if year < 70 { 2000 + year } else { 1900 + year };
    calendar_day(year, month, day).map(|date| date.to_string())
}

/// The temperature in `25.0+-0.1C`; `0.1+-0.9C` is written without a sensor.
fn temperature(words: &str, metadata: &mut BTreeMap<String, Value>) {
    let Some((value, spread)) = words.trim_end_matches(['C', 'c', '°']).split_once("+-") else { return };
    let number = |words: &str| parse_number(words, DecimalMark::Point).filter(|number| number.is_finite());
    if let (Some(value), Some(spread)) = (number(value), number(spread))
        && value.abs() > spread.abs().max(0.5)
    {
        metadata.insert("temperature_c".to_owned(), Value::Number(value));
    }
}

/// A number with its unit, as `1.4430V` or `99.916mA`, in the base unit of `quantity`.
fn with_unit(words: &str, quantity: Quantity) -> Option<f64> {
    let words = words.trim();
    let end = words.find(|c: char| !(c.is_ascii_digit() || "+-.eE".contains(c))).unwrap_or(words.len());
    let (number, unit) = words.split_at(end);
    let unit = Unit::parse(unit).filter(|unit| unit.quantity == quantity)?;
    // 99.916 mA are 99.916e-3 A as written; a product would round twice.
    let exponent = unit.factor.log10().round();
    parse_number(&format!("{number}e{exponent}"), DecimalMark::Point).filter(|number| number.is_finite())
}

/// The area of an electrode as entered, in cm².
fn area(words: &str, metadata: &mut BTreeMap<String, Value>) {
    let bare = words.trim_end_matches(|c: char| c.is_alphabetic() || c == '²' || c == ' ' || c == '^');
    let bare = bare.strip_suffix("cm2").or_else(|| bare.strip_suffix("CM2")).unwrap_or(bare).trim();
    match parse_number(bare, DecimalMark::Point) {
        Some(number) if number.is_finite() && number > 0.0 && !words.to_lowercase().contains("mm") => {
            metadata.insert("electrode_area_cm2".to_owned(), Value::Number(number));
        }
        _ => text(metadata, "electrode_area_as_written", words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_six_bytes_and_words_swapped_letters() {
        let mut bytes = Bytes::new(b"\0\0\0\0\0\x20\xFF\xFF\xFF\xFF\xFF\xFE\0\x05mea1B");
        assert_eq!(bytes.count("a count"), Ok(32));
        assert_eq!(bytes.count("a count"), Ok(-2));
        assert_eq!(bytes.words("words").as_deref(), Ok("MEA1b"));
        assert_eq!(
            bytes.count("a count").unwrap_err().to_string(),
            "byte 19: expected a count (6 bytes), found 0 bytes to the end of the file"
        );
    }

    #[test]
    fn counts_are_believed_only_where_the_file_can_hold_them() {
        assert_eq!(points(32, 34, 33 * 34), Some(33));
        assert_eq!(points(32, 34, 33 * 34 - 1), None);
        assert_eq!(points(-1, 34, 1000), None);
        assert_eq!(points(i64::MAX, 34, 1000), None);
    }

    #[test]
    fn numbers_carry_their_units() {
        assert_eq!(with_unit("1.4430V", Quantity::Potential), Some(1.443));
        assert_eq!(with_unit("99.916mA", Quantity::Current), Some(0.099916));
        assert_eq!(with_unit("5mV", Quantity::Current), None);
        let mut metadata = BTreeMap::new();
        temperature("0.1+-0.9C", &mut metadata);
        temperature("-0.5+-0.0C", &mut metadata);
        assert_eq!(metadata.len(), 0);
        temperature("25.1+-0.9C", &mut metadata);
        assert_eq!(metadata["temperature_c"], Value::Number(25.1));
        assert_eq!(date("020725").as_deref(), Some("2025-07-02"));
        assert_eq!(date("993525"), None);
    }
}
