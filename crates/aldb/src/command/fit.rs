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
    /// An equivalent circuit, to the impedance spectra of a file
    Circuit(circuit::Circuit),
    /// Growth per cycle and nucleation delay, to a scan during deposition
    Growth(derived::Growth),
    /// Thickness and index of a transparent film, to Ψ and Δ
    Cauchy(derived::Cauchy),
    /// Components over a Shirley background, to photoelectron regions
    Xps(derived::Xps),
    /// Peaks, phase and crystallinity, to a diffraction pattern
    Xrd(derived::Xrd),
    /// Mean contents over the plateau, to a depth profile
    Composition(derived::Composition),
    /// Pairs of peaks, to a cyclic voltammogram
    Peaks(derived::Electrode),
    /// Capacity at each rate, to galvanostatic cycling
    Rates(derived::Rates),
    /// The potential at which the current leaves its baseline, to a sweep
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
