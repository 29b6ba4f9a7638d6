//! Points of a growth curve in order, and the noise on them.

use super::error::GrowthError;

/// Points sorted by cycle, each cycle once.
pub(super) struct Series {
    pub(super) cycle: Vec<f64>,
    pub(super) thickness_nm: Vec<f64>,
    /// Number of readings for each point.
    pub(super) readings: Vec<usize>,
}

/// Values beyond this are not cycles or thicknesses; squares of smaller values are finite.
const LARGEST: f64 = 1e12;
/// Below this spacing (cycles) readings come several per cycle.
const SEVERAL_PER_CYCLE: f64 = 0.75;

impl Series {
    /// Readings in order. If there are several per cycle, and cycles are at least `least`, each
    /// cycle's readings become one point, their mean: the effect of a cycle's steps on the film is the same in
    /// each cycle, and would appear as noise that is not random.
    pub(super) fn new(cycle: &[f64], thickness_nm: &[f64], least: usize) -> Result<Self, GrowthError> {
        let sorted = sorted_readings(cycle, thickness_nm)?;
        let single = Self::grouped(&sorted, |a, b| b <= a, 0);
        let mut spacing: Vec<f64> = single.cycle.windows(2).map(|pair| pair[1] - pair[0]).collect();
        spacing.sort_by(f64::total_cmp);
        if spacing.get(spacing.len() / 2).is_some_and(|&median| median < SEVERAL_PER_CYCLE) {
            let usual = (1.0 / spacing[spacing.len() / 2].max(1e-6)).round();
            // The mean of a partly observed cycle is not that of its steps.
            let whole = Self::grouped(&sorted, |a, b| b.floor() <= a.floor(), (0.7 * usual) as usize);
            if whole.cycle.len() >= least {
                return Ok(whole);
            }
        }
        Ok(single)
    }

    fn grouped(sorted: &[(f64, f64)], same: impl Fn(f64, f64) -> bool, least: usize) -> Self {
        let mut series = Self { cycle: Vec::new(), thickness_nm: Vec::new(), readings: Vec::new() };
        for group in sorted.chunk_by(|a, b| same(a.0, b.0)) {
            if group.len() >= least {
                let count = group.len() as f64;
                series.cycle.push(group.iter().map(|point| point.0).sum::<f64>() / count);
                series.thickness_nm.push(group.iter().map(|point| point.1).sum::<f64>() / count);
                series.readings.push(group.len());
            }
        }
        series
    }
}

/// Readings checked and sorted by their first value, then by the second.
pub(super) fn sorted_readings(x: &[f64], thickness_nm: &[f64]) -> Result<Vec<(f64, f64)>, GrowthError> {
    if x.len() != thickness_nm.len() {
        return Err(GrowthError::LengthsDiffer { x: x.len(), thickness: thickness_nm.len() });
    }
    let mut readings = Vec::with_capacity(x.len());
    for (index, (&x, &thickness)) in x.iter().zip(thickness_nm).enumerate() {
        for value in [x, thickness] {
            if !(-LARGEST..=LARGEST).contains(&value) {
                return Err(GrowthError::NotFinite { index, value });
            }
        }
        readings.push((x, thickness));
    }
    readings.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    Ok(readings)
}

/// Scatter from one point to the next (nm), independent of slow changes: each point against the line
/// between its neighbours.
///
/// Source: T. Gasser, L. Sroka, C. Jennen-Steinmetz, Biometrika 73 (1986) 625.
pub(super) fn point_to_point(x: &[f64], y: &[f64]) -> f64 {
    if x.len() < 3 {
        return 0.0;
    }
    let sum: f64 = (1..x.len() - 1)
        .map(|i| {
            let width = x[i + 1] - x[i - 1];
            let right = if width > 0.0 { (x[i] - x[i - 1]) / width } else { 0.5 };
            let left = 1.0 - right;
            let off = y[i] - left * y[i - 1] - right * y[i + 1];
            off * off / (1.0 + left * left + right * right)
        })
        .sum();
    (sum / (x.len() - 2) as f64).sqrt()
}

/// Estimates of the noise from residuals.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noise {
    /// Variance of one point, for the parameters fitted.
    pub(super) variance: f64,
    /// Correlation of each residual with the next, as found.
    pub(super) autocorrelation: f64,
    /// The variance of slow sums of such noise against that of independent points, (1 + ρ)/(1 − ρ), at least 1.
    pub(super) inflation: f64,
}

impl Noise {
    /// From residuals of a fit with `parameters`; a variance is never below `floor`.
    ///
    /// Residuals correlate less than the noise does, for the fit follows it: by (2 + 4ρ)/n for a line
    /// (F. H. C. Marriott, J. A. Pope, Biometrika 41 (1954) 390, with a trend), more for more parameters.
    pub(super) fn of(residuals: &[f64], parameters: usize, floor: f64) -> Self {
        let count = residuals.len();
        let sse: f64 = residuals.iter().map(|r| r * r).sum();
        let variance = (sse / (count.max(parameters + 1) - parameters) as f64).max(floor);
        let product: f64 = residuals.windows(2).map(|pair| pair[0] * pair[1]).sum();
        let autocorrelation = if sse > floor * count as f64 { product / sse } else { 0.0 };
        let (n, p) = (count as f64, parameters as f64);
        let corrected = ((n * autocorrelation + p) / (n - 2.0 * p).max(1.0)).clamp(0.0, 0.97);
        Self { variance, autocorrelation, inflation: (1.0 + corrected) / (1.0 - corrected) }
    }

    /// The variance by which the significance of a coefficient is judged.
    pub(super) fn slow_variance(&self) -> f64 {
        self.variance * self.inflation
    }
}
