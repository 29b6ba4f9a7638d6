-- key: measurement_id
-- version: 3
-- Thickness and refractive index from each spectrum of Ψ and Δ, one row for each time and position. The film is assumed to be
-- transparent, on 1.5 nm of native oxide on silicon; for another substrate, start value or uncertainty of the oxide, the angle of incidence or
-- the substrate copy this file into queries/derived/ of the lake.
SELECT
    measurement_id, sample_id, run_id, recipe_id, time_s, x_mm, y_mm,
    fit.thickness_nm, fit.thickness_err_nm, fit.thickness_residual_err_nm, fit.thickness_oxide_err_nm, fit.thickness_angle_err_nm,
    fit.thickness_substrate_err_nm, fit.cauchy_a, fit.cauchy_a_err, fit.cauchy_b_um2, fit.cauchy_b_err_um2, fit.cauchy_c_um4,
    fit.refractive_index_633nm, fit.refractive_index_err_633nm, fit.mse, fit.n_points,
    fit.quality, fit.reason, fit.reason_code
FROM (
    SELECT
        m.measurement_id, m.sample_id, m.run_id, m.recipe_id, s.time_s, s.x_mm, s.y_mm,
        fit_cauchy(s.wavelength_nm, s.angle_of_incidence_deg, s.psi_deg, s.delta_deg) AS fit
    FROM measurements AS m
    JOIN ellipsometry_spectra AS s ON s.measurement_id = m.measurement_id
    WHERE m.technique = 'spectroscopic_ellipsometry'
    GROUP BY m.measurement_id, m.sample_id, m.run_id, m.recipe_id, s.time_s, s.x_mm, s.y_mm
) AS fitted
