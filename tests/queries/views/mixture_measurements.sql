-- Contents and growth of the mixture, and not those of the film of one kind of cycle. A composition that failed has no element
-- and no row.
INSERT INTO recipe_cycles (recipe_id, cycle, n_kinds) VALUES ('mixture', 'A', 2), ('mixture', 'B', 2), ('pure', 'A', 1);
INSERT INTO composition (measurement_id, sample_id, recipe_id, element, content_percent, content_err_percent, quality, reason, reason_code) VALUES
    ('c1', 'film 1', 'mixture', 'Al', 20.0, 0.5, 'good', NULL, NULL),
    ('c2', 'film 2', 'mixture', NULL, NULL, NULL, 'failed', 'no plateau', 'no_plateau'),
    ('c3', 'film 3', 'pure', 'Al', 40.0, 0.5, 'good', NULL, NULL);
INSERT INTO growth (measurement_id, sample_id, recipe_id, gpc_angstrom, gpc_err_angstrom, quality, reason, reason_code) VALUES
    ('g1', 'film 1', 'mixture', 1.1, 0.02, 'good', NULL, NULL),
    ('g2', 'film 2', 'mixture', NULL, NULL, 'failed', 'no cycles', 'no_cycles'),
    ('g3', 'film 3', 'pure', 1.0, 0.02, 'good', NULL, NULL);
