//! Rows of numbers in text, and the settings and dates above them, as shared by the text formats of diffraction.

use crate::local_time::{DateOrder, parse_local_time};
use crate::number::{DecimalMark, parse_number};
use crate::rejections::no_line_end;
use crate::text::{Line, excerpt};
use crate::{Place, ReadError, Rejections};

/// Most columns of a row; no format has more than a few.
const WIDEST: usize = 32;

/// Rows being read into columns.
#[derive(Debug)]
pub(crate) struct Rows {
    /// One vector for each column, of one length.
    pub columns: Vec<Vec<f64>>,
    /// Their headers, for messages.
    headers: Vec<String>,
    mark: DecimalMark,
    rejected: Rejections,
    /// The last line with a row, where no line end follows it.
    cut: Option<u64>,
}

impl Rows {
    /// No rows yet, of columns with these headers.
    pub(crate) fn new(headers: &[&str], mark: DecimalMark) -> Self {
        let headers: Vec<String> = headers.iter().take(WIDEST).map(|header| (*header).to_owned()).collect();
        Self { columns: vec![Vec::new(); headers.len()], headers, mark, rejected: Rejections::default(), cut: None }
    }

    /// Adds a line's row, if it can be trusted; see [`Rows::row_at`].
    pub(crate) fn row<'c>(&mut self, line: Line<'_>, cells: impl Iterator<Item = &'c str>) {
        self.row_at(Place::Line(line.number), cells);
        self.cut = (!line.ended).then_some(line.number);
    }

    /// Adds a row. It is rejected where its number of cells differs from that of the columns, or where one of the first
    /// two is not a finite number.
    pub(crate) fn row_at<'c>(&mut self, place: Place, cells: impl Iterator<Item = &'c str>) {
        let mut values = [0.0; WIDEST];
        let mut found = 0;
        let mut wrong = None;
        for cell in cells {
            if let Some(value) = values.get_mut(found) {
                match parse_number(cell, self.mark).filter(|number| number.is_finite() || found > 1) {
                    Some(number) => *value = number,
                    None => wrong = wrong.or(Some((found, cell))),
                }
            }
            found += 1;
        }
        let expected = self.columns.len();
        if found != expected {
            return self.rejected.push(0, ReadError::FieldCount { place, expected, found });
        }
        if let Some((column, cell)) = wrong {
            let column = self.headers.get(column).cloned().unwrap_or_default();
            let unit = String::new();
            return self.rejected.push(0, ReadError::NotANumber { place, column, unit, found: excerpt(cell, 40) });
        }
        for (column, value) in self.columns.iter_mut().zip(values) {
            column.push(value);
        }
    }

    /// Number of rows that were taken.
    pub(crate) fn len(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }

    /// Number of rows that were not.
    pub(crate) fn n_rejected(&self) -> u64 {
        self.rejected.total()
    }

    /// Takes a column out.
    pub(crate) fn take(&mut self, place: usize) -> Vec<f64> {
        self.columns.get_mut(place).map(std::mem::take).unwrap_or_default()
    }

    /// Hands over what was rejected as rows of measurement `block`; returns what a user should know about the rows.
    pub(crate) fn finish(&mut self, block: usize, rejected: &mut Rejections) -> Vec<String> {
        rejected.append(block, std::mem::take(&mut self.rejected));
        let last = self.columns.last().and_then(|column| column.last()).map_or_else(String::new, f64::to_string);
        self.cut.map(|line| no_line_end(line, &last)).into_iter().collect()
    }
}

/// A time such as `04-Mar-2010 20:59:14`, `20/May/2021 15:55` or `3/14/2010 20:59` as ISO 8601.
///
/// `None` where a date of numbers alone may have month and day swapped.
pub(crate) fn date(text: &str) -> Option<String> {
    let (date, time) = text.trim().split_once([' ', 'T']).unwrap_or((text.trim(), ""));
    let mut parts: Vec<String> = date.split(['-', '/', '.', ' ']).map(str::to_owned).collect();
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let month_of = |part: &str| {
        let part = part.to_lowercase();
        MONTHS.iter().position(|month| part.starts_with(month))
    };
    let named = parts.iter().enumerate().find_map(|(place, part)| month_of(part).map(|month| (place, month + 1)));
    if let Some((place, month)) = named {
        if place != 1 || parts.len() != 3 {
            return None;
        }
        parts[1] = month.to_string();
        // With the year first the date is unambiguous.
        let (first, last) = (parts[0].clone(), parts[2].clone());
        let (year, day) = if first.len() == 4 { (first, last) } else { (last, first) };
        let year =
            if year.len() == 2 { format!("{}{year}", if year.as_str() < "80" { "20" } else { "19" }) } else { year };
        return parse_local_time(&format!("{year}-{month}-{day}"), time.trim(), DateOrder::DayFirst)
            .map(|time| time.iso);
    }
    parse_local_time(date, time.trim(), DateOrder::MonthFirst).filter(|time| !time.is_ambiguous).map(|time| time.iso)
}

/// A number in a setting, which may be between blanks or quotes.
pub(crate) fn number(text: &str) -> Option<f64> {
    let text = text.trim().trim_matches(['\'', '"']);
    parse_number(text, DecimalMark::Point).filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::lines;

    #[test]
    fn rows_that_cannot_be_trusted_are_rejected_with_their_line() {
        let mut rows = Rows::new(&["angle", "counts"], DecimalMark::Point);
        for line in lines("1 2\n1 2 3\n1 x\n2 4") {
            rows.row(line, line.text.split_ascii_whitespace());
        }
        let mut rejected = Rejections::default();
        let warnings = rows.finish(0, &mut rejected);
        assert_eq!(rows.columns, [[1.0, 2.0], [2.0, 4.0]]);
        let errors: Vec<_> = rejected.iter().map(|row| row.error.to_string()).collect();
        assert_eq!(errors, ["line 2: expected 2 fields, found 3", "line 3: expected a number for `counts`, found `x`"]);
        assert_eq!(
            warnings,
            ["line 4 has no line end: if the file was cut off there, its last value `4` may be too short"]
        );
    }

    #[test]
    fn dates_with_named_months_are_read() {
        let iso = |text: &str| date(text).unwrap_or_default();
        assert_eq!(iso("04-Mar-2010 20:59:14"), "2010-03-04T20:59:14");
        assert_eq!(iso("20/May/2021 15:55"), "2021-05-20T15:55:00");
        assert_eq!(iso("3/14/2010 20:59:14"), "2010-03-14T20:59:14");
        assert_eq!(iso("2010/03/04 20:59:14"), "2010-03-04T20:59:14");
        assert_eq!([iso("3/4/2010"), iso("May"), iso("32-Mar-2010"), iso("")], [""; 4]);
    }
}
