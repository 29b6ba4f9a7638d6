//! Reads the results of fits to ellipsometric data: thickness, index and error against place, time or cycle.
//!
//! Format, all separated by tabs (or commas, where they were saved as CSV):
//! * CompleteEASE, places: `X (cm)`, `Y (cm)`, `MSE`, … `Thickness # 1 (nm)`, … each with an ` Error` column; empty rows below.
//! * CompleteEASE, a plot of a map: `Thickness # 1 in nm vs. Position`, then `X (cm)`, `Y (cm)`, `Z`.
//! * CompleteEASE, points of a map: a header of a blank and `Point #`; rows of statistics (`Average`, `Min`, …); then
//!   points that begin with `(x,y)`.
//! * CompleteEASE, in situ: `Time (min)`, `MSE`, `Thickness # 1 (nm)`, ….
//! * WVASE maps: a title, `Analysis Strategy:`, `Fit Parm:` and names (`Thick.2` without a unit), statistics between lines of
//!   dashes, then `1:(x,y)`.
//! * Film Sense, downloaded statistics of a run: `Time` (minutes, though not stated), `Thick(A).1`.
//!
//! Places in `(x,y)` are in cm, as the header of the first kind states for the same program.
//!
//! Source: files of CompleteEASE and WVASE, listed in `ingest/ellipsometry_fit/instrument.toml`; for Film Sense the
//! program `reactor/analysis/ellipsometer_merge.py` of zsobell/reactor-interface.

mod columns;
mod header;

use std::collections::BTreeMap;

use crate::manifest::embedded;
use crate::number::{DecimalMark, parse_number};
use crate::text::{Line, decode, lines_from, whole_lines};
use crate::{Adapter, Column, Manifest, Match, NOT_STATED, Probe, ReadError, Reading, Technique, Value, Values};

use super::rows::{self, field_count, finite, is_blank, measurement, not_a_number, numbers};
use crate::rejections::RowLog;
pub(super) use columns::fitted_name;
use columns::{Planned, Role, plan};
use header::{Header, Kind, find};

/// Reads tables of fitted parameters.
#[derive(Debug)]
pub(crate) struct FitTable;

impl Adapter for FitTable {
    fn manifest(&self) -> &Manifest {
        embedded("ellipsometry_fit")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        find(whole_lines(probe.text())).map_or(Match::No, |header| header.certainty)
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// Rows that decide which columns hold words.
const SAMPLE_ROWS: usize = 16;

/// The points of a table.
struct Points<'t> {
    planned: Vec<Planned>,
    numbers: Vec<Vec<f64>>,
    words: Vec<Vec<&'t str>>,
    places: Vec<[f64; 2]>,
    statistics: Vec<&'t str>,
    /// The numbers of the row that was checked last.
    row: Vec<f64>,
}

/// Reads a table.
///
/// # Errors
///
/// [`ReadError::ColumnMissing`] without a header of these programs.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let text: &str = &decoded.text;
    let header = find(text).ok_or_else(header::missing)?;
    crate::repetition::check_columns(header.cells.len(), crate::Place::Line(header.line))?;
    let mut points = Points {
        planned: plan(&header),
        numbers: vec![Vec::new(); header.cells.len()],
        words: vec![Vec::new(); header.cells.len()],
        places: Vec::new(),
        statistics: Vec::new(),
        row: Vec::new(),
    };
    points.find_words(text, &header);
    let mut log = RowLog::default();
    let mut cells = Vec::new();
    for line in lines_from(text, header.rows_start, header.line + 1).filter(|line| !is_blank(line)) {
        header.delimiter.split(line.text, &mut cells);
        if cells.is_empty() || cells.first().is_some_and(|cell| cell.starts_with("---")) {
            continue;
        }
        let row = points.take(&line, &cells, &header);
        log.note(0, &line, cells.last().copied().unwrap_or_default(), row);
    }
    let mut measurement = points.into_measurement(&header);
    log.state_end(&mut measurement);
    Ok(Reading { measurements: vec![measurement], rejected: log.rejections, ..Reading::default() })
}

/// The position in a cell such as `(0.354,-0.354)` or `35:(2.00,-6.00)`.
fn place(cell: &str) -> Option<[f64; 2]> {
    let (before, inside) = cell.split_once('(')?;
    let before = before.trim().trim_end_matches(':');
    if !before.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (x, y) = inside.strip_suffix(')')?.split_once(',')?;
    let number = |text: &str| parse_number(text, DecimalMark::Point).filter(|value| value.is_finite());
    Some([number(x)?, number(y)?])
}

impl<'t> Points<'t> {
    /// Columns without a role in which a first row has words hold words.
    fn find_words(&mut self, text: &'t str, header: &Header<'t>) {
        let mut cells = Vec::new();
        let rows = lines_from(text, header.rows_start, header.line + 1);
        let mut seen = 0;
        for line in rows.filter(|line| !is_blank(line)).take(4 * SAMPLE_ROWS) {
            header.delimiter.split(line.text, &mut cells);
            if header.is_keyed() && cells.first().and_then(|cell| place(cell)).is_none() {
                continue;
            }
            seen += 1;
            for (planned, cell) in self.planned.iter_mut().zip(&cells) {
                planned.is_words |= planned.role == Role::Other && parse_number(cell, DecimalMark::Point).is_none();
            }
            if seen == SAMPLE_ROWS {
                break;
            }
        }
    }

    fn take(&mut self, line: &Line<'_>, cells: &[&'t str], header: &Header<'t>) -> Result<(), ReadError> {
        let first = cells.first().copied().unwrap_or_default();
        if header.is_keyed() {
            let Some(place) = place(first) else {
                let is_statistic = first.starts_with(|c: char| c.is_ascii_alphabetic() || c == '%');
                if !is_statistic || !line.ended {
                    return Err(not_a_number(line.number, "(x,y)", "cm", first));
                }
                // A few rows above the points; more of them are something else.
                if self.statistics.len() == 16 {
                    return Err(not_a_number(line.number, "(x,y)", "cm", first));
                }
                self.statistics.push(first.trim_end_matches(':'));
                return Ok(());
            };
            self.check(line, cells)?;
            self.places.push(place);
        } else {
            self.check(line, cells)?;
        }
        for (at, (planned, value)) in self.planned.iter().zip(&self.row).enumerate() {
            if planned.is_words {
                if let Some(words) = self.words.get_mut(at) {
                    words.push(cells.get(at).copied().unwrap_or_default());
                }
            } else if let Some(values) = self.numbers.get_mut(at) {
                values.push(planned.convert(*value));
            }
        }
        Ok(())
    }

    /// Whether a row is as long as the header and has numbers where it should; puts these into `row`.
    fn check(&mut self, line: &Line<'_>, cells: &[&str]) -> Result<(), ReadError> {
        let is_short = cells.len() < self.planned.len() && !line.ended;
        if cells.len() > self.planned.len() || cells.len() < 2 || is_short {
            return Err(field_count(line.number, self.planned.len(), cells.len()));
        }
        self.row.clear();
        for (at, planned) in self.planned.iter().enumerate() {
            let cell = cells.get(at).copied().unwrap_or_default();
            let unit = planned.unit.as_deref().unwrap_or("");
            self.row.push(match planned.role {
                Role::Key => f64::NAN,
                _ if planned.is_words => f64::NAN,
                Role::Time | Role::X | Role::Y | Role::Cycle => finite(line.number, &planned.header, unit, cell)?,
                _ => rows::number(line.number, &planned.header, unit, cell)?,
            });
        }
        Ok(())
    }

    fn into_measurement(self, header: &Header<'_>) -> crate::Measurement {
        let mut metadata: BTreeMap<String, Value> = BTreeMap::new();
        let mut warnings = Vec::new();
        let mut columns = Vec::with_capacity(self.planned.len() + 2);
        if header.is_keyed() {
            let axis =
                |at: usize| self.places.iter().map(move |place| place.get(at).copied().unwrap_or(f64::NAN) * 10.0);
            columns.push(numbers("x_mm", "mm", "(x,y)", axis(0).collect()));
            columns.push(numbers("y_mm", "mm", "(x,y)", axis(1).collect()));
            warnings.push("the file states no unit for its positions: cm is assumed, as the program writes".to_owned());
        }
        for (name, text) in [("title", header.title), ("analysis_strategy", header.strategy)] {
            if !text.is_empty() {
                metadata.insert(name.to_owned(), rows::text_value(text));
            }
        }
        if !self.statistics.is_empty() {
            let words = Value::Text(self.statistics.join(", "));
            metadata.insert("statistics_rows".to_owned(), words);
        }
        if header.kind == Kind::FilmSense {
            warnings.push("the file states no unit for `Time`: minutes are assumed, as Film Sense writes".to_owned());
        } else if self.planned.iter().any(|column| column.role == Role::UnknownTime) {
            metadata.insert("time_unit".to_owned(), rows::text_value(NOT_STATED));
            warnings.push("the file states no unit for its time, which is kept as written".to_owned());
        }
        let stored = ["thickness_nm", "roughness_nm", "refractive_index", "mse"];
        if let Some(plotted) = header.plotted()
            && !self.planned.iter().any(|column| stored.contains(&column.name.as_str()))
        {
            warnings
                .push(format!("the file holds positions and `{plotted}`, which no table has: it is shown, not stored"));
        }
        describe_thickness(&self.planned, &mut metadata, &mut warnings);
        let parts = self.planned.into_iter().zip(self.numbers.into_iter().zip(self.words));
        for (planned, (numbers, words)) in parts {
            if planned.role == Role::Key || planned.name.is_empty() {
                continue;
            }
            if let Some(wavelength) = planned.index_wavelength {
                metadata.insert("index_wavelength_nm".to_owned(), Value::Number(wavelength));
            }
            let values = if planned.is_words {
                Values::Text(words.into_iter().map(str::to_owned).collect())
            } else {
                Values::Number(numbers)
            };
            columns.push(Column { name: planned.name, unit: planned.unit, header: planned.header, values });
        }
        let mut series = measurement(0, Technique::EllipsometrySeries, columns, metadata);
        if series.n_points() == 0 {
            warnings.push("the file has no points".to_owned());
        }
        series.warnings = warnings;
        series
    }
}

/// Describes which column is the thickness, and what is unknown about it.
fn describe_thickness(planned: &[Planned], metadata: &mut BTreeMap<String, Value>, warnings: &mut Vec<String>) {
    let headers = |role: Role| -> Vec<String> {
        planned.iter().filter(|column| column.role == role).map(|column| format!("`{}`", column.header)).collect()
    };
    let chosen = planned.iter().find(|column| column.name == "thickness_nm");
    if let Some(chosen) = chosen {
        metadata.insert("thickness_layer".to_owned(), rows::text_value(&chosen.header));
    }
    let others = headers(Role::FurtherThickness);
    if let Some(chosen) = chosen.filter(|_| !others.is_empty()) {
        warnings.push(format!(
            "several thicknesses were fitted: `thickness_nm` is the first, `{}`; the others are {}",
            chosen.header,
            others.join(", ")
        ));
    }
    let unknown = headers(Role::UnknownThickness);
    if !unknown.is_empty() {
        metadata.insert("thickness_unit".to_owned(), rows::text_value(NOT_STATED));
        warnings.push(format!("the file states no unit for {}: kept as written, not as nm", unknown.join(", ")));
    }
}

#[cfg(test)]
mod tests;
