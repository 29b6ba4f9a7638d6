-- 25 °C is outside of 40 to 80 °C and inside of 20 to 80 °C; a line that was not fitted has no row.
INSERT INTO arrhenius (sample_id, temperature_min_c, temperature_max_c, extrapolated, quality) VALUES
    ('film 1', 40.0, 80.0, true, 'good'), ('film 2', 20.0, 80.0, false, 'good'), ('film 3', NULL, NULL, NULL, 'failed');
