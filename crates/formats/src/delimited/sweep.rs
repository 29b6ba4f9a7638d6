//! Whether numbers are a frequency sweep, and where a new one begins.

use crate::delimited::layout::Layout;
use crate::delimited::rows;
use crate::manifest::Manifest;
use crate::text::whole_lines;

/// Relative span below which frequencies count as one: generators jitter.
const JITTER: f64 = 1e-3;

/// Follows the frequencies of a sweep and notices when another begins.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sweep {
    start: f64,
    previous: f64,
    /// Whether it rises; unknown until it has left its start.
    rises: Option<bool>,
}

impl Sweep {
    /// Takes the next frequency; whether it starts another sweep.
    ///
    /// It does where it steps against the sweep's direction and comes nearer (by ratio) to the sweep's start than to the
    /// frequency before. So neither a repeated point nor a sweep that returns step by step is parted.
    pub(crate) fn begins_again(&mut self, frequency: f64) -> bool {
        if self.start == 0.0 {
            *self = Self { start: frequency, previous: frequency, rises: None };
            return false;
        }
        let is_new = self.rises.is_some_and(|rises| {
            let steps_back = if rises { frequency < self.previous } else { frequency > self.previous };
            steps_back && (frequency / self.start).ln().abs() < (frequency / self.previous).ln().abs()
        });
        if is_new {
            *self = Self { start: frequency, previous: frequency, rises: None };
            return true;
        }
        if self.rises.is_none() && (frequency / self.start - 1.0).abs() > JITTER {
            self.rises = Some(frequency > self.start);
        }
        self.previous = frequency;
        false
    }
}

/// Whether the rows at the start of a file look like a frequency sweep that was laid out as `layout` says.
///
/// Diffraction patterns, photoelectron spectra and time series have such columns too, but equal steps; optical
/// constants have logarithmic steps at times, but never a negative third column.
pub(super) fn is_plausible(manifest: &Manifest, head: &str, layout: Layout<'_>) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(frequencies: &[f64]) -> Vec<usize> {
        let mut sweep = Sweep::default();
        frequencies.iter().enumerate().filter(|(_, f)| sweep.begins_again(**f)).map(|(place, _)| place).collect()
    }

    #[test]
    fn a_frequency_that_jumps_back_starts_a_spectrum() {
        assert_eq!(starts(&[100.0, 10.0, 1.0, 100.0, 10.0, 1.0]), [3]);
        assert_eq!(starts(&[1.0, 10.0, 100.0, 1.0, 10.0]), [3]);
        assert_eq!(starts(&[100.0, 10.0, 1.0, 90.0, 10.0, 1.0]), [3]);
    }

    #[test]
    fn a_repeated_point_or_a_way_back_starts_none() {
        assert_eq!(starts(&[100.0, 10.0, 10.0, 10.1, 1.0]), [] as [usize; 0]);
        assert_eq!(starts(&[100.0, 50.0, 20.0, 10.0, 20.0]), [] as [usize; 0]);
        assert_eq!(starts(&[1000.0, 1000.1, 1000.0, 1000.1]), [] as [usize; 0]);
    }
}
