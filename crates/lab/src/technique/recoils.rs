//! Elastic recoil detection: depth profiles of every element of a film.
//!
//! Contents of a bin come from counted recoils, so each has its Poisson error. Profiles made with the one beam are in
//! nanometres, those with the other in atoms per area, as tables of two evaluations would be.

use super::{Noise, Output, steps};
use crate::characterisation::Characterisation;
use crate::deposited::{Deposited, Kind};
use crate::erd_text::{Depth, Row, table};
use crate::model::profile::Profile;
use crate::paper::Beam;

/// Recoils of an element in a bin for each at.%.
const COUNTS_PER_PERCENT: f64 = 40.0;
/// Depth of a bin (nm), and bins.
const BIN_NM: f64 = 2.5;
const BINS: usize = 40;
const TECHNIQUE: &str = "ion_beam_depth_profile";

/// Mean atomic masses (g/mol) of the elements that occur: standard atomic weights, conventional values.
const MASSES: [(&str, f64); 8] = [
    ("H", 1.008),
    ("Li", 6.94),
    ("B", 10.81),
    ("C", 12.011),
    ("N", 14.007),
    ("O", 15.999),
    ("Si", 28.085),
    ("P", 30.973_762),
];
/// Avogadro's number in atoms/(mol·1e15), times 1e-7 cm/nm.
const ATOMS_1E15_PER_MOL_CM_PER_NM: f64 = 6.022_140_76e23 / 1e15 * 1e-7;

/// Atoms (1e15/cm²) in a nanometre of a film of this content (at.%) and density (g/cm³).
fn areal_density_per_nm(content_percent: &[(&str, f64)], density_g_per_cm3: f64) -> f64 {
    let mass = |element: &str| MASSES.iter().find(|(name, _)| *name == element).map_or(0.0, |found| found.1);
    let all: f64 = content_percent.iter().map(|(_, percent)| percent).sum();
    let mean_mass: f64 = content_percent.iter().map(|(element, percent)| percent * mass(element)).sum::<f64>() / all;
    density_g_per_cm3 / mean_mass * ATOMS_1E15_PER_MOL_CM_PER_NM
}

/// The rows of a profile at depths (nm), each depth times `unit_per_nm`, and the elements of its columns.
pub(crate) fn rows(profile: &Profile, depths_nm: &[f64], unit_per_nm: f64, noise: &mut Noise) -> Vec<Row> {
    let measured = |percent: f64, noise: &mut Noise| {
        let counts = noise.counts(percent * COUNTS_PER_PERCENT);
        (counts / COUNTS_PER_PERCENT, counts.max(1.0).sqrt() / COUNTS_PER_PERCENT)
    };
    depths_nm
        .iter()
        .map(|&depth_nm| Row {
            depth: depth_nm * unit_per_nm,
            contents: profile.at(depth_nm).into_iter().map(|(_, percent)| measured(percent, noise)).collect(),
        })
        .collect()
}

/// Writes the films of 60 nm.
pub(crate) fn write(laboratory: &Characterisation, deposited: &[Deposited], output: &mut Output) {
    for sample in deposited.iter().filter(|sample| sample.kind == Kind::Film) {
        let id = sample.sample_id.as_str();
        let (content, origin) = sample.material.content_percent;
        let profile = Profile {
            film_percent: content.to_vec(),
            thickness_nm: sample.thickness_nm,
            resolution_nm: 2.0,
            surface_carbon_percent: 30.0,
        };
        let elements: Vec<&str> = profile.at(0.0).into_iter().map(|(element, _)| element).collect();
        let (depth, unit_per_nm) = match sample.material.beam {
            Beam::Mev9592 => (Depth::Areal, areal_density_per_nm(content, sample.material.density_g_per_cm3)),
            Beam::Mev8013 => (Depth::Nanometre, 1.0),
        };
        let mut noise = Noise::new(laboratory.seed, &format!("{id}/recoils"), laboratory.noise);
        let rows = rows(&profile, &steps(BIN_NM / 2.0, BIN_NM, BINS), unit_per_nm, &mut noise);
        let bytes = table(id, sample.material.beam.words(), depth, &elements, &rows);
        output.file(&format!("erd/{id}.txt"), bytes);
        for (element, percent) in content {
            output.truth((id, TECHNIQUE), &format!("{element}_percent"), Some(*percent), origin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2.1 g/cm³ over the mean mass 11.495 g/mol that belongs to the printed row at 300 °C.
    #[test]
    fn a_nanometre_of_lithium_borate_holds_11e15_atoms() {
        let [_, _, at_300, ..] = crate::paper::materials();
        let found = areal_density_per_nm(at_300.content_percent.0, at_300.density_g_per_cm3);
        assert!((found - 2.1 / 11.495 * 60.2214).abs() < 1e-3, "{found}");
    }
}
