//! The potential at which a current leaves its baseline.
//!
//! The baseline is a line through the quiet part of a rising scan. The onset is the potential at which the current
//! density deviates by five of its standard deviations and stays beyond. Because of noise this is later than the first
//! charge flow: the onset is the detectable one, and depends on the noise, which is reported with it.

use super::error::{ElectrochemistryError, check};
use crate::noise::deviation;
use crate::quality::{Quality, ReasonCode, Verdict, counted};

/// Options of the search.
#[derive(Clone, Debug, PartialEq)]
pub struct OnsetOptions {
    /// Number of standard deviations of the baseline beyond which the current has left it.
    pub sigmas: f64,
    /// Initial fraction of the scan that is taken as quiet.
    pub quiet_share: f64,
}

impl Default for OnsetOptions {
    fn default() -> Self {
        Self { sigmas: 5.0, quiet_share: 0.25 }
    }
}

/// The onset, or its absence.
#[derive(Clone, Debug, PartialEq)]
pub struct Onset {
    /// The potential (V); `None` if the current stays on its baseline.
    pub onset_v: Option<f64>,
    /// Its standard uncertainty (V): of the crossing, of the interval, and of the amount by which the current may begin
    /// earlier below the noise.
    pub onset_err_v: Option<f64>,
    /// Highest potential of the scan (V).
    pub limit_v: f64,
    /// The baseline at the onset, or at the end (µA/cm²).
    pub baseline_ua_per_cm2: f64,
    /// Standard deviation around the baseline (µA/cm²).
    pub baseline_std_ua_per_cm2: f64,
    /// Points of the rising scan.
    pub n_points: usize,
    /// Reliability of the result, and reasons for doubt.
    pub verdict: Verdict,
}

/// Number of points that a rising scan needs.
const NEEDED: usize = 20;

/// Finds where the current of a rising scan leaves its baseline. If the scan is reversed, only the part up to the
/// highest potential is used.
///
/// # Errors
///
/// [`ElectrochemistryError`] for too few points or values that are not numbers.
pub fn find_onset(
    potential_v: &[f64],
    current_density_ua_per_cm2: &[f64],
    options: &OnsetOptions,
) -> Result<Onset, ElectrochemistryError> {
    check(&[potential_v, current_density_ua_per_cm2], NEEDED)?;
    let top = (0..potential_v.len()).max_by(|a, b| potential_v[*a].total_cmp(&potential_v[*b])).unwrap_or(0);
    let mut scan: Vec<(f64, f64)> =
        potential_v[..=top].iter().copied().zip(current_density_ua_per_cm2[..=top].iter().copied()).collect();
    scan.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let n = scan.len();
    if n < NEEDED {
        return Err(ElectrochemistryError::TooFewPoints { points: n, needed: NEEDED });
    }
    // Residuals of the first points, without the beginning of the scan: a step of potential charges the double layer.
    let begin = n / 50;
    let mut quiet = begin + ((n as f64 * options.quiet_share) as usize).clamp(8, n - begin);
    let currents: Vec<f64> = scan.iter().map(|point| point.1).collect();
    let neighbours = deviation(&currents[begin..quiet]);
    let mut line = Baseline::over(&scan[begin..quiet]);
    // The quiet part is extended while the next part follows its line, within its own scatter.
    let step = (n / 50).max(2);
    while quiet + step <= n {
        let std = line.std.max(neighbours);
        let next = &scan[quiet..quiet + step];
        let mean = next.iter().map(|(v, i)| i - line.at(*v)).sum::<f64>() / step as f64;
        if mean.abs() > 3.0 * std / (step as f64).sqrt() + line.error_at(next[step / 2].0) {
            break;
        }
        quiet += step;
        line = Baseline::over(&scan[begin..quiet]);
    }
    let std = line.std.max(neighbours).max(f64::MIN_POSITIVE);
    let outside = |place: usize| scan[place].1 - line.at(scan[place].0) > options.sigmas * std;
    let limit_v = scan[n - 1].0;
    // From the end: the last point from which on the current stays beyond. A single point within is noise.
    let mut first = n;
    while first > begin && (outside(first - 1) || (first >= 2 && first < n && outside(first - 2))) {
        first -= 1;
    }
    while first < n && !outside(first) {
        first += 1;
    }
    if n - first < 3 {
        let verdict = Verdict::good(format!("the current stays on its baseline up to {limit_v:.1} V"));
        return Ok(Onset {
            onset_v: None,
            onset_err_v: None,
            limit_v,
            baseline_ua_per_cm2: line.at(limit_v),
            baseline_std_ua_per_cm2: std,
            n_points: n,
            verdict,
        });
    }
    // Where the excess, fitted by a line through its neighbours, crosses the limit.
    let around = &scan[first.saturating_sub(3)..(first + 4).min(n)];
    let excess = Baseline::over(&around.iter().map(|(v, i)| (*v, i - line.at(*v))).collect::<Vec<_>>());
    let interval = if first > 0 { scan[first].0 - scan[first - 1].0 } else { 0.0 };
    let crossing = if excess.slope > 0.0 { excess.crosses(options.sigmas * std) } else { scan[first].0 };
    let onset_v = crossing.clamp(around[0].0, around[around.len() - 1].0);
    let by_noise = if excess.slope > 0.0 {
        std.hypot(line.error_at(onset_v)) / excess.slope / (around.len() as f64).sqrt()
    } else {
        interval
    };
    // Charge flows before it is detectable: earlier by the interval that the current needs, at its slope there, to
    // exceed the noise.
    let hidden = if excess.slope > 0.0 { options.sigmas * std / excess.slope / 3.0_f64.sqrt() } else { interval };
    let mut verdict = Verdict::good(format!(
        "{} above the baseline by more than {} standard deviations",
        counted(n - first, "point", "points"),
        options.sigmas
    ));
    if first <= begin + 3 {
        let words = "the current is away from its baseline from the beginning";
        verdict.add(Quality::Suspect, ReasonCode::NoBaseline, words);
    }
    Ok(Onset {
        onset_v: Some(onset_v),
        onset_err_v: Some(by_noise.hypot(interval / 12.0_f64.sqrt()).hypot(hidden)),
        limit_v,
        baseline_ua_per_cm2: line.at(onset_v),
        baseline_std_ua_per_cm2: std,
        n_points: n,
        verdict,
    })
}

struct Baseline {
    mean_v: f64,
    mean_i: f64,
    slope: f64,
    sxx: f64,
    n: f64,
    std: f64,
}

impl Baseline {
    fn over(points: &[(f64, f64)]) -> Self {
        let n = points.len() as f64;
        let (mean_v, mean_i) =
            (points.iter().map(|point| point.0).sum::<f64>() / n, points.iter().map(|point| point.1).sum::<f64>() / n);
        let (mut sxx, mut sxy) = (0.0, 0.0);
        for (v, i) in points {
            sxx += (v - mean_v).powi(2);
            sxy += (v - mean_v) * (i - mean_i);
        }
        let slope = if sxx > 0.0 { sxy / sxx } else { 0.0 };
        let squares: f64 = points.iter().map(|(v, i)| (i - mean_i - slope * (v - mean_v)).powi(2)).sum();
        Self { mean_v, mean_i, slope, sxx, n, std: (squares / (n - 2.0).max(1.0)).sqrt() }
    }

    fn at(&self, v: f64) -> f64 {
        self.mean_i + self.slope * (v - self.mean_v)
    }

    fn error_at(&self, v: f64) -> f64 {
        let distance = if self.sxx > 0.0 { (v - self.mean_v).powi(2) / self.sxx } else { 0.0 };
        self.std * (1.0 / self.n + distance).sqrt()
    }

    fn crosses(&self, height: f64) -> f64 {
        self.mean_v + (height - self.mean_i) / self.slope
    }
}
