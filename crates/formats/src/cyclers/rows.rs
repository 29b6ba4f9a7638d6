//! Reads the rows of a cycler's text export: one pass over the bytes, each cell straight into its column.
//!
//! A row whose number of cells differs from the header's, or that has no number where time, potential, current or charge should
//! be, is rejected with its line. A word in any other column of numbers is left out and counted.

use memchr::{memchr, memchr_iter};

use super::clock::duration_s;
use super::heading::{Field, Kind};
use super::quoted::{self, QuotedLines};
use crate::number::{DecimalMark, detect_decimal_mark, parse_number};
use crate::rejections::no_line_end;
use crate::text::{Line, counted, excerpt, lines_from};
use crate::{Column, Place, ReadError, Rejections, Values};

/// Rows that decide about the decimal mark and what an open column holds.
const FIRST_ROWS: usize = 64;

/// The position and layout of the rows of a text.
pub(super) struct Source<'t> {
    pub text: &'t str,
    /// Byte offset of the line below the header.
    pub start: usize,
    /// Its number, from 1.
    pub line: u64,
    pub separator: u8,
    /// Whether `1,234.5` is a number: for vendors that are known to write it.
    pub has_thousands: bool,
    /// For records below cycles and steps, each further to the right.
    pub nested: Option<Nested>,
}

/// Neware's three levels: `cycle,…`, `,step,…`, `,,record,…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Nested {
    /// Which cell of a step's line has its type.
    pub step_type_at: Option<usize>,
}

impl Source<'_> {
    /// Cells from the first that counts on; `None` for a line that is not a row.
    fn row<'l>(&self, line: &'l str) -> Option<&'l str> {
        match self.nested {
            _ if is_blank(line, self.separator) => None,
            None => Some(line),
            Some(_) => {
                let mut rest = line;
                for _ in 0..2 {
                    let (cell, after) = rest.split_once(char::from(self.separator))?;
                    if !cell.trim().is_empty() {
                        return None;
                    }
                    rest = after;
                }
                Some(rest)
            }
        }
    }
}

/// The cycle and step that rows belong to, where those have lines of their own.
#[derive(Debug, Default)]
struct Levels {
    cycle: f64,
    step: f64,
    step_type: String,
    cycles: Vec<f64>,
    steps: Vec<f64>,
    step_types: Vec<String>,
}

impl Levels {
    /// Takes a line of a cycle or step.
    fn enter(&mut self, line: &str, separator: u8, nested: Nested) {
        let cells = quoted::cells(line, separator);
        let number = |at: usize| cells.get(at).and_then(|cell| fast_float2::parse(cell).ok());
        if let Some(cycle) = number(0) {
            self.cycle = cycle;
        } else if let Some(step) = number(1) {
            self.step = step;
            self.step_type = nested.step_type_at.and_then(|at| cells.get(at)).cloned().unwrap_or_default();
        }
    }

    fn add_row(&mut self) {
        self.cycles.push(self.cycle);
        self.steps.push(self.step);
        self.step_types.push(self.step_type.clone());
    }

    /// Adds what the rows do not have themselves.
    fn columns(self, table: &mut Table, nested: Nested) {
        let number = |name: &str, header: &str, values| Column {
            name: name.to_owned(),
            unit: Some("1".to_owned()),
            header: header.to_owned(),
            values: Values::Number(values),
        };
        let mut add = |column: Column| {
            if !table.columns.iter().any(|other| other.name == column.name) {
                table.columns.push(column);
                table.rivals.push(None);
            }
        };
        add(number("cycle", "Cycle ID", self.cycles));
        add(number("step", "Step ID", self.steps));
        if nested.step_type_at.is_some() {
            let values = Values::Text(self.step_types);
            add(Column { name: "step_type".to_owned(), unit: None, header: "Step Name".to_owned(), values });
        }
    }
}

/// The contents of the rows.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub columns: Vec<Column>,
    /// For each column the table's name that it would have if an earlier one did not, and its factor to that unit.
    pub rivals: Vec<Option<String>>,
    pub rejected: Rejections,
    pub warnings: Vec<String>,
    /// Line of a row that the end of the file cuts off.
    pub cut: Option<u64>,
    pub mark: Option<DecimalMark>,
}

/// A column while it is read.
struct Open {
    field: Field,
    values: Values,
    /// Cells that are not numbers, in an optional column of numbers.
    non_numeric: usize,
    /// The first of them.
    example: String,
    /// Whether any cell was not empty.
    has_cells: bool,
}

/// Reads the rows below a header of these fields.
pub(super) fn read(source: &Source<'_>, fields: Vec<Field>) -> Table {
    let first: Vec<Line<'_>> = lines_from(source.text, source.start, source.line)
        .filter_map(|line| source.row(line.text).map(|text| Line { text, ..line }))
        .take(FIRST_ROWS)
        .collect();
    let shortest = first.first().map_or(64, |line| line.text.len());
    let first: Vec<Vec<String>> = first.iter().map(|line| quoted::cells(line.text, source.separator)).collect();
    let cells = first.iter().flatten().map(String::as_str);
    // A comma that separates cells is not a decimal mark.
    let mark = if source.separator == b',' { DecimalMark::Point } else { detect_decimal_mark(cells) };
    let mut columns: Vec<Open> =
        fields.into_iter().enumerate().map(|(at, field)| open(field, at, &first, source, mark)).collect();
    let mut table = Table { mark: Some(mark), ..Table::default() };
    // A row has a separator for each column at least: a short first row makes no room for more rows than that.
    let shortest = shortest.max(columns.len()).max(16);
    let guess = source.text.len().saturating_sub(source.start) / shortest + 1;
    for column in &mut columns {
        if let Values::Number(values) = &mut column.values {
            values.reserve(guess);
        }
    }
    let mut rows = 0;
    let mut levels = Levels { cycle: f64::NAN, step: f64::NAN, ..Levels::default() };
    let mut thousands = 0_usize;
    let mut quoted_lines = QuotedLines::new(source.separator);
    for line in lines_from(source.text, source.start, source.line) {
        let Some(text) = source.row(line.text) else {
            if let Some(nested) = source.nested {
                levels.enter(line.text, source.separator, nested);
            }
            continue;
        };
        let line = Line { text, ..line };
        let result = if memchr(b'"', line.text.as_bytes()).is_some() {
            push(quoted_lines.split(line.text), &mut columns, &line, source, mark, &mut thousands)
        } else {
            push(split(line.text, source.separator), &mut columns, &line, source, mark, &mut thousands)
        };
        match result {
            Ok(()) => {
                rows += 1;
                table.cut = None;
                if source.nested.is_some() {
                    levels.add_row();
                }
                if !line.ended {
                    let last = line.text.rsplit(char::from(source.separator)).next().unwrap_or_default();
                    table.warnings.push(no_line_end(line.number, last));
                }
            }
            Err(error) => {
                columns.iter_mut().for_each(|column| truncate(&mut column.values, rows));
                // The last row of all is too short where a file was cut, whether or not a line end was added.
                let is_short = matches!(error, ReadError::FieldCount { expected, found, .. } if found < expected);
                table.cut = (is_short || !line.ended).then_some(line.number);
                table.rejected.push(0, error);
            }
        }
    }
    if thousands > 0 {
        table
            .warnings
            .push(format!("thousands separators (`1,234.5`) were removed from {}", counted(thousands, "number")));
    }
    close(columns, &mut table);
    if let Some(nested) = source.nested {
        levels.columns(&mut table, nested);
    }
    table
}

/// Prepares a column: what it holds, where the header does not state it.
fn open(mut field: Field, at: usize, first: &[Vec<String>], source: &Source<'_>, mark: DecimalMark) -> Open {
    if matches!(field.kind, Kind::Open | Kind::Duration) {
        let cells: Vec<&String> =
            first.iter().filter_map(|cells| cells.get(at)).filter(|cell| !cell.is_empty()).collect();
        let durations = cells.iter().filter(|cell| duration_s(cell).is_some()).count();
        let numbers = cells.iter().filter(|cell| number(cell, mark, source.has_thousands).is_some()).count();
        let is_of_time = field.unit.as_deref() == Some("s") || field.unit.is_none();
        field.kind = if durations > 0 && durations * 2 > cells.len() && is_of_time {
            if field.unit.is_none() {
                field.name.push_str("_s");
                field.unit = Some("s".to_owned());
            }
            field.factor = 1.0;
            Kind::Duration
        } else if cells.is_empty() {
            Kind::Open
        } else if numbers * 2 >= cells.len() {
            if field.kind == Kind::Duration {
                // A time as a plain number without a stated unit is not a time in seconds.
                field.name = crate::column::column_name(&field.header);
                field.unit = None;
                field.is_needed = false;
            }
            Kind::Number
        } else {
            field.is_needed = false;
            if field.unit.as_deref() == Some("d") {
                // A date in words, not in days.
                field.unit = None;
                field.name = crate::column::column_name(&field.header);
            }
            Kind::Text
        };
    }
    let values = if field.kind == Kind::Text { Values::Text(Vec::new()) } else { Values::Number(Vec::new()) };
    Open { field, values, non_numeric: 0, example: String::new(), has_cells: false }
}

/// Cells without quotes.
fn split(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let ends = memchr_iter(separator, text.as_bytes()).chain(std::iter::once(text.len()));
    let mut start = 0;
    // The separator is ASCII, so that each cell lies between characters.
    ends.map(move |end| {
        let cell = text.get(start..end).unwrap_or_default();
        start = end + 1;
        cell
    })
}

fn is_blank(text: &str, separator: u8) -> bool {
    text.bytes().all(|byte| byte == separator || byte.is_ascii_whitespace())
}

/// Appends a row to the columns; on an error some have it and some don't.
fn push<'a>(
    cells: impl Iterator<Item = &'a str>,
    columns: &mut [Open],
    line: &Line<'_>,
    source: &Source<'_>,
    mark: DecimalMark,
    thousands: &mut usize,
) -> Result<(), ReadError> {
    let mut found = 0;
    for cell in cells {
        if let Some(column) = columns.get_mut(found) {
            let cell = cell.trim_ascii();
            column.has_cells |= !cell.is_empty();
            append(cell, column, line, source, mark, thousands)?;
        } else if !cell.trim_ascii().is_empty() {
            let more = columns.len() + 1;
            return Err(ReadError::FieldCount {
                place: Place::Line(line.number),
                expected: columns.len(),
                found: more,
            });
        }
        found += 1;
    }
    // Spreadsheets leave out the separators of empty cells at a line's end, but never needed ones.
    let missing = columns.get(found..).unwrap_or_default();
    if missing.iter().any(|column| column.field.kind != Kind::Skipped) {
        return Err(ReadError::FieldCount { place: Place::Line(line.number), expected: columns.len(), found });
    }
    for column in columns.get_mut(found..).unwrap_or_default() {
        match &mut column.values {
            Values::Number(values) => values.push(f64::NAN),
            Values::Text(values) => values.push(String::new()),
        }
    }
    Ok(())
}

fn append(
    cell: &str,
    column: &mut Open,
    line: &Line<'_>,
    source: &Source<'_>,
    mark: DecimalMark,
    thousands: &mut usize,
) -> Result<(), ReadError> {
    let values = match &mut column.values {
        Values::Text(values) => {
            values.push(cell.to_owned());
            return Ok(());
        }
        Values::Number(values) => values,
    };
    let value = if column.field.kind == Kind::Duration && !cell.is_empty() {
        duration_s(cell)
    } else {
        number(cell, mark, source.has_thousands).map(|(value, has_thousands)| {
            *thousands += usize::from(has_thousands);
            value
        })
    };
    match value {
        Some(value) if !column.field.is_needed || value.is_finite() => values.push(value),
        None if !column.field.is_needed
            && column.field.kind == Kind::Open
            && values.iter().all(|value| value.is_nan()) =>
        {
            // The column was empty so far and now has words.
            let mut words = vec![String::new(); values.len()];
            words.push(cell.to_owned());
            column.values = Values::Text(words);
            column.field.kind = Kind::Text;
        }
        None if !column.field.is_needed => {
            values.push(f64::NAN);
            column.non_numeric += 1;
            if column.example.is_empty() {
                column.example = excerpt(cell, 40);
            }
        }
        _ => {
            return Err(ReadError::NotANumber {
                place: Place::Line(line.number),
                column: column.field.header.clone(),
                unit: column.field.unit.clone().unwrap_or_default(),
                found: excerpt(cell, 40),
            });
        }
    }
    Ok(())
}

/// The number of a cell without blanks around it, and whether it had commas between thousands.
fn number(cell: &str, mark: DecimalMark, has_thousands: bool) -> Option<(f64, bool)> {
    if mark == DecimalMark::Point
        && let Ok(value) = fast_float2::parse(cell)
    {
        return Some((value, false));
    }
    if let Some(value) = parse_number(cell, mark) {
        return Some((value, false));
    }
    if !has_thousands || mark != DecimalMark::Point {
        return None;
    }
    // Groups of three digits between commas are nothing else where the decimal mark is a point.
    let unsigned = cell.strip_prefix('-').unwrap_or(cell);
    let (whole, _) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut groups = whole.split(',');
    let is_first = groups.next().is_some_and(|group| (1..=3).contains(&group.len()));
    let is_grouped = is_first && groups.all(|group| group.len() == 3 && group.bytes().all(|b| b.is_ascii_digit()));
    if !is_grouped || cell.len() > 40 {
        return None;
    }
    fast_float2::parse(cell.replace(',', "")).ok().map(|value| (value, true))
}

fn truncate(values: &mut Values, rows: usize) {
    match values {
        Values::Number(values) => values.truncate(rows),
        Values::Text(values) => values.truncate(rows),
    }
}

/// Turns what was read into columns; those without any cell are left out.
fn close(columns: Vec<Open>, table: &mut Table) {
    let has_rows = columns.iter().any(|column| !column.values.is_empty());
    for column in columns {
        let is_empty = has_rows && !column.has_cells;
        if column.field.kind == Kind::Skipped || is_empty {
            continue;
        }
        if column.non_numeric > 0 {
            table.warnings.push(format!(
                "left out as not numeric: {} of `{}`, the first is `{}`",
                counted(column.non_numeric, "cell"),
                column.field.header,
                column.example
            ));
        }
        let mut values = column.values;
        if let Values::Number(values) = &mut values {
            convert(values, column.field.factor);
        }
        table.columns.push(Column {
            name: column.field.name,
            unit: column.field.unit,
            header: column.field.header,
            values,
        });
        table.rivals.push(column.field.rival_of);
    }
}

/// Multiplies by a factor, or divides by its inverse where that is whole: 5 mA are 5 / 1000 A, and 5 × 0.001 is a different
/// number.
#[expect(clippy::float_cmp, reason = "a factor of exactly 1 means that nothing is converted")]
pub(super) fn convert(values: &mut [f64], factor: f64) {
    if factor == 1.0 {
        return;
    }
    let inverse = 1.0 / factor;
    let whole = inverse.round();
    if factor < 1.0 && (inverse - whole).abs() < 1e-9 * whole {
        values.iter_mut().for_each(|value| *value /= whole);
    } else {
        values.iter_mut().for_each(|value| *value *= factor);
    }
}

#[cfg(test)]
mod tests {
    use super::super::heading::{Vendor, fields};
    use super::*;

    fn table(vendor: Vendor, separator: u8, text: &str) -> Table {
        let (header, _) = text.split_once('\n').unwrap();
        let fields = fields(vendor, header.split(char::from(separator)));
        read(&Source { text, start: header.len() + 1, line: 2, separator, has_thousands: true, nested: None }, fields)
    }

    fn numbers<'t>(table: &'t Table, name: &str) -> &'t [f64] {
        match &table.columns.iter().find(|column| column.name == name).unwrap().values {
            Values::Number(values) => values,
            Values::Text(_) => panic!("{name} holds words"),
        }
    }

    #[test]
    fn cells_become_columns_in_the_units_of_the_table() {
        let table = table(
            Vendor::Neware,
            b',',
            "Time,Cumulative Time,Current(mA),Voltage(V),Step Type,Aux,\n00:01:00,00:01:00,5,3.5,CC Chg,,\n00:02:00,01:02:00,-7,3.4,CC DChg,,\n",
        );
        assert_eq!(numbers(&table, "time_s"), [60.0, 3720.0]);
        assert_eq!(numbers(&table, "current_a"), [0.005, -0.007]);
        assert_eq!(table.columns.len(), 5);
        assert_eq!(table.warnings, [] as [String; 0]);
        assert_eq!(*table.rejected, []);
    }

    #[test]
    fn decimal_commas_and_thousands_separators_are_distinguished() {
        let comma = table(Vendor::Maccor, b'\t', "Rec#\tAmps\tVolts\n1\t0,5\t3,25\n2\t1,234\t3,5\n");
        assert_eq!(numbers(&comma, "current_a"), [0.5, 1.234]);
        let thousands = table(Vendor::Maccor, b'\t', "Rec#\tAmps\tVolts\n999\t0.5\t3.25\n1,000\t1,234.5\t3.5\n");
        assert_eq!(numbers(&thousands, "record"), [999.0, 1000.0]);
        assert_eq!(numbers(&thousands, "current_a"), [0.5, 1234.5]);
        assert_eq!(thousands.warnings.len(), 1);
    }

    #[test]
    fn rows_that_cannot_be_trusted_are_rejected_and_leave_no_trace() {
        let table = table(
            Vendor::Arbin,
            b',',
            "Test_Time(s),Voltage(V),Current(A),Note\n1,3.5,0,7\n2,x,0,7\n3,3.5\n4,,0,7\n5,3.25,0,word\n6,3.2",
        );
        assert_eq!(numbers(&table, "time_s"), [1.0, 5.0]);
        let errors: Vec<_> = table.rejected.iter().map(|row| row.error.to_string()).collect();
        assert_eq!(
            errors,
            [
                "line 3: expected a number in V for `Voltage(V)`, found `x`",
                "line 4: expected 4 fields, found 2",
                "line 5: expected a number in V for `Voltage(V)`, found ``",
                "line 7: expected 4 fields, found 2",
            ]
        );
        assert_eq!(table.cut, Some(7));
        assert_eq!(table.warnings.len(), 1, "{:?}", table.warnings);
    }

    #[test]
    fn quoted_cells_may_hold_separators() {
        let table =
            table(Vendor::Arbin, b',', "Test_Time(s),Voltage(V),Step Name\n\"1\",\"3.5\",\"rest, \"\"long\"\"\"\n");
        assert_eq!(numbers(&table, "potential_v"), [3.5]);
        assert_eq!(table.columns[2].values, Values::Text(vec!["rest, \"long\"".to_owned()]));
    }
}
