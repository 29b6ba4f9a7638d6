-- A region whose line is weaker than five standard uncertainties, and one in which nothing was found, have the area above a straight
-- line; a region that failed for another reason has none. The valence band is no core line.
INSERT INTO measurements (measurement_id, file_id, technique, metadata)
    SELECT m, 'f1', 'photoelectron_spectroscopy', '{"intensity_unit": "counts", "counting_time_s": 3, "pass_energy_ev": 50, "excitation_energy_ev": 1486.6, "analyser_mode": "FAT"}'
    FROM (VALUES ('m1'), ('m2'), ('m3'), ('m4'), ('m5')) AS measured(m);
INSERT INTO xps_regions (measurement_id, sample_id, region, state, area_total, area_total_err, integrated_area, integrated_area_err, area_doubt, quality, reason, reason_code) VALUES
    ('m1', 'film 1', 'O1s Scan', '', 200.0, 20.0, 210.0, 50.0, NULL, 'good', NULL, NULL),
    ('m2', 'film 1', 'Ti 2p3/2', '', 40.0, 10.0, 20.0, 30.0, 'width at its upper bound', 'suspect', 'width at its upper bound', 'parameter_at_bound'),
    ('m3', 'film 1', 'B 1s', '', NULL, NULL, -10.0, 30.0, NULL, 'failed', 'no peak', 'signal_too_weak'),
    ('m4', 'film 1', 'C 1s', '', NULL, NULL, 500.0, 30.0, NULL, 'failed', 'no background', 'background_not_found'),
    ('m5', 'film 1', 'VB', '', 100.0, 10.0, 100.0, 30.0, NULL, 'good', NULL, NULL);
SELECT measurement_id, region, line, area, area_err, area_doubt, intensity_unit, counting_time_s, settings FROM xps_areas;
