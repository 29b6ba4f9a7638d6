//! Non-negative amplitudes of a few known shapes: the linear part of a start value.
//!
//! Solves the normal equations; while a solution is negative, its most negative member becomes zero
//! and the rest is solved again. This is the first half of Lawson and Hanson's method (Solving Least
//! Squares Problems, 1974, ch. 23): good enough to rank starts, which a search then improves.

/// Work space for problems up to one size.
pub(crate) struct Amplitudes {
    size: usize,
    /// Inner products of the shapes, row by row.
    pub(crate) gram: Vec<f64>,
    /// Inner products of the shapes with the data.
    pub(crate) projection: Vec<f64>,
    /// The amplitudes, zero or positive.
    pub(crate) solution: Vec<f64>,
    lower: Vec<f64>,
    inverse: Vec<f64>,
    live: Vec<usize>,
}

impl Amplitudes {
    pub(crate) fn new(size: usize) -> Self {
        Self {
            size,
            gram: vec![0.0; size * size],
            projection: vec![0.0; size],
            solution: vec![0.0; size],
            lower: vec![0.0; size * size],
            inverse: vec![0.0; size],
            live: Vec::with_capacity(size),
        }
    }

    /// Fills `solution`; returns the part of the data's squared norm that the shapes explain.
    pub(crate) fn solve(&mut self) -> f64 {
        self.live.clear();
        self.live.extend((0..self.size).filter(|&k| self.gram[(self.size + 1) * k] > 0.0));
        loop {
            self.solution.fill(0.0);
            if self.live.is_empty() {
                return 0.0;
            }
            self.solve_live();
            let lowest = (0..self.live.len())
                .min_by(|&a, &b| self.solution[self.live[a]].total_cmp(&self.solution[self.live[b]]));
            match lowest.filter(|&k| self.solution[self.live[k]] <= 0.0 || self.solution[self.live[k]].is_nan()) {
                Some(k) => drop(self.live.remove(k)),
                None => break,
            }
        }
        self.solution.iter().zip(&self.projection).map(|(a, b)| a * b).sum()
    }

    /// G = LDLᵀ over the live members; a member that depends on earlier ones gets zero.
    fn solve_live(&mut self) {
        let Self { size, gram, projection, solution, lower, inverse, live } = self;
        let size = *size;
        for (i, &a) in live.iter().enumerate() {
            let (above, row) = lower.split_at_mut(size * i);
            let mut left = gram[(size + 1) * a];
            let mut right = projection[a];
            // The row holds LD first, then L.
            for (j, &b) in live[..i].iter().enumerate() {
                let done: f64 = row[..j].iter().zip(&above[size * j..]).map(|(u, l)| u * l).sum();
                row[j] = gram[size * a + b] - done;
            }
            for (j, &b) in live[..i].iter().enumerate() {
                let l = row[j] * inverse[j];
                left -= row[j] * l;
                right -= l * solution[b];
                row[j] = l;
            }
            inverse[i] = if left > 1e-12 * gram[(size + 1) * a] { 1.0 / left } else { 0.0 };
            solution[a] = right;
        }
        for (i, &a) in live.iter().enumerate().rev() {
            let mut sum = solution[a] * inverse[i];
            for (j, &b) in live.iter().enumerate().skip(i + 1) {
                sum -= lower[size * j + i] * solution[b];
            }
            solution[a] = sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_negative_amplitude_becomes_zero_and_the_rest_is_solved_again() {
        let mut two = Amplitudes::new(2);
        two.gram.copy_from_slice(&[2.0, 1.0, 1.0, 1.0]);
        two.projection.copy_from_slice(&[1.0, 0.9]);
        two.solve();
        assert!((two.solution[0] - 0.1).abs() < 1e-12 && (two.solution[1] - 0.8).abs() < 1e-12);
        two.projection.copy_from_slice(&[1.0, 2.0]);
        two.solve();
        assert_eq!(two.solution, [0.0, 2.0]);
    }
}
