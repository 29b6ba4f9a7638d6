//! Reads one table of a `.DTA`: a line of names, a line of units, rows that start with a tab.
//!
//! A row with blanks between its fields, as an editor may leave it, is read only where splitting it at blanks and tabs gives
//! exactly as many fields as there are names; no field is changed, and such rows are counted in a warning. Every other row that
//! does not fit is rejected. A tab after the last field ends that field and begins no further one.

use memchr::memchr_iter;

use aldb_elements::constants::ZERO_CELSIUS_K;

use super::naming::{POTENTIAL_UNIT, naming, naming_in_record, naming_of_pulses};
use crate::column::Heading;
use crate::number::{DecimalMark, detect_decimal_mark, parse_number};
use crate::rejections::no_line_end;
use crate::repetition::check_columns;
use crate::tabbed::{Columns, Fault};
use crate::text::{Line, counted, excerpt, lines};
use crate::{Column, Place, ReadError, Rejections, Technique, Values};

/// Rows whose cells decide about the decimal mark, and which columns hold words.
const FIRST_ROWS: usize = 32;

/// Without a sensor, thermocouple inputs saturate or read the open input: −327.67 °C (below
/// absolute zero), 1395 °C to 1490 °C (beyond a type K thermocouple), or 0.
const SENSOR_C: std::ops::Range<f64> = -ZERO_CELSIUS_K..1373.0;

/// The kind of data in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Impedance against frequency.
    Spectrum,
    /// Potential and current against time.
    Record,
}

impl Kind {
    /// The technique of its rows.
    pub(crate) fn technique(self) -> Technique {
        match self {
            Self::Spectrum => Technique::ImpedanceSpectroscopy,
            Self::Record => Technique::Electrochemistry,
        }
    }

    /// Names and units of the columns that a table without a header is given.
    fn usual(self) -> [(&'static str, &'static str); 3] {
        match self {
            Self::Spectrum => [("Freq", "Hz"), ("Zreal", "ohm"), ("Zimag", "ohm")],
            Self::Record => [("T", "s"), ("Vf", POTENTIAL_UNIT), ("Im", "A")],
        }
    }
}

/// A table that was read.
#[derive(Debug, Default)]
pub(crate) struct ReadTable {
    /// Columns by the tables' names.
    pub columns: Vec<Column>,
    /// Rows that could not be trusted.
    pub rejected: Rejections,
    /// Warnings.
    pub warnings: Vec<String>,
    /// Whether the file ends inside a row.
    pub is_cut: bool,
    /// The decimal mark of the rows.
    pub mark: Option<DecimalMark>,
    /// Whether the potential is stated against the reference electrode.
    pub is_against_reference: bool,
}

impl ReadTable {
    /// A table that ends before its names.
    fn without_header(kind: Kind, is_cut: bool) -> Self {
        let (headers, units): (Vec<_>, Vec<_>) = kind.usual().into_iter().unzip();
        let columns = headings(kind, &headers, &units).into_iter().zip(&headers);
        let columns = columns.map(|(heading, header)| column(heading, header, Values::Number(Vec::new())));
        Self { columns: columns.collect(), is_cut, ..Self::default() }
    }

    /// The table of a file without any.
    pub(crate) fn empty(kind: Kind) -> Self {
        Self::without_header(kind, false)
    }
}

/// Reads a table from its lines (names, units, rows); `before` lines of the file go before it.
///
/// # Errors
///
/// [`ReadError::ColumnMissing`] without the columns that its kind needs.
pub(crate) fn read_table(kind: Kind, block: u32, text: &str, before: u64) -> Result<ReadTable, ReadError> {
    let mut rows = lines(text).map(|line| Line { number: line.number + before, ..line });
    let Some(names) = rows.next() else {
        return Ok(ReadTable::without_header(kind, true));
    };
    let units = rows.next();
    let headers: Vec<&str> = names.text.trim().split('\t').map(str::trim).collect();
    check_columns(headers.len(), Place::Line(names.number))?;
    let is_header_cut = units.is_none() && !names.ended;
    let units: Vec<&str> = units.map_or(Vec::new(), |line| {
        line.text.strip_prefix('\t').unwrap_or(line.text).split('\t').map(str::trim).collect()
    });
    let headings = headings(kind, &headers, &units);
    let needed = match needed(kind, &headers, &headings) {
        Ok(needed) => needed,
        Err(_) if is_header_cut => return Ok(ReadTable::without_header(kind, true)),
        Err(expected) => {
            return Err(ReadError::ColumnMissing {
                place: Place::Line(names.number),
                expected,
                found: excerpt(&headers.join(", "), 400),
            });
        }
    };
    let first: Vec<Line<'_>> = rows.clone().filter(|line| !line.text.trim().is_empty()).take(FIRST_ROWS).collect();
    let mark = detect_decimal_mark(first.iter().flat_map(|line| line.text.split(['\t', ' '])));
    let is_against_reference =
        headings.iter().zip(&units).any(|(heading, unit)| heading.name == "potential_v" && *unit == POTENTIAL_UNIT);
    let mut table = ReadTable { mark: Some(mark), is_against_reference, ..ReadTable::default() };
    let row_bytes = first.first().map_or(usize::MAX, |line| line.text.len().max(2 * headers.len()));
    let expected = text.len() / row_bytes + 1;
    let mut reader = Reader {
        columns: Columns::new(empty_values(&headings, &first, mark, expected), mark, ""),
        headers: &headers,
        headings: &headings,
        needed,
        blanks: 0,
        separated: String::new(),
    };
    for line in rows {
        if line.text.trim_start().is_empty() {
            continue;
        }
        match reader.push(&line) {
            Err(error) => {
                table.is_cut |= !line.ended && matches!(error, ReadError::FieldCount { .. });
                table.rejected.push(block as usize, error);
            }
            Ok(()) if !line.ended => {
                let last = line.text.trim_end().rsplit(['\t', ' ']).next().unwrap_or_default();
                table.warnings.push(no_line_end(line.number, last));
            }
            Ok(()) => {}
        }
    }
    if reader.blanks > 0 {
        table.warnings.push(separated_by_blanks(reader.blanks));
    }
    let values = reader.columns.into_values();
    let columns = headings.into_iter().zip(&headers).zip(values);
    table.columns = columns.map(|((heading, header), values)| column(heading, header, values)).collect();
    sensor(&mut table);
    Ok(table)
}

/// A column in its heading's unit.
fn column(heading: Heading, header: &str, mut values: Values) -> Column {
    if let Values::Number(values) = &mut values {
        heading.convert_all(values);
    }
    Column { name: heading.name, unit: heading.unit, header: header.to_owned(), values }
}

/// Names for every column; a repeated name is numbered.
fn headings(kind: Kind, headers: &[&str], units: &[&str]) -> Vec<Heading> {
    let is_pulsed = ["Vstep", "Idif"].iter().all(|pulse| headers.contains(pulse)) && !headers.contains(&"Vf");
    let naming = match kind {
        Kind::Spectrum => naming,
        Kind::Record if is_pulsed => naming_of_pulses,
        Kind::Record => naming_in_record,
    };
    let mut named: Vec<Heading> = Vec::with_capacity(headers.len());
    for (at, header) in headers.iter().enumerate() {
        let mut heading = naming(header, units.get(at).copied().unwrap_or_default());
        let same = |name: &str| named.iter().any(|other| other.name == *name);
        if same(&heading.name) {
            let mut numbered = (2..).map(|number| format!("{}_{number}", heading.name));
            heading.name = numbered.find(|name| !same(name)).unwrap_or_default();
        }
        named.push(heading);
    }
    named
}

/// The columns without whose values a row is rejected, with their units; or what is missing.
fn needed(kind: Kind, headers: &[&str], headings: &[Heading]) -> Result<Vec<(usize, &'static str)>, String> {
    if kind == Kind::Record {
        let has = |name: &&str| headings.iter().any(|heading| heading.name == *name);
        let technique = Technique::Electrochemistry;
        let is_there = technique.needs().iter().all(|group| group.iter().any(has));
        return if is_there { Ok(Vec::new()) } else { Err(technique.needs_in_words().to_owned()) };
    }
    let place = |name: &str| headers.iter().position(|header| *header == name);
    match (place("Freq"), place("Zreal"), place("Zimag")) {
        (Some(freq), Some(re), Some(im)) => Ok(vec![(freq, "Hz"), (re, "Ohm"), (im, "Ohm")]),
        _ => Err("`Freq`, `Zreal` and `Zimag`".to_owned()),
    }
}

/// Columns for numbers or words, as the first rows have them, with room for all rows.
fn empty_values(headings: &[Heading], first: &[Line<'_>], mark: DecimalMark, rows: usize) -> Vec<Values> {
    let mut is_number = vec![first.is_empty(); headings.len()];
    for line in first {
        let row = line.text.strip_prefix('\t').unwrap_or(line.text);
        for (is_number, cell) in is_number.iter_mut().zip(row.split('\t')) {
            *is_number |= parse_number(cell, mark).is_some();
        }
    }
    let columns = headings.iter().zip(is_number).map(|(heading, is_number)| {
        if is_number || heading.unit.is_some() {
            Values::Number(Vec::with_capacity(rows))
        } else {
            Values::Text(Vec::with_capacity(rows))
        }
    });
    columns.collect()
}

/// The rows read so far.
struct Reader<'t> {
    columns: Columns,
    headers: &'t [&'t str],
    headings: &'t [Heading],
    needed: Vec<(usize, &'static str)>,
    /// Rows whose fields are separated by blanks.
    blanks: u64,
    /// Room for such a row, separated by tabs.
    separated: String,
}

impl Reader<'_> {
    /// Appends a row to the columns, or to none of them.
    fn push(&mut self, line: &Line<'_>) -> Result<(), ReadError> {
        let place = Place::Line(line.number);
        let row = line.text.strip_prefix('\t').unwrap_or(line.text);
        if let Err(fault) = self.columns.push(row) {
            let error = self.explain(&fault, place);
            self.push_separated(line.text, place, error)?;
        }
        let doubt = self.needed.iter().enumerate().find_map(|(which, (at, unit))| {
            let Some(Values::Number(values)) = self.columns.values().get(*at) else { return None };
            impossible_value(place, which, *values.last()?, unit, self.headers[*at])
        });
        if let Some(error) = doubt {
            self.columns.pop();
            return Err(error);
        }
        Ok(())
    }

    /// Reads a row without the tab after it, or split at blanks and tabs where that gives the number of fields; otherwise
    /// `error` states what is wrong with it.
    fn push_separated(&mut self, text: &str, place: Place, error: ReadError) -> Result<(), ReadError> {
        let row = text.strip_prefix('\t').unwrap_or(text);
        let expected = self.headers.len();
        if row.ends_with('\t')
            && memchr_iter(b'\t', row.as_bytes()).count() == expected
            && self.columns.push(row.trim_end_matches('\t')).is_ok()
        {
            return Ok(());
        }
        if text.split_ascii_whitespace().count() == expected {
            let mut separated = std::mem::take(&mut self.separated);
            separated.clear();
            for (at, cell) in text.split_ascii_whitespace().enumerate() {
                separated.push_str(if at == 0 { "" } else { "\t" });
                separated.push_str(cell);
            }
            if separated != row {
                self.blanks += 1;
                let result = self.columns.push(&separated).map_err(|fault| self.explain(&fault, place));
                self.separated = separated;
                return result;
            }
            self.separated = separated;
        }
        Err(error)
    }

    fn explain(&self, fault: &Fault<'_>, place: Place) -> ReadError {
        match fault {
            Fault::FieldCount(found) => ReadError::FieldCount { place, expected: self.headers.len(), found: *found },
            Fault::NotANumber(column, cell) => ReadError::NotANumber {
                place,
                column: self.headers[*column].to_owned(),
                unit: self.headings[*column].unit.clone().unwrap_or_default(),
                found: excerpt(cell, 40),
            },
        }
    }
}

/// The warning about rows whose fields blanks separate.
fn separated_by_blanks(rows: u64) -> String {
    let rows = if rows == 1 { "1 row has".to_owned() } else { format!("{rows} rows have") };
    format!(
        "{rows} blanks instead of tabs between fields, as in an edited file: read, because the number of fields is right"
    )
}

/// Why a needed value is impossible.
fn impossible_value(place: Place, which: usize, value: f64, unit: &str, header: &str) -> Option<ReadError> {
    let is_fine = if which == 0 { value > 0.0 && value.is_finite() } else { value.is_finite() };
    (!is_fine).then(|| ReadError::OutOfRange {
        place,
        column: header.to_owned(),
        unit: unit.to_owned(),
        value,
        expected: if which == 0 { "above 0" } else { "a finite number" }.to_owned(),
    })
}

/// Leaves out temperatures that no sensor measured.
fn sensor(table: &mut ReadTable) {
    let Some(at) = table.columns.iter().position(|column| column.name == "temperature_c") else { return };
    let Values::Number(values) = &mut table.columns[at].values else { return };
    let first = values.first().copied();
    let is_real = |value: f64| SENSOR_C.contains(&value);
    if values.iter().all(|value| !is_real(*value)) || values.iter().all(|value| *value == 0.0) {
        if let Some(first) = first {
            table.warnings.push(format!(
                "no temperature sensor was connected (`Temp` starts at {first} °C): the column is left out"
            ));
        }
        table.columns.remove(at);
        return;
    }
    let mut doubtful = 0_usize;
    values.iter_mut().filter(|value| !is_real(**value) && !value.is_nan()).for_each(|value| {
        *value = f64::NAN;
        doubtful += 1;
    });
    if doubtful > 0 {
        table.warnings.push(format!("left out: {} outside any sensor's range", counted(doubtful, "temperature")));
    }
}
