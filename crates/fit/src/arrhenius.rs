//! Activation energy from conductivities at several temperatures.
//!
//! The line y = ln σ₀ − Eₐ/(k·T), y = ln σ (or ln σT), is fitted to every measurement of a sample.
//! Measurements have three kinds of error: their own, u_k = `sigma_err`/σ; one that is not visible in the fit of each
//! spectrum, s; and one that all spectra of a dot have in common, t, because dots and their
//! contacts differ. The covariance is (u_k² + s²) on the diagonal and t² between spectra of one dot.
//! First s is the smallest value that brings the reduced χ² of lines with a height for each dot down to
//! 1, then t the smallest that does the same for the heights; zero where χ² is not above 1: the procedure
//! of Mandel and Paule for combining measurements of unequal precision, by groups.
//!
//! Heights estimated from few dots are uncertain themselves: their part of a standard error is multiplied by Student's factor,
//! so that it holds 68 %, and intervals of 95 % are given. The straightness of the line is tested against a bend at every
//! temperature and a parabola.
//!
//! Source: R. C. Paule, J. Mandel, J. Res. Natl. Bur. Stand. 87 (1982) 377; N. M. Laird, J. H. Ware, Biometrics 38
//! (1982) 963 (the model); JCGM 100:2008 (GUM).

mod bend;
mod line;

use aldb_elements::constants::{BOLTZMANN_EV_PER_K, ZERO_CELSIUS_K};

use line::{Datum, Groups, Line};

use crate::quality::{Coded, Quality, ReasonCode, Verdict, counted};
use crate::student;

/// One conductivity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArrheniusPoint {
    /// Temperature (°C), above absolute zero.
    pub temperature_c: f64,
    /// Conductivity (S/cm), positive.
    pub sigma_s_per_cm: f64,
    /// Its standard uncertainty (S/cm, k = 1), zero where unknown: it then counts as the largest that is known.
    pub sigma_err_s_per_cm: f64,
    /// The dot on which it was measured, if known.
    pub dot: Option<u32>,
    /// Whether it is suspect: it is left out if the others suffice for a line.
    pub suspect: bool,
}

/// The quantity that is linear in 1/T.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ArrheniusForm {
    /// ln σ.
    #[default]
    LnSigma,
    /// ln(σT); gives an energy larger by about kT, and σ₀ in S·K/cm.
    LnSigmaT,
}

impl ArrheniusForm {
    /// The word stored in tables: `ln_sigma` or `ln_sigma_t`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LnSigma => "ln_sigma",
            Self::LnSigmaT => "ln_sigma_t",
        }
    }
}

/// Options of the fit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ArrheniusOptions {
    /// The quantity that is linear.
    pub form: ArrheniusForm,
}

/// An activation energy.
#[derive(Clone, Debug, PartialEq)]
pub struct ArrheniusFit {
    /// The quantity that was taken as linear.
    pub form: ArrheniusForm,
    /// Activation energy (eV).
    pub ea_ev: f64,
    /// Its standard error (eV, k = 1).
    pub ea_err_ev: f64,
    /// Natural logarithm of σ₀ (S/cm; S·K/cm for ln σT).
    pub ln_sigma0: f64,
    /// Its standard error.
    pub ln_sigma0_err: f64,
    /// Covariance of `ea_ev` and `ln_sigma0` (eV).
    pub covariance_ea_ln_sigma0: f64,
    /// σ₀ (S/cm; S·K/cm for ln σT).
    pub sigma0_s_per_cm: f64,
    /// Conductivity at 25 °C (S/cm).
    pub sigma_25c_s_per_cm: f64,
    /// Its standard error (S/cm, k = 1), from the full covariance.
    pub sigma_25c_err_s_per_cm: f64,
    /// Interval of 95 % of the activation energy (eV).
    pub ea_95_ev: (f64, f64),
    /// Interval of 95 % of the conductivity at 25 °C (S/cm).
    pub sigma_25c_95_s_per_cm: (f64, f64),
    /// Lowest temperature (°C).
    pub temperature_min_c: f64,
    /// Highest temperature (°C).
    pub temperature_max_c: f64,
    /// Whether 25 °C lies outside the measured temperatures.
    pub extrapolated: bool,
    /// Number of measurements used.
    pub n_points: usize,
    /// Number of distinct temperatures, as in [`Counts`].
    pub n_temperatures: usize,
    /// Number of dots, as far as known.
    pub n_dots: usize,
    /// Number of suspect measurements given, used or left out.
    pub n_suspect: usize,
    /// Σ (y − line)²/u_k² with the measurements' own errors alone; `None` when none is known.
    pub chi2: Option<f64>,
    /// Degrees of freedom, `n_points` − 2.
    pub dof: usize,
    /// s, the scatter between measurements of a dot beyond their own errors (in ln σ).
    pub scatter: f64,
    /// Standard deviation of the dots' mean residuals (in ln σ); `None` below two dots.
    pub dot_scatter: Option<f64>,
    /// y − line (in ln σ), in the order of the input, also for measurements that were left out.
    pub residual_ln_sigma: Vec<f64>,
    /// Reliability of the result, and reasons for doubt.
    pub verdict: Verdict,
}

/// Numbers of measurements, temperatures and dots. A row without an activation energy has these numbers, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Number of measurements.
    pub n_points: usize,
    /// Distinct temperatures: one is distinct when it is more than 0.5 K above the last distinct one, counted from the
    /// lowest up. So 30.2, 30.3, 40.2 and 40.3 °C are two temperatures, wherever the limits of a rounding lie.
    pub n_temperatures: usize,
    /// Number of dots, as far as known.
    pub n_dots: usize,
}

impl Counts {
    /// Counts measurements, distinct temperatures and dots. Temperatures that are not numbers are left out.
    #[must_use]
    pub fn new(points: &[ArrheniusPoint]) -> Self {
        let mut temperatures: Vec<f64> =
            points.iter().map(|point| point.temperature_c).filter(|temperature| temperature.is_finite()).collect();
        temperatures.sort_by(f64::total_cmp);
        let mut n_temperatures = 0;
        let mut last = f64::NEG_INFINITY;
        for temperature in temperatures {
            if temperature - last > SAME_TEMPERATURE_K {
                n_temperatures += 1;
                last = temperature;
            }
        }
        let dots: std::collections::BTreeSet<u32> = points.iter().filter_map(|point| point.dot).collect();
        Self { n_points: points.len(), n_temperatures, n_dots: dots.len() }
    }
}

/// Why no activation energy was calculated.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ArrheniusError {
    /// Fewer than three measurements.
    #[error("{}, 3 needed", counted(*points, "measurement", "measurements"))]
    TooFewPoints {
        /// Number given.
        points: usize,
    },
    /// Fewer than three distinct temperatures.
    #[error("{}, 3 needed", counted(*temperatures, "temperature", "temperatures"))]
    TooFewTemperatures {
        /// Number given.
        temperatures: usize,
    },
    /// A temperature is at or below absolute zero, above 3000 °C, or not a number.
    #[error("point {index}: expected a temperature from -273 °C to 3000 °C, found `{temperature_c}`")]
    TemperatureOutOfRange {
        /// Position in the input, from 0.
        index: usize,
        /// The temperature (°C).
        temperature_c: f64,
    },
    /// A conductivity is zero, negative, infinite or not a number.
    #[error("point {index}: expected a positive conductivity in S/cm, found `{sigma_s_per_cm}`")]
    SigmaNotPositive {
        /// Position in the input, from 0.
        index: usize,
        /// The conductivity (S/cm).
        sigma_s_per_cm: f64,
    },
    /// An uncertainty is negative, infinite or not a number.
    #[error("point {index}: expected zero or a positive uncertainty in S/cm, found `{sigma_err_s_per_cm}`")]
    UncertaintyNegative {
        /// Position in the input, from 0.
        index: usize,
        /// The uncertainty (S/cm).
        sigma_err_s_per_cm: f64,
    },
}

impl Coded for ArrheniusError {
    fn code(&self) -> ReasonCode {
        match self {
            Self::TooFewPoints { .. } | Self::TooFewTemperatures { .. } => ReasonCode::TooFewPoints,
            Self::TemperatureOutOfRange { .. } | Self::SigmaNotPositive { .. } | Self::UncertaintyNegative { .. } => {
                ReasonCode::ValueOutOfRange
            }
        }
    }
}

/// 25 °C (K).
const ROOM_K: f64 = 298.15;
/// Temperatures that differ by no more than this (K) are one temperature.
const SAME_TEMPERATURE_K: f64 = 0.5;
const NEEDED: usize = 3;
/// A relative error of Eₐ above which the value is poor.
const SUSPECT_RELATIVE_ERROR: f64 = 0.2;
/// A scatter of ln σ above which dots do not agree: a factor of 1.35.
const SUSPECT_SCATTER: f64 = 0.3;

/// Fits the line to `points`, all dots and repeats together.
///
/// Standard errors are (XᵀV⁻¹X)⁻¹ with the final covariance V, not scaled again: with s and t the
/// reduced χ² is 1 unless the measurements' own errors explain all scatter. Differences between dots do
/// not average out with the number of spectra, and do not affect the slope if every dot is measured
/// at the same temperatures. With few dots their scatter is poorly known: their part of a standard error is enlarged until it
/// holds 68 %, and the intervals of 95 % use Student's factor for their number minus one. With all `sigma_err_s_per_cm` zero
/// and no dots named the result is the ordinary unweighted line.
///
/// Suspect measurements are left out if the others suffice for a line. The result is suspect if they do not, or if
/// more than half were left out.
///
/// # Errors
///
/// [`ArrheniusError`] below three measurements or three distinct temperatures, or for an
/// invalid value.
///
/// # Source
///
/// See the documentation of this module.
///
/// # Example
///
/// ```
/// # use aldb_fit::arrhenius::{fit_arrhenius, ArrheniusError, ArrheniusOptions, ArrheniusPoint};
/// let point = |temperature_c, sigma_s_per_cm| ArrheniusPoint {
///     temperature_c, sigma_s_per_cm, sigma_err_s_per_cm: 0.01 * sigma_s_per_cm, dot: None, suspect: false,
/// };
/// let points = [point(30.0, 1.698e-7), point(40.0, 3.450e-7), point(50.0, 6.709e-7), point(60.0, 1.2536e-6)];
/// let fit = fit_arrhenius(&points, &ArrheniusOptions::default())?;
/// assert!((fit.ea_ev - 0.58).abs() < 1e-3);
/// assert!((fit.sigma_25c_s_per_cm - 1.17e-7).abs() < 1e-9);
/// # Ok::<(), ArrheniusError>(())
/// ```
pub fn fit_arrhenius(points: &[ArrheniusPoint], options: &ArrheniusOptions) -> Result<ArrheniusFit, ArrheniusError> {
    for (index, point) in points.iter().enumerate() {
        check(index, point)?;
    }
    if points.len() < NEEDED {
        return Err(ArrheniusError::TooFewPoints { points: points.len() });
    }
    // The same order for every order of the input: sums in a different order round differently.
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (&points[a], &points[b]);
        a.temperature_c
            .total_cmp(&b.temperature_c)
            .then(a.sigma_s_per_cm.total_cmp(&b.sigma_s_per_cm))
            .then(a.sigma_err_s_per_cm.total_cmp(&b.sigma_err_s_per_cm))
            .then(a.dot.cmp(&b.dot))
            .then(a.suspect.cmp(&b.suspect))
    });
    let all: Vec<ArrheniusPoint> = order.iter().map(|&k| points[k]).collect();
    let good: Vec<ArrheniusPoint> = all.iter().filter(|point| !point.suspect).copied().collect();
    let n_suspect = all.len() - good.len();
    let sorted = if suffice(&good) { good } else { all };
    let Counts { n_points, n_temperatures, n_dots } = Counts::new(&sorted);
    if n_temperatures < NEEDED {
        return Err(ArrheniusError::TooFewTemperatures { temperatures: n_temperatures });
    }
    let data = data(&sorted, options.form);
    let dof = data.len() - 2;
    let groups = Groups::new(&data);
    let scatter_variance = groups.scatter_variance(dof);
    let between = groups.variance_between(scatter_variance);
    let line = groups.line(scatter_variance, between);
    let chi2 = data.iter().all(|datum| datum.variance > 0.0).then(|| groups.line(0.0, 0.0).chi2);
    let residuals: Vec<f64> = data.iter().map(|datum| line.residual(datum)).collect();
    let residual_ln_sigma = points.iter().map(|point| line.residual(&datum(point, options.form))).collect();

    // y = centre_y − Eₐ·(x − centre_x), the two coefficients independent of each other.
    let ea_ev = -line.slope;
    let ln_sigma0 = line.centre_y - line.slope * line.centre_x;
    let from_centre = 1.0 / (BOLTZMANN_EV_PER_K * ROOM_K) - line.centre_x;
    let ln_room = line.centre_y + line.slope * from_centre;
    let part = between_part(&groups, &line, scatter_variance);
    // Of the heights' variance, the part between dots has as many degrees of freedom as dots less one.
    let of_dots = groups.offsets().saturating_sub(1) as f64;
    let centre_variance = line.centre_variance + part * (student::factor(student::ONE_SIGMA, of_dots).powi(2) - 1.0);
    let intercept_variance = centre_variance + line.centre_x.powi(2) * line.slope_variance;
    let ln_room_variance = centre_variance + from_centre * from_centre * line.slope_variance;
    let within = line.centre_variance - part + from_centre * from_centre * line.slope_variance;
    let reach = student::factor(0.95, freedom_within(&groups, &data, scatter_variance));
    let ln_room_reach = (student::factor(0.95, of_dots).powi(2) * part + reach * reach * within).sqrt();
    let ea_err_ev = line.slope_variance.sqrt();
    let sigma_25c_s_per_cm = match options.form {
        ArrheniusForm::LnSigma => ln_room.exp(),
        ArrheniusForm::LnSigmaT => ln_room.exp() / ROOM_K,
    };
    let mut fit = ArrheniusFit {
        form: options.form,
        ea_ev,
        ea_err_ev,
        ln_sigma0,
        ln_sigma0_err: intercept_variance.sqrt(),
        covariance_ea_ln_sigma0: line.centre_x * line.slope_variance,
        sigma0_s_per_cm: ln_sigma0.exp(),
        sigma_25c_s_per_cm,
        sigma_25c_err_s_per_cm: sigma_25c_s_per_cm * ln_room_variance.sqrt(),
        ea_95_ev: (ea_ev - reach * ea_err_ev, ea_ev + reach * ea_err_ev),
        sigma_25c_95_s_per_cm: (sigma_25c_s_per_cm * (-ln_room_reach).exp(), sigma_25c_s_per_cm * ln_room_reach.exp()),
        temperature_min_c: sorted[0].temperature_c,
        temperature_max_c: sorted[sorted.len() - 1].temperature_c,
        extrapolated: !(sorted[0].temperature_c..=sorted[sorted.len() - 1].temperature_c)
            .contains(&(ROOM_K - ZERO_CELSIUS_K)),
        n_points,
        n_temperatures,
        n_dots,
        n_suspect,
        chi2,
        dof,
        scatter: scatter_variance.sqrt(),
        dot_scatter: dot_scatter(&sorted, &residuals),
        residual_ln_sigma,
        verdict: Verdict::default(),
    };
    fit.verdict = judge(&fit, points.len());
    if let Some((code, words)) = bend::found(&groups, &data, ea_ev) {
        fit.verdict.add(Quality::Suspect, code, words);
    }
    Ok(fit)
}

/// Whether measurements suffice for a line.
fn suffice(points: &[ArrheniusPoint]) -> bool {
    points.len() >= NEEDED && Counts::new(points).n_temperatures >= NEEDED
}

/// Of the variance of the line's height, the part that differences between dots contribute.
fn between_part(groups: &Groups<'_>, line: &Line, scatter_variance: f64) -> f64 {
    (line.centre_variance - groups.line(scatter_variance, 0.0).centre_variance).max(0.0)
}

/// Degrees of freedom of the standard errors within dots: those of the scatter, more where known errors outweigh it (the
/// formula of Welch and Satterthwaite).
fn freedom_within(groups: &Groups<'_>, data: &[Datum], scatter_variance: f64) -> f64 {
    if scatter_variance <= 0.0 {
        return f64::INFINITY;
    }
    let own = data.iter().map(|datum| datum.variance).sum::<f64>() / data.len() as f64;
    let residual = data.len().saturating_sub(groups.offsets() + 1).max(1);
    residual as f64 * ((scatter_variance + own) / scatter_variance).powi(2)
}

fn check(index: usize, point: &ArrheniusPoint) -> Result<(), ArrheniusError> {
    let ArrheniusPoint { temperature_c, sigma_s_per_cm, sigma_err_s_per_cm, .. } = *point;
    if !(-273.0..=3000.0).contains(&temperature_c) {
        return Err(ArrheniusError::TemperatureOutOfRange { index, temperature_c });
    }
    if !(sigma_s_per_cm.is_finite() && sigma_s_per_cm > 0.0) {
        return Err(ArrheniusError::SigmaNotPositive { index, sigma_s_per_cm });
    }
    if !(sigma_err_s_per_cm.is_finite() && sigma_err_s_per_cm >= 0.0) {
        return Err(ArrheniusError::UncertaintyNegative { index, sigma_err_s_per_cm });
    }
    Ok(())
}

/// Measurements as points of the line. An unknown error counts as the largest known one: zero would force the line through
/// the point.
fn data(points: &[ArrheniusPoint], form: ArrheniusForm) -> Vec<Datum> {
    let mut data: Vec<Datum> = points.iter().map(|point| datum(point, form)).collect();
    let largest = data.iter().map(|datum| datum.variance).fold(0.0, f64::max);
    data.iter_mut().filter(|datum| datum.variance <= 0.0).for_each(|datum| datum.variance = largest);
    data
}

/// A measurement as a point of the line: ln σ or ln σT against 1/kT (1/eV).
fn datum(point: &ArrheniusPoint, form: ArrheniusForm) -> Datum {
    let kelvin = point.temperature_c + ZERO_CELSIUS_K;
    let ln_sigma = point.sigma_s_per_cm.ln();
    Datum {
        x: 1.0 / (BOLTZMANN_EV_PER_K * kelvin),
        y: match form {
            ArrheniusForm::LnSigma => ln_sigma,
            ArrheniusForm::LnSigmaT => ln_sigma + kelvin.ln(),
        },
        variance: (point.sigma_err_s_per_cm / point.sigma_s_per_cm).powi(2),
        group: point.dot,
    }
}

/// Standard deviation of the dots' mean residuals (in ln σ); `None` below two dots.
fn dot_scatter(sorted: &[ArrheniusPoint], residuals: &[f64]) -> Option<f64> {
    let mut sums = std::collections::BTreeMap::<u32, (f64, f64)>::new();
    for (point, residual) in sorted.iter().zip(residuals) {
        if let Some(dot) = point.dot {
            let (sum, count) = sums.entry(dot).or_default();
            *sum += residual;
            *count += 1.0;
        }
    }
    if sums.len() < 2 {
        return None;
    }
    let means: Vec<f64> = sums.values().map(|(sum, count)| sum / count).collect();
    let mean = means.iter().sum::<f64>() / means.len() as f64;
    let squares: f64 = means.iter().map(|value| (value - mean).powi(2)).sum();
    Some((squares / (means.len() - 1) as f64).sqrt())
}

fn judge(fit: &ArrheniusFit, given: usize) -> Verdict {
    let mut verdict = Verdict::default();
    let mut doubt = |code, words| verdict.add(Quality::Suspect, code, words);
    let suspects = format!("{} of {given} conductivities are suspect", fit.n_suspect);
    let left_out = fit.n_points < given;
    if fit.n_suspect > 0 && !left_out {
        doubt(ReasonCode::InputSuspect, format!("{suspects}, the others do not suffice for a line"));
    } else if 2 * fit.n_suspect > given {
        doubt(ReasonCode::InputSuspect, format!("{suspects} and left out"));
    }
    if fit.ea_ev <= 0.0 {
        doubt(
            ReasonCode::ConductivityFallsWithTemperature,
            "the conductivity does not rise with temperature".to_owned(),
        );
    }
    let relative = fit.ea_err_ev / fit.ea_ev.abs();
    if relative > SUSPECT_RELATIVE_ERROR {
        let words = format!("the standard error of the activation energy is {:.0} % of it", 100.0 * relative);
        doubt(ReasonCode::LargeUncertainty, words);
    }
    let scatter = fit.scatter.max(fit.dot_scatter.unwrap_or(0.0));
    if scatter > SUSPECT_SCATTER {
        doubt(ReasonCode::LargeScatter, format!("measurements scatter by a factor of {:.2}", scatter.exp()));
    }
    let room = ROOM_K - ZERO_CELSIUS_K;
    let beyond = (fit.temperature_min_c - room).max(room - fit.temperature_max_c);
    if beyond > fit.temperature_max_c - fit.temperature_min_c {
        let words = format!("25 °C lies {beyond:.0} K outside the measured range, more than the width of that range");
        doubt(ReasonCode::Extrapolated, words);
    }
    if left_out && 2 * fit.n_suspect <= given {
        verdict.note(format!("{suspects} and left out"));
    }
    let tenths = |temperature: f64| (10.0 * temperature).round() / 10.0;
    verdict.note(format!(
        "{} at {} from {} °C to {} °C",
        counted(fit.n_points, "measurement", "measurements"),
        counted(fit.n_temperatures, "temperature", "temperatures"),
        tenths(fit.temperature_min_c),
        tenths(fit.temperature_max_c)
    ));
    if fit.extrapolated {
        verdict.note(format!("25 °C lies {beyond:.0} K outside"));
    }
    verdict
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact values are expected")]
mod tests {
    use test_support::Noise;

    use super::*;

    fn exact(temperature_c: f64, ea_ev: f64, sigma_25c: f64) -> f64 {
        let inverse = |t: f64| 1.0 / (BOLTZMANN_EV_PER_K * t);
        sigma_25c * (-ea_ev * (inverse(temperature_c + ZERO_CELSIUS_K) - inverse(ROOM_K))).exp()
    }

    fn measured(temperature_c: f64, factor: f64, relative_error: f64, dot: u32) -> ArrheniusPoint {
        let sigma = exact(temperature_c, 0.58, 1.17e-7) * factor;
        let sigma_err_s_per_cm = relative_error * sigma;
        ArrheniusPoint { temperature_c, sigma_s_per_cm: sigma, sigma_err_s_per_cm, dot: Some(dot), suspect: false }
    }

    fn fit(points: &[ArrheniusPoint]) -> ArrheniusFit {
        fit_arrhenius(points, &ArrheniusOptions::default()).unwrap()
    }

    /// Twelve measurements with scatter.
    fn scattered(scatter: f64, relative_error: f64) -> Vec<ArrheniusPoint> {
        let mut noise = Noise::new(1);
        (0..12u32)
            .map(|k| {
                let offset = scatter * noise.normal();
                measured(30.0 + 10.0 * f64::from(k / 3), offset.exp(), relative_error, k % 3)
            })
            .collect()
    }

    #[test]
    fn an_exact_line_is_found_in_both_forms() {
        let points: Vec<_> = [30.0, 40.0, 50.0, 60.0].map(|t| measured(t, 1.0, 0.01, 0)).to_vec();
        let line = fit(&points);
        assert!((line.ea_ev - 0.58).abs() < 1e-12 && line.scatter == 0.0);
        assert!((line.sigma_25c_s_per_cm / 1.17e-7 - 1.0).abs() < 1e-12);
        let options = ArrheniusOptions { form: ArrheniusForm::LnSigmaT };
        let with_t = fit_arrhenius(&points, &options).unwrap();
        assert!((with_t.ea_ev - 0.60736817996051).abs() < 1e-12, "{}", with_t.ea_ev);
        assert!(line.extrapolated);
        let words = "good: 4 measurements at 4 temperatures from 30 °C to 60 °C; 25 °C lies 5 K outside";
        assert_eq!(line.verdict.to_string(), words);
    }

    /// The same, without known dots.
    fn of_no_dot(mut points: Vec<ArrheniusPoint>) -> Vec<ArrheniusPoint> {
        points.iter_mut().for_each(|point| point.dot = None);
        points
    }

    #[test]
    fn without_errors_the_line_is_the_unweighted_one() {
        let points = of_no_dot(scattered(0.05, 0.0));
        let line = fit(&points);
        let n = points.len() as f64;
        let x: Vec<f64> =
            points.iter().map(|p| 1.0 / (BOLTZMANN_EV_PER_K * (p.temperature_c + ZERO_CELSIUS_K))).collect();
        let y: Vec<f64> = points.iter().map(|p| p.sigma_s_per_cm.ln()).collect();
        let (mean_x, mean_y) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
        let sxx: f64 = x.iter().map(|x| (x - mean_x).powi(2)).sum();
        let slope = x.iter().zip(&y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum::<f64>() / sxx;
        let rss: f64 = x.iter().zip(&y).map(|(x, y)| (y - mean_y - slope * (x - mean_x)).powi(2)).sum();
        assert!((line.ea_ev + slope).abs() < 1e-12);
        assert!((line.ea_err_ev / (rss / (n - 2.0) / sxx).sqrt() - 1.0).abs() < 1e-9);
        assert_eq!(line.chi2, None);
    }

    #[test]
    fn scatter_beyond_the_errors_widens_them_until_chi2_is_one() {
        let line = fit(&of_no_dot(scattered(0.1, 0.01)));
        assert!(line.scatter > 0.05 && line.chi2.unwrap() > 100.0);
        let variance = 0.01f64.powi(2) + line.scatter.powi(2);
        let reduced: f64 = line.residual_ln_sigma.iter().map(|r| r * r / variance).sum::<f64>() / line.dof as f64;
        assert!((reduced - 1.0).abs() < 1e-9, "{reduced}");
        assert!(fit(&scattered(0.001, 0.01)).scatter == 0.0);
    }

    #[test]
    fn a_precise_measurement_weighs_more_than_a_poor_one() {
        let mut points = scattered(0.0, 0.01);
        points[0].sigma_s_per_cm *= 1.5;
        points[0].sigma_err_s_per_cm = 0.5 * points[0].sigma_s_per_cm;
        assert!((fit(&points).ea_ev - 0.58).abs() < 2e-4);
    }

    #[test]
    fn repeats_on_the_same_dots_do_not_hide_that_dots_differ() {
        let error = |repeats: u32| {
            let mut points = Vec::new();
            for (dot, height) in [(0, 0.02_f64), (1, -0.02), (2, 0.0)] {
                for temperature_c in [30.0, 40.0, 50.0, 60.0] {
                    let sigma =
                        1e-7 * (height - 0.5 / (BOLTZMANN_EV_PER_K * (temperature_c + ZERO_CELSIUS_K)) + 19.46).exp();
                    let point = ArrheniusPoint {
                        temperature_c,
                        sigma_s_per_cm: sigma,
                        sigma_err_s_per_cm: 0.0,
                        dot: Some(dot),
                        suspect: false,
                    };
                    points.extend(std::iter::repeat_n(point, repeats as usize));
                }
            }
            let line = fit_arrhenius(&points, &ArrheniusOptions::default()).unwrap();
            line.sigma_25c_err_s_per_cm / line.sigma_25c_s_per_cm
        };
        // Three dots that scatter by 2 %: their mean is known to 2 %/√3, however often each is measured; 1.321 is Student's
        // factor of 68 % for two degrees of freedom.
        let of_dots = 1.321 * 0.02 / 3.0_f64.sqrt();
        assert!(error(1) >= of_dots && error(100) >= of_dots, "{} {}", error(1), error(100));
        assert!(error(100) < 1.1 * of_dots, "{}", error(100));
    }

    /// Lines of dots that differ by `scatter`, at eight temperatures.
    fn of_dots(dots: u32, scatter: f64, noise: &mut Noise) -> ArrheniusFit {
        let mut points = Vec::new();
        for dot in 0..dots {
            let height = scatter * noise.normal();
            for step in 0..8 {
                let factor = height.exp() * (1.0 + 0.01 * noise.normal());
                points.push(measured(30.0 + 5.0 * f64::from(step), factor, 0.01, dot));
            }
        }
        fit(&points)
    }

    /// 95 % intervals and standard errors of 2,000 lines, without and with differences between electrodes.
    #[test]
    fn intervals_of_95_percent_contain_the_truth_as_often_as_stated() {
        let mut noise = Noise::new(17);
        for (dots, scatter) in [(1, 0.0), (2, 0.05), (3, 0.05), (12, 0.05)] {
            let [mut heights, mut energies, mut single, mut good] = [0; 4];
            for _ in 0..2000 {
                let line = of_dots(dots, scatter, &mut noise);
                let within = |(low, high): (f64, f64), value: f64| u32::from((low..=high).contains(&value));
                heights += within(line.sigma_25c_95_s_per_cm, 1.17e-7);
                energies += within(line.ea_95_ev, 0.58);
                single += u32::from((line.sigma_25c_s_per_cm - 1.17e-7).abs() < line.sigma_25c_err_s_per_cm);
                good += u32::from(line.verdict.quality == Quality::Good);
            }
            let [height, energy, single, good] =
                [heights, energies, single, good].map(|count| f64::from(count) / 2000.0);
            println!("{dots} dots: {height} {energy} {single} {good}");
            // Two dots that agree by chance hide that they differ.
            let least = if dots == 2 { 0.91 } else { 0.93 };
            assert!((least..=0.97).contains(&height) && (0.93..=0.97).contains(&energy), "{dots}: {height} {energy}");
            assert!((0.64..=0.73).contains(&single) && good > 0.97, "{dots}: {single} {good}");
        }
    }

    #[test]
    fn a_curved_or_bent_line_is_suspect_and_a_straight_one_is_not() {
        let mut noise = Noise::new(3);
        for dots in [1, 3] {
            for _ in 0..200 {
                let mut points = Vec::new();
                for k in 0..8 * dots {
                    let factor = (0.03 * f64::from(k % dots)).exp() * (1.0 + 0.01 * noise.normal());
                    points.push(measured(30.0 + 10.0 * f64::from(k / dots), factor, 0.01, k % dots));
                }
                // A Vogel-Fulcher-Tammann law with T₀ = 200 K, and a bend at 65 °C by 0.15 eV.
                let curved = |point: &ArrheniusPoint| {
                    let kelvin = point.temperature_c + ZERO_CELSIUS_K;
                    let ln = -900.0 / (kelvin - 200.0) + 0.58 / (BOLTZMANN_EV_PER_K * kelvin);
                    ArrheniusPoint {
                        sigma_s_per_cm: point.sigma_s_per_cm * ln.exp(),
                        sigma_err_s_per_cm: point.sigma_err_s_per_cm * ln.exp(),
                        ..*point
                    }
                };
                let bent = |point: &ArrheniusPoint| {
                    let x = |celsius: f64| 1.0 / (BOLTZMANN_EV_PER_K * (celsius + ZERO_CELSIUS_K));
                    let factor = (-0.15 * (x(point.temperature_c) - x(65.0)).max(0.0)).exp();
                    ArrheniusPoint {
                        sigma_s_per_cm: point.sigma_s_per_cm * factor,
                        sigma_err_s_per_cm: point.sigma_err_s_per_cm * factor,
                        ..*point
                    }
                };
                let [curved, bent] =
                    [points.iter().map(curved).collect::<Vec<_>>(), points.iter().map(bent).collect::<Vec<_>>()];
                for line in [fit(&curved), fit(&bent)] {
                    assert!(line.verdict.has(ReasonCode::NotLinear), "{dots} dots: {}", line.verdict);
                }
            }
        }
    }

    #[test]
    fn an_unknown_error_does_not_force_the_line_through_its_point() {
        let mut points = scattered(0.01, 0.01);
        let known = fit(&points).ea_ev;
        points[11].sigma_err_s_per_cm = 0.0;
        points[11].sigma_s_per_cm *= 1.02;
        let moved = fit(&points).ea_ev;
        assert!((moved - known).abs() < 0.01, "{known} {moved}");
    }

    #[test]
    fn suspect_measurements_are_left_out_or_make_the_line_suspect() {
        let mut points = scattered(0.005, 0.01);
        for point in &mut points[..3] {
            (point.sigma_s_per_cm, point.suspect) = (0.5 * point.sigma_s_per_cm, true);
        }
        let line = fit(&points);
        assert_eq!((line.n_points, line.n_suspect, line.verdict.quality), (9, 3, Quality::Good));
        assert!((line.ea_ev - 0.58).abs() < 0.02, "{}", line.ea_ev);
        assert_eq!(line.verdict.notes[0], "3 of 12 conductivities are suspect and left out");
        assert_eq!(line.residual_ln_sigma.len(), 12);
        points.iter_mut().for_each(|point| point.suspect = true);
        let line = fit(&points);
        assert_eq!((line.n_points, line.n_suspect), (12, 12));
        assert!(line.verdict.has(ReasonCode::InputSuspect), "{}", line.verdict);
    }

    #[test]
    fn differences_between_dots_appear_in_the_dot_scatter() {
        let points: Vec<_> = (0..12u32)
            .map(|k| measured(30.0 + 10.0 * f64::from(k / 3), [1.0, 1.1, 0.9][(k % 3) as usize], 0.01, k % 3))
            .collect();
        let line = fit(&points);
        assert!((line.dot_scatter.unwrap() - 0.1).abs() < 0.005, "{:?}", line.dot_scatter);
    }

    #[test]
    fn the_order_of_measurements_changes_nothing() {
        let points = scattered(0.1, 0.02);
        let shuffled: Vec<_> = (0..12).map(|k| points[k * 5 % 12]).collect();
        let (a, b) = (fit(&points), fit(&shuffled));
        assert_eq!(a.ea_ev.to_bits(), b.ea_ev.to_bits());
        assert_eq!(a.sigma_25c_err_s_per_cm.to_bits(), b.sigma_25c_err_s_per_cm.to_bits());
        assert_eq!(a.residual_ln_sigma[5], b.residual_ln_sigma[1]);
    }

    #[test]
    fn errors_of_the_extrapolation_follow_from_the_full_covariance() {
        let line = fit(&scattered(0.05, 0.01));
        let x = 1.0 / (BOLTZMANN_EV_PER_K * ROOM_K);
        let variance =
            line.ln_sigma0_err.powi(2) + (x * line.ea_err_ev).powi(2) - 2.0 * x * line.covariance_ea_ln_sigma0;
        let relative = line.sigma_25c_err_s_per_cm / line.sigma_25c_s_per_cm;
        assert!((variance.sqrt() / relative - 1.0).abs() < 1e-6);
    }

    #[test]
    fn temperatures_within_half_a_kelvin_are_one_temperature() {
        // Rounded to 0.5 °C these would be four: 30.0, 30.5, 40.0 and 40.5 °C.
        let points: Vec<_> = [30.2, 30.3, 40.2, 40.3].map(|t| measured(t, 1.0, 0.01, 0)).to_vec();
        assert_eq!(Counts::new(&points), Counts { n_points: 4, n_temperatures: 2, n_dots: 1 });
        let error = fit_arrhenius(&points, &ArrheniusOptions::default()).unwrap_err();
        assert_eq!(error, ArrheniusError::TooFewTemperatures { temperatures: 2 });
        assert_eq!(error.verdict(), Verdict::failed(ReasonCode::TooFewPoints, "2 temperatures, 3 needed"));
        let points: Vec<_> = [30.0, 30.5, 31.0, 31.1].map(|t| measured(t, 1.0, 0.01, 0)).to_vec();
        assert_eq!(Counts::new(&points).n_temperatures, 2);
    }

    #[test]
    fn two_temperatures_are_refused_with_their_number() {
        let points = [30.0, 30.3, 40.0, 40.2].map(|t| measured(t, 1.0, 0.01, 0));
        let err = fit_arrhenius(&points, &ArrheniusOptions::default()).unwrap_err();
        assert_eq!(err.to_string(), "2 temperatures, 3 needed");
        let err = fit_arrhenius(&points[..2], &ArrheniusOptions::default()).unwrap_err();
        assert_eq!(err.to_string(), "2 measurements, 3 needed");
    }

    #[test]
    fn a_conductivity_that_falls_with_temperature_is_suspect() {
        let points: Vec<_> = [30.0, 40.0, 50.0]
            .map(|t| ArrheniusPoint { sigma_s_per_cm: 1e-7 / t, ..measured(t, 1.0, 0.0, 0) })
            .to_vec();
        let line = fit(&points);
        assert!(line.verdict.has(ReasonCode::ConductivityFallsWithTemperature), "{}", line.verdict);
    }

    #[test]
    fn an_invalid_value_is_named() {
        let mut points = scattered(0.0, 0.01);
        points[3].sigma_s_per_cm = 0.0;
        let err = fit_arrhenius(&points, &ArrheniusOptions::default()).unwrap_err();
        assert_eq!(err.to_string(), "point 3: expected a positive conductivity in S/cm, found `0`");
        points[3].temperature_c = -300.0;
        let err = fit_arrhenius(&points, &ArrheniusOptions::default()).unwrap_err();
        assert_eq!(err.to_string(), "point 3: expected a temperature from -273 °C to 3000 °C, found `-300`");
    }
}
