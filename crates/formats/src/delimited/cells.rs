//! Splits a line into its cells.
//!
//! Not through `csv-core`: cells are slices of the line, never copied, which decides how fast a delimited file is read; and that library
//! takes a quote that is never closed to the end of the line, and a quote after a blank as text, where instruments' headers have `Z"/ohm` and
//! ` "Freq (Hz)" `. Quotes doubled within a cell, which none of these formats writes, are kept as they are.

use memchr::memchr;

use crate::manifest::Separator;

/// The separator between the cells of a line, once it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delimiter {
    /// This byte, once.
    Byte(u8),
    /// One or more blanks or tabs; those at the ends of a line separate nothing.
    Blanks,
}

impl Delimiter {
    /// A tab.
    pub(crate) const TAB: Self = Self::Byte(b'\t');

    /// The most certain separator that a header has.
    pub(crate) fn of_header(line: &str) -> Self {
        let marks = [b'\t', b';', b','];
        let mark = marks.into_iter().find(|mark| memchr(*mark, line.as_bytes()).is_some());
        mark.map_or(Self::Blanks, Self::Byte)
    }

    /// Puts the cells of `line` into `cells`; empty ones at the end are left out.
    pub(crate) fn split<'t>(self, line: &'t str, cells: &mut Vec<&'t str>) {
        cells.clear();
        cells.extend(self.cells(line));
        while cells.last().is_some_and(|cell| cell.is_empty()) {
            cells.pop();
        }
    }

    /// The separators to try, in order.
    pub(super) fn candidates(separator: Separator) -> &'static [Self] {
        match separator {
            Separator::Auto => &[Self::Byte(b'\t'), Self::Byte(b';'), Self::Byte(b','), Self::Blanks],
            Separator::Tab => &[Self::Byte(b'\t')],
            Separator::Comma => &[Self::Byte(b',')],
            Separator::Semicolon => &[Self::Byte(b';')],
            Separator::Blanks => &[Self::Blanks],
            Separator::Bar => &[Self::Byte(b'|')],
        }
    }

    /// The cells of a line, without blanks and quotes around them.
    pub(super) fn cells(self, line: &str) -> Cells<'_> {
        let rest = match self {
            Self::Byte(_) => Some(line),
            Self::Blanks => Some(line.trim_matches([' ', '\t'])),
        };
        Cells { rest, delimiter: self }
    }

    /// The cells of a header, empty ones at its end left out. Quotes around the whole line don't count.
    pub(super) fn header_cells(self, line: &str) -> Vec<&str> {
        let trimmed = line.trim();
        let line = match trimmed.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(inside) if !inside.contains('"') => inside,
            _ => line,
        };
        let mut cells = Vec::new();
        self.split(line, &mut cells);
        cells
    }
}

/// Iterator over the cells of a line, made by [`Delimiter::cells`].
pub(super) struct Cells<'a> {
    rest: Option<&'a str>,
    delimiter: Delimiter,
}

impl<'a> Iterator for Cells<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = self.rest?;
        let byte = match self.delimiter {
            Delimiter::Byte(byte) => byte,
            Delimiter::Blanks => {
                let (cell, after) = match rest.find([' ', '\t']) {
                    Some(end) => (&rest[..end], Some(rest[end..].trim_start_matches([' ', '\t']))),
                    None => (rest, None),
                };
                self.rest = after;
                return Some(cell);
            }
        };
        if let Some((cell, after)) = quoted(rest, byte) {
            self.rest = after;
            return Some(cell);
        }
        match memchr(byte, rest.as_bytes()) {
            Some(end) => {
                self.rest = Some(&rest[end + 1..]);
                Some(trim_blanks(&rest[..end]))
            }
            None => {
                self.rest = None;
                Some(trim_blanks(rest))
            }
        }
    }
}

/// A cell in quotes, and what follows it. A quote elsewhere is part of the text (`Z"/ohm`).
fn quoted(rest: &str, byte: u8) -> Option<(&str, Option<&str>)> {
    if !matches!(rest.as_bytes().first(), Some(b'"' | b' ')) {
        return None;
    }
    let inside = rest.trim_start_matches(' ').strip_prefix('"')?;
    let end = memchr(b'"', inside.as_bytes())?;
    let after = inside[end + 1..].trim_start_matches(' ');
    match after.as_bytes().first() {
        None => Some((inside[..end].trim(), None)),
        Some(first) if *first == byte => Some((inside[..end].trim(), Some(&after[1..]))),
        Some(_) => None,
    }
}

/// Without blanks at the ends. Cheaper than `trim` where there are none, as is usual.
fn trim_blanks(cell: &str) -> &str {
    let bytes = cell.as_bytes();
    match (bytes.first(), bytes.last()) {
        (Some(first), Some(last)) if *first > b' ' && *last > b' ' && *first < 0x80 && *last < 0x80 => cell,
        _ => cell.trim(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(byte: u8, line: &str) -> Vec<&str> {
        Delimiter::Byte(byte).cells(line).collect()
    }

    #[test]
    fn cells_lose_the_blanks_around_them_and_empty_ones_stay() {
        assert_eq!(cells(b'\t', "a\t b \t\tc"), ["a", "b", "", "c"]);
        assert_eq!(cells(b',', "1,2,"), ["1", "2", ""]);
        assert_eq!(Delimiter::Blanks.cells("  1  2\t3 ").collect::<Vec<_>>(), ["1", "2", "3"]);
    }

    #[test]
    fn a_header_decides_the_separator_and_quotes_in_it_hold_together() {
        let header = "\"Wavelength, nm\",n,k,,";
        let mut cells = Vec::new();
        Delimiter::of_header(header).split(header, &mut cells);
        assert_eq!(cells, ["Wavelength, nm", "n", "k"]);
    }

    #[test]
    fn quotes_hold_a_cell_together_only_around_all_of_it() {
        assert_eq!(cells(b',', r#""a,b", "c" ,Z"/ohm, Z"/x"#), ["a,b", "c", "Z\"/ohm", "Z\"/x"]);
        assert_eq!(cells(b',', r#""open,b"#), ["\"open", "b"]);
    }

    #[test]
    fn a_header_may_be_quoted_as_a_whole_and_end_in_separators() {
        assert_eq!(Delimiter::Blanks.header_cells("\"  Freq(Hz)   Z''(b) \""), ["Freq(Hz)", "Z''(b)"]);
        assert_eq!(Delimiter::Byte(b'\t').header_cells("f/Hz\tZ'/Ohm\t"), ["f/Hz", "Z'/Ohm"]);
    }
}
