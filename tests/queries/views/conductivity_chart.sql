-- Of two reports one is in the chart; of three films one has no conductivity at 25 °C. A synthetic film is marked as such, unless its
-- name already states it.
INSERT INTO literature_conductivity
    (report_id, material, first_author, year, doi, sigma_s_per_cm, sigma_max_s_per_cm, sigma_temperature_c, sigma_temperature_as_printed, in_chart) VALUES
    ('invented 1', 'LiX', 'Nobody', 2020, '10.0/1', 1e-7, 3e-7, 30.0, '30 °C', true),
    ('invented 2', 'LiY', 'Nobody', 2021, NULL, 2e-7, NULL, NULL, NULL, false),
    ('invented 3', 'LiZ', 'Nobody', 2022, NULL, 5e-8, NULL, NULL, NULL, true);
INSERT INTO samples (sample_id, synthetic) VALUES ('film 1', false), ('film 2', true), ('synthetic film 3', true);
INSERT INTO arrhenius
    (sample_id, sigma_25c_s_per_cm, sigma_25c_err_s_per_cm, sigma_25c_lo95_s_per_cm, sigma_25c_hi95_s_per_cm, extrapolated, quality, reason) VALUES
    ('film 1', NULL, NULL, NULL, NULL, NULL, 'failed', 'one temperature'),
    ('film 2', 4e-8, 4e-9, 3e-8, 5.3e-8, true, 'suspect', 'ln σ is not linear in 1/T'),
    ('synthetic film 3', 6e-8, 6e-9, 5e-8, 7.2e-8, false, 'good', NULL);
