//! Reads text exports of Maccor cyclers.
//!
//! Format: settings, then a header from `Rec` on, tabs (or commas), decimal point or comma. Settings are one per line
//! (`Name:`, `Channel:`, `Tester`, `Started`, …) or all in the first line (`Today's Date`, `Date of Test:`, `Filename:`,
//! …). Currents and capacities are magnitudes; `Md` or `State` states what a step does (C charge, D discharge, R rest, P
//! pause, S suspended). `Amps`, `mVolts`, `Amp-hr` are units themselves: a column in mV has that in its header.
//!
//! `TestTime` without a unit is a duration (`0d 00:01:00.00`), or a number in a unit that the options of the export
//! decide: it is found by comparing it with the clock of the rows, and stays without a unit where that is not conclusive.
//!
//! Source: exports of several laboratories; Maccor's manuals are not public.
//!
//! Not supported: Maccor's own binary files.

use std::collections::BTreeMap;

use super::clock::clock;
use super::heading::{Vendor, fields};
use super::quoted;
use super::record::{Direction, MONTH_FIRST, Sign, direction, note, reading, started_by_clock};
use super::rows::{Source, Table, read};
use crate::local_time::DateOrder;
use crate::manifest::embedded;
use crate::repetition::check_columns;
use crate::text::{Line, decode, lines};
use crate::{
    Adapter, Column, Manifest, Match, Measurement, NOT_STATED, Place, Probe, ReadError, Reading, Value, Values,
};

/// Text exports of Maccor cyclers.
#[derive(Debug)]
pub(crate) struct MaccorText;

/// Number of lines in which settings before a header are searched.
const MOST_SETTINGS: usize = 200;

/// Keys of the settings that are kept, in lower case without colon, and their names.
const KEPT: &[(&str, &str)] = &[
    ("name", "title"),
    ("channel", "channel"),
    ("tester", "instrument"),
    ("procedure", "procedure"),
    ("description", "comment"),
    ("comment/barcode", "comment"),
    ("started", "started_at_as_written"),
    ("date of test", "started_at_as_written"),
    ("filename", "file_as_written"),
    ("scap", "specific_capacity_as_written"),
    ("c rate", "c_rate_as_written"),
    ("ch. max. v", "charge_potential_limit_as_written"),
    ("disch. min. v", "discharge_potential_limit_as_written"),
    ("ch. max. i", "charge_current_limit_as_written"),
    ("disch. max. i", "discharge_current_limit_as_written"),
];

/// Headers of clock times.
const CLOCKS: [&str; 4] = ["DPT Time", "DPt Time", "DPt. Time", "Date Time"];

impl Adapter for MaccorText {
    fn manifest(&self) -> &Manifest {
        embedded("maccor_text")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let text = probe.text();
        if header(text).is_some() {
            return Match::Certain;
        }
        let says_so = lines(text).take(10).any(|line| line.text.starts_with("Tester") && line.text.contains("Maccor"));
        if says_so || text.starts_with("Today's Date") { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        let decoded = decode(file);
        let text: &str = &decoded.text;
        let Some((header, separator)) = header(text) else {
            return Err(ReadError::malformed(
                Place::Line(1),
                "a header that starts with `Rec` and has a cycle, a step, a current and a voltage",
                "none",
            ));
        };
        let mut metadata = BTreeMap::new();
        for line in lines(text).take_while(|line| line.number < header.number) {
            settings(line.text, separator, &mut metadata);
        }
        let place = Place::Line(header.number);
        let headers = quoted::cells(header.text, separator);
        check_columns(headers.len(), place)?;
        let start = lines(text).nth(header.number as usize).map_or(text.len(), |line| line.start);
        let source = Source { text, start, line: header.number + 1, separator, has_thousands: true, nested: None };
        let mut table = read(&source, fields(Vendor::Maccor, headers.iter().map(String::as_str)));
        let unit = time_unit(&mut table);
        capacities(&mut table);
        let mut reading = reading(table, metadata, Sign::BySteps, place)?;
        for measurement in &mut reading.measurements {
            if let Some(unit) = &unit {
                note(&mut measurement.metadata, "time_unit", unit);
            }
            set_start_time(measurement);
        }
        Ok(reading)
    }
}

/// The header's line and separator.
fn header(text: &str) -> Option<(Line<'_>, u8)> {
    for line in lines(text).take(MOST_SETTINGS) {
        let separator = if line.text.contains('\t') { b'\t' } else { b',' };
        let mut cells = line.text.split(char::from(separator)).map(|cell| cell.trim().to_ascii_lowercase());
        if !cells.next().is_some_and(|first| ["rec", "rec#", "rec #"].contains(&first.as_str())) {
            continue;
        }
        let cells: Vec<String> = cells.collect();
        let has = |parts: &[&str]| cells.iter().any(|cell| parts.iter().any(|part| cell.contains(part)));
        if has(&["cyc"]) && has(&["step"]) && has(&["amps", "current"]) && has(&["volt"]) {
            return Some((line, separator));
        }
    }
    None
}

/// Takes the settings of a line: one with its value, or several with theirs.
fn settings(line: &str, separator: u8, metadata: &mut BTreeMap<String, Value>) {
    let cells: Vec<&str> = line.split(char::from(separator)).map(str::trim).collect();
    for (at, cell) in cells.iter().enumerate() {
        let key = cell.trim_end_matches(':').trim().to_ascii_lowercase();
        if let Some((_, name)) = KEPT.iter().find(|(kept, _)| *kept == key)
            && let Some(value) = cells.get(at + 1).filter(|value| !value.ends_with(':'))
            && !metadata.contains_key(*name)
        {
            note(metadata, name, value);
        }
    }
}

/// Finds the unit of a `TestTime` that has none by the clock of the rows; describes the result.
fn time_unit(table: &mut Table) -> Option<String> {
    let is_time = |column: &Column| column.name == "time_s";
    if table.columns.iter().any(is_time) {
        return None;
    }
    let at =
        table.columns.iter().position(|column| ["testtime", "test_time", "test"].contains(&column.name.as_str()))?;
    let found = unit_by_clock(table, at);
    let Some((word, factor)) = found else { return Some(NOT_STATED.to_owned()) };
    for name in ["testtime", "test_time", "test", "steptime", "step_time"] {
        let Some(column) = table.columns.iter_mut().find(|column| column.name == name) else { continue };
        if let Values::Number(values) = &mut column.values {
            super::rows::convert(values, factor);
            column.name = if name.starts_with("step") { "step_time_s" } else { "time_s" }.to_owned();
            column.unit = Some("s".to_owned());
        }
    }
    Some(format!("{word}, inferred from the clock of the rows: the header states none"))
}

/// A unit in which the test time passes as the clock does, within a hundredth.
fn unit_by_clock(table: &Table, at: usize) -> Option<(&'static str, f64)> {
    let Values::Number(times) = &table.columns.get(at)?.values else { return None };
    let clocks = table.columns.iter().find(|column| CLOCKS.contains(&column.header.as_str()))?;
    let Values::Text(clocks) = &clocks.values else { return None };
    let passed = times.last()? - times.first()?;
    let fits: Vec<_> = [("s", 1.0), ("min", 60.0), ("h", 3600.0), ("d", 86_400.0)]
        .into_iter()
        .filter(|(_, factor)| {
            [DateOrder::MonthFirst, DateOrder::DayFirst].iter().any(|order| {
                let ends = clocks
                    .first()
                    .and_then(|first| clock(first, *order))
                    .zip(clocks.last().and_then(|last| clock(last, *order)));
                ends.is_some_and(|(first, last)| {
                    let elapsed = last.seconds - first.seconds;
                    // The clock has whole seconds, so that a hundredth needs some hundred seconds.
                    elapsed > 200.0 && (passed * factor - elapsed).abs() < 0.01 * elapsed
                })
            })
        })
        .collect();
    match fits.as_slice() {
        [unit] => Some(*unit),
        _ => None,
    }
}

/// Splits the capacity of a step into charge and discharge capacity, by the step's state.
fn capacities(table: &mut Table) {
    let column = |name: &str| table.columns.iter().find(|column| column.name == name);
    let (Some(charge), Some(state)) = (column("charge_mah"), column("step_type")) else { return };
    let (Values::Number(charge_values), Values::Text(states)) = (&charge.values, &state.values) else { return };
    let header = format!("{}, {}", charge.header, state.header);
    let part = |step: Direction| -> Vec<f64> {
        let pairs = charge_values.iter().zip(states);
        pairs.map(|(charge, state)| if direction(state) == step { *charge } else { f64::NAN }).collect()
    };
    let parts =
        [("charge_capacity_mah", part(Direction::Charge)), ("discharge_capacity_mah", part(Direction::Discharge))];
    for (name, values) in parts {
        if values.iter().any(|value| value.is_finite()) {
            let (name, unit, header) = (name.to_owned(), Some("mA.h".to_owned()), header.clone());
            table.columns.push(Column { name, unit, header, values: Values::Number(values) });
            table.rivals.push(None);
        }
    }
}

/// Sets the start time: by the settings, with the order of month and day that the rows show; else by the first row's clock.
fn set_start_time(measurement: &mut Measurement) {
    let written = match measurement.metadata.get("started_at_as_written") {
        Some(Value::Text(written)) => Some(written.clone()),
        _ => None,
    };
    started_by_clock(measurement, &CLOCKS);
    let has_start = measurement.metadata.contains_key("started_at");
    let is_decided = !measurement.metadata.contains_key("started_at_note");
    match written {
        Some(_) if has_start && is_decided => {
            measurement.metadata.remove("started_at_as_written");
        }
        Some(written) if !has_start => {
            let Some(started) = clock(&written, DateOrder::MonthFirst) else { return };
            note(&mut measurement.metadata, "started_at", &started.iso);
            if started.is_ambiguous {
                note(&mut measurement.metadata, "started_at_note", MONTH_FIRST);
            } else {
                measurement.metadata.remove("started_at_as_written");
            }
        }
        _ => {}
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values are exact in binary or copied")]
mod tests {
    use super::*;

    fn measurement_of(text: &str) -> Measurement {
        assert_eq!(MaccorText.sniff(&Probe::new(text.as_bytes())), Match::Certain);
        MaccorText.read(text.as_bytes()).unwrap().measurements.remove(0)
    }

    fn metadata(measurement: &Measurement) -> String {
        serde_json::to_string(&measurement.metadata).unwrap()
    }

    #[test]
    fn a_time_without_a_unit_follows_from_the_clock_of_the_rows() {
        let text = "Name:\tdot 3\nChannel:\t8\nTester\tMaccor #4\nStarted\t06/05/2021 11:23:46\n\n\
            Rec\tCycle P\tCycle C\tStep\tTestTime\tStepTime\tCap. [Ah]\tEner. [Wh]\tCurrent [A]\tVoltage [V]\tMd\tES\tDPT Time\n\n\
            1\t0\t1\t1\t0,000000\t0,000000\t0,00000000\t0,0\t0,0\t0,1377\tR\t0\t06/05/2021 11:23:46\n\
            2\t0\t1\t2\t5,000000\t5,000000\t0,00100000\t0,0\t0,5\t0,1385\tD\t1\t06/05/2021 11:28:46\n";
        let measurement = measurement_of(text);
        assert_eq!(measurement.numbers("time_s"), Some(&[0.0, 300.0][..]));
        assert_eq!(measurement.numbers("current_a"), Some(&[0.0, -0.5][..]));
        assert_eq!(measurement.numbers("discharge_capacity_mah").unwrap()[1], 1.0);
        assert_eq!(measurement.numbers("charge_capacity_mah"), None);
        assert_eq!(
            metadata(&measurement),
            r#"{"channel":"8","current_sign":"from the step type: the file stores magnitudes","decimal_mark":"comma","instrument":"Maccor #4","method":"galvanostatic_cycling","started_at":"2021-06-05T11:23:46","started_at_as_written":"06/05/2021 11:23:46","started_at_note":"month and day may be swapped; month first is assumed","time_unit":"min, inferred from the clock of the rows: the header states none","title":"dot 3"}"#
        );
        // Without the clock this cannot be decided, and the time is not in seconds.
        let unknown = measurement_of(&text.replace("DPT Time", "Note"));
        assert_eq!(unknown.numbers("time_s"), None);
        assert_eq!(unknown.metadata["time_unit"], Value::Text("not stated".to_owned()));
    }

    #[test]
    fn settings_in_the_first_line_and_units_for_names_are_read() {
        let measurement = measurement_of(
            "Today's Date\t12/14/2020\tDate of Test:\t11/30/2020\tFilename:\tC:\\data\\x\tProcedure:\tp.000\tComment/Barcode:\t\n\
             Rec#\tCyc#\tStep\tTestTime\tStepTime\tmAmp-hr\tWatt-hr\tAmps\tmVolts\tState\tES\tDPt Time\n\
             1\t0\t1\t   0d 00:00:01.00\t   0d 00:00:01.00\t1.5\t0.0\t0.5\t3700\tC\t1\t11/30/2020 10:00:01 AM\n",
        );
        assert_eq!(measurement.numbers("potential_v"), Some(&[3.7][..]));
        assert_eq!(measurement.numbers("time_s"), Some(&[1.0][..]));
        assert_eq!(measurement.numbers("charge_capacity_mah"), Some(&[1.5][..]));
        assert_eq!(measurement.metadata["started_at"], Value::Text("2020-11-30T10:00:00".to_owned()));
        assert_eq!(measurement.metadata["procedure"], Value::Text("p.000".to_owned()));
        assert_eq!(measurement.metadata.get("comment"), None);
    }

    #[test]
    fn volts_that_must_be_millivolts_are_mentioned_and_kept() {
        let measurement =
            measurement_of("Rec#\tCyc#\tStep\tTest (Sec)\tAmps\tVolts\tState\n1\t0\t1\t1\t0.5\t3700\tC\n");
        assert_eq!(measurement.numbers("potential_v"), Some(&[3700.0][..]));
        assert!(
            measurement.warnings.iter().any(|warning| warning.contains("may be in mV")),
            "{:?}",
            measurement.warnings
        );
    }
}
