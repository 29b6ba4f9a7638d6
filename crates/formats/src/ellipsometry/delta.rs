//! Notes the range of Delta: programs write -90 to 270, 0 to 360, -180 to 180, or fold it into 0 to 180.
//!
//! Delta is kept as stored. A file whose Delta lies within 0 to 180 throughout may have lost the sign (264 is stored as 96),
//! which no reader can undo; a fit has to allow for it, so it is stated.

use crate::{Measurement, Value};

/// The warning about a Delta that lies within 0 to 180 deg.
pub(super) const MAY_BE_FOLDED: &str = "Delta lies within 0° to 180°: it may have been folded";

/// The range, among those that programs use, that Delta lies in; `None` without a number.
fn range(delta: &[f64]) -> Option<&'static str> {
    let finite = delta.iter().copied().filter(|value| value.is_finite());
    let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    match (low, high) {
        _ if low > high => None,
        _ if low >= 0.0 && high <= 180.0 => Some("within 0 to 180"),
        _ if low >= 0.0 && high <= 360.0 => Some("within 0 to 360"),
        _ if low >= -90.0 && high <= 270.0 => Some("within -90 to 270"),
        _ if low >= -180.0 && high <= 180.0 => Some("within -180 to 180"),
        _ => Some("beyond one turn"),
    }
}

/// Notes the range of Delta in the metadata (`delta_range`, in deg), with a warning where Delta may be folded. A reader that
/// knows more (Delta computed from its cosine) notes it first.
pub(crate) fn note_range(measurement: &mut Measurement) {
    if measurement.metadata.contains_key("delta_range") {
        return;
    }
    let Some(range) = measurement.numbers("delta_deg").and_then(range) else { return };
    if range == "within 0 to 180" {
        measurement.warnings.push(MAY_BE_FOLDED.to_owned());
    }
    measurement.metadata.insert("delta_range".to_owned(), Value::Text(range.to_owned()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_is_the_narrowest_that_programs_use() {
        assert_eq!(range(&[12.0, 170.0]), Some("within 0 to 180"));
        assert_eq!(range(&[12.0, 359.0]), Some("within 0 to 360"));
        assert_eq!(range(&[-80.0, 265.0]), Some("within -90 to 270"));
        assert_eq!(range(&[-170.0, 20.0]), Some("within -180 to 180"));
        assert_eq!(range(&[-170.0, 265.0]), Some("beyond one turn"));
        assert_eq!(range(&[f64::NAN]), None);
    }
}
