//! `aldb fit MODEL FILE`: what the derived tables say of one file, without a lake.

mod circuit;
mod derived;

use clap::{Args, Subcommand};

use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};

/// Fit a model to one file.
#[derive(Debug, Args)]
pub(crate) struct Fit {
    #[command(subcommand)]
    model: Model,
}

#[derive(Debug, Subcommand)]
enum Model {
    /// Fit an equivalent circuit to impedance spectra
    Circuit(circuit::Circuit),
    /// Fit growth per cycle and nucleation delay to a scan during deposition
    Growth(derived::Growth),
    /// Fit thickness and refractive index of a transparent film to Ψ and Δ
    Cauchy(derived::Cauchy),
    /// Fit components and a Shirley background to photoelectron regions
    Xps(derived::Xps),
    /// Fit the peaks of a diffraction pattern; phase and crystallinity
    Xrd(derived::Xrd),
    /// Average the contents over the plateau of a depth profile
    Composition(derived::Composition),
    /// Find the pairs of peaks of a cyclic voltammogram
    Peaks(derived::Electrode),
    /// Determine the capacity at each rate of galvanostatic cycling
    Rates(derived::Rates),
    /// Find the potential at which the current of a sweep leaves its baseline
    Onset(derived::Electrode),
}

impl Fit {
    pub(crate) async fn run(self, lake: &LakeOption) -> Result<Outcome, Error> {
        match self.model {
            Model::Circuit(circuit) => circuit.run(lake).await,
            Model::Growth(growth) => growth.run(lake).await,
            Model::Cauchy(cauchy) => cauchy.run(lake).await,
            Model::Xps(xps) => xps.run(lake).await,
            Model::Xrd(xrd) => xrd.run(lake).await,
            Model::Composition(composition) => composition.run(lake).await,
            Model::Peaks(electrode) => electrode.peaks(lake).await,
            Model::Rates(rates) => rates.run(lake).await,
            Model::Onset(electrode) => electrode.onset(lake).await,
        }
    }
}
