//! Puts what a file states into a measurement's metadata; what nobody typed stays absent. And says of a last row that it
//! was cut off.

use std::collections::BTreeMap;

use crate::number::{DecimalMark, parse_number};
use crate::text::{Line, excerpt};
use crate::{Place, ReadError, Value};

/// Characters of a setting that are kept: every measurement of a file repeats them.
const LONGEST: usize = 1000;

/// Words, without blanks around them, unless there are none.
pub(super) fn text(metadata: &mut BTreeMap<String, Value>, name: &str, words: &str) {
    let words = words.trim();
    if !words.is_empty() {
        metadata.insert(name.to_owned(), Value::Text(excerpt(words, LONGEST)));
    }
}

/// A finite number for which `is_stated` holds.
pub(super) fn number(metadata: &mut BTreeMap<String, Value>, name: &str, words: &str, is_stated: impl Fn(f64) -> bool) {
    if let Some(number) = parse_number(words, DecimalMark::Point).filter(|n| n.is_finite() && is_stated(*n)) {
        metadata.insert(name.to_owned(), Value::Number(number));
    }
}

/// Why a last row without a line end cannot be trusted: its last number may go on.
pub(super) fn cut_off(line: Line<'_>) -> ReadError {
    ReadError::Malformed {
        place: Place::Line(line.number),
        expected: "a whole row".to_owned(),
        found: format!("the end of the file behind `{}`", excerpt(line.text.trim(), 60)),
    }
}
