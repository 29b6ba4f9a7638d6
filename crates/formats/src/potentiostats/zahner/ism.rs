//! Reads Zahner's impedance spectra (`.ism`).
//!
//! Format: a count that is the version (−2 as 32 bits: `0000 FFFF FFFE`), a count that is the place of the last point;
//! then of all points frequency (Hz), modulus (Ohm), phase (rad), time (seconds since 1980-01-01, sometimes negative) and
//! significance (2 bytes); then words: date, system, potential, current, temperature, times, four comments, area, one
//! more; a flag, 32 numbers and, where the flag and the 28th of these are set, potential and current of every point.
//!
//! Thales sweeps from the middle to one end and then to the other: what it measured before it reached the first end is
//! measured again, and is a measurement of its own.

use std::collections::BTreeMap;

use super::super::setting::text;
use super::{Bytes, area, date, points, temperature, with_unit};
use crate::local_time::ole_to_iso;
use crate::manifest::embedded;
use crate::text::counted;
use crate::unit::Quantity;
use crate::{
    Adapter, Column, Manifest, Match, Measurement, Place, Probe, ReadError, Reading, Technique, Value, Values,
};

/// The first bytes of the versions seen; the last byte differs.
const START: &[u8] = b"\0\0\xFF\xFF\xFF";
/// Version and number of points.
const HEAD: usize = 12;
/// Bytes of a point: four numbers and an integer.
const POINT_BYTES: usize = 34;

/// Reads Zahner's impedance spectra.
#[derive(Debug)]
pub(crate) struct ZahnerIsm;

impl Adapter for ZahnerIsm {
    fn manifest(&self) -> &Manifest {
        embedded("zahner_ism")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        if !probe.file().starts_with(START) {
            return Match::No;
        }
        let mut bytes = Bytes::new(probe.head());
        let last = bytes.count("").and_then(|_| bytes.count("")).unwrap_or(-1);
        // One impossible point is rejected, so that the first frequency is enough.
        let is_frequency = bytes.numbers(1, "").is_ok_and(|first| first.iter().all(|f| (1e-9..1e9).contains(f)));
        if is_frequency && (0..1_000_000).contains(&last) { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// Reads a `.ism`.
///
/// # Errors
///
/// [`ReadError::Malformed`] where the file is not a `.ism`, or ends before its points do.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let mut bytes = Bytes::new(file);
    if !file.starts_with(START) {
        return Err(ReadError::malformed(
            Place::Offset(0),
            "the version of a Zahner .ism (`0000 FFFF FFFE`)",
            "other bytes",
        ));
    }
    bytes.count("the version")?;
    let last = bytes.count("the number of points")?;
    let points = points(last, POINT_BYTES, file.len().saturating_sub(HEAD)).ok_or_else(|| {
        ReadError::malformed(
            Place::Offset(6),
            format!("{} points of {POINT_BYTES} bytes", last.saturating_add(1)),
            format!("{} to the end of the file", counted(bytes.rest(), "byte")),
        )
    })?;
    let frequency = bytes.numbers(points, "the frequencies")?;
    let modulus = bytes.numbers(points, "the moduli")?;
    let phase = bytes.numbers(points, "the phases")?;
    let seconds: Vec<f64> = bytes.numbers(points, "the times")?.into_iter().map(f64::abs).collect();
    let significance: Vec<f64> = bytes.integers(points, "the significances")?.into_iter().map(f64::from).collect();
    let mut metadata = BTreeMap::new();
    let mut warnings = Vec::new();
    let track = match rest(&mut bytes, points, &mut metadata) {
        Ok(track) => track,
        Err(error) => {
            let words = format!("the points are complete, but what follows them is not: {error}");
            metadata.insert("incomplete".to_owned(), Value::Text(words));
            None
        }
    };
    let start = seconds.iter().copied().fold(f64::INFINITY, f64::min);
    // Days from 1899-12-30 to 1980-01-01.
    if let Some(started) = ole_to_iso(29_221.0 + start / 86_400.0) {
        text(&mut metadata, "started_at", &started);
    }
    text(&mut metadata, "method", "impedance_spectroscopy");
    text(&mut metadata, "instrument", "Zahner");
    text(&mut metadata, "software", "Thales");
    let parts = modulus.iter().zip(&phase);
    let mut columns = vec![
        column("frequency_hz", "Hz", "frequency", frequency),
        column("z_re_ohm", "Ohm", "impedance, phase", parts.clone().map(|(z, phase)| phase.cos() * z).collect()),
        column("z_im_ohm", "Ohm", "impedance, phase", parts.map(|(z, phase)| phase.sin() * z).collect()),
        column("z_modulus_ohm", "Ohm", "impedance", modulus),
        column("z_phase_deg", "deg", "phase (rad)", phase.into_iter().map(f64::to_degrees).collect()),
        column("time_s", "s", "time", seconds.into_iter().map(|time| time - start).collect()),
        column("significance", "1", "significance", significance),
    ];
    if let Some([potential, current]) = track {
        columns.push(column("potential_v", "V", "Voltage/V", potential));
        columns.push(column("current_a", "A", "Current/A", current));
    }
    let mut reading = Reading::default();
    reject_impossible(&mut columns, &mut reading);
    let again = measured_again(numbers(&columns, 0));
    let all = numbers(&columns, 0).len();
    let ranges = if again.is_empty() {
        vec![(0..all, None)]
    } else {
        let whole = if again.start == 0 { again.end..all } else { 0..again.start };
        let mut ranges = vec![
            (whole, None),
            (again, Some("the part of the sweep that was measured twice: on the way from the middle to the first end")),
        ];
        ranges.sort_by_key(|(range, _)| range.start);
        ranges
    };
    for (block, (range, part)) in ranges.into_iter().enumerate() {
        let mut metadata = metadata.clone();
        text(&mut metadata, "sweep_part", part.unwrap_or_default());
        let cut = |column: &Column| Column {
            values: Values::Number(match &column.values {
                Values::Number(values) => values.get(range.clone()).unwrap_or_default().to_vec(),
                Values::Text(_) => Vec::new(),
            }),
            ..column.clone()
        };
        reading.measurements.push(Measurement {
            block: block as u32,
            technique: Technique::ImpedanceSpectroscopy,
            columns: columns.iter().map(cut).collect(),
            metadata,
            warnings: std::mem::take(&mut warnings),
        });
    }
    Ok(reading)
}

fn column(name: &str, unit: &str, header: &str, values: Vec<f64>) -> Column {
    Column {
        name: name.to_owned(),
        unit: Some(unit.to_owned()),
        header: header.to_owned(),
        values: Values::Number(values),
    }
}

fn numbers(columns: &[Column], place: usize) -> &[f64] {
    match columns.get(place).map(|column| &column.values) {
        Some(Values::Number(values)) => values,
        _ => &[],
    }
}

/// Rejects points whose frequency or impedance is impossible.
fn reject_impossible(columns: &mut [Column], reading: &mut Reading) {
    let impossible = |row: usize| {
        let value = |place: usize| numbers(columns, place).get(row).copied().unwrap_or(f64::NAN);
        let (frequency, re, im) = (value(0), value(1), value(2));
        if !(frequency > 0.0 && frequency.is_finite()) {
            Some(("frequency", "Hz", frequency, "above 0"))
        } else if !re.is_finite() || !im.is_finite() {
            Some(("impedance", "Ohm", if re.is_finite() { im } else { re }, "a finite number"))
        } else {
            None
        }
    };
    let bad: Vec<_> = (0..numbers(columns, 0).len()).map(impossible).collect();
    for (row, found) in bad.iter().enumerate() {
        if let Some((column, unit, value, expected)) = *found {
            let error = ReadError::OutOfRange {
                place: Place::Offset((HEAD + 8 * row) as u64),
                column: column.to_owned(),
                unit: unit.to_owned(),
                value,
                expected: expected.to_owned(),
            };
            reading.rejected.push(0, error);
        }
    }
    if bad.iter().any(Option::is_some) {
        for column in columns {
            if let Values::Number(values) = &mut column.values {
                let mut bad = bad.iter();
                values.retain(|_| bad.next().is_none_or(Option::is_none));
            }
        }
    }
}

/// The points outside the way from the one extreme of the frequency to the other, if that way is the rest of the sweep.
fn measured_again(frequencies: &[f64]) -> std::ops::Range<usize> {
    let extreme = |is_beyond: fn(f64, f64) -> bool| {
        let mut best = 0;
        for (place, frequency) in frequencies.iter().enumerate() {
            if frequencies.get(best).is_some_and(|known| is_beyond(*frequency, *known)) {
                best = place;
            }
        }
        best
    };
    let (least, most) = (extreme(|new, known| new < known), extreme(|new, known| new > known));
    let (from, to) = (least.min(most), least.max(most));
    if frequencies.is_empty() || from == 0 && to + 1 == frequencies.len() {
        0..0
    } else if to + 1 == frequencies.len() {
        0..from
    } else if from == 0 {
        to + 1..frequencies.len()
    } else {
        0..0
    }
}

/// Reads what follows the points: settings, and potential and current of every point where they exist.
fn rest(
    bytes: &mut Bytes<'_>,
    points: usize,
    metadata: &mut BTreeMap<String, Value>,
) -> Result<Option<[Vec<f64>; 2]>, ReadError> {
    let day = bytes.words("the date")?;
    if date(&day).is_none() {
        text(metadata, "date_as_written", &day);
    }
    text(metadata, "title", &bytes.words("the system")?);
    let potential = bytes.words("the potential")?;
    let current = bytes.words("the current")?;
    for (name, words, quantity) in [
        ("dc_potential_v", potential.as_str(), Quantity::Potential),
        ("dc_current_a", current.split(',').next().unwrap_or_default(), Quantity::Current),
    ] {
        if let Some(number) = with_unit(words, quantity) {
            metadata.insert(name.to_owned(), Value::Number(number));
        }
    }
    for (name, quantity) in [("ac_amplitude_v", Quantity::Potential), ("ac_amplitude_a", Quantity::Current)] {
        let amplitudes = [&potential, &current].map(|words| words.split_once("Ampl:").map_or("", |(_, after)| after));
        if let Some(number) = amplitudes.iter().find_map(|words| with_unit(words, quantity)) {
            metadata.insert(name.to_owned(), Value::Number(number));
        }
    }
    temperature(&bytes.words("the temperature")?, metadata);
    bytes.words("the times")?;
    let comments = (0..4).map(|_| bytes.words("a comment")).collect::<Result<Vec<_>, _>>()?;
    text(metadata, "comment", comments.join("\n").trim());
    area(&bytes.words("the area")?, metadata);
    bytes.words("the serial quantity")?;
    let flag = bytes.integer("the flag")?;
    let settings = bytes.numbers(32, "the settings")?;
    let has_track = flag > 256 && settings.get(27).is_some_and(|number| *number as i64 & 32_768 == 32_768);
    if !has_track {
        return Ok(None);
    }
    let pairs = bytes.numbers(points.saturating_mul(2), "potential and current of the points")?;
    let part = |first: usize| pairs.iter().skip(first).step_by(2).copied().collect();
    Ok(Some([part(0), part(1)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(frequencies: &[f64]) -> Vec<u8> {
        let mut file = b"\0\0\xFF\xFF\xFF\xFE\0\0\0\0\0".to_vec();
        file.push(frequencies.len() as u8 - 1);
        let numbers = |file: &mut Vec<u8>, value: &dyn Fn(usize) -> f64| {
            (0..frequencies.len()).for_each(|at| file.extend(value(at).to_be_bytes()));
        };
        numbers(&mut file, &|at| frequencies[at]);
        numbers(&mut file, &|at| 100.0 + at as f64);
        numbers(&mut file, &|_| -std::f64::consts::FRAC_PI_2);
        numbers(&mut file, &|at| -1.0e9 - at as f64);
        (0..frequencies.len()).for_each(|_| file.extend(999_i16.to_be_bytes()));
        for words in
            ["010125", "SYNTHETIC FILM", "0.5000v", "1.5Ma, aMPL: 5Ma", "0.1+-0.9c", "", "A", "", "", "", "0.25", ""]
        {
            file.extend((words.len() as i16).to_be_bytes());
            file.extend(words.bytes());
        }
        file
    }

    #[test]
    fn a_phase_of_minus_90_degrees_is_a_negative_imaginary_part() {
        let mut file = file(&[100.0, 10.0, 1.0]);
        file.extend([0, 1]);
        file.extend([0; 256]);
        let reading = read(&file).unwrap();
        let [spectrum] = reading.measurements.as_slice() else { panic!("{reading:?}") };
        assert_eq!(spectrum.numbers("z_im_ohm"), Some(&[-100.0, -101.0, -102.0][..]));
        assert_eq!(spectrum.numbers("time_s"), Some(&[0.0, 1.0, 2.0][..]));
        assert_eq!(spectrum.metadata["title"], Value::Text("synthetic film".to_owned()));
        assert_eq!(spectrum.metadata["ac_amplitude_a"], Value::Number(0.005));
        assert_eq!(spectrum.metadata["electrode_area_cm2"], Value::Number(0.25));
        assert_eq!(spectrum.metadata.get("temperature_c"), None);
        assert_eq!(spectrum.metadata.get("incomplete"), None);
        assert_eq!(spectrum.metadata["started_at"], Value::Text("2011-09-09T01:46:40".to_owned()));
    }

    #[test]
    fn a_file_that_ends_after_its_points_has_all_points() {
        let reading = read(&file(&[100.0, 10.0])).unwrap();
        assert_eq!(reading.measurements[0].n_points(), 2);
        assert!(matches!(&reading.measurements[0].metadata["incomplete"], Value::Text(words)
            if words.starts_with("the points are complete, but what follows them is not: byte")));
        let file = file(&[100.0, 10.0]);
        assert_eq!(
            read(&file[..60]).unwrap_err().to_string(),
            "byte 6: expected 2 points of 34 bytes, found 48 bytes to the end of the file"
        );
    }

    #[test]
    fn points_that_a_sweep_from_the_middle_repeats_are_a_measurement_of_their_own() {
        let reading = read(&file(&[10.0, 100.0, 1000.0, 100.0, 10.0, 1.0])).unwrap();
        let frequencies: Vec<_> = reading.measurements.iter().map(|one| one.numbers("frequency_hz").unwrap()).collect();
        assert_eq!(frequencies, [&[10.0, 100.0][..], &[1000.0, 100.0, 10.0, 1.0]]);
        assert!(reading.measurements[0].metadata.contains_key("sweep_part"));
        assert_eq!(measured_again(&[1.0, 10.0, 100.0]), 0..0);
        assert_eq!(measured_again(&[]), 0..0);
    }
}
