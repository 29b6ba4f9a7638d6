//! Levenberg–Marquardt least squares within bounds.
//!
//! Marquardt's scaling, Nielsen's damping, an active set for the bounds. Steps come from J = QR, never
//! from JᵀJ, which squares the condition; in long searches they follow the valley's curve by its second
//! derivative (geodesic acceleration). The inner loop does not allocate.
//!
//! Source: J. J. Moré, Lect. Notes Math. 630 (1978) 105; H. B. Nielsen, Damping parameter in
//! Marquardt's method, IMM-REP-1999-05 (Technical University of Denmark, 1999); M. K. Transtrum,
//! J. P. Sethna, arXiv:1201.5885 (2012).

/// Why a search stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stop {
    /// The relative decrease of the cost is below the tolerance.
    Converged,
    /// No step lowers the cost: the optimum, to rounding.
    RoundingLimit,
    /// The limit of iterations was reached; the optimum may lie elsewhere.
    IterationLimit,
}

impl Stop {
    /// The word stored in tables: `converged`, `rounding_limit` or `iteration_limit`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Converged => "converged",
            Self::RoundingLimit => "rounding_limit",
            Self::IterationLimit => "iteration_limit",
        }
    }
}

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
    /// Relative decrease of the cost below which the search ends.
    pub(crate) tolerance: f64,
    pub(crate) max_iterations: usize,
    /// Number of iterations after which steps are bent.
    pub(crate) bend_after: usize,
}

/// Work space for one problem size.
pub(crate) struct Search {
    n: usize,
    p: usize,
    r: Vec<f64>,
    r_trial: Vec<f64>,
    j: Vec<f64>,
    /// R of J = QR, column by column, the rows below the diagonal zero.
    triangle: Vec<f64>,
    /// The first p elements of Qᵀr.
    projected: Vec<f64>,
    /// The norms of the columns of J.
    norms: Vec<f64>,
    gradient: Vec<f64>,
    /// The damped triangle of the free parameters, column by column, 2p rows each, and the right-hand side
    /// after its reflections.
    damped: Vec<f64>,
    right: Vec<f64>,
    /// 2/|v|² of the reflections of J and of the damped triangle, and the diagonal of the latter.
    scales: Vec<f64>,
    damped_scales: Vec<f64>,
    diagonal: Vec<f64>,
    bend: Vec<f64>,
    step: Vec<f64>,
    trial: Vec<f64>,
    held: Vec<bool>,
    /// Whether a bound shortened the step.
    crossed: bool,
}

/// End of a search.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) cost: f64,
    pub(crate) iterations: usize,
    pub(crate) stop: Stop,
    /// Damping with which a continued search resumes.
    pub(crate) damping: f64,
}

/// Initial damping.
pub(crate) const FIRST_DAMPING: f64 = 1e-3;
/// Rows of it are 1e-12 of a column's norm: still above the rounding of the triangle.
const SMALLEST_DAMPING: f64 = 1e-24;
/// Share of a step at which the second derivative along it is taken.
const PROBE: f64 = 0.1;
/// A bend longer than this fraction of the step is not trusted.
const LARGEST_BEND: f64 = 0.375;
/// Factor of the damping after an excellent step.
const FASTEST_RELIEF: f64 = 0.1;
impl Search {
    pub(crate) fn new(residuals: usize, parameters: usize) -> Self {
        Self {
            n: residuals,
            p: parameters,
            r: vec![0.0; residuals],
            r_trial: vec![0.0; residuals],
            j: vec![0.0; residuals * parameters],
            triangle: vec![0.0; parameters * parameters],
            projected: vec![0.0; parameters],
            norms: vec![0.0; parameters],
            gradient: vec![0.0; parameters],
            damped: vec![0.0; 2 * parameters * parameters],
            right: vec![0.0; 2 * parameters],
            scales: vec![0.0; parameters],
            damped_scales: vec![0.0; parameters],
            diagonal: vec![0.0; parameters],
            bend: vec![0.0; parameters],
            step: vec![0.0; parameters],
            trial: vec![0.0; parameters],
            held: vec![false; parameters],
            crossed: false,
        }
    }

    /// Moves `x` to a minimum.
    pub(crate) fn minimise(
        &mut self,
        problem: &mut impl Problem,
        x: &mut [f64],
        limits: Limits<'_>,
        mut damping: f64,
    ) -> Outcome {
        let mut cost = problem.residuals(x, &mut self.r);
        let mut growth = 2.0;
        let mut iterations = 0;
        let mut stop = Stop::IterationLimit;
        // Above this damping a small step gives no information about the distance from the minimum.
        let restraining = limits.tolerance.sqrt();
        let mut fresh = false;
        while iterations < limits.max_iterations {
            iterations += 1;
            if !fresh {
                problem.jacobian(&mut self.j);
                self.r_trial.copy_from_slice(&self.r);
                self.factorise();
                fresh = true;
            }
            let Some(predicted) = self.propose(x, limits, damping) else {
                stop = Stop::Converged;
                break;
            };
            if predicted <= limits.tolerance * cost && damping <= restraining {
                stop = Stop::Converged;
                break;
            }
            if iterations > limits.bend_after {
                self.accelerate(problem, x, limits);
            }
            let cost_trial = problem.residuals(&self.trial, &mut self.r_trial);
            let fall = cost - cost_trial;
            let moved =
                self.trial.iter().zip(x.iter()).any(|(new, old)| (new - old).abs() > 4.0 * f64::EPSILON * old.abs());
            // A decrease of NaN or −∞ does not count.
            if fall > 0.0 {
                let before = cost;
                cost = cost_trial;
                x.copy_from_slice(&self.trial);
                std::mem::swap(&mut self.r, &mut self.r_trial);
                fresh = false;
                let small = fall.max(predicted) <= limits.tolerance * before && damping <= restraining;
                if small || cost == 0.0 {
                    stop = Stop::Converged;
                    break;
                }
                let ratio = fall / predicted;
                damping *= (1.0 - (2.0 * ratio - 1.0).powi(3)).clamp(FASTEST_RELIEF, 2.0);
                damping = damping.max(SMALLEST_DAMPING);
                growth = 2.0;
            } else {
                if !moved || damping > 1e12 {
                    stop = Stop::RoundingLimit;
                    break;
                }
                damping = (damping * growth).max(1e-8);
                growth *= 2.0;
            }
        }
        Outcome { cost, iterations, stop, damping }
    }

    /// Standard errors at `x` in the search's coordinates, for reduced χ² of 1; those of parameters
    /// at a bound, which do not affect the others, are zero. `None` when J is singular.
    pub(crate) fn standard_errors(
        &mut self,
        problem: &mut impl Problem,
        x: &[f64],
        limits: Limits<'_>,
    ) -> Option<&[f64]> {
        let p = self.p;
        problem.residuals(x, &mut self.r);
        problem.jacobian(&mut self.j);
        self.r_trial.copy_from_slice(&self.r);
        self.factorise();
        for (k, held) in self.held.iter_mut().enumerate() {
            *held = x[k] <= limits.lower[k] || x[k] >= limits.upper[k];
        }
        self.step.fill(0.0);
        let free = self.triangularise(0.0);
        let singular = |(column, k): (usize, usize)| self.diagonal[column].abs() <= 1e-13 * self.norms[k];
        if (0..p).filter(|&k| !self.held[k]).enumerate().any(singular) {
            return None;
        }
        // The variances are the squared norms of the rows of T⁻¹; column c of T⁻¹ solves Ty = e.
        self.trial.fill(0.0);
        for c in 0..free {
            self.right.fill(0.0);
            self.right[c] = 1.0;
            self.substitute(free);
            let rows = (0..p).filter(|&k| !self.held[k]).zip(&self.right);
            rows.for_each(|(k, y)| self.trial[k] += y * y);
        }
        self.trial.iter_mut().for_each(|variance| *variance = variance.sqrt());
        Some(&self.trial)
    }

    /// The direction in which the residuals change least when parameter `k` moves, all others following
    /// it: the column of the covariance, 1 in `k`. After [`Self::standard_errors`].
    pub(crate) fn valley(&mut self, k: usize) -> &[f64] {
        let p = self.p;
        let free = self.held.iter().filter(|held| !**held).count();
        let place = self.held[..k].iter().filter(|held| !**held).count();
        let rows = 2 * p;
        // Tᵀy = e, then Tv = y.
        self.right.fill(0.0);
        for c in place..free {
            let above = dot(&self.damped[rows * c..rows * c + c], &self.right[..c]);
            self.right[c] = (f64::from(u8::from(c == place)) - above) / self.diagonal[c];
        }
        self.substitute(free);
        let scale = 1.0 / self.right[place];
        self.step.fill(0.0);
        let moved = (0..p).filter(|&i| !self.held[i]).zip(&self.right);
        moved.for_each(|(i, value)| self.step[i] = value * scale);
        &self.step
    }

    /// Correlation of neighbouring residuals at the `x` last evaluated, which come as `parts` runs.
    pub(crate) fn neighbour_correlation(&self, parts: usize) -> f64 {
        let runs = self.r.chunks(self.n / parts);
        let products: f64 = runs.flat_map(|run| run.windows(2)).map(|pair| pair[0] * pair[1]).sum();
        products / dot(&self.r, &self.r)
    }

    /// J = QR by Householder's reflections, with Qᵀr, the gradient Jᵀr and the norms of columns. Uses up
    /// J and `r_trial`, which holds r.
    fn factorise(&mut self) {
        let Self { n, p, .. } = *self;
        for a in 0..p {
            let (left, others) = self.j[n * a..].split_at_mut(n);
            self.norms[a] = dot(left, left).sqrt();
            let column = &mut self.triangle[p * a..p * (a + 1)];
            column.fill(0.0);
            let above = a.min(n);
            column[..above].copy_from_slice(&left[..above]);
            self.projected[a] = if a < n { self.r_trial[a] } else { 0.0 };
            let (mirror, r) = (&mut left[above..], &mut self.r_trial[above..]);
            self.scales[a] = 0.0;
            let Some((diagonal, scale)) = reflector(mirror) else { continue };
            self.scales[a] = scale;
            column[a] = diagonal;
            for other in others.chunks_exact_mut(n) {
                reflect(mirror, scale, &mut other[above..]);
            }
            reflect(mirror, scale, r);
            self.projected[a] = r[0];
        }
        for a in 0..p {
            self.gradient[a] = dot(&self.triangle[p * a..=(p + 1) * a], &self.projected[..=a]);
            self.norms[a] = dot(&self.triangle[p * a..=(p + 1) * a], &self.triangle[p * a..=(p + 1) * a]).sqrt();
        }
    }

    /// Sets `trial` to the damped step from `x`; returns the fall of the cost it predicts, or
    /// `None` when no parameter can move.
    ///
    /// Parameters held by a bound stay; one that would cross its bound, or exceed the largest
    /// step, stops there and the others are solved again.
    #[expect(clippy::needless_range_loop, reason = "one index into six arrays of one length")]
    fn propose(&mut self, x: &[f64], limits: Limits<'_>, damping: f64) -> Option<f64> {
        let p = self.p;
        let largest = self.norms.iter().copied().fold(0.0, f64::max);
        for k in 0..p {
            let outward_low = x[k] <= limits.lower[k] && self.gradient[k] >= 0.0;
            let outward_high = x[k] >= limits.upper[k] && self.gradient[k] <= 0.0;
            let dead = self.norms[k] <= 1e-15 * largest;
            self.held[k] = outward_low || outward_high || dead;
            self.step[k] = 0.0;
        }
        if self.held.iter().all(|&held| held) {
            return None;
        }
        self.crossed = false;
        loop {
            let free = self.triangularise(damping);
            self.substitute(free);
            let mut crossed = false;
            let mut free = 0;
            for k in 0..p {
                if self.held[k] {
                    continue;
                }
                let step = self.right[free];
                free += 1;
                let low = (limits.lower[k] - x[k]).max(-limits.step[k]);
                let high = (limits.upper[k] - x[k]).min(limits.step[k]);
                self.step[k] = step.clamp(low, high);
                if !(low..=high).contains(&step) {
                    self.held[k] = true;
                    crossed = true;
                    self.crossed = true;
                }
            }
            if !crossed {
                break;
            }
        }
        // |q|² − |q + Rs|², without the difference of two large numbers.
        let mut predicted = 0.0;
        for a in 0..p {
            let moved: f64 = (a..p).map(|b| self.triangle[p * b + a] * self.step[b]).sum();
            predicted -= moved * (2.0 * self.projected[a] + moved);
        }
        for k in 0..p {
            self.trial[k] = (x[k] + self.step[k]).clamp(limits.lower[k], limits.upper[k]);
        }
        Some(predicted.max(0.0))
    }

    /// Bends the step along the curve that the residuals' second derivative in its direction gives,
    /// where the bend is short against the step and no bound is near.
    #[expect(clippy::needless_range_loop, reason = "one index into several arrays of one length")]
    fn accelerate(&mut self, problem: &mut impl Problem, x: &[f64], limits: Limits<'_>) {
        let Self { n, p, .. } = *self;
        if self.crossed {
            return;
        }
        for k in 0..p {
            self.bend[k] = x[k] + PROBE * self.step[k];
        }
        if !problem.residuals(&self.bend, &mut self.r_trial).is_finite() {
            return;
        }
        for a in 0..p.min(n) {
            reflect(&self.j[n * a + a..n * (a + 1)], self.scales[a], &mut self.r_trial[a..]);
        }
        self.right.fill(0.0);
        for a in 0..p.min(n) {
            let moved: f64 = (a..p).map(|b| self.triangle[p * b + a] * self.step[b]).sum();
            let second = 2.0 / PROBE * ((self.r_trial[a] - self.projected[a]) / PROBE - moved);
            self.right[a] = -0.5 * second;
        }
        let free = self.held.iter().filter(|held| !**held).count();
        let rows = 2 * p;
        for c in 0..free {
            let end = p + c + 1;
            reflect(&self.damped[rows * c + c..rows * c + end], self.damped_scales[c], &mut self.right[c..end]);
        }
        self.substitute(free);
        let (mut first, mut second) = (0.0, 0.0);
        let mut column = 0;
        for k in 0..p {
            self.bend[k] = 0.0;
            if !self.held[k] {
                self.bend[k] = self.right[column];
                column += 1;
            }
            first += (self.norms[k] * self.step[k]).powi(2);
            second += (self.norms[k] * self.bend[k]).powi(2);
        }
        if second > LARGEST_BEND * LARGEST_BEND * first {
            return;
        }
        for k in 0..p {
            let step = (self.step[k] + self.bend[k]).clamp(-limits.step[k], limits.step[k]);
            self.trial[k] = (x[k] + step).clamp(limits.lower[k], limits.upper[k]);
        }
    }

    /// Triangularises the columns of R that are not held, over √damping times their norms, into
    /// `damped`, and makes `right` fit; those held keep their step. Returns how many are free.
    fn triangularise(&mut self, damping: f64) -> usize {
        let p = self.p;
        let rows = 2 * p;
        self.right.fill(0.0);
        for a in 0..p {
            self.right[a] = -self.projected[a];
        }
        let mut free = 0;
        for k in 0..p {
            let from = &self.triangle[p * k..=(p + 1) * k];
            if self.held[k] {
                let step = self.step[k];
                self.right.iter_mut().zip(from).for_each(|(right, value)| *right -= value * step);
                continue;
            }
            let column = &mut self.damped[rows * free..rows * (free + 1)];
            column[..=k].copy_from_slice(from);
            column[k + 1..].fill(0.0);
            column[p + free] = damping.sqrt() * self.norms[k];
            free += 1;
        }
        for c in 0..free {
            // Rows further down are zero so far.
            let end = p + c + 1;
            let (left, others) = self.damped[rows * c..rows * free].split_at_mut(rows);
            let mirror = &mut left[c..end];
            (self.diagonal[c], self.damped_scales[c]) = (0.0, 0.0);
            let Some((diagonal, scale)) = reflector(mirror) else { continue };
            (self.diagonal[c], self.damped_scales[c]) = (diagonal, scale);
            for other in others.chunks_exact_mut(rows) {
                reflect(mirror, scale, &mut other[c..end]);
            }
            reflect(mirror, scale, &mut self.right[c..end]);
        }
        free
    }

    /// Solves the triangle that [`Self::triangularise`] left, in `right`. A zero on the diagonal
    /// gives a zero.
    fn substitute(&mut self, free: usize) {
        let rows = 2 * self.p;
        for c in (0..free).rev() {
            let column = &self.damped[rows * c..=rows * c + c];
            let value = if self.diagonal[c] == 0.0 { 0.0 } else { self.right[c] / self.diagonal[c] };
            self.right[c] = value;
            self.right.iter_mut().zip(&column[..c]).for_each(|(right, factor)| *right -= factor * value);
        }
    }
}

/// Turns a vector into the one that mirrors it onto its first axis; returns where on that axis it
/// lands and 2/|v|². `None` for a zero vector, which stays.
fn reflector(vector: &mut [f64]) -> Option<(f64, f64)> {
    let norm = dot(vector, vector).sqrt();
    let first = vector.first_mut()?;
    if norm <= 0.0 {
        return None;
    }
    let landing = if *first > 0.0 { -norm } else { norm };
    // |v|² = 2·norm·(norm + |first|) for v = vector − landing·e.
    let scale = 1.0 / (norm * (norm + first.abs()));
    *first -= landing;
    Some((landing, scale))
}

/// Mirrors `vector`: minus 2v(v·vector)/|v|².
fn reflect(mirror: &[f64], scale: f64, vector: &mut [f64]) {
    let share = scale * dot(mirror, vector);
    vector.iter_mut().zip(mirror).for_each(|(value, mirror)| *value -= share * mirror);
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
