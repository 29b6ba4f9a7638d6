//! A spectrum while it is read: columns with distinct names, settings without placeholders, and rows whose
//! energy and intensity are numbers.

use std::collections::BTreeMap;

use crate::column::column_name;
use crate::local_time::calendar_day;
use crate::repetition;
use crate::text::excerpt;
use crate::{Column, Measurement, NOT_STATED, Place, ReadError, Reading, Technique, Value, Values};

/// VAMAS writes 1E+37 where a number isn't known, and CasaXPS passes it on.
pub(crate) const UNKNOWN: f64 = 9.9e36;

/// The `energy_scale` of a spectrum over photon energies.
pub(crate) const PHOTON: &str = "photon";

/// Placeholders of programs where nothing was entered, in lower case.
const UNSTATED: &[&str] = &["", "not specified", "none", "n/a", "unknown", "default", ";"];

/// Longest setting that is kept, in bytes: comments of CasaXPS reach tens of kilobytes.
const LONGEST_TEXT: usize = 1 << 20;

/// A spectrum.
#[derive(Debug, Default)]
pub(crate) struct Spectrum {
    pub columns: Vec<Column>,
    pub metadata: BTreeMap<String, Value>,
    pub warnings: Vec<String>,
}

impl Spectrum {
    /// Adds a column of numbers. A name that is taken gets a number after it.
    pub(crate) fn column(&mut self, name: &str, unit: Option<&str>, header: &str, values: Vec<f64>) {
        let is_taken = |name: &str| self.columns.iter().any(|column| column.name == name);
        let free = if is_taken(name) {
            (2..).map(|number| format!("{name}_{number}")).find(|name| !is_taken(name)).unwrap_or_default()
        } else {
            name.to_owned()
        };
        let unit = unit.map(str::to_owned);
        self.columns.push(Column { name: free, unit, header: header.to_owned(), values: Values::Number(values) });
    }

    /// Sets a text, unless it is a program's placeholder for a missing one. NULs, which MultiPak leaves in
    /// labels, are left out.
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        let text = without_nuls(text);
        let text = text.trim();
        if UNSTATED.contains(&text.to_ascii_lowercase().as_str()) {
            return;
        }
        let text = if text.len() > LONGEST_TEXT { excerpt(text, LONGEST_TEXT / 4) } else { text.to_owned() };
        self.metadata.insert(name.to_owned(), Value::Text(text));
    }

    /// Sets a number, unless it isn't known.
    pub(crate) fn number(&mut self, name: &str, number: f64) {
        if number.is_finite() && number.abs() < UNKNOWN {
            self.metadata.insert(name.to_owned(), Value::Number(number));
        }
    }

    /// The same for a quantity that is above 0 wherever it was entered.
    pub(crate) fn positive(&mut self, name: &str, number: f64) {
        if number > 0.0 {
            self.number(name, number);
        }
    }

    /// Sets the scales that the file states, or `not stated`.
    pub(crate) fn scales(&mut self, energy_scale: Option<&str>, intensity_unit: Option<&str>) {
        for (name, stated) in [("energy_scale", energy_scale), ("intensity_unit", intensity_unit)] {
            let value = stated.unwrap_or(NOT_STATED).to_owned();
            self.metadata.insert(name.to_owned(), Value::Text(value));
        }
    }

    /// Dwell time of a point in one scan, number of scans, and from these the counting time, where both are stated.
    pub(crate) fn counting(&mut self, dwell_s: Option<f64>, scans: Option<f64>) {
        let stated = |number: &f64| *number > 0.0 && *number < UNKNOWN;
        let (dwell_s, scans) = (dwell_s.filter(stated), scans.filter(stated));
        if let Some(dwell_s) = dwell_s {
            self.number("dwell_time_s", dwell_s);
        }
        if let Some(scans) = scans {
            self.number("n_scans", scans);
        }
        if let (Some(dwell_s), Some(scans)) = (dwell_s, scans) {
            self.number("counting_time_s", dwell_s * scans);
        }
    }

    /// The source of excitation in the usual words where the file's are known, and its photon energy.
    ///
    /// A photon energy is stated only for photoelectrons: in Auger, ion scattering or energy loss spectra the same
    /// field holds the energy of a beam, from which no binding energy follows.
    pub(crate) fn source(&mut self, label: &str, energy_ev: f64, method: &str) {
        self.text("excitation_source", label);
        let is_photons = ["", "XPS", "UPS", "XPS/UPS", "ESCA"].contains(&method.trim().to_ascii_uppercase().as_str());
        self.positive(if is_photons { "excitation_energy_ev" } else { "source_energy_ev" }, energy_ev);
    }

    /// Notes that the energies are those of photons that were scanned while electrons of one kinetic energy were
    /// counted: neither kinetic nor binding energies follow from them.
    pub(crate) fn over_photon_energies(&mut self, detected_ev: f64) {
        self.metadata.insert("energy_scale".to_owned(), Value::Text(PHOTON.to_owned()));
        self.metadata.remove("excitation_energy_ev");
        self.positive("detected_kinetic_energy_ev", detected_ev);
        self.warnings.push("the energies are those of the photons (constant final state), not of electrons".to_owned());
    }

    /// Puts the spectrum into a reading, as its last measurement. Rows without energy or intensity are rejected, at the
    /// place that `place` gives for them.
    ///
    /// # Errors
    ///
    /// [`ReadError::Malformed`] where columns differ in length, or the settings of all spectra together take more memory
    /// than any real file's.
    pub(crate) fn finish(mut self, place: impl Fn(usize) -> Place, reading: &mut Reading) -> Result<(), ReadError> {
        let mut lengths = self.columns.iter().map(|column| column.values.len());
        let first = lengths.next().unwrap_or(0);
        if let Some(other) = lengths.find(|length| *length != first) {
            let expected = format!("columns of equal length, {first}");
            return Err(ReadError::malformed(place(0), expected, other.to_string()));
        }
        let block = u32::try_from(reading.measurements.len()).unwrap_or(u32::MAX);
        self.reject(block, &place, reading);
        let headers = self.columns.iter().map(|column| column.header.len());
        repetition::check(&self.metadata, headers, reading.measurements.len() + 1, place(0))?;
        reading.measurements.push(Measurement {
            block,
            technique: Technique::PhotoelectronSpectroscopy,
            columns: self.columns,
            metadata: self.metadata,
            warnings: self.warnings,
        });
        Ok(())
    }

    fn reject(&mut self, block: u32, place: &impl Fn(usize) -> Place, reading: &mut Reading) {
        let needed = |column: &&Column| ["energy_ev", "intensity"].contains(&column.name.as_str());
        let is_good = |value: f64| value.is_finite() && value.abs() < UNKNOWN;
        let mut bad: Vec<usize> = Vec::new();
        for column in self.columns.iter().filter(needed) {
            let Values::Number(values) = &column.values else { continue };
            if values.iter().all(|value| is_good(*value)) {
                continue;
            }
            for (row, value) in values.iter().enumerate().filter(|(_, value)| !is_good(**value)) {
                bad.push(row);
                {
                    let found = if value.abs() >= UNKNOWN { format!("{value:E}") } else { value.to_string() };
                    let unit = column.unit.clone().unwrap_or_default();
                    let error = ReadError::NotANumber { place: place(row), column: column.header.clone(), unit, found };
                    reading.rejected.push(block as usize, error);
                }
            }
        }
        if bad.is_empty() {
            return;
        }
        bad.sort_unstable();
        bad.dedup();
        self.warnings.push(format!("points left out for lack of an energy or an intensity: {}", bad.len()));
        for column in &mut self.columns {
            let mut row = 0_usize;
            let mut keep = || {
                row += 1;
                bad.binary_search(&(row - 1)).is_err()
            };
            match &mut column.values {
                Values::Number(values) => values.retain(|_| keep()),
                Values::Text(words) => words.retain(|_| keep()),
            }
        }
    }
}

/// States in the last measurement that the file ends too early; in a warning of the whole file where there is none.
pub(crate) fn ends_early(reading: &mut Reading, statement: String) {
    match reading.measurements.last_mut() {
        Some(last) => drop(last.metadata.insert("incomplete".to_owned(), Value::Text(statement))),
        None => reading.warnings.push(statement),
    }
}

/// A text without NULs.
pub(crate) fn without_nuls(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "").into() } else { text.into() }
}

/// A name for a column of a curve with a label: a component of a fit, a further signal.
pub(crate) fn curve_name(label: &str) -> String {
    let name = column_name(label);
    // A label in a non-Latin script, or one that equals a column of the table without being it.
    const RESERVED: &[&str] =
        &["", "energy_ev", "intensity", "counts", "background", "transmission", "point", "region"];
    if RESERVED.contains(&name.as_str()) { format!("curve_{name}").trim_end_matches('_').to_owned() } else { name }
}

/// A date and time from its parts, where they are valid.
pub(crate) fn calendar(parts: [f64; 6]) -> Option<String> {
    let whole = |value: f64, range: std::ops::RangeInclusive<f64>| {
        (range.contains(&value) && value.fract() == 0.0).then_some(value as u32)
    };
    let [year, month, day, hour, minute, second] = parts;
    let year = whole(year, 1950.0..=2200.0)?;
    let date = calendar_day(year, whole(month, 1.0..=12.0)?, whole(day, 1.0..=31.0)?)?;
    let (hour, minute, second) =
        (whole(hour, 0.0..=23.0)?, whole(minute, 0.0..=59.0)?, whole(second.floor(), 0.0..=60.0)?);
    Some(format!("{date}T{hour:02}:{minute:02}:{second:02}"))
}

/// Rows with a step between them that is the same throughout, to a thousandth: that step.
pub(crate) fn even_step(energies: &[f64]) -> Option<f64> {
    let (first, last) = (energies.first()?, energies.last()?);
    let intervals = energies.len().checked_sub(1).filter(|intervals| *intervals > 0)?;
    let step = (last - first) / intervals as f64;
    let is_even = energies.windows(2).all(|pair| ((pair[1] - pair[0]) - step).abs() <= 1e-3 * step.abs() + 1e-9);
    // The decimal places of a written number, instead of those that division leaves.
    (is_even && step != 0.0).then(|| (step * 1e6).round() / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_without_energy_or_intensity_are_rejected_with_their_place() {
        let mut spectrum = Spectrum::default();
        spectrum.column("energy_ev", Some("eV"), "BE", vec![1.0, 2.0, 3.0]);
        spectrum.column("intensity", None, "Counts", vec![5.0, 1e37, 7.0]);
        spectrum.column("transmission", None, "T", vec![1.0, 2.0, f64::NAN]);
        let mut reading = Reading::default();
        spectrum.finish(|row| Place::Line(10 + row as u64), &mut reading).unwrap();
        assert_eq!(reading.measurements[0].numbers("energy_ev"), Some(&[1.0, 3.0][..]));
        assert_eq!(reading.measurements[0].numbers("transmission").map(<[f64]>::len), Some(2));
        assert_eq!(reading.rejected[0].error.place(), Place::Line(11));
    }

    #[test]
    fn names_that_are_taken_are_numbered_and_unstated_settings_are_absent() {
        let mut spectrum = Spectrum::default();
        spectrum.column("o_1s", None, "O 1s", Vec::new());
        spectrum.column("o_1s", None, "O 1s", Vec::new());
        assert_eq!(spectrum.columns[1].name, "o_1s_2");
        spectrum.text("sample", "Not Specified");
        spectrum.text("region", "O\0 1s ");
        spectrum.number("work_function_ev", 1e37);
        assert_eq!(spectrum.metadata.len(), 1);
        assert_eq!(spectrum.metadata["region"], Value::Text("O 1s".to_owned()));
    }

    #[test]
    fn a_beam_energy_is_not_a_photon_energy() {
        let mut spectrum = Spectrum::default();
        spectrum.source("He+", 1000.0, "ISS");
        assert!(!spectrum.metadata.contains_key("excitation_energy_ev"));
        assert_eq!(spectrum.metadata["source_energy_ev"], Value::Number(1000.0));
    }

    #[test]
    fn a_step_is_stated_where_it_is_even() {
        assert_eq!(even_step(&[10.0, 9.9, 9.8]), Some(-0.1));
        assert_eq!(even_step(&[10.0, 9.9, 9.7]), None);
        assert_eq!(even_step(&[10.0]), None);
    }
}
