//! The supercycle of two processes for a target composition of the film, from earlier measured films.
//!
//! The rule of mixtures ([`crate::mixtures`]) gives a first expectation for every k : l. Of measured mixtures, each
//! element and the growth per cycle deviate from it by a factor. Its logarithm is the weighted mean over films of one
//! cycle ratio, with the larger of the uncertainties by their weights and by their scatter; between cycle ratios it is
//! interpolated linearly. At a fraction s of the way between two of them s(1 − s) of their difference is added to the
//! uncertainty, at most a quarter. Beyond the outermost the deviation is kept constant, and half of it per unit of
//! cycle ratio is added to the uncertainty: both are allowances for missing measurements, not estimates. A pure film
//! does not deviate.
//!
//! Source: R. T. Birge, Phys. Rev. 40 (1932) 207 (internal and external consistency of a weighted mean); L. V. Hedges,
//! J. Gurevitch, P. S. Curtis, Ecology 80 (1999) 1150 (logarithms of ratios, weighted by their variances).

use std::collections::{BTreeMap, BTreeSet};

use aldb_elements::mixture::CompositionError;

use crate::mixtures::{DENSITY_REL, EndMember, Expected, Route, expected_mixture, mean_atomic_mass};
use crate::quality::{Coded, ReasonCode};

/// A content, or a ratio of sums of contents, and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Elements of the numerator.
    pub numerator: Vec<String>,
    /// Elements of the denominator; none for a content in at.%.
    pub denominator: Vec<String>,
    /// The value, positive.
    pub value: f64,
}

impl Target {
    /// Reads `B/P=0.5`, `B/(B+P)=0.3` or `B=6.7`.
    ///
    /// # Errors
    ///
    /// Expected and found, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("expected a target like `B/P=0.5`, `B/(B+P)=0.3` or `B=6.7` (at.%), found `{text}`");
        let (quantity, value) = text.split_once('=').ok_or_else(wrong)?;
        let value: f64 = value.trim().parse().map_err(|_| wrong())?;
        let (above, below) = match quantity.split_once('/') {
            Some((above, below)) => (above, Some(below)),
            None => (quantity, None),
        };
        let elements = |sum: &str| -> Option<Vec<String>> {
            let sum = sum.trim().trim_start_matches('(').trim_end_matches(')');
            let symbol = |part: &str| {
                let part = part.trim();
                let letters = part.len() <= 2 && part.chars().all(char::is_alphabetic);
                (letters && part.starts_with(char::is_uppercase)).then(|| part.to_owned())
            };
            sum.split('+').map(symbol).collect()
        };
        let numerator = elements(above).ok_or_else(wrong)?;
        let denominator = below.map_or(Some(Vec::new()), elements).ok_or_else(wrong)?;
        if !(value > 0.0 && value.is_finite()) {
            return Err(wrong());
        }
        Ok(Self { numerator, denominator, value })
    }

    /// The quantity in a film with these contents; `None` if one of its elements is missing.
    fn quantity(&self, content: impl Fn(&str) -> Option<f64>) -> Option<f64> {
        let sum = |elements: &[String]| elements.iter().map(|element| content(element)).sum::<Option<f64>>();
        let above = sum(&self.numerator)?;
        if self.denominator.is_empty() { Some(above) } else { Some(above / sum(&self.denominator)?) }
    }

    fn elements(&self) -> impl Iterator<Item = &String> {
        self.numerator.iter().chain(&self.denominator)
    }
}

/// The quantity without its value: `B/(B+P)`.
impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sum = |elements: &[String]| match elements {
            [one] => one.clone(),
            several => format!("({})", several.join("+")),
        };
        match self.denominator.is_empty() {
            true => write!(f, "{}", sum(&self.numerator)),
            false => write!(f, "{}/{}", sum(&self.numerator), sum(&self.denominator)),
        }
    }
}

/// One process and the film grown by it alone. Pairs are values with standard uncertainties (k = 1).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Process {
    /// Its name.
    pub name: String,
    /// Growth per cycle (Å); `None` where none was measured.
    pub gpc_angstrom: Option<(f64, f64)>,
    /// Density (g/cm³); `None` where none is stated.
    pub density_g_per_cm3: Option<f64>,
    /// Content of each element (at.%); empty where none was measured.
    pub contents_percent: BTreeMap<String, (f64, f64)>,
}

/// One quantity of one measured mixture, with its value by the rule of mixtures.
#[derive(Clone, Debug, PartialEq)]
pub struct MixtureValue {
    /// The sample.
    pub sample_id: String,
    /// An element's symbol (contents in at.%), or `gpc_angstrom`.
    pub quantity: String,
    /// Fraction of the first process in the cycles.
    pub cycle_ratio: f64,
    /// The measured value.
    pub measured: f64,
    /// Its standard uncertainty; `None` where unknown.
    pub measured_err: Option<f64>,
    /// The value by the rule of mixtures.
    pub expected: f64,
}

/// Known properties of two processes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// The two processes alone.
    pub processes: [Process; 2],
    /// Measured mixtures of the two.
    pub mixtures: Vec<MixtureValue>,
    /// Cycle ratio and nucleation delay (cycles) of films, pure ones included.
    pub delays: Vec<(f64, f64)>,
}

/// Options of the search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SupercycleOptions {
    /// Thickness of the film (nm).
    pub thickness_nm: f64,
    /// Largest number of cycles in a supercycle; less than 2 counts as 2.
    pub most_cycles: u32,
}

/// A supercycle, and its expected film.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Supercycle {
    /// Cycles of the first process in a supercycle.
    pub k: u32,
    /// Cycles of the second.
    pub l: u32,
    /// Fraction of the first process in the cycles.
    pub cycle_ratio: f64,
    /// Number of supercycles for the thickness.
    pub supercycles: u64,
    /// The quantity of the target.
    pub quantity: String,
    /// Its target value.
    pub target: f64,
    /// Its value expected from the rule and the measurements.
    pub expected: f64,
    /// Its standard uncertainty.
    pub expected_err: f64,
    /// Its value by the rule of mixtures alone.
    pub by_rule: f64,
    /// Growth per cycle expected (Å).
    pub gpc_angstrom: f64,
    /// Its standard uncertainty (Å).
    pub gpc_err_angstrom: f64,
    /// Nucleation delay (cycles), interpolated between the nearest films; 0 where unknown.
    pub nucleation_delay_cycles: f64,
    /// Thickness expected (nm).
    pub thickness_nm: f64,
    /// Its standard uncertainty (nm).
    pub thickness_err_nm: f64,
    /// Measured films with the nearest cycle ratios below and above.
    pub neighbours: Vec<Neighbour>,
    /// Reservations.
    pub notes: Vec<String>,
}

/// A measured film for comparison with the suggestion.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Neighbour {
    /// Its sample.
    pub sample_id: String,
    /// Its cycle ratio.
    pub cycle_ratio: f64,
    /// The measured quantity; `None` where one of its elements was not measured.
    pub measured: Option<f64>,
    /// The quantity by the rule of mixtures.
    pub by_rule: Option<f64>,
}

/// Why no supercycle is suggested.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SupercycleError {
    /// The growth of one process alone is unknown.
    #[error("no growth per cycle of {process} alone was measured")]
    GrowthUnknown {
        /// The process.
        process: String,
    },
    /// The density of a film is unknown.
    #[error("no recipe of {process} states density_g_per_cm3")]
    DensityUnknown {
        /// The process.
        process: String,
    },
    /// The composition of a film is unknown.
    #[error("no composition of {process} alone was measured")]
    CompositionUnknown {
        /// The process.
        process: String,
    },
    /// A composition is invalid.
    #[error("composition of {process}: {error}")]
    Composition {
        /// The process.
        process: String,
        /// The error.
        error: CompositionError,
    },
    /// Neither film contains the elements of the target.
    #[error("neither film contains {elements}")]
    ElementsAbsent {
        /// The elements of the target.
        elements: String,
    },
}

impl Coded for SupercycleError {
    fn code(&self) -> ReasonCode {
        match self {
            Self::Composition { error, .. } => error.code(),
            Self::GrowthUnknown { .. }
            | Self::DensityUnknown { .. }
            | Self::CompositionUnknown { .. }
            | Self::ElementsAbsent { .. } => ReasonCode::MissingInput,
        }
    }
}

/// The name that represents growth among the elements.
const GROWTH: &str = "gpc_angstrom";
/// Cycle ratios closer than this are the same.
const SAME_RATIO: f64 = 1e-9;
/// Relative uncertainty of a nucleation delay: it is reproducible from run to run to a few cycles only.
const DELAY_REL: f64 = 0.05;

/// Finds the shortest supercycle whose expected composition is as close to the target as the uncertainty can
/// distinguish.
///
/// # Errors
///
/// [`SupercycleError`] if growth, density or composition of a process is unknown, or neither film contains the elements
/// of the target.
///
/// # Source
///
/// See the documentation of this module.
pub fn suggest_supercycle(
    target: &Target,
    evidence: &Evidence,
    options: &SupercycleOptions,
) -> Result<Supercycle, SupercycleError> {
    let [first, second] = &evidence.processes;
    let model = Model {
        members: [end_member(first)?, end_member(second)?],
        contents: [&first.contents_percent, &second.contents_percent],
        deviations: deviations(&evidence.mixtures),
    };
    let mut best: Option<(f64, u32, u32, Prediction)> = None;
    for cycles in 2..=options.most_cycles.max(2) {
        for k in (1..cycles).filter(|k| coprime(*k, cycles)) {
            let l = cycles - k;
            let Some(prediction) = model.predict(target, k, l) else { continue };
            let distance = (prediction.value / target.value).ln().abs();
            // A longer supercycle must be closer by more than the uncertainty can distinguish.
            let worth = (0.2 * prediction.err / prediction.value).max(0.01);
            if best.as_ref().is_none_or(|(known, ..)| distance + worth < *known) {
                best = Some((distance, k, l, prediction));
            }
        }
    }
    let Some((_, k, l, prediction)) = best else {
        let elements: BTreeSet<&str> = target.elements().map(String::as_str).collect();
        let elements = elements.into_iter().collect::<Vec<_>>().join(", ");
        return Err(SupercycleError::ElementsAbsent { elements });
    };
    let period = f64::from(k + l);
    let cycle_ratio = f64::from(k) / period;
    let (gpc_nm, gpc_err_nm) = (prediction.gpc / 10.0, prediction.gpc_err / 10.0);
    let known_delay = interpolated_delay(&evidence.delays, cycle_ratio);
    let delay = known_delay.unwrap_or(0.0);
    let supercycles = ((options.thickness_nm * 10.0 / prediction.gpc + delay) / period).ceil().max(1.0);
    let grown = (supercycles * period - delay).max(0.0);

    let mut notes = Vec::new();
    let tolerance = (2.0 * prediction.err).max(0.02 * target.value);
    if (prediction.value - target.value).abs() > tolerance {
        let most = options.most_cycles;
        notes.push(format!("no supercycle of up to {most} cycles comes closer to the target; a longer one may"));
    }
    let ratios = || evidence.mixtures.iter().map(|mixture| mixture.cycle_ratio);
    if model.deviations.is_empty() {
        notes.push("no mixture of these processes was measured: the rule of mixtures alone".to_owned());
    } else if !ratios().any(|ratio| ratio <= cycle_ratio + SAME_RATIO)
        || !ratios().any(|ratio| ratio >= cycle_ratio - SAME_RATIO)
    {
        notes.push(
            "all measured mixtures lie on one side of this cycle ratio: the deviation of the nearest is kept"
                .to_owned(),
        );
    }
    if known_delay.is_none() {
        notes.push("no nucleation delay is known: none is included".to_owned());
    }
    Ok(Supercycle {
        k,
        l,
        cycle_ratio,
        supercycles: supercycles as u64,
        quantity: target.to_string(),
        target: target.value,
        expected: prediction.value,
        expected_err: prediction.err,
        by_rule: prediction.by_rule,
        gpc_angstrom: prediction.gpc,
        gpc_err_angstrom: prediction.gpc_err,
        nucleation_delay_cycles: delay,
        thickness_nm: gpc_nm * grown,
        thickness_err_nm: (gpc_err_nm * grown).hypot(gpc_nm * DELAY_REL * delay),
        neighbours: neighbours(&evidence.mixtures, target, cycle_ratio),
        notes,
    })
}

/// Whether two numbers have no common divisor but 1.
fn coprime(a: u32, b: u32) -> bool {
    if b == 0 { a == 1 } else { coprime(b, a % b) }
}

fn end_member(process: &Process) -> Result<EndMember, SupercycleError> {
    let name = || process.name.clone();
    let (gpc_angstrom, gpc_err_angstrom) =
        process.gpc_angstrom.ok_or_else(|| SupercycleError::GrowthUnknown { process: name() })?;
    let density_g_per_cm3 =
        process.density_g_per_cm3.ok_or_else(|| SupercycleError::DensityUnknown { process: name() })?;
    if process.contents_percent.is_empty() {
        return Err(SupercycleError::CompositionUnknown { process: name() });
    }
    let contents = process.contents_percent.iter().map(|(element, (content, _))| (element.as_str(), *content));
    let mean_atomic_mass_g_per_mol =
        mean_atomic_mass(contents).map_err(|error| SupercycleError::Composition { process: name(), error })?;
    let density_err_g_per_cm3 = DENSITY_REL * density_g_per_cm3;
    Ok(EndMember {
        gpc_angstrom,
        gpc_err_angstrom,
        density_g_per_cm3,
        density_err_g_per_cm3,
        mean_atomic_mass_g_per_mol,
    })
}

/// The logarithm of the factor by which a quantity deviates from the rule of mixtures, at a cycle ratio.
#[derive(Debug, Clone, Copy)]
struct Deviation {
    cycle_ratio: f64,
    log: f64,
    err: f64,
}

/// By quantity, in the order of the cycle ratio, one for each ratio.
type Deviations = BTreeMap<String, Vec<Deviation>>;

fn deviations(mixtures: &[MixtureValue]) -> Deviations {
    let mut films: Deviations = BTreeMap::new();
    for mixture in mixtures {
        let err = mixture.measured_err.unwrap_or(0.0);
        // An undetected element is assigned at least half of its uncertainty.
        let value = mixture.measured.max(0.5 * err);
        if value > 0.0 && mixture.expected > 0.0 {
            let log = (value / mixture.expected).ln();
            let deviation = Deviation { cycle_ratio: mixture.cycle_ratio, log, err: err / value };
            films.entry(mixture.quantity.clone()).or_default().push(deviation);
        }
    }
    films.into_iter().map(|(quantity, films)| (quantity, combined(films))).collect()
}

/// Films of one cycle ratio combined: the weighted mean; its uncertainty is the larger of that by the weights and that
/// by scatter.
fn combined(mut films: Vec<Deviation>) -> Vec<Deviation> {
    films.sort_by(|a, b| a.cycle_ratio.total_cmp(&b.cycle_ratio).then(a.log.total_cmp(&b.log)));
    let groups = films.chunk_by(|a, b| (a.cycle_ratio - b.cycle_ratio).abs() < SAME_RATIO);
    groups
        .map(|group| {
            let weight = |film: &Deviation| film.err.max(1e-4).powi(-2);
            let total: f64 = group.iter().map(weight).sum();
            let log = group.iter().map(|film| film.log * weight(film)).sum::<f64>() / total;
            let n = group.len() as f64;
            let scatter =
                (group.iter().map(|film| (film.log - log).powi(2)).sum::<f64>() / (n * (n - 1.0).max(1.0))).sqrt();
            Deviation { cycle_ratio: group[0].cycle_ratio, log, err: total.sqrt().recip().max(scatter) }
        })
        .collect()
}

/// Logarithm of the factor at a cycle ratio, and its uncertainty.
fn interpolated(known: &[Deviation], cycle_ratio: f64) -> (f64, f64) {
    let below = known.iter().rfind(|deviation| deviation.cycle_ratio <= cycle_ratio);
    let above = known.iter().find(|deviation| deviation.cycle_ratio >= cycle_ratio);
    match (below, above) {
        (Some(a), Some(b)) if b.cycle_ratio > a.cycle_ratio => {
            let share = (cycle_ratio - a.cycle_ratio) / (b.cycle_ratio - a.cycle_ratio);
            let log = a.log + share * (b.log - a.log);
            let errors = ((1.0 - share) * a.err).hypot(share * b.err);
            (log, errors.hypot(share * (1.0 - share) * (b.log - a.log)))
        }
        (Some(one), _) | (None, Some(one)) => {
            let away = (cycle_ratio - one.cycle_ratio).abs();
            (one.log, one.err.hypot(0.5 * one.log.abs() * away.min(1.0)))
        }
        (None, None) => (0.0, 0.0),
    }
}

/// Delay (cycles) at a cycle ratio, between the nearest known ones; negative ones count as zero.
fn interpolated_delay(delays: &[(f64, f64)], cycle_ratio: f64) -> Option<f64> {
    let mut delays: Vec<(f64, f64)> = delays.iter().map(|(ratio, delay)| (*ratio, delay.max(0.0))).collect();
    delays.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let below = delays.iter().rfind(|(ratio, _)| *ratio <= cycle_ratio);
    let above = delays.iter().find(|(ratio, _)| *ratio >= cycle_ratio);
    match (below, above) {
        (Some((a, low)), Some((b, high))) if b > a => Some(low + (cycle_ratio - a) / (b - a) * (high - low)),
        (Some((_, delay)), _) | (None, Some((_, delay))) => Some(*delay),
        (None, None) => None,
    }
}

struct Model<'a> {
    members: [EndMember; 2],
    contents: [&'a BTreeMap<String, (f64, f64)>; 2],
    deviations: Deviations,
}

struct Prediction {
    value: f64,
    err: f64,
    by_rule: f64,
    gpc: f64,
    gpc_err: f64,
}

impl Model<'_> {
    fn predict(&self, target: &Target, k: u32, l: u32) -> Option<Prediction> {
        let expected = expected_mixture(u64::from(k), u64::from(l), &self.members[0], &self.members[1]).ok()?;
        // Value, variance, and value by the rule alone.
        let sum = |elements: &[String]| -> (f64, f64, f64) {
            elements
                .iter()
                .map(|element| self.content(&expected, element))
                .fold((0.0, 0.0, 0.0), |(value, variance, rule), (own, err, by_rule)| {
                    (value + own, variance + err * err, rule + by_rule)
                })
        };
        let (above, above_variance, above_rule) = sum(&target.numerator);
        let (gpc_log, gpc_log_err) = self.deviation(GROWTH, expected.cycle_ratio);
        let gpc = expected.gpc_angstrom * gpc_log.exp();
        let gpc_err = gpc * (expected.gpc_err_angstrom / expected.gpc_angstrom).hypot(gpc_log_err);
        if above <= 0.0 || above_rule <= 0.0 {
            return None;
        }
        let (value, err, by_rule) = if target.denominator.is_empty() {
            (above, above_variance.sqrt(), above_rule)
        } else {
            // Elements of both numerator and denominator change together: only the others of the denominator count
            // there.
            let others: Vec<String> =
                target.denominator.iter().filter(|element| !target.numerator.contains(element)).cloned().collect();
            let (below, _, below_rule) = sum(&target.denominator);
            let (rest, rest_variance, _) = sum(&others);
            if below <= 0.0 || below_rule <= 0.0 {
                return None;
            }
            let value = above / below;
            let relative =
                (above_variance.sqrt() / above).hypot(if rest > 0.0 { rest_variance.sqrt() / rest } else { 0.0 });
            (value, value * relative * (rest / below).min(1.0), above_rule / below_rule)
        };
        Some(Prediction { value, err, by_rule, gpc, gpc_err })
    }

    /// Content of an element (at.%), its uncertainty, and its value by the rule alone.
    fn content(&self, expected: &Expected, element: &str) -> (f64, f64, f64) {
        let [in_a, in_b] = self.contents.map(|contents| contents.get(element).copied().unwrap_or((0.0, 0.0)));
        let (rule, rule_err) = expected.content_percent(Route::AtomicFraction, in_a, in_b);
        if rule <= 0.0 {
            return (0.0, 0.0, 0.0);
        }
        let (log, log_err) = self.deviation(element, expected.cycle_ratio);
        let value = rule * log.exp();
        (value, value * (rule_err / rule).hypot(log_err), rule)
    }

    fn deviation(&self, quantity: &str, cycle_ratio: f64) -> (f64, f64) {
        self.deviations.get(quantity).map_or((0.0, 0.0), |known| interpolated(known, cycle_ratio))
    }
}

/// The nearest films at or below and above a cycle ratio in which an element of the target was measured.
fn neighbours(mixtures: &[MixtureValue], target: &Target, cycle_ratio: f64) -> Vec<Neighbour> {
    let mut films: BTreeMap<&str, (f64, BTreeMap<&str, &MixtureValue>)> = BTreeMap::new();
    for mixture in mixtures {
        let film = films.entry(&mixture.sample_id).or_insert_with(|| (mixture.cycle_ratio, BTreeMap::new()));
        film.1.insert(&mixture.quantity, mixture);
    }
    films.retain(|_, (_, values)| target.elements().any(|element| values.contains_key(element.as_str())));
    let nearest = |below: bool| {
        let side = films.iter().filter(|(_, (ratio, _))| (*ratio <= cycle_ratio) == below);
        side.min_by(|a, b| (a.1.0 - cycle_ratio).abs().total_cmp(&(b.1.0 - cycle_ratio).abs()))
    };
    [true, false]
        .into_iter()
        .filter_map(nearest)
        .map(|(sample_id, (ratio, values))| Neighbour {
            sample_id: (*sample_id).to_owned(),
            cycle_ratio: *ratio,
            measured: target.quantity(|element| Some(values.get(element)?.measured)),
            by_rule: target.quantity(|element| Some(values.get(element)?.expected)),
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact values are expected")]
mod tests {
    use super::*;

    #[test]
    fn targets_are_contents_or_ratios() {
        let target = Target::parse("B/(B+P)=0.3").unwrap();
        assert_eq!((target.denominator.len(), target.value, target.to_string().as_str()), (2, 0.3, "B/(B+P)"));
        assert_eq!(Target::parse("B = 6.7").unwrap().to_string(), "B");
        assert_eq!(
            Target::parse("B/P").unwrap_err(),
            "expected a target like `B/P=0.5`, `B/(B+P)=0.3` or `B=6.7` (at.%), found `B/P`"
        );
    }

    #[test]
    fn deviations_are_interpolated_between_films_and_kept_beyond_them() {
        let known = [(0.1, -2.0), (0.5, 0.4)].map(|(cycle_ratio, log)| Deviation { cycle_ratio, log, err: 0.01 });
        let (middle, err) = interpolated(&known, 0.3);
        assert!((middle + 0.8).abs() < 1e-12 && err > 0.5, "{middle} {err}");
        assert_eq!(interpolated(&known, 0.05).0, -2.0);
        assert_eq!(interpolated(&[], 0.3), (0.0, 0.0));
    }

    fn evidence(mixtures: Vec<MixtureValue>) -> Evidence {
        let process = |name: &str, gpc, density, contents: &[(&str, f64)]| Process {
            name: name.to_owned(),
            gpc_angstrom: Some((gpc, 0.01)),
            density_g_per_cm3: Some(density),
            contents_percent: contents
                .iter()
                .map(|(element, content)| ((*element).to_owned(), (*content, 0.3)))
                .collect(),
        };
        let processes = [
            process("LBO", 0.35, 2.1, &[("Li", 30.0), ("B", 20.0), ("O", 50.0)]),
            process("LPO", 0.7, 2.5, &[("Li", 30.0), ("P", 12.0), ("O", 58.0)]),
        ];
        Evidence { processes, mixtures, delays: vec![(0.0, 4.0), (1.0, 12.0)] }
    }

    const OPTIONS: SupercycleOptions = SupercycleOptions { thickness_nm: 10.0, most_cycles: 12 };

    #[test]
    fn without_measured_mixtures_the_rule_of_mixtures_decides() {
        let found = suggest_supercycle(&Target::parse("B/P=0.85").unwrap(), &evidence(Vec::new()), &OPTIONS).unwrap();
        assert_eq!((found.k, found.l, found.expected), (1, 1, found.by_rule));
        assert_eq!((found.nucleation_delay_cycles, found.neighbours.len()), (8.0, 0));
        // 10 nm at (0.35 + 0.7)/2 Å per cycle after 8 cycles: 198.5 cycles, 100 supercycles of two.
        assert_eq!(found.supercycles, 100);
        assert_eq!(found.notes, ["no mixture of these processes was measured: the rule of mixtures alone"]);
    }

    #[test]
    fn a_measured_mixture_corrects_the_rule() {
        let value = |quantity: &str, measured, expected| MixtureValue {
            sample_id: "film".to_owned(),
            quantity: quantity.to_owned(),
            cycle_ratio: 0.5,
            measured,
            measured_err: Some(0.1),
            expected,
        };
        let evidence = evidence(vec![value("B", 12.0, 6.0), value("P", 8.0, 8.0)]);
        let found = suggest_supercycle(&Target::parse("B/P=1.7").unwrap(), &evidence, &OPTIONS).unwrap();
        assert_eq!((found.k, found.l), (1, 1));
        assert!((found.expected / found.by_rule - 2.0).abs() < 1e-9, "{found:?}");
        let neighbour = &found.neighbours[0];
        assert_eq!((neighbour.measured, neighbour.by_rule), (Some(1.5), Some(0.75)));
    }

    #[test]
    fn missing_values_are_named() {
        let target = Target::parse("Si=3").unwrap();
        let error = suggest_supercycle(&target, &evidence(Vec::new()), &OPTIONS).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.code()), ("neither film contains Si", ReasonCode::MissingInput));
        let mut without = evidence(Vec::new());
        without.processes[1].gpc_angstrom = None;
        let error = suggest_supercycle(&target, &without, &OPTIONS).unwrap_err();
        assert_eq!(error.to_string(), "no growth per cycle of LPO alone was measured");
    }
}
