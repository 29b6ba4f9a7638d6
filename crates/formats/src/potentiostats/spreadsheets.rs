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
use super::workbook::{Cell, Row, Sheet, sheets};
use crate::column::{Heading, heading_for, interpret};
use crate::manifest::embedded;
use crate::repetition::LISTED_REJECTIONS;
use crate::text::excerpt;
use crate::unit::{Quantity, Unit};
use crate::{
    Adapter, Column, Manifest, Match, Measurement, NOT_STATED, Place, Probe, ReadError, Reading, RejectedRow,
    Technique, Value, Values,
};

/// Rows in which a header is looked for.
const HEADER_ROWS: usize = 64;
/// Sweeps that a sheet is parted into.
const MOST_SWEEPS: usize = 10_000;
/// Columns of a sheet that are read.
const MOST_COLUMNS: usize = 500;

/// Reads workbooks with sheets of impedance.
#[derive(Debug)]
pub(crate) struct ImpedanceXlsx;

/// Reads workbooks that PSTrace exported.
#[derive(Debug)]
pub(crate) struct PsTraceXlsx;

/// The first rows of the sheets of a workbook; none where the file is no workbook.
fn first_rows(probe: &Probe<'_>) -> Vec<Sheet> {
    if !probe.has_member("xl/workbook.xml") {
        return Vec::new();
    }
    sheets(probe.file(), HEADER_ROWS).unwrap_or_default()
}

impl Adapter for ImpedanceXlsx {
    fn manifest(&self) -> &Manifest {
        embedded("impedance_xlsx")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let fits = first_rows(probe).iter().any(|sheet| impedance_header(sheet).is_some());
        if fits { Match::Likely } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file, impedance_header, impedance, Technique::ImpedanceSpectroscopy.needs_in_words())
    }
}

impl Adapter for PsTraceXlsx {
    fn manifest(&self) -> &Manifest {
        embedded("palmsens_xlsx")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let fits = first_rows(probe).iter().any(|sheet| pairs(sheet).is_some());
        if fits { Match::Likely } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file, pairs, curves, "pairs of columns below their units, as `V` and `µA`")
    }
}

/// Reads those sheets of a workbook that `layout` finds columns in.
///
/// # Errors
///
/// [`ReadError::ColumnMissing`] where that is none, and what [`sheets`] refuses.
fn read<L>(
    file: &[u8],
    layout: fn(&Sheet) -> Option<L>,
    add: fn(&Sheet, L, &mut Reading),
    expected: &str,
) -> Result<Reading, ReadError> {
    let sheets = sheets(file, usize::MAX)?;
    let mut reading = Reading::default();
    let mut others = Vec::new();
    for sheet in &sheets {
        match layout(sheet) {
            Some(layout) => add(sheet, layout, &mut reading),
            None => others.push(format!("`{}`", excerpt(&sheet.name, 40))),
        }
    }
    if reading.measurements.is_empty() {
        return Err(ReadError::ColumnMissing {
            place: Place::Line(1),
            expected: format!("{expected}, in one of the first {HEADER_ROWS} rows of a sheet"),
            found: if others.is_empty() { "no sheet".to_owned() } else { format!("the sheets {}", others.join(", ")) },
        });
    }
    if !others.is_empty() {
        reading.warnings.push(format!("sheets without such columns are left out: {}", others.join(", ")));
    }
    Ok(reading)
}

/// A sheet's header: its place among the rows, and of each column its place, heading and words.
type Header = (usize, Vec<(u32, Heading, String)>);

/// The first row that names what an impedance spectrum needs.
fn impedance_header(sheet: &Sheet) -> Option<Header> {
    let technique = Technique::ImpedanceSpectroscopy;
    sheet.rows.iter().take(HEADER_ROWS).enumerate().find_map(|(place, row)| {
        let cells = row.cells.iter().filter(|(_, cell)| !cell.words().is_empty()).take(MOST_COLUMNS);
        let mut headings: Vec<(u32, Heading, String)> = Vec::new();
        for (column, cell) in cells {
            let mut heading = interpret(cell.words());
            let stem = if heading.name.is_empty() { format!("column_{}", column + 1) } else { heading.name.clone() };
            let mut same = 1;
            heading.name.clone_from(&stem);
            while headings.iter().any(|(_, other, _)| other.name == heading.name) {
                same += 1;
                heading = Heading { name: format!("{stem}_{same}"), ..heading };
            }
            headings.push((*column, heading, excerpt(cell.words(), 200)));
        }
        let has = |name: &&str| headings.iter().any(|(_, heading, _)| heading.name == *name);
        technique.needs().iter().all(|group| group.iter().any(has)).then_some((place, headings))
    })
}

/// Adds the spectra of a sheet.
fn impedance(sheet: &Sheet, (header, headings): Header, reading: &mut Reading) {
    let needs = Technique::ImpedanceSpectroscopy.needs();
    let has = |name: &str| headings.iter().any(|(_, heading, _)| heading.name == name);
    let needed: Vec<&str> = needs.iter().filter_map(|group| group.iter().copied().find(|name| has(name))).collect();
    let block = reading.measurements.len() as u32;
    let mut numbers: Vec<Vec<f64>> = vec![Vec::new(); headings.len()];
    let mut words: Vec<Vec<String>> = vec![Vec::new(); headings.len()];
    let mut unlisted = 0_usize;
    for row in sheet.rows.iter().skip(header + 1) {
        match point(row, &headings, &needed) {
            Ok(None) => {}
            Ok(Some(values)) => {
                for ((value, cell), (numbers, words)) in values.into_iter().zip(numbers.iter_mut().zip(&mut words)) {
                    numbers.push(value);
                    words.push(cell);
                }
            }
            Err(error) if reading.rejected.len() < LISTED_REJECTIONS => {
                reading.rejected.push(RejectedRow { block, error });
            }
            Err(_) => unlisted += 1,
        }
    }
    let frequencies = headings.iter().position(|(_, heading, _)| heading.name == "frequency_hz");
    let frequencies: &[f64] = frequencies.and_then(|place| numbers.get(place)).map_or(&[], Vec::as_slice);
    let mut starts = sweep_starts(frequencies);
    let is_split = starts.len() <= MOST_SWEEPS;
    if !is_split {
        starts = vec![0];
    }
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([frequencies.len()]).collect();
    for (scan, (start, end)) in starts.iter().copied().zip(ends).enumerate() {
        let columns =
            headings.iter().zip(numbers.iter().zip(&words)).map(|((_, heading, header), (numbers, words))| {
                let is_text = words.iter().any(|words| !words.is_empty());
                Column {
                    name: heading.name.clone(),
                    unit: heading.unit.clone(),
                    header: header.clone(),
                    values: if is_text {
                        let cell = |row| match words.get::<usize>(row) {
                            Some(words) if !words.is_empty() => words.clone(),
                            _ => numbers.get(row).filter(|n| !n.is_nan()).map_or_else(String::new, f64::to_string),
                        };
                        Values::Text((start..end).map(cell).collect())
                    } else {
                        Values::Number(numbers.get(start..end).unwrap_or_default().to_vec())
                    },
                }
            });
        let mut metadata = BTreeMap::new();
        text(&mut metadata, "sheet", &sheet.name);
        let mut warnings = Vec::new();
        if scan == 0 {
            let assumed: Vec<_> = headings
                .iter()
                .filter(|(_, heading, _)| heading.unit_assumed)
                .map(|(_, heading, header)| format!("{} for `{header}`", heading.unit.as_deref().unwrap_or_default()))
                .collect();
            if !assumed.is_empty() {
                warnings.push(format!("the header states no units: {} is assumed", assumed.join(", ")));
            }
            if !is_split {
                warnings
                    .push(format!("the frequency turns back more than {MOST_SWEEPS} times: the sweeps are not parted"));
            }
            if unlisted > 0 {
                warnings.push(format!("{unlisted} more rows were rejected than are listed"));
            }
        }
        reading.measurements.push(Measurement {
            block: reading.measurements.len() as u32,
            technique: Technique::ImpedanceSpectroscopy,
            columns: columns.collect(),
            metadata,
            warnings,
        });
    }
}

/// The numbers of a row and the words that stand where no number does; `None` for a row without any of the columns.
fn point(
    row: &Row,
    headings: &[(u32, Heading, String)],
    needed: &[&str],
) -> Result<Option<Vec<(f64, String)>>, ReadError> {
    if headings.iter().all(|(column, ..)| row.cell(*column).is_none()) {
        return Ok(None);
    }
    let place = Place::Line(u64::from(row.number));
    let mut values = Vec::with_capacity(headings.len());
    for (column, heading, header) in headings {
        let value = match row.cell(*column) {
            Some(Cell::Number(number)) => (heading.convert(*number), String::new()),
            Some(Cell::Words(words)) => (f64::NAN, words.trim().to_owned()),
            None => (f64::NAN, String::new()),
        };
        if needed.contains(&heading.name.as_str()) {
            let unit = heading.unit.clone().unwrap_or_else(|| "no unit".to_owned());
            if value.0.is_nan() {
                let found = excerpt(&value.1, 40);
                return Err(ReadError::NotANumber { place, column: header.clone(), unit, found });
            }
            if heading.name == "frequency_hz" && !(value.0 > 0.0 && value.0.is_finite()) {
                let expected = "above 0".to_owned();
                return Err(ReadError::OutOfRange { place, column: header.clone(), unit, value: value.0, expected });
            }
        }
        values.push(value);
    }
    Ok(Some(values))
}

/// A curve's two columns: places of title row, column of x, names and units as written.
struct Pair {
    column: u32,
    x: (&'static str, String),
    y: (&'static str, String),
}

/// The row of units and the pairs of columns of a PSTrace sheet: all its cells are units, two and two side by side, and a
/// title stands above the first of each two.
fn pairs(sheet: &Sheet) -> Option<(usize, Vec<Pair>)> {
    sheet.rows.iter().take(HEADER_ROWS).enumerate().skip(1).find_map(|(place, row)| {
        let titles = sheet.rows.get(place - 1)?;
        if row.cells.len() % 2 != 0 || titles.number + 1 != row.number {
            return None;
        }
        let pairs = row.cells.chunks_exact(2).map(|two| {
            let [(column, x), (next, y)] = two else { return None };
            let is_titled = titles.cell(*column).is_some_and(|cell| !cell.words().is_empty());
            let pair = Pair { column: *column, x: quantity(x.words())?, y: quantity(y.words())? };
            (is_titled && *next == column + 1 && pair.x.0 != pair.y.0).then_some(pair)
        });
        let pairs: Option<Vec<Pair>> = pairs.collect();
        pairs.filter(|pairs| !pairs.is_empty() && pairs.len() <= MOST_COLUMNS).map(|pairs| (place, pairs))
    })
}

/// The column that a unit alone says a value belongs to.
fn quantity(unit: &str) -> Option<(&'static str, String)> {
    let name = match Unit::parse(unit)?.quantity {
        Quantity::Potential => "potential_v",
        Quantity::Current => "current_a",
        Quantity::Time => "time_s",
        _ => return None,
    };
    Some((name, unit.to_owned()))
}

/// Adds the curves of a sheet.
fn curves(sheet: &Sheet, (units, pairs): (usize, Vec<Pair>), reading: &mut Reading) {
    let titles = sheet.rows.get(units.saturating_sub(1));
    for pair in pairs {
        let block = reading.measurements.len() as u32;
        let headings = [&pair.x, &pair.y].map(|(name, unit)| heading_for(name, Some(unit)));
        let mut numbers: [Vec<f64>; 2] = [Vec::new(), Vec::new()];
        for row in sheet.rows.iter().skip(units + 1) {
            let cells = [row.cell(pair.column), row.cell(pair.column + 1)];
            match cells {
                [None, None] => {}
                [Some(Cell::Number(x)), Some(Cell::Number(y))] => {
                    for ((numbers, heading), value) in numbers.iter_mut().zip(&headings).zip([x, y]) {
                        numbers.push(heading.convert(*value));
                    }
                }
                cells => {
                    let is_bad = |cell: &Option<&Cell>| !matches!(cell, Some(Cell::Number(_)));
                    let bad = usize::from(!is_bad(&cells[0]));
                    let found = cells.get(bad).copied().flatten().map_or("", Cell::words);
                    let unit = [&pair.x.1, &pair.y.1][bad.min(1)].clone();
                    let column = format!("column {}", pair.column as usize + bad + 1);
                    if reading.rejected.len() < LISTED_REJECTIONS {
                        let place = Place::Line(u64::from(row.number));
                        let error = ReadError::NotANumber { place, column, unit, found: excerpt(found, 40) };
                        reading.rejected.push(RejectedRow { block, error });
                    }
                }
            }
        }
        let columns =
            headings.into_iter().zip([&pair.x.1, &pair.y.1]).zip(numbers).map(|((heading, unit), numbers)| Column {
                name: heading.name,
                unit: heading.unit,
                header: unit.clone(),
                values: Values::Number(numbers),
            });
        let mut metadata = BTreeMap::new();
        let title = titles.and_then(|row| row.cell(pair.column)).map_or("", Cell::words);
        // `Curve` is what PSTrace calls one that nobody named.
        text(&mut metadata, "title", if title == "Curve" { "" } else { title });
        text(&mut metadata, "sheet", &sheet.name);
        text(&mut metadata, "instrument", "PalmSens");
        metadata.insert("method".to_owned(), Value::Text(NOT_STATED.to_owned()));
        reading.measurements.push(Measurement {
            block,
            technique: Technique::Electrochemistry,
            columns: columns.collect(),
            metadata,
            warnings: Vec::new(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(rows: &[&[&str]]) -> Sheet {
        let cell = |words: &str| words.parse().map_or_else(|_| Cell::Words(words.to_owned()), Cell::Number);
        let row = |(place, cells): (usize, &&[&str])| Row {
            number: place as u32 + 1,
            cells: (0..)
                .zip(cells.iter().copied())
                .filter(|(_, words)| !words.is_empty())
                .map(|(column, words)| (column, cell(words)))
                .collect(),
        };
        Sheet { name: "s".to_owned(), rows: rows.iter().enumerate().map(row).collect() }
    }

    #[test]
    fn the_sign_of_the_imaginary_part_is_what_the_header_of_the_sheet_says() {
        let sheet = sheet(&[
            &["a synthetic film"],
            &["f/kHz", "Z' (Ω)", "-Z'' (Ω)", "range"],
            &["1", "5", "2", "a"],
            &["0.1", "x", "2"],
            &["0", "5", "2"],
            &["0.01", "6", "-3"],
        ]);
        let mut reading = Reading::default();
        impedance(&sheet, impedance_header(&sheet).unwrap(), &mut reading);
        let spectrum = &reading.measurements[0];
        assert_eq!(spectrum.numbers("frequency_hz"), Some(&[1000.0, 10.0][..]));
        assert_eq!(spectrum.numbers("z_im_ohm"), Some(&[-2.0, 3.0][..]));
        let errors: Vec<_> = reading.rejected.iter().map(|row| row.error.to_string()).collect();
        assert_eq!(
            errors,
            ["line 4: expected a number in Ohm for `Z' (Ω)`, found `x`", "line 5: `f/kHz` is 0 Hz, expected above 0"]
        );
    }

    #[test]
    fn curves_stand_in_pairs_of_columns_below_their_units() {
        let sheet = sheet(&[
            &["Curve", "", "blank"],
            &["V", "µA", "s", "mV"],
            &["0.5", "2", "0", "10"],
            &["0.6", "3"],
            &["0.7", "x"],
        ]);
        let mut reading = Reading::default();
        curves(&sheet, pairs(&sheet).unwrap(), &mut reading);
        let [one, other] = reading.measurements.as_slice() else { panic!("{reading:?}") };
        assert_eq!(one.numbers("potential_v"), Some(&[0.5, 0.6][..]));
        assert_eq!(one.numbers("current_a"), Some(&[2e-6, 3e-6][..]));
        assert_eq!(one.metadata.get("title"), None);
        assert_eq!(other.numbers("time_s"), Some(&[0.0][..]));
        assert_eq!(other.numbers("potential_v"), Some(&[0.01][..]));
        assert_eq!(other.metadata["title"], Value::Text("blank".to_owned()));
        assert_eq!(reading.rejected[0].error.to_string(), "line 5: expected a number in µA for `column 2`, found `x`");
        assert!(pairs(&self::sheet(&[&["a", "b"], &["V", "V"]])).is_none());
    }
}
