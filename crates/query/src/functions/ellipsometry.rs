//! `fit_cauchy`: thickness and refractive index of a film from Ψ and Δ.

use aldb_fit::ellipsometry::{CauchyFit, CauchyOptions, Reading, fit_cauchy};

use super::arguments::{Arguments, at};
use super::field::fields;
use super::kernel::{Definition, Kernel, Outcome};

/// Start value of A, which a film keeps if it is too thin to determine its own.
const START_A: f64 = 1.52;

struct Measured {
    readings: Vec<Reading>,
    options: CauchyOptions,
}

pub(super) fn kernel() -> Kernel {
    Definition {
        name: "fit_cauchy",
        version: 3,
        meaning: "Thickness and Cauchy index of a transparent film on native oxide on silicon, from Ψ and Δ.",
        example: "SELECT measurement_id, fit_cauchy(wavelength_nm, angle_of_incidence_deg, psi_deg, delta_deg) AS fit \
                  FROM ellipsometry_spectra GROUP BY measurement_id LIMIT 3",
        arguments: measured,
        evaluate: |measured| Ok(fit_cauchy(&measured.readings, &measured.options)?),
        verdict: |fit| fit.verdict.clone(),
        always: fields! { fitted: Outcome<Measured, CauchyFit>;
            count n_points "Number of readings used: those within the wavelengths of the silicon table."
                => fitted.fit().map_or(fitted.input.readings.len(), |fit| fit.n_points);
        },
        fields: fields! { fit: CauchyFit;
            number thickness_nm ["nm"] "Thickness of the film.";
            number thickness_err_nm ["nm"] "Standard uncertainty of the thickness: the four parts that follow, in quadrature. Left out: roughness, absorption and gradients of the film, which the misfit shows.";
            number thickness_residual_err_nm ["nm"] "Part of the uncertainty from the scatter of the residuals, with their correlation.";
            number thickness_oxide_err_nm ["nm"] "Part from the thickness of the native oxide, which is known to oxide_err_nm.";
            number thickness_angle_err_nm ["nm"] "Part from the angle of incidence, which is known to angle_err_deg.";
            number thickness_substrate_err_nm ["nm"] "Part from the refractive index of the substrate, which is known to substrate_index_rel_err.";
            number cauchy_a ["1"] "A of n = A + B/λ² + C/λ⁴, λ in µm." => fit.a;
            number cauchy_a_err ["1"] "Standard uncertainty of A, of the same parts as that of the thickness; null where A was fixed." => fit.a_err;
            number cauchy_b_um2 ["um2"] "B of n = A + B/λ² + C/λ⁴." => fit.b_um2;
            number cauchy_b_err_um2 ["um2"] "Standard uncertainty of B, of the same parts; null where B was fixed." => fit.b_err_um2;
            number cauchy_c_um4 ["um4"] "C of n = A + B/λ² + C/λ⁴." => fit.c_um4;
            number refractive_index_633nm ["1"] "Refractive index at 632.8 nm.";
            number refractive_index_err_633nm ["1"] "Standard uncertainty of the refractive index at 632.8 nm, of the same parts; null where A and B were fixed."
                => fit.refractive_index_633nm_err;
            number mse ["1"] "Mean squared error as defined by Woollam, of N, C and S in thousandths.";
        },
    }
    .kernel()
}

fn measured(arguments: &mut Arguments<'_>) -> Measured {
    let wavelength = arguments.number("wavelength_nm", "nm", "Wavelength.");
    let angle = arguments.number("angle_of_incidence_deg", "deg", "Angle of incidence, from the normal.");
    let psi = arguments.number("psi_deg", "deg", "Ψ.");
    let delta = arguments.number("delta_deg", "deg", "Δ, modulo 360°.");
    let oxide_nm = arguments.option("oxide_nm", "nm", "Thickness of the native oxide; default 1.5.");
    let a = arguments.option(
        "cauchy_a",
        "1",
        "Start value of A; default 1.52. A keeps it where the film is too thin to determine its own.",
    );
    let b_um2 = arguments.option("cauchy_b_um2", "um2", "Start value of B; default 0.005.");
    let oxide_err_nm = arguments.option(
        "oxide_err_nm",
        "nm",
        "Standard uncertainty of the thickness of the native oxide; default 0.4.",
    );
    let angle_err_deg =
        arguments.option("angle_err_deg", "deg", "Standard uncertainty of the angle of incidence; default 0.05.");
    let substrate_index_rel_err = arguments.option(
        "substrate_index_rel_err",
        "1",
        "Relative standard uncertainty of the refractive index of silicon; default 0.002.",
    );
    let default = CauchyOptions::default();
    let readings = (0..wavelength.len()).filter_map(|row| {
        Some(Reading {
            wavelength_nm: at(&wavelength, row)?,
            angle_of_incidence_deg: at(&angle, row)?,
            psi_deg: at(&psi, row)?,
            delta_deg: at(&delta, row)?,
        })
    });
    Measured {
        readings: readings.collect(),
        options: CauchyOptions {
            oxide_nm: oxide_nm.unwrap_or(default.oxide_nm),
            a: a.unwrap_or(START_A),
            b_um2: b_um2.unwrap_or(default.b_um2),
            oxide_err_nm: oxide_err_nm.unwrap_or(default.oxide_err_nm),
            angle_err_deg: angle_err_deg.unwrap_or(default.angle_err_deg),
            substrate_index_rel_err: substrate_index_rel_err.unwrap_or(default.substrate_index_rel_err),
            ..default
        },
    }
}
