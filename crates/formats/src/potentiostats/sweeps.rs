//! Parts the points of several spectra that stand one after the other.

/// Where the sweeps begin: at the first row, and where the frequency steps against the direction of its sweep.
pub(super) fn sweep_starts(frequencies: &[f64]) -> Vec<usize> {
    let mut starts = vec![0];
    let mut direction = std::cmp::Ordering::Equal;
    for (row, pair) in frequencies.windows(2).enumerate() {
        let [before, now] = pair else { continue };
        let step = now.partial_cmp(before).unwrap_or(std::cmp::Ordering::Equal);
        if direction.is_eq() {
            direction = step;
        } else if step == direction.reverse() {
            starts.push(row + 1);
            direction = std::cmp::Ordering::Equal;
        }
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_begins_where_the_frequency_turns_back() {
        assert_eq!(sweep_starts(&[100.0, 10.0, 1.0, 100.0, 10.0, 1.0, 100.0]), [0, 3, 6]);
        assert_eq!(sweep_starts(&[1.0, 10.0, 10.0, 100.0, 1.0]), [0, 4]);
        assert_eq!(sweep_starts(&[5.0, 5.0, 5.0]), [0]);
        assert_eq!(sweep_starts(&[]), [0]);
    }
}
