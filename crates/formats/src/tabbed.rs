//! Appends rows of tab-separated cells to columns: the inner loop of the readers of potentiostats' text files.
//!
//! A row is appended whole or not at all, so that columns stay of one length whatever a file holds.
//!
//! Not supported: quoted cells. No potentiostat writes them.

use memchr::{memchr, memchr_iter};

use crate::Values;
use crate::number::{DecimalMark, parse_number};

/// Columns that rows are appended to.
#[derive(Debug)]
pub(crate) struct Columns {
    values: Vec<Values>,
    mark: DecimalMark,
    /// The content of a cell without a number.
    none: &'static str,
    rows: usize,
}

/// Why a row was not appended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault<'t> {
    /// It has a wrong number of cells, this one.
    FieldCount(usize),
    /// The cell of this column is not a number.
    NotANumber(usize, &'t str),
}

impl Columns {
    /// No rows yet; `none` is the format's placeholder for a missing number, besides the usual words.
    pub(crate) fn new(values: Vec<Values>, mark: DecimalMark, none: &'static str) -> Self {
        Self { values, mark, none, rows: 0 }
    }

    /// The rows appended so far.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The columns.
    pub(crate) fn values(&self) -> &[Values] {
        &self.values
    }

    /// The columns.
    pub(crate) fn into_values(self) -> Vec<Values> {
        self.values
    }

    /// Appends the cells of a row, or none of them.
    ///
    /// # Errors
    ///
    /// [`Fault`] where the row's number of cells differs from that of the columns, or a word is in place of a number.
    pub(crate) fn push<'t>(&mut self, row: &'t str) -> Result<(), Fault<'t>> {
        let bytes = row.as_bytes();
        let mut at = 0;
        for (place, column) in self.values.iter_mut().enumerate() {
            if at > bytes.len() {
                self.drop_beyond(self.rows);
                return Err(Fault::FieldCount(place));
            }
            match column {
                Values::Number(values) => {
                    let (value, end) = number_at(row, at, self.mark, self.none);
                    let Some(value) = value else {
                        self.drop_beyond(self.rows);
                        return Err(Fault::NotANumber(place, row.get(at..end).unwrap_or_default()));
                    };
                    values.push(value);
                    at = end + 1;
                }
                Values::Text(words) => {
                    let end = cell_end(bytes, at);
                    words.push(row.get(at..end).unwrap_or_default().trim().to_owned());
                    at = end + 1;
                }
            }
        }
        if at <= bytes.len() {
            self.drop_beyond(self.rows);
            return Err(Fault::FieldCount(memchr_iter(b'\t', bytes).count() + 1));
        }
        self.rows += 1;
        Ok(())
    }

    /// Takes the last row back.
    pub(crate) fn pop(&mut self) {
        self.rows = self.rows.saturating_sub(1);
        self.drop_beyond(self.rows);
    }

    fn drop_beyond(&mut self, rows: usize) {
        self.values.iter_mut().for_each(|column| match column {
            Values::Text(words) => words.truncate(rows),
            Values::Number(values) => values.truncate(rows),
        });
    }
}

/// The number of the cell that starts at `at`, and where the cell ends.
fn number_at(row: &str, at: usize, mark: DecimalMark, none: &str) -> (Option<f64>, usize) {
    let cell = row.as_bytes().get(at..).unwrap_or_default();
    // Flags are single digits, and a third of all cells.
    if let [digit @ b'0'..=b'9', rest @ ..] = cell
        && matches!(rest.first(), None | Some(b'\t'))
    {
        return (Some(f64::from(digit - b'0')), at + 1);
    }
    if mark == DecimalMark::Point
        && let Ok((value, length)) = fast_float2::parse_partial(cell)
        && length > 0
        && matches!(cell.get(length), None | Some(b'\t'))
    {
        return (Some(value), at + length);
    }
    if mark == DecimalMark::Comma
        && let Some(found) = number_with_comma(cell)
    {
        return (Some(found.0), at + found.1);
    }
    let end = cell_end(row.as_bytes(), at);
    let cell = row.get(at..end).unwrap_or_default();
    (parse_number(cell, mark).or_else(|| (!none.is_empty() && cell.trim() == none).then_some(f64::NAN)), end)
}

/// The plain number with a decimal comma that a row continues with, and its length; `None` for anything else.
fn number_with_comma(row: &[u8]) -> Option<(f64, usize)> {
    const LONGEST: usize = 32;
    let mut with_point = [0_u8; LONGEST];
    let mut length = 0;
    for (to, byte) in with_point.iter_mut().zip(row) {
        match byte {
            b'\t' => break,
            b',' => *to = b'.',
            b'.' => return None,
            byte => *to = *byte,
        }
        length += 1;
    }
    let is_whole = matches!(row.get(length), None | Some(b'\t'));
    let value = fast_float2::parse(with_point.get(..length)?).ok()?;
    is_whole.then_some((value, length))
}

/// The end of the cell that starts at `at`: at the next tab, or the end of the row.
fn cell_end(row: &[u8], at: usize) -> usize {
    memchr(b'\t', row.get(at..).unwrap_or_default()).map_or(row.len(), |length| at + length)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values are exact in binary or copied")]
mod tests {
    use super::*;

    fn columns_with(mark: DecimalMark) -> Columns {
        Columns::new(
            vec![Values::Number(Vec::new()), Values::Text(Vec::new()), Values::Number(Vec::new())],
            mark,
            "XXX",
        )
    }

    #[test]
    fn cells_become_numbers_and_words_with_either_decimal_mark() {
        for (mark, row) in [(DecimalMark::Point, "7\t 10 mA \t-1.5E-003"), (DecimalMark::Comma, "7\t10 mA\t-1,5E-003")]
        {
            let mut columns = columns_with(mark);
            assert_eq!(columns.push(row), Ok(()));
            let expected =
                [Values::Number(vec![7.0]), Values::Text(vec!["10 mA".to_owned()]), Values::Number(vec![-0.0015])];
            assert_eq!(columns.values(), expected);
        }
    }

    #[test]
    fn a_row_is_appended_whole_or_not_at_all() {
        let mut columns = columns_with(DecimalMark::Point);
        columns.push("1.5\ta\t2").unwrap();
        assert_eq!(columns.push("1.5\ta"), Err(Fault::FieldCount(2)));
        assert_eq!(columns.push("1.5\ta\t2\t3\t"), Err(Fault::FieldCount(5)));
        assert_eq!(columns.push("1.5\ta\t2V"), Err(Fault::NotANumber(2, "2V")));
        assert_eq!(columns.push("1,5\ta\t2"), Err(Fault::NotANumber(0, "1,5")));
        let mut with_comma = columns_with(DecimalMark::Comma);
        for wrong in ["1.5", "1,2,3", "1,5V"] {
            assert_eq!(with_comma.push(&format!("{wrong}\ta\t2")), Err(Fault::NotANumber(0, wrong)));
        }
        let long = format!("1,{}", "0".repeat(40));
        assert_eq!(with_comma.push(&format!("{long}\ta\t2")), Ok(()));
        assert_eq!(columns.push(""), Err(Fault::FieldCount(1)));
        assert_eq!((columns.rows(), columns.values().iter().map(Values::len).max()), (1, Some(1)));
        columns.pop();
        assert_eq!((columns.rows(), columns.into_values().iter().map(Values::len).max()), (0, Some(0)));
    }

    #[test]
    fn a_cell_without_a_number_is_missing() {
        let mut columns = columns_with(DecimalMark::Point);
        columns.push("XXX\t\t").unwrap();
        columns.push(" 2.5\t\tNaN").unwrap();
        let Values::Number(first) = &columns.values()[0] else { panic!("words") };
        assert!(first[0].is_nan() && first[1] == 2.5);
    }
}
