//! Bytes to text, text to numbered lines.
//!
//! The encoding is a property of the file: a byte order mark decides, then validity as UTF-8; all else
//! is Windows-1252, in which every byte is a character, so decoding never fails.
//! Embedded NULs survive. Source: WHATWG Encoding Standard, via `encoding_rs`.

use std::borrow::Cow;

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};
use memchr::{memchr, memrchr};

/// The encoding by which the bytes of a file were decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16, low byte first, by its byte order mark.
    Utf16Le,
    /// UTF-16, high byte first, by its byte order mark.
    Utf16Be,
    /// Windows-1252, a superset of the printable Latin-1.
    Windows1252,
}

impl Encoding {
    /// The name for metadata and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
            Self::Windows1252 => "Windows-1252",
        }
    }
}

/// A file as text.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded<'a> {
    /// The text, without a byte order mark.
    pub text: Cow<'a, str>,
    /// How it was decoded.
    pub encoding: Encoding,
}

/// Turns the bytes of a file, or of its start, into text. Never fails.
///
/// A UTF-8 character cut off by the end of `bytes` doesn't make a file Windows-1252: it is left out.
#[must_use]
pub fn decode(bytes: &[u8]) -> Decoded<'_> {
    if let Some(rest) = bytes.strip_prefix(b"\xFF\xFE") {
        return Decoded { text: UTF_16LE.decode_without_bom_handling(rest).0, encoding: Encoding::Utf16Le };
    }
    if let Some(rest) = bytes.strip_prefix(b"\xFE\xFF") {
        return Decoded { text: UTF_16BE.decode_without_bom_handling(rest).0, encoding: Encoding::Utf16Be };
    }
    let (bytes, has_mark) = match bytes.strip_prefix(b"\xEF\xBB\xBF") {
        Some(rest) => (rest, true),
        None => (bytes, false),
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => Decoded { text: Cow::Borrowed(text), encoding: Encoding::Utf8 },
        Err(error) if error.error_len().is_none() && (has_mark || error.valid_up_to() > 0) => {
            let whole = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
            Decoded { text: Cow::Borrowed(whole), encoding: Encoding::Utf8 }
        }
        Err(_) if has_mark => Decoded { text: String::from_utf8_lossy(bytes), encoding: Encoding::Utf8 },
        Err(_) => Decoded { text: WINDOWS_1252.decode_without_bom_handling(bytes).0, encoding: Encoding::Windows1252 },
    }
}

/// One line of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// From 1, as editors count.
    pub number: u64,
    /// Without its line end.
    pub text: &'a str,
    /// Byte offset of its start in the decoded text.
    pub start: usize,
    /// Whether a line end follows; the last line of a cut-off file has none.
    pub ended: bool,
}

/// The lines of a text: ended by LF (carriage returns before it belong to the end, so CRLF and the
/// CR CR LF of some exports are one), or by CR where the whole text has no LF.
#[must_use]
pub fn lines(text: &str) -> Lines<'_> {
    lines_from(text, 0, 1)
}

/// The lines of `text` from the one that starts at byte `start`, which has this number.
#[must_use]
pub fn lines_from(text: &str, start: usize, number: u64) -> Lines<'_> {
    let end = if memchr(b'\n', text.as_bytes()).is_some() { b'\n' } else { b'\r' };
    Lines { text, at: start, number: number.saturating_sub(1), end }
}

/// Iterator over [`Line`]s, made by [`lines`].
#[derive(Debug, Clone)]
pub struct Lines<'a> {
    text: &'a str,
    at: usize,
    number: u64,
    end: u8,
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        if self.at >= self.text.len() {
            return None;
        }
        self.number += 1;
        let start = self.at;
        let rest = &self.text[start..];
        let (mut text, ended) = match memchr(self.end, rest.as_bytes()) {
            Some(length) => {
                self.at = start + length + 1;
                (&rest[..length], true)
            }
            None => {
                self.at = self.text.len();
                (rest, false)
            }
        };
        if self.end == b'\n' {
            while let Some(shorter) = text.strip_suffix('\r') {
                text = shorter;
            }
        }
        Some(Line { number: self.number, text, start, ended })
    }
}

/// A count with its noun in the right number, for messages: `1 row`, `2 rows`.
pub(crate) fn counted<N: std::fmt::Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    let ending = if count == N::from(1) { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

/// `text` cut to `limit` characters and made printable, for messages.
#[must_use]
pub fn excerpt(text: &str, limit: usize) -> String {
    let mut shown: String = text.chars().take(limit).map(|c| if c.is_control() { '·' } else { c }).collect();
    if text.chars().nth(limit).is_some() {
        shown.push('…');
    }
    shown
}

/// The whole lines of the start of a file: `head` without the line that its end cuts off, unless that
/// is the only one.
#[must_use]
pub(crate) fn whole_lines(head: &str) -> &str {
    memrchr(b'\n', head.as_bytes()).map_or(head, |end| &head[..=end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line_texts(text: &str) -> Vec<(u64, &str, bool)> {
        lines(text).map(|line| (line.number, line.text, line.ended)).collect()
    }

    #[test]
    fn a_byte_order_mark_decides_the_encoding_and_is_left_out() {
        assert_eq!(decode(b"\xEF\xBB\xBFf"), Decoded { text: "f".into(), encoding: Encoding::Utf8 });
        assert_eq!(decode(b"\xFF\xFEf\0\xA9\x03"), Decoded { text: "fΩ".into(), encoding: Encoding::Utf16Le });
        assert_eq!(decode(b"\xFE\xFF\0f\x03\xA9"), Decoded { text: "fΩ".into(), encoding: Encoding::Utf16Be });
    }

    #[test]
    fn bytes_that_are_not_utf8_are_windows_1252() {
        assert_eq!(decode(b"Cs/\xB5F"), Decoded { text: "Cs/µF".into(), encoding: Encoding::Windows1252 });
        assert_eq!(decode(b"\x80\x81"), Decoded { text: "€\u{81}".into(), encoding: Encoding::Windows1252 });
    }

    #[test]
    fn a_character_cut_off_by_the_end_leaves_a_text_utf8() {
        assert_eq!(decode(b"Z' (\xCE\xA9) \xCE"), Decoded { text: "Z' (Ω) ".into(), encoding: Encoding::Utf8 });
    }

    #[test]
    fn embedded_nuls_survive() {
        assert_eq!(decode(b"a\0b").text, "a\0b");
    }

    #[test]
    fn lines_end_in_lf_crlf_or_crcrlf_and_keep_their_numbers() {
        assert_eq!(
            line_texts("a\nb\r\n\r\nc\r\r\nd"),
            [(1, "a", true), (2, "b", true), (3, "", true), (4, "c", true), (5, "d", false)]
        );
    }

    #[test]
    fn lines_end_in_cr_where_there_is_no_lf() {
        assert_eq!(line_texts("a\rb\r"), [(1, "a", true), (2, "b", true)]);
    }

    #[test]
    fn an_excerpt_is_cut_and_printable() {
        assert_eq!(excerpt("ab\0\tcd", 5), "ab··c…");
        assert_eq!(excerpt("abc", 3), "abc");
    }
}
