//! Voltammograms, rate capability and stability windows of electrodes.
//!
//! Kernels take current densities (µA/cm²), not currents. Anodic currents are positive.

mod baseline;
mod error;
mod joint;
mod onset;
mod peaks;
mod rates;
mod rise;
mod sweep;
mod wave;

pub use error::ElectrochemistryError;
pub use onset::{Onset, OnsetOptions, find_onset};
pub use peaks::{CvOptions, PeakPair, find_peak_pairs};
pub use rates::{RateOptions, RateStep, rate_capability};
