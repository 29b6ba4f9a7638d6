//! Reads text exports of Arbin cyclers, and the Battery Data Format in CSV.
//!
//! Format: one header line, commas (semicolons, tabs), decimal point. Arbin's MITS Pro writes `Test_Time(s)`,
//! `Current(A)` or the names of its database without units (`Test_Time`, `Current`); those are s, A, V, A.h, W.h by its
//! manual. The Battery Data Format writes `Test Time / s`, `Voltage / V`, `Current / A`, or `test_time_second`. A file
//! may hold both, when a program added the latter to the former: then the instrument's own columns are taken, and a
//! contradiction between the two is reported.
//!
//! Source: Arbin, MITS Pro manual; Battery Data Format (Battery Data Alliance); the files named in the manifests.
//!
//! Not supported: statistics by cycle (`StatisticByCycle`), which have no points.

use std::collections::BTreeMap;

use super::heading::{Vendor, fields};
use super::quoted;
use super::record::{Sign, note, reading, started_by_clock};
use super::rows::{Source, read};
use crate::local_time::ole_to_iso;
use crate::manifest::embedded;
use crate::repetition::check_columns;
use crate::text::{decode, excerpt, lines};
use crate::{Adapter, Manifest, Match, Measurement, Place, Probe, ReadError, Reading, Values};

/// Text exports of Arbin cyclers.
#[derive(Debug)]
pub(crate) struct ArbinCsv;

/// The Battery Data Format in CSV.
#[derive(Debug)]
pub(crate) struct BatteryDataFormat;

impl Adapter for ArbinCsv {
    fn manifest(&self) -> &Manifest {
        embedded("arbin_csv")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let header = first_line(probe.text());
        if is_arbin(header) && !is_bdf(header) { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read_as(file, "Arbin's names (`Test_Time`, `Cycle_Index`, `Voltage`, `Current`)", is_arbin)
    }
}

impl Adapter for BatteryDataFormat {
    fn manifest(&self) -> &Manifest {
        embedded("battery_data_format")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        if is_bdf(first_line(probe.text())) { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read_as(file, "the Battery Data Format's names (`Test Time / s`, `Voltage / V`, `Current / A`)", is_bdf)
    }
}

fn first_line(text: &str) -> &str {
    lines(text).next().map_or("", |line| line.text)
}

/// Whether a header has a cell of that name, perhaps with a unit in brackets after it.
fn has(header: &str, name: &str) -> bool {
    let cells = header.split([',', ';', '\t']).map(|cell| cell.trim().trim_matches('"'));
    let mut bare = cells.map(|cell| cell.split_once('(').map_or(cell, |(words, _)| words).trim());
    bare.any(|cell| cell.eq_ignore_ascii_case(name))
}

fn is_arbin(header: &str) -> bool {
    let all = |names: &[&str]| names.iter().all(|name| has(header, name));
    let spaced = |name: &str| has(header, name) || has(header, &name.replace('_', " "));
    (all(&["Voltage", "Current"])) && spaced("Test_Time") && spaced("Cycle_Index") && spaced("Step_Index")
}

fn is_bdf(header: &str) -> bool {
    let all = |names: &[&str]| names.iter().all(|name| has(header, name));
    all(&["Test Time / s", "Voltage / V", "Current / A"])
        || all(&["test_time_second", "voltage_volt", "current_ampere"])
}

fn read_as(file: &[u8], expected: &str, is_header: fn(&str) -> bool) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let text: &str = &decoded.text;
    let mut first = lines(text);
    let Some(header) = first.next().map(|line| line.text).filter(|header| is_header(header)) else {
        return Err(ReadError::malformed(
            Place::Line(1),
            format!("a header of {expected}"),
            format!("`{}`", excerpt(first_line(text), 80)),
        ));
    };
    let start = first.next().map_or(text.len(), |line| line.start);
    let count = |mark: &&u8| memchr::memchr_iter(**mark, header.as_bytes()).count();
    let separator = b",;\t".iter().max_by_key(count).copied().unwrap_or(b',');
    let headers = quoted::cells(header, separator);
    check_columns(headers.len(), Place::Line(1))?;
    let vendor = if is_arbin(header) { Vendor::Arbin } else { Vendor::Bdf };
    let fields = fields(vendor, headers.iter().map(String::as_str));
    let has_units = fields.iter().any(|field| field.name == "current_a" && field.header.len() > "Current".len());
    let table = read(&Source { text, start, line: 2, separator, has_thousands: false, nested: None }, fields);
    let mut reading = reading(table, BTreeMap::new(), Sign::Documented, Place::Line(1))?;
    for measurement in &mut reading.measurements {
        set_start_time(measurement);
        if vendor == Vendor::Arbin && !has_units {
            measurement.warnings.push(
                "headers without units are Arbin's database columns: s, V, A, Ah and Wh by its manual".to_owned(),
            );
        }
    }
    Ok(reading)
}

/// Sets the start time: the first row's clock (days since 1899-12-30) less its test time.
pub(super) fn set_start_time(measurement: &mut Measurement) {
    let first = |values: &[f64]| values.first().copied();
    let days = measurement.columns.iter().find(|column| column.unit.as_deref() == Some("d"));
    let day = days.and_then(|column| match &column.values {
        Values::Number(days) => first(days),
        Values::Text(_) => None,
    });
    if let (Some(passed), Some(day)) = (measurement.numbers("time_s").and_then(first), day)
        // The clock is accurate to about a second; more digits would be spurious.
        && let Some(iso) = ole_to_iso(((day * 86_400.0 - passed).round()) / 86_400.0)
    {
        note(&mut measurement.metadata, "started_at", &iso);
    } else if measurement.n_points() > 0 {
        started_by_clock(measurement, &["Date_Time", "DateTime", "Date Time"]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        let probe = Probe::new(text.as_bytes());
        match (ArbinCsv.sniff(&probe), BatteryDataFormat.sniff(&probe)) {
            (Match::Certain, Match::No) => ArbinCsv.read(text.as_bytes()).unwrap(),
            (Match::No, Match::Certain) => BatteryDataFormat.read(text.as_bytes()).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_instruments_own_columns_are_taken_where_added_ones_contradict_them() {
        let reading = read(
            "Test_Time,DateTime,Step_Index,Cycle_Index,Current,Voltage,Test Time / s,Voltage / V,Current / A\n\
             10,45131.5,2,1,0.5,3.5,10,3.5,0.0005\n20,45131.6,2,1,0.5,3.6,20,3.6,0.0005\n",
        );
        let measurement = &reading.measurements[0];
        assert_eq!(measurement.numbers("current_a"), Some(&[0.5, 0.5][..]));
        assert_eq!(measurement.numbers("current_a_2"), Some(&[0.0005, 0.0005][..]));
        assert_eq!(
            measurement.warnings,
            [
                "`Current` and `Current / A` disagree: the former is 1000 times the latter on average; \
                 `current_a` holds the former, `current_a_2` the latter",
                "headers without units are Arbin's database columns: s, V, A, Ah and Wh by its manual",
            ]
        );
        assert_eq!(measurement.metadata["started_at"], crate::Value::Text("2023-07-24T11:59:50".to_owned()));
    }

    #[test]
    fn both_spellings_of_the_battery_data_format_are_read() {
        let labels = read("Test Time / s,Voltage / V,Current / A,Ambient Temperature / degC\n0,3.5,0.1,25\n");
        assert_eq!(labels.measurements[0].numbers("potential_v"), Some(&[3.5][..]));
        assert_eq!(labels.measurements[0].columns[3].unit.as_deref(), Some("Cel"));
        let machine = read("test_time_second,voltage_volt,current_ampere,cycle_count,net_capacity_ah\n0,3.5,0.1,1,2\n");
        assert_eq!(machine.measurements[0].numbers("charge_mah"), Some(&[2000.0][..]));
    }

    #[test]
    fn other_text_is_refused_with_its_first_line() {
        let error = ArbinCsv.read(b"a,b\n1,2\n").unwrap_err().to_string();
        assert!(error.starts_with("line 1: expected a header of Arbin's names"), "{error}");
        assert_eq!(ArbinCsv.sniff(&Probe::new(b"a,b\n")), Match::No);
    }
}
