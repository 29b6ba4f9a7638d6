//! Whether growth per cycle has saturated with the dose of a precursor.
//!
//! A self-limiting reaction stops when its sites are consumed: growth no longer depends on the dose.
//! Longer doses that etch, or leave by-products that block sites, decrease growth instead.
//! Growth at one dose is known better than runs repeat: an allowance for this is added to its error.
//!
//! Source: weighted line, P. R. Bevington, D. K. Robinson, Data Reduction and Error Analysis, 3rd ed., ch. 6;
//! self-limitation as the criterion of the process, R. L. Puurunen, J. Appl. Phys. 97 (2005) 121301.

use crate::quality::{Coded, Quality, ReasonCode, Verdict, counted};

/// Growth at one dose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DosePoint {
    /// Duration of the dose (s), positive.
    pub dose_s: f64,
    /// Growth per cycle (Å/cycle).
    pub gpc_angstrom: f64,
    /// Its standard error (Å/cycle, k = 1), zero or positive.
    pub gpc_err_angstrom: f64,
    /// Quality of the growth; a failed one does not count.
    pub quality: Quality,
}

/// Options of the judgement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SaturationOptions {
    /// Relative standard deviation of growth between runs of one recipe, added to each point's error in
    /// quadrature; the error of a single scan does not include it. 0.01 unless the laboratory has determined its own.
    pub reproducibility_rel: f64,
}

impl Default for SaturationOptions {
    fn default() -> Self {
        Self { reproducibility_rel: 0.01 }
    }
}

/// Trend of growth at long doses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

/// A judgement. Errors are standard errors, k = 1, the allowance for repeatability included.
#[derive(Clone, Debug, PartialEq)]
pub struct SaturationFit {
    /// Dependence of growth on long doses.
    pub saturation: Saturation,
    /// Shortest dose from which on growth no longer changes (s); `None` unless saturated.
    pub dose_saturated_s: Option<f64>,
    /// Weighted mean of growth from that dose on (Å/cycle).
    pub gpc_saturated_angstrom: Option<f64>,
    /// Its standard error (Å/cycle).
    pub gpc_saturated_err_angstrom: Option<f64>,
    /// Slope of the weighted line (Å/cycle/s) over the doses judged: the plateau when saturated, else the two longest
    /// doses, or all doses when growth falls over all of them.
    pub slope_angstrom_per_s: f64,
    /// Its standard error (Å/cycle/s).
    pub slope_err_angstrom_per_s: f64,
    /// Growth at the longest dose minus that at the one before (Å/cycle).
    pub last_change_angstrom: f64,
    /// Its standard error (Å/cycle).
    pub last_change_err_angstrom: f64,
    /// Number of measurements.
    pub n_points: usize,
    /// Number of different doses.
    pub n_doses: usize,
    /// Reliability of the result, and reasons for doubt.
    pub verdict: Verdict,
}

/// Why saturation was not judged.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SaturationError {
    /// Fewer than three different doses.
    #[error("{}, 3 needed", counted(*doses, "dose", "doses"))]
    TooFewDoses {
        /// Number of doses.
        doses: usize,
    },
    /// A dose is zero, negative, infinite or not a number.
    #[error("point {index}: expected a positive dose in s, found `{dose_s}`")]
    DoseNotPositive {
        /// Position in the input, from 0.
        index: usize,
        /// The dose (s).
        dose_s: f64,
    },
    /// Growth is infinite or not a number.
    #[error("point {index}: expected a finite growth in Å/cycle, found `{gpc_angstrom}`")]
    GrowthNotFinite {
        /// Position in the input, from 0.
        index: usize,
        /// The growth (Å/cycle).
        gpc_angstrom: f64,
    },
    /// An error is negative, infinite or not a number.
    #[error("point {index}: expected zero or a positive error in Å/cycle, found `{gpc_err_angstrom}`")]
    ErrorNegative {
        /// Position in the input, from 0.
        index: usize,
        /// The error (Å/cycle).
        gpc_err_angstrom: f64,
    },
    /// The allowance for repeatability is negative, infinite or not a number.
    #[error("expected zero or a positive repeatability, found `{reproducibility_rel}`")]
    ReproducibilityNegative {
        /// The allowance.
        reproducibility_rel: f64,
    },
}

impl Coded for SaturationError {
    fn code(&self) -> ReasonCode {
        match self {
            Self::TooFewDoses { .. } => ReasonCode::TooFewPoints,
            Self::GrowthNotFinite { .. } => ReasonCode::NotANumber,
            Self::DoseNotPositive { .. } | Self::ErrorNegative { .. } => ReasonCode::ValueOutOfRange,
            Self::ReproducibilityNegative { .. } => ReasonCode::OptionOutOfRange,
        }
    }
}

const NEEDED: usize = 3;
/// A change below this many standard errors is not significant.
const COVERAGE: f64 = 2.0;
/// A change above this many standard errors is sure.
const SURE: f64 = 3.0;
/// A plateau with a larger relative error is hardly known to be one.
const SUSPECT_RELATIVE_ERROR: f64 = 0.05;
/// So is one over which growth may change by a larger part within [`COVERAGE`] standard errors of its slope.
const SUSPECT_RELATIVE_CHANGE: f64 = 0.1;

/// Judges growth against dose.
///
/// The plateau is the longest tail of doses, two or more, over which the slope's interval of 2 standard
/// errors contains zero, each growth differs from the one before by less than 2 standard errors, and the first
/// from the mean of the longer doses likewise. Without one, growth is decreasing or unsaturated
/// by the sign of the last change. Growth that falls over all doses, by more than 3 standard errors of
/// the line, each step downwards and the last by more than its standard error, is decreasing even where its
/// last two doses agree within 2.
///
/// Growths in doubt are left out if three doses remain, otherwise the result is suspect. Growth that is negative (etching) is
/// judged by its amount: it saturates, or increases, as growth does.
///
/// # Errors
///
/// [`SaturationError`] below three different doses, or for an invalid value.
///
/// # Source
///
/// See the documentation of this module.
///
/// # Example
///
/// ```
/// # use aldb_fit::quality::Quality;
/// # use aldb_fit::saturation::{judge_saturation, DosePoint, Saturation, SaturationError, SaturationOptions};
/// let points = [(5.0, 0.24), (10.0, 0.34), (20.0, 0.40), (40.0, 0.405)]
///     .map(|(dose_s, gpc_angstrom)| DosePoint { dose_s, gpc_angstrom, gpc_err_angstrom: 0.003, quality: Quality::Good });
/// let fit = judge_saturation(&points, &SaturationOptions::default())?;
/// assert_eq!((fit.saturation, fit.dose_saturated_s), (Saturation::Saturated, Some(20.0)));
/// # Ok::<(), SaturationError>(())
/// ```
pub fn judge_saturation(points: &[DosePoint], options: &SaturationOptions) -> Result<SaturationFit, SaturationError> {
    let reproducibility_rel = options.reproducibility_rel;
    if !(reproducibility_rel.is_finite() && reproducibility_rel >= 0.0) {
        return Err(SaturationError::ReproducibilityNegative { reproducibility_rel });
    }
    for (index, point) in points.iter().enumerate() {
        check(index, point)?;
    }
    let (used, doubtful) = without_doubtful(points);
    let sign = if used.iter().map(|point| point.gpc_angstrom).sum::<f64>() < 0.0 { -1.0 } else { 1.0 };
    let amounts: Vec<DosePoint> =
        used.iter().map(|point| DosePoint { gpc_angstrom: sign * point.gpc_angstrom, ..*point }).collect();
    let doses = combine(&amounts, reproducibility_rel);
    let count = doses.len();
    if count < NEEDED {
        return Err(SaturationError::TooFewDoses { doses: count });
    }
    let (last, previous) = (doses[count - 1], doses[count - 2]);
    let last_change = last.gpc - previous.gpc;
    let last_change_err = (last.variance + previous.variance).sqrt();

    let whole = Line::through(&doses);
    let falls = whole.slope < -SURE * whole.slope_err
        && doses.windows(2).all(|pair| pair[1].gpc <= pair[0].gpc)
        && last_change < -last_change_err;
    let plateau = (0..count - 1).find(|&start| is_flat(&doses[start..]));
    let (saturation, line) = match plateau {
        Some(start) if !falls => (Saturation::Saturated, Line::through(&doses[start..])),
        _ if falls => (Saturation::Decreasing, whole),
        _ if last_change < 0.0 => (Saturation::Decreasing, Line::through(&doses[count - 2..])),
        _ => (Saturation::Unsaturated, Line::through(&doses[count - 2..])),
    };
    let start = plateau.filter(|_| saturation == Saturation::Saturated);
    let mean = start.map(|start| plateau_mean(&doses[start..]));
    let mut fit = SaturationFit {
        saturation,
        dose_saturated_s: start.map(|start| doses[start].dose_s),
        gpc_saturated_angstrom: mean.map(|mean| sign * mean.0),
        gpc_saturated_err_angstrom: mean.map(|mean| mean.1),
        slope_angstrom_per_s: sign * line.slope,
        slope_err_angstrom_per_s: line.slope_err,
        last_change_angstrom: sign * last_change,
        last_change_err_angstrom: last_change_err,
        n_points: used.len(),
        n_doses: count,
        verdict: Verdict::default(),
    };
    fit.verdict = judge(&fit, start.map(|start| &doses[start..]));
    match doubtful {
        Doubtful::None => {}
        Doubtful::LeftOut(left_out) => {
            fit.verdict.note(format!("{} in doubt left out", counted(left_out, "growth", "growths")));
        }
        Doubtful::Used(used) => {
            let words = format!("{} in doubt used", counted(used, "growth", "growths"));
            fit.verdict.add(Quality::Suspect, ReasonCode::InputSuspect, words);
        }
    }
    Ok(fit)
}

/// Growths in doubt, by their number.
enum Doubtful {
    None,
    LeftOut(usize),
    Used(usize),
}

/// The growths that are used: the good ones if they are enough, otherwise all that did not fail.
fn without_doubtful(points: &[DosePoint]) -> (Vec<DosePoint>, Doubtful) {
    let all: Vec<DosePoint> = points.iter().filter(|point| point.quality != Quality::Failed).copied().collect();
    let good: Vec<DosePoint> = all.iter().filter(|point| point.quality == Quality::Good).copied().collect();
    let distinct = |points: &[DosePoint]| {
        let mut doses: Vec<f64> = points.iter().map(|point| point.dose_s).collect();
        doses.sort_by(f64::total_cmp);
        doses.dedup();
        doses.len()
    };
    match all.len() - good.len() {
        0 => (good, Doubtful::None),
        doubtful if distinct(&good) >= NEEDED => (good, Doubtful::LeftOut(doubtful)),
        doubtful => (all, Doubtful::Used(doubtful)),
    }
}

fn check(index: usize, point: &DosePoint) -> Result<(), SaturationError> {
    let DosePoint { dose_s, gpc_angstrom, gpc_err_angstrom, .. } = *point;
    if !(dose_s.is_finite() && dose_s > 0.0) {
        return Err(SaturationError::DoseNotPositive { index, dose_s });
    }
    if !gpc_angstrom.is_finite() {
        return Err(SaturationError::GrowthNotFinite { index, gpc_angstrom });
    }
    if !(gpc_err_angstrom.is_finite() && gpc_err_angstrom >= 0.0) {
        return Err(SaturationError::ErrorNegative { index, gpc_err_angstrom });
    }
    Ok(())
}

/// Growth at one dose, repeats combined.
#[derive(Clone, Copy)]
struct Dose {
    dose_s: f64,
    gpc: f64,
    variance: f64,
}

/// One entry for each dose, sorted: the weighted mean of its repeats, whose error covers their scatter.
fn combine(points: &[DosePoint], reproducibility_rel: f64) -> Vec<Dose> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| {
        a.dose_s
            .total_cmp(&b.dose_s)
            .then(a.gpc_angstrom.total_cmp(&b.gpc_angstrom))
            .then(a.gpc_err_angstrom.total_cmp(&b.gpc_err_angstrom))
    });
    sorted
        .chunk_by(|a, b| a.dose_s.total_cmp(&b.dose_s).is_eq())
        .map(|repeats| {
            let usual = repeats.iter().map(|point| point.gpc_angstrom.abs()).sum::<f64>() / repeats.len() as f64;
            // Growth without a stated error still has the rounding error of its digits.
            let floor = (1e-9 * usual).powi(2).max(1e-60);
            let each: Vec<Dose> = repeats
                .iter()
                .map(|point| Dose {
                    dose_s: point.dose_s,
                    gpc: point.gpc_angstrom,
                    variance: (point.gpc_err_angstrom.powi(2) + (reproducibility_rel * usual).powi(2)).max(floor),
                })
                .collect();
            let (gpc, err) = mean(&each);
            let chi2: f64 = each.iter().map(|point| (point.gpc - gpc).powi(2) / point.variance).sum();
            let excess = if each.len() > 1 { (chi2 / (each.len() - 1) as f64).max(1.0) } else { 1.0 };
            Dose { dose_s: each[0].dose_s, gpc, variance: err * err * excess }
        })
        .collect()
}

/// Weighted mean and its standard error.
fn mean(doses: &[Dose]) -> (f64, f64) {
    let total: f64 = doses.iter().map(|dose| 1.0 / dose.variance).sum();
    (doses.iter().map(|dose| dose.gpc / dose.variance).sum::<f64>() / total, 1.0 / total.sqrt())
}

/// Weighted mean of a plateau. The first dose may not be saturated yet: half of what it differs by from the others is part of
/// the error.
fn plateau_mean(doses: &[Dose]) -> (f64, f64) {
    let (gpc, err) = mean(doses);
    let (rest, _) = mean(&doses[1..]);
    (gpc, err.hypot(0.5 * (doses[0].gpc - rest)))
}

/// Slope of the weighted line.
struct Line {
    slope: f64,
    slope_err: f64,
}

impl Line {
    fn through(doses: &[Dose]) -> Self {
        let total: f64 = doses.iter().map(|dose| 1.0 / dose.variance).sum();
        let centre = doses.iter().map(|dose| dose.dose_s / dose.variance).sum::<f64>() / total;
        let spread: f64 = doses.iter().map(|dose| (dose.dose_s - centre).powi(2) / dose.variance).sum();
        let product: f64 = doses.iter().map(|dose| (dose.dose_s - centre) * dose.gpc / dose.variance).sum();
        Self { slope: product / spread, slope_err: 1.0 / spread.sqrt() }
    }
}

/// Whether growth does not change over these doses.
fn is_flat(doses: &[Dose]) -> bool {
    let line = Line::through(doses);
    let same =
        |pair: &[Dose]| (pair[1].gpc - pair[0].gpc).abs() < COVERAGE * (pair[0].variance + pair[1].variance).sqrt();
    // Steps too small to be detected one by one add up: the first dose is also compared with all longer ones.
    let (rest, rest_err) = mean(&doses[1..]);
    let joins = (doses[0].gpc - rest).abs() < COVERAGE * (doses[0].variance + rest_err * rest_err).sqrt();
    line.slope.abs() < COVERAGE * line.slope_err && doses.windows(2).all(same) && joins
}

fn judge(fit: &SaturationFit, plateau: Option<&[Dose]>) -> Verdict {
    let change = format!(
        "last change {:+.4} ± {:.4} Å/cycle, slope {:+.2e} ± {:.1e} Å/cycle/s",
        fit.last_change_angstrom, fit.last_change_err_angstrom, fit.slope_angstrom_per_s, fit.slope_err_angstrom_per_s
    );
    if let (Some(dose_s), Some(gpc), Some(err), Some(plateau)) =
        (fit.dose_saturated_s, fit.gpc_saturated_angstrom, fit.gpc_saturated_err_angstrom, plateau)
    {
        if err > SUSPECT_RELATIVE_ERROR * gpc.abs() {
            let words = format!("growth from {dose_s} s on is known only to {err:.4} Å/cycle; {change}");
            return Verdict::suspect(ReasonCode::LargeUncertainty, words);
        }
        let range = plateau.last().map_or(0.0, |last| last.dose_s - dose_s);
        let change_up_to = (fit.slope_angstrom_per_s.abs() + COVERAGE * fit.slope_err_angstrom_per_s) * range;
        if change_up_to > SUSPECT_RELATIVE_CHANGE * gpc.abs() {
            let words = format!("growth from {dose_s} s on may still change by {change_up_to:.4} Å/cycle; {change}");
            return Verdict::suspect(ReasonCode::LargeUncertainty, words);
        }
        let doses = counted(plateau.len(), "dose", "doses");
        return Verdict::good(format!("no change over {doses} from {dose_s} s on; {change}"));
    }
    let trend = if fit.saturation == Saturation::Decreasing { "decreases with dose" } else { "still increases" };
    let sure = fit.last_change_angstrom.abs() >= SURE * fit.last_change_err_angstrom
        || fit.slope_angstrom_per_s.abs() >= SURE * fit.slope_err_angstrom_per_s;
    if sure {
        Verdict::good(format!("growth {trend}: {change}"))
    } else {
        let words = format!("growth {trend}, but by less than {SURE} standard errors: {change}");
        Verdict::suspect(ReasonCode::TrendNotSignificant, words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(values: &[(f64, f64)], err: f64) -> Vec<DosePoint> {
        let point =
            |&(dose_s, gpc_angstrom)| DosePoint { dose_s, gpc_angstrom, gpc_err_angstrom: err, quality: Quality::Good };
        values.iter().map(point).collect()
    }

    fn fit(values: &[(f64, f64)], err: f64) -> SaturationFit {
        judge_saturation(&points(values, err), &SaturationOptions::default()).unwrap()
    }

    #[test]
    fn growth_that_falls_with_dose_is_decreasing() {
        let lihmds = [(5.0, 0.55), (10.0, 0.46), (20.0, 0.40), (40.0, 0.37)];
        for err in [0.002, 0.01] {
            let found = fit(&lihmds, err);
            assert_eq!(found.saturation, Saturation::Decreasing, "{}", found.verdict);
            assert_eq!((found.dose_saturated_s, found.gpc_saturated_angstrom), (None, None));
            assert!((found.last_change_angstrom + 0.03).abs() < 1e-12);
        }
    }

    #[test]
    fn growth_that_stops_rising_is_saturated_from_the_first_dose_of_the_plateau() {
        let water = fit(&[(1.0, 0.33), (2.0, 0.395), (5.0, 0.40), (10.0, 0.40)], 0.003);
        assert_eq!((water.saturation, water.dose_saturated_s), (Saturation::Saturated, Some(2.0)));
        let tmb = fit(&[(5.0, 0.24), (10.0, 0.34), (20.0, 0.40), (40.0, 0.405)], 0.003);
        assert_eq!((tmb.saturation, tmb.dose_saturated_s), (Saturation::Saturated, Some(20.0)));
        // Two points of 0.003 and 1 % each.
        let (a, b) = (0.003f64.powi(2) + 0.004f64.powi(2), 0.003f64.powi(2) + 0.00405f64.powi(2));
        let expected = (0.40 / a + 0.405 / b) / (1.0 / a + 1.0 / b);
        assert!((tmb.gpc_saturated_angstrom.unwrap() - expected).abs() < 1e-12);
        let of_mean = (1.0 / (1.0 / a + 1.0 / b)).sqrt();
        // The two doses differ by 0.005 Å.
        assert!((tmb.gpc_saturated_err_angstrom.unwrap() - of_mean.hypot(0.0025)).abs() < 1e-12);
    }

    #[test]
    fn growth_that_still_rises_is_unsaturated() {
        let found = fit(&[(1.0, 0.2), (2.0, 0.3), (5.0, 0.37), (10.0, 0.42)], 0.003);
        assert_eq!((found.saturation, found.dose_saturated_s), (Saturation::Unsaturated, None));
        let words = found.verdict.to_string();
        assert!(words.starts_with("good: growth still increases: last change +0.0500"), "{words}");
    }

    #[test]
    fn repeats_of_a_dose_are_one_dose_and_their_scatter_counts() {
        let mut values = points(&[(5.0, 0.30), (10.0, 0.40), (20.0, 0.43)], 0.001);
        assert_eq!(
            judge_saturation(&values, &SaturationOptions::default()).unwrap().saturation,
            Saturation::Unsaturated
        );
        values.extend(points(&[(20.0, 0.37), (20.0, 0.41)], 0.001));
        let found = judge_saturation(&values, &SaturationOptions::default()).unwrap();
        assert_eq!((found.saturation, found.n_doses, found.n_points), (Saturation::Saturated, 3, 5));
    }

    #[test]
    fn growths_in_doubt_are_left_out_or_make_the_result_suspect() {
        let mut values = points(&[(1.0, 0.33), (2.0, 0.395), (5.0, 0.40), (10.0, 0.40)], 0.003);
        values[3] = DosePoint { gpc_angstrom: 0.6, quality: Quality::Suspect, ..values[3] };
        let found = judge_saturation(&values, &SaturationOptions::default()).unwrap();
        assert_eq!((found.saturation, found.n_points), (Saturation::Saturated, 3));
        assert_eq!(found.verdict.quality, Quality::Good, "{}", found.verdict);
        values[1].quality = Quality::Suspect;
        let found = judge_saturation(&values, &SaturationOptions::default()).unwrap();
        assert!(found.verdict.has(ReasonCode::InputSuspect), "{}", found.verdict);
        values[2].quality = Quality::Failed;
        values[0].quality = Quality::Failed;
        let error = judge_saturation(&values, &SaturationOptions::default()).unwrap_err();
        assert_eq!(error.to_string(), "2 doses, 3 needed");
    }

    #[test]
    fn etching_saturates_as_growth_does() {
        let found = fit(&[(1.0, -0.33), (2.0, -0.395), (5.0, -0.40), (10.0, -0.40)], 0.003);
        assert_eq!((found.saturation, found.dose_saturated_s), (Saturation::Saturated, Some(2.0)));
        assert!((found.gpc_saturated_angstrom.unwrap() + 0.399).abs() < 0.002, "{found:?}");
        let found = fit(&[(1.0, -0.2), (2.0, -0.3), (5.0, -0.37), (10.0, -0.42)], 0.003);
        assert_eq!(found.saturation, Saturation::Unsaturated);
        assert!(found.last_change_angstrom < 0.0, "{found:?}");
    }

    #[test]
    fn a_plateau_that_hides_a_further_rise_is_suspect() {
        // 5 % of growth between doses, each known to 4 %: the plateau may rise by a fifth.
        let found = fit(&[(1.0, 0.2), (10.0, 0.40), (20.0, 0.41), (40.0, 0.42)], 0.016);
        assert_eq!(found.saturation, Saturation::Saturated);
        assert_eq!(found.verdict.quality, Quality::Suspect, "{}", found.verdict);
    }

    #[test]
    fn the_order_of_points_changes_nothing() {
        let mut values = points(&[(5.0, 0.24), (10.0, 0.34), (20.0, 0.40), (40.0, 0.405), (40.0, 0.401)], 0.003);
        let forward = judge_saturation(&values, &SaturationOptions::default()).unwrap();
        values.reverse();
        assert_eq!(judge_saturation(&values, &SaturationOptions::default()).unwrap(), forward);
    }

    #[test]
    fn input_that_cannot_be_judged_is_named() {
        let options = SaturationOptions::default();
        let err = judge_saturation(&points(&[(1.0, 0.3), (2.0, 0.3), (2.0, 0.3)], 0.01), &options).unwrap_err();
        assert_eq!(err.to_string(), "2 doses, 3 needed");
        let err = judge_saturation(&points(&[(1.0, 0.3), (0.0, 0.3)], 0.01), &options).unwrap_err();
        assert_eq!(err.to_string(), "point 1: expected a positive dose in s, found `0`");
        let err = judge_saturation(&points(&[(1.0, f64::NAN)], 0.01), &options).unwrap_err();
        assert_eq!(err.to_string(), "point 0: expected a finite growth in Å/cycle, found `NaN`");
        let err = judge_saturation(&points(&[(1.0, 0.3)], -0.01), &options).unwrap_err();
        assert_eq!(err.to_string(), "point 0: expected zero or a positive error in Å/cycle, found `-0.01`");
    }

    #[test]
    fn errors_of_zero_are_judged_too() {
        let options = SaturationOptions { reproducibility_rel: 0.0 };
        let found = judge_saturation(&points(&[(1.0, 0.3), (2.0, 0.4), (5.0, 0.4)], 0.0), &options).unwrap();
        assert_eq!((found.saturation, found.dose_saturated_s), (Saturation::Saturated, Some(2.0)));
    }
}
