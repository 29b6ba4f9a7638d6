//! `fit_cauchy`: thickness and index of a film from Ψ and Δ.

use aldb_fit::ellipsometry::{CauchyFit, CauchyOptions, Reading, fit_cauchy};
use aldb_fit::quality::Quality;

use super::document::{Documentation, FieldKind, Value, field, number, plain, verdict};
use super::gather::{Group, Kernel};

pub(super) fn kernel() -> Kernel {
    let own = [
        field("thickness_nm", "nm", "Thickness of the film."),
        field("thickness_err_nm", "nm", "Its standard uncertainty."),
        field("cauchy_a", "1", "A of n = A + B/λ² + C/λ⁴, λ in µm."),
        field("cauchy_a_err", "1", "Its standard uncertainty; null where it was held."),
        field("cauchy_b_um2", "um2", "B of the same formula."),
        field("cauchy_b_err_um2", "um2", "Its standard uncertainty; null where it was held."),
        field("cauchy_c_um4", "um4", "C of the same formula."),
        field("refractive_index_633nm", "1", "Refractive index at 632.8 nm."),
        field("refractive_index_err_633nm", "1", "Its standard uncertainty."),
        field("mse", "1", "Mean squared error as Woollam defines it, of N, C and S in thousandths."),
        plain("n_points", FieldKind::Count, "Readings used: those within the silicon table."),
    ];
    Kernel {
        documentation: Documentation {
            name: "fit_cauchy",
            kind: "aggregate",
            version: 1,
            meaning: "Thickness and Cauchy index of a transparent film on native oxide on silicon, from Ψ and Δ.",
            arguments: vec![
                number("wavelength_nm", "nm", "Wavelength."),
                number("angle_of_incidence_deg", "deg", "Angle of incidence, from the normal."),
                number("psi_deg", "deg", "Ψ."),
                number("delta_deg", "deg", "Δ, of any turn."),
                number("oxide_nm", "nm", "Thickness of the native oxide, 1.5 where left out.").or_left_out(),
                number("cauchy_a", "1", "Start value of A, 1.52 where left out; held where the film is too thin.")
                    .or_left_out(),
                number("cauchy_b_um2", "um2", "Start value of B, 0.005 where left out.").or_left_out(),
            ],
            result: own.into_iter().chain(verdict()).collect(),
            example: "SELECT measurement_id, fit_cauchy(wavelength_nm, angle_of_incidence_deg, psi_deg, delta_deg) AS fit \
                      FROM ellipsometry_spectra GROUP BY measurement_id LIMIT 3",
        },
        evaluate,
    }
}

/// Index from which the search begins, and which a film has that is too thin to tell its own.
const START_A: f64 = 1.52;

fn evaluate(group: &Group) -> Vec<Value> {
    let [wavelength, angle, psi, delta] = group.numbers([0, 1, 2, 3]);
    let readings: Vec<Reading> = (0..wavelength.len())
        .map(|row| Reading {
            wavelength_nm: wavelength[row],
            angle_of_incidence_deg: angle[row],
            psi_deg: psi[row],
            delta_deg: delta[row],
        })
        .collect();
    let default = CauchyOptions::default();
    let options = CauchyOptions {
        oxide_nm: group.number(4).unwrap_or(default.oxide_nm),
        a: group.number(5).unwrap_or(START_A),
        b_um2: group.number(6).unwrap_or(default.b_um2),
        ..default
    };
    let fit = fit_cauchy(&readings, &options);
    let (quality, reason) = match &fit {
        Ok(fit) => (fit.quality, (fit.quality != Quality::Good).then(|| fit.reason.clone())),
        Err(error) => (Quality::Failed, Some(error.to_string())),
    };
    let fit = fit.ok();
    let of = |value: fn(&CauchyFit) -> f64| Value::Number(fit.as_ref().map(value));
    vec![
        of(|fit| fit.thickness_nm),
        of(|fit| fit.thickness_err_nm),
        of(|fit| fit.a),
        fit.as_ref().and_then(|fit| fit.a_err).into(),
        of(|fit| fit.b_um2),
        fit.as_ref().and_then(|fit| fit.b_err_um2).into(),
        of(|fit| fit.c_um4),
        of(|fit| fit.refractive_index_633nm),
        fit.as_ref().and_then(|fit| fit.refractive_index_633nm_err).into(),
        of(|fit| fit.mse),
        Value::Count(fit.as_ref().map_or(readings.len(), |fit| fit.n_points)),
        Value::text(quality.as_str()),
        Value::Text(reason),
    ]
}
