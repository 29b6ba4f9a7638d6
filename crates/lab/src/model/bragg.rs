//! Powder patterns: reflections with both Kα lines of copper, an amorphous halo, a background.
//!
//! Positions by Bragg's law from the spacings d. Reflections of γ-Li3PO4: cell and coordinates of Wang et al., J. Solid
//! State Chem. 115, 313 (1995) (AMCSD 0013843), intensities computed with pymatgen (Lorentz and polarisation factor, no
//! thermal factor); those above 10 % of the strongest. Wavelengths: International Tables for Crystallography, volume C.

/// Cu Kα1 (Å).
pub(crate) const K_ALPHA_1_ANGSTROM: f64 = 1.540_592_92;
/// Cu Kα2 (Å).
pub(crate) const K_ALPHA_2_ANGSTROM: f64 = 1.544_414_0;
/// Intensity of Kα2 relative to Kα1.
const K_ALPHA_RATIO: f64 = 0.5;

/// Spacings (Å) and intensities (% of the strongest) of γ-Li3PO4.
pub(crate) const LITHIUM_PHOSPHATE: [(f64, f64); 16] = [
    (5.23060, 26.72),
    (3.97383, 100.00),
    (3.83276, 90.35),
    (3.59883, 16.15),
    (3.58405, 50.70),
    (3.09161, 14.63),
    (3.05565, 16.00),
    (2.63842, 62.32),
    (2.61530, 31.11),
    (2.57930, 30.50),
    (2.51947, 14.85),
    (2.46040, 52.22),
    (1.79941, 16.12),
    (1.52782, 13.73),
    (1.51436, 26.07),
    (1.44233, 13.17),
];

/// Angle 2θ (°) of a spacing (Å) for a wavelength (Å); `None` where the wave is too long to be diffracted.
pub(crate) fn two_theta_deg(spacing_angstrom: f64, wavelength_angstrom: f64) -> Option<f64> {
    let sine = wavelength_angstrom / (2.0 * spacing_angstrom);
    (sine <= 1.0).then(|| 2.0 * sine.asin().to_degrees())
}

/// What a film scatters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pattern {
    /// Counts at the top of the strongest reflection's Kα1 line, 0 for an amorphous film.
    pub(crate) strongest_counts: f64,
    /// Width of the lines at half height (°).
    pub(crate) width_deg: f64,
    /// Counts at the top of the amorphous halo.
    pub(crate) halo_counts: f64,
    /// Counts of the flat background.
    pub(crate) background_counts: f64,
}

/// Position (°) and width (°, Gaussian standard deviation) of the halo: that of a glass with P-O or B-O units.
const HALO_DEG: (f64, f64) = (23.0, 4.5);

impl Pattern {
    /// Expected counts at angles 2θ (°).
    pub(crate) fn counts(&self, angles_deg: &[f64]) -> Vec<f64> {
        let mut lines = Vec::new();
        for (spacing, percent) in LITHIUM_PHOSPHATE {
            for (wavelength, share) in [(K_ALPHA_1_ANGSTROM, 1.0), (K_ALPHA_2_ANGSTROM, K_ALPHA_RATIO)] {
                if let Some(position) = two_theta_deg(spacing, wavelength) {
                    lines.push((position, share * self.strongest_counts * percent / 100.0));
                }
            }
        }
        let at = |angle: f64| {
            let halo = (-0.5 * ((angle - HALO_DEG.0) / HALO_DEG.1).powi(2)).exp();
            // Air scatters, the more the smaller the angle is.
            let air = 1.0 + 12.0 / angle;
            let reflections: f64 =
                lines.iter().map(|(position, height)| height * pseudo_voigt(angle - position, self.width_deg)).sum();
            self.background_counts * air + self.halo_counts * halo + reflections
        };
        angles_deg.iter().map(|&angle| at(angle)).collect()
    }
}

/// Half Gaussian, half Lorentzian, both of this width (°) at half height; height 1.
fn pseudo_voigt(distance_deg: f64, width_deg: f64) -> f64 {
    let squared = (2.0 * distance_deg / width_deg).powi(2);
    // Beyond 40 widths neither part counts for anything.
    if squared > 6400.0 {
        return 0.0;
    }
    0.5 / (1.0 + squared) + 0.5 * (-std::f64::consts::LN_2 * squared).exp()
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values are exact in binary or copied")]
mod tests {
    use super::*;

    /// Angles from the same table of reflections, for Kα1.
    #[test]
    fn reflections_lie_at_the_angles_of_the_table() {
        for (spacing, expected) in [(5.23060, 16.9372), (3.97383, 22.3542), (2.46040, 36.4896), (1.51436, 61.1496)] {
            let found = two_theta_deg(spacing, K_ALPHA_1_ANGSTROM).unwrap();
            assert!((found - expected).abs() < 1e-3, "{spacing}: {found}");
        }
        assert_eq!(two_theta_deg(0.5, K_ALPHA_1_ANGSTROM), None);
    }

    #[test]
    fn an_amorphous_film_has_a_halo_and_no_peak() {
        let angles: Vec<f64> = (0..500).map(|step| 10.0 + 0.1 * f64::from(step)).collect();
        let pattern = Pattern { strongest_counts: 0.0, width_deg: 0.3, halo_counts: 50.0, background_counts: 40.0 };
        let counts = pattern.counts(&angles);
        let steepest = counts.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f64::max);
        assert!(steepest < 1.0, "{steepest}");
        assert!(counts[130] > counts[400] + 45.0);
    }

    #[test]
    fn a_profile_falls_to_half_at_half_its_width() {
        assert!((pseudo_voigt(0.15, 0.3) - 0.5).abs() < 1e-12);
        assert_eq!(pseudo_voigt(0.0, 0.3), 1.0);
    }
}
