//! The end of growth within a scan: recording goes on, the thickness stays.

use super::linearity::{SIGNIFICANT, flexible_degree, structure_limit};
use super::models::{Hinge, Line, Polynomial};
use super::series::{Noise, point_to_point};

/// Growth that ends within a scan.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    /// Number of points before it.
    pub(super) before: usize,
    /// Cycle at which growth ends.
    pub(super) cycle: f64,
    /// Thickness afterwards (nm), and its variance (nm²).
    pub(super) level_nm: f64,
    pub(super) variance: f64,
}

/// Beginnings of the windows in which a line is compared with one that breaks: the growth before the end may itself
/// begin late, and is then a line only in part of the scan.
const WINDOWS: usize = 16;
/// Fewest points on either side of the break.
const SIDE: usize = 5;
/// Fewest points of the line with which the break is determined at last.
const LINE: usize = 20;
/// A slope after the break within this many of its standard errors is none.
const NONE: f64 = 3.0;

/// The end of growth, if a line and a level that meet in a point describe the last part of the scan. Growth that becomes
/// slower gradually has no end: a curve describes it better.
pub(super) fn find_end(x: &[f64], y: &[f64], floor: f64) -> Option<End> {
    let found = (0..WINDOWS).find_map(|window| ends_in(x, y, x.len() * window / WINDOWS, floor))?;
    // A late beginning of growth in the window would shift the break: as many points on either side of it do not show one.
    let around = (2 * found.before).saturating_sub(x.len()).min(found.before.saturating_sub(LINE));
    Some(ends_in(x, y, around, floor).unwrap_or(found))
}

/// The end of growth, from the points from `start` on.
fn ends_in(x: &[f64], y: &[f64], start: usize, floor: f64) -> Option<End> {
    let (x_in, y_in) = (&x[start..], &y[start..]);
    let points = x_in.len();
    if points < 2 * SIDE + 1 {
        return None;
    }
    let line = Line::through(x_in, y_in);
    let hinge = Hinge::through(x_in, y_in, &line).filter(|hinge| hinge.bend < 0.0)?;
    if hinge.index < SIDE || points - hinge.index < SIDE {
        return None;
    }
    let slow = Noise::of(&hinge.residuals(x_in, y_in), 4, floor).slow_variance();
    let before = Line::through(&x_in[..=hinge.index], &y_in[..=hinge.index]);
    let after = Line::through(&x_in[hinge.index..], &y_in[hinge.index..]);
    let err = |line: &Line| (slow / line.spread).sqrt();
    let flat = after.slope.abs() <= NONE * err(&after) && after.slope + SIGNIFICANT * err(&after) < before.slope;
    let poly = Polynomial::through(x_in, y_in, flexible_degree(points));
    let left_over = (hinge.sse - poly.left_by(usize::MAX)) / slow;
    let described = poly.left_by(3) > hinge.sse && left_over < structure_limit(poly.sse.len());
    if !(flat
        && before.slope > SIGNIFICANT * err(&before)
        && (line.sse - hinge.sse) / slow > structure_limit(2)
        && described)
    {
        return None;
    }
    // The break is known to a few times the noise divided by the slope: these points belong to neither side.
    let noise = point_to_point(x_in, y_in).max(floor.sqrt());
    let unsure = 2.0 * noise / before.slope;
    let cycle = x_in[hinge.index];
    let kept = x.partition_point(|&x| x < cycle - unsure).min(start + hinge.index);
    let tail = x.partition_point(|&x| x <= cycle + unsure).min(x.len() - SIDE);
    let count = (x.len() - tail) as f64;
    let level_nm = y[tail..].iter().sum::<f64>() / count;
    Some(End { before: kept, cycle, level_nm, variance: slow / count })
}
