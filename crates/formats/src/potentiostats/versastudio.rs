//! Reads VersaStudio's files (`.par`) of actions without a frequency: voltammetry, amperometry, open circuit.
//!
//! Format: text; sections from `<Action1>` to `</Action1>` with lines `key=value` describe the program, the actions (their
//! `Name`) and the instrument; each `<Segment…>` has a line `Definition=` that names its columns, and below it rows of
//! cells between commas. All actions have the columns of impedance, which hold 0 where none was measured. The last name
//! of a definition, `0`, belongs to no column.
//!
//! Source: a file of VersaStudio 2.52; impedance.py, `readVersaStudio`.
//!
//! Not read by this module: files in which any row has a frequency. `ingest/versastudio_par/` describes these.

use std::collections::BTreeMap;

use super::setting::{is_entered_area, number, text};
use crate::column::{Heading, interpret_for};
use crate::local_time::{DateOrder, parse_local_time};
use crate::manifest::embedded;
use crate::number::{DecimalMark, parse_number};
use crate::rejections::cut_row;
use crate::repetition;
use crate::text::{Line, decode, excerpt, lines};
use crate::{
    Adapter, Column, Manifest, Match, Measurement, NOT_STATED, Place, Probe, ReadError, Reading, Technique, Value,
    Values,
};

const DEFINITION: &str = "Definition=";
/// Columns of a definition: there are some twenty-five.
const MOST_COLUMNS: usize = 64;

/// Words in the names of actions, and the names that all formats share.
const METHODS: &[(&str, &str)] = &[
    ("cyclic voltammetry", "cyclic_voltammetry"),
    ("linear scan voltammetry", "linear_sweep_voltammetry"),
    ("linear sweep voltammetry", "linear_sweep_voltammetry"),
    ("chronoamperometry", "chronoamperometry"),
    ("chronopotentiometry", "chronopotentiometry"),
    ("chronocoulometry", "chronocoulometry"),
    ("open circuit", "open_circuit_potential"),
];

/// Reads VersaStudio's files of actions without a frequency.
#[derive(Debug)]
pub(crate) struct VersaStudioDc;

impl Adapter for VersaStudioDc {
    fn manifest(&self) -> &Manifest {
        embedded("versastudio_dc")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let is_versastudio = probe
            .text()
            .strip_prefix("<Application>")
            .is_some_and(|rest| rest.trim_start().starts_with("Name=VersaStudio"));
        if is_versastudio && has_only_direct_current(probe.file()) { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// Whether there are rows, and none has a frequency.
fn has_only_direct_current(file: &[u8]) -> bool {
    let decoded = decode(file);
    let mut place = None;
    let mut has_rows = false;
    for line in lines(&decoded.text) {
        if let Some(definition) = line.text.strip_prefix(DEFINITION) {
            place = Some(definition.split(',').position(|name| name.trim() == "Frequency(Hz)"));
        } else if let Some(frequency) = place
            && is_row(line.text)
        {
            has_rows = true;
            let cell = frequency.and_then(|frequency| line.text.split(',').nth(frequency));
            if cell.and_then(|cell| parse_number(cell, DecimalMark::Point)).is_some_and(|frequency| frequency > 0.0) {
                return false;
            }
        } else if line.text.starts_with('<') {
            place = None;
        }
    }
    has_rows
}

fn is_row(line: &str) -> bool {
    line.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.')
}

/// Reads a `.par`.
///
/// # Errors
///
/// [`ReadError::ColumnMissing`] for a definition without two of time, potential and current, or without any definition.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let sections = decoded.text.matches(DEFINITION).count();
    let metadata = describe(&decoded.text);
    repetition::check(&metadata, std::iter::repeat_n(16, 25), sections, Place::Line(1))?;
    let mut reading = Reading::default();
    let mut headings: Vec<(Heading, String)> = Vec::new();
    let mut values: Vec<Vec<f64>> = Vec::new();
    let mut is_inside = false;
    for line in lines(&decoded.text) {
        if let Some(definition) = line.text.strip_prefix(DEFINITION) {
            finish(&mut headings, &mut values, &metadata, &mut reading);
            headings = columns(definition, line.number)?;
            values = vec![Vec::new(); headings.len()];
            is_inside = true;
        } else if is_inside && is_row(line.text) {
            match row(line, &headings) {
                Ok(row) => values.iter_mut().zip(row).for_each(|(values, value)| values.push(value)),
                Err(error) => reading.rejected.push(reading.measurements.len(), error),
            }
        } else if line.text.starts_with('<') {
            is_inside = false;
        }
    }
    finish(&mut headings, &mut values, &metadata, &mut reading);
    if is_inside && let Some(last) = reading.measurements.last_mut() {
        let words = Value::Text("the file ends inside a segment".to_owned());
        last.metadata.insert("incomplete".to_owned(), words);
    }
    if reading.measurements.is_empty() {
        return Err(ReadError::ColumnMissing {
            place: Place::Line(1),
            expected: "segments with a `Definition=`".to_owned(),
            found: "none".to_owned(),
        });
    }
    Ok(reading)
}

/// The columns of a definition.
fn columns(definition: &str, line: u64) -> Result<Vec<(Heading, String)>, ReadError> {
    let mut headings: Vec<(Heading, String)> = Vec::new();
    let names = definition.split(',').map(str::trim).take(MOST_COLUMNS).collect::<Vec<_>>();
    let names = names.strip_suffix(&["0"]).unwrap_or(&names);
    for name in names {
        let mut heading = interpret_for(Technique::Electrochemistry, name);
        match *name {
            "E Applied(V)" => heading.name = "control_potential_v".to_owned(),
            "Segment #" => heading.name = "segment".to_owned(),
            "Point #" => heading.name = "point_number".to_owned(),
            // 0 in rows of direct current: not a frequency of a spectrum.
            _ if heading.name == "frequency_hz" => heading.name = "ac_frequency_hz".to_owned(),
            _ => {}
        }
        if heading.name.is_empty() || headings.iter().any(|(other, _)| other.name == heading.name) {
            heading.name = format!("column_{}", headings.len() + 1);
        }
        headings.push((heading, (*name).to_owned()));
    }
    let has = |name: &str| headings.iter().any(|(heading, _)| heading.name == name);
    if ["time_s", "potential_v", "current_a"].into_iter().filter(|name| has(name)).count() >= 2 {
        return Ok(headings);
    }
    Err(ReadError::ColumnMissing {
        place: Place::Line(line),
        expected: Technique::Electrochemistry.needs_in_words().to_owned(),
        found: format!("`{}`", excerpt(definition, 80)),
    })
}

fn row(line: Line<'_>, headings: &[(Heading, String)]) -> Result<Vec<f64>, ReadError> {
    if !line.ended {
        return Err(cut_row(line));
    }
    let place = Place::Line(line.number);
    let mut row = Vec::with_capacity(headings.len());
    for (cell, (heading, words)) in line.text.split(',').zip(headings) {
        let number = parse_number(cell, DecimalMark::Point).ok_or_else(|| ReadError::NotANumber {
            place,
            column: words.clone(),
            unit: heading.unit.clone().unwrap_or_default(),
            found: excerpt(cell.trim(), 40),
        })?;
        row.push(heading.convert(number));
    }
    if row.len() == headings.len() {
        return Ok(row);
    }
    Err(ReadError::FieldCount { place, expected: headings.len(), found: row.len() })
}

/// Adds the segment whose rows were read. Columns of impedance without any value are left out.
fn finish(
    headings: &mut Vec<(Heading, String)>,
    values: &mut Vec<Vec<f64>>,
    metadata: &BTreeMap<String, Value>,
    reading: &mut Reading,
) {
    if headings.is_empty() {
        return;
    }
    let is_empty = |name: &str, values: &[f64]| {
        let is_of_impedance = name == "Frequency(Hz)" || name.ends_with(" Real") || name.ends_with(" Imag");
        is_of_impedance && values.iter().all(|value| *value == 0.0)
    };
    let mut columns = Vec::new();
    for ((heading, words), values) in headings.drain(..).zip(values.drain(..)) {
        if !is_empty(&words, &values) {
            columns.push(Column {
                name: heading.name,
                unit: heading.unit,
                header: words,
                values: Values::Number(values),
            });
        }
    }
    reading.measurements.push(Measurement {
        block: reading.measurements.len() as u32,
        technique: Technique::Electrochemistry,
        columns,
        metadata: metadata.clone(),
        warnings: Vec::new(),
    });
}

/// Takes what the sections state.
fn describe(file: &str) -> BTreeMap<String, Value> {
    let mut metadata = BTreeMap::new();
    let mut section = "";
    let mut actions: Vec<&str> = Vec::new();
    let (mut date, mut time) = ("", "");
    let mut rate = "";
    for line in lines(file) {
        if line.text.starts_with('<') {
            section = line.text.trim_matches(['<', '>']);
        }
        let Some((key, value)) = line.text.split_once('=') else { continue };
        match (section, key) {
            ("Application", "Version") => text(&mut metadata, "software", &format!("VersaStudio {value}")),
            ("Instrument", "Type") => text(&mut metadata, "instrument", value),
            ("Instrument", "SN") => text(&mut metadata, "serial", value),
            ("Experiment", "TimeAcquired") => time = value.trim(),
            ("Experiment", "DateAcquired") => date = value.trim(),
            ("Action0", "Working Electrode Area (cm2)") => {
                number(&mut metadata, "electrode_area_cm2", value, is_entered_area);
            }
            ("Action0", "Measured Open Circuit") => {
                let millivolts = value.strip_suffix(" mV").and_then(|number| parse_number(number, DecimalMark::Point));
                if let Some(millivolts) = millivolts.filter(|number| number.is_finite()) {
                    metadata.insert("open_circuit_potential_v".to_owned(), Value::Number(millivolts / 1000.0));
                }
            }
            (action, "Name") if action.starts_with("Action") && value.trim() != "Common" => actions.push(value.trim()),
            (action, "Scan Rate (V/s)") if action.starts_with("Action") => rate = value.trim(),
            _ => {}
        }
    }
    actions.truncate(20);
    text(&mut metadata, "technique_name", &actions.join(", "));
    let method = match actions.as_slice() {
        [one] => METHODS.iter().find(|(part, _)| one.to_lowercase().contains(part)).map(|(_, method)| *method),
        _ => None,
    };
    text(&mut metadata, "method", method.unwrap_or(NOT_STATED));
    if method.is_some_and(|method| method.ends_with("voltammetry")) {
        number(&mut metadata, "scan_rate_v_per_s", rate, |rate| rate > 0.0);
    }
    if let Some(date) = in_digits(date)
        && let Some(started) = parse_local_time(&date, time, DateOrder::MonthFirst)
    {
        text(&mut metadata, "started_at", &started.iso);
    }
    metadata
}

/// `Thursday, July 19, 2018` as `2018-7-19`.
fn in_digits(date: &str) -> Option<String> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let mut parts = date.rsplit(',').map(str::trim);
    let (year, day) = (parts.next()?, parts.next()?);
    let (month, day) = day.split_once(' ')?;
    let start: String = month.chars().take(3).flat_map(char::to_lowercase).collect();
    let month = MONTHS.iter().position(|known| *known == start)? + 1;
    Some(format!("{year}-{month}-{}", day.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "<Application>\nName=VersaStudio\nVersion=2.52.3.0\n</Application>\n\n<Experiment>\n\
        TimeAcquired=9:40:30 PM\nDateAcquired=Thursday, July 19, 2018\n</Experiment>\n<Action1>\nScan Rate (V/s)=.005\n\
        Name=Cyclic Voltammetry\n</Action1>\n\n<Segment1>\nType=2\n\
        Definition=Segment #, Point #, E(V), I(A), Elapsed Time(s), E Applied(V), Frequency(Hz), Z Real, 0\n\
        0,0,0.5,1E-6,0.1,0.51,0,0\n0,1,0.6,x,0.2,0.61,0,0\n0,2,0.7,3E-6,0.3,0.71,0,0\n</Segment1>\n";

    #[test]
    fn rows_without_a_frequency_are_a_voltammogram() {
        assert_eq!(VersaStudioDc.sniff(&Probe::new(FILE.as_bytes())), Match::Certain);
        let reading = read(FILE.as_bytes()).unwrap();
        let curve = &reading.measurements[0];
        assert_eq!(curve.numbers("potential_v"), Some(&[0.5, 0.7][..]));
        assert_eq!(curve.numbers("control_potential_v"), Some(&[0.51, 0.71][..]));
        assert_eq!(curve.numbers("frequency_hz"), None);
        assert_eq!(curve.metadata["scan_rate_v_per_s"], Value::Number(0.005));
        assert_eq!(curve.metadata["started_at"], Value::Text("2018-07-19T21:40:30".to_owned()));
        assert_eq!(reading.rejected[0].error.to_string(), "line 19: expected a number in A for `I(A)`, found `x`");
        let cut = read(&FILE.as_bytes()[..FILE.len() - 18]).unwrap();
        assert_eq!(cut.measurements[0].n_points(), 1);
        assert_eq!(
            cut.measurements[0].metadata["incomplete"],
            Value::Text("the file ends inside a segment".to_owned())
        );
    }

    #[test]
    fn a_row_with_a_frequency_belongs_to_impedance() {
        let impedance = FILE.replace("0.71,0,0", "0.71,1000,5");
        assert_eq!(VersaStudioDc.sniff(&Probe::new(impedance.as_bytes())), Match::No);
    }
}
