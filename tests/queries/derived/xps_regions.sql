-- B 1s as one peak of 1000 counts at 193.0 eV, 1.5 eV wide, of the shape GL(30) that is fitted, on 50 counts. The file's C 1s is 0.5 eV too high, so the component lies
-- at 192.5 eV. The survey is left out; m3 has no reference, and three points are too few. The region of m4 was measured after
-- sputtering, a state of the surface without C 1s: it has an area, but no shift and no binding energy. Its transmission rises from 1.0
-- to 1.1 over the region and is 1.05 at the peak.
INSERT INTO measurements (measurement_id, file_id, technique, sample_id) VALUES
    ('m1', 'f1', 'photoelectron_spectroscopy', 'film 1'), ('m2', 'f1', 'photoelectron_spectroscopy', 'film 1'), ('m3', 'f2', 'photoelectron_spectroscopy', 'film 2');
INSERT INTO measurements (measurement_id, file_id, technique, sample_id, metadata) VALUES ('m4', 'f1', 'photoelectron_spectroscopy', 'film 1', '{"etch_time_s": 30, "etch_level": 1}');
INSERT INTO xps_references (measurement_id, file_id, state, shift_ev, binding_energy_err_ev, quality) VALUES ('c1', 'f1', '', -0.5, 0.003, 'good');
INSERT INTO xps_spectra (measurement_id, point, region, energy_ev, binding_energy_ev, intensity)
    SELECT m, value, r, 188 + 0.1 * value AS energy, 188 + 0.1 * value,
        round(50 + 1000 * exp(-2.8 * ln(2) * power((188 + 0.1 * value - 193) / 1.5, 2)) / (1 + 1.2 * power((188 + 0.1 * value - 193) / 1.5, 2)) + 7 * sin(12.9898 * value * value))
    FROM generate_series(0, 100) CROSS JOIN (VALUES ('m1', 'B 1s'), ('m2', 'Survey')) AS measured(m, r);
INSERT INTO xps_spectra (measurement_id, point, region, energy_ev, binding_energy_ev, intensity) VALUES
    ('m3', 0, 'B 1s', 192.0, 192.0, 50.0), ('m3', 1, 'B 1s', 193.0, 193.0, 900.0), ('m3', 2, 'B 1s', 194.0, 194.0, 60.0);
INSERT INTO xps_spectra (measurement_id, point, region, energy_ev, binding_energy_ev, transmission, intensity)
    SELECT 'm4', value, 'B1s Scan', 188 + 0.1 * value AS energy, 188 + 0.1 * value, 1 + 0.001 * value,
        round(50 + 1000 * exp(-2.8 * ln(2) * power((188 + 0.1 * value - 193) / 1.5, 2)) / (1 + 1.2 * power((188 + 0.1 * value - 193) / 1.5, 2)) + 7 * sin(12.9898 * value * value))
    FROM generate_series(0, 100);
