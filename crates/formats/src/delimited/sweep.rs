//! Detects where a new frequency sweep begins.

/// Relative span below which frequencies count as one: generators jitter.
const JITTER: f64 = 1e-3;
/// Once a sweep goes back step by step, a jump is longer than any of its steps by this ratio of logarithms.
const JUMP: f64 = 1.5;

/// Follows the frequencies of a sweep and detects when a new one begins.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sweep {
    start: f64,
    previous: f64,
    /// Whether it rises; unknown until it has left its start.
    rises: Option<bool>,
    /// The longest step so far, as the logarithm of a ratio.
    longest: f64,
    /// Whether it goes back step by step.
    has_turned: bool,
}

impl Sweep {
    /// Takes the next frequency; whether it starts a new sweep.
    ///
    /// It does where it jumps against the sweep's direction and comes nearer (by ratio) to the sweep's start than to the
    /// frequency before. So neither a repeated point nor a sweep that returns step by step is split; after such a return to the
    /// start, the next frequency begins a new one.
    pub(crate) fn begins_again(&mut self, frequency: f64) -> bool {
        // What is no frequency is rejected elsewhere.
        if frequency.is_nan() || frequency <= 0.0 {
            return false;
        }
        if self.start == 0.0 {
            *self = Self { start: frequency, previous: frequency, ..Self::default() };
            return false;
        }
        let steps_back =
            self.rises.is_some_and(|rises| if rises { frequency < self.previous } else { frequency > self.previous });
        let step = (frequency / self.previous).ln().abs();
        let is_near = |frequency: f64| (frequency / self.start).ln().abs() <= JITTER;
        let is_jump = !self.has_turned || step > JUMP * self.longest;
        let jumps_back = steps_back && is_jump && (frequency / self.start).ln().abs() < step;
        let has_returned = self.has_turned && is_near(self.previous) && !steps_back;
        if jumps_back || has_returned {
            *self = Self { start: frequency, previous: frequency, ..Self::default() };
            return true;
        }
        if self.rises.is_none() && !is_near(frequency) {
            self.rises = Some(frequency > self.start);
        }
        self.has_turned |= steps_back && step > JITTER;
        self.longest = self.longest.max(step);
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
        assert_eq!(starts(&[100.0, 10.0, 100.0, 10.0]), [2]);
        assert_eq!(starts(&[1000.0, 100.0, 1.0, 1000.0, 100.0, 1.0]), [3]);
        assert_eq!(starts(&[100.0, 0.0, 1.0, 100.0]), [3]);
    }

    #[test]
    fn a_repeated_point_or_a_way_back_starts_none() {
        assert_eq!(starts(&[100.0, 10.0, 10.0, 10.1, 1.0]), [] as [usize; 0]);
        assert_eq!(starts(&[100.0, 50.0, 20.0, 10.0, 20.0]), [] as [usize; 0]);
        assert_eq!(starts(&[1000.0, 1000.1, 1000.0, 1000.1]), [] as [usize; 0]);
    }

    #[test]
    fn a_sweep_there_and_back_is_one_and_the_next_begins_after_its_end() {
        let both = [1000.0, 100.0, 10.0, 1.0, 1.0, 10.0, 100.0, 1000.0];
        assert_eq!(starts(&both), [] as [usize; 0]);
        assert_eq!(starts(&[both, both].concat()), [8]);
    }
}
