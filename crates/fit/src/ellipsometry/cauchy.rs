//! The fit: a scan gives candidates, a coarse search starts from the best of them, a full one from the best of its
//! results.
//!
//! Source: K. Levenberg, Q. Appl. Math. 2 (1944) 164; D. W. Marquardt, J. Soc. Ind. Appl. Math. 11 (1963) 431; N, C, S
//! and the figure of merit: J. A. Woollam Co., CompleteEASE manual, and G. E. Jellison, Thin Solid Films 313 (1998) 33.

use crate::levenberg::{FIRST_DAMPING, Limits, Problem, Search, Stop};
use crate::quality::{Quality, ReasonCode, Verdict, counted};

use super::covariance::{Covariance, covariance};
use super::error::{EllipsometryError, THICKEST_NM, within};
use super::film::{CauchyFit, CauchyOptions, Free, Reading, check};
use super::optical::Constants;
use super::scan::{Candidate, scan};
use super::transfer::{Assumed, Slope, Surface};

/// Error of N, C and S by which residuals are divided.
const SIGMA_NCS: f64 = 0.001;
/// Bounds of A, B (µm²) and C (µm⁴).
const LOWER: [f64; 3] = [1.0, -0.1, -0.02];
const UPPER: [f64; 3] = [4.0, 0.5, 0.05];
/// Largest change of A, B and C in one step.
const STEP: [f64; 3] = [0.2, 0.02, 0.005];
/// Start values of A if A is free: each about an eighth above the previous one.
const SCANNED_A: [f64; 6] = [1.35, 1.5, 1.7, 1.92, 2.17, 2.45];
/// If none of these describes the readings: more closely spaced ones, with their own values of B (µm²).
const CLOSER_A: [f64; 13] = [1.35, 1.42, 1.5, 1.6, 1.7, 1.8, 1.92, 2.04, 2.17, 2.3, 2.45, 2.6, 2.8];
const CLOSER_B: [f64; 4] = [0.0, 0.01, 0.02, 0.035];
/// Number of readings sufficient for the scan and the coarse search.
const COARSE_READINGS: usize = 40;
/// Numbers of candidates for the coarse and for the full search.
const COARSE_SEARCHES: usize = 4;
const COARSE_SEARCHES_CLOSER: usize = 40;
const FULL_SEARCHES: usize = 3;
/// A coarse minimum with more than this many times the least cost is not searched further.
const NOT_PROMISING: f64 = 4.0;
/// Candidates closer in phase (rad) are searched only once.
const SAME_PHASE: f64 = 0.5;
/// Minima closer than this fraction of their thickness, or than 0.1 nm, are the same.
const SAME_THICKNESS: f64 = 0.01;
/// An index with a larger error is not determined.
const INDEX_ERR_MAX: f64 = 0.05;
/// A film much thinner than the light's wavelength changes ρ, to first order, by one number that combines thickness and
/// index. They are separated in the second order only, which for a thickness times n − 1 (nm) below this, 8 nm of an
/// index of 1.5, is smaller than the effect of
/// small errors: 0.05° in the angle of incidence changes the index by 0.06 there, and by 0.2 at 3 nm.
const LEAST_PATH_NM: f64 = 4.0;
/// MSE above which a model does not describe the readings well, and not at all.
const SUSPECT_MSE: f64 = 20.0;
const FAILED_MSE: f64 = 100.0;
/// Changes of what is assumed that are tried: of the oxide (nm), the angle of incidence (°), the substrate's index.
const OXIDE_STEP_NM: f64 = 0.1;
const ANGLE_STEP_DEG: f64 = 0.02;
const INDEX_STEP: f64 = 0.001;
/// The assumptions of the model explain a misfit that is this many times the one expected of their uncertainties.
const EXPLAINED_MISFIT: f64 = 1.5;
/// Residuals that correlate more are a misfit. The assumptions of the model explain one that moves the thickness by this part of their
/// uncertainty; one that moves it by a smaller fraction than this is of no account.
const MISFIT_CORRELATION: f64 = 0.5;
const MISFIT_EXPLAINED: f64 = 0.6;
const MISFIT_REL: f64 = 0.002;
const RED_UM: f64 = 0.633;

/// Fits a film's thickness and Cauchy coefficients to `readings`, several angles together.
///
/// Every thickness up to `thickness_max_nm` is considered, and several indices when A is free; no start value is
/// needed. Readings outside the substrate's table or `wavelength_range_nm` are left out. If the index is not determined
/// to 0.05, or the film is thinner than 4 nm/(n − 1), it is held at the given A, B and C and only the thickness is
/// fitted: `free` and `verdict` state this. Uncertainties come from the residuals, see `covariance.rs`, and from what the
/// model assumes: for a small change of the oxide, of the angle of incidence and of the substrate's index the film changes as
/// the derivatives at the minimum say, in proportion to their uncertainties. An index that is held counts as exact.
///
/// # Errors
///
/// [`EllipsometryError`] for an invalid value, for fewer readings than parameters and two, or if no
/// reading can be used.
///
/// # Source
///
/// See the documentation of this module.
///
/// # Example
///
/// ```
/// # use aldb_fit::ellipsometry::{CauchyOptions, EllipsometryError, Film, Reading, Substrate, fit_cauchy, psi_delta};
/// let film = Film { thickness_nm: 42.0, a: 1.6, b_um2: 0.006, c_um4: 0.0, oxide_nm: 1.5, substrate: &Substrate::Silicon };
/// let mut readings = Vec::new();
/// for k in 0..60 {
///     let wavelength_nm = 300.0 + 10.0 * f64::from(k);
///     let (psi_deg, delta_deg) = psi_delta(&film, wavelength_nm, 70.0)?;
///     readings.push(Reading { wavelength_nm, angle_of_incidence_deg: 70.0, psi_deg, delta_deg });
/// }
/// let fit = fit_cauchy(&readings, &CauchyOptions::default())?;
/// assert!((fit.thickness_nm - 42.0).abs() < 1e-6 && (fit.a - 1.6).abs() < 1e-7);
/// # Ok::<(), EllipsometryError>(())
/// ```
pub fn fit_cauchy(readings: &[Reading], options: &CauchyOptions) -> Result<CauchyFit, EllipsometryError> {
    within("a", options.a, LOWER[0], UPPER[0])?;
    within("b_um2", options.b_um2, LOWER[1], UPPER[1])?;
    within("c_um4", options.c_um4, LOWER[2], UPPER[2])?;
    within("oxide_nm", options.oxide_nm, 0.0, THICKEST_NM)?;
    within("oxide_err_nm", options.oxide_err_nm, 0.0, THICKEST_NM)?;
    within("angle_err_deg", options.angle_err_deg, 0.0, 90.0)?;
    within("substrate_index_rel_err", options.substrate_index_rel_err, 0.0, 1.0)?;
    within("thickness_max_nm", options.thickness_max_nm, 1.0, 2e4)?;
    let constants = Constants::of(&options.substrate)?;
    let used = select(readings, options, &constants)?;
    let left_out = readings.len() - used.len();
    let mut problem = Film::new(&used, &constants, options);
    let changed = Changed::of(&used, &constants, options);
    let mut free = options.free;
    let mut held = None;
    loop {
        let needed = free.count() + 2;
        if used.len() < needed {
            return Err(EllipsometryError::TooFewReadings { readings: used.len(), left_out, needed });
        }
        let minima = minima(&mut problem, free, options);
        let spread = problem.assess(&minima[0].x, free, &changed);
        // If a model does not describe the readings, no single parameter is the cause.
        let described = minima[0].cost <= FAILED_MSE.powi(2) * (3 * used.len() - free.count()) as f64;
        let problems = (described && free != Free::Thickness)
            .then(|| undetermined(&problem, &minima[0], spread.as_ref()))
            .flatten();
        let Some(why) = problems else {
            let mut fit = problem.report(&minima, spread, free, options);
            fit.n_left_out = left_out;
            fit.verdict = judge(&fit, &used, options, held.as_deref(), minima[0].stop);
            return Ok(fit);
        };
        held = Some(why.text);
        free = why.instead;
    }
}

/// The readings that can be used, in a fixed order: angles one after another, each by wavelength.
fn select(
    readings: &[Reading],
    options: &CauchyOptions,
    constants: &Constants,
) -> Result<Vec<Reading>, EllipsometryError> {
    for (index, reading) in readings.iter().enumerate() {
        check(index, reading)?;
    }
    let (mut min_nm, mut max_nm) = constants.range_nm();
    if let Some((low, high)) = options.wavelength_range_nm {
        if low.is_nan() || high.is_nan() || low > high {
            return Err(EllipsometryError::WavelengthRange { min_nm: low, max_nm: high });
        }
        (min_nm, max_nm) = (min_nm.max(low), max_nm.min(high));
    }
    // The equation of silica has a pole below.
    (min_nm, max_nm) = (min_nm.max(200.0), max_nm.min(3710.0));
    let mut used: Vec<Reading> =
        readings.iter().filter(|reading| (min_nm..=max_nm).contains(&reading.wavelength_nm)).copied().collect();
    if used.is_empty() && !readings.is_empty() {
        return Err(EllipsometryError::OutsideTable { readings: readings.len(), min_nm, max_nm });
    }
    used.sort_unstable_by(|a, b| {
        angle_group(a)
            .total_cmp(&angle_group(b))
            .then(a.wavelength_nm.total_cmp(&b.wavelength_nm))
            .then(a.angle_of_incidence_deg.total_cmp(&b.angle_of_incidence_deg))
            .then(a.psi_deg.total_cmp(&b.psi_deg))
            .then(a.delta_deg.total_cmp(&b.delta_deg))
    });
    Ok(used)
}

/// Angles that differ only in digits beyond their setting are one angle.
fn angle_group(reading: &Reading) -> f64 {
    (10.0 * reading.angle_of_incidence_deg).round()
}

/// End of a search.
#[derive(Clone, Copy)]
struct Minimum {
    /// Thickness (nm), A, B (µm²), C (µm⁴).
    x: [f64; 4],
    cost: f64,
    iterations: usize,
    stop: Stop,
    damping: f64,
}

/// The readings of a film, as a problem of least squares in the first few of thickness, A, B, C.
struct Film {
    surfaces: Vec<Surface>,
    /// Number of readings of each angle.
    runs: Vec<usize>,
    /// Those used by the search.
    chosen: Vec<usize>,
    slopes: Vec<Slope>,
    start: [f64; 4],
}

impl Problem for Film {
    fn residuals(&mut self, x: &[f64], r: &mut [f64]) -> f64 {
        let mut at = self.start;
        at[..x.len()].copy_from_slice(x);
        let mut cost = 0.0;
        for ((&k, slope), r) in self.chosen.iter().zip(&mut self.slopes).zip(r.chunks_exact_mut(3)) {
            let surface = &self.surfaces[k];
            *slope = surface.slope(at[0], index(surface, &at));
            for ((r, value), measured) in r.iter_mut().zip(&slope.value).zip(&surface.measured) {
                *r = (value - measured) * (1.0 / SIGMA_NCS);
                cost += *r * *r;
            }
        }
        cost
    }

    fn jacobian(&mut self, j: &mut [f64]) {
        let rows = 3 * self.chosen.len();
        for (i, (&k, slope)) in self.chosen.iter().zip(&self.slopes).enumerate() {
            let mut factor = 1.0 / SIGMA_NCS;
            for c in 0..3 {
                j[3 * i + c] = slope.by_thickness[c] * factor;
            }
            for column in j[rows..].chunks_exact_mut(rows) {
                for c in 0..3 {
                    column[3 * i + c] = slope.by_index[c] * factor;
                }
                factor *= self.surfaces[k].dispersion;
            }
        }
    }
}

/// Index of the film at the wavelength of a surface, at least 1.
fn index(surface: &Surface, x: &[f64; 4]) -> f64 {
    let u = surface.dispersion;
    (x[1] + u * (x[2] + u * x[3])).max(1.0)
}

impl Film {
    fn new(used: &[Reading], constants: &Constants, options: &CauchyOptions) -> Self {
        let surfaces =
            used.iter().map(|reading| Surface::new(reading, constants, Assumed::oxide(options.oxide_nm))).collect();
        let runs =
            used.chunk_by(|a, b| angle_group(a).total_cmp(&angle_group(b)).is_eq()).map(<[Reading]>::len).collect();
        let zero = Slope { value: [0.0; 3], by_thickness: [0.0; 3], by_index: [0.0; 3] };
        Self {
            surfaces,
            runs,
            chosen: Vec::with_capacity(used.len()),
            slopes: vec![zero; used.len()],
            start: [0.0, options.a, options.b_um2, options.c_um4],
        }
    }

    /// Uses all readings from now on, or about `most` spread over them.
    fn choose(&mut self, most: usize) {
        let all = self.surfaces.len();
        let count = all.min(most);
        self.chosen.clear();
        self.chosen.extend((0..count).map(|k| k * all / count));
    }

    /// Errors of a minimum's parameters, and their dependence on what is assumed. `slopes` are those of the minimum
    /// afterwards.
    fn assess(&mut self, x: &[f64; 4], free: Free, changed: &[Changed; 3]) -> Option<Assessment> {
        self.choose(usize::MAX);
        let rows = 3 * self.surfaces.len();
        let (mut r, mut j) = (vec![0.0; rows], vec![0.0; rows * free.count()]);
        self.residuals(x, &mut r);
        self.jacobian(&mut j);
        let mut covariance = covariance(&r, &j, &self.runs)?;
        let mut expected = 0.0;
        let moved = changed.each_ref().map(|changed| {
            let (mut gradient, mut squares) = (nalgebra::Vector4::zeros(), 0.0);
            for (i, (surface, slope)) in changed.surfaces.iter().zip(&self.slopes).enumerate() {
                let value = surface.value(x[0], index(surface, x));
                for c in 0..3 {
                    let change = (value[c] - slope.value[c]) / SIGMA_NCS;
                    squares += change * change;
                    for (k, column) in j.chunks_exact(rows).enumerate() {
                        gradient[k] += column[3 * i + c] * change;
                    }
                }
            }
            let moved = -(covariance.bread * gradient);
            // What the parameters cannot follow is left as a misfit.
            expected += (squares + gradient.dot(&moved)).max(0.0) / rows as f64 * changed.errors.powi(2);
            moved
        });
        covariance.explain_misfit(EXPLAINED_MISFIT * expected.sqrt());
        let errors = [0, 1, 2].map(|k| moved[k] * changed[k].errors);
        Some(Assessment { covariance, by_oxide_step: moved[0], errors })
    }

    fn report(
        &mut self,
        minima: &[Minimum],
        spread: Option<Assessment>,
        free: Free,
        options: &CauchyOptions,
    ) -> CauchyFit {
        let best = minima[0];
        let [thickness_nm, a, b_um2, c_um4] = best.x;
        let (mut psi, mut delta) = (0.0, 0.0);
        for (surface, slope) in self.surfaces.iter().zip(&self.slopes) {
            let angles = |v: &[f64; 3]| (v[1].hypot(v[2]).atan2(v[0]) / 2.0, v[2].atan2(v[1]));
            let (psi_measured, delta_measured) = angles(&surface.measured);
            let (psi_fitted, delta_fitted) = angles(&slope.value);
            let turn = std::f64::consts::TAU;
            let apart = (delta_measured - delta_fitted).rem_euclid(turn);
            psi += (psi_measured - psi_fitted).powi(2);
            delta += apart.min(turn - apart).powi(2);
        }
        let n = self.surfaces.len();
        let rms = |sum: f64| (sum / n as f64).sqrt().to_degrees();
        let dof = 3 * n - free.count();
        let axis = |k: usize| nalgebra::Vector4::from_fn(|row, _| f64::from(u8::from(row == k)));
        let err = |k: usize| spread.as_ref().filter(|_| k < free.count()).map(|spread| spread.err(&axis(k)));
        let part = |k: usize| spread.as_ref().map_or(f64::INFINITY, |spread| spread.errors[k][0].abs());
        let red = 1.0 / (RED_UM * RED_UM);
        let effective = spread.as_ref().map_or(n as f64, |spread| spread.covariance.effective);
        let wavelength = |surface: &Surface| 1e3 / surface.dispersion.sqrt();
        CauchyFit {
            free,
            thickness_nm,
            thickness_err_nm: err(0).unwrap_or(f64::INFINITY),
            thickness_residual_err_nm: spread.as_ref().map_or(f64::INFINITY, |spread| spread.residual_err(&axis(0))),
            thickness_oxide_err_nm: part(0),
            thickness_angle_err_nm: part(1),
            thickness_substrate_err_nm: part(2),
            a,
            a_err: err(1),
            b_um2,
            b_err_um2: err(2),
            c_um4,
            c_err_um4: err(3),
            refractive_index_633nm: a + red * (b_um2 + red * c_um4),
            refractive_index_633nm_err: err(1).and(spread.as_ref()).map(|spread| spread.err(&by_index(red))),
            oxide_nm: options.oxide_nm,
            thickness_change_per_tenth_nm_oxide_nm: spread.as_ref().map_or(0.0, |spread| spread.by_oxide_step[0]),
            mse: (best.cost / dof as f64).sqrt(),
            chi2: best.cost,
            dof,
            rms_psi_deg: rms(psi),
            rms_delta_deg: rms(delta),
            residual_correlation: spread.as_ref().map_or(0.0, |spread| spread.covariance.correlation),
            n_points: n,
            n_left_out: 0,
            wavelength_min_nm: self.surfaces.iter().map(wavelength).fold(f64::INFINITY, f64::min),
            wavelength_max_nm: self.surfaces.iter().map(wavelength).fold(0.0, f64::max),
            other_thickness_nm: rival(minima, 2.0 * effective - free.count() as f64),
            iterations: best.iterations,
            verdict: Verdict::default(),
        }
    }
}

/// Derivatives of the index where 1/λ² is `x` (1/µm²).
fn by_index(x: f64) -> nalgebra::Vector4<f64> {
    nalgebra::Vector4::new(0.0, 1.0, x, x * x)
}

/// Thickness of the best other minimum that is not worse by an F test at 95 %: 1.645 is the normal quantile, and the
/// logarithm of F with ν and ν degrees of freedom has a variance of 4/ν.
fn rival(minima: &[Minimum], dof: f64) -> Option<f64> {
    let worst = (1.645 * (4.0 / dof.max(1.0)).sqrt()).exp();
    let other = minima.get(1)?;
    (other.cost <= worst * minima[0].cost).then_some(other.x[0])
}

/// The readings, if something that the model assumes were another.
struct Changed {
    surfaces: Vec<Surface>,
    /// Standard uncertainties of the assumption in the change.
    errors: f64,
}

impl Changed {
    /// Oxide, angle of incidence, index of the substrate.
    fn of(used: &[Reading], constants: &Constants, options: &CauchyOptions) -> [Self; 3] {
        let assumed = Assumed::oxide(options.oxide_nm);
        let thicker = Assumed { oxide_nm: options.oxide_nm + OXIDE_STEP_NM, ..assumed };
        // Up to a right angle there is a reading.
        let tilted = Assumed { angle_deg: -ANGLE_STEP_DEG, ..assumed };
        let denser = Assumed { substrate_index: 1.0 + INDEX_STEP, ..assumed };
        [
            (thicker, options.oxide_err_nm / OXIDE_STEP_NM),
            (tilted, options.angle_err_deg / ANGLE_STEP_DEG),
            (denser, options.substrate_index_rel_err / INDEX_STEP),
        ]
        .map(|(assumed, errors)| Self {
            surfaces: used.iter().map(|reading| Surface::new(reading, constants, assumed)).collect(),
            errors,
        })
    }
}

/// Properties of the parameters at a minimum.
struct Assessment {
    covariance: Covariance,
    /// Their change if the oxide were thicker by [`OXIDE_STEP_NM`].
    by_oxide_step: nalgebra::Vector4<f64>,
    /// Their changes for one standard uncertainty of oxide, angle of incidence and index of the substrate.
    errors: [nalgebra::Vector4<f64>; 3],
}

impl Assessment {
    /// Standard error, from the residuals, of a quantity with these derivatives by the parameters.
    fn residual_err(&self, by: &nalgebra::Vector4<f64>) -> f64 {
        self.covariance.err(by)
    }

    /// The same with what is assumed.
    fn err(&self, by: &nalgebra::Vector4<f64>) -> f64 {
        self.errors.iter().fold(self.residual_err(by), |err, changed| err.hypot(changed.dot(by)))
    }
}

/// Why fewer parameters are fitted, and which.
struct Undetermined {
    text: String,
    instead: Free,
}

fn undetermined(problem: &Film, best: &Minimum, spread: Option<&Assessment>) -> Option<Undetermined> {
    let x = &best.x;
    let nm = x[0];
    let thickness = |text| Some(Undetermined { text, instead: Free::Thickness });
    if x[1] <= LOWER[0] || x[1] >= UPPER[0] || problem.surfaces.iter().any(|surface| index(surface, x) <= 1.0) {
        return thickness(format!(
            "a film of {nm:.1} nm does not determine both thickness and index (A would become {:.2})",
            x[1]
        ));
    }
    let Some(spread) = spread else {
        return thickness("the readings do not determine both thickness and index".to_owned());
    };
    let mean = problem.surfaces.iter().map(|surface| surface.dispersion).sum::<f64>() / problem.surfaces.len() as f64;
    let (n, err) = (x[1] + mean * (x[2] + mean * x[3]), spread.covariance.scatter(&by_index(mean)));
    if err > INDEX_ERR_MAX || nm * (n - 1.0) < LEAST_PATH_NM {
        return thickness(format!(
            "a film of {nm:.1} nm does not determine both thickness and index (n would be {n:.2} ± {err:.2})"
        ));
    }
    None
}

/// Minima of the cost, the lowest first; at least one.
fn minima(problem: &mut Film, free: Free, options: &CauchyOptions) -> Vec<Minimum> {
    let p = free.count();
    let described = |minima: &[Minimum], readings: usize| {
        minima[0].cost <= SUSPECT_MSE.powi(2) * (3 * readings).saturating_sub(p).max(1) as f64
    };
    problem.choose(COARSE_READINGS);
    let surfaces: Vec<&Surface> = problem.chosen.iter().map(|&k| &problem.surfaces[k]).collect();
    let shortest = 4.0 * std::f64::consts::PI / surfaces.iter().map(|s| s.wavenumber).fold(0.0, f64::max);
    let (mut lower, mut upper) = ([0.0; 4], [options.thickness_max_nm; 4]);
    let mut step = [shortest / 8.0; 4];
    lower[1..].copy_from_slice(&LOWER);
    upper[1..].copy_from_slice(&UPPER);
    step[1..].copy_from_slice(&STEP);
    let limits = Limits {
        lower: &lower[..p],
        upper: &upper[..p],
        step: &step[..p],
        tolerance: 1e-2,
        max_iterations: 10,
        bend_after: usize::MAX,
    };
    let mut a_values = vec![options.a];
    if free != Free::Thickness {
        // The given A replaces the nearest of the others.
        a_values.extend(SCANNED_A.iter().filter(|&&a| (a / options.a - 1.0).abs() > 0.06));
    }
    let candidates = scan(&surfaces, &a_values, options.b_um2, options.c_um4, options.thickness_max_nm);
    let mut found: Vec<Minimum> = Vec::with_capacity(COARSE_SEARCHES);
    let mut search = Search::new(3 * problem.chosen.len(), p);
    let mut coarse = |problem: &mut Film, candidates: &[Candidate], limits| {
        for candidate in candidates {
            let mut x = [candidate.thickness_nm, candidate.a, candidate.b_um2, options.c_um4];
            let outcome = search.minimise(problem, &mut x[..p], limits, FIRST_DAMPING);
            keep(
                &mut found,
                Minimum {
                    x,
                    cost: outcome.cost,
                    iterations: outcome.iterations,
                    stop: outcome.stop,
                    damping: outcome.damping,
                },
            );
        }
        (found.clone(), problem.chosen.len())
    };
    let (mut found, count) = coarse(problem, &distinct(candidates, COARSE_SEARCHES), limits);
    if free.count() >= Free::ThicknessAB.count() && !described(&found, count) {
        let surfaces: Vec<&Surface> = problem.chosen.iter().map(|&k| &problem.surfaces[k]).collect();
        let scanned = |&b_um2: &f64| scan(&surfaces, &CLOSER_A, b_um2, options.c_um4, options.thickness_max_nm);
        let candidates: Vec<Candidate> = CLOSER_B.iter().flat_map(scanned).collect();
        let candidates = distinct(candidates, COARSE_SEARCHES_CLOSER);
        (found, _) = coarse(problem, &candidates, Limits { max_iterations: 40, ..limits });
    }
    problem.choose(usize::MAX);
    let mut search = Search::new(3 * problem.chosen.len(), p);
    let limits = Limits { tolerance: 1e-11, max_iterations: 100, bend_after: 20, ..limits };
    let least = found[0].cost;
    let mut minima = Vec::with_capacity(FULL_SEARCHES);
    for minimum in found.iter().take(FULL_SEARCHES).filter(|minimum| minimum.cost <= NOT_PROMISING * least) {
        let mut x = minimum.x;
        let outcome = search.minimise(problem, &mut x[..p], limits, minimum.damping.min(FIRST_DAMPING));
        let iterations = minimum.iterations + outcome.iterations;
        keep(&mut minima, Minimum { x, cost: outcome.cost, iterations, stop: outcome.stop, damping: outcome.damping });
    }
    minima
}

/// At most `most` of the best candidates of different optical thickness or dispersion.
fn distinct(mut candidates: Vec<Candidate>, most: usize) -> Vec<Candidate> {
    candidates.sort_by(|x, y| {
        let by_misfit = x.misfit.total_cmp(&y.misfit).then(x.phase.total_cmp(&y.phase));
        by_misfit.then(x.a.total_cmp(&y.a)).then(x.b_um2.total_cmp(&y.b_um2))
    });
    let mut best: Vec<Candidate> = Vec::with_capacity(most);
    for candidate in candidates {
        let near = |other: &Candidate| {
            (other.phase - candidate.phase).abs() <= SAME_PHASE && other.b_um2.total_cmp(&candidate.b_um2).is_eq()
        };
        if best.len() < most && !best.iter().any(near) {
            best.push(candidate);
        }
    }
    best
}

/// Inserts a minimum among the others, the lowest first; of two at one thickness the lower one is kept.
fn keep(minima: &mut Vec<Minimum>, new: Minimum) {
    let same = |other: &Minimum| (other.x[0] - new.x[0]).abs() <= (SAME_THICKNESS * new.x[0]).max(0.1);
    if let Some(place) = minima.iter().position(same) {
        if minima[place].cost <= new.cost {
            return;
        }
        minima.remove(place);
    }
    let place = minima.partition_point(|other| other.cost <= new.cost);
    minima.insert(place, new);
}

fn judge(fit: &CauchyFit, used: &[Reading], options: &CauchyOptions, held: Option<&str>, stop: Stop) -> Verdict {
    let mut verdict = Verdict::default();
    if fit.mse > SUSPECT_MSE {
        let (quality, how) = if fit.mse > FAILED_MSE {
            (Quality::Failed, "does not describe")
        } else {
            (Quality::Suspect, "hardly describes")
        };
        let words = format!("MSE {:.1}: the model {how} the readings (below {SUSPECT_MSE} expected)", fit.mse);
        verdict.add(quality, ReasonCode::PoorFit, words);
    }
    let mut doubt = |code, words| verdict.add(Quality::Suspect, code, words);
    if fit.mse > SUSPECT_MSE && used.iter().all(|reading| (0.0..=180.0).contains(&reading.delta_deg)) {
        let words = "all values of Δ lie from 0° to 180°: values folded into that range cannot be fitted".to_owned();
        doubt(ReasonCode::DeltaFolded, words);
    }
    let assumed = fit.thickness_oxide_err_nm.hypot(fit.thickness_angle_err_nm).hypot(fit.thickness_substrate_err_nm);
    let explained = (MISFIT_EXPLAINED * assumed).max(MISFIT_REL * fit.thickness_nm);
    if fit.mse <= SUSPECT_MSE
        && fit.residual_correlation > MISFIT_CORRELATION
        && fit.thickness_residual_err_nm > explained
    {
        let words = format!(
            "the misfit is not noise (neighbouring residuals correlate by {:.2}): the film may be rough, absorbing or \
             on another substrate, which changes its thickness by some {:.1} nm",
            fit.residual_correlation, fit.thickness_residual_err_nm
        );
        doubt(ReasonCode::ResidualsCorrelated, words);
    }
    if let Some(text) = held {
        let terms = [("A", fit.a), ("B", fit.b_um2), ("C", fit.c_um4)];
        let terms: Vec<String> = terms.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        let words = format!("{text}; only the thickness was fitted, the index held at {}", terms.join(", "));
        doubt(ReasonCode::ParameterUndetermined, words);
    }
    if let Some(other) = fit.other_thickness_nm {
        let words = format!("{:.1} nm and {other:.1} nm describe the readings equally well", fit.thickness_nm);
        doubt(ReasonCode::AmbiguousSolution, words);
    }
    if fit.thickness_nm >= options.thickness_max_nm {
        let words = format!("thickness at its bound of {} nm", options.thickness_max_nm);
        doubt(ReasonCode::ParameterAtBound, words);
    }
    if !fit.thickness_err_nm.is_finite() {
        let words = "the readings do not determine the thickness".to_owned();
        doubt(ReasonCode::ParameterUndetermined, words);
    } else if fit.thickness_err_nm > (0.1 * fit.thickness_nm).max(0.5) {
        let words = format!("thickness known only to {:.1} nm", fit.thickness_err_nm);
        doubt(ReasonCode::LargeUncertainty, words);
    }
    if stop == Stop::IterationLimit {
        let words = format!("not converged after {}", counted(fit.iterations, "iteration", "iterations"));
        doubt(ReasonCode::NotConverged, words);
    }
    verdict.note(format!(
        "{} from {:.0} nm to {:.0} nm, MSE {:.2}",
        counted(fit.n_points, "reading", "readings"),
        fit.wavelength_min_nm,
        fit.wavelength_max_nm,
        fit.mse
    ));
    if fit.n_left_out > 0 {
        let left_out = counted(fit.n_left_out, "reading", "readings");
        verdict.note(format!("{left_out} outside the range of wavelengths left out"));
    }
    verdict
}
