//! Thickness and index of a transparent film from Ψ and Δ.
//!
//! The film has Cauchy's index n = A + B/λ² + C/λ⁴ (λ in µm, no absorption) and lies on native oxide on silicon. Residuals
//! are those of N = cos 2Ψ, C = sin 2Ψ cos Δ and S = sin 2Ψ sin Δ, which know nothing of where Δ wraps; the mean squared error
//! is Woollam's, √(Σ r²/(3n − m)) with residuals in thousandths.
//!
//! Convention: tan Ψ · exp(iΔ) = r_p/r_s with n − ik; bare silicon has Δ near 180°.
//!
//! Source: R. M. A. Azzam, N. M. Bashara, Ellipsometry and Polarized Light, ch. 4; J. A. Woollam et al., Proc. SPIE CR72, 3
//! (1999) for N, C, S and the error; standard errors: H. White, Econometrica 48 (1980) 817, by readings.

mod optical;
mod stack;

use num_complex::Complex64;

use crate::quality::Quality;
pub use optical::{SILICON_RANGE_NM, silica, silicon};
use stack::{Reading, Scan};

/// One reading.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PsiDelta {
    /// Wavelength (nm).
    pub wavelength_nm: f64,
    /// Angle of incidence, from the normal (deg).
    pub angle_of_incidence_deg: f64,
    /// Ψ (deg).
    pub psi_deg: f64,
    /// Δ (deg), of any turn.
    pub delta_deg: f64,
}

/// Which parameters are fitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Free {
    /// The thickness alone.
    Thickness,
    /// Thickness and A.
    ThicknessA,
    /// Thickness, A and B.
    #[default]
    ThicknessAB,
    /// Thickness, A, B and C.
    ThicknessABC,
}

impl Free {
    fn count(self) -> usize {
        match self {
            Self::Thickness => 1,
            Self::ThicknessA => 2,
            Self::ThicknessAB => 3,
            Self::ThicknessABC => 4,
        }
    }
}

/// Choices of the fit.
#[derive(Clone, Debug, PartialEq)]
pub struct CauchyOptions {
    /// Which parameters are fitted; the others keep their start values.
    pub free: Free,
    /// Start value of A.
    pub a: f64,
    /// Start value of B (µm²).
    pub b_um2: f64,
    /// Start value of C (µm⁴).
    pub c_um4: f64,
    /// Thickness of the native oxide below (nm).
    pub oxide_nm: f64,
    /// Largest thickness looked for (nm).
    pub thickness_max_nm: f64,
    /// Wavelengths used (nm), limits included; those of the silicon table where `None`.
    pub wavelength_range_nm: Option<(f64, f64)>,
}

impl Default for CauchyOptions {
    fn default() -> Self {
        Self {
            free: Free::ThicknessAB,
            a: 1.52,
            b_um2: 0.005,
            c_um4: 0.0,
            oxide_nm: 1.5,
            thickness_max_nm: 1000.0,
            wavelength_range_nm: None,
        }
    }
}

/// A fitted film.
#[derive(Clone, Debug, PartialEq)]
pub struct CauchyFit {
    /// Thickness (nm).
    pub thickness_nm: f64,
    /// Its standard error (nm).
    pub thickness_err_nm: f64,
    /// A.
    pub a: f64,
    /// Its standard error; zero where it was held.
    pub a_err: f64,
    /// B (µm²).
    pub b_um2: f64,
    /// Its standard error (µm²); zero where it was held.
    pub b_err_um2: f64,
    /// C (µm⁴).
    pub c_um4: f64,
    /// Its standard error (µm⁴); zero where it was held.
    pub c_err_um4: f64,
    /// Refractive index at 632.8 nm.
    pub refractive_index_633nm: f64,
    /// Its standard error.
    pub refractive_index_err_633nm: f64,
    /// Mean squared error as Woollam defines it.
    pub mse: f64,
    /// Which parameters were fitted in the end.
    pub free: Free,
    /// Readings used.
    pub n_points: usize,
    /// Readings left out: outside the silicon table or the range asked for.
    pub n_left_out: usize,
    /// The verdict.
    pub quality: Quality,
    /// The verdict in words.
    pub reason: String,
}

/// Why no film was fitted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EllipsometryError {
    /// A value is not finite, or the angle or wavelength impossible.
    #[error(
        "reading {index}: expected a wavelength, an angle of incidence between 0 and 90 deg, Ψ and Δ; found {found}"
    )]
    Reading {
        /// Position in the input, from 0.
        index: usize,
        /// The reading in words.
        found: String,
    },
    /// Too few readings.
    #[error("{readings} readings from {low_nm} nm to {high_nm} nm, {needed} needed")]
    TooFewReadings {
        /// How many there are.
        readings: usize,
        /// Lowest wavelength used (nm).
        low_nm: f64,
        /// Highest wavelength used (nm).
        high_nm: f64,
        /// How many are needed.
        needed: usize,
    },
}

/// Wavelength at which the index is given (nm): the helium-neon laser's.
const REFERENCE_NM: f64 = 632.8;
/// An index known less well than this is not determined beside the thickness.
const INDEX_KNOWN: f64 = 0.05;
/// Indices that transparent films have.
const A_RANGE: (f64, f64) = (1.0, 3.5);
/// Mean squared error above which no film of this model is seen.
const FAILED_MSE: f64 = 100.0;
const SUSPECT_MSE: f64 = 25.0;

/// Ψ and Δ (deg, Δ from 0 to 360) of a film of thickness `film_nm` and real index `film_n`.
#[must_use]
pub fn psi_delta(
    film_nm: f64,
    film_n: f64,
    oxide_nm: f64,
    wavelength_nm: f64,
    angle_of_incidence_deg: f64,
) -> (f64, f64) {
    let reading = Reading::new(
        wavelength_nm,
        angle_of_incidence_deg,
        [0.0; 3],
        silica(wavelength_nm),
        silicon(wavelength_nm),
        oxide_nm,
    );
    let rho = reading.interfaces(film_n).rho(reading.phase(film_n, film_nm));
    let delta = (-rho.arg()).to_degrees();
    (rho.norm().atan().to_degrees(), if delta < 0.0 { delta + 360.0 } else { delta })
}

/// Fits thickness and index of a film.
///
/// The thickness is searched from zero to `thickness_max_nm`; the index starts from the options. Where the film is too thin for
/// both, the thickness alone is fitted with the index of the options, and the reason says so.
///
/// # Errors
///
/// [`EllipsometryError`] for readings that are impossible or too few.
pub fn fit_cauchy(readings: &[PsiDelta], options: &CauchyOptions) -> Result<CauchyFit, EllipsometryError> {
    let (low, high) = options.wavelength_range_nm.unwrap_or(SILICON_RANGE_NM);
    let (low, high) = (low.max(SILICON_RANGE_NM.0), high.min(SILICON_RANGE_NM.1));
    let mut used = Vec::with_capacity(readings.len());
    for (index, reading) in readings.iter().enumerate() {
        let fine = [reading.wavelength_nm, reading.angle_of_incidence_deg, reading.psi_deg, reading.delta_deg]
            .iter()
            .all(|value| value.is_finite());
        if !fine || reading.wavelength_nm <= 0.0 || !(0.0..90.0).contains(&reading.angle_of_incidence_deg) {
            return Err(EllipsometryError::Reading { index, found: format!("{reading:?}") });
        }
        if (low - 1e-6..=high + 1e-6).contains(&reading.wavelength_nm) {
            used.push(*reading);
        }
    }
    let needed = 2 * options.free.count() + 2;
    if used.len() < needed {
        return Err(EllipsometryError::TooFewReadings { readings: used.len(), low_nm: low, high_nm: high, needed });
    }
    used.sort_by(|a, b| {
        let key = |reading: &PsiDelta| {
            [reading.angle_of_incidence_deg, reading.wavelength_nm, reading.psi_deg, reading.delta_deg]
        };
        key(a)
            .iter()
            .zip(key(b))
            .map(|(a, b)| a.total_cmp(&b))
            .find(|order| order.is_ne())
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    let scan = Scan::new(&used, options.oxide_nm);
    let start = [0.0, options.a, options.b_um2, options.c_um4];
    let mut minima = scan.minima(start, options, options.free.count());
    // A film whose index is far from the start's: begin from others, too.
    if minima.first().is_none_or(|best| scan.mse(best.cost, options.free.count()) > SUSPECT_MSE)
        && options.free != Free::Thickness
    {
        for a in [1.4, 1.7, 2.0, 2.4] {
            minima.extend(scan.minima([0.0, a, options.b_um2, options.c_um4], options, options.free.count()));
        }
        minima.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    }
    let n_left_out = readings.len() - used.len();
    let fit = scan.judged(&minima, options, options.free, n_left_out);
    // Too thin for both: the index's own error says so, or it runs away.
    let runs_away = fit.a <= A_RANGE.0 + 1e-9 || fit.a >= A_RANGE.1 - 1e-9;
    if options.free != Free::Thickness
        && (runs_away || fit.refractive_index_err_633nm >= INDEX_KNOWN || fit.refractive_index_err_633nm.is_nan())
    {
        let alone = scan.minima(start, options, 1);
        let mut fit = scan.judged(&alone, options, Free::Thickness, n_left_out);
        if fit.quality != Quality::Failed {
            fit.quality = Quality::Suspect;
            fit.reason = format!(
                "{:.1} nm of film cannot give both thickness and index: A held at {} and B at {} µm²",
                fit.thickness_nm, options.a, options.b_um2
            );
        }
        return Ok(fit);
    }
    Ok(fit)
}

/// A place that the search ended at.
#[derive(Clone, Copy, Debug)]
struct Minimum {
    /// Thickness (nm), A, B (µm²), C (µm⁴).
    x: [f64; 4],
    cost: f64,
}

impl Scan {
    fn mse(&self, cost: f64, parameters: usize) -> f64 {
        1000.0 * (cost / (3 * self.readings.len() - parameters) as f64).sqrt()
    }

    /// The minima that the best thicknesses of a coarse scan lead to, best first.
    fn minima(&self, start: [f64; 4], options: &CauchyOptions, parameters: usize) -> Vec<Minimum> {
        let shortest = self.readings.iter().map(|reading| reading.wavelength_nm).fold(f64::INFINITY, f64::min);
        // A tenth of the thickness after which the shortest wavelength's pattern comes again.
        let step = (shortest / (2.0 * start[1].max(1.0)) / 8.0).clamp(2.0, 20.0);
        let costs = self.scanned(start, step, options.thickness_max_nm);
        let mut starts: Vec<usize> = (0..costs.len())
            .filter(|&i| (i == 0 || costs[i] <= costs[i - 1]) && (i + 1 == costs.len() || costs[i] < costs[i + 1]))
            .collect();
        starts.sort_by(|a, b| costs[*a].total_cmp(&costs[*b]));
        starts.truncate(3);
        let mut minima: Vec<Minimum> = Vec::new();
        for (rank, place) in starts.iter().enumerate() {
            // Places far worse than the best found lead nowhere better.
            if rank > 0 && costs[*place] > 4.0 * costs[starts[0]] {
                continue;
            }
            let mut x = start;
            x[0] = step * *place as f64;
            let found = self.refine(x, options.thickness_max_nm, parameters);
            if !minima.iter().any(|known| (known.x[0] - found.x[0]).abs() < 1e-3 * (1.0 + found.x[0])) {
                minima.push(found);
            }
        }
        minima.sort_by(|a, b| a.cost.total_cmp(&b.cost));
        minima
    }

    /// Levenberg–Marquardt.
    fn refine(&self, mut x: [f64; 4], thickness_max: f64, parameters: usize) -> Minimum {
        let (mut cost, mut normal, mut gradient) = self.derivatives(x, parameters);
        let mut damping = 1e-3;
        for _ in 0..60 {
            let mut damped = normal;
            for (k, row) in damped.iter_mut().enumerate().take(parameters) {
                row[k] *= 1.0 + damping;
            }
            let Some(step) = solve(damped, gradient, parameters) else { break };
            let mut trial = x;
            for (value, step) in trial.iter_mut().zip(step).take(parameters) {
                *value += step;
            }
            trial[0] = trial[0].clamp(0.0, thickness_max);
            trial[1] = trial[1].clamp(A_RANGE.0, A_RANGE.1);
            let (new_cost, new_normal, new_gradient) = self.derivatives(trial, parameters);
            if new_cost < cost {
                let fall = (cost - new_cost) / cost;
                (x, cost, normal, gradient) = (trial, new_cost, new_normal, new_gradient);
                damping = (damping * 0.1).max(1e-12);
                if fall < 1e-9 {
                    break;
                }
            } else {
                if damping > 1e8 || trial == x {
                    break;
                }
                damping *= 10.0;
            }
        }
        Minimum { x, cost }
    }

    #[allow(clippy::needless_range_loop, reason = "rows and columns are read by their numbers")]
    fn judged(&self, minima: &[Minimum], options: &CauchyOptions, free: Free, n_left_out: usize) -> CauchyFit {
        let parameters = free.count();
        let best = minima
            .first()
            .copied()
            .unwrap_or(Minimum { x: [0.0, options.a, options.b_um2, options.c_um4], cost: f64::INFINITY });
        let covariance = self.sandwich(best.x, parameters);
        let error = |k: usize| if k < parameters { covariance[k][k].max(0.0).sqrt() } else { 0.0 };
        let um = REFERENCE_NM * 1e-3;
        let by = [0.0, 1.0, um.powi(-2), um.powi(-4)];
        let index = best.x[1] + best.x[2] * by[2] + best.x[3] * by[3];
        let mut variance = 0.0;
        for i in 1..parameters {
            for j in 1..parameters {
                variance += by[i] * by[j] * covariance[i][j];
            }
        }
        let mse = self.mse(best.cost, parameters);
        let second = minima.get(1).filter(|second| second.cost < 1.2 * best.cost);
        let (quality, reason) = if !best.cost.is_finite() || mse > FAILED_MSE {
            (Quality::Failed, format!("no film of this model: mean squared error {mse:.0}"))
        } else if let Some(second) = second {
            let (one, other) = (best.x[0], second.x[0]);
            (Quality::Suspect, format!("{one:.1} nm and {other:.1} nm fit nearly alike"))
        } else if mse > SUSPECT_MSE {
            (Quality::Suspect, format!("mean squared error {mse:.0}: the film has another model"))
        } else {
            (Quality::Good, format!("{} readings, mean squared error {mse:.1}", self.readings.len()))
        };
        CauchyFit {
            thickness_nm: best.x[0],
            thickness_err_nm: error(0),
            a: best.x[1],
            a_err: error(1),
            b_um2: best.x[2],
            b_err_um2: error(2),
            c_um4: best.x[3],
            c_err_um4: error(3),
            refractive_index_633nm: index,
            refractive_index_err_633nm: variance.max(0.0).sqrt(),
            mse,
            free,
            n_points: self.readings.len(),
            n_left_out,
            quality,
            reason,
        }
    }
}

/// Solves a small symmetric system.
#[allow(clippy::needless_range_loop, reason = "rows and columns are read by their numbers")]
fn solve(matrix: [[f64; 4]; 4], right: [f64; 4], n: usize) -> Option<[f64; 4]> {
    let (mut a, mut b) = (matrix, right);
    for k in 0..n {
        let pivot = (k..n).max_by(|i, j| a[*i][k].abs().total_cmp(&a[*j][k].abs()))?;
        a.swap(k, pivot);
        b.swap(k, pivot);
        if a[k][k].abs() <= f64::MIN_POSITIVE || a[k][k].is_nan() {
            return None;
        }
        for row in k + 1..n {
            let factor = a[row][k] / a[k][k];
            for column in k..n {
                a[row][column] -= factor * a[k][column];
            }
            b[row] -= factor * b[k];
        }
    }
    let mut x = [0.0; 4];
    for k in (0..n).rev() {
        let sum: f64 = (k + 1..n).map(|column| a[k][column] * x[column]).sum();
        x[k] = (b[k] - sum) / a[k][k];
    }
    x.iter().all(|value| value.is_finite()).then_some(x)
}

/// N, C and S of a ratio r_p/r_s.
fn ncs(rho: Complex64) -> [f64; 3] {
    let scale = 1.0 / (1.0 + rho.norm_sqr());
    [(1.0 - rho.norm_sqr()) * scale, 2.0 * rho.re * scale, -2.0 * rho.im * scale]
}
