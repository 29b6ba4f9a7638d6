//! The onset of linear growth.

use super::error::{Departure, GrowthError};
use super::linearity::{SIGNIFICANT, flexible_degree, not_linear, structure_limit, two_slopes};
use super::models::{Hinge, Line, Onset, Polynomial, TwoBreaks};
use super::series::{Noise, point_to_point};

/// The points from which growth is determined.
pub(super) struct Regime {
    /// Position of the first of them.
    pub(super) start: usize,
    /// Its onset (cycles), not necessarily at a point.
    pub(super) from_cycle: f64,
    /// Thickness before growth, where there is a part without growth.
    pub(super) level: Option<Level>,
    /// Whether level, bend and line describe the whole curve.
    pub(super) described: bool,
    /// The error when they do not, and the regime is too short.
    pub(super) otherwise: GrowthError,
}

/// Thickness before growth.
#[derive(Clone, Copy)]
pub(super) struct Level {
    /// (nm).
    pub(super) nm: f64,
    /// Its variance (nm²).
    pub(super) variance: f64,
}

/// The χ² by which a bend must improve on a line: one chance in 1,800 for two coefficients, a few times more for
/// the search. A bend with a smaller improvement would shift the slope by less than its error.
const BEND: f64 = 15.0;
/// The same within what follows a bend, where only the end of the bend is moved.
const REMAINDER: f64 = 9.0;
/// χ² by which two lines must beat level, bend and line, both with four coefficients: odds of 20 to 1.
const PREFERRED: f64 = 6.0;
/// A slope below this fraction of the later one is an inhibited start, not a second growth regime.
const INHIBITED: f64 = 0.1;
/// Number of points of a level from which its mean can be taken.
const LEVEL_POINTS: usize = 10;
/// Fraction of a slow onset by which it may begin earlier than found.
const EARLY: f64 = 0.1;
/// Fraction of a slow onset by which it may end later than found.
const LATE: f64 = 0.05;
const TRIMS: usize = 5;

/// The linear regime of points sorted by cycle.
pub(super) fn find_regime(x: &[f64], y: &[f64], needed: usize, floor: f64) -> Result<Regime, GrowthError> {
    let points = x.len();
    let line = Line::through(x, y);
    let degree = flexible_degree(points);
    let poly = Polynomial::through(x, y, degree);
    let (onset, onset_noise) = find_onset(x, y, floor);
    let mut noise = Noise::of(&poly.residuals, poly.sse.len(), floor);
    if onset_noise.variance < noise.variance {
        noise = onset_noise;
    }
    let hinge = Hinge::through(x, y, &line);
    if let Some(hinge) = hinge {
        let by_hinge = Noise::of(&hinge.residuals(x, y), 4, floor);
        if by_hinge.variance < noise.variance {
            noise = by_hinge;
        }
    }
    let slow = noise.slow_variance();
    let mut regime = Regime {
        start: 0,
        from_cycle: x[0],
        level: None,
        described: true,
        otherwise: not_linear(Departure::Curvature, x, y, floor),
    };
    if let Some(hinge) = hinge
        && (line.sse - hinge.sse) / slow > BEND
        && hinge.sse + PREFERRED * slow < onset.sse
    {
        let (left, right) = (hinge.index + 1, points - hinge.index);
        let before = Line::through(&x[..left], &y[..left]);
        let after = Line::through(&x[hinge.index..], &y[hinge.index..]);
        let rises = |line: &Line| line.slope > SIGNIFICANT * (slow / line.spread).sqrt();
        if left >= needed && rises(&before) && before.slope > INHIBITED * after.slope {
            if right >= needed
                && let Some(error) = two_slopes(x, y, &hinge, &poly, slow)
            {
                return Err(error);
            }
            if !rises(&after) && (line.sse - hinge.sse) / slow > structure_limit(2) && poly.left_by(3) > hinge.sse {
                return Err(not_linear(Departure::GrowthEnds, x, y, floor));
            }
        } else if (left < needed && hinge.bend < 0.0) || before.slope < 0.0 {
            // A short transient, or a film that shrinks before it grows: neither is a level.
            regime.start = hinge.index;
            regime.from_cycle = x[hinge.index];
            return Ok(regime);
        }
    }
    if onset.slope <= 0.0 || (line.sse - onset.sse) / slow <= BEND {
        return Ok(regime);
    }
    let wide = onset_noise.variance.sqrt() > 2.0 * point_to_point(x, y);
    let left_over = (onset.sse - poly.left_by(usize::MAX)) / slow;
    regime.described = poly.left_by(3) > onset.sse && left_over < structure_limit(degree);
    if let Some(error) = late_two_slopes(x, y, &onset, &poly, needed, floor) {
        return Err(error);
    }
    if !regime.described && wide && left_over > structure_limit(degree) {
        return Err(not_linear(Departure::Drift, x, y, floor));
    }
    regime.level = Some(level(x, y, &onset, onset_noise.slow_variance()));
    let length = onset.to - onset.from;
    regime.from_cycle = onset.to + LATE * length;
    regime.start = x.partition_point(|&x| x < regime.from_cycle);
    trim(x, y, &mut regime, onset.to + 0.5 * length, needed, slow);
    Ok(regime)
}

/// The onset that describes the points best. A sigmoid bend ends later, which is safer: it is used
/// unless the ramp is clearly better.
fn find_onset(x: &[f64], y: &[f64], floor: f64) -> (Onset, Noise) {
    let (sigmoid, ramp) = (Onset::sigmoid(x, y), Onset::ramp(x, y));
    let noise = |onset: &Onset| Noise::of(&onset.residuals(x, y), 4, floor);
    let of_ramp = noise(&ramp);
    if ramp.sse + BEND * of_ramp.slow_variance() < sigmoid.sse { (ramp, of_ramp) } else { (sigmoid, noise(&sigmoid)) }
}

/// Two slopes after a level, where a slow onset describes the points less well.
fn late_two_slopes(
    x: &[f64],
    y: &[f64],
    onset: &Onset,
    poly: &Polynomial,
    needed: usize,
    floor: f64,
) -> Option<GrowthError> {
    let shape = TwoBreaks::through(x, y)?;
    let slow = Noise::of(&shape.residuals(x, y), 5, floor).slow_variance();
    let start = x.partition_point(|&x| x < shape.from);
    // A level, two lines and two breaks have as many coefficients as a polynomial of degree 4.
    let best = shape.sse + (BEND + PREFERRED) * slow < onset.sse && shape.sse < poly.left_by(4);
    if !best || shape.index - start + 1 < needed || x.len() - shape.index < needed {
        return None;
    }
    let (x, y) = (&x[start..], &y[start..]);
    let hinge = Hinge::through(x, y, &Line::through(x, y))?;
    two_slopes(x, y, &hinge, &Polynomial::through(x, y, flexible_degree(x.len())), slow)
}

/// The mean before the onset; the fitted level if hardly any points precede it.
fn level(x: &[f64], y: &[f64], onset: &Onset, slow: f64) -> Level {
    // The beginning of a slow onset is uncertain: the film may have grown in part before it.
    let margin = EARLY * (onset.to - onset.from);
    let before = &y[..x.partition_point(|&x| x < onset.from - margin)];
    if before.len() < LEVEL_POINTS {
        return Level { nm: onset.level, variance: slow * onset.level_variance(x) };
    }
    let count = before.len() as f64;
    Level { nm: before.iter().sum::<f64>() / count, variance: slow / count }
}

/// Moves the start, as far as `latest`, while the slope still rises after it: bends of other shapes end later.
fn trim(x: &[f64], y: &[f64], regime: &mut Regime, latest: f64, needed: usize, slow: f64) {
    for _ in 0..TRIMS {
        let (x, y) = (&x[regime.start..], &y[regime.start..]);
        if x.len() < needed {
            return;
        }
        let line = Line::through(x, y);
        let Some(hinge) = Hinge::through(x, y, &line) else { return };
        if hinge.bend <= 0.0 || (line.sse - hinge.sse) / slow <= REMAINDER || x[hinge.index] > latest {
            return;
        }
        regime.from_cycle = x[hinge.index];
        regime.start += hinge.index;
    }
}
