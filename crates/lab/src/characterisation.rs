//! Everything beside impedance that the laboratory measures on its films, in the formats of the instruments.

use std::collections::BTreeMap;

use crate::LabFile;
use crate::deposited::{Deposited, deposited};
use crate::logbook;
use crate::technique::{self, Output};
use crate::truth::Truth;

/// The measurements of Verhelle et al., Chem. Mater. 37, 687 (2025), beside impedance.
///
/// Growth watched by ellipsometry, with the reactor's log; Ψ and Δ, recoils, photoelectrons and diffraction of finished
/// films; voltammograms, rate capability and stability windows of coated electrodes. Where the paper prints no number one
/// was chosen: [`Truth::origin`] says which.
///
/// # Example
///
/// ```
/// let laboratory = aldb_lab::Characterisation::default();
/// let film = "synthetic-LBO-300-60nm";
/// assert!(laboratory.files().iter().any(|file| file.path == format!("instruments/xrd/{film}.uxd")));
/// let truths = laboratory.truths();
/// let boron = truths.iter().find(|truth| truth.sample_id == film && truth.quantity == "B_percent");
/// assert_eq!(boron.and_then(|truth| truth.value), Some(20.7));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Characterisation {
    /// Seed of the noise.
    pub seed: u64,
    /// Size of the noise: 1 as an instrument would have it, 0 for none.
    pub noise: f64,
}

impl Default for Characterisation {
    fn default() -> Self {
        Self { seed: 2025, noise: 1.0 }
    }
}

impl Characterisation {
    /// The files on the instrument PCs, below `instruments/`: `ellipsometer/`, `reactor/`, `erd/`, `xps/`, `xrd/` and
    /// `potentiostat/`. Their names begin with the sample's, which ends at the first `_` or `.`.
    #[must_use]
    pub fn files(&self) -> Vec<LabFile> {
        self.measure().files
    }

    /// What a perfect evaluation of the files would find, sample by sample.
    #[must_use]
    pub fn truths(&self) -> Vec<Truth> {
        self.measure().truths
    }

    /// The files that people write by hand: `samples/characterisation.toml`, with a run for every deposited sample, and
    /// one recipe a file in `recipes/`. Samples that were made alike share a recipe.
    #[must_use]
    pub fn lake_files(&self) -> Vec<LabFile> {
        let samples = deposited();
        let mut recipes: BTreeMap<String, String> = BTreeMap::new();
        for sample in samples.iter().filter(|sample| sample.cycles > 0) {
            recipes.entry(logbook::recipe_name(sample)).or_insert_with(|| sample.recipe.clone());
        }
        let toml = |path: String, text: String| LabFile { path, bytes: text.into_bytes() };
        let mut files = vec![toml("samples/characterisation.toml".to_owned(), logbook::samples(&samples))];
        files.extend(recipes.into_iter().map(|(name, recipe)| toml(format!("recipes/{name}.toml"), recipe)));
        files
    }

    fn measure(&self) -> Output {
        let samples: Vec<Deposited> = deposited();
        let mut output = Output::default();
        technique::in_situ::write(self, &samples, &mut output);
        technique::ellipsometry::write(self, &samples, &mut output);
        technique::recoils::write(self, &samples, &mut output);
        technique::photoelectrons::write(self, &samples, &mut output);
        technique::diffraction::write(self, &samples, &mut output);
        technique::potentiostat::write(self, &samples, &mut output);
        output
    }
}
