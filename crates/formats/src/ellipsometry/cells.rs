//! Splits lines into cells, as the texts of ellipsometers need it.
//!
//! Not through `csv-core`: cells are slices of the line, never copied, and only headers with commas have quotes. Quotes doubled within a cell,
//! which no ellipsometer's program writes, are kept as they are.

use memchr::{memchr, memchr_iter};

/// The separator between the cells of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delimiter {
    Tab,
    Comma,
    Semicolon,
    /// One or more blanks.
    Blanks,
}

impl Delimiter {
    /// The most certain separator that a header has.
    pub(super) fn of_header(line: &str) -> Self {
        let has = |byte: u8| memchr(byte, line.as_bytes()).is_some();
        match () {
            () if has(b'\t') => Self::Tab,
            () if has(b';') => Self::Semicolon,
            () if has(b',') => Self::Comma,
            () => Self::Blanks,
        }
    }

    /// Puts the cells of `line` into `cells`, trimmed; empty ones at the end are left out.
    pub(super) fn split<'t>(self, line: &'t str, cells: &mut Vec<&'t str>) {
        cells.clear();
        match self {
            Self::Tab => {
                let mut start = 0;
                for at in memchr_iter(b'\t', line.as_bytes()) {
                    cells.push(line.get(start..at).unwrap_or_default().trim_ascii());
                    start = at + 1;
                }
                cells.push(line.get(start..).unwrap_or_default().trim_ascii());
            }
            Self::Semicolon => cells.extend(line.split(';').map(unquoted)),
            Self::Comma => split_at_commas(line, cells),
            Self::Blanks => cells.extend(line.split_ascii_whitespace()),
        }
        while cells.last().is_some_and(|cell| cell.is_empty()) {
            cells.pop();
        }
    }
}

/// Commas inside quotes separate nothing.
fn split_at_commas<'t>(line: &'t str, cells: &mut Vec<&'t str>) {
    let (mut start, mut in_quotes) = (0, false);
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            b'"' => in_quotes = !in_quotes,
            b',' if !in_quotes => {
                cells.push(unquoted(line.get(start..at).unwrap_or_default()));
                start = at + 1;
            }
            _ => {}
        }
    }
    cells.push(unquoted(line.get(start..).unwrap_or_default()));
}

fn unquoted(cell: &str) -> &str {
    let cell = cell.trim();
    cell.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).map_or(cell, str::trim)
}

/// Puts the fields of a row into `fields`: separated by tabs where it has one, else by blanks.
pub(super) fn split_row<'t>(line: &'t str, fields: &mut Vec<&'t str>) {
    let has_tab = memchr(b'\t', line.as_bytes()).is_some();
    (if has_tab { Delimiter::Tab } else { Delimiter::Blanks }).split(line, fields);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_in_quotes_separate_nothing_and_empty_cells_at_the_end_are_left_out() {
        let mut cells = Vec::new();
        Delimiter::of_header("\"Wavelength, nm\",n,k").split("\"Wavelength, nm\",n,k,,", &mut cells);
        assert_eq!(cells, ["Wavelength, nm", "n", "k"]);
        split_row("1\t2\t\t4\t\t", &mut cells);
        assert_eq!(cells, ["1", "2", "", "4"]);
        split_row(" 1  2 ", &mut cells);
        assert_eq!(cells, ["1", "2"]);
    }
}
