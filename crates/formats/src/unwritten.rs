//! Points at the end of a scan that nobody measured: a program reserved them, and the scan was stopped.
//!
//! Left in, they are numbers such as -4.3e8 (bytes 0xCD), NaN (0xFF) or a count of zero; the rows before them are the measurement.

use crate::text::counted;
use crate::{Measurement, Technique, Value, Values};

/// Rows before a tail of zeros that show that the detector counted until then.
const BEFORE: usize = 16;

/// Leaves out the unwritten rows at the end of a measurement, and states that it is incomplete.
pub(crate) fn leave_out_unwritten(measurement: &mut Measurement) {
    let is_scan = matches!(measurement.technique, Technique::XRayDiffraction | Technique::PhotoelectronSpectroscopy);
    let numbers = |column: &crate::Column| match &column.values {
        Values::Number(values) => Some(values.clone()),
        Values::Text(_) => None,
    };
    let is_measured = |name: &str| ["intensity", "counts", "count_rate_per_s"].contains(&name);
    let unwritten = measurement
        .columns
        .iter()
        .filter_map(|column| {
            let values = numbers(column)?;
            let tail = |is_unwritten: &dyn Fn(f64) -> bool| {
                values.iter().rev().take_while(|value| is_unwritten(**value)).count()
            };
            let filled = tail(&is_fill);
            if !(is_scan && is_measured(&column.name)) {
                return Some(filled);
            }
            let (missing, zeros) = (tail(&f64::is_nan), tail(&|value| value == 0.0));
            let is_stopped = zeros >= BEFORE && counts_until(&values[..values.len() - zeros]);
            let is_cut = (BEFORE..values.len()).contains(&missing);
            Some(filled.max(if is_cut { missing } else { 0 }).max(if is_stopped { zeros } else { 0 }))
        })
        .max()
        .unwrap_or(0);
    let kept = measurement.n_points().saturating_sub(unwritten);
    if unwritten == 0 {
        return;
    }
    for column in &mut measurement.columns {
        match &mut column.values {
            Values::Number(values) => values.truncate(kept),
            Values::Text(values) => values.truncate(kept),
        }
    }
    let words = format!(
        "the last {} of {} unwritten: the scan was stopped",
        unwritten,
        counted((kept + unwritten) as u64, "point")
    );
    measurement.warnings.push(format!("incomplete: {words}; they are left out"));
    measurement.metadata.entry("incomplete".to_owned()).or_insert(Value::Text(words));
}

/// Whether a number is made of the bytes with which programs fill memory that they reserve.
fn is_fill(value: f64) -> bool {
    const BYTES: [u8; 4] = [0xCD, 0xDD, 0xFE, 0xCC];
    BYTES.iter().any(|byte| {
        value.to_bits() == f64::from_bits(u64::from_le_bytes([*byte; 8])).to_bits()
            || value.to_bits() == f64::from(f32::from_bits(u32::from_le_bytes([*byte; 4]))).to_bits()
    })
}

/// Whether the last of these intensities are all above zero and do not fade out.
fn counts_until(values: &[f64]) -> bool {
    let Some(last) = values.len().checked_sub(BEFORE).map(|start| &values[start..]) else { return false };
    let mean = last.iter().sum::<f64>() / BEFORE as f64;
    let (first_half, second_half) = last.split_at(BEFORE / 2);
    last.iter().all(|value| *value > 0.2 * mean)
        && second_half.iter().sum::<f64>() > 0.5 * first_half.iter().sum::<f64>()
}
