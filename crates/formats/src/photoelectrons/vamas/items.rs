//! The items of a VAMAS file, one a line.

use crate::number::{DecimalMark, parse_number};
use crate::photoelectrons::spectrum::UNKNOWN;
use crate::text::excerpt;
use crate::{Place, ReadError};

/// The first line of the format; there is only one version.
pub(super) const SIGNATURE: &str = "VAMAS Surface Chemical Analysis Standard Data Transfer Format";
pub(super) const TERMINATOR: &str = "end of experiment";

/// Characters allowed between items and beyond the last: blanks, NULs and the end-of-file mark of DOS.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\0' || c == '\x1a'
}

/// Why no item follows.
#[derive(Debug)]
pub(super) enum Stop {
    /// The file ends.
    End,
    /// The next item isn't what it must be.
    Bad(ReadError),
}

impl Stop {
    /// The error for a file; `found` states where it ends.
    pub(super) fn into_error(self, found: &str) -> ReadError {
        match self {
            Self::Bad(error) => error,
            Self::End => ReadError::malformed(Place::Line(1), "a VAMAS file with at least one block", found),
        }
    }
}

/// The lines of a file, taken one after the other.
#[derive(Debug, Clone)]
pub(super) struct Items<'a> {
    text: &'a str,
    at: usize,
    line: u64,
    end: u8,
}

/// The ordinates of a block.
#[derive(Debug)]
pub(super) struct Values {
    /// In the file's order: all variables of a point, then those of the next. Whole points only.
    pub numbers: Vec<f64>,
    /// The number that the block announces.
    pub announced: usize,
    /// The number of those missing from the file.
    pub missing: usize,
    /// Line of the first.
    pub line: u64,
}

impl<'a> Items<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let end = if memchr::memchr(b'\n', text.as_bytes()).is_some() { b'\n' } else { b'\r' };
        Self { text, at: 0, line: 1, end }
    }

    /// The remaining text.
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The number of the next line.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Whether the next line that isn't blank is `words`, ignoring case.
    pub(super) fn is_next(&self, words: &str) -> bool {
        let rest = self.rest().trim_start_matches(is_blank);
        rest.get(..words.len()).is_some_and(|start| start.eq_ignore_ascii_case(words))
    }

    /// A line, without blanks around it.
    pub(super) fn word(&mut self) -> Result<&'a str, Stop> {
        self.next().map(str::trim)
    }

    fn next(&mut self) -> Result<&'a str, Stop> {
        let rest = self.rest();
        if rest.is_empty() {
            return Err(Stop::End);
        }
        let length = memchr::memchr(self.end, rest.as_bytes()).unwrap_or(rest.len());
        self.at = self.at.saturating_add(length + 1).min(self.text.len());
        self.line += 1;
        Ok(rest.get(..length).unwrap_or_default())
    }

    /// `count` lines as one text.
    pub(super) fn lines(&mut self, count: usize) -> Result<&'a str, Stop> {
        let start = self.at;
        for _ in 0..count {
            self.next()?;
        }
        Ok(self.text.get(start..self.at).unwrap_or_default())
    }

    /// A number; NaN where the line is blank or marks a missing one (1E+37).
    pub(super) fn number(&mut self, what: &str) -> Result<f64, Stop> {
        let line = self.line;
        let text = self.next()?;
        match number(text) {
            Some(number) if number.abs() >= UNKNOWN => Ok(f64::NAN),
            Some(number) => Ok(number),
            None => Err(bad(line, format!("{what} (a number)"), text)),
        }
    }

    /// A number of things.
    pub(super) fn count(&mut self, what: &str) -> Result<usize, Stop> {
        let line = self.line;
        let text = self.next()?;
        let count = number(text).filter(|count| *count >= 0.0 && *count <= 1e12 && count.fract() == 0.0);
        count.map(|count| count as usize).ok_or_else(|| bad(line, format!("{what} (a whole number)"), text))
    }

    /// A whole number that may be negative.
    pub(super) fn signed(&mut self, what: &str) -> Result<i64, Stop> {
        let line = self.line;
        let text = self.next()?;
        let count = number(text).filter(|count| count.abs() <= 1e12 && count.fract() == 0.0);
        count.map(|count| count as i64).ok_or_else(|| bad(line, format!("{what} (a whole number)"), text))
    }

    /// The announced ordinates of the variables; fewer where the file ends. Anything but a number is NaN.
    pub(super) fn values(&mut self, announced: usize, variables: usize) -> Values {
        let first_line = self.line;
        let bytes = self.text.as_bytes();
        let mut numbers = Vec::with_capacity(announced.min((bytes.len() - self.at) / 2 + 1));
        while numbers.len() < announced {
            let rest = bytes.get(self.at..).unwrap_or_default();
            if let Ok((number, length)) = fast_float2::parse_partial::<f64, _>(rest) {
                let mut after = length;
                while matches!(rest.get(after), Some(b' ' | b'\t' | b'\r')) && rest.get(after) != Some(&self.end) {
                    after += 1;
                }
                if rest.get(after) == Some(&self.end) {
                    self.at += after + 1;
                    self.line += 1;
                    numbers.push(number);
                    continue;
                }
            }
            if self.is_next(TERMINATOR) {
                break;
            }
            let Ok(text) = self.next() else { break };
            let is_last = self.at == self.text.len() && !self.text.ends_with(char::from(self.end));
            if is_last && numbers.len() + 1 < announced {
                // The end of the file cuts this number; its number of digits is unknown.
                break;
            }
            let blank = text.trim_matches(is_blank).is_empty();
            if blank && self.rest().trim_matches(is_blank).is_empty() {
                break;
            }
            numbers.push(if blank { f64::NAN } else { number(text).unwrap_or(f64::NAN) });
        }
        let missing = announced - numbers.len();
        numbers.truncate(numbers.len() / variables.max(1) * variables.max(1));
        Values { numbers, announced, missing, line: first_line }
    }
}

fn number(text: &str) -> Option<f64> {
    parse_number(text.trim_matches(is_blank), DecimalMark::Point)
}

pub(super) fn bad(line: u64, expected: String, found: &str) -> Stop {
    let found = format!("`{}`", excerpt(found.trim(), 40));
    Stop::Bad(ReadError::malformed(Place::Line(line), expected, found))
}
