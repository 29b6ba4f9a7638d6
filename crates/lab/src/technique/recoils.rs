//! Elastic recoil detection: depth profiles of every element of a film.
//!
//! Contents of a bin come from counted recoils, so each has its Poisson error. Profiles made with the one beam are in
//! nanometres, those with the other in atoms per area, as tables of two evaluations would be.

use aldb_elements::constants::AVOGADRO_PER_MOL;
use aldb_elements::mixture::mean_atomic_mass;

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

/// Avogadro constant in 1e15 atoms per mol, times 1e-7 cm/nm.
const ATOMS_1E15_PER_MOL_CM_PER_NM: f64 = AVOGADRO_PER_MOL / 1e15 * 1e-7;

/// Atoms (1e15/cm²) in a nanometre of a film of this content (at.%) and density (g/cm³).
fn areal_density_per_nm(content_percent: &[(&str, f64)], density_g_per_cm3: f64) -> f64 {
    let mean_mass = mean_atomic_mass(content_percent.iter().copied()).unwrap_or(f64::NAN);
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
    fn a_nanometre_of_lithium_borate_contains_11e15_atoms() {
        let [_, _, at_300, ..] = crate::paper::materials();
        let found = areal_density_per_nm(at_300.content_percent.0, at_300.density_g_per_cm3);
        assert!((found - 2.1 / 11.495 * 60.2214).abs() < 1e-3, "{found}");
    }
}
