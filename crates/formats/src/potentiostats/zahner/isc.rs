//! Reads Zahner's current-voltage curves (`.isc`): cyclic voltammograms.
//!
//! Format: 17 numbers (start potential and time, upper and lower potential, end time and potential, rate in mV/s, periods,
//! points a period, least and greatest current, ohmic drop, times of start and end, …, seconds a point, delay), a count
//! that is the place of the last point, all potentials as integers, all currents (A); then words: date, system,
//! temperature, times (`14:41:13-14:44:27`), rate, five comments, area, and how integers become potentials
//! (`-0.100000,  0.5000000 PO/PF …`: potential = integer × second / 8000 + first). Newer files append auxiliary channels.
//!
//! Not read: a file that ends before the scale of its potentials. It is refused.

use std::collections::BTreeMap;

use super::super::setting::text;
use super::{Bytes, area, date, points, temperature};
use crate::column::column_name;
use crate::manifest::embedded;
use crate::number::{DecimalMark, parse_number};
use crate::text::counted;
use crate::{
    Adapter, Column, Manifest, Match, Measurement, Place, Probe, ReadError, Reading, Technique, Value, Values,
};

/// Bytes before the points: 17 numbers and a count.
const HEAD: usize = 142;
/// Bytes of a point: an integer and a number.
const POINT_BYTES: usize = 10;
/// Auxiliary channels that have a name.
const CHANNELS: usize = 32;

/// Reads Zahner's current-voltage curves.
#[derive(Debug)]
pub(crate) struct ZahnerIsc;

impl Adapter for ZahnerIsc {
    fn manifest(&self) -> &Manifest {
        embedded("zahner_isc")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let file = probe.file();
        let mut bytes = Bytes::new(file);
        let (Ok(head), Ok(last)) = (bytes.numbers(17, ""), bytes.count("")) else { return Match::No };
        let is_plain = |value: &f64| *value == 0.0 || (1e-12..1e12).contains(&value.abs());
        // Rate and time of a point.
        if !head.iter().all(is_plain) || !head.get(6).zip(head.get(15)).is_some_and(|(a, b)| *a > 0.0 && *b > 0.0) {
            return Match::No;
        }
        let Some(points) = points(last, POINT_BYTES, bytes.rest()) else {
            // A truncated file is refused with the reason, where it can only be of this format.
            return if (1..10_000_000).contains(&last) { Match::Likely } else { Match::No };
        };
        bytes.at += points * POINT_BYTES;
        let is_dated = bytes.words("").is_ok_and(|words| words.len() == 6 && date(&words).is_some());
        if is_dated { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// Reads a `.isc`.
///
/// # Errors
///
/// [`ReadError::Malformed`] where the file is not a `.isc`, or ends before the scale of its potentials.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let mut bytes = Bytes::new(file);
    let head = bytes.numbers(17, "the settings")?;
    let setting = |place: usize| head.get(place).copied().unwrap_or(f64::NAN);
    let last = bytes.count("the number of points")?;
    let points = points(last, POINT_BYTES, bytes.rest()).ok_or_else(|| {
        ReadError::malformed(
            Place::Offset(136),
            format!(
                "{} points of {POINT_BYTES} bytes, and the scale of the potentials after them",
                last.saturating_add(1)
            ),
            format!("{} to the end of the file", counted(file.len().saturating_sub(HEAD), "byte")),
        )
    })?;
    let integers = bytes.integers(points, "the potentials")?;
    let current = bytes.numbers(points, "the currents")?;
    let mut metadata = BTreeMap::new();
    let day = bytes.words("the date")?;
    text(&mut metadata, "title", &bytes.words("the system")?);
    temperature(&bytes.words("the temperature")?, &mut metadata);
    let times = bytes.words("the times")?;
    bytes.words("the rate")?;
    let comments = (0..5).map(|_| bytes.words("a comment")).collect::<Result<Vec<_>, _>>()?;
    text(&mut metadata, "comment", comments.join("\n").trim());
    area(&bytes.words("the area")?, &mut metadata);
    let at = bytes.at;
    let scale_words = bytes.words("the scale of the potentials")?;
    let (offset, factor) = scale(&scale_words).ok_or_else(|| {
        ReadError::malformed(
            Place::byte(at),
            "the scale of the potentials as `offset, factor PO/PF`",
            format!("`{}`", crate::text::excerpt(&scale_words, 40)),
        )
    })?;
    let (step, start) = (setting(15), setting(12));
    if !step.is_finite() || !start.is_finite() {
        return Err(ReadError::malformed(Place::Offset(120), "a finite time per point in seconds", step.to_string()));
    }
    if let (Some(day), Some(clock)) = (date(&day), times.split('-').next())
        && let Some(started) =
            crate::local_time::parse_local_time(&day, clock.trim(), crate::local_time::DateOrder::DayFirst)
    {
        text(&mut metadata, "started_at", &started.iso);
    }
    for (name, value) in [
        ("method", "cyclic_voltammetry"),
        ("technique_name", "current-voltage curve (.isc)"),
        ("instrument", "Zahner"),
        ("software", "Thales"),
    ] {
        text(&mut metadata, name, value);
    }
    for (name, value) in [
        ("potential_start_v", setting(0)),
        ("vertex_1_v", setting(2)),
        ("vertex_2_v", setting(3)),
        ("potential_end_v", setting(5)),
        ("scan_rate_v_per_s", setting(6) / 1000.0),
        ("scans", setting(7)),
    ] {
        if value.is_finite() && (name != "scan_rate_v_per_s" || value > 0.0) {
            metadata.insert(name.to_owned(), Value::Number(value));
        }
    }
    let time = (0..points).map(|place| place as f64 * step + start).collect();
    let potential = integers.iter().map(|integer| f64::from(*integer) * (factor / 8000.0) + offset).collect();
    let mut columns = vec![
        column("time_s", Some("s"), "time", time),
        column("potential_v", Some("V"), "potential", potential),
        column("current_a", Some("A"), "current", current),
    ];
    let mut warnings = Vec::new();
    // 32 numbers, names and units without a letter take 192 bytes; their coefficients 2816.
    if bytes.rest() > 400 {
        match channels(&mut bytes, points) {
            Ok(channels) => columns.extend(channels),
            Err(error) => warnings.push(format!("the auxiliary channels are left out: {error}")),
        }
    }
    let measurement = Measurement { block: 0, technique: Technique::Electrochemistry, columns, metadata, warnings };
    Ok(Reading { measurements: vec![measurement], ..Reading::default() })
}

fn column(name: &str, unit: Option<&str>, header: &str, values: Vec<f64>) -> Column {
    Column {
        name: name.to_owned(),
        unit: unit.map(str::to_owned),
        header: header.to_owned(),
        values: Values::Number(values),
    }
}

/// Offset and factor in `-0.100000,  0.5000000 PO/PF -1,-1600`.
fn scale(words: &str) -> Option<(f64, f64)> {
    let at = words.to_ascii_uppercase().find("PO/PF")?;
    let (offset, factor) = words.get(..at)?.split_once(',')?;
    let number = |words: &str| parse_number(words, DecimalMark::Point).filter(|number| number.is_finite());
    Some((number(offset)?, number(factor)?)).filter(|_| !offset.trim().is_empty() && !factor.trim().is_empty())
}

/// The auxiliary channels: numbers, names and units of 32, 11 coefficients of each (applied already), then rows and
/// channels as counts of the last, and the values channel by channel.
fn channels(bytes: &mut Bytes<'_>, points: usize) -> Result<Vec<Column>, ReadError> {
    bytes.integers(CHANNELS, "the numbers of the channels")?;
    let names = (0..CHANNELS).map(|_| bytes.words("a channel's name")).collect::<Result<Vec<_>, _>>()?;
    let units = (0..CHANNELS).map(|_| bytes.words("a channel's unit")).collect::<Result<Vec<_>, _>>()?;
    bytes.numbers(CHANNELS * 11, "the coefficients of the channels")?;
    let at = bytes.at;
    let rows = bytes.count("the rows of the channels")?.saturating_add(1);
    let count = bytes.count("the number of channels")?.saturating_add(1);
    let (Ok(rows), Ok(count)) = (usize::try_from(rows), usize::try_from(count)) else {
        return Err(malformed_channels(at, rows, count));
    };
    if count > CHANNELS || rows < points {
        return Err(malformed_channels(at, rows as i64, count as i64));
    }
    let mut columns = Vec::new();
    for (place, (name, unit)) in names.iter().zip(&units).enumerate().take(count) {
        let mut values = bytes.numbers(rows, "the values of a channel")?;
        values.truncate(points);
        let name = format!("channel_{}_{}", place + 1, column_name(name));
        // `C` means degrees Celsius in these: units are kept as text.
        let header = format!("{} ({unit})", names[place]);
        columns.push(column(name.trim_end_matches('_'), None, &header, values));
    }
    Ok(columns)
}

fn malformed_channels(at: usize, rows: i64, count: i64) -> ReadError {
    ReadError::malformed(
        Place::byte(at),
        "as many rows as points, and at most 32 channels",
        format!("{rows} rows of {count} channels"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Vec<u8> {
        let head = [0.0, 1.0, 0.5, -0.5, 1.0, 0.0, 50.0, 1.0, 4.0, -1.0, 2.0, 0.0, 0.0, 0.3, 0.0, 0.1, 0.05];
        let mut file: Vec<u8> = head.iter().flat_map(|number: &f64| number.to_be_bytes()).collect();
        file.extend([0, 0, 0, 0, 0, 2]);
        [0_i16, 8000, -8000].iter().for_each(|integer| file.extend(integer.to_be_bytes()));
        [0.0_f64, 1e-3, -1e-3].iter().for_each(|current| file.extend(current.to_be_bytes()));
        let words = ["020125", "SYNTHETIC WIRE", "-0.5+-0.0c", "01:02:03-01:02:04", "50Mv/S", "", "", "", "", "", ""];
        for words in words.into_iter().chain(["0.100000, 0.5000000 po/pf -1,-1600"]) {
            file.extend((words.len() as i16).to_be_bytes());
            file.extend(words.bytes());
        }
        file
    }

    #[test]
    fn integers_become_potentials_by_the_scale_at_the_end() {
        let reading = read(&file()).unwrap();
        let curve = &reading.measurements[0];
        assert_eq!(curve.numbers("potential_v"), Some(&[0.1, 0.6, -0.4][..]));
        assert_eq!(curve.numbers("time_s"), Some(&[0.0, 0.1, 0.2][..]));
        assert_eq!(curve.metadata["scan_rate_v_per_s"], Value::Number(0.05));
        assert_eq!(curve.metadata["started_at"], Value::Text("2025-01-02T01:02:03".to_owned()));
        assert_eq!(ZahnerIsc.sniff(&Probe::new(&file())), Match::Certain);
    }

    #[test]
    fn a_file_without_the_scale_of_its_potentials_is_refused() {
        let file = file();
        assert_eq!(
            read(&file[..150]).unwrap_err().to_string(),
            "byte 136: expected 3 points of 10 bytes, and the scale of the potentials after them, found 8 bytes to the end \
             of the file"
        );
        assert_eq!(ZahnerIsc.sniff(&Probe::new(&file[..150])), Match::Likely);
        let cut = &file[..file.len() - 20];
        assert!(read(cut).unwrap_err().to_string().contains("expected the scale of the potentials (34 bytes)"));
        assert_eq!(ZahnerIsc.sniff(&Probe::new(&[0; 500])), Match::No);
    }
}
