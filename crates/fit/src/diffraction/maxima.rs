//! Maxima that exceed counting noise: peaks of crystals, and halos.

use super::background::{Counts, Smoothed};
use super::pattern::{PeakOptions, bragg_angle_deg, bragg_spacing_angstrom};

/// Apparent kind of a maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Line,
    Halo,
}

/// A maximum to be fitted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) shape: Shape,
    /// Position (deg).
    pub(super) x: f64,
    /// Width at half prominence, corrected for smoothing (deg).
    pub(super) fwhm: f64,
    /// Prominence of the smoothed maximum (counts).
    pub(super) height: f64,
    pub(super) signal_to_noise: f64,
}

/// Result of the search.
pub(super) struct Found {
    /// By angle.
    pub(super) candidates: Vec<Candidate>,
    /// Of maxima that are not halos and below the limit.
    pub(super) max_rejected_signal_to_noise: f64,
}

/// Factor of the least coherence length above which a maximum is a crystal peak. Below, the maximum is examined
/// twice: several unresolved peaks, or the top of a halo.
const SURELY_LINE: f64 = 4.0;
/// Least height of a peak relative to its maximum's prominence; the curved top of a halo appears smaller.
const LINE_SHARE: f64 = 0.3;
/// Standard deviations by which a wide maximum must differ from a polynomial.
const NOT_A_TOP: f64 = 3.0;

pub(super) fn find(counts: &Counts, median: &[f64], smoothed: &Smoothed, excess: f64, options: &PeakOptions) -> Found {
    let g = &smoothed.value;
    let mut candidates = Vec::new();
    let mut rejected = 0.0_f64;
    for maximum in prominences(g) {
        let Maximum { k, prominence, .. } = maximum;
        let foot = g[k] - prominence;
        // The foot is a minimum of noise, the median may include a peak's flank: a value between them.
        let base = median[k].clamp(foot, foot + 0.5 * prominence);
        let n = smoothed.points[k];
        let noise = excess * (1.0 + (base * n + 0.75).sqrt()) / n;
        let signal_to_noise = prominence / noise;
        if signal_to_noise < options.min_signal_to_noise || prominence < options.min_share_of_background * base {
            // A fluctuation of the background may be many times the noise, but is not a maximum in this sense.
            if prominence >= options.min_share_of_background * base {
                rejected = rejected.max(signal_to_noise);
            }
            continue;
        }
        let (x, fwhm) = (counts.x[k], width(counts, g, &maximum, options.smoothing_sigma_deg));
        let mut candidate = Candidate { shape: Shape::Line, x, fwhm, height: prominence, signal_to_noise };
        let narrow = coherence_length(x, fwhm, options) > SURELY_LINE * options.min_coherence_length_angstrom;
        if narrow {
            candidates.push(candidate);
            continue;
        }
        let halo = coherence_length(x, fwhm, options) < options.min_coherence_length_angstrom;
        let line = line_at(counts, g, &candidate, excess, options);
        match line {
            Line { fwhm: narrow, height, signal_to_noise, convincing: true } => {
                if halo {
                    candidates.push(Candidate { shape: Shape::Halo, ..candidate });
                    candidate = Candidate { fwhm: narrow, height, signal_to_noise, ..candidate };
                }
                candidates.push(candidate);
            }
            Line { signal_to_noise, .. } => {
                if signal_to_noise < options.min_signal_to_noise {
                    rejected = rejected.max(signal_to_noise);
                }
                candidates.push(Candidate { shape: Shape::Halo, ..candidate });
            }
        }
    }
    drop_second_lines(&mut candidates, options);
    Found { candidates, max_rejected_signal_to_noise: rejected }
}

/// 0.9·λ/(FWHM·cos θ) (Å).
pub(super) fn coherence_length(two_theta_deg: f64, fwhm_deg: f64, options: &PeakOptions) -> f64 {
    0.9 * options.wavelength_angstrom / (fwhm_deg.to_radians() * (0.5 * two_theta_deg).to_radians().cos())
}

/// A local maximum.
#[derive(Clone, Copy)]
struct Maximum {
    k: usize,
    prominence: f64,
    /// Between which points it is the highest.
    from: usize,
    to: usize,
}

/// All local maxima of `g` with their prominence: the descent necessary to reach a higher point, or
/// the end. One pass in each direction with a stack of ever lower points.
fn prominences(g: &[f64]) -> Vec<Maximum> {
    let n = g.len();
    let left = lowest_before_higher(n, |k| g[k]);
    let right = lowest_before_higher(n, |k| g[n - 1 - k]);
    let mut maxima = Vec::new();
    let mut k = 1;
    while k + 1 < n {
        if g[k] <= g[k - 1] {
            k += 1;
            continue;
        }
        // A plateau counts once, at its middle.
        let mut end = k;
        while end + 1 < n && g[end + 1].total_cmp(&g[k]).is_eq() {
            end += 1;
        }
        if end + 1 < n && g[end + 1] < g[k] {
            let ((foot_left, from), (foot_right, back)) = (left[k], right[n - 1 - end]);
            let prominence = g[k] - foot_left.max(foot_right);
            maxima.push(Maximum { k: usize::midpoint(k, end), prominence, from, to: n - 1 - back });
        }
        k = end + 1;
    }
    maxima
}

/// For each point the lowest value since the last higher point, and where that run begins.
fn lowest_before_higher(n: usize, value: impl Fn(usize) -> f64) -> Vec<(f64, usize)> {
    let mut stack: Vec<(f64, f64, usize)> = Vec::new();
    let mut out = Vec::with_capacity(n);
    for k in 0..n {
        let height = value(k);
        let (mut lowest, mut from) = (height, k);
        while let Some(&(other, below, start)) = stack.last() {
            if other > height {
                break;
            }
            lowest = lowest.min(below);
            from = start;
            stack.pop();
        }
        stack.push((height, lowest, from));
        out.push((lowest, from));
    }
    out
}

/// Full width at half prominence, corrected for smoothing (deg).
fn width(counts: &Counts, g: &[f64], maximum: &Maximum, smoothing_sigma: f64) -> f64 {
    let Counts { x, .. } = counts;
    let &Maximum { k, prominence, from, to } = maximum;
    let half = g[k] - 0.5 * prominence;
    let cross = |a: usize, b: usize| x[a] + (x[b] - x[a]) * (half - g[a]) / (g[b] - g[a]);
    let left = (from..k).rev().find(|&i| g[i] < half).map_or(x[from], |i| cross(i, i + 1));
    let right = (k + 1..=to).find(|&i| g[i] < half).map_or(x[to], |i| cross(i - 1, i));
    let full = right - left;
    let smoothing = smoothing_sigma * (8.0 * std::f64::consts::LN_2).sqrt();
    // The width of a peak narrower than the smoothing is uncertain: at least a third of the smoothing is used.
    (full * full - smoothing * smoothing).max(0.11 * smoothing * smoothing).sqrt()
}

/// A peak searched at the top of a wide maximum.
struct Line {
    fwhm: f64,
    height: f64,
    signal_to_noise: f64,
    convincing: bool,
}

/// The most significant Gaussian at the maximum over a polynomial, which takes up the
/// curved top of a halo. On a halo only much narrower peaks are tried.
fn line_at(counts: &Counts, g: &[f64], wide: &Candidate, excess: f64, options: &PeakOptions) -> Line {
    let limit = options.min_signal_to_noise;
    let of_limit = coherence_length(wide.x, wide.fwhm, options) / options.min_coherence_length_angstrom;
    let halo = of_limit < 1.0;
    // On a slope, a halo appears with half its width: a peak must be within half a halo's.
    let widest = 0.5 * wide.fwhm * of_limit;
    let mut best = Line { fwhm: wide.fwhm, height: 0.0, signal_to_noise: 0.0, convincing: false };
    let mut fwhm = if halo { (wide.fwhm / 6.0).min(0.8) } else { wide.fwhm.min(widest) };
    while fwhm > 0.08 {
        if let Some((height, error)) = amplitude(counts, g, wide.x, fwhm) {
            let signal_to_noise = height / (error * excess);
            // A peak that makes up the whole maximum need not be found twice: it must only not be the top of a halo.
            let whole = !halo && fwhm > 0.3 * wide.fwhm && height > LINE_SHARE * wide.height;
            let apart = fwhm < 0.3 * wide.fwhm;
            let convincing = (whole && signal_to_noise >= NOT_A_TOP) || (apart && signal_to_noise >= limit);
            if (convincing, signal_to_noise) > (best.convincing, best.signal_to_noise) {
                best = Line { fwhm, height, signal_to_noise, convincing };
            }
        }
        fwhm *= 0.5;
    }
    best
}

/// Height and its error of a Gaussian of given position and width over a polynomial of fourth degree, by
/// weighted least squares over two widths to either side. A maximum twice as wide is almost entirely described by
/// such a polynomial. `None` with fewer than ten points there.
fn amplitude(counts: &Counts, g: &[f64], centre: f64, fwhm: f64) -> Option<(f64, f64)> {
    let Counts { x, y, v } = counts;
    let reach = 2.0 * fwhm;
    let from = x.partition_point(|&angle| angle < centre - reach);
    let to = x.partition_point(|&angle| angle <= centre + reach);
    if to - from < 10 {
        return None;
    }
    let mut normal = nalgebra::Matrix6::<f64>::zeros();
    let mut right = nalgebra::Vector6::<f64>::zeros();
    for k in from..to {
        // From -1 to 1.
        let u = (x[k] - centre) / reach;
        let bell = (-16.0 * std::f64::consts::LN_2 * u * u).exp();
        let row = nalgebra::Vector6::new(bell, 1.0, u, u * u, u.powi(3), u.powi(4));
        let weight = 1.0 / (g[k].max(0.25) * v[k]);
        normal += row * row.transpose() * weight;
        right += row * (weight * y[k]);
    }
    let inverse = normal.cholesky()?.inverse();
    let height = (inverse * right)[0];
    Some((height, inverse[(0, 0)].sqrt()))
}

/// Drops maxima that are the Kα₂ of a stronger peak.
fn drop_second_lines(candidates: &mut Vec<Candidate>, options: &PeakOptions) {
    let Some(alpha2) = options.alpha2 else { return };
    let lines = candidates.clone();
    candidates.retain(|weak| {
        weak.shape == Shape::Halo
            || !lines.iter().any(|strong| {
                let d = bragg_spacing_angstrom(strong.x, options.wavelength_angstrom);
                let Some(second) = bragg_angle_deg(d, alpha2.wavelength_angstrom) else { return false };
                // Prominences of a doublet's second line are below its intensity ratio, never much above it.
                strong.shape == Shape::Line
                    && (weak.x - second).abs() < (0.3 * strong.fwhm).max(0.03)
                    && (weak.x - strong.x).abs() > 0.5 * (second - strong.x).abs()
                    && weak.height < 1.2 * alpha2.ratio * strong.height
            })
    });
}
