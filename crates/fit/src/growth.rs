//! Growth per cycle from thickness against cycle (in-situ ellipsometry).
//!
//! Growth often starts late: cycles on a foreign surface are inhibited, and growth begins at once or
//! slowly. The linear regime follows. Its beginning is found by least squares with two
//! segments: a level and a line, with a bend of any length between them (none: the ordinary hinge), and
//! two lines that meet. The growth per cycle is the slope of an ordinary least-squares line over the rest.
//!
//! A curve that is not a line after its onset gets a reason and no number: growth that never begins,
//! curvature, a slow drift (which leaves R² near 1), two slopes. Significance is judged by
//! the residual noise of the most flexible description of the curve, with its autocorrelation.
//!
//! Recording often goes on after the last cycle: a level that follows the line in a sharp break is not part of the growth.
//! A film that is etched becomes thinner by the same shapes: its growth per cycle is negative.
//!
//! Source: D. J. Hudson, J. Am. Stat. Assoc. 61 (1966) 1097 (hinge); G. Chiu, R. Lockhart, R. Routledge,
//! J. Am. Stat. Assoc. 101 (2006) 542 (bend between segments).

mod alignment;
mod edges;
mod end;
mod error;
mod linearity;
mod live;
mod models;
mod onset;
mod pattern;
mod period;
mod series;
mod time;

use crate::quality::{Quality, ReasonCode, Verdict, counted};
use end::{End, find_end};
use linearity::{ANGSTROM_PER_NM, SIGNIFICANT, flexible_degree, no_growth, not_linear, structure_limit, two_slopes};
use models::{Hinge, Line, Polynomial};
use onset::{Regime, find_regime};
use series::{Noise, Series, point_to_point};

pub use alignment::{Alignment, CERTAIN, LoggedDose, align_scan};
pub use error::{Departure, GrowthError};
pub use live::{CHANGE_REL, Interval, Plan, Prediction, predict_growth};
pub use pattern::without_pattern;
pub use period::{Period, RegularCycles, STATED_CYCLE_REL, find_period, regular_cycles};
pub use time::{ClockFit, Detected, StepChange, align_clock, cycle_ends, detect_start, step_changes};

/// What the cycle numbers of a curve count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Counted {
    /// Doses: growth that ends while they go on is in doubt.
    #[default]
    Doses,
    /// Time, divided by the length of a cycle: it goes on after the last dose.
    Time,
}

/// Options of the fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GrowthOptions {
    /// Thickness of the layers below the film (nm), if known.
    pub substrate_nm: Option<f64>,
    /// Fewest points in the linear regime; less than 5 counts as 5.
    pub min_points: usize,
    /// What the cycle numbers count.
    pub counted: Counted,
}

impl Default for GrowthOptions {
    fn default() -> Self {
        Self { substrate_nm: None, min_points: 20, counted: Counted::default() }
    }
}

/// A growth per cycle. Errors are standard errors, k = 1.
#[derive(Clone, Debug, PartialEq)]
pub struct GrowthFit {
    /// Growth per cycle (Å/cycle); negative where the film is etched.
    pub gpc_angstrom: f64,
    /// Its standard error (Å/cycle), corrected for residuals that correlate with their neighbours.
    pub gpc_err_angstrom: f64,
    /// Thickness of the line at cycle 0 (nm).
    pub intercept_nm: f64,
    /// Its standard error (nm), corrected likewise.
    pub intercept_err_nm: f64,
    /// Thickness before growth (nm): as given, else the level before the onset, else the first point.
    pub substrate_nm: f64,
    /// Its standard error (nm); zero where it was given.
    pub substrate_err_nm: f64,
    /// Where the line meets the substrate's thickness (cycles).
    pub nucleation_delay_cycles: f64,
    /// Its standard error (cycles), from the line's full covariance and the substrate's error.
    pub nucleation_delay_err_cycles: f64,
    /// First point of the linear regime (cycles).
    pub first_cycle: f64,
    /// Last point of the linear regime (cycles).
    pub last_cycle: f64,
    /// Cycle at which growth ends within the scan; `None` where it goes on to the last point.
    pub end_cycle: Option<f64>,
    /// Thickness grown over the scan (nm): the level after its end, otherwise the line at the last cycle, less the thickness before
    /// growth; negative where the film is etched.
    pub film_nm: f64,
    /// Its standard error (nm), from the scatter of the points alone.
    pub film_err_nm: f64,
    /// Points in the linear regime; means of a cycle's readings if there were several per cycle.
    pub n_points: usize,
    /// Coefficient of determination of the line.
    pub r2: f64,
    /// Standard deviation of the residuals (nm), for `n_points` − 2.
    pub residual_std_nm: f64,
    /// Scatter from one point to the next (nm), without slow changes.
    pub noise_nm: f64,
    /// Correlation of each residual with the next.
    pub autocorrelation: f64,
    /// Reliability of the result, and reasons for doubt.
    pub verdict: Verdict,
}

/// Least number of points for the comparison of curves.
const LEAST_POINTS: usize = 5;
/// Residuals that exceed the scatter from point to point by more than this are not noise: noise with a correlation of
/// 0.8 from one point to the next reaches 2.6.
const DRIFT_RATIO: f64 = 3.0;
/// Residuals with a smaller correlation do not drift slowly.
const DRIFT_AUTOCORRELATION: f64 = 0.5;
/// The square of curvature over its error above which a result is suspect: 3 standard errors.
const SUSPECT_CURVATURE: f64 = 9.0;
const SUSPECT_AUTOCORRELATION: f64 = 0.5;

/// Fits growth per cycle to thicknesses (nm) at the end of cycles (cycles, 0 = before the first dose).
///
/// Several readings per cycle (median spacing below 0.75 cycles) become means of each cycle if there are
/// enough cycles: the steps within a cycle are not noise. The error of the slope is the ordinary one times
/// √((1 + ρ)/(1 − ρ)), ρ the residuals' autocorrelation at a distance of one point, corrected for its bias,
/// at least zero.
///
/// # Errors
///
/// [`GrowthError`] for columns of different lengths, a value that is not finite, too few points (at all or
/// in the linear regime), no significant growth, a regime that is not linear, two slopes.
///
/// # Source
///
/// See the documentation of this module.
///
/// # Example
///
/// ```
/// # use aldb_fit::growth::{fit_growth, GrowthError, GrowthOptions};
/// let cycle: Vec<f64> = (0..200).map(f64::from).collect();
/// let ripple = |c: f64| if c % 2.0 == 0.0 { 0.01 } else { -0.01 };
/// let nm: Vec<f64> = cycle.iter().map(|&c| 1.5 + 0.04 * (c - 100.0).max(0.0) + ripple(c)).collect();
/// let fit = fit_growth(&cycle, &nm, &GrowthOptions::default())?;
/// assert!((fit.gpc_angstrom - 0.4).abs() < 1e-3);
/// assert!((fit.nucleation_delay_cycles - 100.0).abs() < 0.5);
/// # Ok::<(), GrowthError>(())
/// ```
pub fn fit_growth(cycle: &[f64], thickness_nm: &[f64], options: &GrowthOptions) -> Result<GrowthFit, GrowthError> {
    let needed = options.min_points.max(LEAST_POINTS);
    if let Some(value) = options.substrate_nm.filter(|value| !value.is_finite()) {
        return Err(GrowthError::NotFinite { index: 0, value });
    }
    let series = Series::new(cycle, thickness_nm, needed)?;
    let points = series.cycle.len();
    if points < needed {
        return Err(GrowthError::TooFewPoints { points, needed });
    }
    let x = &series.cycle;
    // Sums of squares lose precision far from zero.
    let middle = thickness_nm_mean(&series.thickness_nm);
    let sign = if falls(&series.thickness_nm) { -1.0 } else { 1.0 };
    let y: Vec<f64> = series.thickness_nm.iter().map(|y| sign * (y - middle)).collect();
    let fit = fit_rising(x, &y, middle, sign, options).map_err(|error| error.times(sign))?;
    Ok(fit)
}

/// Whether the thickness falls over the scan: by more than half of what it varies, in means of tenths of the scan.
fn falls(thickness_nm: &[f64]) -> bool {
    let means: Vec<f64> = thickness_nm.chunks((thickness_nm.len() / 10).max(3)).map(thickness_nm_mean).collect();
    let (least, most) =
        means.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &mean| (low.min(mean), high.max(mean)));
    let change = means.last().zip(means.first()).map_or(0.0, |(last, first)| last - first);
    change < 0.0 && -change > 0.5 * (most - least)
}

/// The fit of a thickness `y` that rises: `sign` times the measured one without its mean, `middle`.
fn fit_rising(x: &[f64], y: &[f64], middle: f64, sign: f64, options: &GrowthOptions) -> Result<GrowthFit, GrowthError> {
    let needed = options.min_points.max(LEAST_POINTS);
    let first = y[0];
    let largest = y.iter().fold(0.0f64, |largest, y| largest.max(y.abs()));
    let floor = (1e-9 * largest + 1e-15 * middle.abs()).powi(2).max(1e-60);
    let end = find_end(x, y, floor).filter(|end| end.before >= needed);
    let count = end.map_or(x.len(), |end| end.before);
    let (x, y) = (&x[..count], &y[..count]);
    let regime = find_regime(x, y, needed, floor)?;
    let (x, y) = (&x[regime.start..], &y[regime.start..]);
    let line = Line::through(x, y);
    let residuals = line.residuals(x, y);
    let noise = Noise::of(&residuals, 2, floor);
    let noise_nm = point_to_point(x, y);
    let curvature = check_linear(x, y, &line, noise_nm, needed, floor, &regime)?;
    let variance = noise.slow_variance();
    let slope_variance = variance / line.spread;
    if line.slope <= SIGNIFICANT * slope_variance.sqrt() {
        return Err(no_growth(&line, slope_variance));
    }

    let count = x.len() as f64;
    let (substrate, substrate_variance, covariance_factor) = match (options.substrate_nm, regime.level) {
        (Some(nm), _) => (sign * (nm - middle), 0.0, 0.0),
        (None, Some(level)) => (level.nm, level.variance, 0.0),
        // The first point is one of those to which the line was fitted: their errors are correlated.
        (None, None) if regime.start == 0 => (y[0], noise.variance, noise.variance),
        (None, None) => (first, noise.variance, 0.0),
    };
    let delay = line.centre_x + (substrate - line.centre_y) / line.slope;
    let line_variance = |x: f64| variance * (1.0 / count + (x - line.centre_x).powi(2) / line.spread);
    let together = covariance_factor * (1.0 / count + (x[0] - line.centre_x) * (delay - line.centre_x) / line.spread);
    let delay_variance = (substrate_variance + line_variance(delay) - 2.0 * together).max(0.0) / line.slope.powi(2);
    let total: f64 = y.iter().map(|y| (y - line.centre_y).powi(2)).sum();
    let last = x[x.len() - 1];
    let (top, top_variance) =
        end.map_or((line.at(last), line_variance(last)), |End { level_nm, variance, .. }| (level_nm, variance));
    let mut fit = GrowthFit {
        gpc_angstrom: sign * ANGSTROM_PER_NM * line.slope,
        gpc_err_angstrom: ANGSTROM_PER_NM * slope_variance.sqrt(),
        intercept_nm: middle + sign * line.at(0.0),
        intercept_err_nm: line_variance(0.0).sqrt(),
        substrate_nm: options.substrate_nm.unwrap_or(middle + sign * substrate),
        substrate_err_nm: substrate_variance.sqrt(),
        nucleation_delay_cycles: delay,
        nucleation_delay_err_cycles: delay_variance.sqrt(),
        first_cycle: x[0],
        last_cycle: last,
        end_cycle: end.map(|end| end.cycle),
        film_nm: sign * (top - substrate),
        film_err_nm: (top_variance + substrate_variance).sqrt(),
        n_points: x.len(),
        r2: 1.0 - line.sse / total,
        residual_std_nm: (line.sse / (count - 2.0)).sqrt(),
        noise_nm,
        autocorrelation: noise.autocorrelation,
        verdict: Verdict::default(),
    };
    fit.verdict = judge(&fit, curvature, options.counted);
    Ok(fit)
}

fn thickness_nm_mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Whether the regime is one line; if so, the square of its curvature divided by its standard error.
fn check_linear(
    x: &[f64],
    y: &[f64],
    line: &Line,
    noise_nm: f64,
    needed: usize,
    floor: f64,
    regime: &Regime,
) -> Result<f64, GrowthError> {
    let points = x.len();
    if points < needed {
        return Err(if regime.described {
            GrowthError::TooFewLinearPoints { points, needed, from_cycle: regime.from_cycle }
        } else {
            regime.otherwise.clone()
        });
    }
    let poly = Polynomial::through(x, y, flexible_degree(points));
    let hinge = Hinge::through(x, y, line);
    let flexible = Noise::of(&poly.residuals, poly.sse.len(), floor);
    let by_hinge = hinge.map(|hinge| Noise::of(&hinge.residuals(x, y), 4, floor));
    let noise = by_hinge.filter(|noise| noise.variance < flexible.variance).unwrap_or(flexible);
    let slow_variance = noise.slow_variance();
    let gain = |sse: f64| (line.sse - sse) / slow_variance;
    if let Some(hinge) = hinge
        && gain(hinge.sse) > structure_limit(2)
        && hinge.index + 1 >= needed
        && points - hinge.index >= needed
        && let Some(error) = two_slopes(x, y, &hinge, &poly, slow_variance)
    {
        return Err(error);
    }
    let curvature = (line.sse - poly.left_by(2)) / slow_variance;
    let about = Noise::of(&line.residuals(x, y), 2, floor);
    let wide = about.variance.sqrt() > DRIFT_RATIO * noise_nm.max(floor.sqrt());
    if curvature > structure_limit(1) && curvature > 0.5 * gain(poly.left_by(usize::MAX)) {
        return Err(not_linear(Departure::Curvature, x, y, floor));
    }
    if gain(poly.left_by(usize::MAX)) > structure_limit(poly.sse.len().max(3) - 2)
        || curvature > structure_limit(1)
        || (wide && about.autocorrelation > DRIFT_AUTOCORRELATION)
    {
        return Err(not_linear(Departure::Drift, x, y, floor));
    }
    Ok(curvature)
}

fn judge(fit: &GrowthFit, curvature: f64, counted_by: Counted) -> Verdict {
    let mut verdict = Verdict::good(format!("linear over {}", counted(fit.n_points, "point", "points")));
    let mut doubt = |code, words| verdict.add(Quality::Suspect, code, words);
    if curvature > SUSPECT_CURVATURE {
        doubt(ReasonCode::SlightCurvature, format!("curvature of {:.1} standard errors", curvature.sqrt()));
    }
    if fit.autocorrelation > SUSPECT_AUTOCORRELATION {
        let words = format!("residuals correlate with their neighbours by {:.2}", fit.autocorrelation);
        doubt(ReasonCode::ResidualsCorrelated, words);
    }
    if let (Some(end), Counted::Doses) = (fit.end_cycle, counted_by) {
        doubt(ReasonCode::GrowthEnds, format!("growth ends at cycle {end:.0}, while cycles go on"));
    }
    let early = fit.first_cycle.min(0.0) - SIGNIFICANT * fit.nucleation_delay_err_cycles;
    if fit.nucleation_delay_cycles < early && counted_by == Counted::Doses {
        let words = format!(
            "the line meets the thickness of the substrate, {:.2} nm, at cycle {:.1}, before growth began",
            fit.substrate_nm, fit.nucleation_delay_cycles
        );
        doubt(ReasonCode::DelayNegative, words);
    }
    verdict
}
