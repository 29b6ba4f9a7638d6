//! Start values of a search: the best points of a grid of positions and widths.
//!
//! On a uniform grid a component at another position is the same component shifted, so its overlap with the data
//! and with other components is tabulated once per width. Pairs are then tried exhaustively; further
//! components are added one by one and all exchanged until there is no further improvement.

use super::line_shape::Shape;
use super::points::Points;
use super::region::SpinOrbit;

/// Start positions (eV) and width (eV), best first.
pub(super) struct Start {
    pub(super) positions_ev: Vec<f64>,
    pub(super) fwhm_ev: f64,
    /// Decrease of Σ(y − b)².
    gain: f64,
}

/// Allowed range of each position and of the common width (eV).
pub(super) struct Bounds {
    pub(super) lower_ev: Vec<f64>,
    pub(super) upper_ev: Vec<f64>,
    pub(super) fwhm_min_ev: f64,
    pub(super) fwhm_max_ev: f64,
}

/// Widths tried, as fractions of the largest.
const WIDTHS: [f64; 5] = [0.95, 0.72, 0.54, 0.4, 0.27];
/// Cells of the grid.
const CELLS: usize = 160;
/// Number of positions tried per nominal width.
const PER_WIDTH: f64 = 5.0;

/// The best start of each width, best first.
pub(super) fn search(
    points: &Points,
    line: &[f64],
    bounds: &Bounds,
    shape: Shape,
    pair: Option<SpinOrbit>,
) -> Vec<Start> {
    let n = points.len();
    let first = points.energy_ev[0];
    let cells = CELLS.min(2 * n);
    let cell = points.span_ev() / cells as f64;
    let data = resample(points, line, first, cell, cells);
    let mut starts: Vec<Start> = WIDTHS
        .iter()
        .map(|share| share * bounds.fwhm_max_ev)
        .filter(|&fwhm_ev| fwhm_ev >= bounds.fwhm_min_ev)
        .map(|fwhm_ev| Table::new(&data, first, cell, fwhm_ev, bounds, (shape, pair)).best(bounds.lower_ev.len()))
        .collect();
    if starts.is_empty() {
        starts.push(
            Table::new(&data, first, cell, bounds.fwhm_max_ev, bounds, (shape, pair)).best(bounds.lower_ev.len()),
        );
    }
    starts.sort_by(|a, b| b.gain.total_cmp(&a.gain));
    starts
}

/// The component at the grid's points, linearly interpolated between measured ones.
fn resample(points: &Points, line: &[f64], first: f64, cell: f64, cells: usize) -> Vec<f64> {
    let x = &points.energy_ev;
    let mut left = 0;
    (0..=cells)
        .map(|k| {
            let energy = first + cell * k as f64;
            while left + 2 < x.len() && x[left + 1] < energy {
                left += 1;
            }
            let step = x[left + 1] - x[left];
            let at = if step > 0.0 { ((energy - x[left]) / step).clamp(0.0, 1.0) } else { 0.5 };
            line[left] + at * (line[left + 1] - line[left])
        })
        .collect()
}

/// Overlaps for one width.
struct Table {
    first: f64,
    cell: f64,
    fwhm_ev: f64,
    /// Overlap of two components by their distance in cells.
    overlap: Vec<f64>,
    /// Overlap of a component with the data by its cell.
    with_data: Vec<f64>,
    /// Allowed cells of each component.
    places: Vec<Vec<usize>>,
}

impl Table {
    fn new(
        data: &[f64],
        first: f64,
        cell: f64,
        fwhm_ev: f64,
        bounds: &Bounds,
        (shape, pair): (Shape, Option<SpinOrbit>),
    ) -> Self {
        let cells = data.len() - 1;
        // Beyond 2.2 widths a component with m = 0.30 is below 1e-5 of its height; start values need no more.
        let reach = ((2.2 * fwhm_ev / cell).ceil().max(1.0) as usize).min(cells);
        let half: Vec<f64> = (0..=reach).map(|k| shape.at((cell * k as f64 / fwhm_ev).powi(2)).0).collect();
        let at = |offset: isize| half.get(offset.unsigned_abs()).copied().unwrap_or(0.0);
        // The second line of a pair is that many cells above the first.
        let apart = pair.map_or(0, |pair| (pair.splitting_ev / cell).round() as isize).min(cells as isize);
        let above = reach + apart.unsigned_abs();
        let full: Vec<f64> = (-(reach as isize)..=above as isize)
            .map(|offset| at(offset) + pair.map_or(0.0, |pair| pair.ratio * at(offset - apart)))
            .collect();
        let overlap = (0..=(reach + above).min(cells))
            .map(|lag| full[lag..].iter().zip(&full).map(|(a, b)| a * b).sum())
            .collect();
        let stride = ((fwhm_ev / PER_WIDTH / cell).floor() as usize).max(1);
        let places: Vec<Vec<usize>> = bounds
            .lower_ev
            .iter()
            .zip(&bounds.upper_ev)
            .map(|(&lower, &upper)| {
                let low = ((lower - first) / cell).ceil().clamp(0.0, cells as f64) as usize;
                let high = ((upper - first) / cell).floor().clamp(0.0, cells as f64) as usize;
                if high <= low { vec![low] } else { (low..=high).step_by(stride).collect() }
            })
            .collect();
        let mut with_data = vec![f64::NAN; cells + 1];
        for &place in places.iter().flatten() {
            if with_data[place].is_nan() {
                let (from, to) = (place.saturating_sub(reach), (place + above).min(cells));
                let shape = &full[from + reach - place..];
                with_data[place] = data[from..=to].iter().zip(shape).map(|(a, b)| a * b).sum();
            }
        }
        Self { first, cell, fwhm_ev, overlap, with_data, places }
    }

    fn between(&self, a: usize, b: usize) -> f64 {
        self.overlap.get(a.abs_diff(b)).copied().unwrap_or(0.0)
    }

    /// Decrease of the sum of squares for components of positive height at these cells.
    fn gain(&self, chosen: &[usize], scratch: &mut Scratch) -> f64 {
        let m = chosen.len();
        scratch.left.clear();
        scratch.left.extend_from_slice(chosen);
        // Components with negative height are removed, the most negative first.
        loop {
            let kept = scratch.left.len();
            if kept == 0 {
                return 0.0;
            }
            // Cholesky of the overlaps, row by row.
            let l = &mut scratch.factor;
            l.resize(m * m, 0.0);
            scratch.heights.clear();
            for i in 0..kept {
                let mut right = self.with_data[scratch.left[i]];
                for j in 0..=i {
                    let sum: f64 = (0..j).map(|k| l[i * m + k] * l[j * m + k]).sum();
                    let value = self.between(scratch.left[i], scratch.left[j]) - sum;
                    if i == j {
                        if value <= 1e-9 * self.overlap[0] {
                            return 0.0;
                        }
                        l[i * m + i] = value.sqrt();
                    } else {
                        l[i * m + j] = value / l[j * m + j];
                        right -= l[i * m + j] * scratch.heights[j];
                    }
                }
                scratch.heights.push(right / l[i * m + i]);
            }
            let gain: f64 = scratch.heights.iter().map(|value| value * value).sum();
            for i in (0..kept).rev() {
                let above: f64 = (i + 1..kept).map(|k| l[k * m + i] * scratch.heights[k]).sum();
                scratch.heights[i] = (scratch.heights[i] - above) / l[i * m + i];
            }
            let worst = (0..kept).min_by(|&a, &b| scratch.heights[a].total_cmp(&scratch.heights[b])).unwrap_or(0);
            if scratch.heights[worst] >= 0.0 {
                return gain;
            }
            scratch.left.remove(worst);
        }
    }

    /// The best of all pairs.
    fn best_pair(&self, a: usize, b: usize) -> (usize, usize, f64) {
        let own = self.overlap[0];
        let mut best = (self.places[a][0], self.places[b][0], f64::NEG_INFINITY);
        for &first in &self.places[a] {
            let with_first = self.with_data[first];
            for &second in &self.places[b] {
                let both = self.between(first, second);
                let with_second = self.with_data[second];
                let determinant = own * own - both * both;
                let (height_a, height_b) =
                    (own * with_first - both * with_second, own * with_second - both * with_first);
                let gain = if height_a > 0.0 && height_b > 0.0 && determinant > 1e-9 * own * own {
                    (height_a * with_first + height_b * with_second) / determinant
                } else {
                    with_first.max(with_second).max(0.0).powi(2) / own
                };
                if gain > best.2 {
                    best = (first, second, gain);
                }
            }
        }
        best
    }

    fn best(&self, components: usize) -> Start {
        let mut scratch = Scratch::default();
        let mut chosen: Vec<usize> = Vec::with_capacity(components);
        if components > 1 {
            let (first, second, _) = self.best_pair(0, 1);
            chosen.extend([first, second]);
        }
        while chosen.len() < components {
            chosen.push(self.places[chosen.len()][0]);
            let last = chosen.len() - 1;
            self.exchange(&mut chosen, last, &mut scratch);
        }
        let mut gain = self.gain(&chosen, &mut scratch);
        if components > 2 {
            for _ in 0..8 {
                for k in 0..components {
                    self.exchange(&mut chosen, k, &mut scratch);
                }
                let better = self.gain(&chosen, &mut scratch);
                if better <= gain {
                    break;
                }
                gain = better;
            }
        }
        let positions_ev = chosen.iter().map(|&k| self.first + self.cell * k as f64).collect();
        Start { positions_ev, fwhm_ev: self.fwhm_ev, gain }
    }

    /// Moves component `k` to its best place.
    fn exchange(&self, chosen: &mut [usize], k: usize, scratch: &mut Scratch) {
        let mut best = (chosen[k], self.gain(chosen, scratch));
        for &place in &self.places[k] {
            chosen[k] = place;
            let gain = self.gain(chosen, scratch);
            if gain > best.1 {
                best = (place, gain);
            }
        }
        chosen[k] = best.0;
    }
}

#[derive(Default)]
struct Scratch {
    left: Vec<usize>,
    factor: Vec<f64>,
    heights: Vec<f64>,
}
