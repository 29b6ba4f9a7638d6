-- key: measurement_id
-- version: 1
-- Thickness and index from each spectrum of Ψ and Δ, a row for each time and place. The film is taken as transparent, on 1.5 nm of
-- native oxide on silicon; for another substrate or start value copy this file into the lake's queries/derived/.
SELECT
    measurement_id, sample_id, run_id, recipe_id, time_s, x_mm, y_mm,
    fit.thickness_nm, fit.thickness_err_nm, fit.cauchy_a, fit.cauchy_a_err, fit.cauchy_b_um2, fit.cauchy_b_err_um2, fit.cauchy_c_um4,
    fit.refractive_index_633nm, fit.refractive_index_err_633nm, fit.mse, fit.n_points, fit.quality, fit.reason
FROM (
    SELECT
        m.measurement_id, m.sample_id, m.run_id, m.recipe_id, s.time_s, s.x_mm, s.y_mm,
        fit_cauchy(s.wavelength_nm, s.angle_of_incidence_deg, s.psi_deg, s.delta_deg) AS fit
    FROM measurements AS m
    JOIN ellipsometry_spectra AS s ON s.measurement_id = m.measurement_id
    WHERE m.technique = 'spectroscopic_ellipsometry'
    GROUP BY m.measurement_id, m.sample_id, m.run_id, m.recipe_id, s.time_s, s.x_mm, s.y_mm
) AS fitted
