//! The rows of a file that cannot be trusted, and the warnings about a file that ends in its last row.
//!
//! Every reader puts its rejected rows here: the first are listed with the reason, the others counted, so that a
//! damaged file takes little memory.

use std::ops::Deref;

use crate::text::{Line, excerpt};
use crate::{Measurement, Place, ReadError, RejectedRow, Value};

/// The rejected rows of a reading, in file order; dereferences to those that are listed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rejections {
    listed: Vec<RejectedRow>,
    unlisted: u64,
}

impl Rejections {
    /// Most rows that are listed.
    pub const LISTED: usize = 10_000;

    /// Rejects a row of measurement `block`.
    pub(crate) fn push(&mut self, block: usize, error: ReadError) {
        self.push_row(RejectedRow { block: u32::try_from(block).unwrap_or(u32::MAX), error });
    }

    /// Counts the rows of `others` that are not listed, whose listed rows were taken one by one.
    pub(crate) fn count_unlisted(&mut self, others: &Self) {
        self.unlisted += others.unlisted;
    }

    fn push_row(&mut self, row: RejectedRow) {
        if self.listed.len() < Self::LISTED {
            self.listed.push(row);
        } else {
            self.unlisted += 1;
        }
    }

    /// Takes the rows of `others`, which were collected apart, as rows of measurement `block`.
    pub(crate) fn append(&mut self, block: usize, others: Self) {
        self.unlisted += others.unlisted;
        others.listed.into_iter().for_each(|row| self.push(block, row.error));
    }

    /// Number of rejected rows, listed or not.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.listed.len() as u64 + self.unlisted
    }

    /// The warning about rows that are not listed, if there are any.
    pub(crate) fn warning(&self) -> Option<String> {
        match self.unlisted {
            0 => None,
            1 => Some("1 further row was rejected and is not listed".to_owned()),
            count => Some(format!("{count} further rows were rejected and are not listed")),
        }
    }
}

impl Deref for Rejections {
    type Target = [RejectedRow];

    fn deref(&self) -> &[RejectedRow] {
        &self.listed
    }
}

impl<'r> IntoIterator for &'r Rejections {
    type Item = &'r RejectedRow;
    type IntoIter = std::slice::Iter<'r, RejectedRow>;

    fn into_iter(self) -> Self::IntoIter {
        self.listed.iter()
    }
}

/// The rejected rows of a text while it is read, and whether its last line is a whole row.
#[derive(Debug, Default)]
pub(crate) struct RowLog {
    /// The rejected rows.
    pub rejections: Rejections,
    cut: Option<u64>,
    open_end: Option<String>,
}

impl RowLog {
    /// Notes a row of measurement `block` that was read, with its last value, or the reason why it was not.
    pub(crate) fn note(&mut self, block: usize, line: &Line<'_>, last_value: &str, row: Result<(), ReadError>) {
        match row {
            Ok(()) => self.open_end = (!line.ended).then(|| no_line_end(line.number, last_value)),
            Err(error) => {
                self.cut = (!line.ended).then_some(line.number);
                self.rejections.push(block, error);
            }
        }
    }

    /// States in a measurement that its last row is cut (`incomplete`, unless that is stated already) or may be.
    pub(crate) fn state_end(&self, measurement: &mut Measurement) {
        measurement.warnings.extend(self.open_end.clone());
        if let Some(line) = self.cut {
            let incomplete = measurement.metadata.entry("incomplete".to_owned());
            incomplete.or_insert_with(|| Value::Text(ends_in_line(line)));
        }
    }
}

/// Why a last row without a line end is rejected: its last value may lack characters.
pub(crate) fn cut_row(line: Line<'_>) -> ReadError {
    let text = line.text.trim();
    let tail = text.char_indices().rev().nth(23).map_or(text, |(at, _)| &text[at..]);
    let found = format!("the end of the file after `{}`", excerpt(tail, 24));
    ReadError::malformed(Place::Line(line.number), "a complete row with a line end", found)
}

/// The metadata `incomplete` of a file whose last row is cut.
pub(crate) fn ends_in_line(line: u64) -> String {
    format!("the file ends in the middle of line {line}")
}

/// The warning about a last row that was read although it has no line end.
pub(crate) fn no_line_end(line: u64, last_value: &str) -> String {
    format!(
        "line {line} has no line end: if the file was cut off there, its last value `{}` may be too short",
        excerpt(last_value.trim(), 40)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rejected_rows_are_listed_and_the_others_counted() {
        let mut rejections = Rejections::default();
        for line in 0..=Rejections::LISTED as u64 {
            rejections.push(0, ReadError::unexpected(line, "a row", "x"));
        }
        assert_eq!((rejections.len(), rejections.total()), (10_000, 10_001));
        assert_eq!(rejections.warning().as_deref(), Some("1 further row was rejected and is not listed"));
        let mut all = Rejections::default();
        all.push(0, ReadError::unexpected(1, "a row", "x"));
        all.append(1, rejections);
        assert_eq!((all.len(), all.total(), all[1].block), (10_000, 10_002, 1));
        assert_eq!(all.warning().as_deref(), Some("2 further rows were rejected and are not listed"));
    }
}
