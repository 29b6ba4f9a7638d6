//! Start values from the data.
//!
//! Every member of the outermost group is an amplitude times a shape: scaling its resistances,
//! inductances and Warburg coefficients by a, and its capacitances by 1/a, scales its impedance by a.
//! Shapes (time constants, exponents, ratios of resistances) are taken from a grid over the measured
//! frequencies, amplitudes then follow from linear least squares without negative values. The best
//! and most different of these combinations are the start values of searches.
//!
//! Source: G. H. Golub, V. Pereyra, SIAM J. Numer. Anal. 10 (1973) 413 (separable least squares).

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BinaryHeap};

use num_complex::Complex64;

use super::circuit::{Circuit, Node};
use super::element::{ElementKind, Scale};
use super::model::Model;
use crate::levenberg::dot;
use crate::nonnegative::Amplitudes;

/// Largest number of points that rank the starts.
const RANKING_POINTS: usize = 32;
/// Largest number of ranked combinations of shapes.
const MAX_COMBINATIONS: usize = 12_000;
/// Number of ranked combinations that are examined when starts are chosen.
const LONGEST_LIST: usize = 300;
/// Exponents of constant phase elements on the grid.
const EXPONENTS: [f64; 4] = [0.97, 0.85, 0.7, 0.5];

/// The same if only the exponent of a member's shape is unknown.
const LONE_EXPONENTS: [f64; 10] = [1.0, 0.97, 0.93, 0.89, 0.84, 0.79, 0.73, 0.66, 0.57, 0.47];

/// A combination of one shape of each block.
#[derive(Clone, Copy)]
struct Ranked {
    /// The remaining fraction of the data's squared norm.
    unexplained: f64,
    /// Index in [`Combinations`].
    place: usize,
}

/// Best first; of equals the one examined first.
impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.unexplained.total_cmp(&other.unexplained).then(self.place.cmp(&other.place))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ranked {}

/// Combinations one after the other: the index of a shape for each block.
struct Combinations {
    blocks: usize,
    indices: Vec<usize>,
}

impl Combinations {
    /// Adds one and returns its position.
    fn push(&mut self, indices: &[usize]) -> usize {
        self.indices.extend_from_slice(indices);
        self.indices.len() / self.blocks - 1
    }

    fn get(&self, place: usize) -> &[usize] {
        &self.indices[self.blocks * place..][..self.blocks]
    }
}

/// Combinations in the order in which they are examined: the best of each class in turn with the best of all, for the
/// best alone may lie in one valley. Few are ever needed, so they are put in order on demand.
struct Order {
    /// The best of each class, best first.
    firsts: std::vec::IntoIter<Ranked>,
    others: BinaryHeap<Reverse<Ranked>>,
    /// Those used so far.
    places: Vec<usize>,
    n_others: usize,
}

impl Order {
    fn new(blocks: &[Block], combinations: &Combinations, ranked: Vec<Ranked>) -> Self {
        let mut classes: BTreeMap<u64, Ranked> = BTreeMap::new();
        for combination in &ranked {
            let of_blocks = combinations.get(combination.place).iter().zip(blocks);
            let class = of_blocks
                .fold(0u64, |class, (&i, block)| class.wrapping_mul(3).wrapping_add(u64::from(block.shapes[i].class)));
            let best = classes.entry(class).or_insert(*combination);
            *best = (*best).min(*combination);
        }
        let mut firsts: Vec<Ranked> = classes.into_values().collect();
        firsts.sort_unstable();
        let others: Vec<Reverse<Ranked>> = ranked.into_iter().map(Reverse).collect();
        Self { firsts: firsts.into_iter(), others: others.into(), places: Vec::new(), n_others: 0 }
    }

    /// The combination that is examined at `position`.
    fn get(&mut self, position: usize) -> Option<usize> {
        while position >= self.places.len() {
            if self.n_others == LONGEST_LIST {
                return None;
            }
            let Reverse(next) = self.others.pop()?;
            self.n_others += 1;
            self.places.extend(self.firsts.next().map(|first| first.place));
            self.places.push(next.place);
        }
        Some(self.places[position])
    }
}

struct Block {
    leaves: Vec<(ElementKind, usize)>,
    /// The signature of blocks: two of the same signature may swap roles.
    signature: String,
    shapes: Vec<Shape>,
}

struct Shape {
    /// Parameters of the block's leaves, in their order.
    parameters: Vec<f64>,
    /// Weighted values at the ranking points, of norm 1.
    vector: Vec<f64>,
    /// The norm before.
    norm: f64,
    /// Inner product with the data.
    projection: f64,
    /// Third of the range of its first coordinate: starts of every class are needed.
    class: u8,
}

/// Starts one after the other, best first, no two alike.
pub(crate) struct Starts<'a> {
    circuit: &'a Circuit,
    blocks: Vec<Block>,
    parallel: bool,
    combinations: Combinations,
    order: Order,
    /// Representative coordinates of each start given so far.
    given: Vec<Vec<f64>>,
    amplitudes: Amplitudes,
    /// Which of [`DIFFERENCES`] is used, and the next candidate.
    round: usize,
    position: usize,
}

/// Least difference between starts in some coordinate (ln of a parameter, ten times an exponent): large
/// at first, smaller when no such starts are left.
const DIFFERENCES: [f64; 3] = [2.5, 1.2, 0.4];

impl<'a> Starts<'a> {
    /// `points` of (ω, Z, weight of the real part, weight of the imaginary part), sorted.
    pub(crate) fn new(circuit: &'a Circuit, points: &[(f64, Complex64, f64, f64)]) -> Self {
        let (members, parallel) = match &circuit.root {
            Node::Series(members) => (members.iter().collect::<Vec<_>>(), false),
            Node::Parallel(members) => (members.iter().collect(), true),
            leaf @ Node::Leaf { .. } => (vec![leaf], false),
        };
        let stride = points.len().div_ceil(RANKING_POINTS).max(1);
        let offset = (points.len() - 1) % stride / 2;
        let ranking = Ranking::new(points.iter().skip(offset).step_by(stride), points, parallel);
        let count = members.len();
        let blocks: Vec<Block> = members.iter().map(|member| ranking.block(member, count as f64)).collect();
        let (combinations, ranked) = ranking.rank(&blocks);
        let order = Order::new(&blocks, &combinations, ranked);
        let amplitudes = Amplitudes::new(count);
        Self { circuit, blocks, parallel, combinations, order, given: Vec::new(), amplitudes, round: 0, position: 0 }
    }

    /// Parameters of one combination, in their own units, and the coordinates by which it is compared: a
    /// block without amplitude has no relevant shape.
    fn parameters(&mut self, place: usize) -> (Vec<f64>, Vec<f64>) {
        let Self { circuit, blocks, amplitudes, .. } = self;
        let indices = self.combinations.get(place);
        for (a, &i) in indices.iter().enumerate() {
            amplitudes.projection[a] = blocks[a].shapes[i].projection;
            for (b, &j) in indices.iter().enumerate() {
                amplitudes.gram[blocks.len() * a + b] = dot(&blocks[a].shapes[i].vector, &blocks[b].shapes[j].vector);
            }
        }
        amplitudes.solve();
        let mut parameters = vec![0.0; circuit.parameters().len()];
        let mut features = Vec::with_capacity(parameters.len());
        for (b, &i) in indices.iter().enumerate() {
            let shape = &blocks[b].shapes[i];
            let dead = amplitudes.solution[b] <= 0.0;
            let amplitude = if dead { 0.01 } else { amplitudes.solution[b] } / shape.norm;
            let scale = if self.parallel { 1.0 / amplitude } else { amplitude };
            let mut values = shape.parameters.iter();
            for &(kind, first) in &blocks[b].leaves {
                for k in 0..kind.parameter_count() {
                    let value = values.next().copied().unwrap_or(1.0);
                    let spec = &circuit.parameters()[first + k];
                    let value = if k == 0 { value * scale.powf(kind.amplitude_sign()) } else { value };
                    let value = value.clamp(spec.lower, spec.upper);
                    parameters[first + k] = value;
                    features.push(match spec.scale {
                        _ if dead => 0.0,
                        Scale::Logarithmic => value.ln(),
                        Scale::Linear => value * 10.0,
                    });
                }
            }
        }
        (parameters, features)
    }
}

impl Iterator for Starts<'_> {
    /// A start in the units of the circuit's parameters.
    type Item = Vec<f64>;

    fn next(&mut self) -> Option<Vec<f64>> {
        while self.round < DIFFERENCES.len() {
            while let Some(place) = self.order.get(self.position) {
                let (parameters, features) = self.parameters(place);
                self.position += 1;
                let difference = DIFFERENCES[self.round];
                let alike = |other: &Vec<f64>| other.iter().zip(&features).all(|(a, b)| (a - b).abs() < difference);
                if !self.given.iter().any(alike) {
                    self.given.push(features);
                    return Some(parameters);
                }
            }
            self.round += 1;
            self.position = 0;
        }
        None
    }
}

/// The points that rank combinations; admittances when the outermost group is a parallel.
struct Ranking {
    frequency_hz: Vec<f64>,
    parallel: bool,
    weights: Vec<f64>,
    data: Vec<f64>,
    ln_tau: (f64, f64),
}

impl Ranking {
    fn new<'a>(
        chosen: impl Iterator<Item = &'a (f64, Complex64, f64, f64)>,
        all: &[(f64, Complex64, f64, f64)],
        parallel: bool,
    ) -> Self {
        let chosen: Vec<_> = chosen.collect();
        let part = |z: Complex64| if parallel { z.inv() } else { z };
        // δY = −δZ/Z²: an error of Z weighted with w is one of Y weighted with w·|Z|².
        let scale = |z: Complex64| if parallel { z.norm_sqr() } else { 1.0 };
        let mut weights: Vec<f64> = chosen.iter().map(|(_, z, w, _)| w * scale(*z)).collect();
        weights.extend(chosen.iter().map(|(_, z, _, w)| w * scale(*z)));
        let values = chosen.iter().map(|(_, z, ..)| part(*z).re).chain(chosen.iter().map(|(_, z, ..)| part(*z).im));
        let mut data: Vec<f64> = values.zip(&weights).map(|(value, weight)| value * weight).collect();
        let norm = dot(&data, &data).sqrt();
        if norm > 0.0 && norm.is_finite() {
            data.iter_mut().for_each(|value| *value /= norm);
            weights.iter_mut().for_each(|value| *value /= norm);
        }
        let highest = all.iter().map(|point| point.0).fold(f64::MIN_POSITIVE, f64::max);
        let lowest = all.iter().map(|point| point.0).fold(f64::INFINITY, f64::min);
        Self {
            frequency_hz: chosen.iter().map(|point| point.0 / (2.0 * std::f64::consts::PI)).collect(),
            parallel,
            weights,
            data,
            ln_tau: ((0.2 / highest).ln(), (5.0 / lowest).ln()),
        }
    }

    fn tau(&self, position: f64) -> f64 {
        (self.ln_tau.0 + position * (self.ln_tau.1 - self.ln_tau.0)).exp()
    }

    fn block(&self, member: &Node, blocks: f64) -> Block {
        let mut leaves = Vec::new();
        let mut signature = String::new();
        collect(member, &mut leaves, &mut signature);
        let mut model = Model::new(&relative(member, leaves[0].1), &self.frequency_hz);
        let decades = (self.ln_tau.1 - self.ln_tau.0) / std::f64::consts::LN_10;
        let mut shapes: Vec<Shape> = Vec::new();
        let axes = Axes::of(&leaves);
        let grid = axes.positions(decades, blocks);
        for position in grid {
            let parameters = self.shape_parameters(&leaves, &axes, &position);
            model.evaluate(&parameters);
            let z = model.z();
            let n = z.len() / 2;
            let mut vector: Vec<f64> = z.to_vec();
            if self.parallel {
                for k in 0..n {
                    let y = Complex64::new(z[k], z[n + k]).inv();
                    (vector[k], vector[n + k]) = (y.re, y.im);
                }
            }
            vector.iter_mut().zip(&self.weights).for_each(|(value, weight)| *value *= weight);
            let norm = dot(&vector, &vector).sqrt();
            if !(norm.is_finite() && norm > 0.0) {
                continue;
            }
            vector.iter_mut().for_each(|value| *value /= norm);
            let projection = dot(&vector, &self.data);
            let class = position.first().map_or(0, |first| (3.0 * first).min(2.0) as u8);
            shapes.push(Shape { parameters, vector, norm, projection, class });
        }
        Block { leaves, signature, shapes }
    }

    /// Parameters of one shape: the leading resistance is 1 Ohm, all others relative to it.
    fn shape_parameters(&self, leaves: &[(ElementKind, usize)], axes: &Axes, position: &[f64]) -> Vec<f64> {
        let mut position = position.iter().copied();
        let mut next = || position.next().unwrap_or(0.5);
        let mut parameters = Vec::new();
        for (k, &(kind, _)) in leaves.iter().enumerate() {
            let leading = k == axes.leading;
            match kind {
                ElementKind::Resistor => parameters.push(if leading { 1.0 } else { ratio(next()) }),
                ElementKind::WarburgOpen | ElementKind::WarburgShort | ElementKind::Gerischer => {
                    parameters.push(if leading { 1.0 } else { ratio(next()) });
                    parameters.push(self.tau(next()));
                }
                ElementKind::Capacitor | ElementKind::Inductor => {
                    parameters.push(self.tau(if leading { 0.5 } else { next() }));
                }
                ElementKind::Warburg => parameters.push(self.tau(if leading { 0.5 } else { next() }).powf(-0.5)),
                ElementKind::ConstantPhase => {
                    let tau = self.tau(if leading { 0.5 } else { next() });
                    let n = 0.4 + 0.6 * next();
                    parameters.extend([tau.powf(n), n]);
                }
            }
        }
        parameters
    }

    /// All combinations, or a selection spread over them.
    fn rank(&self, blocks: &[Block]) -> (Combinations, Vec<Ranked>) {
        let mut combinations = Combinations { blocks: blocks.len(), indices: Vec::new() };
        if blocks.iter().any(|block| block.shapes.is_empty()) {
            return (combinations, Vec::new());
        }
        let mut amplitudes = Amplitudes::new(blocks.len());
        let mut cross = Cross::new(blocks);
        let mut ranked = Vec::new();
        let mut unexplained = |indices: &[usize]| {
            for (a, &i) in indices.iter().enumerate() {
                amplitudes.projection[a] = blocks[a].shapes[i].projection;
                for (b, &j) in indices[..=a].iter().enumerate() {
                    let value = if a == b { 1.0 } else { cross.product(blocks, (b, j), (a, i)) };
                    amplitudes.gram[blocks.len() * a + b] = value;
                    amplitudes.gram[blocks.len() * b + a] = value;
                }
            }
            1.0 - amplitudes.solve()
        };
        let total: f64 = blocks.iter().map(|block| block.shapes.len() as f64).product();
        let mut indices = vec![0; blocks.len()];
        if total <= 2.0 * MAX_COMBINATIONS as f64 {
            loop {
                // Blocks alike may swap roles: one order of the two is enough.
                let ordered = (1..blocks.len()).all(|b| {
                    let twin = (0..b).rev().find(|&a| blocks[a].signature == blocks[b].signature);
                    twin.is_none_or(|a| indices[a] <= indices[b])
                });
                if ordered {
                    ranked.push(Ranked { unexplained: unexplained(&indices), place: combinations.push(&indices) });
                }
                if !advance(&mut indices, blocks) {
                    break;
                }
            }
        } else {
            // Too many: descend by blocks from a spread of combinations.
            let budget = MAX_COMBINATIONS;
            let sweep: usize = blocks.iter().map(|block| block.shapes.len()).sum();
            let descents = (budget / (2 * sweep)).clamp(4, 60);
            for start in 0..descents {
                for (b, block) in blocks.iter().enumerate() {
                    let spread = radical_inverse(start + 1, PRIMES[b % PRIMES.len()]);
                    indices[b] = (spread * block.shapes.len() as f64) as usize;
                }
                let mut best = unexplained(&indices);
                for _ in 0..2 {
                    let before = best;
                    for b in 0..blocks.len() {
                        let mut kept = indices[b];
                        for i in 0..blocks[b].shapes.len() {
                            indices[b] = i;
                            let value = unexplained(&indices);
                            if value < best {
                                (best, kept) = (value, i);
                            }
                        }
                        indices[b] = kept;
                    }
                    if best >= before {
                        break;
                    }
                }
                ranked.push(Ranked { unexplained: best, place: combinations.push(&indices) });
            }
        }
        (combinations, ranked)
    }
}

/// Inner products between shapes of different blocks, each calculated once.
struct Cross {
    offsets: Vec<usize>,
    shapes: usize,
    products: Vec<f64>,
}

impl Cross {
    fn new(blocks: &[Block]) -> Self {
        let mut offsets = Vec::new();
        let mut shapes = 0;
        for block in blocks {
            offsets.push(shapes);
            shapes += block.shapes.len();
        }
        Self { offsets, shapes, products: vec![f64::NAN; shapes * shapes] }
    }

    fn product(&mut self, blocks: &[Block], (a, i): (usize, usize), (b, j): (usize, usize)) -> f64 {
        let slot = &mut self.products[(self.offsets[a] + i) * self.shapes + self.offsets[b] + j];
        if slot.is_nan() {
            *slot = dot(&blocks[a].shapes[i].vector, &blocks[b].shapes[j].vector);
        }
        *slot
    }
}

/// The next combination, last block fastest; false after the last.
fn advance(indices: &mut [usize], blocks: &[Block]) -> bool {
    for b in (0..blocks.len()).rev() {
        indices[b] += 1;
        if indices[b] < blocks[b].shapes.len() {
            return true;
        }
        indices[b] = 0;
    }
    false
}

/// The coordinates of a shape, each from 0 to 1.
struct Axes {
    /// The leaf whose first parameter the amplitude replaces: the first with a resistance.
    leading: usize,
    /// In the order of `shape_parameters`.
    axes: Vec<Axis>,
}

#[derive(Clone, Copy, PartialEq)]
enum Axis {
    Tau,
    Exponent,
    Ratio,
}

impl Axes {
    fn of(leaves: &[(ElementKind, usize)]) -> Self {
        let resistive = |kind: ElementKind| {
            !matches!(
                kind,
                ElementKind::Capacitor | ElementKind::Inductor | ElementKind::ConstantPhase | ElementKind::Warburg
            )
        };
        let leading = leaves.iter().position(|&(kind, _)| resistive(kind)).unwrap_or(0);
        let mut axes = Vec::new();
        for (k, &(kind, _)) in leaves.iter().enumerate() {
            if k != leading {
                axes.push(if resistive(kind) { Axis::Ratio } else { Axis::Tau });
            }
            match kind {
                ElementKind::ConstantPhase => axes.push(Axis::Exponent),
                _ if kind.parameter_count() == 2 => axes.push(Axis::Tau),
                _ => {}
            }
        }
        Self { leading, axes }
    }

    /// Points of the grid: every combination up to two coordinates, a spread selection beyond.
    fn positions(&self, decades: f64, blocks: f64) -> Vec<Vec<f64>> {
        let per_decade = if self.axes.contains(&Axis::Exponent) { 2.0 } else { 3.0 };
        let times = ((decades * per_decade).ceil() as usize).clamp(4, 40);
        let axis = |axis: Axis| -> Vec<f64> {
            match axis {
                Axis::Exponent => EXPONENTS.iter().map(|n| (n - 0.4) / 0.6).collect(),
                Axis::Tau => (0..times).map(|k| (k as f64 + 0.5) / times as f64).collect(),
                Axis::Ratio => (0..5).map(|k| (k as f64 + 0.5) / 5.0).collect(),
            }
        };
        match *self.axes.as_slice() {
            [] => vec![Vec::new()],
            // A lone exponent is cheap to resolve, and where it dominates, a coarse one would make
            // the other members correct it.
            [Axis::Exponent] => LONE_EXPONENTS.iter().map(|n| vec![(n - 0.4) / 0.6]).collect(),
            [a] => axis(a).into_iter().map(|position| vec![position]).collect(),
            [a, b] if [a, b].contains(&Axis::Exponent) => {
                axis(a).iter().flat_map(|&first| axis(b).into_iter().map(move |second| vec![first, second])).collect()
            }
            _ => {
                let dimensions = self.axes.len();
                let count = ((160.0 * dimensions as f64) / blocks.sqrt()) as usize;
                let position = |k| (0..dimensions).map(|d| radical_inverse(k + 1, PRIMES[d % PRIMES.len()])).collect();
                (0..count.clamp(100, 900)).map(position).collect()
            }
        }
    }
}

/// A ratio of resistances, from 1/50 to 50.
fn ratio(position: f64) -> f64 {
    50f64.powf(2.0 * position - 1.0)
}

const PRIMES: [usize; 12] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];

/// Halton's sequence: `k` mirrored at the point in base `base`.
pub(crate) fn radical_inverse(mut k: usize, base: usize) -> f64 {
    let mut result = 0.0;
    let mut place = 1.0 / base as f64;
    while k > 0 {
        result += (k % base) as f64 * place;
        k /= base;
        place /= base as f64;
    }
    result
}

fn collect(node: &Node, leaves: &mut Vec<(ElementKind, usize)>, signature: &mut String) {
    match node {
        Node::Leaf { kind, first } => {
            leaves.push((*kind, *first));
            signature.push_str(kind.symbol());
        }
        Node::Series(members) | Node::Parallel(members) => {
            signature.push(if matches!(node, Node::Series(_)) { '[' } else { '(' });
            members.iter().for_each(|member| collect(member, leaves, signature));
            signature.push(']');
        }
    }
}

/// The same tree with parameters counted from `first`.
fn relative(node: &Node, first: usize) -> Node {
    match node {
        Node::Leaf { kind, first: own } => Node::Leaf { kind: *kind, first: own - first },
        Node::Series(members) => Node::Series(members.iter().map(|m| relative(m, first)).collect()),
        Node::Parallel(members) => Node::Parallel(members.iter().map(|m| relative(m, first)).collect()),
    }
}
