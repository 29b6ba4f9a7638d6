//! A straight line through measurements in groups with a common offset.
//!
//! The covariance is u² + s² on the diagonal and t² between measurements of one group. Sums over a group follow by the
//! formula of Sherman and Morrison, so that no matrix is inverted.
//!
//! Source: R. C. Paule, J. Mandel, J. Res. Natl. Bur. Stand. 87 (1982) 377 (s and t); N. M. Laird, J. H. Ware,
//! Biometrics 38 (1982) 963 (the model).

/// One measurement.
pub(super) struct Datum {
    pub(super) x: f64,
    pub(super) y: f64,
    /// u², the square of its own standard uncertainty.
    pub(super) variance: f64,
    /// The group with which it shares an offset.
    pub(super) group: Option<u32>,
}

/// A line about the centre of its points, where both coefficients are independent.
pub(super) struct Line {
    pub(super) centre_x: f64,
    pub(super) centre_y: f64,
    pub(super) slope: f64,
    pub(super) centre_variance: f64,
    pub(super) slope_variance: f64,
    /// Sum of squared residuals, weighted by the inverse covariance.
    pub(super) chi2: f64,
}

impl Line {
    pub(super) fn residual(&self, datum: &Datum) -> f64 {
        datum.y - self.centre_y - self.slope * (datum.x - self.centre_x)
    }
}

/// What a further column adds to lines with a common slope and a height for each group.
pub(super) struct Extra {
    /// Its coefficient.
    pub(super) coefficient: f64,
    pub(super) variance: f64,
    /// Sum of squared residuals that are left, weighted by the inverse variances.
    chi2: f64,
}

/// The measurements by groups (in an Arrhenius fit, dots).
pub(super) struct Groups<'a> {
    data: &'a [Datum],
    /// Positions of the measurements of each group.
    groups: Vec<Vec<usize>>,
    /// Positions of the measurements that belong to no group.
    alone: Vec<usize>,
    /// Means of x and y, which are subtracted before summing.
    origin: (f64, f64),
}

/// Weighted sums over some measurements.
#[derive(Default)]
struct Sums {
    w: f64,
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
}

impl Sums {
    fn add(&mut self, weight: f64, (x, y): (f64, f64)) {
        self.w += weight;
        self.x += weight * x;
        self.y += weight * y;
        self.xx += weight * x * x;
        self.xy += weight * x * y;
    }

    /// Adds those of a group, of whose common part the fraction `rest` counts: V⁻¹ = W − W1·t²/(1 + t²Σw)·1ᵀW
    /// (Sherman and Morrison), `rest` = 1/(1 + t²Σw).
    fn add_group(&mut self, group: &Self, rest: f64) {
        let lost = (1.0 - rest) / group.w;
        self.w += rest * group.w;
        self.x += rest * group.x;
        self.y += rest * group.y;
        self.xx += group.xx - lost * group.x * group.x;
        self.xy += group.xy - lost * group.x * group.y;
    }
}

impl<'a> Groups<'a> {
    pub(super) fn new(data: &'a [Datum]) -> Self {
        let mut groups = std::collections::BTreeMap::<u32, Vec<usize>>::new();
        let mut alone = Vec::new();
        for (place, datum) in data.iter().enumerate() {
            match datum.group {
                Some(group) => groups.entry(group).or_default().push(place),
                None => alone.push(place),
            }
        }
        let mean = |value: &dyn Fn(&Datum) -> f64| data.iter().map(value).sum::<f64>() / data.len() as f64;
        let origin = (mean(&|datum| datum.x), mean(&|datum| datum.y));
        // The offset of a single group cannot be distinguished from that of the line.
        let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
        if groups.len() < 2 {
            alone.extend(groups.drain(..).flatten());
            alone.sort_unstable();
        }
        Self { data, groups, alone, origin }
    }

    /// The line with variances u² + `within`, and covariances `between` inside a group; equal weights, and errors of
    /// zero, if all of them are zero. Infinite covariances give every group its own offset.
    pub(super) fn line(&self, within: f64, between: f64) -> Line {
        // A measurement without error would have infinite weight: its variance is kept above the rounding of the
        // largest.
        let largest = self.data.iter().map(|datum| datum.variance + within).fold(0.0, f64::max);
        let common = if between.is_finite() { between } else { 0.0 };
        let floor = 1e-12 * (largest + common);
        let known = if largest + common > 0.0 { 1.0 } else { 0.0 };
        let weight = |datum: &Datum| if known > 0.0 { 1.0 / (datum.variance + within).max(floor) } else { 1.0 };
        let about = |datum: &Datum| (datum.x - self.origin.0, datum.y - self.origin.1);
        let rest = |w: f64| if between.is_finite() { 1.0 / (1.0 + between * w) } else { 0.0 };
        let mut all = Sums::default();
        for &place in &self.alone {
            all.add(weight(&self.data[place]), about(&self.data[place]));
        }
        for group in &self.groups {
            let mut sums = Sums::default();
            for &place in group {
                sums.add(weight(&self.data[place]), about(&self.data[place]));
            }
            all.add_group(&sums, rest(sums.w));
        }
        // With infinite covariances offsets may be undetermined: only the slope is meaningful then.
        let (centre, middle) = if all.w > 0.0 { (all.x / all.w, all.y / all.w) } else { (0.0, 0.0) };
        let spread = all.xx - centre * all.x;
        let mut line = Line {
            centre_x: self.origin.0 + centre,
            centre_y: self.origin.1 + middle,
            slope: (all.xy - centre * all.y) / spread,
            centre_variance: known / all.w,
            slope_variance: known / spread,
            chi2: 0.0,
        };
        let residual = |place: usize| line.residual(&self.data[place]);
        let mut chi2: f64 = self.alone.iter().map(|&place| weight(&self.data[place]) * residual(place).powi(2)).sum();
        for group in &self.groups {
            let total: f64 = group.iter().map(|&place| weight(&self.data[place])).sum();
            let mean = group.iter().map(|&place| weight(&self.data[place]) * residual(place)).sum::<f64>() / total;
            let apart = group.iter().map(|&place| weight(&self.data[place]) * (residual(place) - mean).powi(2));
            chi2 += apart.sum::<f64>() + rest(total) * total * mean * mean;
        }
        line.chi2 = chi2;
        line
    }

    /// A column of values fitted beside the slope, each group at its own height. `None` where it depends on these.
    pub(super) fn with_column(&self, within: f64, column: &[f64]) -> Option<Extra> {
        let [mut xx, mut xh, mut hh, mut xy, mut hy, mut yy] = [0.0; 6];
        for group in self.groups.iter().chain(std::iter::once(&self.alone)) {
            let weight = |place: usize| 1.0 / (self.data[place].variance + within);
            let total: f64 = group.iter().map(|&place| weight(place)).sum();
            let mean = |value: &dyn Fn(usize) -> f64| {
                group.iter().map(|&place| weight(place) * value(place)).sum::<f64>() / total
            };
            let means = [mean(&|k| self.data[k].x), mean(&|k| column[k]), mean(&|k| self.data[k].y)];
            for &place in group {
                let w = weight(place);
                let (x, h, y) =
                    (self.data[place].x - means[0], column[place] - means[1], self.data[place].y - means[2]);
                xx += w * x * x;
                xh += w * x * h;
                hh += w * h * h;
                xy += w * x * y;
                hy += w * h * y;
                yy += w * y * y;
            }
        }
        let own = hh - xh * xh / xx;
        if !(xx > 0.0 && own > 1e-9 * hh) {
            return None;
        }
        let coefficient = (hy - xh * xy / xx) / own;
        let chi2 = (yy - xy * xy / xx - coefficient * coefficient * own).max(0.0);
        Some(Extra { coefficient, variance: 1.0 / own, chi2 })
    }

    /// s² as [`Self::scatter_variance`], with a further column.
    pub(super) fn scatter_variance_with(&self, dof: usize, column: &[f64]) -> f64 {
        if dof == 0 {
            return 0.0;
        }
        smallest(dof as f64, |extra| self.with_column(extra, column).map_or(0.0, |found| found.chi2))
    }

    /// Number of offsets required by lines with a common slope.
    pub(super) fn offsets(&self) -> usize {
        self.groups.len() + usize::from(!self.alone.is_empty())
    }

    /// s²: the smallest extra variance that brings χ² within groups down to its degrees of freedom.
    pub(super) fn scatter_variance(&self, dof: usize) -> f64 {
        let dof = (dof + 1).saturating_sub(self.offsets());
        if dof == 0 {
            return 0.0;
        }
        let apart = if self.groups.is_empty() { 0.0 } else { f64::INFINITY };
        smallest(dof as f64, |extra| self.line(extra, apart).chi2)
    }

    /// t²: the smallest variance between groups that brings the χ² of their offsets down to its degrees of freedom.
    pub(super) fn variance_between(&self, within: f64) -> f64 {
        if self.groups.is_empty() {
            return 0.0;
        }
        let inside = self.line(within, f64::INFINITY).chi2;
        let dof = self.offsets() - 1;
        smallest(dof as f64, |between| self.line(within, between).chi2 - inside)
    }
}

/// The smallest variance at which a decreasing χ² reaches `wanted`; zero if it is not above it at zero variance.
fn smallest(wanted: f64, chi2: impl Fn(f64) -> f64) -> f64 {
    // Scatter below the rounding of ln σ counts as none; this also keeps zero variances out of the quotient.
    let least = 1e-26;
    if chi2(least) <= wanted {
        return 0.0;
    }
    let (mut low, mut high) = (least, 1.0);
    while chi2(high) > wanted && high < 1e12 {
        high *= 4.0;
    }
    // By bisection of the exponent: variances span many orders of magnitude.
    for _ in 0..100 {
        let middle = (low * high).sqrt();
        if chi2(middle) > wanted {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}
