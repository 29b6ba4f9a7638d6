//! Edges caused by the steps of a cycle in a scan against time, timed by least squares.

use nalgebra::Matrix3;

/// One step of the cycle in a log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    /// Its start, on the log's clock (s).
    pub(super) moment_s: f64,
    /// Number of the step in the cycle.
    pub(super) step: usize,
}

/// Scan time = `scale`·log time + `shift_s`. Errors are standard errors.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    pub(super) shift_s: f64,
    pub(super) shift_err_s: f64,
    pub(super) scale: f64,
    pub(super) scale_err: f64,
    /// Of shift and scale (s).
    pub(super) covariance: f64,
    /// Edges with readings on both sides.
    pub(super) edges: usize,
}

/// A coarse timing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coarse {
    pub(super) shift_s: f64,
    pub(super) scale: f64,
    /// Ratio of the best score at a distance of a cycle or more to the best score.
    pub(super) runner_up: f64,
}

/// A scan and the edges in it.
pub(super) struct Edges<'a> {
    readings: &'a [(f64, f64)],
    edges: &'a [Edge],
    /// Seconds before and after an edge that belong to the edge.
    width_s: f64,
    /// Number of different steps.
    steps: Vec<usize>,
    /// Sums of each step: Σ(z − z̄)², Σ(z − z̄)(y − ȳ).
    sums: Vec<(f64, f64)>,
}

/// Residual squares of edges at a timing.
#[derive(Clone, Copy, Debug)]
struct Left {
    /// Squares explained (nm²).
    explained: f64,
    sse: f64,
    dof: f64,
    edges: usize,
}

impl<'a> Edges<'a> {
    /// `width_s` should be less than the time to the next step.
    pub(super) fn new(readings: &'a [(f64, f64)], edges: &'a [Edge], width_s: f64) -> Self {
        let mut steps: Vec<usize> = edges.iter().map(|edge| edge.step).collect();
        steps.sort_unstable();
        steps.dedup();
        let sums = vec![(0.0, 0.0); steps.len()];
        Self { readings, edges, width_s, steps, sums }
    }

    /// Number of different steps.
    pub(super) fn steps(&self) -> usize {
        self.steps.len()
    }

    /// Squares left by edges with one height per step, A·(1 − exp(−(t − t₀)/τ)), each on its own level. The
    /// readings are those around `about`, for every timing tried, so that sums are comparable.
    fn left(&mut self, about: [f64; 2], tried: [f64; 3]) -> Option<Left> {
        let [shift, scale, tau] = tried;
        self.sums.fill((0.0, 0.0));
        let (mut total, mut count, mut edges) = (0.0, 0, 0);
        for edge in self.edges {
            let middle = about[1] * edge.moment_s + about[0];
            let begin = self.readings.partition_point(|reading| reading.0 < middle - self.width_s);
            let end = self.readings.partition_point(|reading| reading.0 <= middle + self.width_s);
            let near = &self.readings[begin..end];
            if near.len() < 2 {
                continue;
            }
            let moment = scale * edge.moment_s + shift;
            let shape = |t: f64| if t > moment { -(-(t - moment) / tau).exp_m1() } else { 0.0 };
            let (mut sz, mut sy, mut szz, mut szy, mut syy) = (0.0, 0.0, 0.0, 0.0, 0.0);
            let base = near[0].1;
            for &(t, nm) in near {
                let (z, y) = (shape(t), nm - base);
                sz += z;
                sy += y;
                szz += z * z;
                szy += z * y;
                syy += y * y;
            }
            let n = near.len() as f64;
            total += syy - sy * sy / n;
            let sums = &mut self.sums[self.steps.partition_point(|&step| step < edge.step)];
            sums.0 += szz - sz * sz / n;
            sums.1 += szy - sz * sy / n;
            count += near.len() - 1;
            edges += 1;
        }
        let gained: f64 =
            self.sums.iter().map(|sums| if sums.0 > 1e-12 { sums.1 * sums.1 / sums.0 } else { 0.0 }).sum();
        let dof = count as f64 - self.steps.len() as f64 - 3.0;
        (dof > 0.0 && total > 0.0).then(|| Left {
            explained: gained,
            sse: (total - gained).max(1e-18 * total),
            dof,
            edges,
        })
    }

    /// The best shift (s), scale and τ (s) near `start`, with step sizes that decrease from `steps` to `least` of
    /// them; the scale within `range` of 1. Also the squares explained there (nm²).
    pub(super) fn search(
        &mut self,
        start: [f64; 3],
        steps: [f64; 3],
        range: f64,
        least: f64,
    ) -> Option<([f64; 3], f64)> {
        let mut at = start;
        let middle = self.middle();
        // The readings around each edge follow the timing found: two iterations are sufficient.
        for _ in 0..2 {
            let about = [at[0], at[1]];
            let (mut size, mut best) = (1.0, self.left(about, at)?.sse);
            while size > least {
                let mut moved = false;
                for parameter in 0..3 {
                    for sign in [1.0, -1.0] {
                        let mut tried = at;
                        tried[parameter] += sign * size * steps[parameter];
                        // The scale turns about the middle of the log, so that the two are independent.
                        if parameter == 1 {
                            tried[0] -= (tried[1] - at[1]) * middle;
                        }
                        if (tried[1] - 1.0).abs() > range || tried[2] < 1e-3 * start[2] || tried[2] > 20.0 * start[2] {
                            continue;
                        }
                        let sse = self.left(about, tried)?.sse;
                        if sse < best * (1.0 - 1e-9) {
                            (at, best, moved) = (tried, sse, true);
                        }
                    }
                }
                if !moved {
                    size *= 0.5;
                }
            }
        }
        let explained = self.explained(at)?;
        Some((at, explained))
    }

    /// Squares that edges explain at a shift (s), scale and τ (s), in addition to one level each (nm²).
    pub(super) fn explained(&mut self, at: [f64; 3]) -> Option<f64> {
        self.left([at[0], at[1]], at).map(|left| left.explained)
    }

    /// The best timing near `start`, with its errors.
    pub(super) fn best(&mut self, start: [f64; 3], steps: [f64; 3], range: f64) -> Option<Timing> {
        let (at, _) = self.search(start, steps, range, 1e-3)?;
        self.timing(at, steps)
    }

    fn middle(&self) -> f64 {
        self.edges.iter().map(|edge| edge.moment_s).sum::<f64>() / self.edges.len() as f64
    }

    /// Errors from the curvature of the squares, over steps at which they rise by about one variance or more.
    fn timing(&mut self, at: [f64; 3], steps: [f64; 3]) -> Option<Timing> {
        let about = [at[0], at[1]];
        let middle = self.middle();
        let left = self.left(about, at)?;
        let variance = left.sse / left.dof;
        let mut sse = |d: [f64; 3]| {
            let tried = [at[0] + d[0] - d[1] * middle, at[1] + d[1], (at[2] + d[2]).max(1e-3 * at[2])];
            self.left(about, tried).map(|left| left.sse)
        };
        // A reading passes an edge only occasionally: too small a step detects no curvature.
        let mut h = steps.map(|step| 1e-3 * step);
        for k in 0..3 {
            for _ in 0..14 {
                let mut d = [0.0; 3];
                d[k] = h[k];
                let up = sse(d)?;
                d[k] = -h[k];
                if up + sse(d)? - 2.0 * left.sse > 4.0 * variance {
                    break;
                }
                h[k] *= 1.6;
            }
        }
        let mut curvature = Matrix3::zeros();
        for a in 0..3 {
            for b in 0..=a {
                let corner = |sa: f64, sb: f64| {
                    let mut d = [0.0; 3];
                    d[a] += sa * h[a];
                    d[b] += sb * h[b];
                    d
                };
                let second = if a == b {
                    (sse(corner(1.0, 0.0))? + sse(corner(-1.0, 0.0))? - 2.0 * left.sse) / (h[a] * h[a])
                } else {
                    let same = sse(corner(1.0, 1.0))? + sse(corner(-1.0, -1.0))?;
                    let opposite = sse(corner(1.0, -1.0))? + sse(corner(-1.0, 1.0))?;
                    (same - opposite) / (4.0 * h[a] * h[b])
                };
                curvature[(a, b)] = second / (2.0 * variance);
                curvature[(b, a)] = curvature[(a, b)];
            }
        }
        let mut covariance = curvature.try_inverse().unwrap_or_else(Matrix3::zeros);
        let positive = |matrix: &Matrix3<f64>| (0..3).all(|k| matrix[(k, k)] > 0.0);
        if !positive(&covariance) {
            // Squares are not a parabola where a reading passes an edge: each parameter is treated by itself, with its
            // own step.
            covariance = Matrix3::from_diagonal(&curvature.diagonal().map(|c| 1.0 / c));
            if !positive(&covariance) {
                return None;
            }
        }
        let (shift_variance, scale_variance) = (covariance[(0, 0)], covariance[(1, 1)]);
        // From the middle of the log to its zero.
        let at_zero = shift_variance - 2.0 * middle * covariance[(0, 1)] + middle * middle * scale_variance;
        Some(Timing {
            shift_s: at[0],
            shift_err_s: at_zero.max(0.0).sqrt(),
            scale: at[1],
            scale_err: scale_variance.sqrt(),
            covariance: covariance[(0, 1)] - middle * scale_variance,
            edges: left.edges,
        })
    }

    /// The best of all shifts and of scales within `range` of 1, by the change across each edge.
    pub(super) fn coarse(&mut self, range: f64) -> Option<Coarse> {
        let (first, last) = (self.readings[0].0, self.readings[self.readings.len() - 1].0);
        let (log_first, log_last) = (self.edges[0].moment_s, self.edges[self.edges.len() - 1].moment_s);
        let (scan, log) = (last - first, log_last - log_first);
        let step = (0.25 * self.width_s).max(scan / 200_000.0);
        let changes = self.changes(first, step, (scan / step) as usize + 1);
        let slack = 0.1 * scan.max(log);
        let low = (first - log_first).min(last - log_last) - slack;
        let shifts = (((first - log_first).max(last - log_last) + slack - low) / step) as usize + 1;
        let scales = ((range * log / step).ceil() as usize).clamp(1, 50);
        let mut score = vec![f64::NEG_INFINITY; shifts];
        let mut scale_of = vec![1.0; shifts];
        let group: Vec<usize> =
            self.edges.iter().map(|edge| self.steps.partition_point(|&step| step < edge.step)).collect();
        let middle = self.middle();
        for (k, (score, scale_of)) in score.iter_mut().zip(&mut scale_of).enumerate() {
            let shift = low + step * k as f64;
            for j in 0..=2 * scales {
                let scale = 1.0 + range * (j as f64 / scales as f64 - 1.0);
                self.sums.fill((0.0, 0.0));
                for (edge, &group) in self.edges.iter().zip(&group) {
                    let position = (scale * (edge.moment_s - middle) + middle + shift - first) / step;
                    let change = if position >= 0.0 { changes.get((position + 0.5) as usize) } else { None };
                    self.sums[group].0 += 1.0;
                    self.sums[group].1 += change.copied().unwrap_or(0.0);
                }
                let gained: f64 = self.sums.iter().map(|sums| sums.1 * sums.1 / sums.0).sum();
                if gained > *score {
                    (*score, *scale_of) = (gained, scale);
                }
            }
        }
        let best = (0..shifts).max_by(|&a, &b| score[a].total_cmp(&score[b]).then(b.cmp(&a)))?;
        if score[best] <= 0.0 {
            return None;
        }
        let mut periods: Vec<f64> = Vec::new();
        for pair in self.edges.windows(self.steps.len() + 1) {
            periods.push(pair[self.steps.len()].moment_s - pair[0].moment_s);
        }
        periods.sort_by(f64::total_cmp);
        let away = 0.5 * periods.get(periods.len() / 2).copied().unwrap_or(scan) / step;
        let second =
            (0..shifts).filter(|&k| (k as f64 - best as f64).abs() > away).map(|k| score[k]).fold(0.0, f64::max);
        let scale = scale_of[best];
        let shift_s = low + step * best as f64 + (1.0 - scale) * middle;
        Some(Coarse { shift_s, scale, runner_up: second / score[best] })
    }

    /// Mean after less mean before, at moments `step` apart.
    fn changes(&self, first: f64, step: f64, count: usize) -> Vec<f64> {
        let mut sums = Vec::with_capacity(self.readings.len() + 1);
        let (mut sum, base) = (0.0, self.readings[0].1);
        sums.push(0.0);
        for reading in self.readings {
            sum += reading.1 - base;
            sums.push(sum);
        }
        let at = |t: f64| self.readings.partition_point(|reading| reading.0 <= t);
        (0..count)
            .map(|k| {
                let t = first + step * k as f64;
                let (a, b, c) = (at(t - self.width_s), at(t), at(t + self.width_s));
                if a == b || b == c {
                    return 0.0;
                }
                (sums[c] - sums[b]) / (c - b) as f64 - (sums[b] - sums[a]) / (b - a) as f64
            })
            .collect()
    }
}
