-- One row for each technique whose file states its settings; m6 states none, and m7 has no recipe.
INSERT INTO recipes (recipe_id, process) VALUES ('r1', 'LBO');
INSERT INTO measurements (measurement_id, technique, sample_id, recipe_id, metadata) VALUES
    ('m1', 'ion_beam_depth_profile', 'film 1', 'r1', '{"comment": "sample A; beam: 36Cl 8 MeV "}'),
    ('m2', 'ion_beam_depth_profile', 'film 1', 'r1', '{"beam": "127I 10 MeV"}'),
    ('m3', 'x_ray_diffraction', 'film 1', 'r1', '{"wavelength_k_alpha_1_angstrom": 1.5405980}'),
    ('m4', 'photoelectron_spectroscopy', 'film 1', 'r1', '{"excitation_energy_ev": 1486.6}'),
    ('m5', 'spectroscopic_ellipsometry', 'film 1', 'r1', '{"instrument": "M-2000"}'),
    ('m6', 'x_ray_diffraction', 'film 1', 'r1', '{}'),
    ('m7', 'x_ray_diffraction', 'film 2', NULL, '{"wavelength_k_alpha_1_angstrom": 1.5405980}');
