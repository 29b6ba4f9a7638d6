//! The registry of adapters: detects the format of a file and reads it.

use std::sync::LazyLock;

use crate::archive::Archive;
use crate::clock::compare_with_clock;
use crate::complete::complete;
use crate::contradictions::{compare_angle_units, compare_facts};
use crate::delimited::Delimited;
use crate::impossible_values::withhold_impossible;
use crate::manifest::{Manifest, ManifestError, all_embedded};
use crate::recognised::{Recognised, recognise};
use crate::refusals::cause;
use crate::second_table::refuse_second_table;
use crate::text::{counted, excerpt};
use crate::unknown_units::withhold_unknown_units;
use crate::unstored::warn_of_unstored;
use crate::unwritten::leave_out_unwritten;
use crate::{Adapter, LARGEST_FILE, Match, Place, Probe, ReadError, Reading};

/// The formats that code reads, by field. Those that a manifest describes completely need no entry.
static ADAPTERS: &[&[&dyn Adapter]] = &[
    crate::potentiostats::ADAPTERS,
    crate::cyclers::ADAPTERS,
    crate::ellipsometry::ADAPTERS,
    crate::ion_beams::ADAPTERS,
    crate::photoelectrons::ADAPTERS,
    crate::diffraction::ADAPTERS,
    crate::reactors::ADAPTERS,
    crate::exchange::ADAPTERS,
];

/// The formats that code reads.
fn coded() -> impl Iterator<Item = &'static dyn Adapter> {
    ADAPTERS.iter().flat_map(|adapters| adapters.iter().copied())
}

/// The adapters of an installation.
pub struct Registry {
    installed: Vec<Delimited>,
    embedded: Vec<&'static dyn Adapter>,
}

/// The format of a file, by its content.
#[derive(Clone, Copy)]
pub enum Detection<'a> {
    /// A format that is read, and how certain that is.
    Format(&'a dyn Adapter, Match),
    /// A format that is known but not read.
    Recognised(Recognised),
    /// Two formats claim it equally.
    Ambiguous(&'a dyn Adapter, &'a dyn Adapter),
    /// None that is known.
    Unknown,
}

/// An adapter's claim to a file.
#[derive(Clone, Copy)]
pub struct Claim<'a> {
    /// Who claims it.
    pub adapter: &'a dyn Adapter,
    /// How certain it is.
    pub certainty: Match,
    /// The evidence.
    pub evidence: &'static str,
}

static DELIMITED: LazyLock<Vec<Delimited>> = LazyLock::new(|| {
    let manifests = all_embedded().values().filter_map(|manifest| manifest.as_ref().ok());
    manifests.filter(|manifest| manifest.text.is_some()).cloned().map(Delimited::new).collect()
});

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl Registry {
    /// The adapters that come with this crate.
    #[must_use]
    pub fn new() -> Self {
        let described = DELIMITED.iter().map(|adapter| adapter as &dyn Adapter);
        Self { installed: Vec::new(), embedded: coded().chain(described).collect() }
    }

    /// The same and an installation's own manifests, as pairs of name and TOML text. One with the name of a manifest
    /// that comes with this crate takes its place.
    ///
    /// # Errors
    ///
    /// [`ManifestError`] for the first manifest that can't be used.
    pub fn with_manifests<'t>(texts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<Self, ManifestError> {
        let mut registry = Self::new();
        for (name, text) in texts {
            let manifest = Manifest::from_toml(name, text)?;
            let name = name.to_owned();
            if coded().any(|adapter| adapter.manifest().name == name) {
                return Err(ManifestError::NameTaken { name });
            }
            if manifest.text.is_none() {
                let cause = "expected a `[text]` section, because no code reads this format".to_owned();
                return Err(ManifestError::Contradiction { name, cause });
            }
            registry.embedded.retain(|adapter| adapter.manifest().name != name);
            registry.installed.retain(|adapter| adapter.manifest().name != name);
            registry.installed.push(Delimited::new(manifest));
        }
        Ok(registry)
    }

    /// All adapters, those of the installation first.
    pub fn adapters(&self) -> impl Iterator<Item = &dyn Adapter> {
        let installed = self.installed.iter().map(|adapter| adapter as &dyn Adapter);
        installed.chain(self.embedded.iter().copied().map(|adapter| adapter as &dyn Adapter))
    }

    /// The adapter of that name.
    ///
    /// # Errors
    ///
    /// [`ReadError::NoSuchFormat`] with the names that exist.
    pub fn adapter(&self, name: &str) -> Result<&dyn Adapter, ReadError> {
        self.adapters().find(|adapter| adapter.manifest().name == name).ok_or_else(|| {
            let mut names: Vec<_> = self.adapters().map(|adapter| format!("`{}`", adapter.manifest().name)).collect();
            names.sort_unstable();
            ReadError::NoSuchFormat { place: Place::Offset(0), name: name.to_owned(), formats: names.join(", ") }
        })
    }

    /// The format of a file, by its first [`HEAD_BYTES`](crate::HEAD_BYTES) bytes; given a whole file, archives are recognised by all their members.
    ///
    /// A more certain claim goes first; among equal ones an installation's manifest, then a format that is known but not read
    /// (nothing is ever read as something else on equal evidence).
    #[must_use]
    pub fn detect(&self, file: &[u8]) -> Detection<'_> {
        self.detect_probed(&Probe::new(file))
    }

    fn detect_probed(&self, probe: &Probe<'_>) -> Detection<'_> {
        let mut best: Option<(&dyn Adapter, Match)> = None;
        let mut rival = None;
        let mut adapters: Vec<(usize, &dyn Adapter)> = self.adapters().enumerate().collect();
        // Those that know a signature first: after one of them, no adapter has to search for columns that fit.
        adapters.sort_by_key(|(_, adapter)| std::cmp::Reverse(adapter.max_certainty()));
        for (place, adapter) in adapters {
            if best.is_some_and(|(_, certainty)| adapter.max_certainty() < certainty) {
                break;
            }
            let certainty = adapter.sniff(probe);
            match best {
                _ if certainty == Match::No => {}
                Some((first, best_certainty)) if certainty == best_certainty => {
                    let first_is_installed = place >= self.installed.len()
                        && self.installed.iter().any(|own| own.manifest().name == first.manifest().name);
                    if !first_is_installed {
                        rival = Some(adapter);
                    }
                }
                Some((_, best_certainty)) if certainty < best_certainty => {}
                _ => {
                    best = Some((adapter, certainty));
                    rival = None;
                }
            }
        }
        let recognised = recognise(probe);
        match (best, rival, recognised) {
            (best, _, Some(known)) if best.is_none_or(|(_, certainty)| certainty <= known.certainty) => {
                Detection::Recognised(known)
            }
            (Some((adapter, _)), Some(rival), _) => Detection::Ambiguous(adapter, rival),
            (Some((adapter, certainty)), None, _) => Detection::Format(adapter, certainty),
            (None, ..) => Detection::Unknown,
        }
    }

    /// The claim of each adapter to a file, the most certain first, and the format it would be refused as, if any.
    #[must_use]
    pub fn claims(&self, file: &[u8]) -> (Vec<Claim<'_>>, Option<Recognised>) {
        let probe = Probe::new(file);
        let claims = self.adapters().map(|adapter| {
            let (certainty, evidence) = (adapter.sniff(&probe), adapter.evidence(&probe));
            Claim { adapter, certainty, evidence }
        });
        let mut claims: Vec<_> = claims.filter(|claim| claim.certainty != Match::No).collect();
        claims.sort_by_key(|claim| std::cmp::Reverse(claim.certainty));
        (claims, recognise(&probe))
    }

    /// Reads a file, as the format called `name` or as what it is by its content; with the format's name. A column that
    /// a reader names and no table has is a warning of its measurement.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when no format fits, the one called `name` doesn't exist, or the file doesn't have the format that it claims.
    pub fn read(&self, file: &[u8], name: Option<&str>) -> Result<(String, Reading), ReadError> {
        if file.len() > LARGEST_FILE {
            let place = Place::Offset(LARGEST_FILE as u64);
            return Err(ReadError::TooLarge { place, found: file.len() as u64, limit: LARGEST_FILE as u64 });
        }
        let probe = Probe::new(file);
        let adapter = match name {
            Some(name) => self.adapter(name)?,
            None => match self.detect_probed(&probe) {
                Detection::Format(adapter, _) => adapter,
                Detection::Recognised(known) => return Err(cut_archive(file).unwrap_or_else(|| known.refusal())),
                Detection::Ambiguous(first, second) => return Err(ambiguous(first, second)),
                Detection::Unknown => {
                    return Err(cut_archive(file).or_else(|| cause(&probe)).unwrap_or_else(|| unknown(&probe)));
                }
            },
        };
        let mut reading = adapter.read_probed(&probe)?;
        refuse_second_table(&reading)?;
        refuse_without_rows(&reading)?;
        for measurement in &mut reading.measurements {
            leave_out_unwritten(measurement);
            withhold_unknown_units(measurement);
            compare_angle_units(measurement);
            withhold_impossible(measurement);
            compare_with_clock(measurement);
            compare_facts(measurement);
            complete(measurement);
            warn_of_unstored(measurement);
        }
        reading.warnings.extend(reading.rejected.warning());
        Ok((adapter.manifest().name.clone(), reading))
    }
}

/// The error of a zip archive that was cut off: its contents cannot be known.
fn cut_archive(file: &[u8]) -> Option<ReadError> {
    if file.starts_with(b"PK\x03\x04") { Archive::open(file).err() } else { None }
}

/// A file with rows, none of which can be trusted, is not a measurement without points.
fn refuse_without_rows(reading: &Reading) -> Result<(), ReadError> {
    match reading.rejected.first() {
        Some(first) if reading.measurements.iter().all(|measurement| measurement.n_points() == 0) => {
            let found =
                format!("{}, all rejected; the first: {}", counted(reading.rejected.total(), "row"), first.error);
            Err(ReadError::malformed(first.error.place(), "rows that can be read", found))
        }
        _ => Ok(()),
    }
}

fn ambiguous(first: &dyn Adapter, second: &dyn Adapter) -> ReadError {
    let formats = format!("`{}`, `{}`", first.manifest().name, second.manifest().name);
    ReadError::Ambiguous { place: Place::Offset(0), formats }
}

fn unknown(probe: &Probe<'_>) -> ReadError {
    let first_line = probe.text().trim_start().lines().next().unwrap_or_default();
    ReadError::Unknown { place: Place::Offset(0), starts_with: excerpt(first_line, 40) }
}
