//! Reads spectra that SPECS's programs (SpecsLab 2, Prodigy) exported as text (`.xy`).
//!
//! Format: comment lines with a prefix (`#` unless changed) hold `key: value`, first of the file, then of
//! groups (`Group:`), of their regions (`Region:`) and of the cycles, curves, scans and channels of these
//! (`Cycle: 0, Curve: 0, Scan: 0`); rows of blanks and numbers follow `ColumnLabels:`. A region's name may occur many times.
//! Text is Latin-1, numbers have a decimal point. External channels and results of operations (backgrounds, residuals)
//! follow a curve as further rows over the same energies; they become its columns.
//! Source: files of SpecsLab2 2.55 and 2.77 and of Prodigy 4.100, listed in `ingest/specs_xy/instrument.toml`.
//!
//! Not supported: scans over anything but energies (`FixedEnergies`, `DetectorVoltageScan`): these curves are left out with
//! a warning. In `ConstantFinalState` scans the energies are those of the photons, as the metadata states.

use std::collections::BTreeMap;

use crate::local_time::{DateOrder, parse_local_time};
use crate::manifest::embedded;
use crate::photoelectrons::rows::numbers;
use crate::photoelectrons::spectrum::{Spectrum, curve_name, ends_early, even_step};
use crate::text::{Line, decode, excerpt, lines};
use crate::{Adapter, Manifest, Match, Place, Probe, ReadError, Reading};

/// Most columns of a row: energy, intensity, scaling or transmission, error bar.
const MOST_COLUMNS: usize = 16;

/// Reads SPECS's text export.
#[derive(Debug)]
pub(crate) struct SpecsXy;

impl Adapter for SpecsXy {
    fn manifest(&self) -> &Manifest {
        embedded("specs_xy")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        if prefix(probe.text()).is_some() { Match::Certain } else { Match::No }
    }

    fn evidence(&self, _probe: &Probe<'_>) -> &'static str {
        "its first line names SpecsLab as its creator"
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// The comments' prefix: the text before `Created by:` in the first line.
fn prefix(text: &str) -> Option<&str> {
    let first = text.lines().find(|line| !line.trim().is_empty())?;
    let (prefix, program) = first.split_once("Created by:")?;
    let prefix = prefix.trim();
    (program.trim_start().starts_with("SpecsLab") && prefix.len() <= 8).then_some(prefix)
}

type Settings = BTreeMap<String, String>;

/// The kind of data that rows belong to.
#[derive(Debug, Clone, PartialEq)]
enum Rows {
    /// A spectrum.
    Curve,
    /// A curve over the energies of the spectrum before, by name.
    Further(String),
}

/// The file as read so far.
struct File<'a> {
    settings: [Settings; 4],
    /// Which of these the next line belongs to: file, group, region, curve.
    level: usize,
    rows: Rows,
    labels: String,
    pending: Option<Curve>,
    /// Columns of the rows that are being read, and the line of the first.
    columns: Vec<Vec<f64>>,
    first_line: u64,
    reading: &'a mut Reading,
    left_out: Vec<String>,
}

/// A spectrum whose rows are complete.
struct Curve {
    spectrum: Spectrum,
    first_line: u64,
    announced: Option<usize>,
    found: usize,
}

fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let Some(prefix) = prefix(&decoded.text) else {
        let found = excerpt(decoded.text.lines().next().unwrap_or_default(), 40);
        let expected = "a comment `Created by: SpecsLab`".to_owned();
        return Err(ReadError::malformed(Place::Line(1), expected, format!("`{found}`")));
    };
    let mut reading = Reading::default();
    let mut state = File {
        settings: Default::default(),
        level: 0,
        rows: Rows::Curve,
        labels: String::new(),
        pending: None,
        columns: Vec::new(),
        first_line: 0,
        reading: &mut reading,
        left_out: Vec::new(),
    };
    let mut cut = None;
    for line in lines(&decoded.text) {
        let text = line.text.trim_start();
        if text.is_empty() {
            continue;
        }
        if !prefix.is_empty() && text.starts_with(prefix) || prefix.is_empty() && !starts_with_number(text) {
            state.end_of_rows()?;
            state.comment(text.strip_prefix(prefix).unwrap_or(text).trim());
        } else if !state.row(&line) {
            cut = Some(line.number);
        }
    }
    state.end_of_rows()?;
    let missing = state.pending.as_ref().and_then(|curve| curve.announced.filter(|count| *count > curve.found));
    let found = state.pending.as_ref().map_or(0, |curve| curve.found);
    state.flush()?;
    let left_out = std::mem::take(&mut state.left_out);
    let has_nothing = reading.measurements.is_empty();
    if let Some(line) = cut {
        ends_early(&mut reading, format!("the file ends within line {line}"));
    } else if let Some(announced) = missing {
        ends_early(&mut reading, format!("the last curve announces {announced} values and has {found}"));
    }
    if has_nothing && !left_out.is_empty() {
        return Err(ReadError::NotSupported {
            place: Place::Line(1),
            recognised: format!("a SPECS .xy file without a spectrum over energy ({} other curves)", left_out.len()),
            advice: "only spectra over energy are read: leave this file out of the source".to_owned(),
        });
    }
    if has_nothing {
        reading.warnings.push("the file has no spectrum".to_owned());
    }
    left_out.iter().take(10).for_each(|words| reading.leave_out(words));
    if left_out.len() > 10 {
        reading.leave_out(format!("{} curves were left out in all", left_out.len()));
    }
    Ok(reading)
}

fn starts_with_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || ['-', '+', '.'].contains(&c))
}

impl File<'_> {
    /// The value of a setting, from the innermost level that has it.
    fn setting(&self, key: &str) -> &str {
        self.settings.iter().rev().find_map(|level| level.get(key)).map_or("", String::as_str)
    }

    fn number(&self, key: &str) -> f64 {
        self.setting(key).split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(f64::NAN)
    }

    fn comment(&mut self, text: &str) {
        if let Some(axis) = text.strip_prefix("values in ") {
            self.set("values in", axis);
            return;
        }
        if let Some(name) = text.strip_prefix("External Channel Data") {
            let name = name.split_once(',').map_or(name, |(_, name)| name);
            self.rows = Rows::Further(name.trim().to_owned());
            return;
        }
        let Some((key, value)) = text.split_once(':') else {
            // The second line of a remark, which has no key of its own.
            if self.level == 2
                && !text.is_empty()
                && text != "scaling factors added"
                && !self.setting("Remote").is_empty()
            {
                self.set("Remark", text);
            }
            return;
        };
        let (key, value) = (key.trim(), value.trim());
        match key {
            "Group" => self.enter(1),
            "Region" => self.enter(2),
            "Cycle" => {
                self.enter(3);
                self.rows = Rows::Curve;
                for part in text.split(',') {
                    if let Some((key, value)) = part.split_once(':') {
                        self.set(key.trim(), value.trim());
                    }
                }
                return;
            }
            "Operation" => self.rows = Rows::Further(value.to_owned()),
            "Result Name" | "Curve" => self.rows = Rows::Further(value.to_owned()),
            "ColumnLabels" => {
                self.labels = value.to_owned();
                return;
            }
            // Devices write these by the dozen, and they name no quantity of the spectrum.
            "Parameter" => return,
            _ => {}
        }
        if self.rows == Rows::Curve || self.level < 3 {
            self.set(key, value);
        }
    }

    fn enter(&mut self, level: usize) {
        self.level = level;
        self.rows = Rows::Curve;
        let keeps_scans = (level == 3).then(|| self.settings[3].get("Number of Scans").cloned()).flatten();
        self.settings.iter_mut().skip(level).for_each(BTreeMap::clear);
        if let Some(scans) = keeps_scans {
            self.set("Number of Scans", &scans);
        }
    }

    fn set(&mut self, key: &str, value: &str) {
        let level = &mut self.settings[self.level.min(3)];
        // No export has as many; a file of settings alone could take unlimited memory.
        if level.len() < 500 {
            level.insert(key.to_owned(), value.to_owned());
        }
    }

    /// Takes a row. Returns false for a last one that the end of the file cuts.
    fn row(&mut self, line: &Line<'_>) -> bool {
        let mut values = [0.0; MOST_COLUMNS];
        let count = numbers(line.text, &mut values);
        let expected = self.columns.len();
        let found = match count {
            Some(count) if count >= 2 && (expected == 0 || count == expected) => count,
            _ if !line.ended => return false,
            found => {
                let place = Place::Line(line.number);
                let error = match found {
                    Some(found) => ReadError::FieldCount { place, expected: expected.max(2), found },
                    None => ReadError::NotANumber {
                        place,
                        column: self.labels.clone(),
                        unit: String::new(),
                        found: excerpt(line.text.trim(), 40),
                    },
                };
                let block = self.reading.measurements.len() + usize::from(self.pending.is_some());
                self.reading.rejected.push(block, error);
                return true;
            }
        };
        if expected == 0 {
            self.columns = vec![Vec::with_capacity(64); found];
            self.first_line = line.number;
        }
        for (column, value) in self.columns.iter_mut().zip(values) {
            column.push(value);
        }
        true
    }

    /// Makes a spectrum, or further columns of one, of the rows that just ended.
    fn end_of_rows(&mut self) -> Result<(), ReadError> {
        if self.columns.is_empty() {
            return Ok(());
        }
        let columns = std::mem::take(&mut self.columns);
        let labels = std::mem::take(&mut self.labels);
        match self.rows.clone() {
            Rows::Curve => {
                self.flush()?;
                self.curve(columns, &labels);
            }
            Rows::Further(name) => self.further(columns, &name),
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), ReadError> {
        let Some(curve) = self.pending.take() else { return Ok(()) };
        let first = curve.first_line;
        curve.spectrum.finish(|row| Place::Line(first + row as u64), self.reading)
    }

    fn curve(&mut self, columns: Vec<Vec<f64>>, labels: &str) {
        let region = self.setting("Region").to_owned();
        let mode = self.setting("Scan Mode").to_owned();
        let plain = ["FixedAnalyzerTransmission", "FixedRetardingRatio", "SnapshotFAT", "Snapshot", ""];
        let is_photon = mode.starts_with("ConstantFinalState");
        if !plain.iter().any(|known| mode.eq_ignore_ascii_case(known)) && !is_photon && !mode.starts_with("Snapshot") {
            let statement = format!(
                "line {}: the curve of region `{region}` was left out: in the scan mode `{mode}` its first column is not an \
                 electron energy",
                self.first_line
            );
            self.left_out.push(statement);
            return;
        }
        let mut spectrum = Spectrum::default();
        let found = columns.first().map_or(0, Vec::len);
        let labels: Vec<&str> = labels.split_whitespace().collect();
        for (place, values) in columns.into_iter().enumerate() {
            let label = labels.get(place).copied().unwrap_or_default();
            match place {
                0 => {
                    if let Some(step) = even_step(&values) {
                        spectrum.number("step_ev", step);
                    }
                    spectrum.column("energy_ev", Some("eV"), label, values);
                }
                1 => spectrum.column("intensity", Some("1"), label, values),
                _ if label.to_lowercase().contains("transmission") => {
                    spectrum.column("transmission", Some("1"), label, values);
                }
                _ => spectrum.column(&curve_name(label), None, label, values),
            }
        }
        let unit = match labels.get(1).map(|label| label.to_lowercase()).as_deref() {
            Some("counts/s" | "cps") => Some("counts/s"),
            Some("counts") => Some("counts"),
            _ => None,
        };
        spectrum.scales(self.energy_scale(), unit);
        self.describe(&mut spectrum, unit);
        if is_photon {
            spectrum.over_photon_energies(self.number("Kinetic Energy"));
        }
        // In a snapshot mode this is the number of snapshots, each of which has all energies of the detector.
        let is_snapshot = mode.to_ascii_lowercase().starts_with("snapshot");
        let announced = self.setting("Values/Curve").parse().ok().filter(|_| !is_snapshot);
        if let Some(announced) = announced.filter(|announced| *announced != found) {
            spectrum.warnings.push(format!("the file announces {announced} values of this curve and has {found}"));
        }
        self.pending = Some(Curve { spectrum, first_line: self.first_line, announced, found });
    }

    /// The axis that the region states, else the one set for the export.
    fn energy_scale(&self) -> Option<&'static str> {
        let stated = |text: &str| match text.to_lowercase() {
            text if text.contains("kinetic") => Some("kinetic"),
            text if text.contains("binding") => Some("binding"),
            _ => None,
        };
        stated(self.setting("values in")).or_else(|| stated(self.setting("Energy Axis"))).or_else(|| {
            match self.setting("Kinetic Energy Axis") {
                "yes" => Some("kinetic"),
                "no" => Some("binding"),
                _ => None,
            }
        })
    }

    fn describe(&self, spectrum: &mut Spectrum, unit: Option<&str>) {
        for (name, key) in [
            ("region", "Region"),
            ("group", "Group"),
            ("method", "Analysis Method"),
            ("instrument", "Analyzer"),
            ("analyser_lens", "Analyzer Lens"),
            ("analyser_slit", "Analyzer Slit"),
            ("analyser_mode", "Scan Mode"),
            ("spectrum_id", "Spectrum ID"),
            ("comment", "Comment"),
            ("remark", "Remark"),
        ] {
            spectrum.text(name, self.setting(key));
        }
        let program = self.settings[0].iter().find(|(key, _)| key.ends_with("Created by"));
        spectrum.text("software", program.map_or("", |(_, program)| program.as_str()));
        spectrum.source(self.setting("Source"), self.number("Excitation Energy"), self.setting("Analysis Method"));
        spectrum.positive("pass_energy_ev", self.number("Pass Energy"));
        spectrum.positive("retard_ratio", self.number("Retardation Ratio"));
        spectrum.number("work_function_ev", self.number("Eff. Workfunction"));
        // Along the slit: an angle where the lens images angles, otherwise a position.
        let is_angle = self.setting("Analyzer Lens").to_ascii_lowercase().contains("angular");
        let ordinate = if is_angle { "emission_angle_deg" } else { "non_energy_ordinate" };
        spectrum.number(ordinate, self.number("NonEnergyOrdinate"));
        for (name, key) in [("cycle", "Cycle"), ("curve", "Curve"), ("scan", "Scan"), ("channel", "Channel")] {
            spectrum.number(name, self.number(key));
        }
        let scans = if self.setting("Scan").is_empty() { self.number("Number of Scans") } else { 1.0 };
        spectrum.counting(Some(self.number("Dwell Time")), Some(scans));
        if unit == Some("counts") && scans > 1.0 {
            // The file does not state whether scans were added up or averaged.
            spectrum.metadata.remove("counting_time_s");
        }
        let mut date = self.setting("Acquisition Date").split_whitespace();
        let (day, time, zone) = (date.next().unwrap_or_default(), date.next().unwrap_or_default(), date.next());
        if let Some(started) = parse_local_time(day, time, DateOrder::MonthFirst) {
            spectrum.text("started_at", &started.iso);
            spectrum.text("time_zone", zone.unwrap_or_default());
        }
    }

    /// Adds rows over the same energies as the last spectrum's to it.
    fn further(&mut self, mut columns: Vec<Vec<f64>>, name: &str) {
        let Some(curve) = &mut self.pending else {
            self.left_out.push(format!("line {}: the values of `{name}` belong to no spectrum", self.first_line));
            return;
        };
        let energies = curve.spectrum.columns.first().map(|column| &column.values);
        let is_same = match (energies, columns.first()) {
            (Some(crate::Values::Number(own)), Some(others)) => {
                own.len() == others.len() && own.iter().zip(others).all(|(one, other)| (one - other).abs() < 1e-6)
            }
            _ => false,
        };
        if !is_same || columns.len() < 2 {
            let statement = format!("the curve `{}` has different energies and was left out", excerpt(name, 80));
            curve.spectrum.warnings.push(statement);
            return;
        }
        let is_background = name.eq_ignore_ascii_case("background");
        let column = if is_background { "background".to_owned() } else { curve_name(name) };
        let unit = is_background.then_some("1");
        if curve.spectrum.columns.len() < crate::repetition::MOST_COLUMNS {
            curve.spectrum.column(&column, unit, name, columns.swap_remove(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Measurement, Value};

    const HEAD: &str = "# Created by:        SpecsLab Prodigy, Version 4.0\n# XY-Serializer Export Settings:\n#   Energy Axis:  Binding Energy\n\
        #   Separate Scan Data:       yes\n#\n# Group: synthetic film\n#\n";
    const REGION: &str = "# Region: C 1s\n# Acquisition Date: 08/24/23 14:19:47 UTC\n# Analysis Method: XPS\n# Scan Mode: FixedAnalyzerTransmission\n\
        # Values/Curve: 2\n# Dwell Time: 0.5\n# Excitation Energy: 1486.61\n# Pass Energy: 20\n\n# Cycle: 0\n#\n# Number of Scans: 2\n\n";
    const SCAN: &str =
        "# Cycle: 0, Curve: 0, Scan: 0\n# ColumnLabels: energy counts/s transmission\n285  10  1.5\n284.5  20  1.6\n";

    fn whole(parts: &[&str]) -> Reading {
        read(parts.concat().as_bytes()).unwrap()
    }

    fn text<'m>(measurement: &'m Measurement, name: &str) -> &'m str {
        match &measurement.metadata[name] {
            Value::Text(text) => text,
            other => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn every_scan_is_a_spectrum_though_regions_share_a_name() {
        let second = SCAN.replace("Scan: 0", "Scan: 1");
        let reading = whole(&[HEAD, REGION, SCAN, &second, REGION, SCAN]);
        assert_eq!(reading.measurements.len(), 3);
        let spectrum = &reading.measurements[1];
        assert_eq!(spectrum.metadata["scan"], Value::Number(1.0));
        assert_eq!(spectrum.metadata["counting_time_s"], Value::Number(0.5));
        assert_eq!((text(spectrum, "energy_scale"), text(spectrum, "intensity_unit")), ("binding", "counts/s"));
        assert_eq!((text(spectrum, "region"), text(spectrum, "group")), ("C 1s", "synthetic film"));
        assert_eq!((text(spectrum, "started_at"), text(spectrum, "time_zone")), ("2023-08-24T14:19:47", "UTC"));
        assert_eq!(spectrum.numbers("transmission"), Some(&[1.5, 1.6][..]));
        assert_eq!(spectrum.metadata["step_ev"], Value::Number(-0.5));
        assert!(reading.warnings.is_empty(), "{:?}", reading.warnings);
    }

    #[test]
    fn further_curves_over_the_same_energies_are_columns() {
        let further = "# External Channel Data Cycle: 0, Sample temperature [K] (Heater)\n# ColumnLabels: energy x\n285 300\n284.5 301\n\
            # Operation: Shirley\n# Result Name: Background\n285 1\n284.5 2\n# Result Name: Other\n280 1\n279 2\n";
        let reading = whole(&[HEAD, REGION, SCAN, further]);
        let spectrum = &reading.measurements[0];
        assert_eq!(spectrum.numbers("background"), Some(&[1.0, 2.0][..]));
        assert_eq!(spectrum.numbers("sample_temperature_k_heater"), Some(&[300.0, 301.0][..]));
        assert_eq!(spectrum.warnings, ["the curve `Other` has different energies and was left out"]);
    }

    #[test]
    fn scans_over_photons_are_marked_and_scans_over_an_index_are_left_out() {
        let photons = REGION.replace("FixedAnalyzerTransmission", "ConstantFinalState");
        let index = REGION.replace("FixedAnalyzerTransmission", "FixedEnergies");
        let reading = whole(&[HEAD, &photons, SCAN, &index, SCAN]);
        assert_eq!(reading.measurements.len(), 1);
        assert_eq!(text(&reading.measurements[0], "energy_scale"), "photon");
        assert!(!reading.measurements[0].metadata.contains_key("excitation_energy_ev"));
        assert!(reading.warnings[0].contains("`FixedEnergies`"), "{:?}", reading.warnings);
    }

    #[test]
    fn bad_rows_are_rejected_and_a_cut_file_is_incomplete() {
        let bad = SCAN.replace("284.5  20  1.6\n", "284.5  2x0  1.6\n284  30\n283.5  40  1.8\n");
        let reading = whole(&[HEAD, REGION, &bad]);
        let messages: Vec<_> = reading.rejected.iter().map(|row| row.error.to_string()).collect();
        assert!(messages[0].ends_with("found `284.5  2x0  1.6`"), "{messages:?}");
        assert!(messages[1].ends_with("expected 3 fields, found 2"), "{messages:?}");
        assert_eq!(reading.measurements[0].n_points(), 2);
        let cut = whole(&[HEAD, REGION, &SCAN[..SCAN.len() - 6]]);
        assert_eq!(text(&cut.measurements[0], "incomplete"), "the file ends within line 24");
    }
}
