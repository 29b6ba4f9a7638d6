-- Two of three patterns of a process were taken with Cu radiation: the third is found. The other process has one setting.
INSERT INTO recipes (recipe_id, process) VALUES ('r1', 'LBO'), ('r2', 'LPO');
INSERT INTO measurements (measurement_id, technique, sample_id, recipe_id, metadata) VALUES
    ('m1', 'x_ray_diffraction', 'film 1', 'r1', '{"wavelength_k_alpha_1_angstrom": 1.540598}'),
    ('m2', 'x_ray_diffraction', 'film 2', 'r1', '{"wavelength_k_alpha_1_angstrom": 1.540598}'),
    ('m3', 'x_ray_diffraction', 'film 3', 'r1', '{"wavelength_k_alpha_1_angstrom": 0.709300}'),
    ('m4', 'x_ray_diffraction', 'film 4', 'r2', '{"wavelength_k_alpha_1_angstrom": 0.709300}');
