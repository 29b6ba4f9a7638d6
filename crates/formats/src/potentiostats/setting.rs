//! Puts the settings of a file into a measurement's metadata; defaults and placeholders are left out.

use std::collections::BTreeMap;

use crate::Value;
use crate::number::{DecimalMark, parse_number};
use crate::text::excerpt;

/// Characters of a setting that are kept: every measurement of a file repeats them.
const LONGEST: usize = 1000;

/// Adds a text without blanks around it, unless it is empty.
pub(super) fn text(metadata: &mut BTreeMap<String, Value>, name: &str, words: &str) {
    let words = words.trim();
    if !words.is_empty() {
        metadata.insert(name.to_owned(), Value::Text(excerpt(words, LONGEST)));
    }
}

/// Adds a finite number for which `is_stated` holds.
pub(super) fn number(metadata: &mut BTreeMap<String, Value>, name: &str, words: &str, is_stated: impl Fn(f64) -> bool) {
    if let Some(number) = parse_number(words, DecimalMark::Point).filter(|n| n.is_finite() && is_stated(*n)) {
        metadata.insert(name.to_owned(), Value::Number(number));
    }
}

/// Whether this area was entered: 1 cm² is the default of the programs' forms.
#[expect(clippy::float_cmp, reason = "the form's own 1 is stored exactly")]
pub(super) fn is_entered_area(area_cm2: f64) -> bool {
    area_cm2 > 0.0 && area_cm2 != 1.0
}
