//! Thickness of a film from all that is known of it: stated, watched during deposition, from Ψ and Δ, from reflectivity
//! and depth profiles.
//!
//! A value counts for the whole film only if it covers the whole deposition: scans of one run that follow each other are
//! added, and their cycles compared with those of the run; of spectra in time the last one counts, of places the mean. Then
//! the values are compared with each other: those that differ by more than three combined standard uncertainties make the
//! result suspect. A depth profile, whose scale is that of an assumed density, is compared and never taken.

use std::collections::BTreeMap;

use crate::quality::{Quality, ReasonCode, Verdict, counted};

/// A scan during deposition. Errors are standard uncertainties (k = 1).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scan {
    /// Thickness grown over the scan (nm); negative where the film was etched.
    pub film_nm: f64,
    /// Its error (nm); `None` if not known.
    pub film_err_nm: Option<f64>,
    /// Growth per cycle (Å).
    pub gpc_angstrom: f64,
    /// Thickness before growth, in the optical model of the scan (nm).
    pub start_nm: Option<f64>,
    /// First cycle seen; 0 if the scan began before the first dose.
    pub from_cycle: Option<f64>,
    /// Number of cycles seen.
    pub cycles: Option<f64>,
    /// Cycle at which growth ended, if it ended within the scan.
    pub end_cycle: Option<f64>,
    /// Begin and end of the scan on a clock common to all scans (s).
    pub clock_s: Option<(f64, f64)>,
    /// Begin and end on its own clock (s).
    pub time_s: Option<(f64, f64)>,
    /// Quality of its evaluation, with the reason; one that failed has no thickness.
    pub quality: Quality,
    /// Why it is not good.
    pub reason: Option<String>,
}

/// The film of one spectrum.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spot {
    /// The measurement.
    pub measurement: String,
    /// Time since its start (s); `None` for a single spectrum.
    pub time_s: Option<f64>,
    /// Position on the sample (mm).
    pub place_mm: (Option<f64>, Option<f64>),
    /// Thickness (nm).
    pub nm: Option<f64>,
    /// Its standard uncertainty (nm); a spectrum without one does not determine the thickness.
    pub err_nm: Option<f64>,
    /// Quality of the fit, with the reason.
    pub quality: Quality,
    /// Why it is not good.
    pub reason: Option<String>,
}

/// Film in a curve of X-ray reflectivity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reflectivity {
    /// Thickness (nm).
    pub nm: f64,
    /// Its standard uncertainty (nm).
    pub err_nm: f64,
    /// Quality of the evaluation, with the reason; one that failed has no thickness.
    pub quality: Quality,
    /// Why it is not good.
    pub reason: Option<String>,
}

/// Film in a depth profile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ProfileDepth {
    /// On a scale of lengths (nm).
    Length {
        /// Depth.
        nm: f64,
        /// Its standard uncertainty without that of the density.
        err_nm: f64,
    },
    /// On a scale of atoms per area (10¹⁵/cm²).
    Atoms {
        /// Number of atoms above the end of the film.
        per_cm2: f64,
        /// Its standard uncertainty.
        err_per_cm2: f64,
    },
}

/// What is known of a film.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Stated thickness (nm) and its standard uncertainty, if that is stated.
    pub stated: Option<(f64, Option<f64>)>,
    /// Scans during deposition.
    pub scans: Vec<Scan>,
    /// Spectra.
    pub spots: Vec<Spot>,
    /// Curves of reflectivity.
    pub reflectivities: Vec<Reflectivity>,
    /// Depth profiles.
    pub profiles: Vec<ProfileDepth>,
    /// Number of cycles of the deposition, all kinds together.
    pub cycles: Option<f64>,
}

/// Where a thickness comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Watched during deposition.
    Growth,
    /// Stated.
    Stated,
    /// From Ψ and Δ.
    Spectrum,
    /// From X-ray reflectivity.
    Reflectivity,
    /// From a depth profile.
    Profile,
}

impl Source {
    /// The word stored in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Growth => "growth",
            Self::Stated => "stated",
            Self::Spectrum => "spectrum",
            Self::Reflectivity => "reflectivity",
            Self::Profile => "profile",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Growth => "growth during deposition",
            Self::Stated => "the sheet of the sample",
            Self::Spectrum => "Ψ and Δ",
            Self::Reflectivity => "X-ray reflectivity",
            Self::Profile => "a depth profile",
        }
    }
}

/// The thickness of a film. Errors are standard uncertainties (k = 1).
#[derive(Clone, Debug, PartialEq)]
pub struct Thickness {
    /// Thickness (nm).
    pub nm: f64,
    /// Its error (nm).
    pub err_nm: f64,
    /// Its source.
    pub source: Source,
    /// Value and error (nm) as stated.
    pub stated_nm: Option<(f64, f64)>,
    /// As watched; with the cycles that no scan covers, at the growth per cycle of those that it does.
    pub growth_nm: Option<(f64, f64)>,
    /// From Ψ and Δ.
    pub spectrum_nm: Option<(f64, f64)>,
    /// From X-ray reflectivity.
    pub reflectivity_nm: Option<(f64, f64)>,
    /// From depth profiles.
    pub profile_nm: Option<(f64, f64)>,
    /// Number of cycles that the scans cover.
    pub cycles_watched: Option<f64>,
    /// Reliability of the result, and reasons for doubt.
    pub verdict: Verdict,
}

/// Relative standard uncertainty of a stated thickness without one, and the least (nm).
pub const STATED_REL: f64 = 0.05;
const STATED_LEAST_NM: f64 = 0.5;
/// Relative standard uncertainty of the density with which a program converts atoms per area to lengths.
pub const DENSITY_REL: f64 = 0.15;
/// Atoms per volume of the films of this laboratory (10¹⁵/cm² in 1 nm), and its relative standard uncertainty: Li₃PO₄ of 2.4 g/cm³ has 10.0,
/// LiBO₂ of 2.1 g/cm³ 10.2, Al₂O₃ of 3.0 g/cm³ 8.9, B₂O₃ of 1.8 g/cm³ 7.8, SiO₂ of 2.2 g/cm³ 6.6, Li₂O of 2.0 g/cm³ 12.1.
pub const ATOMS_1E15_PER_CM2_NM: f64 = 9.5;
/// The relative standard uncertainty of [`ATOMS_1E15_PER_CM2_NM`].
pub const ATOMS_REL: f64 = 0.2;
/// Values that differ by more combined standard uncertainties contradict each other.
const DIFFERENT: f64 = 3.0;
/// Cycles that may be missing: counting differs by one or two, and by this fraction.
const UNCOUNTED: f64 = 2.0;
const UNCOUNTED_REL: f64 = 0.02;
/// Fraction of the cycles without which a scan still counts for the whole film.
const MOST_MISSING: f64 = 0.1;
/// Relative standard uncertainty of the growth of a few cycles not seen (they may be the inhibited ones), and of many.
const FEW_MISSING_REL: f64 = 0.5;
const MANY_MISSING_REL: f64 = 0.1;
/// Scans whose intervals share less than this fraction of the shorter one follow each other.
const SHARED: f64 = 0.1;

/// A value of one source.
#[derive(Clone, Debug)]
struct Known {
    source: Source,
    nm: f64,
    err_nm: f64,
    /// Whether it is one of the whole film.
    whole: bool,
    verdict: Verdict,
}

/// Combines what is known of a film; `None` if no source gives a thickness.
///
/// The first of these that is good is taken, otherwise the first that there is: growth that was watched over at least 90 %
/// of the cycles, the stated thickness, spectra, reflectivity, growth extrapolated to all cycles (suspect). A stated thickness without
/// an uncertainty has one of 5 %, at least 0.5 nm.
///
/// # Example
///
/// ```
/// # use aldb_fit::quality::Quality;
/// # use aldb_fit::thickness::{Evidence, Scan, Source, combine_thickness};
/// let scan = Scan {
///     film_nm: 12.0, film_err_nm: Some(0.01), gpc_angstrom: 0.4, cycles: Some(300.0), ..Scan::default()
/// };
/// let film = combine_thickness(&Evidence {
///     stated: Some((80.0, Some(1.0))), scans: vec![scan], cycles: Some(2000.0), ..Evidence::default()
/// }).unwrap();
/// assert_eq!((film.nm, film.source, film.verdict.quality), (80.0, Source::Stated, Quality::Good));
/// ```
#[must_use]
pub fn combine_thickness(evidence: &Evidence) -> Option<Thickness> {
    let stated = stated(evidence);
    let watched = watched(&evidence.scans, evidence.cycles);
    let cycles_watched = watched.as_ref().and_then(|(_, cycles)| *cycles);
    let watched = watched.map(|(known, _)| known);
    let spectrum = spectrum(&evidence.spots);
    let pair = |known: &Option<Known>| known.as_ref().map(|known| (known.nm, known.err_nm));
    let (stated_nm, growth_nm, spectrum_nm) = (pair(&stated), pair(&watched), pair(&spectrum));
    let reflectivity = reflectivity(&evidence.reflectivities);
    let reflectivity_nm = pair(&reflectivity);
    let profile = profile(&evidence.profiles);
    let (whole, part): (Vec<Known>, Vec<Known>) =
        [watched, stated, spectrum, reflectivity].into_iter().flatten().partition(|known| known.whole);
    let all: Vec<Known> = whole.into_iter().chain(part).collect();
    let is_good = |known: &&Known| known.verdict.quality == Quality::Good;
    let chosen = all.iter().find(is_good).or(all.first())?;
    let mut verdict = chosen.verdict.clone();
    let all: Vec<&Known> = all.iter().chain(&profile).collect();
    for (place, a) in all.iter().enumerate() {
        for b in &all[place + 1..] {
            // A spectrum in doubt may give any thickness; a scan in doubt still shows how much grew.
            let counts = |known: &Known| {
                known.verdict.quality == Quality::Good
                    || known.source == chosen.source
                    || known.source == Source::Growth
            };
            let apart = (a.nm - b.nm).abs() / a.err_nm.hypot(b.err_nm);
            if apart > DIFFERENT && counts(a) && counts(b) {
                let one = |known: &Known| {
                    let how = if known.whole { "" } else { ", extrapolated to all cycles" };
                    format!("{:.2} ± {:.2} nm ({}{how})", known.nm, known.err_nm, known.source.words())
                };
                let words = format!("{} and {} differ by {apart:.1} combined standard uncertainties", one(a), one(b));
                verdict.add(Quality::Suspect, ReasonCode::SourcesDisagree, words);
            }
        }
    }
    Some(Thickness {
        nm: chosen.nm,
        err_nm: chosen.err_nm,
        source: chosen.source,
        stated_nm,
        growth_nm,
        spectrum_nm,
        reflectivity_nm,
        profile_nm: pair(&profile),
        cycles_watched,
        verdict,
    })
}

fn stated(evidence: &Evidence) -> Option<Known> {
    let (nm, err_nm) = evidence.stated.filter(|(nm, _)| nm.is_finite() && *nm >= 0.0)?;
    let default = (STATED_REL * nm).max(STATED_LEAST_NM);
    let err_nm = err_nm.filter(|err| err.is_finite() && *err > 0.0).unwrap_or(default);
    Some(Known { source: Source::Stated, nm, err_nm, whole: true, verdict: Verdict::default() })
}

/// The mean of the curves of reflectivity; those in doubt do not count beside good ones.
fn reflectivity(curves: &[Reflectivity]) -> Option<Known> {
    let usable = |curve: &&Reflectivity| curve.quality != Quality::Failed && curve.nm > 0.0 && curve.err_nm.is_finite();
    let best = curves.iter().filter(usable).map(|curve| curve.quality).min()?;
    let curves: Vec<&Reflectivity> = curves.iter().filter(usable).filter(|curve| curve.quality == best).collect();
    let (nm, spread) = mean_and_spread(&curves.iter().map(|curve| curve.nm).collect::<Vec<_>>());
    let err = curves.iter().map(|curve| curve.err_nm).fold(0.0, f64::max);
    let mut verdict = Verdict::default();
    inherit(&mut verdict, best, Source::Reflectivity, curves[0].reason.as_ref());
    Some(Known { source: Source::Reflectivity, nm, err_nm: err.hypot(spread), whole: true, verdict })
}

/// The mean of the depth profiles.
fn profile(profiles: &[ProfileDepth]) -> Option<Known> {
    let films: Vec<(f64, f64)> = profiles
        .iter()
        .map(|profile| match *profile {
            ProfileDepth::Length { nm, err_nm } => (nm, err_nm.hypot(DENSITY_REL * nm)),
            ProfileDepth::Atoms { per_cm2, err_per_cm2 } => {
                let nm = per_cm2 / ATOMS_1E15_PER_CM2_NM;
                (nm, (err_per_cm2 / ATOMS_1E15_PER_CM2_NM).hypot(ATOMS_REL * nm))
            }
        })
        .filter(|(nm, err)| *nm > 0.0 && err.is_finite())
        .collect();
    let (nm, spread) = mean_and_spread(&films.iter().map(|film| film.0).collect::<Vec<_>>());
    let err = films.iter().map(|film| film.1).reduce(f64::max)?;
    Some(Known { source: Source::Profile, nm, err_nm: err.hypot(spread), whole: true, verdict: Verdict::default() })
}

fn inherit(verdict: &mut Verdict, quality: Quality, source: Source, reason: Option<&String>) {
    if quality != Quality::Good {
        let words = format!("{}: {}", source.words(), reason.map_or("in doubt", String::as_str));
        verdict.add(Quality::Suspect, ReasonCode::InputSuspect, words);
    }
}

/// Two scans of one film.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// One follows the other.
    Following,
    /// Both saw the same growth.
    Together,
    /// Nothing tells.
    Unknown,
}

/// Whether two intervals share hardly anything.
fn apart(a: (f64, f64), b: (f64, f64)) -> bool {
    let shared = a.1.min(b.1) - a.0.max(b.0);
    shared <= SHARED * (a.1 - a.0).min(b.1 - b.0)
}

fn order(a: &Scan, b: &Scan, cycles: Option<f64>) -> Order {
    if let Some((a, b)) = a.clock_s.zip(b.clock_s) {
        return if apart(a, b) { Order::Following } else { Order::Together };
    }
    let numbers = |scan: &Scan| scan.from_cycle.zip(scan.cycles).map(|(from, count)| (from, from + count));
    // Clocks and numbers that begin again with each file overlap by chance.
    for (a, b) in [a.time_s.zip(b.time_s), numbers(a).zip(numbers(b))].into_iter().flatten() {
        if apart(a, b) {
            return Order::Following;
        }
    }
    let joins = |a: &Scan, b: &Scan| {
        let both = a.start_nm.zip(b.start_nm);
        let err = a.film_err_nm.unwrap_or(0.0).hypot(b.film_err_nm.unwrap_or(0.0));
        both.is_some_and(|(first, second)| {
            (first + a.film_nm - second).abs() < DIFFERENT * err + 0.05 * a.film_nm.abs()
                && a.film_nm.abs() > 10.0 * err
        })
    };
    if joins(a, b) || joins(b, a) {
        return Order::Following;
    }
    if let (Some(all), Some(of_a), Some(of_b)) = (cycles, a.cycles, b.cycles) {
        let tolerance = UNCOUNTED + UNCOUNTED_REL * all;
        if of_a + of_b <= all + tolerance {
            return Order::Following;
        }
        if of_a.min(of_b) >= (1.0 - MOST_MISSING) * all - tolerance {
            return Order::Together;
        }
    }
    Order::Unknown
}

/// The film watched, and the number of cycles seen.
fn watched(scans: &[Scan], cycles: Option<f64>) -> Option<(Known, Option<f64>)> {
    let usable = |scan: &&Scan| scan.quality != Quality::Failed && scan.film_nm.is_finite();
    let seen: Vec<&Scan> = scans.iter().filter(usable).collect();
    let failed: Vec<&Scan> = scans.iter().filter(|scan| scan.quality == Quality::Failed).collect();
    let mut verdict = Verdict::default();
    // Scans of the same growth form a group; groups follow each other.
    let mut groups: Vec<Vec<&Scan>> = Vec::new();
    for scan in &seen {
        inherit(&mut verdict, scan.quality, Source::Growth, scan.reason.as_ref());
        let mut unknown = false;
        let joined = groups.iter_mut().find(|group| {
            let found = order(group[0], scan, cycles);
            unknown |= found == Order::Unknown;
            found == Order::Together
        });
        match joined {
            Some(group) => group.push(scan),
            None => groups.push(vec![scan]),
        }
        if unknown {
            let words = "nothing tells whether the scans follow each other (they were added) or saw the same growth";
            verdict.add(Quality::Suspect, ReasonCode::AmbiguousSolution, words);
        }
    }
    let (mut nm, mut variance, mut known, mut count) = (0.0, 0.0, true, Some(0.0));
    for group in &groups {
        let films: Vec<f64> = group.iter().map(|scan| scan.film_nm).collect();
        let (mean, spread) = mean_and_spread(&films);
        let err = group.iter().map(|scan| scan.film_err_nm.unwrap_or(f64::NAN)).fold(0.0, f64::max);
        known &= group.iter().all(|scan| scan.film_err_nm.is_some_and(f64::is_finite));
        (nm, variance) = (nm + mean, variance + err * err + spread * spread);
        let longest = group.iter().map(|scan| scan.cycles).try_fold(0.0f64, |most, cycles| Some(most.max(cycles?)));
        count = count.zip(longest).map(|(sum, cycles)| sum + cycles);
    }
    if groups.is_empty() || !known {
        return None;
    }
    // From where to where the scans reach together.
    let begins = groups.len() > 1 || seen[0].from_cycle.is_none_or(|from| from <= UNCOUNTED);
    let ended = begins && seen.iter().any(|scan| scan.end_cycle.is_some()) && groups.len() == 1;
    let mut whole = true;
    match cycles.zip(count) {
        Some((all, seen_cycles)) => {
            let tolerance = UNCOUNTED + UNCOUNTED_REL * all;
            let missing = if ended { 0.0 } else { all - seen_cycles };
            if missing > tolerance {
                let per_cycle =
                    groups.iter().map(|group| group[0].gpc_angstrom).sum::<f64>() / (10.0 * groups.len() as f64);
                let rest = per_cycle * missing;
                whole = missing <= MOST_MISSING * all;
                let relative = if whole { FEW_MISSING_REL } else { MANY_MISSING_REL };
                (nm, variance) = (nm + rest, variance + (relative * rest).powi(2));
                if !whole {
                    let scans = counted(seen.len(), "scan covers", "scans cover");
                    let words = format!(
                        "{scans} {seen_cycles:.0} of the {all:.0} cycles; the others are taken to have grown as much each"
                    );
                    verdict.add(Quality::Suspect, ReasonCode::Extrapolated, words);
                }
            } else if seen_cycles > (1.0 + MOST_MISSING) * all + tolerance && !ended && groups.len() > 1 {
                let words = format!("the scans add up to {seen_cycles:.0} cycles, the deposition has {all:.0}");
                verdict.add(Quality::Suspect, ReasonCode::SourcesDisagree, words);
            }
        }
        None if !failed.is_empty() => {
            let reason = failed[0].reason.as_deref().unwrap_or("failed");
            let failed = counted(failed.len(), "scan", "scans");
            let words = format!("{failed} more could not be evaluated ({reason}): part of the film may be missing");
            verdict.add(Quality::Suspect, ReasonCode::InputSuspect, words);
        }
        None => {}
    }
    let known = Known { source: Source::Growth, nm, err_nm: variance.sqrt(), whole, verdict };
    (nm > 0.0).then_some((known, count))
}

/// Mean and standard deviation; zero for a single value.
fn mean_and_spread(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (count - 1.0).max(1.0)).sqrt())
}

/// The film of the spectra: of each measurement the last spectrum at each place, and the mean over places; the spread over
/// places is part of the error, because nobody states at which of them a property will be measured.
fn spectrum(spots: &[Spot]) -> Option<Known> {
    let mut measurements: BTreeMap<&str, Vec<&Spot>> = BTreeMap::new();
    for spot in spots {
        measurements.entry(&spot.measurement).or_default().push(spot);
    }
    let films: Vec<Known> = measurements.values().filter_map(|spots| film_of(spots)).collect();
    // Measurements in doubt do not count beside good ones.
    let best = films.iter().map(|film| film.verdict.quality).min()?;
    let films: Vec<&Known> = films.iter().filter(|film| film.verdict.quality == best).collect();
    let values: Vec<f64> = films.iter().map(|film| film.nm).collect();
    let (nm, spread) = mean_and_spread(&values);
    let err = films.iter().map(|film| film.err_nm).fold(0.0, f64::max);
    let mut verdict = films[0].verdict.clone();
    let (least, most) = values.iter().fold((nm, nm), |(low, high), &value| (low.min(value), high.max(value)));
    if most - least > DIFFERENT * std::f64::consts::SQRT_2 * err {
        let words = format!("{} spectra give {least:.2} nm to {most:.2} nm", values.len());
        verdict.add(Quality::Suspect, ReasonCode::LargeScatter, words);
    }
    Some(Known { source: Source::Spectrum, nm, err_nm: err.hypot(spread), whole: true, verdict })
}

/// The film of one measurement.
fn film_of(spots: &[&Spot]) -> Option<Known> {
    let key = |value: Option<f64>| value.map_or(i64::MIN, |mm| (1e3 * mm).round() as i64);
    let mut places: BTreeMap<(i64, i64), Vec<&Spot>> = BTreeMap::new();
    for spot in spots {
        places.entry((key(spot.place_mm.0), key(spot.place_mm.1))).or_default().push(spot);
    }
    let mut verdict = Verdict::default();
    let mut last: Vec<(&Spot, f64, f64)> = Vec::new();
    for spots in places.values_mut() {
        spots.sort_by(|a, b| a.time_s.unwrap_or(0.0).total_cmp(&b.time_s.unwrap_or(0.0)));
        let fitted = |spot: &&Spot| spot.quality != Quality::Failed && spot.nm.is_some() && spot.err_nm.is_some();
        let place = spots.iter().rposition(fitted);
        if let Some((spot, place)) = place.map(|place| (spots[place], place)) {
            if place + 1 < spots.len() {
                let words = format!(
                    "the last fitted spectrum is of {:.0} s, {} after it could not be fitted",
                    spot.time_s.unwrap_or(0.0),
                    spots.len() - place - 1
                );
                verdict.add(Quality::Suspect, ReasonCode::InputSuspect, words);
            }
            last.extend(spot.nm.zip(spot.err_nm).map(|(nm, err)| (spot, nm, err)));
        }
    }
    let good: Vec<_> = last.iter().filter(|(spot, ..)| spot.quality == Quality::Good).copied().collect();
    let enough = 2 * good.len() >= places.len() && !good.is_empty();
    let used = if enough { good } else { last };
    if let Some((spot, ..)) = used.iter().find(|(spot, ..)| spot.quality != Quality::Good) {
        inherit(&mut verdict, spot.quality, Source::Spectrum, spot.reason.as_ref());
    }
    if used.is_empty() {
        return None;
    }
    let values: Vec<f64> = used.iter().map(|(_, nm, _)| *nm).collect();
    let (nm, spread) = mean_and_spread(&values);
    // Errors of the model are the same at all places.
    let err = used.iter().map(|(.., err)| err * err).sum::<f64>() / used.len() as f64;
    Some(Known { source: Source::Spectrum, nm, err_nm: (err + spread * spread).sqrt(), whole: true, verdict })
}
