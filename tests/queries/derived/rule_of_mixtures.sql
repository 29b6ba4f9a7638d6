-- The mixture of tests/queries/views/mixture_expectations.sql: Al is expected at 20.239 at.% and was measured at 21.239 ± 0.5: 2 standard
-- uncertainties above. Growth is expected at 1 Å and was measured at 1 Å. The end members of the second mixture were never measured.
INSERT INTO recipes (recipe_id, process, deposition_temperature_c) VALUES
    ('mixture', 'AB', 200.0), ('pure A', 'A', 200.0), ('pure B', 'B', 200.0), ('unknown', 'CD', 200.0);
INSERT INTO recipe_cycles (recipe_id, cycle, repeats_per_supercycle, n_kinds, doses, density_g_per_cm3) VALUES
    ('mixture', 'A', 1, 2, 'a', 3.0), ('mixture', 'B', 1, 2, 'b', 2.0),
    ('pure A', 'A', 1, 1, 'a', NULL), ('pure B', 'B', 1, 1, 'b', NULL),
    ('unknown', 'C', 1, 2, 'c', 3.0), ('unknown', 'D', 1, 2, 'd', 2.0);
INSERT INTO growth (measurement_id, sample_id, recipe_id, gpc_angstrom, gpc_err_angstrom, quality, reason, reason_code) VALUES
    ('g1', 'film A', 'pure A', 1.0, 0.0, 'good', NULL, NULL), ('g2', 'film B', 'pure B', 1.0, 0.0, 'good', NULL, NULL),
    ('g3', 'film 1', 'mixture', 1.0, 0.01, 'good', NULL, NULL), ('g4', 'film 2', 'mixture', NULL, NULL, 'failed', 'no cycles', 'no_cycles');
INSERT INTO composition (measurement_id, sample_id, recipe_id, element, content_percent, content_err_percent, quality) VALUES
    ('c1', 'film A', 'pure A', 'Al', 40.0, 0.0, 'good'), ('c1', 'film A', 'pure A', 'O', 60.0, 0.0, 'good'),
    ('c2', 'film B', 'pure B', 'B', 40.0, 0.0, 'good'), ('c2', 'film B', 'pure B', 'O', 60.0, 0.0, 'good'),
    ('c3', 'film 1', 'mixture', 'Al', 21.239, 0.5, 'good'), ('c3', 'film 1', 'mixture', 'C', 1.0, 0.5, 'good'),
    ('c4', 'film 3', 'unknown', 'Al', 20.0, 0.5, 'good');
SELECT measurement_id, quantity, cycle_ratio, expected, measured, deviation, deviation_err, deviation_sigmas, quality, reason, reason_code FROM rule_of_mixtures;
