//! Growth per cycle and nucleation delay from thickness against cycle.
//!
//! A film grows linearly once it covers its substrate. Two joined lines (a hinge) fitted by least squares find where;
//! what is still curved after the hinge is left out; ordinary least squares over the rest give the growth. Standard errors
//! count fewer independent points where neighbouring residuals are alike: (1 + ρ)/(1 − ρ) times the variance, ρ the
//! correlation of neighbours.
//!
//! Source: hinge: D. J. Hudson, J. Am. Stat. Assoc. 61 (1966) 1097; autocorrelated residuals: G. E. P. Box, G. M.
//! Jenkins, G. C. Reinsel, Time Series Analysis, 4th ed., ch. 2; bias of ρ after a line: F. H. C. Marriott, J. A. Pope,
//! Biometrika 41 (1954) 390.

mod line;
mod time;

use crate::quality::Quality;
use line::{Line, Sums, noise};
pub use time::{Detected, StepChange, cycle_ends, detect_start, step_changes, without_pattern};

/// Choices of the fit.
#[derive(Clone, Debug, PartialEq)]
pub struct GrowthOptions {
    /// Thickness of the substrate (nm) as the model of the measurement sees it; found in the data where `None`.
    pub substrate_nm: Option<f64>,
    /// Points that the linear regime needs.
    pub min_points: usize,
}

impl Default for GrowthOptions {
    fn default() -> Self {
        Self { substrate_nm: None, min_points: 20 }
    }
}

/// A growth.
#[derive(Clone, Debug, PartialEq)]
pub struct GrowthFit {
    /// Growth per cycle (Å), positive.
    pub gpc_angstrom: f64,
    /// Its standard error (Å, k = 1), corrected for residuals that are alike.
    pub gpc_err_angstrom: f64,
    /// Thickness (nm) at which the line meets cycle 0.
    pub intercept_nm: f64,
    /// Its standard error (nm).
    pub intercept_err_nm: f64,
    /// Thickness before growth (nm): given, or the mean of the first points; `None` where the points begin in growth.
    pub substrate_nm: Option<f64>,
    /// Cycle at which the line meets the substrate's thickness; `None` without that thickness.
    pub nucleation_delay_cycles: Option<f64>,
    /// Its standard error (cycles), from the full covariance and the substrate's own error.
    pub nucleation_delay_err_cycles: Option<f64>,
    /// First cycle of the linear regime.
    pub first_cycle: f64,
    /// Last cycle of the linear regime.
    pub last_cycle: f64,
    /// Points in the linear regime.
    pub n_points: usize,
    /// Coefficient of determination in the linear regime.
    pub r2: f64,
    /// Standard deviation of the residuals (nm).
    pub residual_std_nm: f64,
    /// Correlation of neighbouring residuals, freed of its bias.
    pub autocorrelation: f64,
    /// The verdict.
    pub quality: Quality,
    /// The verdict in words.
    pub reason: String,
}

/// Why no growth was calculated.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GrowthError {
    /// The slices differ in length.
    #[error("expected as many thicknesses as cycles, found {thicknesses} and {cycles}")]
    Lengths {
        /// Cycles.
        cycles: usize,
        /// Thicknesses.
        thicknesses: usize,
    },
    /// A value is not finite.
    #[error("point {index}: expected finite numbers, found cycle or time `{x}` and thickness `{thickness_nm}` nm")]
    NotFinite {
        /// Position in the input, from 0.
        index: usize,
        /// The cycle or time.
        x: f64,
        /// The thickness (nm).
        thickness_nm: f64,
    },
    /// Too few points in all.
    #[error("{points} points, {needed} needed")]
    TooFewPoints {
        /// How many there are.
        points: usize,
        /// How many are needed.
        needed: usize,
    },
    /// Growth begins too late for a line.
    #[error("{points} linear points from cycle {first_cycle:.0} on, {needed} needed")]
    TooFewLinearPoints {
        /// How many there are.
        points: usize,
        /// Where growth begins.
        first_cycle: f64,
        /// How many are needed.
        needed: usize,
    },
    /// The slope is not above zero by more than chance.
    #[error("no growth: {gpc_angstrom:.4} ± {gpc_err_angstrom:.4} Å a cycle")]
    NoGrowth {
        /// The slope (Å).
        gpc_angstrom: f64,
        /// Its standard error (Å).
        gpc_err_angstrom: f64,
    },
    /// No part is straight.
    #[error("not linear: {found}")]
    NotLinear {
        /// How that shows.
        found: String,
    },
    /// Two lines, both growing.
    #[error("two slopes: {before_angstrom:.3} Å a cycle before cycle {at_cycle:.0}, {after_angstrom:.3} Å after it")]
    TwoSlopes {
        /// Slope before the break (Å).
        before_angstrom: f64,
        /// Slope after it (Å).
        after_angstrom: f64,
        /// The break.
        at_cycle: f64,
    },
}

/// A slope must exceed its standard error by this to count as growth.
const SIGNIFICANT: f64 = 4.0;
/// F of the hinge's two further parameters above which one line is not enough. Above any table's value: the break is chosen
/// to be the best of all, and residuals may be alike.
const HINGE_NEEDED: f64 = 14.0;
/// Share of the later slope above which growth before the break is growth, not an inhibited start.
const GROWING_BEFORE: f64 = 0.2;
/// A regime whose first part or curvature deviates by more standard errors than this is shortened. Low, because what is
/// left in biases the slope.
const STRAIGHT: f64 = 2.5;
/// Below the later line by more standard errors than this, the first part grows faster: for sure, since few points tell
/// whether neighbours are alike.
const SLOWER: f64 = 6.0;
/// Share of what follows the hinge that must be straight.
const MOSTLY: f64 = 0.4;
/// Residuals this much wider than the noise between neighbours drift, if they also follow each other; and this share of
/// the film's growth is what matters of it.
const DRIFT: f64 = 3.0;
const DRIFT_CORRELATION: f64 = 0.5;
const DRIFT_SHARE: f64 = 0.01;

/// Fits the growth per cycle and the nucleation delay.
///
/// `cycle` counts cycles done (0 before the first dose; parts of cycles are possible), `thickness_nm` is what the
/// ellipsometric model finds then (nm).
///
/// # Errors
///
/// [`GrowthError`] where no growth can be told: it says why, with numbers.
///
/// # Example
///
/// ```
/// # use aldb_fit::growth::{fit_growth, GrowthOptions};
/// // 50 cycles without growth on 1.5 nm of oxide, then 0.4 Å a cycle.
/// let cycle: Vec<f64> = (0..150).map(f64::from).collect();
/// let ripple = |x: f64| 0.01 * (2.4 * x).sin();
/// let thickness: Vec<f64> = cycle.iter().map(|x| 1.5 + 0.04 * (x - 50.0_f64).max(0.0) + ripple(*x)).collect();
/// let fit = fit_growth(&cycle, &thickness, &GrowthOptions::default())?;
/// assert!((fit.gpc_angstrom - 0.4).abs() < 0.001);
/// assert!((fit.nucleation_delay_cycles.unwrap() - 50.0).abs() < 0.5);
/// # Ok::<(), aldb_fit::growth::GrowthError>(())
/// ```
pub fn fit_growth(cycle: &[f64], thickness_nm: &[f64], options: &GrowthOptions) -> Result<GrowthFit, GrowthError> {
    let (x, y) = sorted(cycle, thickness_nm)?;
    let n = x.len();
    let needed = options.min_points.max(5);
    if n < needed {
        return Err(GrowthError::TooFewPoints { points: n, needed });
    }
    let sums = Sums::new(&x, &y);
    let noise = noise(&x, &y);
    let whole = Line::over(&x, &y, 0, n);
    let hinge = sums.hinge(&x);
    let start = match hinge {
        Some((place, sse)) if (whole.sse - sse) / 2.0 > HINGE_NEEDED * sse / (n - 4) as f64 => place,
        _ => 0,
    };
    if start > 0 && n - start < needed {
        return Err(GrowthError::TooFewLinearPoints { points: n - start, first_cycle: x[start], needed });
    }
    let after = Line::over(&x, &y, start, n);
    let before = Line::over(&x, &y, 0, start);
    // An onset begins with next to no growth, however soft it is.
    let beginning = Line::over(&x, &y, 0, (start / 3).max(5).min(start));
    let grows = |line: &Line| line.slope > SIGNIFICANT * line.slope_err();
    let growing_before = start >= needed / 2
        && [&beginning, &before].iter().all(|line| grows(line) && line.slope > GROWING_BEFORE * after.slope);
    if growing_before && before.residual_std() > 1.5 * noise {
        return Err(GrowthError::NotLinear {
            found: format!(
                "growth goes on before cycle {:.0}, where the last line begins, but on no line ({:.3} nm from one)",
                x[start],
                before.residual_std()
            ),
        });
    }
    if growing_before {
        return Err(GrowthError::TwoSlopes {
            before_angstrom: 10.0 * before.slope,
            after_angstrom: 10.0 * after.slope,
            at_cycle: x[start],
        });
    }
    let straight = straight_from(&x, &y, start, needed)?;
    // What is curved by less than can be seen would still bias the slope: as much again is left out.
    let first = straight + (straight - start);
    if first + needed > n {
        return Err(GrowthError::TooFewLinearPoints {
            points: n.saturating_sub(first),
            first_cycle: x[first.min(n - 1)],
            needed,
        });
    }
    let line = Line::over(&x, &y, first, n);
    if !grows(&line) {
        return Err(GrowthError::NoGrowth {
            gpc_angstrom: 10.0 * line.slope,
            gpc_err_angstrom: 10.0 * line.slope_err(),
        });
    }
    let rise = line.slope * (x[n - 1] - x[first]);
    let kept = (n - straight) as f64 / (n - start) as f64;
    let drifts = line.residual_std() > DRIFT * noise
        && line.autocorrelation > DRIFT_CORRELATION
        && line.residual_std() > DRIFT_SHARE * rise;
    if drifts {
        return Err(GrowthError::NotLinear {
            found: format!(
                "residuals of {:.3} nm follow each other (correlation {:.2}) where neighbours differ by {noise:.3} nm",
                line.residual_std(),
                line.autocorrelation
            ),
        });
    }
    if kept < MOSTLY {
        return Err(GrowthError::NotLinear {
            found: format!("only {} of {} points after the onset lie on a line", n - first, n - start),
        });
    }
    let (substrate_nm, substrate_err_nm) = substrate(&x, &y, start, &line, options);
    let delay = substrate_nm.map(|substrate| line.meets(substrate, substrate_err_nm));
    let (quality, reason) = verdict(&line, noise, rise);
    Ok(GrowthFit {
        gpc_angstrom: 10.0 * line.slope,
        gpc_err_angstrom: 10.0 * line.slope_err(),
        intercept_nm: line.at(0.0),
        intercept_err_nm: line.at_err(0.0),
        substrate_nm,
        nucleation_delay_cycles: delay.map(|(delay, _)| delay),
        nucleation_delay_err_cycles: delay.map(|(_, error)| error),
        first_cycle: x[first],
        last_cycle: x[n - 1],
        n_points: n - first,
        r2: line.r2,
        residual_std_nm: line.residual_std(),
        autocorrelation: line.autocorrelation,
        quality,
        reason,
    })
}

fn verdict(line: &Line, noise: f64, rise: f64) -> (Quality, String) {
    let wide = line.residual_std() / noise;
    if wide > DRIFT && line.autocorrelation > DRIFT_CORRELATION {
        let share = 100.0 * line.residual_std() / rise;
        let reason =
            format!("residuals are {wide:.1} times the noise and follow each other ({share:.1} % of the growth)");
        return (Quality::Suspect, reason);
    }
    (Quality::Good, format!("{} points on a line", line.n))
}

/// Thickness before growth and its standard error.
fn substrate(x: &[f64], y: &[f64], start: usize, line: &Line, options: &GrowthOptions) -> (Option<f64>, f64) {
    if let Some(given) = options.substrate_nm {
        return (Some(given), 0.0);
    }
    // Of a soft onset only the beginning is still the substrate.
    let count = (start / 10).max(if start >= 3 { 3 } else { 1 });
    if start == 0 && x[0] > 0.5 {
        return (None, 0.0);
    }
    let mean = y[..count].iter().sum::<f64>() / count as f64;
    // The noise of the line, whose neighbours may be alike here, too.
    let independent = (count as f64 / line.inflation()).max(1.0);
    (Some(mean), line.residual_std() / independent.sqrt())
}

/// Where the line begins: the first points after the hinge that do not lie on the line through the later ones are left out.
/// Above that line they are a soft onset; below it growth slows down.
fn straight_from(x: &[f64], y: &[f64], start: usize, needed: usize) -> Result<usize, GrowthError> {
    let n = x.len();
    let step = (n / 100).max(1);
    let mut first = start;
    while start > 0 && n - first >= needed {
        let middle = first + (n - first) / 2;
        let early = first + ((n - first) / 6).max(4);
        let late = Line::over(x, y, middle, n);
        let deviation = (first..early).map(|i| y[i] - late.at(x[i])).sum::<f64>() / (early - first) as f64;
        let centre = x[first..early].iter().sum::<f64>() / (early - first) as f64;
        let own = late.residual_std() * late.inflation().sqrt() / ((early - first) as f64).sqrt();
        let error = late.at_err(centre).hypot(own);
        if deviation.abs() <= STRAIGHT * error {
            break;
        }
        if deviation < -SLOWER * error {
            let found = format!("growth slows down after cycle {:.0}", x[first]);
            return Err(GrowthError::NotLinear { found });
        }
        first += step;
    }
    Ok(first)
}

/// Points in the order of their cycles.
pub(crate) fn sorted(x: &[f64], y: &[f64]) -> Result<(Vec<f64>, Vec<f64>), GrowthError> {
    if x.len() != y.len() {
        return Err(GrowthError::Lengths { cycles: x.len(), thicknesses: y.len() });
    }
    if let Some(index) = (0..x.len()).find(|&i| !x[i].is_finite() || !y[i].is_finite()) {
        return Err(GrowthError::NotFinite { index, x: x[index], thickness_nm: y[index] });
    }
    let mut order: Vec<(f64, f64)> = x.iter().copied().zip(y.iter().copied()).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    Ok(order.into_iter().unzip())
}
