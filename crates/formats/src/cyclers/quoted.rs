//! Splits lines in which cells may be quoted, by the rules of RFC 4180 as `csv-core` reads them.
//!
//! Line by line, so that a quote that is never closed costs its own line and no other: the rest of the line is one cell.
//!
//! Not supported: line breaks within quotes, which no cycler's program writes.

use csv_core::{Reader, ReaderBuilder, Terminator};

/// Splits lines at one separator; the memory for the cells is used again for each line.
pub(super) struct QuotedLines {
    reader: Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl QuotedLines {
    /// For a separator that is an ASCII character.
    pub(super) fn new(separator: u8) -> Self {
        // A carriage return within a line is part of a cell.
        let reader = ReaderBuilder::new().delimiter(separator).terminator(Terminator::Any(b'\n')).build();
        Self { reader, text: Vec::new(), ends: Vec::new() }
    }

    /// The cells of a line without its line end, quotes around them left out, doubled quotes as one.
    pub(super) fn split(&mut self, line: &str) -> impl Iterator<Item = &str> {
        self.reader.reset();
        // A cell ends with each byte at most, and one more at the end of the line.
        self.text.resize(line.len() + 1, 0);
        self.ends.resize(line.len() + 2, 0);
        let (mut written, mut cells) = (0, 0);
        // An empty input ends the record where a quote is still open after the line end.
        for input in [line.as_bytes(), b"\n", b""] {
            let text = self.text.get_mut(written..).unwrap_or_default();
            let ends = self.ends.get_mut(cells..).unwrap_or_default();
            let (result, _, more, more_cells) = self.reader.read_record(input, text, ends);
            (written, cells) = (written + more, cells + more_cells);
            if matches!(result, csv_core::ReadRecordResult::Record) {
                break;
            }
        }
        let text = std::str::from_utf8(self.text.get(..written).unwrap_or_default()).unwrap_or_default();
        let mut start = 0;
        self.ends.get(..cells).unwrap_or_default().iter().map(move |end| {
            let cell = text.get(start..*end).unwrap_or_default();
            start = *end;
            cell.trim_end_matches('\n')
        })
    }
}

/// The cells of one line, without blanks around them.
pub(super) fn cells(line: &str, separator: u8) -> Vec<String> {
    QuotedLines::new(separator).split(line).map(|cell| cell.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold_separators_and_doubled_quotes() {
        assert_eq!(cells(r#"1,"a, b","say ""so""",2.5,"#, b','), ["1", "a, b", r#"say "so""#, "2.5", ""]);
        assert_eq!(cells("\"1,5\";\"µA\"; 2", b';'), ["1,5", "µA", "2"]);
        assert_eq!(cells(",,1", b','), ["", "", "1"]);
    }

    #[test]
    fn a_quote_that_is_never_closed_costs_its_own_line_only() {
        let mut lines = QuotedLines::new(b',');
        assert_eq!(lines.split("1,\"open,2").collect::<Vec<_>>(), ["1", "open,2"]);
        assert_eq!(lines.split("3,\"4\"").collect::<Vec<_>>(), ["3", "4"]);
        assert_eq!(lines.split("5,6\"").collect::<Vec<_>>(), ["5", "6\""]);
    }
}
