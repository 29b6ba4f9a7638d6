//! Reads PalmSens sessions (`.pssession`): everything that PSTrace had open when it saved.
//!
//! Format: JSON in UTF-16, low byte first, with a byte order mark at the start and usually a second one at the end. A session
//! has measurements; each has a data set (arrays of one quantity each, typed by `ArrayType` and the type of their unit),
//! curves (pairs of these arrays, for plotting) and, for impedance, a list of spectra with data sets of their own: one a
//! channel, which holds the sweeps of several scans one after the other. The data set of the measurement then repeats
//! only one of the channels.
//!
//! Currents are stored in µA and charges in µC (types `MicroAmpere`, `MicroCoulomb`), though their symbols are `A` and
//! `C`. `ZIm` holds −Z'' and `Phase` −φ.
//!
//! Source: sessions of core 5.7 to 5.11; pypalmsens (BSD-3-Clause) for the numbers of `ArrayType` and of states.
//!
//! Not read: fits, peaks and baselines, and the arrays for finding faults (`nPointsAC`, `debugtext`, …).

mod arrays;
mod method;
mod session;
mod transient;

use std::collections::BTreeMap;
use std::ops::Range;

use super::setting::text;
use super::sweeps::sweep_starts;
use crate::local_time::ole_to_iso;
use crate::manifest::embedded;
use crate::text::decode;
use crate::{
    Adapter, Column, Manifest, Match, Measurement, Place, Probe, ReadError, Reading, Technique, Value, Values,
};
use arrays::{FREQUENCY, Z_IM, Z_RE, columns, is_measured};
use session::{Array, DataSet, Recorded, Session, Spectrum};

/// Measurements that a reading may have, so that a small file of many tiny ones cannot repeat its settings without limit.
const MOST_MEASUREMENTS: usize = 20_000;

/// Arrays of a data set that are read; PSTrace writes some twenty.
const MOST_ARRAYS: usize = 500;

/// Reads PalmSens sessions.
#[derive(Debug)]
pub(crate) struct PalmSensSession;

impl Adapter for PalmSensSession {
    fn manifest(&self) -> &Manifest {
        embedded("palmsens_session")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let text = probe.text().trim_start();
        let is_session =
            text.starts_with('{') && text.to_ascii_lowercase().contains("\"palmsens.datafiles.sessionfile\"");
        if is_session { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// The name that all formats share of one of PalmSens's methods (`CV`, `EIS`).
pub(super) fn method_name(code: &str) -> Option<&'static str> {
    method::name(code)
}

/// Reads a session.
///
/// # Errors
///
/// [`ReadError::Malformed`] where the file is not the JSON of a session, or holds no measurement.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let malformed = |place, expected: &str, found: String| ReadError::malformed(place, expected, found);
    let (session, is_cut) = session::parse(&decoded.text).map_err(|error| {
        malformed(Place::Line(error.line() as u64), "the JSON of a PalmSens session", error.to_string())
    })?;
    if session.measurements.is_empty() {
        let found = if is_cut { "the end of the file" } else { "none" };
        return Err(malformed(Place::Offset(0), "a session with measurements", found.to_owned()));
    }
    let mut reading = Reading::default();
    let last = session.measurements.len() - 1;
    for (place, recorded) in session.measurements.iter().enumerate() {
        let is_cut = is_cut && place == last;
        let first = reading.measurements.len();
        if recorded.spectra.is_empty() && array(&recorded.data, FREQUENCY).is_none() {
            transient::read(recorded, &session, is_cut, &mut reading);
        } else {
            impedance(recorded, &session, is_cut, &mut reading);
        }
        if is_cut && let Some(last) = reading.measurements.get_mut(first..).and_then(<[_]>::last_mut) {
            let words = "the session ends inside this measurement".to_owned();
            last.metadata.insert("incomplete".to_owned(), Value::Text(words));
        }
        if reading.measurements.len() > MOST_MEASUREMENTS {
            let found = format!("more than {MOST_MEASUREMENTS}");
            return Err(malformed(Place::Offset(0), "a session of fewer measurements", found));
        }
    }
    if reading.measurements.is_empty() {
        let why = reading.warnings.first().cloned().unwrap_or_else(|| "none that can be read".to_owned());
        return Err(malformed(
            Place::Offset(0),
            "measurements of two of time, potential and current, or of impedance",
            why,
        ));
    }
    Ok(reading)
}

/// The array of a kind.
fn array(data: &DataSet, kind: i64) -> Option<&Array> {
    data.arrays.iter().find(|array| array.kind == Some(kind))
}

/// Metadata of every measurement made of `recorded`.
fn metadata_of(recorded: &Recorded, session: &Session, technique: Technique) -> BTreeMap<String, Value> {
    let mut metadata = BTreeMap::new();
    method::describe(&recorded.method, technique, &mut metadata);
    text(&mut metadata, "title", &recorded.title);
    text(&mut metadata, "core_version", &session.core_version);
    text(&mut metadata, "serial", &recorded.serial);
    text(&mut metadata, "firmware", &recorded.firmware);
    text(&mut metadata, "instrument", "PalmSens");
    if let Some(started) = ticks_to_iso(recorded.timestamp) {
        text(&mut metadata, "started_at", &started);
    }
    metadata
}

/// Ticks of 100 ns since 0001-01-01 as ISO 8601.
fn ticks_to_iso(ticks: i64) -> Option<String> {
    const OLE_ZERO: i64 = 599_264_352_000_000_000;
    ole_to_iso(ticks.checked_sub(OLE_ZERO)? as f64 / 864_000_000_000.0)
}

/// Frequency, real and imaginary part as they are stored.
fn key_values(data: &DataSet) -> Option<[&[f64]; 3]> {
    let values = |kind| array(data, kind).map(|array| array.values.values.as_slice());
    Some([values(FREQUENCY)?, values(Z_RE)?, values(Z_IM)?])
}

/// Whether one of two spectra is the other's start or end, or both are the same.
fn overlap(one: [&[f64]; 3], other: [&[f64]; 3]) -> bool {
    let is_start = one.iter().zip(other).all(|(one, other)| one.starts_with(other) || other.starts_with(one));
    let is_end = one.iter().zip(other).all(|(one, other)| one.ends_with(other) || other.ends_with(one));
    is_start || is_end
}

/// The spectra of a measurement with data sets of their own: scans nested in a spectrum take its place, unless it holds more than they do.
fn leaves(spectra: &[Spectrum]) -> Vec<&Spectrum> {
    let own_and_nested = spectra.iter().flat_map(|spectrum| {
        let nested = leaves(&spectrum.sub_scans);
        let points = |spectrum: &Spectrum| key_values(&spectrum.data).map_or(0, |[frequencies, ..]| frequencies.len());
        let of_nested: usize = nested.iter().map(|spectrum| points(spectrum)).sum();
        let is_among = |own: [&[f64]; 3]| {
            nested.iter().filter_map(|spectrum| key_values(&spectrum.data)).any(|nested| overlap(own, nested))
        };
        let own =
            (points(spectrum) > of_nested || nested.is_empty() || !key_values(&spectrum.data).is_none_or(is_among))
                .then_some(spectrum);
        let nested = if own.is_some() && points(spectrum) > of_nested { Vec::new() } else { nested };
        own.into_iter().chain(nested)
    });
    own_and_nested.collect()
}

/// Adds the spectra of a measurement.
fn impedance(recorded: &Recorded, session: &Session, is_cut: bool, reading: &mut Reading) {
    let metadata = metadata_of(recorded, session, Technique::ImpedanceSpectroscopy);
    let own = key_values(&recorded.data);
    let spectra = leaves(&recorded.spectra);
    let listed: Vec<_> = spectra.iter().filter_map(|spectrum| key_values(&spectrum.data)).collect();
    let agrees = own.is_none_or(|own| listed.iter().any(|listed| overlap(own, *listed)));
    if listed.is_empty() || (!agrees && listed.len() == 1 && !is_cut) {
        let mut warnings = Vec::new();
        if let (Some([frequencies, ..]), [[others, ..]]) = (own, listed.as_slice()) {
            warnings.push(format!(
                "the file contradicts itself: the measurement's data set has these {} points, its list of spectra has \
                 a different one of {} points, which is left out",
                frequencies.len(),
                others.len()
            ));
        }
        sweeps(&recorded.data, "", &metadata, is_cut, warnings, reading);
        return;
    }
    if !agrees && !is_cut {
        reading.leave_out(format!(
            "the file contradicts itself: the data set of measurement `{}` is not among its {} listed spectra and is left out",
            recorded.title,
            listed.len()
        ));
    }
    for spectrum in spectra {
        sweeps(&spectrum.data, &spectrum.title, &metadata, is_cut, Vec::new(), reading);
    }
}

/// Adds the sweeps of one data set.
fn sweeps(
    data: &DataSet,
    title: &str,
    metadata: &BTreeMap<String, Value>,
    is_cut: bool,
    mut warnings: Vec<String>,
    reading: &mut Reading,
) {
    let Some(key) = key_values(data) else {
        reading.leave_out(format!("spectrum `{title}` lacks frequency, Z' or Z'' and is left out"));
        return;
    };
    let [frequencies, ..] = key;
    let shortest = key.iter().map(|values| values.len()).min().unwrap_or(0);
    let rows = if is_cut { shortest } else { frequencies.len() };
    if shortest < rows {
        reading.leave_out(format!(
            "spectrum `{title}` has {rows} frequencies, {} real and {} imaginary parts and is left out",
            key[1].len(),
            key[2].len()
        ));
        return;
    }
    let fits = |array: &&Array| {
        let length = array.values.values.len();
        if is_cut { length >= rows } else { length == rows }
    };
    let (used, others): (Vec<&Array>, Vec<&Array>) =
        data.arrays.iter().filter(|array| is_measured(array)).take(MOST_ARRAYS).partition(fits);
    if !others.is_empty() && !is_cut {
        let names: Vec<_> = others.iter().map(|array| format!("`{}`", array.description)).collect();
        warnings.push(format!("{} have a different number of values and are left out", names.join(", ")));
    }
    let starts = sweep_starts(frequencies.get(..rows).unwrap_or_default());
    let count = starts.len();
    if count > MOST_MEASUREMENTS {
        reading.leave_out(format!("spectrum `{title}` has {count} sweeps and is left out"));
        return;
    }
    let ends = starts.iter().skip(1).copied().chain([rows]);
    for (scan, (start, end)) in starts.iter().copied().zip(ends).enumerate() {
        let mut metadata = metadata.clone();
        text(&mut metadata, "spectrum", title);
        if let Some(channel) = channel_of(title) {
            metadata.insert("channel".to_owned(), Value::Number(channel));
        }
        if count > 1 {
            metadata.insert("scan".to_owned(), Value::Number((scan + 1) as f64));
        }
        let measurement = Measurement {
            block: reading.measurements.len() as u32,
            technique: Technique::ImpedanceSpectroscopy,
            columns: all_columns(&used, start..end, &mut warnings),
            metadata,
            warnings: std::mem::take(&mut warnings),
        };
        push_trusted(measurement, reading);
    }
}

/// The number in `CH 7: 5 freqs`.
fn channel_of(title: &str) -> Option<f64> {
    let digits = title.strip_prefix("CH")?.trim_start();
    digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The rows of all arrays as columns of names of their own; arrays that contradict their own unit are left out with a warning.
fn all_columns(used: &[&Array], rows: Range<usize>, warnings: &mut Vec<String>) -> Vec<Column> {
    let mut all: Vec<Column> = Vec::new();
    for array in used {
        let Some(columns) = columns(array, rows.clone()) else {
            warnings.push(format!(
                "array `{}` has an unknown unit `{}` and is left out",
                array.description, array.unit.name
            ));
            continue;
        };
        for mut column in columns {
            let stem = column.name.clone();
            let mut same = 1;
            while all.iter().any(|other| other.name == column.name) {
                same += 1;
                column.name = format!("{stem}_{same}");
            }
            all.push(column);
        }
    }
    // Older sessions write one and the same time, mostly 0, at every frequency: it was not measured.
    if let Some(at) = all.iter().position(|column| column.name == "time_s")
        && let Values::Number(times) = &all[at].values
        && times.len() > 1
        && times.iter().all(|time| Some(time) == times.first())
    {
        all.remove(at);
    }
    all
}

/// Adds a spectrum without its impossible points, which are rejected.
fn push_trusted(mut measurement: Measurement, reading: &mut Reading) {
    let is_bad = |frequency: f64| !(frequency > 0.0 && frequency.is_finite());
    let bad: Vec<bool> = measurement.numbers("frequency_hz").unwrap_or_default().iter().map(|f| is_bad(*f)).collect();
    if !bad.contains(&true) {
        reading.measurements.push(measurement);
        return;
    }
    for (row, value) in measurement.numbers("frequency_hz").unwrap_or_default().iter().enumerate() {
        if is_bad(*value) {
            let error = ReadError::OutOfRange {
                place: Place::Offset(0),
                column: format!("Frequency, value {}", row + 1),
                unit: "Hz".to_owned(),
                value: *value,
                expected: "above 0".to_owned(),
            };
            reading.rejected.push(measurement.block as usize, error);
        }
    }
    for column in &mut measurement.columns {
        if let Values::Number(values) = &mut column.values {
            let mut bad = bad.iter();
            values.retain(|_| bad.next() != Some(&true));
        }
    }
    reading.measurements.push(measurement);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_local_time() {
        assert_eq!(ticks_to_iso(638_881_863_267_491_192).as_deref(), Some("2025-07-15T14:25:26.749"));
        assert_eq!(ticks_to_iso(0), None);
        assert_eq!(ticks_to_iso(i64::MIN), None);
    }

    #[test]
    fn a_channel_is_named_in_the_title_of_its_spectrum() {
        assert_eq!(channel_of("CH 7: 5 freqs"), Some(7.0));
        assert_eq!(channel_of("Fixed at 64 freqs"), None);
    }
}
