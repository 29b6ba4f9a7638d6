//! Text in aligned columns, for people.
//!
//! Widths are those on a terminal: `Å` takes one column, a full-width character two, a combining accent none.

use std::borrow::Cow;
use std::io::{self, Write};

use unicode_width::UnicodeWidthStr as _;

/// Text as a terminal may show it: control characters, line ends and escape sequences among them, and those that reverse the
/// direction of writing are shown as escapes, `\n` or `\u{1b}`. A name of a file or a sample may contain any of them.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    let is_harmful = |c: char| {
        c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
    };
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_harmful(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// Widths and alignment of the columns of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    widths: Vec<usize>,
    /// Whether a column is aligned to the right.
    right: Vec<bool>,
}

impl Columns {
    /// Columns as wide as the widest cell of `rows`; `right` states for each whether it is aligned to the right.
    pub fn new<'c>(right: Vec<bool>, rows: impl IntoIterator<Item = impl IntoIterator<Item = &'c str>>) -> Self {
        let mut widths = vec![0; right.len()];
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = printable(cell).width().max(*width);
            }
        }
        Self { widths, right }
    }

    /// A row, with two blanks between columns and none at its end.
    pub fn line<'c>(&self, cells: impl IntoIterator<Item = &'c str>) -> String {
        let mut line = String::new();
        for ((cell, width), right) in cells.into_iter().zip(&self.widths).zip(&self.right) {
            let cell = printable(cell);
            let gap = " ".repeat(width.saturating_sub(cell.width()));
            line.extend(if *right { [&gap, &*cell, "  "] } else { [&*cell, &gap, "  "] });
        }
        line.truncate(line.trim_end().len());
        line
    }

    /// A line below the header.
    #[must_use]
    pub fn rule(&self) -> String {
        self.widths.iter().map(|width| "─".repeat(*width)).collect::<Vec<_>>().join("──")
    }
}

/// Writes a header and rows in aligned columns. A column whose cells are mostly numbers, alone or with a unit, is aligned to the
/// right.
///
/// # Errors
///
/// Those of writing.
pub fn write_table<const N: usize>(
    to: &mut impl Write,
    indent: &str,
    header: [&str; N],
    rows: &[[String; N]],
) -> io::Result<()> {
    let is_numeric = |column: usize| {
        let (mut numbers, mut others) = (0_usize, 0_usize);
        for cell in rows.iter().map(|row| row[column].as_str()).filter(|cell| !["", "-"].contains(cell)) {
            if is_number(cell) { numbers += 1 } else { others += 1 }
        }
        numbers > others
    };
    let cells = rows.iter().map(|row| row.each_ref().map(String::as_str));
    let columns = Columns::new((0..N).map(is_numeric).collect(), std::iter::once(header).chain(cells.clone()));
    std::iter::once(header).chain(cells).try_for_each(|row| writeln!(to, "{indent}{}", columns.line(row)))
}

/// Writes rows without a header, such as names and their values, in columns aligned to the left.
///
/// # Errors
///
/// Those of writing.
pub fn write_list<const N: usize>(to: &mut impl Write, indent: &str, rows: &[[String; N]]) -> io::Result<()> {
    let cells = rows.iter().map(|row| row.each_ref().map(String::as_str));
    let columns = Columns::new(vec![false; N], cells.clone());
    cells.into_iter().try_for_each(|row| writeln!(to, "{indent}{}", columns.line(row)))
}

/// Whether a cell is a number, or a number and a unit.
fn is_number(cell: &str) -> bool {
    let mut words = cell.split_whitespace();
    words.next().is_some_and(|word| word.parse::<f64>().is_ok()) && words.count() <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table<const N: usize>(header: [&str; N], rows: &[[&str; N]]) -> String {
        let rows: Vec<[String; N]> = rows.iter().map(|row| row.map(str::to_owned)).collect();
        let mut text = Vec::new();
        write_table(&mut text, "  ", header, &rows).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn numbers_are_aligned_to_the_right_and_words_to_the_left() {
        assert_eq!(
            table(["name", "value", "note"], &[["a", "1.5", "first"], ["bcdefg", "-120 °C", ""], ["h", "-", "x"]]),
            "  name      value  note\n  a           1.5  first\n  bcdefg  -120 °C\n  h             -  x\n"
        );
    }

    #[test]
    fn the_width_of_a_cell_is_the_one_on_a_terminal() {
        assert_eq!(
            table(["", "unit"], &[["電流", "A"], ["d", "Å"], ["e\u{301}", "x"]]),
            "        unit\n  電流  A\n  d     Å\n  e\u{301}     x\n"
        );
    }

    #[test]
    fn names_cannot_command_the_terminal_nor_begin_a_line() {
        assert_eq!(
            table(["name", "n"], &[["a\u{1b}[2Jb", "1"], ["c\nerror: d", "2"], ["µm Å 電", "3"]]),
            "  name         n\n  a\\u{1b}[2Jb  1\n  c\\nerror: d  2\n  µm Å 電      3\n"
        );
        assert_eq!(printable("a\u{202e}b\u{9b}"), "a\\u{202e}b\\u{9b}");
    }

    #[test]
    fn a_list_has_no_header_and_is_aligned_to_the_left() {
        let mut text = Vec::new();
        write_list(&mut text, "", &[["cycles".to_owned(), "5".to_owned()], ["time".to_owned(), "12 h".to_owned()]])
            .unwrap();
        assert_eq!(String::from_utf8(text).unwrap(), "cycles  5\ntime    12 h\n");
    }
}
