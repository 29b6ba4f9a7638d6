//! The rows of a Woollam text file.

use std::collections::HashMap;

use crate::text::{Line, counted, excerpt};
use crate::{Column, Measurement, Place, ReadError, Technique, Value};

use super::super::cells::split_row;
use super::super::rows::{field_count, finite, is_blank, measurement, number, numbers, some_numbers};
use super::header::{Axis, Header};
use crate::rejections::{Rejections, RowLog};

/// Types of rows that are counted one by one: CompleteEASE knows fewer than 40.
const MOST_TYPES: usize = 64;

/// Rows of Psi and Delta.
#[derive(Debug, Default)]
struct PsiDelta {
    axis: Vec<f64>,
    angle: Vec<f64>,
    psi: Vec<f64>,
    delta: Vec<f64>,
    psi_err: Vec<f64>,
    delta_err: Vec<f64>,
    /// Columns 7 and 8.
    further: [Vec<f64>; 2],
    /// Fields of the first row.
    fields: usize,
}

/// A row of depolarization.
#[derive(Debug)]
struct Depolarization {
    key: [u64; 3],
    percent: f64,
    error: f64,
}

/// The contents of a file's rows.
#[derive(Debug)]
pub(super) struct Spectra {
    axis: Axis,
    is_trig: bool,
    is_dynamic: bool,
    is_reflectance: bool,
    has_angle: bool,
    plain: PsiDelta,
    /// Rows `AnE`.
    generalised: PsiDelta,
    depolarization: Vec<Depolarization>,
    /// The type that depolarization had in the file.
    depolarization_type: String,
    /// Other types and their numbers of rows.
    others: Vec<(String, u64)>,
    log: RowLog,
}

impl Spectra {
    pub(super) fn new(header: &Header) -> Self {
        Self {
            axis: header.axis,
            is_trig: header.is_trig,
            is_dynamic: header.is_dynamic,
            is_reflectance: header.is_reflectance,
            has_angle: header.has_angle,
            plain: PsiDelta::default(),
            generalised: PsiDelta::default(),
            depolarization: Vec::new(),
            depolarization_type: String::new(),
            others: Vec::new(),
            log: RowLog::default(),
        }
    }

    /// Takes a line below the header; `fields` is scratch space for its cells.
    pub(super) fn take<'t>(&mut self, line: &Line<'t>, fields: &mut Vec<&'t str>) {
        if is_blank(line) {
            return;
        }
        split_row(line.text, fields);
        let row = self.row(line, fields);
        self.log.note(0, line, fields.last().copied().unwrap_or_default(), row);
    }

    fn row(&mut self, line: &Line<'_>, fields: &[&str]) -> Result<(), ReadError> {
        let first = fields.first().copied().unwrap_or_default();
        let is_type = first.len() <= 16
            && first.starts_with(|c: char| c.is_ascii_alphabetic())
            && !first.eq_ignore_ascii_case("nan")
            && !first.eq_ignore_ascii_case("inf");
        let (kind, values) = if is_type { (first, fields.get(1..).unwrap_or_default()) } else { ("", fields) };
        match kind {
            "" if !self.is_reflectance => self.plain.take(line, values, self.axis, self.is_trig, self.has_angle),
            "E" => self.plain.take(line, values, self.axis, self.is_trig, self.has_angle),
            "AnE" => self.generalised.take(line, values, self.axis, self.is_trig, self.has_angle),
            _ if kind.eq_ignore_ascii_case("dpole") => self.depolarization(line, kind, values),
            _ => self.count(line, kind, values),
        }
    }

    fn depolarization(&mut self, line: &Line<'_>, kind: &str, values: &[&str]) -> Result<(), ReadError> {
        let [axis, angle, percent, rest @ ..] = values else {
            return Err(field_count(line.number, 4, values.len() + 1));
        };
        let axis = self.axis.convert(finite(line.number, "wavelength", "nm", axis)?);
        let angle = finite(line.number, "angle", "deg", angle)?;
        let percent = number(line.number, kind, "%", percent)?;
        let error = rest.first().map_or(Ok(f64::NAN), |cell| number(line.number, kind, "%", cell))?;
        let time = match rest.last().filter(|_| self.is_dynamic && rest.len() > 1) {
            Some(cell) => number(line.number, "time", "min", cell)?,
            None => f64::NAN,
        };
        if self.depolarization_type.is_empty() {
            self.depolarization_type = kind.to_owned();
        }
        self.depolarization.push(Depolarization { key: key(axis, angle, time), percent, error });
        Ok(())
    }

    /// Counts a row of another quantity; it has to be a row of numbers all the same.
    fn count(&mut self, line: &Line<'_>, kind: &str, values: &[&str]) -> Result<(), ReadError> {
        if values.len() < 3 {
            return Err(field_count(line.number, 4, values.len() + 1));
        }
        finite(line.number, "wavelength", "nm", values.first().copied().unwrap_or_default())?;
        if let Some((_, rows)) = self.others.iter_mut().find(|(known, _)| known == kind) {
            *rows += 1;
        } else if self.others.len() < MOST_TYPES {
            self.others.push((kind.to_owned(), 1));
        } else {
            return Err(ReadError::malformed(
                Place::Line(line.number),
                format!("at most {MOST_TYPES} types of rows"),
                format!("`{}`", excerpt(kind, 16)),
            ));
        }
        Ok(())
    }

    /// The types and numbers of rows of a file that has others than Psi and Delta alone.
    pub(super) fn only_others(&self) -> Option<String> {
        let has_psi = !self.plain.psi.is_empty() || !self.generalised.psi.is_empty();
        (!has_psi && !self.others.is_empty()).then(|| counts(&self.others))
    }

    /// One measurement of all rows.
    pub(super) fn into_measurement(mut self, header: Header) -> (Measurement, Rejections) {
        let mut warnings = header.warnings;
        let mut metadata = header.metadata;
        let mut table = std::mem::take(&mut self.plain);
        if table.psi.is_empty() && !self.generalised.psi.is_empty() {
            table = std::mem::take(&mut self.generalised);
            metadata.insert("row_type".to_owned(), Value::Text("AnE".to_owned()));
            warnings.push(
                "generalised ellipsometry (rows `AnE`): Psi and Delta are those of r_pp/r_ss; an anisotropic \
                 sample needs the other elements too"
                    .to_owned(),
            );
        } else if !self.generalised.psi.is_empty() {
            self.others.push(("AnE".to_owned(), self.generalised.psi.len() as u64));
        }
        if !self.others.is_empty() {
            warnings.push(format!("rows of other quantities are left out: {}", counts(&self.others)));
        }
        let joined = self.join(&table, &mut warnings);
        let columns = table.into_columns(&header.unit, self.axis, self.is_trig, self.is_dynamic, joined);
        let mut spectrum = measurement(0, Technique::SpectroscopicEllipsometry, columns, metadata);
        if let Some(times) = spectrum.numbers("time_s") {
            let changes = times.windows(2).filter(|pair| pair.first() != pair.last()).count();
            let slices = if times.is_empty() { 0 } else { changes + 1 };
            spectrum.metadata.insert("n_slices".to_owned(), Value::Number(slices as f64));
        } else if self.is_dynamic {
            warnings.push("the file is marked `Dynamic`, but its rows have no time".to_owned());
        }
        spectrum.warnings = warnings;
        self.log.state_end(&mut spectrum);
        if spectrum.n_points() == 0 {
            spectrum.warnings.push("the file has no rows".to_owned());
        }
        (spectrum, self.log.rejections)
    }

    /// Depolarization and its error for each row of Psi and Delta, matched by wavelength, angle and time.
    fn join(&self, table: &PsiDelta, warnings: &mut Vec<String>) -> Option<[Vec<f64>; 2]> {
        if self.depolarization.is_empty() {
            return None;
        }
        let times = table.further.get(1).filter(|_| self.is_dynamic);
        let key_at = |row: usize| {
            let time = times.and_then(|times| times.get(row)).copied().unwrap_or(f64::NAN);
            Some(key(*table.axis.get(row)?, *table.angle.get(row)?, time))
        };
        let mut percent = vec![f64::NAN; table.psi.len()];
        let mut error = percent.clone();
        // Files nearly always list both in the same order: the map is built only when they don't.
        let mut by_key: Option<HashMap<[u64; 3], usize>> = None;
        let (mut next, mut unmatched) = (0, 0_u64);
        for row in &self.depolarization {
            let place = if key_at(next) == Some(row.key) {
                Some(next)
            } else {
                let map = by_key.get_or_insert_with(|| {
                    (0..table.psi.len()).rev().filter_map(|row| Some((key_at(row)?, row))).collect()
                });
                map.get(&row.key).copied()
            };
            let free = place.filter(|place| percent.get(*place).is_some_and(|value| value.is_nan()));
            match free.and_then(|place| Some((place, percent.get_mut(place)?, error.get_mut(place)?))) {
                Some((place, value, its_error)) => {
                    (*value, *its_error) = (row.percent, row.error);
                    next = place + 1;
                }
                None => unmatched += 1,
            }
        }
        if unmatched > 0 {
            warnings.push(format!(
                "{} `{}` (depolarization) left out: no row of Psi and Delta has the same wavelength and \
                 angle",
                counted(unmatched, "row"),
                self.depolarization_type
            ));
        }
        Some([percent, error])
    }
}

impl PsiDelta {
    fn take(
        &mut self,
        line: &Line<'_>,
        values: &[&str],
        axis: Axis,
        is_trig: bool,
        has_angle: bool,
    ) -> Result<(), ReadError> {
        let at = line.number;
        let angle_fields = usize::from(has_angle);
        let fewest = 3 + angle_fields;
        let is_cut = !line.ended && values.len() < self.fields;
        if values.len() < fewest || values.len() > 7 + angle_fields || is_cut {
            return Err(field_count(at, self.fields.max(fewest), values.len()));
        }
        let cell = |place: usize| values.get(place).copied().unwrap_or_default();
        let stated = finite(at, "wavelength", "nm", cell(0))?;
        if stated <= 0.0 {
            return Err(out_of_range(at, "wavelength", stated, "above 0"));
        }
        let angle = if has_angle { number(at, "angle of incidence", "deg", cell(1))? } else { f64::NAN };
        let psi = finite(at, "Psi", "deg", cell(1 + angle_fields))?;
        let delta = finite(at, "Delta", "deg", cell(2 + angle_fields))?;
        if is_trig && !(-1.0..=1.0).contains(&delta) {
            return Err(out_of_range(at, "cos Delta", delta, "-1 to 1"));
        }
        let psi_err = number(at, "error of Psi", "deg", cell(3 + angle_fields))?;
        let delta_err = number(at, "error of Delta", "deg", cell(4 + angle_fields))?;
        let further = [5, 6].map(|place| number(at, "column 7 or 8", "min", cell(place + angle_fields)));
        let [seventh, eighth] = further;
        let further = [seventh?, eighth?];
        if self.psi.is_empty() {
            self.fields = values.len();
        }
        self.axis.push(axis.convert(stated));
        self.angle.push(angle);
        self.psi.push(psi);
        self.delta.push(delta);
        self.psi_err.push(psi_err);
        self.delta_err.push(delta_err);
        for (column, value) in self.further.iter_mut().zip(further).filter(|(_, value)| !value.is_nan()) {
            column.resize(self.psi.len().saturating_sub(1), f64::NAN);
            column.push(value);
        }
        Ok(())
    }

    fn into_columns(
        self,
        unit_header: &str,
        axis: Axis,
        is_trig: bool,
        is_dynamic: bool,
        joined: Option<[Vec<f64>; 2]>,
    ) -> Vec<Column> {
        let (name, unit) = axis.column();
        let mut columns = vec![numbers(name, unit, unit_header, self.axis)];
        columns.extend(some_numbers("angle_of_incidence_deg", "deg", "angle of incidence", self.angle));
        if is_trig {
            let psi = self.psi.iter().map(|tangent| tangent.atan().to_degrees()).collect();
            let delta = self.delta.iter().map(|cosine| cosine.acos().to_degrees()).collect();
            columns.push(numbers("psi_deg", "deg", "tan Psi", psi));
            columns.push(numbers("delta_deg", "deg", "cos Delta", delta));
            columns.push(numbers("tan_psi", "1", "tan Psi", self.psi));
            columns.push(numbers("cos_delta", "1", "cos Delta", self.delta));
            columns.extend(some_numbers("tan_psi_err", "1", "error of tan Psi", self.psi_err));
            columns.extend(some_numbers("cos_delta_err", "1", "error of cos Delta", self.delta_err));
        } else {
            columns.push(numbers("psi_deg", "deg", "Psi", self.psi));
            columns.push(numbers("delta_deg", "deg", "Delta", self.delta));
            columns.extend(some_numbers("psi_err_deg", "deg", "error of Psi", self.psi_err));
            columns.extend(some_numbers("delta_err_deg", "deg", "error of Delta", self.delta_err));
        }
        if let Some([percent, error]) = joined {
            columns.extend(some_numbers("depolarization_percent", "%", "dpolE", percent));
            columns.extend(some_numbers("depolarization_err_percent", "%", "error of dpolE", error));
        }
        let rows = columns.first().map_or(0, |column| column.values.len());
        let [seventh, eighth] = self.further.map(|mut values| {
            values.resize(rows, f64::NAN);
            values
        });
        let unnamed = |name: &str, header: &str, values| {
            some_numbers(name, "", header, values).map(|column| Column { unit: None, ..column })
        };
        columns.extend(unnamed("column_7", "column 7", seventh));
        if is_dynamic {
            let seconds = eighth.iter().map(|minutes| minutes * 60.0).collect();
            columns.extend(some_numbers("time_s", "s", "column 8, in minutes", seconds));
        } else {
            columns.extend(unnamed("column_8", "column 8", eighth));
        }
        columns
    }
}

fn out_of_range(line: u64, column: &str, value: f64, expected: &str) -> ReadError {
    let unit = if column == "wavelength" { "nm" } else { "1" };
    ReadError::OutOfRange {
        place: Place::Line(line),
        column: column.to_owned(),
        unit: unit.to_owned(),
        value,
        expected: expected.to_owned(),
    }
}

/// The key of a row: the bits of its numbers, with a single NaN.
fn key(axis: f64, angle: f64, time: f64) -> [u64; 3] {
    [axis, angle, time].map(|value| if value.is_nan() { u64::MAX } else { value.to_bits() })
}

/// `4056 Aps, 4056 Asp`
fn counts(types: &[(String, u64)]) -> String {
    let name = |kind: &str| if kind.is_empty() { "without a type".to_owned() } else { format!("`{kind}`") };
    types.iter().map(|(kind, rows)| format!("{} {}", counted(*rows, "row"), name(kind))).collect::<Vec<_>>().join(", ")
}
