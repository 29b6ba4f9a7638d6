//! Activation energy from conductivities at several temperatures.
//!
//! The line y = ln σ₀ − Eₐ/(k·T), y = ln σ (or ln σT), is fitted to every measurement of a sample.
//! Measurements carry two kinds of error: their own, u_k = `sigma_err`/σ, and one that the fit of
//! each spectrum cannot see (dots differ, contacts differ), s. Weights are 1/(u_k² + s²), with s
//! the smallest value that brings the reduced χ² down to 1, and zero when it is not above 1: the
//! procedure of Mandel and Paule for combining measurements of unequal precision.
//!
//! Source: R. C. Paule, J. Mandel, J. Res. Natl. Bur. Stand. 87 (1982) 377; JCGM 100:2008 (GUM).

use crate::quality::Quality;

/// Boltzmann constant (eV/K), CODATA 2018.
pub const K_B_EV_PER_K: f64 = 8.617_333_262e-5;

/// One conductivity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArrheniusPoint {
    /// Temperature (°C), above absolute zero.
    pub temperature_c: f64,
    /// Conductivity (S/cm), positive.
    pub sigma_s_per_cm: f64,
    /// Its standard uncertainty (S/cm, k = 1), zero or positive.
    pub sigma_err_s_per_cm: f64,
    /// Which dot it was measured on, where known.
    pub dot: Option<u32>,
}

/// Which quantity is linear against 1/T.
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

/// Choices of the fit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ArrheniusOptions {
    /// Which quantity is linear.
    pub form: ArrheniusForm,
}

/// An activation energy.
#[derive(Clone, Debug, PartialEq)]
pub struct ArrheniusFit {
    /// Which quantity was taken as linear.
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
    /// Lowest temperature (°C).
    pub temperature_min_c: f64,
    /// Highest temperature (°C).
    pub temperature_max_c: f64,
    /// Whether 25 °C lies outside the measured temperatures.
    pub extrapolated: bool,
    /// Measurements used.
    pub n_points: usize,
    /// Different temperatures, rounded to 0.5 K.
    pub n_temperatures: usize,
    /// Σ (y − line)²/u_k² with the measurements' own errors alone; `None` when any is zero.
    pub chi2: Option<f64>,
    /// Degrees of freedom, `n_points` − 2.
    pub dof: usize,
    /// s, the scatter between measurements beyond their own errors (in ln σ).
    pub scatter: f64,
    /// Standard deviation of the dots' mean residuals (in ln σ); `None` below two dots.
    pub dot_scatter: Option<f64>,
    /// y − line (in ln σ), in the order of the input.
    pub residual_ln_sigma: Vec<f64>,
    /// The verdict.
    pub quality: Quality,
    /// The verdict in words.
    pub reason: String,
}

/// Why no activation energy was calculated.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ArrheniusError {
    /// Fewer than three measurements.
    #[error("{points} measurements, 3 needed")]
    TooFewPoints {
        /// How many there are.
        points: usize,
    },
    /// Fewer than three temperatures at least 0.5 K apart.
    #[error("{temperatures} temperatures, 3 needed")]
    TooFewTemperatures {
        /// How many there are.
        temperatures: usize,
    },
    /// A temperature is at or below absolute zero, above 3000 °C, or not a number.
    #[error("point {index}: expected a temperature from -273 Cel to 3000 Cel, found `{temperature_c}`")]
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

/// 25 °C (K).
const ROOM_K: f64 = 298.15;
const ZERO_CELSIUS_K: f64 = 273.15;
/// Temperatures closer than this (K) are one temperature.
const SAME_TEMPERATURE_K: f64 = 0.5;
const NEEDED: usize = 3;
/// A relative error of Eₐ above which it is a poor number.
const SUSPECT_RELATIVE_ERROR: f64 = 0.2;
/// A scatter of ln σ above which dots do not agree: a factor of 1.35.
const SUSPECT_SCATTER: f64 = 0.3;

/// Fits the line to `points`, all dots and repeats together.
///
/// Standard errors are (XᵀWX)⁻¹ with the final weights 1/(u_k² + s²), not scaled again: s has made
/// the reduced χ² 1 unless the measurements' own errors explain all scatter. What differs between dots
/// is common to all spectra of one dot and does not average out with their number: the line's height is
/// taken as no better known than the mean over dots, whose variance is `dot_scatter`²/(number of dots),
/// a Type A evaluation (JCGM 100:2008, 4.2). Few dots know their own scatter poorly. The slope is not
/// affected where every dot is measured at the same temperatures. With all `sigma_err_s_per_cm` zero and
/// no dots named the result is the ordinary unweighted line.
///
/// # Errors
///
/// [`ArrheniusError`] below three measurements or three temperatures 0.5 K apart, or for a value
/// that cannot be one.
///
/// # Source
///
/// See the head of this module.
///
/// # Example
///
/// ```
/// # use aldb_fit::arrhenius::{fit_arrhenius, ArrheniusError, ArrheniusOptions, ArrheniusPoint};
/// let point = |temperature_c, sigma_s_per_cm| ArrheniusPoint {
///     temperature_c, sigma_s_per_cm, sigma_err_s_per_cm: 0.01 * sigma_s_per_cm, dot: None,
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
    // The same order whatever the input's: sums round differently in another.
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (&points[a], &points[b]);
        a.temperature_c
            .total_cmp(&b.temperature_c)
            .then(a.sigma_s_per_cm.total_cmp(&b.sigma_s_per_cm))
            .then(a.sigma_err_s_per_cm.total_cmp(&b.sigma_err_s_per_cm))
            .then(a.dot.cmp(&b.dot))
    });
    let sorted: Vec<ArrheniusPoint> = order.iter().map(|&k| points[k]).collect();
    let n_temperatures = count_temperatures(&sorted);
    if n_temperatures < NEEDED {
        return Err(ArrheniusError::TooFewTemperatures { temperatures: n_temperatures });
    }
    let data: Vec<Datum> = sorted.iter().map(|point| Datum::new(point, options.form)).collect();
    let dof = data.len() - 2;
    let scatter_variance = scatter_variance(&data, dof);
    let line = Line::through(&data, scatter_variance);
    let chi2 = data.iter().all(|datum| datum.variance > 0.0).then(|| {
        let own = Line::through(&data, 0.0);
        data.iter().map(|datum| own.residual(datum).powi(2) / datum.variance).sum()
    });
    let residuals: Vec<f64> = data.iter().map(|datum| line.residual(datum)).collect();
    let mut residual_ln_sigma = vec![0.0; residuals.len()];
    for (&k, &residual) in order.iter().zip(&residuals) {
        residual_ln_sigma[k] = residual;
    }

    // y = centre_y − Eₐ·(x − centre_x), the two coefficients independent of each other.
    let ea_ev = -line.slope;
    let dots = dot_scatter(&sorted, &residuals);
    let centre_variance = dots.map_or(0.0, |dots| dots.mean_variance).max(line.centre_variance);
    let intercept_variance = centre_variance + line.centre_x.powi(2) * line.slope_variance;
    let ln_sigma0 = line.centre_y - line.slope * line.centre_x;
    let room_x = 1.0 / (K_B_EV_PER_K * ROOM_K);
    let from_centre = room_x - line.centre_x;
    let ln_room = line.centre_y + line.slope * from_centre;
    let ln_room_variance = centre_variance + from_centre * from_centre * line.slope_variance;
    let sigma_25c_s_per_cm = match options.form {
        ArrheniusForm::LnSigma => ln_room.exp(),
        ArrheniusForm::LnSigmaT => ln_room.exp() / ROOM_K,
    };
    let mut fit = ArrheniusFit {
        form: options.form,
        ea_ev,
        ea_err_ev: line.slope_variance.sqrt(),
        ln_sigma0,
        ln_sigma0_err: intercept_variance.sqrt(),
        covariance_ea_ln_sigma0: line.centre_x * line.slope_variance,
        sigma0_s_per_cm: ln_sigma0.exp(),
        sigma_25c_s_per_cm,
        sigma_25c_err_s_per_cm: sigma_25c_s_per_cm * ln_room_variance.sqrt(),
        temperature_min_c: sorted[0].temperature_c,
        temperature_max_c: sorted[sorted.len() - 1].temperature_c,
        extrapolated: !(sorted[0].temperature_c..=sorted[sorted.len() - 1].temperature_c)
            .contains(&(ROOM_K - ZERO_CELSIUS_K)),
        n_points: data.len(),
        n_temperatures,
        chi2,
        dof,
        scatter: scatter_variance.sqrt(),
        dot_scatter: dots.map(|dots| dots.scatter),
        residual_ln_sigma,
        quality: Quality::Good,
        reason: String::new(),
    };
    (fit.quality, fit.reason) = judge(&fit);
    Ok(fit)
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

/// Temperatures that differ, of points sorted by temperature.
fn count_temperatures(sorted: &[ArrheniusPoint]) -> usize {
    let mut count = 0;
    let mut current = f64::NEG_INFINITY;
    for point in sorted {
        if point.temperature_c - current > SAME_TEMPERATURE_K {
            count += 1;
            current = point.temperature_c;
        }
    }
    count
}

/// One measurement as a point of the line.
struct Datum {
    /// 1/kT (1/eV).
    x: f64,
    /// ln σ or ln σT.
    y: f64,
    /// u².
    variance: f64,
}

impl Datum {
    fn new(point: &ArrheniusPoint, form: ArrheniusForm) -> Self {
        let kelvin = point.temperature_c + ZERO_CELSIUS_K;
        let ln_sigma = point.sigma_s_per_cm.ln();
        Self {
            x: 1.0 / (K_B_EV_PER_K * kelvin),
            y: match form {
                ArrheniusForm::LnSigma => ln_sigma,
                ArrheniusForm::LnSigmaT => ln_sigma + kelvin.ln(),
            },
            variance: (point.sigma_err_s_per_cm / point.sigma_s_per_cm).powi(2),
        }
    }
}

/// A weighted line about the centre of its points, where both coefficients are independent.
struct Line {
    centre_x: f64,
    centre_y: f64,
    slope: f64,
    centre_variance: f64,
    slope_variance: f64,
}

impl Line {
    /// Weights 1/(u² + `extra`); equal weights, and errors of zero, when both are zero everywhere.
    fn through(data: &[Datum], extra: f64) -> Self {
        // A measurement without error would weigh infinitely: its variance is kept above rounding
        // of the largest.
        let largest = data.iter().map(|datum| datum.variance + extra).fold(0.0, f64::max);
        let floor = 1e-12 * largest;
        let weight = |datum: &Datum| if largest > 0.0 { 1.0 / (datum.variance + extra).max(floor) } else { 1.0 };
        let total: f64 = data.iter().map(weight).sum();
        let mean = |value: &dyn Fn(&Datum) -> f64| data.iter().map(|d| weight(d) * value(d)).sum::<f64>() / total;
        let centre_x = mean(&|datum| datum.x);
        let centre_y = mean(&|datum| datum.y);
        let spread: f64 = data.iter().map(|d| weight(d) * (d.x - centre_x).powi(2)).sum();
        let product: f64 = data.iter().map(|d| weight(d) * (d.x - centre_x) * (d.y - centre_y)).sum();
        let known = if largest > 0.0 { 1.0 } else { 0.0 };
        Self {
            centre_x,
            centre_y,
            slope: product / spread,
            centre_variance: known / total,
            slope_variance: known / spread,
        }
    }

    fn residual(&self, datum: &Datum) -> f64 {
        datum.y - self.centre_y - self.slope * (datum.x - self.centre_x)
    }
}

/// s²: the smallest extra variance that brings Σ r²/(u² + s²) down to the degrees of freedom.
fn scatter_variance(data: &[Datum], dof: usize) -> f64 {
    let excess = |extra: f64| {
        let line = Line::through(data, extra);
        let sum: f64 = data.iter().map(|datum| line.residual(datum).powi(2) / (datum.variance + extra)).sum();
        sum - dof as f64
    };
    // Scatter below rounding of y is none; it also keeps variances of zero out of the quotient.
    let least = 1e-26;
    if excess(least) <= 0.0 {
        return 0.0;
    }
    let unweighted = Line::through(data, f64::MAX.sqrt());
    let mut high = data.iter().map(|datum| unweighted.residual(datum).powi(2)).sum::<f64>() / dof as f64 * 1.01;
    let mut low = least;
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if excess(middle) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// What differs between dots (in ln σ).
#[derive(Clone, Copy)]
struct Dots {
    /// Standard deviation of the dots' mean residuals.
    scatter: f64,
    /// Variance of the mean over dots.
    mean_variance: f64,
}

/// `None` below two dots: one cannot differ from others.
fn dot_scatter(sorted: &[ArrheniusPoint], residuals: &[f64]) -> Option<Dots> {
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
    let variance = squares / (means.len() - 1) as f64;
    Some(Dots { scatter: variance.sqrt(), mean_variance: variance / means.len() as f64 })
}

fn judge(fit: &ArrheniusFit) -> (Quality, String) {
    let mut reasons = Vec::new();
    if fit.ea_ev <= 0.0 {
        reasons.push("conductivity does not rise with temperature".to_owned());
    }
    let relative = fit.ea_err_ev / fit.ea_ev.abs();
    if relative > SUSPECT_RELATIVE_ERROR {
        reasons.push(format!("activation energy known to {:.0} % only", 100.0 * relative));
    }
    if fit.scatter > SUSPECT_SCATTER {
        reasons.push(format!("measurements scatter by a factor of {:.2}", fit.scatter.exp()));
    }
    let room = ROOM_K - ZERO_CELSIUS_K;
    let beyond = (fit.temperature_min_c - room).max(room - fit.temperature_max_c);
    if beyond > fit.temperature_max_c - fit.temperature_min_c {
        reasons.push(format!("25 Cel is {beyond:.0} K outside the measured range, farther than the range is wide"));
    }
    if !reasons.is_empty() {
        return (Quality::Suspect, reasons.join("; "));
    }
    let tenths = |temperature: f64| (10.0 * temperature).round() / 10.0;
    let (low, high) = (tenths(fit.temperature_min_c), tenths(fit.temperature_max_c));
    let extrapolated = if fit.extrapolated { format!("; 25 Cel is {beyond:.0} K outside") } else { String::new() };
    let reason = format!(
        "{} measurements at {} temperatures from {low} to {high} Cel{extrapolated}",
        fit.n_points, fit.n_temperatures
    );
    (Quality::Good, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(temperature_c: f64, ea_ev: f64, sigma_25c: f64) -> f64 {
        let inverse = |t: f64| 1.0 / (K_B_EV_PER_K * t);
        sigma_25c * (-ea_ev * (inverse(temperature_c + ZERO_CELSIUS_K) - inverse(ROOM_K))).exp()
    }

    fn measured(temperature_c: f64, factor: f64, relative_error: f64, dot: u32) -> ArrheniusPoint {
        let sigma = exact(temperature_c, 0.58, 1.17e-7) * factor;
        let sigma_err_s_per_cm = relative_error * sigma;
        ArrheniusPoint { temperature_c, sigma_s_per_cm: sigma, sigma_err_s_per_cm, dot: Some(dot) }
    }

    fn fit(points: &[ArrheniusPoint]) -> ArrheniusFit {
        fit_arrhenius(points, &ArrheniusOptions::default()).unwrap()
    }

    /// Twelve measurements with scatter that has no regularity.
    fn scattered(scatter: f64, relative_error: f64) -> Vec<ArrheniusPoint> {
        (0..12u32)
            .map(|k| {
                let offset = scatter * 1.7 * (f64::from(k * 7919 % 101) / 50.0 - 1.0);
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
        assert_eq!((line.quality, line.extrapolated), (Quality::Good, true));
        assert_eq!(line.reason, "4 measurements at 4 temperatures from 30 to 60 Cel; 25 Cel is 5 K outside");
    }

    #[test]
    fn without_errors_the_line_is_the_unweighted_one() {
        let points = scattered(0.05, 0.0);
        let line = fit(&points);
        let n = points.len() as f64;
        let x: Vec<f64> = points.iter().map(|p| 1.0 / (K_B_EV_PER_K * (p.temperature_c + 273.15))).collect();
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
        let line = fit(&scattered(0.1, 0.01));
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
                    let sigma = 1e-7 * (height - 0.5 / (K_B_EV_PER_K * (temperature_c + 273.15)) + 19.46).exp();
                    let point = ArrheniusPoint {
                        temperature_c,
                        sigma_s_per_cm: sigma,
                        sigma_err_s_per_cm: 0.0,
                        dot: Some(dot),
                    };
                    points.extend(std::iter::repeat_n(point, repeats as usize));
                }
            }
            let line = fit_arrhenius(&points, &ArrheniusOptions::default()).unwrap();
            line.sigma_25c_err_s_per_cm / line.sigma_25c_s_per_cm
        };
        // Three dots that scatter by 2 %: their mean is known to 2 %/√3, however often each is measured.
        let of_dots = 0.02 / 3.0_f64.sqrt();
        assert!(error(1) >= of_dots && error(100) >= of_dots, "{} {}", error(1), error(100));
        assert!(error(100) < 1.1 * of_dots, "{}", error(100));
    }

    #[test]
    fn dots_that_differ_show_in_the_dot_scatter() {
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
        let x = 1.0 / (K_B_EV_PER_K * ROOM_K);
        let variance =
            line.ln_sigma0_err.powi(2) + (x * line.ea_err_ev).powi(2) - 2.0 * x * line.covariance_ea_ln_sigma0;
        let relative = line.sigma_25c_err_s_per_cm / line.sigma_25c_s_per_cm;
        assert!((variance.sqrt() / relative - 1.0).abs() < 1e-6);
    }

    #[test]
    fn two_temperatures_are_refused_in_words() {
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
        assert_eq!(line.quality, Quality::Suspect);
        assert!(line.reason.starts_with("conductivity does not rise with temperature"), "{}", line.reason);
    }

    #[test]
    fn a_value_that_cannot_be_one_is_named() {
        let mut points = scattered(0.0, 0.01);
        points[3].sigma_s_per_cm = 0.0;
        let err = fit_arrhenius(&points, &ArrheniusOptions::default()).unwrap_err();
        assert_eq!(err.to_string(), "point 3: expected a positive conductivity in S/cm, found `0`");
        points[3].temperature_c = -300.0;
        let err = fit_arrhenius(&points, &ArrheniusOptions::default()).unwrap_err();
        assert_eq!(err.to_string(), "point 3: expected a temperature from -273 Cel to 3000 Cel, found `-300`");
    }
}
