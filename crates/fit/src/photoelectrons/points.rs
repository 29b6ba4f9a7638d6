//! A spectrum's points, checked and in order of binding energy.

use super::error::PhotoelectronError;

/// Points by ascending binding energy.
pub(super) struct Points {
    pub(super) energy_ev: Vec<f64>,
    pub(super) intensity: Vec<f64>,
    /// Position of each point in the input.
    pub(super) order: Vec<usize>,
}

impl Points {
    /// Checks every point, and keeps those in `range_ev`, ends included.
    pub(super) fn new(
        energy_ev: &[f64],
        intensity: &[f64],
        range_ev: Option<(f64, f64)>,
    ) -> Result<Self, PhotoelectronError> {
        if energy_ev.len() != intensity.len() {
            return Err(PhotoelectronError::LengthsDiffer { energies: energy_ev.len(), intensities: intensity.len() });
        }
        for (index, (&energy_ev, &intensity)) in energy_ev.iter().zip(intensity).enumerate() {
            if !(-1e3..=2e4).contains(&energy_ev) {
                return Err(PhotoelectronError::EnergyOutOfRange { index, energy_ev });
            }
            if !(-1e15..=1e15).contains(&intensity) {
                return Err(PhotoelectronError::IntensityOutOfRange { index, intensity });
            }
        }
        // Energies in files are rounded: a point that should be at the end of the range is inside.
        let (low, high) = match range_ev {
            Some((a, b)) if a.is_finite() && b.is_finite() && a.total_cmp(&b).is_ne() => {
                (a.min(b) - 1e-6, a.max(b) + 1e-6)
            }
            Some((a, b)) => {
                let found = if a.is_finite() { b } else { a };
                return Err(PhotoelectronError::OptionOutOfRange {
                    expected: "a range of two different energies",
                    found,
                });
            }
            None => (f64::NEG_INFINITY, f64::INFINITY),
        };
        let mut order: Vec<usize> = (0..energy_ev.len()).filter(|&k| (low..=high).contains(&energy_ev[k])).collect();
        // The same order for every order of the input, also if two points have the same energy.
        let before = |a: &usize, b: &usize| {
            energy_ev[*a].total_cmp(&energy_ev[*b]).then(intensity[*a].total_cmp(&intensity[*b]))
        };
        if !order.is_sorted_by(|a, b| before(a, b).is_le()) {
            order.reverse();
            if !order.is_sorted_by(|a, b| before(a, b).is_le()) {
                order.sort_by(before);
            }
        }
        Ok(Self {
            energy_ev: order.iter().map(|&k| energy_ev[k]).collect(),
            intensity: order.iter().map(|&k| intensity[k]).collect(),
            order,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.energy_ev.len()
    }

    /// Energies between the first and the last point (eV).
    pub(super) fn span_ev(&self) -> f64 {
        match (self.energy_ev.first(), self.energy_ev.last()) {
            (Some(first), Some(last)) => last - first,
            _ => 0.0,
        }
    }

    pub(super) fn need(&self, needed: usize) -> Result<(), PhotoelectronError> {
        if self.len() < needed || self.span_ev() <= 0.0 {
            return Err(PhotoelectronError::TooFewPoints { points: self.len(), needed });
        }
        Ok(())
    }
}
