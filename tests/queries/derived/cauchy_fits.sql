-- m1: Ψ and Δ of a film of 150 nm with n = 1.6 + 0.006 µm²/λ² on 1.5 nm of oxide on silicon at 70°, as calculated by `psi_delta` of
-- crates/fit (which agrees with pyElli), with deterministic scatter of 0.02° and rounded: the fit must give these back, with
-- n(632.8 nm) = 1.6 + 0.006/0.6328² = 1.6150. m2: a flat spectrum that no film has. m3: two points.
INSERT INTO measurements (measurement_id, technique, sample_id) VALUES
    ('m1', 'spectroscopic_ellipsometry', 'film 1'), ('m2', 'spectroscopic_ellipsometry', 'film 2'), ('m3', 'spectroscopic_ellipsometry', 'film 3');
INSERT INTO ellipsometry_spectra (measurement_id, point, wavelength_nm, angle_of_incidence_deg, psi_deg, delta_deg)
    SELECT 'm1', point, wavelength_nm, 70.0, psi_deg, delta_deg FROM (VALUES
        (0, 300.0, 56.581, 98.200), (1, 320.0, 41.572, 79.398), (2, 340.0, 35.506, 87.681), (3, 360.0, 31.992, 106.822),
        (4, 380.0, 25.917, 138.975), (5, 400.0, 20.203, 168.561), (6, 420.0, 18.285, 197.870), (7, 440.0, 18.822, 223.519),
        (8, 460.0, 20.543, 242.707), (9, 480.0, 22.671, 256.415), (10, 500.0, 24.894, 266.332), (11, 520.0, 27.157, 273.563),
        (12, 540.0, 29.357, 279.134), (13, 560.0, 31.684, 283.285), (14, 580.0, 34.118, 286.577), (15, 600.0, 36.763, 289.259),
        (16, 620.0, 39.711, 291.579), (17, 640.0, 43.008, 293.845), (18, 660.0, 46.723, 296.329), (19, 680.0, 50.918, 299.303),
        (20, 700.0, 55.421, 303.487), (21, 720.0, 60.095, 309.523), (22, 740.0, 64.597, 318.419), (23, 760.0, 68.280, 331.384),
        (24, 780.0, 70.391, 348.433), (25, 800.0, 70.462, 6.773)
    ) AS spectrum(point, wavelength_nm, psi_deg, delta_deg);
INSERT INTO ellipsometry_spectra (measurement_id, point, wavelength_nm, angle_of_incidence_deg, psi_deg, delta_deg)
    SELECT 'm2', value, 400.0 + 10 * value, 70.0, 45.0, 10.0 FROM generate_series(0, 40);
INSERT INTO ellipsometry_spectra (measurement_id, point, wavelength_nm, angle_of_incidence_deg, psi_deg, delta_deg) VALUES
    ('m3', 0, 500.0, 70.0, 20.0, 120.0), ('m3', 1, 600.0, 70.0, 21.0, 125.0);
-- The numbers of a failed fit are meaningless.
SELECT
    sample_id, n_points, thickness_nm, thickness_err_nm, cauchy_a, cauchy_b_um2, refractive_index_633nm, quality, reason, reason_code
FROM cauchy_fits WHERE quality <> 'failed';
SELECT sample_id, quality, reason_code FROM cauchy_fits WHERE quality = 'failed' ORDER BY sample_id;
