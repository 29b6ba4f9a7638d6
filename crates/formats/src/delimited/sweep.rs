//! Detects where a new frequency sweep begins.

/// Relative span below which frequencies count as one: generators jitter.
const JITTER: f64 = 1e-3;

/// Follows the frequencies of a sweep and detects when a new one begins.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sweep {
    start: f64,
    previous: f64,
    /// Whether it rises; unknown until it has left its start.
    rises: Option<bool>,
}

impl Sweep {
    /// Takes the next frequency; whether it starts a new sweep.
    ///
    /// It does where it steps against the sweep's direction and comes nearer (by ratio) to the sweep's start than to the
    /// frequency before. So neither a repeated point nor a sweep that returns step by step is split.
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
