//! Ellipsometry of finished films: Ψ and Δ at three angles from 250 to 1000 nm.

use super::{Noise, Output, steps};
use crate::characterisation::Characterisation;
use crate::deposited::{Deposited, Kind};
use crate::model::cauchy::Stack;
use crate::truth::Origin;
use crate::woollam::{Row, dat};

const ANGLES_DEG: [f64; 3] = [65.0, 70.0, 75.0];
/// Thickness of the native oxide (nm).
const OXIDE_NM: f64 = 1.5;
/// Standard deviations that the instrument states, and that the noise has (°).
const PSI_NOISE_DEG: f64 = 0.05;
const DELTA_NOISE_DEG: f64 = 0.1;
const TECHNIQUE: &str = "spectroscopic_ellipsometry";

/// Ψ and Δ of a stack at these wavelengths (nm), angle by angle.
pub(crate) fn rows(stack: &Stack, wavelengths_nm: &[f64], noise: &mut Noise) -> Vec<Row> {
    let mut rows = Vec::with_capacity(ANGLES_DEG.len() * wavelengths_nm.len());
    for angle_deg in ANGLES_DEG {
        for &wavelength_nm in wavelengths_nm {
            let (psi_deg, delta_deg) = stack.psi_delta_deg(wavelength_nm, angle_deg);
            rows.push(Row {
                wavelength_nm,
                angle_deg,
                psi_deg: psi_deg + noise.gaussian(PSI_NOISE_DEG),
                delta_deg: delta_deg + noise.gaussian(DELTA_NOISE_DEG),
                psi_err_deg: PSI_NOISE_DEG,
                delta_err_deg: DELTA_NOISE_DEG,
            });
        }
    }
    rows
}

/// Writes the films of 60 nm.
pub(crate) fn write(laboratory: &Characterisation, deposited: &[Deposited], output: &mut Output) {
    let wavelengths_nm = steps(250.0, 5.0, 151);
    for sample in deposited.iter().filter(|sample| sample.kind == Kind::Film) {
        let id = sample.sample_id.as_str();
        let stack = Stack { film: sample.material.cauchy, thickness_nm: sample.thickness_nm, oxide_nm: OXIDE_NM };
        let mut noise = Noise::new(laboratory.seed, &format!("{id}/ellipsometry"), laboratory.noise);
        output.file(&format!("ellipsometer/{id}.dat"), dat(id, &rows(&stack, &wavelengths_nm, &mut noise)));
        let of = (id, TECHNIQUE);
        let not_printed = Origin::Chosen("not printed");
        output.truth(of, "thickness_nm", Some(stack.thickness_nm), Origin::Paper("3.1.2 and 3.2.1"));
        output.truth(of, "cauchy_a", Some(stack.film.a), not_printed);
        output.truth(of, "cauchy_b_um2", Some(stack.film.b_um2), not_printed);
        output.truth(of, "native_oxide_nm", Some(stack.oxide_nm), not_printed);
    }
}
