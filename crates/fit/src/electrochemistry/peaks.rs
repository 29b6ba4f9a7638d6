//! Pairs of anodic and cathodic peaks in cyclic voltammograms.
//!
//! Each sweep is smoothed by local parabolas (Savitzky–Golay); a peak is a maximum (of a cathodic sweep a minimum) that
//! exceeds its surroundings by its prominence. All peaks of a sweep are then fitted together over a straight capacitive
//! baseline, once as bells of bound charge and once as the waves of a diffusing couple, whose decaying current is
//! the baseline of the next sweeps. Both descriptions are weighted by their likelihood; if the data do not decide, the uncertainty holds their
//! difference.
//!
//! Source: A. Savitzky, M. J. E. Golay, Anal. Chem. 36, 1627 (1964); pairs and baselines: A. J. Bard, L. R. Faulkner,
//! Electrochemical Methods, 2nd ed., ch. 6 and section 14.3.

use super::error::{ElectrochemistryError, check};
use super::joint::{self, Fitted, Shape, Start};
use super::sweep::{Sweep, sweeps};
use super::wave::wave;
use crate::noise::deviation;
use crate::quality::{Quality, ReasonCode, Verdict};

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
    /// Relative standard uncertainty of all current densities together: of the area of the electrode and of the calibration of
    /// the current.
    pub scale_err_rel: f64,
}

impl Default for CvOptions {
    fn default() -> Self {
        Self { min_signal_to_noise: 8.0, min_share: 0.05, half_width_v: 0.01, range_v: None, scale_err_rel: 0.0 }
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
    /// Its standard uncertainty (µA/cm²): of the noise and its correlation, of the baseline, of what the model leaves,
    /// and of the scale.
    pub anodic_current_density_err_ua_per_cm2: f64,
    /// Potential of the cathodic peak (V).
    pub cathodic_potential_v: f64,
    /// Its standard uncertainty (V).
    pub cathodic_potential_err_v: f64,
    /// Height of the cathodic peak over its baseline (µA/cm², negative).
    pub cathodic_current_density_ua_per_cm2: f64,
    /// Its standard uncertainty (µA/cm²).
    pub cathodic_current_density_err_ua_per_cm2: f64,
    /// What describes the peaks: `bell` (charge bound to the electrode) or `wave` (a couple that diffuses to it).
    pub shape: &'static str,
    /// Anodic minus cathodic potential (V).
    pub separation_v: f64,
    /// Its standard uncertainty (V).
    pub separation_err_v: f64,
    /// Reliability of the result, and reasons for doubt.
    pub verdict: Verdict,
}

/// A peak of a sweep.
#[derive(Clone, Copy)]
struct Peak {
    potential: f64,
    potential_err: f64,
    height: f64,
    height_err: f64,
    misfit: f64,
    room: f64,
    shape: Shape,
    /// Relative difference of its heights by both descriptions, where the data do not decide.
    ambiguity: f64,
}

/// What the model may leave of a peak, relative to its height.
const LARGEST_MISFIT: f64 = 0.05;
/// Relative uncertainty of a height above which it is in doubt.
const LARGEST_ERROR: f64 = 0.2;
/// Widths of a peak that must be seen beside it.
const LEAST_ROOM: f64 = 1.0;

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
    let bells = describe(&sweeps, Shape::Bell, options, &mut best);
    let waves = describe(&sweeps, Shape::Wave, options, &mut best);
    let peaks = weighted(&sweeps, &bells, &waves);
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
    for pair in &mut pairs {
        let with_scale = |err: f64, height: f64| err.hypot(options.scale_err_rel * height);
        pair.anodic_current_density_err_ua_per_cm2 =
            with_scale(pair.anodic_current_density_err_ua_per_cm2, pair.anodic_current_density_ua_per_cm2);
        pair.cathodic_current_density_err_ua_per_cm2 =
            with_scale(pair.cathodic_current_density_err_ua_per_cm2, pair.cathodic_current_density_ua_per_cm2);
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

/// A wave that goes on decaying: direction of its sweep, place along the path of the potential, width, height.
struct Decaying {
    sign: f64,
    place: f64,
    width: f64,
    height: f64,
}

/// The peaks of a sweep by one description.
struct Described {
    peaks: Vec<Fitted>,
    /// χ², its degrees of freedom, number of parameters, inflation of slow noise; `None` where no fit was possible.
    fit: Option<(f64, f64, f64, f64)>,
}

/// Fits all sweeps with peaks of one shape.
fn describe(sweeps: &[Sweep], shape: Shape, options: &CvOptions, best: &mut f64) -> Vec<Described> {
    let mut path = 0.0;
    let mut decaying: Vec<Decaying> = Vec::new();
    let mut described = Vec::with_capacity(sweeps.len());
    for sweep in sweeps {
        let origin = sweep.points[0].0;
        let tail = |x: f64| -> f64 {
            let of = |old: &Decaying| {
                sweep.sign() * old.sign * old.height * wave((path + x - origin - old.place) / old.width)
            };
            decaying.iter().map(of).sum()
        };
        let points: Vec<(f64, f64)> = sweep.points.iter().map(|(x, i)| (*x, i - tail(*x))).collect();
        let (starts, sigma) = maxima(&points, sweep.sign(), options, best);
        if starts.is_empty() {
            described.push(Described { peaks: Vec::new(), fit: None });
            path += sweep.length();
            continue;
        }
        let fit = joint::fit(window(&points, &starts, shape), &starts, shape, sigma);
        let found = match fit {
            Some(fit) => {
                let freedom = (fit.points - fit.parameters) as f64;
                let numbers = (fit.chi2, freedom, fit.parameters as f64, fit.inflation);
                Described { peaks: fit.peaks, fit: Some(numbers) }
            }
            // A maximum that no fit describes is kept, with an uncertainty that says so.
            None => Described { peaks: starts.iter().map(unfitted).collect(), fit: None },
        };
        if shape == Shape::Wave {
            decaying.extend(found.peaks.iter().map(|peak| Decaying {
                sign: sweep.sign(),
                place: path + peak.x - origin,
                width: peak.width,
                height: peak.height,
            }));
        }
        described.push(found);
        path += sweep.length();
    }
    described
}

fn unfitted(start: &Start) -> Fitted {
    Fitted {
        x: start.x,
        x_err: 0.25 * start.width,
        height: start.height,
        height_err: 0.5 * start.height,
        width: start.width,
        misfit: 1.0,
        room: f64::INFINITY,
    }
}

/// The points that a fit uses: without the ends, where the double layer is charged, and for bells without what is far away.
fn window<'a>(points: &'a [(f64, f64)], starts: &[Start], shape: Shape) -> &'a [(f64, f64)] {
    const ENDS: f64 = 0.02;
    const WIDTHS: f64 = 8.0;
    let (first, last) = (points[0].0, points[points.len() - 1].0);
    let (mut low, mut high) = (first + ENDS * (last - first), last - ENDS * (last - first));
    if shape == Shape::Bell || starts.len() > 1 {
        let reach = |start: &Start| WIDTHS * start.width;
        low = low.max(starts.iter().map(|start| start.x - reach(start)).fold(f64::INFINITY, f64::min));
        high = high.min(starts.iter().map(|start| start.x + reach(start)).fold(f64::NEG_INFINITY, f64::max));
    }
    let from = points.partition_point(|point| point.0 < low);
    let to = points.partition_point(|point| point.0 <= high);
    if to > from + 20 { &points[from..to] } else { points }
}

/// Both descriptions of each sweep, weighted by how likely they are for the whole curve.
fn weighted(sweeps: &[Sweep], bells: &[Described], waves: &[Described]) -> Vec<Vec<Peak>> {
    // Twice the logarithm of the ratio of likelihoods, by G. Schwarz, Ann. Stat. 6, 461 (1978).
    let mut favour = 0.0;
    for (bell, wave) in bells.iter().zip(waves) {
        favour += match (bell.fit, wave.fit) {
            (Some((of_bell, free_bell, many, slow_bell)), Some((of_wave, free_wave, few, slow_wave))) => {
                let (reduced_bell, reduced_wave) = (of_bell / free_bell, of_wave / free_wave);
                let slow = if reduced_bell < reduced_wave { slow_bell } else { slow_wave };
                let temperature = reduced_bell.min(reduced_wave).max(1.0) * slow;
                let points = free_bell + many;
                points * (reduced_bell - reduced_wave) / temperature + (many - few) * points.ln()
            }
            (Some(_), None) => -20.0,
            (None, Some(_)) => 20.0,
            (None, None) => 0.0,
        };
    }
    let share = 1.0 / (1.0 + (-0.5 * favour).exp());
    let all = sweeps.iter().zip(bells.iter().zip(waves));
    all.map(|(sweep, (bell, wave))| {
        let (more, less, shape, other) = if share > 0.5 {
            (&wave.peaks, &bell.peaks, Shape::Wave, 1.0 - share)
        } else {
            (&bell.peaks, &wave.peaks, Shape::Bell, share)
        };
        let mut peaks: Vec<Peak> = more
            .iter()
            .enumerate()
            .map(|(place, fitted)| {
                let also = less.get(place).filter(|_| less.len() == more.len());
                let mix = |a: f64, b: Option<f64>| b.map_or(a, |b| (1.0 - other) * a + other * b);
                let spread = |a: f64, b: Option<f64>| b.map_or(0.0, |b| (other * (1.0 - other)).sqrt() * (a - b).abs());
                let height = mix(fitted.height, also.map(|also| also.height));
                let between = spread(fitted.height, also.map(|also| also.height));
                Peak {
                    potential: sweep.sign() * mix(fitted.x, also.map(|also| also.x)),
                    potential_err: fitted.x_err.hypot(spread(fitted.x, also.map(|also| also.x))),
                    height,
                    height_err: fitted.height_err.hypot(between),
                    misfit: fitted.misfit,
                    room: fitted.room,
                    shape,
                    ambiguity: between / height.max(f64::MIN_POSITIVE),
                }
            })
            .collect();
        peaks.sort_by(|a, b| a.potential.total_cmp(&b.potential));
        peaks
    })
    .collect()
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
        let mut verdict = Verdict::default();
        if separation_v < -3.0 * separation_err_v {
            let words = "the anodic peak lies at a lower potential than the cathodic one";
            verdict.add(Quality::Suspect, ReasonCode::PeaksReversed, words);
        }
        for (name, peak) in [("anodic", up), ("cathodic", down)] {
            judge(&mut verdict, name, peak);
        }
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
            shape: if up.shape == Shape::Bell { "bell" } else { "wave" },
            separation_v,
            separation_err_v,
            verdict,
        });
    }
    pairs
}

fn judge(verdict: &mut Verdict, name: &str, peak: &Peak) {
    let mut doubt = |code, words| verdict.add(Quality::Suspect, code, words);
    let error = peak.height_err / peak.height.max(f64::MIN_POSITIVE);
    if peak.misfit > LARGEST_MISFIT {
        let words = format!(
            "peaks over a straight baseline leave {:.0} % of the {name} peak, at most {:.0} % expected",
            100.0 * peak.misfit,
            100.0 * LARGEST_MISFIT
        );
        doubt(ReasonCode::PoorFit, words);
    } else if peak.ambiguity > LARGEST_MISFIT {
        let words = format!(
            "bound charge and diffusion describe the {name} peak equally well, with heights that differ by {:.0} %",
            200.0 * peak.ambiguity
        );
        doubt(ReasonCode::AmbiguousSolution, words);
    } else if error > LARGEST_ERROR {
        let words = format!("the height of the {name} peak is known to {:.0} % only", 100.0 * error);
        doubt(ReasonCode::LargeUncertainty, words);
    }
    if peak.room < LEAST_ROOM {
        let words = format!("less than a width of baseline is seen beside the {name} peak");
        doubt(ReasonCode::NearEndOfRange, words);
    }
}

/// The maxima of a sweep, and the noise of its points.
fn maxima(points: &[(f64, f64)], sign: f64, options: &CvOptions, best: &mut f64) -> (Vec<Start>, f64) {
    let n = points.len();
    let interval = (points[n - 1].0 - points[0].0) / (n - 1) as f64;
    if n < 10 || interval <= 0.0 {
        return (Vec::new(), 0.0);
    }
    let half = ((options.half_width_v / interval).round() as usize).clamp(2, n / 8 + 2);
    let currents: Vec<f64> = points.iter().map(|point| point.1).collect();
    let smooth: Vec<f64> = (0..n).map(|place| value(points, place, half)).collect();
    let sigma = deviation(&currents).max(1e-6 * range(&currents));
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
        let inside = options.range_v.is_none_or(|(low, high)| (low..=high).contains(&(sign * points[place].0)));
        if !inside || place < half || place + half >= n || prominence < options.min_share * whole {
            continue;
        }
        *best = best.max(prominence / smooth_sigma);
        if prominence < options.min_signal_to_noise * smooth_sigma {
            continue;
        }
        // The side on which it falls to half of its prominence first is the less disturbed one.
        let level = smooth[place] - 0.5 * prominence;
        let to_left = (left..place).rev().find(|at| smooth[*at] < level).map_or(place - left, |at| place - at);
        let to_right = (place..=right).find(|at| smooth[*at] < level).map_or(right - place, |at| at - place);
        let width = 2.0 * to_left.min(to_right).max(1) as f64 * interval;
        found.push(Start { x: points[place].0, width, height: prominence });
    }
    (found, sigma)
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

/// Value at a point of the least-squares parabola over its neighbours.
fn value(points: &[(f64, f64)], place: usize, half: usize) -> f64 {
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
        Some(normal) => normal.solve(&nalgebra::Vector3::from(t))[0],
        None => points[place].1,
    }
}
