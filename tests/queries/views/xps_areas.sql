-- Areas over sensitivity factors: 200/2 = 100 and 20/2 = 10. A region without a factor, and one that was not fitted, have no row.
INSERT INTO measurements (measurement_id, file_id, technique) VALUES
    ('m1', 'f1', 'photoelectron_spectroscopy'), ('m2', 'f1', 'photoelectron_spectroscopy'), ('m3', 'f1', 'photoelectron_spectroscopy');
INSERT INTO xps_regions (measurement_id, sample_id, region, area_total, area_total_err, sensitivity, quality, reason, reason_code) VALUES
    ('m1', 'film 1', 'O 1s', 200.0, 20.0, 2.0, 'good', NULL, NULL),
    ('m2', 'film 1', 'Xx 1s', 100.0, 10.0, NULL, 'good', NULL, NULL),
    ('m3', 'film 1', 'B 1s', NULL, NULL, 0.5, 'failed', 'no peak', 'signal_too_weak');
