//! Reads Scribner CorrWare's files (`.cor`): potential, current density and time.
//!
//! Format: text; line 1 `CORRW ASCII`; settings as `Key: value` in sections from `Begin …:` to `End …:`; the line before
//! `End Comments` names the columns; below it rows in blanks or tabs with a decimal point. `Data Points:` counts the rows.
//!
//! Currents are stored as densities, divided by the `Surface Area`: the current is their product. The area itself is
//! metadata unless it is 1, CorrWare's default.
//!
//! Source: a file of CorrWare 2.6b; corrosionR (MIT) for the columns.

use std::collections::BTreeMap;

use super::setting::{is_entered_area, number, text};
use crate::column::{Heading, interpret_for};
use crate::local_time::{DateOrder, parse_local_time};
use crate::manifest::embedded;
use crate::number::{DecimalMark, parse_number};
use crate::rejections::cut_row;
use crate::text::{Line, decode, excerpt, lines};
use crate::{
    Adapter, Column, Manifest, Match, Measurement, NOT_STATED, Place, Probe, ReadError, Reading, Technique, Value,
    Values,
};

const START: &str = "CORRW ASCII";
/// Columns that a row may have.
const MOST_COLUMNS: usize = 32;
const DENSITY: &str = "current_density_a_per_cm2";

/// First words of CorrWare's experiments, and the names that all formats share.
const METHODS: &[(&str, &str)] = &[
    ("Cyclic Voltammogram", "cyclic_voltammetry"),
    ("Potentiodynamic", "linear_sweep_voltammetry"),
    ("Cyclic Polarization", "cyclic_polarization"),
    ("Potentiostatic", "chronoamperometry"),
    ("Galvanostatic", "chronopotentiometry"),
    ("Galvanodynamic", "galvanodynamic_polarization"),
    ("Open Circuit", "open_circuit_potential"),
];

/// Reads Scribner CorrWare's files.
#[derive(Debug)]
pub(crate) struct CorrWare;

impl Adapter for CorrWare {
    fn manifest(&self) -> &Manifest {
        embedded("corrware_cor")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        if probe.text().starts_with(START) { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// Reads a `.cor`.
///
/// # Errors
///
/// [`ReadError::Malformed`] where the file is not a `.cor` or ends before its rows, [`ReadError::ColumnMissing`] where the line
/// before these names no potential.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let mut lines = lines(&decoded.text);
    let first = lines.next().map_or("", |line| line.text);
    if !first.starts_with(START) {
        return Err(ReadError::unexpected(1, "`CORRW ASCII`", first));
    }
    let mut settings = Vec::new();
    let mut header: Option<Line<'_>> = None;
    let mut is_whole = false;
    for line in lines.by_ref() {
        if line.text.trim() == "End Comments" {
            is_whole = true;
            break;
        }
        settings.extend(header.map(|line| line.text));
        header = Some(line);
    }
    let Some(header) = header.filter(|_| is_whole) else {
        return Err(ReadError::unexpected(settings.len() as u64 + 2, "settings up to `End Comments`", ""));
    };
    let headings = headings(header)?;
    let mut metadata = BTreeMap::new();
    let announced = describe(&settings, &mut metadata);
    let area = setting(&settings, "Surface Area").and_then(|words| parse_number(words, DecimalMark::Point));
    let mut reading = Reading::default();
    let mut values: Vec<Vec<f64>> = vec![Vec::with_capacity(decoded.text.len() / 48); headings.len()];
    let mut cells = [f64::NAN; MOST_COLUMNS];
    let mut rows = 0_u64;
    for line in lines {
        if line.text.trim().is_empty() {
            continue;
        }
        rows += 1;
        // A last row without a line end is whole only where it is the last one announced.
        let is_cut = !line.ended && announced.is_none_or(|announced| rows < announced);
        match if is_cut { Err(cut_row(line)) } else { row(line, &headings, &mut cells) } {
            Ok(()) => values.iter_mut().zip(cells).for_each(|(values, cell)| values.push(cell)),
            Err(error) => reading.rejected.push(0, error),
        }
    }
    if let Some(announced) = announced.filter(|announced| *announced > rows) {
        let words = format!("the file announces {announced} points and has {rows}");
        metadata.insert("incomplete".to_owned(), Value::Text(words));
    }
    let mut columns: Vec<Column> = Vec::new();
    let mut warnings = Vec::new();
    for ((heading, words), values) in headings.into_iter().zip(values) {
        if heading.name == DENSITY {
            match area.filter(|area| area.is_finite() && *area > 0.0) {
                Some(area) => columns.push(Column {
                    name: "current_a".to_owned(),
                    unit: Some("A".to_owned()),
                    header: format!("{words} × Surface Area"),
                    values: Values::Number(values.iter().map(|density| density * area).collect()),
                }),
                None => {
                    warnings
                        .push("no surface area is stated: the current cannot be computed from its density".to_owned());
                }
            }
        }
        columns.push(Column { name: heading.name, unit: heading.unit, header: words, values: Values::Number(values) });
    }
    reading.measurements.push(Measurement {
        block: 0,
        technique: Technique::Electrochemistry,
        columns,
        metadata,
        warnings,
    });
    Ok(reading)
}

/// The columns' headings, and their headers as written.
fn headings(line: Line<'_>) -> Result<Vec<(Heading, String)>, ReadError> {
    let mut headings: Vec<(Heading, String)> = Vec::new();
    for words in line.text.split_whitespace().take(MOST_COLUMNS) {
        let mut heading = interpret_for(Technique::Electrochemistry, &words.replace("(Seconds)", "(s)"));
        if words == "I(A/cm2)" {
            heading.name = DENSITY.to_owned();
        }
        if heading.name.is_empty() || headings.iter().any(|(other, _)| other.name == heading.name) {
            heading.name = format!("column_{}", headings.len() + 1);
        }
        headings.push((heading, words.to_owned()));
    }
    let has = |name: &str| headings.iter().any(|(heading, _)| heading.name == name);
    if has("time_s") && (has("potential_v") || has("current_a")) || has("potential_v") && has(DENSITY) {
        return Ok(headings);
    }
    Err(ReadError::ColumnMissing {
        place: Place::Line(line.number),
        expected: Technique::Electrochemistry.needs_in_words().to_owned(),
        found: format!("`{}`", excerpt(line.text.trim(), 80)),
    })
}

fn row(line: Line<'_>, headings: &[(Heading, String)], cells: &mut [f64]) -> Result<(), ReadError> {
    let place = Place::Line(line.number);
    let mut found = 0;
    for (at, cell) in line.text.split_ascii_whitespace().enumerate() {
        found = at + 1;
        let (Some((heading, words)), Some(value)) = (headings.get(at), cells.get_mut(at)) else { continue };
        let number = parse_number(cell, DecimalMark::Point).ok_or_else(|| ReadError::NotANumber {
            place,
            column: words.clone(),
            unit: heading.unit.clone().unwrap_or_default(),
            found: excerpt(cell, 40),
        })?;
        *value = heading.convert(number);
    }
    if found == headings.len() { Ok(()) } else { Err(ReadError::FieldCount { place, expected: headings.len(), found }) }
}

/// The value of a setting: what follows `key:` in the first line that has it.
fn setting<'a>(settings: &[&'a str], key: &str) -> Option<&'a str> {
    settings.iter().find_map(|line| line.trim_start().strip_prefix(key)?.strip_prefix(':')).map(str::trim)
}

/// Takes the settings; returns the number of rows that they announce.
fn describe(settings: &[&str], metadata: &mut BTreeMap<String, Value>) -> Option<u64> {
    if let Some(program) = settings.first() {
        text(metadata, "software", &program.replace(": Version", ""));
    }
    let experiment = setting(settings, "Begin Experiment").or_else(|| settings.get(1).copied()).unwrap_or_default();
    let name = experiment.split(['\t', '[']).next().unwrap_or_default().trim();
    text(metadata, "technique_name", name);
    let method = METHODS.iter().find(|(start, _)| name.starts_with(start)).map_or(NOT_STATED, |(_, method)| method);
    text(metadata, "method", method);
    text(metadata, "instrument", setting(settings, "Begin Pstat").unwrap_or_default());
    text(metadata, "data_file", setting(settings, "Data File").unwrap_or_default());
    let comments: Vec<&str> = (1..10)
        .map_while(|line| setting(settings, &format!("Data Comment #{line}")))
        .filter(|c| !c.is_empty())
        .collect();
    text(metadata, "comment", &comments.join("\n"));
    let value = |key: &str| setting(settings, key).unwrap_or_default();
    number(metadata, "electrode_area_cm2", value("Surface Area"), is_entered_area);
    number(metadata, "open_circuit_v", value("Open Circuit Potential (V)"), |_| true);
    number(metadata, "reference_potential_v", value("Reference Potential"), |potential| potential != 0.0);
    // In mV/s, as the experiment's name repeats it (`100mV/S`).
    if let Some(rate) = parse_number(value("Scan Rate"), DecimalMark::Point).filter(|rate| *rate > 0.0) {
        metadata.insert("scan_rate_v_per_s".to_owned(), Value::Number(rate / 1000.0));
    }
    let date = settings.iter().find_map(|line| line.trim_start().strip_prefix("Date:"));
    if let Some((date, time)) = date.and_then(|rest| rest.split_once("Time:"))
        && let Some(started) = parse_local_time(date.trim(), time.trim(), DateOrder::MonthFirst)
    {
        text(metadata, "started_at", &started.iso);
        if started.is_ambiguous {
            text(metadata, "started_at_as_written", &format!("{} {}", date.trim(), time.trim()));
            text(metadata, "started_at_note", "month and day may be swapped; month first is assumed, CorrWare's order");
        }
    }
    setting(settings, "Data Points").and_then(|points| points.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "CORRW ASCII\n  CorrWare for Windows: Version 2.6b\n  Cyclic Voltammogram\t[0 Ref,1 Ref]\n  \
        Date: 02-21-2019    Time: 12:51:03\n    Surface Area:             4\n  \
        Begin Experiment:           Cyclic Voltammogram\t[0 Ref,1 Ref]\n    Scan Rate:                100\n  \
        Data Points:                3\n  E(Volts)\tI(A/cm2)\tT(Seconds)\nEnd Comments\n";

    #[test]
    fn a_density_times_the_area_is_the_current() {
        let reading = read(format!("{FILE}0.5\t2E-3\t0\n0.6\tx\t1\n0.7\t1\n").as_bytes()).unwrap();
        let curve = &reading.measurements[0];
        assert_eq!(curve.numbers("potential_v"), Some(&[0.5][..]));
        assert_eq!(curve.numbers(DENSITY), Some(&[2e-3][..]));
        assert_eq!(curve.numbers("current_a"), Some(&[8e-3][..]));
        assert_eq!(curve.metadata["scan_rate_v_per_s"], Value::Number(0.1));
        assert_eq!(curve.metadata["method"], Value::Text("cyclic_voltammetry".to_owned()));
        assert_eq!(curve.metadata["started_at"], Value::Text("2019-02-21T12:51:03".to_owned()));
        assert_eq!(curve.metadata.get("incomplete"), None);
        let errors: Vec<_> = reading.rejected.iter().map(|row| row.error.to_string()).collect();
        assert_eq!(
            errors,
            ["line 12: expected a number in A/cm² for `I(A/cm2)`, found `x`", "line 13: expected 3 fields, found 2"]
        );
    }

    #[test]
    fn a_file_that_ends_early_is_marked_or_refused() {
        let reading = read(format!("{FILE}0.5\t2E-3\t0\n").as_bytes()).unwrap();
        let incomplete = Value::Text("the file announces 3 points and has 1".to_owned());
        assert_eq!(reading.measurements[0].metadata["incomplete"], incomplete);
        assert_eq!(
            read(&FILE.as_bytes()[..60]).unwrap_err().to_string(),
            "line 3: expected settings up to `End Comments`, found the end of the file"
        );
    }
}
