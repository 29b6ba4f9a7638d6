//! Lines to rows: the loop over a text's bytes.

use std::collections::BTreeMap;

use crate::delimited::blocks::Blocks;
use crate::delimited::cells::Delimiter;
use crate::delimited::layout::{Layout, Planned};
use crate::manifest::{Manifest, Pattern};
use crate::number::{DecimalMark, parse_number};
use crate::rejections::{cut_row, ends_in_line, no_line_end};
use crate::text::{Line, excerpt, lines_from};
use crate::{Place, ReadError, Rejections, Values};

/// Most measurements in a file: more than any cycler writes, few enough to hold.
const MOST_BLOCKS: usize = 100_000;
/// Columns found to hold words below the sampled rows: each costs a restart.
const MOST_RESTARTS: usize = 8;

/// The rows of a text.
#[derive(Debug)]
pub(super) struct Table {
    pub columns: Vec<Planned>,
    pub values: Vec<Values>,
    /// First row of each measurement; the first is 0.
    pub starts: Vec<usize>,
    pub rejected: Rejections,
    /// Rows left out, for each `skip_rows` of the manifest.
    pub skipped: Vec<u64>,
    /// Columns of numbers with words in some cells, which are missing values: the first of them, and how many.
    pub lacking: BTreeMap<usize, (ReadError, u64)>,
    /// Why the text can't be whole, if so.
    pub cut_off: Option<String>,
    /// The warning about a last row without a line end.
    pub open_end: Option<String>,
}

impl Table {
    /// Number of rows found, kept or not.
    pub(super) fn rows_seen(&self) -> u64 {
        let read = self.values.first().map_or(0, Values::len) as u64;
        read + self.rejected.total() + self.skipped.iter().sum::<u64>()
    }

    pub(super) fn numbers(&self, name: &str) -> Option<&[f64]> {
        let place = self.columns.iter().position(|column| column.heading.name == name)?;
        match &self.values[place] {
            Values::Number(values) => Some(values),
            Values::Text(_) => None,
        }
    }
}

/// Reads the rows of `text` as `layout` describes.
///
/// # Errors
///
/// [`ReadError::Malformed`] above the number of measurements that a reading may have.
pub(super) fn read(manifest: &Manifest, text: &str, mut layout: Layout<'_>) -> Result<Table, ReadError> {
    for _ in 0..MOST_RESTARTS {
        match Reader::new(manifest, &layout, true).run(text) {
            Ok(table) => return Ok(table),
            Err(Stop::Words(column)) => {
                let planned = &layout.columns[column];
                let is_quantity = planned.heading.unit.is_some();
                let (n_numbers, n_words, first) = survey(&layout, text, column);
                let (is_text, is_mixed) = (!is_quantity || n_words >= n_numbers, n_numbers > n_words);
                let note = first.filter(|_| is_text && is_mixed).map(|(line, word)| {
                    format!("line {line}: `{word}` among numbers: the column `{}` is read as words", planned.header)
                });
                let planned = &mut layout.columns[column];
                (planned.is_text, planned.may_lack) = (is_text, !is_text);
                planned.note = note.or_else(|| planned.note.take());
            }
            Err(Stop::Refused(error)) => return Err(error),
        }
    }
    Reader::new(manifest, &layout, false).run(text).map_err(|stop| match stop {
        Stop::Refused(error) => error,
        Stop::Words(_) => unreachable!("a reader without restarts rejects the row instead"),
    })
}

/// The numbers and the words in a column, and the first word with its line.
fn survey(layout: &Layout<'_>, text: &str, column: usize) -> (usize, usize, Option<(u64, String)>) {
    let (mut n_numbers, mut n_words, mut first) = (0, 0, None);
    for line in lines_from(text, layout.rows_start, layout.rows_line) {
        let Some(cell) = layout.delimiter.cells(line.text).nth(column).filter(|cell| !cell.is_empty()) else {
            continue;
        };
        if number(cell, layout.decimal).is_some() {
            n_numbers += 1;
        } else {
            n_words += 1;
            first.get_or_insert_with(|| (line.number, excerpt(cell, 40)));
        }
    }
    (n_numbers, n_words, first)
}

/// Why reading stopped.
enum Stop {
    /// This column holds words.
    Words(usize),
    Refused(ReadError),
}

/// Why a line is not a row.
enum Fault {
    FieldCount(usize),
    NotANumber(usize),
    NotPositive(usize),
}

struct Reader<'r, 't> {
    manifest: &'r Manifest,
    layout: &'r Layout<'t>,
    may_restart: bool,
    blocks: Blocks,
    /// Column and value of each kind of row to leave out.
    skips: Vec<(Option<usize>, f64)>,
    frequency: Option<usize>,
    numbers: Vec<f64>,
    cells: Vec<&'t str>,
    /// Columns whose cell in this row is a word among numbers.
    lacking: Vec<usize>,
    table: Table,
}

impl<'r, 't> Reader<'r, 't> {
    fn new(manifest: &'r Manifest, layout: &'r Layout<'t>, may_restart: bool) -> Self {
        let place = |name: &str| layout.columns.iter().position(|column| column.heading.name == name);
        let values = layout
            .columns
            .iter()
            .map(|column| if column.is_text { Values::Text(Vec::new()) } else { Values::Number(Vec::new()) });
        let table = Table {
            columns: layout.columns.clone(),
            values: values.collect(),
            starts: vec![0],
            rejected: Rejections::default(),
            skipped: vec![0; manifest.skip_rows.len()],
            lacking: BTreeMap::new(),
            cut_off: None,
            open_end: None,
        };
        Self {
            manifest,
            layout,
            may_restart,
            blocks: Blocks::new(manifest, layout),
            skips: manifest.skip_rows.iter().map(|skip| (place(&skip.column), skip.equals)).collect(),
            frequency: place("frequency_hz"),
            numbers: vec![f64::NAN; layout.columns.len()],
            cells: vec![""; layout.columns.len()],
            lacking: Vec::new(),
            table,
        }
    }

    fn run(mut self, text: &'t str) -> Result<Table, Stop> {
        for line in lines_from(text, self.layout.rows_start, self.layout.rows_line) {
            match self.parse(line.text) {
                Ok(()) => {
                    self.keep(line)?;
                    if !line.ended {
                        let last = self.cells.last().copied().unwrap_or_default();
                        self.table.open_end = Some(no_line_end(line.number, last));
                    }
                }
                Err(fault) => {
                    if !self.explain(line, fault)? {
                        break;
                    }
                }
            }
        }
        Ok(self.table)
    }

    /// Fills the scratch space with a line's cells and numbers.
    fn parse(&mut self, line: &'t str) -> Result<(), Fault> {
        let expected = self.layout.columns.len();
        let mut place = 0;
        self.lacking.clear();
        for cell in self.layout.delimiter.cells(line) {
            if place == expected {
                if cell.is_empty() {
                    continue;
                }
                return Err(Fault::FieldCount(self.layout.delimiter.cells(line).count()));
            }
            let column = &self.layout.columns[place];
            self.cells[place] = cell;
            if !column.is_text {
                match number(cell, self.layout.decimal) {
                    Some(value) => self.numbers[place] = column.heading.convert(value),
                    None if column.may_lack => {
                        self.numbers[place] = f64::NAN;
                        self.lacking.push(place);
                    }
                    None => return Err(Fault::NotANumber(place)),
                }
                if column.is_needed && !self.numbers[place].is_finite() {
                    return Err(Fault::NotANumber(place));
                }
            }
            place += 1;
        }
        if place < expected { Err(Fault::FieldCount(place)) } else { Ok(()) }
    }

    /// Adds the row in the scratch space to the table, unless it is one to leave out.
    fn keep(&mut self, line: Line<'t>) -> Result<(), Stop> {
        #[expect(
            clippy::float_cmp,
            reason = "a row is left out for one written value, which parses to the same number"
        )]
        for (count, (column, value)) in self.table.skipped.iter_mut().zip(&self.skips) {
            if column.is_some_and(|column| self.numbers[column] == *value) {
                *count += 1;
                return Ok(());
            }
        }
        if let Some(frequency) = self.frequency
            && self.numbers[frequency] <= 0.0
        {
            self.explain(line, Fault::NotPositive(frequency))?;
            return Ok(());
        }
        for column in &self.lacking {
            let error = self.error(line, &Fault::NotANumber(*column));
            self.table.lacking.entry(*column).or_insert_with(|| (error, 0)).1 += 1;
        }
        if self.blocks.begins(&self.numbers, &self.cells) {
            self.begin_block(line)?;
        }
        for ((values, number), cell) in self.table.values.iter_mut().zip(&self.numbers).zip(&self.cells) {
            match values {
                Values::Number(values) => values.push(*number),
                Values::Text(values) => values.push((*cell).to_owned()),
            }
        }
        Ok(())
    }

    fn begin_block(&mut self, line: Line<'_>) -> Result<(), Stop> {
        if self.table.starts.len() == MOST_BLOCKS {
            let expected = format!("at most {MOST_BLOCKS} measurements");
            let place = Place::Line(line.number);
            return Err(Stop::Refused(ReadError::malformed(place, expected, "more")));
        }
        self.table.starts.push(self.table.values.first().map_or(0, Values::len));
        Ok(())
    }

    /// Classifies a line that is not a row; returns whether reading continues.
    fn explain(&mut self, line: Line<'t>, fault: Fault) -> Result<bool, Stop> {
        let layout = self.manifest.text.as_ref();
        let is_blank = |c: char| {
            let is_separator = u8::try_from(c).is_ok_and(|byte| self.layout.delimiter == Delimiter::Byte(byte));
            c.is_whitespace() || c.is_control() || is_separator
        };
        if line.text.chars().all(is_blank) {
            return Ok(true);
        }
        let is_in = |pattern: Option<&Pattern>| pattern.is_some_and(|p| p.is_in(line.text));
        if is_in(layout.and_then(|layout| layout.rows_end.as_ref())) {
            return Ok(false);
        }
        let is_header = !self.layout.header.is_empty() && line.text == self.layout.header;
        if is_header || is_in(self.manifest.blocks.marker.as_ref()) {
            let has_rows = self.table.starts.last() < Some(&self.table.values.first().map_or(0, Values::len));
            if has_rows {
                self.begin_block(line)?;
            }
            self.blocks.restart();
            return Ok(true);
        }
        if is_in(layout.and_then(|layout| layout.comment.as_ref())) {
            return Ok(true);
        }
        if let Fault::NotANumber(column) = fault
            && self.may_restart
            && line.ended
            && !self.layout.columns[column].is_needed
        {
            return Err(Stop::Words(column));
        }
        let error = if line.ended {
            self.error(line, &fault)
        } else {
            self.table.cut_off = Some(ends_in_line(line.number));
            cut_row(line)
        };
        self.table.rejected.push(self.table.starts.len() - 1, error);
        Ok(true)
    }

    fn error(&self, line: Line<'_>, fault: &Fault) -> ReadError {
        let place = Place::Line(line.number);
        match *fault {
            Fault::FieldCount(found) => ReadError::FieldCount { place, expected: self.layout.columns.len(), found },
            Fault::NotANumber(column) => ReadError::NotANumber {
                place,
                column: self.layout.columns[column].header.clone(),
                unit: self.layout.columns[column].heading.unit.clone().unwrap_or_default(),
                found: excerpt(self.cells[column], 40),
            },
            Fault::NotPositive(column) => ReadError::OutOfRange {
                place,
                column: self.layout.columns[column].header.clone(),
                unit: "Hz".to_owned(),
                value: self.numbers[column],
                expected: "above 0".to_owned(),
            },
        }
    }
}

/// [`parse_number`] with the usual case first.
fn number(cell: &str, decimal: DecimalMark) -> Option<f64> {
    if decimal == DecimalMark::Point
        && let Ok(value) = fast_float2::parse(cell)
    {
        return Some(value);
    }
    parse_number(cell, decimal)
}
