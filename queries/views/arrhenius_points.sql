-- Conductivities in the Arrhenius figure; one series per sample.
-- column series: Name of the sample in the legend.
SELECT c.sample_id AS series, c.sample_id, c.measurement_id, c.dot, c.temperature_c, c.sigma_s_per_cm, c.sigma_err_s_per_cm
FROM conductivity AS c
WHERE c.sigma_s_per_cm IS NOT NULL AND c.sample_id IS NOT NULL
