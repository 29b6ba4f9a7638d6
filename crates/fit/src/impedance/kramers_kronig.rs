//! The linear Kramers–Kronig test.
//!
//! The model R₀ + Σ Rₖ/(1 + jωτₖ) + jωL (+ 1/(jωC)) obeys the Kramers–Kronig relations whatever its
//! coefficients, of either sign. With τₖ spread evenly in ln τ between 1/ω_max and 1/ω_min it is
//! linear, and can describe any spectrum that obeys them too. The number of elements M grows from 1
//! until µ = 1 − Σ|Rₖ<0|/Σ|Rₖ≥0| falls to `c`: more would follow the noise. Equations are weighted
//! by 1/|Z|.
//!
//! Decision: a spectrum is inconsistent if its residuals have a trend, whatever their size. Neighbours along frequency
//! agree then in sign and size: Σ rᵢrᵢ₊₁ exceeds what independent noise gives by four standard deviations, after
//! allowing for the model, which follows P parameters' worth of noise (−Pσ²). The criterion on µ can stop far too early (at
//! three elements on an ideal RC circuit), so while there is a trend M grows on, up to a quarter of the equations. A trend of
//! at most 0.2 % of |Z| is below the accuracy of instruments, and harmless. Noise of more than 5 % hides any trend: then the
//! test is not decidable, as with fewer than ten points.
//!
//! Source: M. Schönleber, D. Klotz, E. Ivers-Tiffée, Electrochim. Acta 131 (2014) 20; B. A. Boukamp,
//! J. Electrochem. Soc. 142 (1995) 1885 (residuals without a trend as the criterion). M, µ and
//! residuals are those of impedance.py 1.7, `validation.linKK`.

use nalgebra::{DMatrix, DVector};

use super::spectrum::{Sorted, Spectrum, SpectrumError};
use crate::quality::{Coded, Quality, ReasonCode, Verdict, counted};

/// The parts of the impedance to which the model is fitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FitParts {
    /// Both parts.
    #[default]
    Complex,
    /// The real part; the imaginary part then follows.
    Real,
    /// The imaginary part; the real part then follows.
    Imaginary,
}

/// Whether the model has a capacitor in series, for blocking spectra.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SeriesCapacitor {
    /// With it.
    #[default]
    Included,
    /// Without it.
    Absent,
}

/// Options of the test.
#[derive(Clone, Debug, PartialEq)]
pub struct LinKkOptions {
    /// µ at or below which the number of RC elements stops growing, 0 to 1.
    pub c: f64,
    /// Largest number of RC elements, at least 1.
    pub max_m: usize,
    /// Parts fitted.
    pub parts: FitParts,
    /// Whether a series capacitor is part of the model.
    pub capacitor: SeriesCapacitor,
}

impl Default for LinKkOptions {
    fn default() -> Self {
        Self { c: 0.85, max_m: 100, parts: FitParts::default(), capacitor: SeriesCapacitor::default() }
    }
}

/// Whether a spectrum obeys the Kramers–Kronig relations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Consistency {
    /// Residuals are small and without trend.
    Consistent,
    /// Residuals are large or have a trend.
    Inconsistent,
    /// The spectrum is too short, or the model cannot describe it.
    NotDecidable,
}

impl Consistency {
    /// The word stored in tables: `consistent`, `inconsistent` or `not_decidable`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Consistent => "consistent",
            Self::Inconsistent => "inconsistent",
            Self::NotDecidable => "not_decidable",
        }
    }

    /// The same as a quality: consistent is good, not decidable suspect, inconsistent failed.
    #[must_use]
    pub fn quality(self) -> Quality {
        match self {
            Self::Consistent => Quality::Good,
            Self::NotDecidable => Quality::Suspect,
            Self::Inconsistent => Quality::Failed,
        }
    }
}

/// Result of the test.
#[derive(Clone, Debug, PartialEq)]
pub struct LinKk {
    /// RC elements used.
    pub m: usize,
    /// 1 − Σ|negative R|/Σ|positive R|.
    pub mu: f64,
    /// Re (Z_measured − Z_model)/|Z_measured|, in the order of the input.
    pub residual_re: Vec<f64>,
    /// Im (Z_measured − Z_model)/|Z_measured|, in the order of the input.
    pub residual_im: Vec<f64>,
    /// √(Σ(re² + im²)/2N) of the residuals.
    pub rms: f64,
    /// Number of elements of the model on which the verdict is based; more than `m` when µ stopped too early.
    pub verdict_m: usize,
    /// The same as `rms`, of that model.
    pub verdict_rms: f64,
    /// The part of `verdict_rms` that follows the frequency; 0 where there is no trend.
    pub trend: f64,
    /// Whether the spectrum obeys the relations.
    pub consistency: Consistency,
    /// The same as quality, reasons and numbers.
    pub verdict: Verdict,
}

/// Why the test was not performed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LinKkError {
    /// The spectrum itself cannot be used.
    #[error(transparent)]
    Spectrum(#[from] SpectrumError),
    /// All points have one frequency.
    #[error("expected at least two different frequencies, found only {frequency_hz} Hz")]
    OneFrequency {
        /// The frequency (Hz).
        frequency_hz: f64,
    },
    /// An option is outside its range.
    #[error("option `{name}`: expected {expected}, found `{value}`")]
    OptionOutOfRange {
        /// Field of [`LinKkOptions`].
        name: &'static str,
        /// The range.
        expected: &'static str,
        /// Its value.
        value: f64,
    },
}

impl Coded for LinKkError {
    fn code(&self) -> ReasonCode {
        match self {
            Self::Spectrum(error) => error.code(),
            Self::OneFrequency { .. } => ReasonCode::RangeTooNarrow,
            Self::OptionOutOfRange { .. } => ReasonCode::OptionOutOfRange,
        }
    }
}

/// A trend below this is that of a good instrument.
const HARMLESS_TREND: f64 = 0.002;
/// Standard deviations beyond which neighbours agree by more than chance.
const SIGNIFICANT: f64 = 4.0;
/// Residuals above this hide any trend.
const NOISE_RMS: f64 = 0.05;
/// With fewer points no trend can be detected.
const FEWEST_POINTS: usize = 10;

/// Tests whether `spectrum` obeys the Kramers–Kronig relations.
///
/// # Errors
///
/// [`LinKkError`] when the spectrum or the options cannot be used.
///
/// # Example
///
/// ```
/// # use aldb_fit::{circuit::Circuit, kramers_kronig::{lin_kk, Consistency, LinKkOptions}, spectrum::Spectrum};
/// let circuit = Circuit::parse("R0-p(R1,CPE1)-CPE2")?;
/// let frequency_hz: Vec<f64> = (0..61).map(|k| 10f64.powf(6.0 - 0.1 * f64::from(k))).collect();
/// let z = frequency_hz.iter().map(|&f| circuit.impedance(&[25.0, 6e5, 2e-11, 0.95, 2e-9, 0.9], f));
/// let (z_re_ohm, z_im_ohm): (Vec<_>, Vec<_>) = z.map(|z| (z.re, z.im)).unzip();
/// let spectrum = Spectrum { frequency_hz: &frequency_hz, z_re_ohm: &z_re_ohm, z_im_ohm: &z_im_ohm };
/// let test = lin_kk(spectrum, &LinKkOptions::default())?;
/// assert_eq!(test.consistency, Consistency::Consistent);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn lin_kk(spectrum: Spectrum<'_>, options: &LinKkOptions) -> Result<LinKk, LinKkError> {
    if !(0.0..=1.0).contains(&options.c) {
        return Err(LinKkError::OptionOutOfRange { name: "c", expected: "0 to 1", value: options.c });
    }
    if !(1..=1000).contains(&options.max_m) {
        let value = options.max_m as f64;
        return Err(LinKkError::OptionOutOfRange { name: "max_m", expected: "1 to 1000", value });
    }
    let sorted = Sorted::new(spectrum)?;
    if sorted.len() < 3 {
        return Err(SpectrumError::TooFewPoints { points: sorted.len(), needed: 3 }.into());
    }
    let (highest, lowest) = (sorted.frequency_hz[0], sorted.frequency_hz[sorted.len() - 1]);
    if highest <= lowest {
        return Err(LinKkError::OneFrequency { frequency_hz: highest });
    }
    let n = sorted.len();
    // Coefficients must not outnumber equations: R0, L, C and the elements.
    let equations = if options.parts == FitParts::Complex { 2 * n } else { n };
    let most = options.max_m.min(equations.saturating_sub(3)).max(1);
    let test = Test::new(&sorted, options);
    let mut model = test.fit(1);
    let mut m = 1;
    while model.mu > options.c && m < most {
        m += 1;
        model = test.fit(m);
    }
    let (mut verdict_m, mut verdict_model) = (m, None);
    let mut trend = Trend::of(&model, m);
    let further = most.min((2 * n / 4).max(1));
    for more in m + 1..=further {
        if trend.size <= HARMLESS_TREND {
            break;
        }
        let larger = test.fit(more);
        let left = Trend::of(&larger, more);
        if left.size < trend.size {
            (verdict_m, verdict_model, trend) = (more, Some(larger), left);
        }
    }
    let verdict_rms = verdict_model.as_ref().map_or(model.rms, |model| model.rms);
    let (consistency, verdict) = judge(verdict_rms, &trend, n, verdict_m);
    Ok(LinKk {
        m,
        mu: model.mu,
        residual_re: sorted.restore_order(&model.residual_re),
        residual_im: sorted.restore_order(&model.residual_im),
        rms: model.rms,
        verdict_m,
        verdict_rms,
        trend: trend.size,
        consistency,
        verdict,
    })
}

fn judge(rms: f64, trend: &Trend, n: usize, m: usize) -> (Consistency, Verdict) {
    if n < FEWEST_POINTS {
        let words = format!("{}, {FEWEST_POINTS} needed", counted(n, "point", "points"));
        return (Consistency::NotDecidable, Verdict::suspect(ReasonCode::TooFewPoints, words));
    }
    let residuals = format!("residuals {:.2} % rms with {}", 100.0 * rms, counted(m, "element", "elements"));
    if trend.size > HARMLESS_TREND {
        let (size, limit) = (100.0 * trend.size, 100.0 * HARMLESS_TREND);
        let words = format!(
            "{residuals} follow a trend: {size:.2} % of |Z|, limit {limit:.1} % ({:.0} standard deviations)",
            trend.significance
        );
        (Consistency::Inconsistent, Verdict::failed(ReasonCode::KramersKronigViolated, words))
    } else if rms <= NOISE_RMS {
        (Consistency::Consistent, Verdict::good(format!("{residuals} without a trend")))
    } else {
        let words = format!("{residuals} follow no trend: too noisy to decide");
        (Consistency::NotDecidable, Verdict::suspect(ReasonCode::TooNoisy, words))
    }
}

/// The part of the residuals in which neighbours along frequency agree.
struct Trend {
    /// Its standard deviation relative to |Z|; 0 where it is not significant.
    size: f64,
    /// By how many standard deviations neighbours agree more than those of independent noise.
    significance: f64,
}

impl Trend {
    fn of(model: &Model, m: usize) -> Self {
        let parts = [&model.residual_re, &model.residual_im];
        let products: f64 = parts.iter().flat_map(|part| part.windows(2)).map(|pair| pair[0] * pair[1]).sum();
        let squares: f64 = parts.iter().flat_map(|part| part.iter()).map(|r| r * r).sum();
        let (count, parameters) = (2.0 * parts[0].len() as f64, (m + 3) as f64);
        let variance = squares / (count - parameters).max(1.0);
        let agreement = products + parameters * variance;
        let significance = agreement / (variance * count.sqrt());
        let size = if significance > SIGNIFICANT { (agreement / count).sqrt() } else { 0.0 };
        Self { size, significance }
    }
}

/// A spectrum ready for models of any size, all divided by |Z|.
struct Test<'a> {
    options: &'a LinKkOptions,
    omega: Vec<f64>,
    inverse_modulus: Vec<f64>,
    re: DVector<f64>,
    im: DVector<f64>,
}

struct Model {
    mu: f64,
    residual_re: Vec<f64>,
    residual_im: Vec<f64>,
    rms: f64,
}

impl<'a> Test<'a> {
    fn new(sorted: &Sorted, options: &'a LinKkOptions) -> Self {
        let n = sorted.len();
        let inverse_modulus: Vec<f64> = sorted.z.iter().map(|z| 1.0 / z.norm()).collect();
        Self {
            options,
            omega: sorted.frequency_hz.iter().map(|f| 2.0 * std::f64::consts::PI * f).collect(),
            re: DVector::from_fn(n, |k, _| sorted.z[k].re * inverse_modulus[k]),
            im: DVector::from_fn(n, |k, _| sorted.z[k].im * inverse_modulus[k]),
            inverse_modulus,
        }
    }

    /// Fits the model of `m` elements. Columns: R₀, elements, (1/C,) L.
    fn fit(&self, m: usize) -> Model {
        let n = self.omega.len();
        let capacitor = usize::from(self.options.capacitor == SeriesCapacitor::Included);
        let count = m + 2 + capacitor;
        let (shortest, longest) = (1.0 / self.omega[0], 1.0 / self.omega[n - 1]);
        // A single element takes the longest time constant, as in impedance.py.
        let tau = |k: usize| match k {
            _ if m == 1 => longest,
            0 => shortest,
            _ => shortest * (longest / shortest).powf(k as f64 / (m - 1) as f64),
        };
        let mut a_re = DMatrix::zeros(n, count);
        let mut a_im = DMatrix::zeros(n, count);
        for (i, (omega, inverse)) in self.omega.iter().zip(&self.inverse_modulus).enumerate() {
            a_re[(i, 0)] = *inverse;
            for k in 0..m {
                let x = omega * tau(k);
                a_re[(i, k + 1)] = inverse / (1.0 + x * x);
                a_im[(i, k + 1)] = -inverse * x / (1.0 + x * x);
            }
            if capacitor == 1 {
                a_im[(i, count - 2)] = -inverse / omega;
            }
            a_im[(i, count - 1)] = inverse * omega;
        }
        let mut x = DVector::zeros(count);
        match self.options.parts {
            FitParts::Real => {
                // The real part gives R0 and the elements, what is left of the imaginary part L and C.
                let seen = least_squares(a_re.columns(0, m + 1).into_owned(), &self.re);
                x.rows_mut(0, m + 1).copy_from(&seen);
                let left = &self.im - &a_im * &x;
                let rest = least_squares(a_im.columns(m + 1, 1 + capacitor).into_owned(), &left);
                x.rows_mut(m + 1, 1 + capacitor).copy_from(&rest);
            }
            FitParts::Imaginary => {
                let seen = least_squares(a_im.columns(1, count - 1).into_owned(), &self.im);
                x.rows_mut(1, count - 1).copy_from(&seen);
                let left = &self.re - &a_re * &x;
                x[0] = a_re.column(0).dot(&left) / a_re.column(0).norm_squared();
            }
            FitParts::Complex => {
                let mut both = DMatrix::zeros(2 * n, count);
                both.rows_mut(0, n).copy_from(&a_re);
                both.rows_mut(n, n).copy_from(&a_im);
                let mut data = DVector::zeros(2 * n);
                data.rows_mut(0, n).copy_from(&self.re);
                data.rows_mut(n, n).copy_from(&self.im);
                x = least_squares(both, &data);
            }
        }
        let residual_re: Vec<f64> = (&self.re - &a_re * &x).iter().copied().collect();
        let residual_im: Vec<f64> = (&self.im - &a_im * &x).iter().copied().collect();
        let (mut negative, mut positive) = (0.0, 0.0);
        for &r in x.iter().skip(1).take(m) {
            if r < 0.0 {
                negative -= r;
            } else {
                positive += r;
            }
        }
        let squares: f64 = residual_re.iter().chain(&residual_im).map(|r| r * r).sum();
        Model {
            mu: if positive > 0.0 { 1.0 - negative / positive } else { f64::NEG_INFINITY },
            residual_re,
            residual_im,
            rms: (squares / (2 * n) as f64).sqrt(),
        }
    }
}

/// The least-squares solution, columns scaled to norm 1, by singular values of the triangular factor.
fn least_squares(mut a: DMatrix<f64>, b: &DVector<f64>) -> DVector<f64> {
    let norms: Vec<f64> = a.column_iter().map(|column| column.norm()).collect();
    for (mut column, norm) in a.column_iter_mut().zip(&norms) {
        column.unscale_mut(*norm);
    }
    let qr = a.qr();
    let mut rotated = b.clone();
    qr.q_tr_mul(&mut rotated);
    let r = qr.r();
    let rows = r.nrows();
    let svd = r.svd(true, true);
    let floor = 1e-15 * svd.singular_values.max();
    match svd.solve(&rotated.rows(0, rows).into_owned(), floor) {
        Ok(x) => DVector::from_fn(norms.len(), |k, _| x[k] / norms[k]),
        Err(_) => DVector::zeros(norms.len()),
    }
}

#[cfg(test)]
mod tests {
    use test_support::Noise;

    use super::*;
    use crate::circuit::Circuit;

    const FILM: [f64; 6] = [25.0, 6e5, 1.6e-11, 0.95, 1.6e-10, 0.9];

    fn film(mut change: impl FnMut(f64, f64) -> (f64, f64)) -> LinKk {
        let circuit = Circuit::parse("R0-p(R1,CPE1)-CPE2").unwrap();
        let frequency_hz: Vec<f64> = (0..60).map(|k| 10f64.powf(6.0 - 0.1 * f64::from(k))).collect();
        let (mut z_re_ohm, mut z_im_ohm) = (Vec::new(), Vec::new());
        for &f in &frequency_hz {
            let z = circuit.impedance(&FILM, f);
            let (re, im) = change(z.re, z.im);
            z_re_ohm.push(re);
            z_im_ohm.push(im);
        }
        let spectrum = Spectrum { frequency_hz: &frequency_hz, z_re_ohm: &z_re_ohm, z_im_ohm: &z_im_ohm };
        lin_kk(spectrum, &LinKkOptions::default()).unwrap()
    }

    #[test]
    fn an_exact_blocking_spectrum_is_consistent() {
        let test = film(|re, im| (re, im));
        assert_eq!(test.consistency, Consistency::Consistent, "{}", test.verdict);
        assert!(test.rms < 0.005, "{}", test.rms);
    }

    #[test]
    fn noise_of_two_percent_is_consistent() {
        let mut noise = Noise::new(1);
        let test = film(|re, im| {
            let two_percent = 0.02 * re.hypot(im);
            (re + two_percent * noise.normal(), im + two_percent * noise.normal())
        });
        assert_eq!(test.consistency, Consistency::Consistent, "{}", test.verdict);
    }

    #[test]
    fn an_imaginary_part_that_does_not_belong_to_the_real_part_is_inconsistent() {
        let test = film(|re, im| (re, 0.8 * im));
        assert_eq!(test.consistency, Consistency::Inconsistent, "{}", test.verdict);
    }

    #[test]
    fn few_points_cannot_be_decided() {
        let spectrum = Spectrum {
            frequency_hz: &[1e3, 1e2, 1e1, 1.0],
            z_re_ohm: &[1.0, 2.0, 3.0, 4.0],
            z_im_ohm: &[-1.0, -1.0, -1.0, -1.0],
        };
        let test = lin_kk(spectrum, &LinKkOptions::default()).unwrap();
        assert_eq!(test.consistency, Consistency::NotDecidable);
        assert_eq!(test.verdict, Verdict::suspect(ReasonCode::TooFewPoints, "4 points, 10 needed"));
    }

    #[test]
    fn the_order_of_points_changes_nothing() {
        let circuit = Circuit::parse("R0-p(R1,CPE1)").unwrap();
        let frequency_hz: Vec<f64> = (0..30).map(|k| 10f64.powf(5.0 - 0.2 * f64::from(k))).collect();
        let z: Vec<_> = frequency_hz.iter().map(|&f| circuit.impedance(&[10.0, 1e3, 1e-6, 0.8], f)).collect();
        let test = |order: &[usize]| {
            let pick = |f: &dyn Fn(usize) -> f64| order.iter().map(|&k| f(k)).collect::<Vec<_>>();
            let (f, re, im) = (pick(&|k| frequency_hz[k]), pick(&|k| z[k].re), pick(&|k| z[k].im));
            lin_kk(Spectrum { frequency_hz: &f, z_re_ohm: &re, z_im_ohm: &im }, &LinKkOptions::default()).unwrap()
        };
        let straight: Vec<usize> = (0..30).collect();
        let shuffled: Vec<usize> = (0..30).map(|k| k * 7 % 30).collect();
        let (a, b) = (test(&straight), test(&shuffled));
        assert_eq!((a.mu.to_bits(), a.rms.to_bits(), a.m), (b.mu.to_bits(), b.rms.to_bits(), b.m));
        assert!(shuffled.iter().enumerate().all(|(i, &k)| a.residual_re[k].to_bits() == b.residual_re[i].to_bits()));
    }

    #[test]
    fn one_frequency_is_refused() {
        let spectrum = Spectrum { frequency_hz: &[1.0; 3], z_re_ohm: &[1.0; 3], z_im_ohm: &[0.0; 3] };
        let err = lin_kk(spectrum, &LinKkOptions::default()).unwrap_err();
        assert_eq!(err.to_string(), "expected at least two different frequencies, found only 1 Hz");
    }
}
