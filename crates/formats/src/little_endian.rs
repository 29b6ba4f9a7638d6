//! Little-endian numbers and padded texts at byte offsets of a file, which may be shorter than it claims.

use crate::text::decode;
use crate::{Place, ReadError};

/// A number of fixed width, stored low byte first.
pub(crate) trait Number: Sized {
    /// The number at byte `at`; `None` where the bytes end before it does.
    fn read(bytes: &[u8], at: usize) -> Option<Self>;
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Number for $number {
            fn read(bytes: &[u8], at: usize) -> Option<Self> {
                bytes.get(at..)?.first_chunk().map(|bytes| <$number>::from_le_bytes(*bytes))
            }
        }
    )*};
}

numbers!(u8, i8, u16, i16, u32, i32, u64, i64, f32, f64);

/// The number at byte `at`; `None` where the bytes end before it does.
pub(crate) fn number_at<N: Number>(bytes: &[u8], at: usize) -> Option<N> {
    N::read(bytes, at)
}

/// The number at byte `at` of a part of a file that begins at byte `start` of the file.
///
/// # Errors
///
/// [`ReadError::Malformed`] with the offset in the file and `what` was expected, where the part ends before the number does.
pub(crate) fn required<N: Number>(part: &[u8], start: usize, at: usize, what: &str) -> Result<N, ReadError> {
    N::read(part, at).ok_or_else(|| ReadError::malformed(Place::byte(start + at), what, "the end of the file"))
}

/// A length or a count of 32 bits, as an index.
pub(crate) fn usize_at(bytes: &[u8], at: usize) -> Option<usize> {
    number_at::<u32>(bytes, at).and_then(|value| usize::try_from(value).ok())
}

/// A single-precision number, as the shortest decimal number that rounds to it: the 1.5406 that was entered, not 1.540600061….
pub(crate) fn decimal_at(bytes: &[u8], at: usize) -> Option<f64> {
    number_at::<f32>(bytes, at).map(|value| value.to_string().parse().unwrap_or_else(|_| f64::from(value)))
}

/// The numbers that `bytes` consist of; bytes beyond the last whole one are left out.
pub(crate) fn numbers<N: Number + Into<f64>>(bytes: &[u8]) -> impl Iterator<Item = f64> {
    let records = bytes.chunks_exact(size_of::<N>());
    records.filter_map(|record| number_at::<N>(record, 0)).map(Into::into)
}

/// Text up to the first NUL of a field of `length` bytes, without blanks around it; empty beyond the file's end.
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
    records.filter_map(|record| number_at::<f32>(record, 0)).map(f64::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_read_beyond_the_end() {
        assert_eq!(number_at::<u16>(&[1, 2], 0), Some(513));
        assert_eq!(number_at::<u16>(&[1, 2], 1), None);
        assert_eq!(number_at::<u32>(&[1, 2, 3, 4], usize::MAX), None);
        assert_eq!(numbers::<i16>(&[255, 255, 2, 0, 9]).collect::<Vec<_>>(), [-1.0, 2.0]);
        let error = required::<f64>(&[0; 8], 20, 1, "a temperature").unwrap_err().to_string();
        assert_eq!(error, "byte 21: expected a temperature, found the end of the file");
        assert_eq!(text_at(b"abc\0d", 1, 10), "bc");
        assert_eq!(text_at(b"abc", 9, 10), "");
        assert_eq!(f32_records(&[0, 0, 128, 63, 9, 9], 0, 4, 1_000_000), [1.0]);
    }

    #[test]
    fn a_single_precision_number_is_the_one_that_was_entered() {
        assert_eq!(decimal_at(&1.5406_f32.to_le_bytes(), 0), Some(1.5406));
    }
}
