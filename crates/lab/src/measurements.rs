//! The files and truths of a [`Characterisation`]: every technique in its turn.

use std::collections::BTreeMap;

use crate::characterisation::Characterisation;
use crate::deposited::{Deposited, deposited};
use crate::file::LabFile;
use crate::logbook;
use crate::technique::{self, Output};
use crate::truth::Truth;

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
