//! Whether the rows at the start of a text are a frequency sweep.

use crate::delimited::layout::Layout;
use crate::delimited::rows;
use crate::manifest::Manifest;
use crate::text::whole_lines;

/// Whether the rows at the start of a file look like a frequency sweep that was laid out as `layout` describes.
///
/// Diffraction patterns, photoelectron spectra and time series have such columns too, but equal steps; optical
/// constants have logarithmic steps at times, but never a negative third column.
pub(super) fn is_sweep(manifest: &Manifest, head: &str, layout: Layout<'_>) -> bool {
    const FEWEST_ROWS: usize = 6;
    const SPAN: f64 = 100.0;
    /// Largest step to smallest: sweeps with rounded frequencies stay below in logarithms, linear scales above.
    const UNEVEN: f64 = 10.0;

    let Ok(table) = rows::read(manifest, whole_lines(head), layout) else {
        return false;
    };
    let (Some(frequency), Some(imaginary)) = (table.numbers("frequency_hz"), table.numbers("z_im_ohm")) else {
        return false;
    };
    if !table.rejected.is_empty() || frequency.len() < FEWEST_ROWS {
        return false;
    }
    let first_end = table.starts.get(1).copied().unwrap_or(frequency.len());
    let first = &frequency[..first_end];
    let steps: Vec<f64> = first.windows(2).map(|pair| (pair[1] / pair[0]).ln()).collect();
    let is_monotone = steps.iter().all(|step| *step > 0.0) || steps.iter().all(|step| *step < 0.0);
    let ratio = |steps: &[f64]| {
        let (least, most) = steps
            .iter()
            .fold((f64::INFINITY, 0.0_f64), |(least, most), step| (least.min(step.abs()), most.max(step.abs())));
        most / least
    };
    let differences: Vec<f64> = first.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let span = first.first().zip(first.last()).map_or(1.0, |(from, to)| (to / from).max(from / to));
    is_monotone
        && span >= SPAN
        && ratio(&steps) < UNEVEN
        && ratio(&differences) > UNEVEN
        && imaginary.iter().any(|value| *value < 0.0)
}
