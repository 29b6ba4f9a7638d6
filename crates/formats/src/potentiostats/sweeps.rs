//! Splits the points of several consecutive spectra.

use crate::delimited::sweep::Sweep;

/// The rows at which sweeps begin: the first row, and where the frequency jumps back towards the start of its sweep.
pub(super) fn sweep_starts(frequencies: &[f64]) -> Vec<usize> {
    let mut sweep = Sweep::default();
    let mut begins = |frequency: &f64| sweep.begins_again(*frequency);
    let again = frequencies.iter().enumerate().filter(|(_, frequency)| begins(frequency)).map(|(row, _)| row);
    std::iter::once(0).chain(again).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_begins_where_the_frequency_jumps_back() {
        assert_eq!(sweep_starts(&[100.0, 10.0, 1.0, 100.0, 10.0, 1.0, 100.0]), [0, 3, 6]);
        assert_eq!(sweep_starts(&[1.0, 10.0, 10.0, 100.0, 1.0]), [0, 4]);
        assert_eq!(sweep_starts(&[100.0, 10.0, 1.0, 2.0, 4.0]), [0]);
        assert_eq!(sweep_starts(&[5.0, 5.0, 5.0]), [0]);
        assert_eq!(sweep_starts(&[]), [0]);
    }
}
