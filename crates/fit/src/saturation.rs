//! Whether growth per cycle saturates with the dose of a precursor.
//!
//! Saturated: from some dose on, a line through growth against dose has a slope whose 95 % interval holds zero, and the last
//! change is below two standard errors. Growth that falls with the dose is called decreasing: that is not a dose too small
//! but a precursor that takes something away or passivates.
//!
//! Source: the definition of self-limiting growth, R. L. Puurunen, J. Appl. Phys. 97, 121301 (2005), section III.

use crate::quality::Quality;

/// Growth at one length of the dose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DosePoint {
    /// Length of the dose (s), positive.
    pub dose_s: f64,
    /// Growth per cycle (Å).
    pub gpc_angstrom: f64,
    /// Its standard uncertainty (Å, k = 1), zero or positive.
    pub gpc_err_angstrom: f64,
}

/// Choices of the judgement.
#[derive(Clone, Debug, PartialEq)]
pub struct SaturationOptions {
    /// Relative standard deviation between runs of one recipe, added to each point's own uncertainty in quadrature: a
    /// regression's error says how well one run is known, not how well it repeats.
    pub reproducibility_rel: f64,
}

impl Default for SaturationOptions {
    fn default() -> Self {
        Self { reproducibility_rel: 0.01 }
    }
}

/// What growth does with the dose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saturation {
    /// It no longer changes.
    Saturated,
    /// It still rises.
    Unsaturated,
    /// It falls.
    Decreasing,
}

impl Saturation {
    /// The word stored in tables: `saturated`, `unsaturated` or `decreasing`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Saturated => "saturated",
            Self::Unsaturated => "unsaturated",
            Self::Decreasing => "decreasing",
        }
    }
}

/// A judged series.
#[derive(Clone, Debug, PartialEq)]
pub struct SaturationFit {
    /// What growth does.
    pub verdict: Saturation,
    /// Shortest dose (s) from which on growth no longer changes; `None` unless saturated.
    pub dose_saturated_s: Option<f64>,
    /// Weighted mean growth of those doses (Å); `None` unless saturated.
    pub gpc_saturated_angstrom: Option<f64>,
    /// Its standard error (Å).
    pub gpc_saturated_err_angstrom: Option<f64>,
    /// Slope of growth against dose (Å/s): over the saturated doses, else over all.
    pub slope_angstrom_per_s: f64,
    /// Its standard error (Å/s).
    pub slope_err_angstrom_per_s: f64,
    /// Growth at the longest dose less that at the one before (Å).
    pub last_change_angstrom: f64,
    /// Its standard error (Å).
    pub last_change_err_angstrom: f64,
    /// Different doses.
    pub n_points: usize,
    /// The verdict on the judgement.
    pub quality: Quality,
    /// That verdict in words.
    pub reason: String,
}

/// Why a series was not judged.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SaturationError {
    /// Fewer than three doses.
    #[error("{doses} lengths of the dose, 3 needed")]
    TooFewDoses {
        /// How many there are.
        doses: usize,
    },
    /// A value is not finite, or a dose not positive.
    #[error("point {index}: expected a positive dose and finite growth, found {dose_s} s and {gpc_angstrom} Å")]
    Value {
        /// Position in the input, from 0.
        index: usize,
        /// The dose (s).
        dose_s: f64,
        /// The growth (Å).
        gpc_angstrom: f64,
    },
}

/// Two-sided 95 % of a normal distribution.
const CONFIDENCE: f64 = 1.96;

/// Judges growth against dose.
///
/// # Errors
///
/// [`SaturationError`] below three different doses, or where a value is no number.
///
/// # Example
///
/// ```
/// # use aldb_fit::saturation::{judge_saturation, DosePoint, Saturation, SaturationOptions};
/// let point = |dose_s, gpc_angstrom| DosePoint { dose_s, gpc_angstrom, gpc_err_angstrom: 0.003 };
/// let water = [point(1.0, 0.33), point(2.0, 0.395), point(5.0, 0.40), point(10.0, 0.40)];
/// let fit = judge_saturation(&water, &SaturationOptions::default())?;
/// assert_eq!((fit.verdict, fit.dose_saturated_s), (Saturation::Saturated, Some(2.0)));
/// # Ok::<(), aldb_fit::saturation::SaturationError>(())
/// ```
pub fn judge_saturation(points: &[DosePoint], options: &SaturationOptions) -> Result<SaturationFit, SaturationError> {
    let doses = by_dose(points, options)?;
    let n = doses.len();
    if n < 3 {
        return Err(SaturationError::TooFewDoses { doses: n });
    }
    let (last, before) = (doses[n - 1], doses[n - 2]);
    let last_change = last.gpc - before.gpc;
    let last_change_err = last.err.hypot(before.err);
    let flat = |tail: &[Dose]| {
        let (slope, error) = slope(tail);
        slope.abs() <= CONFIDENCE * error && last_change.abs() < 2.0 * last_change_err
    };
    // The longest series of doses over which nothing changes.
    let plateau = (0..n - 1).find(|first| flat(&doses[*first..]));
    let (all_slope, all_err) = slope(&doses);
    // Falling from the first dose to the last, though it may have come to rest.
    let fall = doses[0].gpc - last.gpc;
    let falls = fall > CONFIDENCE * doses[0].err.hypot(last.err) && all_slope < -CONFIDENCE * all_err;
    let verdict = match plateau {
        _ if falls => Saturation::Decreasing,
        Some(_) => Saturation::Saturated,
        None if last_change < 0.0 => Saturation::Decreasing,
        None => Saturation::Unsaturated,
    };
    let judged = plateau.filter(|_| verdict == Saturation::Saturated);
    let tail = judged.map(|first| &doses[first..]);
    let mean = tail.map(|tail| {
        let weights: f64 = tail.iter().map(|dose| dose.err.powi(-2)).sum();
        (tail.iter().map(|dose| dose.gpc * dose.err.powi(-2)).sum::<f64>() / weights, weights.sqrt().recip())
    });
    let (slope_angstrom_per_s, slope_err_angstrom_per_s) = tail.map_or((all_slope, all_err), slope);
    let change = format!("{last_change:+.3} ± {last_change_err:.3} Å from {} s to {} s", before.s, last.s);
    let (quality, reason) = match (verdict, judged) {
        // Two doses that agree can do so by chance.
        (Saturation::Saturated, Some(first)) if n - first == 2 => {
            (Quality::Suspect, format!("only the last two doses agree: {change}"))
        }
        _ => (Quality::Good, change),
    };
    Ok(SaturationFit {
        verdict,
        dose_saturated_s: judged.map(|first| doses[first].s),
        gpc_saturated_angstrom: mean.map(|(mean, _)| mean),
        gpc_saturated_err_angstrom: mean.map(|(_, error)| error),
        slope_angstrom_per_s,
        slope_err_angstrom_per_s,
        last_change_angstrom: last_change,
        last_change_err_angstrom: last_change_err,
        n_points: n,
        quality,
        reason,
    })
}

#[derive(Clone, Copy)]
struct Dose {
    s: f64,
    gpc: f64,
    err: f64,
}

/// One value for each dose, in their order; runs with the same dose are averaged by their weights.
fn by_dose(points: &[DosePoint], options: &SaturationOptions) -> Result<Vec<Dose>, SaturationError> {
    let mut doses = Vec::with_capacity(points.len());
    for (index, point) in points.iter().enumerate() {
        let fine = point.dose_s > 0.0 && point.dose_s.is_finite() && point.gpc_angstrom.is_finite();
        if !(fine && point.gpc_err_angstrom >= 0.0 && point.gpc_err_angstrom.is_finite()) {
            return Err(SaturationError::Value { index, dose_s: point.dose_s, gpc_angstrom: point.gpc_angstrom });
        }
        // Without any uncertainty a change could not be judged: a millionth stands for none.
        let floor = (options.reproducibility_rel * point.gpc_angstrom).abs().max(1e-6);
        doses.push(Dose { s: point.dose_s, gpc: point.gpc_angstrom, err: point.gpc_err_angstrom.hypot(floor) });
    }
    doses.sort_by(|a, b| a.s.total_cmp(&b.s).then(a.gpc.total_cmp(&b.gpc)).then(a.err.total_cmp(&b.err)));
    let mut combined: Vec<Dose> = Vec::with_capacity(doses.len());
    for group in doses.chunk_by(|a, b| a.s == b.s) {
        let weights: f64 = group.iter().map(|dose| dose.err.powi(-2)).sum();
        let mean = group.iter().map(|dose| dose.gpc * dose.err.powi(-2)).sum::<f64>() / weights;
        combined.push(Dose { s: group[0].s, gpc: mean, err: weights.sqrt().recip() });
    }
    Ok(combined)
}

/// Slope of the weighted line and its standard error, by the points' own uncertainties.
fn slope(doses: &[Dose]) -> (f64, f64) {
    let weights: f64 = doses.iter().map(|dose| dose.err.powi(-2)).sum();
    let mean =
        |value: fn(&Dose) -> f64| doses.iter().map(|dose| value(dose) * dose.err.powi(-2)).sum::<f64>() / weights;
    let (mean_s, mean_gpc) = (mean(|dose| dose.s), mean(|dose| dose.gpc));
    let (mut sxx, mut sxy) = (0.0, 0.0);
    for dose in doses {
        sxx += (dose.s - mean_s).powi(2) * dose.err.powi(-2);
        sxy += (dose.s - mean_s) * (dose.gpc - mean_gpc) * dose.err.powi(-2);
    }
    (sxy / sxx, sxx.sqrt().recip())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(points: &[(f64, f64)], gpc_err_angstrom: f64) -> SaturationFit {
        let points: Vec<DosePoint> = points
            .iter()
            .map(|(dose_s, gpc_angstrom)| DosePoint { dose_s: *dose_s, gpc_angstrom: *gpc_angstrom, gpc_err_angstrom })
            .collect();
        judge_saturation(&points, &SaturationOptions::default()).unwrap()
    }

    #[test]
    fn growth_that_falls_with_the_dose_is_decreasing() {
        let fit = judge(&[(5.0, 0.55), (10.0, 0.46), (20.0, 0.40), (40.0, 0.37)], 0.002);
        assert_eq!(fit.verdict, Saturation::Decreasing);
        assert_eq!(fit.dose_saturated_s, None);
    }

    #[test]
    fn growth_that_comes_to_rest_is_saturated_from_there() {
        let fit = judge(&[(5.0, 0.24), (10.0, 0.34), (20.0, 0.40), (40.0, 0.405)], 0.003);
        assert_eq!((fit.verdict, fit.dose_saturated_s), (Saturation::Saturated, Some(20.0)));
        assert_eq!(fit.quality, Quality::Suspect);
    }

    #[test]
    fn growth_that_still_rises_is_unsaturated() {
        let fit = judge(&[(5.0, 0.2), (10.0, 0.3), (20.0, 0.4)], 0.003);
        assert_eq!(fit.verdict, Saturation::Unsaturated);
    }

    #[test]
    fn runs_with_the_same_dose_are_one_point() {
        let fit = judge(&[(5.0, 0.4), (5.0, 0.4), (10.0, 0.4), (20.0, 0.4)], 0.003);
        assert_eq!((fit.n_points, fit.verdict), (3, Saturation::Saturated));
    }

    #[test]
    fn two_doses_are_too_few() {
        let point = DosePoint { dose_s: 1.0, gpc_angstrom: 0.4, gpc_err_angstrom: 0.0 };
        let error = judge_saturation(&[point, DosePoint { dose_s: 2.0, ..point }], &SaturationOptions::default());
        assert_eq!(error.unwrap_err().to_string(), "2 lengths of the dose, 3 needed");
    }
}
