//! Levenberg–Marquardt least squares within bounds.
//!
//! Marquardt's scaling, Nielsen's damping, an active set for the bounds. The inner loop does not
//! allocate.
//!
//! Source: J. J. Moré, Lect. Notes Math. 630 (1978) 105; H. B. Nielsen, Damping parameter in
//! Marquardt's method, IMM-REP-1999-05 (Technical University of Denmark, 1999).

use crate::cnls::Stop;

/// What is minimised: Σ rᵢ².
pub(crate) trait Problem {
    /// Residuals at `x`; returns the sum of their squares, or infinity where the model fails.
    fn residuals(&mut self, x: &[f64], r: &mut [f64]) -> f64;
    /// Derivatives of the residuals at the `x` of the last call of [`Self::residuals`], by columns.
    fn jacobian(&mut self, j: &mut [f64]);
}

/// Limits of a search.
#[derive(Clone, Copy)]
pub(crate) struct Limits<'a> {
    pub(crate) lower: &'a [f64],
    pub(crate) upper: &'a [f64],
    /// Largest change of each parameter in one step.
    pub(crate) step: &'a [f64],
    /// Relative fall of the cost below which the search ends.
    pub(crate) tolerance: f64,
    pub(crate) max_iterations: usize,
}

/// Work space for one problem size.
pub(crate) struct Search {
    n: usize,
    p: usize,
    r: Vec<f64>,
    r_trial: Vec<f64>,
    j: Vec<f64>,
    normal: Vec<f64>,
    gradient: Vec<f64>,
    factor: Vec<f64>,
    step: Vec<f64>,
    trial: Vec<f64>,
    held: Vec<bool>,
}

/// Where a search ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) cost: f64,
    pub(crate) iterations: usize,
    pub(crate) stop: Stop,
}

impl Search {
    pub(crate) fn new(residuals: usize, parameters: usize) -> Self {
        Self {
            n: residuals,
            p: parameters,
            r: vec![0.0; residuals],
            r_trial: vec![0.0; residuals],
            j: vec![0.0; residuals * parameters],
            normal: vec![0.0; parameters * parameters],
            gradient: vec![0.0; parameters],
            factor: vec![0.0; parameters * parameters],
            step: vec![0.0; parameters],
            trial: vec![0.0; parameters],
            held: vec![false; parameters],
        }
    }

    /// Moves `x` to a minimum.
    pub(crate) fn minimise(&mut self, problem: &mut impl Problem, x: &mut [f64], limits: Limits<'_>) -> Outcome {
        let mut cost = problem.residuals(x, &mut self.r);
        let mut damping = 1e-3;
        let mut growth = 2.0;
        let mut iterations = 0;
        let mut small_steps = 0;
        let mut stop = Stop::IterationLimit;
        let mut fresh = false;
        while iterations < limits.max_iterations {
            iterations += 1;
            if !fresh {
                problem.jacobian(&mut self.j);
                self.form_normal_equations();
                fresh = true;
            }
            let Some(predicted) = self.propose(x, limits, damping) else {
                stop = Stop::Converged;
                break;
            };
            let cost_trial = problem.residuals(&self.trial, &mut self.r_trial);
            let fall = cost - cost_trial;
            let moved =
                self.trial.iter().zip(x.iter()).any(|(new, old)| (new - old).abs() > 4.0 * f64::EPSILON * old.abs());
            // A fall of NaN or −∞ is no fall.
            if fall > 0.0 {
                let ratio = fall / predicted;
                damping *= (1.0 - (2.0 * ratio - 1.0).powi(3)).clamp(1.0 / 5.0, 2.0);
                damping = damping.max(1e-14);
                growth = 2.0;
                let before = cost;
                cost = cost_trial;
                x.copy_from_slice(&self.trial);
                std::mem::swap(&mut self.r, &mut self.r_trial);
                fresh = false;
                small_steps = if fall.max(predicted) <= limits.tolerance * before { small_steps + 1 } else { 0 };
                if small_steps == 2 || cost == 0.0 {
                    stop = Stop::Converged;
                    break;
                }
            } else {
                if !moved || damping > 1e12 {
                    stop = Stop::RoundingLimit;
                    break;
                }
                if predicted <= limits.tolerance * cost {
                    stop = Stop::Converged;
                    break;
                }
                damping = (damping * growth).max(1e-8);
                growth *= 2.0;
            }
        }
        Outcome { cost, iterations, stop }
    }

    /// Standard errors at `x` in the search's coordinates, for reduced χ² of 1; those of parameters
    /// at a bound, which the others are not shared with, are zero. `None` when JᵀJ is singular.
    pub(crate) fn standard_errors(
        &mut self,
        problem: &mut impl Problem,
        x: &[f64],
        limits: Limits<'_>,
    ) -> Option<&[f64]> {
        let p = self.p;
        problem.residuals(x, &mut self.r);
        problem.jacobian(&mut self.j);
        self.form_normal_equations();
        for (k, held) in self.held.iter_mut().enumerate() {
            *held = x[k] <= limits.lower[k] || x[k] >= limits.upper[k];
        }
        // Column k of the inverse is the step for a gradient of −1 in k.
        for k in 0..p {
            self.trial[k] = 0.0;
            if self.held[k] {
                continue;
            }
            self.gradient.fill(0.0);
            self.gradient[k] = -1.0;
            self.step.fill(0.0);
            if !self.solve(0.0) {
                return None;
            }
            self.trial[k] = self.step[k].sqrt();
        }
        Some(&self.trial)
    }

    /// Correlation of neighbouring residuals at the `x` last asked about, which come as `parts` runs.
    pub(crate) fn neighbour_correlation(&self, parts: usize) -> f64 {
        let runs = self.r.chunks(self.n / parts);
        let products: f64 = runs.flat_map(|run| run.windows(2)).map(|pair| pair[0] * pair[1]).sum();
        products / dot(&self.r, &self.r)
    }

    /// JᵀJ and Jᵀr, J of the residuals.
    fn form_normal_equations(&mut self) {
        let Self { n, p, .. } = *self;
        for a in 0..p {
            let column = &self.j[n * a..n * (a + 1)];
            self.gradient[a] = dot(column, &self.r);
            for b in 0..=a {
                let value = dot(column, &self.j[n * b..n * (b + 1)]);
                self.normal[p * a + b] = value;
                self.normal[p * b + a] = value;
            }
        }
    }

    /// Sets `trial` to the damped step from `x`; returns the fall of the cost it predicts, or
    /// `None` when no parameter can move.
    ///
    /// Parameters that a bound holds back stay; one that would cross its bound stops there and the
    /// others are solved again.
    #[expect(clippy::needless_range_loop, reason = "one index into six arrays of one length")]
    fn propose(&mut self, x: &[f64], limits: Limits<'_>, damping: f64) -> Option<f64> {
        let p = self.p;
        let largest = (0..p).map(|k| self.normal[(p + 1) * k]).fold(0.0, f64::max);
        for k in 0..p {
            let outward_low = x[k] <= limits.lower[k] && self.gradient[k] >= 0.0;
            let outward_high = x[k] >= limits.upper[k] && self.gradient[k] <= 0.0;
            let dead = self.normal[(p + 1) * k] <= 1e-30 * largest;
            self.held[k] = outward_low || outward_high || dead;
            self.step[k] = 0.0;
        }
        if self.held.iter().all(|&held| held) {
            return None;
        }
        loop {
            if !self.solve(damping) {
                // Not positive definite to rounding: take the scaled gradient's direction.
                for k in 0..p {
                    if !self.held[k] {
                        self.step[k] = -self.gradient[k] / (self.normal[(p + 1) * k] * (1.0 + damping) * p as f64);
                    }
                }
            }
            let mut crossed = false;
            for k in 0..p {
                if self.held[k] {
                    continue;
                }
                let target = x[k] + self.step[k];
                if target < limits.lower[k] || target > limits.upper[k] {
                    self.step[k] = target.clamp(limits.lower[k], limits.upper[k]) - x[k];
                    self.held[k] = true;
                    crossed = true;
                }
            }
            if !crossed {
                break;
            }
        }
        let mut predicted = 0.0;
        for k in 0..p {
            self.step[k] = self.step[k].clamp(-limits.step[k], limits.step[k]);
            self.trial[k] = (x[k] + self.step[k]).clamp(limits.lower[k], limits.upper[k]);
        }
        for a in 0..p {
            let curved: f64 = (0..p).map(|b| self.normal[p * a + b] * self.step[b]).sum();
            predicted -= self.step[a] * (2.0 * self.gradient[a] + curved);
        }
        Some(predicted.max(0.0))
    }

    /// Solves the damped normal equations for the parameters not held; those held keep their step.
    fn solve(&mut self, damping: f64) -> bool {
        let p = self.p;
        for a in 0..p {
            if self.held[a] {
                continue;
            }
            for b in 0..=a {
                self.factor[p * a + b] = self.normal[p * a + b];
            }
            self.factor[(p + 1) * a] *= 1.0 + damping;
        }
        // Cholesky over the free parameters, in place.
        for a in 0..p {
            if self.held[a] {
                continue;
            }
            for b in 0..=a {
                if self.held[b] {
                    continue;
                }
                let mut sum = self.factor[p * a + b];
                for c in 0..b {
                    if !self.held[c] {
                        sum -= self.factor[p * a + c] * self.factor[p * b + c];
                    }
                }
                if a == b {
                    if sum <= 1e-15 * self.normal[(p + 1) * a] {
                        return false;
                    }
                    self.factor[p * a + a] = sum.sqrt();
                } else {
                    self.factor[p * a + b] = sum / self.factor[p * b + b];
                }
            }
        }
        for a in 0..p {
            if self.held[a] {
                continue;
            }
            let mut sum = -self.gradient[a];
            for b in 0..p {
                if self.held[b] {
                    sum -= self.normal[p * a + b] * self.step[b];
                } else if b < a {
                    sum -= self.factor[p * a + b] * self.step[b];
                }
            }
            self.step[a] = sum / self.factor[p * a + a];
        }
        for a in (0..p).rev() {
            if self.held[a] {
                continue;
            }
            let mut sum = self.step[a];
            for b in a + 1..p {
                if !self.held[b] {
                    sum -= self.factor[p * b + a] * self.step[b];
                }
            }
            self.step[a] = sum / self.factor[p * a + a];
        }
        true
    }
}

/// Σ aᵢbᵢ over four running sums: the order of additions is fixed, so the result is, too.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a4, a_rest) = a.as_chunks::<4>();
    let (b4, b_rest) = b.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for (a, b) in a4.iter().zip(b4) {
        for k in 0..4 {
            sums[k] += a[k] * b[k];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    (sums[0] + sums[2]) + (sums[1] + sums[3]) + rest
}
