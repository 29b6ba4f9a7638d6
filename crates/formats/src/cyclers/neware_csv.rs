//! Reads text exports of Neware's BTSDA: flat ones, and those with cycles, steps and records on three levels.
//!
//! Format, flat: one header line (`DataPoint,Cycle Index,Step Index,Step Type,Time,Cumulative Time,…`), commas or tabs,
//! units in brackets, times `hh:mm:ss` (hours may exceed 24), `Time` from the start of the step. Nested: three header
//! lines, `Cycle ID,…`, `,Step ID,…`, `,,Record ID,…`; every line has as many empty cells before it as its level is
//! deep. A capacity counts from the start of its step.
//!
//! Where there is no time of the whole test it is the sum of the step times: pauses between steps are not
//! included.
//!
//! Source: an export of BTSDA with the header above; headers that other exports are known to have.
//!
//! Not supported: workbooks (`.xlsx`), and exports in other languages than English.

use std::collections::BTreeMap;

use super::heading::{Vendor, fields};
use super::quoted;
use super::record::{Sign, note, reading, started_by_clock, sum_step_times};
use super::rows::{Nested, Source, read};
use crate::manifest::embedded;
use crate::repetition::check_columns;
use crate::text::{Line, decode, excerpt, lines};
use crate::{Adapter, Column, Manifest, Match, Measurement, Place, Probe, ReadError, Reading, Values};

/// Text exports of Neware's BTSDA.
#[derive(Debug)]
pub(crate) struct NewareCsv;

/// Headers of clock times.
const CLOCKS: [&str; 5] = ["Date", "DateTime", "Realtime", "Absolute Time", "Real Time"];

impl Adapter for NewareCsv {
    fn manifest(&self) -> &Manifest {
        embedded("neware_csv")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        if layout(probe.text()).is_some() { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        let decoded = decode(file);
        let text: &str = &decoded.text;
        let Some(layout) = layout(text) else {
            let first = lines(text).next().map_or("", |line| line.text);
            return Err(ReadError::malformed(
                Place::Line(1),
                "a header of Neware's names (`Cycle Index`, `Step Index`, `Voltage(V)`, `Current(A)`)",
                format!("`{}`", excerpt(first, 80)),
            ));
        };
        let place = Place::Line(layout.header.number);
        let headers = quoted::cells(layout.record_header(), layout.separator);
        check_columns(headers.len(), place)?;
        let start = lines(text).nth(layout.header.number as usize).map_or(text.len(), |line| line.start);
        let source = Source {
            text,
            start,
            line: layout.header.number + 1,
            separator: layout.separator,
            has_thousands: false,
            nested: layout.nested,
        };
        let mut table = read(&source, fields(Vendor::Neware, headers.iter().map(String::as_str)));
        let is_summed = add_time(&mut table.columns, &mut table.rivals);
        let mut reading = reading(table, BTreeMap::new(), Sign::BySteps, place)?;
        for measurement in &mut reading.measurements {
            finish(measurement, is_summed);
        }
        Ok(reading)
    }
}

fn finish(measurement: &mut Measurement, is_summed: bool) {
    if is_summed {
        note(&mut measurement.metadata, "time_source", "sum of the step times");
    }
    if measurement.n_points() > 0 {
        started_by_clock(measurement, &CLOCKS);
    }
    note(&mut measurement.metadata, "instrument", "Neware");
}

/// Adds the time of the whole test where there is only one of the steps.
fn add_time(columns: &mut Vec<Column>, rivals: &mut Vec<Option<String>>) -> bool {
    let numbers = |name: &str| {
        columns.iter().find(|column| column.name == name).and_then(|column| match &column.values {
            Values::Number(values) => Some(values.as_slice()),
            Values::Text(_) => None,
        })
    };
    if numbers("time_s").is_some() {
        return false;
    }
    let Some(step_times) = numbers("step_time_s") else { return false };
    let counters = [numbers("step"), numbers("cycle")];
    let changes = |row: usize| {
        counters.iter().flatten().any(|counter| counter.get(row) != row.checked_sub(1).and_then(|row| counter.get(row)))
    };
    let values = Values::Number(sum_step_times(step_times, changes));
    let header =
        columns.iter().find(|column| column.name == "step_time_s").map_or_else(String::new, |c| c.header.clone());
    columns.push(Column { name: "time_s".to_owned(), unit: Some("s".to_owned()), header, values });
    rivals.push(None);
    true
}

/// The position of the records' header.
struct Layout<'t> {
    header: Line<'t>,
    separator: u8,
    nested: Option<Nested>,
}

impl<'t> Layout<'t> {
    /// The header of the records, without the empty cells before it.
    fn record_header(&self) -> &'t str {
        let empty = if self.nested.is_some() { 2 } else { 0 };
        self.header.text.get(empty..).unwrap_or_default()
    }
}

fn layout(text: &str) -> Option<Layout<'_>> {
    let mut all = lines(text);
    let first = all.next()?;
    let separator = if first.text.contains('\t') { b'\t' } else { b',' };
    let cells = |line: &str| quoted::cells(line, separator);
    let names = cells(first.text);
    let has = |names: &[&str]| cells(first.text).iter().any(|cell| names.contains(&cell.as_str()));
    let starts = |start: &str| names.iter().any(|cell| cell.starts_with(start));
    let is_flat = has(&["Cycle Index", "Cycle ID"])
        && has(&["Step Index", "Step ID"])
        && has(&["Step Type", "Status", "Step Name", "Record ID", "DataPoint"])
        && starts("Voltage(")
        && starts("Current(");
    if is_flat {
        return Some(Layout { header: first, separator, nested: None });
    }
    let (second, third) = (all.next()?, all.next()?);
    let (steps, records) = (cells(second.text), cells(third.text));
    let is_nested = names.first().is_some_and(|cell| cell == "Cycle ID" || cell == "Cycle Index")
        && steps.get(1).is_some_and(|cell| cell == "Step ID" || cell == "Step Index")
        && steps.first().is_some_and(String::is_empty)
        && records.iter().take(2).all(String::is_empty)
        && records.get(2).is_some_and(|cell| ["Record ID", "DataPoint", "Record Index"].contains(&cell.as_str()))
        && third.text.bytes().take(2).all(|byte| byte == separator);
    let step_type_at = steps.iter().position(|cell| ["Step Name", "Step Type", "Status"].contains(&cell.as_str()));
    is_nested.then_some(Layout { header: third, separator, nested: Some(Nested { step_type_at }) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    fn measurement_of(text: &str) -> Measurement {
        assert_eq!(NewareCsv.sniff(&Probe::new(text.as_bytes())), Match::Certain);
        NewareCsv.read(text.as_bytes()).unwrap().measurements.remove(0)
    }

    #[test]
    fn a_flat_export_is_read() {
        let measurement = measurement_of(
            "DataPoint,Cycle Index,Step Index,Step Type,Time,Cumulative Time,Current(A),Voltage(V),Capacity(Ah),Chg. Cap.(Ah),Date\n\
             1,1,1,Rest,00:00:00,00:00:00,0.0,3.0,0,0,2022-05-18 16:27:52\n\
             2,1,2,CC DChg,00:01:00,100:00:00,-0.001,2.9,0.5,0,2022-05-22 20:27:52\n",
        );
        assert_eq!(measurement.numbers("time_s"), Some(&[0.0, 360_000.0][..]));
        assert_eq!(measurement.numbers("step_time_s"), Some(&[0.0, 60.0][..]));
        assert_eq!(measurement.numbers("charge_mah"), Some(&[0.0, 500.0][..]));
        assert_eq!(measurement.metadata["started_at"], Value::Text("2022-05-18T16:27:52".to_owned()));
        assert_eq!(measurement.metadata["current_sign"], Value::Text("as stored: positive for charge".to_owned()));
        assert_eq!(measurement.warnings, [] as [String; 0]);
    }

    #[test]
    fn records_below_steps_and_cycles_get_both() {
        let measurement = measurement_of(
            "Cycle ID,Cap_Chg(mAh),,,,,\n,Step ID,Step Name,,,,\n,,Record ID,Time(h:min:s.ms),Voltage(V),Current(mA),Realtime\n\
             1,0.5,,,,,\n,1,CC Chg,,,,\n,,1,0:00:00.0,3.0,1,2026-04-02 00:00:00\n,,2,0:00:10.5,3.1,1,2026-04-02 00:00:10\n\
             ,2,CC DChg,,,,\n,,3,0:00:01.0,3.0,1,2026-04-02 00:00:11\n2,,,,,,\n,1,CC Chg,,,,\n,,4,x,3.0,1,\n,,5,0:00:01.0,3.2,1,\n",
        );
        assert_eq!(measurement.numbers("cycle"), Some(&[1.0, 1.0, 1.0, 2.0, 2.0][..]));
        assert_eq!(measurement.numbers("step"), Some(&[1.0, 1.0, 2.0, 1.0, 1.0][..]));
        assert_eq!(measurement.numbers("current_a"), Some(&[0.001, 0.001, -0.001, 0.001, 0.001][..]));
        let times = measurement.numbers("time_s").unwrap();
        assert_eq!((times[0], times[1], times[2], times[4]), (0.0, 10.5, 11.5, 12.5));
        assert_eq!(measurement.warnings.len(), 2, "{:?}", measurement.warnings);
    }
}
