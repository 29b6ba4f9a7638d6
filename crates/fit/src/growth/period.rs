//! The length of a cycle, from the steps that a scan shows.
//!
//! Every cycle changes the film in the same way, so a scan that resolves it repeats with the length of a cycle. The
//! thickness less its mean over one cycle is put into bins of equal width; the power of a frequency and its harmonics,
//! added up over parts of the scan, has its maximum at the cycle. Parts that become longer and longer then determine the
//! frequency more and more closely, up to the whole scan, as long as the cycles stay in step.
//!
//! Source: P. D. Welch, IEEE Trans. Audio Electroacoust. 15 (1967) 70 (power of parts); D. C. Rife, R. R. Boorstyn,
//! IEEE Trans. Inf. Theory 20 (1974) 591 (variance of a frequency).

use std::f64::consts::TAU;

use super::error::GrowthError;
use super::falls;
use super::series::sorted_readings;
use super::time::{cycle_ends, detect_start, spacing};

/// The length of a cycle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Period {
    /// Length of a cycle (s).
    pub cycle_s: f64,
    /// Its standard error (s, k = 1).
    pub cycle_err_s: f64,
}

/// Cycles searched around the stated length.
const SHORTEST: f64 = 0.6;
const LONGEST: f64 = 1.6;
/// The same with several kinds of cycles, as a fraction of the interval to the next harmonic of the supercycle.
const BETWEEN_HARMONICS: f64 = 0.4;
/// Bins of one cycle, and fewest readings.
const BINS: f64 = 16.0;
const FEWEST_READINGS: f64 = 4.4;
/// Cycles in the first parts.
const FIRST_PART: f64 = 32.0;
/// Most harmonics.
const HARMONICS: usize = 3;
/// Power of a cycle, divided by the median over the search, that noise and drift do not reach.
const SIGNIFICANT_POWER: f64 = 8.0;
/// The same for the next best cycle, divided by the best.
const RUNNER_UP: f64 = 0.7;
/// Frequencies searched in one part: their distance is this fraction of its resolution.
const FREQUENCY_STEP: f64 = 0.1;
/// Power of a part twice as long, divided by that of cycles in step.
const IN_STEP: f64 = 0.6;
/// A period is known no better than this fraction of a cycle over the scan.
const PHASE: f64 = 0.02;

/// The thickness without its slow part, in bins of equal width; empty ones are zero.
struct Bins {
    width_s: f64,
    values: Vec<f64>,
    filled: f64,
}

impl Bins {
    fn new(readings: &[(f64, f64)], width_s: f64, cycle_s: f64) -> Self {
        let (first, last) = (readings[0].0, readings[readings.len() - 1].0);
        let mut sums = Vec::with_capacity(readings.len() + 1);
        let mut sum = 0.0;
        sums.push(0.0);
        for reading in readings {
            sum += reading.1 - readings[0].1;
            sums.push(sum);
        }
        let count = ((last - first) / width_s).min(5e6) as usize + 1;
        let (mut values, mut counts) = (vec![0.0; count], vec![0_usize; count]);
        let (mut begin, mut end) = (0, 0);
        for &(time, nm) in readings {
            while readings[begin].0 < time - 0.5 * cycle_s {
                begin += 1;
            }
            while end < readings.len() && readings[end].0 <= time + 0.5 * cycle_s {
                end += 1;
            }
            // Windows that the ends of the scan cut off have another mean.
            if time - first < 0.5 * cycle_s || last - time < 0.5 * cycle_s {
                continue;
            }
            let bin = (((time - first) / width_s) as usize).min(count - 1);
            values[bin] += nm - readings[0].1 - (sums[end] - sums[begin]) / (end - begin) as f64;
            counts[bin] += 1;
        }
        for (value, &count) in values.iter_mut().zip(&counts) {
            *value /= count.max(1) as f64;
        }
        let filled = counts.iter().filter(|count| **count > 0).count() as f64;
        Self { width_s, values, filled }
    }

    /// Σ|Σ z·exp(−2πi·k·f·t)|² over `parts` parts, for each harmonic k.
    fn powers(&self, frequency: f64, parts: usize, harmonics: usize) -> [f64; HARMONICS] {
        let mut powers = [0.0; HARMONICS];
        for (k, power) in powers.iter_mut().enumerate().take(harmonics) {
            let (turn_im, turn_re) = (TAU * (k + 1) as f64 * frequency * self.width_s).sin_cos();
            for part in self.values.chunks(self.values.len().div_ceil(parts)) {
                let (mut re, mut im) = (0.0, 0.0);
                // Horner's scheme: one complex product a bin.
                for value in part.iter().rev() {
                    (re, im) = (re * turn_re - im * turn_im + value, re * turn_im + im * turn_re);
                }
                *power += re * re + im * im;
            }
        }
        powers
    }

    fn power(&self, frequency: f64, parts: usize, harmonics: usize) -> f64 {
        self.powers(frequency, parts, harmonics).iter().sum()
    }
}

/// The length of a cycle that the scan shows, near the one stated (s): between 0.6 and 1.6 times as long, with several
/// kinds of cycles in a supercycle within 0.4 of a cycle per supercycle. `None` if fewer than 4.4 readings a cycle, noise or
/// less than 12 cycles hide it.
///
/// # Errors
///
/// [`GrowthError`] for columns of different lengths, a value that is not finite, a length that is not positive.
pub fn find_period(
    time_s: &[f64],
    thickness_nm: &[f64],
    cycle_s: f64,
    cycles_per_supercycle: usize,
) -> Result<Option<Period>, GrowthError> {
    let readings = sorted_readings(time_s, thickness_nm)?;
    if !(cycle_s.is_finite() && cycle_s > 0.0) {
        return Err(GrowthError::NotFinite { index: 0, value: cycle_s });
    }
    let (low, high) = match cycles_per_supercycle {
        0 | 1 => (1.0 / LONGEST, 1.0 / SHORTEST),
        several => (1.0 - BETWEEN_HARMONICS / several as f64, 1.0 + BETWEEN_HARMONICS / several as f64),
    };
    let time: Vec<f64> = readings.iter().map(|reading| reading.0).collect();
    let spacing_s = spacing(&time);
    let length_s = time.last().zip(time.first()).map_or(0.0, |(last, first)| last - first);
    if length_s < 12.0 * cycle_s || !(spacing_s > 0.0 && spacing_s * FEWEST_READINGS <= cycle_s) {
        return Ok(None);
    }
    let bins = Bins::new(&readings, spacing_s.max(cycle_s / BINS), cycle_s);
    Ok(search(&bins, (low / cycle_s, high / cycle_s), cycle_s))
}

fn search(bins: &Bins, (low, high): (f64, f64), cycle_s: f64) -> Option<Period> {
    let length_s = bins.width_s * bins.values.len() as f64;
    let harmonics = ((0.45 / (bins.width_s * high)) as usize).clamp(1, HARMONICS);
    let mut parts = ((length_s / (FIRST_PART * cycle_s)) as usize).max(1);
    let part_s = length_s / parts as f64;
    let step = FREQUENCY_STEP / part_s;
    let count = ((high - low) / step) as usize + 1;
    let spectrum: Vec<f64> = (0..count).map(|k| bins.power(low + step * k as f64, parts, harmonics)).collect();
    let best = (0..count).max_by(|&a, &b| spectrum[a].total_cmp(&spectrum[b]))?;
    let mut sorted = spectrum.clone();
    sorted.sort_by(f64::total_cmp);
    // A maximum at the end of the search belongs to something else; one line is 2 resolutions wide. Harmonics of half and a
    // third of a frequency are those of the frequency itself.
    let width = 2.0 / FREQUENCY_STEP;
    let at = |k: usize| low / step + k as f64;
    let other = |k: &usize| [1.0, 2.0, 3.0].iter().all(|part| (at(*k) - at(best) / part).abs() > width);
    let away = (0..count).filter(other).map(|k| spectrum[k]).fold(0.0, f64::max);
    let clear = spectrum[best] > SIGNIFICANT_POWER * sorted[count / 2] && away < RUNNER_UP * spectrum[best];
    if !clear || best == 0 || best + 1 == count {
        return None;
    }
    let mut frequency = low + step * best as f64;
    let (mut resolution, mut power, mut in_step) = (1.0 / part_s, spectrum[best], true);
    while parts > 1 {
        let fewer = parts.div_ceil(2);
        let step = FREQUENCY_STEP * fewer as f64 / length_s;
        let steps = (0.6 * resolution / step).ceil() as i64;
        let tried = (-steps..=steps).map(|k| frequency + step * k as f64);
        let (found, more) = tried.map(|f| (f, bins.power(f, fewer, harmonics))).max_by(|a, b| a.1.total_cmp(&b.1))?;
        if more < IN_STEP * power * parts as f64 / fewer as f64 {
            in_step = false;
            break;
        }
        (frequency, power, resolution, parts) = (found, more, fewer as f64 / length_s, fewer);
    }
    // The maximum is a parabola near its top.
    let step = 0.25 * FREQUENCY_STEP * resolution;
    for _ in 0..3 {
        let [less, at, more] = [-step, 0.0, step].map(|change| bins.power(frequency + change, parts, harmonics));
        let curvature = less + more - 2.0 * at;
        if curvature < 0.0 {
            frequency += (0.5 * step * (less - more) / curvature).clamp(-2.0 * step, 2.0 * step);
        }
    }
    let squares: f64 = bins.values.iter().map(|value| value * value).sum();
    let powers = bins.powers(frequency, parts, harmonics);
    let amplitude = |k: usize| 4.0 * powers[k] * parts as f64 / (bins.filled * bins.filled);
    let explained: f64 = (0..harmonics).map(|k| 0.5 * amplitude(k)).sum();
    let strength: f64 = (0..harmonics).map(|k| ((k + 1) as f64).powi(2) * amplitude(k)).sum();
    let variance = (squares / bins.filled - explained).max(1e-6 * squares / bins.filled);
    let by_noise = (24.0 * variance / (strength * bins.filled)).sqrt() / (TAU * length_s);
    let err = if in_step { by_noise.hypot(PHASE / length_s) } else { 0.25 * resolution };
    let found = 1.0 / frequency;
    Some(Period { cycle_s: found, cycle_err_s: found * found * err })
}

/// The thickness at the ends of cycles of equal length.
#[derive(Clone, Debug, PartialEq)]
pub struct RegularCycles {
    /// Cycle (0 = before the start of growth) and thickness (nm).
    pub points: Vec<(f64, f64)>,
    /// Length of a cycle by which they were counted.
    pub period: Period,
    /// Whether the scan shows this length; otherwise it is the one stated.
    pub shown: bool,
}

/// Relative standard uncertainty of a stated length of a cycle that the scan does not show: valves and controllers take
/// time that recipes do not state.
pub const STATED_CYCLE_REL: f64 = 0.02;

/// Cycles counted by time from the start of growth on. The length of a cycle is the one that the scan shows, see
/// [`find_period`]; if it shows none, the stated one (s), to 2 %.
///
/// # Errors
///
/// As [`detect_start`] and [`cycle_ends`].
pub fn regular_cycles(
    time_s: &[f64],
    thickness_nm: &[f64],
    cycle_s: f64,
    cycles_per_supercycle: usize,
) -> Result<RegularCycles, GrowthError> {
    let found = find_period(time_s, thickness_nm, cycle_s, cycles_per_supercycle)?;
    let period = found.unwrap_or(Period { cycle_s, cycle_err_s: STATED_CYCLE_REL * cycle_s });
    let (time, nm): (Vec<f64>, Vec<f64>) = sorted_readings(time_s, thickness_nm)?.into_iter().unzip();
    // A film that is etched starts like one that grows.
    let sign = if falls(&nm) { -1.0 } else { 1.0 };
    let rising: Vec<f64> = nm.iter().map(|nm| sign * nm).collect();
    let start_s = detect_start(&time, &rising, period.cycle_s).map_err(|error| error.times(sign))?.start_s;
    let points = if spacing(&time) > 0.5 * period.cycle_s {
        // The end of a cycle may lie between two readings: each counts where it is.
        time.iter()
            .zip(&nm)
            .map(|(time, nm)| ((time - start_s) / period.cycle_s, *nm))
            .filter(|at| at.0 > -1.0)
            .collect()
    } else {
        let last = time.last().copied().unwrap_or(start_s);
        let count = ((last - start_s) / period.cycle_s).clamp(0.0, 1e6) as usize;
        let starts: Vec<f64> = (0..count).map(|cycle| start_s + period.cycle_s * cycle as f64).collect();
        cycle_ends(&time, &nm, &starts)?
    };
    Ok(RegularCycles { points, period, shown: found.is_some() })
}
