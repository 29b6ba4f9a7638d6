//! Reads workbooks (`.xlsx`): impedance spectra below a header, and curves as PSTrace exports them.
//!
//! A sheet of impedance has, in one of its first rows, cells that name frequency, and real and imaginary part or modulus
//! and phase, as in any delimited text ([`crate::column`]); the rows below are points. Every such sheet is read, others
//! are left out.
//!
//! PSTrace writes pairs of columns, one a curve: in one of the first rows the curve's title above the first of them, below
//! it their units alone (`V`, `µA`), then the points. Curves may have different lengths.
//!
//! Source: workbooks of both kinds; PSTrace 5 manual, "Export data to Excel".
//!
//! Not read: dates, and sheets that name no columns.

use std::collections::BTreeMap;

use super::setting::text;
use super::sweeps::sweep_starts;
use crate::column::{Heading, heading_for, interpret};
use crate::manifest::embedded;
use crate::text::{counted, excerpt};
use crate::unit::{Quantity, Unit};
use crate::workbook::{Cell, HEAD_ROWS, Row, Sheet};
use crate::{
    Adapter, Column, Manifest, Match, Measurement, NOT_STATED, Place, Probe, ReadError, Reading, Rejections, Technique,
    Value, Values,
};

/// Sweeps that a sheet is split into.
const MOST_SWEEPS: usize = 10_000;
/// Columns of a sheet that are read.
const MOST_COLUMNS: usize = 500;

/// Reads workbooks with sheets of impedance.
#[derive(Debug)]
pub(crate) struct ImpedanceXlsx;

/// Reads workbooks that PSTrace exported.
#[derive(Debug)]
pub(crate) struct PsTraceXlsx;

impl Adapter for ImpedanceXlsx {
    fn manifest(&self) -> &Manifest {
        embedded("impedance_xlsx")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        sniff(probe, Impedance::below_header)
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        self.read_probed(&Probe::new(file))
    }

    fn read_probed(&self, probe: &Probe<'_>) -> Result<Reading, ReadError> {
        read(probe, Impedance::below_header, Technique::ImpedanceSpectroscopy.needs_in_words())
    }
}

impl Adapter for PsTraceXlsx {
    fn manifest(&self) -> &Manifest {
        embedded("palmsens_xlsx")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        sniff(probe, Curves::below_units)
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        self.read_probed(&Probe::new(file))
    }

    fn read_probed(&self, probe: &Probe<'_>) -> Result<Reading, ReadError> {
        read(probe, Curves::below_units, "pair below its units, such as `V` and `µA`")
    }
}

/// The columns of a sheet while its rows are read.
trait Table {
    /// Takes a row below the header.
    fn row(&mut self, row: &Row);

    /// Adds the measurements of the sheet; `damage` states where and why the sheet is damaged.
    fn finish(self, sheet: &Sheet, damage: Option<&str>, reading: &mut Reading);
}

/// Finds the header among the first rows of a sheet: its place among them, and the columns below it.
type Layout<T> = fn(&[Row]) -> Option<(usize, T)>;

fn sniff<T>(probe: &Probe<'_>, layout: Layout<T>) -> Match {
    let fits = probe.sheets().iter().any(|sheet| layout(&sheet.head).is_some());
    if fits { Match::Likely } else { Match::No }
}

/// Reads those sheets of a workbook that `layout` finds columns in.
///
/// # Errors
///
/// [`ReadError::ColumnMissing`] where there are none, and what [`crate::workbook::Workbook`] refuses.
fn read<T: Table>(probe: &Probe<'_>, layout: Layout<T>, expected: &str) -> Result<Reading, ReadError> {
    let workbook = probe.workbook()?;
    let mut reading = Reading::default();
    let mut others = Vec::new();
    for sheet in &workbook.sheets {
        let Some((header, mut table)) = layout(&sheet.head) else {
            others.push(format!("`{}`", excerpt(&sheet.name, 40)));
            reading.warnings.extend(sheet.head_damage.clone());
            continue;
        };
        let mut above = header + 1;
        let damage = workbook.rows(sheet, |row| {
            if above == 0 {
                table.row(row);
            }
            above = above.saturating_sub(1);
            Ok(())
        })?;
        table.finish(sheet, damage.as_deref(), &mut reading);
    }
    if reading.measurements.is_empty() {
        let damage = reading.warnings.iter().map(|damage| format!("; {damage}")).collect::<String>();
        return Err(ReadError::ColumnMissing {
            place: Place::Line(1),
            expected: format!("{expected}, in one of the first {HEAD_ROWS} rows of a sheet"),
            found: format!("the sheets {}{damage}", others.join(", ")),
        });
    }
    if !others.is_empty() {
        reading.leave_out(format!("sheets without such columns are left out: {}", others.join(", ")));
    }
    Ok(reading)
}

/// A column of an impedance spectrum.
struct Quantities {
    /// From 0.
    column: u32,
    heading: Heading,
    header: String,
    is_needed: bool,
    numbers: Vec<f64>,
    /// Words in place of a number, by row.
    words: BTreeMap<usize, String>,
}

impl Quantities {
    /// Whether the words stand in place of a few numbers of a quantity, rather than being what the column holds.
    fn lacks_numbers(&self) -> bool {
        let n_numbers = self.numbers.iter().filter(|number| !number.is_nan()).count();
        !self.words.is_empty() && self.heading.unit.is_some() && self.words.len() < n_numbers
    }

    /// What a user should know about words among the numbers.
    fn warning(&self) -> Option<String> {
        let (row, first) = self.words.iter().next().filter(|_| self.lacks_numbers())?;
        Some(format!(
            "column `{}`: expected a number, found `{}` in point {}, and words in {} in all: these values are missing",
            excerpt(&self.header, 40),
            excerpt(first, 40),
            row + 1,
            counted(self.words.len(), "cell")
        ))
    }

    fn values(&self, rows: std::ops::Range<usize>) -> Values {
        if self.words.is_empty() || self.lacks_numbers() {
            return Values::Number(self.numbers.get(rows).unwrap_or_default().to_vec());
        }
        let cell = |row| match (self.words.get(&row), self.numbers.get(row)) {
            (Some(words), _) => words.clone(),
            (None, Some(number)) if !number.is_nan() => number.to_string(),
            _ => String::new(),
        };
        Values::Text(rows.map(cell).collect())
    }
}

/// The impedance spectra of a sheet.
struct Impedance {
    columns: Vec<Quantities>,
    rejected: Rejections,
}

impl Impedance {
    /// Finds the first row that names what an impedance spectrum needs.
    fn below_header(head: &[Row]) -> Option<(usize, Self)> {
        head.iter().enumerate().find_map(|(place, row)| {
            let cells = row.cells.iter().filter(|(_, cell)| !cell.words().is_empty()).take(MOST_COLUMNS);
            let mut columns: Vec<Quantities> = Vec::new();
            for (column, cell) in cells {
                let mut heading = interpret(cell.words());
                let stem =
                    if heading.name.is_empty() { format!("column_{}", column + 1) } else { heading.name.clone() };
                let mut same = 1;
                heading.name.clone_from(&stem);
                while columns.iter().any(|other| other.heading.name == heading.name) {
                    same += 1;
                    heading = Heading { name: format!("{stem}_{same}"), ..heading };
                }
                let header = excerpt(cell.words(), 200);
                let (numbers, words) = (Vec::new(), BTreeMap::new());
                columns.push(Quantities { column: *column, heading, header, is_needed: false, numbers, words });
            }
            for group in Technique::ImpedanceSpectroscopy.needs() {
                let found = group.iter().find_map(|name| columns.iter().position(|c| c.heading.name == *name))?;
                columns[found].is_needed = true;
            }
            Some((place, Self { columns, rejected: Rejections::default() }))
        })
    }

    /// The number of each column, and the words in place of a number.
    fn point(&self, row: &Row) -> Result<Vec<(f64, String)>, ReadError> {
        let place = row.place();
        let value = |quantity: &Quantities| {
            let (heading, column) = (&quantity.heading, quantity.header.clone());
            let value = match row.cell(quantity.column) {
                Some(Cell::Number(number)) => (heading.convert(*number), String::new()),
                Some(cell) => (f64::NAN, cell.words().to_owned()),
                None => (f64::NAN, String::new()),
            };
            let unit = || heading.unit.clone().unwrap_or_default();
            if quantity.is_needed && value.0.is_nan() {
                let found = excerpt(&value.1, 40);
                return Err(ReadError::NotANumber { place, column, unit: unit(), found });
            }
            if quantity.is_needed && heading.name == "frequency_hz" && !(value.0 > 0.0 && value.0.is_finite()) {
                let expected = "above 0".to_owned();
                return Err(ReadError::OutOfRange { place, column, unit: unit(), value: value.0, expected });
            }
            Ok(value)
        };
        self.columns.iter().map(value).collect()
    }
}

impl Table for Impedance {
    fn row(&mut self, row: &Row) {
        if self.columns.iter().all(|quantity| row.cell(quantity.column).is_none()) {
            return;
        }
        match self.point(row) {
            Ok(values) => {
                for (quantity, (number, words)) in self.columns.iter_mut().zip(values) {
                    if !words.is_empty() {
                        quantity.words.insert(quantity.numbers.len(), words);
                    }
                    quantity.numbers.push(number);
                }
            }
            Err(error) => self.rejected.push(0, error),
        }
    }

    fn finish(self, sheet: &Sheet, damage: Option<&str>, reading: &mut Reading) {
        let frequencies = self.columns.iter().find(|quantity| quantity.heading.name == "frequency_hz");
        let frequencies: &[f64] = frequencies.map_or(&[], |quantity| &quantity.numbers);
        let mut warnings: Vec<String> = self.columns.iter().filter_map(Quantities::warning).collect();
        let assumed = self.columns.iter().filter(|quantity| quantity.heading.unit_assumed);
        let assumed: Vec<_> = assumed
            .map(|it| format!("{} for `{}`", it.heading.unit.as_deref().unwrap_or_default(), it.header))
            .collect();
        if !assumed.is_empty() {
            warnings.push(format!("the header states no units: {} is assumed", assumed.join(", ")));
        }
        let mut starts = sweep_starts(frequencies);
        if starts.len() > MOST_SWEEPS {
            starts = vec![0];
            warnings
                .push(format!("the frequency reverses more than {MOST_SWEEPS} times: the sweeps are not separated"));
        }
        reading.rejected.append(reading.measurements.len(), self.rejected);
        let ends: Vec<usize> = starts.iter().skip(1).copied().chain([frequencies.len()]).collect();
        for (start, end) in starts.into_iter().zip(ends) {
            let columns = self.columns.iter().map(|quantity| Column {
                name: quantity.heading.name.clone(),
                unit: quantity.heading.unit.clone(),
                header: quantity.header.clone(),
                values: quantity.values(start..end),
            });
            let mut metadata = BTreeMap::new();
            text(&mut metadata, "sheet", &sheet.name);
            if end == frequencies.len() {
                text(&mut metadata, "incomplete", damage.unwrap_or_default());
            }
            reading.measurements.push(Measurement {
                block: reading.measurements.len() as u32,
                technique: Technique::ImpedanceSpectroscopy,
                columns: columns.collect(),
                metadata,
                warnings: std::mem::take(&mut warnings),
            });
        }
    }
}

/// A curve of PSTrace: two columns side by side.
struct Curve {
    title: String,
    /// Column of x, from 0; y is in the next.
    column: u32,
    headings: [Heading; 2],
    /// As written.
    units: [String; 2],
    numbers: [Vec<f64>; 2],
    rejected: Rejections,
}

/// The curves of a sheet.
struct Curves(Vec<Curve>);

impl Curves {
    /// Finds the row of units: all its cells are units in adjacent pairs, and a title is above the first of
    /// each pair.
    fn below_units(head: &[Row]) -> Option<(usize, Self)> {
        head.iter().enumerate().skip(1).find_map(|(place, row)| {
            let titles = head.get(place - 1)?;
            if row.cells.len() % 2 != 0 || titles.number + 1 != row.number {
                return None;
            }
            let curve = |two: &[(u32, Cell)]| {
                let [(column, x), (next, y)] = two else { return None };
                let title = titles.cell(*column).map(Cell::words).filter(|words| !words.is_empty())?;
                let (x, y) = (x.words(), y.words());
                let names = [quantity(x)?, quantity(y)?];
                (*next == column + 1 && names[0] != names[1]).then(|| Curve {
                    title: title.to_owned(),
                    column: *column,
                    headings: [heading_for(names[0], Some(x)), heading_for(names[1], Some(y))],
                    units: [x.to_owned(), y.to_owned()],
                    numbers: [Vec::new(), Vec::new()],
                    rejected: Rejections::default(),
                })
            };
            let curves: Option<Vec<Curve>> = row.cells.chunks_exact(2).map(curve).collect();
            let curves = curves.filter(|curves| !curves.is_empty() && curves.len() <= MOST_COLUMNS);
            curves.map(|curves| (place, Self(curves)))
        })
    }
}

/// The column that follows from a unit alone.
fn quantity(unit: &str) -> Option<&'static str> {
    match Unit::parse(unit)?.quantity {
        Quantity::Potential => Some("potential_v"),
        Quantity::Current => Some("current_a"),
        Quantity::Time => Some("time_s"),
        _ => None,
    }
}

impl Table for Curves {
    fn row(&mut self, row: &Row) {
        for curve in &mut self.0 {
            let cells = [row.cell(curve.column), row.cell(curve.column + 1)];
            match cells {
                [None, None] => {}
                [Some(Cell::Number(x)), Some(Cell::Number(y))] => {
                    for ((numbers, heading), value) in curve.numbers.iter_mut().zip(&curve.headings).zip([x, y]) {
                        numbers.push(heading.convert(*value));
                    }
                }
                [x, y] => {
                    let (bad, cell) = if matches!(x, Some(Cell::Number(_))) { (1, y) } else { (0, x) };
                    curve.rejected.push(
                        0,
                        ReadError::NotANumber {
                            place: row.place(),
                            column: format!("column {}", curve.column as usize + bad + 1),
                            unit: curve.units[bad].clone(),
                            found: excerpt(cell.map_or("", Cell::words), 40),
                        },
                    );
                }
            }
        }
    }

    fn finish(self, sheet: &Sheet, damage: Option<&str>, reading: &mut Reading) {
        for curve in self.0 {
            let block = reading.measurements.len() as u32;
            let columns = curve.headings.into_iter().zip(curve.units).zip(curve.numbers);
            let columns = columns.map(|((heading, unit), numbers)| Column {
                name: heading.name,
                unit: heading.unit,
                header: unit,
                values: Values::Number(numbers),
            });
            let mut metadata = BTreeMap::new();
            // `Curve` is PSTrace's default name.
            text(&mut metadata, "title", if curve.title == "Curve" { "" } else { &curve.title });
            text(&mut metadata, "sheet", &sheet.name);
            text(&mut metadata, "instrument", "PalmSens");
            text(&mut metadata, "incomplete", damage.unwrap_or_default());
            metadata.insert("method".to_owned(), Value::Text(NOT_STATED.to_owned()));
            reading.rejected.append(block as usize, curve.rejected);
            reading.measurements.push(Measurement {
                block,
                technique: Technique::Electrochemistry,
                columns: columns.collect(),
                metadata,
                warnings: Vec::new(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::workbook::tests::workbook;

    fn read_sheet<T: Table>(rows: &[&[&str]], layout: Layout<T>) -> Result<Reading, ReadError> {
        read(&Probe::new(&workbook(&[("s", rows)])), layout, "columns")
    }

    #[test]
    fn the_header_of_the_sheet_determines_the_sign_of_the_imaginary_part() {
        let rows: &[&[&str]] = &[
            &["a synthetic film"],
            &["f/kHz", "Z' (Ω)", "-Z'' (Ω)", "range"],
            &["1", "5", "2", "a"],
            &["0.1", "x", "2"],
            &["0", "5", "2"],
            &["0.01", "6", "-3"],
        ];
        let reading = read_sheet(rows, Impedance::below_header).unwrap();
        let spectrum = &reading.measurements[0];
        assert_eq!(spectrum.numbers("frequency_hz"), Some(&[1000.0, 10.0][..]));
        assert_eq!(spectrum.numbers("z_im_ohm"), Some(&[-2.0, 3.0][..]));
        let errors: Vec<_> = reading.rejected.iter().map(|row| row.error.to_string()).collect();
        assert_eq!(
            errors,
            ["line 4: expected a number in Ω for `Z' (Ω)`, found `x`", "line 5: `f/kHz` is 0 Hz, expected above 0"]
        );
    }

    #[test]
    fn curves_are_pairs_of_columns_below_their_units() {
        let rows: &[&[&str]] =
            &[&["Curve", "", "blank"], &["V", "µA", "s", "mV"], &["0.5", "2", "0", "10"], &["0.6", "3"], &["0.7", "x"]];
        let reading = read_sheet(rows, Curves::below_units).unwrap();
        let [one, other] = reading.measurements.as_slice() else { panic!("{reading:?}") };
        assert_eq!(one.numbers("potential_v"), Some(&[0.5, 0.6][..]));
        assert_eq!(one.numbers("current_a"), Some(&[2e-6, 3e-6][..]));
        assert_eq!(one.metadata.get("title"), None);
        assert_eq!(other.numbers("time_s"), Some(&[0.0][..]));
        assert_eq!(other.numbers("potential_v"), Some(&[0.01][..]));
        assert_eq!(other.metadata["title"], Value::Text("blank".to_owned()));
        assert_eq!(reading.rejected[0].error.to_string(), "line 5: expected a number in µA for `column 2`, found `x`");
        let error = read_sheet(&[&["a", "b"], &["V", "V"]], Curves::below_units).unwrap_err();
        let expected = "expected a column columns, in one of the first 64 rows of a sheet, found the sheets `s`";
        assert_eq!(error.to_string(), format!("line 1: {expected}"));
    }
}
