-- One row for each dose of a scan that resolves the doses; a scan that does not has none.
INSERT INTO growth (measurement_id, sample_id, quality, steps) VALUES
    ('m1', 'film 1', 'good', make_array(
        named_struct('step', 1, 'precursor', 'TMA', 'change_nm', 0.15, 'change_err_nm', 0.01, 'n_cycles', 20),
        named_struct('step', 2, 'precursor', 'H2O', 'change_nm', -0.05, 'change_err_nm', 0.01, 'n_cycles', 20))),
    ('m2', 'film 2', 'good', NULL);
