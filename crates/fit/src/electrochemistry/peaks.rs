//! Pairs of anodic and cathodic peaks in cyclic voltammograms.
//!
//! Each sweep is smoothed by local parabolas (Savitzky–Golay); a peak is a maximum (of a cathodic sweep a minimum) that
//! exceeds its surroundings by its prominence. Its position is the vertex of a parabola through its top; its height
//! is measured from the line between its feet.
//!
//! Source: A. Savitzky, M. J. E. Golay, Anal. Chem. 36, 1627 (1964); pairs: A. J. Bard, L. R. Faulkner, Electrochemical
//! Methods, 2nd ed., ch. 6.

use super::error::{ElectrochemistryError, check};
use crate::noise::deviation;
use crate::quality::{ReasonCode, Verdict};

/// Options of the search.
#[derive(Clone, Debug, PartialEq)]
pub struct CvOptions {
    /// Least prominence of a peak in standard deviations of the smoothed noise.
    pub min_signal_to_noise: f64,
    /// Least prominence of a peak as a fraction of the sweep's range.
    pub min_share: f64,
    /// Half-width of smoothing (V).
    pub half_width_v: f64,
    /// Range of potentials in which peaks are searched (V).
    pub range_v: Option<(f64, f64)>,
}

impl Default for CvOptions {
    fn default() -> Self {
        Self { min_signal_to_noise: 8.0, min_share: 0.05, half_width_v: 0.01, range_v: None }
    }
}

/// An anodic peak and the corresponding cathodic one.
#[derive(Clone, Debug, PartialEq)]
pub struct PeakPair {
    /// Cycle, from 1.
    pub cycle: usize,
    /// Pair of that cycle by rising potential, from 1.
    pub pair: usize,
    /// Mean rate of the two sweeps (V/s); `None` without times.
    pub scan_rate_v_per_s: Option<f64>,
    /// Potential of the anodic peak (V).
    pub anodic_potential_v: f64,
    /// Its standard uncertainty (V).
    pub anodic_potential_err_v: f64,
    /// Height of the anodic peak over its baseline (µA/cm²).
    pub anodic_current_density_ua_per_cm2: f64,
    /// Its standard uncertainty (µA/cm²).
    pub anodic_current_density_err_ua_per_cm2: f64,
    /// Potential of the cathodic peak (V).
    pub cathodic_potential_v: f64,
    /// Its standard uncertainty (V).
    pub cathodic_potential_err_v: f64,
    /// Height of the cathodic peak over its baseline (µA/cm², negative).
    pub cathodic_current_density_ua_per_cm2: f64,
    /// Its standard uncertainty (µA/cm²).
    pub cathodic_current_density_err_ua_per_cm2: f64,
    /// Anodic minus cathodic potential (V).
    pub separation_v: f64,
    /// Its standard uncertainty (V).
    pub separation_err_v: f64,
    /// Reliability of the result, and reasons for doubt.
    pub verdict: Verdict,
}

struct Peak {
    potential: f64,
    potential_err: f64,
    height: f64,
    height_err: f64,
}

struct Sweep {
    rising: bool,
    points: Vec<(f64, f64)>,
    rate: Option<f64>,
}

/// Finds the peak pairs of every cycle, in their order.
///
/// Points are in the order of measurement; `time_s` gives the scan rate.
///
/// # Errors
///
/// [`ElectrochemistryError`] if there is no cycle or no pair, or a value is not a number.
pub fn find_peak_pairs(
    time_s: Option<&[f64]>,
    potential_v: &[f64],
    current_density_ua_per_cm2: &[f64],
    options: &CvOptions,
) -> Result<Vec<PeakPair>, ElectrochemistryError> {
    let mut columns = vec![potential_v, current_density_ua_per_cm2];
    columns.extend(time_s);
    check(&columns, 20)?;
    let sweeps = sweeps(time_s, potential_v, current_density_ua_per_cm2);
    if sweeps.len() < 2 {
        return Err(ElectrochemistryError::NoCycle { sweeps: sweeps.len() });
    }
    let mut best = 0.0_f64;
    let peaks: Vec<Vec<Peak>> = sweeps.iter().map(|sweep| peaks(sweep, options, &mut best)).collect();
    let mut pairs = Vec::new();
    let mut cycle = 0;
    let mut place = 0;
    while place + 1 < sweeps.len() {
        // A cycle is two sweeps in opposite directions; an incomplete first sweep is not used.
        let (first, second) = (&sweeps[place], &sweeps[place + 1]);
        cycle += 1;
        let (up, down) = if first.rising { (place, place + 1) } else { (place + 1, place) };
        let rate = first.rate.zip(second.rate).map(|(a, b)| 0.5 * (a + b));
        pairs.extend(paired(cycle, rate, &peaks[up], &peaks[down]));
        place += 2;
    }
    let count = |rising: bool| {
        sweeps.iter().zip(&peaks).filter(|(sweep, _)| sweep.rising == rising).map(|(_, peaks)| peaks.len()).sum()
    };
    let (anodic, cathodic): (usize, usize) = (count(true), count(false));
    if pairs.is_empty() && anodic + cathodic > 0 {
        return Err(ElectrochemistryError::Unpaired { anodic, cathodic });
    }
    if pairs.is_empty() {
        return Err(ElectrochemistryError::NoPeaks { signal_to_noise: best, needed: options.min_signal_to_noise });
    }
    Ok(pairs)
}

/// Anodic and cathodic peaks by rising potential. If their numbers are equal they are paired in order; otherwise each
/// anodic one is paired with the nearest free cathodic one.
fn paired(cycle: usize, rate: Option<f64>, anodic: &[Peak], cathodic: &[Peak]) -> Vec<PeakPair> {
    let mut free: Vec<&Peak> = cathodic.iter().collect();
    let mut pairs = Vec::new();
    for up in anodic {
        let away = |place: usize| (free[place].potential - up.potential).abs();
        let nearest = (0..free.len()).min_by(|a, b| away(*a).total_cmp(&away(*b)));
        let Some(nearest) = nearest else { break };
        let nearest = if anodic.len() == cathodic.len() { 0 } else { nearest };
        let down = free.remove(nearest);
        let separation_v = up.potential - down.potential;
        let separation_err_v = up.potential_err.hypot(down.potential_err);
        let verdict = if separation_v < -3.0 * separation_err_v {
            let words = "the anodic peak lies at a lower potential than the cathodic one";
            Verdict::suspect(ReasonCode::PeaksReversed, words)
        } else {
            Verdict::default()
        };
        pairs.push(PeakPair {
            cycle,
            pair: pairs.len() + 1,
            scan_rate_v_per_s: rate,
            anodic_potential_v: up.potential,
            anodic_potential_err_v: up.potential_err,
            anodic_current_density_ua_per_cm2: up.height,
            anodic_current_density_err_ua_per_cm2: up.height_err,
            cathodic_potential_v: down.potential,
            cathodic_potential_err_v: down.potential_err,
            cathodic_current_density_ua_per_cm2: -down.height,
            cathodic_current_density_err_ua_per_cm2: down.height_err,
            separation_v,
            separation_err_v,
            verdict,
        });
    }
    pairs
}

/// Parts of rising or falling potential, without those shorter than a fifth of the range.
fn sweeps(time_s: Option<&[f64]>, potential: &[f64], current: &[f64]) -> Vec<Sweep> {
    let (low, high) = potential.iter().fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(*v), high.max(*v)));
    let turn = 0.02 * (high - low);
    let (mut turns, mut extreme, mut rising) = (vec![0], 0, None);
    for place in 1..potential.len() {
        let ahead = match rising {
            Some(true) => potential[place] >= potential[extreme],
            Some(false) => potential[place] <= potential[extreme],
            None => {
                if (potential[place] - potential[0]).abs() > turn {
                    rising = Some(potential[place] > potential[0]);
                    extreme = place;
                }
                continue;
            }
        };
        if ahead {
            extreme = place;
        } else if (potential[place] - potential[extreme]).abs() > turn {
            turns.push(extreme);
            rising = rising.map(|rising| !rising);
            extreme = place;
        }
    }
    turns.push(potential.len() - 1);
    turns
        .windows(2)
        .filter(|pair| pair[1] > pair[0] && (potential[pair[1]] - potential[pair[0]]).abs() > 0.2 * (high - low))
        .map(|pair| {
            let (from, to) = (pair[0], pair[1]);
            let rising = potential[to] > potential[from];
            let sign = if rising { 1.0 } else { -1.0 };
            let mut points: Vec<(f64, f64)> =
                (from..=to).map(|place| (potential[place], sign * current[place])).collect();
            points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
            let rate = time_s.filter(|time| time[to] > time[from]);
            let rate = rate.map(|time| (potential[to] - potential[from]).abs() / (time[to] - time[from]));
            Sweep { rising, points, rate }
        })
        .collect()
}

/// Peaks of a sweep whose sign is such that they are maxima.
fn peaks(sweep: &Sweep, options: &CvOptions, best: &mut f64) -> Vec<Peak> {
    let points = &sweep.points;
    let n = points.len();
    let interval = (points[n - 1].0 - points[0].0) / (n - 1) as f64;
    if n < 10 || interval <= 0.0 {
        return Vec::new();
    }
    let half = ((options.half_width_v / interval).round() as usize).clamp(2, n / 8 + 2);
    let currents: Vec<f64> = points.iter().map(|point| point.1).collect();
    let smooth: Vec<f64> = (0..n).map(|place| parabola(points, place, half)[0]).collect();
    let sigma = deviation(&currents).max(1e-12 * range(&currents));
    // With a parabola over 2h + 1 points, the middle has 9/4 of the variance of their mean.
    let smooth_sigma = sigma * (2.25 / (2 * half + 1) as f64).sqrt();
    let whole = range(&smooth);
    let mut found = Vec::new();
    for place in 1..n - 1 {
        if !(smooth[place] > smooth[place - 1] && smooth[place] >= smooth[place + 1]) {
            continue;
        }
        let (left, right) = (foot(&smooth, place, false), foot(&smooth, place, true));
        let prominence = smooth[place] - smooth[left].max(smooth[right]);
        let inside = options.range_v.is_none_or(|(low, high)| (low..=high).contains(&points[place].0));
        if !inside || place < half || place + half >= n || prominence < options.min_share * whole {
            continue;
        }
        *best = best.max(prominence / smooth_sigma);
        if prominence < options.min_signal_to_noise * smooth_sigma {
            continue;
        }
        // A parabola over the top, over the width in which it stays above four fifths of the prominence.
        let level = smooth[place] - 0.2 * prominence;
        let mut wide = half;
        while place > wide
            && place + wide + 1 < n
            && smooth[place - wide - 1] > level
            && smooth[place + wide + 1] > level
        {
            wide += 1;
        }
        let [height, slope, bend] = parabola(points, place, wide);
        let vertex = if bend < 0.0 { -slope / (2.0 * bend) } else { 0.0 };
        let width = wide as f64 * interval;
        let vertex = vertex.clamp(-width, width);
        // The error of the slope divided by the curvature; the slope of 2w + 1 points has variance 3σ²/(w³·Δ²)/2.
        let slope_err = sigma * (1.5 / (wide as f64).powi(3)).sqrt() / interval;
        let potential_err = if bend < 0.0 { slope_err / (2.0 * -bend) } else { width };
        let baseline = {
            let (a, b) = ((points[left].0, smooth[left]), (points[right].0, smooth[right]));
            let share = if b.0 > a.0 { (points[place].0 + vertex - a.0) / (b.0 - a.0) } else { 0.0 };
            a.1 + share * (b.1 - a.1)
        };
        found.push(Peak {
            potential: points[place].0 + vertex,
            potential_err: potential_err.hypot(interval / 12.0_f64.sqrt() / (2 * wide + 1) as f64),
            height: height + 0.5 * slope * vertex - baseline,
            height_err: smooth_sigma * 2.0_f64.sqrt(),
        });
    }
    found
}

fn range(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::MIN, f64::max) - values.iter().copied().fold(f64::MAX, f64::min)
}

/// The lowest point next to a peak before the curve rises above the peak.
fn foot(values: &[f64], peak: usize, to_right: bool) -> usize {
    let mut lowest = peak;
    let mut place = peak;
    loop {
        let next = if to_right { place + 1 } else { place.wrapping_sub(1) };
        match values.get(next) {
            Some(value) if *value <= values[peak] => {
                if *value < values[lowest] {
                    lowest = next;
                }
                place = next;
            }
            _ => return lowest,
        }
    }
}

/// Value, slope and curvature at a point, from the least-squares parabola over its neighbours; potentials relative to
/// that point.
fn parabola(points: &[(f64, f64)], place: usize, half: usize) -> [f64; 3] {
    let part = &points[place.saturating_sub(half)..(place + half + 1).min(points.len())];
    let centre = points[place].0;
    let scale = part.iter().map(|(v, _)| (v - centre).abs()).fold(f64::MIN_POSITIVE, f64::max);
    let mut s = [0.0; 5];
    let mut t = [0.0; 3];
    for (v, i) in part {
        let x = (v - centre) / scale;
        let mut power = 1.0;
        for (degree, sum) in s.iter_mut().enumerate() {
            *sum += power;
            if degree < 3 {
                t[degree] += power * i;
            }
            power *= x;
        }
    }
    let normal = nalgebra::Matrix3::new(s[0], s[1], s[2], s[1], s[2], s[3], s[2], s[3], s[4]);
    match normal.cholesky() {
        Some(normal) => {
            let found = normal.solve(&nalgebra::Vector3::from(t));
            [found[0], found[1] / scale, found[2] / scale / scale]
        }
        None => [points[place].1, 0.0, 0.0],
    }
}
