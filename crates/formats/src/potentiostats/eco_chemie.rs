//! Reads impedance of Eco Chemie's FRA (`.dfr`).
//!
//! Format: text with one value a line: the version, the number of points, a number; then nine numbers a point, of which
//! the first three are frequency (Hz), Z' and −Z'' (Ohm); then numbers and dates.
//!
//! Source: pyimpspec's reader (tests and documentation); a file. What the other six numbers of a point are is not known:
//! they are kept under their position where they are not all 0.

use std::collections::BTreeMap;

use crate::manifest::embedded;
use crate::number::{DecimalMark, parse_number};
use crate::text::{decode, excerpt, lines};
use crate::{
    Adapter, Column, Manifest, Match, Measurement, Place, Probe, ReadError, Reading, Technique, Value, Values,
};

/// Values of a point.
const VALUES_PER_POINT: usize = 9;
const COLUMNS: [(&str, &str, f64); 3] =
    [("frequency_hz", "Hz", 1.0), ("z_re_ohm", "Ohm", 1.0), ("z_im_ohm", "Ohm", -1.0)];

/// Reads impedance of Eco Chemie's FRA.
#[derive(Debug)]
pub(crate) struct EcoChemieDfr;

impl Adapter for EcoChemieDfr {
    fn manifest(&self) -> &Manifest {
        embedded("eco_chemie_dfr")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let mut lines = lines(probe.text()).map(|line| line.text.trim());
        let is_version = lines.next().is_some_and(is_version);
        let is_count = lines.next().is_some_and(|line| line.parse::<u32>().is_ok());
        let are_numbers = lines.take(10).take_while(|line| is_number(line)).count();
        if is_version && is_count && are_numbers >= 4 { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

fn is_version(line: &str) -> bool {
    line.strip_prefix("VERSION")
        .is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit()) && is_number(version))
}

fn is_number(line: &str) -> bool {
    !line.is_empty() && parse_number(line, DecimalMark::Point).is_some()
}

/// Reads a `.dfr`.
///
/// # Errors
///
/// [`ReadError::Malformed`] where the file does not start as one.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    // A last line without an end may be cut within its number.
    let mut lines = lines(&decoded.text).filter(|line| line.ended).map(|line| (line.number, line.text.trim()));
    let malformed = |line: u64, expected: &str, found: &str| {
        ReadError::malformed(
            Place::Line(line),
            expected,
            if found.is_empty() { "an empty line".to_owned() } else { format!("`{}`", excerpt(found, 40)) },
        )
    };
    let version = lines.next().map_or("", |(_, line)| line);
    if !is_version(version) {
        return Err(malformed(1, "`VERSION` and its number", version));
    }
    let count = lines.next().map_or("", |(_, line)| line);
    let count: usize = count.parse().map_err(|_| malformed(2, "the number of points", count))?;
    let third = lines.next().map_or("", |(_, line)| line);
    if !is_number(third) {
        return Err(malformed(3, "a number", third));
    }
    let mut reading = Reading::default();
    let mut values: [Vec<f64>; VALUES_PER_POINT] = Default::default();
    let mut points = 0_usize;
    while points < count {
        let cells: Vec<(u64, &str)> = lines.by_ref().take(VALUES_PER_POINT).collect();
        if cells.len() < VALUES_PER_POINT {
            break;
        }
        points += 1;
        match point(&cells) {
            Ok(point) => values.iter_mut().zip(point).for_each(|(values, value)| values.push(value)),
            Err(error) => reading.rejected.push(0, error),
        }
    }
    let mut metadata = BTreeMap::new();
    metadata.insert("instrument".to_owned(), Value::Text("Eco Chemie Autolab".to_owned()));
    metadata.insert("method".to_owned(), Value::Text("impedance_spectroscopy".to_owned()));
    metadata.insert("format_version".to_owned(), Value::Text(version.trim_start_matches("VERSION").to_owned()));
    if points < count {
        let words = format!("the file announces {count} points and has {points}");
        metadata.insert("incomplete".to_owned(), Value::Text(words));
    }
    let mut columns = Vec::new();
    for (place, values) in values.into_iter().enumerate() {
        let known = COLUMNS.get(place);
        if known.is_none() && values.iter().all(|value| *value == 0.0) {
            continue;
        }
        columns.push(Column {
            name: known.map_or_else(|| format!("column_{}", place + 1), |(name, ..)| (*name).to_owned()),
            unit: known.map(|(_, unit, _)| (*unit).to_owned()),
            header: format!("line {} of a point", place + 1),
            values: Values::Number(values),
        });
    }
    let technique = Technique::ImpedanceSpectroscopy;
    reading.measurements.push(Measurement { block: 0, technique, columns, metadata, warnings: Vec::new() });
    Ok(reading)
}

fn point(cells: &[(u64, &str)]) -> Result<[f64; VALUES_PER_POINT], ReadError> {
    let mut point = [f64::NAN; VALUES_PER_POINT];
    for (place, ((line, cell), value)) in cells.iter().zip(&mut point).enumerate() {
        let (name, unit, factor) = COLUMNS.get(place).copied().unwrap_or(("a value of a point", "", 1.0));
        let number = parse_number(cell, DecimalMark::Point).filter(|number| !number.is_nan() || place > 2);
        *value = factor
            * number.ok_or_else(|| ReadError::NotANumber {
                place: Place::Line(*line),
                column: name.to_owned(),
                unit: unit.to_owned(),
                found: excerpt(cell, 40),
            })?;
    }
    let line = cells.first().map_or(0, |(line, _)| *line);
    if !(point[0] > 0.0 && point[0].is_finite()) {
        return Err(ReadError::OutOfRange {
            place: Place::Line(line),
            column: COLUMNS[0].0.to_owned(),
            unit: "Hz".to_owned(),
            value: point[0],
            expected: "above 0".to_owned(),
        });
    }
    Ok(point)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_value_of_a_point_is_the_negative_imaginary_part() {
        let zeros = " 0.0\n".repeat(6);
        let file = format!(
            "VERSION8.0\n 2\n 1\n 100.0\n 5.0\n 2.5\n{zeros} x\n 5.0\n 2.5\n{zeros} 1.0\n13.07.2022 22:32:00\n"
        );
        let reading = read(file.as_bytes()).unwrap();
        assert_eq!(reading.measurements[0].numbers("z_im_ohm"), Some(&[-2.5][..]));
        assert_eq!(reading.measurements[0].columns.len(), 3);
        assert_eq!(
            reading.rejected[0].error.to_string(),
            "line 13: expected a number in Hz for `frequency_hz`, found `x`"
        );
        let cut = read(&file.as_bytes()[..66]).unwrap();
        let words = Value::Text("the file announces 2 points and has 1".to_owned());
        assert_eq!(cut.measurements[0].metadata["incomplete"], words);
        assert_eq!(EcoChemieDfr.sniff(&Probe::new(file.as_bytes())), Match::Certain);
        assert_eq!(EcoChemieDfr.sniff(&Probe::new(b"VERSION 8\nx")), Match::No);
    }
}
