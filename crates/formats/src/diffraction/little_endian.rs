//! Little-endian numbers and padded texts at offsets of a file, which may be shorter than it claims.

use crate::text::decode;

/// `N` bytes at an offset; `None` past the end of the file.
fn array<const N: usize>(file: &[u8], at: usize) -> Option<[u8; N]> {
    file.get(at..at.checked_add(N)?)?.try_into().ok()
}

pub(crate) fn u16_at(file: &[u8], at: usize) -> Option<u16> {
    array(file, at).map(u16::from_le_bytes)
}

pub(crate) fn u32_at(file: &[u8], at: usize) -> Option<u32> {
    array(file, at).map(u32::from_le_bytes)
}

/// A length or a count, as an index.
pub(crate) fn usize_at(file: &[u8], at: usize) -> Option<usize> {
    u32_at(file, at).and_then(|value| usize::try_from(value).ok())
}

/// A 32-bit number, as the shortest decimal number that is it: the 1.5406 that somebody typed, not 1.540600061….
pub(crate) fn f32_at(file: &[u8], at: usize) -> Option<f64> {
    array(file, at).map(f32::from_le_bytes).map(shortest)
}

pub(crate) fn f64_at(file: &[u8], at: usize) -> Option<f64> {
    array(file, at).map(f64::from_le_bytes)
}

/// Text up to the first NUL of a field of `length` bytes, without blanks around it; empty past the end of the file.
pub(crate) fn text_at(file: &[u8], at: usize, length: usize) -> String {
    let rest = file.get(at..).unwrap_or_default();
    let field = rest.get(..length).unwrap_or(rest);
    let field = field.split(|byte| *byte == 0).next().unwrap_or_default();
    decode(field).text.trim().to_owned()
}

/// The first 32-bit number of each of `count` records, of which as many are given as the file holds.
pub(crate) fn f32_records(file: &[u8], at: usize, stride: usize, count: usize) -> Vec<f64> {
    let rest = file.get(at..).unwrap_or_default();
    let records = rest.chunks_exact(stride.max(4)).take(count);
    records.filter_map(|record| array(record, 0).map(|bytes| f64::from(f32::from_le_bytes(bytes)))).collect()
}

fn shortest(value: f32) -> f64 {
    value.to_string().parse().unwrap_or_else(|_| f64::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_read_behind_the_end() {
        assert_eq!(u16_at(&[1, 2], 0), Some(513));
        assert_eq!(u16_at(&[1, 2], 1), None);
        assert_eq!(u32_at(&[1, 2, 3, 4], usize::MAX), None);
        assert_eq!(text_at(b"abc\0d", 1, 10), "bc");
        assert_eq!(text_at(b"abc", 9, 10), "");
        assert_eq!(f32_records(&[0, 0, 128, 63, 9, 9], 0, 4, 1_000_000), [1.0]);
    }

    #[test]
    fn a_short_number_is_the_one_that_was_typed() {
        assert_eq!(f32_at(&1.5406_f32.to_le_bytes(), 0), Some(1.5406));
    }
}
