-- Each kind of value once; of a series of spectra the last one; failed values, values of another recipe and elements that were not detected
-- are left out. log10(1e-7) = -7, and 1e-8/(1e-7 ln 10) = 0.0434.
INSERT INTO runs (run_id, recipe_id, reactor, started_at) VALUES ('r1', 'a', 'R', '1970-01-02T00:00:00');
INSERT INTO growth (measurement_id, run_id, recipe_id, gpc_angstrom, gpc_err_angstrom, quality) VALUES
    ('g1', 'r1', 'a', 1.0, 0.01, 'good'), ('g2', 'r1', 'a', NULL, NULL, 'failed'), ('g3', 'r1', 'b', 1.0, 0.01, 'good');
INSERT INTO cauchy_fits (measurement_id, run_id, recipe_id, time_s, refractive_index_633nm, refractive_index_err_633nm, quality) VALUES
    ('c1', 'r1', 'a', NULL, 1.65, 0.01, 'suspect'), ('c2', 'r1', 'a', 0.0, 1.0, 0.01, 'good'), ('c2', 'r1', 'a', 60.0, 1.66, 0.01, 'good');
INSERT INTO composition (measurement_id, run_id, recipe_id, element, content_percent, content_err_percent, detected, quality) VALUES
    ('d1', 'r1', 'a', 'Li', 20.0, 0.5, true, 'good'), ('d1', 'r1', 'a', 'C', 0.1, 0.5, false, 'good');
INSERT INTO composition_ratios (measurement_id, run_id, recipe_id, ratio, value, value_err, quality) VALUES ('d1', 'r1', 'a', 'Li/B', 1.2, 0.1, 'good');
INSERT INTO arrhenius (sample_id, run_id, recipe_id, sigma_25c_s_per_cm, sigma_25c_err_s_per_cm, quality) VALUES ('s1', 'r1', 'a', 1e-7, 1e-8, 'good');
