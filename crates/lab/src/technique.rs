//! The files of each instrument about the films: a model, its noise, a file, and the true values.

use crate::file::LabFile;
use crate::random::Random;
use crate::truth::{Origin, Truth};

pub(crate) mod diffraction;
pub(crate) mod ellipsometry;
pub(crate) mod in_situ;
pub(crate) mod photoelectrons;
pub(crate) mod potentiostat;
pub(crate) mod recoils;

/// Minutes from the opening of the laboratory to the first measurement of a finished film: after the last run.
pub(crate) const FIRST_MINUTES: i64 = 320 * MINUTES_PER_DAY;
pub(crate) const MINUTES_PER_DAY: i64 = 1440;

/// Noise of a measurement.
pub(crate) struct Noise {
    random: Random,
    /// 1 for noise as it would be, 0 for none.
    scale: f64,
}

impl Noise {
    pub(crate) fn new(seed: u64, name: &str, scale: f64) -> Self {
        Self { random: Random::named(seed, name), scale }
    }

    /// Gaussian noise of this standard deviation.
    pub(crate) fn gaussian(&mut self, deviation: f64) -> f64 {
        self.scale * deviation * self.random.normal()
    }

    /// Counts where `expected` are expected: whole numbers, with or without noise.
    pub(crate) fn counts(&mut self, expected: f64) -> f64 {
        if self.scale == 0.0 {
            return expected.round();
        }
        (expected + self.scale * (self.random.poisson(expected) - expected)).round().max(0.0)
    }
}

/// Files, and what went into them.
#[derive(Default)]
pub(crate) struct Output {
    pub(crate) files: Vec<LabFile>,
    pub(crate) truths: Vec<Truth>,
}

impl Output {
    /// Adds a file below `instruments/`.
    pub(crate) fn file(&mut self, path: &str, bytes: Vec<u8>) {
        self.files.push(LabFile { path: format!("instruments/{path}"), bytes });
    }

    /// Notes what went into the files of a sample.
    pub(crate) fn truth(&mut self, of: (&str, &'static str), quantity: &str, value: Option<f64>, origin: Origin) {
        let (sample_id, technique) = of;
        let (sample_id, quantity) = (sample_id.to_owned(), quantity.to_owned());
        self.truths.push(Truth { sample_id, technique, quantity, value, origin });
    }
}

/// Numbers from `first` on in equal steps, `count` of them.
pub(crate) fn steps(first: f64, step: f64, count: usize) -> Vec<f64> {
    (0..count).map(|index| first + index as f64 * step).collect()
}
