//! Rows of numbers separated by blanks, as most spectrometers write them.

/// Puts the numbers of a row, separated by blanks or tabs, into `values`; returns their count. `None` where one is not a number or
/// there are more than `values` has room for.
pub(crate) fn numbers(row: &str, values: &mut [f64]) -> Option<usize> {
    let mut rest = row.as_bytes();
    let mut count = 0;
    loop {
        while let [b' ' | b'\t' | b'\r', tail @ ..] = rest {
            rest = tail;
        }
        if rest.is_empty() {
            return Some(count);
        }
        let (value, length) = fast_float2::parse_partial::<f64, _>(rest).ok()?;
        rest = rest.get(length..)?;
        if !matches!(rest, [] | [b' ' | b'\t' | b'\r', ..]) {
            return None;
        }
        *values.get_mut(count)? = value;
        count += 1;
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values are exact in binary or copied")]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_separated_by_any_blanks() {
        let mut values = [0.0; 3];
        assert_eq!(numbers(" 3.82E+0002  .5\t-1\r", &mut values), Some(3));
        assert_eq!(values, [382.0, 0.5, -1.0]);
        assert_eq!(numbers("", &mut values), Some(0));
        for bad in ["1 2 3 4", "1,5 2", "1 two"] {
            assert_eq!(numbers(bad, &mut values), None, "{bad}");
        }
    }
}
