//! The shapes with which a growth curve is compared: line, two lines that meet, slow onset, polynomial.
//!
//! All are least squares over points sorted by cycle, each cycle once.
//! Source: two lines, D. J. Hudson, J. Am. Stat. Assoc. 61 (1966) 1097; a bend between a level and a line,
//! G. Chiu, R. Lockhart, R. Routledge, J. Am. Stat. Assoc. 101 (2006) 542, here with a rate of growth that
//! rises as u or as 3u² − 2u³, which is smooth at both ends.

use nalgebra::{Matrix4, Vector4};

/// A line by ordinary least squares, about the centre of its points.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) centre_x: f64,
    pub(super) centre_y: f64,
    pub(super) slope: f64,
    /// Σ (x − centre)².
    pub(super) spread: f64,
    pub(super) sse: f64,
}

impl Line {
    pub(super) fn through(x: &[f64], y: &[f64]) -> Self {
        let count = x.len() as f64;
        let centre_x = x.iter().sum::<f64>() / count;
        let centre_y = y.iter().sum::<f64>() / count;
        let (mut spread, mut product) = (0.0, 0.0);
        for (&x, &y) in x.iter().zip(y) {
            spread += (x - centre_x) * (x - centre_x);
            product += (x - centre_x) * (y - centre_y);
        }
        let slope = if spread > 0.0 { product / spread } else { 0.0 };
        let mut line = Self { centre_x, centre_y, slope, spread, sse: 0.0 };
        line.sse = x.iter().zip(y).map(|(&x, &y)| (y - line.at(x)).powi(2)).sum();
        line
    }

    pub(super) fn at(&self, x: f64) -> f64 {
        self.centre_y + self.slope * (x - self.centre_x)
    }

    pub(super) fn residuals(&self, x: &[f64], y: &[f64]) -> Vec<f64> {
        x.iter().zip(y).map(|(&x, &y)| y - self.at(x)).collect()
    }
}

/// Two lines that meet at one of the points.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hinge {
    /// Position of the point where they meet.
    pub(super) index: usize,
    /// Change of slope there.
    pub(super) bend: f64,
    pub(super) sse: f64,
}

impl Hinge {
    /// Fewest points on either side of the break.
    const SIDE: usize = 3;

    /// The best of all breaks: one pass from the right, with sums over the points beyond each break.
    pub(super) fn through(x: &[f64], y: &[f64], line: &Line) -> Option<Self> {
        let count = x.len();
        if count < 2 * Self::SIDE + 1 {
            return None;
        }
        // h = max(0, x − c) gains (h·r)²/|h⊥|², with the line's residuals r and the part h⊥ of h orthogonal to 1 and x.
        let (mut n, mut sx, mut sxx, mut sr, mut sxr) = (0.0, 0.0, 0.0, 0.0, 0.0);
        let mut best: Option<Self> = None;
        for index in (Self::SIDE..count).rev() {
            let (from_centre, residual) = (x[index] - line.centre_x, y[index] - line.at(x[index]));
            if index < count - Self::SIDE {
                let c = from_centre;
                let h_one = sx - n * c;
                let h_x = sxx - c * sx;
                let h_h = sxx - 2.0 * c * sx + n * c * c;
                let h_r = sxr - c * sr;
                let left_over = h_h - h_one * h_one / count as f64 - h_x * h_x / line.spread;
                if left_over > 1e-9 * h_h {
                    let sse = line.sse - h_r * h_r / left_over;
                    if best.is_none_or(|best| sse < best.sse) {
                        best = Some(Self { index, bend: h_r / left_over, sse: sse.max(0.0) });
                    }
                }
            }
            n += 1.0;
            sx += from_centre;
            sxx += from_centre * from_centre;
            sr += residual;
            sxr += from_centre * residual;
        }
        best
    }

    /// Residual squares of the two lines.
    pub(super) fn residuals(&self, x: &[f64], y: &[f64]) -> Vec<f64> {
        let c = x[self.index];
        let rest: Vec<f64> = x.iter().zip(y).map(|(&x, &y)| y - self.bend * (x - c).max(0.0)).collect();
        Line::through(x, &rest).residuals(x, &rest)
    }
}

/// The rate of growth as a function of u, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bend {
    /// u.
    Ramp,
    /// 3u² − 2u³.
    Sigmoid,
}

/// A level, then a rate of growth that rises from `from` to `to`, then a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Onset {
    bend: Bend,
    /// Where growth begins.
    pub(super) from: f64,
    /// Where the rate has become constant.
    pub(super) to: f64,
    /// Thickness before.
    pub(super) level: f64,
    pub(super) slope: f64,
    pub(super) sse: f64,
}

impl Onset {
    const GRID: usize = 20;

    /// Thickness grown for a slope of 1.
    fn shape(bend: Bend, x: f64, from: f64, to: f64) -> f64 {
        if x <= from {
            return 0.0;
        }
        if x >= to {
            return x - 0.5 * (from + to);
        }
        let length = to - from;
        let u = (x - from) / length;
        match bend {
            Bend::Ramp => 0.5 * length * u * u,
            Bend::Sigmoid => length * u * u * u * (1.0 - 0.5 * u),
        }
    }

    fn with(x: &[f64], y: &[f64], bend: Bend, from: f64, to: f64) -> Self {
        let count = x.len() as f64;
        let (mut sy, mut syy, mut sh, mut shh, mut shy) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (&x, &y) in x.iter().zip(y) {
            let h = Self::shape(bend, x, from, to);
            sy += y;
            syy += y * y;
            sh += h;
            shh += h * h;
            shy += h * y;
        }
        let spread = shh - sh * sh / count;
        let slope = if spread > 0.0 { (shy - sh * sy / count) / spread } else { 0.0 };
        let level = (sy - slope * sh) / count;
        let sse = (syy - sy * sy / count - slope * slope * spread).max(0.0);
        Self { bend, from, to, level, slope, sse }
    }

    /// With a sigmoid bend. `y` should be near zero on average.
    pub(super) fn sigmoid(x: &[f64], y: &[f64]) -> Self {
        Self::search(x, y, Bend::Sigmoid)
    }

    /// With a bend whose rate increases linearly.
    pub(super) fn ramp(x: &[f64], y: &[f64]) -> Self {
        Self::search(x, y, Bend::Ramp)
    }

    /// The best `from` and `to`: a grid, then decreasing steps.
    fn search(x: &[f64], y: &[f64], bend: Bend) -> Self {
        let (first, last) = (x[0], x[x.len() - 1]);
        let range = last - first;
        let step = range / Self::GRID as f64;
        let mut best = Self::with(x, y, bend, first, first);
        for i in 0..Self::GRID {
            for j in i..Self::GRID {
                let tried = Self::with(x, y, bend, first + step * i as f64, first + step * j as f64);
                if tried.sse < best.sse {
                    best = tried;
                }
            }
        }
        // Moved together and against each other, the two ends are nearly independent of each other.
        let mut step = 0.5 * step;
        let least = 0.02 * range / x.len() as f64;
        while step > least {
            let mut moved = false;
            for (d_from, d_to) in [(1.0, 1.0), (-1.0, -1.0), (-1.0, 1.0), (1.0, -1.0), (0.0, 1.0), (0.0, -1.0)] {
                let from = (best.from + d_from * step).clamp(first, last);
                let to = (best.to + d_to * step).clamp(from, last);
                let tried = Self::with(x, y, bend, from, to);
                // A gain of rounding error only must not continue the search.
                if tried.sse < best.sse * (1.0 - 1e-12) {
                    best = tried;
                    moved = true;
                }
            }
            if !moved {
                step *= 0.5;
            }
        }
        best
    }

    /// (Standard error of the level)²/(variance of one point), with level, slope, `from` and `to` all fitted.
    pub(super) fn level_variance(&self, x: &[f64]) -> f64 {
        let step = 1e-3 * (x[x.len() - 1] - x[0]) / x.len() as f64;
        let half = 0.5 / step;
        let mut normal = Matrix4::zeros();
        for &x in x {
            let at = |from, to| Self::shape(self.bend, x, from, to);
            let row = Vector4::new(
                1.0,
                at(self.from, self.to),
                self.slope * half * (at(self.from + step, self.to) - at(self.from - step, self.to)),
                self.slope * half * (at(self.from, self.to + step) - at(self.from, self.to - step)),
            );
            normal += row * row.transpose();
        }
        // A hard onset does not distinguish `from` and `to`, and its level does not depend on them.
        let inverse = normal.pseudo_inverse(1e-9 * normal.norm()).unwrap_or_else(|_| Matrix4::identity());
        inverse[(0, 0)].max(1.0 / x.len() as f64)
    }

    pub(super) fn residuals(&self, x: &[f64], y: &[f64]) -> Vec<f64> {
        let at = |x| self.level + self.slope * Self::shape(self.bend, x, self.from, self.to);
        x.iter().zip(y).map(|(&x, &y)| y - at(x)).collect()
    }
}

/// A level and two lines after it, each meeting the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct TwoBreaks {
    /// Where growth begins.
    pub(super) from: f64,
    /// Position of the point where its slope changes.
    pub(super) index: usize,
    pub(super) sse: f64,
}

impl TwoBreaks {
    const GRID: usize = 40;

    /// The best of all second breaks, for first breaks on a grid that is refined around the best.
    pub(super) fn through(x: &[f64], y: &[f64]) -> Option<Self> {
        let (first, last) = (x[0], x[x.len() - 1]);
        let mut step = (last - first) / Self::GRID as f64;
        let mut risen = x.to_vec();
        // On the axis max(0, x − from) a level and two lines are two lines.
        let mut with = |from: f64| {
            for (risen, &x) in risen.iter_mut().zip(x) {
                *risen = (x - from).max(0.0);
            }
            let line = Line::through(&risen, y);
            let hinge = Hinge::through(&risen, y, &line)?;
            (x[hinge.index] > from).then_some(Self { from, index: hinge.index, sse: hinge.sse })
        };
        let better = |a: Option<Self>, b: Option<Self>| match (a, b) {
            (Some(a), Some(b)) => Some(if b.sse < a.sse { b } else { a }),
            (a, b) => a.or(b),
        };
        let mut best = (0..Self::GRID).map(|k| with(first + step * k as f64)).fold(None, better);
        while step > 0.1 * (last - first) / x.len() as f64 {
            step *= 0.5;
            let from = best?.from;
            best = better(best, better(with((from - step).max(first)), with(from + step)));
        }
        best
    }

    /// Residual squares of level and lines.
    pub(super) fn residuals(&self, x: &[f64], y: &[f64]) -> Vec<f64> {
        let risen: Vec<f64> = x.iter().map(|&x| (x - self.from).max(0.0)).collect();
        let line = Line::through(&risen, y);
        Hinge::through(&risen, y, &line).map_or_else(|| line.residuals(&risen, y), |hinge| hinge.residuals(&risen, y))
    }
}

/// Residual squares of polynomials of each degree.
#[derive(Clone, Debug)]
pub(super) struct Polynomial {
    /// Residual squares of degree 0, 1, 2, …
    pub(super) sse: Vec<f64>,
    /// Residuals of the highest degree.
    pub(super) residuals: Vec<f64>,
}

impl Polynomial {
    /// Orthogonal polynomials over the points, by the three-term recurrence of Forsythe (1957).
    pub(super) fn through(x: &[f64], y: &[f64], degree: usize) -> Self {
        let count = x.len();
        let half = (0.5 * (x[count - 1] - x[0])).max(f64::MIN_POSITIVE);
        let middle = 0.5 * (x[count - 1] + x[0]);
        let scaled: Vec<f64> = x.iter().map(|x| (x - middle) / half).collect();
        let mut residuals = y.to_vec();
        let mut before = vec![0.0; count];
        let mut now = vec![1.0; count];
        let mut norm_before = 1.0;
        let mut sse = Vec::with_capacity(degree + 1);
        for k in 0..=degree {
            let norm: f64 = now.iter().map(|p| p * p).sum();
            if norm <= 1e-24 * count as f64 {
                break;
            }
            let coefficient = now.iter().zip(&residuals).map(|(p, r)| p * r).sum::<f64>() / norm;
            for (residual, p) in residuals.iter_mut().zip(&now) {
                *residual -= coefficient * p;
            }
            sse.push(residuals.iter().map(|r| r * r).sum());
            let shift = scaled.iter().zip(&now).map(|(x, p)| x * p * p).sum::<f64>() / norm;
            let back = if k == 0 { 0.0 } else { norm / norm_before };
            for ((x, p), q) in scaled.iter().zip(&mut now).zip(&mut before) {
                let next = (x - shift) * *p - back * *q;
                *q = *p;
                *p = next;
            }
            norm_before = norm;
        }
        Self { sse, residuals }
    }

    /// Residual squares of degree `k`, or of the highest degree available.
    pub(super) fn left_by(&self, k: usize) -> f64 {
        self.sse[k.min(self.sse.len() - 1)]
    }
}
