//! An impedance spectrum as an instrument gives it: electrode, temperature, frequencies.

/// Frequencies of a spectrum, logarithmically spaced from high to low.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// First frequency (Hz).
    pub start_hz: f64,
    /// Last frequency (Hz), not above the first.
    pub end_hz: f64,
    /// Points per decade, at least 1.
    pub points_per_decade: u32,
}

impl Sweep {
    /// The frequencies (Hz), both ends included.
    #[must_use]
    pub fn frequencies_hz(&self) -> Vec<f64> {
        let decades = (self.start_hz / self.end_hz).log10();
        let steps = (decades * f64::from(self.points_per_decade)).round().max(1.0);
        (0..=steps as u32).map(|step| self.start_hz * 10_f64.powf(-decades * f64::from(step) / steps)).collect()
    }
}

/// A round platinum electrode on a film.
#[derive(Clone, Debug, PartialEq)]
pub struct Dot {
    /// Label in file names: `1` or `A`.
    pub label: String,
    /// Diameter (µm).
    pub diameter_um: f64,
}

impl Dot {
    /// Area (cm²).
    #[must_use]
    pub fn area_cm2(&self) -> f64 {
        let radius_cm = self.diameter_um * 0.5e-4;
        std::f64::consts::PI * radius_cm * radius_cm
    }
}

/// One spectrum as the instrument saw it.
#[derive(Clone, Debug, PartialEq)]
pub struct SyntheticSpectrum {
    /// The electrode.
    pub dot: Dot,
    /// Temperature of the stage (°C).
    pub temperature_c: f64,
    /// Which repetition it is, from 1.
    pub repeat: u32,
    /// Minutes from the opening of the laboratory to the first point.
    pub start_minutes: i64,
    /// Frequency (Hz), real part and imaginary part (Ohm); the latter is negative for a capacitive response.
    pub points: Vec<(f64, f64, f64)>,
}
