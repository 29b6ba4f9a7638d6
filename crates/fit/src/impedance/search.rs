//! The search for the global optimum of a circuit: several starts, of which the best is kept.

use super::circuit::Circuit;
use super::element::Scale;
use super::model::Model;
use super::spectrum::Sorted;
use super::starts::{Starts, radical_inverse};
use crate::levenberg::{FIRST_DAMPING, Limits, Outcome, Problem, Search, Stop, dot};

/// Bounds of one parameter in its own unit; equal when it is fixed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Range {
    pub(crate) lower: f64,
    pub(crate) upper: f64,
    pub(crate) scale: Scale,
}

impl Range {
    /// The coordinate of the search.
    pub(crate) fn coordinate(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Logarithmic => value.ln(),
            Scale::Linear => value,
        }
    }
}

/// The weighted residuals of a circuit, over logarithms of its parameters.
pub(crate) struct CircuitProblem {
    model: Model,
    n: usize,
    scales: Vec<Scale>,
    /// Value of a logarithmic parameter at coordinate 0.
    reference: Vec<f64>,
    parameters: Vec<f64>,
    pub(crate) data: Vec<f64>,
    pub(crate) weights: Vec<f64>,
    points: Vec<(f64, num_complex::Complex64, f64, f64)>,
}

impl CircuitProblem {
    pub(crate) fn new(circuit: &Circuit, sorted: &Sorted, weights: Vec<f64>) -> Self {
        let n = sorted.len();
        let omega = |k: usize| 2.0 * std::f64::consts::PI * sorted.frequency_hz[k];
        Self {
            model: Model::new(&circuit.root, &sorted.frequency_hz),
            n,
            scales: circuit.parameters().iter().map(|spec| spec.scale).collect(),
            reference: vec![1.0; circuit.parameters().len()],
            parameters: vec![0.0; circuit.parameters().len()],
            data: sorted.z.iter().map(|z| z.re).chain(sorted.z.iter().map(|z| z.im)).collect(),
            points: (0..n).map(|k| (omega(k), sorted.z[k], weights[k], weights[n + k])).collect(),
            weights,
        }
    }

    /// Makes `x` the origin of logarithmic coordinates: ln(parameter) itself, 20 or −30, would be
    /// rounded 30 times more coarsely than the parameter.
    fn recentre(&mut self, x: &mut [f64], lower: &mut [f64], upper: &mut [f64]) {
        for k in 0..x.len() {
            if self.scales[k] == Scale::Logarithmic {
                self.reference[k] = x[k].exp();
                lower[k] -= x[k];
                upper[k] -= x[k];
                x[k] = 0.0;
            }
        }
    }

    /// The parameters last evaluated, in their own units.
    pub(crate) fn parameters(&self) -> &[f64] {
        &self.parameters
    }

    /// The impedance last evaluated: real parts, then imaginary parts (Ohm).
    pub(crate) fn z(&self) -> &[f64] {
        self.model.z()
    }
}

impl Problem for CircuitProblem {
    fn residuals(&mut self, x: &[f64], r: &mut [f64]) -> f64 {
        for (k, &x) in x.iter().enumerate() {
            self.parameters[k] = match self.scales[k] {
                Scale::Logarithmic => self.reference[k] * x.exp(),
                Scale::Linear => x,
            };
        }
        self.model.evaluate(&self.parameters);
        for (((r, z), data), weight) in r.iter_mut().zip(self.model.z()).zip(&self.data).zip(&self.weights) {
            *r = (z - data) * weight;
        }
        let cost = dot(r, r);
        if cost.is_finite() { cost } else { f64::INFINITY }
    }

    fn jacobian(&mut self, j: &mut [f64]) {
        let (weight_re, weight_im) = self.weights.split_at(self.n);
        self.model.differentiate(weight_re, weight_im, j);
    }
}

/// The best optimum found.
pub(crate) struct Best {
    /// In the coordinates of the search, as the bounds.
    pub(crate) x: Vec<f64>,
    pub(crate) lower: Vec<f64>,
    pub(crate) upper: Vec<f64>,
    pub(crate) stop: Stop,
    pub(crate) iterations: usize,
    pub(crate) n_starts: usize,
    pub(crate) n_starts_at_optimum: usize,
    /// Whether the remaining cost is rounding error.
    pub(crate) exact: bool,
}

/// The progress of one start.
struct Progress {
    x: Vec<f64>,
    outcome: Outcome,
    /// Whether it ended, at [`FINE_TOLERANCE`].
    finished: bool,
}

impl Progress {
    /// Whether further iterations cannot be expected to reach `lowest`.
    fn is_unpromising(&self, lowest: f64) -> bool {
        let factor = if self.outcome.stop == Stop::IterationLimit { UNDECIDED } else { PROMISING };
        self.outcome.cost > factor * lowest
    }
}

/// Thoroughness of the search, by the number of free parameters.
struct Effort {
    /// Starts between tests of their agreement.
    batch: usize,
    /// Number of starts at one optimum that is sufficient.
    enough: usize,
    /// Least number of starts if the optimum appears degenerate.
    doubtful: usize,
}

impl Effort {
    fn new(free: usize) -> Self {
        match free {
            0..=6 => Self { batch: 4, enough: 3, doubtful: 24 },
            7..=8 => Self { batch: 12, enough: 4, doubtful: 36 },
            _ => Self { batch: 20, enough: 5, doubtful: 60 },
        }
    }
}

/// A coarse search ends when the relative decrease of the cost is below this.
const COARSE_TOLERANCE: f64 = 1e-3;
const COARSE_ITERATIONS: usize = 20;
const FINE_TOLERANCE: f64 = 1e-9;
const FINE_ITERATIONS: usize = 60;
const POLISH_TOLERANCE: f64 = 1e-12;
const POLISH_ITERATIONS: usize = 60;
/// The polish begins at the optimum, with hardly any damping.
const POLISH_DAMPING: f64 = 1e-6;
/// Most searches need no more iterations than this, and no geodesic acceleration.
const STRAIGHT_ITERATIONS: usize = 4;
/// Below this fraction of the data's squared norm a misfit with a trend is not that of a measurement: an
/// exact optimum has not been found yet.
const NOISELESS: f64 = 4e-8;
/// Distance along a valley within which another optimum is sought.
const EXPONENT_REACH: f64 = 0.15;
const LOGARITHM_REACH: f64 = 1.5;
/// A standard error above this fraction of the reach: the valley is searched.
const WEAK: f64 = 0.03;
/// A correlation of neighbouring residuals above this is a clear trend.
const CLEAR_TREND: f64 = 0.5;
/// A start that converged at more than this many times the lowest cost is abandoned.
const PROMISING: f64 = 1.5;
/// A start whose cost is still decreasing is abandoned above this many times the lowest cost.
const UNDECIDED: f64 = 30.0;
/// Two optima are the same if their costs differ by less than this fraction, or by rounding.
const SAME_COST: f64 = 1e-6;

pub(crate) fn global_minimum(
    circuit: &Circuit,
    problem: &mut CircuitProblem,
    ranges: &[Range],
    starts: usize,
    max_iterations: usize,
) -> Best {
    let lower: Vec<f64> = ranges.iter().map(|range| range.coordinate(range.lower)).collect();
    let upper: Vec<f64> = ranges.iter().map(|range| range.coordinate(range.upper)).collect();
    let step: Vec<f64> = ranges.iter().map(|range| if range.scale == Scale::Linear { 0.3 } else { 3.0 }).collect();
    let coarse = Limits {
        lower: &lower,
        upper: &upper,
        step: &step,
        tolerance: COARSE_TOLERANCE,
        max_iterations: COARSE_ITERATIONS.min(max_iterations),
        bend_after: STRAIGHT_ITERATIONS,
    };
    let effort = Effort::new(ranges.iter().filter(|range| range.lower < range.upper).count());
    // A cost of rounding error only: residuals of 1e-14 of the data. No start can be better.
    let weighted: f64 = problem.data.iter().zip(&problem.weights).map(|(z, w)| (z * w) * (z * w)).sum();
    let rounding = 1e-28 * weighted;

    let mut from_data = Starts::new(circuit, &problem.points);
    let blocks = circuit.outermost_parameters();
    // A hidden series resistance is common and never distinguishes optima.
    let mut seen = vec![true; ranges.len()];
    circuit.series_resistors().for_each(|k| seen[k] = false);
    let mut search = Search::new(2 * problem.n, ranges.len());
    let mut searches: Vec<Progress> = Vec::new();
    let mut challenged = f64::INFINITY;
    let exchanges = circuit.equal_elements();
    loop {
        let batch = (searches.len() + effort.batch).min(starts);
        while searches.len() < batch {
            let k = searches.len();
            // After the first batch every second start is a changed best one.
            let start = if k < effort.batch || k.is_multiple_of(2) { from_data.next() } else { None };
            let mut x = match start {
                Some(start) => ranges.iter().zip(&start).map(|(range, &value)| range.coordinate(value)).collect(),
                None => displaced(&searches, k, ranges, &blocks, &lower, &upper),
            };
            for ((x, lower), upper) in x.iter_mut().zip(&lower).zip(&upper) {
                *x = x.clamp(*lower, *upper);
            }
            let outcome = search.minimise(problem, &mut x, coarse, FIRST_DAMPING);
            searches.push(Progress { x, outcome, finished: false });
        }
        let mut lowest;
        loop {
            lowest = searches.iter().map(|progress| progress.outcome.cost).fold(f64::INFINITY, f64::min);
            let next = (0..searches.len())
                .filter(|&k| !searches[k].finished && !searches[k].is_unpromising(lowest))
                .min_by(|&a, &b| searches[a].outcome.cost.total_cmp(&searches[b].outcome.cost));
            let Some(next) = next else {
                if lowest <= rounding || lowest >= challenged * (1.0 - SAME_COST) || searches.len() >= starts {
                    break;
                }
                challenged = lowest;
                let best = &searches[best_of(&searches)];
                let challengers = challengers(best, &exchanges, ranges, &mut search, problem, coarse, &seen);
                for mut x in challengers.into_iter().take(starts - searches.len()) {
                    for ((x, lower), upper) in x.iter_mut().zip(&lower).zip(&upper) {
                        *x = x.clamp(*lower, *upper);
                    }
                    let outcome = search.minimise(problem, &mut x, coarse, FIRST_DAMPING);
                    searches.push(Progress { x, outcome, finished: false });
                }
                continue;
            };
            let progress = &mut searches[next];
            let before = progress.outcome.iterations;
            let left = max_iterations.saturating_sub(before).min(FINE_ITERATIONS);
            let limits =
                Limits { tolerance: FINE_TOLERANCE, max_iterations: left, bend_after: STRAIGHT_ITERATIONS, ..coarse };
            progress.outcome = search.minimise(problem, &mut progress.x, limits, progress.outcome.damping);
            progress.outcome.iterations += before;
            progress.finished = progress.outcome.stop != Stop::IterationLimit || left < FINE_ITERATIONS;
        }
        let agreeing = searches.iter().filter(|t| t.outcome.cost <= lowest * (1.0 + SAME_COST) + rounding).count();
        let enough = agreeing >= effort.enough
            && (searches.len() >= if lowest < NOISELESS * weighted { starts } else { effort.doubtful }
                || !is_doubtful(&searches[best_of(&searches)], &mut search, problem, coarse, &seen));
        if enough || lowest <= rounding || searches.len() >= starts {
            let best = searches.swap_remove(best_of(&searches));
            let (mut x, mut lower, mut upper) = (best.x, lower.clone(), upper.clone());
            order_interchangeable(circuit, ranges, &mut x);
            problem.recentre(&mut x, &mut lower, &mut upper);
            let limits = Limits {
                lower: &lower,
                upper: &upper,
                step: &step,
                tolerance: POLISH_TOLERANCE,
                max_iterations: POLISH_ITERATIONS,
                bend_after: 0,
            };
            let polished = search.minimise(problem, &mut x, limits, POLISH_DAMPING);
            return Best {
                x,
                stop: if best.outcome.stop == Stop::IterationLimit { best.outcome.stop } else { polished.stop },
                iterations: best.outcome.iterations + polished.iterations,
                lower,
                upper,
                n_starts: searches.len() + 1,
                n_starts_at_optimum: agreeing,
                exact: polished.cost <= rounding,
            };
        }
    }
}

/// Puts interchangeable members in the order of their time constants, the shortest first, where
/// their bounds are equal, too.
fn order_interchangeable(circuit: &Circuit, ranges: &[Range], x: &mut [f64]) {
    for (a, b) in circuit.interchangeable() {
        let alike = a.parameters().zip(b.parameters()).all(|(i, j)| ranges[i] == ranges[j]);
        if alike && a.ln_tau(x) > b.ln_tau(x) {
            a.parameters().zip(b.parameters()).for_each(|(i, j)| x.swap(i, j));
        }
    }
}

/// Whether an optimum is of the kind that is often only local: an element without effect
/// (its parameter known to no better than a factor of e), an exponent at its bound, or residuals with
/// a trend.
fn is_doubtful(
    progress: &Progress,
    search: &mut Search,
    problem: &mut CircuitProblem,
    limits: Limits<'_>,
    seen: &[bool],
) -> bool {
    let x = &progress.x;
    let at_bound = (0..x.len())
        .any(|k| seen[k] && limits.lower[k] < limits.upper[k] && (x[k] <= limits.lower[k] || x[k] >= limits.upper[k]));
    let residuals = 2 * problem.n;
    let chi2_reduced = progress.outcome.cost / residuals.saturating_sub(x.len()).max(1) as f64;
    let unknown = search
        .standard_errors(problem, x, limits)
        .is_none_or(|errors| errors.iter().zip(seen).any(|(err, &seen)| seen && err * chi2_reduced.sqrt() > 1.0));
    let trend = search.neighbour_correlation(2) > 3.0 / (residuals as f64).sqrt();
    at_bound || unknown || trend
}

/// Where a better optimum than `best` may lie, if there is one: where equal elements have exchanged
/// roles, and on both sides along the valley of the least determined parameter, if that is poorly determined.
fn challengers(
    best: &Progress,
    exchanges: &[(std::ops::Range<usize>, std::ops::Range<usize>)],
    ranges: &[Range],
    search: &mut Search,
    problem: &mut CircuitProblem,
    limits: Limits<'_>,
    seen: &[bool],
) -> Vec<Vec<f64>> {
    let mut found = Vec::new();
    for (a, b) in exchanges {
        let mut x = best.x.clone();
        a.clone().zip(b.clone()).for_each(|(i, j)| x.swap(i, j));
        found.push(x);
    }
    let reach = |k: usize| if ranges[k].scale == Scale::Linear { EXPONENT_REACH } else { LOGARITHM_REACH };
    let Some(errors) = search.standard_errors(problem, &best.x, limits) else { return found };
    let relative = |k: &usize| errors[*k] / reach(*k);
    let weakest = (0..best.x.len()).filter(|&k| seen[k]).max_by(|a, b| relative(a).total_cmp(&relative(b)));
    let Some(k) = weakest.filter(|k| relative(k) > 0.0) else { return found };
    let dof = (2 * problem.n).saturating_sub(best.x.len()).max(1);
    let weak = relative(&k) * (best.outcome.cost / dof as f64).sqrt() > WEAK;
    if weak || search.neighbour_correlation(2) > CLEAR_TREND {
        let direction = search.valley(k);
        for distance in [-reach(k), reach(k)] {
            let moved = |(i, x): (usize, &f64)| x + (distance * direction[i]).clamp(-3.0 * reach(i), 3.0 * reach(i));
            found.push(best.x.iter().enumerate().map(moved).collect());
        }
    }
    found
}

/// The index of the lowest cost; the first of equals.
fn best_of(searches: &[Progress]) -> usize {
    (0..searches.len()).min_by(|&a, &b| searches[a].outcome.cost.total_cmp(&searches[b].outcome.cost)).unwrap_or(0)
}

/// The best place so far (the middle of the bounds before there is one) with one member of the
/// outermost group moved far and the others a little, along a sequence that depends on `k` alone.
fn displaced(
    searches: &[Progress],
    k: usize,
    ranges: &[Range],
    blocks: &[std::ops::Range<usize>],
    lower: &[f64],
    upper: &[f64],
) -> Vec<f64> {
    const BASES: [usize; 12] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];
    let centre = match searches.get(best_of(searches)) {
        Some(best) => best.x.clone(),
        None => lower.iter().zip(upper).map(|(lower, upper)| 0.5 * (lower + upper)).collect(),
    };
    let moved = &blocks[k / 2 % blocks.len()];
    centre
        .iter()
        .zip(ranges)
        .enumerate()
        .map(|(i, (x, range))| {
            let position = 2.0 * radical_inverse(20 + k + i / BASES.len(), BASES[i % BASES.len()]) - 1.0;
            let reach = if moved.contains(&i) { 1.0 } else { 0.1 };
            x + reach * position * if range.scale == Scale::Linear { 0.4 } else { 6.0 }
        })
        .collect()
}
