-- A wafer with 1.5 nm of native oxide and hardly a film: Ψ and Δ as they were calculated for silicon would need a table of optical
-- constants here, so the spectrum is a flat one that no film gives: the row says that the model does not describe it. A spectrum of two points is
-- too short.
INSERT INTO measurements (measurement_id, technique, sample_id) VALUES
    ('m1', 'spectroscopic_ellipsometry', 'film 1'), ('m2', 'spectroscopic_ellipsometry', 'film 2');
INSERT INTO ellipsometry_spectra (measurement_id, point, wavelength_nm, angle_of_incidence_deg, psi_deg, delta_deg)
    SELECT 'm1', value, 400.0 + 10 * value, 70.0, 45.0, 10.0 FROM generate_series(0, 40);
INSERT INTO ellipsometry_spectra (measurement_id, point, wavelength_nm, angle_of_incidence_deg, psi_deg, delta_deg) VALUES
    ('m2', 0, 500.0, 70.0, 20.0, 120.0), ('m2', 1, 600.0, 70.0, 21.0, 125.0);
SELECT sample_id, thickness_nm IS NULL AS no_thickness, quality, reason, reason_code FROM cauchy_fits ORDER BY sample_id;
