//! Photoelectron lines on a Shirley background.
//!
//! The line is GL(m), CasaXPS's *product* of a Gaussian and a Lorentzian:
//! exp(−4 ln 2·(1 − m)·x²/F²)/(1 + 4m·x²/F²), x the distance from its position. F is a nominal width: at m = 30 % the
//! true width at half height is 0.9614 F. Background: D. A. Shirley, Phys. Rev. B 5, 4709 (1972): at each energy it
//! rises by a constant times the area of the lines at lower binding energy.

/// Share of the Lorentzian in GL(30).
pub(crate) const GL_30: f64 = 0.3;

/// A line of a region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Line {
    /// Binding energy (eV).
    pub(crate) position_ev: f64,
    /// Nominal width F (eV), positive.
    pub(crate) width_ev: f64,
    /// Area (counts·eV).
    pub(crate) area: f64,
}

/// Height-1 GL(m) at a distance from its position (eV) for a nominal width (eV).
pub(crate) fn gl_product(distance_ev: f64, width_ev: f64, m: f64) -> f64 {
    let squared = (distance_ev / width_ev).powi(2);
    (-4.0 * std::f64::consts::LN_2 * (1.0 - m) * squared).exp() / (1.0 + 4.0 * m * squared)
}

/// Area of GL(30) with height 1 and a nominal width of 1 eV, by the trapezoidal rule, which is exact to the last digits
/// for a function that falls off like this.
pub(crate) fn unit_area() -> f64 {
    let step_ev = 0.01;
    (-1000..=1000).map(|step| gl_product(f64::from(step) * step_ev, 1.0, GL_30) * step_ev).sum()
}

/// Expected counts at binding energies (eV, rising in equal steps) of lines on a background that begins at
/// `background` counts and rises by `shirley_per_ev` of the area passed.
pub(crate) fn region(energies_ev: &[f64], lines: &[Line], background: f64, shirley_per_ev: f64) -> Vec<f64> {
    let area_of_one = unit_area();
    let signal: Vec<f64> = energies_ev
        .iter()
        .map(|energy| {
            let height = |line: &Line| line.area / (line.width_ev * area_of_one);
            lines.iter().map(|line| height(line) * gl_product(energy - line.position_ev, line.width_ev, GL_30)).sum()
        })
        .collect();
    let mut passed = 0.0;
    let mut previous: Option<(f64, f64)> = None;
    energies_ev
        .iter()
        .zip(signal)
        .map(|(&energy, height)| {
            if let Some((energy_before, height_before)) = previous {
                passed += (height + height_before) / 2.0 * (energy - energy_before);
            }
            previous = Some((energy, height));
            background + height + shirley_per_ev * passed
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_true_width_of_gl_30_is_0_9614_of_the_nominal_one() {
        let (mut below, mut above) = (0.0, 2.0);
        while above - below > 1e-12 {
            let middle = (below + above) / 2.0;
            if gl_product(middle, 1.0, GL_30) > 0.5 { below = middle } else { above = middle }
        }
        assert!((2.0 * below - 0.96136).abs() < 1e-5, "{}", 2.0 * below);
    }

    /// 1.04199 was found by numerical quadrature in another program.
    #[test]
    fn the_area_of_one_component_agrees_with_another_program() {
        assert!((unit_area() - 1.041_986_779_732_109_2).abs() < 1e-9, "{}", unit_area());
    }

    #[test]
    fn a_region_contains_its_component_areas_and_rises_by_the_shirley_constant() {
        let energies: Vec<f64> = (0..=400).map(|step| 520.0 + 0.05 * f64::from(step)).collect();
        let lines = [
            Line { position_ev: 530.4, width_ev: 1.5, area: 900.0 },
            Line { position_ev: 531.7, width_ev: 1.5, area: 1000.0 },
        ];
        let flat = region(&energies, &lines, 50.0, 0.0);
        let area: f64 = flat.iter().map(|counts| (counts - 50.0) * 0.05).sum();
        assert!((area - 1900.0).abs() < 0.01, "{area}");
        let stepped = region(&energies, &lines, 50.0, 0.02);
        let rise = stepped[400] - stepped[0];
        assert!((rise - 0.02 * 1900.0).abs() < 0.01, "{rise}");
    }
}
