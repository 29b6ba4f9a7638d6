-- Areas over factors of one file are 200/2 = 100 and 300/1 = 300: 25 and 75 %. With errors of 10 and 30 of these,
-- √((0.75 · 10)² + (0.25 · 30)²)/400 = 2.65 %. The only region of the second file has no other to compare with.
INSERT INTO measurements (measurement_id, file_id, technique) VALUES
    ('m1', 'f1', 'photoelectron_spectroscopy'), ('m2', 'f1', 'photoelectron_spectroscopy'), ('m3', 'f2', 'photoelectron_spectroscopy');
INSERT INTO xps_regions (measurement_id, sample_id, region, area_total, area_total_err, sensitivity, quality, reason, reason_code) VALUES
    ('m1', 'film 1', 'O 1s', 200.0, 20.0, 2.0, 'good', NULL, NULL), ('m2', 'film 1', 'C 1s', 300.0, 30.0, 1.0, 'suspect', 'poor fit', 'poor_fit'),
    ('m3', 'film 2', 'O 1s', 100.0, 10.0, 2.0, 'good', NULL, NULL);
