//! Compares the peaks of a pattern with reflections of known phases.

use super::pattern::{Pattern, Peak, bragg_angle_deg};

/// One reflection of a phase.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reflection<'a> {
    /// The phase's name.
    pub phase: &'a str,
    /// Miller indices, as written in the source.
    pub hkl: &'a str,
    /// Spacing (Å).
    pub d_angstrom: f64,
    /// Intensity in a powder, the strongest 100; NaN where it is not known.
    pub relative_intensity: f64,
}

/// Agreement of a phase with the peaks.
#[derive(Clone, Debug, PartialEq)]
pub struct PhaseScore {
    /// The phase's name.
    pub phase: String,
    /// 0 to 1: matched intensity beyond chance; see [`match_phases`].
    pub score: f64,
    /// Number of reflections within the scan.
    pub n_expected: usize,
    /// Number of these with a peak at their position.
    pub n_matched: usize,
    /// Number of the pattern's peaks at the position of a reflection.
    pub n_lines: usize,
    /// Common displacement, measured minus expected (deg).
    pub shift_deg: f64,
    /// Its standard uncertainty (deg), of the scatter of at least two matched peaks; `None` with fewer.
    pub shift_err_deg: Option<f64>,
    /// Area of the matched peaks (intensity·deg).
    pub area: f64,
    /// Its standard uncertainty (intensity·deg, k = 1).
    pub area_err: f64,
}

/// Number of displacements tried to each side.
const SHIFTS: i32 = 20;

/// Scores each phase against the peaks of `pattern` within `range_deg`, best first, then by name.
///
/// With relative intensities I, the matched fraction is S = ΣI·a/ΣI over the reflections in the range, a = 1 −
/// (δ/tolerance)² for the nearest peak within the tolerance, δ its distance after the common displacement, and 0
/// without one. The displacement, at most the tolerance, is that of the largest S. The same number of peaks anywhere
/// would reach by chance C, the mean of S over all displacements of the reference across the range, except itself; the
/// score is (S − C)/(1 − C), at least 0. Measured intensities are not used, because films have texture. A film with a
/// single orientation scores low against every phase, and highest against its own.
///
/// If no intensity of a phase is known, all its reflections have equal weights; otherwise those without one,
/// and those whose spacing is not positive, are left out, as are phases without
/// one in the range. An unusable `tolerance_deg` (not positive) gives an empty list.
#[must_use]
pub fn match_phases(
    pattern: &Pattern,
    range_deg: (f64, f64),
    reflections: &[Reflection<'_>],
    wavelength_angstrom: f64,
    tolerance_deg: f64,
) -> Vec<PhaseScore> {
    let lines: Vec<&Peak> = pattern.lines().collect();
    match_lines(&lines, range_deg, reflections, wavelength_angstrom, tolerance_deg)
}

pub(super) fn match_lines(
    lines: &[&Peak],
    range_deg: (f64, f64),
    reflections: &[Reflection<'_>],
    wavelength_angstrom: f64,
    tolerance_deg: f64,
) -> Vec<PhaseScore> {
    let usable = tolerance_deg.is_finite() && tolerance_deg > 0.0 && range_deg.1 > range_deg.0;
    if !usable {
        return Vec::new();
    }
    let mut names: Vec<&str> = reflections.iter().map(|reflection| reflection.phase).collect();
    names.sort_unstable();
    names.dedup();
    let mut scores: Vec<PhaseScore> = names
        .into_iter()
        .filter_map(|phase| {
            let own: Vec<Reflection<'_>> = reflections.iter().filter(|other| other.phase == phase).copied().collect();
            let known = own.iter().any(|reflection| has_intensity(reflection));
            let own = own.into_iter().map(|reflection| Reflection {
                relative_intensity: if known { reflection.relative_intensity } else { 100.0 },
                ..reflection
            });
            let mut expected: Vec<Expected> =
                own.filter_map(|reflection| Expected::new(&reflection, range_deg, wavelength_angstrom)).collect();
            expected.sort_by(|a, b| a.two_theta.total_cmp(&b.two_theta).then(a.intensity.total_cmp(&b.intensity)));
            (!expected.is_empty()).then(|| score(phase, lines, &expected, range_deg, tolerance_deg))
        })
        .collect();
    scores.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.phase.cmp(&b.phase)));
    scores
}

fn has_intensity(reflection: &Reflection<'_>) -> bool {
    reflection.relative_intensity.is_finite() && reflection.relative_intensity > 0.0
}

/// A reflection within the scan.
struct Expected {
    two_theta: f64,
    intensity: f64,
}

impl Expected {
    fn new(reflection: &Reflection<'_>, (low, high): (f64, f64), wavelength: f64) -> Option<Self> {
        let intensity = reflection.relative_intensity;
        let two_theta = bragg_angle_deg(reflection.d_angstrom, wavelength)?;
        let usable = has_intensity(reflection) && two_theta >= low && two_theta <= high;
        usable.then_some(Self { two_theta, intensity })
    }
}

/// The nearest of `places` (ascending) to `target`, as index and signed distance.
fn nearest(places: &[f64], target: f64) -> Option<(usize, f64)> {
    let above = places.partition_point(|&place| place < target);
    let candidates = [above.checked_sub(1), (above < places.len()).then_some(above)];
    let distances = candidates.into_iter().flatten().map(|k| (k, places[k] - target));
    distances.min_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))
}

/// S at one displacement; `wrap` moves reflections that leave the range to its other end.
fn found_share(places: &[f64], expected: &[Expected], shift: f64, tolerance: f64, wrap: Option<(f64, f64)>) -> f64 {
    let total: f64 = expected.iter().map(|reflection| reflection.intensity).sum();
    let found: f64 = expected
        .iter()
        .map(|reflection| {
            let mut target = reflection.two_theta + shift;
            if let Some((low, high)) = wrap {
                target = low + (target - low).rem_euclid(high - low);
            }
            let distance = nearest(places, target).map_or(f64::INFINITY, |(_, distance)| distance);
            reflection.intensity * (1.0 - (distance / tolerance).powi(2)).max(0.0)
        })
        .sum();
    found / total
}

fn score(phase: &str, lines: &[&Peak], expected: &[Expected], range: (f64, f64), tolerance: f64) -> PhaseScore {
    let places: Vec<f64> = lines.iter().map(|line| line.two_theta_deg).collect();
    let best_within = |centre: f64, wrap: Option<(f64, f64)>| {
        let mut best = (0.0, 0.0);
        // From zero outwards, so that of equal displacements the smallest is used.
        for k in (0..=SHIFTS).flat_map(|k| [k, -k]) {
            let shift = tolerance * f64::from(k) / f64::from(SHIFTS);
            let share = found_share(&places, expected, centre + shift, tolerance, wrap);
            if share > best.0 {
                best = (share, shift);
            }
        }
        best
    };
    let (share, shift_deg) = best_within(0.0, None);
    let chance = if share > 0.0 { chance(range, tolerance, |centre| best_within(centre, Some(range)).0) } else { 0.0 };
    let mut matched = vec![false; lines.len()];
    let mut distances: Vec<(f64, f64)> = Vec::new();
    let mut n_matched = 0;
    for reflection in expected {
        if let Some((k, distance)) = nearest(&places, reflection.two_theta + shift_deg)
            && distance.abs() < tolerance
        {
            matched[k] = true;
            n_matched += 1;
            let variance = lines[k].two_theta_err_deg.powi(2) + OF_REFERENCE_DEG.powi(2);
            distances.push((shift_deg + distance, reflection.intensity.max(0.0) / variance));
        }
    }
    let (shift_deg, shift_err_deg) = mean_shift(&distances).map_or((shift_deg, None), |(mean, err)| (mean, Some(err)));
    let of_matched = || lines.iter().zip(&matched).filter(|(_, matched)| **matched).map(|(line, _)| line);
    PhaseScore {
        phase: phase.to_owned(),
        score: if chance < 1.0 { ((share - chance) / (1.0 - chance)).max(0.0) } else { 0.0 },
        n_expected: expected.len(),
        n_matched,
        n_lines: of_matched().count(),
        shift_deg,
        shift_err_deg,
        area: of_matched().map(|line| line.area).sum(),
        area_err: Peak::area_err_of_sum(of_matched().copied()),
    }
}

/// Standard uncertainty of a reference position (deg): of the unit cell, of strain and of temperature.
const OF_REFERENCE_DEG: f64 = 0.01;

/// Weighted mean of displacements and its standard uncertainty by their scatter; at least two are needed. Strong reflections count more:
/// a weak one may be another peak.
fn mean_shift(distances: &[(f64, f64)]) -> Option<(f64, f64)> {
    let total: f64 = distances.iter().map(|(_, weight)| weight).sum();
    if distances.len() < 2 || !(total > 0.0 && total.is_finite()) {
        return None;
    }
    let mean = distances.iter().map(|(distance, weight)| distance * weight).sum::<f64>() / total;
    let squares: f64 = distances.iter().map(|(distance, weight)| (weight / total * (distance - mean)).powi(2)).sum();
    let n = distances.len() as f64;
    let scatter = (squares * n / (n - 1.0)).sqrt();
    Some((mean, scatter.max(OF_REFERENCE_DEG / n.sqrt())))
}

/// Number of displacements across the range at which chance is evaluated.
const TRIALS: u32 = 32;

/// Mean of the best S with the reference displaced by at least three tolerances.
fn chance((low, high): (f64, f64), tolerance: f64, best: impl Fn(f64) -> f64) -> f64 {
    let room = high - low - 6.0 * tolerance;
    if room <= 0.0 {
        return 0.0;
    }
    let trial = |k: u32| 3.0 * tolerance + room * (f64::from(k) + 0.5) / f64::from(TRIALS);
    (0..TRIALS).map(|k| best(trial(k))).sum::<f64>() / f64::from(TRIALS)
}
