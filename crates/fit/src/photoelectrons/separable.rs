//! Least squares for positions and one width; the heights are solved at every step.
//!
//! A step is a Gauss–Newton step for all parameters, heights included, with Marquardt's damping of
//! positions and width; its heights are then solved again. This is Kaufman's form of variable
//! projection, on the normal equations: there are few parameters, of similar magnitude.
//!
//! Source: L. Kaufman, BIT 15 (1975) 49; H. B. Nielsen, IMM-REP-1999-05 (damping).

use super::line_shape::Shape;
use super::region::SpinOrbit;
use super::start_search::Bounds;
use crate::levenberg::dot;

/// The components at one set of positions and width: columns times √weight, heights, residuals.
pub(super) struct Model<'a> {
    x: &'a [f64],
    /// y − b.
    line: &'a [f64],
    root_weight: Vec<f64>,
    shape: Shape,
    pair: Option<SpinOrbit>,
    /// Number of components.
    pub(super) m: usize,
    /// Each component's shape, its derivative by position and by width, one column after the other.
    pub(super) shapes: Vec<f64>,
    by_position: Vec<f64>,
    by_width: Vec<f64>,
    weighted_line: Vec<f64>,
    residual: Vec<f64>,
    pub(super) heights: Vec<f64>,
    /// Whether each component had a height when the Jacobian was computed.
    present: Vec<bool>,
    /// Columns of the Jacobian of the model: positions, width, heights.
    pub(super) jacobian: Vec<f64>,
    normal: Vec<f64>,
    right: Vec<f64>,
    /// The system of the heights alone.
    overlap: Vec<f64>,
    with_line: Vec<f64>,
    system: System,
}

/// End of a search.
pub(super) struct Place {
    /// Positions (eV), then the width (eV).
    pub(super) x: Vec<f64>,
    pub(super) cost: f64,
    pub(super) iterations: usize,
    pub(super) converged: bool,
}

pub(super) const MAX_ITERATIONS: usize = 200;
/// Relative decrease of the sum of squares per point below which a search ends: parameters are then within
/// 1e-4 of their standard errors.
pub(super) const FINE: f64 = 1e-8;
/// The same for distinguishing minima: within a tenth of the standard errors.
pub(super) const COARSE: f64 = 1e-2;
/// Minima closer than this, in widths, are the same.
const SAME: f64 = 0.02;
/// If steps of this many widths, downhill, do not lower the sum of squares, only rounding error is left.
const UNMOVED: f64 = 1e-9;

impl<'a> Model<'a> {
    pub(super) fn new(x: &'a [f64], line: &'a [f64], m: usize, shape: Shape, pair: Option<SpinOrbit>) -> Self {
        let n = x.len();
        let parameters = 2 * m + 1;
        Self {
            x,
            line,
            root_weight: vec![1.0; n],
            shape,
            pair,
            m,
            shapes: vec![0.0; n * m],
            by_position: vec![0.0; n * m],
            by_width: vec![0.0; n * m],
            weighted_line: line.to_vec(),
            residual: vec![0.0; n],
            heights: vec![0.0; m],
            present: vec![false; m],
            jacobian: vec![0.0; n * parameters],
            normal: vec![0.0; parameters * parameters],
            right: vec![0.0; parameters],
            overlap: vec![0.0; m * m],
            with_line: vec![0.0; m],
            system: System::new(parameters),
        }
    }

    /// Weights from here on are 1/`variance`.
    pub(super) fn weigh(&mut self, variance: &[f64]) {
        for (i, v) in variance.iter().enumerate() {
            self.root_weight[i] = 1.0 / v.sqrt();
            self.weighted_line[i] = self.line[i] * self.root_weight[i];
        }
    }

    pub(super) fn root_weight(&self) -> &[f64] {
        &self.root_weight
    }

    /// The sum of components, unweighted, at the last evaluation.
    pub(super) fn total(&self, out: &mut [f64]) {
        let n = self.x.len();
        out.fill(0.0);
        for (shape, height) in self.shapes.chunks_exact(n).zip(&self.heights) {
            out.iter_mut().zip(shape).for_each(|(out, g)| *out += height * g);
        }
        out.iter_mut().zip(&self.root_weight).for_each(|(out, root)| *out /= root);
    }

    /// Shapes, heights and residuals at `place`; returns Σ w r².
    pub(super) fn evaluate(&mut self, place: &[f64]) -> f64 {
        let n = self.x.len();
        let (positions, width) = (&place[..self.m], place[self.m]);
        let inverse = 1.0 / width;
        for (j, &position) in positions.iter().enumerate() {
            let columns = n * j..n * (j + 1);
            let shapes = &mut self.shapes[columns.clone()];
            let by_position = &mut self.by_position[columns.clone()];
            let by_width = &mut self.by_width[columns];
            for i in 0..n {
                let u = (self.x[i] - position) * inverse;
                let (height, fall) = self.shape.at(u * u);
                let g = height * self.root_weight[i];
                shapes[i] = g;
                by_position[i] = 2.0 * inverse * fall * u * g;
                by_width[i] = by_position[i] * u;
            }
            let Some(pair) = self.pair else { continue };
            for i in 0..n {
                let u = (self.x[i] - position - pair.splitting_ev) * inverse;
                let (height, fall) = self.shape.at(u * u);
                let g = pair.ratio * height * self.root_weight[i];
                let slope = 2.0 * inverse * fall * u * g;
                shapes[i] += g;
                by_position[i] += slope;
                by_width[i] += slope * u;
            }
        }
        self.solve_heights();
        self.residual.copy_from_slice(&self.weighted_line);
        for (shape, height) in self.shapes.chunks_exact(n).zip(&self.heights) {
            self.residual.iter_mut().zip(shape).for_each(|(r, g)| *r -= height * g);
        }
        dot(&self.residual, &self.residual)
    }

    /// The non-negative heights that fit best: negative ones are removed, the most negative first.
    fn solve_heights(&mut self) {
        let (n, m) = (self.x.len(), self.m);
        let column = |j: usize| n * j..n * (j + 1);
        for a in 0..m {
            for b in 0..=a {
                let value = dot(&self.shapes[column(a)], &self.shapes[column(b)]);
                self.overlap[a * m + b] = value;
                self.overlap[b * m + a] = value;
            }
            self.with_line[a] = dot(&self.shapes[column(a)], &self.weighted_line);
        }
        self.system.free.clear();
        self.system.free.extend(0..m);
        loop {
            self.heights.fill(0.0);
            if let Some(dependent) = self.system.solve(&self.overlap, &self.with_line, m) {
                self.system.free.remove(dependent);
                continue;
            }
            let free = &self.system.free;
            let worst = (0..free.len()).min_by(|&a, &b| self.system.answer[a].total_cmp(&self.system.answer[b]));
            match worst {
                Some(worst) if self.system.answer[worst] < 0.0 => {
                    self.system.free.remove(worst);
                }
                _ => break,
            }
        }
        for (&j, &height) in self.system.free.iter().zip(&self.system.answer) {
            self.heights[j] = height;
        }
    }

    /// The Jacobian, times √weight, at the last evaluation.
    pub(super) fn derive(&mut self) {
        let (n, m) = (self.x.len(), self.m);
        let (positions, rest) = self.jacobian.split_at_mut(n * m);
        let (width, heights) = rest.split_at_mut(n);
        width.fill(0.0);
        for (j, &height) in self.heights.iter().enumerate() {
            let columns = n * j..n * (j + 1);
            let by_position = &self.by_position[columns.clone()];
            positions[columns.clone()].iter_mut().zip(by_position).for_each(|(out, d)| *out = height * d);
            width.iter_mut().zip(&self.by_width[columns]).for_each(|(out, d)| *out += height * d);
        }
        heights.copy_from_slice(&self.shapes);
        self.present.iter_mut().zip(&self.heights).for_each(|(present, &height)| *present = height > 0.0);
    }

    /// JᵀWJ, row by row, after [`Self::derive`].
    pub(super) fn normal_matrix(&mut self) -> &[f64] {
        let n = self.x.len();
        let p = 2 * self.m + 1;
        for a in 0..p {
            for b in 0..=a {
                let value = dot(&self.jacobian[n * a..n * (a + 1)], &self.jacobian[n * b..n * (b + 1)]);
                self.normal[a * p + b] = value;
                self.normal[b * p + a] = value;
            }
        }
        &self.normal
    }

    /// Moves `at` to a minimum within `bounds`, and remains evaluated there. `None` if it converges to the
    /// `known` minimum.
    pub(super) fn minimise(
        &mut self,
        mut at: Vec<f64>,
        bounds: &Bounds,
        tolerance: f64,
        known: Option<&Place>,
    ) -> Option<Place> {
        let (n, m) = (self.x.len(), self.m);
        let p = 2 * m + 1;
        let lower = |k: usize| if k < m { bounds.lower_ev[k] } else { bounds.fwhm_min_ev };
        let upper = |k: usize| if k < m { bounds.upper_ev[k] } else { bounds.fwhm_max_ev };
        for (k, value) in at.iter_mut().enumerate() {
            *value = value.clamp(lower(k), upper(k));
        }
        let mut cost = self.evaluate(&at);
        let mut trial = at.clone();
        let mut step = vec![0.0; m + 1];
        let (mut damping, mut growth) = (1e-4, 2.0);
        let (mut iterations, mut converged, mut fresh, mut moved_away) = (0, false, false, false);
        while iterations < MAX_ITERATIONS {
            iterations += 1;
            if !fresh {
                self.derive();
                self.normal_matrix();
                for a in 0..p {
                    self.right[a] = dot(&self.jacobian[n * a..n * (a + 1)], &self.residual);
                }
                fresh = true;
            }
            // Parameters held by a bound, or without influence, stay.
            self.system.free.clear();
            let (right, normal, present) = (&self.right, &self.normal, &self.present);
            self.system.free.extend((0..p).filter(|&k| {
                let outward =
                    k <= m && ((at[k] <= lower(k) && right[k] <= 0.0) || (at[k] >= upper(k) && right[k] >= 0.0));
                let absent = k > m && !present[k - m - 1];
                !outward && !absent && normal[k * p + k] > 0.0
            }));
            self.system.shift.fill(0.0);
            let predicted = loop {
                let moves = self.system.free.iter().any(|&k| k <= m) || self.system.shift.iter().any(|&s| s != 0.0);
                if !moves {
                    break 0.0;
                }
                self.system.damp(damping, m);
                if let Some(dependent) = self.system.solve(&self.normal, &self.right, p) {
                    self.system.free.remove(dependent);
                    continue;
                }
                // A parameter that would cross its bound, or exceed the largest step, stops there; the others are
                // solved again.
                let crossing = self.system.free.iter().zip(&self.system.answer).position(|(&k, &s)| {
                    k <= m && {
                        let far = 0.5 * at[m];
                        !((lower(k) - at[k]).max(-far)..=(upper(k) - at[k]).min(far)).contains(&s)
                    }
                });
                let Some(crossing) = crossing else {
                    break self.system.predicted(&self.normal, &self.right, p);
                };
                let k = self.system.free.remove(crossing);
                let far = 0.5 * at[m];
                let s = self.system.answer[crossing];
                self.system.shift[k] = s.clamp((lower(k) - at[k]).max(-far), (upper(k) - at[k]).min(far));
            };
            self.system.read(&mut step);
            if !step.iter().any(|&s| s != 0.0) {
                converged = true;
                break;
            }
            for k in 0..=m {
                trial[k] = (at[k] + step[k]).clamp(lower(k), upper(k));
            }
            let fall = cost - self.evaluate(&trial);
            moved_away = fall <= 0.0 || fall.is_nan();
            let end = predicted <= tolerance * cost / n as f64 && damping <= 1e-2;
            if fall > 0.0 {
                cost -= fall;
                at.copy_from_slice(&trial);
                fresh = false;
                let near = |known: &Place| known.x.iter().zip(&at).all(|(a, b)| (a - b).abs() <= SAME * at[m]);
                if known.is_some_and(near) {
                    return None;
                }
                if end {
                    converged = true;
                    break;
                }
                damping *= (1.0 - (2.0 * fall / predicted - 1.0).powi(3)).clamp(0.1, 2.0);
                growth = 2.0;
            } else {
                // At a minimum, rounding error may prevent a step from lowering the sum.
                let unmoved = step.iter().all(|s| s.abs() <= UNMOVED * at[m]);
                if end || unmoved || !fall.is_finite() {
                    converged = end || unmoved;
                    break;
                }
                damping = (damping * growth).max(1e-8);
                growth *= 2.0;
            }
        }
        if moved_away {
            cost = self.evaluate(&at);
        }
        Some(Place { x: at, cost, iterations, converged })
    }
}

/// A symmetric system of few unknowns, some of them fixed.
struct System {
    size: usize,
    /// The unknowns that are solved for.
    free: Vec<usize>,
    /// Steps of fixed unknowns.
    shift: Vec<f64>,
    /// Relative increase of the diagonal.
    damping: Vec<f64>,
    factor: Vec<f64>,
    answer: Vec<f64>,
}

impl System {
    fn new(size: usize) -> Self {
        Self {
            size,
            free: Vec::with_capacity(size),
            shift: vec![0.0; size],
            damping: vec![0.0; size],
            factor: vec![0.0; size * size],
            answer: Vec::with_capacity(size),
        }
    }

    fn damp(&mut self, damping: f64, m: usize) {
        self.damping[..=m].fill(damping);
    }

    /// Solves for the free unknowns by Cholesky's method; returns the index in `free` of an unknown that depends on
    /// those before it, if there is one. Leaves the damping undamped.
    fn solve(&mut self, normal: &[f64], right: &[f64], p: usize) -> Option<usize> {
        let size = self.size;
        self.answer.clear();
        let damped = p == size;
        for (i, &a) in self.free.iter().enumerate() {
            let mut value = right[a];
            if damped {
                value -= (0..p).map(|k| normal[a * p + k] * self.shift[k]).sum::<f64>();
            }
            for (j, &b) in self.free[..=i].iter().enumerate() {
                let sum: f64 = (0..j).map(|k| self.factor[i * size + k] * self.factor[j * size + k]).sum();
                let rest = normal[a * p + b] - sum;
                if i == j {
                    let own = normal[a * p + a];
                    let diagonal = if damped { rest + self.damping[a] * own } else { rest };
                    if diagonal <= 1e-12 * own || diagonal.is_nan() {
                        return Some(i);
                    }
                    self.factor[i * size + i] = diagonal.sqrt();
                } else {
                    self.factor[i * size + j] = rest / self.factor[j * size + j];
                    value -= self.factor[i * size + j] * self.answer[j];
                }
            }
            self.answer.push(value / self.factor[i * size + i]);
        }
        for i in (0..self.answer.len()).rev() {
            let above: f64 = (i + 1..self.answer.len()).map(|k| self.factor[k * size + i] * self.answer[k]).sum();
            self.answer[i] = (self.answer[i] - above) / self.factor[i * size + i];
        }
        None
    }

    /// The predicted decrease of the cost for the whole step: 2gᵀs − sᵀAs.
    fn predicted(&mut self, normal: &[f64], right: &[f64], p: usize) -> f64 {
        for (&k, &s) in self.free.iter().zip(&self.answer) {
            self.shift[k] = s;
        }
        (0..p)
            .map(|a| {
                let bent: f64 = (0..p).map(|b| normal[a * p + b] * self.shift[b]).sum();
                self.shift[a] * (2.0 * right[a] - bent)
            })
            .sum()
    }

    /// The step of positions and width.
    fn read(&self, step: &mut [f64]) {
        step.copy_from_slice(&self.shift[..step.len()]);
    }
}
