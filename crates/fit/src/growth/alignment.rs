//! Which cycle of a log is which cycle of a scan, and how certain that is.
//!
//! The steps of a cycle, as heights of the scan, time the two clocks against each other to a fraction of a step; but cycles are alike, so
//! the scan fits the log nearly as well one cycle further on, or one step with exchanged heights. Which it is follows from what is not alike:
//! the beginning, the end, pauses, the lengths of the steps, the order of different cycles in a supercycle.
//!
//! The scan is cut into pieces of two cycles. In each, the thickness is a straight line and the steps of the doses that the log has there, with the
//! same heights everywhere, times one factor for the piece: cycles may be inhibited, and a first piece without steps says nothing if the log may
//! have doses there. Every place of the log in the scan, by steps and whole cycles, leaves squares; another place that leaves nearly as few makes
//! the alignment ambiguous.

use nalgebra::{DMatrix, DVector};

use super::edges::{Edge, Edges};
use super::error::GrowthError;
use super::series::{point_to_point, sorted_readings};
use super::time::{ClockFit, RATE, align_clock, median_step};

/// Probability of the best place below which the alignment is ambiguous.
pub const CERTAIN: f64 = 0.99;
/// Largest distance of places that are compared (cycles).
const FARTHEST: i32 = 60;
/// Events with which the clocks are timed: as many from each end of the log where there are more.
const TIMED_EVENTS: usize = 600;
/// Events at the end of the log with which they are timed as well.
const LAST_EVENTS: usize = 90;
/// Length of a piece of the scan (cycles).
const PIECE: f64 = 2.0;
/// Distance within which places are the same (cycles).
const SAME_PLACE: f64 = 0.08;
/// Most kinds of doses.
const MOST_STEPS: usize = 60;
/// Time constants after which a step has reached its height.
const REACHED: f64 = 12.0;
/// Largest factor of a piece: growth is steady at 1.
const LARGEST_FACTOR: f64 = 1.5;
/// Largest contribution of a piece to the logarithm of a probability: a glitch of the scan is no proof.
const MOST_OF_ONE: f64 = 10.0;
/// Variance of the residuals, in that of the scatter from point to point, above which no place is certain.
const MISFIT: f64 = 3.0;
/// Part of the squares of the second half of the scan that the steps must explain.
const EXPLAINED: f64 = 0.3;

/// A dose on the clock of the log.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoggedDose {
    /// Its start (s).
    pub time_s: f64,
    /// Number of its cycle in the log, from 0.
    pub cycle: usize,
    /// Which dose it is; the same number for doses that change the film alike: those of one place in one kind of cycle.
    pub step: usize,
}

/// The clock of a scan against that of a log.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alignment {
    /// Time on the log = time of the scan / `rate` − `offset_s` (s).
    pub offset_s: f64,
    /// Its standard error (s, k = 1), whole cycles aside.
    pub offset_err_s: f64,
    /// Seconds of the scan's clock in one second of the log's.
    pub rate: f64,
    /// Probability of this place among those compared (0 to 1); at most 0.5 where none describes the scan.
    pub confidence: f64,
    /// The nearest place that is not much less likely, otherwise the next likely one, from this one (cycles; positive: the log begins later in the scan; not whole: a step further on).
    pub rival_cycles: f64,
    /// The farthest place that is not much less likely, from this one (cycles, not negative); 0 where there is none.
    pub farthest_cycles: f64,
    /// Median length of a cycle (s, the log's clock).
    pub cycle_s: f64,
}

impl Alignment {
    /// Whether another place is nearly as likely.
    #[must_use]
    pub fn is_ambiguous(&self) -> bool {
        self.confidence < CERTAIN
    }

    /// A time of the log on the scan's clock (s).
    #[must_use]
    pub fn on_scan(&self, log_s: f64) -> f64 {
        (log_s + self.offset_s) * self.rate
    }
}

/// Aligns a scan with the doses of the log of its run.
///
/// # Errors
///
/// As [`align_clock`]: fewer than three readings per step, fewer than six doses; [`GrowthError::NoGrowth`] where the steps do not explain the
/// scan at any place of the log.
pub fn align_scan(time_s: &[f64], thickness_nm: &[f64], doses: &[LoggedDose]) -> Result<Alignment, GrowthError> {
    let mut doses = doses.to_vec();
    doses.sort_by(|a, b| a.time_s.total_cmp(&b.time_s).then(a.step.cmp(&b.step)));
    let events: Vec<(f64, usize)> = doses.iter().map(|dose| (dose.time_s, dose.step)).collect();
    let timed: Vec<(f64, usize)> = match events.len() > TIMED_EVENTS {
        true => [&events[..TIMED_EVENTS / 2], &events[events.len() - TIMED_EVENTS / 2..]].concat(),
        false => events.clone(),
    };
    let clock = align_clock(time_s, thickness_nm, &timed)?;
    let readings = sorted_readings(time_s, thickness_nm)?;
    let cycles: Vec<&[LoggedDose]> = doses.chunk_by(|a, b| a.cycle == b.cycle).collect();
    let usual_s = median_step(events.iter().map(|event| event.0)).unwrap_or(0.0);
    let cycle_s = median_step(cycles.iter().map(|cycle| cycle[0].time_s)).filter(|cycle_s| *cycle_s > 0.0);
    let n_steps = doses.iter().map(|dose| dose.step + 1).max().unwrap_or(0);
    let (Some(cycle_s), true, true) = (cycle_s, cycles.len() >= 4, n_steps <= MOST_STEPS) else {
        return Err(GrowthError::TooFewPoints { points: cycles.len(), needed: 4 });
    };
    let pieces = Pieces::new(&readings, PIECE * cycle_s);
    // Every step further on, each with its own timing, and every cycle: neighbouring steps are exchanged as easily as cycles.
    let steps = cycles.iter().map(|cycle| cycle.len()).max().unwrap_or(1);
    let longest = cycles.iter().find(|cycle| cycle.len() == steps).copied().unwrap_or_default();
    // A rate that bridges a pause is wrong: the clocks may also run alike, with the middle of the log where it was, or as the last cycles show.
    let middle_s = 0.5 * (doses[0].time_s + doses[doses.len() - 1].time_s);
    let mut clocks = vec![clock];
    let alike = (clock.offset_s + middle_s) * clock.rate - middle_s;
    clocks.push(ClockFit { offset_s: alike, rate: 1.0, ..clock });
    if let Ok(last) = align_clock(time_s, thickness_nm, &events[events.len().saturating_sub(LAST_EVENTS)..]) {
        // Which whole cycle is compared below.
        let whole = ((last.offset_s - alike) / cycle_s).round() * cycle_s;
        clocks.push(ClockFit { offset_s: last.offset_s - whole, rate: 1.0, ..last });
    }
    let mut places: Vec<Place> = Vec::new();
    let mut explained = 0.0_f64;
    let farthest = FARTHEST.min(i32::try_from(cycles.len() / 2).unwrap_or(FARTHEST)).max(2);
    for (dose, from) in longest.iter().flat_map(|dose| clocks.iter().map(move |from| (dose, from))) {
        let moved_s = from.offset_s + dose.time_s - longest[0].time_s;
        let start = [moved_s * from.rate, from.rate, 0.1 * usual_s];
        let Some(timing) = timing(&readings, &timed, start, usual_s) else { continue };
        let Some((heights, part)) = pieces.heights(&doses, &timing, n_steps) else { continue };
        explained = explained.max(part);
        for whole in (-farthest..=farthest).map(f64::from) {
            let moved = Timing { shift_s: timing.shift_s + whole * cycle_s * timing.scale, ..timing };
            let left = pieces.left(&doses, &moved, &heights);
            let cycles = ((moved.shift_s + moved.scale * middle_s) - (alike + middle_s)) / (cycle_s * moved.scale);
            places.push(Place { cycles, timing: moved, left });
        }
    }
    // Several starts lead to one place.
    places.sort_by(|a, b| a.cycles.total_cmp(&b.cycles));
    let mut distinct: Vec<Place> = Vec::new();
    for place in places {
        match distinct.last_mut() {
            Some(last) if place.cycles - last.cycles < SAME_PLACE => {
                if place.sum() < last.sum() {
                    *last = place;
                }
            }
            _ => distinct.push(place),
        }
    }
    let places = distinct;
    let none = GrowthError::NoGrowth { gpc_angstrom: 0.0, gpc_err_angstrom: 0.0 };
    if explained < EXPLAINED {
        return Err(none);
    }
    let Some(best) = places.iter().min_by(|a, b| a.sum().total_cmp(&b.sum())) else { return Err(none) };
    let variance = pieces.variance(best, n_steps);
    let logs: Vec<f64> = places.iter().map(|place| place.log_probability(best, variance)).collect();
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // Of equals the one nearest to what the timing found.
    let nearest = |besides: Option<usize>| {
        (0..places.len()).filter(|place| besides != Some(*place)).max_by(|&a, &b| {
            let (one, other) = (logs[a], logs[b]);
            match (one - other).abs() <= 1e-6 {
                true => places[b].cycles.abs().total_cmp(&places[a].cycles.abs()),
                false => one.total_cmp(&other),
            }
        })
    };
    let Some(found) = nearest(None) else { return Err(none) };
    let timing = places[found].timing;
    // Clocks that differ by so much do not occur: the steps were not found.
    if (timing.scale - 1.0).abs() > 0.99 * RATE {
        return Err(none);
    }
    let distance = |place: usize| places[place].cycles - places[found].cycles;
    let is_likely = |place: &usize| *place != found && logs[*place] > logs[found] + (1.0 - CERTAIN).ln();
    let likely: Vec<f64> = (0..places.len()).filter(is_likely).map(distance).collect();
    let near = likely.iter().copied().min_by(|a, b| a.abs().total_cmp(&b.abs()));
    let rival_cycles = near.or_else(|| nearest(Some(found)).map(distance)).unwrap_or(0.0);
    // Residuals that are not noise: none of the places is the right one.
    let noise = point_to_point(
        &readings.iter().map(|one| one.0).collect::<Vec<_>>(),
        &readings.iter().map(|one| one.1).collect::<Vec<_>>(),
    );
    let most_certain = if variance > MISFIT * noise * noise { 0.5 } else { 1.0 };
    let confidence = (logs[found] - most).exp() / logs.iter().map(|log| (log - most).exp()).sum::<f64>();
    Ok(Alignment {
        offset_s: timing.shift_s / timing.scale,
        offset_err_s: clock.offset_err_s,
        rate: timing.scale,
        confidence: confidence.min(most_certain),
        rival_cycles,
        farthest_cycles: likely.iter().fold(0.0, |most, one| one.abs().max(most)),
        cycle_s,
    })
}

/// Scan time = `scale`·log time + `shift_s`, and the time constant of the steps (s).
#[derive(Clone, Copy)]
struct Timing {
    shift_s: f64,
    scale: f64,
    tau_s: f64,
}

/// The timing of edges near a start: shift (s), scale, time constant (s).
fn timing(readings: &[(f64, f64)], events: &[(f64, usize)], start: [f64; 3], usual_s: f64) -> Option<Timing> {
    let edges: Vec<Edge> = events.iter().map(|&(moment_s, step)| Edge { moment_s, step }).collect();
    let sizes = [0.2 * usual_s, 2e-4, 0.05 * usual_s];
    let (at, _) = Edges::new(readings, &edges, 0.4 * usual_s).search(start, sizes, RATE, 0.01)?;
    Some(Timing { shift_s: at[0], scale: at[1], tau_s: at[2] })
}

/// A place of the log in the scan.
struct Place {
    /// From what the timing found (cycles).
    cycles: f64,
    timing: Timing,
    /// Squares that it leaves in each piece (nm²).
    left: Vec<f64>,
}

impl Place {
    fn sum(&self) -> f64 {
        self.left.iter().sum()
    }

    /// Logarithm of its probability relative to another place, for noise of this variance (nm²).
    fn log_probability(&self, best: &Self, variance: f64) -> f64 {
        let of_piece = |(left, best): (&f64, &f64)| (0.5 * (best - left) / variance).clamp(-MOST_OF_ONE, MOST_OF_ONE);
        self.left.iter().zip(&best.left).map(of_piece).sum()
    }
}

/// A scan in pieces.
struct Pieces<'a> {
    pieces: Vec<&'a [(f64, f64)]>,
}

/// Sums of a column of a piece after its straight line is taken out.
fn without_line(times: &[(f64, f64)], column: &mut [f64]) {
    let count = times.len() as f64;
    let middle = times.iter().map(|reading| reading.0).sum::<f64>() / count;
    let mean = column.iter().sum::<f64>() / count;
    let (mut square, mut product) = (0.0, 0.0);
    for (reading, value) in times.iter().zip(column.iter()) {
        square += (reading.0 - middle).powi(2);
        product += (reading.0 - middle) * (value - mean);
    }
    let slope = if square > 0.0 { product / square } else { 0.0 };
    for (reading, value) in times.iter().zip(column) {
        *value -= mean + slope * (reading.0 - middle);
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

impl<'a> Pieces<'a> {
    fn new(readings: &'a [(f64, f64)], length_s: f64) -> Self {
        let first = readings.first().map_or(0.0, |reading| reading.0);
        let number = |reading: &(f64, f64)| ((reading.0 - first) / length_s).floor() as i64;
        let pieces = readings.chunk_by(|a, b| number(a) == number(b)).filter(|piece| piece.len() >= 6);
        Self { pieces: pieces.collect() }
    }

    /// The doses that act in a piece.
    fn acting<'d>(piece: &[(f64, f64)], doses: &'d [LoggedDose], timing: &Timing) -> &'d [LoggedDose] {
        let on_log = |scan_s: f64| (scan_s - timing.shift_s) / timing.scale;
        let (first, last) = (on_log(piece[0].0 - REACHED * timing.tau_s), on_log(piece[piece.len() - 1].0));
        let begin = doses.partition_point(|dose| dose.time_s < first);
        &doses[begin..doses.partition_point(|dose| dose.time_s <= last).max(begin)]
    }

    /// Adds the steps of these doses, each times a height, to columns.
    fn add_steps(piece: &[(f64, f64)], dose: &LoggedDose, timing: &Timing, height: f64, column: &mut [f64]) {
        let moment = timing.scale * dose.time_s + timing.shift_s;
        for (reading, value) in piece.iter().zip(column) {
            if reading.0 > moment {
                *value -= height * (-(reading.0 - moment) / timing.tau_s).exp_m1();
            }
        }
    }

    /// The common height of each kind of dose (nm) over the second half of the scan, and the part of the squares there that they explain.
    fn heights(&self, doses: &[LoggedDose], timing: &Timing, n_steps: usize) -> Option<(Vec<f64>, f64)> {
        let mut matrix = DMatrix::<f64>::zeros(n_steps, n_steps);
        let (mut vector, mut total) = (DVector::<f64>::zeros(n_steps), 0.0);
        for piece in &self.pieces[self.pieces.len() / 2..] {
            let acting = Self::acting(piece, doses, timing);
            if acting.len() < 2 {
                continue;
            }
            let mut columns = vec![vec![0.0; piece.len()]; n_steps];
            for dose in acting {
                Self::add_steps(piece, dose, timing, 1.0, &mut columns[dose.step]);
            }
            columns.iter_mut().for_each(|column| without_line(piece, column));
            let mut nm: Vec<f64> = piece.iter().map(|reading| reading.1).collect();
            without_line(piece, &mut nm);
            total += dot(&nm, &nm);
            for a in 0..n_steps {
                vector[a] += dot(&columns[a], &nm);
                for b in 0..n_steps {
                    matrix[(a, b)] += dot(&columns[a], &columns[b]);
                }
            }
        }
        // A kind of dose that the scan does not show has no height.
        let largest = (0..n_steps).map(|step| matrix[(step, step)]).fold(0.0, f64::max);
        for step in 0..n_steps {
            matrix[(step, step)] += 1e-9 * largest;
        }
        let heights = matrix.cholesky()?.solve(&vector);
        let part = heights.dot(&vector) / total;
        part.is_finite().then(|| (heights.iter().copied().collect(), part))
    }

    /// The squares that the log leaves in each piece (nm²).
    fn left(&self, doses: &[LoggedDose], timing: &Timing, heights: &[f64]) -> Vec<f64> {
        let of_piece = |piece: &&[(f64, f64)]| {
            let mut nm: Vec<f64> = piece.iter().map(|reading| reading.1).collect();
            without_line(piece, &mut nm);
            let mut steps = vec![0.0; piece.len()];
            for dose in Self::acting(piece, doses, timing) {
                Self::add_steps(piece, dose, timing, heights[dose.step], &mut steps);
            }
            without_line(piece, &mut steps);
            let (square, product) = (dot(&steps, &steps), dot(&steps, &nm));
            let factor = if square > 0.0 { (product / square).clamp(0.0, LARGEST_FACTOR) } else { 0.0 };
            (dot(&nm, &nm) - 2.0 * factor * product + factor * factor * square).max(0.0)
        };
        self.pieces.iter().map(of_piece).collect()
    }

    /// The variance of the noise (nm²), from what a place leaves.
    fn variance(&self, best: &Place, n_steps: usize) -> f64 {
        let count: usize = self.pieces.iter().map(|piece| piece.len() - 2).sum();
        let freedom = count.saturating_sub(self.pieces.len() + n_steps).max(1);
        (best.sum() / freedom as f64).max(1e-18)
    }
}
