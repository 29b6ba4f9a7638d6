-- Electrode 1 conducts less at 60 °C by 8e-8 S/cm, more than 5 · √2 · 1e-9; electrode 2 by less than that. Film 2 has a negative
-- activation energy, with which this agrees.
INSERT INTO conductivity (measurement_id, sample_id, dot, temperature_c, sigma_s_per_cm, sigma_err_s_per_cm, quality) VALUES
    ('m1', 'film 1', '1', 40.0, 1e-7, 1e-9, 'good'), ('m2', 'film 1', '1', 60.0, 2e-8, 1e-9, 'good'),
    ('m3', 'film 1', '2', 40.0, 1.00e-7, 1e-9, 'good'), ('m4', 'film 1', '2', 60.0, 0.99e-7, 1e-9, 'good'),
    ('m5', 'film 2', '1', 40.0, 1e-7, 1e-9, 'good'), ('m6', 'film 2', '1', 60.0, 2e-8, 1e-9, 'good');
INSERT INTO arrhenius (sample_id, ea_ev, quality) VALUES ('film 1', 0.5, 'good'), ('film 2', -0.1, 'good');
