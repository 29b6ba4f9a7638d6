//! Diffraction: a coupled scan of every film of 60 nm, and the phosphates again under a grazing beam.

use super::{FIRST_MINUTES, MINUTES_PER_DAY, Noise, Output, steps};
use crate::characterisation::Characterisation;
use crate::deposited::{Deposited, Kind};
use crate::model::bragg::Pattern;
use crate::truth::Origin;
use crate::{uxd, xrdml};

/// Coupled scan: first angle 2θ, step (°), points, seconds a point.
const START_DEG: f64 = 10.0;
const STEP_DEG: f64 = 0.04;
const POINTS: usize = 1376;
const TIME_S: f64 = 4.0;
/// The grazing scan: angle of the beam, step (°), points, seconds a point; it sees more of the film.
const OMEGA_DEG: f64 = 0.5;
const GRAZING_STEP_DEG: f64 = 0.05;
const GRAZING_POINTS: usize = 1101;
const GRAZING_TIME_S: f64 = 10.0;
const GRAZING_GAIN: f64 = 2.0;
/// Width of the reflections (°): crystallites of some 25 nm.
const WIDTH_DEG: f64 = 0.33;
const TECHNIQUE: &str = "x_ray_diffraction";

/// A pattern of a film whose strongest reflection has so many counts.
pub(crate) fn pattern(strongest_counts: f64) -> Pattern {
    let halo_counts = if strongest_counts > 0.0 { 10.0 } else { 45.0 };
    Pattern { strongest_counts, width_deg: WIDTH_DEG, halo_counts, background_counts: 40.0 }
}

/// Counts of a pattern at angles (°).
pub(crate) fn counts(pattern: &Pattern, angles_deg: &[f64], gain: f64, noise: &mut Noise) -> Vec<f64> {
    pattern.counts(angles_deg).into_iter().map(|counts| noise.counts(gain * counts)).collect()
}

/// Writes the films of 60 nm.
pub(crate) fn write(laboratory: &Characterisation, deposited: &[Deposited], output: &mut Output) {
    let films = deposited.iter().filter(|sample| sample.kind == Kind::Film);
    for (index, sample) in films.enumerate() {
        let id = sample.sample_id.as_str();
        let pattern = pattern(sample.material.strongest_counts);
        let minutes = FIRST_MINUTES + MINUTES_PER_DAY * index as i64;
        let mut noise = Noise::new(laboratory.seed, &format!("{id}/diffraction"), laboratory.noise);
        let coupled = uxd::Scan {
            start_deg: START_DEG,
            step_deg: STEP_DEG,
            time_s: TIME_S,
            counts: counts(&pattern, &steps(START_DEG, STEP_DEG, POINTS), 1.0, &mut noise),
        };
        output.file(&format!("xrd/{id}.uxd"), uxd::uxd(id, minutes, &coupled));
        if sample.material.cycles.1 > 0 {
            let angles = steps(START_DEG, GRAZING_STEP_DEG, GRAZING_POINTS);
            let grazing = xrdml::Scan {
                geometry: xrdml::Geometry::Grazing { omega_deg: OMEGA_DEG },
                start_deg: START_DEG,
                end_deg: START_DEG + GRAZING_STEP_DEG * (GRAZING_POINTS - 1) as f64,
                time_s: GRAZING_TIME_S,
                counts: counts(&pattern, &angles, GRAZING_GAIN, &mut noise),
            };
            output.file(&format!("xrd/{id}_grazing.xrdml"), xrdml::xrdml(id, minutes + 240, &grazing));
        }
        let of = (id, TECHNIQUE);
        let is_crystalline = pattern.strongest_counts > 0.0;
        output.truth(of, "is_crystalline", Some(f64::from(u8::from(is_crystalline))), Origin::Paper("3.1.2, 3.2.1"));
        if is_crystalline {
            let reference = Origin::Reference("gamma-Li3PO4, Wang et al., J. Solid State Chem. 115, 313 (1995)");
            output.truth(of, "strongest_reflection_d_angstrom", Some(3.97383), reference);
            let chosen = Origin::Chosen("the paper states which films are more crystalline, not by how much");
            output.truth(of, "strongest_reflection_counts", Some(pattern.strongest_counts), chosen);
            output.truth(of, "reflection_width_deg", Some(pattern.width_deg), Origin::Chosen("not printed"));
        }
    }
}
