//! Fits pseudo-Voigt profiles to peaks, overlapping ones together.
//!
//! c(x) = b₀ + b₁·x + Σ A·[V(x − x₀) + ratio·V(x − x₀')], V = η·L + (1 − η)·G of unit area and one width,
//! x₀' the Bragg angle of Kα₂. Weights are 1/c of the model, updated until they are constant: the solution is that
//! of maximum Poisson likelihood, while weights of 1/counts would lose about one count per point.

use std::f64::consts::{LN_2, PI};

use super::background::Counts;
use super::maxima::{Candidate, Shape, coherence_length};
use super::pattern::{Peak, PeakKind, PeakOptions, bragg_spacing_angstrom};
use crate::levenberg::{FIRST_DAMPING, Limits, Problem, Search, Stop};
use crate::quality::{Quality, ReasonCode, Verdict, counted};

/// Peaks closer than this fraction of the sum of their widths are fitted together.
const OVERLAP: f64 = 3.0;
/// Number of fits of groups that affect each other.
const SWEEPS: usize = 3;
/// Largest number of peaks in one fit; a longer run is divided, with the peaks of the other parts fixed.
const MOST_LINES: usize = 6;
/// Range of a fit beyond its outermost peaks, in widths, to determine the background.
const REACH: f64 = 4.0;
/// Least range (deg).
const LEAST_REACH_DEG: f64 = 0.5;
/// A halo is fitted over fewer of its widths: further out the background is not straight.
const HALO_REACH: f64 = 1.25;
/// Tails of other peaks are included above this fraction of the noise of a point, up to this number of widths away.
const SMALLEST_TAIL: f64 = 0.05;
const FARTHEST_TAIL: f64 = 20.0;
/// Prior of the Lorentzian fraction: the middle and the standard deviation of 0 to 1.
const PRIOR_SHARE: f64 = 0.5;
const PRIOR_DEVIATION: f64 = 0.288_675_134_594_812_9;
/// Parameters of one peak, and of the background.
const PER_LINE: usize = 4;
const OF_BACKGROUND: usize = 2;
/// Largest number of weight updates, and the relative change of a weight that ends them.
const ROUNDS: usize = 6;
const SAME_WEIGHT: f64 = 1e-2;
/// Variance of a point at which the model has hardly any counts.
const LEAST_VARIANCE: f64 = 0.25;

/// Kα₂ relative to Kα₁.
#[derive(Clone, Copy)]
struct Second {
    /// λ₂/λ₁.
    stretch: f64,
    ratio: f64,
}

/// One peak: area (counts·deg), position, width (deg), Lorentzian fraction.
type Shape4 = [f64; PER_LINE];

/// Fits all candidates; the result is sorted by angle.
pub(super) fn fit_all(
    counts: &Counts,
    g: &[f64],
    candidates: &[Candidate],
    counts_per_intensity: f64,
    options: &PeakOptions,
) -> Vec<Peak> {
    let second = options.alpha2.map(|alpha2| Second {
        stretch: alpha2.wavelength_angstrom / options.wavelength_angstrom,
        ratio: alpha2.ratio,
    });
    let fitter = Fitter { counts, g, second };
    let lines: Vec<Candidate> = candidates.iter().filter(|c| c.shape == Shape::Line).copied().collect();
    let halos: Vec<Candidate> = candidates.iter().filter(|c| c.shape == Shape::Halo).copied().collect();
    // Halos first, without the points near peaks; peaks are then fitted on top of them.
    let mut peaks = Vec::with_capacity(candidates.len());
    let mut under = Vec::with_capacity(halos.len());
    for halo in &halos {
        let window = fitter.window(std::slice::from_ref(halo), HALO_REACH, LEAST_REACH_DEG);
        let fit = fitter.fit(&[fitter.start(halo)], window, &[], &lines).into_iter().next().flatten();
        let peak = fitter.peak(halo, fit.as_ref(), counts_per_intensity, options);
        under.extend(fit.filter(|_| peak.verdict.quality != Quality::Failed).map(|fit| fit.shape));
        peaks.push(peak);
    }
    let mut shapes: Vec<Shape4> = lines.iter().map(|line| fitter.start(line)).collect();
    let mut fits: Vec<Option<Fit>> = vec![None; lines.len()];
    let groups = groups(&lines);
    let mut seen: Vec<Vec<Shape4>> = vec![Vec::new(); groups.len()];
    for sweep in 0..SWEEPS {
        for (group, seen) in groups.iter().zip(&mut seen) {
            // Again only where the first fit used start values of other peaks.
            let window = fitter.window(&lines[group.clone()], REACH, LEAST_REACH_DEG);
            let outside = |k: &usize| !group.contains(k) && fitter.touches(&shapes[*k], window);
            let mut others: Vec<Shape4> = (0..lines.len()).filter(outside).map(|k| shapes[k]).collect();
            if sweep > 0 && same_shapes(seen, &others) {
                continue;
            }
            seen.clone_from(&others);
            others.extend(&under);
            for (k, fit) in group.clone().zip(fitter.fit(&shapes[group.clone()], window, &others, &[])) {
                let kept = fit.filter(|fit| fitter.belongs(fit, &lines[k]));
                shapes[k] = kept.map_or_else(|| fitter.start(&lines[k]), |fit| fit.shape);
                fits[k] = kept;
            }
        }
    }
    let of_lines = lines.iter().zip(&fits);
    peaks.extend(of_lines.map(|(line, fit)| fitter.peak(line, fit.as_ref(), counts_per_intensity, options)));
    peaks.sort_by(|a, b| a.two_theta_deg.total_cmp(&b.two_theta_deg).then(a.area.total_cmp(&b.area)));
    peaks
}

/// Splitting of a doublet over the width of its peak, below which its lines cannot be told apart from an asymmetry of the instrument.
const LEAST_SPLITTING: f64 = 0.2;
/// Number of the strongest peaks by which Kα₂ is judged, and what one of them counts at most: a profile may misfit.
const JUDGES: usize = 6;
const MOST_EVIDENCE: f64 = 30.0;

/// How much better the peaks are described with Kα₂ than without it: the difference of χ², positive where it is there. Both fits
/// have the same peaks and points.
pub(super) fn evidence_of_second(counts: &Counts, g: &[f64], candidates: &[Candidate], options: &PeakOptions) -> f64 {
    let Some(alpha2) = options.alpha2 else { return 0.0 };
    let stretch = alpha2.wavelength_angstrom / options.wavelength_angstrom;
    let double = Fitter { counts, g, second: Some(Second { stretch, ratio: alpha2.ratio }) };
    let single = Fitter { counts, g, second: None };
    let lines: Vec<Candidate> = candidates.iter().filter(|c| c.shape == Shape::Line).copied().collect();
    let mut groups = groups(&lines);
    groups.retain(|group| {
        let is_split = |line: &Candidate| {
            double.second_place(line.x).is_some_and(|(shift, _)| shift > LEAST_SPLITTING * line.fwhm)
        };
        lines[group.clone()].iter().any(is_split)
    });
    let strongest = |group: &std::ops::Range<usize>| {
        lines[group.clone()].iter().map(|line| line.signal_to_noise).fold(0.0, f64::max)
    };
    groups.sort_by(|a, b| strongest(b).total_cmp(&strongest(a)));
    groups
        .iter()
        .take(JUDGES)
        .filter_map(|group| {
            let lines = &lines[group.clone()];
            let window = double.window(lines, REACH, LEAST_REACH_DEG);
            let of = |fitter: &Fitter<'_>| {
                let starts: Vec<Shape4> = lines.iter().map(|line| fitter.start(line)).collect();
                fitter
                    .fit(&starts, window, &[], &[])
                    .into_iter()
                    .next()
                    .flatten()
                    .map(|fit| (fit.chi2, fit.reduced_chi2))
            };
            let ((one, reduced_one), (two, reduced_two)) = (of(&single)?, of(&double)?);
            let evidence = (one - two) / reduced_one.min(reduced_two).max(1.0);
            Some(evidence.clamp(-MOST_EVIDENCE, MOST_EVIDENCE))
        })
        .sum()
}

/// Whether positions and areas of peaks are unchanged to a fiftieth: their tails then are, too.
fn same_shapes(before: &[Shape4], now: &[Shape4]) -> bool {
    before.len() == now.len()
        && before.iter().zip(now).all(|(a, b)| {
            let [area, place, width, share] = *a;
            (b[0] - area).abs() <= 0.02 * area
                && (b[1] - place).abs() <= 0.02 * width
                && (b[2] - width).abs() <= 0.02 * width
                && (b[3] - share).abs() <= 0.02
        })
}

/// Runs of peaks that overlap.
fn groups(lines: &[Candidate]) -> Vec<std::ops::Range<usize>> {
    let mut groups: Vec<std::ops::Range<usize>> = Vec::new();
    for (k, line) in lines.iter().enumerate() {
        match groups.last_mut() {
            Some(group)
                if group.len() < MOST_LINES && line.x - lines[k - 1].x < OVERLAP * (line.fwhm + lines[k - 1].fwhm) =>
            {
                group.end = k + 1;
            }
            _ => groups.push(k..k + 1),
        }
    }
    groups
}

struct Fitter<'a> {
    counts: &'a Counts,
    g: &'a [f64],
    second: Option<Second>,
}

/// A fitted peak, in counts.
#[derive(Clone, Copy, Debug)]
struct Fit {
    shape: Shape4,
    error: Shape4,
    background: f64,
    significance: f64,
    reduced_chi2: f64,
    chi2: f64,
    stop: Stop,
    /// Whether the width or the position ended at its bound.
    bounded: bool,
    /// Distance to the nearest peak of the same fit, in widths.
    nearest: f64,
}

impl Fitter<'_> {
    fn start(&self, line: &Candidate) -> Shape4 {
        let ratio = self.second.map_or(0.0, |second| second.ratio);
        // If both peaks are in one maximum, the height is that of both.
        let (shift, _) = self.second_place(line.x).unwrap_or((0.0, 0.0));
        let share = if shift < 0.7 * line.fwhm { 1.0 / (1.0 + ratio) } else { 1.0 };
        let place = line.x - (1.0 - share) * shift;
        [line.height * share * line.fwhm / unit_height(0.5), place, line.fwhm, 0.5]
    }

    /// Distance of Kα₂ above `x` (deg), and the derivative of its position.
    fn second_place(&self, x: f64) -> Option<(f64, f64)> {
        let second = self.second?;
        second_place(second, x).map(|(place, slope)| (place - x, slope))
    }

    /// First and last angle of a fit (deg).
    fn window(&self, lines: &[Candidate], reach: f64, least: f64) -> (f64, f64) {
        let shift = |line: &Candidate| self.second_place(line.x).map_or(0.0, |(shift, _)| shift);
        let low = lines.iter().map(|line| line.x - (reach * line.fwhm).max(least)).fold(f64::INFINITY, f64::min);
        let high = lines
            .iter()
            .map(|line| line.x + shift(line) + (reach * line.fwhm).max(least))
            .fold(f64::NEG_INFINITY, f64::max);
        (low, high)
    }

    /// Whether a peak's tail counts in a window: if it exceeds a fraction of the noise there, and is not so far
    /// away that its profile is unknown.
    fn touches(&self, shape: &Shape4, (low, high): (f64, f64)) -> bool {
        let [_, place, width, _] = *shape;
        let edge = place.clamp(low, high);
        let k = self.counts.x.partition_point(|&x| x < edge).min(self.g.len() - 1);
        let noise = self.g[k].max(LEAST_VARIANCE).sqrt();
        (place - edge).abs() < FARTHEST_TAIL * width && value(shape, self.second, edge) > SMALLEST_TAIL * noise
    }

    /// Whether a fit is still at the maximum from which it started.
    fn belongs(&self, fit: &Fit, line: &Candidate) -> bool {
        let [_, place, width, _] = fit.shape;
        let shift = self.second_place(line.x).map_or(0.0, |(shift, _)| shift);
        let away = (place - line.x).abs() > 0.3 * line.fwhm.max(0.1) + 0.35 * shift;
        let wide = width > 2.5 * line.fwhm.max(0.1);
        !(fit.reduced_chi2 > SUSPECT_CHI2 && (away || wide))
    }

    /// Fits peaks together. `others` are fixed; points near `masked` peaks are left out.
    fn fit(
        &self,
        start: &[Shape4],
        (low, high): (f64, f64),
        others: &[Shape4],
        masked: &[Candidate],
    ) -> Vec<Option<Fit>> {
        let all = &self.counts.x;
        let (from, to) = (all.partition_point(|&x| x < low), all.partition_point(|&x| x <= high));
        let kept: Vec<usize> = (from..to)
            .filter(|&k| !masked.iter().any(|line| (all[k] - line.x).abs() < 2.0 * line.fwhm.max(0.1)))
            .collect();
        let parameters = OF_BACKGROUND + PER_LINE * start.len();
        let none = vec![None; start.len()];
        if kept.len() < parameters + 2 {
            return none;
        }
        let (first, last) = (all[kept[0]], all[kept[kept.len() - 1]]);
        if first >= last {
            return none;
        }
        let x: Vec<f64> = kept.iter().map(|&k| all[k]).collect();
        let y: Vec<f64> = kept.iter().map(|&k| self.counts.y[k]).collect();
        let fixed: Vec<f64> =
            x.iter().map(|&x| others.iter().map(|shape| value(shape, self.second, x)).sum()).collect();
        let v: Vec<f64> = kept.iter().map(|&k| self.counts.v[k]).collect();
        let weight: Vec<f64> =
            kept.iter().map(|&k| 1.0 / (self.g[k].max(LEAST_VARIANCE) * self.counts.v[k]).sqrt()).collect();
        let n = x.len();
        let centre = 0.5 * (first + last);
        let half = 0.5 * (last - first);
        let step = (last - first) / (n - 1) as f64;
        let edge = |k: usize| (self.g[kept[k]] - fixed[k]).max(0.0);
        let (left, right) = (edge(0), edge(n - 1));
        let mut at = vec![0.5 * (left + right), 0.5 * (right - left)];
        let mut limits = Bounds::background(self.g[kept[0]..=kept[n - 1]].iter().copied().fold(1.0, f64::max));
        for shape in start {
            at.extend(shape);
            let [_, place, width, _] = *shape;
            let reach = width.max(0.1);
            limits.push(0.0, f64::INFINITY, f64::INFINITY);
            limits.push(place - reach, place + reach, 0.3 * width);
            limits.push((0.5 * step).min(0.9 * width), (2.0 * half).max(1.1 * width), 0.5 * width);
            limits.push(0.0, 1.0, 0.3);
        }
        let mut problem = Group {
            x: &x,
            y: &y,
            v: &v,
            fixed,
            weight,
            centre,
            half,
            second: self.second,
            at: at.clone(),
            model: vec![0.0; n],
        };
        let mut search = Search::new(n + start.len(), parameters);
        let mut stop = Stop::IterationLimit;
        let mut damping = FIRST_DAMPING;
        for round in 0..ROUNDS {
            // Before the weights are final, an exact minimum is not needed.
            let outcome =
                search.minimise(&mut problem, &mut at, limits.of(if round == 0 { 1e-4 } else { 1e-7 }), damping);
            stop = outcome.stop;
            damping = outcome.damping.min(FIRST_DAMPING);
            if problem.renew_weights(&at) < SAME_WEIGHT && round > 0 {
                break;
            }
            stop = Stop::IterationLimit;
        }
        let free = Bounds::none(parameters);
        let Some(errors) = search.standard_errors(&mut problem, &at, free.of(1e-9)) else { return none };
        let errors = errors.to_vec();
        // The same with position and shape of one peak fixed.
        let mut significances = Vec::with_capacity(start.len());
        for area in (OF_BACKGROUND..parameters).step_by(PER_LINE) {
            let mut held = Bounds::none(parameters);
            (area + 1..area + PER_LINE).for_each(|k| held.upper[k] = at[k]);
            let error = search.standard_errors(&mut problem, &at, held.of(1e-9)).map_or(f64::INFINITY, |e| e[area]);
            significances.push(at[area] / error);
        }
        let of_points = problem.model.iter().zip(&y).zip(&v);
        let chi2: f64 = of_points.map(|((m, y), v)| (m - y).powi(2) / (m.max(LEAST_VARIANCE) * v)).sum();
        let dof = (n - parameters) as f64;
        let reduced_chi2 = chi2 / dof;
        // A χ² within its own scatter does not contradict the model.
        let scale = if reduced_chi2 > 1.0 + 3.0 * (2.0 / dof).sqrt() { reduced_chi2.sqrt() } else { 1.0 };
        let shapes: Vec<Shape4> = at[OF_BACKGROUND..].chunks_exact(PER_LINE).map(four).collect();
        let places: Vec<f64> = shapes.iter().map(|shape| shape[1]).collect();
        shapes
            .iter()
            .zip(errors[OF_BACKGROUND..].chunks_exact(PER_LINE))
            .enumerate()
            .map(|(k, (&shape, error))| {
                let error = four(error).map(|error| error * scale);
                let parameter = OF_BACKGROUND + PER_LINE * k;
                let bounded = (1..3).any(|i| limits.at_bound(parameter + i, shape[i]));
                let neighbours = places.iter().enumerate().filter(|&(other, _)| other != k);
                let nearest =
                    neighbours.map(|(_, place)| (place - shape[1]).abs()).fold(f64::INFINITY, f64::min) / shape[2];
                let background = at[0] + at[1] * (shape[1] - centre) / half;
                let good = shape.iter().chain(&error).all(|value| value.is_finite());
                good.then_some(Fit {
                    shape,
                    error,
                    background,
                    significance: significances[k],
                    reduced_chi2,
                    chi2,
                    stop,
                    bounded,
                    nearest,
                })
            })
            .collect()
    }

    /// A peak in the unit of the pattern.
    fn peak(&self, candidate: &Candidate, fit: Option<&Fit>, per: f64, options: &PeakOptions) -> Peak {
        let start = self.start(candidate);
        let near = self.counts.x.partition_point(|&x| x < candidate.x).min(self.g.len() - 1);
        let [area, _, width, _] = start;
        let unfitted = Fit {
            shape: start,
            // Anywhere within the width, half the remainder.
            error: [0.5 * area, PRIOR_DEVIATION * width, 0.5 * width, PRIOR_DEVIATION],
            background: self.g[near] - candidate.height,
            significance: candidate.signal_to_noise,
            reduced_chi2: 0.0,
            chi2: 0.0,
            stop: Stop::IterationLimit,
            bounded: false,
            nearest: f64::INFINITY,
        };
        let Fit { shape, error, background, significance, reduced_chi2, .. } = *fit.unwrap_or(&unfitted);
        let [area, two_theta_deg, fwhm_deg, lorentzian] = shape;
        let d_angstrom = bragg_spacing_angstrom(two_theta_deg, options.wavelength_angstrom);
        // |∂d/∂2θ| = d/(2 tan θ).
        let d_err_angstrom = d_angstrom * 0.5 * error[1].to_radians() / (0.5 * two_theta_deg).to_radians().tan();
        let broad = coherence_length(two_theta_deg, fwhm_deg, options) < options.min_coherence_length_angstrom;
        let halo = candidate.shape == Shape::Halo || (fit.is_some() && broad);
        let verdict = match fit {
            // So far above the noise it is a peak, or several.
            None if candidate.signal_to_noise > SURE => Verdict::suspect(
                ReasonCode::PoorFit,
                "no profile fits this maximum: position, width and area are estimates, their uncertainties guesses",
            ),
            None => Verdict::failed(ReasonCode::PoorFit, "no profile fits this maximum"),
            Some(fit) => self.judge(fit),
        };
        Peak {
            kind: if halo { PeakKind::Halo } else { PeakKind::Line },
            two_theta_deg,
            two_theta_err_deg: error[1],
            d_angstrom,
            d_err_angstrom,
            fwhm_deg,
            fwhm_err_deg: error[2],
            height: area * unit_height(lorentzian) / fwhm_deg / per,
            area: area / per,
            area_err: error[0] / per,
            common_area_err: 0.0,
            background: background.max(0.0) / per,
            significance,
            lorentzian,
            signal_to_noise: candidate.signal_to_noise,
            reduced_chi2,
            verdict,
        }
    }

    fn judge(&self, fit: &Fit) -> Verdict {
        let [area, position, width, _] = fit.shape;
        let Fit { significance, .. } = *fit;
        // NaN is not an area either.
        if significance < LEAST_SIGNIFICANCE || significance.is_nan() {
            let words =
                format!("area {significance:.1} times the noise under it, {LEAST_SIGNIFICANCE} needed for a peak");
            return Verdict::failed(ReasonCode::SignalTooWeak, words);
        }
        let mut verdict = Verdict::default();
        let mut doubt = |code, words| verdict.add(Quality::Suspect, code, words);
        if area < 2.0 * fit.error[0] {
            let words = format!("area {:.1} times its uncertainty, 2 needed", area / fit.error[0]);
            doubt(ReasonCode::LargeUncertainty, words);
        }
        if fit.stop == Stop::IterationLimit {
            doubt(ReasonCode::NotConverged, "the fit did not converge".to_owned());
        }
        if fit.bounded {
            doubt(ReasonCode::ParameterAtBound, "position or width at a bound of the fit".to_owned());
        }
        let x = &self.counts.x;
        if position - x[0] < width || x[x.len() - 1] - position < width {
            doubt(ReasonCode::NearEndOfRange, "less than its width from the end of the scan".to_owned());
        }
        let points =
            x.partition_point(|&x| x <= position + 0.5 * width) - x.partition_point(|&x| x < position - 0.5 * width);
        if points < LEAST_POINTS {
            let words = format!("{} within its width, {LEAST_POINTS} needed", counted(points, "point", "points"));
            doubt(ReasonCode::SamplingTooCoarse, words);
        }
        if fit.reduced_chi2 > SUSPECT_CHI2 {
            let words = format!("reduced χ² {:.1}: the profile is not a pseudo-Voigt function", fit.reduced_chi2);
            doubt(ReasonCode::PoorFit, words);
        }
        if fit.nearest < 0.7 {
            let words = format!("the next peak is {:.1} of its width away: areas are shared between them", fit.nearest);
            doubt(ReasonCode::PeaksOverlap, words);
        }
        verdict
    }
}

/// An area below this many times the noise under the profile is not significant: with a thousand positions and three
/// widths to choose from, noise exceeds it in 3000·P(z > 4.7) = 0.4 % of patterns.
const LEAST_SIGNIFICANCE: f64 = 4.7;
/// Above this signal-to-noise ratio a maximum is real even if no profile fits it.
const SURE: f64 = 10.0;
/// Least number of points within the width; with fewer the shape is uncertain.
const LEAST_POINTS: usize = 4;
/// A reduced χ² at which the uncertainties, scaled by its root, no longer describe the misfit.
const SUSPECT_CHI2: f64 = 4.0;

fn four(values: &[f64]) -> Shape4 {
    let mut shape = [0.0; PER_LINE];
    shape.copy_from_slice(values);
    shape
}

/// Height × width of a profile of unit area.
fn unit_height(lorentzian: f64) -> f64 {
    lorentzian * 2.0 / PI + (1.0 - lorentzian) * 2.0 * (LN_2 / PI).sqrt()
}

/// Position of Kα₂ of a peak at `x` (deg), and its derivative.
fn second_place(second: Second, x: f64) -> Option<(f64, f64)> {
    let theta = (0.5 * x).to_radians();
    let sine = second.stretch * theta.sin();
    (sine < 1.0).then(|| (2.0 * sine.asin().to_degrees(), second.stretch * theta.cos() / (1.0 - sine * sine).sqrt()))
}

/// Lorentzian and Gaussian of unit area and one full width at half maximum.
fn profile(x: f64, place: f64, width: f64) -> (f64, f64, f64) {
    let u = (x - place) / width;
    let lorentz = 2.0 / (PI * width * (1.0 + 4.0 * u * u));
    // Further out it is below the rounding of the Lorentzian.
    let bell = if u * u < 14.0 { (-4.0 * LN_2 * u * u).exp() } else { 0.0 };
    (u, lorentz, 2.0 / width * (LN_2 / PI).sqrt() * bell)
}

fn value(&[area, place, width, share]: &Shape4, second: Option<Second>, x: f64) -> f64 {
    let one = |place: f64| {
        let (_, lorentz, gauss) = profile(x, place, width);
        share * lorentz + (1.0 - share) * gauss
    };
    let other = second.and_then(|s| second_place(s, place).map(|(place, _)| s.ratio * one(place)));
    area * (one(place) + other.unwrap_or(0.0))
}

/// Bounds and largest steps of the parameters.
struct Bounds {
    lower: Vec<f64>,
    upper: Vec<f64>,
    step: Vec<f64>,
}

impl Bounds {
    fn background(most: f64) -> Self {
        let mut bounds = Self { lower: Vec::new(), upper: Vec::new(), step: Vec::new() };
        bounds.push(-2.0 * most, 2.0 * most, f64::INFINITY);
        bounds.push(-2.0 * most, 2.0 * most, f64::INFINITY);
        bounds
    }

    fn none(parameters: usize) -> Self {
        let infinite = vec![f64::INFINITY; parameters];
        Self { lower: vec![f64::NEG_INFINITY; parameters], upper: infinite.clone(), step: infinite }
    }

    fn push(&mut self, lower: f64, upper: f64, step: f64) {
        self.lower.push(lower);
        self.upper.push(upper);
        self.step.push(step);
    }

    fn at_bound(&self, k: usize, value: f64) -> bool {
        value <= self.lower[k] || value >= self.upper[k]
    }

    fn of(&self, tolerance: f64) -> Limits<'_> {
        Limits {
            lower: &self.lower,
            upper: &self.upper,
            step: &self.step,
            tolerance,
            max_iterations: 60,
            bend_after: usize::MAX,
        }
    }
}

/// Peaks over a straight background, with the prior of each peak's Lorentzian fraction as a last residual.
struct Group<'a> {
    x: &'a [f64],
    y: &'a [f64],
    /// Variance of a point over its mean.
    v: &'a [f64],
    fixed: Vec<f64>,
    /// 1/√variance.
    weight: Vec<f64>,
    centre: f64,
    half: f64,
    second: Option<Second>,
    at: Vec<f64>,
    model: Vec<f64>,
}

impl Group<'_> {
    /// Takes the variances from the model at `x`; returns the largest relative change of one.
    fn renew_weights(&mut self, x: &[f64]) -> f64 {
        self.evaluate(x);
        let mut change: f64 = 0.0;
        for ((weight, &model), v) in self.weight.iter_mut().zip(&self.model).zip(self.v) {
            let variance = model.max(LEAST_VARIANCE) * v;
            change = change.max((variance * *weight * *weight - 1.0).abs());
            *weight = 1.0 / variance.sqrt();
        }
        change
    }

    fn evaluate(&mut self, at: &[f64]) {
        self.at.copy_from_slice(at);
        for (k, &x) in self.x.iter().enumerate() {
            self.model[k] = self.fixed[k] + at[0] + at[1] * (x - self.centre) / self.half;
        }
        for shape in at[OF_BACKGROUND..].chunks_exact(PER_LINE) {
            let &[area, place, width, share] = shape else { continue };
            let other = self.second.and_then(|s| second_place(s, place).map(|(place, _)| (place, s.ratio)));
            for (model, &x) in self.model.iter_mut().zip(self.x) {
                let (_, lorentz, gauss) = profile(x, place, width);
                let mut sum = share * lorentz + (1.0 - share) * gauss;
                if let Some((place, ratio)) = other {
                    let (_, lorentz, gauss) = profile(x, place, width);
                    sum += ratio * (share * lorentz + (1.0 - share) * gauss);
                }
                *model += area * sum;
            }
        }
    }
}

impl Problem for Group<'_> {
    fn residuals(&mut self, x: &[f64], r: &mut [f64]) -> f64 {
        self.evaluate(x);
        let (points, priors) = r.split_at_mut(self.x.len());
        let mut cost = 0.0;
        for (k, r) in points.iter_mut().enumerate() {
            *r = (self.model[k] - self.y[k]) * self.weight[k];
            cost += *r * *r;
        }
        for (r, shape) in priors.iter_mut().zip(x[OF_BACKGROUND..].chunks_exact(PER_LINE)) {
            *r = (shape[3] - PRIOR_SHARE) / PRIOR_DEVIATION;
            cost += *r * *r;
        }
        if cost.is_finite() { cost } else { f64::INFINITY }
    }

    fn jacobian(&mut self, j: &mut [f64]) {
        let n = self.x.len();
        let lines = (self.at.len() - OF_BACKGROUND) / PER_LINE;
        let rows = n + lines;
        j.fill(0.0);
        let (background, of_lines) = j.split_at_mut(OF_BACKGROUND * rows);
        for k in 0..n {
            background[k] = self.weight[k];
            background[rows + k] = self.weight[k] * (self.x[k] - self.centre) / self.half;
        }
        let shapes = self.at[OF_BACKGROUND..].chunks_exact(PER_LINE);
        for (line, (shape, columns)) in shapes.zip(of_lines.chunks_exact_mut(PER_LINE * rows)).enumerate() {
            let &[area, place, width, share] = shape else { continue };
            let other = self.second.and_then(|s| second_place(s, place).map(|(at, slope)| (at, slope, s.ratio)));
            let parts = [Some((place, 1.0, 1.0)), other];
            let (of_area, rest) = columns.split_at_mut(rows);
            let (of_place, rest) = rest.split_at_mut(rows);
            let (of_width, of_share) = rest.split_at_mut(rows);
            for k in 0..n {
                for &(place, slope, ratio) in parts.iter().flatten() {
                    let (u, lorentz, gauss) = profile(self.x[k], place, width);
                    let (lorentz, gauss) = (share * lorentz, (1.0 - share) * gauss);
                    let pull = (lorentz * 8.0 / (1.0 + 4.0 * u * u) + gauss * 8.0 * LN_2) * u / width;
                    let scale = self.weight[k] * ratio;
                    of_area[k] += scale * (lorentz + gauss);
                    of_place[k] += scale * area * slope * pull;
                    of_width[k] += scale * area * (pull * u - (lorentz + gauss) / width);
                    let (_, lorentz, gauss) = profile(self.x[k], place, width);
                    of_share[k] += scale * area * (lorentz - gauss);
                }
            }
            of_share[n + line] = 1.0 / PRIOR_DEVIATION;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn analytic_derivatives_agree_with_differences() {
        let x: Vec<f64> = (0..200).map(|k| 40.0 + 0.02 * f64::from(k)).collect();
        let y = vec![100.0; x.len()];
        let at = vec![90.0, -7.0, 200.0, 41.3, 0.21, 0.3, 80.0, 41.9, 0.4, 0.8];
        let (n, lines) = (x.len(), 2);
        let mut group = Group {
            x: &x,
            y: &y,
            v: &vec![1.0; n],
            fixed: vec![3.0; n],
            weight: (0..200).map(|k| 0.05 + 1e-4 * f64::from(k)).collect(),
            centre: 42.0,
            half: 2.0,
            second: Some(Second { stretch: 1.544_426 / 1.540_598, ratio: 0.5 }),
            at: at.clone(),
            model: vec![0.0; n],
        };
        let rows = n + lines;
        let mut jacobian = vec![0.0; rows * at.len()];
        let (mut above, mut below) = (vec![0.0; rows], vec![0.0; rows]);
        group.residuals(&at, &mut above);
        group.jacobian(&mut jacobian);
        for k in 0..at.len() {
            let step = 1e-6 * at[k].abs().max(1e-2);
            let mut moved = at.clone();
            moved[k] = at[k] + step;
            group.residuals(&moved, &mut above);
            moved[k] = at[k] - step;
            group.residuals(&moved, &mut below);
            let column = &jacobian[rows * k..rows * (k + 1)];
            let largest = column.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
            for row in 0..rows {
                let difference = (above[row] - below[row]) / (2.0 * step);
                assert!((difference - column[row]).abs() < 1e-5 * largest, "parameter {k}, row {row}");
            }
        }
    }
}
