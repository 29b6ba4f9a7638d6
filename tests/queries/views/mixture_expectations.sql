-- The example of `expect_mixture`, through end members that were measured. Kind A is pure Al2O3 (40 at.% Al) of 3 g/cm³ that
-- grows 1 Å a cycle, kind B pure B2O3 of 2 g/cm³ that grows 1 Å a cycle, in cycles 1:1.
-- Masses a cycle and area are 3 to 2, mass fraction of A 0.6. Mean atomic masses are 101.961/5 = 20.392 and 69.618/5 = 13.924:
-- atoms 0.6/20.392 = 0.029423 to 0.4/13.924 = 0.028728, atomic fraction of A 0.505983. So Al 40 · 0.505983 = 20.239 at.%,
-- B 19.761 at.%, O 60 at.%. A second recipe has an end member without growth: its row has the reason.
INSERT INTO recipes (recipe_id, process, deposition_temperature_c) VALUES
    ('mixture', 'AB', 200.0), ('pure A', 'A', 200.0), ('pure B', 'B', 200.0), ('unknown', 'AC', 200.0);
INSERT INTO recipe_cycles (recipe_id, cycle, repeats_per_supercycle, n_kinds, doses, density_g_per_cm3) VALUES
    ('mixture', 'A', 1, 2, 'a', 3.0), ('mixture', 'B', 1, 2, 'b', 2.0),
    ('pure A', 'A', 1, 1, 'a', NULL), ('pure B', 'B', 1, 1, 'b', NULL),
    ('unknown', 'A', 1, 2, 'a', 3.0), ('unknown', 'C', 1, 2, 'c', 2.0);
INSERT INTO growth (measurement_id, recipe_id, gpc_angstrom, gpc_err_angstrom, quality) VALUES
    ('g1', 'pure A', 1.0, 0.0, 'good'), ('g2', 'pure B', 1.0, 0.0, 'good');
INSERT INTO composition (measurement_id, recipe_id, element, content_percent, content_err_percent, quality) VALUES
    ('c1', 'pure A', 'Al', 40.0, 0.0, 'good'), ('c1', 'pure A', 'O', 60.0, 0.0, 'good'),
    ('c2', 'pure B', 'B', 40.0, 0.0, 'good'), ('c2', 'pure B', 'O', 60.0, 0.0, 'good');
