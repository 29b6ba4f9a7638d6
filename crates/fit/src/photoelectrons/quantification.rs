//! Composition of a surface from the areas of its core lines.
//!
//! N = A / (t · s · T): area over counting time, relative sensitivity and transmission at the line; the fractions of the
//! sum over all elements are atomic percent. Regions are compared only where this is possible: with count rates or equal
//! counting times, one photon energy, one pass energy. Every core line that was measured is in the sum, or there is no
//! composition. A line of another element in a region is subtracted where a second line of that element was measured.
//!
//! Not corrected for: attenuation length, and the angular distribution of the electrons (asymmetry).
//!
//! Source: M. P. Seah, in Practical Surface Analysis, 2nd ed., vol. 1 (1990), ch. 5; ISO 18118.

use aldb_elements::Element;

use super::lines::{CoreLine, OVERLAPS, OtherRegion};
use crate::quality::{Coded, Quality, ReasonCode, Verdict};

/// Unit of an intensity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IntensityUnit {
    /// Counts during the counting time.
    Counts,
    /// Counts per second.
    CountsPerSecond,
    /// Either.
    #[default]
    NotStated,
}

/// A region of one state of a surface.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MeasuredRegion {
    /// Its name.
    pub name: String,
    /// Its core line; `None` for surveys, valence bands, Auger electrons, and names that state none.
    pub line: Option<CoreLine>,
    /// Area (intensity × eV) with its standard uncertainty (k = 1); `None` if it could not be determined.
    pub area: Option<(f64, f64)>,
    /// Why there is no area.
    pub failure: Option<String>,
    /// Why the area is doubtful.
    pub doubt: Option<String>,
    /// Unit of the intensity.
    pub unit: IntensityUnit,
    /// Counting time of a point, of all scans together (s).
    pub counting_time_s: Option<f64>,
    /// The analyser's transmission at the line, relative to that of the other regions.
    pub transmission: Option<f64>,
    /// Photon energy (eV).
    pub photon_energy_ev: Option<f64>,
    /// Pass energy (eV).
    pub pass_energy_ev: Option<f64>,
    /// Other settings that must be equal, such as the mode of the lens.
    pub settings: Option<String>,
}

/// Content of an element.
#[derive(Clone, Debug, PartialEq)]
pub struct AtomicPercent {
    /// The element.
    pub element: Element,
    /// Fraction of all atoms of which a core line was measured (at.%); may be negative within its uncertainty.
    pub content_percent: f64,
    /// Its standard uncertainty (at.%, k = 1): areas, overlaps, and [`SENSITIVITY_ERR`] of every factor.
    pub content_err_percent: f64,
    /// The part of it that comes from the areas (at.%), without that of the factors.
    pub counting_err_percent: f64,
    /// Whether the content is more than three standard uncertainties of the areas above zero.
    pub detected: bool,
    /// Number of regions from which it was determined.
    pub n_regions: usize,
}

/// Composition of one state of a surface.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantification {
    /// The elements, by atomic number.
    pub elements: Vec<AtomicPercent>,
    /// Whether areas were divided by counting times, or are rates.
    pub counting_time_used: bool,
    /// Whether areas were divided by the transmission.
    pub transmission_used: bool,
    /// Regions that are no core lines.
    pub left_out: Vec<String>,
    /// Overlapping lines that were subtracted: `P 2s in B 1s: 83 % of its area`.
    pub subtracted: Vec<String>,
    /// Number of core-line regions used.
    pub n_lines: usize,
    /// Reliability of the result, and reasons for doubt.
    pub verdict: Verdict,
}

/// Why there is no composition.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum QuantificationError {
    /// Lines without a sensitivity factor.
    #[error("no sensitivity factor is known for {lines}: without it there is no sum of all elements")]
    NoFactor {
        /// The lines.
        lines: String,
    },
    /// A region without an area.
    #[error("the area of {region} is not known: {why}")]
    NoArea {
        /// The region.
        region: String,
        /// Why.
        why: String,
    },
    /// Areas that cannot be compared.
    #[error("{0}")]
    NotComparable(String),
    /// Fewer than two elements.
    #[error("{} measured by core lines, 2 needed", crate::quality::counted(*elements, "element", "elements"))]
    TooFewElements {
        /// Number of elements.
        elements: usize,
    },
    /// A number that is not finite, or a factor that is not positive.
    #[error("{region}: expected {expected}, found `{found}`")]
    OutOfRange {
        /// The region.
        region: String,
        /// The quantity and its allowed values.
        expected: &'static str,
        /// Its value.
        found: f64,
    },
    /// No area is above zero.
    #[error("no core line has an area above zero")]
    NothingMeasured,
}

impl Coded for QuantificationError {
    fn code(&self) -> ReasonCode {
        match self {
            Self::NoFactor { .. } => ReasonCode::NoSensitivityFactor,
            Self::NoArea { .. } => ReasonCode::MissingInput,
            Self::NotComparable(_) => ReasonCode::NotComparable,
            Self::TooFewElements { .. } => ReasonCode::TooFewPoints,
            Self::OutOfRange { .. } => ReasonCode::ValueOutOfRange,
            Self::NothingMeasured => ReasonCode::SignalTooWeak,
        }
    }
}

/// Relative standard uncertainty of a sensitivity factor: atomic percents from Scofield's factors are right within 5 to
/// 10 % at best.
pub const SENSITIVITY_ERR: f64 = 0.05;

/// Al Kα (eV), for which the factors are, and Mg Kα, for which most of them are within their uncertainty.
const AL_K_ALPHA_EV: f64 = 1486.6;
const MG_K_ALPHA_EV: f64 = 1253.6;
/// Photon energies of one source agree within this (eV).
const SAME_SOURCE_EV: f64 = 2.0;
/// Times and pass energies that differ relatively by less are equal.
const SAME: f64 = 1e-3;
/// Regions of one element may differ by this fraction beyond their uncertainties.
const REPEATED: f64 = 0.02;

/// The composition of one state of a surface from all its regions.
///
/// `recipe` are the symbols of elements that the film may contain besides those measured; they matter for overlaps only.
///
/// # Errors
///
/// [`QuantificationError`] if a core line has no factor or no area, if areas are not comparable, or if there are fewer
/// than two elements.
///
/// # Source
///
/// See the documentation of this module.
///
/// # Example
///
/// ```
/// # use aldb_fit::photoelectrons::{quantify, CoreLine, IntensityUnit, MeasuredRegion, QuantificationError};
/// let region = |name: &str, area: f64, counting_time_s: f64| MeasuredRegion {
///     name: name.to_owned(),
///     line: CoreLine::parse(name),
///     area: Some((area, 0.01 * area)),
///     unit: IntensityUnit::Counts,
///     counting_time_s: Some(counting_time_s),
///     ..MeasuredRegion::default()
/// };
/// let found = quantify(&[region("O 1s", 879.0, 3.0), region("C 1s", 100.0, 1.0)], &[])?;
/// assert!((found.elements[0].content_percent - 50.0).abs() < 1e-9);
/// # Ok::<(), QuantificationError>(())
/// ```
pub fn quantify(regions: &[MeasuredRegion], recipe: &[&str]) -> Result<Quantification, QuantificationError> {
    let mut verdict = Verdict::default();
    let mut left_out = Vec::new();
    let mut lines: Vec<Line<'_>> = Vec::new();
    let mut without = Vec::new();
    for region in regions {
        let Some(line) = &region.line else {
            let kind = match OtherRegion::of(&region.name) {
                OtherRegion::Survey => "survey",
                OtherRegion::Valence => "valence band",
                OtherRegion::Auger => "Auger electrons",
                OtherRegion::Unknown => "not recognised",
            };
            if kind == "not recognised" {
                let words = format!("region `{}` is not recognised as a core line and is not in the sum", region.name);
                verdict.add(Quality::Suspect, ReasonCode::NotComparable, words);
            }
            left_out.push(format!("{} ({kind})", region.name));
            continue;
        };
        match line.sensitivity() {
            Some(sensitivity) => lines.push(Line { region, line, sensitivity, area: (0.0, 0.0) }),
            None => without.push(line.to_string()),
        }
    }
    left_out.sort();
    left_out.dedup();
    if !without.is_empty() {
        without.sort();
        without.dedup();
        return Err(QuantificationError::NoFactor { lines: without.join(", ") });
    }
    // The same regions in any order give the same bits.
    lines.sort_by(|a, b| a.line.cmp(b.line).then(a.order().total_cmp(&b.order())));
    for part in &mut lines {
        let name = || part.region.name.clone();
        let why = || part.region.failure.clone().unwrap_or_else(|| "it was not fitted".to_owned());
        let (area, err) = part.region.area.ok_or_else(|| QuantificationError::NoArea { region: name(), why: why() })?;
        if !(area.is_finite() && err.is_finite() && err >= 0.0) {
            let found = if area.is_finite() { err } else { area };
            let expected = "an area and an uncertainty of zero or more";
            return Err(QuantificationError::OutOfRange { region: name(), expected, found });
        }
        part.area = (area, err);
        if let Some(doubt) = &part.region.doubt {
            verdict.add(Quality::Suspect, ReasonCode::PoorFit, format!("area of {}: {doubt}", part.region.name));
        }
    }
    let mut elements: Vec<Element> = lines.iter().map(|part| part.line.element()).collect();
    elements.sort_unstable();
    elements.dedup();
    if elements.len() < 2 {
        return Err(QuantificationError::TooFewElements { elements: elements.len() });
    }
    same_source(&lines, &mut verdict)?;
    same_settings(&lines, &mut verdict);
    let counting_time_used = divide_by_times(&mut lines, &mut verdict)?;
    let transmission_used = divide_by_transmission(&mut lines, &mut verdict)?;
    let overlaps = overlaps(&lines, recipe, &mut verdict);
    let atoms = Atoms::of(&lines, &overlaps);
    let subtracted = overlaps
        .iter()
        .map(|overlap| {
            let part = &lines[overlap.of];
            let share = 100.0 * overlap.factor * atoms.alone(overlap.reference) * part.sensitivity / part.area.0;
            format!("{} in {}: {share:.1} % of its area", overlap.by, part.line)
        })
        .collect();
    let contents = contents(&lines, &elements, &atoms, &overlaps, &mut verdict)?;
    verdict.note(format!("{} core lines", lines.len()));
    Ok(Quantification {
        elements: contents,
        counting_time_used,
        transmission_used,
        left_out,
        subtracted,
        n_lines: lines.len(),
        verdict,
    })
}

/// A region that is a core line.
struct Line<'a> {
    region: &'a MeasuredRegion,
    line: &'a CoreLine,
    sensitivity: f64,
    /// Area and its standard uncertainty, divided by whatever is known.
    area: (f64, f64),
}

impl Line<'_> {
    fn order(&self) -> f64 {
        self.region.area.map_or(f64::NAN, |(area, _)| area)
    }
}

/// `3 s to 6 s`, where the values differ.
fn differing(values: impl Iterator<Item = f64>, tolerance: f64, unit: &str) -> Option<String> {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    (high - low > tolerance * high.abs()).then(|| format!("{low} {unit} to {high} {unit}"))
}

fn same_source(lines: &[Line<'_>], verdict: &mut Verdict) -> Result<(), QuantificationError> {
    let energies = || lines.iter().filter_map(|part| part.region.photon_energy_ev);
    if let Some(range) = differing(energies(), SAME_SOURCE_EV / AL_K_ALPHA_EV, "eV") {
        let words = format!("the photon energies of the regions differ, {range}: their areas cannot be compared");
        return Err(QuantificationError::NotComparable(words));
    }
    let Some(energy) = energies().next() else { return Ok(()) };
    if (energy - AL_K_ALPHA_EV).abs() <= SAME_SOURCE_EV {
        return Ok(());
    }
    let words = format!("the photon energy is {energy} eV, the sensitivity factors are for Al Kα, {AL_K_ALPHA_EV} eV");
    if (energy - MG_K_ALPHA_EV).abs() <= SAME_SOURCE_EV {
        verdict.add(Quality::Suspect, ReasonCode::NotComparable, words);
        return Ok(());
    }
    Err(QuantificationError::NotComparable(words))
}

fn same_settings(lines: &[Line<'_>], verdict: &mut Verdict) {
    let energies = || lines.iter().filter_map(|part| part.region.pass_energy_ev);
    let some = energies().count();
    if let Some(range) = differing(energies(), SAME, "eV") {
        let words =
            format!("the pass energies of the regions differ, {range}: the analyser transmits different fractions");
        verdict.add(Quality::Suspect, ReasonCode::NotComparable, words);
    } else if some > 0 && some < lines.len() {
        let words = format!("the pass energy is stated for {some} of {} regions only", lines.len());
        verdict.add(Quality::Suspect, ReasonCode::NotComparable, words);
    }
    let mut settings: Vec<&str> = lines.iter().filter_map(|part| part.region.settings.as_deref()).collect();
    settings.sort_unstable();
    settings.dedup();
    if settings.len() > 1 {
        let words = format!("the regions were measured with different settings: {}", settings.join(" | "));
        verdict.add(Quality::Suspect, ReasonCode::NotComparable, words);
    }
}

/// Divides counts by counting times. Returns whether areas are rates now; they are comparable without being rates if all
/// times are equal, and doubtful if times are not known.
fn divide_by_times(lines: &mut [Line<'_>], verdict: &mut Verdict) -> Result<bool, QuantificationError> {
    let time = |part: &Line<'_>| part.region.counting_time_s.filter(|time| time.is_finite() && *time > 0.0);
    let is_rate = |part: &Line<'_>| part.region.unit == IntensityUnit::CountsPerSecond;
    if lines.iter().all(|part| is_rate(part) || (part.region.unit == IntensityUnit::Counts && time(part).is_some())) {
        for part in lines.iter_mut().filter(|part| !is_rate(part)) {
            let time = time(part).unwrap_or(1.0);
            part.area = (part.area.0 / time, part.area.1 / time);
        }
        return Ok(true);
    }
    if lines.iter().any(|part| part.region.unit != lines[0].region.unit) {
        let words = "some intensities are counts, others counts per second or of no stated unit, and not all counting \
                     times are stated: the areas cannot be compared";
        return Err(QuantificationError::NotComparable(words.to_owned()));
    }
    let what = if lines[0].region.unit == IntensityUnit::Counts { "counts" } else { "intensities of no stated unit" };
    if let Some(range) = differing(lines.iter().filter_map(time), SAME, "s") {
        let words =
            format!("the regions have {what} and different counting times, {range}: the areas cannot be compared");
        return Err(QuantificationError::NotComparable(words));
    }
    let known = lines.iter().filter(|part| time(part).is_some()).count();
    if known < lines.len() {
        let words = format!(
            "the regions have {what}, and the counting time is stated for {known} of {}: equal times were assumed",
            lines.len()
        );
        verdict.add(Quality::Suspect, ReasonCode::NotComparable, words);
    }
    Ok(false)
}

/// Divides by the transmission where every region has one. Returns whether it was.
fn divide_by_transmission(lines: &mut [Line<'_>], verdict: &mut Verdict) -> Result<bool, QuantificationError> {
    let known = lines.iter().filter(|part| part.region.transmission.is_some()).count();
    if known < lines.len() {
        if known > 0 {
            let words =
                format!("the transmission is stated for {known} of {} regions only, and was not used", lines.len());
            verdict.add(Quality::Suspect, ReasonCode::NotComparable, words);
        }
        return Ok(false);
    }
    for part in lines.iter_mut() {
        let found = part.region.transmission.unwrap_or(1.0);
        if !(found > 0.0 && found.is_finite()) {
            let region = part.region.name.clone();
            return Err(QuantificationError::OutOfRange { region, expected: "a transmission above 0", found });
        }
        part.area = (part.area.0 / found, part.area.1 / found);
    }
    Ok(true)
}

/// A line of another element in a region, whose area follows from a second line of that element.
struct Subtracted {
    /// The region, and that of the second line.
    of: usize,
    reference: usize,
    by: CoreLine,
    /// Sensitivity of the overlapping line over that of the region's own.
    factor: f64,
}

fn overlaps(lines: &[Line<'_>], recipe: &[&str], verdict: &mut Verdict) -> Vec<Subtracted> {
    let mut found = Vec::new();
    for (of, part) in lines.iter().enumerate() {
        for overlap in OVERLAPS.iter().filter(|overlap| part.line.to_string().starts_with(overlap.line)) {
            let Some(by) = CoreLine::parse(overlap.by) else { continue };
            let relative_err = |place: &usize| (lines[*place].area.1 / lines[*place].area.0).abs();
            let same_element = |place: &usize| lines[*place].line.element() == by.element();
            let second = (0..lines.len())
                .filter(|place| same_element(place) && !lines[*place].line.to_string().starts_with(overlap.by))
                .min_by(|a, b| relative_err(a).total_cmp(&relative_err(b)));
            match (second, by.sensitivity()) {
                (Some(reference), Some(sensitivity)) => {
                    found.push(Subtracted { of, reference, by, factor: sensitivity / part.sensitivity });
                }
                (second, _) if second.is_some() || recipe.contains(&by.element().symbol()) => {
                    let words = format!(
                        "{} lies in the region of {}, and {} is in the film: how much of the area is {} is not known",
                        overlap.by,
                        part.line,
                        by.element().name(),
                        part.line
                    );
                    verdict.add(Quality::Suspect, ReasonCode::LinesOverlap, words);
                }
                _ => {}
            }
        }
    }
    found
}

/// Numbers of atoms, in arbitrary units, as linear functions of the areas of all regions.
struct Atoms {
    /// Row by row: ∂(atoms seen by a region)/∂(area of a region).
    by_area: Vec<Vec<f64>>,
    areas: Vec<(f64, f64)>,
    factors: Vec<f64>,
}

impl Atoms {
    fn of(lines: &[Line<'_>], overlaps: &[Subtracted]) -> Self {
        let n = lines.len();
        let factors: Vec<f64> = lines.iter().map(|part| part.sensitivity).collect();
        let mut by_area = vec![vec![0.0; n]; n];
        for (place, row) in by_area.iter_mut().enumerate() {
            row[place] = 1.0 / factors[place];
        }
        for overlap in overlaps {
            by_area[overlap.of][overlap.reference] -= overlap.factor / factors[overlap.reference];
        }
        Self { by_area, areas: lines.iter().map(|part| part.area).collect(), factors }
    }

    /// Atoms that a region would show without overlaps.
    fn alone(&self, place: usize) -> f64 {
        self.areas[place].0 / self.factors[place]
    }

    fn number(&self, place: usize) -> f64 {
        self.by_area[place].iter().zip(&self.areas).map(|(slope, (area, _))| slope * area).sum()
    }

    fn variance(&self, place: usize) -> f64 {
        self.by_area[place].iter().zip(&self.areas).map(|(slope, (_, err))| (slope * err).powi(2)).sum()
    }

    /// Changes of all regions' atoms if the area of one region changes by its uncertainty.
    fn by_counting(&self, place: usize) -> Vec<f64> {
        self.by_area.iter().map(|row| row[place] * self.areas[place].1).collect()
    }
}

/// Changes of all regions' atoms if the factor of each line, overlapping ones included, grows by its uncertainty.
fn by_factors(lines: &[Line<'_>], atoms: &Atoms, overlaps: &[Subtracted]) -> Vec<Vec<f64>> {
    let mut names: Vec<&CoreLine> =
        lines.iter().map(|part| part.line).chain(overlaps.iter().map(|overlap| &overlap.by)).collect();
    names.sort();
    names.dedup();
    let of = |name: &CoreLine| {
        let mut change = vec![0.0; lines.len()];
        for (place, part) in lines.iter().enumerate() {
            if part.line == name {
                change[place] -= SENSITIVITY_ERR * atoms.number(place);
            }
        }
        for overlap in overlaps {
            let part = SENSITIVITY_ERR * overlap.factor * atoms.alone(overlap.reference);
            if &overlap.by == name {
                change[overlap.of] -= part;
            } else if lines[overlap.reference].line == name {
                change[overlap.of] += part;
            }
        }
        change
    };
    names.into_iter().map(of).collect()
}

fn contents(
    lines: &[Line<'_>],
    elements: &[Element],
    atoms: &Atoms,
    overlaps: &[Subtracted],
    verdict: &mut Verdict,
) -> Result<Vec<AtomicPercent>, QuantificationError> {
    // The regions of each element with their weights in its mean.
    let weights: Vec<Vec<(usize, f64)>> = elements
        .iter()
        .map(|element| {
            let own: Vec<usize> = (0..lines.len()).filter(|place| lines[*place].line.element() == *element).collect();
            weighted(&own, lines, atoms, verdict)
        })
        .collect();
    let of_elements = |change: &[f64]| -> Vec<f64> {
        weights.iter().map(|own| own.iter().map(|(place, weight)| weight * change[*place]).sum()).collect()
    };
    let numbers = of_elements(&(0..lines.len()).map(|place| atoms.number(place)).collect::<Vec<f64>>());
    let sum: f64 = numbers.iter().sum();
    if !(sum > 0.0 && sum.is_finite()) {
        return Err(QuantificationError::NothingMeasured);
    }
    let share = |place: usize| numbers[place] / sum;
    // ∂x/∂N of the element itself is (1 − x)/ΣN, of every other −x/ΣN.
    let variances = |sources: &[Vec<f64>]| -> Vec<f64> {
        let mut variances = vec![0.0; elements.len()];
        for source in sources {
            let change = of_elements(source);
            let all: f64 = change.iter().sum();
            for (place, variance) in variances.iter_mut().enumerate() {
                *variance += ((change[place] - share(place) * all) / sum).powi(2);
            }
        }
        variances
    };
    let counting = variances(&(0..lines.len()).map(|place| atoms.by_counting(place)).collect::<Vec<_>>());
    let factors = variances(&by_factors(lines, atoms, overlaps));
    let mut found = Vec::with_capacity(elements.len());
    for (place, element) in elements.iter().enumerate() {
        let content_percent = 100.0 * share(place);
        let content_err_percent = 100.0 * (counting[place] + factors[place]).sqrt();
        let counting_err_percent = 100.0 * counting[place].sqrt();
        if content_percent < -3.0 * content_err_percent {
            let words = format!(
                "the content of {} is {content_percent:.1} ± {content_err_percent:.1} at.%: more was subtracted than was measured",
                element.name()
            );
            verdict.add(Quality::Suspect, ReasonCode::LinesOverlap, words);
        }
        found.push(AtomicPercent {
            element: *element,
            content_percent,
            content_err_percent,
            counting_err_percent,
            detected: content_percent > 3.0 * counting_err_percent,
            n_regions: weights[place].len(),
        });
    }
    Ok(found)
}

/// Weights of the regions of one element in its mean. Regions that contradict each other are doubtful.
fn weighted(own: &[usize], lines: &[Line<'_>], atoms: &Atoms, verdict: &mut Verdict) -> Vec<(usize, f64)> {
    let is_one_line = own.iter().all(|place| lines[*place].line == lines[own[0]].line);
    let of_factor = |number: f64| if is_one_line { 0.0 } else { (SENSITIVITY_ERR * number).powi(2) };
    let values: Vec<(f64, f64)> = own
        .iter()
        .map(|place| (atoms.number(*place), atoms.variance(*place) + of_factor(atoms.number(*place))))
        .collect();
    let lowest = values.iter().enumerate().min_by(|a, b| a.1.0.total_cmp(&b.1.0));
    let highest = values.iter().enumerate().max_by(|a, b| a.1.0.total_cmp(&b.1.0));
    if let (Some((low_place, low)), Some((high_place, high))) = (lowest, highest) {
        let allowed = 3.0 * (low.1 + high.1).sqrt() + REPEATED * high.0.abs();
        if high.0 - low.0 > allowed {
            let words = format!(
                "{} gives {:.2} times the atoms of {}, up to {:.2} times expected",
                lines[own[high_place]].region.name,
                high.0 / low.0,
                lines[own[low_place]].region.name,
                1.0 + allowed / low.0.abs()
            );
            verdict.add(Quality::Suspect, ReasonCode::LargeScatter, words);
        }
    }
    // Without uncertainties all weights are equal.
    let weight = |variance: f64| if values.iter().all(|value| value.1 > 0.0) { 1.0 / variance } else { 1.0 };
    let sum: f64 = values.iter().map(|value| weight(value.1)).sum();
    own.iter().zip(&values).map(|(place, value)| (*place, weight(value.1) / sum)).collect()
}
