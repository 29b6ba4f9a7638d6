-- Film 1 was measured in situ, which takes precedence over the stated thickness; film 2 is stated; film 3 was fitted (a suspect fit
-- does not count); film 4 has no thickness.
INSERT INTO samples (sample_id, thickness_nm, thickness_err_nm) VALUES
    ('film 1', 90.0, 9.0), ('film 2', 80.0, 8.0), ('film 3', NULL, NULL), ('film 4', NULL, NULL);
INSERT INTO growth (measurement_id, sample_id, film_nm, film_err_nm, quality) VALUES
    ('g1', 'film 1', 100.0, 1.0, 'good'), ('g2', 'film 2', 500.0, 1.0, 'failed');
INSERT INTO cauchy_fits (measurement_id, sample_id, thickness_nm, thickness_err_nm, quality) VALUES
    ('c1', 'film 2', 70.0, 0.5, 'good'), ('c2', 'film 3', 60.0, 0.5, 'good'), ('c3', 'film 4', 50.0, 0.5, 'suspect');
