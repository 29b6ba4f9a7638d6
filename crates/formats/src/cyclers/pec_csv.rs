//! Reads text exports of PEC cyclers.
//!
//! Format: lines `Key:,value` from `Request Year:` on, then a header from `Test,Cell,Rack` on, commas, decimal point, every
//! row with a comma at its end. `Total Time` counts from `Position Start Time`, not from `Start Time`, which is when the
//! test was requested. Dates are those of the computer's settings (`Start Time Format:,G`): which of month and day comes
//! first follows from `Manufacturing Week`, where that fits one order only.
//!
//! Source: exports of PEC's LifeTest software, of 2026.
//!
//! Not supported: several tests in one file; their rows stay in one measurement, with a warning.

use std::collections::BTreeMap;

use super::clock::{Decided, clock, start};
use super::heading::{Vendor, fields};
use super::quoted;
use super::record::{MONTH_FIRST, Sign, note, quantity, reading};
use super::rows::{Source, read};
use crate::column::column_name;
use crate::local_time::DateOrder;
use crate::manifest::embedded;
use crate::number::{DecimalMark, parse_number};
use crate::repetition::check_columns;
use crate::text::{decode, excerpt, lines};
use crate::{Adapter, Manifest, Match, Measurement, Place, Probe, ReadError, Reading, Value, Values};

/// Text exports of PEC cyclers.
#[derive(Debug)]
pub(crate) struct PecCsv;

/// Keys of the preamble that are kept as text, and their names.
const KEPT: &[(&str, &str)] = &[
    ("TestRegime Name", "title"),
    ("Test", "test"),
    ("Test Description", "comment"),
    ("TestRegime CellSize", "regime_cell_size"),
    ("TestRegime Version", "regime_version"),
    ("Project", "project"),
    ("LotID", "lot"),
    ("Chemistry", "chemistry"),
    ("Product ID", "product"),
    ("Test Temp", "test_temperature"),
    ("Start Time", "requested_at_as_written"),
    ("End Time", "ended_at_as_written"),
];

impl Adapter for PecCsv {
    fn manifest(&self) -> &Manifest {
        embedded("pec_csv")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        if probe.text().starts_with("Request Year:,") { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        let decoded = decode(file);
        let text: &str = &decoded.text;
        let mut settings = Settings::default();
        let mut header = None;
        let mut all = lines(text);
        for line in all.by_ref() {
            if line.text.starts_with("Test,Cell") {
                header = Some(line);
                break;
            }
            settings.line(line.text);
        }
        let Some(header) = header else {
            return Err(ReadError::malformed(
                Place::Line(lines(text).count() as u64 + 1),
                "a header that starts with `Test,Cell`",
                "the end of the file",
            ));
        };
        let start = all.next().map_or(text.len(), |line| line.start);
        let headers = quoted::cells(header.text, b',');
        check_columns(headers.len(), Place::Line(header.number))?;
        let source =
            Source { text, start, line: header.number + 1, separator: b',', has_thousands: false, nested: None };
        let table = read(&source, fields(Vendor::Pec, headers.iter().map(String::as_str)));
        let metadata = std::mem::take(&mut settings.metadata);
        let mut reading = reading(table, metadata, Sign::BySteps, Place::Line(header.number))?;
        for measurement in &mut reading.measurements {
            settings.place(measurement);
            settings.times(measurement);
        }
        Ok(reading)
    }
}

/// The settings above the rows.
#[derive(Debug, Default)]
struct Settings {
    metadata: BTreeMap<String, Value>,
    parameters: Vec<String>,
    produced: String,
    week: Option<f64>,
}

impl Settings {
    fn line(&mut self, line: &str) {
        let Some((key, value)) = line.split_once(":,") else { return };
        let (key, value) = (key.trim(), value.trim());
        if value.is_empty() || value == "<NONE>" {
            return;
        }
        match key {
            "Parameter names" => self.parameters = value.split(',').map(|name| name.trim().to_owned()).collect(),
            "Parameter values" => {
                for (name, value) in self.parameters.iter().zip(value.split(',')) {
                    if let Some(number) = parse_number(value, DecimalMark::Point) {
                        // The capacity by which the regime computes its currents.
                        let name =
                            if name == "C-Rate (mAh)" { "c_rate_capacity_mah".to_owned() } else { column_name(name) };
                        quantity(&mut self.metadata, &excerpt(&name, 100), number);
                    }
                }
            }
            "Production Date" => self.produced = value.to_owned(),
            "Manufacturing Week" => self.week = parse_number(value, DecimalMark::Point),
            _ => {
                if let Some((_, name)) = KEPT.iter().find(|(kept, _)| *kept == key) {
                    note(&mut self.metadata, name, value);
                }
            }
        }
    }

    /// The channel, where all rows are of one.
    fn place(&self, measurement: &mut Measurement) {
        let mut parts = Vec::new();
        let mut several = Vec::new();
        for name in ["Test", "Rack", "Shelf", "Position", "Cell ID"] {
            let Some(column) = measurement.columns.iter().find(|column| column.header == name) else { continue };
            #[expect(clippy::float_cmp, reason = "a constant column repeats the same number")]
            let (is_constant, first) = match &column.values {
                Values::Number(values) => {
                    (values.windows(2).all(|two| two[0] == two[1]), values.first().map(f64::to_string))
                }
                Values::Text(values) => (values.windows(2).all(|two| two[0] == two[1]), values.first().cloned()),
            };
            match (is_constant, first) {
                (true, Some(first)) if name == "Cell ID" => note(&mut measurement.metadata, "cell_id", &first),
                (true, Some(first)) if name != "Test" => parts.push(first),
                (false, _) => several.push(name),
                _ => {}
            }
        }
        if parts.len() == 3 {
            note(&mut measurement.metadata, "channel", &parts.join("/"));
        }
        if !several.is_empty() {
            let several = several.join("`, `");
            measurement.warnings.push(format!("the rows differ in `{several}`: the file holds several tests"));
        }
    }

    /// The start, with the order of month and day where the file determines it.
    fn times(&self, measurement: &mut Measurement) {
        let words = |header: &str| {
            let column = measurement.columns.iter().find(|column| column.header == header)?;
            match &column.values {
                Values::Text(words) => Some(words.as_slice()),
                Values::Number(_) => None,
            }
        };
        let Some(first) = words("Position Start Time").and_then(|words| words.first().cloned()) else { return };
        let last_clock = words("Real Time").and_then(|words| words.last().cloned());
        let last_time = measurement.numbers("time_s").and_then(|times| times.last().copied());
        let later = last_clock.as_deref().zip(last_time);
        let Some((mut begun, mut decided)) = start(&first, later) else { return };
        if decided == Decided::Taken
            && let Some(order) = self.order()
            && let Some(clock) = clock(&first, order)
        {
            (begun, decided) = (clock, Decided::ByItself);
        }
        let as_written = first;
        note(&mut measurement.metadata, "started_at", &begun.iso);
        if decided == Decided::Taken {
            note(&mut measurement.metadata, "started_at_as_written", &as_written);
            note(&mut measurement.metadata, "started_at_note", MONTH_FIRST);
        }
    }

    /// The order of month and day, by the week of the production date.
    fn order(&self) -> Option<DateOrder> {
        let week = self.week.filter(|week| (1.0..=53.0).contains(week))?;
        let fits = |order| {
            let day = clock(&self.produced, order)?;
            let new_year = super::clock::seconds(&format!("{}-01-01", day.iso.get(..4)?))?;
            // Ways to count weeks differ by one.
            Some(((day.seconds - new_year) / 604_800.0 + 0.5 - week).abs() <= 1.6)
        };
        match (fits(DateOrder::MonthFirst)?, fits(DateOrder::DayFirst)?) {
            (true, false) => Some(DateOrder::MonthFirst),
            (false, true) => Some(DateOrder::DayFirst),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "Request Year:,2026\r\nTest:,7\r\nTestRegime Name:,synthetic\r\nPart Name:,<NONE>\r\n\
        Parameter names:,C-Rate (mAh),Mass (kg)\r\nParameter values:,1500,1.5\r\nProduction Date:,01/09/2026 15:03:48\r\n\
        Manufacturing Week:,WEEK\r\nTest,Cell,Rack,Shelf,Position,Step,Instruction Name,Cycle,\
        Total Time (Hours in hh:mm:ss.xxx),Step Time (Seconds),Real Time,Position Start Time,Voltage (V),Current (A),\
        Charge Capacity (mAh),Temp (°C),\r\n";
    const ROWS: &str = "7,1,A,014,2,0,Idle,0,00:00:00.002,0.002,01/09/2026 15:08:38,01/09/2026 15:08:38,3.75,0,0,,\r\n\
        7,1,A,014,2,1,Charge,1,01:00:01.500,1,01/09/2026 16:08:39,01/09/2026 15:08:38,3.76,0.5,0.25,21.5,\r\n";

    fn measurement_of(week: &str) -> Measurement {
        let text = format!("{}{ROWS}", HEAD.replace("WEEK", week));
        PecCsv.read(text.as_bytes()).unwrap().measurements.remove(0)
    }

    #[test]
    fn settings_and_rows_are_read() {
        let measurement = measurement_of("2");
        assert_eq!(measurement.numbers("time_s"), Some(&[0.002, 3601.5][..]));
        assert_eq!(measurement.numbers("charge_capacity_mah"), Some(&[0.0, 0.25][..]));
        assert!(measurement.numbers("temperature_c").unwrap()[0].is_nan());
        assert_eq!(
            serde_json::to_string(&measurement.metadata).unwrap(),
            r#"{"c_rate_capacity_mah":1500.0,"channel":"A/014/2","current_sign":"as stored: positive for charge","decimal_mark":"point","mass_kg":1.5,"method":"galvanostatic_cycling","started_at":"2026-01-09T15:08:38","test":"7","title":"synthetic"}"#
        );
    }

    #[test]
    fn the_week_of_production_determines_the_order_of_month_and_day() {
        let start = |week: &str| measurement_of(week).metadata.get("started_at").cloned();
        assert_eq!(start("36"), Some(Value::Text("2026-09-01T15:08:38".to_owned())));
        let unknown = measurement_of("20");
        assert_eq!(unknown.metadata["started_at_as_written"], Value::Text("01/09/2026 15:08:38".to_owned()));
    }

    #[test]
    fn a_file_that_ends_before_its_rows_is_refused_with_its_line() {
        let error = PecCsv.read(b"Request Year:,2026\nTest:,7\n").unwrap_err().to_string();
        assert_eq!(error, "line 3: expected a header that starts with `Test,Cell`, found the end of the file");
    }
}
