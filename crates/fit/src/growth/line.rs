//! Lines, hinges and noise of thickness against cycle.

/// An ordinary least-squares line, with residuals that may be alike.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) n: usize,
    pub(super) slope: f64,
    pub(super) sse: f64,
    pub(super) r2: f64,
    pub(super) autocorrelation: f64,
    mean_x: f64,
    mean_y: f64,
    sxx: f64,
}

impl Line {
    /// Over the points from `from` up to `to`.
    pub(super) fn over(x: &[f64], y: &[f64], from: usize, to: usize) -> Self {
        let (x, y) = (&x[from..to], &y[from..to]);
        let n = x.len();
        let count = n.max(1) as f64;
        let (mean_x, mean_y) = (x.iter().sum::<f64>() / count, y.iter().sum::<f64>() / count);
        let (mut sxx, mut sxy, mut syy) = (0.0, 0.0, 0.0);
        for (x, y) in x.iter().zip(y) {
            sxx += (x - mean_x).powi(2);
            sxy += (x - mean_x) * (y - mean_y);
            syy += (y - mean_y).powi(2);
        }
        let slope = if sxx > 0.0 { sxy / sxx } else { 0.0 };
        let (mut sse, mut neighbours, mut last) = (0.0, 0.0, 0.0);
        for (x, y) in x.iter().zip(y) {
            let residual = y - mean_y - slope * (x - mean_x);
            sse += residual * residual;
            neighbours += residual * last;
            last = residual;
        }
        let raw = if sse > 0.0 { neighbours / sse } else { 0.0 };
        // The line takes up a part of what is alike: of independent residuals r is −2/n, of others still less.
        let autocorrelation = if n > 8 { ((raw + 2.0 / count) / (1.0 - 4.0 / count)).clamp(-0.99, 0.99) } else { 0.0 };
        let r2 = if syy > 0.0 { 1.0 - sse / syy } else { 0.0 };
        Self { n, slope, sse, r2, autocorrelation, mean_x, mean_y, sxx }
    }

    pub(super) fn residual_std(&self) -> f64 {
        if self.n > 2 { (self.sse / (self.n - 2) as f64).sqrt() } else { 0.0 }
    }

    /// By how much variances are larger than those of independent residuals. A correlation that chance gives often is
    /// taken as none.
    pub(super) fn inflation(&self) -> f64 {
        let rho = self.autocorrelation;
        if rho < 1.5 / (self.n.max(1) as f64).sqrt() { 1.0 } else { (1.0 + rho) / (1.0 - rho) }
    }

    pub(super) fn slope_err(&self) -> f64 {
        if self.sxx > 0.0 { self.residual_std() * (self.inflation() / self.sxx).sqrt() } else { f64::INFINITY }
    }

    pub(super) fn at(&self, x: f64) -> f64 {
        self.mean_y + self.slope * (x - self.mean_x)
    }

    /// Standard error of the line's height.
    pub(super) fn at_err(&self, x: f64) -> f64 {
        let distance = if self.sxx > 0.0 { (x - self.mean_x).powi(2) / self.sxx } else { 0.0 };
        self.residual_std() * (self.inflation() * (1.0 / self.n.max(1) as f64 + distance)).sqrt()
    }

    /// Where the line has a height, and the standard error of that place.
    pub(super) fn meets(&self, height: f64, height_err: f64) -> (f64, f64) {
        let place = self.mean_x + (height - self.mean_y) / self.slope;
        (place, self.at_err(place).hypot(height_err) / self.slope.abs())
    }
}

/// Standard deviation (nm) between a point and the line through its neighbours, as of independent noise. Half of the points
/// may be anything.
pub(super) fn noise(x: &[f64], y: &[f64]) -> f64 {
    let mut deviations: Vec<f64> = (1..x.len().saturating_sub(1))
        .map(|i| {
            let width = x[i + 1] - x[i - 1];
            let share = if width > 0.0 { (x[i] - x[i - 1]) / width } else { 0.5 };
            let between = (1.0 - share) * y[i - 1] + share * y[i + 1];
            (y[i] - between).abs() / (1.0 + share * share + (1.0 - share) * (1.0 - share)).sqrt()
        })
        .collect();
    deviations.sort_by(f64::total_cmp);
    // 0.6745 standard deviations hold half of a normal distribution.
    let median = deviations.get(deviations.len() / 2).copied().unwrap_or(0.0) / 0.6745;
    median.max(1e-9)
}

/// Sums from the end, with which every break is judged in constant time.
pub(super) struct Sums {
    /// Of 1, x, x², y, xy over the points from a place on; coordinates from their means.
    tail: Vec<[f64; 5]>,
    syy: f64,
    shift_x: f64,
}

impl Sums {
    pub(super) fn new(x: &[f64], y: &[f64]) -> Self {
        let n = x.len();
        let shift_x = x.iter().sum::<f64>() / n as f64;
        let shift_y = y.iter().sum::<f64>() / n as f64;
        let mut tail = vec![[0.0; 5]; n + 1];
        let mut syy = 0.0;
        for i in (0..n).rev() {
            let (x, y) = (x[i] - shift_x, y[i] - shift_y);
            let next = tail[i + 1];
            tail[i] = [next[0] + 1.0, next[1] + x, next[2] + x * x, next[3] + y, next[4] + x * y];
            syy += y * y;
        }
        Self { tail, syy, shift_x }
    }

    /// The break at which two joined lines fit best, as the place of the first point after it, and what they leave of the
    /// squares. Each side keeps three points.
    pub(super) fn hinge(&self, x: &[f64]) -> Option<(usize, f64)> {
        let n = x.len();
        let all = self.tail[0];
        (3..n.saturating_sub(3))
            .filter_map(|place| {
                let h = x[place] - self.shift_x;
                let t = self.tail[place];
                // Columns 1, x, max(0, x − h).
                let (s1, sx, sh) = (all[0], all[1], t[1] - h * t[0]);
                let (sxx, sxh) = (all[2], t[2] - h * t[1]);
                let shh = t[2] - 2.0 * h * t[1] + h * h * t[0];
                let normal = nalgebra::Matrix3::new(s1, sx, sh, sx, sxx, sxh, sh, sxh, shh);
                let right = nalgebra::Vector3::new(all[3], all[4], t[4] - h * t[3]);
                let solution = normal.cholesky()?.solve(&right);
                let sse = (self.syy - solution.dot(&right)).max(f64::MIN_POSITIVE);
                Some((place, sse))
            })
            .min_by(|a, b| a.1.total_cmp(&b.1))
    }
}
