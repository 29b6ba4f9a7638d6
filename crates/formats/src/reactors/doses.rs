//! Reads the table of doses that the program of an ALD reactor with a quartz microbalance writes: the times at which each step of
//! the recipe began to dose, to hold and to purge.
//!
//! Format: a title; a header of names with units, separated by tabs (`Recipe Step #`, `Precursor Name`, `ALD Process Type`, `Pulse/Fill Start
//! Elapsed Time [s]`, `Hold Start …`, `Purge Start …`, `Initial Mass [ng/cm²]`, …); a row for each step, `NaN` for a part that the
//! step does not have.
//!
//! Each part of a step is an event at the time that the row states. A dose lasts until the hold or the purge of the same row, a hold until
//! the purge; the end of a purge is not stated. The masses of a step are in each of its rows, as stored; no table has a column for
//! them.
//!
//! Source: a run of the reactor of Boise State University and its template of such files.

use std::collections::BTreeMap;

use crate::column::unconverted;
use crate::local_time::{DateOrder, parse_local_time};
use crate::manifest::embedded;
use crate::number::{DecimalMark, parse_number};
use crate::rejections::RowLog;
use crate::repetition::check_columns;
use crate::text::{Line, decode, excerpt, lines};
use crate::{
    Adapter, Column, Manifest, Match, Measurement, Place, Probe, ReadError, Reading, Technique, Value, Values,
};

/// Reads tables of doses.
#[derive(Debug)]
pub(crate) struct Doses;

impl Adapter for Doses {
    fn manifest(&self) -> &Manifest {
        embedded("ald_doses")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let has_header = lines(probe.text()).take(4).any(|line| is_header(line.text));
        if has_header { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

fn is_header(line: &str) -> bool {
    line.starts_with("Recipe Step #\t") && line.contains("\tPurge Start Elapsed Time [s]")
}

/// The parts of a step in their order: name of the event, and its column.
const PARTS: [(&str, &str); 3] = [
    ("dose", "Pulse/Fill Start Elapsed Time [s]"),
    ("hold", "Hold Start Elapsed Time [s]"),
    ("purge", "Purge Start Elapsed Time [s]"),
];

/// The columns of the table.
#[derive(Debug, Default)]
struct Events {
    time: Vec<f64>,
    event: Vec<String>,
    step: Vec<String>,
    precursor: Vec<String>,
    duration: Vec<f64>,
    message: Vec<String>,
    /// Those of the masses, in the order of their headers.
    masses: Vec<Vec<f64>>,
}

/// Reads a file.
///
/// # Errors
///
/// [`ReadError::Malformed`] without such a header.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let mut header: Vec<&str> = Vec::new();
    let mut metadata: BTreeMap<String, Value> = BTreeMap::new();
    let mut masses: Vec<usize> = Vec::new();
    let mut events = Events::default();
    let mut log = RowLog::default();
    for line in lines(&decoded.text) {
        if header.is_empty() {
            if is_header(line.text) {
                header = line.text.split('\t').map(str::trim).collect();
                check_columns(header.len(), Place::Line(line.number))?;
                let is_mass = |name: &str| name.to_lowercase().contains("mass") || name.starts_with("delta-M");
                masses = (0..header.len()).filter(|place| is_mass(header[*place])).collect();
                events.masses = vec![Vec::new(); masses.len()];
            } else if line.number == 1 && !line.text.trim().is_empty() {
                metadata.insert("title".to_owned(), Value::Text(excerpt(line.text.trim(), 1000)));
            } else if line.number > 3 {
                break;
            }
            continue;
        }
        if line.text.trim().is_empty() {
            continue;
        }
        let cells: Vec<&str> = line.text.split('\t').map(str::trim).collect();
        let row = take(&line, &cells, &header, &masses, &mut events);
        if row.is_ok() && !metadata.contains_key("started_at") {
            start(&cells, &header, &mut metadata);
        }
        log.note(0, &line, cells.last().copied().unwrap_or_default(), row);
    }
    if header.is_empty() {
        let first = lines(&decoded.text).next().map_or("", |line| line.text);
        return Err(ReadError::unexpected(2, "the header `Recipe Step #`, …", first));
    }
    let mut measurement = events.into_measurement(&header, &masses, metadata);
    log.state_end(&mut measurement);
    Ok(Reading { measurements: vec![measurement], rejected: log.rejections, ..Reading::default() })
}

/// Adds the events of a row.
fn take(
    line: &Line<'_>,
    cells: &[&str],
    header: &[&str],
    masses: &[usize],
    events: &mut Events,
) -> Result<(), ReadError> {
    if cells.len() != header.len() {
        let place = Place::Line(line.number);
        return Err(ReadError::FieldCount { place, expected: header.len(), found: cells.len() });
    }
    let number = |place: usize, unit: &str| {
        let cell = cells.get(place).copied().unwrap_or_default();
        parse_number(cell, DecimalMark::Point).ok_or_else(|| ReadError::NotANumber {
            place: Place::Line(line.number),
            column: header.get(place).map_or_else(String::new, |name| (*name).to_owned()),
            unit: unit.to_owned(),
            found: excerpt(cell, 40),
        })
    };
    let text = |name: &str| header.iter().position(|other| *other == name).map_or("", |place| cells[place]);
    let mut times = [f64::NAN; 3];
    for (time, (_, name)) in times.iter_mut().zip(PARTS) {
        if let Some(place) = header.iter().position(|other| *other == name) {
            *time = number(place, "s")?;
        }
    }
    if times.iter().all(|time| !time.is_finite()) {
        return Err(ReadError::unexpected(line.number, "a time of a dose, a hold or a purge", line.text.trim()));
    }
    let values: Vec<f64> = masses.iter().map(|place| number(*place, "ng/cm²")).collect::<Result<_, _>>()?;
    let precursor = Some(text("Precursor Name")).filter(|name| *name != "None").unwrap_or_default();
    for (place, ((event, _), time)) in PARTS.iter().zip(times).enumerate().filter(|(_, (_, time))| time.is_finite()) {
        let end = times.get(place + 1..).unwrap_or_default().iter().find(|later| later.is_finite());
        events.time.push(time);
        events.event.push((*event).to_owned());
        events.step.push(text("Recipe Step #").to_owned());
        events.precursor.push(if *event == "dose" { precursor.to_owned() } else { String::new() });
        events.duration.push(end.map_or(f64::NAN, |end| milliseconds(*end) - milliseconds(time)) / 1000.0);
        events.message.push(text("ALD Process Type").to_owned());
        events.masses.iter_mut().zip(&values).for_each(|(column, value)| column.push(*value));
    }
    Ok(())
}

/// Times are written to a thousandth of a second: their differences are exact in whole ones.
fn milliseconds(time: f64) -> f64 {
    (time * 1000.0).round()
}

/// Notes when the log's time was 0: the first time stamp minus its elapsed time.
fn start(cells: &[&str], header: &[&str], metadata: &mut BTreeMap<String, Value>) {
    let cell = |name: String| header.iter().position(|other| *other == name).and_then(|place| cells.get(place));
    for part in ["Pulse/Fill", "Hold", "Purge"] {
        let (Some(written), Some(elapsed)) =
            (cell(format!("{part} Start Timestamp")), cell(format!("{part} Start Elapsed Time [s]")))
        else {
            continue;
        };
        let Some((time, date)) = written.split_once(' ') else { continue };
        let elapsed = parse_number(elapsed, DecimalMark::Point).filter(|time| time.is_finite() && time.abs() < 1e8);
        let (Some(clock), Some(elapsed)) = (parse_local_time(date.trim(), time, DateOrder::MonthFirst), elapsed) else {
            continue;
        };
        let span = jiff::SignedDuration::from_millis(milliseconds(elapsed) as i64);
        let begun = clock.iso.parse::<jiff::civil::DateTime>().ok().and_then(|clock| clock.checked_sub(span).ok());
        let Some(begun) = begun else { continue };
        let format = if begun.millisecond() == 0 { "%Y-%m-%dT%H:%M:%S" } else { "%Y-%m-%dT%H:%M:%S.%3f" };
        metadata.insert("started_at".to_owned(), Value::Text(begun.strftime(format).to_string()));
        if clock.is_ambiguous {
            let note = "month and day may be swapped; month first is assumed, as the program writes";
            metadata.insert("started_at_note".to_owned(), Value::Text(note.to_owned()));
            metadata.insert("started_at_as_written".to_owned(), Value::Text((*written).to_owned()));
        }
        return;
    }
}

impl Events {
    fn into_measurement(self, header: &[&str], masses: &[usize], metadata: BTreeMap<String, Value>) -> Measurement {
        let column = |name: &str, unit: Option<&str>, header: &str, values: Values| Column {
            name: name.to_owned(),
            unit: unit.map(str::to_owned),
            header: header.to_owned(),
            values,
        };
        let mut columns = vec![
            column("time_s", Some("s"), "Start Elapsed Time", Values::Number(self.time)),
            column("event", None, "event", Values::Text(self.event)),
            column("step", None, "Recipe Step #", Values::Text(self.step)),
            column("precursor", None, "Precursor Name", Values::Text(self.precursor)),
            column("duration_s", Some("s"), "Start Elapsed Time", Values::Number(self.duration)),
            column("message", None, "ALD Process Type", Values::Text(self.message)),
        ];
        for (place, values) in masses.iter().zip(self.masses) {
            let name = header.get(*place).copied().unwrap_or_default();
            let own = unconverted(name);
            columns.push(Column {
                name: own.name,
                unit: own.unit,
                header: name.to_owned(),
                values: Values::Number(values),
            });
        }
        let mut warnings = Vec::new();
        if !masses.is_empty() {
            warnings.push(
                "the masses of the microbalance are shown, not stored: no table has a column for them".to_owned(),
            );
        }
        Measurement { block: 0, technique: Technique::ReactorLog, columns, metadata, warnings }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "made_up_Doses-DeltaM.txt\r\nRecipe Step #\tPrecursor #\tPrecursor Name\tALD Process Type\tPulse/Fill Start Timestamp\tPulse/Fill \
        Start Elapsed Time [s]\tHold Start Timestamp\tHold Start Elapsed Time [s]\tPurge Start Timestamp\tPurge Start Elapsed Time [s]\t\
        Initial Mass [ng/cm2]\tFinal Mass [ng/cm2]\tdelta-M [ng/cm2]\r\n";

    #[test]
    fn each_part_of_a_step_is_an_event() {
        let text = format!(
            "{HEAD}1\t0\tNone\t0: Purge\tNaN\tNaN\tNaN\tNaN\t09:00:01.250 05/24/2026\t    1.250\t  NaN\t  -34\t  NaN\r\n\
             2\t1\tTMA\t2: Fill-Hold-Purge\t09:00:10.000 05/24/2026\t   10.000\t09:00:10.500 05/24/2026\t   10.500\t09:00:12.500 05/24/2026\t   12.500\t-34\t-30\t4\r\n\
             3\t1\tTMA\tx\tNaN\tNaN\tNaN\tNaN\tNaN\tNaN\t1\t2\t1\r\n4\t2\tH2O"
        );
        let reading = read(text.as_bytes()).unwrap();
        let run = &reading.measurements[0];
        assert_eq!(run.numbers("time_s"), Some(&[1.25, 10.0, 10.5, 12.5][..]));
        assert_eq!(run.numbers("duration_s").unwrap()[1..3], [0.5, 2.0]);
        assert_eq!(run.metadata["started_at"], Value::Text("2026-05-24T09:00:00".to_owned()));
        assert_eq!(reading.rejected.len(), 2);
        assert_eq!(run.metadata["incomplete"], Value::Text("the file ends in the middle of line 6".to_owned()));
        assert!(read(b"x\ny\n").is_err());
    }
}
