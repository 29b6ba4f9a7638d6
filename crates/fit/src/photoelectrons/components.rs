//! Components of a region: positions and one width by search, heights by linear least squares.

use super::{PhotoelectronError, shirley, sorted};
use crate::quality::Quality;

/// How residuals are weighted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weighting {
    /// By the square root of the counts, as counting statistics has it. For rates the scale follows from the residuals.
    #[default]
    Counts,
    /// All alike.
    Unit,
}

impl Weighting {
    /// The word stored in tables: `counts` or `unit`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counts => "counts",
            Self::Unit => "unit",
        }
    }
}

/// Where a component is expected.
#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    /// Its name, as `bridging`.
    pub name: String,
    /// Its binding energy (eV).
    pub binding_energy_ev: f64,
    /// By how much it may lie elsewhere (eV).
    pub tolerance_ev: f64,
}

/// Choices of the fit.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionOptions {
    /// The components that are expected. Where empty, `n_components` are found in the data.
    pub components: Vec<Position>,
    /// How many, where none are named.
    pub n_components: usize,
    /// Share of the Lorentzian: 0.3 for GL(30).
    pub mix: f64,
    /// The width must be below this (eV).
    pub fwhm_max_ev: f64,
    /// The region (eV), limits included; all points where `None`.
    pub range_ev: Option<(f64, f64)>,
    /// Points at each end whose mean is the background's level.
    pub endpoint_mean_of: usize,
    /// How residuals are weighted.
    pub weighting: Weighting,
}

impl Default for RegionOptions {
    fn default() -> Self {
        Self {
            components: Vec::new(),
            n_components: 2,
            mix: 0.3,
            fwhm_max_ev: 2.0,
            range_ev: None,
            endpoint_mean_of: 5,
            weighting: Weighting::Counts,
        }
    }
}

/// One component.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Its name; `1`, `2`, … by rising energy where none was given.
    pub name: String,
    /// Binding energy (eV).
    pub position_ev: f64,
    /// Its standard error (eV).
    pub position_err_ev: f64,
    /// Height, in units of intensity.
    pub height: f64,
    /// Its standard error.
    pub height_err: f64,
    /// Area, in units of intensity times eV.
    pub area: f64,
    /// Its standard error, with that of the background.
    pub area_err: f64,
}

/// A fitted region.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionFit {
    /// The components: in the order of the options, else by rising energy.
    pub components: Vec<Component>,
    /// Width of all components (full width at half maximum, eV).
    pub fwhm_ev: f64,
    /// Its standard error (eV).
    pub fwhm_err_ev: f64,
    /// Covariance of the areas, row by row.
    pub area_covariance: Vec<f64>,
    /// Level of the background at low binding energy.
    pub background_low: f64,
    /// Level at high binding energy.
    pub background_high: f64,
    /// χ² for each degree of freedom; with [`Weighting::Unit`] the residuals' variance.
    pub chi2_reduced: f64,
    /// Root mean square of the residuals.
    pub residual_rms: f64,
    /// Points.
    pub n_points: usize,
    /// Lowest energy (eV).
    pub energy_min_ev: f64,
    /// Highest energy (eV).
    pub energy_max_ev: f64,
    /// The verdict.
    pub quality: Quality,
    /// The verdict in words.
    pub reason: String,
}

impl RegionFit {
    /// The ratio of two areas and its standard error; `None` where the second is zero.
    #[must_use]
    pub fn area_ratio(&self, numerator: usize, denominator: usize) -> Option<(f64, f64)> {
        let (a, b) = (self.components.get(numerator)?.area, self.components.get(denominator)?.area);
        let covariance = |i: usize, j: usize| self.area_covariance[i * self.components.len() + j];
        let variance = covariance(numerator, numerator) / (a * a) + covariance(denominator, denominator) / (b * b)
            - 2.0 * covariance(numerator, denominator) / (a * b);
        (b > 0.0 && a > 0.0).then(|| (a / b, a / b * variance.max(0.0).sqrt()))
    }
}

/// Points a region needs beyond the parameters.
const SPARE: usize = 5;
/// A narrower line than any instrument gives (eV).
const FWHM_MIN_EV: f64 = 0.2;

/// Fits components to a region.
///
/// # Errors
///
/// [`PhotoelectronError`] for too few points, nothing above the background, or values that are no numbers.
pub fn fit_region(
    binding_energy_ev: &[f64],
    intensity: &[f64],
    options: &RegionOptions,
) -> Result<RegionFit, PhotoelectronError> {
    let count = if options.components.is_empty() { options.n_components } else { options.components.len() };
    if !(1..=6).contains(&count) {
        return Err(PhotoelectronError::Components { components: count });
    }
    let ends = options.endpoint_mean_of.max(1);
    let needed = 2 * ends + 2 * count + 1 + SPARE;
    let (mut energy, mut counts) = sorted(binding_energy_ev, intensity, 1)?;
    if let Some((low, high)) = options.range_ev {
        // Energies are decimal numbers: a limit holds to a thousandth of an electronvolt.
        let inside = |energy: &f64| *energy >= low - 1e-3 && *energy <= high + 1e-3;
        let kept: Vec<(f64, f64)> =
            energy.iter().copied().zip(counts.iter().copied()).filter(|(energy, _)| inside(energy)).collect();
        (energy, counts) = kept.into_iter().unzip();
    }
    if energy.len() < needed {
        return Err(PhotoelectronError::TooFewPoints { points: energy.len(), needed });
    }
    let mut region = Region::new(energy, counts, count, options, ends);
    let signal_to_noise = region.signal_to_noise();
    if signal_to_noise < 5.0 {
        return Err(PhotoelectronError::NoLine { signal_to_noise });
    }
    let best = region.search(options);
    Ok(region.summarise(best, options, ends))
}

struct Region {
    energy: Vec<f64>,
    counts: Vec<f64>,
    background: Vec<f64>,
    levels: (f64, f64),
    weight: Vec<f64>,
    /// Intensity over the background, weighted.
    over: Vec<f64>,
    count: usize,
    mix: f64,
    shapes: Vec<f64>,
}

/// Positions, width, heights and cost.
#[derive(Clone)]
struct Found {
    position: Vec<f64>,
    fwhm: f64,
    height: Vec<f64>,
    cost: f64,
}

impl Region {
    fn new(energy: Vec<f64>, counts: Vec<f64>, count: usize, options: &RegionOptions, ends: usize) -> Self {
        let (background, _, low, high) = shirley::of_sorted(&energy, &counts, ends);
        let weight: Vec<f64> = match options.weighting {
            Weighting::Unit => vec![1.0; energy.len()],
            Weighting::Counts => {
                // A smoothed expectation: single counts, as weights, would favour points that are low by chance.
                let n = counts.len();
                let mean = |place: usize| {
                    let part = &counts[place.saturating_sub(2)..(place + 3).min(n)];
                    part.iter().sum::<f64>() / part.len() as f64
                };
                (0..n).map(|place| mean(place).max(1.0).sqrt().recip()).collect()
            }
        };
        let over = counts.iter().zip(&background).zip(&weight).map(|((counts, low), weight)| (counts - low) * weight);
        let over = over.collect();
        let shapes = vec![0.0; energy.len() * count];
        Self { energy, counts, background, levels: (low, high), weight, over, count, mix: options.mix, shapes }
    }

    /// Area over the background in standard deviations of counting.
    fn signal_to_noise(&self) -> f64 {
        let area: f64 = self.counts.iter().zip(&self.background).map(|(counts, low)| counts - low).sum();
        // The noise of what is there, whatever its unit: by the differences of neighbours at the ends.
        let n = self.counts.len();
        let mut differences: Vec<f64> =
            self.counts.windows(3).map(|three| (three[0] - 2.0 * three[1] + three[2]).abs() / 6.0_f64.sqrt()).collect();
        differences.sort_by(f64::total_cmp);
        let noise = differences[differences.len() / 2] / 0.6745;
        area / (noise * (n as f64).sqrt()).max(f64::MIN_POSITIVE)
    }

    /// Cost at positions and width, with the best heights, none below zero.
    fn cost(&mut self, position: &[f64], fwhm: f64) -> Found {
        let n = self.energy.len();
        for (k, centre) in position.iter().enumerate() {
            for place in 0..n {
                self.shapes[k * n + place] = shape(self.energy[place] - centre, fwhm, self.mix) * self.weight[place];
            }
        }
        let m = self.count;
        let mut active = vec![true; m];
        loop {
            let chosen: Vec<usize> = (0..m).filter(|k| active[*k]).collect();
            let height = self.heights(&chosen);
            // A component below zero is none.
            let lowest = chosen.iter().zip(&height).min_by(|a, b| a.1.total_cmp(b.1));
            match lowest {
                Some((k, height)) if *height < 0.0 && chosen.len() > 1 => active[*k] = false,
                _ => {
                    let mut all = vec![0.0; m];
                    for (k, height) in chosen.iter().zip(&height) {
                        all[*k] = height.max(0.0);
                    }
                    let mut cost = 0.0;
                    for place in 0..n {
                        let model: f64 = (0..m).map(|k| all[k] * self.shapes[k * n + place]).sum();
                        cost += (self.over[place] - model).powi(2);
                    }
                    return Found { position: position.to_vec(), fwhm, height: all, cost };
                }
            }
        }
    }

    fn heights(&self, chosen: &[usize]) -> Vec<f64> {
        let n = self.energy.len();
        let column = |k: usize| &self.shapes[k * n..(k + 1) * n];
        let m = chosen.len();
        let normal = nalgebra::DMatrix::from_fn(m, m, |i, j| {
            column(chosen[i]).iter().zip(column(chosen[j])).map(|(a, b)| a * b).sum::<f64>()
        });
        let right = nalgebra::DVector::from_fn(m, |i, _| {
            column(chosen[i]).iter().zip(&self.over).map(|(a, b)| a * b).sum::<f64>()
        });
        match normal.cholesky() {
            Some(normal) => normal.solve(&right).iter().copied().collect(),
            // Two components in one place: half of it each.
            None => vec![0.0; m],
        }
    }

    /// From several starts to the best minimum.
    fn search(&mut self, options: &RegionOptions) -> Found {
        let (low, high) = (self.energy[0], self.energy[self.energy.len() - 1]);
        let bounds: Vec<(f64, f64)> = if options.components.is_empty() {
            vec![(low, high); self.count]
        } else {
            let within = |start: &Position| {
                let lower = (start.binding_energy_ev - start.tolerance_ev).max(low);
                (lower, (start.binding_energy_ev + start.tolerance_ev).min(high).max(lower))
            };
            options.components.iter().map(within).collect()
        };
        let mut starts = self.coarse(&bounds, options);
        starts.truncate(3);
        let mut best: Option<Found> = None;
        for start in starts {
            let found = self.refine(start, &bounds, options.fwhm_max_ev);
            if best.as_ref().is_none_or(|best| found.cost < best.cost) {
                best = Some(found);
            }
        }
        let middle = |(low, high): &(f64, f64)| 0.5 * (low + high);
        best.unwrap_or_else(|| Found {
            position: bounds.iter().map(middle).collect(),
            fwhm: options.fwhm_max_ev,
            height: vec![0.0; self.count],
            cost: f64::INFINITY,
        })
    }

    /// Starts on a coarse grid of positions and widths, best first.
    fn coarse(&mut self, bounds: &[(f64, f64)], options: &RegionOptions) -> Vec<Found> {
        let widths = [0.35, 0.6, 0.85].map(|share| (share * options.fwhm_max_ev).max(FWHM_MIN_EV));
        let over: Vec<f64> = self.counts.iter().zip(&self.background).map(|(counts, low)| counts - low).collect();
        let top = (0..over.len()).max_by(|a, b| over[*a].total_cmp(&over[*b])).unwrap_or(0);
        let top = self.energy[top];
        let mut positions: Vec<Vec<f64>> = Vec::new();
        if options.components.is_empty() {
            // The highest point holds a component; the others lie within a few widths of it.
            let others = [-2.4, -1.6, -1.1, -0.7, 0.7, 1.1, 1.6, 2.4];
            positions.push(vec![top; 1]);
            for _ in 1..self.count {
                let mut more = Vec::new();
                for known in &positions {
                    for other in others {
                        let mut next = known.clone();
                        next.push(top + other * options.fwhm_max_ev / 1.6);
                        more.push(next);
                    }
                }
                positions = more;
                positions.truncate(512);
            }
        } else {
            let expected: Vec<f64> = options.components.iter().map(|start| start.binding_energy_ev).collect();
            // As expected, and all of it moved so that the highest point is each of the components.
            positions.push(expected.clone());
            for place in 0..self.count {
                let shift = top - expected[place];
                positions.push(expected.iter().map(|position| position + shift).collect());
            }
            for shift in [-0.4, 0.4] {
                positions.push(expected.iter().map(|position| position + shift).collect());
            }
        }
        let mut starts = Vec::new();
        for mut position in positions {
            for (position, (low, high)) in position.iter_mut().zip(bounds) {
                *position = position.clamp(*low, *high);
            }
            for fwhm in widths {
                starts.push(self.cost(&position, fwhm));
            }
        }
        starts.sort_by(|a, b| a.cost.total_cmp(&b.cost));
        starts
    }

    /// Levenberg–Marquardt over positions and width; heights follow at every step (variable projection, in Kaufman's
    /// approximation).
    fn refine(&mut self, start: Found, bounds: &[(f64, f64)], fwhm_max: f64) -> Found {
        let mut best = start;
        let mut damping = 1e-3;
        let (n, m) = (self.energy.len(), self.count);
        for _ in 0..200 {
            let (normal, gradient) = self.normal(&best, n, m);
            let mut moved = false;
            for _ in 0..12 {
                let mut damped = normal.clone();
                for k in 0..=m {
                    damped[(k, k)] += damping * normal[(k, k)].max(1e-30);
                }
                let Some(step) = damped.cholesky().map(|normal| normal.solve(&gradient)) else {
                    damping *= 10.0;
                    continue;
                };
                let position: Vec<f64> = (0..m)
                    .map(|k| (best.position[k] + step[k].clamp(-0.5, 0.5)).clamp(bounds[k].0, bounds[k].1))
                    .collect();
                let fwhm = (best.fwhm + step[m].clamp(-0.5, 0.5)).clamp(FWHM_MIN_EV, fwhm_max);
                let trial = self.cost(&position, fwhm);
                if trial.cost < best.cost {
                    moved = best.cost - trial.cost > 1e-12 * best.cost;
                    best = trial;
                    damping = (damping * 0.2).max(1e-12);
                    break;
                }
                damping *= 5.0;
            }
            if !moved {
                break;
            }
        }
        best
    }

    /// JᵀJ and −Jᵀr of the projected problem.
    fn normal(&mut self, at: &Found, n: usize, m: usize) -> (nalgebra::DMatrix<f64>, nalgebra::DVector<f64>) {
        let residual = self.residuals(at);
        let jacobian = self.jacobian(at, n, m);
        // What heights can take up is no part of a step of the others.
        let basis = nalgebra::DMatrix::from_column_slice(n, m, &self.shapes).qr().q();
        let projected = &jacobian - &basis * (basis.transpose() * &jacobian);
        let gradient = projected.transpose() * residual;
        (projected.transpose() * &projected, gradient)
    }

    /// Data less model, weighted; leaves the shapes of this place behind.
    fn residuals(&mut self, at: &Found) -> nalgebra::DVector<f64> {
        let n = self.energy.len();
        self.cost(&at.position, at.fwhm);
        nalgebra::DVector::from_fn(n, |place, _| {
            self.over[place] - (0..self.count).map(|k| at.height[k] * self.shapes[k * n + place]).sum::<f64>()
        })
    }

    /// Derivatives of the model by positions and width, weighted.
    fn jacobian(&self, at: &Found, n: usize, m: usize) -> nalgebra::DMatrix<f64> {
        let mut jacobian = nalgebra::DMatrix::zeros(n, m + 1);
        for place in 0..n {
            for k in 0..m {
                let (by_position, by_fwhm) = slopes(self.energy[place] - at.position[k], at.fwhm, self.mix);
                jacobian[(place, k)] = at.height[k] * by_position * self.weight[place];
                jacobian[(place, m)] += at.height[k] * by_fwhm * self.weight[place];
            }
        }
        jacobian
    }

    fn summarise(&mut self, best: Found, options: &RegionOptions, ends: usize) -> RegionFit {
        let (n, m) = (self.energy.len(), self.count);
        let residual = self.residuals(&best);
        // All parameters together: positions, width, heights.
        let mut full = nalgebra::DMatrix::zeros(n, 2 * m + 1);
        full.view_mut((0, 0), (n, m + 1)).copy_from(&self.jacobian(&best, n, m));
        for k in 0..m {
            for place in 0..n {
                full[(place, m + 1 + k)] = self.shapes[k * n + place];
            }
        }
        let dof = n - (2 * m + 1);
        let chi2_reduced = residual.norm_squared() / dof as f64;
        // A parameter at its bound is not varied, nor is one without effect.
        let at_bound = best.fwhm >= options.fwhm_max_ev * (1.0 - 1e-9) || best.fwhm <= FWHM_MIN_EV;
        let mut normal = full.transpose() * &full;
        if at_bound {
            fix(&mut normal, m);
        }
        for k in 0..m {
            if best.height[k] <= 0.0 {
                fix(&mut normal, k);
            }
        }
        let unit = area_of_unit(options.mix);
        let inverse =
            normal.try_inverse().unwrap_or_else(|| nalgebra::DMatrix::from_element(2 * m + 1, 2 * m + 1, f64::NAN));
        // Counting statistics where intensities are counts; where residuals are wider, they decide.
        let scale = match options.weighting {
            Weighting::Counts => chi2_reduced.max(1.0),
            Weighting::Unit => chi2_reduced,
        };
        let scale = if options.weighting == Weighting::Counts && chi2_reduced < 0.5 { chi2_reduced } else { scale };
        let mut covariance = inverse.clone() * scale;
        self.add_background(&mut covariance, &inverse, &full, scale, ends);
        let error = |k: usize| covariance[(k, k)].max(0.0).sqrt();
        // Area = height · width · unit: its covariance by derivatives.
        let mut by = nalgebra::DMatrix::zeros(m, 2 * m + 1);
        for k in 0..m {
            by[(k, m)] = best.height[k] * unit;
            by[(k, m + 1 + k)] = best.fwhm * unit;
        }
        let areas = &by * &covariance * by.transpose();
        let mut components: Vec<Component> = (0..m)
            .map(|k| Component {
                name: options.components.get(k).map_or_else(String::new, |start| start.name.clone()),
                position_ev: best.position[k],
                position_err_ev: error(k),
                height: best.height[k],
                height_err: error(m + 1 + k),
                area: best.height[k] * best.fwhm * unit,
                area_err: areas[(k, k)].max(0.0).sqrt(),
            })
            .collect();
        let mut order: Vec<usize> = (0..m).collect();
        if options.components.is_empty() {
            order.sort_by(|a, b| best.position[*a].total_cmp(&best.position[*b]));
            components = order.iter().map(|k| components[*k].clone()).collect();
            for (place, component) in components.iter_mut().enumerate() {
                component.name = (place + 1).to_string();
            }
        }
        let area_covariance =
            order.iter().flat_map(|i| order.iter().map(|j| areas[(*i, *j)]).collect::<Vec<_>>()).collect();
        let rms = residual.iter().zip(&self.weight).map(|(r, w)| (r / w).powi(2)).sum::<f64>() / n as f64;
        let (quality, reason) = self.verdict(&best, &components, &residual, at_bound, options);
        RegionFit {
            components,
            fwhm_ev: best.fwhm,
            fwhm_err_ev: if at_bound { 0.0 } else { error(m) },
            area_covariance,
            background_low: self.levels.0,
            background_high: self.levels.1,
            chi2_reduced,
            residual_rms: rms.sqrt(),
            n_points: n,
            energy_min_ev: self.energy[0],
            energy_max_ev: self.energy[n - 1],
            quality,
            reason,
        }
    }

    /// Adds what the levels of the background, known from a few points, leave open: the parameters follow them.
    fn add_background(
        &self,
        covariance: &mut nalgebra::DMatrix<f64>,
        inverse: &nalgebra::DMatrix<f64>,
        full: &nalgebra::DMatrix<f64>,
        scale: f64,
        ends: usize,
    ) {
        let n = self.energy.len();
        for low_end in [true, false] {
            let range = if low_end { 0..ends } else { n - ends..n };
            let variance = range.clone().map(|place| self.weight[place].powi(-2)).sum::<f64>() / (ends * ends) as f64;
            let step = variance.sqrt().max(f64::MIN_POSITIVE);
            // The end's points moved together: what becomes of the background, and so of the parameters.
            let mut counts = self.counts.clone();
            for place in range {
                counts[place] += step;
            }
            let moved = shirley::of_sorted(&self.energy, &counts, ends).0;
            let change =
                nalgebra::DVector::from_fn(n, |place, _| -(moved[place] - self.background[place]) * self.weight[place]);
            let shift = inverse * (full.transpose() * change);
            *covariance += &shift * shift.transpose() * scale;
        }
    }

    fn verdict(
        &self,
        best: &Found,
        components: &[Component],
        residual: &nalgebra::DVector<f64>,
        at_bound: bool,
        options: &RegionOptions,
    ) -> (Quality, String) {
        let r = residual.as_slice();
        let alike = r.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>() / r.iter().map(|r| r * r).sum::<f64>();
        let over: Vec<f64> = self.counts.iter().zip(&self.background).map(|(counts, low)| counts - low).collect();
        let top = over.iter().copied().fold(0.0, f64::max);
        let rms = (r.iter().zip(&self.weight).map(|(r, w)| (r / w).powi(2)).sum::<f64>() / r.len() as f64).sqrt();
        let absent = components
            .iter()
            .find(|component| component.area <= 3.0 * component.area_err || component.area_err.is_nan());
        if !best.cost.is_finite() {
            (Quality::Failed, "the search found no minimum".to_owned())
        } else if at_bound {
            (Quality::Suspect, format!("the width is at its limit of {} eV", options.fwhm_max_ev))
        } else if let Some(component) = absent {
            let (area, error) = (component.area, component.area_err);
            (
                Quality::Suspect,
                format!("component {} is not significant: area {area:.3e} ± {error:.1e}", component.name),
            )
        } else if alike > 0.5 && rms > 0.03 * top {
            (
                Quality::Suspect,
                format!("residuals follow each other (correlation {alike:.2}): the line has another shape"),
            )
        } else {
            (Quality::Good, format!("{} components over {} points", components.len(), r.len()))
        }
    }
}

/// Takes a parameter out of a normal matrix.
fn fix(normal: &mut nalgebra::DMatrix<f64>, k: usize) {
    normal.row_mut(k).fill(0.0);
    normal.column_mut(k).fill(0.0);
    normal[(k, k)] = 1e60;
}

/// GL(m), of height 1.
fn shape(x: f64, fwhm: f64, mix: f64) -> f64 {
    let u = (x / fwhm).powi(2);
    (-4.0 * std::f64::consts::LN_2 * (1.0 - mix) * u).exp() / (1.0 + 4.0 * mix * u)
}

/// Its derivatives by the position and by the width.
fn slopes(x: f64, fwhm: f64, mix: f64) -> (f64, f64) {
    let u = (x / fwhm).powi(2);
    let value = shape(x, fwhm, mix);
    let by_u = -value * (4.0 * std::f64::consts::LN_2 * (1.0 - mix) + 4.0 * mix / (1.0 + 4.0 * mix * u));
    // u = x²/F², x = E − position.
    (by_u * -2.0 * x / (fwhm * fwhm), by_u * -2.0 * u / fwhm)
}

/// Area of GL(m) of height and width 1, by Simpson's rule to 1e-10.
pub(super) fn area_of_unit(mix: f64) -> f64 {
    // ∫ = 1.0419867797 for m = 0.30. Lorentzian tails are cut by the Gaussian unless m = 1, where the area is π/2.
    if mix >= 1.0 {
        return std::f64::consts::FRAC_PI_2;
    }
    let end = 8.0 / (1.0 - mix).sqrt();
    let n = 2000;
    let h = 2.0 * end / f64::from(n);
    let value = |i: i32| shape(-end + h * f64::from(i), 1.0, mix);
    let inner: f64 = (1..n).map(|i| value(i) * if i % 2 == 1 { 4.0 } else { 2.0 }).sum();
    (value(0) + value(n) + inner) * h / 3.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_of_gl_30_is_that_of_its_definition() {
        assert!((area_of_unit(0.3) - 1.041_986_779_7).abs() < 1e-9, "{}", area_of_unit(0.3));
    }

    #[test]
    fn slopes_are_those_of_differences() {
        let (x, fwhm, mix, h) = (0.7, 1.4, 0.3, 1e-6);
        let (by_position, by_fwhm) = slopes(x, fwhm, mix);
        let numeric = (shape(x - h, fwhm, mix) - shape(x + h, fwhm, mix)) / (2.0 * h);
        assert!((by_position - numeric).abs() < 1e-8);
        let numeric = (shape(x, fwhm + h, mix) - shape(x, fwhm - h, mix)) / (2.0 * h);
        assert!((by_fwhm - numeric).abs() < 1e-8);
    }
}
