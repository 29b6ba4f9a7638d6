//! Reads lines of numbers in a fixed order without a header, as Potku and multichannel analysers write them.
//!
//! Numbers are separated by blanks or tabs. Every line that is not a row of numbers is rejected with its line; or it ends the
//! table, where programs write words below it. A last line without a line end may be cut off in a number, and is left
//! out: all of these programs end their files with one.

use crate::number::{DecimalMark, parse_number};
use crate::rejections::{cut_row, ends_in_line};
use crate::text::{Line, excerpt};
use crate::{Column, Place, ReadError, Rejections, Values};

/// One column of such a table.
pub(super) struct Meaning {
    /// Its name in a reading; ends in its unit.
    pub name: &'static str,
    /// UCUM code.
    pub unit: Option<&'static str>,
    /// Its description, for people.
    pub header: &'static str,
    /// Value in the reading = value in the file × `factor`.
    pub factor: f64,
    /// How a cell is read.
    pub read: Cell,
}

/// How a cell is read.
#[derive(Clone, Copy)]
pub(super) enum Cell {
    Number,
    /// A word that stands for a number.
    Word(fn(&str) -> Option<f64>),
}

impl Cell {
    /// The number that a cell is or stands for.
    pub(super) fn read(self, cell: &str) -> Option<f64> {
        match self {
            Self::Number => number(cell),
            Self::Word(read) => read(cell),
        }
    }
}

/// A column of plain numbers that keep their unit.
pub(super) const fn plain(name: &'static str, unit: &'static str, header: &'static str) -> Meaning {
    Meaning { name, unit: Some(unit), header, factor: 1.0, read: Cell::Number }
}

/// How a line that is not a row is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OtherLines {
    /// It is rejected.
    Rejected,
    /// The table ends above it.
    EndTheTable,
}

/// The rows of such a table.
pub(super) struct Rows<const N: usize> {
    pub values: [Vec<f64>; N],
    pub rejected: Rejections,
    /// A statement that the file was cut off.
    pub incomplete: Option<String>,
    /// Number and text of the line that ended the table.
    pub ended_by: Option<(u64, String)>,
    /// Rows of numbers below that line, which are not read.
    pub below: usize,
}

impl<const N: usize> Rows<N> {
    /// The columns of a measurement.
    pub(super) fn columns(values: [Vec<f64>; N], meanings: &[Meaning; N]) -> Vec<Column> {
        let columns = meanings.iter().zip(values).map(|(meaning, mut values)| {
            values.iter_mut().for_each(|value| *value *= meaning.factor);
            column(meaning.name, meaning.unit, meaning.header, values)
        });
        columns.collect()
    }

    /// Number of rows read.
    pub(super) fn len(&self) -> usize {
        self.values.first().map_or(0, Vec::len)
    }
}

/// A column of numbers.
pub(super) fn column(name: &str, unit: Option<&str>, header: &str, values: Vec<f64>) -> Column {
    Column {
        name: name.to_owned(),
        unit: unit.map(str::to_owned),
        header: header.to_owned(),
        values: Values::Number(values),
    }
}

/// Reads the rows of numbers in `lines`; empty lines don't count.
pub(super) fn read_rows<'a, const N: usize>(
    lines: impl Iterator<Item = Line<'a>>,
    meanings: &[Meaning; N],
    is_separator: impl Fn(u8) -> bool + Copy,
    others: OtherLines,
) -> Rows<N> {
    let mut rows = Rows {
        values: std::array::from_fn(|_| Vec::new()),
        rejected: Rejections::default(),
        incomplete: None,
        ended_by: None,
        below: 0,
    };
    for line in lines {
        let found = row(line, meanings, is_separator);
        if rows.ended_by.is_some() {
            rows.below += usize::from(matches!(found, Ok(Some(_))));
            continue;
        }
        match found {
            Ok(None) => {}
            Ok(Some(numbers)) if line.ended => {
                for (values, number) in rows.values.iter_mut().zip(numbers) {
                    values.push(number);
                }
            }
            Err(_) if others == OtherLines::EndTheTable && rows.len() > 0 && has_letters(line.text) => {
                rows.ended_by = Some((line.number, excerpt(line.text.trim(), 40)));
            }
            Err(error) if line.ended => rows.rejected.push(0, error),
            _ => {
                rows.rejected.push(0, cut_row(line));
                rows.incomplete = Some(ends_in_line(line.number));
            }
        }
    }
    rows
}

/// The numbers of a line, `None` where it is empty.
fn row<const N: usize>(
    line: Line<'_>,
    meanings: &[Meaning; N],
    is_separator: impl Fn(u8) -> bool,
) -> Result<Option<[f64; N]>, ReadError> {
    let mut numbers = [0.0; N];
    let mut found = 0;
    let bytes = line.text.as_bytes();
    let mut at = 0;
    loop {
        while bytes.get(at).is_some_and(|byte| is_separator(*byte)) {
            at += 1;
        }
        if at >= bytes.len() {
            break;
        }
        let start = at;
        // Events are short whole numbers: those are read while their end is looked for.
        let (mut whole, mut is_whole) = (0_u32, true);
        while let Some(byte) = bytes.get(at).filter(|byte| !is_separator(**byte)) {
            let digit = byte.wrapping_sub(b'0');
            is_whole &= digit <= 9 && at - start < 9;
            if is_whole {
                whole = whole * 10 + u32::from(digit);
            }
            at += 1;
        }
        if let (Some(place), Some(meaning)) = (numbers.get_mut(found), meanings.get(found)) {
            if is_whole && matches!(meaning.read, Cell::Number) {
                *place = f64::from(whole);
            } else {
                // Separators are ASCII, so these are ends of characters.
                let cell = line.text.get(start..at).unwrap_or_default();
                *place = meaning.read.read(cell).ok_or_else(|| ReadError::NotANumber {
                    place: Place::Line(line.number),
                    column: meaning.header.to_owned(),
                    unit: meaning.unit.unwrap_or("").to_owned(),
                    found: excerpt(cell, 40),
                })?;
            }
        }
        found += 1;
    }
    match found {
        0 => Ok(None),
        _ if found == N => Ok(Some(numbers)),
        _ => Err(ReadError::FieldCount { place: Place::Line(line.number), expected: N, found }),
    }
}

/// The cells of a line.
pub(super) fn cells(text: &str, is_separator: fn(u8) -> bool) -> impl Iterator<Item = &str> + Clone {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while bytes.get(at).is_some_and(|byte| is_separator(*byte)) {
            at += 1;
        }
        let start = at;
        while bytes.get(at).is_some_and(|byte| !is_separator(*byte)) {
            at += 1;
        }
        // Separators are ASCII, so these are ends of characters.
        if start < at { text.get(start..at) } else { None }
    })
}

fn has_letters(text: &str) -> bool {
    text.contains(char::is_alphabetic)
}

/// Blank or tab.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

/// Blank, tab, comma or semicolon.
pub(super) fn is_blank_or_mark(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b',' | b';')
}

/// A number with a decimal point.
pub(super) fn number(cell: &str) -> Option<f64> {
    whole_number(cell).map(f64::from).or_else(|| parse_number(cell, DecimalMark::Point))
}

/// A whole number of at most nine digits.
pub(super) fn whole_number(cell: &str) -> Option<u32> {
    let bytes = cell.as_bytes();
    if bytes.is_empty() || bytes.len() > 9 {
        return None;
    }
    let mut value = 0_u32;
    for byte in bytes {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u32::from(digit);
    }
    Some(value)
}

/// Whether a cell is a number written with exactly `decimals` digits after its point and no exponent.
pub(super) fn has_decimals(cell: &str, decimals: usize) -> bool {
    let (whole, fraction) = cell.split_once('.').unwrap_or((cell, ""));
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !whole.is_empty() && is_digits(whole) && fraction.len() == decimals && is_digits(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::lines;

    const PAIR: [Meaning; 2] = [plain("channel", "1", "channel"), plain("counts", "1", "counts")];

    #[test]
    fn rows_are_read_and_others_are_rejected_with_their_line() {
        let rows = read_rows(lines("1 2\n\n3 x\n4\n 5\t6 \r\n7 8"), &PAIR, is_blank, OtherLines::Rejected);
        assert_eq!(rows.values, [[1.0, 5.0], [2.0, 6.0]]);
        let rejected: Vec<_> = rows.rejected.iter().map(|row| row.error.to_string()).collect();
        assert_eq!(
            rejected,
            [
                "line 3: expected a number for `counts`, found `x`",
                "line 4: expected 2 fields, found 1",
                "line 6: expected a complete row with a line end, found the end of the file after `7 8`"
            ]
        );
        assert_eq!(rows.incomplete.as_deref(), Some("the file ends in the middle of line 6"));
    }

    #[test]
    fn words_below_the_rows_end_them_where_programs_write_such() {
        let rows = read_rows(lines("0,1\n1,2\nReal time 9 s\n3,4\n"), &PAIR, is_blank_or_mark, OtherLines::EndTheTable);
        assert_eq!(rows.values, [[0.0, 1.0], [1.0, 2.0]]);
        assert_eq!((rows.ended_by, rows.below), (Some((3, "Real time 9 s".to_owned())), 1));
    }

    #[test]
    fn decimals_are_counted() {
        assert!(has_decimals("-190.000", 3) && has_decimals("12", 0) && has_decimals("0.85000", 5));
        assert!(!has_decimals("1.0", 3) && !has_decimals("1e3", 0) && !has_decimals("", 0) && !has_decimals(".5", 1));
    }
}
