//! Numbers as instruments write them, with a decimal mark that is decided once for a file.
//!
//! Neither the operating system nor a single cell decides: in one file `1,234` is always the same
//! number. Thousands separators are never guessed; a number that has one isn't a number.

use memchr::memchr;

/// The mark between a number's units and its tenths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DecimalMark {
    /// `1.5`
    Point,
    /// `1,5`
    Comma,
}

impl DecimalMark {
    /// The name in manifests and metadata.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Point => "point",
            Self::Comma => "comma",
        }
    }
}

/// The decimal mark of a file, from cells of it (of many rows: all that are cheap to examine).
///
/// Each cell that is a number with a point, or with a comma, counts; the more frequent wins, the point
/// where they are equal or where no cell has either.
#[must_use]
pub fn detect_decimal_mark<'a>(cells: impl IntoIterator<Item = &'a str>) -> DecimalMark {
    let (mut points, mut commas) = (0_usize, 0_usize);
    for cell in cells {
        let has_point = memchr(b'.', cell.as_bytes()).is_some();
        let has_comma = memchr(b',', cell.as_bytes()).is_some();
        match (has_point, has_comma) {
            (true, false) if parse_number(cell, DecimalMark::Point).is_some() => points += 1,
            (false, true) if parse_number(cell, DecimalMark::Comma).is_some() => commas += 1,
            _ => {}
        }
    }
    if commas > points { DecimalMark::Comma } else { DecimalMark::Point }
}

/// The number in a cell; blanks around it don't count.
///
/// NaN where the cell is empty or marks a missing number (`NaN`, `-1.#IND`, `1.#QNAN`), infinite for `inf`, `1.#INF`
/// and `∞`. `None` where the cell is not a number, so also where it has the other decimal mark.
#[must_use]
pub fn parse_number(cell: &str, mark: DecimalMark) -> Option<f64> {
    parse_trimmed(cell.trim(), mark)
}

fn parse_trimmed(cell: &str, mark: DecimalMark) -> Option<f64> {
    if cell.is_empty() {
        return Some(f64::NAN);
    }
    let number = match mark {
        DecimalMark::Point => fast_float2::parse(cell).ok(),
        DecimalMark::Comma => parse_with_comma(cell),
    };
    number.or_else(|| parse_special(cell))
}

/// The number in a cell with a decimal comma. Cells longer than any number are not numbers.
fn parse_with_comma(cell: &str) -> Option<f64> {
    const LONGEST: usize = 64;
    let bytes = cell.as_bytes();
    if bytes.len() > LONGEST || memchr(b'.', bytes).is_some() {
        return None;
    }
    let Some(comma) = memchr(b',', bytes) else {
        return fast_float2::parse(bytes).ok();
    };
    let mut with_point = [0_u8; LONGEST];
    with_point[..bytes.len()].copy_from_slice(bytes);
    with_point[comma] = b'.';
    fast_float2::parse(&with_point[..bytes.len()]).ok()
}

/// Parses what C runtimes and spreadsheets write in place of a finite number.
fn parse_special(cell: &str) -> Option<f64> {
    let (sign, bare) = match cell.as_bytes().first() {
        Some(b'-') => (-1.0, &cell[1..]),
        Some(b'+') => (1.0, &cell[1..]),
        _ => (1.0, cell),
    };
    let bare = bare.to_ascii_lowercase().replace(',', ".");
    if bare == "∞" || bare.starts_with("1.#inf") {
        return Some(sign * f64::INFINITY);
    }
    let is_missing = ["1.#ind", "1.#qnan", "1.#snan", "1.#nan", "nan("].iter().any(|start| bare.starts_with(start));
    is_missing.then_some(f64::NAN)
}

/// An entered number in another unit, without the rounding of a factor: 5.544 mg is 0.005544 g.
pub(crate) fn times_ten_to(value: f64, exponent: i32) -> f64 {
    format!("{value}e{exponent}").parse().unwrap_or(f64::NAN)
}

/// A converted number with so many decimals of its mantissa, without the rounding of the conversion.
pub(crate) fn rounded(value: f64, decimals: usize) -> f64 {
    format!("{value:.decimals$e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_exponents_and_any_mantissa_are_read() {
        for (cell, value) in
            [("1.23E+04", 1.23e4), ("13.890e-01", 1.389), (" +5 ", 5.0), ("-.5", -0.5), ("1e+026", 1e26)]
        {
            assert_eq!(parse_number(cell, DecimalMark::Point), Some(value), "{cell}");
        }
        for (cell, value) in [("1,23E+04", 1.23e4), ("-0,5", -0.5), ("7", 7.0)] {
            assert_eq!(parse_number(cell, DecimalMark::Comma), Some(value), "{cell}");
        }
    }

    #[test]
    fn a_cell_without_a_number_is_missing_or_infinite() {
        for cell in ["", "  ", "NaN", "-1.#IND", "1.#QNAN", "-1,#IND", "-1.#IND00"] {
            assert!(parse_number(cell, DecimalMark::Point).unwrap().is_nan(), "{cell}");
            assert!(parse_number(cell, DecimalMark::Comma).unwrap().is_nan(), "{cell}");
        }
        assert_eq!(parse_number("-1.#INF", DecimalMark::Point), Some(f64::NEG_INFINITY));
        assert_eq!(parse_number("inf", DecimalMark::Comma), Some(f64::INFINITY));
    }

    #[test]
    fn the_other_decimal_mark_and_thousands_separators_are_not_numbers() {
        for cell in ["1,5", "1,234.5", "1 234", "1.5 V", "--1", "0x10"] {
            assert_eq!(parse_number(cell, DecimalMark::Point), None, "{cell}");
        }
        for cell in ["1.5", "1.234,5", "1,2,3"] {
            assert_eq!(parse_number(cell, DecimalMark::Comma), None, "{cell}");
        }
    }

    #[test]
    fn the_decimal_mark_is_that_of_most_cells() {
        assert_eq!(detect_decimal_mark(["1,5", "2", "text", "1,0E-3"]), DecimalMark::Comma);
        assert_eq!(detect_decimal_mark(["1.5", "2"]), DecimalMark::Point);
        assert_eq!(detect_decimal_mark(["1", "2"]), DecimalMark::Point);
        assert_eq!(detect_decimal_mark(["12.11.2018", "1,5"]), DecimalMark::Comma);
    }
}
