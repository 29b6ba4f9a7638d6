//! Totals of a program in closed form: a run of a thousand million cycles takes no longer to count than one of ten.

use crate::program::{Program, Slot};

impl Program {
    /// Combines the slots in the order of the run. `then` must be associative: a loop is combined by repeated doubling.
    /// Null if there are no slots.
    pub(crate) fn combined<T: Clone>(&self, slot: impl Fn(usize, &Slot) -> T, then: impl Fn(T, T) -> T) -> Option<T> {
        // Each with its first slot.
        let mut parts: Vec<(usize, T)> = Vec::with_capacity(self.slots.len());
        for (index, now) in self.slots.iter().enumerate() {
            parts.push((index, slot(index, now)));
            for over in self.loops.iter().filter(|over| usize::from(over.last) == index) {
                let first = usize::from(over.first);
                let from = parts.partition_point(|(place, _)| *place < first);
                let body = parts.drain(from..).map(|(_, part)| part).reduce(&then);
                parts.extend(body.map(|body| (first, repeated(body, over.count, &then))));
            }
        }
        parts.into_iter().map(|(_, part)| part).reduce(then)
    }

    /// Number of steps of the run.
    #[must_use]
    pub fn step_count(&self) -> u64 {
        self.combined(|_, _| 1, u64::saturating_add).unwrap_or(0)
    }

    /// Number of cycles of the run.
    #[must_use]
    pub fn cycle_count(&self) -> u64 {
        self.combined(|_, slot| u64::from(slot.begins_cycle), u64::saturating_add).unwrap_or(0)
    }

    /// Duration of the run from the first step on.
    #[must_use]
    pub fn duration_ms(&self) -> u64 {
        self.combined(|_, slot| u64::from(slot.duration_ms), u64::saturating_add).unwrap_or(0)
    }
}

/// A part, run so many times; 1 or more.
fn repeated<T: Clone>(part: T, count: u32, then: impl Fn(T, T) -> T) -> T {
    let mut left = count.max(1) - 1;
    let (mut all, mut power) = (part.clone(), part);
    while left > 0 {
        if left & 1 == 1 {
            all = then(all, power.clone());
        }
        left >>= 1;
        if left > 0 {
            power = then(power.clone(), power);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_repeated_in_order() {
        for count in [1, 2, 3, 10, 1000] {
            let text = repeated("ab".to_owned(), count, |a, b| a + &b);
            assert_eq!(text, "ab".repeat(count as usize));
        }
    }
}
