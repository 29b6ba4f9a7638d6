//! Reads the workbooks that Arbin's Data Watcher and MITS Pro export (`.xlsx`).
//!
//! Format: a sheet `Global_Info` (title of the test in row 2, headers in row 4, a row for each channel below) and one or
//! more sheets for each channel (`Channel_11_1`, `Channel_11_2`, …; older `Channel_1-008`), headers in row 1 with units in
//! brackets. Dates are numbers. A channel is a measurement; its sheets follow each other.
//!
//! Source: an export of MITS Pro 7, versus what `openpyxl` and `navani` read.
//!
//! Not supported: the sheets `Statistics_…`, which have a row for each cycle and no points.

use std::collections::BTreeMap;

use super::arbin_csv::set_start_time;
use super::heading::{Field, Kind, Vendor, fields};
use super::record::{Sign, finish, note, quantity};
use super::rows::convert;
use crate::local_time::ole_to_iso;
use crate::manifest::embedded;
use crate::repetition::check_columns;
use crate::text::{counted, excerpt};
use crate::workbook::{Cell, Row, Sheet, Workbook};
use crate::{
    Adapter, Column, Manifest, Match, Measurement, Place, Probe, ReadError, Reading, Rejections, Technique, Value,
    Values,
};

/// Arbin's workbooks.
#[derive(Debug)]
pub(crate) struct ArbinXlsx;

impl Adapter for ArbinXlsx {
    fn manifest(&self) -> &Manifest {
        embedded("arbin_xlsx")
    }

    /// Decided by the names of the sheets, which are in a member: a whole file is needed.
    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let has = |part: &str| probe.sheets().iter().any(|sheet| sheet.name.starts_with(part));
        if has("Global_Info") && has("Channel") { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        self.read_probed(&Probe::new(file))
    }

    fn read_probed(&self, probe: &Probe<'_>) -> Result<Reading, ReadError> {
        let book = probe.workbook()?;
        let mut channels: Vec<(&str, Vec<&Sheet>)> = Vec::new();
        for sheet in &book.sheets {
            let Some(channel) = channel_of(&sheet.name) else { continue };
            match channels.iter_mut().find(|(other, _)| *other == channel) {
                Some((_, sheets)) => sheets.push(sheet),
                None => channels.push((channel, vec![sheet])),
            }
        }
        if channels.is_empty() {
            let found: Vec<&str> = book.sheets.iter().map(|sheet| sheet.name.as_str()).collect();
            return Err(ReadError::malformed(Place::Offset(0), "a sheet `Channel_…`", excerpt(&found.join(", "), 200)));
        }
        let mut reading = Reading::default();
        let info = book.sheets.iter().find(|sheet| sheet.name == "Global_Info");
        let info = info
            .map_or_else(|| Ok(Info::default()), |sheet| Info::read(book, sheet, &channels, &mut reading.warnings))?;
        // A row takes some bytes in an archive however well it packs.
        let mut free = probe.file().len();
        for (channel, sheets) in channels {
            let block = reading.measurements.len() as u32;
            let mut points = Points { block, free, ..Points::default() };
            for sheet in sheets {
                points.begin_sheet(&sheet.name);
                let damage = book.rows(sheet, |row| points.row(row, book.date_offset_d))?;
                points.damage.extend(damage);
            }
            free = points.free;
            let mut metadata = info.settings_of(channel);
            metadata.insert("channel".to_owned(), Value::Text(channel.to_owned()));
            reading.measurements.push(points.finish(metadata, &mut reading.rejected)?);
        }
        Ok(reading)
    }
}

/// The channel of a sheet: `11` of `Channel_11_1`, `1-008` of `Channel_1-008`.
fn channel_of(sheet: &str) -> Option<&str> {
    let rest = sheet.strip_prefix("Channel_").or_else(|| sheet.strip_prefix("Channel"))?;
    let rest = rest.trim_start_matches('_');
    let channel = rest.split_once('_').map_or(rest, |(channel, _)| channel);
    (!channel.is_empty()).then_some(channel)
}

/// The contents of `Global_Info`.
#[derive(Debug, Default)]
struct Info {
    title: String,
    headers: BTreeMap<u32, String>,
    /// The first row of each channel.
    rows: BTreeMap<String, Row>,
    date_offset_d: f64,
}

impl Info {
    fn read(
        book: &Workbook<'_>,
        sheet: &Sheet,
        channels: &[(&str, Vec<&Sheet>)],
        warnings: &mut Vec<String>,
    ) -> Result<Self, ReadError> {
        let mut info = Self { date_offset_d: book.date_offset_d, ..Self::default() };
        let damage = book.rows(sheet, |row| {
            let first_text = row.cells.iter().find_map(|(_, cell)| cell.text());
            if info.headers.is_empty() && row.first_text() == Some("Channel") {
                check_columns(row.cells.len(), row.place())?;
                let text = |(column, cell): &(u32, Cell)| Some((*column, cell.text()?.replace('_', " ")));
                info.headers = row.cells.iter().filter_map(text).collect();
            } else if info.headers.is_empty() {
                // The title is above the headers, below the words `TEST REPORT`.
                if info.title.is_empty() && first_text.is_some_and(|text| text != "TEST REPORT") {
                    info.title = first_text.unwrap_or_default().to_owned();
                }
            } else {
                let named = |channel: &str| match row.cells.first() {
                    Some((_, Cell::Number(found))) => {
                        channel.split('-').next().is_some_and(|n| n.parse() == Ok(*found))
                    }
                    Some((_, Cell::Text(found))) => **found == *channel,
                    _ => false,
                };
                for (channel, _) in channels.iter().filter(|(channel, _)| named(channel)) {
                    info.rows.entry((*channel).to_owned()).or_insert_with(|| row.clone());
                }
            }
            Ok(())
        })?;
        warnings.extend(damage.map(|damage| format!("{damage}; settings may be missing")));
        Ok(info)
    }

    /// The settings of a channel. Its author's name is left out.
    fn settings_of(&self, channel: &str) -> BTreeMap<String, Value> {
        let mut metadata = BTreeMap::new();
        note(&mut metadata, "instrument", "Arbin");
        note(&mut metadata, "title", &self.title);
        for (column, cell) in self.rows.get(channel).map_or(&[][..], |row| &row.cells) {
            let header = self.headers.get(column).map_or("", String::as_str);
            match (header, cell) {
                ("Start DateTime", Cell::Number(days)) => {
                    if let Some(iso) = ole_to_iso(days + self.date_offset_d) {
                        note(&mut metadata, "started_at", &iso);
                    }
                }
                ("Schedule File Name", Cell::Text(text)) => note(&mut metadata, "procedure", text),
                ("Comments", Cell::Text(text)) => note(&mut metadata, "comment", text),
                ("Software Version", Cell::Text(text)) => note(&mut metadata, "software", text),
                ("Schedule Version", Cell::Text(text)) => note(&mut metadata, "schedule_version", text),
                ("Item ID", Cell::Text(text)) => note(&mut metadata, "item", text),
                // 0 where nothing was entered.
                ("MASS(g)" | "Mass(g)", Cell::Number(mass)) if *mass > 0.0 => {
                    quantity(&mut metadata, "active_mass_mg", mass * 1000.0);
                }
                ("Capacity(Ah)", Cell::Number(capacity)) if *capacity > 0.0 => {
                    quantity(&mut metadata, "nominal_capacity_mah", capacity * 1000.0);
                }
                _ => {}
            }
        }
        metadata
    }
}

/// The points of a channel while its sheets are read.
#[derive(Debug, Default)]
struct Points {
    block: u32,
    sheet: String,
    has_header: bool,
    fields: Vec<Field>,
    columns: Vec<Vec<f64>>,
    rows: usize,
    /// Rows that the file may still hold.
    free: usize,
    non_numeric: usize,
    rejected: Rejections,
    /// Where and why sheets are damaged.
    damage: Vec<String>,
}

impl Points {
    fn begin_sheet(&mut self, name: &str) {
        self.sheet = name.to_owned();
        self.has_header = false;
    }

    /// Takes the header of a sheet or one of its rows.
    fn row(&mut self, row: &Row, date_offset_d: f64) -> Result<(), ReadError> {
        if !self.has_header {
            self.has_header = true;
            return self.header(row);
        }
        if self.free == 0 {
            return Err(ReadError::malformed(row.place(), "no more rows than the archive has bytes", "more"));
        }
        self.free -= 1;
        for values in &mut self.columns {
            values.push(f64::NAN);
        }
        for (column, cell) in &row.cells {
            let column = *column as usize;
            let (Some(field), Some(values)) = (self.fields.get(column), self.columns.get_mut(column)) else {
                continue;
            };
            if let (Cell::Number(value), Some(last)) = (cell, values.last_mut()) {
                *last = if field.unit.as_deref() == Some("d") { value + date_offset_d } else { *value };
            } else {
                self.non_numeric += 1;
            }
        }
        let missing = self
            .fields
            .iter()
            .zip(&self.columns)
            .find(|(field, values)| field.is_needed && values.last().is_some_and(|value| !value.is_finite()));
        let Some((field, _)) = missing else {
            self.rows += 1;
            return Ok(());
        };
        let error = ReadError::NotANumber {
            place: row.place(),
            column: field.header.clone(),
            unit: field.unit.clone().unwrap_or_default(),
            found: format!("none in sheet {}", excerpt(&self.sheet, 40)),
        };
        for values in &mut self.columns {
            values.truncate(self.rows);
        }
        self.rejected.push(0, error);
        Ok(())
    }

    fn header(&mut self, row: &Row) -> Result<(), ReadError> {
        let last = row.cells.last().map_or(0, |(column, _)| *column as usize);
        check_columns(last, row.place())?;
        let mut headers = vec![""; last + 1];
        for (column, cell) in &row.cells {
            if let (Some(text), Some(header)) = (cell.text(), headers.get_mut(*column as usize)) {
                *header = text;
            }
        }
        let fields = fields(Vendor::Arbin, headers.into_iter());
        if self.fields.is_empty() {
            self.columns = vec![Vec::new(); fields.len()];
            self.fields = fields;
        } else if self.fields != fields {
            return Err(ReadError::malformed(
                row.place(),
                "the same headers in all sheets of the channel",
                format!("different ones in `{}`", excerpt(&self.sheet, 40)),
            ));
        }
        Ok(())
    }

    fn finish(self, metadata: BTreeMap<String, Value>, rejected: &mut Rejections) -> Result<Measurement, ReadError> {
        let mut columns = Vec::new();
        for (field, mut values) in self.fields.into_iter().zip(self.columns) {
            let is_empty = self.rows > 0 && values.iter().all(|value| value.is_nan());
            if field.kind == Kind::Skipped || is_empty {
                continue;
            }
            convert(&mut values, field.factor);
            columns.push(Column {
                name: field.name,
                unit: field.unit,
                header: field.header,
                values: Values::Number(values),
            });
        }
        let mut measurement = Measurement {
            block: self.block,
            technique: Technique::Electrochemistry,
            columns,
            metadata,
            warnings: Vec::new(),
        };
        let has = |name: &str| measurement.numbers(name).is_some();
        if [has("time_s"), has("potential_v"), has("current_a")].iter().filter(|is_there| **is_there).count() < 2 {
            let found: Vec<&str> = measurement.columns.iter().map(|column| column.header.as_str()).collect();
            return Err(ReadError::ColumnMissing {
                place: Place::Line(1),
                expected: format!("for two of time, potential and current in `{}`", excerpt(&self.sheet, 40)),
                found: excerpt(&found.join(", "), 400),
            });
        }
        if self.non_numeric > 0 {
            measurement.warnings.push(format!("left out as not numeric: {}", counted(self.non_numeric, "cell")));
        }
        note(&mut measurement.metadata, "incomplete", &self.damage.join("; "));
        rejected.append(self.block as usize, self.rejected);
        finish(&mut measurement, Sign::Documented);
        start(&mut measurement);
        Ok(measurement)
    }
}

/// Sets the start time from the channel's settings; warns where the first point is earlier.
fn start(measurement: &mut Measurement) {
    let stated = match measurement.metadata.get("started_at") {
        Some(Value::Text(stated)) => Some(stated.clone()),
        _ => None,
    };
    set_start_time(measurement);
    let (Some(stated), Some(Value::Text(by_clock))) = (stated, measurement.metadata.get("started_at").cloned()) else {
        return;
    };
    let difference = super::clock::seconds(&stated).zip(super::clock::seconds(&by_clock)).map(|(one, two)| one - two);
    if difference.is_some_and(|seconds| seconds.abs() > 2.0) {
        measurement.warnings.push(format!(
            "`Start DateTime` is {stated} but the clock of the first point gives {by_clock}; `started_at` is the latter"
        ));
        note(&mut measurement.metadata, "start_as_written", &stated);
    }
}
